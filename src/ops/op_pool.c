/*
 * Pooling of N x H x W x C over windows: max_pool2d and avg_pool2d with PyTorch's rules. Padding counts as minus
 * infinity for the maximum, as zeros for the mean, where the divisor is the window's size inside input and padding
 * (count_include_pad) or inside the input alone; with ceil_mode the last window may hang over. The first of equal
 * maxima wins; not-a-number wins over all.
 *
 * max_pool2d keeps the winner's place inside its window, row * width + column: one byte for windows up to 255, else
 * i32.
 */
#include "ops/rules.h"
#include <math.h>

typedef struct window {
	int kh, kw, sh, sw, top, left;
} window;

static window
window_of(const op_pool_attr *a)
{
	const secant_ints *s = a->stride.n ? &a->stride : &a->kernel;
	return (window){ a->kernel.v[0], a->kernel.v[1], s->v[0], s->v[1], op_pad_of(&a->padding, 0),
		op_pad_of(&a->padding, 1) };
}

/* H and W of the output for those of the input. */
static secant_status
pooled(const op_pool_attr *a, const int64_t in[2], int64_t out[2], secant_err *err)
{
	if (a->kernel.n != 2 || (a->stride.n && a->stride.n != 2) || a->padding.n == 3 || a->padding.n > 4)
		return secant_fail(err, SECANT_ERR_ARG, "kernel and stride want 2 numbers, padding 1, 2 or 4");
	for (int i = 0; i < 2; i++) {
		int kernel = a->kernel.v[i], stride = a->stride.n ? a->stride.v[i] : kernel;
		int before = op_pad_of(&a->padding, i), after = op_pad_of(&a->padding, i + 2),
			most = before > after ? before : after;
		if (kernel < 1 || stride < 1 || before < 0 || after < 0)
			return secant_fail(err, SECANT_ERR_ARG, "kernel %d, stride %d, padding %d and %d: no such window", kernel,
				stride, before, after);
		if (2 * most > kernel)
			return secant_fail(err, SECANT_ERR_ARG, "padding %d is more than half of the kernel, %d", most, kernel);
		if (in[i] < 1)
			return secant_fail(
				err, SECANT_ERR_SHAPE, "an input of %lldx%lld has no pixels", (long long)in[0], (long long)in[1]);
		if ((out[i] = op_pool_out(in[i], kernel, stride, before, after, a->ceil_mode)) < 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "a kernel of %d is larger than the padded input, %lld", kernel,
				(long long)(in[i] + before + after));
	}
	return SECANT_OK;
}

static secant_status
pool_shape(const graph_signature *s, secant_err *err)
{
	const op_pool_attr *a = s->attr;
	if (op_want_rank(s, 0, 4, err) || op_want_real(s, 0, err))
		return SECANT_ERR_SHAPE;
	secant_shape y = s->in[0].shape;
	if (pooled(a, &s->in[0].shape.dim[1], &y.dim[1], err))
		return SECANT_ERR_SHAPE;
	for (int i = 0; i < s->n_out; i++)
		s->out[i].shape = y;
	if (s->n_out > 1)
		s->out[1].dtype = a->kernel.v[0] * a->kernel.v[1] <= 255 ? SECANT_U8 : SECANT_I32;
	return SECANT_OK;
}

static secant_status
pool_grad_shape(const graph_signature *s, secant_err *err)
{
	const op_pool_attr *a = s->attr;
	const secant_shape *dy = &s->in[0].shape;
	if (op_want_rank(s, 0, 4, err) || op_want_real(s, 0, err) || (s->n_in > 1 && op_want_equal(s, 0, 1, err)))
		return SECANT_ERR_SHAPE;
	if (a->size.n != 2)
		return secant_fail(err, SECANT_ERR_ARG, "size wants the height and width of the input");
	int64_t in[2] = { a->size.v[0], a->size.v[1] }, out[2];
	if (pooled(a, in, out, err))
		return SECANT_ERR_SHAPE;
	if (out[0] != dy->dim[1] || out[1] != dy->dim[2])
		return secant_fail(err, SECANT_ERR_SHAPE, "an input of %lldx%lld pools to %lldx%lld, the gradient is %lldx%lld",
			(long long)in[0], (long long)in[1], (long long)out[0], (long long)out[1], (long long)dy->dim[1],
			(long long)dy->dim[2]);
	s->out[0].shape = (secant_shape){ 4, { dy->dim[0], in[0], in[1], dy->dim[3] } };
	return SECANT_OK;
}

/* The rule of both: op of dy, with the winners' places if there are any, and the input's size. */
static void
pool_rule(graph_net *g, const char *op, const graph_node *n, graph_value dy, graph_value *dx)
{
	op_pool_attr a = *(const op_pool_attr *)n->attr;
	const secant_shape *x = graph_shape(g, n->in[0]);
	a.size = (secant_ints){ 2, { (int)x->dim[1], (int)x->dim[2] } };
	if (dy >= 0)
		dx[0] = n->n_out > 1 ? graph_apply(g, op, &a, 2, dy, n->out[1]) : graph_apply(g, op, &a, 1, dy);
}

