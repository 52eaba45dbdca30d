/* What a list of samples is like, and what follows for training: mean and deviation, rare classes, weighted draws. */
#include "scratch.h"
#include <math.h>

static double
dark(int x, int y, int c)
{
	return c == 1 ? 51 : x % 2 ? 102 : 0;
}
static double
bright(int x, int y, int c)
{
	return c == 1 ? 153 : 255;
}
static double
only_0(int x, int y, int c)
{
	return 0;
}
static double
some_1(int x, int y, int c)
{
	return x == 3;
}
static double
some_2(int x, int y, int c)
{
	return x == 3 && y == 1 ? 2 : x == 2;
}

/* Over pixels, not over pictures: the second is twice as large. */
static void
moments_are_over_all_pixels(void **state)
{
	double mean[3], deviation[3], again[3], more[3];
	secant_err err = { 0 };
	write_picture(in_root(*state, "train/images/a.png"), 4, 2, 3, SECANT_U8, dark);
	write_picture(in_root(*state, "train/images/b.png"), 4, 4, 3, SECANT_U8, bright);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_samples_moments(s, 1, mean, deviation, &err), SECANT_OK);
	/* channel 0: 4 pixels of 0, 4 of .4, 16 of 1; channel 1: 8 of .2, 16 of .6 */
	double m0 = (4 * .4 + 16) / 24, m1 = (8 * .2 + 16 * .6) / 24;
	assert_true(fabs(mean[0] - m0) < 1e-12 && fabs(mean[1] - m1) < 1e-12 && fabs(mean[2] - m0) < 1e-12);
	assert_true(fabs(deviation[0] - sqrt((4 * .16 + 16) / 24 - m0 * m0)) < 1e-12);
	assert_true(fabs(deviation[1] - sqrt((8 * .04 + 16 * .36) / 24 - m1 * m1)) < 1e-12);
	assert_int_equal(data_samples_moments(s, 3, again, more, &err), SECANT_OK);
	assert_memory_equal(mean, again, sizeof mean);
	assert_memory_equal(deviation, more, sizeof more);
	data_samples_free(s);
}

static void
a_flat_channel_has_no_deviation(void **state)
{
	double mean[3], deviation[3];
	secant_err err = { 0 };
	write_picture(in_root(*state, "train/images/a.png"), 4, 4, 3, SECANT_U8, bright);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_samples_moments(s, 1, mean, deviation, &err), SECANT_ERR_RANGE);
	assert_string_equal(
		err.msg, "--normalize data: channel 1 has mean 1 and deviation 0 in the training pictures; give numbers");
	data_samples_free(s);
}

static double
with_nan(int x, int y, int c)
{
	return x == 2 && y == 1 && c == 1 ? NAN : x + y;
}

static void
what_is_no_number_is_named(void **state)
{
	double mean[3], deviation[3];
	secant_err err = { 0 };
	write_picture(in_root(*state, "train/images/a.png"), 4, 4, 3, SECANT_U8, bright);
	write_picture(in_root(*state, "train/images/b.tif"), 4, 4, 3, SECANT_F32, with_nan);
	data_samples *s = open_expecting(*state, "train", &o, 3, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_samples_moments(s, 1, mean, deviation, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg, "train/images/b.tif: the number at (2, 1), channel 2, is none (NaN)"));
	data_samples_free(s);
}

/* Classes 0, 1, 2 are in 5, 2, 1 of 5 pictures. */
static data_samples *
write_rare(const char *root)
{
	static double (*const label[])(int x, int y, int c) = { only_0, some_1, only_0, some_2, only_0 };
	for (int i = 0; i < 5; i++) {
		write_picture(in_root(root, "train/images/%d.png", i), 8, 8, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "train/labels/%d.png", i), 8, 8, 1, SECANT_U8, label[i]);
	}
	return open_expecting(root, "train", &o, 3, 3, DATA_TARGET_INDEX, NULL);
}

static void
rare_classes_weigh_more(void **state)
{
	static const double want[] = { 1, 2.5, 1, 5, 1 };
	double weights[5];
	secant_err err = { 0 };
	data_samples *s = write_rare(*state);
	for (int threads = 1; threads <= 3; threads += 2) {
		assert_int_equal(data_samples_rarity(s, threads, weights, &err), SECANT_OK);
		for (int i = 0; i < 5; i++)
			assert_true(weights[i] == want[i]);
	}
	data_samples_free(s);
}

static void
what_cannot_be_read_is_named(void **state)
{
	double weights[5];
	secant_err err = { 0 };
	data_samples *s = write_rare(*state);
	write_picture(in_root(*state, "train/labels/3.png"), 8, 8, 1, SECANT_U8, place_value);
	assert_int_not_equal(data_samples_rarity(s, 2, weights, &err), SECANT_OK);
	assert_non_null(strstr(err.msg, "train/labels/3.png"));
	data_samples_free(s);
}

/* Samples of weight 0 never come, the others as often as their weights say; two copies of a sample are cut differently.
 */
static void
draws_follow_the_weights(void **state)
{
	static const double weights[] = { 1, 0, 2, 5, 0 };
	int seen[5] = { 0 }, different = 0;
	secant_err err = { 0 };
	data_samples *s = write_rare(*state);
	data_loader_options lo = {
		.batch = 5, .shuffle = true, .weights = weights, .size = { 2, { 4, 4 } }, .threads = 2, .seed = 7
	};
	data_loader
		*l = data_loader_new(s, &lo, &err),
		*twin = data_loader_new(s,
			&(data_loader_options){
				.batch = 5, .shuffle = true, .weights = weights, .size = { 2, { 4, 4 } }, .threads = 1, .seed = 7 },
			&err);
	assert_non_null(l);
	for (uint32_t epoch = 0; epoch < 200; epoch++) {
		data_batch b, c;
		bool end;
		assert_int_equal(data_loader_start(l, epoch, 0, &err), SECANT_OK);
		assert_int_equal(data_loader_start(twin, epoch, 0, &err), SECANT_OK);
		assert_int_equal(data_loader_next(l, &b, &end, &err), SECANT_OK);
		assert_int_equal(data_loader_next(twin, &c, &end, &err), SECANT_OK);
		assert_memory_equal(b.input, c.input, 5 * 4 * 4 * 3 * sizeof(float));
		for (int i = 0; i < 5; i++) {
			seen[b.sample[i]]++;
			for (int k = 0; k < i; k++)
				different += b.sample[i] == b.sample[k]
					&& memcmp(b.input + i * 48, b.input + k * 48, 48 * sizeof(float)) != 0;
		}
	}
	assert_true(seen[1] == 0 && seen[4] == 0);
	assert_true(abs(seen[0] - 125) < 40 && abs(seen[2] - 250) < 50 && abs(seen[3] - 625) < 60);
	assert_true(different > 100);
	data_loader_free(l);
	data_loader_free(twin);
	static const double nothing[5] = { 0 }, negative[] = { 1, -1, 1, 1, 1 };
	lo.weights = nothing;
	assert_null(data_loader_new(s, &lo, &err));
	assert_string_equal(err.msg, "the weights of all 5 samples are 0");
	err = (secant_err){ 0 };
	lo.weights = negative;
	assert_null(data_loader_new(s, &lo, &err));
	assert_string_equal(err.msg, "sample 1 has the weight -1");
	data_samples_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(moments_are_over_all_pixels),
		T(a_flat_channel_has_no_deviation),
		T(what_is_no_number_is_named),
		T(rare_classes_weigh_more),
		T(what_cannot_be_read_is_named),
		T(draws_follow_the_weights),
	};
	return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
