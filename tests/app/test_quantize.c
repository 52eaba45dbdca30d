/*
 * Quantising a network after training: every method gives a file whose convolutions run in bytes and whose masks are
 * nearly those of the network; layers that are named, or that harm more than is allowed, stay in real numbers and are
 * said; what comes out is compiled too; what cannot be is refused by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/file.h"
#include "data.h"
#include "data/scratch.h"
#include <secant/codec.h>
#include <secant/files.h>
#include <secant/model.h>
#include <secant/predict.h>

static char folder[300], data[400], out[400];

static int
setup(void **state)
{
	char path[500];
	secant_err err = { 0 };
	snprintf(folder, sizeof folder, "%s", scratch_dir());
	snprintf(data, sizeof data, "%s/data", folder);
	snprintf(out, sizeof out, "%s/eight.onnx", folder);
	snprintf(path, sizeof path, "%s/train/images", data);
	if (secant_make_dirs(path, &err))
		return 1;
	for (int i = 0; i < 4; i++) { /* discs on slopes: edges and flat parts */
		secant_image im;
		if (secant_image_new(&im, 48, 32, 3, SECANT_U8, &err))
			return 1;
		for (int k = 0; k < 48 * 32 * 3; k++) {
			int x = k / 3 % 48 - 12 * i, y = k / 3 / 48 - 16;
			((uint8_t *)im.data)[k] = (uint8_t)(x * x + y * y < 90 ? 250 - 60 * (k % 3)
																   : 3 * (k / 3 % 48) + 20 * (k % 3));
		}
		snprintf(path, sizeof path, "%s/train/images/%d.png", data, i);
		if (secant_image_write(&im, path, NULL, &err))
			return 1;
		secant_image_free(&im);
	}
	return 0;
}

static int
teardown(void **state)
{
	return base_remove_tree(folder, NULL);
}

/* Quantises with "option=value" settings; the message of a failure, or what was said. */
static const char *
quantize_model(const char *model, const char *to, const char *const *settings)
{
	static char text[4000];
	secant_quantize how;
	secant_err err = { 0 };
	char *said = NULL, word[200];
	assert_int_equal(secant_opts_init(&secant_quantize_options, &how, &err), 0);
	for (; settings && *settings; settings++) {
		snprintf(word, sizeof word, "%s", *settings);
		char *value = strchr(word, '=');
		*value = '\0';
		assert_int_equal(secant_opts_set(&secant_quantize_options, &how, word, value + 1, &err), 0);
	}
	snprintf(text, sizeof text, "%s",
		secant_model_quantize(golden_path(model), data, to, &how, NULL, &said, &err) ? err.msg : said);
	secant_free(said);
	secant_opts_free(&secant_quantize_options, &how);
	return text;
}

static const char *
quantize(const char *to, const char *const *settings)
{
	return quantize_model("onnx/small.onnx", to, settings);
}

static int
layers_in_bytes(const char *model)
{
	secant_planned how;
	secant_err err = { 0 };
	int n = 0;
	assert_int_equal(secant_opts_init(&secant_planned_options, &how, &err), 0);
	how.size = (secant_ints){ 2, { 32, 48 } };
	char *text = secant_model_explain(model, &how, false, false, &err);
	if (!text)
		fail_msg("%s", err.msg);
	for (const char *p = text; (p = strstr(p, "conv2d_bytes")); p++)
		n++;
	secant_free(text);
	secant_opts_free(&secant_planned_options, &how);
	return n;
}

/* The share of pixels that two models give different values. */
static double
changed(const char *a, const char *b)
{
	secant_image im = { 0 }, mask[2] = { 0 };
	char path[500];
	secant_err err = { 0 };
	int n = 0;
	snprintf(path, sizeof path, "%s/train/images/1.png", data);
	assert_int_equal(secant_image_read(&im, path, NULL, &err), 0);
	for (int k = 0; k < 2; k++) {
		const char *model = k ? b : a;
		secant_predictor *p = secant_predictor_open(&model, 1, NULL, &err);
		if (!p || secant_predictor_mask(p, &im, &mask[k], &err))
			fail_msg("%s", err.msg);
		secant_predictor_close(p);
	}
	for (int i = 0; i < 48 * 32; i++)
		n += ((uint8_t *)mask[0].data)[i] != ((uint8_t *)mask[1].data)[i];
	for (int k = 0; k < 2; k++)
		secant_image_free(&mask[k]);
	secant_image_free(&im);
	return n / (48.0 * 32);
}

