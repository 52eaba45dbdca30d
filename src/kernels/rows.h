/*
 * Rows of points of balls: what ops/op_rows.c and op_rows_norm.c say, a block of rows and of columns at a time. `step`
 * is the distance of rows in numbers; x, y, dy and dx are float or bf16 together (`low`), vectors are float.
 */
#ifndef KERNEL_ROWS_H
#define KERNEL_ROWS_H
#include "kernels/kernels.h"

/* How the gradient of a norm is written: dx = a d + w (b (x - mean) + c), d = dy where scale x + shift > 0 (everywhere
 * where scale is NULL). */
typedef struct kernel_rows_grad {
	const float *mean, *scale, *shift, *a, *b, *c;
} kernel_rows_grad;

typedef struct kernel_rows_kernels {
	/* y = d[0] w + d[1] w' + d[2] w'' + f, where w has rows of n numbers; f NULL: 0. */
	void (*place)(void *y, const void *f, bool low, const float d[3], const float *w, int64_t n);
	/* sum += d[a] dy for the three rows of n numbers. */
	void (*outer)(float *sum, const void *dy, bool low, const float d[3], int64_t n);
	/* sum += w (x - pivot), sum2 += w (x - pivot)^2. At most 256 rows are added in float, then in double. */
	void (*moments)(const void *x, bool low, int64_t rows, int64_t step, int64_t n, const float *pivot,
		const float *weight, double *sum, double *sum2);
	/* sum += d, sum2 += d (x - mean), in the same way. */
	void (*grad_moments)(const void *dy, const void *x, bool low, int64_t rows, int64_t step, int64_t n,
		const kernel_rows_grad *g, double *sum, double *sum2);
	/* dx; dy NULL: a d is 0. */
	void (*grad)(const void *dy, const void *x, void *dx, bool low, int64_t rows, int64_t step, int64_t n,
		const kernel_rows_grad *g, const float *weight);
	/* best = the largest x * flip of the rows, which = first + its row. Of no rows: nothing is written. */
	void (*largest)(float *best, int32_t *which, const void *x, bool low, int64_t rows, int64_t step, int64_t n,
		const float *flip, int32_t first);
} kernel_rows_kernels;
KERNEL_FAMILY(rows)
#endif
