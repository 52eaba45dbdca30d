/*
 * Graphs of ours as ONNX (write.h). Values of four axes that come from pictures are written channels first, as ONNX
 * wants them; everything else in our own order. Each operator is a function and a row of the table at the end; a graph
 * is walked once.
 */
#include "formats/onnx/write.h"
#include <math.h>
#include <string.h>
#include "formats/onnx/onnx.h"
#include "formats/onnx/wire.h"
#include "ops/ops.h"

typedef struct writer {
	const graph_net *g;
	const format_onnx_written *how;
	base_str graph; /* fields of GraphProto */
	base_str problems;
	const char **name; /* of every value: as it is written */
	bool *first; /* of every value: channels first */
	base_arena *arena;
	const graph_node *node;
	int serial, n_problems;
	bool beyond_half; /* a number was too large for 16 bits */
} writer;

static const secant_shape *
shape_of(const writer *w, graph_value v)
{
	return graph_shape(w->g, v);
}

/* ---- pieces of a model ---- */

static const char *
fresh(writer *w, const char *what)
{
	const char *scope = w->node && w->node->name ? w->node->name : "";
	const char *s = base_arena_format(w->arena, "%s%s%s_%d", scope, *scope ? "/" : "", what, w->serial++);
	w->graph.failed |= !s;
	return s ? s : "";
}

/* An initialiser of integers or floats. */
static const char *
constant(writer *w, int type, int rank, const int64_t *dim, const void *data, size_t bytes)
{
	base_str t = { 0 };
	const char *name = fresh(w, "constant");
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&t, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&t, 2, (uint64_t)type);
	format_wire_put_text(&t, 8, name);
	format_wire_put_bytes(&t, 9, data, bytes);
	format_wire_put_message(&w->graph, 5, &t);
	return name;
}

static const char *
integers(writer *w, int n, const int64_t *v)
{
	int64_t dim = n;
	return constant(w, FORMAT_ONNX_INT64, 1, &dim, v, (size_t)n * sizeof *v);
}

/* The type that the network computes in. */
static int
real_type(const writer *w)
{
	return w->how->half ? FORMAT_ONNX_FLOAT16 : FORMAT_ONNX_FLOAT;
}

/* Floats as initialiser `name` (NULL: a fresh name), in the network's type. */
static const char *
put_reals(writer *w, const char *name, int rank, const int64_t *dim, const float *v, int64_t n)
{
	base_str t = { 0 };
	name = name ? name : fresh(w, "constant");
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&t, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&t, 2, (uint64_t)real_type(w));
	format_wire_put_text(&t, 8, name);
	if (!w->how->half) {
		format_wire_put_bytes(&t, 9, v, (size_t)n * sizeof *v);
	} else {
		uint16_t *half = secant_calloc((size_t)n + 1, sizeof *half);
		format_onnx_tensor lent = { .type = FORMAT_ONNX_FLOAT16, .data = half };
		for (int64_t i = 0; i < n && half; i++) {
			double x = v[i];
			w->beyond_half |= fabs(x) > 65504 && isfinite(x);
			format_onnx_put_reals(&lent, i, 1, &x);
		}
		w->graph.failed |= !half;
		format_wire_put_bytes(&t, 9, half ? half : (const void *)"", half ? (size_t)n * sizeof *half : 0);
		secant_free(half);
	}
	format_wire_put_message(&w->graph, 5, &t);
	return name;
}

static const char *
number(writer *w, double v)
{
	float f = (float)v;
	return put_reals(w, NULL, 0, NULL, &f, 1);
}

typedef struct attrs {
	base_str s;
} attrs;

static void
attr_head(base_str *a, const char *name, int type)
{
	format_wire_put_text(a, 1, name);
	format_wire_put_varint(a, 20, (uint64_t)type);
}

static void
attr_int(attrs *to, const char *name, int64_t v)
{
	base_str a = { 0 };
	attr_head(&a, name, 2);
	format_wire_put_varint(&a, 3, (uint64_t)v);
	format_wire_put_message(&to->s, 5, &a);
}

static void
attr_float(attrs *to, const char *name, double v)
{
	base_str a = { 0 };
	attr_head(&a, name, 1);
	format_wire_put_float(&a, 2, (float)v);
	format_wire_put_message(&to->s, 5, &a);
}

static void
attr_text(attrs *to, const char *name, const char *v)
{
	base_str a = { 0 };
	attr_head(&a, name, 3);
	format_wire_put_text(&a, 4, v);
	format_wire_put_message(&to->s, 5, &a);
}

static void
attr_ints(attrs *to, const char *name, int n, const int64_t *v)
{
	base_str a = { 0 };
	attr_head(&a, name, 7);
	for (int i = 0; i < n; i++)
		format_wire_put_varint(&a, 8, (uint64_t)v[i]);
	format_wire_put_message(&to->s, 5, &a);
}

/* A node of one output; takes the attributes. in[]: NULL at the end of what is given is left out, "" is an absent one.
 */
static void
put_node(writer *w, const char *op, const char *out, int n, const char *const *in, attrs *a)
{
	base_str s = { 0 };
	for (int i = 0; i < n; i++)
		format_wire_put_text(&s, 1, in[i]);
	format_wire_put_text(&s, 2, out);
	format_wire_put_text(&s, 3, out);
	format_wire_put_text(&s, 4, op);
	if (a) {
		base_str_addn(&s, a->s.p ? a->s.p : "", a->s.n);
		s.failed |= a->s.failed;
		base_str_free(&a->s);
	}
	format_wire_put_message(&w->graph, 1, &s);
}

static const char *
node1(writer *w, const char *op, const char *a, attrs *with)
{
	const char *out = fresh(w, op);
	put_node(w, op, out, 1, &a, with);
	return out;
}

static const char *
node2(writer *w, const char *op, const char *a, const char *b, attrs *with)
{
	const char *out = fresh(w, op), *in[2] = { a, b };
	put_node(w, op, out, 2, in, with);
	return out;
}

