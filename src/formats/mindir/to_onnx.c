/*
 * MindIR as ONNX (mindir.h): one function an operator and a row of the table at the end. What is a constant in MindIR
 * is an input of its primitive (since 1.9) or an attribute (before): both are looked for under one name.
 */
#include <math.h>
#include <string.h>
#include "formats/mindir/mindir.h"
#include "formats/onnx/onnx.h"

enum { OPSET = 17, IR_VERSION = 8, MOST_INPUTS = 64, MOST_PROBLEMS = 40, DEEPEST = 16 };

typedef struct translator {
	format_mindir_model *m;
	base_str graph, problems;
	int serial, n_problems;
	const format_mindir_node *node; /* the one at hand */
} translator;

typedef struct row {
	const char *mindspore, *onnx;
	int inputs; /* tensors; what follows is settings */
	void (*put)(translator *t, const struct row *r);
} row;

/* ---- pieces of ONNX ---- */

static void
problem(translator *t, const char *why)
{
	if (t->n_problems++ < MOST_PROBLEMS)
		base_str_addf(&t->problems, "%s%s '%s'%s%s", t->n_problems > 1 ? "; " : "", t->node->op, t->node->out,
			why ? ": " : "", why ? why : "");
}

static const char *
fresh(translator *t, const char *what)
{
	const char *s = base_arena_format(t->m->arena, "%s_%d", what, t->serial++);
	t->graph.failed |= !s;
	return s ? s : "";
}

/* "<graph>:rest" without its graph. */
static const char *
short_name(const translator *t, const char *name)
{
	size_t n = strlen(t->m->graph);
	return n && !strncmp(name, t->m->graph, n) && name[n] == ':' && name[n + 1] ? name + n + 1 : name;
}

static void
attr_ints(base_str *node, const char *name, int n, const int64_t *v, bool list)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, list ? 7 : 2);
	for (int i = 0; i < n; i++)
		format_wire_put_varint(&a, list ? 8 : 3, (uint64_t)v[i]);
	format_wire_put_message(node, 5, &a);
}

static void
attr_int(base_str *node, const char *name, int64_t v)
{
	attr_ints(node, name, 1, &v, false);
}

static void
attr_real(base_str *node, const char *name, double v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, 1);
	format_wire_put_float(&a, 2, (float)v);
	format_wire_put_message(node, 5, &a);
}

static void
attr_text(base_str *node, const char *name, const char *v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 20, 3);
	format_wire_put_text(&a, 4, v);
	format_wire_put_message(node, 5, &a);
}

/* A node; takes the attributes. */
static void
put_node(translator *t, const char *op, const char *out, int n, const char *const *in, base_str *attrs)
{
	base_str s = { 0 };
	for (int i = 0; i < n; i++)
		format_wire_put_text(&s, 1, in[i]);
	format_wire_put_text(&s, 2, out);
	format_wire_put_text(&s, 3, out);
	format_wire_put_text(&s, 4, op);
	if (attrs) {
		base_str_addn(&s, attrs->p ? attrs->p : "", attrs->n);
		s.failed |= attrs->failed;
		base_str_free(attrs);
	}
	format_wire_put_message(&t->graph, 1, &s);
}

static void
put_initializer(translator *t, const char *name, int type, int rank, const int64_t *dim, const void *data, size_t n)
{
	base_str s = { 0 };
	for (int i = 0; i < rank; i++)
		format_wire_put_varint(&s, 1, (uint64_t)dim[i]);
	format_wire_put_varint(&s, 2, (uint64_t)type);
	format_wire_put_text(&s, 8, name);
	format_wire_put_bytes(&s, 9, data, n);
	format_wire_put_message(&t->graph, 5, &s);
}

static const char *
integers(translator *t, int n, const int64_t *v)
{
	const char *name = fresh(t, "constant");
	int64_t dim = n;
	put_initializer(t, name, FORMAT_ONNX_INT64, 1, &dim, v, (size_t)n * sizeof *v);
	return name;
}

