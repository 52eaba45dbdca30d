/*
 * Text as other programs and countries write it, made into the text that rows.c reads, once and before any row: UTF-16,
 * lines that end in a carriage return, blanks and minus signs of typesetters, brackets around rows, decimal commas and
 * marks between thousands. Whether a comma is a decimal one is decided by the first rows: it must stand within numbers
 * that something else (a semicolon, a blank, quotes) separates. "12,345" alone may be either: then the option `decimal`
 * is asked for. Ordinary text is not copied.
 */
#include "codec/cloud/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 1 << 16, LINES = 100, FIELD_MAX = 64 };

/* What the commas within numbers are. */
typedef enum comma {
	COMMA_NONE, /* there are none */
	COMMA_DECIMAL,
	COMMA_THOUSANDS,
	COMMA_EITHER, /* "12,345" */
	COMMA_SEPARATES /* they stand between fields */
} comma;

static bool
digit(char c)
{
	return isdigit((unsigned char)c) != 0;
}

/* "1,234" or "12,345,678": digits in threes behind the first one to three, which do not begin with 0. */
static bool
in_thousands(const char *p, const char *end, char mark)
{
	p += p < end && (*p == '-' || *p == '+');
	const char *first = p;
	while (p < end && digit(*p))
		p++;
	if (p == first || p - first > 3 || *first == '0')
		return false;
	for (; p < end && *p == mark; p += 4)
		if (end - p < 4 || !digit(p[1]) || !digit(p[2]) || !digit(p[3]) || (end - p > 4 && digit(p[4])))
			return false;
	return true;
}

/* What the commas of one field say. */
static comma
judge_field(const char *p, const char *end)
{
	int commas = 0;
	const char *point = NULL, *last = NULL;
	for (const char *q = p; q < end; q++) {
		if (!digit(*q) && !strchr("+-.,eE", *q))
			return memchr(p, ',', (size_t)(end - p)) ? COMMA_SEPARATES : COMMA_NONE;
		point = *q == '.' ? q : point;
		last = *q == ',' ? q : last;
		commas += *q == ',';
	}
	if (!commas)
		return COMMA_NONE;
	if (last + 1 == end || !digit(last[1]) || last == p || !digit(last[-1]))
		return COMMA_SEPARATES;
	if (point && point > last)
		return in_thousands(p, point, ',') ? COMMA_THOUSANDS : COMMA_SEPARATES;
	if (point)
		return commas == 1 && in_thousands(p, last, '.') ? COMMA_DECIMAL : COMMA_SEPARATES;
	if (commas > 1)
		return in_thousands(p, end, ',') ? COMMA_THOUSANDS : COMMA_SEPARATES;
	return in_thousands(p, end, ',') ? COMMA_EITHER : COMMA_DECIMAL;
}

/* The more certain of two. */
static comma
join(comma a, comma b)
{
	if (a == COMMA_SEPARATES || b == COMMA_SEPARATES)
		return COMMA_SEPARATES;
	if (a == COMMA_NONE || (a == COMMA_EITHER && b != COMMA_NONE))
		return b;
	return b == COMMA_NONE || b == COMMA_EITHER || a == b ? a : COMMA_SEPARATES;
}

/* What stands between the fields of a line: ';', '|', ' ' for blanks, or ',' when only quotes can hold a comma. */
static char
divider(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	return memchr(p, ';', n)                              ? ';'
		: memchr(p, '|', n)                               ? '|'
		: memchr(p, '"', n)                               ? ','
		: memchr(p, ' ', n) || memchr(p, '\t', n) != NULL ? ' '
														  : ',';
}

/* The next field of a line between its dividers, without quotes; false at the end. */
static bool
next_field(const char **p, const char *end, char by, const char **field, const char **field_end)
{
	const char *s = *p;
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (s >= end)
		return false;
	const char *e = s, *quote = *s == '"' ? memchr(s + 1, '"', (size_t)(end - s - 1)) : NULL;
	if (quote) {
		*field = s + 1;
		*field_end = e = quote;
	}
	while (e < end && *e != by && !(by == ' ' && *e == '\t'))
		e++;
	if (!quote) {
		*field = s;
		*field_end = e;
		while (*field_end > s && isspace((unsigned char)(*field_end)[-1]))
			(*field_end)--;
	}
	*p = e < end ? e + 1 : end;
	return true;
}

