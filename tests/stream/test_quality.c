/*
 * mxpi_qualitydetection, mxpi_imagenormalize and mxpi_imageencoder by themselves. Right values are those of cv2 4.14
 * for pictures made by formulas: cvtColor, Laplacian, filter2D, medianBlur, absdiff, normalize, numpy's fft2.
 */
#include "worker_stub.h"
#include "stream/quality.h"
#include <math.h>

enum { WIDTH = 40, HEIGHT = 32 };

/* A frame with one picture of a formula, moved by `shift`. */
static stream_frame *
picture(int shift)
{
	stream_made made = { .format = STREAM_RGB, .width = WIDTH, .height = HEIGHT };
	stream_frame *f = stream_frame_new();
	stream_blob *b = stream_pictures_new(&made, 1);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int x = i % WIDTH, y = i / WIDTH;
		made.to[3 * i] = (uint8_t)(x * 7 + y * 13 + 31 * shift);
		made.to[3 * i + 1] = (uint8_t)(x * x + 3 * y);
		made.to[3 * i + 2] = (uint8_t)((x * y + 5 * shift) % 200);
	}
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	return f;
}

/* The measure of a check among what was found; `value` (nullable) receives what is said of it. NAN: it is not there. */
static double
measure(const stream_blob *list, const char *name, char *value)
{
	format_wire at = { list->p, list->n }, item;
	format_wire_field f;
	while (format_wire_next_bytes(&at, 1, &item) > 0) {
		bool own = false;
		double v = 0; /* a number that is 0 is left out */
		while (format_wire_next(&item, &f) > 0) {
			if (f.number == 3)
				own = f.bytes.n == strlen(name) && !memcmp(f.bytes.p, name, f.bytes.n);
			else if (f.number == 4 && own && value)
				snprintf(value, 40, "%.*s", (int)f.bytes.n, (const char *)f.bytes.p);
			else if (f.number == 5)
				v = (double)stream_float_of(&f);
		}
		if (own)
			return v;
	}
	return NAN;
}

static const char all_checks[] =
	"{\"FRAME_LIST_LEN\":\"2\",\"BRIGHTNESS_SWITCH\":\"true\",\"BRIGHTNESS_FRAME_INTERVAL\":\"1\","
	"\"OCCLUSION_SWITCH\":\"true\",\"OCCLUSION_FRAME_INTERVAL\":\"1\",\"BLUR_SWITCH\":\"true\","
	"\"BLUR_FRAME_INTERVAL\":\"1\",\"BLUR_THRESHOLD\":\"9000\",\"NOISE_SWITCH\":\"true\","
	"\"NOISE_FRAME_INTERVAL\":\"1\",\"COLOR_CAST_SWITCH\":\"true\",\"COLOR_CAST_FRAME_INTERVAL\":\"1\","
	"\"STRIPE_SWITCH\":\"true\",\"STRIPE_FRAME_INTERVAL\":\"1\",\"DARK_SWITCH\":\"true\",\"DARK_FRAME_INTERVAL\":\"1\","
	"\"VIDEO_FREEZE_SWITCH\":\"true\",\"VIDEO_FREEZE_FRAME_INTERVAL\":\"1\",\"VIEW_SHAKE_SWITCH\":\"true\","
	"\"VIEW_SHAKE_FRAME_INTERVAL\":\"1\",\"VIEW_SHAKE_THRESHOLD\":\"10\",\"SCENE_MUTATION_SWITCH\":\"true\","
	"\"SCENE_MUTATION_FRAME_INTERVAL\":\"1\",\"PTZ_MOVEMENT_SWITCH\":\"false\",\"PTZ_MOVEMENT_FRAME_INTERVAL\":\"1\"}";

