/*
 * `secant train DATA --out RUN`: trains a network. The work is secant_train's (secant/train.h); here are progress and
 * the last lines.
 */
#include "command.h"
#include <math.h>
#include <secant/train.h>
#include <stdio.h>
#include <string.h>

typedef struct train {
	common common;
	secant_train_options train;
	bool began_with_run; /* the options began with those of the run that goes on */
} train;

static const secant_opts train_options;

static const secant_opt train_rows[] = {
	SECANT_OPT_TABLE(train, train, &secant_train_options_table),
	SECANT_OPT_TABLE(train, common, &common_options),
	SECANT_OPT_END,
};
static secant_status
set_json(train *t, char *text, const char *origin, secant_err *err)
{
	secant_status status = secant_opts_set_json(&train_options, t, text, origin, err);
	secant_free(text);
	return status;
}

/* Options that others choose: those of the run that goes on (--resume --out RUN), then the preset's. */
static secant_status
before(const secant_opts_line *line, void *object, secant_err *err)
{
	train *t = object;
	const char *resume = secant_opts_typed(line, "resume"), *out = secant_opts_typed(line, "out");
	const char *preset = secant_opts_typed(line, "preset");
	char *text = out && resume && !strcmp(resume, "true") ? secant_train_resumed(out) : NULL;
	t->began_with_run = text != NULL;
	secant_status status = text ? set_json(t, text, out, err) : SECANT_OK;
	if (!preset)
		preset = secant_opts_configured(line, "preset");
	if (status || !preset)
		return status;
	text = secant_train_preset(preset, err);
	return text ? set_json(t, text, preset, err) : err ? err->code : SECANT_ERR_ARG;
}

static const secant_opts train_options = { "train", sizeof(train), train_rows, before };

static bool
interrupted(void *user)
{
	return tool_interrupted();
}

/* The metric that counts, then others, three in all. */
static void
show_epoch(const secant_train_progress *p, const secant_logger *log)
{
	char scores[128] = "";
	size_t used = 0;
	for (int i = 0, shown = 0; i < p->n_scores && used < sizeof scores; i++) {
		bool counts = !strcmp(p->scores[i].name, p->metric);
		bool again = !counts && !strcmp(p->scores[i].name, "miou") && i > 0 && p->scores[0].value == p->scores[i].value;
		if (again || (!counts && shown >= 3)) /* of several classes iou is the mean */
			continue;
		used += (size_t)snprintf(
			scores + used, sizeof scores - used, "  %s %s", p->scores[i].name, TOOL_SCORE_OF(p->scores[i].value));
		shown++;
	}
	secant_log(log, SECANT_LOG_INFO, "epoch %d/%d  loss %.4f%s%s  rate %.3g  %.1f %.*s/s  %.1f s", p->epoch, p->epochs,
		p->loss, scores, p->n_scores && p->is_best ? "  best" : "", p->learning_rate, p->images_per_second,
		(int)strcspn(p->rate, "_"), p->rate, p->seconds);
}

typedef struct watcher {
	secant_logger log;
	bool finding; /* a learning rate */
} watcher;

static void
progress(void *user, const secant_train_progress *p)
{
	const watcher *w = user;
	char label[48], values[64];
	if (p->epoch_done) {
		show_epoch(p, &w->log);
		return;
	}
	if (w->finding)
		snprintf(label, sizeof label, "rates up to 10");
	else
		snprintf(label, sizeof label, "epoch %d/%d", p->epoch, p->epochs);
	int used = snprintf(values, sizeof values, "loss %.4f", p->loss);
	if (!isnan(p->best))
		snprintf(values + used, sizeof values - (size_t)used, "  best %s %.4f", p->metric, p->best);
	tool_progress(label, p->images, p->images_total, values);
}

static int
print_json(const train *t, const secant_train_result *r, secant_err *err)
{
	json_t *j;
	if (t->train.find_learning_rate) {
		j = json_pack("{s:s, s:o}", "run", t->train.out, "learning_rate", tool_number(r->suggested_rate));
	} else {
		char best[80];
		snprintf(best, sizeof best, "best_%s", r->metric);
		j = json_pack("{s:s, s:i, s:i, s:o, s:f, s:o, s:o}", "run", t->train.out, "epochs", r->epochs, "best_epoch",
			r->best_epoch, "loss", tool_number(r->last_loss), "seconds", r->seconds, best, tool_number(r->best),
			r->metric, tool_number(r->last));
	}
	return tool_print_json(stdout, j, JSON_COMPACT | JSON_REAL_PRECISION(12), err);
}

static void
print_result(const train *t, const secant_train_result *r)
{
	if (t->train.find_learning_rate) {
		printf("%s: --learning-rate %.2g is where the loss falls fastest (learning-rate-finder.png)\n", t->train.out,
			r->suggested_rate);
	} else if (!isnan(r->best) && !r->best_epoch) {
		printf("%s: %d folds in %.0f s, best %s %.4f on average, last %s (folds.json)\n", t->train.out,
			t->train.data.folds, r->seconds, r->metric, r->best, TOOL_SCORE_OF(r->last));
	} else if (!isnan(r->best)) {
		printf("%s: %d epochs in %.0f s, best %s %.4f (epoch %d), last %s\n", t->train.out, r->epochs, r->seconds,
			r->metric, r->best, r->best_epoch, TOOL_SCORE_OF(r->last));
	} else {
		printf("%s: %d epochs in %.0f s, last loss %.4f\n", t->train.out, r->epochs, r->seconds, r->last_loss);
	}
}

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	train *t = options;
	watcher w = { tool_logger(&t->common), t->train.find_learning_rate };
	secant_train_events events = { .log = w.log, .progress = progress, .cancelled = interrupted, .user = &w };
	secant_train_result result;
	t->train.complete = t->began_with_run;
	tool_progress_begin(&t->common, "images");
	secant_status status = secant_train(&t->train, operands[0], &events, &result, err);
	tool_progress_end();
	if (!status && t->train.check) {
		if (t->common.json)
			return tool_print_json(
				stdout, json_pack("{s:s, s:b}", "data", operands[0], "fits", true), JSON_COMPACT, err);
		printf("%s: can be trained on\n", operands[0]);
		return 0;
	}
	if (!status && t->common.json)
		return print_json(t, &result, err);
	if (!status)
		print_result(t, &result);
	return 0;
}

static const char *const first[] = {
	"out",
	"preset",
	"arch",
	"encoder",
	"classes",
	"class-file",
	"ignore-index",
	"size",
	"resize",
	"tile",
	"epochs",
	"batch",
	"learning-rate",
	"optimizer",
	"schedule",
	"loss",
	"augment",
	"encoder-weights",
	"weights",
	"seed",
	"precision",
	"resume",
	"overwrite",
	NULL,
};

const command command_train = {
	.name = "train",
	.brief = "trains a network on pictures and labels",
	.operands = "DATA --out RUN",
	.details = "DATA is a folder with train/images and train/labels (and val/ of the same form): a label has its "
			   "picture's stem, any extension.\n"
			   "Or it is a data set with annotations in any format of `secant list datasets` (VOC, COCO, YOLO, ...): "
			   "boxes and polygons become labels.\n"
			   "RUN receives best.safetensors, last.safetensors, state.safetensors, config.json, log.jsonl, "
			   "curves.png, learning-rate.png, samples/.\n"
			   "Ctrl-C saves the state; --resume goes on exactly there.",
	.example = "secant train cells --out run --encoder resnet18 --size 256 --epochs 10",
	.options = &train_options,
	.first = first,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
