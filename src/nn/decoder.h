/*
 * What decoders for pictures share beyond nn.h: blocks that several architectures of segmentation_models.pytorch have.
 */
#ifndef NN_DECODER_H
#define NN_DECODER_H
#include "nn/nn.h"

#define NN_INTERPOLATIONS "nearest|bilinear|bicubic|nearest-exact" /* an option's choices: OP_RESIZE_* */

/* A U-Net's block: x to the size of `like` (-1: twice its size), [x, skip], two convolutions, optional scSE. */
typedef struct nn_unet_block {
	nn_norm_choice norm;
	int mode; /* op_resize_mode */
	bool scse;
} nn_unet_block;
graph_value nn_add_unet_block(
	nn_builder *n, const nn_unet_block *u, graph_value x, graph_value skip, graph_value like, int out);
/* decoder-attention-type: scse or none; scse squeezes the blocks' channels to a sixteenth. */
secant_status nn_check_attention(
	const char *attention, const int *channels, int blocks, secant_err *err) SECANT_NODISCARD;

/* `factor` times as large. */
graph_value nn_enlarge(nn_builder *n, graph_value x, double factor, int mode, bool align_corners);
/* x averaged in size x size bins. */
graph_value nn_bins(nn_builder *n, graph_value x, int size);
/* Convolution without bias (key FIRST), batch norm (key SECOND), relu, started as PyTorch does. */
graph_value nn_conv_bn_relu(
	nn_builder *n, const char *first, const char *second, graph_value x, const nn_conv_spec *spec);
/* PyTorch's ConvTranspose2d; weights in x out x k x k. */
graph_value nn_conv_transpose(
	nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int padding);
#endif
