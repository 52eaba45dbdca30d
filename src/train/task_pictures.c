/*
 * Training on pictures and masks: a network from N x H x W x C to logits at every pixel. Losses as in nn/losses.c;
 * validation sees whole pictures through the folded graph, as a product would.
 */
#include <stdio.h>
#include <string.h>
#include "base/json.h"
#include "base/thread.h"
#include "judge/evaluate.h"
#include "model/onnx.h"
#include "train/labels.h"
#include "train/trainer.h"
#include "train/validation.h"

struct train_work {
	data_samples *train, *validation; /* the second may be NULL */
	data_augmentation *augmentation;
	train_validation run; /* of validation */
	double *weights; /* of training samples; NULL: all alike */
};

struct train_feed {
	data_loader *loader;
	const train_trainer *s;
	float *label; /* of a classification head: batch x classes, whether the class is in the picture; NULL: none */
};

static bool
takes(const secant_network *net)
{
	return true;
}

/* ---- opening ---- */

static secant_status
take_class_names(train_trainer *s, secant_err *err)
{
	const char *const *names;
	int n = data_samples_class_names(s->work->train, &names), ignore = s->o->data.ignore_index;
	if (s->model.mode == BASE_MODE_MULTICLASS && ignore >= 0 && ignore < s->o->network.classes)
		s->model.ignored = ignore + 1;
	if (n > 0 && !(s->model.class_names = secant_calloc((size_t)n, sizeof *s->model.class_names)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (int i = 0; i < n; i++, s->model.n_class_names++)
		if (!(s->model.class_names[i] = base_strdup(names[i])))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	const uint8_t(*colours)[3];
	n = data_samples_class_colours(s->work->train, &colours);
	if (n > 0 && s->model.mode != BASE_MODE_BINARY) {
		if (!(s->model.palette = secant_calloc((size_t)n, sizeof *s->model.palette)))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class colours");
		memcpy(s->model.palette, colours, (size_t)n * sizeof *colours);
		s->model.n_palette = n;
	}
	return SECANT_OK;
}

/* What is white in the training pictures is so in those of validation, in the model, and when the run goes on.
 * `measured`: normalisation undoes whatever was taken. */
static secant_status
take_white(train_trainer *s, bool measured, secant_err *err)
{
	char text[128];
	const char *note;
	for (int i = 0; (note = data_samples_white_note(s->work->train, i)); i++)
		if (*note)
			secant_log(&s->events->log, measured ? SECANT_LOG_INFO : SECANT_LOG_WARNING, "training pictures: %s", note);
	if (!strcmp(data_samples_white(s->work->train, text), "auto"))
		return SECANT_OK;
	if (!(s->model.white = base_strdup(text)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a text");
	return train_trainer_set(s, "white", text, err);
}

static secant_status
open_samples(train_trainer *s, const char *data, bool measured, secant_err *err)
{
	const secant_train_options *o = s->o;
	data_samples_request r = {
		.path = data,
		.split = "train",
		.options = &o->data,
		.in_channels = o->network.in_channels,
		.classes = o->network.classes,
		.kind = judge_target_of(s->model.mode),
		.seed = (uint64_t)o->seed,
	};
	if (!(s->work->train = data_samples_open(&r, err)))
		return err->code;
	if (take_white(s, measured, err))
		return err->code;
	if (*data_samples_pages_note(s->work->train))
		secant_log(&s->events->log, SECANT_LOG_WARNING, "%s", data_samples_pages_note(s->work->train));
	if (data_samples_are_guessed(s->work->train))
		secant_log(&s->events->log, SECANT_LOG_INFO, "%s: pictures and labels are paired by their names (%s, ...)",
			data, data_samples_label_path(s->work->train, 0));
	for (int i = 0; data_samples_note(s->work->train, i); i++)
		secant_log(&s->events->log, SECANT_LOG_INFO, "%s", data_samples_note(s->work->train, i));
	r.split = "val";
	/* A fraction or fold is held out where there are no split folders; train alone means train alone. */
	bool divides = (o->data.validation_fraction > 0 || o->data.folds > 1)
		&& !data_samples_exists(data, "train", &o->data);
	if (divides || data_samples_exists(data, "val", &o->data)) {
		if (!(s->work->validation = data_samples_open(&r, err)))
			return err->code;
	} else {
		secant_log(&s->events->log, SECANT_LOG_WARNING, "%s has no val: the last epoch is the best", data);
	}
	s->validates = s->work->validation != NULL;
	return take_class_names(s, err);
}

/* Height and width of a training sample: the option, or the one size all pictures have. */
static secant_status
choose_size(train_trainer *s, secant_err *err)
{
	const data_samples *train = s->work->train;
	int h, w,
		m = s->model.multiple > 1 ? s->model.multiple
								  : 32; /* any size works, a multiple of the encoder's stride works well */
	int side = s->model.side;
	if (side && s->o->data.size.n != 2) {
		h = w = side;
	} else if (s->o->data.size.n == 2) {
		h = s->o->data.size.v[0], w = s->o->data.size.v[1];
	} else {
		data_samples_size(train, 0, &h, &w);
		for (int i = 1; i < data_samples_count(train); i++) {
			int hi, wi;
			data_samples_size(train, i, &hi, &wi);
			if (hi != h || wi != w)
				return secant_fail(err, SECANT_ERR_ARG,
					"the pictures have several sizes (%s is %dx%d, %s is %dx%d): give --size for crops of one size",
					data_samples_image_path(train, 0), h, w, data_samples_image_path(train, i), hi, wi);
		}
		h = ((h < s->model.least ? s->model.least : h) + m - 1) / m * m;
		w = ((w < s->model.least ? s->model.least : w) + m - 1) / m * m;
	}
	if (h % s->model.multiple || w % s->model.multiple)
		return secant_fail(err, SECANT_ERR_ARG, "size %dx%d: %s wants multiples of %d; the next is %dx%d", h, w,
			s->o->network.arch, s->model.multiple, (h + m - 1) / m * m, (w + m - 1) / m * m);
	s->input = (secant_shape){ 4, { s->batch, h, w, s->o->network.in_channels } };
	return SECANT_OK;
}

/* The option is JSON: a list of steps, or a string of names. */
static secant_status
open_augmentation(train_trainer *s, secant_err *err)
{
	const char *text = s->o->augment;
	json_t *j = text && *text == '"' ? base_json_parse(text, strlen(text), "augment", err) : NULL;
	s->work->augmentation = data_augmentation_parse(j ? json_string_value(j) : text, err);
	json_decref(j);
	return s->work->augmentation ? SECANT_OK : err->code;
}

/* What the loss is computed on must be what it expects: logits, but for losses told otherwise. */
static secant_status
check_loss(const train_trainer *s, secant_err *err)
{
	const char *activation = s->o->network.activation ? s->o->network.activation : "identity";
	if (s->o->network.classes == 1 && strstr(activation, "softmax"))
		return secant_fail(err, SECANT_ERR_ARG,
			"activation %s: over one class it is 1 everywhere; sigmoid, or leave it out", activation);
	return nn_loss_check(s->o->loss, s->model.mode, activation, err);
}

static void
say_mode(const train_trainer *s)
{
	static const char *const modes[] = { "binary: 1 class against the rest, sigmoid",
		"multiclass: one of %d classes, softmax", "multilabel: %d classes, each for itself, sigmoid" };
	char text[96];
	(void)snprintf(text, sizeof text, modes[s->model.mode], s->o->network.classes);
	secant_log(&s->events->log, SECANT_LOG_INFO, "%s; loss %s", text, s->o->loss);
}

static secant_status
weigh_samples(train_trainer *s, secant_err *err)
{
	int n = data_samples_count(s->work->train);
	if (!(s->work->weights = secant_calloc((size_t)n, sizeof *s->work->weights)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the weights of %d pictures", n);
	secant_status status = data_samples_rarity(s->work->train, train_loader_threads(s->o), s->work->weights, err);
	double most = 0, sum = 0;
	for (int i = 0; i < n && !status; i++) {
		most = s->work->weights[i] > most ? s->work->weights[i] : most;
		sum += s->work->weights[i];
	}
	if (!status)
		secant_log(&s->events->log, SECANT_LOG_INFO, "the picture with the rarest class is seen %.3g times an epoch",
			most * n / sum);
	return status;
}

/* --normalize data: the numbers take the word's place, in the model and in config.json. Needs the training pictures,
 * read as they are. */
static secant_status
measure_pictures(train_trainer *s, const char *data, secant_err *err)
{
	enum { MOST = 16 };
	double mean[MOST], deviation[MOST];
	secant_data_options plain = s->o->data;
	plain.normalize.normalize = (char *)(uintptr_t) "unit";
	data_samples_request r = {
		.path = data,
		.split = "train",
		.options = &plain,
		.in_channels = s->o->network.in_channels,
		.classes = s->o->network.classes,
		.kind = DATA_TARGET_NONE,
		.seed = (uint64_t)s->o->seed,
	};
	data_samples *list = data_samples_open(&r, err);
	secant_status status = list ? data_samples_moments(list, train_loader_threads(s->o), mean, deviation, err)
								: err->code;
	base_str text = { 0 };
	for (int k = 0; k < 2 * s->o->network.in_channels && !status; k++) {
		int c = k % s->o->network.in_channels;
		base_str_addf(&text, "%s%.6g",
			k == 0  ? ""
				: c ? ","
					: "/",
			k < s->o->network.in_channels ? mean[c] : deviation[c]);
	}
	if (!status)
		status = train_trainer_set(s, "normalize", text.p, err);
	if (!status)
		secant_log(&s->events->log, SECANT_LOG_INFO, "mean and deviation of the training pictures: %s", text.p);
	base_str_free(&text);
	data_samples_free(list);
	return status;
}

enum {
	IOU,
	F1,
	ACCURACY,
	MIOU,
	PRECISION,
	RECALL,
	CLASS_ACCURACY,
	WEIGHTED_ACCURACY,
	KAPPA,
	BOUNDARY,
	THRESHOLDED,
	SOFT_DICE,
	SOFT_IOU,
	LOSS
};
static const train_metric metrics[] = {
	[IOU] = { "iou", "IoU", false },
	[F1] = { "f1", "F1", false },
	[ACCURACY] = { "accuracy", "accuracy", false },
	[MIOU] = { "miou", "mean IoU", false },
	[PRECISION] = { "precision", "precision", false },
	[RECALL] = { "recall", "recall", false },
	[CLASS_ACCURACY] = { "class_accuracy", "class accuracy", false },
	[WEIGHTED_ACCURACY] = { "frequency_weighted_accuracy", "frequency-weighted accuracy", false },
	[KAPPA] = { "kappa", "kappa", false },
	[BOUNDARY] = { "boundary_f1", "boundary F1", false },
	[THRESHOLDED] = { "thresholded_iou", "thresholded IoU", false },
	[SOFT_DICE] = { "soft_dice", "dice of probabilities", false },
	[SOFT_IOU] = { "soft_iou", "IoU of probabilities", false },
	[LOSS] = { "validation_loss", "validation loss", true },
	{ 0 },
};

/* The network: one of ours, or the one that training goes on with. */
static secant_status
make_model(train_trainer *s, secant_err *err)
{
	const secant_train_options *o = s->o;
	model_onnx_wishes w = {
		.classes = o->network.classes, .mode = o->mode, .normalize = o->data.normalize.normalize, .logits = true
	};
	base_str said = { 0 };
	if (!o->from_network || !model_is_onnx(o->from_network))
		return model_new(&s->model, &o->network, o->mode, o->data.normalize.normalize, false, err);
	secant_status status = model_onnx_open(&s->model, o->from_network, &w, false, &said, err);
	for (char *line = said.p, *end; !status && line && *line; line = end + 1) {
		if ((end = strchr(line, '\n')))
			*end = '\0';
		secant_log(&s->events->log, SECANT_LOG_INFO, "%s: %s", o->from_network, line);
		if (!end)
			break;
	}
	base_str_free(&said);
	return status;
}

static secant_status
open_pictures(train_trainer *s, const char *data, secant_err *err)
{
	const secant_train_options *o = s->o;
	if (!(s->work = secant_calloc(1, sizeof *s->work)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a training");
	if (o->metric && !strcmp(o->metric, metrics[BOUNDARY].name) && !(o->boundary > 0))
		return secant_fail(err, SECANT_ERR_ARG,
			"metric: boundary_f1 chooses, but boundary is 0: give a tolerance in pixels, or below 1 a share of the "
			"diagonal");
	bool measured = !strcmp(o->data.normalize.normalize, "data");
	if (measured && measure_pictures(s, data, err))
		return err->code;
	if (make_model(s, err) || check_loss(s, err)
		|| (!s->model.onnx.m && !strcmp(s->model.net.encoder, "none") && train_trainer_set(s, "encoder", "none", err))
		|| open_samples(s, data, measured, err) || open_augmentation(s, err))
		return err->code;
	for (int i = 0; i < 2 && o->data.resize && o->data.size.n == 2; i++)
		s->model.scaled[i] = o->data.size.v[i];
	if (train_check_labels(o, s->work->train, s->work->validation, s->events, err)
		|| (o->sample_weights && weigh_samples(s, err)))
		return err->code;
	say_mode(s);
	s->n_samples = data_samples_count(s->work->train);
	s->batch = o->batch;
	if (s->batch > s->n_samples) {
		s->batch = s->n_samples;
		secant_log(&s->events->log, SECANT_LOG_WARNING, "there %s %d training picture%s: the batch is %d, not %d",
			s->n_samples == 1 ? "is" : "are", s->n_samples, s->n_samples == 1 ? "" : "s", s->n_samples, o->batch);
	}
	return choose_size(s, err);
}

static void
close_pictures(train_work *w)
{
	if (!w)
		return;
	train_validation_free(&w->run);
	data_augmentation_free(w->augmentation);
	data_samples_free(w->train);
	data_samples_free(w->validation);
	secant_free(w->weights);
	secant_free(w);
}

/* ---- the loss ---- */

static graph_value
mask_loss(const train_trainer *s, graph_net *g, const nn_built *built, secant_err *err)
{
	const secant_shape *y = graph_shape(g, built->logits);
	bool index = s->model.mode == BASE_MODE_MULTICLASS;
	secant_shape t = *y;
	t.rank = index ? 3 : 4;
	int ignore = s->o->data.ignore_index;
	nn_loss_input in = {
		.target = graph_input(g, "target", index ? SECANT_I32 : SECANT_F32, &t),
		.mode = s->model.mode,
		.classes = s->o->network.classes,
		.has_ignore = ignore >= 0 || data_samples_have_voids(s->work->train),
		.ignore = index ? ignore : -1,
	};
	return nn_loss_build_heads(g, s->o->loss, &in, built, err);
}

/* The loss of a classification head: is the class somewhere in the picture? */
static graph_value
label_loss(const train_trainer *s, graph_net *g, graph_value label, secant_err *err)
{
	const secant_shape *y = graph_shape(g, label);
	int64_t classes = secant_shape_count(y) / y->dim[0];
	json_t *j = base_json_parse(s->o->network.aux_params, strlen(s->o->network.aux_params), "aux-params", err);
	bool activated = json_is_string(json_object_get(j, "activation"));
	json_decref(j);
	if (classes != s->o->network.classes) {
		secant_fail(err, SECANT_ERR_ARG,
			"aux-params: the head has %lld classes, the masks say of %d whether they are in a picture; give "
			"\"classes\": %d",
			(long long)classes, s->o->network.classes, s->o->network.classes);
		return -1;
	}
	if (activated) {
		secant_fail(err, SECANT_ERR_ARG, "aux-params: the head's loss wants logits; leave \"activation\" out");
		return -1;
	}
	nn_loss_input in = {
		.logits = graph_apply(g, "upcast", NULL, 1, label),
		.target = graph_input(g, "label_target", SECANT_F32, y),
		.mode = BASE_MODE_MULTILABEL,
		.classes = (int)classes,
	};
	graph_value loss = nn_loss_build(g, "bce", &in, err);
	return loss < 0 ? loss : graph_apply(g, "mul_scalar", &(op_number_attr){ s->o->aux_weight, 0 }, 1, loss);
}

static graph_value
loss_of(train_trainer *s, graph_net *g, const nn_built *built, secant_err *err)
{
	graph_value loss = mask_loss(s, g, built, err);
	if (loss < 0 || built->label < 0 || s->o->aux_weight <= 0)
		return loss;
	graph_value more = label_loss(s, g, built->label, err);
	return more < 0 ? more : graph_apply(g, "add", NULL, 2, loss, more);
}

/* ---- batches ---- */

static void
feed_free(train_feed *f)
{
	if (!f)
		return;
	data_loader_free(f->loader);
	secant_free(f->label);
	secant_free(f);
}

static train_feed *
feed_new(train_trainer *s, bool augment, secant_err *err)
{
	data_loader_options lo = {
		.batch = s->batch,
		.shuffle = true,
		.drop_last = true,
		.weights = augment ? s->work->weights : NULL,
		.size = { 2, { (int)s->input.dim[1], (int)s->input.dim[2] } },
		.resize = s->o->data.resize,
		.augmentation = augment ? s->work->augmentation : NULL,
		.seed = (uint64_t)s->o->seed,
		.threads = train_loader_threads(s->o),
		.multiple = 1,
	};
	train_feed *f = secant_calloc(1, sizeof *f);
	if (f && s->o->network.aux_params
		&& !(f->label = secant_calloc((size_t)s->batch * (size_t)s->o->network.classes, sizeof *f->label)))
		secant_free(f), f = NULL;
	if (!f) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a loader");
		return NULL;
	}
	f->s = s;
	if (!(f->loader = data_loader_new(s->work->train, &lo, err)))
		feed_free(f), f = NULL;
	return f;
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

/* Which classes are in each picture of the batch, after cutting and augmenting. */
static void
find_classes(const train_feed *f, const data_batch *b)
{
	int classes = f->s->o->network.classes;
	int64_t pixels = (int64_t)b->height * b->width;
	memset(f->label, 0, (size_t)b->n * (size_t)classes * sizeof *f->label);
	for (int n = 0; n < b->n; n++) {
		float *label = f->label + (int64_t)n * classes;
		for (int64_t i = 0; i < pixels; i++) {
			int64_t at = n * pixels + i;
			int k = f->s->model.mode == BASE_MODE_MULTICLASS ? ((const int32_t *)b->target)[at] : -1;
			if (k >= 0 && k < classes)
				label[k] = 1;
			for (int c = 0; c < classes && f->s->model.mode != BASE_MODE_MULTICLASS; c++)
				if (((const float *)b->target)[at * classes + c] >= .5f)
					label[c] = 1;
		}
	}
}

static secant_status
feed_next(train_feed *f, train_task_batch *b, bool *end, secant_err *err)
{
	data_batch pictures;
	secant_status status = data_loader_next(f->loader, &pictures, end, err);
	*b = (train_task_batch){ .n = pictures.n,
		.inputs = 2,
		.input = { { "input", pictures.input }, { "target", pictures.target } },
		.sample = pictures.sample };
	if (!status && !*end && f->label) {
		find_classes(f, &pictures);
		b->input[b->inputs].name = "label_target";
		b->input[b->inputs++].data = f->label;
	}
	return status;
}

static const char *
sample_name(const train_trainer *s, int sample)
{
	return data_samples_image_path(s->work->train, sample);
}

/* ---- validation ---- */

static void
take_scores(const secant_scores *from, double *values)
{
	values[IOU] = from->iou, values[F1] = from->f1, values[ACCURACY] = from->accuracy, values[MIOU] = from->miou,
	values[LOSS] = from->loss;
	values[PRECISION] = from->precision, values[RECALL] = from->recall, values[CLASS_ACCURACY] = from->class_accuracy;
	values[WEIGHTED_ACCURACY] = from->frequency_weighted_accuracy, values[KAPPA] = from->kappa,
	values[THRESHOLDED] = from->thresholded_iou, values[BOUNDARY] = from->boundary_f1;
	values[SOFT_DICE] = from->soft_dice, values[SOFT_IOU] = from->soft_iou;
}

/* Labels that are read as something else than they are show here first: nothing is foreground, or everything is of one
 * class. */
static void
warn_of_labels(const train_trainer *s, const secant_scores *scores)
{
	int occurring = 0, last = 0, first = s->o->network.classes == 1; /* of one class the background is row 0 */
	for (int k = first; k < scores->classes; k++)
		if (scores->per_class[k].pixels > 0)
			occurring++, last = k;
	if (!occurring)
		secant_log(&s->events->log, SECANT_LOG_WARNING,
			"no pixel of the %d validation pictures is foreground: is it from %d on (--label-threshold), and --labels "
			"right?",
			(int)scores->images, s->o->data.label_threshold);
	else if (occurring == 1 && s->model.mode == BASE_MODE_MULTICLASS)
		secant_log(&s->events->log, SECANT_LOG_WARNING,
			"every labelled pixel of the %d validation pictures is of one class, %s", (int)scores->images,
			scores->per_class[last].name);
}

static secant_status
validate(train_trainer *s, int epoch, double *values, secant_err *err)
{
	train_work *w = s->work;
	judge_counts counts;
	secant_scores scores = { 0 };
	secant_status status = judge_counts_new(&counts, s->model.mode, s->o->network.classes, err);
	if (!status && (status = judge_counts_boundary(&counts, s->o->boundary, err)))
		judge_counts_free(&counts);
	if (status)
		return status;
	if ((status = train_validation_begin(&w->run, s, "logits", err))) {
		judge_counts_free(&counts);
		return status;
	}
	train_gallery *gallery = epoch > 0 ? train_gallery_begin(s, w->validation, &counts) : NULL;
	judge_evaluation ev = { .session = w->run.session,
		.mode = s->model.mode,
		.classes = s->o->network.classes,
		.multiple = s->model.multiple,
		.least = s->model.least,
		.side = s->model.side,
		.batch = s->batch,
		.threads = s->o->threads,
		.loader_threads = train_loader_threads(s->o),
		.loss = s->o->loss,
		.activated = s->o->network.activation != NULL,
		.threshold = 0.5f,
		.ignore = s->o->data.ignore_index,
		.never = s->model.ignored,
		.precision = s->precision,
		.seen = gallery ? train_gallery_see : NULL,
		.user = gallery }; /* not to be cancelled: an epoch is finished once its steps are done */
	if (s->o->data.resize)
		ev.size = (secant_ints){ 2, { (int)s->input.dim[1], (int)s->input.dim[2] } };
	if (!(status = judge_evaluate_samples(&ev, w->validation, &counts, err))
		&& !(status = judge_counts_scores(&counts, s->model.class_names, s->model.n_class_names, &scores, err))) {
		take_scores(&scores, values);
		if (epoch == 1)
			warn_of_labels(s, &scores);
		if (gallery && !(status = train_trainer_claim(s, err)))
			status = train_gallery_end(gallery, &scores, epoch, err);
	}
	train_validation_end(&w->run);
	secant_scores_free(&scores);
	judge_counts_free(&counts);
	return status;
}

const train_training train_training_pictures = {
	.name = "pictures",
	.brief = "a class for every pixel",
	.samples = "pictures",
	.rate = "images_per_second",
	.metrics = metrics,
	.takes = takes,
	.settle = train_settle_classes,
	.open = open_pictures,
	.close = close_pictures,
	.loss_of = loss_of,
	.feed_new = feed_new,
	.feed_free = feed_free,
	.feed_batches = feed_batches,
	.feed_start = feed_start,
	.feed_next = feed_next,
	.sample_name = sample_name,
	.validate = validate,
};
