/* JPEG: grey, colour, CMYK; the eight orientations; files that end early, lie or are damaged. */
#include "pictures.h"
#include <jpeglib.h>

/* EXIF with one entry, in either byte order, behind the segment's length. */
static void
exif_segment(uint8_t out[40], int orientation, bool little)
{
	static const uint8_t le[] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0 };
	static const uint8_t be[] = { 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0 };
	memcpy(out,
		"\xff\xe1\x00\x22"
		"Exif\0\0",
		10);
	memcpy(out + 10, little ? le : be, 26);
	out[10 + (little ? 18 : 19)] = (uint8_t)orientation;
}

static blob
with_exif(blob b, int orientation, bool little)
{
	blob to = { malloc(b.n + 36), b.n + 36 };
	memcpy(to.p, b.p, 2);
	uint8_t segment[40] = { 0 };
	exif_segment(segment, orientation, little);
	memcpy(to.p + 2, segment, 36);
	memcpy(to.p + 38, b.p + 2, b.n - 2);
	return to;
}

static void
test_round_trips_nearly(void **state)
{
	for (int c = 1; c <= 3; c += 2) {
		secant_image im = smooth(45, 31, c);
		blob b = encoded(&im, "jpg", &(secant_image_write_options){ .quality = 95 });
		secant_image back = decoded(b, NULL);
		assert_true(worst(&im, &back) <= 12);
		secant_image_free(&back);
		secant_image three = decoded(b, &(secant_image_read_options){ .channels = 3 });
		assert_int_equal(three.channels, 3);
		secant_image one = decoded(b, &(secant_image_read_options){ .channels = 1 }), want;
		assert_int_equal(secant_image_convert(&want, &three, 1, SECANT_U8, NULL), 0);
		assert_true(worst(&one, &want) <= 2);
		secant_image four = decoded(b, &(secant_image_read_options){ .channels = 4 });
		assert_int_equal(((uint8_t *)four.data)[3], 255);
		secant_image_free(&three);
		secant_image_free(&one);
		secant_image_free(&want);
		secant_image_free(&four);
		free(b.p);
		blob small = encoded(&im, "jpeg", &(secant_image_write_options){ .quality = 20 });
		b = encoded(&im, "jpg", NULL);
		assert_true(small.n < b.n);
		free(small.p);
		free(b.p);
		secant_image_free(&im);
	}
}

static void
test_orientations(void **state)
{
	secant_image im = smooth(24, 16, 3);
	blob plain = encoded(&im, "jpg", &(secant_image_write_options){ .quality = 100 });
	secant_image stored = decoded(plain, NULL);
	for (int o = 0; o <= 9; o++) {
		for (int little = 0; little < 2; little++) {
			blob b = with_exif(plain, o, little);
			int valid = o >= 1 && o <= 8 ? o : 1;
			secant_image turned = decoded(b, NULL), want;
			assert_int_equal(secant_image_orient(&want, &stored, valid, NULL), 0);
			assert_same(&turned, &want);
			secant_image_info info;
			assert_int_equal(codec_image_probe_data(&info, b.p, b.n, "file", NULL), 0);
			assert_int_equal(info.orientation, valid);
			assert_int_equal(info.width, valid > 4 ? 16 : 24);
			secant_image_free(&turned);
			turned = decoded(b, &(secant_image_read_options){ .ignore_orientation = true });
			assert_same(&turned, &stored);
			secant_image_free(&turned);
			secant_image_free(&want);
			free(b.p);
		}
	}
	secant_image_free(&stored);
	secant_image_free(&im);
	free(plain.p);
}

/* CMYK as Adobe's programs write it (inverted) and as the standard would have it. */
static void
test_cmyk(void **state)
{
	for (int adobe = 0; adobe < 2; adobe++) {
		struct jpeg_compress_struct c;
		struct jpeg_error_mgr e;
		unsigned char *data = NULL;
		unsigned long size = 0;
		uint8_t row[8 * 4], *rows[1] = { row };
		for (int x = 0; x < 8; x++) /* ink: cyan 51, magenta 0, yellow 255, black 102 */
			for (int k = 0; k < 4; k++)
				row[x * 4 + k] = (uint8_t)(adobe ? 255 - (uint8_t[]){ 51, 0, 255, 102 }[k]
												 : (uint8_t[]){ 51, 0, 255, 102 }[k]);
		c.err = jpeg_std_error(&e);
		jpeg_create_compress(&c);
		jpeg_mem_dest(&c, &data, &size);
		c.image_width = c.image_height = 8;
		c.input_components = 4;
		c.in_color_space = JCS_CMYK;
		jpeg_set_defaults(&c);
		jpeg_set_quality(&c, 100, TRUE);
		c.write_Adobe_marker = adobe;
		jpeg_start_compress(&c, TRUE);
		while (c.next_scanline < 8)
			jpeg_write_scanlines(&c, rows, 1);
		jpeg_finish_compress(&c);
		jpeg_destroy_compress(&c);
		secant_image im = decoded((blob){ data, size }, NULL);
		assert_int_equal(im.channels, 3);
		static const int want[3] = { 122, 153, 0 }; /* (255 - ink) * (255 - black) / 255 */
		for (int k = 0; k < 3; k++)
			assert_in_range(((uint8_t *)im.data)[k] + 2 - want[k], 0, 4);
		secant_image_free(&im);
		free(data);
	}
}

