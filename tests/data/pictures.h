/* Small data sets for tests: pictures whose pixels say where they are, labels that follow from them. */
#ifndef TESTS_DATA_PICTURES_H
#define TESTS_DATA_PICTURES_H
#include "data.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/loader.h"
#include "data/samples.h"
#include <secant/codec.h>

/* ROOT/REST made of a format; a static buffer, valid until the next call but seven. */
static inline const char *
in_root(const char *root, const char *fmt, ...)
{
	static char buffer[8][1024];
	static int turn;
	char rest[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(rest, sizeof rest, fmt, ap);
	va_end(ap);
	turn = (turn + 1) % 8;
	snprintf(buffer[turn], sizeof buffer[turn], "%s/%s", root, rest);
	return buffer[turn];
}

/* Writes a picture; value(x, y, c) gives its numbers. Folders are made. */
static inline void
write_picture(
	const char *path, int width, int height, int channels, secant_dtype dtype, double (*value)(int x, int y, int c))
{
	secant_err err = { 0 };
	secant_image im;
	char *dir = base_path_dir(path);
	assert_int_equal(secant_make_dirs(dir, &err), SECANT_OK);
	secant_free(dir);
	assert_int_equal(secant_image_new(&im, width, height, channels, dtype, &err), SECANT_OK);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int c = 0; c < channels; c++) {
				size_t i = ((size_t)y * (size_t)width + (size_t)x) * (size_t)channels + (size_t)c;
				double v = value(x, y, c);
				if (dtype == SECANT_U8)
					((uint8_t *)im.data)[i] = (uint8_t)v;
				else if (dtype == SECANT_U16)
					((uint16_t *)im.data)[i] = (uint16_t)v;
				else if (dtype == SECANT_I16)
					((int16_t *)im.data)[i] = (int16_t)v;
				else
					((float *)im.data)[i] = (float)v;
			}
	if (secant_image_write(&im, path, NULL, &err))
		fail_msg("%s", err.msg);
	secant_image_free(&im);
}

static inline double
place_value(int x, int y, int c)
{
	return (x * 3 + y * 7 + c * 50) % 256;
}
static inline double
four(int x, int y, int c) /* classes 0 to 3 in blocks */
{
	return (x / 4 + y / 4) % 4;
}
static inline double
half_mask(int x, int y, int c)
{
	return (x + y) % 4 < 2 ? 255 : 0;
}
static inline double
three_classes(int x, int y, int c)
{
	return (x / 2 + y) % 3;
}

/* n pairs of width x height in ROOT/split, named 00.png, ... */
static inline void
write_split(const char *root, const char *split, int n, int width, int height, double (*label)(int x, int y, int c))
{
	for (int i = 0; i < n; i++) {
		write_picture(in_root(root, "%s/images/%02d.png", split, i), width, height, 3, SECANT_U8, place_value);
		write_picture(in_root(root, "%s/labels/%02d.png", split, i), width, height, 1, SECANT_U8, label);
	}
}

static inline void
write_text(const char *path, const char *text)
{
	secant_err err = { 0 };
	if (secant_file_write(path, text, strlen(text), &err))
		fail_msg("%s", err.msg);
}

static inline secant_data_options
default_options(void)
{
	secant_data_options o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_data_options_table, &o, &err), SECANT_OK);
	return o;
}

static inline void
set_option(secant_data_options *o, const char *name, const char *text)
{
	secant_err err = { 0 };
	if (secant_opts_set(&secant_data_options_table, o, name, text, &err))
		fail_msg("%s", err.msg);
}

/* Opens, and expects success where `message` is NULL, else failure with a message that contains it. */
static inline data_samples *
open_expecting(const char *root, const char *split, const secant_data_options *o, int channels, int classes,
	data_target_kind kind, const char *message)
{
	secant_err err = { 0 };
	data_samples_request r = { root, split, o, channels, classes, kind, 0 };
	data_samples *s = data_samples_open(&r, &err);
	if (!message && !s)
		fail_msg("%s", err.msg);
	if (message && (s || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, s ? "success" : err.msg);
	return s;
}

static inline void
remove_root(const char *root)
{
	secant_err err = { 0 };
	assert_int_equal(base_remove_tree(root, &err), SECANT_OK);
}
#endif
