/*
 * Folding: with s = weight / sqrt(var + eps) of a batch norm behind a convolution,
 *
 *     norm(conv(x; W, b)) = conv(x; s W, s (b - mean) + bias)
 *
 * in double, rounded once. The norm's residual input and activation (joined to it by op_pass_fuse) move to the
 * convolution. An activation alone behind a convolution moves too. Linear layers are folded alike (they take no
 * residual); where all that is read of one is the maximum over the points of a cloud, linear_max finds it and bias and
 * activation follow.
 *
 * Branches that read one input and are summed (RepVGG, Ding and others 2021; MobileOne) become one convolution: kernels
 * of its size or smaller in its middle, the input itself as a kernel of one 1, each with the scale of its norm.
 */
#include "exec/fold.h"
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/known.h"
#include <math.h>
#include <string.h>

typedef struct record {
	int conv, norm;
	graph_value weight, bias;
} record; /* nodes of the old graph, states of the new */

enum { BRANCHES = 8 };

/* A sum of norms, each of a convolution of x or (conv -1) of x itself; `root` is the norm that sums. */
typedef struct sum {
	int root, n;
	graph_value x, weight, bias; /* the last two of the new graph */
	struct {
		int conv, norm;
	} branch[BRANCHES];
	op_conv_attr attr; /* of the widest */
	int kernel;
} sum;

typedef struct folding {
	graph_rewrite w;
	int *absorbed; /* conv node -> node that takes its place + 1 */
	record *records;
	int n_records;
	sum *sums;
	int n_sums;
} folding;

static bool
is_linear(const graph_node *n)
{
	return n->op == &op_linear;
}

/* The convolution or linear layer, without activation or sum, that makes v. */
static int
producer(const folding *f, graph_value v)
{
	const graph_node *linear = graph_rewrite_own(&f->w, v, "linear"), *conv = graph_rewrite_own(&f->w, v, "conv2d");
	if (linear && ((const op_linear_attr *)linear->attr)->act == OP_ACT_NONE)
		return graph_rewrite_index(&f->w, linear);
	return conv && ((const op_conv_attr *)conv->attr)->act == OP_ACT_NONE && conv->n_in < 4
		? graph_rewrite_index(&f->w, conv)
		: -1;
}

/* States for the folded weights and bias of norm node i behind convolution `conv`; NULL after an error. */
static const record *
fold_states(folding *f, int conv, int i)
{
	const graph_node *c = graph_get_node(f->w.from, conv), *n = graph_get_node(f->w.from, i);
	char *name = base_arena_format(graph_arena(f->w.to), "%s+norm", graph_value_at(f->w.from, c->in[1])->name);
	char *bias_name = base_arena_format(
		graph_arena(f->w.to), "%s+norm.bias", graph_value_at(f->w.from, c->in[1])->name);
	if (!name || !bias_name) {
		graph_fail(f->w.to, SECANT_ERR_NOMEM, "no memory to fold norms");
		return NULL;
	}
	record *r = &f->records[f->n_records++];
	*r = (record){ conv, i, -1, -1 };
	r->weight = graph_state(f->w.to, name, SECANT_F32, graph_shape(f->w.from, c->in[1]), false, GRAPH_INIT_ZEROS);
	r->bias = graph_state(f->w.to, bias_name, SECANT_F32, graph_shape(f->w.from, n->in[1]), false, GRAPH_INIT_ZEROS);
	graph_scope(f->w.to, c->name);
	return r;
}

/* Norm node i behind convolution `conv`. */
static void
emit_folded(folding *f, int conv, int i)
{
	const graph_node *c = graph_get_node(f->w.from, conv), *n = graph_get_node(f->w.from, i);
	const op_norm_attr *norm = n->attr;
	const record *r = fold_states(f, conv, i);
	if (!r)
		return;
	graph_value x = graph_rewrite_value(&f->w, c->in[0]);
	graph_value residual = graph_rewrite_input(&f->w, n, 5);
	if (is_linear(c)) {
		f->w.map[n->out[0]] = graph_apply(f->w.to, "linear", &(op_linear_attr){ norm->act }, 3, x, r->weight, r->bias);
		return;
	}
	op_conv_attr attr = *(const op_conv_attr *)c->attr;
	attr.act = norm->act;
	f->w.map[n->out[0]] = graph_apply(f->w.to, c->op->name, &attr, 4, x, r->weight, r->bias, residual);
}

