/*
 * A picture's size and a network's: pad_to (reflected at the right and lower edge up to multiples, at least to a size),
 * crop_like (cut back to what it was) and scale_like (probabilities in the size of the picture they are of: bilinear,
 * half-pixel centres), unfit_like (of a result for a picture that was fitted with a border: the part where the picture
 * lies). None holds a size that follows from its input, so that a stored graph serves pictures of every
 * size.
 */
#include "ops/picture.h"
#include "ops/rules.h"

/* ---- pad_to ---- */

static secant_status
pad_to_shape(const graph_signature *s, secant_err *err)
{
	const op_multiple_attr *a = s->attr;
	secant_shape y = s->in[0].shape;
	for (int i = 1; i < 3; i++) {
		int64_t m = a->multiple.n == 2 ? a->multiple.v[i - 1] : 1, least = a->least.n == 2 ? a->least.v[i - 1] : 1;
		if (y.dim[i] < 1 || y.dim[i] > (int64_t)1 << 32)
			return secant_fail(err, SECANT_ERR_SHAPE, "cannot pad an axis of %lld", (long long)y.dim[i]);
		y.dim[i] = ((y.dim[i] < least ? least : y.dim[i]) + m - 1) / m * m;
	}
	s->out[0] = (graph_type){ op_kind_of(s, 0), y };
	return SECANT_OK;
}

static void
pad_to_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	int64_t index[SECANT_MAX_RANK];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		int64_t row = op_reflected(index[1], x->dim[1]), column = op_reflected(index[2], x->dim[2]);
		r->out[0][i] = r->in[0][((index[0] * x->dim[1] + row) * x->dim[2] + column) * x->dim[3] + index[3]];
	}
}

/* ---- crop_like ---- */

static secant_status
crop_like_shape(const graph_signature *s, secant_err *err)
{
	secant_shape y = s->in[0].shape;
	const secant_shape *like = &s->in[1].shape;
	char a[96], b[96];
	if (like->dim[1] > y.dim[1] || like->dim[2] > y.dim[2])
		return secant_fail(err, SECANT_ERR_SHAPE, "cannot cut %s to the size of %s", secant_shape_text(&y, a, sizeof a),
			secant_shape_text(like, b, sizeof b));
	y.dim[1] = like->dim[1];
	y.dim[2] = like->dim[2];
	s->out[0] = (graph_type){ op_kind_of(s, 0), y };
	return SECANT_OK;
}

static void
crop_like_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	int64_t index[SECANT_MAX_RANK];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		r->out[0][i] = r->in[0][((index[0] * x->dim[1] + index[1]) * x->dim[2] + index[2]) * x->dim[3] + index[3]];
	}
}

/* ---- scale_like ---- */

static secant_status
scale_like_shape(const graph_signature *s, secant_err *err)
{
	secant_shape y = s->in[0].shape;
	const secant_shape *like = &s->in[1].shape;
	if (y.dim[1] < 1 || y.dim[2] < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "nothing to scale");
	y.dim[1] = like->dim[1];
	y.dim[2] = like->dim[2];
	s->out[0].shape = y;
	return SECANT_OK;
}

static void
scale_like_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	int64_t index[SECANT_MAX_RANK], w = x->dim[2], c = x->dim[3];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		int64_t y0, y1, x0, x1;
		op_unravel(y, i, index);
		double v = (double)op_between(index[1], x->dim[1], y->dim[1], &y0, &y1);
		double u = (double)op_between(index[2], w, y->dim[2], &x0, &x1);
		const double *p = r->in[0] + index[0] * x->dim[1] * w * c + index[3];
		double top = p[(y0 * w + x0) * c] * (1 - u) + p[(y0 * w + x1) * c] * u;
		double low = p[(y1 * w + x0) * c] * (1 - u) + p[(y1 * w + x1) * c] * u;
		r->out[0][i] = top * (1 - v) + low * v;
	}
}

/* ---- descriptors ---- */

/* ---- unfit_like ---- */

op_window
op_unfit_window(const secant_shape *fitted, const secant_shape *picture)
{
	op_picture_resize_attr a = { .size = { 2, { (int)fitted->dim[1], (int)fitted->dim[2] } }, .fit = OP_FIT_LETTERBOX };
	return op_fit_window(&a, picture->dim[1], picture->dim[2]);
}

