/*
 * The run folder: what a training leaves in it, when an existing one is refused and what replaces it, what the log
 * says, which epoch is the best.
 */
#include "train/training.h"
#include "base/json.h"
#include <secant/tensorfile.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <secant/codec.h>
#include <secant/predict.h>

static int
setup(void **state)
{
	return discs(8, 3);
}

static void
names_are(const char *folder, const char *const *want)
{
	base_names l = { 0 };
	secant_err err = { 0 };
	int n = 0;
	must(base_dir_list(&l, folder, BASE_DIR_ALL, &err), &err);
	for (; want[n]; n++)
		assert_string_equal(n < l.n ? l.v[n] : "(nothing)", want[n]);
	if (l.n != n)
		fail_msg("%s holds more: %s", folder, l.v[n]);
	base_names_free(&l);
}

static void
holds_what_was_promised(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "run"));
	watcher w = { 0 };
	secant_train_result r = train_expecting(&o, data(), &w, NULL);
	static const char *const files[] = {
		"best.safetensors",
		"config.json",
		"curves.png",
		"curves.svg",
		"events.out.tfevents.secant",
		"last.safetensors",
		"learning-rate.png",
		"learning-rate.svg",
		"log.jsonl",
		"report.html",
		"samples",
		"state.safetensors",
		NULL,
	};
	static const char *const samples[] = { "epoch-001.png", "epoch-002.png", NULL };
	names_are(in_root(root, "run"), files);
	names_are(in_root(root, "run/samples"), samples);
	assert_int_equal(w.steps, 4);
	assert_int_equal(w.epochs, 2);
	assert_string_equal(w.warning, "");
	assert_int_equal(r.epochs, 2);
	assert_true(r.best >= r.last && r.best <= 1 && r.last >= 0);
	assert_true(r.best_epoch == 1 || r.best_epoch == 2);
	assert_true(w.last.epoch_done && w.last.epoch == 2 && w.last.epochs == 2 && w.last.steps == 2);

	/* every option, defaults included, in the order and words of the command line */
	secant_err err = { 0 };
	json_t *config = base_json_read(in_root(root, "run/config.json"), &err);
	assert_non_null(config);
	assert_int_equal(json_integer_value(json_object_get(config, "epochs")), 2);
	assert_string_equal(json_string_value(json_object_get(config, "encoder")), "resnet18");
	assert_string_equal(json_string_value(json_object_get(config, "loss")), "0.5*dice+0.5*bce");
	assert_string_equal(json_string_value(json_object_get(config, "schedule")), "cosine");
	assert_true(json_is_integer(json_object_get(config, "recalibrate-norms")));
	json_decref(config);
	free_options(&o);
}

static void
log_has_a_line_an_epoch(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "logged"));
	train_set(&o, "epochs", "3");
	secant_train_result r = train_expecting(&o, data(), NULL, NULL);
	char *path = base_path_join(root, "logged/log.jsonl");
	double best = -1;
	int best_epoch = 0;
	for (int i = 0; i < 3; i++) {
		assert_true(line_number(path, i, "epoch") == i + 1);
		/* cosine from 0.02 to 0 over 3 epochs */
		assert_true(fabs(line_number(path, i, "learning_rate") - 1e-2 * (1 + cos(acos(-1) * i / 3))) < 1e-15);
		static const char *const shares[] = { "iou", "f1", "accuracy", "miou" };
		for (size_t k = 0; k < 4; k++)
			assert_true(line_number(path, i, shares[k]) >= 0 && line_number(path, i, shares[k]) <= 1);
		static const char *const positive[] = { "loss", "validation_loss", "images_per_second", "seconds" };
		for (size_t k = 0; k < 4; k++)
			assert_true(line_number(path, i, positive[k]) > 0);
		if (line_number(path, i, "iou") > best)
			best = line_number(path, i, "iou"), best_epoch = i + 1;
	}
	assert_null(json_line(path, 3));
	assert_int_equal(r.best_epoch, best_epoch);
	assert_true(r.best == best && r.last == line_number(path, 2, "iou") && r.last_loss == line_number(path, 2, "loss"));
	secant_free(path);
	free_options(&o);
}

