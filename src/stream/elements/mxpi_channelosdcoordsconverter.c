/* mxpi_channelosdcoordsconverter: moves drawings to where their channel stands. */
#include "stream/element.h"

/* MindX SDK, MxpiChannelOsdCoordsConverter.cpp: where channels stand, and at least one drawing. */
static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has less than two ports for input";
	return stream_sinks(e) >= 2 && stream_starts_channels(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_TEXT("dataSourceStitchInfo", "auto", "key of where channels stand"),
	STREAM_PROP_TEXT("dataSourceOsds", "auto", "keys of the drawings"),
	STREAM_PROP_NUMBER(UINT, "enableFixedArea", "1", 0, 1, "1: sizes stay as they are"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_channelosdcoordsconverter = {
	.name = "mxpi_channelosdcoordsconverter",
	.brief = "moves drawings to where their channel stands",
	.props = props,
	.sinks = { STREAM_MEDIA_STITCH },
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_OSD,
	.starts = starts,
	.instead = "draw on the pictures of each channel by itself (mxpi_opencvosd)",
};
