/* mxpi_opencvcentercrop: cuts the middle out of pictures. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = secant_stream_int(e, "cropHeight") ? "cropWidth" : "cropHeight";
	*why = "it must be set, and not to 0";
	return secant_stream_int(e, *prop) > 0;
}

static const secant_prop props[] = {
	SECANT_PROP_NUMBER(UINT, "cropHeight", "0", 0, 819200, "rows"),
	SECANT_PROP_NUMBER(UINT, "cropWidth", "0", 0, 819200, "columns"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_opencvcentercrop = {
	.name = "mxpi_opencvcentercrop",
	.brief = "cuts the middle out of pictures",
	.props = props,
	.sinks = { SECANT_MEDIA_OBJECT | SECANT_MEDIA_RGB | SECANT_MEDIA_YUV },
	.sources = { SECANT_MEDIA_YUV | SECANT_MEDIA_RGB },
	.keys = { "dataSource" },
	.starts = starts,
};
