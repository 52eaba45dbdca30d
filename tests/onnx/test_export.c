/*
 * Networks of ours written as ONNX and read back: the same numbers, to the bit in f64, of fixed and of any size; what a
 * size cannot be is said.
 */
#include "scratch.h"
#include <math.h>
#include <secant/tensorfile.h>
#include "formats/onnx/onnx.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"
#include "formats/onnx/write.h"
#include "model/model.h"
#include "ops/ops.h"
#include <secant/model.h>

/* A new network with random weights, saved. */
static void
make_model(const char *options)
{
	secant_err err = { 0 };
	secant_network net;
	model_bundle m;
	assert_int_equal(secant_opts_init(&secant_network_options, &net, &err), SECANT_OK);
	assert_int_equal(secant_opts_set_json(&secant_network_options, &net, options, "test", &err), SECANT_OK);
	assert_int_equal(model_new(&m, &net, NULL, "imagenet", false, &err), SECANT_OK);
	model_initialize(&m, 7);
	assert_int_equal(model_save(&m, in_folder("m.safetensors"), &err), SECANT_OK);
	model_free(&m);
	secant_opts_free(&secant_network_options, &net);
}

static void
make_input(int64_t h, int64_t w)
{
	secant_tensor t;
	secant_tensors set = { 0 };
	secant_shape shape = secant_shape_of(4, 1, 3, h, w);
	assert_int_equal(secant_tensor_new(&t, SECANT_F64, &shape, NULL), SECANT_OK);
	for (int64_t i = 0; i < secant_shape_count(&shape); i++)
		((double *)t.data)[i] = (double)(i * 37 % 101) / 64 - 0.75; /* which a float holds */
	assert_int_equal(secant_tensors_add(&set, "input", &t, NULL), SECANT_OK);
	assert_int_equal(secant_tensors_write(&set, NULL, in_folder("in.safetensors"), NULL), SECANT_OK);
	secant_tensors_free(&set);
}

/* In f64 the same numbers, as floats: files of ONNX hold the type that the network declares. In f32 nearly: a model of
 * ours folds its norms. */
static void
same_numbers(const char *precision)
{
	secant_err err = { 0 };
	secant_tensors a = { 0 }, b = { 0 };
	secant_run o = { .precision = (char *)(uintptr_t)precision };
	int64_t different = 0;
	double low = 1e30, high = -1e30, worst = 0;
	assert_int_equal(
		secant_model_run(in_folder("m.safetensors"), in_folder("in.safetensors"), in_folder("a.safetensors"), &o, &err),
		SECANT_OK);
	assert_int_equal(
		secant_model_run(in_folder("m.onnx"), in_folder("in.safetensors"), in_folder("b.safetensors"), &o, &err),
		SECANT_OK);
	assert_int_equal(secant_tensors_read(&a, NULL, in_folder("a.safetensors"), &err), SECANT_OK);
	assert_int_equal(secant_tensors_read(&b, NULL, in_folder("b.safetensors"), &err), SECANT_OK);
	const secant_tensor *x = secant_tensors_find(&a, "logits"), *y = secant_tensors_find(&b, "logits");
	assert_non_null(x);
	assert_non_null(y);
	assert_true(secant_shape_equal(&x->shape, &y->shape));
	for (int64_t i = 0; i < secant_shape_count(&x->shape); i++) {
		double u = secant_tensor_get(x, i), v = secant_tensor_get(y, i);
		different += (float)u != (float)v;
		low = u < low ? u : low;
		high = u > high ? u : high;
		worst = fabs(u - v) > worst ? fabs(u - v) : worst;
	}
	if (!strcmp(precision, "f64"))
		assert_int_equal(different, 0);
	if (!(high > low))
		fail_msg("all logits are %g (first %g, second %g)", high, secant_tensor_get(x, 0), secant_tensor_get(y, 0));
	assert_true(worst <= 1e-4 * (high - low));
	secant_tensors_free(&a);
	secant_tensors_free(&b);
}

static void
round_trip(const char *options, bool dynamic, int size)
{
	secant_err err = { 0 };
	secant_export o = { .opset = 17, .size = { 2, { 64, 64 } }, .dynamic = dynamic };
	make_model(options);
	assert_int_equal(secant_model_export_onnx(in_folder("m.safetensors"), in_folder("m.onnx"), &o, &err), SECANT_OK);
	make_input(size, size);
	same_numbers("f64");
	same_numbers("f32");
}

static void
test_unet(void **state)
{
	round_trip("{\"encoder\": \"resnet18\", \"classes\": 2}", false, 64);
}

static void
test_any_size(void **state)
{
	round_trip("{\"encoder\": \"resnet18\", \"decoder-interpolation\": \"bilinear\"}", true, 32);
}

static void
test_attention(void **state)
{
	round_trip("{\"encoder\": \"resnext50_32x4d\", \"encoder-depth\": 3, \"decoder-channels\": [32, 16, 16], "
			   "\"decoder-attention-type\": \"scse\"}",
		true, 32);
}

