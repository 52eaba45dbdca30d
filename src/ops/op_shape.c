/*
 * Moving numbers without changing them: reshape, transpose, broadcast_to, concat, slice and its gradient, pixel_shuffle
 * and back, and upcast. They take any type. A reshape's -1 is whatever fits, its -2 the input's axis of that place, and
 * it may take axes of a second input; a slice's stop of -1 is the end: so that a stored graph holds for inputs of any
 * size. The gradient of each is another of them (of broadcast_to it is sum_to; of slice, numbers put back among zeros).
 *
 * upcast marks where real numbers leave the precision of the plan: its result is f32 in every plan, whatever comes in
 * (also masks and indices); in numbers it is the identity.
 */
#include "ops/rules.h"
#include <string.h>

static void
copy_all(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	if (n)
		memcpy(r->out[0], r->in[0], (size_t)n * sizeof(double));
}

/* ---- upcast ---- */

static secant_status
upcast_shape(const graph_signature *s, secant_err *err)
{
	s->out[0].shape = s->in[0].shape;
	return SECANT_OK;
}

static void
upcast_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = dy[0];
}

/* ---- reshape ---- */

static secant_status
reshape_shape(const graph_signature *s, secant_err *err)
{
	const op_shape_attr *a = s->attr;
	char x[96], y[96];
	secant_shape to = op_shape_from(&a->shape);
	int64_t count = secant_shape_count(&s->in[0].shape), known = 1;
	int open = -1;
	for (int i = 0; i < to.rank; i++) {
		if (to.dim[i] < -1) { /* an axis of the input or of the second one */
			int like = to.dim[i] <= OP_LIKE_AXIS(0), axis = to.dim[i] == -2 ? i : (int)-to.dim[i] - (like ? 9 : 3);
			const secant_shape *from = like && s->n_in < 2 ? NULL : &s->in[like].shape;
			if (!from || axis >= from->rank)
				return secant_fail(err, SECANT_ERR_ARG, "shape wants axis %d of %s of %d axes", axis,
					like ? "a second input" : "an input", from ? from->rank : 0);
			to.dim[i] = from->dim[axis];
		}
		if (to.dim[i] != -1)
			known *= to.dim[i];
		else if (open >= 0)
			return secant_fail(err, SECANT_ERR_ARG, "shape has two unknown axes, %d and %d", open, i);
		else
			open = i;
	}
	if (open >= 0)
		to.dim[open] = known > 0 ? count / known : 0;
	if (a->shape.n > SECANT_MAX_RANK || secant_shape_count(&to) != count)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s has %lld numbers, %s has %lld",
			secant_shape_text(&s->in[0].shape, x, sizeof x), (long long)count, secant_shape_text(&to, y, sizeof y),
			(long long)secant_shape_count(&to));
	s->out[0] = (graph_type){ op_kind_of(s, 0), to };
	return SECANT_OK;
}

static void
reshape_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	secant_shape x = *graph_shape(g, n->in[0]);
	if (wants[0])
		dx[0] = op_build_reshape(g, dy[0], &x);
}

/* ---- transpose ---- */

static secant_status
transpose_shape(const graph_signature *s, secant_err *err)
{
	const secant_ints *perm = &((const op_transpose_attr *)s->attr)->perm;
	const secant_shape *x = &s->in[0].shape;
	bool seen[SECANT_MAX_RANK] = { false };
	s->out[0] = (graph_type){ op_kind_of(s, 0), s->in[0].shape };
	if (perm->n != x->rank)
		return secant_fail(err, SECANT_ERR_SHAPE, "perm names %d axes, the input has %d", perm->n, x->rank);
	for (int i = 0; i < x->rank; i++) {
		if (perm->v[i] < 0 || perm->v[i] >= x->rank || seen[perm->v[i]])
			return secant_fail(
				err, SECANT_ERR_SHAPE, "perm[%d] is %d; want each of 0..%d once", i, perm->v[i], x->rank - 1);
		seen[perm->v[i]] = true;
		s->out[0].shape.dim[i] = x->dim[perm->v[i]];
	}
	return SECANT_OK;
}

