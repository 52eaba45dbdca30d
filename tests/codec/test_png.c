/* PNG: every colour type and depth, interlaced or not, with and without transparency; wrong and hostile files. */
#include "pictures.h"
#include "base/hash.h"
#include <spng.h>

typedef struct wanted {
	int type, bits, interlaced, transparent;
} wanted;

static const struct spng_plte_entry colours[16] = {
	{ 255, 0, 0 },
	{ 0, 255, 0 },
	{ 0, 0, 255 },
	{ 9, 8, 7 },
	{ 1, 2, 3 },
	{ 4, 5, 6 },
	{ 7, 8, 9 },
	{ 10, 11, 12 },
	{ 20, 21, 22 },
	{ 23, 24, 25 },
	{ 26, 27, 28 },
	{ 29, 30, 31 },
	{ 32, 33, 34 },
	{ 35, 36, 37 },
	{ 38, 39, 40 },
	{ 41, 42, 43 },
};

/* 11 x 7 pixels whose samples count up, packed as PNG has them (host order for 16 bits). */
static blob
make(wanted k)
{
	static const int samples_of[7] = { 1, 0, 3, 1, 2, 0, 4 };
	uint8_t raw[11 * 7 * 8] = { 0 };
	int n = samples_of[k.type], most = (1 << k.bits) - 1;
	size_t row = (size_t)(11 * n * k.bits + 7) / 8;
	for (int y = 0; y < 7; y++) {
		for (int i = 0; i < 11 * n; i++) {
			int v = (y * 11 * n + i) * (k.bits == 16 ? 251 : 1) & (k.type == 3 && k.bits == 8 ? 15 : most);
			uint8_t *p = raw + (size_t)y * row;
			if (k.bits == 16)
				memcpy(p + i * 2, &(uint16_t){ (uint16_t)v }, 2);
			else
				p[i * k.bits / 8] |= (uint8_t)(v << (8 - k.bits - i * k.bits % 8));
		}
	}
	struct spng_ihdr ihdr = { 11, 7, (uint8_t)k.bits, (uint8_t)k.type, 0, 0, (uint8_t)k.interlaced };
	struct spng_plte plte = { .n_entries = k.bits >= 4 ? 16 : 1u << k.bits };
	struct spng_trns trns = {
		.gray = 3, .red = 0, .green = 1, .blue = 2, .n_type3_entries = 2, .type3_alpha = { 0, 128 }
	};
	memcpy(plte.entries, colours, sizeof colours);
	spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
	spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
	assert_int_equal(spng_set_ihdr(ctx, &ihdr), 0);
	if (k.type == 3)
		assert_int_equal(spng_set_plte(ctx, &plte), 0);
	if (k.transparent)
		assert_int_equal(spng_set_trns(ctx, &trns), 0);
	assert_int_equal(spng_encode_image(ctx, raw, row * 7, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
	blob b;
	int e;
	b.p = spng_get_png_buffer(ctx, &b.n, &e);
	spng_ctx_free(ctx);
	return b;
}

/* The i-th sample of the picture that make() packs. */
static int
sample(wanted k, int i)
{
	return i * (k.bits == 16 ? 251 : 1) & (k.type == 3 && k.bits == 8 ? 15 : (1 << k.bits) - 1);
}

static int
channels_of(wanted k)
{
	static const int plain[7] = { 1, 0, 3, 3, 2, 0, 4 }, with[7] = { 2, 0, 4, 4, 2, 0, 4 };
	return k.transparent ? with[k.type] : plain[k.type];
}

/* The value of channel c at pixel i, by the rules of PNG, computed here from the samples alone. */
static int
expected(wanted k, int i, int c)
{
	int max = k.bits == 16 ? 65535 : 255, deep = k.bits < 8 && k.type == 0 ? 255 / ((1 << k.bits) - 1) : 1;
	if (k.type == 3) {
		int v = sample(k, i);
		const uint8_t rgb[3] = { colours[v].red, colours[v].green, colours[v].blue };
		return c < 3 ? rgb[c] : v == 0 ? 0 : v == 1 ? 128 : 255;
	}
	int n = k.type == 0 ? 1 : k.type == 2 ? 3 : k.type == 4 ? 2 : 4;
	if (c < n)
		return sample(k, i * n + c) * deep;
	bool keyed = k.type == 0 ? sample(k, i) == 3
							 : sample(k, i * 3) == 0 && sample(k, i * 3 + 1) == 1 && sample(k, i * 3 + 2) == 2;
	if (k.type == 2 && k.bits == 16)
		keyed = false; /* no pixel is (0, 1, 2) */
	return keyed ? 0 : max;
}

static const wanted all[] = {
	{ 0, 1 },
	{ 0, 2 },
	{ 0, 4 },
	{ 0, 8 },
	{ 0, 16 },
	{ 2, 8 },
	{ 2, 16 },
	{ 3, 1 },
	{ 3, 2 },
	{ 3, 4 },
	{ 3, 8 },
	{ 4, 8 },
	{ 4, 16 },
	{ 6, 8 },
	{ 6, 16 },
	{ 0, 2, 0, 1 },
	{ 0, 4, 0, 1 },
	{ 0, 8, 0, 1 },
	{ 0, 16, 0, 1 },
	{ 2, 8, 0, 1 },
	{ 2, 16, 0, 1 },
	{ 3, 1, 0, 1 },
	{ 3, 2, 0, 1 },
	{ 3, 4, 0, 1 },
	{ 3, 8, 0, 1 },
	{ 0, 1, 1 },
	{ 0, 4, 1 },
	{ 0, 16, 1 },
	{ 2, 8, 1 },
	{ 3, 2, 1 },
	{ 3, 8, 1, 1 },
	{ 6, 8, 1 },
	{ 6, 16, 1 },
};

static void
test_every_colour_type(void **state)
{
	for (size_t t = 0; t < sizeof all / sizeof *all; t++) {
		wanted k = all[t];
		blob b = make(k);
		secant_image im = decoded(b, NULL);
		assert_int_equal(im.width, 11);
		assert_int_equal(im.height, 7);
		assert_int_equal(im.channels, channels_of(k));
		assert_int_equal(im.dtype, k.bits == 16 ? SECANT_U16 : SECANT_U8);
		assert_null(im.palette);
		for (int i = 0; i < 77; i++) {
			for (int c = 0; c < im.channels; c++) {
				int v = im.dtype == SECANT_U16 ? ((uint16_t *)im.data)[i * im.channels + c]
											   : ((uint8_t *)im.data)[i * im.channels + c];
				if (v != expected(k, i, c))
					fail_msg("type %d bits %d interlaced %d transparent %d pixel %d channel %d: %d, expected %d",
						k.type, k.bits, k.interlaced, k.transparent, i, c, v, expected(k, i, c));
			}
		}
		secant_image_free(&im);
		free(b.p);
	}
}

static void
test_wanted_channels_and_depth(void **state)
{
	for (size_t t = 0; t < sizeof all / sizeof *all; t++) {
		blob b = make(all[t]);
		secant_image plain = decoded(b, NULL);
		for (int c = 1; c <= 4; c++) {
			if (c == 2)
				continue;
			secant_image im = decoded(b, &(secant_image_read_options){ .channels = c, .to_u8 = true });
			secant_image want;
			assert_int_equal(secant_image_convert(&want, &plain, c, SECANT_U8, NULL), 0);
			assert_same(&im, &want); /* what libspng converts is what we convert */
			secant_image_free(&im);
			secant_image_free(&want);
		}
		secant_image_free(&plain);
		free(b.p);
	}
}

static void
test_palette_as_indices(void **state)
{
	for (size_t t = 0; t < sizeof all / sizeof *all; t++) {
		wanted k = all[t];
		if (k.type != 3)
			continue;
		blob b = make(k);
		secant_image im = decoded(b, &(secant_image_read_options){ .palette_as_indices = true, .channels = 3 });
		assert_int_equal(im.channels, 1);
		assert_int_equal(im.palette_count, k.bits >= 4 ? 16 : 1 << k.bits);
		assert_int_equal(im.palette[1][1], 255);
		for (int i = 0; i < 77; i++)
			assert_int_equal(((uint8_t *)im.data)[i], sample(k, i));
		secant_image_info info;
		assert_int_equal(codec_image_probe_data(&info, b.p, b.n, "file", NULL), 0);
		assert_true(info.palette);
		assert_int_equal(info.bits, k.bits);
		secant_image colour;
		assert_int_equal(secant_image_expand(&colour, &im, NULL), 0);
		assert_int_equal(((uint8_t *)colour.data)[3 + 1], expected(k, 1, 1));
		secant_image_free(&colour);
		secant_image_free(&im);
		free(b.p);
	}
}

static void
test_round_trips(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 7, 3 }, { 64, 65 } };
	for (int level = -1; level <= 9; level += 5) {
		for (int c = 1; c <= 4; c++) {
			for (int d = 0; d < 2; d++) {
				for (int i = 0; i < 3; i++) {
					secant_image im = pattern(sizes[i][0], sizes[i][1], c, d ? SECANT_U16 : SECANT_U8);
					round_trip(&im, "png", &(secant_image_write_options){ .compression = level });
					secant_image_free(&im);
				}
			}
		}
	}
}

