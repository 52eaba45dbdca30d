/* `secant info`: what files and folders are. */
#include "command.h"
#include <secant/model.h>

typedef struct info {
	common common;
} info;

static const secant_opt info_rows[] = {
	SECANT_OPT_TABLE(info, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts info_options = { "info", sizeof(info), info_rows };

static int
info_run(void *options, int n, const char *const *operands, secant_err *err)
{
	info *o = options;
	bool list = o->common.json && n > 1;
	if (list)
		puts("{\"files\": [");
	for (int i = 0; i < n; i++) {
		char *text = secant_describe(operands[i], o->common.json, err);
		if (!text)
			return err->code;
		printf("%s%s%s", !o->common.json && i ? "\n" : "", text,
			list && i + 1 < n    ? ",\n"
				: o->common.json ? "\n"
								 : "");
		secant_free(text);
	}
	if (list)
		puts("]}");
	return 0;
}

const command command_info = {
	.name = "info",
	.brief = "says what a model, run, picture, cloud, tensor file or data set is",
	.operands = "FILE...",
	.example = "secant info runs/cells/best.safetensors\nsecant info picture.tif cloud.las data --json",
	.options = &info_options,
	.min_operands = 1,
	.max_operands = -1,
	.run = info_run,
};
