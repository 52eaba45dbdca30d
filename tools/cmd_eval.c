/*
 * `secant eval MODEL DATA`: scores of a model over a split, as a table or JSON.
 */
#include "command.h"
#include <jansson.h>
#include <math.h>
#include <secant/train.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct eval { common common; secant_eval_options eval; } eval;

static const secant_opt eval_rows[] = {
	SECANT_OPT_TABLE(eval, eval, &secant_eval_options_table),
	SECANT_OPT_TABLE(eval, common, &common_options),
	SECANT_OPT_END
};
static const secant_opts eval_options = { "eval", sizeof(eval), eval_rows };

static json_t *
number(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static void
print_json(const secant_scores *s)
{
	json_t *classes = json_array(), *confusion = s->confusion ? json_array() : json_null();
	for (int k = 0; k < s->classes; k++) {
		const secant_class_score *c = &s->per_class[k];
		json_array_append_new(classes, json_pack("{s:s, s:o, s:o, s:o, s:o, s:I}", "name", c->name, "iou", number(c->iou), "f1", number(c->f1), "precision",
		                                         number(c->precision), "recall", number(c->recall), "pixels", (json_int_t)c->pixels));
		json_t *row = json_array();
		for (int i = 0; s->confusion && i < s->classes; i++)
			json_array_append_new(row, json_integer(s->confusion[(int64_t)k * s->classes + i]));
		if (s->confusion)
			json_array_append(confusion, row);
		json_decref(row);
	}
	json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "iou", number(s->iou), "f1", number(s->f1), "accuracy", number(s->accuracy), "miou", number(s->miou),
	                      "loss", number(s->loss), "images", (json_int_t)s->images, "per_class", classes, "confusion", confusion);
	char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(15));
	puts(text ? text : "{}");
	free(text);
	json_decref(j);
}

static void
print_number(double v)
{
	if (isnan(v))
		printf("%10s", "-");
	else
		printf("%10.4f", v);
}

static void
print_table(const secant_scores *s)
{
	printf("%-20s%10s%10s%10s%10s%14s\n", "class", "iou", "f1", "precision", "recall", "pixels");
	for (int k = 0; k < s->classes; k++) {
		const secant_class_score *c = &s->per_class[k];
		printf("%-20s", c->name);
		print_number(c->iou), print_number(c->f1), print_number(c->precision), print_number(c->recall);
		printf("%14lld\n", (long long)c->pixels);
	}
	printf("\npictures %lld  iou %.4f  f1 %.4f  accuracy %.4f  miou %.4f", (long long)s->images, s->iou, s->f1, s->accuracy, s->miou);
	if (!isnan(s->loss))
		printf("  loss %.4f", s->loss);
	printf("\n");
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

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	eval *e = options;
	secant_logger log = tool_logger(&e->common);
	secant_scores scores;
	if (secant_evaluate(operands[0], operands[1], &e->eval, &log, &scores, err))
		return 0;
	if (e->common.json)
		print_json(&scores);
	else
		print_table(&scores);
	secant_scores_free(&scores);
	return 0;
}

const command command_eval = {
	.name = "eval", .brief = "scores a model on a split of a data set", .operands = "MODEL DATA",
	.details = "Scores are exact over the data set: counts are summed over all pixels of all pictures, then divided once.",
	.example = "secant eval run/best.safetensors cells --split val",
	.options = &eval_options, .min_operands = 2, .max_operands = 2, .run = run,
};
