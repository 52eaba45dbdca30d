/* `secant data convert`: a data set in one format becomes one in another. */
#include "data.h"

typedef struct convert { common common; secant_dataset_reading reading; secant_dataset_writing writing; } convert;

static const secant_opt rows[] = {
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(convert, reading, &secant_dataset_reading_options),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(convert, writing, &secant_dataset_writing_options),
	SECANT_OPT_TABLE(convert, common, &common_options),
	SECANT_OPT_END
};
static const secant_opts options = { "data convert", sizeof(convert), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	convert *o = object;
	if (!o->writing.to)
		return secant_fail(err, SECANT_ERR_ARG, "--to is missing: the format to write");
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? data_write(d, &o->writing, &o->common, err) : -1;
	secant_dataset_free(d);
	return status;
}

const command data_convert = {
	.name = "convert", .brief = "writes a data set in another format", .operands = "DATA --to FORMAT --out FOLDER",
	.details = "Every picture is kept, also those without objects. What the target cannot hold is counted and reported.\n"
		"The folder appears complete or not at all; the same input and options give the same bytes.",
	.example = "secant data convert \"NWPU VHR-10 dataset\" --to voc --out VOC\nsecant data convert VOC --to coco --out COCO --link hardlink",
	.options = &options, .min_operands = 1, .max_operands = 1, .run = run
};
