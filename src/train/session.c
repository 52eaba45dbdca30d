/*
 * The training loop. Read it from secant_train (at the end) upwards: open, build, then for each epoch steps, recalibration, evaluation,
 * files.
 */
#include "train/session.h"
#include <math.h>
#include <string.h>
#include <time.h>
#include "base/file.h"
#include "base/json.h"
#include "base/thread.h"

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static secant_status
status_of(const secant_err *err)
{
	return err->code;
}

/* ---- opening ---- */

static secant_status
open_samples(secant_session *s, const char *data, secant_err *err)
{
	const secant_train_options *o = s->o;
	secant_samples_request r = { .path = data, .split = "train", .options = &o->data, .in_channels = o->network.in_channels, .classes = o->network.classes,
	                             .kind = secant_target_of(s->model.mode), .seed = (uint64_t)o->seed };
	if (!(s->train = secant_samples_open(&r, err)))
		return status_of(err);
	r.split = "val";
	/* A fraction or fold is held out where there are no split folders; train alone means train alone. */
	bool divides = (o->data.validation_fraction > 0 || o->data.folds > 1) && !secant_samples_exists(data, "train");
	if (divides || secant_samples_exists(data, "val")) {
		if (!(s->validation = secant_samples_open(&r, err)))
			return status_of(err);
	} else {
		secant_log(&s->events->log, SECANT_LOG_WARNING, "%s has no val: the last epoch is the best", data);
	}
	const char *const *names;
	int n = secant_samples_class_names(s->train, &names);
	if (n > 0 && !(s->model.class_names = secant_calloc((size_t)n, sizeof *s->model.class_names)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	for (int i = 0; i < n; i++, s->model.n_class_names++)
		if (!(s->model.class_names[i] = secant_strdup(names[i])))
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for class names");
	return SECANT_OK;
}

/* Height and width of a training sample: the option, or the one size all pictures have. */
static secant_status
choose_size(secant_session *s, secant_err *err)
{
	int h, w, m = s->model.multiple > 1 ? s->model.multiple : 32;   /* any size works, a multiple of the encoder's stride works well */
	if (s->o->data.size.n == 2) {
		h = s->o->data.size.v[0], w = s->o->data.size.v[1];
	} else {
		secant_samples_size(s->train, 0, &h, &w);
		for (int i = 1; i < secant_samples_count(s->train); i++) {
			int hi, wi;
			secant_samples_size(s->train, i, &hi, &wi);
			if (hi != h || wi != w)
				return secant_fail(err, SECANT_ERR_ARG, "the pictures have several sizes (%s is %dx%d, %s is %dx%d): give --size for crops of one size",
				                   secant_samples_image_path(s->train, 0), h, w, secant_samples_image_path(s->train, i), hi, wi);
		}
		h = (h + m - 1) / m * m, w = (w + m - 1) / m * m;
	}
	if (h % s->model.multiple || w % s->model.multiple)
		return secant_fail(err, SECANT_ERR_ARG, "size %dx%d: %s wants multiples of %d; the next is %dx%d", h, w, s->o->network.arch, s->model.multiple,
		                   (h + m - 1) / m * m, (w + m - 1) / m * m);
	s->input = (secant_shape){ 4, { s->batch, h, w, s->o->network.in_channels } };
	return SECANT_OK;
}

static int
loader_threads(const secant_train_options *o)
{
	int n = o->data.loader_threads > 0 ? o->data.loader_threads : secant_cpu_count() - 1;
	return n > 0 ? n : 1;
}

static secant_loader *
new_loader(const secant_session *s, bool augment, secant_err *err)
{
	secant_loader_options lo = { .batch = s->batch, .shuffle = true, .drop_last = true, .size = { 2, { (int)s->input.dim[1], (int)s->input.dim[2] } },
	                             .resize = s->o->data.resize, .augmentation = augment ? s->augmentation : NULL, .seed = (uint64_t)s->o->seed,
	                             .threads = loader_threads(s->o), .multiple = 1 };
	return secant_loader_new(s->train, &lo, err);
}

/* The option is JSON: a list of steps, or a string of names. */
static secant_status
open_augmentation(secant_session *s, secant_err *err)
{
	const char *text = s->o->augment;
	json_t *j = text && *text == '"' ? secant_json_parse(text, strlen(text), "augment", err) : NULL;
	s->augmentation = secant_augmentation_parse(j ? json_string_value(j) : text, err);
	json_decref(j);
	return s->augmentation ? SECANT_OK : status_of(err);
}

static secant_status
open_session(secant_session *s, const char *data, secant_err *err)
{
	const secant_train_options *o = s->o;
	if (secant_schedule_check(&o->schedule, err) || secant_precision_choose(o->precision, &s->precision, err) ||
	    secant_model_new(&s->model, &o->network, o->mode, o->data.normalize.normalize, s->precision == SECANT_PRECISION_F64, err) ||
	    secant_loss_check(o->loss, s->model.mode, err) || open_samples(s, data, err))
		return status_of(err);
	if (s->precision == SECANT_PRECISION_F64)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "precision f64 runs scalar references: it is for secant run, training wants f32 or bf16");
	if (open_augmentation(s, err))
		return status_of(err);
	int count = secant_samples_count(s->train);
	s->batch = o->batch;
	if (s->batch > count) {
		s->batch = count;
		secant_log(&s->events->log, SECANT_LOG_WARNING, "there are %d training pictures: the batch is %d, not %d", count, count, o->batch);
	}
	if (choose_size(s, err) || !(s->loader = new_loader(s, true, err)))
		return status_of(err);
	secant_model_initialize(&s->model, (uint64_t)o->seed);
	if (o->weights && secant_model_load(&s->model, o->weights, err))
		return status_of(err);
	if (o->encoder_weights && secant_model_load_encoder(&s->model, o->encoder_weights, &s->events->log, err))
		return status_of(err);
	return secant_optimizer_new(&s->optimizer, &o->optimizer, s->model.store, err);
}

/* ---- plans ---- */

static secant_plan_options
plan_options(const secant_session *s)
{
	return (secant_plan_options){ .precision = s->precision, .threads = s->o->threads, .training = true, .allow_reference = s->o->allow_reference, .external = true };
}

static secant_value
loss_of(const secant_session *s, secant_graph *g, secant_value logits, secant_err *err)
{
	const secant_shape *y = secant_graph_shape(g, logits);
	bool index = s->model.mode == SECANT_MODE_MULTICLASS;
	secant_shape t = *y;
	t.rank = index ? 3 : 4;
	int ignore = s->o->data.ignore_index;
	secant_loss_input in = { .logits = secant_apply(g, "upcast", NULL, 1, logits), .target = secant_graph_input(g, "target", index ? SECANT_I32 : SECANT_F32, &t),
	                         .mode = s->model.mode, .classes = s->o->network.classes, .has_ignore = ignore >= 0, .ignore = index ? ignore : -1 };
	return secant_loss_build(g, s->o->loss, &in, err);
}

/* Gradients go straight to their place in the optimiser's buffer. */
static secant_status
bind_gradients(secant_session *s, const secant_value *grad, const secant_slot *const *slots, int n, secant_err *err)
{
	(void)grad;
	secant_status status = secant_context_set_output(s->context, 0, &s->loss, err);
	for (int i = 0; i < n && !status; i++)
		status = secant_context_set_output(s->context, 1 + i, (float *)s->optimizer.grad + slots[i]->offset, err);
	return status;
}

static secant_status
plan_gradients(secant_session *s, secant_value loss, secant_err *err)
{
	size_t n = (size_t)s->model.store->n + 1;
	secant_value *of = secant_calloc(n, sizeof *of), *grad = secant_calloc(n, sizeof *grad), *out = secant_calloc(n + 1, sizeof *out);
	const secant_slot **slots = secant_calloc(n, sizeof *slots);
	secant_status status = of && grad && out && slots ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a training plan");
	int wanted = 0, found = 0;
	for (int i = 0; !status && i < s->model.store->n; i++) {
		secant_value v = s->model.store->slot[i].trainable ? secant_graph_find(s->graph, s->model.store->slot[i].name) : -1;
		if (v >= 0)
			slots[wanted] = &s->model.store->slot[i], of[wanted++] = v;
	}
	if (!status && !(status = secant_graph_gradients(s->graph, loss, of, wanted, grad, err))) {
		out[0] = loss;
		for (int i = 0; i < wanted; i++)
			if (grad[i] >= 0)                    /* states that forward never uses have none */
				slots[found] = slots[i], out[1 + found++] = grad[i];
		secant_plan_options po = plan_options(s);
		if (!(s->plan = secant_plan_new(s->graph, s->model.store, out, 1 + found, &po, err)) || !(s->context = secant_context_new(s->plan, err)))
			status = status_of(err);
		else
			status = bind_gradients(s, grad, slots, found, err);
	}
	secant_free(of);
	secant_free(grad);
	secant_free(out);
	secant_free(slots);
	return status;
}

/* Dropout draws by seed and step; the plan has these inputs only where there is dropout. */
static secant_status
bind_counters(secant_session *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	s->seed = s->o->seed;
	for (int i = 0; i < secant_plan_inputs(s->plan) && !status; i++) {
		const char *name = secant_plan_input_name(s->plan, i);
		if (!strcmp(name, "seed"))
			status = secant_context_set_input(s->context, name, &s->seed, err);
		if (!strcmp(name, "step"))
			status = secant_context_set_input(s->context, name, &s->steps, err);
	}
	return status;
}

static secant_status
plan_training(secant_session *s, secant_err *err)
{
	secant_model_graph m;
	if (secant_model_build(&s->model, SECANT_PHASE_TRAIN, &s->input, &m, err))
		return status_of(err);
	s->graph = m.g;
	secant_value loss = loss_of(s, m.g, m.built.logits, err);
	if (loss < 0)
		return status_of(err);
	if (m.built.label >= 0)
		secant_log(&s->events->log, SECANT_LOG_WARNING, "the classification head gets no labels from pictures and masks: it is not trained");
	secant_graph *fused = secant_pass_fuse(m.g, &loss, 1, err);
	if (!fused)
		return status_of(err);
	secant_graph_free(s->graph);
	s->graph = fused;
	secant_status status = plan_gradients(s, loss, err);
	return status ? status : bind_counters(s, err);
}

static secant_status
plan_recalibration(secant_session *s, secant_err *err)
{
	secant_model_graph m;
	if (secant_model_build(&s->model, SECANT_PHASE_RECALIBRATE, &s->input, &m, err))
		return status_of(err);
	s->recal_graph = m.g;
	if (secant_graph_find(m.g, "norm_momentum") < 0)
		return SECANT_OK;                        /* a network without batch norms */
	secant_graph *fused = secant_pass_fuse(m.g, NULL, 0, err);
	if (!fused)
		return status_of(err);
	secant_graph_free(m.g);
	s->recal_graph = fused;
	secant_plan_options po = plan_options(s);
	if (!(s->recal_plan = secant_plan_new(fused, s->model.store, NULL, 0, &po, err)) || !(s->recal_context = secant_context_new_in(s->recal_plan, s->context, err)) ||
	    !(s->recal_loader = new_loader(s, false, err)))
		return status_of(err);
	return secant_context_set_input(s->recal_context, "norm_momentum", &s->norm_momentum, err);
}

/* ---- statistics ---- */

static size_t
others_bytes(const secant_store *s)
{
	size_t end = 0;
	for (int i = 0; i < s->n; i++)
		if (!s->slot[i].trainable) {
			size_t last = (size_t)s->slot[i].offset + (size_t)s->slot[i].count * 8;
			end = last > end ? last : end;
		}
	return end;
}

/* Replaces running statistics by the plain mean over a few unaugmented training batches: batch k enters with momentum 1/k. The raw ones are
 * kept aside until restore_statistics. */
static secant_status
recalibrate(secant_session *s, secant_err *err)
{
	secant_store *store = s->model.store;
	size_t bytes = others_bytes(store);
	if (s->o->recalibrate_norms <= 0)
		return SECANT_OK;
	if (!s->recal_graph && plan_recalibration(s, err))
		return status_of(err);
	if (!s->recal_plan)
		return SECANT_OK;
	if (!s->raw && !(s->raw = secant_calloc(bytes + 1, 1)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to keep running statistics");
	memcpy(s->raw, store->others, bytes);
	secant_status status = secant_loader_start(s->recal_loader, 0, 0, err);
	for (int k = 1; k <= s->o->recalibrate_norms && !status; k++) {
		secant_batch b;
		bool end = false;
		if ((status = secant_loader_next(s->recal_loader, &b, &end, err)) || end)
			break;
		s->norm_momentum = 1.f / (float)k;
		if (!(status = secant_context_set_input(s->recal_context, "input", b.input, err)))
			status = secant_context_run(s->recal_context, err);
	}
	return status;
}

static void
restore_statistics(secant_session *s)
{
	if (s->raw && s->recal_plan)
		memcpy(s->model.store->others, s->raw, others_bytes(s->model.store));
}

/* ---- an epoch ---- */

static bool
cancelled(const secant_session *s)
{
	return s->events->cancelled && s->events->cancelled(s->events->user);
}

static double
learning_rate(const secant_session *s)
{
	const secant_schedule_options *o = &s->o->schedule;
	int per_epoch = secant_loader_batches(s->loader);
	bool by_step = !strcmp(o->unit, "step");
	return secant_schedule_rate(o, s->o->optimizer.learning_rate, by_step ? (double)s->steps : s->epoch, by_step ? (double)s->o->epochs * per_epoch : s->o->epochs);
}

static void
tell(const secant_session *s, const secant_epoch *done)
{
	if (!s->events->progress)
		return;
	int steps = secant_loader_batches(s->loader);
	double spent = now() - s->epoch_started, each = s->step ? spent / s->step : 0;
	secant_train_progress p = { .epoch = done ? done->epoch : s->epoch + 1, .epochs = s->o->epochs, .step = s->step, .steps = steps,
	                            .images = s->step * s->batch, .images_total = steps * s->batch,
	                            .loss = s->step ? s->epoch_loss / s->step : NAN, .learning_rate = done ? done->learning_rate : learning_rate(s),
	                            .images_per_second = spent > 0 ? s->step * s->batch / spent : 0, .iou = NAN, .f1 = NAN, .accuracy = NAN, .best_iou = s->best_iou };
	p.seconds_left = each * ((double)(s->o->epochs - p.epoch) * steps + steps - s->step);
	if (done) {
		p.epoch_done = true;
		p.loss = done->loss;
		p.images_per_second = done->images_per_second;
		p.iou = done->iou, p.f1 = done->f1, p.accuracy = done->accuracy, p.seconds = done->seconds;
	}
	s->events->progress(s->events->user, &p);
}

static secant_status
name_batch(const secant_session *s, const secant_batch *b, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_RANGE, "the loss is %g at step %lld (epoch %d; first picture of the batch: %s); a smaller --learning-rate may help", (double)s->loss,
	                   (long long)s->steps, s->epoch + 1, secant_samples_image_path(s->train, b->sample[0]));
}

/* Runs the rest of the epoch; CANCELLED leaves the session where a later start continues. */
static secant_status
train_epoch(secant_session *s, secant_err *err)
{
	secant_status status = secant_loader_start(s->loader, (uint32_t)s->epoch, s->step, err);
	while (!status) {
		secant_batch b;
		bool end = false;
		if ((status = secant_loader_next(s->loader, &b, &end, err)) || end)
			break;
		double rate = learning_rate(s);
		if ((status = secant_context_set_input(s->context, "input", b.input, err)) || (status = secant_context_set_input(s->context, "target", b.target, err)) ||
		    (status = secant_context_run(s->context, err)))
			break;
		if (!isfinite(s->loss))
			return name_batch(s, &b, err);
		secant_optimizer_update(&s->optimizer, rate, s->o->threads > 0 ? s->o->threads : secant_cpu_count());
		s->epoch_loss += (double)s->loss;
		s->step++;
		s->steps++;
		tell(s, NULL);
		if (cancelled(s))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted after step %lld; --resume goes on from here", (long long)s->steps);
	}
	return status;
}

static secant_status
validate(secant_session *s, secant_epoch *e, secant_err *err)
{
	secant_counts counts;
	secant_scores scores = { 0 };
	e->iou = e->f1 = e->accuracy = e->miou = e->validation_loss = NAN;
	if (!s->validation)
		return SECANT_OK;
	secant_status status = secant_counts_new(&counts, s->model.mode, s->o->network.classes, err);
	if (status)
		return status;
	secant_plan_options po = { .precision = s->precision, .threads = s->o->threads, .allow_reference = s->o->allow_reference };
	if (!s->runner && !(s->runner = secant_model_runner(&s->model, &po, err)))
		return status_of(err);
	secant_gallery *gallery = secant_gallery_new(s);
	secant_evaluation ev = { .runner = s->runner, .mode = s->model.mode, .classes = s->o->network.classes, .multiple = s->model.multiple,
	                         .batch = s->batch, .threads = s->o->threads, .loader_threads = loader_threads(s->o), .loss = s->o->loss, .activated = s->o->network.activation != NULL,
	                         .threshold = 0.5f, .ignore = s->o->data.ignore_index, .precision = s->precision, .seen = gallery ? secant_gallery_see : NULL,
	                         .user = gallery };      /* not to be cancelled: an epoch is finished once its steps are done */
	if (s->o->data.resize)
		ev.size = (secant_ints){ 2, { (int)s->input.dim[1], (int)s->input.dim[2] } };
	secant_runner_forget(s->runner);
	if (!(status = secant_evaluate_samples(&ev, s->validation, &counts, err)) && !(status = secant_counts_scores(&counts, s->model.class_names, s->model.n_class_names, &scores, err))) {
		e->iou = scores.iou, e->f1 = scores.f1, e->accuracy = scores.accuracy, e->miou = scores.miou, e->validation_loss = scores.loss;
		if (gallery && !(status = secant_session_claim(s, err)))
			status = secant_gallery_write(gallery, e->epoch, err);
	}
	secant_runner_forget(s->runner);             /* its slab is not needed while training */
	secant_gallery_free(gallery);
	secant_scores_free(&scores);
	secant_counts_free(&counts);
	return status;
}

static secant_status
save(secant_session *s, const char *name, secant_err *err)
{
	char *path = secant_session_path(s, name);
	secant_status status = path ? secant_model_save(&s->model, path, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory for a path");
	secant_free(path);
	return status;
}

/* After the steps of an epoch: statistics, scores, models, log, state, in that order, so that whatever is interrupted can be done again. */
static secant_status
finish_epoch(secant_session *s, secant_err *err)
{
	double trained = now();
	secant_epoch e = { .epoch = s->epoch + 1, .loss = s->step ? s->epoch_loss / s->step : NAN, .learning_rate = learning_rate(s) };
	e.images_per_second = s->step * s->batch / (trained - s->epoch_started + 1e-9);
	secant_status status = recalibrate(s, err);
	if (!status)
		status = validate(s, &e, err);
	e.seconds = now() - s->epoch_started;
	bool best = !s->validation || isnan(s->best_iou) || e.iou > s->best_iou;
	if (!status && !(status = secant_session_claim(s, err)))
		status = save(s, "last.safetensors", err);
	if (!status && best) {
		s->best_iou = e.iou;
		s->best_epoch = e.epoch;
		status = save(s, "best.safetensors", err);
	}
	restore_statistics(s);
	if (status)
		return status;
	s->epoch++;
	s->step = 0;
	s->epoch_loss = 0;
	if ((status = secant_session_log(s, &e, err)) || (status = secant_session_save_state(s, err)))
		return status;
	tell(s, &e);
	return SECANT_OK;
}

static secant_status
loop(secant_session *s, secant_err *err)
{
	secant_status status = SECANT_OK;
	while (!status && s->epoch < s->o->epochs) {
		s->epoch_started = now();
		status = train_epoch(s, err);
		if (status == SECANT_ERR_CANCELLED) {
			secant_err own = { 0 };
			if (secant_session_claim(s, &own) || secant_session_save_state(s, &own))
				secant_log(&s->events->log, SECANT_LOG_ERROR, "the state could not be saved: %s", own.msg);
		}
		if (!status)
			status = finish_epoch(s, err);
	}
	return status;
}

static void
close_session(secant_session *s)
{
	secant_runner_free(s->runner);
	secant_loader_free(s->recal_loader);
	secant_context_free(s->recal_context);
	secant_plan_free(s->recal_plan);
	secant_graph_free(s->recal_graph);
	secant_context_free(s->context);
	secant_plan_free(s->plan);
	secant_graph_free(s->graph);
	secant_loader_free(s->loader);
	secant_optimizer_free(&s->optimizer);
	secant_augmentation_free(s->augmentation);
	secant_samples_free(s->train);
	secant_samples_free(s->validation);
	secant_model_free(&s->model);
	secant_free(s->raw);
	secant_free(s->history);
}

char *
secant_session_path(const secant_session *s, const char *name)
{
	return secant_path_join(s->o->out, name);
}

secant_status
secant_train(const secant_train_options *options, const char *data, const secant_train_events *events, secant_train_result *result, secant_err *err)
{
	static const secant_train_events silent;
	secant_train_options o;
	secant_err own = { 0 };
	bool replaces;
	secant_session s = { .o = &o, .events = events ? events : &silent, .best_iou = NAN };
	if (secant_opts_copy(&secant_train_options_table, &o, options, &own))
		return secant_fail(err, own.code, "%s", own.msg);
	s.started = now();
	if (!o.loss) {
		secant_mode mode;
		if (!secant_mode_choose(o.mode, o.network.classes, &mode, &own) && !(o.loss = secant_strdup(mode == SECANT_MODE_MULTICLASS ? "0.5*dice+0.5*ce" : "0.5*dice+0.5*bce")))
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory for options");
	}
	if (!o.out)
		secant_fail(&own, SECANT_ERR_ARG, "--out: a folder for the run is wanted");
	/* Nothing is written before everything has been opened and built; a run that is to be replaced stays until there is something in its
	 * place. */
	if (!own.code && !secant_session_folder(&o, &replaces, &own) && !open_session(&s, data, &own) && !plan_training(&s, &own) &&
	    !(o.resume && secant_session_load_state(&s, &own)) && (replaces || !secant_session_claim(&s, &own))) {
		secant_log(&s.events->log, SECANT_LOG_INFO, "training %s-%s on %d pictures in %s, %d threads, slab %.0f MiB", o.network.arch, o.network.encoder,
		           secant_samples_count(s.train), s.precision == SECANT_PRECISION_BF16 ? "bf16" : "f32", o.threads > 0 ? o.threads : secant_cpu_count(),
		           (double)secant_plan_slab_bytes(s.plan) / 1048576);
		(void)!loop(&s, &own);
	}
	if (result)
		*result = (secant_train_result){ s.epoch, s.best_epoch, s.best_iou, s.n_history ? s.history[s.n_history - 1].iou : NAN,
		                                 s.n_history ? s.history[s.n_history - 1].loss : NAN, now() - s.started };
	close_session(&s);
	secant_opts_free(&secant_train_options_table, &o);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_train_options, out, STR, "out", NULL, 0, 0, "the run folder: models, log, curves, pictures"),
	SECANT_OPT(secant_train_options, resume, BOOL, "resume", "false", 0, 1, "go on exactly where the run in --out stopped, with its options"),
	SECANT_OPT(secant_train_options, overwrite, BOOL, "overwrite", "false", 0, 1, "replace the run in --out"),
	SECANT_OPT(secant_train_options, epochs, INT, "epochs", "20", 1, 1000000, "passes over the training pictures"),
	SECANT_OPT(secant_train_options, batch, INT, "batch", "8", 1, 4096, "pictures in a step"),
	SECANT_OPT(secant_train_options, loss, STR, "loss", NULL, 0, 0, "a weighted sum of losses (secant list losses); absent: 0.5*dice+0.5*bce, multiclass 0.5*dice+0.5*ce"),
	SECANT_OPT(secant_train_options, mode, STR, "mode", NULL, 0, 0, "binary, multiclass or multilabel; absent: by the classes"),
	SECANT_OPT(secant_train_options, augment, JSON, "augment", "flip-h,flip-v,rotate90", 0, 0, "augmentations by name, or a JSON list with settings; none"),
	SECANT_OPT(secant_train_options, weights, STR, "weights", NULL, 0, 0, "start from these weights: a model or a state_dict that fits"),
	SECANT_OPT(secant_train_options, encoder_weights, STR, "encoder-weights", NULL, 0, 0, "start the encoder from a file of torchvision, timm or smp"),
	SECANT_OPT(secant_train_options, recalibrate_norms, INT, "recalibrate-norms", "16", 0, 100000, "training batches that make the statistics of validated and saved models; 0: running statistics, as PyTorch"),
	SECANT_OPT(secant_train_options, precision, STR, "precision", "auto", 0, 0, "auto, bf16 or f32; auto: bf16 where the CPU has AMX"),
	SECANT_OPT(secant_train_options, threads, INT, "threads", "0", 0, 1024, "of computation; 0: all processors"),
	SECANT_OPT(secant_train_options, seed, INT, "seed", "0", 0, 1 << 30, "of weights, order and augmentation"),
	SECANT_OPT(secant_train_options, allow_reference, BOOL, "allow-reference", "false", 0, 1, "let an operator without fast implementation run, slowly"),
	SECANT_OPT_HEADING("Network"),
	SECANT_OPT_TABLE(secant_train_options, network, &secant_network_options),
	SECANT_OPT_HEADING("Optimiser and schedule"),
	SECANT_OPT_TABLE(secant_train_options, optimizer, &secant_optimizer_options_table),
	SECANT_OPT_TABLE(secant_train_options, schedule, &secant_schedule_options_table),
	SECANT_OPT_HEADING("Data"),
	SECANT_OPT_TABLE(secant_train_options, data, &secant_data_options_table),
	SECANT_OPT_END
};
const secant_opts secant_train_options_table = { "train", sizeof(secant_train_options), rows };
