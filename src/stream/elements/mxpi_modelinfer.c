/* mxpi_modelinfer: runs a model on pictures, with post-processing of its own. */
#include <stdio.h>
#include "stream/infer.h"
#include "stream/post/post.h"

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
	STREAM_PROP_TEXT("pictureCropName", "", "the element that cut pictures out: results go back to the whole ones"),
	STREAM_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"),
	STREAM_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"),
	STREAM_PROP_TEXT("labelPath", "", "file with a class on each line"),
	STREAM_PROP_TEXT("postProcessLibPath", "", "library of the post-processing; none: tensors come out"),
	STREAM_PROP_END,
};

typedef struct modelling {
	stream_infer *infer; /* first: stream_infer_on_... */
	stream_post post;
	bool posts;
} modelling;

static int
open(stream_worker *w, char *why, size_t size)
{
	modelling *m = w->state;
	int code = 0;
	m->posts = !stream_prop_is(w, "postProcessLibPath", "");
	if (m->posts && (code = stream_post_open(w, &m->post, NULL, why, size)))
		return code;
	m->infer = stream_infer_open(w, &code, why, size);
	return m->infer ? 0 : code;
}

static void
close(stream_worker *w)
{
	modelling *m = w->state;
	stream_infer_close(m->infer);
	if (m->posts)
		stream_post_close(&m->post);
}

static void
key_of(const stream_worker *w, char *key, size_t size)
{
	stream_prop_text(w, "parentName", key, size);
	if (!*key)
		stream_prop_key(w, "dataSource", 0, key, size);
}

/* Results stand for the pictures, not for tensors that nobody sees. */
static void
done(stream_worker *w, stream_frame *f, stream_blob *packages, int code, const char *why)
{
	modelling *m = w->state;
	char key[300], text[600];
	stream_blob *out = packages;
	if (code) {
		stream_cannot(w, f, code, "%s", why);
		return;
	}
	if (m->posts) {
		key_of(w, key, sizeof key);
		code = stream_post_packages(w, &m->post, f, key, packages, &out, text, sizeof text);
		stream_blob_drop(packages);
	}
	if (code)
		stream_cannot(w, f, code, "%s", text);
	else if (out)
		stream_answer(w, f, stream_message_find(m->posts ? m->post.library->message : "MxpiTensorPackageList"), out);
	else
		stream_send_all(w, f);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	modelling *m = w->state;
	stream_given s = { 0 };
	char key[300], why[500] = "";
	key_of(w, key, sizeof key);
	int code = stream_frame_failed(in[0], NULL) ? STREAM_NO_DATA : stream_infer_gather(w, in, key, &s, why, sizeof why);
	if (code == STREAM_OTHER_MESSAGE)
		stream_frame_fail(in[0], w->name, code, why);
	for (int i = 0; code && i < STREAM_MODEL_PORTS; i++)
		stream_blob_drop(s.blob[i]);
	stream_infer_take(m->infer, w, in[0], code ? NULL : &s, code ? NULL : done);
}

static const stream_work work = { .state = sizeof(modelling),
	.own_thread = true,
	.failed_too = true,
	.open = open,
	.run = run,
	.flush = stream_infer_on_flush,
	.cancel = stream_infer_on_cancel,
	.close = close,
	.size = stream_infer_on_size };

const stream_element_type stream_element_mxpi_modelinfer = {
	.name = "mxpi_modelinfer",
	.brief = "runs a model on pictures, with post-processing of its own",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_OBJECT | STREAM_MEDIA_CLASS | STREAM_MEDIA_ATTRIBUTE | STREAM_MEDIA_FEATURE
		| STREAM_MEDIA_TENSOR },
	.keys = { "dataSource" },
	.starts = starts,
	.work = &work,
};
