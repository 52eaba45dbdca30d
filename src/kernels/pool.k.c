/*
 * Largest numbers of windows. The taps of a window are gone through one after the other, all channels of each, best numbers and places so
 * far in a buffer in the first cache. The gradient is gathered: a pixel asks the windows that hold it whether it won, so that nobody
 * writes what another writes.
 */
#include "kernels/pool.h"
#include <math.h>

enum { BLOCK = 256 };

SECANT_INLINE void
put_place(void *place, int64_t at, bool wide, int32_t v)
{
	if (wide)
		((int32_t *)place)[at] = v;
	else
		((uint8_t *)place)[at] = (uint8_t)v;
}

/* c numbers of one window; number i of pixel (h, w) is x[(h * width + w) * c_all + i]. */
SECANT_INLINE void
max_window(const secant_windows *hs, const secant_windows *ws, int64_t p, int64_t q, int64_t c_all, int columns, const void *x, bool low, int64_t c,
           void *y, void *place, int64_t at, bool wide)
{
	float best[BLOCK];
	int32_t where[BLOCK];
	bool first = true;
	for (int64_t i = 0; i < c; i++) {
		best[i] = -INFINITY;
		where[i] = 0;
	}
	for (int64_t h = hs->start[p]; h < hs->end[p]; h++)
		for (int64_t w = ws->start[q]; w < ws->end[q]; w++) {
			const void *v = secant_at(x, (h * ws->in + w) * c_all, low);
			int32_t here = (int32_t)(columns ? (h - hs->base[p]) * columns + w - ws->base[q] : h * ws->in + w);
			if (first) {
				for (int64_t i = 0; i < c; i++) {
					best[i] = secant_load(v, i, low);
					where[i] = here;
				}
				first = false;
				continue;
			}
			for (int64_t i = 0; i < c; i++) {
				float a = secant_load(v, i, low), b = best[i];
				bool wins = a > b || a != a;
				best[i] = wins ? a : b;
				where[i] = wins ? here : where[i];
			}
		}
	if (y)
		for (int64_t i = 0; i < c; i++)
			secant_store_real(y, at + i, low, best[i]);
	if (place)
		for (int64_t i = 0; i < c; i++)
			put_place(place, at + i, wide, where[i]);
}

SECANT_INLINE void
max_row_all(const secant_windows *h, const secant_windows *w, int64_t c, int columns, const void *x, bool low, int64_t p, void *y, void *place, bool wide)
{
	for (int64_t q = 0; q < w->out; q++)
		for (int64_t from = 0; from < c; from += BLOCK)
			max_window(h, w, p, q, c, columns, secant_at(x, from, low), low, c - from < BLOCK ? c - from : BLOCK, y, place, q * c + from, wide);
}

static void
max_row(const secant_windows *h, const secant_windows *w, int64_t c, int columns, const void *x, bool low, int64_t p, void *y, void *place, bool wide)
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

SECANT_INLINE int32_t
get_place(const void *place, int64_t at, bool wide)
{
	return wide ? ((const int32_t *)place)[at] : ((const uint8_t *)place)[at];
}

SECANT_INLINE void
max_grad_pixel(const secant_windows *hs, const secant_windows *ws, int64_t row, int64_t col, int64_t c_all, int64_t from, int64_t c, int columns,
               const void *dy, const void *place, bool wide, bool low, void *dx)
{
	float sum[BLOCK];
	bool first = true;
	for (int64_t p = hs->first[row]; p < hs->last[row]; p++)
		for (int64_t q = ws->first[col]; q < ws->last[col]; q++) {
			int64_t at = (p * ws->out + q) * c_all + from;
			int32_t here = (int32_t)(columns ? (row - hs->base[p]) * columns + col - ws->base[q] : row * ws->in + col);
			if (first)
				for (int64_t i = 0; i < c; i++)
					sum[i] = get_place(place, at + i, wide) == here ? secant_load(dy, at + i, low) : 0;
			else
				for (int64_t i = 0; i < c; i++)
					sum[i] += get_place(place, at + i, wide) == here ? secant_load(dy, at + i, low) : 0;
			first = false;
		}
	for (int64_t i = 0; i < c; i++)
		secant_store_real(dx, col * c_all + from + i, low, first ? 0 : sum[i]);
}

SECANT_INLINE void
max_grad_all(const secant_windows *h, const secant_windows *w, int64_t c, int columns, const void *dy, const void *place, bool wide, bool low, int64_t row, void *dx)
{
	for (int64_t col = 0; col < w->in; col++)
		for (int64_t from = 0; from < c; from += BLOCK)
			max_grad_pixel(h, w, row, col, c, from, c - from < BLOCK ? c - from : BLOCK, columns, dy, place, wide, low, dx);
}

static void
max_grad_row(const secant_windows *h, const secant_windows *w, int64_t c, int columns, const void *dy, const void *place, bool wide, bool low, int64_t row, void *dx)
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

const secant_pool_kernels SECANT_KERNEL(pool) = { .max_row = max_row, .max_grad_row = max_grad_row };
