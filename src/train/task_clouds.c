/*
 * Training on clouds: a class for every point (N x P x 1 x C to N x P x 1 x classes), or one for the cloud (to N x
 * classes). Numbers of classes, of categories and of channels come from the data set and the features; the model
 * remembers how clouds became numbers. Validation predicts every point of every cloud, as a product would, by the
 * protocol that suits (evaluate_clouds.h).
 */
#include <math.h>
#include <string.h>
#include "base/file.h"
#include "judge/evaluate_clouds.h"
#include "train/trainer.h"
#include "train/validation.h"

struct train_work {
	data_clouds *train, *validation; /* the second may be NULL */
	train_validation run; /* of validation */
	deploy_deployed as; /* the model in training, as evaluation sees one */
	deploy_cloud_model recipe;
	secant_cloud_judging judging; /* defaults */
	bool said; /* what was left out of the clouds */
};

struct train_feed {
	data_loader *loader;
};

static bool
takes_points(const secant_network *net)
{
	return secant_network_kind_of(net) == SECANT_NETWORK_POINTS;
}
static bool
takes_clouds(const secant_network *net)
{
	return secant_network_kind_of(net) == SECANT_NETWORK_CLOUDS;
}

/* ---- defaults ---- */

secant_status
train_clouds_default(secant_train_options *o, const char *data, const secant_logger *log, secant_err *err)
{
	bool scans = false, whole = false;
	bool clouds = takes_points(&o->network) || takes_clouds(&o->network),
		 usual = !strcmp(o->network.arch, secant_opts_find(&secant_network_options, "arch", NULL)->def),
		 pictures = usual && !o->data.from;
	if (!clouds && !(pictures && data_clouds_certain(data, &scans, &whole)))
		return SECANT_OK;
	if (!clouds) {
		char *arch = base_strdup(whole ? "pointnet-cls" : "pointnet-dense");
		if (!arch)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for options");
		secant_free(o->network.arch);
		o->network.arch = arch;
		secant_log(
			log, SECANT_LOG_INFO, "%s holds clouds: --arch %s (secant list architectures has the others)", data, arch);
	}
	if (o->clouds.recipe.up > 2) {
		(void)data_clouds_certain(data, &scans, NULL);
		scans |= o->clouds.recipe.block > 0;
		o->clouds.recipe.up = scans ? 2 : 1;
		secant_log(log, SECANT_LOG_INFO, "the up axis is %s (--up)", scans ? "z, as in scans" : "y, as in shapes");
	}
	if (scans && !whole && !takes_clouds(&o->network) && !(o->clouds.recipe.block > 0))
		secant_log(log, SECANT_LOG_WARNING,
			"each scan is one sample, taken as a single shape: --block N, in its unit, cuts scenes into columns");
	return SECANT_OK;
}

/* ---- opening ---- */

/* The numbers that stand for the classes of the training set hold for validation too. */
static secant_status
take_values(const data_clouds *train, secant_cloud_options *o, secant_err *err)
{
	base_str text = { 0 };
	if (!train->list.values || o->source.label_values)
		return SECANT_OK;
	for (int i = 0; i < train->list.classes; i++)
		base_str_addf(&text, "%s%lld", i ? "," : "", (long long)train->list.values[i]);
	o->source.label_values = base_str_take(&text);
	return o->source.label_values ? SECANT_OK
								  : secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d classes", train->list.classes);
}

