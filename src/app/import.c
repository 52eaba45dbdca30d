/* Models from PyTorch's weights and back. See secant/model.h. */
#include <secant/model.h>
#include <string.h>
#include "base/file.h"
#include "app/trial.h"

static const secant_opt import_rows[] = {
	SECANT_OPT_HEADING("Network"),
	SECANT_OPT_TABLE(secant_import, network, &secant_network_options),
	SECANT_OPT_HEADING("What the model remembers"),
	SECANT_OPT(secant_import, mode, STR, "mode", NULL, 0, 0,
		"binary (1 class), multiclass (classes exclude each other), multilabel; by default from the classes"),
	SECANT_OPT_TABLE(secant_import, normalize, &secant_normalize_options),
	SECANT_OPT(secant_import, class_names, STR, "class-names", NULL, 0, 0, "names of the classes: sky,road,car"),
	SECANT_OPT_END,
};
const secant_opts secant_import_options = { "import", sizeof(secant_import), import_rows };

static secant_status
read_names(secant_model *m, const char *text, secant_err *err)
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
		if (!(m->class_names[m->n_class_names] = secant_strndup(at, length)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
		at += length + 1;
	}
	return SECANT_OK;
}

/* The file of weights: in a folder, what save_pretrained and hubs put there. */
static char *
weights_file(const char *path, secant_err *err)
{
	static const char *const names[] = { "model.safetensors", "pytorch_model.bin" };
	char *file = NULL;
	if (!secant_is_dir(path))
		file = secant_strdup(path);
	for (size_t i = 0; i < sizeof names / sizeof *names && !file; i++) {
		file = secant_path_join(path, names[i]);
		if (file && !secant_is_file(file)) {
			secant_free(file);
			file = NULL;
			if (i)
				secant_fail(
					err, SECANT_ERR_IO, "%s: the folder holds no model.safetensors and no pytorch_model.bin", path);
		}
	}
	if (!file)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a file name");
	return file;
}

secant_status
secant_model_import(const char *weights, const secant_import *o, const char *out, secant_err *err)
{
	secant_err own = { 0 };
	secant_model m = { 0 };
	if (secant_ext_is(weights, "onnx"))
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "%s: ONNX is not read yet; import a state_dict (.pth, .safetensors)", weights);
	if (!secant_ext_is(out, "safetensors"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a model file ends in .safetensors", out);
	char *file = weights_file(weights, &own);
	if (file && secant_same_file(file, out))
		secant_fail(&own, SECANT_ERR_ARG, "%s: the model would replace the weights it is made of", out);
	if (!own.code && !secant_model_new(&m, &o->network, o->mode, o->normalize.normalize, false, &own)
		&& (!o->class_names || !read_names(&m, o->class_names, &own)) && !secant_model_load(&m, file, &own))
		(void)!secant_model_save(&m, out, &own);
	secant_model_free(&m);
	secant_free(file);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

secant_status
secant_model_export(const char *model, const char *out, secant_err *err)
{
	secant_model_file file;
	if (secant_ext_is(out, "onnx"))
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "%s: ONNX is not written yet; export a state_dict (.pth, .safetensors)", out);
	if (!secant_ext_is(out, "safetensors|pth|pt|bin"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: a state_dict ends in .safetensors, .pth, .pt or .bin", out);
	if (secant_same_file(model, out))
		return secant_fail(err, SECANT_ERR_ARG, "%s: the weights would replace the model they come from", out);
	secant_status status = secant_model_file_read(&file, model, err);
	if (status)
		return status;
	status = secant_tensors_write(&file.tensors, NULL, out, err);
	secant_model_file_free(&file);
	return status;
}
