/* Pixels without data: what a GeoTIFF declares, what training sees in their place, and what is said where nothing is
 * declared. */
#include "scratch.h"
#include <math.h>
#include <tiffio.h>
#include "prepare/normalize.h"
#include "codec/tiff.h"

enum { W = 6, H = 4 };

static int width = W, height = H;

/* Writes a picture with `nodata` declared; NULL: nothing is. */
static void
put(const char *path, int channels, secant_dtype dtype, const char *nodata, double (*value)(int x, int y, int c))
{
	secant_err err = { 0 };
	secant_image im;
	write_picture(path, width, height, channels, dtype, value);
	assert_int_equal(secant_image_read(&im, path, NULL, &err), 0);
	if (nodata) {
		secant_geo geo = { .n = 1,
			.tag = { { 42113, TIFF_ASCII, (uint32_t)strlen(nodata) + 1, (void *)(uintptr_t)nodata } } };
		assert_int_equal(secant_image_set_geo(&im, &geo, &err), 0);
	}
	if (secant_image_write(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	secant_image_free(&im);
}

static bool
hole(int x, int y)
{
	return x < 2 && y == 1;
}
static double
black_hole(int x, int y, int c)
{
	return hole(x, y) ? 0 : c == 0 && x == 5 ? 0 : 130 + x;
}
static double
far_away(int x, int y, int c)
{
	return hole(x, y) || (x == 4 && y == 3 && c == 1) ? -9999 : 0.5;
}
static double
unknown(int x, int y, int c)
{
	return hole(x, y) ? NAN : 0.25 * (x % 2);
}
static double
endless(int x, int y, int c)
{
	return x == 3 && y == 2 && c == 0 ? INFINITY : 0.5;
}
static double
full(int x, int y, int c)
{
	return hole(x, y) ? 65535 : 257 * 40;
}
static double
thirds(int x, int y, int c)
{
	return x / 2;
}
static double
lost(int x, int y, int c)
{
	return x == 5 ? -9999 : x / 2 % 3;
}
static double
void_255(int x, int y, int c)
{
	return x == 5 ? 255 : x / 2;
}

/* Loads sample 0 of the split: numbers that `normalize` makes, targets where they are wanted. */
static void
load(const char *root, int channels, int classes, data_target_kind kind, secant_tensor *image, secant_tensor *target)
{
	secant_err err = { 0 };
	data_samples *s = open_expecting(root, "train", &o, channels, classes, kind, NULL);
	if (data_sample_load(s, 0, image, target, &err))
		fail_msg("%s", err.msg);
	assert_true(data_samples_have_voids(s));
	data_samples_free(s);
}

/* Integers: where all bands have the value. The number that stands there is nearly 0 to the network; the label does not
 * count. */
static void
colours_without_data(void **state)
{
	const char *root = *state;
	secant_tensor image, target;
	put(in_root(root, "train/images/a.tif"), 3, SECANT_U8, "0", black_hole);
	write_picture(in_root(root, "train/labels/a.png"), W, H, 1, SECANT_U8, thirds);
	set_option(&o, "normalize", "imagenet");
	load(root, 3, 3, DATA_TARGET_INDEX, &image, &target);
	for (int i = 0; i < W * H; i++) {
		bool none = hole(i % W, i / W);
		assert_int_equal((int)secant_tensor_get(&target, i), none ? -1 : i % W / 2);
		for (int c = 0; c < 3; c++)
			assert_int_equal(fabs(secant_tensor_get(&image, i * 3 + c)) < 0.01, none);
		if (i % W == 5) /* one band of 0 is a colour */
			assert_true(secant_tensor_get(&image, i * 3) < -2);
	}
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	/* an ignore index of the user's is what the target then has */
	set_option(&o, "ignore-index", "2");
	load(root, 3, 3, DATA_TARGET_INDEX, &image, &target);
	assert_int_equal((int)secant_tensor_get(&target, W), 2);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
}

/* Floats: each band for itself, since no number of a picture is -9999 by chance; the label goes where no band is left.
 * NaN is the same. */
static void
floats_without_data(void **state)
{
	const char *root = *state;
	secant_tensor image, target;
	put(in_root(root, "train/images/a.tif"), 2, SECANT_F32, "-9999", far_away);
	write_picture(in_root(root, "train/labels/a.png"), W, H, 1, SECANT_U8, half_mask);
	set_option(&o, "normalize", "unit");
	load(root, 2, 1, DATA_TARGET_BINARY, &image, &target);
	for (int i = 0; i < W * H; i++) {
		bool none = hole(i % W, i / W), one = i == 3 * W + 4;
		assert_true(secant_tensor_get(&image, 2 * i) == (none ? 0 : 0.5)
			&& secant_tensor_get(&image, 2 * i + 1) == (none || one ? 0 : 0.5));
		assert_true((secant_tensor_get(&target, i) < 0) == none);
	}
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	put(in_root(root, "train/images/a.tif"), 1, SECANT_F32, "nan", unknown);
	set_option(&o, "normalize", "0.25/0.5");
	load(root, 1, 1, DATA_TARGET_BINARY, &image, &target);
	for (int i = 0; i < W * H; i++)
		assert_true(fabs(secant_tensor_get(&image, i) - (hole(i % W, i / W) ? 0 : i % 2 ? 0 : -0.5)) < 1e-6);
	assert_true(secant_tensor_get(&target, W) == -1 && secant_tensor_get(&target, W + 2) >= 0);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
}

static void
windows_know_it_too(void **state)
{
	const char *root = *state;
	secant_tensor image, target;
	width = 20, height = 18;
	put(in_root(root, "train/images/a.tif"), 1, SECANT_U16, "65535", full);
	put(in_root(root, "train/labels/a.tif"), 1, SECANT_F32, "-9999", lost);
	width = W, height = H;
	set_option(&o, "tile", "16");
	load(root, 1, 3, DATA_TARGET_INDEX, &image, &target);
	for (int i = 0; i < 16 * 16; i++) {
		bool none = hole(i % 16, i / 16);
		assert_int_equal((int)secant_tensor_get(&target, i), none || i % 16 == 5 ? -1 : i % 16 / 2 % 3);
		assert_true(fabs(secant_tensor_get(&image, i) - (none ? 0 : 40)) < 1e-4);
	}
	secant_tensor_free(&image);
	secant_tensor_free(&target);
}

/* A raster of labels has a value for no data of its own; where that is a class it is that class. */
static void
labels_without_data(void **state)
{
	const char *root = *state;
	secant_tensor image, target;
	write_picture(in_root(root, "train/images/a.png"), W, H, 3, SECANT_U8, place_value);
	put(in_root(root, "train/labels/a.tif"), 1, SECANT_F32, "-9999", lost);
	load(root, 3, 3, DATA_TARGET_INDEX, &image, &target);
	for (int i = 0; i < W * H; i++)
		assert_int_equal((int)secant_tensor_get(&target, i), i % W == 5 ? -1 : i % W / 2);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	set_option(&o, "label-threshold", "1");
	load(root, 3, 1, DATA_TARGET_BINARY, &image, &target);
	for (int i = 0; i < W * H; i++)
		assert_int_equal((int)secant_tensor_get(&target, i), i % W == 5 ? -1 : i % W / 2 > 0);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	put(in_root(root, "train/labels/a.tif"), 1, SECANT_U8, "255", void_255);
	load(root, 3, 3, DATA_TARGET_INDEX, &image, &target);
	assert_int_equal((int)secant_tensor_get(&target, 5), -1);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
	put(in_root(root, "train/labels/a.tif"), 1, SECANT_U8, "0", thirds);
	load(root, 3, 3, DATA_TARGET_INDEX, &image, &target);
	assert_int_equal((int)secant_tensor_get(&target, 0), 0);
	secant_tensor_free(&image);
	secant_tensor_free(&target);
}

/* Mean and deviation are of what there is. */
static void
statistics_leave_it_out(void **state)
{
	const char *root = *state;
	double mean[3], deviation[3];
	secant_err err = { 0 };
	put(in_root(root, "train/images/a.tif"), 1, SECANT_F32, "nan", unknown);
	data_samples *s = open_expecting(root, "train", &o, 1, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_samples_moments(s, 1, mean, deviation, &err), 0);
	int odd = W * H / 2 - 1, n = W * H - 2; /* of the hole's two pixels one would have been .25 */
	double m = 0.25 * odd / n;
	assert_true(fabs(mean[0] - m) < 1e-6 && fabs(deviation[0] - sqrt(0.0625 * odd / n - m * m)) < 1e-6);
	data_samples_free(s);
	put(in_root(root, "train/images/a.tif"), 3, SECANT_U8, "0", black_hole);
	s = open_expecting(root, "train", &o, 3, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_samples_moments(s, 2, mean, deviation, &err), 0);
	double sum = 0;
	for (int i = 0; i < W * H; i++)
		sum += black_hole(i % W, i / W, 1);
	assert_true(fabs(mean[1] - sum / n / 255) < 1e-9);
	data_samples_free(s);
}

static void
what_is_not_declared_is_an_error(void **state)
{
	const char *root = *state;
	secant_tensor image, target;
	secant_err err = { 0 };
	put(in_root(root, "train/images/a.tif"), 2, SECANT_F32, NULL, unknown);
	data_samples *s = open_expecting(root, "train", &o, 2, 1, DATA_TARGET_NONE, NULL);
	assert_false(data_samples_have_voids(s));
	assert_int_equal(data_sample_load(s, 0, &image, &target, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg,
		"train/images/a.tif: the number at (0, 1), channel 1, is none (NaN), and the file declares no value for no "
		"data; in a GeoTIFF that says so"));
	data_samples_free(s);
	err = (secant_err){ 0 };
	put(in_root(root, "train/images/a.tif"), 2, SECANT_F32, "nan", endless);
	s = open_expecting(root, "train", &o, 2, 1, DATA_TARGET_NONE, NULL);
	assert_int_equal(data_sample_load(s, 0, &image, &target, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg, "train/images/a.tif: the number at (3, 2), channel 1, is infinite"));
	data_samples_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(colours_without_data),
		T(floats_without_data),
		T(windows_know_it_too),
		T(labels_without_data),
		T(statistics_leave_it_out),
		T(what_is_not_declared_is_an_error),
	};
	return cmocka_run_group_tests_name("voids", tests, NULL, NULL);
}
