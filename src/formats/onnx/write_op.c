/*
 * Operators of ours as nodes of ONNX: each is a function and a row of the table at the end. See writer.h.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/writer.h"
#include "ops/ops.h"
#include "ops/resize_map.h"

/* Input i as it is wanted: channels first, or in our own order. */
static const char *
given(onnx_writer *w, int i, bool first)
{
	graph_value v = i < w->node->n_in ? w->node->in[i] : -1;
	if (v < 0)
		return "";
	if (onnx_written_shape(w, v)->rank != 4 || w->first[v] == first)
		return w->name[v];
	return onnx_write_turned(w, w->name[v], first ? (int64_t[]){ 0, 3, 1, 2 } : (int64_t[]){ 0, 2, 3, 1 });
}

static const char *
plain(onnx_writer *w, int i)
{
	return given(w, i, false);
}

static bool
is_first(const onnx_writer *w, int i)
{
	return w->node->in[i] >= 0 && onnx_written_shape(w, w->node->in[i])->rank == 4 && w->first[w->node->in[i]];
}

static void
result(onnx_writer *w, const char *name, bool first)
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
conv(onnx_writer *w, const char *onnx)
{
	const op_conv_attr *c = w->node->attr;
	onnx_attrs a = { 0 };
	const char *in[3] = { given(w, 0, true), plain(w, 1), plain(w, 2) };
	int64_t pads[4];
	for (int i = 0; i < 4; i++)
		pads[i] = op_pad_of(&c->padding, i);
	onnx_set_ints(&a, "strides", 2, (int64_t[]){ c->stride.v[0], c->stride.v[1] });
	onnx_set_ints(&a, "dilations", 2, (int64_t[]){ c->dilation.v[0], c->dilation.v[1] });
	onnx_set_ints(&a, "pads", 4, pads);
	onnx_set_int(&a, "group", c->groups);
	if (c->output_padding.n && *onnx && !strcmp(onnx, "ConvTranspose"))
		onnx_set_ints(&a, "output_padding", 2,
			(int64_t[]){
				c->output_padding.v[0], c->output_padding.n > 1 ? c->output_padding.v[1] : c->output_padding.v[0] });
	if (c->act || (w->node->n_in > 3 && w->node->in[3] >= 0))
		onnx_write_problem(w, "is fused with what comes after it");
	const char *out = onnx_fresh(w, onnx);
	onnx_write_node(w, onnx, out, *in[2] ? 3 : 2, in, &a);
	result(w, out, true);
}

static void
batch_norm(onnx_writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	const secant_shape *s = onnx_written_shape(w, w->node->in[0]);
	int64_t channels = s->dim[s->rank - 1];
	onnx_attrs a = { 0 };
	if (n->act || (w->node->n_in > 5 && w->node->in[5] >= 0))
		onnx_write_problem(w, "is fused with what comes after it");
	if (s->rank != 4 && s->rank != 2) {
		onnx_write_problem(w, "normalises other than pictures or rows");
		base_str_free(&a.s);
		return;
	}
	const char *scale = plain(w, 3), *bias = plain(w, 4);
	for (int k = 0; k < 2; k++)
		if (!*(k ? bias : scale)) {
			float *v = secant_calloc((size_t)channels, sizeof *v);
			for (int64_t i = 0; i < channels && v && !k; i++)
				v[i] = 1;
			*(k ? &bias : &scale) = v ? onnx_write_reals(w, NULL, 1, &channels, v, channels) : "";
			w->graph.failed |= !v;
			secant_free(v);
		}
	const char *in[5] = { given(w, 0, true), scale, bias, plain(w, 1), plain(w, 2) }, *out = onnx_fresh(w, onnx);
	onnx_set_float(&a, "epsilon", n->eps);
	onnx_set_float(&a, "momentum", 1 - n->momentum);
	onnx_write_node(w, onnx, out, 5, in, &a);
	result(w, out, s->rank == 4);
}

static void
unary(onnx_writer *w, const char *onnx)
{
	result(w, onnx_write_one(w, onnx, given(w, 0, is_first(w, 0)), NULL), is_first(w, 0));
}

static void
unary_alpha(onnx_writer *w, const char *onnx)
{
	onnx_attrs a = { 0 };
	onnx_set_float(&a, "alpha", ((const op_number_attr *)w->node->attr)->a);
	result(w, onnx_write_one(w, onnx, w->name[w->node->in[0]], &a), is_first(w, 0));
}

