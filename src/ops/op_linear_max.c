/*
 * What a layer on each point, batch norm and a maximum over points are made of when nothing of points x channels is
 * kept (fuse_max.c):
 *
 *     linear_max      x (N x P x 1 x C), w (out x C), sign (out)    value N x 1 x 1 x out and the index of its
 *                     point: the largest w x of a cloud,
 *                     the smallest where sign is negative; the first of equal ones. Without sign: the largest. The
 *                     gradient goes to that point
 *     linear_max_grad_data       dvalue, index, w                   dx of `points` points
 *     linear_max_grad_weights    dvalue, index, x, w                dw
 *     centre          x                                             x - mean over all axes but the last, and the
 *                     mean. Its own gradient
 *     running         state, v, momentum                            state = (1 - m) state + m factor v, in place; m:
 *                     the input, else the attribute
 */
#include "ops/rules.h"
#include <math.h>

/* ---- linear_max ---- */

static secant_status
want_weights(const graph_signature *s, int i, int64_t in, secant_err *err)
{
	const secant_shape *w = &s->in[i].shape;
	char text[96];
	if (op_want_real(s, i, err))
		return SECANT_ERR_SHAPE;
	if (w->rank >= 2 && secant_shape_count(w) == w->dim[0] * w->dim[1] && w->dim[1] == in)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "weights are %s, want out x %lld",
		w->rank < 0 ? "absent" : secant_shape_text(w, text, sizeof text), (long long)in);
}

static secant_status
max_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *w = &s->in[1].shape;
	char text[96];
	if (op_want_real(s, 0, err) || op_want_rank(s, 0, 4, err) || want_weights(s, 1, x->dim[3], err))
		return SECANT_ERR_SHAPE;
	if (x->dim[2] != 1 || (x->dim[1] < 1 && x->dim[0]))
		return secant_fail(err, SECANT_ERR_SHAPE, "input is %s, want clouds N x P x 1 x C with at least one point",
			secant_shape_text(x, text, sizeof text));
	if (s->n_in > 2 && s->in[2].shape.rank >= 0 && (s->in[2].shape.rank != 1 || s->in[2].shape.dim[0] != w->dim[0]))
		return secant_fail(err, SECANT_ERR_SHAPE, "signs are %s, want %lld",
			secant_shape_text(&s->in[2].shape, text, sizeof text), (long long)w->dim[0]);
	s->out[0] = (graph_type){ SECANT_F32, { 4, { x->dim[0], 1, 1, w->dim[0] } } };
	s->out[1] = (graph_type){ SECANT_I32, s->out[0].shape };
	return SECANT_OK;
}

static void
max_reference(const graph_reference *r)
{
	const double *sign = r->n_in > 2 ? r->in[2] : NULL;
	int64_t points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3], out = r->in_shape[1].dim[0];
	OP_PARALLEL
	for (int64_t i = 0; i < r->in_shape[0].dim[0] * out; i++) {
		const double *w = r->in[1] + i % out * c;
		double flip = sign && sign[i % out] < 0 ? -1 : 1, best = -INFINITY;
		r->out[1][i] = 0;
		for (int64_t p = 0; p < points && !isnan(best); p++) {
			const double *x = r->in[0] + (i / out * points + p) * c;
			double v = 0;
			for (int64_t k = 0; k < c; k++)
				v += x[k] * w[k];
			if (!(v * flip <= best)) {
				best = v * flip;
				r->out[1][i] = (double)p;
			}
		}
		r->out[0][i] = best * flip;
	}
}

static void
max_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_points_attr a = { (int)graph_shape(g, n->in[0])->dim[1] };
	if (dy[0] < 0)
		return;
	if (wants[0])
		dx[0] = graph_apply(g, "linear_max_grad_data", &a, 3, dy[0], n->out[1], n->in[1]);
	if (wants[1])
		dx[1] = graph_apply(g, "linear_max_grad_weights", NULL, 4, dy[0], n->out[1], n->in[0], n->in[1]);
}

