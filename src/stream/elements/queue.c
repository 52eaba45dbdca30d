/* queue: lets both sides run on their own. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NATIVE(UINT, "current-level-buffers", "0", 0, 4294967295, SECANT_PROP_READ_ONLY, "buffers queued"),
	SECANT_PROP_NATIVE(UINT, "current-level-bytes", "0", 0, 4294967295, SECANT_PROP_READ_ONLY, "bytes queued"),
	SECANT_PROP_NATIVE(ULONG, "current-level-time", "0", 0, INT64_MAX, SECANT_PROP_READ_ONLY, "nanoseconds queued"),
	SECANT_PROP_NATIVE(BOOL, "flush-on-eos", "false", 0, 0, SECANT_PROP_MANAGED, "drop all at the end"),
	{ .name = "leaky",
		.type = SECANT_PROP_ENUM,
		.def = "no",
		.min = 0,
		.max = 2,
		.words = "no|upstream|downstream",
		.flags = 0,
		.help = "which side drops when full" },
	SECANT_PROP_NATIVE(UINT, "max-size-buffers", "200", 0, 4294967295, 0, "buffers, 0: any number"),
	SECANT_PROP_NATIVE(UINT, "max-size-bytes", "10485760", 0, 4294967295, SECANT_PROP_MANAGED, "bytes, 0: any number"),
	SECANT_PROP_NATIVE(
		ULONG, "max-size-time", "1000000000", 0, INT64_MAX, SECANT_PROP_MANAGED, "nanoseconds, 0: any number"),
	SECANT_PROP_NATIVE(
		UINT, "min-threshold-buffers", "0", 0, 4294967295, SECANT_PROP_MANAGED, "buffers before any is given"),
	SECANT_PROP_NATIVE(
		UINT, "min-threshold-bytes", "0", 0, 4294967295, SECANT_PROP_MANAGED, "bytes before any is given"),
	SECANT_PROP_NATIVE(
		ULONG, "min-threshold-time", "0", 0, INT64_MAX, SECANT_PROP_MANAGED, "nanoseconds before any is given"),
	SECANT_PROP_NATIVE(BOOL, "silent", "false", 0, 0, SECANT_PROP_MANAGED, "no signals"),
	SECANT_PROP_END,
};

const secant_element secant_element_queue = {
	.name = "queue",
	.brief = "lets both sides run on their own",
	.base = SECANT_BASE_OBJECT,
	.flags = SECANT_ELEMENT_FREE_KEYS | SECANT_ELEMENT_PROXY,
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.sources = { SECANT_MEDIA_ANY },
};
