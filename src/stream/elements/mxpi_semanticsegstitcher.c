/* mxpi_semanticsegstitcher: joins the masks of tiles. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("dataSourceSemanticSeg", "auto", "key of the masks"),
	SECANT_PROP_TEXT("dataSourceCropRoi", "auto", "key of the tiles"),
	SECANT_PROP_TEXT("dataSourceMergeRoi", "auto", "key of what counts of each tile"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_semanticsegstitcher = {
	.name = "mxpi_semanticsegstitcher",
	.brief = "joins the masks of tiles",
	.props = props,
	.sinks = { SECANT_MEDIA_SEMANTIC, SECANT_MEDIA_OBJECT, SECANT_MEDIA_ROI },
	.sources = { SECANT_MEDIA_SEMANTIC },
};
