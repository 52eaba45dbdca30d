/* WebP: with and without loss and alpha, turned by EXIF; animations, cuts and damage. */
#include "pictures.h"

static void
test_lossless_round_trips(void **state)
{
	for (int c = 3; c <= 4; c++) {
		secant_image im = pattern(19, 11, c, SECANT_U8);
		round_trip(&im, "webp", &(secant_image_write_options){ .lossless = true });
		secant_image_free(&im);
	}
	secant_image im = pattern(19, 11, 1, SECANT_U8);
	blob b = encoded(&im, "webp", &(secant_image_write_options){ .lossless = true });
	secant_image back = decoded(b, &(secant_image_read_options){ .channels = 1 });
	assert_same(&im, &back);
	secant_image_free(&back);
	secant_image_free(&im);
	free(b.p);
}

static void
test_lossy_comes_near(void **state)
{
	secant_image im = smooth(48, 32, 3);
	blob b = encoded(&im, "webp", NULL), small = encoded(&im, "webp", &(secant_image_write_options){ .quality = 5 });
	secant_image back = decoded(b, NULL);
	assert_true(worst(&im, &back) <= 16);
	assert_true(small.n < b.n);
	secant_image_free(&back);
	secant_image_free(&im);
	free(b.p);
	free(small.p);
}

/* The extended container around a simple file: flags, size, the picture, EXIF. */
static blob
extended(blob simple, int width, int height, const uint8_t *exif, size_t n)
{
	blob b = { calloc(simple.n + 18 + 8 + n + 1, 1), simple.n + 18 + 8 + n + n % 2 };
	memcpy(b.p, "RIFF    WEBPVP8X\12\0\0\0\10", 21);
	base_put_le(b.p + 4, b.n - 8, 4);
	base_put_le(b.p + 24, (uint64_t)width - 1, 3);
	base_put_le(b.p + 27, (uint64_t)height - 1, 3);
	memcpy(b.p + 30, simple.p + 12, simple.n - 12);
	memcpy(b.p + 18 + simple.n, "EXIF", 4);
	base_put_le(b.p + 22 + simple.n, n, 4);
	memcpy(b.p + 26 + simple.n, exif, n);
	return b;
}

static void
test_exif_turns(void **state)
{
	static const uint8_t exif[] = { 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0,
		0, 6, 0, 0, 0, 0, 0, 0, 0 };
	secant_image im = pattern(6, 4, 3, SECANT_U8), want;
	assert_int_equal(secant_image_orient(&want, &im, 6, NULL), 0);
	blob simple = encoded(&im, "webp", &(secant_image_write_options){ .lossless = true });
	for (size_t skip = 0; skip <= 6; skip += 6) {
		blob b = extended(simple, 6, 4, exif + skip, sizeof exif - skip);
		secant_image back = decoded(b, NULL);
		assert_same(&back, &want);
		secant_image_free(&back);
		refuses_all_cuts(b);
		survives_all_changes(b);
		free(b.p);
	}
	secant_image_free(&im);
	secant_image_free(&want);
	free(simple.p);
}

static void
test_cut_changed_and_without_memory(void **state)
{
	secant_image im = pattern(9, 7, 4, SECANT_U8);
	for (int lossless = 0; lossless < 2; lossless++) {
		blob b = encoded(&im, "webp", &(secant_image_write_options){ .lossless = lossless });
		refuses_all_cuts(b);
		survives_all_changes(b);
		survives_lack_of_memory(b, NULL);
		free(b.p);
	}
	secant_image_free(&im);
}

static void
test_cannot(void **state)
{
	void *data;
	size_t size;
	secant_err err = { 0 };
	secant_image im = pattern(2, 2, 3, SECANT_U16);
	assert_int_equal(secant_image_encode(&im, "webp", &data, &size, NULL, &err), SECANT_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "webp: WebP holds 1, 3 or 4 channels of u8; the picture has 3 channels of u16");
	secant_image_free(&im);
	im = pattern(16384, 1, 3, SECANT_U8);
	err = (secant_err){ 0 };
	assert_int_equal(secant_image_encode(&im, "webp", &data, &size, NULL, &err), SECANT_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "WebP holds at most 16383 pixels a side"));
	secant_image_free(&im);
	/* the flag of an animation */
	uint8_t file[30] = "RIFF\x16\0\0\0WEBPVP8X\12\0\0\0\2";
	refuses(file, sizeof file, SECANT_ERR_UNSUPPORTED, "WebP: animations are not read");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lossless_round_trips),
		cmocka_unit_test(test_lossy_comes_near),
		cmocka_unit_test(test_exif_turns),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
