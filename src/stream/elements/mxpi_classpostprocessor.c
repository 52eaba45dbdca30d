/* mxpi_classpostprocessor: turns tensors into classes. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_classpostprocessor = {
	.name = "mxpi_classpostprocessor",
	.brief = "turns tensors into classes",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_CLASS },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
