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
#include <string.h>

enum { MAX_LAYERS = 8 };

/* One layer: the product (of two parts in the first one) and its norm. */
typedef struct layer {
	const secant_node *linear, *more, *add, *norm;
} layer;

typedef struct match {
	const char *norm; /* batch_norm_train, of the batch, or batch_norm, by stored statistics */
	const secant_node *max;
	layer layer[MAX_LAYERS]; /* last one first */
	int layers;
	const secant_node *near, *xyz, *features; /* sub, and the two group_points; features may be NULL */
	secant_value index;
} match;

static bool
is_norm(const secant_rewrite *w, const secant_node *n)
{
	if (!n || n->n_in < 5 || n->in[3] < 0 || n->in[4] < 0 || (n->n_in > 5 && n->in[5] >= 0)
		|| ((const secant_norm_attr *)n->attr)->momentum < 0
		|| !secant_act_ends("rows_norm", ((const secant_norm_attr *)n->attr)->act))
		return false;
	for (int k = 1; k < n->n_out; k++)
		if (w->readers[n->out[k]].count)
			return false;
	return true;
}

/* A layer without activation on N x M x K x C. */
static const secant_node *
is_linear(const secant_rewrite *w, secant_value v)
{
	const secant_node *n = secant_rewrite_own(w, v, "linear");
	return n && !((const secant_linear_attr *)n->attr)->act ? n : NULL;
}

/* x of points about their centres: group(xyz, index) - centres, without gradient. */
static bool
is_near(const secant_rewrite *w, const secant_node *linear, match *m)
{
	m->near = linear ? secant_rewrite_own(w, linear->in[0], "sub") : NULL;
	m->xyz = m->near ? secant_rewrite_own(w, m->near->in[0], "group_points") : NULL;
	if (!m->xyz || secant_graph_value(w->from, m->near->out[0])->leads)
		return false;
	const secant_shape *x = secant_graph_shape(w->from, m->xyz->in[0]),
					   *centres = secant_graph_shape(w->from, m->near->in[1]),
					   *index = secant_graph_shape(w->from, m->xyz->in[1]);
	m->index = m->xyz->in[1];
	return x->dim[3] == 3 && index->rank == 3 && centres->rank == 4 && centres->dim[0] == index->dim[0]
		&& centres->dim[1] == index->dim[1] && centres->dim[2] == 1 && centres->dim[3] == 3;
}

static bool
is_features(const secant_rewrite *w, const secant_node *linear, match *m)
{
	m->features = linear ? secant_rewrite_own(w, linear->in[0], "group_points") : NULL;
	return m->features && m->features->in[1] == m->index;
}

