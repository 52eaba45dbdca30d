/* mxpi_skipframe: lets one buffer of several pass. */
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "frameNum", "0", 0, 100, "buffers left out between two"),
	STREAM_PROP_END,
};

typedef struct skipping {
	int64_t seen;
} skipping;

/* Of each group the last one passes. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	skipping *s = w->state;
	if (++s->seen <= stream_prop_int(w, "frameNum"))
		return;
	s->seen = 0;
	stream_send_all(w, in[0]);
}

static const stream_work work = { .state = sizeof(skipping), .run = run };

const stream_element_type stream_element_mxpi_skipframe = {
	.name = "mxpi_skipframe",
	.brief = "lets one buffer of several pass",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.work = &work,
};