/* Foreground pixels of the validation pictures as a prediction with these views paints them. */
static int64_t
painted(const char *model, const char *tta)
{
	secant_err err = { 0 };
	secant_predict options;
	int64_t n = 0;
	must(secant_opts_init(&secant_predict_options, &options, &err), &err);
	must(secant_opts_set(&secant_predict_options, &options, "precision", "f32", &err), &err);
	must(secant_opts_set(&secant_predict_options, &options, "tta", tta, &err), &err);
	secant_predictor *p = secant_predictor_open(&model, 1, &options, &err);
	assert_non_null(p);
	for (int i = 0; i < 3; i++) {
		secant_image im = { 0 }, mask = { 0 };
		must(secant_image_read(&im, in_root(root, "data/val/images/%02d.png", i), NULL, &err), &err);
		must(secant_predictor_mask(p, &im, &mask, &err), &err);
		for (int k = 0; k < mask.width * mask.height; k++)
			n += ((const uint8_t *)mask.data)[k] == 255;
		secant_image_free(&im);
		secant_image_free(&mask);
	}
	secant_predictor_close(p);
	secant_opts_free(&secant_predict_options, &options);
	return n;
}

/* With --tta, eval counts what predict --tta paints. */
static void
views_count_in_evaluation(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "viewed"));
	train_expecting(&o, data(), NULL, NULL);
	free_options(&o);
	char *model = base_strdup(in_root(root, "viewed/last.safetensors"));
	static const char *const views[] = { "none", "flip-h", "rotate90", "d4" };
	double iou[4];
	secant_err err = { 0 };
	secant_eval_options e;
	secant_scores scores;
	must(secant_opts_init(&secant_eval_options_table, &e, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &e, "precision", "f32", &err), &err);
	for (int i = 0; i < 4; i++) {
		must(secant_opts_set(&secant_eval_options_table, &e, "tta", views[i], &err), &err);
		must(secant_evaluate(model, data(), &e, NULL, &scores, &err), &err);
		assert_int_equal(scores.per_class[scores.classes - 1].predicted, painted(model, views[i]));
		assert_true(isnan(scores.loss));
		iou[i] = scores.iou;
		secant_scores_free(&scores);
	}
	assert_true(iou[0] != iou[1] && iou[1] != iou[2] && iou[2] != iou[3]);
	static const struct {
		const char *name, *value, *message;
	} wrong[] = {
		{ "tta", "scale(0.5)", "--tta scale(0.5): eval mirrors and turns; scale and stretch are for predict" },
		{ "tta", "fliph", "--tta: 'fliph' is not flip-h, " },
		{ "loss", "dice", "--loss wants the network's own outputs, --tta and several models take the mean" },
	};
	for (int i = 0; i < 3; i++) {
		must(secant_opts_set(&secant_eval_options_table, &e, wrong[i].name, wrong[i].value, &err), &err);
		assert_true(secant_evaluate(model, data(), &e, NULL, &scores, &err) != SECANT_OK);
		assert_non_null(strstr(err.msg, wrong[i].message));
		err = (secant_err){ 0 };
	}
	secant_opts_free(&secant_eval_options_table, &e);
	secant_free(model);
}

/* The best model is the last one of the epoch with the best IoU: what a run stopped there would have as its last. */
static void
best_is_the_best_epoch(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "logged"));
	train_set(&o, "epochs", "3");
	train_set(&o, "overwrite", "true");
	secant_train_result r = train_expecting(&o, data(), NULL, NULL);
	if (r.best_epoch == 3)
		assert_same_file(in_root(root, "logged/best.safetensors"), in_root(root, "logged/last.safetensors"));
	else
		assert_other_file(in_root(root, "logged/best.safetensors"), in_root(root, "logged/last.safetensors"));
	secant_eval_options e;
	secant_scores scores;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &e, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &e, "precision", "f32", &err), &err);
	must(secant_evaluate(in_root(root, "logged/best.safetensors"), data(), &e, NULL, &scores, &err), &err);
	assert_true(fabs(scores.iou - r.best) < 1e-12); /* the same pictures through the same plan */
	assert_int_equal(scores.images, 3);
	assert_int_equal(scores.pixels, 3 * 32 * 32);
	secant_scores_free(&scores);
	secant_opts_free(&secant_eval_options_table, &e);
	free_options(&o);
}

