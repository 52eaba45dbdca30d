/* mxpi_datatransfer: moves data between device and host. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_WORDS("transferMode", "auto", "auto|d2h|h2d", "which way"),
	STREAM_PROP_WORDS("removeSourceData", "yes", "yes|no", "drop what was moved"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_datatransfer = {
	.name = "mxpi_datatransfer",
	.brief = "moves data between device and host",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
};
