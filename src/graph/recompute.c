/*
 * The pass that trades a pass over memory for memory (Chen et al.: Training deep nets with sublinear memory cost, 2016, for the cheap
 * operators alone): what an operator computes `again` at the price of reading and writing it once is not kept for the gradients but
 * computed anew before the first of them that reads it. Norm and activation behind a convolution, upsampled and joined maps go: half of
 * what a training of a U-Net keeps.
 *
 * A result is computed again only where that keeps next to nothing else alive: its inputs are wanted by gradients anyway, or are computed
 * again themselves, or are much smaller (a map before it is upsampled).
 */
#include "graph/graph.h"

typedef struct recomputing {
	const secant_graph *g;
	bool norms;
	secant_graph *to;
	secant_value *map;                           /* old value -> new value of the forward pass */
	secant_value *anew;                          /* old value -> its second computation; -1: none yet */
	bool *kept;                                  /* old value: a gradient or the caller reads it */
	bool *redone;                                /* node: output 0 is computed again for gradients */
} recomputing;

static int64_t
size_of(const recomputing *r, secant_value v)
{
	return secant_shape_count(secant_graph_shape(r->g, v));
}

static bool
is_redone(const recomputing *r, secant_value v)
{
	const secant_value_info *info = secant_graph_value(r->g, v);
	return info->kind == SECANT_VALUE_NODE && info->slot == 0 && r->redone[info->node];
}

/* Computing node i again keeps at most half of what it saves. Earlier nodes are decided. */
static bool
saves(const recomputing *r, const secant_node *n)
{
	int64_t extra = 0;
	if (!n->op->again || (r->norms && n->op->again == secant_op_again))
		return false;
	for (int k = 0; k < n->n_in; k++) {
		secant_value v = n->in[k];
		if (v >= 0 && secant_graph_value(r->g, v)->kind == SECANT_VALUE_NODE && !r->kept[v] && !is_redone(r, v))
			extra += size_of(r, v);
	}
	return 2 * extra <= size_of(r, n->out[0]);
}

/* What a gradient reads where the forward pass made v. */
static secant_value
for_gradient(recomputing *r, secant_value v)
{
	if (v < 0 || !is_redone(r, v))
		return secant_pass_copy_value(r->to, r->g, v, r->map);
	if (r->anew[v] >= 0)
		return r->anew[v];
	const secant_node *n = secant_graph_get_node(r->g, secant_graph_value(r->g, v)->node);
	secant_value *in = secant_arena_alloc(secant_graph_arena(r->to), (size_t)(n->n_in + n->n_out) * sizeof *in), *out = in + n->n_in;
	if (!in)
		return secant_graph_fail(r->to, SECANT_ERR_NOMEM, "no memory to compute results again");
	for (int k = 0; k < n->n_in; k++)
		in[k] = for_gradient(r, n->in[k]);
	for (int k = 0; k < n->n_out; k++)
		out[k] = r->map[n->out[k]];
	secant_graph_scope(r->to, n->name);
	return r->anew[v] = n->op->again(r->to, n, in, out);
}

static void
copy(recomputing *r, int backward)
{
	for (int i = 0; i < backward; i++)
		secant_pass_copy_node(r->to, r->g, i, r->map);
	for (int i = backward; i < secant_graph_nodes(r->g); i++) {
		const secant_node *n = secant_graph_get_node(r->g, i);
		secant_value *in = secant_arena_alloc(secant_graph_arena(r->to), (size_t)(n->n_in + 1) * sizeof *in);
		if (!in) {
			secant_graph_fail(r->to, SECANT_ERR_NOMEM, "no memory to compute results again");
			return;
		}
		for (int k = 0; k < n->n_in; k++)
			in[k] = for_gradient(r, n->in[k]);
		secant_graph_scope(r->to, n->name);
		const secant_node *made = secant_graph_node(r->to, n->op->name, n->attr, n->n_in, in);
		for (int k = 0; made && k < n->n_out; k++)
			r->map[n->out[k]] = made->out[k];
	}
}

secant_value
secant_op_again(secant_graph *g, const secant_node *n, const secant_value *in, const secant_value *out)
{
	const secant_node *same = secant_graph_node(g, n->op->name, n->attr, n->n_in, in);
	return same ? same->out[0] : -1;
}

secant_graph *
secant_pass_recompute(const secant_graph *g, bool norms, secant_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)secant_graph_values(g) + 1, nodes = (size_t)secant_graph_nodes(g) + 1;
	int backward = secant_graph_backward(g);
	recomputing r = { g, norms, secant_graph_new(), secant_calloc(values, sizeof(secant_value)), secant_calloc(values, sizeof(secant_value)),
	                  secant_calloc(values, sizeof(bool)), secant_calloc(nodes, sizeof(bool)) };
	bool ok = r.to && r.map && r.anew && r.kept && r.redone;
	if (!ok)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to compute results again");
	for (size_t v = 0; ok && v < values; v++)
		r.map[v] = r.anew[v] = -1;
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0)
			r.kept[keep[i]] = true;
	for (int i = backward; ok && i < secant_graph_nodes(g); i++) {
		const secant_node *node = secant_graph_get_node(g, i);
		for (int k = 0; k < node->n_in; k++)
			if (node->in[k] >= 0)
				r.kept[node->in[k]] = true;
	}
	for (int i = 0; ok && i < backward; i++)
		r.redone[i] = saves(&r, secant_graph_get_node(g, i));
	if (ok)
		copy(&r, backward);
	for (int i = 0; ok && i < n; i++)
		keep[i] = secant_pass_copy_value(r.to, g, keep[i], r.map);
	ok = ok && !secant_graph_check(r.to, err);
	secant_free(r.map);
	secant_free(r.anew);
	secant_free(r.kept);
	secant_free(r.redone);
	if (ok)
		return r.to;
	secant_graph_free(r.to);
	return NULL;
}
