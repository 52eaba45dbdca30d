/*
 * Set abstraction, each distinct row once (op_rows.c). What PointNet++ does around its centres,
 *
 *     near = group(xyz, index) - centres        z = layer(near) + layer(group(features, index))   or without features
 *     batch norm of the batch, relu, layer, batch norm, relu, layer, ...      and at last a maximum over the K
 *     points of each ball
 *
 * becomes distinct_rows, ball_rows (the layer of the features before they are grouped), then rows_norm and
 * rows_linear in turn, and rows_norm_max. A batch norm of rows that are there `weight` times each is that of all; a
 * maximum does not see what is there twice. Biases only move running means.
 *
 * Where stored statistics norm and no gradients are wanted, a layer's bias and norm are one scale and shift:
 * rows_norm_apply, and rows_max at last.
 */
#include "ops/fuse_rows.h"
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/known.h"
#include <string.h>

enum { MAX_LAYERS = 8 };

/* One layer: the product (of two parts in the first one) and its norm. */
typedef struct layer {
	const graph_node *linear, *more, *add, *norm;
} layer;

typedef struct match {
	const graph_op *norm; /* batch_norm_train, of the batch, or batch_norm, by stored statistics */
	const graph_node *max;
	layer layer[MAX_LAYERS]; /* last one first */
	int layers;
	const graph_node *near, *xyz, *features; /* sub, and the two group_points; features may be NULL */
	graph_value index;
} match;

static bool
is_norm(const graph_rewrite *w, const graph_node *n)
{
	if (!n || n->n_in < 5 || n->in[3] < 0 || n->in[4] < 0 || (n->n_in > 5 && n->in[5] >= 0)
		|| ((const op_norm_attr *)n->attr)->momentum < 0
		|| !op_act_ends("rows_norm", ((const op_norm_attr *)n->attr)->act))
		return false;
	for (int k = 1; k < n->n_out; k++)
		if (w->readers[n->out[k]].count)
			return false;
	return true;
}

/* A layer without activation on N x M x K x C. */
static const graph_node *
is_linear(const graph_rewrite *w, graph_value v)
{
	const graph_node *n = graph_rewrite_own(w, v, "linear");
	return n && !((const op_linear_attr *)n->attr)->act ? n : NULL;
}

/* x of points about their centres: group(xyz, index) - centres, without gradient. */
static bool
is_near(const graph_rewrite *w, const graph_node *linear, match *m)
{
	m->near = linear ? graph_rewrite_own(w, linear->in[0], "sub") : NULL;
	m->xyz = m->near ? graph_rewrite_own(w, m->near->in[0], "group_points") : NULL;
	if (!m->xyz || graph_value_at(w->from, m->near->out[0])->leads)
		return false;
	const secant_shape *x = graph_shape(w->from, m->xyz->in[0]), *centres = graph_shape(w->from, m->near->in[1]),
					   *index = graph_shape(w->from, m->xyz->in[1]);
	m->index = m->xyz->in[1];
	return x->dim[3] == 3 && index->rank == 3 && centres->rank == 4 && centres->dim[0] == index->dim[0]
		&& centres->dim[1] == index->dim[1] && centres->dim[2] == 1 && centres->dim[3] == 3;
}

static bool
is_features(const graph_rewrite *w, const graph_node *linear, match *m)
{
	m->features = linear ? graph_rewrite_own(w, linear->in[0], "group_points") : NULL;
	return m->features && m->features->in[1] == m->index;
}

/* Is l the first layer: of near alone, or the sum of those of near and of features? */
static bool
is_first(const graph_rewrite *w, graph_value v, layer *l, match *m)
{
	l->add = graph_rewrite_own(w, v, "add");
	if (!l->add)
		return (l->linear = is_linear(w, v)) && is_near(w, l->linear, m);
	for (int i = 0; i < 2; i++) {
		l->linear = is_linear(w, l->add->in[i]);
		l->more = is_linear(w, l->add->in[1 - i]);
		if (is_near(w, l->linear, m) && is_features(w, l->more, m))
			return true;
	}
	return false;
}

static bool
matches(const graph_rewrite *w, const graph_op *norm, const graph_node *n, match *m)
{
	*m = (match){ .norm = norm, .max = n };
	if (n->op != &op_max_with_index || w->readers[n->out[1]].count)
		return false;
	const op_index_attr *a = n->attr;
	const secant_shape *x = graph_shape(w->from, n->in[0]);
	if (x->rank != 4 || op_axis_of(a->axis, 4) != 2 || !a->keepdim
		|| secant_shape_count(x) / (x->dim[3] ? x->dim[3] : 1) > INT32_MAX)
		return false;
	for (graph_value v = n->in[0]; m->layers < MAX_LAYERS; v = m->layer[m->layers++].linear->in[0]) {
		layer *l = &m->layer[m->layers];
		l->norm = graph_rewrite_own(w, v, norm->name);
		if (!is_norm(w, l->norm))
			return false;
		if (is_first(w, l->norm->in[0], l, m)) {
			m->layers++;
			return true;
		}
		*l = (layer){ .norm = l->norm, .linear = is_linear(w, l->norm->in[0]) };
		if (!l->linear)
			return false;
	}
	return false;
}

static bool
matches_any(const graph_rewrite *w, bool gradients, const graph_node *n, match *m)
{
	return matches(w, &op_batch_norm_train, n, m) || (!gradients && matches(w, &op_batch_norm, n, m));
}

/* ---- writing ---- */

static graph_value
bias_of(graph_rewrite *w, const layer *l)
{
	graph_value a = graph_rewrite_input(w, l->linear, 2), b = graph_rewrite_input(w, l->more, 2);
	return a < 0 ? b : b < 0 ? a : graph_apply(w->to, "add", NULL, 2, a, b);
}

