/*
 * Networks of ours as MindIR (write.h), laid out as MindSpore 2.7 lays its own (mindir.h): every value of four axes N,
 * C, H, W; parameters read through Load; settings that MindSpore takes as inputs written as Constant nodes before their
 * use. Each operator is a function and a row of the table at the end.
 */
#include "formats/mindir/write.h"
#include <string.h>
#include "formats/mindir/mindir.h"
#include "formats/onnx/onnx.h"
#include "ops/ops.h"

static const char graph_name[] = "secant";

/* Types of attributes. */
enum { IS_REAL = 1, IS_INT = 7, IS_TEXT = 8, IS_BOOL = 9, IS_TENSORS = 19, IS_TUPLE = 20, IS_LIST = 21, IS_ORDER = 23 };

typedef struct writer {
	const graph_net *g;
	base_arena *arena;
	base_str nodes, parameters, primitives, problems;
	const char **name; /* of each value */
	bool *needed;
	const graph_node *node; /* the one at hand */
	int serial, n_problems;
} writer;

static void
problem(writer *w, const char *why)
{
	if (w->n_problems++ < 40)
		base_str_addf(&w->problems, "%s%s '%s': %s", w->n_problems > 1 ? "; " : "", w->node->op->name,
			w->node->name ? w->node->name : "", why);
}

static const secant_shape *
shape_of(const writer *w, graph_value v)
{
	return graph_shape(w->g, v);
}

/* "secant:stem:7": as MindSpore names values. */
static const char *
fresh(writer *w, const char *stem)
{
	const char *s = base_arena_format(w->arena, "%s:%s:%d", graph_name, stem, w->serial++);
	w->nodes.failed |= !s;
	return s ? s : "";
}

/* ---- attributes ---- */

static void
attr_end(base_str *to, int number, base_str *a, int type)
{
	format_wire_put_varint(a, 16, (uint64_t)type);
	format_wire_put_message(to, number, a);
}

static void
attr_int(base_str *to, const char *name, int64_t v, int type)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_varint(&a, 3, (uint64_t)v);
	attr_end(to, 3, &a, type);
}

static void
attr_text(base_str *to, const char *name, const char *v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	format_wire_put_text(&a, 5, v);
	attr_end(to, 3, &a, IS_TEXT);
}

static void
add_tuple(base_str *a, int n, const int64_t *v)
{
	format_wire_put_varint(a, 16, IS_TUPLE);
	for (int i = 0; i < n; i++) {
		base_str one = { 0 };
		format_wire_put_varint(&one, 10, (uint64_t)v[i]);
		attr_end(a, 17, &one, IS_INT);
	}
}

static void
attr_tuple(base_str *to, const char *name, int n, const int64_t *v)
{
	base_str a = { 0 };
	format_wire_put_text(&a, 1, name);
	add_tuple(&a, n, v);
	format_wire_put_message(to, 3, &a);
}

/* ---- nodes ---- */

static void
put_names(base_str *node, const char *out, const char *op)
{
	format_wire_put_text(node, 2, out);
	format_wire_put_text(node, 3, out);
	format_wire_put_text(node, 4, op);
}

/* A Constant node; `value` holds the attribute's fields without its name. */
static const char *
constant(writer *w, base_str *value)
{
	base_str node = { 0 }, a = { 0 };
	const char *name = fresh(w, "constant");
	put_names(&node, name, "Constant");
	format_wire_put_text(&a, 1, "value");
	base_str_addn(&a, value->p ? value->p : "", value->n);
	a.failed |= value->failed;
	base_str_free(value);
	format_wire_put_message(&node, 5, &a);
	format_wire_put_message(&w->nodes, 1, &node);
	return name;
}

static const char *
integer(writer *w, int64_t v, int type)
{
	base_str value = { 0 };
	format_wire_put_varint(&value, 3, (uint64_t)v);
	format_wire_put_varint(&value, 16, (uint64_t)type);
	return constant(w, &value);
}

static const char *
real(writer *w, double v)
{
	base_str value = { 0 };
	format_wire_put_float(&value, 2, (float)v);
	format_wire_put_varint(&value, 16, IS_REAL);
	return constant(w, &value);
}

static const char *
tuple(writer *w, int n, const int64_t *v)
{
	base_str value = { 0 };
	add_tuple(&value, n, v);
	return constant(w, &value);
}

