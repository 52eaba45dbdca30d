/* What the network is given: x * scale + shift for bytes, 16 bits and floats, one to sixteen channels, as prediction
 * does it. */
#include "scratch.h"
#include <math.h>

static double
ramp(int x, int y, int c)
{
	return x + 16 * y;
}
static double
ramp16(int x, int y, int c)
{
	return 257. * (x + 16 * y);
}
static double
ramp_real(int x, int y, int c)
{
	return (x + 16 * y) / 255.;
}

/* The first sample of the only picture, which must be unaugmented and whole. */
static void
expect_numbers(const char *root, int channels, const char *normalize, double scale, double shift)
{
	secant_err err = { 0 };
	secant_tensor image, target;
	set_option(&o, "normalize", normalize);
	data_samples *s = open_expecting(root, "train", &o, channels, 1, DATA_TARGET_NONE, NULL);
	if (data_sample_load(s, 0, &image, &target, &err))
		fail_msg("%s", err.msg);
	assert_null(target.data);
	assert_int_equal(image.shape.rank, 3);
	assert_int_equal(image.shape.dim[2], channels);
	for (int i = 0; i < 256; i++)
		for (int c = 0; c < channels; c++)
			assert_true(
				fabs(((float *)image.data)[i * channels + c] - (i * scale + shift)) < 1e-4 * (1 + fabs(i * scale)));
	secant_tensor_free(&image);
	data_samples_free(s);
}

static void
types_agree(void **state)
{
	static const struct {
		const char *file;
		secant_dtype dtype;
		double (*value)(int, int, int);
	} kinds[] = {
		{ "a.png", SECANT_U8, ramp },
		{ "a.png", SECANT_U16, ramp16 },
		{ "a.tif", SECANT_U8, ramp },
		{ "a.tif", SECANT_U16, ramp16 },
		{ "a.tif", SECANT_F32, ramp_real },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *root = in_root(*state, "%zu", i);
		char *kept = strdup(root);
		write_picture(in_root(kept, "train/images/%s", kinds[i].file), 16, 16, 1, kinds[i].dtype, kinds[i].value);
		expect_numbers(kept, 1, "unit", 1 / 255., 0);
		expect_numbers(kept, 1, "symmetric", 3.2 / 255, -1.6);
		expect_numbers(kept, 1, "none", 1, 0);
		expect_numbers(kept, 1, "0.5/0.25", 4 / 255., -2);
		expect_numbers(kept, 3, "0.5,0.5,0.5/0.25", 4 / 255., -2); /* grey is repeated */
		free(kept);
	}
}

static void
many_channels(void **state)
{
	const char *root = *state;
	for (int c = 1; c <= 16; c++) {
		write_picture(in_root(root, "train/images/a.tif"), 16, 16, c, SECANT_U16, ramp16);
		expect_numbers(root, c, "unit", 1 / 255., 0);
	}
	expect_numbers(root, 16, "0.5/0.25", 4 / 255., -2);
}

static void
imagenet_by_channel(void **state)
{
	static const double mean[3] = { 0.485, 0.456, 0.406 }, std[3] = { 0.229, 0.224, 0.225 };
	const char *root = *state;
	secant_err err = { 0 };
	secant_tensor image, target;
	write_picture(in_root(root, "train/images/a.png"), 20, 9, 3, SECANT_U8, place_value);
	set_option(&o, "normalize", "imagenet");
	data_samples *s = open_expecting(root, "train", &o, 3, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_sample_load(s, 0, &image, &target, &err), SECANT_OK);
	for (int i = 0; i < 20 * 9 * 3; i++)
		assert_true(
			fabs(((float *)image.data)[i] - (place_value(i / 3 % 20, i / 60, i % 3) / 255 - mean[i % 3]) / std[i % 3])
			< 1e-5);
	secant_tensor_free(&image);
	assert_int_equal(data_sample_load(s, 1, &image, &target, &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "sample 1 is outside 0 to 0");
	data_samples_free(s);
}

static void
wrong_numbers_are_refused(void **state)
{
	static const char *const wrong[] = { "imagnet", "0.5", "0.5/0", "0.5/-1", "0.5,0.5/0.2", "0.5/0.2,0.2", "a/b", "/",
		"0.5/", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/1", "nan/1", "0.5/inf" };
	const char *root = *state;
	write_picture(in_root(root, "train/images/a.png"), 4, 4, 3, SECANT_U8, place_value);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		set_option(&o, "normalize", wrong[i]);
		open_expecting(root, "train", &o, 3, 1, DATA_TARGET_NONE, "normalize: ");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(types_agree),
		T(many_channels),
		T(imagenet_by_channel),
		T(wrong_numbers_are_refused),
	};
	return cmocka_run_group_tests_name("normalize", tests, NULL, NULL);
}
