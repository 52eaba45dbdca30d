/*
 * Pictures prepared within graphs: the same bits as prepared outside, in every filter and normalisation; AIPP as the
 * golden numbers have it, in f32 plans and f64; the planes of cameras; what is refused.
 */
#include "data.h"
#include <math.h>
#include <secant/codec.h>
#include <secant/files.h>
#include <secant/tensorfile.h>
#include "base/json.h"
#include "base/mem.h"
#include "deploy/preparation.h"
#include "exec/exec.h"
#include "ops/picture.h"
#include "prepare/normalize.h"

enum { MOST = 1 << 16 };

static void
fill(uint8_t *p, size_t n)
{
	uint32_t seed = 1;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
}

/* Runs a graph with the input "x" (bytes) to one value; the numbers, as doubles, in row order. */
static int64_t
run(const graph_net *g, graph_value out, bool f64, const uint8_t *x, int64_t n, double *got)
{
	secant_err err = { 0 };
	if (graph_check(g, &err))
		fail_msg("%s", err.msg);
	exec_store *store = exec_store_new(g, f64, &err);
	exec_plan_options o = { .precision = f64 ? EXEC_PRECISION_F64 : EXEC_PRECISION_F32, .threads = 2 };
	exec_plan *p = exec_plan_new(g, store, &out, 1, &o, &err);
	if (!p)
		fail_msg("%s", err.msg);
	exec_context *c = exec_context_new(p, &err);
	double *wide = secant_calloc((size_t)n, sizeof *wide);
	for (int64_t i = 0; i < n; i++)
		wide[i] = x[i];
	assert_int_equal(exec_context_set_input(c, "x", f64 ? (const void *)wide : x, &err), 0);
	if (exec_context_run(c, &err))
		fail_msg("%s", err.msg);
	const graph_type *t = &graph_value_at(g, out)->type;
	secant_tensor y = { f64 ? SECANT_F64 : t->dtype, t->shape, (void *)(uintptr_t)exec_context_output(c, 0), NULL };
	int64_t m = secant_shape_count(&t->shape);
	assert_true(m <= MOST);
	for (int64_t i = 0; i < m; i++)
		got[i] = secant_tensor_get(&y, i);
	secant_free(wide);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	return m;
}

/* ---- the same bits ---- */

