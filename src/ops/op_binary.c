/*
 * Functions of two tensors with numpy's broadcasting: sums, products, extrema, comparisons; and where, which chooses
 * between two by a mask. Comparisons give masks (u8, 0 or 1) and take any type; the others take real numbers.
 *
 * Gradients follow PyTorch: where a maximum or minimum is a tie, each side gets half. The gradient of a broadcast input
 * is summed over the axes it was repeated on.
 */
#include "ops/rules.h"

static secant_status
pair_shape(const graph_signature *s, secant_err *err)
{
	return op_broadcast(&s->in[0].shape, &s->in[1].shape, &s->out[0].shape, err);
}

static secant_status
arithmetic_shape(const graph_signature *s, secant_err *err)
{
	if (op_want_real(s, 0, err) || op_want_real(s, 1, err))
		return SECANT_ERR_SHAPE;
	return pair_shape(s, err);
}

static secant_status
compare_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].dtype = SECANT_U8;
	return pair_shape(s, err);
}

static secant_status
where_shape(const graph_signature *s, secant_err *err)
{
	if (op_want_integer(s, 0, err))
		return SECANT_ERR_SHAPE;
	if (op_want_one_kind(s, 1, 2, err))
		return SECANT_ERR_SHAPE;
	s->out[0].dtype = op_kind_of(s, 1);
	secant_shape both;
	if (op_broadcast(&s->in[1].shape, &s->in[2].shape, &both, err))
		return SECANT_ERR_SHAPE;
	return op_broadcast(&s->in[0].shape, &both, &s->out[0].shape, err);
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

static graph_value
choose(graph_net *g, graph_value mask, graph_value a, graph_value b)
{
	return graph_apply(g, "where", NULL, 3, mask, a, b);
}

static graph_value
times(graph_net *g, double a, graph_value v)
{
	return op_build_number(g, "mul_scalar", a, v);
}

/* dx[i] = d, summed to the shape of input i, when it is wanted. */
static void
deliver(graph_net *g, const graph_node *n, int i, graph_value d, graph_value *dx)
{
	dx[i] = op_build_sum_to(g, d, n->in[i]);
}

static void
add_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	for (int i = 0; i < 2; i++)
		if (wants[i])
			deliver(g, n, i, dy[0], dx);
}

static void
sub_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (wants[0])
		deliver(g, n, 0, dy[0], dx);
	if (wants[1])
		dx[1] = graph_apply(g, "neg", NULL, 1, op_build_sum_to(g, dy[0], n->in[1]));
}

static void
mul_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	for (int i = 0; i < 2; i++)
		if (wants[i])
			deliver(g, n, i, two(g, "mul", dy[0], n->in[1 - i]), dx);
}

static void
div_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value share = two(g, "div", dy[0], n->in[1]); /* dy / b; and d(a/b)/db = -(a/b)/b */
	if (wants[0])
		deliver(g, n, 0, share, dx);
	if (wants[1])
		dx[1] = graph_apply(g, "neg", NULL, 1, op_build_sum_to(g, two(g, "mul", share, n->out[0]), n->in[1]));
}

/* Of the two inputs, `winner` is where input i wins. */
static void
extreme(graph_net *g, const graph_node *n, graph_value dy, const bool *wants, graph_value *dx, bool larger)
{
	graph_value tie = two(g, "equal", n->in[0], n->in[1]), half = times(g, 0.5, dy), zero = graph_scalar(g, 0);
	for (int i = 0; i < 2; i++)
		if (wants[i]) {
			graph_value winner = two(g, "greater", n->in[larger ? i : 1 - i], n->in[larger ? 1 - i : i]);
			deliver(g, n, i, choose(g, tie, half, choose(g, winner, dy, zero)), dx);
		}
}

static void
maximum_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	extreme(g, n, dy[0], wants, dx, true);
}

static void
minimum_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	extreme(g, n, dy[0], wants, dx, false);
}

static void
where_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value zero = graph_scalar(g, 0);
	if (wants[1])
		deliver(g, n, 1, choose(g, n->in[0], dy[0], zero), dx);
	if (wants[2])
		deliver(g, n, 2, choose(g, n->in[0], zero, dy[0]), dx);
}

