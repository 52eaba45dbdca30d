/* mxpi_synchronize: waits until a buffer has come on every way. */
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("config", "", "not used"),
	STREAM_PROP_END,
};

/* All must be the same frame, behind a tee; then it goes on once. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	for (int i = 1; i < w->n_sinks; i++)
		if (in[i] != in[0]) {
			stream_cannot(
				w, in[0], STREAM_FAILURE, "Buffer is different: ports 0 and %d have frames of different origin", i);
			return;
		}
	stream_send_all(w, in[0]);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_synchronize = {
	.name = "mxpi_synchronize",
	.brief = "waits until a buffer has come on every way",
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = stream_starts_linked,
	.work = &work,
};
