/*
 * The training loop. Read it from train_trainer_run (at the end) upwards: open, build, then for each epoch steps,
 * recalibration, evaluation, files.
 */
#include "train/trainer.h"
#include "train/encoder_start.h"
#include "train/broken.h"
#include "train/from.h"
#include "train/preset.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/thread.h"

/* ---- opening ---- */

static secant_status
check_options(const secant_train_options *o, secant_err *err)
{
	if (o->ema > 0 && o->swa > 0)
		return secant_fail(err, SECANT_ERR_ARG, "ema and swa are two averages of one run: give one of them");
	if (o->swa > o->epochs)
		return secant_fail(err, SECANT_ERR_ARG, "swa: the last %d epochs of a run of %d", o->swa, o->epochs);
	if (o->swa_rate > 0 && !o->swa)
		return secant_fail(err, SECANT_ERR_ARG, "swa-rate is the rate of --swa epochs, and there are none");
	if (o->freeze_epochs > 0 && !o->freeze.n)
		return secant_fail(err, SECANT_ERR_ARG, "freeze-epochs wants --freeze: what is frozen");
	return SECANT_OK;
}

/* Every entry of --freeze must be the beginning of a parameter's name. */
static secant_status
check_freeze(train_trainer *s, secant_err *err)
{
	const secant_strings *list = &s->o->freeze;
	for (int i = 0; i < list->n; i++) {
		bool found = false;
		for (int k = 0; k < s->model.store->n && !found; k++)
			found = nn_is_below(s->model.store->slot[k].name, list->v[i]);
		if (!found)
			return secant_fail(err, SECANT_ERR_ARG, "freeze: no parameter's name begins with '%s'; %s", list->v[i],
				s->model.onnx.m ? "secant info NET.onnx and explain show names"
								: "they begin with encoder, decoder, segmentation_head");
	}
	s->model.freeze = list->n ? list : NULL;
	return SECANT_OK;
}

/* Which metric chooses; and what needs one. */
static secant_status
choose_metric(train_trainer *s, secant_err *err)
{
	const secant_train_options *o = s->o;
	const char *names[TRAIN_TASK_METRICS + 1] = { 0 };
	if (o->metric && (s->metric = train_task_metric(s->task, o->metric)) < 0) {
		base_str all = { 0 };
		s->metric = 0;
		for (int i = 0; s->task->metrics[i].name; i++) {
			names[i] = s->task->metrics[i].name;
			base_str_addf(&all, "%s%s", i ? ", " : "", names[i]);
		}
		const char *near = secant_nearest(o->metric, names);
		secant_fail(err, SECANT_ERR_ARG, "metric: none is named '%s'%s%s%s; there are %s", o->metric,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all.p);
		base_str_free(&all);
		return SECANT_ERR_ARG;
	}
	const char *wants = s->validates           ? NULL
		: o->metric                            ? "--metric"
		: o->patience                          ? "--patience"
		: o->keep                              ? "--keep"
		: train_schedule_watches(&o->schedule) ? "--schedule plateau"
											   : NULL;
	return wants
		? secant_fail(err, SECANT_ERR_ARG, "%s: there are no validation %s to judge by", wants, s->task->samples)
		: SECANT_OK;
}

/* What is trained on, for a run that is to go on with the same. */
static void
note_samples(train_trainer *s, const char *data)
{
	uint64_t hash = 0, whole = 0;
	size_t n = strlen(data);
	const char *before = "";
	struct stat st;
	for (int i = 0; i < s->n_samples; i++) {
		const char *path = s->task->sample_name(s, i), *name = !strncmp(path, data, n) ? path + n : path;
		if (strcmp(path, before))
			whole = stat(path, &st) ? 0 : (uint64_t)st.st_size;
		before = path;
		hash = (hash * 31 + base_fnv1a(name, strlen(name))) * 31 + whole;
	}
	(void)snprintf(s->samples_hash, sizeof s->samples_hash, "%016llx", (unsigned long long)hash);
}

