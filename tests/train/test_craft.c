/*
 * What a recipe adds to plain steps, the small parts: groups, clipping, averages, what does not go together, a loss
 * that is no number. Whole trainings with them are in slow_craft.c.
 */
#include "train/training.h"
#include "train/average.h"
#include "model/model.h"
#include "codec/tiff.h"
#include "train/optimizer.h"
#include <math.h>

static int
setup(void **state)
{
	discs(8, 2);
	write_discs(root, "alone/train", 4, disc_label);
	return 0;
}

typedef struct tiny_store {
	graph_net *g;
	exec_store *s;
	secant_optimizer_options o;
} tiny_store;

/* encoder.weight 2 x 2, encoder.bias 2, head.weight 1 x 2; all numbers 1. */
static tiny_store
make_store(bool f64)
{
	secant_err err = { 0 };
	tiny_store t = { .g = graph_new() };
	graph_state(t.g, "encoder.weight", SECANT_F32, &(secant_shape){ 2, { 2, 2 } }, true, GRAPH_INIT_ONES);
	graph_state(t.g, "encoder.bias", SECANT_F32, &(secant_shape){ 1, { 2 } }, true, GRAPH_INIT_ONES);
	graph_state(t.g, "head.weight", SECANT_F32, &(secant_shape){ 2, { 1, 2 } }, true, GRAPH_INIT_ONES);
	t.s = exec_store_new(t.g, f64, &err);
	assert_non_null(t.s);
	for (int i = 0; i < t.s->n; i++)
		for (int64_t k = 0; k < t.s->slot[i].count; k++)
			exec_slot_set(t.s, &t.s->slot[i], k, 1);
	must(secant_opts_init(&train_optimizer_options_table, &t.o, &err), &err);
	must(secant_opts_set(&train_optimizer_options_table, &t.o, "optimizer", "sgd", &err), &err);
	t.o.momentum = 0;
	return t;
}

static void
drop_store(tiny_store *t)
{
	secant_opts_free(&train_optimizer_options_table, &t->o);
	exec_store_free(t->s);
	graph_free(t->g);
}

static void
set_gradients(train_optimizer *o, double value)
{
	for (int i = 0; i < o->store->n; i++)
		for (int64_t k = 0; k < o->store->slot[i].count; k++)
			((double *)o->grad)[o->store->slot[i].offset + k] = value;
}

static void
groups_have_their_own_rate_and_decay(void **state)
{
	secant_err err = { 0 };
	tiny_store t = make_store(true);
	train_optimizer o;
	t.o.encoder_rate = .1, t.o.weight_decay = .5, t.o.decay_norms = false;
	must(train_optimizer_new(&o, &t.o, t.s, &err), &err);
	set_gradients(&o, 2);
	train_optimizer_update(&o, .01, -1, 1);
	assert_true(
		fabs(exec_slot_get(t.s, &t.s->slot[0], 3) - (1 - .001 * 2.5)) < 1e-15); /* a tenth of the rate, decayed */
	assert_true(fabs(exec_slot_get(t.s, &t.s->slot[1], 1) - (1 - .001 * 2)) < 1e-15); /* not decayed */
	assert_true(fabs(exec_slot_get(t.s, &t.s->slot[2], 0) - (1 - .01 * 2.5)) < 1e-15);
	must(train_optimizer_train_only(&o, (bool[]){ false, false, true }, &err), &err);
	double before = exec_slot_get(t.s, &t.s->slot[0], 3);
	train_optimizer_update(&o, .01, -1, 1);
	assert_true(exec_slot_get(t.s, &t.s->slot[0], 3) == before); /* neither step nor decay */
	assert_true(exec_slot_get(t.s, &t.s->slot[2], 0) < 1 - .01 * 2.5);
	train_optimizer_free(&o);
	drop_store(&t);
}

/* Adam with AdamW's 1e-2 added to its gradients is another optimiser, which cannot overfit: what is not said is as in
 * torch.optim. */
