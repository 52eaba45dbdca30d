/*
 * The pass that keeps what is asked for: nodes that lead to a kept value, and nodes that update a state on the way (running statistics,
 * counters). All else, inputs and states that nothing reads included, is left behind.
 */
#include "graph/graph.h"
#include <string.h>

static bool
updates_state(const secant_node *n)
{
	for (int o = 0; o < n->n_out && o < 8; o++)
		if (n->op->alias[o])
			return true;
	return false;
}

secant_graph *
secant_pass_prune(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	int values = secant_graph_values(g), nodes = secant_graph_nodes(g);
	bool *live = secant_calloc((size_t)values + 1, sizeof *live);
	secant_value *map = secant_calloc((size_t)values + 1, sizeof *map);
	secant_graph *to = secant_graph_new();
	if (!live || !map || !to) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to prune a graph of %d nodes", nodes);
		goto fail;
	}
	for (int i = 0; i < values; i++)
		map[i] = -1;
	for (int i = 0; i < n; i++)
		if (keep[i] >= 0)
			live[keep[i]] = true;
	for (int i = nodes - 1; i >= 0; i--) {
		const secant_node *node = secant_graph_get_node(g, i);
		bool used = updates_state(node);
		for (int k = 0; k < node->n_out; k++)
			used |= live[node->out[k]];
		for (int k = 0; used && k < node->n_in; k++)
			if (node->in[k] >= 0)
				live[node->in[k]] = true;
	}
	for (int i = 0; i < nodes; i++) {
		const secant_node *node = secant_graph_get_node(g, i);
		bool used = updates_state(node);
		for (int k = 0; k < node->n_out; k++)
			used |= live[node->out[k]];
		if (used)
			secant_pass_copy_node(to, g, i, map);
	}
	for (int i = 0; i < n; i++)
		keep[i] = secant_pass_copy_value(to, g, keep[i], map);
	if (secant_graph_check(to, err))
		goto fail;
	secant_free(live);
	secant_free(map);
	return to;
fail:
	secant_free(live);
	secant_free(map);
	secant_graph_free(to);
	return NULL;
}
