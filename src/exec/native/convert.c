/*
 * quantize, dequantize and convert: computed in double where a number is rounded, so that they round as their
 * references do.
 */
#include "exec/native/native.h"
#include "kernels/bytes.h"
#include <math.h>
#include "ops/rules.h"

/* Numbers that share a pair of scale and zero lie `inner` together: pair i / inner % n. */
typedef struct pairs {
	int64_t n, inner;
} pairs;

static pairs
pairs_of(const exec_step *s)
{
	const op_quantize_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape;
	int64_t n = exec_in_count(s, 1);
	return n == 1 ? (pairs){ 1, INT64_MAX } : (pairs){ n, op_lines_of(x, op_axis_of(a->axis, x->rank)).inner };
}

static secant_status
run_quantize(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	bool sign = ((const op_quantize_attr *)s->node->attr)->to == 1;
	pairs p = pairs_of(s);
	const float *x = in[0], *scale = in[1];
	uint8_t *y = out[0];
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end;) {
			int64_t c = i / p.inner % p.n, stop = p.n == 1 ? end : (i / p.inner + 1) * p.inner;
			stop = stop > end ? end : stop;
			double step = (double)scale[c], zero = exec_has(s, 2) ? exec_load_any(in[2], s->in[2].dtype, c) : 0;
			kernel_bytes_best()->quantize(x + i, stop - i, step, zero, sign, y + i);
			i = stop;
		}
	return SECANT_OK;
}

static secant_status
run_dequantize(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	pairs p = pairs_of(s);
	const float *scale = in[1];
	float *y = out[0];
	secant_dtype d = s->in[0].dtype;
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			int64_t c = i / p.inner % p.n;
			double zero = exec_has(s, 2) ? exec_load_any(in[2], s->in[2].dtype, c) : 0;
			y[i] = (float)((exec_load_any(in[0], d, i) - zero) * (double)scale[c]);
		}
	return SECANT_OK;
}

static secant_status
run_convert(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_convert_attr *a = s->node->attr;
	secant_dtype from = s->in[0].dtype, to = s->out[0].dtype;
	secant_tensor y = { to, s->out[0].shape, out[0], NULL };
	int64_t n = exec_out_count(s, 0);
	int parts = exec_parts(s, n);
	bool whole = to != SECANT_F32 && to != SECANT_BOOL;
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1); i < end; i++) {
			double v = exec_load_any(in[0], from, i);
			secant_tensor_set(&y, i, whole && a->rounding ? trunc(v) : v);
		}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_convert[];
const exec_impl exec_impls_native_convert[] = {
	{ .op = "quantize", .name = "native", .supports = exec_native_supports, .run = run_quantize },
	{ .op = "dequantize", .name = "native", .supports = exec_native_supports, .run = run_dequantize },
	{ .op = "convert", .name = "native", .supports = exec_native_supports, .run = run_convert },
	{ .op = NULL },
};
