/*
 * mxpi_rtspvideoinfo: numbers the frames of a camera: a part of mxpi_rtspsrc, a plain transform of GStreamer's without
 * the properties of plugins. Its own are not documented.
 */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(BOOL, "qos", "false", 0, 0, 0, "handle quality-of-service events"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_rtspvideoinfo = {
	.name = "mxpi_rtspvideoinfo",
	.brief = "numbers the frames of a camera: a part of mxpi_rtspsrc",
	.base = STREAM_BASE_OBJECT,
	.flags = STREAM_ELEMENT_PROXY,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.instead = "receive video before the stream and send pictures by SendData",
};
