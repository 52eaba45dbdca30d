/* mxpi_tensorinfer: runs a model on tensors or pictures. */
#include "stream/element.h"

static bool
starts(const secant_stream_element *e, const char **prop, const char **why)
{
	*prop = "modelPath";
	*why = "no model is named";
	return *secant_stream_text(e, "modelPath") && secant_starts_count(e, prop, why);
}

static const secant_prop props[] = {
	SECANT_PROP_TEXT("modelPath", "", "the offline model"),
	SECANT_PROP_NUMBER(INT, "outputDeviceId", "-1", -1, 7, "where results lie, -1: the host"),
	SECANT_PROP_NUMBER(INT, "waitingTime", "5000", 1, 1000000, "milliseconds until an unfilled batch runs"),
	SECANT_PROP_WORDS("dynamicStrategy", "Nearest", "Nearest|Upper|Lower", "which batch size is taken"),
	SECANT_PROP_NUMBER(UINT, "singleBatchInfer", "0", 0, 1, "1: every sample runs by itself"),
	SECANT_PROP_NUMBER(UINT, "outputHasBatchDim", "1", 0, 1, "1: the first dimension of results is the batch"),
	SECANT_PROP_NUMBER(INT, "skipModelCheck", "0", 0, 1, "1: sizes are not compared with the model"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_tensorinfer = {
	.name = "mxpi_tensorinfer",
	.brief = "runs a model on tensors or pictures",
	.props = props,
	.sinks = { SECANT_MEDIA_YUV | SECANT_MEDIA_TENSOR },
	.sources = { SECANT_MEDIA_TENSOR },
	.more_sinks = SECANT_MEDIA_ANY,
	.starts = starts,
};
