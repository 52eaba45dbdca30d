/* mxpi_warpperspective: straightens tilted boxes. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("oriImageDataSource", "", "key of the picture"),
	STREAM_PROP_TEXT("debugMode", "false", "true: keeps what is between"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_warpperspective = {
	.name = "mxpi_warpperspective",
	.brief = "straightens tilted boxes",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_TEXTS },
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_YUV | STREAM_MEDIA_RGB,
	.instead = "straighten pictures before they are sent",
};
