/*
 * Quantised numbers from product to product as they are stored. Networks say it with pairs: quantize makes bytes,
 * dequantize makes real numbers of them for the next layer (ONNX's QDQ). Here a layer between the two becomes one that
 * reads bytes and writes bytes:
 *
 *     conv2d(dequantize(x), dequantize(w), ...) and quantize     conv2d_bytes
 *     such a convolution, a sum that alone reads it, clamp       the same
 *     add, mul of two dequantized, an activation, quantize       add_bytes
 *     a mean of all pixels, quantize                             mean_bytes
 *     an activation between the two, or another scale            act_bytes
 *     what only moves numbers, max_pool2d, nearest resize        the same on bytes
 *     bilinear resize, quantize with the same scale              the same on bytes
 *
 * A layer whose result is moved before it is quantised is quantised first: the numbers are the same. A layer whose
 * result somebody wants as real numbers gives those. Sums are exact where the plain graph rounds, so the
 * two may differ by one step of the result's scale.
 */
#include <string.h>
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/known.h"
#include "ops/resize_map.h"

/* Values of the new graph: bytes, and what they stand for. */
typedef struct bytes {
	graph_value q, scale, zero;
	double step, offset; /* the numbers of scale and zero */
	secant_dtype dtype;
} bytes;

typedef struct fusing {
	graph_rewrite w;
	bytes *stored; /* of each value of the old graph; q -1: it is no dequantised one */
	graph_value *same; /* of each node: the value of the old graph that its result is; -1: it is its own */
	int *summed; /* of each sum: the convolution that is written in its place and adds the other + 1; 0: none */
} fusing;

/* ---- what is known ---- */

static const double *
numbers_of(const fusing *f, graph_value v)
{
	return v < 0 ? NULL : graph_value_at(f->w.from, v)->numbers;
}

/* Scale and zero of a quantize or dequantize node, if they are one constant each. */
static bool
scale_of(fusing *f, const graph_node *n, secant_dtype dtype, bytes *b)
{
	const double *step = numbers_of(f, n->in[1]);
	graph_value z = n->n_in > 2 ? n->in[2] : -1;
	bool is_byte = dtype == SECANT_U8 || dtype == SECANT_I8;
	if (!is_byte || !step || secant_shape_count(graph_shape(f->w.from, n->in[1])) != 1 || (z >= 0 && !numbers_of(f, z)))
		return false;
	double offset = z < 0 ? 0 : numbers_of(f, z)[0];
	if (offset < (dtype == SECANT_I8 ? -128 : 0) || offset > (dtype == SECANT_I8 ? 127 : 255))
		return false;
	*b = (bytes){ -1, graph_rewrite_value(&f->w, n->in[1]), -1, step[0], offset, dtype };
	b->zero = graph_constant(f->w.to, SECANT_I32, &(secant_shape){ 0 }, &offset);
	return true;
}

static secant_dtype
dtype_of(const fusing *f, graph_value v)
{
	return graph_value_at(f->w.from, v)->type.dtype;
}

/* The only reader of v. */
static const graph_node *
reader_of(const fusing *f, graph_value v)
{
	return f->w.readers[v].count == 1 ? graph_get_node(f->w.from, f->w.readers[v].node) : NULL;
}

/* The quantize node, with one scale, that alone reads v. */
static const graph_node *
ending_of(fusing *f, graph_value v, bytes *to)
{
	const graph_node *q = reader_of(f, v);
	return q && q->op == &op_quantize && q->in[0] == v && scale_of(f, q, dtype_of(f, q->out[0]), to) ? q : NULL;
}

static bool
is_clamp(int act)
{
	return act == OP_ACT_NONE || act == OP_ACT_RELU || act == OP_ACT_relu6;
}

/* The same where v is only moved or clamped before: who is quantised first gives the same numbers. *direct: it is not.
 */
