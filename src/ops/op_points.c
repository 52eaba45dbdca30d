/*
 * Neighbours in clouds, for PointNet++ (Qi, Yi, Su, Guibas 2017). Clouds are N x P x 1 x C, x y z first; indices are
 * within a cloud.
 *
 *     farthest_points      x                    count indices, N x M: each the point farthest from those chosen
 *                                               before; the first is `start`.
 *                                               Of equally far ones the one of lowest index. More than there are
 *                                               points: they repeat
 *     ball_query           x, centres           samples indices, N x M x K: the first points (in order of index, not
 *                                               the nearest) with
 *                                               d^2 <= r^2, or d < r with `open`; the rest is the first of them
 *                                               again. A ball without points
 *                                               holds the nearest one (the originals give an index out of range)
 *     three_nearest        x, others            the three nearest others (or as many as there are), N x P x K,
 *                                               nearest first, and weights
 *                                               w = (1 / (d^2 + eps)) / sum, or 1 / max(d^2, eps) with `clamp` (the
 *                                               authors' code, eps 1e-10)
 *     group_points         x, i                 y[n, m, k] = x[n, i[n, m, k]]; an index outside reads 0
 *                                               group_points_grad: added up
 *     interpolate_points   x, i, w              y[n, p] = sum over k of w[n, p, k] x[n, i[n, p, k]]
 *                                               interpolate_points_grad: added up
 *
 * Where points are is no function of parameters: the first three have no gradient.
 */
#include "ops/rules.h"
#include <math.h>

/* ---- shapes ---- */

static secant_status
want_cloud(const graph_signature *s, int i, int channels, secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	char text[96];
	if (op_want_real(s, i, err))
		return SECANT_ERR_SHAPE;
	if (x->rank == 4 && x->dim[2] == 1 && x->dim[3] >= channels && x->dim[0] == s->in[0].shape.dim[0])
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE,
		"input %d is %s, want clouds N x P x 1 x C with at least %d channels and one N for all", i,
		x->rank < 0 ? "absent" : secant_shape_text(x, text, sizeof text), channels);
}

/* There is a point to choose, wherever one is chosen. */
static secant_status
want_points(const graph_signature *s, int i, secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	return x->dim[1] > 0 || x->dim[0] == 0
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_SHAPE, "input %d has no points to choose from", i);
}

static secant_status
farthest_shape(const graph_signature *s, secant_err *err)
{
	const op_farthest_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape;
	if (want_cloud(s, 0, 3, err) || want_points(s, 0, err))
		return SECANT_ERR_SHAPE;
	if (a->start >= x->dim[1] && x->dim[0])
		return secant_fail(err, SECANT_ERR_SHAPE, "start %d is none of %lld points", a->start, (long long)x->dim[1]);
	s->out[0] = (graph_type){ SECANT_I32, { 2, { x->dim[0], a->count } } };
	return SECANT_OK;
}

static secant_status
ball_shape(const graph_signature *s, secant_err *err)
{
	if (want_cloud(s, 0, 3, err) || want_points(s, 0, err) || want_cloud(s, 1, 3, err))
		return SECANT_ERR_SHAPE;
	s->out[0] = (graph_type){ SECANT_I32,
		{ 3, { s->in[0].shape.dim[0], s->in[1].shape.dim[1], ((const op_ball_attr *)s->attr)->samples } } };
	return SECANT_OK;
}

static secant_status
nearest_shape(const graph_signature *s, secant_err *err)
{
	if (want_cloud(s, 0, 3, err) || want_cloud(s, 1, 3, err) || want_points(s, 1, err))
		return SECANT_ERR_SHAPE;
	const secant_shape *x = &s->in[0].shape, *others = &s->in[1].shape;
	secant_shape y = { 3, { x->dim[0], x->dim[1], others->dim[1] < 3 ? others->dim[1] : 3 } };
	s->out[0] = (graph_type){ SECANT_F32, y }; /* weights first: output 0 is what is differentiated after */
	s->out[1] = (graph_type){ SECANT_I32, y };
	return SECANT_OK;
}

