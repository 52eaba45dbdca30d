/*
 * Winograd's convolutions against the scalar reference in double: forward with all that is fused to it, both gradients,
 * edges that hang over, paddings, one thread and three, weights that stay and weights that change, float and bfloat16;
 * and the layers it leaves to others.
 */
#include "data.h"
#include <math.h>
#include "base/cpu.h"
#include "exec/exec.h"
#include "ops/act.h"

typedef struct layer {
	int n, h, w, in, out;
	int pad[4]; /* top, left, bottom, right */
	bool bias, residual, relu;
} layer;

typedef struct result {
	float *y, *dx, *dw;
	secant_shape y_shape;
	char *explained;
} result;

static float
noise(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (float)((double)(*seed >> 11) / 4503599627370496.0 - 1);
}

static void *
filled(int64_t count, bool f64, uint64_t seed, double scale)
{
	void *p = calloc((size_t)count + 1, f64 ? 8 : 4);
	for (int64_t i = 0; i < count; i++) {
		float v = noise(&seed) * (float)scale;
		if (f64)
			((double *)p)[i] = v;
		else
			((float *)p)[i] = v;
	}
	return p;
}

static float *
kept(const exec_context *c, int i, int64_t count, bool f64)
{
	float *to = calloc((size_t)count + 1, sizeof *to);
	const void *from = exec_context_output(c, i);
	for (int64_t k = 0; k < count; k++)
		to[k] = f64 ? (float)((const double *)from)[k] : ((const float *)from)[k];
	return to;
}

static void
must(bool ok, const secant_err *err)
{
	if (!ok)
		fail_msg("%s", err->msg);
}

static result
compute(const layer *l, exec_precision precision, int threads, bool training)
{
	secant_err err = { 0 };
	bool f64 = precision == EXEC_PRECISION_F64;
	graph_net *g = graph_new();
	op_conv_attr a = op_conv(1, 1, 1, 1);
	a.padding = (secant_ints){ 4, { l->pad[0], l->pad[1], l->pad[2], l->pad[3] } };
	secant_shape xs = { 4, { l->n, l->h, l->w, l->in } }, ws = { 4, { l->out, l->in, 3, 3 } }, bs = { 1, { l->out } };
	secant_shape ys = { 4, { l->n, l->h + l->pad[0] + l->pad[2] - 2, l->w + l->pad[1] + l->pad[3] - 2, l->out } };
	graph_value x = graph_input(g, "x", SECANT_F32, &xs), r = graph_input(g, "r", SECANT_F32, &ys),
				dy = graph_input(g, "dy", SECANT_F32, &ys);
	graph_value w = graph_state(g, "w", SECANT_F32, &ws, true, GRAPH_INIT_ZEROS),
				b = l->bias ? graph_state(g, "b", SECANT_F32, &bs, true, GRAPH_INIT_ZEROS) : -1;
	op_conv_attr fused = a, data = a, weights = a;
	fused.act = l->relu ? OP_ACT_RELU : OP_ACT_NONE;
	data.size = (secant_ints){ 2, { l->h, l->w } };
	weights.size = (secant_ints){ 2, { 3, 3 } };
	graph_value out[3] = {
		graph_apply(g, "conv2d", &fused, l->residual ? 4 : 3, x, w, b, r),
		graph_apply(g, "conv2d_grad_data", &data, 2, w, dy),
		graph_apply(g, "conv2d_grad_weights", &weights, 2, x, dy),
	};
	for (int i = 0; i < 2; i++) /* what others read may be bfloat16 */
		out[i] = graph_apply(g, "mul_scalar", &(op_number_attr){ 1, 0 }, 1, out[i]);
	exec_store *store = exec_store_new(g, f64, &err);
	must(store, &err);
	uint64_t seed = 7;
	for (int i = 0; i < store->n; i++)
		for (int64_t k = 0; k < store->slot[i].count; k++)
			exec_slot_set(store, &store->slot[i], k, noise(&seed) / sqrt(l->in * 3.0));
	exec_plan_options o = { .precision = precision, .threads = threads, .training = training };
	exec_plan *p = exec_plan_new(g, store, out, 3, &o, &err);
	must(p, &err);
	exec_context *c = exec_context_new(p, &err);
	must(c, &err);
	void *in[3] = { filled(secant_shape_count(&xs), f64, 1, 1), filled(secant_shape_count(&ys), f64, 2, 1),
		filled(secant_shape_count(&ys), f64, 3, 1) };
	const char *names[3] = { "x", "r", "dy" };
	for (int i = 0; i < 3; i++)
		if (i != 1 || l->residual)
			must(!exec_context_set_input(c, names[i], in[i], &err), &err);
	for (int round = 0; round < 2; round++) /* the second on memory that the first has used */
		must(!exec_context_run(c, &err), &err);
	result made = { kept(c, 0, secant_shape_count(&ys), f64), kept(c, 1, secant_shape_count(&xs), f64),
		kept(c, 2, secant_shape_count(&ws), f64), ys, exec_plan_explain(p, NULL, false) };
	for (int i = 0; i < 3; i++)
		free(in[i]);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	graph_free(g);
	return made;
}

