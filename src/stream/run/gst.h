/*
 * Streams on GStreamer: elements of the table as elements of GStreamer, frames as its buffers. The only folder that
 * sees its headers.
 */
#ifndef STREAM_RUN_GST_H
#define STREAM_RUN_GST_H
#include <gst/gst.h>
#include "stream/stream.h"
#include "stream/worker.h"

/* Registers every element that works, with a plugin or (NULL) with this process alone. */
gboolean stream_register(GstPlugin *plugin);
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
/* Makes a buffer carry the frame beside what is in its memory; false: no memory. */
bool stream_buffer_carry(GstBuffer *b, stream_frame *f);
/* The frame of a buffer, held by the caller; where an element of GStreamer has made its memory, one apart. NULL: no
 * memory. */
stream_frame *stream_frame_of(GstBuffer *b, bool raw);
/* A frame of a buffer's own: with what that of its forebear had, if it had one, and with its memory as bytes, unless
 * that is a picture (`raw`). */
stream_frame *stream_frame_apart(GstBuffer *b, bool raw);
/* The element of GStreamer that a port for input is behind, elements that let all pass left out: its name, fresh; NULL:
 * it is one of the table. */
char *stream_standard_before(GstPad *port);

/* An element of the installed GStreamer as a row, in p's arena; NULL: there is none, or no memory (as p says). */
const stream_element_type *stream_standard(secant_pipeline *p, const char *factory);
/* An element of a library of somebody's (secant/element.h), which lives as long as the process; NULL: there is none. */
const stream_element_type *stream_own(const char *factory);
/* Why the library that is named after it could not be loaded, once stream_own was asked; NULL: there is none. */
const char *stream_own_trouble(const char *factory);
#endif
