/*
 * Pictures of N x H x W x C sampled at places that another tensor names, N x h x w x (x, y): PyTorch's grid_sample.
 * Between pixels numbers are those of the nearest, of two by two, or of four by four (Keys 1981, A = -0.75); outside
 * lie zeros, the border, or the picture reflected.
 */
#include "ops/sample_map.h"
#include <math.h>
#include "ops/rules.h"

/* ---- coordinates ---- */

static double
reflected(double x, double low, double high)
{
	double span = high - low;
	if (!(span > 0))
		return low;
	x = fmod(fabs(x - low), 2 * span);
	return low + (x > span ? 2 * span - x : x);
}

/* A coordinate as padding has it; -1: outside, where zeros lie. */
static double
padded(const op_sample_attr *a, double x, int64_t extent)
{
	double last = (double)(extent - 1);
	if (a->padding == OP_SAMPLE_REFLECTION)
		x = a->align_corners ? reflected(x, 0, last) : reflected(x, -0.5, last + 0.5);
	if (a->padding != OP_SAMPLE_ZEROS)
		return fmax(0, fmin(x, last));
	return x >= 0 && x <= last ? x : -1;
}

static double
pixel_of(const op_sample_attr *a, double x, int64_t extent)
{
	return a->align_corners ? (x + 1) / 2 * (double)(extent - 1) : ((x + 1) * (double)extent - 1) / 2;
}

static double
weight_of(const op_sample_attr *a, double d)
{
	const double k = -0.75;
	d = fabs(d);
	if (a->mode == OP_SAMPLE_BILINEAR)
		return d < 1 ? 1 - d : 0;
	return d <= 1 ? ((k + 2) * d - (k + 3)) * d * d + 1 : d < 2 ? ((k * d - 5 * k) * d + 8 * k) * d - 4 * k : 0;
}

int
op_sample_map(const op_sample_attr *a, int64_t h, int64_t w, double x, double y, int64_t place[OP_SAMPLE_TAPS],
	double weight[OP_SAMPLE_TAPS])
{
	const double far = 1e9; /* beyond every picture, and not a number too */
	double px = pixel_of(a, x, w), py = pixel_of(a, y, h);
	px = px < -far || px != px ? -far : px > far ? far : px;
	py = py < -far || py != py ? -far : py > far ? far : py;
	int from = a->mode == OP_SAMPLE_BICUBIC ? -1 : 0, to = a->mode == OP_SAMPLE_BICUBIC ? 2 : 1, n = 0;
	if (a->mode == OP_SAMPLE_NEAREST) {
		px = nearbyint(px);
		py = nearbyint(py);
		to = 0;
	} else if (a->mode == OP_SAMPLE_BILINEAR && a->padding != OP_SAMPLE_ZEROS) {
		px = padded(a, px, w);
		py = padded(a, py, h);
	}
	double fx = floor(px), fy = floor(py);
	for (int j = from; j <= to; j++)
		for (int i = from; i <= to; i++) {
			double v = a->mode == OP_SAMPLE_NEAREST ? 1 : weight_of(a, px - fx - i) * weight_of(a, py - fy - j);
			double at_x = padded(a, fx + i, w), at_y = padded(a, fy + j, h);
			if (v == 0 || at_x < 0 || at_y < 0)
				continue;
			place[n] = (int64_t)at_y * w + (int64_t)at_x;
			weight[n++] = v;
		}
	return n;
}

/* ---- the operator ---- */

static secant_status
shape(const graph_signature *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *grid = &s->in[1].shape;
	char text[96];
	if (x->dim[1] < 1 || x->dim[2] < 1)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "pictures of %s have no pixels to sample", secant_shape_text(x, text, sizeof text));
	s->out[0].shape = secant_shape_of(4, x->dim[0], grid->dim[1], grid->dim[2], x->dim[3]);
	return SECANT_OK;
}

static void
reference(const graph_reference *r)
{
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	OP_PARALLEL
	for (int64_t i = 0; i < y[0] * y[1] * y[2]; i++) {
		int64_t place[OP_SAMPLE_TAPS];
		double weight[OP_SAMPLE_TAPS];
		const double *picture = r->in[0] + i / (y[1] * y[2]) * x[1] * x[2] * x[3];
		int n = op_sample_map(r->attr, x[1], x[2], r->in[1][2 * i], r->in[1][2 * i + 1], place, weight);
		for (int64_t c = 0; c < x[3]; c++) {
			double sum = 0;
			for (int k = 0; k < n; k++)
				sum += weight[k] * picture[place[k] * x[3] + c];
			r->out[0][i * x[3] + c] = sum;
		}
	}
}

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(
		op_sample_attr, mode, "mode", "bilinear", "nearest|bilinear|bicubic", "how values between pixels are made"),
	SECANT_OPT_CHOICE(op_sample_attr, padding, "padding", "zeros", "zeros|border|reflection", "what lies outside"),
	SECANT_OPT(op_sample_attr, align_corners, BOOL, "align-corners", "false", 0, 1,
		"-1 and 1 are the outer pixels' centres, not their edges"),
	SECANT_OPT_END,
};
static const secant_opts attr = { "grid_sample", sizeof(op_sample_attr), rows };

#define PADDINGS(mode) \
	{ mode, "mode=" mode, "2x5x6x3 2x4x7x2@-1.4:1.4" }, \
		{ mode ", border", "mode=" mode " padding=border", "1x5x6x2 1x4x7x2@-1.9:1.9" }, \
		{ mode ", reflection", "mode=" mode " padding=reflection", "1x5x6x2 1x4x7x2@-3:3" }, \
		{ mode ", corners", "mode=" mode " align-corners=true", "1x3x4x2 1x4x7x2@-1.4:1.4" }, \
	{ \
		mode ", corners reflected", "mode=" mode " padding=reflection align-corners=true", "1x5x1x2 1x4x7x2@-3:3" \
	}
static const graph_op_case cases[] = {
	PADDINGS("nearest"),
	PADDINGS("bilinear"),
	PADDINGS("bicubic"),
	{ "no pictures", "", "0x2x2x3 0x4x4x2" },
	{ 0 },
};

const graph_op op_grid_sample = {
	.name = "grid_sample",
	.brief = "pictures sampled at places that a second input names",
	.attr = &attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxHxWxC real:Nx_x_x2",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = shape,
	.reference = reference,
	.cases = cases,
};
