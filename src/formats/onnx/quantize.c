/* Networks of ONNX with bytes: see quantize.h. */
#include "formats/onnx/quantizing.h"
#include <math.h>
#include <string.h>
#include "formats/onnx/encode.h"

static format_onnx_initializer *
initializer(const format_onnx_model *m, const char *name)
{
	for (int i = 0; i < m->graph.n_init; i++)
		if (!strcmp(m->graph.init[i].name, name))
			return &m->graph.init[i];
	return NULL;
}

const format_onnx_tensor *
onnx_quantizing_floats(const format_onnx_model *m, const char *name)
{
	const format_onnx_initializer *i = *name ? initializer(m, name) : NULL;
	return i && i->tensor->type == FORMAT_ONNX_FLOAT ? i->tensor : NULL;
}

bool
onnx_quantizing_is(const format_onnx_node *n, const char *op)
{
	return !*n->domain && !strcmp(n->op, op);
}

/* ---- norms ---- */

static format_onnx_tensor *
new_floats(format_onnx_model *m, int type, int rank, const int64_t *dim, secant_err *err)
{
	format_onnx_tensor *t = format_onnx_tensor_new(type, rank, dim, 0, err);
	if (t && base_grow((void **)&m->tensor, &m->tensor_capacity, m->n_tensor, sizeof *m->tensor)) {
		format_onnx_tensor_drop(t);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	if (t)
		m->tensor[m->n_tensor++] = t; /* dropped with the model */
	return t;
}

static const char *
add_initializer(format_onnx_model *m, const char *name, format_onnx_tensor *t)
{
	format_onnx_graph *g = &m->graph;
	format_onnx_initializer *more = base_arena_alloc(m->arena, ((size_t)g->n_init + 1) * sizeof *more);
	char *own = base_arena_strdup(m->arena, name);
	if (!more || !own)
		return NULL;
	if (g->n_init)
		memcpy(more, g->init, (size_t)g->n_init * sizeof *more);
	more[g->n_init++] = (format_onnx_initializer){ own, t };
	g->init = more;
	return own;
}

/* w * s and (b - mean) * s + bias, s = scale / sqrt(var + eps), in double. */
static secant_status
fold(format_onnx_model *m, format_onnx_node *conv, const format_onnx_node *norm, secant_err *err)
{
	const format_onnx_tensor *w = onnx_quantizing_floats(m, conv->in[1]),
							 *b = conv->n_in > 2 ? onnx_quantizing_floats(m, conv->in[2]) : NULL;
	const float *p[4];
	int64_t out = w->dim[0], each = format_onnx_count(w) / (out ? out : 1);
	const format_onnx_attr *e = format_onnx_find_attr(norm, "epsilon");
	double eps = e ? e->f : 1e-5;
	for (int k = 0; k < 4; k++)
		p[k] = onnx_quantizing_floats(m, norm->in[k + 1])->data;
	format_onnx_tensor *weights = new_floats(m, FORMAT_ONNX_FLOAT, w->rank, w->dim, err),
					   *bias = weights ? new_floats(m, FORMAT_ONNX_FLOAT, 1, &out, err) : NULL;
	const char **in = base_arena_alloc(m->arena, 3 * sizeof *in);
	char *name = base_arena_format(m->arena, "%s+norm", conv->in[1]);
	char *bias_name = base_arena_format(m->arena, "%s+norm.bias", conv->in[1]);
	if (!bias || !in || !name || !bias_name)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
	for (int64_t o = 0; o < out; o++) {
		double s = (double)p[0][o] / sqrt((double)p[3][o] + eps);
		for (int64_t k = o * each; k < (o + 1) * each; k++)
			((float *)weights->data)[k] = (float)(s * (double)((const float *)w->data)[k]);
		((float *)bias->data)[o] = (float)(s * ((b ? (double)((const float *)b->data)[o] : 0) - (double)p[2][o])
			+ (double)p[1][o]);
	}
	in[0] = conv->in[0];
	in[1] = add_initializer(m, name, weights);
	in[2] = add_initializer(m, bias_name, bias);
	conv->in = in;
	conv->n_in = 3;
	conv->out[0] = norm->out[0];
	return in[1] && in[2] ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory to fold norms");
}

static bool
is_foldable(const format_onnx_model *m, const format_onnx_node *conv, const format_onnx_node *norm)
{
	const format_onnx_attr *train = format_onnx_find_attr(norm, "training_mode");
	const format_onnx_tensor *w = conv->n_in > 1 ? onnx_quantizing_floats(m, conv->in[1]) : NULL;
	bool good = onnx_quantizing_is(norm, "BatchNormalization") && onnx_quantizing_is(conv, "Conv") && norm->n_in == 5
		&& norm->n_out == 1 && w && !(train && train->i) && !strcmp(conv->out[0], norm->in[0])
		&& format_onnx_readers(&m->graph, norm->in[0]) == 1 && format_onnx_readers(&m->graph, conv->in[1]) == 1
		&& (conv->n_in < 3 || !*conv->in[2] || onnx_quantizing_floats(m, conv->in[2]));
	for (int k = 1; k < 5 && good; k++)
		good = onnx_quantizing_floats(m, norm->in[k])
			&& format_onnx_count(onnx_quantizing_floats(m, norm->in[k])) == w->dim[0];
	return good;
}

static secant_status
fold_norms(format_onnx_quantizing *q, secant_err *err)
{
	format_onnx_graph *g = &q->m->graph;
	secant_status status = SECANT_OK;
	int n = 0;
	for (int i = 0; i < g->n_node && !status; i++) {
		format_onnx_node *norm = &g->node[i], *conv = NULL;
		for (int k = 0; k < i && onnx_quantizing_is(norm, "BatchNormalization"); k++)
			if (g->node[k].n_out && norm->n_in && !strcmp(g->node[k].out[0], norm->in[0]))
				conv = &g->node[k];
		if (!conv || !is_foldable(q->m, conv, norm))
			continue;
		status = fold(q->m, conv, norm, err);
		norm->n_in = norm->n_out = 0; /* nothing: it leaves below */
		q->folded++;
	}
	for (int i = 0; i < g->n_node && !status; i++)
		if (g->node[i].n_out)
			g->node[n++] = g->node[i];
	g->n_node = n;
	return status;
}

/* ---- what can be quantised ---- */

/* Resizing that chooses pixels, or lies between four of them: its result has the range of what it reads. */
static bool
is_resizing(const format_onnx_node *n)
{
	const format_onnx_attr *mode = format_onnx_find_attr(n, "mode"), *smooth = format_onnx_find_attr(n, "antialias");
	return (onnx_quantizing_is(n, "Resize") || onnx_quantizing_is(n, "Upsample"))
		&& (!mode || strcmp(mode->s, "cubic") != 0) && !(smooth && smooth->i);
}

static bool
is_function(const format_onnx_node *n)
{
	static const char *const ops[] = { "Relu", "Clip", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "HardSwish",
		"HardSigmoid" };
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (onnx_quantizing_is(n, ops[i]))
			return true;
	return false;
}

/* The Mul of x * Sigmoid(x), which exporters write for SiLU, where a convolution makes x and nobody else reads it: it
 * becomes part of the layer. n: that Mul, or the Sigmoid (whose only reader is it). */
static bool
is_silu(const format_onnx_graph *g, const format_onnx_node *n)
{
	const format_onnx_node *mul = onnx_quantizing_is(n, "Mul") ? n : NULL,
						   *sigmoid = onnx_quantizing_is(n, "Sigmoid") ? n : NULL;
	for (int i = 0; i < g->n_node && sigmoid && !mul; i++)
		if (onnx_quantizing_is(&g->node[i], "Mul") && g->node[i].n_in == 2
			&& (!strcmp(g->node[i].in[0], sigmoid->out[0]) || !strcmp(g->node[i].in[1], sigmoid->out[0])))
			mul = &g->node[i];
	for (int k = 0; k < 2 && mul && !sigmoid; k++) {
		const format_onnx_node *maker = format_onnx_maker(g, mul->in[k]);
		sigmoid = maker && onnx_quantizing_is(maker, "Sigmoid") ? maker : NULL;
	}
	if (!mul || !sigmoid || format_onnx_readers(g, sigmoid->out[0]) != 1)
		return false;
	const char *x = mul->in[!strcmp(mul->in[0], sigmoid->out[0])];
	const format_onnx_node *conv = format_onnx_maker(g, x);
	return conv && onnx_quantizing_is(conv, "Conv") && !strcmp(x, sigmoid->in[0]) && format_onnx_readers(g, x) == 2;
}

int64_t
onnx_quantizing_int(const format_onnx_node *n, const char *name, int64_t otherwise)
{
	const format_onnx_attr *a = format_onnx_find_attr(n, name);
	return a ? a->i : otherwise;
}

static double
attr_real(const format_onnx_node *n, const char *name, double otherwise)
{
	const format_onnx_attr *a = format_onnx_find_attr(n, name);
	return a ? a->f : otherwise;
}

int
onnx_quantizing_axis(const format_onnx_model *m, const format_onnx_node *n)
{
	const format_onnx_tensor *w = n->n_in > 1 ? onnx_quantizing_floats(m, n->in[1]) : NULL;
	if (!w || format_onnx_count(w) < 1)
		return -1;
	if (onnx_quantizing_is(n, "Conv"))
		return w->rank == 4 ? 0 : -1;
	if (onnx_quantizing_is(n, "ConvTranspose"))
		return w->rank == 4 && onnx_quantizing_int(n, "group", 1) == 1 ? 1 : -1;
	if (onnx_quantizing_is(n, "MatMul"))
		return w->rank == 2 ? 1 : -1;
	bool plain = w->rank == 2 && !onnx_quantizing_int(n, "transA", 0) && attr_real(n, "alpha", 1) == 1
		&& attr_real(n, "beta", 1) == 1;
	return onnx_quantizing_is(n, "Gemm") && plain ? !onnx_quantizing_int(n, "transB", 0) : -1;
}

static bool
is_product(const format_onnx_model *m, const format_onnx_node *n)
{
	int axis = onnx_quantizing_axis(m, n);
	const format_onnx_tensor *b = n->n_in > 2 && *n->in[2] ? onnx_quantizing_floats(m, n->in[2]) : NULL;
	if (axis < 0 || (n->n_in > 2 && *n->in[2] && !b))
		return false;
	return !b || (b->rank == 1 && b->dim[0] == onnx_quantizing_floats(m, n->in[1])->dim[axis]);
}

/* Of all pixels, which stay as axes of 1? */
static bool
is_mean(const format_onnx_model *m, const format_onnx_node *n)
{
	if (onnx_quantizing_is(n, "GlobalAveragePool"))
		return true;
	const format_onnx_attr *a = format_onnx_find_attr(n, "axes");
	const format_onnx_initializer *t = n->n_in > 1 ? initializer(m, n->in[1]) : NULL;
	int64_t axes[2] = { 0 };
	if (!onnx_quantizing_is(n, "ReduceMean") || !onnx_quantizing_int(n, "keepdims", 1))
		return false;
	if (a && a->n_ints == 2)
		memcpy(axes, a->ints, sizeof axes);
	else if (t && t->tensor->type == FORMAT_ONNX_INT64 && format_onnx_count(t->tensor) == 2)
		format_onnx_get_ints(t->tensor, 0, 2, axes);
	return (axes[0] == 2 && axes[1] == 3) || (axes[0] == -2 && axes[1] == -1) || (axes[0] == -1 && axes[1] == -2);
}

static onnx_part_kind
kind_of(const format_onnx_quantizing *q, const format_onnx_node *n)
{
	const format_onnx_model *m = q->m;
	if (is_product(m, n))
		return ONNX_PART_PRODUCT;
	if (is_mean(m, n))
		return ONNX_PART_FUNCTION;
	if (is_silu(&m->graph, n))
		return ONNX_PART_NOTHING;
	if ((onnx_quantizing_is(n, "Add") || onnx_quantizing_is(n, "Mul")) && !initializer(m, n->in[0])
		&& !initializer(m, n->in[1]))
		return ONNX_PART_PAIR;
	if (onnx_quantizing_is(n, "Concat"))
		return ONNX_PART_JOIN;
	if ((onnx_quantizing_is(n, "MaxPool") && n->n_out == 1) || is_resizing(n))
		return ONNX_PART_CHOICE;
	if (!is_function(n))
		return ONNX_PART_NOTHING;
	/* relu directly behind a product or a sum becomes part of it, hardswish of a product */
	const format_onnx_node *before = format_onnx_maker(&m->graph, n->in[0]);
	bool clamps = onnx_quantizing_is(n, "Relu") || onnx_quantizing_is(n, "Clip");
	bool joins = before && format_onnx_readers(&m->graph, n->in[0]) == 1
		&& ((onnx_quantizing_is(before, "Conv") && (clamps || onnx_quantizing_is(n, "HardSwish")))
			|| (clamps && (onnx_quantizing_is(before, "Add") || onnx_quantizing_is(before, "Mul"))));
	return joins ? ONNX_PART_NOTHING : ONNX_PART_FUNCTION;
}

int
onnx_quantizing_find(const format_onnx_quantizing *q, const char *name)
{
	for (int i = 0; i < q->n_tensor; i++)
		if (!strcmp(q->tensor[i].name, name))
			return i;
	return -1;
}

static int
add_tensor(format_onnx_quantizing *q, const char *name)
{
	int at = onnx_quantizing_find(q, name);
	bool given = false;
	if (at >= 0 || !*name || initializer(q->m, name))
		return at;
	for (int i = 0; i < q->m->graph.n_in; i++)
		given |= !strcmp(q->m->graph.in[i].name, name);
	q->tensor[q->n_tensor] = (format_onnx_quantity){ name, given, q->n_tensor, INFINITY, -INFINITY, 0, { 0 }, 0, NULL,
		NULL, NULL };
	return q->n_tensor++;
}

int
onnx_quantizing_root(const format_onnx_quantizing *q, int i)
{
	while (q->tensor[i].like != i)
		i = q->tensor[i].like;
	return i;
}

static void
share(format_onnx_quantizing *q, int a, int b)
{
	int x = a < 0 || b < 0 ? -1 : onnx_quantizing_root(q, a), y = x < 0 ? -1 : onnx_quantizing_root(q, b);
	if (x >= 0 && x != y)
		q->tensor[x > y ? x : y].like = x > y ? y : x;
}

/* Which input of a sum a convolution makes for it alone, of two the later: it stays in real numbers, as the convolution
 * adds the other to its own sums and rounds once. -1: none. */
static int
own_sum(const format_onnx_quantizing *q, const format_onnx_node *n)
{
	const format_onnx_node *latest = NULL;
	int found = -1;
	for (int k = 0; onnx_quantizing_is(n, "Add") && k < n->n_in; k++) {
		const format_onnx_node *maker = format_onnx_maker(&q->m->graph, n->in[k]);
		if (maker && onnx_quantizing_is(maker, "Conv") && is_product(q->m, maker)
			&& format_onnx_readers(&q->m->graph, n->in[k]) == 1 && (!latest || maker > latest)) {
			latest = maker;
			found = k;
		}
	}
	return found;
}

static secant_status
look(format_onnx_quantizing *q, secant_err *err)
{
	format_onnx_graph *g = &q->m->graph;
	for (int i = 0; i < g->n_node; i++) {
		const format_onnx_node *n = &g->node[i];
		onnx_part *p = &q->part[i];
		int inputs = 0, own = own_sum(q, n);
		*p = (onnx_part){ kind_of(q, n), -1, n->n_in,
			base_arena_alloc(q->m->arena, ((size_t)n->n_in + 1) * sizeof *p->in), -1 };
		if (!p->in)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		for (int k = 0; k < n->n_in; k++) {
			bool data = (p->kind == ONNX_PART_PAIR && k != own) || p->kind == ONNX_PART_JOIN
				|| (p->kind != ONNX_PART_PAIR && k == 0);
			p->in[k] = p->kind && data ? add_tensor(q, n->in[k]) : -1;
			inputs += p->in[k] >= 0;
		}
		if (!inputs || (p->kind == ONNX_PART_JOIN && inputs < n->n_in))
			p->kind = ONNX_PART_NOTHING;
		if (p->kind == ONNX_PART_PRODUCT) {
			p->product = q->n_product;
			q->product[q->n_product++] = (format_onnx_product){ .node = i, .name = *n->name ? n->name : n->out[0] };
		}
	}
	for (int i = 0; i < g->n_node; i++) { /* results that somebody reads in bytes */
		onnx_part *p = &q->part[i];
		p->out = g->node[i].n_out ? onnx_quantizing_find(q, g->node[i].out[0]) : -1;
		for (int k = i + 1; k < g->n_node && p->kind == ONNX_PART_PAIR && p->out < 0; k++)
			if (g->node[k].n_in && !strcmp(g->node[k].in[0], g->node[i].out[0]) && q->part[k].kind == ONNX_PART_NOTHING
				&& is_function(&g->node[k]))
				p->out = onnx_quantizing_find(q, g->node[k].out[0]);
		for (int k = 0; k < p->n && (p->kind == ONNX_PART_JOIN || p->kind == ONNX_PART_CHOICE); k++)
			share(q, p->in[k], p->out);
		for (int k = 0; k < p->n && p->kind == ONNX_PART_JOIN; k++)
			share(q, p->in[0], p->in[k]);
	}
	return q->n_product ? SECANT_OK
						: secant_fail(err, SECANT_ERR_UNSUPPORTED,
							"no layer has weights of 32-bit floats: there is nothing to quantise");
}

secant_status
format_onnx_quantizing_begin(format_onnx_quantizing *q, format_onnx_model *m, secant_err *err)
{
	*q = (format_onnx_quantizing){ .m = m };
	size_t inputs = 1;
	if (m->opset < 10)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"operator set %lld has no quantised numbers: export the network at 13 or newer", (long long)m->opset);
	if (format_onnx_writable(m, err) || fold_norms(q, err))
		return err->code;
	for (int i = 0; i < m->graph.n_node; i++)
		inputs += (size_t)m->graph.node[i].n_in;
	q->part = base_arena_alloc(m->arena, ((size_t)m->graph.n_node + 1) * sizeof *q->part);
	q->product = base_arena_alloc(m->arena, ((size_t)m->graph.n_node + 1) * sizeof *q->product);
	q->tensor = base_arena_alloc(m->arena, inputs * sizeof *q->tensor);
	if (!q->part || !q->product || !q->tensor)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	return look(q, err);
}

