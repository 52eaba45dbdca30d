/* mxpi_parallel2serial: makes one stream of several. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	return stream_starts_linked(e, prop, why) && stream_starts_count(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_NUMBER(INT, "removeParentData", "0", 0, 1, "1: drop what was read"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_parallel2serial = {
	.name = "mxpi_parallel2serial",
	.brief = "makes one stream of several",
	.props = props,
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = starts,
};
