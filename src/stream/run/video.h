/*
 * Elements that work by elements of GStreamer: a small pipeline of its own within one of ours, which is fed and asked
 * by the element's work. Codecs are whatever the installed GStreamer has (gstreamer1.0-libav, plugins-bad,
 * plugins-ugly).
 */
#ifndef STREAM_RUN_VIDEO_H
#define STREAM_RUN_VIDEO_H
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include "stream/run/gst.h"

typedef enum stream_codec { STREAM_H264, STREAM_H265 } stream_codec;
const char *stream_codec_media(stream_codec c); /* "video/x-h264" */
const char *stream_codec_parser(stream_codec c); /* "h264parse" */

/* The best element of GStreamer that decodes (encodes) it without an accelerator, into `name`; false: there is none,
 * and `why` names packages. Its parser must be there as well. */
bool stream_codec_find(stream_codec c, bool decodes, char *name, size_t room, char *why, size_t size);

enum { STREAM_INNER_KEPT = 256 };

typedef struct stream_inner {
	GstElement *pipeline; /* NULL: there is none */
	GstAppSrc *in;
	GstAppSink *out;
	int64_t sent, came;
	stream_way way[STREAM_INNER_KEPT]; /* of what was sent, by number */
} stream_inner;

/* Starts `text`, a description with an appsrc "in" and an appsink "out". False with `why`. */
bool stream_inner_start(stream_inner *p, const char *text, char *why, size_t size);
/* Hands bytes in (held as long as they are needed). False: it was stopped. */
bool stream_inner_send(stream_inner *p, stream_blob *bytes, const stream_way *way);
/* What is ready, or after `last` was asked for all that is left, at most 10 s: `take` gets each, and the way of what it
 * was made from. */
typedef void (*stream_inner_take)(stream_worker *w, GstSample *sample, const stream_way *way);
void stream_inner_collect(stream_inner *p, stream_worker *w, bool last, stream_inner_take take);
bool stream_inner_error(stream_inner *p, char *why, size_t size); /* something went wrong inside */
void stream_inner_cancel(stream_inner *p); /* from another thread: ends waits */
void stream_inner_stop(stream_inner *p);
/* Asks for flush in a moment while something is still inside. */
void stream_inner_wait(const stream_inner *p, stream_worker *w);

extern const stream_work stream_work_decoder, stream_work_encoder, stream_work_rtsp;
#endif
