/*
 * conv2d_bytes, add_bytes and mean_bytes: what convolutions, sums and means of quantised numbers give, in one step and
 * exactly until the result is scaled.
 *
 *     real number of a stored one:    x = (q - zero) * scale           (quantize, op_quantize.c)
 *     conv2d_bytes:  v = sum of x * w + bias + added, then the activation, as conv2d has them
 *     add_bytes:     v = x + other, or x * other where `product` says so, then the activation; other is as large as
 *                    x, or one pixel for each picture
 *     mean_bytes:    v = the mean of all pixels of a picture
 *     result:        v, or round(v / scale_y) + zero_y clamped to u8 or i8
 *
 * Inputs: x, scale, zero; weights O x I/g x kH x kW with one scale or one for each output (no zero); bias (real); what
 * is added with scale and zero, or real; scale and zero of the result. Scales and zeros are one number each. Passes
 * (whole.c) make these of quantize, dequantize and what stands between; nothing learns through them.
 */
#include <math.h>
#include "ops/act.h"
#include "ops/bytes.h"
#include "ops/rules.h"

static const graph_type stored[] = { { SECANT_F32 }, { SECANT_U8 }, { SECANT_I8 } };

static bool
given(const graph_signature *s, int i)
{
	return i < s->n_in && s->in[i].shape.rank >= 0;
}

/* The type of the result; its scale where that is known. */
static secant_status
result_type(const graph_signature *s, int to, int scale, int zero, const secant_shape *shape, secant_err *err)
{
	s->out[0].dtype = stored[to].dtype;
	s->out[0].shape = *shape;
	if (!to)
		return SECANT_OK;
	if (!given(s, scale))
		return secant_fail(err, SECANT_ERR_ARG, "bytes are wanted, but input %d says no scale", scale);
	s->out[0].scale = (graph_scale){ .n = 1 };
	if (s->numbers[scale] && (!given(s, zero) || s->numbers[zero])) {
		s->out[0].scale.scale = s->numbers[scale];
		s->out[0].scale.zero = given(s, zero) ? s->numbers[zero] : NULL;
	}
	return SECANT_OK;
}

static secant_status
conv_shape(const graph_signature *s, secant_err *err)
{
	const op_conv_bytes_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape, *w = &s->in[OP_BYTES_W].shape;
	secant_shape y = { 4, { x->dim[0], 0, 0, w->dim[0] } };
	int64_t scales = secant_shape_count(&s->in[OP_BYTES_W_SCALE].shape);
	if (a->stride.n != 2 || a->dilation.n != 2 || a->padding.n == 3 || a->padding.n > 4)
		return secant_fail(err, SECANT_ERR_ARG, "stride and dilation want 2 numbers, padding 1, 2 or 4");
	if (w->dim[1] * a->groups != x->dim[3] || w->dim[0] % a->groups)
		return secant_fail(err, SECANT_ERR_SHAPE, "weights %lldx%lld in %d groups for %lld channels",
			(long long)w->dim[0], (long long)w->dim[1], a->groups, (long long)x->dim[3]);
	if (scales != 1 && scales != w->dim[0])
		return secant_fail(
			err, SECANT_ERR_SHAPE, "%lld scales of %lld outputs", (long long)scales, (long long)w->dim[0]);
	if (given(s, OP_BYTES_BIAS) && secant_shape_count(&s->in[OP_BYTES_BIAS].shape) != w->dim[0])
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld numbers of bias for %lld outputs",
			(long long)secant_shape_count(&s->in[OP_BYTES_BIAS].shape), (long long)w->dim[0]);
	for (int i = 0; i < 2; i++)
		if ((y.dim[1 + i] = op_conv_out(x->dim[1 + i], (int)w->dim[2 + i], a->stride.v[i], op_pad_of(&a->padding, i),
				 op_pad_of(&a->padding, i + 2), a->dilation.v[i]))
				< 1
			&& x->dim[1 + i] > 0)
			return secant_fail(err, SECANT_ERR_SHAPE, "the kernel is larger than the padded input");
	if (given(s, OP_BYTES_ADDED) && !secant_shape_equal(&s->in[OP_BYTES_ADDED].shape, &y))
		return secant_fail(err, SECANT_ERR_SHAPE, "what is added has another shape than the result");
	return result_type(s, a->to, OP_BYTES_Y_SCALE, OP_BYTES_Y_ZERO, &y, err);
}

static secant_status
add_shape(const graph_signature *s, secant_err *err)
{
	const op_add_bytes_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape, *y = &s->in[OP_BYTES_OTHER].shape;
	bool pixels = x->rank == 4 && y->rank == 4 && y->dim[0] == x->dim[0] && y->dim[1] == 1 && y->dim[2] == 1
		&& y->dim[3] == x->dim[3];
	if (!secant_shape_equal(x, y) && !pixels)
		return secant_fail(err, SECANT_ERR_SHAPE, "the other is neither as large nor a pixel for each picture");
	return result_type(s, a->to, OP_BYTES_SUM_SCALE, OP_BYTES_SUM_ZERO, x, err);
}