/* The same where node `max` takes the maximum over points of what norm node i gives. */
static void
emit_folded_max(folding *f, int conv, int i, int max)
{
	const graph_node *c = graph_get_node(f->w.from, conv), *n = graph_get_node(f->w.from, i);
	const record *r = fold_states(f, conv, i);
	if (!r)
		return;
	graph_value y = graph_apply(f->w.to, "linear_max", NULL, 2, graph_rewrite_value(&f->w, c->in[0]), r->weight);
	y = graph_apply(f->w.to, "add", NULL, 2, y, r->bias);
	int act = ((const op_norm_attr *)n->attr)->act;
	f->w.map[graph_get_node(f->w.from, max)->out[0]] = op_act_build(f->w.to, act, y);
}

static void
emit_activated(folding *f, int conv, int i, int act)
{
	const graph_node *c = graph_get_node(f->w.from, conv);
	graph_value in[3] = { -1, -1, -1 }, *y = &f->w.map[graph_get_node(f->w.from, i)->out[0]];
	for (int k = 0; k < c->n_in; k++)
		in[k] = graph_rewrite_value(&f->w, c->in[k]);
	graph_scope(f->w.to, c->name);
	if (is_linear(c)) {
		*y = graph_apply(f->w.to, "linear", &(op_linear_attr){ act }, 3, in[0], in[1], in[2]);
		return;
	}
	op_conv_attr attr = *(const op_conv_attr *)c->attr;
	attr.act = act;
	*y = graph_apply(f->w.to, c->op->name, &attr, 3, in[0], in[1], in[2]);
}

/* The convolution or linear layer that activation node n can move into; -1. */
static int
activated(const folding *f, const graph_node *n, int act)
{
	int conv = act ? producer(f, n->in[0]) : -1;
	return conv >= 0 && op_act_ends(graph_get_node(f->w.from, conv)->op->name, act) ? conv : -1;
}

static int
foldable(const folding *f, const graph_node *n)
{
	if (n->op != &op_batch_norm)
		return -1;
	for (int k = 1; k < 5 && k < n->n_in; k++)
		if (n->in[k] >= 0 && !graph_rewrite_is_state(&f->w, n->in[k]))
			return -1;
	int conv = producer(f, n->in[0]);
	if (conv < 0)
		return -1;
	const graph_node *c = graph_get_node(f->w.from, conv);
	if (is_linear(c) && n->n_in > 5 && n->in[5] >= 0)
		return -1;
	if (!op_act_ends(c->op->name, ((const op_norm_attr *)n->attr)->act))
		return -1;
	/* weights that two convolutions share cannot take two scales */
	return graph_rewrite_is_state(&f->w, c->in[1]) && f->w.readers[c->in[1]].count == 1
			&& (c->n_in < 3 || c->in[2] < 0 || graph_rewrite_is_state(&f->w, c->in[2]))
		? conv
		: -1;
}

static bool
has_stored_numbers(const folding *f, const graph_node *norm)
{
	for (int k = 1; k < 5 && k < norm->n_in; k++)
		if (norm->in[k] >= 0 && !graph_rewrite_is_state(&f->w, norm->in[k]))
			return false;
	return true;
}

/* Is convolution c one whose kernel another's can lie around? */
static bool
is_centred(const folding *f, const graph_node *c)
{
	const op_conv_attr *a = c->attr;
	const secant_shape *w = graph_shape(f->w.from, c->in[1]);
	bool plain = a->dilation.v[0] <= 1 && a->dilation.v[1] <= 1 && w->dim[2] == w->dim[3] && w->dim[2] % 2;
	for (int side = 0; side < 4; side++)
		plain = plain && op_pad_of(&a->padding, side) == w->dim[2] / 2;
	return plain && (c->n_in < 3 || c->in[2] < 0 || graph_rewrite_is_state(&f->w, c->in[2]))
		&& graph_rewrite_is_state(&f->w, c->in[1]) && f->w.readers[c->in[1]].count == 1;
}

