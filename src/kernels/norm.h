/*
 * Norms. Batch norm over a matrix of rows x width, channels-last. Callers may see k rows of c channels as one row of k
 * * c and repeat the vectors k times: short rows then run as fast as long ones. x, y, residual, dy and dx are float or
 * bf16 together (`low`), vectors are float. Outputs may be the same buffer as an input of the same kind.
 */
#ifndef KERNEL_NORM_H
#define KERNEL_NORM_H
#include "kernels/kernels.h"

typedef struct kernel_norm_kernels {
	/* sum += sums of x - pivot, sum2 += sums of its square, for each column. At most 256 rows are added in float, then
	 * in double. */
	void (*moments)(
		const void *x, bool low, int64_t rows, int64_t width, const float *pivot, double *sum, double *sum2);
	/* y = act(x * scale + shift + residual); residual may be NULL; relu or none. */
	void (*normalise)(const void *x, const void *residual, void *y, bool low, bool relu, int64_t rows, int64_t width,
		const float *scale, const float *shift);
	/* d = y > 0 ? dy : 0 (dy where y is NULL); sum += sums of d, sum2 += sums of d * (x - mean). */
	void (*grad_moments)(const void *dy, const void *x, const void *y, bool low, int64_t rows, int64_t width,
		const float *mean, double *sum, double *sum2);
	/* dx = a * d + b * (x - mean) + c, dresidual = d; either may be NULL. */
	void (*grad)(const void *dy, const void *x, const void *y, void *dx, void *dresidual, bool low, int64_t rows,
		int64_t width, const float *mean, const float *a, const float *b, const float *c);
	/* Layer norm of rows: y = (x - mean) * rstd * weight + bias; y may be NULL, weight and bias have c numbers. */
	void (*layer)(const void *x, bool low, int64_t rows, int64_t c, const float *weight, const float *bias, float eps,
		void *y, float *mean, float *rstd);
	/* Its gradient: dx (may be NULL), and in at most 256 rows' float sums added to doubles: dweight, dbias. */
	void (*layer_grad)(const void *dy, const void *x, bool low, int64_t rows, int64_t c, const float *mean,
		const float *rstd, const float *weight, void *dx, double *dweight, double *dbias);
} kernel_norm_kernels;
KERNEL_FAMILY(norm)
#endif
