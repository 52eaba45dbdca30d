/*
 * Presets: options of a training as a JSON object, with a line "about" that says for what. Those of the program by
 * name, a user's own by path. They fill the options before anything that is given, so whatever is given wins.
 *
 * TO ADD ONE: a file NAME.json in src/train/presets.
 */
#include "train/preset.h"
#include <secant/train.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/registry.h"

enum { MOST = 63, LIMIT = 1 << 20 };

static const char *
find(const char *name)
{
	for (const train_preset_text *p = train_preset_texts; p->name; p++)
		if (!strcmp(p->name, name))
			return p->json;
	return NULL;
}

/* ---- `secant list presets` ---- */

/* The line "about" of each, taken out of its text once. */
static secant_entry
entry(int i)
{
	static char about[MOST + 1][160];
	if (i >= MOST || !train_preset_texts[i].name)
		return (secant_entry){ 0 };
	const char *json = train_preset_texts[i].json, *at = strstr(json, "\"about\": \""),
			   *end = at ? strchr(at + 10, '"') : NULL;
	if (end && !about[i][0] && (size_t)(end - at - 10) < sizeof about[i])
		memcpy(about[i], at + 10, (size_t)(end - at - 10));
	return (secant_entry){ train_preset_texts[i].name, about[i], NULL };
}
const base_kind base_kind_presets = { "presets", "Presets", entry };

static secant_status
unknown(const char *name, secant_err *err)
{
	char near[100];
	return secant_fail(err, SECANT_ERR_ARG,
		"preset: none is named '%s'%s, and there is no such file (secant list presets)", name,
		base_kind_near(&base_kind_presets, name, near));
}

char *
secant_train_preset(const char *name, secant_err *err)
{
	const char *built_in = find(name);
	char *read = NULL, *text = NULL;
	size_t size = built_in ? strlen(built_in) : 0;
	if (!built_in && !secant_is_file(name)) {
		unknown(name, err);
		return NULL;
	}
	if (!built_in && secant_file_read(&read, &size, name, LIMIT, err))
		return NULL;
	json_t *j = base_json_parse(built_in ? built_in : read, size, name, err);
	if (j && !json_is_object(j)) {
		secant_fail(err, SECANT_ERR_FORMAT, "%s: a preset is a JSON object of options", name);
	} else if (j) {
		json_object_del(j, "about");
		if (!(text = base_json_text(j, 0)))
			secant_fail(err, SECANT_ERR_NOMEM, "no memory for preset %s", name);
	}
	json_decref(j);
	secant_free(read);
	return text;
}

/* NAME-classes of the longest beginning of the name that has one; "" none. */
static void
sister(const char *name, char to[80])
{
	for (size_t n = strlen(name) < 60 ? strlen(name) : 0; n; n--) {
		(void)snprintf(to, 80, "%.*s-classes", (int)n, name);
		if ((!name[n] || name[n] == '-') && find(to))
			return;
	}
	*to = '\0';
}

secant_status
train_preset_fits(const secant_train_options *o, secant_err *err)
{
	const char *text = o->preset ? find(o->preset) : NULL;
	json_t *j = text && o->network.classes > 1 ? base_json_parse(text, strlen(text), o->preset, NULL) : NULL;
	const char *loss = json_string_value(json_object_get(j, "loss"));
	bool wrong = json_integer_value(json_object_get(j, "classes")) == 1 && loss && o->loss && !strcmp(loss, o->loss)
		&& strstr(loss, "bce");
	char fits[80];
	if (wrong) {
		sister(o->preset, fits);
		secant_fail(err, SECANT_ERR_ARG, "--preset %s is for one class, there are %d; %s%s fits", o->preset,
			o->network.classes, *fits ? "--preset " : "a --loss for several, 0.5*dice+0.5*ce,", fits);
	}
	json_decref(j);
	return wrong ? SECANT_ERR_ARG : SECANT_OK;
}
