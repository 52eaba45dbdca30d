/* A strict pull parser for JSON; see json_pull.h for the shape of a reader. */
#include "annotations/json_pull.h"
#include "base/hash.h"
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
ann_pull_init(json_pull *j, const char *data, size_t size, const char *origin)
{
	size_t bom = size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0;
	*j = (json_pull){ .start = data, .p = data + bom, .end = data + size, .origin = origin };
}

void
ann_pull_free(json_pull *j)
{
	secant_free(j->keys);
	secant_free(j->seen);
	base_str_free(&j->scratch);
}

uint32_t
ann_pull_line(json_pull *j)
{
	if (!j->line_at || j->line_at > j->p) {
		j->line_at = j->start;
		j->line = 1;
	}
	return ann_line_of(&j->line_at, &j->line, j->p);
}

void
ann_pull_fail(json_pull *j, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!j->err.code)
		ann_parse_error(&j->err, j->origin, j->start, j->p, fmt, ap);
	va_end(ap);
}

static void
space(json_pull *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
		j->p++;
}

static void
unexpected(json_pull *j, const char *expected)
{
	if (j->p >= j->end)
		ann_pull_fail(j, "the file ends where %s should stand", expected);
	else if (*j->p >= 0x20 && *j->p < 0x7f)
		ann_pull_fail(j, "found '%c' where %s should stand", *j->p, expected);
	else
		ann_pull_fail(j, "found byte 0x%02x where %s should stand", (uint8_t)*j->p, expected);
}

char
ann_pull_peek(json_pull *j)
{
	space(j);
	if (j->err.code || j->p >= j->end)
		return 0;
	switch (*j->p) {
	case '{': return 'o';
	case '[': return 'a';
	case '"': return 's';
	case 't': return 't';
	case 'f': return 'f';
	case 'n': return j->end - j->p >= 3 && j->p[1] == 'a' ? 'n' : '0';
	case 'N':
	case 'I':
	case '-': return 'n';
	default: return *j->p >= '0' && *j->p <= '9' ? 'n' : 0;
	}
}

static bool
open_level(json_pull *j, char bracket)
{
	space(j);
	if (j->err.code)
		return false;
	if (j->p >= j->end || *j->p != bracket) {
		unexpected(j, bracket == '{' ? "an object" : "an array");
		return false;
	}
	if (j->depth == PULL_DEPTH) {
		ann_pull_fail(j, "more than %d levels of brackets", PULL_DEPTH);
		return false;
	}
	j->level[j->depth++] = (pull_level){ .kind = bracket, .keys = (uint32_t)j->n_keys };
	j->p++;
	return true;
}

void
ann_pull_object(json_pull *j)
{
	(void)open_level(j, '{');
}

void
ann_pull_array(json_pull *j)
{
	(void)open_level(j, '[');
}

/* At the start of the next member: takes the comma, or the closing bracket (false). */
static bool
next_member(json_pull *j, char close)
{
	if (j->err.code || !j->depth)
		return false;
	pull_level *l = &j->level[j->depth - 1];
	space(j);
	if (j->p < j->end && *j->p == close) {
		j->p++;
		j->depth--;
		return false;
	}
	if (l->any) {
		if (j->p >= j->end || *j->p != ',') {
			unexpected(j, close == '}' ? "',' or '}'" : "',' or ']'");
			return false;
		}
		j->p++;
		space(j);
	}
	l->any = true;
	return true;
}

bool
ann_pull_element(json_pull *j)
{
	if (!next_member(j, ']'))
		return false;
	if (j->p >= j->end || *j->p == ']' || *j->p == ',') {
		unexpected(j, "a value");
		return false;
	}
	return true;
}

