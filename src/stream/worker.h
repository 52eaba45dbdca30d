/*
 * How an element works: functions that its file elements/NAME.c puts into its row, on frames. They know nothing of
 * GStreamer: what runs them (run/element.c) hands frames in and carries frames on.
 */
#ifndef STREAM_WORKER_H
#define STREAM_WORKER_H
#include "stream/element.h"
#include "stream/frame.h"

/* The original's codes that elements report. */
enum {
	STREAM_FAILURE = 1001,
	STREAM_INNER = 1002,
	STREAM_INVALID = 1004,
	STREAM_NO_MEMORY = 1006,
	STREAM_OUTSIDE = 1009,
	STREAM_INIT = 1013,
	STREAM_MISSING = 1016,
	STREAM_CROP = 2001,
	STREAM_DECODE = 2006,
	STREAM_ENCODE = 2007,
	STREAM_VIDEO_DECODE = 2009,
	STREAM_VIDEO_ENCODE = 2010,
	STREAM_PICTURE_CONFIG = 2013,
	STREAM_NO_DATA = 2017,
	STREAM_OTHER_MESSAGE = 2018,
	STREAM_FORMAT = 2019,
	STREAM_WIDTH = 2020,
	STREAM_HEIGHT = 2021,
	STREAM_UNEQUAL = 10005 /* lists that belong together */
};

typedef struct stream_worker stream_worker;

struct stream_work {
	size_t state; /* bytes of w->state, zeroed */
	bool sync; /* waits for a frame on every port, whatever `status` says */
	bool own_thread; /* runs beside what comes before it */
	bool failed_too; /* runs on frames that an element before it could not do */
	/* Makes ready: 0, or the original's code with `why` filled. NULL: nothing to do. */
	int (*open)(stream_worker *w, char *why, size_t size);
	/* One frame for each port, NULL where none came; borrowed. Sends what comes of it. */
	void (*run)(stream_worker *w, stream_frame *const *in);
	/* Nothing comes any more, or for now: whatever is kept back is sent. Nullable. */
	void (*flush)(stream_worker *w);
	void (*cancel)(stream_worker *w); /* ends a run that takes long; from another thread; nullable */
	bool (*size)(stream_worker *w, int *height, int *width); /* of the pictures it takes; false: any; nullable */
	void (*close)(stream_worker *w); /* after open, also one that failed; nullable */
};

struct stream_worker {
	const stream_element_type *kind;
	const char *name;
	int n_sinks, n_sources;
	char **keys; /* what dataSource says, port by port where there are several; "auto" is what comes before the port */
	int n_keys;
	void *state;
	void *host; /* whose worker it is */
	void (*send)(void *host, int port, stream_frame *f); /* borrows */
	char *(*value)(void *host, const char *prop); /* fresh text of a property */
	char *(*upstream)(void *host, int port); /* fresh key of what comes before a port; NULL: none */
	bool (*size)(void *host, int *height, int *width); /* that what comes behind asks for; false: nothing does */
	void (*note)(void *host, const char *text); /* a remark for the log */
	double wait_until; /* with own_thread: flush when that time has come; 0: never */
	bool ended; /* in flush: nothing comes any more, not only for now */
	int stopping; /* set from outside: runs end soon */
};

/* Properties as they are now. Text is cut to size. */
void stream_prop_text(const stream_worker *w, const char *prop, char *text, size_t size);
int64_t stream_prop_int(const stream_worker *w, const char *prop);
double stream_prop_real(const stream_worker *w, const char *prop);
bool stream_prop_is(const stream_worker *w, const char *prop, const char *word);
char *stream_prop_copy(const stream_worker *w, const char *prop); /* fresh; NULL: no memory */
/* The key that a property like dataSourceImage names, or with "auto" what comes before the port; "" where nothing
 * does. */
void stream_prop_key(const stream_worker *w, const char *prop, int port, char *key, size_t size);

/* The numbers of channelIds, at most 32; how many. */
enum { STREAM_CHANNELS = 32 };
int stream_prop_channels(const stream_worker *w, int ids[STREAM_CHANNELS]);
/* The i-th key of a property that is a list, or with "auto" what comes before that port; "" where nothing does. */
void stream_prop_key_at(const stream_worker *w, const char *prop, int i, int port, char *key, size_t size);

/* Puts a message under the element's name (name_PORT where it has several ports) and sends the frame there. */
void stream_answer(stream_worker *w, stream_frame *f, const stream_message *kind, stream_blob *blob);
/* The same on one port of several, without sending; 0 or a code. */
int stream_put(stream_worker *w, stream_frame *f, int port, const stream_message *kind, stream_blob *blob);
void stream_send(stream_worker *w, int port, stream_frame *f);
void stream_send_all(stream_worker *w, stream_frame *f);
/* Tells the frame that the element could not do it, and sends it on all ports. The text gets the element's name. */
void stream_cannot(stream_worker *w, stream_frame *f, int code, const char *fmt, ...) SECANT_PRINTF(4, 5);
void stream_note(stream_worker *w, const char *fmt, ...) SECANT_PRINTF(2, 3);
/* The message of a key, of one kind; NULL: refused already. The caller drops it. */
stream_blob *stream_want(stream_worker *w, stream_frame *f, const char *key, const char *kind);
/* The same, but a frame that has nothing under the key goes on as it is. */
stream_blob *stream_want_or_pass(stream_worker *w, stream_frame *f, const char *key, const char *kind);
#endif
