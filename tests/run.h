/*
 * Runs the command as a user does: a line of shell in which $SECANT is the built command; what it prints on both
 * outputs, and its exit status.
 */
#ifndef TESTS_RUN_H
#define TESTS_RUN_H
#include "data.h"
#include <sys/wait.h>

/* The command under test: SECANT as set by CMake, else the release build. */
static inline const char *
secant_command(void)
{
	const char *path = getenv("SECANT");
	return path ? path : "build/release/secant";
}

/* Runs a formatted line under sh; standard output and error go to `out` (cut at size). Returns the exit status, 128 +
 * signal. */
__attribute__((format(printf, 3, 4))) static inline int
run_line(char *out, size_t size, const char *fmt, ...)
{
	char line[4000], command[4200];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	assert_true(n < (int)sizeof line);
	setenv("SECANT", secant_command(), 0);
	snprintf(command, sizeof command, "{ %s ; } 2>&1", line);
	fflush(NULL);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	size_t used = 0, got;
	char rest[4096];
	while (
		(got = fread(used + 1 < size ? out + used : rest, 1, used + 1 < size ? size - used - 1 : sizeof rest, f)) > 0)
		used += used + 1 < size ? got : 0;
	if (size)
		out[used] = '\0';
	int status = pclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
#endif