/* The raw contents of a string, escapes checked; `escaped` tells whether there are any. */
static bool
raw_string(json_pull *j, ann_field *raw, bool *escaped)
{
	space(j);
	*escaped = false;
	if (j->err.code)
		return false;
	if (j->p >= j->end || *j->p != '"') {
		unexpected(j, "a string");
		return false;
	}
	const char *p = j->p + 1;
	for (; p < j->end && *p != '"'; p++) {
		if ((uint8_t)*p < 0x20) {
			j->p = p;
			ann_pull_fail(j, "control byte 0x%02x in a string", (uint8_t)*p);
			return false;
		}
		if (*p != '\\')
			continue;
		*escaped = true;
		p++;
		if (p >= j->end || !strchr("\"\\/bfnrtu", *p) || !*p) {
			j->p = p;
			ann_pull_fail(j, "a backslash that escapes nothing");
			return false;
		}
		if (*p == 'u')
			for (int i = 1; i <= 4; i++)
				if (p + i >= j->end || !strchr("0123456789abcdefABCDEF", p[i]) || !p[i]) {
					j->p = p;
					ann_pull_fail(j, "\\u needs four hexadecimal digits");
					return false;
				}
	}
	if (p >= j->end) {
		ann_pull_fail(j, "the file ends inside a string");
		return false;
	}
	*raw = (ann_field){ j->p + 1, p };
	j->p = p + 1;
	return true;
}

/* True when the key stands already in the open object. Small objects are compared; from 32 keys on a table of hashes is
 * kept. */
static bool
duplicate_key(json_pull *j, ann_field key)
{
	uint32_t from = j->level[j->depth - 1].keys;
	j->n_keys = j->level[j->depth - 1].any ? j->n_keys : (int)from;
	int n = j->n_keys - (int)from;
	if (n < 32) {
		for (int i = (int)from; i < j->n_keys; i++)
			if (ann_len(j->keys[i]) == ann_len(key) && !memcmp(j->keys[i].p, key.p, ann_len(key)))
				return true;
	} else {
		if (n == 32 || (size_t)n * 2 > j->seen_capacity || j->seen_level != (size_t)j->depth) {
			secant_free(j->seen);
			j->seen_capacity = 128;
			while (j->seen_capacity < (size_t)n * 4)
				j->seen_capacity *= 2;
			j->seen = secant_calloc(j->seen_capacity, sizeof *j->seen);
			if (!j->seen) {
				(void)secant_fail(&j->err, SECANT_ERR_NOMEM, "%s: no memory for %d keys", j->origin, n);
				return false;
			}
			j->seen_level = (size_t)j->depth;
			for (int i = (int)from; i < j->n_keys; i++) {
				size_t at = base_fnv1a(j->keys[i].p, ann_len(j->keys[i])) & (j->seen_capacity - 1);
				while (j->seen[at])
					at = (at + 1) & (j->seen_capacity - 1);
				j->seen[at] = (uint64_t)i + 1;
			}
		}
		size_t at = base_fnv1a(key.p, ann_len(key)) & (j->seen_capacity - 1);
		for (; j->seen[at]; at = (at + 1) & (j->seen_capacity - 1)) {
			ann_field k = j->keys[j->seen[at] - 1];
			if (ann_len(k) == ann_len(key) && !memcmp(k.p, key.p, ann_len(key)))
				return true;
		}
		j->seen[at] = (uint64_t)j->n_keys + 1;
	}
	if (base_grow((void **)&j->keys, &j->keys_capacity, j->n_keys, sizeof *j->keys)) {
		(void)secant_fail(&j->err, SECANT_ERR_NOMEM, "%s: no memory for %d keys", j->origin, n);
		return false;
	}
	j->keys[j->n_keys++] = key;
	return false;
}

bool
ann_pull_key(json_pull *j, ann_field *key)
{
	bool escaped;
	if (j->depth && !j->err.code)
		j->n_keys = j->level[j->depth - 1].any ? j->n_keys : (int)j->level[j->depth - 1].keys;
	int depth = j->depth;
	if (!next_member(j, '}')) {
		if (depth && j->depth < depth)
			j->n_keys = (int)j->level[depth - 1].keys;
		return false;
	}
	if (!raw_string(j, key, &escaped))
		return false;
	if (duplicate_key(j, *key)) {
		j->p = key->p - 1;
		ann_pull_fail(
			j, "key \"%.*s\" stands twice in one object", (int)(ann_len(*key) > 60 ? 60 : ann_len(*key)), key->p);
		return false;
	}
	space(j);
	if (j->p >= j->end || *j->p != ':') {
		unexpected(j, "':'");
		return false;
	}
	j->p++;
	space(j);
	return !j->err.code;
}

