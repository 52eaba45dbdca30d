/*
 * The manager: streams from JSON, what is sent and fetched, codes of what fails, waits that end. Pictures are made
 * here; models are those of the golden numbers (mindspore/proto).
 */
#include <pthread.h>
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
#include <secant/files.h>
#include <secant/manager.h>
#include <secant/tensorfile.h>
#include "data.h"
#include "stream/tensors.h"

static void *picture;
static size_t picture_size;

/* A PNG of 64x48 with a number in its first pixel. */
static void
make_picture(int number)
{
	secant_image im;
	secant_err err = { 0 };
	assert_int_equal(secant_image_new(&im, 64, 48, 3, SECANT_U8, &err), 0);
	for (int i = 0; i < 64 * 48 * 3; i++)
		((uint8_t *)im.data)[i] = (uint8_t)(i * 7 + i / 191);
	((uint8_t *)im.data)[0] = (uint8_t)number;
	secant_free(picture);
	assert_int_equal(secant_image_encode(&im, "png", &picture, &picture_size, NULL, &err), 0);
	secant_image_free(&im);
}

static secant_streams *
start(const char *text)
{
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	assert_non_null(m);
	int code = secant_streams_create(m, text, strlen(text), &f);
	if (code)
		print_message("%d %s %s %s\n", code, f.element, f.property, f.message);
	assert_int_equal(code, 0);
	return m;
}

static int
send_picture(secant_streams *m, const char *stream, int64_t *id)
{
	return secant_streams_send(m, stream, NULL, 0, &(secant_stream_input){ .data = picture, .size = picture_size }, id);
}

/* The text of the next result. */
static secant_stream_result *
fetch(secant_streams *m, const char *stream, const char **text)
{
	size_t n;
	secant_stream_result *r = secant_streams_get(m, stream, NULL, 0, NULL, 0, 20000);
	*text = secant_stream_result_data(r, &n);
	return r;
}

static const char plain[] =
	"{\"s\":{"
	"\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"d\"},"
	"\"d\":{\"factory\":\"mxpi_imagedecoder\",\"props\":{\"cvProcessor\":\"opencv\"},\"next\":\"r\"},"
	"\"r\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"64\","
	"\"resizeHeight\":\"48\"},\"next\":\"u\"},"
	"\"u\":{\"factory\":\"mxpi_dumpdata\",\"props\":{\"requiredMetaDataKeys\":\"r\"},\"next\":\"appsink0\"},"
	"\"appsink0\":{\"factory\":\"appsink\"}}}";

