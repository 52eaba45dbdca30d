/* mxpi_dataserialize: turns results into JSON. */
#include "stream/serialize.h"
#include "stream/worker.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("outputDataKeys", "", "which keys, a list; empty: all"),
	STREAM_PROP_NUMBER(UINT, "eraseHeaderVecFlag", "1", 0, 1, "1: without headers"),
	STREAM_PROP_END,
};

static void
run(stream_worker *w, stream_frame *const *in)
{
	base_str text = { 0 }, errors = { 0 };
	char why[300] = "";
	char *keys = stream_prop_copy(w, "outputDataKeys");
	stream_frame *f = stream_frame_new();
	int code = stream_frame_failed(in[0], &errors);
	if (keys && f && !code)
		code = stream_serialize(&text, in[0], keys, stream_prop_int(w, "eraseHeaderVecFlag") == 0, why, sizeof why);
	stream_blob *bytes = code ? stream_blob_take(&errors) : stream_blob_take(&text);
	if (f) {
		stream_frame_copy_messages(f, in[0]);
		stream_frame_set_bytes(f, bytes);
		if (*why)
			stream_cannot(w, f, code, "%s", why);
		else
			stream_send_all(w, f);
	}
	stream_frame_drop(f);
	base_str_free(&text);
	base_str_free(&errors);
	secant_free(keys);
}

static const stream_work work = { .run = run, .failed_too = true };

const stream_element_type stream_element_mxpi_dataserialize = {
	.name = "mxpi_dataserialize",
	.brief = "turns results into JSON",
	.props = props,
	.sinks = { STREAM_MEDIA_ANY },
	.sources = { STREAM_MEDIA_JSON },
	.work = &work,
};
