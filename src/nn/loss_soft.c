/*
 * soft-bce and soft-ce: segmentation_models.pytorch's SoftBCEWithLogitsLoss and SoftCrossEntropyLoss.
 *
 *     soft-bce   t = (1 - y) s + y (1 - s);  binary cross entropy from logits, times pos-weight where y is 1, times
 *                                            weight
 *     soft-ce    (1 - s) (-log p_y) + s/C sum(-log p)
 *
 * Ignored pixels contribute 0 but count in the mean, as in the originals; count-ignored=false divides by the pixels
 * that are left.
 */
#include "nn/loss_parts.h"

typedef struct soft {
	double smooth;
	bool count_ignored;
	int reduction;
	secant_ints ignore;
	secant_reals pos_weight, weight;
} soft;

/* `each` has one number for each element of `mask` (or none are ignored). */
static graph_value
reduce(graph_net *g, const soft *s, graph_value each, graph_value mask)
{
	if (mask >= 0)
		each = nn_loss_two(g, "mul", each, mask);
	if (s->reduction == 1)
		return nn_loss_over(g, "sum", each, false);
	if (mask < 0 || s->count_ignored)
		return nn_loss_over(g, "mean", each, false);
	return nn_loss_two(g, "div", nn_loss_over(g, "sum", each, false),
		nn_loss_limited(g, nn_loss_over(g, "sum", mask, false), 1, 1e300));
}

/* One number, or one for each class; -1: none. */
static graph_value
weights(graph_net *g, const nn_loss_input *in, const secant_reals *w, const char *name)
{
	if (w->n > 1 && w->n != (in->mode == BASE_MODE_BINARY ? 1 : in->classes))
		return graph_fail(g, SECANT_ERR_ARG, "loss soft-bce: %d %s for %d classes", w->n, name, in->classes);
	return w->n ? nn_loss_vector(g, w) : -1;
}

static graph_value
bce_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	const soft *s = settings;
	graph_value mask = nn_loss_mask(g, in, &s->ignore);
	graph_value t = nn_loss_plus(g, nn_loss_scaled(g, in->target, 1 - 2 * s->smooth), s->smooth);
	graph_value pos = weights(g, in, &s->pos_weight, "pos-weights"), weight = weights(g, in, &s->weight, "weights");
	graph_value each = graph_apply(g, "bce_with_logits", NULL, 3, in->logits, t, pos);
	return reduce(g, s, weight < 0 ? each : nn_loss_two(g, "mul", each, weight), mask);
}

static graph_value
ce_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	const soft *s = settings;
	graph_value mask = nn_loss_mask(g, in, &s->ignore);
	graph_value logp = graph_apply(g, "log_softmax", &(op_axis_attr){ -1 }, 1, in->logits);
	graph_value each = nn_loss_scaled(g, nn_loss_two(g, "pick", logp, in->target), -(1 - s->smooth));
	if (s->smooth > 0) {
		graph_value all = graph_apply(
			g, "sum", &(op_axes_attr){ { 1, { graph_shape(g, logp)->rank - 1 } }, false }, 1, logp);
		each = nn_loss_two(g, "add", each, nn_loss_scaled(g, all, -s->smooth / in->classes));
	}
	return reduce(g, s, each, mask);
}

#define COMMON \
	SECANT_OPT(soft, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"), \
		SECANT_OPT(soft, count_ignored, BOOL, "count-ignored", "true", 0, 1, "ignored pixels count in the mean"), \
		SECANT_OPT_CHOICE(soft, reduction, "reduction", "mean", "mean|sum", "over pixels")
static const secant_opt bce_rows[] = {
	SECANT_OPT(soft, smooth, REAL, "smooth", "0", 0, 0.5, "labels become smooth and 1 - smooth"),
	SECANT_OPT(soft, pos_weight, REALS, "pos-weight", NULL, 0, 1e9,
		"weight of the foreground, one number or one for each class"),
	SECANT_OPT(soft, weight, REALS, "weight", NULL, 0, 1e9, "weight of every pixel, one number or one for each class"),
	COMMON,
	SECANT_OPT_END,
};
static const secant_opt ce_rows[] = { SECANT_OPT(soft, smooth, REAL, "smooth", "0", 0, 1,
										  "share of the loss that is spread over all classes"),
	COMMON, SECANT_OPT_END };
static const secant_opts bce_table = { "soft-bce", sizeof(soft), bce_rows },
						 ce_table = { "soft-ce", sizeof(soft), ce_rows };

const nn_loss nn_loss_soft_bce = {
	.name = "soft-bce",
	.brief = "binary cross entropy with smoothed labels",
	.settings = &bce_table,
	.modes = NN_MODES_SIGMOID,
	.build = bce_build,
};
const nn_loss nn_loss_soft_ce = {
	.name = "soft-ce",
	.brief = "cross entropy of softmax with smoothed labels",
	.settings = &ce_table,
	.modes = 1u << BASE_MODE_MULTICLASS,
	.build = ce_build,
};
