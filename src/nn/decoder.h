/*
 * What decoders for pictures share beyond nn.h: blocks that several architectures of segmentation_models.pytorch have.
 */
#ifndef SECANT_NN_DECODER_H
#define SECANT_NN_DECODER_H
#include "nn/nn.h"

#define SECANT_INTERPOLATIONS "nearest|bilinear|bicubic" /* an option's choices: SECANT_RESIZE_* */

/* A U-Net's block: x to the size of `like` (-1: twice its size), [x, skip], two convolutions, optional scSE. */
typedef struct secant_unet_block {
	secant_norm_choice norm;
	int mode; /* secant_resize_mode */
	bool scse;
} secant_unet_block;
secant_value secant_nn_unet_block(
	secant_nn *n, const secant_unet_block *u, secant_value x, secant_value skip, secant_value like, int out);
/* decoder-attention-type: scse or none. */
secant_status secant_nn_check_attention(const char *attention, secant_err *err) SECANT_NODISCARD;

/* `factor` times as large. */
secant_value secant_nn_enlarge(secant_nn *n, secant_value x, double factor, int mode, bool align_corners);
/* x averaged in size x size bins. */
secant_value secant_nn_bins(secant_nn *n, secant_value x, int size);
/* Convolution without bias (key FIRST), batch norm (key SECOND), relu, started as PyTorch does. */
secant_value secant_nn_conv_bn_relu(
	secant_nn *n, const char *first, const char *second, secant_value x, const secant_conv_spec *spec);
/* PyTorch's ConvTranspose2d; weights in x out x k x k. */
secant_value secant_nn_conv_transpose(
	secant_nn *n, const char *name, secant_value x, int out, int kernel, int stride, int padding);
#endif
