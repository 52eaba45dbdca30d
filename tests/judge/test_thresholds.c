/* The search for a threshold: against counting each threshold by itself, ties, pixels left out, files. */
#include <math.h>
#include "data.h"
#include "base/file.h"
#include "base/mem.h"
#include "judge/thresholds.h"

enum { H = 40, W = 30, STRIDE = 37 };

static uint32_t seed = 7;

static float
random_share(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (float)(seed >> 8) / 16777216.0f;
}

/* A picture whose foreground is likelier to have high probabilities; a part is left out. */
static void
make_picture(float *p, float *target)
{
	for (int i = 0; i < H * STRIDE; i++) {
		target[i] = random_share() < 0.3f ? 1 : 0;
		p[i] = random_share() * 0.6f + target[i] * 0.35f;
		if (i % 11 == 0)
			target[i] = -1;
		if (i % STRIDE >= W) /* behind the picture: nobody looks */
			target[i] = 1, p[i] = 0.999f;
	}
}

static void
test_every_threshold_is_as_counted_by_itself(void **state)
{
	static float p[H * STRIDE], logits[H * STRIDE], target[H * STRIDE];
	static judge_thresholds t, of_logits;
	make_picture(p, target);
	for (int i = 0; i < H * STRIDE; i++) { /* thousandths, so that logits and probabilities fall into one step */
		p[i] = (floorf(p[i] * 1000) + 0.5f) / 1000;
		logits[i] = logf(p[i] / (1 - p[i]));
	}
	judge_thresholds_add(&t, 1, p, true, target, H, W, STRIDE);
	judge_thresholds_add(&of_logits, 1, logits, false, target, H, W, STRIDE);
	assert_memory_equal(&t, &of_logits, sizeof t);
	double best = 0;
	for (int k = 1; k < JUDGE_THRESHOLDS; k++) {
		double tp = 0, fp = 0, fn = 0;
		for (int i = 0; i < H * STRIDE; i++) {
			bool on = (double)p[i] >= k / 1000.0;
			if (i % STRIDE >= W || target[i] < 0)
				continue;
			tp += on && target[i] > 0, fp += on && !(target[i] > 0), fn += !on && target[i] > 0;
		}
		judge_threshold_point q = judge_thresholds_point(&t, k);
		assert_true(q.iou == tp / (tp + fp + fn) && q.recall == tp / (tp + fn));
		assert_true(fabs(q.f1 - 2 * tp / (2 * tp + fp + fn)) < 1e-12);
		assert_true(tp + fp > 0 ? q.precision == tp / (tp + fp) : isnan(q.precision));
		best = fmax(best, q.iou);
	}
	judge_threshold_point b = judge_thresholds_best(&t);
	assert_true(b.iou == best && b.threshold > 0.3 && b.threshold < 0.7);
}

/* Where a whole range is as good, its middle is taken; without foreground there is none. */
static void
test_ties_and_nothing(void **state)
{
	const float p[] = { 0.2005f, 0.8005f, 0.9f }, target[] = { 0, 1, 1 }, none[] = { 0, 0, -1 };
	static judge_thresholds t, empty;
	judge_thresholds_add(&t, 1, p, true, target, 1, 3, 3);
	judge_threshold_point b = judge_thresholds_best(&t);
	assert_true(b.iou == 1 && b.f1 == 1 && b.threshold == 0.5);
	judge_thresholds_add(&empty, 1, p, true, none, 1, 3, 3);
	b = judge_thresholds_best(&empty);
	assert_true(isnan(b.threshold) && isnan(b.iou));
}

/* Classes that do not exclude each other are counted together. */
static void
test_several_classes(void **state)
{
	const float p[] = { 0.9f, 0.1f, 0.6f, 0.7f }, target[] = { 1, 0, 0, 1 };
	static judge_thresholds t;
	judge_thresholds_add(&t, 2, p, true, target, 1, 2, 2);
	judge_threshold_point q = judge_thresholds_point(&t, 500);
	assert_true(q.recall == 1 && q.precision == 2 / 3.0);
}

static void
test_files(void **state)
{
	static judge_thresholds t;
	static float p[H * STRIDE], target[H * STRIDE];
	secant_err err = { 0 };
	char *dir = scratch_dir(), path[600], *text = NULL;
	size_t n = 0;
	make_picture(p, target);
	judge_thresholds_add(&t, 1, p, true, target, H, W, STRIDE);
	static const char *const names[] = { "t.png", "t.svg", "t.csv" };
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if (judge_thresholds_write(&t, path, &err))
			fail_msg("%s", err.msg);
	}
	assert_int_equal(secant_file_read(&text, &n, path, 1 << 20, &err), 0);
	int lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, JUDGE_THRESHOLDS);
	assert_non_null(strstr(text, "threshold,precision,recall,f1,iou\n0.001,"));
	assert_non_null(strstr(text, "\n0.999,,0.000000,0.000000,0.000000\n"));
	secant_free(text);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_threshold_is_as_counted_by_itself),
		cmocka_unit_test(test_ties_and_nothing),
		cmocka_unit_test(test_several_classes),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
