/*
 * mxpi_rtspvideoinfo: tells what a camera sends. Nothing but its name is documented: taken as a plugin without
 * properties of its own.
 */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("config", "", "not used"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_rtspvideoinfo = {
	.name = "mxpi_rtspvideoinfo",
	.brief = "tells what a camera sends",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
