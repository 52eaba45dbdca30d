/*
 * A model as segmentation_models.pytorch's save_pretrained leaves it: a folder with config.json (the constructor's
 * arguments and _model_class) and model.safetensors, which smp.from_pretrained loads. Our option names are smp's
 * arguments with - for _, so the file follows from the options; encoder_weights is null, or loading would fetch weights
 * only to replace them.
 */
#include <secant/model.h>
#include <string.h>
#include "app/smp_folder.h"
#include "base/file.h"
#include "base/json.h"
#include "app/trial.h"
#include "base/mem.h"
#include "formats/model_file.h"
#include "nn/nn.h"

static const struct {
	const char *arch, *name; /* smp's class */
} classes[] = {
	{ "unet", "Unet" },
	{ "unetplusplus", "UnetPlusPlus" },
	{ "manet", "MAnet" },
	{ "linknet", "Linknet" },
	{ "fpn", "FPN" },
	{ "pspnet", "PSPNet" },
	{ "pan", "PAN" },
	{ "deeplabv3", "DeepLabV3" },
	{ "deeplabv3plus", "DeepLabV3Plus" },
	{ "upernet", "UPerNet" },
	{ "segformer", "Segformer" },
	{ "dpt", "DPT" },
};
/* Options that are no arguments of smp's, or stand there under another name. */
static const char *const not_there[] = { "arch", "categories", NULL };

static const char *
class_of(const char *arch)
{
	for (size_t i = 0; arch && i < sizeof classes / sizeof *classes; i++)
		if (!strcmp(classes[i].arch, arch))
			return classes[i].name;
	return NULL;
}

/* "decoder-use-norm" as "decoder_use_norm", "encoder" as "encoder_name". */
static void
argument(const char *option, char *name, size_t n)
{
	size_t i = 0;
	const char *from = !strcmp(option, "encoder") ? "encoder_name" : option;
	for (; from[i] && i + 1 < n; i++)
		name[i] = from[i] == '-' ? '_' : from[i];
	name[i] = '\0';
}

static json_t *
config_of(const json_t *network, secant_err *err)
{
	const char *arch = json_string_value(json_object_get(network, "arch")), *class = class_of(arch), *option;
	json_t *value, *j = class ? json_object() : NULL;
	if (!class) {
		secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"segmentation_models.pytorch has no network %s: export a state_dict (.safetensors, .pth) instead",
			arch ? arch : "of this kind");
		return NULL;
	}
	const nn_architecture *a = nn_architecture_find(arch);
	json_object_set_new(j, "_model_class", json_string(class));
	json_object_set_new(j, "encoder_weights", json_null());
	json_object_foreach ((json_t *)(uintptr_t)network, option, value) {
		char name[64];
		bool leave = false;
		for (int i = 0; not_there[i]; i++)
			leave |= !strcmp(option, not_there[i]);
		argument(option, name, sizeof name);
		/* architectures have options of one name and other types: 32 of the one stands there as [32] of the other */
		const secant_opt *row = secant_opts_find(a->options, option, NULL);
		if (row && row->type == SECANT_OPT_INT && json_array_size(value) == 1)
			value = json_array_get(value, 0);
		/* 0 stands for what smp says by None; dynamic-img-size is off wherever it is not said */
		leave |= !strcmp(option, "img-size") && json_integer_value(value) == 0;
		leave |= (json_is_array(value) && !json_array_size(value))
			|| (!strcmp(option, "upsampling") && json_integer_value(value) == 0)
			|| (!strcmp(option, "dynamic-img-size") && json_is_false(value));
		if (!leave && !json_is_null(value)) /* what is absent is as smp has it */
			json_object_set(j, name, value);
	}
	if (a && !json_integer_value(json_object_get(j, "encoder_depth")))
		json_object_set_new(j, "encoder_depth", json_integer(a->default_depth));
	return j;
}

bool
app_is_smp_folder(const char *out)
{
	size_t n = strlen(out);
	return n && (out[n - 1] == '/' || secant_is_dir(out) || !*base_path_ext(out));
}

secant_status
app_export_smp_folder(const char *model, const char *out, secant_err *err)
{
	format_model_file file;
	secant_status status = format_model_file_read(&file, model, err);
	if (status)
		return status;
	char *config = base_path_join(out, "config.json"), *weights = base_path_join(out, "model.safetensors");
	json_t *j = config_of(json_object_get(file.settings, "network"), err);
	if (!j)
		status = err ? err->code : SECANT_ERR_UNSUPPORTED;
	else if (!config || !weights)
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	else if (app_same_file(model, weights))
		status = secant_fail(err, SECANT_ERR_ARG, "%s: the weights would replace the model they come from", weights);
	else if (!(status = secant_make_dirs(out, err))
		&& !(status = secant_tensors_write(&file.tensors, "{\"format\": \"pt\"}", weights, err)))
		status = base_json_write(config, j, err);
	json_decref(j);
	secant_free(config);
	secant_free(weights);
	format_model_file_free(&file);
	return status;
}