/* What is made of several nodes of ONNX. */
static void
composed(onnx_writer *w, const char *how)
{
	const op_number_attr *t = w->node->attr;
	const char *x = w->name[w->node->in[0]], *y = x;
	onnx_attrs a = { 0 };
	if (!strcmp(how, "silu"))
		y = onnx_write_two(w, "Mul", x, onnx_write_one(w, "Sigmoid", x, NULL), NULL);
	else if (!strcmp(how, "mish"))
		y = onnx_write_two(w, "Mul", x, onnx_write_one(w, "Tanh", onnx_write_one(w, "Softplus", x, NULL), NULL), NULL);
	else if (!strcmp(how, "rsqrt"))
		y = onnx_write_one(w, "Reciprocal", onnx_write_one(w, "Sqrt", x, NULL), NULL);
	else if (!strcmp(how, "square"))
		y = onnx_write_two(w, "Mul", x, x, NULL);
	else if (!strcmp(how, "gelu"))
		y = onnx_write_two(w, "Mul", onnx_write_two(w, "Mul", x, onnx_write_number(w, 0.5), NULL),
			onnx_write_two(w, "Add",
				onnx_write_one(
					w, "Erf", onnx_write_two(w, "Div", x, onnx_write_number(w, 1.4142135623730951), NULL), NULL),
				onnx_write_number(w, 1), NULL),
			NULL);
	else if (!strcmp(how, "logsigmoid"))
		y = onnx_write_one(w, "Neg", onnx_write_one(w, "Softplus", onnx_write_one(w, "Neg", x, NULL), NULL), NULL);
	else if (!strcmp(how, "gelu_tanh")) { /* 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
		const char *cube = onnx_write_two(w, "Mul", onnx_write_two(w, "Mul", x, x, NULL), x, NULL);
		y = onnx_write_two(w, "Add", x, onnx_write_two(w, "Mul", cube, onnx_write_number(w, 0.044715), NULL), NULL);
		y = onnx_write_one(
			w, "Tanh", onnx_write_two(w, "Mul", y, onnx_write_number(w, 0.7978845608028654), NULL), NULL);
		y = onnx_write_two(w, "Mul", onnx_write_two(w, "Mul", x, onnx_write_number(w, 0.5), NULL),
			onnx_write_two(w, "Add", y, onnx_write_number(w, 1), NULL), NULL);
	} else if (!strcmp(how, "hardsigmoid")) {
		onnx_set_float(&a, "alpha", 1.0 / 6);
		onnx_set_float(&a, "beta", 0.5);
		y = onnx_write_one(w, "HardSigmoid", x, &a);
	} else if (!strcmp(how, "hardswish")) {
		onnx_set_float(&a, "alpha", 1.0 / 6);
		onnx_set_float(&a, "beta", 0.5);
		y = onnx_write_two(w, "Mul", x, onnx_write_one(w, "HardSigmoid", x, &a), NULL);
	} else if (!strcmp(how, "relu6") || !strcmp(how, "clamp")) {
		bool six = *how == 'r';
		const char *in[3] = { x, onnx_write_number(w, six ? 0 : t->a), onnx_write_number(w, six ? 6 : t->b) };
		y = onnx_fresh(w, "Clip");
		onnx_write_node(w, "Clip", y, 3, in, NULL);
	} else
		y = onnx_write_two(w, how, x, onnx_write_number(w, t->a), NULL); /* add_scalar, mul_scalar, pow */
	result(w, y, is_first(w, 0));
}

static void
binary(onnx_writer *w, const char *onnx)
{
	const secant_shape *a = onnx_written_shape(w, w->node->in[0]), *b = onnx_written_shape(w, w->node->in[1]);
	bool first = (is_first(w, 0) || is_first(w, 1)) && a->rank == 4 && b->rank == 4;
	result(w, onnx_write_two(w, onnx, given(w, 0, first), given(w, 1, first), NULL), first);
}

static void
pool(onnx_writer *w, const char *onnx)
{
	const op_pool_attr *p = w->node->attr;
	const secant_ints *s = p->stride.n ? &p->stride : &p->kernel;
	onnx_attrs a = { 0 };
	int64_t pads[4];
	for (int i = 0; i < 4; i++)
		pads[i] = op_pad_of(&p->padding, i);
	onnx_set_ints(&a, "kernel_shape", 2, (int64_t[]){ p->kernel.v[0], p->kernel.v[1] });
	onnx_set_ints(&a, "strides", 2, (int64_t[]){ s->v[0], s->v[1] });
	onnx_set_ints(&a, "pads", 4, pads);
	onnx_set_int(&a, "ceil_mode", p->ceil_mode);
	if (*onnx == 'A')
		onnx_set_int(&a, "count_include_pad", p->count_include_pad);
	result(w, onnx_write_one(w, onnx, given(w, 0, true), &a), true);
}

static void
resize(onnx_writer *w, const char *onnx)
{
	static const char *const modes[] = { "nearest", "linear", "cubic", "nearest" };
	const op_resize_attr *r = w->node->attr;
	const secant_shape *y = onnx_written_shape(w, w->node->out[0]);
	bool nearest = r->mode == OP_RESIZE_NEAREST, exact = r->mode == OP_RESIZE_NEAREST_EXACT,
		 like = w->node->n_in > 1 && w->node->in[1] >= 0;
	onnx_attrs a = { 0 };
	onnx_set_text(&a, "mode", modes[r->mode]);
	onnx_set_text(&a, "coordinate_transformation_mode",
		nearest || r->from_corner        ? "asymmetric"
			: r->align_corners && !exact ? "align_corners"
										 : "half_pixel");
	if (nearest || exact)
		onnx_set_text(&a, "nearest_mode", nearest ? "floor" : "round_prefer_ceil");
	if (r->mode == OP_RESIZE_BICUBIC)
		onnx_set_float(&a, "cubic_coeff_a", -0.75);
	const char *in[4] = { given(w, 0, true), "", "", "" }, *out = onnx_fresh(w, onnx);
	int n = 4;
	if (!like && r->scale_h > 0 && r->size.n != 2) {
		float scales[4] = { 1, 1, (float)(1 / r->scale_h), (float)(1 / r->scale_w) };
		in[2] = onnx_write_constant(w, FORMAT_ONNX_FLOAT, 1, (int64_t[]){ 4 }, scales, sizeof scales);
		n = 3;
	} else if (!w->how->dynamic) {
		in[3] = onnx_write_integers(w, 4, (int64_t[]){ y->dim[0], y->dim[3], y->dim[1], y->dim[2] });
	} else {
		const char *of[4] = { onnx_write_one(w, "Shape", in[0], NULL), onnx_write_integers(w, 1, (int64_t[]){ 0 }),
			onnx_write_integers(w, 1, (int64_t[]){ 2 }), "" };
		const char *front = onnx_fresh(w, "Slice"),
				   *back = like ? onnx_fresh(w, "Slice")
								: onnx_write_integers(w, 2, (int64_t[]){ y->dim[1], y->dim[2] });
		onnx_attrs axis = { 0 };
		onnx_write_node(w, "Slice", front, 3, of, NULL);
		if (like) {
			const char *from[3] = { onnx_write_one(w, "Shape", given(w, 1, true), NULL), of[2],
				onnx_write_integers(w, 1, (int64_t[]){ 4 }) };
			onnx_write_node(w, "Slice", back, 3, from, NULL);
		}
		onnx_set_int(&axis, "axis", 0);
		in[3] = onnx_write_two(w, "Concat", front, back, &axis);
	}
	onnx_write_node(w, onnx, out, n, in, &a);
	result(w, out, true);
}

/* One axis of a smooth resizing as a matrix, out x in, or in x out. */
static const char *
smooth_taps(onnx_writer *w, int64_t in, int64_t out, bool turned)
{
	float *v = secant_calloc((size_t)(in * out) + 1, sizeof *v);
	for (int64_t i = 0; i < out && v; i++) {
		op_smooth_window taps = op_smooth_window_of(in, out, i);
		for (int64_t j = taps.from; j < taps.to; j++)
			v[turned ? j * out + i : i * in + j] = (float)op_smooth_weight(&taps, j);
	}
	if (!v)
		w->graph.failed = true;
	const char *name = v
		? onnx_write_reals(w, NULL, 2, (int64_t[]){ turned ? in : out, turned ? out : in }, v, in * out)
		: "";
	secant_free(v);
	return name;
}

/* As products with the taps of rows and columns: of Resize with antialias, which says the same, operator sets before 18
 * know nothing, and OpenVINO makes something else. */
static void
resize_smooth(onnx_writer *w, const char *onnx)
{
	const secant_shape *x = onnx_written_shape(w, w->node->in[0]), *y = onnx_written_shape(w, w->node->out[0]);
	if (w->how->dynamic)
		onnx_write_problem(w, "takes its size of another value, which ONNX wants fixed (leave --dynamic)");
	const char *wide = onnx_write_two(w, onnx, given(w, 0, true), smooth_taps(w, x->dim[2], y->dim[2], true), NULL);
	result(w, onnx_write_two(w, onnx, smooth_taps(w, x->dim[1], y->dim[1], false), wide, NULL), true);
}

static void
concat(onnx_writer *w, const char *onnx)
{
	bool first = false;
	int rank = onnx_written_shape(w, w->node->out[0])->rank;
	for (int i = 0; i < w->node->n_in; i++)
		first |= is_first(w, i);
	const char **in = base_arena_alloc(w->arena, (size_t)w->node->n_in * sizeof *in), *out = onnx_fresh(w, onnx);
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "axis", axis_of(((const op_axis_attr *)w->node->attr)->axis, rank, first));
	for (int i = 0; i < w->node->n_in && in; i++)
		in[i] = given(w, i, first);
	if (in)
		onnx_write_node(w, onnx, out, w->node->n_in, in, &a);
	w->graph.failed |= !in;
	result(w, out, first);
}

