/*
 * Messages against protobuf's own printing (../golden/README.md of mindspore, section 9), and what is no message. The
 * proto files in include/MxTools are what the table says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <secant/files.h>
#include "data.h"
#include "stream/masks.h"
#include "stream/serialize.h"
#include "stream/tensors.h"

static char *
contents(const char *path, size_t *size)
{
	secant_err err = { 0 };
	char *text = NULL;
	if (secant_file_read(&text, size, path, 1 << 26, &err))
		fail_msg("%s", err.msg);
	return text;
}

/* Bytes print as the text, and the text gives bytes that print so again. */
static void
check_print(const char *kind, const char *bytes_file, const char *text_file)
{
	size_t n, m;
	const stream_message *message = stream_message_find(kind);
	char *bytes = contents(golden_path(bytes_file), &n), *text = contents(golden_path(text_file), &m);
	secant_err err = { 0 };
	base_str out = { 0 }, again = { 0 }, twice = { 0 };
	while (m && (text[m - 1] == '\n' || text[m - 1] == '\r'))
		text[--m] = '\0';
	assert_true(stream_message_is(message, bytes, n));
	stream_message_print(&out, message, bytes, n, NULL);
	assert_int_equal(out.n, m);
	assert_memory_equal(out.p, text, m);
	json_t *j = base_json_parse(text, m, text_file, &err);
	assert_non_null(j);
	assert_int_equal(stream_message_parse(&again, message, j, &err), 0);
	stream_message_print(&twice, message, again.p, again.n, NULL);
	assert_int_equal(twice.n, m);
	assert_memory_equal(twice.p, text, m);
	json_decref(j);
	base_str_free(&out);
	base_str_free(&again);
	base_str_free(&twice);
	secant_free(bytes);
	secant_free(text);
}

static void
test_print(void **state)
{
	skip_without(golden_path("mindspore/proto/dump.bin"));
	check_print("MxTools.MxpiDumpData", "mindspore/proto/dump.bin", "mindspore/proto/dump.json");
}

/* Two tensors, read where they lie: types, shapes, and a mask out of them. */
static void
test_tensors(void **state)
{
	size_t n;
	skip_without(golden_path("mindspore/proto/tensor_list.bin"));
	char *bytes = contents(golden_path("mindspore/proto/tensor_list.bin"), &n), why[300], key[100];
	format_wire list = { (const uint8_t *)bytes, n }, package;
	stream_tensor t;
	assert_int_equal(stream_package_next(&list, &package, key, sizeof key), 1);
	assert_string_equal(key, "mxpi_imageresize0");
	assert_int_equal(stream_tensor_next(&package, &t, why, sizeof why), 1);
	assert_int_equal(t.type, STREAM_T_F32);
	assert_int_equal(t.dim[3], 2);
	assert_int_equal(stream_tensor_next(&package, &t, why, sizeof why), 1);
	assert_int_equal(t.type, STREAM_T_I32);
	assert_int_equal(t.size, 4096);
	assert_int_equal(stream_tensor_next(&package, &t, why, sizeof why), 0);
	assert_int_equal(stream_package_next(&list, &package, key, sizeof key), 0);
	stream_frame *f = stream_frame_new();
	secant_image mask;
	assert_int_equal(
		stream_frame_put(f, "x", stream_message_find("MxpiTensorPackageList"), stream_blob_of(bytes, n)), 0);
	assert_true(stream_mask_of(f, 0, &mask, why, sizeof why));
	int ones = 0;
	for (int i = 0; i < 1024; i++)
		ones += ((uint8_t *)mask.data)[i];
	assert_int_equal(ones, 538); /* chain.json */
	assert_false(stream_mask_of(f, 1, &(secant_image){ 0 }, why, sizeof why));
	secant_image_free(&mask);
	stream_frame_drop(f);
	secant_free(bytes);
}

