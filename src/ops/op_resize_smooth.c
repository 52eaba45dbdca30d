/*
 * resize_smooth: N x H x W x C in another height and width by bicubic interpolation that averages where it shrinks
 * (PyTorch's interpolate with antialias), and its gradient, the transposed map. The weights are resize_map.h's. Vision
 * transformers bring their tables of positions to other sizes by it.
 */
#include "ops/resize_map.h"
#include "ops/rules.h"

static secant_status
shape(const graph_signature *s, secant_err *err)
{
	const secant_ints *size = &((const op_size_attr *)s->attr)->size;
	char text[96];
	if (s->n_in < 2 && size->n != 2)
		return secant_fail(err, SECANT_ERR_ARG, "want a size, or a second input whose height and width to take");
	if (s->in[0].shape.dim[1] < 1 || s->in[0].shape.dim[2] < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "an input of %s has no pixels to resize",
			secant_shape_text(&s->in[0].shape, text, sizeof text));
	s->out[0].shape = s->in[0].shape;
	for (int i = 0; i < 2; i++) {
		int64_t to = s->n_in > 1 ? s->in[1].shape.dim[1 + i] : size->v[i];
		if (to < 1)
			return secant_fail(err, SECANT_ERR_SHAPE, "the result would have no %s", i ? "columns" : "rows");
		s->out[0].shape.dim[1 + i] = to;
	}
	return SECANT_OK;
}

static void
rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape *x = graph_shape(g, n->in[0]);
	op_size_attr a = { { 2, { (int)x->dim[1], (int)x->dim[2] } } };
	dx[0] = graph_apply(g, "resize_smooth_grad", &a, 1, dy[0]);
}

/* Of every pair of places, one of the larger map's x and one of what was made of it, y, and every channel. */
static void
each_pair(const graph_reference *r, const int64_t *x, const int64_t *y, bool back)
{
	for (int64_t i = 0; i < secant_shape_count(&r->out_shape[0]); i++)
		r->out[0][i] = 0;
	for (int64_t at = 0; at < y[0] * y[1] * y[2]; at++) {
		op_smooth_window h = op_smooth_window_of(x[1], y[1], at / y[2] % y[1]),
						 w = op_smooth_window_of(x[2], y[2], at % y[2]);
		for (int64_t p = h.from; p < h.to; p++)
			for (int64_t q = w.from; q < w.to; q++) {
				double weight = op_smooth_weight(&h, p) * op_smooth_weight(&w, q);
				int64_t from = ((at / (y[1] * y[2]) * x[1] + p) * x[2] + q) * x[3], to = at * x[3];
				for (int64_t c = 0; c < x[3]; c++)
					if (back)
						r->out[0][from + c] += weight * r->in[0][to + c];
					else
						r->out[0][to + c] += weight * r->in[0][from + c];
			}
	}
}

static void
reference(const graph_reference *r)
{
	each_pair(r, r->in_shape[0].dim, r->out_shape[0].dim, false);
}

static void
grad_reference(const graph_reference *r)
{
	each_pair(r, r->out_shape[0].dim, r->in_shape[0].dim, true);
}

static const secant_opt rows[] = {
	SECANT_OPT(op_size_attr, size, SIZE, "size", NULL, 1, 1 << 24,
		"height and width of the result (of gradients: of the input)"),
	SECANT_OPT_END,
};
static const secant_opts attr = { "resize_smooth", sizeof(op_size_attr), rows };

static const graph_op_case cases[] = {
	{ "smaller", "size=3x4", "1x8x9x3" },
	{ "larger", "size=9x8", "2x4x5x2" },
	{ "to one pixel", "size=1", "1x5x7x3" },
	{ "one way each", "size=9x2", "1x4x7x2" },
	{ "as it is", "size=4x5", "2x4x5x3" },
	{ "like another", "", "1x7x7x5 2x3x9x2" },
	{ "no pictures", "size=4", "0x2x2x3" },
	{ 0 },
};
static const graph_op_case grad_cases[] = {
	{ "smaller", "size=8x9", "1x3x4x3" },
	{ "larger", "size=4x5", "2x9x8x2" },
	{ "no pictures", "size=4", "0x2x2x3" },
	{ 0 },
};

const graph_op op_resize_smooth = {
	.name = "resize_smooth",
	.brief = "bicubic in another size, averaged where it shrinks; a second input gives the size",
	.attr = &attr,
	.min_in = 1,
	.max_in = 2,
	.takes = "real:NxHxWxC any:_x_x_x_",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.shape_in = 2,
	.commutes = true,
	.shape = shape,
	.grad = rule,
	.reference = reference,
	.cases = cases,
};
const graph_op op_resize_smooth_grad = {
	.name = "resize_smooth_grad",
	.brief = "gradient of resize_smooth",
	.attr = &attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real:NxHxWxC",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = shape,
	.reference = grad_reference,
	.cases = grad_cases,
};
