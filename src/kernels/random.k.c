/*
 * Philox4x32-10 for COUNTERS consecutive counters side by side, and dropout with it.
 */
#include "kernels/random.h"

enum { COUNTERS = 32, DRAWS = 4 * COUNTERS };

/* keep[4 i + k] = word k of counter first + i, compared with the limit: the factor of that element. */
KERNEL_INLINE void
draw(uint64_t first, const kernel_draws *d, float *restrict factor)
{
	_Alignas(64) uint32_t c0[COUNTERS], c1[COUNTERS], c2[COUNTERS], c3[COUNTERS];
	uint32_t k0 = d->key[0], k1 = d->key[1];
	for (int i = 0; i < COUNTERS; i++) {
		c0[i] = (uint32_t)(first + (uint64_t)i);
		c1[i] = d->word1;
		c2[i] = d->word2;
		c3[i] = (uint32_t)((first + (uint64_t)i) >> 32);
	}
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < COUNTERS; i++) {
			uint64_t a = (uint64_t)0xD2511F53u * c0[i], b = (uint64_t)0xCD9E8D57u * c2[i];
			c0[i] = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
			c1[i] = (uint32_t)b;
			c2[i] = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
			c3[i] = (uint32_t)a;
		}
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	float none = d->limit > UINT32_MAX ? 0 : d->scale; /* p = 1: no word reaches the limit */
	uint32_t limit = (uint32_t)(d->limit > UINT32_MAX ? UINT32_MAX : d->limit);
	for (int i = 0; i < COUNTERS; i++) {
		factor[4 * i] = c0[i] >= limit ? none : 0;
		factor[4 * i + 1] = c1[i] >= limit ? none : 0;
		factor[4 * i + 2] = c2[i] >= limit ? none : 0;
		factor[4 * i + 3] = c3[i] >= limit ? none : 0;
	}
}

static void
factors(float *factor, uint64_t from, int64_t n, const kernel_draws *d)
{
	_Alignas(64) float drawn[DRAWS];
	for (int64_t i = 0; i < n;) {
		uint64_t element = from + (uint64_t)i;
		int64_t skip = (int64_t)(element % 4), m = n - i < DRAWS - skip ? n - i : DRAWS - skip;
		draw(element / 4, d, drawn);
		memcpy(factor + i, drawn + skip, (size_t)m * sizeof *factor);
		i += m;
	}
}

KERNEL_INLINE void
apply(const void *x, const float *factor, void *y, bool low, int64_t n)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) {
		float v = kernel_load(x, i, low) * factor[i];
		kernel_store_real(y, i, low, factor[i] > 0 ? v : 0);
	}
}

static void
dropout(const void *x, void *y, bool low, uint64_t from, int64_t n, const kernel_draws *d)
{
	_Alignas(64) float factor[512];
	for (int64_t i = 0; i < n; i += 512) {
		int64_t m = n - i < 512 ? n - i : 512;
		factors(factor, from + (uint64_t)i, m, d);
		if (low)
			apply(kernel_at(x, i, true), factor, kernel_at_mut(y, i, true), true, m);
		else
			apply(kernel_at(x, i, false), factor, kernel_at_mut(y, i, false), false, m);
	}
}

const kernel_random_kernels KERNEL_TABLE(random) = { .dropout = dropout, .factors = factors };
