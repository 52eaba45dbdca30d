/* Shapes and pieces: some work in any order of axes, reshapes in the file's own or with channels kept last. See map.h.
 */
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"

enum { RANK = FORMAT_ONNX_RANK, MOST_INDICES = 1 << 20 };

secant_status
onnx_map_shape(onnx_call *c)
{
	return onnx_give_shape(c, c->mapped[0]->rank, c->mapped[0]->dim);
}

/* Axes of a shape and those that they become: in[from..to) has as many numbers as out[first..last). */
typedef struct group {
	int from, to, first, last;
} group;

/* The finest groups; how many, 0 where there are none (empty tensors). */
static int
groups_of(int ri, const int64_t *in, int ro, const int64_t *out, group *g)
{
	int n = 0, i = 0, j = 0;
	if (onnx_product(in, 0, ri) < 1)
		return 0;
	while (i < ri || j < ro) {
		g[n] = (group){ i, i, j, j };
		int64_t p = i < ri ? in[i++] : 1, q = j < ro ? out[j++] : 1;
		while (p != q)
			if (p < q && i < ri)
				p *= in[i++];
			else if (j < ro)
				q *= out[j++];
			else
				return 0;
		g[n].to = i;
		g[n++].last = j;
	}
	return n;
}

/* The order of axes that a reshape wants of x, and the order of its result. Groups stay in the order in which they lie
 * in memory, and the axes of each group come one after the other; so axes that are split or joined where they lie cost
 * nothing, and channels stay last. false: there are no groups. */
static bool
find_order(const onnx_mapped *x, int rank, const int64_t *dim, int *before, int *after)
{
	group g[2 * RANK];
	int n = groups_of(x->rank, x->dim, rank, dim, g), order[2 * RANK], m = 0;
	bool used[2 * RANK] = { false };
	for (int i = 0; i < n; i++) { /* a batch of one goes first */
		used[i] = i == 0 && onnx_product(x->dim, g[0].from, g[0].to) == 1;
		m += used[i];
		order[0] = 0;
	}
	for (int j = 0; j < x->rank && n; j++) { /* by axes of more than one number: others lie anywhere */
		int of = 0;
		while (x->perm[j] >= g[of].to)
			of++;
		if (x->dim[x->perm[j]] == 1 || used[of])
			continue;
		order[m++] = of;
		used[of] = true;
	}
	for (int i = 0; i < n; i++)
		if (!used[i])
			order[m++] = i;
	int in = 0, out = 0;
	for (int i = 0; i < m; i++) {
		for (int a = g[order[i]].from; a < g[order[i]].to; a++)
			before[in++] = a;
		for (int a = g[order[i]].first; a < g[order[i]].last; a++)
			after[out++] = a;
	}
	return n > 0 && in == x->rank && out == rank;
}

/* The same numbers in another shape of ONNX's. */
static secant_status
reshaped(onnx_call *c, const onnx_mapped *x, int rank, const int64_t *dim)
{
	graph_net *g = onnx_graph(c);
	op_shape_attr a = { { rank } };
	int before[RANK], after[RANK];
	if (rank > SECANT_MAX_RANK)
		return onnx_no_map(c, "more axes than graphs have");
	bool found = find_order(x, rank, dim, before, after);
	for (int i = 0; i < rank; i++) {
		int64_t n = dim[found ? after[i] : i];
		if (n > INT32_MAX)
			return onnx_no_map(c, "an axis beyond 2^31");
		a.shape.v[i] = (int)n;
	}
	graph_value v = graph_apply(g, "reshape", &a, 1, found ? onnx_ordered(g, x, before) : onnx_plain(g, x));
	return found ? onnx_result(c, 0, v, x->type, rank, after) : onnx_result_plain(c, v, x->type);
}

secant_status
onnx_map_reshape(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t want[RANK], dim[RANK];
	int n = x ? onnx_input_ints(c, 1, "shape", want, RANK) : -1;
	if (n < 0)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no shape is given");
	return onnx_reshape_dims(c, x->rank, x->dim, want, n, dim) ? reshaped(c, x, n, dim) : c->err->code;
}

