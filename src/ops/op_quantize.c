/*
 * quantize and dequantize: real numbers as whole ones and back (ONNX's QuantizeLinear and DequantizeLinear).
 *
 *     quantize:    q = clamp(round(x / scale) + zero), halves to even; u8 0..255 or s8 -128..127; no number is `zero`
 *     dequantize:  x = (q - zero) * scale
 *
 * scale is one number, or one for each place along `axis`; zero (integers, as many; absent: 0) likewise. The result of
 * quantize carries scale and zero in its type, where they are constants with their numbers: passes that compute on
 * whole numbers read them there.
 *
 * Gradients are straight-through (Bengio et al. 2013): rounding counts as nothing, clamping stops them. Both together
 * give the gradient of a learned step size (Esser et al. 2020, LSQ, equation 3): d/dscale = q - zero - x / scale inside
 * the range, q - zero beyond it. What flows between the two is the gradient of the stored number.
 */
#include "ops/rules.h"
#include <math.h>

typedef struct stored {
	secant_dtype dtype;
	double lo, hi;
} stored;

static const stored kinds[] = { { SECANT_U8, 0, 255 }, { SECANT_I8, -128, 127 } };

/* ---- shapes ---- */

/* The axis that scales lie along; 0 where there is one for all. */
static secant_status
check_scale(const graph_signature *s, int axis, graph_scale *made, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	int64_t n = secant_shape_count(&s->in[1].shape);
	char a[96], b[96];
	bool zero = s->n_in > 2 && s->in[2].shape.rank >= 0;
	*made = (graph_scale){ .n = 1 };
	if (s->in[1].shape.rank > 1 || (zero && s->in[2].shape.rank > 1))
		return secant_fail(err, SECANT_ERR_SHAPE, "scale and zero are %s and %s, want one number or a row of them",
			secant_shape_text(&s->in[1].shape, a, sizeof a),
			zero ? secant_shape_text(&s->in[2].shape, b, sizeof b) : "absent");
	if (zero && secant_shape_count(&s->in[2].shape) != n)
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld scales and %lld zeros", (long long)n,
			(long long)secant_shape_count(&s->in[2].shape));
	if (s->in[1].shape.rank && (n != 1 || x->rank == 1)) {
		int at;
		if (op_want_axis(axis, x, &at, err))
			return SECANT_ERR_SHAPE;
		if (x->dim[at] != n || n > INT32_MAX)
			return secant_fail(err, SECANT_ERR_SHAPE, "%lld scales along axis %d of %s", (long long)n, at,
				secant_shape_text(x, a, sizeof a));
		*made = (graph_scale){ .n = (int)n, .axis = at };
	}
	if (s->numbers[1] && (!zero || s->numbers[2])) {
		made->scale = s->numbers[1];
		made->zero = zero ? s->numbers[2] : NULL;
	}
	for (int i = 0; made->scale && i < made->n; i++)
		if (!(made->scale[i] > 0))
			return secant_fail(err, SECANT_ERR_RANGE, "scale %g is not above 0", made->scale[i]);
	return SECANT_OK;
}

static secant_status
quantize_shape(const graph_signature *s, secant_err *err)
{
	const op_quantize_attr *a = s->attr;
	graph_scale scale;
	secant_status status = check_scale(s, a->axis, &scale, err);
	if (!status)
		s->out[0] = (graph_type){ kinds[a->to].dtype, s->in[0].shape, scale };
	return status;
}

static secant_status
dequantize_shape(const graph_signature *s, secant_err *err)
{
	const op_quantize_attr *a = s->attr;
	graph_scale scale;
	secant_status status = check_scale(s, a->axis, &scale, err);
	s->out[0].shape = s->in[0].shape;
	return status;
}

/* ---- gradients ---- */

/* Scale or zero in the shape that broadcasts over x. */
static graph_value
spread(graph_net *g, const graph_node *n, int input)
{
	const op_quantize_attr *a = n->attr;
	const secant_shape *x = graph_shape(g, n->in[0]), *v = graph_shape(g, n->in[input]);
	secant_shape to = { .rank = x->rank };
	if (!v->rank || !x->rank)
		return n->in[input];
	for (int i = 0; i < to.rank; i++)
		to.dim[i] = 1;
	to.dim[op_axis_of(a->axis, x->rank) < 0 ? 0 : op_axis_of(a->axis, x->rank)] = v->dim[0];
	return op_build_reshape(g, n->in[input], &to);
}

/* A gradient in the shape of scale summed over what it was spread to. */
static graph_value
gather(graph_net *g, const graph_node *n, graph_value each)
{
	secant_shape is = *graph_shape(g, n->in[1]);
	return op_build_reshape(g, op_build_sum_to(g, each, spread(g, n, 1)), &is);
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

/* dy is that of the stored number: inside the range dx = dy / scale, dscale = -dy x / scale^2. */
static void
quantize_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const stored *k = &kinds[((const op_quantize_attr *)n->attr)->to];
	graph_value scale = spread(g, n, 1), ratio = two(g, "div", n->in[0], scale), at = ratio;
	if (n->n_in > 2 && n->in[2] >= 0)
		at = two(g, "add", ratio, graph_apply(g, "upcast", NULL, 1, spread(g, n, 2)));
	graph_value nothing = graph_scalar(g, 0);
	graph_value inside = graph_apply(g, "where", NULL, 3, two(g, "greater", at, graph_scalar(g, k->lo - 0.5)),
		graph_apply(g, "where", NULL, 3, two(g, "greater", graph_scalar(g, k->hi + 0.5), at), dy[0], nothing), nothing);
	graph_value step = two(g, "div", inside, scale);
	dx[0] = step;
	if (wants[1])
		dx[1] = gather(g, n, graph_apply(g, "neg", NULL, 1, two(g, "mul", step, ratio)));
}