static void
decay_is_the_optimizers_own(void **state)
{
	static struct {
		char name[8];
		double given, used;
	} cases[] = {
		{ "adamw", -1, 1e-2 },
		{ "adam", -1, 0 },
		{ "sgd", -1, 0 },
		{ "rmsprop", -1, 0 },
		{ "lion", -1, 0 },
		{ "adamw", 0, 0 },
		{ "adam", .25, .25 },
	};
	secant_err err = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		tiny_store t = make_store(true);
		train_optimizer o;
		secant_optimizer_options given = t.o;
		given.optimizer = cases[i].name;
		if (cases[i].given >= 0)
			given.weight_decay = cases[i].given;
		else
			assert_true(given.weight_decay == -1); /* as the command line leaves it */
		must(train_optimizer_new(&o, &given, t.s, &err), &err);
		assert_true(o.options.weight_decay == cases[i].used);
		train_optimizer_free(&o);
		given.weight_decay = -.5;
		assert_int_equal(train_optimizer_new(&o, &given, t.s, &err), SECANT_ERR_RANGE);
		assert_string_equal(err.msg, "weight-decay is -0.5; 0 or more is wanted, or -1 for the optimizer's own");
		train_optimizer_free(&o);
		err = (secant_err){ 0 };
		drop_store(&t);
	}
}

/* 8 gradients of 3: by value to 2, their norm is then 2 sqrt 8, and PyTorch's factor is max / (norm + 1e-6). */
static void
gradients_are_clipped(void **state)
{
	secant_err err = { 0 };
	for (int parts = 1; parts <= 2; parts++) {
		tiny_store t = make_store(true);
		train_optimizer o;
		t.o.weight_decay = 0, t.o.clip_value = 2, t.o.clip_norm = 1;
		must(train_optimizer_new(&o, &t.o, t.s, &err), &err);
		for (int k = 0; k < parts; k++) {
			set_gradients(&o, parts == 1 ? -3 : k ? -7 : 1); /* the mean of 1 and -7 is -3 */
			if (parts > 1)
				must(train_optimizer_accumulate(&o, 2, &err), &err);
		}
		assert_true(fabs(train_optimizer_grad_norm(&o, 2) - 3 * parts * sqrt(8)) < 1e-12);
		train_optimizer_update(&o, .1, -1, 2);
		double want = 1 + .1 * 2 / (2 * sqrt(8) + 1e-6);
		for (int i = 0; i < 3; i++)
			assert_true(fabs(exec_slot_get(t.s, &t.s->slot[i], 0) - want) < 1e-15);
		train_optimizer_free(&o);
		drop_store(&t);
	}
}

static void
averages_by_hand(void **state)
{
	secant_err err = { 0 };
	for (int f64 = 0; f64 < 2; f64++) {
		tiny_store t = make_store(f64);
		train_average mean = { .store = t.s }, ema = { .store = t.s };
		train_average_swap(&mean); /* nothing yet: nothing to exchange */
		assert_true(exec_slot_get(t.s, &t.s->slot[0], 0) == 1);
		for (int k = 0; k < 3; k++) { /* 1, 2, 6 */
			exec_slot_set(t.s, &t.s->slot[2], 1, k == 2 ? 6 : k + 1);
			must(train_average_add(&mean, 0, 1, &err), &err);
			must(train_average_add(&ema, .75, 1, &err), &err);
		}
		train_average_swap(&mean);
		assert_true(fabs(exec_slot_get(t.s, &t.s->slot[2], 1) - 3) < 1e-6);
		assert_true(exec_slot_get(t.s, &t.s->slot[0], 0) == 1);
		train_average_swap(&mean);
		assert_true(exec_slot_get(t.s, &t.s->slot[2], 1) == 6);
		train_average_swap(&ema);
		assert_true(fabs(exec_slot_get(t.s, &t.s->slot[2], 1) - (.75 * 1.25 + .25 * 6)) < 1e-6);
		train_average_free(&mean);
		train_average_free(&ema);
		drop_store(&t);
	}
}

