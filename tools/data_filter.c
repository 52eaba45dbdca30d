/* `secant data filter`: keeps the objects or pictures an expression is true for. */
#include "data.h"

typedef struct filter {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	char *where;
	bool keep_empty;
} filter;

static const secant_opt rows[] = {
	SECANT_OPT(filter, where, STR, "where", "area > 0", 1, 0, "the expression: class = ship and area > 400"),
	SECANT_OPT(filter, keep_empty, BOOL, "keep-empty", "true", 1, 0, "keep pictures that have no objects left"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(filter, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(filter, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(filter, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data filter", sizeof(filter), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	filter *o = object;
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? secant_dataset_filter(d, o->where, o->keep_empty, err) : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_filter = {
	.name = "filter",
	.brief = "keeps the objects or pictures an expression is true for",
	.operands = "DATA --where EXPRESSION --out FOLDER",
	.details = "Fields: class width height area x0 y0 x1 y1 aspect crowd difficult attr.NAME of objects; split name "
			   "image_width image_height\n"
			   "objects of pictures. Operators: = != < <= > >= ~ (pattern with * and ?), in (a, b), and, or, not, "
			   "brackets. An expression of picture\n"
			   "fields alone keeps pictures.",
	.example = "secant data filter VOC --where \"class = ship and area > 400\" --out SHIPS",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