/* The tensor that a shape's attribute holds. */
static base_str
tensor_of(const secant_shape *s, int type)
{
	base_str t = { 0 };
	for (int i = 0; i < s->rank; i++)
		format_wire_put_varint(&t, 1, (uint64_t)s->dim[i]);
	format_wire_put_varint(&t, 2, (uint64_t)type);
	return t;
}

/* The attribute "shape" of a node with one tensor. */
static void
add_shape(base_str *node, const secant_shape *s, int type)
{
	base_str a = { 0 }, t = tensor_of(s, type);
	format_wire_put_text(&a, 1, "shape");
	format_wire_put_message(&a, 12, &t);
	attr_end(node, 5, &a, IS_TENSORS);
}

/* The fields of a tuple of tensors: of an attribute, of an output. */
static void
add_tensors(base_str *a, int n, const secant_shape *s, const int *types)
{
	base_str fixed = { 0 };
	format_wire_put_varint(a, 16, IS_TUPLE);
	for (int i = 0; i < n; i++) {
		base_str one = { 0 }, t = tensor_of(&s[i], types[i]);
		format_wire_put_message(&one, 12, &t);
		attr_end(a, 17, &one, IS_TENSORS);
	}
	format_wire_put_varint(&fixed, 1, 0); /* its length is known */
	format_wire_put_message(a, 18, &fixed);
}

/* A call of primitive `op` with those settings, which it takes. */
static void
begin_call(writer *w, base_str *node, const char *out, const char *op, bool function, base_str *settings)
{
	base_str p = { 0 };
	const char *name = base_arena_format(w->arena, "%s:%d", op, w->serial++),
			   *ref = name ? base_arena_format(w->arena, "REF::%s", name) : NULL;
	w->nodes.failed |= !ref;
	format_wire_put_text(&p, 1, name ? name : "");
	format_wire_put_text(&p, 2, op);
	if (settings) {
		base_str_addn(&p, settings->p ? settings->p : "", settings->n);
		p.failed |= settings->failed;
		base_str_free(settings);
	}
	format_wire_put_text(&p, 4, "");
	format_wire_put_varint(&p, 5, function ? 2 : 1);
	format_wire_put_message(&w->primitives, 12, &p);
	put_names(node, out, ref ? ref : "");
}

static const char *
call_as(writer *w, const char *stem, const char *op, bool function, int n, const char *const *in, const secant_shape *s,
	int type, base_str *settings)
{
	base_str node = { 0 };
	const char *out = fresh(w, stem);
	for (int i = 0; i < n; i++)
		format_wire_put_text(&node, 1, in[i]);
	begin_call(w, &node, out, op, function, settings);
	add_shape(&node, s, type);
	format_wire_put_message(&w->nodes, 1, &node);
	return out;
}

static const char *
call(writer *w, const char *op, bool function, int n, const char *const *in, const secant_shape *s, int type,
	base_str *settings)
{
	return call_as(w, op, op, function, n, in, s, type, settings);
}

static const char *
make_tuple(writer *w, int n, const char *const *in, const secant_shape *s, const int *types)
{
	base_str node = { 0 }, a = { 0 };
	const char *out = fresh(w, "MakeTuple");
	for (int i = 0; i < n; i++)
		format_wire_put_text(&node, 1, in[i]);
	begin_call(w, &node, out, "MakeTuple", false, NULL);
	format_wire_put_text(&a, 1, "shape");
	add_tensors(&a, n, s, types);
	format_wire_put_message(&node, 5, &a);
	format_wire_put_message(&w->nodes, 1, &node);
	return out;
}

/* N H W C as N C H W. */
static secant_shape
first(const secant_shape *s)
{
	return s->rank == 4 ? secant_shape_of(4, s->dim[0], s->dim[3], s->dim[1], s->dim[2]) : *s;
}

static const char *
in_of(writer *w, int i)
{
	const graph_node *n = w->node;
	const char *name = i < n->n_in && n->in[i] >= 0 ? w->name[n->in[i]] : NULL;
	if (!name)
		problem(w, "reads something that has no form in MindIR");
	return name ? name : "";
}

static bool
has(const writer *w, int i)
{
	return i < w->node->n_in && w->node->in[i] >= 0;
}

static void
give(writer *w, const char *name)
{
	w->name[w->node->out[0]] = name;
}

