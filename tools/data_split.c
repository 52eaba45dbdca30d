/* `secant data split`: shares pictures out to lists. */
#include "data.h"

typedef struct split {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	secant_dataset_splitting splitting;
	bool check_leaks;
} split;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(split, splitting, &secant_dataset_splitting_options),
	SECANT_OPT(
		split, check_leaks, BOOL, "leaks", "true", 1, 0, "report equal pictures (bytes) that came into two lists"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(split, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(split, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(split, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data split", sizeof(split), rows };

static int
check_leaks(const secant_dataset *d, const common *c, secant_err *err)
{
	int n = 0;
	secant_watch watch = data_watch(c);
	char *leaks = secant_dataset_leaks(d, &n, err);
	if (leaks)
		secant_log(&watch.logger, SECANT_LOG_WARNING,
			"%d pictures are in two lists under different names; the first lines:\n%.600s", n, leaks);
	secant_free(leaks);
	return err->code;
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	split *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? secant_dataset_split(d, &o->splitting, err) : -1;
	if (!status && o->check_leaks)
		status = check_leaks(d, &o->common, err);
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_split = {
	.name = "split",
	.brief = "shares pictures out to lists",
	.operands = "DATA --out FOLDER",
	.details = "random: by chance. stratified: every class in every list, rare ones first. group: pictures of one "
			   "prefix, folder, match or\n"
			   "block stay together. folds: k pairs of lists. The same seed gives the same lists on every machine. "
			   "Equal pictures in two lists are reported.",
	.example = "secant data split VOC --method stratified --ratios 0.7,0.2,0.1 --out VOC-split --link hardlink",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
