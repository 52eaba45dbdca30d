/* `secant data stats`: what is in a data set. */
#include "data.h"
#include <secant/files.h>
#include <string.h>

typedef struct stats {
	replacing replacing;
	common common;
	secant_dataset_reading reading;
	secant_dataset_counting counting;
	char *report, *split;
} stats;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(stats, counting, &secant_dataset_counting_options),
	SECANT_OPT(stats, report, STR, "report", NULL, 1, 0, "write the report to this file"),
	SECANT_OPT_TABLE(stats, replacing, &replacing_options),
	SECANT_OPT(stats, split, STR, "split", NULL, 1, 0, "count the pictures of this list only"),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(stats, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(stats, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data stats", sizeof(stats), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	stats *o = object;
	secant_watch watch = data_watch(&o->common);
	if (tool_may_write(o->report, &o->replacing, &o->common, err))
		return err->code;
	o->counting.format = o->common.json ? 1 : o->counting.format;
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d && o->split ? secant_dataset_select(d, o->split, err) : d ? 0 : -1;
	char *text = status ? NULL : secant_dataset_stats(d, &o->counting, &watch, err);
	if (text && !o->report)
		tool_print(text);
	else if (text)
		status = secant_file_write(o->report, text, strlen(text), err);
	status = text ? status : -1;
	secant_free(text);
	secant_dataset_free(d);
	return status;
}

const command data_stats = {
	.name = "stats",
	.brief = "counts what is in a data set",
	.operands = "DATA",
	.details = "Pictures, objects and pixels of each class, sizes, places, which classes meet; with --colours mean and "
			   "deviation of the pictures.",
	.example = "secant data stats VOC\nsecant data stats VOC --format html --report stats.html --colours",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
