/*
 * The options of the run that a model lies in. Only what decides which pictures are held out and how labels and sizes
 * are read is taken: where it lay, what was learnt and with which threads is nobody's business here.
 */
#include "judge/run_options.h"
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

static const char *const taken[] = {
	"labels",
	"label-threshold",
	"ignore-index",
	"class-file",
	"scale-labels",
	"validation-fraction",
	"folds",
	"fold",
	"from",
	"task",
	"objects",
	"on-top",
	"declared-size",
	"tile",
	"resize",
	"size",
	"label-values",
	"label-others",
	"label-column",
	"layout",
	"category",
	"test-area",
	NULL,
};

/* Is the option still what a new set of options has? */
static bool
is_default(const secant_eval_options *o, const secant_eval_options *plain, const char *name)
{
	char *now = secant_opts_get(&secant_eval_options_table, o, name),
		 *usual = secant_opts_get(&secant_eval_options_table, plain, name);
	bool same = (!now && !usual) || (now && usual && !strcmp(now, usual));
	secant_free(now);
	secant_free(usual);
	return same;
}

/* The run's value where it is another than the default, into `from`, and into `said`. */
static void
take(const char *name, const json_t *run, secant_eval_options *o, const secant_eval_options *plain, json_t *from,
	base_str *said)
{
	json_t *value = json_object_get(run, name);
	bool gone = !strcmp(name, "class-file") && json_is_string(value) && !secant_is_file(json_string_value(value));
	if (!value || json_is_null(value) || gone || !secant_opts_find(&secant_eval_options_table, name, NULL)
		|| !is_default(o, plain, name))
		return;
	secant_eval_options one;
	json_t *alone = json_object();
	if (alone && !json_object_set(alone, name, value) && !secant_opts_init(&secant_eval_options_table, &one, NULL)) {
		char *text = base_json_text(alone, 0), *now;
		if (text && !secant_opts_set_json(&secant_eval_options_table, &one, text, name, NULL)
			&& !is_default(&one, plain, name)) {
			(void)!json_object_set(from, name, value);
			now = secant_opts_get(&secant_eval_options_table, &one, name);
			base_str_addf(said, "%s--%s %s", said->n ? ", " : "", name, now ? now : "");
			secant_free(now);
		}
		secant_free(text);
		secant_opts_free(&secant_eval_options_table, &one);
	}
	json_decref(alone);
}

static secant_status
take_all(secant_eval_options *o, int64_t *seed, const json_t *run, const char *path, const secant_logger *log,
	secant_err *err)
{
	secant_eval_options plain;
	base_str said = { 0 };
	json_t *from = json_object();
	secant_status status = from ? secant_opts_init(&secant_eval_options_table, &plain, err)
								: secant_fail(err, SECANT_ERR_NOMEM, "no memory for a run's options");
	if (status) {
		json_decref(from);
		return status;
	}
	bool resizes = json_is_true(json_object_get(run, "resize"));
	for (const char *const *name = taken; *name; name++)
		if (strcmp(*name, "size") || resizes) /* of a run that cuts, the size is of its samples only */
			take(*name, run, o, &plain, from, &said);
	if (json_is_integer(json_object_get(run, "seed"))) {
		*seed = json_integer_value(json_object_get(run, "seed"));
		if (*seed)
			base_str_addf(&said, "%sseed %lld", said.n ? ", " : "", (long long)*seed);
	}
	char *text = base_json_text(from, 0);
	if (json_object_size(from))
		status = text ? secant_opts_set_json(&secant_eval_options_table, o, text, path, err)
					  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a run's options");
	if (!status && said.n)
		secant_log(log, SECANT_LOG_INFO, "as the run was trained (%s): %s", path, said.p);
	secant_free(text);
	base_str_free(&said);
	json_decref(from);
	secant_opts_free(&secant_eval_options_table, &plain);
	return status;
}

secant_status
judge_take_run(secant_eval_options *o, int64_t *seed, const char *model, const secant_logger *log, secant_err *err)
{
	char *folder = base_path_dir(model), *path = folder ? base_path_join(folder, "config.json") : NULL;
	*seed = 0;
	json_t *run = path && secant_is_file(path) ? base_json_read(path, NULL) : NULL;
	/* smp's folders have a config.json too, which is no run's */
	secant_status status = json_object_get(run, "epochs") ? take_all(o, seed, run, path, log, err) : SECANT_OK;
	json_decref(run);
	secant_free(path);
	secant_free(folder);
	return status;
}