static void
test_quality(void **state)
{
	stub s;
	char why[300], value[40];
	stub_open(&s, "mxpi_qualitydetection");
	stub_set(&s, "qualityDetectionConfigContent", all_checks);
	assert_int_equal(s.w.kind->work->open(&s.w, why, sizeof why), 0);
	stream_frame *f = picture(0);
	stub_run(&s, f); /* one picture is not enough */
	assert_ptr_equal(s.sent[0], f);
	assert_false(stream_frame_get(f, s.w.name, NULL, NULL));
	stream_frame_drop(f);
	f = picture(1);
	stub_run(&s, f);
	stream_frame_drop(f);
	stream_blob *b = stub_result(&s, "MxpiAttributeList");
	assert_float_equal(measure(b, "BRIGHTNESS", value), 0.2877473, 1e-6);
	assert_string_equal(value, "normal");
	assert_float_equal(measure(b, "OCCLUSION", NULL), 0.1875, 0);
	assert_float_equal(measure(b, "BLUR", value), 8839.345, 1e-2);
	assert_string_equal(value, "blurred");
	assert_float_equal(measure(b, "NOISE", NULL), 0, 0);
	assert_float_equal(measure(b, "COLOR_CAST", NULL), 0.5501305, 1e-6);
	assert_float_equal(measure(b, "STRIPE", value), 0.00234375, 1e-9);
	assert_string_equal(value, "striped");
	assert_float_equal(measure(b, "DARK", NULL), 0.01015625, 1e-8);
	assert_float_equal(measure(b, "SCENE_MUTATION", NULL), 0.11640625, 1e-8);
	assert_float_equal(measure(b, "VIDEO_FREEZE", value), 0.13203125, 1e-8);
	assert_string_equal(value, "normal");
	assert_false(isnan(measure(b, "VIEW_SHAKE", NULL)));
	assert_true(isnan(measure(b, "PTZ_MOVEMENT", NULL))); /* it is off */
	stream_blob_drop(b);
	/* the same again is frozen */
	f = picture(1);
	stub_run(&s, f);
	stream_frame_drop(f);
	b = stub_result(&s, "MxpiAttributeList");
	assert_float_equal(measure(b, "VIDEO_FREEZE", value), 0, 0);
	assert_string_equal(value, "frozen");
	assert_float_equal(measure(b, "VIEW_SHAKE", value), 0, 0);
	assert_string_equal(value, "normal");
	stream_blob_drop(b);
	stub_close(&s);
}

/* A picture that was moved to the left and down by three pixels. */
static void
test_shaking(void **state)
{
	stream_shots s;
	char why[300];
	double v;
	const stream_quality *q = NULL;
	assert_true(stream_shots_open(&s, 2));
	for (int i = 0; i < 2; i++) {
		uint8_t pixels[3 * 64 * 48];
		for (int k = 0; k < 64 * 48; k++) {
			int x = k % 64 - 20 - (i ? -3 : 0), y = k / 64 - 20 - (i ? 3 : 0);
			memset(pixels + 3 * k, x >= 0 && x < 20 && y >= 0 && y < 10 ? 40 + 9 * x + y : 10, 3);
		}
		stream_picture p = { .format = STREAM_BGR,
			.width = 64,
			.height = 48,
			.width_aligned = 64,
			.height_aligned = 48,
			.data = pixels,
			.size = sizeof pixels };
		assert_int_equal(stream_shots_add(&s, &p, why, sizeof why), 0);
	}
	for (int i = 0; (q = stream_quality_at(i)) && strcmp(q->key, "VIEW_SHAKE") != 0;)
		i++;
	assert_true(q->measure(&s, 1, 10, &v));
	assert_float_equal(v, -3, 0);
	assert_true(stream_quality_is_bad(q, v, 10));
	assert_false(q->measure(&s, 1, 30, &v)); /* further than the picture is high */
	assert_false(q->measure(&s, 2, 10, &v)); /* nothing is there */
	stream_shots_close(&s);
}

