/*
 * Norms: the loops of training that move most bytes. Each is one pass over memory; four rows at a time where columns
 * are summed, so that the accumulators are read and written once for four.
 */
#include "kernels/norm.h"
#include <math.h>

enum { BLOCK_ROWS = 256, BLOCK_COLUMNS = 1024 };

KERNEL_INLINE void
moments_block(const void *x, int64_t rows, int64_t stride, int64_t n, const float *restrict pivot, float *restrict s,
	float *restrict q, bool low)
{
	int64_t r = 0;
	for (int64_t c = 0; c < n; c++)
		s[c] = q[c] = 0;
	for (; r + 4 <= rows; r += 4) {
		const void *x0 = kernel_at(x, r * stride, low), *x1 = kernel_at(x0, stride, low),
				   *x2 = kernel_at(x1, stride, low), *x3 = kernel_at(x2, stride, low);
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float p = pivot[c];
			float v0 = kernel_load(x0, c, low) - p, v1 = kernel_load(x1, c, low) - p, v2 = kernel_load(x2, c, low) - p,
				  v3 = kernel_load(x3, c, low) - p;
			s[c] += (v0 + v1) + (v2 + v3);
			q[c] += (v0 * v0 + v1 * v1) + (v2 * v2 + v3 * v3);
		}
	}
	for (; r < rows; r++)
		KERNEL_IVDEP
	for (int64_t c = 0; c < n; c++) {
		float v = kernel_load(x, r * stride + c, low) - pivot[c];
		s[c] += v;
		q[c] += v * v;
	}
}

KERNEL_INLINE float
masked(const void *dy, const void *y, int64_t i, bool low, bool mask)
{
	float d = kernel_load(dy, i, low);
	return mask && !(kernel_load(y, i, low) > 0) ? 0 : d;
}

KERNEL_INLINE void
grad_moments_block(const void *dy, const void *x, const void *y, int64_t rows, int64_t stride, int64_t n,
	const float *restrict mean, float *restrict s, float *restrict q, bool low, bool mask)
{
	int64_t r = 0;
	for (int64_t c = 0; c < n; c++)
		s[c] = q[c] = 0;
	for (; r + 2 <= rows; r += 2) {
		int64_t i = r * stride;
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float d0 = masked(dy, y, i + c, low, mask), d1 = masked(dy, y, i + stride + c, low, mask), m = mean[c];
			s[c] += d0 + d1;
			q[c] += d0 * (kernel_load(x, i + c, low) - m) + d1 * (kernel_load(x, i + stride + c, low) - m);
		}
	}
	for (; r < rows; r++)
		KERNEL_IVDEP
	for (int64_t c = 0; c < n; c++) {
		float d = masked(dy, y, r * stride + c, low, mask);
		s[c] += d;
		q[c] += d * (kernel_load(x, r * stride + c, low) - mean[c]);
	}
}

/* Walks the matrix in blocks small enough for float sums and adds each block's to the doubles. dy NULL: the moments of
 * x. */
KERNEL_INLINE void
sum_blocks(const void *dy, const void *x, const void *y, int64_t rows, int64_t width, const float *middle, double *sum,
	double *sum2, bool low, bool grad, bool mask)
{
	_Alignas(64) float s[BLOCK_COLUMNS], q[BLOCK_COLUMNS];
	for (int64_t r = 0; r < rows; r += BLOCK_ROWS)
		for (int64_t from = 0; from < width; from += BLOCK_COLUMNS) {
			int64_t m = rows - r < BLOCK_ROWS ? rows - r : BLOCK_ROWS,
					n = width - from < BLOCK_COLUMNS ? width - from : BLOCK_COLUMNS;
			int64_t at = r * width + from;
			if (grad)
				grad_moments_block(kernel_at(dy, at, low), kernel_at(x, at, low), mask ? kernel_at(y, at, low) : y, m,
					width, n, middle + from, s, q, low, mask);
			else
				moments_block(kernel_at(x, at, low), m, width, n, middle + from, s, q, low);
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
grad_moments(const void *dy, const void *x, const void *y, bool low, int64_t rows, int64_t width, const float *mean,
	double *sum, double *sum2)
{
	switch (low | (y != NULL) << 1) {
	case 0: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, false, true, false); break;
	case 1: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, true, true, false); break;
	case 2: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, false, true, true); break;
	case 3: sum_blocks(dy, x, y, rows, width, mean, sum, sum2, true, true, true); break;
	}
}

