/* `secant export`: a model file to PyTorch weights or to ONNX. */
#include "command.h"
#include <secant/files.h>
#include <secant/model.h>
#include <string.h>

typedef struct export
{
	char *out;
	secant_export onnx;
	replacing replacing;
	common common;
}
export;

static const secant_opt export_rows[] = {
	SECANT_OPT(export, out, STR, "out", NULL, 0, 0,
		"the state_dict, .pth, .safetensors or .ckpt, the network, .onnx or .mindir, or a folder for "
		"smp.from_pretrained"),
	SECANT_OPT_TABLE(export, replacing, &replacing_options),
	SECANT_OPT_TABLE(export, onnx, &secant_export_options),
	SECANT_OPT_TABLE(export, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts export_options = { "export", sizeof(export), export_rows };

/* The file, or those of a folder for smp. */
static secant_status
may_write(const export *o, secant_err *err)
{
	static const char *const parts[] = { "config.json", "model.safetensors" };
	secant_status status = SECANT_OK;
	if (!secant_is_dir(o->out))
		return tool_may_write(o->out, &o->replacing, &o->common, err);
	for (int i = 0; !status && i < 2; i++) {
		char path[1200];
		snprintf(path, sizeof path, "%s/%s", o->out, parts[i]);
		status = tool_may_write(path, &o->replacing, &o->common, err);
	}
	return status;
}

static int
export_run(void *options, int n, const char *const *operands, secant_err *err)
{
	export *o = options;
	if (!o->out)
		return secant_fail(err, SECANT_ERR_ARG, "--out is missing: the file to write, .pth or .safetensors");
	if (may_write(o, err))
		return err->code;
	char model[1024];
	const char *from = tool_model(operands[0], model, sizeof model), *dot = strrchr(o->out, '.');
	bool onnx = dot && !strcmp(dot, ".onnx"), zoo = dot && (!strcmp(dot, ".mindir") || !strcmp(dot, ".air"));
	bool sized = o->onnx.width || o->onnx.height;
	secant_status status = zoo || (onnx && sized) ? secant_model_export_classified(from, o->out, &o->onnx, err)
		: dot && !strcmp(dot, ".ckpt")            ? secant_model_export_ckpt(from, o->out, &o->onnx, err)
		: onnx                                    ? secant_model_export_onnx(from, o->out, &o->onnx, err)
												  : secant_model_export(from, o->out, err);
	if (!status && o->common.json) {
		char inner[1200];
		snprintf(inner, sizeof inner, "%s%s", o->out, secant_is_dir(o->out) ? "/model.safetensors" : "");
		char *text = secant_describe(inner, true, err);
		puts(text ? text : "");
		secant_free(text);
	}
	return status;
}

const command command_export = {
	.name = "export",
	.brief = "writes a model as a PyTorch state_dict or as ONNX",
	.operands = "MODEL --out FILE|FOLDER",
	.details =
		"torch.load(FILE, weights_only=True) reads a .pth, safetensors.torch.load_file a .safetensors; the keys "
		"are those of\n"
		"segmentation_models.pytorch, so load_state_dict takes them. A FOLDER (a name that ends in / or has no "
		"extension) receives\n"
		"config.json and model.safetensors, which smp.from_pretrained(FOLDER) loads.\n\n"
		"An .onnx file is the network itself: input `input` N,C,H,W, output `logits`, norms as norms, initialisers "
		"named as in the state_dict,\n"
		"and in its metadata what the model remembers: class names, palette, normalisation.\n\n"
		"A .ckpt is what mindspore.load_checkpoint reads. With --width and --height a .mindir or .onnx is what the "
		"model "
		"zoo of MindSpore\n"
		"exports: input `x`, outputs softmax N,H,W,C and argmax N,H,W.",
	.example = "secant export unet.safetensors --out unet.pth\n"
			   "secant export unet.safetensors --out unet-smp/\n"
			   "secant export unet.safetensors --out unet.onnx --size 512x512 --with-preprocessing --with-activation\n"
			   "secant export run --out unet.mindir --width 960 --height 960",
	.options = &export_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = export_run,
};
