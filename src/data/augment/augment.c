/*
 * Pipelines: "flip-h,flip-v,hue-saturation-value(hue=20,p=0.3)" or JSON, [{"name": "hue-saturation-value", "hue": [-20,
 * 20], "p": 0.3}, "flip-h"]. In brackets, a part without = belongs to the value before it: (hue=-20,20,p=0.3), also
 * written (hue=[-20,20],p=0.3).
 */
#include "data/augment/augment.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/registry.h"
#include <string.h>

#define AUGMENT(name) extern const data_augment data_augment_##name;
#include "data/augment/augments.inc"
#undef AUGMENT
static const data_augment *const augments[] = {
#define AUGMENT(name) &data_augment_##name,
#include "data/augment/augments.inc"
#undef AUGMENT
	NULL,
};

enum { COUNT = sizeof augments / sizeof *augments - 1, MOST_STEPS = 64 };

typedef struct step {
	const data_augment *type;
	void *options;
} step;
struct data_augmentation {
	step v[MOST_STEPS];
	int n;
};

const data_augment *
data_augment_find(const char *name)
{
	for (int i = 0; i < COUNT; i++)
		if (!strcmp(augments[i]->name, name))
			return augments[i];
	return NULL;
}

static secant_entry
entry(int i)
{
	return i < COUNT ? (secant_entry){ augments[i]->name, augments[i]->brief, augments[i]->options }
					 : (secant_entry){ 0 };
}

const base_kind base_kind_augmentations = { "augmentations", "Augmentations", entry };

/* ---- parsing ---- */

static secant_status
unknown_step(const char *name, secant_err *err)
{
	char near[100];
	return secant_fail(err, SECANT_ERR_ARG,
		"augmentation '%.60s': no such step%s (secant list augmentations shows them)", name,
		base_kind_near(&base_kind_augmentations, name, near));
}

static secant_status
add_step(data_augmentation *a, const char *name, secant_err *err)
{
	const data_augment *type = data_augment_find(name);
	if (!type)
		return unknown_step(name, err);
	if (a->n == MOST_STEPS)
		return secant_fail(err, SECANT_ERR_RANGE, "augmentation: more than %d steps", MOST_STEPS);
	void *options = secant_calloc(1, type->options->size);
	if (!options)
		return secant_fail(err, SECANT_ERR_NOMEM, "augmentation: no memory");
	a->v[a->n++] = (step){ type, options };
	return secant_opts_init(type->options, options, err);
}

static secant_status
check_step(const step *s, secant_err *err)
{
	return s->type->check ? s->type->check(s->options, err) : SECANT_OK;
}

/* KEY=VALUE parts of the settings; `text` is cut up. */
static secant_status
read_settings(const step *s, char *text, secant_err *err)
{
	while (*text) {
		char *equals = strchr(text, '='), *end = equals ? equals : text;
		if (!equals)
			return secant_fail(err, SECANT_ERR_ARG, "augmentation %s: '%.60s' is not NAME=VALUE", s->type->name, text);
		/* The value goes on until the comma before the next NAME=, or to the end. */
		char *next = strchr(equals + 1, '=');
		end = next ? next : text + strlen(text);
		while (next && end > equals && *end != ',')
			end--;
		if (next && end == equals)
			return secant_fail(
				err, SECANT_ERR_ARG, "augmentation %s: '%.60s' has two = and no comma between", s->type->name, text);
		bool last = *end == '\0';
		*equals = *end = '\0';
		secant_err own = { 0 };
		char *value = equals + 1;
		if (*value == '[' && end > value + 1 && end[-1] == ']') /* brackets around a list are as good as none */
			value++, end[-1] = '\0';
		if (secant_opts_set(s->type->options, s->options, text, value, &own)) {
			secant_err_prefix(&own, "augmentation %s", s->type->name);
			return secant_fail(err, own.code, "%s", own.msg);
		}
		text = last ? end : end + 1;
	}
	return SECANT_OK;
}

/* Neither names nor values have spaces of their own. */
static void
drop_spaces(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++)
		if (!strchr(" \t\n", *from))
			*to++ = *from;
	*to = '\0';
}

static secant_status
read_words(data_augmentation *a, char *text, secant_err *err)
{
	while (*text) {
		size_t n = strcspn(text, ",(");
		char *settings = NULL, *rest = text + n;
		if (*rest == '(') {
			char *close = strchr(rest, ')');
			if (!close || (close[1] && close[1] != ','))
				return secant_fail(err, SECANT_ERR_ARG, "augmentation '%.100s': %s", text,
					close ? "expected a comma after )" : "a ( without its )");
			settings = rest + 1;
			*close = '\0';
			*rest = '\0';
			rest = close + 1;
		}
		bool more = *rest == ',';
		*rest = '\0';
		secant_status s = add_step(a, text, err);
		if (!s && settings)
			s = read_settings(&a->v[a->n - 1], settings, err);
		if (!s)
			s = check_step(&a->v[a->n - 1], err);
		if (s)
			return s;
		if (more && !rest[1])
			return secant_fail(err, SECANT_ERR_ARG, "augmentation: a comma at the end");
		text = more ? rest + 1 : rest;
	}
	return SECANT_OK;
}

