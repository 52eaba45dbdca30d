/* BMP: every header and depth, runs, bit fields; what leaves the picture or the file. Files are put together here from
 * their parts. */
#include "pictures.h"

typedef struct part {
	const char *p;
	size_t n;
} part;
#define BYTES(text) \
	{ \
		text, sizeof(text) - 1 \
	}
#define NOTHING \
	{ \
		NULL, 0 \
	}

/* A header of 40 bytes, with what lies between it and the pixels. */
static blob
make(int width, int height, int bits, int compression, int colours, part between, part pixels)
{
	blob b = { calloc(54 + between.n + pixels.n, 1), 54 + between.n + pixels.n };
	memcpy(b.p, "BM", 2);
	base_put_le(b.p + 2, b.n, 4);
	base_put_le(b.p + 10, 54 + between.n, 4);
	base_put_le(b.p + 14, 40, 4);
	base_put_le(b.p + 18, (uint64_t)(int64_t)width, 4);
	base_put_le(b.p + 22, (uint64_t)(int64_t)height, 4);
	base_put_le(b.p + 26, 1, 2);
	base_put_le(b.p + 28, (uint64_t)bits, 2);
	base_put_le(b.p + 30, (uint64_t)compression, 4);
	base_put_le(b.p + 46, (uint64_t)colours, 4);
	if (between.n)
		memcpy(b.p + 54, between.p, between.n);
	if (pixels.n)
		memcpy(b.p + 54 + between.n, pixels.p, pixels.n);
	return b;
}

static void
gives(blob b, const secant_image_read_options *o, int channels, size_t n, const char *values)
{
	secant_image im = decoded(b, o);
	assert_int_equal(im.channels, channels);
	assert_int_equal(image_bytes(&im), n);
	assert_memory_equal(im.data, values, n);
	secant_image_free(&im);
	free(b.p);
}

static void
fails(blob b, secant_status code, const char *message)
{
	refuses(b.p, b.n, code, message);
	free(b.p);
}

#define GREY2 BYTES("\0\0\0\0\xff\xff\xff\0")
#define RED_BLUE BYTES("\0\0\xff\0\xff\0\0\0") /* blue, green, red, 0 */

static void
test_depths(void **state)
{
	/* rows from the bottom, padded to 4 bytes */
	gives(
		make(3, 2, 1, 0, 0, (part)GREY2, (part)BYTES("\xa0\0\0\0\x40\0\0\0")), NULL, 1, 6, "\x00\xff\x00\xff\x00\xff");
	gives(make(3, 1, 1, 0, 0, (part)RED_BLUE, (part)BYTES("\xa0\0\0\0")), NULL, 3, 9, "\0\0\xff\xff\0\0\0\0\xff");
	gives(make(3, 1, 4, 0, 2, (part)RED_BLUE, (part)BYTES("\x10\x10\0\0")), NULL, 3, 9, "\0\0\xff\xff\0\0\0\0\xff");
	gives(make(3, 1, 8, 0, 2, (part)RED_BLUE, (part)BYTES("\1\0\1\0")), NULL, 3, 9, "\0\0\xff\xff\0\0\0\0\xff");
	gives(make(3, 1, 8, 0, 2, (part)RED_BLUE, (part)BYTES("\1\0\1\0")),
		&(secant_image_read_options){ .palette_as_indices = true }, 1, 3, "\1\0\1");
	gives(make(2, 1, 16, 0, 0, (part)NOTHING, (part)BYTES("\x1f\x7c\xe0\x03")), NULL, 3, 6, "\xff\0\xff\0\xff\0");
	gives(make(2, -1, 24, 0, 0, (part)NOTHING, (part)BYTES("\3\2\1\6\5\4\0\0")), NULL, 3, 6, "\1\2\3\4\5\6");
	gives(make(1, 2, 24, 0, 0, (part)NOTHING, (part)BYTES("\3\2\1\0\6\5\4\0")), NULL, 3, 6, "\4\5\6\1\2\3");
	gives(make(1, -2, 32, 0, 0, (part)NOTHING, (part)BYTES("\3\2\1\x80\6\5\4\x80")), NULL, 3, 6, "\1\2\3\4\5\6");
	/* bit fields of 5, 6 and 5 bits, of 8 in another order, and with alpha */
	gives(make(2, 1, 16, 3, 0, (part)BYTES("\0\xf8\0\0\xe0\7\0\0\x1f\0\0\0"), (part)BYTES("\0\xf8\xe0\x07")), NULL, 3,
		6, "\xff\0\0\0\xff\0");
	gives(make(1, 1, 32, 3, 0, (part)BYTES("\xff\0\0\0\0\xff\0\0\0\0\xff\0"), (part)BYTES("\1\2\3\4")), NULL, 3, 3,
		"\1\2\3");
	gives(make(1, 1, 32, 6, 0, (part)BYTES("\xff\0\0\0\0\xff\0\0\0\0\xff\0\0\0\0\xff"), (part)BYTES("\1\2\3\4")), NULL,
		4, 4, "\1\2\3\4");
	gives(make(1, 1, 32, 3, 0, (part)BYTES("\0\0\0\0\0\0\0\0\0\0\0\x80"), (part)BYTES("\1\2\3\x84")), NULL, 3, 3,
		"\0\0\xff");
	/* a grey ramp is grey, whatever is asked */
	char ramp[1024];
	for (int i = 0; i < 1024; i++)
		ramp[i] = (char)(i % 4 < 3 ? i / 4 : 0);
	gives(make(2, 1, 8, 0, 0, (part){ ramp, 1024 }, (part)BYTES("\7\xfe\0\0")),
		&(secant_image_read_options){ .palette_as_indices = true }, 1, 2, "\7\xfe");
}

