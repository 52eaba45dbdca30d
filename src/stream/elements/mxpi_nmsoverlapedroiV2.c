/* mxpi_nmsoverlapedroiV2: drops boxes that tiles have found twice. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	SECANT_PROP_TEXT("dataSourceBlock", "auto", "key of the tiles"),
	SECANT_PROP_NUMBER(REAL, "nmsThreshold", "0.45", 0, 1, "intersection over union from which two are one"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_nmsoverlapedroiV2 = {
	.name = "mxpi_nmsoverlapedroiV2",
	.brief = "drops boxes that tiles have found twice",
	.props = props,
	.sinks = { SECANT_MEDIA_OBJECT, SECANT_MEDIA_OBJECT },
	.sources = { SECANT_MEDIA_OBJECT },
	.keys = { "dataSourceDetection", "dataSourceBlock" },
};
