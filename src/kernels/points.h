/*
 * Neighbours in one cloud. Points are rows of `step` floats, x y z first. What "first", "nearest" and ties mean stands
 * in ops/op_points.c; distances are in float. Scratch is the caller's, 64-byte-aligned, of the size that the *_scratch
 * function says.
 */
#ifndef KERNEL_POINTS_H
#define KERNEL_POINTS_H
#include "kernels/kernels.h"

typedef struct kernel_points_kernels {
	/* `count` indices of n >= 1 points, each farthest from those before it, the first `start`. */
	size_t (*farthest_scratch)(int64_t n);
	void (*farthest)(
		int32_t *chosen, int64_t count, int64_t start, const float *x, int64_t step, int64_t n, void *scratch);
	/* A grid of cells over n >= 1 points, made once and asked often. */
	size_t (*grid_scratch)(int64_t n);
	void (*grid)(const float *x, int64_t step, int64_t n, float radius, void *scratch);
	/* Scratch of a query, beside the grid's: one for each thread. */
	size_t (*ball_scratch)(int64_t n);
	/* The first k points within the grid's radius of each of m centres. */
	void (*ball)(int32_t *found, int64_t k, bool open, const float *centre, int64_t centre_step, int64_t m,
		const void *grid, void *scratch);
	/* The up to three nearest of m points for each of n, with their squared distances: rows of min(m, 3). */
	void (*nearest)(int32_t *index, float *distance, const float *x, int64_t step, int64_t n, const float *other,
		int64_t other_step, int64_t m);
	/* y += w x; y = sum of k <= 3 rows x[t] times w[t], of which any may be NULL. x and y bfloat16 with low, y of add
	 * always float. */
	void (*add)(float *y, const void *x, bool low, float w, int64_t n);
	void (*combine)(void *y, const void *const *x, const float *w, int k, bool low, int64_t n);
	/* Rows `first`, ... of z (floats, rows of n) into the largest so far and its row: best, which; flip is 1, or -1
	 * where the smallest is wanted (best then holds its negative). NaN is larger than all. */
	void (*largest)(float *best, int32_t *which, const float *z, int64_t rows, int64_t step, int64_t n,
		const float *flip, int32_t first);
	/* y = x - mean, rows of n. y may be x. */
	void (*subtract)(void *y, const void *x, const float *mean, bool low, int64_t rows, int64_t n);
} kernel_points_kernels;
KERNEL_FAMILY(points)
#endif
