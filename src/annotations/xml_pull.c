/* A strict pull parser for the XML of annotation files; see xml_pull.h for what it refuses and why. */
#include "annotations/xml_pull.h"
#include "annotations/json_pull.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/bytes.h"

void
ann_xml_init(xml_pull *x, const char *data, size_t size, const char *origin)
{
	size_t bom = base_text_mark(data, size);
	*x = (xml_pull){ .start = data, .p = data + bom, .end = data + size, .origin = origin, .line_at = data, .line = 1 };
}

void
ann_xml_free(xml_pull *x)
{
	base_str_free(&x->scratch);
}

uint32_t
ann_xml_line(xml_pull *x)
{
	return ann_line_of(&x->line_at, &x->line, x->p);
}

void
ann_xml_fail(xml_pull *x, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (!x->err.code)
		ann_parse_error(&x->err, x->origin, x->start, x->p, fmt, ap);
	va_end(ap);
}

static bool
starts(const xml_pull *x, const char *what)
{
	size_t n = strlen(what);
	return (size_t)(x->end - x->p) >= n && !memcmp(x->p, what, n);
}

/* Passes over everything up to and with `stop`. */
static bool
pass(xml_pull *x, const char *stop, const char *what)
{
	const char *q = memmem(x->p, (size_t)(x->end - x->p), stop, strlen(stop));
	if (!q) {
		ann_xml_fail(x, "%s without its end", what);
		return false;
	}
	x->p = q + strlen(stop);
	return true;
}

static void
space(xml_pull *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\n' || *x->p == '\r' || *x->p == '\t'))
		x->p++;
}

static bool
name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
		|| c == '.' || c == ':' || (uint8_t)c >= 0x80;
}

static bool
name(xml_pull *x, ann_field *f)
{
	f->p = x->p;
	while (x->p < x->end && name_byte(*x->p))
		x->p++;
	f->end = x->p;
	if (f->p == f->end) {
		ann_xml_fail(x, "a name is missing");
		return false;
	}
	return true;
}

static void
put_reference(xml_pull *x, const char *p, const char *end)
{
	static const struct {
		const char *name, *text;
	} known[] = {
		{ "amp", "&" },
		{ "lt", "<" },
		{ "gt", ">" },
		{ "quot", "\"" },
		{ "apos", "'" },
	};
	ann_field f = { p, end };
	for (int i = 0; i < 5; i++)
		if (ann_is(f, known[i].name)) {
			base_str_add(&x->scratch, known[i].text);
			return;
		}
	if (p < end && *p == '#') {
		uint32_t c = 0;
		bool hex = p + 1 < end && (p[1] == 'x' || p[1] == 'X'), sound = true;
		const char *q = p + 1 + hex;
		for (sound = q < end; q < end && sound; q++) {
			uint32_t d = *q >= '0' && *q <= '9' ? (uint32_t)(*q - '0')
				: hex && *q >= 'a' && *q <= 'f' ? (uint32_t)(*q - 'a') + 10
				: hex && *q >= 'A' && *q <= 'F' ? (uint32_t)(*q - 'A') + 10
												: 99;
			sound = d != 99 && (c = c * (hex ? 16 : 10) + d) <= 0x10ffff;
		}
		if (sound && c && (c < 0xd800 || c > 0xdfff)) {
			char json[24];
			if (c < 0x10000)
				snprintf(json, sizeof json, "\"\\u%04x\"", c);
			else
				snprintf(json, sizeof json, "\"\\u%04x\\u%04x\"", 0xd800 + ((c - 0x10000) >> 10),
					0xdc00 + ((c - 0x10000) & 0x3ff));
			ann_json_plain(&x->scratch, json);
			return;
		}
	}
	x->p = p;
	ann_xml_fail(x, "entity '&%.*s;' is not read: only the five of XML and character numbers are",
		(int)(end - p > 40 ? 40 : end - p), p);
}

