/* Attention as products, in ONNX's plain operators. See body.h. */
#include <math.h>
#include "formats/onnx/body.h"

enum { MOST_ROWS = 1 << 13 };

/* Q, K or V of three axes, batch x length x heads * size, as batch x heads x length x size. */
static const char *
split_heads(onnx_body *b, int i, int64_t heads, const char *const name[3])
{
	double shape[4] = { (double)onnx_dim_of(b->c, i, 0), (double)onnx_dim_of(b->c, i, 1), (double)heads, -1 };
	int64_t four = 4;
	const char *apart = onnx_body_put(
		b, "Reshape", name[1], b->fn.in[i], onnx_body_tensor(b, name[0], FORMAT_ONNX_INT64, 1, &four, shape));
	const char *out = onnx_body_put(b, "Transpose", name[2], apart, NULL);
	onnx_body_perm(b, 4, (int64_t[]){ 0, 2, 1, 3 });
	return out;
}

static const char *
causal(onnx_body *b, const char *scores, int64_t rows, int64_t columns)
{
	double *v = onnx_temp(b->c, rows * columns, sizeof *v);
	int64_t dim[2] = { rows, columns };
	for (int64_t i = 0; v && i < rows * columns; i++)
		v[i] = i % columns > i / columns ? -INFINITY : 0;
	return v ? onnx_body_put(b, "Add", "sc", scores, onnx_body_tensor(b, "tri", FORMAT_ONNX_FLOAT, 2, dim, v)) : "";
}

static const char *
masked(onnx_body *b, const char *scores)
{
	static const double none = 0, out = -INFINITY;
	int type = b->c->in[3] ? b->c->in[3]->type : b->c->mapped[3]->type;
	if (type != FORMAT_ONNX_BOOL)
		return onnx_body_put(b, "Add", "sm", scores, b->fn.in[3]);
	format_onnx_node *n = onnx_body_node(b, "Where", "mm", 3);
	if (!n)
		return "";
	n->in[0] = b->fn.in[3];
	n->in[1] = onnx_body_tensor(b, "zero", FORMAT_ONNX_FLOAT, 0, NULL, &none);
	n->in[2] = onnx_body_tensor(b, "far", FORMAT_ONNX_FLOAT, 0, NULL, &out);
	n->n_in = 3;
	return onnx_body_put(b, "Add", "sm", scores, "mm");
}

/* softmax(Q K^T * scale + mask) V. */
secant_status
onnx_attention(onnx_call *c)
{
	onnx_body b;
	int rank = onnx_rank_of(c, 0);
	int64_t heads = rank == 3 ? onnx_attr_int(c, "q_num_heads", 0) : onnx_dim_of(c, 0, 1),
			others = rank == 3 ? onnx_attr_int(c, "kv_num_heads", 0) : onnx_dim_of(c, 1, 1);
	if ((rank != 3 && rank != 4) || onnx_rank_of(c, 1) != rank || onnx_rank_of(c, 2) != rank || heads < 1)
		return onnx_fail(c, SECANT_ERR_FORMAT, "wants queries, keys and values of 3 or 4 axes, and heads");
	if (heads != others || c->n_in > 4 || c->n_out > 1 || onnx_attr_real(c, "softcap", 0) != 0)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED,
			"shares keys among heads, remembers them, caps scores, or gives them: "
			"export the network with attention as products (opset below 23)");
	int64_t size = rank == 4 ? onnx_dim_of(c, 0, 3) : onnx_dim_of(c, 0, 2) / heads, rows = onnx_dim_of(c, 0, rank - 2),
			columns = onnx_dim_of(c, 1, rank - 2);
	double root = sqrt(onnx_attr_real(c, "scale", 1 / sqrt((double)(size > 0 ? size : 1))));
	if (onnx_attr_int(c, "is_causal", 0) && (rows < 1 || columns < 1 || rows > MOST_ROWS || columns > MOST_ROWS))
		return onnx_fail(
			c, SECANT_ERR_UNSUPPORTED, "looks back over %lld places of %lld", (long long)rows, (long long)columns);
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *q = b.fn.in[0], *k = b.fn.in[1], *v = b.fn.in[2];
	if (rank == 3) {
		q = split_heads(&b, 0, heads, (const char *const[]){ "qs", "qa", "qh" });
		k = split_heads(&b, 1, heads, (const char *const[]){ "ks", "ka", "kh" });
		v = split_heads(&b, 2, heads, (const char *const[]){ "vs", "va", "vh" });
	}
	const char *scale = onnx_body_tensor(&b, "root", FORMAT_ONNX_FLOAT, 0, NULL, &root);
	k = onnx_body_put(&b, "Transpose", "kt", k, NULL);
	onnx_body_perm(&b, 4, (int64_t[]){ 0, 1, 3, 2 });
	const char *s = onnx_body_put(
		&b, "MatMul", "s", onnx_body_put(&b, "Mul", "qr", q, scale), onnx_body_put(&b, "Mul", "kr", k, scale));
	if (onnx_attr_int(c, "is_causal", 0))
		s = causal(&b, s, rows, columns);
	if (onnx_is_given(c, 3))
		s = masked(&b, s);
	s = onnx_body_put(&b, "MatMul", rank == 4 ? "y" : "o", onnx_body_put(&b, "Softmax", "p", s, NULL), v);
	if (rank == 3) {
		double shape[3] = { (double)onnx_dim_of(c, 0, 0), (double)rows, -1 };
		int64_t three = 3;
		s = onnx_body_put(&b, "Transpose", "ot", s, NULL);
		onnx_body_perm(&b, 4, (int64_t[]){ 0, 2, 1, 3 });
		(void)onnx_body_put(&b, "Reshape", "y", s, onnx_body_tensor(&b, "os", FORMAT_ONNX_INT64, 1, &three, shape));
	}
	return onnx_body_end(&b);
}