secant_status
onnx_map_flatten(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	if (!x)
		return c->err->code;
	int64_t axis = onnx_attr_int(c, "axis", 1);
	axis += axis < 0 ? x->rank : 0;
	if (axis < 0 || axis > x->rank)
		return onnx_fail(c, SECANT_ERR_SHAPE, "axis %lld of %d", (long long)axis, x->rank);
	int64_t dim[2] = { onnx_product(x->dim, 0, (int)axis), onnx_product(x->dim, (int)axis, x->rank) };
	return reshaped(c, x, 2, dim);
}

secant_status
onnx_map_squeeze(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int rank;
	int64_t dim[RANK];
	return x && onnx_squeeze_dims(c, x->rank, x->dim, &rank, dim) ? reshaped(c, x, rank, dim) : c->err->code;
}

secant_status
onnx_map_unsqueeze(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int rank;
	int64_t dim[RANK];
	return x && onnx_unsqueeze_dims(c, x->rank, x->dim, &rank, dim) ? reshaped(c, x, rank, dim) : c->err->code;
}

/* Nothing moves: only the names of the axes change. */
secant_status
onnx_map_transpose(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int perm[RANK], now[RANK];
	if (!x || !onnx_perm(c, x->rank, perm))
		return c->err->code;
	for (int j = 0; j < x->rank; j++)
		for (int i = 0; i < x->rank; i++)
			if (perm[i] == x->perm[j])
				now[j] = i;
	return onnx_result(c, 0, x->v, x->type, x->rank, now);
}

secant_status
onnx_map_concat(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *first = NULL;
	for (int i = 0; i < c->n_in && !first; i++)
		first = c->mapped[i];
	graph_value *in = onnx_temp(c, c->n_in, sizeof *in);
	int axis = in ? onnx_axis(c, onnx_attr_int(c, "axis", 1), first->rank) : -1;
	if (axis < 0)
		return c->err->code;
	for (int i = 0; i < c->n_in; i++) {
		const onnx_mapped *x = onnx_value_of(c, i);
		if (!x)
			return c->err->code;
		if (x->rank != first->rank)
			return onnx_fail(c, SECANT_ERR_SHAPE, "input %d has %d axes, the first has %d", i, x->rank, first->rank);
		in[i] = onnx_ordered(g, x, first->perm);
	}
	op_axis_attr a = { onnx_axis_at(first, axis) };
	const graph_node *n = graph_make_node(g, "concat", &a, c->n_in, in);
	return onnx_result(c, 0, n ? n->out[0] : -1, first->type, first->rank, first->perm);
}

static graph_value
cut(graph_net *g, const onnx_mapped *x, const int64_t *start, const int64_t *step, const int64_t *dim)
{
	op_slice_attr a = { { x->rank }, { x->rank }, { x->rank } };
	for (int j = 0; j < x->rank; j++) {
		int i = x->perm[j];
		a.start.v[j] = (int)start[i];
		a.step.v[j] = (int)step[i];
		a.stop.v[j] = (int)(dim[i] ? start[i] + (dim[i] - 1) * step[i] + 1 : start[i]);
	}
	return graph_apply(g, "slice", &a, 1, x->v);
}

/* x with the slabs at[0], at[1], ... along an axis of ONNX's: any order, any number of times. */
static graph_value
slabs(onnx_call *c, const onnx_mapped *x, graph_value v, int axis, int64_t n, const int64_t *at)
{
	double *numbers = onnx_temp(c, n, sizeof *numbers);
	secant_shape shape = secant_shape_of(1, n);
	op_axis_attr a = { onnx_axis_at(x, axis) };
	for (int64_t k = 0; k < n && numbers; k++)
		numbers[k] = (double)at[k];
	return numbers
		? graph_apply(onnx_graph(c), "take", &a, 2, v, graph_constant(onnx_graph(c), SECANT_I32, &shape, numbers))
		: -1;
}

