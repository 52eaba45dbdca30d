/*
 * Joins what one pass over memory can do. Batch norm (of training or evaluation), the sum of a residual connection and relu become one node:
 *
 *     n = batch_norm_train(x)         ->  n' = batch_norm_train(x, residual r, act relu)
 *     s = add(n, r)  y = relu(s)
 *
 * The joined node has its own gradient rule, so this runs before differentiation and no pattern has to be found in a backward graph.
 * A value is joined away only where nobody else reads it and nobody keeps it. Layers on points, norms and the maximum over them follow in
 * fuse_rows.c (points of balls) and fuse_max.c (all points).
 */
#include "ops/fuse_max.h"
#include "ops/fuse_rows.h"
#include <string.h>

typedef struct readers { int count, first; } readers;    /* nodes that read a value; first: one of them */

typedef struct fusion {
	const secant_graph *g;
	secant_graph *to;
	readers *reader;
	secant_value *map;
	int *joined;                             /* of each node: the norm that took it in + 1; 0: stands */
} fusion;

static int
only_reader(const fusion *f, secant_value v, const char *op)
{
	if (f->reader[v].count != 1)
		return -1;
	int i = f->reader[v].first;
	return !strcmp(secant_graph_get_node(f->g, i)->op->name, op) ? i : -1;
}

static bool
produced_before(const fusion *f, secant_value v, int node)
{
	const secant_value_info *info = secant_graph_value(f->g, v);
	return info->kind != SECANT_VALUE_NODE || info->node < node;
}

/* The chain that starts at norm node i: the add and the relu to join, -1 for none. */
static void
find_chain(const fusion *f, int i, int *add, int *relu)
{
	const secant_node *n = secant_graph_get_node(f->g, i);
	*add = *relu = -1;
	if (((const secant_norm_attr *)n->attr)->act || (n->n_in > 5 && n->in[5] >= 0))
		return;
	*relu = only_reader(f, n->out[0], "relu");
	if (*relu >= 0)
		return;
	*add = only_reader(f, n->out[0], "add");
	if (*add < 0)
		return;
	const secant_node *a = secant_graph_get_node(f->g, *add);
	secant_value other = a->in[0] == n->out[0] ? a->in[1] : a->in[0];
	*relu = only_reader(f, a->out[0], "relu");
	/* The other summand is needed where the joined node stands: at the place of the add, where both are known. */
	if (*relu < 0 || a->in[0] == a->in[1] || !secant_shape_equal(secant_graph_shape(f->g, other), secant_graph_shape(f->g, n->out[0])))
		*add = *relu = -1;
}

static void
emit_norm(fusion *f, int i, int add, int relu)
{
	const secant_node *n = secant_graph_get_node(f->g, i);
	secant_norm_attr attr = *(const secant_norm_attr *)n->attr;
	secant_value in[7] = { -1, -1, -1, -1, -1, -1, -1 };
	int slots = n->op->max_in;
	attr.act = relu >= 0 ? SECANT_ACT_RELU : SECANT_ACT_NONE;
	for (int k = 0; k < n->n_in; k++)
		in[k] = secant_pass_copy_value(f->to, f->g, n->in[k], f->map);
	if (add >= 0) {
		const secant_node *a = secant_graph_get_node(f->g, add);
		in[5] = secant_pass_copy_value(f->to, f->g, a->in[0] == n->out[0] ? a->in[1] : a->in[0], f->map);
	}
	secant_graph_scope(f->to, n->name);
	const secant_node *joined = secant_graph_node(f->to, n->op->name, &attr, slots, in);
	for (int k = 1; joined && k < n->n_out; k++)
		f->map[n->out[k]] = joined->out[k];
	if (joined)
		f->map[secant_graph_get_node(f->g, relu)->out[0]] = joined->out[0];
}

/* Where the residual of norm i is made after it, the norm moves down to the add. */
static void
run(fusion *f)
{
	int nodes = secant_graph_nodes(f->g);
	int *moved = secant_calloc((size_t)nodes + 1, sizeof *moved);     /* add node -> norm to emit there + 1 */
	if (!moved) {
		secant_graph_fail(f->to, SECANT_ERR_NOMEM, "no memory to fuse");
		return;
	}
	for (int i = 0; i < nodes; i++) {
		const secant_node *n = secant_graph_get_node(f->g, i);
		int add, relu;
		if (moved[i]) {
			find_chain(f, moved[i] - 1, &add, &relu);
			emit_norm(f, moved[i] - 1, add, relu);
			continue;
		}
		if (f->joined[i])
			continue;
		if (strcmp(n->op->name, "batch_norm_train") && strcmp(n->op->name, "batch_norm")) {
			secant_pass_copy_node(f->to, f->g, i, f->map);
			continue;
		}
		find_chain(f, i, &add, &relu);
		if (relu < 0 || f->joined[relu] || (add >= 0 && f->joined[add])) {   /* of two norms that are summed, the first takes the sum */
			secant_pass_copy_node(f->to, f->g, i, f->map);
			continue;
		}
		f->joined[relu] = i + 1;
		const secant_node *a = add < 0 ? NULL : secant_graph_get_node(f->g, add);
		secant_value other = !a ? -1 : a->in[0] == n->out[0] ? a->in[1] : a->in[0];
		if (a && !(produced_before(f, other, i) && (secant_graph_value(f->g, other)->kind != SECANT_VALUE_NODE || f->map[other] >= 0)))
			moved[add] = i + 1;
		else
			emit_norm(f, i, add, relu);
		if (a)
			f->joined[add] = i + 1;
	}
	secant_free(moved);
}

static secant_graph *
fuse_norms(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)secant_graph_values(g) + 1, nodes = (size_t)secant_graph_nodes(g) + 1;
	fusion f = { g, secant_graph_new(), secant_calloc(values, sizeof(readers)), secant_calloc(values, sizeof(secant_value)), secant_calloc(nodes, sizeof(int)) };
	bool ok = f.to && f.reader && f.map && f.joined;
	if (!ok)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
	for (size_t v = 0; ok && v < values; v++)
		f.map[v] = -1;
	for (int i = 0; ok && i < secant_graph_nodes(g); i++) {
		const secant_node *node = secant_graph_get_node(g, i);
		for (int k = 0; k < node->n_in; k++)
			if (node->in[k] >= 0)
				f.reader[node->in[k]].count++, f.reader[node->in[k]].first = i;
	}
	for (int i = 0; ok && i < n; i++)
		if (keep[i] >= 0)
			f.reader[keep[i]].count += 2;    /* kept: not to be joined away */
	if (ok)
		run(&f);
	for (int i = 0; ok && i < n; i++)
		keep[i] = secant_pass_copy_value(f.to, g, keep[i], f.map);
	if (ok && secant_graph_check(f.to, err))
		ok = false;
	secant_free(f.reader);
	secant_free(f.map);
	secant_free(f.joined);
	if (!ok)
		secant_graph_free(f.to);
	return ok ? f.to : NULL;
}

secant_graph *
secant_pass_fuse(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	secant_graph *norms = fuse_norms(g, keep, n, err);
	secant_graph *rows = norms ? secant_pass_fuse_rows(norms, keep, n, err) : NULL;
	secant_graph *all = rows ? secant_pass_fuse_max(rows, keep, n, err) : NULL;
	secant_graph_free(norms);
	secant_graph_free(rows);
	return all;
}
