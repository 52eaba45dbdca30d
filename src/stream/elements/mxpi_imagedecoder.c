/* mxpi_imagedecoder: decodes a picture. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_WORDS("imageFormat", "jpg", "jpg|jpeg|bmp", "what the bytes are"),
	SECANT_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	SECANT_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	SECANT_PROP_WORDS("outputDataFormat", "BGR", "BGR|RGB", "order of the channels"),
	SECANT_PROP_WORDS("dataType", "uint8", "uint8|float32", "type of the values; float32 with opencv only"),
	SECANT_PROP_WORDS("formatAdaptation", "off", "on|off", "adapt the format of odd sizes"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_imagedecoder = {
	.name = "mxpi_imagedecoder",
	.brief = "decodes a picture",
	.props = props,
	.sinks = { SECANT_MEDIA_JPEG },
	.sources = { SECANT_MEDIA_YUV | SECANT_MEDIA_OBJECT | SECANT_MEDIA_RGB },
};
