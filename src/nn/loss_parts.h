/*
 * What losses have in common: settings that many share, masks of ignored pixels, reductions.
 */
#ifndef NN_LOSS_PARTS_H
#define NN_LOSS_PARTS_H
#include "nn/nn.h"

#define NN_MODES_ALL (1u << BASE_MODE_BINARY | 1u << BASE_MODE_MULTICLASS | 1u << BASE_MODE_MULTILABEL)
#define NN_MODES_SIGMOID (1u << BASE_MODE_BINARY | 1u << BASE_MODE_MULTILABEL)

graph_value nn_loss_scaled(graph_net *g, graph_value v, double factor); /* v * factor */
graph_value nn_loss_plus(graph_net *g, graph_value v, double what); /* v + what */
graph_value nn_loss_two(graph_net *g, const char *op, graph_value a, graph_value b);
graph_value nn_loss_one(graph_net *g, const char *op, graph_value a);
graph_value nn_loss_limited(graph_net *g, graph_value v, double lo, double hi);
/* Sum or mean over every axis, or (pixels) over every axis but the last. */
graph_value nn_loss_over(graph_net *g, const char *op, graph_value v, bool pixels);
/* 1 where the target is not the ignored value, as reals in the target's shape; -1 when nothing is ignored. `own`: the
 * loss's setting (n 0: none), beside which counts what the trainer says. */
graph_value nn_loss_mask(graph_net *g, const nn_loss_input *in, const secant_ints *own);
/* A mask in the target's shape as it multiplies N x H x W x C (a channel axis for multiclass targets). */
graph_value nn_loss_mask_channels(graph_net *g, const nn_loss_input *in, graph_value mask);
/* Vector of numbers as a constant. */
graph_value nn_loss_vector(graph_net *g, const secant_reals *v);
#endif