static void
test_indexed_round_trip(void **state)
{
	static const uint8_t palette[3][3] = { { 0, 0, 0 }, { 255, 0, 0 }, { 1, 2, 3 } };
	secant_image im = pattern(9, 5, 1, SECANT_U8);
	for (int i = 0; i < 45; i++)
		((uint8_t *)im.data)[i] %= 3;
	assert_int_equal(codec_image_set_palette(&im, palette, 3, NULL), 0);
	blob b = encoded(&im, "png", NULL);
	secant_image back = decoded(b, &(secant_image_read_options){ .palette_as_indices = true });
	assert_same(&im, &back);
	secant_image_free(&back);
	free(b.p);
	((uint8_t *)im.data)[10] = 3;
	secant_err err = { 0 };
	void *data;
	size_t size;
	assert_int_equal(secant_image_encode(&im, "png", &data, &size, NULL, &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "png: PNG: pixel (1, 1) has index 3, the palette has 3 colours");
	secant_image_free(&im);
}

static void
test_cannot_hold(void **state)
{
	void *data;
	size_t size;
	secant_err err = { 0 };
	secant_image im = pattern(2, 2, 5, SECANT_U8);
	assert_int_equal(secant_image_encode(&im, "png", &data, &size, NULL, &err), SECANT_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "png: PNG holds 1 to 4 channels of u8 or u16; the picture has 5 channels of u8");
	assert_null(data);
	secant_image_free(&im);
	im = pattern(2, 2, 1, SECANT_F32);
	assert_int_equal(secant_image_encode(&im, "png", &data, &size, NULL, NULL), SECANT_ERR_UNSUPPORTED);
	secant_image_free(&im);
}

static void
test_cut_changed_and_without_memory(void **state)
{
	static const wanted kinds[] = { { 3, 2, 0, 1 }, { 6, 8, 1, 0 } };
	for (int i = 0; i < 2; i++) {
		blob b = make(kinds[i]);
		refuses_all_cuts(b);
		survives_all_changes(b);
		survives_lack_of_memory(b, NULL);
		survives_lack_of_memory(b, &(secant_image_read_options){ .palette_as_indices = true });
		free(b.p);
	}
	secant_image im = pattern(9, 9, 3, SECANT_U8);
	encoder_survives_lack_of_memory(&im, "png");
	secant_image_free(&im);
}

/* Puts a right checksum behind the chunk that starts at `at` with its length. */
static void
seal(uint8_t *p, size_t at)
{
	uint32_t n = base_be32(p + at), crc = base_crc32(0, p + at + 4, n + 4);
	for (int i = 0; i < 4; i++)
		p[at + 8 + n + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
}

static void
test_lying_sizes(void **state)
{
	blob b = make((wanted){ 2, 8 });
	memcpy(b.p + 16, "\0\1\x86\xa0\0\1\x86\xa0", 8); /* 100000 x 100000 */
	seal(b.p, 8);
	refuses(b.p, b.n, SECANT_ERR_RANGE, "100000x100000 pixels are more than the limit of 1073741824");
	memcpy(b.p + 16, "\0\0\x75\x30\0\0\x75\x30", 8); /* 30000 x 30000 is within the limit, but not in so few bytes */
	seal(b.p, 8);
	long count = base_mem_count();
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "the header says 30000x30000 pixels, which");
	assert_true(base_mem_count() - count < 20);
	refuses_with(
		b.p, b.n, &(secant_image_read_options){ .max_pixels = 100 }, SECANT_ERR_RANGE, "more than the limit of 100");
	memcpy(b.p + 16, "\0\0\0\0\0\0\0\7", 8);
	seal(b.p, 8);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "PNG: ");
	free(b.p);
}

