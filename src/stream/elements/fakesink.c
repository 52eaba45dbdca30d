/* fakesink: takes buffers and drops them. */
#include "stream/element.h"

/* state-error asks for a failure: of the three changes on the way to PLAYING, creation fails. */
static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	int64_t fails = stream_int(e, "state-error");
	*prop = "state-error";
	*why = "it asks for a failure on the way to PLAYING";
	return fails < 1 || fails > 3;
}

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(BOOL, "can-activate-pull", "false", 0, 0, 0, "may pull"),
	STREAM_PROP_NATIVE(BOOL, "can-activate-push", "true", 0, 0, 0, "may be pushed to"),
	STREAM_PROP_NATIVE(BOOL, "drop-out-of-segment", "true", 0, 0, 0, "drop what lies outside the segment"),
	STREAM_PROP_NATIVE(BOOL, "dump", "false", 0, 0, 0, "print contents"),
	STREAM_PROP_NATIVE(STRING, "last-message", NULL, 0, 0, STREAM_PROP_READ_ONLY, "what happened last"),
	STREAM_PROP_NATIVE(INT, "num-buffers", "-1", -1, 2147483647, 0, "buffers before the end, -1: any number"),
	STREAM_PROP_NATIVE(BOOL, "signal-handoffs", "false", 0, 0, 0, "send a signal for every buffer"),
	STREAM_PROP_NATIVE(BOOL, "silent", "true", 0, 0, 0, "no last-message"),
	{ .name = "state-error",
		.type = STREAM_PROP_ENUM,
		.def = "none",
		.min = 0,
		.max = 6,
		.words = "none|null-to-ready|ready-to-paused|paused-to-playing|playing-to-paused|paused-to-ready|ready-to-null",
		.flags = 0,
		.help = "fail this change of state" },
	STREAM_PROPS_SINK,
	STREAM_PROP_END,
};

const stream_element_type stream_element_fakesink = {
	.name = "fakesink",
	.brief = "takes buffers and drops them",
	.base = STREAM_BASE_SINK,
	.flags = STREAM_ELEMENT_FREE_KEYS,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.starts = starts,
};
