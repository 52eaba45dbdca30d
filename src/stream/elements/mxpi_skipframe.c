/* mxpi_skipframe: lets one buffer of several pass. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "frameNum", "0", 0, 100, "buffers left out between two"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_skipframe = {
	.name = "mxpi_skipframe",
	.brief = "lets one buffer of several pass",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
};
