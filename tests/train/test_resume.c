/*
 * --resume: a training that was interrupted after any step and goes on is, to the last bit, the training that never
 * stopped. Options come from the run; others are refused.
 */
#include "train/training.h"

static int
setup(void **state)
{
	return discs(12, 2);
}

static void
stopped_twice(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "twice"));
	watcher w = { .stop_after = 2 };
	train_expecting(&o, data(), &w, "interrupted after step 2");
	train_set(&o, "resume", "true");
	w = (watcher){ .stop_after = 2 };
	train_expecting(&o, data(), &w, "interrupted after step 4");
	train_expecting(&o, data(), NULL, NULL);
	assert_same_run("twice");
	free_options(&o);
}

static void
other_options_are_refused(void **state)
{
	uint64_t before;
	before = digest_tree(in_root(root, "whole"));
	secant_train_options o = tiny_options(in_root(root, "whole"));
	train_set(&o, "resume", "true");
	train_set(&o, "batch", "3");
	train_set(&o, "loss", "bce");
	train_expecting(&o, data(), NULL,
		"--resume: the run has other options (batch: 4 then, 3 now; loss: 0.5*dice+0.5*bce then, bce now)");
	free_options(&o);
	o = tiny_options(in_root(root, "whole"));
	train_set(&o, "resume", "true");
	train_set(&o, "decoder-channels", "16,8,4"); /* of the architecture's own */
	train_expecting(
		&o, data(), NULL, "--resume: the run has other options (decoder-channels: 16,8,8 then, 16,8,4 now)");
	free_options(&o);
	o = tiny_options(in_root(root, "nowhere"));
	train_set(&o, "resume", "true");
	train_expecting(&o, data(), NULL, "nowhere is no run (it has no config.json)");
	assert_false(secant_is_dir(in_root(root, "nowhere")));
	free_options(&o);
	assert_true(digest_tree(in_root(root, "whole")) == before);
}

/* The same pictures elsewhere go on; others, fewer, or of other sizes do not. */
static void
other_data_is_refused(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "whole"));
	train_set(&o, "resume", "true");
	write_discs(root, "moved/train", 12, disc_label);
	write_discs(root, "moved/val", 2, disc_label);
	train_expecting(&o, in_root(root, "moved"), NULL, NULL);
	write_picture(in_root(root, "moved/train/images/03.png"), 32, 32, 3, SECANT_U8, disc_label);
	train_expecting(&o, in_root(root, "moved"), NULL,
		"--resume: the run has other data (12 pictures then, 12 now whose files have other names or sizes)");
	write_discs(root, "moved/train", 13, disc_label);
	train_expecting(&o, in_root(root, "moved"), NULL, "--resume: the run has other data (12 pictures then, 13 now)");
	free_options(&o);
}

/* Where every option counts as given, what has its default does too. */
static void
defaults_may_be_given(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "whole"));
	train_set(&o, "resume", "true");
	train_set(&o, "batch", "8");
	train_set(&o, "encoder", "resnet34");
	train_set(&o, "loss", "0.5*dice+0.5*bce");
	train_expecting(&o, data(), NULL, NULL);
	o.complete = true;
	train_expecting(&o, data(), NULL,
		"--resume: the run has other options (batch: 4 then, 8 now; encoder: resnet18 then, resnet34 now)");
	free_options(&o);
}

static void
other_threads_are_said(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "threads"));
	watcher w = { .stop_after = 1 };
	train_expecting(&o, data(), &w, "interrupted");
	train_set(&o, "resume", "true");
	train_set(&o, "threads", "2");
	w = (watcher){ 0 };
	train_expecting(&o, data(), &w, NULL);
	assert_string_equal(w.warning, "the run had --threads 1, now 2: it goes on, but not bit for bit");
	free_options(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_stopped),
		cmocka_unit_test(stopped_twice),
		cmocka_unit_test(other_options_are_refused),
		cmocka_unit_test(other_data_is_refused),
		cmocka_unit_test(defaults_may_be_given),
		cmocka_unit_test(other_threads_are_said),
	};
	return cmocka_run_group_tests_name("resume", tests, setup, teardown);
}