static void
test_old_header(void **state)
{
	static const char file[] = "BM\x24\0\0\0\0\0\0\0\x20\0\0\0\x0c\0\0\0\2\0\1\0\1\0\1\0\0\0\xff\xff\0\0\x40\0\0\0";
	blob b = { (uint8_t *)(uintptr_t)file, sizeof file - 1 };
	secant_image im = decoded(b, NULL);
	assert_memory_equal(im.data, "\xff\0\0\0\0\xff", 6); /* red, then blue: entries of three bytes */
	secant_image_free(&im);
}

static void
test_new_headers(void **state)
{
	/* headers of 108 and 124 bytes carry their masks inside */
	for (uint64_t n = 108; n <= 124; n += 16) {
		blob b = { calloc(14 + n + 4, 1), 14 + n + 4 };
		memcpy(b.p, "BM", 2);
		base_put_le(b.p + 10, 14 + n, 4);
		base_put_le(b.p + 14, n, 4);
		base_put_le(b.p + 18, 1, 4);
		base_put_le(b.p + 22, 1, 4);
		base_put_le(b.p + 28, 32, 2);
		base_put_le(b.p + 30, 3, 4);
		memcpy(b.p + 54, "\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff", 16);
		memcpy(b.p + 14 + n, "\3\2\1\x80", 4);
		gives(b, NULL, 4, 4, "\1\2\3\x80");
	}
}

static void
test_runs(void **state)
{
	static const part four = BYTES("\1\1\1\0\2\2\2\0\3\3\3\0\4\4\4\0");
	const secant_image_read_options o = { .palette_as_indices = true };
	/* a run, pixels as they are (padded), end of row, a skip, end of picture; what is skipped is 0 */
	gives(make(5, 2, 8, 1, 4, four, (part)BYTES("\2\1\0\3\1\2\3\0\0\0\0\2\1\0\3\2\0\1")), &o, 1, 10,
		"\0\2\2\2\0\1\1\1\2\3");
	gives(
		make(5, 2, 4, 2, 4, four, (part)BYTES("\3\x12\0\0\0\5\x12\x31\x20\0\0\1")), &o, 1, 10, "\1\2\3\1\2\1\2\1\0\0");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\4\1\0\1")), SECANT_ERR_FORMAT,
		"BMP: the run at byte 70 leaves the picture");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\0\4\1\1\1\1\0\1")), SECANT_ERR_FORMAT,
		"the pixels at byte 70 leave the picture");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\0\2\4\0\0\1")), SECANT_ERR_FORMAT,
		"the skip at byte 70 leaves the picture");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\0\2\0\2\0\1")), SECANT_ERR_FORMAT,
		"the skip at byte 70 leaves the picture");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\0\0\1\1\0\1")), SECANT_ERR_FORMAT,
		"the run at byte 72 leaves the picture");
	fails(make(3, 1, 8, 1, 4, four, (part)BYTES("\0\0\0\0\0\0\0\1")), SECANT_ERR_FORMAT, "row 2, the picture has 1");
	fails(
		make(3, 1, 8, 1, 4, four, (part)BYTES("\3\1\0\0")), SECANT_ERR_FORMAT, "the file ends before the picture does");
	fails(
		make(3, 1, 8, 1, 4, four, (part)BYTES("\0\3\1\1")), SECANT_ERR_FORMAT, "the file ends before the picture does");
	fails(make(3, -1, 8, 1, 4, four, (part)BYTES("\3\1\0\1")), SECANT_ERR_FORMAT, "runs of a top-down picture");
}

