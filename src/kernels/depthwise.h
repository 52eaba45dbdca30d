/*
 * Convolutions by channel, and gradients of their weights. Vectors run along channels.
 */
#ifndef KERNEL_DEPTHWISE_H
#define KERNEL_DEPTHWISE_H
#include "kernels/grouped.h"

enum { KERNEL_DEPTHWISE_MOST = 7 }; /* the largest kernel */

/* Maps of groups of one; kernels of 3x3, 5x5 or 7x7. */
typedef struct kernel_depthwise_kernels {
	int width;
	kernel_grouped_row *row; /* w: size x size x channels */
	/* dw += what row r of dy gives; at least `width` channels. dw: size x size x channels, x: a picture, dy: the row,
	 * stored as `low_y` says. A pixel that is loaded meets all columns of the kernel that see it. */
	void (*grad_row)(const void *x, const void *dy, const kernel_grouped_map *m, int64_t r, float *dw);
} kernel_depthwise_kernels;
KERNEL_FAMILY(depthwise)
#endif
