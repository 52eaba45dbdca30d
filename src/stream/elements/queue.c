/* queue: lets both sides run on their own. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(UINT, "current-level-buffers", "0", 0, 4294967295, STREAM_PROP_READ_ONLY, "buffers queued"),
	STREAM_PROP_NATIVE(UINT, "current-level-bytes", "0", 0, 4294967295, STREAM_PROP_READ_ONLY, "bytes queued"),
	STREAM_PROP_NATIVE(ULONG, "current-level-time", "0", 0, INT64_MAX, STREAM_PROP_READ_ONLY, "nanoseconds queued"),
	STREAM_PROP_NATIVE(BOOL, "flush-on-eos", "false", 0, 0, STREAM_PROP_MANAGED, "drop all at the end"),
	{ .name = "leaky",
		.type = STREAM_PROP_ENUM,
		.def = "no",
		.min = 0,
		.max = 2,
		.words = "no|upstream|downstream",
		.flags = 0,
		.help = "which side drops when full" },
	STREAM_PROP_NATIVE(UINT, "max-size-buffers", "200", 0, 4294967295, 0, "buffers, 0: any number"),
	STREAM_PROP_NATIVE(UINT, "max-size-bytes", "10485760", 0, 4294967295, STREAM_PROP_MANAGED, "bytes, 0: any number"),
	STREAM_PROP_NATIVE(
		ULONG, "max-size-time", "1000000000", 0, INT64_MAX, STREAM_PROP_MANAGED, "nanoseconds, 0: any number"),
	STREAM_PROP_NATIVE(
		UINT, "min-threshold-buffers", "0", 0, 4294967295, STREAM_PROP_MANAGED, "buffers before any is given"),
	STREAM_PROP_NATIVE(
		UINT, "min-threshold-bytes", "0", 0, 4294967295, STREAM_PROP_MANAGED, "bytes before any is given"),
	STREAM_PROP_NATIVE(
		ULONG, "min-threshold-time", "0", 0, INT64_MAX, STREAM_PROP_MANAGED, "nanoseconds before any is given"),
	STREAM_PROP_NATIVE(BOOL, "silent", "false", 0, 0, STREAM_PROP_MANAGED, "no signals"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_queue = {
	.name = "queue",
	.brief = "lets both sides run on their own",
	.base = STREAM_BASE_OBJECT,
	.flags = STREAM_ELEMENT_FREE_KEYS | STREAM_ELEMENT_PROXY,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
};
