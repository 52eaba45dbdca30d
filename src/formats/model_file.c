/* Model files. See model_file.h. */
#include "formats/model_file.h"
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
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

/* ---- sums ---- */

enum { SUM_TEXT = 17 };

static void
sum_text(uint64_t sum, char text[SUM_TEXT])
{
	(void)snprintf(text, SUM_TEXT, "%016llx", (unsigned long long)sum);
}

static void
tensor_sum(const secant_tensor *t, char text[SUM_TEXT])
{
	char shape[96];
	uint64_t sum = base_sum64(base_sum64(0, t->data, secant_tensor_bytes(t)), secant_dtype_name(t->dtype),
		strlen(secant_dtype_name(t->dtype)));
	secant_shape_text(&t->shape, shape, sizeof shape);
	sum_text(base_sum64(sum, shape, strlen(shape)), text);
}

static const char *const summed[] = { "secant", "graph", "offline" };
enum { SUMMED = sizeof summed / sizeof *summed };

static json_t *
sums_of(const secant_tensors *tensors, const json_t *meta)
{
	json_t *sums = json_object();
	char text[SUM_TEXT], name[32];
	for (int i = 0; i < tensors->n; i++) {
		tensor_sum(&tensors->v[i].tensor, text);
		json_object_set_new(sums, tensors->v[i].name, json_string(text));
	}
	for (int i = 0; i < SUMMED; i++) {
		const char *member = json_string_value(json_object_get(meta, summed[i]));
		if (!member)
			continue;
		sum_text(base_sum64(0, member, strlen(member)), text);
		(void)snprintf(name, sizeof name, "metadata:%s", summed[i]);
		json_object_set_new(sums, name, json_string(text));
	}
	return sums;
}

/* A compiled model is what its sums say. */
static secant_status
check_sums(const format_model_file *m, const json_t *meta, const char *path, secant_err *err)
{
	const char *text = json_string_value(json_object_get(meta, "sums"));
	json_t *told = text ? base_json_parse(text, strlen(text), "sums", err) : NULL, *own;
	if (!text)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s: a compiled model without its sums", path);
	own = sums_of(&m->tensors, meta);
	const char *name, *bad = NULL;
	json_t *sum;
	json_object_foreach (own, name, sum)
		if (!bad && !json_equal(sum, json_object_get(told, name)))
			bad = name;
	if (told && !bad && json_object_size(own) != json_object_size(told))
		bad = "a section that is not there";
	if (told && bad)
		secant_fail(err, SECANT_ERR_FORMAT,
			"%s: was changed or damaged after it was compiled: the sum of %s is another", path, bad);
	json_decref(told);
	json_decref(own);
	return err->code;
}

/* Any of its marks will do: one of them may be what was damaged. */
static bool
is_compiled(const format_model_file *m, const json_t *meta)
{
	return json_object_get(m->settings, "compiled") || json_object_get(meta, "sums")
		|| json_object_get(meta, "offline");
}

/* data NULL: the file `path`. */
static secant_status
read_from(format_model_file *m, const void *data, size_t size, const char *path, secant_err *err)
{
	char *text = NULL;
	secant_err own = { 0 };
	*m = (format_model_file){ 0 };
	json_t *meta = NULL;
	if (!(data ? secant_tensors_decode(&m->tensors, &text, data, size, path, &own)
			   : secant_tensors_read(&m->tensors, &text, path, &own))) {
		meta = text ? base_json_parse(text, strlen(text), path, &own) : json_object();
		if (meta && (m->settings = member(meta, "secant", path, &own)))
			m->graph = member(meta, "graph", path, &own);
		bool compiled = !own.code && is_compiled(m, meta);
		if (compiled && !check_sums(m, meta, path, &own))
			m->offline = member(meta, "offline", path, &own);
	}
	json_decref(meta);
	secant_free(text);
	if (!own.code && (!json_is_object(m->settings) || !json_is_object(m->graph)))
		secant_fail(&own, SECANT_ERR_FORMAT, "%s: the model's settings or graph is no JSON object", path);
	if (!own.code && json_integer_value(json_object_get(m->settings, "version")) > 1)
		secant_fail(&own, SECANT_ERR_UNSUPPORTED, "%s: made by a newer secant (model version %lld, this one reads 1)",
			path, (long long)json_integer_value(json_object_get(m->settings, "version")));
	json_int_t version = json_integer_value(json_object_get(json_object_get(m->settings, "compiled"), "version"));
	if (!own.code && m->offline && version != 1)
		secant_fail(&own, SECANT_ERR_UNSUPPORTED,
			"%s: compiled by another secant (version %lld of compiled models, this one reads 1): compile the model "
			"anew",
			path, (long long)version);
	if (!own.code)
		return SECANT_OK;
	format_model_file_free(m);
	return secant_fail(err, own.code, "%s", own.msg);
}

secant_status
format_model_file_read(format_model_file *m, const char *path, secant_err *err)
{
	return read_from(m, NULL, 0, path, err);
}

secant_status
format_model_file_decode(format_model_file *m, const void *data, size_t size, const char *name, secant_err *err)
{
	return read_from(m, data, size, name, err);
}

/* The members of a compiled model; nonzero: no memory. */
static int
add_sums(const format_model_file *m, json_t *meta, const char *offline, char **text)
{
	if (!m->offline)
		return 0;
	if (!offline || json_object_set_new(meta, "offline", json_string(offline)))
		return 1;
	json_t *sums = sums_of(&m->tensors, meta);
	*text = base_json_text(sums, 0);
	json_decref(sums);
	return !*text || json_object_set_new(meta, "sums", json_string(*text));
}

secant_status
format_model_file_write(const format_model_file *m, const char *path, secant_err *err)
{
	json_t *meta = json_object();
	char *settings = base_json_text(m->settings, 0), *graph = base_json_text(m->graph, 0), *text = NULL;
	char *offline = m->offline ? base_json_text(m->offline, 0) : NULL, *sums = NULL;
	secant_status status = SECANT_ERR_NOMEM;
	if (meta && settings && graph && !json_object_set_new(meta, "secant", json_string(settings))
		&& !json_object_set_new(meta, "graph", json_string(graph)) && !add_sums(m, meta, offline, &sums))
		text = base_json_text(meta, 0);
	status = text ? secant_tensors_write(&m->tensors, text, path, err)
				  : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory to write the model", path);
	secant_free(text);
	secant_free(offline);
	secant_free(sums);
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
	json_decref(m->offline);
	*m = (format_model_file){ 0 };
}
