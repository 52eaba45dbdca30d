/* mxpi_synchronize: waits until a buffer has come on every way. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("config", "", "not used"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_synchronize = {
	.name = "mxpi_synchronize",
	.brief = "waits until a buffer has come on every way",
	.props = props,
	.sources = { SECANT_MEDIA_ANY },
	.more_sinks = SECANT_MEDIA_ANY,
	.starts = secant_starts_linked,
};
