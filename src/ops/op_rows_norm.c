/*
 * Batch norm of the first `count` rows of a matrix, of which row r stands for weight[r] equal ones (op_rows.c). With
 * n the sum of weights:
 *
 *     mean = sum of w x / n     var = sum of w (x - mean)^2 / n     y = act((x - mean) / sqrt(var + eps) gamma +
 *                               beta)
 *
 * An offset is added to x before: it moves nothing but the running mean (a bias before a batch norm; its gradient is
 * zero).
 *
 *     rows_norm          x, running mean, running variance, gamma, beta, weight, count, offset, momentum
 *                        y, mean, 1 / deviation, new running mean and variance, scale, shift (y = act(scale x +
 *                        shift))
 *     rows_norm_apply    x, scale, shift, count                                      y once more
 *     rows_norm_grad     dy, x, mean, rstd, gamma, scale, shift, weight, count       dx, dgamma, dbeta. dy of a row
 *                        is the sum of its equals' dy:
 *                        dx = rstd gamma (d - w (sum d + xhat sum d xhat) / n), d = dy where y > 0
 *     rows_norm_max      x to count as rows_norm, place (N x M x 2), offset, momentum      largest y of the rows
 *                        place[0] to place[1] (end) of each ball, N x M x 1 x C,
 *                        0 where there is none; mean, rstd, new running mean and variance, and the row it was: the
 *                        one of largest x, of smallest
 *                        where gamma is negative, the first of equal ones; -1: none
 *     rows_max           x, scale, shift, place, count                               largest act(scale x + shift) of
 *                        the rows of each ball, as rows_norm_max finds it
 *     rows_norm_max_grad dy, row, y, x, mean, rstd, gamma, weight, count             dx, dgamma, dbeta
 *
 * Rows from `count` on are unspecified.
 */
#include "ops/act.h"
#include "ops/rules.h"
#include <math.h>

/* Of the activations relu alone: passes ask (op_act_ends). */
static const secant_opt norm_rows[] = {
	SECANT_OPT(op_norm_attr, eps, REAL, "eps", "1e-5", 0, 1, "added to the variance"),
	SECANT_OPT(op_norm_attr, momentum, REAL, "momentum", "0.1", 0, 1, "share of the batch in the running statistics"),
	SECANT_OPT_CHOICE(op_norm_attr, act, "act", "none", "none|relu", "activation of the result"),
	SECANT_OPT_END,
};
static const secant_opts rows_norm_options = { "rows_norm", sizeof(op_norm_attr), norm_rows };

static const double *
input(const graph_reference *r, int i)
{
	return i < r->n_in ? r->in[i] : NULL;
}

static int64_t
rows_of(const double *count, int64_t most)
{
	return count[0] < 0 ? 0 : count[0] < (double)most ? (int64_t)count[0] : most;
}

/* ---- shapes ---- */

static secant_status
want_vectors(const graph_signature *s, int from, int to, int64_t n, secant_err *err)
{
	char text[96];
	for (int i = from; i <= to && i < s->n_in; i++)
		if (s->in[i].shape.rank >= 0) {
			if (op_want_real(s, i, err))
				return SECANT_ERR_SHAPE;
			if (s->in[i].shape.rank != 1 || s->in[i].shape.dim[0] != n)
				return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want %lld", i,
					secant_shape_text(&s->in[i].shape, text, sizeof text), (long long)n);
		}
	return SECANT_OK;
}

/* Rows at x, their weights (-1: none asked for) and count. */
static secant_status
want_rows(const graph_signature *s, int x, int weight, int count, secant_err *err)
{
	if (op_want_real(s, x, err) || op_want_rank(s, x, 2, err) || op_want_integer(s, count, err))
		return SECANT_ERR_SHAPE;
	if (secant_shape_count(&s->in[count].shape) != 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "input %d says how many rows there are: want one number", count);
	return weight < 0 ? SECANT_OK : want_vectors(s, weight, weight, s->in[x].shape.dim[0], err);
}

