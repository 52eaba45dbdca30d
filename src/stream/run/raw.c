/*
 * Pictures as raw video of GStreamer and back, where its own elements stand before or behind one of ours. Buffers that
 * leave carry the frame as ever; their memory is the picture that is worked on, in rows as GStreamer lays them.
 */
#include "stream/run/raw.h"

static const struct {
	GstVideoFormat format;
	int ours;
} formats[] = { { GST_VIDEO_FORMAT_NV12, STREAM_NV12 }, { GST_VIDEO_FORMAT_NV21, STREAM_NV21 },
	{ GST_VIDEO_FORMAT_RGB, STREAM_RGB }, { GST_VIDEO_FORMAT_BGR, STREAM_BGR } };
enum { FORMATS = sizeof formats / sizeof formats[0] };

static int
of_video(GstVideoFormat format)
{
	for (int i = 0; i < FORMATS; i++)
		if (formats[i].format == format)
			return formats[i].ours;
	return -1;
}

static GstVideoFormat
of_ours(int format)
{
	for (int i = 0; i < FORMATS; i++)
		if (formats[i].ours == format)
			return formats[i].format;
	return GST_VIDEO_FORMAT_UNKNOWN;
}

GstCaps *
stream_raw_caps(void)
{
	return gst_caps_from_string("video/x-raw, format={ NV12, NV21, RGB, BGR }");
}

/* How a picture lies in memory: bytes of a pixel in the first plane, planes (the second is chroma, half as high). */
static int
pixel_of(int format)
{
	return format == STREAM_RGB || format == STREAM_BGR ? 3 : 1;
}

static int
planes_of(int format)
{
	return pixel_of(format) == 3 ? 1 : 2;
}

static stream_blob *
picture_of(const GstVideoFrame *f)
{
	int format = of_video(GST_VIDEO_FRAME_FORMAT(f)), planes = planes_of(format);
	stream_made made = { .format = format,
		.width = GST_VIDEO_FRAME_WIDTH(f) & ~(planes - 1),
		.height = GST_VIDEO_FRAME_HEIGHT(f) & ~(planes - 1) };
	stream_blob *b = format < 0 || !made.width || !made.height ? NULL : stream_pictures_new(&made, 1);
	uint8_t *to = made.to;
	size_t row = (size_t)made.width * (size_t)pixel_of(format);
	for (int p = 0; b && p < planes; p++) {
		const uint8_t *from = GST_VIDEO_FRAME_PLANE_DATA(f, p);
		for (int y = 0; y < made.height >> p; y++, to += row)
			memcpy(to, from + (ptrdiff_t)y * GST_VIDEO_FRAME_PLANE_STRIDE(f, p), row);
	}
	return b;
}

stream_blob *
stream_raw_picture(GstBuffer *b, const GstVideoInfo *info)
{
	GstVideoFrame shown;
	if (!gst_video_frame_map(&shown, info, b, GST_MAP_READ))
		return NULL;
	stream_blob *picture = picture_of(&shown);
	gst_video_frame_unmap(&shown);
	return picture;
}

/* ---- leaving ---- */

/* The picture that is worked on: what the element has made, else what ReservedVisionList says. */
static stream_blob *
list_of(stream_frame *f, const char *own)
{
	char key[300];
	const stream_message *kind;
	stream_blob *b;
	stream_frame_vision(f, key, sizeof key);
	for (int i = 0; i < 2; i++)
		if (stream_frame_get(f, i ? key : own, &kind, &b)) {
			if (kind && !strcmp(kind->name, "MxpiVisionList"))
				return b;
			stream_blob_drop(b);
		}
	return NULL;
}

static GstBuffer *
copy_picture(const stream_picture *p, const GstVideoInfo *info)
{
	GstBuffer *b = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);
	GstVideoFrame shown;
	size_t pitch = (size_t)p->width_aligned * (size_t)pixel_of(p->format),
		   row = (size_t)GST_VIDEO_INFO_WIDTH(info) * (size_t)pixel_of(p->format);
	if (!b || !gst_video_frame_map(&shown, info, b, GST_MAP_WRITE)) {
		gst_clear_buffer(&b);
		return NULL;
	}
	for (int i = 0; i < planes_of(p->format); i++) {
		const uint8_t *from = p->data + (i ? pitch * (size_t)p->height_aligned : 0);
		uint8_t *to = GST_VIDEO_FRAME_PLANE_DATA(&shown, i);
		for (int y = 0; y < GST_VIDEO_INFO_HEIGHT(info) >> i; y++)
			memcpy(to + (ptrdiff_t)y * GST_VIDEO_FRAME_PLANE_STRIDE(&shown, i), from + (size_t)y * pitch, row);
	}
	gst_video_frame_unmap(&shown);
	return b;
}

static GstBuffer *
black(const GstVideoInfo *info)
{
	GstBuffer *b = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);
	if (b)
		gst_buffer_memset(b, 0, 0, GST_VIDEO_INFO_SIZE(info));
	return b;
}

GstBuffer *
stream_raw_buffer(stream_frame *f, const char *element, GstVideoInfo *info)
{
	stream_blob *list = list_of(f, element);
	format_wire at = { list ? list->p : NULL, list ? list->n : 0 };
	stream_picture p = { 0 };
	char why[300] = "there is no picture";
	bool there = list && stream_picture_next(&at, &p, why, sizeof why) > 0 && !p.f32
		&& of_ours(p.format) != GST_VIDEO_FORMAT_UNKNOWN;
	GstBuffer *b = NULL;
	if (there) {
		int even = ~(planes_of(p.format) - 1);
		gst_video_info_set_format(info, of_ours(p.format), (guint)(p.width & even), (guint)(p.height & even));
		b = copy_picture(&p, info);
	} else {
		if (!stream_frame_failed(f, NULL))
			stream_frame_fail(f, element, STREAM_FAILURE,
				"the elements of GStreamer behind it take pictures in NV12, NV21, RGB and BGR");
		if (GST_VIDEO_INFO_FORMAT(info) == GST_VIDEO_FORMAT_UNKNOWN)
			gst_video_info_set_format(info, GST_VIDEO_FORMAT_NV12, 16, 16);
		b = black(info);
	}
	GST_VIDEO_INFO_FPS_N(info) = 25;
	GST_VIDEO_INFO_FPS_D(info) = 1;
	stream_blob_drop(list);
	return b;
}
