/* mxpi_dataserialize: turns results into JSON. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("outputDataKeys", "", "which keys, a list; empty: all"),
	STREAM_PROP_NUMBER(UINT, "eraseHeaderVecFlag", "1", 0, 1, "1: without headers"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_dataserialize = {
	.name = "mxpi_dataserialize",
	.brief = "turns results into JSON",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_JSON },
};
