/*
 * A network at any input shape. See runner.h.
 *
 * Two locks: `build` lets one thread at a time make a plan (the store is filled and emptied for it), `list` guards the
 * list of plans for the moment that looking takes, so that threads whose shapes are known do not wait for one whose
 * shape is new.
 */
#include "exec/runner.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "exec/fold.h"
#include "exec/plan.h"
#include "ops/ops.h"

typedef struct entry {
	exec_runner_plan made; /* first: what sessions hold */
	struct entry *next;
	base_arena *arena;
	secant_shape *input, *output_shape;
	secant_dtype *output_dtype;
	int *output, n_output;
	graph_net *graph;
	exec_folded folded; /* no store: the runner's own is used */
	int users; /* contexts of sessions */
	atomic_bool stale;
	uint64_t used;
} entry;

struct exec_runner {
	exec_store *store;
	exec_graph_maker make;
	void *user;
	exec_plan_options options;
	secant_status (*restore)(void *user, secant_err *err);
	void (*release)(void *user);
	base_arena *arena;
	secant_port *input, *output;
	int inputs, outputs;
	pthread_mutex_t build, list;
	entry *entries;
	uint64_t clock;
};

/* ---- the runner ---- */

static bool
add_port(exec_runner *r, secant_port *to, const char *name, const graph_net *g, graph_value v)
{
	const graph_type *type = &graph_value_at(g, v)->type;
	*to = (secant_port){ base_arena_strdup(r->arena, name), type->dtype, type->shape };
	return to->name != NULL;
}

static secant_status
read_ports(exec_runner *r, const graph_net *g, secant_err *err)
{
	int values = graph_values(g), outputs = graph_outputs(g);
	bool ok = (r->input = base_arena_alloc(r->arena, ((size_t)values + 1) * sizeof *r->input))
		&& (r->output = base_arena_alloc(r->arena, ((size_t)outputs + 1) * sizeof *r->output));
	for (int v = 0; v < values && ok; v++)
		if (graph_value_at(g, v)->kind == GRAPH_VALUE_INPUT)
			ok = add_port(r, &r->input[r->inputs++], graph_value_at(g, v)->name, g, v);
	for (int i = 0; i < outputs && ok; i++) {
		const char *name;
		graph_value v = graph_output_at(g, i, &name);
		ok = add_port(r, &r->output[r->outputs++], name, g, v);
	}
	return ok ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a runner");
}

exec_runner *
exec_runner_new(exec_store *store, const graph_net *nominal, exec_graph_maker make, void *user,
	const exec_plan_options *options, secant_err *err)
{
	exec_runner *r = secant_calloc(1, sizeof *r);
	if (!r || !(r->arena = base_arena_new())) {
		secant_free(r);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a runner");
		return NULL;
	}
	r->store = store;
	r->make = make;
	r->user = user;
	r->options = *options;
	(void)pthread_mutex_init(&r->build, NULL);
	(void)pthread_mutex_init(&r->list, NULL);
	if (!read_ports(r, nominal, err))
		return r;
	exec_runner_free(r);
	return NULL;
}

void
exec_runner_spare(exec_runner *r, secant_status (*restore)(void *user, secant_err *err), void (*release)(void *user))
{
	r->restore = restore;
	r->release = release;
}

void
exec_runner_be_exact(exec_runner *r)
{
	r->options.exact = true;
}

int
exec_runner_inputs(const exec_runner *r)
{
	return r->inputs;
}
const secant_port *
exec_runner_input(const exec_runner *r, int i)
{
	return &r->input[i];
}
int
exec_runner_outputs(const exec_runner *r)
{
	return r->outputs;
}
const secant_port *
exec_runner_output(const exec_runner *r, int i)
{
	return &r->output[i];
}

int
exec_runner_find_output(const exec_runner *r, const char *name)
{
	for (int i = 0; i < r->outputs; i++)
		if (!strcmp(r->output[i].name, name))
			return i;
	return -1;
}

secant_dtype
exec_runner_reals(const exec_runner *r)
{
	return r->options.precision == EXEC_PRECISION_F64 ? SECANT_F64 : SECANT_F32;
}

/* ---- plans ---- */

