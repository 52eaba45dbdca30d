/* mxpi_tensorinfer: runs a model on tensors or pictures. */
#include <stdio.h>
#include "stream/infer.h"

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

static int
open(stream_worker *w, char *why, size_t size)
{
	int code = 0;
	*(stream_infer **)w->state = stream_infer_open(w, &code, why, size);
	return *(stream_infer **)w->state ? 0 : code;
}

static stream_infer *
own(stream_worker *w)
{
	return *(stream_infer **)w->state;
}

static void
close(stream_worker *w)
{
	stream_infer_close(own(w));
}

static void
done(stream_worker *w, stream_frame *f, stream_blob *packages, int code, const char *why)
{
	if (code)
		stream_cannot(w, f, code, "%s", why);
	else
		stream_answer(w, f, stream_message_find("MxpiTensorPackageList"), packages);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	stream_given s = { 0 };
	char why[500] = "";
	bool failed = false;
	for (int i = 0; i < w->n_sinks; i++)
		failed |= in[i] && stream_frame_failed(in[i], NULL);
	int code = failed ? STREAM_NO_DATA : stream_infer_gather(w, in, NULL, &s, why, sizeof why);
	if (code == STREAM_OTHER_MESSAGE)
		stream_frame_fail(in[0], w->name, code, why);
	if (!code) {
		stream_infer_take(own(w), w, in[0], &s, done);
		return;
	}
	for (int i = 0; i < STREAM_MODEL_PORTS; i++)
		stream_blob_drop(s.blob[i]);
	stream_infer_take(own(w), w, in[0], NULL, NULL);
}

static const stream_work work = { .state = sizeof(stream_infer *),
	.sync = true,
	.own_thread = true,
	.failed_too = true,
	.open = open,
	.run = run,
	.flush = stream_infer_on_flush,
	.cancel = stream_infer_on_cancel,
	.close = close,
	.size = stream_infer_on_size };

const stream_element_type stream_element_mxpi_tensorinfer = {
	.name = "mxpi_tensorinfer",
	.brief = "runs a model on tensors or pictures",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV | STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_TENSOR },
	.more_sinks = STREAM_MEDIA_ANY,
	.starts = starts,
	.work = &work,
};
