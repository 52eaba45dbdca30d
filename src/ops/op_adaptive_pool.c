/*
 * Pooling of N x H x W x C to a given number of rows and columns: bin i of n covers floor(i * in / n) to below ceil((i
 * + 1) * in / n), so bins may overlap (PyTorch's adaptive pooling; interpolation by area is the mean).
 * adaptive_max_pool2d keeps the place of each maximum in its picture, row * width + column; the first one wins.
 */
#include "ops/rules.h"
#include <math.h>

typedef struct bin {
	int64_t h0, h1, w0, w1;
} bin;

static int64_t
first_of(int64_t i, int64_t in, int64_t n)
{
	return i * in / n;
}
static int64_t
after(int64_t i, int64_t in, int64_t n)
{
	return ((i + 1) * in + n - 1) / n;
}

/* Bin number i, row by row, of p x q bins over h x w pixels. */
static bin
bin_of(int64_t i, int64_t h, int64_t w, int64_t p, int64_t q)
{
	return (bin){ first_of(i / q, h, p), after(i / q, h, p), first_of(i % q, w, q), after(i % q, w, q) };
}

/* The result has the size of the attribute: the bins, or of gradients the pixels. */
static secant_status
sized(const graph_signature *s, secant_err *err)
{
	const secant_ints *size = &((const op_size_attr *)s->attr)->size;
	char text[96];
	if (op_want_rank(s, 0, 4, err) || op_want_real(s, 0, err))
		return SECANT_ERR_SHAPE;
	if (size->n != 2 || size->v[0] < 1 || size->v[1] < 1)
		return secant_fail(err, SECANT_ERR_ARG, "size wants a height and a width of at least 1");
	if (s->in[0].shape.dim[1] < 1 || s->in[0].shape.dim[2] < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "an input of %s has no pixels",
			secant_shape_text(&s->in[0].shape, text, sizeof text));
	for (int i = 0; i < s->n_out; i++) {
		s->out[i].shape = s->in[0].shape;
		s->out[i].shape.dim[1] = size->v[0];
		s->out[i].shape.dim[2] = size->v[1];
	}
	return SECANT_OK;
}

static secant_status
max_shape(const graph_signature *s, secant_err *err)
{
	s->out[1].dtype = SECANT_I32;
	return sized(s, err);
}

static secant_status
max_grad_shape(const graph_signature *s, secant_err *err)
{
	return op_want_integer(s, 1, err) || op_want_equal(s, 0, 1, err) ? SECANT_ERR_SHAPE : sized(s, err);
}

static op_size_attr
input_size(const graph_net *g, const graph_node *n)
{
	const secant_shape *x = graph_shape(g, n->in[0]);
	return (op_size_attr){ { 2, { (int)x->dim[1], (int)x->dim[2] } } };
}

static void
avg_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_size_attr a = input_size(g, n);
	dx[0] = graph_apply(g, "adaptive_avg_pool2d_grad", &a, 1, dy[0]);
}

static void
max_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_size_attr a = input_size(g, n);
	if (dy[0] >= 0)
		dx[0] = graph_apply(g, "adaptive_max_pool2d_grad", &a, 2, dy[0], n->out[1]);
}

static void
avg_reference(const graph_reference *r)
{
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim, bins = y[1] * y[2], c = x[3];
	OP_PARALLEL
	for (int64_t i = 0; i < y[0] * bins * c; i++) {
		bin b = bin_of(i / c % bins, x[1], x[2], y[1], y[2]);
		double sum = 0;
		for (int64_t h = b.h0; h < b.h1; h++)
			for (int64_t w = b.w0; w < b.w1; w++)
				sum += r->in[0][((i / c / bins * x[1] + h) * x[2] + w) * c + i % c];
		r->out[0][i] = sum / (double)((b.h1 - b.h0) * (b.w1 - b.w0));
	}
}

static void
max_reference(const graph_reference *r)
{
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim, bins = y[1] * y[2], c = x[3];
	OP_PARALLEL
	for (int64_t i = 0; i < y[0] * bins * c; i++) {
		bin b = bin_of(i / c % bins, x[1], x[2], y[1], y[2]);
		double best = -INFINITY;
		int64_t place = b.h0 * x[2] + b.w0;
		for (int64_t h = b.h0; h < b.h1; h++)
			for (int64_t w = b.w0; w < b.w1; w++) {
				double v = r->in[0][((i / c / bins * x[1] + h) * x[2] + w) * c + i % c];
				if (v > best || isnan(v)) {
					best = v;
					place = h * x[2] + w;
				}
			}
		r->out[0][i] = best;
		r->out[1][i] = (double)place;
	}
}