static void
along_axis(onnx_writer *w, const char *onnx)
{
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "axis",
		axis_of(
			((const op_axis_attr *)w->node->attr)->axis, onnx_written_shape(w, w->node->in[0])->rank, is_first(w, 0)));
	result(w, onnx_write_one(w, onnx, w->name[w->node->in[0]], &a), is_first(w, 0));
}

/* Whole slabs, by index. */
static void
gather(onnx_writer *w, const char *onnx)
{
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "axis",
		axis_of(((const op_axis_attr *)w->node->attr)->axis, onnx_written_shape(w, w->node->in[0])->rank, false));
	const char *x = plain(w, 0), *index = plain(w, 1);
	onnx_attrs whole = { 0 }; /* constants are written as real numbers */
	onnx_set_int(&whole, "to", FORMAT_ONNX_INT64);
	index = onnx_write_one(w, "Cast", index, &whole);
	result(w, onnx_write_two(w, onnx, x, index, &a), false);
}

static void
reduce(onnx_writer *w, const char *onnx)
{
	const op_axes_attr *r = w->node->attr;
	int rank = onnx_written_shape(w, w->node->in[0])->rank, n = r->axes.n ? r->axes.n : rank;
	bool first = is_first(w, 0) && r->keepdim;
	int64_t axes[SECANT_MAX_RANK];
	onnx_attrs a = { 0 };
	for (int i = 0; i < n; i++)
		axes[i] = axis_of(r->axes.n ? r->axes.v[i] : i, rank, first);
	onnx_set_int(&a, "keepdims", r->keepdim);
	const char *x = given(w, 0, first);
	bool as_input = !strcmp(onnx, "ReduceSum") || w->how->opset >= 18;
	if (!as_input)
		onnx_set_ints(&a, "axes", n, axes);
	result(w,
		as_input ? onnx_write_two(w, onnx, x, onnx_write_integers(w, n, axes), &a) : onnx_write_one(w, onnx, x, &a),
		first);
}