static void
test_in_order(void **state)
{
	secant_streams *m = start(plain);
	char wanted[20];
	const char *text;
	for (int i = 0; i < 40; i++) {
		make_picture(i * 3);
		assert_int_equal(send_picture(m, "s", NULL), 0);
	}
	for (int i = 0; i < 40; i++) {
		secant_stream_result *r = fetch(m, "s", &text);
		secant_image mask;
		char why[300];
		assert_int_equal(secant_stream_result_code(r), 0);
		assert_non_null(strstr(text, "\"protoDataType\":\"MxpiVisionList\""));
		/* dataStr is base64 of B, G, R: the third byte is the number; its text follows from four letters */
		static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		snprintf(wanted, sizeof wanted, "dataStr");
		const char *at = strstr(text, wanted);
		assert_non_null(at);
		at += strlen("dataStr\\\":\\\"");
		int third = (int)((strchr(digits, at[2]) - digits) << 6 | (strchr(digits, at[3]) - digits)) & 255;
		assert_int_equal(third, i * 3);
		assert_false(secant_stream_result_mask(r, 0, &mask, why, sizeof why));
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
}

static void
test_codes(void **state)
{
	secant_streams *m = start(plain);
	int64_t id;
	size_t n;
	secant_stream_fault f;
	secant_stream_result *r;
	make_picture(1);
	assert_int_equal(secant_streams_create(m, plain, strlen(plain), &f), 6001);
	assert_int_equal(send_picture(m, "t", NULL), 6002);
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 1, &(secant_stream_input){ .data = "x", .size = 1 }, NULL), 6006);
	assert_int_equal(secant_streams_send(m, "s", "d", 0, &(secant_stream_input){ .data = "x", .size = 1 }, NULL), 6006);
	assert_int_equal(
		secant_streams_send(m, "s", NULL, -1, &(secant_stream_input){ .data = "x", .size = 1 }, NULL), 1004);
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ 0 }, NULL), 6006);
	assert_int_equal(secant_streams_send(m, "s\n", NULL, 0, &(secant_stream_input){ 0 }, NULL), 1004);
	const secant_stream_message bad = { "k", "MxTools.Nothing", "", 0 },
								broken = { "k", "MxTools.MxpiObjectList", "\x0A\x05", 2 };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &bad, .n_messages = 1 }, NULL), 1001);
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &broken, .n_messages = 1 }, NULL),
		1001);
	assert_int_equal(send_picture(m, "s", &id), 6008); /* it was used without numbers already */
	r = secant_streams_get(m, "s", NULL, 0, NULL, 0, 30);
	assert_int_equal(secant_stream_result_code(r), 6010);
	assert_false(secant_stream_result_came(r));
	secant_stream_result_free(r);
	r = secant_streams_get(m, "s", "d", 0, NULL, 0, 30);
	assert_int_equal(secant_stream_result_code(r), 6011);
	secant_stream_result_free(r);
	/* Bytes that are no picture: the code and the text of the element that could not do it. */
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = "garbage", .size = 7 }, NULL), 0);
	r = secant_streams_get(m, "s", NULL, 0, NULL, 0, 20000);
	assert_int_equal(secant_stream_result_code(r), 2006);
	assert_true(secant_stream_result_came(r));
	assert_true(strncmp(secant_stream_result_data(r, &n), "d: ", 3) == 0);
	secant_stream_result_free(r);
	assert_int_equal(secant_streams_stop(m, "s"), 0);
	assert_int_equal(secant_streams_stop(m, "s"), 6002);
	assert_int_equal(send_picture(m, "s", NULL), 6002);
	secant_streams_free(m);
}

