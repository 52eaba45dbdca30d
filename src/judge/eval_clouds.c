/* `secant eval` for clouds: the data set is opened as the model's training saw its own, and judged by a protocol. */
#include "judge/evaluate_clouds.h"

/* Which category the model was trained on, if on one. */
static const char *
own_category(const deploy_deployed *d)
{
	return json_string_value(json_object_get(json_object_get(d->file.settings, "clouds"), "category"));
}

/* The data set as the model saw its own: features and blocks, classes by their numbers, its one category. */
static secant_status
cloud_options(const deploy_deployed *d, const deploy_cloud_model *m, const secant_eval_options *o,
	secant_cloud_options *to, secant_err *err)
{
	base_str values = { 0 };
	secant_cloud_options from;
	secant_status s = secant_opts_init(&secant_cloud_options_table, &from, err);
	if (s)
		return s;
	secant_cloud_options all = from;
	all.recipe = m->recipe;
	all.source = o->clouds.source;
	for (int i = 0; m->value && i < d->classes; i++)
		base_str_addf(&values, "%s%lld", i ? "," : "", (long long)m->value[i]);
	if (m->value && !all.source.label_values)
		all.source.label_values = values.p;
	all.source.category = (char *)(uintptr_t)own_category(d);
	s = values.failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for options")
					  : secant_opts_copy(&secant_cloud_options_table, to, &all, err);
	base_str_free(&values);
	secant_opts_free(&secant_cloud_options_table, &from);
	return s;
}

/* Leaves the clouds of one category of several; classes stay those of the model. */
static secant_status
keep_category(data_clouds *s, const char *name, secant_err *err)
{
	int kept = 0, want = name ? data_cloud_list_category(&s->list, name, false, NULL) : -1;
	if (!name)
		return SECANT_OK;
	if (want < 0)
		return data_cloud_list_only(&s->list, name, err);
	for (int i = 0; i < s->list.n; i++) {
		data_cloud_item t = s->list.v[i];
		if (t.category != want)
			continue;
		s->list.v[i] = s->list.v[kept];
		s->list.v[kept++] = t;
	}
	for (int i = kept; i < s->list.n; i++) {
		secant_free(s->list.v[i].path);
		secant_free(s->list.v[i].labels);
	}
	s->list.n = kept;
	return kept ? SECANT_OK : secant_fail(err, SECANT_ERR_ARG, "--category '%s': the split has no cloud of it", name);
}

secant_status
judge_evaluate_cloud_set(const deploy_deployed *d, const char *data, const secant_eval_options *o, char *const *names,
	int n_names, const secant_logger *log, secant_scores *scores, secant_err *err)
{
	deploy_cloud_model m = { 0 };
	secant_cloud_options co = { 0 };
	data_clouds *s = NULL;
	secant_status status = deploy_cloud_model_read(&m, d, err);
	if (!status && !(status = cloud_options(d, &m, o, &co, err))) {
		double block = co.recipe.block;
		co.recipe.block = 0; /* whole clouds are read; blocks are cut here */
		data_clouds_request r = { .path = data,
			.split = o->split,
			.options = &co,
			.data = &o->data,
			.classify = d->kind == SECANT_NETWORK_CLOUDS };
		s = data_clouds_open(&r, err);
		co.recipe.block = block;
		status = s ? keep_category(s, own_category(d) ? NULL : o->clouds.source.category, err)
			: err  ? err->code
				   : SECANT_ERR_IO;
	}
	if (!status && s->classes != d->classes)
		status = secant_fail(
			err, SECANT_ERR_SHAPE, "%s: the data set has %d classes, the model %d", data, s->classes, d->classes);
	if (!status && m.categories && s->list.categories != m.categories && s->list.parts)
		status = secant_fail(err, SECANT_ERR_SHAPE, "%s: the data set has %d categories, the model %d", data,
			s->list.categories, m.categories);
	judge_cloud_evaluation e = { .d = d, .m = &m, .judging = &o->clouds, .batch = o->batch };
	if (!status && !(e.session = deploy_deployed_session(d, err)))
		status = err ? err->code : SECANT_ERR_NOMEM;
	if (!status)
		status = judge_evaluate_clouds(&e, s, names, n_names, scores, err);
	if (!status)
		data_clouds_say_nowhere(s, log);
	secant_session_free(e.session);
	data_clouds_free(s);
	secant_opts_free(&secant_cloud_options_table, &co);
	deploy_cloud_model_free(&m);
	return status;
}
