/* `secant data check`: what is wrong with a data set. */
#include "data.h"
#include <secant/files.h>
#include <string.h>

typedef struct check {
	common common;
	secant_dataset_reading reading;
	secant_dataset_checking checking;
	bool strict, fix;
	secant_dataset_writing writing;
	char *report;
} check;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(check, checking, &secant_dataset_checking_options),
	SECANT_OPT(check, strict, BOOL, "strict", "false", 1, 0, "warnings count as errors for the exit status"),
	SECANT_OPT(check, report, STR, "report", NULL, 1, 0, "write the report to this file"),
	SECANT_OPT_HEADING("Putting right"),
	SECANT_OPT(check, fix, BOOL, "fix", "false", 1, 0,
		"write a new folder (--out): boxes clipped, exact duplicates dropped, sizes from the pictures"),
	SECANT_OPT_TABLE(check, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(check, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(check, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data check", sizeof(check), rows };

static void
fix(check *o, secant_check *c, secant_err *err)
{
	secant_watch watch = data_watch(&o->common);
	int fixed = 0;
	char *report = NULL;
	secant_dataset *d = secant_check_fix(c, &fixed, err);
	data_same_origin(&o->reading, &o->writing);
	if (d && !secant_dataset_write(d, &o->writing, &watch, &report, err))
		secant_log(&watch.logger, SECANT_LOG_INFO, "%s: %d changes", o->writing.out, fixed);
	secant_free(report);
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	check *o = object;
	if (o->fix && !o->writing.out)
		return secant_fail(err, SECANT_ERR_ARG, "--fix writes a new folder: --out is missing");
	if (o->common.json)
		o->checking.format = 1;
	secant_watch watch = data_watch(&o->common);
	secant_check *c = secant_dataset_check(operands[0], &o->reading, &o->checking, &watch, err);
	if (!c) {
		data_say_clouds(operands[0], &o->reading, err);
		return -1;
	}
	char *text = secant_check_report(c, &o->checking);
	if (!text)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for the report");
	else if (!o->report)
		tool_print(text);
	else if (secant_file_write(o->report, text, strlen(text), err))
		secant_fail(err, SECANT_ERR_IO, "%s: the report could not be written", o->report);
	secant_free(text);
	int errors = secant_check_count(c, SECANT_FINDING_ERROR), warnings = secant_check_count(c, SECANT_FINDING_WARNING);
	if (o->fix && !err->code)
		fix(o, c, err);
	secant_check_free(c);
	return err->code ? -1 : errors || (o->strict && warnings);
}

const command data_check = {
	.name = "check",
	.brief = "says what is wrong with a data set",
	.operands = "DATA",
	.details =
		"Every finding has a stable rule id, a level, a place and a count. Exit status 1 when there is a finding of "
		"level error\n"
		"(with --strict: or warning), 0 otherwise. Picture files are probed by their headers; --deep decodes them.",
	.example = "secant data check VOC\nsecant data check VOC --format sarif --report check.sarif\nsecant data check "
			   "VOC --fix --out VOC-fixed",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