static void
transpose_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_ints *perm = &((const op_transpose_attr *)n->attr)->perm;
	op_transpose_attr back = { { .n = perm->n } };
	for (int i = 0; i < perm->n; i++)
		back.perm.v[perm->v[i]] = i;
	dx[0] = graph_apply(g, "transpose", &back, 1, dy[0]);
}

static void
transpose_reference(const graph_reference *r)
{
	const secant_ints *perm = &((const op_transpose_attr *)r->attr)->perm;
	int64_t stride[SECANT_MAX_RANK] = { 0 }, n = secant_shape_count(&r->out_shape[0]);
	op_strides(&r->in_shape[0], stride);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++) {
		int64_t index[SECANT_MAX_RANK] = { 0 }, at = 0;
		op_unravel(&r->out_shape[0], i, index);
		for (int k = 0; k < perm->n; k++)
			at += index[k] * stride[perm->v[k]];
		r->out[0][i] = r->in[0][at];
	}
}

/* ---- broadcast_to ---- */

static secant_status
broadcast_to_shape(const graph_signature *s, secant_err *err)
{
	const op_shape_attr *a = s->attr;
	secant_shape to = op_shape_from(&a->shape), both;
	char x[96], y[96];
	if (op_broadcast(&s->in[0].shape, &to, &both, err))
		return SECANT_ERR_SHAPE;
	if (!secant_shape_equal(&both, &to))
		return secant_fail(err, SECANT_ERR_SHAPE, "%s does not repeat to %s",
			secant_shape_text(&s->in[0].shape, x, sizeof x), secant_shape_text(&to, y, sizeof y));
	s->out[0] = (graph_type){ op_kind_of(s, 0), to };
	return SECANT_OK;
}

static void
broadcast_to_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = op_build_sum_to(g, dy[0], n->in[0]);
}

static double
same(const double *v, const void *attr)
{
	(void)attr;
	return v[0];
}
static void
broadcast_to_reference(const graph_reference *r)
{
	op_map(r, same);
}

/* ---- concat ---- */

