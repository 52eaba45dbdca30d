/*
 * Gradients of the weights of convolutions by channel. Vectors run along channels; a pixel that is loaded meets all
 * columns of the kernel that see it.
 */
#ifndef KERNEL_DEPTHWISE_H
#define KERNEL_DEPTHWISE_H
#include "kernels/kernels.h"

/* Pictures height x width x channels, rows of `columns` x channels of the result; output (r, j) reads from
 * (r * stride - top, j * stride - left) on, at distances of dilation. `low` of x, `low_y` of the result's gradient.
 * At least `width` channels (the table's). */
typedef struct kernel_depthwise_map {
	int64_t height, width, channels, columns;
	int size, stride, dilation, top, left; /* size: 5 or 7 */
	bool low, low_y;
} kernel_depthwise_map;

typedef struct kernel_depthwise_kernels {
	int width;
	/* dw += what row r of dy gives; dw: size x size x channels, x: a picture, dy: the row. */
	void (*grad_row)(const void *x, const void *dy, const kernel_depthwise_map *m, int64_t r, float *dw);
} kernel_depthwise_kernels;
KERNEL_FAMILY(depthwise)
#endif
