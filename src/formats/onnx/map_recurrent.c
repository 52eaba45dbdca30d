/*
 * RNN, GRU and LSTM as steps of a graph: what all inputs give at once, then a cell for each place in time. X is T x N x
 * I; W, R, B as ONNX lays gates out: GRU z r h, LSTM i o f c. See map.h.
 */
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"

enum { MOST_STEPS = 1024 };

typedef struct cell {
	graph_net *g;
	char kind; /* R, G, L */
	bool before; /* GRU: R's share is computed, and its bias added, before the gate resets it */
	const char *act; /* of RNN */
	int time, batch, hidden, gates;
	graph_value from_x, r, r_bias; /* T x N x gates * hidden; gates * hidden x hidden; a row, or -1 */
} cell;

static graph_value
one(graph_net *g, const char *op, graph_value x)
{
	return graph_apply(g, op, NULL, 1, x);
}

static graph_value
two(graph_net *g, const char *op, graph_value a, graph_value b)
{
	return graph_apply(g, op, NULL, 2, a, b);
}

/* Numbers from..to - 1 of an axis. */
static graph_value
part(graph_net *g, graph_value v, int axis, int from, int to)
{
	const secant_shape *s = graph_shape(g, v);
	op_slice_attr a = { { s->rank }, { s->rank }, { 0 } };
	for (int i = 0; i < s->rank; i++) {
		a.start.v[i] = i == axis ? from : 0;
		a.stop.v[i] = i == axis ? to : (int)s->dim[i];
	}
	return graph_apply(g, "slice", &a, 1, v);
}

static graph_value
shaped(graph_net *g, graph_value v, int rank, int a, int b, int c, int d)
{
	op_shape_attr s = { { rank, { a, b, c, d } } };
	return graph_apply(g, "reshape", &s, 1, v);
}

static graph_value
by_weights(graph_net *g, graph_value x, graph_value w)
{
	op_matmul_attr turned = { false, true };
	return graph_apply(g, "matmul", &turned, 2, x, w);
}

static graph_value
gate(const cell *l, graph_value all, int k)
{
	return part(l->g, all, 1, k * l->hidden, (k + 1) * l->hidden);
}

/* h after one step; *c too. */
static graph_value
next(const cell *l, graph_value x, graph_value h, graph_value *c)
{
	graph_net *g = l->g;
	graph_value from_h = by_weights(g, h, l->r);
	if (l->r_bias >= 0)
		from_h = two(g, "add", from_h, l->r_bias);
	if (l->kind == 'R')
		return one(g, l->act, two(g, "add", x, from_h));
	if (l->kind == 'L') {
		graph_value all = two(g, "add", x, from_h), in = one(g, "sigmoid", gate(l, all, 0)),
					out = one(g, "sigmoid", gate(l, all, 1)), keep = one(g, "sigmoid", gate(l, all, 2));
		*c = two(g, "add", two(g, "mul", keep, *c), two(g, "mul", in, one(g, "tanh", gate(l, all, 3))));
		return two(g, "mul", out, one(g, "tanh", *c));
	}
	graph_value z = one(g, "sigmoid", two(g, "add", gate(l, x, 0), gate(l, from_h, 0))),
				reset = one(g, "sigmoid", two(g, "add", gate(l, x, 1), gate(l, from_h, 1))),
				share = l->before
		? two(g, "mul", reset, gate(l, from_h, 2))
		: by_weights(g, two(g, "mul", reset, h), part(g, l->r, 0, 2 * l->hidden, 3 * l->hidden)),
				e = one(g, "tanh", two(g, "add", gate(l, x, 2), share));
	return two(g, "add", e, two(g, "mul", z, two(g, "sub", h, e)));
}

/* Row d of input i, of one axis less. */
static graph_value
row(onnx_call *c, int i, int d)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *m = onnx_has(c, i) ? onnx_value_of(c, i) : NULL;
	if (!m)
		return -1;
	graph_value v = part(g, onnx_plain(g, m), 0, d, d + 1);
	return m->rank == 3 ? shaped(g, v, 2, (int)m->dim[1], (int)m->dim[2], 0, 0)
						: shaped(g, v, 1, (int)m->dim[1], 0, 0, 0);
}

/* The states of one direction into y[time], 1 x N x H each; what is left in *h and *c, N x H. */
static void
walk(const cell *l, bool backwards, graph_value *y, graph_value *h, graph_value *c)
{
	int wide = l->gates * l->hidden;
	for (int s = 0; s < l->time; s++) {
		int t = backwards ? l->time - 1 - s : s;
		*h = next(l, shaped(l->g, part(l->g, l->from_x, 0, t, t + 1), 2, l->batch, wide, 0, 0), *h, c);
		y[t] = shaped(l->g, *h, 3, 1, l->batch, l->hidden, 0);
	}
}

