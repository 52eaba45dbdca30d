/*
 * A run that is killed (SIGKILL) at any moment and resumed ends bit-identical to one never killed: twenty random
 * moments, while steps run, while models, log and state are written. Average, kept models and a watching schedule are
 * part of what must survive.
 */
#include "train/training.h"
#include "base/rng.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 20 };
static int
setup(void **state)
{
	return discs(12, 2);
}

static secant_train_options
options(const char *run, bool resume)
{
	static const char *const values[][2] = {
		{ "epochs", "3" },
		{ "optimizer", "adamw" },
		{ "learning-rate", "2e-3" },
		{ "ema", "0.8" },
		{ "keep", "2" },
		{ "schedule", "plateau" },
		{ "plateau-patience", "0" },
		{ "warmup", "1" },
		{ "accumulate", "2" },
		{ "batch", "2" },
		{ "augment", "flip-h,rotate90,noise" },
	};
	secant_train_options o = tiny_options(in_root(root, "%s", run));
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		train_set(&o, values[i][0], values[i][1]);
	train_set(&o, "resume", resume ? "true" : "false");
	return o;
}

static void
pass(double s)
{
	struct timespec t = { (time_t)s, (long)((s - (double)(time_t)s) * 1e9) };
	nanosleep(&t, NULL);
}

/* Trains in a process of its own, which is killed after `limit` seconds; true when it has ended by itself before. */
static bool
train_for(const char *run, double limit)
{
	bool resume = secant_is_file(in_root(root, "%s/config.json", run));
	secant_train_options o = options(run, resume);
	const char *data = in_root(root, "data");
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		secant_err err = { 0 };
		secant_status status = secant_train(&o, data, NULL, NULL, &err);
		if (status)
			fprintf(stderr, "%s\n", err.msg);
		_exit(status ? 1 : 0);
	}
	int status = 0;
	pid_t ended = 0;
	for (double end = secant_seconds() + limit; !(ended = waitpid(child, &status, WNOHANG)) && secant_seconds() < end;)
		pass(.002);
	if (!ended) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	free_options(&o);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFEXITED(status);
}

static void
killed_and_resumed(void **state)
{
	static const char *const files[] = { "best.safetensors", "last.safetensors", "state.safetensors", NULL };
	double start = secant_seconds();
	assert_true(train_for("whole", 600));
	double whole = secant_seconds() - start;
	base_rng rng = base_rng_make(20, BASE_FOR_TEST, 0, 0);
	int kills = 0, runs = 0;
	for (; kills < KILLS; runs++) {
		char run[32], a[320], b[320];
		snprintf(run, sizeof run, "killed-%d", runs);
		while (!train_for(run, kills < KILLS ? base_rng_range(&rng, 0, whole) : 600))
			kills++;
		for (int i = 0; files[i]; i++) {
			snprintf(a, sizeof a, "%s", in_root(root, "whole/%s", files[i]));
			snprintf(b, sizeof b, "%s", in_root(root, "%s/%s", run, files[i]));
			assert_same_file(a, b);
		}
		snprintf(a, sizeof a, "%s", in_root(root, "whole/log.jsonl"));
		assert_same_log(a, in_root(root, "%s/log.jsonl", run), 3);
		/* the same folder: nothing half-written is left */
		base_names want = { 0 }, got = { 0 };
		secant_err err = { 0 };
		for (int k = 0; k < 2; k++) {
			must(base_dir_list(&want, in_root(root, k ? "whole/models" : "whole"), BASE_DIR_ALL, &err), &err);
			must(base_dir_list(&got, in_root(root, k ? "%s/models" : "%s", run), BASE_DIR_ALL, &err), &err);
			for (int i = 0; i < want.n && i < got.n; i++)
				assert_string_equal(got.v[i], want.v[i]);
			assert_int_equal(got.n, want.n);
			base_names_free(&want);
			base_names_free(&got);
		}
		must(base_remove_tree(in_root(root, "%s", run), &err), &err);
	}
	printf("%d kills in %d runs of %.1f s\n", kills, runs, whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed_and_resumed) };
	return cmocka_run_group_tests_name("killed", tests, setup, teardown);
}
