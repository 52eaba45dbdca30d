/*
 * Convolutions of stride 1 with a 3x3 or 1x1 kernel to very few channels, as heads of segmentation are, and the
 * gradient of their weights. Vectors run along the input's channels: general kernels compute full vectors of outputs,
 * of which few would be used.
 */
#ifndef KERNEL_NARROW_H
#define KERNEL_NARROW_H
#include "kernels/kernels.h"

enum { KERNEL_NARROW_MOST = 3 }; /* outputs */

/* Pictures height x width x in to rows of `columns` x outputs; output (r, j) reads from (r - top, j - left) on. `low`
 * of x, `low_y` of the result or its gradient. Input channels are a multiple of the table's `width`. */
typedef struct kernel_narrow_map {
	int64_t height, width, in, columns;
	int size, top, left, outputs;
	bool low, low_y;
} kernel_narrow_map;

typedef struct kernel_narrow_kernels {
	int width;
	/* Row r of the result: y = x * w + bias (nullable). x: a picture; w: outputs x size x size x in; y: the row. */
	void (*row)(const void *x, const kernel_narrow_map *m, int64_t r, const float *w, const float *bias, void *y);
	/* dw += what row r of dy gives; dw is laid out as w, dy: the row. */
	void (*grad_row)(const void *x, const void *dy, const kernel_narrow_map *m, int64_t r, float *dw);
} kernel_narrow_kernels;
KERNEL_FAMILY(narrow)
#endif
