/* mxpi_osdinstancemerger: joins drawings. */
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceList", "auto", "keys of the drawings, a list"),
	STREAM_PROP_END,
};

enum { MOST = 64 };

/* Drawings of one picture from all ports: the k-th of each list become the k-th of the result. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	base_str list = { 0 };
	format_wire at[MOST], one;
	stream_blob *held[MOST] = { NULL };
	const stream_message *kind;
	int n = w->n_sinks < MOST ? w->n_sinks : MOST, more = 1;
	for (int i = 0; i < n; i++) {
		stream_prop_key_at(w, "dataSourceList", i, i, key, sizeof key);
		at[i] = (format_wire){ NULL, 0 };
		if (stream_frame_get(in[i], key, &kind, &held[i]) && kind && !strcmp(kind->name, "MxpiOsdInstancesList"))
			at[i] = (format_wire){ held[i]->p, held[i]->n };
	}
	while (more) {
		base_str both = { 0 };
		more = 0;
		for (int i = 0; i < n; i++)
			if (format_wire_next_bytes(&at[i], 1, &one) > 0) {
				base_str_addn(
					&both, (const char *)one.p, one.n); /* fields that repeat join by standing behind others */
				more++;
			}
		if (more)
			stream_put_message(&list, 1, &both);
		base_str_free(&both);
	}
	stream_answer(w, in[0], stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list));
	base_str_free(&list);
	for (int i = 0; i < n; i++)
		stream_blob_drop(held[i]);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_osdinstancemerger = {
	.name = "mxpi_osdinstancemerger",
	.brief = "joins drawings",
	.props = props,
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = stream_starts_linked,
	.work = &work,
};
