/*
 * Convolutions of 3x3 in many groups of few channels (ResNeXt, RegNet). Vectors run along channels and hold whole
 * groups: a pixel's channel i of each group is spread over the group's lanes and meets the weights of all its outputs.
 */
#ifndef KERNEL_GROUPED_H
#define KERNEL_GROUPED_H
#include "kernels/kernels.h"

/* Pictures height x width x channels to rows of `columns` x channels, by kernels of size x size; output (r, j) reads
 * from (r * stride - top, j * stride - left) on, at distances of dilation. `low` of x, `low_y` of the result. Also of
 * convolutions by channel, groups of one (depthwise.h). */
typedef struct kernel_grouped_map {
	int64_t height, width, channels, columns;
	int group, size, stride, dilation, top, left; /* group: channels of a group, in and out */
	bool low, low_y;
} kernel_grouped_map;

/* What becomes of the sum: + bias (NULL: none) + the row `added`, stored as y (NULL: none), then relu. */
typedef struct kernel_grouped_post {
	const float *bias;
	const void *added;
	bool relu;
} kernel_grouped_post;

/* Columns of the result whose kernels lie in the picture: [*from, *to). */
static inline void
kernel_grouped_inside(const kernel_grouped_map *m, int64_t *from, int64_t *to)
{
	int64_t first = (m->left + m->stride - 1) / m->stride, reach = (int64_t)(m->size - 1) * m->dilation,
			room = m->width - 1 - reach + m->left;
	*from = first < m->columns ? first : m->columns;
	*to = room < 0 ? 0 : room / m->stride + 1;
	*to = *to > m->columns ? m->columns : *to < *from ? *from : *to;
}

/* Row r of the result. x: a picture; w: weights as the table says; y: the row, which may be `added`. Channels are a
 * multiple of the table's `width`. */
typedef void kernel_grouped_row(
	const void *x, const kernel_grouped_map *m, int64_t r, const float *w, const kernel_grouped_post *post, void *y);

typedef struct kernel_grouped_kernels {
	int width;
	/* Of 3x3, stride and dilation 1, groups of 4, 8 or 16, of which `width` is a multiple. w: channels / width blocks
	 * of 3 x group x 3 x width: row of the kernel, input of the group, column, output. */
	kernel_grouped_row *row;
} kernel_grouped_kernels;
KERNEL_FAMILY(grouped)
#endif
