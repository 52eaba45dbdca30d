/*
 * Along one axis: softmax, log_softmax and their gradients, logsumexp, l2_normalize, and running sums (cumsum;
 * cumsum_grad sums from the end).
 *
 *     softmax:      y = exp(x - max) / sum exp(x - max),   dx = y (dy - sum(dy y))
 *     log_softmax:  y = x - max - log sum exp(x - max),    dx = dy - exp(y) sum(dy)
 *     logsumexp:    y = max + log sum exp(x - max),        dx = exp(x - y) dy; the axis stays, with one entry
 *     l2_normalize: y = x / max(|x|, eps),                 dx = (dy - y sum(dy y)) / |x|, or dy / eps where |x| <=
 *                                                          eps
 */
#include "ops/rules.h"
#include <math.h>

static secant_status
axis_shape(const graph_signature *s, secant_err *err)
{
	int axis;
	if (op_want_axis(((const op_axis_attr *)s->attr)->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	return s->n_in > 1 ? op_shape_like_pair(s, err) : op_shape_like(s, err);
}

/* f(inputs, output, number of entries, distance between them) for every line along the axis, which every attribute here
 * starts with. */
typedef void (*line)(const double *a, const double *b, double *y, int64_t n, int64_t step, const void *attr);

static void
each_line(const graph_reference *r, line f)
{
	op_lines l = op_lines_of(&r->out_shape[0], op_axis_of(((const op_axis_attr *)r->attr)->axis, r->out_shape[0].rank));
	OP_PARALLEL
	for (int64_t i = 0; i < l.outer * l.inner; i++) {
		int64_t at = i / l.inner * l.extent * l.inner + i % l.inner;
		f(r->in[0] + at, r->n_in > 1 ? r->in[1] + at : NULL, r->out[0] + at, l.extent, l.inner, r->attr);
	}
}

/* Largest x, and the sum of exp(x - largest). */
static double
exp_sum(const double *x, int64_t n, int64_t step, double *most)
{
	double sum = 0;
	*most = -INFINITY;
	for (int64_t i = 0; i < n; i++)
		*most = x[i * step] > *most ? x[i * step] : *most;
	for (int64_t i = 0; i < n; i++)
		sum += exp(x[i * step] - *most);
	return sum;
}

static void
softmax_line(const double *x, const double *unused, double *y, int64_t n, int64_t step, const void *attr)
{
	double most, sum = exp_sum(x, n, step, &most);
	for (int64_t i = 0; i < n; i++)
		y[i * step] = exp(x[i * step] - most) / sum;
}

static void
log_softmax_line(const double *x, const double *unused, double *y, int64_t n, int64_t step, const void *attr)
{
	double most, sum = exp_sum(x, n, step, &most);
	for (int64_t i = 0; i < n; i++)
		y[i * step] = x[i * step] - most - log(sum);
}

static void
softmax_grad_line(const double *y, const double *dy, double *dx, int64_t n, int64_t step, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++)
		sum += y[i * step] * dy[i * step];
	for (int64_t i = 0; i < n; i++)
		dx[i * step] = y[i * step] * (dy[i * step] - sum);
}

static void
log_softmax_grad_line(const double *y, const double *dy, double *dx, int64_t n, int64_t step, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++)
		sum += dy[i * step];
	for (int64_t i = 0; i < n; i++)
		dx[i * step] = dy[i * step] - exp(y[i * step]) * sum;
}

static void
l2_normalize_line(const double *x, const double *unused, double *y, int64_t n, int64_t step, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++)
		sum += x[i * step] * x[i * step];
	for (int64_t i = 0; i < n; i++)
		y[i * step] = x[i * step] / fmax(sqrt(sum), ((const op_l2_attr *)attr)->eps);
}

static void
cumsum_line(const double *x, const double *unused, double *y, int64_t n, int64_t step, const void *attr)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++)
		y[i * step] = sum += x[i * step];
}

static void
cumsum_grad_line(const double *dy, const double *unused, double *dx, int64_t n, int64_t step, const void *attr)
{
	double sum = 0;
	for (int64_t i = n - 1; i >= 0; i--)
		dx[i * step] = sum += dy[i * step];
}

static secant_status
logsumexp_shape(const graph_signature *s, secant_err *err)
{
	int axis;
	if (op_want_axis(((const op_axis_attr *)s->attr)->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = s->in[0].shape;
	s->out[0].shape.dim[axis] = 1;
	return SECANT_OK;
}

static void
logsumexp_reference(const graph_reference *r)
{
	op_lines l = op_lines_of(&r->in_shape[0], op_axis_of(((const op_axis_attr *)r->attr)->axis, r->in_shape[0].rank));
	OP_PARALLEL
	for (int64_t i = 0; i < l.outer * l.inner; i++) {
		double most, sum = exp_sum(r->in[0] + i / l.inner * l.extent * l.inner + i % l.inner, l.extent, l.inner, &most);
		r->out[0][i] = most + log(sum);
	}
}

static void
logsumexp_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value shares = graph_apply(g, "exp", NULL, 1, graph_apply(g, "sub", NULL, 2, n->in[0], n->out[0]));
	dx[0] = graph_apply(g, "mul", NULL, 2, shares, dy[0]);
}

static void
softmax_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "softmax_grad", n->attr, 2, n->out[0], dy[0]);
}

