/*
 * Plans and contexts: places of values, outputs of every kind, updates of states, errors, memory, failing allocations.
 */
#include "data.h"
#include <math.h>
#include <pthread.h>
#include "base/cpu.h"
#include "exec/plan.h"
#include "ops/ops.h"

#define SHAPE(...) \
	&(secant_shape) \
	{ \
		(int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), { __VA_ARGS__ } \
	}

static void
must(secant_status status, const secant_err *err)
{
	if (status)
		fail_msg("%s", err->msg);
}

typedef struct rig {
	graph_net *g;
	exec_store *store;
	exec_plan *plan;
	exec_context *context;
	secant_err err;
} rig;

static void
rig_start(rig *r, const graph_value *out, int n, exec_plan_options o)
{
	o.threads = 2;
	r->store = exec_store_new(r->g, o.precision == EXEC_PRECISION_F64, &r->err);
	r->plan = r->store ? exec_plan_new(r->g, r->store, out, n, &o, &r->err) : NULL;
	r->context = r->plan ? exec_context_new(r->plan, &r->err) : NULL;
	if (!r->context)
		fail_msg("%s", r->err.msg);
}

static void
rig_free(rig *r)
{
	exec_context_free(r->context);
	exec_plan_free(r->plan);
	exec_store_free(r->store);
	graph_free(r->g);
	*r = (rig){ 0 };
}

/* relu(x) * 2 + x through a reshape, in f32. */
static void
test_values_share_memory_only_when_they_may(void **state)
{
	rig r = { .g = graph_new() };
	graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(2, 6));
	graph_value a = graph_apply(r.g, "relu", NULL, 1, x);
	graph_value b = graph_apply(r.g, "mul_scalar", &(op_number_attr){ 2, 0 }, 1, a);
	graph_value v = graph_apply(r.g, "reshape", &(op_shape_attr){ { 2, { 3, 4 } } }, 1, b);
	graph_value w = graph_apply(r.g, "square", NULL, 1, v);
	graph_value back = graph_apply(r.g, "reshape", &(op_shape_attr){ { 2, { 2, 6 } } }, 1, w);
	graph_value y = graph_apply(r.g, "add", NULL, 2, back, b);
	rig_start(&r, &y, 1, (exec_plan_options){ .precision = EXEC_PRECISION_F32 });
	float in[12];
	for (int i = 0; i < 12; i++)
		in[i] = (float)i - 6;
	must(exec_context_set_input(r.context, "x", in, &r.err), &r.err);
	for (int round = 0; round < 2; round++) {
		must(exec_context_run(r.context, &r.err), &r.err);
		const float *out = exec_context_output(r.context, 0);
		for (int i = 0; i < 12; i++) {
			float b_i = 2 * fmaxf(in[i], 0);
			assert_true(out[i] == b_i * b_i + b_i);
		}
	}
	assert_true(exec_plan_slab_bytes(r.plan) < exec_plan_sum_bytes(r.plan));
	rig_free(&r);
}

/* The same value twice, an input, a state, a constant, a view: everything may be an output, in the caller's memory. */
static void
test_any_value_may_be_an_output(void **state)
{
	rig r = { .g = graph_new() };
	graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(4));
	graph_value s = graph_state(r.g, "s", SECANT_F32, SHAPE(4), true, GRAPH_INIT_ZEROS);
	graph_value y = graph_apply(r.g, "add", NULL, 2, x, s);
	graph_value v = graph_apply(r.g, "reshape", &(op_shape_attr){ { 2, { 2, 2 } } }, 1, y);
	graph_value out[] = { y, y, x, s, graph_scalar(r.g, 7), v };
	rig_start(&r, out, 6, (exec_plan_options){ .precision = EXEC_PRECISION_F32, .external = true });
	float in[4] = { 1, 2, 3, 4 }, got[6][4] = { { 0 } };
	for (int i = 0; i < 4; i++)
		exec_slot_set(r.store, exec_store_find(r.store, "s"), i, 10);
	must(exec_context_set_input(r.context, "x", in, &r.err), &r.err);
	assert_int_equal(exec_context_run(r.context, &r.err), SECANT_ERR_ARG);
	assert_string_equal(r.err.msg, "output 0 was never given memory");
	r.err = (secant_err){ 0 };
	for (int i = 0; i < 6; i++)
		must(exec_context_set_output(r.context, i, got[i], &r.err), &r.err);
	must(exec_context_run(r.context, &r.err), &r.err);
	for (int i = 0; i < 4; i++) {
		assert_true(got[0][i] == in[i] + 10 && got[1][i] == in[i] + 10 && got[5][i] == in[i] + 10);
		assert_true(got[2][i] == in[i] && got[3][i] == 10);
	}
	assert_true(got[4][0] == 7);
	rig_free(&r);
}

