/* `secant explain`: the plan of a network, step by step. */
#include "command.h"
#include <secant/model.h>

typedef struct explain {
	bool time;
	secant_planned planned;
	common common;
} explain;

static const secant_opt explain_rows[] = {
	SECANT_OPT(explain, time, BOOL, "time", "false", 0, 0,
		"run it, and show milliseconds, share, GFLOP/s and GB/s of every step"),
	SECANT_OPT_TABLE(explain, planned, &secant_planned_options),
	SECANT_OPT_TABLE(explain, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts explain_options = { "explain", sizeof(explain), explain_rows };

static int
explain_run(void *options, int n, const char *const *operands, secant_err *err)
{
	explain *o = options;
	char *text = secant_model_explain(n ? operands[0] : NULL, &o->planned, o->time, o->common.json, err);
	if (!text)
		return err->code;
	printf("%s%s", text, o->common.json ? "\n" : "");
	secant_free(text);
	return 0;
}

const command command_explain = {
	.name = "explain",
	.brief = "shows the plan of a network, step by step",
	.operands = "[MODEL]",
	.details = "Without a model file the network is described by options and its weights are random.",
	.example = "secant explain unet.safetensors --size 512x512 --time\nsecant explain --encoder resnet18 --train "
			   "--batch 8 --size 256",
	.options = &explain_options,
	.max_operands = 1,
	.run = explain_run,
};
