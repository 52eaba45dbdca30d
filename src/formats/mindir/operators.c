/*
 * Nodes of MindIR as nodes of ONNX: one function an operator and a row of the table at the end. What is a constant in
 * MindIR is an input of its primitive (since 1.9) or an attribute (before): both are looked for under one name.
 */
#include <math.h>
#include <string.h>
#include "formats/mindir/translator.h"

enum { MOST_INPUTS = 64 };

typedef format_mindir_translator translator;

typedef struct row {
	const char *mindspore, *onnx;
	int inputs; /* tensors; what follows is settings */
	void (*put)(translator *t, const struct row *r);
} row;

static void
plain(translator *t, const row *r)
{
	const char *in[MOST_INPUTS];
	for (int i = 0; i < r->inputs; i++)
		in[i] = format_mindir_input_name(t, i);
	format_mindir_put_node(t, r->onnx, format_mindir_result_name(t), r->inputs, in, NULL);
}

static void
nothing(translator *t, const row *r)
{
}

/* pad_mode is a text, or since 1.9 in some operators a number. */
typedef enum pad_mode { PAD_GIVEN = 0, PAD_SAME = 1, PAD_VALID = 2, PAD_UNKNOWN = 3 } pad_mode;

static pad_mode
pad_mode_of(translator *t)
{
	char text[16];
	const format_mindir_attr *a = format_mindir_find(t->node->primitive, "pad_mode");
	const char *s = format_mindir_text(a, text, sizeof text);
	int64_t v = 3;
	if (s)
		v = !strcmp(s, "same") || !strcmp(s, "SAME")     ? PAD_SAME
			: !strcmp(s, "valid") || !strcmp(s, "VALID") ? PAD_VALID
			: !strcmp(s, "pad") || !strcmp(s, "PAD")     ? PAD_GIVEN
														 : PAD_UNKNOWN;
	else if (format_mindir_ints(a, &v, 1) != 1)
		v = PAD_UNKNOWN;
	if (v < 0 || v >= PAD_UNKNOWN)
		format_mindir_problem(t, "its pad_mode is none of same, valid, pad");
	return v < 0 || v > PAD_UNKNOWN ? PAD_UNKNOWN : (pad_mode)v;
}

/* The last two of 2 or 4 numbers: of height and width. */
static bool
pair_of(translator *t, const char *name, int64_t v[2], int64_t otherwise)
{
	int64_t all[4];
	int n = format_mindir_ints(format_mindir_find(t->node->primitive, name), all, 4);
	v[0] = v[1] = otherwise;
	if (n == 1)
		v[0] = v[1] = all[0];
	else if (n == 2 || n == 4)
		v[0] = all[n - 2], v[1] = all[n - 1];
	else if (!otherwise)
		format_mindir_problem(t, base_arena_format(t->m->arena, "%s is missing", name));
	return v[0] >= 1 && v[1] >= 1 && v[0] < 1 << 20 && v[1] < 1 << 20;
}

static bool
is_nchw(translator *t)
{
	char text[16];
	const char *s = format_mindir_text(format_mindir_find(t->node->primitive, "format"), text, sizeof text);
	if (!s || !strcmp(s, "NCHW"))
		return true;
	format_mindir_problem(t, "its format is not NCHW");
	return false;
}

/* pad, or its twin pad_list: top, bottom, left, right. As ONNX has it: top, left, bottom, right. */
static bool
given_pads(translator *t, int64_t pads[4])
{
	int64_t v[4];
	const format_mindir_attr *a = format_mindir_find(t->node->primitive, "pad");
	if (format_mindir_ints(a ? a : format_mindir_find(t->node->primitive, "pad_list"), v, 4) != 4) {
		format_mindir_problem(t, "pad is not four numbers");
		return false;
	}
	pads[0] = v[0], pads[1] = v[2], pads[2] = v[1], pads[3] = v[3];
	return true;
}