secant_status
onnx_map_slice(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t start[RANK], step[RANK], dim[RANK];
	if (!x || !onnx_slice_rule(c, x->rank, x->dim, start, step, dim))
		return c->err->code;
	onnx_mapped back = *x;
	for (int i = 0; i < x->rank; i++) {
		if (step[i] < 0 && dim[i] > MOST_INDICES)
			return onnx_no_map(c, "goes backwards too far");
		if (step[i] < 0 && dim[i] > 1) { /* backwards: slab by slab, then all of what that gave */
			int64_t *at = onnx_temp(c, dim[i], sizeof *at);
			for (int64_t k = 0; at && k < dim[i]; k++)
				at[k] = start[i] + k * step[i];
			back.v = at ? slabs(c, &back, back.v, i, dim[i], at) : -1;
			back.dim[i] = dim[i];
			start[i] = 0;
			step[i] = 1;
		}
		step[i] = step[i] < 0 || step[i] > INT32_MAX ? 1 : step[i];
		start[i] = dim[i] ? start[i] : 0;
	}
	return onnx_result(c, 0, cut(onnx_graph(c), &back, start, step, dim), x->type, x->rank, x->perm);
}

secant_status
onnx_map_split(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	int64_t *size = axis < 0 ? NULL : onnx_temp(c, c->n_out, sizeof *size), start[RANK] = { 0 }, step[RANK], dim[RANK];
	if (!size || !onnx_split_sizes(c, x->dim[axis], size))
		return c->err->code;
	for (int i = 0; i < x->rank; i++) {
		step[i] = 1;
		dim[i] = x->dim[i];
	}
	for (int k = 0; k < c->n_out; start[axis] += size[k++]) {
		dim[axis] = size[k];
		if (onnx_result(c, k, cut(onnx_graph(c), x, start, step, dim), x->type, x->rank, x->perm))
			return c->err->code;
	}
	return SECANT_OK;
}

/* Each axis again and again. */
secant_status
onnx_map_tile(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t times[RANK];
	int n = x ? onnx_input_ints(c, 1, NULL, times, RANK) : -1;
	if (n < 0 || n != x->rank || c->opset < 6)
		return c->err->code ? c->err->code : onnx_no_map(c, "how often is not one number for each axis");
	onnx_mapped m = *x;
	for (int i = 0; i < n; i++) {
		int64_t all = times[i] > MOST_INDICES ? 0 : x->dim[i] * times[i];
		if (times[i] == 1)
			continue;
		if (times[i] < 1 || times[i] > MOST_INDICES || all > MOST_INDICES)
			return onnx_no_map(c, "repeats nothing, or too much");
		int64_t *at = onnx_temp(c, all, sizeof *at);
		for (int64_t k = 0; at && k < all; k++)
			at[k] = k % x->dim[i];
		m.v = at ? slabs(c, &m, m.v, i, all, at) : -1;
		m.dim[i] = all;
	}
	return onnx_result(c, 0, m.v, x->type, x->rank, x->perm);
}

/* Indices that the network computes, or a table of known ones: ONNX's own order. */
static secant_status
gather_plain(onnx_call *c, const onnx_mapped *x, int axis)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *which = onnx_value_of(c, 1);
	op_axis_attr a = { axis };
	if (!which)
		return c->err->code;
	if (x->rank + which->rank - 1 > SECANT_MAX_RANK)
		return onnx_no_map(c, "more axes than graphs have");
	if (c->mapped[1] && strcmp(graph_get_node(g, graph_value_at(g, which->v)->node)->op->name, "argmax"))
		return onnx_no_map(c, "indices that depend on the input"); /* they may be negative */
	return onnx_result_plain(c, graph_apply(g, "take", &a, 2, onnx_plain(g, x), onnx_plain(g, which)), x->type);
}

