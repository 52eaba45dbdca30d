/*
 * From graph to plan: lower to the precision, choose implementations, give every value a place. See exec.h.
 */
#include "exec/canaries.h"
#include "base/thread.h"
#include <stdio.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define IMPLS(name) extern const secant_impl secant_impls_##name[];
#include "exec/impls.inc"
#undef IMPLS

const secant_impl *const *
secant_impl_tables(void)
{
	static const secant_impl *const tables[] = {
#define IMPLS(name) secant_impls_##name,
#include "exec/impls.inc"
#undef IMPLS
		NULL,
	};
	return tables;
}

size_t
secant_operand_bytes(const secant_operand *o)
{
	return o->shape.rank < 0 ? 0 : (size_t)secant_shape_count(&o->shape) * secant_dtype_size(o->dtype);
}

static secant_dtype
stored_as(const secant_plan *p, secant_value v)
{
	return p->options.precision == SECANT_PRECISION_F64 ? SECANT_F64 : secant_graph_value(p->g, v)->type.dtype;
}

static secant_operand
operand_of(const secant_plan *p, secant_value v)
{
	if (v < 0)
		return (secant_operand){ SECANT_F32, { .rank = -1 }, false, false };
	const secant_value_info *info = secant_graph_value(p->g, v);
	return (secant_operand){ stored_as(p, v), info->type.shape, info->kind == SECANT_VALUE_STATE, p->at[v].last >= 0 };
}

/* ---- lives and places ---- */

static bool
is_view(const secant_node *n)
{
	return !strcmp(n->op->name, "reshape");
}

/* Who reads each value last; outputs live to the end. Views are followed to the value whose memory they share. */
static void
find_lives(secant_plan *p)
{
	for (int v = 0; v < secant_graph_values(p->g); v++)
		p->at[v] = (secant_location){ .root = v, .first = -1, .last = -1 };
	for (int i = 0; i < secant_graph_nodes(p->g); i++) {
		const secant_node *n = secant_graph_get_node(p->g, i);
		for (int k = 0; k < n->n_in; k++)
			if (n->in[k] >= 0) {
				p->at[n->in[k]].last = i;
				p->at[n->in[k]].reads++;
			}
		for (int k = 0; k < n->n_out; k++)
			p->at[n->out[k]].first = i;
	}
	for (int i = 0; i < p->n_output; i++)
		p->at[p->output[i]].last = secant_graph_nodes(p->g);
}

static secant_status
place_constant(secant_plan *p, secant_value v, secant_err *err)
{
	const secant_value_info *info = secant_graph_value(p->g, v);
	secant_tensor from = { SECANT_F64, info->type.shape, (void *)(uintptr_t)info->numbers, NULL };
	secant_tensor to = { stored_as(p, v), info->type.shape, NULL, NULL };
	to.data = p->at[v].pointer = secant_arena_alloc(p->arena, secant_tensor_bytes(&to) + 64);
	if (!to.data)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for constants");
	for (int64_t i = 0, n = secant_shape_count(&info->type.shape); i < n; i++)
		secant_tensor_set(&to, i, secant_tensor_get(&from, i));
	p->at[v].place = SECANT_PLACE_CONST;
	return SECANT_OK;
}

static secant_status
place_state(secant_plan *p, secant_value v, secant_err *err)
{
	const secant_value_info *info = secant_graph_value(p->g, v);
	const secant_slot *slot = secant_store_find(p->store, info->name);
	char a[96], b[96];
	if (!slot)
		return secant_fail(err, SECANT_ERR_ARG, "the model has no '%s'", info->name);
	if (!secant_shape_equal(&slot->type.shape, &info->type.shape))
		return secant_fail(err, SECANT_ERR_SHAPE, "'%s' is %s, the network wants %s", info->name,
			secant_shape_text(&slot->type.shape, a, sizeof a), secant_shape_text(&info->type.shape, b, sizeof b));
	p->at[v].place = SECANT_PLACE_STATE;
	p->at[v].pointer = slot->data;
	p->at[v].index = (int)(slot - p->store->slot);
	return SECANT_OK;
}

