/*
 * JSON: reading through jansson, and a writer of our own, because jansson prints 0.1 as 0.10000000000000001 and ours
 * prints the shortest text that reads back as the same number.
 */
#include "base/json.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include <string.h>

json_t *
secant_json_parse(const char *text, size_t size, const char *origin, secant_err *err)
{
	json_error_t e;
	json_t *j = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (j)
		return j;
	if (json_error_code(&e) == json_error_out_of_memory)
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", origin);
	else
		secant_fail(err, SECANT_ERR_FORMAT, "%s:%d:%d: %s", origin, e.line, e.column, e.text);
	return NULL;
}

json_t *
secant_json_read(const char *path, secant_err *err)
{
	char *text;
	size_t size;
	if (secant_file_read(&text, &size, path, (size_t)4 << 30, err))
		return NULL;
	json_t *j = secant_json_parse(text, size, path, err);
	secant_free(text);
	return j;
}

static bool
is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
}

static void
add_string(secant_str *s, const char *text, size_t n)
{
	secant_str_add(s, "\"");
	for (size_t i = 0, plain; i < n; i += plain) {
		for (plain = 0; i + plain < n && is_plain(text[i + plain]); plain++)
			;
		secant_str_addn(s, text + i, plain);
		if (i + plain == n)
			break;
		char c = text[i + plain++];
		if (c == '"' || c == '\\')
			secant_str_addf(s, "\\%c", c);
		else if (c == '\n')
			secant_str_add(s, "\\n");
		else if (c == '\t')
			secant_str_add(s, "\\t");
		else
			secant_str_addf(s, "\\u%04x", (unsigned char)c);
	}
	secant_str_add(s, "\"");
}

static void
add_break(secant_str *s, int indent, int depth)
{
	if (indent == 0)
		return;
	secant_str_add(s, "\n");
	for (int i = 0; i < indent * depth; i++)
		secant_str_add(s, " ");
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

static void add_value(secant_str *s, const json_t *j, int indent, int depth);

/* Arrays of plain values stay on one line: a confusion matrix then reads as one. */
static void
add_array(secant_str *s, const json_t *j, int indent, int depth)
{
	bool flat = is_flat(j);
	size_t i;
	json_t *item;
	secant_str_add(s, "[");
	json_array_foreach ((json_t *)j, i, item) {
		secant_str_add(s, i == 0 ? "" : flat || !indent ? ", " : ",");
		if (!flat)
			add_break(s, indent, depth + 1);
		add_value(s, item, indent, depth + 1);
	}
	if (!flat && json_array_size(j))
		add_break(s, indent, depth);
	secant_str_add(s, "]");
}

static void
add_object(secant_str *s, const json_t *j, int indent, int depth)
{
	const char *key;
	json_t *item;
	bool first = true;
	secant_str_add(s, "{");
	json_object_foreach ((json_t *)j, key, item) {
		secant_str_add(s, first ? "" : indent ? "," : ", ");
		first = false;
		add_break(s, indent, depth + 1);
		add_string(s, key, strlen(key));
		secant_str_add(s, ": ");
		add_value(s, item, indent, depth + 1);
	}
	if (!first)
		add_break(s, indent, depth);
	secant_str_add(s, "}");
}

/* Depth needs no limit of its own: values come from the parser, which has one, or from our own code. */
static void
add_value(secant_str *s, const json_t *j, int indent, int depth)
{
	char number[40];
	switch (json_typeof(j)) {
	case JSON_OBJECT: add_object(s, j, indent, depth); break;
	case JSON_ARRAY: add_array(s, j, indent, depth); break;
	case JSON_STRING: add_string(s, json_string_value(j), json_string_length(j)); break;
	case JSON_INTEGER: secant_str_addf(s, "%" JSON_INTEGER_FORMAT, json_integer_value(j)); break;
	case JSON_REAL:
		secant_str_add(s, secant_real_text(json_real_value(j), number));
		if (!strpbrk(number, ".en"))
			secant_str_add(s, ".0");
		break;
	case JSON_TRUE: secant_str_add(s, "true"); break;
	case JSON_FALSE: secant_str_add(s, "false"); break;
	case JSON_NULL: secant_str_add(s, "null"); break;
	}
}

char *
secant_json_text(const json_t *j, int indent)
{
	secant_str s = { 0 };
	if (!j)
		return NULL;
	add_value(&s, j, indent, 0);
	return secant_str_take(&s);
}

secant_status
secant_json_write(const char *path, const json_t *j, secant_err *err)
{
	char *text = secant_json_text(j, 2);
	char *line = text ? secant_format("%s\n", text) : NULL;
	secant_status s = line ? secant_file_write(path, line, strlen(line), err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	secant_free(line);
	secant_free(text);
	return s;
}