static const graph_node *
ending_behind(fusing *f, graph_value v, bytes *to, bool *direct)
{
	const graph_node *n = reader_of(f, v);
	*direct = true;
	while (n && n->n_out == 1 && !ending_of(f, v, to)) {
		bool nothing = f->same[graph_rewrite_index(&f->w, n)] >= 0;
		if (!nothing && !n->op->moves && (n->n_in != 1 || op_act_of(n) == OP_ACT_NONE || !is_clamp(op_act_of(n))))
			return NULL;
		*direct = false;
		v = n->out[0];
		n = reader_of(f, v);
	}
	return n ? ending_of(f, v, to) : NULL;
}

static bool
same(const bytes *a, const bytes *b)
{
	return a->step == b->step && a->offset == b->offset && a->dtype == b->dtype;
}

/* Old value v is dequantised bytes: as real numbers for whoever wants them so (else nobody computes those). */
static void
keep_stored(fusing *f, graph_value v, const bytes *b)
{
	op_quantize_attr a = { .axis = -1 };
	f->stored[v] = *b;
	f->w.map[v] = graph_apply(f->w.to, "dequantize", &a, 3, b->q, b->scale, b->zero);
}

/* ---- layers ---- */

/* Weights of bytes: a state, one scale or one for each output, zeros 0. */
static const graph_node *
weights_of(const fusing *f, graph_value v)
{
	const graph_node *n = graph_rewrite_maker(&f->w, v, "dequantize");
	if (!n || !graph_rewrite_is_state(&f->w, n->in[0]) || dtype_of(f, n->in[0]) != SECANT_I8
		|| !numbers_of(f, n->in[1]))
		return NULL;
	int64_t scales = secant_shape_count(graph_shape(f->w.from, n->in[1]));
	const double *zero = n->n_in > 2 ? numbers_of(f, n->in[2]) : NULL;
	if ((scales > 1 && op_axis_of(((const op_quantize_attr *)n->attr)->axis, 4) != 0)
		|| (n->n_in > 2 && n->in[2] >= 0 && !zero))
		return NULL;
	for (int64_t i = 0; zero && i < scales; i++)
		if (zero[i] != 0)
			return NULL;
	return n;
}

/* Result `of` as bytes v: of the quantize node behind it, or of itself where that is quantised after a move. */
static void
give_bytes(fusing *f, graph_value of, const graph_node *end, bool direct, graph_value v, bytes *to)
{
	if (direct) {
		f->w.map[end->out[0]] = v;
		graph_rewrite_leave_out(&f->w, end);
	} else {
		to->q = v;
		keep_stored(f, of, to);
	}
}

/* A row of numbers that is added to the reshaped result of a product without bias is its bias; -1. */
static graph_value
bias_behind(fusing *f, const graph_node *n)
{
	const graph_node *r = reader_of(f, n->out[0]), *add = r && r->op == &op_reshape ? reader_of(f, r->out[0]) : NULL;
	if (!add || add->op != &op_add || ((const op_conv_attr *)n->attr)->act)
		return -1;
	int k = add->in[0] == r->out[0];
	const secant_shape *y = graph_shape(f->w.from, n->out[0]), *z = graph_shape(f->w.from, r->out[0]),
					   *b = graph_shape(f->w.from, add->in[k]);
	int64_t out = y->dim[y->rank - 1];
	if (z->rank < 1 || z->dim[z->rank - 1] != out || b->rank != 1 || b->dim[0] != out
		|| graph_value_at(f->w.from, add->in[k])->kind == GRAPH_VALUE_NODE)
		return -1;
	f->same[graph_rewrite_index(&f->w, add)] = r->out[0];
	return graph_rewrite_value(&f->w, add->in[k]);
}

static bool
is_conv_of_bytes(const fusing *f, const graph_node *n)
{
	return n->op == &op_conv2d && f->stored[n->in[0]].q >= 0 && weights_of(f, n->in[1]);
}

