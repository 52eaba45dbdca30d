/*
 * `secant eval`: the scores of a model file over a split of a data set, computed by the network as a product would run
 * it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <secant/codec.h>
#include "base/file.h"
#include "base/thread.h"
#include "judge/evaluate.h"
#include "judge/evaluate_clouds.h"
#include "model/model.h"
#include "prepare/normalize.h"
#include "judge/page.h"
#include "judge/run_options.h"
#include "judge/worst.h"

/* ---- what is drawn ---- */

static secant_status
write_confusion(const secant_scores *s, const char *path, secant_err *err)
{
	const char **names = secant_calloc((size_t)s->classes, sizeof *names);
	if (!names)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (int k = 0; k < s->classes; k++)
		names[k] = s->per_class[k].name;
	secant_status status = draw_matrix_write(&(draw_matrix){ NULL, s->confusion, names, s->classes }, path, err);
	secant_free(names);
	return status;
}

typedef struct request {
	const char *const *models, *data;
	int n; /* of models */
	const secant_eval_options *o;
	const deploy_deployed *d; /* n of them */
	judge_turns *turns;
	secant_session *session; /* logits */
	const secant_logger *log;
	double threshold;
	int64_t seed; /* that divides a data set without split folders */
} request;

static secant_status
write_page(const request *q, const judge_collector *c, const secant_scores *s, secant_err *err)
{
	judge_fact facts[5] = { { .name = "model" }, { .name = "data" }, { .name = "pictures" }, { .name = "precision" },
		{ .name = "threshold" } };
	bool several = q->d->mode == BASE_MODE_MULTICLASS;
	(void)snprintf(facts[0].text, sizeof facts[0].text, "%s%s", q->models[0], q->n > 1 ? " and others" : "");
	(void)snprintf(facts[1].text, sizeof facts[1].text, "%s, %s", q->data, q->o->split);
	(void)snprintf(facts[2].text, sizeof facts[2].text, "%lld", (long long)s->images);
	(void)snprintf(facts[3].text, sizeof facts[3].text, "%s", exec_precision_name(q->d->precision));
	(void)snprintf(facts[4].text, sizeof facts[4].text, "%g", q->threshold);
	judge_page page = { .title = "Evaluation",
		.facts = facts,
		.n_facts = several ? 4 : 5,
		.scores = s,
		.cases = &c->cases,
		.samples = c->samples };
	return judge_page_write(&page, q->o->report, err);
}

/* Pictures become numbers as the model says, for every verb alike: another wish is refused rather than forgotten. */
static secant_status
check_normalize(const request *q, secant_err *err)
{
	const char *wish = q->o->data.normalize.normalize,
			   *own = json_string_value(json_object_get(q->d->file.settings, "normalize"));
	float scale[PREPARE_NORMALIZE_CHANNELS], shift[PREPARE_NORMALIZE_CHANNELS];
	if (!wish || !strcmp(wish, "auto") || !strcmp(wish, "data"))
		return SECANT_OK;
	secant_status status = prepare_normalize_parse(wish, q->d->in_channels, scale, shift, err);
	if (status)
		return status;
	for (int c = 0; c < q->d->in_channels; c++)
		if (scale[c] != q->d->scale[c] || shift[c] != q->d->shift[c])
			return secant_fail(err, SECANT_ERR_ARG,
				"--normalize %s: %s takes its pictures as %s; secant import MODEL --normalize %s --out OTHER makes a "
				"model that wants them so",
				wish, q->models[0], own ? own : "imagenet", wish);
	return SECANT_OK;
}