static secant_shape
out_shape(const writer *w)
{
	return first(shape_of(w, w->node->out[0]));
}

/* ---- operators ---- */

static void
pair(base_str *a, const char *name, const secant_ints *v)
{
	attr_tuple(a, name, 4, (int64_t[]){ 1, 1, v->v[0], v->v[1] });
}

/* What convolution and transposed convolution share. */
static void
conv_settings(writer *w, base_str *a, const op_conv_attr *c, const char *mode)
{
	const secant_shape *k = shape_of(w, w->node->in[1]), *y = shape_of(w, w->node->out[0]);
	int64_t pads[4] = { op_pad_of(&c->padding, 0), op_pad_of(&c->padding, 2), op_pad_of(&c->padding, 1),
		op_pad_of(&c->padding, 3) };
	attr_tuple(a, "kernel_size", 2, &k->dim[2]);
	attr_int(a, "mode", 1, IS_INT);
	attr_int(a, "out_channel", y->dim[3], IS_INT);
	attr_tuple(a, "pad", 4, pads);
	attr_text(a, "pad_mode", mode);
	attr_text(a, "format", "NCHW");
	attr_tuple(a, "pad_list", 4, pads);
	attr_int(a, "groups", c->groups, IS_INT);
	pair(a, "stride", &c->stride);
	attr_int(a, "group", c->groups, IS_INT);
	pair(a, "dilation", &c->dilation);
}

static const char *
with_bias(writer *w, const char *x, const secant_shape *s)
{
	if (!has(w, 2))
		return x;
	const char *in[3] = { x, in_of(w, 2), integer(w, 0, IS_INT) }; /* 0: NCHW */
	return call(w, "BiasAdd", true, 3, in, s, FORMAT_ONNX_FLOAT, NULL);
}

static void
conv(writer *w, const char *op)
{
	const op_conv_attr *c = w->node->attr;
	base_str a = { 0 };
	secant_shape s = out_shape(w);
	bool padded = false;
	for (int i = 0; i < 4; i++)
		padded |= op_pad_of(&c->padding, i) != 0;
	if (c->act || has(w, 3))
		return problem(w, "is fused");
	conv_settings(w, &a, c, padded ? "pad" : "valid");
	const char *in[2] = { in_of(w, 0), in_of(w, 1) };
	give(w, with_bias(w, call(w, op, false, 2, in, &s, FORMAT_ONNX_FLOAT, &a), &s));
}

static void
conv_transpose(writer *w, const char *op)
{
	const op_conv_attr *c = w->node->attr;
	const secant_shape *k = shape_of(w, w->node->in[1]);
	base_str a = { 0 };
	secant_shape s = out_shape(w);
	for (int i = 0; i < 4; i++)
		if (op_pad_of(&c->padding, i))
			return problem(w, "transposed with padding");
	for (int i = 0; i < 2; i++)
		if ((c->output_padding.n > i && c->output_padding.v[i]) || k->dim[2 + i] != c->stride.v[i]
			|| c->dilation.v[i] != 1 || c->groups != 1)
			return problem(w, "transposed with a kernel other than its stride");
	conv_settings(w, &a, c, "SAME");
	const char *in[3] = { in_of(w, 0), in_of(w, 1), tuple(w, 4, s.dim) };
	give(w, with_bias(w, call(w, op, false, 3, in, &s, FORMAT_ONNX_FLOAT, &a), &s));
}

/* Outputs are a tuple; the first is the tensor. */
static void
batch_norm(writer *w, const char *op)
{
	const op_norm_attr *a = w->node->attr;
	secant_shape s = out_shape(w), channels = *shape_of(w, w->node->in[1]);
	const secant_shape shapes[5] = { s, channels, channels, channels, channels };
	const int types[5] = { FORMAT_ONNX_FLOAT, FORMAT_ONNX_FLOAT, FORMAT_ONNX_FLOAT, FORMAT_ONNX_FLOAT,
		FORMAT_ONNX_FLOAT };
	if (a->act || !has(w, 3) || !has(w, 4))
		return problem(w, "is fused, or has no weights");
	const char *in[9] = { in_of(w, 0), in_of(w, 3), in_of(w, 4), in_of(w, 1), in_of(w, 2), integer(w, 0, IS_BOOL),
		real(w, a->eps), real(w, 0.1), integer(w, 0, IS_INT) };
	base_str node = { 0 }, shape = { 0 };
	const char *out = fresh(w, op);
	for (int i = 0; i < 9; i++)
		format_wire_put_text(&node, 1, in[i]);
	begin_call(w, &node, out, op, true, NULL);
	format_wire_put_text(&shape, 1, "shape");
	add_tensors(&shape, 5, shapes, types);
	format_wire_put_message(&node, 5, &shape);
	format_wire_put_message(&w->nodes, 1, &node);
	const char *pick[2] = { out, integer(w, 0, IS_INT) };
	give(w, call(w, "TupleGetItem", false, 2, pick, &s, FORMAT_ONNX_FLOAT, NULL));
}

