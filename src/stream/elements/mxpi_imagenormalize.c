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
	bool spread; /* processType 0: between the least and the largest value instead */
	int format; /* STREAM_RGB or STREAM_BGR of what comes out; 0: as it came */
	int floats; /* 1: FLOAT32, 0: bytes; -1: as they came */
} scaling;

static float
value(const stream_plane *p, int y, int i)
{
	const uint8_t *at = p->p + y * p->pitch;
	float x;
	if (!p->f32)
		return at[i];
	memcpy(&x, at + (size_t)i * sizeof x, sizeof x);
	return x;
}

/* As cv2.normalize with NORM_MINMAX has it: of all channels together, to 0 and 1 (255 of bytes); one value is 0. */
static void
range_of(const stream_plane *p, bool floats, float *factor, float *shift)
{
	double least = INFINITY, most = -INFINITY;
	for (int y = 0; y < p->height; y++)
		for (int i = 0; i < p->width * 3; i++) {
			double v = (double)value(p, y, i);
			least = fmin(least, v);
			most = fmax(most, v);
		}
	double scale = (floats ? 1 : 255) * (most - least > 2.2204460492503131e-16 ? 1 / (most - least) : 0);
	*factor = (float)scale;
	*shift = (float)(-least * scale);
}

/* x * factor + shift of each channel, rounded once, as cv::Mat::convertTo does it. */
static void
scale(const scaling *s, const stream_plane *from, bool bgr, const stream_made *made)
{
	uint8_t *to = made->to;
	bool exchanged = bgr != (made->format == STREAM_BGR);
	float factor[3], shift[3];
	for (int c = 0; c < 3; c++) {
		int colour = bgr ? 2 - c : c;
		factor[c] = (float)(1 / s->beta[colour]);
		shift[c] = (float)(-s->alpha[colour] / s->beta[colour]);
	}
	if (s->spread) {
		range_of(from, made->f32, &factor[0], &shift[0]);
		factor[1] = factor[2] = factor[0];
		shift[1] = shift[2] = shift[0];
	}
	for (int y = 0; y < from->height; y++)
		for (int i = 0; i < from->width * 3; i++) {
			int c = exchanged ? 2 - i % 3 : i % 3;
			double v = (double)value(from, y, i - i % 3 + c) * (double)factor[c] + (double)shift[c];
			if (made->f32) {
				float f = (float)v;
				memcpy(to, &f, sizeof f);
				to += sizeof f;
			} else
				*to++ = (uint8_t)(v > 0 ? v > 255 ? 255 : lrint(v) : 0);
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
	s->spread = stream_prop_int(w, "processType") == 0;
	s->format = stream_prop_is(w, "format", "RGB888") ? STREAM_RGB
		: stream_prop_is(w, "format", "BGR888")       ? STREAM_BGR
													  : 0;
	s->floats = stream_prop_is(w, "dataType", "auto") ? -1 : stream_prop_is(w, "dataType", "FLOAT32");
	return fine;
}

/* The steps that were done to a picture before stay known. */
static void
keep_steps(base_str *steps, const stream_picture *p)
{
	format_wire info = p->info;
	format_wire_field f;
	while (format_wire_next(&info, &f) > 0)
		if (f.number == 8 && f.type == FORMAT_WIRE_BYTES)
			format_wire_put_bytes(steps, 8, f.bytes.p, f.bytes.n);
}

enum { MOST = 256 };

/* All pictures of a list; those that are no RGB888 or BGR888 are left out, as the original leaves them. NULL: *code. */
static stream_blob *
scale_all(const scaling *s, const stream_blob *list, const char *key, int *code, char *why, size_t size)
{
	stream_picture p[MOST];
	stream_made made[MOST];
	stream_plane plane;
	format_wire at = { list->p, list->n };
	int n = 0, got = 0;
	snprintf(why, size, "RGB888 or BGR888 is wanted: cvProcessor opencv of the decoder gives it");
	for (int i = 0; n < MOST && (got = stream_picture_next(&at, &p[n], why, size)) > 0; i++) {
		const stream_picture *q = &p[n];
		if ((q->format != STREAM_RGB && q->format != STREAM_BGR) || !stream_picture_plane(q, &plane))
			continue;
		made[n] = (stream_made){ .format = s->format ? s->format : q->format,
			.width = q->width,
			.height = q->height,
			.resize_type = q->resize_type,
			.scaling = q->scaling,
			.f32 = s->floats < 0 ? q->f32 : s->floats == 1,
			.parent = key,
			.member = i };
		keep_steps(&made[n].steps, q);
		n++;
	}
	*code = STREAM_FAILURE;
	if (got < 0 || !n) {
		for (int i = 0; i < n; i++)
			base_str_free(&made[i].steps);
		return NULL;
	}
	stream_blob *out = stream_pictures_new(made, n);
	for (int i = 0; out && i < n; i++)
		if (stream_picture_plane(&p[i], &plane))
			scale(s, &plane, p[i].format == STREAM_BGR, &made[i]);
	*code = STREAM_NO_MEMORY;
	if (!out)
		snprintf(why, size, "no memory for pictures");
	return out;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], why[300] = "";
	scaling s = { 0 };
	int code = STREAM_NO_MEMORY;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	stream_blob *out = settings(w, &s) ? scale_all(&s, list, key, &code, why, sizeof why) : NULL;
	stream_blob_drop(list);
	if (!out) {
		stream_cannot(w, in[0], code, "%s", why);
		return;
	}
	stream_frame_set_vision(in[0], w->name);
	stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
}

static const stream_work work = { .run = run };

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
