/*
 * Offline models of any network in streams: several batches and which one runs, sizes that were compiled for and
 * others, pictures by AIPP. The network is y = x + the sum over the batch, so that of one picture y = 2 x.
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
#include "deploy/offline_onnx.h"
#include "onnx_stub.h"

static char network[300], model[300];

/* told: JSON with ' for ". */
static void
compile(const int64_t *dim, int rank, const char *told)
{
	secant_err err = { 0 };
	char text[1000];
	snprintf(text, sizeof text, "{'version':1,%s}", told);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json_t *j = json_loads(text, 0, NULL);
	assert_non_null(j);
	stub_model_of(network, dim, rank);
	format_onnx_model *m = format_onnx_open(network, &err);
	assert_non_null(m);
	assert_int_equal(deploy_offline_onnx_write(m, j, model, &err), 0);
	format_onnx_close(m);
	json_decref(j);
}

static secant_streams *
start(const char *head, const char *props)
{
	char text[1500];
	secant_streams *m = secant_streams_new();
	secant_stream_fault f;
	snprintf(text, sizeof text,
		"{'s':{'appsrc0':{'factory':'appsrc','next':'%s'},"
		"%s'i':{'factory':'mxpi_tensorinfer','props':{%s,'modelPath':'%s'},'next':'appsink0'},'appsink0':{'factory':'"
		"appsink'}}}",
		*head ? "d" : "i", head, props, model);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	int code = secant_streams_create(m, text, strlen(text), &f);
	if (code)
		print_message("%d %s\n", code, f.message);
	assert_int_equal(code, 0);
	return m;
}

static void
send_row(secant_streams *m, float v, int columns)
{
	float data[8];
	for (int k = 0; k < columns; k++)
		data[k] = v;
	stream_tensor t = { STREAM_T_F32, 2, { 1, columns }, (uint8_t *)data, (size_t)columns * sizeof(float), { 0 } };
	stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
	const secant_stream_message sent = { "appsrc0", "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	stream_blob_drop(list);
}

/* The first tensor of the next result; numbers into v, how many, or the code's negative. */
static int
fetch(secant_streams *m, float *v, int most, char *why, size_t size)
{
	static const char *const keys[] = { "i" };
	secant_stream_message got;
	format_wire package;
	stream_tensor t;
	char text[300];
	size_t length;
	secant_stream_result *r = secant_streams_get(m, "s", NULL, 0, keys, 1, 20000);
	int code = secant_stream_result_code(r), n = 0;
	if (code)
		snprintf(why, size, "%s", (const char *)secant_stream_result_data(r, &length));
	else {
		assert_true(secant_stream_result_message(r, 0, &got, NULL));
		format_wire all = { got.data, got.size };
		assert_int_equal(stream_package_next(&all, &package, NULL, 0), 1);
		assert_int_equal(stream_tensor_next(&package, &t, text, sizeof text), 1);
		n = (int)(t.size / sizeof(float));
		assert_true(n <= most);
		memcpy(v, t.data, t.size);
	}
	secant_stream_result_free(r);
	return code ? -code : n;
}

static void
test_which_batch_runs(void **state)
{
	static const struct {
		const char *strategy;
		float wanted[3]; /* of 1, 2, 4 */
	} rows[] = { { "Nearest", { 8, 9, 11 } }, { "Upper", { 8, 9, 11 } }, { "Lower", { 4, 5, 8 } } };
	char props[200], why[400];
	float v[8];
	compile((int64_t[]){ 0, 3 }, 2, "'inputs':[{'name':'x','shape':[-1,3]}],'dynamic':'batch','sets':[[1],[2],[4]]");
	for (int i = 0; i < 3; i++) {
		snprintf(
			props, sizeof props, "'dataSource':'appsrc0','waitingTime':'40','dynamicStrategy':'%s'", rows[i].strategy);
		secant_streams *m = start("", props);
		for (int k = 0; k < 3; k++)
			send_row(m, (float)(1 << k), 3);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(fetch(m, v, 8, why, sizeof why), 3);
			assert_float_equal(v[0], rows[i].wanted[k], 0);
		}
		secant_streams_free(m);
	}
}