/* ---- what nodes read ---- */

static const format_mindir_node *
node_of(const translator *t, const char *name)
{
	int at = base_by_name_find(&t->m->by_out, name);
	return at < 0 ? NULL : &t->m->node[at];
}

static bool
is(const format_mindir_node *n, const char *op)
{
	return n && !strcmp(n->op, op);
}

/* Through nodes that only order effects or pick from a tuple, to who makes the tensor; "" where nobody does. */
static const char *
source_below(const translator *t, const char *name, int depth)
{
	for (int steps = 0; steps <= t->m->n_node && depth < DEEPEST; steps++) {
		const format_mindir_node *n = node_of(t, name);
		if (n && n->n_in && (is(n, "Load") || is(n, "Depend") || is(n, "Identity") || is(n, "StopGradient"))) {
			name = n->in[0];
		} else if (is(n, "TupleGetItem") && n->n_in == 2) {
			const char *whole = source_below(t, n->in[0], depth + 1);
			const format_mindir_node *tuple = node_of(t, whole), *place = node_of(t, n->in[1]);
			int64_t k;
			if (!place || format_mindir_ints(format_mindir_find(&place->own, "value"), &k, 1) != 1 || k < 0)
				return "";
			if (is(tuple, "MakeTuple"))
				name = k < tuple->n_in ? tuple->in[k] : "";
			else
				return k == 0 ? whole : ""; /* only first outputs are tensors of ours */
		} else {
			return name;
		}
	}
	return "";
}

static const char *
source(const translator *t, const char *name)
{
	return source_below(t, name, 0);
}

static const format_mindir_attr *
constant_at(const translator *t, int k)
{
	const format_mindir_node *n = k < t->node->n_in ? node_of(t, source(t, t->node->in[k])) : NULL;
	return is(n, "Constant") ? format_mindir_find(&n->own, "value") : NULL;
}

/* A setting: input k where it is a constant, else the primitive's attribute. */
static const format_mindir_attr *
setting(const translator *t, int k, const char *name)
{
	const format_mindir_attr *a = k >= 0 ? constant_at(t, k) : NULL;
	return a ? a : format_mindir_find(t->node->primitive, name);
}

static int64_t
integer_of(const translator *t, int k, const char *name, int64_t otherwise)
{
	int64_t v;
	return format_mindir_ints(setting(t, k, name), &v, 1) == 1 ? v : otherwise;
}

static double
real_of(const translator *t, int k, const char *name, double otherwise)
{
	double v;
	return format_mindir_real(setting(t, k, name), &v) ? v : otherwise;
}

/* A number written into the network: a scalar initialiser. */
static const char *
scalar(translator *t, const format_mindir_attr *a)
{
	int64_t i;
	double v;
	const char *name = fresh(t, "constant");
	if (format_mindir_real(a, &v)) {
		float f = (float)v;
		put_initializer(t, name, FORMAT_ONNX_FLOAT, 0, NULL, &f, sizeof f);
	} else if (format_mindir_ints(a, &i, 1) == 1) {
		float f = (float)i; /* arithmetic with a tensor of reals; MindSpore converts it so */
		put_initializer(t, name, FORMAT_ONNX_FLOAT, 0, NULL, &f, sizeof f);
	} else {
		problem(t, "a constant that is no number");
	}
	return name;
}

/* Input k by its name in ONNX. */
static const char *
tensor(translator *t, int k)
{
	const char *name = k < t->node->n_in ? source(t, t->node->in[k]) : "";
	int parameter = base_by_name_find(&t->m->by_parameter, name);
	const format_mindir_attr *number = constant_at(t, k);
	if (number)
		return scalar(t, number);
	if (parameter >= 0)
		return t->m->parameter[parameter].key ? t->m->parameter[parameter].key : short_name(t, name);
	if (!*name || (!node_of(t, name) && base_by_name_find(&t->m->by_input, name) < 0))
		problem(t, "an input that nothing makes");
	return short_name(t, name);
}