static void
problem(writer *w, const char *why)
{
	if (w->n_problems++ < 40)
		base_str_addf(&w->problems, "%s%s '%s': %s", w->n_problems > 1 ? "; " : "", w->node->op->name,
			w->node->name ? w->node->name : "", why);
}

static const char *
turned(writer *w, const char *name, const int64_t *perm)
{
	attrs a = { 0 };
	attr_ints(&a, "perm", 4, perm);
	return node1(w, "Transpose", name, &a);
}

/* Input i as it is wanted: channels first, or in our own order. */
static const char *
given(writer *w, int i, bool first)
{
	graph_value v = i < w->node->n_in ? w->node->in[i] : -1;
	if (v < 0)
		return "";
	if (shape_of(w, v)->rank != 4 || w->first[v] == first)
		return w->name[v];
	return turned(w, w->name[v], first ? (int64_t[]){ 0, 3, 1, 2 } : (int64_t[]){ 0, 2, 3, 1 });
}

static const char *
plain(writer *w, int i)
{
	return given(w, i, false);
}

static bool
is_first(const writer *w, int i)
{
	return w->node->in[i] >= 0 && shape_of(w, w->node->in[i])->rank == 4 && w->first[w->node->in[i]];
}

static void
result(writer *w, const char *name, bool first)
{
	w->name[w->node->out[0]] = name;
	w->first[w->node->out[0]] = first;
}

/* Our axis as ONNX has it. */
static int64_t
axis_of(int axis, int rank, bool first)
{
	static const int moved[4] = { 0, 2, 3, 1 };
	axis += axis < 0 ? rank : 0;
	return first && rank == 4 ? moved[axis] : axis;
}

/* ---- operators ---- */

static void
conv(writer *w, const char *onnx)
{
	const op_conv_attr *c = w->node->attr;
	attrs a = { 0 };
	const char *in[3] = { given(w, 0, true), plain(w, 1), plain(w, 2) };
	int64_t pads[4];
	for (int i = 0; i < 4; i++)
		pads[i] = op_pad_of(&c->padding, i);
	attr_ints(&a, "strides", 2, (int64_t[]){ c->stride.v[0], c->stride.v[1] });
	attr_ints(&a, "dilations", 2, (int64_t[]){ c->dilation.v[0], c->dilation.v[1] });
	attr_ints(&a, "pads", 4, pads);
	attr_int(&a, "group", c->groups);
	if (c->output_padding.n && *onnx && !strcmp(onnx, "ConvTranspose"))
		attr_ints(&a, "output_padding", 2,
			(int64_t[]){
				c->output_padding.v[0], c->output_padding.n > 1 ? c->output_padding.v[1] : c->output_padding.v[0] });
	if (c->act || (w->node->n_in > 3 && w->node->in[3] >= 0))
		problem(w, "is fused with what comes after it");
	const char *out = fresh(w, onnx);
	put_node(w, onnx, out, *in[2] ? 3 : 2, in, &a);
	result(w, out, true);
}

static void
batch_norm(writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	const secant_shape *s = shape_of(w, w->node->in[0]);
	int64_t channels = s->dim[s->rank - 1];
	attrs a = { 0 };
	if (n->act || (w->node->n_in > 5 && w->node->in[5] >= 0))
		problem(w, "is fused with what comes after it");
	if (s->rank != 4 && s->rank != 2) {
		problem(w, "normalises other than pictures or rows");
		base_str_free(&a.s);
		return;
	}
	const char *scale = plain(w, 3), *bias = plain(w, 4);
	for (int k = 0; k < 2; k++)
		if (!*(k ? bias : scale)) {
			float *v = secant_calloc((size_t)channels, sizeof *v);
			for (int64_t i = 0; i < channels && v && !k; i++)
				v[i] = 1;
			*(k ? &bias : &scale) = v ? put_reals(w, NULL, 1, &channels, v, channels) : "";
			w->graph.failed |= !v;
			secant_free(v);
		}
	const char *in[5] = { given(w, 0, true), scale, bias, plain(w, 1), plain(w, 2) }, *out = fresh(w, onnx);
	attr_float(&a, "epsilon", n->eps);
	attr_float(&a, "momentum", 1 - n->momentum);
	put_node(w, onnx, out, 5, in, &a);
	result(w, out, s->rank == 4);
}

static void
unary(writer *w, const char *onnx)
{
	result(w, node1(w, onnx, given(w, 0, is_first(w, 0)), NULL), is_first(w, 0));
}

static void
unary_alpha(writer *w, const char *onnx)
{
	attrs a = { 0 };
	attr_float(&a, "alpha", ((const op_number_attr *)w->node->attr)->a);
	result(w, node1(w, onnx, w->name[w->node->in[0]], &a), is_first(w, 0));
}

