/*
 * mxpi_videodecoder: H.264 and H.265 to pictures. Bytes of a stream come in pieces of any size; which of the two they
 * are, their first unit says (the original believes inputVideoFormat). Pictures come as they are shown, each in a frame
 * of its own, with the number of what it was decoded from.
 */
#include <stdio.h>
#include "stream/run/raw.h"
#include "stream/run/video.h"

typedef struct decoding {
	stream_inner inner;
	GMutex lock; /* the inner pipeline, against cancel */
	int64_t seen;
	uint32_t frame;
} decoding;

static stream_codec
codec_said(const stream_worker *w)
{
	return stream_prop_is(w, "inputVideoFormat", "H265") ? STREAM_H265 : STREAM_H264;
}

/* By the first unit behind a start code that tells: parameter sets of either. */
static stream_codec
codec_of(const stream_worker *w, const stream_blob *b)
{
	for (size_t i = 0; i + 4 < b->n; i++)
		if (!b->p[i] && !b->p[i + 1] && b->p[i + 2] == 1) {
			int one = b->p[i + 3] & 31, other = b->p[i + 3] >> 1 & 63;
			if (other >= 32 && other <= 34 && b->p[i + 4] == 1)
				return STREAM_H265;
			if (one == 7 || one == 8)
				return STREAM_H264;
		}
	return codec_said(w);
}

/* Under the lock: another thread may cancel. */
static void
end(decoding *d)
{
	g_mutex_lock(&d->lock);
	stream_inner_stop(&d->inner);
	g_mutex_unlock(&d->lock);
}

static int
open(stream_worker *w, char *why, size_t size)
{
	decoding *d = w->state;
	char name[100];
	g_mutex_init(&d->lock);
	return stream_codec_find(codec_said(w), true, name, sizeof name, why, size) ? 0 : STREAM_INIT;
}

static bool
begin(stream_worker *w, stream_codec c, char *why, size_t size)
{
	static const char *const formats[] = { "NV12", "NV21", "RGB", "BGR" };
	decoding *d = w->state;
	char name[100], text[600], format[32], scaled[100] = "";
	int which = 0, width = (int)stream_prop_int(w, "vdecResizeWidth"),
		height = (int)stream_prop_int(w, "vdecResizeHeight");
	if (!stream_codec_find(c, true, name, sizeof name, why, size))
		return false;
	stream_prop_text(w, "outputImageFormat", format, sizeof format);
	(void)stream_word_in(stream_element_find_prop(w->kind, "outputImageFormat")->words, format, &which);
	if (width && height)
		snprintf(scaled, sizeof scaled, ",width=%d,height=%d,pixel-aspect-ratio=1/1", width, height);
	snprintf(text, sizeof text,
		"appsrc name=in caps=%s,stream-format=byte-stream ! %s ! %s ! videoconvert ! videoscale ! "
		"video/x-raw,format=%s%s ! appsink name=out",
		stream_codec_media(c), stream_codec_parser(c), name, formats[which], scaled);
	return stream_inner_start(&d->inner, text, why, size);
}

static void
put_frame_info(stream_frame *f)
{
	base_str info = { 0 };
	stream_put_int(&info, 1, stream_frame_way(f)->channel);
	stream_put_int(&info, 2, stream_frame_way(f)->frame);
	(void)stream_frame_put(f, "ReservedFrameInfo", stream_message_find("MxpiFrameInfo"), stream_blob_take(&info));
}

static void
take(stream_worker *w, GstSample *sample, const stream_way *way)
{
	decoding *d = w->state;
	GstVideoInfo info;
	if (d->seen++ % (stream_prop_int(w, "skipFrame") + 1)
		|| !gst_video_info_from_caps(&info, gst_sample_get_caps(sample)))
		return;
	stream_blob *picture = stream_raw_picture(gst_sample_get_buffer(sample), &info);
	stream_frame *f = picture ? stream_frame_new() : NULL;
	if (!f) {
		stream_note(w, "no memory for a picture");
		stream_blob_drop(picture);
		return;
	}
	*stream_frame_way(f) = *way;
	stream_frame_way(f)->frame = d->frame++;
	put_frame_info(f);
	stream_frame_set_vision(f, w->name);
	stream_answer(w, f, stream_message_find("MxpiVisionList"), picture);
	stream_frame_drop(f);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	decoding *d = w->state;
	char why[500] = "";
	stream_blob *bytes = stream_frame_bytes(in[0]);
	if (!bytes || !bytes->n) {
		stream_cannot(w, in[0], STREAM_FAILURE, "the frame has no bytes; video is sent by SendData");
		return;
	}
	g_mutex_lock(&d->lock);
	bool there = d->inner.pipeline || begin(w, codec_of(w, bytes), why, sizeof why);
	g_mutex_unlock(&d->lock);
	if (there)
		there = stream_inner_send(&d->inner, bytes, stream_frame_way(in[0]));
	stream_inner_collect(&d->inner, w, false, take);
	if ((d->inner.pipeline && stream_inner_error(&d->inner, why, sizeof why)) || !there) {
		stream_cannot(w, in[0], STREAM_VIDEO_DECODE, "%s", *why ? why : "the stream stops");
		end(d);
	}
	stream_inner_wait(&d->inner, w);
}

static void
flush(stream_worker *w)
{
	decoding *d = w->state;
	stream_inner_collect(&d->inner, w, w->ended, take);
	if (w->ended)
		end(d);
	stream_inner_wait(&d->inner, w);
}

static void
cancel(stream_worker *w)
{
	decoding *d = w->state;
	g_mutex_lock(&d->lock);
	stream_inner_cancel(&d->inner);
	g_mutex_unlock(&d->lock);
}

static void
shut(stream_worker *w)
{
	decoding *d = w->state;
	end(d);
	g_mutex_clear(&d->lock);
}

const stream_work stream_work_decoder = { .state = sizeof(decoding),
	.own_thread = true,
	.open = open,
	.run = run,
	.flush = flush,
	.cancel = cancel,
	.close = shut };
