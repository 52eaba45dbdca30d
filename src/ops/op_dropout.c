/*
 * Dropout (Srivastava et al. 2014): y = x / (1 - p) where a draw says keep, else 0. Inputs: x, seed, step. An element
 * is a number, a whole channel of a sample (the first and the last axis count: sample * C + channel), or a sample. The
 * gradient is the same operator on dy: it draws the same mask. See dropout.h for the draws.
 */
#include "ops/dropout.h"
#include "ops/rules.h"

static secant_status
dropout_shape(const graph_signature *s, secant_err *err)
{
	const op_dropout_attr *a = s->attr;
	if (!(a->p >= 0 && a->p <= 1))
		return secant_fail(err, SECANT_ERR_ARG, "p is %g, want 0 to 1", a->p);
	for (int i = 1; i < 3; i++)
		if (op_want_rank(s, i, 0, err) || op_want_integer(s, i, err))
			return SECANT_ERR_SHAPE;
	if (a->what && s->in[0].shape.rank < 2)
		return secant_fail(err, SECANT_ERR_SHAPE, "input has rank %d, want samples and channels", s->in[0].shape.rank);
	return op_shape_like(s, err);
}

static void
dropout_rule(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	if (wants[0])
		dx[0] = graph_apply(g, "dropout", n->attr, 3, dy[0], n->in[1], n->in[2]);
}

static void
dropout_reference(const graph_reference *r)
{
	const op_dropout_attr *a = r->attr;
	const secant_shape *x = &r->in_shape[0];
	uint64_t seed = (uint64_t)op_whole(r->in[1][0]), step = (uint64_t)op_whole(r->in[2][0]),
			 limit = op_dropout_limit(a->p);
	int64_t n = secant_shape_count(x), c = a->what == OP_DROP_CHANNELS ? x->dim[x->rank - 1] : 1,
			sample = a->what && x->dim[0] ? n / x->dim[0] : 1;
	OP_PARALLEL
	for (int64_t i = 0; i < n; i++) {
		uint64_t element = (uint64_t)(i / sample * c + (c > 1 ? i % c : 0));
		uint32_t words[4];
		op_dropout_words(seed, step, a->id, element / 4, words);
		r->out[0][i] = words[element % 4] >= limit ? r->in[0][i] * op_dropout_scale(a->p) : 0;
	}
}

static const secant_opt dropout_rows[] = {
	SECANT_OPT(op_dropout_attr, p, REAL, "p", "0.5", 0, 1, "probability of dropping"),
	SECANT_OPT(op_dropout_attr, id, INT, "id", "0", 0, (1 << 24) - 1, "number of the layer in its network"),
	SECANT_OPT_CHOICE(op_dropout_attr, what, "what", "elements", "elements|channels|samples",
		"what falls out together: a number, a channel of a sample, a sample"),
	SECANT_OPT_END,
};
static const secant_opts dropout_attr = { "dropout", sizeof(op_dropout_attr), dropout_rows };

static const graph_op_case dropout_cases[] = {
	{ "elements", "", "2x3x4x5 scalar#1000 scalar#1000" },
	{ "channels", "p=0.3 id=7 what=channels", "4x3x2x9 scalar#1000 scalar#1000" },
	{ "samples", "p=0.4 id=3 what=samples", "7x3x2x9 scalar#1000 scalar#1000" },
	{ "nothing", "p=0", "37 scalar#9 scalar#9" },
	{ "all", "p=1", "37 scalar#9 scalar#9" },
	{ "empty", "", "0x3 scalar#9 scalar#9" },
	{ 0 },
};

const graph_op op_dropout = {
	.name = "dropout",
	.brief = "numbers, channels or samples set to 0 at random",
	.attr = &dropout_attr,
	.min_in = 3,
	.max_in = 3,
	.takes = "real int#1 int#1",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.shape = dropout_shape,
	.grad = dropout_rule,
	.reference = dropout_reference,
	.cases = dropout_cases,
};
