/*
 * JSON: reading through jansson, and a writer of our own, because jansson prints 0.1 as 0.10000000000000001 and ours
 * prints the shortest text that reads back as the same number.
 */
#define BASE_JSON_ITSELF
#include "base/json.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include <secant/files.h>
#include <string.h>

static _Thread_local bool refused; /* an allocation of jansson, since it was asked to read */

static void *
watched(size_t n)
{
	void *p = base_plain_malloc(n);
	refused |= !p;
	return p;
}

void
secant_guard_memory(void)
{
	json_set_alloc_funcs(watched, base_plain_free);
}

json_t *
base_json_load(const char *text, size_t size, size_t flags, json_error_t *where)
{
	json_error_t own, *e = where ? where : &own;
	refused = false;
	json_t *j = json_loadb(text, size, flags, e);
	if (!refused)
		return j;
	json_decref(j);
	*e = (json_error_t){ .line = -1, .column = -1, .text = "no memory" };
	e->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory; /* where json_error_code looks */
	return NULL;
}

json_t *
base_json_parse(const char *text, size_t size, const char *origin, secant_err *err)
{
	json_error_t e;
	json_t *j = base_json_load(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (j)
		return j;
	if (json_error_code(&e) == json_error_out_of_memory || e.line < 0)
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", origin);
	else
		secant_fail(err, SECANT_ERR_FORMAT, "%s:%d:%d: %s", origin, e.line, e.column, e.text);
	return NULL;
}

json_t *
base_json_read(const char *path, secant_err *err)
{
	char *text;
	size_t size;
	if (secant_file_read(&text, &size, path, (size_t)4 << 30, err))
		return NULL;
	json_t *j = base_json_parse(text, size, path, err);
	secant_free(text);
	return j;
}

/* ---- building ---- */

static _Thread_local bool lost; /* a part of what this thread builds */

json_t *
base_json_made(json_t *j)
{
	lost = lost || !j;
	return j;
}

/* The bytes of a character of UTF-8 (RFC 3629) at p; 0: there is none. */
static int
utf8_at(const unsigned char *p)
{
	int n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	for (int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
	bool beyond = (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90);
	return overlong || beyond ? 0 : n;
}

/* Text with "\xff" for bytes that are no UTF-8; NULL: it is UTF-8 as it is, or there is no memory (remembered). */
static char *
escaped(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	while (*p && utf8_at(p))
		p += utf8_at(p);
	if (!*p)
		return NULL;
	base_str s = { 0 };
	for (p = (const unsigned char *)text; *p;) {
		int n = utf8_at(p);
		if (n)
			base_str_addn(&s, (const char *)p, (size_t)n);
		else
			base_str_addf(&s, "\\x%02x", *p);
		p += n ? n : 1;
	}
	char *out = base_str_take(&s);
	lost = lost || !out;
	return out;
}

json_t *
base_json_string(const char *text)
{
	if (!text)
		return base_json_made(NULL);
	char *other = escaped(text);
	json_t *j = json_string(other ? other : text);
	secant_free(other);
	return base_json_made(j);
}

int
base_json_put(json_t *object, const char *key, json_t *value)
{
	char *other = key ? escaped(key) : NULL;
	int failed = json_object_set_new(object, other ? other : key, value);
	secant_free(other);
	lost = lost || failed;
	return failed;
}

int
base_json_append(json_t *array, json_t *value)
{
	int failed = json_array_append_new(array, value);
	lost = lost || failed;
	return failed;
}

static bool
is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
}

static void
add_string(base_str *s, const char *text, size_t n)
{
	base_str_add(s, "\"");
	for (size_t i = 0, plain; i < n; i += plain) {
		for (plain = 0; i + plain < n && is_plain(text[i + plain]); plain++)
			;
		base_str_addn(s, text + i, plain);
		if (i + plain == n)
			break;
		char c = text[i + plain++];
		if (c == '"' || c == '\\')
			base_str_addf(s, "\\%c", c);
		else if (c == '\n')
			base_str_add(s, "\\n");
		else if (c == '\t')
			base_str_add(s, "\\t");
		else
			base_str_addf(s, "\\u%04x", (unsigned char)c);
	}
	base_str_add(s, "\"");
}

static void
add_break(base_str *s, int indent, int depth)
{
	if (indent == 0)
		return;
	base_str_add(s, "\n");
	for (int i = 0; i < indent * depth; i++)
		base_str_add(s, " ");
}

static bool
is_flat(const json_t *array)
{
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)array, i, item)
		if (json_is_array(item) || json_is_object(item))
			return false;
	return true;
}

static void add_value(base_str *s, const json_t *j, int indent, int depth);

/* Arrays of plain values stay on one line: a confusion matrix then reads as one. */
static void
add_array(base_str *s, const json_t *j, int indent, int depth)
{
	bool flat = is_flat(j);
	size_t i;
	json_t *item;
	base_str_add(s, "[");
	json_array_foreach ((json_t *)j, i, item) {
		base_str_add(s, i == 0 ? "" : flat || !indent ? ", " : ",");
		if (!flat)
			add_break(s, indent, depth + 1);
		add_value(s, item, indent, depth + 1);
	}
	if (!flat && json_array_size(j))
		add_break(s, indent, depth);
	base_str_add(s, "]");
}

static void
add_object(base_str *s, const json_t *j, int indent, int depth)
{
	const char *key;
	json_t *item;
	bool first = true;
	base_str_add(s, "{");
	json_object_foreach ((json_t *)j, key, item) {
		base_str_add(s, first ? "" : indent ? "," : ", ");
		first = false;
		add_break(s, indent, depth + 1);
		add_string(s, key, strlen(key));
		base_str_add(s, ": ");
		add_value(s, item, indent, depth + 1);
	}
	if (!first)
		add_break(s, indent, depth);
	base_str_add(s, "}");
}

/* Depth needs no limit of its own: values come from the parser, which has one, or from our own code. */
static void
add_value(base_str *s, const json_t *j, int indent, int depth)
{
	char number[40];
	switch (json_typeof(j)) {
	case JSON_OBJECT: add_object(s, j, indent, depth); break;
	case JSON_ARRAY: add_array(s, j, indent, depth); break;
	case JSON_STRING: add_string(s, json_string_value(j), json_string_length(j)); break;
	case JSON_INTEGER: base_str_addf(s, "%" JSON_INTEGER_FORMAT, json_integer_value(j)); break;
	case JSON_REAL:
		base_str_add(s, base_real_text(json_real_value(j), number));
		if (!strpbrk(number, ".en"))
			base_str_add(s, ".0");
		break;
	case JSON_TRUE: base_str_add(s, "true"); break;
	case JSON_FALSE: base_str_add(s, "false"); break;
	case JSON_NULL: base_str_add(s, "null"); break;
	}
}

json_t *
base_json_whole(json_t *j)
{
	bool whole = j && !lost;
	lost = false;
	if (whole)
		return j;
	json_decref(j);
	return NULL;
}

char *
base_json_text(const json_t *j, int indent)
{
	base_str s = { 0 };
	bool whole = j && !lost;
	lost = false;
	if (!whole)
		return NULL;
	add_value(&s, j, indent, 0);
	return base_str_take(&s);
}

secant_status
base_json_write(const char *path, const json_t *j, secant_err *err)
{
	char *text = base_json_text(j, 2);
	char *line = text ? base_format("%s\n", text) : NULL;
	secant_status s = line ? secant_file_write(path, line, strlen(line), err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_free(line);
	secant_free(text);
	return s;
}
