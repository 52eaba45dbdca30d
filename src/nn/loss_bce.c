/*
 * bce: mean binary cross entropy from logits, PyTorch's BCEWithLogitsLoss; over every pixel and class that is not
 * ignored.
 */
#include "nn/loss_parts.h"

static graph_value
build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	graph_value mask = nn_loss_mask(g, in, NULL), each = nn_loss_two(g, "bce_with_logits", in->logits, in->target);
	if (mask < 0)
		return nn_loss_over(g, "mean", each, false);
	graph_value sum = nn_loss_over(g, "sum", nn_loss_two(g, "mul", each, mask), false);
	return nn_loss_two(g, "div", sum, nn_loss_limited(g, nn_loss_over(g, "sum", mask, false), 1, 1e300));
}

const nn_loss nn_loss_bce = {
	.name = "bce",
	.brief = "binary cross entropy from logits, mean over pixels and classes",
	.modes = NN_MODES_SIGMOID,
	.build = build,
};
