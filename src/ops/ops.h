/*
 * The attributes of operators that builders of graphs set in C, and the arithmetic of shapes that rules, references and
 * implementations share. The list of operators is ops.inc; each is defined in op_*.c.
 */
#ifndef OP_OPS_H
#define OP_OPS_H
#include "graph/graph.h"

/* ---- attributes ---- */

/* conv2d, conv_transpose2d and their gradients. padding: 1 number for all sides, 2 for h and w, 4 for top, left,
 * bottom, right. */
typedef struct op_conv_attr {
	secant_ints stride, dilation; /* h, w */
	secant_ints padding;
	secant_ints output_padding; /* h, w; of conv_transpose2d */
	int groups;
	int act; /* a row of act.h, applied last: set by passes */
	secant_ints size; /* conv2d_grad_data: H, W of the input; conv2d_grad_weights: kernel kH, kW */
} op_conv_attr;
op_conv_attr op_conv(int stride, int padding, int dilation, int groups);
int op_pad_of(const secant_ints *padding, int side); /* side 0 top, 1 left, 2 bottom, 3 right */
int64_t op_conv_out(int64_t in, int kernel, int stride, int pad_before, int pad_after,
	int dilation); /* below 1: kernel larger than input */

typedef struct op_conv_bytes_attr { /* conv2d_bytes: as conv2d; to: what is stored */
	secant_ints stride, dilation, padding;
	int groups, act;
	int to; /* 0 f32, 1 u8, 2 i8 */
} op_conv_bytes_attr;

typedef struct op_add_bytes_attr {
	bool product;
	int act, to;
} op_add_bytes_attr;

typedef struct op_mean_bytes_attr {
	int to; /* 0 f32, 1 u8, 2 i8 */
} op_mean_bytes_attr;

typedef struct op_act_bytes_attr {
	int act, to; /* to: 0 u8, 1 i8 */
} op_act_bytes_attr;

typedef struct op_pool_attr {
	secant_ints kernel, stride; /* h, w; stride n = 0: the kernel's */
	secant_ints padding; /* as in conv2d */
	bool ceil_mode, count_include_pad; /* the second: avg_pool2d only */
	secant_ints size; /* *_grad: H, W of the input */
} op_pool_attr;
op_pool_attr op_pooling(int kernel, int stride, int padding);
int64_t op_pool_out(int64_t in, int kernel, int stride, int pad_before, int pad_after, bool ceil_mode);

typedef enum op_resize_mode {
	OP_RESIZE_NEAREST,
	OP_RESIZE_BILINEAR,
	OP_RESIZE_BICUBIC,
	OP_RESIZE_NEAREST_EXACT
} op_resize_mode;
typedef struct op_resize_attr {
	int mode;
	bool align_corners;
	bool from_corner; /* sample i lies at i * step: what others call asymmetric */
	secant_ints size; /* H, W of the output (of resize_grad: of the original input) */
	double scale_h, scale_w; /* source step per output pixel when PyTorch got a scale factor f: 1/f; 0: in/out */
} op_resize_attr;

typedef struct op_norm_attr { /* batch_norm, batch_norm_train, layer_norm, group_norm */
	double eps, momentum; /* momentum: batch_norm_train; < 0: cumulative average by num_batches_tracked */
	int groups; /* group_norm; instance norm has groups = channels */
	int act; /* a row of act.h, applied after norm and residual: set by passes */
} op_norm_attr;

typedef struct op_axes_attr { /* sum, mean, amax, var, sum_to... */
	secant_ints axes;
	bool keepdim;
} op_axes_attr;

typedef struct op_var_attr {
	secant_ints axes;
	bool keepdim;
	int correction;
} op_var_attr; /* correction 0: biased, 1: unbiased */

typedef struct op_index_attr {
	int axis;
	bool keepdim;
} op_index_attr; /* argmax, max_with_index */

typedef struct op_l2_attr {
	int axis;
	double eps;
} op_l2_attr; /* l2_normalize: x / max(norm, eps) */

typedef struct op_axis_attr {
	int axis;
} op_axis_attr; /* concat, softmax, log_softmax, cumsum, gather; negative counts from the end */
/* v[n] one behind another along an axis; one alone is itself. */
graph_value op_build_concat(graph_net *g, int n, const graph_value *v, int axis);

typedef struct op_shape_attr {
	secant_ints shape;
} op_shape_attr; /* reshape (-1: what fits, -2: the input's axis of that place,
						OP_AXIS(k), OP_LIKE_AXIS(k): axis k of the input, of the second input), broadcast_to,
						sum_to: the wanted shape */

#define OP_AXIS(k) (-3 - (k))
#define OP_LIKE_AXIS(k) (-9 - (k))

typedef struct op_transpose_attr {
	secant_ints perm;
} op_transpose_attr; /* axis i of the output is axis perm[i] of the input */

typedef struct op_size_attr {
	secant_ints size;
} op_size_attr; /* adaptive pooling: H, W of the output; of its gradients: of the input */

typedef struct op_classes_attr {
	int classes;
} op_classes_attr; /* one_hot, pick_grad */

typedef struct op_factor_attr {
	int factor;
} op_factor_attr; /* pixel_shuffle, pixel_unshuffle */

typedef struct op_scatter_attr {
	int axis;
	secant_ints shape;
} op_scatter_attr; /* scatter_add, take_grad: shape of the result */

