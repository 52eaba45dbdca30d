/*
 * Which of oneDNN's implementations are used: the table itself, which needs no AMX to be asked; and that a refused
 * implementation is followed by oneDNN's next one, whose results are right (test_products.c's cases, run again).
 */
#include "data.h"
#include "exec/dnnl/trust.h"
#include "exec/plan.h"
#include "ops/ops.h"

static const char tiles[] = "jit:avx512_core_amx_bf16";

static void
test_weight_gradients_on_tiles_are_refused_everywhere(void **state)
{
	static const int versions[] = { ONEDNN_VERSION(2, 5, 0), ONEDNN_VERSION(2, 6, 3), ONEDNN_VERSION(2, 7, 0),
		ONEDNN_VERSION(3, 1, 1), ONEDNN_VERSION(3, 2, 0), ONEDNN_VERSION(3, 9, 0) };
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		assert_non_null(exec_dnnl_refused("conv2d_grad_weights", tiles, versions[i]));
		assert_non_null(exec_dnnl_refused("conv2d_grad_weights", "jit:avx512_core_amx", versions[i]));
	}
}

static void
test_what_follows_them_is_refused_too(void **state)
{
	static const char next[] = "brgconv_bwd_w:avx512_core_amx";
	assert_non_null(exec_dnnl_refused("conv2d_grad_weights", next, ONEDNN_VERSION(3, 1, 9)));
	assert_non_null(exec_dnnl_refused("conv2d_grad_weights", next, ONEDNN_VERSION(3, 2, 0)));
	assert_null(exec_dnnl_refused("conv2d_grad_weights", "jit:avx512_core_bf16", ONEDNN_VERSION(2, 6, 3)));
}

