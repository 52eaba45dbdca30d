/*
 * Products whose weights are bytes, as convolutions, which plans compute in bytes (ops/fuse_bytes.c). See map.h.
 *
 * Rows by a matrix: each row is a pixel, and the kernel is 1 x 1.
 *
 * A transposed convolution of stride s: result y is of phase r = y mod s, and the taps k of the kernel that reach it
 * are those with k = (r + p) mod s, p being its padding. So each phase is a convolution of stride 1 with every s-th
 * tap, turned around:
 *
 *     q = (r + p) mod s, d = (r + p) div s, taps T = ceil((K - q) / s)
 *     y[r + s m] = sum over u < T of x[m + d - (T - 1) + u] w[q + s (T - 1 - u)]
 *
 * and phases are put between each other by moving numbers.
 */
#include <stdio.h>
#include "formats/onnx/map.h"
#include "formats/onnx/window.h"
#include "ops/ops.h"

enum { MOST_PHASES = 16 };

/* Bias as a row of n numbers; -1: there is none, or it is none. */
static graph_value
row_of(onnx_call *c, int i, int64_t n, bool *good)
{
	const onnx_mapped *b = onnx_has(c, i) ? onnx_value_of(c, i) : NULL;
	*good = !b || (b->rank == 1 && b->dim[0] == n);
	return b && *good ? b->v : -1;
}

secant_status
onnx_map_rows(onnx_call *c, const onnx_mapped *x, bool turned)
{
	graph_net *g = onnx_graph(c);
	const onnx_tensor *w = c->in[1];
	int64_t deep = w->dim[turned], out = w->dim[!turned], rows = onnx_product(x->dim, 0, x->rank - 1);
	if (x->dim[x->rank - 1] != deep)
		return onnx_fail(c, SECANT_ERR_SHAPE, "rows of %lld numbers meet weights for %lld",
			(long long)x->dim[x->rank - 1], (long long)deep);
	if (rows > INT32_MAX || deep > INT32_MAX)
		return onnx_no_map(c, "more rows than pictures have");
	int64_t *from = onnx_temp(c, out * deep, sizeof *from);
	onnx_arrangement as = { 4, { out, deep, 1, 1 }, from, "rows" };
	for (int64_t i = 0; i < out * deep && from; i++)
		from[i] = turned ? i : i % deep * out + i / deep;
	const onnx_mapped *q = from ? onnx_bytes_of(c, 1, !turned, &as) : NULL;
	if (!q)
		return c->err->code;
	bool good;
	graph_value bias = row_of(c, 2, out, &good);
	op_shape_attr flat = { { 4, { 1, (int)rows, 1, (int)deep } } }, back = { { x->rank } };
	op_conv_attr a = op_conv(1, 0, 1, 1);
	graph_value v = graph_apply(g, "reshape", &flat, 1, onnx_plain(g, x));
	v = graph_apply(g, "conv2d", &a, bias < 0 ? 2 : 3, v, q->v, bias);
	for (int i = 0; i < x->rank; i++)
		back.shape.v[i] = (int)(i < x->rank - 1 ? x->dim[i] : out);
	v = graph_apply(g, "reshape", &back, 1, v);
	if (!good) /* a bias of another shape */
		v = graph_apply(g, "add", NULL, 2, v, onnx_plain(g, onnx_value_of(c, 2)));
	return c->err->code ? c->err->code : onnx_result_plain(c, v, x->type);
}

/* One axis of a phase. */
typedef struct phase {
	int64_t first, taps, before, after; /* q, T, and the padding of its convolution */
} phase;

static phase
phase_of(const onnx_window *w, int axis, int64_t r)
{
	int64_t s = w->stride[axis], q = (r + w->before[axis]) % s, d = (r + w->before[axis]) / s,
			taps = w->kernel[axis] > q ? (w->kernel[axis] - q + s - 1) / s : 0, many = (w->in[axis] + s - 1) / s;
	return (phase){ q, taps, taps - 1 - d, many + d - w->out[axis] };
}