static void
dequantize_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (wants[0])
		dx[0] = two(g, "mul", dy[0], spread(g, n, 1));
	if (!wants[1])
		return;
	graph_value q = graph_apply(g, "upcast", NULL, 1, n->in[0]);
	if (n->n_in > 2 && n->in[2] >= 0)
		q = two(g, "sub", q, graph_apply(g, "upcast", NULL, 1, spread(g, n, 2)));
	dx[1] = gather(g, n, two(g, "mul", dy[0], q));
}

/* ---- references ---- */

/* Numbers of x that share a pair of scale and zero lie `inner` together; pair i / inner % n. */
typedef struct pairs {
	int64_t n, inner;
} pairs;

static pairs
pairs_of(const graph_reference *r)
{
	const op_quantize_attr *a = r->attr;
	const secant_shape *x = &r->in_shape[0];
	int64_t n = secant_shape_count(&r->in_shape[1]);
	return n == 1 ? (pairs){ 1, 1 } : (pairs){ n, op_lines_of(x, op_axis_of(a->axis, x->rank)).inner };
}

static void
quantize_reference(const graph_reference *r)
{
	const stored *k = &kinds[((const op_quantize_attr *)r->attr)->to];
	int64_t n = secant_shape_count(&r->out_shape[0]);
	pairs p = pairs_of(r);
	const double *zero = r->n_in > 2 ? r->in[2] : NULL;
	for (int64_t i = 0; i < n; i++) {
		int64_t c = i / p.inner % p.n;
		double z = zero ? zero[c] : 0, v = nearbyint(r->in[0][i] / r->in[1][c]) + z;
		r->out[0][i] = v != v ? z : v < k->lo ? k->lo : v > k->hi ? k->hi : v;
	}
}

static void
dequantize_reference(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	pairs p = pairs_of(r);
	const double *zero = r->n_in > 2 ? r->in[2] : NULL;
	for (int64_t i = 0; i < n; i++) {
		int64_t c = i / p.inner % p.n;
		r->out[0][i] = (r->in[0][i] - (zero ? zero[c] : 0)) * r->in[1][c];
	}
}

/* ---- descriptors ---- */

static const secant_opt rows[] = {
	SECANT_OPT(op_quantize_attr, axis, INT, "axis", "-1", -SECANT_MAX_RANK, SECANT_MAX_RANK - 1,
		"where there are several scales: what they lie along"),
	SECANT_OPT_CHOICE(op_quantize_attr, to, "to", "u8", "u8|i8", "the whole numbers"),
	SECANT_OPT_END,
};
static const secant_opts quantize_attr = { "quantize", sizeof(op_quantize_attr), rows };

static const graph_op_case quantize_cases[] = {
	{ "bytes", "", "2x3x4x5 scalar@0.01:0.02 scalar#128" },
	{ "signed, no zero", "to=i8", "2x3x4x5 1@0.001:0.02" },
	{ "an axis", "to=i8 axis=0", "5x2x3x3 5@0.005:0.02" },
	{ "channels", "", "1x3x3x37 37@0.005:0.02 37#200" },
	{ "empty", "", "0x3 scalar@0.5:1" },
	{ 0 },
};
static const graph_op_case dequantize_cases[] = {
	{ "bytes", "", "2x3x4x5#256 scalar@0.01:0.02 scalar#128" },
	{ "sums", "", "37#1000 scalar@0.01:0.02" },
	{ "an axis", "axis=0", "5x2x3x3#256 5@0.005:0.02" },
	{ "channels", "", "1x3x3x37#256 37@0.005:0.02 37#200" },
	{ "empty", "", "0x3#256 scalar@0.5:1" },
	{ 0 },
};

const graph_op op_quantize = {
	.name = "quantize",
	.brief = "real numbers as whole ones: round(x / scale) + zero",
	.attr = &quantize_attr,
	.min_in = 2,
	.max_in = 3,
	.takes = "real real int",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.straight = true,
	.shape = quantize_shape,
	.grad = quantize_rule,
	.reference = quantize_reference,
	.cases = quantize_cases,
};
const graph_op op_dequantize = {
	.name = "dequantize",
	.brief = "whole numbers as the real ones they stand for: (q - zero) * scale",
	.attr = &quantize_attr,
	.min_in = 2,
	.max_in = 3,
	.takes = "int real int",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = dequantize_shape,
	.grad = dequantize_rule,
	.reference = dequantize_reference,
	.cases = dequantize_cases,
};