static void
put_pads(translator *t, base_str *a)
{
	int64_t pads[4];
	switch (pad_mode_of(t)) {
	case PAD_SAME: format_mindir_attr_text(a, "auto_pad", "SAME_UPPER"); break;
	case PAD_GIVEN:
		if (given_pads(t, pads))
			format_mindir_attr_ints(a, "pads", 4, pads, true);
		break;
	default: break;
	}
}

/* A convolution's bias is added by the node behind it, which is where both are written. */
static bool
waits_for_bias(const translator *t, const format_mindir_node *n)
{
	const format_mindir_node *next = n && n->uses == 1 ? &t->m->node[n->user] : NULL;
	bool conv = format_mindir_node_is(n, "Conv2D") || format_mindir_node_is(n, "Conv2DTranspose")
		|| format_mindir_node_is(n, "Conv2DBackpropInput");
	return conv && format_mindir_node_is(next, "BiasAdd") && next->n_in > 1 && !strcmp(next->in[0], n->out);
}

/* The node `conv` with a bias (NULL: none), as `out`. */
static void
put_conv(translator *t, const char *bias, const char *out)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2], dilation[2];
	const char *in[3] = { format_mindir_input_name(t, 0), format_mindir_input_name(t, 1), bias };
	if (!is_nchw(t) || !pair_of(t, "kernel_size", kernel, 0) || !pair_of(t, "stride", stride, 1)
		|| !pair_of(t, "dilation", dilation, 1))
		return;
	format_mindir_attr_ints(&a, "kernel_shape", 2, kernel, true);
	format_mindir_attr_ints(&a, "strides", 2, stride, true);
	format_mindir_attr_ints(&a, "dilations", 2, dilation, true);
	format_mindir_attr_int(&a, "group", format_mindir_integer_of(t, -1, "group", 1));
	put_pads(t, &a);
	format_mindir_put_node(t, "Conv", out, bias ? 3 : 2, in, &a);
}

/* Transposed: same gives size x stride, what is too much is cut half in front (less) and half behind. */
static void
put_conv_transpose(translator *t, const char *bias, const char *out)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2], dilation[2], pads[4] = { 0 }, more[2] = { 0 };
	const char *in[3] = { format_mindir_input_name(t, 0), format_mindir_input_name(t, 1), bias };
	pad_mode mode = pad_mode_of(t);
	if (!is_nchw(t) || !pair_of(t, "kernel_size", kernel, 0) || !pair_of(t, "stride", stride, 1)
		|| !pair_of(t, "dilation", dilation, 1) || (mode == PAD_GIVEN && !given_pads(t, pads)))
		return;
	for (int i = 0; i < 2 && mode != PAD_GIVEN; i++) {
		int64_t over = (kernel[i] - 1) * dilation[i] + 1 - stride[i];
		if (over < 0)
			more[i] = -over;
		else if (mode == PAD_SAME)
			pads[i] = over / 2, pads[i + 2] = over - over / 2;
	}
	format_mindir_attr_ints(&a, "kernel_shape", 2, kernel, true);
	format_mindir_attr_ints(&a, "strides", 2, stride, true);
	format_mindir_attr_ints(&a, "dilations", 2, dilation, true);
	format_mindir_attr_ints(&a, "pads", 4, pads, true);
	format_mindir_attr_ints(&a, "output_padding", 2, more, true);
	format_mindir_attr_int(&a, "group", format_mindir_integer_of(t, -1, "group", 1));
	format_mindir_put_node(t, "ConvTranspose", out, bias ? 3 : 2, in, &a);
}

static void
put_either(translator *t, const char *bias, const char *out)
{
	if (format_mindir_node_is(t->node, "Conv2D"))
		put_conv(t, bias, out);
	else
		put_conv_transpose(t, bias, out);
}

static void
conv(translator *t, const row *r)
{
	if (!waits_for_bias(t, t->node))
		put_either(t, NULL, format_mindir_result_name(t));
}