static void
test_data_gradients_of_1x1_in_bf16_are_refused(void **state)
{
	static const char one[] = "jit_bf16_1x1:avx512_core_bf16";
	assert_non_null(exec_dnnl_refused("conv2d_grad_data", one, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d", one, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d_grad_weights", one, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d_grad_data", "jit_1x1:avx512_core", ONEDNN_VERSION(2, 6, 3)));
}

static void
test_dilated_weight_gradients_in_bf16_are_refused(void **state)
{
	static const char blocks[] = "jit_bf16:avx512_core_bf16";
	assert_non_null(exec_dnnl_refused("conv2d_grad_weights dilated", blocks, ONEDNN_VERSION(2, 6, 3)));
	assert_non_null(exec_dnnl_refused("conv2d_grad_weights dilated", tiles, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d_grad_weights", blocks, ONEDNN_VERSION(2, 6, 3)));
}

static void
test_strided_weight_gradients_of_few_channels_are_refused(void **state)
{
	static const char *const one[] = { "jit_1x1:avx512_core", "jit_1x1:avx2", "jit_bf16_1x1:avx512_core_bf16" };
	for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
		assert_non_null(exec_dnnl_refused("conv2d_grad_weights thin", one[i], ONEDNN_VERSION(2, 6, 3)));
		assert_null(exec_dnnl_refused("conv2d_grad_weights", one[i], ONEDNN_VERSION(2, 6, 3)));
	}
}

static void
test_what_was_found_right_is_taken(void **state)
{
	assert_null(exec_dnnl_refused("conv2d", tiles, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d_grad_data", tiles, ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d", "brgconv:avx512_core_amx_bf16", ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d_grad_weights", "jit:avx2", ONEDNN_VERSION(2, 6, 3)));
}

static void
test_scalar_references_are_refused_for_every_operator(void **state)
{
	static const char *const ops[] = { "conv2d", "conv2d_grad_data", "conv2d_grad_weights", "conv_transpose2d",
		"matmul" };
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		assert_non_null(exec_dnnl_refused(ops[i], "ref:any", ONEDNN_VERSION(2, 6, 3)));
		assert_non_null(exec_dnnl_refused(ops[i], "gemm:ref", ONEDNN_VERSION(3, 2, 0)));
	}
}

static void
test_the_environment_refuses_by_whole_names(void **state)
{
	setenv("SECANT_ONEDNN_WITHOUT", "jit:avx2,brgconv:avx512_core", 1);
	assert_non_null(exec_dnnl_refused("conv2d", "jit:avx2", ONEDNN_VERSION(2, 6, 3)));
	assert_non_null(exec_dnnl_refused("matmul", "brgconv:avx512_core", ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d", "jit:avx", ONEDNN_VERSION(2, 6, 3)));
	assert_null(exec_dnnl_refused("conv2d", "brgconv:avx512_core_bf16", ONEDNN_VERSION(2, 6, 3)));
	unsetenv("SECANT_ONEDNN_WITHOUT");
	assert_null(exec_dnnl_refused("conv2d", "jit:avx2", ONEDNN_VERSION(2, 6, 3)));
}

/* Which implementation a plan takes for a weight gradient of 32 to 64 channels; the caller frees. */
static char *
chosen(void)
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	op_conv_attr a = op_conv(1, 1, 1, 1);
	a.size = (secant_ints){ 2, { 3, 3 } };
	graph_value x = graph_input(g, "x", SECANT_F32, &(secant_shape){ 4, { 1, 12, 11, 32 } });
	graph_value dy = graph_input(g, "dy", SECANT_F32, &(secant_shape){ 4, { 1, 12, 11, 64 } });
	graph_value dw = graph_apply(g, "conv2d_grad_weights", &a, 2, x, dy);
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan *plan = exec_plan_new(
		g, store, &dw, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .exact = true }, &err);
	if (!plan)
		fail_msg("%s", err.msg);
	char *name = strdup(plan->step[0].detail);
	exec_plan_free(plan);
	exec_store_free(store);
	graph_free(g);
	return name;
}

static void
test_a_refused_implementation_is_followed_by_the_next(void **state)
{
	char *first = chosen();
	assert_true(*first);
	setenv("SECANT_ONEDNN_WITHOUT", first, 1);
	char *next = chosen();
	unsetenv("SECANT_ONEDNN_WITHOUT");
	assert_true(*next);
	assert_string_not_equal(next, first);
	free(first);
	free(next);
}

/* Where what oneDNN takes first on the CPUs at hand is refused, the cases run on what comes next. */
static void
test_the_next_implementation_is_right(void **state)
{
	static const char *const ops[] = { "conv2d", "conv2d_grad_data", "conv2d_grad_weights" };
	static const char first[] = "jit:avx512_core,jit:avx512_core_bf16,brgconv:avx512_core,brgconv:avx512_core_bf16,"
								"jit:avx512_core_amx_bf16,brgconv:avx512_core_amx_bf16,jit:avx2,jit_1x1:avx512_core,"
								"jit_bf16:avx512_core_bf16,jit_1x1:avx2,brgconv_1x1:avx512_core";
	char self[1024], command[1600];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		snprintf(command, sizeof command,
			"SECANT_TEST_INNER=1 SECANT_TEST_OP=%s SECANT_ONEDNN_WITHOUT=%s '%s/exec_test_products' > /dev/null 2>&1",
			ops[i], first, self);
		if (system(command))
			fail_msg("fails; run it to see why: %s", command);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weight_gradients_on_tiles_are_refused_everywhere),
		cmocka_unit_test(test_what_follows_them_is_refused_too),
		cmocka_unit_test(test_data_gradients_of_1x1_in_bf16_are_refused),
		cmocka_unit_test(test_dilated_weight_gradients_in_bf16_are_refused),
		cmocka_unit_test(test_strided_weight_gradients_of_few_channels_are_refused),
		cmocka_unit_test(test_what_was_found_right_is_taken),
		cmocka_unit_test(test_scalar_references_are_refused_for_every_operator),
		cmocka_unit_test(test_the_environment_refuses_by_whole_names),
		cmocka_unit_test(test_a_refused_implementation_is_followed_by_the_next),
		cmocka_unit_test(test_the_next_implementation_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
