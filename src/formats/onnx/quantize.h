/*
 * Networks of ONNX with bytes instead of real numbers: which tensors and layers that concerns, and the file that says
 * it, with QuantizeLinear and DequantizeLinear around every such tensor (QDQ), weights s8 with a scale for each output,
 * activations u8 with one scale.
 *
 * Products with known weights are quantised (convolutions, transposed ones, matrices); with them what lies between
 * them: sums and products of two tensors of one shape, or of a picture and one pixel, concatenations, maxima, means of
 * all pixels, nearest and bilinear resizing, activations. Tensors that are concatenated, or chosen from (maxima,
 * resizing), share a scale with the result, so that bytes are only moved.
 */
#ifndef FORMAT_ONNX_QUANTIZE_H
#define FORMAT_ONNX_QUANTIZE_H
#include "formats/onnx/onnx.h"

/* A tensor that a quantised layer reads. The caller fills in what was seen of it. */
typedef struct format_onnx_quantity {
	const char *name;
	bool given; /* an input of the network */
	int like; /* shares its scale with that one (itself: with none before it) */
	double low, high;
	int rank; /* of what was seen; 0: nothing was */
	int64_t dim[FORMAT_ONNX_RANK];
	/* Of each of the `channels` of pictures (axis 1; NULL: no pictures were seen): the largest size, the mean, and the
	 * mean of what bytes of its scale stand for. */
	int64_t channels;
	double *most, *mean, *stored;
} format_onnx_quantity;

/* A layer with weights. */
typedef struct format_onnx_product {
	int node;
	const char *name;
	bool kept; /* stays in real numbers */
	double harm; /* the caller's */
} format_onnx_product;

typedef struct format_onnx_quantizing {
	format_onnx_model *m; /* borrowed; its norms are folded into convolutions */
	format_onnx_quantity *tensor;
	format_onnx_product *product;
	int n_tensor, n_product, folded;
	bool corrects; /* biases take back what rounding does to the mean of each output, where means were seen */
	struct onnx_part *part; /* of each node */
} format_onnx_quantizing;

/* Folds norms and looks for what can be quantised; err where there is nothing. The arrays are the model's. */
secant_status format_onnx_quantizing_begin(
	format_onnx_quantizing *q, format_onnx_model *m, secant_err *err) SECANT_NODISCARD;
/* Room for what is seen of the channels of tensor t; false: no memory. */
bool format_onnx_quantizing_channels(format_onnx_quantizing *q, int t, int64_t channels);
/* Scale and zero of the bytes of tensor t, by what was seen. */
void format_onnx_quantizing_scale(const format_onnx_quantizing *q, int t, double *scale, double *zero);
/* Divides outputs of convolutions, and multiplies the weights of the convolutions that alone read them (a relu may
 * stand between), so that channels are used alike: halfway between their sizes and their weights', all the way where
 * each channel is by itself. The network is the same; what was seen of it is forgotten. How many pairs; -1 and err. */
int format_onnx_quantizing_equalise(format_onnx_quantizing *q, secant_err *err);
/* Adds the model, quantised but for what is kept, to `out`. */
secant_status format_onnx_quantizing_write(
	const format_onnx_quantizing *q, base_str *out, secant_err *err) SECANT_NODISCARD;
#endif
