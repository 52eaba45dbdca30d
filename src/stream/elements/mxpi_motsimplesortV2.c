/* mxpi_motsimplesortV2: follows boxes from picture to picture. */
#include "stream/tracking.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return stream_sinks(e) <= 2;
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceFeature", "auto", "key of the features"),
	STREAM_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	STREAM_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	STREAM_PROP_END,
};

/* Boxes come to port 0; where there is a port 1, features to it. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char detection[300], feature[300] = "";
	stream_prop_key(w, "dataSourceDetection", 0, detection, sizeof detection);
	if (w->n_sinks > 1)
		stream_prop_key(w, "dataSourceFeature", 1, feature, sizeof feature);
	stream_track(w, in[0], detection, w->n_sinks > 1 ? in[1] : in[0], feature);
}

static const stream_work work = {
	.state = sizeof(stream_tracks), .sync = true, .run = run, .close = stream_tracks_close
};

const stream_element_type stream_element_mxpi_motsimplesortV2 = {
	.name = "mxpi_motsimplesortV2",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.more_sinks = STREAM_MEDIA_ANY,
	.keys = { "dataSourceDetection", "dataSourceFeature" },
	.starts = starts,
	.work = &work,
};
