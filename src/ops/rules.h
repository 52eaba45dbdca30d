/*
 * What the operators' rules share beyond ops.h: checks of types and axes, walking broadcast tensors, and the few nodes
 * that gradient rules keep building. For op_*.c and for builders of graphs; no implementation needs it.
 */
#ifndef OP_RULES_H
#define OP_RULES_H
#include "ops/ops.h"

/* ---- shape rules ---- */
/* Types. A real number is f32, and in graphs lowered to bf16 also bf16: how an output is stored is then said after its
 * rule. */
secant_status op_want_real(const graph_signature *s, int i, secant_err *err); /* "input 1 is i32, want f32" */
secant_dtype op_kind_of(const graph_signature *s, int i); /* type of input i, f32 for all real ones */
secant_status op_want_one_kind(const graph_signature *s, int i, int j, secant_err *err);
secant_status op_want_integer(const graph_signature *s, int i, secant_err *err); /* masks, indices, seeds */
secant_status op_want_axis(
	int axis, const secant_shape *x, int *out, secant_err *err); /* negative from the end; *out in 0..rank-1 */
secant_status op_shape_like(
	const graph_signature *s, secant_err *err); /* input 0 is real; every output has its shape */
/* Output 0 is real and has the shape that the two real inputs have in common. */
secant_status op_shape_like_pair(const graph_signature *s, secant_err *err);
secant_shape op_shape_from(const secant_ints *v); /* numbers of an attribute as a shape */
secant_ints op_ints_from(const secant_shape *s);
/* The axes of a reduction as flags; none given: all of them. An axis outside, or twice, is an error. */
secant_status op_axes_flags(
	const secant_ints *axes, const secant_shape *x, bool flag[SECANT_MAX_RANK], secant_err *err);
secant_shape op_shape_reduced(const secant_shape *x, const bool flag[SECANT_MAX_RANK], bool keepdim);

/* The same node once more, for gradients: scores of attention and the shares made of them (graph_op.again). */
graph_value op_scores_again(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out);

/* ---- references ---- */
/* Indices are numbers of a file, and any number: a place among `extent` ones? Not a number is none. */
static inline bool
op_within(double index, int64_t extent)
{
	return index >= 0 && index < (double)extent;
}
/* A number as an integer of 64 bits, clamped; not a number is 0. */
static inline int64_t
op_whole(double v)
{
	return v >= 9223372036854775808.0 ? INT64_MAX : v <= -9223372036854775808.0 ? INT64_MIN : v == v ? (int64_t)v : 0;
}
void op_unravel(const secant_shape *s, int64_t i, int64_t index[SECANT_MAX_RANK]); /* row-major number to indices */
/* out[0] = f of the inputs (at most 4), each broadcast to the shape of out[0]; `v` holds one number an input. */
void op_map(const graph_reference *r, double (*f)(const double *v, const void *attr));
/* x seen as outer x extent x inner around an axis. */
typedef struct op_lines {
	int64_t outer, extent, inner;
} op_lines;
op_lines op_lines_of(const secant_shape *x, int axis);

/* ---- gradient rules. They return v itself where nothing is to do. ---- */
graph_value op_build_sum_to(graph_net *g, graph_value v, graph_value like); /* undoes broadcasting */
graph_value op_build_broadcast(graph_net *g, graph_value v, const secant_shape *to);
graph_value op_build_reshape(graph_net *g, graph_value v, const secant_shape *to);
graph_value op_build_number(
	graph_net *g, const char *op, double a, graph_value v); /* add_scalar, mul_scalar, pow: one number */
#endif
