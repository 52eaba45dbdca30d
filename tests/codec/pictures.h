/*
 * What tests of picture files share: pictures to write, bytes that are decoded from a block of exactly their length (so
 * that a sanitizer sees any access beyond), failures with their message, and the loops that cut a file at every byte
 * and let every allocation fail.
 */
#ifndef TESTS_CODEC_PICTURES_H
#define TESTS_CODEC_PICTURES_H
#include "../data.h"
#include "codec/codec.h"

/* A picture whose values differ everywhere and use their range. */
static inline secant_image
pattern(int width, int height, int channels, secant_dtype dtype)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, width, height, channels, dtype, NULL), 0);
	size_t n = (size_t)width * (size_t)height * (size_t)channels;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = (uint32_t)(i * 2654435761u) >> 7;
		if (dtype == SECANT_U8)
			((uint8_t *)im.data)[i] = (uint8_t)v;
		else if (dtype == SECANT_F32)
			((float *)im.data)[i] = (float)(int32_t)v / 1000.0f - 3.0f;
		else
			((uint16_t *)im.data)[i] = (uint16_t)v;
	}
	return im;
}

/* A smooth picture, for formats that lose something. */
static inline secant_image
smooth(int width, int height, int channels)
{
	secant_image im;
	assert_int_equal(secant_image_new(&im, width, height, channels, SECANT_U8, NULL), 0);
	uint8_t *p = im.data;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int c = 0; c < channels; c++)
				*p++ = (uint8_t)((c == 0          ? x * 200 / width
										 : c == 1 ? y * 200 / height
												  : (x + y) * 100 / (width + height))
					+ 20);
	return im;
}

static inline size_t
image_bytes(const secant_image *im)
{
	return secant_image_row_bytes(im) * (size_t)im->height;
}

static inline void
assert_same_layout(const secant_image *a, const secant_image *b)
{
	if (a->width != b->width || a->height != b->height || a->channels != b->channels || a->dtype != b->dtype)
		fail_msg("%dx%dx%d %s is not %dx%dx%d %s", a->width, a->height, a->channels, secant_dtype_name(a->dtype),
			b->width, b->height, b->channels, secant_dtype_name(b->dtype));
}

static inline void
assert_same(const secant_image *a, const secant_image *b)
{
	assert_same_layout(a, b);
	assert_memory_equal(a->data, b->data, image_bytes(a));
	assert_int_equal(a->palette_count, b->palette_count);
	if (a->palette)
		assert_memory_equal(a->palette, b->palette, (size_t)a->palette_count * 3);
}

/* Largest difference of two u8 pictures. */
static inline int
worst(const secant_image *a, const secant_image *b)
{
	int most = 0;
	assert_same_layout(a, b);
	for (size_t i = 0; i < image_bytes(a); i++)
		most = abs(((uint8_t *)a->data)[i] - ((uint8_t *)b->data)[i]) > most
			? abs(((uint8_t *)a->data)[i] - ((uint8_t *)b->data)[i])
			: most;
	return most;
}

typedef struct blob {
	uint8_t *p;
	size_t n;
} blob;

static inline blob
encoded(const secant_image *im, const char *format, const secant_image_write_options *o)
{
	void *data;
	blob b;
	secant_err err = { 0 };
	if (secant_image_encode(im, format, &data, &b.n, o, &err))
		fail_msg("%s", err.msg);
	b.p = malloc(b.n);
	memcpy(b.p, data, b.n);
	secant_free(data);
	return b;
}

static inline secant_image
decoded(blob b, const secant_image_read_options *o)
{
	secant_image im;
	secant_image_info info;
	secant_err err = { 0 };
	uint8_t *exact = malloc(b.n);
	memcpy(exact, b.p, b.n);
	if (secant_image_decode(&im, exact, b.n, "file", o, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(codec_image_probe_data(&info, exact, b.n, "file", &err), 0);
	if (!o) { /* what the header promises is what comes */
		assert_int_equal(info.width, im.width);
		assert_int_equal(info.height, im.height);
		assert_int_equal(info.channels, im.channels);
		assert_int_equal(info.dtype, im.dtype);
	}
	free(exact);
	return im;
}

static inline void
refuses_with(const void *data, size_t size, const secant_image_read_options *o, secant_status code, const char *message)
{
	secant_err err = { 0 };
	secant_image im;
	uint8_t *exact = malloc(size ? size : 1);
	memcpy(exact, data, size);
	secant_status s = secant_image_decode(&im, exact, size, "file", o, &err);
	free(exact);
	if (s != code || !strstr(err.msg, message) || strncmp(err.msg, "file: ", 6))
		fail_msg("expected %d '%s', got %d '%s'", code, message, s, err.msg);
	assert_null(im.data);
}

static inline void
refuses(const void *data, size_t size, secant_status code, const char *message)
{
	refuses_with(data, size, NULL, code, message);
}

/* Every shorter file is an error. */
static inline void
refuses_all_cuts(blob b)
{
	for (size_t n = 0; n < b.n; n++) {
		secant_err err = { 0 };
		secant_image im;
		uint8_t *exact = malloc(n ? n : 1);
		memcpy(exact, b.p, n);
		if (!secant_image_decode(&im, exact, n, "file", NULL, &err))
			fail_msg("%zu of %zu bytes were accepted", n, b.n);
		assert_true(err.code && err.msg[0]);
		free(exact);
	}
}

/* Any byte changed: an error or not, but nothing worse. */
static inline void
survives_all_changes(blob b)
{
	static const uint8_t change[3] = { 0xff, 0x01, 0x80 };
	const secant_image_read_options o = { .max_pixels = 1 << 16 };
	uint8_t *copy = malloc(b.n);
	for (size_t n = 0; n < b.n * 3; n++) {
		secant_err err = { 0 };
		secant_image im;
		memcpy(copy, b.p, b.n);
		copy[n / 3] ^= change[n % 3];
		if (!secant_image_decode(&im, copy, b.n, "file", &o, &err))
			secant_image_free(&im);
	}
	free(copy);
}

/* Each allocation fails once: NOMEM every time until it works, and nothing is left behind. */
static inline void
survives_lack_of_memory(blob b, const secant_image_read_options *o)
{
	for (long n = 1;; n++) {
		secant_err err = { 0 };
		secant_image im;
		long live = base_mem_live();
		base_mem_fail_at(n);
		secant_status s = secant_image_decode(&im, b.p, b.n, "file", o, &err);
		base_mem_fail_at(0);
		if (s && s != SECANT_ERR_NOMEM)
			fail_msg("allocation %ld failed: %d '%s'", n, s, err.msg);
		secant_image_free(&im);
		assert_int_equal(base_mem_live(), live);
		if (!s)
			break;
	}
}

static inline void
encoder_survives_lack_of_memory(const secant_image *im, const char *format)
{
	for (long n = 1;; n++) {
		void *data;
		size_t size;
		long live = base_mem_live();
		base_mem_fail_at(n);
		secant_status s = secant_image_encode(im, format, &data, &size, NULL, NULL);
		base_mem_fail_at(0);
		assert_true(s == 0 || s == SECANT_ERR_NOMEM);
		secant_free(data);
		assert_int_equal(base_mem_live(), live);
		if (!s)
			break;
	}
}

/* Writes, reads, compares, without loss. */
static inline void
round_trip(const secant_image *im, const char *format, const secant_image_write_options *o)
{
	blob b = encoded(im, format, o);
	secant_image back = decoded(b, NULL);
	assert_same(im, &back);
	secant_image_free(&back);
	free(b.p);
}
#endif
