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

/* ---- ONNX Runtime's ---- */

/* Numbers from..to - 1 of the last axis of x. */
static const char *
part_of(onnx_body *b, const char *x, int64_t axis, int k, int64_t from, int64_t to)
{
	static const char *const names[3][4] = { { "p0", "f0", "t0", "a0" }, { "p1", "f1", "t1", "a1" },
		{ "p2", "f2", "t2", "a2" } };
	const double numbers[3] = { (double)from, (double)to, (double)axis };
	int64_t one = 1;
	format_onnx_node *n = onnx_body_node(b, "Slice", names[k][0], 4);
	if (!n)
		return "";
	n->in[n->n_in++] = x;
	for (int i = 0; i < 3; i++)
		n->in[n->n_in++] = onnx_body_tensor(b, names[k][1 + i], FORMAT_ONNX_INT64, 1, &one, &numbers[i]);
	return names[k][0];
}

/* What is added to scores: input `mask`, 1 for each of batch x keys that counts, and input `bias`; "": nothing. */
static const char *
added_to_scores(onnx_body *b, int mask, int bias)
{
	onnx_call *c = b->c;
	const char *of_bias = onnx_is_given(c, bias) ? b->fn.in[bias] : "";
	if (!onnx_is_given(c, mask))
		return of_bias;
	if (onnx_rank_of(c, mask) != 2) {
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "a mask of other than batch x keys");
		return "";
	}
	double shape[4] = { (double)onnx_dim_of(c, mask, 0), 1, 1, (double)onnx_dim_of(c, mask, 1) };
	int64_t four = 4;
	const char *keeps = onnx_body_put(b, "Cast", "mc", b->fn.in[mask], NULL);
	onnx_body_int(b, "to", FORMAT_ONNX_FLOAT);
	const char *drops = onnx_body_put(b, "Sub", "md", onnx_body_number(b, "m1", 1), keeps),
			   *far = onnx_body_put(
				   b, "Mul", "mf", drops, onnx_body_number(b, "mv", onnx_attr_real(c, "mask_filter_value", -10000))),
			   *wide = onnx_body_put(
				   b, "Reshape", "mw", far, onnx_body_tensor(b, "ms", FORMAT_ONNX_INT64, 1, &four, shape));
	return *of_bias ? onnx_body_put(b, "Add", "ma", wide, of_bias) : wide;
}

/* ONNX's Attention of three tensors, as the node's own attributes say. */
static secant_status
attend(onnx_body *b, const char *const qkv[3], const char *mask)
{
	onnx_call *c = b->c;
	int64_t heads = onnx_attr_int(c, "num_heads", 0);
	double scale = onnx_attr_real(c, "scale", 0);
	format_onnx_node *n = onnx_body_node(b, "Attention", "y", 4);
	for (int i = 0; n && i < 3; i++)
		n->in[n->n_in++] = qkv[i];
	if (n && *mask)
		n->in[n->n_in++] = mask;
	onnx_body_int(b, "q_num_heads", heads);
	onnx_body_int(b, "kv_num_heads", heads);
	onnx_body_int(b, "is_causal", onnx_attr_int(c, "unidirectional", 0));
	if (scale != 0)
		onnx_body_real(b, "scale", scale);
	return onnx_body_end(b);
}

static bool
is_plain(onnx_call *c, const int *absent, int n)
{
	bool plain = c->n_out == 1 && !onnx_attr_int(c, "do_rotary", 0);
	for (int i = 0; i < n; i++)
		plain = plain && !onnx_is_given(c, absent[i]);
	if (!plain)
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "remembers keys, turns them, or gives them");
	return plain;
}

/* Input, weights (of queries, keys and values side by side), bias, mask, past, what is added to scores. */
secant_status
onnx_packed_attention(onnx_call *c)
{
	static const int absent[] = { 4, 6 };
	onnx_body b;
	int64_t size[3], width = onnx_rank_of(c, 1) == 2 ? onnx_dim_of(c, 1, 1) : -1;
	if (!is_plain(c, absent, 2))
		return c->err->code;
	int n = onnx_attr_ints(c, "qkv_hidden_sizes", size, 3);
	if (n != 3)
		size[0] = size[1] = size[2] = width / 3;
	if (onnx_rank_of(c, 0) != 3 || width < 3 || size[0] < 1 || size[1] < 1 || size[2] < 1 || size[0] > width
		|| size[1] > width || size[0] + size[1] + size[2] != width)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants batch x length x width and weights of three parts");
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *all = onnx_body_put(&b, "MatMul", "w", b.fn.in[0], b.fn.in[1]);
	if (onnx_is_given(c, 2))
		all = onnx_body_put(&b, "Add", "b", all, b.fn.in[2]);
	const char *qkv[3];
	for (int k = 0; k < 3; k++) {
		int64_t from = k > 1 ? size[0] + size[1] : k ? size[0] : 0;
		qkv[k] = part_of(&b, all, 2, k, from, from + size[k]);
	}
	return attend(&b, qkv, added_to_scores(&b, 3, 5));
}

/* Queries, keys, values (batch x length x width each), bias of all three, mask, what is added to scores. */
secant_status
onnx_heads_attention(onnx_call *c)
{
	static const int absent[] = { 6, 7, 8, 9 };
	static const char *const biased[3] = { "q", "k", "v" };
	onnx_body b;
	if (!is_plain(c, absent, 4))
		return c->err->code;
	for (int i = 0; i < 3; i++)
		if (onnx_rank_of(c, i) != 3)
			return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "queries, keys or values of other than batch x length x width");
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *qkv[3];
	for (int k = 0, from = 0; k < 3; from += (int)onnx_dim_of(c, k, 2), k++) {
		qkv[k] = b.fn.in[k];
		if (onnx_is_given(c, 3))
			qkv[k] = onnx_body_put(
				&b, "Add", biased[k], qkv[k], part_of(&b, b.fn.in[3], 0, k, from, from + onnx_dim_of(c, k, 2)));
	}
	return attend(&b, qkv, added_to_scores(&b, 4, 5));
}
