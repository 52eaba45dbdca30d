/* Filling the states of a new network, by seed. See init.c. */
#ifndef NN_INIT_H
#define NN_INIT_H
#include "nn/nn.h"

/* Number i of a state, given its shape, its rule and its fan-in (0: from the shape); deterministic in seed and index of
 * the state. */
void nn_init_fill(graph_init rule, const secant_shape *shape, int64_t fan_in, uint64_t seed, uint32_t index,
	void (*set)(void *user, int64_t i, double v), void *user);
#endif
