/*
 * Batch norm: the loops of training that move most bytes. Each is one pass over memory; four rows at a time where columns are summed, so
 * that the accumulators are read and written once for four.
 */
#include "kernels/norm.h"

enum { BLOCK_ROWS = 256, BLOCK_COLUMNS = 1024 };

SECANT_INLINE void
moments_block(const void *x, int64_t rows, int64_t stride, int64_t n, const float *restrict pivot, float *restrict s, float *restrict q, bool low)
{
	int64_t r = 0;
	for (int64_t c = 0; c < n; c++)
		s[c] = q[c] = 0;
	for (; r + 4 <= rows; r += 4) {
		const void *x0 = secant_at(x, r * stride, low), *x1 = secant_at(x0, stride, low), *x2 = secant_at(x1, stride, low), *x3 = secant_at(x2, stride, low);
		SECANT_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float p = pivot[c];
			float v0 = secant_load(x0, c, low) - p, v1 = secant_load(x1, c, low) - p, v2 = secant_load(x2, c, low) - p, v3 = secant_load(x3, c, low) - p;
			s[c] += (v0 + v1) + (v2 + v3);
			q[c] += (v0 * v0 + v1 * v1) + (v2 * v2 + v3 * v3);
		}
	}
	for (; r < rows; r++)
		SECANT_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float v = secant_load(x, r * stride + c, low) - pivot[c];
			s[c] += v;
			q[c] += v * v;
		}
}

SECANT_INLINE float
masked(const void *dy, const void *y, int64_t i, bool low, bool mask)
{
	float d = secant_load(dy, i, low);
	return mask && !(secant_load(y, i, low) > 0) ? 0 : d;
}

SECANT_INLINE void
grad_moments_block(const void *dy, const void *x, const void *y, int64_t rows, int64_t stride, int64_t n, const float *restrict mean,
                   float *restrict s, float *restrict q, bool low, bool mask)
{
	int64_t r = 0;
	for (int64_t c = 0; c < n; c++)
		s[c] = q[c] = 0;
	for (; r + 2 <= rows; r += 2) {
		int64_t i = r * stride;
		SECANT_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float d0 = masked(dy, y, i + c, low, mask), d1 = masked(dy, y, i + stride + c, low, mask), m = mean[c];
			s[c] += d0 + d1;
			q[c] += d0 * (secant_load(x, i + c, low) - m) + d1 * (secant_load(x, i + stride + c, low) - m);
		}
	}
	for (; r < rows; r++)
		SECANT_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float d = masked(dy, y, r * stride + c, low, mask);
			s[c] += d;
			q[c] += d * (secant_load(x, r * stride + c, low) - mean[c]);
		}
}

/* Walks the matrix in blocks small enough for float sums and adds each block's to the doubles. dy NULL: the moments of x. */
SECANT_INLINE void
sum_blocks(const void *dy, const void *x, const void *y, int64_t rows, int64_t width, const float *middle, double *sum, double *sum2, bool low, bool grad, bool mask)
{
	float s[BLOCK_COLUMNS], q[BLOCK_COLUMNS];
	for (int64_t r = 0; r < rows; r += BLOCK_ROWS)
		for (int64_t from = 0; from < width; from += BLOCK_COLUMNS) {
			int64_t m = rows - r < BLOCK_ROWS ? rows - r : BLOCK_ROWS, n = width - from < BLOCK_COLUMNS ? width - from : BLOCK_COLUMNS;
			int64_t at = r * width + from;
			if (grad)
				grad_moments_block(secant_at(dy, at, low), secant_at(x, at, low), mask ? secant_at(y, at, low) : y, m, width, n, middle + from, s, q, low, mask);
			else
				moments_block(secant_at(x, at, low), m, width, n, middle + from, s, q, low);
			for (int64_t c = 0; c < n; c++) {
				sum[from + c] += s[c];
				sum2[from + c] += q[c];
			}
		}
}

static void
moments(const void *x, bool low, int64_t rows, int64_t width, const float *pivot, double *sum, double *sum2)
{
	if (low)
		sum_blocks(NULL, x, NULL, rows, width, pivot, sum, sum2, true, false, false);
	else
		sum_blocks(NULL, x, NULL, rows, width, pivot, sum, sum2, false, false, false);
}