static secant_status
grad_shape(const graph_signature *s, int weights, secant_err *err)
{
	const secant_shape *dy = &s->in[0].shape;
	if (op_want_real(s, 0, err) || op_want_rank(s, 0, 4, err) || op_want_integer(s, 1, err)
		|| op_want_equal(s, 0, 1, err)
		|| want_weights(s, weights, s->in[weights].shape.rank > 1 ? s->in[weights].shape.dim[1] : 0, err))
		return SECANT_ERR_SHAPE;
	if (dy->dim[1] != 1 || dy->dim[2] != 1 || s->in[weights].shape.dim[0] != dy->dim[3])
		return secant_fail(err, SECANT_ERR_SHAPE, "weights of %lld outputs for a gradient of %lld",
			(long long)s->in[weights].shape.dim[0], (long long)dy->dim[3]);
	return SECANT_OK;
}

static secant_status
grad_data_shape(const graph_signature *s, secant_err *err)
{
	if (grad_shape(s, 2, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 4,
		{ s->in[0].shape.dim[0], ((const op_points_attr *)s->attr)->points, 1, s->in[2].shape.dim[1] } };
	return SECANT_OK;
}

static secant_status
grad_weights_shape(const graph_signature *s, secant_err *err)
{
	if (grad_shape(s, 3, err) || op_want_rank(s, 2, 4, err))
		return SECANT_ERR_SHAPE;
	if (s->in[2].shape.dim[0] != s->in[0].shape.dim[0] || s->in[2].shape.dim[2] != 1
		|| s->in[2].shape.dim[3] != s->in[3].shape.dim[1])
		return secant_fail(err, SECANT_ERR_SHAPE, "clouds and their gradient do not belong together");
	s->out[0].shape = s->in[3].shape;
	return SECANT_OK;
}

static void
grad_data_reference(const graph_reference *r)
{
	int64_t out = r->in_shape[0].dim[3], points = r->out_shape[0].dim[1], c = r->out_shape[0].dim[3];
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < r->in_shape[0].dim[0] * out; i++)
		for (int64_t k = 0; k < c && op_within(r->in[1][i], points); k++)
			r->out[0][(i / out * points + (int64_t)r->in[1][i]) * c + k] += r->in[0][i] * r->in[2][i % out * c + k];
}

static void
grad_weights_reference(const graph_reference *r)
{
	int64_t out = r->in_shape[0].dim[3], points = r->in_shape[2].dim[1], c = r->in_shape[2].dim[3];
	for (int64_t o = 0; o < out; o++)
		for (int64_t k = 0; k < c; k++) {
			double sum = 0;
			for (int64_t n = 0; n < r->in_shape[0].dim[0]; n++)
				if (op_within(r->in[1][n * out + o], points))
					sum += r->in[0][n * out + o] * r->in[2][(n * points + (int64_t)r->in[1][n * out + o]) * c + k];
			r->out[0][o * c + k] = sum;
		}
}

/* ---- centre ---- */

static secant_status
centre_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	char text[96];
	if (op_want_real(s, 0, err))
		return SECANT_ERR_SHAPE;
	if (x->rank < 2)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input is %s, want at least 2 axes", secant_shape_text(x, text, sizeof text));
	s->out[0].shape = *x;
	s->out[1].shape = (secant_shape){ 1, { x->dim[x->rank - 1] } };
	return SECANT_OK;
}

static void
centre_reference(const graph_reference *r)
{
	int64_t c = r->out_shape[1].dim[0], n = c ? secant_shape_count(&r->in_shape[0]) / c : 0;
	OP_PARALLEL
	for (int64_t k = 0; k < c; k++) {
		double mean = 0;
		for (int64_t i = 0; i < n; i++)
			mean += r->in[0][i * c + k];
		r->out[1][k] = mean = n ? mean / (double)n : 0;
		for (int64_t i = 0; i < n; i++)
			r->out[0][i * c + k] = r->in[0][i * c + k] - mean;
	}
}

static void
centre_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (dy[1] >= 0)
		graph_fail(g, SECANT_ERR_UNSUPPORTED, "the mean that centre returns has no gradient");
	else if (dy[0] >= 0)
		dx[0] = graph_apply(g, "centre", NULL, 1, dy[0]);
}

/* ---- running ---- */

static secant_status
running_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].shape = s->in[0].shape;
	return op_want_real(s, 0, err) || op_want_real(s, 1, err) ? SECANT_ERR_SHAPE : op_want_equal(s, 0, 1, err);
}

