/*
 * Activations that may end another operator (its attribute `act`): one row each, from which operators, references,
 * kernels, oneDNN's post-ops and the passes that fuse take what they do.
 *
 *     A(operator, a, b, monotone, kind, alpha, beta)
 *
 * `operator` is the function of one number that stands alone otherwise (op_unary.c), a and b the numbers it is fused
 * with: a leaky_relu of another slope stays a node of its own. A monotone one may be taken after a maximum instead of
 * before. kind(alpha, beta): what oneDNN calls it; `absent` where it has none, and an implementation then runs our
 * kernel on its result.
 *
 * TO ADD AN ACTIVATION: a row here, after its operator stands (docs/adding.md). relu stays first: kernels know it.
 */
#ifndef OP_ACT_H
#define OP_ACT_H
#include "ops/unary.h"

/* clang-format off */
#define OP_ACTS(A) \
	A(relu,        0,    0, true,  relu,      0,       0) \
	A(relu6,       0,    0, true,  clip,      0,       6) \
	A(leaky_relu,  0.01, 0, true,  relu,      0.01f,   0) \
	A(elu,         1,    0, true,  elu,       1,       0) \
	A(gelu,        0,    0, false, gelu_erf,  0,       0) \
	A(gelu_tanh,   0,    0, false, gelu_tanh, 0,       0) \
	A(silu,        0,    0, false, swish,     1,       0) \
	A(hardswish,   0,    0, false, absent,    0,       0) \
	A(hardsigmoid, 0,    0, true,  absent,    0,       0) \
	A(sigmoid,     0,    0, true,  logistic,  0,       0) \
	A(tanh,        0,    0, true,  tanh,      0,       0) \
	A(mish,        0,    0, false, mish,      0,       0)
/* clang-format on */

#define OP_ACT_NAME(name, ...) OP_ACT_##name,
enum { OP_ACT_NONE, OP_ACTS(OP_ACT_NAME) OP_ACT_COUNT };
enum { OP_ACT_RELU = OP_ACT_relu };
#undef OP_ACT_NAME

#define OP_ACT_OR(name, ...) "|" #name
#define OP_ACT_CHOICES "none" OP_ACTS(OP_ACT_OR) /* of an option that is any row */

typedef struct op_act {
	const op_unary *function; /* its name is the operator's */
	op_number_attr numbers;
	bool monotone;
} op_act;

const op_act *op_act_at(int act); /* NULL: none */
/* The row that node n is; none where it is no activation or has other numbers. */
int op_act_of(const graph_node *n);
/* Has the operator an attribute `act` that may be this row? What a pass asks before it fuses. */
bool op_act_ends(const char *op, int act);
double op_act_value(int act, double x); /* x itself for none */
double op_act_slope(int act, double v); /* v is the argument or the result, as `from` says; 1 for none */
/* The activation as a node. */
graph_value op_act_build(graph_net *g, int act, graph_value x);
/* For gradient rules: the gradient towards what node n's activation is taken of, from dy of its output 0. `plain`: the
 * node's attributes with act none; with them the argument is made once more where the slope needs it. */
graph_value op_act_back(graph_net *g, const graph_node *n, int act, const void *plain, graph_value dy);
#endif
