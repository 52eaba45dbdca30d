/*
 * The training loop. Read it from secant_train (at the end) upwards: open, build, then for each epoch steps, recalibration, evaluation,
 * files.
 */
#include "train/session.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/file.h"
#include "base/json.h"
#include "base/thread.h"

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static secant_status
status_of(const secant_err *err)
{
	return err->code;
}

/* ---- opening ---- */

static secant_status
open_session(secant_session *s, const char *data, secant_err *err)
{
	const secant_train_options *o = s->o;
	s->task = secant_training_of(&o->network);
	if (secant_schedule_check(&o->schedule, err) || secant_precision_choose(o->precision, &s->precision, err))
		return status_of(err);
	if (s->precision == SECANT_PRECISION_F64)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "precision f64 runs scalar references: it is for secant run, training wants f32 or bf16");
	if (s->task->open(s, data, err) || !(s->feed = s->task->feed_new(s, true, err)))
		return status_of(err);
	secant_model_initialize(&s->model, (uint64_t)o->seed);
	if (o->weights && secant_model_load(&s->model, o->weights, err))
		return status_of(err);
	if (o->encoder_weights && secant_model_load_encoder(&s->model, o->encoder_weights, &s->events->log, err))
		return status_of(err);
	return secant_optimizer_new(&s->optimizer, &o->optimizer, s->model.store, err);
}

/* ---- plans ---- */

static secant_plan_options
plan_options(const secant_session *s)
{
	return (secant_plan_options){ .precision = s->precision, .threads = s->o->threads, .training = true, .allow_reference = s->o->allow_reference, .external = true };
}

/* Gradients go straight to their place in the optimiser's buffer. */
static secant_status
bind_gradients(secant_session *s, const secant_value *grad, const secant_slot *const *slots, int n, secant_err *err)
{
	(void)grad;
	secant_status status = secant_context_set_output(s->context, 0, &s->loss, err);
	for (int i = 0; i < n && !status; i++)
		status = secant_context_set_output(s->context, 1 + i, (float *)s->optimizer.grad + slots[i]->offset, err);
	return status;
}

static secant_status
plan_gradients(secant_session *s, secant_value loss, secant_err *err)
{
	size_t n = (size_t)s->model.store->n + 1;
	secant_value *of = secant_calloc(n, sizeof *of), *grad = secant_calloc(n, sizeof *grad), *out = secant_calloc(n + 1, sizeof *out);
	const secant_slot **slots = secant_calloc(n, sizeof *slots);
	secant_status status = of && grad && out && slots ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a training plan");
	int wanted = 0, found = 0;
	for (int i = 0; !status && i < s->model.store->n; i++) {
		secant_value v = s->model.store->slot[i].trainable ? secant_graph_find(s->graph, s->model.store->slot[i].name) : -1;
		if (v >= 0)
			slots[wanted] = &s->model.store->slot[i], of[wanted++] = v;
	}
	if (!status && !(status = secant_graph_gradients(s->graph, loss, of, wanted, grad, err))) {
		out[0] = loss;
		for (int i = 0; i < wanted; i++)
			if (grad[i] >= 0)                    /* states that forward never uses have none */
				slots[found] = slots[i], out[1 + found++] = grad[i];
		secant_plan_options po = plan_options(s);
		if (!(s->plan = secant_plan_new(s->graph, s->model.store, out, 1 + found, &po, err)) || !(s->context = secant_context_new(s->plan, err)))
			status = status_of(err);
		else
			status = bind_gradients(s, grad, slots, found, err);
	}
	secant_free(of);
	secant_free(grad);
	secant_free(out);
	secant_free(slots);
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

static secant_status
plan_training(secant_session *s, secant_err *err)
{
	secant_value loss;
	if (s->task->build(s, SECANT_PHASE_TRAIN, &s->graph, &loss, err))
		return status_of(err);
	secant_graph *fused = secant_pass_fuse(s->graph, &loss, 1, err);
	if (!fused)
		return status_of(err);
	secant_graph_free(s->graph);
	s->graph = fused;
	secant_status status = plan_gradients(s, loss, err);
	return status ? status : bind_counters(s, err);
}

static secant_status
plan_recalibration(secant_session *s, secant_err *err)
{
	secant_value none;
	if (s->task->build(s, SECANT_PHASE_RECALIBRATE, &s->recal_graph, &none, err))
		return status_of(err);
	if (secant_graph_find(s->recal_graph, "norm_momentum") < 0)
		return SECANT_OK;                        /* a network without batch norms */
	secant_graph *fused = secant_pass_fuse(s->recal_graph, NULL, 0, err);
	if (!fused)
		return status_of(err);
	secant_graph_free(s->recal_graph);
	s->recal_graph = fused;
	secant_plan_options po = plan_options(s);
	if (!(s->recal_plan = secant_plan_new(fused, s->model.store, NULL, 0, &po, err)) || !(s->recal_context = secant_context_new_in(s->recal_plan, s->context, err)) ||
	    !(s->recal_feed = s->task->feed_new(s, false, err)))
		return status_of(err);
	return secant_context_set_input(s->recal_context, "norm_momentum", &s->norm_momentum, err);
}

/* Hands a batch to the plan's inputs of those names; what a plan has no input for (the target, in recalibration) is left out. */
static secant_status
bind_batch(const secant_plan *p, secant_context *c, const secant_task_batch *b, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < secant_plan_inputs(p); i++)
		for (int k = 0; k < b->inputs && !status; k++)
			if (!strcmp(secant_plan_input_name(p, i), b->input[k].name))
				status = secant_context_set_input(c, b->input[k].name, b->input[k].data, err);
	return status;
}

