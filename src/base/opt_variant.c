/*
 * Variants: options whose table is chosen by another option. What was given is kept as a JSON object of name and text
 * (as secant_opts_set reads it), so that the order on the line does not matter and the choice may come last.
 */
#include "base/json.h"
#include "base/mem.h"
#include "base/opt.h"
#include <stdio.h>
#include <string.h>

const secant_opt *
base_opt_in_variant(const secant_opts *(*variant)(int i), int *from, const char *name)
{
	const secant_opts *table;
	for (; (table = variant(*from)); ++*from) {
		const secant_opt *row = secant_opts_find(table, name, NULL);
		if (row)
			return row;
	}
	return NULL;
}

/* A value of a row by itself, from text or JSON, as text again; NULL and err where the row refuses it. */
static char *
canonical(const secant_opt *row, const char *label, const char *text, const json_t *j, secant_err *err)
{
	union {
		int i;
		double d;
		bool b;
		char *s;
		secant_ints ints;
		secant_reals reals;
		secant_strings strings;
	} value;
	memset(&value, 0, sizeof value);
	secant_status s = j ? base_opt_read_json(row, &value, label, j, err) : base_opt_read(row, &value, label, text, err);
	char *back = s ? NULL : base_opt_text(row, &value);
	if (!s && !back)
		secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", label);
	base_opt_clear(row, &value);
	return back;
}

static secant_status
keep(char **field, const char *name, const char *text, secant_err *err)
{
	json_t *all = *field ? json_loads(*field, 0, NULL) : json_object();
	bool ok = all && !(text ? json_object_set_new(all, name, json_string(text)) : (json_object_del(all, name), 0));
	char *fresh = ok ? base_json_text(all, 0) : NULL;
	json_decref(all);
	if (!fresh)
		return secant_fail(err, SECANT_ERR_NOMEM, "--%s: no memory", name);
	secant_free(*field);
	*field = fresh;
	return SECANT_OK;
}

secant_status
base_opt_give(const secant_opts *(*variant)(int i), char **field, const char *label, const char *name, const char *text,
	const json_t *j, secant_err *err)
{
	const secant_opt *row;
	secant_err first = { 0 };
	for (int i = 0; (row = base_opt_in_variant(variant, &i, name)); i++) {
		if (j && json_is_null(j) && !row->def)
			return keep(field, row->name, NULL, err);
		secant_err local = { 0 };
		char *same = canonical(row, label, text, j, &local);
		if (same) {
			secant_status s = keep(field, row->name, same, err);
			secant_free(same);
			return s;
		}
		if (!first.code)
			first = local;
	}
	return secant_fail(err, first.code, "%s", first.msg);
}

/* Is `text` the default of the option in a table that has it? */
static bool
is_default(const secant_opts *(*variant)(int i), const char *name, const char *text)
{
	const secant_opt *row;
	bool same = false;
	for (int i = 0; !same && (row = base_opt_in_variant(variant, &i, name)); i++) {
		char *given = canonical(row, name, text, NULL, NULL);
		char *def = given && row->def ? canonical(row, name, row->def, NULL, NULL) : NULL;
		same = given && def && !strcmp(given, def);
		secant_free(given);
		secant_free(def);
	}
	return same;
}

secant_status
secant_opts_resolve(
	const secant_opts *chosen, const secant_opts *(*variant)(int i), const char *given, void *object, secant_err *err)
{
	secant_status s = secant_opts_init(chosen, object, err);
	json_t *all = given && !s ? json_loads(given, 0, NULL) : NULL, *value;
	const char *name;
	if (given && !s && !all)
		s = secant_fail(err, SECANT_ERR_NOMEM, "options of %s: no memory", chosen->name);
	json_object_foreach (all, name, value) {
		int i = 0;
		const char *text = json_string_value(value);
		if (s || !text)
			continue;
		if (secant_opts_find(chosen, name, NULL))
			s = secant_opts_set(chosen, object, name, text, err);
		else if (!is_default(variant, name, text)) {
			(void)base_opt_in_variant(variant, &i, name);
			s = secant_fail(err, SECANT_ERR_ARG, "--%s: %s has no such option (%s has)", name, chosen->name,
				variant(i) ? variant(i)->name : "none");
		}
	}
	json_decref(all);
	if (s)
		secant_opts_free(chosen, object);
	return s;
}

struct write {
	const char *object;
	char *text;
	bool failed;
};

static void
write_row(void *user, const secant_opt *row, size_t offset)
{
	struct write *w = user;
	const void *field = w->object + offset;
	if (!base_opt_is_row(row) || w->failed || !base_opt_is_set(row, field))
		return;
	char *text = base_opt_text(row, field);
	w->failed = !text || keep(&w->text, row->name, text, NULL);
	secant_free(text);
}

char *
secant_opts_variant_text(const secant_opts *chosen, const void *object)
{
	struct write w = { object, base_strdup("{}"), false };
	secant_opts_each(chosen, write_row, &w);
	if (!w.failed)
		return w.text;
	secant_free(w.text);
	return NULL;
}

/* Adds what was given to the JSON of the outer table, each in its own type. */
bool
base_opt_add_given(json_t *out, const secant_opts *(*variant)(int i), const char *given)
{
	json_t *all = given ? json_loads(given, 0, NULL) : NULL, *value;
	const char *name;
	bool ok = all || !given;
	json_object_foreach (all, name, value) {
		const secant_opt *row;
		bool done = false;
		for (int i = 0; ok && !done && (row = base_opt_in_variant(variant, &i, name)); i++) {
			void *field = secant_calloc(1, sizeof(secant_reals) + sizeof(secant_ints));
			if (!(ok = field != NULL))
				break;
			done = !base_opt_read(row, field, name, json_string_value(value), NULL);
			if (done)
				ok = !json_object_set_new(out, name, base_opt_json(row, field));
			base_opt_clear(row, field);
			secant_free(field);
		}
	}
	json_decref(all);
	return ok;
}
