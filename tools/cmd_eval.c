/*
 * `secant eval MODEL... DATA`: scores of a model, of several together or of the models of folds, as a table or JSON.
 */
#include "command.h"
#include <math.h>
#include <secant/files.h>
#include <secant/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct eval {
	replacing replacing;
	common common;
	secant_eval_options eval;
} eval;

static const secant_opt eval_rows[] = {
	SECANT_OPT_TABLE(eval, eval, &secant_eval_options_table),
	SECANT_OPT_TABLE(eval, replacing, &replacing_options),
	SECANT_OPT_TABLE(eval, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts eval_options = { "eval", sizeof(eval), eval_rows };

/* "macro-imagewise" to "macro_imagewise": keys of the JSON are one word. */
static const char *
key(const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s", name);
	for (char *p = buffer; *p; p++)
		*p = *p == '-' ? '_' : *p;
	return buffer;
}

static json_t *
reductions_json(const secant_scores *s)
{
	json_t *all = json_object();
	char a[64], b[64];
	for (int i = 0; i < SECANT_METRICS; i++) {
		json_t *one = json_object();
		for (int r = 0; r < SECANT_REDUCTIONS; r++)
			json_object_set_new(one, key(secant_reduction_name(r), a, sizeof a), tool_number(s->reduced[i][r]));
		json_object_set_new(all, key(secant_metric_name(i), b, sizeof b), one);
	}
	return all;
}

static json_t *
classes_json(const secant_scores *s)
{
	json_t *classes = json_array();
	for (int k = 0; k < s->classes; k++) {
		const secant_class_score *c = &s->per_class[k];
		json_array_append_new(classes,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "name", c->name, "iou", tool_number(c->iou),
				"f1", tool_number(c->f1), "precision", tool_number(c->precision), "recall", tool_number(c->recall),
				"specificity", tool_number(c->specificity), "accuracy", tool_number(c->accuracy), "boundary_f1",
				tool_number(c->boundary_f1), "pixels", (json_int_t)c->pixels, "predicted", (json_int_t)c->predicted));
	}
	return classes;
}

static json_t *
confusion_json(const secant_scores *s)
{
	if (!s->confusion)
		return json_null();
	json_t *confusion = json_array();
	for (int k = 0; k < s->classes; k++) {
		json_t *row = json_array();
		for (int i = 0; i < s->classes; i++)
			json_array_append_new(row, json_integer(s->confusion[(int64_t)k * s->classes + i]));
		json_array_append_new(confusion, row);
	}
	return confusion;
}

static int
print_json(const secant_scores *s, secant_err *err)
{
	const struct {
		const char *name;
		double value;
	} row[] = {
		{ "iou", s->iou },
		{ "f1", s->f1 },
		{ "accuracy", s->accuracy },
		{ "miou", s->miou },
		{ "precision", s->precision },
		{ "recall", s->recall },
		{ "class_accuracy", s->class_accuracy },
		{ "frequency_weighted_accuracy", s->frequency_weighted_accuracy },
		{ "kappa", s->kappa },
		{ "boundary_f1", s->boundary_f1 },
		{ "thresholded_iou", s->thresholded_iou },
		{ "soft_dice", s->soft_dice },
		{ "soft_iou", s->soft_iou },
		{ "loss", s->loss },
	};
	json_t *j = json_object();
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		json_object_set_new(j, row[i].name, tool_number(row[i].value));
	if (s->best_threshold > 0)
		json_object_set_new(j, "best",
			json_pack("{s:f,s:f,s:f}", "threshold", s->best_threshold, "f1", s->best_f1, "iou", s->best_iou));
	json_object_set_new(j, "images", json_integer((json_int_t)s->images));
	json_object_set_new(j, "per_class", classes_json(s));
	json_object_set_new(j, "confusion", confusion_json(s));
	json_object_set_new(j, "reductions", reductions_json(s));
	if (s->protocol) {
		json_t *categories = json_array();
		for (int i = 0; i < s->categories; i++)
			json_array_append_new(categories,
				json_pack("{s:s, s:o, s:I}", "name", s->per_category[i].name, "iou",
					tool_number(s->per_category[i].iou), "clouds", (json_int_t)s->per_category[i].clouds));
		json_object_set_new(j, "protocol", json_string(s->protocol));
		json_object_set_new(j, "instance_iou", tool_number(s->instance_iou));
		json_object_set_new(j, "category_iou", tool_number(s->category_iou));
		json_object_set_new(j, "per_category", categories);
	}
	return tool_print_json(stdout, j, JSON_COMPACT | JSON_REAL_PRECISION(15), err);
}

static void
print_number(double v)
{
	printf("%11s", TOOL_SCORE_OF(v));
}

static void
print_score(const char *name, double v)
{
	if (!isnan(v))
		printf("  %s %.4f", name, v);
}

/* Of clouds: the scores of the protocol, and of each category that has clouds. */
static void
print_clouds(const secant_scores *s)
{
	if (s->categories > 1) {
		printf("\n%-20s%11s%14s\n", "category", "iou", "clouds");
		for (int i = 0; i < s->categories; i++)
			if (s->per_category[i].clouds)
				printf("%-20s%11s%14lld\n", s->per_category[i].name, TOOL_SCORE_OF(s->per_category[i].iou),
					(long long)s->per_category[i].clouds);
	}
	printf("\nprotocol %s: clouds %lld", s->protocol, (long long)s->images);
	print_score("instance iou", s->instance_iou), print_score("category iou", s->category_iou),
		print_score("mean iou of classes", s->miou);
	print_score("accuracy", s->accuracy), print_score("class accuracy", s->class_accuracy),
		print_score("loss", s->loss);
	printf("\n");
}

static void
print_pictures(const secant_scores *s)
{
	printf("\npictures %lld  iou %s  f1 %s  accuracy %s", (long long)s->images, TOOL_SCORE_OF(s->iou),
		TOOL_SCORE_OF(s->f1), TOOL_SCORE_OF(s->accuracy));
	if (s->miou != s->iou) /* of several classes they are one */
		printf("  miou %s", TOOL_SCORE_OF(s->miou));
	print_score("loss", s->loss);
	printf("\nclass accuracy %s  frequency-weighted accuracy %s", TOOL_SCORE_OF(s->class_accuracy),
		TOOL_SCORE_OF(s->frequency_weighted_accuracy));
	print_score("kappa", s->kappa), print_score("boundary f1", s->boundary_f1),
		print_score("thresholded iou", s->thresholded_iou), print_score("soft dice", s->soft_dice),
		print_score("soft iou", s->soft_iou);
	putchar('\n');
	if (s->best_threshold > 0)
		printf("best threshold %.3f: f1 %.4f  iou %.4f\n", s->best_threshold, s->best_f1, s->best_iou);
}

/* Of clouds there are no boundaries, and one category of many leaves most parts out: those that neither occur nor were
 * predicted. */
static void
print_table(const secant_scores *s)
{
	printf("%-20s%11s%11s%11s%11s", "class", "iou", "f1", "precision", "recall");
	printf(s->protocol ? "%14s\n" : "   boundary%14s\n", s->protocol ? "points" : "pixels");
	for (int k = 0; k < s->classes; k++) {
		const secant_class_score *c = &s->per_class[k];
		if (s->protocol && !c->pixels && isnan(c->iou))
			continue;
		printf("%-20s", c->name);
		print_number(c->iou), print_number(c->f1), print_number(c->precision), print_number(c->recall);
		if (!s->protocol)
			print_number(c->boundary_f1);
		printf("%14lld\n", (long long)c->pixels);
	}
	if (s->protocol)
		print_clouds(s);
	else
		print_pictures(s);
}

/* The usual scores, taken together in every way; the others are in the JSON. */
static void
print_reductions(const secant_scores *s)
{
	printf("\n%-20s", "taken together");
	for (int r = 0; r < SECANT_REDUCTIONS; r++)
		printf("%20s", secant_reduction_name(r));
	printf("\n");
	for (int i = 0; i < SECANT_METRICS; i++) {
		const char *name = secant_metric_name(i);
		if (strcmp(name, "iou") && strcmp(name, "f1") && strcmp(name, "precision") && strcmp(name, "recall")
			&& strcmp(name, "accuracy"))
			continue;
		printf("%-20s", name);
		for (int r = 0; r < SECANT_REDUCTIONS; r++)
			printf("%20s", TOOL_SCORE_OF(s->reduced[i][r]));
		printf("\n");
	}
}

static void
print_confusion(const secant_scores *s)
{
	if (!s->confusion || s->classes > 12)
		return;
	printf("\nconfusion: rows are labels, columns predictions\n");
	for (int k = 0; k < s->classes; k++) {
		printf("%-20s", s->per_class[k].name);
		for (int i = 0; i < s->classes; i++)
			printf("%12lld", (long long)s->confusion[(int64_t)k * s->classes + i]);
		printf("\n");
	}
}

static void
print_scores(const secant_scores *scores)
{
	print_table(scores);
	if (!scores->protocol)
		print_reductions(scores);
	print_confusion(scores);
}

/* ---- folds ---- */

enum { MOST_FOLDS = 1000 };

/* The model of a fold in the folder of `train --folds N --fold all`; false: there is none. */
static bool
fold_model(const char *folder, int fold, char *path, size_t size)
{
	char run[1024];
	int n = snprintf(run, sizeof run, "%s/fold-%d", folder, fold);
	return n > 0 && (size_t)n < sizeof run && secant_is_dir(run) && tool_model(run, path, size) == path;
}

/* Each fold's model on the pictures that it held out, and what they come to together. */
static int
run_folds(eval *e, const char *folder, const char *data, const secant_logger *log, secant_err *err)
{
	char model[1100];
	double sum[2] = { 0 }, squares[2] = { 0 };
	int n = 0;
	json_t *list = json_array();
	for (int fold = 0; fold < MOST_FOLDS && fold_model(folder, fold, model, sizeof model); fold++, n++) {
		secant_scores s;
		if (secant_evaluate(model, data, &e->eval, log, &s, err)) {
			json_decref(list);
			return 0;
		}
		const double score[2] = { s.iou, s.f1 };
		for (int k = 0; k < 2; k++) {
			sum[k] += score[k];
			squares[k] += score[k] * score[k];
		}
		json_array_append_new(list,
			json_pack("{s:s,s:o,s:o,s:I}", "model", model, "iou", tool_number(s.iou), "f1", tool_number(s.f1), "images",
				(json_int_t)s.images));
		if (!e->common.json)
			printf("fold %d  pictures %lld  iou %s  f1 %s\n", fold, (long long)s.images, TOOL_SCORE_OF(s.iou),
				TOOL_SCORE_OF(s.f1));
		secant_scores_free(&s);
	}
	double mean[2], spread[2];
	for (int k = 0; k < 2; k++) {
		mean[k] = sum[k] / n;
		spread[k] = n > 1 ? sqrt(fmax(0, (squares[k] - n * mean[k] * mean[k]) / (n - 1))) : NAN;
	}
	if (e->common.json)
		return tool_print_json(stdout,
			json_pack("{s:o,s:o,s:o,s:o,s:o}", "iou", tool_number(mean[0]), "iou_deviation", tool_number(spread[0]),
				"f1", tool_number(mean[1]), "f1_deviation", tool_number(spread[1]), "folds", list),
			JSON_COMPACT | JSON_REAL_PRECISION(15), err);
	json_decref(list);
	printf("%d folds, each on what it held out: iou %.4f (deviation %.4f)  f1 %.4f (%.4f)\n", n, mean[0], spread[0],
		mean[1], spread[1]);
	return 0;
}

/* ---- the verb ---- */

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	eval *e = options;
	secant_logger log = tool_logger(&e->common);
	secant_scores scores;
	const char *data = operands[n - 1], **models;
	char(*path)[1100], first_fold[1100];
	if (tool_may_write(e->eval.report, &e->replacing, &e->common, err)
		|| tool_may_write(e->eval.confusion, &e->replacing, &e->common, err))
		return err->code;
	if (n == 2 && fold_model(operands[0], 0, first_fold, sizeof first_fold))
		return run_folds(e, operands[0], data, &log, err);
	models = calloc((size_t)n, sizeof *models);
	path = calloc((size_t)n, sizeof *path);
	if (!models || !path)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d models", n - 1);
	for (int i = 0; i + 1 < n && models && path; i++)
		models[i] = tool_model(operands[i], path[i], sizeof path[i]);
	if (models && path && !secant_evaluate_ensemble(models, n - 1, data, &e->eval, &log, &scores, err)) {
		if (e->common.json)
			print_json(&scores, err);
		else
			print_scores(&scores);
		secant_scores_free(&scores);
	}
	free(path);
	free(models);
	return 0;
}

