/*
 * Runs a graph by the operators' references, in double, node by node: the slow, obvious arbiter. Tests of operators and
 * passes use it; plans have their own way to the references (src/exec/reference.c).
 */
#ifndef OP_INTERPRET_H
#define OP_INTERPRET_H
#include "ops/ops.h"

/*
 * Memory for a run. values[v] is the array of value v, for graph_values(g) of them. Entries that are NULL are
 * set: constants to their numbers, inputs and states to zeros (the caller fills them), results of nodes to garbage; a
 * result that is stored in a state has the state's array. Returns the block that holds what was set, for secant_free;
 * NULL and err: no memory.
 */
void *op_interpret_memory(const graph_net *g, double **values, secant_err *err);

/* Runs every node once, in order. Fails on a value without array and on NOMEM. States that operators update are
 * updated. */
secant_status op_interpret(const graph_net *g, double *const *values, secant_err *err) SECANT_NODISCARD;
#endif
