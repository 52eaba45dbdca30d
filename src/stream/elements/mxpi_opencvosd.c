/* mxpi_opencvosd: draws on pictures. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	SECANT_PROP_TEXT("dataSourceOsd", "auto", "key of what is drawn"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_opencvosd = {
	.name = "mxpi_opencvosd",
	.brief = "draws on pictures",
	.props = props,
	.sinks = { SECANT_MEDIA_YUV, SECANT_MEDIA_OSD },
	.sources = { SECANT_MEDIA_YUV },
};
