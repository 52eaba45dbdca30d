/*
 * Models of mxpi_tensorinfer: what a file takes and gives, as tensors.
 *
 * A model of secant knows how pictures become numbers and ends as the zoo's UnetEval does: probabilities, FLOAT32
 * N x H x W x C, and the most probable class, INT32 N x H x W (one class: background and foreground). It takes pictures
 * of any size. A model of ONNX takes and gives what its graph says, bytes as they come.
 */
#ifndef STREAM_MODEL_H
#define STREAM_MODEL_H
#include "stream/tensors.h"

enum { STREAM_MODEL_PORTS = 32 };

typedef struct stream_port {
	char name[100];
	int type, rank;
	int64_t dim[STREAM_RANK]; /* -1: any */
	bool planes; /* pictures of Y and half as many rows of chroma: N x 3H/2 x W x 1 */
} stream_port;

typedef struct stream_model stream_model;
stream_model *stream_model_open(const char *path, secant_err *err);
void stream_model_close(stream_model *m);
int stream_model_inputs(const stream_model *m);
const stream_port *stream_model_input(const stream_model *m, int i);
bool stream_model_takes_pictures(const stream_model *m);
/* Height and width of what it takes; false: any. */
bool stream_model_size_of(const stream_model *m, int *height, int *width);
/* How many samples a run takes, the numbers there are in ascending order, at least one; any number counts as 1. */
int stream_model_batches(const stream_model *m, int *batch, int most);
/* Runs it; outputs are the model's until the next run. Returns how many there are, -1 and err on failure. */
int stream_model_run(stream_model *m, const stream_tensor *in, int n, stream_tensor *out, secant_err *err);
void stream_model_cancel(stream_model *m); /* from another thread */
#endif