/* The inputs of both norms; offset is input `at`, momentum the next. */
static secant_status
want_norm(const graph_signature *s, int at, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	if (want_rows(s, 0, 5, 6, err) || want_vectors(s, 1, 4, x->dim[1], err) || want_vectors(s, at, at, x->dim[1], err))
		return SECANT_ERR_SHAPE;
	if (s->n_in > at + 1 && s->in[at + 1].shape.rank >= 0 && secant_shape_count(&s->in[at + 1].shape) != 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "momentum is one number");
	return SECANT_OK;
}

static secant_status
norm_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	if (want_norm(s, 7, err))
		return SECANT_ERR_SHAPE;
	for (int i = 0; i < 7; i++)
		s->out[i].shape = i ? (secant_shape){ 1, { x->dim[1] } } : *x;
	return SECANT_OK;
}

static secant_status
apply_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].shape = s->in[0].shape;
	return want_rows(s, 0, -1, 3, err) ? SECANT_ERR_SHAPE : want_vectors(s, 1, 2, s->in[0].shape.dim[1], err);
}

static secant_status
grad_outputs(const graph_signature *s, int x)
{
	for (int i = 0; i < 3; i++)
		s->out[i].shape = i ? (secant_shape){ 1, { s->in[x].shape.dim[1] } } : s->in[x].shape;
	return SECANT_OK;
}

static secant_status
grad_shape(const graph_signature *s, secant_err *err)
{
	if (want_rows(s, 1, 7, 8, err) || op_want_equal(s, 0, 1, err) || want_vectors(s, 2, 6, s->in[1].shape.dim[1], err))
		return SECANT_ERR_SHAPE;
	return grad_outputs(s, 1);
}

/* Output 0, of balls whose rows input `at` places. */
static secant_status
ball_output(const graph_signature *s, int at, secant_err *err)
{
	const secant_shape *place = &s->in[at].shape;
	char text[96];
	if (op_want_integer(s, at, err))
		return SECANT_ERR_SHAPE;
	if (place->rank != 3 || place->dim[2] != 2)
		return secant_fail(err, SECANT_ERR_SHAPE, "places are %s, want N x M x 2",
			place->rank < 0 ? "absent" : secant_shape_text(place, text, sizeof text));
	s->out[0].shape = (secant_shape){ 4, { place->dim[0], place->dim[1], 1, s->in[0].shape.dim[1] } };
	return SECANT_OK;
}

static secant_status
max_shape(const graph_signature *s, secant_err *err)
{
	return want_rows(s, 0, -1, 4, err) || want_vectors(s, 1, 2, s->in[0].shape.dim[1], err) ? SECANT_ERR_SHAPE
																							: ball_output(s, 3, err);
}

static secant_status
norm_max_shape(const graph_signature *s, secant_err *err)
{
	if (want_norm(s, 8, err) || ball_output(s, 7, err))
		return SECANT_ERR_SHAPE;
	for (int i = 1; i < 5; i++)
		s->out[i].shape = (secant_shape){ 1, { s->in[0].shape.dim[1] } };
	s->out[5] = (graph_type){ SECANT_I32, s->out[0].shape };
	return SECANT_OK;
}

static secant_status
max_grad_shape(const graph_signature *s, secant_err *err)
{
	if (want_rows(s, 3, 7, 8, err) || op_want_integer(s, 1, err) || op_want_equal(s, 0, 1, err)
		|| op_want_equal(s, 0, 2, err) || op_want_rank(s, 0, 4, err)
		|| want_vectors(s, 4, 6, s->in[3].shape.dim[1], err))
		return SECANT_ERR_SHAPE;
	if (s->in[0].shape.dim[3] != s->in[3].shape.dim[1])
		return secant_fail(err, SECANT_ERR_SHAPE, "gradient of %lld channels for rows of %lld",
			(long long)s->in[0].shape.dim[3], (long long)s->in[3].shape.dim[1]);
	return grad_outputs(s, 3);
}

/* ---- references ---- */

