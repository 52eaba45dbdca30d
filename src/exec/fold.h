/*
 * The pass of inference: norms disappear into the convolutions before them, sums and activations become part of the
 * convolution's node.
 */
#ifndef EXEC_FOLD_H
#define EXEC_FOLD_H
#include "exec/exec.h"

typedef struct exec_folded_state exec_folded_state;

/* The states of a folded graph, and what each is made of in the store it came from, which must outlive the last call of
 * exec_folded_fill. */
typedef struct exec_folded {
	exec_store *store; /* empty: exec_folded_fill makes the numbers of a slot, where a plan wants them */
	exec_folded_state *state; /* of each slot */
} exec_folded;

/* A new graph of fewer nodes, and its states (convolution weights scaled, biases made) in `folded`; both owned by the
 * caller; `keep` is rewritten. The old graph and store are only read. NULL and err on failure. */
graph_net *exec_pass_fold(
	const graph_net *g, const exec_store *from, graph_value *keep, int n, exec_folded *folded, secant_err *err);
/* exec_plan_options.fill: `folded` is a exec_folded. */
void exec_folded_fill(const void *folded, int slot, void *to);
void exec_folded_free(exec_folded *folded);
#endif
