/*
 * Text for annotation files: numbers in and out with every digit kept, lines with their position, JSON strings.
 * Independent of locale.
 */
#ifndef ANN_TEXT_H
#define ANN_TEXT_H
#include <stdarg.h>
#include <stdint.h>
#include "base/mem.h"

/* Reads a decimal number at p (before end): [+-]digits[.digits][e[+-]digits]; also nan and inf, in any case. Returns
 * the end of the number, NULL when there is none. Correctly rounded. */
const char *ann_number(const char *p, const char *end, double *value);
/* A whole integer that fills [p, end); false otherwise. */
bool ann_integer(const char *p, const char *end, int64_t *value);
/* A whole number that fills [p, end) but for spaces around it. */
bool ann_real(const char *p, const char *end, double *value);

/* Appends the shortest decimal that reads back as v: "563", "0.1", "1e+300"; NaN as nan, infinity as inf. */
void ann_put_number(base_str *s, double v);
void ann_put_integer(base_str *s, int64_t v);
/* At least `least` and at most `most` decimals, trailing zeros beyond `least` cut. */
void ann_put_decimals(base_str *s, double v, int least, int most);
/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void ann_json_string(base_str *s, const char *p, size_t n);
/* Text for XML content and attribute values. */
void ann_xml_text(base_str *s, const char *p, size_t n);
bool ann_is_json_number(const char *p, size_t n); /* as RFC 8259 has them: no "007", "1.", "NaN" */
/* A value of JSON as other writers leave it, made sound; false (and nothing written): it is as it stands. */
bool ann_json_sound(base_str *s, const char *p, size_t n);
/* The plain text of a JSON value: strings without quotes and escapes, everything else as it stands. */
void ann_json_plain(base_str *s, const char *json);
bool ann_is_utf8(const char *p, size_t n);
/* Adds text with each byte that is no UTF-8 as the character of that number (Latin-1), so that names that differ stay
 * apart; how many there were. */
size_t ann_latin_bytes(base_str *out, const char *p, size_t n);

/* Lines of a text: without CR and LF, byte order mark skipped. `number` counts from 1. */
typedef struct ann_lines {
	const char *p, *end;
	const char *line;
	size_t n;
	uint32_t number;
	bool crlf, bom;
} ann_lines;
ann_lines ann_lines_of(const char *data, size_t size);
bool ann_next_line(ann_lines *l);
/* Splits at runs of spaces and tabs (or at `separator` when not 0); returns the number of fields, at most `max` are
 * stored. */
typedef struct ann_field {
	const char *p, *end;
} ann_field;
int ann_fields(const char *p, size_t n, char separator, ann_field *fields, int max);
ann_field ann_trim(const char *p, const char *end);
static inline size_t
ann_len(ann_field f)
{
	return (size_t)(f.end - f.p);
}
static inline bool
ann_is(ann_field f, const char *s)
{
	return ann_len(f) == __builtin_strlen(s) && !__builtin_memcmp(f.p, s, ann_len(f));
}
static inline bool
ann_starts(ann_field f, const char *s)
{
	return ann_len(f) >= __builtin_strlen(s) && !__builtin_memcmp(f.p, s, __builtin_strlen(s));
}

/* What pull parsers say of a place in their text. */
void ann_position(const char *start, const char *at, uint32_t *line, uint32_t *column);
/* The line of a place, counted on from the last one that was asked for (*known, *line), which lies before it. */
uint32_t ann_line_of(const char **known, uint32_t *line, const char *at);
/* "origin:line:column: what" as a format error. */
void ann_parse_error(
	secant_err *err, const char *origin, const char *start, const char *at, const char *fmt, va_list ap);
#endif
