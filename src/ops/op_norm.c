/*
 * Norms of single samples (batch norm is op_batch_norm.c): layer_norm over the last axis (Ba, Kiros, Hinton 2016) and
 * group_norm over a sample's pixels and a group of its channels (Wu, He 2018); with as many groups as channels the
 * latter is instance norm.
 *
 *     y = (x - mean) * rstd * weight + bias,   rstd = 1 / sqrt(var + eps), var biased
 *     a = dy * weight:   dx = rstd * (a - mean(a) - xhat * mean(a * xhat)),   dweight = sum dy * xhat,   dbias = sum
 *                        dy
 *
 * Both are one computation on samples x pixels x channels; a row of layer_norm is a sample of one pixel. mean and
 * rstd are outputs, for the gradient, and have none themselves.
 */
#include "ops/rules.h"
#include <math.h>

typedef struct blocks {
	int64_t n, pixels, c, groups;
} blocks;

static blocks
rows_of(const secant_shape *x)
{
	int64_t c = x->dim[x->rank - 1];
	blocks b = { 1, 1, c, 1 };
	for (int i = 0; i < x->rank - 1; i++)
		b.n *= x->dim[i];
	return b;
}

static blocks
groups_of(const secant_shape *x, const op_norm_attr *a)
{
	blocks b = { x->dim[0], 1, x->dim[x->rank - 1], a->groups };
	for (int i = 1; i < x->rank - 1; i++)
		b.pixels *= x->dim[i];
	return b;
}

/* Number i of group g of sample n: where it stands. */
static int64_t
place(const blocks *b, int64_t n, int64_t g, int64_t i)
{
	int64_t width = b->c / b->groups;
	return (n * b->pixels + i / width) * b->c + g * width + i % width;
}

static const double *
input(const graph_reference *r, int i)
{
	return i < r->n_in ? r->in[i] : NULL;
}

/* ---- shapes ---- */

/* Inputs from `first` on are absent or one number a channel. */
static secant_status
want_vectors(const graph_signature *s, int first, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	char text[96];
	for (int i = first; i < s->n_in; i++) {
		const secant_shape *v = &s->in[i].shape;
		if (v->rank >= 0 && (v->rank != 1 || v->dim[0] != x->dim[x->rank - 1]))
			return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want one number for each of %lld channels", i,
				secant_shape_text(v, text, sizeof text), (long long)x->dim[x->rank - 1]);
	}
	return SECANT_OK;
}

static secant_status
norm_shape(const graph_signature *s, const secant_shape *statistics, secant_err *err)
{
	if (op_want_real(s, 0, err) || want_vectors(s, 1, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = s->in[0].shape;
	s->out[1].shape = s->out[2].shape = *statistics;
	return SECANT_OK;
}

static secant_status
norm_grad_shape(const graph_signature *s, const secant_shape *statistics, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	char got[96], want[96];
	if (op_want_real(s, 0, err) || op_want_equal(s, 0, 1, err) || want_vectors(s, 4, err))
		return SECANT_ERR_SHAPE;
	for (int i = 2; i < 4; i++)
		if (!secant_shape_equal(&s->in[i].shape, statistics))
			return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want statistics of %s", i,
				secant_shape_text(&s->in[i].shape, got, sizeof got), secant_shape_text(statistics, want, sizeof want));
	s->out[0].shape = *x;
	s->out[1].shape = s->out[2].shape = (secant_shape){ 1, { x->dim[x->rank - 1] } };
	return SECANT_OK;
}

/* The shape of layer_norm's statistics, or what is wrong with x. */
static secant_status
layer_statistics(const graph_signature *s, secant_shape *statistics, secant_err *err)
{
	*statistics = s->in[0].shape;
	if (statistics->rank < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "a single number has no axis to normalise over");
	statistics->rank--;
	return SECANT_OK;
}

static secant_status
group_statistics(const graph_signature *s, secant_shape *statistics, secant_err *err)
{
	const op_norm_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape;
	char text[96];
	if (x->rank < 2)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input is %s, want samples and channels", secant_shape_text(x, text, sizeof text));
	if (x->dim[x->rank - 1] < 1)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input is %s: it has no channels", secant_shape_text(x, text, sizeof text));
	if (a->groups < 1 || x->dim[x->rank - 1] % a->groups)
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld channels do not divide into %d groups",
			(long long)x->dim[x->rank - 1], a->groups);
	*statistics = (secant_shape){ 2, { x->dim[0], a->groups } };
	return SECANT_OK;
}

