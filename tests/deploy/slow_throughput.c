/*
 * Threads with one model reach the throughput of the cores: predictions of one thread and of as many as there are
 * cores (at most four), in turns, each with one thread of computation. The median gain is printed, and held to half of
 * what further cores could give: other programs run beside a test.
 */
#include "asking.h"
#include <pthread.h>
#include <time.h>
#include "base/thread.h"

enum { MOST = 4, PICTURES = 12, ROUNDS = 7, SIDE = 384 };

typedef struct worker {
	secant_predictor *p;
	const secant_image *im;
	secant_err err;
} worker;

static void *
work(void *user)
{
	worker *w = user;
	for (int i = 0; i < PICTURES && !w->err.code; i++) {
		secant_image mask = { 0 };
		if (!secant_predictor_mask(w->p, w->im, &mask, &w->err))
			secant_image_free(&mask);
	}
	return NULL;
}

/* Pictures a second of n threads. */
static double
rate(worker *w, int n)
{
	struct timespec a, b;
	pthread_t thread[MOST];
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int t = 0; t < n; t++)
		assert_int_equal(pthread_create(&thread[t], NULL, work, &w[t]), 0);
	for (int t = 0; t < n; t++) {
		pthread_join(thread[t], NULL);
		if (w[t].err.code)
			fail_msg("%s", w[t].err.msg);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	return n * PICTURES / ((double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec));
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
cores_are_used(void **state)
{
	int threads = base_cpu_count() < MOST ? base_cpu_count() : MOST;
	if (threads < 2) {
		printf("skipped: one core\n");
		skip();
	}
	secant_err err = { 0 };
	secant_image im;
	worker w[MOST] = { { 0 } };
	double gain[ROUNDS];
	char path[600];
	snprintf(path, sizeof path, "%s", in_folder("red.safetensors"));
	tiny_red(path);
	assert_int_equal(secant_image_new(&im, SIDE, SIDE, 3, SECANT_U8, &err), 0);
	memset(im.data, 100, (size_t)SIDE * SIDE * 3);
	secant_predictor *p = open_one(path, "threads=1|tta=flips");
	for (int t = 0; t < threads; t++) {
		w[t] = (worker){ secant_predictor_clone(p, &err), &im, { 0 } };
		assert_non_null(w[t].p);
	}
	rate(w, threads);
	for (int i = 0; i < ROUNDS; i++) {
		double one = rate(w, 1);
		gain[i] = rate(w, threads) / one;
	}
	qsort(gain, ROUNDS, sizeof *gain, ascending);
	printf("%d threads with one model: %.2f times one thread (%.2f to %.2f)\n", threads, gain[ROUNDS / 2], gain[0],
		gain[ROUNDS - 1]);
	assert_true(gain[ROUNDS / 2] > 1 + .5 * (threads - 1));
	for (int t = 0; t < threads; t++)
		secant_predictor_close(w[t].p);
	secant_predictor_close(p);
	secant_image_free(&im);
}

int
main(void)
{
	make_folder(NULL);
	const struct CMUnitTest tests[] = { cmocka_unit_test(cores_are_used) };
	return tests_end(cmocka_run_group_tests(tests, NULL, drop_folder), sizeof tests / sizeof *tests);
}