static void
judges_are_wanted(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
		{ "metric", "iou", "--metric: there are no validation pictures to judge by" },
		{ "patience", "3", "--patience: there are no validation pictures" },
		{ "keep", "2", "--keep: there are no validation pictures" },
		{ "schedule", "plateau", "--schedule plateau: there are no validation pictures" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_train_options o = tiny_options(in_root(root, "wrong"));
		train_set(&o, cases[i].name, cases[i].value);
		train_expecting(&o, in_root(root, "alone"), NULL, cases[i].message);
		free_options(&o);
	}
	static const struct {
		pairs_of o[3];
		const char *message;
	} senseless[] = {
		{ { { "ema", "0.9" }, { "swa", "1" } }, "ema and swa are two averages of one run: give one of them" },
		{ { { "swa", "3" } }, "swa: the last 3 epochs of a run of 2" },
		{ { { "swa-rate", "0.1" } }, "swa-rate is the rate of --swa epochs, and there are none" },
		{ { { "metric", "boundary_f1" }, { "boundary", "0" } }, "metric: boundary_f1 chooses, but boundary is 0" },
		{ { { "freeze-epochs", "1" } }, "freeze-epochs wants --freeze: what is frozen" },
	};
	for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++)
		run_with(root, "wrong", senseless[i].o, NULL, senseless[i].message);
}

static void
no_number_names_the_batch(void **state)
{
	const pairs_of more[] = { { "learning-rate", "1000" }, { "weight-decay", "1000" }, { "momentum", "0" },
		{ "schedule", "constant" }, { "epochs", "30" }, { NULL, NULL } };
	run_with(root, "diverged", more, NULL, "the loss is nan at step ");
	assert_true(secant_is_file(
		in_root(root, "diverged/state.safetensors"))); /* of the last good epoch: --resume goes on from there */
	secant_err err = { 0 };
	json_t *j = base_json_read(in_root(root, "diverged/nan-batch.json"), &err), *names = json_object_get(j, "samples");
	assert_non_null(j);
	assert_int_equal(json_array_size(names), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(secant_is_file(json_string_value(json_array_get(names, i))));
	assert_true(
		json_integer_value(json_object_get(j, "epoch")) >= 1 && json_integer_value(json_object_get(j, "step")) >= 2);
	json_decref(j);
}

static double
with_nan(int x, int y, int c)
{
	return disc_index == 2 && x == 9 && y == 3 ? NAN : disc_pixel(x, y, c) / 255;
}

/* A raster's own NaN: the picture is named, also where a run that was to be replaced stays. */
static void
no_number_in_a_picture(void **state)
{
	const pairs_of more[] = { { "overwrite", "true" }, { "augment", "none" }, { NULL, NULL } };
	secant_err err = { 0 };
	write_discs(root, "holes/data/train", 4, disc_label);
	for (int i = 0; i < 4; i++) {
		disc_index = i;
		must(base_remove_tree(in_root(root, "holes/data/train/images/%02d.png", i), &err), &err);
		write_picture(in_root(root, "holes/data/train/images/%02d.tif", i), 32, 32, 3, SECANT_F32, with_nan);
	}
	write_text(in_root(root, "holes/config.json"), "{}"); /* there is a run */
	char *folder = base_strdup(in_root(root, "holes"));
	run_with(folder, ".", more, NULL,
		"holes/data/train/images/02.tif: the number at (9, 3), channel 1, is none (NaN), and the file declares no "
		"value for no data");
	secant_free(folder);
	assert_true(secant_is_file(in_root(root, "holes/config.json")));
}

static double
with_hole(int x, int y, int c)
{
	return x < 9 && y > 20 ? NAN : disc_pixel(x, y, c) / 255;
}

/* What a GeoTIFF declares to be no data is left out of loss and scores, whatever the loss. */
static void
no_data_in_a_raster(void **state)
{
	static const char *const losses[] = { "0.5*dice+0.5*bce", "focal+lovasz", "jaccard(ignore-index=7)+soft-bce" };
	secant_err err = { 0 };
	secant_geo geo = { .n = 1, .tag = { { 42113, TIFF_ASCII, 4, (void *)(uintptr_t) "nan" } } };
	for (int split = 0; split < 2; split++) {
		const char *name = split ? "val" : "train";
		write_discs(root, split ? "voids/data/val" : "voids/data/train", 4, disc_label);
		for (int i = 0; i < 4; i++) {
			secant_image im;
			disc_index = i;
			must(base_remove_tree(in_root(root, "voids/data/%s/images/%02d.png", name, i), &err), &err);
			const char *path = in_root(root, "voids/data/%s/images/%02d.tif", name, i);
			write_picture(path, 32, 32, 3, SECANT_F32, with_hole);
			must(secant_image_read(&im, path, NULL, &err), &err);
			must(secant_image_set_geo(&im, &geo, &err), &err);
			must(secant_image_write(&im, path, NULL, &err), &err);
			secant_image_free(&im);
		}
	}
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		const pairs_of more[] = { { "overwrite", "true" }, { "loss", losses[i] }, { "epochs", "1" }, { NULL, NULL } };
		char *folder = base_strdup(in_root(root, "voids"));
		run_with(folder, "run", more, NULL, NULL);
		secant_free(folder);
		json_t *j = json_line(in_root(root, "voids/run/log.jsonl"), 0);
		double loss = json_number_value(json_object_get(j, "loss")),
			   validation = json_number_value(json_object_get(j, "validation_loss"));
		assert_true(
			isfinite(loss) && loss > 0 && loss < 10 && isfinite(validation) && validation > 0 && validation < 10);
		json_decref(j);
	}
}

