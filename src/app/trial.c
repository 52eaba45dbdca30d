/* A network with a loss as one plan. See trial.h. */
#include "app/trial.h"
#include <string.h>
#include <sys/stat.h>

bool
secant_same_file(const char *a, const char *b)
{
	struct stat x, y;
	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The loss on logits in f32, with the classification head's where it is wanted. */
static secant_value
build_loss(
	secant_trial *t, const secant_model *m, const secant_model_graph *g, const secant_trial_spec *spec, secant_err *err)
{
	const secant_shape *y = secant_graph_shape(g->g, g->built.logits);
	secant_value logits = secant_apply(g->g, "upcast", NULL, 1, g->built.logits);
	t->target = *y; /* a class index stands for the last axis */
	if (spec->mode == SECANT_MODE_MULTICLASS)
		t->target.rank--;
	secant_value target = secant_graph_input(
		g->g, "target", spec->mode == SECANT_MODE_MULTICLASS ? SECANT_I32 : SECANT_F32, &t->target);
	secant_value loss = secant_loss_build(
		g->g, spec->loss, &(secant_loss_input){ logits, target, spec->mode, m->net.classes }, err);
	if (loss >= 0 && g->built.penalty >= 0)
		loss = secant_apply(g->g, "add", NULL, 2, loss, g->built.penalty);
	if (loss < 0 || !spec->label)
		return loss;
	secant_value label = secant_apply(g->g, "upcast", NULL, 1, g->built.label);
	t->label_target = *secant_graph_shape(g->g, g->built.label);
	secant_value wanted = secant_graph_input(g->g, "label_target", SECANT_F32, &t->label_target);
	secant_value more = secant_loss_build(
		g->g, "bce", &(secant_loss_input){ label, wanted, SECANT_MODE_BINARY, 1 }, err);
	return more < 0 ? more : secant_apply(g->g, "add", NULL, 2, loss, more);
}

/* Appends the gradient of every parameter that the loss depends on to out[*n...]. */
static secant_status
add_gradients(secant_trial *t, const secant_model *m, secant_value loss, secant_value *out, int *n, secant_err *err)
{
	const secant_store *s = m->store;
	secant_value *of = secant_calloc((size_t)s->n, sizeof *of), *grad = secant_calloc((size_t)s->n, sizeof *grad);
	int *slot = secant_calloc((size_t)s->n, sizeof *slot), wanted = 0;
	secant_status status = of && grad && slot ? SECANT_OK
											  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for gradients");
	for (int i = 0; i < s->n && !status; i++)
		if (s->slot[i].trainable && secant_graph_find(t->graph, s->slot[i].name) >= 0) {
			of[wanted] = secant_graph_find(t->graph, s->slot[i].name);
			slot[wanted++] = i;
		}
	if (!status)
		status = secant_graph_gradients(t->graph, loss, of, wanted, grad, err);
	for (int i = 0; i < wanted && !status; i++)
		if (grad[i] >= 0) {
			t->at_grad[slot[i]] = *n;
			out[(*n)++] = grad[i];
		}
	secant_free(of);
	secant_free(grad);
	secant_free(slot);
	return status;
}

static secant_status
make(secant_trial *t, secant_model *m, secant_model_graph *g, const secant_trial_spec *spec,
	const secant_plan_options *options, secant_value *out, secant_err *err)
{
	secant_value keep[3];
	int n = 0;
	t->logits = *secant_graph_shape(g->g, g->built.logits);
	if (!spec->step)
		keep[t->at_logits = n++] = g->built.logits;
	if (g->built.label >= 0) {
		t->label = *secant_graph_shape(g->g, g->built.label);
		if (!spec->step)
			keep[t->at_label = n++] = g->built.label;
	}
	if (spec->loss) {
		secant_value loss = build_loss(t, m, g, spec, err);
		if (loss < 0)
			return secant_graph_check(g->g, err) ? err->code : SECANT_ERR_ARG;
		keep[t->at_loss = n++] = loss;
	}
	t->graph = g->g;
	g->g = NULL;
	if (options->precision != SECANT_PRECISION_F64) {
		secant_graph *fused = secant_pass_fuse(t->graph, spec->gradients, keep, n, err);
		secant_graph_free(t->graph);
		if (!(t->graph = fused))
			return err->code;
	}
	memcpy(out, keep, (size_t)n * sizeof *keep);
	if (spec->gradients && add_gradients(t, m, keep[t->at_loss], out, &n, err))
		return err->code;
	if (!(t->plan = secant_plan_new(t->graph, m->store, out, n, options, err))
		|| !(t->context = secant_context_new(t->plan, err)))
		return err->code;
	return SECANT_OK;
}

secant_status
secant_trial_make(secant_trial *t, secant_model *m, const secant_shape *input, const secant_trial_spec *spec,
	const secant_plan_options *options, secant_err *err)
{
	secant_err own = { 0 };
	secant_model_graph g = { 0 };
	*t = (secant_trial){
		.target.rank = -1, .label_target.rank = -1, .label.rank = -1, .at_logits = -1, .at_label = -1, .at_loss = -1
	};
	secant_value *out = secant_calloc((size_t)m->store->n + 3, sizeof *out);
	t->at_grad = secant_calloc((size_t)m->store->n + 1, sizeof *t->at_grad);
	if (!out || !t->at_grad)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a plan");
	for (int i = 0; i < m->store->n && t->at_grad; i++)
		t->at_grad[i] = -1;
	if (!own.code && !secant_model_build(m, spec->phase, input, &g, &own))
		(void)!make(t, m, &g, spec, options, out, &own);
	secant_graph_free(g.g);
	secant_free(out);
	if (!own.code)
		return SECANT_OK;
	secant_trial_free(t);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
secant_trial_free(secant_trial *t)
{
	secant_context_free(t->context);
	secant_plan_free(t->plan);
	secant_graph_free(t->graph);
	secant_free(t->at_grad);
	*t = (secant_trial){ 0 };
}