static void
bias_add(translator *t, const row *r)
{
	const format_mindir_node *self = t->node, *before = format_mindir_node_of(t, self->in[0]);
	const char *bias = format_mindir_input_name(t, 1), *out = format_mindir_result_name(t);
	if (waits_for_bias(t, before)) {
		t->node = before;
		put_either(t, bias, out);
		t->node = self;
		return;
	}
	int64_t dim[SECANT_MAX_RANK];
	int rank = format_mindir_shape(self, dim);
	if (rank == 4) { /* along channels, the second axis */
		const char *shape = format_mindir_integers_name(t, 4, (int64_t[]){ 1, -1, 1, 1 }),
				   *spread = format_mindir_fresh_name(t, "bias");
		format_mindir_put_node(t, "Reshape", spread, 2, (const char *const[]){ bias, shape }, NULL);
		bias = spread;
	} else if (rank != 2) {
		format_mindir_problem(t, "a bias along an axis that is not told");
	}
	format_mindir_put_node(t, "Add", out, 2, (const char *const[]){ format_mindir_input_name(t, 0), bias }, NULL);
}

static void
pool(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2];
	if (!is_nchw(t) || !pair_of(t, "kernel_size", kernel, 0) || !pair_of(t, "strides", stride, 0))
		return;
	format_mindir_attr_ints(&a, "kernel_shape", 2, kernel, true);
	format_mindir_attr_ints(&a, "strides", 2, stride, true);
	put_pads(t, &a);
	format_mindir_put_node(
		t, r->onnx, format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
}

static void
batch_norm(translator *t, const row *r)
{
	base_str a = { 0 };
	const char *in[5];
	if (format_mindir_integer_of(t, 5, "is_training", 0))
		format_mindir_problem(t, "in training mode: export the network with set_train(False)");
	for (int i = 0; i < 5; i++)
		in[i] = format_mindir_input_name(t, i);
	format_mindir_attr_real(&a, "epsilon", format_mindir_real_of(t, 6, "epsilon", 1e-5));
	format_mindir_put_node(t, "BatchNormalization", format_mindir_result_name(t), 5, in, &a);
}

static void
softmax(translator *t, const row *r)
{
	base_str a = { 0 };
	format_mindir_attr_int(&a, "axis", format_mindir_integer_of(t, 1, "axis", -1));
	format_mindir_put_node(
		t, r->onnx, format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
}

/* MindSpore numbers its types: 32 int8, 33 int16, 34 int32, 35 int64, 42 float16, 43 float32 and so on. */
int
format_mindir_type_of(int64_t id)
{
	static const struct {
		int id, onnx;
	} types[] = { { 30, FORMAT_ONNX_BOOL }, { 32, FORMAT_ONNX_INT8 }, { 33, FORMAT_ONNX_INT16 },
		{ 34, FORMAT_ONNX_INT32 }, { 35, FORMAT_ONNX_INT64 }, { 37, FORMAT_ONNX_UINT8 }, { 42, FORMAT_ONNX_FLOAT16 },
		{ 43, FORMAT_ONNX_FLOAT }, { 44, FORMAT_ONNX_DOUBLE } };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].id == id)
			return types[i].onnx;
	return 0;
}

