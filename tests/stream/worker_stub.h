/* An element by itself, without a stream: properties that are set, what it sends is kept. */
#ifndef TESTS_STREAM_WORKER_STUB_H
#define TESTS_STREAM_WORKER_STUB_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "stream/picture.h"

enum { STUB_MOST = 32 };
typedef struct stub {
	stream_worker w;
	char *name[STUB_MOST], *value[STUB_MOST], *key[1];
	int n, n_sent;
	stream_frame *sent[STUB_MOST];
	int port[STUB_MOST];
} stub;

static void
stub_send(void *s_, int port, stream_frame *f)
{
	stub *s = s_;
	assert_true(s->n_sent < STUB_MOST);
	s->port[s->n_sent] = port;
	s->sent[s->n_sent++] = stream_frame_hold(f);
}

static char *
stub_value(void *s_, const char *prop)
{
	stub *s = s_;
	const stream_prop *p = stream_element_find_prop(s->w.kind, prop);
	for (int i = 0; i < s->n; i++)
		if (!strcmp(s->name[i], prop))
			return base_strdup(s->value[i]);
	return base_strdup(p && p->def ? p->def : "");
}

static char *
stub_upstream(void *s, int port)
{
	return base_strdup(port ? "before1" : "before");
}

static bool
stub_size(void *s, int *height, int *width)
{
	return false;
}

static void
stub_note(void *s, const char *text)
{
}

static inline void
stub_open(stub *s, const char *kind)
{
	*s = (stub){ .key = { base_strdup("auto") } };
	s->w = (stream_worker){ .kind = stream_element_find(kind),
		.name = kind,
		.n_sinks = 1,
		.n_sources = 1,
		.keys = s->key,
		.n_keys = 1,
		.host = s,
		.send = stub_send,
		.value = stub_value,
		.upstream = stub_upstream,
		.size = stub_size,
		.note = stub_note };
	assert_non_null(s->w.kind->work);
	s->w.state = secant_calloc(1, s->w.kind->work->state + 1);
}

static inline void
stub_set(stub *s, const char *name, const char *value)
{
	assert_non_null(stream_element_find_prop(s->w.kind, name));
	s->name[s->n] = base_strdup(name);
	s->value[s->n++] = base_strdup(value);
}

static inline void
stub_set_real(stub *s, const char *name, double v)
{
	char text[40];
	snprintf(text, sizeof text, "%.17g", v);
	stub_set(s, name, text);
}

static inline void
stub_run(stub *s, stream_frame *f)
{
	stream_frame *in[2] = { f, f };
	s->w.kind->work->run(&s->w, in);
}

/* The message under the element's name in the last frame that was sent; the caller drops it. */
static inline stream_blob *
stub_result(stub *s, const char *kind)
{
	const stream_message *m;
	stream_blob *b;
	base_str text = { 0 };
	assert_true(s->n_sent > 0);
	if (stream_frame_failed(s->sent[s->n_sent - 1], &text))
		print_message("%s\n", text.p);
	assert_int_equal(stream_frame_failed(s->sent[s->n_sent - 1], NULL), 0);
	assert_true(stream_frame_get(s->sent[s->n_sent - 1], s->w.name, &m, &b));
	assert_string_equal(m->name, kind);
	return b;
}

static inline void
stub_close(stub *s)
{
	for (int i = 0; i < s->n; i++) {
		secant_free(s->name[i]);
		secant_free(s->value[i]);
	}
	for (int i = 0; i < s->n_sent; i++)
		stream_frame_drop(s->sent[i]);
	if (s->w.kind->work->close)
		s->w.kind->work->close(&s->w);
	secant_free(s->key[0]);
	secant_free(s->w.state);
}

static inline void
stub_put_box(stream_frame *f, const char *key, float x0, float y0, float x1, float y1)
{
	base_str box = { 0 }, list = { 0 };
	stream_put_real(&box, 2, x0);
	stream_put_real(&box, 3, y0);
	stream_put_real(&box, 4, x1);
	stream_put_real(&box, 5, y1);
	stream_put_message(&list, 1, &box);
	base_str_free(&box);
	assert_int_equal(stream_frame_put(f, key, stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
}

/* A file through the decoder. */
static inline stream_blob *
stub_decode(const char *path, const char *order)
{
	stub s;
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	stream_blob *bytes = stream_blob_new((size_t)ftell(file)), *b;
	rewind(file);
	assert_int_equal(fread(bytes->p, 1, bytes->n, file), bytes->n);
	fclose(file);
	stub_open(&s, "mxpi_imagedecoder");
	stub_set(&s, "cvProcessor", "opencv");
	stub_set(&s, "outputDataFormat", order);
	stream_frame *f = stream_frame_new();
	stream_frame_set_bytes(f, bytes);
	stub_run(&s, f);
	b = stub_result(&s, "MxpiVisionList");
	stream_frame_drop(f);
	stub_close(&s);
	return b;
}
#endif
