/*
 * mxpi_facealignment: turns faces upright. Each picture of port 0 holds one face, scaled to the size of the result; the
 * five points of it (eyes, nose, corners of the mouth; of port 1, as parts of the box that was cut out with a margin)
 * go to where they stand in an upright face, by the nearest turn, scale and shift. What comes out is BGR888.
 */
#include <stdio.h>
#include "stream/warp.h"

enum { POINTS = 5, MOST = 1024 };

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the faces"),
	STREAM_PROP_TEXT("dataSourceKeyPoint", "auto", "key of the key points"),
	STREAM_PROP_NUMBER(UINT, "afterFaceAlignmentHeight", "112", 32, 8192, "rows"),
	STREAM_PROP_NUMBER(UINT, "afterFaceAlignmentWidth", "112", 32, 8192, "columns"),
	STREAM_PROP_END,
};

/* Where the points stand in an upright face of 96 x 112, moved by 8 to the middle of 112 x 112. */
static const float upright[2 * POINTS] = { 30.2946f, 51.6963f, 65.5318f, 51.5014f, 48.0252f, 71.7366f, 33.5493f,
	92.3655f, 62.7299f, 92.2041f };

/* Numbers of the points of face `member`; how many, -1: there is no such face. */
static int
points_of(const stream_blob *list, int member, float v[2 * POINTS])
{
	format_wire at = { list->p, list->n }, one;
	format_wire_field f;
	int n = 0;
	for (int i = 0; i <= member; i++)
		if (format_wire_next_bytes(&at, 1, &one) <= 0)
			return -1;
	while (member >= 0 && format_wire_next(&one, &f) > 0) {
		if (f.number != 2)
			continue;
		if (f.type == FORMAT_WIRE_32 && n < 2 * POINTS)
			v[n++] = stream_float_of(&f);
		for (size_t k = 0; f.type == FORMAT_WIRE_BYTES && k + 4 <= f.bytes.n && n < 2 * POINTS; k += 4)
			memcpy(&v[n++], f.bytes.p + k, sizeof *v);
	}
	return member < 0 ? -1 : n;
}

/* Which face a picture is: the number in its first header; -1: it has none. */
static int
face_of(format_wire vision)
{
	format_wire header;
	format_wire_field f;
	int member = 0;
	if (format_wire_next_bytes(&vision, 1, &header) <= 0)
		return -1;
	while (format_wire_next(&header, &f) > 0)
		if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			member = (int)(int32_t)(uint32_t)f.value;
	return member;
}

/* The matrix for picture `vision`; 0 or a code with `why`. */
static int
matrix_of(
	format_wire vision, int i, const stream_blob *points, int width, int height, double m[6], char *why, size_t size)
{
	float have[2 * POINTS], want[2 * POINTS];
	int face = face_of(vision), n = points_of(points, face, have);
	if (face < 0 || n < 2 * POINTS) {
		snprintf(why, size, "picture %d: %s", i,
			face < 0    ? "it has no header that says which face it is"
				: n < 0 ? "there are no key points of its face"
						: "its face has fewer than ten numbers of key points");
		return n < 0 && face >= 0 ? STREAM_FAILURE : STREAM_OUTSIDE;
	}
	for (int k = 0; k < 2 * POINTS; k++) {
		float side = (float)(k % 2 ? height : width);
		have[k] = (0.05f + 1.2f * have[k]) / 1.3f * side;
		want[k] = side / 112 * upright[k] + (k % 2 ? 0 : 8.f);
	}
	if (stream_similarity(have, want, POINTS, m))
		return 0;
	snprintf(why, size, "picture %d: the key points of its face are one point", i);
	return STREAM_FAILURE;
}

static int
align(const stream_blob *faces, const stream_blob *points, const char *key, int width, int height, stream_blob **out,
	char *why, size_t size)
{
	stream_made *made = secant_calloc(MOST, sizeof *made);
	format_wire at = { faces->p, faces->n }, visions = at, vision;
	stream_picture p;
	int n = 0, code = made ? 0 : STREAM_NO_MEMORY;
	while (!code && n < MOST && format_wire_next_bytes(&visions, 1, &vision) > 0) {
		made[n] = (stream_made){ .format = STREAM_BGR, .width = width, .height = height, .parent = key, .member = n };
		n++;
	}
	*out = code ? NULL : stream_pictures_new(made, n);
	if (!*out)
		code = STREAM_NO_MEMORY;
	visions = at;
	for (int i = 0; !code && i < n && format_wire_next_bytes(&visions, 1, &vision) > 0; i++) {
		stream_plane plane;
		uint8_t *pixels = NULL;
		double m[6];
		if (stream_picture_next(&at, &p, why, size) <= 0)
			code = STREAM_FAILURE;
		else if (p.width != width || p.height != height || p.format == STREAM_RGB || p.format == STREAM_GREY
			|| !stream_warp_pixels(&p, true, &plane, &pixels)) {
			snprintf(why, size, "picture %d is %dx%d of format %d; bytes of NV12 or BGR888, %dx%d, are wanted", i,
				p.width, p.height, p.format, width, height);
			code = STREAM_FAILURE;
		} else if (plane.channels != 3) {
			snprintf(why, size, "picture %d has %d channels, three are wanted", i, plane.channels);
			code = STREAM_FAILURE;
		} else if (!(code = matrix_of(vision, i, points, width, height, m, why, size)))
			stream_warp_affine(&(stream_plane){ width, height, 3, false, (int64_t)width * 3, made[i].to }, &plane, m);
		secant_free(pixels);
	}
	secant_free(made);
	if (code)
		stream_blob_drop(*out);
	if (code == STREAM_NO_MEMORY)
		snprintf(why, size, "no memory for pictures");
	return code;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], points_key[300], why[300] = "";
	const stream_message *kind = NULL;
	stream_blob *points = NULL, *out = NULL;
	stream_prop_key(w, "dataSourceImage", 0, key, sizeof key);
	stream_prop_key(w, "dataSourceKeyPoint", 1, points_key, sizeof points_key);
	if (!stream_frame_get(in[0], key, NULL, NULL) || !stream_frame_get(in[1], points_key, &kind, &points)) {
		stream_send_all(w, in[0]);
		return;
	}
	stream_blob *faces = stream_want(w, in[0], key, "MxpiVisionList");
	if (faces && (!kind || strcmp(kind->name, "MxpiKeyPointAndAngleList") != 0))
		stream_cannot(w, in[0], STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, MxpiKeyPointAndAngleList is wanted",
			points_key, kind ? kind->name : "a text");
	else if (faces) {
		int width = (int)stream_prop_int(w, "afterFaceAlignmentWidth");
		int height = (int)stream_prop_int(w, "afterFaceAlignmentHeight");
		int code = align(faces, points, key, width, height, &out, why, sizeof why);
		stream_frame_set_vision(in[0], w->name);
		if (code)
			stream_cannot(w, in[0], code, "%s", why);
		else
			stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
	}
	stream_blob_drop(faces);
	stream_blob_drop(points);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_facealignment = {
	.name = "mxpi_facealignment",
	.brief = "turns faces upright",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY, STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSourceImage", "dataSourceKeyPoint" },
	.work = &work,
};