static bool
same_steps(const op_conv_attr *a, const op_conv_attr *b)
{
	return a->stride.v[0] == b->stride.v[0] && a->stride.v[1] == b->stride.v[1] && a->groups == b->groups;
}

/* Adds the branch that ends in `norm`. */
static bool
add_branch(const folding *f, sum *s, const graph_node *norm)
{
	int conv = producer(f, norm->in[0]);
	const graph_node *c = conv < 0 ? NULL : graph_get_node(f->w.from, conv);
	if (s->n == BRANCHES || !has_stored_numbers(f, norm) || (c && (is_linear(c) || !is_centred(f, c))))
		return false;
	graph_value x = c ? c->in[0] : norm->in[0];
	if (s->x >= 0 && x != s->x)
		return false;
	if (c) {
		int kernel = (int)graph_shape(f->w.from, c->in[1])->dim[2];
		if (s->kernel && !same_steps(&s->attr, c->attr))
			return false;
		if (kernel > s->kernel) {
			s->attr = *(const op_conv_attr *)c->attr;
			s->kernel = kernel;
		}
	}
	s->x = x;
	s->branch[s->n].conv = conv;
	s->branch[s->n++].norm = graph_rewrite_index(&f->w, norm);
	return true;
}

/* All branches whose sum norm node i is. */
static bool
find_sum(const folding *f, int i, sum *s)
{
	const graph_node *root = graph_get_node(f->w.from, i), *n = root;
	*s = (sum){ .root = i, .x = -1, .weight = -1, .bias = -1 };
	bool itself = false;
	while (n && n->op == &op_batch_norm && (n == root || !((const op_norm_attr *)n->attr)->act)) {
		if (!add_branch(f, s, n))
			return false;
		itself = itself || s->branch[s->n - 1].conv < 0;
		graph_value rest = n->n_in > 5 ? n->in[5] : -1;
		if (rest < 0) { /* the last of the chain */
			const secant_shape *x = graph_shape(f->w.from, s->x), *y = graph_shape(f->w.from, root->out[0]);
			return s->n > 1 && s->kernel && op_act_ends("conv2d", ((const op_norm_attr *)root->attr)->act)
				&& (!itself || (s->attr.stride.v[0] == 1 && s->attr.stride.v[1] == 1 && x->dim[3] == y->dim[3]));
		}
		n = graph_rewrite_own(&f->w, rest, "batch_norm");
	}
	return false;
}

/* Sums are looked for from their ends, so that a part of one is not taken for the whole. */
static void
find_sums(folding *f)
{
	for (int i = graph_nodes(f->w.from) - 1; i >= 0; i--) {
		sum *s = &f->sums[f->n_sums];
		if (f->absorbed[i] || graph_get_node(f->w.from, i)->op != &op_batch_norm || !find_sum(f, i, s))
			continue;
		for (int k = 0; k < s->n; k++) {
			if (s->branch[k].conv >= 0)
				f->absorbed[s->branch[k].conv] = i + 1;
			if (s->branch[k].norm != i)
				f->absorbed[s->branch[k].norm] = i + 1;
		}
		f->n_sums++;
	}
}

static sum *
sum_at(const folding *f, int i)
{
	for (int k = 0; k < f->n_sums; k++)
		if (f->sums[k].root == i)
			return &f->sums[k];
	return NULL;
}

