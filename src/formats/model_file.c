/* Model files. See model_file.h. */
#include "formats/model_file.h"
#include <string.h>
#include "base/mem.h"

static json_t *
member(const json_t *meta, const char *key, const char *path, secant_err *err)
{
	const char *text = json_string_value(json_object_get(meta, key));
	if (!text) {
		secant_fail(err, SECANT_ERR_FORMAT,
			"%s: holds tensors but no secant model (its metadata has no \"%s\"); secant import makes a model of a "
			"state_dict",
			path, key);
		return NULL;
	}
	json_t *j = base_json_parse(text, strlen(text), key, err);
	if (!j)
		secant_err_prefix(err, "%s", path);
	return j;
}

secant_status
format_model_file_read(format_model_file *m, const char *path, secant_err *err)
{
	char *text = NULL;
	secant_err own = { 0 };
	*m = (format_model_file){ 0 };
	json_t *meta = NULL;
	if (!secant_tensors_read(&m->tensors, &text, path, &own)) {
		meta = text ? base_json_parse(text, strlen(text), path, &own) : json_object();
		if (meta && (m->settings = member(meta, "secant", path, &own)))
			m->graph = member(meta, "graph", path, &own);
	}
	json_decref(meta);
	secant_free(text);
	if (!own.code && (!json_is_object(m->settings) || !json_is_object(m->graph)))
		secant_fail(&own, SECANT_ERR_FORMAT, "%s: the model's settings or graph is no JSON object", path);
	if (!own.code && json_integer_value(json_object_get(m->settings, "version")) > 1)
		secant_fail(&own, SECANT_ERR_UNSUPPORTED, "%s: made by a newer secant (model version %lld, this one reads 1)",
			path, (long long)json_integer_value(json_object_get(m->settings, "version")));
	if (!own.code)
		return SECANT_OK;
	format_model_file_free(m);
	return secant_fail(err, own.code, "%s", own.msg);
}

secant_status
format_model_file_write(const format_model_file *m, const char *path, secant_err *err)
{
	json_t *meta = json_object();
	char *settings = base_json_text(m->settings, 0), *graph = base_json_text(m->graph, 0), *text = NULL;
	secant_status status = SECANT_ERR_NOMEM;
	if (meta && settings && graph && !json_object_set_new(meta, "secant", json_string(settings))
		&& !json_object_set_new(meta, "graph", json_string(graph)))
		text = base_json_text(meta, 0);
	status = text ? secant_tensors_write(&m->tensors, text, path, err)
				  : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory to write the model", path);
	secant_free(text);
	secant_free(settings);
	secant_free(graph);
	json_decref(meta);
	return status;
}

void
format_model_file_free(format_model_file *m)
{
	secant_tensors_free(&m->tensors);
	json_decref(m->settings);
	json_decref(m->graph);
	*m = (format_model_file){ 0 };
}
