/*
 * Folding: with s = weight / sqrt(var + eps) of a batch norm behind a convolution,
 *
 *     norm(conv(x; W, b)) = conv(x; s W, s (b - mean) + bias)
 *
 * in double, rounded once. The norm's residual input and activation (joined to it by secant_pass_fuse) move to the
 * convolution. An activation alone behind a convolution moves too. Linear layers are folded alike (they take no
 * residual); where all that is read of one is the maximum over the points of a cloud, linear_max finds it and bias and
 * activation follow.
 */
#include "exec/fold.h"
#include "graph/rewrite.h"
#include "ops/act.h"
#include <math.h>
#include <string.h>

typedef struct record {
	int conv, norm;
	secant_value weight, bias;
} record; /* nodes of the old graph, states of the new */

typedef struct folding {
	secant_rewrite w;
	int *absorbed; /* conv node -> node that takes its place + 1 */
	record *records;
	int n_records;
} folding;

static bool
is_linear(const secant_node *n)
{
	return !strcmp(n->op->name, "linear");
}

/* The convolution or linear layer, without activation or sum, that makes v. */
static int
producer(const folding *f, secant_value v)
{
	const secant_node *linear = secant_rewrite_own(&f->w, v, "linear"), *conv = secant_rewrite_own(&f->w, v, "conv2d");
	if (linear && ((const secant_linear_attr *)linear->attr)->act == SECANT_ACT_NONE)
		return secant_rewrite_index(&f->w, linear);
	return conv && ((const secant_conv_attr *)conv->attr)->act == SECANT_ACT_NONE && conv->n_in < 4
		? secant_rewrite_index(&f->w, conv)
		: -1;
}

/* States for the folded weights and bias of norm node i behind convolution `conv`; NULL after an error. */
static const record *
fold_states(folding *f, int conv, int i)
{
	const secant_node *c = secant_graph_get_node(f->w.from, conv), *n = secant_graph_get_node(f->w.from, i);
	char *name = secant_arena_format(
		secant_graph_arena(f->w.to), "%s+norm", secant_graph_value(f->w.from, c->in[1])->name);
	char *bias_name = secant_arena_format(
		secant_graph_arena(f->w.to), "%s+norm.bias", secant_graph_value(f->w.from, c->in[1])->name);
	if (!name || !bias_name) {
		secant_graph_fail(f->w.to, SECANT_ERR_NOMEM, "no memory to fold norms");
		return NULL;
	}
	record *r = &f->records[f->n_records++];
	*r = (record){ conv, i, -1, -1 };
	r->weight = secant_graph_state(
		f->w.to, name, SECANT_F32, secant_graph_shape(f->w.from, c->in[1]), false, SECANT_INIT_ZEROS);
	r->bias = secant_graph_state(
		f->w.to, bias_name, SECANT_F32, secant_graph_shape(f->w.from, n->in[1]), false, SECANT_INIT_ZEROS);
	secant_graph_scope(f->w.to, c->name);
	return r;
}

/* Norm node i behind convolution `conv`. */
static void
emit_folded(folding *f, int conv, int i)
{
	const secant_node *c = secant_graph_get_node(f->w.from, conv), *n = secant_graph_get_node(f->w.from, i);
	const secant_norm_attr *norm = n->attr;
	const record *r = fold_states(f, conv, i);
	if (!r)
		return;
	secant_value x = secant_rewrite_value(&f->w, c->in[0]);
	secant_value residual = secant_rewrite_input(&f->w, n, 5);
	if (is_linear(c)) {
		f->w.map[n->out[0]] = secant_apply(
			f->w.to, "linear", &(secant_linear_attr){ norm->act }, 3, x, r->weight, r->bias);
		return;
	}
	secant_conv_attr attr = *(const secant_conv_attr *)c->attr;
	attr.act = norm->act;
	f->w.map[n->out[0]] = secant_apply(f->w.to, c->op->name, &attr, 4, x, r->weight, r->bias, residual);
}

/* The same where node `max` takes the maximum over points of what norm node i gives. */
static void
emit_folded_max(folding *f, int conv, int i, int max)
{
	const secant_node *c = secant_graph_get_node(f->w.from, conv), *n = secant_graph_get_node(f->w.from, i);
	const record *r = fold_states(f, conv, i);
	if (!r)
		return;
	secant_value y = secant_apply(f->w.to, "linear_max", NULL, 2, secant_rewrite_value(&f->w, c->in[0]), r->weight);
	y = secant_apply(f->w.to, "add", NULL, 2, y, r->bias);
	int act = ((const secant_norm_attr *)n->attr)->act;
	f->w.map[secant_graph_get_node(f->w.from, max)->out[0]] = secant_act_build(f->w.to, act, y);
}

