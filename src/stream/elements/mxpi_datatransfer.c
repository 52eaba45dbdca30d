/* mxpi_datatransfer: moves data between device and host. */
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_WORDS("transferMode", "auto", "auto|d2h|h2d", "which way"),
	STREAM_PROP_WORDS("removeSourceData", "yes", "yes|no", "drop what was moved"),
	STREAM_PROP_END,
};

/* A CPU has one memory: the message is known under the element's name from here on. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	const stream_message *kind;
	stream_blob *blob;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	if (!stream_frame_get(in[0], key, &kind, &blob)) {
		stream_cannot(w, in[0], STREAM_NO_DATA, "there is nothing under the key '%.100s' (dataSource)", key);
		return;
	}
	stream_answer(w, in[0], kind, blob);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_datatransfer = {
	.name = "mxpi_datatransfer",
	.brief = "moves data between device and host",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
	.work = &work,
};