static secant_status
concat_shape(const graph_signature *s, secant_err *err)
{
	const op_axis_attr *a = s->attr;
	char first[96], other[96];
	int axis;
	s->out[0] = (graph_type){ op_kind_of(s, 0), s->in[0].shape };
	if (op_want_axis(a->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	for (int i = 1; i < s->n_in; i++) {
		secant_shape rest = s->in[i].shape;
		int64_t extent = rest.rank > axis ? rest.dim[axis] : 0;
		if (rest.rank > axis)
			rest.dim[axis] = s->in[0].shape.dim[axis];
		if (!secant_shape_equal(&rest, &s->in[0].shape))
			return secant_fail(err, SECANT_ERR_SHAPE,
				"input %d is %s, input 0 is %s: they may differ along axis %d only", i,
				s->in[i].shape.rank < 0 ? "absent" : secant_shape_text(&s->in[i].shape, other, sizeof other),
				secant_shape_text(&s->in[0].shape, first, sizeof first), axis);
		if (op_want_one_kind(s, 0, i, err))
			return SECANT_ERR_SHAPE;
		s->out[0].shape.dim[axis] += extent;
	}
	return SECANT_OK;
}

static void
concat_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	secant_shape y = *graph_shape(g, n->out[0]);
	int axis = op_axis_of(((const op_axis_attr *)n->attr)->axis, y.rank);
	op_slice_attr cut = { .start = { .n = y.rank }, .stop = op_ints_from(&y) };
	for (int i = 0, at = 0; i < n->n_in; i++) {
		cut.start.v[axis] = at;
		cut.stop.v[axis] = at += (int)graph_shape(g, n->in[i])->dim[axis];
		if (wants[i])
			dx[i] = n->n_in == 1 ? dy[0] : graph_apply(g, "slice", &cut, 1, dy[0]);
	}
}

static void
concat_reference(const graph_reference *r)
{
	int axis = op_axis_of(((const op_axis_attr *)r->attr)->axis, r->out_shape[0].rank);
	op_lines y = op_lines_of(&r->out_shape[0], axis);
	int64_t at = 0;
	for (int i = 0; i < r->n_in; i++) {
		int64_t block = r->in_shape[i].dim[axis] * y.inner;
		for (int64_t o = 0; o < y.outer && block; o++)
			memcpy(r->out[0] + (o * y.extent + at) * y.inner, r->in[i] + o * block, (size_t)block * sizeof(double));
		at += r->in_shape[i].dim[axis];
	}
}

/* ---- slice ---- */

static int
step_of(const secant_ints *step, int axis)
{
	return step->n ? step->v[axis] : 1;
}

/* Numbers from start to below stop; 0 when there is none. */
static int64_t
picked(int64_t start, int64_t stop, int64_t step)
{
	return stop > start ? (stop - start + step - 1) / step : 0;
}

static secant_status
slice_shape(const graph_signature *s, secant_err *err)
{
	const op_slice_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape;
	s->out[0] = (graph_type){ op_kind_of(s, 0), s->in[0].shape };
	if (a->start.n != x->rank || a->stop.n != x->rank || (a->step.n && a->step.n != x->rank))
		return secant_fail(err, SECANT_ERR_SHAPE, "start, stop, step have %d, %d, %d numbers for an input of %d axes",
			a->start.n, a->stop.n, a->step.n, x->rank);
	for (int i = 0; i < x->rank; i++) {
		int64_t start = a->start.v[i], stop = a->stop.v[i] == -1 ? x->dim[i] : a->stop.v[i];
		int step = step_of(&a->step, i);
		if (start < 0 || stop < start || stop > x->dim[i] || step < 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "axis %d: start %lld, stop %lld, step %d is no part of 0..%lld",
				i, (long long)start, (long long)stop, step, (long long)x->dim[i]);
		s->out[0].shape.dim[i] = picked(start, stop, step);
	}
	return SECANT_OK;
}

static void
slice_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const op_slice_attr *a = n->attr;
	op_slice_grad_attr back = { a->start, a->step, op_ints_from(graph_shape(g, n->in[0])) };
	dx[0] = graph_apply(g, "slice_grad", &back, 1, dy[0]);
}

/* Where number i of the part `cut` stands in `whole`. */
static int64_t
place_in_whole(
	const secant_shape *whole, const secant_shape *cut, const secant_ints *start, const secant_ints *step, int64_t i)
{
	int64_t index[SECANT_MAX_RANK] = { 0 }, at = 0;
	op_unravel(cut, i, index);
	for (int k = 0; k < cut->rank; k++)
		at = at * whole->dim[k] + start->v[k] + index[k] * step_of(step, k);
	return at;
}

static void
slice_reference(const graph_reference *r)
{
	const op_slice_attr *a = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = r->in[0][place_in_whole(&r->in_shape[0], &r->out_shape[0], &a->start, &a->step, i)];
}

static secant_status
slice_grad_shape(const graph_signature *s, secant_err *err)
{
	const op_slice_grad_attr *a = s->attr;
	const secant_shape *dy = &s->in[0].shape;
	secant_shape x = op_shape_from(&a->shape);
	if (a->start.n != dy->rank || x.rank != dy->rank || (a->step.n && a->step.n != dy->rank))
		return secant_fail(err, SECANT_ERR_SHAPE, "start, step, shape have %d, %d, %d numbers for an input of %d axes",
			a->start.n, a->step.n, x.rank, dy->rank);
	for (int i = 0; i < x.rank; i++) {
		int64_t last = a->start.v[i] + (dy->dim[i] - 1) * step_of(&a->step, i);
		if (a->start.v[i] < 0 || step_of(&a->step, i) < 1 || (dy->dim[i] && last >= x.dim[i]))
			return secant_fail(err, SECANT_ERR_SHAPE,
				"axis %d: %lld numbers from %d in steps of %d do not lie in 0..%lld", i, (long long)dy->dim[i],
				a->start.v[i], step_of(&a->step, i), (long long)x.dim[i]);
	}
	s->out[0].shape = x;
	return op_want_real(s, 0, err);
}

