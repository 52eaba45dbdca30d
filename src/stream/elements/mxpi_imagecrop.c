/* mxpi_imagecrop: cuts boxes out of pictures. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	if (stream_sinks(e) > 2)
		return false;
	*prop = "minDimension";
	*why = "it is larger than maxDimension";
	return stream_int(e, "minDimension") <= stream_int(e, "maxDimension");
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture, from port 1"),
	STREAM_PROP_NUMBER(UINT, "resizeHeight", "0", 0, 8192, "rows; 0: not scaled"),
	STREAM_PROP_NUMBER(UINT, "resizeWidth", "0", 0, 8192, "columns; 0: not scaled"),
	STREAM_PROP_NUMBER(REAL, "leftExpandRatio", "0", 0, 1, "widens the box to the left by this share of its width"),
	STREAM_PROP_NUMBER(REAL, "rightExpandRatio", "0", 0, 1, "widens the box to the right"),
	STREAM_PROP_NUMBER(REAL, "upExpandRatio", "0", 0, 1, "widens the box upwards"),
	STREAM_PROP_NUMBER(REAL, "downExpandRatio", "0", 0, 1, "widens the box downwards"),
	STREAM_PROP_WORDS("resizeType", "Resizer_Stretch",
		"Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|Resizer_OnlyPadding|Resizer_"
		"KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|"
		"Resizer_PaddleOCR",
		"how the size comes about: the first three; the others are taken and not documented"),
	STREAM_PROP_NUMBER(UINT, "minDimension", "224", 32, 8192, "shorter side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_NUMBER(UINT, "maxDimension", "224", 32, 8192, "longer side of KeepAspectRatio_FastRCNN"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the padding"),
	STREAM_PROP_WORDS("paddingType", "Padding_NO", "Padding_NO|Padding_RightDown|Padding_Around", "where padding goes"),
	STREAM_PROP_WORDS("cvProcessor", "ascend", "ascend|opencv", "whose arithmetic: the accelerator's or OpenCV's"),
	STREAM_PROP_WORDS("handleMethod", "", "ascend|opencv", "older name of cvProcessor; wins where it is set"),
	STREAM_PROP_NUMBER(INT, "autoDetectFrame", "1", 0, 1, "0: the boxes are the cropPoints"),
	STREAM_PROP_TEXT("cropPointx0", "", "left edges, a list"),
	STREAM_PROP_TEXT("cropPointx1", "", "right edges"),
	STREAM_PROP_TEXT("cropPointy0", "", "upper edges"),
	STREAM_PROP_TEXT("cropPointy1", "", "lower edges"),
	STREAM_PROP_WORDS("cropType", "cropCoordinate", "cropCoordinate", "what the points are"),
	STREAM_PROP_TEXT("parentName", "", "older name of dataSource"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_imagecrop = {
	.name = "mxpi_imagecrop",
	.brief = "cuts boxes out of pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_YUV | STREAM_MEDIA_RGB },
	.more_sinks = STREAM_MEDIA_YUV | STREAM_MEDIA_RGB,
	.keys = { "dataSource", "dataSourceImage" },
	.starts = starts,
};