static secant_status
unfit_like_shape(const graph_signature *s, secant_err *err)
{
	secant_shape y = s->in[0].shape;
	const secant_shape *like = &s->in[1].shape;
	for (int i = 1; i < 3; i++)
		if (y.dim[i] < 1 || y.dim[i] > 1 << 24 || like->dim[i] < 1 || like->dim[i] > 1 << 24)
			return secant_fail(err, SECANT_ERR_SHAPE, "no picture of %lldx%lld lies in %lldx%lld",
				(long long)like->dim[1], (long long)like->dim[2], (long long)y.dim[1], (long long)y.dim[2]);
	op_window v = op_unfit_window(&y, like);
	y.dim[1] = v.height;
	y.dim[2] = v.width;
	s->out[0] = (graph_type){ op_kind_of(s, 0), y };
	return SECANT_OK;
}

static void
unfit_like_reference(const graph_reference *r)
{
	const secant_shape *x = &r->in_shape[0], *y = &r->out_shape[0];
	op_window v = op_unfit_window(x, &r->in_shape[1]);
	int64_t index[SECANT_MAX_RANK];
	for (int64_t i = 0, n = secant_shape_count(y); i < n; i++) {
		op_unravel(y, i, index);
		r->out[0][i] = r->in[0][((index[0] * x->dim[1] + index[1] + v.top) * x->dim[2] + index[2] + v.left) * x->dim[3]
			+ index[3]];
	}
}

static const secant_opt multiple_rows[] = {
	SECANT_OPT(op_multiple_attr, multiple, SIZE, "multiple", "1x1", 1, 65536, "of height and width"),
	SECANT_OPT(op_multiple_attr, least, SIZE, "least", "1x1", 1, 65536, "height and width are at least so much"),
	SECANT_OPT_END,
};
static const secant_opts multiple_attr = { "pad_to", sizeof(op_multiple_attr), multiple_rows };
static const graph_op_case pad_to_cases[] = {
	{ "bytes", "multiple=8x4", "2x5x7x3#256" },
	{ "real", "multiple=4x4", "1x5x7x3" },
	{ "far", "multiple=16x16", "1x2x1x3#256" },
	{ "fits", "multiple=5x7", "1x5x7x3" },
	{ "least", "multiple=4x4 least=12x2", "1x5x7x3" },
	{ "empty", "multiple=4", "0x5x7x3" },
	{ 0 },
};
static const graph_op_case crop_like_cases[] = {
	{ "real", "", "2x8x8x3 2x5x7x1#256" },
	{ "bytes", "", "1x8x8x3#256 1x5x7x3#256" },
	{ "empty", "", "0x8x8x3 0x5x7x3" },
	{ 0 },
};
static const graph_op_case scale_like_cases[] = {
	{ "larger", "", "2x4x5x3@0:1 2x11x7x3#256" },
	{ "smaller", "", "1x9x8x2@0:1 1x4x5x3#256" },
	{ "empty", "", "0x4x4x3@0:1 0x5x7x3#256" },
	{ 0 },
};

const graph_op op_pad_to = {
	.name = "pad_to",
	.brief = "pictures reflected at their right and lower edge, up to multiples and at least to a size",
	.attr = &multiple_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = pad_to_shape,
	.reference = pad_to_reference,
	.cases = pad_to_cases,
};
const graph_op op_crop_like = {
	.name = "crop_like",
	.brief = "the upper left part, as high and wide as the second input",
	.min_in = 2,
	.max_in = 2,
	.takes = "any:NxHxWxC any:NxIxJxD",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape_in = 2,
	.shape = crop_like_shape,
	.reference = crop_like_reference,
	.cases = crop_like_cases,
};
static const graph_op_case unfit_like_cases[] = {
	{ "wide", "", "2x8x8x3 2x5x11x1#256" },
	{ "high", "", "1x9x7x2 1x20x3x3#256" },
	{ "as large", "", "1x5x7x2 1x5x7x3#256" },
	{ 0 },
};
const graph_op op_unfit_like = {
	.name = "unfit_like",
	.brief = "the part of a picture fitted with a border in which the second input lies",
	.min_in = 2,
	.max_in = 2,
	.takes = "any:NxHxWxC any:NxIxJxD",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape_in = 2,
	.shape = unfit_like_shape,
	.reference = unfit_like_reference,
	.cases = unfit_like_cases,
};
const graph_op op_scale_like = {
	.name = "scale_like",
	.brief = "real numbers of a picture scaled to the height and width of the second input",
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxHxWxC any:NxIxJxD",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape_in = 2,
	.shape = scale_like_shape,
	.reference = scale_like_reference,
	.cases = scale_like_cases,
};