/* The sum that alone reads convolution n, where n has room for it and no other convolution takes it. */
static const graph_node *
sum_behind(const fusing *f, const graph_node *n)
{
	const graph_node *add = is_conv_of_bytes(f, n) && n->n_in < 4 && !((const op_conv_attr *)n->attr)->act
		? reader_of(f, n->out[0])
		: NULL;
	return add && add->op == &op_add && add->in[0] != add->in[1] && !f->summed[graph_rewrite_index(&f->w, add)]
			&& secant_shape_equal(graph_shape(f->w.from, add->in[0]), graph_shape(f->w.from, add->in[1]))
		? add
		: NULL;
}

/* A clamp that alone reads v is taken in; which, and the value that comes of it. */
static int
take_clamp(fusing *f, graph_value *v)
{
	const graph_node *n = reader_of(f, *v);
	int act = n && n->n_in == 1 ? op_act_of(n) : OP_ACT_NONE;
	if (act == OP_ACT_NONE || !is_clamp(act))
		return OP_ACT_NONE;
	graph_rewrite_leave_out(&f->w, n);
	*v = n->out[0];
	return act;
}

/* Convolution n, and `sum` (or NULL) that is written with it. */
static bool
write_conv(fusing *f, const graph_node *n, const graph_node *sum)
{
	const op_conv_attr *a = n->attr;
	const bytes *x = &f->stored[n->in[0]];
	bytes to;
	bool direct = true;
	if (!is_conv_of_bytes(f, n))
		return false;
	const graph_node *w = weights_of(f, n->in[1]);
	op_conv_bytes_attr b = { a->stride, a->dilation, a->padding, a->groups, a->act, 0 };
	graph_value added = sum ? sum->in[sum->in[0] == n->out[0]] : n->n_in > 3 ? n->in[3] : -1;
	graph_value bias = graph_rewrite_input(&f->w, n, 2), out = sum ? sum->out[0] : n->out[0];
	if (bias < 0 && added < 0)
		bias = bias_behind(f, n);
	if (sum)
		b.act = take_clamp(f, &out);
	const graph_node *end = ending_behind(f, out, &to, &direct);
	if (end)
		b.to = to.dtype == SECANT_I8 ? 2 : 1;
	const bytes *r = added >= 0 && f->stored[added].q >= 0 ? &f->stored[added] : NULL;
	graph_scope(f->w.to, n->name);
	graph_value v = graph_apply(f->w.to, "conv2d_bytes", &b, 11, x->q, x->scale, x->zero,
		graph_rewrite_value(&f->w, w->in[0]), graph_rewrite_value(&f->w, w->in[1]), bias,
		r ? r->q : graph_rewrite_value(&f->w, added), r ? r->scale : -1, r ? r->zero : -1, end ? to.scale : -1,
		end ? to.zero : -1);
	if (end)
		give_bytes(f, out, end, direct, v, &to);
	else
		f->w.map[out] = v;
	return true;
}

/* The mean of all pixels, quantised after it or not. */
static bool
write_mean(fusing *f, const graph_node *n)
{
	const op_axes_attr *a = n->attr;
	const bytes *x = &f->stored[n->in[0]];
	bytes to;
	bool direct;
	if (n->op != &op_mean || x->q < 0 || graph_shape(f->w.from, n->in[0])->rank != 4 || a->axes.n != 2 || !a->keepdim)
		return false;
	for (int k = 0; k < 2; k++)
		if (op_axis_of(a->axes.v[k], 4) != 1 + k && op_axis_of(a->axes.v[k], 4) != 2 - k)
			return false;
	const graph_node *end = ending_behind(f, n->out[0], &to, &direct);
	op_mean_bytes_attr m = { end ? to.dtype == SECANT_I8 ? 2 : 1 : 0 };
	graph_scope(f->w.to, n->name);
	graph_value v = graph_apply(
		f->w.to, "mean_bytes", &m, 5, x->q, x->scale, x->zero, end ? to.scale : -1, end ? to.zero : -1);
	if (end)
		give_bytes(f, n->out[0], end, direct, v, &to);
	else
		f->w.map[n->out[0]] = v;
	return true;
}

/* N x 1 x 1 x C beside N x H x W x C? */
static bool
is_of_pictures(const secant_shape *y, const secant_shape *x)
{
	return x->rank == 4 && y->rank == 4 && y->dim[0] == x->dim[0] && y->dim[1] == 1 && y->dim[2] == 1
		&& y->dim[3] == x->dim[3];
}

