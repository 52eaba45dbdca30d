/*
 * Losses of single numbers; sums and means over them are reductions of their own. Always f32.
 *
 *     bce_with_logits(x, t, w)   (1 - t) x + (1 + (w - 1) t) log(1 + exp(-x)): cross entropy of sigmoid(x) against
 *                                t; w weighs positives
 *                                (1 if absent; broadcast to x, such as one number a channel)
 *     smooth_l1(x, t)            d = x - t: d d / (2 beta) where |d| < beta, else |d| - beta / 2
 */
#include "ops/rules.h"
#include <math.h>

/* ---- bce_with_logits ---- */

/* x, t and in the gradient dy are alike; the last input, if there, is the weight of positives. */
static secant_status
bce_shape(const graph_signature *s, secant_err *err, int alike)
{
	secant_shape both;
	for (int i = 0; i < s->n_in; i++)
		if (op_want_real(s, i, err) || (i && i < alike && op_want_equal(s, 0, i, err)))
			return SECANT_ERR_SHAPE;
	s->out[0].shape = s->in[0].shape;
	if (s->n_in <= alike)
		return SECANT_OK;
	char x[96], w[96];
	if (op_broadcast(&s->in[0].shape, &s->in[alike].shape, &both, err))
		return SECANT_ERR_SHAPE;
	if (!secant_shape_equal(&both, &s->in[0].shape))
		return secant_fail(err, SECANT_ERR_SHAPE, "weights of positives are %s, the input is %s",
			secant_shape_text(&s->in[alike].shape, w, sizeof w), secant_shape_text(&s->in[0].shape, x, sizeof x));
	return SECANT_OK;
}

static secant_status
bce_with_logits_shape(const graph_signature *s, secant_err *err)
{
	return bce_shape(s, err, 2);
}
static secant_status
bce_with_logits_grad_shape(const graph_signature *s, secant_err *err)
{
	return bce_shape(s, err, 3);
}

static double
bce(double x, double t, double w)
{
	return (1 - t) * x + (1 + (w - 1) * t) * (log1p(exp(-fabs(x))) + fmax(-x, 0));
}

/* d/dx = (1 - t) - (1 + (w - 1) t) sigmoid(-x) */
static double
bce_slope(double x, double t, double w)
{
	double e = exp(-fabs(x)), below = x >= 0 ? e / (1 + e) : 1 / (1 + e);
	return (1 - t) - (1 + (w - 1) * t) * below;
}

static double
bce_plain(const double *v, const void *attr)
{
	return bce(v[0], v[1], 1);
}
static double
bce_weighted(const double *v, const void *attr)
{
	return bce(v[0], v[1], v[2]);
}
static double
bce_grad_plain(const double *v, const void *attr)
{
	return v[2] * bce_slope(v[0], v[1], 1);
}
static double
bce_grad_weighted(const double *v, const void *attr)
{
	return v[2] * bce_slope(v[0], v[1], v[3]);
}
static void
bce_with_logits_reference(const graph_reference *r)
{
	op_map(r, r->n_in > 2 ? bce_weighted : bce_plain);
}
static void
bce_with_logits_grad_reference(const graph_reference *r)
{
	op_map(r, r->n_in > 3 ? bce_grad_weighted : bce_grad_plain);
}

/* d/dt = -x + (w - 1) log(1 + exp(-x)) */
static void
bce_with_logits_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value in[4] = { n->in[0], n->in[1], dy[0], n->n_in > 2 ? n->in[2] : -1 };
	const graph_node *slope = wants[0] ? graph_make_node(g, "bce_with_logits_grad", NULL, 4, in) : NULL;
	if (slope)
		dx[0] = slope->out[0];
	if (wants[1]) {
		graph_value d = graph_apply(g, "neg", NULL, 1, n->in[0]);
		if (n->n_in > 2) {
			graph_value more = graph_apply(g, "mul", NULL, 2, graph_apply(g, "logsigmoid", NULL, 1, n->in[0]),
				op_build_number(g, "add_scalar", -1, n->in[2]));
			d = graph_apply(g, "sub", NULL, 2, d, more);
		}
		dx[1] = graph_apply(g, "mul", NULL, 2, dy[0], d);
	}
}