/* A table of known indices that count from the front. */
static secant_status
gather_known(onnx_call *c, const onnx_mapped *x, int axis, const int64_t *at)
{
	graph_net *g = onnx_graph(c);
	const onnx_tensor *which = c->in[1];
	int64_t n = format_onnx_count(which);
	double *v = onnx_temp(c, n, sizeof *v);
	secant_shape shape = { .rank = which->rank };
	if (!v)
		return c->err->code;
	if (x->rank + which->rank - 1 > SECANT_MAX_RANK)
		return onnx_no_map(c, "more axes than graphs have");
	memcpy(shape.dim, which->dim, sizeof *which->dim * (size_t)which->rank);
	for (int64_t i = 0; i < n; i++)
		v[i] = (double)at[i];
	op_axis_attr a = { axis };
	return onnx_result_plain(
		c, graph_apply(g, "take", &a, 2, onnx_plain(g, x), graph_constant(g, SECANT_I32, &shape, v)), x->type);
}

/* One known index, or known ones in a row: a slice. */
secant_status
onnx_map_gather(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	onnx_tensor *which = axis < 0 || c->n_in < 2 ? NULL : c->in[1];
	if (axis >= 0 && c->n_in > 1 && c->mapped[1] && graph_value_at(g, c->mapped[1]->v)->kind == GRAPH_VALUE_NODE)
		return gather_plain(c, x, axis);
	if (!which || format_onnx_count(which) < 1)
		return c->err->code ? c->err->code : onnx_no_map(c, "indices that depend on the input");
	int64_t *at = onnx_ints(c, 1), n = format_onnx_count(which), start[RANK] = { 0 }, step[RANK], dim[RANK], rank = 0;
	bool negative = false, row = which->rank < 2;
	if (!at)
		return c->err->code;
	for (int64_t k = 0; k < n; k++) {
		negative |= at[k] < 0;
		at[k] += at[k] < 0 ? x->dim[axis] : 0;
		if (at[k] < 0 || at[k] >= x->dim[axis])
			return onnx_fail(
				c, SECANT_ERR_RANGE, "index %lld of an axis of %lld", (long long)at[k], (long long)x->dim[axis]);
		row &= at[k] == at[0] + k;
	}
	if (!row && which->rank == 1)
		return onnx_result(c, 0, slabs(c, x, x->v, axis, n, at), x->type, x->rank, x->perm);
	if (!row)
		return negative ? gather_known(c, x, axis, at) : gather_plain(c, x, axis);
	for (int i = 0; i < x->rank; i++) {
		step[i] = 1;
		dim[i] = x->dim[i];
	}
	start[axis] = at[0];
	dim[axis] = n;
	onnx_mapped part = *x;
	part.v = cut(g, x, start, step, dim);
	part.dim[axis] = n;
	if (which->rank)
		return onnx_result(c, 0, part.v, x->type, x->rank, x->perm);
	int64_t kept[RANK];
	for (int i = 0; i < x->rank; i++)
		if (i != axis)
			kept[rank++] = x->dim[i];
	/* The axis is one number long, so it can be dropped from any order. */
	op_shape_attr a = { { (int)rank } };
	int perm[RANK], m = 0;
	for (int j = 0; j < x->rank; j++)
		if (x->perm[j] != axis) {
			perm[m] = x->perm[j] - (x->perm[j] > axis);
			a.shape.v[m] = (int)kept[perm[m]];
			m++;
		}
	return onnx_result(c, 0, graph_apply(g, "reshape", &a, 1, part.v), x->type, m, perm);
}

secant_status
onnx_map_expand(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t want[RANK], dim[RANK];
	int rank, n = x ? onnx_input_ints(c, 1, NULL, want, RANK) : -1;
	if (n < 0 || !onnx_broadcast(c, x->rank, x->dim, n, want, &rank, dim))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no shape is given");
	if (rank > SECANT_MAX_RANK)
		return onnx_no_map(c, "more axes than graphs have");
	op_shape_attr a = { { rank } };
	bool own = rank == x->rank;
	for (int j = 0; j < rank; j++)
		a.shape.v[j] = (int)dim[own ? x->perm[j] : j];
	graph_value v = graph_apply(g, "broadcast_to", &a, 1, own ? x->v : onnx_plain(g, x));
	return own ? onnx_result(c, 0, v, x->type, rank, x->perm) : onnx_result_plain(c, v, x->type);
}