static void
running_reference(const graph_reference *r)
{
	const op_running_attr *a = r->attr;
	double m = r->n_in > 2 && r->in[2] ? r->in[2][0] : a->momentum;
	for (int64_t i = 0, n = secant_shape_count(&r->in_shape[0]); i < n; i++)
		r->out[0][i] = (1 - m) * r->in[0][i] + m * a->factor * r->in[1][i];
}

/* ---- attributes and cases ---- */

static const secant_opt points_rows[] = {
	SECANT_OPT(op_points_attr, points, INT, "points", "1", 0, 1 << 30, "points of the result"), SECANT_OPT_END
};
static const secant_opts points_attr = { "points", sizeof(op_points_attr), points_rows };
static const secant_opt running_rows[] = {
	SECANT_OPT(op_running_attr, momentum, REAL, "momentum", "0.1", 0, 1, "share of the new numbers"),
	SECANT_OPT(op_running_attr, factor, REAL, "factor", "1", 0, 1e9,
		"of the new numbers: n / (n - 1) makes a variance unbiased"),
	SECANT_OPT_END,
};
static const secant_opts running_attr = { "running", sizeof(op_running_attr), running_rows };

static const graph_op_case max_cases[] = {
	{ "clouds", "", "2x37x1x8 16x8 16" },
	{ "convolution of kernel 1, only largest", "", "3x50x1x16 40x16x1" },
	{ "one point", "", "2x1x1x8 3x8 3" },
	{ "many points", "", "1x1100x1x8 24x8 24" },
	{ 0 },
};
static const graph_op_case grad_data_cases[] = {
	{ "clouds", "points=37", "2x1x1x16 2x1x1x16#37 16x8" },
	{ "one cloud", "points=5", "1x1x1x40 1x1x1x40#5 40x16x1" },
	{ 0 },
};
static const graph_op_case grad_weights_cases[] = {
	{ "clouds", "", "2x1x1x16 2x1x1x16#37 2x37x1x8 16x8" },
	{ "one cloud", "", "1x1x1x40 1x1x1x40#5 1x5x1x16 40x16x1" },
	{ 0 },
};
static const graph_op_case centre_cases[] = { { "clouds", "", "2x7x1x5" }, { "wide", "", "3x50x1x64" },
	{ "empty", "", "0x7x1x5" }, { 0 } };
static const graph_op_case running_cases[] = { { "mean", "", "5 5" },
	{ "variance, given", "momentum=0.3 factor=1.25", "7 7 scalar" }, { 0 } };

const graph_op op_linear_max = {
	.name = "linear_max",
	.brief = "largest or smallest result of a linear layer over the points of a cloud",
	.min_in = 2,
	.max_in = 3,
	.takes = "real:NxPx1xI real:OxI.. real:O",
	.n_out = 2,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = max_shape,
	.grad = max_rule,
	.reference = max_reference,
	.cases = max_cases,
};
const graph_op op_linear_max_grad_data = {
	.name = "linear_max_grad_data",
	.brief = "gradient of linear_max towards the points",
	.attr = &points_attr,
	.min_in = 3,
	.max_in = 3,
	.takes = "real:Nx1x1xO int=0 real:OxI..",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = grad_data_shape,
	.reference = grad_data_reference,
	.cases = grad_data_cases,
};
const graph_op op_linear_max_grad_weights = {
	.name = "linear_max_grad_weights",
	.brief = "gradient of linear_max towards its weights",
	.min_in = 4,
	.max_in = 4,
	.takes = "real:Nx1x1xO int=0 real:NxPx1xI real:OxI..",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 4,
	.low_out = 0,
	.commutes = true,
	.shape = grad_weights_shape,
	.reference = grad_weights_reference,
	.cases = grad_weights_cases,
};
const graph_op op_centre = {
	.name = "centre",
	.brief = "numbers less the mean of their channel",
	.min_in = 1,
	.max_in = 1,
	.takes = "real:.._x_",
	.training = true,
	.n_out = 2,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = centre_shape,
	.grad = centre_rule,
	.reference = centre_reference,
	.cases = centre_cases,
};
const graph_op op_running = {
	.name = "running",
	.brief = "a running statistic brought up to date",
	.attr = &running_attr,
	.min_in = 2,
	.max_in = 3,
	.takes = "real real=0 real#1",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.alias = { 1 },
	.shape = running_shape,
	.reference = running_reference,
	.cases = running_cases,
};
