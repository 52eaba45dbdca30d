/* mxpi_imagecrop: cuts boxes out of pictures. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	if (secant_stream_sinks(e) > 2)
		return false;
	*prop = "minDimension";
	*why = "it is larger than maxDimension";
	return secant_stream_int(e, "minDimension") <= secant_stream_int(e, "maxDimension");
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceImage", "auto", "key of the picture, from port 1"),
	SECANT_PROP_NUMBER(UINT, "resizeHeight", "0", 0, 8192, "rows; 0: not scaled"),
	SECANT_PROP_NUMBER(UINT, "resizeWidth", "0", 0, 8192, "columns; 0: not scaled"),
	SECANT_PROP_NUMBER(REAL, "leftExpandRatio", "0", 0, 1, "widens the box to the left by this share of its width"),
	SECANT_PROP_NUMBER(REAL, "rightExpandRatio", "0", 0, 1, "widens the box to the right"),
	SECANT_PROP_NUMBER(REAL, "upExpandRatio", "0", 0, 1, "widens the box upwards"),
	SECANT_PROP_NUMBER(REAL, "downExpandRatio", "0", 0, 1, "widens the box downwards"),
	SECANT_PROP_WORDS("resizeType", "Resizer_Stretch",
		"Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|Resizer_OnlyPadding|Resizer_"
		"KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|"
		"Resizer_PaddleOCR",
		"how the size comes about: the first three; the others are taken and not documented"),
	SECANT_PROP_NUMBER(UINT, "minDimension", "224", 32, 8192, "shorter side of KeepAspectRatio_FastRCNN"),
	SECANT_PROP_NUMBER(UINT, "maxDimension", "224", 32, 8192, "longer side of KeepAspectRatio_FastRCNN"),
	SECANT_PROP_TEXT("RGBValue", "", "colour of the padding"),
	SECANT_PROP_WORDS("paddingType", "Padding_NO", "Padding_NO|Padding_RightDown|Padding_Around", "where padding goes"),
	SECANT_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	SECANT_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	SECANT_PROP_NUMBER(INT, "autoDetectFrame", "1", 0, 1, "0: the boxes are the cropPoints"),
	SECANT_PROP_TEXT("cropPointx0", "", "left edges, a list"),
	SECANT_PROP_TEXT("cropPointx1", "", "right edges"),
	SECANT_PROP_TEXT("cropPointy0", "", "upper edges"),
	SECANT_PROP_TEXT("cropPointy1", "", "lower edges"),
	SECANT_PROP_WORDS("cropType", "cropCoordinate", "cropCoordinate", "what the points are"),
	SECANT_PROP_TEXT("parentName", "", "older name of dataSource"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_imagecrop = {
	.name = "mxpi_imagecrop",
	.brief = "cuts boxes out of pictures",
	.props = props,
	.sinks = { SECANT_MEDIA_OBJECT | SECANT_MEDIA_RGB },
	.sources = { SECANT_MEDIA_YUV | SECANT_MEDIA_RGB },
	.more_sinks = SECANT_MEDIA_YUV | SECANT_MEDIA_RGB,
	.keys = { "dataSource", "dataSourceImage" },
	.starts = starts,
};
