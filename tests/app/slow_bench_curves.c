/* secant bench --plots: both charts come out, and it can be interrupted between points. */
#include <secant/bench.h>
#include "base/file.h"
#include "data.h"

static secant_planned
small(void)
{
	secant_planned o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_planned_options, &o, &err), SECANT_OK);
	o.size.v[0] = o.size.v[1] = 32;
	o.threads = 1;
	assert_int_equal(secant_opts_set(&secant_planned_options, &o, "precision", "f32", &err), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_planned_options, &o, "encoder", "resnet18", &err), SECANT_OK);
	return o;
}

static bool
count_up_to_three(void *user, int done, int total)
{
	assert_true(done >= 1 && done <= total);
	return ++*(int *)user < 3;
}

static void
test_curves(void **state)
{
	secant_planned o = small();
	secant_err err = { 0 };
	int calls = 0;
	char folder[300], path[400];
	snprintf(folder, sizeof folder, "%s/plots", scratch_dir());
	assert_int_equal(secant_bench_curves(NULL, &o, 128, folder, count_up_to_three, &calls, &err), SECANT_ERR_CANCELLED);
	assert_int_equal(calls, 3);
	err = (secant_err){ 0 };
	assert_int_equal(secant_bench_curves(NULL, &o, 128, folder, NULL, NULL, &err), SECANT_OK);
	for (int i = 0; i < 2; i++) {
		unsigned char head[8] = { 0 };
		snprintf(path, sizeof path, "%s/%s", folder, i ? "cost-of-batch.png" : "cost-of-pixels.png");
		FILE *f = fopen(path, "rb");
		assert_non_null(f);
		assert_int_equal(fread(head, 1, sizeof head, f), sizeof head);
		assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
		fclose(f);
	}
	secant_opts_free(&secant_planned_options, &o);
}

static int
end(void **state)
{
	return base_remove_tree(scratch_dir(), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_curves) };
	return cmocka_run_group_tests(tests, NULL, end);
}
