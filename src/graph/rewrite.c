/* Writing a graph anew for a pass; see rewrite.h. */
#include "graph/rewrite.h"
#include <string.h>

bool
secant_rewrite_begin(secant_rewrite *w, const secant_graph *from, const secant_value *keep, int n, secant_err *err)
{
	int values = secant_graph_values(from);
	*w = (secant_rewrite){ from, secant_graph_new(), secant_calloc((size_t)values + 1, sizeof *w->map),
		secant_calloc((size_t)values + 1, sizeof *w->readers) };
	if (!w->to || !w->map || !w->readers) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to write a graph of %d nodes anew", secant_graph_nodes(from));
		return false;
	}
	for (int v = 0; v < values; v++)
		w->map[v] = -1;
	for (int i = 0; i < secant_graph_nodes(from); i++) {
		const secant_node *node = secant_graph_get_node(from, i);
		for (int k = 0; k < node->n_in; k++)
			if (node->in[k] >= 0)
				w->readers[node->in[k]] = (secant_readers){ w->readers[node->in[k]].count + 1, i };
	}
	for (int i = 0; i < n; i++)
		if (keep[i] >= 0)
			w->readers[keep[i]].count += 2;
	return true;
}

secant_graph *
secant_rewrite_end(secant_rewrite *w, secant_value *keep, int n, bool ok, secant_err *err)
{
	for (int i = 0; ok && i < n; i++)
		keep[i] = secant_rewrite_value(w, keep[i]);
	ok = ok && !secant_graph_check(w->to, err);
	secant_free(w->map);
	secant_free(w->readers);
	w->map = NULL;
	w->readers = NULL;
	if (ok)
		return w->to;
	secant_graph_free(w->to);
	return w->to = NULL;
}

secant_value
secant_rewrite_value(secant_rewrite *w, secant_value v)
{
	if (v < 0 || w->map[v] >= 0)
		return v < 0 ? -1 : w->map[v];
	const secant_value_info *info = secant_graph_value(w->from, v);
	if (info->kind == SECANT_VALUE_NODE)
		return secant_graph_fail(w->to, SECANT_ERR_BUG, "a pass reads value %d before it copied its node", v);
	return w->map[v] = secant_graph_leaf(w->to, info);
}

secant_value
secant_rewrite_input(secant_rewrite *w, const secant_node *n, int k)
{
	return n && k < n->n_in ? secant_rewrite_value(w, n->in[k]) : -1;
}

secant_value *
secant_rewrite_room(secant_rewrite *w, const secant_node *n)
{
	secant_value *in = secant_arena_alloc(secant_graph_arena(w->to), (size_t)(n->n_in + 1) * sizeof *in);
	if (!in)
		(void)secant_graph_fail(w->to, SECANT_ERR_NOMEM, "no memory for a graph");
	return in;
}

const secant_node *
secant_rewrite_with(secant_rewrite *w, const secant_node *n, const secant_value *in)
{
	secant_graph_scope(w->to, n->name);
	const secant_node *made = secant_graph_node(w->to, n->op->name, n->attr, n->n_in, in);
	for (int k = 0; made && k < n->n_out; k++)
		w->map[n->out[k]] = made->out[k];
	return made;
}

const secant_node *
secant_rewrite_node(secant_rewrite *w, int i)
{
	const secant_node *n = secant_graph_get_node(w->from, i);
	secant_value *in = secant_rewrite_room(w, n);
	for (int k = 0; in && k < n->n_in; k++)
		in[k] = secant_rewrite_value(w, n->in[k]);
	return in ? secant_rewrite_with(w, n, in) : NULL;
}

const secant_node *
secant_rewrite_maker(const secant_rewrite *w, secant_value v, const char *op)
{
	const secant_value_info *info = v < 0 ? NULL : secant_graph_value(w->from, v);
	if (!info || info->kind != SECANT_VALUE_NODE || info->slot)
		return NULL;
	const secant_node *n = secant_graph_get_node(w->from, info->node);
	return !op || !strcmp(n->op->name, op) ? n : NULL;
}

const secant_node *
secant_rewrite_own(const secant_rewrite *w, secant_value v, const char *op)
{
	return v >= 0 && w->readers[v].count == 1 ? secant_rewrite_maker(w, v, op) : NULL;
}

bool
secant_rewrite_is_state(const secant_rewrite *w, secant_value v)
{
	return v >= 0 && secant_graph_value(w->from, v)->kind == SECANT_VALUE_STATE;
}

int
secant_rewrite_index(const secant_rewrite *w, const secant_node *n)
{
	return secant_graph_value(w->from, n->out[0])->node;
}
