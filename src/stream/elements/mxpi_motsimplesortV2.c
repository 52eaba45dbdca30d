/* mxpi_motsimplesortV2: follows boxes from picture to picture. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return stream_sinks(e) <= 2;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceFeature", "auto", "key of the features"),
	STREAM_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	STREAM_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_motsimplesortV2 = {
	.name = "mxpi_motsimplesortV2",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.keys = { "dataSourceDetection", "dataSourceFeature" },
	.starts = starts,
	.instead = "follow objects behind the stream, from the boxes of each frame (GetProtobuf)",
};
