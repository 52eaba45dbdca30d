/*
 * Inference of elements: samples of successive frames run together where a model was made for several at once.
 *
 * A sample is one picture or package of each input. Samples wait until the largest batch is full or the oldest has
 * waited long enough; then the batch that dynamicStrategy names runs, rows that nothing fills are zero and dropped.
 * Frames leave in the order in which they came, also those that nothing was to be done for.
 */
#ifndef STREAM_INFER_H
#define STREAM_INFER_H
#include "stream/model.h"

/* What is under the keys of a frame: for each input a list of pictures or of packages. */
typedef struct stream_given {
	int n;
	char key[STREAM_MODEL_PORTS][300];
	stream_blob *blob[STREAM_MODEL_PORTS];
	bool pictures[STREAM_MODEL_PORTS];
	format_wire at[STREAM_MODEL_PORTS];
} stream_given;

/* What is under the keys of dataSource, or under `key`; the code of what is wrong, STREAM_NO_DATA where something is
 * not there. */
int stream_infer_gather(
	stream_worker *w, stream_frame *const *in, const char *key, stream_given *s, char *why, size_t size);

typedef struct stream_infer stream_infer;
/* Opens the model of the property modelPath; NULL: *code and `why`. */
stream_infer *stream_infer_open(stream_worker *w, int *code, char *why, size_t size);
void stream_infer_close(stream_infer *s); /* NULL is fine */
/* A frame with what it holds (the blobs are taken in any case); NULL: it passes in its turn. What becomes of it goes to
 * `done`, with NULL and a code where it failed; the blob is then done's. */
typedef void (*stream_infer_done)(stream_worker *w, stream_frame *f, stream_blob *packages, int code, const char *why);
void stream_infer_take(stream_infer *s, stream_worker *w, stream_frame *f, stream_given *from, stream_infer_done done);

/* Functions of stream_work for elements whose state begins with a pointer to their stream_infer. */
void stream_infer_on_flush(stream_worker *w); /* what waits runs now */
void stream_infer_on_cancel(stream_worker *w);
bool stream_infer_on_size(stream_worker *w, int *height, int *width);
#endif