static void
test_refused(void **state)
{
	const stream_message *m = stream_message_find("MxpiObjectList"), *t = stream_message_find("MxTools.MxpiTensor");
	char deep[64], why[300];
	stream_tensor tensor;
	assert_null(stream_message_find("MxpiNothing"));
	assert_true(stream_message_is(m, "", 0));
	assert_false(stream_message_is(m, "\x0A\x05\x15", 3)); /* cut off */
	assert_false(stream_message_is(m, "\x08\x01", 2)); /* a number where a message is meant */
	assert_false(stream_message_is(stream_message_find("MxpiClass"), "\x1A\x01\xFF", 3)); /* a name that is no text */
	assert_true(stream_message_is(t, "\x30\x01\x32\x02\x02\x03", 6)); /* numbers of a field, alone and packed */
	memset(deep, 0x0A, sizeof deep);
	assert_false(stream_message_is(m, deep, sizeof deep));
	/* A shape that promises more than is there; one whose product overflows. */
	format_wire package = { (const uint8_t *)"\x12\x08\x32\x02\x7F\x7F\x3A\x02"
											 "ab",
		10 };
	assert_int_equal(stream_tensor_next(&package, &tensor, why, sizeof why), -1);
	assert_non_null(strstr(why, "FLOAT32 127x127 (2 bytes)"));
	package = (format_wire){
		(const uint8_t *)"\x12\x10\x32\x0E\xFF\xFF\xFF\xFF\x07\xFF\xFF\xFF\xFF\x07\x03\x03\x03\x03", 18
	};
	assert_int_equal(stream_tensor_next(&package, &tensor, why, sizeof why), -1);
}

/* Items nest below what they were made from; with one key only its own list is printed. */
static void
test_serialize(void **state)
{
	stream_frame *f = stream_frame_new();
	base_str box = { 0 }, boxes = { 0 }, name = { 0 }, names = { 0 }, out = { 0 };
	char why[300] = "";
	stream_put_real(&box, 2, 1);
	stream_put_real(&box, 5, 4.5);
	stream_put_message(&boxes, 1, &box);
	stream_put_header(&name, "boxes", 0);
	stream_put_int(&name, 2, 372);
	stream_put_text(&name, 3, "screw");
	stream_put_message(&names, 1, &name);
	assert_int_equal(stream_frame_put(f, "boxes", stream_message_find("MxpiObjectList"), stream_blob_take(&boxes)), 0);
	assert_int_equal(stream_frame_put(f, "names", stream_message_find("MxpiClassList"), stream_blob_take(&names)), 0);
	assert_int_equal(stream_frame_put(f, "names", NULL, stream_blob_of("x", 1)), 7010);
	assert_int_equal(stream_frame_put(f, "", NULL, stream_blob_of("x", 1)), 7024);
	assert_int_equal(stream_frame_put(f, "ErrorInfo", NULL, stream_blob_of("x", 1)), 1004);
	assert_int_equal(stream_serialize(&out, f, "", false, why, sizeof why), 0);
	assert_string_equal(out.p,
		"{\"MxpiObject\":[{\"MxpiClass\":[{\"classId\":372,\"className\":\"screw\",\"confidence\":0.0}],"
		"\"classVec\":[],\"x0\":1.0,\"x1\":0.0,\"y0\":0.0,\"y1\":4.5}]}");
	base_str_free(&out);
	out = (base_str){ 0 };
	assert_int_equal(stream_serialize(&out, f, "names", true, why, sizeof why), 0);
	assert_string_equal(out.p,
		"{\"MxpiClass\":[{\"classId\":372,\"className\":\"screw\",\"confidence\":0.0,\"headerVec\":[{"
		"\"dataSource\":\"boxes\",\"memberId\":0,\"parentName\":\"\"}]}]}");
	base_str_free(&out);
	out = (base_str){ 0 };
	assert_int_equal(stream_serialize(&out, f, "nothing,neither", true, why, sizeof why), 0);
	assert_string_equal(out.p, "{}");
	base_str_free(&out);
	base_str_free(&box);
	base_str_free(&name);
	stream_frame_drop(f);
}

static void
test_schema(void **state)
{
	static const char *const files[] = { "MxpiDataType", "MxpiDumpData", "MxpiInternalType", "MxpiOSDType" };
	for (int i = 0; i < 4; i++) {
		char path[200];
		size_t n;
		base_str out = { 0 };
		snprintf(path, sizeof path, "include/MxTools/Proto/%s.proto", files[i]);
		char *text = contents(path, &n);
		stream_message_schema(&out, files[i]);
		assert_string_equal(out.p, text);
		base_str_free(&out);
		secant_free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_print), cmocka_unit_test(test_tensors),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_serialize), cmocka_unit_test(test_schema) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
