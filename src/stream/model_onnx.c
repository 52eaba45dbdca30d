/* A model of ONNX on tensors of streams; see model_onnx.h. */
#include "stream/model_onnx.h"
#include <math.h>
#include <stdio.h>
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

struct stream_onnx {
	format_onnx_model *model;
	deploy_onnx_plans *plans;
	deploy_offline_onnx offline; /* n 0: a network that nothing was said of */
	bool bytes; /* some input comes as bytes of pictures */
	int n_in, cancelled; /* inputs of the network, then those of AIPP's parameters */
	format_onnx_tensor *parameters[STREAM_MODEL_PORTS]; /* of dynamic AIPP, as they were last; NULL: none yet */
	stream_port in[STREAM_MODEL_PORTS];
	format_onnx_tensor *out[STREAM_MODEL_PORTS]; /* of the last run */
};

static const struct {
	int mx, onnx;
} same[] = { { STREAM_T_F32, FORMAT_ONNX_FLOAT }, { STREAM_T_F16, FORMAT_ONNX_FLOAT16 },
	{ STREAM_T_I8, FORMAT_ONNX_INT8 }, { STREAM_T_I32, FORMAT_ONNX_INT32 }, { STREAM_T_U8, FORMAT_ONNX_UINT8 },
	{ STREAM_T_I16, FORMAT_ONNX_INT16 }, { STREAM_T_U16, FORMAT_ONNX_UINT16 }, { STREAM_T_U32, FORMAT_ONNX_UINT32 },
	{ STREAM_T_I64, FORMAT_ONNX_INT64 }, { STREAM_T_U64, FORMAT_ONNX_UINT64 }, { STREAM_T_F64, FORMAT_ONNX_DOUBLE },
	{ STREAM_T_BOOL, FORMAT_ONNX_BOOL } };

static int
mx_of(int onnx)
{
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		if (same[i].onnx == onnx)
			return same[i].mx;
	return -1;
}

/* What a compiler said of it, if one did; outputs that were chosen are the graph's from then on. */
static secant_status
read_offline(stream_onnx *m, secant_err *err)
{
	if (!deploy_is_offline_onnx(m->model))
		return SECANT_OK;
	if (deploy_offline_onnx_read(&m->offline, m->model, err))
		return err->code;
	deploy_offline_onnx_choose(&m->offline, m->model);
	return SECANT_OK;
}

static secant_status
describe(stream_onnx *m, secant_err *err)
{
	const format_onnx_graph *g = &m->model->graph;
	if (g->n_in < 1 || g->n_in > STREAM_MODEL_PORTS || g->n_out < 1 || g->n_out > STREAM_MODEL_PORTS)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d inputs and %d outputs; 1 to %d can be", g->n_in, g->n_out,
			(int)STREAM_MODEL_PORTS);
	m->n_in = g->n_in;
	for (int i = 0; i < g->n_in; i++) {
		const format_onnx_info *from = &g->in[i];
		stream_port *p = &m->in[i];
		snprintf(p->name, sizeof p->name, "%s", from->name);
		p->type = mx_of(from->type);
		p->rank = from->rank;
		if (p->type < 0 || p->rank < 0 || p->rank > STREAM_RANK)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input '%.60s' is %s with %d axes", from->name,
				format_onnx_type_name(from->type), from->rank);
		for (int k = 0; k < p->rank; k++)
			p->dim[k] = from->dim[k];
	}
	return SECANT_OK;
}

/* CANN's name of the input that dynamic AIPP's parameters come by; of several, the number tells them apart. */
static void
describe_parameters(stream_port *p, const deploy_offline_input *in)
{
	snprintf(p->name, sizeof p->name, in->parameters ? "ascend_dynamic_aipp_data_%d" : "ascend_dynamic_aipp_data",
		in->parameters);
	p->type = STREAM_T_U8;
	p->rank = 1;
	p->dim[0] = (int64_t)format_aipp_parameters_size(1);
}

