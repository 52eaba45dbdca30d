/*
 * Sums, sums of squares and extrema: of contiguous numbers, and of the columns of a matrix. Sums are taken in float
 * over at most a few hundred numbers and in double above that.
 */
#ifndef SECANT_KERNELS_REDUCE_H
#define SECANT_KERNELS_REDUCE_H
#include "kernels/kernels.h"

typedef enum secant_reduction {
	SECANT_REDUCE_SUM,
	SECANT_REDUCE_SQUARES,
	SECANT_REDUCE_MAX,
	SECANT_REDUCE_MIN
} secant_reduction;

typedef struct secant_reduce_kernels {
	/* acc combined with x[0..n-1]; of squares, (x - pivot)^2. */
	double (*row)(secant_reduction kind, double acc, const void *x, bool low, int64_t n, float pivot);
	/* acc[i] combined with the numbers of column i of n; rows are `stride` apart. pivot (nullable: zeros) has one
	 * number a column. */
	void (*columns)(secant_reduction kind, double *acc, const void *x, bool low, int64_t rows, int64_t stride,
		int64_t n, const float *pivot);
} secant_reduce_kernels;
SECANT_KERNELS(reduce)
#endif
