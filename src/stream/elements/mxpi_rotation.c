/* mxpi_rotation: turns pictures by their class. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceWarp", "auto", "key of the picture"),
	SECANT_PROP_TEXT("dataSourceClass", "auto", "key of the class"),
	SECANT_PROP_TEXT(
		"rotateCode", "ROTATE_90_CLOCKWISE", "ROTATE_90_CLOCKWISE, ROTATE_180 or ROTATE_90_COUNTERCLOCKWISE"),
	SECANT_PROP_TEXT("rotCondition", "GE", "GE, GT, LE or LT: when it turns"),
	SECANT_PROP_NUMBER(REAL, "criticalValue", "0", 0, 3, "what the confidence is compared with"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_rotation = {
	.name = "mxpi_rotation",
	.brief = "turns pictures by their class",
	.props = props,
	.sinks = { SECANT_MEDIA_RGB },
	.sources = { SECANT_MEDIA_RGB },
	.more_sinks = SECANT_MEDIA_CLASS,
};
