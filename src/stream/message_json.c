/*
 * Messages of streams as JSON and back, by protobuf's mapping (protobuf.dev/programming-guides/json): what dumps and
 * serialised results are made of. One line, no blanks.
 */
#include "stream/message.h"
#include "base/base64.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The shortest decimals that read back the same: 6 (15 of a double) where they suffice, else 9 (17); as protobuf. */
static void
print_real(base_str *out, double v, bool is_double, bool point)
{
	char text[40];
	if (isnan(v) || isinf(v)) {
		base_str_add(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
		return;
	}
	for (int digits = is_double ? 15 : 6;; digits = is_double ? 17 : digits + 1) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		double back = strtod(text, NULL);
		if (digits >= (is_double ? 17 : 9) || (is_double ? back == v : (float)back == (float)v))
			break;
	}
	base_str_add(out, text);
	if (point && !strpbrk(text, ".e"))
		base_str_add(out, ".0");
}

/* How many bytes from the first on stand for themselves; blocks without a branch first, for megabytes of base64. */
static size_t
plain_bytes(const uint8_t *p, size_t n)
{
	enum { BLOCK = 64 };
	size_t i = 0;
	for (unsigned other = 0; i + BLOCK <= n; i += BLOCK) {
		for (size_t k = i; k < i + BLOCK; k++)
			other |= (p[k] < 32) | (p[k] == 127) | (p[k] == '"') | (p[k] == '\\') | (p[k] == '<') | (p[k] == '>');
		if (other)
			break;
	}
	while (i < n && p[i] >= 32 && p[i] != 127 && !strchr("\"\\<>", p[i]))
		i++;
	return i;
}

void
stream_message_print_text(base_str *out, const uint8_t *p, size_t n)
{
	static const char *const escaped = "\"\\\b\f\n\r\t";
	base_str_add(out, "\"");
	for (size_t i = 0; i < n; i++) {
		size_t plain = plain_bytes(p + i, n - i);
		base_str_addn(out, (const char *)p + i, plain);
		i += plain;
		const char *at = i < n && p[i] ? strchr(escaped, p[i]) : NULL;
		if (at)
			base_str_addf(out, "\\%c", "\"\\bfnrt"[at - escaped]);
		else if (i < n)
			base_str_addf(out, "\\u%04x", p[i]);
	}
	base_str_add(out, "\"");
}

static const char *
word_at(const char *words, uint64_t number, size_t *n)
{
	for (;; words++) {
		*n = strcspn(words, "|");
		if (!number--)
			return words;
		words += *n;
		if (!*words)
			return NULL;
	}
}

/* How a message is printed. */
typedef struct style {
	const char *hide; /* fields that are printed as empty */
	bool sorted; /* fields by name, reals with a point */
} style;

static void print(base_str *out, const stream_message *m, format_wire w, const style *how);

static void
print_number(base_str *out, const stream_field *f, uint64_t bits, const style *how)
{
	size_t n;
	const char *word;
	float v;
	double d;
	uint32_t low = (uint32_t)bits;
	switch (f->type) {
	case STREAM_INT32: base_str_addf(out, "%d", (int)(int32_t)low); break;
	case STREAM_UINT32: base_str_addf(out, "%u", (unsigned)low); break;
	case STREAM_UINT64: base_str_addf(out, "\"%llu\"", (unsigned long long)bits); break;
	case STREAM_FLOAT: memcpy(&v, &low, 4), print_real(out, v, false, how->sorted); break;
	case STREAM_DOUBLE: memcpy(&d, &bits, 8), print_real(out, d, true, how->sorted); break;
	case STREAM_BOOL: base_str_add(out, bits ? "true" : "false"); break;
	default:
		word = word_at(f->of, bits, &n);
		if (word)
			base_str_addf(out, "\"%.*s\"", (int)n, word);
		else
			base_str_addf(out, "%d", (int)(int32_t)low);
	}
}

/* The numbers of a packed field; how many there were. */
static int
print_packed(base_str *out, const stream_field *f, format_wire w, int before, const style *how)
{
	while (w.n) {
		uint64_t bits = 0;
		size_t size = f->type == STREAM_FLOAT ? 4 : f->type == STREAM_DOUBLE ? 8 : 0;
		if (size) {
			bits = size == 4 ? base_le32(w.p) : base_le64(w.p);
			w = (format_wire){ w.p + size, w.n - size };
		} else if (!format_wire_varint(&w, &bits))
			break;
		base_str_add(out, before++ ? "," : "");
		print_number(out, f, bits, how);
	}
	return before;
}

static void
print_value(base_str *out, const stream_field *f, const format_wire_field *x, const style *how)
{
	if (f->type == STREAM_MESSAGE)
		print(out, stream_message_find(f->of), x->bytes, how);
	else if (f->type == STREAM_STRING)
		stream_message_print_text(out, x->bytes.p, x->bytes.n);
	else if (f->type == STREAM_BYTES) {
		base_str_add(out, "\"");
		base_base64_encode(out, x->bytes.p, how->hide && !strcmp(how->hide, f->name) ? 0 : x->bytes.n);
		base_str_add(out, "\"");
	} else
		print_number(out, f, x->value, how);
}

