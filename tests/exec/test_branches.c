/*
 * Branches that read one input and are summed become one convolution for inference, and give the same numbers: kernels
 * of two sizes and the input itself, by channel, in groups and whole, with and without stride. What only looks like it
 * stays as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include "exec/fold.h"
#include "exec/session.h"
#include "ops/ops.h"

typedef struct block {
	int in, out, groups, stride;
	bool itself; /* the input is a branch */
	bool apart; /* the 1x1 reads something else */
	bool act_within; /* a branch ends in an activation */
	int convolutions; /* that are left */
} block;

static graph_value
branch(graph_net *g, const char *name, graph_value x, const block *b, int kernel)
{
	char key[64];
	int channels = kernel ? b->out : b->in;
	secant_shape c = { 1, { channels } };
	graph_value s[4];
	if (kernel) {
		op_conv_attr a = op_conv(b->stride, kernel / 2, 1, b->groups);
		snprintf(key, sizeof key, "%s.weight", name);
		secant_shape w = { 4, { b->out, b->in / b->groups, kernel, kernel } };
		x = graph_apply(g, "conv2d", &a, 2, x, graph_state(g, key, SECANT_F32, &w, true, GRAPH_INIT_DEFAULT));
	}
	static const char *const of[] = { "mean", "var", "scale", "shift" };
	for (int i = 0; i < 4; i++) {
		snprintf(key, sizeof key, "%s.%s", name, of[i]);
		s[i] = graph_state(g, key, SECANT_F32, &c, i > 1, GRAPH_INIT_ONES);
	}
	op_norm_attr norm = { .eps = 1e-5, .groups = 1 };
	return graph_apply(g, "batch_norm", &norm, 5, x, s[0], s[1], s[2], s[3]);
}

static graph_net *
make(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const block *b = user;
	secant_shape nominal = { 4, { 2, 9, 8, b->in } };
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "input", SECANT_F32, n ? &inputs[0] : &nominal);
	graph_value y = branch(g, "wide", x, b, 3);
	if (b->itself)
		y = graph_apply(g, "add", NULL, 2, branch(g, "itself", x, b, 0), y);
	graph_value narrow = branch(g, "narrow", b->apart ? graph_apply(g, "tanh", NULL, 1, x) : x, b, 1);
	if (b->act_within)
		narrow = graph_apply(g, "relu", NULL, 1, narrow);
	y = graph_apply(g, "add", NULL, 2, y, narrow);
	y = graph_apply(g, "add", NULL, 2, y, branch(g, "second", x, b, 3));
	graph_output(g, "y", graph_apply(g, "relu", NULL, 1, y));
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

static void
fill(exec_store *store)
{
	for (int i = 0; i < store->n; i++) {
		exec_slot *slot = &store->slot[i];
		bool var = strstr(slot->name, ".var") != NULL;
		for (int64_t k = 0; k < slot->count; k++) {
			double v = sin((double)(k + 1) * (i + 2) * 0.7);
			exec_slot_set(store, slot, k, (double)(float)(var ? 1.5 + v : v));
		}
	}
}

/* The block's output through a runner, N H W C. */
static float *
run(const block *b, exec_precision precision, const float *x, secant_shape in, int64_t *count)
{
	secant_err err = { 0 };
	exec_plan_options o = { .precision = precision, .threads = 1 };
	graph_net *g = make((void *)(uintptr_t)b, NULL, 0, &err);
	exec_store *store = g ? exec_store_new(g, precision == EXEC_PRECISION_F64, &err) : NULL;
	exec_runner *r = store ? exec_runner_new(store, g, make, (void *)(uintptr_t)b, &o, &err) : NULL;
	if (!r)
		fail_msg("%s", err.msg);
	fill(store);
	secant_session *session = exec_session_new(r, NULL, 0, &err);
	secant_tensor from = { SECANT_F32, in, (void *)(uintptr_t)x, NULL }, out = { 0 };
	if (secant_session_run(session, &from, &out, &err))
		fail_msg("%s", err.msg);
	*count = secant_shape_count(&out.shape);
	float *y = calloc((size_t)*count, sizeof *y);
	assert_non_null(y);
	for (int64_t i = 0; i < *count; i++)
		y[i] = (float)secant_tensor_get(&out, i);
	secant_session_free(session);
	exec_runner_free(r);
	exec_store_free(store);
	graph_free(g);
	return y;
}

static int
convolutions_left(const block *b)
{
	secant_err err = { 0 };
	graph_net *g = make((void *)(uintptr_t)b, NULL, 0, &err);
	exec_store *store = exec_store_new(g, false, &err);
	graph_value keep = graph_output_at(g, 0, NULL);
	exec_folded folded;
	graph_net *fused = op_pass_fuse(g, false, &keep, 1, &err),
			  *small = fused ? exec_pass_fold(fused, store, &keep, 1, &folded, &err) : NULL;
	if (!small)
		fail_msg("%s", err.msg);
	int n = 0;
	for (int i = 0; i < graph_nodes(small); i++)
		n += !strcmp(graph_get_node(small, i)->op->name, "conv2d");
	exec_folded_free(&folded);
	graph_free(small);
	graph_free(fused);
	exec_store_free(store);
	graph_free(g);
	return n;
}

static void
one_convolution_gives_what_branches_give(void **state)
{
	static const block blocks[] = {
		{ 6, 6, 1, 1, true, .convolutions = 1 },
		{ 6, 6, 6, 1, true, .convolutions = 1 },
		{ 6, 6, 3, 1, true, .convolutions = 1 },
		{ 6, 10, 2, 2, false, .convolutions = 1 },
		{ 6, 6, 6, 2, false, .convolutions = 1 },
		{ 6, 6, 1, 1, true, .apart = true, .convolutions = 3 },
		{ 6, 6, 1, 1, true, .act_within = true, .convolutions = 3 },
	};
	float x[2 * 9 * 8 * 6];
	for (int i = 0; i < 2 * 9 * 8 * 6; i++)
		x[i] = (float)cos(i * 1.3);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const block *b = &blocks[i];
		int64_t n, m;
		assert_int_equal(convolutions_left(b), b->convolutions);
		float *want = run(b, EXEC_PRECISION_F64, x, (secant_shape){ 4, { 2, 9, 8, b->in } }, &n);
		float *got = run(b, EXEC_PRECISION_F32, x, (secant_shape){ 4, { 2, 9, 8, b->in } }, &m);
		assert_int_equal(n, m);
		for (int64_t k = 0; k < n; k++)
			if (!(fabs((double)want[k] - got[k]) <= 1e-5 * fmax(1, fabs(want[k]))))
				fail_msg("block %d, number %d: %g, want %g", (int)i, (int)k, got[k], want[k]);
		free(want);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_convolution_gives_what_branches_give) };
	return cmocka_run_group_tests_name("branches", tests, NULL, NULL);
}
