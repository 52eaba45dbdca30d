/*
 * Rectifier with learnt slopes (He et al. 2015): y = x above 0, w x below; one slope for each channel, or one for all.
 * Its gradient is made of plain operators.
 */
#include "ops/rules.h"

static secant_status
prelu_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *w = &s->in[1].shape;
	char tx[96], tw[96];
	if (op_want_rank(s, 1, 1, err) || op_want_real(s, 1, err))
		return SECANT_ERR_SHAPE;
	if (w->dim[0] != 1 && (x->rank < 1 || w->dim[0] != x->dim[x->rank - 1]))
		return secant_fail(err, SECANT_ERR_SHAPE, "slopes are %s, want one for each channel of %s, or one",
			secant_shape_text(w, tw, sizeof tw), secant_shape_text(x, tx, sizeof tx));
	return op_shape_like(s, err);
}

static void
prelu_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value zero = graph_scalar(g, 0), above = graph_apply(g, "greater", NULL, 2, n->in[0], zero);
	if (wants[0])
		dx[0] = graph_apply(g, "where", NULL, 3, above, dy[0], graph_apply(g, "mul", NULL, 2, dy[0], n->in[1]));
	if (wants[1]) {
		graph_value below = graph_apply(
			g, "where", NULL, 3, above, zero, graph_apply(g, "mul", NULL, 2, dy[0], n->in[0]));
		dx[1] = op_build_sum_to(g, below, n->in[1]);
	}
}

static double
prelu(const double *v, const void *attr)
{
	return v[0] > 0 ? v[0] : v[0] * v[1];
}
static void
prelu_reference(const graph_reference *r)
{
	op_map(r, prelu);
}

static const graph_op_case prelu_cases[] = {
	{ "channels", "", "2x3x4x5 5" },
	{ "one slope", "", "2x3x16 1" },
	{ "empty", "", "0x3 3" },
	{ 0 },
};

const graph_op op_prelu = {
	.name = "prelu",
	.brief = "x above 0, a learnt slope times x below",
	.min_in = 2,
	.max_in = 2,
	.takes = "real real:_",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = prelu_shape,
	.grad = prelu_rule,
	.reference = prelu_reference,
	.cases = prelu_cases,
};
