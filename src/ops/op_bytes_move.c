/*
 * What stands between products of quantised numbers (op_bytes.c) without making real ones of them: act_bytes, a
 * function of one number by its table of 256, with another scale; max_pool2d_bytes, the largest of windows;
 * resize_bytes, the nearest pixel, or what lies between four. The last two keep the scale they find, since they choose
 * among numbers, or stay between them.
 *
 *     act_bytes:     y = clamp(round(f((x - zero) * scale) / scale_y) + zero_y);  f: a row of act.h, or nothing
 *     resize_bytes:  bilinear: y = round(sum of u v x), in float
 */
#include <math.h>
#include "ops/act.h"
#include "ops/resize_map.h"
#include "ops/rules.h"

enum { X_SCALE = 1, X_ZERO = 2, Y_SCALE = 3, Y_ZERO = 4 };

static secant_status
act_shape(const graph_signature *s, secant_err *err)
{
	const op_act_bytes_attr *a = s->attr;
	s->out[0] = (graph_type){ a->to ? SECANT_I8 : SECANT_U8, s->in[0].shape, { .n = 1 } };
	if (s->numbers[Y_SCALE] && s->numbers[Y_ZERO]) {
		s->out[0].scale.scale = s->numbers[Y_SCALE];
		s->out[0].scale.zero = s->numbers[Y_ZERO];
	}
	return SECANT_OK;
}

static void
act_reference(const graph_reference *r)
{
	const op_act_bytes_attr *a = r->attr;
	double lo = a->to ? -128 : 0, hi = a->to ? 127 : 255;
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		double v = op_act_value(a->act, (r->in[0][i] - r->in[X_ZERO][0]) * r->in[X_SCALE][0]);
		v = v == v ? nearbyint(v / r->in[Y_SCALE][0]) + r->in[Y_ZERO][0] : r->in[Y_ZERO][0];
		r->out[0][i] = v < lo ? lo : v > hi ? hi : v;
	}
}

/* ---- choosing ---- */

static secant_status
pool_shape(const graph_signature *s, secant_err *err)
{
	const op_pool_attr *a = s->attr;
	if (a->kernel.n != 2 || (a->stride.n && a->stride.n != 2) || a->padding.n == 3 || a->padding.n > 4)
		return secant_fail(err, SECANT_ERR_ARG, "kernel and stride want 2 numbers, padding 1, 2 or 4");
	s->out[0] = s->in[0];
	for (int i = 0; i < 2; i++) {
		int kernel = a->kernel.v[i], before = op_pad_of(&a->padding, i), after = op_pad_of(&a->padding, i + 2);
		if (before < 0 || after < 0 || 2 * before > kernel || 2 * after > kernel || s->in[0].shape.dim[1 + i] < 1)
			return secant_fail(err, SECANT_ERR_ARG, "a kernel of %d with padding %d and %d on %lld pixels", kernel,
				before, after, (long long)s->in[0].shape.dim[1 + i]);
		if ((s->out[0].shape.dim[1 + i] = op_pool_out(
				 s->in[0].shape.dim[1 + i], kernel, a->stride.n ? a->stride.v[i] : kernel, before, after, a->ceil_mode))
			< 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "a kernel of %d is larger than the padded input", kernel);
	}
	return SECANT_OK;
}

static void
pool_reference(const graph_reference *r)
{
	const op_pool_attr *a = r->attr;
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	const secant_ints *stride = a->stride.n ? &a->stride : &a->kernel;
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		int64_t c = i % y[3], q = i / y[3] % y[2], p = i / y[3] / y[2] % y[1], b = i / y[3] / y[2] / y[1];
		double most = -HUGE_VAL;
		for (int64_t h = p * stride->v[0] - op_pad_of(&a->padding, 0), k = 0; k < a->kernel.v[0]; k++, h++)
			for (int64_t w = q * stride->v[1] - op_pad_of(&a->padding, 1), l = 0; l < a->kernel.v[1]; l++, w++)
				if (h >= 0 && h < x[1] && w >= 0 && w < x[2])
					most = fmax(most, r->in[0][((b * x[1] + h) * x[2] + w) * x[3] + c]);
		r->out[0][i] = most;
	}
}

static secant_status
resize_shape(const graph_signature *s, secant_err *err)
{
	const op_resize_attr *a = s->attr;
	if (a->size.n != 2 || op_resize_taps(a->mode) > 2)
		return secant_fail(err, SECANT_ERR_ARG, "wants a size, and nearest, nearest-exact or bilinear");
	if (s->in[0].shape.dim[1] < 1 || s->in[0].shape.dim[2] < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "an input without pixels cannot be resized");
	s->out[0] = s->in[0];
	for (int i = 0; i < 2; i++)
		s->out[0].shape.dim[1 + i] = a->size.v[i];
	return SECANT_OK;
}

