/* Filling the states of a new network, by seed. See init.c. */
#ifndef SECANT_NN_INIT_H
#define SECANT_NN_INIT_H
#include "nn/nn.h"

/* Number i of a state, given its shape, its rule and its fan-in (0: from the shape); deterministic in seed and index of
 * the state. */
void secant_init_fill(secant_init rule, const secant_shape *shape, int64_t fan_in, uint64_t seed, uint32_t index,
	void (*set)(void *user, int64_t i, double v), void *user);
#endif