static void
test_sizes_that_were_compiled_for(void **state)
{
	char why[400];
	float v[8];
	compile((int64_t[]){ 1, 0 }, 2, "'inputs':[{'name':'x','shape':[1,-1]}],'dynamic':'dims','sets':[[3],[5]]");
	secant_streams *m = start("", "'dataSource':'appsrc0'");
	for (int columns = 3; columns <= 5; columns++)
		send_row(m, 7, columns);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), 3);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), -1001);
	assert_non_null(strstr(why, "'x' 1x4; the model was compiled for sets of dimensions 3;5"));
	assert_int_equal(fetch(m, v, 8, why, sizeof why), 5);
	assert_float_equal(v[4], 14, 0);
	secant_streams_free(m);
	compile((int64_t[]){ 1, 0 }, 2, "'inputs':[{'name':'x','shape':[1,3]}]");
	m = start("", "'dataSource':'appsrc0'");
	send_row(m, 7, 4);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), -1001);
	assert_non_null(strstr(why, "1x3"));
	assert_non_null(strstr(why, "1x4"));
	secant_streams_free(m);
}

#define AIPP \
	"'aipp':'aipp_op { aipp_mode: static input_format: RGB888_U8 min_chn_0: 127.5 min_chn_1: 127.5 min_chn_2: 127.5 " \
	"var_reci_chn_0: 0.5 var_reci_chn_1: 0.5 var_reci_chn_2: 0.25 }'"
#define DECODE "'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'opencv'},'next':'i'},"

/* Bytes as they come (B, G, R) become planes of numbers. */
static void
test_pictures_by_aipp(void **state)
{
	static const char picture[] = "P6 4 2 255\n123456789012345678901234",
					  larger[] = "P6 4 3 255\n123456789012345678901234567890123456";
	char why[400];
	float v[64];
	compile((int64_t[]){ 1, 3, 2, 4 }, 4, "'inputs':[{'name':'x','shape':[1,3,2,4]}]," AIPP);
	secant_streams *m = start(DECODE, "'dataSource':'d'");
	const secant_stream_input in = { .data = picture, .size = sizeof picture - 1 },
							  other = { .data = larger, .size = sizeof larger - 1 };
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &in, NULL), 0);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 24);
	const uint8_t *p = (const uint8_t *)picture + 11;
	for (int c = 0; c < 3; c++)
		for (int i = 0; i < 8; i++)
			assert_float_equal(v[c * 8 + i], 2 * ((float)p[3 * i + 2 - c] - 127.5F) * (c == 2 ? 0.25F : 0.5F), 1e-4);
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &other, NULL), 0);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), -1001);
	assert_non_null(strstr(why, "UINT8 1x2x4x3"));
	assert_non_null(strstr(why, "UINT8 1x3x4x3"));
	assert_non_null(strstr(why, "AIPP is active"));
	/* upright, it has as many bytes: it is not read as if it lay */
	static const char upright[] = "P6 2 4 255\n123456789012345678901234";
	const secant_stream_input turned = { .data = upright, .size = sizeof upright - 1 };
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &turned, NULL), 0);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), -1001);
	assert_non_null(strstr(why, "UINT8 1x4x2x3"));
	assert_non_null(strstr(why, "other axes"));
	secant_streams_free(m);
	/* two sizes; and a third one, which is refused */
	static const char third[] = "P6 4 1 255\n123456789012";
	compile((int64_t[]){ 1, 3, 0, 0 }, 4,
		"'inputs':[{'name':'x','shape':[1,3,-1,-1]}],'dynamic':'image','sets':[[2,4],[3,4]]," AIPP);
	m = start(DECODE, "'dataSource':'d'");
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &in, NULL), 0);
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &other, NULL), 0);
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = third, .size = sizeof third - 1 }, NULL),
		0);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 24);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 36);
	assert_float_equal(v[11], 2 * ('6' - 127.5F) * 0.5F, 1e-4);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), -1001);
	assert_non_null(strstr(why, "sizes (height,width) 2,4;3,4"));
	secant_streams_free(m);
}

