/*
 * Nodes that others say: a function's body, written while the network is read, and walked as if the file held it. Its
 * inputs are the node's, by their numbers ("0", "1", ...); its output is "y". Names and nodes live until the call ends.
 */
#ifndef FORMAT_ONNX_BODY_H
#define FORMAT_ONNX_BODY_H
#include "formats/onnx/eval.h"
#include "formats/onnx/map.h"

enum { ONNX_BODY_NODES = 24, ONNX_BODY_TENSORS = 16, ONNX_BODY_ATTRS = 4 };

typedef struct onnx_body {
	onnx_call *c;
	format_onnx_function fn;
} onnx_body;

bool onnx_body_begin(onnx_body *b, onnx_call *c);
/* A node with room for so many inputs, and none of them yet; NULL after an error. */
format_onnx_node *onnx_body_node(onnx_body *b, const char *op, const char *out, int inputs);
/* A node of one or two inputs (y NULL: one); returns out. An input "" is absent. */
const char *onnx_body_put(onnx_body *b, const char *op, const char *out, const char *x, const char *y);
/* Of the node that was put last. */
void onnx_body_perm(onnx_body *b, int n, const int64_t *perm);
void onnx_body_ints(onnx_body *b, const char *name, int n, const int64_t *v); /* v lives until the call ends */
void onnx_body_int(onnx_body *b, const char *name, int64_t v);
void onnx_body_real(onnx_body *b, const char *name, double v);
void onnx_body_text(onnx_body *b, const char *name, const char *v);
void onnx_body_own(onnx_body *b); /* the attributes of the node that is being said */
/* A tensor of real or whole numbers; returns its name. */
const char *onnx_body_tensor(onnx_body *b, const char *name, int type, int rank, const int64_t *dim, const double *v);
const char *onnx_body_number(onnx_body *b, const char *name, double v); /* a real one without axes */
const char *onnx_body_name(onnx_body *b, const char *format, int i); /* a name with a number or letter in it */
secant_status onnx_body_end(onnx_body *b); /* walks it */

/* ---- of the node that is being said ---- */
bool onnx_is_given(const onnx_call *c, int i);
int onnx_rank_of(const onnx_call *c, int i); /* known or mapped; 0 */
int64_t onnx_dim_of(const onnx_call *c, int i, int k); /* -1: there is none */
int onnx_type_of(const onnx_call *c, int i);

/* ---- what is said so, beside the rows of contributed.c ---- */
secant_status onnx_attention(onnx_call *c);
secant_status onnx_packed_attention(onnx_call *c);
secant_status onnx_heads_attention(onnx_call *c);
bool onnx_einsum(onnx_call *c, secant_status *status); /* false: no product of two */
secant_status onnx_lp_norm(onnx_call *c);
secant_status onnx_lrn(onnx_call *c);
secant_status onnx_mean_of_many(onnx_call *c);
secant_status onnx_scaled_elu(onnx_call *c);
secant_status onnx_softsign(onnx_call *c);
secant_status onnx_affine_grid(onnx_call *c);
secant_status onnx_deform_conv(onnx_call *c);
secant_status onnx_fused_conv(onnx_call *c);
secant_status onnx_fused_gemm(onnx_call *c);
secant_status onnx_fused_matmul(onnx_call *c);
secant_status onnx_skip_norm(onnx_call *c);
secant_status onnx_quick_gelu(onnx_call *c);
secant_status onnx_qgemm(onnx_call *c);
secant_status onnx_dynamic_matmul(onnx_call *c);
secant_status onnx_dynamic_lstm(onnx_call *c);
secant_status onnx_matmul_bits(onnx_call *c);
secant_status onnx_qlinear_concat(onnx_call *c);
#endif
