/*
 * Convolutions to few channels. See narrow.h. Four neighbouring pixels share what they load; one at a time where the
 * kernel hangs over an edge.
 */
#include "kernels/narrow.h"
#include "kernels/vectors.h"

enum { PIXELS = 4, MOST = KERNEL_NARROW_MOST };

/* The sum of a vector, in halves. */
KERNEL_INLINE float
sum(vec v)
{
	float lanes[WIDTH];
	memcpy(lanes, &v, sizeof lanes);
#pragma GCC unroll 4
	for (int n = WIDTH / 2; n; n /= 2)
#pragma GCC unroll 8
		for (int i = 0; i < n; i++)
			lanes[i] += lanes[i + n];
	return lanes[0];
}

/* Which rows of the kernel lie in the picture. */
KERNEL_INLINE void
rows_inside(const kernel_narrow_map *m, int64_t r, int *first, int *end)
{
	int64_t at = r - m->top;
	*first = at < 0 ? (int)-at : 0;
	*end = at + m->size > m->height ? (int)(m->height - at) : m->size;
}

/* Columns of the result whose kernels lie in the picture: [*from, *to). */
KERNEL_INLINE void
columns_inside(const kernel_narrow_map *m, int64_t *from, int64_t *to)
{
	*from = m->left < m->columns ? m->left : m->columns;
	*to = m->width + m->left - m->size + 1;
	*to = *to > m->columns ? m->columns : *to < *from ? *from : *to;
}

/* Results of n pixels from column j on. */
KERNEL_INLINE void
pixels(const void *x, const kernel_narrow_map *m, int64_t r, int64_t j, const int n, const int size, const int outputs,
	const bool low, const bool checked, const float *w, const float *bias, void *y)
{
	vec acc[MOST][PIXELS];
	int first, end;
	rows_inside(m, r, &first, &end);
	for (int o = 0; o < outputs; o++)
		for (int i = 0; i < n; i++)
			acc[o][i] = (vec){ 0 };
	for (int64_t c = 0; c < m->in; c += WIDTH)
		for (int k = first; k < end; k++) {
			int64_t at = (r - m->top + k) * m->width + j - m->left;
#pragma GCC unroll 6
			for (int i = 0; i < n + size - 1; i++) {
				int64_t column = j - m->left + i;
				if (checked && (column < 0 || column >= m->width))
					continue;
				vec v = load(x, (at + i) * m->in + c, low);
#pragma GCC unroll 3
				for (int l = 0; l < size; l++)
#pragma GCC unroll 3
					for (int o = 0; o < outputs; o++)
						if (i - l >= 0 && i - l < n)
							acc[o][i - l] += v * *(const vec *)(w + ((o * size + k) * size + l) * m->in + c);
			}
		}
	for (int i = 0; i < n; i++)
		for (int o = 0; o < outputs; o++)
			kernel_store_real(y, (j + i) * outputs + o, m->low_y, sum(acc[o][i]) + (bias ? bias[o] : 0));
}

KERNEL_INLINE void
row_of(const void *x, const kernel_narrow_map *m, int64_t r, const int size, const int outputs, const bool low,
	const float *w, const float *bias, void *y)
{
	int64_t from, to, j;
	columns_inside(m, &from, &to);
	for (j = 0; j < from; j++)
		pixels(x, m, r, j, 1, size, outputs, low, true, w, bias, y);
	for (; j + PIXELS <= to; j += PIXELS)
		pixels(x, m, r, j, PIXELS, size, outputs, low, false, w, bias, y);
	for (; j < m->columns; j++)
		pixels(x, m, r, j, 1, size, outputs, low, true, w, bias, y);
}

