/*
 * Moving elements of 1, 2, 4 or 8 bytes: rows, columns, repetitions. Nothing overlaps.
 */
#ifndef KERNEL_COPY_H
#define KERNEL_COPY_H
#include "kernels/kernels.h"

typedef struct kernel_copy_kernels {
	/* to[r * to_row + i * to_step] = from[r * from_row + i * from_step] for rows x n elements of `size` bytes; strides
	 * in elements. */
	void (*block)(void *to, int64_t to_row, int64_t to_step, const void *from, int64_t from_row, int64_t from_step,
		int64_t rows, int64_t n, int size);
	/* Pixel i of `to` is pixel place[i] of `from`. */
	void (*pixels)(void *to, const void *from, const int32_t *place, int64_t n, int64_t bytes);
} kernel_copy_kernels;
KERNEL_FAMILY(copy)
#endif
