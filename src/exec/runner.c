/* A network at any input shape. See runner.h. */
#include "exec/runner.h"
#include "exec/fold.h"
#include "exec/plan.h"
#include "ops/ops.h"

typedef struct entry {
	secant_shape shape;
	secant_graph *graph;
	secant_folded folded; /* no store: the runner's own is used */
	secant_plan *plan;
	secant_context *context;
	secant_value output[SECANT_RUNNER_OUTPUTS];
	secant_shape output_shape[SECANT_RUNNER_OUTPUTS];
	uint64_t used;
} entry;

struct secant_runner {
	secant_store *store;
	secant_graph_maker make;
	void *user;
	secant_plan_options options;
	secant_status (*restore)(void *user, secant_err *err);
	void (*release)(void *user);
	const secant_context *host; /* whose slab contexts stand on; NULL: their own */
	entry entry[SECANT_RUNNER_PLANS];
	uint64_t clock;
};

secant_runner *
secant_runner_new(
	secant_store *store, secant_graph_maker make, void *user, const secant_plan_options *options, secant_err *err)
{
	secant_runner *r = secant_calloc(1, sizeof *r);
	if (!r)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a runner");
	else
		r->store = store, r->make = make, r->user = user, r->options = *options;
	return r;
}

void
secant_runner_spare(
	secant_runner *r, secant_status (*restore)(void *user, secant_err *err), void (*release)(void *user))
{
	r->restore = restore, r->release = release;
}

void
secant_runner_be_exact(secant_runner *r)
{
	r->options.exact = true;
}

void
secant_runner_stand_on(secant_runner *r, const secant_context *host)
{
	r->host = host;
}

static void
entry_clear(entry *e)
{
	secant_context_free(e->context);
	secant_plan_free(e->plan);
	secant_folded_free(&e->folded);
	secant_graph_free(e->graph);
	*e = (entry){ 0 };
}

void
secant_runner_forget(secant_runner *r)
{
	for (int i = 0; i < SECANT_RUNNER_PLANS; i++)
		entry_clear(&r->entry[i]);
}

void
secant_runner_free(secant_runner *r)
{
	if (r)
		secant_runner_forget(r);
	secant_free(r);
}

/* Replaces e->graph by what `pass` made of it. */
static bool
replace(entry *e, secant_graph *by)
{
	secant_graph_free(e->graph);
	e->graph = by;
	return by != NULL;
}

static secant_status
entry_make(secant_runner *r, entry *e, const secant_shape *shape, secant_err *err)
{
	secant_err own = { 0 };
	secant_value keep[SECANT_RUNNER_OUTPUTS];
	secant_plan_options o = r->options;
	bool fold = o.precision != SECANT_PRECISION_F64; /* f64 stays the plain graph: it is the arbiter */
	e->shape = *shape;
	if (!r->restore || !r->restore(r->user, &own))
		e->graph = r->make(r->user, shape, e->output, &own);
	if (e->graph) {
		(void)secant_use_threads(o.threads);
		int n = 0;
		bool ok = true;
		for (int i = 0; i < SECANT_RUNNER_OUTPUTS; i++)
			if (e->output[i] >= 0)
				keep[n++] = e->output[i];
		if (fold)
			ok = replace(e, secant_pass_fuse(e->graph, false, keep, n, &own))
				&& replace(e, secant_pass_fold(e->graph, r->store, keep, n, &e->folded, &own));
		for (int i = 0, k = 0; ok && i < SECANT_RUNNER_OUTPUTS; i++)
			if (e->output[i] >= 0) {
				e->output[i] = k;
				e->output_shape[i] = *secant_graph_shape(e->graph, keep[k++]);
			}
		o.fill = e->folded.store ? secant_folded_fill : NULL, o.filler = &e->folded;
		if (ok)
			e->plan = secant_plan_new(e->graph, e->folded.store ? e->folded.store : r->store, keep, n, &o, &own);
		if (r->release)
			r->release(r->user);
		if (e->plan)
			e->context = secant_context_new_in(e->plan, r->host, &own);
	}
	if (e->context)
		return SECANT_OK;
	entry_clear(e);
	return secant_fail(err, own.code ? own.code : SECANT_ERR_BUG, "%s", own.msg);
}

static secant_status
find(secant_runner *r, const secant_shape *shape, entry **found, secant_err *err)
{
	entry *e = &r->entry[0];
	for (int i = 0; i < SECANT_RUNNER_PLANS; i++) {
		if (r->entry[i].context && secant_shape_equal(&r->entry[i].shape, shape)) {
			e = &r->entry[i];
			break;
		}
		if (r->entry[i].used < e->used) /* unused ones have 0 */
			e = &r->entry[i];
	}
	if (!e->context || !secant_shape_equal(&e->shape, shape)) {
		entry_clear(e);
		if (entry_make(r, e, shape, err))
			return err ? err->code : SECANT_ERR_BUG;
	}
	e->used = ++r->clock;
	*found = e;
	return SECANT_OK;
}

secant_status
secant_runner_prepare(
	secant_runner *r, const secant_shape *shape, secant_plan **plan, secant_context **context, secant_err *err)
{
	entry *e;
	secant_status status = find(r, shape, &e, err);
	if (!status)
		*plan = e->plan, *context = e->context;
	return status;
}

secant_status
secant_runner_run(secant_runner *r, const secant_shape *shape, const void *input, const void **logits,
	secant_shape *logits_shape, const void **label, secant_shape *label_shape, secant_err *err)
{
	entry *e;
	secant_status status = find(r, shape, &e, err);
	if (status || (status = secant_context_set_input(e->context, "input", input, err))
		|| (status = secant_context_run(e->context, err)))
		return status;
	*logits = secant_context_output(e->context, e->output[0]);
	*logits_shape = e->output_shape[0];
	if (label)
		*label = e->output[1] < 0 ? NULL : secant_context_output(e->context, e->output[1]);
	if (label_shape)
		*label_shape = e->output_shape[1];
	return SECANT_OK;
}
