/* mxpi_motsimplesort: follows boxes from picture to picture. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceDetection", "", "key of the boxes"),
	SECANT_PROP_TEXT("dataSourceFeature", "", "key of the features"),
	SECANT_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	SECANT_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_motsimplesort = {
	.name = "mxpi_motsimplesort",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