static secant_status
check_options(const request *q, secant_err *err)
{
	const secant_eval_options *o = q->o;
	int scored = q->d->mode == BASE_MODE_BINARY ? 1 : q->d->classes;
	secant_status status = check_normalize(q, err);
	if (status)
		return status;
	if (o->data.resize && o->data.size.n != 2)
		return secant_fail(err, SECANT_ERR_ARG, "--resize wants --size");
	if (o->class_weights.n && o->class_weights.n != scored)
		return secant_fail(err, SECANT_ERR_ARG, "--class-weights has %d numbers, the model has %d classes",
			o->class_weights.n, scored);
	if ((o->tta || q->n > 1) && o->loss)
		return secant_fail(err, SECANT_ERR_ARG,
			"--loss wants the network's own outputs, --tta and several models take the mean of probabilities");
	if (o->confusion && q->d->mode == BASE_MODE_MULTILABEL)
		return secant_fail(
			err, SECANT_ERR_ARG, "--confusion: classes that do not exclude each other have no confusion matrix");
	if (o->confusion && !base_ext_is(o->confusion, "png|svg"))
		return secant_fail(err, SECANT_ERR_ARG, "--confusion %s: drawings are written as .png or .svg", o->confusion);
	if ((o->thresholds || o->keep_threshold) && q->d->mode == BASE_MODE_MULTICLASS)
		return secant_fail(err, SECANT_ERR_ARG,
			"--thresholds, --keep-threshold: of classes that exclude each other the most probable one counts, no "
			"threshold");
	if (o->thresholds && !base_ext_is(o->thresholds, "png|svg|csv"))
		return secant_fail(
			err, SECANT_ERR_ARG, "--thresholds %s: curves are written as .png, .svg or .csv", o->thresholds);
	if (o->report && !base_ext_is(o->report, "html|htm"))
		return secant_fail(err, SECANT_ERR_ARG, "--report %s: the report is an .html page", o->report);
	return SECANT_OK;
}

/* ---- evaluation of a file ---- */

/* Everything that is wanted of the scores and pictures. */
static secant_status
write_results(const request *q, const judge_collector *c, const secant_scores *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	if (c->err.code)
		return secant_fail(err, c->err.code, "%s", c->err.msg);
	if (q->o->save)
		status = judge_collector_write(c, q->o->save, err);
	if (!status && q->o->confusion)
		status = write_confusion(s, q->o->confusion, err);
	if (!status && q->o->thresholds)
		status = judge_thresholds_write(c->thresholds, q->o->thresholds, err);
	return status || !q->o->report ? status : write_page(q, c, s, err);
}

/* Only models of our own have a place for it. */
static secant_status
can_keep_threshold(const request *q, secant_err *err)
{
	const json_t *settings = q->d->file.settings;
	if (q->d->onnx.m || json_object_get(settings, "compiled") || !json_object_get(settings, "network"))
		return secant_fail(err, SECANT_ERR_ARG,
			"--keep-threshold: %s is no model of secant train or import; give the threshold to predict or compile",
			q->models[0]);
	if (q->n > 1)
		return secant_fail(
			err, SECANT_ERR_ARG, "--keep-threshold: a threshold of %d models together is no model's", q->n);
	return SECANT_OK;
}

static secant_status
keep_threshold(const request *q, double threshold, secant_err *err)
{
	format_model_file file;
	if (isnan(threshold))
		return secant_fail(err, SECANT_ERR_RANGE, "--keep-threshold: nothing is foreground, so no threshold is best");
	secant_status status = format_model_file_read(&file, q->models[0], err);
	if (status)
		return status;
	json_object_set_new(file.settings, "threshold", json_real(threshold));
	if (!(status = format_model_file_write(&file, q->models[0], err)))
		secant_log(
			q->log, SECANT_LOG_INFO, "%s: keeps the threshold %.3f, found on %s", q->models[0], threshold, q->o->split);
	format_model_file_free(&file);
	return status;
}

/* 1 + the class that the model was not trained on, which predict does not give either; 0: none. */
static int
ignored_class(const request *q)
{
	const json_t *v = json_object_get(q->d->file.settings, "ignored_class");
	return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) < q->d->classes
		? (int)json_integer_value(v) + 1
		: 0;
}

