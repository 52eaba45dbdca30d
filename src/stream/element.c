/*
 * The table of elements, and what they inherit.
 */
#include "stream/element.h"
#include "base/mem.h"
#include "base/registry.h"
#include <string.h>

#define ELEMENT(name) extern const stream_element_type stream_element_##name;
#include "stream/elements.inc"
#undef ELEMENT
static const stream_element_type *const table[] = {
#define ELEMENT(name) &stream_element_##name,
#include "stream/elements.inc"
#undef ELEMENT
	NULL,
};

static const stream_prop of_object[] = {
	STREAM_PROP_TEXT("name", NULL, "name of the element"),
	STREAM_PROP_NATIVE(OTHER, "parent", NULL, 0, 0, 0, "what the element is part of"),
	STREAM_PROP_END,
};
static const stream_prop of_plugin[] = {
	STREAM_PROP_NUMBER(INT, "status", "0", 0, 1, "0: works on each buffer that comes, 1: waits for one on every port"),
	STREAM_PROP_NUMBER(INT, "deviceId", "0", -1, 2147483647, "number of the accelerator; without meaning on a CPU"),
	STREAM_PROP_TEXT("dataSource", "auto", "key that is read; auto: what comes before"),
	STREAM_PROP_END,
};
static const stream_prop of_source[] = {
	STREAM_PROP_NATIVE(UINT, "blocksize", "4096", 0, 4294967295, 0, "bytes of a buffer"),
	STREAM_PROP_END,
};
static const stream_prop of_sink[] = {
	STREAM_PROP_NATIVE(UINT, "blocksize", "4096", 0, 4294967295, 0, "bytes of a buffer"),
	STREAM_PROP_NATIVE(OTHER, "last-sample", NULL, 0, 0, STREAM_PROP_READ_ONLY, "the last sample"),
	STREAM_PROP_NATIVE(OTHER, "stats", NULL, 0, 0, STREAM_PROP_READ_ONLY, "what was counted"),
	STREAM_PROP_END,
};
static const stream_prop none[] = { STREAM_PROP_END };
static const stream_prop *const inherited[] = { of_plugin, none, of_source, of_sink };

const stream_element_type *
stream_element_at(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof table[0]) ? table[i] : NULL;
}

const stream_element_type *
stream_element_find(const char *factory)
{
	for (int i = 0; table[i]; i++)
		if (!strcmp(table[i]->name, factory))
			return table[i];
	return NULL;
}

const stream_prop *
stream_element_prop(const stream_element_type *e, int i)
{
	const stream_prop *const lists[] = { of_object, inherited[e->base], e->props ? e->props : none };
	for (int l = 0; l < 3; l++)
		for (const stream_prop *p = lists[l]; p->name; p++)
			if (i-- == 0)
				return p;
	return NULL;
}

const stream_prop *
stream_element_find_prop(const stream_element_type *e, const char *name)
{
	const stream_prop *p;
	for (int i = 0; (p = stream_element_prop(e, i)); i++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static const char *const media[] = { "image/jpeg", "image/yuv", "image/rgb", "video/x-h264", "metadata/object",
	"metadata/class", "metadata/attribute", "metadata/feature-vector", "metadata/tensor", "metadata/semanticseg",
	"metadata/keypoint", "metadata/texts", "metadata/object/roi-info", "metadata/osd", "metadata/stitch-info",
	"result/json-result" };

const char *
stream_media_name(int i)
{
	return i >= 0 && i < (int)(sizeof media / sizeof media[0]) ? media[i] : NULL;
}

static void
print_media(base_str *out, int set)
{
	bool first = true;
	if (set == STREAM_MEDIA_ANY)
		base_str_add(out, "anything");
	for (int i = 0; set != STREAM_MEDIA_ANY && stream_media_name(i); i++)
		if (set >> i & 1) {
			base_str_addf(out, "%s%s", first ? "" : ", ", stream_media_name(i));
			first = false;
		}
}

static void
print_ports(base_str *out, const char *what, const int *always, int more)
{
	int n = 0;
	base_str_addf(out, "%s: ", what);
	for (; n < STREAM_PORTS && always[n]; n++) {
		base_str_addf(out, "%s%d ", n ? "; " : "", n);
		print_media(out, always[n]);
	}
	if (more) {
		base_str_add(out, n ? "; more on request: " : "on request: ");
		print_media(out, more);
	}
	base_str_add(out, n || more ? ".\n" : "none.\n");
}

/* Text in a cell of a table: a bar would end it. */
static void
print_cell(base_str *out, const char *text)
{
	for (; *text; text++) {
		base_str_add(out, *text == '|' ? "\\" : "");
		base_str_addn(out, text, 1);
	}
}

/* Ports and properties of an element; what every element of GStreamer has (name, parent) is left out. */
static char *
more(const char *name)
{
	static const char *const types[] = { "string", "int", "uint", "int64", "uint64", "real", "bool", "word", "object" };
	const stream_element_type *e = stream_element_find(name);
	const stream_prop *p;
	base_str out = { 0 };
	if (!e)
		return NULL;
	print_ports(&out, "Ports for input", e->sinks, e->more_sinks);
	print_ports(&out, "Ports for output", e->sources, e->more_sources);
	base_str_add(&out, "\n| property | type | default | range | what it is |\n|---|---|---|---|---|\n");
	for (int i = 2; (p = stream_element_prop(e, i)); i++) {
		bool number = p->type >= STREAM_PROP_INT && p->type <= STREAM_PROP_REAL;
		base_str_addf(&out, "| `%s` | %s | ", p->name, types[p->type]);
		print_cell(&out, p->def ? p->def : "");
		base_str_add(&out, " | ");
		if (number && p->max == INT64_MAX)
			base_str_addf(&out, "%s", p->min < -1 || p->type == STREAM_PROP_ULONG ? "" : "from -1");
		else if (number)
			base_str_addf(&out, "%lld to %lld", (long long)p->min, (long long)p->max);
		print_cell(&out, p->words ? p->words : "");
		base_str_add(&out, " | ");
		print_cell(&out, p->help);
		base_str_add(&out, p->flags & STREAM_PROP_MANAGED ? " (set by the stream manager)" : "");
		base_str_add(&out, p->flags & STREAM_PROP_READ_ONLY ? " (read only)" : "");
		base_str_add(&out, " |\n");
	}
	return base_str_take(&out);
}

static secant_entry
entry(int i)
{
	const stream_element_type *e = stream_element_at(i);
	return e ? (secant_entry){ .name = e->name, .brief = e->brief, .more = more } : (secant_entry){ 0 };
}

extern const base_kind base_kind_elements;
const base_kind base_kind_elements = { "elements", "Elements of streams", entry };
