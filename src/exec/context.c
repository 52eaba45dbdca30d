/*
 * Contexts: one slab, the arguments of every step, and the run. Running resolves nothing and allocates nothing unless
 * an input or output moved since the last run, and even then only rewrites pointers.
 */
#include "exec/canaries.h"
#include <string.h>

static bool
make_arguments(exec_context *c)
{
	const exec_plan *p = c->plan;
	size_t steps = (size_t)p->n_step + 1;
	c->in = secant_calloc(steps, sizeof *c->in);
	c->out = secant_calloc(steps, sizeof *c->out);
	c->bound = secant_calloc(steps, sizeof *c->bound);
	if (!c->in || !c->out || !c->bound)
		return false;
	for (int i = 0; i < p->n_step; i++) {
		const exec_step *s = &p->step[i];
		c->in[i] = secant_calloc((size_t)s->n_in + 1, sizeof **c->in);
		c->out[i] = secant_calloc((size_t)s->n_out + 1, sizeof **c->out);
		if (!c->in[i] || !c->out[i])
			return false;
		if (s->impl && s->impl->bind && !(c->bound[i] = s->impl->bind(s)))
			return false;
	}
	return true;
}

exec_context *
exec_context_new(const exec_plan *p, secant_err *err)
{
	return exec_context_new_in(p, NULL, err);
}

exec_context *
exec_context_new_in(const exec_plan *p, const exec_context *host, secant_err *err)
{
	bool borrowed = host && host->plan->slab >= p->slab;
	if (!borrowed && exec_plan_weigh(p, p->slab, err))
		return NULL;
	exec_context *c = secant_calloc(1, sizeof *c);
	if (!c) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a context");
		return NULL;
	}
	c->plan = p;
	c->dirty = true;
	c->borrowed = host && host->plan->slab >= p->slab;
	c->slab = c->borrowed ? host->slab : base_alloc_raw(p->slab + 64);
	c->pointer = secant_calloc((size_t)graph_values(p->g) + 1, sizeof *c->pointer);
	c->input = secant_calloc((size_t)p->n_input + 1, sizeof *c->input);
	c->output = secant_calloc((size_t)p->n_output + 1, sizeof *c->output);
	bool watched = !p->options.canaries || (c->canaries = exec_canaries_new(p));
	if (!c->slab || !c->pointer || !c->input || !c->output || !watched || !make_arguments(c)) {
		exec_context_free(c);
		secant_fail(
			err, SECANT_ERR_NOMEM, "no memory for a context: the slab takes %.1f MiB", (double)p->slab / 1048576);
		return NULL;
	}
	return c;
}

void
exec_context_free(exec_context *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->plan->n_step; i++) {
		if (c->bound && c->bound[i])
			c->plan->step[i].impl->unbind(&c->plan->step[i], c->bound[i]);
		if (c->in)
			secant_free(c->in[i]);
		if (c->out)
			secant_free(c->out[i]);
	}
	secant_free(c->in);
	secant_free(c->out);
	secant_free(c->bound);
	if (!c->borrowed)
		secant_free(c->slab);
	secant_free(c->pointer);
	secant_free(c->input);
	secant_free(c->output);
	secant_free(c->seconds);
	exec_canaries_free(c->canaries);
	secant_free(c);
}

secant_status
exec_context_set_input(exec_context *c, const char *name, const void *data, secant_err *err)
{
	for (int i = 0; i < c->plan->n_input; i++)
		if (!strcmp(exec_plan_input_name(c->plan, i), name)) {
			c->dirty |= c->input[i] != data;
			c->input[i] = data;
			return SECANT_OK;
		}
	return secant_fail(err, SECANT_ERR_ARG, "the plan has no input '%s'", name);
}

secant_status
exec_context_set_output(exec_context *c, int i, void *data, secant_err *err)
{
	if (i < 0 || i >= c->plan->n_output)
		return secant_fail(err, SECANT_ERR_ARG, "the plan has %d outputs, not an output %d", c->plan->n_output, i);
	c->dirty |= c->output[i] != data;
	c->output[i] = data;
	return SECANT_OK;
}

