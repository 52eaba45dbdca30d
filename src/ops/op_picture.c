/*
 * Pictures of bytes within graphs: crop, picture_resize (in any of the filters of secant_filter; stretched, fitted with
 * a border, or cut to cover), yuv_picture (planes of a camera as pixels of three channels, each chroma pixel repeated
 * 2 x 2). None has a gradient: what they make is given, not learned.
 */
#include "ops/picture.h"
#include "ops/rules.h"
#include "tensor/sampling.h"
#include <math.h>

static secant_status
want_bytes(const graph_signature *s, secant_err *err)
{
	if (s->in[0].dtype != SECANT_U8)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input 0 is %s, want a picture of bytes (u8)", secant_dtype_name(s->in[0].dtype));
	s->out[0].dtype = SECANT_U8;
	return SECANT_OK;
}

/* ---- crop ---- */

op_window
op_crop_window(const op_crop_attr *a, int64_t h, int64_t w)
{
	op_window v = { a->top, a->left, a->height, a->width };
	v.height = v.height ? v.height : h - (a->centre ? 0 : v.top);
	v.width = v.width ? v.width : w - (a->centre ? 0 : v.left);
	if (a->centre) {
		v.top = (h - v.height) / 2;
		v.left = (w - v.width) / 2;
	}
	return v;
}

static secant_status
crop_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	op_window v = op_crop_window(s->attr, x->dim[1], x->dim[2]);
	if (v.top < 0 || v.left < 0 || v.height < 1 || v.width < 1 || v.top + v.height > x->dim[1]
		|| v.left + v.width > x->dim[2])
		return secant_fail(err, SECANT_ERR_SHAPE, "a window of %lldx%lld at (%lld, %lld) leaves a picture of %lldx%lld",
			(long long)v.height, (long long)v.width, (long long)v.top, (long long)v.left, (long long)x->dim[1],
			(long long)x->dim[2]);
	s->out[0] = (graph_type){ op_kind_of(s, 0), secant_shape_of(4, x->dim[0], v.height, v.width, x->dim[3]) };
	return SECANT_OK;
}

static void
crop_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	op_window v = op_crop_window(r->attr, x->dim[1], x->dim[2]);
	int64_t index[SECANT_MAX_RANK];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		r->out[0][i] = r->in[0][((index[0] * x->dim[1] + index[1] + v.top) * x->dim[2] + index[2] + v.left) * x->dim[3]
			+ index[3]];
	}
}

/* ---- picture_resize ---- */

static int64_t
scaled(int64_t n, double factor)
{
	double v = floor((double)n * factor + 0.5);
	return v < 1 ? 1 : (int64_t)v;
}

op_window
op_fit_window(const op_picture_resize_attr *a, int64_t h, int64_t w)
{
	if (!a->size.n)
		return (op_window){ 0, 0, h, w };
	int64_t to_h = a->size.v[0], to_w = a->size.v[1];
	op_window v = { 0, 0, to_h, to_w };
	if (a->fit == OP_FIT_STRETCH || !h || !w)
		return v;
	double fh = (double)to_h / (double)h, fw = (double)to_w / (double)w;
	double factor = (fh < fw) == (a->fit == OP_FIT_LETTERBOX) ? fh : fw;
	v.height = factor == fh ? to_h : scaled(h, factor);
	v.width = factor == fw ? to_w : scaled(w, factor);
	if (a->fit == OP_FIT_COVER) {
		v.height = v.height < to_h ? to_h : v.height;
		v.width = v.width < to_w ? to_w : v.width;
	}
	v.top = (to_h - v.height) / 2;
	v.left = (to_w - v.width) / 2;
	return v;
}

