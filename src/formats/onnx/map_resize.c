/*
 * Resizing: pictures by our own operator where it samples as ONNX says, everything else axis by axis; and sampling at
 * places that the network computes. See map.h.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/map.h"
#include "formats/onnx/resize.h"
#include "ops/ops.h"
#include "ops/resize_map.h"
#include "ops/sample_map.h"

/* Do our taps give the same sums as ONNX's, for every output number of an axis? */
static bool
same_taps(onnx_call *c, const onnx_resize *r, const onnx_mapped *x, const op_resize_attr *a, int axis)
{
	enum { MOST = 8 };
	int64_t in = x->dim[axis], out = r->out[axis];
	int n = op_resize_taps(a->mode);
	for (int64_t i = 0; i < out; i++) {
		int64_t place[OP_RESIZE_TAPS], first;
		double weight[OP_RESIZE_TAPS], theirs[MOST];
		int m = onnx_resize_taps(r, x->rank, axis, in, i, &first, theirs, MOST);
		if (m < 0)
			return false;
		op_resize_map(a, axis - 2, in, out, i, place, weight);
		for (int k = 0; k < n + m; k++) { /* every place that either of them reads */
			int64_t at = k < n ? place[k] : first + k - n;
			at = at < 0 ? 0 : at > in - 1 ? in - 1 : at;
			double sum = 0;
			for (int j = 0; j < n; j++)
				sum += place[j] == at ? weight[j] : 0;
			for (int j = 0; j < m; j++) {
				int64_t from = first + j < 0 ? 0 : first + j > in - 1 ? in - 1 : first + j;
				sum -= from == at ? theirs[j] : 0;
			}
			if (fabs(sum) > 1e-5)
				return false;
		}
	}
	return true;
}

/* One axis of a resizing as a matrix: in x out, column i the taps of output number i. */
static graph_value
taps_matrix(onnx_call *c, const onnx_resize *r, const onnx_mapped *x, int axis)
{
	enum { MOST = 4096 };
	int64_t in = x->dim[axis], out = r->out[axis], first;
	double *m = onnx_temp(c, in * out, sizeof *m), *weight = onnx_temp(c, MOST, sizeof *weight);
	secant_shape shape = secant_shape_of(2, in, out);
	for (int64_t i = 0; i < out && m && weight; i++) {
		int n = onnx_resize_taps(r, x->rank, axis, in, i, &first, weight, MOST);
		if (n < 0) {
			onnx_no_map(c, "shrinks too much");
			return -1;
		}
		for (int k = 0; k < n; k++) {
			int64_t at = first + k < 0 ? 0 : first + k >= in ? in - 1 : first + k;
			m[at * out + i] += weight[k];
		}
	}
	return m && weight ? graph_constant(onnx_graph(c), SECANT_F32, &shape, m) : -1;
}

/* Numbers of the axis that the nearest samples are. */
static graph_value
nearest_places(onnx_call *c, const onnx_resize *r, const onnx_mapped *x, int axis)
{
	int64_t in = x->dim[axis], out = r->out[axis], first;
	double *at = onnx_temp(c, out, sizeof *at), one;
	secant_shape shape = secant_shape_of(1, out);
	for (int64_t i = 0; i < out && at; i++) {
		(void)onnx_resize_taps(r, x->rank, axis, in, i, &first, &one, 1);
		at[i] = (double)(first < 0 ? 0 : first >= in ? in - 1 : first);
	}
	return at ? graph_constant(onnx_graph(c), SECANT_I32, &shape, at) : -1;
}

/* Whatever axes change, and whatever way samples lie and are weighted: one axis after the other, last first, is taken
 * by places or multiplied with the matrix of its taps. */
static secant_status
resized_by_axes(onnx_call *c, const onnx_resize *r, const onnx_mapped *x)
{
	enum { MOST_NUMBERS = 1 << 22 };
	graph_net *g = onnx_graph(c);
	onnx_mapped m = *x;
	bool nearest = !strcmp(r->mode, "nearest");
	for (int axis = x->rank - 1; axis >= 0; axis--) {
		int turned[SECANT_MAX_RANK], n = 0;
		if (r->out[axis] == x->dim[axis] && r->scale[axis] == 1)
			continue;
		if (nearest ? r->out[axis] > MOST_NUMBERS : x->dim[axis] * r->out[axis] > MOST_NUMBERS)
			return onnx_no_map(c, "samples where no resizing of ours does");
		graph_value taps = nearest ? nearest_places(c, r, x, axis) : taps_matrix(c, r, x, axis);
		if (c->err->code)
			return c->err->code;
		if (nearest) {
			op_axis_attr a = { onnx_axis_at(&m, axis) };
			m.v = graph_apply(g, "take", &a, 2, m.v, taps);
		} else {
			op_matmul_attr t = { false, false };
			for (int i = 0; i < x->rank; i++)
				if (i != axis)
					turned[n++] = i;
			turned[n] = axis;
			m.v = graph_apply(g, "matmul", &t, 2, onnx_ordered(g, &m, turned), taps);
			memcpy(m.perm, turned, sizeof *turned * (size_t)x->rank);
		}
		m.dim[axis] = r->out[axis];
	}
	return onnx_result(c, 0, m.v, x->type, x->rank, m.perm);
}