static void
entry_free(entry *e)
{
	if (!e)
		return;
	exec_plan_free(e->made.plan);
	exec_folded_free(&e->folded);
	graph_free(e->graph);
	base_arena_free(e->arena);
	secant_free(e);
}

static entry *
entry_new(const exec_runner *r, const secant_shape *inputs, const int *outputs, int n)
{
	entry *e = secant_calloc(1, sizeof *e);
	if (!e || !(e->arena = base_arena_new())
		|| !(e->input = base_arena_alloc(e->arena, ((size_t)r->inputs + 1) * sizeof *e->input))
		|| !(e->output = base_arena_alloc(e->arena, ((size_t)n + 1) * sizeof *e->output))
		|| !(e->output_shape = base_arena_alloc(e->arena, ((size_t)n + 1) * sizeof *e->output_shape))
		|| !(e->output_dtype = base_arena_alloc(e->arena, ((size_t)n + 1) * sizeof *e->output_dtype))) {
		entry_free(e);
		return NULL;
	}
	memcpy(e->input, inputs, (size_t)r->inputs * sizeof *inputs);
	memcpy(e->output, outputs, (size_t)n * sizeof *outputs);
	e->n_output = n;
	e->made.output_shape = e->output_shape;
	e->made.output_dtype = e->output_dtype;
	return e;
}

/* Replaces e->graph by what a pass made of it. */
static bool
replace(entry *e, graph_net *by)
{
	graph_free(e->graph);
	e->graph = by;
	return by != NULL;
}

/* The wanted outputs as values of e->graph. */
static secant_status
find_outputs(const exec_runner *r, entry *e, graph_value *keep, secant_err *err)
{
	for (int i = 0; i < e->n_output; i++) {
		const char *name = r->output[e->output[i]].name;
		if ((keep[i] = graph_find_output(e->graph, name)) < 0)
			return secant_fail(err, SECANT_ERR_BUG, "the network has no output '%s' at this size", name);
	}
	return SECANT_OK;
}

static secant_status
plan_entry(const exec_runner *r, entry *e, secant_err *err)
{
	exec_plan_options o = r->options;
	graph_value *keep = base_arena_alloc(e->arena, ((size_t)e->n_output + 1) * sizeof *keep);
	if (!keep)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan");
	secant_status status = find_outputs(r, e, keep, err);
	if (status)
		return status;
	(void)exec_use_threads(o.threads);
	if (o.precision != EXEC_PRECISION_F64 /* f64 stays the plain graph: it is the arbiter */
		&& !(replace(e, graph_pass_prune(e->graph, keep, e->n_output, err)) /* what nobody reads hinders no fusion */
			&& replace(e, op_pass_fuse(e->graph, false, keep, e->n_output, err))
			&& replace(e, exec_pass_fold(e->graph, r->store, keep, e->n_output, &e->folded, err))
			&& replace(e, op_pass_fuse_bytes(e->graph, keep, e->n_output, err))
			&& replace(e, op_pass_enlarge_late(e->graph, keep, e->n_output, err))
			&& replace(e, op_pass_enlarge_concat(e->graph, keep, e->n_output, err))
			&& replace(e, op_pass_block_attention(e->graph, keep, e->n_output, err))))
		return err->code;
	for (int i = 0; i < e->n_output; i++) {
		const graph_type *type = &graph_value_at(e->graph, keep[i])->type;
		e->output_shape[i] = type->shape;
		e->output_dtype[i] = o.precision == EXEC_PRECISION_F64 ? SECANT_F64 : type->dtype;
	}
	exec_store *store = e->folded.store ? e->folded.store : r->store;
	o.fill = e->folded.store ? exec_folded_fill : NULL;
	o.filler = &e->folded;
	e->made.plan = exec_plan_new(e->graph, store, keep, e->n_output, &o, err);
	return e->made.plan ? SECANT_OK : err->code;
}

static entry *
entry_make(exec_runner *r, const secant_shape *inputs, const int *outputs, int n, secant_err *err)
{
	secant_err own = { 0 };
	entry *e = entry_new(r, inputs, outputs, n);
	if (!e)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a plan");
	if (e && !(r->restore && r->restore(r->user, &own)) && (e->graph = r->make(r->user, inputs, r->inputs, &own)))
		(void)!plan_entry(r, e, &own);
	if (r->release)
		r->release(r->user);
	if (e && e->made.plan)
		return e;
	entry_free(e);
	secant_fail(err, own.code ? own.code : SECANT_ERR_BUG, "%s", own.msg);
	return NULL;
}