/* A run killed after a state without a model was saved and before that model was removed: it is removed when the run
 * goes on, files of others are not. */
static void
a_fallen_model_is_swept(void **state)
{
	const pairs_of first[] = { { "epochs", "2" }, { "keep", "1" }, { NULL, NULL } },
				   on[] = { { "epochs", "2" }, { "keep", "1" }, { "resume", "true" }, { NULL, NULL } };
	run_with(root, "fallen", first, NULL, NULL);
	bool second = secant_is_file(in_root(root, "fallen/models/epoch-002.safetensors"));
	const char *gone = second ? "fallen/models/epoch-001.safetensors" : "fallen/models/epoch-002.safetensors";
	const char *best = second ? "fallen/models/epoch-002.safetensors" : "fallen/models/epoch-001.safetensors";
	assert_true(secant_is_file(in_root(root, best)) && !secant_is_file(in_root(root, gone)));
	write_text(in_root(root, gone), "a model");
	write_text(in_root(root, "fallen/models/epoch-001.safetensors.bak"), "the user's");
	run_with(root, "fallen", on, NULL, NULL);
	assert_true(secant_is_file(in_root(root, best)) && !secant_is_file(in_root(root, gone))
		&& secant_is_file(in_root(root, "fallen/models/epoch-001.safetensors.bak")));
}

/* A run killed between its first line and its first state, and one killed within a line: neither repeats an epoch in
 * its log. */
static void
logs_of_killed_runs(void **state)
{
	const pairs_of one[] = { { "epochs", "1" }, { NULL, NULL } },
				   on[] = { { "epochs", "1" }, { "resume", "true" }, { NULL, NULL } };
	secant_err err = { 0 };
	run_with(root, "cut", one, NULL, NULL);
	must(base_remove_tree(in_root(root, "cut/state.safetensors"), &err), &err);
	write_text(in_root(root, "cut/.last.safetensors.123-4.tmp"), "half a model");
	watcher w = { 0 };
	run_with(root, "cut", on, &w, NULL);
	assert_int_equal(w.epochs, 1);
	assert_null(json_line(in_root(root, "cut/log.jsonl"), 1));
	assert_false(secant_is_file(in_root(root, "cut/.last.safetensors.123-4.tmp")));
	must(base_file_append(in_root(root, "cut/log.jsonl"), "{\"epoch\": 2, \"lo", &err), &err);
	char *text, *path = base_strdup(in_root(root, "cut/log.jsonl"));
	size_t size;
	must(secant_file_read(&text, &size, path, 1 << 20, &err), &err);
	must(secant_file_write(path, text, size - 1, &err), &err); /* no newline: the line is torn */
	run_with(root, "cut", on, NULL, NULL);
	assert_null(json_line(path, 1));
	secant_free(text);
	secant_free(path);
}

/* ---- starting weights ---- */