/* Appends text with its references resolved to the scratch string. */
static void
decode(xml_pull *x, const char *p, const char *end)
{
	while (p < end && !x->err.code) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		base_str_addn(&x->scratch, p, (size_t)((amp ? amp : end) - p));
		if (!amp)
			break;
		const char *semicolon = memchr(amp, ';', (size_t)(end - amp));
		if (!semicolon) {
			x->p = amp;
			ann_xml_fail(x, "'&' without ';'");
			return;
		}
		put_reference(x, amp + 1, semicolon);
		x->kept = x->scratch.n; /* blanks that are written as references are meant */
		p = semicolon + 1;
	}
	if (x->scratch.failed)
		(void)secant_fail(&x->err, SECANT_ERR_NOMEM, "%s: no memory for text", x->origin);
}

static bool
attributes(xml_pull *x)
{
	x->n_attributes = 0;
	for (;;) {
		space(x);
		if (x->p >= x->end) {
			ann_xml_fail(x, "the file ends inside a tag");
			return false;
		}
		if (*x->p == '>' || *x->p == '/')
			return true;
		ann_field key;
		if (!name(x, &key))
			return false;
		space(x);
		if (x->p >= x->end || *x->p != '=') {
			ann_xml_fail(x, "attribute '%.*s' has no value", (int)(ann_len(key) > 40 ? 40 : ann_len(key)), key.p);
			return false;
		}
		x->p++;
		space(x);
		char quote = x->p < x->end ? *x->p : 0;
		const char *q = quote == '"' || quote == '\'' ? memchr(x->p + 1, quote, (size_t)(x->end - x->p - 1)) : NULL;
		if (!q) {
			ann_xml_fail(x, "the value of attribute '%.*s' is not in quotes",
				(int)(ann_len(key) > 40 ? 40 : ann_len(key)), key.p);
			return false;
		}
		for (int i = 0; i < x->n_attributes; i++)
			if (ann_len(x->key[i]) == ann_len(key) && !memcmp(x->key[i].p, key.p, ann_len(key))) {
				ann_xml_fail(x, "attribute '%.*s' stands twice", (int)(ann_len(key) > 40 ? 40 : ann_len(key)), key.p);
				return false;
			}
		if (x->n_attributes == XML_ATTRIBUTES) {
			ann_xml_fail(x, "more than %d attributes", XML_ATTRIBUTES);
			return false;
		}
		x->key[x->n_attributes] = key;
		x->value[x->n_attributes++] = (ann_field){ x->p + 1, q };
		x->p = q + 1;
	}
}

/* At '<' of a start tag. */
static bool
open_tag(xml_pull *x, ann_field *tag)
{
	x->p++;
	if (x->depth == XML_DEPTH) {
		ann_xml_fail(x, "more than %d levels of elements", XML_DEPTH);
		return false;
	}
	if (!name(x, tag) || !attributes(x))
		return false;
	x->empty = *x->p == '/';
	x->p += x->empty;
	if (x->p >= x->end || *x->p != '>') {
		ann_xml_fail(
			x, "'>' is missing at the end of tag '%.*s'", (int)(ann_len(*tag) > 40 ? 40 : ann_len(*tag)), tag->p);
		return false;
	}
	x->p++;
	x->name[x->depth++] = *tag;
	return true;
}

/* At '</': the closing tag of the open element. */
static bool
close_tag(xml_pull *x)
{
	ann_field tag, open = x->name[x->depth - 1];
	const char *at = x->p;
	x->p += 2;
	if (!name(x, &tag))
		return false;
	if (ann_len(tag) != ann_len(open) || memcmp(tag.p, open.p, ann_len(tag))) {
		x->p = at;
		ann_xml_fail(x, "found </%.*s> where </%.*s> should stand", (int)(ann_len(tag) > 40 ? 40 : ann_len(tag)), tag.p,
			(int)(ann_len(open) > 40 ? 40 : ann_len(open)), open.p);
		return false;
	}
	space(x);
	if (x->p >= x->end || *x->p != '>') {
		ann_xml_fail(x, "'>' is missing at the end of a closing tag");
		return false;
	}
	x->p++;
	x->depth--;
	return true;
}