#define SHAPES(which) \
	static secant_status which##_norm_shape(const graph_signature *s, secant_err *err) \
	{ \
		secant_shape statistics; \
		return which##_statistics(s, &statistics, err) ? SECANT_ERR_SHAPE : norm_shape(s, &statistics, err); \
	} \
	static secant_status which##_norm_grad_shape(const graph_signature *s, secant_err *err) \
	{ \
		secant_shape statistics; \
		return which##_statistics(s, &statistics, err) ? SECANT_ERR_SHAPE : norm_grad_shape(s, &statistics, err); \
	}
SHAPES(layer)
SHAPES(group)

/* ---- references ---- */

static void
normalise(const graph_reference *r, blocks b)
{
	const double *x = r->in[0], *w = input(r, 1), *bias = input(r, 2);
	double eps = ((const op_norm_attr *)r->attr)->eps;
	int64_t count = b.pixels * (b.c / b.groups);
	OP_PARALLEL
	for (int64_t k = 0; k < b.n * b.groups; k++) {
		int64_t n = k / b.groups, g = k % b.groups;
		double mean = 0, var = 0;
		for (int64_t i = 0; i < count; i++)
			mean += x[place(&b, n, g, i)] / (double)count;
		for (int64_t i = 0; i < count; i++)
			var += (x[place(&b, n, g, i)] - mean) * (x[place(&b, n, g, i)] - mean) / (double)count;
		double rstd = 1 / sqrt(var + eps);
		for (int64_t i = 0; i < count; i++) {
			int64_t at = place(&b, n, g, i), c = at % b.c;
			r->out[0][at] = (x[at] - mean) * rstd * (w ? w[c] : 1) + (bias ? bias[c] : 0);
		}
		r->out[1][k] = mean;
		r->out[2][k] = rstd;
	}
}

static void
normalise_grad(const graph_reference *r, blocks b)
{
	const double *dy = r->in[0], *x = r->in[1], *mean = r->in[2], *rstd = r->in[3], *w = input(r, 4);
	int64_t count = b.pixels * (b.c / b.groups);
	OP_PARALLEL
	for (int64_t k = 0; k < b.n * b.groups; k++) {
		int64_t n = k / b.groups, g = k % b.groups;
		double sum = 0, sum_xhat = 0;
		for (int64_t i = 0; i < count; i++) {
			int64_t at = place(&b, n, g, i);
			double a = dy[at] * (w ? w[at % b.c] : 1);
			sum += a / (double)count;
			sum_xhat += a * (x[at] - mean[k]) * rstd[k] / (double)count;
		}
		for (int64_t i = 0; i < count; i++) {
			int64_t at = place(&b, n, g, i);
			r->out[0][at] = rstd[k] * (dy[at] * (w ? w[at % b.c] : 1) - sum - (x[at] - mean[k]) * rstd[k] * sum_xhat);
		}
	}
	for (int64_t c = 0; c < b.c; c++) {
		r->out[1][c] = r->out[2][c] = 0;
		for (int64_t i = 0; i < b.n * b.pixels; i++) {
			int64_t at = i * b.c + c, k = i / b.pixels * b.groups + c / (b.c / b.groups);
			r->out[1][c] += dy[at] * (x[at] - mean[k]) * rstd[k];
			r->out[2][c] += dy[at];
		}
	}
}

static void
layer_norm_reference(const graph_reference *r)
{
	normalise(r, rows_of(&r->in_shape[0]));
}
static void
layer_norm_grad_reference(const graph_reference *r)
{
	normalise_grad(r, rows_of(&r->in_shape[0]));
}
static void
group_norm_reference(const graph_reference *r)
{
	normalise(r, groups_of(&r->in_shape[0], r->attr));
}
static void
group_norm_grad_reference(const graph_reference *r)
{
	normalise_grad(r, groups_of(&r->in_shape[0], r->attr));
}