static void
slice_grad_reference(const graph_reference *r)
{
	const op_slice_grad_attr *a = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]), m = secant_shape_count(&r->in_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < m; i++)
		r->out[0][place_in_whole(&r->out_shape[0], &r->in_shape[0], &a->start, &a->step, i)] = r->in[0][i];
}

/* ---- pixel_shuffle: N x H x W x C r r <-> N x H r x W r x C; channel c r r + i r + j goes to row i, column j of its
 * block ---- */

static secant_status
shuffle_shape(const graph_signature *s, secant_err *err)
{
	int64_t f = ((const op_factor_attr *)s->attr)->factor;
	char text[96];
	if (op_want_rank(s, 0, 4, err))
		return SECANT_ERR_SHAPE;
	const int64_t *x = s->in[0].shape.dim;
	if (f < 1 || x[3] % (f * f))
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld channels (%s) do not divide into blocks of %lldx%lld",
			(long long)x[3], secant_shape_text(&s->in[0].shape, text, sizeof text), (long long)f, (long long)f);
	s->out[0] = (graph_type){ op_kind_of(s, 0), { 4, { x[0], x[1] * f, x[2] * f, x[3] / (f * f) } } };
	return SECANT_OK;
}

static secant_status
unshuffle_shape(const graph_signature *s, secant_err *err)
{
	int64_t f = ((const op_factor_attr *)s->attr)->factor;
	char text[96];
	if (op_want_rank(s, 0, 4, err))
		return SECANT_ERR_SHAPE;
	const int64_t *x = s->in[0].shape.dim;
	if (f < 1 || x[1] % f || x[2] % f)
		return secant_fail(err, SECANT_ERR_SHAPE, "%s does not divide into blocks of %lldx%lld",
			secant_shape_text(&s->in[0].shape, text, sizeof text), (long long)f, (long long)f);
	s->out[0] = (graph_type){ op_kind_of(s, 0), { 4, { x[0], x[1] / f, x[2] / f, x[3] * f * f } } };
	return SECANT_OK;
}

/* `large` is N x H f x W f x C, `small` N x H x W x C f f. */
static void
shuffle(const secant_shape *shape, int64_t f, double *large, double *small, bool to_large)
{
	int64_t h = shape->dim[1], w = shape->dim[2], c = shape->dim[3];
	OP_PARALLEL
	for (int64_t row = 0; row < shape->dim[0] * h; row++)
		for (int64_t i = 0; i < w * c; i++) {
			int64_t n = row / h, y = row % h, x = i / c, k = i % c;
			int64_t at = (((n * (h / f) + y / f) * (w / f) + x / f) * c + k) * f * f + y % f * f + x % f;
			if (to_large)
				large[row * w * c + i] = small[at];
			else
				small[at] = large[row * w * c + i];
		}
}

static void
pixel_shuffle_reference(const graph_reference *r)
{
	shuffle(&r->out_shape[0], ((const op_factor_attr *)r->attr)->factor, r->out[0], (double *)r->in[0], true);
}

static void
pixel_unshuffle_reference(const graph_reference *r)
{
	shuffle(&r->in_shape[0], ((const op_factor_attr *)r->attr)->factor, (double *)r->in[0], r->out[0], false);
}

static void
pixel_shuffle_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "pixel_unshuffle", n->attr, 1, dy[0]);
}

static void
pixel_unshuffle_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "pixel_shuffle", n->attr, 1, dy[0]);
}

/* ---- attributes ---- */