static const char *
result(const translator *t)
{
	return short_name(t, t->node->out);
}

/* ---- operators ---- */

static void
plain(translator *t, const row *r)
{
	const char *in[MOST_INPUTS];
	for (int i = 0; i < r->inputs; i++)
		in[i] = tensor(t, i);
	put_node(t, r->onnx, result(t), r->inputs, in, NULL);
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
		problem(t, "its pad_mode is none of same, valid, pad");
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
		problem(t, base_arena_format(t->m->arena, "%s is missing", name));
	return v[0] >= 1 && v[1] >= 1 && v[0] < 1 << 20 && v[1] < 1 << 20;
}

static bool
is_nchw(translator *t)
{
	char text[16];
	const char *s = format_mindir_text(format_mindir_find(t->node->primitive, "format"), text, sizeof text);
	if (!s || !strcmp(s, "NCHW"))
		return true;
	problem(t, "its format is not NCHW");
	return false;
}

/* pad, or its twin pad_list: top, bottom, left, right. As ONNX has it: top, left, bottom, right. */
static bool
given_pads(translator *t, int64_t pads[4])
{
	int64_t v[4];
	const format_mindir_attr *a = format_mindir_find(t->node->primitive, "pad");
	if (format_mindir_ints(a ? a : format_mindir_find(t->node->primitive, "pad_list"), v, 4) != 4) {
		problem(t, "pad is not four numbers");
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
	case PAD_SAME: attr_text(a, "auto_pad", "SAME_UPPER"); break;
	case PAD_GIVEN:
		if (given_pads(t, pads))
			attr_ints(a, "pads", 4, pads, true);
		break;
	default: break;
	}
}

/* A convolution's bias is added by the node behind it, which is where both are written. */
static bool
waits_for_bias(const translator *t, const format_mindir_node *n)
{
	const format_mindir_node *next = n && n->uses == 1 ? &t->m->node[n->user] : NULL;
	bool conv = is(n, "Conv2D") || is(n, "Conv2DTranspose") || is(n, "Conv2DBackpropInput");
	return conv && is(next, "BiasAdd") && next->n_in > 1 && !strcmp(next->in[0], n->out);
}

/* The node `conv` with a bias (NULL: none), as `out`. */
static void
put_conv(translator *t, const char *bias, const char *out)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2], dilation[2];
	const char *in[3] = { tensor(t, 0), tensor(t, 1), bias };
	if (!is_nchw(t) || !pair_of(t, "kernel_size", kernel, 0) || !pair_of(t, "stride", stride, 1)
		|| !pair_of(t, "dilation", dilation, 1))
		return;
	attr_ints(&a, "kernel_shape", 2, kernel, true);
	attr_ints(&a, "strides", 2, stride, true);
	attr_ints(&a, "dilations", 2, dilation, true);
	attr_int(&a, "group", integer_of(t, -1, "group", 1));
	put_pads(t, &a);
	put_node(t, "Conv", out, bias ? 3 : 2, in, &a);
}

/* Transposed: same gives size x stride, what is too much is cut half in front (less) and half behind. */
static void
put_conv_transpose(translator *t, const char *bias, const char *out)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2], dilation[2], pads[4] = { 0 }, more[2] = { 0 };
	const char *in[3] = { tensor(t, 0), tensor(t, 1), bias };
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
	attr_ints(&a, "kernel_shape", 2, kernel, true);
	attr_ints(&a, "strides", 2, stride, true);
	attr_ints(&a, "dilations", 2, dilation, true);
	attr_ints(&a, "pads", 4, pads, true);
	attr_ints(&a, "output_padding", 2, more, true);
	attr_int(&a, "group", integer_of(t, -1, "group", 1));
	put_node(t, "ConvTranspose", out, bias ? 3 : 2, in, &a);
}