static void
test_resizing_is_that_of_files(void **state)
{
	static const int sizes[][4] = { { 31, 23, 17, 40 }, { 31, 23, 64, 50 }, { 5, 7, 1, 1 }, { 1, 1, 4, 6 },
		{ 40, 9, 10, 3 } };
	static double got[MOST];
	secant_err err = { 0 };
	for (int filter = SECANT_FILTER_NEAREST; filter <= SECANT_FILTER_CUBIC; filter++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			for (int f64 = 0; f64 < 2; f64++) {
				const int *s = sizes[i];
				secant_image im, to = { 0 };
				assert_int_equal(secant_image_new(&im, s[1], s[0], 3, SECANT_U8, &err), 0);
				fill(im.data, (size_t)(s[0] * s[1] * 3));
				assert_int_equal(secant_image_resize(&to, &im, s[3], s[2], (secant_filter)filter, &err), 0);
				graph_net *g = graph_new();
				graph_value x = graph_input(g, "x", SECANT_U8, &secant_shape_of(4, 1, s[0], s[1], 3));
				op_picture_resize_attr a = { { 2, { s[2], s[3] } }, filter, OP_FIT_STRETCH, 0 };
				int64_t n = run(g, graph_apply(g, "picture_resize", &a, 1, x), f64, im.data, s[0] * s[1] * 3, got);
				assert_int_equal(n, s[2] * s[3] * 3);
				for (int64_t k = 0; k < n; k++)
					if (got[k] != ((uint8_t *)to.data)[k])
						fail_msg("filter %d, %dx%d to %dx%d, f64 %d: byte %d is %g, not %d", filter, s[0], s[1], s[2],
							s[3], f64, (int)k, got[k], ((uint8_t *)to.data)[k]);
				graph_free(g);
				secant_image_free(&im);
				secant_image_free(&to);
			}
}

static void
test_fitted_pictures_keep_their_proportion(void **state)
{
	/* 40 x 20 into 30 x 30: 30 x 15, with 7 rows over it; covering, 30 x 60 of which the middle is seen */
	op_window v = op_fit_window(&(op_picture_resize_attr){ { 2, { 30, 30 } }, 1, OP_FIT_LETTERBOX, 9 }, 20, 40);
	assert_int_equal(v.height, 15);
	assert_int_equal(v.width, 30);
	assert_int_equal(v.top, 7);
	assert_int_equal(v.left, 0);
	v = op_fit_window(&(op_picture_resize_attr){ { 2, { 30, 30 } }, 1, OP_FIT_COVER, 9 }, 20, 40);
	assert_int_equal(v.height, 30);
	assert_int_equal(v.width, 60);
	assert_int_equal(v.left, -15);
}

static void
check_numbers(const char *normalize, int has, int channels)
{
	static double got[MOST];
	secant_err err = { 0 };
	enum { H = 13, W = 17 };
	float scale[16], shift[16], *want = secant_calloc((size_t)(H * W * channels), sizeof *want);
	secant_image im;
	assert_int_equal(secant_image_new(&im, W, H, has, SECANT_U8, &err), 0);
	fill(im.data, (size_t)(H * W * has));
	assert_int_equal(prepare_normalize_parse(normalize, channels, scale, shift, &err), 0);
	assert_int_equal(prepare_normalize_image(&im, channels, scale, shift, want, &err), 0);
	deploy_preparation p = { .channels = has, .normalize = (char *)(uintptr_t)normalize };
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "x", SECANT_U8, &secant_shape_of(4, 1, H, W, has));
	int64_t n = run(g, deploy_build_preparation(g, &p, x, channels, NULL), false, im.data, H * W * has, got);
	assert_int_equal(n, H * W * channels);
	for (int64_t i = 0; i < n; i++)
		if (got[i] != (double)want[i])
			fail_msg("%s, %d channels: number %d is %.9g, not %.9g", normalize, has, (int)i, got[i], (double)want[i]);
	graph_free(g);
	secant_image_free(&im);
	secant_free(want);
}

static void
test_numbers_are_those_of_training(void **state)
{
	static const char *const how[] = { "imagenet", "unit", "symmetric", "none", "0.1,0.2,0.3/0.5,0.6,0.7", "0.4/0.3" };
	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		check_numbers(how[i], 3, 3);
		check_numbers(how[i], 1, 3);
		check_numbers(how[i], 4, 3);
	}
	check_numbers("imagenet", 1, 1);
	check_numbers("imagenet", 5, 5);
}

/* ---- AIPP ---- */

static void
read_block(format_aipp *a, const char *text)
{
	secant_err err = { 0 };
	format_aipp all[FORMAT_AIPP_BLOCKS];
	int n;
	if (format_aipp_parse(all, &n, text, strlen(text), &err))
		fail_msg("%s", err.msg);
	assert_int_equal(n, 1);
	*a = all[0];
}

static void
check_golden(const json_t *one, const secant_tensors *t, bool f64)
{
	static double got[MOST];
	secant_err err = { 0 };
	char name[80];
	const char *of = json_string_value(json_object_get(one, "name"));
	const secant_tensor *in = secant_tensors_find(t, json_string_value(json_object_get(one, "input")));
	snprintf(name, sizeof name, "%s/f32_chw", of);
	const secant_tensor *want = secant_tensors_find(t, name);
	int c = (int)want->shape.dim[0], h = (int)want->shape.dim[1], w = (int)want->shape.dim[2];
	format_aipp a;
	deploy_preparation p;
	read_block(&a, json_string_value(json_object_get(one, "config")));
	if (deploy_preparation_of_aipp(&p, &a, h, w, c, &err))
		fail_msg("%s: %s", of, err.msg);
	graph_net *g = graph_new();
	secant_shape shape = deploy_preparation_shape(&p, 1, h, w, c);
	assert_int_equal(secant_shape_count(&shape), secant_shape_count(&in->shape));
	graph_value x = graph_input(g, "x", SECANT_U8, &shape);
	run(g, deploy_build_preparation(g, &p, x, c, NULL), f64, in->data, secant_shape_count(&shape), got);
	for (int k = 0; k < c; k++)
		for (int i = 0; i < h * w; i++) {
			double right = secant_tensor_get(want, (int64_t)k * h * w + i), is = got[(int64_t)i * c + k];
			if (fabs(is - right) > 2e-7 * fmax(1, fabs(right)))
				fail_msg("%s: channel %d pixel %d is %.9g, want %.9g", of, k, i, is, right);
		}
	graph_free(g);
}

