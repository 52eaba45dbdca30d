/*
 * Pipelines: reading, the rules of the whole text, and the streams one after the other in byte order of their names.
 * The order of all checks is that of the original's stream manager, since the first fault gives the code. A stream is
 * validated, created, linked and started (as far as that can be told) before the next one is looked at.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "stream/stream.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_TEXT = 10 << 20, MOST_FILE = 100 << 20, MOST_STREAMS = 256, MOST_KEYS = 5120, MOST_REMARKS = 200 };

static const struct {
	int code;
	const char *name;
} codes[] = {
	{ STREAM_MX_NO_MEMORY, "COMM_OUT_OF_MEM" },
	{ STREAM_MX_STREAM_EXISTS, "STREAM_EXIST" },
	{ STREAM_MX_FAILURE, "COMM_FAILURE" },
	{ STREAM_MX_INVALID_PARAM, "COMM_INVALID_PARAM" },
	{ STREAM_MX_INVALID_PATH, "COMM_INVALID_PATH" },
	{ STREAM_MX_STATE, "STREAM_CHANGE_STATE_FAILED" },
	{ STREAM_MX_CONFIG, "STREAM_INVALID_CONFIG" },
	{ STREAM_MX_LINK, "STREAM_INVALID_LINK" },
	{ STREAM_MX_EXISTS, "STREAM_ELEMENT_EXIST" },
	{ STREAM_MX_NO_ELEMENT, "STREAM_ELEMENT_NOT_EXIST" },
	{ STREAM_MX_FACTORY, "ELEMENT_INVALID_FACTORY" },
	{ STREAM_MX_PROPERTIES, "ELEMENT_INVALID_PROPERTIES" },
	{ STREAM_MX_UNLINKED, "ELEMENT_PAD_UNLINKED" },
};

/* Copies as much as there is room for, whole characters only, "..." at the end of what was cut. */
static void
cut(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	if (n < size) {
		memcpy(to, from, n + 1);
		return;
	}
	n = size - 4;
	while (n && ((unsigned char)from[n] & 0xC0) == 0x80)
		n--;
	memcpy(to, from, n);
	memcpy(to + n, "...", 4);
}

static bool
refuse(secant_pipeline *p, int code, const char *stream, const char *element, const char *property, const char *fmt,
	va_list ap)
{
	secant_stream_fault *f = &p->fault;
	char text[2000];
	if (f->code)
		return false;
	f->code = code;
	f->name = "";
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].code == code)
			f->name = codes[i].name;
	cut(f->stream, sizeof f->stream, stream ? stream : "");
	cut(f->element, sizeof f->element, element ? element : "");
	cut(f->property, sizeof f->property, property ? property : "");
	vsnprintf(text, sizeof text, fmt, ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = '?';
	cut(f->message, sizeof f->message, text);
	return false;
}

bool
stream_refuse(stream_instance *s, int code, const char *element, const char *property, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	refuse(s->pipeline, code, s->name, element, property, fmt, ap);
	va_end(ap);
	return false;
}

SECANT_PRINTF(3, 4)
static bool
refuse_text(secant_pipeline *p, int code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	refuse(p, code, NULL, NULL, NULL, fmt, ap);
	va_end(ap);
	return false;
}

bool
stream_no_memory(secant_pipeline *p)
{
	p->no_memory = true;
	return false;
}