/* a + b or a * b of one shape, or b one pixel for each picture of a; perhaps relu, quantize. */
static bool
write_sum(fusing *f, const graph_node *n)
{
	if ((n->op != &op_add && n->op != &op_mul) || f->stored[n->in[0]].q < 0 || f->stored[n->in[1]].q < 0)
		return false;
	const secant_shape *sx = graph_shape(f->w.from, n->in[0]), *sy = graph_shape(f->w.from, n->in[1]);
	bool turned = is_of_pictures(sx, sy) && !secant_shape_equal(sx, sy);
	if (!turned && !secant_shape_equal(sx, sy) && !is_of_pictures(sy, sx))
		return false;
	const bytes *x = &f->stored[n->in[turned]], *y = &f->stored[n->in[!turned]];
	const graph_node *act = reader_of(f, n->out[0]);
	int row = act && act->n_in == 1 ? op_act_of(act) : OP_ACT_NONE;
	bytes to;
	bool clamps = row != OP_ACT_NONE && is_clamp(row);
	const graph_node *end = ending_of(f, clamps ? act->out[0] : n->out[0], &to);
	if (!end)
		return false;
	op_add_bytes_attr a = { n->op == &op_mul, clamps ? row : OP_ACT_NONE, to.dtype == SECANT_I8 ? 2 : 1 };
	graph_scope(f->w.to, n->name);
	f->w.map[end->out[0]] = graph_apply(
		f->w.to, "add_bytes", &a, 8, x->q, x->scale, x->zero, y->q, y->scale, y->zero, to.scale, to.zero);
	graph_rewrite_leave_out(&f->w, end);
	if (clamps)
		graph_rewrite_leave_out(&f->w, act);
	return true;
}

static graph_value
with_scale(fusing *f, const bytes *x, int act, const bytes *to)
{
	op_act_bytes_attr a = { act, to->dtype == SECANT_I8 };
	return graph_apply(f->w.to, "act_bytes", &a, 5, x->q, x->scale, x->zero, to->scale, to->zero);
}

static bool
write_act(fusing *f, const graph_node *n)
{
	int act = n->n_in == 1 && f->stored[n->in[0]].q >= 0 ? op_act_of(n) : OP_ACT_NONE;
	bytes to;
	const graph_node *end = act ? ending_of(f, n->out[0], &to) : NULL;
	if (!end)
		return false;
	graph_scope(f->w.to, n->name);
	f->w.map[end->out[0]] = with_scale(f, &f->stored[n->in[0]], act, &to);
	graph_rewrite_leave_out(&f->w, end);
	return true;
}

/* The operator that does to bytes what n does to numbers, by choosing among them; NULL. */
static const char *
mover_of(const fusing *f, const graph_node *n)
{
	const op_resize_attr *r = n->attr;
	if (n->op == &op_max_pool2d)
		return f->w.readers[n->out[1]].count ? NULL : "max_pool2d_bytes";
	if (n->op == &op_resize)
		return n->n_in == 1 && r->size.n == 2 && op_resize_taps(r->mode) == 1 ? "resize_bytes" : NULL;
	return n->op->moves && n->n_out == 1 ? n->op->name : NULL;
}

static bool
write_mover(fusing *f, const graph_node *n)
{
	const char *op = mover_of(f, n);
	bool all = op != NULL, alike = true;
	for (int i = 0; i < n->n_in && all; i++)
		all = n->in[i] >= 0 && f->stored[n->in[i]].q >= 0;
	if (!all || !n->n_in)
		return false;
	bytes to = f->stored[n->in[0]];
	for (int i = 1; i < n->n_in; i++)
		alike = alike && same(&to, &f->stored[n->in[i]]);
	const graph_node *end = alike ? NULL : ending_of(f, n->out[0], &to);
	graph_value *in = alike || end ? graph_rewrite_room(&f->w, n) : NULL;
	if (!in)
		return false;
	graph_scope(f->w.to, n->name);
	for (int i = 0; i < n->n_in; i++) {
		const bytes *x = &f->stored[n->in[i]];
		in[i] = same(x, &to) ? x->q : with_scale(f, x, OP_ACT_NONE, &to);
	}
	const graph_node *made = graph_make_node(f->w.to, op, n->attr, n->n_in, in);
	to.q = made ? made->out[0] : -1;
	if (end) {
		f->w.map[end->out[0]] = to.q;
		graph_rewrite_leave_out(&f->w, end);
	} else
		keep_stored(f, n->out[0], &to);
	return true;
}

