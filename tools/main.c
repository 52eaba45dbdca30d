/*
 * The command `secant`: finds the verb, parses its options, runs it, turns its error into one line and an exit status.
 * 0 done, 1 failed, 2 wrong usage, 130 interrupted.
 */
#include "command.h"
#include <errno.h>
#include <secant/files.h>
#include <secant/info.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* What was typed: the command it names, its full name, and the arguments after it. */
typedef struct call {
	const command *command;
	char name[100];
	int argc;
	const char *const *argv;
} call;

/* Is --json among the arguments? Looked at as typed, since what is wrong may be an option. */
static bool
wants_json(const call *c)
{
	bool json = false;
	for (int i = 0; i < c->argc && strcmp(c->argv[i], "--"); i++)
		json = json || !strcmp(c->argv[i], "--json") || !strcmp(c->argv[i], "--json=true");
	return json;
}

/* An error on standard error; under --json also as the one object on standard output, unless the verb printed its own.
 */
static int
report(const call *c, const secant_err *err)
{
	const char *name = c->name, *message = err->msg[0] ? err->msg : "failed";
	int status = err->code == SECANT_ERR_CANCELLED ? EXIT_INTERRUPTED
		: err->code == SECANT_ERR_ARG              ? EXIT_USAGE
												   : EXIT_FAILED;
	tool_progress_end();
	fprintf(stderr, "secant%s%s: %s\n", *name ? " " : "", name, message);
	if (wants_json(c) && !tool_json_printed()) {
		json_t *text = json_string(message); /* NULL: names that are no UTF-8 */
		secant_err own = { 0 };
		(void)!tool_print_json(stdout,
			json_pack("{s:s,s:o,s:i}", "verb", name, "error", text ? text : json_string("failed"), "status", status), 0,
			&own);
		(void)fflush(stdout);
	}
	return status;
}

static void
unknown_verb(const char *name, const command *const *list, secant_err *err)
{
	enum { MOST = 64 };
	const char *names[MOST + 1] = { NULL };
	for (int i = 0; list[i] && i < MOST; i++)
		names[i] = list[i]->name;
	const char *nearest = secant_nearest(name, names);
	if (nearest)
		secant_fail(err, SECANT_ERR_ARG, "'%.60s': no such verb (nearest: %s)", name, nearest);
	else
		secant_fail(err, SECANT_ERR_ARG, "'%.60s': no such verb ('secant --help' lists them)", name);
}

/* Follows the words of the line down to a verb that runs: `secant data check` takes two. A group alone stays a group.
 */
static bool
find_call(call *c, secant_err *err)
{
	const command *const *list = all_commands;
	while (list && c->argc > 0 && c->argv[0][0] != '-') {
		const command *found = command_find(list, c->argv[0]);
		if (!found) {
			unknown_verb(c->argv[0], list, err);
			return false;
		}
		size_t n = strlen(c->name);
		snprintf(c->name + n, sizeof c->name - n, "%s%s", n ? " " : "", found->name);
		c->command = found;
		c->argc--;
		c->argv++;
		list = found->verbs;
	}
	return true;
}

/* Whether help is asked for, and whether all of it. */
static bool
wants_help(const call *c, bool *all)
{
	bool help = false;
	for (int i = 0; i < c->argc && strcmp(c->argv[i], "--"); i++) {
		*all |= !strcmp(c->argv[i], "--help-all");
		help |= *all || !strcmp(c->argv[i], "--help") || !strcmp(c->argv[i], "-h");
	}
	return help;
}

static bool
check_operands(const command *c, int n, secant_err *err)
{
	if (n >= c->min_operands && (c->max_operands < 0 || n <= c->max_operands))
		return true;
	bool few = n < c->min_operands;
	secant_fail(err, SECANT_ERR_ARG, "%d operand%s: %s %d (%s)", n, n == 1 ? "" : "s",
		few ? "expected at least" : "expected at most", few ? c->min_operands : c->max_operands,
		c->operands ? c->operands : "no operands");
	return false;
}

/* Output that did not reach a full disk is a failure. */
static int
flush_output(const call *c, int status)
{
	if ((fflush(stdout) || ferror(stdout)) && status == 0) {
		secant_err err = { 0 };
		secant_fail(&err, SECANT_ERR_IO, "standard output: %s", strerror(errno));
		return report(c, &err);
	}
	return status;
}