/* Comments and processing instructions, at '<'. */
static bool
passed_aside(xml_pull *x)
{
	if (starts(x, "<!--"))
		return x->p += 4, pass(x, "-->", "a comment");
	if (starts(x, "<?"))
		return pass(x, "?>", "a processing instruction");
	return false;
}

static bool
prolog(xml_pull *x)
{
	if (starts(x, "<?xml")) {
		const char *q = memmem(x->p, (size_t)(x->end - x->p), "?>", 2);
		const char *e = q ? memmem(x->p, (size_t)(q - x->p), "encoding", 8) : NULL;
		if (e) {
			const char *v = e + 8;
			while (v < q && (*v == ' ' || *v == '='))
				v++;
			size_t n = 0;
			while (v + 1 + n < q && v[1 + n] != *v)
				n++;
			if (!((n == 5 && !strncasecmp(v + 1, "utf-8", 5)) || (n == 8 && !strncasecmp(v + 1, "us-ascii", 8))
					|| (n == 5 && !strncasecmp(v + 1, "ascii", 5)) || (n == 4 && !strncasecmp(v + 1, "utf8", 4)))) {
				ann_xml_fail(x, "encoding '%.*s' is not read: save the file as UTF-8", (int)(n > 40 ? 40 : n), v + 1);
				return false;
			}
		}
	}
	for (;;) {
		space(x);
		if (starts(x, "<!DOCTYPE")) {
			const char *q = memchr(x->p, '>', (size_t)(x->end - x->p));
			size_t n = (size_t)((q ? q : x->end) - x->p);
			if (!q || memchr(x->p, '[', n) || memmem(x->p, n, "SYSTEM", 6) || memmem(x->p, n, "PUBLIC", 6)) {
				ann_xml_fail(x, "a document type that declares or fetches entities is not read");
				return false;
			}
			x->p = q + 1;
		} else if (!passed_aside(x))
			return !x->err.code;
	}
}

bool
ann_xml_root(xml_pull *x, ann_field *tag)
{
	if (!prolog(x))
		return false;
	if (x->p >= x->end || *x->p != '<') {
		ann_xml_fail(x, x->p >= x->end ? "the file ends before the first element" : "text before the first element");
		return false;
	}
	return open_tag(x, tag);
}

bool
ann_xml_child(xml_pull *x, ann_field *tag)
{
	if (x->err.code || !x->depth)
		return false;
	if (x->empty) {
		x->empty = false;
		x->depth--;
		return false;
	}
	for (;;) {
		space(x);
		if (x->p >= x->end) {
			ann_xml_fail(x, "the file ends inside <%.*s>",
				(int)(ann_len(x->name[x->depth - 1]) > 40 ? 40 : ann_len(x->name[x->depth - 1])),
				x->name[x->depth - 1].p);
			return false;
		}
		if (*x->p != '<') {
			ann_xml_fail(x, "text where an element should stand");
			return false;
		}
		if (starts(x, "</")) {
			(void)close_tag(x);
			return false;
		}
		if (!passed_aside(x))
			return !x->err.code && open_tag(x, tag);
	}
}