static void
plain(writer *w, const char *op)
{
	secant_shape s = out_shape(w);
	const char *in[2] = { in_of(w, 0), w->node->n_in > 1 ? in_of(w, 1) : "" };
	for (int i = 0; i < w->node->n_in; i++)
		if (shape_of(w, w->node->in[i])->rank != s.rank)
			return problem(w, "operands of different ranks");
	give(w, call(w, op, true, w->node->n_in, in, &s, FORMAT_ONNX_FLOAT, NULL));
}

static void
pool(writer *w, const char *op)
{
	const op_pool_attr *p = w->node->attr;
	base_str a = { 0 };
	secant_shape s = out_shape(w);
	for (int i = 0; i < 4; i++)
		if (op_pad_of(&p->padding, i))
			return problem(w, "pools with padding");
	if (p->ceil_mode)
		return problem(w, "pools with ceil_mode");
	attr_text(&a, "pad_mode", "VALID");
	pair(&a, "kernel_size", &p->kernel);
	attr_text(&a, "format", "NCHW");
	pair(&a, "strides", p->stride.n ? &p->stride : &p->kernel);
	const char *in[1] = { in_of(w, 0) };
	give(w, call(w, op, false, 1, in, &s, FORMAT_ONNX_FLOAT, &a));
}

static void
concat(writer *w, const char *op)
{
	enum { MOST = 64 };
	const op_axis_attr *a = w->node->attr;
	const char *in[MOST];
	secant_shape shapes[MOST], s = out_shape(w);
	int types[MOST], n = w->node->n_in;
	if (n > MOST || s.rank != 4 || (a->axis != -1 && a->axis != 3))
		return problem(w, "joins along an axis other than channels");
	for (int i = 0; i < n; i++) {
		in[i] = in_of(w, i);
		shapes[i] = first(shape_of(w, w->node->in[i]));
		types[i] = FORMAT_ONNX_FLOAT;
	}
	const char *parts[2] = { make_tuple(w, n, in, shapes, types), integer(w, 1, IS_INT) };
	give(w, call(w, op, true, 2, parts, &s, FORMAT_ONNX_FLOAT, NULL));
}

/* Cuts alone: negative padding. */
static void
pad(writer *w, const char *op)
{
	const op_pad_attr *a = w->node->attr;
	secant_shape s = out_shape(w);
	int64_t begin[4] = { 0 };
	static const int place[4] = { 0, 3, 1, 2 };
	for (int i = 0; i < 4; i++) {
		int axis = place[i];
		if (a->mode != OP_PAD_CONSTANT || s.rank != 4 || a->before.v[axis] > 0 || a->after.v[axis] > 0)
			return problem(w, "pads, where only cuts have a form here");
		begin[i] = -a->before.v[axis];
	}
	const char *in[3] = { in_of(w, 0), tuple(w, 4, begin), tuple(w, 4, s.dim) };
	give(w, call(w, op, true, 3, in, &s, FORMAT_ONNX_FLOAT, NULL));
}

static void
resize(writer *w, const char *op)
{
	const op_resize_attr *a = w->node->attr;
	secant_shape s = out_shape(w);
	bool bilinear = a->mode == OP_RESIZE_BILINEAR;
	if (!bilinear && (a->mode != OP_RESIZE_NEAREST || a->align_corners))
		return problem(w, "resizes in a mode other than bilinear and nearest");
	const char *in[4] = { in_of(w, 0), tuple(w, 2, &s.dim[2]), integer(w, a->align_corners, IS_BOOL),
		integer(w, bilinear && !a->align_corners && !a->from_corner, IS_BOOL) };
	give(w, call(w, bilinear ? op : "ResizeNearestNeighborV2", true, 4, in, &s, FORMAT_ONNX_FLOAT, NULL));
}

