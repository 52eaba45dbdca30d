/*
 * Largest numbers of windows. The taps of a window are gone through one after the other, all channels of each, best
 * numbers and places so far in a buffer in the first cache. The gradient is gathered: a pixel asks the windows that
 * hold it whether it won, so that nobody writes what another writes.
 */
#include "kernels/pool.h"
#include <math.h>

enum { BLOCK = 256 };

KERNEL_INLINE void
put_place(void *place, int64_t at, bool wide, int32_t v)
{
	if (wide)
		((int32_t *)place)[at] = v;
	else
		((uint8_t *)place)[at] = (uint8_t)v;
}

/* Joins one tap to the best so far. */
KERNEL_INLINE void
challenge(float *best, int32_t *where, float v, int32_t here)
{
	bool wins = v > *best || v != v;
	*best = wins ? v : *best;
	*where = wins ? here : *where;
}

/* `taps` (1 to 3) numbers side by side in a row of the window; the first of all starts the comparison. */
KERNEL_INLINE void
max_taps(const void *x, int64_t next, bool low, int taps, bool first, int32_t here, int64_t c, float *restrict best,
	int32_t *restrict where)
{
	for (int64_t i = 0; i < c; i++) {
		float b = first ? kernel_load(x, i, low) : best[i];
		int32_t w = first ? here : where[i];
		if (!first)
			challenge(&b, &w, kernel_load(x, i, low), here);
		if (taps > 1)
			challenge(&b, &w, kernel_load(x, i + next, low), here + 1);
		if (taps > 2)
			challenge(&b, &w, kernel_load(x, i + 2 * next, low), here + 2);
		best[i] = b;
		where[i] = w;
	}
}

/* c numbers of one window; number i of pixel (h, w) is x[(h * width + w) * c_all + i]. */
KERNEL_INLINE void
max_window(const kernel_windows *hs, const kernel_windows *ws, int64_t p, int64_t q, int64_t c_all, int columns,
	const void *x, bool low, int64_t c, void *y, void *place, int64_t at, bool wide)
{
	_Alignas(64) float best[BLOCK];
	_Alignas(64) int32_t where[BLOCK];
	bool first = true;
	for (int64_t h = hs->start[p]; h < hs->end[p]; h++)
		for (int64_t w = ws->start[q], left; (left = ws->end[q] - w) > 0; w += 3) {
			const void *v = kernel_at(x, (h * ws->in + w) * c_all, low);
			int32_t here = (int32_t)(columns ? (h - hs->base[p]) * columns + w - ws->base[q] : h * ws->in + w);
			switch ((left > 3 ? 3 : left) | first << 2) {
			case 1: max_taps(v, c_all, low, 1, false, here, c, best, where); break;
			case 2: max_taps(v, c_all, low, 2, false, here, c, best, where); break;
			case 3: max_taps(v, c_all, low, 3, false, here, c, best, where); break;
			case 5: max_taps(v, c_all, low, 1, true, here, c, best, where); break;
			case 6: max_taps(v, c_all, low, 2, true, here, c, best, where); break;
			case 7: max_taps(v, c_all, low, 3, true, here, c, best, where); break;
			}
			first = false;
		}
	if (first) /* a window in the padding */
		for (int64_t i = 0; i < c; i++) {
			best[i] = -INFINITY;
			where[i] = 0;
		}
	if (y)
		for (int64_t i = 0; i < c; i++)
			kernel_store_real(y, at + i, low, best[i]);
	if (place)
		for (int64_t i = 0; i < c; i++)
			put_place(place, at + i, wide, where[i]);
}

KERNEL_INLINE void
max_row_all(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *x, bool low,
	int64_t p, void *y, void *place, bool wide)
{
	for (int64_t q = 0; q < w->out; q++)
		for (int64_t from = 0; from < c; from += BLOCK)
			max_window(h, w, p, q, c, columns, kernel_at(x, from, low), low, c - from < BLOCK ? c - from : BLOCK, y,
				place, q * c + from, wide);
}

static void
max_row(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *x, bool low, int64_t p,
	void *y, void *place, bool wide)
{
	if (low && !wide)
		max_row_all(h, w, c, columns, x, true, p, y, place, false);
	else if (low)
		max_row_all(h, w, c, columns, x, true, p, y, place, true);
	else if (!wide)
		max_row_all(h, w, c, columns, x, false, p, y, place, false);
	else
		max_row_all(h, w, c, columns, x, false, p, y, place, true);
}

KERNEL_INLINE int32_t
get_place(const void *place, int64_t at, bool wide)
{
	return wide ? ((const int32_t *)place)[at] : ((const uint8_t *)place)[at];
}

KERNEL_INLINE void
max_grad_pixel(const kernel_windows *hs, const kernel_windows *ws, int64_t row, int64_t col, int64_t c_all,
	int64_t from, int64_t c, int columns, const void *dy, const void *place, bool wide, bool low, void *dx)
{
	_Alignas(64) float sum[BLOCK];
	bool first = true;
	for (int64_t p = hs->first[row]; p < hs->last[row]; p++)
		for (int64_t q = ws->first[col]; q < ws->last[col]; q++) {
			int64_t at = (p * ws->out + q) * c_all + from;
			int32_t here = (int32_t)(columns ? (row - hs->base[p]) * columns + col - ws->base[q] : row * ws->in + col);
			if (first)
				for (int64_t i = 0; i < c; i++) {
					float d = kernel_load(dy, at + i, low);
					sum[i] = get_place(place, at + i, wide) == here ? d : 0;
				}
			else
				for (int64_t i = 0; i < c; i++) {
					float d = kernel_load(dy, at + i, low);
					sum[i] += get_place(place, at + i, wide) == here ? d : 0;
				}
			first = false;
		}
	for (int64_t i = 0; i < c; i++)
		kernel_store_real(dx, col * c_all + from + i, low, first ? 0 : sum[i]);
}

KERNEL_INLINE void
max_grad_all(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *dy,
	const void *place, bool wide, bool low, int64_t row, void *dx)
{
	for (int64_t col = 0; col < w->in; col++)
		for (int64_t from = 0; from < c; from += BLOCK)
			max_grad_pixel(
				h, w, row, col, c, from, c - from < BLOCK ? c - from : BLOCK, columns, dy, place, wide, low, dx);
}

static void
max_grad_row(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *dy,
	const void *place, bool wide, bool low, int64_t row, void *dx)
{
	if (low && !wide)
		max_grad_all(h, w, c, columns, dy, place, false, true, row, dx);
	else if (low)
		max_grad_all(h, w, c, columns, dy, place, true, true, row, dx);
	else if (!wide)
		max_grad_all(h, w, c, columns, dy, place, false, false, row, dx);
	else
		max_grad_all(h, w, c, columns, dy, place, true, false, row, dx);
}

const kernel_pool_kernels KERNEL_TABLE(pool) = { .max_row = max_row, .max_grad_row = max_grad_row };
