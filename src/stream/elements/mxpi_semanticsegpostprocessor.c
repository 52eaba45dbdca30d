/* mxpi_semanticsegpostprocessor: turns tensors into masks. */
#include <stdio.h>
#include "stream/postprocess.h"

static const stream_prop props[] = {
	STREAM_PROPS_POST,
	STREAM_PROPS_POST_SOURCES,
	STREAM_PROP_END,
};

static int
open(stream_worker *w, char *why, size_t size)
{
	return stream_post_open(w, (stream_post *)w->state, "GetSemanticSegInstance", why, size);
}

static void
close(stream_worker *w)
{
	stream_post_close(w->state);
}

static const char *
keys_of(stream_worker *w, stream_frame *f, char *tensors, char *resize, size_t size)
{
	stream_prop_key(w, "dataSource", 0, tensors, size);
	stream_prop_text(w, "dataSourceResize", resize, size);
	return NULL;
}

/* Height and width of the result and where in the network's picture it lies, from the picture that was scaled. */
static void
place_of(const stream_picture *p, stream_mask_place *at, const stream_tensor *t, bool rows, bool scaled)
{
	int h = (int)t->dim[t->rank == 3 ? 1 : rows ? 1 : 2], v = (int)t->dim[t->rank == 3 ? 2 : rows ? 2 : 3];
	*at = (stream_mask_place){ h, v, h, v };
	if (!p->width || !scaled)
		return;
	format_wire w = p->info;
	format_wire_field f;
	int source[2] = { 0, 0 };
	while (format_wire_next(&w, &f) > 0) /* the last step is the scaling */
		if (f.number == 8 && f.type == FORMAT_WIRE_BYTES) {
			format_wire step = f.bytes;
			source[0] = source[1] = 0;
			while (format_wire_next(&step, &f) > 0)
				if (f.number <= 2 && f.type == FORMAT_WIRE_VARINT && f.value <= 65536)
					source[f.number - 1] = (int)f.value;
		}
	if (source[0] < 1 || source[1] < 1)
		return;
	at->width = source[0];
	at->height = source[1];
	if ((p->resize_type == 1 || p->resize_type == 2) && p->scaling > 0) {
		int lines = (int)((float)at->height * p->scaling), columns = (int)((float)at->width * p->scaling);
		at->used_height = lines < h ? lines : h;
		at->used_width = columns < v ? columns : v;
	}
}

/* The mask of one package; false: refused. */
static bool
mask_of(stream_worker *w, stream_frame *f, format_wire package, const stream_picture *p, const char *key, int member,
	base_str *list)
{
	const stream_post *s = w->state;
	stream_tensor t, best = { 0 };
	char why[400] = "", text[200];
	int got, rank = s->post_type == 1 ? 3 : 4, want = s->post_type == 1 ? STREAM_T_I32 : STREAM_T_F32;
	while ((got = stream_tensor_next(&package, &t, why, sizeof why)) > 0 && !best.data)
		if (t.rank == rank && t.type == want && t.dim[0] == 1)
			best = t;
		else
			stream_tensor_text(&t, text, sizeof text);
	if (got < 0 || !best.data) {
		stream_cannot(w, f, STREAM_FAILURE, "POST_TYPE %d wants a tensor %s of %d axes with batch 1%s%s%s",
			s->post_type, stream_type_name(want), rank, got < 0 ? ": " : "; there is ", got < 0 ? why : text, "");
		return false;
	}
	bool rows = s->model_type != 1;
	int64_t c = rank == 3 ? s->classes : best.dim[rows ? 3 : 1];
	if (s->classes < 1 || c != s->classes) {
		stream_cannot(w, f, STREAM_FAILURE, "CLASS_NUM is %d and MODEL_TYPE %d (%s); the model gives %s", s->classes,
			s->model_type, rows ? "NHWC" : "NCHW", stream_tensor_text(&best, text, sizeof text));
		return false;
	}
	stream_mask_place at;
	place_of(p, &at, &best, rows, s->resize_type != 0);
	if (!stream_put_mask(list, s, &best, rows, &at, key, member)) {
		stream_cannot(w, f, STREAM_NO_MEMORY, "no memory for a mask of %dx%d", at.height, at.width);
		return false;
	}
	return true;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], resize[300], from[300], why[300];
	base_str list = { 0 };
	format_wire package;
	const stream_message *kind;
	stream_blob *pictures = NULL;
	keys_of(w, in[0], key, resize, sizeof key);
	stream_blob *tensors = stream_want(w, in[0], key, "MxpiTensorPackageList");
	if (!tensors)
		return;
	format_wire at = { tensors->p, tensors->n }, pics = { 0 };
	bool fine = true;
	for (int i = 0, got; fine && (got = stream_package_next(&at, &package, from, sizeof from)) != 0; i++) {
		stream_picture p = { 0 };
		if (got < 0)
			break;
		if (!i && !strcmp(resize, "auto"))
			memcpy(resize, from, sizeof resize);
		if (!i && stream_frame_get(in[0], resize, &kind, &pictures) && kind && !strcmp(kind->name, "MxpiVisionList"))
			pics = (format_wire){ pictures->p, pictures->n };
		if (pics.n && stream_picture_next(&pics, &p, why, sizeof why) <= 0)
			p = (stream_picture){ 0 };
		if (!i && !pics.n)
			stream_note(
				w, "no pictures under '%s' (dataSourceResize): masks have the size of the network's output", resize);
		fine = mask_of(w, in[0], package, &p, key, i, &list);
	}
	if (fine)
		stream_answer(w, in[0], stream_message_find("MxpiImageMaskList"), stream_blob_take(&list));
	base_str_free(&list);
	stream_blob_drop(pictures);
	stream_blob_drop(tensors);
}

static const stream_work work = {
	.state = sizeof(stream_post), .open = open, .run = run, .close = close, .sync = true
};

const stream_element_type stream_element_mxpi_semanticsegpostprocessor = {
	.name = "mxpi_semanticsegpostprocessor",
	.brief = "turns tensors into masks",
	.props = props,
	.sinks = { STREAM_MEDIA_TENSOR },
	.sources = { STREAM_MEDIA_SEMANTIC },
	.keys = { "dataSource" },
	.starts = stream_starts_post,
	.work = &work,
};
