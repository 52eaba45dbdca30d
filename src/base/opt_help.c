/*
 * Option tables as people read them: the body of --help and the Markdown of the reference pages, printed from the rows.
 */
#include "base/mem.h"
#include "base/number.h"
#include "base/opt.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 100, NARROW = 60, COLUMN = 34 };

typedef struct help {
	base_str s;
	size_t width, column; /* of the whole, and where explanations begin */
	const char *only; /* the name of the one row wanted; NULL: all */
} help;

/* What stands for the value: "N", "HxW", ... */
static const char *const value_words[] = {
	[SECANT_OPT_INT] = "N",
	[SECANT_OPT_REAL] = "X",
	[SECANT_OPT_BOOL] = "",
	[SECANT_OPT_STR] = "TEXT",
	[SECANT_OPT_CHOICE] = "NAME",
	[SECANT_OPT_SIZE] = "HxW",
	[SECANT_OPT_INTS] = "N,N,...",
	[SECANT_OPT_REALS] = "X,X,...",
	[SECANT_OPT_STRS] = "TEXT",
	[SECANT_OPT_JSON] = "JSON",
};

static bool
is_number(const secant_opt *row)
{
	return row->type == SECANT_OPT_INT || row->type == SECANT_OPT_REAL || row->type == SECANT_OPT_SIZE
		|| row->type == SECANT_OPT_INTS || row->type == SECANT_OPT_REALS;
}

/* "1 to 4096", "at least 0", or "" without limits. Limits no user meets are not printed. */
static void
range_text(const secant_opt *row, char text[100])
{
	char lo[40], hi[40];
	text[0] = '\0';
	if (!is_number(row) || row->min > row->max)
		return;
	bool low = row->min > INT_MIN, high = row->max < INT_MAX;
	base_real_text(row->min, lo);
	base_real_text(row->max, hi);
	if (low && high)
		(void)snprintf(text, 100, "%s to %s", lo, hi);
	else if (low)
		(void)snprintf(text, 100, "at least %s", lo);
	else if (high)
		(void)snprintf(text, 100, "at most %s", hi);
}

/* Appends words, broken before the width; `column` is where the line stands. */
static void
add_wrapped(help *h, const char *text, size_t *column)
{
	base_str *s = &h->s;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (*column + n > h->width && *column > h->column) {
			base_str_addf(s, "\n%*s", (int)h->column, "");
			*column = h->column;
		}
		base_str_addn(s, text, n);
		*column += n;
		text += n;
		if (*text == ' ') {
			text++;
			if (*column + 1 + strcspn(text, " ") <= h->width) {
				base_str_add(s, " ");
				++*column;
			} else {
				base_str_addf(s, "\n%*s", (int)h->column, "");
				*column = h->column;
			}
		}
	}
}

static void
help_row(void *user, const secant_opt *row)
{
	help *h = user;
	base_str *s = &h->s;
	char range[100], left[160];
	if (h->only && (row->type == SECANT_OPT_HEADING || strcmp(row->name, h->only)))
		return;
	if (row->type == SECANT_OPT_HEADING) {
		base_str_addf(s, "%s%s:\n", s->n ? "\n" : "", row->help);
		return;
	}
	const char *word = value_words[row->type];
	(void)snprintf(left, sizeof left, "  --%s%s%s", row->name, *word ? " " : "", word);
	base_str_add(s, left);
	size_t column = strlen(left);
	if (column + 2 > h->column) {
		base_str_add(s, "\n");
		column = 0;
	}
	base_str_addf(s, "%*s", (int)(h->column - column), "");
	column = h->column;
	base_str notes = { 0 };
	base_str_add(&notes, row->help ? row->help : "");
	range_text(row, range);
	const char *separator = " (";
	if (row->type == SECANT_OPT_CHOICE) {
		base_str_addf(&notes, "%s%s", separator, row->values);
		separator = "; ";
	}
	if (range[0]) {
		base_str_addf(&notes, "%s%s", separator, range);
		separator = "; ";
	}
	if (row->def && !(row->type == SECANT_OPT_BOOL && !strcmp(row->def, "false"))) {
		base_str_addf(&notes, "%sdefault %s", separator, *row->def ? row->def : "''");
		separator = "; ";
	}
	if (separator[0] == ';')
		base_str_add(&notes, ")");
	char *text = base_str_take(&notes);
	if (text)
		add_wrapped(h, text, &column);
	s->failed = s->failed || !text;
	secant_free(text);
	base_str_add(s, "\n");
}

char *
secant_opts_help(const secant_opts *table, const char *const *names, int width)
{
	help h = { .width = width <= 0 || width > WIDTH ? WIDTH : width < NARROW ? NARROW : (size_t)width };
	h.column = h.width < 80 ? COLUMN / 2 : COLUMN;
	if (!names)
		secant_opts_each_shown(table, help_row, &h);
	for (; names && *names; names++) {
		h.only = *names;
		secant_opts_each_shown(table, help_row, &h);
	}
	return base_str_take(&h.s);
}

/* Text inside a cell: a bar would end it. */
static void
add_cell(base_str *s, const char *text)
{
	for (; *text; text++)
		if (*text == '|')
			base_str_add(s, "\\|");
		else
			base_str_addn(s, text, 1);
}

struct page {
	base_str s;
	const char *dash;
	bool open;
};

static void
markdown_row(void *user, const secant_opt *row)
{
	struct page *p = user;
	base_str *s = &p->s;
	char range[100], word[64];
	if (row->type == SECANT_OPT_HEADING) {
		base_str_addf(s, "%s### %s\n\n", s->n ? "\n" : "", row->help);
		p->open = false;
		return;
	}
	if (!p->open)
		base_str_addf(s, "| %s | values | default | what it does |\n|---|---|---|---|\n", *p->dash ? "option" : "name");
	p->open = true;
	base_str_addf(s, "| `%s%s` | ", p->dash, row->name);
	range_text(row, range);
	if (row->type == SECANT_OPT_CHOICE)
		for (int k = 0; base_opt_choice(row->values, k, word); k++)
			base_str_addf(s, "%s`%s`", k ? ", " : "", word);
	else if (row->type == SECANT_OPT_BOOL)
		base_str_add(s, "flag");
	else
		base_str_addf(s, "%s%s%s", value_words[row->type], range[0] ? ", " : "", range);
	base_str_add(s, " | ");
	if (row->def) {
		base_str_add(s, "`");
		add_cell(s, *row->def ? row->def : "''");
		base_str_add(s, "`");
	}
	base_str_add(s, " | ");
	add_cell(s, row->help ? row->help : "");
	base_str_add(s, " |\n");
}

char *
secant_opts_markdown(const secant_opts *table, const char *dash)
{
	struct page p = { .dash = dash };
	secant_opts_each_shown(table, markdown_row, &p);
	return base_str_take(&p.s);
}