/* What n pixels from column j on give to the gradient of weights of channels c..c+WIDTH-1 of output o. */
KERNEL_INLINE void
pixels_grad(const void *x, const void *dy, const kernel_narrow_map *m, int64_t r, int64_t j, const int n,
	const int size, const bool low, const bool checked, int o, int64_t c, int first, int end, vec *acc)
{
	float d[PIXELS];
	for (int i = 0; i < n; i++)
		d[i] = kernel_load(dy, (j + i) * m->outputs + o, m->low_y);
#pragma GCC unroll 3
	for (int k = 0; k < size; k++) {
		if (k < first || k >= end)
			continue;
		int64_t at = (r - m->top + k) * m->width + j - m->left;
#pragma GCC unroll 6
		for (int i = 0; i < n + size - 1; i++) {
			int64_t column = j - m->left + i;
			if (checked && (column < 0 || column >= m->width))
				continue;
			vec v = load(x, (at + i) * m->in + c, low);
#pragma GCC unroll 3
			for (int l = 0; l < size; l++)
				if (i - l >= 0 && i - l < n)
					acc[k * size + l] += v * d[i - l];
		}
	}
}

KERNEL_INLINE void
grad_row_of(
	const void *x, const void *dy, const kernel_narrow_map *m, int64_t r, const int size, const bool low, float *dw)
{
	int64_t from, to, j;
	int first, end;
	rows_inside(m, r, &first, &end);
	columns_inside(m, &from, &to);
	for (int o = 0; o < m->outputs; o++)
		for (int64_t c = 0; c < m->in; c += WIDTH) {
			vec acc[9] = { 0 };
			for (j = 0; j < from; j++)
				pixels_grad(x, dy, m, r, j, 1, size, low, true, o, c, first, end, acc);
			if (first == 0 && end == size)
				for (; j + PIXELS <= to; j += PIXELS)
					pixels_grad(x, dy, m, r, j, PIXELS, size, low, false, o, c, 0, size, acc);
			for (; j < m->columns; j++)
				pixels_grad(x, dy, m, r, j, 1, size, low, true, o, c, first, end, acc);
			for (int k = 0; k < size * size; k++)
				*(vec *)(dw + (o * size * size + k) * m->in + c) += acc[k];
		}
}

/* The compiler needs size, outputs and storage as constants. */
#define ROW(size, outputs, low) \
	static void row_##size##_##outputs##_##low( \
		const void *x, const kernel_narrow_map *m, int64_t r, const float *w, const float *bias, void *y) \
	{ \
		row_of(x, m, r, size, outputs, low, w, bias, y); \
	}
#define GRAD(size, low) \
	static void grad_##size##_##low(const void *x, const void *dy, const kernel_narrow_map *m, int64_t r, float *dw) \
	{ \
		grad_row_of(x, dy, m, r, size, low, dw); \
	}
/* clang-format off */
ROW(1, 1, 0) ROW(1, 2, 0) ROW(1, 3, 0) ROW(1, 1, 1) ROW(1, 2, 1) ROW(1, 3, 1)
ROW(3, 1, 0) ROW(3, 2, 0) ROW(3, 3, 0) ROW(3, 1, 1) ROW(3, 2, 1) ROW(3, 3, 1)
GRAD(1, 0) GRAD(1, 1) GRAD(3, 0) GRAD(3, 1)
	/* clang-format on */

	static void row(const void *x, const kernel_narrow_map *m, int64_t r, const float *w, const float *bias, void *y)
{
	static void (*const of[2][2][MOST])(
		const void *, const kernel_narrow_map *, int64_t, const float *, const float *, void *) = {
		{ { row_1_1_0, row_1_2_0, row_1_3_0 }, { row_1_1_1, row_1_2_1, row_1_3_1 } },
		{ { row_3_1_0, row_3_2_0, row_3_3_0 }, { row_3_1_1, row_3_2_1, row_3_3_1 } },
	};
	of[m->size == 3][m->low][m->outputs - 1](x, m, r, w, bias, y);
}

static void
grad_row(const void *x, const void *dy, const kernel_narrow_map *m, int64_t r, float *dw)
{
	static void (*const of[2][2])(const void *, const void *, const kernel_narrow_map *, int64_t,
		float *) = { { grad_1_0, grad_1_1 }, { grad_3_0, grad_3_1 } };
	of[m->size == 3][m->low](x, dy, m, r, dw);
}

const kernel_narrow_kernels KERNEL_TABLE(narrow) = { .width = WIDTH, .row = row, .grad_row = grad_row };
