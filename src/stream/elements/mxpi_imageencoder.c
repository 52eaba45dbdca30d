/* mxpi_imageencoder: encodes pictures as JPEG. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NUMBER(UINT, "encodeLevel", "100", 1, 100, "quality"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_imageencoder = {
	.name = "mxpi_imageencoder",
	.brief = "encodes pictures as JPEG",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
	.keys = { "dataSource" },
};
