/* mxpi_channelimagesstitcher: puts the pictures of channels side by side. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	return stream_starts_linked(e, prop, why) && stream_starts_channels(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_NUMBER(UINT, "outputWidth", "1920", 32, 4096, "columns"),
	STREAM_PROP_NUMBER(UINT, "outputHeight", "1080", 32, 4096, "rows"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the ground"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_channelimagesstitcher = {
	.name = "mxpi_channelimagesstitcher",
	.brief = "puts the pictures of channels side by side",
	.props = props,
	.sources = { STREAM_MEDIA_YUV },
	.more_sinks = STREAM_MEDIA_YUV,
	.more_sources = STREAM_MEDIA_STITCH,
	.starts = starts,
	.instead = "put pictures of channels side by side behind the stream",
};
