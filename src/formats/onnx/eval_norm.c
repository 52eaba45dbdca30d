/* Norms over axes, channels and groups. See eval.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

/* v = (v - mean) / sqrt(var + eps) over `n` numbers that lie `step` apart. */
static void
standardize(double *v, int64_t n, int64_t step, double eps, double *mean_out, double *inv_out)
{
	double mean = 0, var = 0;
	for (int64_t i = 0; i < n; i++)
		mean += v[i * step];
	mean /= (double)n;
	for (int64_t i = 0; i < n; i++)
		var += (v[i * step] - mean) * (v[i * step] - mean);
	double inv = 1 / sqrt(var / (double)n + eps);
	for (int64_t i = 0; i < n; i++)
		v[i * step] = (v[i * step] - mean) * inv;
	if (mean_out)
		*mean_out = mean;
	if (inv_out)
		*inv_out = inv;
}

secant_status
onnx_eval_layer_norm(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), *scale = onnx_has(c, 1) ? onnx_reals(c, 1) : NULL,
		   *bias = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL;
	int axis = v ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0)
		return c->err->code;
	int64_t rows = onnx_product(x->dim, 0, axis), n = onnx_product(x->dim, axis, x->rank), dim[RANK];
	int64_t stride[2][RANK];
	for (int k = 0; k < 2; k++) { /* both may be repeated along axes of a row */
		const onnx_tensor *t = k ? (bias ? c->in[2] : NULL) : scale ? c->in[1] : NULL;
		int rank;
		int64_t full[RANK];
		if (t
			&& (!onnx_broadcast(c, t->rank, t->dim, x->rank - axis, x->dim + axis, &rank, full)
				|| rank != x->rank - axis || onnx_product(full, 0, rank) != n))
			return onnx_fail(c, SECANT_ERR_SHAPE, "scale or bias does not fit the %lld numbers of a row", (long long)n);
		if (t)
			onnx_broadcast_strides(t, rank, x->dim + axis, stride[k]);
	}
	double *mean = onnx_temp(c, rows, sizeof *mean), *inv = onnx_temp(c, rows, sizeof *inv),
		   eps = onnx_attr_real(c, "epsilon", 1e-5f);
	if (!mean || !inv)
		return c->err->code;
	for (int64_t r = 0; r < rows; r++) {
		standardize(v + r * n, n, 1, eps, &mean[r], &inv[r]);
		for (int64_t i = 0; i < n; i++)
			v[r * n + i] = v[r * n + i] * (scale ? scale[onnx_place(i, x->rank - axis, x->dim + axis, stride[0])] : 1)
				+ (bias ? bias[onnx_place(i, x->rank - axis, x->dim + axis, stride[1])] : 0);
	}
	memcpy(dim, x->dim, sizeof dim);
	for (int i = axis; i < x->rank; i++)
		dim[i] = 1;
	onnx_give_reals(c, 1, FORMAT_ONNX_FLOAT, x->rank, dim, mean);
	onnx_give_reals(c, 2, FORMAT_ONNX_FLOAT, x->rank, dim, inv);
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_rms_norm(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), *scale = onnx_reals(c, 1), eps = onnx_attr_real(c, "epsilon", 1e-5f);
	int axis = v && scale ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0)
		return c->err->code;
	int64_t rows = onnx_product(x->dim, 0, axis), n = onnx_product(x->dim, axis, x->rank),
			m = format_onnx_count(c->in[1]);
	if (m != n && m != 1)
		return onnx_fail(c, SECANT_ERR_SHAPE, "scale has %lld numbers, not %lld", (long long)m, (long long)n);
	for (int64_t r = 0; r < rows; r++) {
		double square = 0;
		for (int64_t i = 0; i < n; i++)
			square += v[r * n + i] * v[r * n + i];
		for (int64_t i = 0; i < n; i++)
			v[r * n + i] *= scale[m == 1 ? 0 : i] / sqrt(square / (double)n + eps);
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

/* InstanceNormalization and GroupNormalization: N x C x ..., channels in groups. */
secant_status
onnx_eval_group_norm(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), *scale = onnx_reals(c, 1), *bias = onnx_reals(c, 2);
	bool instance = !strcmp(c->node->op, "InstanceNormalization");
	if (!v || !scale || !bias)
		return c->err->code;
	int64_t ch = x->rank > 1 ? x->dim[1] : 0, groups = instance ? ch : onnx_attr_int(c, "num_groups", 1),
			m = format_onnx_count(c->in[1]);
	if (ch < 1 || groups < 1 || ch % groups || format_onnx_count(c->in[2]) != m
		|| (m != ch && (instance || m != groups)))
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld channels in %lld groups, scale and bias of %lld", (long long)ch,
			(long long)groups, (long long)m);
	int64_t inner = onnx_product(x->dim, 2, x->rank), n = ch / groups * inner;
	for (int64_t g = 0; g < x->dim[0] * groups && n; g++)
		standardize(v + g * n, n, 1, onnx_attr_real(c, "epsilon", 1e-5f), NULL, NULL);
	for (int64_t i = 0, count = format_onnx_count(x); i < count; i++) {
		int64_t k = i / inner % ch;
		k = m == ch ? k : k / (ch / groups);
		v[i] = v[i] * scale[k] + bias[k];
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_batch_norm(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), *p[4], eps = onnx_attr_real(c, "epsilon", 1e-5f),
		   momentum = onnx_attr_real(c, "momentum", 0.9f);
	bool train = c->opset >= 14 ? onnx_attr_int(c, "training_mode", 0)
								: c->opset < 7 && !onnx_attr_int(c, "is_test", 0) && c->n_out > 1;
	if (!v)
		return c->err->code;
	int64_t ch = x->rank > 1 ? x->dim[1] : 1, inner = x->rank > 2 ? onnx_product(x->dim, 2, x->rank) : 1,
			n = x->rank ? x->dim[0] : 0;
	for (int i = 0; i < 4; i++) {
		if (!(p[i] = onnx_reals(c, i + 1)))
			return c->err->code;
		if (format_onnx_count(c->in[i + 1]) != ch)
			return onnx_fail(c, SECANT_ERR_SHAPE, "input %d has not %lld numbers", i + 1, (long long)ch);
	}
	for (int64_t k = 0; k < ch && train; k++) {
		double mean = 0, var = 0, count = (double)(n * inner);
		for (int64_t i = 0; i < n * inner; i++)
			mean += v[(i / inner * ch + k) * inner + i % inner] / count;
		for (int64_t i = 0; i < n * inner; i++) {
			double d = v[(i / inner * ch + k) * inner + i % inner] - mean;
			var += d * d / count;
		}
		double running[2] = { p[2][k] * momentum + mean * (1 - momentum), p[3][k] * momentum + var * (1 - momentum) };
		for (int64_t i = 0; i < n * inner; i++) {
			double *q = &v[(i / inner * ch + k) * inner + i % inner];
			*q = (*q - mean) / sqrt(var + eps) * p[0][k] + p[1][k];
		}
		p[2][k] = running[0];
		p[3][k] = running[1];
	}
	for (int64_t i = 0, count = format_onnx_count(x); i < count && !train; i++) {
		int64_t k = i / inner % ch;
		v[i] = (v[i] - p[2][k]) / sqrt(p[3][k] + eps) * p[0][k] + p[1][k];
	}
	onnx_give_reals(c, 1, c->in[3]->type, 1, &ch, p[2]);
	onnx_give_reals(c, 2, c->in[4]->type, 1, &ch, p[3]);
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_lrn(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0), *y = v ? onnx_temp(c, format_onnx_count(x), sizeof *y) : NULL;
	int64_t size = onnx_attr_int(c, "size", 1);
	double alpha = onnx_attr_real(c, "alpha", 1e-4f), beta = onnx_attr_real(c, "beta", 0.75),
		   bias = onnx_attr_real(c, "bias", 1);
	if (!y || x->rank < 2 || size < 1 || size > 1 << 20)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld channels beside each other of a tensor with %d axes",
			(long long)size, x ? x->rank : 0);
	int64_t ch = x->dim[1], inner = onnx_product(x->dim, 2, x->rank), n = format_onnx_count(x);
	for (int64_t i = 0; i < n; i++) {
		int64_t k = i / inner % ch, from = k - (size - 1) / 2, to = k + size / 2;
		double sum = 0;
		for (int64_t j = from < 0 ? 0 : from; j <= (to > ch - 1 ? ch - 1 : to); j++)
			sum += v[i + (j - k) * inner] * v[i + (j - k) * inner];
		y[i] = v[i] / pow(bias + alpha / (double)size * sum, beta);
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, y);
}
