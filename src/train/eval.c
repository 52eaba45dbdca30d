/*
 * `secant eval`: the scores of a model file over a split of a data set, computed by the network as a product would run it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <secant/codec.h>
#include <secant/palette.h>
#include "base/file.h"
#include "base/thread.h"
#include "train/evaluate.h"
#include "train/model.h"

/* ---- the worst pictures ---- */

typedef struct worst { double score; int sample; } worst;
typedef struct collector {
	const secant_evaluation *e;
	worst *list;                                 /* of every picture */
	int n;
} collector;

/* Scores one picture by the IoU of its own counts. */
static void
collect(void *user, int sample, const float *logits, const void *target, int height, int width, int stride)
{
	collector *c = user;
	secant_counts own;
	secant_scores scores;
	secant_err err = { 0 };
	if (secant_counts_new(&own, c->e->mode, c->e->classes, &err))
		return;
	float cut = c->e->activated ? c->e->threshold : logf(c->e->threshold / (1 - c->e->threshold));
	secant_counts_add(&own, logits, target, height, width, stride, cut, c->e->ignore);
	if (!secant_counts_scores(&own, NULL, 0, &scores, &err)) {
		c->list[c->n++] = (worst){ isnan(scores.iou) ? 1 : scores.iou, sample };
		secant_scores_free(&scores);
	}
	secant_counts_free(&own);
}

static int
by_score(const void *a, const void *b)
{
	const worst *x = a, *y = b;
	return x->score < y->score ? -1 : x->score > y->score ? 1 : x->sample - y->sample;
}