static void
print_pairs(base_str *out, const stream_field *f, format_wire w)
{
	format_wire_field x, y;
	int n = 0;
	base_str_add(out, "{");
	while (format_wire_next(&w, &x) > 0) {
		format_wire pair = x.bytes, text[2] = { { (const uint8_t *)"", 0 }, { (const uint8_t *)"", 0 } };
		if (x.number != f->number || x.type != FORMAT_WIRE_BYTES)
			continue;
		while (format_wire_next(&pair, &y) > 0)
			if (y.number <= 2 && y.type == FORMAT_WIRE_BYTES)
				text[y.number - 1] = y.bytes;
		base_str_add(out, n++ ? "," : "");
		stream_message_print_text(out, text[0].p, text[0].n);
		base_str_add(out, ":");
		stream_message_print_text(out, text[1].p, text[1].n);
	}
	base_str_add(out, "}");
}

static void
print_many(base_str *out, const stream_field *f, format_wire w, const style *how)
{
	format_wire_field x;
	int n = 0;
	base_str_add(out, "[");
	while (format_wire_next(&w, &x) > 0) {
		if (x.number != f->number)
			continue;
		if (x.type == FORMAT_WIRE_BYTES && f->type != STREAM_MESSAGE && f->type != STREAM_STRING
			&& f->type != STREAM_BYTES) {
			n = print_packed(out, f, x.bytes, n, how);
			continue;
		}
		base_str_add(out, n++ ? "," : "");
		print_value(out, f, &x, how);
	}
	base_str_add(out, "]");
}

/* A field and its value; false: a message that is not there. */
static bool
print_field(base_str *out, const stream_field *f, format_wire w, bool first, const style *how)
{
	format_wire rest = w;
	format_wire_field x, last = { 0 };
	bool found = false;
	while (!f->many && format_wire_next(&rest, &x) > 0)
		if (x.number == f->number) {
			last = x;
			found = true;
		}
	if (f->type == STREAM_MESSAGE && !f->many && !found)
		return false;
	base_str_addf(out, "%s\"%s\":", first ? "" : ",", f->name);
	if (f->type == STREAM_MAP)
		print_pairs(out, f, w);
	else if (f->many)
		print_many(out, f, w, how);
	else
		print_value(out, f, &last, how);
	return true;
}

/* The field behind `last` in the order of the style; NULL after the last. */
static const stream_field *
field_after(const stream_message *m, const stream_field *last, const style *how)
{
	const stream_field *end = m->field, *best = NULL;
	if (!how->sorted)
		best = last ? last + 1 : m->field;
	while (end < m->field + STREAM_FIELDS && end->name)
		end++;
	if (!how->sorted)
		return best < end ? best : NULL;
	for (const stream_field *f = m->field; f < end; f++)
		if ((!last || strcmp(f->name, last->name) > 0) && (!best || strcmp(f->name, best->name) < 0))
			best = f;
	return best;
}

static void
print(base_str *out, const stream_message *m, format_wire w, const style *how)
{
	bool first = true;
	base_str_add(out, "{");
	for (const stream_field *f = NULL; (f = field_after(m, f, how));)
		first = !print_field(out, f, w, first, how) && first;
	base_str_add(out, "}");
}

void
stream_message_print_fields(base_str *out, const stream_message *m, const void *bytes, size_t n, bool headers)
{
	const style how = { NULL, true };
	bool first = true;
	for (const stream_field *f = NULL; (f = field_after(m, f, &how));)
		if (headers || strcmp(f->name, "headerVec") != 0)
			first = !print_field(out, f, (format_wire){ bytes, n }, first, &how) && first;
}

void
stream_message_print(base_str *out, const stream_message *m, const void *bytes, size_t n, const char *hide)
{
	print(out, m, (format_wire){ bytes, n }, &(style){ hide, false });
}

/* ---- and back ---- */

/* A number, or text that is one. */
static bool
number_of(const json_t *j, double *real, int64_t *whole)
{
	if (json_is_string(j)) {
		const char *text = json_string_value(j);
		char *end;
		*real = strtod(text, &end);
		*whole = *text == '-' ? strtoll(text, NULL, 10) : (int64_t)strtoull(text, NULL, 10);
		return *text && !*end;
	}
	*real = json_number_value(j);
	*whole = json_is_integer(j) ? (int64_t)json_integer_value(j) : *real >= -9e18 && *real <= 9e18 ? (int64_t)*real : 0;
	if (json_is_boolean(j))
		*whole = json_is_true(j);
	return json_is_number(j) || json_is_boolean(j);
}

