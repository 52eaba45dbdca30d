/*
 * Sums, sums of squares and extrema: of contiguous numbers, and of the columns of a matrix. Sums are taken in float
 * over at most a few hundred numbers and in double above that.
 */
#ifndef KERNEL_REDUCE_H
#define KERNEL_REDUCE_H
#include "kernels/kernels.h"

typedef enum kernel_reduction {
	KERNEL_REDUCE_SUM,
	KERNEL_REDUCE_SQUARES,
	KERNEL_REDUCE_MAX,
	KERNEL_REDUCE_MIN
} kernel_reduction;

typedef struct kernel_reduce_kernels {
	/* acc combined with x[0..n-1]; of squares, (x - pivot)^2. */
	double (*row)(kernel_reduction kind, double acc, const void *x, bool low, int64_t n, float pivot);
	/* acc[i] combined with the numbers of column i of n; rows are `stride` apart. pivot (nullable: zeros) has one
	 * number a column. */
	void (*columns)(kernel_reduction kind, double *acc, const void *x, bool low, int64_t rows, int64_t stride,
		int64_t n, const float *pivot);
} kernel_reduce_kernels;
KERNEL_FAMILY(reduce)
#endif
