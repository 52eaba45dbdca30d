/*
 * What ONNX Runtime's optimiser and quantisers fuse (com.microsoft), as what it was fused of; see body.h. Meanings:
 * github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
 */
#include <math.h>
#include <string.h>
#include "formats/onnx/body.h"

/* ---- layers that end in an activation ---- */

/* The parameters of an activation, which conv has as a list and gemm as attributes. */
static double
parameter(const onnx_call *c, int i, const char *name, double otherwise)
{
	const format_onnx_attr *list = onnx_attr(c, "activation_params");
	return list && i < list->n_floats ? list->floats[i] : onnx_attr_real(c, name, otherwise);
}

static void
activated(onnx_body *b, const char *x)
{
	const char *act = onnx_attr_text(b->c, "activation", "");
	if (!*act) {
		(void)onnx_body_put(b, "Identity", "y", x, NULL);
		return;
	}
	if (!strcmp(act, "Clip")) {
		format_onnx_node *n = onnx_body_node(b, "Clip", "y", 3);
		if (!n)
			return;
		n->in[0] = x;
		n->in[1] = onnx_body_number(b, "low", parameter(b->c, 0, "activation_alpha", -INFINITY));
		n->in[2] = onnx_body_number(b, "high", parameter(b->c, 1, "activation_beta", INFINITY));
		n->n_in = 3;
		return;
	}
	(void)onnx_body_put(b, act, "y", x, NULL);
	if (!strcmp(act, "LeakyRelu") || !strcmp(act, "Elu"))
		onnx_body_real(b, "alpha", parameter(b->c, 0, "activation_alpha", *act == 'E' ? 1 : 0.01f));
	if (!strcmp(act, "HardSigmoid")) {
		onnx_body_real(b, "alpha", parameter(b->c, 0, "activation_alpha", 0.2f));
		onnx_body_real(b, "beta", parameter(b->c, 1, "activation_beta", 0.5));
	}
}

/* activation(conv(x, w, b) + z) */
secant_status
onnx_fused_conv(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	format_onnx_node *n = onnx_body_node(&b, "Conv", "c", 3);
	for (int i = 0; n && i < 3 && i < c->n_in; i++)
		n->in[n->n_in++] = onnx_is_given(c, i) ? b.fn.in[i] : "";
	onnx_body_own(&b);
	activated(&b, onnx_is_given(c, 3) ? onnx_body_put(&b, "Add", "s", "c", b.fn.in[3]) : "c");
	return onnx_body_end(&b);
}

secant_status
onnx_fused_gemm(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	format_onnx_node *n = onnx_body_node(&b, "Gemm", "c", 3);
	for (int i = 0; n && i < 3 && i < c->n_in; i++)
		n->in[n->n_in++] = onnx_is_given(c, i) ? b.fn.in[i] : "";
	onnx_body_own(&b);
	activated(&b, "c");
	return onnx_body_end(&b);
}

/* The last two axes exchanged, where the attribute says so. */
static const char *
turned(onnx_body *b, int i, const char *attr, const char *out)
{
	int64_t perm[FORMAT_ONNX_RANK];
	int rank = onnx_rank_of(b->c, i);
	if (!onnx_attr_int(b->c, attr, 0) || rank < 2)
		return b->fn.in[i];
	for (int k = 0; k < rank; k++)
		perm[k] = k;
	perm[rank - 2] = rank - 1;
	perm[rank - 1] = rank - 2;
	(void)onnx_body_put(b, "Transpose", out, b->fn.in[i], NULL);
	onnx_body_perm(b, rank, perm);
	return out;
}

secant_status
onnx_fused_matmul(onnx_call *c)
{
	onnx_body b;
	if (onnx_attr_int(c, "transBatchA", 0) || onnx_attr_int(c, "transBatchB", 0) || c->n_in != 2)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "exchanges batches: export the network without that optimisation");
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *x = turned(&b, 0, "transA", "xt"), *w = turned(&b, 1, "transB", "wt");
	(void)onnx_body_put(&b, "MatMul", "m", x, w);
	(void)onnx_body_put(&b, "Mul", "y", "m", onnx_body_number(&b, "alpha", onnx_attr_real(c, "alpha", 1)));
	return onnx_body_end(&b);
}

/* norm(x + skip + bias) * gamma + beta. Inputs: x, skip, gamma, beta, bias; the simplified one, which takes no mean
 * off, has no beta. Output 3: the sum. */
