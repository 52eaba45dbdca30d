/* mxpi_dumpdata: dumps results. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("filterMetaDataKeys", "", "keys to leave out, a list"),
	SECANT_PROP_TEXT("requiredMetaDataKeys", "", "keys to take, a list; empty: all"),
	SECANT_PROP_TEXT("location", "", "file to write; empty: into the buffer"),
	SECANT_PROP_TEXT("dumpMemoryData", "true", "true: with the data"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_dumpdata = {
	.name = "mxpi_dumpdata",
	.brief = "dumps results",
	.flags = SECANT_ELEMENT_TRANSPARENT,
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
