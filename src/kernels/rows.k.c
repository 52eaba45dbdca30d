/*
 * Rows of points of balls. Plain loops over columns, which the compiler vectorises for each storage; two or four rows a
 * pass where columns are summed.
 */
#include "kernels/rows.h"

enum { BLOCK_ROWS = 256, BLOCK_COLUMNS = 512 };

/* Both storages of a loop that has `low` as its last argument. */
#define BOTH(call, ...) \
	do { \
		if (low) \
			call(__VA_ARGS__, true); \
		else \
			call(__VA_ARGS__, false); \
	} while (0)

KERNEL_INLINE void
place_row(void *y, const void *f, const float *d, const float *restrict w, int64_t n, bool any, bool low)
{
	float u = d[0], v = d[1], t = d[2];
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		kernel_store_real(y, i, low, u * w[i] + v * w[n + i] + t * w[2 * n + i] + (any ? kernel_load(f, i, low) : 0));
}

static void
place(void *y, const void *f, bool low, const float d[3], const float *w, int64_t n)
{
	if (f)
		BOTH(place_row, y, f, d, w, n, true);
	else
		BOTH(place_row, y, f, d, w, n, false);
}

KERNEL_INLINE void
outer_row(float *restrict sum, const void *dy, const float *d, int64_t n, bool low)
{
	float u = d[0], v = d[1], t = d[2];
	for (int64_t i = 0; i < n; i++) {
		float g = kernel_load(dy, i, low);
		sum[i] += u * g;
		sum[n + i] += v * g;
		sum[2 * n + i] += t * g;
	}
}

static void
outer(float *sum, const void *dy, bool low, const float d[3], int64_t n)
{
	BOTH(outer_row, sum, dy, d, n);
}

/* ---- sums of columns ---- */

KERNEL_INLINE void
moments_block(const void *x, int64_t rows, int64_t step, int64_t n, const float *restrict pivot,
	const float *restrict weight, float *restrict s, float *restrict q, bool low)
{
	int64_t r = 0;
	for (; r + 4 <= rows; r += 4) {
		const void *x0 = kernel_at(x, r * step, low), *x1 = kernel_at(x0, step, low), *x2 = kernel_at(x1, step, low),
				   *x3 = kernel_at(x2, step, low);
		float w0 = weight[r], w1 = weight[r + 1], w2 = weight[r + 2], w3 = weight[r + 3];
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float p = pivot[c];
			float v0 = kernel_load(x0, c, low) - p, v1 = kernel_load(x1, c, low) - p, v2 = kernel_load(x2, c, low) - p,
				  v3 = kernel_load(x3, c, low) - p;
			float u0 = w0 * v0, u1 = w1 * v1, u2 = w2 * v2, u3 = w3 * v3;
			s[c] += (u0 + u1) + (u2 + u3);
			q[c] += (u0 * v0 + u1 * v1) + (u2 * v2 + u3 * v3);
		}
	}
	for (; r < rows; r++) {
		float w = weight[r];
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float v = kernel_load(x, r * step + c, low) - pivot[c];
			s[c] += w * v;
			q[c] += w * v * v;
		}
	}
}

KERNEL_INLINE float
masked(float d, float x, const kernel_rows_grad *g, int64_t i, bool mask)
{
	return mask && !(x * g->scale[i] + g->shift[i] > 0) ? 0 : d;
}

KERNEL_INLINE void
grad_moments_block(const void *dy, const void *x, int64_t rows, int64_t step, int64_t n, const kernel_rows_grad *g,
	int64_t at, float *restrict s, float *restrict q, bool mask, bool low)
{
	int64_t r = 0;
	for (; r + 2 <= rows; r += 2) {
		int64_t i = r * step;
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float x0 = kernel_load(x, i + c, low), x1 = kernel_load(x, i + step + c, low), m = g->mean[at + c];
			float d0 = masked(kernel_load(dy, i + c, low), x0, g, at + c, mask),
				  d1 = masked(kernel_load(dy, i + step + c, low), x1, g, at + c, mask);
			s[c] += d0 + d1;
			q[c] += d0 * (x0 - m) + d1 * (x1 - m);
		}
	}
	for (; r < rows; r++)
		KERNEL_IVDEP
	for (int64_t c = 0; c < n; c++) {
		float v = kernel_load(x, r * step + c, low), d = masked(kernel_load(dy, r * step + c, low), v, g, at + c, mask);
		s[c] += d;
		q[c] += d * (v - g->mean[at + c]);
	}
}

