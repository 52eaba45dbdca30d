/*
 * secant_train: one run (trainer.c), or a model of each fold in one command (--folds K --fold all): RUN/fold-0,
 * RUN/fold-1, ... are runs like any other; RUN/folds.json holds what came of them. A fold that is done already is not
 * done again with --resume.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "train/trainer.h"

/* Sums over folds, for mean and deviation. */
typedef struct total {
	int n;
	double sum, squares;
} total;

static json_t *
number_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static void
set_scores(json_t *entry, const secant_train_result *r)
{
	char best[64];
	(void)snprintf(best, sizeof best, "best_%s", r->metric);
	json_object_set_new(entry, best, number_or_null(r->best));
	json_object_set_new(entry, "best_epoch", json_integer(r->best_epoch));
	json_object_set_new(entry, "epochs", json_integer(r->epochs));
	json_object_set_new(entry, "loss", number_or_null(r->last_loss));
	json_object_set_new(entry, "seconds", number_or_null(r->seconds));
}

/* What the folds have come to, after each of them. */
static secant_status
write_summary(const char *out, json_t *list, const char *metric, const total *t, secant_err *err)
{
	json_t *j = json_object();
	char *path = base_path_join(out, "folds.json");
	double mean = t->n ? t->sum / t->n : NAN,
		   spread = t->n > 1 ? sqrt(fmax(0, (t->squares - t->n * mean * mean) / (t->n - 1))) : NAN;
	json_object_set_new(j, "metric", json_string(metric));
	json_object_set_new(j, "mean", number_or_null(mean));
	json_object_set_new(j, "deviation", number_or_null(spread));
	json_object_set(j, "folds", list);
	secant_status status = path ? base_json_write(path, j, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	json_decref(j);
	secant_free(path);
	return status;
}

/* One fold; with --resume a fold that was never begun begins. */
static secant_status
train_fold(const secant_train_options *all, int fold, const char *data, const secant_train_events *events,
	secant_train_result *r, json_t *entry, secant_err *err)
{
	secant_train_options o;
	secant_status status = secant_opts_copy(&secant_train_options_table, &o, all, err);
	if (status)
		return status;
	char name[32], *config = NULL;
	(void)snprintf(name, sizeof name, "fold-%d", fold);
	secant_free(o.out);
	secant_free(o.data.fold);
	o.out = base_path_join(all->out, name);
	o.data.fold = base_strdup(name + 5);
	config = o.out ? base_path_join(o.out, "config.json") : NULL;
	if (!config || !o.data.fold) {
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for options");
	} else {
		o.resume = all->resume && secant_is_file(config);
		secant_log(&events->log, SECANT_LOG_INFO, "fold %d of %d: %s", fold + 1, o.data.folds, o.out);
		status = train_trainer_run(&o, data, events, r, err);
		json_object_set_new(entry, "run", json_string(name));
	}
	secant_free(config);
	secant_opts_free(&secant_train_options_table, &o);
	return status;
}

static secant_status
train_folds(const secant_train_options *o, const char *data, const secant_train_events *events,
	secant_train_result *result, secant_err *err)
{
	static const secant_train_events silent;
	secant_err own = { 0 };
	secant_train_result sum = { .best = NAN, .last = NAN, .last_loss = NAN };
	json_t *list = json_array();
	total t = { 0 }, last = { 0 }, loss = { 0 };
	events = events ? events : &silent;
	if (o->data.folds < 2)
		secant_fail(&own, SECANT_ERR_ARG, "--fold all wants --folds: how many, at least 2");
	else if (!o->out)
		secant_fail(&own, SECANT_ERR_ARG, "--out: a folder for the runs is wanted");
	for (int fold = 0; fold < o->data.folds && !own.code; fold++) {
		secant_train_result r;
		json_t *entry = json_object();
		if (!train_fold(o, fold, data, events, &r, entry, &own)) {
			set_scores(entry, &r);
			json_array_append(list, entry);
			if (!isnan(r.best))
				t.n++, t.sum += r.best, t.squares += r.best * r.best, last.sum += r.last;
			loss.n++, loss.sum += r.last_loss;
			sum.metric = r.metric;
			sum.epochs += r.epochs;
			sum.seconds += r.seconds;
			(void)!write_summary(o->out, list, r.metric, &t, &own);
		}
		json_decref(entry);
	}
	if (!own.code) {
		sum.best = t.n ? t.sum / t.n : NAN;
		sum.last = t.n ? last.sum / t.n : NAN;
		sum.last_loss = loss.sum / loss.n;
	}
	if (result)
		*result = sum;
	json_decref(list);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

secant_status
secant_train(const secant_train_options *o, const char *data, const secant_train_events *events,
	secant_train_result *result, secant_err *err)
{
	bool all = o->data.fold && !strcmp(o->data.fold, "all");
	return all ? train_folds(o, data, events, result, err) : train_trainer_run(o, data, events, result, err);
}