static void
put_either(translator *t, const char *bias, const char *out)
{
	if (is(t->node, "Conv2D"))
		put_conv(t, bias, out);
	else
		put_conv_transpose(t, bias, out);
}

static void
conv(translator *t, const row *r)
{
	if (!waits_for_bias(t, t->node))
		put_either(t, NULL, result(t));
}

static void
bias_add(translator *t, const row *r)
{
	const format_mindir_node *self = t->node, *before = node_of(t, self->in[0]);
	const char *bias = tensor(t, 1), *out = result(t);
	if (waits_for_bias(t, before)) {
		t->node = before;
		put_either(t, bias, out);
		t->node = self;
		return;
	}
	int64_t dim[SECANT_MAX_RANK];
	int rank = format_mindir_shape(self, dim);
	if (rank == 4) { /* along channels, the second axis */
		const char *shape = integers(t, 4, (int64_t[]){ 1, -1, 1, 1 }), *spread = fresh(t, "bias");
		put_node(t, "Reshape", spread, 2, (const char *const[]){ bias, shape }, NULL);
		bias = spread;
	} else if (rank != 2) {
		problem(t, "a bias along an axis that is not told");
	}
	put_node(t, "Add", out, 2, (const char *const[]){ tensor(t, 0), bias }, NULL);
}

static void
pool(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t kernel[2], stride[2];
	if (!is_nchw(t) || !pair_of(t, "kernel_size", kernel, 0) || !pair_of(t, "strides", stride, 0))
		return;
	attr_ints(&a, "kernel_shape", 2, kernel, true);
	attr_ints(&a, "strides", 2, stride, true);
	put_pads(t, &a);
	put_node(t, r->onnx, result(t), 1, (const char *const[]){ tensor(t, 0) }, &a);
}

static void
batch_norm(translator *t, const row *r)
{
	base_str a = { 0 };
	const char *in[5];
	if (integer_of(t, 5, "is_training", 0))
		problem(t, "in training mode: export the network with set_train(False)");
	for (int i = 0; i < 5; i++)
		in[i] = tensor(t, i);
	attr_real(&a, "epsilon", real_of(t, 6, "epsilon", 1e-5));
	put_node(t, "BatchNormalization", result(t), 5, in, &a);
}

static void
softmax(translator *t, const row *r)
{
	base_str a = { 0 };
	attr_int(&a, "axis", integer_of(t, 1, "axis", -1));
	put_node(t, r->onnx, result(t), 1, (const char *const[]){ tensor(t, 0) }, &a);
}

/* MindSpore numbers its types: 32 int8, 33 int16, 34 int32, 35 int64, 42 float16, 43 float32 and so on. */
static int
type_of(int64_t id)
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
	const char *wide = fresh(t, "argmax");
	int type = type_of(integer_of(t, 2, "output_type", 34));
	attr_int(&a, "axis", integer_of(t, 1, "axis", -1));
	attr_int(&a, "keepdims", 0);
	put_node(t, "ArgMax", wide, 1, (const char *const[]){ tensor(t, 0) }, &a);
	attr_int(&cast, "to", type ? type : FORMAT_ONNX_INT32);
	put_node(t, "Cast", result(t), 1, &wide, &cast);
}

static void
cast(translator *t, const row *r)
{
	base_str a = { 0 };
	int type = type_of(integer_of(t, 1, "dst_type", 0));
	if (!type)
		problem(t, "to a type that is not told, or none of ours");
	attr_int(&a, "to", type);
	put_node(t, "Cast", result(t), 1, (const char *const[]){ tensor(t, 0) }, &a);
}

