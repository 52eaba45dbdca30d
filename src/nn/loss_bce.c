/*
 * bce: mean binary cross entropy from logits, PyTorch's BCEWithLogitsLoss; over every pixel and class that is not
 * ignored.
 */
#include "nn/loss_parts.h"

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	secant_value mask = secant_loss_mask(g, in, NULL),
				 each = secant_loss_two(g, "bce_with_logits", in->logits, in->target);
	if (mask < 0)
		return secant_loss_over(g, "mean", each, false);
	secant_value sum = secant_loss_over(g, "sum", secant_loss_two(g, "mul", each, mask), false);
	return secant_loss_two(g, "div", sum, secant_loss_limited(g, secant_loss_over(g, "sum", mask, false), 1, 1e300));
}

const secant_loss secant_loss_bce = {
	.name = "bce",
	.brief = "binary cross entropy from logits, mean over pixels and classes",
	.modes = SECANT_MODES_SIGMOID,
	.build = build,
};
