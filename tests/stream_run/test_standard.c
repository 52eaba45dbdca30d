/*
 * Elements of the installed GStreamer in pipelines, before, between and behind ours: those of its core and its base
 * plugins. Pictures pass as raw video, messages and errors go along, numbers of clients too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <secant/codec.h>
#include <secant/manager.h>
#include <secant/files.h>
#include "stream/picture.h"

enum { WIDTH = 64, HEIGHT = 48, BYTES = 3 * WIDTH * HEIGHT };

static uint8_t pixels[BYTES];
static void *png;
static size_t png_size;

static int
make_picture(void **state)
{
	secant_image im;
	secant_err err = { 0 };
	assert_int_equal(secant_image_new(&im, WIDTH, HEIGHT, 3, SECANT_U8, &err), 0);
	for (int i = 0; i < BYTES; i++)
		pixels[i] = (uint8_t)(i * 7 + i / 191);
	memcpy(im.data, pixels, BYTES);
	assert_int_equal(secant_image_encode(&im, "png", &png, &png_size, NULL, &err), 0);
	secant_image_free(&im);
	return 0;
}

static int
drop_picture(void **state)
{
	secant_free(png);
	return 0;
}

/* A stream "s" that decodes pictures as element "d" and goes on with what is given, down to appsink0. */
static int
create(secant_streams *m, const char *next, const char *elements, secant_stream_fault *f)
{
	char text[3000];
	int n = snprintf(text, sizeof text,
		"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"d\"},"
		"\"d\":{\"factory\":\"mxpi_imagedecoder\",\"props\":{\"cvProcessor\":\"opencv\"},\"next\":%s},%s,"
		"\"appsink0\":{\"factory\":\"appsink\"}}}",
		next, elements);
	return secant_streams_create(m, text, (size_t)n, f);
}

static secant_streams *
start(const char *next, const char *elements)
{
	secant_stream_fault f;
	secant_streams *m = secant_streams_new();
	assert_non_null(m);
	int code = create(m, next, elements, &f);
	if (code)
		print_error("%d %s %s %s\n", code, f.element, f.property, f.message);
	assert_int_equal(code, 0);
	return m;
}

static void
send(secant_streams *m, const void *data, size_t size)
{
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = data, .size = size }, NULL), 0);
}

static secant_stream_result *
fetch(secant_streams *m, const char *key)
{
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, &key, 1, 20000);
	size_t n;
	if (secant_stream_result_code(r))
		print_error("%d %s\n", secant_stream_result_code(r), (const char *)secant_stream_result_data(r, &n));
	return r;
}

/* The one picture of a result's list. */
static stream_picture
picture_of(secant_stream_result *r)
{
	secant_stream_message list;
	stream_picture p;
	char why[300];
	assert_true(secant_stream_result_message(r, 0, &list, NULL));
	format_wire at = { list.data, list.size };
	assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
	return p;
}

