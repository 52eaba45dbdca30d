/* Losses, window functions of signals, and other small ones. See eval.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

/* Mean, sum or each of -w[t] * logp[t], over labels that are not ignored. */
static secant_status
likelihood(onnx_call *c, const onnx_tensor *x, const double *logp)
{
	onnx_tensor *labels = onnx_in(c, 1);
	int64_t *t = onnx_ints(c, 1);
	double *w = onnx_has(c, 2) ? onnx_reals(c, 2) : NULL, sum = 0, weights = 0;
	if (!t || (onnx_has(c, 2) && !w))
		return c->err->code;
	int64_t ch = x->rank > 1 ? x->dim[1] : 0, inner = x->rank > 1 ? onnx_product(x->dim, 2, x->rank) : 1,
			n = format_onnx_count(labels);
	if (ch < 1 || n != x->dim[0] * inner || (w && format_onnx_count(c->in[2]) != ch))
		return onnx_fail(c, SECANT_ERR_SHAPE, "labels or weights do not fit the scores");
	const format_onnx_attr *ignore = onnx_attr(c, "ignore_index");
	const char *how = onnx_attr_text(c, "reduction", "mean");
	double *each = onnx_temp(c, n, sizeof *each);
	for (int64_t i = 0; i < n && each; i++) {
		if (ignore && t[i] == ignore->i)
			continue;
		if (t[i] < 0 || t[i] >= ch)
			return onnx_fail(c, SECANT_ERR_RANGE, "label %lld of %lld classes", (long long)t[i], (long long)ch);
		double weight = w ? w[t[i]] : 1;
		each[i] = -weight * logp[(i / inner * ch + t[i]) * inner + i % inner];
		sum += each[i];
		weights += weight;
	}
	if (!each)
		return c->err->code;
	if (!strcmp(how, "none"))
		return onnx_give_reals(c, 0, x->type, labels->rank, labels->dim, each);
	if (!strcmp(how, "mean"))
		sum /= weights;
	return onnx_give_reals(c, 0, x->type, 0, NULL, &sum);
}

secant_status
onnx_eval_nll(onnx_call *c)
{
	double *v = onnx_reals(c, 0);
	return v ? likelihood(c, c->in[0], v) : c->err->code;
}

secant_status
onnx_eval_cross_entropy(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	if (!v || x->rank < 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants N x C x ...");
	int64_t ch = x->dim[1], inner = onnx_product(x->dim, 2, x->rank);
	for (int64_t i = 0; i < x->dim[0] * inner && ch; i++) {
		double *p = v + i / inner * ch * inner + i % inner, top = -INFINITY, sum = 0;
		for (int64_t k = 0; k < ch; k++)
			top = fmax(top, p[k * inner]);
		for (int64_t k = 0; k < ch; k++)
			sum += exp(p[k * inner] - top);
		for (int64_t k = 0; k < ch; k++)
			p[k * inner] -= top + log(sum);
	}
	onnx_give_reals(c, 1, x->type, x->rank, x->dim, v);
	return likelihood(c, x, v);
}

/* HannWindow, HammingWindow, BlackmanWindow. */
secant_status
onnx_eval_window(onnx_call *c)
{
	int64_t n;
	if (onnx_input_ints(c, 0, NULL, &n, 1) != 1 || n < 0)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no size is given");
	double *v = onnx_temp(c, n, sizeof *v), steps = (double)(onnx_attr_int(c, "periodic", 1) ? n : n - 1);
	for (int64_t i = 0; i < n && v; i++) {
		double a = 2 * 3.14159265358979323846 * (double)i / steps;
		v[i] = !strcmp(c->node->op, "HannWindow")   ? 0.5 - 0.5 * cos(a)
			: !strcmp(c->node->op, "HammingWindow") ? 25.0 / 46 - 21.0 / 46 * cos(a)
													: 0.42 - 0.5 * cos(a) + 0.08 * cos(2 * a);
	}
	return v ? onnx_give_reals(c, 0, (int)onnx_attr_int(c, "output_datatype", FORMAT_ONNX_FLOAT), 1, &n, v)
			 : c->err->code;
}
