/*
 * Numbers, lines and escapes of annotation files. Numbers with up to 19 digits and small exponents take the exact fast
 * path of Clinger (How to read floating point numbers accurately, PLDI 1990); the rest goes to strtod in the C locale.
 */
#include "annotations/text.h"
#include "base/number.h"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static locale_t c_locale;

static void
make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static double
slow_number(const char *p, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char small[400], *copy = n < sizeof small ? small : secant_calloc(n + 1, 1);
	pthread_once(&once, make_locale);
	if (!copy)
		return NAN;
	memcpy(copy, p, n);
	copy[n] = 0;
	double v = c_locale ? strtod_l(copy, NULL, c_locale) : strtod(copy, NULL);
	if (copy != small)
		secant_free(copy);
	return v;
}

static const char *
word_number(const char *p, const char *end, bool minus, double *value)
{
	static const struct {
		const char *word;
		double v;
	} words[] = { { "infinity", INFINITY }, { "inf", INFINITY }, { "nan", NAN } };
	for (int i = 0; i < 3; i++) {
		size_t n = strlen(words[i].word);
		if ((size_t)(end - p) >= n && !strncasecmp(p, words[i].word, n)) {
			*value = minus ? -words[i].v : words[i].v;
			return p + n;
		}
	}
	return NULL;
}

const char *
ann_number(const char *p, const char *end, double *value)
{
	const char *start = p;
	bool minus = p < end && *p == '-';
	p += p < end && (*p == '-' || *p == '+');
	uint64_t m = 0;
	if (end - p >= 32) { /* the usual number: up to 7 digits on each side of the point, and no exponent */
		int whole = base_digits8(p, &m), places = 0;
		const char *q = p + whole;
		if (*q == '.')
			q += 1 + (places = base_digits8(q + 1, &m));
		if (whole > 0 && whole < 8 && places < 8 && (*q | 32) != 'e') {
			double v = (double)m / tens[places];
			*value = minus ? -v : v;
			return q;
		}
		m = 0;
	}
	int digits = 0, seen = 0, scale = 0;
	for (; p < end && *p >= '0' && *p <= '9'; p++, seen++) {
		if (digits < 19)
			m = m * 10 + (uint64_t)(*p - '0'), digits += digits || *p != '0';
		else
			digits++;
	}
	if (p < end && *p == '.')
		for (p++; p < end && *p >= '0' && *p <= '9'; p++, seen++) {
			if (digits < 19)
				m = m * 10 + (uint64_t)(*p - '0'), digits += digits || *p != '0', scale--;
			else
				digits++;
		}
	if (!seen)
		return word_number(start + minus, end, minus, value);
	if (p < end && (*p == 'e' || *p == 'E')) {
		const char *q = p + 1;
		bool down = q < end && *q == '-';
		q += q < end && (*q == '-' || *q == '+');
		if (q < end && *q >= '0' && *q <= '9') {
			int e = 0;
			for (; q < end && *q >= '0' && *q <= '9'; q++)
				e = e < 10000 ? e * 10 + (*q - '0') : e;
			scale += down ? -e : e;
			p = q;
		}
	}
	if (digits <= 19 && m < (1ull << 53) && scale >= -22 && scale <= 22) {
		double v = scale < 0 ? (double)m / tens[-scale] : (double)m * tens[scale];
		*value = minus ? -v : v;
	} else
		*value = slow_number(start, (size_t)(p - start));
	return p;
}

bool
ann_integer(const char *p, const char *end, int64_t *value)
{
	bool minus = p < end && *p == '-';
	p += p < end && (*p == '-' || *p == '+');
	if (p == end || end - p > 18)
		return false;
	int64_t v = 0;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		v = v * 10 + (*p - '0');
	}
	*value = minus ? -v : v;
	return true;
}

ann_field
ann_trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' || end[-1] == '\n'))
		end--;
	return (ann_field){ p, end };
}