/* Statistics of column k into mean, rstd and the running ones; offset is input `at`, momentum the next. */
static void
statistics(const graph_reference *r, int at, int64_t k, int64_t count)
{
	const op_norm_attr *a = r->attr;
	const double *x = r->in[0], *w = r->in[5], *offset = input(r, at), *given = input(r, at + 1);
	int64_t c = r->in_shape[0].dim[1];
	double n = 0, mean = 0, var = 0, momentum = given ? given[0] : a->momentum;
	for (int64_t i = 0; i < count; i++) {
		n += w[i];
		mean += w[i] * x[i * c + k];
	}
	mean = n > 0 ? mean / n : 0;
	for (int64_t i = 0; i < count; i++)
		var += w[i] * (x[i * c + k] - mean) * (x[i * c + k] - mean);
	r->out[1][k] = mean;
	r->out[2][k] = 1 / sqrt((n > 0 ? var / n : 0) + a->eps);
	r->out[3][k] = n > 1 ? (1 - momentum) * r->in[1][k] + momentum * (mean + (offset ? offset[k] : 0)) : r->in[1][k];
	r->out[4][k] = n > 1 ? (1 - momentum) * r->in[2][k] + momentum * var / (n - 1) : r->in[2][k];
}

static double
activated(const graph_reference *r, double v)
{
	return op_act_value(((const op_norm_attr *)r->attr)->act, v);
}

static void
norm_reference(const graph_reference *r)
{
	int64_t rows = r->in_shape[0].dim[0], c = r->in_shape[0].dim[1], count = rows_of(r->in[6], rows);
	for (int64_t k = 0; k < c; k++) {
		statistics(r, 7, k, count);
		r->out[5][k] = r->out[2][k] * r->in[3][k];
		r->out[6][k] = r->in[4][k] - r->out[1][k] * r->out[5][k];
		for (int64_t i = 0; i < rows; i++)
			r->out[0][i * c + k] = i < count ? activated(r, r->in[0][i * c + k] * r->out[5][k] + r->out[6][k])
											 : OP_UNSPECIFIED;
	}
}

static void
apply_reference(const graph_reference *r)
{
	int64_t rows = r->in_shape[0].dim[0], c = r->in_shape[0].dim[1], count = rows_of(r->in[3], rows);
	for (int64_t i = 0; i < rows * c; i++)
		r->out[0][i] = i / c < count ? activated(r, r->in[0][i] * r->in[1][i % c] + r->in[2][i % c]) : OP_UNSPECIFIED;
}

/* The row of number i of the result: of largest x, of smallest where `sign` is negative; -1: none. */
static int64_t
best_row(const graph_reference *r, const double *place, const double *sign, int64_t i, int64_t count)
{
	int64_t c = r->in_shape[0].dim[1], k = i % c, best = -1;
	double flip = sign[k] < 0 ? -1 : 1;
	place += i / c * 2;
	int64_t first = op_whole(place[0]), end = op_whole(place[1]);
	for (int64_t j = first < 0 ? 0 : first; j < end && j < count; j++)
		if (best < 0 || r->in[0][j * c + k] * flip > r->in[0][best * c + k] * flip)
			best = j;
	return best;
}

static void
max_reference(const graph_reference *r)
{
	int64_t c = r->in_shape[0].dim[1], count = rows_of(r->in[4], r->in_shape[0].dim[0]);
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		int64_t k = i % c, best = best_row(r, r->in[3], r->in[1], i, count);
		r->out[0][i] = best < 0 ? 0 : activated(r, r->in[0][best * c + k] * r->in[1][k] + r->in[2][k]);
	}
}

static void
norm_max_reference(const graph_reference *r)
{
	int64_t rows = r->in_shape[0].dim[0], c = r->in_shape[0].dim[1], count = rows_of(r->in[6], rows);
	for (int64_t k = 0; k < c; k++)
		statistics(r, 8, k, count);
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		int64_t k = i % c, best = best_row(r, r->in[7], r->in[3], i, count);
		r->out[5][i] = (double)best;
		r->out[0][i] = best < 0
			? 0
			: activated(r, (r->in[0][best * c + k] - r->out[1][k]) * r->out[2][k] * r->in[3][k] + r->in[4][k]);
	}
}

