/* mxpi_loaddata: makes a buffer of a dump. */
#include <stdlib.h>
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("config", "", "not used"),
	STREAM_PROP_END,
};

enum { MOST_DUMP = 1 << 30 };

/* A dump is one text; a file may come in several pieces. */
typedef struct loading {
	base_str text;
} loading;

static void
take_entry(stream_worker *w, stream_frame *f, const json_t *entry)
{
	const char *key = json_string_value(json_object_get(entry, "key"));
	const char *text = json_string_value(json_object_get(entry, "content"));
	const char *type = json_string_value(json_object_get(entry, "protoDataType"));
	const stream_message *m = type && *type ? stream_message_find(type) : NULL;
	base_str bytes = { 0 };
	secant_err err = { 0 };
	if (!key || !text || !*text)
		return;
	if (!strcmp(key, "ReservedVisionList")) {
		stream_frame_set_vision(f, text);
		return;
	}
	if (type && *type && !m) {
		stream_note(w, "the dump has a message of the unknown type %.100s: left out", type);
		return;
	}
	if (!m) {
		stream_put_text(&bytes, 1, text);
		(void)stream_frame_put(f, key, stream_message_find("MxpiContentString"), stream_blob_take(&bytes));
		return;
	}
	json_t *j = base_json_parse(text, strlen(text), key, &err);
	if (j && !stream_message_parse(&bytes, m, j, &err))
		(void)stream_frame_put(f, key, m, stream_blob_take(&bytes));
	else
		stream_note(w, "%.100s: %s", key, err.msg);
	base_str_free(&bytes);
	json_decref(j);
}

static void
load(stream_worker *w, stream_frame *old, const json_t *dump)
{
	size_t i;
	json_t *entry;
	stream_frame *f = stream_frame_new();
	if (!f)
		return;
	*stream_frame_way(f) = *stream_frame_way(old);
	json_array_foreach (json_object_get(dump, "metaData"), i, entry)
		take_entry(w, f, entry);
	base_str text = { 0 };
	secant_err err = { 0 };
	json_t *buffer = json_object_get(dump, "buffer");
	if (json_is_object(buffer) && !stream_message_parse(&text, stream_message_find("Buffer"), buffer, &err)) {
		format_wire at = { (const uint8_t *)text.p, text.n };
		format_wire_field x;
		while (format_wire_next(&at, &x) > 0)
			if (x.number == 1 && x.type == FORMAT_WIRE_BYTES)
				stream_frame_set_bytes(f, stream_blob_of(x.bytes.p, x.bytes.n));
	}
	base_str_free(&text);
	stream_send_all(w, f);
	stream_frame_drop(f);
}

static void
finish(stream_worker *w, stream_frame *f, bool last)
{
	loading *s = w->state;
	json_error_t where;
	json_t *dump = json_loadb(s->text.p ? s->text.p : "", s->text.n, JSON_REJECT_DUPLICATES, &where);
	if (!dump && !last && json_error_code(&where) == json_error_premature_end_of_input)
		return;
	base_str_free(&s->text);
	s->text = (base_str){ 0 };
	if (json_is_object(dump))
		load(w, f, dump);
	else
		stream_cannot(w, f, STREAM_FAILURE, "the data is no dump: line %d: %s", where.line,
			dump ? "an object is meant" : where.text);
	json_decref(dump);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	loading *s = w->state;
	stream_blob *bytes = stream_frame_bytes(in[0]);
	if (bytes)
		base_str_addn(&s->text, (const char *)bytes->p, bytes->n);
	if (s->text.failed || s->text.n > MOST_DUMP) {
		base_str_free(&s->text);
		s->text = (base_str){ 0 };
		stream_cannot(w, in[0], STREAM_NO_MEMORY, "the dump has more than 1 GiB, or there is no memory for it");
	} else if (s->text.n && s->text.p[s->text.n - 1] == '}')
		finish(w, in[0], false);
}

static void
flush(stream_worker *w)
{
	loading *s = w->state;
	stream_frame *f = s->text.n ? stream_frame_new() : NULL;
	if (f)
		finish(w, f, true);
	stream_frame_drop(f);
}

static void
close(stream_worker *w)
{
	base_str_free(&((loading *)w->state)->text);
}

static const stream_work work = { .state = sizeof(loading), .run = run, .flush = flush, .close = close };

const stream_element_type stream_element_mxpi_loaddata = {
	.name = "mxpi_loaddata",
	.brief = "makes a buffer of a dump",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.work = &work,
};
