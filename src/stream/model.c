/* Models of streams; see model.h. */
#include "stream/model.h"
#include <secant/predict.h>
#include <stdio.h>
#include "deploy/network.h"
#include "deploy/predictor.h"
#include "stream/model_onnx.h"

struct stream_model {
	secant_predictor *predictor; /* of a model of secant */
	deploy_deployed whole; /* of a compiled one, from the bytes of a picture; its session is not NULL then */
	secant_session *session;
	bool red_first; /* it was compiled for channels R, G, B; one with AIPP takes bytes as they come */
	stream_onnx *onnx;
	int n_in;
	stream_port in[STREAM_MODEL_PORTS];
	float *probabilities;
	int32_t *classes;
	uint8_t *pixels;
	size_t room; /* pixels * classes there is memory for */
};

static int
mx_of_dtype(secant_dtype d)
{
	switch (d) {
	case SECANT_F32: return STREAM_T_F32;
	case SECANT_U8: return STREAM_T_U8;
	case SECANT_I32: return STREAM_T_I32;
	case SECANT_U16: return STREAM_T_U16;
	default: return -1;
	}
}

/* A compiled model: picture bytes in, probabilities and classes out. False: it is none, or err. */
static bool
open_compiled(stream_model *m, const char *path, secant_err *err)
{
	static const char *const wanted[] = { "probabilities", "classes", "mask" };
	if (deploy_deployed_open(&m->whole, path, "auto", 0, DEPLOY_WHOLE, err))
		return false;
	if (m->whole.whole) {
		const secant_port *in = exec_runner_input(m->whole.runner, 0);
		const json_t *compiled = json_object_get(m->whole.file.settings, "compiled");
		const json_t *preparation = json_object_get(compiled, "preparation");
		const char *input = json_string_value(json_object_get(preparation, "input"));
		m->red_first = json_is_string(json_object_get(preparation, "normalize"));
		m->n_in = 1;
		m->in[0] = (stream_port){ .type = mx_of_dtype(in->dtype), .rank = in->shape.rank };
		m->in[0].planes = input && strcmp(input, "picture") != 0;
		snprintf(m->in[0].name, sizeof m->in[0].name, "%s", in->name);
		for (int k = 0; k < in->shape.rank && k < STREAM_RANK; k++)
			m->in[0].dim[k] = in->shape.dim[k];
		m->session = exec_session_new(m->whole.runner, wanted, 3, err);
	}
	if (!m->session)
		deploy_deployed_close(&m->whole);
	return m->session != NULL;
}

stream_model *
stream_model_open(const char *path, secant_err *err)
{
	secant_err own = { 0 };
	stream_model *m = secant_calloc(1, sizeof *m);
	if (!m)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a model");
	else if (deploy_is_onnx(path)) {
		m->onnx = stream_onnx_open(path, m->in, &m->n_in, &own);
	} else if (!open_compiled(m, path, &own) && !own.code
		&& (m->predictor = secant_predictor_open(&path, 1, NULL, &own))) {
		int channels = secant_predictor_channels(m->predictor);
		m->n_in = 1;
		m->in[0] = (stream_port){ "input", STREAM_T_U8, 4, { 1, -1, -1, channels } };
	}
	if (!own.code)
		return m;
	stream_model_close(m);
	if (!strstr(own.msg, path))
		secant_err_prefix(&own, "%.300s", path);
	secant_fail(err, own.code, "%s", own.msg);
	return NULL;
}

static void
drop_room(stream_model *m)
{
	secant_free(m->probabilities);
	secant_free(m->classes);
	secant_free(m->pixels);
	m->probabilities = NULL;
	m->classes = NULL;
	m->pixels = NULL;
	m->room = 0;
}

void
stream_model_close(stream_model *m)
{
	if (!m)
		return;
	drop_room(m);
	secant_predictor_close(m->predictor);
	if (m->session) {
		secant_session_free(m->session);
		deploy_deployed_close(&m->whole);
	}
	stream_onnx_close(m->onnx);
	secant_free(m);
}

