/*
 * What exporters write beside layers: resizing of every kind of sampling and axes, numbers chosen and replaced,
 * products that broadcast, Einsum, Attention, norms of several axes. Each small network
 * (tests/golden/data/onnx/strangers) gives what ONNX Runtime gives, by the operators' plain meaning and by a plan,
 * which every one of them has: numbers, shape and type.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "data.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

static const char *const names[] = { "resize-nearest-fraction", "resize-nearest-ceil-smaller",
	"resize-linear-corners-fraction", "resize-linear-antialias", "resize-cubic-antialias-inside",
	"resize-cubic-symmetric", "gather-any", "slice-backwards", "tile", "product-broadcast", "norm-of-three-axes",
	"rms-norm", "classes-embedded", "einsum-0", "einsum-1", "einsum-2", "einsum-3", "einsum-4", "attention",
	"attention-heads-mask", "attention-causal", "gelu-contributed", "choose-tuples", "choose-tuples-of-batches",
	"choose-elements", "replace-tuples", "replace-elements", "keep-triangle", "turn-sequences",
	"resize-nearest-smaller-old", "resize-volume", "resize-channels-last", "sample-nearest-zeros",
	"sample-nearest-border", "sample-nearest-reflection", "sample-linear-zeros", "sample-linear-border",
	"sample-linear-reflection", "sample-cubic-zeros", "sample-cubic-border", "sample-cubic-reflection", "first-by-size",
	"positions", "steps", "masks", "bytes-of-probabilities", "sums-of-squares" };

static void
compare(const format_onnx_tensor *got, const secant_tensor *want, const char *what)
{
	double largest = 1e-6;
	int64_t n = secant_shape_count(&want->shape);
	assert_int_equal(got->type, FORMAT_ONNX_FLOAT);
	assert_int_equal(got->rank, want->shape.rank);
	assert_memory_equal(got->dim, want->shape.dim, sizeof *got->dim * (size_t)got->rank);
	for (int64_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(secant_tensor_get(want, i)));
	for (int64_t i = 0; i < n; i++)
		if (fabs((double)((const float *)got->data)[i] - secant_tensor_get(want, i)) > 2e-6 * largest)
			fail_msg("%s: number %lld is %g, want %g", what, (long long)i, (double)((const float *)got->data)[i],
				secant_tensor_get(want, i));
}

static void
check(const char *name)
{
	enum { MOST = 4 };
	char model[100], numbers[100], what[120];
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	snprintf(model, sizeof model, "onnx/strangers/%s.onnx", name);
	snprintf(numbers, sizeof numbers, "onnx/strangers/%s.safetensors", name);
	format_onnx_model *m = format_onnx_open(golden_path(model), &err);
	if (!m || secant_tensors_read(&set, NULL, golden_path(numbers), &err))
		fail_msg("%s: %s", name, err.msg);
	format_onnx_tensor *in[MOST] = { 0 }, *out = NULL;
	for (int i = 0; i < m->graph.n_in; i++) {
		const secant_tensor *t = secant_tensors_find(&set, m->graph.in[i].name);
		in[i] = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, t->shape.rank, t->shape.dim, 0, &err);
		memcpy(in[i]->data, t->data, secant_tensor_bytes(t));
	}
	const secant_tensor *want = secant_tensors_find(&set, m->graph.out[0].name);
	for (int planned = 0; planned < 2; planned++) {
		exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1, .exact = true };
		snprintf(what, sizeof what, "%s, %s", name, planned ? "by a plan" : "plainly");
		if (planned ? deploy_onnx_run_planned(m, in, m->graph.n_in, &out, &o, &err)
					: format_onnx_run(m, in, m->graph.n_in, &out, &err))
			fail_msg("%s: %s", what, err.msg);
		compare(out, want, what);
		format_onnx_tensor_drop(out);
		out = NULL;
	}
	for (int i = 0; i < MOST; i++)
		format_onnx_tensor_drop(in[i]);
	secant_tensors_free(&set);
	format_onnx_close(m);
}

static void
test_each(void **state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check(names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
