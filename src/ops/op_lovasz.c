/*
 * The Lovasz extension of the Jaccard loss (Berman, Triki, Blaschko, CVPR 2018), over the last axis. With errors e
 * sorted descending, their labels g (0 or 1) in that order and G = sum g,
 *
 *     J_k = 1 - (G - cumsum(g)_k) / (G + cumsum(1 - g)_k)     w_k = J_k - J_(k-1)     loss = sum max(e_k, 0) w_k
 *
 * The second output holds w at the errors' own places, 0 where the error is not above 0: the gradient towards the
 * errors. Equal errors keep their order.
 */
#include "ops/rules.h"
#include <stdlib.h>

typedef struct item {
	double error;
	int64_t at;
} item;

static secant_status
lovasz_shape(const graph_signature *s, secant_err *err)
{
	if (op_want_real(s, 0, err) || op_want_real(s, 1, err) || op_want_equal(s, 0, 1, err))
		return SECANT_ERR_SHAPE;
	if (s->in[0].shape.rank < 1)
		return secant_fail(err, SECANT_ERR_SHAPE, "want at least one axis");
	s->out[0].shape = s->out[1].shape = s->in[0].shape;
	s->out[0].shape.rank--;
	return SECANT_OK;
}

static void
merge_sort(item *v, item *spare, int64_t n)
{
	for (int64_t width = 1; width < n; width *= 2) {
		for (int64_t first = 0; first < n; first += 2 * width) {
			int64_t middle = first + width < n ? first + width : n, end = first + 2 * width < n ? first + 2 * width : n,
					a = first, b = middle;
			for (int64_t k = first; k < end; k++)
				spare[k] = a < middle && (b >= end || v[a].error >= v[b].error) ? v[a++] : v[b++];
		}
		for (int64_t k = 0; k < n; k++)
			v[k] = spare[k];
	}
}

static void
lovasz_reference(const graph_reference *r)
{
	const secant_shape *s = &r->in_shape[0];
	int64_t n = s->dim[s->rank - 1], rows = secant_shape_count(&r->out_shape[0]);
	item *v = secant_calloc((size_t)(2 * n + 1), sizeof *v);
	for (int64_t row = 0; row < rows; row++) {
		const double *e = r->in[0] + row * n, *g = r->in[1] + row * n;
		double total = 0, seen = 0, before = 0, loss = 0;
		if (!v) { /* a reference cannot fail: the result says it */
			r->out[0][row] = 0.0 / 0.0;
			continue;
		}
		for (int64_t i = 0; i < n; i++)
			v[i] = (item){ e[i], i }, total += g[i];
		merge_sort(v, v + n, n);
		for (int64_t k = 0; k < n; k++) {
			seen += g[v[k].at];
			double jaccard = 1 - (total - seen) / (total + (double)(k + 1) - seen), w = jaccard - before;
			before = jaccard;
			bool counts = v[k].error > 0;
			r->out[1][row * n + v[k].at] = counts ? w : 0;
			loss += counts ? v[k].error * w : 0;
		}
		r->out[0][row] = loss;
	}
	secant_free(v);
}

static void
lovasz_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	const secant_shape *s = graph_shape(g, n->out[0]);
	op_shape_attr a = { .shape = { .n = s->rank + 1 } };
	for (int i = 0; i < s->rank; i++)
		a.shape.v[i] = (int)s->dim[i];
	a.shape.v[s->rank] = 1;
	if (wants[0] && dy[0] >= 0)
		dx[0] = graph_apply(g, "mul", NULL, 2, n->out[1], graph_apply(g, "reshape", &a, 1, dy[0]));
}

static const graph_op_case cases[] = {
	{ "one row", "", "24 24@0:0" },
	{ "rows", "", "3x17 3x17@1:1" },
	{ "pictures x classes", "", "2x3x9 2x3x9@0:0" },
	{ "no errors", "", "3x0 3x0" },
	{ 0 },
};

const graph_op op_lovasz = {
	.name = "lovasz",
	.brief = "Lovasz extension of the Jaccard loss over the last axis",
	.min_in = 2,
	.max_in = 2,
	.takes = "real:.._ real=0",
	.training = true,
	.n_out = 2,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = lovasz_shape,
	.grad = lovasz_rule,
	.reference = lovasz_reference,
	.cases = cases,
};
