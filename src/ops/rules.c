/* Checks, walks and builders that the operators' rules share; see rules.h. */
#include "ops/rules.h"
#include <string.h>

static bool
is_integer(secant_dtype d)
{
	return d == SECANT_U8 || d == SECANT_I8 || d == SECANT_U16 || d == SECANT_I16 || d == SECANT_I32 || d == SECANT_I64
		|| d == SECANT_BOOL;
}

secant_status
op_want_real(const graph_signature *s, int i, secant_err *err)
{
	if (i >= s->n_in || s->in[i].shape.rank < 0 || op_kind_of(s, i) == SECANT_F32)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want f32", i, secant_dtype_name(s->in[i].dtype));
}

secant_dtype
op_kind_of(const graph_signature *s, int i)
{
	return s->in[i].dtype == SECANT_BF16 ? SECANT_F32 : s->in[i].dtype;
}

secant_status
op_want_one_kind(const graph_signature *s, int i, int j, secant_err *err)
{
	if (op_kind_of(s, i) == op_kind_of(s, j))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "inputs %d and %d are %s and %s, want the same type", i, j,
		secant_dtype_name(s->in[i].dtype), secant_dtype_name(s->in[j].dtype));
}

secant_status
op_want_integer(const graph_signature *s, int i, secant_err *err)
{
	if (is_integer(s->in[i].dtype))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want integers", i, secant_dtype_name(s->in[i].dtype));
}

secant_status
op_want_axis(int axis, const secant_shape *x, int *out, secant_err *err)
{
	char text[96];
	if ((*out = op_axis_of(axis, x->rank)) >= 0)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "no axis %d in %s", axis, secant_shape_text(x, text, sizeof text));
}

secant_status
op_shape_like(const graph_signature *s, secant_err *err)
{
	for (int i = 0; i < s->n_out; i++)
		s->out[i].shape = s->in[0].shape;
	return op_want_real(s, 0, err);
}

secant_status
op_shape_like_pair(const graph_signature *s, secant_err *err)
{
	if (op_want_real(s, 0, err) || op_want_real(s, 1, err) || op_want_equal(s, 0, 1, err))
		return SECANT_ERR_SHAPE;
	s->out[0].shape = s->in[0].shape;
	return SECANT_OK;
}

secant_shape
op_shape_from(const secant_ints *v)
{
	secant_shape s = { .rank = v->n < SECANT_MAX_RANK ? v->n : SECANT_MAX_RANK };
	for (int i = 0; i < s.rank; i++)
		s.dim[i] = v->v[i];
	return s;
}

secant_ints
op_ints_from(const secant_shape *s)
{
	secant_ints v = { .n = s->rank };
	for (int i = 0; i < s->rank; i++)
		v.v[i] = (int)s->dim[i];
	return v;
}

secant_status
op_axes_flags(const secant_ints *axes, const secant_shape *x, bool flag[SECANT_MAX_RANK], secant_err *err)
{
	char text[96];
	for (int i = 0; i < SECANT_MAX_RANK; i++)
		flag[i] = axes->n == 0;
	for (int i = 0; i < axes->n; i++) {
		int axis;
		if (op_want_axis(axes->v[i], x, &axis, err))
			return SECANT_ERR_SHAPE;
		if (flag[axis])
			return secant_fail(err, SECANT_ERR_SHAPE, "axis %d of %s is named twice", axes->v[i],
				secant_shape_text(x, text, sizeof text));
		flag[axis] = true;
	}
	return SECANT_OK;
}

secant_shape
op_shape_reduced(const secant_shape *x, const bool flag[SECANT_MAX_RANK], bool keepdim)
{
	secant_shape y = { 0 };
	for (int i = 0; i < x->rank; i++)
		if (!flag[i])
			y.dim[y.rank++] = x->dim[i];
		else if (keepdim)
			y.dim[y.rank++] = 1;
	return y;
}