/* ---- maximum ---- */

static void
max_pool2d_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	pool_rule(g, "max_pool2d_grad", n, dy[0], dx);
}

static void
max_pool2d_reference(const graph_reference *r)
{
	window k = window_of(r->attr);
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	OP_PARALLEL
	for (int64_t row = 0; row < y[0] * y[1]; row++)
		for (int64_t q = 0; q < y[2]; q++)
			for (int64_t c = 0; c < y[3]; c++) {
				double best = -INFINITY;
				int64_t n = row / y[1], p = row % y[1], place = -1, first = 0;
				for (int i = 0; i < k.kh; i++)
					for (int j = 0; j < k.kw; j++) {
						int64_t h = p * k.sh - k.top + i, w = q * k.sw - k.left + j;
						if (h < 0 || h >= x[1] || w < 0 || w >= x[2])
							continue;
						double v = r->in[0][((n * x[1] + h) * x[2] + w) * x[3] + c];
						if (place < 0)
							first = i * k.kw + j;
						if (place < 0 || v > best || isnan(v)) {
							best = v;
							place = i * k.kw + j;
						}
					}
				r->out[0][(row * y[2] + q) * y[3] + c] = best;
				r->out[1][(row * y[2] + q) * y[3] + c] = (double)(place < 0 ? first : place);
			}
}

static void
max_pool2d_grad_reference(const graph_reference *r)
{
	window k = window_of(r->attr);
	const int64_t *x = r->out_shape[0].dim, *y = r->in_shape[0].dim;
	OP_PARALLEL
	for (int64_t row = 0; row < x[0] * x[1]; row++)
		for (int64_t i = 0; i < x[2] * x[3]; i++) {
			int64_t n = row / x[1], h = row % x[1], w = i / x[3], c = i % x[3];
			double sum = 0;
			for (int a = 0; a < k.kh; a++)
				for (int b = 0; b < k.kw; b++) {
					int64_t p = h + k.top - a, q = w + k.left - b;
					if (p < 0 || q < 0 || p % k.sh || q % k.sw || p / k.sh >= y[1] || q / k.sw >= y[2])
						continue;
					int64_t at = ((n * y[1] + p / k.sh) * y[2] + q / k.sw) * y[3] + c;
					if (r->in[1][at] == a * k.kw + b)
						sum += r->in[0][at];
				}
			r->out[0][row * x[2] * x[3] + i] = sum;
		}
}

/* ---- mean ---- */

static void
avg_pool2d_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	pool_rule(g, "avg_pool2d_grad", n, dy[0], dx);
}

/* The share of one number of window p, q; and the window's part of the input. */
typedef struct part {
	int64_t h0, h1, w0, w1;
	double share;
} part;

static part
part_of(const op_pool_attr *a, int64_t p, int64_t q, int64_t height, int64_t width)
{
	window k = window_of(a);
	int64_t h0 = p * k.sh - k.top, w0 = q * k.sw - k.left, h1 = h0 + k.kh, w1 = w0 + k.kw;
	int64_t below = height + op_pad_of(&a->padding, 2), right = width + op_pad_of(&a->padding, 3);
	int64_t padded = ((h1 < below ? h1 : below) - h0) * ((w1 < right ? w1 : right) - w0);
	part t = { h0 < 0 ? 0 : h0, h1 < height ? h1 : height, w0 < 0 ? 0 : w0, w1 < width ? w1 : width, 0 };
	int64_t inside = t.h1 > t.h0 && t.w1 > t.w0 ? (t.h1 - t.h0) * (t.w1 - t.w0) : 0;
	t.share = inside ? 1 / (double)(a->count_include_pad ? padded : inside) : 0;
	return t;
}

static void
avg_pool2d_reference(const graph_reference *r)
{
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	OP_PARALLEL
	for (int64_t row = 0; row < y[0] * y[1]; row++)
		for (int64_t q = 0; q < y[2]; q++) {
			part t = part_of(r->attr, row % y[1], q, x[1], x[2]);
			for (int64_t c = 0; c < y[3]; c++) {
				double sum = 0;
				for (int64_t h = t.h0; h < t.h1; h++)
					for (int64_t w = t.w0; w < t.w1; w++)
						sum += r->in[0][((row / y[1] * x[1] + h) * x[2] + w) * x[3] + c];
				r->out[0][(row * y[2] + q) * y[3] + c] = sum * t.share;
			}
		}
}

