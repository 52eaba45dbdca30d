/* Graphs of ours as ONNX. */
#ifndef FORMAT_ONNX_WRITE_H
#define FORMAT_ONNX_WRITE_H
#include <secant/tensor.h>
#include "base/mem.h"
#include "graph/graph.h"

enum { FORMAT_ONNX_WRITES_OLDEST = 13, FORMAT_ONNX_WRITES_NEWEST = 21 };

typedef struct format_onnx_written {
	int opset; /* 13 to 21 */
	bool dynamic; /* batch, height and width are symbols; else they are the graph's */
	bool half; /* weights and arithmetic in float16; inputs and outputs stay float */
	bool clouds; /* N x P x 1 x C is N, C, P in the file */
	const char *activation; /* put behind the first output: "sigmoid", "softmax"; NULL: none */
	bool classified; /* ends in softmax N H W C and argmax N H W of the first output instead; the input is called x */
	const float *scale,
		*shift; /* pictures come as uint8 and are x * scale + shift, per channel; NULL: they come as they are */
	const char *const *metadata; /* key, value, ..., NULL */
} format_onnx_written;

/*
 * Adds a ModelProto to `out`. Inputs and outputs of four axes are N, C, H, W; states are initialisers under their own
 * names, with the numbers of `tensors`. outputs[i] (-1: left out) are called names[i]. UNSUPPORTED: one error names
 * every node that ONNX cannot say.
 */
secant_status format_onnx_write(const graph_net *g, const graph_value *outputs, const char *const *names, int n,
	const secant_tensors *tensors, const format_onnx_written *how, base_str *out, secant_err *err) SECANT_NODISCARD;
#endif
