/* What a node Resize or Upsample says, its sizes worked out. */
#ifndef FORMAT_ONNX_RESIZE_H
#define FORMAT_ONNX_RESIZE_H
#include "formats/onnx/eval.h"

typedef struct onnx_resize {
	const char *mode, *coordinates, *nearest;
	double cubic, outside;
	bool exclude, antialias, sized; /* sized: sizes were given, not scales */
	int64_t out[FORMAT_ONNX_RANK];
	double scale[FORMAT_ONNX_RANK], roi[2 * FORMAT_ONNX_RANK];
} onnx_resize;

bool onnx_resize_of(onnx_call *c, int rank, const int64_t *in, onnx_resize *r);
/* The taps of output number i on an axis: first input number (it may lie outside: the border stands for it) and
 * weights; how many, -1 where they are more than `most`. */
int onnx_resize_taps(
	const onnx_resize *r, int rank, int axis, int64_t in, int64_t i, int64_t *first, double *weight, int most);
#endif