bool
ann_real(const char *p, const char *end, double *value)
{
	ann_field f = ann_trim(p, end);
	return f.p < f.end && ann_number(f.p, f.end, value) == f.end;
}

void
ann_put_integer(base_str *s, int64_t v)
{
	char buffer[24], *p = buffer + sizeof buffer;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	base_str_addn(s, p, (size_t)(buffer + sizeof buffer - p));
}

/* v = whole / 10^places; the digits, zeros cut at the end down to `least` places. */
static void
put_scaled(base_str *s, int64_t whole, int places, int least, bool minus)
{
	char buffer[32], *end = buffer + sizeof buffer, *p = end;
	for (int i = 0; i < places; i++, whole /= 10) {
		if (p == end && whole % 10 == 0 && places - i > least)
			continue;
		*--p = (char)('0' + whole % 10);
	}
	if (p != end)
		*--p = '.';
	do
		*--p = (char)('0' + whole % 10);
	while (whole /= 10);
	if (minus)
		*--p = '-';
	base_str_addn(s, p, (size_t)(end - p));
}

void
ann_put_number(base_str *s, double v)
{
	if (fabs(v) < 1e15 && v == (double)(int64_t)v) {
		ann_put_integer(s, (int64_t)v);
		return;
	}
	if (!isfinite(v)) {
		base_str_add(s, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
		return;
	}
	double a = fabs(v);
	if (a < 1e9 && a >= 1e-5)
		for (int places = 1; places <= 6; places++) {
			double whole = nearbyint(a * tens[places]);
			if (whole / tens[places] == a) {
				put_scaled(s, (int64_t)whole, places, 0, v < 0);
				return;
			}
		}
	char buffer[40];
	for (int digits = 9; digits <= 17; digits += digits == 9 ? 6 : 1) {
		snprintf(buffer, sizeof buffer, "%.*g", digits, v);
		for (char *c = buffer; *c; c++)
			if (*c == ',')
				*c = '.';
		if (digits == 17 || slow_number(buffer, strlen(buffer)) == v)
			break;
	}
	base_str_add(s, buffer);
}

void
ann_put_decimals(base_str *s, double v, int least, int most)
{
	double whole = nearbyint(fabs(v) * tens[most]);
	if (whole < 9e15)
		put_scaled(s, (int64_t)whole, most, least, v < 0 && whole > 0);
	else
		ann_put_number(s, v);
}

/* Length of the UTF-8 sequence at p, 0 when it is not one. */
static size_t
utf8_length(const uint8_t *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	size_t need = p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
		: p[0] >= 0xe0 && p[0] < 0xf0          ? 3
		: p[0] >= 0xc2 && p[0] < 0xe0          ? 2
											   : 0;
	if (!need || n < need)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90)
		|| (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return need;
}

bool
ann_is_utf8(const char *p, size_t n)
{
	for (size_t i = 0, k; i < n; i += k) {
		uint64_t eight;
		if (n - i >= sizeof eight && (memcpy(&eight, p + i, sizeof eight), !(eight & 0x8080808080808080u)))
			k = sizeof eight; /* plain ASCII, nearly always */
		else if (!(k = utf8_length((const uint8_t *)p + i, n - i)))
			return false;
	}
	return true;
}

size_t
ann_latin_bytes(base_str *out, const char *p, size_t n)
{
	size_t foreign = 0;
	for (size_t i = 0, k; i < n; i += k) {
		const uint8_t *u = (const uint8_t *)p + i;
		k = utf8_length(u, n - i);
		const char two[2] = { (char)(0xc0 | *u >> 6), (char)(0x80 | (*u & 0x3f)) };
		base_str_addn(out, k ? p + i : two, k ? k : 2);
		foreign += !k;
		k = k ? k : 1;
	}
	return foreign;
}

void
ann_json_string(base_str *s, const char *p, size_t n)
{
	base_str_addn(s, "\"", 1);
	size_t from = 0;
	for (size_t i = 0; i < n;) {
		uint8_t c = (uint8_t)p[i];
		size_t k = c >= 0x20 && c < 0x80 ? 1 : utf8_length((const uint8_t *)p + i, n - i);
		if (k && c >= 0x20 && c != '"' && c != '\\') {
			i += k;
			continue;
		}
		base_str_addn(s, p + from, i - from);
		if (c == '"' || c == '\\')
			base_str_addf(s, "\\%c", c);
		else if (c < 0x20)
			base_str_addf(s, "\\u%04x", c);
		else
			base_str_add(s, "\\ufffd");
		from = ++i;
	}
	base_str_addn(s, p + from, n - from);
	base_str_addn(s, "\"", 1);
}

void
ann_xml_text(base_str *s, const char *p, size_t n)
{
	size_t from = 0;
	for (size_t i = 0, k; i < n; i += k) {
		uint8_t c = (uint8_t)p[i];
		k = c < 0x80 ? 1 : utf8_length((const uint8_t *)p + i, n - i);
		bool odd = !k || (k == 3 && !memcmp(p + i, "\xef\xbf", 2) && (uint8_t)p[i + 2] >= 0xbe); /* U+FFFE, U+FFFF */
		k = k ? k : 1;
		const char *as = odd                 ? "\xef\xbf\xbd"
			: c == '&'                       ? "&amp;"
			: c == '<'                       ? "&lt;"
			: c == '>'                       ? "&gt;"
			: c == '"'                       ? "&quot;"
			: c == '\n'                      ? "&#10;" /* as they are they would become blanks in attributes */
			: c == '\t'                      ? "&#9;"
			: c == '\r'                      ? "&#13;"
			: c == ' ' && (!i || i + 1 == n) ? "&#32;" /* at the ends readers take blanks for layout */
			: c < 0x20                       ? "\xef\xbf\xbd"
											 : NULL;
		if (!as)
			continue;
		base_str_addn(s, p + from, i - from);
		base_str_add(s, as);
		from = i + k;
	}
	base_str_addn(s, p + from, n - from);
}

/* [-]digits[.digits][e[+-]digits], no zero before other digits: RFC 8259. */
bool
ann_is_json_number(const char *p, size_t n)
{
	const char *end = p + n;
	p += p < end && *p == '-';
	if (p == end || *p < '0' || *p > '9' || (*p == '0' && p + 1 < end && p[1] >= '0' && p[1] <= '9'))
		return false;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	if (p < end && *p == '.') {
		const char *digit = ++p;
		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p == digit)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		const char *digit = p;
		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p == digit)
			return false;
	}
	return p == end;
}

