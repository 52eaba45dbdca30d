/* mxpi_modelinfer: runs a model on pictures, with post-processing of its own. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "modelPath";
	*why = "no model is named";
	return *secant_stream_text(e, "modelPath") != '\0';
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("modelPath", "", "the offline model"),
	SECANT_PROP_NUMBER(INT, "outputDeviceId", "-1", -1, 7, "where results lie, -1: the host"),
	SECANT_PROP_NUMBER(INT, "waitingTime", "5000", 1, 1000000, "milliseconds until an unfilled batch runs"),
	SECANT_PROP_WORDS("dynamicStrategy", "Nearest", "Nearest|Upper|Lower", "which batch size is taken"),
	SECANT_PROP_TEXT("parentName", "", "older name of dataSource"),
	SECANT_PROP_WORDS("checkImageAlignInfo", "on", "on|off", "compare the size with the model"),
	SECANT_PROP_NUMBER(INT, "tensorFormat", "0", 0, 1, "0 NHWC, 1 NCHW"),
	SECANT_PROP_TEXT("pictureCropName", "", "key of the boxes"),
	SECANT_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	SECANT_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	SECANT_PROP_TEXT("labelPath", "", "file with a class on each line"),
	SECANT_PROP_TEXT("postProcessLibPath", "", "library of the post-processing"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_modelinfer = {
	.name = "mxpi_modelinfer",
	.brief = "runs a model on pictures, with post-processing of its own",
	.props = props,
	.sinks = { SECANT_MEDIA_YUV },
	.sources = { SECANT_MEDIA_OBJECT | SECANT_MEDIA_CLASS | SECANT_MEDIA_ATTRIBUTE | SECANT_MEDIA_FEATURE
		| SECANT_MEDIA_TENSOR },
	.keys = { "dataSource" },
	.starts = starts,
};
