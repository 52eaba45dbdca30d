/* mxpi_channelselector: lets some channels pass. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("channelIds", "0", "channels, a list"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_channelselector = {
	.name = "mxpi_channelselector",
	.brief = "lets some channels pass",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
	.starts = secant_starts_channels,
};
