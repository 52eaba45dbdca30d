/* mxpi_imageencoder: encodes pictures as JPEG. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "encodeLevel", "100", 1, 100, "quality"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_imageencoder = {
	.name = "mxpi_imageencoder",
	.brief = "encodes pictures as JPEG",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSource" },
};