KERNEL_INLINE void
normalise_rows(const void *x, const void *residual, void *y, int64_t rows, int64_t width, const float *scale,
	const float *shift, bool low, bool relu, bool add)
{
	for (int64_t r = 0; r < rows; r++) {
		int64_t at = r * width;
		KERNEL_IVDEP
		for (int64_t c = 0; c < width; c++) {
			float v = kernel_load(x, at + c, low) * scale[c] + shift[c];
			if (add)
				v += kernel_load(residual, at + c, low);
			kernel_store_real(y, at + c, low, relu && v < 0 ? 0 : v);
		}
	}
}

static void
normalise(const void *x, const void *residual, void *y, bool low, bool relu, int64_t rows, int64_t width,
	const float *scale, const float *shift)
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

KERNEL_INLINE void
grad_rows(const void *dy, const void *x, const void *y, void *dx, void *dres, int64_t rows, int64_t width,
	const float *mean, const float *a, const float *b, const float *c, bool low, bool mask, bool both)
{
	for (int64_t r = 0; r < rows; r++) {
		int64_t at = r * width;
		KERNEL_IVDEP
		for (int64_t k = 0; k < width; k++) {
			float d = masked(dy, y, at + k, low, mask), v = kernel_load(x, at + k, low) - mean[k];
			if (both)
				kernel_store_real(dres, at + k, low, d);
			kernel_store_real(dx, at + k, low, a[k] * d + (b[k] * v + c[k]));
		}
	}
}

KERNEL_INLINE void
mask_rows(const void *dy, const void *y, void *dres, int64_t n, bool low, bool mask)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		kernel_store_real(dres, i, low, masked(dy, y, i, low, mask));
}

static void
grad(const void *dy, const void *x, const void *y, void *dx, void *dres, bool low, int64_t rows, int64_t width,
	const float *mean, const float *a, const float *b, const float *c)
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

/* ---- layer norm ---- */

enum { LANES = 32 };

/* The mean of x[i] - m, and of its square where asked for. A row is summed in LANES lanes, then what is left. */
KERNEL_INLINE float
row_mean(const void *x, bool low, int64_t n, float m, float *squares)
{
	_Alignas(64) float lane[LANES] = { 0 };
	_Alignas(64) float square[LANES] = { 0 };
	float sum = 0, sum2 = 0;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++) {
			float v = kernel_load(x, i + l, low) - m;
			lane[l] += v;
			square[l] += v * v;
		}
	for (int l = 0; l < LANES; l++) {
		sum += lane[l];
		sum2 += square[l];
	}
	for (; i < n; i++) {
		float v = kernel_load(x, i, low) - m;
		sum += v;
		sum2 += v * v;
	}
	if (squares)
		*squares = sum2 / (float)n;
	return sum / (float)n;
}

/* The second walk, for the variance, also corrects the mean. */
KERNEL_INLINE void
layer_rows(const void *x, bool low, int64_t rows, int64_t c, const float *weight, const float *bias, float eps, void *y,
	float *mean, float *rstd)
{
	for (int64_t r = 0; r < rows; r++) {
		const void *v = kernel_at(x, r * c, low);
		float first = kernel_load(v, 0, low), rough = first + row_mean(v, low, c, first, NULL), squares,
			  off = row_mean(v, low, c, rough, &squares);
		float m = rough + off, var = squares - off * off, s = 1 / sqrtf((var > 0 ? var : 0) + eps);
		if (mean)
			mean[r] = m;
		if (rstd)
			rstd[r] = s;
		if (!y)
			continue;
		KERNEL_IVDEP
		for (int64_t i = 0; i < c; i++)
			kernel_store_real(y, r * c + i, low, (kernel_load(v, i, low) - m) * s * weight[i] + bias[i]);
	}
}

static void
layer(const void *x, bool low, int64_t rows, int64_t c, const float *weight, const float *bias, float eps, void *y,
	float *mean, float *rstd)
{
	if (low)
		layer_rows(x, true, rows, c, weight, bias, eps, y, mean, rstd);
	else
		layer_rows(x, false, rows, c, weight, bias, eps, y, mean, rstd);
}

