/* ONNX's norms of one axis, means of several tensors, kin of Elu and grids, in its plainer operators. See body.h. */
#include <math.h>
#include "formats/onnx/body.h"

static const char *
whole(onnx_body *b, const char *name, int n, const double *v)
{
	int64_t count = n;
	return onnx_body_tensor(b, name, FORMAT_ONNX_INT64, 1, &count, v);
}

/* x / norm, and x itself, which is 0, where the norm is. */
secant_status
onnx_lp_norm(onnx_call *c)
{
	onnx_body b;
	double axis = (double)onnx_attr_int(c, "axis", -1);
	bool first = onnx_attr_int(c, "p", 2) == 1;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	(void)onnx_body_put(&b, first ? "ReduceL1" : "ReduceL2", "n", b.fn.in[0], whole(&b, "a", 1, &axis));
	const char *none = onnx_body_put(&b, "Equal", "e", "n", onnx_body_number(&b, "z", 0));
	format_onnx_node *n = onnx_body_node(&b, "Where", "w", 3);
	if (n) {
		n->in[0] = none;
		n->in[1] = onnx_body_number(&b, "o", 1);
		n->in[2] = "n";
		n->n_in = 3;
	}
	(void)onnx_body_put(&b, "Div", "y", b.fn.in[0], "w");
	return onnx_body_end(&b);
}

/* x / (bias + alpha * the mean of squares of `size` channels, those beyond the ends being 0)^beta: an average of a
 * window over channels. */
secant_status
onnx_lrn(onnx_call *c)
{
	onnx_body b;
	int rank = onnx_rank_of(c, 0);
	int64_t size = onnx_attr_int(c, "size", 1), *window = onnx_temp(c, 6, sizeof *window);
	double apart[4] = { 0, 1, 0, -1 }, back[FORMAT_ONNX_RANK];
	if (rank < 2 || size < 1 || size > 1 << 20 || !window)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld channels beside each other of %d axes", (long long)size, rank);
	for (int i = 0; i < rank; i++)
		back[i] = (double)onnx_dim_of(c, 0, i);
	apart[0] = back[0];
	apart[2] = back[1];
	window[0] = size;
	window[1] = 1;
	window[2] = (size - 1) / 2;
	window[4] = size / 2;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *square = onnx_body_put(&b, "Mul", "q", b.fn.in[0], b.fn.in[0]),
			   *flat = onnx_body_put(&b, "Reshape", "f", square, whole(&b, "fs", 4, apart));
	(void)onnx_body_put(&b, "AveragePool", "p", flat, NULL);
	onnx_body_ints(&b, "kernel_shape", 2, window);
	onnx_body_ints(&b, "pads", 4, window + 2);
	onnx_body_int(&b, "count_include_pad", 1);
	const char *mean = onnx_body_put(&b, "Reshape", "m", "p", whole(&b, "ms", rank, back)),
			   *part = onnx_body_put(
				   &b, "Mul", "t", mean, onnx_body_number(&b, "al", onnx_attr_real(c, "alpha", 1e-4f))),
			   *sum = onnx_body_put(&b, "Add", "s", part, onnx_body_number(&b, "bi", onnx_attr_real(c, "bias", 1))),
			   *root = onnx_body_put(&b, "Pow", "r", sum, onnx_body_number(&b, "be", onnx_attr_real(c, "beta", 0.75)));
	(void)onnx_body_put(&b, "Div", "y", b.fn.in[0], root);
	return onnx_body_end(&b);
}

secant_status
onnx_mean_of_many(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	format_onnx_node *n = onnx_body_node(&b, "Sum", "s", c->n_in);
	for (int i = 0; n && i < c->n_in; i++)
		n->in[n->n_in++] = b.fn.in[i];
	(void)onnx_body_put(&b, "Mul", "y", "s", onnx_body_number(&b, "n", 1.0 / (c->n_in > 0 ? c->n_in : 1)));
	return onnx_body_end(&b);
}

/* gamma * elu(x), its negative part alpha times as large; alpha * elu(x / alpha). */
secant_status
onnx_scaled_elu(onnx_call *c)
{
	onnx_body b;
	bool celu = c->node->op[0] == 'C';
	double alpha = onnx_attr_real(c, "alpha", celu ? 1 : 1.67326319217681884765625),
		   gamma = celu ? alpha : onnx_attr_real(c, "gamma", 1.05070102214813232421875);
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *x = celu ? onnx_body_put(&b, "Mul", "d", b.fn.in[0], onnx_body_number(&b, "i", 1 / alpha)) : b.fn.in[0];
	(void)onnx_body_put(&b, "Elu", "e", x, NULL);
	onnx_body_real(&b, "alpha", celu ? 1 : alpha);
	(void)onnx_body_put(&b, "Mul", "y", "e", onnx_body_number(&b, "g", gamma));
	return onnx_body_end(&b);
}

secant_status
onnx_softsign(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *size = onnx_body_put(&b, "Abs", "a", b.fn.in[0], NULL);
	(void)onnx_body_put(&b, "Div", "y", b.fn.in[0], onnx_body_put(&b, "Add", "s", size, onnx_body_number(&b, "o", 1)));
	return onnx_body_end(&b);
}

/* Places -1..1 of the pixels of a picture of known size, through a matrix of each picture: rows (x, y, 1) by N x 2 x 3.
 */
secant_status
onnx_affine_grid(onnx_call *c)
{
	enum { MOST = 1 << 24 };
	onnx_body b;
	int64_t size[FORMAT_ONNX_RANK];
	bool align = onnx_attr_int(c, "align_corners", 0);
	int n = c->n_in > 1 && c->in[1] ? onnx_input_ints(c, 1, NULL, size, FORMAT_ONNX_RANK) : -1;
	if (n != 4 || onnx_rank_of(c, 0) != 3)
		return c->err->code ? c->err->code
							: onnx_fail(c, SECANT_ERR_UNSUPPORTED, "other than pictures of a known size");
	int64_t h = size[2], w = size[3], places[2] = { h * w, 3 };
	if (h < 1 || w < 1 || h > MOST || w > MOST || h * w > MOST)
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld x %lld pixels", (long long)h, (long long)w);
	double *v = onnx_temp(c, 3 * h * w, sizeof *v), shape[4] = { (double)size[0], (double)h, (double)w, 2 };
	for (int64_t i = 0; v && i < h * w; i++) {
		int64_t x = i % w, y = i / w;
		v[3 * i] = !align ? (2 * (double)x + 1) / (double)w - 1 : w > 1 ? 2 * (double)x / (double)(w - 1) - 1 : 0;
		v[3 * i + 1] = !align ? (2 * (double)y + 1) / (double)h - 1 : h > 1 ? 2 * (double)y / (double)(h - 1) - 1 : 0;
		v[3 * i + 2] = 1;
	}
	if (!v || !onnx_body_begin(&b, c))
		return c->err->code;
	const char *turned = onnx_body_put(&b, "Transpose", "t", b.fn.in[0], NULL);
	onnx_body_perm(&b, 3, (int64_t[]){ 0, 2, 1 });
	const char *rows = onnx_body_put(
		&b, "MatMul", "m", onnx_body_tensor(&b, "p", FORMAT_ONNX_FLOAT, 2, places, v), turned);
	(void)onnx_body_put(&b, "Reshape", "y", rows, whole(&b, "s", 4, shape));
	return onnx_body_end(&b);
}