static secant_status
want_indices(const graph_signature *s, int i, int64_t clouds, secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	char text[96];
	if (op_want_integer(s, i, err))
		return SECANT_ERR_SHAPE;
	if ((x->rank == 2 || x->rank == 3) && x->dim[0] == clouds)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "indices are %s, want %lld x M or %lld x M x K",
		secant_shape_text(x, text, sizeof text), (long long)clouds, (long long)clouds);
}

/* N x M x K x C, K 1 where the indices have no third axis. */
static secant_shape
grouped(const secant_shape *index, int64_t channels)
{
	return (secant_shape){ 4, { index->dim[0], index->dim[1], index->rank == 3 ? index->dim[2] : 1, channels } };
}

static secant_status
group_shape(const graph_signature *s, secant_err *err)
{
	if (want_cloud(s, 0, 0, err) || want_indices(s, 1, s->in[0].shape.dim[0], err))
		return SECANT_ERR_SHAPE;
	s->out[0] = (graph_type){ op_kind_of(s, 0), grouped(&s->in[1].shape, s->in[0].shape.dim[3]) };
	return SECANT_OK;
}

static secant_status
group_grad_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *dy = &s->in[0].shape;
	char got[96], want[96];
	if (op_want_real(s, 0, err) || op_want_rank(s, 0, 4, err) || want_indices(s, 1, dy->dim[0], err))
		return SECANT_ERR_SHAPE;
	secant_shape y = grouped(&s->in[1].shape, dy->dim[3]);
	if (!secant_shape_equal(dy, &y))
		return secant_fail(err, SECANT_ERR_SHAPE, "input 0 is %s, want %s", secant_shape_text(dy, got, sizeof got),
			secant_shape_text(&y, want, sizeof want));
	s->out[0].shape = (secant_shape){ 4, { dy->dim[0], ((const op_points_attr *)s->attr)->points, 1, dy->dim[3] } };
	return SECANT_OK;
}

static secant_status
interpolate_shape(const graph_signature *s, secant_err *err)
{
	if (want_cloud(s, 0, 0, err) || want_indices(s, 1, s->in[0].shape.dim[0], err) || op_want_rank(s, 1, 3, err)
		|| op_want_equal(s, 1, 2, err) || op_want_real(s, 2, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = (secant_shape){ 4, { s->in[0].shape.dim[0], s->in[1].shape.dim[1], 1, s->in[0].shape.dim[3] } };
	return SECANT_OK;
}

static secant_status
interpolate_grad_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *dy = &s->in[0].shape;
	if (want_cloud(s, 0, 0, err) || want_indices(s, 1, dy->dim[0], err) || op_want_rank(s, 1, 3, err)
		|| op_want_equal(s, 1, 2, err) || op_want_real(s, 2, err))
		return SECANT_ERR_SHAPE;
	if (s->in[1].shape.dim[1] != dy->dim[1])
		return secant_fail(err, SECANT_ERR_SHAPE, "indices of %lld points for a gradient of %lld",
			(long long)s->in[1].shape.dim[1], (long long)dy->dim[1]);
	s->out[0].shape = (secant_shape){ 4, { dy->dim[0], ((const op_points_attr *)s->attr)->points, 1, dy->dim[3] } };
	return SECANT_OK;
}

/* ---- references ---- */

static double
square_distance(const double *a, const double *b)
{
	return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
}

/* The distance of each point to the chosen ones is found anew for every choice: slow, and nothing to keep. */
static void
farthest_reference(const graph_reference *r)
{
	const op_farthest_attr *a = r->attr;
	int64_t clouds = r->in_shape[0].dim[0], points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3];
	OP_PARALLEL
	for (int64_t n = 0; n < clouds; n++) {
		const double *x = r->in[0] + n * points * c;
		double *chosen = r->out[0] + n * a->count;
		for (int m = 0; m < a->count; m++) {
			double farthest = -1;
			chosen[m] = m ? 0 : a->start;
			for (int64_t p = 0; m && p < points; p++) {
				double nearest = INFINITY;
				for (int k = 0; k < m; k++)
					nearest = fmin(nearest, square_distance(x + p * c, x + (int64_t)chosen[k] * c));
				if (nearest > farthest) {
					farthest = nearest;
					chosen[m] = (double)p;
				}
			}
		}
	}
}

