/*
 * The table of elements, and what they inherit.
 */
#include "stream/element.h"
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

static secant_entry
entry(int i)
{
	const secant_element *e = secant_element_at(i);
	return e ? (secant_entry){ e->name, e->brief, NULL } : (secant_entry){ 0 };
}

extern const secant_kind secant_kind_elements;
const secant_kind secant_kind_elements = { "elements", "Elements of streams", entry };
