/*
 * The table of verbs and what --help prints from it.
 */
#include "command.h"
#include <secant/files.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COMMAND(verb) extern const command command_##verb;
#include "commands.inc"
#undef COMMAND

const command *const all_commands[] = {
#define COMMAND(verb) &command_##verb,
#include "commands.inc"
#undef COMMAND
	NULL,
};

static const secant_opt common_rows[] = {
	SECANT_OPT_HEADING("With every verb"),
	SECANT_OPT(
		common, config, STR, "config", NULL, 0, 0, "reads options from this JSON file first; the command line wins"),
	SECANT_OPT(common, json, BOOL, "json", "false", 0, 0, "prints one JSON object on standard output"),
	SECANT_OPT(common, quiet, BOOL, "quiet", "false", 0, 0, "shows warnings and errors only"),
	SECANT_OPT_END,
};
const secant_opts common_options = { "common", sizeof(common), common_rows };

static const secant_opt replacing_rows[] = {
	SECANT_OPT(replacing, overwrite, BOOL, "overwrite", "false", 0, 0,
		"replaces a file that is there already and that secant did not write"),
	SECANT_OPT_END,
};
const secant_opts replacing_options = { "replacing", sizeof(replacing), replacing_rows };

/* Options, weights or state of a run, which other verbs wrote no less than this one? */
static bool
is_of_run(const char *path)
{
	static const char *const parts[] = { "config.json", "best.safetensors", "last.safetensors", "state.safetensors" };
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char log[1200];
	int n = snprintf(log, sizeof log, "%.*slog.jsonl", (int)(name - path), path);
	bool part = false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		part |= !strcmp(name, parts[i]);
	return part && n > 0 && (size_t)n < sizeof log && secant_is_file(log) && secant_is_file(path);
}

secant_status
tool_may_write(const char *path, const replacing *o, const common *c, secant_err *err)
{
	secant_logger log = tool_logger(c);
	if (!path || o->overwrite)
		return SECANT_OK;
	if (is_of_run(path))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s is part of a run of training: --overwrite replaces it, another name keeps it", path);
	return secant_file_may_replace(path, &log, err);
}

const command *
command_find(const command *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp((*list)->name, name))
			return *list;
	return NULL;
}

const char *
tool_model(const char *operand, char *buffer, size_t size)
{
	static const char *const names[] = { "best", "last" };
	for (int i = 0; i < 2 && secant_is_dir(operand); i++) {
		int n = snprintf(buffer, size, "%s/%s.safetensors", operand, names[i]);
		if (n > 0 && (size_t)n < size && secant_is_file(buffer))
			return buffer;
	}
	return operand;
}

static void
each_in(const command *const *list, const char *before, void (*visit)(void *user, const command *c, const char *name),
	void *user)
{
	char name[100];
	for (; *list; list++) {
		snprintf(name, sizeof name, "%s%s%s", before, *before ? " " : "", (*list)->name);
		if ((*list)->verbs)
			each_in((*list)->verbs, name, visit, user);
		else
			visit(user, *list, name);
	}
}

void
command_each(void (*visit)(void *user, const command *c, const char *name), void *user)
{
	each_in(all_commands, "", visit, user);
}

static void
print_verbs(FILE *to, const command *const *list)
{
	for (; *list; list++)
		fprintf(to, "  %-10s %s\n", (*list)->name, (*list)->brief);
}

void
command_print_list(FILE *to)
{
	fprintf(to,
		"secant: segmentation networks: training, evaluation, deployment\n\nusage: secant VERB [options] "
		"operands\n\nverbs:\n");
	print_verbs(to, all_commands);
	fprintf(to,
		"\n'secant VERB --help' tells more; 'secant --version' names the version.\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n");
}

static void
count_row(void *user, const secant_opt *row)
{
	*(int *)user += row->type != SECANT_OPT_HEADING;
}

/* Columns of the terminal that is written to, or as $COLUMNS says; 0: neither is known. */
static int
terminal_width(FILE *to)
{
	struct winsize w;
	const char *columns = getenv("COLUMNS");
	if (columns && *columns)
		return (int)strtol(columns, NULL, 10);
	return isatty(fileno(to)) && !ioctl(fileno(to), TIOCGWINSZ, &w) ? w.ws_col : 0;
}

void
command_print_help(FILE *to, const command *c, const char *name, bool all)
{
	fprintf(to, "secant %s: %s\n\n", name, c->brief);
	if (c->verbs) {
		fprintf(to, "usage: secant %s VERB [options] operands\n\nverbs:\n", name);
		print_verbs(to, c->verbs);
		return;
	}
	fprintf(to, "usage: secant %s [options]%s%s\n\n", name, c->operands ? " " : "", c->operands ? c->operands : "");
	const secant_opts *table = c->options ? c->options : &common_options;
	const char *const *first = all ? NULL : c->first;
	char *options = secant_opts_help(table, first, terminal_width(to));
	fputs(options ? options : "", to);
	secant_free(options);
	if (first) {
		int n = 0;
		secant_opts_each_shown(table, count_row, &n);
		fprintf(to, "\n'secant %s --help-all' shows all %d options.\n", name, n);
	}
	if (c->details)
		fprintf(to, "\n%s%s", c->details, c->details[0] && c->details[strlen(c->details) - 1] == '\n' ? "" : "\n");
	if (c->example)
		fprintf(to, "\nexample:\n");
	for (const char *line = c->example; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		fprintf(to, "  %.*s\n", (int)strcspn(line, "\n"), line);
}

void
tool_print(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool control = (*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f;
		bool second = *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0; /* a control of two bytes in UTF-8 */
		putchar(control || second ? '?' : *p);
		p += second;
	}
}