static secant_status
resize_shape(const graph_signature *s, secant_err *err)
{
	const op_picture_resize_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape;
	char text[96];
	if (want_bytes(s, err))
		return SECANT_ERR_SHAPE;
	bool fixed = a->size.n == 2;
	op_window v = op_fit_window(a, x->dim[1], x->dim[2]);
	if (x->dim[1] < 1 || x->dim[2] < 1 || x->dim[1] > 1 << 24 || x->dim[2] > 1 << 24 || v.height > 1 << 24
		|| v.width > 1 << 24)
		return secant_fail(err, SECANT_ERR_SHAPE, "cannot resize a picture of %s to %lldx%lld",
			secant_shape_text(x, text, sizeof text), (long long)v.height, (long long)v.width);
	s->out[0].shape = secant_shape_of(
		4, x->dim[0], fixed ? a->size.v[0] : x->dim[1], fixed ? a->size.v[1] : x->dim[2], x->dim[3]);
	return SECANT_OK;
}

/* One number: rows are summed first, then columns, as tensor_sample_row does. */
static double
resized(const double *x, const secant_shape *of, const tensor_taps *ty, const tensor_taps *tx, int64_t y,
	int64_t column, int64_t channel)
{
	float v = 0;
	for (int kx = 0; kx < tx->count[column]; kx++) {
		float sum = 0;
		for (int ky = 0; ky < ty->count[y]; ky++) {
			int64_t at = ((ty->start[y] + ky) * of->dim[2] + tx->start[column] + kx) * of->dim[3] + channel;
			sum += ty->weight[y * ty->most + ky] * (float)x[at];
		}
		v += tx->weight[column * tx->most + kx] * sum;
	}
	v = floorf(v + 0.5f);
	return v > 255 ? 255 : v > 0 ? (double)v : 0;
}

static void
resize_reference(const graph_reference *r)
{
	const op_picture_resize_attr *a = r->attr;
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	op_window v = op_fit_window(a, x->dim[1], x->dim[2]);
	tensor_taps tx = { 0 }, ty = { 0 };
	int64_t picture = x->dim[1] * x->dim[2] * x->dim[3], index[SECANT_MAX_RANK];
	bool made = !tensor_taps_make(&tx, (int)x->dim[2], (int)v.width, (secant_filter)a->filter, NULL)
		&& !tensor_taps_make(&ty, (int)x->dim[1], (int)v.height, (secant_filter)a->filter, NULL);
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		int64_t row = index[1] - v.top, column = index[2] - v.left;
		bool inside = row >= 0 && row < v.height && column >= 0 && column < v.width;
		r->out[0][i] = !made ? (double)NAN
			: inside         ? resized(r->in[0] + index[0] * picture, x, &ty, &tx, row, column, index[3])
							 : a->fill;
	}
	tensor_taps_free(&tx);
	tensor_taps_free(&ty);
}

/* ---- yuv_picture ---- */

static secant_status
yuv_shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape;
	if (want_bytes(s, err))
		return SECANT_ERR_SHAPE;
	if (x->dim[1] % 3 || x->dim[2] % 2 || x->dim[1] < 3 || x->dim[2] < 2)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"%lld rows of %lld bytes are no planes: want 3/2 of an even height, and an even width",
			(long long)x->dim[1], (long long)x->dim[2]);
	s->out[0].shape = secant_shape_of(4, x->dim[0], x->dim[1] / 3 * 2, x->dim[2], 3);
	return SECANT_OK;
}

static void
yuv_reference(const graph_reference *r)
{
	const op_yuv_attr *a = r->attr;
	const secant_shape *y = &r->out_shape[0];
	int64_t h = y->dim[1], w = y->dim[2], index[SECANT_MAX_RANK];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		int64_t at = index[3] ? op_yuv_place(a->layout, (int)index[3], h, w, index[1], index[2])
							  : index[1] * w + index[2];
		r->out[0][i] = r->in[0][index[0] * (h * w / 2 * 3) + at];
	}
}

/* ---- descriptors ---- */