static secant_value
root_of(const secant_plan *p, secant_value v)
{
	while (p->at[v].root != v)
		v = p->at[v].root;
	return v;
}

/* Memory of v ends up being that of `root`: their lives join. */
static void
share(secant_plan *p, secant_value v, secant_value root)
{
	secant_location *r = &p->at[root], *l = &p->at[v];
	l->root = root;
	l->place = r->place;
	l->index = r->index;
	l->pointer = r->pointer;
	if (l->last > r->last)
		r->last = l->last;
	if (l->first < r->first)
		r->first = l->first;
}

static secant_status
place_leaves(secant_plan *p, secant_err *err)
{
	int values = secant_graph_values(p->g);
	secant_status status = SECANT_OK;
	for (int v = 0; v < values && !status; v++) {
		const secant_value_info *info = secant_graph_value(p->g, v);
		if (info->kind == SECANT_VALUE_STATE)
			status = place_state(p, v, err);
		if (info->kind == SECANT_VALUE_CONST)
			status = place_constant(p, v, err);
		if (info->kind == SECANT_VALUE_INPUT && p->at[v].last >= 0) {
			p->at[v].place = SECANT_PLACE_INPUT;
			p->at[v].index = p->n_input;
			p->input[p->n_input++] = v;
		}
	}
	return status;
}

/* Outputs that a node makes may be written to the caller's memory straight away; the same value asked for twice,
 * inputs, states and views are copied at the end of a run. */
static void
place_outputs(secant_plan *p)
{
	for (int i = 0; i < p->n_output && p->options.external; i++) {
		const secant_value_info *info = secant_graph_value(p->g, p->output[i]);
		secant_location *l = &p->at[p->output[i]];
		if (info->kind != SECANT_VALUE_NODE || l->place != SECANT_PLACE_NONE)
			continue;
		const secant_node *n = secant_graph_get_node(p->g, info->node);
		if (is_view(n) || (n->op->alias[info->slot]))
			continue;
		l->place = SECANT_PLACE_OUTPUT;
		l->index = i;
	}
}

static secant_status
place_node(secant_plan *p, int i, secant_err *err)
{
	const secant_node *n = secant_graph_get_node(p->g, i);
	for (int k = 0; k < n->n_out; k++) {
		secant_value v = n->out[k];
		secant_location *l = &p->at[v];
		int alias = n->op->alias[k];
		secant_operand o = operand_of(p, v);
		l->bytes = secant_operand_bytes(&o);
		if (alias) {
			secant_value state = n->in[alias - 1];
			if (p->at[state].place != SECANT_PLACE_STATE)
				return secant_fail(
					err, SECANT_ERR_BUG, "%s updates input %d, which is no state", n->op->name, alias - 1);
			if (p->at[state].last > i && p->at[state].last < secant_graph_nodes(p->g))
				return secant_fail(err, SECANT_ERR_ARG, "'%s' is read after it was updated by %s",
					secant_graph_value(p->g, state)->name, n->op->name);
			share(p, v, state);
		} else if (is_view(n)) {
			share(p, v, root_of(p, n->in[0]));
		} else if (l->place == SECANT_PLACE_NONE && l->last >= 0) {
			l->place = SECANT_PLACE_SLAB;
		}
	}
	return SECANT_OK;
}

/* A result may take over the memory of an input that dies here. */
static void
place_in_place(secant_plan *p, int i)
{
	secant_step *s = &p->step[i];
	int from = s->impl->inplace - 1;
	if (from < 0 || from >= s->n_in || s->node->in[from] < 0 || s->in[from].dtype != s->out[0].dtype
		|| !secant_shape_equal(&s->in[from].shape, &s->out[0].shape))
		return;
	secant_value x = s->node->in[from], y = s->node->out[0];
	secant_value root = root_of(p, x);
	secant_location *r = &p->at[root];
	bool twice = false;
	for (int k = 0; k < s->n_in; k++)
		twice |= k != from && s->node->in[k] >= 0 && root_of(p, s->node->in[k]) == root;
	if (r->place == SECANT_PLACE_SLAB && r->last == i && p->at[y].place == SECANT_PLACE_SLAB && p->at[y].root == y
		&& !twice)
		share(p, y, root);
}

