/* `secant data untile`: puts tiles together again. */
#include "data.h"

typedef struct untile {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
} untile;

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(untile, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(untile, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(untile, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data untile", sizeof(untile), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	untile *o = object;
	char *report = NULL;
	secant_watch watch = data_watch(&o->common);
	data_same_origin(&o->reading, &o->writing);
	int status = secant_dataset_untile(operands[0], &o->reading, &o->writing, &watch, &report, err);
	data_report(report, &o->common);
	return status;
}

const command data_untile = {
	.name = "untile",
	.brief = "puts tiles together again",
	.operands = "TILES --out FOLDER",
	.details =
		"TILES is a folder that `secant data tile` made. Objects that were cut are joined where their pieces meet.",
	.example = "secant data untile TILES --out WHOLE",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
