/* One step of training. See step.h. */
#include "train/step.h"
#include <string.h>

void
train_step_clear(train_step *t)
{
	exec_context_free(t->context);
	exec_plan_free(t->plan);
	graph_free(t->graph);
	secant_free(t->at_grad);
	secant_free(t->at_kept);
	t->context = NULL;
	t->plan = NULL;
	t->graph = NULL;
	t->at_grad = t->at_kept = NULL;
	t->n_kept = 0;
}

/* Lists used while a plan is made: of parameters that learn, their gradients, and all outputs. */
typedef struct lists {
	graph_value *of, *grad, *out;
	int *slot, wanted, n_out;
} lists;

static void
lists_free(lists *l)
{
	secant_free(l->of);
	secant_free(l->grad);
	secant_free(l->out);
	secant_free(l->slot);
}

static secant_status
lists_make(lists *l, train_step *t, int n_keep, secant_err *err)
{
	size_t n = (size_t)t->store->n + 1;
	l->of = secant_calloc(n, sizeof *l->of);
	l->grad = secant_calloc(n, sizeof *l->grad);
	l->out = secant_calloc(n + (size_t)n_keep + 1, sizeof *l->out);
	l->slot = secant_calloc(n, sizeof *l->slot);
	t->at_grad = secant_calloc(n, sizeof *t->at_grad);
	t->at_kept = secant_calloc((size_t)n_keep + 1, sizeof *t->at_kept);
	if (!l->of || !l->grad || !l->out || !l->slot || !t->at_grad || !t->at_kept)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan of training");
	for (int i = 0; i < t->store->n; i++)
		t->at_grad[i] = -1;
	return SECANT_OK;
}

/* Loss, what is kept, and a gradient for each parameter that learns and takes part. */
static secant_status
add_gradients(train_step *t, lists *l, graph_value loss, secant_err *err)
{
	for (int i = 0; i < t->store->n; i++) {
		const exec_slot *slot = &t->store->slot[i];
		graph_value v = slot->trainable ? graph_find(t->graph, slot->name) : -1;
		if (v < 0 || !graph_value_at(t->graph, v)->trainable) /* frozen */
			continue;
		l->of[l->wanted] = v;
		l->slot[l->wanted++] = i;
	}
	if (!l->wanted)
		return secant_fail(err, SECANT_ERR_ARG, "freeze: nothing is left to train");
	secant_status status = graph_gradients(t->graph, loss, l->of, l->wanted, l->grad, err);
	for (int i = 0; i < l->wanted && !status; i++) {
		if (l->grad[i] < 0) /* forward never uses it */
			continue;
		t->at_grad[l->slot[i]] = l->n_out;
		l->out[l->n_out++] = l->grad[i];
	}
	return status;
}

/* Gradients go straight to their place in the optimiser's buffer. */
static secant_status
bind(train_step *t, secant_err *err)
{
	size_t size = t->f64 ? sizeof(double) : sizeof(float);
	bool *learns = secant_calloc((size_t)t->store->n + 1, sizeof *learns);
	secant_status status = learns ? exec_context_set_output(t->context, 0, &t->loss, err)
								  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a plan of training");
	for (int i = 0; i < t->store->n && !status; i++) {
		if (t->at_grad[i] < 0)
			continue;
		learns[i] = true;
		char *to = (char *)t->optimizer->grad + (size_t)t->store->slot[i].offset * size;
		status = exec_context_set_output(t->context, t->at_grad[i], to, err);
	}
	if (!status)
		status = train_optimizer_train_only(t->optimizer, learns, err);
	secant_free(learns);
	return status;
}

static bool
replace(train_step *t, graph_net *by)
{
	if (!by)
		return false;
	graph_free(t->graph);
	t->graph = by;
	return true;
}

static secant_status
fuse(train_step *t, const train_step_spec *spec, lists *l, secant_err *err)
{
	if (spec->options->precision == EXEC_PRECISION_F64) /* the plain graph: it is the arbiter */
		return SECANT_OK;
	if (!replace(t, op_pass_fuse(t->graph, spec->gradients, l->out, l->n_out, err))
		|| !replace(t, op_pass_enlarge_late(t->graph, l->out, l->n_out, err)))
		return err->code;
	/* without gradients, or where blocks would be kept for them, one product is as good as many */
	bool blocks = spec->gradients && spec->options->recompute != EXEC_RECOMPUTE_NONE;
	return !blocks || replace(t, op_pass_block_attention(t->graph, l->out, l->n_out, err)) ? SECANT_OK : err->code;
}

static secant_status
make(train_step *t, const train_step_spec *spec, lists *l, secant_err *err)
{
	secant_status status = lists_make(l, t, spec->n_keep, err);
	if (status)
		return status;
	if (spec->loss >= 0)
		l->out[l->n_out++] = spec->loss;
	for (int i = 0; i < spec->n_keep; i++) {
		t->at_kept[t->n_kept++] = l->n_out;
		l->out[l->n_out++] = spec->keep[i];
	}
	if ((status = fuse(t, spec, l, err)))
		return status;
	if (spec->gradients && (status = add_gradients(t, l, l->out[0], err)))
		return status;
	if (!(t->plan = exec_plan_new(t->graph, t->store, l->out, l->n_out, spec->options, err))
		|| !(t->context = exec_context_new(t->plan, err)))
		return err->code;
	return spec->options->external ? bind(t, err) : SECANT_OK;
}

secant_status
train_step_plan(train_step *t, const train_step_spec *spec, secant_err *err)
{
	secant_err own = { 0 };
	lists l = { 0 };
	train_step_clear(t);
	t->graph = spec->graph;
	t->f64 = t->store->f64;
	secant_status status = make(t, spec, &l, &own);
	lists_free(&l);
	if (!status)
		return SECANT_OK;
	train_step_clear(t);
	return secant_fail(err, status, "%s", own.msg);
}

secant_status
train_step_gradients(train_step *t, secant_err *err)
{
	return exec_context_run(t->context, err);
}

double
train_step_loss(const train_step *t)
{
	return t->f64 ? t->loss.wide : (double)t->loss.narrow;
}

secant_status
train_step_reduce(train_step *t, bool more, int threads, secant_err *err)
{
	if (more || t->optimizer->summed) {
		secant_status status = train_optimizer_accumulate(t->optimizer, threads, err);
		if (status)
			return status;
	}
	if (more || !t->reduce)
		return SECANT_OK;
	void *gradients = t->optimizer->summed ? t->optimizer->sum : t->optimizer->grad;
	return t->reduce(t->user, gradients, t->store->params_count, t->f64, err);
}

void
train_step_update(train_step *t, double learning_rate, double momentum, int threads)
{
	train_optimizer_update(t->optimizer, learning_rate, momentum, threads);
}
