/*
 * Points of balls as rows, each once. A ball query gives every centre the same number of indices, the first index
 * again where a ball holds fewer, and where centres outnumber the points the centres repeat too. A layer on the
 * points of a ball, batch norm and a maximum over it need each distinct row once, with how often it is there as a
 * weight: the same numbers for a part of the products.
 *
 *     distinct_rows      index (N x M x K), centres      slot of each distinct row (n M K + m K + k, ascending; -1
 *                                                        behind the last), how often it
 *                        is there (0 behind the last), first row and end of each ball (N x M x 2), how many rows
 *                        there are. Within a ball, indices
 *                        equal to the ball's first are one row; a ball equal to the first of its cloud or to the
 *                        last that was new is that one
 *     ball_rows          index, slot, count, x, centres, w (out x 3), f (N x P x 1 x out)      z[r] = w (x[p] -
 *                        centre) + f[p], p = index[slot[r]].
 *                        A layer on [x - centre, features] commutes with the choice: f = layer of the features, once
 *                        a point instead of once a row
 *     ball_rows_grad_weights   dz, index, slot, count, x, centres                 dw
 *     rows_to_points           dz, index, slot, count                             df
 *     rows_linear              x (rows x C), w (out x C), count                   y[r] = w x[r]; bias belongs to the
 *                              norm (op_rows_norm.c)
 *     rows_linear_grad_data    dy, w, count                                       dx
 *     rows_linear_grad_weights x, dy, count                                       dw
 *
 * Buffers have room for all slots; rows from `count` on are unspecified. Where points are is no function of
 * parameters: x and centres have no gradient.
 */
#include "ops/rules.h"

/* ---- what all of them check ---- */

static secant_status
want_rows(const graph_signature *s, int i, int64_t rows, secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	char text[96];
	if (op_want_real(s, i, err) || op_want_rank(s, i, 2, err))
		return SECANT_ERR_SHAPE;
	return rows < 0 || x->dim[0] == rows ? SECANT_OK
										 : secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want %lld rows", i,
											 secant_shape_text(x, text, sizeof text), (long long)rows);
}

static secant_status
want_count(const graph_signature *s, int i, secant_err *err)
{
	if (op_want_integer(s, i, err))
		return SECANT_ERR_SHAPE;
	return secant_shape_count(&s->in[i].shape) == 1
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_SHAPE, "input %d says how many rows there are: want one number", i);
}

static secant_status
want_matrix(const graph_signature *s, int i, int64_t columns, secant_err *err)
{
	const secant_shape *w = &s->in[i].shape;
	char text[96];
	if (op_want_real(s, i, err))
		return SECANT_ERR_SHAPE;
	if (w->rank >= 2 && secant_shape_count(w) == w->dim[0] * w->dim[1] && w->dim[1] == columns)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "weights are %s, want out x %lld",
		w->rank < 0 ? "absent" : secant_shape_text(w, text, sizeof text), (long long)columns);
}

static secant_status
want_cloud(const graph_signature *s, int i, int64_t clouds, int64_t points, int channels, secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	char text[96];
	if (op_want_real(s, i, err))
		return SECANT_ERR_SHAPE;
	if (x->rank == 4 && x->dim[0] == clouds && (points < 0 || x->dim[1] == points) && x->dim[2] == 1
		&& x->dim[3] >= channels)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want %lld clouds N x P x 1 x C of at least %d channels",
		i, x->rank < 0 ? "absent" : secant_shape_text(x, text, sizeof text), (long long)clouds, channels);
}

/* index N x M x K at i, slot at i + 1, count at i + 2. */
static secant_status
want_slots(const graph_signature *s, int i, secant_err *err)
{
	if (op_want_integer(s, i, err) || op_want_rank(s, i, 3, err) || op_want_integer(s, i + 1, err)
		|| op_want_rank(s, i + 1, 1, err) || want_count(s, i + 2, err))
		return SECANT_ERR_SHAPE;
	if (s->in[i + 1].shape.dim[0] == secant_shape_count(&s->in[i].shape))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "%lld slots for %lld indices", (long long)s->in[i + 1].shape.dim[0],
		(long long)secant_shape_count(&s->in[i].shape));
}

static int64_t
rows_of(const double *count, int64_t most)
{
	return count[0] < 0 ? 0 : count[0] < (double)most ? (int64_t)count[0] : most;
}

