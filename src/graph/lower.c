/*
 * The pass that decides how real numbers are stored in a bf16 plan. What may be bfloat16 is said by the operators
 * (graph_low, low_in, low_out): products always take and give bf16, elementwise and spatial operators follow their
 * first input, losses and statistics stay f32. States keep f32: an implementation packs its own copy of the weights.
 */
#include "graph/rewrite.h"

typedef struct lowering {
	graph_rewrite w; /* maps an old value to the new one as its producer gives it */
	graph_value *other; /* old value -> its cast to the other storage; -1 */
	bool *wanted_low; /* old value: somebody reads it who can take bf16 */
} lowering;

static graph_value
cast(lowering *l, graph_value old, secant_dtype wanted)
{
	graph_value v = l->w.map[old];
	secant_dtype has = v < 0 ? wanted : graph_value_at(l->w.to, v)->type.dtype;
	if (has == wanted || (has != SECANT_F32 && has != SECANT_BF16))
		return v;
	if (l->other[old] < 0) {
		l->other[old] = graph_apply(l->w.to, "cast", NULL, 1, v);
		graph_store_as(l->w.to, l->other[old], wanted);
	}
	return l->other[old];
}

/* A product whose result only f32 readers take (a norm of samples, a loss, the caller) gives f32 at once: rounding it
 * would be lost accuracy and an extra pass. A convolution with a sum inside keeps the sum's storage. */
static void
find_wanted(lowering *l)
{
	for (int i = 0; i < graph_nodes(l->w.from); i++) {
		const graph_node *n = graph_get_node(l->w.from, i);
		for (int k = 0; k < n->n_in; k++)
			if (n->in[k] >= 0 && n->op->low != GRAPH_LOW_NEVER && graph_slot_in(n->op->low_in, k))
				l->wanted_low[n->in[k]] = true;
		if (n->op->low == GRAPH_LOW_DRIVES && n->n_in > 3 && n->in[3] >= 0)
			l->wanted_low[n->out[0]] = true;
	}
}

static void
lower_node(lowering *l, int i)
{
	const graph_node *n = graph_get_node(l->w.from, i);
	graph_net *to = l->w.to;
	graph_value *in = graph_rewrite_room(&l->w, n);
	if (!in)
		return;
	for (int k = 0; k < n->n_in; k++)
		in[k] = graph_rewrite_value(&l->w, n->in[k]);
	bool low = n->op->low == GRAPH_LOW_DRIVES
		|| (n->op->low == GRAPH_LOW_FOLLOWS && in[0] >= 0 && graph_value_at(to, in[0])->type.dtype == SECANT_BF16);
	graph_scope(to, n->name);
	for (int k = 0; k < n->n_in; k++)
		if (in[k] >= 0 && !graph_slot_in(n->op->shape_in, k))
			in[k] = cast(l, n->in[k], low && graph_slot_in(n->op->low_in, k) ? SECANT_BF16 : SECANT_F32);
	const graph_node *made = graph_rewrite_with(&l->w, n, in);
	for (int k = 0; made && k < n->n_out; k++) {
		bool wanted = n->op->low != GRAPH_LOW_DRIVES || l->wanted_low[n->out[k]];
		if (low && wanted && graph_slot_in(n->op->low_out, k)
			&& graph_value_at(to, made->out[k])->type.dtype == SECANT_F32)
			graph_store_as(to, made->out[k], SECANT_BF16);
	}
}

graph_net *
graph_pass_lower(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)graph_values(g) + 1;
	lowering l = { .other = secant_calloc(values, sizeof *l.other),
		.wanted_low = secant_calloc(values, sizeof *l.wanted_low) };
	bool ok = graph_rewrite_begin(&l.w, g, keep, n, err);
	if (!l.other || !l.wanted_low) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a bf16 graph");
		ok = false;
	}
	for (size_t v = 0; ok && v < values; v++)
		l.other[v] = -1;
	if (ok)
		find_wanted(&l);
	for (int i = 0; ok && i < graph_nodes(g); i++)
		lower_node(&l, i);
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0) {
			graph_rewrite_value(&l.w, keep[i]);
			keep[i] = cast(&l, keep[i], SECANT_F32);
		}
	secant_free(l.other);
	secant_free(l.wanted_low);
	return graph_rewrite_end(&l.w, NULL, 0, ok, err);
}
