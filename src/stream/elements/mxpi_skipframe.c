/* mxpi_skipframe: lets one buffer of several pass. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NUMBER(UINT, "frameNum", "0", 0, 100, "buffers left out between two"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_skipframe = {
	.name = "mxpi_skipframe",
	.brief = "lets one buffer of several pass",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
