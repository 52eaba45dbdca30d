/* mxpi_bufferstablizer: evens out the pace of buffers. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "tolerance", "10000", 1, 4294967295, "milliseconds a channel may be silent"),
	STREAM_PROP_NUMBER(UINT, "frequency", "100", 1, 4294967295, "milliseconds between buffers"),
	STREAM_PROP_NUMBER(UINT, "allowDelay", "0", 0, 1, "1: late ones are kept"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_bufferstablizer = {
	.name = "mxpi_bufferstablizer",
	.brief = "evens out the pace of buffers",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.instead = "send frames at the pace that is wanted",
};