static comma
judge_line(const char *p, const char *end)
{
	const char *field, *field_end;
	char by = divider(p, end);
	comma all = COMMA_NONE;
	int fields = 0;
	for (; next_field(&p, end, by, &field, &field_end); fields++) {
		bool word = field < field_end && !digit(*field) && !strchr("+-.,", *field);
		if (!word || by == ' ') /* a word among blanks: the blanks may be its own */
			all = join(all, judge_field(field, field_end));
	}
	return fields < 3 ? COMMA_SEPARATES : all;
}

/* Whether a line holds numbers: it begins like one. */
static bool
holds_numbers(const char *p, const char *end)
{
	while (p < end && strchr(" \t\"+-.", *p))
		p++;
	return p < end && digit(*p);
}

static comma
judge_text(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + (size < HEAD ? size : HEAD);
	comma all = COMMA_NONE;
	for (int lines = 0; p < end && lines < LINES && all != COMMA_SEPARATES;) {
		const char *feed = memchr(p, '\n', (size_t)(end - p));
		if (!feed && size > HEAD)
			break;
		feed = feed ? feed : end;
		const char *stop = feed;
		while (stop > p && isspace((unsigned char)stop[-1]))
			stop--;
		/* A count of points, or a line between scans, has one field. */
		bool one = stop - p < FIELD_MAX && !memchr(p, ' ', (size_t)(stop - p)) && !memchr(p, ';', (size_t)(stop - p))
			&& !memchr(p, '\t', (size_t)(stop - p)) && !memchr(p, ',', (size_t)(stop - p));
		if (holds_numbers(p, stop) && !one) {
			all = join(all, judge_line(p, stop));
			lines++;
		}
		p = feed + 1;
	}
	return all;
}

/* ---- rewriting ---- */

/* Writes a line with points for decimal commas (or without the marks between thousands); returns the end. */
static char *
rewrite_line(char *out, const char *p, const char *end, comma kind)
{
	const char *field, *field_end;
	char by = divider(p, end), quoted_by = by == ',' ? ';' : by; /* a quoted number loses its quotes */
	bool numbers = holds_numbers(p, end);
	if (!numbers) {
		for (; p < end; p++)
			*out++ = by == ',' && *p == ',' ? ';' : *p;
		return out;
	}
	for (bool first = true; next_field(&p, end, by, &field, &field_end); first = false) {
		comma c = judge_field(field, field_end);
		const char *last = NULL;
		for (const char *q = field; q < field_end; q++)
			last = *q == ',' ? q : last;
		if (!first)
			*out++ = quoted_by;
		for (const char *q = field; q < field_end; q++) {
			if (c == COMMA_NONE || c == COMMA_SEPARATES)
				*out++ = *q == quoted_by && by == ',' ? ' ' : *q;
			else if (*q != ',' && !(*q == '.' && c == COMMA_DECIMAL))
				*out++ = *q;
			else if (*q == ',' && q == last && kind == COMMA_DECIMAL && c != COMMA_THOUSANDS)
				*out++ = '.';
			else if (*q == '.' && c != COMMA_DECIMAL)
				*out++ = '.';
		}
	}
	return out;
}

/* The text takes the place of the file's. */
static void
replace(secant_cloud_reader *r, uint8_t *text, size_t size)
{
	secant_free(r->inflated);
	r->inflated = text;
	r->data = text;
	r->size = size;
}

static secant_status
rewrite_commas(secant_cloud_reader *r, comma kind, secant_err *err)
{
	uint8_t *text = secant_calloc(r->size + 1, 1);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	const char *p = (const char *)r->data, *end = p + r->size;
	char *out = (char *)text;
	while (p < end) {
		const char *feed = memchr(p, '\n', (size_t)(end - p)), *stop = feed ? feed : end;
		out = rewrite_line(out, p, stop, kind);
		if (feed)
			*out++ = '\n';
		p = feed ? feed + 1 : end;
	}
	replace(r, text, (size_t)(out - (char *)text));
	secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: commas within numbers are taken as %s (--decimal)", r->name,
		kind == COMMA_DECIMAL ? "decimal ones" : "marks between thousands");
	return SECANT_OK;
}

/* ---- signs and lines ---- */

/* The text's byte for a sign beyond ASCII: blanks and minus signs of typesetters, else '?'. */
static char
plain_sign(unsigned c)
{
	return c < 0x80                                                               ? (char)c
		: c == 0xa0 || c == 0x202f || c == 0x2009 || c == 0x3000 || c == 0xfeff   ? ' '
		: c == 0x2212 || c == 0x2010 || c == 0x2011 || c == 0x2012 || c == 0x2013 ? '-'
																				  : '?';
}