secant_status
onnx_skip_norm(onnx_call *c)
{
	onnx_body b;
	bool simple = strstr(c->node->op, "Simplified");
	int bias = simple ? 3 : 4;
	if (onnx_wants(c, 1) || onnx_wants(c, 2))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "its statistics are asked for");
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *s = onnx_body_put(&b, "Add", onnx_is_given(c, bias) ? "p" : "s", "0", "1");
	if (onnx_is_given(c, bias))
		s = onnx_body_put(&b, "Add", "s", s, b.fn.in[bias]);
	format_onnx_node *n = onnx_body_node(&b, simple ? "RMSNormalization" : "LayerNormalization", "y", 3);
	if (!n)
		return c->err->code;
	n->in[n->n_in++] = s;
	n->in[n->n_in++] = "2";
	if (!simple && onnx_is_given(c, 3))
		n->in[n->n_in++] = "3";
	onnx_body_real(&b, "epsilon", onnx_attr_real(c, "epsilon", simple ? 1e-5f : 1e-12f));
	b.fn.out[1] = b.fn.out[2] = b.fn.out[3] = s;
	b.fn.n_out = onnx_wants(c, 3) ? 4 : 1;
	return onnx_body_end(&b);
}

/* x * sigmoid(alpha * x) */
secant_status
onnx_quick_gelu(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	(void)onnx_body_put(&b, "Mul", "a", "0", onnx_body_number(&b, "alpha", onnx_attr_real(c, "alpha", 1.702f)));
	(void)onnx_body_put(&b, "Sigmoid", "s", "a", NULL);
	(void)onnx_body_put(&b, "Mul", "y", "0", "s");
	return onnx_body_end(&b);
}

/* ---- products of bytes ---- */

/* DequantizeLinear of inputs x, scale, zero along an axis. */
static const char *
real_of(onnx_body *b, const char *out, int x, int scale, int zero, int64_t axis)
{
	format_onnx_node *n = onnx_body_node(b, "DequantizeLinear", out, 3);
	if (!n)
		return "";
	n->in[n->n_in++] = b->fn.in[x];
	n->in[n->n_in++] = b->fn.in[scale];
	if (onnx_is_given(b->c, zero))
		n->in[n->n_in++] = b->fn.in[zero];
	onnx_body_int(b, "axis", axis);
	return out;
}

/* a, scale, zero, b, scale, zero, c (in steps of both scales), y's scale and zero: absent, it stays real. */
secant_status
onnx_qgemm(onnx_call *c)
{
	onnx_body b;
	if (c->n_in < 6 || onnx_attr_real(c, "alpha", 1) != 1)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "a product that is scaled by another number");
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *x = real_of(&b, "x", 0, 1, 2, 0), *w = real_of(&b, "w", 3, 4, 5, !onnx_attr_int(c, "transB", 0)),
			   *bias = NULL, *out = onnx_is_given(c, 7) ? "r" : "y";
	if (onnx_is_given(c, 6)) {
		(void)onnx_body_put(&b, "Mul", "ss", "1", "4");
		bias = onnx_body_put(&b, "DequantizeLinear", "c", "6", "ss");
		onnx_body_int(&b, "axis", -1);
	}
	format_onnx_node *n = onnx_body_node(&b, "Gemm", out, 3);
	if (!n)
		return c->err->code;
	n->in[0] = x, n->in[1] = w, n->in[2] = bias ? bias : "";
	n->n_in = bias ? 3 : 2;
	onnx_body_own(&b);
	if (onnx_is_given(c, 7) && (n = onnx_body_node(&b, "QuantizeLinear", "y", 3))) {
		n->in[0] = out, n->in[1] = "7", n->in[2] = onnx_is_given(c, 8) ? "8" : "";
		n->n_in = onnx_is_given(c, 8) ? 3 : 2;
	}
	return onnx_body_end(&b);
}

