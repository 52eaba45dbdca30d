/*
 * ce: mean cross entropy of softmax against class indices, PyTorch's CrossEntropyLoss.
 */
#include "nn/nn.h"

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	secant_value logp = secant_apply(g, "log_softmax", &(secant_axis_attr){ -1 }, 1, in->logits);
	secant_value picked = secant_apply(g, "pick", NULL, 2, logp, in->target);
	secant_axes_attr all = { .axes = { .n = secant_graph_shape(g, picked)->rank } };
	for (int i = 0; i < all.axes.n; i++)
		all.axes.v[i] = i;
	return secant_apply(g, "neg", NULL, 1, secant_apply(g, "mean", &all, 1, picked));
}

const secant_loss secant_loss_ce = {
	.name = "ce", .brief = "cross entropy of softmax, mean over pixels", .modes = 1u << SECANT_MODE_MULTICLASS, .build = build,
};
