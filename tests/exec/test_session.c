/*
 * Runner and sessions: named inputs and outputs, what a session refuses, several threads on one copy of the weights,
 * runs that are cancelled or have a deadline.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "exec/session.h"
#include "ops/ops.h"

/* sum = a + b, product = a b, index = argmax of a; a and b are rows x 3. */
static graph_net *
make_pair(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	secant_shape nominal = secant_shape_of(2, 4, 3);
	graph_net *g = graph_new();
	graph_value a = graph_input(g, "a", SECANT_F32, n ? &inputs[0] : &nominal);
	graph_value b = graph_input(g, "b", SECANT_F32, n ? &inputs[1] : &nominal);
	graph_output(g, "sum", graph_apply(g, "add", NULL, 2, a, b));
	graph_output(g, "product", graph_apply(g, "mul", NULL, 2, a, b));
	graph_output(g, "index", graph_apply(g, "argmax", &(op_index_attr){ .axis = -1 }, 1, a));
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

/* y = tanh(... tanh(x W) ... W), `user` times; W is WIDE x WIDE. */
enum { WIDE = 2048 };
static graph_net *
make_chain(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	secant_shape nominal = secant_shape_of(2, 2, WIDE), w = secant_shape_of(2, WIDE, WIDE);
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "input", SECANT_F32, n ? &inputs[0] : &nominal);
	graph_value weight = graph_state(g, "weight", SECANT_F32, &w, false, GRAPH_INIT_ZEROS);
	for (int i = 0; i < *(int *)user; i++)
		x = graph_apply(g, "tanh", NULL, 1, graph_apply(g, "linear", NULL, 2, x, weight));
	graph_output(g, "y", x);
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

/* x through tanh two thousand times: seconds. */
static graph_net *
make_long(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	secant_shape nominal = secant_shape_of(1, 1 << 20);
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "input", SECANT_F32, n ? &inputs[0] : &nominal);
	for (int i = 0; i < 2000; i++)
		x = graph_apply(g, "tanh", NULL, 1, x);
	graph_output(g, "y", x);
	return g;
}

typedef struct fixture {
	exec_store *store;
	exec_runner *runner;
} fixture;

static void
open_runner(fixture *f, exec_graph_maker make, void *user, exec_precision precision)
{
	secant_err err = { 0 };
	exec_plan_options o = { .precision = precision, .threads = 1 };
	graph_net *g = make(user, NULL, 0, &err);
	if (!g || !(f->store = exec_store_new(g, precision == EXEC_PRECISION_F64, &err))
		|| !(f->runner = exec_runner_new(f->store, g, make, user, &o, &err)))
		fail_msg("%s", err.msg);
	for (int64_t i = 0; f->store->n && i < f->store->slot[0].count; i++)
		exec_slot_set(f->store, &f->store->slot[0], i, (double)((i * 7919) % 1000 - 500) / 20000);
	graph_free(g);
}

static void
close_runner(fixture *f)
{
	exec_runner_free(f->runner);
	exec_store_free(f->store);
}

