/*
 * One golden network (models/NAME.json) as a graph, ready to run: what the model tests and the training traces share.
 */
#ifndef TESTS_GOLDEN_MODEL_H
#define TESTS_GOLDEN_MODEL_H
#include "golden.h"

typedef struct model {
	secant_network net;
	double gain;
	graph_net *g;
	nn_built built;
	graph_value loss; /* training: -1 in evaluation */
	graph_value *grad; /* of each slot of the store; -1: none */
	exec_store *store;
	secant_shape input; /* N H W C */
} model;

static inline void
must(secant_status status, const secant_err *err)
{
	if (status)
		fail_msg("%s", err->msg);
}

/* Golden `args` (smp's argument names) are options with - for _. */
static inline void
model_options(model *m, const char *arch, const char *encoder, int classes, json_t *args)
{
	secant_err err = { 0 };
	must(secant_opts_init(&secant_network_options, &m->net, &err), &err);
	char *text = args ? json_dumps(args, 0) : strdup("{}"), number_text[16];
	must(secant_opts_set_json(&secant_network_options, &m->net, text, "args", &err), &err);
	free(text);
	char lower[32];
	int i = 0;
	for (; arch[i] && i < 31; i++)
		lower[i] = (char)(arch[i] | 32);
	lower[i] = 0;
	snprintf(number_text, sizeof number_text, "%d", classes);
	must(secant_opts_set(&secant_network_options, &m->net, "arch", lower, &err), &err);
	must(secant_opts_set(&secant_network_options, &m->net, "encoder", encoder, &err), &err);
	must(secant_opts_set(&secant_network_options, &m->net, "classes", number_text, &err), &err);
}

static inline graph_value
mean_bce(graph_net *g, graph_value logits, graph_value target)
{
	secant_err err = { 0 };
	return nn_loss_build(g, "bce", &(nn_loss_input){ logits, target, BASE_MODE_BINARY, 1 }, &err);
}

/* Builds the graph: with `train`, loss and gradients of every parameter by the rule of golden/README.md section 2. */
static inline void
golden_build(model *m, const secant_shape *input, bool train, bool fuse, bool f64)
{
	secant_err err = { 0 };
	m->input = *input;
	m->g = graph_new();
	nn_builder nn = {
		.g = m->g, .phase = train ? NN_PHASE_TRAIN_SURE : NN_PHASE_EVAL, .momentum = -1, .counter = -1, .seed = -1
	};
	graph_value x = graph_input(m->g, "input", SECANT_F32, input);
	must(nn_network_build(&nn, &m->net, x, &m->built, &err), &err);
	if (!m->store)
		m->store = exec_store_new(m->g, f64, &err);
	assert_non_null(m->store);
	m->loss = -1;
	if (!train)
		return;
	const secant_shape *y = graph_shape(m->g, m->built.logits);
	graph_value logits = graph_apply(m->g, "upcast", NULL, 1, m->built.logits);
	bool binary = m->net.classes == 1;
	secant_shape t = binary ? *y : (secant_shape){ 3, { y->dim[0], y->dim[1], y->dim[2] } };
	nn_loss_input in = { logits, graph_input(m->g, "target", binary ? SECANT_F32 : SECANT_I32, &t),
		binary ? BASE_MODE_BINARY : BASE_MODE_MULTICLASS, m->net.classes };
	m->loss = nn_loss_build(m->g, binary ? "0.5*dice+0.5*bce" : "dice+ce", &in, &err);
	if (m->built.label >= 0) {
		graph_value label = graph_apply(m->g, "upcast", NULL, 1, m->built.label);
		graph_value aux = graph_input(m->g, "aux_target", SECANT_F32, graph_shape(m->g, m->built.label));
		m->loss = graph_apply(m->g, "add", NULL, 2, m->loss, mean_bce(m->g, label, aux));
	}
	must(graph_check(m->g, &err), &err);
	if (fuse) {
		graph_value keep[3] = { m->loss, m->built.logits, m->built.label };
		graph_net *fused = op_pass_fuse(m->g, true, keep, 3, &err);
		if (!fused)
			fail_msg("%s", err.msg);
		graph_free(m->g);
		m->g = fused;
		m->loss = keep[0], m->built.logits = keep[1], m->built.label = keep[2];
	}
	graph_value *of = secant_calloc((size_t)m->store->n + 1, sizeof *of);
	m->grad = secant_calloc((size_t)m->store->n + 1, sizeof *m->grad);
	graph_value *out = secant_calloc((size_t)m->store->n + 1, sizeof *out);
	int n = 0;
	for (int i = 0; i < m->store->n; i++)
		if (m->store->slot[i].trainable && graph_find(m->g, m->store->slot[i].name) >= 0)
			of[n++] = graph_find(m->g, m->store->slot[i].name);
	must(graph_gradients(m->g, m->loss, of, n, out, &err), &err);
	for (int i = 0; i < m->store->n; i++)
		m->grad[i] = -1;
	for (int i = 0, k = 0; i < m->store->n; i++)
		if (m->store->slot[i].trainable && graph_find(m->g, m->store->slot[i].name) >= 0)
			m->grad[i] = out[k++];
	secant_free(of);
	secant_free(out);
}

static inline void
golden_free(model *m)
{
	secant_opts_free(&secant_network_options, &m->net);
	graph_free(m->g);
	exec_store_free(m->store);
	secant_free(m->grad);
	memset(m, 0, sizeof *m);
}

/* Targets of the rule, in the network's own layout and the plan's number type. */
static inline void *
make_target(const model *m, const char *key, const secant_shape *shape, int classes, bool f64)
{
	rule r = rule_of(key);
	int64_t n = secant_shape_count(shape);
	void *p = base_alloc_aligned((size_t)n * 8);
	for (int64_t i = 0; i < n; i++) {
		int64_t at = to_nchw(shape, i);
		int v = classes > 1 ? rule_class(r, at, classes) : rule_bit(r, at);
		if (f64)
			((double *)p)[i] = v;
		else if (classes > 1)
			((int32_t *)p)[i] = v;
		else
			((float *)p)[i] = (float)v;
	}
	return p;
}
#endif
