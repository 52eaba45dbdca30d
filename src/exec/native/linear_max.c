/*
 * The gradients of linear_max, which reach one point for each cloud and output; centre; running. Threads share clouds
 * (or channels, where clouds are fewer), outputs, rows.
 */
#include "exec/native/native.h"
#include "kernels/points.h"
#include "kernels/reduce.h"

/* dx[n, index[n, o]] += dy[n, o] w[o] among zeros. */
static secant_status
run_grad_data(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *y = &s->out[0].shape;
	const float *dy = in[0], *w = in[2];
	int64_t clouds = y->dim[0], points = y->dim[1], c = y->dim[3], each = s->in[0].shape.dim[3];
	int parts = exec_parts(s, clouds * (points + each) * c);
	bool inside = clouds < parts;
	float *sum = out[0];
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = inside ? exec_part(c, parts, t) : 0, to = inside ? exec_part(c, parts, t + 1) : c;
		int64_t n = inside ? 0 : exec_part(clouds, parts, t), end = inside ? clouds : exec_part(clouds, parts, t + 1);
		if (inside)
			for (int64_t i = 0; i < clouds * points; i++)
				memset(sum + i * c + from, 0, (size_t)(to - from) * sizeof *sum);
		else
			memset(sum + n * points * c, 0, (size_t)((end - n) * points * c) * sizeof *sum);
		for (int64_t i = n * each; i < end * each; i++) {
			int64_t p = exec_load_index(in[1], s->in[1].dtype, i);
			if (p >= 0 && p < points)
				kernel_points_best()->add(
					sum + (i / each * points + p) * c + from, w + i % each * c + from, false, dy[i], to - from);
		}
	}
	return SECANT_OK;
}

/* dw[o] = sum over clouds of dy[n, o] x[n, index[n, o]]. */
static secant_status
run_grad_weights(
	const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[2].shape;
	int64_t clouds = x->dim[0], points = x->dim[1], c = x->dim[3], each = s->in[0].shape.dim[3];
	int parts = exec_parts(s, clouds * each * c);
	bool low = s->in[2].dtype == SECANT_BF16;
	const float *dy = in[0];
	float *dw = out[0];
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t o = exec_part(each, parts, t), end = exec_part(each, parts, t + 1); o < end; o++) {
			memset(dw + o * c, 0, (size_t)c * sizeof *dw);
			for (int64_t n = 0; n < clouds; n++) {
				int64_t p = exec_load_index(in[1], s->in[1].dtype, n * each + o);
				if (p >= 0 && p < points)
					kernel_points_best()->add(
						dw + o * c, kernel_at(in[2], (n * points + p) * c, low), low, dy[n * each + o], c);
			}
		}
	return SECANT_OK;
}

static bool
supports_grad_weights(const exec_step *s)
{
	return s->in[0].dtype == SECANT_F32 && s->in[1].dtype != SECANT_F32
		&& (s->in[2].dtype == SECANT_F32 || s->in[2].dtype == SECANT_BF16);
}

/* ---- centre ---- */

static secant_status
prepare_centre(exec_step *s, secant_err *err)
{
	int64_t c = exec_last(&s->in[0].shape);
	exec_scratch m = { NULL, 0 };
	(void)exec_take(&m, c, sizeof(float));
	(void)exec_take(&m, c * s->threads, sizeof(double));
	s->scratch = m.used;
	return SECANT_OK;
}

static secant_status
run_centre(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t c = exec_last(&s->in[0].shape), n = exec_rows(&s->in[0].shape);
	int parts = exec_parts(s, n * c);
	bool low = exec_low_in(s);
	exec_scratch m = { scratch, 0 };
	float *mean = exec_take(&m, c, sizeof *mean);
	double *sum = exec_take(&m, c * parts, sizeof *sum);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		memset(sum + t * c, 0, (size_t)c * sizeof *sum);
		kernel_reduce_best()->columns(
			KERNEL_REDUCE_SUM, sum + t * c, kernel_at(in[0], from * c, low), low, to - from, c, c, NULL);
	}
	for (int64_t k = 0; k < c; k++) {
		double all = 0;
		for (int t = 0; t < parts; t++)
			all += sum[t * c + k];
		mean[k] = n ? (float)(all / (double)n) : 0;
	}
	if (out[1])
		memcpy(out[1], mean, (size_t)c * sizeof *mean);
	if (!out[0])
		return SECANT_OK;
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		int64_t from = exec_part(n, parts, t), to = exec_part(n, parts, t + 1);
		kernel_points_best()->subtract(
			kernel_at_mut(out[0], from * c, low), kernel_at(in[0], from * c, low), mean, low, to - from, c);
	}
	return SECANT_OK;
}

static secant_status
run_running(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_running_attr *a = s->node->attr;
	float m = exec_has(s, 2) ? *(const float *)in[2] : (float)a->momentum, factor = (float)(a->factor);
	const float *was = in[0], *now = in[1];
	float *y = out[0];
	for (int64_t i = 0, n = exec_out_count(s, 0); i < n; i++)
		y[i] = (1 - m) * was[i] + m * (factor * now[i]);
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_linear_max[];
const exec_impl exec_impls_native_linear_max[] = {
	{ .op = "linear_max_grad_data", .name = "native", .supports = exec_native_supports, .run = run_grad_data },
	{ .op = "linear_max_grad_weights", .name = "native", .supports = supports_grad_weights, .run = run_grad_weights },
	{ .op = "centre",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_centre,
		.run = run_centre },
	{ .op = "running", .name = "native", .supports = exec_native_supports, .run = run_running },
	{ .op = NULL },
};
