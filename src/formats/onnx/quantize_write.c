/* The file of a quantised network: pairs of QuantizeLinear and DequantizeLinear around what is computed in bytes. */
#include <math.h>
#include <string.h>
#include "formats/onnx/encode.h"
#include "formats/onnx/quantizing.h"
#include "formats/onnx/wire.h"

typedef struct writing {
	const format_onnx_quantizing *q;
	base_str graph;
	bool *wanted; /* of each quantity */
	bool *scaled; /* of each root: its scale is in the file */
	bool *on; /* of each node: it is computed in bytes */
	secant_err *err;
} writing;

static bool
same_shape(const format_onnx_quantity *a, const format_onnx_quantity *b)
{
	return a->rank > 0 && a->rank == b->rank && !memcmp(a->dim, b->dim, sizeof *a->dim * (size_t)a->rank);
}

/* N x C x 1 x 1 beside N x C x H x W? */
static bool
is_of_pictures(const format_onnx_quantity *a, const format_onnx_quantity *b)
{
	return a->rank == 4 && b->rank == 4 && a->dim[0] == b->dim[0] && a->dim[1] == b->dim[1] && a->dim[2] == 1
		&& a->dim[3] == 1;
}

/* Can a node be computed in bytes, and does somebody want what comes of it so? */
static bool
in_bytes(const writing *w, const onnx_part *p)
{
	const format_onnx_quantizing *q = w->q;
	if (p->kind == ONNX_PART_NOTHING || (p->kind == ONNX_PART_PRODUCT && q->product[p->product].kept))
		return false;
	if (p->kind != ONNX_PART_PRODUCT && (p->out < 0 || !w->wanted[p->out]))
		return false;
	if (p->kind == ONNX_PART_PAIR) {
		/* what stays real is as large as the result */
		const format_onnx_quantity *a = &q->tensor[p->in[0] < 0 ? p->out : p->in[0]],
								   *b = &q->tensor[p->in[1] < 0 ? p->out : p->in[1]];
		if (!same_shape(a, b) && !is_of_pictures(a, b) && !is_of_pictures(b, a))
			return false;
	}
	for (int k = 0; k < p->n; k++)
		if (p->in[k] >= 0 && !(q->tensor[p->in[k]].rank > 0)) /* nothing was seen of it */
			return false;
	return true;
}

static void
put_numbers(writing *w, const char *name, int type, int rank, int64_t n, const double *v)
{
	format_onnx_tensor *t = format_onnx_tensor_new(type, rank, &n, 0, w->err);
	if (!t) {
		w->graph.failed = true;
		return;
	}
	format_onnx_put_reals(t, 0, rank ? n : 1, v);
	format_onnx_put_initializer(&w->graph, name, t);
	format_onnx_tensor_drop(t);
}

static void
put_pair(writing *w, const char *op, const char *in, const char *scale, const char *zero, const char *out, int along)
{
	const char *from[3] = { in, scale, zero }, *to[1] = { out };
	format_onnx_attr axis = { .name = "axis", .type = 2, .i = along, .s = "" }; /* -1: one scale */
	format_onnx_node n = { .op = op,
		.domain = "",
		.name = out,
		.n_in = zero ? 3 : 2,
		.n_out = 1,
		.in = from,
		.out = to,
		.attr = &axis,
		.n_attr = along >= 0 };
	format_onnx_put_node(&w->graph, &n);
}

static const char *
named(writing *w, const char *name, const char *what)
{
	char *s = base_arena_format(w->q->m->arena, "%s%s", name, what);
	w->graph.failed |= !s;
	return s ? s : "";
}

void
format_onnx_quantizing_scale(const format_onnx_quantizing *q, int t, double *scale, double *zero)
{
	int root = onnx_quantizing_root(q, t);
	double low = 0, high = 0;
	for (int i = 0; i < q->n_tensor; i++)
		if (onnx_quantizing_root(q, i) == root) {
			low = fmin(low, q->tensor[i].low);
			high = fmax(high, q->tensor[i].high);
		}
	*scale = (double)(float)(fmax(high - low, 1e-6) / 255);
	*zero = fmin(fmax(nearbyint(-low / *scale), 0), 255);
}

/* Bytes and back, behind what makes quantity t. Who shares a scale reads the same one, so that it stays so where it
 * learns. */
static void
put_quantity(writing *w, int t)
{
	int root = onnx_quantizing_root(w->q, t);
	const char *name = w->q->tensor[t].name, *of = w->q->tensor[root].name, *s = named(w, of, "_scale"),
			   *z = named(w, of, "_zero_point"), *b = named(w, name, "_quantized");
	double scale, zero;
	format_onnx_quantizing_scale(w->q, t, &scale, &zero);
	if (!w->scaled[root]) {
		put_numbers(w, s, FORMAT_ONNX_FLOAT, 0, 1, &scale);
		put_numbers(w, z, FORMAT_ONNX_UINT8, 0, 1, &zero);
	}
	w->scaled[root] = true;
	put_pair(w, "QuantizeLinear", name, s, z, b, -1);
	put_pair(w, "DequantizeLinear", b, s, z, named(w, name, "_dequantized"), -1);
}