static void
existing_runs_are_refused(void **state)
{
	uint64_t before;
	secant_train_options o = tiny_options(in_root(root, "run"));
	before = digest_tree(in_root(root, "run"));
	train_expecting(&o, data(), NULL, "run holds a run already: --resume goes on with it, --overwrite replaces it");
	train_set(&o, "loss", "dic");
	train_set(&o, "overwrite", "true");
	train_expecting(&o, data(), NULL, "loss: none is named 'dic'; did you mean 'dice'? (secant list losses)");
	assert_true(digest_tree(in_root(root, "run")) == before); /* even --overwrite replaces only once it can start */
	free_options(&o);

	o = tiny_options(in_root(root, "run"));
	train_set(&o, "overwrite", "true");
	train_set(&o, "epochs", "1");
	train_expecting(&o, data(), NULL, NULL);
	assert_null(json_line(in_root(root, "run/log.jsonl"), 1));
	assert_false(secant_is_file(in_root(root, "run/samples/epoch-002.png")));
	free_options(&o);

	o = tiny_options("run");
	secant_free(o.out);
	o.out = NULL;
	train_expecting(&o, data(), NULL, "--out: a folder for the run is wanted");
	free_options(&o);
}

/* One that failed before its first weights has nothing to lose: the next try begins there. A folder of folds has. */
static void
a_run_without_weights_does_not_block(void **state)
{
	secant_err err = { 0 };
	secant_train_options o = tiny_options(in_root(root, "early"));
	must(secant_make_dirs(in_root(root, "early"), &err), &err);
	must(secant_file_write(in_root(root, "early/config.json"), "{}", 2, &err), &err);
	must(secant_file_write(in_root(root, "early/log.jsonl"), "", 0, &err), &err);
	must(secant_make_dirs(in_root(root, "early/fold-0"), &err), &err);
	train_expecting(&o, data(), NULL, "early holds a run already");
	must(base_remove_tree(in_root(root, "early/fold-0"), &err), &err);
	train_set(&o, "epochs", "1");
	train_expecting(&o, data(), NULL, NULL);
	train_expecting(&o, data(), NULL, "early holds a run already");
	free_options(&o);
}

static void
works_without_validation_pictures(void **state)
{
	write_discs(root, "alone/train", 3, disc_class);
	secant_train_options o = tiny_options(in_root(root, "run-alone"));
	train_set(&o, "classes", "3");
	watcher w = { 0 };
	secant_train_result r = train_expecting(&o, in_root(root, "alone"), &w, NULL);
	assert_non_null(strstr(w.warning, "there are 3 training pictures: the batch is 3, not 4"));
	assert_true(isnan(r.best) && w.last.n_scores == 0 && r.best_epoch == 2);
	assert_same_file(in_root(root, "run-alone/best.safetensors"), in_root(root, "run-alone/last.safetensors"));
	json_t *line = json_line(in_root(root, "run-alone/log.jsonl"), 0);
	assert_true(json_is_null(json_object_get(line, "iou")));
	json_decref(line);
	free_options(&o);
}

/* Pictures of several sizes: crops to train on, whole pictures to validate on, whatever the batch. */
static void
pictures_may_have_several_sizes(void **state)
{
	write_split(root, "sizes/train", 4, 40, 36, half_mask);
	write_split(root, "sizes/val", 2, 40, 36, half_mask);
	write_picture(in_root(root, "sizes/val/images/07.png"), 33, 70, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "sizes/val/labels/07.png"), 33, 70, 1, SECANT_U8, half_mask);
	secant_train_options o = tiny_options(in_root(root, "run-sizes"));
	train_set(&o, "epochs", "1");
	train_set(&o, "size", "32");
	secant_train_result r = train_expecting(&o, in_root(root, "sizes"), NULL, NULL);
	assert_true(r.last >= 0 && r.last <= 1);
	write_picture(in_root(root, "sizes/train/images/07.png"), 33, 70, 3, SECANT_U8, place_value);
	write_picture(in_root(root, "sizes/train/labels/07.png"), 33, 70, 1, SECANT_U8, half_mask);
	secant_ints none = { 0 };
	o.data.size = none;
	train_set(&o, "overwrite", "true");
	train_expecting(&o, in_root(root, "sizes"), NULL, "the pictures have several sizes (");
	free_options(&o);
}

