/* mxpi_objectpostprocessor: turns tensors into boxes. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	SECANT_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	SECANT_PROP_TEXT("labelPath", "", "file with a class on each line"),
	SECANT_PROP_TEXT("postProcessLibPath", "", "library of the post-processing, or folder of Python modules"),
	SECANT_PROP_WORDS("funcLanguage", "c++", "c++|python", "what the library is written in"),
	SECANT_PROP_TEXT("className", "", "class of a Python module"),
	SECANT_PROP_TEXT("pythonModule", "", "the Python module"),
	SECANT_PROP_TEXT("dataSourceResize", "auto", "key of the scaled picture"),
	SECANT_PROP_TEXT("dataSourceRoiBoxes", "auto", "key of the boxes"),
	SECANT_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_objectpostprocessor = {
	.name = "mxpi_objectpostprocessor",
	.brief = "turns tensors into boxes",
	.props = props,
	.sinks = { SECANT_MEDIA_TENSOR },
	.sources = { SECANT_MEDIA_OBJECT },
	.keys = { "dataSource" },
	.starts = secant_starts_post,
};
