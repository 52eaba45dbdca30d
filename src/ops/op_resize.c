/*
 * Resizing of N x H x W x C by nearest neighbours, bilinear or bicubic interpolation, and its gradient: resizing is a
 * linear map of rows and of columns, and the gradient is the transposed map. Coordinates and weights are
 * resize_map.h's.
 */
#include "ops/resize_map.h"
#include "ops/rules.h"

static secant_status
resize_shape(const graph_signature *s, secant_err *err)
{
	const op_resize_attr *a = s->attr;
	char text[96];
	if (op_want_rank(s, 0, 4, err) || op_want_real(s, 0, err))
		return SECANT_ERR_SHAPE;
	double scale[2] = { a->scale_h, a->scale_w };
	bool like = s->n_in > 1;
	if (like && op_want_rank(s, 1, 4, err))
		return SECANT_ERR_SHAPE;
	if (!like && a->size.n != 2 && (scale[0] <= 0 || scale[1] <= 0))
		return secant_fail(
			err, SECANT_ERR_ARG, "want a size, a scale, or a second input whose height and width to take");
	s->out[0].shape = s->in[0].shape;
	for (int i = 0; i < 2; i++) {
		if (s->in[0].shape.dim[1 + i] < 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "an input of %s has no pixels to resize",
				secant_shape_text(&s->in[0].shape, text, sizeof text));
		/* PyTorch: floor(in * factor), and the step is 1 / factor. */
		int64_t size = like  ? s->in[1].shape.dim[1 + i]
			: a->size.n == 2 ? a->size.v[i]
							 : op_whole((double)s->in[0].shape.dim[1 + i] / scale[i] + 1e-6);
		if (size < 1)
			return secant_fail(
				err, SECANT_ERR_SHAPE, "the result would have %lld %s", (long long)size, i ? "columns" : "rows");
		s->out[0].shape.dim[1 + i] = size;
	}
	return SECANT_OK;
}

static void
resize_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_resize_attr a = *(const op_resize_attr *)n->attr;
	const secant_shape *x = graph_shape(g, n->in[0]);
	a.size = (secant_ints){ 2, { (int)x->dim[1], (int)x->dim[2] } };
	dx[0] = graph_apply(g, "resize_grad", &a, 1, dy[0]);
}

static void
resize_reference(const graph_reference *r)
{
	const op_resize_attr *a = r->attr;
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	int taps = op_resize_taps(a->mode);
	OP_PARALLEL
	for (int64_t row = 0; row < y[0] * y[1]; row++) {
		int64_t ph[OP_RESIZE_TAPS], pw[OP_RESIZE_TAPS];
		double wh[OP_RESIZE_TAPS], ww[OP_RESIZE_TAPS];
		op_resize_map(a, 0, x[1], y[1], row % y[1], ph, wh);
		for (int64_t q = 0; q < y[2]; q++) {
			op_resize_map(a, 1, x[2], y[2], q, pw, ww);
			for (int64_t c = 0; c < y[3]; c++) {
				double sum = 0;
				for (int i = 0; i < taps; i++)
					for (int j = 0; j < taps; j++)
						sum += wh[i] * ww[j] * r->in[0][((row / y[1] * x[1] + ph[i]) * x[2] + pw[j]) * x[3] + c];
				r->out[0][(row * y[2] + q) * y[3] + c] = sum;
			}
		}
	}
}

static void
resize_grad_reference(const graph_reference *r)
{
	const op_resize_attr *a = r->attr;
	const int64_t *x = r->out_shape[0].dim, *y = r->in_shape[0].dim;
	int64_t picture = x[1] * x[2] * x[3];
	int taps = op_resize_taps(a->mode);
	OP_PARALLEL
	for (int64_t n = 0; n < x[0]; n++) {
		double *dx = r->out[0] + n * picture;
		for (int64_t i = 0; i < picture; i++)
			dx[i] = 0;
		for (int64_t i = 0; i < y[1] * y[2]; i++) {
			int64_t ph[OP_RESIZE_TAPS], pw[OP_RESIZE_TAPS];
			double wh[OP_RESIZE_TAPS], ww[OP_RESIZE_TAPS];
			op_resize_map(a, 0, x[1], y[1], i / y[2], ph, wh);
			op_resize_map(a, 1, x[2], y[2], i % y[2], pw, ww);
			for (int k = 0; k < taps * taps; k++)
				for (int64_t c = 0; c < x[3]; c++)
					dx[(ph[k / taps] * x[2] + pw[k % taps]) * x[3] + c] += wh[k / taps] * ww[k % taps]
						* r->in[0][(n * y[1] * y[2] + i) * y[3] + c];
		}
	}
}

