/*
 * Reverse-mode differentiation: walks the nodes backwards and lets each operator's rule append the graph of its
 * gradient. There is no second world of backward code: what comes out is a graph like any other.
 */
#include "graph/graph.h"
#include <string.h>

typedef struct tape {
	secant_graph *g;
	secant_value *grad; /* of each value that existed before; -1: nothing flows there yet */
	bool *useful; /* the value depends on one of the values asked for */
	int values, nodes;
} tape;

static void
accumulate(tape *t, secant_value v, secant_value dv)
{
	t->grad[v] = t->grad[v] < 0 ? dv : secant_apply(t->g, "add", NULL, 2, t->grad[v], dv);
}

static secant_status
node_gradient(tape *t, int i)
{
	const secant_node n = *secant_graph_get_node(t->g, i);
	secant_value dy_fixed[SECANT_MOST_OUTPUTS], dx_fixed[64], *dx = dx_fixed;
	bool wants_fixed[64], *wants = wants_fixed, any_out = false, any_in = false;
	for (int o = 0; o < n.n_out; o++)
		any_out |= (dy_fixed[o] = t->grad[n.out[o]]) >= 0;
	if (!any_out)
		return SECANT_OK;
	if (n.n_in > 64) {
		dx = secant_arena_alloc(secant_graph_arena(t->g), (size_t)n.n_in * sizeof *dx);
		wants = secant_arena_alloc(secant_graph_arena(t->g), (size_t)n.n_in);
		if (!dx || !wants)
			return secant_graph_fail(t->g, SECANT_ERR_NOMEM, "no memory for the gradient of '%s'", n.op->name),
				   SECANT_ERR_NOMEM;
	}
	for (int k = 0; k < n.n_in; k++) {
		dx[k] = -1;
		any_in |= wants[k] = n.in[k] >= 0 && t->useful[n.in[k]];
	}
	if (!any_in)
		return SECANT_OK;
	if (!n.op->grad) {
		secant_graph_fail(t->g, SECANT_ERR_UNSUPPORTED, "%s%s%s%s has no gradient", n.op->name, n.name ? " '" : "",
			n.name ? n.name : "", n.name ? "'" : "");
		return SECANT_ERR_UNSUPPORTED;
	}
	secant_graph_scope(t->g, n.name);
	n.op->grad(t->g, &n, dy_fixed, wants, dx);
	for (int k = 0; k < n.n_in; k++)
		if (dx[k] >= 0 && wants[k])
			accumulate(t, n.in[k], dx[k]);
	return SECANT_OK;
}

secant_status
secant_graph_gradients(
	secant_graph *g, secant_value loss, const secant_value *of, int n, secant_value *out, secant_err *err)
{
	for (int i = 0; i < n; i++)
		out[i] = -1;
	if (secant_graph_check(g, err))
		return err ? err->code : SECANT_ERR_ARG;
	if (loss < 0 || secant_graph_shape(g, loss)->rank != 0)
		return secant_fail(err, SECANT_ERR_SHAPE, "gradients are of a scalar; the loss has rank %d",
			loss < 0 ? -1 : secant_graph_shape(g, loss)->rank);
	tape t = { .g = g, .values = secant_graph_values(g), .nodes = secant_graph_nodes(g) };
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
		const secant_node *node = secant_graph_get_node(g, i);
		bool any = false;
		for (int k = 0; k < node->n_in; k++)
			any |= node->in[k] >= 0 && t.useful[node->in[k]] && secant_graph_value(g, node->in[k])->leads;
		for (int k = 0; k < node->n_out; k++)
			t.useful[node->out[k]] |= any && secant_graph_value(g, node->out[k])->type.dtype == SECANT_F32;
	}
	const char *scope = secant_graph_scope(g, NULL);
	secant_graph_mark_backward(g);
	t.grad[loss] = secant_graph_scalar(g, 1);
	for (int i = t.nodes - 1; i >= 0; i--)
		if (node_gradient(&t, i))
			break;
	for (int i = 0; i < n; i++)
		out[i] = t.grad[of[i]];
	secant_graph_scope(g, scope);
	secant_free(t.grad);
	secant_free(t.useful);
	return secant_graph_check(g, err);
}
