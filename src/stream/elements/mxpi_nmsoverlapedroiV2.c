/* mxpi_nmsoverlapedroiV2: drops boxes that tiles have found twice. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceBlock", "auto", "key of the tiles"),
	STREAM_PROP_NUMBER(REAL, "nmsThreshold", "0.45", 0, 1, "intersection over union from which two are one"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_nmsoverlapedroiV2 = {
	.name = "mxpi_nmsoverlapedroiV2",
	.brief = "drops boxes that tiles have found twice",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT, STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_OBJECT },
	.keys = { "dataSourceDetection", "dataSourceBlock" },
};
