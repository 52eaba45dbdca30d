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
	secant_graph *g;
	secant_store *store;
	secant_plan *plan;
	secant_context *context;
	secant_err err;
} rig;

static void
rig_start(rig *r, const secant_value *out, int n, secant_plan_options o)
{
	o.threads = 2;
	r->store = secant_store_new(r->g, o.precision == SECANT_PRECISION_F64, &r->err);
	r->plan = r->store ? secant_plan_new(r->g, r->store, out, n, &o, &r->err) : NULL;
	r->context = r->plan ? secant_context_new(r->plan, &r->err) : NULL;
	if (!r->context)
		fail_msg("%s", r->err.msg);
}

static void
rig_free(rig *r)
{
	secant_context_free(r->context);
	secant_plan_free(r->plan);
	secant_store_free(r->store);
	secant_graph_free(r->g);
	*r = (rig){ 0 };
}

/* relu(x) * 2 + x through a reshape, in f32. */
static void
test_values_share_memory_only_when_they_may(void **state)
{
	rig r = { .g = secant_graph_new() };
	secant_value x = secant_graph_input(r.g, "x", SECANT_F32, SHAPE(2, 6));
	secant_value a = secant_apply(r.g, "relu", NULL, 1, x);
	secant_value b = secant_apply(r.g, "mul_scalar", &(secant_number_attr){ 2, 0 }, 1, a);
	secant_value v = secant_apply(r.g, "reshape", &(secant_shape_attr){ { 2, { 3, 4 } } }, 1, b);
	secant_value w = secant_apply(r.g, "square", NULL, 1, v);
	secant_value back = secant_apply(r.g, "reshape", &(secant_shape_attr){ { 2, { 2, 6 } } }, 1, w);
	secant_value y = secant_apply(r.g, "add", NULL, 2, back, b);
	rig_start(&r, &y, 1, (secant_plan_options){ .precision = SECANT_PRECISION_F32 });
	float in[12];
	for (int i = 0; i < 12; i++)
		in[i] = (float)i - 6;
	must(secant_context_set_input(r.context, "x", in, &r.err), &r.err);
	for (int round = 0; round < 2; round++) {
		must(secant_context_run(r.context, &r.err), &r.err);
		const float *out = secant_context_output(r.context, 0);
		for (int i = 0; i < 12; i++) {
			float b_i = 2 * fmaxf(in[i], 0);
			assert_true(out[i] == b_i * b_i + b_i);
		}
	}
	assert_true(secant_plan_slab_bytes(r.plan) < secant_plan_sum_bytes(r.plan));
	rig_free(&r);
}

