/* mxpi_osdinstancemerger: joins drawings. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceList", "auto", "keys of the drawings, a list"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_osdinstancemerger = {
	.name = "mxpi_osdinstancemerger",
	.brief = "joins drawings",
	.props = props,
	.sources = { SECANT_MEDIA_OSD },
	.more_sinks = SECANT_MEDIA_ANY,
	.starts = secant_starts_linked,
};
