/* mxpi_facealignment: turns faces upright. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceImage", "auto", "key of the faces"),
	SECANT_PROP_TEXT("dataSourceKeyPoint", "auto", "key of the key points"),
	SECANT_PROP_NUMBER(UINT, "afterFaceAlignmentHeight", "112", 32, 8192, "rows"),
	SECANT_PROP_NUMBER(UINT, "afterFaceAlignmentWidth", "112", 32, 8192, "columns"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_facealignment = {
	.name = "mxpi_facealignment",
	.brief = "turns faces upright",
	.props = props,
	.sinks = { SECANT_MEDIA_ANY, SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
	.keys = { "dataSourceImage", "dataSourceKeyPoint" },
};
