/* mxpi_object2osdinstances: makes drawings of boxes. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("colorMap", "auto", "colours: R,G,B|R,G,B"),
	SECANT_PROP_NUMBER(INT, "rectThickness", "2", 0, 100, "width of lines"),
	SECANT_PROP_NUMBER(INT, "rectLineType", "8", 4, 16, "4, 8 or 16"),
	SECANT_PROP_NUMBER(UINT, "createText", "1", 0, 1, "1: with the name of the class"),
	SECANT_PROP_NUMBER(INT, "fontFace", "0", 0, 16, "font of OpenCV: 0 to 7, or 16"),
	SECANT_PROP_NUMBER(REAL, "fontScale", "1.0", 0, 100, "size of the font"),
	SECANT_PROP_NUMBER(INT, "fontThickness", "1", 1, 100, "width of letters"),
	SECANT_PROP_NUMBER(INT, "fontLineType", "8", 4, 16, "4, 8 or 16"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_object2osdinstances = {
	.name = "mxpi_object2osdinstances",
	.brief = "makes drawings of boxes",
	.props = props,
	.sinks = { SECANT_MEDIA_OBJECT },
	.sources = { SECANT_MEDIA_OSD },
	.starts = secant_starts_font,
};