static void
test_damage_is_found(void **state)
{
	blob b = make((wanted){ 2, 8 });
	b.p[b.n - 20] ^= 1; /* in IDAT or its checksum */
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "PNG: ");
	free(b.p);
}

static void
test_exif_turns(void **state)
{
	static const uint8_t exif[] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0,
		0 };
	uint8_t raw[6] = { 1, 2, 3, 4, 5, 6 }; /* 3 x 2 */
	struct spng_ihdr ihdr = { 3, 2, 8, 0, 0, 0, 0 };
	struct spng_exif e = { sizeof exif, (char *)(uintptr_t)exif };
	spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
	spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
	spng_set_ihdr(ctx, &ihdr);
	assert_int_equal(spng_set_exif(ctx, &e), 0);
	assert_int_equal(spng_encode_image(ctx, raw, 6, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
	blob b;
	int code;
	b.p = spng_get_png_buffer(ctx, &b.n, &code);
	spng_ctx_free(ctx);
	secant_image im = decoded(b, NULL);
	assert_int_equal(im.width, 2);
	assert_memory_equal(im.data, ((uint8_t[]){ 4, 1, 5, 2, 6, 3 }), 6);
	secant_image_free(&im);
	im = decoded(b, &(secant_image_read_options){ .ignore_orientation = true });
	assert_memory_equal(im.data, raw, 6);
	secant_image_free(&im);
	free(b.p);
}

/* Class indices of less than 8 bits are not stretched; deeper greys know no difference. */
static void
test_grey_as_stored(void **state)
{
	for (int bits = 1; bits <= 8; bits *= 2)
		for (int interlaced = 0; interlaced < 2; interlaced++) {
			wanted k = { SPNG_COLOR_TYPE_GRAYSCALE, bits, interlaced, 0 };
			blob b = make(k);
			secant_image im = decoded(b, &(secant_image_read_options){ .as_stored = true });
			assert_true(im.channels == 1 && im.dtype == SECANT_U8 && !im.palette);
			for (int i = 0; i < 77; i++)
				assert_int_equal(((uint8_t *)im.data)[i], sample(k, i));
			secant_image_free(&im);
			free(b.p);
		}
}

/* Before eXIf ImageMagick wrote EXIF as hexadecimal text, deflated where it is long; eXIf goes before it. */
static void
test_exif_in_a_profile_turns(void **state)
{
	static const char *const keys[] = { "Raw profile type exif", "Raw profile type APP1" };
	static const char text[] = "\nexif\n      32\n457869660000"
							   "49492a000800000001001201030001\n00000006000000000000000000\n";
	static const uint8_t upright[] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0,
		0, 0 };
	for (int i = 0; i < 6; i++) {
		uint8_t raw[6] = { 1, 2, 3, 4, 5, 6 }; /* 3 x 2 */
		struct spng_ihdr ihdr = { 3, 2, 8, 0, 0, 0, 0 };
		struct spng_text t = {
			.type = i & 1 ? SPNG_ZTXT : SPNG_TEXT, .text = (char *)(uintptr_t)text, .length = sizeof text - 1
		};
		struct spng_exif e = { sizeof upright, (char *)(uintptr_t)upright };
		strcpy(t.keyword, keys[i / 2 % 2]);
		spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
		spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
		spng_set_ihdr(ctx, &ihdr);
		assert_int_equal(spng_set_text(ctx, &t, 1), 0);
		if (i >= 4)
			assert_int_equal(spng_set_exif(ctx, &e), 0);
		assert_int_equal(spng_encode_image(ctx, raw, 6, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
		blob b;
		int code;
		b.p = spng_get_png_buffer(ctx, &b.n, &code);
		spng_ctx_free(ctx);
		secant_image im = decoded(b, NULL);
		assert_int_equal(im.width, i < 4 ? 2 : 3);
		assert_memory_equal(im.data, i < 4 ? ((uint8_t[]){ 4, 1, 5, 2, 6, 3 }) : raw, 6);
		secant_image_free(&im);
		free(b.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_colour_type),
		cmocka_unit_test(test_wanted_channels_and_depth),
		cmocka_unit_test(test_palette_as_indices),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_indexed_round_trip),
		cmocka_unit_test(test_cannot_hold),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_lying_sizes),
		cmocka_unit_test(test_damage_is_found),
		cmocka_unit_test(test_grey_as_stored),
		cmocka_unit_test(test_exif_turns),
		cmocka_unit_test(test_exif_in_a_profile_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
