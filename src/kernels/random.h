/*
 * Dropout. The draws are those of src/base/rng.h's Philox: word i % 4 of counter i / 4 belongs to element i.
 */
#ifndef SECANT_KERNELS_RANDOM_H
#define SECANT_KERNELS_RANDOM_H
#include "kernels/kernels.h"

/* The counter of element i is { i / 4 low, word1, word2, i / 4 high }. */
typedef struct secant_draws {
	uint32_t key[2], word1, word2;
	uint64_t limit;
	float scale;
} secant_draws;

typedef struct secant_random_kernels {
	/* y = x * scale where the draw of the element is at least the limit, else 0; the first of n elements has number
	 * `from`. */
	void (*dropout)(const void *x, void *y, bool low, uint64_t from, int64_t n, const secant_draws *d);
	/* factor[i] = scale or 0: the same for elements that stand for whole channels. */
	void (*factors)(float *factor, uint64_t from, int64_t n, const secant_draws *d);
} secant_random_kernels;
SECANT_KERNELS(random)
#endif