static void
classes_and_their_names_reach_the_scores(void **state)
{
	write_discs(root, "kinds/train", 4, disc_class);
	write_discs(root, "kinds/val", 2, disc_class);
	write_text(in_root(root, "names.txt"), "nothing 0 0 0\nred 255 0 0\nblue 0 0 255\n");
	secant_train_options o = tiny_options(in_root(root, "run-kinds"));
	train_set(&o, "classes", "3");
	train_set(&o, "epochs", "1");
	train_set(&o, "class-file", in_root(root, "names.txt"));
	train_expecting(&o, in_root(root, "kinds"), NULL, NULL);
	secant_eval_options e;
	secant_scores scores;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &e, &err), &err);
	must(secant_evaluate(in_root(root, "run-kinds/last.safetensors"), in_root(root, "kinds"), &e, NULL, &scores, &err),
		&err);
	assert_int_equal(scores.classes, 3);
	assert_string_equal(scores.per_class[0].name, "nothing");
	assert_string_equal(scores.per_class[2].name, "blue");
	int64_t sum = 0;
	for (int i = 0; i < 9; i++)
		sum += scores.confusion[i];
	assert_int_equal(sum, 2 * 32 * 32);
	secant_scores_free(&scores);
	/* and its colours the model, what it predicts, and the pictures of an epoch */
	const char *model = in_root(root, "run-kinds/last.safetensors");
	secant_predict how;
	uint8_t rgb[3];
	must(secant_opts_init(&secant_predict_options, &how, &err), &err);
	secant_predictor *p = secant_predictor_open(&model, 1, &how, &err);
	assert_non_null(p);
	secant_predictor_colour(p, 2, rgb);
	assert_memory_equal(rgb, ((uint8_t[]){ 0, 0, 255 }), 3);
	secant_predictor_close(p);
	secant_opts_free(&secant_predict_options, &how);
	secant_image seen = { 0 };
	must(secant_image_read(&seen, in_root(root, "run-kinds/samples/epoch-001.png"), NULL, &err), &err);
	assert_int_equal(seen.height > 2 * (256 + 6) + 20, true); /* titles above two rows, a legend below */
	const uint8_t *label = (const uint8_t *)seen.data + ((size_t)(26 + 128) * (size_t)seen.width + 6 + 262 + 128) * 3;
	assert_true(
		!memcmp(label, (uint8_t[]){ 255, 0, 0 }, 3) || !memcmp(label, rgb, 3) || !memcmp(label, (uint8_t[3]){ 0 }, 3));
	int blue = 0;
	for (int i = 0; i < seen.width * 30; i++)
		blue += !memcmp(
			(const uint8_t *)seen.data + ((size_t)(seen.height - 30) * (size_t)seen.width + (size_t)i) * 3, rgb, 3);
	assert_int_equal(blue, 14 * 14);
	secant_image_free(&seen);
	secant_opts_free(&secant_eval_options_table, &e);
	free_options(&o);
}

