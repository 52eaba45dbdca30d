/* The window of a convolution or pooling: what attributes of ONNX say about it, with auto_pad worked out. */
#ifndef FORMAT_ONNX_WINDOW_H
#define FORMAT_ONNX_WINDOW_H
#include "formats/onnx/eval.h"

enum { ONNX_WINDOW_AXES = 5 };

typedef struct onnx_window {
	int n; /* axes behind N x C */
	int64_t kernel[ONNX_WINDOW_AXES], stride[ONNX_WINDOW_AXES], dilation[ONNX_WINDOW_AXES], before[ONNX_WINDOW_AXES],
		after[ONNX_WINDOW_AXES];
	int64_t in[ONNX_WINDOW_AXES], out[ONNX_WINDOW_AXES];
} onnx_window;

/* `in`: the input's shape N, C, ...; kernel: the weights', or NULL: kernel_shape says it. false after an error. */
bool onnx_window_of(onnx_call *c, int rank, const int64_t *in, const int64_t *kernel, bool ceil_mode, onnx_window *w);
/* Of a transposed convolution: w->out is its input, w->in its result; `extra` its output padding. */
bool onnx_transposed_window(
	onnx_call *c, int rank, const int64_t *in, const int64_t *kernel, onnx_window *w, int64_t *extra);
#endif