/* The same value twice, an input, a state, a constant, a view: everything may be an output, in the caller's memory. */
static void
test_any_value_may_be_an_output(void **state)
{
	rig r = { .g = secant_graph_new() };
	secant_value x = secant_graph_input(r.g, "x", SECANT_F32, SHAPE(4));
	secant_value s = secant_graph_state(r.g, "s", SECANT_F32, SHAPE(4), true, SECANT_INIT_ZEROS);
	secant_value y = secant_apply(r.g, "add", NULL, 2, x, s);
	secant_value v = secant_apply(r.g, "reshape", &(secant_shape_attr){ { 2, { 2, 2 } } }, 1, y);
	secant_value out[] = { y, y, x, s, secant_graph_scalar(r.g, 7), v };
	rig_start(&r, out, 6, (secant_plan_options){ .precision = SECANT_PRECISION_F32, .external = true });
	float in[4] = { 1, 2, 3, 4 }, got[6][4] = { { 0 } };
	for (int i = 0; i < 4; i++)
		secant_slot_set(r.store, secant_store_find(r.store, "s"), i, 10);
	must(secant_context_set_input(r.context, "x", in, &r.err), &r.err);
	assert_int_equal(secant_context_run(r.context, &r.err), SECANT_ERR_ARG);
	assert_string_equal(r.err.msg, "output 0 was never given memory");
	r.err = (secant_err){ 0 };
	for (int i = 0; i < 6; i++)
		must(secant_context_set_output(r.context, i, got[i], &r.err), &r.err);
	must(secant_context_run(r.context, &r.err), &r.err);
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
	rig r = { .g = secant_graph_new() };
	secant_value x = secant_graph_input(r.g, "x", SECANT_F32, SHAPE(4, 2));
	secant_value mean = secant_graph_state(r.g, "mean", SECANT_F32, SHAPE(2), false, SECANT_INIT_ZEROS);
	secant_value var = secant_graph_state(r.g, "var", SECANT_F32, SHAPE(2), false, SECANT_INIT_ONES);
	secant_value batches = secant_graph_state(
		r.g, "batches", SECANT_I64, &(secant_shape){ 0 }, false, SECANT_INIT_ZEROS);
	secant_value y = secant_apply(r.g, "batch_norm_train", NULL, 3, x, mean, var);
	secant_apply(r.g, "count", NULL, 1, batches);
	rig_start(&r, &y, 1, (secant_plan_options){ .precision = SECANT_PRECISION_F32, .training = true });
	float in[8] = { 1, 10, 2, 20, 3, 30, 4, 40 };
	must(secant_context_set_input(r.context, "x", in, &r.err), &r.err);
	must(secant_context_run(r.context, &r.err), &r.err);
	must(secant_context_run(r.context, &r.err), &r.err);
	assert_true(fabs(secant_slot_get(r.store, secant_store_find(r.store, "mean"), 0) - 2.5 * .19) < 1e-6);
	assert_true(secant_slot_get(r.store, secant_store_find(r.store, "batches"), 0) == 2);
	/* reading the old value after its update has no meaning */
	secant_value late = secant_apply(r.g, "add", NULL, 2, y, mean);
	secant_err err = { 0 };
	assert_null(
		secant_plan_new(r.g, r.store, &late, 1, &(secant_plan_options){ .precision = SECANT_PRECISION_F32 }, &err));
	assert_string_equal(err.msg, "'mean' is read after it was updated by batch_norm_train");
	rig_free(&r);
}

