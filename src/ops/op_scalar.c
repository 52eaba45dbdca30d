/*
 * Functions of one number that networks seldom use: sines of positions, steps of quantisers. They have no kernels: an
 * implementation calls them number by number (scalar.h), unlike those of op_unary.c. Steps have no gradient.
 */
#include "ops/scalar.h"
#include <math.h>
#include <string.h>
#include "ops/rules.h"

static double
sign_of(double x)
{
	return x > 0 ? 1 : x < 0 ? -1 : x;
}

static void
sin_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "mul", NULL, 2, dy[0], graph_apply(g, "cos", NULL, 1, n->in[0]));
}

static void
cos_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value slope = graph_apply(g, "neg", NULL, 1, graph_apply(g, "sin", NULL, 1, n->in[0]));
	dx[0] = graph_apply(g, "mul", NULL, 2, dy[0], slope);
}

/* 1 + v^2 */
static graph_value
square_and_one(graph_net *g, graph_value v)
{
	return op_build_number(g, "add_scalar", 1, graph_apply(g, "square", NULL, 1, v));
}

static void
tan_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "mul", NULL, 2, dy[0], square_and_one(g, n->out[0]));
}

static void
atan_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "div", NULL, 2, dy[0], square_and_one(g, n->in[0]));
}

/* S(operator, f, gradient or NULL, numbers of its cases, brief) */
/* clang-format off */
#define SCALARS(S) \
	S(sin, sin, sin_rule, "-4:4", "sine") \
	S(cos, cos, cos_rule, "-4:4", "cosine") \
	S(tan, tan, tan_rule, "-1.2:1.2", "tangent") \
	S(atan, atan, atan_rule, "-4:4", "arc tangent") \
	S(floor, floor, NULL, "-4:4", "largest whole number not above x") \
	S(ceil, ceil, NULL, "-4:4", "smallest whole number not below x") \
	S(round, nearbyint, NULL, "-4:4", "nearest whole number, halves to even") \
	S(sign, sign_of, NULL, "-4:4", "-1, 0 or 1")
/* clang-format on */

static const struct {
	const char *name;
	double (*f)(double x);
} table[] = {
#define S(nam, fx, ...) { #nam, fx },
	SCALARS(S)
#undef S
};

double (*op_scalar_find(const char *name))(double x)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].name, name))
			return table[i].f;
	return NULL;
}

static void
apply(const graph_reference *r, double (*f)(double x))
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = f(r->in[0][i]);
}

#define S(nam, fx, rule, numbers, text) \
	static const graph_op_case nam##_cases[] = { { "map", "", "2x3x4x5@" numbers }, \
		{ "37 numbers", "", "37@" numbers }, { "empty", "", "0x3" }, { 0 } }; \
	static void nam##_reference(const graph_reference *r) { apply(r, fx); } \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.min_in = 1, \
		.max_in = 1, \
		.takes = "real", \
		.n_out = 1, \
		.low = GRAPH_LOW_NEVER, \
		.commutes = true, \
		.shape = op_shape_like, \
		.grad = rule, \
		.reference = nam##_reference, \
		.cases = nam##_cases, \
	};
SCALARS(S)
