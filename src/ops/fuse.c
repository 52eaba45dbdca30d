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
#include "ops/known.h"
#include <string.h>

typedef struct fusion {
	graph_rewrite w;
	int *joined; /* of each node: the norm that took it in + 1; 0: stands */
	int *moved; /* of each add node: the norm to write in its place + 1 */
} fusion;

static int
only_reader(const fusion *f, graph_value v, const char *op)
{
	const graph_readers *r = &f->w.readers[v];
	return r->count == 1 && !strcmp(graph_get_node(f->w.from, r->node)->op->name, op) ? r->node : -1;
}

/* The only reader of v, where it is an activation that may end norm n. */
static int
activation_after(const fusion *f, graph_value v, const graph_node *n)
{
	const graph_readers *r = &f->w.readers[v];
	int act = r->count == 1 ? op_act_of(graph_get_node(f->w.from, r->node)) : OP_ACT_NONE;
	return act && op_act_ends(n->op->name, act) ? r->node : -1;
}

/* What node `add` adds to value v. */
static graph_value
summand(const fusion *f, int add, graph_value v)
{
	const graph_node *a = graph_get_node(f->w.from, add);
	return a->in[0] == v ? a->in[1] : a->in[0];
}

static bool
produced_before(const fusion *f, graph_value v, int node)
{
	const graph_value_info *info = graph_value_at(f->w.from, v);
	return info->kind != GRAPH_VALUE_NODE || info->node < node;
}

/* The chain that starts at norm node i: the add and the activation to join, -1 for none. */
static void
find_chain(const fusion *f, int i, int *add, int *act)
{
	const graph_node *n = graph_get_node(f->w.from, i);
	*add = *act = -1;
	if (((const op_norm_attr *)n->attr)->act || (n->n_in > 5 && n->in[5] >= 0))
		return;
	*act = activation_after(f, n->out[0], n);
	if (*act >= 0)
		return;
	*add = only_reader(f, n->out[0], "add");
	if (*add < 0)
		return;
	const graph_node *a = graph_get_node(f->w.from, *add);
	graph_value other = summand(f, *add, n->out[0]);
	*act = activation_after(f, a->out[0], n);
	if (a->in[0] == a->in[1] || !secant_shape_equal(graph_shape(f->w.from, other), graph_shape(f->w.from, n->out[0])))
		*add = *act = -1;
}

static void
emit_norm(fusion *f, int i, int add, int act)
{
	const graph_node *n = graph_get_node(f->w.from, i);
	const graph_node *last = graph_get_node(f->w.from, act >= 0 ? act : add);
	op_norm_attr attr = *(const op_norm_attr *)n->attr;
	graph_value in[7] = { -1, -1, -1, -1, -1, -1, -1 };
	int slots = n->op->max_in;
	attr.act = op_act_of(last);
	for (int k = 0; k < n->n_in; k++)
		in[k] = graph_rewrite_value(&f->w, n->in[k]);
	/* The other summand is needed where the joined node stands: at the place of the add, where both are known. */
	if (add >= 0)
		in[5] = graph_rewrite_value(&f->w, summand(f, add, n->out[0]));
	graph_scope(f->w.to, n->name);
	const graph_node *joined = graph_make_node(f->w.to, n->op->name, &attr, slots, in);
	for (int k = 1; joined && k < n->n_out; k++)
		f->w.map[n->out[k]] = joined->out[k];
	if (joined)
		f->w.map[last->out[0]] = joined->out[0];
}

/* A norm, with what of its chain it can take. Where its residual is made after it, it moves down to the add. */
static void
write_norm(fusion *f, int i)
{
	const graph_node *n = graph_get_node(f->w.from, i);
	int add, act;
	find_chain(f, i, &add, &act);
	/* of two norms that are summed, the first takes the sum */
	if ((act < 0 && add < 0) || (act >= 0 && f->joined[act]) || (add >= 0 && f->joined[add])) {
		graph_rewrite_node(&f->w, i);
		return;
	}
	if (act >= 0)
		f->joined[act] = i + 1;
	if (add >= 0)
		f->joined[add] = i + 1;
	graph_value other = add >= 0 ? summand(f, add, n->out[0]) : -1;
	if (add >= 0
		&& !(produced_before(f, other, i)
			&& (graph_value_at(f->w.from, other)->kind != GRAPH_VALUE_NODE || f->w.map[other] >= 0)))
		f->moved[add] = i + 1;
	else
		emit_norm(f, i, add, act);
}

static void
write_node(fusion *f, int i)
{
	const graph_op *op = graph_get_node(f->w.from, i)->op;
	int add, act;
	if (f->moved[i]) {
		find_chain(f, f->moved[i] - 1, &add, &act);
		emit_norm(f, f->moved[i] - 1, add, act);
	} else if (!f->joined[i]) {
		if (op == &op_batch_norm_train || op == &op_batch_norm)
			write_norm(f, i);
		else
			graph_rewrite_node(&f->w, i);
	}
}

static graph_net *
fuse_norms(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	size_t nodes = (size_t)graph_nodes(g) + 1;
	fusion f = { .joined = secant_calloc(nodes, sizeof *f.joined), .moved = secant_calloc(nodes, sizeof *f.moved) };
	bool ok = graph_rewrite_begin(&f.w, g, keep, n, err);
	if (!f.joined || !f.moved) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
		ok = false;
	}
	for (int i = 0; ok && i < graph_nodes(g); i++)
		write_node(&f, i);
	secant_free(f.joined);
	secant_free(f.moved);
	return graph_rewrite_end(&f.w, keep, n, ok, err);
}

graph_net *
op_pass_fuse(const graph_net *g, bool gradients, graph_value *keep, int n, secant_err *err)
{
	graph_net *norms = fuse_norms(g, keep, n, err);
	graph_net *rows = norms ? op_pass_fuse_rows(norms, gradients, keep, n, err) : NULL;
	graph_net *all = rows ? op_pass_fuse_max(rows, keep, n, err) : NULL;
	graph_free(norms);
	graph_free(rows);
	return all;
}
