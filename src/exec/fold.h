/*
 * The pass of inference: norms disappear into the convolutions before them, sums and activations become part of the convolution's node.
 */
#ifndef SECANT_EXEC_FOLD_H
#define SECANT_EXEC_FOLD_H
#include "exec/exec.h"

/* A new graph of fewer nodes, and a store that holds its states (convolution weights scaled, biases made), both owned by the caller; `keep`
 * is rewritten. The old graph and store are only read. NULL and err on failure. */
secant_graph *secant_pass_fold(const secant_graph *g, const secant_store *from, secant_value *keep, int n, secant_store **folded, secant_err *err);
#endif
