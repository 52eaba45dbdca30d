/* `secant data masks`: turns boxes or polygons into masks, or masks into polygons. */
#include "data.h"

typedef struct masks {
	common common;
	secant_dataset_reading reading;
	secant_dataset_writing writing;
	bool polygons;
	double simplify;
} masks;

static const secant_opt rows[] = {
	SECANT_OPT(masks, polygons, BOOL, "polygons", "false", 1, 0, "the other way: masks become polygons (and boxes)"),
	SECANT_OPT(masks, simplify, REAL, "simplify", "0", 0, 1000,
		"of the polygons, pixels: 0 follows every pixel; neighbours keep sharing their borders"),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(masks, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(masks, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(masks, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data masks", sizeof(masks), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	masks *o = object;
	if (o->simplify > 0 && !o->polygons)
		return secant_fail(err, SECANT_ERR_ARG, "--simplify is of polygons: give --polygons too");
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? o->polygons ? secant_dataset_to_polygons(d, o->simplify, err) : secant_dataset_to_masks(d, err)
				   : -1;
	if (!status)
		status = data_write(d, &o->writing, &o->common, err);
	secant_dataset_free(d);
	return status;
}

const command data_masks = {
	.name = "masks",
	.brief = "turns boxes or polygons into masks, or masks into polygons",
	.operands = "DATA --to FORMAT --out FOLDER",
	.details = "With --to masks (or voc-seg, cityscapes, ...) the result is a folder of class masks; --to coco writes "
			   "run lengths or polygons.",
	.example =
		"secant data masks COCO --to masks --out MASKS\nsecant data masks MASKS --polygons --to coco --out COCO2",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