/* Every value that is kept is JSON: numbers that JSON has not (NaN, Infinity, as Python writes them) become their names
 * in quotes, foreign bytes U+FFFD. */
bool
ann_json_sound(base_str *s, const char *p, size_t n)
{
	bool quoted = false, odd = !ann_is_utf8(p, n);
	for (size_t i = 0; i < n && !odd; i++) {
		if (quoted && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted)
			odd = p[i] == 'N' || p[i] == 'I' || p[i] == 'i' || (p[i] == 'n' && i + 1 < n && p[i + 1] != 'u');
	}
	if (!odd)
		return false;
	quoted = false;
	for (size_t i = 0, k; i < n; i += k) {
		k = (uint8_t)p[i] < 0x80 ? 1 : utf8_length((const uint8_t *)p + i, n - i);
		if (!k) {
			base_str_add(s, "\xef\xbf\xbd");
			k = 1;
			continue;
		}
		size_t sign = !quoted && p[i] == '-' && i + 1 < n;
		char c = p[i + sign];
		bool nan = !quoted && (c == 'N' || (c == 'n' && i + sign + 1 < n && p[i + sign + 1] != 'u')),
			 inf = !quoted && (c == 'I' || c == 'i');
		if (nan || inf) {
			base_str_add(s, nan ? "\"NaN\"" : sign ? "\"-Infinity\"" : "\"Infinity\"");
			for (k = sign; i + k < n && ((p[i + k] | 32) >= 'a' && (p[i + k] | 32) <= 'z'); k++)
				;
			continue;
		}
		if (quoted && p[i] == '\\' && i + 1 < n)
			k = 2;
		else if (p[i] == '"')
			quoted = !quoted;
		base_str_addn(s, p + i, k);
	}
	return true;
}

