/* mxpi_classpostprocessor: turns tensors into classes. */
#include "stream/post/post.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

static int
open(stream_worker *w, char *why, size_t size)
{
	return stream_post_open(w, w->state, "MxpiClassList", why, size);
}

static const stream_work work = {
	.state = sizeof(stream_post), .sync = true, .open = open, .run = stream_post_run, .close = stream_post_end
};

const stream_element_type stream_element_mxpi_classpostprocessor = {
	.name = "mxpi_classpostprocessor",
	.brief = "turns tensors into classes",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_CLASS },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
	.work = &work,
};
