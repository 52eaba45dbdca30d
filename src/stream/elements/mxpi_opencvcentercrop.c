/* mxpi_opencvcentercrop: cuts the middle out of pictures. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = stream_int(e, "cropHeight") ? "cropWidth" : "cropHeight";
	*why = "it must be set, and not to 0";
	return stream_int(e, *prop) > 0;
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "cropHeight", "0", 0, 819200, "rows"),
	STREAM_PROP_NUMBER(UINT, "cropWidth", "0", 0, 819200, "columns"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_opencvcentercrop = {
	.name = "mxpi_opencvcentercrop",
	.brief = "cuts the middle out of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB | STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
	.starts = starts,
};