static const char *const first[] = {
	"split",
	"save",
	"confusion",
	"report",
	"threshold",
	"tta",
	"batch",
	"precision",
	"class-file",
	"ignore-index",
	"labels",
	"json",
	NULL,
};

const command command_eval = {
	.name = "eval",
	.brief = "scores a model on a split of a data set",
	.operands = "MODEL... DATA",
	.details =
		"MODEL is a model file or a run folder (its best model). Of several the mean of their probabilities is judged, "
		"as\n"
		"predict takes it. Of the folder of train --fold all each model is judged on what it held out.\n\n"
		"Scores are exact over the data set: counts are summed over all pixels of all pictures, then divided once. "
		"Means leave out\n"
		"classes that neither occur nor were predicted, unless --zero-division says what they count as. \"Taken "
		"together\" are the\n"
		"reductions of segmentation_models.pytorch (--json has them for every metric of `secant list metrics`).\n\n"
		"boundary: F1 of the areas' edges within a tolerance (Csurka, Larlus, Perronnin 2013), from counts over all "
		"pictures. thresholded iou:\n"
		"of each picture ceil(min(max(20 (IoU - 0.5), 0), 10)) / 10, as competitions score, averaged over pictures.",
	.example = "secant eval run/best.safetensors cells --split val\n"
			   "secant eval run/best.safetensors cells --report report.html --confusion confusion.png\n"
			   "secant eval seed-0 seed-1 seed-2 cells --tta flips",
	.options = &eval_options,
	.first = first,
	.min_operands = 2,
	.max_operands = 100,
	.run = run,
};