static void
test_updates_of_states(void **state)
{
	rig r = { .g = graph_new() };
	graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(4, 2));
	graph_value mean = graph_state(r.g, "mean", SECANT_F32, SHAPE(2), false, GRAPH_INIT_ZEROS);
	graph_value var = graph_state(r.g, "var", SECANT_F32, SHAPE(2), false, GRAPH_INIT_ONES);
	graph_value batches = graph_state(r.g, "batches", SECANT_I64, &(secant_shape){ 0 }, false, GRAPH_INIT_ZEROS);
	graph_value y = graph_apply(r.g, "batch_norm_train", NULL, 3, x, mean, var);
	graph_apply(r.g, "count", NULL, 1, batches);
	rig_start(&r, &y, 1, (exec_plan_options){ .precision = EXEC_PRECISION_F32, .training = true });
	float in[8] = { 1, 10, 2, 20, 3, 30, 4, 40 };
	must(exec_context_set_input(r.context, "x", in, &r.err), &r.err);
	must(exec_context_run(r.context, &r.err), &r.err);
	must(exec_context_run(r.context, &r.err), &r.err);
	assert_true(fabs(exec_slot_get(r.store, exec_store_find(r.store, "mean"), 0) - 2.5 * .19) < 1e-6);
	assert_true(exec_slot_get(r.store, exec_store_find(r.store, "batches"), 0) == 2);
	/* reading the old value after its update has no meaning */
	graph_value late = graph_apply(r.g, "add", NULL, 2, y, mean);
	secant_err err = { 0 };
	assert_null(exec_plan_new(r.g, r.store, &late, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F32 }, &err));
	assert_string_equal(err.msg, "'mean' is read after it was updated by batch_norm_train");
	rig_free(&r);
}

