/*
 * Decoding, cutting and scaling against OpenCV's own pictures (../golden/README.md of mindspore, section 7), to the
 * bit, by the elements themselves. Formats of files: cv.json.
 */
#include <secant/codec.h>
#include "data.h"
#include "stream/resizing.h"
#include "worker_stub.h"
#include "base/file.h"
#include "base/json.h"
#include <unistd.h>

static json_t *golden_json;

static stream_blob *
decoded(const char *picture)
{
	const char *file = json_string_value(
		json_object_get(json_object_get(json_object_get(golden_json, "decode"), picture), "file"));
	return stub_decode(data_path(file), "BGR");
}

static stream_picture
only_picture(const stream_blob *b)
{
	format_wire w = { b->p, b->n };
	stream_picture p;
	char why[300] = "";
	assert_int_equal(stream_picture_next(&w, &p, why, sizeof why), 1);
	return p;
}

/* The picture of a file, which holds R, G, B. */
static void
compare(const stream_picture *p, const char *file)
{
	char path[300];
	secant_image im;
	secant_err err = { 0 };
	snprintf(path, sizeof path, "mindspore/cv/%s", file);
	assert_int_equal(secant_image_read(&im, golden_path(path), &(secant_image_read_options){ .channels = 3 }, &err), 0);
	assert_int_equal(p->width, im.width);
	assert_int_equal(p->height, im.height);
	size_t bad = 0, n = (size_t)im.width * (size_t)im.height;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 3; k++)
			bad += p->data[3 * i + 2 - k] != ((const uint8_t *)im.data)[3 * i + k];
	if (bad)
		print_message("%s: %zu of %zu bytes differ\n", file, bad, 3 * n);
	assert_int_equal(bad, 0);
	secant_image_free(&im);
}

static void
test_decode(void **state)
{
	stream_blob *b = decoded("tile");
	stream_picture p = only_picture(b);
	assert_int_equal(p.format, STREAM_BGR);
	compare(&p, "tile_decoded.png");
	stream_blob_drop(b);
}

static int
number(const json_t *j, const char *key)
{
	return (int)json_integer_value(json_object_get(j, key));
}

static void
test_resize(void **state)
{
	static const char *const types = "Resizer_Stretch|Resizer_KeepAspectRatio_FastRCNN|Resizer_KeepAspectRatio_Fit|"
									 "Resizer_OnlyPadding|Resizer_KeepAspectRatio_Long|Resizer_KeepAspectRatio_Short|"
									 "Resizer_Rescale|Resizer_Rescale_Double|Resizer_MS_Yolov4|Resizer_PaddleOCR";
	size_t i;
	json_t *row;
	json_array_foreach (json_object_get(golden_json, "resize"), i, row) {
		stream_resizing r = { .width = number(row, "w"),
			.height = number(row, "h"),
			.least = number(row, "minDimension"),
			.most = number(row, "maxDimension"),
			.side = number(row, "scaleValue"),
			.pad_width = number(row, "paddingWidth"),
			.pad_height = number(row, "paddingHeight") };
		const char *pad = json_string_value(json_object_get(row, "paddingType"));
		const json_t *scaling = json_object_get(row, "keepAspectRatioScaling");
		char why[300] = "";
		int code = 0;
		assert_true(stream_word_in(types, json_string_value(json_object_get(row, "resizeType")), &r.type));
		assert_true(!pad || stream_word_in("Padding_NO|Padding_RightDown|Padding_Around", pad, &r.padding));
		for (int k = 0; k < 3; k++)
			r.bgr[k] = (float)json_number_value(json_array_get(json_object_get(row, "bgr"), (size_t)k));
		stream_blob *from = decoded(json_string_value(json_object_get(row, "picture")));
		stream_blob *to = stream_resize_list(from, "key", &r, "resize", &code, why, sizeof why);
		if (!to)
			print_message("%s: %d %s\n", json_string_value(json_object_get(row, "file")), code, why);
		assert_non_null(to);
		stream_picture p = only_picture(to);
		compare(&p, json_string_value(json_object_get(row, "file")));
		if (json_is_number(scaling))
			assert_float_equal(p.scaling, (float)json_number_value(scaling), 1e-6);
		stream_blob_drop(from);
		stream_blob_drop(to);
	}
	assert_true(i > 40);
}