static secant_status
open_sets(train_trainer *s, const char *data, secant_err *err)
{
	train_work *w = s->work;
	secant_cloud_options own;
	data_clouds_request r = {
		.path = data,
		.split = s->o->clouds.train_split,
		.options = &s->o->clouds,
		.data = &s->o->data,
		.seed = (uint64_t)s->o->seed,
		.classify = takes_clouds(&s->o->network),
	};
	if (!(w->train = data_clouds_open(&r, err))
		|| secant_opts_copy(&secant_cloud_options_table, &own, &s->o->clouds, err))
		return err->code;
	r.split = s->o->clouds.validation_split;
	r.options = &own;
	secant_status status = take_values(w->train, &own, err);
	/* A folder without splits is divided, unless nothing is to be held out. */
	bool whole = w->train->set->any && !data_clouds_has(data, &own, "train");
	bool divides = whole && !secant_is_file(data) && (s->o->data.validation_fraction > 0 || s->o->data.folds > 1);
	bool there = divides || (!whole && data_clouds_has(data, &own, r.split));
	if (!status && there && !(w->validation = data_clouds_open(&r, err)))
		status = err->code;
	if (!status && !there)
		secant_log(&s->events->log, SECANT_LOG_WARNING, "%s has no %s: the last epoch is the best", data, r.split);
	secant_opts_free(&secant_cloud_options_table, &own);
	if (!status && w->validation && w->validation->classes != w->train->classes)
		status = secant_fail(err, SECANT_ERR_FORMAT, "%s: %s has %d classes, %s has %d; give --class-file", data,
			s->o->clouds.train_split, w->train->classes, r.split, w->validation->classes);
	s->validates = w->validation != NULL;
	return status;
}

