/*
 * The table of elements, and what they inherit.
 */
#include "stream/element.h"
#include "base/mem.h"
#include "base/registry.h"
#include <string.h>

#define ELEMENT(name) extern const secant_element secant_element_##name;
#include "stream/elements.inc"
#undef ELEMENT
static const secant_element *const table[] = {
#define ELEMENT(name) &secant_element_##name,
#include "stream/elements.inc"
#undef ELEMENT
	NULL,
};

static const secant_prop of_object[] = {
	SECANT_PROP_TEXT("name", NULL, "name of the element"),
	SECANT_PROP_NATIVE(OTHER, "parent", NULL, 0, 0, 0, "what the element is part of"),
	SECANT_PROP_END,
};
static const secant_prop of_plugin[] = {
	SECANT_PROP_NUMBER(INT, "status", "0", 0, 1, "0: works on each buffer that comes, 1: waits for one on every port"),
	SECANT_PROP_NUMBER(INT, "deviceId", "0", -1, 2147483647, "number of the accelerator; without meaning on a CPU"),
	SECANT_PROP_TEXT("dataSource", "auto", "key that is read; auto: what comes before"),
	SECANT_PROP_END,
};
static const secant_prop of_source[] = {
	SECANT_PROP_NATIVE(UINT, "blocksize", "4096", 0, 4294967295, 0, "bytes of a buffer"),
	SECANT_PROP_END,
};
static const secant_prop of_sink[] = {
	SECANT_PROP_NATIVE(UINT, "blocksize", "4096", 0, 4294967295, 0, "bytes of a buffer"),
	SECANT_PROP_NATIVE(OTHER, "last-sample", NULL, 0, 0, SECANT_PROP_READ_ONLY, "the last sample"),
	SECANT_PROP_NATIVE(OTHER, "stats", NULL, 0, 0, SECANT_PROP_READ_ONLY, "what was counted"),
	SECANT_PROP_END,
};
static const secant_prop none[] = { SECANT_PROP_END };
static const secant_prop *const inherited[] = { of_plugin, none, of_source, of_sink };

const secant_element *
secant_element_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof table[0]) ? table[i] : NULL;
}

const secant_element *
secant_element_find(const char *factory)
{
	for (int i = 0; table[i]; i++)
		if (!strcmp(table[i]->name, factory))
			return table[i];
	return NULL;
}

const secant_prop *
secant_element_prop(const secant_element *e, int i)
{
	const secant_prop *const lists[] = { of_object, inherited[e->base], e->props ? e->props : none };
	for (int l = 0; l < 3; l++)
		for (const secant_prop *p = lists[l]; p->name; p++)
			if (i-- == 0)
				return p;
	return NULL;
}

const secant_prop *
secant_element_find_prop(const secant_element *e, const char *name)
{
	const secant_prop *p;
	for (int i = 0; (p = secant_element_prop(e, i)); i++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static const char *const media[] = { "image/jpeg", "image/yuv", "image/rgb", "video/x-h264", "metadata/object",
	"metadata/class", "metadata/attribute", "metadata/feature-vector", "metadata/tensor", "metadata/semanticseg",
	"metadata/keypoint", "metadata/texts", "metadata/object/roi-info", "metadata/osd", "metadata/stitch-info",
	"result/json-result" };

static void
print_media(secant_str *out, int set)
{
	bool first = true;
	if (set == SECANT_MEDIA_ANY)
		secant_str_add(out, "anything");
	for (int i = 0; set != SECANT_MEDIA_ANY && i < 16; i++)
		if (set >> i & 1) {
			secant_str_addf(out, "%s%s", first ? "" : ", ", media[i]);
			first = false;
		}
}

static void
print_ports(secant_str *out, const char *what, const int *always, int more)
{
	int n = 0;
	secant_str_addf(out, "%s: ", what);
	for (; n < SECANT_PORTS && always[n]; n++) {
		secant_str_addf(out, "%s%d ", n ? "; " : "", n);
		print_media(out, always[n]);
	}
	if (more) {
		secant_str_add(out, n ? "; more on request: " : "on request: ");
		print_media(out, more);
	}
	secant_str_add(out, n || more ? ".\n" : "none.\n");
}

/* Text in a cell of a table: a bar would end it. */
static void
print_cell(secant_str *out, const char *text)
{
	for (; *text; text++) {
		secant_str_add(out, *text == '|' ? "\\" : "");
		secant_str_addn(out, text, 1);
	}
}

/* Ports and properties of an element; what every element of GStreamer has (name, parent) is left out. */
static char *
more(const char *name)
{
	static const char *const types[] = { "string", "int", "uint", "int64", "uint64", "real", "bool", "word", "object" };
	const secant_element *e = secant_element_find(name);
	const secant_prop *p;
	secant_str out = { 0 };
	if (!e)
		return NULL;
	print_ports(&out, "Ports for input", e->sinks, e->more_sinks);
	print_ports(&out, "Ports for output", e->sources, e->more_sources);
	secant_str_add(&out, "\n| property | type | default | range | what it is |\n|---|---|---|---|---|\n");
	for (int i = 2; (p = secant_element_prop(e, i)); i++) {
		bool number = p->type >= SECANT_PROP_INT && p->type <= SECANT_PROP_REAL;
		secant_str_addf(&out, "| `%s` | %s | ", p->name, types[p->type]);
		print_cell(&out, p->def ? p->def : "");
		secant_str_add(&out, " | ");
		if (number && p->max == INT64_MAX)
			secant_str_addf(&out, "%s", p->min < -1 || p->type == SECANT_PROP_ULONG ? "" : "from -1");
		else if (number)
			secant_str_addf(&out, "%lld to %lld", (long long)p->min, (long long)p->max);
		print_cell(&out, p->words ? p->words : "");
		secant_str_add(&out, " | ");
		print_cell(&out, p->help);
		secant_str_add(&out, p->flags & SECANT_PROP_MANAGED ? " (set by the stream manager)" : "");
		secant_str_add(&out, p->flags & SECANT_PROP_READ_ONLY ? " (read only)" : "");
		secant_str_add(&out, " |\n");
	}
	return secant_str_take(&out);
}

static secant_entry
entry(int i)
{
	const secant_element *e = secant_element_at(i);
	return e ? (secant_entry){ .name = e->name, .brief = e->brief, .more = more } : (secant_entry){ 0 };
}

extern const secant_kind secant_kind_elements;
const secant_kind secant_kind_elements = { "elements", "Elements of streams", entry };