/* What is made of several nodes of ONNX. */
static void
composed(writer *w, const char *how)
{
	const op_number_attr *t = w->node->attr;
	const char *x = w->name[w->node->in[0]], *y = x;
	attrs a = { 0 };
	if (!strcmp(how, "silu"))
		y = node2(w, "Mul", x, node1(w, "Sigmoid", x, NULL), NULL);
	else if (!strcmp(how, "mish"))
		y = node2(w, "Mul", x, node1(w, "Tanh", node1(w, "Softplus", x, NULL), NULL), NULL);
	else if (!strcmp(how, "rsqrt"))
		y = node1(w, "Reciprocal", node1(w, "Sqrt", x, NULL), NULL);
	else if (!strcmp(how, "square"))
		y = node2(w, "Mul", x, x, NULL);
	else if (!strcmp(how, "gelu"))
		y = node2(w, "Mul", node2(w, "Mul", x, number(w, 0.5), NULL),
			node2(w, "Add", node1(w, "Erf", node2(w, "Div", x, number(w, 1.4142135623730951), NULL), NULL),
				number(w, 1), NULL),
			NULL);
	else if (!strcmp(how, "logsigmoid"))
		y = node1(w, "Neg", node1(w, "Softplus", node1(w, "Neg", x, NULL), NULL), NULL);
	else if (!strcmp(how, "gelu_tanh")) { /* 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
		const char *cube = node2(w, "Mul", node2(w, "Mul", x, x, NULL), x, NULL);
		y = node2(w, "Add", x, node2(w, "Mul", cube, number(w, 0.044715), NULL), NULL);
		y = node1(w, "Tanh", node2(w, "Mul", y, number(w, 0.7978845608028654), NULL), NULL);
		y = node2(w, "Mul", node2(w, "Mul", x, number(w, 0.5), NULL), node2(w, "Add", y, number(w, 1), NULL), NULL);
	} else if (!strcmp(how, "hardsigmoid")) {
		attr_float(&a, "alpha", 1.0 / 6);
		attr_float(&a, "beta", 0.5);
		y = node1(w, "HardSigmoid", x, &a);
	} else if (!strcmp(how, "hardswish")) {
		attr_float(&a, "alpha", 1.0 / 6);
		attr_float(&a, "beta", 0.5);
		y = node2(w, "Mul", x, node1(w, "HardSigmoid", x, &a), NULL);
	} else if (!strcmp(how, "relu6") || !strcmp(how, "clamp")) {
		bool six = *how == 'r';
		const char *in[3] = { x, number(w, six ? 0 : t->a), number(w, six ? 6 : t->b) };
		y = fresh(w, "Clip");
		put_node(w, "Clip", y, 3, in, NULL);
	} else
		y = node2(w, how, x, number(w, t->a), NULL); /* add_scalar, mul_scalar, pow */
	result(w, y, is_first(w, 0));
}

static void
binary(writer *w, const char *onnx)
{
	const secant_shape *a = shape_of(w, w->node->in[0]), *b = shape_of(w, w->node->in[1]);
	bool first = (is_first(w, 0) || is_first(w, 1)) && a->rank == 4 && b->rank == 4;
	result(w, node2(w, onnx, given(w, 0, first), given(w, 1, first), NULL), first);
}

static void
pool(writer *w, const char *onnx)
{
	const op_pool_attr *p = w->node->attr;
	const secant_ints *s = p->stride.n ? &p->stride : &p->kernel;
	attrs a = { 0 };
	int64_t pads[4];
	for (int i = 0; i < 4; i++)
		pads[i] = op_pad_of(&p->padding, i);
	attr_ints(&a, "kernel_shape", 2, (int64_t[]){ p->kernel.v[0], p->kernel.v[1] });
	attr_ints(&a, "strides", 2, (int64_t[]){ s->v[0], s->v[1] });
	attr_ints(&a, "pads", 4, pads);
	attr_int(&a, "ceil_mode", p->ceil_mode);
	if (*onnx == 'A')
		attr_int(&a, "count_include_pad", p->count_include_pad);
	result(w, node1(w, onnx, given(w, 0, true), &a), true);
}

static void
resize(writer *w, const char *onnx)
{
	static const char *const modes[] = { "nearest", "linear", "cubic", "nearest" };
	const op_resize_attr *r = w->node->attr;
	const secant_shape *y = shape_of(w, w->node->out[0]);
	bool nearest = r->mode == OP_RESIZE_NEAREST, exact = r->mode == OP_RESIZE_NEAREST_EXACT,
		 like = w->node->n_in > 1 && w->node->in[1] >= 0;
	attrs a = { 0 };
	attr_text(&a, "mode", modes[r->mode]);
	attr_text(&a, "coordinate_transformation_mode",
		nearest || r->from_corner        ? "asymmetric"
			: r->align_corners && !exact ? "align_corners"
										 : "half_pixel");
	if (nearest || exact)
		attr_text(&a, "nearest_mode", nearest ? "floor" : "round_prefer_ceil");
	if (r->mode == OP_RESIZE_BICUBIC)
		attr_float(&a, "cubic_coeff_a", -0.75);
	const char *in[4] = { given(w, 0, true), "", "", "" }, *out = fresh(w, onnx);
	int n = 4;
	if (!like && r->scale_h > 0 && r->size.n != 2) {
		float scales[4] = { 1, 1, (float)(1 / r->scale_h), (float)(1 / r->scale_w) };
		in[2] = constant(w, FORMAT_ONNX_FLOAT, 1, (int64_t[]){ 4 }, scales, sizeof scales);
		n = 3;
	} else if (!w->how->dynamic) {
		in[3] = integers(w, 4, (int64_t[]){ y->dim[0], y->dim[3], y->dim[1], y->dim[2] });
	} else {
		const char *of[4] = { node1(w, "Shape", in[0], NULL), integers(w, 1, (int64_t[]){ 0 }),
			integers(w, 1, (int64_t[]){ 2 }), "" };
		const char *front = fresh(w, "Slice"),
				   *back = like ? fresh(w, "Slice") : integers(w, 2, (int64_t[]){ y->dim[1], y->dim[2] });
		attrs axis = { 0 };
		put_node(w, "Slice", front, 3, of, NULL);
		if (like) {
			const char *from[3] = { node1(w, "Shape", given(w, 1, true), NULL), of[2],
				integers(w, 1, (int64_t[]){ 4 }) };
			put_node(w, "Slice", back, 3, from, NULL);
		}
		attr_int(&axis, "axis", 0);
		in[3] = node2(w, "Concat", front, back, &axis);
	}
	put_node(w, onnx, out, n, in, &a);
	result(w, out, true);
}

static void
concat(writer *w, const char *onnx)
{
	bool first = false;
	int rank = shape_of(w, w->node->out[0])->rank;
	for (int i = 0; i < w->node->n_in; i++)
		first |= is_first(w, i);
	const char **in = base_arena_alloc(w->arena, (size_t)w->node->n_in * sizeof *in), *out = fresh(w, onnx);
	attrs a = { 0 };
	attr_int(&a, "axis", axis_of(((const op_axis_attr *)w->node->attr)->axis, rank, first));
	for (int i = 0; i < w->node->n_in && in; i++)
		in[i] = given(w, i, first);
	if (in)
		put_node(w, onnx, out, w->node->n_in, in, &a);
	w->graph.failed |= !in;
	result(w, out, first);
}

static void
along_axis(writer *w, const char *onnx)
{
	attrs a = { 0 };
	attr_int(&a, "axis",
		axis_of(((const op_axis_attr *)w->node->attr)->axis, shape_of(w, w->node->in[0])->rank, is_first(w, 0)));
	result(w, node1(w, onnx, w->name[w->node->in[0]], &a), is_first(w, 0));
}

/* Whole slabs, by index. */
static void
gather(writer *w, const char *onnx)
{
	attrs a = { 0 };
	attr_int(
		&a, "axis", axis_of(((const op_axis_attr *)w->node->attr)->axis, shape_of(w, w->node->in[0])->rank, false));
	const char *x = plain(w, 0), *index = plain(w, 1);
	attrs whole = { 0 }; /* constants are written as real numbers */
	attr_int(&whole, "to", FORMAT_ONNX_INT64);
	index = node1(w, "Cast", index, &whole);
	result(w, node2(w, onnx, x, index, &a), false);
}

static void
reduce(writer *w, const char *onnx)
{
	const op_axes_attr *r = w->node->attr;
	int rank = shape_of(w, w->node->in[0])->rank, n = r->axes.n ? r->axes.n : rank;
	bool first = is_first(w, 0) && r->keepdim;
	int64_t axes[SECANT_MAX_RANK];
	attrs a = { 0 };
	for (int i = 0; i < n; i++)
		axes[i] = axis_of(r->axes.n ? r->axes.v[i] : i, rank, first);
	attr_int(&a, "keepdims", r->keepdim);
	const char *x = given(w, 0, first);
	bool as_input = !strcmp(onnx, "ReduceSum") || w->how->opset >= 18;
	if (!as_input)
		attr_ints(&a, "axes", n, axes);
	result(w, as_input ? node2(w, onnx, x, integers(w, n, axes), &a) : node1(w, onnx, x, &a), first);
}

static void
reshape(writer *w, const char *onnx)
{
	const op_shape_attr *r = w->node->attr;
	int64_t dim[SECANT_MAX_RANK];
	for (int i = 0; i < r->shape.n; i++) {
		int v = r->shape.v[i];
		dim[i] = v == -2 ? 0 : v >= -1 ? v : shape_of(w, w->node->out[0])->dim[i];
		if (v < -2 && w->how->dynamic)
			problem(w, "takes an axis of another value, which ONNX wants fixed (leave --dynamic)");
	}
	result(w, node2(w, onnx, plain(w, 0), integers(w, r->shape.n, dim), NULL), false);
}

static void
transpose(writer *w, const char *onnx)
{
	const op_transpose_attr *t = w->node->attr;
	int64_t perm[SECANT_MAX_RANK];
	attrs a = { 0 };
	for (int i = 0; i < t->perm.n; i++)
		perm[i] = t->perm.v[i];
	attr_ints(&a, "perm", t->perm.n, perm);
	result(w, node1(w, onnx, plain(w, 0), &a), false);
}

static void
linear(writer *w, const char *onnx)
{
	const op_linear_attr *l = w->node->attr;
	int rank = shape_of(w, w->node->in[1])->rank;
	const char *bias = plain(w, 2), *weights = plain(w, 1), *y;
	attrs a = { 0 };
	if (l && l->act)
		problem(w, "is fused with what comes after it");
	if (rank != 2)
		weights = node2(
			w, "Reshape", weights, integers(w, 2, (int64_t[]){ shape_of(w, w->node->in[1])->dim[0], -1 }), NULL);
	attr_ints(&a, "perm", 2, (int64_t[]){ 1, 0 });
	y = node2(w, onnx, plain(w, 0), node1(w, "Transpose", weights, &a), NULL);
	result(w, *bias ? node2(w, "Add", y, bias, NULL) : y, false);
}

static void
matmul(writer *w, const char *onnx)
{
	const op_matmul_attr *m = w->node->attr;
	const char *in[2] = { plain(w, 0), plain(w, 1) };
	for (int i = 0; i < 2; i++) {
		int rank = shape_of(w, w->node->in[i])->rank;
		int64_t perm[SECANT_MAX_RANK];
		attrs a = { 0 };
		if (!(i ? m->transpose_b : m->transpose_a))
			continue;
		for (int k = 0; k < rank; k++)
			perm[k] = k < rank - 2 ? k : 2 * rank - 3 - k;
		attr_ints(&a, "perm", rank, perm);
		in[i] = node1(w, "Transpose", in[i], &a);
	}
	result(w, node2(w, onnx, in[0], in[1], NULL), false);
}

static void
prelu(writer *w, const char *onnx)
{
	const char *slopes = plain(w, 1);
	int64_t n = shape_of(w, w->node->in[1])->dim[0];
	if (is_first(w, 0) && n > 1)
		slopes = node2(w, "Reshape", slopes, integers(w, 3, (int64_t[]){ n, 1, 1 }), NULL);
	result(w, node2(w, onnx, w->name[w->node->in[0]], slopes, NULL), is_first(w, 0));
}

/* Means over bins that divide the picture evenly, or over all of it. */
static void
adaptive(writer *w, const char *onnx)
{
	const op_size_attr *s = w->node->attr;
	const secant_shape *x = shape_of(w, w->node->in[0]);
	int64_t h = s->size.v[0], v = s->size.n > 1 ? s->size.v[1] : h;
	attrs a = { 0 };
	if (h == 1 && v == 1) {
		result(w, node1(w, *onnx == 'A' ? "GlobalAveragePool" : "GlobalMaxPool", given(w, 0, true), NULL), true);
		return;
	}
	if (x->dim[1] % h || x->dim[2] % v || w->how->dynamic) {
		problem(w,
			w->how->dynamic ? "bins depend on the size, and ONNX wants them fixed (leave --dynamic)"
							: "bins of unequal size");
		return;
	}
	attr_ints(&a, "kernel_shape", 2, (int64_t[]){ x->dim[1] / h, x->dim[2] / v });
	attr_ints(&a, "strides", 2, (int64_t[]){ x->dim[1] / h, x->dim[2] / v });
	result(w, node1(w, onnx, given(w, 0, true), &a), true);
}

static void
layer_norm(writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	attrs a = { 0 };
	if (w->how->opset < 17 || w->node->n_in < 2 || w->node->in[1] < 0) {
		problem(w, "wants --opset 17, and weights");
		return;
	}
	const char *in[3] = { plain(w, 0), plain(w, 1), plain(w, 2) }, *out = fresh(w, onnx);
	attr_int(&a, "axis", -1);
	attr_float(&a, "epsilon", n->eps);
	put_node(w, onnx, out, *in[2] ? 3 : 2, in, &a);
	result(w, out, false);
}

static void
same(writer *w, const char *onnx)
{
	(void)onnx;
	result(w, w->name[w->node->in[0]], w->first[w->node->in[0]]);
}

static void
shuffle(writer *w, const char *onnx)
{
	attrs a = { 0 };
	attr_int(&a, "blocksize", ((const op_factor_attr *)w->node->attr)->factor);
	attr_text(&a, "mode", "CRD");
	result(w, node1(w, onnx, given(w, 0, true), &a), true);
}

static void
slice(writer *w, const char *onnx)
{
	const op_slice_attr *s = w->node->attr;
	int rank = s->start.n;
	bool first = is_first(w, 0);
	int64_t v[4][SECANT_MAX_RANK];
	for (int i = 0; i < rank; i++) {
		v[0][i] = s->start.v[i];
		v[1][i] = s->stop.v[i] == -1 ? INT64_MAX : s->stop.v[i];
		v[2][i] = axis_of(i, rank, first);
		v[3][i] = s->step.n ? s->step.v[i] : 1;
	}
	const char *in[5] = { given(w, 0, first) }, *out = fresh(w, onnx);
	for (int k = 0; k < 4; k++)
		in[k + 1] = integers(w, rank, v[k]);
	put_node(w, onnx, out, 5, in, NULL);
	result(w, out, first);
}

static void
pad(writer *w, const char *onnx)
{
	static const char *const modes[] = { "constant", "reflect", "edge", "wrap" };
	const op_pad_attr *p = w->node->attr;
	int rank = p->before.n;
	bool first = is_first(w, 0);
	int64_t pads[2 * SECANT_MAX_RANK];
	attrs a = { 0 };
	for (int i = 0; i < rank; i++) {
		pads[axis_of(i, rank, first)] = p->before.v[i];
		pads[rank + axis_of(i, rank, first)] = p->after.v[i];
	}
	if (p->mode == OP_PAD_CIRCULAR && w->how->opset < 19)
		problem(w, "wants --opset 19");
	attr_text(&a, "mode", modes[p->mode]);
	const char *in[3] = { given(w, 0, first), integers(w, 2 * rank, pads),
		p->mode == OP_PAD_CONSTANT ? number(w, p->value) : "" },
			   *out = fresh(w, onnx);
	put_node(w, onnx, out, p->mode == OP_PAD_CONSTANT ? 3 : 2, in, &a);
	result(w, out, first);
}

/* The largest along an axis, without its place. */
static void
largest(writer *w, const char *onnx)
{
	const op_index_attr *r = w->node->attr;
	int rank = shape_of(w, w->node->in[0])->rank;
	bool first = is_first(w, 0) && r->keepdim;
	int64_t axis = axis_of(r->axis, rank, first);
	attrs a = { 0 };
	attr_int(&a, "keepdims", r->keepdim);
	const char *x = given(w, 0, first);
	bool as_input = w->how->opset >= 18;
	if (!as_input)
		attr_ints(&a, "axes", 1, &axis);
	result(w, as_input ? node2(w, onnx, x, integers(w, 1, &axis), &a) : node1(w, onnx, x, &a), first);
}

static void
argmax(writer *w, const char *onnx)
{
	const op_index_attr *r = w->node->attr;
	attrs a = { 0 };
	attr_int(&a, "axis", axis_of(r->axis, shape_of(w, w->node->in[0])->rank, false));
	attr_int(&a, "keepdims", r->keepdim);
	result(w, node1(w, onnx, plain(w, 0), &a), false);
}

/* Repeated along axes of one number. */
static void
expand(writer *w, const char *onnx)
{
	const op_shape_attr *r = w->node->attr;
	int64_t dim[SECANT_MAX_RANK];
	const secant_shape *y = shape_of(w, w->node->out[0]), *x = shape_of(w, w->node->in[0]);
	for (int i = 0; i < y->rank; i++) /* 1: as the input has it, whatever the batch is */
		dim[i] = x->rank == y->rank && x->dim[i] == y->dim[i] ? 1 : y->dim[i];
	if (w->how->dynamic && y->rank && dim[0] != 1)
		problem(w, "is repeated for each of a batch, which ONNX wants fixed (leave --dynamic)");
	(void)r;
	result(w, node2(w, onnx, plain(w, 0), integers(w, y->rank, dim), NULL), false);
}

/* What a comparison gives is true or false, in ours 1 or 0. */
static void
upcast(writer *w, const char *onnx)
{
	bool numbers = graph_value_at(w->g, w->node->in[0])->type.dtype == SECANT_F32;
	const char *x = w->name[w->node->in[0]];
	attrs a = { 0 };
	if (!numbers)
		attr_int(&a, "to", real_type(w));
	result(w, numbers ? x : node1(w, onnx, x, &a), w->first[w->node->in[0]]);
}

static void
where(writer *w, const char *onnx)
{
	const char *in[3] = { plain(w, 0), plain(w, 1), plain(w, 2) }, *out = fresh(w, onnx);
	put_node(w, onnx, out, 3, in, NULL);
	result(w, out, false);
}

/* Groups of channels as rows, normalised as instances, then scaled: the operator itself came with set 21. */
static void
group_norm(writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	const secant_shape *s = shape_of(w, w->node->in[0]);
	int64_t groups = n->groups, channels = s->dim[s->rank - 1];
	attrs a = { 0 };
	float *ones = secant_calloc((size_t)groups * 2 + 1, sizeof *ones);
	w->graph.failed |= !ones;
	if (s->rank != 4 || !ones) {
		problem(w, "normalises other than pictures");
		secant_free(ones);
		return;
	}
	for (int64_t i = 0; i < groups; i++)
		ones[i] = 1;
	const char *x = given(w, 0, true);
	const char *in[3] = { node2(w, "Reshape", x, integers(w, 3, (int64_t[]){ 0, groups, -1 }), NULL),
		put_reals(w, NULL, 1, &groups, ones, groups), put_reals(w, NULL, 1, &groups, ones + groups, groups) };
	const char *y = fresh(w, onnx);
	secant_free(ones);
	attr_float(&a, "epsilon", n->eps);
	put_node(w, onnx, y, 3, in, &a);
	y = node2(w, "Reshape", y, node1(w, "Shape", x, NULL), NULL);
	for (int k = 1; k < 3; k++) /* scale, then shift */
		if (*plain(w, k))
			y = node2(w, k == 1 ? "Mul" : "Add", y,
				node2(w, "Reshape", plain(w, k), integers(w, 3, (int64_t[]){ channels, 1, 1 }), NULL), NULL);
	result(w, y, true);
}

/* Whole numbers of 8 bits and back, with constant scales. */
static void
quantized(writer *w, const char *onnx)
{
	const op_quantize_attr *q = w->node->attr;
	const graph_value_info *scale = graph_value_at(w->g, w->node->in[1]),
						   *zero = w->node->n_in > 2 && w->node->in[2] >= 0 ? graph_value_at(w->g, w->node->in[2])
																			: NULL,
						   *x = graph_value_at(w->g, w->node->in[0]);
	int64_t n = secant_shape_count(&scale->type.shape);
	int rank = scale->type.shape.rank;
	bool back = *onnx == 'D', sign = back ? x->type.dtype == SECANT_I8 : q->to == 1, first = is_first(w, 0);
	float *f = secant_calloc((size_t)n + 1, sizeof *f);
	uint8_t *z = secant_calloc((size_t)n + 1, sizeof *z);
	w->graph.failed |= !f || !z;
	if (w->how->half)
		problem(w, "is computed in 32 bits (leave --half)");
	if (!scale->numbers || (zero && !zero->numbers) || (back && x->kind != GRAPH_VALUE_NODE))
		problem(w, "has a scale that is learned, or whole numbers as weights");
	for (int64_t i = 0; i < n && f && z && scale->numbers; i++) {
		f[i] = (float)scale->numbers[i];
		z[i] = zero && zero->numbers ? (uint8_t)(int)zero->numbers[i] : 0;
	}
	if (f && z) {
		attrs a = { 0 };
		const char *in[3] = { given(w, 0, first), constant(w, FORMAT_ONNX_FLOAT, rank, &n, f, (size_t)n * sizeof *f),
			constant(w, sign ? FORMAT_ONNX_INT8 : FORMAT_ONNX_UINT8, rank, &n, z, (size_t)n) },
				   *out = fresh(w, onnx);
		if (rank)
			attr_int(&a, "axis", axis_of(q->axis, shape_of(w, w->node->in[0])->rank, first));
		put_node(w, onnx, out, 3, in, &a);
		result(w, out, first);
	}
	secant_free(f);
	secant_free(z);
}

/* What ONNX has no operator for, and why. */
static void
unsayable(writer *w, const char *why)
{
	problem(w, why);
}

static const struct {
	const char *ours;
	void (*write)(writer *w, const char *onnx);
	const char *onnx;
} table[] = {
	{ "conv2d", conv, "Conv" },
	{ "conv_transpose2d", conv, "ConvTranspose" },
	{ "batch_norm", batch_norm, "BatchNormalization" },
	{ "layer_norm", layer_norm, "LayerNormalization" },
	{ "relu", unary, "Relu" },
	{ "sigmoid", unary, "Sigmoid" },
	{ "tanh", unary, "Tanh" },
	{ "exp", unary, "Exp" },
	{ "log", unary, "Log" },
	{ "sqrt", unary, "Sqrt" },
	{ "abs", unary, "Abs" },
	{ "neg", unary, "Neg" },
	{ "erf", unary, "Erf" },
	{ "reciprocal", unary, "Reciprocal" },
	{ "softplus", unary, "Softplus" },
	{ "leaky_relu", unary_alpha, "LeakyRelu" },
	{ "elu", unary_alpha, "Elu" },
	{ "selu", unary, "Selu" },
	{ "silu", composed, "silu" },
	{ "mish", composed, "mish" },
	{ "gelu", composed, "gelu" },
	{ "rsqrt", composed, "rsqrt" },
	{ "square", composed, "square" },
	{ "hardswish", composed, "hardswish" },
	{ "hardsigmoid", composed, "hardsigmoid" },
	{ "relu6", composed, "relu6" },
	{ "clamp", composed, "clamp" },
	{ "add_scalar", composed, "Add" },
	{ "mul_scalar", composed, "Mul" },
	{ "pow", composed, "Pow" },
	{ "add", binary, "Add" },
	{ "sub", binary, "Sub" },
	{ "mul", binary, "Mul" },
	{ "div", binary, "Div" },
	{ "maximum", binary, "Max" },
	{ "minimum", binary, "Min" },
	{ "max_pool2d", pool, "MaxPool" },
	{ "avg_pool2d", pool, "AveragePool" },
	{ "adaptive_avg_pool2d", adaptive, "AveragePool" },
	{ "adaptive_max_pool2d", adaptive, "MaxPool" },
	{ "resize", resize, "Resize" },
	{ "concat", concat, "Concat" },
	{ "softmax", along_axis, "Softmax" },
	{ "log_softmax", along_axis, "LogSoftmax" },
	{ "mean", reduce, "ReduceMean" },
	{ "sum", reduce, "ReduceSum" },
	{ "amax", reduce, "ReduceMax" },
	{ "amin", reduce, "ReduceMin" },
	{ "norm2", reduce, "ReduceL2" },
	{ "reshape", reshape, "Reshape" },
	{ "take", gather, "Gather" },
	{ "transpose", transpose, "Transpose" },
	{ "linear", linear, "MatMul" },
	{ "matmul", matmul, "MatMul" },
	{ "prelu", prelu, "PRelu" },
	{ "upcast", upcast, "Cast" },
	{ "max_with_index", largest, "ReduceMax" },
	{ "argmax", argmax, "ArgMax" },
	{ "broadcast_to", expand, "Expand" },
	{ "equal", binary, "Equal" },
	{ "greater", binary, "Greater" },
	{ "where", where, "Where" },
	{ "group_norm", group_norm, "InstanceNormalization" },
	{ "logsigmoid", composed, "logsigmoid" },
	{ "gelu_tanh", composed, "gelu_tanh" },
	{ "quantize", quantized, "QuantizeLinear" },
	{ "dequantize", quantized, "DequantizeLinear" },
	{ "farthest_points", unsayable, "chooses points one after another, which ONNX has no operator for" },
	{ "ball_query", unsayable, "looks for points in balls, which ONNX has no operator for" },
	{ "group_points", unsayable, "gathers the points of balls, which ONNX has no operator for" },
	{ "three_nearest", unsayable, "looks for nearest points, which ONNX has no operator for" },
	{ "interpolate_points", unsayable, "interpolates between points, which ONNX has no operator for" },
	{ "dropout", same, "" },
	{ "pixel_shuffle", shuffle, "DepthToSpace" },
	{ "slice", slice, "Slice" },
	{ "pad", pad, "Pad" },
};

/* ---- the model ---- */

static void
put_info(writer *w, int number_of_field, const char *name, int type, const secant_shape *s, bool first)
{
	static const char *const symbols[4] = { "batch", "", "height", "width" };
	base_str shape = { 0 }, tensor = { 0 }, kind = { 0 }, v = { 0 };
	static const int moved[4] = { 0, 3, 1, 2 };
	for (int i = 0; i < s->rank; i++) {
		base_str d = { 0 };
		if (w->how->dynamic && w->how->clouds && (i == 0 || (s->rank == 3 && i == 2)))
			format_wire_put_text(&d, 2, i ? "points" : "batch");
		else if (w->how->dynamic && (i == 0 || (first && i > 1)))
			format_wire_put_text(&d, 2, symbols[i]);
		else
			format_wire_put_varint(&d, 1, (uint64_t)s->dim[first ? moved[i] : i]);
		format_wire_put_message(&shape, 1, &d);
	}
	format_wire_put_varint(&tensor, 1, (uint64_t)type);
	format_wire_put_message(&tensor, 2, &shape);
	format_wire_put_message(&kind, 1, &tensor);
	format_wire_put_text(&v, 1, name);
	format_wire_put_message(&v, 2, &kind);
	format_wire_put_message(&w->graph, number_of_field, &v);
}

static secant_status
put_state(writer *w, const graph_value_info *v, const secant_tensors *tensors, secant_err *err)
{
	const secant_tensor *t = secant_tensors_find(tensors, v->name);
	int64_t n = secant_shape_count(&v->type.shape);
	if (!t || secant_shape_count(&t->shape) != n)
		return secant_fail(err, SECANT_ERR_FORMAT, "the numbers of '%s' are not there", v->name);
	float *f = secant_calloc((size_t)n + 1, sizeof *f);
	if (!f)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for '%s'", v->name);
	for (int64_t i = 0; i < n; i++)
		f[i] = (float)secant_tensor_get(t, i);
	put_reals(w, v->name, v->type.shape.rank, v->type.shape.dim, f, n);
	secant_free(f);
	return SECANT_OK;
}

/* What is real within the network is a float outside, or as wide as it is. */
static const char *
cast(writer *w, const char *x, int type)
{
	attrs a = { 0 };
	attr_int(&a, "to", type);
	return node1(w, "Cast", x, &a);
}

/* Clouds are N, C, P in files. */
static void
put_cloud(writer *w, graph_value v, const graph_value_info *info)
{
	const secant_shape *s = &info->type.shape;
	secant_shape file = secant_shape_of(3, s->dim[0], s->dim[3], s->dim[1]);
	put_info(w, 11, info->name, FORMAT_ONNX_FLOAT, &file, false);
	const char *x = w->how->half ? cast(w, info->name, FORMAT_ONNX_FLOAT16) : info->name;
	w->name[v] = node2(w, "Unsqueeze", x, integers(w, 1, (int64_t[]){ 3 }), NULL);
	w->first[v] = true;
}

static void
put_input(writer *w, graph_value v, const graph_value_info *info)
{
	const secant_shape *s = &info->type.shape;
	bool first = s->rank == 4, pictures = w->how->scale && first;
	if (w->how->clouds && first && s->dim[2] == 1) {
		put_cloud(w, v, info);
		return;
	}
	const char *name = w->how->classified ? "x" : info->name;
	put_info(w, 11, name, pictures ? FORMAT_ONNX_UINT8 : FORMAT_ONNX_FLOAT, s, first);
	w->name[v] = name;
	w->first[v] = first;
	if (pictures) { /* scaled in 32 bits: bytes times a scale need them */
		int64_t dim[4] = { 1, s->dim[3], 1, 1 };
		size_t bytes = (size_t)s->dim[3] * sizeof(float);
		const char *x = cast(w, name, FORMAT_ONNX_FLOAT);
		x = node2(w, "Mul", x, constant(w, FORMAT_ONNX_FLOAT, 4, dim, w->how->scale, bytes), NULL);
		w->name[v] = node2(w, "Add", x, constant(w, FORMAT_ONNX_FLOAT, 4, dim, w->how->shift, bytes), NULL);
	}
	if (w->how->half)
		w->name[v] = cast(w, w->name[v], FORMAT_ONNX_FLOAT16);
}

static secant_status
put_leaf(writer *w, graph_value v, const secant_tensors *tensors, secant_err *err)
{
	const graph_value_info *info = graph_value_at(w->g, v);
	const secant_shape *s = &info->type.shape;
	w->name[v] = info->name;
	if (info->kind == GRAPH_VALUE_INPUT)
		put_input(w, v, info);
	if (info->kind == GRAPH_VALUE_STATE && info->type.dtype == SECANT_F32)
		return put_state(w, info, tensors, err);
	if (info->kind == GRAPH_VALUE_CONST) {
		int64_t n = secant_shape_count(s);
		float *f = secant_calloc((size_t)n + 1, sizeof *f);
		if (!f)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a constant");
		for (int64_t i = 0; i < n; i++)
			f[i] = (float)info->numbers[i];
		w->name[v] = put_reals(w, NULL, s->rank, s->dim, f, n);
		secant_free(f);
	}
	return SECANT_OK;
}

static void
write_node(writer *w, const graph_node *n)
{
	w->node = n;
	for (int k = 0; k < n->n_out; k++)
		w->name[n->out[k]] = "";
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].ours, n->op->name)) {
			table[i].write(w, table[i].onnx);
			return;
		}
	problem(w, "has no form in ONNX");
}