static secant_status
open_with(train_trainer *s, const char *data, hub_found *encoder, secant_err *err)
{
	const secant_train_options *o = s->o;
	s->task = train_training_of(&o->network);
	if (train_schedule_check(&o->schedule, err) || exec_precision_choose(o->precision, &s->precision, err))
		return err->code;
	if (s->precision == EXEC_PRECISION_F64)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"precision f64 runs scalar references: it is for secant run, training wants f32 or bf16");
	if (check_options(o, err) || train_find_encoder(s, encoder, err) || s->task->open(s, data, err)
		|| choose_metric(s, err) || check_freeze(s, err) || !(s->feed = s->task->feed_new(s, true, err)))
		return err->code;
	model_initialize(&s->model, (uint64_t)o->seed);
	if (o->weights && model_start_from(&s->model, o->weights, &s->events->log, err))
		return err->code;
	if (encoder->path && model_load_encoder(&s->model, encoder->path, encoder->bgr, &s->events->log, err))
		return err->code;
	s->average = (train_average){ .store = s->model.store };
	s->now.plateau = (train_plateau){ .rate = o->optimizer.learning_rate, .best = NAN };
	return train_optimizer_new(&s->optimizer, &o->optimizer, s->model.store, err);
}

static secant_status
open_trainer(train_trainer *s, const char *data, secant_err *err)
{
	hub_found encoder = { 0 };
	secant_status status = open_with(s, data, &encoder, err);
	hub_found_free(&encoder);
	return status;
}

/* ---- an epoch ---- */

static bool
cancelled(const train_trainer *s)
{
	return s->events->cancelled && s->events->cancelled(s->events->user);
}

static int
updates_per_epoch(const train_trainer *s)
{
	return (s->task->feed_batches(s->feed) + s->o->accumulate - 1) / s->o->accumulate;
}

/* The time that has passed and the run's length, in the schedule's units. */
static double
passed(const train_trainer *s, double *total)
{
	const char *unit = s->o->schedule.unit;
	int each = updates_per_epoch(s);
	*total = !strcmp(unit, "step") ? (double)s->o->epochs * each : s->o->epochs;
	return !strcmp(unit, "epoch") ? s->now.epoch
		: !strcmp(unit, "step")   ? (double)s->optimizer.step
								  : (double)s->optimizer.step / each;
}

static double
learning_rate(const train_trainer *s)
{
	const secant_train_options *o = s->o;
	double total, t = passed(s, &total), swa_start = o->epochs - o->swa;
	double base = train_schedule_watches(&o->schedule) ? s->now.plateau.rate : o->optimizer.learning_rate;
	if (o->swa == 0 || o->swa_rate <= 0 || s->now.epoch < swa_start)
		return train_schedule_rate(&o->schedule, base, t, total);
	double from = train_schedule_rate(&o->schedule, base, swa_start * total / o->epochs, total);
	return train_schedule_anneal(from, o->swa_rate, s->now.epoch - swa_start, o->swa_anneal, o->schedule.linear_anneal);
}

static void
tell(const train_trainer *s, const train_epoch *done)
{
	if (!s->events->progress)
		return;
	int steps = s->task->feed_batches(s->feed);
	secant_train_score scores[TRAIN_TASK_METRICS];
	double spent = secant_seconds() - s->epoch_started, each = s->now.step ? spent / s->now.step : 0;
	secant_train_progress p = {
		.epoch = done ? done->epoch : s->now.epoch + 1,
		.epochs = s->o->epochs,
		.step = s->now.step,
		.steps = steps,
		.images = s->now.step * s->batch,
		.images_total = steps * s->batch,
		.loss = s->now.step ? s->now.epoch_loss / s->now.step : NAN,
		.learning_rate = done ? done->learning_rate : learning_rate(s),
		.images_per_second = spent > 0 ? s->now.step * s->batch / spent : 0,
		.metric = s->task->metrics[s->metric].name,
		.best = s->now.best,
		.rate = s->task->rate,
	};
	p.seconds_left = each * ((double)(s->o->epochs - p.epoch) * steps + steps - s->now.step);
	if (done) {
		p.epoch_done = true;
		p.loss = done->loss;
		p.images_per_second = done->samples_per_second;
		p.seconds = done->seconds;
		p.n_scores = s->validates ? train_task_metrics(s->task) : 0;
		for (int i = 0; i < p.n_scores; i++)
			scores[i] = (secant_train_score){ s->task->metrics[i].name, done->metric[i] };
		p.scores = scores;
		p.is_best = done->epoch == s->now.best_epoch;
	}
	s->events->progress(s->events->user, &p);
}

