/*
 * Networks that ONNX Runtime's quantiser wrote, as pairs around every tensor (QDQ) and as operators on bytes, with
 * unsigned and signed activations: plans run them in products of bytes, and give what ONNX Runtime gives
 * (tests/golden/data/onnx), to a step of the result here and there. The plain meaning of the operators gives the same.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "data.h"
#include "deploy/network.h"
#include "exec/session.h"
#include "formats/onnx/run.h"

static int
count(const char *text, const char *word)
{
	int n = 0;
	for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
		n++;
	return n;
}

/* N,C,H,W of `from` as N,H,W,C of `to`, or back. */
static void
turn(const float *from, float *to, int64_t c, int64_t pixels, bool back)
{
	for (int64_t i = 0; i < pixels; i++)
		for (int64_t k = 0; k < c; k++)
			*(back ? &to[k * pixels + i] : &to[i * c + k]) = *(back ? &from[i * c + k] : &from[k * pixels + i]);
}

static void
compare(const float *got, const secant_tensor *want, double step, const char *what)
{
	int64_t n = secant_shape_count(&want->shape), off = 0;
	for (int64_t i = 0; i < n; i++) {
		double d = fabs((double)got[i] - secant_tensor_get(want, i));
		off += d > step / 2;
		if (d > 1.01 * step)
			fail_msg("%s: number %lld is %g, ONNX Runtime has %g", what, (long long)i, (double)got[i],
				secant_tensor_get(want, i));
	}
	if (off > n / 100)
		fail_msg("%s: %lld of %lld numbers are a step away", what, (long long)off, (long long)n);
}

/* The distance between neighbouring numbers of the result. */
static double
step_of(const secant_tensor *t)
{
	double least = INFINITY;
	for (int64_t i = 1, n = secant_shape_count(&t->shape); i < n; i++) {
		double d = fabs(secant_tensor_get(t, i) - secant_tensor_get(t, 0));
		least = d > 1e-6 && d < least ? d : least;
	}
	return least;
}

static void
check(const char *name, int convolutions, int reals)
{
	char model[64], numbers[64];
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	snprintf(model, sizeof model, "onnx/%s.onnx", name);
	snprintf(numbers, sizeof numbers, "onnx/%s.safetensors", name);
	const char *path = golden_path(model);
	assert_int_equal(secant_tensors_read(&set, NULL, golden_path(numbers), &err), SECANT_OK);
	const secant_tensor *x = secant_tensors_find(&set, "input"), *want = secant_tensors_find(&set, "logits");
	int64_t pixels = x->shape.dim[2] * x->shape.dim[3], n = secant_shape_count(&want->shape);
	float *in = malloc(sizeof *in * (size_t)(3 * pixels)), *out = malloc(sizeof *out * (size_t)n);
	turn(x->data, in, 3, pixels, false);

	deploy_deployed d;
	if (deploy_deployed_open(&d, path, "f32", 2, 0, &err))
		fail_msg("%s", err.msg);
	const char *wanted = "logits";
	secant_session *s = exec_session_new(d.runner, &wanted, 1, &err);
	secant_shape shape = secant_shape_of(4, 1, x->shape.dim[2], x->shape.dim[3], 3);
	secant_tensor input = { SECANT_F32, shape, in, NULL }, result = { 0 };
	if (!s || secant_session_run(s, &input, &result, &err))
		fail_msg("%s: %s", name, err.msg);
	turn(result.data, out, want->shape.dim[1], pixels, true);
	compare(out, want, step_of(want), name);

	const exec_plan *plan;
	exec_context *context;
	assert_int_equal(exec_session_prepare(s, &shape, &plan, &context, &err), SECANT_OK);
	char *text = exec_plan_explain(plan, NULL, false);
	assert_int_equal(count(text, "conv2d_bytes"), convolutions);
	assert_int_equal(count(text, "quantize "), reals); /* no layer between is computed in real numbers */
	secant_free(text);
	secant_session_free(s);

	format_onnx_tensor *plain = NULL, *given = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, x->shape.dim, 0, &err);
	memcpy(given->data, x->data, sizeof *in * (size_t)(3 * pixels));
	if (format_onnx_run(d.onnx.m, &given, 1, &plain, &err))
		fail_msg("%s: %s", name, err.msg);
	compare(plain->data, want, step_of(want), "plain");
	format_onnx_tensor_drop(given);
	format_onnx_tensor_drop(plain);
	deploy_deployed_close(&d);
	secant_tensors_free(&set);
	free(in);
	free(out);
}

static void
test_pairs_unsigned(void **state)
{
	check("quantized-u8", 7, 2); /* the picture is quantised, the scores are dequantised */
}

static void
test_pairs_signed(void **state)
{
	check("quantized-s8", 7, 2);
}

static void
test_operators_on_bytes(void **state)
{
	check("quantized-operators", 7, 2);
}

/* Bilinear resizing, by half pixels and from corner to corner, stays in bytes. */
static void
test_between_pixels(void **state)
{
	check("quantized-bilinear", 3, 2);
}

/* Transposed convolutions by their phases (four each), a matrix of weights, a mean of all pixels, and a picture by one
 * pixel, as ONNX Runtime's quantiser writes them: a row that it adds to bytes is added in real numbers. */
static void
test_other_layers(void **state)
{
	check("quantized-layers", 11, 4);
	check("quantized-layers-s8", 11, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_unsigned),
		cmocka_unit_test(test_pairs_signed),
		cmocka_unit_test(test_operators_on_bytes),
		cmocka_unit_test(test_between_pixels),
		cmocka_unit_test(test_other_layers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