static void
test_methods(void **state)
{
	static const char *const methods[] = { "method=minmax", "method=percentile", "method=mse", "method=entropy" };
	for (int i = 0; i < 4; i++) {
		const char *said = quantize(out, (const char *const[]){ methods[i], "target-loss=0.1", NULL });
		if (!strstr(said, "7 of 7 layers in bytes"))
			fail_msg("%s: %s", methods[i], said);
		assert_int_equal(layers_in_bytes(out), 7);
		assert_true(changed(golden_path("onnx/small.onnx"), out) < 0.05);
	}
}

/* Transposed convolutions, matrices and squeeze and excitation are layers as others. */
static void
test_other_layers(void **state)
{
	const char *said = quantize_model("onnx/layers.onnx", out, (const char *const[]){ "target-loss=0.2", NULL });
	if (!strstr(said, "5 of 5 layers in bytes"))
		fail_msg("%s", said);
	assert_int_equal(layers_in_bytes(out), 11); /* each transposed one is four */
	assert_true(changed(golden_path("onnx/layers.onnx"), out) < 0.05);
}

static void
test_layers_that_stay(void **state)
{
	const char *said = quantize(out, (const char *const[]){ "keep-float=/h/*,/a/*", "target-loss=0.1", NULL });
	assert_non_null(strstr(said, "5 of 7 layers in bytes"));
	assert_int_equal(layers_in_bytes(out), 5);
	said = quantize(out, (const char *const[]){ "target-loss=0", NULL });
	assert_non_null(strstr(said, "stays in real numbers: alone it changes scores by"));
	assert_true(layers_in_bytes(out) < 7);
	assert_non_null(strstr(quantize(out, (const char *const[]){ "keep-float=head", NULL }),
		"--keep-float head: no layer is called so; the first is '/a/Conv', the last '/h/Conv'"));
	assert_non_null(strstr(quantize(out, (const char *const[]){ "keep-float=*", NULL }), "keeps all 7 layers"));
}

static void
test_compiled(void **state)
{
	char compiled[400], model[400];
	secant_err err = { 0 };
	secant_compile how;
	snprintf(compiled, sizeof compiled, "%s/eight.secant", folder);
	snprintf(model, sizeof model, "%s/eight.safetensors", folder);
	assert_non_null(strstr(quantize(out, (const char *const[]){ "target-loss=0.1", NULL }), "7 of 7"));
	assert_non_null(strstr(quantize(model, (const char *const[]){ "target-loss=0.1", NULL }), "7 of 7"));
	assert_true(changed(out, model) == 0);
	assert_int_equal(secant_opts_init(&secant_compile_options, &how, &err), 0);
	assert_int_equal(secant_opts_set(&secant_compile_options, &how, "size", "32x48", &err), 0);
	if (secant_model_compile(out, compiled, &how, NULL, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_compile_options, &how);
	assert_int_equal(layers_in_bytes(compiled), 7);
	assert_true(changed(out, compiled) == 0);
}

static void
test_refused(void **state)
{
	char nowhere[400];
	secant_err err = { 0 };
	secant_quantize how;
	snprintf(nowhere, sizeof nowhere, "%s/nothing", folder);
	assert_int_equal(secant_opts_init(&secant_quantize_options, &how, &err), 0);
	assert_true(secant_model_quantize(golden_path("onnx/small.onnx"), nowhere, out, &how, NULL, NULL, &err) != 0);
	assert_non_null(strstr(err.msg, "nothing"));
	err = (secant_err){ 0 };
	assert_true(secant_model_quantize(golden_path("onnx/quantized-u8.onnx"), data, out, &how, NULL, NULL, &err) != 0);
	assert_non_null(strstr(err.msg, "there is nothing to quantise"));
	secant_opts_free(&secant_quantize_options, &how);
}

/* Scales need no labels: a folder of pictures does, as predict takes it. */
static void
test_a_folder_of_pictures(void **state)
{
	char pictures[420], *said = NULL;
	secant_quantize how;
	secant_err err = { 0 };
	snprintf(pictures, sizeof pictures, "%s/train/images", data);
	assert_int_equal(secant_opts_init(&secant_quantize_options, &how, &err), 0);
	if (secant_model_quantize(golden_path("onnx/small.onnx"), pictures, out, &how, NULL, &said, &err))
		fail_msg("%s", err.msg);
	assert_non_null(strstr(said, "scales from 4 pictures"));
	secant_free(said);
	secant_opts_free(&secant_quantize_options, &how);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_folder_of_pictures),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_other_layers),
		cmocka_unit_test(test_layers_that_stay),
		cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
