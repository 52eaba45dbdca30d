/* A stream that runs: its elements, where clients send to and fetch from. */
#ifndef STREAM_RUN_STREAM_RUN_H
#define STREAM_RUN_STREAM_RUN_H
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include "stream/run/gst.h"
#include "stream/stream.h"

/* How a stream is used, fixed by the first that sends. */
typedef enum stream_mode { STREAM_UNUSED, STREAM_NORMAL, STREAM_BY_ID } stream_mode;

enum { STREAM_KEPT = 256, STREAM_KEPT_BY_ID = 256 };

/* Results of one appsink. */
typedef struct stream_outlet {
	struct stream_run *stream;
	GstElement *sink;
	char *name;
	int number; /* of its name; -1: it is not called appsink and a number, and no client finds it */
	GQueue *results; /* frames */
	bool apart; /* it is behind an element of GStreamer, whose bytes are the result */
} stream_outlet;

typedef struct stream_wanted {
	int64_t id;
	stream_frame *frame; /* NULL: not there yet */
	double since; /* when it came */
} stream_wanted;

typedef struct stream_run {
	int refs;
	char *name;
	GstElement *pipeline;
	GMutex lock;
	GCond changed;
	bool stopped;
	bool ended, failed; /* all that its own sources had has come out; one of its elements has given up */
	stream_mode mode;
	GstElement **source; /* appsrcs in byte order of names */
	stream_outlet *outlet; /* in the order of numbers */
	int n_source, n_outlet;
	GHashTable *wanted; /* stream_wanted by id */
	int64_t next_id;
	int came; /* of wanted: frames that nobody has fetched */
	int64_t sent, done; /* frames */
	double seconds, longest, began;
	GMutex trouble_lock; /* the text alone: it is taken where elements work */
	char trouble[420]; /* what an element of GStreamer said last that it could not do; "": nothing */
} stream_run;

/* Builds and starts what the check has found right. NULL: s->pipeline's fault says why. */
stream_run *stream_run_new(stream_instance *s);
stream_run *stream_run_hold(stream_run *r);
void stream_run_drop(stream_run *r);
void stream_run_trouble(stream_run *r, char *text, size_t size);
void stream_run_stop(stream_run *r); /* ends all waits, then the elements; twice is fine */

/* Until it has ended or failed: 0 or STREAM_FAILURE; 6010: time is over, or it was stopped. */
int stream_run_wait(stream_run *r, double seconds);
/* The next frame of an outlet: held by the caller; NULL: time is over, or the stream has stopped or ended. */
stream_frame *stream_run_next(stream_run *r, int outlet, double seconds);
/* Sends a frame (borrowed); code 0, 5003, 6002 (stopped). *id, nullable, receives its number. */
int stream_run_send(stream_run *r, int source, stream_frame *f, int64_t *id);
stream_frame *stream_run_take(stream_run *r, int64_t id, double seconds, bool *known);
/* Sets the mode where it is open; false: it is another one. */
bool stream_run_is(stream_run *r, stream_mode mode, bool sends);
#endif
