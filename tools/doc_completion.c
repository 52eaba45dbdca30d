/*
 * Shell completion, printed from the table of verbs: the verbs, sub-verbs, options, and the values of options that have
 * a fixed set or name something registered. Everything else completes to file names.
 */
#include "doc.h"
#include <secant/info.h>
#include <string.h>

/* What a visitor of rows needs of their verb; `name` is full. */
typedef struct shell {
	FILE *to;
	const char *name;
} shell;

static void
word_row(void *user, const secant_opt *row)
{
	if (row->type != SECANT_OPT_HEADING)
		fprintf(user, " --%s", row->name);
}

/* Options whose values are the names of a registered kind. */
static const struct {
	const char *option, *kind;
} named_values[] = {
	{ "arch", "architectures" },
	{ "encoder", "encoders" },
	{ "preset", "presets" },
	{ "loss", "losses" },
	{ "metric", "metrics" },
	{ "augment", "augmentations" },
	{ "from", "datasets" },
	{ "to", "datasets" },
	{ "layout", "cloudsets" },
};

/* Which kind's names are the values of the option; -1: none's. */
static int
kind_of(const secant_opt *row)
{
	for (size_t i = 0; i < sizeof named_values / sizeof *named_values; i++)
		for (int k = 0; row->name && !strcmp(row->name, named_values[i].option) && k < secant_kind_count(); k++)
			if (!strcmp(secant_kind_name(k), named_values[i].kind))
				return k;
	return -1;
}

static bool
has_values(const secant_opt *row)
{
	return row->type == SECANT_OPT_CHOICE || kind_of(row) >= 0;
}

/* "a b c" for "a|b|c", or the names of a kind. */
static void
choice_words(FILE *to, const secant_opt *row)
{
	int kind = kind_of(row);
	for (int i = 0; kind >= 0 && secant_kind_entry(kind, i).name; i++)
		fprintf(to, "%s%s", i ? " " : "", secant_kind_entry(kind, i).name);
	for (const char *p = row->type == SECANT_OPT_CHOICE ? row->values : ""; *p; p++)
		fputc(*p == '|' ? ' ' : *p, to);
}

static const secant_opts *
options_of(const command *c)
{
	return c->options ? c->options : &common_options;
}

static void
bash_value_row(void *user, const secant_opt *row)
{
	const shell *s = user;
	if (!has_values(row))
		return;
	fprintf(s->to, "\t\"%s --%s\") words=\"", s->name, row->name);
	choice_words(s->to, row);
	fputs("\" ;;\n", s->to);
}

static void
bash_values(void *user, const command *c, const char *name)
{
	shell s = { user, name };
	secant_opts_each_shown(options_of(c), bash_value_row, &s);
}

static void
bash_verb(void *user, const command *c, const char *name)
{
	fprintf(user, "\t\"%s\") words=\"--help --help-all", name);
	secant_opts_each_shown(options_of(c), word_row, user);
	fputs("\" ;;\n", user);
}

static void
print_names(FILE *to, const command *const *list)
{
	for (int i = 0; list[i]; i++)
		fprintf(to, "%s%s", i ? " " : "", list[i]->name);
}

void
doc_completion_bash(FILE *to)
{
	fputs("# bash completion for secant, printed by 'secant doc --completion bash'\n"
		  "_secant()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} "
		  "words=\n"
		  "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W \"help ",
		to);
	print_names(to, all_commands);
	fputs(" --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $verb in\n", to);
	for (int i = 0; all_commands[i]; i++)
		if (all_commands[i]->verbs) {
			fprintf(
				to, "\t%s)\n\t\tif ((COMP_CWORD == 2)); then\n\t\t\tCOMPREPLY=($(compgen -W \"", all_commands[i]->name);
			print_names(to, all_commands[i]->verbs);
			fputs("\" -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n\t\tverb=\"$verb ${COMP_WORDS[2]}\" ;;\n", to);
		}
	fputs("\tesac\n\tcase \"$verb $prev\" in\n", to);
	command_each(bash_values, to);
	fputs("\tesac\n\tif [[ -z $words && $cur == -* ]]; then\n\t\tcase $verb in\n", to);
	command_each(bash_verb, to);
	fputs("\t\tesac\n\tfi\n\tif [[ -n $words ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		  "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\ncomplete -o filenames -F _secant secant\n",
		to);
}

