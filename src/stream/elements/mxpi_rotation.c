/* mxpi_rotation: turns pictures by their class. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceWarp", "auto", "key of the picture"),
	STREAM_PROP_TEXT("dataSourceClass", "auto", "key of the class"),
	STREAM_PROP_TEXT(
		"rotateCode", "ROTATE_90_CLOCKWISE", "ROTATE_90_CLOCKWISE, ROTATE_180 or ROTATE_90_COUNTERCLOCKWISE"),
	STREAM_PROP_TEXT("rotCondition", "GE", "GE, GT, LE or LT: when it turns"),
	STREAM_PROP_NUMBER(REAL, "criticalValue", "0", 0, 3, "what the confidence is compared with"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_rotation = {
	.name = "mxpi_rotation",
	.brief = "turns pictures by their class",
	.props = props,
	.sinks = { STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_RGB },
	.more_sinks = STREAM_MEDIA_CLASS,
	.instead = "turn pictures before they are sent",
};
