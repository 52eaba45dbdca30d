/* Layers: convolutions, pooling, norms, products, reductions. Channels last, mostly. See map.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/map.h"
#include "formats/onnx/window.h"
#include "ops/ops.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- windows ---- */

static op_conv_attr
conv_attr(const onnx_window *w, int groups)
{
	op_conv_attr a = {
		.stride = { 2 }, .dilation = { 2 }, .padding = { 4 }, .output_padding = { 2 }, .groups = groups
	};
	for (int i = 0; i < 2; i++) {
		a.stride.v[i] = (int)w->stride[i];
		a.dilation.v[i] = (int)w->dilation[i];
		a.padding.v[i] = (int)w->before[i];
		a.padding.v[i + 2] = (int)w->after[i];
	}
	return a;
}

/* N x C x L as N x C x L x 1, channels last. */
static graph_value
picture_of(graph_net *g, const onnx_mapped *x)
{
	graph_value v = onnx_channels_last(g, x);
	op_shape_attr a = { { 4, { (int)x->dim[0], (int)x->dim[2], 1, (int)x->dim[1] } } };
	return x->rank == 3 ? graph_apply(g, "reshape", &a, 1, v) : v;
}

/* Weights O x I x k as O x I x k x 1. */
static graph_value
weights_of(graph_net *g, const onnx_mapped *w)
{
	op_shape_attr a = { { 4, { (int)w->dim[0], (int)w->dim[1], (int)w->dim[2], 1 } } };
	graph_value v = onnx_plain(g, w);
	return w->rank == 3 ? graph_apply(g, "reshape", &a, 1, v) : v;
}

/* A picture of one column as a line again, where x was one. */
static secant_status
give_picture(onnx_call *c, const onnx_mapped *x, graph_value v)
{
	graph_net *g = onnx_graph(c);
	if (x->rank == 3 && v >= 0) {
		const int64_t *dim = graph_shape(g, v)->dim;
		op_shape_attr a = { { 3, { (int)dim[0], (int)dim[1], (int)dim[3] } } };
		v = graph_apply(g, "reshape", &a, 1, v);
	}
	return onnx_result_last(c, v, x->type);
}

/* A window over two axes: the second one of a line is a column of 1. */
static void
widen(onnx_window *w, int rank)
{
	if (rank == 3) {
		w->kernel[1] = w->stride[1] = w->dilation[1] = w->in[1] = w->out[1] = 1;
		w->before[1] = w->after[1] = 0;
	}
}

static bool
good_pads(onnx_call *c, const onnx_window *w)
{
	for (int i = 0; i < w->n; i++)
		if (w->before[i] < 0 || w->after[i] < 0) {
			onnx_no_map(c, "pads that cut");
			return false;
		}
	return true;
}

secant_status
onnx_map_conv(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *q = onnx_has_bytes(c, 1, 0) ? onnx_bytes_of(c, 1, 0, NULL) : NULL,
					  *w = q ? q
		: x                  ? onnx_value_of(c, 1)
							 : NULL,
					  *b = w && onnx_has(c, 2) ? onnx_value_of(c, 2) : NULL;
	onnx_window win;
	if (c->err->code)
		return c->err->code;
	if ((x->rank != 4 && x->rank != 3) || w->rank != x->rank)
		return onnx_no_map(c, "slides over more than two axes");
	if (!onnx_window_of(c, x->rank, x->dim, w->dim + 2, false, &win) || !good_pads(c, &win))
		return c->err->code;
	widen(&win, x->rank);
	op_conv_attr a = conv_attr(&win, (int)onnx_attr_int(c, "group", 1));
	if (a.groups < 1)
		return onnx_fail(c, SECANT_ERR_FORMAT, "%d groups", a.groups);
	return give_picture(
		c, x, graph_apply(g, "conv2d", &a, b ? 3 : 2, picture_of(g, x), weights_of(g, w), b ? b->v : -1));
}