/* Reshapes to another value's axes, tables by index, masks of windows, positions that are resampled; a network for one
 * size is written at it. */
static void
test_transformers(void **state)
{
	static const char *const options[] = {
		"{\"arch\": \"dpt\", \"encoder\": \"tu-vit_tiny_patch16_224\", \"dynamic-img-size\": true}",
		"{\"arch\": \"unet\", \"encoder\": \"mit_b0\", \"encoder-depth\": 3, \"decoder-channels\": [16, 16, 16]}",
		"{\"arch\": \"unet\", \"encoder\": \"tu-swin_tiny_patch4_window7_224\", \"img-size\": 64, \"encoder-depth\": "
		"2, "
		"\"decoder-channels\": [16, 16]}",
	};
	secant_err err = { 0 };
	for (int i = 0; i < 3; i++) {
		int size = i == 2 ? 256 : 64;
		secant_export o = { .opset = 17, .size = { 2, { size, size } } };
		make_model(options[i]);
		if (secant_model_export_onnx(in_folder("m.safetensors"), in_folder("m.onnx"), &o, &err))
			fail_msg("%s", err.msg);
		make_input(64, 64);
		same_numbers("f32");
	}
	secant_export other = { .opset = 17, .size = { 2, { 128, 128 } } };
	assert_int_equal(
		secant_model_export_onnx(in_folder("m.safetensors"), in_folder("m.onnx"), &other, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "--size 128x128: the network takes pictures of 64x64 and no others"));
}

/* The largest difference of `logits` as a share of their range; 1 where they have other shapes. */
static double
apart(const char *a, const char *b)
{
	secant_err err = { 0 };
	secant_tensors x = { 0 }, y = { 0 };
	double low = 1e30, high = -1e30, worst = 0;
	assert_int_equal(secant_tensors_read(&x, NULL, a, &err), SECANT_OK);
	assert_int_equal(secant_tensors_read(&y, NULL, b, &err), SECANT_OK);
	const secant_tensor *u = secant_tensors_find(&x, "logits"), *v = secant_tensors_find(&y, "logits");
	bool same = u && v && secant_shape_equal(&u->shape, &v->shape);
	for (int64_t i = 0; same && i < secant_shape_count(&u->shape); i++) {
		double p = secant_tensor_get(u, i), q = secant_tensor_get(v, i);
		worst = fmax(worst, fabs(p - q));
		low = fmin(low, p);
		high = fmax(high, p);
	}
	secant_tensors_free(&x);
	secant_tensors_free(&y);
	return same && high > low ? worst / (high - low) : 1;
}

static void
run_file(const char *model, const char *out)
{
	secant_err err = { 0 };
	secant_run o = { .precision = (char *)(uintptr_t) "f32" };
	if (secant_model_run(in_folder(model), in_folder("in.safetensors"), in_folder(out), &o, &err))
		fail_msg("%s", err.msg);
}

/* 16 bits within: near, and another file. */
static void
test_half(void **state)
{
	secant_err err = { 0 };
	secant_export o = { .opset = 17, .size = { 2, { 64, 64 } }, .half = true };
	make_model("{\"encoder\": \"resnet18\", \"classes\": 2}");
	make_input(64, 64);
	assert_int_equal(secant_model_export_onnx(in_folder("m.safetensors"), in_folder("h.onnx"), &o, &err), SECANT_OK);
	run_file("m.safetensors", "a.safetensors");
	run_file("h.onnx", "b.safetensors");
	double d = apart(in_folder("a.safetensors"), in_folder("b.safetensors"));
	assert_true(d > 1e-6);
	assert_true(d < 1e-2);
}

/* Clouds: N, C, P, of any number of points. */
static void
test_clouds(void **state)
{
	secant_err err = { 0 };
	secant_tensor t;
	secant_tensors set = { 0 };
	secant_shape shape = secant_shape_of(3, 2, 3, 50);
	secant_export o = { .opset = 17, .size = { 2, { 64, 64 } }, .dynamic = true };
	assert_int_equal(secant_tensor_new(&t, SECANT_F32, &shape, NULL), SECANT_OK);
	for (int64_t i = 0; i < secant_shape_count(&shape); i++)
		((float *)t.data)[i] = (float)(i * 37 % 101) / 64 - 0.75f;
	assert_int_equal(secant_tensors_add(&set, "input", &t, NULL), SECANT_OK);
	assert_int_equal(secant_tensors_write(&set, NULL, in_folder("in.safetensors"), NULL), SECANT_OK);
	secant_tensors_free(&set);
	static const char *const networks[] = { "pointnet-dense", "pointnet-cls" };
	for (int i = 0; i < 2; i++) {
		char options[100];
		snprintf(options, sizeof options, "{\"arch\": \"%s\", \"classes\": 4}", networks[i]);
		make_model(options);
		assert_int_equal(
			secant_model_export_onnx(in_folder("m.safetensors"), in_folder("c.onnx"), &o, &err), SECANT_OK);
		run_file("m.safetensors", "a.safetensors");
		run_file("c.onnx", "b.safetensors");
		assert_true(apart(in_folder("a.safetensors"), in_folder("b.safetensors")) < 1e-5);
	}
	make_model("{\"arch\": \"pointnet2-cls-ssg\", \"classes\": 4}");
	assert_int_equal(
		secant_model_export_onnx(in_folder("m.safetensors"), in_folder("c.onnx"), &o, &err), SECANT_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "chooses points one after another, which ONNX has no operator for"));
}