/* ---- channels ---- */

bool
format_onnx_quantizing_channels(format_onnx_quantizing *q, int t, int64_t channels)
{
	format_onnx_quantity *v = &q->tensor[t];
	if (channels > 0 && !v->channels
		&& (v->most = base_arena_alloc(q->m->arena, 3 * (size_t)channels * sizeof *v->most))) {
		memset(v->most, 0, 3 * (size_t)channels * sizeof *v->most);
		v->mean = v->most + channels;
		v->stored = v->mean + channels;
		v->channels = channels;
	}
	return v->channels == channels;
}

/* Initialiser k of a node as numbers that may be changed, which stand in its place; NULL: no memory. */
static float *
own_numbers(format_onnx_quantizing *q, format_onnx_node *n, int k, secant_err *err)
{
	const format_onnx_tensor *t = onnx_quantizing_floats(q->m, n->in[k]);
	format_onnx_tensor *own = new_floats(q->m, FORMAT_ONNX_FLOAT, t->rank, t->dim, err);
	const char **in = base_arena_alloc(q->m->arena, ((size_t)n->n_in + 1) * sizeof *in);
	char *name = base_arena_format(q->m->arena, "%s.even", n->in[k]);
	if (!own || !in || !name)
		return NULL;
	memcpy(own->data, t->data, (size_t)format_onnx_count(t) * sizeof(float));
	memcpy(in, n->in, (size_t)n->n_in * sizeof *in);
	if (!(in[k] = add_initializer(q->m, name, own)))
		return NULL;
	n->in = in;
	return own->data;
}

