/*
 * Option tables: walking them, defaults, copies, finding a row by name. Values are opt_value.c's matter, the command
 * line opt_parse.c's, what people read opt_help.c's.
 */
#include "base/opt.h"
#include "base/json.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

bool
base_opt_is_row(const secant_opt *row)
{
	return row->type != SECANT_OPT_HEADING && row->type != SECANT_OPT_TABLE;
}

bool
base_opt_is_text(const secant_opt *row)
{
	return row->type == SECANT_OPT_STR || row->type == SECANT_OPT_JSON || row->type == SECANT_OPT_VARIANT;
}

static void
each_from(
	const secant_opts *table, size_t base, void (*visit)(void *user, const secant_opt *row, size_t offset), void *user)
{
	for (const secant_opt *row = table->rows; row->name; row++)
		if (row->type == SECANT_OPT_TABLE)
			each_from(row->table, base + row->offset, visit, user);
		else
			visit(user, row, base + row->offset);
}

void
secant_opts_each(const secant_opts *table, void (*visit)(void *user, const secant_opt *row, size_t offset), void *user)
{
	each_from(table, 0, visit, user);
}

/* Names are equal when they differ in - against _ only. */
static bool
same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* variant (nullable): receives the variant that the row stands in, NULL for none. */
static const secant_opt *
find_from(const secant_opts *table, size_t base, const char *name, size_t *offset, const secant_opt **variant)
{
	for (const secant_opt *row = table->rows; row->name; row++) {
		const secant_opt *inner = NULL;
		int i = 0;
		if (row->type == SECANT_OPT_TABLE) {
			if ((inner = find_from(row->table, base + row->offset, name, offset, variant)))
				return inner;
		} else if (row->type == SECANT_OPT_VARIANT) {
			inner = base_opt_in_variant(row->variant, &i, name);
			if (inner && variant)
				*variant = row;
		} else if (row->type != SECANT_OPT_HEADING && same_name(row->name, name))
			inner = row;
		if (inner) {
			if (offset)
				*offset = base + row->offset;
			return inner;
		}
	}
	return NULL;
}

const secant_opt *
secant_opts_find(const secant_opts *table, const char *name, size_t *offset)
{
	return find_from(table, 0, name, offset, NULL);
}

static void
shown_from(const secant_opts *table, bool variants, void (*visit)(void *user, const secant_opt *row), void *user)
{
	for (const secant_opt *row = table->rows; row->name; row++) {
		if (row->type == SECANT_OPT_TABLE)
			shown_from(row->table, variants, visit, user);
		else if (row->type != SECANT_OPT_VARIANT && !variants)
			visit(user, row);
		for (int i = 0; row->type == SECANT_OPT_VARIANT && variants && row->variant(i); i++) {
			char text[64];
			(void)snprintf(text, sizeof text, "Options of %s", row->variant(i)->name);
			secant_opt heading = SECANT_OPT_HEADING(text);
			if (row->variant(i)->rows->name)
				visit(user, &heading);
			shown_from(row->variant(i), false, visit, user);
		}
	}
}

void
secant_opts_each_shown(const secant_opts *table, void (*visit)(void *user, const secant_opt *row), void *user)
{
	shown_from(table, false, visit, user);
	shown_from(table, true, visit, user);
}

secant_status
base_opt_put(const secant_opts *table, void *object, const char *label, const char *name, const char *text,
	const json_t *j, secant_err *err)
{
	size_t offset;
	const secant_opt *variant = NULL, *row = find_from(table, 0, name, &offset, &variant);
	void *field = (char *)object + offset;
	if (variant)
		return base_opt_give(variant->variant, field, label, name, text, j, err);
	return j ? base_opt_read_json(row, field, label, j, err) : base_opt_read(row, field, label, text, err);
}

struct nearest {
	const char *name, *best;
	int distance;
};

static void
nearer(void *user, const secant_opt *row)
{
	struct nearest *n = user;
	const char *pair[] = { row->name, NULL };
	if (row->type == SECANT_OPT_HEADING || !secant_nearest(n->name, pair))
		return;
	int d = base_edit_distance(n->name, row->name);
	if (!n->best || d < n->distance) {
		n->best = row->name;
		n->distance = d;
	}
}

secant_status
base_opt_unknown(const secant_opts *table, const char *dash, const char *name, secant_err *err)
{
	struct nearest n = { .name = name };
	secant_opts_each_shown(table, nearer, &n);
	if (n.best)
		return secant_fail(err, SECANT_ERR_ARG, "%s%.100s: no such option (nearest: %s%s)", dash, name, dash, n.best);
	return secant_fail(err, SECANT_ERR_ARG, "%s%.100s: no such option", dash, name);
}

struct walk {
	const secant_opts *table;
	char *object;
	secant_err *err;
	secant_status status;
};

static void
clear_row(void *user, const secant_opt *row, size_t offset)
{
	if (base_opt_is_row(row))
		base_opt_clear(row, (char *)user + offset);
}

void
secant_opts_free(const secant_opts *table, void *object)
{
	secant_opts_each(table, clear_row, object);
	memset(object, 0, table->size);
}

static void
default_row(void *user, const secant_opt *row, size_t offset)
{
	struct walk *w = user;
	if (w->status || !base_opt_is_row(row) || !row->def)
		return;
	secant_err local = { 0 };
	w->status = base_opt_read(row, w->object + offset, row->name, row->def, &local);
	if (w->status)
		w->status = secant_fail(w->err, w->status == SECANT_ERR_NOMEM ? SECANT_ERR_NOMEM : SECANT_ERR_BUG,
			"options of %s: default of %s", w->table->name, local.msg);
}

