/*
 * `secant atc`, or `atc` where a link of that name leads here: the command line of CANN's compiler of offline models.
 * Its flags are written with one dash or two and with _ or -, as there.
 */
#include "command.h"
#include <secant/atc.h>
#include <stdlib.h>

typedef struct atc {
	secant_atc flags;
	common common;
} atc;

static const secant_opt rows[] = {
	SECANT_OPT_TABLE(atc, flags, &secant_atc_options),
	SECANT_OPT_TABLE(atc, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts options = { "atc", sizeof(atc), rows };

static int
run(void *given, int n, const char *const *operands, secant_err *err)
{
	atc *o = given;
	secant_logger log = tool_logger(&o->common);
	char *said = NULL;
	if (!o->flags.mode) {
		puts("ATC start working now, please wait for a moment.");
		fflush(stdout);
	}
	secant_status status = secant_atc_run(&o->flags, &said, &log, err);
	if (said)
		tool_print(said);
	secant_free(said);
	if (status)
		puts("ATC run failed, Please check the detail log, Try 'atc --help' for more information");
	else
		puts("ATC run success, welcome to the next use.");
	return 0;
}

static const char *const first[] = { "model", "framework", "output", "input-shape", "insert-op-conf", "precision-mode",
	"display-model-info", "mode", "om", "json", NULL };

const command command_atc = {
	.name = "atc",
	.brief = "compiles ONNX and MindIR by the flags of CANN's atc",
	.operands = "--model FILE --framework 1|5 --output NAME",
	.details = "The result, NAME.om, is a compiled model of ours (secant compile): every verb and mxpi_tensorinfer "
			   "take it. It is no "
			   "model of the\n"
			   "vendor's, whose .om files are for one chip and are refused by name.\n\n"
			   "Flags are taken as there: --a=b, --a b, -a, with _ or -. Those that tell hardware something are named "
			   "in a warning and "
			   "do nothing.",
	.example = "secant atc --model=unet.mindir --framework=1 --output=unet --input_shape=\"x:1,3,960,960\" "
			   "--insert_op_conf=aipp.cfg --soc_version=Ascend310",
	.options = &options,
	.first = first,
	.max_operands = 0,
	.run = run,
	.loose = true,
};
