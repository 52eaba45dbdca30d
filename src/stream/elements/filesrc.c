/* filesrc: reads a file. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "location";
	*why = "no file is named";
	return *stream_text(e, "location") != '\0';
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("location", NULL, "the file"),
	STREAM_PROP_NATIVE(INT, "num-buffers", "-1", -1, 2147483647, 0, "buffers before the end, -1: any number"),
	STREAM_PROP_NATIVE(BOOL, "typefind", "false", 0, 0, 0, "no function any more"),
	STREAM_PROP_NATIVE(BOOL, "do-timestamp", "false", 0, 0, 0, "stamp buffers with the stream's time"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_filesrc = {
	.name = "filesrc",
	.brief = "reads a file",
	.base = STREAM_BASE_SOURCE,
	.flags = STREAM_ELEMENT_KEYLESS,
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.starts = starts,
};
