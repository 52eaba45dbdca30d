/* The pages under docs/reference are what the tables print now; `./dev docs` prints them anew. */
#include "run.h"

static char out[100000];

static void
pages_are_up_to_date(void **state)
{
	char *dir = scratch_dir();
	assert_int_equal(run_line(out, sizeof out, "$SECANT doc %s/reference", dir), 0);
	int status = run_line(out, sizeof out, "diff -r docs/reference %s/reference", dir);
	if (status)
		fail_msg("docs/reference is not what the tables print; run ./dev docs\n%s", out);
	status = run_line(out, sizeof out, "$SECANT doc --formats | diff docs/formats.md -");
	if (status)
		fail_msg("docs/formats.md is not what the descriptors say; run ./dev docs\n%s", out);
	assert_int_equal(run_line(out, sizeof out, "rm -r %s", dir), 0);
}

static void
printing_twice_changes_nothing(void **state)
{
	char *dir = scratch_dir();
	assert_int_equal(
		run_line(out, sizeof out, "$SECANT doc %s/a && $SECANT doc %s/b && $SECANT doc %s/b && diff -r %s/a %s/b", dir,
			dir, dir, dir, dir),
		0);
	assert_int_equal(run_line(out, sizeof out, "rm -r %s", dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pages_are_up_to_date),
		cmocka_unit_test(printing_twice_changes_nothing) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