static void
emit_sum(folding *f, sum *s)
{
	const graph_node *root = graph_get_node(f->w.from, s->root), *first = NULL;
	for (int k = 0; k < s->n && !first; k++)
		first = s->branch[k].conv >= 0 ? graph_get_node(f->w.from, s->branch[k].conv) : NULL;
	const char *of = graph_value_at(f->w.from, first->in[1])->name;
	char *name = base_arena_format(graph_arena(f->w.to), "%s+branches", of);
	char *bias_name = base_arena_format(graph_arena(f->w.to), "%s+branches.bias", of);
	if (!name || !bias_name) {
		graph_fail(f->w.to, SECANT_ERR_NOMEM, "no memory to fold branches");
		return;
	}
	secant_shape w = *graph_shape(f->w.from, first->in[1]);
	w.dim[2] = w.dim[3] = s->kernel;
	s->weight = graph_state(f->w.to, name, SECANT_F32, &w, false, GRAPH_INIT_ZEROS);
	s->bias = graph_state(f->w.to, bias_name, SECANT_F32, &(secant_shape){ 1, { w.dim[0] } }, false, GRAPH_INIT_ZEROS);
	graph_scope(f->w.to, first->name);
	op_conv_attr attr = s->attr;
	attr.act = ((const op_norm_attr *)root->attr)->act;
	f->w.map[root->out[0]] = graph_apply(
		f->w.to, "conv2d", &attr, 3, graph_rewrite_value(&f->w, s->x), s->weight, s->bias);
}

/* The norm node behind a linear layer that max node n can be joined with; -1. */
static int
maximum(const folding *f, const graph_node *n)
{
	if (n->op != &op_max_with_index || f->w.readers[n->out[1]].count)
		return -1;
	const secant_shape *x = graph_shape(f->w.from, n->in[0]);
	const op_index_attr *a = n->attr;
	const graph_node *norm = graph_rewrite_own(&f->w, n->in[0], "batch_norm");
	if (!norm || x->rank != 4 || x->dim[2] != 1 || op_axis_of(a->axis, 4) != 1 || !a->keepdim)
		return -1;
	const op_act *act = op_act_at(((const op_norm_attr *)norm->attr)->act);
	int conv = act && !act->monotone ? -1 : foldable(f, norm);
	return conv >= 0 && is_linear(graph_get_node(f->w.from, conv)) ? graph_rewrite_index(&f->w, norm) : -1;
}

static void
run(folding *f)
{
	int nodes = graph_nodes(f->w.from);
	find_sums(f);
	for (int i = 0; i < nodes; i++) {
		if (f->absorbed[i] || sum_at(f, i))
			continue;
		const graph_node *n = graph_get_node(f->w.from, i);
		int conv = foldable(f, n), norm = maximum(f, n);
		if (conv < 0)
			conv = activated(f, n, op_act_of(n));
		if (conv >= 0)
			f->absorbed[conv] = i + 1;
		if (norm >= 0)
			f->absorbed[norm] = i + 1;
	}
	for (int i = 0; i < nodes; i++) {
		const graph_node *n = graph_get_node(f->w.from, i);
		sum *branches = sum_at(f, i);
		if (branches)
			emit_sum(f, branches);
		if (f->absorbed[i] || branches)
			continue;
		int conv = foldable(f, n), act = op_act_of(n), alone = activated(f, n, act), norm = maximum(f, n);
		if (norm >= 0)
			emit_folded_max(f, foldable(f, graph_get_node(f->w.from, norm)), norm, i);
		else if (conv >= 0)
			emit_folded(f, conv, i);
		else if (alone >= 0 && f->absorbed[alone] == i + 1)
			emit_activated(f, alone, i, act);
		else
			graph_rewrite_node(&f->w, i);
	}
}

static const exec_slot *
slot_of(const folding *f, const exec_store *s, const graph_node *n, int input)
{
	return input < n->n_in && n->in[input] >= 0 ? exec_store_find(s, graph_value_at(f->w.from, n->in[input])->name)
												: NULL;
}

/* ---- states ---- */

typedef enum making { AS_IT_IS, WEIGHT, BIAS, SUM_WEIGHT, SUM_BIAS } making;

struct exec_folded_state {
	making making;
	bool f64;
	const exec_slot *to, *w, *b; /* the state as it is, or weights and bias of the convolution */
	const exec_slot *mean, *var, *gamma, *beta;
	double eps;
	exec_folded_state *part; /* branches of a sum, w NULL: the input itself; owned by the weight's state */
	int parts;
};