static void
ball_reference(const graph_reference *r)
{
	const op_ball_attr *a = r->attr;
	int64_t points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3], centres = r->in_shape[1].dim[1],
			d = r->in_shape[1].dim[3];
	OP_PARALLEL
	for (int64_t i = 0; i < r->in_shape[1].dim[0] * centres; i++) {
		const double *x = r->in[0] + i / centres * points * c, *centre = r->in[1] + i * d;
		double *y = r->out[0] + i * a->samples;
		int64_t nearest = 0;
		int found = 0;
		for (int64_t p = 0; p < points && found < a->samples; p++) {
			double distance = square_distance(x + p * c, centre), limit = a->radius * a->radius;
			if (distance < square_distance(x + nearest * c, centre))
				nearest = p;
			if (a->open ? distance < limit : distance <= limit)
				y[found++] = (double)p;
		}
		for (int k = found; k < a->samples; k++)
			y[k] = found ? y[0] : (double)nearest;
	}
}

static void
nearest_reference(const graph_reference *r)
{
	const op_nearest_attr *a = r->attr;
	int64_t points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3], others = r->in_shape[1].dim[1],
			d = r->in_shape[1].dim[3];
	int64_t k = r->out_shape[0].dim[2];
	OP_PARALLEL
	for (int64_t i = 0; i < r->in_shape[0].dim[0] * points; i++) {
		double best[3] = { INFINITY, INFINITY, INFINITY }, sum = 0, *w = r->out[0] + i * k, *index = r->out[1] + i * k;
		for (int64_t j = 0; j < k; j++)
			index[j] = 0;
		for (int64_t o = 0; o < others; o++) {
			double distance = square_distance(r->in[0] + i * c, r->in[1] + (i / points * others + o) * d);
			int64_t at = k;
			while (at > 0 && distance < best[at - 1])
				at--;
			for (int64_t j = k - 1; j > at; j--) {
				best[j] = best[j - 1];
				index[j] = index[j - 1];
			}
			if (at < k) {
				best[at] = distance;
				index[at] = (double)o;
			}
		}
		for (int64_t j = 0; j < k; j++)
			sum += w[j] = 1 / (a->clamp ? fmax(best[j], a->eps) : best[j] + a->eps);
		for (int64_t j = 0; j < k; j++)
			w[j] /= sum;
	}
}

static int64_t
index_in(double v, int64_t points)
{
	return v >= 0 && v < (double)points ? (int64_t)v : -1;
}

static void
group_reference(const graph_reference *r)
{
	int64_t points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3], n = secant_shape_count(&r->in_shape[1]),
			each = r->in_shape[1].dim[0] ? n / r->in_shape[1].dim[0] : 0;
	for (int64_t i = 0; i < n; i++) {
		int64_t p = index_in(r->in[1][i], points);
		for (int64_t k = 0; k < c; k++)
			r->out[0][i * c + k] = p < 0 ? 0 : r->in[0][(i / each * points + p) * c + k];
	}
}

/* out[index] += w * dy, w 1 without weights; each index of dy's row p where there are K of them. */
static void
scatter(const graph_reference *r, const double *w, int64_t per_row)
{
	int64_t points = r->out_shape[0].dim[1], c = r->out_shape[0].dim[3], n = secant_shape_count(&r->in_shape[1]),
			each = r->in_shape[1].dim[0] ? n / r->in_shape[1].dim[0] : 0;
	for (int64_t i = 0, all = secant_shape_count(&r->out_shape[0]); i < all; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < n; i++) {
		int64_t p = index_in(r->in[1][i], points);
		for (int64_t k = 0; k < c && p >= 0; k++)
			r->out[0][(i / each * points + p) * c + k] += (w ? w[i] : 1) * r->in[0][i / per_row * c + k];
	}
}

static void
group_grad_reference(const graph_reference *r)
{
	scatter(r, NULL, 1);
}
static void
interpolate_grad_reference(const graph_reference *r)
{
	scatter(r, r->in[2], r->in_shape[1].dim[2] ? r->in_shape[1].dim[2] : 1);
}

