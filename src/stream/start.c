/*
 * The last pass: what plugins refuse by themselves when a stream is set to PLAYING, as far as that needs no file. The
 * original answers 6003 to all of it.
 */
#include "stream/stream.h"
#include <string.h>

const char *
stream_text(const stream_element *e, const char *prop)
{
	const stream_prop *p = stream_element_find_prop(e->kind, prop);
	const json_t *value = json_object_get(json_object_get(e->json, "props"), prop);
	if (e->data_source && !strcmp(prop, "dataSource"))
		return e->data_source;
	const char *text = p && value ? stream_value(e->stream->pipeline, p, value) : NULL;
	return text ? text : p && p->def ? p->def : "";
}

int64_t
stream_int(const stream_element *e, const char *prop)
{
	char why[400];
	stream_prop_value v = { 0 };
	const stream_prop *p = stream_element_find_prop(e->kind, prop);
	if (p)
		(void)stream_prop_read(p, stream_text(e, prop), &v, why, sizeof why);
	return v.i;
}

int
stream_sinks(const stream_element *e)
{
	return e->n_sinks;
}

int
stream_sources(const stream_element *e)
{
	return e->n_sources;
}

bool
stream_starts_linked(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "nothing leads to it";
	return e->n_sinks > 0;
}

bool
stream_starts_count(const stream_element *e, const char **prop, const char **why)
{
	const char *keys = stream_text(e, "dataSource");
	int n = 1;
	*prop = "dataSource";
	*why = "there are not as many keys as ports for input";
	for (const char *p = keys; *p; p++)
		n += *p == ',';
	return !*keys || !strcmp(keys, "auto") || n == e->n_sinks;
}

static bool
is_line_type(int64_t v)
{
	return v == 4 || v == 8 || v == 16;
}

bool
stream_starts_font(const stream_element *e, const char **prop, const char **why)
{
	int64_t face = stream_int(e, "fontFace");
	*prop = "fontFace";
	*why = "0 to 7 or 16 is meant";
	if (face > 7 && face != 16)
		return false;
	*prop = "fontLineType";
	*why = "4, 8 or 16 is meant";
	if (!is_line_type(stream_int(e, "fontLineType")))
		return false;
	*prop = "rectLineType";
	return is_line_type(stream_int(e, "rectLineType"));
}

bool
stream_starts_post(const stream_element *e, const char **prop, const char **why)
{
	static const char *const python[] = { "className", "pythonModule" };
	*prop = "postProcessLibPath";
	*why = "no library is named";
	if (!*stream_text(e, "postProcessLibPath"))
		return false;
	*why = "funcLanguage python needs it";
	for (int i = 0; i < 2 && !strcmp(stream_text(e, "funcLanguage"), "python"); i++) {
		*prop = python[i];
		if (!*stream_text(e, python[i]))
			return false;
	}
	return true;
}

bool
stream_starts_channels(const stream_element *e, const char **prop, const char **why)
{
	enum { MOST = 32 };
	double v[MOST];
	const char *ids = stream_text(e, "channelIds");
	int n = stream_reals(ids, strlen(ids), v, MOST);
	*prop = "channelIds";
	*why = "whole numbers of 0 to 31 with commas between are meant, each once";
	for (int i = 0; i < n; i++) {
		if (v[i] < 0 || v[i] >= MOST || v[i] != (int)v[i])
			return false;
		for (int k = 0; k < i; k++)
			if (v[k] == v[i])
				return false;
	}
	return n > 0;
}

/* Whether something upstream says a key: elements that pass on ask further up, sources have none. */
static bool
has_key_upstream(const stream_element *e, int port)
{
	for (int steps = 0; steps <= e->stream->n; steps++) {
		const stream_element *up = e->sinks[port].peer;
		if (!(up->kind->flags & (STREAM_ELEMENT_PROXY | STREAM_ELEMENT_TRANSPARENT)))
			return !(up->kind->flags & STREAM_ELEMENT_KEYLESS);
		e = up;
		port = 0;
	}
	return false;
}

static bool
has_keys(const stream_element *e, const char **prop, const char **why)
{
	for (int i = 0; i < STREAM_PORTS && e->kind->keys[i] && i < e->n_sinks; i++) {
		const char *name = *prop = e->kind->keys[i], *key = stream_text(e, name);
		bool old = !strcmp(name, "dataSource") && *stream_text(e, "parentName"), is_auto = !strcmp(key, "auto");
		*why = "parentName is its older name; both are given";
		if (old && !is_auto)
			return false;
		*why = "it is not set, and what comes before says no key";
		if (!old && (!*key || (is_auto && !has_key_upstream(e, i))))
			return false;
	}
	return true;
}

/* Words outside of their lists; an empty one stands for a default. */
static bool
has_words(const stream_element *e, const char **prop, const char **why)
{
	const stream_prop *p;
	for (int i = 0; (p = stream_element_prop(e->kind, i)); i++)
		if (p->type == STREAM_PROP_STRING && p->words) {
			const char *text = stream_text(e, p->name);
			*prop = p->name;
			*why = p->words;
			if (!stream_word_in(p->words, text, NULL) && strcmp(text, p->def) != 0)
				return false;
		}
	return true;
}

/* A configuration within the pipeline: an object of texts. Other values are an extension. */
static bool
has_content(const stream_element *e, const char **prop, const char **why)
{
	static const char *const names[] = { "postProcessConfigContent", "qualityDetectionConfigContent" };
	const char *key;
	json_t *value;
	for (int i = 0; i < 2; i++) {
		const char *text = stream_element_find_prop(e->kind, names[i]) ? stream_text(e, names[i]) : "";
		json_t *content = *text ? json_loadb(text, strlen(text), 0, NULL) : NULL;
		bool texts = true, fine = !*text || json_is_object(content) || i == 1; /* of i 1 other text names a file */
		json_object_foreach (content, key, value)
			texts = texts && json_is_string(value);
		json_decref(content);
		*prop = names[i];
		*why = fine ? "values within it are not all strings" : "it is not a JSON object";
		if (!fine || (!texts && e->stream->pipeline->strict))
			return false;
		if (!texts)
			stream_remark(e->stream->pipeline,
				"stream %.100s, element %.100s, property %.100s: values that are no strings are taken; the original "
				"refuses them (6003)",
				e->stream->name, e->name, names[i]);
	}
	return true;
}

bool
stream_start(stream_instance *s)
{
	for (int i = 0; i < s->n && !s->pipeline->no_memory; i++) {
		const stream_element *e = &s->elements[i];
		const char *prop = "", *why = "";
		if (!has_words(e, &prop, &why))
			return stream_refuse(
				s, STREAM_MX_STATE, e->name, prop, "'%.100s' is none of %s", stream_text(e, prop), why);
		if (!has_keys(e, &prop, &why) || !has_content(e, &prop, &why)
			|| (e->kind->starts && !e->kind->starts(e, &prop, &why)))
			return stream_refuse(s, STREAM_MX_STATE, e->name, prop, "%s does not start: %s", e->kind->name, why);
	}
	return !s->pipeline->no_memory;
}