static void
put_output(writer *w, graph_value v, const char *name, const char *activation)
{
	const secant_shape *s = shape_of(w, v);
	const char *x = w->name[v];
	bool cloud = w->how->clouds && s->rank == 4 && s->dim[2] == 1;
	secant_shape file = cloud ? secant_shape_of(3, s->dim[0], s->dim[3], s->dim[1]) : *s;
	attrs a = { 0 };
	w->node = NULL;
	if (s->rank == 4 && !w->first[v])
		x = turned(w, x, (int64_t[]){ 0, 3, 1, 2 });
	if (cloud)
		x = node2(w, "Squeeze", x, integers(w, 1, (int64_t[]){ 3 }), NULL);
	if (w->how->half)
		x = cast(w, x, FORMAT_ONNX_FLOAT);
	if (activation && !strcmp(activation, "softmax"))
		attr_int(&a, "axis", 1);
	put_node(w, !activation ? "Identity" : !strcmp(activation, "softmax") ? "Softmax" : "Sigmoid", name, 1, &x, &a);
	put_info(w, 12, name, FORMAT_ONNX_FLOAT, &file, s->rank == 4 && !cloud);
}

/* softmax and argmax over the classes, channels last. */
static void
put_classified(writer *w, graph_value v)
{
	const secant_shape *s = shape_of(w, v);
	secant_shape index = { 3, { s->dim[0], s->dim[1], s->dim[2] } };
	const char *x = w->name[v], *wide;
	attrs soft = { 0 }, most = { 0 }, narrow = { 0 };
	w->node = NULL;
	if (w->first[v])
		x = turned(w, x, (int64_t[]){ 0, 2, 3, 1 });
	attr_int(&soft, "axis", -1);
	put_node(w, "Softmax", "softmax", 1, &x, &soft);
	put_info(w, 12, "softmax", FORMAT_ONNX_FLOAT, s, false);
	attr_int(&most, "axis", -1);
	attr_int(&most, "keepdims", 0);
	wide = node1(w, "ArgMax", x, &most);
	attr_int(&narrow, "to", FORMAT_ONNX_INT32);
	put_node(w, "Cast", "argmax", 1, &wide, &narrow);
	put_info(w, 12, "argmax", FORMAT_ONNX_INT32, &index, false);
}