int
stream_model_inputs(const stream_model *m)
{
	return m->n_in;
}

const stream_port *
stream_model_input(const stream_model *m, int i)
{
	return &m->in[i];
}

bool
stream_model_takes_pictures(const stream_model *m)
{
	return m->predictor || m->session;
}

bool
stream_model_size_of(const stream_model *m, int *height, int *width)
{
	const stream_port *p = &m->in[0];
	bool rows = p->type == STREAM_T_U8 || (p->rank == 4 && p->dim[3] >= 1 && p->dim[3] <= 4);
	if (p->rank != 4 || m->predictor)
		return false;
	*height = (int)(p->planes ? p->dim[1] / 3 * 2 : p->dim[rows ? 1 : 2]);
	*width = (int)p->dim[rows ? 2 : 3];
	return *height > 0 && *width > 0;
}

/* Adds a number to an ascending list; how many there are then. */
static int
add_batch(int *batch, int n, int most, int64_t b)
{
	int at = n;
	while (at && batch[at - 1] > b)
		at--;
	if (b < 1 || b > 65535 || n == most || (at && batch[at - 1] == b))
		return n;
	memmove(batch + at + 1, batch + at, sizeof *batch * (size_t)(n - at));
	batch[at] = (int)b;
	return n + 1;
}

int
stream_model_batches(const stream_model *m, int *batch, int most)
{
	const json_t *compiled = json_object_get(m->whole.file.settings, "compiled"), *shape;
	size_t i;
	int n = 0;
	if (m->session)
		json_array_foreach (json_object_get(compiled, "pictures"), i, shape)
			n = add_batch(batch, n, most, json_integer_value(json_array_get(shape, 0)));
	if (m->onnx) {
		int own[64];
		int have = stream_onnx_batches(m->onnx, own, 64);
		for (int k = 0; k < have; k++)
			n = add_batch(batch, n, most, own[k]);
	}
	if (!n)
		batch[n++] = 1;
	return n;
}

void
stream_model_cancel(stream_model *m)
{
	if (m->predictor)
		secant_predictor_cancel(m->predictor);
	if (m->session)
		secant_session_cancel(m->session);
	if (m->onnx)
		stream_onnx_cancel(m->onnx);
}

/* ---- models of secant ---- */

static bool
make_room(stream_model *m, size_t pixels, size_t classes)
{
	size_t shown = classes < 2 ? 2 : classes, want = pixels * shown;
	if (m->room >= want)
		return true;
	drop_room(m);
	m->probabilities = base_alloc_raw(want * sizeof *m->probabilities);
	m->classes = base_alloc_raw(pixels * shown * sizeof *m->classes);
	m->pixels = base_alloc_raw(pixels * shown * 4);
	bool fine = m->probabilities && m->classes && m->pixels;
	m->room = fine ? want : 0;
	return fine;
}

/* The picture as the network knows them: channels R, G, B. Bytes of a tensor are taken as they come: N x H x W x C. */
static secant_status
picture_of(stream_model *m, const stream_tensor *t, secant_borrowed_image *im, secant_err *err)
{
	const stream_picture *p = &t->picture;
	char text[200];
	*im = (secant_borrowed_image){ .dtype = SECANT_U8 };
	if (!p->width) {
		if (t->rank != 4 || t->dim[0] != 1 || t->type != STREAM_T_U8 || t->dim[3] > 4 || t->dim[1] < 1 || t->dim[2] < 1)
			return secant_fail(err, SECANT_ERR_SHAPE,
				"the model takes a picture, UINT8 1xHxWxC in the order R, G, B; it got %s",
				stream_tensor_text(t, text, sizeof text));
		im->height = (int)t->dim[1];
		im->width = (int)t->dim[2];
		im->channels = (int)t->dim[3];
		im->data = t->data;
		return SECANT_OK;
	}
	bool planes = p->format == STREAM_NV12 || p->format == STREAM_NV21;
	int c = planes ? 3 : stream_picture_channels(p->format);
	if (p->f32 || !c || c == 4 || (planes && (p->width_aligned != p->width || p->height_aligned != p->height)))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the model normalises pictures itself and takes bytes: grey, NV12, RGB888 or BGR888; it got format %d%s",
			p->format, p->f32 ? " of FLOAT32" : "");
	im->height = p->height;
	im->width = p->width;
	im->channels = c;
	im->data = p->data;
	im->pitch = (int64_t)p->width_aligned * c;
	if (p->format == STREAM_RGB || p->format == STREAM_GREY)
		return SECANT_OK;
	if (planes)
		stream_from_nv12(m->pixels, p->data, p->width, p->height, false, p->format == STREAM_NV21);
	for (int y = 0; !planes && y < p->height; y++)
		stream_swap_red(m->pixels + (size_t)y * (size_t)p->width * 3, p->data + y * im->pitch, (size_t)p->width);
	im->data = m->pixels;
	im->pitch = 0;
	return SECANT_OK;
}

