/*
 * Largest numbers of windows, channels-last, a row of the output at a time. Windows are products of an interval of rows
 * and one of columns, so a table an axis describes them all, of fixed windows and of adaptive ones.
 */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H
#include "kernels/kernels.h"

/* Of output coordinate p: the window inside the input, [start, end), and where it begins with padding. Of input
 * coordinate h: the outputs whose windows hold it, [first, last). */
typedef struct kernel_windows {
	int64_t in, out;
	const int32_t *start, *end, *base, *first, *last;
} kernel_windows;

typedef struct kernel_pool_kernels {
	/* Row p of the output from the picture x; place (nullable) gets the winner's place in its window, row * columns +
	 * column, as uint8_t or (wide) int32_t. `columns` 0: the place in the picture, h * width + w. */
	void (*max_row)(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *x, bool low,
		int64_t p, void *y, void *place, bool wide);
	/* Row `row` of dx: what the windows that it won give. dy, place: the picture's. */
	void (*max_grad_row)(const kernel_windows *h, const kernel_windows *w, int64_t c, int columns, const void *dy,
		const void *place, bool wide, bool low, int64_t row, void *dx);
} kernel_pool_kernels;
KERNEL_FAMILY(pool)
#endif
