/* mxpi_loaddata: makes a buffer of a dump. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("config", "", "not used"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_loaddata = {
	.name = "mxpi_loaddata",
	.brief = "makes a buffer of a dump",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
};
