/* Writing a graph anew for a pass; see rewrite.h. */
#include "graph/rewrite.h"
#include <string.h>

bool
graph_rewrite_begin(graph_rewrite *w, const graph_net *from, const graph_value *keep, int n, secant_err *err)
{
	int values = graph_values(from);
	*w = (graph_rewrite){ from, graph_new(), secant_calloc((size_t)values + 1, sizeof *w->map),
		secant_calloc((size_t)values + 1, sizeof *w->readers),
		secant_calloc((size_t)graph_nodes(from) + 1, sizeof *w->left_out) };
	if (!w->to || !w->map || !w->readers || !w->left_out) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to write a graph of %d nodes anew", graph_nodes(from));
		return false;
	}
	for (int v = 0; v < values; v++)
		w->map[v] = -1;
	for (int i = 0; i < graph_nodes(from); i++) {
		const graph_node *node = graph_get_node(from, i);
		for (int k = 0; k < node->n_in; k++)
			if (node->in[k] >= 0)
				w->readers[node->in[k]] = (graph_readers){ w->readers[node->in[k]].count + 1, i };
	}
	for (int i = 0; i < n; i++)
		if (keep[i] >= 0)
			w->readers[keep[i]].count += 2;
	return true;
}

graph_net *
graph_rewrite_end(graph_rewrite *w, graph_value *keep, int n, bool ok, secant_err *err)
{
	for (int i = 0; ok && i < n; i++)
		keep[i] = graph_rewrite_value(w, keep[i]);
	ok = ok && !graph_check(w->to, err);
	secant_free(w->map);
	secant_free(w->readers);
	secant_free(w->left_out);
	w->map = NULL;
	w->readers = NULL;
	w->left_out = NULL;
	if (ok)
		return w->to;
	graph_free(w->to);
	return w->to = NULL;
}

graph_value
graph_rewrite_value(graph_rewrite *w, graph_value v)
{
	if (v < 0 || w->map[v] >= 0)
		return v < 0 ? -1 : w->map[v];
	const graph_value_info *info = graph_value_at(w->from, v);
	if (info->kind == GRAPH_VALUE_NODE)
		return graph_fail(w->to, SECANT_ERR_BUG, "a pass reads value %d before it copied its node", v);
	return w->map[v] = graph_leaf(w->to, info);
}

graph_value
graph_rewrite_input(graph_rewrite *w, const graph_node *n, int k)
{
	return n && k < n->n_in ? graph_rewrite_value(w, n->in[k]) : -1;
}

graph_value *
graph_rewrite_room(graph_rewrite *w, const graph_node *n)
{
	graph_value *in = base_arena_alloc(graph_arena(w->to), (size_t)(n->n_in + 1) * sizeof *in);
	if (!in)
		(void)graph_fail(w->to, SECANT_ERR_NOMEM, "no memory for a graph");
	return in;
}

const graph_node *
graph_rewrite_with(graph_rewrite *w, const graph_node *n, const graph_value *in)
{
	graph_scope(w->to, n->name);
	const graph_node *made = graph_make_node(w->to, n->op->name, n->attr, n->n_in, in);
	for (int k = 0; made && k < n->n_out; k++)
		w->map[n->out[k]] = made->out[k];
	return made;
}

void
graph_rewrite_leave_out(graph_rewrite *w, const graph_node *n)
{
	if (n)
		w->left_out[graph_rewrite_index(w, n)] = true;
}

const graph_node *
graph_rewrite_node(graph_rewrite *w, int i)
{
	const graph_node *n = graph_get_node(w->from, i);
	graph_value *in = graph_rewrite_room(w, n);
	for (int k = 0; in && k < n->n_in; k++)
		in[k] = graph_rewrite_value(w, n->in[k]);
	return in ? graph_rewrite_with(w, n, in) : NULL;
}

const graph_node *
graph_rewrite_maker(const graph_rewrite *w, graph_value v, const char *op)
{
	const graph_value_info *info = v < 0 ? NULL : graph_value_at(w->from, v);
	if (!info || info->kind != GRAPH_VALUE_NODE || info->slot)
		return NULL;
	const graph_node *n = graph_get_node(w->from, info->node);
	return !op || !strcmp(n->op->name, op) ? n : NULL;
}

const graph_node *
graph_rewrite_own(const graph_rewrite *w, graph_value v, const char *op)
{
	return v >= 0 && w->readers[v].count == 1 ? graph_rewrite_maker(w, v, op) : NULL;
}

bool
graph_rewrite_is_state(const graph_rewrite *w, graph_value v)
{
	return v >= 0 && graph_value_at(w->from, v)->kind == GRAPH_VALUE_STATE;
}

int
graph_rewrite_index(const graph_rewrite *w, const graph_node *n)
{
	return graph_value_at(w->from, n->out[0])->node;
}
