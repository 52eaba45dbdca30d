/*
 * The pass of inference: norms disappear into the convolutions before them, sums and activations become part of the
 * convolution's node.
 */
#ifndef SECANT_EXEC_FOLD_H
#define SECANT_EXEC_FOLD_H
#include "exec/exec.h"

typedef struct secant_folded_state secant_folded_state;

/* The states of a folded graph, and what each is made of in the store it came from, which must outlive the last call of
 * secant_folded_fill. */
typedef struct secant_folded {
	secant_store *store; /* empty: secant_folded_fill makes the numbers of a slot, where a plan wants them */
	secant_folded_state *state; /* of each slot */
} secant_folded;

/* A new graph of fewer nodes, and its states (convolution weights scaled, biases made) in `folded`; both owned by the
 * caller; `keep` is rewritten. The old graph and store are only read. NULL and err on failure. */
secant_graph *secant_pass_fold(
	const secant_graph *g, const secant_store *from, secant_value *keep, int n, secant_folded *folded, secant_err *err);
/* secant_plan_options.fill: `folded` is a secant_folded. */
void secant_folded_fill(const void *folded, int slot, void *to);
void secant_folded_free(secant_folded *folded);
#endif
