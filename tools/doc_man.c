/*
 * The man page secant(1), printed from the table of verbs.
 */
#include "doc.h"
#include <ctype.h>
#include <string.h>

/* Text between macros: a leading dot or quote would be one, a backslash an escape, a dash should stay a dash. */
static void
man_text(FILE *to, const char *text)
{
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", to);
		line_start = *text == '\n';
		if (*text == '\\')
			fputs("\\e", to);
		else if (*text == '-')
			fputs("\\-", to);
		else
			fputc(*text, to);
	}
}

static void
man_row(void *user, const secant_opt *row)
{
	FILE *to = user;
	if (row->type == SECANT_OPT_HEADING)
		return;
	fputs(".TP\n\\fB", to);
	man_text(to, "--");
	man_text(to, row->name);
	fputs("\\fR", to);
	if (row->type == SECANT_OPT_CHOICE) {
		fputs(" ", to);
		man_text(to, row->values);
	} else if (row->type != SECANT_OPT_BOOL)
		fputs(" \\fIvalue\\fR", to);
	fputs("\n", to);
	man_text(to, row->help ? row->help : "");
	if (row->def && row->type != SECANT_OPT_BOOL) {
		fputs(" (default ", to);
		man_text(to, *row->def ? row->def : "empty");
		fputs(")", to);
	}
	fputs("\n", to);
}

/* The rows of `common` are described once, in a section of their own. */
static bool
is_common(const secant_opt *row)
{
	return secant_opts_find(&common_options, row->name, NULL) != NULL;
}

static void
man_own_row(void *user, const secant_opt *row)
{
	if (row->type != SECANT_OPT_HEADING && !is_common(row))
		man_row(user, row);
}

static void
man_verb(void *user, const command *c, const char *name)
{
	FILE *to = user;
	fputs(".SS secant ", to);
	man_text(to, name);
	if (c->operands) {
		fputs(" ", to);
		man_text(to, c->operands);
	}
	fputs("\n", to);
	fputc(toupper((unsigned char)c->brief[0]), to);
	man_text(to, c->brief + 1);
	fputs(".\n", to);
	if (c->options)
		secant_opts_each_shown(c->options, man_own_row, to);
	if (c->example) {
		fputs(".PP\n.nf\n", to);
		man_text(to, c->example);
		fputs("\n.fi\n", to);
	}
}

void
doc_man(FILE *to)
{
	fprintf(to,
		".TH SECANT 1 \"\" \"secant %s\" \"User Commands\"\n.SH NAME\nsecant \\- segmentation networks: training, "
		"evaluation, deployment\n",
		secant_version());
	fputs(".SH SYNOPSIS\n.B secant\n.I VERB\n[\\fIoptions\\fR] \\fIoperands\\fR\n.SH DESCRIPTION\n"
		  "Trains, evaluates, compiles and deploys segmentation networks, for images and for point clouds.\n"
		  "An option is written \\fB\\-\\-name value\\fR or \\fB\\-\\-name=value\\fR; a flag \\fB\\-\\-name\\fR or "
		  "\\fB\\-\\-no\\-name\\fR;\n"
		  "\\fB\\-\\-\\fR ends the options.\n.SH OPTIONS OF EVERY VERB\n",
		to);
	secant_opts_each_shown(&common_options, man_row, to);
	fputs(".TP\n\\fB\\-\\-help\\fR\nDescribes the verb.\n.SH VERBS\n", to);
	command_each(man_verb, to);
	fputs(".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 130 interrupted.\n.SH ENVIRONMENT\n"
		  ".TP\n.B SECANT_CPU\nCaps the instruction set: sse2, avx2, avx512 or amx.\n"
		  ".TP\n.B SECANT_LOG\n\\fBdebug\\fR shows more; \\fBjson\\fR writes log and progress as JSON lines.\n",
		to);
}
