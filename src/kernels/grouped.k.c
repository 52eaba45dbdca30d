/*
 * Convolutions in groups. See grouped.h. For one block of channels the sums of PIXELS neighbouring outputs stay in
 * registers, with the three weights of a kernel's row and one input of the groups; a pixel that is loaded and spread
 * meets all columns of the kernel that see it. One output at a time where the kernel hangs over an edge.
 */
#include "kernels/grouped.h"
#include "kernels/grouped_finish.h"
#ifdef __AVX2__
#include <immintrin.h>
#endif

enum { SIZE = 3, FEW = 4, PIXELS = WIDTH == 16 ? 12 : 8 };

typedef int32_t lanes __attribute__((vector_size(WIDTH * 4)));

/* Where lane l of a group finds input 0 of its group: the next ones are behind it. */
KERNEL_INLINE lanes
firsts(int group)
{
	lanes v;
	for (int l = 0; l < WIDTH; l++)
		v[l] = l / group * group;
	return v;
}

KERNEL_INLINE vec
spread(vec v, lanes from)
{
#if defined(__AVX512F__)
	return (vec)_mm512_permutexvar_ps((__m512i)from, (__m512)v);
#elif defined(__AVX2__)
	return (vec)_mm256_permutevar8x32_ps((__m256)v, (__m256i)from);
#else
	vec to;
	for (int l = 0; l < WIDTH; l++)
		to[l] = v[from[l]];
	return to;
#endif
}

/* Adds what a row of the kernel gives to n outputs from column j on; x: the row of the picture that it sees, at the
 * block's channels. A single output's columns are summed apart: they need not wait for each other. */
KERNEL_INLINE void
kernel_row(const void *x, const kernel_grouped_map *m, int64_t j, const int n, const bool low, const bool checked,
	const float *w, vec *acc)
{
	int64_t at = j - m->left;
	lanes from = firsts(m->group);
	for (int i = 0; i < m->group; i++, from += 1, w += SIZE * WIDTH) {
		vec weight[SIZE];
		for (int l = 0; l < SIZE; l++)
			weight[l] = *(const vec *)(w + l * WIDTH);
#pragma GCC unroll 14
		for (int k = 0; k < n + SIZE - 1; k++) {
			if (checked && (at + k < 0 || at + k >= m->width))
				continue;
			vec v = spread(load(x, (at + k) * m->channels, low), from);
#pragma GCC unroll 3
			for (int l = 0; l < SIZE; l++)
				if (k - l >= 0 && k - l < n)
					acc[n > 1 ? k - l : l] += v * weight[l];
		}
	}
}

/* The n outputs from column j on, for the channels from c on. */
KERNEL_INLINE void
pixels(const void *x, const kernel_grouped_map *m, int64_t r, int64_t j, int64_t c, const int n, const bool low,
	const bool checked, const float *w, const kernel_grouped_post *post, void *y)
{
	vec acc[PIXELS] = { 0 };
	for (int k = 0; k < SIZE; k++) {
		int64_t row = r - m->top + k;
		if (row >= 0 && row < m->height)
			kernel_row(kernel_at(x, row * m->width * m->channels + c, low), m, j, n, low, checked,
				w + (int64_t)k * m->group * SIZE * WIDTH, acc);
	}
	if (n == 1)
		acc[0] += acc[1] + acc[2];
#pragma GCC unroll 12
	for (int k = 0; k < n; k++)
		grouped_finish(acc[k], m, post, c, j + k, y);
}

KERNEL_INLINE void
row_of(const void *x, const kernel_grouped_map *m, int64_t r, const bool low, const float *w,
	const kernel_grouped_post *post, void *y)
{
	int64_t from, to, j;
	kernel_grouped_inside(m, &from, &to);
	for (int64_t c = 0; c < m->channels; c += WIDTH, w += (int64_t)SIZE * m->group * SIZE * WIDTH) {
		for (j = 0; j < from; j++)
			pixels(x, m, r, j, c, 1, low, true, w, post, y);
		for (; j + PIXELS <= to; j += PIXELS)
			pixels(x, m, r, j, c, PIXELS, low, false, w, post, y);
		for (; j + FEW <= to; j += FEW)
			pixels(x, m, r, j, c, FEW, low, false, w, post, y);
		for (; j < m->columns; j++)
			pixels(x, m, r, j, c, 1, low, true, w, post, y);
	}
}

static void
row(const void *x, const kernel_grouped_map *m, int64_t r, const float *w, const kernel_grouped_post *post, void *y)
{
	if (m->low)
		row_of(x, m, r, true, w, post, y);
	else
		row_of(x, m, r, false, w, post, y);
}

const kernel_grouped_kernels KERNEL_TABLE(grouped) = { .width = WIDTH, .row = row };