/* ---- the list ---- */

static bool
is_for(const exec_runner *r, const entry *e, const secant_shape *inputs, const int *outputs, int n)
{
	bool same = !atomic_load(&e->stale) && e->n_output == n && !memcmp(e->output, outputs, (size_t)n * sizeof *outputs);
	for (int i = 0; i < r->inputs && same; i++)
		same = secant_shape_equal(&e->input[i], &inputs[i]);
	return same;
}

static entry *
look_up(exec_runner *r, const secant_shape *inputs, const int *outputs, int n)
{
	(void)pthread_mutex_lock(&r->list);
	entry *e = r->entries;
	while (e && !is_for(r, e, inputs, outputs, n))
		e = e->next;
	if (e) {
		e->users++;
		e->used = ++r->clock;
	}
	(void)pthread_mutex_unlock(&r->list);
	return e;
}

/* Takes out of the list what nobody uses and is stale, or more than is to be kept; the list is locked. Returns them. */
static entry *
take_out(exec_runner *r, int most)
{
	entry *out = NULL;
	for (;;) {
		int n = 0;
		entry **worst = NULL;
		for (entry **e = &r->entries; *e; e = &(*e)->next) {
			bool stale = atomic_load(&(*e)->stale);
			n += !stale;
			if (!(*e)->users && (!worst || stale || (*e)->used < (*worst)->used))
				worst = e;
			if (worst == e && stale)
				break;
		}
		if (!worst || (!atomic_load(&(*worst)->stale) && n <= most))
			return out;
		entry *e = *worst;
		*worst = e->next;
		e->next = out;
		out = e;
	}
}

static void
free_all(entry *e)
{
	while (e) {
		entry *next = e->next;
		entry_free(e);
		e = next;
	}
}

/* Room for one plan more, before it is made: two sets of weights less at once. */
static void
make_room(exec_runner *r)
{
	(void)pthread_mutex_lock(&r->list);
	entry *out = take_out(r, EXEC_RUNNER_PLANS - 1);
	(void)pthread_mutex_unlock(&r->list);
	free_all(out);
}

static void
put_in(exec_runner *r, entry *e)
{
	(void)pthread_mutex_lock(&r->list);
	e->users = 1;
	e->used = ++r->clock;
	e->next = r->entries;
	r->entries = e;
	(void)pthread_mutex_unlock(&r->list);
}

const exec_runner_plan *
exec_runner_take(exec_runner *r, const secant_shape *inputs, const int *outputs, int n, secant_err *err)
{
	entry *e = look_up(r, inputs, outputs, n);
	if (e)
		return &e->made;
	(void)pthread_mutex_lock(&r->build);
	if (!(e = look_up(r, inputs, outputs, n))) { /* nobody made it while we waited */
		make_room(r);
		if ((e = entry_make(r, inputs, outputs, n, err)))
			put_in(r, e);
	}
	(void)pthread_mutex_unlock(&r->build);
	return e ? &e->made : NULL;
}

void
exec_runner_give(exec_runner *r, const exec_runner_plan *p)
{
	entry *e = (entry *)(uintptr_t)p;
	(void)pthread_mutex_lock(&r->list);
	e->users--;
	entry *out = take_out(r, EXEC_RUNNER_PLANS);
	(void)pthread_mutex_unlock(&r->list);
	free_all(out);
}

bool
exec_runner_is_stale(const exec_runner_plan *p)
{
	return atomic_load(&((const entry *)(const void *)p)->stale);
}

void
exec_runner_forget(exec_runner *r)
{
	(void)pthread_mutex_lock(&r->list);
	for (entry *e = r->entries; e; e = e->next)
		atomic_store(&e->stale, true);
	entry *out = take_out(r, EXEC_RUNNER_PLANS);
	(void)pthread_mutex_unlock(&r->list);
	free_all(out);
}

void
exec_runner_free(exec_runner *r)
{
	if (!r)
		return;
	free_all(r->entries);
	(void)pthread_mutex_destroy(&r->build);
	(void)pthread_mutex_destroy(&r->list);
	base_arena_free(r->arena);
	secant_free(r);
}
