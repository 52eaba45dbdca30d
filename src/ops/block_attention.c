/*
 * Attention without the matrix of all scores. What a network says as
 *
 *     softmax(q k' * scale + bias) v
 *
 * holds queries x keys numbers for every head and picture, which at large pictures is more than all the rest and far
 * more than a cache. A row of it needs no other row, so this pass writes the same for some rows of q after another and
 * joins the results: the numbers are the same, and one block is all that is ever there. In training gradients would
 * keep the shares of all blocks, were they not computed again for each (graph/recompute.c).
 *
 * Where softmax runs over all pairs of a query and a key together (MA-Net), a row does need the others, but only to
 * know its own share of the whole: with L the logarithms of the sums of the rows' exponentials,
 *
 *     softmax_pairs(s) v = softmax_rows(L) * (softmax(s) v),     row by row
 *
 * so that each block gives its rows of the right product and of L.
 *
 * It runs on the shapes of one size: a stored graph, which serves other sizes, stays as it was.
 */
#include "graph/rewrite.h"
#include "ops/known.h"
#include "ops/rules.h"

enum { BETWEEN = 4, MOST_BLOCKS = 64 };
/* Bytes of scores: above the first they are made in blocks of about the second, which stay in a core's own cache. */
static const int64_t worth = (int64_t)4 << 20, block = (int64_t)1 << 20;

typedef struct chain {
	const graph_node *scores, *between[BETWEEN], *shares; /* between: from the last to the first */
	const graph_node *flat, *back; /* shares of all pairs: what makes a row of them, and back; else NULL */
	int n;
} chain;

/* The input of `add` that comes from the scores: of their shape, and nobody else's. */
static graph_value
main_input(const graph_rewrite *w, const graph_node *add)
{
	const secant_shape *y = graph_shape(w->from, add->out[0]);
	for (int k = 0; k < 2; k++)
		if (secant_shape_equal(graph_shape(w->from, add->in[k]), y)
			&& (graph_rewrite_own(w, add->in[k], "mul_scalar") || graph_rewrite_own(w, add->in[k], "matmul")))
			return add->in[k];
	return -1;
}

/* Softmax over the pairs of a matrix, behind a reshape of it to a row and before one back. */
static bool
find_pairs(const graph_rewrite *w, graph_value v, chain *c)
{
	c->back = graph_rewrite_own(w, v, "reshape");
	c->shares = c->back ? graph_rewrite_own(w, c->back->in[0], "softmax") : NULL;
	c->flat = c->shares ? graph_rewrite_own(w, c->shares->in[0], "reshape") : NULL;
	if (!c->flat)
		return false;
	const secant_shape *s = graph_shape(w->from, v), *row = graph_shape(w->from, c->flat->out[0]);
	return s->rank >= 3 && secant_shape_equal(s, graph_shape(w->from, c->flat->in[0]))
		&& row->dim[row->rank - 1] == s->dim[s->rank - 2] * s->dim[s->rank - 1];
}

/* Is product i the end of an attention that is worth it? */
static bool
find(const graph_rewrite *w, int i, chain *c)
{
	const graph_node *last = graph_get_node(w->from, i);
	const op_matmul_attr *a = last->attr;
	*c = (chain){ 0 };
	if (last->op != &op_matmul || a->transpose_a
		|| (!(c->shares = graph_rewrite_own(w, last->in[0], "softmax")) && !find_pairs(w, last->in[0], c)))
		return false;
	const secant_shape *s = graph_shape(w->from, last->in[0]), *line = graph_shape(w->from, c->shares->out[0]);
	int axis = ((const op_axis_attr *)c->shares->attr)->axis;
	graph_value v = c->flat ? c->flat->in[0] : c->shares->in[0];
	while (c->n < BETWEEN && v >= 0 && !(c->scores = graph_rewrite_own(w, v, "matmul"))) {
		const graph_node *scaled = graph_rewrite_own(w, v, "mul_scalar"), *sum = graph_rewrite_own(w, v, "add");
		if (!scaled && !sum)
			return false;
		c->between[c->n++] = scaled ? scaled : sum;
		v = scaled ? scaled->in[0] : main_input(w, sum);
	}
	return c->scores && s->rank >= 3 && (axis == -1 || axis == line->rank - 1)
		&& !((const op_matmul_attr *)c->scores->attr)->transpose_a
		&& secant_shape_equal(s, graph_shape(w->from, c->scores->out[0]))
		&& secant_shape_count(s) * (int64_t)sizeof(float) > worth && s->dim[s->rank - 2] > 1;
}

