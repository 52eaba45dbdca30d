/*
 * What a recipe adds to plain steps: accumulation, freezing, averages, the choice of models, early stopping.
 */
#include "train/training.h"
#include <math.h>
#include <secant/tensorfile.h>

static int
setup(void **state)
{
	return discs(8, 3);
}

static secant_tensors
tensors_of(const char *path)
{
	secant_tensors t;
	secant_err err = { 0 };
	must(secant_tensors_read(&t, NULL, in_root(root, "%s", path), &err), &err);
	return t;
}

/* The largest difference between the tensors of two files whose names begin with `prefix`. */
static double
distance(const char *a, const char *b, const char *prefix)
{
	secant_tensors x = tensors_of(a), y = tensors_of(b);
	double most = 0;
	int seen = 0;
	for (int i = 0; i < x.n; i++) {
		const secant_tensor *t = &x.v[i].tensor, *u = secant_tensors_find(&y, x.v[i].name);
		if (strncmp(x.v[i].name, prefix, strlen(prefix)) || t->dtype != SECANT_F32)
			continue;
		assert_non_null(u);
		seen++;
		for (int64_t k = 0; k < secant_shape_count(&t->shape); k++)
			most = fmax(most, fabs(secant_tensor_get(t, k) - secant_tensor_get(u, k)));
	}
	assert_true(seen > 0);
	secant_tensors_free(&x);
	secant_tensors_free(&y);
	return most;
}

/* Two batches of 2 and one of 4 are the same step where nothing looks across a batch: norms are frozen or absent, the
 * loss is a mean. */
static void
accumulation_is_a_larger_batch(void **state)
{
	const pairs_of whole[] = { { "freeze", "encoder" }, { "decoder-use-norm", "identity" }, { "loss", "bce" },
		{ "batch", "4" }, { "epochs", "1" }, { NULL, NULL } };
	const pairs_of parts[] = { { "freeze", "encoder" }, { "decoder-use-norm", "identity" }, { "loss", "bce" },
		{ "batch", "2" }, { "accumulate", "2" }, { "epochs", "1" }, { NULL, NULL } };
	const pairs_of small[] = { { "freeze", "encoder" }, { "decoder-use-norm", "identity" }, { "loss", "bce" },
		{ "batch", "2" }, { "epochs", "1" }, { NULL, NULL } };
	run_with(root, "whole-batch", whole, NULL, NULL);
	run_with(root, "part-batch", parts, NULL, NULL);
	run_with(root, "small-batch", small, NULL, NULL);
	assert_true(distance("whole-batch/last.safetensors", "part-batch/last.safetensors", "decoder.") < 2e-6);
	assert_true(distance("whole-batch/last.safetensors", "small-batch/last.safetensors", "decoder.") > 1e-5);
}

/* The last update of an epoch takes what is left: 4 batches in threes are two updates. */
static void
accumulation_ends_with_the_epoch(void **state)
{
	const pairs_of more[] = { { "batch", "2" }, { "accumulate", "3" }, { "schedule-unit", "step" }, { NULL, NULL } };
	watcher w = { 0 };
	run_with(root, "threes", more, &w, NULL);
	assert_int_equal(w.steps, 8);
	/* cosine over 4 updates: the rate of the update after the last of each epoch */
	assert_true(fabs(line_number(in_root(root, "threes/log.jsonl"), 0, "learning_rate") - .01) < 1e-15);
	assert_true(fabs(line_number(in_root(root, "threes/log.jsonl"), 1, "learning_rate")) < 1e-15);
	w = (watcher){ .stop_after = 1 }; /* stops where an update is whole: after three batches */
	const pairs_of again[] = { { "batch", "2" }, { "accumulate", "3" }, { "schedule-unit", "step" },
		{ "overwrite", "true" }, { NULL, NULL } };
	run_with(root, "threes-stopped", again, &w, "interrupted after step 3");
	const pairs_of resume[] = { { "batch", "2" }, { "accumulate", "3" }, { "schedule-unit", "step" },
		{ "resume", "true" }, { NULL, NULL } };
	run_with(root, "threes-stopped", resume, NULL, NULL);
	assert_same_file(in_root(root, "threes/state.safetensors"), in_root(root, "threes-stopped/state.safetensors"));
}