static secant_status
write_worst(const collector *c, const secant_samples *s, const char *folder, secant_err *err)
{
	char *path = secant_path_join(folder, "worst.txt");
	secant_status status = path ? secant_make_dirs(folder, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_writer *w = status ? NULL : secant_writer_open(path, err);
	qsort(c->list, (size_t)c->n, sizeof *c->list, by_score);
	if (!w)
		status = err ? err->code : SECANT_ERR_IO;
	for (int i = 0; i < c->n && !status; i++)
		status = secant_writer_printf(w, err, "%.6f\t%s\n", c->list[i].score, secant_samples_image_path(s, c->list[i].sample));
	for (int i = 0; i < c->n && i < 16 && !status; i++) {
		secant_image im = { 0 };
		char name[64], *stem = secant_path_stem(secant_samples_image_path(s, c->list[i].sample)), *out;
		(void)snprintf(name, sizeof name, "%02d-%.3f-", i + 1, c->list[i].score);
		char *file = stem ? secant_format("%s%s.png", name, stem) : NULL;
		out = file ? secant_path_join(folder, file) : NULL;
		if (!out)
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
		else if (!(status = secant_image_read(&im, secant_samples_image_path(s, c->list[i].sample), &(secant_image_read_options){ .channels = 3, .to_u8 = true }, err)))
			status = secant_image_write(&im, out, NULL, err);
		secant_image_free(&im);
		secant_free(stem), secant_free(file), secant_free(out);
	}
	secant_free(path);
	if (status) {
		secant_writer_abort(w);
		return status;
	}
	return secant_writer_commit(w, err);
}

/* ---- evaluation of a file ---- */

static secant_status
take_names(const secant_deployed *d, char ***names, int *n, secant_err *err)
{
	const json_t *list = json_object_get(d->file.settings, "class_names");
	*n = 0;
	if (!json_array_size(list))
		return SECANT_OK;
	if (!(*names = secant_calloc(json_array_size(list), sizeof **names)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		if (!((*names)[(*n)++] = secant_strdup(name ? name : "")))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	}
	return SECANT_OK;
}

static secant_status
evaluate(secant_deployed *d, const char *data, const secant_eval_options *o, secant_scores *scores, secant_err *err)
{
	secant_data_options options = o->data;
	char *normalize = (char *)(uintptr_t)json_string_value(json_object_get(d->file.settings, "normalize"));
	options.normalize.normalize = normalize ? normalize : options.normalize.normalize;
	secant_mode mode = (secant_mode)d->task;
	secant_samples_request r = { .path = data, .split = o->split, .options = &options, .in_channels = d->in_channels, .classes = d->classes, .kind = secant_target_of(mode) };
	secant_samples *s = secant_samples_open(&r, err);
	secant_counts counts = { 0 };
	collector worst_of = { 0 };
	char **names = NULL;
	int n_names = 0;
	secant_status status = s ? secant_counts_new(&counts, mode, d->classes, err) : err ? err->code : SECANT_ERR_IO;
	static const char *const usual[] = { "0.5*dice+0.5*bce", "0.5*dice+0.5*ce", "0.5*dice+0.5*bce" };
	secant_evaluation e = { .runner = d->runner, .mode = mode, .classes = d->classes, .multiple = d->multiple, .batch = o->batch, .threads = o->threads,
	                        .loader_threads = o->data.loader_threads > 0 ? o->data.loader_threads : secant_cpu_count() > 1 ? secant_cpu_count() - 1 : 1,
	                        .loss = d->activated ? NULL : o->loss ? o->loss : usual[mode], .activated = d->activated, .threshold = (float)o->threshold,
	                        .ignore = o->data.ignore_index, .size = o->data.resize ? o->data.size : (secant_ints){ 0 }, .precision = d->precision };
	if (!status && e.loss)
		status = secant_loss_check(e.loss, mode, err);
	if (!status && o->data.resize && o->data.size.n != 2)
		status = secant_fail(err, SECANT_ERR_ARG, "--resize wants --size");
	if (!status && o->save) {
		worst_of = (collector){ &e, secant_calloc((size_t)secant_samples_count(s) + 1, sizeof(worst)), 0 };
		e.seen = collect, e.user = &worst_of;
		if (!worst_of.list)
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the list of pictures");
	}
	if (!status && !(status = secant_evaluate_samples(&e, s, &counts, err)) && !(status = take_names(d, &names, &n_names, err)))
		status = secant_counts_scores(&counts, names, n_names, scores, err);
	if (!status && !e.loss)
		scores->loss = NAN;
	if (!status && o->save && (status = write_worst(&worst_of, s, o->save, err)))
		secant_scores_free(scores);
	for (int i = 0; i < n_names; i++)
		secant_free(names[i]);
	secant_free(names);
	secant_free(worst_of.list);
	secant_counts_free(&counts);
	secant_samples_free(s);
	return status;
}

secant_status
secant_evaluate(const char *model, const char *data, const secant_eval_options *o, const secant_logger *log, secant_scores *scores, secant_err *err)
{
	secant_deployed d;
	*scores = (secant_scores){ 0 };
	if (!strcmp(o->precision, "f64"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "precision f64 runs scalar references: it is for secant run, evaluation wants f32 or bf16");
	secant_status status = secant_deployed_open(&d, model, o->precision, o->threads, o->allow_reference, err);
	if (status)
		return status;
	secant_log(log, SECANT_LOG_DEBUG, "evaluating %s in %s", model, d.precision == SECANT_PRECISION_BF16 ? "bf16" : "f32");
	status = evaluate(&d, data, o, scores, err);
	secant_deployed_close(&d);
	return status;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_eval_options, split, STR, "split", "val", 0, 0, "which pictures: train, val, test"),
	SECANT_OPT(secant_eval_options, threshold, REAL, "threshold", "0.5", 0.000001, 0.999999, "probability from which a pixel is foreground (1 class, multilabel)"),
	SECANT_OPT(secant_eval_options, save, STR, "save", NULL, 0, 0, "folder for the worst pictures and the list of all, worst first"),
	SECANT_OPT(secant_eval_options, loss, STR, "loss", NULL, 0, 0, "loss to report, as in train"),
	SECANT_OPT(secant_eval_options, batch, INT, "batch", "4", 1, 4096, "pictures at once where they have one size"),
	SECANT_OPT(secant_eval_options, precision, STR, "precision", "auto", 0, 0, "auto, bf16 or f32; auto: bf16 where the CPU has AMX"),
	SECANT_OPT(secant_eval_options, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(secant_eval_options, allow_reference, BOOL, "allow-reference", "false", 0, 1, "let an operator without fast implementation run, slowly"),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_eval_options, data, &secant_data_options_table),
	SECANT_OPT_END
};
const secant_opts secant_eval_options_table = { "eval", sizeof(secant_eval_options), rows };
