/* A network with a loss as one plan. See trial.h. */
#include "app/trial.h"
#include <sys/stat.h>

bool
app_same_file(const char *a, const char *b)
{
	struct stat x, y;
	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The loss on logits in f32, with the classification head's where it is wanted. */
static graph_value
build_loss(app_trial *t, const model_bundle *m, const model_graph *g, const app_trial_spec *spec, secant_err *err)
{
	const secant_shape *y = graph_shape(g->g, g->built.logits);
	t->target = *y; /* a class index stands for the last axis */
	if (spec->mode == BASE_MODE_MULTICLASS)
		t->target.rank--;
	graph_value target = graph_input(
		g->g, "target", spec->mode == BASE_MODE_MULTICLASS ? SECANT_I32 : SECANT_F32, &t->target);
	nn_loss_input in = { .target = target, .mode = spec->mode, .classes = m->net.classes };
	graph_value loss = nn_loss_build_heads(g->g, spec->loss, &in, &g->built, err);
	if (loss < 0 || !spec->label)
		return loss;
	graph_value label = graph_apply(g->g, "upcast", NULL, 1, g->built.label);
	t->label_target = *graph_shape(g->g, g->built.label);
	graph_value wanted = graph_input(g->g, "label_target", SECANT_F32, &t->label_target);
	graph_value more = nn_loss_build(g->g, "bce", &(nn_loss_input){ label, wanted, BASE_MODE_BINARY, 1 }, err);
	return more < 0 ? more : graph_apply(g->g, "add", NULL, 2, loss, more);
}

static secant_status
make(app_trial *t, model_bundle *m, model_graph *g, const app_trial_spec *spec, const exec_plan_options *options,
	secant_err *err)
{
	graph_value keep[2];
	train_step_spec step = { .loss = -1, .gradients = spec->gradients, .keep = keep, .options = options };
	t->logits = *graph_shape(g->g, g->built.logits);
	if (g->built.label >= 0)
		t->label = *graph_shape(g->g, g->built.label);
	if (!spec->optimizer)
		keep[step.n_keep++] = g->built.logits;
	if (!spec->optimizer && g->built.label >= 0)
		keep[step.n_keep++] = g->built.label;
	if (spec->loss && (step.loss = build_loss(t, m, g, spec, err)) < 0)
		return graph_check(g->g, err) ? err->code : SECANT_ERR_ARG;
	step.graph = g->g;
	g->g = NULL;
	t->step = (train_step){ .store = m->store, .optimizer = spec->optimizer };
	secant_status status = train_step_plan(&t->step, &step, err);
	if (!status && step.n_keep > 0)
		t->at_logits = t->step.at_kept[0];
	if (!status && step.n_keep > 1)
		t->at_label = t->step.at_kept[1];
	return status;
}

secant_status
app_trial_make(app_trial *t, model_bundle *m, const secant_shape *input, const app_trial_spec *spec,
	const exec_plan_options *options, secant_err *err)
{
	secant_err own = { 0 };
	model_graph g = { 0 };
	*t = (app_trial){ .target.rank = -1, .label_target.rank = -1, .label.rank = -1, .at_logits = -1, .at_label = -1 };
	if (!model_build(m, spec->phase, input, &g, &own))
		(void)!make(t, m, &g, spec, options, &own);
	graph_free(g.g);
	if (!own.code)
		return SECANT_OK;
	app_trial_free(t);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
app_trial_free(app_trial *t)
{
	train_step_clear(&t->step);
	*t = (app_trial){ 0 };
}