static void
frozen_parameters_stay(void **state)
{
	const pairs_of none[] = { { "epochs", "1" }, { "learning-rate", "0" }, { "weight-decay", "0" }, { NULL, NULL } };
	const pairs_of encoder[] = { { "freeze", "encoder" }, { "optimizer", "adamw" }, { NULL, NULL } };
	const pairs_of thawing[] = { { "freeze", "encoder" }, { "freeze-epochs", "1" }, { NULL, NULL } };
	run_with(root, "start", none, NULL, NULL); /* the numbers a run of this seed begins with */
	run_with(root, "frozen", encoder, NULL, NULL);
	assert_true(distance("start/state.safetensors", "frozen/last.safetensors", "encoder.conv1") == 0);
	assert_true(distance("start/state.safetensors", "frozen/last.safetensors", "encoder.layer1.0.conv1.weight") == 0);
	assert_true(distance("frozen/state.safetensors", "frozen/last.safetensors", "encoder.bn1")
		== 0); /* its statistics stay, too */
	assert_true(distance("start/state.safetensors", "frozen/last.safetensors", "decoder.") > 1e-4);
	run_with(root, "thawing", thawing, NULL, NULL);
	assert_true(distance("start/state.safetensors", "thawing/last.safetensors", "encoder.conv1") > 1e-6);
	const pairs_of stop[] = { { "freeze", "encoder" }, { "freeze-epochs", "1" }, { NULL, NULL } };
	const pairs_of resume[] = { { "freeze", "encoder" }, { "freeze-epochs", "1" }, { "resume", "true" },
		{ NULL, NULL } };
	watcher w = { .stop_after = 3 };
	run_with(root, "thawing-stopped", stop, &w, "interrupted");
	run_with(root, "thawing-stopped", resume, NULL, NULL);
	assert_same_file(in_root(root, "thawing/state.safetensors"), in_root(root, "thawing-stopped/state.safetensors"));
	const pairs_of wrong[] = { { "freeze", "encode" }, { NULL, NULL } },
				   everything[] = { { "freeze", "encoder" }, { "freeze", "decoder" }, { "freeze", "segmentation_head" },
					   { NULL, NULL } };
	run_with(root, "wrong", wrong, NULL,
		"freeze: no parameter's name begins with 'encode'; they begin with encoder, decoder, segmentation_head");
	run_with(root, "wrong", everything, NULL, "freeze: nothing is left to train");
}

static void
averages_are_what_is_saved(void **state)
{
	const pairs_of ema[] = { { "ema", "0.9" }, { NULL, NULL } }, one[] = { { "swa", "1" }, { NULL, NULL } };
	run_with(root, "plain", NULL, NULL, NULL);
	run_with(root, "ema", ema, NULL, NULL);
	run_with(root, "swa-of-one", one, NULL, NULL);
	/* training goes on from the raw numbers, which the state holds */
	assert_true(distance("plain/state.safetensors", "ema/state.safetensors", "decoder.") == 0);
	assert_true(distance("ema/state.safetensors", "ema/last.safetensors", "decoder.") > 1e-5);
	/* the average of one model is that model */
	assert_same_file(in_root(root, "plain/last.safetensors"), in_root(root, "swa-of-one/last.safetensors"));
	/* without --recalibrate-norms an average still gets statistics */
	const pairs_of bare[] = { { "swa", "2" }, { "recalibrate-norms", "0" }, { "swa-rate", "0.01" },
		{ "swa-anneal", "1" }, { NULL, NULL } };
	run_with(root, "swa-bare", bare, NULL, NULL);
	assert_true(distance("swa-bare/state.safetensors", "swa-bare/last.safetensors", "encoder.bn1.running_mean") > 1e-6);
	assert_true(fabs(line_number(in_root(root, "swa-bare/log.jsonl"), 1, "learning_rate") - .01) < 1e-15);
}

