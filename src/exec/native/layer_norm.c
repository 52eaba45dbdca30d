/*
 * layer_norm and its gradient: rows, each normalised by its own statistics, which fit the first cache. Sums over rows
 * (of the gradients of weight and bias) are taken for each thread's rows and added in the order of the threads.
 */
#include "exec/native/native.h"
#include "kernels/norm.h"

typedef struct layer {
	int64_t rows, c;
	int parts;
	float *weight, *bias;
	double *sum;
	size_t size;
} layer; /* sum: parts x 2 x c */

static layer
layer_of(const exec_step *s, void *scratch)
{
	const secant_shape *x = &s->in[0].shape;
	layer l = { .rows = exec_rows(x), .c = exec_last(x), .parts = exec_parts(s, exec_in_count(s, 0)) };
	exec_scratch m = { scratch, 0 };
	l.weight = exec_take(&m, l.c, sizeof(float));
	l.bias = exec_take(&m, l.c, sizeof(float));
	l.sum = exec_take(&m, s->n_out == 3 && s->n_in > 3 ? l.parts * 2 * l.c : 0, sizeof(double));
	l.size = m.used;
	return l;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	s->scratch = layer_of(s, NULL).size;
	return SECANT_OK;
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	layer l = layer_of(s, scratch);
	bool low = exec_low_in(s);
	float eps = (float)((const op_norm_attr *)s->node->attr)->eps;
	if (l.rows == 0 || l.c == 0)
		return SECANT_OK;
	exec_repeat(l.weight, s->n_in > 1 ? in[1] : NULL, l.c, l.c, 1);
	exec_repeat(l.bias, s->n_in > 2 ? in[2] : NULL, l.c, l.c, 0);
	EXEC_PARTS(l.parts)
	for (int t = 0; t < l.parts; t++) {
		int64_t from = exec_part(l.rows, l.parts, t), to = exec_part(l.rows, l.parts, t + 1);
		kernel_norm_best()->layer(kernel_at(in[0], from * l.c, low), low, to - from, l.c, l.weight, l.bias, eps,
			out[0] ? kernel_at_mut(out[0], from * l.c, low) : NULL, out[1] ? (float *)out[1] + from : NULL,
			out[2] ? (float *)out[2] + from : NULL);
	}
	return SECANT_OK;
}

static secant_status
run_grad(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	layer l = layer_of(s, scratch);
	bool low = exec_low_in(s);
	const float *mean = in[2], *rstd = in[3];
	exec_repeat(l.weight, s->n_in > 4 ? in[4] : NULL, l.c, l.c, 1);
	EXEC_PARTS(l.parts)
	for (int t = 0; t < l.parts; t++) {
		int64_t from = exec_part(l.rows, l.parts, t), to = exec_part(l.rows, l.parts, t + 1);
		double *dweight = l.sum + 2 * t * l.c, *dbias = dweight + l.c;
		memset(dweight, 0, 2 * (size_t)l.c * sizeof *dweight);
		kernel_norm_best()->layer_grad(kernel_at(in[0], from * l.c, low), kernel_at(in[1], from * l.c, low), low,
			to - from, l.c, mean + from, rstd + from, l.weight, out[0] ? kernel_at_mut(out[0], from * l.c, low) : NULL,
			dweight, dbias);
	}
	for (int o = 1; o < 3; o++)
		for (int64_t i = 0; out[o] && i < l.c; i++) {
			double sum = 0;
			for (int t = 0; t < l.parts; t++)
				sum += l.sum[(2 * t + o - 1) * l.c + i];
			((float *)out[o])[i] = (float)sum;
		}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_layer_norm[];
const exec_impl exec_impls_native_layer_norm[] = {
	{ .op = "layer_norm", .name = "native", .supports = exec_native_supports, .prepare = prepare, .run = run },
	{ .op = "layer_norm_grad",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare,
		.run = run_grad },
	{ .op = NULL },
};