/* A network of pictures in NV12 takes as many rows as it has, not as its bytes have. */
static void
test_size_of_a_network_of_planes(void **state)
{
	static const char picture[] = "P6 4 2 255\n123456789012345678901234";
	char why[400];
	static float v[3 * 32 * 36];
	compile((int64_t[]){ 1, 3, 32, 36 }, 4,
		"'inputs':[{'name':'x','shape':[1,3,32,36]}],'aipp':'aipp_op { aipp_mode: static input_format: YUV420SP_U8 "
		"csc_switch: true }'");
	secant_streams *m = start("'d':{'factory':'mxpi_imagedecoder','next':'r'},'r':{'factory':'mxpi_imageresize','next':"
							  "'i'},",
		"'dataSource':'r'");
	const secant_stream_input in = { .data = picture, .size = sizeof picture - 1 };
	assert_int_equal(secant_streams_send(m, "s", NULL, 0, &in, NULL), 0);
	int n = fetch(m, v, 3 * 32 * 36, why, sizeof why);
	if (n != 3 * 32 * 36)
		fail_msg("%d %s", n, why);
	secant_streams_free(m);
}

/* Parameters of dynamic AIPP as CANN's runtime writes them, for one picture: RGB888, min 127.5 and factor 0.5. */
static void
make_parameters(uint8_t *p, int width, int height)
{
	static const uint8_t min[2] = { 0xF8, 0x57 }, factor[2] = { 0x00, 0x38 };
	memset(p, 0, 160);
	p[0] = 5;
	p[4] = 1;
	p[8] = (uint8_t)width;
	p[12] = (uint8_t)height;
	for (int c = 0; c < 4; c++) {
		memcpy(p + 64 + 64 + 2 * c, min, 2);
		memcpy(p + 64 + 72 + 2 * c, factor, 2);
	}
}