void
stream_remark(secant_pipeline *p, const char *fmt, ...)
{
	char text[1000];
	va_list ap;
	if (p->n_remarks >= MOST_REMARKS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (p->n_remarks == MOST_REMARKS - 1)
		snprintf(text, sizeof text, "and more of the kind");
	const char *copy = base_arena_strdup(p->arena, text);
	if (!copy || base_grow((void **)&p->remarks, &p->remarks_capacity, p->n_remarks, sizeof *p->remarks))
		stream_no_memory(p);
	else
		p->remarks[p->n_remarks++] = copy;
}

bool
stream_is_clean(const char *text)
{
	for (; *text; text++)
		if (strchr("\n\r\t\f\b\v\x7F", *text) || (text[0] == ' ' && text[1] == ' '))
			return false;
	return true;
}

/* The same of the text as it would be written anew: there control characters are escapes again. */
static const char *
unclean_in(const json_t *j)
{
	const char *key, *found = NULL;
	json_t *value;
	size_t i;
	if (json_is_string(j)) {
		const char *text = json_string_value(j);
		return strstr(text, "  ") || strchr(text, 0x7F) ? text : NULL;
	}
	if (json_is_array(j))
		json_array_foreach (j, i, value) {
			if ((found = unclean_in(value)))
				break;
		}
	else if (json_is_object(j))
		json_object_foreach ((json_t *)j, key, value) {
			if (strstr(key, "  ") || strchr(key, 0x7F))
				return key;
			if ((found = unclean_in(value)))
				break;
		}
	return found;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
stream_keys(secant_pipeline *p, const json_t *object, int *n)
{
	const char **keys = base_arena_alloc(p->arena, (json_object_size(object) + 1) * sizeof *keys), *key;
	json_t *value;
	*n = 0;
	if (!keys)
		return NULL;
	json_object_foreach ((json_t *)object, key, value)
		keys[(*n)++] = key;
	qsort(keys, (size_t)*n, sizeof *keys, by_bytes);
	return keys;
}

const stream_element_type *
stream_kind(secant_pipeline *p, const char *factory)
{
	const stream_element_type *e = stream_element_find(factory);
	if (e || !p->visitor || !p->visitor->standard)
		return e;
	for (int i = 0; i < p->n_standard; i++)
		if (!strcmp(p->standard[i]->name, factory))
			return p->standard[i];
	e = p->visitor->standard(p, factory);
	if (!e)
		return NULL;
	if (base_grow((void **)&p->standard, &p->standard_capacity, p->n_standard, sizeof *p->standard)) {
		stream_no_memory(p);
		return NULL;
	}
	return p->standard[p->n_standard++] = e;
}

static bool
check_stream(secant_pipeline *p, const char *name)
{
	stream_instance s = { .pipeline = p, .name = name, .json = json_object_get(p->root, name) };
	const stream_visitor *v = p->visitor;
	if (v && v->meets && !v->meets(v->user, &s))
		return false;
	if (!json_is_object(s.json) || !json_object_size(s.json))
		return stream_refuse(&s, STREAM_MX_INVALID_PARAM, NULL, NULL,
			json_is_object(s.json) ? "the stream has no elements" : "the stream is not an object of elements");
	if (json_object_size(s.json) > MOST_KEYS)
		return stream_refuse(&s, STREAM_MX_CONFIG, NULL, NULL, "%zu elements, at most %d can be",
			json_object_size(s.json), (int)MOST_KEYS);
	s.keys = stream_keys(p, s.json, &s.n_keys);
	if (!s.keys)
		return stream_no_memory(p);
	bool fine = stream_validate(&s) && stream_create(&s) && stream_link(&s) && stream_start(&s)
		&& (!v || !v->made || v->made(v->user, &s));
	base_by_name_free(&s.by_name);
	p->n_streams += fine;
	p->n_elements += fine ? s.n : 0;
	return fine;
}

static bool
load(secant_pipeline *p, const char *text, size_t size)
{
	json_error_t where;
	if (size < 1 || size >= MOST_TEXT)
		return refuse_text(p, STREAM_MX_INVALID_PARAM, "%zu bytes; a pipeline has 1 to %d", size, (int)MOST_TEXT - 1);
	size_t mark = base_text_mark(text, size);
	p->root = json_loadb(text + mark, size - mark, JSON_REJECT_DUPLICATES, &where);
	if (!p->root && json_error_code(&where) == json_error_duplicate_key) {
		stream_remark(
			p, "line %d, column %d: a key that was there before; the last one counts", where.line, where.column);
		p->root = json_loadb(text + mark, size - mark, 0, &where);
	}
	/* Examples in the vendor's guide give CreateMultipleStreams a path. */
	static const char extension[] = ".pipeline";
	size_t end = sizeof extension - 1;
	bool is_path = size >= end && size < 4096 && !memcmp(text + size - end, extension, end) && !memchr(text, '{', size);
	if (!p->root)
		return refuse_text(p, STREAM_MX_CONFIG, "line %d, column %d: %s%s", where.line, where.column, where.text,
			is_path
				? " (this is a path, where the text of a pipeline is meant: CreateMultipleStreamsFromFile reads files)"
				: "");
	if (!json_is_object(p->root) || !json_object_size(p->root))
		return refuse_text(p, STREAM_MX_CONFIG, "no streams: an object { name : stream, ... } is meant");
	const char *unclean = unclean_in(p->root);
	if (unclean)
		return refuse_text(
			p, STREAM_MX_CONFIG, "'%.200s': two spaces in a row, or the character 0x7F, are nowhere allowed", unclean);
	if (json_object_size(p->root) > MOST_STREAMS)
		return refuse_text(
			p, STREAM_MX_CONFIG, "%zu streams, at most %d can be", json_object_size(p->root), (int)MOST_STREAMS);
	return true;
}

static void
check(secant_pipeline *p, const char *text, size_t size)
{
	int n = 0;
	if (!load(p, text, size))
		return;
	const char **names = stream_keys(p, p->root, &n);
	if (!names)
		p->no_memory = true;
	for (int i = 0; names && i < n && check_stream(p, names[i]); i++)
		;
}

static secant_pipeline *
open_pipeline(bool strict, const stream_visitor *v)
{
	secant_pipeline *p = secant_calloc(1, sizeof *p);
	if (p && !(p->arena = base_arena_new())) {
		secant_free(p);
		return NULL;
	}
	if (p) {
		p->strict = strict;
		p->visitor = v;
		p->fault.name = "OK";
	}
	return p;
}

static secant_pipeline *
finished(secant_pipeline *p, secant_err *err)
{
	if (p)
		p->visitor = NULL; /* it belongs to the caller */
	if (p && !p->no_memory)
		return p;
	secant_pipeline_free(p);
	secant_fail(err, SECANT_ERR_NOMEM, "no memory for a pipeline");
	return NULL;
}

secant_pipeline *
stream_pipeline_parse_to(const char *text, size_t size, bool strict, const stream_visitor *v, secant_err *err)
{
	secant_pipeline *p = open_pipeline(strict, v);
	if (p)
		check(p, text, size);
	return finished(p, err);
}

secant_pipeline *
secant_pipeline_parse(const char *text, size_t size, bool strict, secant_err *err)
{
	return stream_pipeline_parse_to(text, size, strict, NULL, err);
}

secant_pipeline *
secant_pipeline_read(const char *path, bool strict, secant_err *err)
{
	return stream_pipeline_read_to(path, strict, NULL, err);
}

secant_pipeline *
stream_pipeline_read_to(const char *path, bool strict, const stream_visitor *v, secant_err *err)
{
	secant_pipeline *p = open_pipeline(strict, v);
	struct stat st;
	secant_bytes b;
	secant_err why = { 0 };
	if (!p)
		return finished(p, err);
	if (!*path || lstat(path, &st))
		refuse_text(p, STREAM_MX_INVALID_PATH, "%.300s: %s", path, *path ? strerror(errno) : "no path");
	else if (S_ISLNK(st.st_mode))
		refuse_text(p, STREAM_MX_INVALID_PATH, "%.300s is a symbolic link", path);
	else if (!S_ISREG(st.st_mode))
		refuse_text(p, STREAM_MX_INVALID_PARAM, "%.300s is not a regular file", path);
	else if (st.st_size > MOST_FILE)
		refuse_text(p, STREAM_MX_FAILURE, "%.300s has more than 100 MB", path);
	else if (base_file_map(&b, path, &why))
		refuse_text(p, STREAM_MX_FAILURE, "%s", why.msg);
	else {
		check(p, (const char *)b.data, b.size);
		base_file_unmap(&b);
	}
	return finished(p, err);
}

void
secant_pipeline_free(secant_pipeline *p)
{
	if (!p)
		return;
	json_decref(p->root);
	base_arena_free(p->arena);
	secant_free(p->remarks);
	secant_free(p->standard);
	secant_free(p);
}

const secant_stream_fault *
secant_pipeline_fault(const secant_pipeline *p)
{
	return &p->fault;
}

const char *
secant_pipeline_remark(const secant_pipeline *p, int i)
{
	return i >= 0 && i < p->n_remarks ? p->remarks[i] : NULL;
}

void
secant_pipeline_count(const secant_pipeline *p, int *streams, int *elements)
{
	*streams = p->n_streams;
	*elements = p->n_elements;
}