/* ---- implementations ---- */

static bool
has_empty_input(const secant_step *s)
{
	for (int k = 0; k < s->n_in; k++)
		if (s->in[k].shape.rank >= 0 && secant_shape_count(&s->in[k].shape) == 0)
			return true;
	return false;
}

static void
release(secant_step *s)
{
	if (s->impl && s->data && s->impl->release)
		s->impl->release(s);
	else
		secant_free(s->data);
	s->data = NULL;
}

static secant_status
try_impl(secant_step *s, const secant_impl *impl, secant_err *err)
{
	s->impl = impl;
	s->scratch = 0;
	s->data = NULL;
	s->detail[0] = 0;
	s->flops = 0;
	s->reorders = s->packs = 0;
	if (impl->supports && !impl->supports(s))
		return SECANT_ERR_UNSUPPORTED;
	secant_status status = impl->prepare ? impl->prepare(s, err) : SECANT_OK;
	if (status)
		release(s);
	return status;
}

static bool
makes_nothing(const secant_step *s)
{
	for (int k = 0; k < s->n_out; k++)
		if (secant_operand_bytes(&s->out[k]))
			return false;
	return true;
}

static secant_status
choose(secant_plan *p, secant_step *s, secant_err *err)
{
	if (makes_nothing(s)) /* no implementation needs to think of it */
		return try_impl(s, &secant_impl_reference, err);
	if (p->options.precision == SECANT_PRECISION_F64)
		return try_impl(s, &secant_impl_reference, err);
	if (s->node->op->low == SECANT_LOW_DRIVES && has_empty_input(s)) /* oneDNN must not see products of nothing */
		return try_impl(s, &secant_impl_reference, err);
	for (const secant_impl *const *table = secant_impl_tables(); *table; table++)
		for (const secant_impl *impl = *table; impl->op; impl++) {
			secant_err own = { 0 };
			if (strcmp(impl->op, s->node->op->name))
				continue;
			secant_status status = try_impl(s, impl, &own);
			if (status == SECANT_OK)
				return SECANT_OK;
			if (status != SECANT_ERR_UNSUPPORTED)
				return secant_fail(err, status, "%s", own.msg);
		}
	if (p->options.allow_reference)
		return try_impl(s, &secant_impl_reference, err);
	char text[96];
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"%s%s%s%s on %s of %s has only its scalar reference; --allow-reference runs it, slowly", s->node->op->name,
		s->node->name ? " '" : "", s->node->name ? s->node->name : "", s->node->name ? "'" : "",
		s->n_in ? secant_shape_text(&s->in[0].shape, text, sizeof text) : "nothing",
		secant_dtype_name(s->n_in ? s->in[0].dtype : s->out[0].dtype));
}

static secant_status
make_step(secant_plan *p, int i, secant_err *err)
{
	const secant_node *n = secant_graph_get_node(p->g, i);
	secant_step *s = &p->step[i];
	*s = (secant_step){
		.node = n,
		.n_in = n->n_in,
		.n_out = n->n_out,
		.threads = p->options.threads,
		.training = p->options.training,
		.exact = p->options.exact,
		.in = secant_arena_alloc(p->arena, (size_t)(n->n_in + 1) * sizeof *s->in),
		.out = secant_arena_alloc(p->arena, (size_t)(n->n_out + 1) * sizeof *s->out),
	};
	if (!s->in || !s->out)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan");
	for (int k = 0; k < n->n_in; k++)
		s->in[k] = operand_of(p, n->in[k]);
	for (int k = 0; k < n->n_out; k++)
		s->out[k] = operand_of(p, n->out[k]), s->out[k].used |= n->op->alias[k] != 0;
	p->n_step = i + 1;
	return is_view(n) ? SECANT_OK : choose(p, s, err);
}

enum { PACKED_INPUTS = 8 }; /* inputs that a step may pack */

/* Does step i pack state v for itself, and no step but i read it? */
static bool
only_packed(const secant_plan *p, int i, secant_value v)
{
	const secant_location *l = &p->at[v];
	const secant_step *s = &p->step[i];
	if (!s->packs || s->node->in[s->packs - 1] != v || l->place != SECANT_PLACE_STATE || l->last > i)
		return false;
	return p->at[v].reads == 1;
}

