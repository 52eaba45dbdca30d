/*
 * Graphs of very many nodes: planned in time that grows with their number, in memory that no two living values share.
 */
#include "data.h"
#include "base/thread.h"
#include "exec/exec.h"
#include "ops/ops.h"

enum { WIDTH = 5, BACK = 37 };

/* v[i + 1] = v[i] / 2 + v[i - BACK]: values live 37 steps, so that the slab has holes. Seconds of planning. */
static double
long_sum(int n, size_t *slab)
{
	graph_net *g = graph_new();
	secant_err err = { 0 };
	secant_shape shape = { 2, { 3, WIDTH } };
	graph_value *v = calloc((size_t)n + 1, sizeof *v);
	v[0] = graph_input(g, "x", SECANT_F32, &shape);
	for (int i = 0; i < n; i++) {
		graph_value half = graph_apply(g, "mul_scalar", &(op_number_attr){ 0.5, 0 }, 1, v[i]);
		v[i + 1] = graph_apply(g, "add", NULL, 2, half, v[i < BACK ? 0 : i - BACK]);
	}
	double before = secant_seconds();
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan *p = exec_plan_new(
		g, store, &v[n], 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 1 }, &err);
	exec_context *c = p ? exec_context_new(p, &err) : NULL;
	double seconds = secant_seconds() - before;
	if (!c)
		fail_msg("%s", err.msg);
	*slab = exec_plan_slab_bytes(p);
	float x[3 * WIDTH];
	for (int i = 0; i < 3 * WIDTH; i++)
		x[i] = (float)(i + 1) / 1024;
	assert_int_equal(exec_context_set_input(c, "x", x, &err), 0);
	assert_int_equal(exec_context_run(c, &err), 0);
	const float *y = exec_context_output(c, 0);
	for (int k = 0; k < 3 * WIDTH; k++) {
		float *w = calloc((size_t)n + 1, sizeof *w);
		w[0] = x[k];
		for (int i = 0; i < n; i++)
			w[i + 1] = w[i] * 0.5f + w[i < BACK ? 0 : i - BACK];
		if (y[k] != w[n] && !(y[k] != y[k] && w[n] != w[n]))
			fail_msg("%d nodes: number %d is %g, want %g", 2 * n, k, (double)y[k], (double)w[n]);
		free(w);
	}
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	graph_free(g);
	free(v);
	return seconds;
}

static void
few_nodes_and_many_give_the_right_numbers(void **state)
{
	static const int nodes[] = { 100, 2000, 4200, 20000 };
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		size_t slab;
		(void)long_sum(nodes[i], &slab);
		if (slab > 128 * 2 * BACK) /* not one for each node */
			fail_msg("%d nodes want %zu bytes", 2 * nodes[i], slab);
	}
}

static void
planning_is_linear(void **state)
{
	size_t slab;
	unsetenv("SECANT_CANARIES"); /* hundreds of GB of them; the plan is what counts here, and few nodes ran with them */
	double few = long_sum(20000, &slab), many = long_sum(200000, &slab);
	if (many > 30 * few + 2)
		fail_msg("40,000 nodes take %.2f s, 400,000 %.2f s", few, many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_nodes_and_many_give_the_right_numbers),
		cmocka_unit_test(planning_is_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
