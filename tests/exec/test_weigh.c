/*
 * Sizes against the machine's memory before any is touched: weights by themselves, whose sum may run over 64 bits, and
 * weights and slab together, which each would fit alone.
 */
#include "data.h"
#include "base/file.h"
#include "base/memory.h"
#include "exec/plan.h"
#include "ops/ops.h"

static secant_shape
shape(int64_t a, int64_t b)
{
	return (secant_shape){ 2, { a, b } };
}

static void
weights_beyond_the_machine_are_refused(void **state)
{
	static const struct {
		int n;
		int64_t a, b;
		const char *says;
	} cases[] = {
		{ 1, 1 << 20, 1 << 20, "the weights of the network wants 4096.0 GiB" },
		{ 64, (int64_t)1 << 30, 1 << 29, "the weights of the network wants" }, /* 2^66 bytes: 0 in 64 bits */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		graph_net *g = graph_new();
		secant_err err = { 0 };
		secant_shape s = shape(cases[i].a, cases[i].b);
		for (int k = 0; k < cases[i].n; k++) {
			char name[16];
			snprintf(name, sizeof name, "w%d", k);
			graph_state(g, name, SECANT_F32, &s, k & 1, GRAPH_INIT_ZEROS);
		}
		exec_store *store = exec_store_new(g, false, &err);
		assert_null(store);
		assert_int_equal(err.code, SECANT_ERR_NOMEM);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s", err.msg);
		graph_free(g);
	}
}

/* x (512 x 512) times w (512 x 512): a MiB each, the result another. */
static void
weights_and_slab_count_together(void **state)
{
	static const struct {
		const char *memory;
		bool training, plan, context;
	} cases[] = {
		{ "8M", false, true, true },
		{ "1100K", false, true, false }, /* the weights fit, and with the slab they do not */
		{ "1000K", false, true, false }, { "8M", true, true, true },
		{ "3500K", true, true, false }, /* a weight, its gradient, its moment */
	};
	graph_net *g = graph_new();
	secant_err err = { 0 };
	secant_shape s = shape(512, 512);
	graph_value x = graph_input(g, "x", SECANT_F32, &s);
	graph_value w = graph_state(g, "w", SECANT_F32, &s, true, GRAPH_INIT_ZEROS);
	graph_value y = graph_apply(g, "square", NULL, 1, graph_apply(g, "matmul", NULL, 2, x, w));
	assert_int_equal(graph_check(g, &err), SECANT_OK);
	exec_store *store = exec_store_new(g, false, &err);
	assert_non_null(store);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		exec_plan_options o = { .precision = EXEC_PRECISION_F32, .training = cases[i].training, .threads = 1 };
		err = (secant_err){ 0 };
		setenv("SECANT_MEMORY", cases[i].memory, 1);
		exec_plan *p = exec_plan_new(g, store, &y, 1, &o, &err);
		exec_context *c = p ? exec_context_new(p, &err) : NULL;
		if (!p != !cases[i].plan || !c != !cases[i].context)
			fail_msg("%s: plan %d, context %d: %s", cases[i].memory, !!p, !!c, err.msg);
		if (!c && (err.code != SECANT_ERR_NOMEM || !strstr(err.msg, "the limit is")))
			fail_msg("%s: %s", cases[i].memory, err.msg);
		exec_context_free(c);
		exec_plan_free(p);
	}
	unsetenv("SECANT_MEMORY");
	exec_store_free(store);
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_beyond_the_machine_are_refused),
		cmocka_unit_test(weights_and_slab_count_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