static secant_status
parse_value(base_str *out, const stream_field *f, const json_t *j, secant_err *err)
{
	base_str bytes = { 0 };
	double real;
	int64_t whole;
	size_t n;
	const char *word;
	bool fits = true;
	if (f->type == STREAM_MESSAGE) {
		if (!stream_message_parse(&bytes, stream_message_find(f->of), j, err))
			stream_put_message(out, f->number, &bytes);
	} else if (f->type == STREAM_STRING) {
		fits = json_is_string(j);
		if (fits)
			format_wire_put_bytes(out, f->number, json_string_value(j), json_string_length(j));
	} else if (f->type == STREAM_BYTES) {
		fits = json_is_string(j) && base_base64_decode(&bytes, json_string_value(j), json_string_length(j));
		if (fits)
			stream_put_message(out, f->number, &bytes);
	} else if (f->type == STREAM_ENUM && json_is_string(j)) {
		fits = false;
		for (uint64_t i = 0; !fits && (word = word_at(f->of, i, &n)); i++)
			if ((fits = strlen(json_string_value(j)) == n && !memcmp(word, json_string_value(j), n)))
				stream_put_int(out, f->number, (int64_t)i);
	} else if ((fits = number_of(j, &real, &whole)) && f->type == STREAM_FLOAT)
		format_wire_put_float(out, f->number, (float)real);
	else if (fits && f->type == STREAM_DOUBLE) {
		uint8_t b[9] = { 0 };
		uint64_t bits;
		memcpy(&bits, &real, 8);
		base_put_le(b, bits, 8);
		base_str_addn(out, &(char){ (char)(f->number << 3 | FORMAT_WIRE_64) }, 1);
		base_str_addn(out, (const char *)b, 8);
	} else if (fits)
		format_wire_put_varint(out, f->number, (uint64_t)whole);
	base_str_free(&bytes);
	return fits ? err && err->code ? err->code : SECANT_OK
				: secant_fail(err, SECANT_ERR_FORMAT, "the value of \"%s\" is of another kind", f->name);
}

static secant_status
parse_field(base_str *out, const stream_field *f, const json_t *j, secant_err *err)
{
	const char *key;
	json_t *item;
	size_t i;
	if (json_is_null(j))
		return SECANT_OK;
	if (f->type == STREAM_MAP) {
		json_object_foreach ((json_t *)j, key, item) {
			base_str pair = { 0 };
			stream_put_text(&pair, 1, key);
			stream_put_text(&pair, 2, json_string_value(item));
			stream_put_message(out, f->number, &pair);
			base_str_free(&pair);
		}
		return SECANT_OK;
	}
	if (!f->many)
		return parse_value(out, f, j, err);
	if (!json_is_array(j))
		return secant_fail(err, SECANT_ERR_FORMAT, "\"%s\" is not an array", f->name);
	json_array_foreach (j, i, item)
		if (parse_value(out, f, item, err))
			return err->code;
	return SECANT_OK;
}

secant_status
stream_message_parse(base_str *out, const stream_message *m, const json_t *j, secant_err *err)
{
	const char *key;
	json_t *value;
	if (!json_is_object(j))
		return secant_fail(err, SECANT_ERR_FORMAT, "%s is not an object", m->name);
	json_object_foreach ((json_t *)j, key, value) {
		const stream_field *f = m->field;
		while (f < m->field + STREAM_FIELDS && f->name && strcmp(f->name, key) != 0)
			f++;
		if (f == m->field + STREAM_FIELDS || !f->name)
			return secant_fail(err, SECANT_ERR_FORMAT, "%s has no field \"%.60s\"", m->name, key);
		if (parse_field(out, f, value, err))
			return err->code;
	}
	return out->failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for a message") : SECANT_OK;
}

void
stream_message_schema(base_str *out, const char *file)
{
	static const char *const types[] = { "int32", "uint32", "uint64", "float", "double", "bool", "string", "bytes", "",
		"", "map<string, string>" };
	bool data = !strcmp(file, "MxpiDataType");
	const stream_message *m;
	base_str_add(out, "syntax = \"proto3\";\npackage MxTools;\n");
	if (!data && strcmp(file, "MxpiOSDType") == 0)
		base_str_add(out, "import \"MxpiDataType.proto\";\n");
	if (data)
		base_str_add(out,
			"enum MxpiMemoryType {\n  MXPI_MEMORY_HOST = 0;\n  MXPI_MEMORY_DEVICE = 1;\n  MXPI_MEMORY_DVPP = 2;\n"
			"  MXPI_MEMORY_HOST_MALLOC = 3;\n  MXPI_MEMORY_HOST_NEW = 4;\n}\n"
			"enum MxpiDataType {\n  MXPI_DATA_TYPE_UINT8 = 0;\n  MXPI_DATA_TYPE_FLOAT32 = 1;\n}\n");
	for (int i = 0; (m = stream_message_at(i)); i++) {
		if (strcmp(m->file, file) != 0)
			continue;
		base_str_addf(out, "message %s {\n", m->name);
		for (const stream_field *f = m->field; f < m->field + STREAM_FIELDS && f->name; f++)
			base_str_addf(out, "  %s%s %s = %d;\n", f->many ? "repeated " : "",
				f->type == STREAM_MESSAGE    ? f->of
					: f->type == STREAM_ENUM ? !strcmp(f->name, "memType") ? "MxpiMemoryType" : "MxpiDataType"
											 : types[f->type],
				f->name, f->number);
		base_str_add(out, "}\n");
	}
}