static void
reshape(onnx_writer *w, const char *onnx)
{
	const op_shape_attr *r = w->node->attr;
	int64_t dim[SECANT_MAX_RANK];
	for (int i = 0; i < r->shape.n; i++) {
		int v = r->shape.v[i];
		dim[i] = v == -2 ? 0 : v >= -1 ? v : onnx_written_shape(w, w->node->out[0])->dim[i];
		if (v < -2 && w->how->dynamic)
			onnx_write_problem(w, "takes an axis of another value, which ONNX wants fixed (leave --dynamic)");
	}
	result(w, onnx_write_two(w, onnx, plain(w, 0), onnx_write_integers(w, r->shape.n, dim), NULL), false);
}

static void
transpose(onnx_writer *w, const char *onnx)
{
	const op_transpose_attr *t = w->node->attr;
	int64_t perm[SECANT_MAX_RANK];
	onnx_attrs a = { 0 };
	for (int i = 0; i < t->perm.n; i++)
		perm[i] = t->perm.v[i];
	onnx_set_ints(&a, "perm", t->perm.n, perm);
	result(w, onnx_write_one(w, onnx, plain(w, 0), &a), false);
}

static void
linear(onnx_writer *w, const char *onnx)
{
	const op_linear_attr *l = w->node->attr;
	int rank = onnx_written_shape(w, w->node->in[1])->rank;
	const char *bias = plain(w, 2), *weights = plain(w, 1), *y;
	onnx_attrs a = { 0 };
	if (l && l->act)
		onnx_write_problem(w, "is fused with what comes after it");
	if (rank != 2)
		weights = onnx_write_two(w, "Reshape", weights,
			onnx_write_integers(w, 2, (int64_t[]){ onnx_written_shape(w, w->node->in[1])->dim[0], -1 }), NULL);
	onnx_set_ints(&a, "perm", 2, (int64_t[]){ 1, 0 });
	y = onnx_write_two(w, onnx, plain(w, 0), onnx_write_one(w, "Transpose", weights, &a), NULL);
	result(w, *bias ? onnx_write_two(w, "Add", y, bias, NULL) : y, false);
}