/* ---- distinct_rows ---- */

static secant_status
distinct_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	if (op_want_integer(s, 0, err) || op_want_rank(s, 0, 3, err) || want_cloud(s, 1, x->dim[0], x->dim[1], 3, err))
		return SECANT_ERR_SHAPE;
	int64_t rows = secant_shape_count(x);
	if (x->dim[2] < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "balls of no index");
	if (rows > INT32_MAX)
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld indices are too many to be counted", (long long)rows);
	s->out[0] = (graph_type){ SECANT_I32, { 1, { rows } } };
	s->out[1] = (graph_type){ SECANT_F32, { 1, { rows } } };
	s->out[2] = (graph_type){ SECANT_I32, { 3, { x->dim[0], x->dim[1], 2 } } };
	s->out[3] = (graph_type){ SECANT_I32, { 1, { 1 } } };
	return SECANT_OK;
}

static bool
equal_balls(const graph_reference *r, int64_t a, int64_t b)
{
	int64_t k = r->in_shape[0].dim[2], c = r->in_shape[1].dim[3];
	bool equal = true;
	for (int64_t i = 0; i < k; i++)
		equal &= r->in[0][a * k + i] == r->in[0][b * k + i];
	for (int64_t i = 0; i < 3; i++)
		equal &= r->in[1][a * c + i] == r->in[1][b * c + i];
	return equal;
}

static void
distinct_reference(const graph_reference *r)
{
	int64_t m = r->in_shape[0].dim[1], k = r->in_shape[0].dim[2], balls = r->in_shape[0].dim[0] * m, rows = 0, last = 0;
	for (int64_t b = 0; b < balls; b++) {
		int64_t first = b / m * m,
				same = b == first      ? -1
			: equal_balls(r, b, first) ? first
			: equal_balls(r, b, last)  ? last
									   : -1;
		if (same < 0) {
			last = b;
			r->out[2][2 * b] = (double)rows;
			for (int64_t i = 0; i < k; i++)
				if (!i || r->in[0][b * k + i] != r->in[0][b * k]) {
					r->out[0][rows] = (double)(b * k + i);
					r->out[1][rows++] = 0;
				}
			r->out[2][2 * b + 1] = (double)rows;
		} else {
			r->out[2][2 * b] = r->out[2][2 * same];
			r->out[2][2 * b + 1] = r->out[2][2 * same + 1];
		}
		int64_t at = (int64_t)r->out[2][2 * b], next = at;
		for (int64_t i = 0; i < k; i++)
			r->out[1][!i || r->in[0][b * k + i] != r->in[0][b * k] ? next++ : at]++;
	}
	for (int64_t i = rows; i < balls * k; i++) {
		r->out[0][i] = -1;
		r->out[1][i] = 0;
	}
	r->out[3][0] = (double)rows;
}

/* ---- ball_rows ---- */

static secant_status
ball_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	char text[96];
	if (want_slots(s, 0, err) || want_cloud(s, 3, x->dim[0], -1, 3, err)
		|| want_cloud(s, 4, x->dim[0], x->dim[1], 3, err) || want_matrix(s, 5, 3, err))
		return SECANT_ERR_SHAPE;
	int64_t out = s->in[5].shape.dim[0];
	if (s->n_in > 6 && s->in[6].shape.rank >= 0) {
		if (want_cloud(s, 6, x->dim[0], s->in[3].shape.dim[1], 0, err))
			return SECANT_ERR_SHAPE;
		if (s->in[6].shape.dim[3] != out)
			return secant_fail(err, SECANT_ERR_SHAPE, "features are %s, want %lld channels",
				secant_shape_text(&s->in[6].shape, text, sizeof text), (long long)out);
	}
	s->out[0].shape = (secant_shape){ 2, { s->in[1].shape.dim[0], out } };
	return SECANT_OK;
}

/* Where row i is: the point's number among all clouds' (-1: none) and the ball's. index, slot are inputs `at` and
 * after. */
static int64_t
point_of(const graph_reference *r, int at, int64_t i, int64_t points, int64_t *ball)
{
	const secant_shape *x = &r->in_shape[at];
	double slot = r->in[at + 1][i];
	*ball = 0;
	if (!(slot >= 0 && slot < (double)secant_shape_count(x)))
		return -1;
	double p = r->in[at][(int64_t)slot];
	*ball = (int64_t)slot / x->dim[2];
	return p >= 0 && p < (double)points ? *ball / x->dim[1] * points + (int64_t)p : -1;
}

