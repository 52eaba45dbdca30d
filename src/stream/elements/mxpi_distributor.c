/* mxpi_distributor: gives results to ports by their class or channel. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	const char *classes = stream_text(e, "classIds"), *channels = stream_text(e, "channelIds");
	*prop = "";
	*why = "it has no port for output";
	if (!stream_sources(e))
		return false;
	*prop = "classIds";
	*why = "one of classIds and channelIds must be given, and not both";
	if (!*classes == !*channels)
		return false;
	*prop = *classes ? "classIds" : "channelIds";
	*why = "there are not as many groups of ids as ports for output";
	int groups = 1;
	for (const char *p = *classes ? classes : channels; *p; p++)
		groups += *p == ',';
	return groups == stream_sources(e);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("classIds", "", "ids of each port: 4|5,6,7 is three ports"),
	STREAM_PROP_TEXT("channelIds", "", "the same for channels"),
	STREAM_PROP_WORDS("distributeAll", "no", "yes|no", "also what is empty"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_distributor = {
	.name = "mxpi_distributor",
	.brief = "gives results to ports by their class or channel",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.more_sources = STREAM_MEDIA_ANY,
	.keys = { "dataSource" },
	.starts = starts,
};
