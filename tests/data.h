/*
 * Where tests find real data and golden numbers: SECANT_TEST_DATA (default ../shared/data) and its sibling `golden`. A
 * test whose data is absent calls skip_without, which prints the reason and skips, or fails where SECANT_NO_SKIP is
 * set: where the data is known to be there. A program of which every test was skipped ends with 77, which ctest counts
 * as skipped; `./dev test` counts the lines that begin "skipped: ".
 */
#ifndef TESTS_DATA_H
#define TESTS_DATA_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static inline int *
tests_skipped(void)
{
	static int n;
	return &n;
}

static inline int
tests_end(int failed, size_t tests)
{
	return failed || (size_t)*tests_skipped() < tests ? failed : 77;
}

#undef skip
#define skip() (++*tests_skipped(), _skip(__FILE__, __LINE__))
#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown) cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	tests_end(_cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown), \
		sizeof(tests) / sizeof((tests)[0]))

/* "DATA/rest" in a static buffer, valid until the next call but three. */
static inline const char *
data_path(const char *rest)
{
	static char buffer[4][1024];
	static int turn;
	const char *root = getenv("SECANT_TEST_DATA");
	turn = (turn + 1) % 4;
	snprintf(buffer[turn], sizeof buffer[turn], "%s/%s", root ? root : "../shared/data", rest);
	return buffer[turn];
}

/* Golden numbers: those beside the data, else those of the few that stand in the tree (tests/golden/data: the operator
 * cases, one network, metrics, schedules). */
static inline const char *
golden_path(const char *rest)
{
	char inner[512];
	static char own[4][600];
	static int turn;
	snprintf(inner, sizeof inner, "../golden/%s", rest);
	const char *path = data_path(inner);
	if (!access(path, R_OK))
		return path;
	turn = (turn + 1) % 4;
	snprintf(own[turn], sizeof own[turn], "tests/golden/data/%s", rest);
	return access(own[turn], R_OK) ? path : own[turn];
}

static inline void
skip_without(const char *path)
{
	if (access(path, R_OK)) {
		if (getenv("SECANT_NO_SKIP"))
			fail_msg("%s is not there, and SECANT_NO_SKIP allows no skip (SECANT_TEST_DATA says where data is)", path);
		fprintf(stderr, "skipped: %s is not there (set SECANT_TEST_DATA)\n", path);
		skip();
	}
}

/* A fresh folder under TMPDIR; the caller removes it with base_remove_tree. */
static inline char *
scratch_dir(void)
{
	static char path[256];
	const char *tmp = getenv("TMPDIR");
	snprintf(path, sizeof path, "%s/secant-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(path))
		fail_msg("cannot make %s", path);
	return path;
}
#endif