static void
same(writer *w, const char *op)
{
	give(w, in_of(w, 0));
}

static const struct {
	const char *ours, *theirs;
	void (*write)(writer *w, const char *op);
} table[] = {
	{ "conv2d", "Conv2D", conv },
	{ "conv_transpose2d", "Conv2DTranspose", conv_transpose },
	{ "batch_norm", "BatchNorm", batch_norm },
	{ "relu", "ReLU", plain },
	{ "sigmoid", "Sigmoid", plain },
	{ "tanh", "Tanh", plain },
	{ "add", "Add", plain },
	{ "sub", "Sub", plain },
	{ "mul", "Mul", plain },
	{ "max_pool2d", "MaxPool", pool },
	{ "avg_pool2d", "AvgPool", pool },
	{ "concat", "Concat", concat },
	{ "pad", "Slice", pad },
	{ "resize", "ResizeBilinearV2", resize },
	{ "upcast", "", same },
	{ "dropout", "", same },
};

static void
write_node(writer *w)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].ours, w->node->op->name)) {
			table[i].write(w, table[i].theirs);
			return;
		}
	problem(w, "has no form in MindIR");
}

/* ---- the model ---- */

/* What leads to the logits. */
static void
mark(writer *w, graph_value logits)
{
	w->needed[logits] = true;
	for (int i = graph_nodes(w->g) - 1; i >= 0; i--) {
		const graph_node *n = graph_get_node(w->g, i);
		bool wanted = false;
		for (int k = 0; k < n->n_out; k++)
			wanted |= w->needed[n->out[k]];
		for (int k = 0; wanted && k < n->n_in; k++)
			if (n->in[k] >= 0)
				w->needed[n->in[k]] = true;
	}
}

static secant_status
put_parameter(writer *w, graph_value v, const char *order, const secant_tensors *tensors, secant_err *err)
{
	const graph_value_info *info = graph_value_at(w->g, v);
	const secant_tensor *t = secant_tensors_find(tensors, info->name);
	int64_t n = secant_shape_count(&info->type.shape);
	const char *name = base_arena_format(w->arena, "%s:net.%s", graph_name, info->name);
	float *f = t && secant_shape_count(&t->shape) == n ? secant_calloc((size_t)n + 1, sizeof *f) : NULL;
	if (!f || !name) {
		secant_free(f);
		return secant_fail(err, SECANT_ERR_FORMAT, "the numbers of '%s' are not there", info->name);
	}
	for (int64_t i = 0; i < n; i++)
		f[i] = (float)secant_tensor_get(t, i);
	base_str p = tensor_of(&info->type.shape, FORMAT_ONNX_FLOAT);
	format_wire_put_text(&p, 7, name);
	format_wire_put_bytes(&p, 9, f, (size_t)n * sizeof *f);
	format_wire_put_text(&p, 13, name + sizeof graph_name);
	format_wire_put_varint(&p, 16, 0);
	format_wire_put_message(&w->parameters, 3, &p);
	secant_free(f);
	const char *in[2] = { name, order };
	w->name[v] = call(w, "Load", false, 2, in, &info->type.shape, FORMAT_ONNX_FLOAT, NULL);
	return SECANT_OK;
}

static secant_status
put_leaves(writer *w, const char *input, const secant_tensors *tensors, secant_err *err)
{
	base_str order = { 0 };
	secant_status s = SECANT_OK;
	format_wire_put_varint(&order, 16, IS_ORDER);
	const char *monad = constant(w, &order);
	for (graph_value v = 0; v < graph_values(w->g) && !s; v++) {
		const graph_value_info *info = graph_value_at(w->g, v);
		if (!w->needed[v])
			continue;
		if (info->kind == GRAPH_VALUE_INPUT)
			w->name[v] = input;
		else if (info->kind == GRAPH_VALUE_STATE)
			s = put_parameter(w, v, monad, tensors, err);
	}
	return s;
}