bool
ann_xml_next_text(xml_pull *x, ann_field *text)
{
	x->scratch.n = 0;
	text->p = text->end = "";
	if (x->err.code)
		return false;
	if (x->empty) {
		x->empty = false;
		x->depth--;
		return true;
	}
	const char *q = memchr(x->p, '<', (size_t)(x->end - x->p));
	if (q && q + 1 < x->end && q[1] == '/' && !memchr(x->p, '&', (size_t)(q - x->p))) { /* the usual leaf: no copy */
		*text = ann_trim(x->p, q);
		x->p = q;
		return close_tag(x);
	}
	x->kept = 0;
	space(x);
	for (;;) {
		q = memchr(x->p, '<', (size_t)(x->end - x->p));
		if (!q) {
			ann_xml_fail(x, "the file ends inside <%.*s>",
				(int)(ann_len(x->name[x->depth - 1]) > 40 ? 40 : ann_len(x->name[x->depth - 1])),
				x->name[x->depth - 1].p);
			return false;
		}
		const char *from = x->p;
		decode(x, from, q);
		if (x->err.code)
			return false;
		x->p = q;
		if (starts(x, "<![CDATA[")) {
			const char *body = x->p + 9;
			if (!pass(x, "]]>", "a CDATA section"))
				return false;
			base_str_addn(&x->scratch, body, (size_t)(x->p - 3 - body));
			x->kept = x->scratch.n;
		} else if (starts(x, "</")) {
			const char *base = x->scratch.p ? x->scratch.p : "";
			size_t n = x->scratch.n;
			while (n > x->kept && strchr(" \t\r\n", base[n - 1]))
				n--;
			*text = (ann_field){ base, base + n };
			return close_tag(x);
		} else if (!passed_aside(x)) {
			ann_xml_fail(x, "an element inside <%.*s>, which should hold text only",
				(int)ann_len(x->name[x->depth - 1]) & 63, x->name[x->depth - 1].p);
			return false;
		}
	}
}

bool
ann_xml_real(xml_pull *x, double *v)
{
	ann_field text;
	const char *at = x->p;
	if (!ann_xml_next_text(x, &text))
		return false;
	if (ann_real(text.p, text.end, v))
		return true;
	char copy[48];
	snprintf(copy, sizeof copy, "%.*s", (int)(ann_len(text) > 40 ? 40 : ann_len(text)), text.p);
	x->p = at;
	ann_xml_fail(x, "'%s' where a number should stand", copy);
	return false;
}

bool
ann_xml_attribute(xml_pull *x, const char *key, ann_field *text)
{
	for (int i = 0; i < x->n_attributes; i++)
		if (ann_is(x->key[i], key)) {
			*text = x->value[i];
			if (!memchr(text->p, '&', ann_len(*text)))
				return true;
			x->scratch.n = 0;
			decode(x, text->p, text->end);
			const char *base = x->scratch.p ? x->scratch.p : "";
			*text = (ann_field){ base, base + x->scratch.n };
			return !x->err.code;
		}
	return false;
}

void
ann_xml_skip(xml_pull *x)
{
	int depth = x->depth;
	if (x->empty) {
		x->empty = false;
		x->depth--;
		return;
	}
	while (!x->err.code && x->depth >= depth) {
		const char *q = memchr(x->p, '<', (size_t)(x->end - x->p));
		if (!q) {
			ann_xml_fail(x, "the file ends inside an element");
			return;
		}
		x->p = q;
		ann_field tag;
		if (starts(x, "</"))
			(void)close_tag(x);
		else if (starts(x, "<![CDATA["))
			(void)pass(x, "]]>", "a CDATA section");
		else if (!passed_aside(x) && !x->err.code && open_tag(x, &tag) && x->empty) {
			x->empty = false;
			x->depth--;
		}
	}
}

/* True when the open element has element children. */
static bool
has_children(const xml_pull *x)
{
	const char *p = x->p;
	while (!x->empty && p < x->end) {
		p = memchr(p, '<', (size_t)(x->end - p));
		if (!p || p + 1 >= x->end)
			return false;
		size_t left = (size_t)(x->end - p);
		if (left > 4 && !memcmp(p, "<!--", 4)) {
			p = memmem(p, left, "-->", 3);
			if (!p)
				return false;
			p += 3;
		} else if (left > 9 && !memcmp(p, "<![CDATA[", 9)) {
			p = memmem(p, left, "]]>", 3);
			if (!p)
				return false;
			p += 3;
		} else
			return p[1] != '/' && p[1] != '?';
	}
	return false;
}

