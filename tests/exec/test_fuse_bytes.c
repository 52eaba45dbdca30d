/*
 * Sums of quantised numbers that a convolution in bytes adds to its own: the plan has no sum and no rounding of its
 * own, and numbers are those of the plain graph to a step of the result.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "exec/exec.h"
#include "exec/plan.h"
#include "ops/known.h"
#include "ops/ops.h"

enum { H = 6, W = 7, C = 16 };

typedef struct situation {
	const char *label;
	bool two, behind, clamp, read_twice, many; /* both are convolutions; the other comes later; relu follows */
	int convolutions, sums; /* in bytes; that are left */
} situation;

static const situation situations[] = {
	{ "a convolution and what it read", false, false, false, false, false, 1, 0 },
	{ "with a clamp", false, false, true, false, false, 1, 0 },
	{ "two convolutions", true, false, true, false, false, 2, 0 },
	{ "two convolutions, the other is quantised", true, false, true, false, true, 2, 0 },
	{ "the other comes later", false, true, true, false, false, 1, 0 },
	{ "somebody else reads the convolution", false, false, true, true, false, 1, 1 },
};

typedef struct maker {
	graph_net *g;
	graph_value scale, zero, grain, none;
} maker;

static graph_value
number(graph_net *g, secant_dtype dtype, double v)
{
	return graph_constant(g, dtype, &(secant_shape){ 0 }, &v);
}

/* v as bytes and back. */
static graph_value
stored(const maker *m, graph_value v)
{
	op_quantize_attr a = { .axis = -1 };
	return graph_apply(
		m->g, "dequantize", &a, 3, graph_apply(m->g, "quantize", &a, 3, v, m->scale, m->zero), m->scale, m->zero);
}

static graph_value
convolution(const maker *m, const char *name, graph_value x)
{
	op_quantize_attr a = { .axis = -1 };
	op_conv_attr conv = op_conv(1, 1, 1, 1);
	graph_value w = graph_state(m->g, name, SECANT_I8, &(secant_shape){ 4, { C, C, 3, 3 } }, false, GRAPH_INIT_ZEROS);
	return graph_apply(m->g, "conv2d", &conv, 2, x, graph_apply(m->g, "dequantize", &a, 3, w, m->grain, m->none));
}

static graph_net *
network(const situation *s, graph_value *y)
{
	graph_net *g = graph_new();
	maker m = { g, number(g, SECANT_F32, 0.05), number(g, SECANT_I32, 100), number(g, SECANT_F32, 0.01),
		number(g, SECANT_I32, 0) };
	graph_value x = stored(&m, graph_input(g, "x", SECANT_F32, &(secant_shape){ 4, { 1, H, W, C } }));
	graph_value late = graph_input(g, "late", SECANT_F32, &(secant_shape){ 4, { 1, H, W, C } });
	graph_value one = convolution(&m, "w", x),
				two = s->two ? convolution(&m, "w2", x)
		: s->behind          ? stored(&m, late)
							 : x;
	if (s->many)
		two = stored(&m, two);
	graph_value sum = graph_apply(g, "add", NULL, 2, one, two);
	if (s->clamp)
		sum = graph_apply(g, "relu", NULL, 1, sum);
	y[0] = stored(&m, sum);
	y[1] = s->read_twice ? graph_apply(g, "relu", NULL, 1, one) : y[0];
	return g;
}

static float *
run(const situation *s, const graph_net *g, const graph_value *y)
{
	static float x[H * W * C], late[H * W * C];
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, false, &err);
	for (int i = 0; store && i < store->n; i++)
		for (int64_t k = 0; k < store->slot[i].count; k++)
			((int8_t *)store->slot[i].data)[k] = (int8_t)(k * 37 % 255 - 127);
	exec_plan *p = store
		? exec_plan_new(g, store, y, 2, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 2 }, &err)
		: NULL;
	if (!p)
		fail_msg("%s: %s", s->label, err.msg);
	for (int i = 0; i < H * W * C; i++)
		x[i] = (float)sin(i * 0.37) * 4, late[i] = (float)cos(i * 0.61) * 4;
	exec_context *c = exec_context_new(p, &err);
	(void)!exec_context_set_input(c, "x", x, NULL);
	(void)!exec_context_set_input(c, "late", late, NULL);
	if (exec_context_run(c, &err))
		fail_msg("%s: %s", s->label, err.msg);
	size_t bytes = (size_t)secant_shape_count(graph_shape(g, y[0])) * sizeof(float);
	float *out = malloc(bytes);
	memcpy(out, exec_context_output(c, 0), bytes);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	return out;
}

static int
count(const graph_net *g, const graph_op *op)
{
	int n = 0;
	for (int i = 0; i < graph_nodes(g); i++)
		n += graph_get_node(g, i)->op == op;
	return n;
}

static void
convolutions_add_what_their_result_is_added_to(void **state)
{
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		const situation *s = &situations[i];
		secant_err err = { 0 };
		graph_value y[2];
		graph_net *g = network(s, y);
		if (graph_check(g, &err))
			fail_msg("%s: %s", s->label, err.msg);
		graph_value kept[] = { y[0], y[1] };
		graph_net *b = op_pass_fuse_bytes(g, kept, 2, &err);
		if (!b)
			fail_msg("%s: %s", s->label, err.msg);
		graph_net *pruned = graph_pass_prune(b, kept, 2, &err);
		int convolutions = count(pruned, graph_op_find("conv2d_bytes")), sums = count(pruned, &op_add);
		if (convolutions != s->convolutions || sums != s->sums)
			fail_msg("%s: %d convolutions in bytes and %d sums, want %d and %d", s->label, convolutions, sums,
				s->convolutions, s->sums);
		float *want = run(s, g, y), *got = run(s, pruned, kept);
		int different = 0;
		for (int64_t k = 0; k < secant_shape_count(graph_shape(g, y[0])); k++) {
			different += fabsf(want[k]) > 0.05f;
			if (!(fabsf(want[k] - got[k]) <= (s->many ? 0.101f : 0.051f))) /* a step, twice where it is rounded twice */
				fail_msg("%s: number %d is %g, want %g", s->label, (int)k, (double)got[k], (double)want[k]);
		}
		assert_true(different > 100);
		free(want), free(got);
		graph_free(g), graph_free(b), graph_free(pruned);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convolutions_add_what_their_result_is_added_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