static void
test_messages(void **state)
{
	graph_net *g = graph_new();
	secant_err err = { 0 };
	graph_value x = graph_input(g, "x", SECANT_F32, SHAPE(1, 8, 8, 96));
	graph_value w = graph_state(g, "w", SECANT_F32, SHAPE(32, 64, 3, 3), true, GRAPH_INIT_ZEROS);
	graph_scope(g, "decoder.blocks.0.conv1");
	assert_int_equal(graph_apply(g, "conv2d", NULL, 2, x, w), -1);
	assert_int_equal(graph_apply(g, "relu", NULL, 1, -1), -1); /* sticky: the first error stays */
	assert_int_equal(graph_check(g, &err), SECANT_ERR_SHAPE);
	assert_string_equal(err.msg,
		"conv2d 'decoder.blocks.0.conv1': weights (32x64x3x3, 1 groups) have 64 input channels, input (1x8x8x96) has "
		"96");
	graph_free(g);

	g = graph_new();
	x = graph_input(g, "x", SECANT_F32, SHAPE(2));
	graph_value y = graph_apply(g, "relu", NULL, 1, x);
	exec_store *store = exec_store_new(g, false, &err);
	err = (secant_err){ 0 };
	assert_null(exec_plan_new(g, store, &y, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F64 }, &err));
	assert_string_equal(err.msg, "an f64 plan wants a double store, all others a float store");
	exec_plan *p = exec_plan_new(g, store, &y, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F32 }, &err);
	err = (secant_err){ 0 };
	exec_context *c = exec_context_new(p, &err);
	assert_int_equal(exec_context_run(c, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "input 'x' was never set");
	err = (secant_err){ 0 };
	assert_int_equal(exec_context_set_input(c, "z", &err, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "the plan has no input 'z'");
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	graph_free(g);
}

/* A small network with everything in it: convolution, norm, relu, pooling, resize, concat, loss, gradients. */
enum { GRADS = 4 * 27 + 4, SIDE = 16 }; /* a side that is not next to nothing beside the scratch of oneDNN */

static secant_status
whole_life(exec_precision precision, exec_recompute recompute, float *loss, float *grads, size_t *slab, secant_err *err)
{
	graph_net *g = graph_new();
	exec_store *store = NULL;
	exec_plan *plan = NULL;
	exec_context *context = NULL;
	float x[2 * SIDE * SIDE * 3], t[2 * SIDE * SIDE * 4];
	for (int i = 0; i < 2 * SIDE * SIDE * 3; i++)
		x[i] = (float)(i % 7) - 3;
	for (int i = 0; i < 2 * SIDE * SIDE * 4; i++)
		t[i] = i % 3 == 0;
	if (!g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	graph_value in = graph_input(g, "x", SECANT_F32, SHAPE(2, SIDE, SIDE, 3)),
				target = graph_input(g, "t", SECANT_F32, SHAPE(2, SIDE, SIDE, 4));
	graph_value w = graph_state(g, "w", SECANT_F32, SHAPE(4, 3, 3, 3), true, GRAPH_INIT_ZEROS),
				b = graph_state(g, "b", SECANT_F32, SHAPE(4), true, GRAPH_INIT_ZEROS);
	graph_value mean = graph_state(g, "m", SECANT_F32, SHAPE(4), false, GRAPH_INIT_ZEROS),
				var = graph_state(g, "v", SECANT_F32, SHAPE(4), false, GRAPH_INIT_ZEROS);
	op_conv_attr a = op_conv(1, 1, 1, 1);
	op_pool_attr pool = op_pooling(2, 2, 0);
	graph_value y = graph_apply(g, "relu", NULL, 1,
		graph_apply(g, "batch_norm_train", NULL, 3, graph_apply(g, "conv2d", &a, 3, in, w, b), mean, var));
	graph_value down = graph_apply(g, "max_pool2d", &pool, 1, y), up = graph_apply(g, "resize", NULL, 2, down, y);
	graph_value z = graph_apply(g, "upcast", NULL, 1, graph_apply(g, "add", NULL, 2, up, y));
	graph_value each = graph_apply(g, "bce_with_logits", NULL, 2, z, target);
	graph_value mean_loss = graph_apply(g, "mean", &(op_axes_attr){ { 4, { 0, 1, 2, 3 } }, false }, 1, each),
				of[2] = { w, b }, out[3];
	secant_status status = graph_check(g, err);
	if (!status)
		status = graph_gradients(g, mean_loss, of, 2, out + 1, err);
	out[0] = mean_loss;
	exec_plan_options o = { .precision = precision, .recompute = recompute, .threads = 1, .training = true };
	if (!status
		&& (!(store = exec_store_new(g, false, err)) || !(plan = exec_plan_new(g, store, out, 3, &o, err))
			|| !(context = exec_context_new(plan, err))))
		status = err->code;
	for (int i = 0; !status && i < 4 * 27; i++)
		exec_slot_set(store, exec_store_find(store, "w"), i, .1 * (i % 5 - 2));
	if (!status && !(status = exec_context_set_input(context, "x", x, err))
		&& !(status = exec_context_set_input(context, "t", t, err)) && !(status = exec_context_run(context, err)))
		*loss = *(const float *)exec_context_output(context, 0);
	if (!status && grads) {
		memcpy(grads, exec_context_output(context, 1), 4 * 27 * sizeof *grads);
		memcpy(grads + 4 * 27, exec_context_output(context, 2), 4 * sizeof *grads);
		*slab = exec_plan_slab_bytes(plan);
	}
	exec_context_free(context);
	exec_plan_free(plan);
	exec_store_free(store);
	graph_free(g);
	return status;
}

static void
every_allocation_fails(exec_precision precision)
{
	float expected = 0;
	secant_err err = { 0 };
	must(whole_life(precision, EXEC_RECOMPUTE_ALL, &expected, NULL, NULL, &err), &err);
	long live = base_mem_live();
	for (long at = 1;; at++) {
		float loss = -1;
		err = (secant_err){ 0 };
		base_mem_fail_at(at);
		secant_status status = whole_life(precision, EXEC_RECOMPUTE_ALL, &loss, NULL, NULL, &err);
		base_mem_fail_at(0);
		if (base_mem_live() != live)
			fail_msg("allocation %ld failing leaks %ld blocks", at, base_mem_live() - live);
		if (status == SECANT_OK) {
			assert_true(loss == expected);
			assert_true(at > 100);
			return;
		}
		if (!err.msg[0])
			fail_msg("allocation %ld failing gives no message", at);
	}
}

static void
test_every_allocation_may_fail_f32(void **state)
{
	every_allocation_fails(EXEC_PRECISION_F32);
}
static void
test_every_allocation_may_fail_bf16(void **state)
{
	if (base_cpu_isa() < BASE_ISA_AVX512) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AVX-512: no bf16\n");
		skip();
	}
	every_allocation_fails(EXEC_PRECISION_BF16);
}

/* Computed again or kept: the same bits, and all of it takes less memory than none. */
static void
test_recomputed_results_are_the_same(void **state)
{
	for (int p = 0; p < (base_cpu_isa() >= BASE_ISA_AVX512 ? 2 : 1); p++) {
		float loss[3], grads[3][GRADS];
		size_t slab[3];
		secant_err err = { 0 };
		static const exec_recompute what[] = { EXEC_RECOMPUTE_NONE, EXEC_RECOMPUTE_NORMS, EXEC_RECOMPUTE_ALL };
		for (int i = 0; i < 3; i++)
			must(whole_life(p ? EXEC_PRECISION_BF16 : EXEC_PRECISION_F32, what[i], &loss[i], grads[i], &slab[i], &err),
				&err);
		for (int i = 1; i < 3; i++) {
			assert_memory_equal(&loss[i], &loss[0], sizeof *loss);
			assert_memory_equal(grads[i], grads[0], sizeof grads[0]);
			assert_true(slab[i] <= slab[0]);
		}
		float sum = 0;
		for (int i = 0; i < GRADS; i++)
			sum += fabsf(grads[0][i]);
		assert_true(sum > 0);
	}
}

/* y = x w + b where x has no columns: the bias alone, in every precision. */
static void
test_a_product_of_nothing_is_its_bias(void **state)
{
	static const exec_precision all[] = { EXEC_PRECISION_F32, EXEC_PRECISION_BF16 };
	for (int p = 0; p < (base_cpu_isa() >= BASE_ISA_AVX512 ? 2 : 1); p++) {
		rig r = { .g = graph_new() };
		graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(2, 0));
		graph_value w = graph_input(r.g, "w", SECANT_F32, SHAPE(3, 0));
		graph_value b = graph_input(r.g, "b", SECANT_F32, SHAPE(3));
		graph_value y = graph_apply(r.g, "linear", NULL, 3, x, w, b);
		rig_start(&r, &y, 1, (exec_plan_options){ .precision = all[p] });
		const float bias[3] = { 1, -2, 0.5f };
		float none = 0;
		must(exec_context_set_input(r.context, "x", &none, &r.err), &r.err);
		must(exec_context_set_input(r.context, "w", &none, &r.err), &r.err);
		must(exec_context_set_input(r.context, "b", bias, &r.err), &r.err);
		must(exec_context_run(r.context, &r.err), &r.err);
		const float *out = exec_context_output(r.context, 0);
		for (int i = 0; i < 6; i++)
			assert_true(out[i] == bias[i % 3]);
		rig_free(&r);
	}
}

