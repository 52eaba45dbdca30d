/*
 * --resume, at length: a training interrupted after each of its steps, with other optimisers, for more epochs, and with
 * damaged states.
 */
#include "train/training.h"

static int
setup(void **state)
{
	return discs(12, 2);
}

/* After every step: within an epoch, at its end, and in the last. */
static void
stopped_anywhere(void **state)
{
	for (int stop = 1; stop <= 6; stop++) {
		char text[64];
		secant_train_options o = tiny_options(in_root(root, "stopped"));
		train_set(&o, "overwrite", "true");
		watcher w = { .stop_after = stop };
		snprintf(text, sizeof text, "interrupted after step %d; --resume goes on from here", stop);
		train_expecting(&o, data(), &w, text);
		assert_int_equal(w.steps, stop);
		train_set(&o, "overwrite", "false");
		train_set(&o, "resume", "true");
		w = (watcher){ 0 };
		train_expecting(&o, data(), &w, NULL);
		assert_int_equal(w.steps, 6 - stop);
		assert_string_equal(w.warning, "");
		assert_same_run("stopped");
		free_options(&o);
	}
}

/* Adam has two slots; and options come from the run where none are given. */
static void
options_come_from_the_run(void **state)
{
	secant_err err = { 0 };
	for (int stop = 0; stop <= 1; stop++) {
		secant_train_options o = tiny_options(in_root(root, stop ? "adamw-stopped" : "adamw"));
		train_set(&o, "optimizer", "adamw");
		train_set(&o, "learning-rate", "2e-3");
		watcher w = { .stop_after = stop ? 4 : 0 };
		train_expecting(&o, data(), &w, stop ? "interrupted" : NULL);
		free_options(&o);
	}
	secant_train_options o;
	must(secant_opts_init(&secant_train_options_table, &o, &err), &err);
	train_set(&o, "out", in_root(root, "adamw-stopped"));
	train_set(&o, "resume", "true");
	secant_train_result r = train_expecting(&o, data(), NULL, NULL);
	assert_int_equal(r.epochs, 2);
	assert_same_file(in_root(root, "adamw/state.safetensors"), in_root(root, "adamw-stopped/state.safetensors"));
	assert_same_file(in_root(root, "adamw/last.safetensors"), in_root(root, "adamw-stopped/last.safetensors"));
	free_options(&o);
}

static void
more_epochs_and_none(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "longer"));
	train_set(&o, "schedule", "constant");
	train_expecting(&o, data(), NULL, NULL);
	train_set(&o, "resume", "true");
	watcher w = { 0 };
	train_expecting(&o, data(), &w, NULL); /* finished: nothing to do */
	assert_int_equal(w.steps, 0);
	train_set(&o, "epochs", "3");
	secant_train_result r = train_expecting(&o, data(), &w, NULL);
	assert_int_equal(w.steps, 3);
	assert_int_equal(r.epochs, 3);
	assert_true(line_number(in_root(root, "longer/log.jsonl"), 2, "epoch") == 3);
	free_options(&o);

	o = tiny_options(in_root(root, "at-once"));
	train_set(&o, "schedule", "constant");
	train_set(&o, "epochs", "3");
	train_expecting(&o, data(), NULL, NULL);
	assert_same_file(in_root(root, "at-once/state.safetensors"), in_root(root, "longer/state.safetensors"));
	free_options(&o);
}

/* A run that was killed before its first state starts anew; a state that is damaged is an error, and stays as it is. */
static void
damaged_states(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "damaged"));
	watcher w = { .stop_after = 1 };
	uint64_t before;
	char *path = base_path_join(root, "damaged/state.safetensors"), *text;
	size_t size;
	secant_err err = { 0 };
	train_expecting(&o, data(), &w, "interrupted");
	must(secant_file_read(&text, &size, path, 1 << 30, &err), &err);
	train_set(&o, "resume", "true");
	static const size_t cut[] = { 0, 4, 100, 50000 };
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		must(secant_file_write(path, text, cut[i], &err), &err);
		before = digest_tree(in_root(root, "damaged"));
		train_expecting(&o, data(), NULL, "damaged/state.safetensors");
		assert_true(digest_tree(in_root(root, "damaged")) == before);
	}
	must(base_remove_tree(path, &err), &err);
	w = (watcher){ 0 };
	train_expecting(&o, data(), &w, NULL);
	assert_non_null(strstr(w.warning, "state.safetensors is not there: the run starts from the beginning"));
	assert_same_run("damaged");
	secant_free(path);
	secant_free(text);
	free_options(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_stopped),
		cmocka_unit_test(stopped_anywhere),
		cmocka_unit_test(options_come_from_the_run),
		cmocka_unit_test(more_epochs_and_none),
		cmocka_unit_test(damaged_states),
	};
	return cmocka_run_group_tests_name("resume at length", tests, setup, teardown);
}