static void
test_aipp_makes_the_golden_numbers(void **state)
{
	secant_err err = { 0 };
	secant_tensors t = { 0 };
	char *text;
	size_t size;
	skip_without(golden_path("mindspore/aipp/aipp.json"));
	if (secant_tensors_read(&t, NULL, golden_path("mindspore/aipp/aipp.safetensors"), &err)
		|| secant_file_read(&text, &size, golden_path("mindspore/aipp/aipp.json"), 1 << 20, &err))
		fail_msg("%s", err.msg);
	json_t *j = json_loads(text, 0, NULL);
	json_t *cases = json_object_get(j, "cases"), *one;
	size_t i;
	assert_true(json_array_size(cases) >= 7);
	json_array_foreach (cases, i, one)
		for (int f64 = 0; f64 < 2; f64++)
			check_golden(one, &t, f64);
	json_decref(j);
	secant_free(text);
	secant_tensors_free(&t);
}

/* The three matrices on triples; golden numbers stand before they are cut to bytes. */
static void
test_matrices_are_exact(void **state)
{
	static const struct {
		const char *name;
		op_colour_matrix_attr a;
	} all[] = {
		{ "csc/default_yuv_to_bgr",
			{ { 9, { 298, 516, 0, 298, -100, -208, 298, 0, 409 } }, { 3, { 16, 128, 128 } }, { 0 } } },
		{ "csc/jpeg_yuv_to_rgb",
			{ { 9, { 256, 0, 359, 256, -88, -183, 256, 454, 0 } }, { 3, { 0, 128, 128 } }, { 0 } } },
		{ "csc/bgr_to_yuv", { { 9, { 25, 129, 66, 112, -74, -38, -18, -94, 112 } }, { 0 }, { 3, { 16, 128, 128 } } } },
	};
	static double got[MOST];
	secant_err err = { 0 };
	secant_tensors t = { 0 };
	skip_without(golden_path("mindspore/aipp/aipp.safetensors"));
	if (secant_tensors_read(&t, NULL, golden_path("mindspore/aipp/aipp.safetensors"), &err))
		fail_msg("%s", err.msg);
	const secant_tensor *in = secant_tensors_find(&t, "csc/in");
	for (size_t m = 0; m < sizeof all / sizeof *all; m++) {
		graph_net *g = graph_new();
		const secant_tensor *want = secant_tensors_find(&t, all[m].name);
		graph_value x = graph_input(g, "x", SECANT_U8, &secant_shape_of(4, 1, 1, 64, 3));
		run(g, graph_apply(g, "colour_matrix", &all[m].a, 1, x), false, in->data, 192, got);
		for (int i = 0; i < 192; i++)
			if (got[i] != fmin(fmax(secant_tensor_get(want, i), 0), 255))
				fail_msg("%s: number %d is %g, golden %g", all[m].name, i, got[i], secant_tensor_get(want, i));
		graph_free(g);
	}
	secant_tensors_free(&t);
}