/* The first sample of a batch whose own numbers are none (a raster's NaN); -1: all are. The first input is what is
 * seen. */
static int
spoiled_sample(const train_trainer *s, const train_task_batch *b)
{
	const float *x = b->input[0].data;
	int64_t each = secant_shape_count(&s->input) / s->batch;
	for (int64_t i = 0; i < b->n * each; i++)
		if (!isfinite(x[i]))
			return (int)(i / each);
	return -1;
}

/* The names of a batch whose loss is no number, in RUN/nan-batch.json (also beside a run that was to be replaced); what
 * was saved before stays. */
static secant_status
stop_at(train_trainer *s, const train_task_batch *b, secant_err *err)
{
	char *path = train_trainer_path(s, "nan-batch.json");
	json_t *j = json_object(), *names = json_array();
	int spoiled = spoiled_sample(s, b);
	for (int i = 0; i < b->n; i++)
		json_array_append_new(names, json_string(s->task->sample_name(s, b->sample[i])));
	json_object_set_new(j, "epoch", json_integer(s->now.epoch + 1));
	json_object_set_new(j, "step", json_integer(s->now.steps + 1));
	double value = train_step_loss(&s->learning);
	const char *loss = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
	json_object_set_new(j, "loss", json_string(loss));
	json_object_set_new(j, "learning_rate", json_real(learning_rate(s)));
	json_object_set_new(j, "samples", names);
	secant_err own = { 0 };
	bool written = path && !base_json_write(path, j, &own);
	const char *first = s->task->sample_name(s, b->sample[spoiled < 0 ? 0 : spoiled]);
	if (spoiled >= 0)
		secant_fail(err, SECANT_ERR_RANGE,
			"the loss is %s at step %lld (epoch %d): %s itself holds numbers that are none (NaN or infinite)%s%s", loss,
			(long long)s->now.steps + 1, s->now.epoch + 1, first, written ? "; the whole batch: " : "",
			written ? path : "");
	else {
		char known[256];
		train_broken_text(s->model.store, s->learning.plan, known, sizeof known);
		secant_fail(err, SECANT_ERR_RANGE,
			"the loss is %s at step %lld (epoch %d; first sample of the batch: %s%s%s); %s", loss,
			(long long)s->now.steps + 1, s->now.epoch + 1, first, written ? "; all of them: " : "", written ? path : "",
			known);
	}
	json_decref(j);
	secant_free(path);
	return SECANT_ERR_RANGE;
}

/* A line of tests.jsonl: the scores after this step, by the running statistics. Nothing that training reads is changed.
 */
static secant_status
test_step(train_trainer *s, secant_err *err)
{
	double values[TRAIN_TASK_METRICS];
	for (int i = 0; i < TRAIN_TASK_METRICS; i++)
		values[i] = NAN;
	secant_status status = s->task->validate(s, 0, values, err);
	if (!status && (status = train_trainer_claim(s, err)) == SECANT_OK)
		status = train_trainer_log_test(s, values, err);
	return status;
}

/* The gradients of a batch; an update where the batches of one are complete. */
static secant_status
train_batch(train_trainer *s, const train_task_batch *b, secant_err *err)
{
	const secant_train_options *o = s->o;
	int threads = train_trainer_threads(s);
	secant_status status = train_trainer_bind(s->learning.plan, s->learning.context, b, err);
	if (status || (status = train_step_gradients(&s->learning, err)))
		return status;
	double loss = train_step_loss(&s->learning);
	if (!isfinite(loss))
		return stop_at(s, b, err);
	s->now.epoch_loss += loss;
	s->now.step++;
	s->now.steps++;
	bool more = s->now.step % o->accumulate && s->now.step < s->task->feed_batches(s->feed);
	if ((status = train_step_reduce(&s->learning, more, threads, err)) || more)
		return status;
	double total, t = passed(s, &total);
	train_step_update(&s->learning, learning_rate(s), train_schedule_momentum(&o->schedule, t, total), threads);
	return o->ema > 0 ? train_average_add(&s->average, o->ema, threads, err) : SECANT_OK;
}

