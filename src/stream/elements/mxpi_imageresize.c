/* mxpi_imageresize: scales and pads pictures. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "minDimension";
	*why = "it is larger than maxDimension";
	return stream_int(e, "minDimension") <= stream_int(e, "maxDimension");
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(UINT, "resizeHeight", "0", 0, 4096, "rows; 0: as the model that follows"),
	STREAM_PROP_NUMBER(UINT, "resizeWidth", "0", 0, 4096, "columns; 0: as the model that follows"),
	STREAM_PROP_WORDS("resizeType", "Resizer_Stretch",
		"Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|Resizer_OnlyPadding|Resizer_"
		"KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|"
		"Resizer_PaddleOCR",
		"how the size comes about"),
	STREAM_PROP_NUMBER(UINT, "minDimension", "224", 32, 8192, "shorter side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "maxDimension", "224", 32, 8192, "longer side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "scaleValue", "32", 32, 8192, "side of KeepAspectRatio_Long and Short"),
	STREAM_PROP_NUMBER(INT, "interpolation", "0", 0, 4, "of the accelerator; no other arithmetic looks at it"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_WORDS("paddingType", "Padding_NO", "Padding_NO|Padding_RightDown|Padding_Around", "where padding goes"),
	STREAM_PROP_NUMBER(UINT, "paddingHeight", "32", 32, 8192, "rows after padding"),
	STREAM_PROP_NUMBER(UINT, "paddingWidth", "32", 32, 8192, "columns after padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorB", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorG", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_NUMBER(REAL, "paddingColorR", "0", 0, 255, "colour of the padding"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the padding on the accelerator"),
	STREAM_PROP_NUMBER(INT, "removeParentData", "0", 0, 1, "1: drop what was read"),
	STREAM_PROP_TEXT("parentName", "", "older name of dataSource"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_imageresize = {
	.name = "mxpi_imageresize",
	.brief = "scales and pads pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.keys = { "dataSource" },
	.starts = starts,
};