/* A picture of one colour in all four layouts; then AIPP's own, whose swap makes NV21 of NV12. */
static void
test_planes_of_cameras(void **state)
{
	enum { H = 4, W = 6 };
	static double got[MOST];
	for (int layout = DEPLOY_PICTURE_NV12; layout <= DEPLOY_PICTURE_YV12; layout++) {
		uint8_t bytes[H * W * 3 / 2];
		int chroma = H * W / 4;
		for (int i = 0; i < H * W; i++)
			bytes[i] = (uint8_t)i;
		for (int i = 0; i < chroma; i++) {
			uint8_t u = (uint8_t)(100 + i), v = (uint8_t)(200 + i);
			bool pairs = layout <= DEPLOY_PICTURE_NV21,
				 first = layout == DEPLOY_PICTURE_NV12 || layout == DEPLOY_PICTURE_I420;
			bytes[H * W + (pairs ? 2 * i : i)] = first ? u : v;
			bytes[H * W + (pairs ? 2 * i + 1 : chroma + i)] = first ? v : u;
		}
		graph_net *g = graph_new();
		graph_value x = graph_input(g, "x", SECANT_U8, &secant_shape_of(4, 1, H / 2 * 3, W, 1));
		deploy_preparation p = { .input = layout, .normalize = (char *)(uintptr_t) "none" };
		assert_int_equal(
			run(g, deploy_build_preparation(g, &p, x, 3, NULL), false, bytes, H * W / 2 * 3, got), H * W * 3);
		for (int y = 0; y < H; y++)
			for (int c = 0; c < W; c++) {
				const double *q = got + 3 * (y * W + c);
				int k = y / 2 * (W / 2) + c / 2;
				if (q[0] != y * W + c || q[1] != 100 + k || q[2] != 200 + k)
					fail_msg("layout %d, (%d, %d): %g %g %g", layout, y, c, q[0], q[1], q[2]);
			}
		graph_free(g);
	}
	format_aipp a;
	deploy_preparation p;
	secant_err err = { 0 };
	read_block(&a,
		"aipp_op { aipp_mode: static input_format: YUV420SP_U8 rbuv_swap_switch: true src_image_size_w: 6 "
		"src_image_size_h: 4 }");
	assert_int_equal(deploy_preparation_of_aipp(&p, &a, 4, 6, 3, &err), 0);
	assert_int_equal(p.order.v[1], 2);
	assert_int_equal(p.order.v[2], 1);
}

/* ---- what is refused ---- */

static void
refuses(const char *body, const char *why)
{
	char text[400];
	secant_err err = { 0 };
	format_aipp all[FORMAT_AIPP_BLOCKS];
	int n;
	snprintf(text, sizeof text, "# a comment\naipp_op {\n  %s\n}\n", body);
	if (!format_aipp_parse(all, &n, text, strlen(text), &err))
		fail_msg("'%s' is taken", body);
	if (!strstr(err.msg, why))
		fail_msg("'%s': '%s' does not say '%s'", body, err.msg, why);
}

#define STATIC "aipp_mode: static input_format: RGB888_U8 "
static void
test_aipp_refuses_by_line_and_name(void **state)
{
	refuses(STATIC "crop_size_w: 5000", "line 3: crop_size_w 5000 is outside 1 to 4096");
	refuses(STATIC "left_padding_size: 33", "outside 0 to 32");
	refuses(STATIC "mean_chn_0: 12.5", "want a whole number");
	refuses(STATIC "min_chn_0: 1e9", "outside -65504 to 65504");
	refuses(STATIC "matrix_r0c0: 40000", "outside -32677 to 32676");
	refuses(STATIC "crop: maybe", "true or false");
	refuses(STATIC "resize: true", "reserved and not supported");
	refuses(STATIC "mean_chn_9: 1", "nearest: mean_chn_");
	refuses(STATIC "crop: true crop: true", "not twice");
	refuses(STATIC "src_image_size_w: 10 crop: true crop_size_w: 8 load_start_pos_w: 3", "leaves a picture");
	refuses("input_format: RGB888_U8", "no aipp_mode");
	refuses("aipp_mode: static", "no input_format");
	refuses("aipp_mode: static input_format: YUYV_U8", "YUYV_U8 is not supported");
	refuses("aipp_mode: static input_format: JPEG", "no input_format is called 'JPEG'");
	refuses("aipp_mode: dynamic", "max_src_image_size");
	refuses(STATIC "ax_swap_switch: true", "for XRGB8888_U8 alone");
	refuses("aipp_mode: static input_format: YUV420SP_U8 src_image_size_w: 7", "even");
	refuses(STATIC "padding: true src_image_size_w: 1060 left_padding_size: 32", "1080");
	refuses(STATIC "crop_size_w", "no : behind");
	refuses(STATIC "crop_size_w: }", "no value behind");
	secant_err err = { 0 };
	format_aipp all[FORMAT_AIPP_BLOCKS];
	int n;
	assert_int_not_equal(format_aipp_parse(all, &n, "", 0, &err), 0);
	assert_int_not_equal(format_aipp_parse(all, &n, "aipp_op { crop: true", 20, &(secant_err){ 0 }), 0);
	assert_int_not_equal(format_aipp_parse(all, &n, "aipp_op { \"x\" }", 15, &(secant_err){ 0 }), 0);
}