static void
avg_pool2d_grad_reference(const graph_reference *r)
{
	const int64_t *x = r->out_shape[0].dim, *y = r->in_shape[0].dim;
	int64_t picture = x[1] * x[2] * x[3];
	OP_PARALLEL
	for (int64_t n = 0; n < x[0]; n++) {
		double *dx = r->out[0] + n * picture;
		for (int64_t i = 0; i < picture; i++)
			dx[i] = 0;
		for (int64_t i = 0; i < y[1] * y[2]; i++) {
			part t = part_of(r->attr, i / y[2], i % y[2], x[1], x[2]);
			const double *dy = r->in[0] + (n * y[1] * y[2] + i) * y[3];
			for (int64_t h = t.h0; h < t.h1; h++)
				for (int64_t w = t.w0; w < t.w1; w++)
					for (int64_t c = 0; c < x[3]; c++)
						dx[(h * x[2] + w) * x[3] + c] += dy[c] * t.share;
		}
	}
}

static const secant_opt pool_rows[] = {
	SECANT_OPT(op_pool_attr, kernel, SIZE, "kernel", "2", 1, 65536, "size of the window"),
	SECANT_OPT(
		op_pool_attr, stride, SIZE, "stride", NULL, 1, 65536, "step between windows; the kernel's size if not given"),
	SECANT_OPT(op_pool_attr, padding, INTS, "padding", "0", 0, 65536,
		"around the input: all sides; h,w; or top,left,bottom,right"),
	SECANT_OPT(op_pool_attr, ceil_mode, BOOL, "ceil-mode", "false", 0, 1, "a last window may hang over the border"),
	SECANT_OPT(op_pool_attr, count_include_pad, BOOL, "count-include-pad", "true", 0, 1,
		"means divide by the window, not by its part of the input"),
	SECANT_OPT(op_pool_attr, size, SIZE, "size", NULL, 0, 1 << 24, "of gradients: size of the input"),
	SECANT_OPT_END,
};
static const secant_opts pool_attr = { "pool", sizeof(op_pool_attr), pool_rows };

static const graph_op_case pool_cases[] = {
	{ "2x2", "kernel=2", "2x6x8x5" },
	{ "3x3 stride 2 padding 1", "kernel=3 stride=2 padding=1", "2x7x9x3" },
	{ "3x3 stride 1", "kernel=3 stride=1 padding=1", "1x5x4x16" },
	{ "ceil mode", "kernel=2 ceil-mode=true", "1x7x5x3" },
	{ "ceil mode with padding", "kernel=3 stride=2 padding=1 ceil-mode=true", "1x8x7x3" },
	{ "without padding in the mean", "kernel=3 stride=2 padding=1 count-include-pad=false", "1x8x10x3" },
	{ "one-sided padding", "kernel=3 stride=2 padding=0,0,1,1", "1x8x8x4" },
	{ "uneven", "kernel=2x3 stride=1x2 padding=1,0", "2x4x7x2" },
	{ "large window", "kernel=16x17 stride=1", "1x17x18x2" },
	{ "empty", "kernel=2", "0x4x4x3" },
	{ 0 },
};
static const graph_op_case max_grad_cases[] = {
	{ "2x2", "kernel=2 size=6x8", "2x3x4x5 2x3x4x5#4" },
	{ "3x3 stride 1, meeting windows", "kernel=3 stride=1 padding=1 size=5x4", "1x5x4x16 1x5x4x16#9" },
	{ "empty", "kernel=2 size=4", "0x2x2x3 0x2x2x3#4" },
	{ 0 },
};
static const graph_op_case avg_grad_cases[] = {
	{ "2x2", "kernel=2 size=6x8", "2x3x4x5" },
	{ "3x3 stride 2, ceil mode", "kernel=3 stride=2 padding=1 ceil-mode=true count-include-pad=false size=8x10",
		"1x5x6x3" },
	{ "empty", "kernel=2 size=4", "0x2x2x3" },
	{ 0 },
};

const graph_op op_max_pool2d = {
	.name = "max_pool2d",
	.brief = "largest number of each window, and its place",
	.attr = &pool_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxHxWxC",
	.n_out = 2,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pool_shape,
	.grad = max_pool2d_rule,
	.reference = max_pool2d_reference,
	.cases = pool_cases,
};
const graph_op op_max_pool2d_grad = {
	.name = "max_pool2d_grad",
	.brief = "gradient of max_pool2d, from dy and the winners' places; unpooling in networks that are only run",
	.attr = &pool_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxHxWxC int=0",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pool_grad_shape,
	.reference = max_pool2d_grad_reference,
	.cases = max_grad_cases,
};
const graph_op op_avg_pool2d = {
	.name = "avg_pool2d",
	.brief = "mean of each window",
	.attr = &pool_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pool_shape,
	.grad = avg_pool2d_rule,
	.reference = avg_pool2d_reference,
	.cases = pool_cases,
};
const graph_op op_avg_pool2d_grad = {
	.name = "avg_pool2d_grad",
	.brief = "gradient of avg_pool2d",
	.attr = &pool_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxHxWxC",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = pool_grad_shape,
	.reference = avg_pool2d_grad_reference,
	.cases = avg_grad_cases,
};