/* The convolution that alone reads what product node n gives, behind a relu or not; NULL. */
static format_onnx_node *
following(const format_onnx_quantizing *q, const format_onnx_node *n)
{
	const char *name = n->out[0];
	for (int i = 0; i < q->m->graph.n_node; i++) {
		format_onnx_node *r = &q->m->graph.node[i];
		if (!r->n_in || strcmp(r->in[0], name) != 0)
			continue;
		if (format_onnx_readers(&q->m->graph, name) != 1)
			return NULL;
		if (onnx_quantizing_is(r, "Conv"))
			return q->part[i].kind == ONNX_PART_PRODUCT && format_onnx_readers(&q->m->graph, r->in[1]) == 1 ? r : NULL;
		if (!onnx_quantizing_is(r, "Relu"))
			return NULL;
		name = r->out[0];
	}
	return NULL;
}

/* What each channel between two convolutions is divided by; false: nothing can be gained. */
static bool
dividers(const format_onnx_quantizing *q, const format_onnx_node *to, int64_t channels, double *by)
{
	const format_onnx_tensor *w = onnx_quantizing_floats(q->m, to->in[1]);
	int t = onnx_quantizing_find(q, to->in[0]);
	int64_t group = onnx_quantizing_int(to, "group", 1), each = format_onnx_count(w) / (w->dim[0] * w->dim[1]);
	bool single = group == channels && w->dim[1] == 1 && w->dim[0] == channels;
	double sum = 0;
	if (t < 0 || q->tensor[t].channels != channels || (!single && (group != 1 || w->dim[1] != channels)))
		return false;
	for (int64_t c = 0; c < channels; c++) {
		double most = q->tensor[t].most[c], weight = 0;
		for (int64_t o = 0; o < w->dim[0] && !single; o++)
			for (int64_t k = 0; k < each; k++)
				weight = fmax(weight, fabs((double)((const float *)w->data)[(o * channels + c) * each + k]));
		by[c] = single ? most : weight > 0 ? sqrt(most / weight) : 0;
		by[c] = by[c] > 1e-12 && by[c] < 1e12 ? by[c] : 0; /* 0: a channel that is never there stays */
		sum = fmax(sum, by[c]);
	}
	for (int64_t c = 0; c < channels; c++)
		by[c] = by[c] > 0 ? fmax(by[c] / sum, 1e-3) : 1;
	return sum > 0;
}