/* The threshold of the best IoU, on request; another one by --threshold. A model that is trained on has none. */
static void
the_best_threshold_is_kept_with_the_model(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "kept"));
	secant_eval_options e;
	secant_predict how;
	secant_scores before, after;
	secant_err err = { 0 };
	const char *model = in_root(root, "kept/last.safetensors");
	train_expecting(&o, data(), NULL, NULL);
	free_options(&o);
	must(secant_opts_init(&secant_eval_options_table, &e, &err), &err);
	e.keep_threshold = true;
	must(secant_evaluate(model, data(), &e, NULL, &before, &err), &err);
	assert_true(before.best_iou > before.iou);
	e.keep_threshold = false;
	must(secant_evaluate(model, data(), &e, NULL, &after, &err), &err);
	assert_true(fabs(after.iou - before.best_iou) < 1e-12);
	secant_scores_free(&after);
	e.threshold = .5;
	must(secant_evaluate(model, data(), &e, NULL, &after, &err), &err);
	assert_true(after.iou == before.iou);
	must(secant_opts_init(&secant_predict_options, &how, &err), &err);
	secant_predictor *p = secant_predictor_open(&model, 1, &how, &err);
	assert_non_null(p);
	assert_true(secant_predictor_threshold(p) == before.best_threshold);
	secant_predictor_close(p);
	how.threshold = .25;
	assert_non_null(p = secant_predictor_open(&model, 1, &how, &err));
	assert_true(secant_predictor_threshold(p) == .25);
	secant_predictor_close(p);
	secant_opts_free(&secant_predict_options, &how);
	secant_opts_free(&secant_eval_options_table, &e);
	secant_scores_free(&before);
	secant_scores_free(&after);
}

static double
dim(int x, int y, int c)
{
	return x > 9 ? 90 : 3;
}
static double
second_class(int x, int y, int c)
{
	return 1;
}

