/* mxpi_synchronize: waits until a buffer has come on every way. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("config", "", "not used"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_synchronize = {
	.name = "mxpi_synchronize",
	.brief = "waits until a buffer has come on every way",
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = stream_starts_linked,
};