secant_status
onnx_map_conv_transpose(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	onnx_window win;
	int64_t extra[RANK];
	if (x && onnx_has_bytes(c, 1, 1) && onnx_wants_phases(c, x))
		return onnx_map_phases(c, x);
	const onnx_mapped *w = x ? onnx_value_of(c, 1) : NULL, *b = w && onnx_has(c, 2) ? onnx_value_of(c, 2) : NULL;
	if (c->err->code)
		return c->err->code;
	if ((x->rank != 4 && x->rank != 3) || w->rank != x->rank)
		return onnx_no_map(c, "slides over more than two axes");
	if (!onnx_transposed_window(c, x->rank, x->dim, w->dim + 2, &win, extra) || !good_pads(c, &win))
		return c->err->code;
	widen(&win, x->rank);
	op_conv_attr a = conv_attr(&win, (int)onnx_attr_int(c, "group", 1));
	for (int i = 0; i < x->rank - 2; i++)
		a.output_padding.v[i] = (int)extra[i];
	if (a.groups < 1)
		return onnx_fail(c, SECANT_ERR_FORMAT, "%d groups", a.groups);
	return give_picture(
		c, x, graph_apply(g, "conv_transpose2d", &a, b ? 3 : 2, picture_of(g, x), weights_of(g, w), b ? b->v : -1));
}

secant_status
onnx_map_pool(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	bool most = !strcmp(c->node->op, "MaxPool"), ceil_mode = onnx_attr_int(c, "ceil_mode", 0);
	onnx_window w;
	if (!x)
		return c->err->code;
	bool bytes = most && onnx_is_stored_bytes(c, x);
	if ((x->rank != 4 && x->rank != 3) || (!format_onnx_type_is_real(x->type) && !bytes))
		return onnx_no_map(c, x->rank == 4 ? "pools integers" : "slides over more than two axes");
	if (!onnx_window_of(c, x->rank, x->dim, NULL, ceil_mode, &w) || !good_pads(c, &w))
		return c->err->code;
	widen(&w, x->rank);
	bool places = onnx_wants(c, 1);
	if (places && (!most || bytes))
		return onnx_no_map(c, "the places of its maxima are asked for");
	op_pool_attr a = { .kernel = { 2 },
		.stride = { 2 },
		.padding = { 4 },
		.ceil_mode = ceil_mode,
		.count_include_pad = onnx_attr_int(c, "count_include_pad", 0) };
	for (int i = 0; i < 2; i++) {
		if (w.dilation[i] != 1)
			return onnx_no_map(c, "a dilated window");
		a.kernel.v[i] = (int)w.kernel[i];
		a.stride.v[i] = (int)w.stride[i];
		a.padding.v[i] = (int)w.before[i];
		a.padding.v[i + 2] = (int)w.after[i];
	}
	graph_value v = graph_apply(g,
		bytes      ? "max_pool2d_bytes"
			: most ? "max_pool2d"
				   : "avg_pool2d",
		&a, 1, picture_of(g, x));
	if (v >= 0)
		for (int i = 0; i < 2; i++)
			if (graph_shape(g, v)->dim[i + 1] != w.out[i])
				return onnx_no_map(c, "rounds its size in a way that pooling here does not");
	if (places && v >= 0 && onnx_give_places(c, x, v))
		return c->err->code;
	return give_picture(c, x, v);
}

/* ---- reductions ---- */

static secant_status
reduced(onnx_call *c, const char *ours, const bool *flag, bool keep)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_axes_attr a = { .keepdim = keep };
	int perm[RANK], rank = 0, below[RANK] = { 0 };
	if (!x || !format_onnx_type_is_real(x->type))
		return onnx_no_map(c, "reduces integers");
	for (int i = 0, gone = 0; i < x->rank; i++) {
		below[i] = keep ? 0 : gone;
		gone += flag[i];
	}
	for (int j = 0; j < x->rank; j++) {
		if (flag[x->perm[j]])
			a.axes.v[a.axes.n++] = j;
		if (keep || !flag[x->perm[j]])
			perm[rank++] = x->perm[j] - below[x->perm[j]];
	}
	return onnx_result(c, 0, graph_apply(onnx_graph(c), ours, &a, 1, x->v), x->type, rank, perm);
}

secant_status
onnx_map_reduce(onnx_call *c)
{
	static const struct {
		const char *op, *ours;
	} rows[] = { { "ReduceSum", "sum" }, { "ReduceMean", "mean" }, { "ReduceMax", "amax" }, { "ReduceMin", "amin" },
		{ "ReduceL2", "norm2" } };
	const onnx_mapped *x = onnx_value_of(c, 0);
	bool flag[RANK];
	size_t k = 0;
	while (k < 5 && strcmp(rows[k].op, c->node->op))
		k++;
	if (k == 5)
		return onnx_no_map(c, "has no operator of ours");
	int n = x ? onnx_axis_flags(c, x->rank, flag) : -1;
	if (!x || c->err->code)
		return c->err->code;
	if (n <= 0 && onnx_attr_int(c, "noop_with_empty_axes", 0)) /* each number by itself; a root of a square */
		return k < 4 ? onnx_pass(c, 0, x, x->type)
					 : onnx_result(c, 0, graph_apply(onnx_graph(c), "abs", NULL, 1, x->v), x->type, x->rank, x->perm);
	for (int i = 0; i < x->rank && n <= 0; i++)
		flag[i] = true;
	if (!x->rank)
		return onnx_no_map(c, "reduces one number");
	return reduced(c, rows[k].ours, flag, onnx_attr_int(c, "keepdims", 1));
}

