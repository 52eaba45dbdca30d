/*
 * Sparse linear maps of rows, then of columns: a row of the output is first blended from rows of the input, a long loop
 * over all columns and channels; then its columns are gathered. One, two and four taps have their own loops: they are
 * nearest, bilinear and bicubic, and nearest's and bilinear's gradients at twice the size.
 */
#include "kernels/resize.h"

enum { BLOCK = 256 }; /* channels at a time where sums pass through memory */

KERNEL_INLINE void
blend1(const void *x, bool low, bool unit, float w, float *restrict y, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		y[i] = unit ? kernel_load(x, i, low) : w * kernel_load(x, i, low);
}

KERNEL_INLINE void
blend2(const void *x, const void *z, bool low, float w, float v, float *restrict y, int64_t n, bool add)
{
	for (int64_t i = 0; i < n; i++) {
		float sum = w * kernel_load(x, i, low) + v * kernel_load(z, i, low);
		y[i] = add ? y[i] + sum : sum;
	}
}

KERNEL_INLINE void
blend_all(
	const void *x, bool low, int64_t stride, const int32_t *place, const float *weight, int taps, float *y, int64_t n)
{
	if (taps == 0) {
		memset(y, 0, (size_t)n * sizeof *y);
	} else if (taps == 1) {
		if (weight[0] == 1)
			blend1(kernel_at(x, place[0] * stride, low), low, true, 1, y, n);
		else
			blend1(kernel_at(x, place[0] * stride, low), low, false, weight[0], y, n);
	} else {
		blend2(kernel_at(x, place[0] * stride, low), kernel_at(x, place[1] * stride, low), low, weight[0], weight[1], y,
			n, false);
		int k = 2;
		for (; k + 2 <= taps; k += 2)
			blend2(kernel_at(x, place[k] * stride, low), kernel_at(x, place[k + 1] * stride, low), low, weight[k],
				weight[k + 1], y, n, true);
		if (k < taps)
			blend2(kernel_at(x, place[k] * stride, low), kernel_at(x, place[k] * stride, low), low, weight[k], 0, y, n,
				true);
	}
}

static void
blend(const void *x, bool low, int64_t stride, const int32_t *place, const float *weight, int taps, float *y, int64_t n)
{
	if (low)
		blend_all(x, true, stride, place, weight, taps, y, n);
	else
		blend_all(x, false, stride, place, weight, taps, y, n);
}

/* One pixel: c numbers. */
KERNEL_INLINE void
pixel(const float *x, const int32_t *place, const float *weight, int taps, void *y, int64_t at, bool low, int64_t c)
{
	const float *x0 = x + place[0] * c, *x1 = x + place[taps > 1 ? 1 : 0] * c;
	float w0 = weight[0], w1 = taps > 1 ? weight[1] : 0;
	if (taps <= 1) {
		for (int64_t i = 0; i < c; i++)
			kernel_store_real(y, at + i, low, w0 * x0[i]);
	} else if (taps == 2) {
		for (int64_t i = 0; i < c; i++)
			kernel_store_real(y, at + i, low, w0 * x0[i] + w1 * x1[i]);
	} else if (taps <= 4) {
		const float *x2 = x + place[2] * c, *x3 = x + place[taps > 3 ? 3 : 2] * c;
		float w2 = weight[2], w3 = taps > 3 ? weight[3] : 0;
		for (int64_t i = 0; i < c; i++)
			kernel_store_real(y, at + i, low, (w0 * x0[i] + w1 * x1[i]) + (w2 * x2[i] + w3 * x3[i]));
	} else {
		for (int64_t from = 0; from < c; from += BLOCK) {
			int64_t m = c - from < BLOCK ? c - from : BLOCK;
			_Alignas(64) float sum[BLOCK];
			blend_all(x + from, false, c, place, weight, taps, sum, m);
			for (int64_t i = 0; i < m; i++)
				kernel_store_real(y, at + from + i, low, sum[i]);
		}
	}
}

KERNEL_INLINE void
columns_all(const float *x, const kernel_taps *map, void *y, bool low, int64_t n, int64_t c)
{
	static const float nothing = 0;
	static const int32_t nowhere = 0;
	for (int64_t i = 0; i < n; i++) {
		int32_t from = map->start[i];
		int taps = map->start[i + 1] - from;
		if (taps)
			pixel(x, map->place + from, map->weight + from, taps, y, i * c, low, c);
		else
			pixel(x, &nowhere, &nothing, 1, y, i * c, low, c);
	}
}

static void
columns(const float *x, const kernel_taps *map, void *y, bool low, int64_t n, int64_t c)
{
	if (low)
		columns_all(x, map, y, true, n, c);
	else
		columns_all(x, map, y, false, n, c);
}

const kernel_resize_kernels KERNEL_TABLE(resize) = { .blend = blend, .columns = columns };
