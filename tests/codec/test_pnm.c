/* PBM, PGM, PPM, PAM, PFM: text and raw, 1 to 16 bits, and what is wrong with a file. */
#include "pictures.h"

static blob
text(const char *s)
{
	return (blob){ (uint8_t *)(uintptr_t)s, strlen(s) };
}

static void
gives(blob b, int width, int height, int channels, secant_dtype dtype, const void *values)
{
	secant_image im = decoded(b, NULL);
	assert_int_equal(im.width, width);
	assert_int_equal(im.height, height);
	assert_int_equal(im.channels, channels);
	assert_int_equal(im.dtype, dtype);
	assert_memory_equal(im.data, values, image_bytes(&im));
	secant_image_free(&im);
}

static void
test_text(void **state)
{
	gives(text("P1\n# a comment\n3 2\n1 0 1\n010\n"), 3, 2, 1, SECANT_U8, (uint8_t[]){ 0, 255, 0, 255, 0, 255 });
	gives(text("P2 2 2 255\n0 1\n2 255"), 2, 2, 1, SECANT_U8, (uint8_t[]){ 0, 1, 2, 255 });
	gives(text("P2 2 1 3 0 3\n"), 2, 1, 1, SECANT_U8, (uint8_t[]){ 0, 255 });
	gives(text("P2#x\n2 1 # y\n1000 500 1000"), 2, 1, 1, SECANT_U16, (uint16_t[]){ 32768, 65535 });
	gives(text("P3 1 2 15 0 15 1 2 3 4"), 1, 2, 3, SECANT_U8, (uint8_t[]){ 0, 255, 17, 34, 51, 68 });
}

static void
test_raw(void **state)
{
	gives((blob){ (uint8_t *)"P4\n9 2\n\x80\x00\x01\x80", 11 }, 9, 2, 1, SECANT_U8,
		(uint8_t[]){ 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0 });
	gives((blob){ (uint8_t *)"P5 2 1 255\n\x00\x0a", 13 }, 2, 1, 1, SECANT_U8, (uint8_t[]){ 0, 10 });
	gives((blob){ (uint8_t *)"P5 2 1 65535\n\x01\x02\x03\x04", 17 }, 2, 1, 1, SECANT_U16, (uint16_t[]){ 0x102, 0x304 });
	gives((blob){ (uint8_t *)"P6 1 1 127\n\x00\x7f\x40", 14 }, 1, 1, 3, SECANT_U8, (uint8_t[]){ 0, 255, 129 });
	/* PFM counts rows from the bottom; a negative scale is little-endian */
	gives((blob){ (uint8_t *)"Pf\n1 2\n-1.0\n\0\0\x80\x3f\0\0\0\x40", 20 }, 1, 2, 1, SECANT_F32, (float[]){ 2, 1 });
	gives((blob){ (uint8_t *)"PF\n1 1\n1\n\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0", 21 }, 1, 1, 3, SECANT_F32,
		(float[]){ 1, 2, 3 });
}

