/*
 * Compiled models: what predict makes of a picture and what the one call makes of its bytes are the same as from the
 * model they come from, to the bit; planes of a camera; sizes and batches; and files that were changed, cut short or
 * made by another version are refused, whatever byte it is.
 */
#include "data.h"
#include "deploy/tiny.h"
#include <secant/codec.h>
#include <secant/files.h>
#include <secant/model.h>
#include <secant/predict.h>
#include <secant/session.h>
#include <math.h>

static char folder[300], model[400], out[400], spec[400];

static int
setup(void **state)
{
	snprintf(folder, sizeof folder, "%s", scratch_dir());
	snprintf(model, sizeof model, "%s/model.safetensors", folder);
	snprintf(out, sizeof out, "%s/model.secant", folder);
	snprintf(spec, sizeof spec, "%s/spec.json", folder);
	return 0;
}

static int
teardown(void **state)
{
	return base_remove_tree(folder, NULL);
}

/* Three classes from 3 x 3 neighbours; pictures go in multiples of 8. */
static void
write_model(int classes, const char *mode)
{
	float weight[4 * 27], bias[4];
	for (int i = 0; i < classes * 27; i++)
		weight[i] = (float)((i * 37 + 11) % 23 - 11) / 40;
	for (int i = 0; i < classes; i++)
		bias[i] = (float)i / 10 - 0.1f;
	tiny_write(&(tiny){ 3, classes, 3, 8, weight, bias, mode, "imagenet", "[\"a\",\"b\",\"c\"]" }, model);
}

static secant_status
compile(const char *size, const char *batch, bool with_spec, secant_err *err)
{
	secant_compile o;
	assert_int_equal(secant_opts_init(&secant_compile_options, &o, err), 0);
	if (size)
		assert_int_equal(secant_opts_set(&secant_compile_options, &o, "size", size, err), 0);
	assert_int_equal(secant_opts_set(&secant_compile_options, &o, "batch", batch, err), 0);
	if (with_spec)
		assert_int_equal(secant_opts_set(&secant_compile_options, &o, "preprocess", spec, err), 0);
	secant_status status = secant_model_compile(model, out, &o, NULL, err);
	secant_opts_free(&secant_compile_options, &o);
	return status;
}

static void
fill(uint8_t *p, size_t n)
{
	uint32_t seed = 7;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (uint8_t)(seed >> 24);
	}
}

/* The mask of one call on bytes; *got is the session's size. */
static secant_status
one_call(const secant_shape *shape, const void *bytes, secant_tensor *mask, secant_err *err)
{
	static const char *const names[] = { "mask", "probabilities" };
	secant_engine *e = secant_engine_open(out, NULL, err);
	if (!e)
		return err->code;
	assert_string_equal(secant_engine_input(e, 0)->name, "picture");
	secant_session *s = secant_engine_session(e, names, 2, err);
	secant_tensor in = { SECANT_U8, *shape, (void *)(uintptr_t)bytes, NULL }, made[2] = { 0 };
	secant_status status = secant_session_run(s, &in, made, err);
	if (!status) {
		assert_int_equal(secant_tensor_new(&mask[0], made[0].dtype, &made[0].shape, err), 0);
		assert_int_equal(secant_tensor_new(&mask[1], made[1].dtype, &made[1].shape, err), 0);
		for (int i = 0; i < 2; i++)
			memcpy(mask[i].data, made[i].data, secant_tensor_bytes(&made[i]));
	}
	secant_session_free(s);
	secant_engine_close(e);
	return status;
}

/* predict on `path` of a picture: mask and probabilities. */
static void
predicted(const char *path, const secant_image *im, const char *size, secant_image *mask, secant_tensor *p)
{
	secant_err err = { 0 };
	secant_predict o;
	assert_int_equal(secant_opts_init(&secant_predict_options, &o, &err), 0);
	if (size) {
		assert_int_equal(secant_opts_set(&secant_predict_options, &o, "size", size, &err), 0);
		assert_int_equal(secant_opts_set(&secant_predict_options, &o, "resize", "true", &err), 0);
	}
	secant_predictor *q = secant_predictor_open(&path, 1, &o, &err);
	if (!q || secant_predictor_mask(q, im, mask, &err) || secant_predictor_probabilities(q, im, p, &err))
		fail_msg("%s", err.msg);
	secant_predictor_close(q);
	secant_opts_free(&secant_predict_options, &o);
}

