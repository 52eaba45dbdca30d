/* mxpi_osdinstancemerger: joins drawings. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceList", "auto", "keys of the drawings, a list"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_osdinstancemerger = {
	.name = "mxpi_osdinstancemerger",
	.brief = "joins drawings",
	.props = props,
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = stream_starts_linked,
};
