/* Command lines by their status and one part of what they say; `out` holds all of it. */
#ifndef TESTS_COMMAND_SAYS_H
#define TESTS_COMMAND_SAYS_H
#include "run.h"

static char out[1 << 16];

static inline void
says(int status, const char *part, const char *line)
{
	int got = run_line(out, sizeof out, "%s", line);
	if (got != status || !strstr(out, part))
		fail_msg("%s: status %d, want %d; '%s' lacks '%s'", line, got, status, out, part);
}
#endif
