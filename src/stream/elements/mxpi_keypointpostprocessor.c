/* mxpi_keypointpostprocessor: turns tensors into key points. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_keypointpostprocessor = {
	.name = "mxpi_keypointpostprocessor",
	.brief = "turns tensors into key points",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_KEYPOINT },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
