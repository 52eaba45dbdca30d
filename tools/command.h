/*
 * The command: one file per verb, cmd_VERB.c, whose last lines are its descriptor, and one line in commands.inc.
 *
 * To add a verb: copy a small one (cmd_info.c), write its option table and run function, add COMMAND(verb) to commands.inc. Help, the
 * reference page, shell completion and the man page follow from the table.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H
#include <secant/options.h>

/* Rows every verb has, as the first member `common` of its option struct: SECANT_OPT_TABLE(S, common, &common_options). */
typedef struct common { bool json, quiet; char *config; } common;
extern const secant_opts common_options;

typedef struct command {
	const char *name, *brief;            /* "train", "trains a network on a folder of pictures" */
	const char *operands;                /* "DATA --out RUN", as in the usage line */
	const char *details;                 /* paragraphs of --help after the options; NULL for none */
	const char *example;                 /* one or more lines that work, each starting with "secant " */
	const secant_opts *options;
	int min_operands, max_operands;      /* max -1: any number */
	/* 0 done; otherwise err is set (ARG errors of usage exit 2, CANCELLED 130, all others 1). A run that has found something bad
	 * without failing (data check) may return a positive exit status with err unset. */
	int (*run)(void *options, int n, const char *const *operands, secant_err *err);
	const struct command *const *verbs;  /* sub-verbs (secant data check): NULL-terminated; run is NULL then */
} command;

extern const command *const command_list[];   /* NULL-terminated, from commands.inc */

/* Log lines and progress go to standard error; --quiet keeps warnings and errors only. */
secant_logger tool_logger(const common *c);
/* True once after Ctrl-C (SIGINT or SIGTERM); a second one ends the process. */
bool tool_interrupted(void);
#endif
