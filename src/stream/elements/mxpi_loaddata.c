/* mxpi_loaddata: makes a buffer of a dump. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("config", "", "not used"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_loaddata = {
	.name = "mxpi_loaddata",
	.brief = "makes a buffer of a dump",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