/* The output that number i of weights belongs to. */
static int64_t
output_of(const format_onnx_tensor *t, int axis, int64_t i)
{
	for (int k = axis + 1; k < t->rank; k++)
		i /= t->dim[k];
	return i % t->dim[axis];
}

/* Scales of weights: the largest of each output is 127; of an old operator set one for all. */
static int64_t
scales_of(const writing *w, const format_onnx_tensor *t, int axis, double *scale)
{
	int64_t out = t->dim[axis], n = w->q->m->opset < 13 ? 1 : out;
	for (int64_t o = 0; o < n; o++)
		scale[o] = 0;
	for (int64_t i = 0; i < format_onnx_count(t); i++) {
		double *s = &scale[n > 1 ? output_of(t, axis, i) : 0], v = fabs((double)((const float *)t->data)[i]) / 127;
		*s = v > *s ? v : *s;
	}
	for (int64_t o = 0; o < n; o++)
		scale[o] = scale[o] > 1e-12 ? (double)(float)scale[o] : 1e-12;
	return n;
}

/* What rounding of weights and of what they multiply adds to the mean of each output of a convolution of pictures. */
static void
subtract_shift(const writing *w, const format_onnx_node *n, int t, const int8_t *whole, const double *scale, bool many,
	double *bias)
{
	const format_onnx_tensor *real = onnx_quantizing_floats(w->q->m, n->in[1]);
	const format_onnx_quantity *x = &w->q->tensor[t];
	int64_t out = real->dim[0], in = real->dim[1], taps = real->dim[2] * real->dim[3],
			group = out / onnx_quantizing_int(n, "group", 1);
	if (in * onnx_quantizing_int(n, "group", 1) != x->channels)
		return;
	for (int64_t i = 0; i < out * in * taps; i++) {
		int64_t o = i / taps / in, c = o / group * in + i / taps % in;
		bias[o] += (double)((const float *)real->data)[i] * x->mean[c] - whole[i] * scale[many ? o : 0] * x->stored[c];
	}
}

/* Weights and bias of a product as bytes and 32-bit sums; fills the names of what stands for them. */
static secant_status
put_weights(writing *w, format_onnx_node *n, const onnx_part *p, const char **in)
{
	const format_onnx_tensor *t = onnx_quantizing_floats(w->q->m, n->in[1]);
	const format_onnx_tensor *b = n->n_in > 2 && *n->in[2] ? onnx_quantizing_floats(w->q->m, n->in[2]) : NULL;
	int axis = onnx_quantizing_axis(w->q->m, n);
	int64_t out = t->dim[axis], count = format_onnx_count(t);
	bool corrects = w->q->corrects && onnx_quantizing_is(n, "Conv") && w->q->tensor[p->in[0]].channels > 0;
	double *scale = secant_calloc((size_t)out + 1, sizeof *scale), *bias = secant_calloc((size_t)out + 1, sizeof *bias),
		   x, zero;
	format_onnx_tensor *whole = format_onnx_tensor_new(FORMAT_ONNX_INT8, t->rank, t->dim, 0, w->err);
	const char *id = named(w, p->product < 0 ? "" : w->q->product[p->product].name, "");
	if (!scale || !bias || !whole) {
		secant_free(scale);
		secant_free(bias);
		format_onnx_tensor_drop(whole);
		return secant_fail(w->err, SECANT_ERR_NOMEM, "no memory for weights");
	}
	int64_t scales = scales_of(w, t, axis, scale);
	bool many = scales > 1;
	for (int64_t i = 0; i < count; i++)
		((int8_t *)whole->data)[i] = (int8_t)fmin(
			fmax(nearbyint((double)((const float *)t->data)[i] / scale[many ? output_of(t, axis, i) : 0]), -127), 127);
	for (int64_t o = 0; o < out && b; o++)
		bias[o] = (double)((const float *)b->data)[o];
	if (corrects)
		subtract_shift(w, n, p->in[0], whole->data, scale, many, bias);
	const char *q = named(w, id, ".weight_quantized"), *s = named(w, id, ".weight_scale");
	format_onnx_put_initializer(&w->graph, q, whole);
	format_onnx_tensor_drop(whole);
	put_numbers(w, s, FORMAT_ONNX_FLOAT, many, scales, scale);
	put_pair(w, "DequantizeLinear", q, s, NULL, in[1] = named(w, id, ".weight_dequantized"), many ? axis : -1);
	format_onnx_quantizing_scale(w->q, p->in[0], &x, &zero);
	for (int64_t o = 0; o < out; o++) {
		double step = (double)(float)(x * scale[many ? o : 0]);
		bias[o] = fmin(fmax(nearbyint(bias[o] / step), -2147483648.0), 2147483647);
	}
	for (int64_t o = 0; o < scales; o++)
		scale[o] = (double)(float)(x * scale[o]);
	if (b || corrects) {
		const char *bq = named(w, id, ".bias_quantized"), *bs = named(w, id, ".bias_scale");
		put_numbers(w, bq, FORMAT_ONNX_INT32, 1, out, bias);
		put_numbers(w, bs, FORMAT_ONNX_FLOAT, many, scales, scale);
		put_pair(w, "DequantizeLinear", bq, bs, NULL, in[2] = named(w, id, ".bias_dequantized"), many ? 0 : -1);
		n->n_in = 3;
	}
	secant_free(scale);
	secant_free(bias);
	return w->err->code;
}

