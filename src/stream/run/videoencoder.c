/*
 * mxpi_videoencoder: pictures to H.264 or H.265, by whatever encoder this GStreamer has. What comes out are bytes of a
 * stream (start codes, a picture a frame). All pictures have the size of the first; imageWidth and imageHeight are of
 * the accelerator.
 */
#include <stdio.h>
#include "stream/picture.h"
#include "stream/run/video.h"

typedef struct encoding {
	stream_inner inner;
	GMutex lock; /* the inner pipeline, against cancel */
	int format, width, height;
} encoding;

/* What encoders call the rate (in kbit or bits a second) and the distance of whole pictures. */
static const struct {
	const char *name, *rate, *distance;
	int unit;
	const char *more;
} encoders[] = {
	{ "x264enc", "bitrate", "key-int-max", 1, "tune=zerolatency" },
	{ "x265enc", "bitrate", "key-int-max", 1, "tune=zerolatency" },
	{ "openh264enc", "bitrate", "gop-size", 1000, "" },
};

static stream_codec
codec_of(const stream_worker *w)
{
	return stream_prop_is(w, "outputFormat", "H265") ? STREAM_H265 : STREAM_H264;
}

/* Under the lock: another thread may cancel. */
static void
end(encoding *e)
{
	g_mutex_lock(&e->lock);
	stream_inner_stop(&e->inner);
	g_mutex_unlock(&e->lock);
}

static int
open(stream_worker *w, char *why, size_t size)
{
	encoding *e = w->state;
	char name[100];
	g_mutex_init(&e->lock);
	return stream_codec_find(codec_of(w), false, name, sizeof name, why, size) ? 0 : STREAM_INIT;
}

static bool
begin(stream_worker *w, const stream_picture *p, char *why, size_t size)
{
	encoding *e = w->state;
	char name[100], text[700], settings[200] = "";
	stream_codec c = codec_of(w);
	const char *format = p->format == STREAM_NV12 ? "NV12"
		: p->format == STREAM_NV21                ? "NV21"
		: p->format == STREAM_RGB                 ? "RGB"
												  : "BGR";
	if (!stream_codec_find(c, false, name, sizeof name, why, size))
		return false;
	for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++)
		if (!strcmp(encoders[i].name, name))
			snprintf(settings, sizeof settings, "%s=%lld %s=%lld %s", encoders[i].rate,
				(long long)stream_prop_int(w, "maxBitRate") * encoders[i].unit, encoders[i].distance,
				(long long)stream_prop_int(w, "iFrameInterval"), encoders[i].more);
	snprintf(text, sizeof text,
		"appsrc name=in caps=video/x-raw,format=%s,width=%d,height=%d,framerate=%d/1 ! videoconvert ! %s %s ! %s ! "
		"%s,stream-format=byte-stream,alignment=au ! appsink name=out",
		format, p->width, p->height, (int)stream_prop_int(w, "srcRate"), name, settings, stream_codec_parser(c),
		stream_codec_media(c));
	e->format = p->format;
	e->width = p->width;
	e->height = p->height;
	return stream_inner_start(&e->inner, text, why, size);
}

/* Pixels as GStreamer wants them: rows of a multiple of four bytes. */
static stream_blob *
pixels_of(const stream_picture *p)
{
	size_t pixel = stream_picture_channels(p->format) ? 3 : 1, row = pixel * (size_t)p->width,
		   pitch = (row + 3) & ~(size_t)3;
	size_t from = pixel * (size_t)p->width_aligned, rows = (size_t)p->height;
	stream_blob *b = stream_blob_new(pixel == 1 ? pitch * (rows + rows / 2) : pitch * rows);
	for (size_t y = 0; b && y < rows; y++)
		memcpy(b->p + y * pitch, p->data + y * from, row);
	const uint8_t *chroma = p->data + from * (size_t)p->height_aligned;
	for (size_t y = 0; b && pixel == 1 && y < rows / 2; y++)
		memcpy(b->p + (rows + y) * pitch, chroma + y * from, row);
	return b;
}

static void
take(stream_worker *w, GstSample *sample, const stream_way *way)
{
	GstBuffer *buffer = gst_sample_get_buffer(sample);
	stream_frame *f = stream_frame_new();
	stream_blob *bytes = stream_blob_new(gst_buffer_get_size(buffer));
	if (f && bytes) {
		gst_buffer_extract(buffer, 0, bytes->p, bytes->n);
		stream_frame_set_bytes(f, stream_blob_hold(bytes));
		*stream_frame_way(f) = *way;
		stream_send_all(w, f);
	} else
		stream_note(w, "no memory for a picture");
	stream_blob_drop(bytes);
	stream_frame_drop(f);
}

/* 0 or a code with `why`. */
static int
encode(stream_worker *w, const stream_picture *p, const stream_way *way, char *why, size_t size)
{
	encoding *e = w->state;
	bool planes = p->format == STREAM_NV12 || p->format == STREAM_NV21;
	if (p->f32 || (!planes && p->format != STREAM_RGB && p->format != STREAM_BGR) || ((p->width | p->height) & 1)
		|| (planes && (p->width_aligned & 1))) {
		snprintf(why, size,
			"bytes of NV12, NV21, RGB888 or BGR888 with even sides are wanted; it is %dx%d of format %d", p->width,
			p->height, p->format);
		return STREAM_VIDEO_ENCODE;
	}
	g_mutex_lock(&e->lock);
	bool there = e->inner.pipeline || begin(w, p, why, size);
	g_mutex_unlock(&e->lock);
	if (there && (p->width != e->width || p->height != e->height || p->format != e->format)) {
		snprintf(why, size, "the first picture was %dx%d of format %d, this one is %dx%d of format %d", e->width,
			e->height, e->format, p->width, p->height, p->format);
		return STREAM_VIDEO_ENCODE;
	}
	stream_blob *pixels = there ? pixels_of(p) : NULL;
	if (there)
		snprintf(why, size, "the stream stops");
	there = pixels && stream_inner_send(&e->inner, pixels, way);
	stream_blob_drop(pixels);
	return there ? 0 : STREAM_VIDEO_ENCODE;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	encoding *e = w->state;
	char key[300], why[500] = "";
	stream_picture p;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	int got, code = 0;
	while (!code && (got = stream_picture_next(&at, &p, why, sizeof why)) != 0)
		code = got < 0 ? STREAM_VIDEO_ENCODE : encode(w, &p, stream_frame_way(in[0]), why, sizeof why);
	stream_blob_drop(list);
	stream_inner_collect(&e->inner, w, false, take);
	if (!code && e->inner.pipeline && stream_inner_error(&e->inner, why, sizeof why)) {
		code = STREAM_VIDEO_ENCODE;
		end(e);
	}
	if (code)
		stream_cannot(w, in[0], code, "%s", why);
	stream_inner_wait(&e->inner, w);
}

static void
flush(stream_worker *w)
{
	encoding *e = w->state;
	stream_inner_collect(&e->inner, w, w->ended, take);
	if (w->ended)
		end(e);
	stream_inner_wait(&e->inner, w);
}

static void
cancel(stream_worker *w)
{
	encoding *e = w->state;
	g_mutex_lock(&e->lock);
	stream_inner_cancel(&e->inner);
	g_mutex_unlock(&e->lock);
}

static void
shut(stream_worker *w)
{
	encoding *e = w->state;
	end(e);
	g_mutex_clear(&e->lock);
}

const stream_work stream_work_encoder = { .state = sizeof(encoding),
	.own_thread = true,
	.open = open,
	.run = run,
	.flush = flush,
	.cancel = cancel,
	.close = shut };
