/* Models from PyTorch's weights and back. See secant/model.h. */
#include <secant/model.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "app/import_own.h"
#include "app/onnx.h"
#include "app/smp_folder.h"
#include "app/trial.h"
#include "codec/white.h"
#include "model/colours.h"

static const secant_opt import_rows[] = {
	SECANT_OPT_HEADING("Network"),
	SECANT_OPT_TABLE(secant_import, network, &secant_network_options),
	SECANT_OPT_HEADING("What the model remembers"),
	SECANT_OPT(secant_import, mode, STR, "mode", NULL, 0, 0,
		"binary (1 class), multiclass (classes exclude each other), multilabel; by default from the classes"),
	SECANT_OPT(secant_import, normalize, STR, "normalize", NULL, 0, 0,
		"imagenet, unit (x/255), symmetric (x/255 * 3.2 - 1.6), none, or MEAN/STD of x/255 such as 0.5,0.4,0.5/0.25; "
		"by "
		"default what an ONNX file of ours says, else imagenet"),
	SECANT_OPT(secant_import, white, STR, "white", NULL, 0, 0,
		"the number that was white in training pictures of more than 8 bits: 10000 (reflectances), 4095, 1, ..., or by "
		"type u16=10000,f32=1; not given: predict goes by what pictures hold"),
	SECANT_OPT(secant_import, class_names, STR, "class-names", NULL, 0, 0, "names of the classes: sky,road,car"),
	SECANT_OPT_HEADING("Of an ONNX file"),
	SECANT_OPT(secant_import, output, STR, "output", NULL, 0, 0,
		"the output with the scores; by default the first that has an axis of pixels"),
	SECANT_OPT_CHOICE(secant_import, bgr, "channel-order", "auto", "rgb|bgr|auto",
		"in which order the network wants colours; auto: rgb, of MindSpore's U-Nets bgr"),
	SECANT_OPT(secant_import, size, SIZE, "size", NULL, 1, 65536,
		"height and width that pictures are scaled to; by default those that the file fixes, else none"),
	SECANT_OPT_END,
};
const secant_opts secant_import_options = { "import", sizeof(secant_import), import_rows };