void
ann_xml_json(xml_pull *x, base_str *json)
{
	ann_field text, child;
	if (!has_children(x)) {
		if (ann_xml_next_text(x, &text))
			ann_json_string(json, text.p, ann_len(text));
		return;
	}
	/* Children keep their order; a run of one name becomes an array. A name that comes back later gets a key of its own
	 * with a number, which ann_xml_from_json takes off again. */
	ann_field last = { 0 };
	size_t value_at = 0;
	bool array = false, any = false;
	base_str_add(json, "{");
	ann_field seen[32];
	int n_seen = 0;
	while (ann_xml_child(x, &child)) {
		if (any && ann_len(last) == ann_len(child) && !memcmp(last.p, child.p, ann_len(child))) {
			if (!array && !json->failed) {
				size_t n = json->n - value_at;
				base_str_add(json, "[");
				if (!json->failed) {
					memmove(json->p + value_at + 1, json->p + value_at, n);
					json->p[value_at] = '[';
				}
				array = true;
			}
			base_str_add(json, ",");
		} else {
			if (any)
				base_str_add(json, array ? "]," : ",");
			int again = 0;
			for (int i = 0; i < n_seen; i++)
				again += ann_len(seen[i]) == ann_len(child) && !memcmp(seen[i].p, child.p, ann_len(child));
			if (n_seen < 32)
				seen[n_seen++] = child;
			else
				ann_xml_fail(x, "more than 32 kinds of children");
			base_str key = { 0 };
			base_str_addn(&key, child.p, ann_len(child));
			if (again)
				base_str_addf(&key, "#%d", again + 1);
			ann_json_string(json, key.p ? key.p : "", key.n);
			base_str_free(&key);
			base_str_add(json, ":");
			value_at = json->n;
			array = false;
			last = child;
			any = true;
		}
		ann_xml_json(x, json);
	}
	base_str_add(json, array ? "]}" : "}");
}

void
ann_xml_end(xml_pull *x)
{
	if (x->err.code)
		return;
	do
		space(x);
	while (x->p < x->end && *x->p == '<' && passed_aside(x));
	if (!x->err.code && x->p < x->end)
		ann_xml_fail(x, "something stands after the last element");
}

static void
indent(base_str *out, int depth)
{
	for (int i = 0; i < depth; i++)
		base_str_addn(out, "  ", 2);
}

static void
from_json(base_str *out, const char *tag, json_pull *j, int depth)
{
	ann_field key, text;
	char kind = ann_pull_peek(j);
	if (kind == 'a') {
		for (ann_pull_array(j); ann_pull_element(j);)
			from_json(out, tag, j, depth);
		return;
	}
	indent(out, depth);
	base_str_addf(out, "<%s>", tag);
	if (kind == 'o') {
		base_str_add(out, "\n");
		for (ann_pull_object(j); ann_pull_key(j, &key);) {
			const char *hash = memchr(key.p, '#', ann_len(key));
			char *inner = base_strndup(key.p, hash ? (size_t)(hash - key.p) : ann_len(key));
			if (!inner) {
				out->failed = true;
				return;
			}
			for (char *c = inner; *c; c++) /* any key of JSON as the name of an element */
				if (!name_byte(*c) || *c == ':' || (uint8_t)*c >= 0x80
					|| (c == inner && (*c == '-' || *c == '.' || (*c >= '0' && *c <= '9'))))
					*c = '_';
			from_json(out, *inner ? inner : "_", j, depth + 1);
			secant_free(inner);
		}
		indent(out, depth);
	} else if (kind == 's') {
		if (ann_pull_string(j, &text))
			ann_xml_text(out, text.p, ann_len(text));
	} else {
		ann_pull_skip(j, &text);
		ann_xml_text(out, text.p, ann_len(text));
	}
	base_str_addf(out, "</%s>\n", tag);
}

void
ann_xml_from_json(base_str *out, const char *tag, const char *json, int depth)
{
	json_pull j;
	ann_pull_init(&j, json, strlen(json), "attribute");
	from_json(out, tag, &j, depth);
	ann_pull_free(&j);
}
