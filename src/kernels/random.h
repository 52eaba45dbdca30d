/*
 * Dropout. The draws are those of src/base/rng.h's Philox: word i % 4 of counter i / 4 belongs to element i.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H
#include "kernels/kernels.h"

/* The counter of element i is { i / 4 low, word1, word2, i / 4 high }. */
typedef struct kernel_draws {
	uint32_t key[2], word1, word2;
	uint64_t limit;
	float scale;
} kernel_draws;

typedef struct kernel_random_kernels {
	/* y = x * scale where the draw of the element is at least the limit, else 0; the first of n elements has number
	 * `from`. */
	void (*dropout)(const void *x, void *y, bool low, uint64_t from, int64_t n, const kernel_draws *d);
	/* factor[i] = scale or 0: the same for elements that stand for whole channels. */
	void (*factors)(float *factor, uint64_t from, int64_t n, const kernel_draws *d);
} kernel_random_kernels;
KERNEL_FAMILY(random)
#endif
