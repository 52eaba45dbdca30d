/*
 * dice: segmentation_models.pytorch's DiceLoss. For each class, over batch and pixels together, with probabilities p and targets t,
 *
 *     D = sum |p - t|   I = (sum p + sum t - D) / 2   score = (I + smooth) / max(I + (FP + FN)/2 + smooth, eps)
 *     loss = (1 - score) * [sum t > 0],   averaged over classes
 *
 * with FP = sum p - I and FN = sum t - I. A class that is absent from the batch contributes 0 and no gradient.
 */
#include "nn/nn.h"

typedef struct dice { double smooth, eps; bool log_loss; } dice;

static secant_value
scaled(secant_graph *g, secant_value v, double factor)
{
	return secant_apply(g, "mul_scalar", &(secant_number_attr){ factor, 0 }, 1, v);
}

static secant_value
plus(secant_graph *g, secant_value v, double what)
{
	return what == 0 ? v : secant_apply(g, "add_scalar", &(secant_number_attr){ what, 0 }, 1, v);
}

static secant_value
build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	const dice *d = settings;
	bool multiclass = in->mode == SECANT_MODE_MULTICLASS;
	secant_value p = multiclass ? secant_apply(g, "softmax", &(secant_axis_attr){ -1 }, 1, in->logits) : secant_apply(g, "sigmoid", NULL, 1, in->logits);
	secant_value t = multiclass ? secant_apply(g, "one_hot", &(secant_classes_attr){ in->classes }, 1, in->target) : in->target;
	int rank = secant_graph_shape(g, p)->rank;
	secant_axes_attr pixels = { .axes = { .n = rank - (in->mode == SECANT_MODE_BINARY ? 0 : 1) } };
	for (int i = 0; i < pixels.axes.n; i++)
		pixels.axes.v[i] = i;
	secant_value sp = secant_apply(g, "sum", &pixels, 1, p), st = secant_apply(g, "sum", &pixels, 1, t);
	secant_value apart = secant_apply(g, "sum", &pixels, 1, secant_apply(g, "abs", NULL, 1, secant_apply(g, "sub", NULL, 2, p, t)));
	secant_value both = secant_apply(g, "add", NULL, 2, sp, st);
	secant_value inter = scaled(g, secant_apply(g, "sub", NULL, 2, both, apart), 0.5);
	/* I + (FP + FN)/2 = (sum p + sum t)/2 */
	secant_value below = secant_apply(g, "clamp", &(secant_number_attr){ d->eps, 1e300 }, 1, plus(g, scaled(g, both, 0.5), d->smooth));
	secant_value score = secant_apply(g, "div", NULL, 2, plus(g, inter, d->smooth), below);
	secant_value loss = d->log_loss ? secant_apply(g, "neg", NULL, 1, secant_apply(g, "log", NULL, 1, secant_apply(g, "clamp", &(secant_number_attr){ d->eps, 1e300 }, 1, score)))
	                                : secant_apply(g, "add_scalar", &(secant_number_attr){ 1, 0 }, 1, secant_apply(g, "neg", NULL, 1, score));
	secant_value zero = secant_graph_scalar(g, 0);
	loss = secant_apply(g, "where", NULL, 3, secant_apply(g, "greater", NULL, 2, st, zero), loss, zero);
	return in->mode == SECANT_MODE_BINARY ? loss : secant_apply(g, "mean", &(secant_axes_attr){ { 1, { 0 } }, false }, 1, loss);
}

static const secant_opt rows[] = {
	SECANT_OPT(dice, smooth, REAL, "smooth", "0", 0, 1e6, "added to both sides of the fraction"),
	SECANT_OPT(dice, eps, REAL, "eps", "1e-7", 0, 1, "least value of the denominator"),
	SECANT_OPT(dice, log_loss, BOOL, "log-loss", "false", 0, 1, "-log(score) instead of 1 - score"),
	SECANT_OPT_END
};
static const secant_opts settings_table = { "dice", sizeof(dice), rows };

const secant_loss secant_loss_dice = {
	.name = "dice", .brief = "1 - Dice score, over batch and pixels together", .settings = &settings_table,
	.modes = 1u << SECANT_MODE_BINARY | 1u << SECANT_MODE_MULTICLASS | 1u << SECANT_MODE_MULTILABEL, .build = build,
};