secant_status
secant_opts_init(const secant_opts *table, void *object, secant_err *err)
{
	struct walk w = { table, object, err, SECANT_OK };
	memset(object, 0, table->size);
	secant_opts_each(table, default_row, &w);
	if (w.status)
		secant_opts_free(table, object);
	return w.status;
}

struct copy {
	char *to;
	const char *from;
	bool failed;
};

/* First pass: forget what belongs to `from`. */
static void
disown_row(void *user, const secant_opt *row, size_t offset)
{
	struct copy *c = user;
	if (base_opt_is_text(row))
		*(char **)(void *)(c->to + offset) = NULL;
	else if (row->type == SECANT_OPT_STRS)
		*(secant_strings *)(void *)(c->to + offset) = (secant_strings){ 0 };
}

static void
copy_strings(struct copy *c, secant_strings *to, const secant_strings *from)
{
	to->v = from->n ? secant_calloc((size_t)from->n, sizeof *to->v) : NULL;
	c->failed = from->n && !to->v;
	for (int i = 0; i < from->n && !c->failed; i++) {
		to->v[i] = base_strdup(from->v[i]);
		to->n += to->v[i] != NULL;
		c->failed = !to->v[i];
	}
}

static void
copy_row(void *user, const secant_opt *row, size_t offset)
{
	struct copy *c = user;
	if (c->failed)
		return;
	if (base_opt_is_text(row)) {
		const char *text = *(char *const *)(const void *)(c->from + offset);
		char *fresh = text ? base_strdup(text) : NULL;
		*(char **)(void *)(c->to + offset) = fresh;
		c->failed = text && !fresh;
	} else if (row->type == SECANT_OPT_STRS)
		copy_strings(c, (void *)(c->to + offset), (const void *)(c->from + offset));
}

secant_status
secant_opts_copy(const secant_opts *table, void *to, const void *from, secant_err *err)
{
	struct copy c = { to, from, false };
	memcpy(to, from, table->size);
	secant_opts_each(table, disown_row, &c);
	secant_opts_each(table, copy_row, &c);
	if (!c.failed)
		return SECANT_OK;
	secant_opts_free(table, to);
	return secant_fail(err, SECANT_ERR_NOMEM, "options of %s: no memory", table->name);
}

secant_status
secant_opts_set(const secant_opts *table, void *object, const char *name, const char *text, secant_err *err)
{
	char label[128];
	const secant_opt *row = secant_opts_find(table, name, NULL);
	if (!row)
		return base_opt_unknown(table, "--", name, err);
	(void)snprintf(label, sizeof label, "--%s", row->name);
	return base_opt_put(table, object, label, row->name, text, NULL, err);
}

secant_status
secant_opts_set_json(const secant_opts *table, void *object, const char *json, const char *origin, secant_err *err)
{
	secant_err local = { 0 };
	json_t *j = base_json_parse(json, strlen(json), origin, err);
	if (!j)
		return err ? err->code : SECANT_ERR_FORMAT;
	secant_status s = json_is_object(j)
		? SECANT_OK
		: secant_fail(&local, SECANT_ERR_FORMAT, "expected a JSON object with options of %s", table->name);
	const char *key;
	json_t *value;
	if (!s)
		json_object_foreach (j, key, value) {
			const secant_opt *row = secant_opts_find(table, key, NULL);
			s = row ? base_opt_put(table, object, row->name, row->name, NULL, value, &local)
					: base_opt_unknown(table, "", key, &local);
			if (s)
				break;
		}
	json_decref(j);
	return s ? secant_fail(err, local.code, "%s: %s", origin, local.msg) : SECANT_OK;
}

struct dump {
	const char *object;
	json_t *out;
	bool failed;
};

static void
dump_row(void *user, const secant_opt *row, size_t offset)
{
	struct dump *d = user;
	if (row->type == SECANT_OPT_VARIANT && !d->failed)
		d->failed = !base_opt_add_given(d->out, row->variant, *(char *const *)(const void *)(d->object + offset));
	else if (base_opt_is_row(row) && !d->failed)
		d->failed = json_object_set_new(d->out, row->name, base_opt_json(row, d->object + offset)) != 0;
}

json_t *
base_opts_json(const secant_opts *table, const void *object)
{
	struct dump d = { object, json_object(), false };
	if (d.out)
		secant_opts_each(table, dump_row, &d);
	if (d.out && !d.failed)
		return d.out;
	json_decref(d.out);
	return base_json_made(NULL);
}

char *
secant_opts_to_json(const secant_opts *table, const void *object)
{
	json_t *j = base_opts_json(table, object);
	char *text = base_json_text(j, 2);
	json_decref(j);
	return text;
}

char *
secant_opts_get(const secant_opts *table, const void *object, const char *name)
{
	size_t offset;
	const secant_opt *variant = NULL, *row = find_from(table, 0, name, &offset, &variant);
	if (!variant)
		return row ? base_opt_text(row, (const char *)object + offset) : NULL;
	const char *given = *(char *const *)(const void *)((const char *)object + offset);
	json_t *all = given ? json_loads(given, 0, NULL) : NULL;
	const char *text = json_string_value(json_object_get(all, row->name));
	char *copy = text ? base_strdup(text) : NULL;
	json_decref(all);
	return copy;
}