static void
test_cut_changed_and_without_memory(void **state)
{
	secant_image im = smooth(17, 9, 3);
	blob plain = encoded(&im, "jpg", NULL), b = with_exif(plain, 6, true);
	refuses_all_cuts(b);
	survives_all_changes(b);
	survives_lack_of_memory(b, NULL);
	refuses(b.p, b.n - 2, SECANT_ERR_FORMAT, "file: JPEG: Premature end of JPEG file");
	encoder_survives_lack_of_memory(&im, "jpg");
	secant_image_free(&im);
	free(plain.p);
	free(b.p);
}

static void
test_lying_sizes(void **state)
{
	secant_image im = smooth(16, 16, 3);
	blob b = encoded(&im, "jpg", NULL);
	for (size_t i = 0; i + 9 < b.n; i++)
		if (b.p[i] == 0xff && b.p[i + 1] == 0xc0)
			memcpy(b.p + i + 5, "\xfd\xe8\xfd\xe8", 4);
	refuses(b.p, b.n, SECANT_ERR_RANGE, "65000x65000 pixels are more than the limit");
	for (size_t i = 0; i + 9 < b.n; i++)
		if (b.p[i] == 0xff && b.p[i + 1] == 0xc0)
			memcpy(b.p + i + 5, "\x40\0\x40\0", 4);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "the header says 16384x16384 pixels, which");
	secant_image_free(&im);
	free(b.p);
}

static void
test_cannot_hold(void **state)
{
	void *data;
	size_t size;
	secant_err err = { 0 };
	secant_image im = pattern(2, 2, 4, SECANT_U8);
	assert_int_equal(secant_image_encode(&im, "jpg", &data, &size, NULL, &err), SECANT_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "jpeg: JPEG holds 1 or 3 channels of u8; the picture has 4 channels of u8");
	secant_image_free(&im);
	im = pattern(65501, 1, 1, SECANT_U8);
	assert_int_equal(secant_image_encode(&im, "jpg", &data, &size, NULL, NULL), SECANT_ERR_UNSUPPORTED);
	secant_image_free(&im);
}

/* The EXIF parser alone, on what it should not trust. */
static void
test_exif_parser(void **state)
{
	uint8_t segment[40], *p = segment + 10;
	assert_int_equal(codec_exif_orientation(NULL, 0), 1);
	for (int little = 0; little < 2; little++) {
		exif_segment(segment, 5, little);
		assert_int_equal(codec_exif_orientation(p, 26), 5);
		for (size_t n = 0; n < 22; n++) {
			uint8_t *exact = malloc(n ? n : 1);
			memcpy(exact, p, n);
			assert_int_equal(codec_exif_orientation(exact, n), 1);
			free(exact);
		}
		p[little ? 4 : 7] = 0xff; /* a directory far away */
		p[little ? 7 : 4] = 0xff;
		assert_int_equal(codec_exif_orientation(p, 26), 1);
	}
	exif_segment(segment, 9, true);
	assert_int_equal(codec_exif_orientation(p, 26), 1);
	exif_segment(segment, 3, true);
	p[12] = 2; /* text */
	assert_int_equal(codec_exif_orientation(p, 26), 1);
	static const uint8_t types[] = { 1, 3, 4, 8, 9 }; /* byte, short, long, and the signed ones some cameras write */
	for (size_t i = 0; i < sizeof types; i++) {
		p[12] = types[i];
		assert_int_equal(codec_exif_orientation(p, 26), 3);
	}
	p[8] = 0xff; /* more entries than there are, the wanted one first */
	p[9] = 0xff;
	assert_int_equal(codec_exif_orientation(p, 26), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips_nearly),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_cmyk),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_lying_sizes),
		cmocka_unit_test(test_cannot_hold),
		cmocka_unit_test(test_exif_parser),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