static void
send_with(secant_streams *m, const char *picture, size_t size, const uint8_t *parameters, int64_t bytes)
{
	stream_tensor t = { STREAM_T_U8, 1, { bytes }, parameters, (size_t)bytes, { 0 } };
	stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
	const secant_stream_message sent = { "appsrc1", "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 1, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .data = picture, .size = size }, NULL), 0);
	stream_blob_drop(list);
}

/* Dynamic AIPP: a second input has the parameters, picture by picture; what they cannot say is the frame's error. */
static void
test_parameters_with_every_picture(void **state)
{
	static const char picture[] = "P6 4 2 255\n123456789012345678901234",
					  large[] = "P6 5 3 255\n123456789012345123456789012345123456789012345";
	char text[1500], why[400];
	uint8_t p[256];
	float v[64];
	secant_stream_fault f;
	compile((int64_t[]){ 1, 3, 2, 4 }, 4,
		"'inputs':[{'name':'x','shape':[1,3,2,4]}],'aipp':'aipp_op { aipp_mode: dynamic max_src_image_size: 45 }'");
	snprintf(text, sizeof text,
		"{'s':{'appsrc0':{'factory':'appsrc','next':'d'},'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':"
		"'opencv'},'next':'i:0'},'appsrc1':{'factory':'appsrc','next':'i:1'},'i':{'factory':'mxpi_tensorinfer','props':"
		"{"
		"'dataSource':'d,appsrc1','modelPath':'%s'},'next':'appsink0'},'appsink0':{'factory':'appsink'}}}",
		model);
	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	secant_streams *m = secant_streams_new();
	assert_int_equal(secant_streams_create(m, text, strlen(text), &f), 0);
	make_parameters(p, 4, 2);
	send_with(m, picture, sizeof picture - 1, p, 160);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 24);
	assert_float_equal(v[0], 2 * ('3' - 127.5F) * 0.5F, 1e-4); /* blue comes first from the decoder */
	p[2] = 1; /* R and B change places */
	send_with(m, picture, sizeof picture - 1, p, 160);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 24);
	assert_float_equal(v[0], 2 * ('1' - 127.5F) * 0.5F, 1e-4);
	make_parameters(p, 5, 3); /* a window of a larger picture */
	p[64] = 1;
	p[64 + 8] = p[64 + 12] = 1;
	p[64 + 16] = 4;
	p[64 + 20] = 2;
	send_with(m, large, sizeof large - 1, p, 160);
	assert_int_equal(fetch(m, v, 64, why, sizeof why), 24);
	assert_float_equal(v[0], 2 * ('6' - 127.5F) * 0.5F, 1e-4);
	static const struct {
		int at, value;
		int64_t bytes;
		const char *why;
	} rows[] = {
		{ 0, 5, 160, "AIPP's parameters say 1x3x5x3, the picture is 1x2x4x3" },
		{ 8, 0, 160, "srcImageSize" },
		{ 0, 7, 160, "no input_format is called '7'" },
		{ 65, 1, 160, "resize is reserved" },
		{ 67, 1, 160, "support_rotation is reserved" },
		{ 66, 2, 160, "paddingSwitch 2" },
		{ 64 + 73, 0x7C, 160, "var_reci_chn_0 is no number" },
		{ 64 + 57, 0x7F, 160, "mean_chn_0" },
		{ 4, 2, 160, "parameters for 2 pictures in a batch of 1" },
		{ 8, 200, 160, "makes pictures" },
		{ 0, 5, 159, "the model takes UINT8 160" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		make_parameters(p, 5, 3);
		p[64] = 1;
		p[64 + 16] = 4;
		p[64 + 20] = 2;
		if (rows[i].value == 200)
			p[64] = 0;
		p[rows[i].at] = (uint8_t)rows[i].value;
		send_with(m, picture, sizeof picture - 1, p, rows[i].bytes);
		assert_int_equal(fetch(m, v, 64, why, sizeof why), -1001);
		if (!strstr(why, rows[i].why))
			fail_msg("%zu: '%s', wanted '%s'", i, why, rows[i].why);
	}
	secant_streams_free(m);
}

/* Numbers of a picture lie by rows, columns, channels: a network with channels in front would take them for others. */
static void
test_pictures_of_another_order(void **state)
{
	static const char picture[] = "P6 4 2 255\n123456789012345678901234";
	const secant_stream_input in = { .data = picture, .size = sizeof picture - 1 };
	char why[400];
	float v[64];
	for (int rows = 0; rows < 2; rows++) {
		const int64_t *dim = rows ? (int64_t[]){ 1, 2, 4, 3 } : (int64_t[]){ 1, 3, 2, 4 };
		stub_model_of(model, dim, 4);
		secant_streams *m = start("'d':{'factory':'mxpi_imagedecoder','props':{'cvProcessor':'opencv',"
								  "'dataType':'float32'},'next':'i'},",
			"'dataSource':'d'");
		assert_int_equal(secant_streams_send(m, "s", NULL, 0, &in, NULL), 0);
		assert_int_equal(fetch(m, v, 64, why, sizeof why), rows ? 24 : -1001);
		if (rows)
			assert_float_equal(v[0], 2 * '3', 1e-4);
		else
			assert_non_null(strstr(why, "other axes"));
		secant_streams_free(m);
	}
}