void
exec_context_ask(exec_context *c, secant_status (*ask)(void *user, secant_err *err), void *user)
{
	c->ask = ask;
	c->asked = user;
}

static void *
resolve(const exec_context *c, graph_value v)
{
	const exec_location *l = &c->plan->at[c->plan->at[v].root];
	switch (l->place) {
	case EXEC_PLACE_INPUT: return (void *)(uintptr_t)c->input[l->index];
	case EXEC_PLACE_STATE:
	case EXEC_PLACE_CONST: return l->pointer;
	case EXEC_PLACE_SLAB: return c->slab + l->offset;
	case EXEC_PLACE_OUTPUT: return c->output[l->index];
	case EXEC_PLACE_NONE: break;
	}
	return NULL;
}

const void *
exec_context_output(const exec_context *c, int i)
{
	return c->output[i] ? c->output[i] : resolve(c, c->plan->output[i]);
}

static secant_status
resolve_all(exec_context *c, secant_err *err)
{
	const exec_plan *p = c->plan;
	for (int i = 0; i < p->n_input; i++)
		if (!c->input[i])
			return secant_fail(err, SECANT_ERR_ARG, "input '%s' was never set", exec_plan_input_name(p, i));
	for (int i = 0; p->options.external && i < p->n_output; i++)
		if (!c->output[i])
			return secant_fail(err, SECANT_ERR_ARG, "output %d was never given memory", i);
	for (int v = 0; v < graph_values(p->g); v++)
		c->pointer[v] = resolve(c, v);
	for (int i = 0; i < p->n_step; i++) {
		const graph_node *n = p->step[i].node;
		for (int k = 0; k < n->n_in; k++)
			c->in[i][k] = n->in[k] < 0 ? NULL : c->pointer[n->in[k]];
		for (int k = 0; k < n->n_out; k++)
			c->out[i][k] = c->pointer[n->out[k]];
	}
	c->dirty = false;
	return SECANT_OK;
}

static secant_status
run_step(exec_context *c, int i, secant_err *err)
{
	const exec_plan *p = c->plan;
	const exec_step *s = &p->step[i];
	if (!s->impl)
		return SECANT_OK;
	if (c->canaries)
		return exec_canaries_run(c->canaries, s, c->bound[i], c->in[i], c->out[i], err);
	return s->impl->run(s, c->bound[i], c->in[i], c->out[i], s->scratch ? c->slab + p->scratch_at[i] : NULL, err);
}

static secant_status
run(exec_context *c, double *seconds, secant_err *err)
{
	const exec_plan *p = c->plan;
	(void)exec_use_threads(p->options.threads);
	if (c->dirty && resolve_all(c, err))
		return SECANT_ERR_ARG;
	for (int i = 0; i < p->n_step; i++) {
		secant_status stop = c->ask ? c->ask(c->asked, err) : SECANT_OK;
		if (stop)
			return stop;
		double start = seconds ? secant_seconds() : 0;
		if (run_step(c, i, err))
			return err ? err->code : SECANT_ERR_BUG;
		if (seconds)
			seconds[i] = secant_seconds() - start;
	}
	for (int i = 0; i < p->n_output; i++) {
		void *from = c->pointer[p->output[i]];
		const graph_value_info *info = graph_value_at(p->g, p->output[i]);
		if (c->output[i] && c->output[i] != from)
			memcpy(c->output[i], from,
				(size_t)secant_shape_count(&info->type.shape)
					* (p->options.precision == EXEC_PRECISION_F64 ? 8 : secant_dtype_size(info->type.dtype)));
	}
	return SECANT_OK;
}

secant_status
exec_context_run(exec_context *c, secant_err *err)
{
	return run(c, NULL, err);
}

secant_status
exec_context_run_timed(exec_context *c, secant_err *err)
{
	if (!c->seconds && !(c->seconds = secant_calloc((size_t)c->plan->n_step + 1, sizeof *c->seconds)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for times");
	return run(c, c->seconds, err);
}