enum { RUNS = 50, NUMBERS = 257 };
typedef struct runner {
	exec_context *context;
	float factor;
	int wrong;
} runner;

static void *
run_often(void *p)
{
	runner *r = p;
	float in[NUMBERS];
	secant_err err = { 0 };
	for (int k = 0; k < RUNS; k++) {
		for (int i = 0; i < NUMBERS; i++)
			in[i] = r->factor * (float)(i + k);
		if (exec_context_set_input(r->context, "x", in, &err) || exec_context_run(r->context, &err))
			return r->wrong = -1, NULL;
		const float *out = exec_context_output(r->context, 0);
		for (int i = 0; i < NUMBERS; i++)
			r->wrong += out[i] != in[i] * in[i];
	}
	return NULL;
}

/* Scalar references, too, are run by several contexts of one plan at a time. */
static void
test_contexts_of_one_plan_run_at_the_same_time(void **state)
{
	rig r = { .g = graph_new() };
	graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(NUMBERS));
	graph_value a = graph_apply(r.g, "square", NULL, 1, x);
	graph_value y = graph_apply(r.g, "abs", NULL, 1, a);
	rig_start(&r, &y, 1, (exec_plan_options){ .precision = EXEC_PRECISION_F32 });
	for (int i = 0; i < r.plan->n_step; i++) { /* as where nothing but the reference takes a step */
		exec_step *s = &r.plan->step[i];
		secant_free(s->data); /* of the implementation that was chosen */
		s->data = NULL;
		must(exec_impl_reference.prepare(s, &r.err), &r.err);
		s->impl = &exec_impl_reference;
	}
	must(exec_plan_lay_out(r.plan, &r.err), &r.err);
	exec_context_free(r.context);
	r.context = exec_context_new(r.plan, &r.err);
	runner both[2] = { { r.context, 1, 0 }, { exec_context_new(r.plan, &r.err), 3, 0 } };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, run_often, &both[0]), 0);
	(void)run_often(&both[1]);
	pthread_join(thread, NULL);
	assert_int_equal(both[0].wrong, 0);
	assert_int_equal(both[1].wrong, 0);
	exec_context_free(both[1].context);
	rig_free(&r);
}