void
ann_pull_plain_key(json_pull *j, ann_field key, const char *prefix, char *out, size_t size)
{
	base_str plain = { 0 };
	char *raw = base_format("\"%.*s\"", (int)(ann_len(key) > 4000 ? 4000 : ann_len(key)), key.p);
	if (raw)
		ann_json_plain(&plain, raw);
	if (!raw || plain.failed)
		(void)secant_fail(&j->err, SECANT_ERR_NOMEM, "%s: no memory for a key", j->origin);
	size_t n = (size_t)snprintf(out, size, "%s", prefix), k = plain.failed ? 0 : plain.n;
	if (n + k >= size)
		k = size - n - 1;
	while (k && k < plain.n && ((uint8_t)plain.p[k] & 0xc0) == 0x80) /* not within a character */
		k--;
	if (k)
		memcpy(out + n, plain.p, k);
	out[n + k] = 0;
	secant_free(raw);
	base_str_free(&plain);
}

bool
ann_pull_number(json_pull *j, double *v)
{
	space(j);
	if (j->err.code)
		return false;
	const char *q = j->p < j->end && (ann_pull_peek(j) == 'n') ? ann_number(j->p, j->end, v) : NULL;
	bool word = q && isalpha((unsigned char)q[-1]); /* NaN, Infinity: other writers leave them */
	if (!q || (!word && !ann_is_json_number(j->p, (size_t)(q - j->p)))) {
		unexpected(j, q ? "a number of JSON" : "a number");
		return false;
	}
	j->p = q;
	return true;
}

bool
ann_pull_number_text(json_pull *j, double *v)
{
	ann_field text;
	if (ann_pull_peek(j) != 's')
		return ann_pull_number(j, v);
	if (!ann_pull_string(j, &text))
		return false;
	if (!ann_real(text.p, text.end, v))
		ann_pull_fail(j, "found text where a number should stand");
	return !j->err.code;
}

bool
ann_pull_integer(json_pull *j, int64_t *v)
{
	double d;
	space(j);
	const char *at = j->p;
	if (!ann_pull_number(j, &d))
		return false;
	if (ann_integer(at, j->p, v))
		return true;
	if (!(fabs(d) < 9e15) || d != floor(d)) {
		j->p = at;
		ann_pull_fail(j, "found %.17g where a whole number should stand", d);
		return false;
	}
	*v = (int64_t)d;
	return true;
}

bool
ann_pull_string(json_pull *j, ann_field *text)
{
	bool escaped;
	if (!raw_string(j, text, &escaped))
		return false;
	if (!escaped)
		return true;
	char *copy = base_strndup(text->p - 1, ann_len(*text) + 2);
	j->scratch.n = 0;
	if (copy)
		ann_json_plain(&j->scratch, copy);
	bool sound = copy && !j->scratch.failed;
	secant_free(copy);
	if (!sound) {
		(void)secant_fail(&j->err, SECANT_ERR_NOMEM, "%s: no memory for a string", j->origin);
		return false;
	}
	*text = (ann_field){ j->scratch.p ? j->scratch.p : "", (j->scratch.p ? j->scratch.p : "") + j->scratch.n };
	return true;
}

static void
word(json_pull *j, const char *w)
{
	size_t n = strlen(w);
	if ((size_t)(j->end - j->p) < n || memcmp(j->p, w, n))
		unexpected(j, "a value");
	else
		j->p += n;
}

/* One scalar, or the opening of an object or array. */
static void
skip_one(json_pull *j)
{
	ann_field text;
	double number;
	bool escaped;
	switch (ann_pull_peek(j)) {
	case 'o': ann_pull_object(j); break;
	case 'a': ann_pull_array(j); break;
	case 's': (void)raw_string(j, &text, &escaped); break;
	case 'n': (void)ann_pull_number(j, &number); break;
	case 't': word(j, "true"); break;
	case 'f': word(j, "false"); break;
	case '0': word(j, "null"); break;
	default: unexpected(j, "a value");
	}
}

void
ann_pull_skip(json_pull *j, ann_field *raw)
{
	space(j);
	const char *from = j->p;
	int depth = j->depth;
	skip_one(j);
	while (!j->err.code && j->depth > depth) {
		ann_field key;
		if (j->level[j->depth - 1].kind == '{' ? ann_pull_key(j, &key) : ann_pull_element(j))
			skip_one(j);
	}
	if (raw)
		*raw = (ann_field){ from, j->p };
}

void
ann_pull_end(json_pull *j)
{
	space(j);
	if (!j->err.code && j->p < j->end)
		unexpected(j, "the end of the file");
}
