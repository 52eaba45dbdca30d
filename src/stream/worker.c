/* What elements share when they work; see worker.h. */
#include "stream/worker.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *
stream_prop_copy(const stream_worker *w, const char *prop)
{
	return w->value(w->host, prop);
}

void
stream_prop_text(const stream_worker *w, const char *prop, char *text, size_t size)
{
	char *copy = stream_prop_copy(w, prop);
	snprintf(text, size, "%s", copy ? copy : "");
	secant_free(copy);
}

static stream_prop_value
number(const stream_worker *w, const char *prop)
{
	char why[400], text[128];
	stream_prop_value v = { 0 };
	const stream_prop *p = stream_element_find_prop(w->kind, prop);
	stream_prop_text(w, prop, text, sizeof text);
	if (p)
		(void)stream_prop_read(p, text, &v, why, sizeof why);
	return v;
}

int64_t
stream_prop_int(const stream_worker *w, const char *prop)
{
	return number(w, prop).i;
}

double
stream_prop_real(const stream_worker *w, const char *prop)
{
	return number(w, prop).real;
}

bool
stream_prop_is(const stream_worker *w, const char *prop, const char *word)
{
	char text[128];
	stream_prop_text(w, prop, text, sizeof text);
	return !strcmp(text, word);
}

void
stream_prop_key(const stream_worker *w, const char *prop, int port, char *key, size_t size)
{
	stream_prop_text(w, prop, key, size);
	if (strcmp(key, "auto") != 0)
		return;
	char *up = w->upstream(w->host, port);
	snprintf(key, size, "%s", up ? up : "");
	secant_free(up);
}

int
stream_prop_channels(const stream_worker *w, int ids[STREAM_CHANNELS])
{
	char text[300];
	double v[STREAM_CHANNELS];
	stream_prop_text(w, "channelIds", text, sizeof text);
	int n = stream_reals(text, strlen(text), v, STREAM_CHANNELS);
	for (int i = 0; i < n; i++)
		ids[i] = (int)v[i];
	return n < 0 ? 0 : n;
}

void
stream_prop_key_at(const stream_worker *w, const char *prop, int i, int port, char *key, size_t size)
{
	char *list = stream_prop_copy(w, prop), *at = list, *up = NULL;
	if (list && strcmp(list, "auto") != 0)
		for (; i > 0; i--) {
			at += strcspn(at, ",");
			at += *at == ',';
		}
	while (at && *at == ' ')
		at++;
	snprintf(key, size, "%.*s", at ? (int)strcspn(at, ", ") : 0, at ? at : "");
	if (!strcmp(key, "auto")) {
		up = w->upstream(w->host, port);
		snprintf(key, size, "%s", up ? up : "");
	}
	secant_free(up);
	secant_free(list);
}

int
stream_put(stream_worker *w, stream_frame *f, int port, const stream_message *kind, stream_blob *blob)
{
	char key[300];
	if (w->n_sources > 1)
		snprintf(key, sizeof key, "%s_%d", w->name, port);
	else
		snprintf(key, sizeof key, "%s", w->name);
	return stream_frame_put(f, key, kind, blob);
}

void
stream_send(stream_worker *w, int port, stream_frame *f)
{
	w->send(w->host, port, f);
}

void
stream_send_all(stream_worker *w, stream_frame *f)
{
	for (int i = 0; i < w->n_sources; i++)
		stream_send(w, i, f);
}

void
stream_answer(stream_worker *w, stream_frame *f, const stream_message *kind, stream_blob *blob)
{
	int code = stream_put(w, f, 0, kind, blob);
	if (code)
		stream_cannot(w, f, code, code == STREAM_NO_MEMORY ? "no memory for the result" : "the key is taken already");
	else
		stream_send_all(w, f);
}

void
stream_cannot(stream_worker *w, stream_frame *f, int code, const char *fmt, ...)
{
	char text[1000], whole[1200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof whole, "%.150s: %s", w->name, text);
	stream_frame_fail(f, w->name, code, whole);
	stream_send_all(w, f);
}

void
stream_note(stream_worker *w, const char *fmt, ...)
{
	char text[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w->note(w->host, text);
}

stream_blob *
stream_want(stream_worker *w, stream_frame *f, const char *key, const char *kind)
{
	const stream_message *have;
	stream_blob *blob;
	if (!stream_frame_get(f, key, &have, &blob)) {
		stream_cannot(
			w, f, STREAM_NO_DATA, "there is nothing under the key '%.100s' (dataSource); %s is wanted", key, kind);
		return NULL;
	}
	if (have && !strcmp(have->name, kind))
		return blob;
	stream_blob_drop(blob);
	stream_cannot(
		w, f, STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, %s is wanted", key, have ? have->name : "a text", kind);
	return NULL;
}

stream_blob *
stream_want_or_pass(stream_worker *w, stream_frame *f, const char *key, const char *kind)
{
	if (stream_frame_get(f, key, NULL, NULL))
		return stream_want(w, f, key, kind);
	stream_note(w, "there is nothing under the key '%.100s' (dataSource): the buffer goes on as it is", key);
	stream_send_all(w, f);
	return NULL;
}
