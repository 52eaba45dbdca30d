/*
 * Decoders that bring maps of several depths to one size and mix them by a convolution of 1x1 (SegFormer, the pyramid
 * of PSPNet) multiply every pixel of what was enlarged, most of which say the same. Mixing and resizing are linear, one
 * over channels and the other over places, so that their order is free:
 *
 *     conv(concat(resize(x), ..., y); [U ... W], b)    =    conv(y; W, b) + resize(conv(x; U)) + ...
 *
 * and the products of enlarged maps are made where they are small. Equal but for rounding. Resizings that change
 * nothing disappear with it.
 *
 * It runs on the shapes of one size.
 */
#include "graph/rewrite.h"
#include "ops/act.h"
#include "ops/known.h"
#include "ops/resize_map.h"
#include "ops/rules.h"

/* Below so many channels a product saves less than it costs to add its result. */
enum { LEAST_CHANNELS = 64, CHANNELS = 3 };

/* Does resizing n repeat every number at its own place? */
static bool
changes_nothing(const graph_net *g, const graph_node *n)
{
	const secant_shape *from = graph_shape(g, n->in[0]), *to = graph_shape(g, n->out[0]);
	const op_resize_attr *a = n->attr;
	int taps = op_resize_taps(a->mode);
	if (!secant_shape_equal(from, to))
		return false;
	for (int axis = 0; axis < 2; axis++)
		for (int64_t i = 0; i < to->dim[1 + axis]; i++) {
			int64_t place[OP_RESIZE_TAPS];
			double weight[OP_RESIZE_TAPS];
			op_resize_map(a, axis, from->dim[1 + axis], to->dim[1 + axis], i, place, weight);
			for (int k = 0; k < taps; k++)
				if (weight[k] != 0 && (place[k] != i || weight[k] != 1))
					return false;
		}
	return true;
}

/* The resizing that makes part k of a concat, where a convolution of `outputs` channels had better come before it. */
static const graph_node *
enlarged(const graph_rewrite *w, const graph_node *concat, int k, int64_t outputs)
{
	const graph_node *n = graph_rewrite_own(w, concat->in[k], "resize");
	if (!n)
		return NULL;
	const secant_shape *x = graph_shape(w->from, n->in[0]), *y = graph_shape(w->from, n->out[0]);
	return x->dim[CHANNELS] >= LEAST_CHANNELS && outputs <= 2 * x->dim[CHANNELS]
			&& 2 * x->dim[1] * x->dim[2] <= y->dim[1] * y->dim[2]
		? n
		: NULL;
}

/* The concat of channels that convolution n mixes pixel by pixel, with a part to enlarge later; NULL: none. */
static const graph_node *
mixed(const graph_rewrite *w, const graph_node *n)
{
	if (n->op != &op_conv2d)
		return NULL;
	const op_conv_attr *a = n->attr;
	const secant_shape *weight = graph_shape(w->from, n->in[1]);
	const graph_node *concat = graph_rewrite_own(w, n->in[0], "concat");
	bool plain = concat && a->groups == 1 && weight->dim[2] == 1 && weight->dim[3] == 1 && a->stride.v[0] == 1
		&& a->stride.v[1] == 1 && op_axis_of(((const op_axis_attr *)concat->attr)->axis, 4) == CHANNELS;
	for (int side = 0; plain && side < 4; side++)
		plain = op_pad_of(&a->padding, side) == 0;
	for (int k = 0; plain && k < concat->n_in; k++)
		if (enlarged(w, concat, k, weight->dim[0]))
			return concat;
	return NULL;
}

/* Input channels [from, from + n) of weights O x I x 1 x 1. */
static graph_value
weights_of(graph_rewrite *w, graph_value weight, int64_t from, int64_t n)
{
	const secant_shape *s = graph_shape(w->to, weight);
	op_slice_attr a = { .start = { 4, { 0, (int)from } }, .stop = { 4, { -1, (int)(from + n), -1, -1 } } };
	return n == s->dim[1] ? weight : graph_apply(w->to, "slice", &a, 1, weight);
}

typedef struct parts {
	int n, runs;
	graph_value *x, *weight; /* the maps that are not enlarged; the weights of each run of neighbours among them */
} parts;

/* Convolution n of `concat`, part by part. */
static void
write_mixed(graph_rewrite *w, const graph_node *n, const graph_node *concat)
{
	parts rest = { 0, 0, graph_rewrite_room(w, concat), graph_rewrite_room(w, concat) };
	if (!rest.x || !rest.weight)
		return;
	graph_scope(w->to, n->name);
	op_conv_attr plain = *(const op_conv_attr *)n->attr;
	int act = plain.act;
	plain.act = OP_ACT_NONE;
	graph_value weight = graph_rewrite_value(w, n->in[1]), bias = graph_rewrite_input(w, n, 2);
	graph_value sum = graph_rewrite_input(w, n, 3);
	int64_t from = 0, run = 0, outputs = graph_shape(w->from, n->in[1])->dim[0];
	for (int k = 0; k < concat->n_in; k++) {
		const graph_node *late = enlarged(w, concat, k, outputs);
		int64_t channels = graph_shape(w->from, concat->in[k])->dim[CHANNELS];
		from += channels;
		run += channels;
		if (!late)
			rest.x[rest.n++] = graph_rewrite_value(w, concat->in[k]);
		if (!late && k + 1 < concat->n_in && !enlarged(w, concat, k + 1, outputs))
			continue;
		graph_value own = weights_of(w, weight, from - run, run);
		run = 0;
		if (!late) {
			rest.weight[rest.runs++] = own;
			continue;
		}
		graph_value y = graph_apply(w->to, "conv2d", &plain, 2, graph_rewrite_value(w, late->in[0]), own);
		y = graph_apply(w->to, "resize", late->attr, 2, y, graph_rewrite_input(w, late, 1));
		sum = sum < 0 ? y : graph_apply(w->to, "add", NULL, 2, sum, y);
	}
	if (rest.n) {
		plain.act = act;
		sum = graph_apply(w->to, "conv2d", &plain, 4, op_build_concat(w->to, rest.n, rest.x, CHANNELS),
			op_build_concat(w->to, rest.runs, rest.weight, 1), bias, sum);
	} else {
		if (bias >= 0)
			sum = graph_apply(w->to, "add", NULL, 2, sum, bias);
		sum = op_act_build(w->to, act, sum);
	}
	w->map[n->out[0]] = sum;
}

graph_net *
op_pass_enlarge_late(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool ok = graph_rewrite_begin(&w, g, keep, n, err);
	for (int i = 0; ok && i < graph_nodes(g); i++) {
		const graph_node *conv = graph_get_node(g, i), *concat = mixed(&w, conv);
		for (int k = 0; concat && k < concat->n_in; k++) {
			const graph_node *late = enlarged(&w, concat, k, graph_shape(g, conv->in[1])->dim[0]);
			graph_rewrite_leave_out(&w, concat);
			graph_rewrite_leave_out(&w, late);
		}
	}
	for (int i = 0; ok && i < graph_nodes(g); i++) {
		const graph_node *m = graph_get_node(g, i), *concat = w.left_out[i] ? NULL : mixed(&w, m);
		if (concat)
			write_mixed(&w, m, concat);
		else if (!w.left_out[i] && m->op == &op_resize && changes_nothing(g, m))
			w.map[m->out[0]] = graph_rewrite_value(&w, m->in[0]);
		else if (!w.left_out[i])
			graph_rewrite_node(&w, i);
	}
	return graph_rewrite_end(&w, keep, n, ok, err);
}