/* Between pixels: only where the result is stored with the scale that it comes with, since it is rounded once. */
static bool
write_between(fusing *f, const graph_node *n)
{
	const op_resize_attr *r = n->attr;
	const bytes *x = &f->stored[n->in[0]];
	bytes to;
	if (n->op != &op_resize || n->n_in != 1 || r->size.n != 2 || r->mode != OP_RESIZE_BILINEAR || x->q < 0)
		return false;
	const graph_node *end = ending_of(f, n->out[0], &to);
	if (!end || !same(&to, x))
		return false;
	graph_scope(f->w.to, n->name);
	f->w.map[end->out[0]] = graph_apply(f->w.to, "resize_bytes", r, 1, x->q);
	graph_rewrite_leave_out(&f->w, end);
	return true;
}

static void
write_node(fusing *f, int i)
{
	const graph_node *n = graph_get_node(f->w.from, i);
	const graph_node *sum = f->w.left_out[i] || !n->n_in || n->in[0] < 0 ? NULL : sum_behind(f, n);
	bytes b;
	if (f->w.left_out[i])
		return;
	if (sum) /* waits for the other to be there */
		f->summed[graph_rewrite_index(&f->w, sum)] = i + 1;
	else if (f->summed[i])
		(void)write_conv(f, graph_get_node(f->w.from, f->summed[i] - 1), n);
	else if (f->same[i] >= 0) {
		f->stored[n->out[0]] = f->stored[f->same[i]];
		f->w.map[n->out[0]] = f->w.map[f->same[i]];
	} else if (n->op == &op_dequantize && scale_of(f, n, dtype_of(f, n->in[0]), &b)) {
		b.q = graph_rewrite_value(&f->w, n->in[0]);
		keep_stored(f, n->out[0], &b);
	} else if (n->op == &op_quantize && f->stored[n->in[0]].q >= 0 && scale_of(f, n, dtype_of(f, n->out[0]), &b)) {
		const bytes *x = &f->stored[n->in[0]];
		f->w.map[n->out[0]] = same(x, &b) ? x->q : with_scale(f, x, OP_ACT_NONE, &b);
	} else if (!(n->n_in && n->in[0] >= 0
				   && (write_conv(f, n, NULL) || write_mean(f, n) || write_sum(f, n) || write_act(f, n)
					   || write_between(f, n) || write_mover(f, n))))
		graph_rewrite_node(&f->w, i);
}

graph_net *
op_pass_fuse_bytes(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	fusing f = { 0 };
	bool ok = graph_rewrite_begin(&f.w, g, keep, n, err);
	f.stored = secant_calloc((size_t)graph_values(g) + 1, sizeof *f.stored);
	f.same = secant_calloc((size_t)graph_nodes(g) + 1, sizeof *f.same);
	f.summed = secant_calloc((size_t)graph_nodes(g) + 1, sizeof *f.summed);
	if (ok && !(ok = f.stored && f.same && f.summed))
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to look for quantised layers");
	for (int i = 0; ok && i < graph_nodes(g); i++)
		f.same[i] = -1;
	for (int v = 0; ok && v < graph_values(g); v++)
		f.stored[v].q = -1;
	for (int i = 0; ok && i < graph_nodes(g); i++)
		write_node(&f, i);
	secant_free(f.stored);
	secant_free(f.same);
	secant_free(f.summed);
	return graph_rewrite_end(&f.w, keep, n, ok, err);
}