static void
averages_resume_to_the_bit(void **state)
{
	static const pairs_of options[2][6] = {
		{ { "ema", "0.8" }, { "keep", "1" }, { "schedule", "plateau" }, { "plateau-patience", "0" }, { NULL, NULL } },
		{ { "swa", "2" }, { "swa-rate", "0.05" }, { "optimizer", "lion" }, { "learning-rate", "1e-3" },
			{ NULL, NULL } },
	};
	for (int k = 0; k < 2; k++)
		for (int stop = 0; stop <= 3; stop += 3) {
			secant_train_options o = tiny_options(in_root(root, stop ? "stopped-%d" : "going-%d", k));
			for (const pairs_of *p = options[k]; p->name; p++)
				train_set(&o, p->name, p->value);
			watcher w = { .stop_after = stop };
			train_expecting(&o, data(), &w, stop ? "interrupted" : NULL);
			train_set(&o, "resume", "true");
			if (stop)
				train_expecting(&o, data(), NULL, NULL);
			free_options(&o);
		}
	for (int k = 0; k < 2; k++) {
		assert_same_file(
			in_root(root, "going-%d/state.safetensors", k), in_root(root, "stopped-%d/state.safetensors", k));
		assert_same_file(
			in_root(root, "going-%d/last.safetensors", k), in_root(root, "stopped-%d/last.safetensors", k));
		assert_same_file(
			in_root(root, "going-%d/best.safetensors", k), in_root(root, "stopped-%d/best.safetensors", k));
	}
}

static void
any_metric_chooses(void **state)
{
	const pairs_of more[] = { { "metric", "validation_loss" }, { "epochs", "4" }, { "keep", "2" }, { NULL, NULL } };
	secant_train_result r = run_with(root, "by-loss", more, NULL, NULL);
	double best = INFINITY, second = INFINITY;
	int best_epoch = 0, second_epoch = 0;
	assert_string_equal(r.metric, "validation_loss");
	for (int i = 0; i < 4; i++) {
		double v = line_number(in_root(root, "by-loss/log.jsonl"), i, "validation_loss");
		if (v < best)
			second = best, second_epoch = best_epoch, best = v, best_epoch = i + 1;
		else if (v < second)
			second = v, second_epoch = i + 1;
	}
	assert_true(r.best == best && r.best_epoch == best_epoch);
	for (int i = 1; i <= 4; i++)
		assert_true(secant_is_file(in_root(root, "by-loss/models/epoch-%03d.safetensors", i))
			== (i == best_epoch || i == second_epoch));
	char *kept = base_strdup(in_root(root, "by-loss/models/epoch-%03d.safetensors", best_epoch));
	assert_same_file(kept, in_root(root, "by-loss/best.safetensors"));
	secant_free(kept);
	/* the edges that eval finds, with the same tolerance; 0: none are sought */
	const pairs_of edges[] = { { "metric", "boundary_f1" }, { "boundary", "2" }, { "precision", "f32" },
		{ NULL, NULL } };
	r = run_with(root, "by-edges", edges, NULL, NULL);
	secant_eval_options e;
	secant_scores scores;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &e, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &e, "precision", "f32", &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &e, "boundary", "2", &err), &err);
	must(secant_evaluate(in_root(root, "by-edges/best.safetensors"), data(), &e, NULL, &scores, &err), &err);
	assert_string_equal(r.metric, "boundary_f1");
	assert_true(scores.boundary_f1 > 0 && fabs(scores.boundary_f1 - r.best) < 1e-12 && scores.boundary_f1 != scores.f1);
	assert_true(line_number(in_root(root, "by-edges/log.jsonl"), r.best_epoch - 1, "boundary_f1") == r.best);
	secant_scores_free(&scores);
	secant_opts_free(&secant_eval_options_table, &e);
	const pairs_of wrong[] = { { "metric", "iuo" }, { NULL, NULL } };
	run_with(root, "wrong", wrong, NULL, "metric: none is named 'iuo'; did you mean 'iou'?; there are iou, ");
	assert_false(secant_is_dir(in_root(root, "wrong")));
}

static void
stops_when_nothing_improves(void **state)
{
	/* a rate of 0 leaves every epoch as good as the first */
	const pairs_of more[] = { { "epochs", "9" }, { "patience", "2" }, { "learning-rate", "0" }, { "weight-decay", "0" },
		{ "schedule", "constant" }, { "augment", "none" }, { NULL, NULL } };
	watcher w = { 0 };
	secant_train_result r = run_with(root, "patient", more, &w, NULL);
	assert_int_equal(r.epochs, r.best_epoch + 2);
	assert_true(r.epochs < 9);
	const pairs_of on[] = { { "resume", "true" }, { "patience", "3" }, { "epochs", "9" }, { "learning-rate", "0" },
		{ NULL, NULL } };
	r = run_with(root, "patient", on, NULL, NULL); /* a longer patience goes on */
	assert_int_equal(r.epochs, r.best_epoch + 3);
}

