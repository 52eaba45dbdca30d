/*
 * From graph to plan: lower to the precision, choose implementations, give every value a place. See exec.h.
 */
#include "base/memory.h"
#include "exec/canaries.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "base/thread.h"
#include <secant/info.h>
#include <stdio.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define IMPLS(name) extern const exec_impl exec_impls_##name[];
#include "exec/impls.inc"
#undef IMPLS

const exec_impl *const *
exec_impl_tables(void)
{
	static const exec_impl *const tables[] = {
#define IMPLS(name) exec_impls_##name,
#include "exec/impls.inc"
#undef IMPLS
		NULL,
	};
	return tables;
}

size_t
exec_operand_bytes(const exec_operand *o)
{
	return o->shape.rank < 0 ? 0 : (size_t)secant_shape_count(&o->shape) * secant_dtype_size(o->dtype);
}

static secant_dtype
stored_as(const exec_plan *p, graph_value v)
{
	return p->options.precision == EXEC_PRECISION_F64 ? SECANT_F64 : graph_value_at(p->g, v)->type.dtype;
}

static exec_operand
operand_of(const exec_plan *p, graph_value v)
{
	if (v < 0)
		return (exec_operand){ SECANT_F32, { .rank = -1 }, false, false };
	const graph_value_info *info = graph_value_at(p->g, v);
	return (exec_operand){ stored_as(p, v), info->type.shape, info->kind == GRAPH_VALUE_STATE, p->at[v].last >= 0 };
}

/* ---- lives and places ---- */

static bool
is_view(const graph_node *n)
{
	return n->op->view;
}

/* Who reads each value last; outputs live to the end. Views are followed to the value whose memory they share. */
static void
find_lives(exec_plan *p)
{
	for (int v = 0; v < graph_values(p->g); v++)
		p->at[v] = (exec_location){ .root = v, .first = -1, .last = -1 };
	for (int i = 0; i < graph_nodes(p->g); i++) {
		const graph_node *n = graph_get_node(p->g, i);
		for (int k = 0; k < n->n_in; k++)
			if (n->in[k] >= 0) {
				p->at[n->in[k]].last = i;
				p->at[n->in[k]].reads++;
			}
		for (int k = 0; k < n->n_out; k++)
			p->at[n->out[k]].first = i;
	}
	for (int i = 0; i < p->n_output; i++)
		p->at[p->output[i]].last = graph_nodes(p->g);
}

static secant_status
place_constant(exec_plan *p, graph_value v, secant_err *err)
{
	const graph_value_info *info = graph_value_at(p->g, v);
	secant_tensor from = { SECANT_F64, info->type.shape, (void *)(uintptr_t)info->numbers, NULL };
	secant_tensor to = { stored_as(p, v), info->type.shape, NULL, NULL };
	to.data = p->at[v].pointer = base_arena_alloc(p->arena, secant_tensor_bytes(&to) + 64);
	if (!to.data)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for constants");
	for (int64_t i = 0, n = secant_shape_count(&info->type.shape); i < n; i++)
		secant_tensor_set(&to, i, secant_tensor_get(&from, i));
	p->at[v].place = EXEC_PLACE_CONST;
	return SECANT_OK;
}

static secant_status
place_state(exec_plan *p, graph_value v, secant_err *err)
{
	const graph_value_info *info = graph_value_at(p->g, v);
	const exec_slot *slot = exec_store_find(p->store, info->name);
	char a[96], b[96];
	if (!slot)
		return secant_fail(err, SECANT_ERR_ARG, "the model has no '%s'", info->name);
	if (!secant_shape_equal(&slot->type.shape, &info->type.shape))
		return secant_fail(err, SECANT_ERR_SHAPE, "'%s' is %s, the network wants %s", info->name,
			secant_shape_text(&slot->type.shape, a, sizeof a), secant_shape_text(&info->type.shape, b, sizeof b));
	p->at[v].place = EXEC_PLACE_STATE;
	p->at[v].pointer = slot->data;
	p->at[v].index = (int)(slot - p->store->slot);
	return SECANT_OK;
}

static graph_value
root_of(const exec_plan *p, graph_value v)
{
	while (p->at[v].root != v)
		v = p->at[v].root;
	return v;
}