/* Labels that mean something else than is thought train to nothing: it is said after the first epoch. */
static void
labels_of_one_kind_are_noticed(void **state)
{
	static const struct {
		double (*label)(int x, int y, int c);
		const char *classes, *warning;
	} cases[] = {
		{ dim, "1",
			"no pixel of the 2 validation pictures is foreground: is it from 128 on (--label-threshold), and --labels "
			"right?" },
		{ second_class, "3", "every labelled pixel of the 2 validation pictures is of one class, class 1" },
		{ disc_class, "3", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		watcher w = { 0 };
		secant_train_options o = tiny_options(in_root(root, "run-one-kind"));
		train_set(&o, "classes", cases[i].classes);
		train_set(&o, "overwrite", "true");
		write_discs(root, "one-kind/train", 4, cases[i].label);
		write_discs(root, "one-kind/val", 2, cases[i].label);
		train_expecting(&o, in_root(root, "one-kind"), &w, NULL);
		assert_string_equal(w.warning, cases[i].warning);
		free_options(&o);
	}
}

/* ---- whose folder it is ---- */

/* In a folder of somebody's, a first run removes nothing; what a killed run was writing goes when the run goes on. */
static void
only_what_runs_made_is_swept(void **state)
{
	char *run = base_strdup(in_root(root, "somebody"));
	secant_err err = { 0 };
	char path[1200];
	static const char *const theirs[] = { ".important.tmp/data", ".notes.tmp", ".notes.12-3.tmp", "models/.x.1-2.tmp",
		".log.jsonl.12.tmp", NULL };
	for (int i = 0; theirs[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", run, theirs[i]);
		char *dir = base_path_dir(path);
		must(secant_make_dirs(dir, &err), &err);
		must(secant_file_write(path, "x", 1, &err), &err);
		secant_free(dir);
	}
	secant_train_options o = tiny_options(run);
	train_expecting(&o, data(), NULL, NULL);
	static const char *const ours[] = { ".log.jsonl.12-3.tmp", ".last.safetensors.99-0.tmp",
		"samples/.epoch-001.png.7-1.tmp", NULL };
	for (int i = 0; ours[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", run, ours[i]);
		must(secant_file_write(path, "x", 1, &err), &err);
	}
	train_set(&o, "resume", "true");
	train_set(&o, "epochs", "3");
	train_expecting(&o, data(), NULL, NULL);
	for (int i = 0; theirs[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", run, theirs[i]);
		assert_true(secant_is_file(path));
	}
	for (int i = 0; ours[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", run, ours[i]);
		assert_false(secant_is_file(path));
	}
	free_options(&o);
	secant_free(run);
}

/* A folder that another process trains in is refused, and the process named. */
static void
a_folder_has_one_process(void **state)
{
	char *run = base_strdup(in_root(root, "taken")), message[1400];
	secant_err err = { 0 };
	int lock, ready[2];
	char byte;
	must(secant_make_dirs(run, &err), &err);
	assert_int_equal(pipe(ready), 0);
	pid_t other = fork();
	if (!other) {
		bool good = !base_dir_lock(run, &lock, &err);
		if (write(ready[1], good ? "y" : "n", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	secant_train_options o = tiny_options(run);
	snprintf(message, sizeof message, "%s: process %ld is writing into it", run, (long)other);
	train_expecting(&o, data(), NULL, message);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	train_expecting(&o, data(), NULL, NULL);
	close(ready[0]);
	close(ready[1]);
	free_options(&o);
	secant_free(run);
}

/* Counters of a state that nobody wrote. */
static void
a_damaged_state_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = { { "epoch", "-3" }, { "epoch", "4294967297" }, { "epoch", "9223372036854775807" }, { "epoch", "1.5" },
		{ "epoch", "null" }, { "step", "-1" }, { "step", "1000000" }, { "updates", "-5" }, { "updates", "1e30" },
		{ "updates", "9007199254740992" }, { "steps", "-1" }, { "best_epoch", "-1" }, { "best_epoch", "77" },
		{ "averaged", "-1" }, { "threads", "-1" }, { "plateau", "[1e300, null, 0, 0]" },
		{ "plateau", "[0.1, null, -1, 0]" }, { "plateau", "[0.1, null, 0, 4294967296]" } };
	char *run = base_strdup(in_root(root, "damaged")), path[1200];
	secant_train_options o = tiny_options(run);
	secant_err err = { 0 };
	train_set(&o, "encoder", "mobilenet_v2"); /* a small state: it is written for each row */
	train_expecting(&o, data(), NULL, NULL);
	train_set(&o, "resume", "true");
	train_set(&o, "epochs", "3");
	snprintf(path, sizeof path, "%s/state.safetensors", run);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		secant_tensors t = { 0 };
		char *meta = NULL, want[300], log[1200], *before = NULL, *after = NULL;
		size_t n_before, n_after;
		must(secant_tensors_read(&t, &meta, path, &err), &err);
		json_t *outer = json_loads(meta, 0, NULL),
			   *inner = json_loads(json_string_value(json_object_get(outer, "training")), 0, NULL);
		json_object_set_new(inner, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		char *text = json_dumps(inner, 0);
		json_object_set_new(outer, "training", json_string(text));
		char *whole = json_dumps(outer, 0);
		char *good = NULL;
		size_t n_good;
		must(secant_file_read(&good, &n_good, path, 1 << 28, &err), &err);
		must(secant_tensors_write(&t, whole, path, &err), &err);
		snprintf(log, sizeof log, "%s/log.jsonl", run);
		must(secant_file_read(&before, &n_before, log, 1 << 20, &err), &err);
		snprintf(want, sizeof want, "the state is damaged: \"%s\"", bad[i].key);
		train_expecting(&o, data(), NULL, want);
		must(secant_file_read(&after, &n_after, log, 1 << 20, &err), &err);
		assert_string_equal(before, after);
		must(secant_file_write(path, good, n_good, &err), &err);
		secant_tensors_free(&t);
		secant_free(meta), secant_free(before), secant_free(after), secant_free(good);
		free(text), free(whole);
		json_decref(inner), json_decref(outer);
	}
	free_options(&o);
	secant_free(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_promised),
		cmocka_unit_test(log_has_a_line_an_epoch),
		cmocka_unit_test(best_is_the_best_epoch),
		cmocka_unit_test(views_count_in_evaluation),
		cmocka_unit_test(existing_runs_are_refused),
		cmocka_unit_test(a_run_without_weights_does_not_block),
		cmocka_unit_test(works_without_validation_pictures),
		cmocka_unit_test(pictures_may_have_several_sizes),
		cmocka_unit_test(classes_and_their_names_reach_the_scores),
		cmocka_unit_test(the_best_threshold_is_kept_with_the_model),
		cmocka_unit_test(labels_of_one_kind_are_noticed),
		cmocka_unit_test(only_what_runs_made_is_swept),
		cmocka_unit_test(a_folder_has_one_process),
		cmocka_unit_test(a_damaged_state_is_refused),
	};
	return cmocka_run_group_tests_name("run folder", tests, setup, teardown);
}