static void
forget(result *r)
{
	free(r->y);
	free(r->dx);
	free(r->dw);
	secant_free(r->explained);
}

static void
near(const char *what, int at, const float *got, const float *want, int64_t n, double bound)
{
	double square = 0, most = 0;
	for (int64_t i = 0; i < n; i++) {
		square += (double)want[i] * want[i];
		most = fmax(most, fabs((double)got[i] - want[i]));
	}
	if (!(most <= bound * sqrt(square / (double)n)))
		fail_msg("layer %d, %s: error %g, standard deviation %g", at, what, most, sqrt(square / (double)n));
}

static int
count_of(const char *text, const char *word)
{
	int n = 0;
	for (const char *p = text; (p = strstr(p, word)); p++)
		n++;
	return n;
}

static void
all_by_winograd(const result *r, int at)
{
	if (count_of(r->explained, "winograd") != 3)
		fail_msg("layer %d is not all Winograd's:\n%s", at, r->explained);
}

static void
compare(const result *got, const result *want, const layer *l, int at, double bound)
{
	near("result", at, got->y, want->y, secant_shape_count(&want->y_shape), bound);
	near("gradient of the input", at, got->dx, want->dx, (int64_t)l->n * l->h * l->w * l->in, bound);
	near("gradient of the weights", at, got->dw, want->dw, (int64_t)l->out * l->in * 9, bound);
}

static const layer taken[] = {
	{ 1, 32, 32, 32, 32, { 1, 1, 1, 1 }, false, false, false },
	{ 2, 30, 33, 48, 80, { 1, 1, 1, 1 }, true, true, true }, /* tiles over both edges, channels between blocks of 64 */
	{ 16, 8, 8, 128, 16, { 1, 1, 1, 1 }, true, false, true }, /* one panel half full */
	{ 1, 34, 34, 16, 144, { 0, 0, 0, 0 }, false, true, false },
	{ 1, 40, 28, 32, 64, { 2, 0, 1, 2 }, true, false, false },
	{ 4, 8, 8, 192, 176, { 1, 1, 1, 1 }, true, true, true }, /* divided by outputs, the last panel half full */
	{ 1, 37, 56, 448, 96, { 1, 1, 1, 1 }, true, false, true }, /* the same in two blocks of tiles, on three threads */
};

static void
test_equals_the_reference(void **state)
{
	if (base_cpu_isa() < BASE_ISA_AVX2) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AVX2\n");
		skip();
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		const layer *l = &taken[i];
		result want = compute(l, EXEC_PRECISION_F64, 2, false);
		for (int kind = 0; kind < 4; kind++) {
			result got = compute(l, EXEC_PRECISION_F32, kind & 1 ? 3 : 1, kind & 2);
			all_by_winograd(&got, (int)i);
			compare(&got, &want, l, (int)i, 2e-4);
			forget(&got);
		}
		forget(&want);
	}
}

/* Pictures in bfloat16, of which the rounding is, where the CPU has no faster way; many channels make up for its
 * transforms. */
static void
test_takes_bf16_without_amx(void **state)
{
	static const layer l[] = { { 2, 30, 33, 80, 96, { 1, 1, 1, 1 }, true, true, true },
		{ 4, 8, 8, 192, 176, { 1, 1, 1, 1 }, true, true, true } };
	if (base_cpu_isa() < BASE_ISA_AVX512 || base_cpu_has_amx()) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AVX-512, or has AMX\n");
		skip();
	}
	for (size_t i = 0; i < sizeof l / sizeof *l; i++) {
		result want = compute(&l[i], EXEC_PRECISION_F64, 2, false);
		for (int training = 0; training < 2; training++) {
			result got = compute(&l[i], EXEC_PRECISION_BF16, 2, training);
			all_by_winograd(&got, (int)i);
			compare(&got, &want, &l[i], (int)i, 0.03);
			forget(&got);
		}
		forget(&want);
	}
}

/* Few channels, few tiles, odd channels: the direct way is faster, or the only one. */
static void
test_leaves_the_rest_to_others(void **state)
{
	static const layer left[] = {
		{ 1, 32, 32, 16, 16, { 1, 1, 1, 1 }, false, false, false },
		{ 1, 12, 12, 64, 64, { 1, 1, 1, 1 }, false, false, false },
		{ 1, 32, 32, 33, 64, { 1, 1, 1, 1 }, false, false, false },
	};
	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		result r = compute(&left[i], EXEC_PRECISION_F32, 1, false);
		assert_int_equal(count_of(r.explained, "winograd"), 0);
		forget(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_the_reference),
		cmocka_unit_test(test_takes_bf16_without_amx),
		cmocka_unit_test(test_leaves_the_rest_to_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