static void
interpolate_reference(const graph_reference *r)
{
	int64_t points = r->in_shape[0].dim[1], c = r->in_shape[0].dim[3], rows = r->in_shape[1].dim[1],
			k = r->in_shape[1].dim[2];
	for (int64_t i = 0; i < r->in_shape[0].dim[0] * rows; i++)
		for (int64_t j = 0; j < c; j++) {
			double sum = 0;
			for (int64_t t = 0; t < k; t++) {
				int64_t p = index_in(r->in[1][i * k + t], points);
				sum += p < 0 ? 0 : r->in[2][i * k + t] * r->in[0][(i / rows * points + p) * c + j];
			}
			r->out[0][i * c + j] = sum;
		}
}

/* ---- gradients ---- */

static op_points_attr
points_of(const graph_net *g, graph_value x)
{
	return (op_points_attr){ (int)graph_shape(g, x)->dim[1] };
}

static void
group_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_points_attr a = points_of(g, n->in[0]);
	dx[0] = graph_apply(g, "group_points_grad", &a, 2, dy[0], n->in[1]);
}

static void
interpolate_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_points_attr a = points_of(g, n->in[0]);
	if (wants[0])
		dx[0] = graph_apply(g, "interpolate_points_grad", &a, 3, dy[0], n->in[1], n->in[2]);
	if (wants[2]) {
		graph_value product = graph_apply(
			g, "mul", NULL, 2, graph_apply(g, "group_points", NULL, 2, n->in[0], n->in[1]), dy[0]);
		dx[2] = graph_apply(g, "sum", &(op_axes_attr){ { 1, { 3 } }, false }, 1, product);
	}
}

/* ---- attributes and cases ---- */

static const secant_opt farthest_rows[] = {
	SECANT_OPT(op_farthest_attr, count, INT, "count", "1", 1, 1 << 26, "points to choose"),
	SECANT_OPT(op_farthest_attr, start, INT, "start", "0", 0, 1 << 30, "index of the first"),
	SECANT_OPT_END,
};
static const secant_opts farthest_attr = { "farthest_points", sizeof(op_farthest_attr), farthest_rows };
static const secant_opt ball_rows[] = {
	SECANT_OPT(op_ball_attr, radius, REAL, "radius", "0.2", 0, 1e30, "radius of a ball"),
	SECANT_OPT(op_ball_attr, samples, INT, "samples", "32", 1, 1 << 20, "indices for each ball"),
	SECANT_OPT(op_ball_attr, open, BOOL, "open", "false", 0, 1, "points on the surface are outside"),
	SECANT_OPT_END,
};
static const secant_opts ball_attr = { "ball_query", sizeof(op_ball_attr), ball_rows };
static const secant_opt nearest_rows[] = {
	SECANT_OPT(op_nearest_attr, eps, REAL, "eps", "1e-8", 1e-30, 1, "added to the squared distance"),
	SECANT_OPT(op_nearest_attr, clamp, BOOL, "clamp", "false", 0, 1, "eps is the least squared distance instead"),
	SECANT_OPT_END,
};
static const secant_opts nearest_attr = { "three_nearest", sizeof(op_nearest_attr), nearest_rows };
static const secant_opt points_rows[] = {
	SECANT_OPT(op_points_attr, points, INT, "points", "1", 0, 1 << 30, "points of the result"),
	SECANT_OPT_END,
};
static const secant_opts points_attr = { "points", sizeof(op_points_attr), points_rows };

