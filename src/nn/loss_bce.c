/*
 * bce: mean binary cross entropy from logits, PyTorch's BCEWithLogitsLoss; over every pixel and class.
 */
#include "nn/nn.h"

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	secant_value each = secant_apply(g, "bce_with_logits", NULL, 2, in->logits, in->target);
	secant_axes_attr all = { .axes = { .n = secant_graph_shape(g, each)->rank } };
	for (int i = 0; i < all.axes.n; i++)
		all.axes.v[i] = i;
	return secant_apply(g, "mean", &all, 1, each);
}

const secant_loss secant_loss_bce = {
	.name = "bce", .brief = "binary cross entropy from logits, mean over pixels and classes",
	.modes = 1u << SECANT_MODE_BINARY | 1u << SECANT_MODE_MULTILABEL, .build = build,
};
