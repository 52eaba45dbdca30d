/*
 * Counter-based randomness: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC
 * 2011). A draw depends on key and counter alone, never on who draws or in which order.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include <stdint.h>

typedef struct base_rng {
	uint32_t key[2], counter[4];
	uint32_t block[4];
	int left; /* unread words of block */
} base_rng;

/* What a stream is for: part of the counter, so that no two purposes share numbers. Append only: the numbers are in
 * checkpoints. */
typedef enum base_purpose {
	BASE_FOR_INIT,
	BASE_FOR_SHUFFLE,
	BASE_FOR_AUGMENT,
	BASE_FOR_DROPOUT,
	BASE_FOR_SPLIT,
	BASE_FOR_SAMPLE,
	BASE_FOR_TEST,
	BASE_FOR_DEMO,
	BASE_FOR_MIX
} base_purpose;

void base_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]); /* the bare function, ten rounds */
/* A stream keyed by seed, purpose, epoch and sample. */
base_rng base_rng_make(uint64_t seed, base_purpose purpose, uint32_t epoch, uint32_t sample);
uint32_t base_rng_u32(base_rng *r);
uint32_t base_rng_below(base_rng *r, uint32_t n); /* uniform in 0..n-1, without bias; 0 for n 0 */
double base_rng_uniform(base_rng *r); /* [0, 1), 53 bits */
double base_rng_range(base_rng *r, double lo, double hi);
double base_rng_normal(base_rng *r); /* Box-Muller, one value a call */
void base_rng_shuffle(base_rng *r, int *v, int n); /* Fisher-Yates from the end: swap v[i] with v[below(i + 1)] */
#endif
