/*
 * Convolutions of 3x3 in many groups of few channels (ResNeXt, RegNet). Vectors run along channels and hold whole
 * groups: a pixel's channel i of each group is spread over the group's lanes and meets the weights of all its outputs.
 */
#ifndef KERNEL_GROUPED_H
#define KERNEL_GROUPED_H
#include "kernels/kernels.h"

/* Pictures height x width x channels to rows of `columns` x channels; output (r, j) reads from (r * stride - top,
 * j * stride - left) on, at distances of dilation. `low` of x, `low_y` of the result. Channels are a multiple of the
 * table's `width`, which is one of `group` (4, 8, 16: channels of a group, in and out). */
typedef struct kernel_grouped_map {
	int64_t height, width, channels, columns;
	int group, stride, dilation, top, left;
	bool low, low_y;
} kernel_grouped_map;

/* What becomes of the sum: + bias (NULL: none) + the row `added`, stored as y (NULL: none), then relu. */
typedef struct kernel_grouped_post {
	const float *bias;
	const void *added;
	bool relu;
} kernel_grouped_post;

typedef struct kernel_grouped_kernels {
	int width;
	/* Row r of the result. x: a picture; w: channels / width blocks of 3 x group x 3 x width: row of the kernel, input
	 * of the group, column, output; y: the row, which may be `added`. */
	void (*row)(const void *x, const kernel_grouped_map *m, int64_t r, const float *w, const kernel_grouped_post *post,
		void *y);
} kernel_grouped_kernels;
KERNEL_FAMILY(grouped)
#endif
