/* mxpi_imagedecoder: decodes a picture. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_WORDS("imageFormat", "jpg", "jpg|jpeg|bmp", "what the bytes are"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_WORDS("outputDataFormat", "BGR", "BGR|RGB", "order of the channels"),
	STREAM_PROP_WORDS("dataType", "uint8", "uint8|float32", "type of the values; float32 with opencv only"),
	STREAM_PROP_WORDS("formatAdaptation", "off", "on|off", "adapt the format of odd sizes"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_imagedecoder = {
	.name = "mxpi_imagedecoder",
	.brief = "decodes a picture",
	.props = props,
	.sinks = { STREAM_MEDIA_JPEG },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
};
