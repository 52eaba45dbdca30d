/*
 * `secant doc DIR`: the reference pages, one for each verb and one for each kind of registered things, printed from the
 * tables so that they cannot be wrong. Also the man page and shell completion.
 */
#include "doc.h"
#include <secant/annotations.h>
#include <secant/files.h>
#include <secant/info.h>
#include <stdlib.h>
#include <string.h>

typedef struct doc {
	common common;
	bool man, formats;
	int completion;
} doc;

static const secant_opt doc_rows[] = {
	SECANT_OPT(doc, man, BOOL, "man", "false", 0, 0, "prints the man page instead"),
	SECANT_OPT(doc, formats, BOOL, "formats", "false", 0, 0, "prints the page of data set formats instead"),
	SECANT_OPT_CHOICE(
		doc, completion, "completion", "none", "none|bash|zsh|fish", "prints completion for this shell instead"),
	SECANT_OPT_TABLE(doc, common, &common_options),
	SECANT_OPT_END,
};
static const secant_opts doc_options = { "doc", sizeof(doc), doc_rows };

/* Where the pages go, and the first error. */
typedef struct pages {
	const char *dir;
	secant_err *err;
} pages;

/* A page under construction, in memory. */
typedef struct page {
	FILE *f;
	char *text;
	size_t size;
} page;

static bool
page_open(page *p, const pages *to)
{
	*p = (page){ 0 };
	if (to->err->code)
		return false;
	p->f = open_memstream(&p->text, &p->size);
	if (!p->f)
		secant_fail(to->err, SECANT_ERR_NOMEM, "no memory");
	return p->f != NULL;
}

/* Writes DIR/folder/stem.md. */
static void
page_close(page *p, const pages *to, const char *folder, const char *stem)
{
	char path[1100];
	bool bad = ferror(p->f) != 0;
	bad = fclose(p->f) || bad;
	if (bad)
		secant_fail(to->err, SECANT_ERR_NOMEM, "no memory");
	else if (snprintf(path, sizeof path, "%s/%s%s.md", to->dir, folder, stem) >= (int)sizeof path)
		secant_fail(to->err, SECANT_ERR_ARG, "%.100s...: the name is too long", to->dir);
	else
		(void)!secant_file_write(path, p->text, p->size, to->err);
	free(p->text);
}

static void
print_options(FILE *f, const secant_opts *table, const char *dash)
{
	char *text = secant_opts_markdown(table, dash);
	fputs(text ? text : "", f);
	secant_free(text);
}

static void
file_stem(const char *name, char stem[100])
{
	snprintf(stem, 100, "%s", name);
	for (char *p = stem; *p; p++)
		if (*p == ' ')
			*p = '-';
}

static void
verb_page(void *user, const command *c, const char *name)
{
	const pages *to = user;
	page p;
	char stem[100];
	if (!page_open(&p, to))
		return;
	fprintf(p.f, "# secant %s\n\nThis page is printed by `secant doc`.\n\n`secant %s` %s.\n\n", name, name, c->brief);
	fprintf(p.f, "    secant %s [options]%s%s\n\n## Options\n\n", name, c->operands ? " " : "",
		c->operands ? c->operands : "");
	print_options(p.f, c->options ? c->options : &common_options, "--");
	if (c->details)
		fprintf(p.f, "\n%s%s", c->details, c->details[strlen(c->details) - 1] == '\n' ? "" : "\n");
	if (c->example)
		fprintf(p.f, "\n## Example\n\n");
	for (const char *line = c->example; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
		fprintf(p.f, "    %.*s\n", (int)strcspn(line, "\n"), line);
	file_stem(name, stem);
	page_close(&p, to, "commands/", stem);
}

static void
index_row(void *user, const command *c, const char *name)
{
	char stem[100];
	file_stem(name, stem);
	fprintf(user, "- [secant %s](commands/%s.md): %s\n", name, stem, c->brief);
}

static void
index_page(const pages *to)
{
	page p;
	if (!page_open(&p, to))
		return;
	fprintf(p.f, "# Reference\n\nThese pages are printed by `secant doc`.\n\n## Verbs\n\n");
	command_each(index_row, p.f);
	if (secant_kind_count())
		fprintf(p.f, "\n## What is registered\n\n");
	for (int k = 0; k < secant_kind_count(); k++)
		fprintf(p.f, "- [%s](%s.md)\n", secant_kind_title(k), secant_kind_name(k));
	page_close(&p, to, "", "README");
}

static void
kind_page(const pages *to, int kind)
{
	page p;
	if (!page_open(&p, to))
		return;
	fprintf(p.f, "# %s\n\nThis page is printed by `secant doc`.\n\n| name | what it is |\n|---|---|\n",
		secant_kind_title(kind));
	for (int i = 0; secant_kind_entry(kind, i).name; i++) {
		secant_entry e = secant_kind_entry(kind, i);
		fprintf(p.f, "| `%s` | %s |\n", e.name, e.brief ? e.brief : "");
	}
	for (int i = 0; secant_kind_entry(kind, i).name; i++) {
		secant_entry e = secant_kind_entry(kind, i);
		char *more = e.more ? e.more(e.name) : NULL;
		if (more)
			fprintf(p.f, "\n## %s\n\n%s", e.name, more);
		secant_free(more);
		if (!e.options || !e.options->rows[0].name)
			continue;
		fprintf(p.f, "\n## %s\n\n", e.name);
		print_options(p.f, e.options, "");
	}
	page_close(&p, to, "", secant_kind_name(kind));
}

static void
write_pages(const char *dir, secant_err *err)
{
	char commands[1100];
	pages to = { dir, err };
	if (snprintf(commands, sizeof commands, "%s/commands", dir) >= (int)sizeof commands)
		secant_fail(err, SECANT_ERR_ARG, "%.100s...: the name is too long", dir);
	if (err->code || secant_make_dirs(commands, err))
		return;
	index_page(&to);
	command_each(verb_page, &to);
	for (int k = 0; k < secant_kind_count(); k++)
		kind_page(&to, k);
}

static int
doc_run(void *options, int n, const char *const *operands, secant_err *err)
{
	const doc *o = options;
	static void (*const completions[])(
		FILE * to) = { NULL, doc_completion_bash, doc_completion_zsh, doc_completion_fish };
	if (o->man)
		doc_man(stdout);
	else if (o->formats) {
		char *text = secant_dataset_formats_page();
		fputs(text ? text : "", stdout);
		secant_free(text);
	} else if (o->completion)
		completions[o->completion](stdout);
	else if (!n)
		secant_fail(err, SECANT_ERR_ARG, "a folder is missing: secant doc DIR");
	else
		write_pages(operands[0], err);
	if (!err->code && n && o->common.json)
		return tool_print_json(stdout, json_pack("{s:s}", "folder", operands[0]), 0, err);
	return err->code;
}

const command command_doc = {
	.name = "doc",
	.brief = "writes the reference pages, or prints the man page or shell completion",
	.operands = "[DIR]",
	.details = "DIR/README.md names the pages, DIR/commands holds one for each verb, DIR/KIND.md lists what is "
			   "registered of each kind.",
	.example = "secant doc docs/reference\nsecant doc --man\nsecant doc --completion bash",
	.options = &doc_options,
	.max_operands = 1,
	.run = doc_run,
};