static const graph_op_case farthest_cases[] = {
	{ "some", "count=20", "2x200x1x3" },
	{ "more channels, another start", "count=33 start=7", "1x500x1x6" },
	{ "all", "count=40", "2x40x1x3" },
	{ "one", "count=1", "2x5x1x3" },
	{ "empty", "count=3", "0x5x1x3" },
	{ 0 },
};
static const graph_op_case ball_cases[] = {
	{ "few in a ball", "radius=0.3 samples=16", "2x300x1x3 2x20x1x3" },
	{ "many in a ball", "radius=0.9 samples=8", "1x400x1x5 1x30x1x3" },
	{ "all in a ball", "radius=5 samples=70 open=true", "1x60x1x3 1x7x1x4" },
	{ "empty balls", "radius=1e-6 samples=4", "2x50x1x3 2x9x1x3" },
	{ "no centre", "", "2x5x1x3 2x0x1x3" },
	{ "empty", "", "0x5x1x3 0x2x1x3" },
	{ 0 },
};
static const graph_op_case nearest_cases[] = {
	{ "three", "", "2x100x1x3 2x37x1x3" },
	{ "clamped", "clamp=true eps=1e-10", "1x19x1x5 1x16x1x4" },
	{ "two", "", "2x7x1x3 2x2x1x3" },
	{ "one", "", "2x7x1x3 2x1x1x3" },
	{ "no points", "", "2x0x1x3 2x4x1x3" },
	{ 0 },
};
static const graph_op_case group_cases[] = {
	{ "groups", "", "2x9x1x5 2x4x3#10" },
	{ "points", "", "2x9x1x16 2x7#9" },
	{ "wide", "", "1x33x1x64 1x20x8#33" },
	{ "empty", "", "2x9x1x5 2x0x3#9" },
	{ 0 },
};
static const graph_op_case group_grad_cases[] = {
	{ "groups", "points=9", "2x4x3x5 2x4x3#10" },
	{ "points", "points=9", "2x7x1x16 2x7#9" },
	{ "one wide cloud", "points=33", "1x20x8x64 1x20x8#33" },
	{ "empty", "points=9", "2x0x3x5 2x0x3#9" },
	{ 0 },
};
static const graph_op_case interpolate_cases[] = {
	{ "three", "", "2x9x1x5 2x20x3#10 2x20x3" },
	{ "one", "", "2x3x1x16 2x7x1#3 2x7x1" },
	{ "wide", "", "1x33x1x64 1x50x3#33 1x50x3" },
	{ "empty", "", "2x9x1x5 2x0x3#9 2x0x3" },
	{ 0 },
};
static const graph_op_case interpolate_grad_cases[] = {
	{ "three", "points=9", "2x20x1x5 2x20x3#10 2x20x3" },
	{ "one wide cloud", "points=33", "1x50x1x64 1x50x3#33 1x50x3" },
	{ "empty", "points=9", "2x0x1x5 2x0x3#9 2x0x3" },
	{ 0 },
};

const graph_op op_farthest_points = {
	.name = "farthest_points",
	.brief = "indices of points that lie far from each other",
	.attr = &farthest_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxPx1xC",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = farthest_shape,
	.reference = farthest_reference,
	.cases = farthest_cases,
};
const graph_op op_ball_query = {
	.name = "ball_query",
	.brief = "indices of points within a radius of centres",
	.attr = &ball_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxPx1xC real:NxMx1x_",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = ball_shape,
	.reference = ball_reference,
	.cases = ball_cases,
};
const graph_op op_three_nearest = {
	.name = "three_nearest",
	.brief = "weights and indices of the three nearest of other points",
	.attr = &nearest_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxPx1xC real:NxMx1x_",
	.n_out = 2,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = nearest_shape,
	.reference = nearest_reference,
	.cases = nearest_cases,
};
const graph_op op_group_points = {
	.name = "group_points",
	.brief = "points of each cloud, by index",
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxPx1xC int:N..",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = group_shape,
	.grad = group_rule,
	.reference = group_reference,
	.cases = group_cases,
};
const graph_op op_group_points_grad = {
	.name = "group_points_grad",
	.brief = "points added up by index",
	.attr = &points_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxMxKxC int:N..",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = group_grad_shape,
	.reference = group_grad_reference,
	.cases = group_grad_cases,
};
const graph_op op_interpolate_points = {
	.name = "interpolate_points",
	.brief = "weighted sums of points, by index",
	.min_in = 3,
	.max_in = 3,
	.takes = "real:NxPx1xC int:NxMxK real=1",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = interpolate_shape,
	.grad = interpolate_rule,
	.reference = interpolate_reference,
	.cases = interpolate_cases,
};
const graph_op op_interpolate_points_grad = {
	.name = "interpolate_points_grad",
	.brief = "weighted points added up by index",
	.attr = &points_attr,
	.min_in = 3,
	.max_in = 3,
	.takes = "real:NxMx1xC int:NxMxK real=1",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = interpolate_grad_shape,
	.reference = interpolate_grad_reference,
	.cases = interpolate_grad_cases,
};
