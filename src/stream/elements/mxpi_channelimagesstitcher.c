/* mxpi_channelimagesstitcher: puts the pictures of channels side by side. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	return secant_starts_linked(e, prop, why) && secant_starts_channels(e, prop, why);
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("channelIds", "0", "channels, a list"),
	SECANT_PROP_NUMBER(UINT, "outputWidth", "1920", 32, 4096, "columns"),
	SECANT_PROP_NUMBER(UINT, "outputHeight", "1080", 32, 4096, "rows"),
	SECANT_PROP_TEXT("RGBValue", "", "colour of the ground"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_channelimagesstitcher = {
	.name = "mxpi_channelimagesstitcher",
	.brief = "puts the pictures of channels side by side",
	.props = props,
	.sources = { SECANT_MEDIA_YUV },
	.more_sinks = SECANT_MEDIA_YUV,
	.more_sources = SECANT_MEDIA_STITCH,
	.starts = starts,
};
