/*
 * mxpi_rtspvideoinfo: numbers the frames of a camera: a part of mxpi_rtspsrc, a plain transform of GStreamer's without
 * the properties of plugins. Its own are not documented.
 */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NATIVE(BOOL, "qos", "false", 0, 0, 0, "handle quality-of-service events"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_rtspvideoinfo = {
	.name = "mxpi_rtspvideoinfo",
	.brief = "numbers the frames of a camera: a part of mxpi_rtspsrc",
	.base = SECANT_BASE_OBJECT,
	.flags = SECANT_ELEMENT_PROXY,
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
