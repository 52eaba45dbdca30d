/* mxpi_qualitydetection: tells bad pictures. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("qualityDetectionConfigContent", "", "JSON object of the checks"),
	SECANT_PROP_TEXT("qualityDetectionConfigPath", "", "file with that object"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_qualitydetection = {
	.name = "mxpi_qualitydetection",
	.brief = "tells bad pictures",
	.props = props,
	.sinks = { SECANT_MEDIA_YUV | SECANT_MEDIA_OBJECT },
	.sources = { SECANT_MEDIA_ANY },
	.keys = { "dataSource" },
};