static void
test_crop(void **state)
{
	static const char *const sides[] = { "left", "right", "up", "down" };
	size_t i;
	json_t *row;
	int pictures = 0;
	json_array_foreach (json_object_get(golden_json, "crop"), i, row) {
		const json_t *box = json_object_get(row, "box"), *rect = json_object_get(row, "rect [x0,y0,x1,y1)");
		const char *file = json_string_value(json_object_get(row, "file"));
		stub s;
		stub_open(&s, "mxpi_imagecrop");
		for (int k = 0; k < 4; k++) {
			char name[40];
			snprintf(name, sizeof name, "%sExpandRatio", sides[k]);
			stub_set_real(&s, name, json_number_value(json_object_get(json_object_get(row, "expand"), sides[k])));
		}
		stub_set(&s, "dataSource", "boxes");
		stream_frame *f = stream_frame_new();
		stub_put_box(f, "boxes", (float)json_number_value(json_array_get(box, 0)),
			(float)json_number_value(json_array_get(box, 1)), (float)json_number_value(json_array_get(box, 2)),
			(float)json_number_value(json_array_get(box, 3)));
		assert_int_equal(stream_frame_put(f, "picture", stream_message_find("MxpiVisionList"),
							 decoded(json_string_value(json_object_get(row, "picture")))),
			0);
		stream_frame_set_vision(f, "picture");
		stub_run(&s, f);
		stream_blob *b = stub_result(&s, "MxpiVisionList");
		stream_picture p = only_picture(b);
		assert_int_equal(
			p.width, json_integer_value(json_array_get(rect, 2)) - json_integer_value(json_array_get(rect, 0)));
		assert_int_equal(
			p.height, json_integer_value(json_array_get(rect, 3)) - json_integer_value(json_array_get(rect, 1)));
		if (file) {
			compare(&p, file);
			pictures++;
		}
		stream_blob_drop(b);
		stream_frame_drop(f);
		stub_close(&s);
	}
	assert_true(pictures > 10);
}

/* What the decoder makes of a picture that is written to a file of that name; NULL: `text` says why not. */
static stream_blob *
written_and_decoded(const secant_image *im, const char *ending, base_str *text)
{
	char path[100];
	secant_err err = { 0 };
	stub s;
	char *data;
	size_t size;
	snprintf(path, sizeof path, "/tmp/secant-decoded-%d.%s", getpid(), ending);
	assert_int_equal(secant_image_write(im, path, NULL, &err), 0);
	assert_int_equal(secant_file_read(&data, &size, path, 1 << 20, &err), 0);
	remove(path);
	stub_open(&s, "mxpi_imagedecoder");
	stub_set(&s, "cvProcessor", "opencv");
	stream_frame *f = stream_frame_new();
	stream_frame_set_bytes(f, stream_blob_of(data, size));
	stub_run(&s, f);
	stream_blob *b = stream_frame_failed(s.sent[0], text) ? NULL : stub_result(&s, "MxpiVisionList");
	secant_free(data);
	stream_frame_drop(f);
	stub_close(&s);
	return b;
}

/* 16 bits as cv2.imdecode has them: colours of TIFF are rounded, all else is cut. */
static void
test_sixteen_bits(void **state)
{
	static const struct {
		const char *ending;
		int channels, wanted;
	} rows[] = { { "tif", 3, 1 }, { "tif", 1, 0 }, { "png", 3, 0 }, { "png", 1, 0 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_image im;
		secant_err err = { 0 };
		char why[100];
		stream_picture p;
		assert_int_equal(secant_image_new(&im, 2, 2, rows[i].channels, SECANT_U16, &err), 0);
		for (int k = 0; k < 4 * rows[i].channels; k++)
			((uint16_t *)im.data)[k] = 255;
		stream_blob *b = written_and_decoded(&im, rows[i].ending, NULL);
		assert_non_null(b);
		format_wire at = { b->p, b->n };
		assert_int_equal(stream_picture_next(&at, &p, why, sizeof why), 1);
		assert_int_equal(p.data[0], rows[i].wanted);
		assert_int_equal(p.data[11], rows[i].wanted);
		stream_blob_drop(b);
		secant_image_free(&im);
	}
}

/* Numbers that are no bytes would be black: they are refused by name. */
static void
test_pictures_that_have_no_bytes(void **state)
{
	secant_image im;
	secant_err err = { 0 };
	base_str text = { 0 };
	assert_int_equal(secant_image_new(&im, 2, 2, 1, SECANT_F32, &err), 0);
	memset(im.data, 0, 16);
	assert_null(written_and_decoded(&im, "tif", &text));
	assert_non_null(strstr(text.p, "1 channels of f32"));
	base_str_free(&text);
	secant_image_free(&im);
}

int
main(void)
{
	secant_err err = { 0 };
	golden_json = base_json_read(golden_path("mindspore/cv/cv.json"), &err);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_decode), cmocka_unit_test(test_sixteen_bits),
		cmocka_unit_test(test_pictures_that_have_no_bytes), cmocka_unit_test(test_resize),
		cmocka_unit_test(test_crop) };
	if (!golden_json) {
		print_message("%s\n", err.msg);
		return 77;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(golden_json);
	return failed;
}