/* FUNCTION(name, value of v[0], v[1], v[2]) */
#define FUNCTION(nam, value) \
	static double nam(const double *v, const void *attr) \
	{ \
		(void)attr; \
		return value; \
	} \
	static void nam##_reference(const graph_reference *r) { op_map(r, nam); }
FUNCTION(add, v[0] + v[1])
FUNCTION(sub, v[0] - v[1])
FUNCTION(mul, v[0] * v[1])
FUNCTION(div_, v[0] / v[1])
FUNCTION(maximum, v[0] > v[1] || v[0] != v[0] ? v[0] : v[1]) /* nan if either is */
FUNCTION(minimum, v[0] < v[1] || v[0] != v[0] ? v[0] : v[1])
FUNCTION(greater, v[0] > v[1])
FUNCTION(equal, v[0] == v[1])
FUNCTION(where, v[0] != 0 ? v[1] : v[2])

static const graph_op_case pair_cases[] = {
	{ "same shape", "", "2x3x4x5 2x3x4x5" },
	{ "channel", "", "2x3x4x5 5" },
	{ "channel first", "", "5 2x3x4x5" },
	{ "sample and channel", "", "2x3x4x5 2x1x1x5" },
	{ "map", "", "2x3x4x5 2x3x4x1" },
	{ "row", "", "2x3x4x5 1x1x4x1" },
	{ "number", "", "2x3x4x5 scalar" },
	{ "both", "", "2x1x4x1 1x3x1x5" },
	{ "wide", "", "2x3x64 64" },
	{ "empty", "", "0x3 3" },
	{ 0 },
};
static const graph_op_case div_cases[] = {
	{ "same shape", "", "2x3x4 2x3x4@0.5:2" },
	{ "channel", "", "2x3x4x5 5@0.5:2" },
	{ "both", "", "2x1x4x1 1x3x1x5@0.5:2" },
	{ 0 },
};
static const graph_op_case compare_cases[] = {
	{ "same shape", "", "2x3x4 2x3x4" },
	{ "number", "", "2x3x4x5 scalar" },
	{ "integers", "", "2x3x4#3 2x3x4#3" },
	{ "empty", "", "0x3 3" },
	{ 0 },
};
static const graph_op_case where_cases[] = {
	{ "same shape", "", "2x3x4#2 2x3x4 2x3x4" },
	{ "number", "", "2x3x4#2 2x3x4 scalar" },
	{ "broadcast mask", "", "2x3x1#2 3x4 2x1x4" },
	{ "integers", "", "2x3#2 2x3#5 scalar#9" },
	{ 0 },
};

#define PAIR(nam, text, rule, table) \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.min_in = 2, \
		.max_in = 2, \
		.takes = "real real", \
		.n_out = 1, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 3, \
		.low_out = 1, \
		.commutes = true, \
		.shape = arithmetic_shape, \
		.grad = rule, \
		.reference = nam##_reference, \
		.again = graph_op_again, \
		.cases = table, \
	};
#define div_reference div__reference
PAIR(add, "sum, broadcast", add_rule, pair_cases)
PAIR(sub, "difference, broadcast", sub_rule, pair_cases)
PAIR(mul, "product, broadcast", mul_rule, pair_cases)
PAIR(div, "quotient, broadcast", div_rule, div_cases)
PAIR(maximum, "the larger of two, broadcast", maximum_rule, pair_cases)
PAIR(minimum, "the smaller of two, broadcast", minimum_rule, pair_cases)
#define COMPARE(nam, text) \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.min_in = 2, \
		.max_in = 2, \
		.takes = "any any", \
		.n_out = 1, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 3, \
		.low_out = 0, \
		.commutes = true, \
		.shape = compare_shape, \
		.reference = nam##_reference, \
		.cases = compare_cases, \
	};
COMPARE(greater, "mask of a > b, broadcast")
COMPARE(equal, "mask of a = b, broadcast")
const graph_op op_where = {
	.name = "where",
	.brief = "a where the mask is not 0, else b, broadcast",
	.min_in = 3,
	.max_in = 3,
	.takes = "int any any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 6,
	.low_out = 1,
	.commutes = true,
	.shape = where_shape,
	.grad = where_rule,
	.reference = where_reference,
	.cases = where_cases,
};