static size_t
state_bytes(const secant_plan *p, secant_value v)
{
	return (size_t)secant_shape_count(&secant_graph_value(p->g, v)->type.shape) * secant_dtype_size(stored_as(p, v));
}

/* What a step reads of its states while they are packed; `made` says which stand in the store, `room` takes one that is
 * only packed. */
static void
fill_states(const secant_plan *p, int i, bool *made, void *room, const void **in)
{
	const secant_step *s = &p->step[i];
	for (int k = 0; k < s->n_in; k++) {
		secant_value v = s->node->in[k];
		const secant_location *l = v < 0 ? NULL : &p->at[v];
		bool passes = l && l->place == SECANT_PLACE_STATE && p->options.fill && only_packed(p, i, v);
		if (l && l->place == SECANT_PLACE_STATE && p->options.fill && !made[v]) {
			p->options.fill(p->options.filler, l->index, passes ? room : l->pointer);
			made[v] = !passes;
		}
		if (k < PACKED_INPUTS)
			in[k] = !l || (l->place != SECANT_PLACE_STATE && l->place != SECANT_PLACE_CONST) ? NULL
				: passes                                                                     ? room
																							 : l->pointer;
	}
}

/* Copies weights into the layouts that the steps want, once: in training no step has such copies. */
static secant_status
pack_states(secant_plan *p, secant_err *err)
{
	const void *in[PACKED_INPUTS];
	size_t most = 0;
	secant_status status = SECANT_OK;
	for (int i = 0; i < p->n_step && p->options.fill; i++)
		if (p->step[i].packs && only_packed(p, i, p->step[i].node->in[p->step[i].packs - 1])) {
			size_t bytes = state_bytes(p, p->step[i].node->in[p->step[i].packs - 1]);
			most = bytes > most ? bytes : most;
		}
	void *room = most ? secant_alloc_raw(most) : NULL;
	bool *made = secant_calloc((size_t)secant_graph_values(p->g) + 1, sizeof *made);
	if ((most && !room) || !made)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for weights");
	for (int i = 0; i < p->n_step && !status; i++) {
		secant_step *s = &p->step[i];
		fill_states(p, i, made, room, in);
		if (s->impl && s->impl->pack)
			status = s->impl->pack(s, in, err);
	}
	for (int i = 0; i < p->n_output && !status && p->options.fill; i++) {
		const secant_location *l = &p->at[p->output[i]];
		if (l->place == SECANT_PLACE_STATE && !made[p->output[i]])
			p->options.fill(p->options.filler, l->index, l->pointer);
	}
	secant_free(room);
	secant_free(made);
	return status;
}

static secant_status
build(secant_plan *p, secant_err *err)
{
	int values = secant_graph_values(p->g), nodes = secant_graph_nodes(p->g);
	p->at = secant_arena_alloc(p->arena, ((size_t)values + 1) * sizeof *p->at);
	p->step = secant_arena_alloc(p->arena, ((size_t)nodes + 1) * sizeof *p->step);
	p->input = secant_arena_alloc(p->arena, ((size_t)values + 1) * sizeof *p->input);
	p->scratch_at = secant_arena_alloc(p->arena, ((size_t)nodes + 1) * sizeof *p->scratch_at);
	if (!p->at || !p->step || !p->input || !p->scratch_at)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan");
	find_lives(p);
	secant_status status = place_leaves(p, err);
	if (!status)
		place_outputs(p);
	for (int i = 0; i < nodes && !status; i++)
		status = make_step(p, i, err);
	for (int i = 0; i < nodes && !status; i++)
		status = place_node(p, i, err);
	if (status)
		return status;
	for (int i = 0; i < nodes; i++)
		if (p->step[i].impl)
			place_in_place(p, i);
	for (int v = 0; v < values; v++) /* views of what was shared in place after them */
		p->at[v].root = root_of(p, v);
	status = secant_plan_lay_out(p, err);
	return status ? status : pack_states(p, err);
}

