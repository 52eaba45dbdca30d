/* mxpi_channelselector: lets some channels pass. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_channelselector = {
	.name = "mxpi_channelselector",
	.brief = "lets some channels pass",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.starts = stream_starts_channels,
};