/* Whole numbers between nodes go out as QuantizeLinear and DequantizeLinear, and come back. */
static void
test_quantised(void **state)
{
	secant_err err = { 0 };
	base_str bytes = { 0 };
	const char *names[] = { "y" };
	secant_tensors none = { 0 };
	secant_shape shape = secant_shape_of(4, 1, 4, 4, 3), row = secant_shape_of(1, 3);
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "x", SECANT_F32, &shape);
	graph_value scale = graph_constant(g, SECANT_F32, &row, (double[]){ 0.25, 0.5, 1 }),
				zero = graph_constant(g, SECANT_I32, &row, (double[]){ 0, -3, 7 });
	op_quantize_attr a = { .axis = 3, .to = 1 };
	graph_value q = graph_apply(g, "quantize", &a, 3, x, scale, zero),
				y = graph_apply(g, "dequantize", &a, 3, q, scale, zero);
	assert_int_equal(graph_check(g, &err), SECANT_OK);
	format_onnx_written how = { .opset = 17 };
	assert_int_equal(format_onnx_write(g, &y, names, 1, &none, &how, &bytes, &err), SECANT_OK);
	format_onnx_model *m = format_onnx_decode((const uint8_t *)bytes.p, bytes.n, &err);
	assert_non_null(m);
	int64_t dim[4] = { 1, 3, 4, 4 };
	format_onnx_tensor *in = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, dim, 0, &err), *plain = NULL, *planned = NULL;
	for (int i = 0; i < 48; i++)
		((float *)in->data)[i] = (float)(i - 20) * 7.3f;
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1 };
	assert_int_equal(format_onnx_run(m, &in, 1, &plain, &err), SECANT_OK);
	assert_int_equal(deploy_onnx_run_planned(m, &in, 1, &planned, &o, &err), SECANT_OK);
	assert_memory_equal(plain->data, planned->data, 48 * sizeof(float));
	for (int i = 0; i < 48; i++) { /* channel by channel, as the formula says */
		static const double s[] = { 0.25, 0.5, 1 }, z[] = { 0, -3, 7 };
		int c = i / 16;
		double v = fmin(fmax(nearbyint((double)((float *)in->data)[i] / s[c]) + z[c], -128), 127);
		assert_true(((float *)plain->data)[i] == (float)((v - z[c]) * s[c]));
	}
	format_onnx_tensor_drop(in);
	format_onnx_tensor_drop(plain);
	format_onnx_tensor_drop(planned);
	format_onnx_close(m);
	base_str_free(&bytes);
	graph_free(g);
}

static void
test_names_and_metadata(void **state)
{
	secant_err err = { 0 };
	secant_export o = { .opset = 17, .size = { 2, { 64, 64 } }, .with_preprocessing = true, .with_activation = true };
	bool found = false, normal = false;
	make_model("{\"encoder\": \"resnet18\", \"classes\": 2}");
	assert_int_equal(secant_model_export_onnx(in_folder("m.safetensors"), in_folder("p.onnx"), &o, &err), SECANT_OK);
	format_onnx_model *m = format_onnx_open(in_folder("p.onnx"), &err);
	assert_non_null(m);
	assert_int_equal(m->opset, 17);
	assert_string_equal(m->graph.in[0].name, "input");
	assert_int_equal(m->graph.in[0].type, FORMAT_ONNX_UINT8);
	assert_int_equal(m->graph.in[0].dim[1], 3);
	assert_int_equal(m->graph.in[0].dim[3], 64);
	assert_string_equal(m->graph.out[0].name, "logits");
	assert_string_equal(m->graph.node[m->graph.n_node - 1].op, "Softmax");
	for (int i = 0; i < m->graph.n_init; i++)
		found |= !strcmp(m->graph.init[i].name, "encoder.layer1.0.conv1.weight");
	for (int i = 0; i < m->n_pair; i++)
		normal |= !strcmp(m->pair[i].key, "normalize")
			&& !strcmp(m->pair[i].value, "none"); /* it is in the network now */
	assert_true(found);
	assert_true(normal);
	format_onnx_close(m);
	assert_int_equal(
		secant_model_export_onnx(in_folder("m.safetensors"), in_folder("q.txt"), &o, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "an ONNX file ends in .onnx"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unet),
		cmocka_unit_test(test_any_size),
		cmocka_unit_test(test_attention),
		cmocka_unit_test(test_transformers),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_clouds),
		cmocka_unit_test(test_quantised),
		cmocka_unit_test(test_names_and_metadata),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