static const secant_opt resize_rows[] = {
	SECANT_OPT_CHOICE(op_resize_attr, mode, "mode", "nearest", "nearest|bilinear|bicubic|nearest-exact",
		"how values between pixels are made"),
	SECANT_OPT(op_resize_attr, align_corners, BOOL, "align-corners", "false", 0, 1,
		"the corner pixels' centres stay in the corners"),
	SECANT_OPT(op_resize_attr, from_corner, BOOL, "from-corner", "false", 0, 1,
		"sample i lies at i * step, for interpolation"),
	SECANT_OPT(op_resize_attr, size, SIZE, "size", NULL, 1, 1 << 24, "height and width of the result"),
	SECANT_OPT(op_resize_attr, scale_h, REAL, "scale-h", "0", 0, 1e6,
		"rows of the input per row of the result; 0: from the sizes"),
	SECANT_OPT(op_resize_attr, scale_w, REAL, "scale-w", "0", 0, 1e6,
		"columns of the input per column of the result; 0: from the sizes"),
	SECANT_OPT_END,
};
static const secant_opts resize_attr = { "resize", sizeof(op_resize_attr), resize_rows };

#define MODES(size, scale, in) \
	{ "nearest", "mode=nearest size=" size scale, in }, \
		{ "nearest exact", "mode=nearest-exact size=" size scale, in }, \
		{ "bilinear", "mode=bilinear size=" size scale, in }, \
		{ "bilinear, corners", "mode=bilinear align-corners=true size=" size scale, in }, \
		{ "bicubic", "mode=bicubic size=" size scale, in }, \
	{ \
		"bicubic, corners", "mode=bicubic align-corners=true size=" size scale, in \
	}
static const graph_op_case resize_cases[] = {
	MODES("8x10", "", "2x4x5x3"),
	MODES("5x3", "", "1x7x9x2"),
	MODES("1x4", "", "1x3x1x16"),
	MODES("8x11", " scale-h=0.5882 scale-w=0.5882", "1x5x7x2"),
	{ "no pictures", "mode=bilinear size=4", "0x2x2x3" },
	{ "like another", "mode=nearest", "2x3x4x5 1x6x7x2" },
	{ "from the corner", "mode=bilinear size=6x7 from-corner=true", "1x3x4x5" },
	{ "by a factor", "mode=bilinear scale-h=0.5 scale-w=0.25 align-corners=true", "1x3x4x5" },
	{ 0 },
};
static const graph_op_case resize_grad_cases[] = {
	MODES("4x5", "", "2x8x10x3"),
	MODES("7x9", "", "1x5x3x2"),
	{ "no pictures", "mode=bilinear size=4", "0x2x2x3" },
	{ 0 },
};

const graph_op op_resize = {
	.name = "resize",
	.brief = "picture of another size; a second input gives the size",
	.attr = &resize_attr,
	.min_in = 1,
	.max_in = 2,
	.takes = "real:NxHxWxC any:_x_x_x_",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.shape_in = 2,
	.commutes = true,
	.shape = resize_shape,
	.grad = resize_rule,
	.reference = resize_reference,
	.again = graph_op_again,
	.cases = resize_cases,
};
const graph_op op_resize_grad = {
	.name = "resize_grad",
	.brief = "gradient of resize",
	.attr = &resize_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxHxWxC",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = resize_shape,
	.reference = resize_grad_reference,
	.cases = resize_grad_cases,
};