static secant_status
read_object(data_augmentation *a, json_t *j, int i, secant_err *err)
{
	const json_t *name = json_is_string(j) ? j : json_object_get(j, "name");
	if (!json_is_string(name))
		return secant_fail(err, SECANT_ERR_ARG, "augmentation, step %d: expected a name or an object with \"name\"", i);
	secant_status s = add_step(a, json_string_value(name), err);
	if (s || json_is_string(j))
		return s ? s : check_step(&a->v[a->n - 1], err);
	const step *made = &a->v[a->n - 1];
	json_object_del(j, "name");
	char *text = base_json_text(j, 0);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "augmentation: no memory");
	secant_err own = { 0 };
	if (secant_opts_set_json(made->type->options, made->options, text, made->type->name, &own))
		s = secant_fail(err, own.code, "augmentation %s", own.msg);
	secant_free(text);
	return s ? s : check_step(made, err);
}

static secant_status
read_json(data_augmentation *a, const char *text, secant_err *err)
{
	json_t *list = base_json_parse(text, strlen(text), "augmentation", err);
	if (!list)
		return err ? err->code : SECANT_ERR_FORMAT;
	secant_status s = json_is_array(list)
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "augmentation: expected a JSON list of steps");
	for (size_t i = 0; !s && i < json_array_size(list); i++)
		s = read_object(a, json_array_get(list, i), (int)i, err);
	json_decref(list);
	return s;
}

data_augmentation *
data_augmentation_parse(const char *text, secant_err *err)
{
	data_augmentation *a = secant_calloc(1, sizeof *a);
	char *copy = base_strdup(text ? text : "");
	secant_status s = a && copy ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "augmentation: no memory");
	if (!s && copy[strspn(copy, " \t\n")] == '[')
		s = read_json(a, copy, err);
	else if (!s && copy[strspn(copy, " \t\n")] == '{')
		s = secant_fail(err, SECANT_ERR_ARG, "augmentation: expected a JSON list of steps");
	else if (!s && strcmp(copy, "none")) {
		drop_spaces(copy);
		s = read_words(a, copy, err);
	}
	secant_free(copy);
	if (s) {
		data_augmentation_free(a);
		return NULL;
	}
	return a;
}

void
data_augmentation_free(data_augmentation *a)
{
	if (!a)
		return;
	for (int i = 0; i < a->n; i++) {
		secant_opts_free(a->v[i].type->options, a->v[i].options);
		secant_free(a->v[i].options);
	}
	secant_free(a);
}

char *
data_augmentation_to_json(const data_augmentation *a)
{
	json_t *list = json_array();
	for (int i = 0; a && i < a->n; i++) {
		char *text = secant_opts_to_json(a->v[i].type->options, a->v[i].options);
		json_t *o = json_object(), *settings = text ? json_loads(text, 0, NULL) : NULL;
		json_object_set_new(o, "name", json_string(a->v[i].type->name));
		json_object_update(o, settings);
		json_array_append_new(list, o);
		json_decref(settings);
		secant_free(text);
	}
	char *text = base_json_text(list, 0);
	json_decref(list);
	return text;
}

/* ---- applying ---- */

secant_status
data_augmentation_apply(const data_augmentation *a, data_frame *f, secant_err *err)
{
	for (int i = 0; a && i < a->n; i++) {
		const step *s = &a->v[i];
		if (!s->type->apply || base_rng_uniform(&f->rng) >= *(const double *)s->options)
			continue;
		/* What works on single pixels may go before turns that are due, but not before a warp, whose border it changes
		 * too. */
		if (!s->type->moves && (!s->type->pointwise || f->warps))
			data_frame_settle(f);
		if (s->type->mixes && !f->partner)
			return secant_fail(
				err, SECANT_ERR_ARG, "augmentation %s: needs other samples of a data set", s->type->name);
		secant_status status = s->type->apply(s->options, f, err);
		if (status)
			return status;
	}
	data_frame_settle(f);
	return SECANT_OK;
}

bool
data_augmentation_window(
	const data_augmentation *a, base_rng *rng, int height, int width, int to_height, int to_width, data_window *w)
{
	for (int i = 0; a && i < a->n; i++)
		if (a->v[i].type->window && base_rng_uniform(rng) < *(const double *)a->v[i].options) {
			*w = a->v[i].type->window(a->v[i].options, rng, height, width, to_height, to_width);
			return true;
		}
	return false;
}
