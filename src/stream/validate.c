/*
 * The first pass over a stream: each key in byte order is an object, its factory exists, it has no other keys than
 * there can be, its properties exist and fit, and its targets are in the stream. An element without a factory passes
 * unseen; creation meets it later.
 */
#include "stream/stream.h"
#include <stdio.h>
#include <string.h>

static const char *
kind_of(const json_t *value)
{
	static const char *const kinds[] = { "an object", "an array", "a string", "a number", "a number", "true", "false",
		"null" };
	return kinds[json_typeof(value)];
}

const char *
stream_value(secant_pipeline *p, const stream_prop *prop, const json_t *value)
{
	bool text = prop->type == STREAM_PROP_STRING || prop->type == STREAM_PROP_BOOL;
	char *printed;
	switch (json_typeof(value)) {
	case JSON_STRING: return json_string_value(value);
	case JSON_OBJECT: printed = base_json_text(value, 0); break;
	case JSON_INTEGER:
		return p->strict ? NULL : base_arena_format(p->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL: return p->strict ? NULL : base_arena_format(p->arena, "%.17g", json_real_value(value));
	case JSON_TRUE: return p->strict ? NULL : text ? "true" : "1";
	case JSON_FALSE: return p->strict ? NULL : text ? "false" : "0";
	default: return NULL;
	}
	const char *copy = printed ? base_arena_strdup(p->arena, printed) : NULL;
	secant_free(printed);
	if (!copy)
		stream_no_memory(p);
	return copy;
}

/* " (nearest: x)" of the properties of an element; empty where none is near. */
static void
near_prop(const stream_element_type *e, const char *name, char *out, size_t size)
{
	enum { MOST = 63 };
	const char *names[MOST + 1] = { NULL };
	const stream_prop *p;
	for (int i = 0; i < MOST && (p = stream_element_prop(e, i)); i++)
		names[i] = p->name;
	const char *nearest = secant_nearest(name, names);
	*out = '\0';
	if (nearest)
		snprintf(out, size, " (nearest: %s)", nearest);
}

static bool
property(stream_instance *s, const char *key, const stream_element_type *e, const char *name, const json_t *value)
{
	char why[400];
	stream_prop_value v;
	if (!stream_is_clean(name) || (json_is_string(value) && !stream_is_clean(json_string_value(value))))
		return stream_refuse(s, STREAM_MX_INVALID_PARAM, key, name,
			"a control character or two spaces in a row, in the name of a property or in its value");
	const stream_prop *p = stream_element_find_prop(e, name);
	if (!p) {
		near_prop(e, name, why, sizeof why);
		return stream_refuse(s, STREAM_MX_PROPERTIES, key, name, "%s has no such property%s", e->name, why);
	}
	if (p->flags & STREAM_PROP_READ_ONLY)
		return stream_refuse(s, STREAM_MX_PROPERTIES, key, name, "it can be read only");
	const char *text = stream_value(s->pipeline, p, value);
	if (!text)
		return s->pipeline->no_memory
			? false
			: stream_refuse(s, STREAM_MX_PROPERTIES, key, name, "%s, where a string is meant", kind_of(value));
	if (stream_prop_read(p, text, &v, why, sizeof why))
		return stream_refuse(s, STREAM_MX_PROPERTIES, key, name, "%s", why);
	if (!json_is_string(value) && !json_is_object(value))
		stream_remark(s->pipeline,
			"stream %.100s, element %.100s, property %.100s: %s is taken as \"%.100s\"; the "
			"original takes strings only (6015)",
			s->name, key, name, kind_of(value), text);
	if (p->flags & STREAM_PROP_MANAGED)
		stream_remark(s->pipeline,
			"stream %.100s, element %.100s, property %.100s: set by the stream manager; "
			"what is said here is ignored",
			s->name, key, name);
	return true;
}

static bool
properties(stream_instance *s, const char *key, const stream_element_type *e, const json_t *props)
{
	int n;
	if (!props)
		return true;
	if (!json_is_object(props))
		return stream_refuse(s, STREAM_MX_PROPERTIES, key, NULL, "props is %s, not an object", kind_of(props));
	const char **names = stream_keys(s->pipeline, props, &n);
	if (!names)
		return stream_no_memory(s->pipeline);
	for (int i = 0; i < n; i++)
		if (!property(s, key, e, names[i], json_object_get(props, names[i])))
			return false;
	return true;
}

static bool
element_keys(stream_instance *s, const char *key, const stream_element_type *e, const json_t *json)
{
	int n;
	if (e->flags & STREAM_ELEMENT_FREE_KEYS)
		return true;
	const char **keys = stream_keys(s->pipeline, json, &n);
	if (!keys)
		return stream_no_memory(s->pipeline);
	for (int i = 0; i < n; i++)
		if (!stream_word_in("factory|props|next|nextMeta", keys[i], NULL))
			return stream_refuse(s, STREAM_MX_PROPERTIES, key, keys[i],
				"an element has factory, props, next and nextMeta; properties stand within props");
	return true;
}

const json_t *
stream_listed(const json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : i == 0 ? list : NULL;
}

const char *
stream_target(secant_pipeline *p, const char *text, int *port)
{
	const char *colon = strchr(text, ':');
	*port = 0;
	if (!colon || strchr(colon + 1, ':'))
		return text;
	char *name = base_arena_alloc(p->arena, (size_t)(colon - text) + 1), *end;
	if (!name) {
		stream_no_memory(p);
		return NULL;
	}
	memcpy(name, text, (size_t)(colon - text));
	long n = strtol(colon + 1, &end, 10);
	*port = end == colon + 1 || n < 0 || n > 1 << 20 ? -1 : (int)n;
	return name;
}

static bool
targets(stream_instance *s, const char *key, const json_t *next)
{
	const json_t *item;
	int port;
	if (!next)
		return true;
	if (!json_is_string(next) && !json_is_array(next))
		return stream_refuse(
			s, STREAM_MX_CONFIG, key, "next", "next is %s, not a string or an array of strings", kind_of(next));
	for (size_t i = 0; (item = stream_listed(next, i)); i++) {
		if (!json_is_string(item))
			return stream_refuse(
				s, STREAM_MX_CONFIG, key, "next", "next has %s among its targets, not a string", kind_of(item));
		const char *name = stream_target(s->pipeline, json_string_value(item), &port);
		if (!name)
			return false;
		if (!json_object_get(s->json, name))
			return stream_refuse(s, STREAM_MX_LINK, key, "next", "'%.100s' is not in the stream", name);
	}
	return true;
}

/* What the original has under another name, or no more. */
static const char *
instead(const char *factory)
{
	static const char *const others[][2] = {
		{ "mxpi_nmsoverlapedroi", "the original builds it no more; mxpi_nmsoverlapedroiV2 does it" },
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (!strcmp(others[i][0], factory))
			return others[i][1];
	return NULL;
}

static bool
factory_of(stream_instance *s, const char *key, const json_t *factory, const stream_element_type **e)
{
	enum { MOST = 127 };
	const char *name = json_string_value(factory), *names[MOST + 1] = { NULL };
	if (!name)
		return stream_refuse(s, STREAM_MX_FACTORY, key, "factory", "the factory is %s, not a string", kind_of(factory));
	if (!stream_is_clean(name))
		return stream_refuse(
			s, STREAM_MX_FACTORY, key, "factory", "a control character or two spaces in a row in the factory");
	*e = stream_kind(s->pipeline, name);
	if (*e || s->pipeline->no_memory)
		return *e != NULL;
	for (int i = 0; i < MOST && stream_element_at(i); i++)
		names[i] = stream_element_at(i)->name;
	const char *other = instead(name), *nearest = secant_nearest(name, names);
	if (!other && s->pipeline->trouble)
		other = s->pipeline->trouble;
	if (!other && !nearest && !strncmp(name, "mxpi_", 5))
		other = "no library with it lies in a folder of SECANT_ELEMENT_PATH or in $MX_SDK_HOME/lib/plugins; plugins of "
				"the SDK's MxPluginBase are built against the headers here";
	return stream_refuse(s, STREAM_MX_FACTORY, key, "factory", "can not find the element factory '%.100s'%s%s%s", name,
		other         ? ": "
			: nearest ? " (nearest: "
					  : "",
		other         ? other
			: nearest ? nearest
					  : "",
		!other && nearest ? ")" : "");
}

bool
stream_validate(stream_instance *s)
{
	for (int i = 0; i < s->n_keys; i++) {
		const char *key = s->keys[i];
		const json_t *json = json_object_get(s->json, key), *factory = json_object_get(json, "factory");
		const stream_element_type *e = NULL;
		if (!json_is_object(json))
			return stream_refuse(s, STREAM_MX_CONFIG, key, NULL,
				"%s, where an element is meant (a file is { stream : { element : { ... } } })", kind_of(json));
		if (!factory)
			continue;
		if (!factory_of(s, key, factory, &e) || !element_keys(s, key, e, json)
			|| !properties(s, key, e, json_object_get(json, "props"))
			|| !targets(s, key, json_object_get(json, "next")))
			return false;
	}
	return true;
}
