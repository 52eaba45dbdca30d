/*
 * mcc: one minus Matthews' correlation coefficient, segmentation_models.pytorch's MCCLoss. With tp, tn, fp, fn sums
 * over the batch plus eps,
 *
 *     1 - (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn))
 */
#include "nn/loss_parts.h"

typedef struct mcc {
	double eps;
	bool from_logits;
} mcc;

static graph_value
build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	const mcc *m = settings;
	graph_value p = m->from_logits ? nn_loss_one(g, "sigmoid", in->logits) : in->logits, t = in->target;
	graph_value not_p = nn_loss_plus(g, nn_loss_scaled(g, p, -1), 1),
				not_t = nn_loss_plus(g, nn_loss_scaled(g, t, -1), 1);
	graph_value tp = nn_loss_plus(g, nn_loss_over(g, "sum", nn_loss_two(g, "mul", p, t), false), m->eps);
	graph_value tn = nn_loss_plus(g, nn_loss_over(g, "sum", nn_loss_two(g, "mul", not_p, not_t), false), m->eps);
	graph_value fp = nn_loss_plus(g, nn_loss_over(g, "sum", nn_loss_two(g, "mul", p, not_t), false), m->eps);
	graph_value fn = nn_loss_plus(g, nn_loss_over(g, "sum", nn_loss_two(g, "mul", not_p, t), false), m->eps);
	graph_value above = nn_loss_two(g, "sub", nn_loss_two(g, "mul", tp, tn), nn_loss_two(g, "mul", fp, fn));
	/* Roots before products: the product of four counts leaves float's range for large pictures. */
	graph_value left = nn_loss_one(
		g, "sqrt", nn_loss_two(g, "mul", nn_loss_two(g, "add", tp, fp), nn_loss_two(g, "add", tp, fn)));
	graph_value right = nn_loss_one(
		g, "sqrt", nn_loss_two(g, "mul", nn_loss_two(g, "add", tn, fp), nn_loss_two(g, "add", tn, fn)));
	return nn_loss_plus(g, nn_loss_scaled(g, nn_loss_two(g, "div", above, nn_loss_two(g, "mul", left, right)), -1), 1);
}

static const secant_opt rows[] = {
	SECANT_OPT(mcc, eps, REAL, "eps", "1e-5", 0, 1e6, "added to each count"),
	SECANT_OPT(mcc, from_logits, BOOL, "from-logits", "true", 0, 1, "the network gives logits, not probabilities"),
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "mcc", sizeof(mcc), rows };

const nn_loss nn_loss_mcc = {
	.name = "mcc",
	.brief = "one minus Matthews' correlation coefficient",
	.settings = &settings_table,
	.modes = 1u << BASE_MODE_BINARY,
	.build = build,
};
