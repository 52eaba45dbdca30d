/*
 * Decoders enlarge what is deep and put it beside what is shallow. In one pass over memory, when nobody learns:
 *
 *     concat(resize(x), y, ...)    ->    enlarge_concat(x, y, ...)
 *
 * where the resizing repeats pixels a whole number of times each way, and nobody else reads its result.
 */
#include "graph/rewrite.h"
#include "ops/known.h"
#include "ops/resize_map.h"
#include "ops/rules.h"

/* ---- the operator ---- */

static secant_status
shape(const graph_signature *s, secant_err *err)
{
	char first[96], other[96];
	const secant_shape *x = &s->in[0].shape, *y = &s->in[1].shape;
	if (op_want_rank(s, 0, 4, err))
		return SECANT_ERR_SHAPE;
	s->out[0] = (graph_type){ op_kind_of(s, 0), *x };
	for (int i = 1; i < s->n_in; i++) {
		const secant_shape *v = &s->in[i].shape;
		bool fits = v->rank == 4 && v->dim[0] == x->dim[0];
		for (int k = 1; k < 3 && fits; k++)
			fits = x->dim[k] > 0 && v->dim[k] % x->dim[k] == 0 && v->dim[k] == y->dim[k];
		if (!fits)
			return secant_fail(err, SECANT_ERR_SHAPE,
				"input %d is %s, input 0 is %s: height and width want to be multiples of that, the same of all", i,
				v->rank < 0 ? "absent" : secant_shape_text(v, other, sizeof other),
				secant_shape_text(x, first, sizeof first));
		if (op_want_one_kind(s, 0, i, err))
			return SECANT_ERR_SHAPE;
		s->out[0].shape.dim[3] += v->dim[3];
	}
	s->out[0].shape.dim[1] = y->dim[1];
	s->out[0].shape.dim[2] = y->dim[2];
	return SECANT_OK;
}

static void
reference(const graph_reference *r)
{
	const int64_t *x = r->in_shape[0].dim, *y = r->out_shape[0].dim;
	for (int64_t i = 0, pixels = y[0] * y[1] * y[2]; i < pixels; i++) {
		int64_t n = i / y[2] / y[1], h = i / y[2] % y[1] / (y[1] / x[1]), w = i % y[2] / (y[2] / x[2]);
		double *to = r->out[0] + i * y[3];
		for (int k = 0; k < r->n_in; k++) {
			int64_t c = r->in_shape[k].dim[3], from = k ? i : (n * x[1] + h) * x[2] + w;
			for (int64_t j = 0; j < c; j++)
				*to++ = r->in[k][from * c + j];
		}
	}
}

static const graph_op_case cases[] = {
	{ "twice", "", "2x3x4x5 2x6x8x3" },
	{ "rows three times, two beside it", "", "1x2x5x16 1x6x5x7 1x6x5x1" },
	{ "not at all", "", "2x3x4x8 2x3x4x8" },
	{ "no channels beside it", "", "1x2x2x4 1x4x4x0" },
	{ "integers", "", "1x2x2x4#9 1x4x4x1#9" },
	{ 0 },
};
const graph_op op_enlarge_concat = {
	.name = "enlarge_concat",
	.brief = "pixels repeated to the size of the other inputs, and those inputs' channels beside them",
	.min_in = 2,
	.max_in = -1,
	.takes = "any ...",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 0xffffffff,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = shape,
	.reference = reference,
	.cases = cases,
};

/* ---- the pass ---- */

/* The resizing that concat node n takes in as its first input; NULL: none. */
static const graph_node *
enlarging(const graph_rewrite *w, const graph_node *n)
{
	const graph_node *m = n->op == &op_concat && n->n_in > 1 ? graph_rewrite_own(w, n->in[0], "resize") : NULL;
	if (!m || op_axis_of(((const op_axis_attr *)n->attr)->axis, 4) != 3)
		return NULL;
	const op_resize_attr *a = m->attr;
	const secant_shape *from = graph_shape(w->from, m->in[0]), *to = graph_shape(w->from, m->out[0]);
	if (op_resize_taps(a->mode) != 1)
		return NULL;
	for (int axis = 0; axis < 2; axis++) {
		int64_t in = from->dim[1 + axis], out = to->dim[1 + axis], place[OP_RESIZE_TAPS];
		double weight[OP_RESIZE_TAPS];
		for (int64_t i = 0; i < out; i++) {
			op_resize_map(a, axis, in, out, i, place, weight);
			if (out % in || place[0] != i / (out / in))
				return NULL;
		}
	}
	return m;
}

static void
write_node(graph_rewrite *w, int i, const graph_node *const *by)
{
	const graph_node *n = graph_get_node(w->from, i), *m = by[i];
	graph_value *in = m ? graph_rewrite_room(w, n) : NULL;
	if (!m) {
		graph_rewrite_node(w, i);
		return;
	}
	for (int k = 0; in && k < n->n_in; k++)
		in[k] = graph_rewrite_value(w, k ? n->in[k] : m->in[0]);
	graph_scope(w->to, n->name);
	const graph_node *made = in ? graph_make_node(w->to, "enlarge_concat", NULL, n->n_in, in) : NULL;
	w->map[n->out[0]] = made ? made->out[0] : -1;
}

graph_net *
op_pass_enlarge_concat(const graph_net *g, graph_value *keep, int n, secant_err *err)
{
	graph_rewrite w;
	bool ok = graph_rewrite_begin(&w, g, keep, n, err);
	size_t nodes = (size_t)graph_nodes(g) + 1;
	const graph_node **by = ok ? base_arena_alloc(graph_arena(w.to), nodes * sizeof *by) : NULL;
	if (ok && !by) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a pass");
		ok = false;
	}
	for (int i = 0; ok && i < graph_nodes(g); i++)
		if ((by[i] = enlarging(&w, graph_get_node(g, i))))
			graph_rewrite_leave_out(&w, by[i]);
	for (int i = 0; ok && i < graph_nodes(g); i++)
		if (!w.left_out[i])
			write_node(&w, i, by);
	return graph_rewrite_end(&w, keep, n, ok, err);
}
