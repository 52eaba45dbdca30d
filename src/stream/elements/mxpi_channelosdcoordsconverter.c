/* mxpi_channelosdcoordsconverter: moves drawings to where their channel stands. */
#include "stream/element.h"

/* MindX SDK, MxpiChannelOsdCoordsConverter.cpp: where channels stand, and at least one drawing. */
static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has less than two ports for input";
	return secant_stream_sinks(e) >= 2 && secant_starts_channels(e, prop, why);
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("channelIds", "0", "channels, a list"),
	SECANT_PROP_TEXT("dataSourceStitchInfo", "auto", "key of where channels stand"),
	SECANT_PROP_TEXT("dataSourceOsds", "auto", "keys of the drawings"),
	SECANT_PROP_NUMBER(UINT, "enableFixedArea", "1", 0, 1, "1: sizes stay as they are"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_channelosdcoordsconverter = {
	.name = "mxpi_channelosdcoordsconverter",
	.brief = "moves drawings to where their channel stands",
	.props = props,
	.sinks = { SECANT_MEDIA_STITCH },
	.sources = { SECANT_MEDIA_OSD },
	.more_sinks = SECANT_MEDIA_OSD,
	.starts = starts,
};