static model_bundle
new_model(int classes, int channels)
{
	secant_err err = { 0 };
	model_bundle m;
	secant_network net;
	must(secant_opts_init(&secant_network_options, &net, &err), &err);
	must(secant_opts_set(&secant_network_options, &net, "encoder", "resnet18", &err), &err);
	net.classes = classes, net.in_channels = channels, net.encoder_depth = 3;
	must(secant_opts_set(&secant_network_options, &net, "decoder-channels", "8,8,8", &err), &err);
	must(model_new(&m, &net, NULL, "none", false, &err), &err);
	secant_opts_free(&secant_network_options, &net);
	return m;
}

/* What fits is taken from a model of other classes and channels; the rest keeps its start and is named with both
 * shapes. */
static void
weights_that_fit_are_taken(void **state)
{
	secant_err err = { 0 };
	watcher w = { 0 };
	secant_logger log = { watch_log, &w };
	model_bundle from = new_model(3, 3), to = new_model(1, 4), grey = new_model(3, 1);
	const char *path = in_root(root, "start.safetensors");
	model_initialize(&from, 1);
	model_initialize(&to, 2);
	must(model_save(&from, path, &err), &err);
	double head = exec_slot_get(to.store, exec_store_find(to.store, "segmentation_head.0.weight"), 5);
	must(model_start_from(&to, path, &log, &err), &err);
	assert_string_equal(w.warning,
		"weights: 2 tensors do not fit and keep their start: segmentation_head.0.weight (1x8x3x3; file: 3x8x3x3), "
		"segmentation_head.0.bias (1; file: 3)");
	assert_true(exec_slot_get(to.store, exec_store_find(to.store, "segmentation_head.0.weight"), 5) == head);
	const exec_slot *a = exec_store_find(from.store, "encoder.conv1.weight"),
					*b = exec_store_find(to.store, "encoder.conv1.weight"),
					*c = exec_store_find(grey.store, "encoder.conv1.weight");
	for (int64_t o = 0; o < 64; o += 21)
		for (int64_t i = 0; i < 4; i++) /* red, green, blue, red again, times 3/4 */
			assert_true(fabs(exec_slot_get(to.store, b, (o * 4 + i) * 49 + 7)
							- .75 * exec_slot_get(from.store, a, (o * 3 + i % 3) * 49 + 7))
				< 1e-7);
	must(model_start_from(&grey, path, NULL, &err), &err);
	double sum = 0;
	for (int64_t i = 0; i < 3; i++)
		sum += exec_slot_get(from.store, a, (5 * 3 + i) * 49 + 7);
	assert_true(fabs(exec_slot_get(grey.store, c, 5 * 49 + 7) - sum) < 1e-6);
	const char *deep = "decoder.blocks.1.conv1.0.weight";
	assert_true(exec_slot_get(to.store, exec_store_find(to.store, deep), 9)
		== exec_slot_get(from.store, exec_store_find(from.store, deep), 9));

	/* nothing in common is an error */
	secant_tensors other = { 0 };
	float number = 1;
	secant_tensor t = { SECANT_F32, { 1, { 1 } }, &number, NULL };
	must(secant_tensors_add(&other, "elsewhere.weight", &t, &err), &err);
	must(secant_tensors_write(&other, NULL, in_root(root, "other.safetensors"), &err), &err);
	assert_int_equal(model_start_from(&to, in_root(root, "other.safetensors"), &log, &err), SECANT_ERR_SHAPE);
	assert_non_null(
		strstr(err.msg, "other.safetensors: nothing in it fits the network; its first keys are elsewhere.weight"));
	secant_tensors_free(&other);
	model_free(&from);
	model_free(&to);
	model_free(&grey);
}

/* ---- losses ---- */

