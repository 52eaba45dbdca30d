/*
 * Batches of mxpi_tensorinfer: which samples run together, how long they wait, and that each frame gets its own results
 * in its turn. The model adds the sum over its batch to every row.
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
#include <secant/manager.h>
#include "onnx_stub.h"

static char model[300];

static secant_streams *
start(int rows, const char *props)
{
	char text[1500];
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	stub_model(model, rows, 3);
	snprintf(text, sizeof text,
		"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"i\"},\"i\":{\"factory\":\"mxpi_tensorinfer\",\"props\":"
		"{\"dataSource\":\"appsrc0\",\"modelPath\":\"%s\"%s},\"next\":\"appsink0\"},\"appsink0\":{\"factory\":"
		"\"appsink\"}}}",
		model, props);
	int code = secant_streams_create(m, text, strlen(text), &f);
	if (code)
		print_message("%d %s\n", code, f.message);
	assert_int_equal(code, 0);
	return m;
}

/* A frame of n samples with the values v, v + 1, ... in all their columns; `rows` of them in each package. */
static void
send_rows(secant_streams *m, const char *key, int n, int rows, int columns, float v)
{
	float data[64];
	stream_package packages[16];
	stream_tensor t[16];
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < rows * columns; k++)
			data[i * rows * columns + k] = v + (float)(i * rows + k / columns);
		t[i] = (stream_tensor){ STREAM_T_F32, 2, { rows, columns }, (uint8_t *)(data + i * rows * columns),
			(size_t)(rows * columns) * sizeof(float), { 0 } };
		packages[i] = (stream_package){ NULL, 0, 0, 1, &t[i] };
	}
	stream_blob *list = stream_packages_new(packages, n);
	const secant_stream_message sent = { key, "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	stream_blob_drop(list);
}

/* The next result: first column of each package in v; how many, or the code's negative. */
static int
fetch(secant_streams *m, float *v, int wait, char *why, size_t size)
{
	static const char *const keys[] = { "i" };
	secant_stream_message got;
	format_wire package;
	stream_tensor t;
	char text[300];
	int n = 0;
	size_t length;
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, keys, 1, (unsigned)wait);
	int code = secant_stream_result_code(r);
	if (code)
		snprintf(why, size, "%s", (const char *)secant_stream_result_data(r, &length));
	else if (secant_stream_result_message(r, 0, &got, NULL))
		for (format_wire all = { got.data, got.size }; stream_package_next(&all, &package, NULL, 0) > 0; n++) {
			assert_int_equal(stream_tensor_next(&package, &t, text, sizeof text), 1);
			memcpy(v + n, t.data, sizeof *v);
		}
	secant_stream_result_free(r);
	return code ? -code : n;
}

static void
test_full_batches_run_at_once(void **state)
{
	secant_streams *m = start(4, ",\"waitingTime\":\"100000\"");
	float v[16];
	char why[300];
	for (int i = 0; i < 8; i++)
		send_rows(m, "appsrc0", 1, 1, 3, (float)i);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
		assert_float_equal(v[0], (float)i + (i < 4 ? 6 : 22), 0);
	}
	secant_streams_free(m);
}

static void
test_partial_batch_runs_when_time_is_up(void **state)
{
	secant_streams *m = start(4, ",\"waitingTime\":\"60\"");
	float v[16];
	char why[300];
	double before = secant_seconds();
	send_rows(m, "appsrc0", 1, 1, 3, 5);
	send_rows(m, "appsrc0", 1, 1, 3, 7);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 17, 0); /* empty rows are zero */
	assert_true(secant_seconds() - before > 0.055);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 19, 0);
	secant_streams_free(m);
}

static void
test_frames_of_several_samples(void **state)
{
	secant_streams *m = start(4, ",\"waitingTime\":\"100000\"");
	float v[16];
	char why[300];
	send_rows(m, "appsrc0", 6, 1, 3, 0); /* 0 1 2 3 | 4 5 .. */
	send_rows(m, "appsrc0", 2, 1, 3, 10); /* .. 10 11 */
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 6);
	assert_float_equal(v[3], 9, 0);
	assert_float_equal(v[5], 35, 0);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 2);
	assert_float_equal(v[0], 40, 0);
	secant_streams_free(m);
}

static void
test_single_samples(void **state)
{
	float v[16];
	char why[300];
	secant_streams *m = start(4, ",\"singleBatchInfer\":\"1\"");
	send_rows(m, "appsrc0", 1, 1, 3, 5);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 10, 0);
	secant_streams_free(m);
	m = start(1, "");
	send_rows(m, "appsrc0", 2, 1, 3, 5);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 2);
	assert_float_equal(v[0], 10, 0);
	assert_float_equal(v[1], 12, 0);
	secant_streams_free(m);
}

/* A model of any number of rows has no batch to wait for; packages may hold several rows. */
static void
test_open_axis(void **state)
{
	float v[16];
	char why[300];
	secant_streams *m = start(0, "");
	send_rows(m, "appsrc0", 1, 3, 3, 1);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 7, 0);
	secant_streams_free(m);
}

static void
test_package_that_is_a_whole_batch(void **state)
{
	float v[16];
	char why[300];
	secant_streams *m = start(4, ",\"waitingTime\":\"100000\"");
	send_rows(m, "appsrc0", 1, 4, 3, 0);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 6, 0);
	secant_streams_free(m);
}

/* What fails or has nothing to read leaves in its turn and spoils nothing else. */
static void
test_turns_are_kept(void **state)
{
	float v[16];
	char why[300];
	secant_streams *m = start(4, ",\"waitingTime\":\"100\"");
	send_rows(m, "appsrc0", 1, 1, 3, 5);
	send_rows(m, "elsewhere", 1, 1, 3, 5);
	send_rows(m, "appsrc0", 1, 1, 7, 5);
	send_rows(m, "appsrc0", 1, 1, 3, 6);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 10, 0);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 0);
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), -1001);
	assert_non_null(strstr(why, "4x3"));
	assert_non_null(strstr(why, "7"));
	assert_int_equal(fetch(m, v, 5000, why, sizeof why), 1);
	assert_float_equal(v[0], 12, 0);
	secant_streams_free(m);
}

/* A stream that stops with samples that wait gives everything back. */
static void
test_stop_while_samples_wait(void **state)
{
	secant_streams *m = start(4, ",\"waitingTime\":\"1000000\"");
	double before = secant_seconds();
	send_rows(m, "appsrc0", 3, 1, 3, 5);
	secant_streams_free(m);
	assert_true(secant_seconds() - before < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_full_batches_run_at_once),
		cmocka_unit_test(test_partial_batch_runs_when_time_is_up), cmocka_unit_test(test_frames_of_several_samples),
		cmocka_unit_test(test_single_samples), cmocka_unit_test(test_open_axis),
		cmocka_unit_test(test_package_that_is_a_whole_batch), cmocka_unit_test(test_turns_are_kept),
		cmocka_unit_test(test_stop_while_samples_wait) };
	snprintf(model, sizeof model, "%s/secant-batches-%d.onnx", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", getpid());
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove(model);
	return failed;
}
