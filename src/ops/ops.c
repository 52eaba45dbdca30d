/*
 * The table of operators, and what their rules share. To add an operator see graph.h.
 */
#include "ops/ops.h"
#include "base/registry.h"
#include <string.h>

#define OP(name) extern const graph_op op_##name;
#include "ops/ops.inc"
#undef OP
static const graph_op *const table[] = {
#define OP(name) &op_##name,
#include "ops/ops.inc"
#undef OP
	NULL,
};

const graph_op *
graph_op_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof table[0]) ? table[i] : NULL;
}

const graph_op *
graph_op_find(const char *name)
{
	for (const graph_op *const *p = table; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	return NULL;
}

static secant_ints
both(int v)
{
	return (secant_ints){ 2, { v, v } };
}

op_conv_attr
op_conv(int stride, int padding, int dilation, int groups)
{
	return (op_conv_attr){
		.stride = both(stride),
		.dilation = both(dilation),
		.padding = { 1, { padding } },
		.output_padding = both(0),
		.groups = groups,
	};
}

op_pool_attr
op_pooling(int kernel, int stride, int padding)
{
	return (op_pool_attr){
		.kernel = both(kernel), .stride = both(stride), .padding = { 1, { padding } }, .count_include_pad = true
	};
}

int
op_pad_of(const secant_ints *padding, int side)
{
	return padding->n == 0 ? 0
		: padding->n == 1  ? padding->v[0]
		: padding->n == 2  ? padding->v[side % 2]
						   : padding->v[side];
}

int64_t
op_conv_out(int64_t in, int kernel, int stride, int pad_before, int pad_after, int dilation)
{
	int64_t room = in + pad_before + pad_after - (int64_t)dilation * (kernel - 1) - 1;
	return room < 0 ? 0 : room / stride + 1;
}

int64_t
op_pool_out(int64_t in, int kernel, int stride, int pad_before, int pad_after, bool ceil_mode)
{
	int64_t room = in + pad_before + pad_after - kernel;
	if (room < 0)
		return ceil_mode && room > -stride && in + pad_before > 0 ? 1 : 0;
	int64_t out = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
	if (ceil_mode
		&& (out - 1) * stride >= in + pad_before) /* the last window would start beyond input and left padding */
		out--;
	return out;
}

secant_status
op_want_rank(const graph_signature *s, int i, int rank, secant_err *err)
{
	char text[96];
	if (s->in[i].shape.rank == rank)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d has rank %d (%s), want rank %d", i, s->in[i].shape.rank,
		s->in[i].shape.rank < 0 ? "absent" : secant_shape_text(&s->in[i].shape, text, sizeof text), rank);
}

secant_status
op_want_equal(const graph_signature *s, int i, int j, secant_err *err)
{
	char a[96], b[96];
	if (secant_shape_equal(&s->in[i].shape, &s->in[j].shape))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, input %d is %s: want equal shapes", i,
		secant_shape_text(&s->in[i].shape, a, sizeof a), j, secant_shape_text(&s->in[j].shape, b, sizeof b));
}

secant_status
op_broadcast(const secant_shape *a, const secant_shape *b, secant_shape *out, secant_err *err)
{
	char ta[96], tb[96];
	out->rank = a->rank > b->rank ? a->rank : b->rank;
	for (int i = 1; i <= out->rank; i++) {
		int64_t x = i <= a->rank ? a->dim[a->rank - i] : 1, y = i <= b->rank ? b->dim[b->rank - i] : 1;
		if (x != y && x != 1 && y != 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "%s and %s do not broadcast", secant_shape_text(a, ta, sizeof ta),
				secant_shape_text(b, tb, sizeof tb));
		out->dim[out->rank - i] = x == 1 ? y : x;
	}
	return SECANT_OK;
}

int
op_axis_of(int axis, int rank)
{
	if (axis < 0)
		axis += rank;
	return axis >= 0 && axis < rank ? axis : -1;
}

void
op_strides(const secant_shape *s, int64_t stride[SECANT_MAX_RANK])
{
	int64_t step = 1;
	for (int i = s->rank - 1; i >= 0; i--) {
		stride[i] = step;
		step *= s->dim[i];
	}
}

static secant_entry
entry(int i)
{
	const graph_op *op = graph_op_at(i);
	return op ? (secant_entry){ op->name, op->brief, op->attr } : (secant_entry){ 0 };
}
const base_kind base_kind_operators = { "operators", "Operators", entry };