static void
clear(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = 0;
}

static void
avg_grad_reference(const graph_reference *r)
{
	const int64_t *x = r->out_shape[0].dim, *y = r->in_shape[0].dim, bins = y[1] * y[2], c = x[3];
	clear(r);
	for (int64_t i = 0; i < y[0] * bins * c; i++) {
		bin b = bin_of(i / c % bins, x[1], x[2], y[1], y[2]);
		for (int64_t h = b.h0; h < b.h1; h++)
			for (int64_t w = b.w0; w < b.w1; w++)
				r->out[0][((i / c / bins * x[1] + h) * x[2] + w) * c + i % c] += r->in[0][i]
					/ (double)((b.h1 - b.h0) * (b.w1 - b.w0));
	}
}

static void
max_grad_reference(const graph_reference *r)
{
	const int64_t *x = r->out_shape[0].dim, *y = r->in_shape[0].dim, bins = y[1] * y[2], c = x[3];
	clear(r);
	for (int64_t i = 0; i < y[0] * bins * c; i++)
		if (op_within(r->in[1][i], x[1] * x[2]))
			r->out[0][(i / c / bins * x[1] * x[2] + (int64_t)r->in[1][i]) * c + i % c] += r->in[0][i];
}

static const secant_opt size_rows[] = {
	SECANT_OPT(op_size_attr, size, SIZE, "size", "1", 1, 1 << 24,
		"height and width of the result (of gradients: of the input)"),
	SECANT_OPT_END,
};
static const secant_opts size_attr = { "adaptive_pool", sizeof(op_size_attr), size_rows };

static const graph_op_case cases[] = {
	{ "1", "size=1", "2x7x5x3" },
	{ "2", "size=2", "2x7x5x16" },
	{ "overlapping", "size=6", "1x7x5x3" },
	{ "uneven", "size=3x2", "1x8x9x3" },
	{ "enlarging", "size=5x4", "1x2x3x2" },
	{ "no pictures", "size=2", "0x4x4x3" },
	{ 0 },
};
static const graph_op_case avg_grad_cases[] = {
	{ "1", "size=7x5", "2x1x1x3" },
	{ "overlapping", "size=7x5", "1x6x6x3" },
	{ "no pictures", "size=4", "0x2x2x3" },
	{ 0 },
};
static const graph_op_case max_grad_cases[] = {
	{ "1", "size=7x5", "2x1x1x3 2x1x1x3#35" },
	{ "meeting", "size=3x2", "1x4x4x5 1x4x4x5#6" },
	{ "no pictures", "size=4", "0x2x2x3 0x2x2x3#4" },
	{ 0 },
};

#define POOL(nam, text, only, inputs, outputs, sh, rule, ref, table) \
	const graph_op op_##nam = { \
		.name = #nam, \
		.brief = text, \
		.attr = &size_attr, \
		.min_in = inputs, \
		.max_in = inputs, \
		.takes = "real:NxHxWxC int=0", \
		.training = only, \
		.n_out = outputs, \
		.low = GRAPH_LOW_FOLLOWS, \
		.low_in = 1, \
		.low_out = 1, \
		.commutes = true, \
		.shape = sh, \
		.grad = rule, \
		.reference = ref, \
		.cases = table, \
	};
POOL(adaptive_avg_pool2d, "mean of each of so many bins", false, 1, 1, sized, avg_rule, avg_reference, cases)
POOL(adaptive_avg_pool2d_grad, "gradient of adaptive_avg_pool2d", true, 1, 1, sized, NULL, avg_grad_reference,
	avg_grad_cases)
POOL(adaptive_max_pool2d, "largest number of each of so many bins, and its place", false, 1, 2, max_shape, max_rule,
	max_reference, cases)
POOL(adaptive_max_pool2d_grad, "gradient of adaptive_max_pool2d, from dy and the places", true, 2, 1, max_grad_shape,
	NULL, max_grad_reference, max_grad_cases)
