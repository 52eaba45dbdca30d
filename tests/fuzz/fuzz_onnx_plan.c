/* Models of ONNX as graphs of ours: mapped for small inputs, planned, and run once on zeros. */
#include <stddef.h>
#include "deploy/onnx_run.h"

enum { MOST = 8, SMALL = 1 << 16, NODES = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A symbolic axis is 8. False: the inputs are too many or too large to try. */
static bool
choose_sizes(const format_onnx_graph *g, format_onnx_size *size)
{
	if (g->n_in > MOST)
		return false;
	for (int i = 0; i < g->n_in; i++) {
		int64_t n = 1;
		size[i] = (format_onnx_size){ .shape = { .rank = g->in[i].rank < 0 ? 4 : g->in[i].rank } };
		if (size[i].shape.rank > SECANT_MAX_RANK)
			return false;
		for (int d = 0; d < size[i].shape.rank; d++) {
			int64_t *at = &size[i].shape.dim[d];
			*at = g->in[i].rank < 0 || g->in[i].dim[d] < 0 ? 8 : g->in[i].dim[d];
			if (__builtin_mul_overflow(n, *at, &n) || n > SMALL)
				return false;
		}
	}
	return true;
}

/* No value of the graph is large: a plan packs and computes what it holds. */
static bool
is_small(const graph_net *g)
{
	for (graph_value v = 0; v < graph_values(g); v++)
		if (secant_shape_count(graph_shape(g, v)) > SMALL)
			return false;
	return graph_nodes(g) <= NODES;
}

static void
run(format_onnx_network *n)
{
	secant_err err = { 0 };
	graph_value out[MOST];
	int outs = 0;
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1, .allow_reference = true };
	for (int i = 0; i < n->n_out && outs < MOST; i++) {
		graph_value v = format_onnx_output(n, i, false);
		if (v >= 0 && graph_value_at(n->g, v)->kind == GRAPH_VALUE_NODE)
			out[outs++] = v;
	}
	if (!outs || graph_check(n->g, &err) || !is_small(n->g))
		return;
	exec_store *store = deploy_onnx_store(n, false, &err);
	exec_plan *plan = store ? exec_plan_new(n->g, store, out, outs, &o, &err) : NULL;
	exec_context *c = plan ? exec_context_new(plan, &err) : NULL;
	static double zeros[SMALL + 64];
	bool good = c != NULL;
	for (int k = 0; good && k < exec_plan_inputs(plan); k++)
		good = !exec_context_set_input(c, exec_plan_input_name(plan, k), zeros, &err);
	if (good)
		(void)!exec_context_run(c, &err);
	exec_context_free(c);
	exec_plan_free(plan);
	exec_store_free(store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	format_onnx_size sizes[MOST];
	const format_onnx_bounds bounds = { 1 << 20, 1 << 20 };
	format_onnx_model *m = format_onnx_decode(data, size, &err);
	format_onnx_network *n = m && choose_sizes(&m->graph, sizes)
		? format_onnx_map_within(m, sizes, m->graph.n_in, NULL, &bounds, &err)
		: NULL;
	if (n)
		run(n);
	/* What its parts would be, where it has no plan. */
	format_onnx_mapping *of = m && !n ? secant_calloc((size_t)m->graph.n_node + 1, sizeof *of) : NULL;
	if (of && choose_sizes(&m->graph, sizes))
		(void)!format_onnx_look(m, sizes, m->graph.n_in, of, &bounds, &err);
	secant_free(of);
	format_onnx_network_free(n);
	format_onnx_close(m);
	return 0;
}
