/* `secant import`: PyTorch weights to a model file. */
#include "command.h"
#include <secant/model.h>

typedef struct import {
	char *out;
	secant_import import;
	replacing replacing;
	common common;
} import;

static const secant_opt import_rows[] = {
	SECANT_OPT(import, out, STR, "out", NULL, 0, 0, "the model file, ending in .safetensors"),
	SECANT_OPT_TABLE(import, replacing, &replacing_options),
	SECANT_OPT_TABLE(import, import, &secant_import_options),
	SECANT_OPT_TABLE(import, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts import_options = { "import", sizeof(import), import_rows };

static int
import_run(void *options, int n, const char *const *operands, secant_err *err)
{
	import *o = options;
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the model file to write");
	if (tool_may_write(o->out, &o->replacing, &o->common, err))
		return err->code;
	char *said = NULL;
	secant_logger log = tool_logger(&o->common);
	secant_status status = secant_is_onnx_file(operands[0])
		? secant_model_import_onnx(operands[0], &o->import, o->out, &said, err)
		: secant_model_import(operands[0], &o->import, o->out, &log, err);
	if (!status && said)
		fputs(said, stderr);
	secant_free(said);
	if (!status && o->common.json) {
		char *text = secant_describe(o->out, true, err);
		puts(text ? text : "");
		secant_free(text);
	}
	return status;
}

const command command_import = {
	.name = "import",
	.brief = "makes a model of PyTorch weights or of an ONNX file",
	.operands = "WEIGHTS --out MODEL",
	.details =
		"WEIGHTS is a state_dict as .pth or .safetensors, also inside a checkpoint, or a folder that smp's "
		"save_pretrained wrote, whose\n"
		"config.json describes the network. Every key must fit the network that the options describe; they carry\n"
		"segmentation_models.pytorch's argument names. What stands before all names (module., model., ...) is taken "
		"off.\n\n"
		"An ONNX file is a network with its weights: what it does not tell (normalisation, order of colours) is said "
		"on "
		"standard error\n"
		"and is for --normalize, --channel-order, --mode, --activation and --output to say.",
	.example = "secant import unet.pth --arch unet --encoder resnet34 --classes 3 --out unet.safetensors\n"
			   "secant import net.onnx --normalize unit --out net.safetensors",
	.options = &import_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = import_run,
};
