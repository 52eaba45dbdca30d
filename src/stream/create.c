/*
 * The second pass: deviceId of the stream, the names of appsinks, then the elements with what nextMeta looks like.
 */
#include "stream/stream.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_META = 129 };

/* Digits without leading zeros. */
static bool
is_device(const char *text)
{
	size_t n = strlen(text);
	return n && n <= 10 && strspn(text, "0123456789") == n && (n == 1 || *text != '0') && atoll(text) <= INT32_MAX;
}

static bool
stream_config(stream_instance *s)
{
	static const stream_prop id = { .name = "deviceId", .type = STREAM_PROP_STRING };
	const json_t *device = json_object_get(json_object_get(s->json, "stream_config"), "deviceId");
	if (!device)
		return true;
	bool plain = json_is_string(device) || json_is_integer(device);
	s->device = plain ? stream_value(s->pipeline, &id, device) : NULL;
	if (!s->device || !is_device(s->device))
		return stream_refuse(s, STREAM_MX_INVALID_PARAM, "stream_config", "deviceId",
			"a string of digits without leading zeros is meant, such as \"0\"");
	if (!json_is_string(device))
		stream_remark(s->pipeline,
			"stream %.100s, stream_config, deviceId: a number is taken as \"%.20s\"; the original takes strings only "
			"(1004)",
			s->name, s->device);
	return true;
}

/* "appsink" and then a number, as the C++ library reads one: blanks and a sign may come before. */
static bool
sink_names(stream_instance *s)
{
	for (int i = 0; i < s->n_keys; i++) {
		const char *key = s->keys[i];
		char *end;
		if (!strstr(key, "appsink"))
			continue;
		errno = 0;
		long n = strtol(key + 7, &end, 10);
		if (end == key + 7 || errno || n != (int)n)
			return stream_refuse(
				s, STREAM_MX_FAILURE, key, NULL, "what has appsink in its name must be called appsink and a number");
	}
	return true;
}

static bool
device(stream_instance *s, const stream_element *e)
{
	char why[200];
	stream_prop_value v;
	const stream_prop *p = stream_element_find_prop(e->kind, "deviceId");
	if (!p || !s->device || !json_object_get(json_object_get(e->json, "props"), "deviceId"))
		return true;
	if (stream_prop_read(p, stream_text(e, "deviceId"), &v, why, sizeof why) || v.i != atoll(s->device))
		return stream_refuse(
			s, STREAM_MX_PROPERTIES, e->name, "deviceId", "it differs from that of stream_config, %s", s->device);
	return true;
}

static bool
meta_form(stream_instance *s, const stream_element *e)
{
	const json_t *meta = json_object_get(e->json, "nextMeta"), *item;
	size_t n = 0;
	if (!meta)
		return true;
	if (!json_is_string(meta) && !json_is_array(meta))
		return stream_refuse(
			s, STREAM_MX_INVALID_PARAM, e->name, "nextMeta", "nextMeta is neither a string nor an array of strings");
	for (; (item = stream_listed(meta, n)); n++)
		if (!json_is_string(item) || !stream_is_clean(json_string_value(item)))
			return stream_refuse(s, STREAM_MX_INVALID_PARAM, e->name, "nextMeta",
				"nextMeta has something else than the name of an element");
	if (n > MOST_META)
		return stream_refuse(
			s, STREAM_MX_INVALID_PARAM, e->name, "nextMeta", "%zu targets, at most %d can be", n, (int)MOST_META);
	return true;
}

stream_element *
stream_find(const stream_instance *s, const char *name)
{
	int i = base_by_name_find(&s->by_name, name);
	return i < 0 ? NULL : &s->elements[i];
}

/* What the accelerator does in the original, and what does it without one. */
static void
silicon(const stream_element *e)
{
	static const char *const others[][2] = {
		{ "mxpi_videodecoder", "avdec_h264 and avdec_h265 of GStreamer decode on a CPU" },
		{ "mxpi_videoencoder", "x264enc and x265enc of GStreamer encode on a CPU" },
		{ "mxpi_datatransfer", "a CPU has one memory: nothing is moved" },
		{ "mxpi_imageencoder", "jpegenc of GStreamer encodes on a CPU" },
	};
	const char *how = stream_element_find_prop(e->kind, "cvProcessor") ? "cvProcessor" : NULL;
	if (how && *stream_text(e, "handleMethod"))
		how = "handleMethod";
	if (how && strcmp(stream_text(e, how), "opencv") != 0)
		stream_remark(e->stream->pipeline,
			"stream %.100s, element %.100s: the original uses its accelerator; cvProcessor \"opencv\" is the "
			"arithmetic of "
			"a CPU",
			e->stream->name, e->name);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (!strcmp(others[i][0], e->kind->name))
			stream_remark(e->stream->pipeline, "stream %.100s, element %.100s: the original uses its accelerator; %s",
				e->stream->name, e->name, others[i][1]);
}

static bool
create(stream_instance *s, const char *key)
{
	int port;
	const json_t *json = json_object_get(s->json, key);
	const char *name = stream_target(s->pipeline, key, &port), *factory;
	if (!name)
		return false;
	if (base_by_name_find(&s->by_name, name) >= 0)
		return stream_refuse(s, STREAM_MX_EXISTS, key, NULL, "an element '%.100s' is there already", name);
	factory = json_string_value(json_object_get(json, "factory"));
	if (!factory)
		return stream_refuse(s, STREAM_MX_FACTORY, key, "factory", "the element has no factory");
	stream_element *e = &s->elements[s->n];
	*e = (stream_element){ .name = name, .json = json, .kind = stream_kind(s->pipeline, factory), .stream = s };
	if (!base_by_name_add(&s->by_name, name, s->n++))
		return stream_no_memory(s->pipeline);
	silicon(e);
	return device(s, e) && meta_form(s, e);
}

bool
stream_create(stream_instance *s)
{
	if (!stream_config(s) || !sink_names(s))
		return false;
	s->elements = base_arena_alloc(s->pipeline->arena, (size_t)s->n_keys * sizeof *s->elements);
	if (!s->elements)
		return stream_no_memory(s->pipeline);
	for (int i = 0; i < s->n_keys; i++)
		if (strcmp(s->keys[i], "stream_config") != 0 && !create(s, s->keys[i]))
			return false;
	return true;
}