static void
test_by_number(void **state)
{
	secant_streams *m = start(plain);
	int64_t id[30];
	for (int i = 0; i < 30; i++)
		assert_int_equal(send_picture(m, "s", &id[i]), 0);
	for (int i = 29; i >= 0; i--) { /* in any order, each once */
		assert_int_equal(id[i], i);
		secant_stream_result *r = secant_streams_get_id(m, "s", id[i], 20000);
		assert_int_equal(secant_stream_result_code(r), 0);
		secant_stream_result_free(r);
		r = secant_streams_get_id(m, "s", id[i], 10);
		assert_int_equal(secant_stream_result_code(r), 1004);
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
}

/* A client that never fetches: the stream stands still, and stops at once all the same. */
static void
test_never_fetched(void **state)
{
	secant_streams *m = start(plain);
	for (int i = 0; i < 600; i++)
		assert_int_equal(send_picture(m, "s", NULL), 0);
	double before = secant_seconds();
	secant_streams_free(m);
	assert_true(secant_seconds() - before < 5);
}

typedef struct waiter {
	secant_streams *m;
	int code;
	double took;
} waiter;

static void *
wait_for_result(void *w_)
{
	waiter *w = w_;
	double before = secant_seconds();
	secant_stream_result *r = secant_streams_get(w->m, "s", NULL, 0, NULL, 0, 60000);
	w->code = secant_stream_result_code(r);
	w->took = secant_seconds() - before;
	secant_stream_result_free(r);
	return NULL;
}

static void
test_stop_wakes(void **state)
{
	waiter w = { .m = start(plain) };
	pthread_t t;
	pthread_create(&t, NULL, wait_for_result, &w);
	usleep(50000);
	assert_int_equal(secant_streams_stop(w.m, "s"), 0);
	pthread_join(t, NULL);
	assert_int_equal(w.code, 6010);
	assert_true(w.took < 20);
	secant_streams_free(w.m);
}

static void
test_cycles(void **state)
{
	const char *text;
	for (int i = 0; i < 40; i++) {
		secant_streams *m = start(plain);
		assert_int_equal(send_picture(m, "s", NULL), 0);
		if (i % 2) {
			secant_stream_result *r = fetch(m, "s", &text);
			assert_int_equal(secant_stream_result_code(r), 0);
			secant_stream_result_free(r);
		}
		if (i % 3)
			assert_int_equal(secant_streams_stop_all(m), 0);
		secant_streams_free(m);
	}
}

/* Two branches behind a tee meet again as one frame. */
static void
test_branches(void **state)
{
	static const char text[] =
		"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"d\"},"
		"\"d\":{\"factory\":\"mxpi_imagedecoder\",\"props\":{\"cvProcessor\":\"opencv\"},\"next\":\"t\"},"
		"\"t\":{\"factory\":\"tee\",\"next\":[\"q0\",\"q1\"]},\"q0\":{\"factory\":\"queue\",\"next\":\"r0\"},\"q1\":{"
		"\"factory\":\"queue\",\"next\":\"r1\"},"
		"\"r0\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"32\","
		"\"resizeHeight\":\"32\"},\"next\":\"y:0\"},"
		"\"r1\":{\"factory\":\"mxpi_imageresize\",\"props\":{\"cvProcessor\":\"opencv\",\"resizeWidth\":\"40\","
		"\"resizeHeight\":\"36\"},\"next\":\"y:1\"},"
		"\"y\":{\"factory\":\"mxpi_synchronize\",\"next\":\"appsink0\"},\"appsink0\":{\"factory\":\"appsink\"}}}";
	secant_streams *m = start(text);
	static const char *const keys[] = { "r0", "r1", "none" };
	secant_stream_message message;
	const char *json;
	for (int i = 0; i < 20; i++)
		assert_int_equal(send_picture(m, "s", NULL), 0);
	for (int i = 0; i < 20; i++) {
		secant_stream_result *r = secant_streams_get(m, "s", "appsink0", 0, keys, 3, 20000);
		assert_int_equal(secant_stream_result_code(r), 0);
		assert_true(secant_stream_result_message(r, 0, &message, &json));
		assert_string_equal(message.type, "MxpiVisionList");
		assert_non_null(strstr(json, "\"width\":32,\"height\":32"));
		assert_true(secant_stream_result_message(r, 1, NULL, &json));
		assert_non_null(strstr(json, "\"width\":40,\"height\":36"));
		assert_false(secant_stream_result_message(r, 2, NULL, &json));
		secant_stream_result_free(r);
	}
	secant_streams_free(m);
}

/* Frames that pass, and a property that changes while the stream runs. */
static void
test_skip_frames(void **state)
{
	static const char text[] = "{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"k\"},"
							   "\"k\":{\"factory\":\"mxpi_skipframe\",\"props\":{\"frameNum\":\"2\"},\"next\":"
							   "\"appsink0\"},\"appsink0\":{\"factory\":\"appsink\"}}}";
	secant_streams *m = start(text);
	const char *out;
	secant_stream_fault f;
	char data[2] = "0";
	for (int i = 0; i < 9; i++) {
		data[0] = (char)('0' + i);
		assert_int_equal(
			secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = data, .size = 1 }, NULL), 0);
	}
	for (int i = 2; i < 9; i += 3) {
		secant_stream_result *r = fetch(m, "s", &out);
		assert_int_equal(out[0], '0' + i);
		secant_stream_result_free(r);
	}
	assert_int_equal(secant_streams_set(m, "s", "k", "frameNum", "101", true, &f), 6015);
	assert_int_equal(secant_streams_set(m, "s", "x", "frameNum", "0", true, &f), 6011);
	assert_int_equal(secant_streams_set(m, "s", "k", "frameNum", "0", true, &f), 0);
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = "x", .size = 1 }, NULL), 0);
	secant_stream_result *r = fetch(m, "s", &out);
	assert_int_equal(out[0], 'x');
	secant_stream_result_free(r);
	secant_streams_free(m);
}