static void
log_softmax_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "log_softmax_grad", n->attr, 2, n->out[0], dy[0]);
}

static void
cumsum_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "cumsum_grad", n->attr, 1, dy[0]);
}

/* Of plain operators: where the norm is not above eps, the sum does not count. */
static void
l2_normalize_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_l2_attr *a = n->attr;
	op_axes_attr along = { { 1, { a->axis } }, true };
	graph_value norm = graph_apply(g, "norm2", &along, 1, n->in[0]), eps = graph_scalar(g, a->eps),
				zero = graph_scalar(g, 0);
	graph_value sum = graph_apply(g, "sum", &along, 1, graph_apply(g, "mul", NULL, 2, dy[0], n->out[0]));
	graph_value counts = graph_apply(g, "where", NULL, 3, graph_apply(g, "greater", NULL, 2, norm, eps), sum, zero);
	graph_value rest = graph_apply(g, "sub", NULL, 2, dy[0], graph_apply(g, "mul", NULL, 2, n->out[0], counts));
	dx[0] = graph_apply(g, "div", NULL, 2, rest, graph_apply(g, "maximum", NULL, 2, norm, eps));
}

static const secant_opt axis_rows[] = {
	SECANT_OPT(op_axis_attr, axis, INT, "axis", "-1", -6, 5, "the axis; negative counts from the end"),
	SECANT_OPT_END,
};
static const secant_opts axis_attr = { "axis", sizeof(op_axis_attr), axis_rows };
static const secant_opt l2_rows[] = {
	SECANT_OPT(op_l2_attr, axis, INT, "axis", "-1", -6, 5, "the axis; negative counts from the end"),
	SECANT_OPT(op_l2_attr, eps, REAL, "eps", "1e-12", 0, 1, "smallest norm that is divided by"),
	SECANT_OPT_END,
};
static const secant_opts l2_attr = { "l2_normalize", sizeof(op_l2_attr), l2_rows };

static const graph_op_case one_cases[] = {
	{ "last axis", "", "2x3x4x5" },
	{ "middle axis", "axis=1", "3x7x5@-4:4" },
	{ "large", "", "2x5@-300:300" },
	{ "wide", "", "4x64" },
	{ "empty", "", "0x3" },
	{ 0 },
};
static const graph_op_case l2_cases[] = {
	{ "last axis", "", "2x3x4x5" },
	{ "middle axis", "axis=1", "3x7x5@-4:4" },
	{ "below eps", "eps=1", "3x5@-0.2:0.2" },
	{ "empty", "", "0x3" },
	{ 0 },
};
static const graph_op_case two_cases[] = {
	{ "last axis", "", "2x3x4x5@0:0.4 2x3x4x5" },
	{ "middle axis", "axis=1", "3x7x5@0:0.2 3x7x5" },
	{ "empty", "", "0x3 0x3" },
	{ 0 },
};

#define ALONG(nam, text, only, at, inputs, how, rule, table, ...) \
	static void nam##_reference(const graph_reference *r) { each_line(r, nam##_line); } \
	const graph_op op_##nam = { .name = #nam, \
		.brief = text, \
		.attr = &at##_attr, \
		.min_in = inputs, \
		.max_in = inputs, \
		.takes = "real real=0", \
		.training = only, \
		.n_out = 1, \
		.low = GRAPH_LOW_##how, \
		.low_in = 3, \
		.low_out = 1, \
		.commutes = true, \
		.shape = axis_shape, \
		.grad = rule, \
		.reference = nam##_reference, \
		.cases = table, \
		__VA_ARGS__ };
ALONG(softmax, "shares that sum to 1 along an axis", false, axis, 1, FOLLOWS, softmax_rule, one_cases,
	.again = op_scores_again)
ALONG(softmax_grad, "gradient of softmax, from y and dy", true, axis, 2, FOLLOWS, NULL, two_cases)
ALONG(log_softmax, "logarithm of softmax", false, axis, 1, NEVER, log_softmax_rule, one_cases)
ALONG(log_softmax_grad, "gradient of log_softmax, from y and dy", true, axis, 2, NEVER, NULL, two_cases)
ALONG(l2_normalize, "vectors along an axis, scaled to length 1", false, l2, 1, FOLLOWS, l2_normalize_rule, l2_cases)
ALONG(cumsum, "running sum along an axis", false, axis, 1, NEVER, cumsum_rule, one_cases)
ALONG(cumsum_grad, "running sum from the end of an axis", true, axis, 1, NEVER, NULL, one_cases)

const graph_op op_logsumexp = {
	.name = "logsumexp",
	.brief = "logarithm of the sum of exponentials along an axis",
	.attr = &axis_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.commutes = true,
	.shape = logsumexp_shape,
	.grad = logsumexp_rule,
	.reference = logsumexp_reference,
	.cases = one_cases,
};
