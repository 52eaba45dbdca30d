/* mxpi_parallel2serial: makes one stream of several. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	return secant_starts_linked(e, prop, why) && secant_starts_count(e, prop, why);
}

static const secant_prop props[] = {
	SECANT_PROP_NUMBER(INT, "removeParentData", "0", 0, 1, "1: drop what was read"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_parallel2serial = {
	.name = "mxpi_parallel2serial",
	.brief = "makes one stream of several",
	.props = props,
	.sources = { SECANT_MEDIA_ANY },
	.more_sinks = SECANT_MEDIA_ANY,
	.starts = starts,
};
