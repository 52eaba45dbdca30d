/*
 * What a training depends on, and what changes nothing of it: the same again, the threads of the loader, recalibrated
 * statistics.
 */
#include "train/training.h"

static int
setup(void **state)
{
	return discs(8, 3);
}

static void
same_training(const char *name, const char *option, const char *value, bool same_model)
{
	secant_train_options o = tiny_options(in_root(root, "other"));
	train_set(&o, "overwrite", "true");
	train_set(&o, option, value);
	train_expecting(&o, data(), NULL, NULL);
	/* the state's metadata hold the best IoU, which follows from the models */
	(same_model ? assert_same_file : assert_same_tensors)(
		in_root(root, "%s/state.safetensors", name), in_root(root, "other/state.safetensors"));
	if (same_model)
		assert_same_file(in_root(root, "%s/last.safetensors", name), in_root(root, "other/last.safetensors"));
	else
		assert_other_file(in_root(root, "%s/last.safetensors", name), in_root(root, "other/last.safetensors"));
	free_options(&o);
}

static void
training_does_not_depend_on(void **state)
{
	secant_train_options o = tiny_options(in_root(root, "plain"));
	train_expecting(&o, data(), NULL, NULL);
	same_training("plain", "seed", "3", true); /* the same again */
	same_training("plain", "loader-threads", "3", true);
	same_training("plain", "recalibrate-norms", "0", false); /* raw statistics in the model, the same training */
	same_training("plain", "recalibrate-norms", "16", true); /* there are only two batches */
	free_options(&o);
}

static void
training_depends_on(void **state)
{
	static const char *const options[][2] = { { "seed", "4" }, { "learning-rate", "1e-3" }, { "augment", "none" } };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		secant_train_options o = tiny_options(in_root(root, "other"));
		train_set(&o, "overwrite", "true");
		train_set(&o, options[i][0], options[i][1]);
		train_expecting(&o, data(), NULL, NULL);
		assert_other_file(in_root(root, "plain/state.safetensors"), in_root(root, "other/state.safetensors"));
		free_options(&o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(training_does_not_depend_on),
		cmocka_unit_test(training_depends_on) };
	return cmocka_run_group_tests_name("invariance", tests, setup, teardown);
}