static const secant_opt shape_rows[] = {
	SECANT_OPT(op_shape_attr, shape, INTS, "shape", NULL, -14, 1 << 30,
		"shape of the result; of a reshape, -1: what fits, -2: the input's axis of that place, -3 to -8: axis 0 to 5 "
		"of "
		"the input, -9 to -14: of the second input"),
	SECANT_OPT_END,
};
static const secant_opts shape_attr = { "shape", sizeof(op_shape_attr), shape_rows };
static const secant_opt transpose_rows[] = {
	SECANT_OPT(op_transpose_attr, perm, INTS, "perm", NULL, 0, SECANT_MAX_RANK - 1,
		"which axis of the input each axis of the result is"),
	SECANT_OPT_END,
};
static const secant_opts transpose_attr = { "transpose", sizeof(op_transpose_attr), transpose_rows };
static const secant_opt concat_rows[] = {
	SECANT_OPT(op_axis_attr, axis, INT, "axis", "-1", -6, 5, "axis along which the inputs follow each other"),
	SECANT_OPT_END,
};
static const secant_opts concat_attr = { "concat", sizeof(op_axis_attr), concat_rows };
static const secant_opt slice_rows[] = {
	SECANT_OPT(op_slice_attr, start, INTS, "start", NULL, 0, 1 << 30, "first index, for each axis"),
	SECANT_OPT(op_slice_attr, stop, INTS, "stop", NULL, -1, 1 << 30,
		"index after the last, for each axis; -1: all to the end"),
	SECANT_OPT(op_slice_attr, step, INTS, "step", NULL, 1, 1 << 30, "step, for each axis; ones if not given"),
	SECANT_OPT_END,
};
static const secant_opts slice_attr = { "slice", sizeof(op_slice_attr), slice_rows };
static const secant_opt slice_grad_rows[] = {
	SECANT_OPT(op_slice_grad_attr, start, INTS, "start", NULL, 0, 1 << 30, "first index, for each axis"),
	SECANT_OPT(op_slice_grad_attr, step, INTS, "step", NULL, 1, 1 << 30, "step, for each axis; ones if not given"),
	SECANT_OPT(op_slice_grad_attr, shape, INTS, "shape", NULL, 0, 1 << 30, "shape of the tensor that was cut"),
	SECANT_OPT_END,
};
static const secant_opts slice_grad_attr = { "slice_grad", sizeof(op_slice_grad_attr), slice_grad_rows };
static const secant_opt factor_rows[] = {
	SECANT_OPT(op_factor_attr, factor, INT, "factor", "2", 1, 4096, "side of a block of pixels"),
	SECANT_OPT_END,
};
static const secant_opts factor_attr = { "pixel_shuffle", sizeof(op_factor_attr), factor_rows };

/* ---- cases ---- */

static const graph_op_case upcast_cases[] = { { "real", "", "2x3x4x5" }, { "mask", "", "37#2" }, { "empty", "", "0x3" },
	{ 0 } };
static const graph_op_case reshape_cases[] = {
	{ "flatten", "shape=2,60", "2x3x4x5" },
	{ "unknown axis", "shape=4,-1,5", "2x3x4x5" },
	{ "to a number", "", "1x1" },
	{ "axes of the input", "shape=-2,-1,5", "2x3x4x5" },
	{ "another axis of the input", "shape=-6,-1", "2x3x4x5" },
	{ "axes of another", "shape=-2,-10,-11,5", "2x12x5 2x3x4x7" },
	{ "empty", "shape=3,0", "0x3" },
	{ 0 },
};
static const graph_op_case transpose_cases[] = {
	{ "to channels first", "perm=0,3,1,2", "2x3x4x5" },
	{ "matrix", "perm=1,0", "17x9" },
	{ "six axes", "perm=5,3,1,4,2,0", "2x1x3x2x2x3" },
	{ "empty", "perm=1,0", "0x3" },
	{ 0 },
};
static const graph_op_case broadcast_cases[] = {
	{ "channels", "shape=2,3,4,5", "5" },
	{ "map", "shape=2,3,4,5", "2x3x4x1" },
	{ "number", "shape=3,7", "scalar" },
	{ "empty", "shape=0,3", "3" },
	{ 0 },
};
static const graph_op_case concat_cases[] = {
	{ "channels", "", "2x3x4x5 2x3x4x1 2x3x4x16" },
	{ "rows", "axis=1", "2x3x4 2x1x4" },
	{ "one input", "axis=0", "2x3" },
	{ "integers", "axis=0", "2x3#9 4x3#9" },
	{ "an empty part", "", "2x3 2x0 2x1" },
	{ 0 },
};
static const graph_op_case slice_cases[] = {
	{ "channels", "start=0,0,0,2 stop=2,3,4,5", "2x3x4x5" },
	{ "steps", "start=1,0,2 stop=5,6,8 step=1,2,3", "6x7x8" },
	{ "nothing", "start=0,2 stop=3,2", "3x4" },
	{ "to the end", "start=0,2,1 stop=-1,-1,3", "3x4x5" },
	{ "integers", "start=1 stop=5", "7#9" },
	{ 0 },
};
static const graph_op_case slice_grad_cases[] = {
	{ "channels", "start=0,0,0,2 shape=2,3,4,5", "2x3x4x3" },
	{ "steps", "start=1,0,2 step=1,2,3 shape=6,7,8", "4x3x2" },
	{ "nothing", "start=0,2 shape=3,4", "3x0" },
	{ 0 },
};
static const graph_op_case shuffle_cases[] = {
	{ "2", "", "2x3x4x12" },
	{ "3", "factor=3", "1x2x1x9" },
	{ "empty", "", "0x2x2x4" },
	{ 0 },
};
static const graph_op_case unshuffle_cases[] = {
	{ "2", "", "2x4x6x3" },
	{ "3", "factor=3", "1x6x3x2" },
	{ "empty", "", "0x2x2x4" },
	{ 0 },
};

