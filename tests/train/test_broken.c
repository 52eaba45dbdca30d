/*
 * What is said of weights when a loss is no number.
 */
#include "data.h"
#include <math.h>
#include "base/cpu.h"
#include "ops/ops.h"
#include "train/broken.h"

/* A convolution 'stem' with the gradient of its weights, and a second parameter; numbers 1 but for what is spoiled. */
static void
say(exec_precision precision, const char *spoiled, const char *too, char *text, size_t size)
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	op_conv_attr a = op_conv(1, 1, 1, 1);
	a.size = (secant_ints){ 2, { 3, 3 } };
	graph_value x = graph_input(g, "x", SECANT_F32, &(secant_shape){ 4, { 1, 8, 8, 16 } });
	graph_value dy = graph_input(g, "dy", SECANT_F32, &(secant_shape){ 4, { 1, 8, 8, 16 } });
	(void)graph_state(g, "stem.weight", SECANT_F32, &(secant_shape){ 1, { 4 } }, true, GRAPH_INIT_ONES);
	(void)graph_state(g, "head.bias", SECANT_F32, &(secant_shape){ 1, { 4 } }, true, GRAPH_INIT_ONES);
	graph_scope(g, "stem");
	graph_value dw = graph_apply(g, "conv2d_grad_weights", &a, 2, x, dy);
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan *plan = exec_plan_new(
		g, store, &dw, 1, &(exec_plan_options){ .precision = precision, .training = true }, &err);
	if (!plan)
		fail_msg("%s", err.msg);
	if (spoiled)
		exec_slot_set(store, exec_store_find(store, spoiled), 2, NAN);
	if (too)
		exec_slot_set(store, exec_store_find(store, too), 1, INFINITY);
	train_broken_text(store, plan, text, size);
	exec_plan_free(plan);
	exec_store_free(store);
	graph_free(g);
}

static void
test_weights_that_are_numbers(void **state)
{
	char text[256];
	say(EXEC_PRECISION_F32, NULL, NULL, text, sizeof text);
	assert_string_equal(text, "all weights are numbers, in f32; a smaller --learning-rate may help");
}

static void
test_weights_that_are_none_are_named_with_who_made_their_gradient(void **state)
{
	char text[256];
	say(EXEC_PRECISION_F32, "stem.weight", "head.bias", text, sizeof text);
	assert_non_null(strstr(text, "weights that are no numbers: stem.weight and 1 more, as"));
	assert_non_null(strstr(text, "(f32, by "));
	say(EXEC_PRECISION_F32, "head.bias", NULL, text, sizeof text);
	assert_string_equal(text,
		"weights that are no numbers: head.bias, as their gradients were before (f32); a smaller --learning-rate may "
		"help");
}

static void
test_precision_comes_before_the_learning_rate(void **state)
{
	char text[256];
	if (base_cpu_isa() < BASE_ISA_AVX512) {
		fprintf(stderr, "skipped: this CPU (or SECANT_CPU) has no AVX-512\n");
		skip();
	}
	say(EXEC_PRECISION_BF16, "stem.weight", NULL, text, sizeof text);
	assert_non_null(strstr(text, "(bf16, by "));
	assert_true(strstr(text, "--precision f32") < strstr(text, "--learning-rate"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weights_that_are_numbers),
		cmocka_unit_test(test_weights_that_are_none_are_named_with_who_made_their_gradient),
		cmocka_unit_test(test_precision_comes_before_the_learning_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
