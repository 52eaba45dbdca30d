/* tee: gives every buffer to several. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(OTHER, "alloc-pad", NULL, 0, 0, 0, "no function any more"),
	STREAM_PROP_NATIVE(BOOL, "allow-not-linked", "true", 0, 0, STREAM_PROP_MANAGED, "go on when nobody listens"),
	STREAM_PROP_NATIVE(BOOL, "has-chain", "true", 0, 0, STREAM_PROP_MANAGED, "may be pushed to"),
	STREAM_PROP_NATIVE(STRING, "last-message", NULL, 0, 0, STREAM_PROP_READ_ONLY, "what happened last"),
	STREAM_PROP_NATIVE(INT, "num-src-pads", "0", 0, 2147483647, STREAM_PROP_READ_ONLY, "how many ports there are"),
	{ .name = "pull-mode",
		.type = STREAM_PROP_ENUM,
		.def = "never",
		.min = 0,
		.max = 1,
		.words = "never|single",
		.flags = STREAM_PROP_MANAGED,
		.help = "whether it may be pulled from" },
	STREAM_PROP_NATIVE(BOOL, "silent", "true", 0, 0, STREAM_PROP_MANAGED, "no last-message"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_tee = {
	.name = "tee",
	.brief = "gives every buffer to several",
	.base = STREAM_BASE_OBJECT,
	.flags = STREAM_ELEMENT_FREE_KEYS | STREAM_ELEMENT_PROXY,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.more_sources = STREAM_MEDIA_ANY,
};
