/* Which network a training goes on with. See from.h. */
#include "train/from.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "formats/model_file.h"
#include "model/onnx.h"

static secant_status
set(secant_train_options *o, const char *name, const char *value, secant_err *err)
{
	return secant_opts_set(&secant_train_options_table, o, name, value, err);
}

/* Where nobody said how pictures are normalised, it is as the network has it. */
static secant_status
take_normalize(secant_train_options *o, const char *normalize, const secant_logger *log, secant_err *err)
{
	if (!normalize || strcmp(o->data.normalize.normalize, "auto"))
		return SECANT_OK;
	secant_log(log, SECANT_LOG_INFO, "normalisation %s, as %s has it", normalize, o->from_network);
	return set(o, "normalize", normalize, err);
}

static secant_status
from_onnx(secant_train_options *o, const secant_logger *log, secant_err *err)
{
	model_bundle m;
	char text[48];
	if (model_onnx_open(&m, o->from_network, &(model_onnx_wishes){ .logits = true }, false, NULL, err))
		return err->code;
	(void)snprintf(text, sizeof text, "%d", m.net.in_channels);
	secant_status status = set(o, "in-channels", text, err);
	if (!status)
		status = take_normalize(o, m.normalize, log, err);
	if (!status && m.scaled[0] && o->data.size.n != 2) {
		(void)snprintf(text, sizeof text, "%dx%d", m.scaled[0], m.scaled[1]);
		secant_log(log, SECANT_LOG_INFO, "pictures are scaled to %s, which %s wants", text, o->from_network);
		if (!(status = set(o, "size", text, err)))
			o->data.resize = true;
	}
	model_free(&m);
	return status;
}

/* And what is white in pictures. */
static secant_status
take_white(secant_train_options *o, const char *white, const secant_logger *log, secant_err *err)
{
	if (!white || strcmp(o->data.normalize.white, "auto"))
		return SECANT_OK;
	secant_log(log, SECANT_LOG_INFO, "white is %s, as %s has it", white, o->from_network);
	return set(o, "white", white, err);
}

/* A model of ours: its network options but for the classes, and its weights. */
static secant_status
from_model(secant_train_options *o, const secant_logger *log, secant_err *err)
{
	format_model_file file;
	int classes = o->network.classes;
	secant_status status = format_model_file_read(&file, o->from_network, err);
	if (status)
		return status;
	char *text = base_json_text(json_object_get(file.settings, "network"), 0);
	if (!text)
		status = secant_fail(
			err, SECANT_ERR_FORMAT, "%s: the model's settings hold no network options", o->from_network);
	if (!status)
		status = secant_opts_set_json(&secant_network_options, &o->network, text, "network", err);
	o->network.classes = classes;
	if (!status)
		status = take_normalize(o, json_string_value(json_object_get(file.settings, "normalize")), log, err);
	if (!status)
		status = take_white(o, json_string_value(json_object_get(file.settings, "white")), log, err);
	if (!status && !o->weights)
		status = set(o, "weights", o->from_network, err);
	secant_free(text);
	format_model_file_free(&file);
	return status;
}

secant_status
train_take_network(secant_train_options *o, const secant_logger *log, secant_err *err)
{
	if (!o->from_network && o->data.from
		&& (secant_is_file(o->data.from)
			|| base_ext_is(o->data.from, "onnx|safetensors"))) { /* a file, no format of annotations */
		o->from_network = o->data.from;
		o->data.from = NULL;
	}
	if (!o->from_network)
		return SECANT_OK;
	if (!secant_is_file(o->from_network))
		return secant_fail(err, SECANT_ERR_IO, "%s: no such file to train on", o->from_network);
	return model_is_onnx(o->from_network) ? from_onnx(o, log, err) : from_model(o, log, err);
}