/* Is l the first layer: of near alone, or the sum of those of near and of features? */
static bool
is_first(const secant_rewrite *w, secant_value v, layer *l, match *m)
{
	l->add = secant_rewrite_own(w, v, "add");
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
matches(const secant_rewrite *w, const char *norm, const secant_node *n, match *m)
{
	*m = (match){ .norm = norm, .max = n };
	if (strcmp(n->op->name, "max_with_index") || w->readers[n->out[1]].count)
		return false;
	const secant_index_attr *a = n->attr;
	const secant_shape *x = secant_graph_shape(w->from, n->in[0]);
	if (x->rank != 4 || secant_axis_of(a->axis, 4) != 2 || !a->keepdim
		|| secant_shape_count(x) / (x->dim[3] ? x->dim[3] : 1) > INT32_MAX)
		return false;
	for (secant_value v = n->in[0]; m->layers < MAX_LAYERS; v = m->layer[m->layers++].linear->in[0]) {
		layer *l = &m->layer[m->layers];
		l->norm = secant_rewrite_own(w, v, norm);
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
matches_any(const secant_rewrite *w, bool gradients, const secant_node *n, match *m)
{
	return matches(w, "batch_norm_train", n, m) || (!gradients && matches(w, "batch_norm", n, m));
}

/* ---- writing ---- */

static secant_value
bias_of(secant_rewrite *w, const layer *l)
{
	secant_value a = secant_rewrite_input(w, l->linear, 2), b = secant_rewrite_input(w, l->more, 2);
	return a < 0 ? b : b < 0 ? a : secant_apply(w->to, "add", NULL, 2, a, b);
}

static secant_value
first_rows(secant_rewrite *w, const match *m, const secant_node *distinct)
{
	const layer *l = &m->layer[m->layers - 1];
	secant_value f = m->features ? secant_rewrite_input(w, m->features, 0) : -1;
	secant_graph_scope(w->to, l->linear->name);
	if (f >= 0)
		f = secant_apply(w->to, "linear", NULL, 2, f, secant_rewrite_input(w, l->more, 1));
	return secant_apply(w->to, "ball_rows", NULL, f < 0 ? 6 : 7, secant_rewrite_input(w, m->xyz, 1), distinct->out[0],
		distinct->out[3], secant_rewrite_input(w, m->xyz, 0), secant_rewrite_input(w, m->near, 1),
		secant_rewrite_input(w, l->linear, 1), f);
}

/* Layer i's norm of z by the statistics of the batch. */
static secant_value
batch_norm(secant_rewrite *w, const match *m, int i, secant_value z, const secant_node *distinct)
{
	const secant_node *n = m->layer[i].norm;
	secant_value in[10] = {
		z,
		secant_rewrite_input(w, n, 1),
		secant_rewrite_input(w, n, 2),
		secant_rewrite_input(w, n, 3),
		secant_rewrite_input(w, n, 4),
		distinct->out[1],
		distinct->out[3],
	};
	int at = 7;
	if (!i)
		in[at++] = distinct->out[2];
	in[at++] = bias_of(w, &m->layer[i]);
	in[at++] = secant_rewrite_input(w, n, 6);
	secant_graph_scope(w->to, n->name);
	const secant_node *norm = secant_graph_node(w->to, i ? "rows_norm" : "rows_norm_max", n->attr, at, in);
	return norm ? norm->out[0] : -1;
}

/* The same by stored statistics: scale = gamma / sqrt(variance + eps), shift = beta + (bias - mean) scale. */
static secant_value
stored_norm(secant_rewrite *w, const match *m, int i, secant_value z, const secant_node *distinct)
{
	const secant_node *n = m->layer[i].norm;
	secant_graph *g = w->to;
	secant_value mean = secant_rewrite_input(w, n, 1), bias = bias_of(w, &m->layer[i]);
	secant_graph_scope(g, n->name);
	secant_value rstd = secant_apply(g, "rsqrt", NULL, 1,
		secant_build_number(g, "add_scalar", ((const secant_norm_attr *)n->attr)->eps, secant_rewrite_input(w, n, 2)));
	secant_value scale = secant_apply(g, "mul", NULL, 2, rstd, secant_rewrite_input(w, n, 3));
	secant_value about = bias < 0 ? secant_apply(g, "neg", NULL, 1, mean) : secant_apply(g, "sub", NULL, 2, bias, mean);
	secant_value shift = secant_apply(
		g, "add", NULL, 2, secant_rewrite_input(w, n, 4), secant_apply(g, "mul", NULL, 2, about, scale));
	secant_norm_attr of_rows = { .act = ((const secant_norm_attr *)n->attr)->act };
	return i ? secant_apply(g, "rows_norm_apply", &of_rows, 4, z, scale, shift, distinct->out[3])
			 : secant_apply(g, "rows_max", &of_rows, 5, z, scale, shift, distinct->out[2], distinct->out[3]);
}

static void
emit(secant_rewrite *w, const match *m)
{
	secant_value pair[] = { secant_rewrite_input(w, m->xyz, 1), secant_rewrite_input(w, m->near, 1) };
	secant_graph_scope(w->to, m->layer[m->layers - 1].linear->name);
	const secant_node *distinct = secant_graph_node(w->to, "distinct_rows", NULL, 2, pair);
	if (!distinct)
		return;
	secant_value z = first_rows(w, m, distinct);
	for (int i = m->layers - 1; i >= 0; i--) {
		const layer *l = &m->layer[i];
		if (i < m->layers - 1) {
			secant_graph_scope(w->to, l->linear->name);
			z = secant_apply(w->to, "rows_linear", NULL, 3, z, secant_rewrite_input(w, l->linear, 1), distinct->out[3]);
		}
		z = strcmp(m->norm, "batch_norm") ? batch_norm(w, m, i, z, distinct) : stored_norm(w, m, i, z, distinct);
	}
	w->map[m->max->out[0]] = z;
}

/* ---- the pass ---- */

static void
take(const secant_rewrite *w, bool *gone, const secant_node *n)
{
	if (n)
		gone[secant_rewrite_index(w, n)] = true;
}

static void
take_all(const secant_rewrite *w, bool *gone, const match *m)
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

secant_graph *
secant_pass_fuse_rows(const secant_graph *g, bool gradients, secant_value *keep, int n, secant_err *err)
{
	secant_rewrite w;
	bool *gone = secant_calloc((size_t)secant_graph_nodes(g) + 1, sizeof *gone),
		 ok = secant_rewrite_begin(&w, g, keep, n, err);
	match m;
	if (!gone) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fuse");
		ok = false;
	}
	for (int i = 0; ok && i < secant_graph_nodes(g); i++)
		if (matches_any(&w, gradients, secant_graph_get_node(g, i), &m))
			take_all(&w, gone, &m);
	for (int i = 0; ok && i < secant_graph_nodes(g); i++) {
		if (gone[i])
			continue;
		if (matches_any(&w, gradients, secant_graph_get_node(g, i), &m))
			emit(&w, &m);
		else
			secant_rewrite_node(&w, i);
	}
	secant_free(gone);
	return secant_rewrite_end(&w, keep, n, ok, err);
}