/* Types are told apart: bytes of another type are not taken for the network's, but what says nothing is. */
static void
test_types(void **state)
{
	char why[400];
	float v[8], three[3] = { 1, 2, 3 };
	compile((int64_t[]){ 1, 3 }, 2, "'inputs':[{'name':'x','shape':[1,3]}]");
	secant_streams *m = start("", "'dataSource':'appsrc0'");
	stream_tensor t = { STREAM_T_I32, 2, { 1, 3 }, (uint8_t *)three, sizeof three, { 0 } };
	stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
	const secant_stream_message sent = { "appsrc0", "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	stream_blob_drop(list);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), -1001);
	assert_non_null(strstr(why, "FLOAT32"));
	assert_non_null(strstr(why, "INT32"));
	secant_streams_free(m);
}

/* Programs that send bytes and leave the type unset, which is FLOAT32's number, mean bytes. */
static void
test_bytes_without_a_type(void **state)
{
	uint8_t three[3] = { 1, 2, 3 };
	format_wire package;
	char why[200];
	for (int shape = 3; shape >= 2; shape--) {
		stream_tensor t = { STREAM_T_F32, 2, { 1, shape }, three, sizeof three, { 0 } };
		stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
		format_wire all = { list->p, list->n };
		assert_int_equal(stream_package_next(&all, &package, NULL, 0), 1);
		assert_int_equal(stream_tensor_next(&package, &t, why, sizeof why), shape == 3 ? 1 : -1);
		if (shape == 3)
			assert_int_equal(t.type, STREAM_T_U8);
		stream_blob_drop(list);
	}
}

static float
half_of(uint16_t v) /* of small whole numbers and quarters */
{
	int exponent = (v >> 10 & 31) - 15;
	float m = 1 + (float)(v & 1023) / 1024;
	for (; exponent > 0; exponent--)
		m *= 2;
	for (; exponent < 0; exponent++)
		m /= 2;
	return v ? m : 0;
}

/* Values within the network come out where they were chosen, numbers in 16 bits come in and go out where it was said.
 */
static void
test_chosen_outputs_and_halves(void **state)
{
	char why[400];
	float v[8];
	uint16_t bits[8];
	const float row[3] = { 1, 2, 3 };
	compile(
		(int64_t[]){ 1, 3 }, 2, "'inputs':[{'name':'x','shape':[1,3]}],'outputs':['sum','y'],'types':['FP16',null]");
	secant_streams *m = start("", "'dataSource':'appsrc0'");
	send_row(m, 2, 3);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), 1); /* three numbers of 2 bytes, as whole floats */
	memcpy(bits, v, 6);
	for (int i = 0; i < 3; i++)
		assert_float_equal(half_of(bits[i]), 2, 0);
	secant_streams_free(m);
	compile((int64_t[]){ 1, 3 }, 2, "'inputs':[{'name':'x','shape':[1,3],'half':true}]");
	m = start("", "'dataSource':'appsrc0'");
	for (int i = 0; i < 3; i++)
		bits[i] = (uint16_t)(i ? 0x4000 + (i == 2 ? 0x200 : 0) : 0x3C00);
	stream_tensor t = { STREAM_T_F16, 2, { 1, 3 }, (uint8_t *)bits, 6, { 0 } };
	stream_blob *list = stream_packages_new(&(stream_package){ NULL, 0, 0, 1, &t }, 1);
	const secant_stream_message sent = { "appsrc0", "MxTools.MxpiTensorPackageList", list->p, list->n };
	assert_int_equal(
		secant_streams_send(m, "s", NULL, 0, &(secant_stream_input){ .messages = &sent, .n_messages = 1 }, NULL), 0);
	stream_blob_drop(list);
	assert_int_equal(fetch(m, v, 8, why, sizeof why), 3);
	for (int i = 0; i < 3; i++)
		assert_float_equal(v[i], 2 * row[i], 0);
	send_row(m, 1, 3); /* 32 bits are told apart */
	assert_int_equal(fetch(m, v, 8, why, sizeof why), -1001);
	assert_non_null(strstr(why, "FLOAT16"));
	secant_streams_free(m);
}