secant_status
onnx_map_global_pool(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	bool flag[RANK] = { false }, mean = !strcmp(c->node->op, "GlobalAveragePool");
	if (!x || x->rank < 3 || (!mean && strcmp(c->node->op, "GlobalMaxPool")))
		return onnx_no_map(c, "has no operator of ours");
	for (int i = 2; i < x->rank; i++)
		flag[i] = true;
	return reduced(c, mean ? "mean" : "amax", flag, true);
}

secant_status
onnx_map_argmax(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	bool keep = onnx_attr_int(c, "keepdims", 1);
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1, perm[RANK], rank = 0;
	if (axis < 0)
		return c->err->code;
	if (onnx_attr_int(c, "select_last_index", 0) || strcmp(c->node->op, "ArgMax") || !format_onnx_type_is_real(x->type))
		return onnx_no_map(c, "has no operator of ours");
	op_index_attr a = { onnx_axis_at(x, axis), keep };
	for (int j = 0; j < x->rank; j++)
		if (keep || x->perm[j] != axis)
			perm[rank++] = x->perm[j] - (!keep && x->perm[j] > axis);
	return onnx_result(c, 0, graph_apply(onnx_graph(c), "argmax", &a, 1, x->v), FORMAT_ONNX_INT64, rank, perm);
}

/* Running sums; from the end they are the gradient of those from the start. */
secant_status
onnx_map_cumsum(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t given;
	if (!x || onnx_input_ints(c, 1, NULL, &given, 1) != 1)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no axis is given");
	int axis = onnx_axis(c, given, x->rank);
	if (axis < 0)
		return c->err->code;
	if (!format_onnx_type_is_real(x->type))
		return onnx_no_map(c, "sums integers");
	bool reverse = onnx_attr_int(c, "reverse", 0);
	op_axis_attr a = { onnx_axis_at(x, axis) };
	op_pad_attr moved = { .mode = OP_PAD_CONSTANT, .before = { x->rank }, .after = { x->rank } };
	graph_value v = graph_apply(g, reverse ? "cumsum_grad" : "cumsum", &a, 1, x->v);
	moved.before.v[a.axis] = reverse ? -1 : 1;
	moved.after.v[a.axis] = -moved.before.v[a.axis];
	if (onnx_attr_int(c, "exclusive", 0)) /* without the own number: one place further, 0 first */
		v = graph_apply(g, "pad", &moved, 1, v);
	return onnx_result(c, 0, v, x->type, x->rank, x->perm);
}

secant_status
onnx_map_softmax(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	const char *ours = !strcmp(c->node->op, "Softmax") ? "softmax" : "log_softmax";
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", c->opset < 13 ? 1 : -1), x->rank) : -1;
	if (axis < 0)
		return c->err->code;
	if (!strcmp(c->node->op, "Hardmax") || !format_onnx_type_is_real(x->type))
		return onnx_no_map(c, "has no operator of ours");
	op_axis_attr a = { onnx_axis_at(x, axis) };
	if (c->opset >= 13 || onnx_product(x->dim, axis + 1, x->rank) == 1)
		return onnx_result(c, 0, graph_apply(g, ours, &a, 1, x->v), x->type, x->rank, x->perm);
	/* Before operator set 13: over all axes from that one on. */
	op_shape_attr flat = { { 2, { (int)onnx_product(x->dim, 0, axis), (int)onnx_product(x->dim, axis, x->rank) } } },
				  back = { { x->rank } };
	for (int i = 0; i < x->rank; i++)
		back.shape.v[i] = (int)x->dim[i];
	a.axis = 1;
	graph_value v = graph_apply(g, ours, &a, 1, graph_apply(g, "reshape", &flat, 1, onnx_plain(g, x)));
	return onnx_result_plain(c, graph_apply(g, "reshape", &back, 1, v), x->type);
}