bool
onnx_wants_phases(onnx_call *c, const onnx_mapped *x)
{
	const onnx_tensor *k = c->in[1];
	onnx_window w;
	int64_t extra[FORMAT_ONNX_RANK];
	if (x->rank != 4 || k->rank != 4 || k->dim[0] != x->dim[1] || onnx_attr_int(c, "group", 1) != 1
		|| !onnx_transposed_window(c, x->rank, x->dim, k->dim + 2, &w, extra)
		|| w.stride[0] * w.stride[1] > MOST_PHASES)
		return false;
	for (int i = 0; i < 2; i++)
		for (int64_t r = 0; r < w.stride[i]; r++) {
			phase p = phase_of(&w, i, r);
			if (w.in[i] > 1 << 24 || w.before[i] < 0 || w.dilation[i] != 1 || p.taps < 1 || p.before < 0 || p.after < 0)
				return false;
		}
	return true;
}

/* The convolution of one phase. */
static graph_value
one_phase(onnx_call *c, const onnx_window *w, graph_value x, graph_value bias, int64_t ry, int64_t rx)
{
	graph_net *g = onnx_graph(c);
	const int64_t *k = c->in[1]->dim;
	phase y = phase_of(w, 0, ry), z = phase_of(w, 1, rx);
	int64_t n = k[1] * k[0] * y.taps * z.taps, *from = onnx_temp(c, n, sizeof *from);
	char what[96];
	(void)snprintf(what, sizeof what, "stride %lldx%lld padding %lldx%lld phase %lldx%lld", (long long)w->stride[0],
		(long long)w->stride[1], (long long)w->before[0], (long long)w->before[1], (long long)ry, (long long)rx);
	onnx_arrangement as = { 4, { k[1], k[0], y.taps, z.taps }, from, what };
	for (int64_t i = 0; i < n && from; i++) {
		int64_t v = i % z.taps, u = i / z.taps % y.taps, in = i / z.taps / y.taps % k[0],
				out = i / z.taps / y.taps / k[0];
		from[i] = ((in * k[1] + out) * k[2] + y.first + w->stride[0] * (y.taps - 1 - u)) * k[3] + z.first
			+ w->stride[1] * (z.taps - 1 - v);
	}
	const onnx_mapped *q = from ? onnx_bytes_of(c, 1, 1, &as) : NULL;
	op_conv_attr a = op_conv(1, 0, 1, 1);
	a.padding = (secant_ints){ 4, { (int)y.before, (int)z.before, (int)y.after, (int)z.after } };
	return q ? graph_apply(g, "conv2d", &a, bias < 0 ? 2 : 3, x, q->v, bias) : -1;
}

secant_status
onnx_map_phases(onnx_call *c, const onnx_mapped *x)
{
	graph_net *g = onnx_graph(c);
	const int64_t *k = c->in[1]->dim;
	onnx_window w;
	int64_t extra[FORMAT_ONNX_RANK];
	graph_value part[MOST_PHASES];
	int n = 0;
	bool good;
	if (!onnx_transposed_window(c, x->rank, x->dim, k + 2, &w, extra))
		return c->err->code;
	graph_value picture = onnx_channels_last(g, x), bias = row_of(c, 2, k[1], &good);
	if (!good)
		return onnx_fail(c, SECANT_ERR_SHAPE, "a bias that is not %lld numbers", (long long)k[1]);
	for (int64_t ry = 0; ry < w.stride[0]; ry++)
		for (int64_t rx = 0; rx < w.stride[1]; rx++)
			part[n++] = one_phase(c, &w, picture, bias, ry, rx);
	if (c->err->code)
		return c->err->code;
	int sy = (int)w.stride[0], sx = (int)w.stride[1], out = (int)k[1], batch = (int)x->dim[0],
		my = (int)((w.in[0] + sy - 1) / sy), mx = (int)((w.in[1] + sx - 1) / sx);
	op_shape_attr apart = { { 6, { batch, my, mx, sy, sx, out } } },
				  after = { { 4, { batch, my * sy, mx * sx, out } } };
	op_transpose_attr turn = { { 6, { 0, 1, 3, 2, 4, 5 } } };
	op_slice_attr cut = { { 4 }, { 4, { batch, (int)w.in[0], (int)w.in[1], out } }, { 0 } };
	graph_value v = part[0];
	if (n > 1) {
		v = graph_apply(g, "reshape", &apart, 1, op_build_concat(g, n, part, 3));
		v = graph_apply(g, "reshape", &after, 1, graph_apply(g, "transpose", &turn, 1, v));
		if (w.in[0] % sy || w.in[1] % sx)
			v = graph_apply(g, "slice", &cut, 1, v);
	}
	return onnx_result_last(c, v, x->type);
}