/* An offline model's inputs have the shapes it was compiled for; those with AIPP take bytes. */
static secant_status
describe_offline(stream_onnx *m, secant_err *err)
{
	int of_network = m->n_in;
	if (!m->offline.n)
		return SECANT_OK;
	if (of_network + m->offline.n_parameters > STREAM_MODEL_PORTS)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d inputs and %d of AIPP; 1 to %d can be", of_network,
			m->offline.n_parameters, (int)STREAM_MODEL_PORTS);
	m->n_in += m->offline.n_parameters;
	for (int i = 0; i < of_network; i++) {
		const deploy_offline_input *in = &m->offline.in[i];
		if (in->parameters >= 0 && in->shape.dim[0] != 1)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED,
				"dynamic AIPP: input '%.60s' has a batch of %lld; parameters come for one picture at a time", in->name,
				(long long)in->shape.dim[0]);
		if (in->parameters >= 0)
			describe_parameters(&m->in[of_network + in->parameters], in);
		secant_shape shape = in->parameters >= 0 ? secant_shape_of(4, in->shape.dim[0], -1, -1, -1)
			: in->aipp                           ? deploy_offline_picture(in)
												 : in->shape;
		stream_port *p = &m->in[i];
		m->bytes |= in->aipp;
		p->type = in->aipp ? STREAM_T_U8 : in->half ? STREAM_T_F16 : p->type;
		p->planes = in->aipp && in->prepared.input != DEPLOY_PICTURE;
		p->rank = shape.rank;
		for (int k = 0; k < shape.rank && k < STREAM_RANK; k++)
			p->dim[k] = shape.dim[k];
	}
	return SECANT_OK;
}

/* Asked between steps: a stream that stops ends a run. */
static secant_status
goes_on(void *m_, secant_err *err)
{
	stream_onnx *m = m_;
	if (__atomic_load_n(&m->cancelled, __ATOMIC_RELAXED))
		return secant_fail(err, SECANT_ERR_CANCELLED, "the stream stops");
	return SECANT_OK;
}

static const exec_plan_options usual = { .precision = EXEC_PRECISION_F32 };

/* None yet, and those there were are gone. */
static secant_status
new_plans(stream_onnx *m, secant_err *err)
{
	deploy_onnx_plans_free(m->plans);
	if (!(m->plans = deploy_onnx_plans_new(m->model, &usual, err)))
		return err->code;
	if (m->offline.n)
		deploy_onnx_plans_offline(m->plans, &m->offline);
	deploy_onnx_plans_ask(m->plans, goes_on, m);
	return SECANT_OK;
}

stream_onnx *
stream_onnx_open(const char *path, stream_port *in, int *n_in, secant_err *err)
{
	stream_onnx *m = secant_calloc(1, sizeof *m);
	if (!m) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a model");
		return NULL;
	}
	if (!(m->model = format_onnx_open(path, err)) || read_offline(m, err) || describe(m, err)
		|| describe_offline(m, err) || new_plans(m, err)) {
		stream_onnx_close(m);
		return NULL;
	}
	memcpy(in, m->in, sizeof m->in);
	*n_in = m->n_in;
	return m;
}

static void
drop_outputs(stream_onnx *m)
{
	for (int i = 0; i < STREAM_MODEL_PORTS; i++) {
		format_onnx_tensor_drop(m->out[i]);
		m->out[i] = NULL;
	}
}

void
stream_onnx_close(stream_onnx *m)
{
	if (!m)
		return;
	drop_outputs(m);
	for (int i = 0; i < STREAM_MODEL_PORTS; i++)
		format_onnx_tensor_drop(m->parameters[i]);
	deploy_onnx_plans_free(m->plans);
	deploy_offline_onnx_free(&m->offline);
	if (m->model)
		format_onnx_close(m->model);
	secant_free(m);
}

int
stream_onnx_batches(const stream_onnx *m, int *batch, int most)
{
	int n = 0;
	if (m->offline.dynamic == DEPLOY_OFFLINE_BATCH)
		for (; n < m->offline.n_sets && n < most; n++)
			batch[n] = (int)m->offline.set[n][0];
	else if (m->in[0].rank && most)
		batch[n++] = m->in[0].dim[0] > 0 && m->in[0].dim[0] < 65536 ? (int)m->in[0].dim[0] : 1;
	return n;
}

void
stream_onnx_cancel(stream_onnx *m)
{
	__atomic_store_n(&m->cancelled, 1, __ATOMIC_RELAXED);
}

