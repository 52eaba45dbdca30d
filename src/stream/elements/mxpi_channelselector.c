/* mxpi_channelselector: lets some channels pass. */
#include <stdlib.h>
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_END,
};

static bool
is_chosen(const char *list, uint32_t channel)
{
	for (const char *at = list; *at; at += *at == ',') {
		if (strtoul(at, NULL, 10) == channel)
			return true;
		at += strcspn(at, ",");
	}
	return false;
}

/* What is not chosen goes on as an empty frame of its channel, so that nobody behind waits for it. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char channels[300];
	const stream_message *kind;
	stream_blob *blob;
	stream_prop_text(w, "channelIds", channels, sizeof channels);
	if (!is_chosen(channels, stream_frame_way(in[0])->channel)) {
		stream_frame *empty = stream_frame_new();
		if (!empty) {
			stream_cannot(w, in[0], STREAM_NO_MEMORY, "no memory for a frame");
			return;
		}
		*stream_frame_way(empty) = *stream_frame_way(in[0]);
		if (stream_frame_get(in[0], "ReservedFrameInfo", &kind, &blob))
			(void)stream_frame_put(empty, "ReservedFrameInfo", kind, blob);
		stream_send_all(w, empty);
		stream_frame_drop(empty);
		return;
	}
	char *key = w->upstream(w->host, 0);
	if (key && stream_frame_get(in[0], key, &kind, &blob))
		stream_answer(w, in[0], kind, blob);
	else
		stream_send_all(w, in[0]);
	secant_free(key);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_channelselector = {
	.name = "mxpi_channelselector",
	.brief = "lets some channels pass",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.starts = stream_starts_channels,
	.work = &work,
};