/* ---- gradients ---- */

static void
norm_rule(graph_net *g, const char *op, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value in[5] = { dy[0], n->in[0], n->out[1], n->out[2], n->n_in > 1 ? n->in[1] : -1 };
	const graph_node *grad = dy[0] < 0 ? NULL : graph_make_node(g, op, n->attr, 5, in);
	for (int i = 0; grad && i < n->n_in; i++)
		if (wants[i])
			dx[i] = grad->out[i];
}

static void
layer_norm_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	norm_rule(g, "layer_norm_grad", n, dy, wants, dx);
}

static void
group_norm_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	norm_rule(g, "group_norm_grad", n, dy, wants, dx);
}

static const secant_opt layer_rows[] = {
	SECANT_OPT(op_norm_attr, eps, REAL, "eps", "1e-5", 0, 1, "added to the variance"),
	SECANT_OPT_END,
};
static const secant_opts layer_attr = { "layer_norm", sizeof(op_norm_attr), layer_rows };
static const secant_opt group_rows[] = {
	SECANT_OPT(op_norm_attr, eps, REAL, "eps", "1e-5", 0, 1, "added to the variance"),
	SECANT_OPT(op_norm_attr, groups, INT, "groups", "1", 1, 1 << 20, "groups of channels"),
	SECANT_OPT_END,
};
static const secant_opts group_attr = { "group_norm", sizeof(op_norm_attr), group_rows };

static const graph_op_case layer_cases[] = {
	{ "tokens", "", "2x5x8 8 8" },
	{ "without weight and bias", "", "3x7" },
	{ "weight alone", "eps=1e-3", "3x32 32" },
	{ "bias alone", "", "3x7 - 7" },
	{ "map", "", "2x3x4x40 40 40" },
	{ "empty", "", "0x3 3 3" },
	{ 0 },
};
static const graph_op_case layer_grad_cases[] = {
	{ "tokens", "", "2x5x8 2x5x8 2x5 2x5@0.5:2 8" },
	{ "without weight", "", "3x33 3x33 3 3@0.5:2" },
	{ "empty", "", "0x3 0x3 0 0 3" },
	{ 0 },
};
static const graph_op_case group_cases[] = {
	{ "one group", "groups=1", "2x5x3x8 8 8" },
	{ "four groups", "groups=4", "2x5x3x8 8 8" },
	{ "instances", "groups=6", "2x4x3x6" },
	{ "wide", "groups=2", "1x3x3x64 64 64" },
	{ "vectors", "groups=2", "3x8 8 8" },
	{ "empty", "", "0x2x2x3 3 3" },
	{ 0 },
};
static const graph_op_case group_grad_cases[] = {
	{ "four groups", "groups=4", "2x5x3x8 2x5x3x8 2x4 2x4@0.5:2 8" },
	{ "instances", "groups=6", "2x4x3x6 2x4x3x6 2x6 2x6@0.5:2" },
	{ "empty", "", "0x2x2x3 0x2x2x3 0x1 0x1 3" },
	{ 0 },
};

#define NORM(which, text) \
	const graph_op op_##which##_norm = { \
		.name = #which "_norm", \
		.brief = text, \
		.attr = &which##_attr, \
		.min_in = 1, \
		.max_in = 3, \
		.takes = "real:..C real:C real:C", \
		.n_out = 3, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 1, \
		.low_out = 1, \
		.commutes = true, \
		.shape = which##_norm_shape, \
		.grad = which##_norm_rule, \
		.reference = which##_norm_reference, \
		.cases = which##_cases, \
	}; \
	const graph_op op_##which##_norm_grad = { \
		.name = #which "_norm_grad", \
		.brief = "gradient of " #which "_norm", \
		.attr = &which##_attr, \
		.min_in = 4, \
		.max_in = 5, \
		.takes = "real:..C real=0 real real=2 real:C", \
		.training = true, \
		.n_out = 3, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 3, \
		.low_out = 1, \
		.commutes = true, \
		.shape = which##_norm_grad_shape, \
		.reference = which##_norm_grad_reference, \
		.cases = which##_grad_cases, \
	};
NORM(layer, "norm over the last axis")
NORM(group, "norm over the pixels and groups of channels of a sample")
