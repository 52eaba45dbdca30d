/* mxpi_motsimplesort: follows boxes from picture to picture. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceFeature", "", "key of the features"),
	STREAM_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	STREAM_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_motsimplesort = {
	.name = "mxpi_motsimplesort",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.instead = "follow objects behind the stream, from the boxes of each frame (GetProtobuf)",
};