/* Labels of a classification head follow from the masks: it learns, unless its loss weighs nothing. */
static void
a_classification_head_learns(void **state)
{
	for (int weight = 0; weight < 2; weight++) {
		const pairs_of more[] = { { "aux-params", "{\"classes\": 1, \"dropout\": 0}" },
			{ "aux-weight", weight ? "1" : "0" }, { "epochs", "1" }, { NULL, NULL } };
		run_with(root, weight ? "head" : "head-still", more, NULL, NULL);
	}
	model_bundle m;
	secant_err err = { 0 };
	double learned[2];
	for (int k = 0; k < 2; k++) {
		must(model_open(&m, in_root(root, k ? "head/last.safetensors" : "head-still/last.safetensors"), false, &err),
			&err);
		learned[k] = exec_slot_get(m.store, exec_store_find(m.store, "classification_head.3.bias"), 0);
		model_free(&m);
	}
	assert_true(
		learned[0] == 0 && learned[1] > 1e-4); /* there is a disc in every picture: the head says so ever louder */
}

static void
senseless_losses_are_refused(void **state)
{
	static const struct {
		pairs_of o[4];
		const char *message;
	} cases[] = {
		{ { { "aux-params", "{\"classes\": 4}" } },
			"aux-params: the head has 4 classes, the masks say of 1 whether they are in a picture; give \"classes\": "
			"1" },
		{ { { "aux-params", "{\"classes\": 1, \"activation\": \"sigmoid\"}" } },
			"aux-params: the head's loss wants logits; leave \"activation\" out" },
		{ { { "activation", "sigmoid" } },
			"activation sigmoid: the loss dice wants logits; leave the activation out (prediction applies it by "
			"itself)" },
		{ { { "classes", "2" }, { "loss", "nll" } },
			"loss nll wants log-probabilities and the network gives logits: use ce" },
		{ { { "loss", "ce" } }, "loss ce is not defined for binary targets" },
		{ { { "classes", "2" }, { "loss", "soft-bce" } }, "loss soft-bce is not defined for multiclass targets" },
		{ { { "classes", "2" }, { "mode", "multilabel" }, { "loss", "soft-ce" } },
			"loss soft-ce is not defined for multilabel targets" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		run_with(root, "wrong", cases[i].o, NULL, cases[i].message);
}

/* ---- the data ---- */

static void
numbers_come_from_the_data(void **state)
{
	const pairs_of more[] = { { "normalize", "data" }, { "sample-weights", "true" }, { "epochs", "1" },
		{ NULL, NULL } };
	run_with(root, "measured", more, NULL, NULL);
	secant_err err = { 0 };
	json_t *config = base_json_read(in_root(root, "measured/config.json"), &err);
	const char *text = json_string_value(json_object_get(config, "normalize"));
	double mean[3], deviation[3];
	assert_int_equal(
		sscanf(text, "%lf,%lf,%lf/%lf,%lf,%lf", mean, mean + 1, mean + 2, deviation, deviation + 1, deviation + 2), 6);
	for (int k = 0; k < 3; k++)
		assert_true(mean[k] > .3 && mean[k] < .6 && deviation[k] > .05 && deviation[k] < .4);
	model_bundle m;
	must(model_open(&m, in_root(root, "measured/last.safetensors"), false, &err), &err);
	assert_string_equal(m.normalize, text);
	model_free(&m);
	json_decref(config);
	const pairs_of resume[] = { { "normalize", "data" }, { "sample-weights", "true" }, { "resume", "true" },
		{ "epochs", "1" }, { NULL, NULL } };
	run_with(root, "measured", resume, NULL, NULL); /* the run has its numbers: the word does not contradict them */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_have_their_own_rate_and_decay),
		cmocka_unit_test(decay_is_the_optimizers_own),
		cmocka_unit_test(gradients_are_clipped),
		cmocka_unit_test(averages_by_hand),
		cmocka_unit_test(judges_are_wanted),
		cmocka_unit_test(no_number_names_the_batch),
		cmocka_unit_test(no_number_in_a_picture),
		cmocka_unit_test(no_data_in_a_raster),
		cmocka_unit_test(a_fallen_model_is_swept),
		cmocka_unit_test(logs_of_killed_runs),
		cmocka_unit_test(weights_that_fit_are_taken),
		cmocka_unit_test(a_classification_head_learns),
		cmocka_unit_test(senseless_losses_are_refused),
		cmocka_unit_test(numbers_come_from_the_data),
	};
	return cmocka_run_group_tests_name("craft", tests, setup, teardown);
}
