/* A model of ONNX on tensors of streams: bytes as they come, plans by shape. */
#ifndef STREAM_MODEL_ONNX_H
#define STREAM_MODEL_ONNX_H
#include "stream/model.h"

typedef struct stream_onnx stream_onnx;
stream_onnx *stream_onnx_open(const char *path, stream_port *in, int *n_in, secant_err *err);
void stream_onnx_close(stream_onnx *m); /* NULL is fine */
/* Batches, as stream_model_batches has them. */
int stream_onnx_batches(const stream_onnx *m, int *batch, int most);
/* As stream_model_run. */
int stream_onnx_run(stream_onnx *m, const stream_tensor *in, int n, stream_tensor *out, secant_err *err);
void stream_onnx_cancel(stream_onnx *m); /* from another thread; it runs no more */
#endif
