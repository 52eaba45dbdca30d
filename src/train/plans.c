/*
 * The plans of a training: gradients of a batch, and the forward pass that computes statistics of norms anew.
 */
#include <string.h>
#include "train/trainer.h"

/* ---- gradients ---- */

static exec_plan_options
plan_options(const train_trainer *s)
{
	return (exec_plan_options){ .precision = s->precision,
		.threads = s->o->threads,
		.training = true,
		.recompute = (exec_recompute)s->o->recompute,
		.allow_reference = s->o->allow_reference,
		.external = true };
}

/* Dropout draws by seed and step; the plan has these inputs only where there is dropout. */
static secant_status
bind_counters(train_trainer *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	s->seed = s->o->seed;
	const exec_plan *p = s->learning.plan;
	for (int i = 0; i < exec_plan_inputs(p) && !status; i++) {
		const char *name = exec_plan_input_name(p, i);
		if (!strcmp(name, "seed"))
			status = exec_context_set_input(s->learning.context, name, &s->seed, err);
		if (!strcmp(name, "step"))
			status = exec_context_set_input(s->learning.context, name, &s->now.steps, err);
	}
	return status;
}

void
train_trainer_forget_plans(train_trainer *s)
{
	if (s->task)
		s->task->feed_free(s->statistics.feed);
	exec_context_free(s->statistics.context);
	exec_plan_free(s->statistics.plan);
	graph_free(s->statistics.graph);
	train_step_clear(&s->learning);
	s->statistics.feed = NULL, s->statistics.context = NULL, s->statistics.plan = NULL, s->statistics.graph = NULL;
}

secant_status
train_trainer_plan(train_trainer *s, secant_err *err)
{
	model_graph m;
	train_trainer_forget_plans(s);
	if (model_build(&s->model, NN_PHASE_TRAIN, &s->input, &m, err))
		return err->code;
	graph_value loss = s->task->loss_of(s, m.g, &m.built, err);
	if (graph_check(m.g, err) || loss < 0) {
		graph_free(m.g);
		return err->code;
	}
	exec_plan_options o = plan_options(s);
	train_step_spec spec = { .graph = m.g, .loss = loss, .gradients = true, .options = &o };
	s->learning.store = s->model.store;
	s->learning.optimizer = &s->optimizer;
	secant_status status = train_step_plan(&s->learning, &spec, err);
	return status ? status : bind_counters(s, err);
}

static secant_status
plan_recalibration(train_trainer *s, secant_err *err)
{
	model_graph m;
	if (model_build(&s->model, NN_PHASE_RECALIBRATE, &s->input, &m, err))
		return err->code;
	s->statistics.graph = m.g;
	if (graph_find(s->statistics.graph, "norm_momentum") < 0)
		return SECANT_OK; /* a network without batch norms */
	graph_net *fused = op_pass_fuse(s->statistics.graph, false, NULL, 0, err);
	if (!fused)
		return err->code;
	graph_free(s->statistics.graph);
	s->statistics.graph = fused;
	exec_plan_options po = plan_options(s);
	if (!(s->statistics.plan = exec_plan_new(fused, s->model.store, NULL, 0, &po, err))
		|| !(s->statistics.context = exec_context_new_in(s->statistics.plan, s->learning.context, err))
		|| !(s->statistics.feed = s->task->feed_new(s, false, err)))
		return err->code;
	return exec_context_set_input(s->statistics.context, "norm_momentum", &s->statistics.momentum, err);
}

secant_status
train_trainer_bind(const exec_plan *p, exec_context *c, const train_task_batch *b, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < exec_plan_inputs(p); i++)
		for (int k = 0; k < b->inputs && !status; k++)
			if (!strcmp(exec_plan_input_name(p, i), b->input[k].name))
				status = exec_context_set_input(c, b->input[k].name, b->input[k].data, err);
	return status;
}

/* ---- statistics ---- */

secant_status
train_trainer_recalibrate(train_trainer *s, int batches, secant_err *err)
{
	exec_store *store = s->model.store;
	size_t bytes = store->others_bytes;
	if (batches <= 0)
		return SECANT_OK;
	if (!s->statistics.graph && plan_recalibration(s, err))
		return err->code;
	if (!s->statistics.plan)
		return SECANT_OK;
	if (!s->statistics.raw && !(s->statistics.raw = secant_calloc(bytes + 1, 1)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to keep running statistics");
	memcpy(s->statistics.raw, store->others, bytes);
	secant_status status = s->task->feed_start(s->statistics.feed, 0, 0, err);
	for (int k = 1; k <= batches && !status; k++) {
		train_task_batch b;
		bool end = false;
		if ((status = s->task->feed_next(s->statistics.feed, &b, &end, err)) || end)
			break;
		s->statistics.momentum = 1.f / (float)k;
		if (!(status = train_trainer_bind(s->statistics.plan, s->statistics.context, &b, err)))
			status = exec_context_run(s->statistics.context, err);
	}
	return status;
}

void
train_trainer_restore(train_trainer *s)
{
	if (s->statistics.raw && s->statistics.plan)
		memcpy(s->model.store->others, s->statistics.raw, s->model.store->others_bytes);
}