/* Softmax and argmax behind the logits; adds inputs and outputs to the graph's fields. */
static void
put_ending(writer *w, graph_value logits, const char *input, const secant_shape *in, base_str *graph)
{
	secant_shape last = *shape_of(w, logits), index = { 3, { last.dim[0], last.dim[1], last.dim[2] } };
	const secant_shape shapes[2] = { last, index };
	const int types[2] = { FORMAT_ONNX_FLOAT, FORMAT_ONNX_INT32 };
	const char *turn[2] = { w->name[logits], tuple(w, 4, (int64_t[]){ 0, 2, 3, 1 }) };
	const char *x = call(w, "Transpose", true, 2, turn, &last, FORMAT_ONNX_FLOAT, NULL);
	const char *soft[2] = { x, tuple(w, 1, (int64_t[]){ -1 }) };
	const char *arg[3] = { x, integer(w, -1, IS_INT), integer(w, 34, IS_INT) /* int32 */ };
	const char *both[2] = { call_as(w, "softmax_out", "Softmax", true, 2, soft, &last, FORMAT_ONNX_FLOAT, NULL),
		call_as(w, "argmax_out", "Argmax", true, 3, arg, &index, FORMAT_ONNX_INT32, NULL) };
	const char *out = make_tuple(w, 2, both, shapes, types);
	secant_shape nchw = first(in);
	base_str i = { 0 }, o = { 0 }, about = { 0 }, t = tensor_of(&nchw, FORMAT_ONNX_FLOAT);
	base_str_addn(graph, w->nodes.p ? w->nodes.p : "", w->nodes.n);
	format_wire_put_text(graph, 2, graph_name);
	base_str_addn(graph, w->parameters.p ? w->parameters.p : "", w->parameters.n);
	graph->failed |= w->nodes.failed | w->parameters.failed;
	format_wire_put_text(&i, 1, input);
	format_wire_put_message(&i, 2, &t);
	format_wire_put_message(graph, 5, &i);
	format_wire_put_text(&o, 1, out);
	format_wire_put_text(&o, 4, "Tuple");
	add_tensors(&about, 2, shapes, types);
	format_wire_put_message(&o, 5, &about);
	format_wire_put_message(graph, 6, &o);
}

static void
put_model(writer *w, base_str *graph, base_str *out)
{
	format_wire_put_text(out, 1, "0.1.1");
	format_wire_put_text(out, 2, "MindSpore"); /* its loader and ours know files by it */
	format_wire_put_text(out, 5, "2.7.0");
	format_wire_put_message(out, 7, graph);
	format_wire_put_varint(out, 10, 1);
	base_str_addn(out, w->primitives.p ? w->primitives.p : "", w->primitives.n);
	format_wire_put_varint(out, 13, 3);
	out->failed |= w->primitives.failed;
}

/* The graph's one input. */
static graph_value
input_of(const graph_net *g)
{
	for (graph_value v = 0; v < graph_values(g); v++)
		if (graph_value_at(g, v)->kind == GRAPH_VALUE_INPUT)
			return v;
	return -1;
}

secant_status
format_mindir_write(
	const graph_net *g, graph_value logits, const secant_tensors *tensors, base_str *out, secant_err *err)
{
	writer w = { .g = g, .arena = base_arena_new() };
	size_t values = (size_t)graph_values(g) + 1;
	base_str graph = { 0 };
	secant_status s = SECANT_OK;
	graph_value in = input_of(g);
	static const char input[] = "secant:x";
	w.name = secant_calloc(values, sizeof *w.name);
	w.needed = secant_calloc(values, sizeof *w.needed);
	if (!w.arena || !w.name || !w.needed)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	else if (in < 0)
		s = secant_fail(err, SECANT_ERR_ARG, "a network without an input");
	if (!s) {
		mark(&w, logits);
		s = put_leaves(&w, input, tensors, err);
	}
	for (int i = 0; i < graph_nodes(g) && !s; i++) {
		w.node = graph_get_node(g, i);
		if (w.needed[w.node->out[0]])
			write_node(&w);
	}
	if (!s && w.n_problems)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d nodes cannot be written as MindIR: %s", w.n_problems,
			w.problems.p ? w.problems.p : "");
	if (!s) {
		put_ending(&w, logits, input, shape_of(&w, in), &graph);
		put_model(&w, &graph, out);
		if (out->failed)
			s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the model");
	}
	base_str_free(&graph);
	base_str_free(&w.nodes);
	base_str_free(&w.parameters);
	base_str_free(&w.primitives);
	base_str_free(&w.problems);
	secant_free(w.name);
	secant_free(w.needed);
	base_arena_free(w.arena);
	return s;
}
