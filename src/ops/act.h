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
#ifndef SECANT_OPS_ACT_H
#define SECANT_OPS_ACT_H
#include "ops/unary.h"

/* clang-format off */
#define SECANT_ACTS(A) \
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

#define SECANT_ACT_NAME(name, ...) SECANT_ACT_##name,
enum { SECANT_ACT_NONE, SECANT_ACTS(SECANT_ACT_NAME) SECANT_ACT_COUNT };
enum { SECANT_ACT_RELU = SECANT_ACT_relu };
#undef SECANT_ACT_NAME

#define SECANT_ACT_OR(name, ...) "|" #name
#define SECANT_ACT_CHOICES "none" SECANT_ACTS(SECANT_ACT_OR) /* of an option that is any row */

typedef struct secant_act {
	const secant_unary *function; /* its name is the operator's */
	secant_number_attr numbers;
	bool monotone;
} secant_act;

const secant_act *secant_act_at(int act); /* NULL: none */
/* The row that node n is; none where it is no activation or has other numbers. */
int secant_act_of(const secant_node *n);
/* Has the operator an attribute `act` that may be this row? What a pass asks before it fuses. */
bool secant_act_ends(const char *op, int act);
double secant_act_value(int act, double x); /* x itself for none */
double secant_act_slope(int act, double v); /* v is the argument or the result, as `from` says; 1 for none */
/* The activation as a node. */
secant_value secant_act_build(secant_graph *g, int act, secant_value x);
/* For gradient rules: the gradient towards what node n's activation is taken of, from dy of its output 0. `plain`: the
 * node's attributes with act none; with them the argument is made once more where the slope needs it. */
secant_value secant_act_back(secant_graph *g, const secant_node *n, int act, const void *plain, secant_value dy);
#endif
