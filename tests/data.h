/*
 * Where tests find real data and golden numbers: SECANT_TEST_DATA (default ../shared/data) and its sibling `golden`. A
 * test whose data is absent calls skip_without, which prints the reason and skips.
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

static inline const char *
golden_path(const char *rest)
{
	char inner[512];
	snprintf(inner, sizeof inner, "../golden/%s", rest);
	return data_path(inner);
}

static inline void
skip_without(const char *path)
{
	if (access(path, R_OK)) {
		fprintf(stderr, "skipped: %s is not there (set SECANT_TEST_DATA)\n", path);
		skip();
	}
}

/* A fresh folder under TMPDIR; the caller removes it with secant_remove_tree. */
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