/* Planes of a camera come as bytes; the model has them as 3H/2 rows. */
static void
show_planes(stream_tensor *t)
{
	const stream_picture *p = &t->picture;
	if (!p->width || stream_picture_channels(p->format) || t->rank != 2)
		return;
	t->rank = 4;
	t->dim[1] = (int64_t)p->height_aligned * 3 / 2;
	t->dim[2] = p->width_aligned;
	t->dim[3] = 1;
}

/* Do a picture's bytes lie as the model has its axes? Rows and columns of another number, or channels behind where the
 * model has them in front, may be as many bytes. Axes of one do not move anything. */
static bool
lies_as(const stream_tensor *t, const int64_t *dim, int rank)
{
	int k = 1;
	if (!t->picture.width || t->rank != 4)
		return true;
	for (int i = 1; i < rank; i++) {
		while (k < 4 && t->dim[k] == 1)
			k++;
		if (dim[i] != 1 && (k == 4 || t->dim[k++] != dim[i]))
			return false;
	}
	return true;
}

/* Bytes as the model's input: what came must have the size that the model's shape asks for. */
static format_onnx_tensor *
input_of(const stream_port *p, const stream_tensor *t, int onnx_type, secant_err *err)
{
	char text[200];
	int64_t dim[FORMAT_ONNX_RANK];
	size_t known = stream_type_size(p->type), open = 0;
	int free_axes = 0;
	for (int k = 0; k < p->rank; k++) {
		dim[k] = p->dim[k];
		if (p->dim[k] > 0)
			known *= (size_t)p->dim[k];
		else {
			free_axes++;
			if (t->rank == p->rank)
				dim[k] = t->dim[k];
		}
	}
	if (free_axes && t->rank != p->rank) { /* a batch axis alone follows from the bytes */
		open = known && t->size % known == 0 ? t->size / known : 0;
		dim[0] = p->dim[0] > 0 ? p->dim[0] : (int64_t)open;
	}
	format_onnx_tensor *x = format_onnx_tensor_new(onnx_type, p->rank, dim, INT32_MAX, err);
	if (!x)
		return NULL;
	size_t want = (size_t)format_onnx_count(x) * stream_type_size(p->type);
	/* Programs often leave the type of what they send unset, which is FLOAT32's number. */
	bool fits = want == t->size && (t->type == p->type || t->type == STREAM_T_F32), lies = lies_as(t, dim, p->rank);
	if (!fits || !lies) {
		stream_tensor e = { .type = p->type, .rank = p->rank, .size = want };
		char expected[200];
		memcpy(e.dim, dim, sizeof *dim * (size_t)p->rank);
		secant_fail(err, SECANT_ERR_SHAPE, "input '%s': the model takes %s, it got %s%s", p->name,
			stream_tensor_text(&e, expected, sizeof expected), stream_tensor_text(t, text, sizeof text),
			fits ? "; as many bytes, but other axes"
				: p->type == STREAM_T_U8
				? "; AIPP is active"
				: "; AIPP is not active: a model that takes pictures is compiled with insert_op_conf");
		format_onnx_tensor_drop(x);
		return NULL;
	}
	memcpy(x->data, t->data, want);
	return x;
}

/* The tensor in another type of numbers, bytes rounded and kept within their range; drops `t`. */
static format_onnx_tensor *
as_type(format_onnx_tensor *t, int type, secant_err *err)
{
	if (!t || t->type == type)
		return t;
	format_onnx_tensor *made = format_onnx_tensor_new(type, t->rank, t->dim, INT32_MAX, err);
	for (int64_t i = 0, n = made ? format_onnx_count(t) : 0; i < n; i++) {
		double v;
		format_onnx_get_reals(t, i, 1, &v);
		if (type == FORMAT_ONNX_UINT8)
			v = v > 0 ? fmin(rint(v), 255) : 0; /* what is no number too */
		else if (type == FORMAT_ONNX_INT8)
			v = isnan(v) ? 0 : fmax(fmin(rint(v), 127), -128);
		format_onnx_put_reals(made, i, 1, &v);
	}
	format_onnx_tensor_drop(t);
	return made;
}

