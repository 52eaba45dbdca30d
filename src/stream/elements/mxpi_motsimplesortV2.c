/* mxpi_motsimplesortV2: follows boxes from picture to picture. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return secant_stream_sinks(e) <= 2;
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	SECANT_PROP_TEXT("dataSourceFeature", "auto", "key of the features"),
	SECANT_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	SECANT_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_motsimplesortV2 = {
	.name = "mxpi_motsimplesortV2",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
	.more_sinks = SECANT_MEDIA_ANY,
	.keys = { "dataSourceDetection", "dataSourceFeature" },
	.starts = starts,
};
