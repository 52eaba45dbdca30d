/*
 * Bad input to training and evaluation: each case fails with a message that says what is wrong and where, and leaves
 * everything that was there as it was: the data, a finished run that was to be replaced, the folder that was to be
 * made.
 */
#include "train/training.h"
#include <sys/mount.h>
#include <sys/stat.h>

static int
setup(void **state)
{
	fresh_root();
	write_discs(root, "good/train", 4, disc_label);
	write_discs(root, "good/val", 1, disc_label);
	secant_train_options o = tiny_options(in_root(root, "model"));
	train_set(&o, "epochs", "1");
	train_expecting(&o, in_root(root, "good"), NULL, NULL);
	if (rename(in_root(root, "model/state.safetensors"),
			in_root(root, "state.safetensors"))) /* it is large, and often hashed */
		return 1;
	train_set(&o, "classes", "3");
	train_set(&o, "out", in_root(root, "model3"));
	write_discs(root, "good3/train", 4, disc_class);
	write_discs(root, "good3/val", 1, disc_class);
	train_expecting(&o, in_root(root, "good3"), NULL, NULL);
	free_options(&o);
	return 0;
}

/* A fresh copy of the good data to spoil. */
static const char *
spoiled(double (*label)(int x, int y, int c))
{
	secant_err err = { 0 };
	if (secant_is_dir(in_root(root, "bad")))
		must(base_remove_tree(in_root(root, "bad"), &err), &err);
	write_discs(root, "bad/train", 4, label);
	write_discs(root, "bad/val", 2, label);
	return in_root(root, "bad");
}

/* Training from "bad" over the finished run "model" fails, and changes neither. */
static void
training_fails(int classes, const char *option, const char *value, const char *message)
{
	char number[16];
	secant_train_options o = tiny_options(in_root(root, "model"));
	snprintf(number, sizeof number, "%d", classes);
	train_set(&o, "classes", number);
	train_set(&o, "overwrite", "true");
	if (option)
		train_set(&o, option, value);
	uint64_t model = digest_tree(in_root(root, "model")), bad = digest_tree(in_root(root, "bad"));
	train_expecting(&o, in_root(root, "bad"), NULL, message);
	assert_true(digest_tree(in_root(root, "model")) == model);
	assert_true(digest_tree(in_root(root, "bad")) == bad);
	free_options(&o);
}

static void
evaluation_fails(const char *model, const char *option, const char *value, const char *message)
{
	secant_eval_options o;
	secant_scores scores;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &o, &err), &err);
	if (option)
		must(secant_opts_set(&secant_eval_options_table, &o, option, value, &err), &err);
	if (!secant_evaluate(in_root(root, "%s", model), in_root(root, "bad"), &o, NULL, &scores, &err))
		fail_msg("evaluation succeeds, expected '%s'", message);
	if (!strstr(err.msg, message))
		fail_msg("expected '%s', got '%s'", message, err.msg);
	secant_opts_free(&secant_eval_options_table, &o);
}

static void
drop(const char *name)
{
	secant_err err = { 0 };
	must(base_remove_tree(in_root(root, "%s", name), &err), &err);
}

static void
pairs(void **state)
{
	spoiled(disc_label);
	drop("bad/train/labels/02.png");
	training_fails(1, NULL, NULL, "bad/train/images/02.png has no label in ");
	spoiled(disc_label);
	drop("bad/val/labels/01.png");
	training_fails(1, NULL, NULL, "bad/val/images/01.png has no label in ");
	evaluation_fails("model/best.safetensors", NULL, NULL, "bad/val/images/01.png has no label in ");
	spoiled(disc_label);
	write_picture(in_root(root, "bad/train/labels/03.png"), 30, 32, 1, SECANT_U8, disc_label);
	training_fails(1, NULL, NULL, "bad/train/labels/03.png: label is 32x30, its picture ");
	evaluation_fails("model/best.safetensors", "split", "train", "is 32x32 (height x width)");
	drop("bad/train/labels");
	training_fails(1, NULL, NULL, "bad/train has images but neither labels nor masks beside them");
}

static double
strange_class(int x, int y, int c)
{
	return y == 5 && x >= 20 && x < 27 ? 9 : disc_class(x, y, c);
}

/* Value, position, how many, and the option that would fit. */
static void
label_values(void **state)
{
	spoiled(disc_class);
	disc_index = 1;
	write_picture(in_root(root, "bad/train/labels/01.png"), 32, 32, 1, SECANT_U8, strange_class);
	training_fails(
		3, NULL, NULL, "bad/train/labels/01.png: label value 9 at (20, 5) is outside the classes 0 to 2, 7 pixels");
	training_fails(3, NULL, NULL, "--classes 10");
	spoiled(disc_class);
	write_picture(in_root(root, "bad/val/labels/01.png"), 32, 32, 1, SECANT_U8, strange_class);
	evaluation_fails("model3/last.safetensors", NULL, NULL,
		"bad/val/labels/01.png: label value 9 at (20, 5) is outside the classes 0 to 2, 7 pixels");
}

