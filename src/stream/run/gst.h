/*
 * Streams on GStreamer: elements of the table as elements of GStreamer, frames as its buffers. The only folder that
 * sees its headers.
 */
#ifndef STREAM_RUN_GST_H
#define STREAM_RUN_GST_H
#include <gst/gst.h>
#include "stream/worker.h"

/* Registers every element that works, with a plugin or (NULL) with this process alone. */
gboolean stream_register(GstPlugin *plugin);
/* How elements of a kind work here: as their row says, or by elements of GStreamer (video.c). NULL: they do not. */
const stream_work *stream_work_of(const stream_element_type *kind);
/* A new element of a kind that works; NULL: it has no work here. */
GstElement *stream_element_new(const stream_element_type *kind, const char *name);
/* Why the element did not start: its code; `why` is filled. 0: it did, or it is none of ours. */
int stream_element_fault(GstElement *e, char *why, size_t size);
/* Its row of the table; NULL: none of ours. */
const stream_element_type *stream_kind_of(GstElement *e);
/* How often it ran, and how many seconds it took without what comes after it; false: none of ours. */
bool stream_element_times(GstElement *e, int64_t *runs, double *seconds, double *longest);

/* A buffer that carries the frame (borrowed) and shows its bytes; NULL: no memory. */
GstBuffer *stream_buffer_of(stream_frame *f);
/* The frame of a buffer, held by the caller; a buffer that has none gets one with its bytes. NULL: no memory. */
stream_frame *stream_frame_of(GstBuffer *b);
#endif
