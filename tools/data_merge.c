/* `secant data merge`: joins data sets. */
#include "data.h"

typedef struct merge {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
} merge;

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(merge, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(merge, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(merge, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data merge", sizeof(merge), rows };

static int
merge_others(secant_dataset *d, const merge *o, int n, const char *const *operands, secant_err *err)
{
	int status = 0;
	for (int i = 1; i < n && !status; i++) {
		secant_dataset *other = data_open(operands[i], &o->reading, &o->common, err);
		status = other ? secant_dataset_merge(d, other, err) : -1;
		secant_dataset_free(other);
	}
	return status;
}

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	merge *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? merge_others(d, o, n, operands, err) : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_merge = {
	.name = "merge",
	.brief = "joins data sets",
	.operands = "DATA DATA... --out FOLDER",
	.details = "Classes are joined by name, in the order of the first set. Two pictures of one name are refused.",
	.example = "secant data merge A B --out BOTH",
	.options = &options,
	.min_operands = 1,
	.max_operands = -1,
	.run = run,
};
