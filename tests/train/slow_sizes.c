/*
 * A service is sent pictures of every size: 300 predictions of 300 sizes with one model take no more memory than the
 * first few did. Plans of sizes that are gone leave, and so do the kernels that oneDNN keeps of them.
 */
#include "train/training.h"
#include <secant/codec.h>
#include <secant/predict.h>

enum { FEW = 30, SIZES = 300 };

/* Bytes of this process in memory; 0: this system does not say. */
static size_t
resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (size_t)pages * 4096;
}

static void
memory_does_not_grow_with_sizes(void **state)
{
	secant_err err = { 0 };
	secant_train_options o = tiny_options(in_root(root, "run"));
	secant_predict options;
	train_expecting(&o, data(), NULL, NULL);
	free_options(&o);
	const char *model = in_root(root, "run/best.safetensors");
	must(secant_opts_init(&secant_predict_options, &options, &err), &err);
	secant_predictor *p = secant_predictor_open(&model, 1, &options, &err);
	assert_non_null(p);
	size_t after_few = 0, most = 0;
	for (int i = 0; i < SIZES; i++) {
		secant_image im, mask = { 0 };
		int turn = i * 7 % SIZES, width = 64 + 8 * (turn % 20),
			height = 64 + 8 * (turn / 20); /* large ones from the start */
		assert_int_equal(secant_image_new(&im, width, height, 3, SECANT_U8, &err), 0);
		memset(im.data, i & 255, (size_t)width * (size_t)height * 3);
		if (secant_predictor_mask(p, &im, &mask, &err))
			fail_msg("%dx%d: %s", width, height, err.msg);
		assert_int_equal(mask.width, width);
		secant_image_free(&mask);
		secant_image_free(&im);
		if (i == FEW)
			after_few = resident();
		if (i >= FEW && resident() > most)
			most = resident();
	}
	secant_predictor_close(p);
	secant_opts_free(&secant_predict_options, &options);
	if (!after_few) {
		printf("skipped: this system does not say how much memory is in use\n");
		skip();
	}
	printf("%zu MB after %d sizes, at most %zu MB up to %d, %zu MB after closing\n", after_few >> 20, FEW, most >> 20,
		SIZES, resident() >> 20);
	assert_true(most < after_few + ((size_t)64 << 20));
}

static int
setup(void **state)
{
	return discs(8, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_does_not_grow_with_sizes) };
	return tests_end(cmocka_run_group_tests(tests, setup, teardown), sizeof tests / sizeof *tests);
}
