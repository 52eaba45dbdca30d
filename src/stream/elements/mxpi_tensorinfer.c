/* mxpi_tensorinfer: runs a model on tensors or pictures. */
#include <stdio.h>
#include "stream/model.h"

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

typedef struct inferring {
	stream_model *model;
} inferring;

enum { MOST_PACKAGES = 4096 };

static int
open(stream_worker *w, char *why, size_t size)
{
	inferring *s = w->state;
	secant_err err = { 0 };
	char *path = stream_prop_copy(w, "modelPath");
	if (path && !(s->model = stream_model_open(path, &err)))
		snprintf(why, size, "%s", err.msg);
	secant_free(path);
	return s->model ? 0 : STREAM_INIT;
}

static void
close(stream_worker *w)
{
	stream_model_close(((inferring *)w->state)->model);
}

static void
cancel(stream_worker *w)
{
	stream_model_cancel(((inferring *)w->state)->model);
}

static bool
size_of(stream_worker *w, int *height, int *width)
{
	return stream_model_size_of(((inferring *)w->state)->model, height, width);
}

/* What is under the keys: for each input a list of pictures or of packages. */
typedef struct sources {
	int n;
	char key[STREAM_MODEL_PORTS][300];
	stream_blob *blob[STREAM_MODEL_PORTS];
	bool pictures[STREAM_MODEL_PORTS];
	format_wire at[STREAM_MODEL_PORTS];
} sources;

static bool
gather(stream_worker *w, stream_frame *const *in, sources *s)
{
	const stream_message *kind;
	s->n = w->n_keys > 1 ? w->n_keys : w->n_sinks;
	for (int i = 0; i < s->n && i < STREAM_MODEL_PORTS; i++) {
		stream_frame *f = in[i < w->n_sinks ? i : 0];
		const char *key = w->keys[i < w->n_keys ? i : 0];
		char *up = !strcmp(key, "auto") || (w->n_keys == 1 && i > 0) ? w->upstream(w->host, i) : NULL;
		snprintf(s->key[i], sizeof s->key[i], "%s", up ? up : strcmp(key, "auto") != 0 ? key : "");
		secant_free(up);
		if (!stream_frame_get(f, s->key[i], &kind, &s->blob[i])) {
			stream_send_all(w, in[0]); /* what is not there passes in its turn */
			return false;
		}
		s->pictures[i] = kind && !strcmp(kind->name, "MxpiVisionList");
		s->at[i] = (format_wire){ s->blob[i]->p, s->blob[i]->n };
		if (!s->pictures[i] && !(kind && !strcmp(kind->name, "MxpiTensorPackageList"))) {
			stream_cannot(w, in[0], STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, pictures or tensors are wanted",
				s->key[i], kind ? kind->name : "a text");
			return false;
		}
	}
	return true;
}

/* A picture as a tensor: rows, columns, channels, with what it is aligned to. */
static void
as_tensor(stream_tensor *t, const stream_picture *p)
{
	int c = stream_picture_channels(p->format);
	*t = (stream_tensor){ p->f32 ? STREAM_T_F32 : STREAM_T_U8, 4, { 1, p->height_aligned, p->width_aligned, c },
		p->data, p->size, *p };
	if (!c) {
		t->rank = 2;
		t->dim[1] = (int64_t)p->size;
	}
}

/* The tensors of the next sample: how many, 0 at the end, -1. */
static int
next_sample(sources *s, stream_tensor *in, char *why, size_t size)
{
	int n = 0, ended = 0;
	for (int i = 0; i < s->n; i++) {
		stream_picture p;
		format_wire package;
		int got = s->pictures[i] ? stream_picture_next(&s->at[i], &p, why, size)
								 : stream_package_next(&s->at[i], &package, NULL, 0);
		if (got < 0)
			return -1;
		ended += !got;
		if (got && s->pictures[i])
			as_tensor(&in[n++], &p);
		for (got = got && !s->pictures[i]; got && n < STREAM_MODEL_PORTS; n += got)
			if ((got = stream_tensor_next(&package, &in[n], why, size)) < 0)
				return -1;
	}
	if (ended && ended < s->n) {
		snprintf(why, size, "the inputs have unequal numbers of pictures or packages");
		return -1;
	}
	return ended ? 0 : n;
}

/* One package for each sample, tensors copied behind it. */
static int
infer(stream_worker *w, sources *s, stream_blob **out, char *why, size_t size)
{
	inferring *own = w->state;
	stream_tensor in[STREAM_MODEL_PORTS], made[STREAM_MODEL_PORTS];
	const char *parents[STREAM_MODEL_PORTS];
	base_str list = { 0 };
	secant_err err = { 0 };
	int n, code = 0;
	for (int i = 0; i < s->n; i++)
		parents[i] = s->key[i];
	for (int k = 0; !code && k < MOST_PACKAGES && (n = next_sample(s, in, why, size)); k++) {
		int got = n < 0 ? -1 : stream_model_run(own->model, in, n, made, &err);
		if (got < 0) {
			if (err.code)
				snprintf(why, size, "%s", err.msg);
			code = err.code == SECANT_ERR_NOMEM ? STREAM_NO_MEMORY : STREAM_FAILURE;
			break;
		}
		if (stream_prop_int(w, "outputHasBatchDim") == 0)
			for (int i = 0; i < got; i++)
				if (made[i].rank < STREAM_RANK) {
					memmove(made[i].dim + 1, made[i].dim, sizeof *made[i].dim * (size_t)made[i].rank++);
					made[i].dim[0] = 1;
				}
		stream_blob *one = stream_packages_new(&(stream_package){ parents, s->n, k, got, made }, 1);
		if (!one || list.n + one->n > INT32_MAX)
			code = STREAM_NO_MEMORY;
		else
			base_str_addn(&list, (const char *)one->p, one->n);
		stream_blob_drop(one);
	}
	*out = code ? NULL : stream_blob_take(&list);
	if (code == STREAM_NO_MEMORY && !*why)
		snprintf(why, size, "no memory for results, or more than 2 GiB of them");
	base_str_free(&list);
	return code;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	sources s = { 0 };
	char why[500] = "";
	stream_blob *out = NULL;
	if (gather(w, in, &s)) {
		int code = infer(w, &s, &out, why, sizeof why);
		if (code)
			stream_cannot(w, in[0], code, "%s", why);
		else
			stream_answer(w, in[0], stream_message_find("MxpiTensorPackageList"), out);
	}
	for (int i = 0; i < STREAM_MODEL_PORTS; i++)
		stream_blob_drop(s.blob[i]);
}

static const stream_work work = { .state = sizeof(inferring),
	.sync = true,
	.own_thread = true,
	.open = open,
	.run = run,
	.cancel = cancel,
	.close = close,
	.size = size_of };

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
