/*
 * The short form of `secant selftest` on this machine; every implementation that runs between canaries is right.
 */
#include "data.h"
#include <secant/selftest.h>

typedef struct seen {
	int rows, forward, data, weights, wrong;
	int stop_after;
} seen;

static bool
row(void *user, const secant_selftest_row *r)
{
	seen *s = user;
	s->rows++;
	s->forward += !strcmp(r->operator_name, "conv2d");
	s->data += !strcmp(r->operator_name, "conv2d_grad_data");
	s->weights += !strcmp(r->operator_name, "conv2d_grad_weights");
	assert_true(r->implementation[0] && r->shape[0]);
	assert_int_equal(r->right, r->why[0] == 0);
	if (!r->right)
		print_error("%s %s %s by %s: %s\n", r->operator_name, r->precision, r->shape, r->implementation, r->why);
	return s->rows != s->stop_after;
}

static void
test_the_short_form(void **state)
{
	secant_selftest_result result;
	seen s = { 0 };
	secant_err err = { 0 };
	if (secant_selftest_run(&(secant_selftest){ .quick = true, .seconds = 1e6 }, row, &s, &result, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(result.faults, 0);
	assert_int_equal(result.left_out, 0);
	assert_int_equal(result.runs, s.rows);
	assert_true(s.weights >= 10 && s.data == s.weights && s.forward == 2 * s.weights);
}

static void
test_a_caller_may_stop_it(void **state)
{
	secant_selftest_result result;
	seen s = { .stop_after = 2 };
	secant_err err = { 0 };
	secant_selftest o = { .quick = true, .seconds = 1e6 };
	assert_int_equal(secant_selftest_run(&o, row, &s, &result, &err), SECANT_ERR_CANCELLED);
	assert_int_equal(s.rows, 2);
}

static void
test_what_no_time_is_left_for_is_counted(void **state)
{
	secant_selftest_result result;
	seen s = { 0 };
	secant_err err = { 0 };
	secant_selftest o = { .quick = true, .seconds = -1 };
	assert_int_equal(secant_selftest_run(&o, row, &s, &result, &err), SECANT_OK);
	assert_int_equal(s.rows, 0);
	assert_true(result.left_out >= 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_short_form),
		cmocka_unit_test(test_a_caller_may_stop_it),
		cmocka_unit_test(test_what_no_time_is_left_for_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
