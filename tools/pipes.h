/* Standard input and output as pictures, where a verb takes "-" for them. */
#ifndef TOOLS_PIPES_H
#define TOOLS_PIPES_H
#include <stdbool.h>
#include <secant/base.h>

typedef struct tool_pipes {
	char folder[1024], in[1100], out[1100]; /* "" none; files of a folder of their own, while the verb works */
} tool_pipes;

/* An input that is "-" becomes a file with all of standard input; others stay as they are. 0, or an error. */
int tool_pipe_in(tool_pipes *p, const char **input, secant_err *err);
/* The path of a file that tool_pipe_flush will send to standard output; NULL and an error: that is a terminal, or the
 * folder cannot be made. */
const char *tool_pipe_out(tool_pipes *p, const char *extension, secant_err *err);
int tool_pipe_flush(const tool_pipes *p, secant_err *err);
void tool_pipe_end(tool_pipes *p); /* removes what was made */
#endif