static int
run(const call *c, void *options, const char **operands)
{
	secant_err err = { 0 };
	int n = 0;
	const secant_opts *table = c->command->options ? c->command->options : &common_options;
	if (secant_opts_parse(table, options, c->argc, c->argv, operands, &n, &err)
		|| !check_operands(c->command, n, &err)) {
		int status = report(c, &err);
		return err.code == SECANT_ERR_RANGE || err.code == SECANT_ERR_FORMAT ? EXIT_USAGE : status;
	}
	int status = c->command->run(options, n, operands, &err);
	tool_progress_end();
	secant_err cut = { 0 }; /* what is made of a file that is half gone says less than that it is */
	if (secant_files_whole(&cut))
		return report(c, &cut);
	if (err.code)
		return report(c, &err);
	return flush_output(c, status < 0 ? EXIT_FAILED : status);
}

/* A word of a loose line as others have it: one dash or two, and - for _ in the option's name. Fresh; NULL: no memory.
 */
static char *
spelled(const char *word)
{
	size_t dashes = strspn(word, "-"), n = strlen(word);
	bool option = dashes && word[dashes] && !strchr("0123456789.", word[dashes]);
	char *s = malloc(n + 3);
	if (!s)
		return NULL;
	(void)snprintf(s, n + 3, "%s%s", option ? "--" : "", option ? word + dashes : word);
	for (char *at = s; option && *at && *at != '='; at++)
		*at = *at == '_' ? '-' : *at;
	return s;
}

static int run_with_options(const call *c);

/* The line as it is parsed of a command that is loose about its spelling. */
static int
run_loosely(const call *c)
{
	call plain = *c;
	char **words = calloc((size_t)c->argc + 1, sizeof *words);
	bool ok = words != NULL;
	for (int i = 0; ok && i < c->argc; i++)
		ok = (words[i] = spelled(c->argv[i])) != NULL;
	plain.argv = (const char *const *)words;
	secant_err err = { 0 };
	int status = ok ? run_with_options(&plain) : (secant_fail(&err, SECANT_ERR_NOMEM, "no memory"), report(c, &err));
	for (int i = 0; words && i < c->argc; i++)
		free(words[i]);
	free(words);
	return status;
}

static int
run_with_options(const call *c)
{
	secant_err err = { 0 };
	const secant_opts *table = c->command->options ? c->command->options : &common_options;
	const char **operands = calloc((size_t)c->argc + 1, sizeof *operands);
	void *options = calloc(1, table->size);
	int status;
	if (!operands || !options)
		secant_fail(&err, SECANT_ERR_NOMEM, "no memory");
	if (err.code || secant_opts_init(table, options, &err))
		status = report(c, &err);
	else {
		status = run(c, options, operands);
		secant_opts_free(table, options);
	}
	free(options);
	free(operands);
	return status;
}

static int
print_version(const call *c)
{
	printf("secant %s (%s, %s)\n", secant_version(), secant_backend(), secant_instruction_set());
	return flush_output(c, 0);
}

int
main(int argc, char **argv)
{
	secant_err err = { 0 };
	call c = { .argc = argc - 1, .argv = (const char *const *)argv + 1 };
	const char *called = argc > 0 ? strrchr(argv[0], '/') : NULL;
	called = called ? called + 1 : argc > 0 ? argv[0] : "";
	if (!strcmp(called, "atc")) { /* a link */
		argv[0] += called - argv[0];
		c.argc = argc;
		c.argv = (const char *const *)argv;
	}
	signal(SIGXFSZ, SIG_IGN); /* a file beyond ulimit -f is a write that fails, and is cleaned up like one */
	secant_guard_files();
	secant_guard_memory();
	if (secant_check_environment(&err))
		return report(&c, &err);
	if (argc > 1 && (!strcmp(argv[1], "--version") || (!strcmp(argv[1], "version") && argc == 2)))
		return print_version(&c);
	bool all = false, help = argc > 1 && !strcmp(argv[1], "help");
	if (help) {
		c.argc--;
		c.argv++;
	}
	if (!find_call(&c, &err))
		return report(&c, &err);
	help = wants_help(&c, &all) || help;
	if (help && c.command)
		command_print_help(stdout, c.command, c.name, all);
	else if (help)
		command_print_list(stdout);
	if (help)
		return flush_output(&c, 0);
	if (!c.command && c.argc > 0)
		secant_fail(&err, SECANT_ERR_ARG, "%.60s: no such option (before a verb: --help, --version)", c.argv[0]);
	else if (!c.command)
		secant_fail(&err, SECANT_ERR_ARG, "a verb is missing: 'secant --help' lists them");
	else if (c.command->verbs)
		secant_fail(&err, SECANT_ERR_ARG, "a verb is missing: 'secant %s --help' lists them", c.name);
	if (err.code)
		return report(&c, &err);
	return c.command->loose ? run_loosely(&c) : run_with_options(&c);
}