secant_status
format_onnx_write(const graph_net *g, const graph_value *outputs, const char *const *names, int n,
	const secant_tensors *tensors, const format_onnx_written *how, base_str *out, secant_err *err)
{
	writer w = { .g = g, .how = how, .arena = base_arena_new() };
	size_t values = (size_t)graph_values(g) + 1;
	secant_status s = SECANT_OK;
	w.name = secant_calloc(values, sizeof *w.name);
	w.first = secant_calloc(values, sizeof *w.first);
	if (!w.arena || !w.name || !w.first)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	format_wire_put_text(&w.graph, 2, "secant");
	for (graph_value v = 0; v < graph_values(g) && !s; v++)
		if (graph_value_at(g, v)->kind != GRAPH_VALUE_NODE)
			s = put_leaf(&w, v, tensors, err);
	for (int i = 0; i < graph_nodes(g) && !s; i++)
		write_node(&w, graph_get_node(g, i));
	if (!s && w.n_problems)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d nodes cannot be written: %s", w.n_problems,
			w.problems.p ? w.problems.p : "");
	if (!s && how->classified)
		put_classified(&w, outputs[0]);
	for (int i = 0; i < n && !s && !how->classified; i++)
		if (outputs[i] >= 0)
			put_output(&w, outputs[i], names[i], i ? NULL : how->activation);
	if (!s && w.beyond_half)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"--half: the network holds numbers beyond 65504, which 16 bits cannot; leave it out");
	if (!s) {
		base_str opset = { 0 };
		format_wire_put_varint(out, 1, 8); /* IR of operator set 13 and later ones that readers of 2022 know */
		format_wire_put_text(out, 2, "secant");
		format_wire_put_text(out, 3, secant_version());
		format_wire_put_varint(&opset, 2, (uint64_t)how->opset);
		format_wire_put_message(out, 8, &opset);
		for (const char *const *m = how->metadata; m && m[0]; m += 2) {
			base_str pair = { 0 };
			format_wire_put_text(&pair, 1, m[0]);
			format_wire_put_text(&pair, 2, m[1]);
			format_wire_put_message(out, 14, &pair);
		}
		format_wire_put_message(out, 7, &w.graph);
		if (out->failed)
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the model");
	}
	base_str_free(&w.graph);
	base_str_free(&w.problems);
	secant_free(w.name);
	secant_free(w.first);
	base_arena_free(w.arena);
	return s;
}