static secant_status
read_white(model_bundle *m, const char *text, secant_err *err)
{
	codec_whites w;
	secant_status s = codec_whites_parse(&w, text, err);
	if (!s && text && !(m->white = base_strdup(text)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for a text");
	return s;
}

static secant_status
read_names(model_bundle *m, const char *text, secant_err *err)
{
	int n = 1;
	for (const char *at = text; *at; at++)
		n += *at == ',';
	if (n != m->net.classes)
		return secant_fail(err, SECANT_ERR_ARG, "--class-names: %d names for %d classes", n, m->net.classes);
	if (!(m->class_names = secant_calloc((size_t)n, sizeof *m->class_names)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (const char *at = text; m->n_class_names < n; m->n_class_names++) {
		size_t length = strcspn(at, ",");
		if (!(m->class_names[m->n_class_names] = base_strndup(at, length)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
		at += length + 1;
	}
	return SECANT_OK;
}

/* The file of weights: in a folder, what save_pretrained and hubs put there. */
static char *
weights_file(const char *path, secant_err *err)
{
	static const char *const names[] = { "model.safetensors", "pytorch_model.bin", "model.safetensors.index.json",
		"pytorch_model.bin.index.json" };
	char *file = NULL;
	if (!secant_is_dir(path))
		file = base_strdup(path);
	for (size_t i = 0; i < sizeof names / sizeof *names && !file; i++) {
		file = base_path_join(path, names[i]);
		if (file && !secant_is_file(file)) {
			secant_free(file);
			file = NULL;
			if (i + 1 == sizeof names / sizeof *names)
				secant_fail(
					err, SECANT_ERR_IO, "%s: the folder holds no model.safetensors and no pytorch_model.bin", path);
		}
	}
	if (!file)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a file name");
	return file;
}

/* Where weights came from and what training dropped; what begins with _ is of hubs. */
static bool
means_nothing_here(const char *key)
{
	static const char *const keys[] = { "encoder_weights", "pretrained", "drop_rate", "drop_path_rate",
		"attn_drop_rate", "proj_drop_rate", "license", "tags", "pipeline_tag", "library_name", NULL };
	bool found = *key == '_' && strcmp(key, "_model_class");
	for (int i = 0; keys[i] && !found; i++)
		found = !strcmp(key, keys[i]);
	return found;
}

/* One fact of smp's config.json as an option, unless the user gave another. */
static secant_status
take_fact(secant_network *net, const secant_network *plain, const char *key, const json_t *value, base_str *taken,
	secant_err *err)
{
	static const struct {
		const char *key, *option;
	} other[] = { { "encoder_name", "encoder" }, { "_model_class", "arch" }, { "architecture", "arch" },
		/* as older versions of smp say it; it counts there still */
		{ "decoder_use_batchnorm", "decoder-use-norm" }, { "psp_use_batchnorm", "decoder-use-norm" },
		{ "upscale_mode", "decoder-interpolation" } };
	char option[64], text[512];
	(void)snprintf(option, sizeof option, "%s", key);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (!strcmp(key, other[i].key))
			(void)snprintf(option, sizeof option, "%s", other[i].option);
	for (char *p = option; *p; p++)
		*p = *p == '_' ? '-' : *p;
	if (json_is_null(value) || means_nothing_here(key))
		return SECANT_OK;
	if (!secant_opts_find(&secant_network_options, option, NULL))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"\"%s\" is no option here, and the network could be another without it; where it changes nothing, take it "
			"out "
			"of the file",
			key);
	char *dumped = json_is_string(value) ? base_strdup(json_string_value(value)) : base_json_text(value, 0);
	if (!dumped)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a network's options");
	char *to = text; /* [256, 128] is the list 256,128; names of architectures are in lower case */
	for (const char *p = dumped; *p && to < text + sizeof text - 1; p++)
		if (!json_is_array(value) || !strchr("[] \n", *p))
			*to++ = (char)(!strcmp(option, "arch") && *p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	*to = '\0';
	bool whole = strlen(dumped) < sizeof text;
	secant_free(dumped);
	if (!whole)
		return secant_fail(err, SECANT_ERR_FORMAT, "\"%s\" is longer than any option", key);
	char *now = secant_opts_get(&secant_network_options, net, option),
		 *usual = secant_opts_get(&secant_network_options, plain, option);
	bool given = (now == NULL) != (usual == NULL) || (now && strcmp(now, usual));
	secant_status status = SECANT_OK;
	if (!given && !(now && !strcmp(now, text))
		&& !(status = secant_opts_set(&secant_network_options, net, option, text, err)))
		base_str_addf(taken, " --%s %s", option, text);
	secant_free(now);
	secant_free(usual);
	return status;
}

/* config.json beside the weights, as smp's save_pretrained writes it; none, or another program's, changes nothing; one
 * that cannot be read is an error, since what it says would be missing. */
static secant_status
read_config(secant_network *net, const char *file, const secant_logger *log, secant_err *err)
{
	char *folder = base_path_dir(file), *path = folder ? base_path_join(folder, "config.json") : NULL;
	bool there = path && base_ext_is(file, "bin|safetensors") && secant_is_file(path);
	json_t *j = there ? base_json_read(path, err) : NULL, *value;
	secant_network plain;
	base_str taken = { 0 };
	const char *key;
	secant_status status = there && !j ? err->code : secant_opts_init(&secant_network_options, &plain, err);
	bool opened = !status;
	if (!status && json_object_get(j, "encoder_name"))
		json_object_foreach (j, key, value)
			if (!status && (status = take_fact(net, &plain, key, value, &taken, err)))
				secant_err_prefix(err, "%s", path);
	if (!status && taken.n)
		secant_log(log, SECANT_LOG_INFO, "%s:%s", path, taken.p);
	if (opened)
		secant_opts_free(&secant_network_options, &plain);
	base_str_free(&taken);
	json_decref(j);
	secant_free(path);
	secant_free(folder);
	return status;
}

/* Weights that were trained on blue, green, red. */
static void
take_colours(model_bundle *m, int bgr, const secant_logger *log, secant_err *err)
{
	if (bgr == 0)
		return;
	bool turned = model_turn_colours(m);
	if (turned && bgr == 2)
		secant_log(log, SECANT_LOG_INFO,
			"MindSpore's zoo trains %s on blue, green, red: its first convolution is turned to red, green, blue "
			"(--channel-order rgb leaves it)",
			m->net.arch);
	if (!turned && bgr == 1)
		secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"--channel-order bgr: of weights only networks of MindSpore's zoo with 3 channels are turned");
}

secant_status
secant_model_import(
	const char *weights, const secant_import *o, const char *out, const secant_logger *log, secant_err *err)
{
	secant_err own = { 0 };
	model_bundle m = { 0 };
	if (deploy_is_onnx(weights))
		return secant_model_import_onnx(weights, o, out, NULL, err);
	if (!base_ext_is(out, "safetensors"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a model file ends in .safetensors", out);
	char *model = app_import_own_file(weights), *file = model ? model : weights_file(weights, &own);
	if (file && app_same_file(file, out))
		secant_fail(&own, SECANT_ERR_ARG, "%s: the model would replace the weights it is made of", out);
	if (model) {
		if (!own.code && !app_import_own(model, o, out, &own))
			secant_log(log, SECANT_LOG_INFO, "%s is a model of secant: what it says of itself stays", model);
		secant_free(model);
		return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
	}
	secant_network net = { 0 };
	if (!own.code && !secant_opts_copy(&secant_network_options, &net, &o->network, &own))
		(void)!read_config(&net, file, log, &own);
	const char *normalize = o->normalize ? o->normalize : "imagenet";
	int classes = 0;
	if (!own.code && !net.classes && !model_new(&m, &net, NULL, normalize, false, NULL)) {
		classes = model_head_classes(&m, file); /* nobody says how many there are: the head does */
		model_free(&m);
	}
	if (classes > 1) {
		net.classes = classes;
		secant_log(log, SECANT_LOG_INFO, "%s: the head has %d classes: --classes %d is taken", file, classes, classes);
	}
	if (!own.code && !model_new(&m, &net, o->mode, normalize, false, &own) && !read_white(&m, o->white, &own)
		&& (!o->class_names || !read_names(&m, o->class_names, &own)) && !model_load(&m, file, log, &own)) {
		take_colours(&m, o->bgr, log, &own);
		if (!own.code)
			(void)!model_save(&m, out, &own);
	}
	secant_opts_free(&secant_network_options, &net);
	model_free(&m);
	secant_free(file);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

bool
secant_is_onnx_file(const char *path)
{
	return deploy_is_onnx(path);
}

secant_status
secant_model_import_onnx(const char *network, const secant_import *o, const char *out, char **said, secant_err *err)
{
	secant_err own = { 0 };
	base_str lines = { 0 };
	if (!base_ext_is(out, "safetensors"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a model file ends in .safetensors", out);
	if (app_onnx_import(network, o, out, &lines, &own))
		secant_err_prefix(&own, "%s", network);
	if (said)
		*said = base_str_take(&lines);
	base_str_free(&lines);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

secant_status
secant_model_export(const char *model, const char *out, secant_err *err)
{
	format_model_file file;
	if (base_ext_is(out, "onnx")) {
		secant_export o = { .opset = 17, .size = { 2, { 256, 256 } }, .dynamic = true };
		return secant_model_export_onnx(model, out, &o, err);
	}
	if (app_is_smp_folder(out))
		return app_export_smp_folder(model, out, err);
	if (base_ext_is(out, "ckpt"))
		return secant_model_export_ckpt(model, out, &(secant_export){ 0 }, err);
	if (!base_ext_is(out, "safetensors|pth|pt|bin"))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: a state_dict ends in .safetensors, .pth, .pt or .bin, MindSpore's in .ckpt, a folder for "
			"smp.from_pretrained in /",
			out);
	if (app_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the weights would replace the model they come from", out);
	secant_status status = format_model_file_read(&file, model, err);
	if (status)
		return status;
	status = file.offline ? secant_fail(
				 err, SECANT_ERR_ARG, "%s is compiled, its weights are folded: export the model it comes from", model)
						  : secant_tensors_write(&file.tensors, NULL, out, err);
	format_model_file_free(&file);
	return status;
}
