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

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	const mcc *m = settings;
	secant_value p = m->from_logits ? secant_loss_one(g, "sigmoid", in->logits) : in->logits, t = in->target;
	secant_value not_p = secant_loss_plus(g, secant_loss_scaled(g, p, -1), 1),
				 not_t = secant_loss_plus(g, secant_loss_scaled(g, t, -1), 1);
	secant_value tp = secant_loss_plus(g, secant_loss_over(g, "sum", secant_loss_two(g, "mul", p, t), false), m->eps);
	secant_value tn = secant_loss_plus(
		g, secant_loss_over(g, "sum", secant_loss_two(g, "mul", not_p, not_t), false), m->eps);
	secant_value fp = secant_loss_plus(
		g, secant_loss_over(g, "sum", secant_loss_two(g, "mul", p, not_t), false), m->eps);
	secant_value fn = secant_loss_plus(
		g, secant_loss_over(g, "sum", secant_loss_two(g, "mul", not_p, t), false), m->eps);
	secant_value above = secant_loss_two(
		g, "sub", secant_loss_two(g, "mul", tp, tn), secant_loss_two(g, "mul", fp, fn));
	/* Roots before products: the product of four counts leaves float's range for large pictures. */
	secant_value left = secant_loss_one(
		g, "sqrt", secant_loss_two(g, "mul", secant_loss_two(g, "add", tp, fp), secant_loss_two(g, "add", tp, fn)));
	secant_value right = secant_loss_one(
		g, "sqrt", secant_loss_two(g, "mul", secant_loss_two(g, "add", tn, fp), secant_loss_two(g, "add", tn, fn)));
	return secant_loss_plus(
		g, secant_loss_scaled(g, secant_loss_two(g, "div", above, secant_loss_two(g, "mul", left, right)), -1), 1);
}

static const secant_opt rows[] = {
	SECANT_OPT(mcc, eps, REAL, "eps", "1e-5", 0, 1e6, "added to each count"),
	SECANT_OPT(mcc, from_logits, BOOL, "from-logits", "true", 0, 1, "the network gives logits, not probabilities"),
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "mcc", sizeof(mcc), rows };

const secant_loss secant_loss_mcc = {
	.name = "mcc",
	.brief = "one minus Matthews' correlation coefficient",
	.settings = &settings_table,
	.modes = 1u << SECANT_MODE_BINARY,
	.build = build,
};
