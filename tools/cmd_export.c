/* `secant export`: a model file to PyTorch weights. */
#include "command.h"
#include <secant/model.h>

typedef struct export
{
	char *out;
	common common;
}
export;

static const secant_opt export_rows[] = {
	SECANT_OPT(export, out, STR, "out", NULL, 0, 0, "the state_dict: .pth or .safetensors"),
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
	secant_status status = secant_model_export(tool_model(operands[0], model, sizeof model), o->out, err);
	if (!status && o->common.json) {
		char *text = secant_describe(o->out, true, err);
		puts(text ? text : "");
		secant_free(text);
	}
	return status;
}

const command command_export = {
	.name = "export",
	.brief = "writes a model's weights as a PyTorch state_dict",
	.operands = "MODEL --out FILE",
	.details = "torch.load(FILE, weights_only=True) reads a .pth, safetensors.torch.load_file a .safetensors; the keys "
			   "are those of\n"
			   "segmentation_models.pytorch, so load_state_dict takes them.",
	.example = "secant export unet.safetensors --out unet.pth",
	.options = &export_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = export_run,
};