/* Of four channels: R and B change places, the last becomes the first (RGBA to ARGB); three colours are what is no X.
 */
static void
test_aipp_orders_four_channels(void **state)
{
	static const struct {
		const char *switches;
		int channels, order[4];
	} rows[] = {
		{ "", 3, { 1, 2, 3 } },
		{ "ax_swap_switch: true", 3, { 0, 1, 2 } },
		{ "rbuv_swap_switch: true", 3, { 3, 2, 1 } },
		{ "rbuv_swap_switch: true ax_swap_switch: true", 3, { 2, 1, 0 } },
		{ "ax_swap_switch: true", 4, { 3, 0, 1, 2 } },
		{ "rbuv_swap_switch: true", 4, { 0, 3, 2, 1 } },
		{ "rbuv_swap_switch: true ax_swap_switch: true", 4, { 3, 2, 1, 0 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		format_aipp a;
		deploy_preparation p;
		secant_err err = { 0 };
		char text[200];
		snprintf(text, sizeof text, "aipp_op { aipp_mode: static input_format: XRGB8888_U8 %s }", rows[i].switches);
		read_block(&a, text);
		assert_int_equal(deploy_preparation_of_aipp(&p, &a, 8, 8, rows[i].channels, &err), 0);
		assert_int_equal(p.order.n, rows[i].channels);
		for (int k = 0; k < p.order.n; k++)
			assert_int_equal(p.order.v[k], rows[i].order[k]);
		secant_opts_free(&deploy_preparation_options, &p);
	}
}

/* As people write it: no blanks, the bracket behind a value, a window without a size, a switch that is off. */
static void
test_aipp_takes_what_is_in_use(void **state)
{
	format_aipp a;
	deploy_preparation p;
	secant_err err = { 0 };
	read_block(&a,
		"aipp_op{aipp_mode:static\ninput_format : YUV420SP_U8 # NV12\nsrc_image_size_w : 250\n"
		"src_image_size_h : 250\nresize: false\ncrop: true\nload_start_pos_h : 0\nload_start_pos_w : 0\n"
		"csc_switch : true\nrbuv_swap_switch : false\nmatrix_r0c0: 256\nmatrix_r0c2: 359\nmatrix_r1c0: 256\n"
		"matrix_r1c1: -88\nmatrix_r1c2: -183\nmatrix_r2c0: 256\nmatrix_r2c1: 454\ninput_bias_1: 128\n"
		"var_reci_chn_0: 0.003921568627451\ninput_bias_2: 128}");
	assert_int_equal(deploy_preparation_of_aipp(&p, &a, 224, 224, 3, &err), 0);
	assert_int_equal(p.crop.v[2], 224); /* the network's */
	assert_int_equal(p.before.v[2], 128);
	assert_int_equal(p.matrix.v[8], 0);
	assert_true(p.scale.v[0] == 0.003921568627451 && p.scale.v[1] == 1);
	assert_int_not_equal(deploy_preparation_of_aipp(&p, &a, 512, 512, 3, &err), 0); /* larger than the source */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resizing_is_that_of_files),
		cmocka_unit_test(test_fitted_pictures_keep_their_proportion),
		cmocka_unit_test(test_numbers_are_those_of_training),
		cmocka_unit_test(test_aipp_makes_the_golden_numbers),
		cmocka_unit_test(test_matrices_are_exact),
		cmocka_unit_test(test_planes_of_cameras),
		cmocka_unit_test(test_aipp_refuses_by_line_and_name),
		cmocka_unit_test(test_aipp_orders_four_channels),
		cmocka_unit_test(test_aipp_takes_what_is_in_use),
	};
	return cmocka_run_group_tests_name("preparation", tests, NULL, NULL);
}