secant_status
onnx_map_pad(onnx_call *c)
{
	static const struct {
		const char *mode;
		int ours;
	} modes[] = { { "constant", OP_PAD_CONSTANT }, { "reflect", OP_PAD_REFLECT }, { "edge", OP_PAD_REPLICATE },
		{ "wrap", OP_PAD_CIRCULAR } };
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t before[RANK], after[RANK];
	const char *mode = onnx_attr_text(c, "mode", "constant");
	double value = onnx_attr_real(c, "value", 0);
	size_t k = 0;
	if (!x || !onnx_pad_amounts(c, x->rank, before, after))
		return c->err->code;
	if (c->opset >= 11 && onnx_has(c, 2)) {
		onnx_tensor *t = onnx_in(c, 2);
		if (!t || format_onnx_count(t) < 1)
			return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "an empty number to pad with");
		format_onnx_get_reals(t, 0, 1, &value);
	}
	while (k < 4 && strcmp(modes[k].mode, mode))
		k++;
	if (k == 4)
		return onnx_fail(c, SECANT_ERR_FORMAT, "mode '%.20s'", mode);
	op_pad_attr a = { .mode = modes[k].ours, .before = { x->rank }, .after = { x->rank }, .value = value };
	op_slice_attr cut = { { x->rank }, { x->rank }, { 0 } };
	bool cuts = false;
	for (int j = 0; j < x->rank; j++) { /* what negative amounts cut off is gone first */
		int64_t b = before[x->perm[j]], e = after[x->perm[j]], n = x->dim[x->perm[j]], from = b < 0 ? -b : 0,
				to = e < 0 ? n + e : n;
		int64_t most = k == 1 ? to - from - 1 : k == 3 ? to - from : INT32_MAX; /* of what is repeated once */
		if (b > most || e > most || n > INT32_MAX || from > to || (k && from == to))
			return onnx_no_map(c, "pads that cut more than there is, or repeat it more than once");
		cuts |= from > 0 || to < n;
		cut.start.v[j] = (int)from;
		cut.stop.v[j] = (int)to;
		a.before.v[j] = b > 0 ? (int)b : 0;
		a.after.v[j] = e > 0 ? (int)e : 0;
	}
	graph_value v = cuts ? graph_apply(onnx_graph(c), "slice", &cut, 1, x->v) : x->v;
	return onnx_result(c, 0, graph_apply(onnx_graph(c), "pad", &a, 1, v), x->type, x->rank, x->perm);
}

/* Blocks of channels to pixels and back: a reshape, a transpose, a reshape. */
secant_status
onnx_map_depth_to_space(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	int b = (int)onnx_attr_int(c, "blocksize", 0);
	bool to_space = !strcmp(c->node->op, "DepthToSpace"), crd = !strcmp(onnx_attr_text(c, "mode", "DCR"), "CRD");
	if (!x)
		return c->err->code;
	if (x->rank != 4 || b < 1 || b > 1024 || (to_space ? x->dim[1] % (b * b) : x->dim[2] % b || x->dim[3] % b))
		return onnx_fail(c, SECANT_ERR_SHAPE, "blocks of %d do not divide it", b);
	graph_value v = onnx_channels_last(g, x);
	int n = (int)x->dim[0], ch = (int)x->dim[1], h = (int)x->dim[2], w = (int)x->dim[3];
	op_factor_attr f = { b };
	if (to_space && crd)
		return onnx_result_last(c, graph_apply(g, "pixel_shuffle", &f, 1, v), x->type);
	op_shape_attr apart = { { 6, { n, h, w, b, b, ch / (b * b) } } },
				  after = { { 4, { n, h * b, w * b, ch / (b * b) } } };
	op_transpose_attr turn = { { 6, { 0, 1, 3, 2, 4, 5 } } };
	if (!to_space) {
		apart = (op_shape_attr){ { 6, { n, h / b, b, w / b, b, ch } } };
		after = (op_shape_attr){ { 4, { n, h / b, w / b, ch * b * b } } };
	}
	v = graph_apply(g, "transpose", &turn, 1, graph_apply(g, "reshape", &apart, 1, v));
	return onnx_result_last(c, graph_apply(g, "reshape", &after, 1, v), x->type);
}