/* x of a point less its centre; zeros without a point. */
static void
offset_of(const graph_reference *r, int at, int64_t p, int64_t ball, double d[3])
{
	for (int a = 0; a < 3; a++)
		d[a] = p < 0 ? 0
					 : r->in[at][p * r->in_shape[at].dim[3] + a] - r->in[at + 1][ball * r->in_shape[at + 1].dim[3] + a];
}

static void
ball_reference(const graph_reference *r)
{
	int64_t rows = r->out_shape[0].dim[0], c = r->out_shape[0].dim[1], count = rows_of(r->in[2], rows), ball;
	const double *f = r->n_in > 6 ? r->in[6] : NULL;
	for (int64_t i = 0; i < rows; i++) {
		int64_t p = point_of(r, 0, i, r->in_shape[3].dim[1], &ball);
		double d[3];
		offset_of(r, 3, p, ball, d);
		for (int64_t k = 0; k < c; k++) {
			const double *w = r->in[5] + 3 * k;
			r->out[0][i * c + k] = i >= count
				? OP_UNSPECIFIED
				: d[0] * w[0] + d[1] * w[1] + d[2] * w[2] + (f && p >= 0 ? f[p * c + k] : 0);
		}
	}
}

static void
ball_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape w = *graph_shape(g, n->in[5]);
	op_points_attr a = { (int)graph_shape(g, n->in[3])->dim[1] };
	if (wants[5])
		dx[5] = op_build_reshape(g,
			graph_apply(g, "ball_rows_grad_weights", NULL, 6, dy[0], n->in[0], n->in[1], n->in[2], n->in[3], n->in[4]),
			&w);
	if (n->n_in > 6 && wants[6])
		dx[6] = graph_apply(g, "rows_to_points", &a, 4, dy[0], n->in[0], n->in[1], n->in[2]);
}

static secant_status
ball_grad_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[1].shape;
	if (want_slots(s, 1, err) || want_rows(s, 0, s->in[2].shape.dim[0], err) || want_cloud(s, 4, x->dim[0], -1, 3, err)
		|| want_cloud(s, 5, x->dim[0], x->dim[1], 3, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 2, { s->in[0].shape.dim[1], 3 } };
	return SECANT_OK;
}

static void
ball_grad_reference(const graph_reference *r)
{
	int64_t c = r->in_shape[0].dim[1], count = rows_of(r->in[3], r->in_shape[0].dim[0]), ball;
	for (int64_t i = 0; i < 3 * c; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < count; i++) {
		int64_t p = point_of(r, 1, i, r->in_shape[4].dim[1], &ball);
		double d[3];
		offset_of(r, 4, p, ball, d);
		for (int64_t k = 0; k < 3 * c; k++)
			r->out[0][k] += r->in[0][i * c + k / 3] * d[k % 3];
	}
}

static secant_status
to_points_shape(const graph_signature *s, secant_err *err)
{
	if (want_slots(s, 1, err) || want_rows(s, 0, s->in[2].shape.dim[0], err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 4,
		{ s->in[1].shape.dim[0], ((const op_points_attr *)s->attr)->points, 1, s->in[0].shape.dim[1] } };
	return SECANT_OK;
}

static void
to_points_reference(const graph_reference *r)
{
	int64_t c = r->in_shape[0].dim[1], count = rows_of(r->in[3], r->in_shape[0].dim[0]), ball;
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < count; i++) {
		int64_t p = point_of(r, 1, i, r->out_shape[0].dim[1], &ball);
		for (int64_t k = 0; k < c && p >= 0; k++)
			r->out[0][p * c + k] += r->in[0][i * c + k];
	}
}

/* ---- rows_linear ---- */

