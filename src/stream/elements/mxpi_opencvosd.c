/* mxpi_opencvosd: draws on pictures. */
#include <stdio.h>
#include "stream/osd.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	STREAM_PROP_TEXT("dataSourceOsd", "auto", "key of what is drawn"),
	STREAM_PROP_END,
};

/* A picture as bytes of three channels; NV12 is turned there and back, which softens its colours as the original does.
 */
static bool
draw_one(const stream_picture *from, uint8_t *to, const format_wire *osd)
{
	bool planes = from->format == STREAM_NV12 || from->format == STREAM_NV21, bgr = from->format != STREAM_RGB;
	size_t pitch = 3 * (size_t)from->width;
	uint8_t *pixels = planes ? base_alloc_raw(pitch * (size_t)from->height) : to;
	if (!pixels)
		return false;
	if (planes)
		stream_from_nv12(pixels, from->data, from->width, from->height, true, from->format == STREAM_NV21);
	for (size_t y = 0; !planes && y < (size_t)from->height; y++)
		memcpy(pixels + y * pitch, from->data + y * (size_t)from->width_aligned * 3, pitch);
	if (osd)
		stream_osd_draw(&(stream_plane){ from->width, from->height, 3, false, (int64_t)pitch, pixels }, bgr, *osd);
	if (planes) {
		stream_to_nv12(to, pixels, from->width, from->height, true);
		secant_free(pixels);
	}
	return true;
}

enum { MOST = 256 };

static int
draw_all(
	const stream_blob *pictures, const stream_blob *osd, const char *key, stream_blob **out, char *why, size_t size)
{
	stream_picture p[MOST];
	stream_made made[MOST];
	format_wire at = { pictures->p, pictures->n }, drawings = { osd->p, osd->n }, one;
	int n = 0, got;
	while (n < MOST && (got = stream_picture_next(&at, &p[n], why, size)) > 0) {
		const stream_picture *q = &p[n];
		bool planes = q->format == STREAM_NV12 || q->format == STREAM_NV21;
		bool whole = !planes || (q->width == q->width_aligned && q->height == q->height_aligned && !(q->width & 1));
		if (q->f32 || !whole || (!planes && q->format != STREAM_RGB && q->format != STREAM_BGR)) {
			snprintf(why, size, "drawing wants bytes: NV12, NV21, RGB888 or BGR888; the picture has format %d%s",
				q->format,
				q->f32      ? " of FLOAT32"
					: whole ? ""
							: " with margins or an odd width");
			return STREAM_INVALID;
		}
		made[n] = (stream_made){ .format = q->format == STREAM_NV21 ? STREAM_NV12 : q->format,
			.width = q->width,
			.height = q->height,
			.resize_type = q->resize_type,
			.scaling = q->scaling,
			.parent = key,
			.member = n };
		n++;
	}
	if (!(*out = stream_pictures_new(made, n))) {
		snprintf(why, size, "no memory for pictures");
		return STREAM_NO_MEMORY;
	}
	for (int i = 0; i < n; i++) {
		bool has = format_wire_next_bytes(&drawings, 1, &one) > 0;
		if (!draw_one(&p[i], made[i].to, has ? &one : NULL)) {
			stream_blob_drop(*out);
			snprintf(why, size, "no memory for a picture");
			return STREAM_NO_MEMORY;
		}
	}
	return 0;
}

/* Pictures come to port 0, drawings to port 1; without drawings pictures go on as they are. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], osd_key[300], why[400];
	const stream_message *kind = NULL;
	stream_blob *osd = NULL, *out = NULL;
	stream_prop_key(w, "dataSourceImage", 0, key, sizeof key);
	stream_prop_key(w, "dataSourceOsd", 1, osd_key, sizeof osd_key);
	stream_blob *pictures = stream_want(w, in[0], key, "MxpiVisionList");
	if (!pictures)
		return;
	stream_frame_set_vision(in[0], w->name);
	if (!stream_frame_get(in[1], osd_key, &kind, &osd))
		stream_answer(w, in[0], stream_message_find("MxpiVisionList"), stream_blob_hold(pictures));
	else if (!kind || strcmp(kind->name, "MxpiOsdInstancesList") != 0)
		stream_cannot(w, in[0], STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, MxpiOsdInstancesList is wanted",
			osd_key, kind ? kind->name : "a text");
	else {
		int code = draw_all(pictures, osd, key, &out, why, sizeof why);
		if (code)
			stream_cannot(w, in[0], code, "%s", why);
		else
			stream_answer(w, in[0], stream_message_find("MxpiVisionList"), out);
	}
	stream_blob_drop(osd);
	stream_blob_drop(pictures);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_opencvosd = {
	.name = "mxpi_opencvosd",
	.brief = "draws on pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV, STREAM_MEDIA_OSD },
	.sources = { STREAM_MEDIA_YUV },
	.work = &work,
};