/* A picture that is read for its size alone is not converted for that. */
static void
test_what_is_read_for_its_shape_stays_as_it_is_stored(void **state)
{
	if (!base_cpu_has_bf16()) {
		print_message("skipped: this CPU (or SECANT_CPU) has no bfloat16\n");
		skip();
	}
	rig r = { .g = graph_new() };
	graph_value x = graph_input(r.g, "x", SECANT_F32, SHAPE(1, 8, 8, 16));
	graph_value w = graph_state(r.g, "w", SECANT_F32, SHAPE(16, 16, 3, 3), true, GRAPH_INIT_ZEROS);
	op_conv_attr a = op_conv(1, 1, 1, 1);
	op_pool_attr pool = op_pooling(2, 2, 0);
	graph_value y = graph_apply(r.g, "conv2d", &a, 2, x, w), down = graph_apply(r.g, "max_pool2d", &pool, 1, y);
	graph_value up = graph_apply(r.g, "resize", NULL, 2, down, y);
	graph_value out = graph_apply(r.g, "conv2d", &a, 2, graph_apply(r.g, "add", NULL, 2, up, y), w);
	rig_start(&r, &out, 1, (exec_plan_options){ .precision = EXEC_PRECISION_BF16 });
	char *text = exec_plan_explain(r.plan, NULL, false);
	int casts = 0;
	for (const char *p = text; (p = strstr(p, " cast ")); p++)
		casts++;
	if (casts != 1) /* of x */
		fail_msg("%d casts:\n%s", casts, text);
	secant_free(text);
	rig_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_share_memory_only_when_they_may),
		cmocka_unit_test(test_any_value_may_be_an_output),
		cmocka_unit_test(test_what_is_read_for_its_shape_stays_as_it_is_stored),
		cmocka_unit_test(test_updates_of_states),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_recomputed_results_are_the_same),
		cmocka_unit_test(test_a_product_of_nothing_is_its_bias),
		cmocka_unit_test(test_contexts_of_one_plan_run_at_the_same_time),
		cmocka_unit_test(test_every_allocation_may_fail_f32),
		cmocka_unit_test(test_every_allocation_may_fail_bf16),
	};
	return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