static secant_status
linear_shape(const graph_signature *s, secant_err *err)
{
	if (want_rows(s, 0, -1, err) || want_matrix(s, 1, s->in[0].shape.dim[1], err) || want_count(s, 2, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 2, { s->in[0].shape.dim[0], s->in[1].shape.dim[0] } };
	return SECANT_OK;
}

/* y[r, i] = sum over j of x[r, j] w(i, j), which stands at i * row + j * column. */
static void
multiply(const graph_reference *r, int64_t row, int64_t column)
{
	int64_t rows = r->out_shape[0].dim[0], out = r->out_shape[0].dim[1], in = r->in_shape[0].dim[1],
			count = rows_of(r->in[2], rows);
	OP_PARALLEL
	for (int64_t i = 0; i < rows * out; i++) {
		double sum = 0;
		for (int64_t k = 0; k < in; k++)
			sum += r->in[0][i / out * in + k] * r->in[1][i % out * row + k * column];
		r->out[0][i] = i / out < count ? sum : OP_UNSPECIFIED;
	}
}

static void
linear_reference(const graph_reference *r)
{
	multiply(r, r->in_shape[0].dim[1], 1);
}
static void
linear_grad_data_reference(const graph_reference *r)
{
	multiply(r, 1, r->out_shape[0].dim[1]);
}

static void
linear_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape w = *graph_shape(g, n->in[1]);
	if (wants[0])
		dx[0] = graph_apply(g, "rows_linear_grad_data", NULL, 3, dy[0], n->in[1], n->in[2]);
	if (wants[1])
		dx[1] = op_build_reshape(g, graph_apply(g, "rows_linear_grad_weights", NULL, 3, n->in[0], dy[0], n->in[2]), &w);
}

static secant_status
linear_grad_data_shape(const graph_signature *s, secant_err *err)
{
	int64_t in = s->in[1].shape.rank > 1 ? s->in[1].shape.dim[1] : 0;
	if (want_rows(s, 0, -1, err) || want_matrix(s, 1, in, err) || want_count(s, 2, err))
		return SECANT_ERR_SHAPE;
	if (s->in[0].shape.dim[1] != s->in[1].shape.dim[0])
		return secant_fail(err, SECANT_ERR_SHAPE, "weights of %lld outputs for a gradient of %lld",
			(long long)s->in[1].shape.dim[0], (long long)s->in[0].shape.dim[1]);
	s->out[0].shape = (secant_shape){ 2, { s->in[0].shape.dim[0], in } };
	return SECANT_OK;
}