static double
number(const exec_folded_state *s, const exec_slot *slot, int64_t i, double absent)
{
	return !slot ? absent : s->f64 ? ((const double *)slot->data)[i] : (double)((const float *)slot->data)[i];
}

static double
scale_of(const exec_folded_state *s, int64_t o)
{
	return number(s, s->gamma, o, 1) / sqrt(number(s, s->var, o, 1) + s->eps);
}

static void
scale_weights(const exec_folded_state *s, void *to)
{
	int64_t out = s->w->type.shape.dim[0], each = out ? s->w->count / out : 0;
	OP_PARALLEL
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

static double
bias_of(const exec_folded_state *s, int64_t o)
{
	return scale_of(s, o) * (number(s, s->b, o, 0) - number(s, s->mean, o, 0)) + number(s, s->beta, o, 0);
}

static void
make_bias(const exec_folded_state *s, void *to)
{
	for (int64_t o = 0; o < s->to->count; o++) {
		double v = bias_of(s, o);
		if (s->f64)
			((double *)to)[o] = v;
		else
			((float *)to)[o] = (float)v;
	}
}

/* What a branch adds to the weight at row y and column x of channel c of output o, in a kernel of `side`. */
static double
branch_weight(const exec_folded_state *p, int64_t o, int64_t c, int64_t y, int64_t x, const secant_shape *all)
{
	int64_t side = all->dim[2], own = p->w ? p->w->type.shape.dim[2] : 1, edge = (side - own) / 2;
	if (y < edge || x < edge || y >= edge + own || x >= edge + own)
		return 0;
	if (!p->w)
		return c == o % all->dim[1] ? scale_of(p, o) : 0;
	return scale_of(p, o) * number(p, p->w, ((o * all->dim[1] + c) * own + y - edge) * own + x - edge, 0);
}

static void
sum_weights(const exec_folded_state *s, void *to)
{
	const secant_shape *all = &s->to->type.shape;
	int64_t side = all->dim[2], area = side * side, each = all->dim[1] * area;
	OP_PARALLEL
	for (int64_t i = 0; i < s->to->count; i++) {
		double v = 0;
		for (int k = 0; k < s->parts; k++)
			v += branch_weight(&s->part[k], i / each, i % each / area, i % area / side, i % side, all);
		if (s->f64)
			((double *)to)[i] = v;
		else
			((float *)to)[i] = (float)v;
	}
}

static void
sum_biases(const exec_folded_state *s, void *to)
{
	for (int64_t o = 0; o < s->to->count; o++) {
		double v = 0;
		for (int k = 0; k < s->parts; k++)
			v += bias_of(&s->part[k], o);
		if (s->f64)
			((double *)to)[o] = v;
		else
			((float *)to)[o] = (float)v;
	}
}

void
exec_folded_fill(const void *folded, int slot, void *to)
{
	const exec_folded_state *s = &((const exec_folded *)folded)->state[slot];
	size_t bytes = (size_t)s->to->count * (s->f64 ? sizeof(double) : secant_dtype_size(s->to->type.dtype));
	if (s->making == WEIGHT)
		scale_weights(s, to);
	else if (s->making == BIAS)
		make_bias(s, to);
	else if (s->making == SUM_WEIGHT)
		sum_weights(s, to);
	else if (s->making == SUM_BIAS)
		sum_biases(s, to);
	else
		memcpy(to, s->w->data, bytes);
	if ((s->making == AS_IT_IS || s->making == WEIGHT)
		&& s->w->mapped) /* the plan has them now: no weight stands in memory twice */
		base_mem_drop(s->w->data, bytes);
}

void
exec_folded_free(exec_folded *f)
{
	for (int i = 0; f->store && f->state && i < f->store->n; i++)
		if (f->state[i].making == SUM_WEIGHT)
			secant_free(f->state[i].part);
	exec_store_free(f->store);
	secant_free(f->state);
	*f = (exec_folded){ 0 };
}

static exec_folded_state *
state_of(const folding *f, const exec_folded *to, graph_value v)
{
	return &to->state[exec_store_find(to->store, graph_value_at(f->w.to, v)->name) - to->store->slot];
}

/* The numbers of norm node n behind convolution c (NULL: none). */
static exec_folded_state
numbers_of(const folding *f, const exec_store *from, const graph_node *c, const graph_node *n)
{
	return (exec_folded_state){
		.making = WEIGHT,
		.f64 = from->f64,
		.w = c ? slot_of(f, from, c, 1) : NULL,
		.b = c ? slot_of(f, from, c, 2) : NULL,
		.mean = slot_of(f, from, n, 1),
		.var = slot_of(f, from, n, 2),
		.gamma = slot_of(f, from, n, 3),
		.beta = slot_of(f, from, n, 4),
		.eps = ((const op_norm_attr *)n->attr)->eps,
	};
}

static secant_status
trace_sums(const folding *f, const exec_store *from, exec_folded *to, secant_err *err)
{
	for (int i = 0; i < f->n_sums; i++) {
		const sum *m = &f->sums[i];
		exec_folded_state *part = secant_calloc((size_t)m->n, sizeof *part);
		if (!part)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold branches");
		for (int k = 0; k < m->n; k++) {
			int conv = m->branch[k].conv;
			part[k] = numbers_of(f, from, conv < 0 ? NULL : graph_get_node(f->w.from, conv),
				graph_get_node(f->w.from, m->branch[k].norm));
		}
		exec_folded_state s = { .making = SUM_WEIGHT, .f64 = from->f64, .part = part, .parts = m->n };
		*state_of(f, to, m->weight) = s;
		s.making = SUM_BIAS;
		*state_of(f, to, m->bias) = s;
	}
	return SECANT_OK;
}

/* What each state of the new graph is made of. */
static secant_status
trace(const folding *f, const exec_store *from, exec_folded *to, secant_err *err)
{
	if (!(to->state = secant_calloc((size_t)to->store->n + 1, sizeof *to->state)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
	for (int i = 0; i < f->n_records; i++) {
		const record *r = &f->records[i];
		const graph_node *c = graph_get_node(f->w.from, r->conv), *n = graph_get_node(f->w.from, r->norm);
		exec_folded_state s = numbers_of(f, from, c, n);
		*state_of(f, to, r->weight) = s;
		s.making = BIAS;
		*state_of(f, to, r->bias) = s;
	}
	if (trace_sums(f, from, to, err))
		return err ? err->code : SECANT_ERR_NOMEM;
	for (int i = 0; i < to->store->n; i++) {
		const exec_slot *slot = &to->store->slot[i], *old = exec_store_find(from, slot->name);
		exec_folded_state *s = &to->state[i];
		s->to = slot;
		if (s->making != AS_IT_IS)
			continue;
		if (!old || !secant_shape_equal(&old->type.shape, &slot->type.shape))
			return secant_fail(err, SECANT_ERR_ARG, "the model has no '%s' of that shape", slot->name);
		s->w = old, s->f64 = from->f64;
	}
	return SECANT_OK;
}

graph_net *
exec_pass_fold(
	const graph_net *g, const exec_store *from, graph_value *keep, int n, exec_folded *folded, secant_err *err)
{
	size_t nodes = (size_t)graph_nodes(g) + 1;
	folding f = { .absorbed = secant_calloc(nodes, sizeof *f.absorbed),
		.records = secant_calloc(nodes, sizeof *f.records),
		.sums = secant_calloc(nodes, sizeof *f.sums) };
	bool ok = graph_rewrite_begin(&f.w, g, keep, n, err);
	*folded = (exec_folded){ 0 };
	if (!f.absorbed || !f.records || !f.sums) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
		ok = false;
	}
	if (ok)
		run(&f);
	graph_net *to = graph_rewrite_end(&f.w, keep, n, ok, err);
	ok = to && (folded->store = exec_store_new(to, from->f64, err)) && !trace(&f, from, folded, err);
	secant_free(f.absorbed);
	secant_free(f.records);
	secant_free(f.sums);
	if (ok)
		return to;
	graph_free(to);
	exec_folded_free(folded);
	return NULL;
}
