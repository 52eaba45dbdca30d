/* mxpi_textgenerationpostprocessor: turns tensors into text. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	SECANT_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	SECANT_PROP_TEXT("labelPath", "", "file with a class on each line"),
	SECANT_PROP_TEXT("postProcessLibPath", "", "library of the post-processing, or folder of Python modules"),
	SECANT_PROP_WORDS("funcLanguage", "c++", "c++|python", "what the library is written in"),
	SECANT_PROP_TEXT("className", "", "class of a Python module"),
	SECANT_PROP_TEXT("pythonModule", "", "the Python module"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_textgenerationpostprocessor = {
	.name = "mxpi_textgenerationpostprocessor",
	.brief = "turns tensors into text",
	.props = props,
	.sinks = { SECANT_MEDIA_TENSOR },
	.sources = { SECANT_MEDIA_TEXTS },
	.keys = { "dataSource" },
	.starts = secant_starts_post,
};
