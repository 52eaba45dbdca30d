/*
 * Files made to do harm, through the command: tests/cases/hostile. Each ends with a status and a message, soon, within
 * little memory, and by no signal. What was wrong with each: the folder's name.
 */
#include "run.h"

#define CASES "tests/cases/hostile/"
#define PICTURE CASES "empty-mask-folder/n/train/images/a.png"

static char out[8000];

/* Status of a line in at most so many seconds and MiB of address space (0: any; sanitizers want terabytes). */
static int
limited(int seconds, int mib, const char *line)
{
	char limit[64] = "";
#ifndef SECANT_SANITIZED
	if (mib)
		snprintf(limit, sizeof limit, "ulimit -v %d; ", mib * 1024);
#endif
	return run_line(out, sizeof out, "%s timeout %d sh -c '%s'", limit, seconds, line);
}

static void
refused_in(const char *precision, const char *file, const char *more, const char *message)
{
	char line[600];
	snprintf(line, sizeof line, "\"$SECANT\" predict %s " PICTURE " --out /tmp/secant-hostile-$$ --precision %s %s",
		file, precision, more);
	int status = limited(60, 0, line);
	if ((status != 1 && status != 2) || !strstr(out, message))
		fail_msg("%s: status %d, not '%s': %s", line, status, message, out);
}

/* batch_norm_train_grad with a result y of one number: model-batch-norm-grad-short-result. */
static void
a_gradient_with_a_short_result_is_refused(void **state)
{
	static const char *const precisions[] = { "f32", "f64" };
	for (int i = 0; i < 2; i++) {
		const char *file = CASES "model-batch-norm-grad-short-result/bn_grad_short_mask.safetensors";
		refused_in(precisions[i], file, "", "'batch_norm_train_grad' is an operator of training");
		refused_in(precisions[i], file, "--training-operators",
			"batch_norm_train_grad: input 0 is 1x1024x1024x16, input 5 is 1x1x1x1: want equal shapes");
	}
}

/* An index of -2^36: model-linear-max-negative-index. */
static void
a_negative_index_writes_nowhere(void **state)
{
	const char *file = CASES "model-linear-max-negative-index/linear_max_grad_write.safetensors";
	refused_in("f64", file, "", "'linear_max_grad_data' is an operator of training");
	refused_in("f64", file, "--training-operators", "the network's result is 1x4x1x1 for a picture of 8x8");
}

/* Places of 1e300: model-rows-index-1e300. */
static void
places_beyond_all_integers_end(void **state)
{
	const char *file = CASES "model-rows-index-1e300/model.safetensors";
	refused_in("f64", file, "--allow-reference --training-operators", "the network's result is 1x60x1x1");
}

/* 12 GiB, and as many probabilities, from less than a kilobyte, and little memory is touched: model-slab-12-gib. */
static void
more_than_the_limit_is_refused(void **state)
{
	const char *file = CASES "model-slab-12-gib/slab.safetensors";
	setenv("SECANT_MEMORY", "2G", 1);
	for (int f64 = 0; f64 < 2; f64++)
		refused_in(f64 ? "f64" : "f32", file, "", f64 ? "wants 48.0 GiB, and the limit is 2.0 GiB" : "wants 24.0 GiB");
	assert_non_null(strstr(out, "broadcast_to of 1073740000x3"));
	assert_non_null(strstr(out, "SECANT_MEMORY=49G"));
	unsetenv("SECANT_MEMORY");
}

/* A chain of relu: model-5000-nodes. */
static void
five_thousand_nodes_are_soon_planned(void **state)
{
	char line[600];
	snprintf(line, sizeof line,
		"\"$SECANT\" predict " CASES "model-5000-nodes/relus_5000.safetensors " PICTURE
		" --out /tmp/secant-hostile-$$.png && rm /tmp/secant-hostile-$$.png");
	assert_int_equal(limited(20, 0, line), 0);
}

/* A newline and an escape in a name: pth-name-with-escape. */
static void
names_drive_no_terminal(void **state)
{
	assert_int_equal(limited(20, 0, "\"$SECANT\" info " CASES "pth-name-with-escape/name_newline.pth"), 0);
	assert_non_null(strstr(out, "    a??[31mb"));
	assert_null(strchr(out, 27));
	assert_int_equal(limited(20, 0, "\"$SECANT\" info --json " CASES "pth-name-with-escape/name_newline.pth"), 0);
	assert_non_null(strstr(out, "\"a\\n\\u001b[31mb\": \"f32 4\""));
}

/* One value sixty million times: pth-stack-of-sixty-million. */
static void
a_stack_has_an_end(void **state)
{
	const char *const lines[] = { "\"$SECANT\" info " CASES "pth-stack-of-sixty-million/dup_bomb.pth",
		"\"$SECANT\" import " CASES
		"pth-stack-of-sixty-million/dup_bomb.pth --out /tmp/secant-hostile-$$.safetensors" };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(limited(60, 1000, lines[i]) & ~3, 0);
		if (!strstr(out, "more than 4194304 values on the stack"))
			fail_msg("%s: %s", lines[i], out);
	}
}

/* A file that may not grow is a write that fails: nothing is left of it. A closed terminal stops like Ctrl-C. */
static void
a_limit_on_files_leaves_nothing(void **state)
{
	int status = run_line(out, sizeof out,
		"d=$(mktemp -d) && cd $d && (ulimit -f 1; trap '' PIPE; \"$SECANT\" demo cells --out $d/cells); s=$?; ls -A "
		"$d; "
		"rm -r $d; exit $s");
	if (status > 2 || strstr(out, "partial") || strstr(out, ".tmp"))
		fail_msg("status %d: %s", status, out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gradient_with_a_short_result_is_refused),
		cmocka_unit_test(a_negative_index_writes_nowhere),
		cmocka_unit_test(places_beyond_all_integers_end),
		cmocka_unit_test(more_than_the_limit_is_refused),
		cmocka_unit_test(five_thousand_nodes_are_soon_planned),
		cmocka_unit_test(names_drive_no_terminal),
		cmocka_unit_test(a_stack_has_an_end),
		cmocka_unit_test(a_limit_on_files_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