static secant_status
count_samples(const request *q, const data_samples *s, judge_collector *c, judge_counts *counts, secant_err *err)
{
	const secant_eval_options *o = q->o;
	const deploy_deployed *d = q->d;
	base_mode mode = d->mode;
	bool probabilities = d->activated || q->turns;
	judge_evaluation e = {
		.session = q->session,
		.turns = q->turns,
		.mode = mode,
		.classes = d->classes,
		.multiple = d->multiple,
		.least = d->least,
		.side = d->side,
		.batch = d->onnx.m && deploy_onnx_batch(&d->onnx) ? deploy_onnx_batch(&d->onnx) : o->batch,
		.threads = o->threads,
		.loader_threads = o->data.loader_threads > 0 ? o->data.loader_threads
			: base_cpu_count() > 1                   ? base_cpu_count() - 1
													 : 1,
		.loss = probabilities ? NULL
			: o->loss         ? o->loss
							  : model_loss_usual(mode),
		.activated = probabilities,
		.threshold = (float)q->threshold,
		.ignore = o->data.ignore_index,
		.never = ignored_class(q),
		.size = o->data.resize ? o->data.size : (secant_ints){ 0 },
		.precision = d->precision,
	};
	secant_status status = e.loss ? nn_loss_check(e.loss, mode, NULL, err) : SECANT_OK;
	if (!status && (status = judge_counts_new(counts, mode, d->classes, err)))
		return status;
	if (!status && !(status = judge_counts_boundary(counts, o->boundary, err))
		&& (o->save || o->report || o->thresholds || o->keep_threshold)) {
		c->e = &e;
		c->samples = s;
		c->counts = counts;
		c->list = secant_calloc((size_t)data_samples_count(s) + 1, sizeof *c->list);
		e.seen = judge_collect, e.user = c;
		if (o->thresholds || o->keep_threshold)
			c->thresholds = secant_calloc(1, sizeof *c->thresholds);
		if (!c->list || ((o->thresholds || o->keep_threshold) && !c->thresholds))
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the list of pictures");
	}
	if (!status)
		status = judge_evaluate_samples(&e, s, counts, err);
	if (!e.loss)
		counts->loss = NAN;
	return status;
}

/* Labels that are read as something else than they are: nothing is foreground, or everything is. */
static void
warn_of_one_class(const request *q, const judge_counts *c)
{
	if (c->mode != BASE_MODE_BINARY || !c->confusion)
		return;
	int64_t ground = c->confusion[0] + c->confusion[1], object = c->confusion[2] + c->confusion[3];
	if (c->images && !ground != !object)
		secant_log(q->log, SECANT_LOG_WARNING,
			"%s pixel of %lld labels is foreground: is that what --label-threshold and --labels should say?",
			object ? "every" : "no", (long long)c->images);
}

