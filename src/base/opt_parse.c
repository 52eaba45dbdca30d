/*
 * The command line: options to the struct, everything else to the operands. A configuration file named by --config is
 * read first, wherever it stands, so that what is typed wins.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/opt.h"
#include <stdio.h>
#include <string.h>

enum { CONFIG_LIMIT = 1 << 24, MOST_LISTS = 64 };

/* Where the parser stands, and which lists of strings it has begun: the first mention replaces what default or file
 * said. */
typedef struct secant_opts_line {
	const secant_opts *table;
	json_t *config; /* NULL: there is none, or it is no JSON (said when it is read) */
	char *object;
	int argc, i;
	const char *const *argv;
	const secant_opt *begun[MOST_LISTS];
	int begun_n;
} line;

/* One option of the command line, taken apart. */
typedef struct word {
	const secant_opt *row;
	size_t offset;
	const char *value; /* NULL: none given */
	bool negated;
	char name[128];
} word;

static bool
is_option(const char *arg)
{
	double number;
	return arg[0] == '-' && arg[1] && !base_real_parse(arg, &number);
}

/* Finds the row of "--name", "--name=value", "--no-name" and takes its value from here or from the next argument. */
static secant_status
take_word(line *l, word *w, secant_err *err)
{
	const char *arg = l->argv[l->i];
	*w = (word){ 0 };
	if (arg[1] != '-')
		return secant_fail(err, SECANT_ERR_ARG, "%.100s: no such option (options begin with two dashes)", arg);
	const char *equals = strchr(arg, '=');
	(void)snprintf(w->name, sizeof w->name, "%.*s", (int)(equals ? equals - arg - 2 : 120), arg + 2);
	w->value = equals ? equals + 1 : NULL;
	w->row = secant_opts_find(l->table, w->name, &w->offset);
	if (!w->row && !strncmp(w->name, "no-", 3)) {
		w->row = secant_opts_find(l->table, w->name + 3, &w->offset);
		w->negated = true;
		if (w->row && w->row->type != SECANT_OPT_BOOL)
			w->row = NULL;
	}
	if (!w->row)
		return base_opt_unknown(l->table, "--", w->name, err);
	if (w->row->type == SECANT_OPT_BOOL) {
		if (w->negated && w->value)
			return secant_fail(err, SECANT_ERR_ARG, "--%s: takes no value", w->name);
		w->value = w->negated ? "false" : w->value ? w->value : "true";
	} else if (!w->value) {
		const char *next = l->i + 1 < l->argc ? l->argv[l->i + 1] : NULL;
		if (!next || !strncmp(next, "--", 2))
			return secant_fail(err, SECANT_ERR_ARG, "--%s: needs a value", w->row->name);
		w->value = next;
		l->i++;
	}
	return SECANT_OK;
}

const char *
secant_opts_typed(const secant_opts_line *from, const char *name)
{
	line l = *from;
	const char *value = NULL;
	word w;
	if (!secant_opts_find(l.table, name, NULL))
		return NULL;
	for (l.i = 0; l.i < l.argc && strcmp(l.argv[l.i], "--"); l.i++)
		/* What is wrong on the line is reported when the line is read; here a missing value must only not be taken for
		 * one. */
		if (is_option(l.argv[l.i]) && !take_word(&l, &w, NULL) && !strcmp(w.row->name, name))
			value = w.value;
	return value;
}

const char *
secant_opts_configured(const secant_opts_line *from, const char *name)
{
	return json_string_value(json_object_get(from->config, name));
}

/* Sets what comes from elsewhere (secant_opts.before), then what the configuration says. */
static secant_status
read_files(line *l, secant_err *err)
{
	const char *path = secant_opts_typed(l, "config");
	char *text = NULL;
	size_t size = 0;
	secant_err local = { 0 };
	secant_status s = path ? secant_file_read(&text, &size, path, CONFIG_LIMIT, &local) : SECANT_OK;
	if (s)
		return secant_fail(err, s, "--config: %s", local.msg);
	if (text && strlen(text) != size)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: byte %zu is zero, expected JSON text", path, strlen(text));
	l->config = text && !s ? json_loads(text, 0, NULL) : NULL;
	if (!s && l->table->before)
		s = l->table->before(l, l->object, err);
	json_decref(l->config);
	l->config = NULL;
	if (!s && text)
		s = secant_opts_set_json(l->table, l->object, text, path, err);
	secant_free(text);
	return s;
}

static secant_status
apply(line *l, const word *w, secant_err *err)
{
	char label[140];
	(void)snprintf(label, sizeof label, "--%s", w->row->name);
	void *field = l->object + w->offset;
	if (w->row->type == SECANT_OPT_STRS) {
		bool begun = false;
		for (int i = 0; i < l->begun_n; i++)
			begun = begun || l->begun[i] == w->row;
		if (!begun)
			base_opt_clear(w->row, field);
		if (!begun && l->begun_n < MOST_LISTS)
			l->begun[l->begun_n++] = w->row;
	}
	return base_opt_put(l->table, l->object, label, w->row->name, w->value, NULL, err);
}

secant_status
secant_opts_parse(const secant_opts *table, void *object, int argc, const char *const *argv, const char **operands,
	int *n, secant_err *err)
{
	line l = { .table = table, .object = object, .argc = argc, .argv = argv };
	secant_status s = read_files(&l, err);
	bool only_operands = false;
	*n = 0;
	for (l.i = 0; l.i < argc && !s; l.i++) {
		const char *arg = argv[l.i];
		word w;
		if (!only_operands && !strcmp(arg, "--"))
			only_operands = true;
		else if (only_operands || !is_option(arg))
			operands[(*n)++] = arg;
		else {
			s = take_word(&l, &w, err);
			if (!s)
				s = apply(&l, &w, err);
		}
	}
	return s;
}
