/* `secant data remap`: renames, joins and drops classes by a mapping file. */
#include "data.h"

typedef struct remap {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	char *map;
} remap;

static const secant_opt rows[] = {
	SECANT_OPT(
		remap, map, STR, "map", NULL, 1, 0, "the mapping file: lines 'old = new', 'old =' drops, '* =' all others"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(remap, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(remap, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(remap, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data remap", sizeof(remap), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	remap *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? o->map ? secant_dataset_remap(d, o->map, err)
							: secant_fail(err, SECANT_ERR_ARG, "--map is missing: the mapping file")
				   : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_remap = {
	.name = "remap",
	.brief = "renames, joins and drops classes by a mapping file",
	.operands = "DATA --map FILE --out FOLDER",
	.details = "Classes that the file does not name stay, unless a line for * says otherwise. Classes stand in the "
			   "order of the first class each\n"
			   "replaces; # starts a comment.",
	.example = "secant data remap VOC --map vehicles.txt --out VEHICLES",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