/* Rows of probabilities as they leave the network, and the first largest of each pixel. */
typedef struct taken {
	stream_model *m;
	size_t width, classes;
} taken;

static secant_status
take_rows(void *user, int y, int n, const float *p, secant_err *err)
{
	const taken *t = user;
	size_t classes = t->classes, shown = classes < 2 ? 2 : classes, pixels = (size_t)n * t->width;
	float *to = t->m->probabilities + (size_t)y * t->width * shown;
	int32_t *class = t->m->classes + (size_t)y * t->width;
	if (classes >= 2)
		memcpy(to, p, pixels * classes * sizeof *to);
	for (size_t i = 0; i < pixels && classes < 2; i++) {
		to[2 * i] = 1 - p[i];
		to[2 * i + 1] = p[i];
		class[i] = p[i] >= 1 - p[i]; /* of one class: from one half on */
	}
	for (size_t i = 0; i < pixels && classes == 2; i++)
		class[i] = to[2 * i + 1] > to[2 * i];
	for (size_t i = 0; i < pixels && classes > 2; i++) {
		size_t best = 0;
		for (size_t c = 1; c < classes; c++)
			if (to[i * classes + c] > to[i * classes + best])
				best = c;
		class[i] = (int32_t)best;
	}
	return SECANT_OK;
}

static int
run_predictor(stream_model *m, const stream_tensor *in, stream_tensor *out, secant_err *err)
{
	secant_borrowed_image im;
	int w = in->picture.width ? in->picture.width : in->rank == 4 ? (int)in->dim[2] : 0;
	int h = in->picture.width ? in->picture.height : in->rank == 4 ? (int)in->dim[1] : 0;
	size_t pixels = (size_t)w * (size_t)h, classes = (size_t)secant_predictor_classes(m->predictor);
	if (!make_room(m, pixels + 1, classes)) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %dx%d pixels of %zu classes", h, w, classes);
		return -1;
	}
	taken t = { m, (size_t)w, classes };
	if (picture_of(m, in, &im, err)
		|| deploy_predict_rows(m->predictor, &im, &(deploy_row_sink){ take_rows, NULL, &t }, err))
		return -1;
	size_t shown = classes < 2 ? 2 : classes;
	out[0] = (stream_tensor){ STREAM_T_F32, 4, { 1, h, w, (int64_t)shown }, (const uint8_t *)m->probabilities,
		pixels * shown * sizeof(float), { 0 } };
	out[1] = (stream_tensor){ STREAM_T_I32, 3, { 1, h, w }, (const uint8_t *)m->classes, pixels * sizeof(int32_t),
		{ 0 } };
	return 2;
}

/* ---- compiled models ---- */