static void
check_same(const char *mode, int classes, int h, int w, const char *size)
{
	secant_err err = { 0 };
	secant_image im, a = { 0 }, b = { 0 };
	secant_tensor pa = { 0 }, pb = { 0 }, call[2] = { 0 };
	write_model(classes, mode);
	if (size) {
		char text[100];
		int n = snprintf(text, sizeof text, "{\"size\": \"%s\", \"normalize\": \"imagenet\"}", size);
		assert_int_equal(secant_file_write(spec, text, (size_t)n, &err), 0);
	}
	if (compile(NULL, "1", size != NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(secant_image_new(&im, w, h, 3, SECANT_U8, &err), 0);
	fill(im.data, (size_t)(h * w * 3));
	predicted(model, &im, size, &a, &pa);
	predicted(out, &im, size, &b, &pb);
	secant_shape shape = secant_shape_of(4, 1, h, w, 3);
	if (one_call(&shape, im.data, call, &err))
		fail_msg("%s", err.msg);
	assert_memory_equal(a.data, b.data, (size_t)(h * w));
	assert_memory_equal(pa.data, pb.data, secant_tensor_bytes(&pa));
	assert_memory_equal(a.data, call[0].data, (size_t)(h * w));
	for (int c = 0; c < classes; c++)
		for (int i = 0; i < h * w; i++)
			if (((float *)pa.data)[c * h * w + i] != ((float *)call[1].data)[i * classes + c])
				fail_msg("%s %dx%d: class %d, pixel %d differs", mode, h, w, c, i);
	bool some = false;
	for (int i = 1; i < h * w; i++)
		some |= ((uint8_t *)a.data)[i] != ((uint8_t *)a.data)[0];
	assert_true(some || h * w < 4);
	secant_image_free(&im);
	secant_image_free(&a);
	secant_image_free(&b);
	secant_tensor_free(&pa);
	secant_tensor_free(&pb);
	secant_tensor_free(&call[0]);
	secant_tensor_free(&call[1]);
}

static void
test_results_are_those_of_the_model(void **state)
{
	check_same("binary", 1, 40, 56, NULL);
	check_same("binary", 1, 37, 21, NULL);
	check_same("multiclass", 3, 19, 50, NULL);
	check_same("multilabel", 3, 33, 16, NULL);
	check_same("multiclass", 3, 3, 2, NULL);
	check_same("multiclass", 3, 47, 31, "32x40");
	check_same("binary", 1, 20, 30, "64x24");
}

/* From a file, and from its bytes in memory. */
static void
test_memory_is_as_good_as_a_file(void **state)
{
	secant_err err = { 0 };
	uint8_t bytes[16 * 24 * 3];
	char *file = NULL;
	size_t size = 0;
	secant_tensor call[2] = { 0 }, made[3] = { 0 };
	write_model(3, "multiclass");
	fill(bytes, sizeof bytes);
	if (compile("16x24", "1", false, &err) || secant_file_read(&file, &size, out, 1 << 20, &err))
		fail_msg("%s", err.msg);
	secant_shape shape = secant_shape_of(4, 1, 16, 24, 3);
	assert_int_equal(one_call(&shape, bytes, call, &err), 0);
	assert_int_equal(remove(out), 0);
	secant_engine *e = secant_engine_open_memory(file, size, "in memory", NULL, &err);
	if (!e)
		fail_msg("%s", err.msg);
	secant_session *s = secant_engine_session(e, NULL, 0, &err);
	secant_tensor in = { SECANT_U8, shape, bytes, NULL };
	if (secant_session_run(s, &in, made, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(secant_session_output(s, 2)->name, "mask");
	assert_memory_equal(made[2].data, call[0].data, 16 * 24);
	secant_session_free(s);
	secant_engine_close(e);
	file[size - 1] ^= 1;
	assert_null(secant_engine_open_memory(file, size, "in memory", NULL, &err));
	assert_non_null(strstr(err.msg, "in memory: was changed"));
	secant_free(file);
	secant_tensor_free(&call[0]);
	secant_tensor_free(&call[1]);
}

static void
test_planes_of_a_camera_go_in(void **state)
{
	static const char text[] = "{\"input\": \"nv12\", \"matrix\": [256,0,359,256,-88,-183,256,454,0], \"before\": "
							   "[0,128,128], \"normalize\": \"imagenet\"}";
	enum { H = 16, W = 24 };
	secant_err err = { 0 };
	uint8_t planes[H * W * 3 / 2];
	secant_image im, a = { 0 };
	secant_tensor p = { 0 }, call[2] = { 0 };
	write_model(3, "multiclass");
	assert_int_equal(secant_file_write(spec, text, sizeof text - 1, &err), 0);
	if (compile("16x24", "1", true, &err))
		fail_msg("%s", err.msg);
	fill(planes, sizeof planes);
	assert_int_equal(secant_image_new(&im, W, H, 3, SECANT_U8, &err), 0);
	for (int i = 0; i < H * W; i++) {
		int y = planes[i], at = H * W + i / W / 2 * W + i % W / 2 * 2, u = planes[at] - 128, v = planes[at + 1] - 128;
		int rgb[3] = { 256 * y + 359 * v, 256 * y - 88 * u - 183 * v, 256 * y + 454 * u };
		for (int c = 0; c < 3; c++) {
			int x = rgb[c] >> 8;
			((uint8_t *)im.data)[3 * i + c] = (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
		}
	}
	predicted(model, &im, NULL, &a, &p);
	secant_shape shape = secant_shape_of(4, 1, H / 2 * 3, W, 1);
	if (one_call(&shape, planes, call, &err))
		fail_msg("%s", err.msg);
	assert_memory_equal(a.data, call[0].data, H * W);
	secant_image_free(&im);
	secant_image_free(&a);
	secant_tensor_free(&p);
	secant_tensor_free(&call[0]);
	secant_tensor_free(&call[1]);
}

/* A network of ONNX, whose graphs hold their sizes: one file serves several sizes and batches, as the model itself. */
static void
test_onnx_is_compiled_for_several_sizes(void **state)
{
	static const int shapes[][3] = { { 1, 32, 64 }, { 2, 32, 64 }, { 1, 32, 32 }, { 2, 32, 32 } };
	secant_err err = { 0 };
	uint8_t bytes[2 * 32 * 64 * 3];
	secant_tensor own[4][2] = { 0 }, call[2] = { 0 };
	secant_export how;
	char native[400];
	write_model(3, "multiclass");
	fill(bytes, sizeof bytes);
	for (int foreign = 0; foreign < 2; foreign++) {
		if (compile("32x64,32x32", "1,2", false, &err))
			fail_msg("%s", err.msg);
		for (int i = 0; i < 4; i++) {
			secant_shape s = secant_shape_of(4, shapes[i][0], shapes[i][1], shapes[i][2], 3);
			if (one_call(&s, bytes, foreign ? call : own[i], &err))
				fail_msg("%s", err.msg);
			if (!foreign)
				continue;
			assert_true(secant_shape_equal(&call[0].shape, &own[i][0].shape));
			assert_memory_equal(call[0].data, own[i][0].data, secant_tensor_bytes(&call[0]));
			for (int k = 0; k < 2; k++) {
				secant_tensor_free(&call[k]);
				secant_tensor_free(&own[i][k]);
			}
		}
		if (foreign)
			continue;
		snprintf(native, sizeof native, "%s", model);
		assert_int_equal(secant_opts_init(&secant_export_options, &how, &err), 0);
		how.dynamic = true;
		snprintf(model, sizeof model, "%s/model.onnx", folder);
		if (secant_model_export_onnx(native, model, &how, &err))
			fail_msg("%s", err.msg);
		secant_opts_free(&secant_export_options, &how);
	}
	secant_shape s = secant_shape_of(4, 1, 24, 16, 3);
	assert_int_not_equal(one_call(&s, bytes, call, &err), 0);
	assert_non_null(strstr(err.msg, "compiled for 1x32x64x3, 2x32x64x3, 1x32x32x3, 2x32x32x3"));
	err = (secant_err){ 0 };
	assert_int_not_equal(compile(NULL, "1", false, &err), 0);
	assert_non_null(strstr(err.msg, "compiled for the sizes that are named"));
}

/* A network that puts numbers back where maxima were: what gradients of training do is in a network that is only run.
 */
static void
test_unpooling_is_compiled(void **state)
{
	enum { SIDE = 64, PIXELS = SIDE * SIDE };
	secant_err err = { 0 };
	secant_image im, a = { 0 }, b = { 0 };
	secant_tensor pa = { 0 }, pb = { 0 };
	snprintf(model, sizeof model, "%s", golden_path("onnx/strangers/unpooled-as-exported.onnx"));
	if (compile("64x64", "1", false, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(secant_image_new(&im, SIDE, SIDE, 3, SECANT_U8, &err), 0);
	fill(im.data, (size_t)PIXELS * 3);
	predicted(model, &im, NULL, &a, &pa);
	predicted(out, &im, NULL, &b, &pb);
	assert_memory_equal(a.data, b.data, PIXELS);
	for (int64_t i = 0; i < secant_shape_count(&pa.shape); i++)
		assert_true(fabs(secant_tensor_get(&pa, i) - secant_tensor_get(&pb, i)) < 1e-5);
	secant_image_free(&im);
	secant_image_free(&a);
	secant_image_free(&b);
	secant_tensor_free(&pa);
	secant_tensor_free(&pb);
}

/* A picture fitted with a border: the mask is the picture's, without the border. */
static void
test_letterboxed_masks_have_the_pictures_size(void **state)
{
	static const char text[] = "{\"size\": [32,32], \"fit\": \"letterbox\", \"fill\": 7, \"normalize\": \"imagenet\"}";
	enum { H = 32, W = 16, LEFT = 8 };
	secant_err err = { 0 };
	uint8_t bytes[H * W * 3], wide[64 * W * 3];
	secant_image im, a = { 0 };
	secant_tensor p = { 0 }, call[2] = { 0 };
	write_model(3, "multiclass");
	assert_int_equal(secant_file_write(spec, text, sizeof text - 1, &err), 0);
	if (compile("32x16,16x64", "1", true, &err))
		fail_msg("%s", err.msg);
	fill(bytes, sizeof bytes);
	assert_int_equal(secant_image_new(&im, 32, H, 3, SECANT_U8, &err), 0);
	memset(im.data, 7, 32 * H * 3);
	for (int y = 0; y < H; y++)
		memcpy((uint8_t *)im.data + (y * 32 + LEFT) * 3, bytes + y * W * 3, W * 3);
	predicted(model, &im, NULL, &a, &p);
	secant_shape shape = secant_shape_of(4, 1, H, W, 3);
	if (one_call(&shape, bytes, call, &err))
		fail_msg("%s", err.msg);
	secant_shape mask = secant_shape_of(3, 1, H, W);
	assert_true(secant_shape_equal(&call[0].shape, &mask));
	for (int y = 0; y < H; y++)
		assert_memory_equal((uint8_t *)a.data + y * 32 + LEFT, (uint8_t *)call[0].data + y * W, W);
	secant_tensor_free(&call[0]);
	secant_tensor_free(&call[1]);
	fill(wide, sizeof wide); /* twice as wide as the network: it is scaled there and back */
	shape = secant_shape_of(4, 1, 16, 64, 3);
	if (one_call(&shape, wide, call, &err))
		fail_msg("%s", err.msg);
	mask = secant_shape_of(3, 1, 16, 64);
	assert_true(secant_shape_equal(&call[0].shape, &mask));
	secant_tensor_free(&call[0]);
	secant_tensor_free(&call[1]);
	secant_image_free(&im);
	secant_image_free(&a);
	secant_tensor_free(&p);
}

static void
test_sizes_are_those_it_was_compiled_for(void **state)
{
	secant_err err = { 0 };
	uint8_t bytes[2 * 24 * 24 * 3];
	secant_tensor call[2] = { 0 };
	write_model(3, "multiclass");
	fill(bytes, sizeof bytes);
	if (compile("16x24,8x8", "1,2", false, &err))
		fail_msg("%s", err.msg);
	static const int good[][3] = { { 1, 16, 24 }, { 2, 16, 24 }, { 2, 8, 8 } },
					 bad[][3] = { { 3, 8, 8 }, { 1, 24, 16 } };
	for (int i = 0; i < 3; i++) {
		secant_shape s = secant_shape_of(4, good[i][0], good[i][1], good[i][2], 3);
		if (one_call(&s, bytes, call, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(call[0].shape.dim[0], good[i][0]);
		secant_tensor_free(&call[0]);
		secant_tensor_free(&call[1]);
	}
	for (int i = 0; i < 2; i++) {
		secant_shape s = secant_shape_of(4, bad[i][0], bad[i][1], bad[i][2], 3);
		memset(&err, 0, sizeof err);
		assert_int_not_equal(one_call(&s, bytes, call, &err), 0);
		assert_non_null(strstr(err.msg, "compiled for 1x16x24x3"));
	}
}

/* Layers that are packed (Winograd's and oneDNN's): the file's copies are taken, and give the same bits; what was
 * packed for other machines, or cut, is packed anew. */
static void
test_packed_weights_are_lent(void **state)
{
	enum { C = 32, W = 9 * C * C };
	static float weight[2][W], head[C], bias[C], none[1];
	secant_err err = { 0 };
	secant_shape w = secant_shape_of(4, C, C, 3, 3), one = secant_shape_of(4, C, 3, 1, 1), b = secant_shape_of(1, C);
	graph_net *g = graph_new();
	secant_shape in = secant_shape_of(4, 1, 64, 64, 3), last = secant_shape_of(4, 1, C, 1, 1),
				 single = secant_shape_of(1, 1);
	static float stem[3 * C];
	format_model_file m = { 0 };
	struct {
		const char *name;
		secant_shape *shape;
		float *data;
		int n;
	} states[] = { { "stem", &one, stem, 3 * C }, { "a", &w, weight[0], W }, { "b", &w, weight[1], W },
		{ "head", &last, head, C }, { "bias", &b, bias, C }, { "none", &single, none, 1 } };
	graph_value v[6], x = graph_input(g, "input", SECANT_F32, &in);
	for (int i = 0; i < 6; i++) {
		for (int k = 0; k < states[i].n; k++)
			states[i].data[k] = (float)((k * 29 + i * 7) % 31 - 15) / 90;
		v[i] = graph_state(g, states[i].name, SECANT_F32, states[i].shape, true, GRAPH_INIT_ZEROS);
		secant_tensor t = { SECANT_F32, *states[i].shape, states[i].data, NULL };
		assert_int_equal(secant_tensors_add(&m.tensors, states[i].name, &t, &err), 0);
	}
	op_conv_attr thin = op_conv(1, 0, 1, 1), wide = op_conv(1, 1, 1, 1);
	x = graph_apply(g, "conv2d", &thin, 3, x, v[0], v[4]);
	x = graph_apply(g, "relu", NULL, 1, graph_apply(g, "conv2d", &wide, 3, x, v[1], v[4]));
	x = graph_apply(g, "conv2d", &wide, 3, x, v[2], v[4]);
	graph_output(g, "logits", graph_apply(g, "conv2d", &thin, 3, x, v[3], v[5]));
	assert_int_equal(graph_check(g, &err), 0);
	m.graph = format_graph_to_json(g);
	m.settings = json_pack("{s:i,s:{s:i,s:i},s:s,s:s,s:i}", "version", 1, "network", "in-channels", 3, "classes", 1,
		"mode", "binary", "normalize", "imagenet", "multiple", 8);
	assert_int_equal(format_model_file_write(&m, model, &err), 0);
	format_model_file_free(&m);
	graph_free(g);

	if (compile("64x64", "1", false, &err))
		fail_msg("%s", err.msg);
	secant_tensor t = { 0 }, before = { 0 };
	secant_image im, mask = { 0 };
	assert_int_equal(secant_image_new(&im, 64, 64, 3, SECANT_U8, &err), 0);
	fill(im.data, 64 * 64 * 3);
	predicted(model, &im, NULL, &mask, &before);
	secant_image_free(&mask);
	predicted(out, &im, NULL, &mask, &t);
	assert_memory_equal(before.data, t.data, secant_tensor_bytes(&t));

	deploy_deployed d;
	if (deploy_deployed_open(&d, out, "auto", 0, 0, &err))
		fail_msg("%s", err.msg);
	char text[200];
	assert_null(deploy_packed_remark(&d, 0, text, sizeof text));
	assert_non_null(deploy_packed_remark(&d, 97, text, sizeof text));
	assert_non_null(strstr(text, "packed anew for"));
	secant_session *s = deploy_deployed_session(&d, &err);
	const exec_plan *plan;
	exec_context *context;
	assert_int_equal(exec_session_prepare(s, &in, &plan, &context, &err), 0);
	int packed = 0;
	for (int i = 0; i < d.packed.n; i++)
		packed += !strncmp(d.packed.v[i].name, "packed:", 7);
	print_message("%d packed copies, %d lent\n", packed, exec_plan_lent(plan));
	assert_true(packed > 0);
	assert_int_equal(exec_plan_lent(plan), packed);
	secant_session_free(s);
	deploy_deployed_close(&d);

	/* a copy under another key is nobody's, one that is too short is not read */
	assert_int_equal(format_model_file_read(&m, out, &err), 0);
	for (int i = 0; i < m.tensors.n; i++)
		if (!strncmp(m.tensors.v[i].name, "packed:", 7))
			m.tensors.v[i].tensor.shape.dim[0] = 64;
	assert_int_equal(format_model_file_write(&m, model, &err), 0);
	format_model_file_free(&m);
	secant_tensor_free(&t);
	secant_image_free(&mask);
	predicted(model, &im, NULL, &mask, &t);
	assert_memory_equal(before.data, t.data, secant_tensor_bytes(&t));
	secant_tensor_free(&t);
	secant_tensor_free(&before);
	secant_image_free(&mask);
	secant_image_free(&im);
}

static void
refuses(const char *what, const char *why)
{
	secant_err err = { 0 };
	secant_engine *e = secant_engine_open(out, NULL, &err);
	if (e)
		fail_msg("%s is taken", what);
	if (!strstr(err.msg, why))
		fail_msg("%s: '%s' does not say '%s'", what, err.msg, why);
}

/* Every byte, and every length: refused, or (blanks of the header) a file of the same meaning. In memory, which reads
 * like files (test_memory_is_as_good_as_a_file). */
static void
test_changed_files_are_refused(void **state)
{
	secant_err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	write_model(1, "binary");
	if (compile("8x8", "1", false, &err) || secant_file_read(&text, &size, out, 1 << 20, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < size; i += 1 + i % 3) {
		text[i] = (char)(text[i] ^ 0x10);
		secant_engine *e = secant_engine_open_memory(text, size, "changed", NULL, &err);
		if (e && text[i] != '0') /* what was a blank */
			fail_msg("byte %zu of %zu ('%c') makes no difference", i, size, text[i]);
		secant_engine_close(e);
		err.code = 0;
		text[i] = (char)(text[i] ^ 0x10);
	}
	for (size_t n = 0; n < size; n += 7)
		if (secant_engine_open_memory(text, n, "cut", NULL, &err))
			fail_msg("%zu of %zu bytes are taken", n, size);
	text[size - 1] ^= 1;
	assert_int_equal(secant_file_write(out, text, size, &err), 0);
	refuses("a changed file", "was changed or damaged");
	secant_free(text);
}

/* Another version, and sums that were taken away. */
static void
test_other_versions_are_refused(void **state)
{
	secant_err err = { 0 };
	format_model_file m;
	write_model(1, "binary");
	assert_int_equal(compile("8x8", "1", false, &err), 0);
	assert_int_equal(format_model_file_read(&m, out, &err), 0);
	json_object_set_new(json_object_get(m.settings, "compiled"), "version", json_integer(2));
	assert_int_equal(format_model_file_write(&m, out, &err), 0);
	refuses("version 2", "compile the model anew");
	json_object_set_new(json_object_get(m.settings, "compiled"), "version", json_integer(1));
	json_decref(m.offline);
	m.offline = NULL;
	assert_int_equal(format_model_file_write(&m, out, &err), 0);
	refuses("a file without its sums", "without its sums");
	format_model_file_free(&m);
}

static void
test_what_cannot_be_compiled_is_said(void **state)
{
	secant_err err = { 0 };
	write_model(1, "binary");
	assert_int_equal(secant_file_write(spec, "{\"sise\": 4}", 11, &err), 0);
	assert_int_not_equal(compile(NULL, "1", true, &err), 0);
	assert_non_null(strstr(err.msg, "sise"));
	memset(&err, 0, sizeof err);
	assert_int_equal(secant_file_write(spec, "{\"size\": 4}", 11, &err), 0);
	assert_int_not_equal(compile(NULL, "1", true, &err), 0);
	assert_non_null(strstr(err.msg, "how bytes become numbers"));
	memset(&err, 0, sizeof err);
	assert_int_not_equal(compile("8x", "1", false, &err), 0);
	assert_int_equal(compile("8x8", "1", false, &(secant_err){ 0 }), 0);
	/* what is there stays when something fails */
	char *before, *after;
	size_t n, m;
	assert_int_equal(secant_file_read(&before, &n, out, 1 << 20, &err), 0);
	assert_int_not_equal(compile("8x8", "1", true, &err), 0);
	assert_int_equal(secant_file_read(&after, &m, out, 1 << 20, &err), 0);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	secant_free(before);
	secant_free(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_results_are_those_of_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_is_as_good_as_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_letterboxed_masks_have_the_pictures_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_onnx_is_compiled_for_several_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unpooling_is_compiled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_planes_of_a_camera_go_in, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packed_weights_are_lent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes_are_those_it_was_compiled_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_versions_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_compiled_is_said, setup, teardown),
	};
	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