/* Grey of NV12 is that of cv2.cvtColor twice; other formats are refused. */
static void
test_planes(void **state)
{
	static const uint8_t grey[2][6] = { { 73, 87, 72, 111, 153, 187 }, { 117, 142, 161, 204, 219, 32 } };
	stream_shots s;
	char why[300] = "";
	uint8_t pixels[16 * 24];
	for (int i = 0; i < 16 * 24; i++)
		pixels[i] = (uint8_t)(i * 37);
	stream_picture p = { .format = STREAM_NV12,
		.width = 16,
		.height = 16,
		.width_aligned = 16,
		.height_aligned = 16,
		.data = pixels,
		.size = sizeof pixels };
	assert_true(stream_shots_open(&s, 2));
	assert_int_equal(stream_shots_add(&s, &p, why, sizeof why), 0);
	assert_memory_equal(s.grey[0], grey[0], 6);
	assert_memory_equal(s.grey[0] + 16, grey[1], 6);
	p.format = STREAM_GREY;
	assert_int_equal(stream_shots_add(&s, &p, why, sizeof why), 1004);
	assert_non_null(strstr(why, "NV12"));
	stream_shots_close(&s);
}

static void
test_what_is_wrong(void **state)
{
	static const struct {
		const char *name, *value, *why;
	} row[] = {
		{ "qualityDetectionConfigPath", "/nowhere.cfg", "nowhere" },
		{ "qualityDetectionConfigContent", "/nowhere.cfg", "nowhere" }, /* text that is no object names a file */
		{ "qualityDetectionConfigContent", "{\"BLUR_SWITCH\":\"perhaps\"}", "true or false" },
		{ "qualityDetectionConfigContent", "{\"FRAME_LIST_LEN\":\"5\"}", "BRIGHTNESS_FRAME_INTERVAL" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		stub s;
		char why[300] = "";
		stub_open(&s, "mxpi_qualitydetection");
		stub_set(&s, row[i].name, row[i].value);
		int code = s.w.kind->work->open(&s.w, why, sizeof why);
		assert_int_equal(code, 1013);
		assert_non_null(strstr(why, row[i].why));
		stub_close(&s);
	}
}

/* ---- mxpi_imagenormalize ---- */

/* Two pictures of two pixels, and one that is no colour. */
static stream_frame *
list_of_pictures(void)
{
	static const uint8_t pixels[2][6] = { { 1, 2, 3, 200, 100, 50 }, { 9, 9, 9, 9, 9, 9 } };
	stream_made made[3] = { { .format = STREAM_BGR, .width = 2, .height = 1 },
		{ .format = STREAM_GREY, .width = 2, .height = 1 }, { .format = STREAM_BGR, .width = 2, .height = 1 } };
	stream_frame *f = stream_frame_new();
	stream_blob *b = stream_pictures_new(made, 3);
	memcpy(made[0].to, pixels[0], 6);
	memset(made[1].to, 0, 2);
	memcpy(made[2].to, pixels[1], 6);
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	return f;
}

static int
normalised(const char *const *props, stream_picture *p, stub *s)
{
	char why[300];
	int n = 0;
	stub_open(s, "mxpi_imagenormalize");
	for (; *props; props += 2)
		stub_set(s, props[0], props[1]);
	stream_frame *f = list_of_pictures();
	stub_run(s, f);
	stream_frame_drop(f);
	stream_blob *b = stub_result(s, "MxpiVisionList");
	format_wire at = { b->p, b->n };
	while (stream_picture_next(&at, &p[n], why, sizeof why) > 0)
		n++;
	stream_blob_drop(b); /* the frame that was sent holds it on */
	return n;
}

static float
number_at(const stream_picture *p, size_t i)
{
	float v;
	memcpy(&v, p->data + i * sizeof v, sizeof v);
	return v;
}

static void
test_normalize(void **state)
{
	stub s;
	stream_picture p[4];
	/* alpha and beta are of R, G, B whatever the picture's order; all pictures are done */
	assert_int_equal(
		normalised((const char *const[]){ "alpha", "3,2,1", "beta", "2,4,8", "dataType", "FLOAT32", NULL }, p, &s), 2);
	assert_int_equal(p[0].format, STREAM_BGR);
	assert_true(p[0].f32);
	assert_float_equal(number_at(&p[0], 0), 0, 0); /* B: (1 - 1) / 8 */
	assert_float_equal(number_at(&p[0], 2), 0, 0);
	assert_float_equal(number_at(&p[0], 3), 199.0 / 8, 0);
	assert_float_equal(number_at(&p[0], 5), 47.0 / 2, 0);
	assert_float_equal(number_at(&p[1], 2), 3, 0);
	stub_close(&s);
	/* the other order comes out where `format` says so */
	assert_int_equal(normalised((const char *const[]){ "alpha", "1,1,1", "format", "RGB888", NULL }, p, &s), 2);
	assert_int_equal(p[0].format, STREAM_RGB);
	assert_memory_equal(p[0].data, ((uint8_t[]){ 2, 1, 0, 49, 99, 199 }), 6);
	stub_close(&s);
	/* between the least and the largest value of a picture, as cv2.normalize has it; one value alone is 0 */
	assert_int_equal(normalised((const char *const[]){ "processType", "0", NULL }, p, &s), 2);
	assert_memory_equal(p[0].data, ((uint8_t[]){ 0, 1, 3, 255, 127, 63 }), 6);
	assert_memory_equal(p[1].data, ((uint8_t[6]){ 0 }), 6);
	stub_close(&s);
	assert_int_equal(normalised((const char *const[]){ "processType", "0", "dataType", "FLOAT32", NULL }, p, &s), 2);
	assert_float_equal(number_at(&p[0], 1), 0.005025125574320555, 0);
	assert_float_equal(number_at(&p[0], 4), 0.4974874258041382, 0);
	stub_close(&s);
}

/* Nothing under the key: the frame goes on as it is. Nothing that can be done: 1001. */
static void
test_nothing_to_normalize(void **state)
{
	stub s;
	base_str text = { 0 };
	stub_open(&s, "mxpi_imagenormalize");
	stream_frame *f = stream_frame_new();
	stub_run(&s, f);
	assert_ptr_equal(s.sent[0], f);
	assert_int_equal(stream_frame_failed(f, NULL), 0);
	stream_made made = { .format = STREAM_GREY, .width = 2, .height = 1 };
	stream_blob *b = stream_pictures_new(&made, 1);
	memset(made.to, 0, 2);
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	stub_run(&s, f);
	assert_int_equal(stream_frame_failed(f, &text), 1001);
	assert_non_null(strstr(text.p, "RGB888 or BGR888"));
	base_str_free(&text);
	stream_frame_drop(f);
	stub_close(&s);
}

/* Each picture of a list becomes a file in a buffer of its own; one that is no picture fails alone. */
static void
test_encoder(void **state)
{
	stub s;
	stream_made made[3] = { { .format = STREAM_BGR, .width = 16, .height = 8 },
		{ .format = STREAM_RGB, .width = 8, .height = 8, .f32 = true },
		{ .format = STREAM_RGB, .width = 8, .height = 16 } };
	static const int bytes[3] = { 16 * 8 * 3, 8 * 8 * 12, 8 * 16 * 3 };
	stub_open(&s, "mxpi_imageencoder");
	stream_frame *f = stream_frame_new();
	stub_run(&s, f); /* nothing to encode: it goes on */
	assert_ptr_equal(s.sent[0], f);
	assert_int_equal(stream_frame_failed(f, NULL), 0);
	stream_blob *b = stream_pictures_new(made, 3);
	for (int i = 0; i < 3; i++)
		memset(made[i].to, 40, (size_t)bytes[i]);
	assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiVisionList"), b), 0);
	stub_run(&s, f);
	assert_int_equal(s.n_sent, 4);
	for (int i = 0; i < 3; i++) {
		const stream_blob *file = stream_frame_bytes(s.sent[1 + i]);
		assert_int_equal(stream_frame_failed(s.sent[1 + i], NULL), i == 1 ? 2007 : 0);
		assert_true(i == 1 ? !file : file && file->n > 100 && file->p[0] == 0xFF && file->p[1] == 0xD8);
	}
	assert_int_equal(stream_frame_failed(f, NULL), 0);
	stream_frame_drop(f);
	stub_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_quality), cmocka_unit_test(test_shaking),
		cmocka_unit_test(test_planes), cmocka_unit_test(test_what_is_wrong), cmocka_unit_test(test_normalize),
		cmocka_unit_test(test_nothing_to_normalize), cmocka_unit_test(test_encoder) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