static secant_status
has_size(const deploy_offline_input *in, const format_onnx_tensor *x, secant_err *err)
{
	secant_shape want = deploy_offline_picture(in),
				 have = secant_shape_of(4, x->dim[0], x->dim[1], x->dim[2], x->dim[3]);
	char a[96], b[96];
	if (!memcmp(&want.dim[1], &have.dim[1], 3 * sizeof want.dim[0]))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input '%s': AIPP's parameters say %s, the picture is %s", in->name,
		secant_shape_text(&want, a, sizeof a), secant_shape_text(&have, b, sizeof b));
}

/* Dynamic AIPP: parameters that are others than before make other plans. `x`: the inputs, those of parameters behind
 * the network's. */
static secant_status
take_parameters(stream_onnx *m, format_onnx_tensor *const *x, secant_err *err)
{
	bool others = false;
	for (int i = 0; i < m->offline.n; i++) {
		int k = m->offline.in[i].parameters;
		if (k < 0)
			continue;
		format_onnx_tensor *now = x[m->offline.n + k], *before = m->parameters[k];
		size_t size = (size_t)format_onnx_count(now);
		if (!before || format_onnx_count(before) != (int64_t)size || memcmp(before->data, now->data, size) != 0) {
			others = true;
			format_onnx_tensor_drop(before);
			m->parameters[k] = NULL;
			if (deploy_offline_onnx_set_aipp(&m->offline, i, now->data, size, x[i]->dim[0], err))
				return err->code;
			m->parameters[k] = format_onnx_tensor_hold(now);
		}
		if (has_size(&m->offline.in[i], x[i], err))
			return err->code;
	}
	return others ? new_plans(m, err) : SECANT_OK;
}

int
stream_onnx_run(stream_onnx *m, const stream_tensor *in, int n, stream_tensor *out, secant_err *err)
{
	const format_onnx_graph *g = &m->model->graph;
	format_onnx_tensor *x[STREAM_MODEL_PORTS] = { NULL };
	secant_err own = { 0 };
	drop_outputs(m);
	for (int i = 0; i < n && !own.code; i++) {
		stream_tensor t = in[i];
		bool bytes = i < m->offline.n && m->offline.in[i].aipp, half = i < m->offline.n && m->offline.in[i].half;
		if (bytes)
			show_planes(&t);
		bool numbers = i < g->n_in && !bytes;
		x[i] = input_of(&m->in[i], &t, !numbers ? FORMAT_ONNX_UINT8 : half ? FORMAT_ONNX_FLOAT16 : g->in[i].type, &own);
		if (half)
			x[i] = as_type(x[i], g->in[i].type, &own);
	}
	if (!own.code && !take_parameters(m, x, &own)
		&& deploy_onnx_plans_run(m->plans, x, g->n_in, m->out, &own) == SECANT_ERR_UNSUPPORTED && !m->bytes) {
		own = (secant_err){ 0 };
		if (deploy_onnx_run_in_parts(m->model, x, g->n_in, m->out, &usual, NULL))
			(void)!format_onnx_run(m->model, x, g->n_in, m->out, &own);
	}
	for (int i = 0; i < n; i++)
		format_onnx_tensor_drop(x[i]);
	for (int i = 0; !own.code && i < g->n_out; i++) {
		if (i < DEPLOY_OFFLINE_OUTPUTS && m->offline.out_type[i])
			m->out[i] = as_type(m->out[i], m->offline.out_type[i], &own);
		const format_onnx_tensor *t = m->out[i];
		if (!t || mx_of(t->type) < 0 || t->rank > STREAM_RANK) {
			secant_fail(
				&own, SECANT_ERR_UNSUPPORTED, "output '%.60s' is no tensor that a stream carries", g->out[i].name);
			break;
		}
		out[i] = (stream_tensor){ .type = mx_of(t->type), .rank = t->rank, .data = t->data };
		memcpy(out[i].dim, t->dim, sizeof *t->dim * (size_t)t->rank);
		out[i].size = (size_t)format_onnx_count(t) * stream_type_size(out[i].type);
	}
	if (!own.code)
		return g->n_out;
	secant_fail(err, own.code, "%s", own.msg);
	return -1;
}
