/*
 * Pictures as raw video of GStreamer; see raw.c. NV12, NV21, RGB and BGR pass, one picture in a buffer.
 */
#ifndef STREAM_RUN_RAW_H
#define STREAM_RUN_RAW_H
#include <gst/video/video.h>
#include "stream/picture.h"
#include "stream/run/gst.h"

GstCaps *stream_raw_caps(void); /* of all of them */
/* A MxpiVisionList with the one picture of a buffer; of NV12 and NV21 the last odd row and column stay away. NULL: it
 * is none of the formats, the buffer is too small, or no memory. */
stream_blob *stream_raw_picture(GstBuffer *b, const GstVideoInfo *info);
/* The first picture that an element has made, else the one that is worked on, in a new buffer without anything else;
 * `info`, that of the buffer before, becomes its format. A frame with none fails; that, and one that has failed before,
 * are a black picture, so that its messages go on. NULL: no memory. */
GstBuffer *stream_raw_buffer(stream_frame *f, const char *element, GstVideoInfo *info);
#endif
