/* Plans for explain and bench. See planned.h. */
#include "app/planned.h"
#include <string.h>
#include "base/rng.h"

static const secant_opt planned_rows[] = {
	SECANT_OPT_HEADING("Plan"),
	SECANT_OPT(secant_planned, size, SIZE, "size", "256", 1, 65536, "height and width of the pictures"),
	SECANT_OPT(secant_planned, points, INT, "points", "2500", 1, 1 << 26, "points of a cloud, for networks of clouds"),
	SECANT_OPT(secant_planned, batch, INT, "batch", "1", 1, 4096, "pictures or clouds at a time"),
	SECANT_OPT(secant_planned, train, BOOL, "train", "false", 0, 0, "a step of training, instead of evaluation"),
	SECANT_OPT(secant_planned, loss, STR, "loss", NULL, 0, 0,
		"of --train; by default 0.5*dice+0.5*bce, for classes that exclude each other 0.5*dice+0.5*ce"),
	SECANT_OPT(secant_planned, precision, STR, "precision", "auto", 0, 0,
		"auto (bf16 where the CPU has AMX, else f32), f32, bf16, f64"),
	SECANT_OPT_CHOICE(secant_planned, recompute, "recompute", "auto", "auto|none|norms|all",
		"of --train: what is computed again for gradients instead of kept, for memory: results of norms, or all that "
		"one pass over memory gives; auto: all in f32, norms in bf16"),
	SECANT_OPT(secant_planned, threads, INT, "threads", "0", 0, 1024, "threads of computation; 0: all processors"),
	SECANT_OPT(secant_planned, allow_reference, BOOL, "allow-reference", "false", 0, 0,
		"let operators without a fast implementation run slowly"),
	SECANT_OPT_HEADING("Network, where no model file is given (its weights are random)"),
	SECANT_OPT_TABLE(secant_planned, network, &secant_network_options),
	SECANT_OPT_END,
};
const secant_opts secant_planned_options = { "plan", sizeof(secant_planned), planned_rows };

/* Random numbers for an input: reals in [-1, 1), targets 0 or 1, classes. */
static secant_status
feed(app_planned_run *r, int i, const char *name, const secant_shape *shape, int classes, bool f64, secant_err *err)
{
	int64_t n = secant_shape_count(shape);
	if (!(r->input[i] = base_alloc_aligned((size_t)n * sizeof(double))))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for an input of %lld numbers", (long long)n);
	base_rng rng = base_rng_make(0, BASE_FOR_TEST, 0, (uint32_t)i);
	for (int64_t k = 0; k < n; k++) {
		double v = i ? base_rng_below(&rng, classes > 1 ? (uint32_t)classes : 2) : base_rng_range(&rng, -1, 1);
		if (f64)
			((double *)r->input[i])[k] = v;
		else if (classes > 1)
			((int32_t *)r->input[i])[k] = (int32_t)v;
		else
			((float *)r->input[i])[k] = (float)v;
	}
	return exec_context_set_input(r->context, name, r->input[i], err);
}

static secant_status
open_trial(app_planned_run *r, const secant_planned *o, const exec_plan_options *plan, const secant_shape *shape,
	secant_err *err)
{
	base_mode mode = r->model.mode; /* AdamW with its usual settings */
	secant_status status = secant_opts_init(&train_optimizer_options_table, &r->settings, err);
	if (status || (status = train_optimizer_new(&r->optimizer, &r->settings, r->model.store, err)))
		return status;
	app_trial_spec spec = { .phase = NN_PHASE_TRAIN_SURE,
		.loss = o->loss ? o->loss : model_loss_usual(mode),
		.mode = mode,
		.gradients = true,
		.optimizer = &r->optimizer };
	if ((status = app_trial_make(&r->trial, &r->model, shape, &spec, plan, err)))
		return status;
	r->plan = r->trial.step.plan;
	r->context = r->trial.step.context;
	return feed(r, 1, "target", &r->trial.target, mode == BASE_MODE_MULTICLASS ? r->model.net.classes : 1,
		plan->precision == EXEC_PRECISION_F64, err);
}

static secant_status
open_network(app_planned_run *r, const char *model, const secant_planned *o, bool f64, secant_err *err)
{
	if (model)
		return model_open(&r->model, model, f64, err);
	secant_status status = model_new(&r->model, &o->network, NULL, NULL, f64, err);
	if (!status)
		model_initialize(&r->model, 0);
	return status;
}