static secant_status
evaluate(request *q, secant_scores *scores, secant_err *err)
{
	const deploy_deployed *d = q->d;
	secant_data_options options = q->o->data;
	char *normalize = (char *)(uintptr_t)json_string_value(json_object_get(d->file.settings, "normalize"));
	options.normalize.normalize = normalize ? normalize : options.normalize.normalize;
	char *white = (char *)(uintptr_t)json_string_value(json_object_get(d->file.settings, "white"));
	if (white && !strcmp(options.normalize.white, "auto"))
		options.normalize.white = white;
	bool whole = !options.resize && !options.tile.n;
	if (d->scaled[0] && whole) { /* as the predictor does */
		options.resize = true;
		if (!options.size.n)
			options.size = (secant_ints){ 2, { d->scaled[0], d->scaled[1] } };
		secant_log(q->log, SECANT_LOG_INFO, "pictures are scaled to %dx%d, as in training", options.size.v[0],
			options.size.v[options.size.n > 1]);
	} else if (options.size.n && whole) {
		secant_log(q->log, SECANT_LOG_WARNING,
			"--size changes nothing: pictures are judged whole; --resize scales them to it, --tile cuts them");
	}
	judge_counts counts = { 0 };
	judge_collector c = { 0 };
	char **names = NULL;
	int n_names = 0;
	secant_status status = check_options(q, err);
	if (!status && q->o->keep_threshold)
		status = can_keep_threshold(q, err);
	const char *wanted = "logits";
	if (!status && !(q->session = exec_session_new(d->runner, &wanted, 1, err)))
		status = err ? err->code : SECANT_ERR_NOMEM;
	if (!status && (q->o->tta || q->n > 1) && !(q->turns = judge_turns_new(q->d, q->n, q->o->tta, err)))
		status = err ? err->code : SECANT_ERR_ARG;
	if (!status)
		status = deploy_class_names_read(d->file.settings, &names, &n_names, err);
	if (!status)
		status = deploy_palette_read(d->file.settings, &c.palette, &c.n_palette, err);
	c.background = judge_first_is_background(names, n_names);
	data_samples_request r = {
		.path = q->data,
		.split = q->o->split,
		.options = &options,
		.in_channels = d->in_channels,
		.classes = d->classes,
		.kind = judge_target_of(d->mode),
		.class_names = names,
		.n_class_names = n_names,
		.seed = (uint64_t)q->seed,
	};
	data_samples *s = status ? NULL : data_samples_open(&r, err);
	if (!status && !s)
		status = err ? err->code : SECANT_ERR_IO;
	const char *note;
	for (int i = 0; s && (note = data_samples_white_note(s, i)); i++)
		if (*note)
			secant_log(q->log, SECANT_LOG_WARNING, "%s: pictures: %s", q->data, note);
	if (s && *data_samples_pages_note(s))
		secant_log(q->log, SECANT_LOG_WARNING, "%s", data_samples_pages_note(s));
	if (!status && !(status = count_samples(q, s, &c, &counts, err))) {
		judge_scoring how = { .names = names,
			.n_names = n_names,
			.weights = q->o->class_weights.n ? q->o->class_weights.v : NULL,
			.beta = q->o->beta,
			.zero_division = q->o->zero_division };
		status = judge_counts_scores_as(&counts, &how, scores, err);
	}
	if (!status)
		warn_of_one_class(q, &counts);
	if (!status && counts.strange)
		secant_log(q->log, SECANT_LOG_WARNING,
			"%lld pixels have outputs that are no numbers (NaN) and count as %s: the network has broken down on these "
			"pictures",
			(long long)counts.strange, d->mode == BASE_MODE_MULTICLASS ? "the first class" : "background");
	if (!status && c.thresholds) {
		judge_threshold_point best = judge_thresholds_best(c.thresholds);
		scores->best_threshold = best.threshold, scores->best_f1 = best.f1, scores->best_iou = best.iou;
	}
	if (!status)
		status = write_results(q, &c, scores, err);
	if (!status && q->o->keep_threshold)
		status = keep_threshold(q, scores->best_threshold, err);
	if (status)
		secant_scores_free(scores);
	deploy_class_names_free(names, n_names);
	judge_collector_free(&c);
	judge_counts_free(&counts);
	data_samples_free(s);
	judge_turns_free(q->turns);
	secant_session_free(q->session);
	return status;
}

static secant_status
evaluate_clouds(const request *q, secant_scores *scores, secant_err *err)
{
	char **names = NULL;
	int n_names = 0;
	judge_collector none = { 0 };
	secant_status status = deploy_class_names_read(q->d->file.settings, &names, &n_names, err);
	if (!status && q->o->tta)
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "--tta turns pictures; for clouds there is --votes");
	if (!status && (q->o->thresholds || q->o->keep_threshold))
		status = secant_fail(err, SECANT_ERR_UNSUPPORTED, "--thresholds: points have the most probable class");
	if (!status && q->o->save)
		status = secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--save shows pictures; for clouds use secant predict and secant show");
	if (!status && !(status = judge_evaluate_cloud_set(q->d, q->data, q->o, names, n_names, q->log, scores, err))
		&& (status = write_results(q, &none, scores, err)))
		secant_scores_free(scores);
	deploy_class_names_free(names, n_names);
	return status;
}

