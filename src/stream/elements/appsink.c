/* appsink: where a program fetches results. */
#include "stream/element.h"

static const stream_prop props[] = {
	STREAM_PROP_NATIVE(BOOL, "buffer-list", "false", 0, 0, STREAM_PROP_MANAGED, "take lists of buffers"),
	STREAM_PROP_NATIVE(OTHER, "caps", NULL, 0, 0, STREAM_PROP_MANAGED, "the media type that goes in"),
	STREAM_PROP_NATIVE(BOOL, "drop", "false", 0, 0, STREAM_PROP_MANAGED, "drop the oldest when full"),
	STREAM_PROP_NATIVE(BOOL, "emit-signals", "true", 0, 0, STREAM_PROP_MANAGED, "emit new-preroll and new-sample"),
	STREAM_PROP_NATIVE(BOOL, "eos", "true", 0, 0, STREAM_PROP_READ_ONLY, "the end has been reached"),
	STREAM_PROP_NATIVE(
		UINT, "max-buffers", "0", 0, 4294967295, STREAM_PROP_MANAGED, "buffers the queue holds, 0: any number"),
	STREAM_PROP_NATIVE(BOOL, "wait-on-eos", "true", 0, 0, STREAM_PROP_MANAGED, "wait for all buffers at the end"),
	STREAM_PROP_NATIVE(BOOL, "sync", "true", 0, 0, STREAM_PROP_MANAGED, "keep time with the clock"),
	STREAM_PROP_NATIVE(BOOL, "async", "false", 0, 0, STREAM_PROP_MANAGED, "go to PAUSED asynchronously"),
	STREAM_PROP_NATIVE(LONG, "max-lateness", "-1", -1, INT64_MAX, STREAM_PROP_MANAGED,
		"nanoseconds a buffer may be late, -1: no limit"),
	STREAM_PROP_NATIVE(BOOL, "qos", "false", 0, 0, STREAM_PROP_MANAGED, "send quality-of-service events upstream"),
	STREAM_PROP_NATIVE(
		LONG, "ts-offset", "0", INT64_MIN, INT64_MAX, STREAM_PROP_MANAGED, "added to time stamps, nanoseconds"),
	STREAM_PROP_NATIVE(BOOL, "enable-last-sample", "true", 0, 0, STREAM_PROP_MANAGED, "keep the last sample"),
	STREAM_PROP_NATIVE(ULONG, "render-delay", "0", 0, INT64_MAX, STREAM_PROP_MANAGED, "further delay, nanoseconds"),
	STREAM_PROP_NATIVE(
		ULONG, "throttle-time", "0", 0, INT64_MAX, STREAM_PROP_MANAGED, "time between buffers, nanoseconds"),
	STREAM_PROP_NATIVE(ULONG, "max-bitrate", "0", 0, INT64_MAX, STREAM_PROP_MANAGED, "bits a second, 0: no limit"),
	STREAM_PROP_NATIVE(ULONG, "processing-deadline", "20000000", 0, INT64_MAX, STREAM_PROP_MANAGED,
		"time to process a buffer, nanoseconds"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_appsink = {
	.name = "appsink",
	.brief = "where a program fetches results",
	.base = STREAM_BASE_SINK,
	.flags = STREAM_ELEMENT_FREE_KEYS,
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
};
