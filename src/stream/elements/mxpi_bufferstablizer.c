/* mxpi_bufferstablizer: evens out the pace of buffers. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NUMBER(UINT, "tolerance", "10000", 1, 4294967295, "milliseconds a channel may be silent"),
	SECANT_PROP_NUMBER(UINT, "frequency", "100", 1, 4294967295, "milliseconds between buffers"),
	SECANT_PROP_NUMBER(UINT, "allowDelay", "0", 0, 1, "1: late ones are kept"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_bufferstablizer = {
	.name = "mxpi_bufferstablizer",
	.brief = "evens out the pace of buffers",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
