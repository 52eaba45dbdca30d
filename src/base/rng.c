/*
 * Philox4x32-10: ten rounds of two multiplications, keyed by a Weyl sequence. A stream is the counter (block, purpose,
 * epoch, sample) under the key (seed); its words are read in the order of the blocks.
 */
#include "base/rng.h"
#include <math.h>

void
base_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
	uint32_t k0 = key[0], k1 = key[1], c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)b;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

base_rng
base_rng_make(uint64_t seed, base_purpose purpose, uint32_t epoch, uint32_t sample)
{
	return (base_rng){ .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
		.counter = { 0, (uint32_t)purpose, epoch, sample } };
}

uint32_t
base_rng_u32(base_rng *r)
{
	if (r->left == 0) {
		base_philox(r->key, r->counter, r->block);
		r->counter[0]++;
		r->left = 4;
	}
	return r->block[4 - r->left--];
}

/* Lemire: Fast random integer generation in an interval, 2019. The few low products that would favour some numbers are
 * drawn again. */
uint32_t
base_rng_below(base_rng *r, uint32_t n)
{
	if (n == 0)
		return 0;
	uint32_t unfair = (0u - n) % n;
	uint64_t m;
	do
		m = (uint64_t)base_rng_u32(r) * n;
	while ((uint32_t)m < unfair);
	return (uint32_t)(m >> 32);
}

double
base_rng_uniform(base_rng *r)
{
	uint32_t high = base_rng_u32(r) >> 5, low = base_rng_u32(r) >> 6;
	return (high * 67108864.0 + low) / 9007199254740992.0;
}

double
base_rng_range(base_rng *r, double lo, double hi)
{
	return lo + (hi - lo) * base_rng_uniform(r);
}

double
base_rng_normal(base_rng *r)
{
	double u = 1 - base_rng_uniform(r), v = base_rng_uniform(r);
	return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}

void
base_rng_shuffle(base_rng *r, int *v, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = (int)base_rng_below(r, (uint32_t)i + 1), t = v[i];
		v[i] = v[j];
		v[j] = t;
	}
}