/* ---- norms ---- */

/* Do two norms share an initialiser, whose numbers happened to be the same? Then they cannot part. */
static bool
statistics_are_shared(const graph_net *g, graph_value v)
{
	for (int i = 0; i < graph_nodes(g); i++) {
		const graph_node *node = graph_get_node(g, i);
		if (!strcmp(node->op->name, "batch_norm_train") && (node->in[1] == v || node->in[2] == v))
			return true;
	}
	return false;
}

/* The statistics of the batch; those of the file move towards them. */
static secant_status
learning_norm(onnx_call *c, const onnx_mapped *const *p, const op_norm_attr *a)
{
	graph_net *g = onnx_graph(c);
	const format_onnx_network *n = c->walk->map;
	graph_value momentum = -1;
	if (p[3]->v == p[4]->v || statistics_are_shared(g, p[3]->v) || statistics_are_shared(g, p[4]->v))
		return onnx_no_map(c, "shares its statistics with another norm, so that they cannot be trained");
	if (n->learning->recalibrates && (momentum = graph_find(g, "norm_momentum")) < 0)
		momentum = graph_input(g, "norm_momentum", SECANT_F32, &(secant_shape){ 0 });
	graph_value v = graph_apply(g, "batch_norm_train", a, 7, onnx_channels_last(g, p[0]), p[3]->v, p[4]->v, p[1]->v,
		p[2]->v, (graph_value)-1, momentum);
	return onnx_result_last(c, v, p[0]->type);
}

secant_status
onnx_map_batch_norm(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	format_onnx_network *n = c->walk->map;
	const onnx_mapped *p[5];
	for (int i = 0; i < 5; i++) {
		n->still = i > 2;
		p[i] = onnx_value_of(c, i);
		n->still = false;
		if (!p[i])
			return c->err->code;
	}
	bool train = c->opset >= 14 ? onnx_attr_int(c, "training_mode", 0)
								: c->opset < 7 && !onnx_attr_int(c, "is_test", 0) && c->n_out > 1;
	if (train || onnx_wants(c, 1))
		return onnx_no_map(c, "is in training mode");
	if (p[0]->rank < 2)
		return onnx_no_map(c, "has no axis of channels");
	op_norm_attr a = {
		.eps = onnx_attr_decimal(c, "epsilon", 1e-5), .momentum = 1 - onnx_attr_decimal(c, "momentum", 0.9), .groups = 1
	};
	if (onnx_learns(c, p[3]) && onnx_learns(c, p[4]))
		return learning_norm(c, p, &a);
	graph_value v = graph_apply(
		g, "batch_norm", &a, 5, onnx_channels_last(g, p[0]), p[3]->v, p[4]->v, p[1]->v, p[2]->v);
	return onnx_result_last(c, v, p[0]->type);
}

/* Instance norm of other than pictures: rows of N x C, each normalised, then scaled. (How PyTorch's exporter writes
 * group norm.) */
static secant_status
instance_rows(onnx_call *c, const onnx_mapped *x, const onnx_mapped *w, const onnx_mapped *b)
{
	graph_net *g = onnx_graph(c);
	int64_t rows = x->dim[0] * x->dim[1], length = onnx_product(x->dim, 2, x->rank);
	op_norm_attr a = { .eps = onnx_attr_decimal(c, "epsilon", 1e-5), .groups = 1 };
	op_shape_attr flat = { { 2, { (int)rows, (int)length } } }, channels = { { x->rank, { 1, (int)x->dim[1] } } },
				  back = { { x->rank } };
	for (int i = 0; i < x->rank; i++) {
		channels.shape.v[i] = i == 1 ? (int)x->dim[1] : 1;
		back.shape.v[i] = (int)x->dim[i];
	}
	graph_value in = graph_apply(g, "reshape", &flat, 1, onnx_plain(g, x));
	const graph_node *n = graph_make_node(g, "layer_norm", &a, 1, &in);
	graph_value v = graph_apply(g, "reshape", &back, 1, n ? n->out[0] : -1);
	v = graph_apply(g, "mul", NULL, 2, v, graph_apply(g, "reshape", &channels, 1, w->v));
	return onnx_result_plain(
		c, graph_apply(g, "add", NULL, 2, v, graph_apply(g, "reshape", &channels, 1, b->v)), x->type);
}