static secant_status
mean_shape(const graph_signature *s, secant_err *err)
{
	const op_mean_bytes_attr *a = s->attr;
	const int64_t *x = s->in[0].shape.dim;
	if (x[1] * x[2] < 1 || x[1] > INT32_MAX / 256 / x[2]) /* sums of 32 bits */
		return secant_fail(err, SECANT_ERR_SHAPE, "the mean of %lld x %lld pixels", (long long)x[1], (long long)x[2]);
	secant_shape y = { 4, { x[0], 1, 1, x[3] } };
	return result_type(s, a->to, OP_BYTES_MEAN_SCALE, OP_BYTES_MEAN_ZERO, &y, err);
}

/* ---- references ---- */

static double
number(const graph_reference *r, int i, double otherwise)
{
	return i < r->n_in && r->in[i] ? r->in[i][0] : otherwise;
}

/* A stored number i of input `at` as a real one. */
static double
real_of(const graph_reference *r, int at, int scale, int zero, int64_t i)
{
	return (r->in[at][i] - number(r, zero, 0)) * number(r, scale, 1);
}

static double
stored_of(const graph_reference *r, int to, int scale, int zero, double v)
{
	if (!to)
		return v;
	double lo = to == 2 ? -128 : 0, hi = to == 2 ? 127 : 255, z = number(r, zero, 0);
	v = v == v ? nearbyint(v / number(r, scale, 1)) + z : z;
	return v < lo ? lo : v > hi ? hi : v;
}

static void
conv_reference(const graph_reference *r)
{
	const op_conv_bytes_attr *a = r->attr;
	const secant_shape *x = &r->in_shape[0], *w = &r->in_shape[OP_BYTES_W], *y = &r->out_shape[0];
	int64_t out = w->dim[0], og = out / a->groups, ig = w->dim[1],
			scales = secant_shape_count(&r->in_shape[OP_BYTES_W_SCALE]);
	double zero = number(r, OP_BYTES_X_ZERO, 0), scale = number(r, OP_BYTES_X_SCALE, 1);
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		int64_t o = i % out, q = i / out % y->dim[2], p = i / out / y->dim[2] % y->dim[1],
				b = i / out / y->dim[2] / y->dim[1];
		double v = 0;
		for (int64_t kr = 0; kr < w->dim[2]; kr++)
			for (int64_t ks = 0; ks < w->dim[3]; ks++) {
				int64_t h = p * a->stride.v[0] + kr * a->dilation.v[0] - op_pad_of(&a->padding, 0),
						k = q * a->stride.v[1] + ks * a->dilation.v[1] - op_pad_of(&a->padding, 1);
				if (h < 0 || h >= x->dim[1] || k < 0 || k >= x->dim[2])
					continue;
				for (int64_t c = 0; c < ig; c++)
					v += (r->in[0][((b * x->dim[1] + h) * x->dim[2] + k) * x->dim[3] + o / og * ig + c] - zero)
						* r->in[OP_BYTES_W][((o * ig + c) * w->dim[2] + kr) * w->dim[3] + ks];
			}
		v = v * scale * r->in[OP_BYTES_W_SCALE][scales > 1 ? o : 0]
			+ (r->n_in > OP_BYTES_BIAS && r->in[OP_BYTES_BIAS] ? r->in[OP_BYTES_BIAS][o] : 0);
		if (r->n_in > OP_BYTES_ADDED && r->in[OP_BYTES_ADDED])
			v += real_of(r, OP_BYTES_ADDED, OP_BYTES_ADDED_SCALE, OP_BYTES_ADDED_ZERO, i);
		r->out[0][i] = stored_of(r, a->to, OP_BYTES_Y_SCALE, OP_BYTES_Y_ZERO, op_act_value(a->act, v));
	}
}

static void
add_reference(const graph_reference *r)
{
	const op_add_bytes_attr *a = r->attr;
	int64_t n = secant_shape_count(&r->out_shape[0]), others = secant_shape_count(&r->in_shape[OP_BYTES_OTHER]);
	const int64_t *y = r->out_shape[0].dim;
	for (int64_t i = 0; i < n; i++) {
		int64_t j = others == n ? i : i / y[3] / y[2] / y[1] * y[3] + i % y[3];
		double u = real_of(r, 0, OP_BYTES_X_SCALE, OP_BYTES_X_ZERO, i),
			   v = real_of(r, OP_BYTES_OTHER, OP_BYTES_OTHER_SCALE, OP_BYTES_OTHER_ZERO, j);
		r->out[0][i] = stored_of(
			r, a->to, OP_BYTES_SUM_SCALE, OP_BYTES_SUM_ZERO, op_act_value(a->act, a->product ? u * v : u + v));
	}
}