static void
emit_activated(folding *f, int conv, int i, int act)
{
	const secant_node *c = secant_graph_get_node(f->w.from, conv);
	secant_value in[3] = { -1, -1, -1 }, *y = &f->w.map[secant_graph_get_node(f->w.from, i)->out[0]];
	for (int k = 0; k < c->n_in; k++)
		in[k] = secant_rewrite_value(&f->w, c->in[k]);
	secant_graph_scope(f->w.to, c->name);
	if (is_linear(c)) {
		*y = secant_apply(f->w.to, "linear", &(secant_linear_attr){ act }, 3, in[0], in[1], in[2]);
		return;
	}
	secant_conv_attr attr = *(const secant_conv_attr *)c->attr;
	attr.act = act;
	*y = secant_apply(f->w.to, c->op->name, &attr, 3, in[0], in[1], in[2]);
}

/* The convolution or linear layer that activation node n can move into; -1. */
static int
activated(const folding *f, const secant_node *n, int act)
{
	int conv = act ? producer(f, n->in[0]) : -1;
	return conv >= 0 && secant_act_ends(secant_graph_get_node(f->w.from, conv)->op->name, act) ? conv : -1;
}

static int
foldable(const folding *f, const secant_node *n)
{
	if (strcmp(n->op->name, "batch_norm"))
		return -1;
	for (int k = 1; k < 5 && k < n->n_in; k++)
		if (n->in[k] >= 0 && !secant_rewrite_is_state(&f->w, n->in[k]))
			return -1;
	int conv = producer(f, n->in[0]);
	if (conv < 0)
		return -1;
	const secant_node *c = secant_graph_get_node(f->w.from, conv);
	if (is_linear(c) && n->n_in > 5 && n->in[5] >= 0)
		return -1;
	if (!secant_act_ends(c->op->name, ((const secant_norm_attr *)n->attr)->act))
		return -1;
	/* weights that two convolutions share cannot take two scales */
	return secant_rewrite_is_state(&f->w, c->in[1]) && f->w.readers[c->in[1]].count == 1
			&& (c->n_in < 3 || c->in[2] < 0 || secant_rewrite_is_state(&f->w, c->in[2]))
		? conv
		: -1;
}

/* The norm node behind a linear layer that max node n can be joined with; -1. */
static int
maximum(const folding *f, const secant_node *n)
{
	if (strcmp(n->op->name, "max_with_index") || f->w.readers[n->out[1]].count)
		return -1;
	const secant_shape *x = secant_graph_shape(f->w.from, n->in[0]);
	const secant_index_attr *a = n->attr;
	const secant_node *norm = secant_rewrite_own(&f->w, n->in[0], "batch_norm");
	if (!norm || x->rank != 4 || x->dim[2] != 1 || secant_axis_of(a->axis, 4) != 1 || !a->keepdim)
		return -1;
	const secant_act *act = secant_act_at(((const secant_norm_attr *)norm->attr)->act);
	int conv = act && !act->monotone ? -1 : foldable(f, norm);
	return conv >= 0 && is_linear(secant_graph_get_node(f->w.from, conv)) ? secant_rewrite_index(&f->w, norm) : -1;
}

static void
run(folding *f)
{
	int nodes = secant_graph_nodes(f->w.from);
	for (int i = 0; i < nodes; i++) {
		const secant_node *n = secant_graph_get_node(f->w.from, i);
		int conv = foldable(f, n), norm = maximum(f, n);
		if (conv < 0)
			conv = activated(f, n, secant_act_of(n));
		if (conv >= 0)
			f->absorbed[conv] = i + 1;
		if (norm >= 0)
			f->absorbed[norm] = i + 1;
	}
	for (int i = 0; i < nodes; i++) {
		const secant_node *n = secant_graph_get_node(f->w.from, i);
		if (f->absorbed[i])
			continue;
		int conv = foldable(f, n), act = secant_act_of(n), alone = activated(f, n, act), norm = maximum(f, n);
		if (norm >= 0)
			emit_folded_max(f, foldable(f, secant_graph_get_node(f->w.from, norm)), norm, i);
		else if (conv >= 0)
			emit_folded(f, conv, i);
		else if (alone >= 0 && f->absorbed[alone] == i + 1)
			emit_activated(f, alone, i, act);
		else
			secant_rewrite_node(&f->w, i);
	}
}

static const secant_slot *
slot_of(const folding *f, const secant_store *s, const secant_node *n, int input)
{
	return input < n->n_in && n->in[input] >= 0
		? secant_store_find(s, secant_graph_value(f->w.from, n->in[input])->name)
		: NULL;
}

/* ---- states ---- */

typedef enum making { AS_IT_IS, WEIGHT, BIAS } making;

struct secant_folded_state {
	making making;
	bool f64;
	const secant_slot *to, *w, *b; /* the state as it is, or weights and bias of the convolution */
	const secant_slot *mean, *var, *gamma, *beta;
	double eps;
};

static double
number(const secant_folded_state *s, const secant_slot *slot, int64_t i, double absent)
{
	return !slot ? absent : s->f64 ? ((const double *)slot->data)[i] : (double)((const float *)slot->data)[i];
}