static secant_status
linear_grad_weights_shape(const graph_signature *s, secant_err *err)
{
	if (want_rows(s, 0, -1, err) || want_rows(s, 1, s->in[0].shape.dim[0], err) || want_count(s, 2, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 2, { s->in[1].shape.dim[1], s->in[0].shape.dim[1] } };
	return SECANT_OK;
}

static void
linear_grad_weights_reference(const graph_reference *r)
{
	int64_t in = r->in_shape[0].dim[1], out = r->in_shape[1].dim[1], count = rows_of(r->in[2], r->in_shape[0].dim[0]);
	OP_PARALLEL
	for (int64_t k = 0; k < out * in; k++) {
		double sum = 0;
		for (int64_t i = 0; i < count; i++)
			sum += r->in[1][i * out + k / in] * r->in[0][i * in + k % in];
		r->out[0][k] = sum;
	}
}

/* ---- attributes and cases ---- */

static const secant_opt points_rows[] = {
	SECANT_OPT(op_points_attr, points, INT, "points", "1", 0, 1 << 30, "points of the result"), SECANT_OPT_END
};
static const secant_opts points_attr = { "points", sizeof(op_points_attr), points_rows };

static const graph_op_case distinct_cases[] = {
	{ "few indices", "", "2x5x6#2 2x5x1x3" },
	{ "many", "", "3x7x4#30 3x7x1x5" },
	{ "one", "", "4x3x1#1 4x3x1x3" },
	{ "equal balls", "", "2x9x3#1 2x9x1x3@1:1.00000000001" },
	{ 0 },
};
static const graph_op_case ball_cases[] = {
	{ "x alone", "", "2x3x4#9 24#24 1#25 2x9x1x3 2x3x1x3 16x3x1x1" },
	{ "features", "", "2x3x4#10 24#24 1#25 2x9x1x4 2x3x1x5 8x3 2x9x1x8" },
	{ "wide", "", "1x4x5#33 20#20 1#21 1x33x1x3 1x4x1x3 70x3 1x33x1x70" },
	{ "no row", "", "2x3x4#9 24#24 1#1 2x9x1x3 2x3x1x3 16x3" },
	{ 0 },
};
static const graph_op_case ball_grad_cases[] = {
	{ "rows", "", "24x16 2x3x4#9 24#24 1#25 2x9x1x3 2x3x1x4" },
	{ "wide", "", "20x70 1x4x5#34 20#20 1#21 1x33x1x3 1x4x1x3" },
	{ "no row", "", "24x16 2x3x4#9 24#24 1#1 2x9x1x3 2x3x1x3" },
	{ 0 },
};
static const graph_op_case to_points_cases[] = {
	{ "rows", "points=9", "24x16 2x3x4#10 24#24 1#25" },
	{ "wide", "points=33", "20x70 1x4x5#33 20#20 1#21" },
	{ "no row", "points=9", "24x16 2x3x4#9 24#24 1#1" },
	{ 0 },
};
static const graph_op_case linear_cases[] = {
	{ "rows", "", "24x8 16x8x1x1 1#25" },
	{ "matrix", "", "40x16 32x16 1#41" },
	{ "no row", "", "24x8 16x8 1#1" },
	{ 0 },
};
static const graph_op_case linear_grad_data_cases[] = {
	{ "rows", "", "24x16 16x8x1x1 1#25" },
	{ "matrix", "", "40x32 32x16 1#41" },
	{ "no row", "", "24x16 16x8 1#1" },
	{ 0 },
};
static const graph_op_case linear_grad_weights_cases[] = {
	{ "rows", "", "24x8 24x16 1#25" },
	{ "wide", "", "40x16 40x64 1#41" },
	{ "no row", "", "24x8 24x16 1#1" },
	{ 0 },
};

const graph_op op_distinct_rows = {
	.name = "distinct_rows",
	.brief = "points of balls, each once: where it is and how often",
	.min_in = 2,
	.max_in = 2,
	.takes = "int:NxMxK real:NxMx1x_",
	.n_out = 4,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = distinct_shape,
	.reference = distinct_reference,
	.cases = distinct_cases,
};
const graph_op op_ball_rows = {
	.name = "ball_rows",
	.brief = "a linear layer on points of balls about their centres, and on their features",
	.min_in = 6,
	.max_in = 7,
	.takes = "int:NxMxK int:R int#1 real:NxPx1x_ real:NxMx1x_ real:Ox3.. real:NxPx1xO",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1 << 6,
	.low_out = 1,
	.commutes = true,
	.shape = ball_shape,
	.grad = ball_rule,
	.reference = ball_reference,
	.cases = ball_cases,
};
const graph_op op_ball_rows_grad_weights = {
	.name = "ball_rows_grad_weights",
	.brief = "gradient of ball_rows towards its weights",
	.min_in = 6,
	.max_in = 6,
	.takes = "real:RxO int:NxMxK int:R int#1 real:NxPx1x_ real:NxMx1x_",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = ball_grad_shape,
	.reference = ball_grad_reference,
	.cases = ball_grad_cases,
};
const graph_op op_rows_to_points = {
	.name = "rows_to_points",
	.brief = "rows added up by the point they came from",
	.attr = &points_attr,
	.min_in = 4,
	.max_in = 4,
	.takes = "real:RxC int:NxMxK int:R int#1",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = to_points_shape,
	.reference = to_points_reference,
	.cases = to_points_cases,
};
const graph_op op_rows_linear = {
	.name = "rows_linear",
	.brief = "linear layer on the first rows of a matrix",
	.min_in = 3,
	.max_in = 3,
	.takes = "real:RxI real:OxI.. int#1",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = linear_shape,
	.grad = linear_rule,
	.reference = linear_reference,
	.cases = linear_cases,
};
const graph_op op_rows_linear_grad_data = {
	.name = "rows_linear_grad_data",
	.brief = "gradient of rows_linear towards the rows",
	.min_in = 3,
	.max_in = 3,
	.takes = "real:RxO real:OxI.. int#1",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = linear_grad_data_shape,
	.reference = linear_grad_data_reference,
	.cases = linear_grad_data_cases,
};
const graph_op op_rows_linear_grad_weights = {
	.name = "rows_linear_grad_weights",
	.brief = "gradient of rows_linear towards its weights",
	.min_in = 3,
	.max_in = 3,
	.takes = "real:RxI real:RxO int#1",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 3,
	.low_out = 0,
	.commutes = true,
	.shape = linear_grad_weights_shape,
	.reference = linear_grad_weights_reference,
	.cases = linear_grad_weights_cases,
};
