/*
 * The pass that decides how real numbers are stored in a bf16 plan. What may be bfloat16 is said by the operators (secant_low, low_in,
 * low_out): products always take and give bf16, elementwise and spatial operators follow their first input, losses and statistics stay
 * f32. States keep f32: an implementation packs its own copy of the weights.
 */
#include "graph/graph.h"

typedef struct lowering {
	secant_graph *to;
	secant_value *map;                       /* old value -> new value as its producer gives it */
	secant_value *other;                     /* old value -> its cast to the other storage; -1 */
	bool *wanted_low;                        /* old value: somebody reads it who can take bf16 */
} lowering;

static secant_value
cast(lowering *l, secant_value old, secant_dtype wanted)
{
	secant_value v = l->map[old];
	secant_dtype has = v < 0 ? wanted : secant_graph_value(l->to, v)->type.dtype;
	if (has == wanted || (has != SECANT_F32 && has != SECANT_BF16))
		return v;
	if (l->other[old] < 0) {
		l->other[old] = secant_apply(l->to, "cast", NULL, 1, v);
		secant_graph_store_as(l->to, l->other[old], wanted);
	}
	return l->other[old];
}

static bool
slot_is_low(uint32_t mask, int slot)
{
	return mask >> (slot < 31 ? slot : 31) & 1;
}

/* A product whose result only f32 readers take (a norm of samples, a loss, the caller) gives f32 at once: rounding it would be lost accuracy
 * and an extra pass. A convolution with a sum inside keeps the sum's storage. */
static void
find_wanted(lowering *l, const secant_graph *g)
{
	for (int i = 0; i < secant_graph_nodes(g); i++) {
		const secant_node *n = secant_graph_get_node(g, i);
		for (int k = 0; k < n->n_in; k++)
			if (n->in[k] >= 0 && n->op->low != SECANT_LOW_NEVER && slot_is_low(n->op->low_in, k))
				l->wanted_low[n->in[k]] = true;
		if (n->op->low == SECANT_LOW_DRIVES && n->n_in > 3 && n->in[3] >= 0)
			l->wanted_low[n->out[0]] = true;
	}
}

static void
lower_node(lowering *l, const secant_graph *g, int i)
{
	const secant_node *n = secant_graph_get_node(g, i);
	secant_value *in = secant_arena_alloc(secant_graph_arena(l->to), (size_t)(n->n_in + 1) * sizeof *in);
	if (!in) {
		secant_graph_fail(l->to, SECANT_ERR_NOMEM, "no memory for a bf16 graph");
		return;
	}
	for (int k = 0; k < n->n_in; k++)
		in[k] = secant_pass_copy_value(l->to, g, n->in[k], l->map);
	bool low = n->op->low == SECANT_LOW_DRIVES ||
	           (n->op->low == SECANT_LOW_FOLLOWS && in[0] >= 0 && secant_graph_value(l->to, in[0])->type.dtype == SECANT_BF16);
	secant_graph_scope(l->to, n->name);
	for (int k = 0; k < n->n_in; k++)
		if (in[k] >= 0)
			in[k] = cast(l, n->in[k], low && slot_is_low(n->op->low_in, k) ? SECANT_BF16 : SECANT_F32);
	const secant_node *copy = secant_graph_node(l->to, n->op->name, n->attr, n->n_in, in);
	for (int k = 0; copy && k < n->n_out; k++) {
		secant_value v = l->map[n->out[k]] = copy->out[k];
		bool wanted = n->op->low != SECANT_LOW_DRIVES || l->wanted_low[n->out[k]];
		if (low && wanted && slot_is_low(n->op->low_out, k) && secant_graph_value(l->to, v)->type.dtype == SECANT_F32)
			secant_graph_store_as(l->to, v, SECANT_BF16);
	}
}

secant_graph *
secant_pass_lower(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	int values = secant_graph_values(g);
	lowering l = { secant_graph_new(), secant_calloc((size_t)values + 1, sizeof(secant_value)), secant_calloc((size_t)values + 1, sizeof(secant_value)),
	               secant_calloc((size_t)values + 1, sizeof(bool)) };
	bool ok = l.to && l.map && l.other && l.wanted_low;
	if (!ok)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a bf16 graph");
	for (int i = 0; ok && i < values; i++)
		l.map[i] = l.other[i] = -1;
	if (ok)
		find_wanted(&l, g);
	for (int i = 0; ok && i < secant_graph_nodes(g); i++)
		lower_node(&l, g, i);
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0) {
			secant_pass_copy_value(l.to, g, keep[i], l.map);
			keep[i] = cast(&l, keep[i], SECANT_F32);
		}
	if (ok && secant_graph_check(l.to, err))
		ok = false;
	secant_free(l.map);
	secant_free(l.other);
	secant_free(l.wanted_low);
	if (!ok)
		secant_graph_free(l.to);
	return ok ? l.to : NULL;
}