static void
argmax(translator *t, const row *r)
{
	base_str a = { 0 }, cast = { 0 };
	const char *wide = format_mindir_fresh_name(t, "argmax");
	int type = format_mindir_type_of(format_mindir_integer_of(t, 2, "output_type", 34));
	format_mindir_attr_int(&a, "axis", format_mindir_integer_of(t, 1, "axis", -1));
	format_mindir_attr_int(&a, "keepdims", 0);
	format_mindir_put_node(t, "ArgMax", wide, 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
	format_mindir_attr_int(&cast, "to", type ? type : FORMAT_ONNX_INT32);
	format_mindir_put_node(t, "Cast", format_mindir_result_name(t), 1, &wide, &cast);
}

static void
cast(translator *t, const row *r)
{
	base_str a = { 0 };
	int type = format_mindir_type_of(format_mindir_integer_of(t, 1, "dst_type", 0));
	if (!type)
		format_mindir_problem(t, "to a type that is not told, or none of ours");
	format_mindir_attr_int(&a, "to", type);
	format_mindir_put_node(
		t, "Cast", format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
}

static void
transpose(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t perm[SECANT_MAX_RANK];
	int n = format_mindir_ints(format_mindir_setting(t, 1, "perm"), perm, SECANT_MAX_RANK);
	if (n < 1)
		format_mindir_problem(t, "its order of axes is no constant");
	format_mindir_attr_ints(&a, "perm", n, perm, true);
	format_mindir_put_node(
		t, "Transpose", format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
}

/* Operators whose second input is a list of whole numbers: a constant here, an initialiser there. */
static void
with_list(translator *t, const row *r)
{
	int64_t v[SECANT_MAX_RANK];
	int n = format_mindir_ints(
		format_mindir_setting(t, 1, format_mindir_node_is(t->node, "Reshape") ? "shape" : "axis"), v, SECANT_MAX_RANK);
	if (n < 1) {
		format_mindir_problem(t, "its second input is no constant");
		return;
	}
	format_mindir_put_node(t, r->onnx, format_mindir_result_name(t), 2,
		(const char *const[]){ format_mindir_input_name(t, 0), format_mindir_integers_name(t, n, v) }, NULL);
}

static void
flatten(translator *t, const row *r)
{
	format_mindir_put_node(
		t, "Flatten", format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, NULL);
}

static void
concat(translator *t, const row *r)
{
	base_str a = { 0 };
	const format_mindir_node *tuple = format_mindir_node_of(
		t, format_mindir_source(t, t->node->n_in ? t->node->in[0] : ""));
	const format_mindir_node *self = t->node;
	const char *in[MOST_INPUTS];
	int n = format_mindir_node_is(tuple, "MakeTuple") ? tuple->n_in : 0;
	if (n < 1 || n > MOST_INPUTS) {
		format_mindir_problem(t, "its parts are no tuple of at most 64");
		return;
	}
	format_mindir_attr_int(&a, "axis", format_mindir_integer_of(t, 1, "axis", 0));
	t->node = tuple;
	for (int i = 0; i < n; i++)
		in[i] = format_mindir_input_name(t, i);
	t->node = self;
	format_mindir_put_node(t, "Concat", format_mindir_result_name(t), n, in, &a);
}

static void
slice(translator *t, const row *r)
{
	int64_t begin[SECANT_MAX_RANK], size[SECANT_MAX_RANK];
	int n = format_mindir_ints(format_mindir_setting(t, 1, "begin"), begin, SECANT_MAX_RANK);
	if (n < 1 || format_mindir_ints(format_mindir_setting(t, 2, "size"), size, SECANT_MAX_RANK) != n) {
		format_mindir_problem(t, "begin and size are no constants of one length");
		return;
	}
	for (int i = 0; i < n; i++) /* -1: to the end */
		size[i] = size[i] < 0 || size[i] > INT32_MAX || begin[i] > INT32_MAX ? INT32_MAX : begin[i] + size[i];
	const char *from = format_mindir_integers_name(t, n, begin), *to = format_mindir_integers_name(t, n, size);
	format_mindir_put_node(t, "Slice", format_mindir_result_name(t), 3,
		(const char *const[]){ format_mindir_input_name(t, 0), from, to }, NULL);
}

static void
resize(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t size[4], dim[SECANT_MAX_RANK];
	bool nearest = strstr(t->node->op, "Nearest") != NULL;
	if (format_mindir_ints(format_mindir_setting(t, 1, "size"), size + 2, 2) != 2
		|| format_mindir_shape(t->node, dim) != 4) {
		format_mindir_problem(t, "its size is no constant of two numbers");
		return;
	}
	size[0] = dim[0], size[1] = dim[1];
	bool corners = format_mindir_integer_of(t, 2, "align_corners", 0) != 0,
		 half = format_mindir_integer_of(t, 3, "half_pixel_centers", 0) != 0;
	format_mindir_attr_text(&a, "mode", nearest ? "nearest" : "linear");
	format_mindir_attr_text(&a, "coordinate_transformation_mode",
		corners    ? "align_corners"
			: half ? "half_pixel"
				   : "asymmetric");
	if (nearest)
		format_mindir_attr_text(&a, "nearest_mode", corners ? "round_prefer_ceil" : "floor");
	format_mindir_put_node(t, "Resize", format_mindir_result_name(t), 4,
		(const char *const[]){ format_mindir_input_name(t, 0), "", "", format_mindir_integers_name(t, 4, size) }, &a);
}

static void
clip(translator *t, const row *r)
{
	float ends[2] = { 0, 6 };
	const char *low = format_mindir_fresh_name(t, "constant"), *high = format_mindir_fresh_name(t, "constant");
	format_mindir_put_initializer(t, low, FORMAT_ONNX_FLOAT, 0, NULL, &ends[0], sizeof(float));
	format_mindir_put_initializer(t, high, FORMAT_ONNX_FLOAT, 0, NULL, &ends[1], sizeof(float));
	format_mindir_put_node(t, "Clip", format_mindir_result_name(t), 3,
		(const char *const[]){ format_mindir_input_name(t, 0), low, high }, NULL);
}

static void
hard_sigmoid(translator *t, const row *r)
{
	base_str a = { 0 };
	format_mindir_attr_real(&a, "alpha", 1. / 6);
	format_mindir_attr_real(&a, "beta", .5);
	format_mindir_put_node(
		t, "HardSigmoid", format_mindir_result_name(t), 1, (const char *const[]){ format_mindir_input_name(t, 0) }, &a);
}

static void
reduce(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t axes[SECANT_MAX_RANK];
	int n = format_mindir_ints(format_mindir_setting(t, 1, "axis"), axes, SECANT_MAX_RANK);
	bool sum = format_mindir_node_is(t->node, "ReduceSum"); /* takes its axes as an input since operator set 13 */
	const char *in[2] = { format_mindir_input_name(t, 0), sum && n > 0 ? format_mindir_integers_name(t, n, axes) : "" };
	format_mindir_attr_int(&a, "keepdims", format_mindir_integer_of(t, 2, "keep_dims", 0));
	if (!sum && n > 0)
		format_mindir_attr_ints(&a, "axes", n, axes, true);
	format_mindir_put_node(t, r->onnx, format_mindir_result_name(t), sum && n > 0 ? 2 : 1, in, &a);
}

/* a b, either turned: of matrices. */
static void
matmul(translator *t, const row *r)
{
	const char *in[2] = { format_mindir_input_name(t, 0), format_mindir_input_name(t, 1) };
	static const char *const names[] = { "transpose_a", "transpose_b" };
	int64_t dim[SECANT_MAX_RANK];
	int rank = format_mindir_shape(t->node, dim);
	for (int i = 0; i < 2; i++) {
		base_str a = { 0 };
		int64_t perm[SECANT_MAX_RANK];
		if (!format_mindir_integer_of(t, 2 + i, names[i], 0))
			continue;
		if (rank < 2) {
			format_mindir_problem(t, "turned operands of a shape that is not told");
			return;
		}
		for (int d = 0; d < rank; d++)
			perm[d] = d;
		perm[rank - 1] = rank - 2, perm[rank - 2] = rank - 1;
		const char *turned = format_mindir_fresh_name(t, "turned");
		format_mindir_attr_ints(&a, "perm", rank, perm, true);
		format_mindir_put_node(t, "Transpose", turned, 1, &in[i], &a);
		in[i] = turned;
	}
	format_mindir_put_node(t, "MatMul", format_mindir_result_name(t), 2, in, NULL);
}

static const row rows[] = {
	{ "Conv2D", "Conv", 2, conv },
	{ "Conv2DTranspose", "ConvTranspose", 2, conv },
	{ "Conv2DBackpropInput", "ConvTranspose", 2, conv },
	{ "BiasAdd", "Add", 2, bias_add },
	{ "MaxPool", "MaxPool", 1, pool },
	{ "AvgPool", "AveragePool", 1, pool },
	{ "BatchNorm", "BatchNormalization", 5, batch_norm },
	{ "Softmax", "Softmax", 1, softmax },
	{ "LogSoftmax", "LogSoftmax", 1, softmax },
	{ "Argmax", "ArgMax", 1, argmax },
	{ "Cast", "Cast", 1, cast },
	{ "Transpose", "Transpose", 1, transpose },
	{ "Reshape", "Reshape", 1, with_list },
	{ "ExpandDims", "Unsqueeze", 1, with_list },
	{ "Squeeze", "Squeeze", 1, with_list },
	{ "Flatten", "Flatten", 1, flatten },
	{ "Concat", "Concat", 1, concat },
	{ "Slice", "Slice", 1, slice },
	{ "ResizeBilinearV2", "Resize", 1, resize },
	{ "ResizeBilinear", "Resize", 1, resize },
	{ "ResizeNearestNeighbor", "Resize", 1, resize },
	{ "ResizeNearestNeighborV2", "Resize", 1, resize },
	{ "ReduceMean", "ReduceMean", 1, reduce },
	{ "ReduceSum", "ReduceSum", 1, reduce },
	{ "ReduceMax", "ReduceMax", 1, reduce },
	{ "MatMul", "MatMul", 2, matmul },
	{ "BatchMatMul", "MatMul", 2, matmul },
	{ "ReLU", "Relu", 1, plain },
	{ "ReLU6", "Clip", 1, clip },
	{ "Sigmoid", "Sigmoid", 1, plain },
	{ "Tanh", "Tanh", 1, plain },
	{ "HSwish", "HardSwish", 1, plain },
	{ "HSigmoid", "HardSigmoid", 1, hard_sigmoid },
	{ "Softplus", "Softplus", 1, plain },
	{ "Exp", "Exp", 1, plain },
	{ "Log", "Log", 1, plain },
	{ "Sqrt", "Sqrt", 1, plain },
	{ "Abs", "Abs", 1, plain },
	{ "Neg", "Neg", 1, plain },
	{ "Erf", "Erf", 1, plain },
	{ "Add", "Add", 2, plain },
	{ "Sub", "Sub", 2, plain },
	{ "Mul", "Mul", 2, plain },
	{ "RealDiv", "Div", 2, plain },
	{ "Div", "Div", 2, plain },
	{ "Maximum", "Max", 2, plain },
	{ "Minimum", "Min", 2, plain },
	{ "Pow", "Pow", 2, plain },
	/* what orders effects, holds constants or joins tuples is looked through */
	{ "Constant", NULL, 0, nothing },
	{ "Load", NULL, 0, nothing },
	{ "Depend", NULL, 0, nothing },
	{ "UpdateState", NULL, 0, nothing },
	{ "MakeTuple", NULL, 0, nothing },
	{ "TupleGetItem", NULL, 0, nothing },
	{ "Identity", NULL, 0, nothing },
	{ "StopGradient", NULL, 0, nothing },
};

void
format_mindir_put_operator(translator *t)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].mindspore, t->node->op)) {
			if (t->node->n_in < rows[i].inputs)
				format_mindir_problem(t, "too few inputs");
			else
				rows[i].put(t, &rows[i]);
			return;
		}
	format_mindir_problem(t, NULL);
}