/* ---- smooth_l1 ---- */

static secant_status
smooth_l1_shape(const graph_signature *s, secant_err *err)
{
	for (int i = 0; i < s->n_in; i++)
		if (op_want_real(s, i, err) || op_want_equal(s, 0, i, err))
			return SECANT_ERR_SHAPE;
	s->out[0].shape = s->in[0].shape;
	return SECANT_OK;
}

static double
smooth_l1(const double *v, const void *attr)
{
	double beta = ((const op_number_attr *)attr)->a, d = fabs(v[0] - v[1]);
	return d < beta ? d * d / (2 * beta) : d - beta / 2;
}

static double
smooth_l1_slope(const double *v, const void *attr)
{
	double beta = ((const op_number_attr *)attr)->a, d = v[0] - v[1];
	return v[2] * (fabs(d) < beta ? d / beta : (d > 0) - (d < 0));
}

static void
smooth_l1_reference(const graph_reference *r)
{
	op_map(r, smooth_l1);
}
static void
smooth_l1_grad_reference(const graph_reference *r)
{
	op_map(r, smooth_l1_slope);
}

static void
smooth_l1_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "smooth_l1_grad", n->attr, 3, n->in[0], n->in[1], dy[0]);
	if (wants[1])
		dx[1] = graph_apply(g, "neg", NULL, 1, dx[0]);
}

static const secant_opt smooth_rows[] = {
	SECANT_OPT(op_number_attr, a, REAL, "beta", "1", 0, 1e6, "where the square ends and the line begins"),
	SECANT_OPT_END,
};
static const secant_opts smooth_attr = { "smooth_l1", sizeof(op_number_attr), smooth_rows };

static const graph_op_case bce_cases[] = {
	{ "soft targets", "", "2x3x4x5@-3:3 2x3x4x5@0:1" },
	{ "weights", "", "2x3x4x5@-3:3 2x3x4x5@0:1 5@1:3" },
	{ "large", "", "37@-300:300 37@0:1" },
	{ "empty", "", "0x3 0x3" },
	{ 0 },
};
static const graph_op_case bce_grad_cases[] = {
	{ "soft targets", "", "2x3x4x5@-3:3 2x3x4x5@0:1 2x3x4x5" },
	{ "weights", "", "2x3x4x5@-3:3 2x3x4x5@0:1 2x3x4x5 5@1:3" },
	{ "empty", "", "0x3 0x3 0x3" },
	{ 0 },
};
static const graph_op_case smooth_cases[] = {
	{ "beta 1", "", "2x3x4 2x3x4" },
	{ "beta 0.3", "beta=0.3", "37 37" },
	{ "absolute value", "beta=0", "37@1:2 37" },
	{ "empty", "", "0x3 0x3" },
	{ 0 },
};
static const graph_op_case smooth_grad_cases[] = {
	{ "beta 0.3", "beta=0.3", "2x3x4 2x3x4 2x3x4" },
	{ "empty", "", "0x3 0x3 0x3" },
	{ 0 },
};

#define LOSS(nam, text, words, at, least, most, sh, rule, table) \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.attr = at, \
		.min_in = least, \
		.max_in = most, \
		.takes = words, \
		.training = true, \
		.n_out = 1, \
		.low = GRAPH_LOW_NEVER, \
		.commutes = true, \
		.shape = sh, \
		.grad = rule, \
		.reference = nam##_reference, \
		.cases = table, \
	};
LOSS(bce_with_logits, "binary cross entropy of logits and targets", "real real=0 real", NULL, 2, 3,
	bce_with_logits_shape, bce_with_logits_rule, bce_cases)
LOSS(bce_with_logits_grad, "gradient of bce_with_logits towards its logits", "real real=0 real=0 real", NULL, 3, 4,
	bce_with_logits_grad_shape, NULL, bce_grad_cases)
LOSS(smooth_l1, "absolute difference, squared near 0", "real real=0", &smooth_attr, 2, 2, smooth_l1_shape,
	smooth_l1_rule, smooth_cases)
LOSS(smooth_l1_grad, "gradient of smooth_l1 towards its first input", "real real=0 real=0", &smooth_attr, 3, 3,
	smooth_l1_shape, NULL, smooth_grad_cases)