static const secant_opt crop_rows[] = {
	SECANT_OPT(op_crop_attr, top, INT, "top", "0", 0, 1 << 24, "first row"),
	SECANT_OPT(op_crop_attr, left, INT, "left", "0", 0, 1 << 24, "first column"),
	SECANT_OPT(op_crop_attr, height, INT, "height", "0", 0, 1 << 24, "rows; 0: all from there on"),
	SECANT_OPT(op_crop_attr, width, INT, "width", "0", 0, 1 << 24, "columns; 0: all from there on"),
	SECANT_OPT(op_crop_attr, centre, BOOL, "centre", "false", 0, 0, "the middle of the picture"),
	SECANT_OPT_END,
};
static const secant_opts crop_attr = { "crop", sizeof(op_crop_attr), crop_rows };
static const graph_op_case crop_cases[] = {
	{ "bytes", "top=1 left=2 height=3 width=4", "2x5x7x3#256" },
	{ "the rest", "top=2 left=1", "1x5x7x3" },
	{ "the middle", "centre=true height=2 width=4", "1x5x7x3#7" },
	{ "empty", "height=3", "0x5x7x3#256" },
	{ 0 },
};

static const secant_opt resize_rows[] = {
	SECANT_OPT(op_picture_resize_attr, size, SIZE, "size", NULL, 1, 1 << 20, "HxW; none: as it is"),
	SECANT_OPT_CHOICE(op_picture_resize_attr, filter, "filter", "bilinear", "nearest|bilinear|area|cubic",
		"what a new pixel is made of"),
	SECANT_OPT_CHOICE(op_picture_resize_attr, fit, "fit", "stretch", "stretch|letterbox|cover",
		"both sides on their own, fitted with a border, or cut to cover"),
	SECANT_OPT(op_picture_resize_attr, fill, INT, "fill", "0", 0, 255, "the border's byte"),
	SECANT_OPT_END,
};
static const secant_opts resize_attr = { "picture_resize", sizeof(op_picture_resize_attr), resize_rows };
static const graph_op_case resize_cases[] = {
	{ "nearest", "size=4x9 filter=nearest", "2x5x7x3#256" },
	{ "bilinear", "size=11x5", "2x5x7x3#256" },
	{ "area", "size=3x4 filter=area", "1x13x9x4#256" },
	{ "cubic", "size=9x13 filter=cubic", "1x5x7x1#256" },
	{ "cubic of little", "size=3x5 filter=cubic", "1x2x1x3#256" },
	{ "letterbox", "size=8x8 fit=letterbox fill=114", "1x5x11x3#256" },
	{ "cover", "size=8x6 fit=cover", "1x5x11x3#256" },
	{ "as it is", "", "1x3x5x3#256" },
	{ "empty", "size=2x2", "0x5x7x3#256" },
	{ 0 },
};

static const secant_opt yuv_rows[] = {
	SECANT_OPT_CHOICE(op_yuv_attr, layout, "layout", "nv12", "nv12|nv21|i420|yv12", "how the chroma lies"),
	SECANT_OPT_END,
};
static const secant_opts yuv_attr = { "yuv_picture", sizeof(op_yuv_attr), yuv_rows };
static const graph_op_case yuv_cases[] = {
	{ "nv12", "", "2x6x6x1#256" },
	{ "nv21", "layout=nv21", "1x9x4x1#256" },
	{ "i420", "layout=i420", "1x6x6x1#256" },
	{ "yv12", "layout=yv12", "1x12x2x1#256" },
	{ "empty", "", "0x6x4x1#256" },
	{ 0 },
};

const graph_op op_crop = {
	.name = "crop",
	.brief = "a window of pictures, or their middle",
	.attr = &crop_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = crop_shape,
	.reference = crop_reference,
	.cases = crop_cases,
};
const graph_op op_picture_resize = {
	.name = "picture_resize",
	.brief = "pictures of bytes in another size",
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
const graph_op op_yuv_picture = {
	.name = "yuv_picture",
	.brief = "a camera's planes (NV12, NV21, YUV420) as pixels of Y, U and V",
	.attr = &yuv_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int:NxHxWx1",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = yuv_shape,
	.reference = yuv_reference,
	.cases = yuv_cases,
};
