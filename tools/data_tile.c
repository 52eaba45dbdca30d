/* `secant data tile`: cuts large pictures, with their annotations, into tiles. */
#include "data.h"

typedef struct tile {
	common common;
	secant_dataset_reading reading;
	secant_dataset_tiling tiling;
	secant_dataset_writing writing;
} tile;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(tile, tiling, &secant_dataset_tiling_options),
	SECANT_OPT_HEADING("Writing"),
	SECANT_OPT_TABLE(tile, writing, &secant_dataset_writing_options),
	SECANT_OPT_HEADING("Reading"),
	SECANT_OPT_TABLE(tile, reading, &secant_dataset_reading_options),
	SECANT_OPT_TABLE(tile, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "data tile", sizeof(tile), rows };

static int
run(void *object, int n, const char *const *operands, secant_err *err)
{
	tile *o = object;
	char *report = NULL;
	secant_watch watch = data_watch(&o->common);
	data_same_origin(&o->reading, &o->writing);
	secant_dataset *d = data_open(operands[0], &o->reading, &o->common, err);
	int status = d ? secant_dataset_tile(d, &o->tiling, &o->writing, &watch, &report, err) : -1;
	data_report(report, &o->common);
	secant_dataset_free(d);
	return status;
}

const command data_tile = {
	.name = "tile",
	.brief = "cuts large pictures into tiles, annotations with them",
	.operands = "DATA --size 512 --out FOLDER",
	.details = "The last tile of a row is moved back inside. GeoTIFF tiles keep their place on earth. tiles.json tells "
			   "`secant data untile`\n"
			   "what to put together.",
	.example = "secant data tile VOC --size 512 --overlap 64 --out TILES",
	.options = &options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
