/*
 * Numbers by index. An index outside its axis reads 0, and no gradient goes there: a label to ignore needs no other
 * care.
 *
 *     pick        x[..., C], i[...]        y[...] = x[..., i[...]]                       pick_grad: dy back among
 *                                          zeros
 *     one_hot     i[...]                   y[..., k] = 1 where k = i[...], else 0
 *     gather      x, i, same rank          y[.., j, ..] = x[.., i[.., j, ..], ..] along an axis; i at most as large
 *                                          as x in the others
 *     scatter_add v, i, same shape         what gather reads, added up in zeros of a given shape
 *     take        x, i                     whole slabs along an axis, which is replaced by the axes of i
 *                                          take_grad: added up
 *     argmax      x                        index of the first maximum along an axis
 *     max_with_index                       the maximum too; its gradient goes to that one place (torch.max with dim)
 */
#include "ops/rules.h"
#include <math.h>

static void
clear(double *v, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		v[i] = 0;
}

/* ---- pick ---- */

static secant_status
pick_shape(const graph_signature *s, secant_err *err)
{
	secant_shape rows = s->in[0].shape;
	char x[96], i[96];
	if (op_want_real(s, 0, err) || op_want_integer(s, 1, err))
		return SECANT_ERR_SHAPE;
	rows.rank--;
	if (rows.rank < 0 || !secant_shape_equal(&rows, &s->in[1].shape))
		return secant_fail(err, SECANT_ERR_SHAPE, "indices are %s, want one for each row of %s",
			secant_shape_text(&s->in[1].shape, i, sizeof i), secant_shape_text(&s->in[0].shape, x, sizeof x));
	s->out[0].shape = rows;
	return SECANT_OK;
}

static void
pick_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape *x = graph_shape(g, n->in[0]);
	op_classes_attr a = { (int)x->dim[x->rank - 1] };
	dx[0] = graph_apply(g, "pick_grad", &a, 2, dy[0], n->in[1]);
}

static void
pick_reference(const graph_reference *r)
{
	int64_t c = r->in_shape[0].dim[r->in_shape[0].rank - 1], n = secant_shape_count(&r->out_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = op_within(r->in[1][i], c) ? r->in[0][i * c + (int64_t)r->in[1][i]] : 0;
}

/* The shape of input i with the classes as a new last axis. */
static secant_status
with_classes(const graph_signature *s, int i, secant_err *err)
{
	int classes = ((const op_classes_attr *)s->attr)->classes;
	if (op_want_integer(s, i, err))
		return SECANT_ERR_SHAPE;
	if (classes < 0 || s->in[i].shape.rank >= SECANT_MAX_RANK)
		return secant_fail(err, SECANT_ERR_SHAPE, "no room for %d classes behind %d axes, at most %d", classes,
			s->in[i].shape.rank, SECANT_MAX_RANK);
	s->out[0].shape = s->in[i].shape;
	s->out[0].shape.dim[s->out[0].shape.rank++] = classes;
	return SECANT_OK;
}

static secant_status
pick_grad_shape(const graph_signature *s, secant_err *err)
{
	if (op_want_real(s, 0, err) || op_want_equal(s, 0, 1, err))
		return SECANT_ERR_SHAPE;
	return with_classes(s, 1, err);
}

static secant_status
one_hot_shape(const graph_signature *s, secant_err *err)
{
	return with_classes(s, 0, err);
}

/* out[i, index[i]] = value[i], or 1 without values; all else 0. */
static void
set_classes(const graph_reference *r, const double *value, const double *index)
{
	int64_t n = secant_shape_count(&r->in_shape[0]), c = ((const op_classes_attr *)r->attr)->classes;
	clear(r->out[0], n * c);
	for (int64_t i = 0; i < n; i++)
		if (op_within(index[i], c))
			r->out[0][i * c + (int64_t)index[i]] = value ? value[i] : 1;
}

static void
pick_grad_reference(const graph_reference *r)
{
	set_classes(r, r->in[0], r->in[1]);
}
static void
one_hot_reference(const graph_reference *r)
{
	set_classes(r, NULL, r->in[0]);
}

/* ---- gather, scatter_add ---- */

static secant_status
inside(const secant_shape *index, const secant_shape *x, int axis, secant_err *err)
{
	char i[96], t[96];
	bool fits = index->rank == x->rank;
	for (int k = 0; fits && k < x->rank; k++)
		fits = k == axis || index->dim[k] <= x->dim[k];
	if (fits)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "indices are %s, want no more than %s in every axis but %d",
		secant_shape_text(index, i, sizeof i), secant_shape_text(x, t, sizeof t), axis);
}

