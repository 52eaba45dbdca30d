/*
 * Deformable convolution (Dai et al. 2017, Zhu et al. 2019) in ONNX's plainer operators: every tap of every output
 * reads x at a place of its own, which GridSample does; a 1x1 convolution sums channels and taps. See body.h.
 *
 *     place of tap k of output (p, q):   (p, q) * stride - padding + k * dilation + offset, in pixels of x
 *     inputs:  x, weights, offset N x groups*taps*2 x H x W (y before x), bias, mask N x groups*taps x H x W
 */
#include "formats/onnx/body.h"

enum { MOST = 1 << 24 };

typedef struct deform {
	int64_t n, c, h, w, rows, columns, kh, kw, groups; /* of x, of the result, of the kernel, of the offsets */
	int64_t pads[4], strides[2], dilations[2];
} deform;

static const char *
shaped(onnx_body *b, const char *name, const char *shape_name, const char *x, int n, const double *shape)
{
	int64_t count = n;
	return onnx_body_put(b, "Reshape", name, x, onnx_body_tensor(b, shape_name, FORMAT_ONNX_INT64, 1, &count, shape));
}

static bool
read_deform(onnx_call *c, deform *d)
{
	*d = (deform){ onnx_dim_of(c, 0, 0), onnx_dim_of(c, 0, 1), onnx_dim_of(c, 0, 2), onnx_dim_of(c, 0, 3),
		onnx_dim_of(c, 2, 2), onnx_dim_of(c, 2, 3), onnx_dim_of(c, 1, 2), onnx_dim_of(c, 1, 3),
		onnx_attr_int(c, "offset_group", 1), { 0 }, { 1, 1 }, { 1, 1 } };
	int pads = onnx_attr_ints(c, "pads", d->pads, 4), strides = onnx_attr_ints(c, "strides", d->strides, 2),
		dilations = onnx_attr_ints(c, "dilations", d->dilations, 2);
	bool shaped = onnx_rank_of(c, 0) == 4 && onnx_rank_of(c, 1) == 4 && onnx_rank_of(c, 2) == 4
		&& (pads < 0 || pads == 4) && (strides < 0 || strides == 2) && (dilations < 0 || dilations == 2);
	if (c->err->code)
		return false;
	if (!shaped || d->kh < 1 || d->kw < 1 || d->h < 1 || d->w < 1 || d->rows < 1 || d->columns < 1 || d->groups < 1
		|| d->c % d->groups || d->kh > MOST || d->kw > MOST || d->kh * d->kw > MOST || d->rows > MOST
		|| d->columns > MOST || d->rows * d->columns > MOST / (d->kh * d->kw) || d->groups > MOST
		|| onnx_dim_of(c, 2, 1) != 2 * d->groups * d->kh * d->kw || onnx_dim_of(c, 2, 0) != d->n
		|| (onnx_is_given(c, 4) && onnx_dim_of(c, 4, 1) != d->groups * d->kh * d->kw)) {
		onnx_fail(c, SECANT_ERR_SHAPE, "wants pictures, a kernel of two axes, and two offsets for each tap and output");
		return false;
	}
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++)
			if (d->strides[i] < 1 || d->strides[i] > MOST || d->dilations[i] < 1 || d->dilations[i] > MOST
				|| d->pads[i + 2 * k] < -MOST || d->pads[i + 2 * k] > MOST) {
				onnx_fail(c, SECANT_ERR_SHAPE, "strides, dilations or pads are out of range");
				return false;
			}
	return true;
}

/* Where taps lie without offsets, -1..1 across x: taps x rows x columns x (x, y). */
static const char *
places(onnx_body *b, const deform *d)
{
	int64_t dim[4] = { d->kh * d->kw, d->rows, d->columns, 2 }, n = dim[0] * dim[1] * dim[2];
	double *v = onnx_temp(b->c, 2 * n, sizeof *v);
	for (int64_t i = 0; v && i < n; i++) {
		int64_t k = i / d->columns / d->rows;
		double y = (double)(i / d->columns % d->rows * d->strides[0] - d->pads[0] + k / d->kw * d->dilations[0]),
			   x = (double)(i % d->columns * d->strides[1] - d->pads[1] + k % d->kw * d->dilations[1]);
		v[2 * i] = (2 * x + 1) / (double)d->w - 1;
		v[2 * i + 1] = (2 * y + 1) / (double)d->h - 1;
	}
	return v ? onnx_body_tensor(b, "places", FORMAT_ONNX_FLOAT, 4, dim, v) : "";
}

secant_status
onnx_deform_conv(onnx_call *c)
{
	onnx_body b;
	deform d;
	static const double turn[2] = { 1, 0 };
	int64_t two = 2;
	if (!read_deform(c, &d) || !onnx_body_begin(&b, c))
		return c->err->code;
	double n = (double)(d.n * d.groups), taps = (double)(d.kh * d.kw), each = (double)(d.c / d.groups),
		   rows = (double)d.rows, columns = (double)d.columns, pixel[2] = { 2 / (double)d.w, 2 / (double)d.h };
	const char *offset = shaped(&b, "o5", "os", b.fn.in[2], 5, (double[]){ n, taps, 2, rows, columns });
	offset = onnx_body_put(&b, "Transpose", "ot", offset, NULL);
	onnx_body_perm(&b, 5, (int64_t[]){ 0, 1, 3, 4, 2 });
	offset = onnx_body_put(&b, "Gather", "og", offset, onnx_body_tensor(&b, "xy", FORMAT_ONNX_INT64, 1, &two, turn));
	onnx_body_int(&b, "axis", 4);
	offset = onnx_body_put(&b, "Mul", "om", offset, onnx_body_tensor(&b, "px", FORMAT_ONNX_FLOAT, 1, &two, pixel));
	offset = onnx_body_put(&b, "Add", "oa", offset, places(&b, &d));
	const char *grid = shaped(&b, "g", "gs", offset, 4, (double[]){ n, taps * rows, columns, 2 });
	const char *x = d.groups == 1
		? b.fn.in[0]
		: shaped(&b, "xg", "xs", b.fn.in[0], 4, (double[]){ n, each, (double)d.h, (double)d.w });
	const char *seen = onnx_body_put(&b, "GridSample", "s", x, grid);
	if (onnx_is_given(c, 4)) {
		seen = shaped(&b, "s5", "ss", seen, 5, (double[]){ n, each, taps, rows, columns });
		seen = onnx_body_put(
			&b, "Mul", "sm", seen, shaped(&b, "m5", "ms", b.fn.in[4], 5, (double[]){ n, 1, taps, rows, columns }));
	}
	seen = shaped(&b, "sc", "sn", seen, 4, (double[]){ (double)d.n, (double)d.c * taps, rows, columns });
	const char *w = shaped(&b, "w", "ws", b.fn.in[1], 4,
		(double[]){ (double)onnx_dim_of(c, 1, 0), (double)onnx_dim_of(c, 1, 1) * taps, 1, 1 });
	format_onnx_node *conv = onnx_body_node(&b, "Conv", "y", 3);
	if (!conv)
		return c->err->code;
	conv->in[conv->n_in++] = seen;
	conv->in[conv->n_in++] = w;
	if (onnx_is_given(c, 3))
		conv->in[conv->n_in++] = b.fn.in[3];
	onnx_body_int(&b, "group", onnx_attr_int(c, "group", 1));
	return onnx_body_end(&b);
}
