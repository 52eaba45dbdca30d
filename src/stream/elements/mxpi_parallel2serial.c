/* mxpi_parallel2serial: makes one stream of several. */
#include <stdio.h>
#include "stream/worker.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	return stream_starts_linked(e, prop, why) && stream_starts_count(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(INT, "removeParentData", "0", 0, 1, "1: drop what was read"),
	STREAM_PROP_END,
};

/* With keys, what came to a port is known under the element's name from here on. */
static void
pass(stream_worker *w, stream_frame *f, int port)
{
	const char *key = w->n_keys == w->n_sinks ? w->keys[port] : "auto";
	const stream_message *kind;
	stream_blob *blob;
	if (*key && strcmp(key, "auto") != 0 && stream_frame_get(f, key, &kind, &blob)) {
		int code = stream_put(w, f, 0, kind, blob);
		if (code && code != 7010) { /* one frame may come to several ports */
			stream_cannot(w, f, code, "no memory");
			return;
		}
	}
	stream_send_all(w, f);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	for (int i = 0; i < w->n_sinks; i++)
		if (in[i])
			pass(w, in[i], i);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_parallel2serial = {
	.name = "mxpi_parallel2serial",
	.brief = "makes one stream of several",
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = starts,
	.work = &work,
};