/* BGR to RGB by videoconvert: every byte in its place, under the converter's name; queues between change nothing. */
static void
test_between(void **state)
{
	secant_streams *m = start("\"q\"",
		"\"q\":{\"factory\":\"queue\",\"next\":\"c\"},"
		"\"c\":{\"factory\":\"videoconvert\",\"next\":\"f\"},"
		"\"f\":{\"factory\":\"capsfilter\",\"props\":{\"caps\":\"video/x-raw,format=RGB\"},\"next\":\"r\"},"
		"\"r\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"64\","
		"\"resizeHeight\":\"48\"},\"next\":\"appsink0\"}");
	for (int i = 0; i < 3; i++) {
		send(m, png, png_size);
		secant_stream_result *r = fetch(m, "r");
		assert_int_equal(secant_stream_result_code(r), 0);
		stream_picture p = picture_of(r);
		assert_int_equal(p.format, STREAM_RGB);
		assert_int_equal(p.size, BYTES);
		assert_memory_equal(p.data, pixels, BYTES);
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
}

/* A converter that has nothing to do lets the picture pass: it is there under the converter's name all the same. */
static void
test_passed(void **state)
{
	secant_streams *m = start("\"c\"",
		"\"c\":{\"factory\":\"videoconvert\",\"next\":\"r\"},"
		"\"r\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"64\","
		"\"resizeHeight\":\"48\"},\"next\":\"appsink0\"}");
	send(m, png, png_size);
	secant_stream_result *r = fetch(m, "c");
	assert_int_equal(secant_stream_result_code(r), 0);
	assert_int_equal(picture_of(r).format, STREAM_BGR);
	secant_stream_result_free(r);
	secant_streams_free(m);
}

/* What a scaler made is the result, not what came before it. */
static void
test_scaled(void **state)
{
	secant_streams *m = start("\"z\"",
		"\"z\":{\"factory\":\"videoscale\",\"next\":\"f\"},"
		"\"f\":{\"factory\":\"capsfilter\",\"props\":{\"caps\":\"video/x-raw,width=32,height=36\"},\"next\":\"e\"},"
		"\"e\":{\"factory\":\"mxpi_imageencoder\",\"next\":\"appsink0\"}");
	send(m, png, png_size);
	secant_stream_result *r = fetch(m, "z");
	assert_int_equal(secant_stream_result_code(r), 0);
	stream_picture p = picture_of(r);
	assert_int_equal(p.width, 32);
	assert_int_equal(p.height, 36);
	size_t n;
	const uint8_t *jpeg = secant_stream_result_data(r, &n);
	assert_true(n > 100 && jpeg[0] == 0xFF && jpeg[1] == 0xD8);
	secant_stream_result_free(r);
	secant_streams_free(m);
}

/* Behind ours: what a client gets are the bytes that the last element made. */
static void
test_behind(void **state)
{
	secant_streams *m = start("\"c\"",
		"\"c\":{\"factory\":\"videoconvert\",\"next\":\"f\"},"
		"\"f\":{\"factory\":\"capsfilter\",\"props\":{\"caps\":\"video/x-raw,format=BGRx\"},\"next\":\"appsink0\"}");
	send(m, png, png_size);
	secant_stream_result *r = fetch(m, "d");
	size_t n;
	const uint8_t *bytes = secant_stream_result_data(r, &n);
	assert_int_equal(n, 4 * WIDTH * HEIGHT);
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		for (int c = 0; c < 3; c++)
			assert_int_equal(bytes[4 * i + c], pixels[3 * i + 2 - c]);
	assert_int_equal(picture_of(r).format, STREAM_BGR); /* messages have come along */
	secant_stream_result_free(r);
	secant_streams_free(m);
}

/* A frame that failed passes converters, in its turn, and keeps its code; the number of a client, too. */
static void
test_failed_and_by_number(void **state)
{
	secant_streams *m = start("\"c\"", "\"c\":{\"factory\":\"videoconvert\",\"next\":\"appsink0\"}");
	static const int wanted[] = { 2006, 0, 2006, 0 };
	int64_t id[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			secant_streams_send(m, "s", NULL, 0,
				&(secant_stream_input){ .data = wanted[i] ? "garbage" : png, .size = wanted[i] ? 7 : png_size },
				&id[i]),
			0);
	for (int i = 3; i >= 0; i--) {
		secant_stream_result *r = secant_streams_get_id(m, "s", id[i], 20000);
		assert_int_equal(secant_stream_result_code(r), wanted[i]);
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
}

/* One branch stays ours, the other goes to GStreamer's. */
static void
test_two_branches(void **state)
{
	secant_streams *m = start("\"t\"",
		"\"t\":{\"factory\":\"tee\",\"next\":[\"q0\",\"q1\"]},"
		"\"q0\":{\"factory\":\"queue\",\"next\":\"r\"},\"q1\":{\"factory\":\"queue\",\"next\":\"c\"},"
		"\"r\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"32\","
		"\"resizeHeight\":\"32\"},\"next\":\"appsink0\"},"
		"\"c\":{\"factory\":\"videoconvert\",\"next\":\"appsink1\"},\"appsink1\":{\"factory\":\"appsink\"}");
	send(m, png, png_size);
	secant_stream_result *r = fetch(m, "r");
	assert_int_equal(secant_stream_result_code(r), 0);
	assert_int_equal(picture_of(r).width, 32);
	secant_stream_result_free(r);
	const char *key = "d";
	r = secant_streams_get(m, "s", "appsink1", 0, &key, 1, 20000);
	size_t n;
	(void)secant_stream_result_data(r, &n);
	assert_int_equal(n, BYTES);
	secant_stream_result_free(r);
	secant_streams_free(m);
}

/* An element whose port comes late: typefind and demuxers within decodebin. */
static void
test_late_ports(void **state)
{
	char dir[] = "/tmp/secant-standard-XXXXXX", text[1500];
	secant_stream_fault f;
	secant_err err = { 0 };
	assert_non_null(mkdtemp(dir));
	snprintf(text, sizeof text, "%s/a.ogg", dir);
	secant_streams *m = start("\"c\"",
		"\"c\":{\"factory\":\"videoconvert\",\"next\":\"e\"},\"e\":{\"factory\":\"theoraenc\",\"next\":\"o\"},"
		"\"o\":{\"factory\":\"oggmux\",\"next\":\"appsink0\"}");
	char *file = NULL;
	size_t size = 0;
	for (int i = 0; i < 8; i++)
		send(m, png, png_size);
	for (int i = 0; i < 4; i++) { /* headers and pages: the first are enough for what follows */
		secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, NULL, 0, i ? 1000 : 20000);
		size_t n;
		const void *page = secant_stream_result_data(r, &n);
		if (secant_stream_result_came(r)) {
			file = realloc(file, size + n);
			memcpy(file + size, page, n);
			size += n;
		}
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
	assert_true(size > 4 && !memcmp(file, "OggS", 4));
	assert_int_equal(secant_file_write(text, file, size, &err), 0);
	free(file);
	snprintf(text, sizeof text,
		"{\"s\":{\"v\":{\"factory\":\"videotestsrc\",\"props\":{\"num-buffers\":\"3\",\"pattern\":\"white\"},\"next\":"
		"\"x\"},"
		"\"x\":{\"factory\":\"decodebin\",\"next\":\"c\"},\"c\":{\"factory\":\"videoconvert\",\"next\":\"r\"},"
		"\"r\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"32\","
		"\"resizeHeight\":\"32\"},\"next\":\"appsink0\"},\"appsink0\":{\"factory\":\"appsink\"}}}");
	m = secant_streams_new();
	int code = secant_streams_create(m, text, strlen(text), &f);
	if (code)
		print_error("%d %s %s\n", code, f.element, f.message);
	assert_int_equal(code, 0);
	for (int i = 0; i < 3; i++) {
		secant_stream_result *r = fetch(m, "r");
		assert_int_equal(secant_stream_result_code(r), 0);
		assert_int_equal(picture_of(r).width, 32);
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
	snprintf(text, sizeof text, "%s/a.ogg", dir);
	unlink(text);
	rmdir(dir);
}

/* What does not fit is refused when the stream is made, or said to who waits. */
static void
test_refused(void **state)
{
	static const struct {
		const char *next, *elements;
		int code;
		const char *element, *property;
	} rows[] = {
		{ "\"c\"", "\"c\":{\"factory\":\"videoconvrt\",\"next\":\"appsink0\"}", 6014, "c", "factory" },
		{ "\"c\"", "\"c\":{\"factory\":\"videoconvert\",\"props\":{\"widht\":\"1\"},\"next\":\"appsink0\"}", 6015, "c",
			"widht" },
		{ "\"c\"", "\"c\":{\"factory\":\"videoconvert\",\"props\":{\"n-threads\":\"-1\"},\"next\":\"appsink0\"}", 6015,
			"c", "n-threads" },
		{ "\"c\"", "\"c\":{\"factory\":\"videoconvert\",\"props\":{\"dither\":\"lots\"},\"next\":\"appsink0\"}", 6015,
			"c", "dither" },
		{ "\"c\"", "\"c\":{\"factory\":\"videoconvert\"}", 6016, "appsink0", "" },
		{ "\"a\"", "\"a\":{\"factory\":\"audioconvert\",\"next\":\"appsink0\"}", 6006, "d", "next" },
		{ "\"e\"", "\"e\":{\"factory\":\"theoraenc\",\"next\":\"appsink0\"}", 6006, "d", "next" }, /* it takes planes */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_stream_fault f;
		secant_streams *m = secant_streams_new();
		assert_int_equal(create(m, rows[i].next, rows[i].elements, &f), rows[i].code);
		assert_string_equal(f.element, rows[i].element);
		assert_string_equal(f.property, rows[i].property);
		secant_streams_free(m);
	}
	/* Bytes of no known kind: nothing comes, and the text says why. */
	static const char text[] = "{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"x\"},"
							   "\"x\":{\"factory\":\"decodebin\",\"next\":\"c\"},"
							   "\"c\":{\"factory\":\"videoconvert\",\"next\":\"appsink0\"},"
							   "\"appsink0\":{\"factory\":\"appsink\"}}}";
	secant_streams *m = secant_streams_new();
	assert_int_equal(secant_streams_create(m, text, sizeof text - 1, NULL), 0);
	static char bytes[200000];
	memset(bytes, 1, sizeof bytes);
	send(m, bytes, sizeof bytes);
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, NULL, 0, 1500);
	size_t n;
	assert_int_equal(secant_stream_result_code(r), 6010);
	assert_non_null(strstr(secant_stream_result_data(r, &n), "can not get result in time. x: "));
	secant_stream_result_free(r);
	secant_streams_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_between), cmocka_unit_test(test_passed),
		cmocka_unit_test(test_scaled), cmocka_unit_test(test_behind), cmocka_unit_test(test_failed_and_by_number),
		cmocka_unit_test(test_two_branches), cmocka_unit_test(test_late_ports), cmocka_unit_test(test_refused) };
	return cmocka_run_group_tests(tests, make_picture, drop_picture);
}
