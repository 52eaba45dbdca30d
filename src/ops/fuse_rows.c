/*
 * Set abstraction, each distinct row once (op_rows.c). What PointNet++ does around its centres,
 *
 *     near = group(xyz, index) - centres        z = layer(near) + layer(group(features, index))   or without features
 *     batch norm of the batch, relu, layer, batch norm, relu, layer, ...      and at last a maximum over the K points of each ball
 *
 * becomes distinct_rows, ball_rows (the layer of the features before they are grouped), then rows_norm and rows_linear in turn, and
 * rows_norm_max. A batch norm of rows that are there `weight` times each is that of all; a maximum does not see what is there twice. Biases
 * only move running means.
 */
#include "ops/fuse_rows.h"
#include <string.h>

enum { MAX_LAYERS = 8 };

/* One layer: the product (of two parts in the first one) and its norm. */
typedef struct layer { const secant_node *linear, *more, *add, *norm; } layer;

typedef struct match {
	const secant_node *max;
	layer layer[MAX_LAYERS];                     /* last one first */
	int layers;
	const secant_node *near, *xyz, *features;    /* sub, and the two group_points; features may be NULL */
	secant_value index;
} match;

typedef struct pass {
	const secant_graph *g;
	secant_graph *to;
	int *readers;
	secant_value *map;
	bool *gone;                                  /* node of g: part of a match */
} pass;

/* The node that makes v, if it is `op` and its output 0. */
static const secant_node *
maker(const pass *p, secant_value v, const char *op)
{
	const secant_value_info *info = v < 0 ? NULL : secant_graph_value(p->g, v);
	if (!info || info->kind != SECANT_VALUE_NODE || info->slot)
		return NULL;
	const secant_node *n = secant_graph_get_node(p->g, info->node);
	return strcmp(n->op->name, op) ? NULL : n;
}

/* The same where nobody else reads v. */
static const secant_node *
own(const pass *p, secant_value v, const char *op)
{
	return v >= 0 && p->readers[v] == 1 ? maker(p, v, op) : NULL;
}

static bool
is_norm(const pass *p, const secant_node *n)
{
	if (!n || n->n_in < 5 || n->in[3] < 0 || n->in[4] < 0 || (n->n_in > 5 && n->in[5] >= 0) || ((const secant_norm_attr *)n->attr)->momentum < 0)
		return false;
	for (int k = 1; k < n->n_out; k++)
		if (p->readers[n->out[k]])
			return false;
	return true;
}

/* A layer without activation on N x M x K x C. */
static const secant_node *
is_linear(const pass *p, secant_value v)
{
	const secant_node *n = own(p, v, "linear");
	return n && !((const secant_linear_attr *)n->attr)->act ? n : NULL;
}

/* x of points about their centres: group(xyz, index) - centres, without gradient. */
static bool
is_near(const pass *p, const secant_node *linear, match *m)
{
	m->near = linear ? own(p, linear->in[0], "sub") : NULL;
	m->xyz = m->near ? own(p, m->near->in[0], "group_points") : NULL;
	if (!m->xyz || secant_graph_value(p->g, m->near->out[0])->leads)
		return false;
	const secant_shape *x = secant_graph_shape(p->g, m->xyz->in[0]), *centres = secant_graph_shape(p->g, m->near->in[1]), *index = secant_graph_shape(p->g, m->xyz->in[1]);
	m->index = m->xyz->in[1];
	return x->dim[3] == 3 && index->rank == 3 && centres->rank == 4 && centres->dim[0] == index->dim[0] && centres->dim[1] == index->dim[1] && centres->dim[2] == 1 &&
	       centres->dim[3] == 3;
}

static bool
is_features(const pass *p, const secant_node *linear, match *m)
{
	m->features = linear ? own(p, linear->in[0], "group_points") : NULL;
	return m->features && m->features->in[1] == m->index;
}

/* Is l the first layer: of near alone, or the sum of those of near and of features? */
static bool
is_first(const pass *p, secant_value v, layer *l, match *m)
{
	l->add = own(p, v, "add");
	if (!l->add)
		return (l->linear = is_linear(p, v)) && is_near(p, l->linear, m);
	for (int i = 0; i < 2; i++) {
		l->linear = is_linear(p, l->add->in[i]);
		l->more = is_linear(p, l->add->in[1 - i]);
		if (is_near(p, l->linear, m) && is_features(p, l->more, m))
			return true;
	}
	return false;
}

static bool
matches(const pass *p, const secant_node *n, match *m)
{
	*m = (match){ .max = n };
	if (strcmp(n->op->name, "max_with_index") || p->readers[n->out[1]])
		return false;
	const secant_index_attr *a = n->attr;
	const secant_shape *x = secant_graph_shape(p->g, n->in[0]);
	if (x->rank != 4 || secant_axis_of(a->axis, 4) != 2 || !a->keepdim || secant_shape_count(x) / (x->dim[3] ? x->dim[3] : 1) > INT32_MAX)
		return false;
	for (secant_value v = n->in[0]; m->layers < MAX_LAYERS; v = m->layer[m->layers++].linear->in[0]) {
		layer *l = &m->layer[m->layers];
		l->norm = own(p, v, "batch_norm_train");
		if (!is_norm(p, l->norm))
			return false;
		if (is_first(p, l->norm->in[0], l, m)) {
			m->layers++;
			return true;
		}
		*l = (layer){ .norm = l->norm, .linear = is_linear(p, l->norm->in[0]) };
		if (!l->linear)
			return false;
	}
	return false;
}

