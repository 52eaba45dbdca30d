/*
 * What the files of an element of GStreamer share: element.c is its class, queries.c what elements ask each other,
 * flow.c how frames come in, are worked on and go on.
 */
#ifndef STREAM_RUN_HOST_H
#define STREAM_RUN_HOST_H
#include "stream/run/raw.h"

GST_DEBUG_CATEGORY_EXTERN(stream_log);

/* How a port for output gives pictures. */
typedef struct stream_shown {
	bool asked, raw; /* whether what is behind takes raw video alone */
	GstVideoInfo info; /* of the last picture */
	uint64_t n; /* pictures so far */
} stream_shown;

typedef struct stream_host {
	GstElement parent;
	const stream_work *work;
	stream_worker w;
	char **value; /* by number of property; NULL: the default */
	GMutex lock; /* all below, and the values */
	GMutex running; /* one frame at a time */
	GCond changed;
	stream_frame **slot; /* what waits at each port */
	GQueue *queue; /* arrays of frames, one for each port; NULL: the end of the stream */
	GThread *thread;
	bool stopped, open, thread_ends, idle;
	int n_ended; /* ports whose stream has ended */
	bool *started; /* ports for output that have told what stream it is */
	GstVideoInfo *seen; /* video that comes to a port; of another format than UNKNOWN where it does */
	stream_shown *shown; /* video that leaves by a port */
	int fault;
	char why[500];
	int64_t runs;
	double seconds, longest, pushing;
	uint32_t group;
} stream_host;

typedef struct stream_host_class {
	GstElementClass parent;
	const stream_element_type *kind;
} stream_host_class;

const stream_element_type *stream_host_kind(const stream_host *h);
/* The i-th pad, held; NULL: there is none. And which one a pad is. */
GstPad *stream_host_pad(stream_host *h, bool source, int i);
int stream_host_number(GstElement *e, GstPad *pad);

/* ---- queries.c: as functions of pads, and of stream_worker ---- */
gboolean stream_host_source_query(GstPad *pad, GstObject *parent, GstQuery *q);
gboolean stream_host_sink_query(GstPad *pad, GstObject *parent, GstQuery *q);
char *stream_host_upstream(void *host, int port);
/* Whether what is behind a port for output takes raw video, and none of our media types: an element of GStreamer. */
bool stream_host_raw_behind(GstPad *pad);
bool stream_host_size_behind(void *host, int *height, int *width);

/* ---- flow.c ---- */
GstFlowReturn stream_host_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer);
gboolean stream_host_event(GstPad *pad, GstObject *parent, GstEvent *event);
void stream_host_send(void *host, int port, stream_frame *f);
void stream_host_start_thread(stream_host *h);
void stream_host_end_thread(stream_host *h);
void stream_host_drop_all(stream_frame **in, int n); /* an array of frames, itself too */
#endif
