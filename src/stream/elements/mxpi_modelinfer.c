/* mxpi_modelinfer: runs a model on pictures, with post-processing of its own. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "modelPath";
	*why = "no model is named";
	return *stream_text(e, "modelPath") != '\0';
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("modelPath", "", "the offline model"),
	STREAM_PROP_NUMBER(INT, "outputDeviceId", "-1", -1, 7, "where results lie, -1: the host"),
	STREAM_PROP_NUMBER(INT, "waitingTime", "5000", 1, 1000000, "milliseconds until an unfilled batch runs"),
	STREAM_PROP_WORDS("dynamicStrategy", "Nearest", "Nearest|Upper|Lower", "which batch size is taken"),
	STREAM_PROP_TEXT("parentName", "", "older name of dataSource"),
	STREAM_PROP_WORDS("checkImageAlignInfo", "on", "on|off", "compare the size with the model"),
	STREAM_PROP_NUMBER(INT, "tensorFormat", "0", 0, 1, "0 NHWC, 1 NCHW"),
	STREAM_PROP_TEXT("pictureCropName", "", "key of the boxes"),
	STREAM_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	STREAM_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	STREAM_PROP_TEXT("labelPath", "", "file with a class on each line"),
	STREAM_PROP_TEXT("postProcessLibPath", "", "library of the post-processing"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_modelinfer = {
	.name = "mxpi_modelinfer",
	.brief = "runs a model on pictures, with post-processing of its own",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_CLASS | STREAM_MEDIA_ATTRIBUTE | STREAM_MEDIA_FEATURE
		| STREAM_MEDIA_TENSOR },
	.keys = { "dataSource" },
	.starts = starts,
};