static void
resize_reference(const graph_reference *r)
{
	const op_resize_attr *a = r->attr;
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		int64_t c = i % y[3], q = i / y[3] % y[2], p = i / y[3] / y[2] % y[1], b = i / y[3] / y[2] / y[1];
		op_resize_between u = op_resize_pair(a, 0, x[1], y[1], p), v = op_resize_pair(a, 1, x[2], y[2], q);
		float weight[4], of[4];
		for (int k = 0; k < 4; k++) {
			weight[k] = u.weight[k / 2] * v.weight[k % 2];
			of[k] = (float)r->in[0][((b * x[1] + u.place[k / 2]) * x[2] + v.place[k % 2]) * x[3] + c];
		}
		r->out[0][i] = op_resize_byte(weight, of[0], of[1], of[2], of[3]);
	}
}

/* ---- descriptors ---- */

static const secant_opt act_rows[] = {
	SECANT_OPT_CHOICE(op_act_bytes_attr, act, "act", "none", OP_ACT_CHOICES, "the function"),
	SECANT_OPT_CHOICE(op_act_bytes_attr, to, "to", "u8", "u8|i8", "the result"),
	SECANT_OPT_END,
};
static const secant_opts act_attr = { "act_bytes", sizeof(op_act_bytes_attr), act_rows };
static const secant_opt pool_rows[] = {
	SECANT_OPT(op_pool_attr, kernel, SIZE, "kernel", "2", 1, 65536, "height and width of the window"),
	SECANT_OPT(op_pool_attr, stride, SIZE, "stride", NULL, 1, 65536, "step between windows; the kernel if not given"),
	SECANT_OPT(op_pool_attr, padding, INTS, "padding", "0", 0, 65536, "around the input; as in conv2d"),
	SECANT_OPT(op_pool_attr, ceil_mode, BOOL, "ceil-mode", "false", 0, 1, "the last window may hang over"),
	SECANT_OPT_END,
};
static const secant_opts pool_attr = { "max_pool2d_bytes", sizeof(op_pool_attr), pool_rows };
static const secant_opt resize_rows[] = {
	SECANT_OPT_CHOICE(op_resize_attr, mode, "mode", "nearest", "nearest|bilinear|bicubic|nearest-exact",
		"which pixel, or between which: nearest, nearest-exact or bilinear, as resize has them"),
	SECANT_OPT(op_resize_attr, align_corners, BOOL, "align-corners", "false", 0, 1,
		"corner pixels of input and output are the same (bilinear)"),
	SECANT_OPT(op_resize_attr, from_corner, BOOL, "from-corner", "false", 0, 1,
		"pixel i lies at i times the step, not half a pixel further (bilinear)"),
	SECANT_OPT(op_resize_attr, size, SIZE, "size", NULL, 1, 1 << 24, "height and width of the result"),
	SECANT_OPT(op_resize_attr, scale_h, REAL, "scale-h", "0", 0, 1e6,
		"rows of the input per row of the result; 0: from the sizes"),
	SECANT_OPT(op_resize_attr, scale_w, REAL, "scale-w", "0", 0, 1e6,
		"columns of the input per column of the result; 0: from the sizes"),
	SECANT_OPT_END,
};
static const secant_opts resize_attr = { "resize_bytes", sizeof(op_resize_attr), resize_rows };

static const graph_op_case act_cases[] = {
	{ "another scale", "", "2x3x4x5#100 scalar@0.01:0.02 scalar#100 scalar@0.02:0.03 scalar#20" },
	{ "sigmoid", "act=sigmoid to=i8", "37#100 scalar@0.05:0.06 scalar#100 scalar@0.003:0.004 scalar#1" },
	{ "empty", "", "0x3#100 scalar@0.01:0.02 scalar#1 scalar@0.01:0.02 scalar#1" },
	{ 0 },
};
static const graph_op_case pool_cases[] = {
	{ "2x2", "", "2x6x8x5#100" },
	{ "3x3 stride 2", "kernel=3 stride=2 padding=1", "1x7x9x67#100" },
	{ "ceil", "kernel=3x2 stride=2 ceil-mode=true", "1x8x9x3#100" },
	{ 0 },
};
static const graph_op_case resize_cases[] = {
	{ "twice", "size=8x10", "2x4x5x3#100" },
	{ "smaller", "mode=nearest-exact size=3x4", "1x7x9x5#100" },
	{ "bilinear", "mode=bilinear size=9x7", "2x4x5x3#100" },
	{ "bilinear, smaller", "mode=bilinear size=3x4 align-corners=true", "1x7x9x19#100" },
	{ "bilinear from a corner", "mode=bilinear size=8x8 from-corner=true", "1x4x4x2#100" },
	{ 0 },
};

const graph_op op_act_bytes = {
	.name = "act_bytes",
	.brief = "a function of quantised numbers, or another scale for them",
	.attr = &act_attr,
	.min_in = 5,
	.max_in = 5,
	.takes = "int real#1 int#1 real#1 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = act_shape,
	.reference = act_reference,
	.cases = act_cases,
};
const graph_op op_max_pool2d_bytes = {
	.name = "max_pool2d_bytes",
	.brief = "the largest quantised number of each window",
	.attr = &pool_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = pool_shape,
	.reference = pool_reference,
	.cases = pool_cases,
};
const graph_op op_resize_bytes = {
	.name = "resize_bytes",
	.brief = "pictures of quantised numbers in another size, by the nearest pixel or between pixels",
	.attr = &resize_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = resize_shape,
	.reference = resize_reference,
	.cases = resize_cases,
};
