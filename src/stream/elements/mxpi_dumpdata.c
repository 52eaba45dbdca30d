/* mxpi_dumpdata: dumps results. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("filterMetaDataKeys", "", "keys to leave out, a list"),
	STREAM_PROP_TEXT("requiredMetaDataKeys", "", "keys to take, a list; empty: all"),
	STREAM_PROP_TEXT("location", "", "file to write; empty: into the buffer"),
	STREAM_PROP_TEXT("dumpMemoryData", "true", "true: with the data"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_dumpdata = {
	.name = "mxpi_dumpdata",
	.brief = "dumps results",
	.flags = STREAM_ELEMENT_TRANSPARENT,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
};
