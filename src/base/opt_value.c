/*
 * One option's value: from text, from JSON, to text, to JSON. One row of functions for each type, in the table at the
 * end.
 */
#define BASE_JSON_ITSELF /* names that are no UTF-8 and failures are looked after here */
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/opt.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_TEXT = 1 << 20, MOST_STRINGS = 1 << 16 };

const char *
base_opt_choice(const char *values, int k, char buffer[64])
{
	for (; k > 0; k--) {
		values = strchr(values, '|');
		if (!values)
			return NULL;
		values++;
	}
	(void)snprintf(buffer, 64, "%.*s", (int)strcspn(values, "|"), values);
	return buffer;
}

static secant_status
check_range(const secant_opt *row, const char *label, double v, secant_err *err)
{
	if (row->min > row->max || (v >= row->min && v <= row->max))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_RANGE, "%s: %.10g is outside %.10g to %.10g", label, v, row->min, row->max);
}

static secant_status
one_int(const secant_opt *row, int *v, const char *label, const char *text, secant_err *err)
{
	long long wide;
	if (!base_int_parse(text, &wide))
		return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not a whole number", label, text);
	secant_status s = check_range(row, label, (double)wide, err);
	if (s)
		return s;
	if (wide < INT_MIN || wide > INT_MAX)
		return secant_fail(err, SECANT_ERR_RANGE, "%s: %lld is outside %d to %d", label, wide, INT_MIN, INT_MAX);
	*v = (int)wide;
	return SECANT_OK;
}

static secant_status
one_real(const secant_opt *row, double *v, const char *label, const char *text, secant_err *err)
{
	double x;
	if (!base_real_parse(text, &x))
		return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not a number", label, text);
	secant_status s = check_range(row, label, x, err);
	if (!s)
		*v = x;
	return s;
}

static secant_status
read_int(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	return one_int(row, field, label, text, err);
}

static secant_status
read_real(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	return one_real(row, field, label, text, err);
}

static secant_status
read_bool(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	static const struct {
		const char *text;
		bool v;
	} words[] = {
		{ "true", true },
		{ "false", false },
		{ "yes", true },
		{ "no", false },
		{ "on", true },
		{ "off", false },
		{ "1", true },
		{ "0", false },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(text, words[i].text)) {
			*(bool *)field = words[i].v;
			return SECANT_OK;
		}
	return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not true or false", label, text);
}

static secant_status
replace(char **field, char *fresh, const char *label, secant_err *err)
{
	if (!fresh)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	secant_free(*field);
	*field = fresh;
	return SECANT_OK;
}

static secant_status
read_str(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	if (strlen(text) > LONGEST_TEXT)
		return secant_fail(err, SECANT_ERR_RANGE, "%s: %zu bytes are more than %d", label, strlen(text), LONGEST_TEXT);
	return replace(field, base_strdup(text), label, err);
}

static secant_status
read_choice(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	char word[64], best[64] = "";
	int least = INT_MAX;
	for (int k = 0; base_opt_choice(row->values, k, word); k++) {
		if (!strcmp(word, text)) {
			*(int *)field = k;
			return SECANT_OK;
		}
		const char *list[] = { word, NULL };
		int d = secant_nearest(text, list) ? base_edit_distance(text, word) : INT_MAX;
		if (d < least) {
			least = d;
			memcpy(best, word, sizeof best);
		}
	}
	if (best[0])
		return secant_fail(
			err, SECANT_ERR_ARG, "%s: '%.60s' is not one of %s (nearest: %s)", label, text, row->values, best);
	return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not one of %s", label, text, row->values);
}

/* Cuts the next part of a list off *text into `part` (64 bytes), without spaces before it; false when a part is too
 * long to be a number. */
static bool
next_part(const char **text, const char *separators, char part[64])
{
	*text += strspn(*text, " ");
	size_t n = strcspn(*text, separators);
	if (n > 63)
		return false;
	memcpy(part, *text, n);
	part[n] = '\0';
	*text += n;
	return true;
}

static secant_status
too_many(const char *label, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_RANGE, "%s: more than %d numbers", label, SECANT_LIST_MAX);
}

/* "64,32,16": `add` takes each part. An empty text is an empty list. */
static secant_status
read_list(const secant_opt *row, const char *label, const char *text,
	secant_status (*add)(const secant_opt *, void *, const char *, const char *, secant_err *), void *list,
	secant_err *err)
{
	char part[64];
	secant_status s = SECANT_OK;
	for (const char *rest = text; *text && !s; rest++) {
		if (!next_part(&rest, ",", part))
			return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not a list of numbers", label, text);
		s = add(row, list, label, part, err);
		if (!*rest)
			break;
	}
	return s;
}

