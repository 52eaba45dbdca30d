/* mxpi_motsimplesort: follows boxes from picture to picture. */
#include "stream/tracking.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceFeature", "", "key of the features"),
	STREAM_PROP_NUMBER(REAL, "trackThreshold", "0.5", 0, 1, "overlap from which two are one"),
	STREAM_PROP_NUMBER(UINT, "lostThreshold", "5", 0, 10, "pictures a box may be missing"),
	STREAM_PROP_END,
};

/* Boxes and features come with one frame; a key that is not set is not looked for. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char detection[300], feature[300];
	stream_prop_text(w, "dataSourceDetection", detection, sizeof detection);
	stream_prop_text(w, "dataSourceFeature", feature, sizeof feature);
	stream_track(w, in[0], detection, in[0], feature);
}

static const stream_work work = { .state = sizeof(stream_tracks), .run = run, .close = stream_tracks_close };

const stream_element_type stream_element_mxpi_motsimplesort = {
	.name = "mxpi_motsimplesort",
	.brief = "follows boxes from picture to picture",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_ANY },
	.work = &work,
};
