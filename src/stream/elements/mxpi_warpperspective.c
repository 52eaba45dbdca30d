/* mxpi_warpperspective: straightens tilted boxes. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("oriImageDataSource", "", "key of the picture"),
	SECANT_PROP_TEXT("debugMode", "false", "true: keeps what is between"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_warpperspective = {
	.name = "mxpi_warpperspective",
	.brief = "straightens tilted boxes",
	.props = props,
	.sinks = { SECANT_MEDIA_OBJECT | SECANT_MEDIA_TEXTS },
	.sources = { SECANT_MEDIA_ANY },
	.more_sinks = SECANT_MEDIA_YUV | SECANT_MEDIA_RGB,
};
