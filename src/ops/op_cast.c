/*
 * cast: the same numbers in the other storage type, f32 or bf16. Plans put it where a node of one type reads a value of
 * the other; networks never do, and it has no gradient: differentiation comes before precision. In double it changes
 * nothing.
 */
#include "ops/rules.h"

static void
cast_reference(const graph_reference *r)
{
	int64_t n = secant_shape_count(&r->out_shape[0]);
	for (int64_t i = 0; i < n; i++)
		r->out[0][i] = r->in[0][i];
}

static const graph_op_case cast_cases[] = { { "map", "", "2x3x4x5" }, { "37 numbers", "", "37" },
	{ "empty", "", "0x3" }, { 0 } };

const graph_op op_cast = {
	.name = "cast",
	.brief = "the same numbers in the other storage type",
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = op_shape_like,
	.reference = cast_reference,
	.cases = cast_cases,
};