secant_status
onnx_map_group_norm(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *w = x ? onnx_value_of(c, 1) : NULL,
					  *b = w ? onnx_value_of(c, 2) : NULL;
	bool instance = !strcmp(c->node->op, "InstanceNormalization");
	if (!b)
		return c->err->code;
	if (x->rank > 2 && onnx_product(w->dim, 0, w->rank) == x->dim[1] && instance && x->rank != 4)
		return instance_rows(c, x, w, b);
	if (x->rank != 4 || onnx_product(w->dim, 0, w->rank) != x->dim[1])
		return onnx_no_map(c, "normalises other than pictures, or scales groups");
	op_norm_attr a = { .eps = onnx_attr_decimal(c, "epsilon", 1e-5),
		.groups = instance ? (int)x->dim[1] : (int)onnx_attr_int(c, "num_groups", 1) };
	graph_value in[3] = { onnx_channels_last(g, x), w->v, b->v };
	const graph_node *n = graph_make_node(g, "group_norm", &a, 3, in);
	return onnx_result_last(c, n ? n->out[0] : -1, x->type);
}

/* v in the shape of x's axes from `axis` on as one row, or back. */
static graph_value
as_rows(graph_net *g, graph_value v, int64_t rows, int64_t length)
{
	op_shape_attr flat = { { 2, { (int)rows, (int)length } } };
	return graph_apply(g, "reshape", &flat, 1, v);
}

/* Over all axes from one on: rows of as many numbers. */
static secant_status
norm_of_axes(onnx_call *c, const onnx_mapped *x, const onnx_mapped *w, const onnx_mapped *b, int axis)
{
	graph_net *g = onnx_graph(c);
	int64_t rows = onnx_product(x->dim, 0, axis), length = onnx_product(x->dim, axis, x->rank);
	op_norm_attr a = { .eps = onnx_attr_decimal(c, "epsilon", 1e-5), .groups = 1 };
	op_shape_attr row = { { 1, { (int)length } } }, back = { { x->rank } };
	for (int i = 0; i < x->rank; i++)
		back.shape.v[i] = (int)x->dim[i];
	if (onnx_product(w->dim, 0, w->rank) != length || (b && onnx_product(b->dim, 0, b->rank) != length))
		return onnx_no_map(c, "scales that are repeated");
	graph_value in[3] = { as_rows(g, onnx_plain(g, x), rows, length), graph_apply(g, "reshape", &row, 1, w->v),
		b ? graph_apply(g, "reshape", &row, 1, b->v) : -1 };
	const graph_node *n = graph_make_node(g, "layer_norm", &a, b ? 3 : 2, in);
	return onnx_result_plain(c, graph_apply(g, "reshape", &back, 1, n ? n->out[0] : -1), x->type);
}

/* x / sqrt(mean of x^2 + eps) * w, over the last axes. */
secant_status
onnx_map_rms_norm(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *w = x ? onnx_value_of(c, 1) : NULL;
	int axis = w ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	op_axes_attr axes = { .keepdim = true };
	op_number_attr eps = { .a = onnx_attr_decimal(c, "epsilon", 1e-5) };
	if (axis < 0)
		return c->err->code;
	for (int i = axis; i < x->rank; i++)
		axes.axes.v[axes.axes.n++] = i;
	graph_value v = onnx_plain(g, x);
	graph_value mean = graph_apply(g, "mean", &axes, 1, graph_apply(g, "square", NULL, 1, v));
	graph_value scale = graph_apply(g, "rsqrt", NULL, 1, graph_apply(g, "add_scalar", &eps, 1, mean));
	v = graph_apply(g, "mul", NULL, 2, graph_apply(g, "mul", NULL, 2, v, scale), onnx_plain(g, w));
	return onnx_result_plain(c, v, x->type);
}

secant_status
onnx_map_layer_norm(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *w = x ? onnx_value_of(c, 1) : NULL,
					  *b = w && onnx_has(c, 2) ? onnx_value_of(c, 2) : NULL;
	int axis = w ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0 || c->err->code)
		return c->err->code;
	if (onnx_wants(c, 1) || onnx_wants(c, 2))
		return onnx_no_map(c, "its statistics are asked for");
	if (axis != x->rank - 1)
		return norm_of_axes(c, x, w, b, axis);
	op_norm_attr a = { .eps = onnx_attr_decimal(c, "epsilon", 1e-5), .groups = 1 };
	/* Any order will do whose last axis is ONNX's last. */
	bool own = x->perm[x->rank - 1] == axis;
	graph_value in[3] = { own ? x->v : onnx_plain(g, x), w->v, b ? b->v : -1 };
	const graph_node *n = graph_make_node(g, "layer_norm", &a, b ? 3 : 2, in);
	graph_value v = n ? n->out[0] : -1;
	return own ? onnx_result(c, 0, v, x->type, x->rank, x->perm) : onnx_result_plain(c, v, x->type);
}

