/* Measurements: that a timed step of training is one, that work and rates are what they are called. */
#include <secant/bench.h>
#include "base/cpu.h"
#include "base/file.h"
#include "app/planned.h"
#include "data.h"

static secant_planned
small(int size, int batch, bool train)
{
	secant_planned o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_planned_options, &o, &err), SECANT_OK);
	o.size.v[0] = o.size.v[1] = size;
	o.batch = batch;
	o.train = train;
	o.threads = 1;
	assert_int_equal(secant_opts_set(&secant_planned_options, &o, "precision", "f32", &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_planned_options, &o, "encoder", "resnet18", &err), SECANT_OK);
	return o;
}

static void
test_step_learns(void **state)
{
	secant_planned o = small(32, 2, true);
	app_planned_run r;
	secant_err err = { 0 };
	double first = 0, last = 0;
	assert_int_equal(app_planned_open(&r, NULL, &o, &err), SECANT_OK);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(train_step_gradients(&r.trial.step, &err), SECANT_OK);
		last = train_step_loss(&r.trial.step);
		if (i == 0)
			first = last;
		assert_int_equal(train_step_reduce(&r.trial.step, false, 1, &err), SECANT_OK);
		train_step_update(&r.trial.step, r.settings.learning_rate, -1, 1);
	}
	assert_int_equal(r.optimizer.step, 12);
	assert_true(first > .3 && first < 2);
	assert_true(last < .9 * first);
	app_planned_close(&r);
	secant_opts_free(&secant_planned_options, &o);
}

static void
test_work(void **state)
{
	secant_planned o = small(32, 2, false);
	secant_bench_info evaluation, training;
	secant_err err = { 0 };
	double ms = -1;
	secant_bench *b = secant_bench_new(NULL, &o, &evaluation, &err);
	assert_non_null(b);
	assert_int_equal(secant_bench_run(b, &ms, &err), SECANT_OK);
	assert_true(ms > 0 && ms < 60000);
	secant_bench_free(b);
	o.train = true;
	b = secant_bench_new(NULL, &o, &training, &err);
	assert_non_null(b);
	assert_int_equal(secant_bench_run(b, &ms, &err), SECANT_OK);
	secant_bench_free(b);
	secant_opts_free(&secant_planned_options, &o);
	assert_string_equal(evaluation.precision, "f32");
	/* Each convolution has three passes, but the first one does not need the gradient of its picture. */
	assert_true(training.flops > 2.5 * evaluation.flops && training.flops < 3 * evaluation.flops);
	/* 14.3 million weights are read at least once; the optimiser moves seven numbers for each. */
	assert_true(evaluation.bytes > 14e6 * 4);
	assert_true(training.bytes > evaluation.bytes + 14e6 * 4 * 7);
	assert_true(secant_peak_bytes() > 14000000 * 4);
}

static void
test_refuses(void **state)
{
	secant_planned o = small(32, 1, false);
	secant_rates rates;
	secant_err err = { 0 };
	assert_null(secant_bench_new("none.safetensors", &o, NULL, &err));
	assert_non_null(strstr(err.msg, "none.safetensors"));
	assert_null(secant_bench_new("none.safetensors", &o, NULL, NULL));
	err = (secant_err){ 0 };
	assert_int_equal(secant_rates_measure(1, 0, 8, &rates, &err), SECANT_ERR_ARG);
	err = (secant_err){ 0 };
	assert_int_equal(secant_bench_curves(NULL, &o, 64, scratch_dir(), NULL, NULL, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "the first one is 128"));
	secant_opts_free(&secant_planned_options, &o);
	secant_bench_free(NULL);
}

/* No machine that runs this is slower or faster than these. */
static void
test_rates(void **state)
{
	secant_rates r;
	secant_err err = { 0 };
	assert_int_equal(secant_rates_measure(1, 256, 16, &r, &err), SECANT_OK);
	assert_true(r.f32_gflops > .05 && r.f32_gflops < 1e5);
	assert_true(base_cpu_has_bf16() ? r.bf16_gflops > .05 && r.bf16_gflops < 1e6 : r.bf16_gflops == 0);
	assert_true(r.copy_gbs > .05 && r.copy_gbs < 1e4);
}

static int
end(void **state)
{
	return base_remove_tree(scratch_dir(), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_step_learns), cmocka_unit_test(test_work),
		cmocka_unit_test(test_refuses), cmocka_unit_test(test_rates) };
	return cmocka_run_group_tests(tests, NULL, end);
}