static void
transpose(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t perm[SECANT_MAX_RANK];
	int n = format_mindir_ints(setting(t, 1, "perm"), perm, SECANT_MAX_RANK);
	if (n < 1)
		problem(t, "its order of axes is no constant");
	attr_ints(&a, "perm", n, perm, true);
	put_node(t, "Transpose", result(t), 1, (const char *const[]){ tensor(t, 0) }, &a);
}

/* Operators whose second input is a list of whole numbers: a constant here, an initialiser there. */
static void
with_list(translator *t, const row *r)
{
	int64_t v[SECANT_MAX_RANK];
	int n = format_mindir_ints(setting(t, 1, is(t->node, "Reshape") ? "shape" : "axis"), v, SECANT_MAX_RANK);
	if (n < 1) {
		problem(t, "its second input is no constant");
		return;
	}
	put_node(t, r->onnx, result(t), 2, (const char *const[]){ tensor(t, 0), integers(t, n, v) }, NULL);
}

static void
flatten(translator *t, const row *r)
{
	put_node(t, "Flatten", result(t), 1, (const char *const[]){ tensor(t, 0) }, NULL);
}

static void
concat(translator *t, const row *r)
{
	base_str a = { 0 };
	const format_mindir_node *tuple = node_of(t, source(t, t->node->n_in ? t->node->in[0] : ""));
	const format_mindir_node *self = t->node;
	const char *in[MOST_INPUTS];
	int n = is(tuple, "MakeTuple") ? tuple->n_in : 0;
	if (n < 1 || n > MOST_INPUTS) {
		problem(t, "its parts are no tuple of at most 64");
		return;
	}
	attr_int(&a, "axis", integer_of(t, 1, "axis", 0));
	t->node = tuple;
	for (int i = 0; i < n; i++)
		in[i] = tensor(t, i);
	t->node = self;
	put_node(t, "Concat", result(t), n, in, &a);
}

static void
slice(translator *t, const row *r)
{
	int64_t begin[SECANT_MAX_RANK], size[SECANT_MAX_RANK];
	int n = format_mindir_ints(setting(t, 1, "begin"), begin, SECANT_MAX_RANK);
	if (n < 1 || format_mindir_ints(setting(t, 2, "size"), size, SECANT_MAX_RANK) != n) {
		problem(t, "begin and size are no constants of one length");
		return;
	}
	for (int i = 0; i < n; i++) /* -1: to the end */
		size[i] = size[i] < 0 || size[i] > INT32_MAX || begin[i] > INT32_MAX ? INT32_MAX : begin[i] + size[i];
	const char *from = integers(t, n, begin), *to = integers(t, n, size);
	put_node(t, "Slice", result(t), 3, (const char *const[]){ tensor(t, 0), from, to }, NULL);
}

static void
resize(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t size[4], dim[SECANT_MAX_RANK];
	bool nearest = strstr(t->node->op, "Nearest") != NULL;
	if (format_mindir_ints(setting(t, 1, "size"), size + 2, 2) != 2 || format_mindir_shape(t->node, dim) != 4) {
		problem(t, "its size is no constant of two numbers");
		return;
	}
	size[0] = dim[0], size[1] = dim[1];
	bool corners = integer_of(t, 2, "align_corners", 0) != 0, half = integer_of(t, 3, "half_pixel_centers", 0) != 0;
	attr_text(&a, "mode", nearest ? "nearest" : "linear");
	attr_text(&a, "coordinate_transformation_mode", corners ? "align_corners" : half ? "half_pixel" : "asymmetric");
	if (nearest)
		attr_text(&a, "nearest_mode", corners ? "round_prefer_ceil" : "floor");
	put_node(t, "Resize", result(t), 4, (const char *const[]){ tensor(t, 0), "", "", integers(t, 4, size) }, &a);
}

