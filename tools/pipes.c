/*
 * Pictures are read and written at any place, which pipes cannot do: standard input is copied to a file first, and a
 * result goes to standard output when all of it is there.
 */
#include "pipes.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
make_folder(tool_pipes *p, secant_err *err)
{
	const char *place = getenv("TMPDIR");
	if (*p->folder)
		return 0;
	(void)snprintf(p->folder, sizeof p->folder, "%s/secant-XXXXXX", place && *place ? place : "/tmp");
	if (mkdtemp(p->folder))
		return 0;
	int status = secant_fail(err, SECANT_ERR_IO, "%s: cannot be made: %s", p->folder, strerror(errno));
	*p->folder = '\0';
	return status;
}

/* All of one stream to another; what went wrong, or NULL. */
static const char *
copy(FILE *from, FILE *to)
{
	char buffer[1 << 16];
	size_t n;
	while ((n = fread(buffer, 1, sizeof buffer, from)) > 0)
		if (fwrite(buffer, 1, n, to) != n)
			return "cannot be written";
	return ferror(from) ? "cannot be read" : fflush(to) ? "cannot be written" : NULL;
}

int
tool_pipe_in(tool_pipes *p, const char **input, secant_err *err)
{
	if (strcmp(*input, "-") != 0)
		return 0;
	if (*p->in)
		return secant_fail(err, SECANT_ERR_ARG, "standard input (-) can be one picture only");
	int status = make_folder(p, err);
	if (status)
		return status;
	(void)snprintf(p->in, sizeof p->in, "%s/stdin", p->folder);
	FILE *to = fopen(p->in, "wb");
	const char *wrong = to ? copy(stdin, to) : "cannot be written";
	long size = to ? ftell(to) : 0;
	if (to && fclose(to) && !wrong)
		wrong = "cannot be written";
	if (wrong)
		return secant_fail(err, SECANT_ERR_IO, "standard input: %s: %s", wrong, strerror(errno));
	if (!size)
		return secant_fail(err, SECANT_ERR_FORMAT, "standard input is empty");
	*input = p->in;
	return 0;
}

const char *
tool_pipe_out(tool_pipes *p, const char *extension, secant_err *err)
{
	if (isatty(STDOUT_FILENO)) {
		(void)secant_fail(
			err, SECANT_ERR_ARG, "--out -: standard output is a terminal; send it to a file or a program");
		return NULL;
	}
	if (make_folder(p, err))
		return NULL;
	(void)snprintf(p->out, sizeof p->out, "%s/stdout.%s", p->folder, extension);
	return p->out;
}

int
tool_pipe_flush(const tool_pipes *p, secant_err *err)
{
	if (!*p->out)
		return 0;
	FILE *from = fopen(p->out, "rb");
	const char *wrong = from ? copy(from, stdout) : "cannot be read";
	int reason = errno;
	if (from)
		(void)fclose(from);
	return wrong ? secant_fail(err, SECANT_ERR_IO, "standard output: %s: %s", wrong, strerror(reason)) : 0;
}

void
tool_pipe_end(tool_pipes *p)
{
	if (*p->in)
		(void)unlink(p->in);
	if (*p->out)
		(void)unlink(p->out);
	if (*p->folder)
		(void)rmdir(p->folder);
	*p = (tool_pipes){ "", "", "" };
}