static void
matmul(onnx_writer *w, const char *onnx)
{
	const op_matmul_attr *m = w->node->attr;
	const char *in[2] = { plain(w, 0), plain(w, 1) };
	for (int i = 0; i < 2; i++) {
		int rank = onnx_written_shape(w, w->node->in[i])->rank;
		int64_t perm[SECANT_MAX_RANK];
		onnx_attrs a = { 0 };
		if (!(i ? m->transpose_b : m->transpose_a))
			continue;
		for (int k = 0; k < rank; k++)
			perm[k] = k < rank - 2 ? k : 2 * rank - 3 - k;
		onnx_set_ints(&a, "perm", rank, perm);
		in[i] = onnx_write_one(w, "Transpose", in[i], &a);
	}
	result(w, onnx_write_two(w, onnx, in[0], in[1], NULL), false);
}

static void
prelu(onnx_writer *w, const char *onnx)
{
	const char *slopes = plain(w, 1);
	int64_t n = onnx_written_shape(w, w->node->in[1])->dim[0];
	if (is_first(w, 0) && n > 1)
		slopes = onnx_write_two(w, "Reshape", slopes, onnx_write_integers(w, 3, (int64_t[]){ n, 1, 1 }), NULL);
	result(w, onnx_write_two(w, onnx, w->name[w->node->in[0]], slopes, NULL), is_first(w, 0));
}

/* Means over bins that divide the picture evenly, or over all of it. */
static void
adaptive(onnx_writer *w, const char *onnx)
{
	const op_size_attr *s = w->node->attr;
	const secant_shape *x = onnx_written_shape(w, w->node->in[0]);
	int64_t h = s->size.v[0], v = s->size.n > 1 ? s->size.v[1] : h;
	onnx_attrs a = { 0 };
	if (h == 1 && v == 1) {
		result(
			w, onnx_write_one(w, *onnx == 'A' ? "GlobalAveragePool" : "GlobalMaxPool", given(w, 0, true), NULL), true);
		return;
	}
	if (x->dim[1] % h || x->dim[2] % v || w->how->dynamic) {
		onnx_write_problem(w,
			w->how->dynamic ? "bins depend on the size, and ONNX wants them fixed (leave --dynamic)"
							: "bins of unequal size");
		return;
	}
	onnx_set_ints(&a, "kernel_shape", 2, (int64_t[]){ x->dim[1] / h, x->dim[2] / v });
	onnx_set_ints(&a, "strides", 2, (int64_t[]){ x->dim[1] / h, x->dim[2] / v });
	result(w, onnx_write_one(w, onnx, given(w, 0, true), &a), true);
}

static void
layer_norm(onnx_writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	onnx_attrs a = { 0 };
	if (w->how->opset < 17 || w->node->n_in < 2 || w->node->in[1] < 0) {
		onnx_write_problem(w, "wants --opset 17, and weights");
		return;
	}
	const char *in[3] = { plain(w, 0), plain(w, 1), plain(w, 2) }, *out = onnx_fresh(w, onnx);
	onnx_set_int(&a, "axis", -1);
	onnx_set_float(&a, "epsilon", n->eps);
	onnx_write_node(w, onnx, out, *in[2] ? 3 : 2, in, &a);
	result(w, out, false);
}