/* x (real), weights, their scale and zero, bias: x as bytes of its own range, times the weights. */
secant_status
onnx_dynamic_matmul(onnx_call *c)
{
	onnx_body b;
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	format_onnx_node *n = onnx_body_node(&b, "DynamicQuantizeLinear", "q", 1);
	const char **outs = onnx_temp(c, 3, sizeof *outs);
	if (!n || !outs)
		return c->err->code;
	n->in[n->n_in++] = "0";
	outs[0] = "q", outs[1] = "qs", outs[2] = "qz";
	n->out = outs;
	n->n_out = 3;
	(void)onnx_body_put(&b, "Cast", "qr", "q", NULL);
	onnx_body_int(&b, "to", FORMAT_ONNX_FLOAT);
	(void)onnx_body_put(&b, "Cast", "zr", "qz", NULL);
	onnx_body_int(&b, "to", FORMAT_ONNX_FLOAT);
	(void)onnx_body_put(&b, "Sub", "x", "qr", "zr");
	(void)onnx_body_put(&b, "MatMul", "m", "x", real_of(&b, "w", 1, 2, 3, -1));
	(void)onnx_body_put(&b, "Mul", onnx_is_given(c, 4) ? "s" : "y", "m", "qs");
	if (onnx_is_given(c, 4))
		(void)onnx_body_put(&b, "Add", "y", "s", "4");
	return onnx_body_end(&b);
}

/* Weights of bytes, D x I x 4H with scales and zeros for each direction or for each of its outputs, as LSTM has them:
 * D x 4H x I. `names`: of what is made on the way, the last one of the result. */
static const char *
cell_weights(onnx_body *b, int w, int scale, int zero, const char *const names[8])
{
	int64_t three = 3;
	double shape[3] = { (double)onnx_dim_of(b->c, w, 0), 1, -1 };
	const char *to = onnx_body_tensor(b, names[0], FORMAT_ONNX_INT64, 1, &three, shape), *v = names[1];
	(void)onnx_body_put(b, "Cast", v, b->fn.in[w], NULL);
	onnx_body_int(b, "to", FORMAT_ONNX_FLOAT);
	if (onnx_is_given(b->c, zero)) {
		(void)onnx_body_put(b, "Cast", names[2], b->fn.in[zero], NULL);
		onnx_body_int(b, "to", FORMAT_ONNX_FLOAT);
		v = onnx_body_put(b, "Sub", names[4], v, onnx_body_put(b, "Reshape", names[3], names[2], to));
	}
	v = onnx_body_put(b, "Mul", names[6], v, onnx_body_put(b, "Reshape", names[5], b->fn.in[scale], to));
	(void)onnx_body_put(b, "Transpose", names[7], v, NULL);
	onnx_body_perm(b, 3, (int64_t[]){ 0, 2, 1 });
	return names[7];
}

/* X, W, R, B, lengths, h, c, P as LSTM, the weights as bytes; then scale and zero of W, and of R. What is multiplied
 * stays real, where ONNX Runtime rounds it to bytes of its range. */
