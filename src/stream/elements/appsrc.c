/* appsrc: what a program sends in. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(BOOL, "block", "false", 0, 0, STREAM_PROP_MANAGED, "wait when max-bytes are queued"),
	STREAM_PROP_NATIVE(OTHER, "caps", NULL, 0, 0, STREAM_PROP_MANAGED, "the media type that comes out"),
	STREAM_PROP_NATIVE(ULONG, "current-level-buffers", "0", 0, INT64_MAX, STREAM_PROP_READ_ONLY, "buffers queued"),
	STREAM_PROP_NATIVE(ULONG, "current-level-bytes", "0", 0, INT64_MAX, STREAM_PROP_READ_ONLY, "bytes queued"),
	STREAM_PROP_NATIVE(ULONG, "current-level-time", "0", 0, INT64_MAX, STREAM_PROP_READ_ONLY, "nanoseconds queued"),
	STREAM_PROP_NATIVE(ULONG, "duration", "18446744073709551615", 0, INT64_MAX, STREAM_PROP_MANAGED,
		"length of the data in nanoseconds"),
	STREAM_PROP_NATIVE(
		BOOL, "emit-signals", "true", 0, 0, STREAM_PROP_MANAGED, "emit need-data, enough-data and seek-data"),
	{ .name = "format",
		.type = STREAM_PROP_ENUM,
		.def = "bytes",
		.min = 0,
		.max = 5,
		.words = "undefined|default|bytes|time|buffers|percent",
		.flags = STREAM_PROP_MANAGED,
		.help = "unit of segments and seeks" },
	STREAM_PROP_NATIVE(BOOL, "handle-segment-change", "false", 0, 0, 0, "take other segments from samples"),
	STREAM_PROP_NATIVE(BOOL, "is-live", "false", 0, 0, STREAM_PROP_MANAGED, "act as a live source"),
	{ .name = "leaky-type",
		.type = STREAM_PROP_ENUM,
		.def = "none",
		.min = 0,
		.max = 2,
		.words = "none|upstream|downstream",
		.flags = 0,
		.help = "what is dropped when the queue is full" },
	STREAM_PROP_NATIVE(ULONG, "max-buffers", "0", 0, INT64_MAX, 0, "buffers the queue holds, 0: any number"),
	STREAM_PROP_NATIVE(ULONG, "max-bytes", "1", 0, INT64_MAX, 0, "bytes the queue holds, 0: any number"),
	STREAM_PROP_NATIVE(LONG, "max-latency", "-1", -1, INT64_MAX, STREAM_PROP_MANAGED, "largest latency, -1: no limit"),
	STREAM_PROP_NATIVE(ULONG, "max-time", "0", 0, INT64_MAX, 0, "nanoseconds the queue holds, 0: any number"),
	STREAM_PROP_NATIVE(LONG, "min-latency", "-1", -1, INT64_MAX, STREAM_PROP_MANAGED, "least latency, -1: the default"),
	STREAM_PROP_NATIVE(
		UINT, "min-percent", "0", 0, 100, STREAM_PROP_MANAGED, "need-data below this share of max-bytes"),
	STREAM_PROP_NATIVE(
		LONG, "size", "-1", -1, INT64_MAX, STREAM_PROP_MANAGED, "length of the data in bytes, -1: unknown"),
	{ .name = "stream-type",
		.type = STREAM_PROP_ENUM,
		.def = "stream",
		.min = 0,
		.max = 2,
		.words = "stream|seekable|random-access",
		.flags = STREAM_PROP_MANAGED,
		.help = "how the data is reached" },
	STREAM_PROP_NATIVE(
		INT, "num-buffers", "-1", -1, 2147483647, STREAM_PROP_MANAGED, "buffers before the end, -1: any number"),
	STREAM_PROP_NATIVE(BOOL, "typefind", "false", 0, 0, STREAM_PROP_MANAGED, "no function any more"),
	STREAM_PROP_NATIVE(
		BOOL, "do-timestamp", "false", 0, 0, STREAM_PROP_MANAGED, "stamp buffers with the stream's time"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_appsrc = {
	.name = "appsrc",
	.brief = "what a program sends in",
	.base = STREAM_BASE_SOURCE,
	.flags = STREAM_ELEMENT_FREE_KEYS | STREAM_ELEMENT_KEYLESS,
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
};
