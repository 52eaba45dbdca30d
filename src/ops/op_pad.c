/*
 * Padding along any axes: with a constant, the reflection without the border itself, the border repeated, or the other
 * side again. Negative numbers cut (constant only). pad_grad is the transposed map: gradients of padded numbers are
 * added to where they came from.
 */
#include "ops/rules.h"

op_pad_attr
op_pad_hw(int mode, int top, int left, int bottom, int right)
{
	return (op_pad_attr){ .mode = mode, .before = { 4, { 0, top, left, 0 } }, .after = { 4, { 0, bottom, right, 0 } } };
}

/* Checks an axis of `extent` numbers, padded. */
static secant_status
check_axis(const op_pad_attr *a, int axis, int64_t extent, secant_err *err)
{
	int before = a->before.v[axis], after = a->after.v[axis];
	int64_t most = a->mode == OP_PAD_REFLECT ? extent - 1 : a->mode == OP_PAD_CIRCULAR ? extent : INT32_MAX;
	if (!before && !after)
		return SECANT_OK;
	if (a->mode == OP_PAD_CONSTANT)
		return extent + before + after >= 0 && extent + (before < 0 ? before : 0) + (after < 0 ? after : 0) >= 0
			? SECANT_OK
			: secant_fail(err, SECANT_ERR_SHAPE, "axis %d of %lld numbers cannot lose %d and %d", axis,
				(long long)extent, -before, -after);
	if (before < 0 || after < 0)
		return secant_fail(
			err, SECANT_ERR_ARG, "axis %d: padding %d and %d; only constant padding cuts", axis, before, after);
	if (before > most || after > most)
		return secant_fail(err, SECANT_ERR_SHAPE, "axis %d: padding %d and %d, at most %lld numbers for %lld", axis,
			before, after, (long long)most, (long long)extent);
	if (extent < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "axis %d has nothing to pad with", axis);
	return SECANT_OK;
}

/* sign 1: input 0 is padded; -1: input 0 has the padded shape. */
static secant_status
padded(const graph_signature *s, int sign, secant_err *err)
{
	const op_pad_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape;
	s->out[0] = (graph_type){ sign > 0 ? op_kind_of(s, 0) : SECANT_F32, *x };
	if (a->before.n != x->rank || a->after.n != x->rank)
		return secant_fail(err, SECANT_ERR_SHAPE, "before and after have %d and %d numbers for an input of %d axes",
			a->before.n, a->after.n, x->rank);
	for (int i = 0; i < x->rank; i++) {
		int64_t *y = &s->out[0].shape.dim[i];
		*y = x->dim[i] + sign * ((int64_t)a->before.v[i] + a->after.v[i]);
		if (check_axis(a, i, sign > 0 ? x->dim[i] : *y, err))
			return SECANT_ERR_SHAPE;
		if (*y < 0)
			return secant_fail(err, SECANT_ERR_SHAPE, "axis %d of %lld numbers is less than its padding, %d and %d", i,
				(long long)x->dim[i], a->before.v[i], a->after.v[i]);
	}
	return SECANT_OK;
}

static secant_status
pad_shape(const graph_signature *s, secant_err *err)
{
	return padded(s, 1, err);
}

static secant_status
pad_grad_shape(const graph_signature *s, secant_err *err)
{
	return op_want_real(s, 0, err) ? SECANT_ERR_SHAPE : padded(s, -1, err);
}

int64_t
op_pad_source(int mode, int64_t i, int64_t before, int64_t extent)
{
	int64_t at = i - before;
	if (at >= 0 && at < extent)
		return at;
	switch (mode) {
	case OP_PAD_REFLECT: return at < 0 ? -at : 2 * (extent - 1) - at;
	case OP_PAD_REPLICATE: return at < 0 ? 0 : extent - 1;
	case OP_PAD_CIRCULAR: return at < 0 ? at + extent : at - extent;
	default: return -1;
	}
}

/* Where number i of the padded tensor comes from in x. */
static int64_t
origin(const op_pad_attr *a, const secant_shape *padded_shape, const secant_shape *x, int64_t i)
{
	int64_t index[SECANT_MAX_RANK] = { 0 }, at = 0;
	op_unravel(padded_shape, i, index);
	for (int k = 0; k < x->rank; k++) {
		int64_t from = op_pad_source(a->mode, index[k], a->before.v[k], x->dim[k]);
		if (from < 0)
			return -1;
		at = at * x->dim[k] + from;
	}
	return at;
}

static void
pad_reference(const graph_reference *r)
{
	const op_pad_attr *a = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]);
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++) {
		int64_t from = origin(a, &r->out_shape[0], &r->in_shape[0], i);
		r->out[0][i] = from < 0 ? a->value : r->in[0][from];
	}
}

static void
pad_grad_reference(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]), m = secant_shape_count(&r->in_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = 0;
	for (int64_t i = 0; i < m; i++) {
		int64_t to = origin(r->attr, &r->in_shape[0], &r->out_shape[0], i);
		if (to >= 0)
			r->out[0][to] += r->in[0][i];
	}
}

static void
pad_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = graph_apply(g, "pad_grad", n->attr, 1, dy[0]);
}

static const secant_opt pad_rows[] = {
	SECANT_OPT_CHOICE(op_pad_attr, mode, "mode", "constant", "constant|reflect|replicate|circular", "what is outside"),
	SECANT_OPT(op_pad_attr, before, INTS, "before", NULL, -(1 << 24), 1 << 24, "numbers added in front, for each axis"),
	SECANT_OPT(op_pad_attr, after, INTS, "after", NULL, -(1 << 24), 1 << 24, "numbers added behind, for each axis"),
	SECANT_OPT(op_pad_attr, value, REAL, "value", "0", 1, 0, "the constant"),
	SECANT_OPT_END,
};
static const secant_opts pad_attr = { "pad", sizeof(op_pad_attr), pad_rows };

#define SIDES " before=0,1,2,0 after=0,2,0,0"
static const graph_op_case pad_cases[] = {
	{ "constant", "value=0.5" SIDES, "1x5x6x3" },
	{ "reflect", "mode=reflect" SIDES, "1x5x6x3" },
	{ "replicate", "mode=replicate" SIDES, "2x5x6x3" },
	{ "circular", "mode=circular" SIDES, "1x5x6x16" },
	{ "cut", "before=0,-1 after=2,-2", "3x7" },
	{ "channels", "before=0,0,0,1 after=0,0,0,2", "2x2x2x5" },
	{ "empty", SIDES, "0x5x6x3" },
	{ 0 },
};
static const graph_op_case pad_grad_cases[] = {
	{ "constant", SIDES, "1x8x8x3" },
	{ "reflect", "mode=reflect" SIDES, "1x8x8x3" },
	{ "replicate", "mode=replicate" SIDES, "2x8x8x3" },
	{ "circular", "mode=circular" SIDES, "1x8x8x16" },
	{ "cut", "before=0,-1 after=2,-2", "5x4" },
	{ "empty", SIDES, "0x8x8x3" },
	{ 0 },
};

const graph_op op_pad = {
	.name = "pad",
	.brief = "numbers added around, or cut off",
	.attr = &pad_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pad_shape,
	.grad = pad_rule,
	.reference = pad_reference,
	.cases = pad_cases,
};
const graph_op op_pad_grad = {
	.name = "pad_grad",
	.brief = "gradient of pad",
	.attr = &pad_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pad_grad_shape,
	.reference = pad_grad_reference,
	.cases = pad_grad_cases,
};
