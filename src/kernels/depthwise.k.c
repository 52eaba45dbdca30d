/*
 * Convolutions by channel, and gradients of their weights. See depthwise.h. Of gradients, for one block of channels and
 * one row of the kernel the sums of all its columns stay in registers; four neighbouring outputs share what they load,
 * one at a time where the kernel hangs over an edge.
 */
#include "kernels/depthwise.h"
#include "kernels/grouped_finish.h"

enum { PIXELS = 4 };

/* ---- the convolution: BLOCKS vectors of channels of one output at a time ---- */

enum { BLOCKS = 4 };

/* Output j, `blocks` vectors of channels from c on. */
KERNEL_INLINE void
output(const void *x, const kernel_grouped_map *m, int64_t r, int64_t j, int64_t c, const int blocks, const bool low,
	const float *w, const kernel_grouped_post *post, void *y)
{
	int64_t top = r * m->stride - m->top, left = j * m->stride - m->left;
	vec acc[BLOCKS] = { 0 };
	for (int k = 0; k < m->size; k++) {
		int64_t row = top + (int64_t)k * m->dilation;
		if (row < 0 || row >= m->height)
			continue;
		for (int l = 0; l < m->size; l++) {
			int64_t column = left + (int64_t)l * m->dilation, at = (row * m->width + column) * m->channels + c;
			if (column < 0 || column >= m->width)
				continue;
			const float *tap = w + (k * m->size + l) * m->channels + c;
#pragma GCC unroll 4
			for (int b = 0; b < blocks; b++)
				acc[b] += load(x, at + b * WIDTH, low) * *(const vec *)(tap + b * WIDTH);
		}
	}
#pragma GCC unroll 4
	for (int b = 0; b < blocks; b++)
		grouped_finish(acc[b], m, post, c + b * WIDTH, j, y);
}

KERNEL_INLINE void
row_of(const void *x, const kernel_grouped_map *m, int64_t r, const bool low, const float *w,
	const kernel_grouped_post *post, void *y)
{
	int64_t c = 0;
	for (; c + BLOCKS * WIDTH <= m->channels; c += BLOCKS * WIDTH)
		for (int64_t j = 0; j < m->columns; j++)
			output(x, m, r, j, c, BLOCKS, low, w, post, y);
	for (; c < m->channels; c += WIDTH)
		for (int64_t j = 0; j < m->columns; j++)
			output(x, m, r, j, c, 1, low, w, post, y);
}

static void
row(const void *x, const kernel_grouped_map *m, int64_t r, const float *w, const kernel_grouped_post *post, void *y)
{
	if (m->low)
		row_of(x, m, r, true, w, post, y);
	else
		row_of(x, m, r, false, w, post, y);
}

/* ---- gradients of the weights ---- */

/* What n outputs from column j on give; x: the row of the picture that this row of the kernel sees. */
KERNEL_INLINE void
pixels(const void *x, const void *dy, const kernel_grouped_map *m, int64_t j, int64_t c, const int n, const int size,
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
kernel_row(const void *x, const void *dy, const kernel_grouped_map *m, int64_t c, int skip, int k, int64_t from,
	int64_t to, const int size, const bool dense, const bool low, const bool low_y, float *dw)
{
	vec acc[KERNEL_DEPTHWISE_MOST] = { 0 };
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
grad_row_of(const void *x, const void *dy, const kernel_grouped_map *m, int64_t r, const int size, const bool dense,
	const bool low, const bool low_y, float *dw)
{
	int64_t from, to, picture_row = m->width * m->channels;
	kernel_grouped_inside(m, &from, &to);
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
		const void *x, const void *dy, const kernel_grouped_map *m, int64_t r, float *dw) \
	{ \
		grad_row_of(x, dy, m, r, size, dense, low, low_y, dw); \
	}
#define STORAGE(size, dense) \
	GRAD(size, dense, 0, 0) GRAD(size, dense, 0, 1) GRAD(size, dense, 1, 0) GRAD(size, dense, 1, 1)
#define SIZE(size) STORAGE(size, 0) STORAGE(size, 1)
SIZE(3)
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
grad_row(const void *x, const void *dy, const kernel_grouped_map *m, int64_t r, float *dw)
{
	static void (*const of[][2][2][2])(const void *, const void *, const kernel_grouped_map *, int64_t,
		float *) = { { ROW(3, 0), ROW(3, 1) }, { ROW(5, 0), ROW(5, 1) }, { ROW(7, 0), ROW(7, 1) } };
	of[m->size / 2 - 1][m->stride == 1 && m->dilation == 1][m->low][m->low_y](x, dy, m, r, dw);
}

const kernel_depthwise_kernels KERNEL_TABLE(depthwise) = { .width = WIDTH, .row = row, .grad_row = grad_row };
