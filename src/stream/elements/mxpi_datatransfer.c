/* mxpi_datatransfer: moves data between device and host. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_WORDS("transferMode", "auto", "auto|d2h|h2d", "which way"),
	SECANT_PROP_WORDS("removeSourceData", "yes", "yes|no", "drop what was moved"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_datatransfer = {
	.name = "mxpi_datatransfer",
	.brief = "moves data between device and host",
	.props = props,
	.sinks = { SECANT_MEDIA_YUV | SECANT_MEDIA_TENSOR | SECANT_MEDIA_RGB },
	.sources = { SECANT_MEDIA_YUV | SECANT_MEDIA_TENSOR | SECANT_MEDIA_RGB },
	.keys = { "dataSource" },
};