/* The bytes as they come, but for a model that was compiled for R, G, B. */
static const uint8_t *
bytes_of(stream_model *m, const stream_tensor *t, secant_tensor *x, secant_err *err)
{
	const stream_picture *p = &t->picture;
	const stream_port *port = &m->in[0];
	char text[200];
	bool planes = p->width && !stream_picture_channels(p->format), fits = t->type == STREAM_T_U8 && !p->f32;
	*x = (secant_tensor){ .dtype = SECANT_U8, .shape = { 4, { t->dim[0], 0, 0, 0 } } };
	if (planes) {
		x->shape.dim[1] = (int64_t)p->height_aligned * 3 / 2;
		x->shape.dim[2] = p->width_aligned;
		x->shape.dim[3] = 1;
	} else
		for (int k = 0; k < 4; k++)
			x->shape.dim[k] = t->rank == 4 ? t->dim[k] : port->dim[k];
	if (!fits || port->rank != 4 || (size_t)secant_shape_count(&x->shape) != t->size
		|| x->shape.dim[3] != port->dim[3]) {
		stream_tensor e = { .type = STREAM_T_U8, .rank = port->rank };
		char expected[200];
		memcpy(e.dim, port->dim, sizeof e.dim);
		e.size = (size_t)(port->dim[0] * port->dim[1] * port->dim[2] * port->dim[3]);
		secant_fail(err, SECANT_ERR_SHAPE,
			"input '%s': the model takes bytes of pictures (preprocessing is in it), such as %s; it got %s", port->name,
			stream_tensor_text(&e, expected, sizeof expected), stream_tensor_text(t, text, sizeof text));
		return NULL;
	}
	if (!m->red_first || p->format != STREAM_BGR)
		return t->data;
	if (!make_room(m, t->size, 1)) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a picture");
		return NULL;
	}
	stream_swap_red(m->pixels, t->data, t->size / 3);
	return m->pixels;
}

/* Of one class: background beside it, and what the mask says. */
static bool
show_both(stream_model *m, stream_tensor *out, const secant_tensor *mask)
{
	size_t pixels = out[0].size / sizeof(float);
	if (!make_room(m, pixels, 1))
		return false;
	for (size_t i = 0; i < pixels; i++) {
		float v;
		memcpy(&v, out[0].data + i * sizeof v, sizeof v);
		m->probabilities[2 * i] = 1 - v;
		m->probabilities[2 * i + 1] = v;
		m->classes[i] = ((const uint8_t *)mask->data)[i] != 0;
	}
	out[0].dim[3] = 2;
	out[0].data = (const uint8_t *)m->probabilities;
	out[0].size *= 2;
	out[1].data = (const uint8_t *)m->classes;
	return true;
}

static int
run_compiled(stream_model *m, const stream_tensor *in, stream_tensor *out, secant_err *err)
{
	secant_tensor x, y[3] = { 0 };
	const uint8_t *bytes = bytes_of(m, in, &x, err);
	if (!bytes)
		return -1;
	x.data = (void *)bytes;
	if (secant_session_run(m->session, &x, y, err))
		return -1;
	for (int i = 0; i < 2; i++) {
		out[i] = (stream_tensor){ mx_of_dtype(y[i].dtype), y[i].shape.rank, { 0 }, y[i].data,
			secant_tensor_bytes(&y[i]), { 0 } };
		for (int k = 0; k < y[i].shape.rank; k++)
			out[i].dim[k] = y[i].shape.dim[k];
	}
	bool one = out[0].rank == 4 && out[0].dim[3] == 1 && y[2].dtype == SECANT_U8
		&& secant_tensor_bytes(&y[2]) == out[0].size / sizeof(float) && out[1].size == out[0].size;
	if (one && !show_both(m, out, &y[2])) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for scores");
		return -1;
	}
	return 2;
}

int
stream_model_run(stream_model *m, const stream_tensor *in, int n, stream_tensor *out, secant_err *err)
{
	if (n != m->n_in) {
		secant_fail(err, SECANT_ERR_SHAPE, "the model has %d inputs, it got %d tensors", m->n_in, n);
		return -1;
	}
	return m->session  ? run_compiled(m, in, out, err)
		: m->predictor ? run_predictor(m, in, out, err)
					   : stream_onnx_run(m->onnx, in, n, out, err);
}
