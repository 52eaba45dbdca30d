/* Predictors of several threads on one opened model. */
#include "asking.h"
#include <pthread.h>

enum { THREADS = 4, PICTURES = 8 };

typedef struct worker {
	secant_predictor *p;
	const secant_image *im;
	secant_image mask[PICTURES];
	secant_err err;
} worker;

static void *
work(void *user)
{
	worker *w = user;
	for (int i = 0; i < PICTURES && !w->err.code; i++)
		(void)!secant_predictor_mask(w->p, &w->im[i], &w->mask[i], &w->err);
	return NULL;
}

/* Views, votes, rules and tiles: all that a predictor has scratch for. */
static void
clones_give_the_masks_of_one(void **state)
{
	static const float weight[] = { .1f, .02f, -.03f, -.05f, .1f, 0, .03f, -.02f, .1f };
	secant_err err = { 0 };
	secant_image im[PICTURES], alone[PICTURES] = { { 0 } };
	worker w[THREADS] = { { 0 } };
	pthread_t thread[THREADS];
	char path[600];
	snprintf(path, sizeof path, "%s", in_folder("three.safetensors"));
	tiny_write(&(tiny){ 3, 3, 1, 4, weight, (float[]){ 1, 0, -1 }, NULL, NULL, NULL }, path);
	base_rng rng = base_rng_make(3, BASE_FOR_TEST, 0, 0);
	for (int i = 0; i < PICTURES; i++) {
		assert_int_equal(secant_image_new(&im[i], 70 + 9 * (i % 3), 50 + i, 3, SECANT_U8, &err), 0);
		for (int k = 0; k < im[i].width * im[i].height * 3; k++)
			((uint8_t *)im[i].data)[k] = (uint8_t)base_rng_below(&rng, 256);
	}
	secant_predictor *p = open_one(path, "threads=1|tta=flips|tta-merge=vote|tile=32|overlap=8|rule=1: band(1) > 90");
	for (int i = 0; i < PICTURES; i++)
		assert_int_equal(secant_predictor_mask(p, &im[i], &alone[i], &err), 0);
	for (int t = 0; t < THREADS; t++) {
		w[t].p = secant_predictor_clone(p, &err);
		w[t].im = im;
		assert_non_null(w[t].p);
		assert_string_equal(secant_predictor_mode(w[t].p), "multiclass");
	}
	secant_predictor_close(p); /* the clones hold the model */
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&thread[t], NULL, work, &w[t]), 0);
	for (int t = 0; t < THREADS; t++) {
		pthread_join(thread[t], NULL);
		if (w[t].err.code)
			fail_msg("%s", w[t].err.msg);
		for (int i = 0; i < PICTURES; i++) {
			assert_memory_equal(w[t].mask[i].data, alone[i].data, (size_t)im[i].width * (size_t)im[i].height);
			secant_image_free(&w[t].mask[i]);
		}
		secant_predictor_close(w[t].p);
	}
	for (int i = 0; i < PICTURES; i++) {
		secant_image_free(&im[i]);
		secant_image_free(&alone[i]);
	}
}

static void
a_prediction_is_cancelled_or_has_a_deadline(void **state)
{
	secant_err err = { 0 };
	secant_image im, mask = { 0 };
	char path[600];
	snprintf(path, sizeof path, "%s", in_folder("red.safetensors"));
	tiny_red(path);
	assert_int_equal(secant_image_new(&im, 40, 30, 3, SECANT_U8, &err), 0);
	secant_predictor *p = open_one(path, "threads=1");
	secant_predictor_cancel(p);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), SECANT_ERR_CANCELLED);
	assert_null(mask.data);
	err = (secant_err){ 0 };
	secant_predictor_limit(p, 1e-9);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), SECANT_ERR_DEADLINE);
	secant_predictor_limit(p, 0);
	assert_int_equal(secant_predictor_mask(p, &im, &mask, NULL), 0);
	secant_image_free(&mask);
	secant_image_free(&im);
	secant_predictor_close(p);
}

/* A picture inside a larger one, a mask inside a larger one: what stands around is not touched. */
static void
rows_may_stand_apart(void **state)
{
	enum { W = 37, H = 21, PITCH = 3 * W + 14, MASK = W + 5 };
	static uint8_t pixels[H * PITCH], mask[H * MASK];
	static float planes[H * W];
	secant_err err = { 0 };
	secant_image im, want = { 0 };
	char path[600];
	snprintf(path, sizeof path, "%s", in_folder("apart.safetensors"));
	tiny_red(path);
	assert_int_equal(secant_image_new(&im, W, H, 3, SECANT_U8, &err), 0);
	memset(mask, 77, sizeof mask);
	for (int i = 0; i < H * PITCH; i++)
		pixels[i] = (uint8_t)(i * 131 + i / PITCH * 7);
	for (int y = 0; y < H; y++)
		memcpy((uint8_t *)im.data + y * 3 * W, pixels + y * PITCH, 3 * W);
	secant_predictor *p = open_one(path, "threads=1|tile=16|overlap=4");
	secant_borrowed_image view = { W, H, 3, SECANT_U8, PITCH, pixels };
	assert_int_equal(secant_predictor_mask_dtype(p), SECANT_U8);
	assert_int_equal(secant_predictor_mask(p, &im, &want, &err), 0);
	assert_int_equal(secant_predictor_mask_into(p, &view, mask, MASK, &err), 0);
	for (int y = 0; y < H; y++) {
		assert_memory_equal(mask + y * MASK, (uint8_t *)want.data + y * W, W);
		assert_int_equal(mask[y * MASK + W], 77);
	}
	secant_tensor t = { 0 };
	assert_int_equal(secant_predictor_probabilities(p, &im, &t, &err), 0);
	assert_int_equal(secant_predictor_probabilities_into(p, &view, planes, &err), 0);
	assert_memory_equal(planes, t.data, sizeof planes);
	view.pitch = 3 * W - 1;
	assert_int_equal(secant_predictor_mask_into(p, &view, mask, MASK, &err), SECANT_ERR_ARG);
	secant_tensor_free(&t);
	secant_image_free(&want);
	secant_image_free(&im);
	secant_predictor_close(p);
}

int
main(void)
{
	make_folder(NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clones_give_the_masks_of_one),
		cmocka_unit_test(rows_may_stand_apart),
		cmocka_unit_test(a_prediction_is_cancelled_or_has_a_deadline),
	};
	return cmocka_run_group_tests_name("sharing", tests, NULL, drop_folder);
}
