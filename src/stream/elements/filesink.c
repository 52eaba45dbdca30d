/* filesink: writes a file. */
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
	SECANT_PROP_NATIVE(BOOL, "append", "false", 0, 0, 0, "append to a file that exists"),
	{ .name = "buffer-mode",
		.type = SECANT_PROP_ENUM,
		.def = "default",
		.min = -1,
		.max = 2,
		.words = "default|full|line|unbuffered",
		.flags = 0,
		.help = "how writes are gathered" },
	SECANT_PROP_NATIVE(UINT, "buffer-size", "65536", 0, 4294967295, 0, "bytes of the buffer"),
	SECANT_PROP_NATIVE(INT, "max-transient-error-timeout", "0", 0, 2147483647, 0, "milliseconds to retry"),
	SECANT_PROP_NATIVE(BOOL, "o-sync", "false", 0, 0, 0, "write through"),
	SECANT_PROP_NATIVE(BOOL, "sync", "false", 0, 0, 0, "keep time with the clock"),
	SECANT_PROP_NATIVE(BOOL, "async", "false", 0, 0, SECANT_PROP_MANAGED, "go to PAUSED asynchronously"),
	SECANT_PROP_NATIVE(LONG, "max-lateness", "-1", -1, INT64_MAX, 0, "nanoseconds a buffer may be late, -1: no limit"),
	SECANT_PROP_NATIVE(BOOL, "qos", "false", 0, 0, 0, "send quality-of-service events upstream"),
	SECANT_PROP_NATIVE(LONG, "ts-offset", "0", INT64_MIN, INT64_MAX, 0, "added to time stamps, nanoseconds"),
	SECANT_PROP_NATIVE(BOOL, "enable-last-sample", "true", 0, 0, 0, "keep the last sample"),
	SECANT_PROP_NATIVE(ULONG, "render-delay", "0", 0, INT64_MAX, 0, "further delay, nanoseconds"),
	SECANT_PROP_NATIVE(ULONG, "throttle-time", "0", 0, INT64_MAX, 0, "time between buffers, nanoseconds"),
	SECANT_PROP_NATIVE(ULONG, "max-bitrate", "0", 0, INT64_MAX, 0, "bits a second, 0: no limit"),
	SECANT_PROP_NATIVE(
		ULONG, "processing-deadline", "20000000", 0, INT64_MAX, 0, "time to process a buffer, nanoseconds"),
	SECANT_PROP_END,
};

const secant_element secant_element_filesink = {
	.name = "filesink",
	.brief = "writes a file",
	.base = SECANT_BASE_SINK,
	.flags = SECANT_ELEMENT_FREE_KEYS,
	.props = props,
	.sinks = { SECANT_MEDIA_ANY },
	.starts = starts,
};