static secant_status
gather_shape(const graph_signature *s, secant_err *err)
{
	int axis;
	if (op_want_integer(s, 1, err) || op_want_axis(((const op_axis_attr *)s->attr)->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	s->out[0] = (graph_type){ op_kind_of(s, 0), s->in[1].shape };
	return inside(&s->in[1].shape, &s->in[0].shape, axis, err);
}

static secant_status
scatter_add_shape(const graph_signature *s, secant_err *err)
{
	const op_scatter_attr *a = s->attr;
	secant_shape to = op_shape_from(&a->shape);
	int axis;
	if (op_want_real(s, 0, err) || op_want_integer(s, 1, err) || op_want_equal(s, 0, 1, err)
		|| op_want_axis(a->axis, &to, &axis, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = to;
	return inside(&s->in[1].shape, &to, axis, err);
}

/* Where entry i of the indices points to in `x`; -1: outside. */
static int64_t
target(const secant_shape *x, const secant_shape *index, const double *value, int axis, int64_t i)
{
	int64_t at[SECANT_MAX_RANK] = { 0 }, place = 0;
	if (!op_within(value[i], x->dim[axis]))
		return -1;
	op_unravel(index, i, at);
	at[axis] = (int64_t)value[i];
	for (int k = 0; k < x->rank; k++)
		place = place * x->dim[k] + at[k];
	return place;
}

static void
gather_reference(const graph_reference *r)
{
	int axis = op_axis_of(((const op_axis_attr *)r->attr)->axis, r->in_shape[0].rank);
	int64_t n = secant_shape_count(&r->out_shape[0]);
	for (int64_t i = 0; i < n; i++) {
		int64_t from = target(&r->in_shape[0], &r->in_shape[1], r->in[1], axis, i);
		r->out[0][i] = from < 0 ? 0 : r->in[0][from];
	}
}

static void
scatter_add_reference(const graph_reference *r)
{
	int axis = op_axis_of(((const op_scatter_attr *)r->attr)->axis, r->out_shape[0].rank);
	int64_t n = secant_shape_count(&r->in_shape[0]);
	clear(r->out[0], secant_shape_count(&r->out_shape[0]));
	for (int64_t i = 0; i < n; i++) {
		int64_t to = target(&r->out_shape[0], &r->in_shape[1], r->in[1], axis, i);
		if (to >= 0)
			r->out[0][to] += r->in[0][i];
	}
}

/* `op` with the axis and the shape of input 0 of the node. */
static graph_value
back_to(graph_net *g, const char *op, const graph_node *n, int axis, graph_value dy, graph_value index)
{
	op_scatter_attr a = { axis, op_ints_from(graph_shape(g, n->in[0])) };
	return graph_apply(g, op, &a, 2, dy, index);
}

static void
gather_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = back_to(g, "scatter_add", n, ((const op_axis_attr *)n->attr)->axis, dy[0], n->in[1]);
}

static void
scatter_add_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_axis_attr a = { ((const op_scatter_attr *)n->attr)->axis };
	dx[0] = graph_apply(g, "gather", &a, 2, dy[0], n->in[1]);
}

/* ---- take ---- */

/* x with the axis replaced by the axes of the indices. */
static secant_status
taken(const secant_shape *x, const secant_shape *index, int axis, secant_shape *y, secant_err *err)
{
	*y = (secant_shape){ 0 };
	if (x->rank + index->rank - 1 > SECANT_MAX_RANK)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "the result has %d axes, at most %d", x->rank + index->rank - 1, SECANT_MAX_RANK);
	for (int i = 0; i < x->rank; i++) {
		for (int k = 0; i == axis && k < index->rank; k++)
			y->dim[y->rank++] = index->dim[k];
		if (i != axis)
			y->dim[y->rank++] = x->dim[i];
	}
	return SECANT_OK;
}

static secant_status
take_shape(const graph_signature *s, secant_err *err)
{
	int axis;
	if (op_want_integer(s, 1, err) || op_want_axis(((const op_axis_attr *)s->attr)->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	s->out[0].dtype = op_kind_of(s, 0);
	return taken(&s->in[0].shape, &s->in[1].shape, axis, &s->out[0].shape, err);
}

static secant_status
take_grad_shape(const graph_signature *s, secant_err *err)
{
	const op_scatter_attr *a = s->attr;
	secant_shape x = op_shape_from(&a->shape), y;
	char want[96], got[96];
	int axis;
	if (op_want_real(s, 0, err) || op_want_integer(s, 1, err) || op_want_axis(a->axis, &x, &axis, err)
		|| taken(&x, &s->in[1].shape, axis, &y, err))
		return SECANT_ERR_SHAPE;
	if (!secant_shape_equal(&y, &s->in[0].shape))
		return secant_fail(err, SECANT_ERR_SHAPE, "input 0 is %s, want %s",
			secant_shape_text(&s->in[0].shape, got, sizeof got), secant_shape_text(&y, want, sizeof want));
	s->out[0].shape = x;
	return SECANT_OK;
}

static void
take_reference(const graph_reference *r)
{
	op_lines x = op_lines_of(&r->in_shape[0], op_axis_of(((const op_axis_attr *)r->attr)->axis, r->in_shape[0].rank));
	int64_t m = secant_shape_count(&r->in_shape[1]);
	for (int64_t i = 0; i < x.outer * m; i++) {
		double index = r->in[1][i % m];
		for (int64_t k = 0; k < x.inner; k++)
			r->out[0][i * x.inner + k] = op_within(index, x.extent)
				? r->in[0][(i / m * x.extent + (int64_t)index) * x.inner + k]
				: 0;
	}
}

static void
take_grad_reference(const graph_reference *r)
{
	op_lines x = op_lines_of(
		&r->out_shape[0], op_axis_of(((const op_scatter_attr *)r->attr)->axis, r->out_shape[0].rank));
	int64_t m = secant_shape_count(&r->in_shape[1]);
	clear(r->out[0], secant_shape_count(&r->out_shape[0]));
	for (int64_t i = 0; i < x.outer * m; i++) {
		double index = r->in[1][i % m];
		for (int64_t k = 0; k < x.inner && op_within(index, x.extent); k++)
			r->out[0][(i / m * x.extent + (int64_t)index) * x.inner + k] += r->in[0][i * x.inner + k];
	}
}

static void
take_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = back_to(g, "take_grad", n, ((const op_axis_attr *)n->attr)->axis, dy[0], n->in[1]);
}

/* ---- argmax, max_with_index ---- */

static secant_status
argmax_shape(const graph_signature *s, secant_err *err)
{
	const op_index_attr *a = s->attr;
	bool flag[SECANT_MAX_RANK] = { false };
	char text[96];
	int axis;
	if (op_want_real(s, 0, err) || op_want_axis(a->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	if (s->in[0].shape.dim[axis] == 0)
		return secant_fail(err, SECANT_ERR_SHAPE, "no number to choose from along axis %d of %s", axis,
			secant_shape_text(&s->in[0].shape, text, sizeof text));
	flag[axis] = true;
	for (int i = 0; i < s->n_out; i++)
		s->out[i].shape = op_shape_reduced(&s->in[0].shape, flag, a->keepdim);
	s->out[s->n_out - 1].dtype = SECANT_I32;
	return SECANT_OK;
}

/* The last output is the index; the one before it, if there, the number. Not-a-number is larger than all. */
static void
argmax_reference(const graph_reference *r)
{
	op_lines x = op_lines_of(&r->in_shape[0], op_axis_of(((const op_index_attr *)r->attr)->axis, r->in_shape[0].rank));
	OP_PARALLEL
	for (int64_t i = 0; i < x.outer * x.inner; i++) {
		const double *v = r->in[0] + i / x.inner * x.extent * x.inner + i % x.inner;
		int64_t best = 0;
		for (int64_t k = 1; k < x.extent && !isnan(v[best * x.inner]); k++)
			if (!(v[k * x.inner] <= v[best * x.inner]))
				best = k;
		r->out[r->n_out - 1][i] = (double)best;
		if (r->n_out > 1)
			r->out[0][i] = v[best * x.inner];
	}
}

static void
max_with_index_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (dy[0] < 0)
		return;
	secant_shape kept = *graph_shape(g, n->in[0]);
	int axis = op_axis_of(((const op_index_attr *)n->attr)->axis, kept.rank);
	kept.dim[axis] = 1;
	dx[0] = back_to(
		g, "scatter_add", n, axis, op_build_reshape(g, dy[0], &kept), op_build_reshape(g, n->out[1], &kept));
}

/* ---- attributes ---- */

static const secant_opt axis_rows[] = {
	SECANT_OPT(op_axis_attr, axis, INT, "axis", "0", -6, 5, "the axis; negative counts from the end"),
	SECANT_OPT_END,
};
static const secant_opts axis_attr = { "axis", sizeof(op_axis_attr), axis_rows };
static const secant_opt classes_rows[] = {
	SECANT_OPT(op_classes_attr, classes, INT, "classes", "2", 0, 1 << 30, "length of the last axis"),
	SECANT_OPT_END,
};
static const secant_opts classes_attr = { "classes", sizeof(op_classes_attr), classes_rows };
static const secant_opt scatter_rows[] = {
	SECANT_OPT(
		op_scatter_attr, axis, INT, "axis", "0", -6, 5, "the axis that is indexed; negative counts from the end"),
	SECANT_OPT(op_scatter_attr, shape, INTS, "shape", NULL, 0, 1 << 30, "shape of the result"),
	SECANT_OPT_END,
};
static const secant_opts scatter_attr = { "scatter", sizeof(op_scatter_attr), scatter_rows };
static const secant_opt index_rows[] = {
	SECANT_OPT(
		op_index_attr, axis, INT, "axis", "-1", -6, 5, "the axis that is searched; negative counts from the end"),
	SECANT_OPT(op_index_attr, keepdim, BOOL, "keepdim", "false", 0, 1, "it stays, with one entry"),
	SECANT_OPT_END,
};
static const secant_opts index_attr = { "argmax", sizeof(op_index_attr), index_rows };

/* ---- cases: indices go up to one too many ---- */

static const graph_op_case pick_cases[] = {
	{ "map", "", "2x3x4x5 2x3x4#6" },
	{ "rows", "", "10x4 10#4" },
	{ "vector", "", "4 scalar#4" },
	{ "empty", "", "0x3 0#3" },
	{ 0 },
};
static const graph_op_case pick_grad_cases[] = {
	{ "map", "classes=5", "2x3x4 2x3x4#6" },
	{ "rows", "classes=4", "10 10#4" },
	{ "empty", "classes=3", "0 0#3" },
	{ 0 },
};
static const graph_op_case one_hot_cases[] = {
	{ "map", "classes=5", "2x3x4#7" },
	{ "number", "classes=3", "scalar#3" },
	{ "empty", "classes=3", "0#3" },
	{ 0 },
};
static const graph_op_case gather_cases[] = {
	{ "points", "axis=2", "2x3x9 2x3x5#9" },
	{ "rows", "axis=0", "7x4 9x4#8" },
	{ "smaller", "axis=-1", "3x4x5 2x3x7#5" },
	{ "empty", "axis=0", "3x2 0x2#3" },
	{ 0 },
};
static const graph_op_case scatter_cases[] = {
	{ "points", "axis=2 shape=2,3,9", "2x3x5 2x3x5#9" },
	{ "rows", "axis=0 shape=4,2", "7x2 7x2#5" },
	{ "empty", "shape=3,2", "0x2 0x2#3" },
	{ 0 },
};
static const graph_op_case take_cases[] = {
	{ "rows", "", "7x4 5#7" },
	{ "table", "axis=0", "7x4 2x3#8" },
	{ "columns", "axis=1", "3x7x4 5#7" },
	{ "one", "axis=1", "3x7 scalar#7" },
	{ "empty", "", "7x4 0#7" },
	{ 0 },
};
static const graph_op_case take_grad_cases[] = {
	{ "rows", "shape=7,4", "5x4 5#7" },
	{ "columns", "axis=1 shape=3,7,4", "3x5x4 5#8" },
	{ "empty", "shape=7,4", "0x4 0#7" },
	{ 0 },
};
static const graph_op_case argmax_cases[] = {
	{ "last axis", "", "2x3x4x5" },
	{ "points", "axis=1 keepdim=true", "2x33x5" },
	{ "vector", "axis=0", "37" },
	{ "empty", "", "0x3" },
	{ 0 },
};

const graph_op op_pick = {
	.name = "pick",
	.brief = "one number of each row, by index",
	.min_in = 2,
	.max_in = 2,
	.takes = "real:.._ int",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = pick_shape,
	.grad = pick_rule,
	.reference = pick_reference,
	.cases = pick_cases,
};
const graph_op op_pick_grad = {
	.name = "pick_grad",
	.brief = "one number of each row set, by index, the others 0",
	.attr = &classes_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real int=0",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = pick_grad_shape,
	.reference = pick_grad_reference,
	.cases = pick_grad_cases,
};
const graph_op op_one_hot = {
	.name = "one_hot",
	.brief = "1 at each index, else 0",
	.attr = &classes_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = one_hot_shape,
	.reference = one_hot_reference,
	.cases = one_hot_cases,
};
const graph_op op_gather = {
	.name = "gather",
	.brief = "numbers by an index along an axis",
	.attr = &axis_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "any int",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = gather_shape,
	.grad = gather_rule,
	.reference = gather_reference,
	.cases = gather_cases,
};
const graph_op op_scatter_add = {
	.name = "scatter_add",
	.brief = "numbers added up by an index along an axis",
	.attr = &scatter_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real int=0",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = scatter_add_shape,
	.grad = scatter_add_rule,
	.reference = scatter_add_reference,
	.cases = scatter_cases,
};
const graph_op op_take = {
	.name = "take",
	.brief = "slabs along an axis, by index",
	.attr = &axis_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "any int",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = take_shape,
	.grad = take_rule,
	.reference = take_reference,
	.cases = take_cases,
};
const graph_op op_take_grad = {
	.name = "take_grad",
	.brief = "slabs added up along an axis, by index",
	.attr = &scatter_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real int",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = take_grad_shape,
	.reference = take_grad_reference,
	.cases = take_grad_cases,
};
const graph_op op_argmax = {
	.name = "argmax",
	.brief = "index of the largest number along an axis",
	.attr = &index_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 0,
	.commutes = true,
	.shape = argmax_shape,
	.reference = argmax_reference,
	.cases = argmax_cases,
};
const graph_op op_max_with_index = {
	.name = "max_with_index",
	.brief = "largest number along an axis, and its index",
	.attr = &index_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.n_out = 2,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = argmax_shape,
	.grad = max_with_index_rule,
	.reference = argmax_reference,
	.cases = argmax_cases,
};