/* Blocks small enough for sums in float; dy NULL: of x with weights. */
KERNEL_INLINE void
sum_blocks(const void *dy, const void *x, int64_t rows, int64_t step, int64_t n, const kernel_rows_grad *g,
	const float *pivot, const float *weight, double *sum, double *sum2, bool mask, bool low)
{
	_Alignas(64) float s[BLOCK_COLUMNS], q[BLOCK_COLUMNS];
	for (int64_t r = 0; r < rows; r += BLOCK_ROWS)
		for (int64_t from = 0; from < n; from += BLOCK_COLUMNS) {
			int64_t m = rows - r < BLOCK_ROWS ? rows - r : BLOCK_ROWS,
					k = n - from < BLOCK_COLUMNS ? n - from : BLOCK_COLUMNS, at = r * step + from;
			for (int64_t c = 0; c < k; c++)
				s[c] = q[c] = 0;
			if (weight)
				moments_block(kernel_at(x, at, low), m, step, k, pivot + from, weight + r, s, q, low);
			else
				grad_moments_block(kernel_at(dy, at, low), kernel_at(x, at, low), m, step, k, g, from, s, q, mask, low);
			for (int64_t c = 0; c < k; c++) {
				sum[from + c] += s[c];
				sum2[from + c] += q[c];
			}
		}
}

static void
moments(const void *x, bool low, int64_t rows, int64_t step, int64_t n, const float *pivot, const float *weight,
	double *sum, double *sum2)
{
	BOTH(sum_blocks, NULL, x, rows, step, n, NULL, pivot, weight, sum, sum2, false);
}

static void
grad_moments(const void *dy, const void *x, bool low, int64_t rows, int64_t step, int64_t n, const kernel_rows_grad *g,
	double *sum, double *sum2)
{
	if (g->scale)
		BOTH(sum_blocks, dy, x, rows, step, n, g, NULL, NULL, sum, sum2, true);
	else
		BOTH(sum_blocks, dy, x, rows, step, n, g, NULL, NULL, sum, sum2, false);
}

/* ---- the gradient, and the largest ---- */

KERNEL_INLINE void
grad_rows(const void *dy, const void *x, void *dx, int64_t rows, int64_t step, int64_t n, const kernel_rows_grad *g,
	const float *weight, bool any, bool mask, bool low)
{
	const float *restrict mean = g->mean, *restrict a = g->a, *restrict b = g->b, *restrict k = g->c;
	for (int64_t r = 0; r < rows; r++) {
		float w = weight[r];
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float v = kernel_load(x, r * step + c, low),
				  d = any ? a[c] * masked(kernel_load(dy, r * step + c, low), v, g, c, mask) : 0;
			kernel_store_real(dx, r * step + c, low, d + w * (b[c] * (v - mean[c]) + k[c]));
		}
	}
}

static void
grad(const void *dy, const void *x, void *dx, bool low, int64_t rows, int64_t step, int64_t n,
	const kernel_rows_grad *g, const float *weight)
{
	if (!dy)
		BOTH(grad_rows, dy, x, dx, rows, step, n, g, weight, false, false);
	else if (g->scale)
		BOTH(grad_rows, dy, x, dx, rows, step, n, g, weight, true, true);
	else
		BOTH(grad_rows, dy, x, dx, rows, step, n, g, weight, true, false);
}

KERNEL_INLINE void
largest_rows(float *restrict best, int32_t *restrict which, const void *x, int64_t rows, int64_t step, int64_t n,
	const float *restrict flip, int32_t first, bool low)
{
	KERNEL_IVDEP
	for (int64_t c = 0; c < n && rows > 0; c++) {
		best[c] = kernel_load(x, c, low) * flip[c];
		which[c] = first;
	}
	for (int64_t r = 1; r < rows; r++) {
		int32_t number = first + (int32_t)r;
		KERNEL_IVDEP
		for (int64_t c = 0; c < n; c++) {
			float v = kernel_load(x, r * step + c, low) * flip[c];
			bool take = v > best[c];
			best[c] = take ? v : best[c];
			which[c] = take ? number : which[c];
		}
	}
}

static void
largest(float *best, int32_t *which, const void *x, bool low, int64_t rows, int64_t step, int64_t n, const float *flip,
	int32_t first)
{
	BOTH(largest_rows, best, which, x, rows, step, n, flip, first);
}

const kernel_rows_kernels KERNEL_TABLE(rows) = {
	.place = place,
	.outer = outer,
	.moments = moments,
	.grad_moments = grad_moments,
	.grad = grad,
	.largest = largest,
};
