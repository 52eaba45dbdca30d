/* mxpi_facealignment: turns faces upright. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the faces"),
	STREAM_PROP_TEXT("dataSourceKeyPoint", "auto", "key of the key points"),
	STREAM_PROP_NUMBER(UINT, "afterFaceAlignmentHeight", "112", 32, 8192, "rows"),
	STREAM_PROP_NUMBER(UINT, "afterFaceAlignmentWidth", "112", 32, 8192, "columns"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_facealignment = {
	.name = "mxpi_facealignment",
	.brief = "turns faces upright",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY, STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.keys = { "dataSourceImage", "dataSourceKeyPoint" },
	.instead = "turn faces upright behind the stream, from the key points",
};