static void
test_arbitrary_maps(void **state)
{
	static const char two[] = "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\1\2\3\4";
	gives((blob){ (uint8_t *)(uintptr_t)two, sizeof two - 1 }, 2, 1, 2, SECANT_U8, (uint8_t[]){ 1, 2, 3, 4 });
	static const char deep[] =
		"P7\n# words in any order\nMAXVAL 1023\nDEPTH 1\nHEIGHT 2\n\nWIDTH 1\nENDHDR\n\3\xff\0\0";
	gives((blob){ (uint8_t *)(uintptr_t)deep, sizeof deep - 1 }, 1, 2, 1, SECANT_U16, (uint16_t[]){ 65535, 0 });
	static const char white[] =
		"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\1"; /* and the zero behind it */
	gives((blob){ (uint8_t *)(uintptr_t)white, sizeof white }, 2, 1, 1, SECANT_U8, (uint8_t[]){ 255, 0 });
	refuses_all_cuts((blob){ (uint8_t *)(uintptr_t)two, sizeof two - 1 });
	survives_all_changes((blob){ (uint8_t *)(uintptr_t)deep, sizeof deep - 1 });
	survives_lack_of_memory((blob){ (uint8_t *)(uintptr_t)two, sizeof two - 1 }, NULL);
	static const struct {
		const char *file, *message;
	} wrong[] = {
		{ "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nENDHDR\nabcd", "this one has 2, 1, 2 and -1" },
		{ "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 5000\nMAXVAL 255\nENDHDR\n", "DEPTH 1 to 4096" },
		{ "P7\nWIDTH 200\nHEIGHT 2\nDEPTH 4096\nMAXVAL 255\nENDHDR\nabcdefgh",
			"bytes of pixels are needed, the file has 8" },
		{ "P7\nWIDTH 2\n", "no ENDHDR" },
		{ "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR", "the header does not end" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuses(wrong[i].file, strlen(wrong[i].file), SECANT_ERR_FORMAT, wrong[i].message);
}

/* Class indices must not be stretched to the range of a byte; black and white stay what they are. */
static void
test_values_as_stored(void **state)
{
	secant_image_read_options how = { .as_stored = true };
	secant_image im = decoded(text("P2 3 1 3 0 1 3"), &how);
	assert_memory_equal(im.data, ((uint8_t[]){ 0, 1, 3 }), 3);
	secant_image_free(&im);
	im = decoded((blob){ (uint8_t *)"P5 1 1 300\n\1\0", 13 }, &how);
	assert_int_equal(*(uint16_t *)im.data, 256);
	secant_image_free(&im);
	im = decoded(text("P1 2 1 10"), &how);
	assert_memory_equal(im.data, ((uint8_t[]){ 0, 255 }), 2);
	secant_image_free(&im);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *file, *message;
	} cases[] = {
		{ "P2 0 2 255\n", "no width and height of 1 or more" },
		{ "P2 2", "no width and height" },
		{ "P2 x 2 255", "no width and height" },
		{ "P5 99999999999 2 255\n", "no width and height" },
		{ "P2 2 2\n", "no maximum from 1 to 65535" },
		{ "P2 1 1 0 0", "no maximum" },
		{ "P2 1 1 65536 0", "no maximum" },
		{ "P5 1 1 255", "the header does not end" },
		{ "Pf 1 1 x 1", "no scale" },
		{ "Pf 1 1 0 1", "no scale" },
		{ "P2 2 1 255 3", "value 2 of 2 is missing" },
		{ "P2 2 1 255 3 x", "value 2 of 2 is missing or no number" },
		{ "P2 2 1 7 3 8", "value 2 is 8, the maximum is 7" },
		{ "P1 2 1 1 2", "value 2 of 2 is missing" },
		{ "P5 2 2 255\nabc", "4 bytes of pixels are needed, the file has 3" },
		{ "P4 9 2\nabc", "4 bytes of pixels are needed" },
		{ "Pf 1 1 1\nabc", "4 bytes of pixels are needed" },
		{ "P5 2 1 60\nAZ", "value 1 is 65, the maximum is 60" },
		{ "P6 9000 9000 255\nabc", "the header says 9000x9000 pixels, which 20 bytes of pnm cannot hold" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refuses(cases[i].file, strlen(cases[i].file), SECANT_ERR_FORMAT, cases[i].message);
	refuses("P8 2 2 255\n", 11, SECANT_ERR_FORMAT, "is no picture that secant reads");
	refuses("P7 2 2 255\n", 11, SECANT_ERR_FORMAT, "no ENDHDR");
	refuses("P6 100000 100000 255\nabc", 24, SECANT_ERR_RANGE, "100000x100000 pixels are more than the limit");
}

static void
test_cut_changed_and_without_memory(void **state)
{
	const blob files[] = { text("P1 3 1 101"), text("P3 1 1 15 0 15 1"),
		{ (uint8_t *)"P5 2 1 65535\n\x01\x02\x03\x04", 17 }, { (uint8_t *)"Pf\n1 1\n-1.0\n\0\0\x80\x3f", 16 } };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (files[i].p[1] != '3') /* "1 1" is a file, too */
			refuses_all_cuts(files[i]);
		survives_all_changes(files[i]);
		survives_lack_of_memory(files[i], NULL);
	}
}

static void
test_round_trips(void **state)
{
	static const struct {
		const char *format;
		int channels;
		secant_dtype dtype;
	} cases[] = {
		{ "pgm", 1, SECANT_U8 },
		{ "pgm", 1, SECANT_U16 },
		{ "ppm", 3, SECANT_U8 },
		{ "ppm", 3, SECANT_U16 },
		{ "pnm", 1, SECANT_U8 },
		{ "pnm", 3, SECANT_U16 },
		{ "pfm", 1, SECANT_F32 },
		{ "PFM", 3, SECANT_F32 },
		{ "pam", 2, SECANT_U8 },
		{ "pam", 7, SECANT_U16 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_image im = pattern(13, 5, cases[i].channels, cases[i].dtype);
		round_trip(&im, cases[i].format, NULL);
		encoder_survives_lack_of_memory(&im, cases[i].format);
		secant_image_free(&im);
	}
	secant_image im = pattern(13, 5, 1, SECANT_U8);
	for (int i = 0; i < 65; i++)
		((uint8_t *)im.data)[i] = ((uint8_t *)im.data)[i] & 1 ? 255 : 0;
	round_trip(&im, "pbm", NULL);
	secant_image_free(&im);
}

static void
test_cannot_hold(void **state)
{
	static const struct {
		const char *format, *message;
		int channels;
		secant_dtype dtype;
	} cases[] = {
		{ "pgm", "pgm holds 1 channel of u8 or u16; the picture has 3 channels of u8", 3, SECANT_U8 },
		{ "ppm", "ppm holds 3 channels", 1, SECANT_U8 },
		{ "pbm", "pbm holds 1 channel of u8", 1, SECANT_U16 },
		{ "pfm", "pfm holds 1 or 3 channels of f32", 1, SECANT_U8 },
		{ "pnm", "pnm holds", 2, SECANT_U8 },
		{ "pnm", "pnm holds", 1, SECANT_F32 },
		{ "pgm", "pgm holds", 1, SECANT_I16 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_image im = pattern(2, 2, cases[i].channels, cases[i].dtype);
		secant_err err = { 0 };
		void *data;
		size_t size;
		assert_int_equal(secant_image_encode(&im, cases[i].format, &data, &size, NULL, &err), SECANT_ERR_UNSUPPORTED);
		assert_non_null(strstr(err.msg, cases[i].message));
		secant_image_free(&im);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_arbitrary_maps),
		cmocka_unit_test(test_values_as_stored),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_cannot_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