static void
broken_files(void **state)
{
	char *text;
	size_t size;
	secant_err err = { 0 };
	spoiled(disc_label);
	must(secant_file_read(&text, &size, in_root(root, "bad/train/images/00.png"), 1 << 20, &err), &err);
	must(secant_file_write(in_root(root, "bad/train/images/00.png"), text, size / 2, &err), &err);
	training_fails(1, NULL, NULL, "bad/train/images/00.png");
	must(secant_file_write(in_root(root, "bad/train/images/00.png"), text, 20, &err), &err);
	training_fails(1, NULL, NULL, "bad/train/images/00.png");
	write_text(in_root(root, "bad/train/images/00.png"), "this is no picture\n");
	training_fails(1, NULL, NULL, "bad/train/images/00.png");
	spoiled(disc_label);
	must(secant_file_write(in_root(root, "bad/val/images/00.png"), text, size / 2, &err), &err);
	evaluation_fails("model/best.safetensors", NULL, NULL, "bad/val/images/00.png");
	secant_free(text);
}

/* Each format, cut in the middle: the file is named, and nothing is trained. */
static void
truncated_formats(void **state)
{
	static const char *const extensions[] = { "png", "jpg", "tif", "webp", "bmp", "ppm" };
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
		char *text, name[64];
		size_t size;
		secant_err err = { 0 };
		spoiled(disc_label);
		drop("bad/train/images/00.png");
		disc_index = 0;
		snprintf(name, sizeof name, "bad/train/images/00.%s", extensions[i]);
		write_picture(in_root(root, "%s", name), 32, 32, 3, SECANT_U8, disc_pixel);
		must(secant_file_read(&text, &size, in_root(root, "%s", name), 1 << 20, &err), &err);
		must(secant_file_write(in_root(root, "%s", name), text, size / 2, &err), &err);
		secant_free(text);
		training_fails(1, NULL, NULL, name);
	}
}

/* Pictures of three channels and one of four bands, which are no alpha. */
static void
mixed_channels(void **state)
{
	spoiled(disc_label);
	drop("bad/train/images/02.png");
	disc_index = 2;
	write_picture(in_root(root, "bad/train/images/02.tif"), 32, 32, 5, SECANT_U8, disc_pixel);
	training_fails(1, NULL, NULL, "bad/train/images/02.tif: has 5 channels, --in-channels is 3");
}

static void
inverted_limits(void **state)
{
	spoiled(disc_label);
	training_fails(1, "augment", "shift-scale-rotate(scale=1.2,0.8)",
		"augmentation shift-scale-rotate: scale limits are inverted, 1.2 is above 0.8");
	training_fails(
		1, "augment", "[{\"name\": \"hue-saturation-value\", \"hue\": [20, -20]}]", "hue limits are inverted");
}

static void
no_pictures(void **state)
{
	secant_err err = { 0 };
	spoiled(disc_label);
	drop("bad/train/images");
	drop("bad/train/labels");
	must(secant_make_dirs(in_root(root, "bad/train/images"), &err), &err);
	must(secant_make_dirs(in_root(root, "bad/train/labels"), &err), &err);
	training_fails(1, NULL, NULL, "bad/train/images holds no pictures");
	evaluation_fails("model/best.safetensors", "split", "train", "bad/train/images holds no pictures");
	evaluation_fails("model/best.safetensors", "split", "test", "bad has no folder 'test', only ");
	secant_train_options o = tiny_options(in_root(root, "never"));
	train_expecting(&o, in_root(root, "nowhere"), NULL, "nowhere: no such file or folder");
	assert_false(secant_is_dir(in_root(root, "never")));
	free_options(&o);
}

static void
options_that_do_not_fit(void **state)
{
	spoiled(disc_label);
	training_fails(1, "in-channels", "4", "has 3 channels, --in-channels is 4");
	training_fails(1, "mode", "multiclass", "mode multiclass wants at least 2 classes, there is 1; use binary");
	training_fails(2, "mode", "binary", "mode binary is for 1 class, there are 2; use multiclass or multilabel");
	training_fails(1, "encoder", "resnet35", "resnet34");
	training_fails(1, "arch", "unett", "unet");
	training_fails(1, "optimizer", "adamv", "adamw");
	training_fails(1, "schedule", "cosin", "cosine");
	training_fails(1, "precision", "fp32", "precision 'fp32' is not auto, bf16, f32 or f64");
	training_fails(1, "precision", "f64",
		"precision f64 runs scalar references: it is for secant run, training wants f32 or bf16");
	training_fails(1, "weights", in_root(root, "nothing.pth"), "nothing.pth");
	training_fails(1, "augment", "flip-x", "flip-");
	training_fails(
		1, "activation", "softmax", "activation softmax: over one class it is 1 everywhere; sigmoid, or leave it out");
	training_fails(
		1, "activation", "sigmoid", "activation sigmoid: the loss dice wants logits; leave the activation out");
}