static json_t *
names_json(char *const *names, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

/* What the model must know to treat a cloud as training did. */
static json_t *
settings_of(const train_trainer *s)
{
	const data_clouds *t = s->work->train;
	const secant_cloud_options *o = &s->o->clouds;
	char *recipe = secant_opts_to_json(&secant_cloud_recipe_options, &o->recipe);
	json_t *j = json_object();
	json_object_set_new(j, "recipe", recipe ? json_loads(recipe, 0, NULL) : NULL);
	json_object_set_new(j, "turned", json_boolean(o->rotate != 0));
	json_object_set_new(j, "categories", names_json(t->list.category, t->list.categories));
	if (t->list.parts && !t->classify) {
		json_t *parts = json_array();
		for (int i = 0; i < t->list.categories; i++)
			json_array_append_new(parts, json_integer(t->list.parts[i]));
		json_object_set_new(j, "parts", parts);
	}
	bool local = t->list.local && t->list.parts;
	if (!t->classify && (t->list.values || t->list.first_label || local)) {
		json_t *values = json_array();
		for (int c = 0, i = 0; i < t->list.classes; i++) {
			while (local && i >= t->first_part[c + 1])
				c++;
			json_array_append_new(values,
				json_integer(
					t->list.values ? t->list.values[i] : t->list.first_label + i - (local ? t->first_part[c] : 0)));
		}
		json_object_set_new(j, "values", values);
	}
	if (o->source.category)
		json_object_set_new(j, "category", json_string(o->source.category));
	secant_free(recipe);
	return j;
}

static secant_status
make_model(train_trainer *s, secant_err *err)
{
	train_work *w = s->work;
	secant_network net;
	if (secant_opts_copy(&secant_network_options, &net, &s->o->network, err))
		return err->code;
	net.classes = w->train->classes;
	net.in_channels = w->train->features.channels;
	net.categories = w->train->list.categories > 0 ? w->train->list.categories : net.categories;
	secant_status status = SECANT_OK;
	if (secant_network_inputs(&net) > net.in_channels && !w->train->list.parts)
		status = secant_fail(err, SECANT_ERR_ARG,
			"%s is told the category of each object; this data set has none (pointnet-dense needs none)", net.arch);
	else if (net.classes < 2)
		status = secant_fail(err, SECANT_ERR_ARG, "the data set has %d class; at least two are wanted", net.classes);
	else if (s->o->network.classes > 1 && s->o->network.classes != net.classes)
		status = secant_fail(err, SECANT_ERR_ARG,
			"--classes %d: the data set has %d classes (without --classes they are taken from there)",
			s->o->network.classes, net.classes);
	else if (s->o->network.in_channels != 3 && s->o->network.in_channels != net.in_channels)
		status = secant_fail(err, SECANT_ERR_ARG, "--in-channels %d: --features %s are %d numbers a point",
			s->o->network.in_channels, s->o->clouds.recipe.features, net.in_channels);
	else
		status = model_new(&s->model, &net, "multiclass", "none", false, err);
	secant_opts_free(&secant_network_options, &net);
	if (status)
		return status;
	s->model.clouds = settings_of(s);
	return data_clouds_class_names(w->train, &s->model.class_names, &s->model.n_class_names, err);
}

/* The model as evaluation takes one: settings, a runner on the weights that change. */
static secant_status
make_judge(train_trainer *s, secant_err *err)
{
	train_work *w = s->work;
	const secant_network *net = &s->model.net;
	w->as = (deploy_deployed){
		.precision = s->precision,
		.mode = BASE_MODE_MULTICLASS,
		.kind = takes_points(net) ? SECANT_NETWORK_POINTS : SECANT_NETWORK_CLOUDS,
		.classes = net->classes,
		.in_channels = net->in_channels,
		.inputs = secant_network_inputs(net),
		.multiple = 1,
		.activated = net->activation && strcmp(net->activation, "identity"),
	};
	w->as.categories = w->as.inputs > w->as.in_channels ? net->categories : 0;
	w->as.file.settings = json_pack("{s:O}", "clouds", s->model.clouds);
	if (!w->as.file.settings)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for settings");
	secant_status status = secant_opts_init(&secant_cloud_judging_options, &w->judging, err);
	return status ? status : deploy_cloud_model_read(&w->recipe, &w->as, err);
}

static secant_status
open_clouds(train_trainer *s, const char *data, secant_err *err)
{
	const secant_train_options *o = s->o;
	if (!(s->work = secant_calloc(1, sizeof *s->work)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a training");
	if (open_sets(s, data, err) || make_model(s, err) || nn_loss_check(o->loss, s->model.mode, NULL, err)
		|| make_judge(s, err))
		return err->code;
	s->n_samples = data_clouds_samples(s->work->train);
	s->batch = o->batch;
	if (s->batch > s->n_samples) {
		s->batch = s->n_samples;
		secant_log(&s->events->log, SECANT_LOG_WARNING, "training samples: %d, so that the batch is %d, not %d",
			s->n_samples, s->n_samples, o->batch);
	}
	if (s->n_samples < 2 && o->clouds.recipe.block <= 0 && !strncmp(o->network.arch, "pointnet-", 9))
		return secant_fail(err, SECANT_ERR_ARG,
			"%s: one cloud is one sample, and the norms of %s want 2 or more: --block 20 cuts a scene into columns of "
			"20 of "
			"its units, many samples",
			data, o->network.arch);
	s->input = (secant_shape){ 4, { s->batch, o->clouds.recipe.points, 1, s->work->as.inputs } };
	return SECANT_OK;
}

static void
close_clouds(train_work *w)
{
	if (!w)
		return;
	train_validation_free(&w->run);
	deploy_cloud_model_free(&w->recipe);
	json_decref(w->as.file.settings);
	secant_opts_free(&secant_cloud_judging_options, &w->judging);
	data_clouds_free(w->train);
	data_clouds_free(w->validation);
	secant_free(w);
}

/* ---- the loss ---- */

static graph_value
loss_of(train_trainer *s, graph_net *g, const nn_built *built, secant_err *err)
{
	secant_shape t = *graph_shape(g, built->logits);
	t.rank--; /* a class index stands for the last axis */
	nn_loss_input in = {
		.logits = graph_apply(g, "upcast", NULL, 1, built->logits),
		.target = graph_input(g, "target", SECANT_I32, &t),
		.mode = s->model.mode,
		.classes = s->model.net.classes,
		.has_ignore = takes_points(&s->model.net),
		.ignore = -1,
	};
	graph_value loss = nn_loss_build(g, s->o->loss, &in, err);
	return loss < 0 || built->penalty < 0 ? loss : graph_apply(g, "add", NULL, 2, loss, built->penalty);
}

/* ---- batches ---- */

static train_feed *
feed_new(train_trainer *s, bool augment, secant_err *err)
{
	data_cloud_loader_options lo = {
		.batch = s->batch,
		.threads = s->o->data.loader_threads,
		.shuffle = true,
		.drop_last = true,
		.augment = augment,
		.category = s->work->as.inputs > s->work->as.in_channels,
		.seed = (uint64_t)s->o->seed,
	};
	train_feed *f = secant_calloc(1, sizeof *f);
	if (!f)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
	else if (!(f->loader = data_cloud_loader_new(s->work->train, &lo, err)))
		secant_free(f), f = NULL;
	return f;
}

static void
feed_free(train_feed *f)
{
	if (f)
		data_loader_free(f->loader);
	secant_free(f);
}

static int
feed_batches(const train_feed *f)
{
	return data_loader_batches(f->loader);
}
static secant_status
feed_start(train_feed *f, uint32_t epoch, int first, secant_err *err)
{
	return data_loader_start(f->loader, epoch, first, err);
}

static secant_status
feed_next(train_feed *f, train_task_batch *b, bool *end, secant_err *err)
{
	data_batch clouds;
	secant_status status = data_loader_next(f->loader, &clouds, end, err);
	*b = (train_task_batch){ .n = clouds.n,
		.inputs = 2,
		.input = { { "input", clouds.input }, { "target", clouds.target } },
		.sample = clouds.sample };
	return status;
}

static const char *
sample_name(const train_trainer *s, int sample)
{
	const data_clouds *t = s->work->train;
	return t->points ? t->list.v[0].path : t->list.v[sample].path;
}

/* ---- validation ---- */

enum { IOU, MIOU, ACCURACY, CLASS_ACCURACY, CATEGORY_IOU, LOSS };
static const train_metric point_metrics[] = {
	[IOU] = { "iou", "IoU", false },
	[MIOU] = { "miou", "mean IoU", false },
	[ACCURACY] = { "accuracy", "accuracy", false },
	[CLASS_ACCURACY] = { "class_accuracy", "class accuracy", false },
	[CATEGORY_IOU] = { "category_iou", "IoU of categories", false },
	[LOSS] = { "validation_loss", "validation loss", true },
	{ 0 },
};
static const train_metric cloud_metrics[] = {
	{ "accuracy", "accuracy", false },
	{ "class_accuracy", "class accuracy", false },
	{ "validation_loss", "validation loss", true },
	{ 0 },
};

static void
take_scores(const train_trainer *s, const secant_scores *from, double *values)
{
	if (s->task->metrics == cloud_metrics) {
		values[0] = from->accuracy, values[1] = from->class_accuracy, values[2] = from->loss;
		return;
	}
	values[IOU] = from->iou, values[MIOU] = from->miou, values[ACCURACY] = from->accuracy,
	values[CLASS_ACCURACY] = from->class_accuracy, values[CATEGORY_IOU] = from->category_iou;
	values[LOSS] = from->loss;
}

static secant_status
validate(train_trainer *s, int epoch, double *values, secant_err *err)
{
	train_work *w = s->work;
	secant_scores scores = { 0 };
	(void)epoch;
	secant_status status = train_validation_begin(&w->run, s, "probabilities", err);
	if (status)
		return status;
	w->as.runner = w->run.runner;
	judge_cloud_evaluation e = { .d = &w->as,
		.session = w->run.session,
		.m = &w->recipe,
		.judging = &w->judging,
		.batch = s->batch,
		.seed = (uint64_t)s->o->seed };
	status = judge_evaluate_clouds(&e, w->validation, s->model.class_names, s->model.n_class_names, &scores, err);
	if (!status)
		take_scores(s, &scores, values);
	train_validation_end(&w->run);
	secant_scores_free(&scores);
	if (!w->said) {
		data_clouds_say_nowhere(w->train, &s->events->log);
		data_clouds_say_nowhere(w->validation, &s->events->log);
		w->said = true;
	}
	return status;
}

#define CLOUD_TASK \
	.rate = "clouds_per_second", .loss = "ce", .open = open_clouds, .close = close_clouds, .loss_of = loss_of, \
	.feed_new = feed_new, .feed_free = feed_free, .feed_batches = feed_batches, .feed_start = feed_start, \
	.feed_next = feed_next, .sample_name = sample_name, .validate = validate

extern const train_training train_training_clouds;
const train_training train_training_points = {
	.name = "points",
	.brief = "a class for every point of a cloud",
	.samples = "samples",
	.metrics = point_metrics,
	.takes = takes_points,
	CLOUD_TASK,
};
const train_training train_training_clouds = {
	.name = "clouds",
	.brief = "a class for every cloud",
	.samples = "clouds",
	.metrics = cloud_metrics,
	.takes = takes_clouds,
	CLOUD_TASK,
};