static secant_status
equalise(format_onnx_quantizing *q, format_onnx_node *from, format_onnx_node *to, const double *by, secant_err *err)
{
	const int64_t *a = onnx_quantizing_floats(q->m, from->in[1])->dim,
				  *b = onnx_quantizing_floats(q->m, to->in[1])->dim;
	int64_t out = a[0], each = a[1] * a[2] * a[3], taps = b[2] * b[3];
	bool biased = from->n_in > 2 && *from->in[2];
	float *w = own_numbers(q, from, 1, err), *bias = w && biased ? own_numbers(q, from, 2, err) : NULL,
		  *v = w && (bias || !biased) ? own_numbers(q, to, 1, err) : NULL;
	if (!v)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to equalise channels");
	for (int64_t i = 0; i < out * each; i++)
		w[i] = (float)((double)w[i] / by[i / each]);
	for (int64_t c = 0; c < out && bias; c++)
		bias[c] = (float)((double)bias[c] / by[c]);
	for (int64_t i = 0; i < b[0] * b[1] * taps; i++)
		v[i] = (float)((double)v[i] * by[b[1] == 1 ? i / taps : i / taps % b[1]]);
	return SECANT_OK;
}

int
format_onnx_quantizing_equalise(format_onnx_quantizing *q, secant_err *err)
{
	int n = 0;
	for (int i = 0; i < q->n_product; i++) {
		format_onnx_node *from = &q->m->graph.node[q->product[i].node], *to;
		const format_onnx_tensor *w = onnx_quantizing_floats(q->m, from->in[1]);
		if (!onnx_quantizing_is(from, "Conv") || format_onnx_readers(&q->m->graph, from->in[1]) != 1
			|| !(to = following(q, from)))
			continue;
		double *by = secant_calloc((size_t)w->dim[0] + 1, sizeof *by);
		secant_status s = by ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory to equalise channels");
		if (!s && dividers(q, to, w->dim[0], by) && !(s = equalise(q, from, to, by, err)))
			n++;
		secant_free(by);
		if (s)
			return -1;
	}
	for (int t = 0; t < q->n_tensor; t++) {
		format_onnx_quantity *v = &q->tensor[t];
		*v = (format_onnx_quantity){ v->name, v->given, v->like, INFINITY, -INFINITY, 0, { 0 }, 0, NULL, NULL, NULL };
	}
	return n;
}
