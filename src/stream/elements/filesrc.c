/* filesrc: reads a file. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "location";
	*why = "no file is named";
	return *secant_stream_text(e, "location") != '\0';
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("location", NULL, "the file"),
	SECANT_PROP_NATIVE(INT, "num-buffers", "-1", -1, 2147483647, 0, "buffers before the end, -1: any number"),
	SECANT_PROP_NATIVE(BOOL, "typefind", "false", 0, 0, 0, "no function any more"),
	SECANT_PROP_NATIVE(BOOL, "do-timestamp", "false", 0, 0, 0, "stamp buffers with the stream's time"),
	SECANT_PROP_END,
};

const secant_element secant_element_filesrc = {
	.name = "filesrc",
	.brief = "reads a file",
	.base = SECANT_BASE_SOURCE,
	.flags = SECANT_ELEMENT_KEYLESS,
	.props = props,
	.sources = { SECANT_MEDIA_ANY },
	.starts = starts,
};