/* Pictures that our own resizing makes as ONNX says: its attributes into *a. */
static bool
find_resize(onnx_call *c, const onnx_resize *r, const onnx_mapped *x, op_resize_attr *a)
{
	int first = !strcmp(r->mode, "nearest") ? OP_RESIZE_NEAREST
		: !strcmp(r->mode, "linear")        ? OP_RESIZE_BILINEAR
											: OP_RESIZE_BICUBIC;
	for (int i = 0; i < x->rank; i++)
		if (x->rank != 4 || (i < 2 && (r->out[i] != x->dim[i] || r->scale[i] != 1)))
			return false;
	for (int k = 0; k < 6; k++) { /* each way to place samples, with the step of the sizes or of the scale */
		*a = (op_resize_attr){ .mode = first, .size = { 2, { (int)r->out[2], (int)r->out[3] } } };
		if (first == OP_RESIZE_NEAREST)
			a->mode = k % 3 ? OP_RESIZE_NEAREST_EXACT : OP_RESIZE_NEAREST;
		a->align_corners = first != OP_RESIZE_NEAREST && k % 3 == 1;
		a->from_corner = first != OP_RESIZE_NEAREST && k % 3 == 2;
		if (k / 3) {
			a->scale_h = 1 / r->scale[2];
			a->scale_w = 1 / r->scale[3];
		}
		if (same_taps(c, r, x, a, 2) && same_taps(c, r, x, a, 3))
			return true;
	}
	return false;
}

secant_status
onnx_map_resize(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	onnx_resize r;
	op_resize_attr a;
	bool any = false;
	if (!x || !onnx_resize_of(c, x->rank, x->dim, &r))
		return c->err->code;
	r.mode = strcmp(r.mode, "bilinear") ? r.mode : "linear";
	bool real = format_onnx_type_is_real(x->type), nearest = !strcmp(r.mode, "nearest");
	for (int i = 0; i < x->rank; i++) {
		if (r.out[i] < 1 || r.out[i] > INT32_MAX)
			return onnx_no_map(c, "resizes to nothing, or beyond 2^31");
		any |= r.out[i] != x->dim[i] || r.scale[i] != 1;
	}
	bool stored = onnx_is_stored_bytes(c, x), bytes = stored || x->type == FORMAT_ONNX_UINT8;
	if (!real && !nearest && (!bytes || strcmp(r.mode, "linear") != 0))
		return onnx_no_map(c, "resizes integers");
	if (!strcmp(r.coordinates, "tf_crop_and_resize"))
		return onnx_no_map(c, "crops while it resizes");
	if (!any)
		return onnx_pass(c, 0, x, x->type);
	if ((real || bytes) && find_resize(c, &r, x, &a)) {
		graph_value y = graph_apply(g, stored ? "resize_bytes" : "resize", &a, 1, onnx_channels_last(g, x));
		return onnx_result_last(c, real || stored ? y : graph_apply(g, "round", NULL, 1, y), x->type);
	}
	if (!real && !nearest)
		return onnx_no_map(c, "resizes integers");
	return resized_by_axes(c, &r, x);
}

/* The number of a word in "a|b|c"; -1. */
static int
word_of(const char *words, const char *word)
{
	size_t n = strlen(word);
	for (int i = 0; *words; i++) {
		size_t m = strcspn(words, "|");
		if (m == n && !strncmp(words, word, n))
			return i;
		words += m + (words[m] != 0);
	}
	return -1;
}

secant_status
onnx_map_grid_sample(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *grid = x ? onnx_value_of(c, 1) : NULL;
	int mode = word_of("nearest|bilinear|bicubic|linear|cubic", onnx_attr_text(c, "mode", "bilinear"));
	op_sample_attr a = { mode < 3 ? mode : mode - 2,
		word_of("zeros|border|reflection", onnx_attr_text(c, "padding_mode", "zeros")),
		onnx_attr_int(c, "align_corners", 0) };
	if (!grid)
		return c->err->code;
	if (mode < 0 || a.padding < 0)
		return onnx_fail(c, SECANT_ERR_FORMAT, "a mode or padding that ONNX has not");
	if (x->rank != 4 || grid->rank != 4 || !format_onnx_type_is_real(x->type) || !format_onnx_type_is_real(grid->type))
		return onnx_no_map(c, "samples other than pictures of real numbers");
	graph_value v = graph_apply(g, "grid_sample", &a, 2, onnx_channels_last(g, x), onnx_plain(g, grid));
	return onnx_result_last(c, v, x->type);
}
