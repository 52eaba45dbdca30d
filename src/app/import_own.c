/*
 * `import` of a model of our own: it says itself what network it is and how its pictures are, and a default of the
 * options would be a silent change of it. What the user gives for it to remember (mode, normalisation, names of
 * classes) is written over what it says.
 */
#include "app/import_own.h"
#include <string.h>
#include "base/file.h"
#include "codec/white.h"
#include "formats/model_file.h"
#include "model/model.h"
#include "prepare/normalize.h"

char *
app_import_own_file(const char *path)
{
	format_model_file file;
	char *own = secant_is_dir(path) ? base_path_join(path, "best.safetensors") : base_strdup(path);
	if (own && base_ext_is(own, "safetensors") && secant_is_file(own) && !format_model_file_read(&file, own, NULL)) {
		bool network = json_is_object(json_object_get(file.settings, "network"));
		format_model_file_free(&file);
		if (network)
			return own;
	}
	secant_free(own);
	return NULL;
}

/* Options of the network that were given and say another thing than the model: they would have to change its graph. */
static secant_status
check_network(const json_t *told, const secant_network *given, secant_err *err)
{
	secant_network plain;
	const char *key;
	json_t *value;
	secant_status status = secant_opts_init(&secant_network_options, &plain, err);
	if (status)
		return status;
	char *text = secant_opts_to_json(&secant_network_options, given),
		 *usual = secant_opts_to_json(&secant_network_options, &plain);
	json_t *now = text ? json_loads(text, 0, NULL) : NULL, *before = usual ? json_loads(usual, 0, NULL) : NULL;
	json_object_foreach (now, key, value)
		if (!status && !json_equal(value, json_object_get(before, key))
			&& !json_equal(value, json_object_get(told, key))) {
			char *own = base_json_text(json_object_get(told, key), 0);
			status = secant_fail(err, SECANT_ERR_ARG,
				"--%s: this is a model of secant, which says its own (%s); secant export makes plain weights of it",
				key, own ? own : "none");
			secant_free(own);
		}
	json_decref(now);
	json_decref(before);
	secant_free(text);
	secant_free(usual);
	secant_opts_free(&secant_network_options, &plain);
	return status;
}

static secant_status
remember_mode(json_t *settings, const char *text, int classes, secant_err *err)
{
	base_mode mode;
	const char *now = json_string_value(json_object_get(settings, "mode"));
	const char *activation = json_string_value(json_object_get(json_object_get(settings, "network"), "activation"));
	secant_status status = model_mode_choose(text, classes, &mode, err);
	if (status)
		return status;
	if (activation && strcmp(activation, "identity") != 0 && now && strcmp(now, base_mode_name(mode)) != 0)
		return secant_fail(
			err, SECANT_ERR_ARG, "--mode %s: the network ends in %s, which is of %s", text, activation, now);
	json_object_set_new(settings, "mode", json_string(base_mode_name(mode)));
	return SECANT_OK;
}

static secant_status
remember_names(json_t *settings, const char *text, int classes, secant_err *err)
{
	json_t *names = json_array();
	for (const char *at = text;; at++) {
		size_t n = strcspn(at, ",");
		json_array_append_new(names, json_stringn(at, n));
		if (!*(at += n))
			break;
	}
	int n = (int)json_array_size(names);
	json_object_set_new(settings, "class_names", names);
	return n == classes ? SECANT_OK
						: secant_fail(err, SECANT_ERR_ARG, "--class-names: %d names for %d classes", n, classes);
}

static secant_status
remember(format_model_file *file, const secant_import *o, secant_err *err)
{
	const json_t *network = json_object_get(file->settings, "network"),
				 *inputs = json_object_get(network, "in-channels"), *outputs = json_object_get(network, "classes");
	int channels = json_is_integer(inputs) ? (int)json_integer_value(inputs) : 3,
		classes = json_is_integer(outputs) ? (int)json_integer_value(outputs) : 1;
	float scale[PREPARE_NORMALIZE_CHANNELS], shift[PREPARE_NORMALIZE_CHANNELS];
	secant_status status = check_network(network, &o->network, err);
	if (!status && (o->output || o->bgr == 1 || o->size.n))
		status = secant_fail(err, SECANT_ERR_ARG,
			"--output, --channel-order bgr, --size: these are of ONNX files and of weights, this is a model of secant");
	if (!status && file->offline)
		status = secant_fail(
			err, SECANT_ERR_ARG, "this is compiled, and what it remembers is in it: import the model it comes from");
	if (!status && o->normalize && !(status = prepare_normalize_parse(o->normalize, channels, scale, shift, err)))
		json_object_set_new(file->settings, "normalize", json_string(o->normalize));
	codec_whites whites;
	if (!status && o->white && !(status = codec_whites_parse(&whites, o->white, err)))
		json_object_set_new(file->settings, "white", json_string(o->white));
	if (!status && o->mode)
		status = remember_mode(file->settings, o->mode, classes, err);
	if (!status && o->class_names)
		status = remember_names(file->settings, o->class_names, classes, err);
	return status;
}

secant_status
app_import_own(const char *model, const secant_import *o, const char *out, secant_err *err)
{
	format_model_file file;
	secant_err own = { 0 };
	secant_status status = format_model_file_read(&file, model, err);
	if (status)
		return status;
	if (remember(&file, o, &own))
		secant_err_prefix(&own, "%s", model);
	else
		(void)!format_model_file_write(&file, out, &own);
	format_model_file_free(&file);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
