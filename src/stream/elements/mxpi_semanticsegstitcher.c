/* mxpi_semanticsegstitcher: joins the masks of tiles. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceSemanticSeg", "auto", "key of the masks"),
	STREAM_PROP_TEXT("dataSourceCropRoi", "auto", "key of the tiles"),
	STREAM_PROP_TEXT("dataSourceMergeRoi", "auto", "key of what counts of each tile"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_semanticsegstitcher = {
	.name = "mxpi_semanticsegstitcher",
	.brief = "joins the masks of tiles",
	.props = props,
	.sinks = { STREAM_MEDIA_SEMANTIC, STREAM_MEDIA_OBJECT, STREAM_MEDIA_ROI },
	.sources = { STREAM_MEDIA_SEMANTIC },
};