/* A model of other classes, tensors that are no model, and a model file with any part of it gone. */
static void
model_files(void **state)
{
	char *text;
	size_t size;
	secant_err err = { 0 };
	spoiled(disc_label);
	evaluation_fails("state.safetensors", NULL, NULL, "state.safetensors: holds tensors but no secant model");
	evaluation_fails("model/log.jsonl", NULL, NULL, "model/log.jsonl");
	evaluation_fails("nothing.safetensors", NULL, NULL, "nothing.safetensors: cannot open: No such file or directory");
	evaluation_fails("good", NULL, NULL, "good: is a folder, expected a file");
	must(secant_file_read(&text, &size, in_root(root, "model/last.safetensors"), 1 << 30, &err), &err);
	size_t header = 8 + (size_t)base_le64((const uint8_t *)text);
	const size_t cut[] = { 0, 7, 8, 1000, header - 1, header, header + 1000, size - 1 };
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		must(secant_file_write(in_root(root, "cut.safetensors"), text, cut[i], &err), &err);
		evaluation_fails("cut.safetensors", NULL, NULL, "cut.safetensors: ");
		if (i == 3)
			training_fails(1, "weights", in_root(root, "cut.safetensors"), "cut.safetensors: ");
	}
	/* every word of the graph's JSON that can be misread: some bytes changed, one at a time */
	for (size_t at = 8; at < header; at += header / 100) {
		char old = text[at];
		secant_eval_options o;
		secant_scores scores;
		secant_err own = { 0 };
		text[at] = old == '1' ? '7' : '1';
		must(secant_file_write(in_root(root, "cut.safetensors"), text, header < 4000 ? size : header, &err), &err);
		must(secant_opts_init(&secant_eval_options_table, &o, &err), &err);
		assert_int_not_equal(
			secant_evaluate(in_root(root, "cut.safetensors"), in_root(root, "bad"), &o, NULL, &scores, &own),
			SECANT_OK);
		secant_opts_free(&secant_eval_options_table, &o);
		text[at] = old;
	}
	secant_free(text);
}

/* A run on a file system that fills up: the message names the file, and what was whole stays whole. */
static void
full_disk(void **state)
{
	char folder[300];
	secant_err err = { 0 };
	snprintf(folder, sizeof folder, "%s/small", root);
	must(secant_make_dirs(folder, &err), &err);
	if (geteuid() != 0 || mount("none", folder, "tmpfs", 0, "size=60m")) {
		fprintf(stderr, "skipped: a small file system cannot be mounted here\n");
		skip();
	}
	secant_train_options o = tiny_options(
		in_root(root, "small/run")); /* a model fits (45 MB), a state (135 MB) does not */
	secant_train_events silent = { 0 };
	spoiled(disc_label);
	secant_status status = secant_train(&o, in_root(root, "bad"), &silent, NULL, &err);
	bool whole = secant_is_file(in_root(root, "small/run/last.safetensors"));
	secant_eval_options e;
	secant_scores scores;
	secant_err own = { 0 };
	secant_status opens = secant_opts_init(&secant_eval_options_table, &e, &own);
	opens = opens
		? opens
		: secant_evaluate(in_root(root, "small/run/last.safetensors"), in_root(root, "bad"), &e, NULL, &scores, &own);
	base_names left = { 0 };
	secant_status listed = base_dir_list(&left, in_root(root, "small/run"), BASE_DIR_ALL, &own);
	umount(folder); /* before anything can fail the test */
	assert_int_equal(listed, SECANT_OK);
	for (int i = 0; i < left.n; i++)
		if (strstr(left.v[i], "tmp"))
			fail_msg("%s is left", left.v[i]);
	base_names_free(&left);
	assert_int_equal(status, SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "No space left on device"));
	assert_non_null(strstr(err.msg, "small/run/"));
	assert_true(whole);
	if (opens)
		fail_msg("%s", own.msg);
	secant_scores_free(&scores);
	secant_opts_free(&secant_eval_options_table, &e);
	free_options(&o);
}

/* Root may write anywhere, so the folder is on a file system that is mounted read-only; others get a folder without
 * permission. */
static void
read_only_folder(void **state)
{
	char folder[300];
	secant_err err = { 0 };
	bool super = geteuid() == 0;
	snprintf(folder, sizeof folder, "%s/fixed", root);
	must(secant_make_dirs(folder, &err), &err);
	if (super ? mount("none", folder, "tmpfs", MS_RDONLY, "size=1m") : chmod(folder, 0555)) {
		fprintf(stderr, "skipped: a read-only file system cannot be mounted here\n");
		skip();
	}
	spoiled(disc_label);
	secant_train_options o = tiny_options(in_root(root, "fixed/run"));
	secant_train_events silent = { 0 };
	secant_status status = secant_train(&o, in_root(root, "bad"), &silent, NULL, &err);
	if (super)
		umount(folder);
	assert_int_equal(status, SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "fixed/run"));
	assert_non_null(strstr(err.msg, super ? "Read-only file system" : "Permission denied"));
	free_options(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(label_values),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(truncated_formats),
		cmocka_unit_test(mixed_channels),
		cmocka_unit_test(inverted_limits),
		cmocka_unit_test(no_pictures),
		cmocka_unit_test(options_that_do_not_fit),
		cmocka_unit_test(model_files),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(read_only_folder),
	};
	return cmocka_run_group_tests_name("bad input", tests, setup, teardown);
}