static void
test_messages(void **state)
{
	secant_graph *g = secant_graph_new();
	secant_err err = { 0 };
	secant_value x = secant_graph_input(g, "x", SECANT_F32, SHAPE(1, 8, 8, 96));
	secant_value w = secant_graph_state(g, "w", SECANT_F32, SHAPE(32, 64, 3, 3), true, SECANT_INIT_ZEROS);
	secant_graph_scope(g, "decoder.blocks.0.conv1");
	assert_int_equal(secant_apply(g, "conv2d", NULL, 2, x, w), -1);
	assert_int_equal(secant_apply(g, "relu", NULL, 1, -1), -1); /* sticky: the first error stays */
	assert_int_equal(secant_graph_check(g, &err), SECANT_ERR_SHAPE);
	assert_string_equal(err.msg,
		"conv2d 'decoder.blocks.0.conv1': weights (32x64x3x3, 1 groups) have 64 input channels, input (1x8x8x96) has "
		"96");
	secant_graph_free(g);

	g = secant_graph_new();
	x = secant_graph_input(g, "x", SECANT_F32, SHAPE(2));
	secant_value y = secant_apply(g, "relu", NULL, 1, x);
	secant_store *store = secant_store_new(g, false, &err);
	err = (secant_err){ 0 };
	assert_null(secant_plan_new(g, store, &y, 1, &(secant_plan_options){ .precision = SECANT_PRECISION_F64 }, &err));
	assert_string_equal(err.msg, "an f64 plan wants a double store, all others a float store");
	secant_plan *p = secant_plan_new(
		g, store, &y, 1, &(secant_plan_options){ .precision = SECANT_PRECISION_F32 }, &err);
	err = (secant_err){ 0 };
	secant_context *c = secant_context_new(p, &err);
	assert_int_equal(secant_context_run(c, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "input 'x' was never set");
	err = (secant_err){ 0 };
	assert_int_equal(secant_context_set_input(c, "z", &err, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "the plan has no input 'z'");
	secant_context_free(c);
	secant_plan_free(p);
	secant_store_free(store);
	secant_graph_free(g);
}

/* A small network with everything in it: convolution, norm, relu, pooling, resize, concat, loss, gradients. */
enum { GRADS = 4 * 27 + 4, SIDE = 16 }; /* a side that is not next to nothing beside the scratch of oneDNN */

static secant_status
whole_life(
	secant_precision precision, secant_recompute recompute, float *loss, float *grads, size_t *slab, secant_err *err)
{
	secant_graph *g = secant_graph_new();
	secant_store *store = NULL;
	secant_plan *plan = NULL;
	secant_context *context = NULL;
	float x[2 * SIDE * SIDE * 3], t[2 * SIDE * SIDE * 4];
	for (int i = 0; i < 2 * SIDE * SIDE * 3; i++)
		x[i] = (float)(i % 7) - 3;
	for (int i = 0; i < 2 * SIDE * SIDE * 4; i++)
		t[i] = i % 3 == 0;
	if (!g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	secant_value in = secant_graph_input(g, "x", SECANT_F32, SHAPE(2, SIDE, SIDE, 3)),
				 target = secant_graph_input(g, "t", SECANT_F32, SHAPE(2, SIDE, SIDE, 4));
	secant_value w = secant_graph_state(g, "w", SECANT_F32, SHAPE(4, 3, 3, 3), true, SECANT_INIT_ZEROS),
				 b = secant_graph_state(g, "b", SECANT_F32, SHAPE(4), true, SECANT_INIT_ZEROS);
	secant_value mean = secant_graph_state(g, "m", SECANT_F32, SHAPE(4), false, SECANT_INIT_ZEROS),
				 var = secant_graph_state(g, "v", SECANT_F32, SHAPE(4), false, SECANT_INIT_ZEROS);
	secant_conv_attr a = secant_conv(1, 1, 1, 1);
	secant_pool_attr pool = secant_pooling(2, 2, 0);
	secant_value y = secant_apply(g, "relu", NULL, 1,
		secant_apply(g, "batch_norm_train", NULL, 3, secant_apply(g, "conv2d", &a, 3, in, w, b), mean, var));
	secant_value down = secant_apply(g, "max_pool2d", &pool, 1, y), up = secant_apply(g, "resize", NULL, 2, down, y);
	secant_value z = secant_apply(g, "upcast", NULL, 1, secant_apply(g, "add", NULL, 2, up, y));
	secant_value each = secant_apply(g, "bce_with_logits", NULL, 2, z, target);
	secant_value mean_loss = secant_apply(g, "mean", &(secant_axes_attr){ { 4, { 0, 1, 2, 3 } }, false }, 1, each),
				 of[2] = { w, b }, out[3];
	secant_status status = secant_graph_check(g, err);
	if (!status)
		status = secant_graph_gradients(g, mean_loss, of, 2, out + 1, err);
	out[0] = mean_loss;
	secant_plan_options o = { .precision = precision, .recompute = recompute, .threads = 1, .training = true };
	if (!status
		&& (!(store = secant_store_new(g, false, err)) || !(plan = secant_plan_new(g, store, out, 3, &o, err))
			|| !(context = secant_context_new(plan, err))))
		status = err->code;
	for (int i = 0; !status && i < 4 * 27; i++)
		secant_slot_set(store, secant_store_find(store, "w"), i, .1 * (i % 5 - 2));
	if (!status && !(status = secant_context_set_input(context, "x", x, err))
		&& !(status = secant_context_set_input(context, "t", t, err)) && !(status = secant_context_run(context, err)))
		*loss = *(const float *)secant_context_output(context, 0);
	if (!status && grads) {
		memcpy(grads, secant_context_output(context, 1), 4 * 27 * sizeof *grads);
		memcpy(grads + 4 * 27, secant_context_output(context, 2), 4 * sizeof *grads);
		*slab = secant_plan_slab_bytes(plan);
	}
	secant_context_free(context);
	secant_plan_free(plan);
	secant_store_free(store);
	secant_graph_free(g);
	return status;
}

static void
every_allocation_fails(secant_precision precision)
{
	float expected = 0;
	secant_err err = { 0 };
	must(whole_life(precision, SECANT_RECOMPUTE_ALL, &expected, NULL, NULL, &err), &err);
	long live = secant_mem_live();
	for (long at = 1;; at++) {
		float loss = -1;
		err = (secant_err){ 0 };
		secant_mem_fail_at(at);
		secant_status status = whole_life(precision, SECANT_RECOMPUTE_ALL, &loss, NULL, NULL, &err);
		secant_mem_fail_at(0);
		if (secant_mem_live() != live)
			fail_msg("allocation %ld failing leaks %ld blocks", at, secant_mem_live() - live);
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
	every_allocation_fails(SECANT_PRECISION_F32);
}
static void
test_every_allocation_may_fail_bf16(void **state)
{
	every_allocation_fails(SECANT_PRECISION_BF16);
}

/* Computed again or kept: the same bits, and all of it takes less memory than none. */
static void
test_recomputed_results_are_the_same(void **state)
{
	for (int p = 0; p < 2; p++) {
		float loss[3], grads[3][GRADS];
		size_t slab[3];
		secant_err err = { 0 };
		static const secant_recompute what[] = { SECANT_RECOMPUTE_NONE, SECANT_RECOMPUTE_NORMS, SECANT_RECOMPUTE_ALL };
		for (int i = 0; i < 3; i++)
			must(whole_life(
					 p ? SECANT_PRECISION_BF16 : SECANT_PRECISION_F32, what[i], &loss[i], grads[i], &slab[i], &err),
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
	static const secant_precision all[] = { SECANT_PRECISION_F32, SECANT_PRECISION_BF16 };
	for (int p = 0; p < (secant_cpu_isa() >= SECANT_ISA_AVX512 ? 2 : 1); p++) {
		rig r = { .g = secant_graph_new() };
		secant_value x = secant_graph_input(r.g, "x", SECANT_F32, SHAPE(2, 0));
		secant_value w = secant_graph_input(r.g, "w", SECANT_F32, SHAPE(3, 0));
		secant_value b = secant_graph_input(r.g, "b", SECANT_F32, SHAPE(3));
		secant_value y = secant_apply(r.g, "linear", NULL, 3, x, w, b);
		rig_start(&r, &y, 1, (secant_plan_options){ .precision = all[p] });
		const float bias[3] = { 1, -2, 0.5f };
		float none = 0;
		must(secant_context_set_input(r.context, "x", &none, &r.err), &r.err);
		must(secant_context_set_input(r.context, "w", &none, &r.err), &r.err);
		must(secant_context_set_input(r.context, "b", bias, &r.err), &r.err);
		must(secant_context_run(r.context, &r.err), &r.err);
		const float *out = secant_context_output(r.context, 0);
		for (int i = 0; i < 6; i++)
			assert_true(out[i] == bias[i % 3]);
		rig_free(&r);
	}
}

enum { RUNS = 50, NUMBERS = 257 };
typedef struct runner {
	secant_context *context;
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
		if (secant_context_set_input(r->context, "x", in, &err) || secant_context_run(r->context, &err))
			return r->wrong = -1, NULL;
		const float *out = secant_context_output(r->context, 0);
		for (int i = 0; i < NUMBERS; i++)
			r->wrong += out[i] != in[i] * in[i];
	}
	return NULL;
}

/* Scalar references, too, are run by several contexts of one plan at a time. */
static void
test_contexts_of_one_plan_run_at_the_same_time(void **state)
{
	rig r = { .g = secant_graph_new() };
	secant_value x = secant_graph_input(r.g, "x", SECANT_F32, SHAPE(NUMBERS));
	secant_value a = secant_apply(r.g, "square", NULL, 1, x);
	secant_value y = secant_apply(r.g, "abs", NULL, 1, a);
	rig_start(&r, &y, 1, (secant_plan_options){ .precision = SECANT_PRECISION_F32 });
	for (int i = 0; i < r.plan->n_step; i++) { /* as where nothing but the reference takes a step */
		secant_step *s = &r.plan->step[i];
		secant_free(s->data); /* of the implementation that was chosen */
		s->data = NULL;
		must(secant_impl_reference.prepare(s, &r.err), &r.err);
		s->impl = &secant_impl_reference;
	}
	must(secant_plan_lay_out(r.plan, &r.err), &r.err);
	secant_context_free(r.context);
	r.context = secant_context_new(r.plan, &r.err);
	runner both[2] = { { r.context, 1, 0 }, { secant_context_new(r.plan, &r.err), 3, 0 } };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, run_often, &both[0]), 0);
	(void)run_often(&both[1]);
	pthread_join(thread, NULL);
	assert_int_equal(both[0].wrong, 0);
	assert_int_equal(both[1].wrong, 0);
	secant_context_free(both[1].context);
	rig_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_share_memory_only_when_they_may),
		cmocka_unit_test(test_any_value_may_be_an_output),
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
