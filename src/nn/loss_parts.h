/*
 * What losses have in common: settings that many share, masks of ignored pixels, reductions.
 */
#ifndef SECANT_NN_LOSS_PARTS_H
#define SECANT_NN_LOSS_PARTS_H
#include "nn/nn.h"

#define SECANT_MODES_ALL (1u << SECANT_MODE_BINARY | 1u << SECANT_MODE_MULTICLASS | 1u << SECANT_MODE_MULTILABEL)
#define SECANT_MODES_SIGMOID (1u << SECANT_MODE_BINARY | 1u << SECANT_MODE_MULTILABEL)

secant_value secant_loss_scaled(secant_graph *g, secant_value v, double factor); /* v * factor */
secant_value secant_loss_plus(secant_graph *g, secant_value v, double what); /* v + what */
secant_value secant_loss_two(secant_graph *g, const char *op, secant_value a, secant_value b);
secant_value secant_loss_one(secant_graph *g, const char *op, secant_value a);
secant_value secant_loss_limited(secant_graph *g, secant_value v, double lo, double hi);
/* Sum or mean over every axis, or (pixels) over every axis but the last. */
secant_value secant_loss_over(secant_graph *g, const char *op, secant_value v, bool pixels);
/* 1 where the target is not the ignored value, as reals in the target's shape; -1 when nothing is ignored. `own`: the
 * loss's setting (n 0: none), beside which counts what the trainer says. */
secant_value secant_loss_mask(secant_graph *g, const secant_loss_input *in, const secant_ints *own);
/* A mask in the target's shape as it multiplies N x H x W x C (a channel axis for multiclass targets). */
secant_value secant_loss_mask_channels(secant_graph *g, const secant_loss_input *in, secant_value mask);
/* Vector of numbers as a constant. */
secant_value secant_loss_vector(secant_graph *g, const secant_reals *v);
#endif
