/* mxpi_object2osdinstances: makes drawings of boxes. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("colorMap", "auto", "colours: R,G,B|R,G,B"),
	STREAM_PROP_NUMBER(INT, "rectThickness", "2", 0, 100, "width of lines"),
	STREAM_PROP_NUMBER(INT, "rectLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_NUMBER(UINT, "createText", "1", 0, 1, "1: with the name of the class"),
	STREAM_PROP_NUMBER(INT, "fontFace", "0", 0, 16, "font of OpenCV: 0 to 7, or 16"),
	STREAM_PROP_NUMBER(REAL, "fontScale", "1.0", 0, 100, "size of the font"),
	STREAM_PROP_NUMBER(INT, "fontThickness", "1", 1, 100, "width of letters"),
	STREAM_PROP_NUMBER(INT, "fontLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_object2osdinstances = {
	.name = "mxpi_object2osdinstances",
	.brief = "makes drawings of boxes",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_OSD },
	.starts = stream_starts_font,
};