static graph_value
first_rows(graph_rewrite *w, const match *m, const graph_node *distinct)
{
	const layer *l = &m->layer[m->layers - 1];
	graph_value f = m->features ? graph_rewrite_input(w, m->features, 0) : -1;
	graph_scope(w->to, l->linear->name);
	if (f >= 0)
		f = graph_apply(w->to, "linear", NULL, 2, f, graph_rewrite_input(w, l->more, 1));
	return graph_apply(w->to, "ball_rows", NULL, f < 0 ? 6 : 7, graph_rewrite_input(w, m->xyz, 1), distinct->out[0],
		distinct->out[3], graph_rewrite_input(w, m->xyz, 0), graph_rewrite_input(w, m->near, 1),
		graph_rewrite_input(w, l->linear, 1), f);
}

/* Layer i's norm of z by the statistics of the batch. */
static graph_value
batch_norm(graph_rewrite *w, const match *m, int i, graph_value z, const graph_node *distinct)
{
	const graph_node *n = m->layer[i].norm;
	graph_value in[10] = {
		z,
		graph_rewrite_input(w, n, 1),
		graph_rewrite_input(w, n, 2),
		graph_rewrite_input(w, n, 3),
		graph_rewrite_input(w, n, 4),
		distinct->out[1],
		distinct->out[3],
	};
	int at = 7;
	if (!i)
		in[at++] = distinct->out[2];
	in[at++] = bias_of(w, &m->layer[i]);
	in[at++] = graph_rewrite_input(w, n, 6);
	graph_scope(w->to, n->name);
	const graph_node *norm = graph_make_node(w->to, i ? "rows_norm" : "rows_norm_max", n->attr, at, in);
	return norm ? norm->out[0] : -1;
}

/* The same by stored statistics: scale = gamma / sqrt(variance + eps), shift = beta + (bias - mean) scale. */
static graph_value
stored_norm(graph_rewrite *w, const match *m, int i, graph_value z, const graph_node *distinct)
{
	const graph_node *n = m->layer[i].norm;
	graph_net *g = w->to;
	graph_value mean = graph_rewrite_input(w, n, 1), bias = bias_of(w, &m->layer[i]);
	graph_scope(g, n->name);
	graph_value rstd = graph_apply(g, "rsqrt", NULL, 1,
		op_build_number(g, "add_scalar", ((const op_norm_attr *)n->attr)->eps, graph_rewrite_input(w, n, 2)));
	graph_value scale = graph_apply(g, "mul", NULL, 2, rstd, graph_rewrite_input(w, n, 3));
	graph_value about = bias < 0 ? graph_apply(g, "neg", NULL, 1, mean) : graph_apply(g, "sub", NULL, 2, bias, mean);
	graph_value shift = graph_apply(
		g, "add", NULL, 2, graph_rewrite_input(w, n, 4), graph_apply(g, "mul", NULL, 2, about, scale));
	op_norm_attr of_rows = { .act = ((const op_norm_attr *)n->attr)->act };
	return i ? graph_apply(g, "rows_norm_apply", &of_rows, 4, z, scale, shift, distinct->out[3])
			 : graph_apply(g, "rows_max", &of_rows, 5, z, scale, shift, distinct->out[2], distinct->out[3]);
}

static void
emit(graph_rewrite *w, const match *m)
{
	graph_value pair[] = { graph_rewrite_input(w, m->xyz, 1), graph_rewrite_input(w, m->near, 1) };
	graph_scope(w->to, m->layer[m->layers - 1].linear->name);
	const graph_node *distinct = graph_make_node(w->to, "distinct_rows", NULL, 2, pair);
	if (!distinct)
		return;
	graph_value z = first_rows(w, m, distinct);
	for (int i = m->layers - 1; i >= 0; i--) {
		const layer *l = &m->layer[i];
		if (i < m->layers - 1) {
			graph_scope(w->to, l->linear->name);
			z = graph_apply(w->to, "rows_linear", NULL, 3, z, graph_rewrite_input(w, l->linear, 1), distinct->out[3]);
		}
		z = m->norm == &op_batch_norm ? stored_norm(w, m, i, z, distinct) : batch_norm(w, m, i, z, distinct);
	}
	w->map[m->max->out[0]] = z;
}

/* ---- the pass ---- */

static void
take(const graph_rewrite *w, bool *gone, const graph_node *n)
{
	if (n)
		gone[graph_rewrite_index(w, n)] = true;
}

static void
take_all(const graph_rewrite *w, bool *gone, const match *m)
{
	for (int i = 0; i < m->layers; i++) {
		take(w, gone, m->layer[i].linear);
		take(w, gone, m->layer[i].more);
		take(w, gone, m->layer[i].add);
		take(w, gone, m->layer[i].norm);
	}
	take(w, gone, m->near);
	take(w, gone, m->xyz);
	take(w, gone, m->features);
}

graph_net *
op_pass_fuse_rows(const graph_net *g, bool gradients, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool *gone = secant_calloc((size_t)graph_nodes(g) + 1, sizeof *gone), ok = graph_rewrite_begin(&w, g, keep, n, err);
	match m;
	if (!gone) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
		ok = false;
	}
	for (int i = 0; ok && i < graph_nodes(g); i++)
		if (matches_any(&w, gradients, graph_get_node(g, i), &m))
			take_all(&w, gone, &m);
	for (int i = 0; ok && i < graph_nodes(g); i++) {
		if (gone[i])
			continue;
		if (matches_any(&w, gradients, graph_get_node(g, i), &m))
			emit(&w, &m);
		else
			graph_rewrite_node(&w, i);
	}
	secant_free(gone);
	return graph_rewrite_end(&w, keep, n, ok, err);
}