/* Runs the rest of the epoch; CANCELLED leaves the run where a later start continues: after an update. */
static secant_status
run_epoch(train_trainer *s, secant_err *err)
{
	secant_status status = s->task->feed_start(s->feed, (uint32_t)s->now.epoch, s->now.step, err);
	while (!status) {
		train_task_batch b;
		bool end = false;
		if ((status = s->task->feed_next(s->feed, &b, &end, err)) || end || (status = train_batch(s, &b, err)))
			break;
		tell(s, NULL);
		if (s->o->test_every > 0 && s->validates && s->now.steps % s->o->test_every == 0
			&& (status = test_step(s, err)))
			break;
		if (!s->optimizer.summed && cancelled(s))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted after step %lld; --resume goes on from here",
				(long long)s->now.steps);
	}
	return status;
}

static bool
better(const train_trainer *s, double value)
{
	return isnan(s->now.best) || (s->task->metrics[s->metric].lower ? value < s->now.best : value > s->now.best);
}

static secant_status
save(train_trainer *s, const char *name, secant_err *err)
{
	char *path = train_trainer_path(s, name);
	secant_status status = path ? model_save(&s->model, path, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_free(path);
	return status;
}

/* How many batches make the statistics of an epoch's models. A pass costs a third of a step, so where an epoch is short
 * they are a quarter of its steps; four are the least that say something of a set. Averages have no others: all. */
static int
recalibration_batches(const train_trainer *s)
{
	enum { LEAST = 4 };
	int all = s->task->feed_batches(s->feed), quarter = all / 4 > LEAST ? all / 4 : LEAST,
		most = s->o->recalibrate_norms;
	if (!most)
		return s->average.n ? all : 0; /* an average has no statistics before they are computed */
	return most < quarter ? most : quarter;
}

/* The models of an epoch: validated, saved. Where there is an average, it stands in the store. */
static secant_status
show_models(train_trainer *s, train_epoch *e, secant_err *err)
{
	secant_status status = train_trainer_recalibrate(s, recalibration_batches(s), err);
	if (!status && s->validates)
		status = s->task->validate(s, e->epoch, e->metric, err);
	if (status || (status = train_trainer_claim(s, err)) || (status = save(s, "last.safetensors", err)))
		return status;
	if (s->o->keep_epochs) {
		char name[48];
		(void)snprintf(name, sizeof name, "epoch-%03d.safetensors", e->epoch);
		if ((status = save(s, name, err)))
			return status;
	}
	if (!s->validates || better(s, e->metric[s->metric])) {
		s->now.best = e->metric[s->metric];
		s->now.best_epoch = e->epoch;
		status = save(s, "best.safetensors", err);
	}
	return status ? status : train_trainer_keep(s, e, err);
}

/* Early stopping: so many epochs without a better one. */
static bool
stale(const train_trainer *s)
{
	return s->o->patience > 0 && s->now.best_epoch > 0 && s->now.epoch - s->now.best_epoch >= s->o->patience;
}

static void
report(const train_trainer *s)
{
	secant_err own = { 0 };
	if (train_trainer_report(s, &own))
		secant_log(&s->events->log, SECANT_LOG_WARNING, "there is no report: %s", own.msg);
}

/* After the steps of an epoch: statistics, scores, models, log, at the end the report, state, in that order, so that
 * whatever is interrupted can be done again. */
static secant_status
finish_epoch(train_trainer *s, secant_err *err)
{
	const secant_train_options *o = s->o;
	double trained = secant_seconds(), total;
	int threads = train_trainer_threads(s);
	train_epoch e = { .epoch = s->now.epoch + 1,
		.loss = s->now.step ? s->now.epoch_loss / s->now.step : NAN,
		.learning_rate = learning_rate(s) };
	for (int i = 0; i < TRAIN_TASK_METRICS; i++)
		e.metric[i] = NAN;
	e.samples_per_second = s->now.step * s->batch / (trained - s->epoch_started + 1e-9);
	secant_status status = o->swa > 0 && s->now.epoch >= o->epochs - o->swa
		? train_average_add(&s->average, 0, threads, err)
		: SECANT_OK;
	if (status)
		return status;
	train_average_swap(&s->average);
	status = show_models(s, &e, err);
	train_trainer_restore(s);
	train_average_swap(&s->average);
	if (status)
		return status;
	e.seconds = secant_seconds() - s->epoch_started;
	if (train_schedule_watches(&o->schedule) && passed(s, &total) >= o->schedule.warmup)
		train_plateau_report(&s->now.plateau, &o->schedule, e.metric[s->metric], s->task->metrics[s->metric].lower);
	s->now.epoch++;
	s->now.step = 0;
	s->now.epoch_loss = 0;
	if ((status = train_trainer_log(s, &e, err)))
		return status;
	if (s->now.epoch >= o->epochs || stale(s))
		report(s);
	if ((status = train_trainer_save_state(s, err)))
		return status;
	train_trainer_drop(s);
	tell(s, &e);
	return SECANT_OK;
}

/* A frozen start ends: everything learns from this epoch on. */
static secant_status
thaw(train_trainer *s, secant_err *err)
{
	if (!s->model.freeze || s->o->freeze_epochs == 0 || s->now.epoch < s->o->freeze_epochs)
		return SECANT_OK;
	s->model.freeze = NULL;
	return train_trainer_plan(s, err);
}

static secant_status
loop(train_trainer *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	while (!status && s->now.epoch < s->o->epochs && !stale(s)) {
		s->epoch_started = secant_seconds();
		if (!(status = thaw(s, err)))
			status = run_epoch(s, err);
		if (status == SECANT_ERR_CANCELLED) {
			secant_err own = { 0 };
			if (train_trainer_claim(s, &own) || train_trainer_save_state(s, &own))
				secant_log(&s->events->log, SECANT_LOG_ERROR, "the state could not be saved: %s", own.msg);
		}
		if (!status)
			status = finish_epoch(s, err);
	}
	if (!status && s->now.epoch < s->o->epochs)
		secant_log(&s->events->log, SECANT_LOG_INFO,
			"stopped after epoch %d: none was better than epoch %d for %d epochs (--patience)", s->now.epoch,
			s->now.best_epoch, s->o->patience);
	return status;
}

static void
close_trainer(train_trainer *s)
{
	train_trainer_forget_plans(s);
	if (s->task) {
		s->task->feed_free(s->feed);
		s->task->close(s->work);
	}
	train_average_free(&s->average);
	train_optimizer_free(&s->optimizer);
	model_free(&s->model);
	train_gallery_free(s->gallery);
	secant_free(s->statistics.raw);
	secant_free(s->log.v);
	secant_free(s->kept.v);
	if (s->lock >= 0)
		close(s->lock);
}

secant_status
train_trainer_set(train_trainer *s, const char *option, const char *value, secant_err *err)
{
	return secant_opts_set(&secant_train_options_table, s->options, option, value, err);
}

const char *
train_trainer_network(const train_trainer *s, char *text, size_t n)
{
	const secant_network *net = &s->o->network;
	bool chosen = secant_network_kind_of(net) == SECANT_NETWORK_PICTURES && strcmp(net->encoder, "none") != 0;
	if (s->model.onnx.m) {
		const char *name = strrchr(s->o->from_network, '/');
		(void)snprintf(text, n, "%s", name ? name + 1 : s->o->from_network);
		return text;
	}
	(void)snprintf(text, n, "%s%s%s", net->arch, chosen ? "-" : "", chosen ? net->encoder : "");
	return text;
}

int
train_trainer_threads(const train_trainer *s)
{
	return s->o->threads > 0 ? s->o->threads : base_cpu_count();
}

char *
train_trainer_path(const train_trainer *s, const char *name)
{
	return base_path_join(s->o->out, name);
}

/* Nothing is written before everything has been opened and built; a run that is to be replaced stays until there is
 * something in its place. */
static secant_status
run(train_trainer *s, secant_train_options *o, const char *data, secant_err *err)
{
	char name[96];
	bool replaces;
	secant_status status;
	if ((status = train_trainer_lock(s, err)) || (status = train_trainer_folder(o, &replaces, err))
		|| (status = open_trainer(s, data, err)) || (status = train_trainer_plan(s, err)))
		return status;
	note_samples(s, data);
	if ((o->resume && (status = train_trainer_load_state(s, err)))
		|| (!replaces && (status = train_trainer_claim(s, err))))
		return status;
	secant_log(&s->events->log, SECANT_LOG_INFO, "training %s on %d %s in %s, %d thread%s, slab %.0f MiB",
		train_trainer_network(s, name, sizeof name), s->n_samples, s->task->samples, exec_precision_name(s->precision),
		train_trainer_threads(s), train_trainer_threads(s) == 1 ? "" : "s",
		(double)exec_plan_slab_bytes(s->learning.plan) / 1048576);
	status = loop(s, err);
	if (status == SECANT_ERR_CANCELLED)
		report(s);
	return status;
}

/* --find-learning-rate: no run is made, so one that lies in the folder stays as it is. */
static secant_status
find_rate(train_trainer *s, const char *data, double *suggested, secant_err *err)
{
	secant_status status = open_trainer(s, data, err);
	if (!status)
		status = train_trainer_plan(s, err);
	return status ? status : train_trainer_find_rate(s, suggested, err);
}

/* What the data decided when the run began, it does not decide again. */
static void
classes_of_run(secant_train_options *o)
{
	char *text = o->out ? secant_train_resumed(o->out) : NULL;
	json_t *j = text ? base_json_parse(text, strlen(text), "config.json", NULL) : NULL;
	o->network.classes = (int)json_integer_value(json_object_get(j, "classes"));
	json_decref(j);
	secant_free(text);
}

secant_status
train_trainer_run(const secant_train_options *options, const char *data, const secant_train_events *events,
	secant_train_result *result, secant_err *err)
{
	static const secant_train_events silent;
	secant_train_options o;
	secant_err own = { 0 };
	train_trainer s = { .o = &o, .options = &o, .events = events ? events : &silent, .now.best = NAN, .lock = -1 };
	if (secant_opts_copy(&secant_train_options_table, &o, options, &own))
		return secant_fail(err, own.code, "%s", own.msg);
	s.started = secant_seconds();
	(void)!train_take_network(&o, &s.events->log, &own);
	(void)!train_clouds_default(&o, data, &s.events->log, &own);
	const train_training *task = train_training_of(&o.network);
	if (o.resume && !o.network.classes)
		classes_of_run(&o);
	else if (!own.code && task->settle)
		(void)!(task->settle(&o, data, s.events, &own) || train_preset_fits(&o, &own));
	const char *usual = task->loss;
	if (!o.loss && usual) {
		if (!(o.loss = base_strdup(usual)))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for options");
	} else if (!o.loss) {
		base_mode mode;
		if (!model_mode_choose(o.mode, o.network.classes, &mode, &own)
			&& !(o.loss = base_strdup(model_loss_usual(mode))))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for options");
	}
	if (!o.out && !o.check)
		secant_fail(&own, SECANT_ERR_ARG, "--out: a folder for the run is wanted");
	double suggested = NAN;
	if (!own.code && o.check)
		(void)!open_trainer(&s, data, &own);
	else if (!own.code && o.find_learning_rate)
		(void)!find_rate(&s, data, &suggested, &own);
	else if (!own.code)
		(void)!run(&s, &o, data, &own);
	if (result)
		*result = (secant_train_result){
			s.task ? s.task->metrics[s.metric].name : "",
			s.now.epoch,
			s.now.best_epoch,
			s.now.best,
			s.log.n ? s.log.v[s.log.n - 1].metric[s.metric] : NAN,
			s.log.n ? s.log.v[s.log.n - 1].loss : NAN,
			secant_seconds() - s.started,
			suggested,
		};
	close_trainer(&s);
	secant_opts_free(&secant_train_options_table, &o);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