/* Models that are judged together must see one batch: the same channels, numbers and sizes. */
static secant_status
check_alike(const request *q, int i, secant_err *err)
{
	const deploy_deployed *a = &q->d[0], *b = &q->d[i];
	const char *x = json_string_value(json_object_get(a->file.settings, "normalize")),
			   *y = json_string_value(json_object_get(b->file.settings, "normalize"));
	const char *what = a->classes != b->classes || a->mode != b->mode ? "classes"
		: a->kind != b->kind || a->in_channels != b->in_channels      ? "inputs"
		: strcmp(x ? x : "", y ? y : "") != 0 ? "normalisation"
		: a->scaled[0] != b->scaled[0] || a->scaled[1] != b->scaled[1] || a->side != b->side ? "sizes"
																							 : NULL;
	if (what)
		return secant_fail(err, SECANT_ERR_ARG,
			"%s and %s have other %s: models that are judged together must agree in classes, inputs, normalisation and "
			"sizes",
			q->models[0], q->models[i], what);
	if (a->kind != SECANT_NETWORK_PICTURES)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "of clouds one model is judged at a time");
	if (a->onnx.m || b->onnx.m)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "%s: ONNX files are judged one at a time", q->models[b->onnx.m ? i : 0]);
	return SECANT_OK;
}

/* What one model left out of its training may have been another's: then the score is of pictures that were learnt. */
static void
warn_of_leaks(const request *q)
{
	for (int i = 1; i < q->n; i++) {
		secant_eval_options other;
		int64_t seed;
		secant_err none = { 0 };
		if (secant_opts_init(&secant_eval_options_table, &other, &none))
			return;
		if (!judge_take_run(&other, &seed, q->models[i], NULL, &none)
			&& (other.data.folds != q->o->data.folds || strcmp(other.data.fold, q->o->data.fold) != 0 || seed != q->seed
				|| other.data.validation_fraction != q->o->data.validation_fraction))
			secant_log(q->log, SECANT_LOG_WARNING,
				"%s held out other pictures than %s: some that are judged here were in its training", q->models[i],
				q->models[0]);
		secant_opts_free(&secant_eval_options_table, &other);
	}
}

static secant_status
evaluate_opened(request *q, const secant_eval_options *o, deploy_deployed *d, secant_scores *scores, secant_err *err)
{
	secant_eval_options own;
	secant_err copying = { 0 };
	secant_status status = SECANT_OK;
	for (int i = 1; i < q->n && !status; i++) {
		status = check_alike(q, i, err);
		d[0].multiple = d[i].multiple > d[0].multiple ? d[i].multiple : d[0].multiple;
		d[0].least = d[i].least > d[0].least ? d[i].least : d[0].least;
	}
	if (status)
		return status;
	if (secant_opts_copy(&secant_eval_options_table, &own, o, &copying))
		return secant_fail(err, copying.code, "%s", copying.msg);
	q->o = &own;
	q->threshold = deploy_threshold(d, q->n, o->threshold);
	if (o->threshold < 0 && q->threshold != .5)
		secant_log(q->log, SECANT_LOG_INFO, "threshold %.3f, which is kept with the model (--threshold)", q->threshold);
	status = judge_take_run(&own, &q->seed, q->models[0], q->log, err);
	if (!status)
		warn_of_leaks(q);
	if (!status)
		status = d->kind == SECANT_NETWORK_PICTURES ? evaluate(q, scores, err) : evaluate_clouds(q, scores, err);
	secant_opts_free(&secant_eval_options_table, &own);
	return status;
}

secant_status
secant_evaluate_ensemble(const char *const *models, int n, const char *data, const secant_eval_options *o,
	const secant_logger *log, secant_scores *scores, secant_err *err)
{
	*scores = (secant_scores){ 0 };
	exec_precision precision;
	if (n < 1)
		return secant_fail(err, SECANT_ERR_ARG, "no model is given");
	secant_status status = exec_precision_choose(o->precision, &precision, err);
	if (!status && precision == EXEC_PRECISION_F64)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"precision f64 runs scalar references: it is for secant run, evaluation wants f32 or bf16");
	deploy_deployed *d = status ? NULL : secant_calloc((size_t)n, sizeof *d);
	if (!status && !d)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d models", n);
	request q = { .models = models, .data = data, .d = d, .log = log };
	for (; !status && q.n < n; q.n += !status)
		status = deploy_deployed_open(
			&d[q.n], models[q.n], o->precision, o->threads, o->allow_reference ? DEPLOY_ALLOW_REFERENCE : 0, err);
	if (!status) {
		secant_log(log, SECANT_LOG_DEBUG, "evaluating %s in %s", models[0], exec_precision_name(d[0].precision));
		status = evaluate_opened(&q, o, d, scores, err);
	}
	for (int i = 0; i < q.n; i++)
		deploy_deployed_close(&d[i]);
	secant_free(d);
	return status;
}