static secant_status
add_int(const secant_opt *row, void *list, const char *label, const char *part, secant_err *err)
{
	secant_ints *l = list;
	if (l->n == SECANT_LIST_MAX)
		return too_many(label, err);
	return one_int(row, &l->v[l->n++], label, part, err);
}

static secant_status
add_real(const secant_opt *row, void *list, const char *label, const char *part, secant_err *err)
{
	secant_reals *l = list;
	if (l->n == SECANT_LIST_MAX)
		return too_many(label, err);
	return one_real(row, &l->v[l->n++], label, part, err);
}

static secant_status
read_ints(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	secant_ints l = { 0 };
	secant_status s = read_list(row, label, text, add_int, &l, err);
	if (!s)
		*(secant_ints *)field = l;
	return s;
}

static secant_status
read_reals(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	secant_reals l = { 0 };
	secant_status s = read_list(row, label, text, add_real, &l, err);
	if (!s)
		*(secant_reals *)field = l;
	return s;
}

/* HxW, or one number for both. */
static secant_status
read_size(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	char part[64];
	const char *rest = text;
	secant_ints size = { .n = 2 };
	if (!next_part(&rest, "x", part))
		return secant_fail(err, SECANT_ERR_ARG, "%s: '%.60s' is not a size (HxW or one number)", label, text);
	secant_status s = one_int(row, &size.v[0], label, part, err);
	size.v[1] = size.v[0];
	if (!s && *rest)
		s = one_int(row, &size.v[1], label, rest + 1, err);
	if (!s)
		*(secant_ints *)field = size;
	return s;
}

static secant_status
read_strs(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	secant_strings *l = field;
	if (l->n >= MOST_STRINGS)
		return secant_fail(err, SECANT_ERR_RANGE, "%s: given more than %d times", label, MOST_STRINGS);
	char **v = base_realloc(l->v, (size_t)l->n + 1, sizeof *v);
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	l->v = v;
	l->v[l->n] = base_strdup(text);
	if (!l->v[l->n])
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	l->n++;
	return SECANT_OK;
}

static secant_status
read_json(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	secant_err local = { 0 };
	json_t *j = base_json_parse(text, strlen(text), label, &local);
	if (!j && local.code != SECANT_ERR_NOMEM && *text && !strchr("{[\"", text[strspn(text, " \t\n")])) {
		j = json_string(text);
		if (!j)
			return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	}
	if (!j)
		return secant_fail(err, local.code == SECANT_ERR_NOMEM ? SECANT_ERR_NOMEM : SECANT_ERR_ARG, "%s", local.msg);
	secant_status s = replace(field, base_json_text(j, 0), label, err);
	json_decref(j);
	return s;
}

static char *
text_int(const secant_opt *row, const void *field)
{
	return base_format("%d", *(const int *)field);
}

static char *
text_real(const secant_opt *row, const void *field)
{
	char number[40];
	return base_strdup(base_real_text(*(const double *)field, number));
}

static char *
text_bool(const secant_opt *row, const void *field)
{
	return base_strdup(*(const bool *)field ? "true" : "false");
}

static char *
text_str(const secant_opt *row, const void *field)
{
	const char *text = *(char *const *)field;
	return text ? base_strdup(text) : NULL;
}

static char *
text_choice(const secant_opt *row, const void *field)
{
	char word[64];
	return base_opt_choice(row->values, *(const int *)field, word) ? base_strdup(word) : NULL;
}

static char *
text_size(const secant_opt *row, const void *field)
{
	const secant_ints *l = field;
	return l->n == 2 ? base_format("%dx%d", l->v[0], l->v[1]) : NULL;
}

static char *
text_ints(const secant_opt *row, const void *field)
{
	const secant_ints *l = field;
	base_str s = { 0 };
	for (int i = 0; i < l->n; i++)
		base_str_addf(&s, "%s%d", i ? "," : "", l->v[i]);
	return base_str_take(&s);
}

static char *
text_reals(const secant_opt *row, const void *field)
{
	const secant_reals *l = field;
	char number[40];
	base_str s = { 0 };
	for (int i = 0; i < l->n; i++)
		base_str_addf(&s, "%s%s", i ? "," : "", base_real_text(l->v[i], number));
	return base_str_take(&s);
}

