/* What post-processors share; see postprocess.h. */
#include "stream/postprocess.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"

enum { MOST_LINES = 65535 };

static char *
trimmed(const char *from, size_t n)
{
	while (n && isspace((unsigned char)*from)) {
		from++;
		n--;
	}
	while (n && isspace((unsigned char)from[n - 1]))
		n--;
	return base_strndup(from, n);
}

static bool
add_pair(stream_post *s, char *key, char *value)
{
	int capacity = s->n_capacity;
	if (!key || !value || base_grow((void **)&s->key, &capacity, s->n, sizeof *s->key)
		|| base_grow((void **)&s->value, &s->n_capacity, s->n, sizeof *s->value)) {
		secant_free(key);
		secant_free(value);
		return false;
	}
	s->key[s->n] = key;
	s->value[s->n++] = value;
	return true;
}

/* Lines KEY=VALUE; what begins with # says nothing. */
static int
read_config(stream_post *s, const char *text, size_t size, char *why, size_t room)
{
	int line = 0;
	for (size_t at = 0; at < size && ++line <= MOST_LINES;) {
		const char *from = text + at, *stop = memchr(from, '\n', size - at);
		size_t n = stop ? (size_t)(stop - from) : size - at;
		const char *equals = memchr(from, '=', n);
		at += n + 1;
		while (n && isspace((unsigned char)*from)) {
			from++;
			n--;
		}
		if (!n || *from == '#')
			continue;
		if (!equals || equals < from) {
			snprintf(why, room, "postProcessConfigPath: line %d is not KEY=VALUE", line);
			return STREAM_INIT;
		}
		if (!add_pair(s, trimmed(from, (size_t)(equals - from)), trimmed(equals + 1, n - (size_t)(equals + 1 - from))))
			return STREAM_NO_MEMORY;
	}
	return 0;
}

static int
read_content(stream_post *s, const char *text, char *why, size_t room)
{
	secant_err err = { 0 };
	const char *key;
	json_t *value, *j = base_json_parse(text, strlen(text), "postProcessConfigContent", &err);
	int code = 0;
	if (!json_is_object(j)) {
		snprintf(why, room, "%s", err.code ? err.msg : "postProcessConfigContent is not an object");
		json_decref(j);
		return STREAM_INIT;
	}
	json_object_foreach (j, key, value) {
		char *text_of = json_is_string(value) ? base_strdup(json_string_value(value)) : base_json_text(value, 0);
		if (!add_pair(s, base_strdup(key), text_of))
			code = STREAM_NO_MEMORY;
	}
	json_decref(j);
	return code;
}

/* A class on each line; lines that begin with # are remarks. */
static int
read_labels(stream_post *s, const char *text, size_t size)
{
	for (size_t at = 0; at < size && s->n_labels < MOST_LINES;) {
		const char *stop = memchr(text + at, '\n', size - at);
		size_t n = stop ? (size_t)(stop - text) - at : size - at;
		char *label = text[at] == '#' ? NULL : trimmed(text + at, n);
		at += n + 1;
		if (!label || !*label) {
			secant_free(label);
			continue;
		}
		if (base_grow((void **)&s->label, &s->labels_capacity, s->n_labels, sizeof *s->label)) {
			secant_free(label);
			return STREAM_NO_MEMORY;
		}
		s->label[s->n_labels++] = label;
	}
	return 0;
}

const char *
stream_post_value(const stream_post *s, const char *key)
{
	for (int i = s->n - 1; i >= 0; i--)
		if (!strcmp(s->key[i], key))
			return s->value[i];
	return NULL;
}

static int
number(const stream_post *s, const char *key, int def, int most, int *code, char *why, size_t size)
{
	const char *text = stream_post_value(s, key);
	char *end;
	long v = text ? strtol(text, &end, 10) : def;
	if (text && (end == text || *end || v < 0 || v > most)) {
		snprintf(why, size, "%s is '%.60s', 0 to %d is meant", key, text, most);
		*code = STREAM_INIT;
	}
	return (int)v;
}

/* What is built in by the names of the original's libraries; a file of that name would be a library of its own ABI. */
static bool
is_known(const char *path)
{
	static const char *const names[] = { "unetmindspore", "deeplabv3", "segment" };
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strstr(file, names[i]))
			return true;
	return false;
}

static int
read_all(stream_worker *w, stream_post *s, char *why, size_t size)
{
	char *config = stream_prop_copy(w, "postProcessConfigPath"),
		 *content = stream_prop_copy(w, "postProcessConfigContent");
	char *labels = stream_prop_copy(w, "labelPath");
	secant_err err = { 0 };
	secant_bytes b;
	int code = config && content && labels ? 0 : STREAM_NO_MEMORY;
	if (!code && *config) {
		if (base_file_map(&b, config, &err)) {
			snprintf(why, size, "%s", err.msg);
			code = STREAM_INIT;
		} else {
			code = read_config(s, (const char *)b.data, b.size, why, size);
			base_file_unmap(&b);
		}
	}
	if (!code && *content)
		code = read_content(s, content, why, size);
	err = (secant_err){ 0 };
	if (!code && *labels) {
		if (base_file_map(&b, labels, &err))
			stream_note(w, "labelPath: %s: classes have no names", err.msg);
		else {
			code = read_labels(s, (const char *)b.data, b.size);
			base_file_unmap(&b);
		}
	}
	secant_free(config);
	secant_free(content);
	secant_free(labels);
	return code;
}

