/* `secant compare`: two models over a data set, beside each other. */
#include "command.h"
#include <math.h>
#include <secant/train.h>

typedef struct compare {
	secant_compare_options compare;
	common common;
} compare;

static const secant_opt compare_rows[] = {
	SECANT_OPT_TABLE(compare, compare, &secant_compare_options_table),
	SECANT_OPT_TABLE(compare, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts compare_options = { "compare", sizeof(compare), compare_rows };

/* Row of the scores that class k of the agreement is: of one class row 0 is the background. */
static const secant_class_score *
row_of(const secant_scores *s, int k, int classes)
{
	int i = classes == 1 ? s->classes - 1 : k;
	return s->per_class && i < s->classes ? &s->per_class[i] : NULL;
}

static void
print_json(const secant_comparison *c, const char *const *models, secant_err *err)
{
	json_t *both = json_array(), *classes = json_array();
	for (int k = 0; k < 2; k++)
		json_array_append_new(both,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", models[k], "iou", tool_number(c->scores[k].iou), "miou",
				tool_number(c->scores[k].miou), "seconds", tool_number(c->seconds[k]), "megabytes",
				tool_number(c->megabytes[k])));
	for (int k = 0; k < c->classes; k++) {
		const secant_class_score *a = row_of(&c->scores[0], k, c->classes), *b = row_of(&c->scores[1], k, c->classes);
		json_array_append_new(classes,
			json_pack("{s:s, s:o, s:o, s:o}", "name", a ? a->name : "", "agreement", tool_number(c->agreement[k].share),
				"iou_a", tool_number(a ? a->iou : (double)NAN), "iou_b", tool_number(b ? b->iou : (double)NAN)));
	}
	(void)tool_print_json(stdout,
		json_pack("{s:o, s:I, s:I, s:o}", "models", both, "pixels", (json_int_t)c->pixels, "different",
			(json_int_t)c->different, "classes", classes),
		JSON_INDENT(2), err);
}

static void
print_table(const secant_comparison *c, const char *const *models)
{
	printf("A %s\nB %s\n\n%-24s %9s %9s %9s\n", models[0], models[1], "", "IoU of A", "IoU of B", "agreement");
	for (int k = 0; k < c->classes; k++) {
		const secant_class_score *a = row_of(&c->scores[0], k, c->classes), *b = row_of(&c->scores[1], k, c->classes);
		printf("%-24s %9s %9s %9s\n", a ? a->name : "", TOOL_SCORE_OF(a ? a->iou : (double)NAN),
			TOOL_SCORE_OF(b ? b->iou : (double)NAN), TOOL_SCORE_OF(c->agreement[k].share));
	}
	printf("%-24s %9s %9s %9s\n", "all", TOOL_SCORE_OF(c->scores[0].iou), TOOL_SCORE_OF(c->scores[1].iou),
		TOOL_SCORE_OF(c->pixels ? 1 - (double)c->different / (double)c->pixels : (double)NAN));
	printf("\n%-24s %9.1f %9.1f\n%-24s %9.0f %9.0f\n", "ms for a picture", 1e3 * c->seconds[0], 1e3 * c->seconds[1],
		"MiB of memory", c->megabytes[0], c->megabytes[1]);
}

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	compare *o = options;
	secant_logger log = tool_logger(&o->common);
	secant_comparison c;
	char path[2][1024];
	const char *models[2];
	for (int k = 0; k < 2; k++)
		models[k] = tool_model(operands[k], path[k], sizeof path[k]);
	if (secant_compare(models[0], models[1], operands[2], &o->compare, &log, &c, err))
		return 0;
	if (o->common.json)
		print_json(&c, models, err);
	else
		print_table(&c, models);
	secant_comparison_free(&c);
	return 0;
}

static const char *const first[] = { "split", "save", "pictures", "precision", "precision-b", "json", NULL };

const command command_compare = {
	.name = "compare",
	.brief = "two models over a data set: scores, agreement, time and memory of each",
	.operands = "A B DATA",
	.details =
		"A and B are models of any kind (model files, run folders, ONNX files) with the same classes, in any "
		"precision.\n\n"
		"agreement is, of a class, the pixels that both models give it as a share of those that either does; of "
		"all, the share\n"
		"of pixels whose masks are the same. Times are of a picture from file to mask, the median of all, taken in "
		"turns.",
	.example =
		"secant compare run/best.safetensors net.onnx cells\n"
		"secant compare run/best.safetensors run/best.safetensors cells --precision f32 --precision-b bf16 --save "
		"differences",
	.options = &compare_options,
	.first = first,
	.min_operands = 3,
	.max_operands = 3,
	.run = run,
};
