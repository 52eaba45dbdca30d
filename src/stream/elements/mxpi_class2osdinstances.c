/* mxpi_class2osdinstances: makes drawings of classes. */
#include "stream/element.h"

/* MindX SDK, MxpiClass2OsdInstances.cpp: classes and at most one picture. */
static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return stream_sinks(e) <= 2 && stream_starts_font(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceClass", "auto", "key of the classes"),
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	STREAM_PROP_NUMBER(UINT, "topK", "1", 0, 100, "how many classes"),
	STREAM_PROP_WORDS("position", "LEFT_TOP_IN", "LEFT_TOP_OUT|LEFT_TOP_IN|LEFT_BOTTOM_IN|RIGHT_TOP_IN|RIGHT_BOTTOM_IN",
		"where the text stands"),
	STREAM_PROP_NUMBER(UINT, "createRect", "1", 0, 1, "1: with a box"),
	STREAM_PROP_NUMBER(INT, "rectThickness", "1", -1, 100, "width of lines, -1: filled"),
	STREAM_PROP_NUMBER(INT, "rectLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_TEXT("colorMap", "auto", "colours: R,G,B|R,G,B"),
	STREAM_PROP_NUMBER(INT, "fontFace", "0", 0, 16, "font of OpenCV: 0 to 7, or 16"),
	STREAM_PROP_NUMBER(REAL, "fontScale", "1.0", 0, 100, "size of the font"),
	STREAM_PROP_NUMBER(INT, "fontThickness", "1", 1, 100, "width of letters"),
	STREAM_PROP_NUMBER(INT, "fontLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_class2osdinstances = {
	.name = "mxpi_class2osdinstances",
	.brief = "makes drawings of classes",
	.props = props,
	.sinks = { STREAM_MEDIA_CLASS },
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_YUV,
	.starts = starts,
};
