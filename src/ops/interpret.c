/* The interpreter of graphs by references; see interpret.h. */
#include "ops/interpret.h"
#include <string.h>

/* The state that value v is stored in, -1 for all others. */
static graph_value
stored_in(const graph_net *g, graph_value v)
{
	const graph_value_info *info = graph_value_at(g, v);
	if (info->kind != GRAPH_VALUE_NODE)
		return -1;
	const graph_node *n = graph_get_node(g, info->node);
	int input = n->op->alias[info->slot] - 1;
	return input >= 0 && input < n->n_in ? n->in[input] : -1;
}

/* Numbers of value v, at least 1, so that every value has an address. */
static size_t
numbers(const graph_net *g, graph_value v)
{
	int64_t n = secant_shape_count(graph_shape(g, v));
	return n > 0 ? (size_t)n : 1;
}

void *
op_interpret_memory(const graph_net *g, double **values, secant_err *err)
{
	int count = graph_values(g);
	size_t total = 1;
	for (int v = 0; v < count; v++)
		if (!values[v] && stored_in(g, v) < 0)
			total += numbers(g, v);
	double *block = secant_calloc(total, sizeof *block), *at = block;
	if (!block) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %zu numbers of a graph", total);
		return NULL;
	}
	for (int v = 0; v < count; v++) {
		const graph_value_info *info = graph_value_at(g, v);
		if (values[v])
			continue;
		if (stored_in(g, v) >= 0) { /* a state comes before the node that updates it */
			values[v] = values[stored_in(g, v)];
			continue;
		}
		values[v] = at;
		at += numbers(g, v);
		if (info->kind == GRAPH_VALUE_CONST)
			memcpy(values[v], info->numbers, (size_t)secant_shape_count(&info->type.shape) * sizeof(double));
	}
	return block;
}

static secant_status
run_node(const graph_net *g, const graph_node *n, double *const *values, secant_err *err)
{
	enum { FEW = 16 };
	secant_shape in_few[FEW], out_shape[GRAPH_MOST_OUTPUTS], *in_shape = in_few;
	const double *in_data[FEW], **in = in_data;
	double *out[GRAPH_MOST_OUTPUTS];
	void *many = NULL;
	if (n->n_in > FEW) {
		many = secant_calloc((size_t)n->n_in, sizeof *in + sizeof *in_shape);
		if (!many)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d inputs of '%s'", n->n_in, n->op->name);
		in_shape = many;
		in = (const double **)(void *)(in_shape + n->n_in);
	}
	bool whole = true;
	for (int i = 0; i < n->n_in; i++) {
		in_shape[i] = n->in[i] < 0 ? (secant_shape){ .rank = -1 } : *graph_shape(g, n->in[i]);
		in[i] = n->in[i] < 0 ? NULL : values[n->in[i]];
		whole = whole && (n->in[i] < 0 || in[i]);
	}
	for (int i = 0; i < n->n_out && whole; i++) {
		out_shape[i] = *graph_shape(g, n->out[i]);
		whole = (out[i] = values[n->out[i]]) != NULL;
	}
	if (whole)
		n->op->reference(&(graph_reference){ n->attr, n->n_in, n->n_out, in_shape, out_shape, in, out });
	secant_free(many);
	return whole ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "a value of '%s' has no memory", n->op->name);
}

secant_status
op_interpret(const graph_net *g, double *const *values, secant_err *err)
{
	for (int i = 0; i < graph_nodes(g); i++) {
		secant_status status = run_node(g, graph_get_node(g, i), values, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}
