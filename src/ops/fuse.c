/*
 * Joins what one pass over memory can do. Batch norm (of training or evaluation), the sum of a residual connection and
 * an activation (act.h) become one node, and so does either with the norm alone:
 *
 *     n = batch_norm_train(x)         ->  n' = batch_norm_train(x, residual r, act silu)
 *     s = add(n, r)  y = silu(s)
 *
 * The joined node has its own gradient rule, so this runs before differentiation and no pattern has to be found in a
 * backward graph. A value is joined away only where nobody else reads it and nobody keeps it. Layers on points, norms
 * and the maximum over them follow in fuse_rows.c (points of balls) and fuse_max.c (all points).
 */
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/fuse_max.h"
#include "ops/fuse_rows.h"
#include <string.h>

typedef struct fusion {
	secant_rewrite w;
	int *joined; /* of each node: the norm that took it in + 1; 0: stands */
	int *moved; /* of each add node: the norm to write in its place + 1 */
} fusion;

static int
only_reader(const fusion *f, secant_value v, const char *op)
{
	const secant_readers *r = &f->w.readers[v];
	return r->count == 1 && !strcmp(secant_graph_get_node(f->w.from, r->node)->op->name, op) ? r->node : -1;
}

/* The only reader of v, where it is an activation that may end norm n. */
static int
activation_after(const fusion *f, secant_value v, const secant_node *n)
{
	const secant_readers *r = &f->w.readers[v];
	int act = r->count == 1 ? secant_act_of(secant_graph_get_node(f->w.from, r->node)) : SECANT_ACT_NONE;
	return act && secant_act_ends(n->op->name, act) ? r->node : -1;
}

/* What node `add` adds to value v. */
static secant_value
summand(const fusion *f, int add, secant_value v)
{
	const secant_node *a = secant_graph_get_node(f->w.from, add);
	return a->in[0] == v ? a->in[1] : a->in[0];
}

static bool
produced_before(const fusion *f, secant_value v, int node)
{
	const secant_value_info *info = secant_graph_value(f->w.from, v);
	return info->kind != SECANT_VALUE_NODE || info->node < node;
}

/* The chain that starts at norm node i: the add and the activation to join, -1 for none. */
static void
find_chain(const fusion *f, int i, int *add, int *act)
{
	const secant_node *n = secant_graph_get_node(f->w.from, i);
	*add = *act = -1;
	if (((const secant_norm_attr *)n->attr)->act || (n->n_in > 5 && n->in[5] >= 0))
		return;
	*act = activation_after(f, n->out[0], n);
	if (*act >= 0)
		return;
	*add = only_reader(f, n->out[0], "add");
	if (*add < 0)
		return;
	const secant_node *a = secant_graph_get_node(f->w.from, *add);
	secant_value other = summand(f, *add, n->out[0]);
	*act = activation_after(f, a->out[0], n);
	if (a->in[0] == a->in[1]
		|| !secant_shape_equal(secant_graph_shape(f->w.from, other), secant_graph_shape(f->w.from, n->out[0])))
		*add = *act = -1;
}

static void
emit_norm(fusion *f, int i, int add, int act)
{
	const secant_node *n = secant_graph_get_node(f->w.from, i);
	const secant_node *last = secant_graph_get_node(f->w.from, act >= 0 ? act : add);
	secant_norm_attr attr = *(const secant_norm_attr *)n->attr;
	secant_value in[7] = { -1, -1, -1, -1, -1, -1, -1 };
	int slots = n->op->max_in;
	attr.act = secant_act_of(last);
	for (int k = 0; k < n->n_in; k++)
		in[k] = secant_rewrite_value(&f->w, n->in[k]);
	/* The other summand is needed where the joined node stands: at the place of the add, where both are known. */
	if (add >= 0)
		in[5] = secant_rewrite_value(&f->w, summand(f, add, n->out[0]));
	secant_graph_scope(f->w.to, n->name);
	const secant_node *joined = secant_graph_node(f->w.to, n->op->name, &attr, slots, in);
	for (int k = 1; joined && k < n->n_out; k++)
		f->w.map[n->out[k]] = joined->out[k];
	if (joined)
		f->w.map[last->out[0]] = joined->out[0];
}

/* A norm, with what of its chain it can take. Where its residual is made after it, it moves down to the add. */
static void
write_norm(fusion *f, int i)
{
	const secant_node *n = secant_graph_get_node(f->w.from, i);
	int add, act;
	find_chain(f, i, &add, &act);
	/* of two norms that are summed, the first takes the sum */
	if ((act < 0 && add < 0) || (act >= 0 && f->joined[act]) || (add >= 0 && f->joined[add])) {
		secant_rewrite_node(&f->w, i);
		return;
	}
	if (act >= 0)
		f->joined[act] = i + 1;
	if (add >= 0)
		f->joined[add] = i + 1;
	secant_value other = add >= 0 ? summand(f, add, n->out[0]) : -1;
	if (add >= 0
		&& !(produced_before(f, other, i)
			&& (secant_graph_value(f->w.from, other)->kind != SECANT_VALUE_NODE || f->w.map[other] >= 0)))
		f->moved[add] = i + 1;
	else
		emit_norm(f, i, add, act);
}

static void
write_node(fusion *f, int i)
{
	const char *op = secant_graph_get_node(f->w.from, i)->op->name;
	int add, act;
	if (f->moved[i]) {
		find_chain(f, f->moved[i] - 1, &add, &act);
		emit_norm(f, f->moved[i] - 1, add, act);
	} else if (!f->joined[i]) {
		if (!strcmp(op, "batch_norm_train") || !strcmp(op, "batch_norm"))
			write_norm(f, i);
		else
			secant_rewrite_node(&f->w, i);
	}
}

static secant_graph *
fuse_norms(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	size_t nodes = (size_t)secant_graph_nodes(g) + 1;
	fusion f = { .joined = secant_calloc(nodes, sizeof *f.joined), .moved = secant_calloc(nodes, sizeof *f.moved) };
	bool ok = secant_rewrite_begin(&f.w, g, keep, n, err);
	if (!f.joined || !f.moved) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
		ok = false;
	}
	for (int i = 0; ok && i < secant_graph_nodes(g); i++)
		write_node(&f, i);
	secant_free(f.joined);
	secant_free(f.moved);
	return secant_rewrite_end(&f.w, keep, n, ok, err);
}

secant_graph *
secant_pass_fuse(const secant_graph *g, bool gradients, secant_value *keep, int n, secant_err *err)
{
	secant_graph *norms = fuse_norms(g, keep, n, err);
	secant_graph *rows = norms ? secant_pass_fuse_rows(norms, gradients, keep, n, err) : NULL;
	secant_graph *all = rows ? secant_pass_fuse_max(rows, keep, n, err) : NULL;
	secant_graph_free(norms);
	secant_graph_free(rows);
	return all;
}
