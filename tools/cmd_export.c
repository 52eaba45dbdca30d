/* `secant export`: a model file to PyTorch weights or to ONNX. */
#include "command.h"
#include <secant/model.h>
#include <string.h>

typedef struct export
{
	char *out;
	secant_export onnx;
	common common;
}
export;

static const secant_opt export_rows[] = {
	SECANT_OPT(export, out, STR, "out", NULL, 0, 0, "the state_dict, .pth or .safetensors, or the network, .onnx"),
	SECANT_OPT_TABLE(export, onnx, &secant_export_options),
	SECANT_OPT_TABLE(export, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts export_options = { "export", sizeof(export), export_rows };

static int
export_run(void *options, int n, const char *const *operands, secant_err *err)
{
	export *o = options;
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the file to write, .pth or .safetensors");
	char model[1024];
	const char *from = tool_model(operands[0], model, sizeof model), *dot = strrchr(o->out, '.');
	secant_status status = dot && !strcmp(dot, ".onnx") ? secant_model_export_onnx(from, o->out, &o->onnx, err)
														: secant_model_export(from, o->out, err);
	if (!status && o->common.json) {
		char *text = secant_describe(o->out, true, err);
		puts(text ? text : "");
		secant_free(text);
	}
	return status;
}

const command command_export = {
	.name = "export",
	.brief = "writes a model as a PyTorch state_dict or as ONNX",
	.operands = "MODEL --out FILE",
	.details =
		"torch.load(FILE, weights_only=True) reads a .pth, safetensors.torch.load_file a .safetensors; the keys "
		"are those of\n"
		"segmentation_models.pytorch, so load_state_dict takes them.\n\n"
		"An .onnx file is the network itself: input `input` N,C,H,W, output `logits`, norms as norms, initialisers "
		"named as in the state_dict,\n"
		"and in its metadata what the model remembers: class names, palette, normalisation.",
	.example = "secant export unet.safetensors --out unet.pth\n"
			   "secant export unet.safetensors --out unet.onnx --size 512x512 --with-preprocessing --with-activation",
	.options = &export_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = export_run,
};
