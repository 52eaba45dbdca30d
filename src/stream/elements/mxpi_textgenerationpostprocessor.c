/* mxpi_textgenerationpostprocessor: turns tensors into text. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_textgenerationpostprocessor = {
	.name = "mxpi_textgenerationpostprocessor",
	.brief = "turns tensors into text",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_TEXTS },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
