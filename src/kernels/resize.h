/*
 * Linear maps along the rows and the columns of a picture, channels-last: what resizing, its gradient and adaptive
 * means are made of.
 */
#ifndef KERNEL_RESIZE_H
#define KERNEL_RESIZE_H
#include "kernels/kernels.h"

/* A sparse map: output i is the sum of weight[k] * input[place[k]], k in start[i] .. start[i + 1] - 1. */
typedef struct kernel_taps {
	const int32_t *start, *place;
	const float *weight;
} kernel_taps;

typedef struct kernel_resize_kernels {
	/* y = the sum of weight[k] * (row place[k] of x, rows `stride` elements apart), n numbers; in float. No taps:
	 * zeros. */
	void (*blend)(const void *x, bool low, int64_t stride, const int32_t *place, const float *weight, int taps,
		float *y, int64_t n);
	/* y[i] = the sum of the taps of i over pixels of c channels of x. */
	void (*columns)(const float *x, const kernel_taps *map, void *y, bool low, int64_t n, int64_t c);
} kernel_resize_kernels;
KERNEL_FAMILY(resize)
#endif