secant_status
onnx_dynamic_lstm(onnx_call *c)
{
	static const char *const ws[] = { "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7" },
							 *const rs[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7" };
	onnx_body b;
	if (c->n_in < 11 || !onnx_is_given(c, 8) || !onnx_is_given(c, 10) || onnx_rank_of(c, 1) != 3
		|| onnx_rank_of(c, 2) != 3 || c->n_out > 3)
		return onnx_fail(c, SECANT_ERR_FORMAT, "%d inputs, weights of %d and %d axes", c->n_in, onnx_rank_of(c, 1),
			onnx_rank_of(c, 2));
	if (!onnx_body_begin(&b, c))
		return c->err->code;
	const char *w = cell_weights(&b, 1, 8, 9, ws), *r = cell_weights(&b, 2, 10, 11, rs);
	const char **outs = onnx_temp(c, 3, sizeof *outs);
	format_onnx_node *n = outs ? onnx_body_node(&b, "LSTM", "y", 8) : NULL;
	if (!n)
		return c->err->code;
	for (int i = 0; i < 8; i++)
		n->in[n->n_in++] = i == 1 ? w : i == 2 ? r : onnx_is_given(c, i) ? b.fn.in[i] : "";
	onnx_body_own(&b);
	b.fn.out[1] = outs[1] = "h";
	b.fn.out[2] = outs[2] = "c";
	outs[0] = "y";
	n->out = outs;
	b.fn.n_out = n->n_out = c->n_out;
	return onnx_body_end(&b);
}

/* Number k of row n, in blocks of `blob` bytes, `bits` bits each, the lowest first. */
static int
bits_of(const uint8_t *p, int64_t row, int64_t k, int64_t block, int64_t blob, int64_t blocks, int bits)
{
	const uint8_t *at = p + (row * blocks + k / block) * blob;
	int64_t bit = k % block * bits;
	return at[bit / 8] >> bit % 8 & ((1 << bits) - 1);
}

/* x, weights of 2, 4 or 8 bits in blocks along k (N x blocks x bytes), a scale for each block, zeros (packed as weights
 * are; absent: half the range), an order of k, bias. */
secant_status
onnx_matmul_bits(onnx_call *c)
{
	int64_t k = onnx_attr_int(c, "K", 0), n = onnx_attr_int(c, "N", 0), bits = onnx_attr_int(c, "bits", 4),
			block = onnx_attr_int(c, "block_size", 0), most = INT64_C(1) << 31;
	onnx_body b;
	if (c->n_in < 3 || !c->in[1] || !c->in[2] || (onnx_is_given(c, 3) && !c->in[3]))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "weights that depend on the input");
	if (onnx_is_given(c, 4))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "an order of its columns (g_idx)");
	if ((bits != 2 && bits != 4 && bits != 8) || block < 16 || block > 1 << 16 || (block & (block - 1)) || k < 1
		|| n < 1 || k > most || n > most || n > most / k)
		return onnx_fail(c, SECANT_ERR_FORMAT, "%lld x %lld weights of %lld bits in blocks of %lld", (long long)k,
			(long long)n, (long long)bits, (long long)block);
	int64_t blocks = (k + block - 1) / block, blob = block * bits / 8, packed = (blocks * bits + 7) / 8;
	bool real_zeros = c->n_in > 3 && c->in[3] && c->in[3]->type != FORMAT_ONNX_UINT8;
	if (c->in[1]->type != FORMAT_ONNX_UINT8 || format_onnx_count(c->in[1]) != n * blocks * blob
		|| format_onnx_count(c->in[2]) != n * blocks
		|| (onnx_is_given(c, 3) && format_onnx_count(c->in[3]) != n * (real_zeros ? blocks : packed)))
		return onnx_fail(c, SECANT_ERR_SHAPE, "weights, scales and zeros do not fit each other");
	const uint8_t *w = c->in[1]->data, *z = onnx_is_given(c, 3) && !real_zeros ? c->in[3]->data : NULL;
	double *scale = onnx_reals(c, 2), *zeros = real_zeros ? onnx_reals(c, 3) : NULL,
		   *v = onnx_temp(c, k * n, sizeof *v);
	if (!scale || !v || (real_zeros && !zeros) || onnx_spend(c, (double)k * (double)n) || !onnx_body_begin(&b, c))
		return c->err->code;
	for (int64_t j = 0; j < n; j++)
		for (int64_t i = 0; i < k; i++) {
			int64_t at = j * blocks + i / block;
			double zero = zeros ? zeros[at]
				: z             ? bits_of(z, j, i / block, packed * 8 / bits, packed, 1, (int)bits)
								: (double)(1 << (bits - 1));
			v[i * n + j] = (bits_of(w, j, i, block, blob, blocks, (int)bits) - zero) * scale[at];
		}
	const char *weights = onnx_body_tensor(&b, "w", FORMAT_ONNX_FLOAT, 2, (int64_t[]){ k, n }, v);
	if (b.fn.body.n_init)
		b.fn.body.init[0].tensor->learned = true; /* made of weights: a state, not a constant */
	(void)onnx_body_put(&b, "MatMul", onnx_is_given(c, 5) ? "m" : "y", "0", weights);
	if (onnx_is_given(c, 5))
		(void)onnx_body_put(&b, "Add", "y", "m", "5");
	return onnx_body_end(&b);
}

/* scale, zero; then each input with its scale and zero. */
secant_status
onnx_qlinear_concat(onnx_call *c)
{
	onnx_body b;
	int n = (c->n_in - 2) / 3;
	if (c->n_in < 5 || (c->n_in - 2) % 3 || !onnx_body_begin(&b, c))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "%d inputs", c->n_in);
	const char **part = onnx_temp(c, n, sizeof *part);
	for (int i = 0; i < n && part; i++)
		part[i] = real_of(&b, onnx_body_name(&b, "x%d", i), 2 + 3 * i, 3 + 3 * i, 4 + 3 * i, 1);
	format_onnx_node *join = part ? onnx_body_node(&b, "Concat", "c", n) : NULL;
	for (int i = 0; i < n && join; i++)
		join->in[join->n_in++] = part[i];
	onnx_body_own(&b);
	format_onnx_node *q = join ? onnx_body_node(&b, "QuantizeLinear", "y", 3) : NULL;
	if (!q)
		return c->err->code;
	q->in[0] = "c", q->in[1] = b.fn.in[0], q->in[2] = b.fn.in[1];
	q->n_in = 3;
	return onnx_body_end(&b);
}