static double
scale_of(const secant_folded_state *s, int64_t o)
{
	return number(s, s->gamma, o, 1) / sqrt(number(s, s->var, o, 1) + s->eps);
}

static void
scale_weights(const secant_folded_state *s, void *to)
{
	int64_t out = s->w->type.shape.dim[0], each = out ? s->w->count / out : 0;
	SECANT_PARALLEL
	for (int64_t o = 0; o < out; o++) {
		double scale = scale_of(s, o);
		if (s->f64)
			for (int64_t k = o * each; k < (o + 1) * each; k++)
				((double *)to)[k] = scale * ((const double *)s->w->data)[k];
		else
			for (int64_t k = o * each; k < (o + 1) * each; k++)
				((float *)to)[k] = (float)(scale * (double)((const float *)s->w->data)[k]);
	}
}

static void
make_bias(const secant_folded_state *s, void *to)
{
	for (int64_t o = 0; o < s->to->count; o++) {
		double v = scale_of(s, o) * (number(s, s->b, o, 0) - number(s, s->mean, o, 0)) + number(s, s->beta, o, 0);
		if (s->f64)
			((double *)to)[o] = v;
		else
			((float *)to)[o] = (float)v;
	}
}

void
secant_folded_fill(const void *folded, int slot, void *to)
{
	const secant_folded_state *s = &((const secant_folded *)folded)->state[slot];
	size_t bytes = (size_t)s->to->count * (s->f64 ? sizeof(double) : secant_dtype_size(s->to->type.dtype));
	if (s->making == WEIGHT)
		scale_weights(s, to);
	else if (s->making == BIAS)
		make_bias(s, to);
	else
		memcpy(to, s->w->data, bytes);
	if (s->making != BIAS && s->w->mapped) /* the plan has them now: no weight stands in memory twice */
		secant_mem_drop(s->w->data, bytes);
}

void
secant_folded_free(secant_folded *f)
{
	secant_store_free(f->store);
	secant_free(f->state);
	*f = (secant_folded){ 0 };
}

static secant_folded_state *
state_of(const folding *f, const secant_folded *to, secant_value v)
{
	return &to->state[secant_store_find(to->store, secant_graph_value(f->w.to, v)->name) - to->store->slot];
}

/* What each state of the new graph is made of. */
static secant_status
trace(const folding *f, const secant_store *from, secant_folded *to, secant_err *err)
{
	if (!(to->state = secant_calloc((size_t)to->store->n + 1, sizeof *to->state)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
	for (int i = 0; i < f->n_records; i++) {
		const record *r = &f->records[i];
		const secant_node *c = secant_graph_get_node(f->w.from, r->conv),
						  *n = secant_graph_get_node(f->w.from, r->norm);
		secant_folded_state s = {
			WEIGHT,
			from->f64,
			NULL,
			slot_of(f, from, c, 1),
			slot_of(f, from, c, 2),
			slot_of(f, from, n, 1),
			slot_of(f, from, n, 2),
			slot_of(f, from, n, 3),
			slot_of(f, from, n, 4),
			((const secant_norm_attr *)n->attr)->eps,
		};
		*state_of(f, to, r->weight) = s;
		s.making = BIAS;
		*state_of(f, to, r->bias) = s;
	}
	for (int i = 0; i < to->store->n; i++) {
		const secant_slot *slot = &to->store->slot[i], *old = secant_store_find(from, slot->name);
		secant_folded_state *s = &to->state[i];
		s->to = slot;
		if (s->making != AS_IT_IS)
			continue;
		if (!old || !secant_shape_equal(&old->type.shape, &slot->type.shape))
			return secant_fail(err, SECANT_ERR_ARG, "the model has no '%s' of that shape", slot->name);
		s->w = old, s->f64 = from->f64;
	}
	return SECANT_OK;
}

secant_graph *
secant_pass_fold(
	const secant_graph *g, const secant_store *from, secant_value *keep, int n, secant_folded *folded, secant_err *err)
{
	size_t nodes = (size_t)secant_graph_nodes(g) + 1;
	folding f = { .absorbed = secant_calloc(nodes, sizeof *f.absorbed),
		.records = secant_calloc(nodes, sizeof *f.records) };
	bool ok = secant_rewrite_begin(&f.w, g, keep, n, err);
	*folded = (secant_folded){ 0 };
	if (!f.absorbed || !f.records) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
		ok = false;
	}
	if (ok)
		run(&f);
	secant_graph *to = secant_rewrite_end(&f.w, keep, n, ok, err);
	ok = to && (folded->store = secant_store_new(to, from->f64, err)) && !trace(&f, from, folded, err);
	secant_free(f.absorbed);
	secant_free(f.records);
	if (ok)
		return to;
	secant_graph_free(to);
	secant_folded_free(folded);
	return NULL;
}
