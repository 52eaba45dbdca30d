/*
 * Reverse-mode differentiation: walks the nodes backwards and lets each operator's rule append the graph of its
 * gradient. There is no second world of backward code: what comes out is a graph like any other.
 */
#include "graph/graph.h"
#include <string.h>

typedef struct tape {
	graph_net *g;
	graph_value *grad; /* of each value that existed before; -1: nothing flows there yet */
	bool *useful; /* the value depends on one of the values asked for */
	int values, nodes;
} tape;

static void
accumulate(tape *t, graph_value v, graph_value dv)
{
	t->grad[v] = t->grad[v] < 0 ? dv : graph_apply(t->g, "add", NULL, 2, t->grad[v], dv);
}

static secant_status
node_gradient(tape *t, int i)
{
	const graph_node n = *graph_get_node(t->g, i);
	graph_value dy_fixed[GRAPH_MOST_OUTPUTS], dx_fixed[64], *dx = dx_fixed;
	bool wants_fixed[64], *wants = wants_fixed, any_out = false, any_in = false;
	for (int o = 0; o < n.n_out; o++)
		any_out |= (dy_fixed[o] = t->grad[n.out[o]]) >= 0;
	if (!any_out)
		return SECANT_OK;
	if (n.n_in > 64) {
		dx = base_arena_alloc(graph_arena(t->g), (size_t)n.n_in * sizeof *dx);
		wants = base_arena_alloc(graph_arena(t->g), (size_t)n.n_in);
		if (!dx || !wants)
			return graph_fail(t->g, SECANT_ERR_NOMEM, "no memory for the gradient of '%s'", n.op->name),
				   SECANT_ERR_NOMEM;
	}
	for (int k = 0; k < n.n_in; k++) {
		dx[k] = -1;
		any_in |= wants[k] = n.in[k] >= 0 && t->useful[n.in[k]];
	}
	if (!any_in)
		return SECANT_OK;
	if (!n.op->grad) {
		graph_fail(t->g, SECANT_ERR_UNSUPPORTED, "%s%s%s%s has no gradient", n.op->name, n.name ? " '" : "",
			n.name ? n.name : "", n.name ? "'" : "");
		return SECANT_ERR_UNSUPPORTED;
	}
	graph_scope(t->g, n.name);
	n.op->grad(t->g, &n, dy_fixed, wants, dx);
	for (int k = 0; k < n.n_in; k++)
		if (dx[k] >= 0 && wants[k])
			accumulate(t, n.in[k], dx[k]);
	return SECANT_OK;
}

secant_status
graph_gradients(graph_net *g, graph_value loss, const graph_value *of, int n, graph_value *out, secant_err *err)
{
	for (int i = 0; i < n; i++)
		out[i] = -1;
	if (graph_check(g, err))
		return err ? err->code : SECANT_ERR_ARG;
	if (loss < 0 || graph_shape(g, loss)->rank != 0)
		return secant_fail(err, SECANT_ERR_SHAPE, "gradients are of a scalar; the loss has rank %d",
			loss < 0 ? -1 : graph_shape(g, loss)->rank);
	tape t = { .g = g, .values = graph_values(g), .nodes = graph_nodes(g) };
	t.grad = secant_calloc((size_t)t.values, sizeof *t.grad);
	t.useful = secant_calloc((size_t)t.values, sizeof *t.useful);
	if (!t.grad || !t.useful) {
		secant_free(t.grad);
		secant_free(t.useful);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for gradients");
	}
	for (int i = 0; i < t.values; i++)
		t.grad[i] = -1;
	for (int i = 0; i < n; i++)
		t.useful[of[i]] = true;
	for (int i = 0; i < t.nodes; i++) {
		const graph_node *node = graph_get_node(g, i);
		bool any = false;
		for (int k = 0; k < node->n_in; k++)
			any |= node->in[k] >= 0 && t.useful[node->in[k]] && graph_value_at(g, node->in[k])->leads;
		for (int k = 0; k < node->n_out; k++)
			t.useful[node->out[k]] |= any && graph_type_flows(&graph_value_at(g, node->out[k])->type);
	}
	const char *scope = graph_scope(g, NULL);
	graph_mark_backward(g);
	t.grad[loss] = graph_scalar(g, 1);
	for (int i = t.nodes - 1; i >= 0; i--)
		if (node_gradient(&t, i))
			break;
	for (int i = 0; i < n; i++)
		out[i] = t.grad[of[i]];
	graph_scope(g, scope);
	secant_free(t.grad);
	secant_free(t.useful);
	return graph_check(g, err);
}