int
secant_use_threads(int n)
{
#ifdef _OPENMP
	n = n < 1 ? secant_cpu_count() : n;
	omp_set_num_threads(n);
	return n;
#else
	(void)n;
	return 1;
#endif
}

/* What the outputs need, and of a training no more kept than is wanted; f64 plans stay the plain graph. */
static secant_graph *
simplify(secant_plan *p, const secant_graph *g, secant_err *err)
{
	const secant_plan_options *o = &p->options;
	secant_recompute what = o->recompute        ? o->recompute
		: o->precision == SECANT_PRECISION_BF16 ? SECANT_RECOMPUTE_NORMS
												: SECANT_RECOMPUTE_ALL;
	if (!o->training || o->precision == SECANT_PRECISION_F64 || what == SECANT_RECOMPUTE_NONE)
		return secant_pass_prune(g, p->output, p->n_output, err);
	secant_graph *spared = secant_pass_recompute(g, what == SECANT_RECOMPUTE_NORMS, p->output, p->n_output, err);
	secant_graph *pruned = spared ? secant_pass_prune(spared, p->output, p->n_output, err) : NULL;
	secant_graph_free(spared);
	return pruned;
}

secant_plan *
secant_plan_new(const secant_graph *g, secant_store *store, const secant_value *outputs, int n,
	const secant_plan_options *options, secant_err *err)
{
	if (secant_graph_check(g, err))
		return NULL;
	if ((options->precision == SECANT_PRECISION_F64) != store->f64) {
		secant_fail(err, SECANT_ERR_ARG, "an f64 plan wants a double store, all others a float store");
		return NULL;
	}
	secant_plan *p = secant_calloc(1, sizeof *p);
	if (!p || !(p->arena = secant_arena_new())
		|| !(p->output = secant_arena_alloc(p->arena, ((size_t)n + 1) * sizeof *p->output))) {
		secant_plan_free(p);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan");
		return NULL;
	}
	if (n)
		memcpy(p->output, outputs, (size_t)n * sizeof *outputs);
	p->n_output = n;
	p->options = *options;
	p->options.canaries |= secant_canaries_wanted();
	p->store = store;
	p->options.threads = secant_use_threads(options->threads);
	for (int i = 0; i < n; i++)
		if (outputs[i] < 0) {
			secant_plan_free(p);
			secant_fail(err, SECANT_ERR_ARG, "output %d of the plan is no value", i);
			return NULL;
		}
	p->lowered = simplify(p, g, err);
	if (p->lowered && options->precision == SECANT_PRECISION_BF16) {
		secant_graph *pruned = p->lowered;
		p->lowered = secant_pass_lower(pruned, p->output, n, err);
		secant_graph_free(pruned);
	}
	p->g = p->lowered;
	if (!p->g || build(p, err)) {
		secant_plan_free(p);
		return NULL;
	}
	return p;
}

void
secant_plan_free(secant_plan *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_step; i++)
		release(&p->step[i]);
	secant_graph_free(p->lowered);
	secant_arena_free(p->arena);
	secant_free(p);
}

const char *
secant_plan_largest(const secant_plan *p, char *text, size_t n)
{
	const secant_step *worst = NULL;
	size_t most = 0;
	int slot = 0;
	char shape[96];
	for (int i = 0; i < p->n_step; i++)
		for (int k = 0; k < p->step[i].n_out; k++)
			if (secant_operand_bytes(&p->step[i].out[k]) > most) {
				worst = &p->step[i];
				slot = k;
				most = secant_operand_bytes(&worst->out[k]);
			}
	if (worst)
		(void)snprintf(text, n, "the network (its largest result: %s of %s)", worst->node->op->name,
			secant_shape_text(&worst->out[slot].shape, shape, sizeof shape));
	return worst ? text : "the network";
}

size_t
secant_plan_slab_bytes(const secant_plan *p)
{
	return p->slab;
}
size_t
secant_plan_sum_bytes(const secant_plan *p)
{
	return p->sum;
}
int
secant_plan_inputs(const secant_plan *p)
{
	return p->n_input;
}

const char *
secant_plan_input_name(const secant_plan *p, int i)
{
	return i >= 0 && i < p->n_input ? secant_graph_value(p->g, p->input[i])->name : NULL;
}