/* In single quotes for zsh and fish; `extra` are characters that need a backslash. */
static void
quoted(FILE *to, const char *text, const char *extra)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fprintf(to, "%s%c", strchr(extra, *text) ? "\\" : "", *text);
}

static void
zsh_row(void *user, const secant_opt *row)
{
	FILE *to = user;
	if (row->type == SECANT_OPT_HEADING)
		return;
	fprintf(to, " \\\n\t\t\t'--%s[", row->name);
	quoted(to, row->help ? row->help : "", "[]:\\");
	fputs("]", to);
	if (has_values(row)) {
		fputs(":value:(", to);
		choice_words(to, row);
		fputs(")", to);
	} else if (row->type != SECANT_OPT_BOOL)
		fputs(":value:_files", to);
	fputs("'", to);
}

static void
zsh_verb(void *user, const command *c, const char *name)
{
	fprintf(user, "\t\"%s\") _arguments '*:file:_files'", name);
	secant_opts_each_shown(options_of(c), zsh_row, user);
	fputs(" ;;\n", user);
}

static void
zsh_list(FILE *to, const command *const *list)
{
	for (; *list; list++) {
		fprintf(to, " '%s:", (*list)->name);
		quoted(to, (*list)->brief, ":\\");
		fputs("'", to);
	}
}

void
doc_completion_zsh(FILE *to)
{
	fputs("#compdef secant\n# zsh completion for secant, printed by 'secant doc --completion "
		  "zsh'\n_secant()\n{\n\tlocal -a list\n\tlocal verb=$words[2]\n"
		  "\tif ((CURRENT == 2)); then\n\t\tlist=(",
		to);
	zsh_list(to, all_commands);
	fputs(")\n\t\t_describe verb list\n\t\treturn\n\tfi\n\tcase $verb in\n", to);
	for (int i = 0; all_commands[i]; i++)
		if (all_commands[i]->verbs) {
			fprintf(to, "\t%s)\n\t\tif ((CURRENT == 3)); then\n\t\t\tlist=(", all_commands[i]->name);
			zsh_list(to, all_commands[i]->verbs);
			fputs(")\n\t\t\t_describe verb list\n\t\t\treturn\n\t\tfi\n\t\tverb=\"$verb $words[3]\" ;;\n", to);
		}
	fputs("\tesac\n\tcase $verb in\n", to);
	command_each(zsh_verb, to);
	fputs("\tesac\n}\n_secant \"$@\"\n", to);
}

static void
fish_condition(const shell *s)
{
	fputs("complete -c secant -n '", s->to);
	char word[100];
	const char *space = strchr(s->name, ' ');
	snprintf(word, sizeof word, "%.*s", (int)strcspn(s->name, " "), s->name);
	fprintf(s->to, "__fish_seen_subcommand_from %s", word);
	if (space)
		fprintf(s->to, "; and __fish_seen_subcommand_from %s", space + 1);
	fputs("'", s->to);
}

static void
fish_row(void *user, const secant_opt *row)
{
	const shell *s = user;
	if (row->type == SECANT_OPT_HEADING)
		return;
	fish_condition(s);
	fprintf(s->to, " -l %s%s", row->name, row->type == SECANT_OPT_BOOL ? "" : " -r");
	if (has_values(row)) {
		fputs(" -f -a '", s->to);
		choice_words(s->to, row);
		fputs("'", s->to);
	}
	fputs(" -d '", s->to);
	quoted(s->to, row->help ? row->help : "", "\\");
	fputs("'\n", s->to);
}

static void
fish_verb(void *user, const command *c, const char *name)
{
	shell s = { user, name };
	secant_opts_each_shown(options_of(c), fish_row, &s);
}

static void
fish_names(FILE *to, const command *const *list, const char *condition)
{
	for (; *list; list++) {
		fprintf(to, "complete -c secant -f -n '%s' -a %s -d '", condition, (*list)->name);
		quoted(to, (*list)->brief, "\\");
		fputs("'\n", to);
	}
}

void
doc_completion_fish(FILE *to)
{
	char condition[200];
	fputs("# fish completion for secant, printed by 'secant doc --completion fish'\n", to);
	fish_names(to, all_commands, "__fish_use_subcommand");
	for (int i = 0; all_commands[i]; i++)
		if (all_commands[i]->verbs) {
			snprintf(condition, sizeof condition,
				"__fish_seen_subcommand_from %s; and test (count (commandline -opc)) -eq 2", all_commands[i]->name);
			fish_names(to, all_commands[i]->verbs, condition);
		}
	command_each(fish_verb, to);
}
