/* `secant data sample`: keeps some pictures, drawn by chance. */
#include "data.h"

typedef struct sample {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	double count;
	int seed_of;
} sample;

static const secant_opt rows[] = {
	SECANT_OPT(sample, count, REAL, "count", "100", 0, 1e9, "pictures to keep; below 1: that share of them"),
	SECANT_OPT(sample, seed_of, INT, "sample-seed", "0", 0, 2147483647, "of the draw"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(sample, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(sample, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(sample, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data sample", sizeof(sample), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	sample *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? secant_dataset_sample_down(d, o->count, o->seed_of, err) : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_sample = {
	.name = "sample",
	.brief = "keeps some pictures, drawn by chance",
	.operands = "DATA --count N --out FOLDER",
	.details = "The same pictures on every machine: names in byte order, shuffled by Philox4x32-10.",
	.example = "secant data sample VOC --count 50 --out SMALL",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