static void
grad_moments(const void *dy, const void *x, const void *y, bool low, int64_t rows, int64_t width, const float *mean, double *sum, double *sum2)
{
	switch (low | (y != NULL) << 1) {
	case 0: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, false, true, false); break;
	case 1: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, true, true, false); break;
	case 2: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, false, true, true); break;
	case 3: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, true, true, true); break;
	}
}

SECANT_INLINE void
normalise_rows(const void *x, const void *residual, void *y, int64_t rows, int64_t width, const float *scale, const float *shift, bool low, bool relu, bool add)
{
	for (int64_t r = 0; r < rows; r++) {
		int64_t at = r * width;
		SECANT_IVDEP
		for (int64_t c = 0; c < width; c++) {
			float v = secant_load(x, at + c, low) * scale[c] + shift[c];
			if (add)
				v += secant_load(residual, at + c, low);
			secant_store_real(y, at + c, low, relu && v < 0 ? 0 : v);
		}
	}
}

static void
normalise(const void *x, const void *residual, void *y, bool low, bool relu, int64_t rows, int64_t width, const float *scale, const float *shift)
{
	switch (low | relu << 1 | (residual != NULL) << 2) {
	case 0: normalise_rows(x, residual, y, rows, width, scale, shift, false, false, false); break;
	case 1: normalise_rows(x, residual, y, rows, width, scale, shift, true, false, false); break;
	case 2: normalise_rows(x, residual, y, rows, width, scale, shift, false, true, false); break;
	case 3: normalise_rows(x, residual, y, rows, width, scale, shift, true, true, false); break;
	case 4: normalise_rows(x, residual, y, rows, width, scale, shift, false, false, true); break;
	case 5: normalise_rows(x, residual, y, rows, width, scale, shift, true, false, true); break;
	case 6: normalise_rows(x, residual, y, rows, width, scale, shift, false, true, true); break;
	case 7: normalise_rows(x, residual, y, rows, width, scale, shift, true, true, true); break;
	}
}

SECANT_INLINE void
grad_rows(const void *dy, const void *x, const void *y, void *dx, void *dres, int64_t rows, int64_t width, const float *mean, const float *a,
          const float *b, const float *c, bool low, bool mask, bool both)
{
	for (int64_t r = 0; r < rows; r++) {
		int64_t at = r * width;
		SECANT_IVDEP
		for (int64_t k = 0; k < width; k++) {
			float d = masked(dy, y, at + k, low, mask), v = secant_load(x, at + k, low) - mean[k];
			if (both)
				secant_store_real(dres, at + k, low, d);
			secant_store_real(dx, at + k, low, a[k] * d + (b[k] * v + c[k]));
		}
	}
}

SECANT_INLINE void
mask_rows(const void *dy, const void *y, void *dres, int64_t n, bool low, bool mask)
{
	SECANT_IVDEP
	for (int64_t i = 0; i < n; i++)
		secant_store_real(dres, i, low, masked(dy, y, i, low, mask));
}

static void
grad(const void *dy, const void *x, const void *y, void *dx, void *dres, bool low, int64_t rows, int64_t width, const float *mean, const float *a,
     const float *b, const float *c)
{
	switch (low | (y != NULL) << 1 | (dx && dres ? 4 : dx ? 0 : dres ? 8 : 16)) {
	case 0: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, false, false, false); break;
	case 1: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, true, false, false); break;
	case 2: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, false, true, false); break;
	case 3: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, true, true, false); break;
	case 4: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, false, false, true); break;
	case 5: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, true, false, true); break;
	case 6: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, false, true, true); break;
	case 7: grad_rows(dy, x, y, dx, dres, rows, width, mean, a, b, c, true, true, true); break;
	case 8: mask_rows(dy, y, dres, rows * width, false, false); break;
	case 9: mask_rows(dy, y, dres, rows * width, true, false); break;
	case 10: mask_rows(dy, y, dres, rows * width, false, true); break;
	case 11: mask_rows(dy, y, dres, rows * width, true, true); break;
	}
}

const secant_norm_kernels SECANT_KERNEL(norm) = { .moments = moments, .normalise = normalise, .grad_moments = grad_moments, .grad = grad };
