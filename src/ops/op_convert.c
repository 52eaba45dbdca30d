/*
 * convert: numbers in another type, rounded (halves to even, or towards zero) and cut to what it holds; no number
 * becomes 0, and bool is whether a number is another than 0. What whole numbers stand for plays no part: dequantize
 * gives that. In bf16 plans f32 may be stored as bf16, as everywhere.
 *
 * The gradient is straight-through: dx = dy. Whole numbers that real ones became stand for themselves (scale 1), so
 * that it can flow.
 */
#include "ops/rules.h"
#include <math.h>

typedef struct range {
	secant_dtype dtype;
	double lo, hi;
} range;

static const range kinds[] = {
	{ SECANT_F32, 0, 0 },
	{ SECANT_U8, 0, UINT8_MAX },
	{ SECANT_I8, INT8_MIN, INT8_MAX },
	{ SECANT_U16, 0, UINT16_MAX },
	{ SECANT_I16, INT16_MIN, INT16_MAX },
	{ SECANT_I32, INT32_MIN, INT32_MAX },
	{ SECANT_I64, -9223372036854775808.0, 9223372036854774784.0 },
	{ SECANT_BOOL, 0, 1 },
};

static secant_status
shape(const graph_signature *s, secant_err *err)
{
	static const double one = 1;
	const range *k = &kinds[((const op_convert_attr *)s->attr)->to];
	bool was_real = op_kind_of(s, 0) == SECANT_F32;
	s->out[0] = (graph_type){ k->dtype, s->in[0].shape };
	if (k->dtype != SECANT_F32 && k->dtype != SECANT_BOOL && (was_real || s->in[0].scale.n))
		s->out[0].scale = (graph_scale){ .n = 1, .scale = &one };
	return SECANT_OK;
}

static void
grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	dx[0] = dy[0];
}

static void
reference(const graph_reference *r)
{
	const op_convert_attr *a = r->attr;
	const range *k = &kinds[a->to];
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		double v = r->in[0][i];
		if (k->dtype == SECANT_BOOL)
			v = v != 0;
		else if (k->dtype != SECANT_F32) {
			v = a->rounding ? trunc(v) : nearbyint(v);
			v = v != v ? 0 : v < k->lo ? k->lo : v > k->hi ? k->hi : v;
		}
		r->out[0][i] = v;
	}
}

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(op_convert_attr, to, "to", "f32", "f32|u8|i8|u16|i16|i32|i64|bool", "the type"),
	SECANT_OPT_CHOICE(op_convert_attr, rounding, "rounding", "nearest", "nearest|zero",
		"to the nearest, halves to even, or towards zero"),
	SECANT_OPT_END,
};
static const secant_opts attr = { "convert", sizeof(op_convert_attr), rows };

static const graph_op_case cases[] = {
	{ "bytes to real", "", "2x3x4x5#256" },
	{ "real to bytes", "to=u8", "2x3x4x5@-20:300" },
	{ "real to signed", "to=i8 rounding=zero", "37@-200:200" },
	{ "real to words", "to=i16", "3x37@-40000:40000" },
	{ "whole to whole", "to=u16", "37#70000" },
	{ "real to long", "to=i64", "37@-1e6:1e6" },
	{ "real to int", "to=i32", "37@-1e6:1e6" },
	{ "truth", "to=bool", "37#2" },
	{ "empty", "to=u8", "0x3" },
	{ 0 },
};

const graph_op op_convert = {
	.name = "convert",
	.brief = "numbers in another type, rounded and cut to what it holds",
	.attr = &attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.straight = true,
	.shape = shape,
	.grad = grad,
	.reference = reference,
	.cases = cases,
};
