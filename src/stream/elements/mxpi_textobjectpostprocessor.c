/* mxpi_textobjectpostprocessor: turns tensors into places of text. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_textobjectpostprocessor = {
	.name = "mxpi_textobjectpostprocessor",
	.brief = "turns tensors into places of text",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_TEXTS },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
