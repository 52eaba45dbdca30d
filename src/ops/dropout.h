/*
 * Which numbers a dropout layer keeps. A draw depends on seed, step, layer and element alone, so that the reference,
 * every implementation, and the backward pass, which draws again, agree whatever the number of threads.
 */
#ifndef OP_DROPOUT_H
#define OP_DROPOUT_H
#include "base/rng.h"
#include "ops/ops.h"

/* Draws 4 b to 4 b + 3 of a layer: words to compare with op_dropout_limit. */
static inline void
op_dropout_words(uint64_t seed, uint64_t step, int id, uint64_t b, uint32_t words[4])
{
	const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	const uint32_t counter[4] = { (uint32_t)b, (uint32_t)BASE_FOR_DROPOUT | (uint32_t)id << 8, (uint32_t)step,
		(uint32_t)(b >> 32) };
	base_philox(key, counter, words);
}

/* Element i is kept when its word, i % 4 of block i / 4, is at least this. */
static inline uint64_t
op_dropout_limit(double p)
{
	return (uint64_t)(p * 4294967296.);
}

/* What kept numbers are multiplied with; 0 where none is kept. */
static inline double
op_dropout_scale(double p)
{
	return p < 1 ? 1 / (1 - p) : 0;
}
#endif