static void
every_fold_is_trained(void **state)
{
	static const char *const names[] = { "fold-0", "fold-1", "folds.json", NULL };
	write_discs(root, "whole", 6, disc_label);
	secant_train_options o = tiny_options(in_root(root, "kfold"));
	train_set(&o, "folds", "2");
	train_set(&o, "fold", "all");
	train_set(&o, "batch", "3");
	train_set(&o, "epochs", "1");
	secant_train_result r = train_expecting(&o, in_root(root, "whole"), NULL, NULL);
	secant_err err = { 0 };
	base_names l = { 0 };
	must(base_dir_list(&l, in_root(root, "kfold"), BASE_DIR_ALL, &err), &err);
	assert_int_equal(l.n, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(l.v[i], names[i]);
	base_names_free(&l);
	json_t *j = base_json_read(in_root(root, "kfold/folds.json"), &err), *list = json_object_get(j, "folds");
	double a = json_number_value(json_object_get(json_array_get(list, 0), "best_iou")),
		   b = json_number_value(json_object_get(json_array_get(list, 1), "best_iou"));
	assert_int_equal(json_array_size(list), 2);
	assert_true(fabs(json_number_value(json_object_get(j, "mean")) - (a + b) / 2) < 1e-12
		&& fabs(r.best - (a + b) / 2) < 1e-12);
	assert_true(fabs(json_number_value(json_object_get(j, "deviation")) - fabs(a - b) / sqrt(2)) < 1e-12);
	assert_true(r.epochs == 2 && r.best_epoch == 0);
	assert_true(line_number(in_root(root, "kfold/fold-1/log.jsonl"), 0, "iou") == b);
	json_decref(j);
	train_expecting(&o, in_root(root, "whole"), NULL,
		"fold-0 holds a run already: --resume goes on with it, --overwrite replaces it");
	must(base_remove_tree(in_root(root, "kfold/fold-1"), &err), &err);
	train_set(&o, "resume", "true"); /* the first is done, the second was never begun */
	watcher w = { 0 };
	train_expecting(&o, in_root(root, "whole"), &w, NULL);
	assert_int_equal(w.epochs, 1);
	assert_true(line_number(in_root(root, "kfold/fold-1/log.jsonl"), 0, "iou") == b);
	train_set(&o, "folds", "1");
	train_expecting(&o, in_root(root, "whole"), NULL, "--fold all wants --folds: how many, at least 2");
	free_options(&o);
}

static void
a_rate_is_suggested(void **state)
{
	const pairs_of more[] = { { "find-learning-rate", "true" }, { "epochs", "1" }, { NULL, NULL } };
	secant_train_result r = run_with(root, "finder", more, NULL, NULL);
	assert_true(r.suggested_rate > 1e-7 && r.suggested_rate < 10);
	secant_err err = { 0 };
	json_t *j = base_json_read(in_root(root, "finder/learning-rate-finder.json"), &err),
		   *rates = json_object_get(j, "learning_rate");
	assert_true(json_number_value(json_object_get(j, "suggested")) == r.suggested_rate);
	assert_true(
		json_array_size(rates) >= 30 && json_array_size(rates) == json_array_size(json_object_get(j, "smoothed")));
	assert_true(fabs(json_number_value(json_array_get(rates, 0)) - 1e-7) < 1e-15);
	assert_true(secant_is_file(in_root(root, "finder/learning-rate-finder.png")));
	assert_false(secant_is_file(in_root(root, "finder/config.json"))); /* it is no run: training goes there next */
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accumulation_is_a_larger_batch),
		cmocka_unit_test(accumulation_ends_with_the_epoch),
		cmocka_unit_test(frozen_parameters_stay),
		cmocka_unit_test(averages_are_what_is_saved),
		cmocka_unit_test(averages_resume_to_the_bit),
		cmocka_unit_test(any_metric_chooses),
		cmocka_unit_test(stops_when_nothing_improves),
		cmocka_unit_test(every_fold_is_trained),
		cmocka_unit_test(a_rate_is_suggested),
	};
	return cmocka_run_group_tests_name("craft at length", tests, setup, teardown);
}