static void
same(onnx_writer *w, const char *onnx)
{
	(void)onnx;
	result(w, w->name[w->node->in[0]], w->first[w->node->in[0]]);
}

static void
shuffle(onnx_writer *w, const char *onnx)
{
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "blocksize", ((const op_factor_attr *)w->node->attr)->factor);
	onnx_set_text(&a, "mode", "CRD");
	result(w, onnx_write_one(w, onnx, given(w, 0, true), &a), true);
}

static void
slice(onnx_writer *w, const char *onnx)
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
	const char *in[5] = { given(w, 0, first) }, *out = onnx_fresh(w, onnx);
	for (int k = 0; k < 4; k++)
		in[k + 1] = onnx_write_integers(w, rank, v[k]);
	onnx_write_node(w, onnx, out, 5, in, NULL);
	result(w, out, first);
}

static void
pad(onnx_writer *w, const char *onnx)
{
	static const char *const modes[] = { "constant", "reflect", "edge", "wrap" };
	const op_pad_attr *p = w->node->attr;
	int rank = p->before.n;
	bool first = is_first(w, 0);
	int64_t pads[2 * SECANT_MAX_RANK];
	onnx_attrs a = { 0 };
	for (int i = 0; i < rank; i++) {
		pads[axis_of(i, rank, first)] = p->before.v[i];
		pads[rank + axis_of(i, rank, first)] = p->after.v[i];
	}
	if (p->mode == OP_PAD_CIRCULAR && w->how->opset < 19)
		onnx_write_problem(w, "wants --opset 19");
	onnx_set_text(&a, "mode", modes[p->mode]);
	const char *in[3] = { given(w, 0, first), onnx_write_integers(w, 2 * rank, pads),
		p->mode == OP_PAD_CONSTANT ? onnx_write_number(w, p->value) : "" },
			   *out = onnx_fresh(w, onnx);
	onnx_write_node(w, onnx, out, p->mode == OP_PAD_CONSTANT ? 3 : 2, in, &a);
	result(w, out, first);
}

/* The largest along an axis, without its place. */
static void
largest(onnx_writer *w, const char *onnx)
{
	const op_index_attr *r = w->node->attr;
	int rank = onnx_written_shape(w, w->node->in[0])->rank;
	bool first = is_first(w, 0) && r->keepdim;
	int64_t axis = axis_of(r->axis, rank, first);
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "keepdims", r->keepdim);
	const char *x = given(w, 0, first);
	bool as_input = w->how->opset >= 18;
	if (!as_input)
		onnx_set_ints(&a, "axes", 1, &axis);
	result(w,
		as_input ? onnx_write_two(w, onnx, x, onnx_write_integers(w, 1, &axis), &a) : onnx_write_one(w, onnx, x, &a),
		first);
}

static void
argmax(onnx_writer *w, const char *onnx)
{
	const op_index_attr *r = w->node->attr;
	onnx_attrs a = { 0 };
	onnx_set_int(&a, "axis", axis_of(r->axis, onnx_written_shape(w, w->node->in[0])->rank, false));
	onnx_set_int(&a, "keepdims", r->keepdim);
	result(w, onnx_write_one(w, onnx, plain(w, 0), &a), false);
}

/* Repeated along axes of one number. */
static void
expand(onnx_writer *w, const char *onnx)
{
	const op_shape_attr *r = w->node->attr;
	int64_t dim[SECANT_MAX_RANK];
	const secant_shape *y = onnx_written_shape(w, w->node->out[0]), *x = onnx_written_shape(w, w->node->in[0]);
	for (int i = 0; i < y->rank; i++) /* 1: as the input has it, whatever the batch is */
		dim[i] = x->rank == y->rank && x->dim[i] == y->dim[i] ? 1 : y->dim[i];
	if (w->how->dynamic && y->rank && dim[0] != 1)
		onnx_write_problem(w, "is repeated for each of a batch, which ONNX wants fixed (leave --dynamic)");
	(void)r;
	result(w, onnx_write_two(w, onnx, plain(w, 0), onnx_write_integers(w, y->rank, dim), NULL), false);
}

/* What a comparison gives is true or false, in ours 1 or 0. */
static void
upcast(onnx_writer *w, const char *onnx)
{
	bool numbers = graph_value_at(w->g, w->node->in[0])->type.dtype == SECANT_F32;
	const char *x = w->name[w->node->in[0]];
	onnx_attrs a = { 0 };
	if (!numbers)
		onnx_set_int(&a, "to", onnx_written_type(w));
	result(w, numbers ? x : onnx_write_one(w, onnx, x, &a), w->first[w->node->in[0]]);
}

