/*
 * The command: one file per verb, cmd_VERB.c, whose last lines are its descriptor `const command command_VERB`, and one
 * line in commands.inc.
 *
 * To add a verb: copy a small one (cmd_list.c), write its option table and run function, add COMMAND(verb) to
 * commands.inc. Help, the reference page, shell completion and the man page follow from the table. The rows of `common`
 * stand last in a table: they bring their own heading.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H
#include <jansson.h>
#include <stdio.h>
#include <secant/options.h>

/* Rows every verb has, as the first member `common` of its option struct: SECANT_OPT_TABLE(S, common, &common_options).
 */
typedef struct common {
	bool json, quiet;
	char *config;
} common;
extern const secant_opts common_options;

/* The row of verbs that write one file where the user says. */
typedef struct replacing {
	bool overwrite;
} replacing;
extern const secant_opts replacing_options;

typedef struct command {
	const char *name, *brief; /* "train", "trains a network on a folder of pictures" */
	const char *operands; /* "DATA --out RUN", as in the usage line */
	const char *details; /* paragraphs of --help after the options; NULL for none */
	const char *example; /* one or more lines that work, each starting with "secant " */
	const secant_opts *options;
	const char *const *first; /* names of the options people need first, NULL-terminated: what --help shows where there
								 are many; NULL: it shows all */
	int min_operands, max_operands; /* max -1: any number */
	/* 0 done; otherwise err is set (ARG errors of usage exit 2, CANCELLED 130, all others 1). A run that has found
	 * something bad without failing (data check) may return a positive exit status with err unset. */
	int (*run)(void *options, int n, const char *const *operands, secant_err *err);
	bool loose; /* option names are taken with one dash or two, with _ for -: lines written for another program */
	const struct command *const *verbs; /* sub-verbs (secant data check): NULL-terminated; run is NULL then */
} command;

extern const command *const all_commands[]; /* NULL-terminated, from commands.inc */

/* The command of that name in a list; NULL if there is none. */
const command *command_find(const command *const *list, const char *name);
/* Calls `visit` for every verb that runs, sub-verbs included, with its full name ("data check"). */
void command_each(void (*visit)(void *user, const command *c, const char *name), void *user);
/* Prints what `secant --help` and `secant VERB --help` say; all: --help-all, every option. Lines fit the terminal. */
void command_print_list(FILE *to);
void command_print_help(FILE *to, const command *c, const char *name, bool all);

/* Before anything is done: an error where a file stands at `path` that secant did not write, unless it may go. NULL: no
 * file is written. */
secant_status tool_may_write(const char *path, const replacing *o, const common *c, secant_err *err);

/* The model that an operand stands for: of a run folder its best, or the last where none was best, as a path in
 * `buffer`; else the operand. */
const char *tool_model(const char *operand, char *buffer, size_t size);

/*
 * Building JSON. jansson leaves out what could not be had (no memory, text that is no UTF-8) without a word; these
 * remember it, and tool_print_json says it. They stand under jansson's names, so that there is one way to build.
 */
int tool_json_put(json_t *object, const char *key, json_t *value); /* takes the value */
int tool_json_append(json_t *array, json_t *value); /* takes the value */
#ifndef TOOLS_JSON_ITSELF
#undef json_object_set_new
#define json_object_set_new tool_json_put
#undef json_array_append_new
#define json_array_append_new tool_json_append
#endif

/* Prints j, which it takes over, with jansson's flags and a line feed; an error where a part of it could not be had. */
int tool_print_json(FILE *to, json_t *j, size_t flags, secant_err *err);
bool tool_json_printed(void); /* has an object gone to standard output? */
/* A number, null where there is none (NaN): JSON knows no other. */
json_t *tool_number(double v);
/* A score as people read it, in `text`: four decimals, "-" where there is none (NaN). */
enum { TOOL_SCORE = 24 };
const char *tool_score(char text[TOOL_SCORE], double v);
#define TOOL_SCORE_OF(v) tool_score((char[TOOL_SCORE]){ 0 }, v)

/* Log lines and progress go to standard error; --quiet keeps warnings and errors only. SECANT_LOG=debug shows more,
 * SECANT_LOG=json writes JSON lines ("debug,json" both). */
secant_logger tool_logger(const common *c);

/* Progress: a bar that is drawn over itself on a terminal, plain lines every few seconds elsewhere, JSON lines with
 * SECANT_LOG=json, nothing with --quiet. Log lines do not run into it. One bar at a time; `now` counts from 0 to
 * `total`. */
void tool_progress_begin(const common *c, const char *unit); /* "images": the rate reads "41.3 images/s" */
void tool_progress(
	const char *label, int64_t now, int64_t total, const char *values); /* "epoch 3/12", ..., "loss 0.412  iou 0.713" */
/* Ends the bar and leaves nothing of it; a caller that wants a line to stay logs it. */
void tool_progress_end(void);

/* Prints a text of several lines, names of files in it, without control bytes but line ends and tabs. */
void tool_print(const char *text);
/* True once after Ctrl-C (SIGINT or SIGTERM); a second one ends the process. A verb that never asks is ended by the
 * first. */
bool tool_interrupted(void);
#endif