/* ---- products ---- */

/* The matrices of m once for every place of `batch`. */
static graph_value
repeated(graph_net *g, const onnx_mapped *m, graph_value v, int rank, const int64_t *batch)
{
	op_shape_attr to = { { rank + 2 } };
	for (int i = 0; i < rank; i++)
		to.shape.v[i] = (int)batch[i];
	to.shape.v[rank] = (int)m->dim[m->rank - 2];
	to.shape.v[rank + 1] = (int)m->dim[m->rank - 1];
	return graph_apply(g, "broadcast_to", &to, 1, v);
}

secant_status
onnx_map_matmul(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *a = onnx_value_of(c, 0);
	if (a && a->rank > 1 && onnx_has_bytes(c, 1, 1) && c->in[1]->rank == 2)
		return onnx_map_rows(c, a, false);
	const onnx_mapped *b = a ? onnx_value_of(c, 1) : NULL;
	if (!b)
		return c->err->code;
	if (a->rank < 2 || b->rank < 2 || !format_onnx_type_is_real(a->type))
		return onnx_no_map(c, "a product with vectors or integers");
	bool fits = b->rank == 2 || b->rank == a->rank;
	for (int i = 0; i < a->rank - 2 && fits && b->rank > 2; i++)
		fits = a->dim[i] == b->dim[i];
	op_matmul_attr t = { false, false };
	graph_value x = onnx_plain(g, a), y = onnx_plain(g, b);
	if (!fits) { /* batches are repeated to what they have in common */
		int rank;
		int64_t batch[RANK];
		if (!onnx_broadcast(c, a->rank - 2, a->dim, b->rank - 2, b->dim, &rank, batch))
			return c->err->code;
		x = repeated(g, a, x, rank, batch);
		y = repeated(g, b, y, rank, batch);
	}
	return onnx_result_plain(c, graph_apply(g, "matmul", &t, 2, x, y), a->type);
}

secant_status
onnx_map_gemm(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *a = onnx_value_of(c, 0);
	bool turned = onnx_attr_int(c, "transB", 0);
	if (a && a->rank == 2 && onnx_has_bytes(c, 1, !turned) && c->in[1]->rank == 2 && !onnx_attr_int(c, "transA", 0)
		&& onnx_attr_real(c, "alpha", 1) == 1 && onnx_attr_real(c, "beta", 1) == 1)
		return onnx_map_rows(c, a, turned);
	const onnx_mapped *b = a ? onnx_value_of(c, 1) : NULL, *z = b && onnx_has(c, 2) ? onnx_value_of(c, 2) : NULL;
	if (!b || c->err->code)
		return c->err->code;
	if (a->rank != 2 || b->rank != 2 || !format_onnx_type_is_real(a->type))
		return onnx_no_map(c, "wants matrices of real numbers");
	op_matmul_attr t = { onnx_attr_int(c, "transA", 0), onnx_attr_int(c, "transB", 0) };
	op_number_attr alpha = { .a = onnx_attr_real(c, "alpha", 1) }, beta = { .a = onnx_attr_real(c, "beta", 1) };
	int64_t n = b->dim[!t.transpose_b];
	if (t.transpose_b && !t.transpose_a && alpha.a == 1 && beta.a == 1 && z && z->rank == 1 && z->dim[0] == n)
		return onnx_result_plain(
			c, graph_apply(g, "linear", NULL, 3, onnx_plain(g, a), onnx_plain(g, b), z->v), a->type);
	graph_value v = graph_apply(g, "matmul", &t, 2, onnx_plain(g, a), onnx_plain(g, b));
	if (alpha.a != 1)
		v = graph_apply(g, "mul_scalar", &alpha, 1, v);
	if (z) {
		graph_value y = onnx_plain(g, z);
		v = graph_apply(g, "add", NULL, 2, v, beta.a == 1 ? y : graph_apply(g, "mul_scalar", &beta, 1, y));
	}
	return onnx_result_plain(c, v, a->type);
}