const graph_op op_upcast = {
	.name = "upcast",
	.brief = "the same numbers in f32, in every precision",
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = upcast_shape,
	.grad = upcast_rule,
	.reference = copy_all,
	.cases = upcast_cases,
};
const graph_op op_reshape = {
	.name = "reshape",
	.brief = "the same numbers in another shape",
	.view = true,
	.attr = &shape_attr,
	.min_in = 1,
	.max_in = 2,
	.takes = "any any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 3,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = reshape_shape,
	.grad = reshape_rule,
	.reference = copy_all,
	.cases = reshape_cases,
};
const graph_op op_transpose = {
	.name = "transpose",
	.brief = "axes in another order",
	.attr = &transpose_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = transpose_shape,
	.grad = transpose_rule,
	.reference = transpose_reference,
	.cases = transpose_cases,
};
const graph_op op_broadcast_to = {
	.name = "broadcast_to",
	.brief = "numbers repeated to a shape",
	.attr = &shape_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = broadcast_to_shape,
	.grad = broadcast_to_rule,
	.reference = broadcast_to_reference,
	.cases = broadcast_cases,
};
const graph_op op_concat = {
	.name = "concat",
	.brief = "tensors behind each other along an axis",
	.attr = &concat_attr,
	.min_in = 1,
	.max_in = -1,
	.takes = "any ...",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 0xffffffff,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = concat_shape,
	.grad = concat_rule,
	.reference = concat_reference,
	.again = graph_op_again,
	.cases = concat_cases,
};
const graph_op op_slice = {
	.name = "slice",
	.brief = "part of a tensor",
	.attr = &slice_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = slice_shape,
	.grad = slice_rule,
	.reference = slice_reference,
	.cases = slice_cases,
};
const graph_op op_slice_grad = {
	.name = "slice_grad",
	.brief = "a part put back among zeros",
	.attr = &slice_grad_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = slice_grad_shape,
	.reference = slice_grad_reference,
	.cases = slice_grad_cases,
};
const graph_op op_pixel_shuffle = {
	.name = "pixel_shuffle",
	.brief = "channels to blocks of pixels",
	.attr = &factor_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = shuffle_shape,
	.grad = pixel_shuffle_rule,
	.reference = pixel_shuffle_reference,
	.cases = shuffle_cases,
};
const graph_op op_pixel_unshuffle = {
	.name = "pixel_unshuffle",
	.brief = "blocks of pixels to channels",
	.attr = &factor_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = unshuffle_shape,
	.grad = pixel_unshuffle_rule,
	.reference = pixel_unshuffle_reference,
	.cases = unshuffle_cases,
};