/* ---- statistics ---- */

/* Replaces running statistics by the plain mean over a few unaugmented training batches: batch k enters with momentum 1/k. The raw ones are
 * kept aside until restore_statistics. */
static secant_status
recalibrate(secant_session *s, secant_err *err)
{
	secant_store *store = s->model.store;
	size_t bytes = store->others_bytes;
	if (s->o->recalibrate_norms <= 0)
		return SECANT_OK;
	if (!s->recal_graph && plan_recalibration(s, err))
		return status_of(err);
	if (!s->recal_plan)
		return SECANT_OK;
	if (!s->raw && !(s->raw = secant_calloc(bytes + 1, 1)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to keep running statistics");
	memcpy(s->raw, store->others, bytes);
	secant_status status = s->task->feed_start(s->recal_feed, 0, 0, err);
	for (int k = 1; k <= s->o->recalibrate_norms && !status; k++) {
		secant_task_batch b;
		bool end = false;
		if ((status = s->task->feed_next(s->recal_feed, &b, &end, err)) || end)
			break;
		s->norm_momentum = 1.f / (float)k;
		if (!(status = bind_batch(s->recal_plan, s->recal_context, &b, err)))
			status = secant_context_run(s->recal_context, err);
	}
	return status;
}

static void
restore_statistics(secant_session *s)
{
	if (s->raw && s->recal_plan)
		memcpy(s->model.store->others, s->raw, s->model.store->others_bytes);
}

/* ---- an epoch ---- */

static bool
cancelled(const secant_session *s)
{
	return s->events->cancelled && s->events->cancelled(s->events->user);
}

static double
learning_rate(const secant_session *s)
{
	const secant_schedule_options *o = &s->o->schedule;
	int per_epoch = s->task->feed_batches(s->feed);
	bool by_step = !strcmp(o->unit, "step");
	return secant_schedule_rate(o, s->o->optimizer.learning_rate, by_step ? (double)s->steps : s->epoch, by_step ? (double)s->o->epochs * per_epoch : s->o->epochs);
}

static void
tell(const secant_session *s, const secant_epoch *done)
{
	if (!s->events->progress)
		return;
	int steps = s->task->feed_batches(s->feed);
	secant_train_score scores[SECANT_TASK_METRICS];
	double spent = now() - s->epoch_started, each = s->step ? spent / s->step : 0;
	secant_train_progress p = { .epoch = done ? done->epoch : s->epoch + 1, .epochs = s->o->epochs, .step = s->step, .steps = steps,
	                            .images = s->step * s->batch, .images_total = steps * s->batch,
	                            .loss = s->step ? s->epoch_loss / s->step : NAN, .learning_rate = done ? done->learning_rate : learning_rate(s),
	                            .images_per_second = spent > 0 ? s->step * s->batch / spent : 0, .metric = s->task->metrics[s->metric].name, .best = s->best };
	p.seconds_left = each * ((double)(s->o->epochs - p.epoch) * steps + steps - s->step);
	if (done) {
		p.epoch_done = true;
		p.loss = done->loss;
		p.images_per_second = done->samples_per_second;
		p.seconds = done->seconds;
		p.n_scores = s->validates ? secant_task_metrics(s->task) : 0;
		for (int i = 0; i < p.n_scores; i++)
			scores[i] = (secant_train_score){ s->task->metrics[i].name, done->metric[i] };
		p.scores = scores;
		p.is_best = done->epoch == s->best_epoch;
	}
	s->events->progress(s->events->user, &p);
}

static secant_status
name_batch(const secant_session *s, const secant_task_batch *b, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_RANGE, "the loss is %g at step %lld (epoch %d; first sample of the batch: %s); a smaller --learning-rate may help", (double)s->loss,
	                   (long long)s->steps, s->epoch + 1, s->task->sample_name(s, b->sample[0]));
}

/* A line of tests.jsonl: the scores after this step, by the running statistics. Nothing that training reads is changed. */
static secant_status
test_step(secant_session *s, secant_err *err)
{
	double values[SECANT_TASK_METRICS];
	for (int i = 0; i < SECANT_TASK_METRICS; i++)
		values[i] = NAN;
	secant_status status = s->task->validate(s, 0, values, err);
	if (!status && (status = secant_session_claim(s, err)) == SECANT_OK)
		status = secant_session_log_test(s, values, err);
	return status;
}

/* Runs the rest of the epoch; CANCELLED leaves the session where a later start continues. */
static secant_status
train_epoch(secant_session *s, secant_err *err)
{
	secant_status status = s->task->feed_start(s->feed, (uint32_t)s->epoch, s->step, err);
	while (!status) {
		secant_task_batch b;
		bool end = false;
		if ((status = s->task->feed_next(s->feed, &b, &end, err)) || end)
			break;
		double rate = learning_rate(s);
		if ((status = bind_batch(s->plan, s->context, &b, err)) || (status = secant_context_run(s->context, err)))
			break;
		if (!isfinite(s->loss))
			return name_batch(s, &b, err);
		secant_optimizer_update(&s->optimizer, rate, -1, s->o->threads > 0 ? s->o->threads : secant_cpu_count());
		s->epoch_loss += (double)s->loss;
		s->step++;
		s->steps++;
		tell(s, NULL);
		if (s->o->test_every > 0 && s->validates && s->steps % s->o->test_every == 0 && (status = test_step(s, err)))
			break;
		if (cancelled(s))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted after step %lld; --resume goes on from here", (long long)s->steps);
	}
	return status;
}

static bool
better(const secant_session *s, double value)
{
	return isnan(s->best) || (s->task->metrics[s->metric].lower ? value < s->best : value > s->best);
}

static secant_status
save(secant_session *s, const char *name, secant_err *err)
{
	char *path = secant_session_path(s, name);
	secant_status status = path ? secant_model_save(&s->model, path, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_free(path);
	return status;
}

/* After the steps of an epoch: statistics, scores, models, log, state, in that order, so that whatever is interrupted can be done again. */
static secant_status
finish_epoch(secant_session *s, secant_err *err)
{
	double trained = now();
	secant_epoch e = { .epoch = s->epoch + 1, .loss = s->step ? s->epoch_loss / s->step : NAN, .learning_rate = learning_rate(s) };
	for (int i = 0; i < SECANT_TASK_METRICS; i++)
		e.metric[i] = NAN;
	e.samples_per_second = s->step * s->batch / (trained - s->epoch_started + 1e-9);
	secant_status status = recalibrate(s, err);
	if (!status && s->validates)
		status = s->task->validate(s, e.epoch, e.metric, err);
	e.seconds = now() - s->epoch_started;
	bool best = !s->validates || better(s, e.metric[s->metric]);
	if (!status && !(status = secant_session_claim(s, err)))
		status = save(s, "last.safetensors", err);
	if (!status && s->o->keep_epochs) {
		char name[48];
		(void)snprintf(name, sizeof name, "epoch-%03d.safetensors", e.epoch);
		status = save(s, name, err);
	}
	if (!status && best) {
		s->best = e.metric[s->metric];
		s->best_epoch = e.epoch;
		status = save(s, "best.safetensors", err);
	}
	restore_statistics(s);
	if (status)
		return status;
	s->epoch++;
	s->step = 0;
	s->epoch_loss = 0;
	if ((status = secant_session_log(s, &e, err)) || (status = secant_session_save_state(s, err)))
		return status;
	tell(s, &e);
	return SECANT_OK;
}

static secant_status
loop(secant_session *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	while (!status && s->epoch < s->o->epochs) {
		s->epoch_started = now();
		status = train_epoch(s, err);
		if (status == SECANT_ERR_CANCELLED) {
			secant_err own = { 0 };
			if (secant_session_claim(s, &own) || secant_session_save_state(s, &own))
				secant_log(&s->events->log, SECANT_LOG_ERROR, "the state could not be saved: %s", own.msg);
		}
		if (!status)
			status = finish_epoch(s, err);
	}
	return status;
}

static void
close_session(secant_session *s)
{
	if (s->task) {
		s->task->feed_free(s->recal_feed);
		s->task->feed_free(s->feed);
		s->task->close(s->work);
	}
	secant_context_free(s->recal_context);
	secant_plan_free(s->recal_plan);
	secant_graph_free(s->recal_graph);
	secant_context_free(s->context);
	secant_plan_free(s->plan);
	secant_graph_free(s->graph);
	secant_optimizer_free(&s->optimizer);
	secant_model_free(&s->model);
	secant_gallery_free(s->gallery);
	secant_free(s->raw);
	secant_free(s->history);
}

char *
secant_session_path(const secant_session *s, const char *name)
{
	return secant_path_join(s->o->out, name);
}

secant_status
secant_train(const secant_train_options *options, const char *data, const secant_train_events *events, secant_train_result *result, secant_err *err)
{
	static const secant_train_events silent;
	secant_train_options o;
	secant_err own = { 0 };
	bool replaces;
	secant_session s = { .o = &o, .events = events ? events : &silent, .best = NAN };
	if (secant_opts_copy(&secant_train_options_table, &o, options, &own))
		return secant_fail(err, own.code, "%s", own.msg);
	s.started = now();
	const char *usual = secant_training_of(&o.network)->loss;
	if (!o.loss && usual) {
		if (!(o.loss = secant_strdup(usual)))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for options");
	} else if (!o.loss) {
		secant_mode mode;
		if (!secant_mode_choose(o.mode, o.network.classes, &mode, &own) && !(o.loss = secant_strdup(mode == SECANT_MODE_MULTICLASS ? "0.5*dice+0.5*ce" : "0.5*dice+0.5*bce")))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for options");
	}
	if (!o.out)
		secant_fail(&own, SECANT_ERR_ARG, "--out: a folder for the run is wanted");
	/* Nothing is written before everything has been opened and built; a run that is to be replaced stays until there is something in its
	 * place. */
	if (!own.code && !secant_session_folder(&o, &replaces, &own) && !open_session(&s, data, &own) && !plan_training(&s, &own) &&
	    !(o.resume && secant_session_load_state(&s, &own)) && (replaces || !secant_session_claim(&s, &own))) {
		secant_log(&s.events->log, SECANT_LOG_INFO, "training %s-%s on %d %s in %s, %d threads, slab %.0f MiB", o.network.arch, o.network.encoder,
		           s.n_samples, s.task->samples, s.precision == SECANT_PRECISION_BF16 ? "bf16" : "f32", o.threads > 0 ? o.threads : secant_cpu_count(),
		           (double)secant_plan_slab_bytes(s.plan) / 1048576);
		secant_status status = loop(&s, &own);
		secant_err late = { 0 };
		if ((!status || status == SECANT_ERR_CANCELLED) && secant_session_report(&s, &late))
			secant_log(&s.events->log, SECANT_LOG_WARNING, "there is no report: %s", late.msg);
	}
	if (result)
		*result = (secant_train_result){ s.task ? s.task->metrics[s.metric].name : "", s.epoch, s.best_epoch, s.best, s.n_history ? s.history[s.n_history - 1].metric[s.metric] : NAN,
		                                 s.n_history ? s.history[s.n_history - 1].loss : NAN, now() - s.started };
	close_session(&s);
	secant_opts_free(&secant_train_options_table, &o);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_train_options, out, STR, "out", NULL, 0, 0, "the run folder: models, log, curves, pictures"),
	SECANT_OPT(secant_train_options, resume, BOOL, "resume", "false", 0, 1, "go on exactly where the run in --out stopped, with its options"),
	SECANT_OPT(secant_train_options, overwrite, BOOL, "overwrite", "false", 0, 1, "replace the run in --out"),
	SECANT_OPT(secant_train_options, epochs, INT, "epochs", "20", 1, 1000000, "passes over the training pictures"),
	SECANT_OPT(secant_train_options, batch, INT, "batch", "8", 1, 4096, "pictures in a step"),
	SECANT_OPT(secant_train_options, loss, STR, "loss", NULL, 0, 0, "a weighted sum of losses (secant list losses); absent: 0.5*dice+0.5*bce, multiclass 0.5*dice+0.5*ce, clouds ce"),
	SECANT_OPT(secant_train_options, mode, STR, "mode", NULL, 0, 0, "binary, multiclass or multilabel; absent: by the classes"),
	SECANT_OPT(secant_train_options, augment, JSON, "augment", "flip-h,flip-v,rotate90", 0, 0, "augmentations by name, or a JSON list with settings; none"),
	SECANT_OPT(secant_train_options, weights, STR, "weights", NULL, 0, 0, "start from these weights: a model or a state_dict that fits"),
	SECANT_OPT(secant_train_options, encoder_weights, STR, "encoder-weights", NULL, 0, 0, "start the encoder from a file of torchvision, timm or smp"),
	SECANT_OPT(secant_train_options, recalibrate_norms, INT, "recalibrate-norms", "16", 0, 100000, "training batches that make the statistics of validated and saved models; 0: running statistics, as PyTorch"),
	SECANT_OPT(secant_train_options, test_every, INT, "test-every", "0", 0, 1 << 30, "also validate after every so many steps, into tests.jsonl; 0: after epochs only"),
	SECANT_OPT(secant_train_options, keep_epochs, BOOL, "keep-epochs", "false", 0, 1, "keep the model of every epoch: epoch-NNN.safetensors"),
	SECANT_OPT(secant_train_options, precision, STR, "precision", "auto", 0, 0, "auto, bf16 or f32; auto: bf16 where the CPU has AMX"),
	SECANT_OPT(secant_train_options, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(secant_train_options, seed, INT, "seed", "0", 0, 1 << 30, "of weights, order and augmentation"),
	SECANT_OPT(secant_train_options, allow_reference, BOOL, "allow-reference", "false", 0, 1, "let an operator without fast implementation run, slowly"),
	SECANT_OPT_HEADING("Network"),
	SECANT_OPT_TABLE(secant_train_options, network, &secant_network_options),
	SECANT_OPT_HEADING("Optimiser and schedule"),
	SECANT_OPT_TABLE(secant_train_options, optimizer, &secant_optimizer_options_table),
	SECANT_OPT_TABLE(secant_train_options, schedule, &secant_schedule_options_table),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_train_options, data, &secant_data_options_table),
	SECANT_OPT_HEADING("Point clouds"),
	SECANT_OPT_TABLE(secant_train_options, clouds, &secant_cloud_options_table),
	SECANT_OPT_END
};
const secant_opts secant_train_options_table = { "train", sizeof(secant_train_options), rows };