static void
clip(translator *t, const row *r)
{
	float ends[2] = { 0, 6 };
	const char *low = fresh(t, "constant"), *high = fresh(t, "constant");
	put_initializer(t, low, FORMAT_ONNX_FLOAT, 0, NULL, &ends[0], sizeof(float));
	put_initializer(t, high, FORMAT_ONNX_FLOAT, 0, NULL, &ends[1], sizeof(float));
	put_node(t, "Clip", result(t), 3, (const char *const[]){ tensor(t, 0), low, high }, NULL);
}

static void
hard_sigmoid(translator *t, const row *r)
{
	base_str a = { 0 };
	attr_real(&a, "alpha", 1. / 6);
	attr_real(&a, "beta", .5);
	put_node(t, "HardSigmoid", result(t), 1, (const char *const[]){ tensor(t, 0) }, &a);
}

static void
reduce(translator *t, const row *r)
{
	base_str a = { 0 };
	int64_t axes[SECANT_MAX_RANK];
	int n = format_mindir_ints(setting(t, 1, "axis"), axes, SECANT_MAX_RANK);
	bool sum = is(t->node, "ReduceSum"); /* takes its axes as an input since operator set 13 */
	const char *in[2] = { tensor(t, 0), sum && n > 0 ? integers(t, n, axes) : "" };
	attr_int(&a, "keepdims", integer_of(t, 2, "keep_dims", 0));
	if (!sum && n > 0)
		attr_ints(&a, "axes", n, axes, true);
	put_node(t, r->onnx, result(t), sum && n > 0 ? 2 : 1, in, &a);
}

/* a b, either turned: of matrices. */
static void
matmul(translator *t, const row *r)
{
	const char *in[2] = { tensor(t, 0), tensor(t, 1) };
	static const char *const names[] = { "transpose_a", "transpose_b" };
	int64_t dim[SECANT_MAX_RANK];
	int rank = format_mindir_shape(t->node, dim);
	for (int i = 0; i < 2; i++) {
		base_str a = { 0 };
		int64_t perm[SECANT_MAX_RANK];
		if (!integer_of(t, 2 + i, names[i], 0))
			continue;
		if (rank < 2) {
			problem(t, "turned operands of a shape that is not told");
			return;
		}
		for (int d = 0; d < rank; d++)
			perm[d] = d;
		perm[rank - 1] = rank - 2, perm[rank - 2] = rank - 1;
		const char *turned = fresh(t, "turned");
		attr_ints(&a, "perm", rank, perm, true);
		put_node(t, "Transpose", turned, 1, &in[i], &a);
		in[i] = turned;
	}
	put_node(t, "MatMul", result(t), 2, in, NULL);
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

static void
put_operator(translator *t)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].mindspore, t->node->op)) {
			if (t->node->n_in < rows[i].inputs)
				problem(t, "too few inputs");
			else
				rows[i].put(t, &rows[i]);
			return;
		}
	problem(t, NULL);
}

/* ---- the model ---- */

static void
put_parameter(translator *t, const format_mindir_tensor *p)
{
	const char *name = p->key ? p->key : short_name(t, p->name);
	if (p->external) {
		secant_fail(t->m->err, SECANT_ERR_UNSUPPORTED,
			"its weights lie in other files (as MindSpore writes networks above 1 GB); only networks of one file are "
			"read");
		return;
	}
	for (int d = 0; d < p->rank; d++)
		if (p->dim[d] < 0)
			secant_fail(t->m->err, SECANT_ERR_FORMAT, "parameter '%s' has a dimension below 0", name);
	put_initializer(t, name, p->type, p->rank, p->dim, p->raw.n ? (const void *)p->raw.p : "", p->raw.n);
}