typedef enum op_pad_mode { OP_PAD_CONSTANT, OP_PAD_REFLECT, OP_PAD_REPLICATE, OP_PAD_CIRCULAR } op_pad_mode;
typedef struct op_pad_attr { /* pad, pad_grad; one number an axis; negative ones cut (constant only) */
	int mode;
	secant_ints before, after;
	double value;
} op_pad_attr;
/* Where number i of an axis of `extent` numbers, padded with `before` in front, comes from; -1: from the constant. */
int64_t op_pad_source(int mode, int64_t i, int64_t before, int64_t extent);
op_pad_attr op_pad_hw(int mode, int top, int left, int bottom, int right); /* of N x H x W x C */

typedef struct op_slice_grad_attr {
	secant_ints start, step, shape;
} op_slice_grad_attr; /* shape: of the tensor that was cut */

typedef struct op_slice_attr {
	secant_ints start, stop, step;
} op_slice_attr; /* one number an axis; stop -1: to the end; step n = 0: ones */

typedef struct op_number_attr {
	double a, b;
} op_number_attr; /* leaky_relu (a slope), elu (a alpha), clamp (a..b), pow (a), softplus (a beta, b threshold),
						 add_scalar, mul_scalar */

typedef struct op_matmul_attr {
	bool transpose_a, transpose_b;
} op_matmul_attr;

typedef struct op_linear_attr {
	int act;
} op_linear_attr; /* a row of act.h, applied last: set by passes */

typedef struct op_quantize_attr {
	int axis;
	int to; /* 0: u8, 1: i8 */
} op_quantize_attr; /* quantize, dequantize: where there are several scales, axis is what they lie along */

typedef enum op_convert_to {
	OP_CONVERT_F32,
	OP_CONVERT_U8,
	OP_CONVERT_I8,
	OP_CONVERT_U16,
	OP_CONVERT_I16,
	OP_CONVERT_I32,
	OP_CONVERT_I64,
	OP_CONVERT_BOOL
} op_convert_to;
typedef struct op_convert_attr {
	int to; /* op_convert_to */
	int rounding; /* 0: to the nearest, halves to even; 1: towards zero */
} op_convert_attr;

typedef enum op_drop {
	OP_DROP_ELEMENTS,
	OP_DROP_CHANNELS, /* whole channels of a sample (Dropout2d) */
	OP_DROP_SAMPLES /* whole samples (stochastic depth) */
} op_drop;
typedef struct op_dropout_attr {
	double p;
	int id; /* distinguishes the layers of a network */
	int what; /* op_drop */
} op_dropout_attr;

typedef struct op_farthest_attr {
	int count, start;
} op_farthest_attr;
typedef struct op_ball_attr {
	double radius;
	int samples;
	bool open;
} op_ball_attr;
typedef struct op_nearest_attr {
	double eps;
	bool clamp;
} op_nearest_attr;
typedef struct op_points_attr {
	int points;
} op_points_attr; /* group_points_grad, interpolate_points_grad, linear_max_grad_data */
typedef struct op_running_attr {
	double momentum, factor;
} op_running_attr;

/* What a reference writes where an implementation may leave anything: a number that counts as nothing and that nothing
 * else gives. */
#define OP_UNSPECIFIED 0x1p-1060

/* ---- help for shape rules and references ---- */
secant_status op_want_rank(
	const graph_signature *s, int i, int rank, secant_err *err); /* "input 0 has rank 3 (2x3x4), want 4" */
secant_status op_want_equal(const graph_signature *s, int i, int j, secant_err *err); /* equal shapes of two inputs */
secant_status op_broadcast(
	const secant_shape *a, const secant_shape *b, secant_shape *out, secant_err *err); /* numpy's rule */
int op_axis_of(int axis, int rank); /* negative from the end; -1 if outside */
void op_strides(const secant_shape *s, int64_t stride[SECANT_MAX_RANK]); /* row-major */

/* ---- passes that know operators ---- */
/* Joins what one pass over memory can do: norm + add + activation, layers on points (fuse.c). It runs before
 * differentiation; gradients: only into operators that have rules for it. */
graph_net *op_pass_fuse(const graph_net *g, bool gradients, graph_value *keep, int n, secant_err *err);
/* Attention in blocks of rows, where the matrix of all scores is large (block_attention.c): last for inference, before
 * differentiation for training. Its result is for the shapes of `g` alone. */
graph_net *op_pass_block_attention(const graph_net *g, graph_value *keep, int n, secant_err *err);
/* Maps are mixed by convolutions of 1x1 before they are enlarged, not after it (enlarge_late.c): after folding for
 * inference, before differentiation for training. Its result is for the shapes of `g` alone. */
graph_net *op_pass_enlarge_late(const graph_net *g, graph_value *keep, int n, secant_err *err);
/* For inference: enlarging by whole factors and putting beside it in one pass over memory (enlarge_concat.c). Its
 * result is for the shapes of `g` alone. */
graph_net *op_pass_enlarge_concat(const graph_net *g, graph_value *keep, int n, secant_err *err);
/* After fusing and folding: quantised numbers go from product to product as they are stored (fuse_bytes.c). */
graph_net *op_pass_fuse_bytes(const graph_net *g, graph_value *keep, int n, secant_err *err);

/* OpenMP over independent outputs; nothing without OpenMP. */
#ifdef _OPENMP
#define OP_PARALLEL _Pragma("omp parallel for schedule(static)")
#else
#define OP_PARALLEL
#endif
#endif