static void
mean_reference(const graph_reference *r)
{
	const op_mean_bytes_attr *a = r->attr;
	const int64_t *x = r->in_shape[0].dim;
	for (int64_t i = 0; i < x[0] * x[3]; i++) {
		double sum = 0;
		for (int64_t k = 0; k < x[1] * x[2]; k++)
			sum += real_of(r, 0, OP_BYTES_X_SCALE, OP_BYTES_X_ZERO, (i / x[3] * x[1] * x[2] + k) * x[3] + i % x[3]);
		r->out[0][i] = stored_of(r, a->to, OP_BYTES_MEAN_SCALE, OP_BYTES_MEAN_ZERO, sum / (double)(x[1] * x[2]));
	}
}

/* ---- descriptors ---- */

static const secant_opt conv_rows[] = {
	SECANT_OPT(op_conv_bytes_attr, stride, SIZE, "stride", "1", 1, 4096, "step between windows"),
	SECANT_OPT(op_conv_bytes_attr, dilation, SIZE, "dilation", "1", 1, 4096, "step between taps of a window"),
	SECANT_OPT(op_conv_bytes_attr, padding, INTS, "padding", "0", 0, 65536,
		"zeros around the input: all sides; h,w; or top,left,bottom,right"),
	SECANT_OPT(
		op_conv_bytes_attr, groups, INT, "groups", "1", 1, 1 << 20, "channels are split in so many independent groups"),
	SECANT_OPT_CHOICE(op_conv_bytes_attr, act, "act", "none", OP_ACT_CHOICES, "activation of the result"),
	SECANT_OPT_CHOICE(op_conv_bytes_attr, to, "to", "f32", "f32|u8|i8", "the result: real, or stored numbers"),
	SECANT_OPT_END,
};
static const secant_opts conv_attr = { "conv2d_bytes", sizeof(op_conv_bytes_attr), conv_rows };
static const secant_opt add_rows[] = {
	SECANT_OPT(op_add_bytes_attr, product, BOOL, "product", "false", 0, 1, "multiplies instead"),
	SECANT_OPT_CHOICE(op_add_bytes_attr, act, "act", "none", OP_ACT_CHOICES, "activation of the result"),
	SECANT_OPT_CHOICE(op_add_bytes_attr, to, "to", "f32", "f32|u8|i8", "the result: real, or stored numbers"),
	SECANT_OPT_END,
};
static const secant_opts add_attr = { "add_bytes", sizeof(op_add_bytes_attr), add_rows };

static const secant_opt mean_rows[] = {
	SECANT_OPT_CHOICE(op_mean_bytes_attr, to, "to", "f32", "f32|u8|i8", "the result: real, or stored numbers"),
	SECANT_OPT_END,
};
static const secant_opts mean_attr = { "mean_bytes", sizeof(op_mean_bytes_attr), mean_rows };

