/* mxpi_objectpostprocessor: turns tensors into boxes. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_objectpostprocessor = {
	.name = "mxpi_objectpostprocessor",
	.brief = "turns tensors into boxes",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_OBJECT },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