static secant_shape
input_shape(const secant_planned *o, bool cloud, int channels)
{
	return cloud ? secant_shape_of(4, o->batch, o->points, 1, channels)
				 : secant_shape_of(4, o->batch, o->size.v[0], o->size.v[1], channels);
}

/* Plan and context of an evaluation as the network gives it, before any activation of ours. */
static secant_status
prepare(app_planned_run *r, exec_runner *runner, const secant_shape *shape, secant_err *err)
{
	const char *wanted[] = { "logits", "label" };
	int n = exec_runner_find_output(runner, "label") < 0 ? 1 : 2;
	int inputs = exec_runner_inputs(runner);
	secant_shape *all = secant_calloc((size_t)inputs + 1, sizeof *all);
	secant_status status = SECANT_OK;
	if (!all)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for shapes");
	for (int i = 0; i < inputs; i++) { /* the others belong to the ending, which is not planned */
		all[i] = i ? exec_runner_input(runner, i)->shape : *shape;
		all[i].dim[0] = shape->dim[0];
	}
	if (!(r->session = exec_session_new(runner, wanted, n, err)))
		status = err->code;
	if (!status)
		status = exec_session_prepare(r->session, all, &r->plan, &r->context, err);
	secant_free(all);
	return status;
}

secant_status
app_planned_open(app_planned_run *r, const char *model, const secant_planned *o, secant_err *err)
{
	secant_err own = { 0 };
	exec_plan_options plan = { .threads = o->threads,
		.training = o->train,
		.recompute = (exec_recompute)o->recompute,
		.allow_reference = o->allow_reference,
		.external = o->train };
	*r = (app_planned_run){ 0 };
	double start = 0;
	if (exec_precision_choose(o->precision, &plan.precision, &own))
		return secant_fail(err, own.code, "%s", own.msg);
	bool f64 = plan.precision == EXEC_PRECISION_F64;
	secant_shape shape;
	if (model && !o->train) {
		if (!deploy_deployed_open(
				&r->deployed, model, o->precision, o->threads, o->allow_reference ? DEPLOY_ALLOW_REFERENCE : 0, &own)) {
			r->is_deployed = true;
			shape = input_shape(o, r->deployed.kind != SECANT_NETWORK_PICTURES, r->deployed.inputs);
			start = secant_seconds();
			(void)!prepare(r, r->deployed.runner, &shape, &own);
		}
	} else if (!open_network(r, model, o, f64, &own)) {
		shape = input_shape(
			o, secant_network_kind_of(&r->model.net) != SECANT_NETWORK_PICTURES, secant_network_inputs(&r->model.net));
		start = secant_seconds();
		if (o->train)
			(void)!open_trial(r, o, &plan, &shape, &own);
		else if ((r->runner = model_runner(&r->model, &plan, &own)))
			(void)!prepare(r, r->runner, &shape, &own);
	}
	r->seconds = secant_seconds() - start;
	if (!own.code)
		(void)!feed(r, 0, "input", &shape, 1, f64, &own);
	if (!own.code)
		return SECANT_OK;
	app_planned_close(r);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
app_planned_close(app_planned_run *r)
{
	app_trial_free(&r->trial);
	train_optimizer_free(&r->optimizer);
	secant_opts_free(&train_optimizer_options_table, &r->settings);
	secant_session_free(r->session);
	exec_runner_free(r->runner);
	if (r->is_deployed)
		deploy_deployed_close(&r->deployed);
	model_free(&r->model);
	for (int i = 0; i < 3; i++)
		secant_free(r->input[i]);
	*r = (app_planned_run){ 0 };
}

char *
secant_model_explain(const char *model, const secant_planned *o, bool timed, bool json, secant_err *err)
{
	app_planned_run r;
	char *text = NULL;
	secant_status status = app_planned_open(&r, model, o, err);
	for (int i = 0; i < 3 && timed && !status; i++) /* the last of three is shown: the first ones warm up */
		status = exec_context_run_timed(r.context, err);
	if (!status && !(text = exec_plan_explain(r.plan, timed ? r.context : NULL, json)))
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a table");
	app_planned_close(&r);
	return text;
}
