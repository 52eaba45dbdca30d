/* mxpi_imagenormalize: shifts and scales the values of pictures. */
#include <math.h>
#include <stdio.h>
#include "stream/picture.h"
#include <string.h>

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	double v[3];
	const char *alpha = stream_text(e, "alpha"), *beta = stream_text(e, "beta");
	*why = "three numbers with commas between are meant";
	*prop = "alpha";
	if (stream_reals(alpha, strlen(alpha), v, 3) != 3)
		return false;
	*prop = "beta";
	if (stream_reals(beta, strlen(beta), v, 3) != 3)
		return false;
	*why = "nothing can be divided by 0";
	return v[0] != 0 && v[1] != 0 && v[2] != 0;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("alpha", "0,0,0", "taken off, three numbers: R,G,B"),
	STREAM_PROP_TEXT("beta", "1,1,1", "divided by, three numbers other than 0"),
	STREAM_PROP_WORDS("format", "auto", "RGB888|BGR888|auto", "order of the channels"),
	STREAM_PROP_WORDS("dataType", "auto", "UINT8|FLOAT32|auto", "type of the values"),
	STREAM_PROP_NUMBER(INT, "processType", "1", 0, 1, "1: (x - alpha)/beta, 0: between least and largest"),
	STREAM_PROP_END,
};

typedef struct scaling {
	double alpha[3], beta[3]; /* of R, G, B */
	bool floats;
} scaling;

/* x' = (x - alpha) / beta. */
static void
scale(const scaling *s, const stream_plane *from, bool bgr, uint8_t *to)
{
	for (int y = 0; y < from->height; y++)
		for (int i = 0; i < from->width * 3; i++) {
			int c = bgr ? 2 - i % 3 : i % 3;
			const uint8_t *at = from->p + y * from->pitch;
			float x = 0;
			if (from->f32)
				memcpy(&x, at + (size_t)i * sizeof x, sizeof x);
			else
				x = at[i];
			double v = (x - s->alpha[c]) / s->beta[c];
			if (s->floats) {
				float f = (float)v;
				memcpy(to, &f, sizeof f);
				to += sizeof f;
			} else
				*to++ = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lrint(v));
		}
}

static bool
settings(stream_worker *w, scaling *s)
{
	char *alpha = stream_prop_copy(w, "alpha"), *beta = stream_prop_copy(w, "beta");
	bool fine = alpha && beta && stream_reals(alpha, strlen(alpha), s->alpha, 3) == 3
		&& stream_reals(beta, strlen(beta), s->beta, 3) == 3;
	secant_free(alpha);
	secant_free(beta);
	return fine;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], why[300] = "", type[32];
	scaling s = { 0 };
	stream_picture p;
	stream_plane plane = { 0 };
	stream_blob *out = NULL;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_prop_text(w, "dataType", type, sizeof type);
	stream_blob *list = stream_want(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	int got = stream_picture_next(&at, &p, why, sizeof why);
	bool takes = got > 0 && (p.format == STREAM_RGB || p.format == STREAM_BGR) && stream_picture_plane(&p, &plane);
	if (takes && settings(w, &s)) {
		s.floats = !strcmp(type, "FLOAT32") || (!strcmp(type, "auto") && p.f32);
		stream_made made = { .format = p.format,
			.width = p.width,
			.height = p.height,
			.resize_type = p.resize_type,
			.scaling = p.scaling,
			.f32 = s.floats,
			.parent = key };
		format_wire info = p.info;
		format_wire_field f;
		while (format_wire_next(&info, &f) > 0) /* what was done before stays known */
			if (f.number == 8 && f.type == FORMAT_WIRE_BYTES)
				format_wire_put_bytes(&made.steps, 8, f.bytes.p, f.bytes.n);
		if ((out = stream_pictures_new(&made, 1)))
			scale(&s, &plane, p.format == STREAM_BGR, made.to);
	}
	stream_blob_drop(list);
	if (!out) {
		stream_cannot(w, in[0], takes ? STREAM_NO_MEMORY : STREAM_PICTURE_CONFIG, "%s",
			takes      ? "no memory for a picture"
				: *why ? why
					   : "RGB888 or BGR888 is wanted: cvProcessor opencv of the decoder gives it");
		return;
	}
	stream_frame_set_vision(in[0], w->name);
	stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
}

/* The vendor's pages do not say what its minimum and maximum are. */
static int
open(stream_worker *w, char *why, size_t size)
{
	snprintf(why, size, "processType 0 (minimum and maximum) is not built: 1 is (x - alpha) / beta");
	return stream_prop_int(w, "processType") == 0 ? STREAM_INIT : 0;
}

static const stream_work work = { .open = open, .run = run };

const stream_element_type stream_element_mxpi_imagenormalize = {
	.name = "mxpi_imagenormalize",
	.brief = "shifts and scales the values of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};
