/* The k largest, or smallest, numbers along an axis, sorted, and their places. No gradient: networks here choose by it.
 */
#include "ops/topk.h"
#include <stdlib.h>
#include "ops/rules.h"

static int
by_size(const op_ranked *x, const op_ranked *y, bool smallest)
{
	bool x_none = x->v != x->v, y_none = y->v != y->v;
	if (x_none != y_none)
		return x_none ? 1 : -1;
	if (!x_none && x->v != y->v)
		return (x->v > y->v) == smallest ? 1 : -1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int
largest_first(const void *a, const void *b)
{
	return by_size(a, b, false);
}
static int
smallest_first(const void *a, const void *b)
{
	return by_size(a, b, true);
}

void
op_rank(op_ranked *r, int64_t n, bool smallest)
{
	qsort(r, (size_t)n, sizeof *r, smallest ? smallest_first : largest_first);
}

static secant_status
shape(const graph_signature *s, secant_err *err)
{
	const op_topk_attr *a = s->attr;
	int axis;
	if (op_want_axis(a->axis, &s->in[0].shape, &axis, err))
		return SECANT_ERR_SHAPE;
	if (a->k > s->in[0].shape.dim[axis] || s->in[0].shape.dim[axis] > INT32_MAX)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "the first %d of %lld numbers", a->k, (long long)s->in[0].shape.dim[axis]);
	for (int i = 0; i < s->n_out; i++) {
		s->out[i].shape = s->in[0].shape;
		s->out[i].shape.dim[axis] = a->k;
	}
	s->out[1].dtype = SECANT_I32;
	return SECANT_OK;
}

/* Without memory of its own: number after number, the next one in the order. */
static void
reference(const graph_reference *r)
{
	const op_topk_attr *a = r->attr;
	op_lines x = op_lines_of(&r->in_shape[0], op_axis_of(a->axis, r->in_shape[0].rank));
	OP_PARALLEL
	for (int64_t l = 0; l < x.outer * x.inner; l++) {
		const double *v = r->in[0] + l / x.inner * x.extent * x.inner + l % x.inner;
		op_ranked last = { 0, -1 };
		for (int64_t i = 0; i < a->k; i++) {
			op_ranked next = { 0, -1 };
			for (int64_t k = 0; k < x.extent; k++) {
				op_ranked one = { v[k * x.inner], (int32_t)k };
				if ((last.at < 0 || by_size(&last, &one, a->smallest) < 0)
					&& (next.at < 0 || by_size(&one, &next, a->smallest) < 0))
					next = one;
			}
			int64_t to = (l / x.inner * a->k + i) * x.inner + l % x.inner;
			r->out[0][to] = next.v;
			r->out[1][to] = next.at;
			last = next;
		}
	}
}

static const secant_opt rows[] = {
	SECANT_OPT(op_topk_attr, axis, INT, "axis", "-1", -SECANT_MAX_RANK, SECANT_MAX_RANK - 1, "the axis"),
	SECANT_OPT(op_topk_attr, k, INT, "k", "1", 0, 1 << 24, "how many"),
	SECANT_OPT(op_topk_attr, smallest, BOOL, "smallest", "false", 0, 1, "the smallest, not the largest"),
	SECANT_OPT_END,
};
static const secant_opts attr = { "topk", sizeof(op_topk_attr), rows };

static const graph_op_case cases[] = {
	{ "last axis", "k=3", "2x3x7" },
	{ "channels", "axis=1 k=2", "2x5x3x4" },
	{ "smallest, all", "axis=0 k=4 smallest=true", "4x5" },
	{ "equal ones", "k=5", "3x9@1:1.000001" },
	{ "none of them", "k=0", "3x4" },
	{ "empty", "k=2", "0x3" },
	{ 0 },
};

const graph_op op_topk = {
	.name = "topk",
	.brief = "the largest numbers along an axis, sorted, and their places",
	.attr = &attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "real",
	.n_out = 2,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = shape,
	.reference = reference,
	.cases = cases,
};