/* UTF-16 by its mark, or by the zero bytes between the letters of the first words. */
static int
utf16(const uint8_t *d, size_t n)
{
	if (n >= 2 && ((d[0] == 0xff && d[1] == 0xfe) || (d[0] == 0xfe && d[1] == 0xff)))
		return d[0] == 0xff ? 1 : 2;
	if (n >= 8 && d[0] && !d[1] && d[2] && !d[3] && d[4] && !d[5])
		return 1;
	return n >= 8 && !d[0] && d[1] && !d[2] && d[3] && !d[4] && d[5] ? 2 : 0;
}

static secant_status
from_utf16(secant_cloud_reader *r, int order, secant_err *err)
{
	size_t n = 0;
	uint8_t *text = secant_calloc(r->size / 2 + 1, 1);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (size_t i = 0; i + 1 < r->size; i += 2) {
		unsigned c = order == 1 ? r->data[i] | (unsigned)r->data[i + 1] << 8
								: (unsigned)r->data[i] << 8 | r->data[i + 1];
		text[n++] = (uint8_t)plain_sign(c);
	}
	replace(r, text, n);
	return SECANT_OK;
}

/* What of a text's first bytes asks for a copy. */
typedef struct oddities {
	bool carriages, signs, brackets;
} oddities;

static oddities
look(const secant_cloud_reader *r)
{
	oddities o = { 0 };
	size_t n = r->size < HEAD ? r->size : HEAD;
	const char *p = (const char *)r->data, *end = p + n;
	o.carriages = !memchr(p, '\n', n) && memchr(p, '\r', n);
	for (size_t i = 0; i + 2 < n; i++)
		o.signs |= (r->data[i] == 0xc2 && r->data[i + 1] == 0xa0)
			|| (r->data[i] == 0xe2 && (r->data[i + 1] == 0x80 || r->data[i + 1] == 0x88));
	while (p < end && isspace((unsigned char)*p))
		p++;
	bool open = false;
	for (; p < end && strchr("[({ \t\r\n", *p); p++)
		open |= strchr("[({", *p) != NULL;
	o.brackets = open && p < end && (digit(*p) || strchr("+-.", *p));
	return o;
}

static secant_status
rewrite_signs(secant_cloud_reader *r, oddities o, secant_err *err)
{
	uint8_t *text = secant_calloc(r->size + 1, 1);
	size_t n = 0;
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	for (size_t i = 0; i < r->size; i++) {
		uint8_t c = r->data[i];
		if (o.signs && c == 0xc2 && i + 1 < r->size) {
			c = (uint8_t)plain_sign(r->data[++i]);
		} else if (o.signs && (c & 0xf0) == 0xe0 && i + 2 < r->size) {
			c = (uint8_t)plain_sign((c & 15u) << 12 | (r->data[i + 1] & 63u) << 6 | (r->data[i + 2] & 63u));
			i += 2;
		}
		c = o.carriages && c == '\r' ? '\n' : c;
		text[n++] = o.brackets && c && strchr("[](){}", (char)c) ? ' ' : c;
	}
	replace(r, text, n);
	return SECANT_OK;
}

secant_status
cloud_text_plain(secant_cloud_reader *r, secant_err *err)
{
	enum { AUTO, POINT, COMMA };
	int order = utf16(r->data, r->size);
	secant_status s = order ? from_utf16(r, order, err) : SECANT_OK;
	if (s || r->size == 0)
		return s;
	oddities o = look(r);
	if (o.carriages || o.signs || o.brackets)
		s = rewrite_signs(r, o, err);
	comma kind = s || r->opt.separator == 3 ? COMMA_NONE : judge_text(r->data, r->size);
	if (kind == COMMA_EITHER && r->opt.decimal == AUTO)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"numbers such as 12,345 may have decimal commas or marks between thousands: --decimal comma or point says "
			"which");
	if (kind == COMMA_EITHER)
		kind = r->opt.decimal == COMMA ? COMMA_DECIMAL : COMMA_THOUSANDS;
	if (!s && r->opt.decimal == COMMA && kind != COMMA_DECIMAL && memchr(r->data, ',', r->size < HEAD ? r->size : HEAD))
		return cloud_fail(r->name, err, SECANT_ERR_ARG,
			"--decimal comma: commas stand between the columns here, or between thousands");
	return !s && (kind == COMMA_DECIMAL || kind == COMMA_THOUSANDS) ? rewrite_commas(r, kind, err) : s;
}
