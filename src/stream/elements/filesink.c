/* filesink: writes a file. */
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
	STREAM_PROP_NATIVE(BOOL, "append", "false", 0, 0, 0, "append to a file that exists"),
	{ .name = "buffer-mode",
		.type = STREAM_PROP_ENUM,
		.def = "default",
		.min = -1,
		.max = 2,
		.words = "default|full|line|unbuffered",
		.flags = 0,
		.help = "how writes are gathered" },
	STREAM_PROP_NATIVE(UINT, "buffer-size", "65536", 0, 4294967295, 0, "bytes of the buffer"),
	STREAM_PROP_NATIVE(INT, "max-transient-error-timeout", "0", 0, 2147483647, 0, "milliseconds to retry"),
	STREAM_PROP_NATIVE(BOOL, "o-sync", "false", 0, 0, 0, "write through"),
	STREAM_PROPS_SINK,
	STREAM_PROP_END,
};

const stream_element_type stream_element_filesink = {
	.name = "filesink",
	.brief = "writes a file",
	.base = STREAM_BASE_SINK,
	.flags = STREAM_ELEMENT_FREE_KEYS,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.starts = starts,
};