/* Of column k: dx, dgamma, dbeta; x is input `at`, then mean, rstd, gamma; d: of each row. */
static void
column_grad(const graph_reference *r, int at, const double *d, const double *weight, int64_t k, int64_t count)
{
	int64_t rows = r->out_shape[0].dim[0], c = r->out_shape[0].dim[1];
	double n = 0, sum = 0, sum_xhat = 0, mean = r->in[at + 1][k], rstd = r->in[at + 2][k];
	for (int64_t i = 0; i < count; i++) {
		n += weight[i];
		sum += d[i * c + k];
		sum_xhat += d[i * c + k] * (r->in[at][i * c + k] - mean) * rstd;
	}
	for (int64_t i = 0; i < rows; i++) {
		double xhat = (r->in[at][i * c + k] - mean) * rstd;
		r->out[0][i * c + k] = i < count
			? rstd * r->in[at + 3][k] * (d[i * c + k] - (n > 0 ? weight[i] * (sum + xhat * sum_xhat) / n : 0))
			: OP_UNSPECIFIED;
	}
	r->out[1][k] = sum_xhat;
	r->out[2][k] = sum;
}

static void
grad_reference(const graph_reference *r)
{
	int64_t rows = r->out_shape[0].dim[0], c = r->out_shape[0].dim[1], count = rows_of(r->in[8], rows);
	bool relu = ((const op_norm_attr *)r->attr)->act == OP_ACT_RELU;
	for (int64_t i = 0; i < rows * c; i++) /* the masked gradient stands where the result will */
		r->out[0][i] = relu && r->in[1][i] * r->in[5][i % c] + r->in[6][i % c] <= 0 ? 0 : r->in[0][i];
	for (int64_t k = 0; k < c; k++)
		column_grad(r, 1, r->out[0], r->in[7], k, count);
}

static void
max_grad_reference(const graph_reference *r)
{
	int64_t rows = r->out_shape[0].dim[0], c = r->out_shape[0].dim[1], count = rows_of(r->in[8], rows);
	bool relu = ((const op_norm_attr *)r->attr)->act == OP_ACT_RELU;
	for (int64_t i = 0; i < rows * c; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0, n = secant_shape_count(&r->in_shape[0]); i < n; i++)
		if (op_within(r->in[1][i], count) && !(relu && r->in[2][i] <= 0))
			r->out[0][(int64_t)r->in[1][i] * c + i % c] += r->in[0][i];
	for (int64_t k = 0; k < c; k++)
		column_grad(r, 3, r->out[0], r->in[7], k, count);
}

/* ---- gradients ---- */

static void
deliver(graph_net *g, const graph_node *n, const graph_node *grad, int offset, const bool *wants, graph_value *dx)
{
	if (!grad)
		return;
	dx[0] = grad->out[0];
	dx[3] = grad->out[1];
	dx[4] = grad->out[2];
	if (n->n_in > offset && n->in[offset] >= 0 && wants[offset])
		dx[offset] = op_build_number(g, "mul_scalar", 0, n->in[offset]);
}

static void
norm_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value in[] = { dy[0], n->in[0], n->out[1], n->out[2], n->in[3], n->out[5], n->out[6], n->in[5], n->in[6] };
	if (dy[0] >= 0)
		deliver(g, n, graph_make_node(g, "rows_norm_grad", n->attr, 9, in), 7, wants, dx);
}

static void
max_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	graph_value in[] = { dy[0], n->out[5], n->out[0], n->in[0], n->out[1], n->out[2], n->in[3], n->in[5], n->in[6] };
	if (dy[0] >= 0)
		deliver(g, n, graph_make_node(g, "rows_norm_max_grad", n->attr, 9, in), 8, wants, dx);
}

static graph_value
norm_again(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out)
{
	return graph_apply(g, "rows_norm_apply", n->attr, 4, in[0], out[5], out[6], in[6]);
}

/* ---- cases ---- */

static const graph_op_case norm_cases[] = {
	{ "rows", "", "24x16 16 16@0.5:2 16@0.5:2 16 24@1:9 1#25" },
	{ "relu, offset", "act=relu", "40x5 5 5@0.5:2 5 5 40@1:2 1#41 5" },
	{ "given momentum", "", "24x8 8 8@0.5:2 8 8 24@1:9 1#25 - scalar" },
	{ 0 },
};
static const graph_op_case apply_cases[] = { { "rows", "", "24x16 16 16 1#25" },
	{ "relu", "act=relu", "40x5 5 5 1#41" }, { 0 } };
