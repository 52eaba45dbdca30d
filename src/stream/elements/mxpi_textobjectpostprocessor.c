/* mxpi_textobjectpostprocessor: turns tensors into places of text. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	STREAM_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	STREAM_PROP_TEXT("labelPath", "", "file with a class on each line"),
	STREAM_PROP_TEXT("postProcessLibPath", "", "library of the post-processing, or folder of Python modules"),
	STREAM_PROP_WORDS("funcLanguage", "c++", "c++|python", "what the library is written in"),
	STREAM_PROP_TEXT("className", "", "class of a Python module"),
	STREAM_PROP_TEXT("pythonModule", "", "the Python module"),
	STREAM_PROP_TEXT("dataSourceResize", "auto", "key of the scaled picture"),
	STREAM_PROP_TEXT("dataSourceRoiBoxes", "auto", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_textobjectpostprocessor = {
	.name = "mxpi_textobjectpostprocessor",
	.brief = "turns tensors into places of text",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_TEXTS },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
};