static const graph_op_case conv_cases[] = {
	{ "3x3", "padding=1", "2x7x9x5#100 scalar@0.01:0.02 scalar#100 4x5x3x3#100 4@0.001:0.002 4" },
	{ "1x1 to bytes", "to=u8",
		"2x4x5x64#100 scalar@0.01:0.02 scalar#100 67x64x1x1#100 1@0.001:0.002 67 - - - scalar@5:6 scalar#100" },
	{ "stride 2 to signed", "stride=2 padding=1 act=relu to=i8",
		"1x8x9x32#100 scalar@0.01:0.02 scalar#1 64x32x3x3#100 64@0.001:0.002 - - - - scalar@5:6" },
	{ "dilated", "padding=2 dilation=2", "1x7x8x16#100 scalar@0.01:0.02 scalar#100 16x16x3x3#100 1@0.001:0.002" },
	{ "groups", "padding=1 groups=4", "1x6x5x16#100 scalar@0.01:0.02 scalar#100 32x4x3x3#100 32@0.001:0.002 32" },
	{ "depthwise", "padding=1 groups=70", "2x6x5x70#100 scalar@0.01:0.02 scalar#100 70x1x3x3#100 70@0.001:0.002 70" },
	{ "depthwise by strides", "padding=2 stride=2 groups=130 act=relu to=u8",
		"1x9x8x130#100 scalar@0.01:0.02 scalar#100 130x1x5x5#100 130@0.001:0.002 130 - - - scalar@5:6 scalar#20" },
	{ "depthwise of rows", "padding=0,1 groups=24 to=i8",
		"1x3x150x24#100 scalar@0.01:0.02 scalar#100 24x1x1x3#100 24@0.001:0.002 - - - - scalar@5:6" },
	{ "silu to bytes", "padding=1 act=silu to=u8",
		"1x6x5x4#100 scalar@0.01:0.02 scalar#50 70x4x3x3#100 70@0.001:0.002 70 - - - scalar@0.05:0.06 scalar#20" },
	{ "gelu of a sum", "act=gelu",
		"1x6x5x4#100 scalar@0.01:0.02 scalar#50 8x4x1x1#100 8@0.001:0.002 8 1x6x5x8#100 scalar@0.01:0.02 scalar#100" },
	{ "hardswish of a sum with reals to signed", "padding=1 groups=8 act=hardswish to=i8",
		"2x6x5x8#100 scalar@0.01:0.02 scalar#50 8x1x3x3#100 8@0.001:0.002 8 2x6x5x8 - - scalar@0.05:0.06" },
	{ "added bytes to bytes", "to=u8",
		"1x6x5x4#100 scalar@0.01:0.02 scalar#50 70x4x1x1#100 70@0.001:0.002 70 1x6x5x70#100 scalar@0.01:0.02 "
		"scalar#100 "
		"scalar@0.05:0.06 scalar#20" },
	{ "added", "padding=1 act=relu6",
		"1x6x5x4#100 scalar@0.01:0.02 scalar#50 8x4x3x3#100 8@0.001:0.002 8 1x6x5x8#100 scalar@0.01:0.02 scalar#100" },
	{ "added reals", "padding=1", "1x6x5x4#100 scalar@0.01:0.02 scalar#50 8x4x3x3#100 8@0.001:0.002 8 1x6x5x8" },
	{ 0 },
};
static const graph_op_case add_cases[] = {
	{ "sum", "", "2x3x4x5#100 scalar@0.01:0.02 scalar#100 2x3x4x5#100 scalar@0.01:0.02 scalar#100" },
	{ "to bytes", "act=relu to=u8",
		"2x3x4x5#100 scalar@0.01:0.02 scalar#50 2x3x4x5#100 scalar@0.01:0.02 scalar#50 scalar@0.05:0.06 scalar#20" },
	{ "product", "product=true to=i8",
		"2x3x4x5#100 scalar@0.01:0.02 scalar#1 2x3x4x5#100 scalar@0.01:0.02 scalar#1 scalar@0.05:0.06" },
	{ "a pixel for each picture", "product=true to=u8",
		"2x3x4x37#100 scalar@0.01:0.02 scalar#9 2x1x1x37#100 scalar@0.01:0.02 scalar#9 scalar@0.05:0.06 scalar#20" },
	{ "a long pixel for each picture", "product=true",
		"2x2x1x1500#100 scalar@0.01:0.02 scalar#9 2x1x1x1500#100 scalar@0.01:0.02 scalar#9" },
	{ "a pixel of many pictures", "product=true to=i8",
		"3x17x19x24#100 scalar@0.01:0.02 scalar#9 3x1x1x24#100 scalar@0.01:0.02 scalar#9 scalar@0.05:0.06 scalar#20" },
	{ "a pixel is added", "act=relu", "1x300x3x5#100 scalar@0.01:0.02 scalar#9 1x1x1x5#100 scalar@0.01:0.02 scalar#9" },
	{ 0 },
};
static const graph_op_case mean_cases[] = {
	{ "real", "", "2x3x4x5#100 scalar@0.01:0.02 scalar#100" },
	{ "to bytes", "to=u8", "1x17x19x67#100 scalar@0.01:0.02 scalar#50 scalar@0.005:0.006 scalar#20" },
	{ "to signed", "to=i8", "3x1x1x3#100 scalar@0.01:0.02 scalar#1 scalar@0.05:0.06" },
	{ 0 },
};

const graph_op op_conv2d_bytes = {
	.name = "conv2d_bytes",
	.brief = "conv2d of quantised numbers and weights; the result real or quantised",
	.attr = &conv_attr,
	.min_in = 5,
	.max_in = 11,
	.takes = "int:NxHxWxC real#1 int#1 int:OxIxKxL real real:O any:Nx_x_xO real#1 int#1 real#1 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = conv_shape,
	.reference = conv_reference,
	.cases = conv_cases,
};
const graph_op op_add_bytes = {
	.name = "add_bytes",
	.brief = "sum or product of quantised numbers; the result real or quantised",
	.attr = &add_attr,
	.min_in = 5,
	.max_in = 8,
	.takes = "int real#1 int#1 int real#1 int#1 real#1 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = add_shape,
	.reference = add_reference,
	.cases = add_cases,
};
const graph_op op_mean_bytes = {
	.name = "mean_bytes",
	.brief = "the mean of all pixels of quantised numbers; the result real or quantised",
	.attr = &mean_attr,
	.min_in = 3,
	.max_in = 5,
	.takes = "int:NxHxWxC real#1 int#1 real#1 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = mean_shape,
	.reference = mean_reference,
	.cases = mean_cases,
};