static void
where(onnx_writer *w, const char *onnx)
{
	const char *in[3] = { plain(w, 0), plain(w, 1), plain(w, 2) }, *out = onnx_fresh(w, onnx);
	onnx_write_node(w, onnx, out, 3, in, NULL);
	result(w, out, false);
}

/* Groups of channels as rows, normalised as instances, then scaled: the operator itself came with set 21. */
static void
group_norm(onnx_writer *w, const char *onnx)
{
	const op_norm_attr *n = w->node->attr;
	const secant_shape *s = onnx_written_shape(w, w->node->in[0]);
	int64_t groups = n->groups, channels = s->dim[s->rank - 1];
	onnx_attrs a = { 0 };
	float *ones = secant_calloc((size_t)groups * 2 + 1, sizeof *ones);
	w->graph.failed |= !ones;
	if (s->rank != 4 || !ones) {
		onnx_write_problem(w, "normalises other than pictures");
		secant_free(ones);
		return;
	}
	for (int64_t i = 0; i < groups; i++)
		ones[i] = 1;
	const char *x = given(w, 0, true);
	const char *in[3] = { onnx_write_two(
							  w, "Reshape", x, onnx_write_integers(w, 3, (int64_t[]){ 0, groups, -1 }), NULL),
		onnx_write_reals(w, NULL, 1, &groups, ones, groups),
		onnx_write_reals(w, NULL, 1, &groups, ones + groups, groups) };
	const char *y = onnx_fresh(w, onnx);
	secant_free(ones);
	onnx_set_float(&a, "epsilon", n->eps);
	onnx_write_node(w, onnx, y, 3, in, &a);
	y = onnx_write_two(w, "Reshape", y, onnx_write_one(w, "Shape", x, NULL), NULL);
	for (int k = 1; k < 3; k++) /* scale, then shift */
		if (*plain(w, k))
			y = onnx_write_two(w, k == 1 ? "Mul" : "Add", y,
				onnx_write_two(
					w, "Reshape", plain(w, k), onnx_write_integers(w, 3, (int64_t[]){ channels, 1, 1 }), NULL),
				NULL);
	result(w, y, true);
}

/* Whole numbers of 8 bits and back, with constant scales. */
static void
quantized(onnx_writer *w, const char *onnx)
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
		onnx_write_problem(w, "is computed in 32 bits (leave --half)");
	if (!scale->numbers || (zero && !zero->numbers))
		onnx_write_problem(w, "has a scale that is learned");
	for (int64_t i = 0; i < n && f && z && scale->numbers; i++) {
		f[i] = (float)scale->numbers[i];
		z[i] = zero && zero->numbers ? (uint8_t)(int)zero->numbers[i] : 0;
	}
	if (f && z) {
		onnx_attrs a = { 0 };
		const char *in[3] = { given(w, 0, first),
			onnx_write_constant(w, FORMAT_ONNX_FLOAT, rank, &n, f, (size_t)n * sizeof *f),
			onnx_write_constant(w, sign ? FORMAT_ONNX_INT8 : FORMAT_ONNX_UINT8, rank, &n, z, (size_t)n) },
				   *out = onnx_fresh(w, onnx);
		if (rank)
			onnx_set_int(&a, "axis", axis_of(q->axis, onnx_written_shape(w, w->node->in[0])->rank, first));
		onnx_write_node(w, onnx, out, 3, in, &a);
		result(w, out, first);
	}
	secant_free(f);
	secant_free(z);
}

/* What ONNX has no operator for, and why. */
static void
unsayable(onnx_writer *w, const char *why)
{
	onnx_write_problem(w, why);
}

static const struct {
	const char *ours;
	void (*write)(onnx_writer *w, const char *onnx);
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
	{ "resize_smooth", resize_smooth, "MatMul" },
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

void
onnx_write_operator(onnx_writer *w, const graph_node *n)
{
	w->node = n;
	for (int k = 0; k < n->n_out; k++)
		w->name[n->out[k]] = "";
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].ours, n->op->name)) {
			table[i].write(w, table[i].onnx);
			return;
		}
	onnx_write_problem(w, "has no form in ONNX");
}
