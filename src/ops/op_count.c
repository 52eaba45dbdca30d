/* Counts runs: an integer state plus one, stored in the state (num_batches_tracked of batch norms, the step of
 * dropout). */
#include "ops/rules.h"

static secant_status
count_shape(const graph_signature *s, secant_err *err)
{
	s->out[0] = s->in[0];
	return op_want_integer(s, 0, err);
}

static void
count_reference(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = r->in[0][i] + 1;
}

static const graph_op_case count_cases[] = { { "number", "", "scalar#100" }, { "several", "", "3#100" }, { 0 } };

const graph_op op_count = {
	.name = "count",
	.brief = "an integer state, plus 1 at every run",
	.min_in = 1,
	.max_in = 1,
	.takes = "int",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.alias = { 1 },
	.shape = count_shape,
	.reference = count_reference,
	.cases = count_cases,
};