static const graph_op_case grad_cases[] = {
	{ "rows", "", "24x16 24x16 16 16@0.5:2 16 16 16 24@1:9 1#25" },
	{ "relu", "act=relu", "40x5 40x5 5 5@0.5:2 5 5 5 40@1:2 1#41" },
	{ 0 },
};
static const graph_op_case max_cases[] = { { "balls", "", "24x16 16 16 2x3x2#25 1#25" },
	{ "relu", "act=relu", "40x5 5 5 3x4x2#41 1#41" }, { 0 } };
static const graph_op_case norm_max_cases[] = {
	{ "balls", "", "24x16 16 16@0.5:2 16 16 24@1:9 1#25 2x3x2#25" },
	{ "relu, offset", "act=relu", "40x5 5 5@0.5:2 5 5 40@1:2 1#41 3x4x2#41 5" },
	{ "given momentum", "", "24x8 8 8@0.5:2 8 8 24@1:9 1#25 1x9x2#25 8 scalar" },
	{ 0 },
};
static const graph_op_case max_grad_cases[] = {
	{ "balls", "", "2x3x1x16 2x3x1x16#25 2x3x1x16 24x16 16 16@0.5:2 16 24@1:9 1#25" },
	{ "relu", "act=relu", "3x4x1x5 3x4x1x5#41 3x4x1x5 40x5 5 5@0.5:2 5 40@1:2 1#41" },
	{ 0 },
};

const graph_op op_rows_norm = {
	.name = "rows_norm",
	.brief = "batch norm of weighted rows, with optional activation",
	.attr = &rows_norm_options,
	.min_in = 7,
	.max_in = 9,
	.takes = "real:RxC real:C real:C real:C real:C real:R int#1 real:C real#1",
	.training = true,
	.n_out = 7,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.alias = { 0, 0, 0, 2, 3 },
	.shape = norm_shape,
	.grad = norm_rule,
	.reference = norm_reference,
	.again = norm_again,
	.cases = norm_cases,
};
const graph_op op_rows_norm_apply = {
	.name = "rows_norm_apply",
	.brief = "the result of rows_norm once more, by the scale and shift it found",
	.attr = &rows_norm_options,
	.min_in = 4,
	.max_in = 4,
	.takes = "real:RxC real:C real:C int#1",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = apply_shape,
	.reference = apply_reference,
	.cases = apply_cases,
};
const graph_op op_rows_max = {
	.name = "rows_max",
	.brief = "rows scaled and shifted, and the largest of each ball",
	.attr = &rows_norm_options,
	.min_in = 5,
	.max_in = 5,
	.takes = "real:RxC real:C real:C int:NxMx2 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = max_shape,
	.reference = max_reference,
	.cases = max_cases,
};
const graph_op op_rows_norm_grad = {
	.name = "rows_norm_grad",
	.brief = "gradient of rows_norm",
	.attr = &rows_norm_options,
	.min_in = 9,
	.max_in = 9,
	.takes = "real:RxC real=0 real:C real:C real:C real:C real:C real:R int#1",
	.training = true,
	.n_out = 3,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 3,
	.low_out = 1,
	.commutes = true,
	.shape = grad_shape,
	.reference = grad_reference,
	.cases = grad_cases,
};
const graph_op op_rows_norm_max = {
	.name = "rows_norm_max",
	.brief = "batch norm of weighted rows, and the largest of each ball",
	.attr = &rows_norm_options,
	.min_in = 8,
	.max_in = 10,
	.takes = "real:RxC real:C real:C real:C real:C real:R int#1 int:NxMx2 real:C real#1",
	.training = true,
	.n_out = 6,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.alias = { 0, 0, 0, 2, 3 },
	.shape = norm_max_shape,
	.grad = max_rule,
	.reference = norm_max_reference,
	.cases = norm_max_cases,
};
const graph_op op_rows_norm_max_grad = {
	.name = "rows_norm_max_grad",
	.brief = "gradient of rows_norm_max",
	.attr = &rows_norm_options,
	.min_in = 9,
	.max_in = 9,
	.takes = "real:NxMx1xC int=0 real=0 real:RxC real:C real:C real:C real:R int#1",
	.training = true,
	.n_out = 3,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1 | 4 | 8,
	.low_out = 1,
	.commutes = true,
	.shape = max_grad_shape,
	.reference = max_grad_reference,
	.cases = max_grad_cases,
};