/* What says nonsense of itself is refused when the stream is created. */
static void
test_models_that_say_nonsense(void **state)
{
	static const char *const rows[] = { "'inputs':[]", "'inputs':[{'name':'z','shape':[1,3]}]",
		"'inputs':[{'name':'x','shape':[0,3]}]", "'inputs':[{'name':'x','shape':[1,3]}],'dynamic':'batch'",
		"'inputs':[{'name':'x','shape':[1,3]}],'outputs':['none']",
		"'inputs':[{'name':'x','shape':[1,3,-1,-1]}],'dynamic':'image','sets':[[8,8]],'aipp':'aipp_op { aipp_mode: "
		"static "
		"input_format: RGB888_U8 src_image_size_w: 8 src_image_size_h: 8 }'",
		"'inputs':[{'name':'x','shape':[1,3]}],'types':['FP8']",
		"'inputs':[{'name':'x','shape':[1,3]}],'aipp':'aipp_op {'",
		"'inputs':[{'name':'x','shape':[1,3]}],'aipp':'aipp_op { aipp_mode: static input_format: RGB888_U8 }'" };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[800];
		secant_streams *m = secant_streams_new();
		secant_stream_fault f;
		compile((int64_t[]){ 1, 3 }, 2, rows[i]);
		snprintf(text, sizeof text,
			"{\"s\":{\"appsrc0\":{\"factory\":\"appsrc\",\"next\":\"i\"},\"i\":{\"factory\":\"mxpi_tensorinfer\","
			"\"props\":{"
			"\"dataSource\":\"appsrc0\",\"modelPath\":\"%s\"},\"next\":\"appsink0\"},\"appsink0\":{\"factory\":"
			"\"appsink\"}}}",
			model);
		assert_int_equal(secant_streams_create(m, text, strlen(text), &f), 6003);
		assert_string_equal(f.element, "i");
		secant_streams_free(m);
	}
}

/* Bytes come out rounded, halves to the even one, and within their range. */
static void
test_bytes_come_out(void **state)
{
	static const struct {
		float in; /* twice as much comes out of the network */
		uint8_t plain;
		int8_t with_sign;
	} rows[] = { { 0.7f, 1, 1 }, { 1.25f, 2, 2 }, { 1.75f, 4, 4 }, { -3, 0, -6 }, { 200, 255, 127 },
		{ -200, 0, -128 } };
	for (int sign = 0; sign < 2; sign++) {
		char why[400], told[200];
		float v[8];
		snprintf(told, sizeof told, "'inputs':[{'name':'x','shape':[1,4]}],'types':['%s']", sign ? "INT8" : "UINT8");
		compile((int64_t[]){ 1, 4 }, 2, told);
		secant_streams *m = start("", "'dataSource':'appsrc0'");
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			uint8_t bytes[4];
			send_row(m, rows[i].in, 4);
			assert_int_equal(fetch(m, v, 8, why, sizeof why), 1); /* four bytes */
			memcpy(bytes, v, 4);
			assert_int_equal(sign ? (int8_t)bytes[3] : bytes[3], sign ? rows[i].with_sign : rows[i].plain);
		}
		secant_streams_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_which_batch_runs),
		cmocka_unit_test(test_sizes_that_were_compiled_for), cmocka_unit_test(test_pictures_by_aipp),
		cmocka_unit_test(test_size_of_a_network_of_planes), cmocka_unit_test(test_parameters_with_every_picture),
		cmocka_unit_test(test_pictures_of_another_order), cmocka_unit_test(test_types),
		cmocka_unit_test(test_bytes_come_out), cmocka_unit_test(test_bytes_without_a_type),
		cmocka_unit_test(test_chosen_outputs_and_halves), cmocka_unit_test(test_models_that_say_nonsense) };
	snprintf(network, sizeof network, "/tmp/secant-offline-%d.onnx", getpid());
	snprintf(model, sizeof model, "/tmp/secant-offline-%d.om", getpid());
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove(network);
	remove(model);
	return failed;
}