/* For people: a list of strings has no text of its own. */
static char *
text_strs(const secant_opt *row, const void *field)
{
	const secant_strings *l = field;
	base_str s = { 0 };
	if (!l->n)
		return NULL;
	for (int i = 0; i < l->n; i++)
		base_str_addf(&s, "%s%s", i ? "," : "", l->v[i]);
	return base_str_take(&s);
}

static json_t *
json_int(const secant_opt *row, const void *field)
{
	return json_integer(*(const int *)field);
}

static json_t *
json_number(const secant_opt *row, const void *field)
{
	return json_real(*(const double *)field);
}

static json_t *
json_bool(const secant_opt *row, const void *field)
{
	return json_boolean(*(const bool *)field);
}

/* Text that is no UTF-8 (a path may be) cannot stand in JSON as it is: what is not ASCII in it becomes '?'. NULL: no
 * memory. */
static json_t *
text_json(const char *text)
{
	json_t *j = json_string(text);
	char *ascii = j ? NULL : base_strdup(text);
	if (!ascii)
		return j;
	for (char *p = ascii; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	j = json_string(ascii);
	secant_free(ascii);
	return j;
}

bool
base_opt_is_set(const secant_opt *row, const void *field)
{
	if (row->type == SECANT_OPT_STR || row->type == SECANT_OPT_JSON)
		return *(char *const *)field != NULL;
	if (row->type == SECANT_OPT_STRS)
		return ((const secant_strings *)field)->n > 0;
	char word[64];
	if (row->type == SECANT_OPT_CHOICE)
		return base_opt_choice(row->values, *(const int *)field, word);
	return row->type != SECANT_OPT_SIZE || ((const secant_ints *)field)->n == 2;
}

static json_t *
json_text(const secant_opt *row, const void *field)
{
	if (!base_opt_is_set(row, field))
		return json_null();
	char *text = base_opt_text(row, field);
	json_t *j = text ? text_json(text) : NULL;
	secant_free(text);
	return j;
}

/* An array of n items; NULL when there was no memory for it or for one of them. */
static json_t *
json_list(int n, const void *field, json_t *(*item)(const void *field, int i))
{
	json_t *j = json_array();
	for (int i = 0; i < n && j; i++)
		if (json_array_append_new(j, item(field, i))) {
			json_decref(j);
			j = NULL;
		}
	return j;
}

static json_t *
int_item(const void *field, int i)
{
	return json_integer(((const secant_ints *)field)->v[i]);
}
static json_t *
real_item(const void *field, int i)
{
	return json_real(((const secant_reals *)field)->v[i]);
}
static json_t *
str_item(const void *field, int i)
{
	return text_json(((const secant_strings *)field)->v[i]);
}

static json_t *
json_ints(const secant_opt *row, const void *field)
{
	return json_list(((const secant_ints *)field)->n, field, int_item);
}

static json_t *
json_reals(const secant_opt *row, const void *field)
{
	return json_list(((const secant_reals *)field)->n, field, real_item);
}

static json_t *
json_strs(const secant_opt *row, const void *field)
{
	return json_list(((const secant_strings *)field)->n, field, str_item);
}

static json_t *
json_any(const secant_opt *row, const void *field)
{
	const char *text = *(char *const *)field;
	return text ? base_json_parse(text, strlen(text), row->name, NULL) : json_null();
}

static const struct {
	secant_status (*read)(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err);
	char *(*text)(const secant_opt *row, const void *field);
	json_t *(*json)(const secant_opt *row, const void *field);
	const char *expected; /* of JSON, in messages */
} types[] = {
	[SECANT_OPT_INT] = { read_int, text_int, json_int, "a whole number" },
	[SECANT_OPT_REAL] = { read_real, text_real, json_number, "a number" },
	[SECANT_OPT_BOOL] = { read_bool, text_bool, json_bool, "true or false" },
	[SECANT_OPT_STR] = { read_str, text_str, json_text, "a string" },
	[SECANT_OPT_CHOICE] = { read_choice, text_choice, json_text, "a string" },
	[SECANT_OPT_SIZE] = { read_size, text_size, json_text, "a size" },
	[SECANT_OPT_INTS] = { read_ints, text_ints, json_ints, "an array of whole numbers" },
	[SECANT_OPT_REALS] = { read_reals, text_reals, json_reals, "an array of numbers" },
	[SECANT_OPT_STRS] = { read_strs, text_strs, json_strs, "an array of strings" },
	[SECANT_OPT_JSON] = { read_json, text_str, json_any, "any value" },
	[SECANT_OPT_VARIANT] = { read_json, text_str, json_any, "an object" },
};

secant_status
base_opt_read(const secant_opt *row, void *field, const char *label, const char *text, secant_err *err)
{
	return types[row->type].read(row, field, label, text, err);
}

char *
base_opt_text(const secant_opt *row, const void *field)
{
	return types[row->type].text(row, field);
}

json_t *
base_opt_json(const secant_opt *row, const void *field)
{
	return types[row->type].json(row, field);
}

void
base_opt_clear(const secant_opt *row, void *field)
{
	if (base_opt_is_text(row)) {
		secant_free(*(char **)field);
		*(char **)field = NULL;
	} else if (row->type == SECANT_OPT_STRS) {
		secant_strings *l = field;
		for (int i = 0; i < l->n; i++)
			secant_free(l->v[i]);
		secant_free(l->v);
		*l = (secant_strings){ 0 };
	} else if (row->type == SECANT_OPT_INTS || row->type == SECANT_OPT_SIZE)
		*(secant_ints *)field = (secant_ints){ 0 };
	else if (row->type == SECANT_OPT_REALS)
		*(secant_reals *)field = (secant_reals){ 0 };
}

static secant_status
wrong_kind(const secant_opt *row, const char *label, const json_t *j, secant_err *err)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};
	return secant_fail(
		err, SECANT_ERR_ARG, "%s: is %s, expected %s", label, names[json_typeof(j)], types[row->type].expected);
}