/* Memory of v ends up being that of `root`: their lives join. */
static void
share(exec_plan *p, graph_value v, graph_value root)
{
	exec_location *r = &p->at[root], *l = &p->at[v];
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
place_leaves(exec_plan *p, secant_err *err)
{
	int values = graph_values(p->g);
	secant_status status = SECANT_OK;
	for (int v = 0; v < values && !status; v++) {
		const graph_value_info *info = graph_value_at(p->g, v);
		if (info->kind == GRAPH_VALUE_STATE)
			status = place_state(p, v, err);
		if (info->kind == GRAPH_VALUE_CONST)
			status = place_constant(p, v, err);
		if (info->kind == GRAPH_VALUE_INPUT && p->at[v].last >= 0) {
			p->at[v].place = EXEC_PLACE_INPUT;
			p->at[v].index = p->n_input;
			p->input[p->n_input++] = v;
		}
	}
	return status;
}

/* Outputs that a node makes may be written to the caller's memory straight away; the same value asked for twice,
 * inputs, states and views are copied at the end of a run. */
static void
place_outputs(exec_plan *p)
{
	for (int i = 0; i < p->n_output && p->options.external; i++) {
		const graph_value_info *info = graph_value_at(p->g, p->output[i]);
		exec_location *l = &p->at[p->output[i]];
		if (info->kind != GRAPH_VALUE_NODE || l->place != EXEC_PLACE_NONE)
			continue;
		const graph_node *n = graph_get_node(p->g, info->node);
		if (is_view(n) || (n->op->alias[info->slot]))
			continue;
		l->place = EXEC_PLACE_OUTPUT;
		l->index = i;
	}
}

static secant_status
place_node(exec_plan *p, int i, secant_err *err)
{
	const graph_node *n = graph_get_node(p->g, i);
	for (int k = 0; k < n->n_out; k++) {
		graph_value v = n->out[k];
		exec_location *l = &p->at[v];
		int alias = n->op->alias[k];
		exec_operand o = operand_of(p, v);
		l->bytes = exec_operand_bytes(&o);
		if (alias) {
			graph_value state = n->in[alias - 1];
			if (p->at[state].place != EXEC_PLACE_STATE)
				return secant_fail(
					err, SECANT_ERR_BUG, "%s updates input %d, which is no state", n->op->name, alias - 1);
			if (p->at[state].last > i && p->at[state].last < graph_nodes(p->g))
				return secant_fail(err, SECANT_ERR_ARG, "'%s' is read after it was updated by %s",
					graph_value_at(p->g, state)->name, n->op->name);
			share(p, v, state);
		} else if (is_view(n)) {
			share(p, v, root_of(p, n->in[0]));
		} else if (l->place == EXEC_PLACE_NONE && l->last >= 0) {
			l->place = EXEC_PLACE_SLAB;
		}
	}
	return SECANT_OK;
}

/* A result may take over the memory of an input that dies here. */
static void
place_in_place(exec_plan *p, int i)
{
	exec_step *s = &p->step[i];
	int from = s->impl->inplace - 1;
	if (from < 0 || from >= s->n_in || s->node->in[from] < 0 || s->in[from].dtype != s->out[0].dtype
		|| !secant_shape_equal(&s->in[from].shape, &s->out[0].shape))
		return;
	graph_value x = s->node->in[from], y = s->node->out[0];
	graph_value root = root_of(p, x);
	exec_location *r = &p->at[root];
	bool twice = false;
	for (int k = 0; k < s->n_in; k++)
		twice |= k != from && s->node->in[k] >= 0 && root_of(p, s->node->in[k]) == root;
	if (r->place == EXEC_PLACE_SLAB && r->last == i && p->at[y].place == EXEC_PLACE_SLAB && p->at[y].root == y
		&& !twice)
		share(p, y, root);
}

/* ---- implementations ---- */

static bool
has_empty_input(const exec_step *s)
{
	for (int k = 0; k < s->n_in; k++)
		if (s->in[k].shape.rank >= 0 && secant_shape_count(&s->in[k].shape) == 0)
			return true;
	return false;
}

static void
release(exec_step *s)
{
	if (s->impl && s->data && s->impl->release)
		s->impl->release(s);
	else
		secant_free(s->data);
	s->data = NULL;
}

static secant_status
try_impl(exec_step *s, const exec_impl *impl, secant_err *err)
{
	s->impl = impl;
	s->scratch = 0;
	s->data = NULL;
	s->detail[0] = 0;
	s->flops = 0;
	s->reorders = s->packs = 0;
	s->packed = NULL;
	s->packed_bytes = 0;
	s->layout = 0;
	s->lent = false;
	if (impl->supports && !impl->supports(s))
		return SECANT_ERR_UNSUPPORTED;
	secant_status status = impl->prepare ? impl->prepare(s, err) : SECANT_OK;
	if (status)
		release(s);
	return status;
}

static bool
makes_nothing(const exec_step *s)
{
	for (int k = 0; k < s->n_out; k++)
		if (exec_operand_bytes(&s->out[k]))
			return false;
	return true;
}

static secant_status
choose(exec_plan *p, exec_step *s, secant_err *err)
{
	if (makes_nothing(s)) /* no implementation needs to think of it */
		return try_impl(s, &exec_impl_reference, err);
	if (p->options.precision == EXEC_PRECISION_F64)
		return try_impl(s, &exec_impl_reference, err);
	if (s->node->op->low == GRAPH_LOW_DRIVES && has_empty_input(s)) /* oneDNN must not see products of nothing */
		return try_impl(s, &exec_impl_reference, err);
	for (const exec_impl *const *table = exec_impl_tables(); *table; table++)
		for (const exec_impl *impl = *table; impl->op; impl++) {
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
		return try_impl(s, &exec_impl_reference, err);
	char text[96];
	return secant_fail(err, SECANT_ERR_UNSUPPORTED,
		"%s%s%s%s on %s of %s has only its scalar reference; --allow-reference runs it, slowly", s->node->op->name,
		s->node->name ? " '" : "", s->node->name ? s->node->name : "", s->node->name ? "'" : "",
		s->n_in ? secant_shape_text(&s->in[0].shape, text, sizeof text) : "nothing",
		secant_dtype_name(s->n_in ? s->in[0].dtype : s->out[0].dtype));
}

static secant_status
make_step(exec_plan *p, int i, secant_err *err)
{
	const graph_node *n = graph_get_node(p->g, i);
	exec_step *s = &p->step[i];
	*s = (exec_step){
		.node = n,
		.n_in = n->n_in,
		.n_out = n->n_out,
		.threads = p->options.threads,
		.training = p->options.training,
		.exact = p->options.exact,
		.in = base_arena_alloc(p->arena, (size_t)(n->n_in + 1) * sizeof *s->in),
		.out = base_arena_alloc(p->arena, (size_t)(n->n_out + 1) * sizeof *s->out),
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
only_packed(const exec_plan *p, int i, graph_value v)
{
	const exec_location *l = &p->at[v];
	const exec_step *s = &p->step[i];
	if (!s->packs || s->node->in[s->packs - 1] != v || l->place != EXEC_PLACE_STATE || l->last > i)
		return false;
	return p->at[v].reads == 1;
}

static size_t
state_bytes(const exec_plan *p, graph_value v)
{
	return (size_t)secant_shape_count(&graph_value_at(p->g, v)->type.shape) * secant_dtype_size(stored_as(p, v));
}

/* What a step reads of its states while they are packed; `made` says which stand in the store, `room` takes one that is
 * only packed. */
static void
fill_states(const exec_plan *p, int i, bool *made, void *room, const void **in)
{
	const exec_step *s = &p->step[i];
	for (int k = 0; k < s->n_in; k++) {
		graph_value v = s->node->in[k];
		const exec_location *l = v < 0 ? NULL : &p->at[v];
		bool passes = l && l->place == EXEC_PLACE_STATE && p->options.fill && only_packed(p, i, v);
		if (s->lent && passes) { /* nobody reads it */
			if (k < PACKED_INPUTS)
				in[k] = NULL;
			continue;
		}
		if (l && l->place == EXEC_PLACE_STATE && p->options.fill && !made[v]) {
			p->options.fill(p->options.filler, l->index, passes ? room : l->pointer);
			made[v] = !passes;
		}
		if (k < PACKED_INPUTS)
			in[k] = !l || (l->place != EXEC_PLACE_STATE && l->place != EXEC_PLACE_CONST) ? NULL
				: passes                                                                 ? room
																						 : l->pointer;
	}
}

/* ---- packed copies of others ---- */

static bool
packed_key(const exec_plan *p, const exec_step *s, char key[EXEC_PACKED_KEY])
{
	const char *state = s->packs ? graph_value_at(p->g, s->node->in[s->packs - 1])->name : NULL;
	char text[512];
	size_t n = 0;
	if (!s->impl || !s->packed || !s->layout || !state || strlen(state) > EXEC_PACKED_KEY - 32)
		return false;
	n += (size_t)snprintf(text, sizeof text, "%s %s %s %d %s %s %llx", s->node->op->name, s->impl->name, s->detail,
		s->threads, base_isa_name(base_cpu_isa()), secant_backend(), (unsigned long long)s->layout);
	for (int i = 0; i < s->n_in + s->n_out && n < sizeof text; i++) {
		const exec_operand *o = i < s->n_in ? &s->in[i] : &s->out[i - s->n_in];
		char shape[96];
		n += (size_t)snprintf(text + n, sizeof text - n, " %d:%s", o->dtype,
			o->shape.rank < 0 ? "-" : secant_shape_text(&o->shape, shape, sizeof shape));
	}
	if (n >= sizeof text)
		return false;
	(void)snprintf(key, EXEC_PACKED_KEY, "packed:%s:%016llx", state, (unsigned long long)base_fnv1a(text, n));
	return true;
}

static void
borrow_packed(const exec_plan *p, exec_step *s)
{
	char key[EXEC_PACKED_KEY];
	const void *copy = p->options.lend && packed_key(p, s, key)
		? p->options.lend(p->options.lender, key, s->packed_bytes)
		: NULL;
	if (!copy)
		return;
	*s->packed = (void *)(uintptr_t)copy;
	s->lent = true;
}

bool
exec_plan_packed(const exec_plan *p, int i, char key[EXEC_PACKED_KEY], const void **data, size_t *bytes)
{
	const exec_step *s = &p->step[i];
	if (!packed_key(p, s, key) || !*s->packed)
		return false;
	*data = *s->packed;
	*bytes = s->packed_bytes;
	return true;
}

int
exec_plan_steps(const exec_plan *p)
{
	return p->n_step;
}

int
exec_plan_lent(const exec_plan *p)
{
	int n = 0;
	for (int i = 0; i < p->n_step; i++)
		n += p->step[i].lent;
	return n;
}

/* Copies weights into the layouts that the steps want, once: in training no step has such copies. */
static secant_status
pack_states(exec_plan *p, secant_err *err)
{
	const void *in[PACKED_INPUTS];
	size_t most = 0;
	secant_status status = SECANT_OK;
	for (int i = 0; i < p->n_step && p->options.fill; i++)
		if (p->step[i].packs && only_packed(p, i, p->step[i].node->in[p->step[i].packs - 1])) {
			size_t bytes = state_bytes(p, p->step[i].node->in[p->step[i].packs - 1]);
			most = bytes > most ? bytes : most;
		}
	void *room = most ? base_alloc_raw(most) : NULL;
	bool *made = secant_calloc((size_t)graph_values(p->g) + 1, sizeof *made);
	if ((most && !room) || !made)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for weights");
	for (int i = 0; i < p->n_step && !status; i++) {
		exec_step *s = &p->step[i];
		borrow_packed(p, s);
		fill_states(p, i, made, room, in);
		if (s->impl && s->impl->pack && !s->lent)
			status = s->impl->pack(s, in, err);
	}
	for (int i = 0; i < p->n_output && !status && p->options.fill; i++) {
		const exec_location *l = &p->at[p->output[i]];
		if (l->place == EXEC_PLACE_STATE && !made[p->output[i]])
			p->options.fill(p->options.filler, l->index, l->pointer);
	}
	secant_free(room);
	secant_free(made);
	return status;
}

static secant_status
build(exec_plan *p, secant_err *err)
{
	int values = graph_values(p->g), nodes = graph_nodes(p->g);
	p->at = base_arena_alloc(p->arena, ((size_t)values + 1) * sizeof *p->at);
	p->step = base_arena_alloc(p->arena, ((size_t)nodes + 1) * sizeof *p->step);
	p->input = base_arena_alloc(p->arena, ((size_t)values + 1) * sizeof *p->input);
	p->scratch_at = base_arena_alloc(p->arena, ((size_t)nodes + 1) * sizeof *p->scratch_at);
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
	for (int v = 0; v < values; v++)
		p->states += graph_value_at(p->g, v)->kind == GRAPH_VALUE_STATE ? state_bytes(p, v) : 0;
	status = exec_plan_lay_out(p, err);
	if (!status && p->options.fill) /* the copies of the weights are made next, the slab by each context */
		status = exec_plan_weigh(p, 0, err);
	return status ? status : pack_states(p, err);
}

int
exec_use_threads(int n)
{
#ifdef _OPENMP
	n = n < 1 ? base_cpu_count() : n;
	omp_set_num_threads(n);
	return n;
#else
	(void)n;
	return 1;
#endif
}

/* What the outputs need, and of a training no more kept than is wanted; f64 plans stay the plain graph. */
static graph_net *
simplify(exec_plan *p, const graph_net *g, secant_err *err)
{
	const exec_plan_options *o = &p->options;
	exec_recompute what = o->recompute        ? o->recompute
		: o->precision == EXEC_PRECISION_BF16 ? EXEC_RECOMPUTE_NORMS
											  : EXEC_RECOMPUTE_ALL;
	if (!o->training || o->precision == EXEC_PRECISION_F64 || what == EXEC_RECOMPUTE_NONE)
		return graph_pass_prune(g, p->output, p->n_output, err);
	graph_net *spared = graph_pass_recompute(g, what == EXEC_RECOMPUTE_NORMS, p->output, p->n_output, err);
	graph_net *pruned = spared ? graph_pass_prune(spared, p->output, p->n_output, err) : NULL;
	graph_free(spared);
	return pruned;
}

exec_plan *
exec_plan_new(const graph_net *g, exec_store *store, const graph_value *outputs, int n,
	const exec_plan_options *options, secant_err *err)
{
	if (graph_check(g, err))
		return NULL;
	if ((options->precision == EXEC_PRECISION_F64) != store->f64) {
		secant_fail(err, SECANT_ERR_ARG, "an f64 plan wants a double store, all others a float store");
		return NULL;
	}
	exec_plan *p = secant_calloc(1, sizeof *p);
	if (!p || !(p->arena = base_arena_new())
		|| !(p->output = base_arena_alloc(p->arena, ((size_t)n + 1) * sizeof *p->output))) {
		exec_plan_free(p);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan");
		return NULL;
	}
	if (n)
		memcpy(p->output, outputs, (size_t)n * sizeof *outputs);
	p->n_output = n;
	p->options = *options;
	p->options.canaries |= exec_canaries_wanted();
	p->store = store;
	p->options.threads = exec_use_threads(options->threads);
	for (int i = 0; i < n; i++)
		if (outputs[i] < 0) {
			exec_plan_free(p);
			secant_fail(err, SECANT_ERR_ARG, "output %d of the plan is no value", i);
			return NULL;
		}
	p->lowered = simplify(p, g, err);
	if (p->lowered && options->precision == EXEC_PRECISION_BF16) {
		graph_net *pruned = p->lowered;
		p->lowered = graph_pass_lower(pruned, p->output, n, err);
		graph_free(pruned);
	}
	p->g = p->lowered;
	if (!p->g || build(p, err)) {
		exec_plan_free(p);
		return NULL;
	}
	return p;
}

void
exec_plan_free(exec_plan *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_step; i++)
		release(&p->step[i]);
	graph_free(p->lowered);
	base_arena_free(p->arena);
	secant_free(p);
}

/* What takes most, for messages: "the network (its largest result: broadcast_to of 3x4)". In the text. */
static const char *
largest(const exec_plan *p, size_t weights, char *text, size_t n)
{
	const exec_step *worst = NULL;
	size_t most = 0;
	int slot = 0;
	char shape[96];
	for (int i = 0; i < p->n_step; i++)
		for (int k = 0; k < p->step[i].n_out; k++)
			if (exec_operand_bytes(&p->step[i].out[k]) > most) {
				worst = &p->step[i];
				slot = k;
				most = exec_operand_bytes(&worst->out[k]);
			}
	if (weights > most)
		(void)snprintf(text, n, "the network (%.1f GiB of it weights)", (double)weights / 1073741824);
	else if (worst)
		(void)snprintf(text, n, "the network (its largest result: %s of %s)", worst->node->op->name,
			secant_shape_text(&worst->out[slot].shape, shape, sizeof shape));
	return worst || weights > most ? text : "the network";
}

secant_status
exec_plan_weigh(const exec_plan *p, size_t more, secant_err *err)
{
	enum { TRAINED = 3 }; /* a weight, its gradient, and one number of an optimiser at the least */
	char text[200];
	bool training = p->options.training;
	size_t weights = p->states * (training ? TRAINED : 1);
	return base_memory_weigh(
		weights + more, training ? BASE_MEMORY_TRAIN : BASE_MEMORY_RUN, largest(p, weights, text, sizeof text), err);
}

size_t
exec_plan_slab_bytes(const exec_plan *p)
{
	return p->slab;
}
size_t
exec_plan_sum_bytes(const exec_plan *p)
{
	return p->sum;
}
int
exec_plan_inputs(const exec_plan *p)
{
	return p->n_input;
}

const char *
exec_plan_input_name(const exec_plan *p, int i)
{
	return i >= 0 && i < p->n_input ? graph_value_at(p->g, p->input[i])->name : NULL;
}