/* ---- writing ---- */

static secant_value
in_new(const pass *p, const secant_node *n, int i)
{
	return n && i < n->n_in ? secant_pass_copy_value(p->to, p->g, n->in[i], p->map) : -1;
}

static secant_value
bias_of(const pass *p, const layer *l)
{
	secant_value a = in_new(p, l->linear, 2), b = in_new(p, l->more, 2);
	return a < 0 ? b : b < 0 ? a : secant_apply(p->to, "add", NULL, 2, a, b);
}

static secant_value
first_rows(const pass *p, const match *m, const secant_node *distinct)
{
	const layer *l = &m->layer[m->layers - 1];
	secant_value f = m->features ? in_new(p, m->features, 0) : -1;
	secant_graph_scope(p->to, l->linear->name);
	if (f >= 0)
		f = secant_apply(p->to, "linear", NULL, 2, f, in_new(p, l->more, 1));
	return secant_apply(p->to, "ball_rows", NULL, f < 0 ? 6 : 7, in_new(p, m->xyz, 1), distinct->out[0], distinct->out[3], in_new(p, m->xyz, 0), in_new(p, m->near, 1),
	                    in_new(p, l->linear, 1), f);
}

static void
emit(const pass *p, const match *m)
{
	secant_value pair[] = { in_new(p, m->xyz, 1), in_new(p, m->near, 1) };
	secant_graph_scope(p->to, m->layer[m->layers - 1].linear->name);
	const secant_node *distinct = secant_graph_node(p->to, "distinct_rows", NULL, 2, pair);
	if (!distinct)
		return;
	secant_value weight = distinct->out[1], count = distinct->out[3], z = first_rows(p, m, distinct);
	for (int i = m->layers - 1; i >= 0; i--) {
		const layer *l = &m->layer[i];
		if (i < m->layers - 1) {
			secant_graph_scope(p->to, l->linear->name);
			z = secant_apply(p->to, "rows_linear", NULL, 3, z, in_new(p, l->linear, 1), count);
		}
		secant_value in[10] = { z, in_new(p, l->norm, 1), in_new(p, l->norm, 2), in_new(p, l->norm, 3), in_new(p, l->norm, 4), weight, count };
		int at = 7;
		if (!i)
			in[at++] = distinct->out[2];
		in[at++] = bias_of(p, l);
		in[at++] = in_new(p, l->norm, 6);
		secant_graph_scope(p->to, l->norm->name);
		const secant_node *norm = secant_graph_node(p->to, i ? "rows_norm" : "rows_norm_max", l->norm->attr, at, in);
		z = norm ? norm->out[0] : -1;
	}
	p->map[m->max->out[0]] = z;
}

static void
take(const pass *p, const secant_node *n)
{
	if (n)
		p->gone[secant_graph_value(p->g, n->out[0])->node] = true;
}

static void
take_all(const pass *p, const match *m)
{
	for (int i = 0; i < m->layers; i++) {
		take(p, m->layer[i].linear);
		take(p, m->layer[i].more);
		take(p, m->layer[i].add);
		take(p, m->layer[i].norm);
	}
	take(p, m->near);
	take(p, m->xyz);
	take(p, m->features);
}

static void
copy(const pass *p, secant_value *keep, int n)
{
	match m;
	for (int i = 0; i < secant_graph_nodes(p->g); i++)
		if (matches(p, secant_graph_get_node(p->g, i), &m))
			take_all(p, &m);
	for (int i = 0; i < secant_graph_nodes(p->g); i++) {
		if (p->gone[i])
			continue;
		if (matches(p, secant_graph_get_node(p->g, i), &m))
			emit(p, &m);
		else
			secant_pass_copy_node(p->to, p->g, i, p->map);
	}
	for (int i = 0; i < n; i++)
		keep[i] = secant_pass_copy_value(p->to, p->g, keep[i], p->map);
}

secant_graph *
secant_pass_fuse_rows(const secant_graph *g, secant_value *keep, int n, secant_err *err)
{
	size_t values = (size_t)secant_graph_values(g) + 1, nodes = (size_t)secant_graph_nodes(g) + 1;
	pass p = { g, secant_graph_new(), secant_pass_readers(g, keep, n), secant_calloc(values, sizeof(secant_value)), secant_calloc(nodes, sizeof(bool)) };
	bool ok = p.to && p.readers && p.map && p.gone;
	if (!ok)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
	for (size_t v = 0; ok && v < values; v++)
		p.map[v] = -1;
	if (ok)
		copy(&p, keep, n);
	ok = ok && !secant_graph_check(p.to, err);
	secant_free(p.readers);
	secant_free(p.map);
	secant_free(p.gone);
	if (!ok)
		secant_graph_free(p.to);
	return ok ? p.to : NULL;
}
