/*
 * Options as handles, and the tables that can be had by name: those of this library, and those that a library above
 * adds when it is loaded.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <secant/predict.h>
#include "base/mem.h"

struct secant_options {
	const secant_opts *table;
	void *object;
};

static const secant_options_named own[] = {
	{ "predict", &secant_predict_options },
	{ "predict-output", &secant_predict_output_options },
	{ "predict-clouds", &secant_predict_cloud_options },
	{ NULL, NULL },
};
static _Atomic(const secant_options_named *) added; /* set once, when libsecant is loaded */

void
secant_options_add(const secant_options_named *tables)
{
	atomic_store(&added, tables);
}

static const secant_options_named *
at(int i)
{
	int n = (int)(sizeof own / sizeof *own) - 1;
	const secant_options_named *more = atomic_load(&added);
	if (i < n)
		return &own[i];
	for (i -= n; more && more->name; more++, i--)
		if (!i)
			return more;
	return NULL;
}

const char *
secant_options_table(int i)
{
	const secant_options_named *t = i < 0 ? NULL : at(i);
	return t ? t->name : NULL;
}

static const secant_opts *
find(const char *name, secant_err *err)
{
	char all[300] = "";
	for (int i = 0; at(i); i++) {
		size_t used = strlen(all);
		if (!strcmp(at(i)->name, name))
			return at(i)->table;
		(void)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", at(i)->name);
	}
	secant_fail(err, SECANT_ERR_ARG, "no table of options is named '%s'; there are %s", name, all);
	return NULL;
}

secant_options *
secant_options_new(const char *name, secant_err *err)
{
	const secant_opts *table = find(name, err);
	secant_options *o = table ? secant_calloc(1, sizeof *o) : NULL;
	if (table && (!o || !(o->object = secant_calloc(1, table->size)))) {
		secant_free(o);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for options");
		return NULL;
	}
	if (!o)
		return NULL;
	o->table = table;
	if (!secant_opts_init(table, o->object, err))
		return o;
	secant_options_free(o);
	return NULL;
}

void
secant_options_free(secant_options *o)
{
	if (!o)
		return;
	secant_opts_free(o->table, o->object);
	secant_free(o->object);
	secant_free(o);
}

secant_status
secant_options_set(secant_options *o, const char *name, const char *text, secant_err *err)
{
	return secant_opts_set(o->table, o->object, name, text, err);
}

secant_status
secant_options_set_json(secant_options *o, const char *json, secant_err *err)
{
	return secant_opts_set_json(o->table, o->object, json, "options", err);
}

char *
secant_options_get(const secant_options *o, const char *name)
{
	return secant_opts_get(o->table, o->object, name);
}

char *
secant_options_json(const secant_options *o)
{
	return secant_opts_to_json(o->table, o->object);
}

const void *
secant_options_struct(const secant_options *o)
{
	return o->object;
}