/* Inputs and outputs of the graph. */
static void
put_info(translator *t, int number, const char *name, int type, int rank, const int64_t *dim)
{
	base_str info = { 0 }, kind = { 0 }, about = { 0 }, shape = { 0 };
	for (int d = 0; d < rank; d++) {
		base_str one = { 0 };
		if (dim[d] >= 0)
			format_wire_put_varint(&one, 1, (uint64_t)dim[d]);
		else
			format_wire_put_text(&one, 2, fresh(t, "n"));
		format_wire_put_message(&shape, 1, &one);
	}
	format_wire_put_varint(&about, 1, (uint64_t)(type ? type : FORMAT_ONNX_FLOAT));
	if (rank >= 0)
		format_wire_put_message(&about, 2, &shape);
	format_wire_put_message(&kind, 1, &about);
	format_wire_put_text(&info, 1, name);
	format_wire_put_message(&info, 2, &kind);
	format_wire_put_message(&t->graph, number, &info);
}

/* One tensor that the network gives, under a name that can be typed: "softmax_out:249" as softmax_out. */
static void
put_output(translator *t, const char *from, int place)
{
	const char *at = source(t, from);
	const format_mindir_node *n = node_of(t, at);
	int64_t dim[SECANT_MAX_RANK];
	format_mindir_node self = { .op = "Return", .out = "output", .n_in = 1, .in = &at };
	if (is(n, "MakeTuple") && place < 0) {
		for (int i = 0; i < n->n_in; i++)
			put_output(t, n->in[i], i);
		return;
	}
	if (!n)
		return problem(t, "an output that no node makes");
	t->node = &self;
	const char *in = tensor(t, 0), *base = short_name(t, n->out);
	size_t length = strcspn(base, ":");
	const char *name = base_arena_format(t->m->arena, "%.*s", (int)length, base);
	if (!name || !*name || !strcmp(name, in) || base_by_name_find(&t->m->by_out, name) >= 0)
		name = fresh(t, "output");
	bool integer = is(n, "Argmax");
	put_node(t, "Identity", name, 1, &in, NULL);
	put_info(t, 12, name, integer ? type_of(34) : FORMAT_ONNX_FLOAT, format_mindir_shape(n, dim), dim);
}

static void
put_model(translator *t, base_str *out)
{
	base_str set = { 0 };
	format_wire_put_varint(out, 1, IR_VERSION);
	format_wire_put_text(out, 2, "MindSpore");
	format_wire_put_text(out, 3, t->m->version);
	format_wire_put_text(&t->graph, 2, t->m->graph);
	format_wire_put_message(out, 7, &t->graph);
	format_wire_put_text(&set, 1, "");
	format_wire_put_varint(&set, 2, OPSET);
	format_wire_put_message(out, 8, &set);
}

static void
translate(translator *t)
{
	format_mindir_model *m = t->m;
	format_mindir_node self = { .op = "graph", .out = "" };
	for (int i = 0; i < m->n_parameter && !m->err->code; i++)
		put_parameter(t, &m->parameter[i]);
	for (int i = 0; i < m->n_input; i++)
		put_info(t, 11, short_name(t, m->input[i].name), m->input[i].type, m->input[i].rank, m->input[i].dim);
	for (int i = 0; i < m->n_node; i++) {
		t->node = &m->node[i];
		put_operator(t);
	}
	for (int i = 0; i < m->n_output; i++) {
		t->node = &self;
		put_output(t, m->output[i], -1);
	}
	if (t->n_problems)
		secant_fail(m->err, SECANT_ERR_UNSUPPORTED, "%d operators of this MindIR are not known, or not so: %s%s",
			t->n_problems, t->problems.p ? t->problems.p : "", t->n_problems > MOST_PROBLEMS ? "; ..." : "");
}

secant_status
format_mindir_to_onnx(const uint8_t *data, size_t size, base_str *out, secant_err *err)
{
	secant_err own = { 0 };
	format_mindir_model m;
	translator t = { .m = &m };
	if (!format_mindir_read(&m, data, size, &own))
		translate(&t);
	if (!own.code)
		put_model(&t, out);
	if (!own.code && out->failed)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a network");
	base_str_free(&t.graph);
	base_str_free(&t.problems);
	format_mindir_free(&m);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