secant_status
secant_evaluate(const char *model, const char *data, const secant_eval_options *o, const secant_logger *log,
	secant_scores *scores, secant_err *err)
{
	return secant_evaluate_ensemble(&model, 1, data, o, log, scores, err);
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_eval_options, split, STR, "split", "val", 0, 0, "which pictures: train, val, test"),
	SECANT_OPT(secant_eval_options, threshold, REAL, "threshold", "-1", -1, 0.999999,
		"probability from which a pixel is foreground (1 class, multilabel); -1: the one kept with the model, else "
		"0.5"),
	SECANT_OPT(secant_eval_options, tta, STR, "tta", NULL, 0, 0,
		"views beside the picture itself, whose probabilities are averaged: a list of flip-h, flip-v, flips, rotate90, "
		"d4, as in predict"),
	SECANT_OPT(secant_eval_options, save, STR, "save", NULL, 0, 0,
		"folder for the worst pictures (beside label, prediction, errors) and the list of all, worst first"),
	SECANT_OPT(secant_eval_options, confusion, STR, "confusion", NULL, 0, 0,
		"the confusion matrix as a picture, .png or .svg"),
	SECANT_OPT(secant_eval_options, thresholds, STR, "thresholds", NULL, 0, 0,
		"precision, recall, F1 and IoU by threshold, .png, .svg or .csv; the best threshold is said (1 class, "
		"multilabel)"),
	SECANT_OPT(secant_eval_options, keep_threshold, BOOL, "keep-threshold", "false", 0, 1,
		"write the threshold of the best IoU into the model file: predict, eval and compile take it from there"),
	SECANT_OPT(secant_eval_options, report, STR, "report", NULL, 0, 0,
		"a page with scores, confusion matrix and worst pictures, .html, which holds all its pictures"),
	SECANT_OPT(secant_eval_options, boundary, REAL, "boundary", "0.0075", 0, 1000,
		"tolerance of the boundary F1: pixels, or below 1 a share of the picture's diagonal (one pixel at least); 0: "
		"none is computed"),
	SECANT_OPT(secant_eval_options, class_weights, REALS, "class-weights", "", 0, 1e9,
		"of the weighted means, one a class; absent: the share of each class in the labels"),
	SECANT_OPT(secant_eval_options, beta, REAL, "beta", "2", 0.001, 1000,
		"of fbeta: how many times recall counts as much as precision"),
	SECANT_OPT_CHOICE(secant_eval_options, zero_division, "zero-division", "skip", "skip|0|1",
		"what 0/0 counts as in means over classes and pictures: nothing, 0, 1"),
	SECANT_OPT(secant_eval_options, loss, STR, "loss", NULL, 0, 0, "loss to report, as in train"),
	SECANT_OPT(secant_eval_options, batch, INT, "batch", "4", 1, 4096, "pictures at once where they have one size"),
	SECANT_OPT(secant_eval_options, precision, STR, "precision", "auto", 0, 0,
		"auto, bf16 or f32; auto: bf16 where the CPU has AMX"),
	SECANT_OPT(secant_eval_options, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(secant_eval_options, allow_reference, BOOL, "allow-reference", "false", 0, 1,
		"let an operator without fast implementation run, slowly"),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_eval_options, data, &secant_data_options_table),
	SECANT_OPT_HEADING("Point clouds"),
	SECANT_OPT_TABLE(secant_eval_options, clouds, &secant_cloud_judging_options),
	SECANT_OPT_END,
};
const secant_opts secant_eval_options_table = { "eval", sizeof(secant_eval_options), rows };