void
op_unravel(const secant_shape *s, int64_t i, int64_t index[SECANT_MAX_RANK])
{
	for (int k = s->rank - 1; k >= 0; k--) {
		index[k] = i % s->dim[k];
		i /= s->dim[k];
	}
}

enum { MAP_INPUTS = 4 };

/* Strides of an input inside the output: 0 along the axes it is repeated on. */
static void
repeat_strides(const secant_shape *x, const secant_shape *y, int64_t stride[SECANT_MAX_RANK])
{
	int64_t own[SECANT_MAX_RANK] = { 0 };
	op_strides(x, own);
	for (int k = 0; k < y->rank; k++) {
		int axis = k - (y->rank - x->rank);
		stride[k] = axis < 0 || x->dim[axis] == 1 ? 0 : own[axis];
	}
}

void
op_map(const graph_reference *r, double (*f)(const double *v, const void *attr))
{
	const secant_shape *y = &r->out_shape[0];
	int64_t stride[MAP_INPUTS][SECANT_MAX_RANK] = { 0 }, count = secant_shape_count(y);
	int inputs = r->n_in < MAP_INPUTS ? r->n_in : MAP_INPUTS, last = y->rank - 1;
	int64_t width = y->rank ? y->dim[last] : 1, rows = width ? count / width : 0;
	secant_shape lead = *y;
	lead.rank = y->rank ? last : 0;
	for (int i = 0; i < inputs; i++)
		repeat_strides(&r->in_shape[i], y, stride[i]);
	OP_PARALLEL
	for (int64_t row = 0; row < rows; row++) {
		int64_t index[SECANT_MAX_RANK] = { 0 }, at[MAP_INPUTS] = { 0 };
		double v[MAP_INPUTS];
		op_unravel(&lead, row, index);
		for (int i = 0; i < inputs; i++)
			for (int k = 0; k < lead.rank; k++)
				at[i] += index[k] * stride[i][k];
		for (int64_t c = 0; c < width; c++) {
			for (int i = 0; i < inputs; i++)
				v[i] = r->in[i][at[i] + (y->rank ? c * stride[i][last] : 0)];
			r->out[0][row * width + c] = f(v, r->attr);
		}
	}
}

op_lines
op_lines_of(const secant_shape *x, int axis)
{
	op_lines l = { 1, x->dim[axis], 1 };
	for (int i = 0; i < x->rank; i++)
		if (i < axis)
			l.outer *= x->dim[i];
		else if (i > axis)
			l.inner *= x->dim[i];
	return l;
}

/* `op` of v with the wanted shape as attribute, unless v has it. */
static graph_value
reshaped_by(graph_net *g, const char *op, graph_value v, const secant_shape *to)
{
	if (v < 0 || secant_shape_equal(graph_shape(g, v), to))
		return v;
	return graph_apply(g, op, &(op_shape_attr){ op_ints_from(to) }, 1, v);
}

graph_value
op_build_sum_to(graph_net *g, graph_value v, graph_value like)
{
	secant_shape to = *graph_shape(g, like);
	return reshaped_by(g, "sum_to", v, &to);
}

graph_value
op_build_broadcast(graph_net *g, graph_value v, const secant_shape *to)
{
	return reshaped_by(g, "broadcast_to", v, to);
}

graph_value
op_build_reshape(graph_net *g, graph_value v, const secant_shape *to)
{
	return reshaped_by(g, "reshape", v, to);
}

graph_value
op_build_concat(graph_net *g, int n, const graph_value *v, int axis)
{
	const graph_node *all = n > 1 ? graph_make_node(g, "concat", &(op_axis_attr){ axis }, n, v) : NULL;
	return n == 1 ? v[0] : all ? all->out[0] : -1;
}

graph_value
op_build_number(graph_net *g, const char *op, double a, graph_value v)
{
	return graph_apply(g, op, &(op_number_attr){ a, 0 }, 1, v);
}
