/*
 * mxpi_warpperspective: straightens tilted boxes of text: what lies between the four corners of each becomes a picture
 * of its own, as wide and high as the longer of two opposite sides. Of port 1 comes the picture where there is one,
 * else the picture that the frame says is worked on.
 */
#include <math.h>
#include <stdio.h>
#include "stream/warp.h"

enum { MOST = 1024, SIDE = 8192 };

static const stream_prop props[] = {
	STREAM_PROP_TEXT("oriImageDataSource", "", "key of the picture, from port 1; empty: what comes before that port"),
	STREAM_PROP_TEXT("debugMode", "false", "true: the original keeps pictures as files; nothing is kept here"),
	STREAM_PROP_END,
};

typedef struct tilted {
	float corner[8];
	int width, height, member;
} tilted;

static float
longer(const float *c, int a, int b, int d, int e)
{
	float one = hypotf(c[2 * a] - c[2 * b], c[2 * a + 1] - c[2 * b + 1]);
	float two = hypotf(c[2 * d] - c[2 * e], c[2 * d + 1] - c[2 * e + 1]);
	return two > one ? two : one;
}

/* The boxes that a picture can be made of. */
static int
read_boxes(stream_worker *w, const stream_blob *list, tilted *out)
{
	format_wire at = { list->p, list->n }, one;
	format_wire_field f;
	int n = 0;
	for (int i = 0; n < MOST && format_wire_next_bytes(&at, 1, &one) > 0; i++) {
		tilted *t = &out[n];
		*t = (tilted){ .member = i };
		while (format_wire_next(&one, &f) > 0)
			if (f.number >= 2 && f.number <= 9 && f.type == FORMAT_WIRE_32)
				t->corner[f.number - 2] = stream_float_of(&f);
		float width = longer(t->corner, 0, 1, 2, 3), height = longer(t->corner, 0, 3, 1, 2);
		if (!(width >= 1 && width < SIDE && height >= 1 && height < SIDE)) {
			stream_note(w, "box %d is %gx%g: left out", i, (double)width, (double)height);
			continue;
		}
		t->width = (int)width;
		t->height = (int)height;
		n++;
	}
	return n;
}

static stream_blob *
straighten(stream_worker *w, const stream_plane *from, int format, const stream_blob *boxes, const char *key)
{
	tilted *t = secant_calloc(MOST, sizeof *t);
	stream_made *made = secant_calloc(MOST, sizeof *made);
	int n = t && made ? read_boxes(w, boxes, t) : 0;
	for (int i = 0; i < n; i++)
		made[i] = (stream_made){
			.format = format, .width = t[i].width, .height = t[i].height, .parent = key, .member = t[i].member
		};
	stream_blob *out = t && made ? stream_pictures_new(made, n) : NULL;
	for (int i = 0; out && i < n; i++) {
		const float width = longer(t[i].corner, 0, 1, 2, 3), height = longer(t[i].corner, 0, 3, 1, 2);
		const float upright[8] = { 0, 0, width, 0, width, height, 0, height };
		const stream_plane to = { t[i].width, t[i].height, from->channels, false, (int64_t)t[i].width * from->channels,
			made[i].to };
		double m[9];
		memset(made[i].to, 0, (size_t)t[i].width * (size_t)t[i].height * (size_t)from->channels);
		if (stream_perspective(t[i].corner, upright, m))
			stream_warp_perspective(&to, from, m);
		else
			stream_note(w, "the corners of box %d lie on a line: its picture is black", t[i].member);
	}
	secant_free(made);
	secant_free(t);
	return out;
}

/* The first picture under the key as pixels; false: refused already. */
static bool
pixels_of(
	stream_worker *w, stream_frame *f, const stream_blob *list, stream_picture *p, stream_plane *plane, uint8_t **made)
{
	char why[300] = "";
	format_wire at = { list->p, list->n };
	int got = stream_picture_next(&at, p, why, sizeof why);
	if (got > 0 && stream_warp_pixels(p, false, plane, made))
		return true;
	stream_cannot(w, f, STREAM_FAILURE, "%s",
		got > 0   ? "bytes of NV12, NV21, RGB888 or BGR888 are wanted, with sides of 32767 at most"
			: got ? why
				  : "there is no picture");
	return false;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], picture_key[300];
	stream_plane plane;
	stream_picture p;
	uint8_t *made = NULL;
	bool two = w->n_sinks > 1;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *boxes = stream_want_or_pass(w, in[0], key, "MxpiTextObjectList");
	if (!boxes)
		return;
	stream_prop_text(w, "oriImageDataSource", picture_key, sizeof picture_key);
	if (!*picture_key && two) {
		char *up = w->upstream(w->host, 1);
		snprintf(picture_key, sizeof picture_key, "%s", up ? up : "");
		secant_free(up);
	} else if (!two)
		stream_frame_vision(in[0], picture_key, sizeof picture_key);
	stream_blob *list = NULL;
	const stream_message *kind = NULL;
	if (!stream_frame_get(in[two], picture_key, &kind, &list) || !kind || strcmp(kind->name, "MxpiVisionList") != 0)
		stream_cannot(w, in[0], STREAM_CROP, "the key '%.100s' (oriImageDataSource) holds no picture", picture_key);
	else if (pixels_of(w, in[0], list, &p, &plane, &made)) {
		stream_blob *out = straighten(w, &plane, made ? STREAM_RGB : p.format, boxes, key);
		stream_frame_set_vision(in[0], w->name);
		if (!out)
			stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for pictures");
		else if (!out->n) {
			stream_blob_drop(out);
			stream_send_all(w, in[0]);
		} else
			stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
	}
	secant_free(made);
	stream_blob_drop(list);
	stream_blob_drop(boxes);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_warpperspective = {
	.name = "mxpi_warpperspective",
	.brief = "straightens tilted boxes",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_TEXTS },
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_YUV | STREAM_MEDIA_RGB,
	.work = &work,
};
