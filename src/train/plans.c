/*
 * The plans of a training: gradients of a batch, and the forward pass that computes statistics of norms anew.
 */
#include <string.h>
#include "train/session.h"

/* ---- gradients ---- */

static secant_plan_options
plan_options(const secant_session *s)
{
	return (secant_plan_options){ .precision = s->precision,
		.threads = s->o->threads,
		.training = true,
		.recompute = (secant_recompute)s->o->recompute,
		.allow_reference = s->o->allow_reference,
		.external = true };
}

/* Gradients go straight to their place in the optimiser's buffer. */
static secant_status
bind_gradients(secant_session *s, const secant_slot *const *slots, int n, secant_err *err)
{
	secant_status status = secant_context_set_output(s->context, 0, &s->loss, err);
	for (int i = 0; i < n && !status; i++)
		status = secant_context_set_output(s->context, 1 + i, (float *)s->optimizer.grad + slots[i]->offset, err);
	return status;
}

static secant_status
plan_gradients(secant_session *s, secant_value loss, secant_err *err)
{
	size_t n = (size_t)s->model.store->n + 1;
	secant_value *of = secant_calloc(n, sizeof *of), *grad = secant_calloc(n, sizeof *grad),
				 *out = secant_calloc(n + 1, sizeof *out);
	const secant_slot **slots = secant_calloc(n, sizeof *slots);
	bool *trained = secant_calloc(n, sizeof *trained);
	secant_status status = of && grad && out && slots && trained
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a training plan");
	int wanted = 0, found = 0;
	for (int i = 0; !status && i < s->model.store->n; i++) {
		secant_value v = s->model.store->slot[i].trainable ? secant_graph_find(s->graph, s->model.store->slot[i].name)
														   : -1;
		if (v >= 0 && secant_graph_value(s->graph, v)->trainable) /* not so where it is frozen */
			slots[wanted] = &s->model.store->slot[i], of[wanted++] = v;
	}
	if (!status && !wanted)
		status = secant_fail(err, SECANT_ERR_ARG, "freeze: nothing is left to train");
	if (!status && !(status = secant_graph_gradients(s->graph, loss, of, wanted, grad, err))) {
		out[0] = loss;
		for (int i = 0; i < wanted; i++)
			if (grad[i] >= 0) { /* states that forward never uses have none */
				trained[slots[i] - s->model.store->slot] = true;
				slots[found] = slots[i], out[1 + found++] = grad[i];
			}
		secant_plan_options po = plan_options(s);
		if (!(s->plan = secant_plan_new(s->graph, s->model.store, out, 1 + found, &po, err))
			|| !(s->context = secant_context_new(s->plan, err)))
			status = err->code;
		else
			status = bind_gradients(s, slots, found, err);
		if (!status)
			status = secant_optimizer_train_only(&s->optimizer, trained, err);
	}
	secant_free(of);
	secant_free(grad);
	secant_free(out);
	secant_free(slots);
	secant_free(trained);
	return status;
}

/* Dropout draws by seed and step; the plan has these inputs only where there is dropout. */
static secant_status
bind_counters(secant_session *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	s->seed = s->o->seed;
	for (int i = 0; i < secant_plan_inputs(s->plan) && !status; i++) {
		const char *name = secant_plan_input_name(s->plan, i);
		if (!strcmp(name, "seed"))
			status = secant_context_set_input(s->context, name, &s->seed, err);
		if (!strcmp(name, "step"))
			status = secant_context_set_input(s->context, name, &s->steps, err);
	}
	return status;
}

void
secant_session_forget_plans(secant_session *s)
{
	if (s->task)
		s->task->feed_free(s->recal_feed);
	secant_context_free(s->recal_context);
	secant_plan_free(s->recal_plan);
	secant_graph_free(s->recal_graph);
	secant_context_free(s->context);
	secant_plan_free(s->plan);
	secant_graph_free(s->graph);
	s->recal_feed = NULL, s->recal_context = NULL, s->recal_plan = NULL, s->recal_graph = NULL;
	s->context = NULL, s->plan = NULL, s->graph = NULL;
}

secant_status
secant_session_plan(secant_session *s, secant_err *err)
{
	secant_model_graph m;
	secant_session_forget_plans(s);
	if (secant_model_build(&s->model, SECANT_PHASE_TRAIN, &s->input, &m, err))
		return err->code;
	s->graph = m.g;
	secant_value loss = s->task->loss_of(s, m.g, &m.built, err);
	if (secant_graph_check(m.g, err) || loss < 0)
		return err->code;
	secant_graph *fused = secant_pass_fuse(s->graph, true, &loss, 1, err);
	if (!fused)
		return err->code;
	secant_graph_free(s->graph);
	s->graph = fused;
	secant_status status = plan_gradients(s, loss, err);
	return status ? status : bind_counters(s, err);
}

static secant_status
plan_recalibration(secant_session *s, secant_err *err)
{
	secant_model_graph m;
	if (secant_model_build(&s->model, SECANT_PHASE_RECALIBRATE, &s->input, &m, err))
		return err->code;
	s->recal_graph = m.g;
	if (secant_graph_find(s->recal_graph, "norm_momentum") < 0)
		return SECANT_OK; /* a network without batch norms */
	secant_graph *fused = secant_pass_fuse(s->recal_graph, false, NULL, 0, err);
	if (!fused)
		return err->code;
	secant_graph_free(s->recal_graph);
	s->recal_graph = fused;
	secant_plan_options po = plan_options(s);
	if (!(s->recal_plan = secant_plan_new(fused, s->model.store, NULL, 0, &po, err))
		|| !(s->recal_context = secant_context_new_in(s->recal_plan, s->context, err))
		|| !(s->recal_feed = s->task->feed_new(s, false, err)))
		return err->code;
	return secant_context_set_input(s->recal_context, "norm_momentum", &s->norm_momentum, err);
}

secant_status
secant_session_bind(const secant_plan *p, secant_context *c, const secant_task_batch *b, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < secant_plan_inputs(p); i++)
		for (int k = 0; k < b->inputs && !status; k++)
			if (!strcmp(secant_plan_input_name(p, i), b->input[k].name))
				status = secant_context_set_input(c, b->input[k].name, b->input[k].data, err);
	return status;
}

/* ---- statistics ---- */

secant_status
secant_session_recalibrate(secant_session *s, int batches, secant_err *err)
{
	secant_store *store = s->model.store;
	size_t bytes = store->others_bytes;
	if (batches <= 0)
		return SECANT_OK;
	if (!s->recal_graph && plan_recalibration(s, err))
		return err->code;
	if (!s->recal_plan)
		return SECANT_OK;
	if (!s->raw && !(s->raw = secant_calloc(bytes + 1, 1)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to keep running statistics");
	memcpy(s->raw, store->others, bytes);
	secant_status status = s->task->feed_start(s->recal_feed, 0, 0, err);
	for (int k = 1; k <= batches && !status; k++) {
		secant_task_batch b;
		bool end = false;
		if ((status = s->task->feed_next(s->recal_feed, &b, &end, err)) || end)
			break;
		s->norm_momentum = 1.f / (float)k;
		if (!(status = secant_session_bind(s->recal_plan, s->recal_context, &b, err)))
			status = secant_context_run(s->recal_context, err);
	}
	return status;
}

void
secant_session_restore(secant_session *s)
{
	if (s->raw && s->recal_plan)
		memcpy(s->model.store->others, s->raw, s->model.store->others_bytes);
}
