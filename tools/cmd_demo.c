/* `secant demo OUT`: writes a data set to try the program with. */
#include "command.h"
#include <secant/demo.h>

typedef struct demo {
	secant_demo demo;
	bool overwrite;
	common common;
} demo;

static const secant_opt demo_rows[] = {
	SECANT_OPT_TABLE(demo, demo, &secant_demo_options),
	SECANT_OPT(demo, overwrite, BOOL, "overwrite", "false", 0, 0, "write into folders that are there already"),
	SECANT_OPT_TABLE(demo, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts demo_options = { "demo", sizeof(demo), demo_rows };

static bool
made(void *user, int now, int total)
{
	tool_progress("drawing", now, total, "");
	return !tool_interrupted();
}

static int
run(void *options, int n, const char *const *operands, secant_err *err)
{
	demo *o = options;
	tool_progress_begin(&o->common, "pictures");
	secant_status s = secant_demo_write(operands[0], &o->demo, o->overwrite, made, NULL, err);
	tool_progress_end();
	if (!s && o->common.json)
		(void)tool_print_json(
			stdout, json_pack("{s:s, s:i}", "data", operands[0], "pictures", o->demo.pictures), 0, err);
	else if (!s && !o->common.quiet)
		printf("%d pictures in %s/{train,val,test}/{images,labels}\n", o->demo.pictures, operands[0]);
	return s;
}

const command command_demo = {
	.name = "demo",
	.brief = "writes a data set to try the program with",
	.operands = "OUT",
	.example = "secant demo cells --pictures 120 --size 256",
	.details =
		"The pictures are textured cells (or cracked tiles) under uneven light among things as bright that are none:\n"
		"no threshold tells them apart, a network does after some minutes. The same options give the same files.",
	.options = &demo_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