static secant_status
put_node(writing *w, int i)
{
	const format_onnx_quantizing *q = w->q;
	format_onnx_node n = q->m->graph.node[i];
	const onnx_part *p = &q->part[i];
	bool bytes = w->on[i], kept = p->kind == ONNX_PART_PRODUCT && q->product[p->product].kept;
	const char **in = base_arena_alloc(q->m->arena, ((size_t)n.n_in + 2) * sizeof *in);
	if (!in)
		return secant_fail(w->err, SECANT_ERR_NOMEM, "no memory");
	for (int k = 0; k < n.n_in; k++) {
		int t = onnx_quantizing_find(q, n.in[k]);
		in[k] = t >= 0 && w->wanted[t] && !kept ? named(w, n.in[k], "_dequantized") : n.in[k];
	}
	if (bytes && p->kind == ONNX_PART_PRODUCT && put_weights(w, &n, p, in))
		return w->err->code;
	n.in = in;
	format_onnx_put_node(&w->graph, &n);
	for (int k = 0; k < n.n_out; k++) {
		int t = onnx_quantizing_find(q, n.out[k]);
		if (t >= 0 && w->wanted[t])
			put_quantity(w, t);
	}
	return SECANT_OK;
}

/* Initialisers that somebody still reads. */
static void
put_initializers(writing *w)
{
	const format_onnx_graph *g = &w->q->m->graph;
	for (int i = 0; i < g->n_init; i++) {
		int uses = format_onnx_readers(g, g->init[i].name);
		for (int k = 0; k < w->q->n_product; k++) {
			const format_onnx_node *n = &g->node[w->q->product[k].node];
			for (int j = 1; j < n->n_in && w->on[w->q->product[k].node]; j++)
				uses -= !strcmp(n->in[j], g->init[i].name);
		}
		if (uses > 0)
			format_onnx_put_initializer(&w->graph, g->init[i].name, g->init[i].tensor);
	}
}

secant_status
format_onnx_quantizing_write(const format_onnx_quantizing *q, base_str *out, secant_err *err)
{
	secant_err own = { 0 };
	const format_onnx_graph *g = &q->m->graph;
	writing w = { .q = q, .err = &own };
	w.wanted = secant_calloc(2 * (size_t)q->n_tensor + 1, sizeof *w.wanted);
	w.scaled = w.wanted ? w.wanted + q->n_tensor : NULL;
	w.on = secant_calloc((size_t)g->n_node + 1, sizeof *w.on);
	if (!w.wanted || !w.on)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
	for (int i = g->n_node - 1; i >= 0 && !own.code; i--) {
		w.on[i] = in_bytes(&w, &q->part[i]);
		for (int k = 0; k < q->part[i].n && w.on[i]; k++)
			if (q->part[i].in[k] >= 0)
				w.wanted[q->part[i].in[k]] = true;
	}
	for (int t = 0; t < q->n_tensor && !own.code; t++)
		if (q->tensor[t].given && w.wanted[t])
			put_quantity(&w, t);
	for (int i = 0; i < g->n_node && !own.code; i++)
		(void)!put_node(&w, i);
	if (!own.code) {
		put_initializers(&w);
		format_wire_put_text(&w.graph, 2, g->name && *g->name ? g->name : "graph");
		for (int i = 0; i < g->n_in + g->n_out; i++)
			format_onnx_put_info(&w.graph, i < g->n_in ? 11 : 12, i < g->n_in ? &g->in[i] : &g->out[i - g->n_in]);
		format_onnx_put_model(out, q->m, &w.graph);
		if (out->failed)
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a model");
	} else
		base_str_free(&w.graph);
	secant_free(w.wanted);
	secant_free(w.on);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
