/* mxpi_tensorinfer: runs a model on tensors or pictures. */
#include "stream/element.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "modelPath";
	*why = "no model is named";
	return *stream_text(e, "modelPath") && stream_starts_count(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("modelPath", "", "the offline model"),
	STREAM_PROP_NUMBER(INT, "outputDeviceId", "-1", -1, 7, "where results lie, -1: the host"),
	STREAM_PROP_NUMBER(INT, "waitingTime", "5000", 1, 1000000, "milliseconds until an unfilled batch runs"),
	STREAM_PROP_WORDS("dynamicStrategy", "Nearest", "Nearest|Upper|Lower", "which batch size is taken"),
	STREAM_PROP_NUMBER(UINT, "singleBatchInfer", "0", 0, 1, "1: every sample runs by itself"),
	STREAM_PROP_NUMBER(UINT, "outputHasBatchDim", "1", 0, 1, "1: the first dimension of results is the batch"),
	STREAM_PROP_NUMBER(INT, "skipModelCheck", "0", 0, 1, "1: sizes are not compared with the model"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_tensorinfer = {
	.name = "mxpi_tensorinfer",
	.brief = "runs a model on tensors or pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_TENSOR },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = starts,
};