int
stream_post_open(stream_worker *w, stream_post *s, const char *factory, char *why, size_t size)
{
	char *path = stream_prop_copy(w, "postProcessLibPath");
	bool known = path && is_known(path), python = !stream_prop_is(w, "funcLanguage", "c++");
	snprintf(why, size, "%s", "no memory");
	if (path && (python || !known))
		snprintf(why, size, "postProcessLibPath '%.200s': this version has %s of its own for %s, no %s", path,
			"what unetmindspore and deeplabv3 libraries do", factory, python ? "Python classes" : "other library");
	secant_free(path);
	if (!path || python || !known)
		return STREAM_MISSING;
	int code = read_all(w, s, why, size);
	if (!code) {
		s->classes = number(s, "CLASS_NUM", 0, 1000, &code, why, size);
		s->model_type = number(s, "MODEL_TYPE", 0, 100, &code, why, size);
		s->post_type = number(s, "POST_TYPE", 0, 16, &code, why, size);
		s->resize_type = number(s, "RESIZE_TYPE", 1, 16, &code, why, size);
	}
	if (!code && s->post_type > 1) {
		snprintf(
			why, size, "POST_TYPE %d: 0 (the largest of scores) or 1 (classes as they are) is meant", s->post_type);
		code = STREAM_FAILURE;
	}
	if (!code && s->classes < 1) {
		snprintf(why, size, "CLASS_NUM is not set in the post-processor's configuration");
		code = STREAM_INIT;
	}
	return code;
}

void
stream_post_close(stream_post *s)
{
	for (int i = 0; i < s->n; i++) {
		secant_free(s->key[i]);
		secant_free(s->value[i]);
	}
	for (int i = 0; i < s->n_labels; i++)
		secant_free(s->label[i]);
	secant_free(s->key);
	secant_free(s->value);
	secant_free(s->label);
	*s = (stream_post){ 0 };
}

/* ---- masks ---- */

static float
score(const stream_tensor *t, size_t i)
{
	float v;
	memcpy(&v, t->data + i * sizeof v, sizeof v);
	return v;
}

static int
class_at(const stream_tensor *t, bool rows, int classes, size_t y, size_t x)
{
	if (t->rank == 3) {
		int32_t v;
		memcpy(&v, t->data + (y * (size_t)t->dim[2] + x) * sizeof v, sizeof v);
		return v;
	}
	size_t h = (size_t)t->dim[rows ? 1 : 2], w = (size_t)t->dim[rows ? 2 : 3], c = (size_t)classes;
	size_t at = rows ? (y * w + x) * c : y * w + x, step = rows ? 1 : h * w;
	int best = 0;
	float most = score(t, at);
	for (int k = 1; k < classes; k++) {
		float v = score(t, at + (size_t)k * step);
		if (v > most) {
			most = v;
			best = k;
		}
	}
	return best;
}

bool
stream_put_mask(base_str *list, const stream_post *s, const stream_tensor *t, bool rows, const stream_mask_place *at,
	const char *key, int member)
{
	base_str mask = { 0 };
	size_t unit = s->n_labels <= 255 ? 1 : sizeof(int32_t), n = (size_t)at->height * (size_t)at->width;
	uint8_t *data = base_alloc_raw(n * unit + 1);
	for (size_t y = 0; data && y < (size_t)at->height; y++)
		for (size_t x = 0; x < (size_t)at->width; x++) {
			size_t from_y = y * (size_t)at->used_height / (size_t)at->height;
			int32_t v = class_at(t, rows, s->classes, from_y, x * (size_t)at->used_width / (size_t)at->width);
			if (unit == 1)
				data[y * (size_t)at->width + x] = (uint8_t)v;
			else
				memcpy(data + (y * (size_t)at->width + x) * unit, &v, unit);
		}
	stream_put_header(&mask, key, member);
	for (int i = 0; i < s->n_labels; i++)
		format_wire_put_text(&mask, 2, s->label[i]);
	stream_put_packed(&mask, 3, (const int64_t[]){ at->height, at->width }, 2);
	stream_put_int(&mask, 4, unit == 1 ? STREAM_T_U8 : STREAM_T_I32);
	format_wire_put_bytes(&mask, 5, data ? (const void *)data : "", data ? n * unit : 0);
	stream_put_message(list, 1, &mask);
	base_str_free(&mask);
	secant_free(data);
	return data && !list->failed;
}
