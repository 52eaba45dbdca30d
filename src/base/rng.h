/*
 * Counter-based randomness: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC
 * 2011). A draw depends on key and counter alone, never on who draws or in which order.
 */
#ifndef SECANT_BASE_RNG_H
#define SECANT_BASE_RNG_H
#include <stdint.h>

typedef struct secant_rng {
	uint32_t key[2], counter[4];
	uint32_t block[4];
	int left; /* unread words of block */
} secant_rng;

/* What a stream is for: part of the counter, so that no two purposes share numbers. Append only: the numbers are in
 * checkpoints. */
typedef enum secant_purpose {
	SECANT_FOR_INIT,
	SECANT_FOR_SHUFFLE,
	SECANT_FOR_AUGMENT,
	SECANT_FOR_DROPOUT,
	SECANT_FOR_SPLIT,
	SECANT_FOR_SAMPLE,
	SECANT_FOR_TEST,
	SECANT_FOR_DEMO,
	SECANT_FOR_MIX
} secant_purpose;

void secant_philox(
	const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]); /* the bare function, ten rounds */
/* A stream keyed by seed, purpose, epoch and sample. */
secant_rng secant_rng_make(uint64_t seed, secant_purpose purpose, uint32_t epoch, uint32_t sample);
uint32_t secant_rng_u32(secant_rng *r);
uint32_t secant_rng_below(secant_rng *r, uint32_t n); /* uniform in 0..n-1, without bias; 0 for n 0 */
double secant_rng_uniform(secant_rng *r); /* [0, 1), 53 bits */
double secant_rng_range(secant_rng *r, double lo, double hi);
double secant_rng_normal(secant_rng *r); /* Box-Muller, one value a call */
void secant_rng_shuffle(secant_rng *r, int *v, int n); /* Fisher-Yates from the end: swap v[i] with v[below(i + 1)] */
#endif
