/* mxpi_dataserialize: turns results into JSON. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("outputDataKeys", "", "which keys, a list; empty: all"),
	SECANT_PROP_NUMBER(UINT, "eraseHeaderVecFlag", "1", 0, 1, "1: without headers"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_dataserialize = {
	.name = "mxpi_dataserialize",
	.brief = "turns results into JSON",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_JSON },
};
