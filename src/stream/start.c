/*
 * The last pass: what plugins refuse by themselves when a stream is set to PLAYING, as far as that needs no file. The
 * original answers 6003 to all of it.
 */
#include "stream/stream.h"
#include <string.h>

const char *
secant_stream_text(const secant_stream_element *e, const char *prop)
{
	const secant_prop *p = secant_element_find_prop(e->kind, prop);
	const json_t *value = json_object_get(json_object_get(e->json, "props"), prop);
	if (e->data_source && !strcmp(prop, "dataSource"))
		return e->data_source;
	const char *text = p && value ? secant_stream_value(e->stream->pipeline, p, value) : NULL;
	return text ? text : p && p->def ? p->def : "";
}

int64_t
secant_stream_int(const secant_stream_element *e, const char *prop)
{
	char why[400];
	secant_prop_value v = { 0 };
	const secant_prop *p = secant_element_find_prop(e->kind, prop);
	if (p)
		(void)secant_prop_read(p, secant_stream_text(e, prop), &v, why, sizeof why);
	return v.i;
}

int
secant_stream_sinks(const secant_stream_element *e)
{
	return e->n_sinks;
}

int
secant_stream_sources(const secant_stream_element *e)
{
	return e->n_sources;
}

bool
secant_starts_linked(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "nothing leads to it";
	return e->n_sinks > 0;
}

bool
secant_starts_count(const secant_stream_element *e, const char **prop, const char **why)
{
	const char *keys = secant_stream_text(e, "dataSource");
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
secant_starts_font(const secant_stream_element *e, const char **prop, const char **why)
{
	int64_t face = secant_stream_int(e, "fontFace");
	*prop = "fontFace";
	*why = "0 to 7 or 16 is meant";
	if (face > 7 && face != 16)
		return false;
	*prop = "fontLineType";
	*why = "4, 8 or 16 is meant";
	if (!is_line_type(secant_stream_int(e, "fontLineType")))
		return false;
	*prop = "rectLineType";
	return is_line_type(secant_stream_int(e, "rectLineType"));
}

bool
secant_starts_post(const secant_stream_element *e, const char **prop, const char **why)
{
	static const char *const python[] = { "className", "pythonModule" };
	*prop = "postProcessLibPath";
	*why = "no library is named";
	if (!*secant_stream_text(e, "postProcessLibPath"))
		return false;
	*why = "funcLanguage python needs it";
	for (int i = 0; i < 2 && !strcmp(secant_stream_text(e, "funcLanguage"), "python"); i++) {
		*prop = python[i];
		if (!*secant_stream_text(e, python[i]))
			return false;
	}
	return true;
}

bool
secant_starts_channels(const secant_stream_element *e, const char **prop, const char **why)
{
	enum { MOST = 32 };
	double v[MOST];
	const char *ids = secant_stream_text(e, "channelIds");
	int n = secant_stream_reals(ids, strlen(ids), v, MOST);
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
has_key_upstream(const secant_stream_element *e, int port)
{
	for (int steps = 0; steps <= e->stream->n; steps++) {
		const secant_stream_element *up = e->sinks[port].peer;
		if (!(up->kind->flags & (SECANT_ELEMENT_PROXY | SECANT_ELEMENT_TRANSPARENT)))
			return !(up->kind->flags & SECANT_ELEMENT_KEYLESS);
		e = up;
		port = 0;
	}
	return false;
}

static bool
has_keys(const secant_stream_element *e, const char **prop, const char **why)
{
	for (int i = 0; i < SECANT_PORTS && e->kind->keys[i] && i < e->n_sinks; i++) {
		const char *name = *prop = e->kind->keys[i], *key = secant_stream_text(e, name);
		bool old = !strcmp(name, "dataSource") && *secant_stream_text(e, "parentName"), is_auto = !strcmp(key, "auto");
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
has_words(const secant_stream_element *e, const char **prop, const char **why)
{
	const secant_prop *p;
	for (int i = 0; (p = secant_element_prop(e->kind, i)); i++)
		if (p->type == SECANT_PROP_STRING && p->words) {
			const char *text = secant_stream_text(e, p->name);
			*prop = p->name;
			*why = p->words;
			if (!secant_word_in(p->words, text, NULL) && strcmp(text, p->def) != 0)
				return false;
		}
	return true;
}

bool
secant_stream_start(secant_stream *s)
{
	for (int i = 0; i < s->n && !s->pipeline->no_memory; i++) {
		const secant_stream_element *e = &s->elements[i];
		const char *prop = "", *why = "";
		if (!has_words(e, &prop, &why))
			return secant_stream_refuse(
				s, SECANT_MX_STATE, e->name, prop, "'%.100s' is none of %s", secant_stream_text(e, prop), why);
		if (!has_keys(e, &prop, &why) || (e->kind->starts && !e->kind->starts(e, &prop, &why)))
			return secant_stream_refuse(s, SECANT_MX_STATE, e->name, prop, "%s does not start: %s", e->kind->name, why);
	}
	return !s->pipeline->no_memory;
}
