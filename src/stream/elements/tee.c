/* tee: gives every buffer to several. */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_NATIVE(OTHER, "alloc-pad", NULL, 0, 0, 0, "no function any more"),
	SECANT_PROP_NATIVE(BOOL, "allow-not-linked", "true", 0, 0, SECANT_PROP_MANAGED, "go on when nobody listens"),
	SECANT_PROP_NATIVE(BOOL, "has-chain", "true", 0, 0, SECANT_PROP_MANAGED, "may be pushed to"),
	SECANT_PROP_NATIVE(STRING, "last-message", NULL, 0, 0, SECANT_PROP_READ_ONLY, "what happened last"),
	SECANT_PROP_NATIVE(INT, "num-src-pads", "0", 0, 2147483647, SECANT_PROP_READ_ONLY, "how many ports there are"),
	{ .name = "pull-mode",
		.type = SECANT_PROP_ENUM,
		.def = "never",
		.min = 0,
		.max = 1,
		.words = "never|single",
		.flags = SECANT_PROP_MANAGED,
		.help = "whether it may be pulled from" },
	SECANT_PROP_NATIVE(BOOL, "silent", "true", 0, 0, SECANT_PROP_MANAGED, "no last-message"),
	SECANT_PROP_END,
};

const secant_element secant_element_tee = {
	.name = "tee",
	.brief = "gives every buffer to several",
	.base = SECANT_BASE_OBJECT,
	.flags = SECANT_ELEMENT_FREE_KEYS | SECANT_ELEMENT_PROXY,
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.more_sources = SECANT_MEDIA_ANY,
};