/* A JSON array as the text of a list: "64,32" (or "64x32"). */
static secant_status
read_array(const secant_opt *row, void *field, const char *label, const json_t *j, secant_err *err)
{
	base_str s = { 0 };
	size_t i;
	json_t *item;
	const char *separator = row->type == SECANT_OPT_SIZE ? "x" : ",";
	json_array_foreach ((json_t *)j, i, item) {
		if (!json_is_number(item)) {
			base_str_free(&s);
			return wrong_kind(row, label, item, err);
		}
		char *text = base_json_text(item, 0);
		base_str_addf(&s, "%s%s", i ? separator : "", text ? text : "");
		s.failed = s.failed || !text;
		secant_free(text);
	}
	char *text = base_str_take(&s);
	secant_status status = text ? base_opt_read(row, field, label, text, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	secant_free(text);
	return status;
}

static secant_status
read_json_strings(const secant_opt *row, void *field, const char *label, const json_t *j, secant_err *err)
{
	size_t i;
	json_t *item;
	secant_strings fresh = { 0 };
	secant_status s = SECANT_OK;
	json_array_foreach ((json_t *)j, i, item) {
		s = json_is_string(item) ? read_strs(row, &fresh, label, json_string_value(item), err)
								 : wrong_kind(row, label, item, err);
		if (s)
			break;
	}
	base_opt_clear(row, s ? (void *)&fresh : field);
	if (!s)
		*(secant_strings *)field = fresh;
	return s;
}

secant_status
base_opt_read_json(const secant_opt *row, void *field, const char *label, const json_t *j, secant_err *err)
{
	secant_opt_type t = row->type;
	bool is_list = t == SECANT_OPT_INTS || t == SECANT_OPT_REALS || t == SECANT_OPT_SIZE;
	if (t == SECANT_OPT_JSON && !json_is_null(j)) {
		char *text = base_json_text(j, 0);
		secant_status s = replace(field, text, label, err);
		return s;
	}
	if (json_is_null(j)) {
		if (row->def)
			return wrong_kind(row, label, j, err);
		base_opt_clear(row, field);
		return SECANT_OK;
	}
	if (json_is_array(j) && is_list)
		return read_array(row, field, label, j, err);
	if (t == SECANT_OPT_STRS && json_is_array(j))
		return read_json_strings(row, field, label, j, err);
	bool fits = json_is_string(j) ? t != SECANT_OPT_INT && t != SECANT_OPT_REAL && t != SECANT_OPT_BOOL
		: json_is_number(j)       ? t == SECANT_OPT_INT || t == SECANT_OPT_REAL || is_list
								  : json_is_boolean(j) && t == SECANT_OPT_BOOL;
	if (!fits)
		return wrong_kind(row, label, j, err);
	char *text = json_is_string(j) ? base_strdup(json_string_value(j)) : base_json_text(j, 0);
	secant_status s = text ? base_opt_read(row, field, label, text, err)
						   : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	secant_free(text);
	return s;
}