static secant_session *
session_of(const fixture *f, const char *const *names, int n)
{
	secant_err err = { 0 };
	secant_session *s = exec_session_new(f->runner, names, n, &err);
	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

static void
ports_have_the_names_of_the_graph(void **state)
{
	fixture f;
	open_runner(&f, make_pair, NULL, EXEC_PRECISION_F32);
	assert_int_equal(exec_runner_inputs(f.runner), 2);
	assert_string_equal(exec_runner_input(f.runner, 0)->name, "a");
	assert_string_equal(exec_runner_input(f.runner, 1)->name, "b");
	assert_int_equal(exec_runner_outputs(f.runner), 3);
	assert_string_equal(exec_runner_output(f.runner, 2)->name, "index");
	assert_int_equal(exec_runner_output(f.runner, 2)->dtype, SECANT_I32);
	assert_int_equal(exec_runner_find_output(f.runner, "product"), 1);
	assert_int_equal(exec_runner_find_output(f.runner, "quotient"), -1);
	close_runner(&f);
}

static void
outputs_come_in_the_order_they_are_asked_for(void **state)
{
	secant_err err = { 0 };
	fixture f;
	open_runner(&f, make_pair, NULL, EXEC_PRECISION_F32);
	const char *names[] = { "product", "index", "sum" };
	secant_session *s = session_of(&f, names, 3);
	float a[] = { 1, 5, 3, 9, 8, 7 }, b[] = { 2, 2, 2, -1, 0, 1 };
	secant_tensor in[] = { { SECANT_F32, { 2, { 2, 3 } }, a, NULL }, { SECANT_F32, { 2, { 2, 3 } }, b, NULL } };
	secant_tensor out[3] = { { 0 } };
	assert_int_equal(secant_session_run(s, in, out, &err), 0);
	assert_memory_equal(out[0].data, ((float[]){ 2, 10, 6, -9, 0, 7 }), 6 * sizeof(float));
	assert_memory_equal(out[1].data, ((int32_t[]){ 1, 0 }), 2 * sizeof(int32_t));
	assert_memory_equal(out[2].data, ((float[]){ 3, 7, 5, 8, 8, 8 }), 6 * sizeof(float));
	/* into memory of ours, as another type */
	double wide[6] = { 0 };
	secant_tensor given[3] = { { SECANT_F64, { 2, { 2, 3 } }, wide, NULL } };
	assert_int_equal(secant_session_run(s, in, given, &err), 0);
	for (int i = 0; i < 6; i++)
		assert_true(wide[i] == (double)(a[i] * b[i]));
	/* and the numbers of another type */
	int16_t small[] = { 1, 2, 3, 4, 5, 6 };
	secant_tensor other[] = { { SECANT_I16, { 2, { 2, 3 } }, small, NULL }, in[1] }, sums[3] = { { 0 } };
	assert_int_equal(secant_session_run(s, other, sums, &err), 0);
	assert_memory_equal(sums[2].data, ((float[]){ 3, 4, 5, 3, 5, 7 }), 6 * sizeof(float));
	secant_session_free(s);
	close_runner(&f);
}

static void
what_no_output_needs_may_be_absent(void **state)
{
	secant_err err = { 0 };
	fixture f;
	open_runner(&f, make_pair, NULL, EXEC_PRECISION_F32);
	secant_session *s = session_of(&f, (const char *[]){ "index" }, 1);
	float a[] = { 1, 5, 3 };
	secant_tensor in[] = { { SECANT_F32, { 2, { 1, 3 } }, a, NULL }, { SECANT_F32, { 2, { 1, 3 } }, NULL, NULL } };
	secant_tensor out = { 0 };
	assert_int_equal(secant_session_run(s, in, &out, &err), 0);
	assert_int_equal(((int32_t *)out.data)[0], 1);
	secant_session_free(s);
	close_runner(&f);
}

static void
refused(secant_session *s, const secant_tensor *in, secant_tensor *out, secant_status code, const char *words)
{
	secant_err err = { 0 };
	assert_int_equal(secant_session_run(s, in, out, &err), code);
	if (!strstr(err.msg, words))
		fail_msg("'%s' does not say '%s'", err.msg, words);
	assert_int_equal(secant_session_run(s, in, out, NULL), code); /* nobody need listen */
}

static void
a_session_says_what_does_not_fit(void **state)
{
	secant_err err = { 0 };
	fixture f;
	open_runner(&f, make_pair, NULL, EXEC_PRECISION_F32);
	assert_null(exec_session_new(f.runner, (const char *[]){ "sums" }, 1, &err));
	assert_non_null(strstr(err.msg, "no output 'sums'; it has sum, product, index"));
	secant_session *s = session_of(&f, (const char *[]){ "sum" }, 1);
	float a[6] = { 0 };
	secant_tensor two = { SECANT_F32, { 2, { 2, 3 } }, a, NULL }, flat = { SECANT_F32, { 1, { 6 } }, a, NULL };
	secant_tensor none = { SECANT_F32, { 2, { 2, 3 } }, NULL, NULL }, four = { SECANT_F32, { 2, { 2, 4 } }, a, NULL };
	secant_tensor out = { 0 }, small = { SECANT_F32, { 2, { 1, 3 } }, a, NULL };
	refused(s, (secant_tensor[]){ two, flat }, &out, SECANT_ERR_SHAPE, "'b' is 6, the network takes 2 axes");
	refused(s, (secant_tensor[]){ two, none }, &out, SECANT_ERR_ARG, "input 'b' is missing");
	refused(s, (secant_tensor[]){ two, four }, &out, SECANT_ERR_SHAPE, "2x4");
	refused(s, (secant_tensor[]){ two, two }, &small, SECANT_ERR_SHAPE, "'sum' is 2x3, there is room for 1x3");
	assert_int_equal(secant_session_run(s, (secant_tensor[]){ two, two }, &out, NULL), 0);
	secant_session_free(s);
	close_runner(&f);
}

/* ---- changed weights ---- */

static void
changed_weights_are_seen_after_forget(void **state)
{
	int layers = 1;
	fixture f;
	open_runner(&f, make_chain, &layers, EXEC_PRECISION_F32);
	secant_session *s = session_of(&f, NULL, 0);
	float *x = calloc(WIDE, sizeof *x);
	x[0] = 1;
	secant_tensor in = { SECANT_F32, { 2, { 1, WIDE } }, x, NULL }, out = { 0 };
	assert_int_equal(secant_session_run(s, &in, &out, NULL), 0);
	float before = ((float *)out.data)[0];
	exec_slot_set(f.store, &f.store->slot[0], 0, 0.25);
	exec_runner_forget(f.runner);
	out.data = NULL;
	assert_int_equal(secant_session_run(s, &in, &out, NULL), 0);
	assert_true(((float *)out.data)[0] != before);
	assert_true(((float *)out.data)[0] > .2449f && ((float *)out.data)[0] < .245f); /* tanh(1/4) = .24491866 */
	secant_session_free(s);
	free(x);
	close_runner(&f);
}

/* ---- threads ---- */

enum { THREADS = 4, RUNS = 6 };
typedef struct worker {
	const fixture *f;
	int number;
	float *y; /* RUNS x sizes */
	secant_err err;
} worker;

/* Shapes come in an order of each thread's own: plans are made and taken at the same time. */
static void
run_once(secant_session *s, int rows, float *y, secant_err *err)
{
	float *x = calloc((size_t)rows * WIDE, sizeof *x);
	for (int i = 0; i < rows * WIDE; i++)
		x[i] = (float)((i * 31 + rows) % 101 - 50) / 50;
	secant_tensor in = { SECANT_F32, { 2, { rows, WIDE } }, x, NULL }, out = { 0 };
	if (!secant_session_run(s, &in, &out, err))
		for (int i = 0; i < WIDE; i++)
			y[i] = (float)secant_tensor_get(&out, i);
	free(x);
}

static void *
work(void *user)
{
	worker *w = user;
	secant_session *s = exec_session_new(w->f->runner, NULL, 0, &w->err);
	for (int i = 0; i < RUNS && s; i++) {
		int rows = 1 + (i + w->number) % 3;
		run_once(s, rows, w->y + (rows - 1) * WIDE, &w->err);
	}
	secant_session_free(s);
	return NULL;
}

static void
threads_agree(exec_precision precision, int layers)
{
	fixture f;
	pthread_t thread[THREADS];
	worker w[THREADS];
	float *alone = calloc(3 * WIDE, sizeof *alone);
	open_runner(&f, make_chain, &layers, precision);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (worker){ &f, i, calloc(3 * WIDE, sizeof(float)), { 0 } };
		assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	secant_session *s = session_of(&f, NULL, 0);
	for (int rows = 1; rows <= 3; rows++)
		run_once(s, rows, alone + (rows - 1) * WIDE, NULL);
	secant_session_free(s);
	for (int i = 0; i < THREADS; i++) {
		if (w[i].err.code)
			fail_msg("%s", w[i].err.msg);
		assert_memory_equal(w[i].y, alone, 3 * WIDE * sizeof(float));
		free(w[i].y);
	}
	assert_true(alone[0] != 0);
	free(alone);
	close_runner(&f);
}

static void
threads_give_the_bits_of_one_alone(void **state)
{
	threads_agree(EXEC_PRECISION_F32, 3);
}
static void
threads_give_the_bits_of_one_alone_in_f64(void **state)
{
	threads_agree(EXEC_PRECISION_F64, 1);
}

static double
resident_mib(void)
{
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return (double)resident * 4096 / 1048576;
}

/* Weights are 16 MiB; a session's own memory is two rows of them. */
static void
sessions_share_one_copy_of_the_weights(void **state)
{
	int layers = 2;
	fixture f;
	secant_session *s[4];
	float *y = calloc(WIDE, sizeof *y);
	open_runner(&f, make_chain, &layers, EXEC_PRECISION_F32);
	for (int i = 0; i < 2; i++) {
		s[i] = session_of(&f, NULL, 0);
		run_once(s[i], 2, y, NULL);
	}
	double before = resident_mib();
	for (int i = 2; i < 4; i++) {
		s[i] = session_of(&f, NULL, 0);
		run_once(s[i], 2, y, NULL);
	}
	double more = resident_mib() - before;
	if (getenv("SECANT_CANARIES")) /* copies of all operands, on purpose */
		more = 0;
	if (before <= 16 || more > 4)
		fail_msg("two sessions more took %.1f MiB beside %.1f, the weights are 16", more, before);
	for (int i = 0; i < 4; i++)
		secant_session_free(s[i]);
	free(y);
	close_runner(&f);
}

/* ---- ends ---- */

static void
a_cancelled_run_ends_once(void **state)
{
	int layers = 1;
	fixture f;
	open_runner(&f, make_chain, &layers, EXEC_PRECISION_F32);
	secant_session *s = session_of(&f, NULL, 0);
	float *x = calloc(WIDE, sizeof *x);
	secant_tensor in = { SECANT_F32, { 2, { 1, WIDE } }, x, NULL }, out = { 0 };
	secant_session_cancel(s);
	assert_int_equal(secant_session_run(s, &in, &out, NULL), SECANT_ERR_CANCELLED);
	assert_int_equal(secant_session_run(s, &in, &out, NULL), 0);
	secant_session_free(s);
	free(x);
	close_runner(&f);
}

static void *
cancel_soon(void *user)
{
	double until = secant_seconds() + .05;
	while (secant_seconds() < until)
		;
	secant_session_cancel(user);
	return NULL;
}

static void
a_long_run_is_cancelled_or_ends_at_its_deadline(void **state)
{
	fixture f;
	pthread_t thread;
	secant_err err = { 0 };
	open_runner(&f, make_long, NULL, EXEC_PRECISION_F32);
	secant_session *s = session_of(&f, NULL, 0);
	float *x = calloc(1 << 20, sizeof *x);
	secant_tensor in = { SECANT_F32, { 1, { 1 << 20 } }, x, NULL }, out = { 0 };
	const exec_plan *plan;
	exec_context *context;
	assert_int_equal(exec_session_prepare(s, &in.shape, &plan, &context, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, s), 0);
	assert_int_equal(secant_session_run(s, &in, &out, &err), SECANT_ERR_CANCELLED);
	pthread_join(thread, NULL);
	err = (secant_err){ 0 };
	secant_session_limit(s, 1e-3);
	assert_int_equal(secant_session_run(s, &in, &out, &err), SECANT_ERR_DEADLINE);
	assert_string_equal(err.msg, "not done within 0.001 seconds");
	secant_session_free(s);
	free(x);
	close_runner(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_have_the_names_of_the_graph),
		cmocka_unit_test(outputs_come_in_the_order_they_are_asked_for),
		cmocka_unit_test(what_no_output_needs_may_be_absent),
		cmocka_unit_test(a_session_says_what_does_not_fit),
		cmocka_unit_test(changed_weights_are_seen_after_forget),
		cmocka_unit_test(sessions_share_one_copy_of_the_weights),
		cmocka_unit_test(threads_give_the_bits_of_one_alone),
		cmocka_unit_test(threads_give_the_bits_of_one_alone_in_f64),
		cmocka_unit_test(a_cancelled_run_ends_once),
		cmocka_unit_test(a_long_run_is_cancelled_or_ends_at_its_deadline),
	};
	return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