static void
test_wrong(void **state)
{
	fails(make(0, 1, 24, 0, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_FORMAT, "the header says 0x1 pixels");
	fails(make(1, INT32_MIN, 24, 0, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_FORMAT, "pixels");
	fails(make(-4, 1, 24, 0, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_FORMAT, "the header says -4x1 pixels");
	fails(make(1, 1, 23, 0, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_UNSUPPORTED,
		"compression 0 with 23 bits a pixel is not read");
	fails(make(1, 1, 24, 4, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_UNSUPPORTED, "compression 4 with 24 bits");
	fails(make(2, 2, 24, 0, 0, (part)NOTHING, (part)BYTES("1234567")), SECANT_ERR_FORMAT,
		"2 rows of 8 bytes are needed, the file has 7");
	fails(make(3, 1, 8, 0, 2, (part)RED_BLUE, (part)BYTES("\1\2\1\0")), SECANT_ERR_FORMAT,
		"pixel (1, 0) has index 2, the palette has 2 colours");
	fails(make(3, 1, 8, 0, 2, (part)NOTHING, (part)BYTES("\1\2\1\0")), SECANT_ERR_FORMAT, "there is no palette");
	fails(make(100000, 100000, 24, 0, 0, (part)NOTHING, (part)NOTHING), SECANT_ERR_RANGE,
		"100000x100000 pixels are more than the limit");
	fails(make(30000, 30000, 8, 1, 2, (part)RED_BLUE, (part)BYTES("\0\1")), SECANT_ERR_FORMAT,
		"the header says 30000x30000 pixels, which 64 bytes of bmp cannot hold");
	blob b = make(1, 1, 24, 0, 0, (part)NOTHING, (part)BYTES("\1\2\3\0"));
	base_put_le(b.p + 10, 20, 4);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "the pixels start at byte 20, the header ends at 54 and the file at 58");
	base_put_le(b.p + 10, 59, 4);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "the pixels start at byte 59");
	base_put_le(b.p + 14, 39, 4);
	fails(b, SECANT_ERR_FORMAT, "a length that is not known");
}

static void
test_cut_changed_and_without_memory(void **state)
{
	const blob files[] = {
		make(3, 2, 1, 0, 0, (part)GREY2, (part)BYTES("\xa0\0\0\0\x40\0\0\0")),
		make(3, 1, 8, 0, 2, (part)RED_BLUE, (part)BYTES("\1\0\1\0")),
		make(5, 2, 8, 1, 2, (part)RED_BLUE, (part)BYTES("\2\1\0\3\1\1\1\0\0\0\0\2\1\0\3\1\0\1")),
		make(2, -1, 24, 0, 0, (part)NOTHING, (part)BYTES("\3\2\1\6\5\4\0\0")),
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		refuses_all_cuts(files[i]);
		survives_all_changes(files[i]);
		survives_lack_of_memory(files[i], NULL);
		free(files[i].p);
	}
}

static void
test_round_trips(void **state)
{
	for (int w = 1; w < 6; w++) {
		secant_image im = pattern(w, 3, 3, SECANT_U8);
		round_trip(&im, "bmp", NULL);
		encoder_survives_lack_of_memory(&im, "bmp");
		secant_image_free(&im);
		im = pattern(w, 3, 1, SECANT_U8);
		blob b = encoded(&im, "bmp", NULL);
		secant_image back = decoded(b, &(secant_image_read_options){ .channels = 1 });
		assert_same(&im, &back);
		secant_image_free(&back);
		secant_image_free(&im);
		free(b.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depths),
		cmocka_unit_test(test_old_header),
		cmocka_unit_test(test_new_headers),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_round_trips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
