/*
 * Reductions. A contiguous run is seen as rows of LANES numbers, short rows of a matrix as long ones of several: the
 * same loop over columns does both, and what it leaves is folded.
 */
#include "kernels/reduce.h"
#include <math.h>

enum { LANES = 64, BLOCK = 256, WIDTH = 1024 };

KERNEL_INLINE float
combine(kernel_reduction kind, float acc, float x, float pivot)
{
	switch (kind) {
	case KERNEL_REDUCE_SUM: return acc + x;
	case KERNEL_REDUCE_SQUARES: return acc + (x - pivot) * (x - pivot);
	case KERNEL_REDUCE_MAX: return x > acc || x != x ? x : acc;
	default: return x < acc || x != x ? x : acc;
	}
}

KERNEL_INLINE double
merge(kernel_reduction kind, double acc, double v)
{
	switch (kind) {
	case KERNEL_REDUCE_SUM:
	case KERNEL_REDUCE_SQUARES: return acc + v;
	case KERNEL_REDUCE_MAX: return v > acc || v != v ? v : acc;
	default: return v < acc || v != v ? v : acc;
	}
}

KERNEL_INLINE float
neutral(kernel_reduction kind)
{
	return kind == KERNEL_REDUCE_MAX ? -INFINITY : kind == KERNEL_REDUCE_MIN ? INFINITY : 0;
}

/* part[i] = the numbers of column i of n (at most WIDTH), at most BLOCK rows. */
KERNEL_INLINE void
block(kernel_reduction kind, float *restrict part, const void *x, bool low, int64_t rows, int64_t stride, int64_t n,
	const float *restrict pivot)
{
	int64_t r = 0;
	for (int64_t i = 0; i < n; i++)
		part[i] = neutral(kind);
	for (; r + 2 <= rows; r += 2) {
		const void *a = kernel_at(x, r * stride, low), *b = kernel_at(a, stride, low);
		for (int64_t i = 0; i < n; i++)
			part[i] = combine(
				kind, combine(kind, part[i], kernel_load(a, i, low), pivot[i]), kernel_load(b, i, low), pivot[i]);
	}
	for (; r < rows; r++)
		for (int64_t i = 0; i < n; i++)
			part[i] = combine(kind, part[i], kernel_load(x, r * stride + i, low), pivot[i]);
}

KERNEL_INLINE void
columns_of(kernel_reduction kind, double *acc, const void *x, bool low, int64_t rows, int64_t stride, int64_t n,
	const float *pivot)
{
	static const float zeros[WIDTH];
	_Alignas(64) float part[WIDTH], wide[WIDTH];
	int64_t k = stride == n && n < 128 ? WIDTH / 2 / (n ? n : 1) : 1, full = rows / k * k;
	for (int64_t i = 0; k > 1 && pivot && i < k * n; i++)
		wide[i] = pivot[i % n];
	for (int64_t r = 0; k > 1 && r < full; r += BLOCK * k) {
		int64_t m = full - r < BLOCK * k ? full - r : BLOCK * k;
		block(kind, part, kernel_at(x, r * stride, low), low, m / k, k * n, k * n, pivot ? wide : zeros);
		for (int64_t i = 0; i < k * n; i++)
			acc[i % n] = merge(kind, acc[i % n], part[i]);
	}
	for (int64_t r = k > 1 ? full : 0; r < rows; r += BLOCK)
		for (int64_t from = 0; from < n; from += WIDTH) {
			int64_t m = n - from < WIDTH ? n - from : WIDTH;
			block(kind, part, kernel_at(x, r * stride + from, low), low, rows - r < BLOCK ? rows - r : BLOCK, stride, m,
				pivot ? pivot + from : zeros);
			for (int64_t i = 0; i < m; i++)
				acc[from + i] = merge(kind, acc[from + i], part[i]);
		}
}

KERNEL_INLINE double
row_of(kernel_reduction kind, double acc, const void *x, bool low, int64_t n, float pivot)
{
	_Alignas(64) float part[LANES], pivots[LANES];
	int64_t rows = n / LANES;
	for (int i = 0; i < LANES; i++)
		pivots[i] = pivot;
	for (int64_t r = 0; r < rows; r += BLOCK) {
		block(kind, part, kernel_at(x, r * LANES, low), low, rows - r < BLOCK ? rows - r : BLOCK, LANES, LANES, pivots);
		for (int i = 0; i < LANES; i++)
			acc = merge(kind, acc, part[i]);
	}
	for (int64_t i = rows * LANES; i < n; i++)
		acc = merge(kind, acc, combine(kind, neutral(kind), kernel_load(x, i, low), pivot));
	return acc;
}

#define EACH_KIND(call) \
	switch (kind) { \
	case KERNEL_REDUCE_SUM: call(KERNEL_REDUCE_SUM); break; \
	case KERNEL_REDUCE_SQUARES: call(KERNEL_REDUCE_SQUARES); break; \
	case KERNEL_REDUCE_MAX: call(KERNEL_REDUCE_MAX); break; \
	case KERNEL_REDUCE_MIN: call(KERNEL_REDUCE_MIN); break; \
	}

static double
row(kernel_reduction kind, double acc, const void *x, bool low, int64_t n, float pivot)
{
#define ROW(k) acc = low ? row_of(k, acc, x, true, n, pivot) : row_of(k, acc, x, false, n, pivot)
	EACH_KIND(ROW)
	return acc;
}

static void
columns(kernel_reduction kind, double *acc, const void *x, bool low, int64_t rows, int64_t stride, int64_t n,
	const float *pivot)
{
#define COLUMNS(k) \
	low ? columns_of(k, acc, x, true, rows, stride, n, pivot) : columns_of(k, acc, x, false, rows, stride, n, pivot)
	EACH_KIND(COLUMNS)
}

const kernel_reduce_kernels KERNEL_TABLE(reduce) = { .row = row, .columns = columns };