/* What is known and not built is refused by name, before anything runs. */
static void
test_not_built(void **state)
{
	static const char text[] = "{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"f\"},"
							   "\"f\":{\"factory\":\"mxpi_rtspvideoinfo\","
							   "\"next\":\"appsink0\"},\"appsink0\":{\"factory\":\"appsink\"}}}";
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	assert_int_equal(secant_streams_create(m, text, strlen(text), &f), 6014);
	assert_string_equal(f.element, "f");
	assert_non_null(strstr(f.message, "mxpi_rtspvideoinfo"));
	assert_non_null(strstr(f.message, "before the stream")); /* the way out */
	assert_null(secant_streams_name(m, 0));
	secant_streams_free(m);
}

/* Tensors into a model of ONNX: the numbers of the golden chain, softmax and classes. */
static void
test_tensors(void **state)
{
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	const char *golden = golden_path("mindspore/proto/chain.safetensors");
	skip_without(golden);
	assert_int_equal(secant_tensors_read(&set, NULL, golden, &err), 0);
	const secant_tensor *x = secant_tensors_find(&set, "model_input"), *softmax = secant_tensors_find(&set, "softmax");
	if (!x)
		for (int i = 0; i < set.n; i++)
			print_message("%s\n", set.v[i].name);
	assert_non_null(x);
	assert_non_null(softmax);
	char text[2000], why[300];
	snprintf(text, sizeof text,
		"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"i\"},\"i\":{\"factory\":\"mxpi_tensorinfer\",\"props\":"
		"{\"dataSource\":\"appsrc0\",\"modelPath\":\"%s\"},\"next\":\"appsink0\"},\"appsink0\":{\"factory\":"
		"\"appsink\"}}}",
		golden_path("mindspore/nets/simple_fs32_both.onnx"));
	secant_streams *m = start(text);
	stream_tensor t = { STREAM_T_F32, 4, { 1, 3, 32, 32 }, x->data, secant_tensor_bytes(x), { 0 } };
	stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
	const secant_stream_message sent = { "appsrc0", "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	stream_blob_drop(list);
	static const char *const keys[] = { "i" };
	secant_stream_message got;
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, keys, 1, 60000);
	assert_int_equal(secant_stream_result_code(r), 0);
	assert_true(secant_stream_result_message(r, 0, &got, NULL));
	format_wire all = { got.data, got.size }, package;
	assert_int_equal(stream_package_next(&all, &package, NULL, 0), 1);
	assert_int_equal(stream_tensor_next(&package, &t, why, sizeof why), 1);
	assert_int_equal(t.rank, 4);
	assert_int_equal(t.dim[3], 2);
	for (size_t i = 0; i < 2048; i++) {
		float v;
		memcpy(&v, t.data + i * sizeof v, sizeof v);
		assert_float_equal(v, ((const float *)softmax->data)[i], 2e-5);
	}
	secant_image mask;
	size_t n = 0;
	const secant_tensor *classes = secant_tensors_find(&set, "argmax");
	assert_true(secant_stream_result_mask(r, 0, &mask, why, sizeof why));
	assert_int_equal(mask.width, 32);
	for (int i = 0; i < 1024; i++)
		n += ((uint8_t *)mask.data)[i] != (uint8_t)secant_tensor_get(classes, i);
	assert_int_equal(n, 0);
	secant_image_free(&mask);
	secant_stream_result_free(r);
	secant_streams_free(m);
	secant_tensors_free(&set);
}

int
main(void)
{
	make_picture(0);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_in_order), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_by_number), cmocka_unit_test(test_never_fetched), cmocka_unit_test(test_stop_wakes),
		cmocka_unit_test(test_cycles), cmocka_unit_test(test_branches), cmocka_unit_test(test_skip_frames),
		cmocka_unit_test(test_not_built), cmocka_unit_test(test_tensors) };
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	secant_free(picture);
	return failed;
}