/* Sums of a = dy * weight and of a * xhat over a row. */
KERNEL_INLINE void
layer_sums(const void *dy, const void *x, bool low, int64_t n, float m, float s, const float *weight, float *out,
	float *out_xhat)
{
	_Alignas(64) float lane[LANES] = { 0 }, lane_xhat[LANES] = { 0 };
	float sum = 0, sum_xhat = 0;
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++) {
			float a = kernel_load(dy, i + l, low) * weight[i + l];
			lane[l] += a;
			lane_xhat[l] += a * (kernel_load(x, i + l, low) - m) * s;
		}
	for (int l = 0; l < LANES; l++) {
		sum += lane[l];
		sum_xhat += lane_xhat[l];
	}
	for (; i < n; i++) {
		float a = kernel_load(dy, i, low) * weight[i];
		sum += a;
		sum_xhat += a * (kernel_load(x, i, low) - m) * s;
	}
	*out = sum / (float)n;
	*out_xhat = sum_xhat / (float)n;
}

KERNEL_INLINE void
layer_grad_rows(const void *dy, const void *x, bool low, int64_t rows, int64_t c, const float *mean, const float *rstd,
	const float *weight, void *dx)
{
	for (int64_t r = 0; r < rows; r++) {
		const void *d = kernel_at(dy, r * c, low), *v = kernel_at(x, r * c, low);
		float m = mean[r], s = rstd[r], sum, sum_xhat;
		layer_sums(d, v, low, c, m, s, weight, &sum, &sum_xhat);
		KERNEL_IVDEP
		for (int64_t i = 0; i < c; i++) {
			float xhat = (kernel_load(v, i, low) - m) * s;
			kernel_store_real(dx, r * c + i, low, s * (kernel_load(d, i, low) * weight[i] - sum - xhat * sum_xhat));
		}
	}
}

/* Columns of dy and of dy * xhat. */
KERNEL_INLINE void
layer_columns(const void *dy, const void *x, bool low, int64_t rows, int64_t c, const float *mean, const float *rstd,
	double *dweight, double *dbias)
{
	_Alignas(64) float w[BLOCK_COLUMNS], b[BLOCK_COLUMNS];
	for (int64_t from = 0; from < c; from += BLOCK_COLUMNS) {
		int64_t n = c - from < BLOCK_COLUMNS ? c - from : BLOCK_COLUMNS;
		for (int64_t i = 0; i < n; i++)
			w[i] = b[i] = 0;
		for (int64_t r = 0; r < rows; r++) {
			float m = mean[r], s = rstd[r];
			KERNEL_IVDEP
			for (int64_t i = 0; i < n; i++) {
				float d = kernel_load(dy, r * c + from + i, low);
				w[i] += d * (kernel_load(x, r * c + from + i, low) - m) * s;
				b[i] += d;
			}
		}
		for (int64_t i = 0; i < n; i++) {
			dweight[from + i] += w[i];
			dbias[from + i] += b[i];
		}
	}
}

static void
layer_grad(const void *dy, const void *x, bool low, int64_t rows, int64_t c, const float *mean, const float *rstd,
	const float *weight, void *dx, double *dweight, double *dbias)
{
	for (int64_t r = 0; r < rows; r += 64) { /* small enough to be read twice from the cache */
		int64_t m = rows - r < 64 ? rows - r : 64;
		const void *d = kernel_at(dy, r * c, low), *v = kernel_at(x, r * c, low);
		if (low) {
			layer_columns(d, v, true, m, c, mean + r, rstd + r, dweight, dbias);
			if (dx)
				layer_grad_rows(d, v, true, m, c, mean + r, rstd + r, weight, kernel_at_mut(dx, r * c, true));
		} else {
			layer_columns(d, v, false, m, c, mean + r, rstd + r, dweight, dbias);
			if (dx)
				layer_grad_rows(d, v, false, m, c, mean + r, rstd + r, weight, kernel_at_mut(dx, r * c, false));
		}
	}
}

const kernel_norm_kernels KERNEL_TABLE(norm) = {
	.moments = moments,
	.normalise = normalise,
	.grad_moments = grad_moments,
	.grad = grad,
	.layer = layer,
	.layer_grad = layer_grad,
};
