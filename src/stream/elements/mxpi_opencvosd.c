/* mxpi_opencvosd: draws on pictures. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	STREAM_PROP_TEXT("dataSourceOsd", "auto", "key of what is drawn"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_opencvosd = {
	.name = "mxpi_opencvosd",
	.brief = "draws on pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV, STREAM_MEDIA_OSD },
	.sources = { STREAM_MEDIA_YUV },
};
