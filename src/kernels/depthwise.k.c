/*
 * Gradients of the weights of convolutions by channel. See depthwise.h. For one block of channels and one row of the
 * kernel the sums of all its columns stay in registers; four neighbouring outputs share what they load, one at a time
 * where the kernel hangs over an edge.
 */
#include "kernels/depthwise.h"
#include "kernels/vectors.h"

enum { PIXELS = 4, MOST = 7 };

/* Columns of the result whose kernels lie in the picture: [*from, *to). */
KERNEL_INLINE void
columns_inside(const kernel_depthwise_map *m, int64_t *from, int64_t *to)
{
	int64_t first = (m->left + m->stride - 1) / m->stride, reach = (int64_t)(m->size - 1) * m->dilation,
			room = m->width - 1 - reach + m->left;
	*from = first < m->columns ? first : m->columns;
	*to = room < 0 ? 0 : room / m->stride + 1;
	*to = *to > m->columns ? m->columns : *to < *from ? *from : *to;
}

/* What n outputs from column j on give; x: the row of the picture that this row of the kernel sees. */
KERNEL_INLINE void
pixels(const void *x, const void *dy, const kernel_depthwise_map *m, int64_t j, int64_t c, const int n, const int size,
	const bool dense, const bool low, const bool low_y, const bool checked, vec *acc)
{
	int64_t at = j * m->stride - m->left, all = m->channels;
	vec d[PIXELS];
#pragma GCC unroll 4
	for (int i = 0; i < n; i++)
		d[i] = load(dy, (j + i) * all + c, low_y);
	if (dense) { /* stride 1, no dilation: neighbours see the same pixels */
#pragma GCC unroll 10
		for (int k = 0; k < n + size - 1; k++) {
			if (checked && (at + k < 0 || at + k >= m->width))
				continue;
			vec v = load(x, (at + k) * all + c, low);
#pragma GCC unroll 7
			for (int l = 0; l < size; l++)
				if (k - l >= 0 && k - l < n)
					acc[l] += v * d[k - l];
		}
		return;
	}
#pragma GCC unroll 7
	for (int l = 0; l < size; l++)
#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			int64_t column = at + (int64_t)i * m->stride + (int64_t)l * m->dilation;
			if (!checked || (column >= 0 && column < m->width))
				acc[l] += load(x, column * all + c, low) * d[i];
		}
}

/* The row `k` of the kernel, for the channels from c on; the first `skip` of them are another block's. */
KERNEL_INLINE void
kernel_row(const void *x, const void *dy, const kernel_depthwise_map *m, int64_t c, int skip, int k, int64_t from,
	int64_t to, const int size, const bool dense, const bool low, const bool low_y, float *dw)
{
	vec acc[MOST] = { 0 };
	int64_t j;
	for (j = 0; j < from; j++)
		pixels(x, dy, m, j, c, 1, size, dense, low, low_y, true, acc);
	for (; j + PIXELS <= to; j += PIXELS)
		pixels(x, dy, m, j, c, PIXELS, size, dense, low, low_y, false, acc);
	for (; j < m->columns; j++)
		pixels(x, dy, m, j, c, 1, size, dense, low, low_y, true, acc);
	for (int l = 0; l < size; l++) {
		float *to_dw = dw + (int64_t)(k * size + l) * m->channels + c, lanes[WIDTH];
		if (!skip) {
			*(vec *)to_dw += acc[l];
			continue;
		}
		memcpy(lanes, &acc[l], sizeof lanes);
		for (int i = skip; i < WIDTH; i++)
			to_dw[i] += lanes[i];
	}
}

KERNEL_INLINE void
grad_row_of(const void *x, const void *dy, const kernel_depthwise_map *m, int64_t r, const int size, const bool dense,
	const bool low, const bool low_y, float *dw)
{
	int64_t from, to, picture_row = m->width * m->channels;
	columns_inside(m, &from, &to);
	for (int64_t block = 0; block < m->channels; block += WIDTH) {
		int64_t c = block + WIDTH <= m->channels ? block : m->channels - WIDTH;
		for (int k = 0; k < size; k++) {
			int64_t row = r * m->stride - m->top + (int64_t)k * m->dilation;
			if (row < 0 || row >= m->height)
				continue;
			const void *at = low ? (const void *)((const uint16_t *)x + row * picture_row)
								 : (const void *)((const float *)x + row * picture_row);
			kernel_row(at, dy, m, c, (int)(block - c), k, from, to, size, dense, low, low_y, dw);
		}
	}
}

/* The compiler needs size, steps and storage as constants. */
#define GRAD(size, dense, low, low_y) \
	static void grad_##size##_##dense##_##low##_##low_y( \
		const void *x, const void *dy, const kernel_depthwise_map *m, int64_t r, float *dw) \
	{ \
		grad_row_of(x, dy, m, r, size, dense, low, low_y, dw); \
	}
#define STORAGE(size, dense) \
	GRAD(size, dense, 0, 0) GRAD(size, dense, 0, 1) GRAD(size, dense, 1, 0) GRAD(size, dense, 1, 1)
#define SIZE(size) STORAGE(size, 0) STORAGE(size, 1)
SIZE(5)
SIZE(7)

#define ROW(size, dense) \
	{ \
		{ grad_##size##_##dense##_0_0, grad_##size##_##dense##_0_1 }, \
		{ \
			grad_##size##_##dense##_1_0, grad_##size##_##dense##_1_1 \
		} \
	}

static void
grad_row(const void *x, const void *dy, const kernel_depthwise_map *m, int64_t r, float *dw)
{
	static void (*const of[2][2][2][2])(const void *, const void *, const kernel_depthwise_map *, int64_t,
		float *) = { { ROW(5, 0), ROW(5, 1) }, { ROW(7, 0), ROW(7, 1) } };
	of[m->size == 7][m->stride == 1 && m->dilation == 1][m->low][m->low_y](x, dy, m, r, dw);
}

const kernel_depthwise_kernels KERNEL_TABLE(depthwise) = { .width = WIDTH, .grad_row = grad_row };
