/*
 * Layers as MindSpore has them, for networks of its model zoo: its names of states in its order, its starts, its pad
 * modes. Their numbers are held to MindSpore's own (tests/nn/test_mindspore.c).
 */
#ifndef NN_MINDSPORE_H
#define NN_MINDSPORE_H
#include "nn/nn.h"

/* Conv2d of stride 1 with kernel 1 or 3: `same` pads with zeros so that the size stays, else "valid". */
typedef struct nn_ms_conv_spec {
	int out, kernel;
	bool same, bias;
	graph_init init;
} nn_ms_conv_spec;
graph_value nn_ms_conv(nn_builder *n, const char *name, graph_value x, const nn_ms_conv_spec *c);
/* Its states alone, for x of `in` channels: where MindSpore lists a cell before data meets it. */
void nn_ms_conv_states(nn_builder *n, const char *name, int in, const nn_ms_conv_spec *c);
/* Conv2dTranspose of kernel 2 and stride 2 without bias: twice the size. */
graph_value nn_ms_double(nn_builder *n, const char *name, graph_value x, int out);
/* BatchNorm2d: gamma, beta, moving_mean, moving_variance; eps 1e-5, momentum 0.9 of the old value. */
graph_value nn_ms_batch_norm(nn_builder *n, const char *name, graph_value x);
graph_value nn_ms_halve(nn_builder *n, graph_value x); /* MaxPool2d of 2 */
/* Cuts `border` numbers off each side of height and width; negative: adds zeros. */
graph_value nn_ms_crop(nn_builder *n, graph_value x, int border);
#endif
