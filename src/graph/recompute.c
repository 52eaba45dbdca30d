/*
 * The pass that trades a pass over memory for memory (Chen et al.: Training deep nets with sublinear memory cost, 2016,
 * for the cheap operators alone): what an operator computes `again` at the price of reading and writing it once is not
 * kept for the gradients but computed anew before the first of them that reads it. Norm and activation behind a
 * convolution, upsampled and joined maps go: half of what a training of a U-Net keeps.
 *
 * Products of two maps are no cheap operators, but scores of attention are so much larger than the queries and keys
 * they come from that keeping them costs more; with the shares that softmax makes of them they are computed again, too.
 *
 * A result is computed again only where that keeps next to nothing else alive: its inputs are wanted by gradients
 * anyway, or are computed again themselves, or are much smaller (a map before it is upsampled).
 */
#include "graph/rewrite.h"

typedef struct recomputing {
	graph_rewrite w; /* maps an old value to the new one of the forward pass */
	bool norms;
	graph_value *anew; /* old value -> its second computation; -1: none yet */
	bool *kept; /* old value: a gradient or the caller reads it */
	bool *redone; /* node: output 0 is computed again for gradients */
} recomputing;

static int64_t
size_of(const recomputing *r, graph_value v)
{
	return secant_shape_count(graph_shape(r->w.from, v));
}

static bool
is_redone(const recomputing *r, graph_value v)
{
	const graph_value_info *info = graph_value_at(r->w.from, v);
	return info->kind == GRAPH_VALUE_NODE && info->slot == 0 && r->redone[info->node];
}

/* Is n's result larger than its first input? Of scores these are the queries; a block of them reads all keys. */
static bool
is_larger(const recomputing *r, const graph_node *n)
{
	return size_of(r, n->out[0]) > size_of(r, n->in[0]);
}

/* Computing node i again keeps at most half of what it saves. Earlier nodes are decided. */
static bool
saves(const recomputing *r, const graph_node *n)
{
	int64_t extra = 0;
	if (!n->op->again || (r->norms && n->op->again == graph_op_again))
		return false;
	if (n->op->again_larger && !is_larger(r, n))
		return false;
	for (int k = 0; k < n->n_in; k++) {
		graph_value v = n->in[k];
		if (v >= 0 && graph_value_at(r->w.from, v)->kind == GRAPH_VALUE_NODE && !r->kept[v] && !is_redone(r, v))
			extra += size_of(r, v);
	}
	return 2 * extra <= size_of(r, n->out[0]);
}

/* What a gradient reads where the forward pass made v. */
static graph_value
for_gradient(recomputing *r, graph_value v)
{
	if (v < 0 || !is_redone(r, v))
		return graph_rewrite_value(&r->w, v);
	if (r->anew[v] >= 0)
		return r->anew[v];
	const graph_node *n = graph_rewrite_maker(&r->w, v, NULL);
	graph_value *in = graph_rewrite_room(&r->w, n), out[GRAPH_MOST_OUTPUTS];
	if (!in)
		return -1;
	for (int k = 0; k < n->n_in; k++)
		in[k] = for_gradient(r, n->in[k]);
	for (int k = 0; k < n->n_out; k++)
		out[k] = r->w.map[n->out[k]];
	graph_scope(r->w.to, n->name);
	return r->anew[v] = n->op->again(r->w.to, n, in, out);
}

static void
copy(recomputing *r, int backward)
{
	for (int i = 0; i < backward; i++)
		graph_rewrite_node(&r->w, i);
	for (int i = backward; i < graph_nodes(r->w.from); i++) {
		const graph_node *n = graph_get_node(r->w.from, i);
		graph_value *in = graph_rewrite_room(&r->w, n);
		for (int k = 0; in && k < n->n_in; k++)
			in[k] = for_gradient(r, n->in[k]);
		if (in)
			graph_rewrite_with(&r->w, n, in);
	}
}

graph_value
graph_op_again(graph_net *g, const graph_node *n, const graph_value *in, const graph_value *out)
{
	const graph_node *same = graph_make_node(g, n->op->name, n->attr, n->n_in, in);
	return same ? same->out[0] : -1;
}

graph_net *
graph_pass_recompute(const graph_net *g, bool norms, graph_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)graph_values(g) + 1, nodes = (size_t)graph_nodes(g) + 1;
	int backward = graph_backward(g);
	recomputing r = { .norms = norms,
		.anew = secant_calloc(values, sizeof *r.anew),
		.kept = secant_calloc(values, sizeof *r.kept),
		.redone = secant_calloc(nodes, sizeof *r.redone) };
	bool ok = graph_rewrite_begin(&r.w, g, keep, n, err);
	if (!r.anew || !r.kept || !r.redone) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to compute results again");
		ok = false;
	}
	for (size_t v = 0; ok && v < values; v++)
		r.anew[v] = -1;
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0)
			r.kept[keep[i]] = true;
	for (int i = backward; ok && i < graph_nodes(g); i++) {
		const graph_node *node = graph_get_node(g, i);
		for (int k = 0; k < node->n_in; k++)
			if (node->in[k] >= 0)
				r.kept[node->in[k]] = true;
	}
	for (int i = 0; ok && i < backward; i++)
		r.redone[i] = saves(&r, graph_get_node(g, i));
	if (ok)
		copy(&r, backward);
	secant_free(r.anew);
	secant_free(r.kept);
	secant_free(r.redone);
	return graph_rewrite_end(&r.w, keep, n, ok, err);
}
