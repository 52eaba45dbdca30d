/*
 * A network in both formats, ONNX and PyTorch (sinet.onnx, sinet.pth): the gradients that are computed from the one are
 * those that PyTorch 2.15 computes from the other, in double, in training mode. Loss and norms of gradients are
 * PyTorch's, of the state_dict's numbers under the file's graph; slopes of PReLU have numbers for names in the file.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <secant/model.h>
#include <secant/tensorfile.h>
#include "base/file.h"

static const struct {
	const char *name;
	double norm;
} gradients[] = {
	{ "bn_2.bias", 0.792919225229 },
	{ "encoder.level2.0.BR.bn.weight", 7.77434411519 },
	{ "encoder.level2.1.c1.conv.weight", 72.8736894655 },
	{ "encoder.level2_0.conv.1.dense.0.bias", 5.08766879309 },
	{ "encoder.level3.0.d2.conv.0.weight", 7.78129780296 },
	{ "encoder.level3.1.d2.conv.1.bias", 2.77867698666 },
	{ "encoder.level3.2.d2.conv.1.weight", 2.40767247243 },
	{ "encoder.level3.4.BR.bn.bias", 3.62258957599 },
	{ "encoder.level3.5.BR.bn.weight", 2.14625934231 },
	{ "encoder.level3.6.c1.conv.weight", 18.3234398338 },
	{ "encoder.level3.7.d1.act_conv1x1.1.weight", 7.02184825861 },
	{ "encoder.level3_0.conv.1.dense.0.weight", 6.77150608548 },
	{ "820", 12.6036550964 },
	{ "821", 9.20457470283 },
	{ "822", 1.94506748374 },
};

enum { SIDE = 320 };

static void
put(secant_tensors *set, const char *name, const secant_shape *shape, double (*number)(int64_t i))
{
	secant_tensor t;
	assert_int_equal(secant_tensor_new(&t, SECANT_F32, shape, NULL), SECANT_OK);
	for (int64_t i = 0; i < secant_shape_count(shape); i++)
		((float *)t.data)[i] = (float)number(i);
	assert_int_equal(secant_tensors_add(set, name, &t, NULL), SECANT_OK);
}

static double
wave(int64_t i)
{
	return sin((double)i * 0.37 + (double)(i % 977));
}

static double
disc(int64_t i)
{
	int64_t y = i / SIDE - 160, x = i % SIDE - 140;
	return y * y + x * x < 8000;
}

static void
test_gradients(void **state)
{
	char folder[] = "/tmp/secant-sinet-XXXXXX", model[512], in[100], out[100];
	const char *data = getenv("SECANT_TEST_DATA");
	secant_err err = { 0 };
	secant_tensors set = { 0 }, got = { 0 };
	secant_shape picture = secant_shape_of(4, 1, 3, SIDE, SIDE), classes = secant_shape_of(3, 1, SIDE, SIDE);
	snprintf(model, sizeof model, "%s/onnx/sinet.onnx", data ? data : "../shared/data");
	if (!secant_is_file(model)) {
		print_message("skipped: %s is not there\n", model);
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(in, sizeof in, "%s/in.safetensors", folder);
	snprintf(out, sizeof out, "%s/out.safetensors", folder);
	put(&set, "input", &picture, wave);
	put(&set, "target", &classes, disc);
	assert_int_equal(secant_tensors_write(&set, NULL, in, &err), SECANT_OK);
	secant_tensors_free(&set);
	secant_run o = { .precision = (char *)(uintptr_t) "f64",
		.threads = 1,
		.allow_reference = true,
		.loss = (char *)(uintptr_t) "ce",
		.gradients = true };
	if (secant_model_run(model, in, out, &o, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(secant_tensors_read(&got, NULL, out, &err), SECANT_OK);
	double loss = secant_tensor_get(secant_tensors_find(&got, "loss"), 0);
	assert_true(fabs(loss - 2.3261732609964825) < 1e-12);
	for (size_t k = 0; k < sizeof gradients / sizeof *gradients; k++) {
		char name[200];
		snprintf(name, sizeof name, "grad:%s", gradients[k].name);
		const secant_tensor *t = secant_tensors_find(&got, name);
		assert_non_null(t);
		double sum = 0;
		for (int64_t i = 0; i < secant_shape_count(&t->shape); i++)
			sum += secant_tensor_get(t, i) * secant_tensor_get(t, i);
		if (fabs(sqrt(sum) - gradients[k].norm) > 1e-8 * gradients[k].norm)
			fail_msg("%s: %.12g, PyTorch has %.12g", name, sqrt(sum), gradients[k].norm);
	}
	secant_tensors_free(&got);
	assert_int_equal(base_remove_tree(folder, NULL), SECANT_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_gradients) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
