/*
 * The pass that keeps what is asked for: nodes that lead to a kept value, and nodes that update a state on the way
 * (running statistics, counters). All else, inputs and states that nothing reads included, is left behind.
 */
#include "graph/rewrite.h"

static bool
updates_state(const graph_node *n)
{
	for (int o = 0; o < n->n_out; o++)
		if (n->op->alias[o])
			return true;
	return false;
}

static bool
is_used(const graph_node *n, const bool *live)
{
	bool used = updates_state(n);
	for (int k = 0; k < n->n_out; k++)
		used |= live[n->out[k]];
	return used;
}

graph_net *
graph_pass_prune(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool *live = secant_calloc((size_t)graph_values(g) + 1, sizeof *live),
		 ok = graph_rewrite_begin(&w, g, keep, n, err);
	if (!live) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to prune a graph");
		ok = false;
	}
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0)
			live[keep[i]] = true;
	for (int i = graph_nodes(g) - 1; ok && i >= 0; i--) {
		const graph_node *node = graph_get_node(g, i);
		for (int k = 0; k < node->n_in && is_used(node, live); k++)
			if (node->in[k] >= 0)
				live[node->in[k]] = true;
	}
	for (int i = 0; ok && i < graph_nodes(g); i++)
		if (is_used(graph_get_node(g, i), live))
			graph_rewrite_node(&w, i);
	secant_free(live);
	return graph_rewrite_end(&w, keep, n, ok, err);
}