static bool
has_usual_functions(onnx_call *c, cell *l)
{
	static const char *const usual[] = { "Sigmoid", "Tanh", "Tanh" };
	static const struct {
		const char *name, *ours;
	} plain[] = { { "Tanh", "tanh" }, { "Relu", "relu" }, { "Sigmoid", "sigmoid" } };
	const format_onnx_attr *a = onnx_attr(c, "activations");
	int each = l->kind == 'R' ? 1 : l->kind == 'G' ? 2 : 3;
	l->act = "tanh";
	for (int i = 0; a && i < a->n_strings; i++) {
		if (l->kind != 'R' && strcmp(a->strings[i], usual[i % each]))
			return false;
		size_t k = 0;
		while (l->kind == 'R' && k < 3 && strcmp(plain[k].name, a->strings[i]))
			k++;
		if (k == 3 || (l->kind == 'R' && i && strcmp(a->strings[i], a->strings[0])))
			return false;
		l->act = plain[k].ours;
	}
	return true;
}

/* Are all sequences as long as the input is? */
static bool
is_full(onnx_call *c, int64_t time)
{
	int64_t *length = onnx_has(c, 4) && c->in[4] ? onnx_ints(c, 4) : NULL;
	for (int64_t i = 0; length && i < format_onnx_count(c->in[4]); i++)
		if (length[i] != time)
			return false;
	return !onnx_has(c, 4) || length;
}

secant_status
onnx_map_recurrent(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const char *way = onnx_attr_text(c, "direction", "forward");
	const onnx_mapped *x = onnx_value_of(c, 0), *r = x ? onnx_value_of(c, 2) : NULL;
	cell l = { .g = g, .kind = c->node->op[0] };
	if (!r)
		return c->err->code;
	int d = strcmp(way, "bidirectional") ? 1 : 2;
	if (x->rank != 3 || r->rank != 3 || r->dim[0] != d)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants X and R of 3 axes, R one of each direction");
	if (x->dim[0] < 1 || x->dim[0] > MOST_STEPS || x->dim[1] > 1 << 20 || r->dim[2] > 1 << 20
		|| onnx_attr_int(c, "layout", 0) || onnx_has(c, 7) || onnx_attr_real(c, "clip", 0) > 0
		|| onnx_attr_int(c, "input_forget", 0) || !has_usual_functions(c, &l) || !is_full(c, x->dim[0]))
		return onnx_no_map(c, "is long, by batches, peeps, clips, or has other functions or lengths");
	l.before = onnx_attr_int(c, "linear_before_reset", 0);
	l.gates = l.kind == 'R' ? 1 : l.kind == 'G' ? 3 : 4;
	l.time = (int)x->dim[0];
	l.batch = (int)x->dim[1];
	l.hidden = (int)r->dim[2];
	int wide = l.gates * l.hidden;
	graph_value *y = onnx_temp(c, l.time, sizeof *y), all[2], last[2], cells[2];
	for (int k = 0; k < d && y; k++) {
		graph_value bias = row(c, 3, k), h = row(c, 5, k), state = row(c, 6, k);
		bool apart = l.kind == 'G' && l.before && bias >= 0;
		l.from_x = by_weights(g, shaped(g, onnx_plain(g, x), 2, l.time * l.batch, (int)x->dim[2], 0, 0), row(c, 1, k));
		l.r = row(c, 2, k);
		l.r_bias = apart ? part(g, bias, 0, wide, 2 * wide) : -1;
		if (bias >= 0) {
			graph_value own = part(g, bias, 0, 0, wide);
			l.from_x = two(g, "add", l.from_x, apart ? own : two(g, "add", own, part(g, bias, 0, wide, 2 * wide)));
		}
		l.from_x = shaped(g, l.from_x, 3, l.time, l.batch, wide, 0);
		secant_shape start = secant_shape_of(2, l.batch, l.hidden);
		double *zeros = onnx_temp(c, (int64_t)l.batch * l.hidden, sizeof *zeros);
		if (!zeros || c->err->code)
			return c->err->code;
		h = h < 0 ? graph_constant(g, SECANT_F32, &start, zeros) : h;
		state = state < 0 && l.kind == 'L' ? graph_constant(g, SECANT_F32, &start, zeros) : state;
		walk(&l, k || !strcmp(way, "reverse"), y, &h, &state);
		all[k] = shaped(g, op_build_concat(g, l.time, y, 0), 4, l.time, 1, l.batch, l.hidden);
		last[k] = shaped(g, h, 3, 1, l.batch, l.hidden, 0);
		cells[k] = l.kind == 'L' ? shaped(g, state, 3, 1, l.batch, l.hidden, 0) : -1;
	}
	const int as_it_is[4] = { 0, 1, 2, 3 };
	if (c->err->code || (onnx_wants(c, 0) && onnx_result(c, 0, op_build_concat(g, d, all, 1), x->type, 4, as_it_is))
		|| (onnx_wants(c, 1) && onnx_result(c, 1, op_build_concat(g, d, last, 0), x->type, 3, as_it_is))
		|| (onnx_wants(c, 2) && onnx_result(c, 2, op_build_concat(g, d, cells, 0), x->type, 3, as_it_is)))
		return c->err->code;
	return SECANT_OK;
}