/* Rows [from, to) of v's axis before the last. */
static graph_value
rows_of(graph_rewrite *w, graph_value v, int64_t from, int64_t to)
{
	const secant_shape *s = graph_shape(w->to, v);
	op_slice_attr a = { .start = { s->rank, { 0 } }, .stop = { s->rank, { 0 } } };
	for (int i = 0; i < s->rank; i++)
		a.stop.v[i] = -1;
	a.start.v[s->rank - 2] = (int)from;
	a.stop.v[s->rank - 2] = (int)to;
	return graph_apply(w->to, "slice", &a, 1, v);
}

/* Rows [from, to) of the result; where softmax is over all pairs also, in *sums, those of L. */
static graph_value
write_block(graph_rewrite *w, const chain *c, const graph_node *last, int64_t from, int64_t to, graph_value *sums)
{
	const op_axis_attr keys = { -1 };
	const graph_node *m = c->scores;
	graph_value y = rows_of(w, graph_rewrite_value(w, m->in[0]), from, to);
	y = graph_apply(w->to, "matmul", m->attr, 2, y, graph_rewrite_value(w, m->in[1]));
	for (int k = c->n - 1; k >= 0; k--) {
		const graph_node *b = c->between[k];
		if (b->op != &op_add) {
			y = graph_apply(w->to, b->op->name, b->attr, 1, y);
			continue;
		}
		graph_value side = graph_rewrite_value(w, main_input(w, b) == b->in[0] ? b->in[1] : b->in[0]);
		const secant_shape *s = graph_shape(w->to, side);
		if (s->rank >= 2 && s->dim[s->rank - 2] > 1)
			side = rows_of(w, side, from, to);
		y = graph_apply(w->to, "add", NULL, 2, y, side);
	}
	*sums = c->flat ? graph_apply(w->to, "logsumexp", &keys, 1, y) : -1;
	y = graph_apply(w->to, "softmax", &keys, 1, y);
	return graph_apply(w->to, "matmul", last->attr, 2, y, graph_rewrite_value(w, last->in[1]));
}

static void
write_blocks(graph_rewrite *w, const chain *c, const graph_node *last)
{
	const secant_shape *s = graph_shape(w->from, last->in[0]);
	int64_t rows = s->dim[s->rank - 2], bytes = secant_shape_count(s) * (int64_t)sizeof(float);
	int64_t n = (bytes + block - 1) / block;
	graph_value part[MOST_BLOCKS], sums[MOST_BLOCKS];
	n = n > MOST_BLOCKS ? MOST_BLOCKS : n;
	n = n > rows ? rows : n;
	graph_scope(w->to, last->name);
	for (int64_t i = 0; i < n; i++)
		part[i] = write_block(w, c, last, rows * i / n, rows * (i + 1) / n, &sums[i]);
	graph_value y = op_build_concat(w->to, (int)n, part, s->rank - 2);
	if (c->flat) {
		op_axis_attr queries = { s->rank - 2 };
		graph_value share = graph_apply(
			w->to, "softmax", &queries, 1, op_build_concat(w->to, (int)n, sums, s->rank - 2));
		y = graph_apply(w->to, "mul", NULL, 2, y, share);
	}
	w->map[last->out[0]] = y;
}

/* Nodes within a chain, all but its last product, are written by write_blocks. */
static void
leave_out(graph_rewrite *w, const chain *c)
{
	const graph_node *const within[] = { c->scores, c->shares, c->flat, c->back };
	for (size_t k = 0; k < sizeof within / sizeof *within; k++)
		graph_rewrite_leave_out(w, within[k]);
	for (int k = 0; k < c->n; k++)
		graph_rewrite_leave_out(w, c->between[k]);
}

graph_net *
op_pass_block_attention(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool ok = graph_rewrite_begin(&w, g, keep, n, err);
	for (int pass = 0; ok && pass < 2; pass++)
		for (int i = 0; i < graph_nodes(g); i++) {
			chain c;
			bool found = find(&w, i, &c);
			if (pass && found) {
				write_blocks(&w, &c, graph_get_node(g, i));
			} else if (pass && !w.left_out[i]) {
				graph_rewrite_node(&w, i);
			} else if (found) {
				leave_out(&w, &c);
			}
		}
	return graph_rewrite_end(&w, keep, n, ok, err);
}