static void
put_utf8(base_str *s, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xf0) | c);
	base_str_addn(s, b, n);
}

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0')
			: c >= 'a' && c <= 'f'        ? (uint32_t)(c - 'a' + 10)
			: c >= 'A' && c <= 'F'        ? (uint32_t)(c - 'A' + 10)
										  : 99;
		if (d == 99)
			return 0xfffd;
		v = v * 16 + d;
	}
	return v;
}

void
ann_json_plain(base_str *s, const char *json)
{
	if (*json != '"') {
		base_str_add(s, json);
		return;
	}
	for (const char *p = json + 1; *p && *p != '"'; p++) {
		if (*p != '\\' || !p[1]) {
			base_str_addn(s, p, 1);
			continue;
		}
		static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
		const char *known = strchr(from, *++p);
		if (*p == 'u' && strlen(p) > 4) {
			uint32_t c = hex4(p + 1);
			p += 4;
			if (c >= 0xd800 && c < 0xdc00 && p[1] == '\\' && p[2] == 'u' && strlen(p) > 6) {
				uint32_t low = hex4(p + 3);
				if (low >= 0xdc00 && low < 0xe000) {
					c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
					p += 6;
				}
			}
			put_utf8(s, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
		} else
			base_str_addn(s, known ? &to[known - from] : p, 1);
	}
}

ann_lines
ann_lines_of(const char *data, size_t size)
{
	bool bom = size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3);
	return (ann_lines){ .p = data + (bom ? 3 : 0), .end = data + size, .bom = bom };
}

bool
ann_next_line(ann_lines *l)
{
	if (l->p >= l->end)
		return false;
	const char *stop = memchr(l->p, '\n', (size_t)(l->end - l->p));
	const char *next = stop ? stop + 1 : l->end;
	stop = stop ? stop : l->end;
	if (stop > l->p && stop[-1] == '\r') {
		stop--;
		l->crlf = true;
	}
	l->line = l->p;
	l->n = (size_t)(stop - l->p);
	l->p = next;
	l->number++;
	return true;
}

int
ann_fields(const char *p, size_t n, char separator, ann_field *fields, int max)
{
	const char *end = p + n;
	int count = 0;
	for (;;) {
		if (!separator)
			while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
				p++;
		if (p >= end && (!separator || !count))
			return count;
		const char *start = p;
		while (p < end && (separator ? *p != separator : *p != ' ' && *p != '\t' && *p != '\r'))
			p++;
		if (count < max)
			fields[count] = (ann_field){ start, p };
		count++;
		if (p >= end)
			return count;
		p += separator != 0;
		if (separator && p == end) {
			if (count < max)
				fields[count] = (ann_field){ p, p };
			return count + 1;
		}
	}
}

void
ann_position(const char *start, const char *at, uint32_t *line, uint32_t *column)
{
	*line = 1;
	const char *p = start;
	for (const char *q; p < at && (q = memchr(p, '\n', (size_t)(at - p))); p = q + 1)
		(*line)++;
	*column = (uint32_t)(at - p) + 1;
}

uint32_t
ann_line_of(const char **known, uint32_t *line, const char *at)
{
	for (const char *q; *known < at && (q = memchr(*known, '\n', (size_t)(at - *known))); *known = q + 1)
		(*line)++;
	*known = at > *known ? at : *known;
	return *line;
}

void
ann_parse_error(secant_err *err, const char *origin, const char *start, const char *at, const char *fmt, va_list ap)
{
	char what[300];
	uint32_t line, column;
	vsnprintf(what, sizeof what, fmt, ap);
	ann_position(start, at, &line, &column);
	(void)secant_fail(err, SECANT_ERR_FORMAT, "%s:%u:%u: %s", origin, line, column, what);
}
