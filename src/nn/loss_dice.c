/*
 * The region losses of segmentation_models.pytorch: dice, jaccard, tversky. For each class, over batch and pixels together, with
 * probabilities p and targets t,
 *
 *     D = sum |p - t|   I = (sum p + sum t - D) / 2   FP = sum p - I   FN = sum t - I
 *     score = (I + smooth) / max(I + a FP + b FN + smooth, eps)
 *     loss = (1 - score or -log score) * [sum t > 0],   (weighted) mean over classes, to the power gamma
 *
 * dice: a = b = 1/2; jaccard: a = b = 1; tversky: a = alpha, b = beta. A class that is absent from the batch contributes 0 and no gradient.
 */
#include "nn/loss_parts.h"

typedef struct region {
	double smooth, eps, alpha, beta, gamma;
	bool log_loss, from_logits;
	secant_ints classes, ignore;
	secant_reals weights;
} region;

static secant_value
probabilities(secant_graph *g, const region *r, const secant_loss_input *in)
{
	if (!r->from_logits)
		return in->logits;
	return in->mode == SECANT_MODE_MULTICLASS ? secant_apply(g, "softmax", &(secant_axis_attr){ -1 }, 1, in->logits) : secant_loss_one(g, "sigmoid", in->logits);
}

/* The classes asked for, of a vector with a number for each class. */
static secant_value
chosen(secant_graph *g, const region *r, secant_value v)
{
	double index[SECANT_LIST_MAX];
	if (!r->classes.n)
		return v;
	for (int i = 0; i < r->classes.n; i++)
		index[i] = r->classes.v[i];
	secant_value at = secant_graph_constant(g, SECANT_I32, &(secant_shape){ 1, { r->classes.n } }, index);
	return secant_apply(g, "take", &(secant_axis_attr){ 0 }, 2, v, at);
}

static secant_value
aggregated(secant_graph *g, const region *r, const secant_loss_input *in, secant_value loss)
{
	if (in->mode == SECANT_MODE_BINARY)
		return loss;
	loss = chosen(g, r, loss);
	if (!r->weights.n)
		return secant_loss_over(g, "mean", loss, false);
	if (r->weights.n != in->classes)
		return secant_graph_fail(g, SECANT_ERR_ARG, "loss: %d class-weights for %d classes", r->weights.n, in->classes);
	secant_value w = chosen(g, r, secant_loss_vector(g, &r->weights));
	return secant_loss_two(g, "div", secant_loss_over(g, "sum", secant_loss_two(g, "mul", loss, w), false), secant_loss_over(g, "sum", w, false));
}

static secant_value
build(secant_graph *g, const region *r, const secant_loss_input *in)
{
	bool binary = in->mode == SECANT_MODE_BINARY;
	if (binary && (r->classes.n || r->weights.n))
		return secant_graph_fail(g, SECANT_ERR_ARG, "loss: classes and class-weights are not for binary targets");
	secant_value p = probabilities(g, r, in);
	secant_value t = in->mode == SECANT_MODE_MULTICLASS ? secant_apply(g, "one_hot", &(secant_classes_attr){ in->classes }, 1, in->target) : in->target;
	secant_value mask = secant_loss_mask_channels(g, in, secant_loss_mask(g, in, &r->ignore));
	if (mask >= 0) {
		p = secant_loss_two(g, "mul", p, mask);
		t = secant_loss_two(g, "mul", t, mask);
	}
	secant_value sp = secant_loss_over(g, "sum", p, !binary), st = secant_loss_over(g, "sum", t, !binary);
	secant_value apart = secant_loss_over(g, "sum", secant_loss_one(g, "abs", secant_loss_two(g, "sub", p, t)), !binary);
	secant_value inter = secant_loss_scaled(g, secant_loss_two(g, "sub", secant_loss_two(g, "add", sp, st), apart), 0.5);
	secant_value fp = secant_loss_scaled(g, secant_loss_two(g, "sub", sp, inter), r->alpha), fn = secant_loss_scaled(g, secant_loss_two(g, "sub", st, inter), r->beta);
	secant_value below = secant_loss_plus(g, secant_loss_two(g, "add", inter, secant_loss_two(g, "add", fp, fn)), r->smooth);
	secant_value score = secant_loss_two(g, "div", secant_loss_plus(g, inter, r->smooth), secant_loss_limited(g, below, r->eps, 1e300));
	secant_value loss = r->log_loss ? secant_loss_scaled(g, secant_loss_one(g, "log", secant_loss_limited(g, score, r->eps, 1e300)), -1)
	                                : secant_loss_plus(g, secant_loss_scaled(g, score, -1), 1);
	secant_value zero = secant_graph_scalar(g, 0);
	loss = secant_apply(g, "where", NULL, 3, secant_loss_two(g, "greater", st, zero), loss, zero);
	loss = aggregated(g, r, in, loss);
	return r->gamma == 1 ? loss : secant_apply(g, "pow", &(secant_number_attr){ r->gamma, 0 }, 1, loss);
}

static secant_value
dice_build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	region r = *(const region *)settings;
	r.alpha = r.beta = 0.5, r.gamma = 1;
	return build(g, &r, in);
}

static secant_value
jaccard_build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	region r = *(const region *)settings;
	r.alpha = r.beta = r.gamma = 1;
	return build(g, &r, in);
}

static secant_value tversky_build(secant_graph *g, const void *settings, const secant_loss_input *in) { return build(g, settings, in); }

#define COMMON \
	SECANT_OPT(region, smooth, REAL, "smooth", "0", 0, 1e6, "added to both sides of the fraction"), \
	SECANT_OPT(region, eps, REAL, "eps", "1e-7", 0, 1, "least value of the denominator"), \
	SECANT_OPT(region, log_loss, BOOL, "log-loss", "false", 0, 1, "-log(score) instead of 1 - score"), \
	SECANT_OPT(region, from_logits, BOOL, "from-logits", "true", 0, 1, "the network gives logits, not probabilities"), \
	SECANT_OPT(region, classes, INTS, "classes", NULL, 0, 65535, "only these classes"), \
	SECANT_OPT(region, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"), \
	SECANT_OPT(region, weights, REALS, "class-weights", NULL, 0, 1e9, "one weight for each class")
static const secant_opt rows[] = { COMMON, SECANT_OPT_END };
static const secant_opt tversky_rows[] = {
	SECANT_OPT(region, alpha, REAL, "alpha", "0.5", 0, 1e3, "weight of false positives"),
	SECANT_OPT(region, beta, REAL, "beta", "0.5", 0, 1e3, "weight of false negatives"),
	SECANT_OPT(region, gamma, REAL, "gamma", "1", 0, 100, "power of the result"),
	COMMON, SECANT_OPT_END
};
static const secant_opts settings_table = { "region loss", sizeof(region), rows }, tversky_table = { "tversky", sizeof(region), tversky_rows };

const secant_loss secant_loss_dice = {
	.name = "dice", .brief = "1 - Dice score, over batch and pixels together", .settings = &settings_table, .modes = SECANT_MODES_ALL, .build = dice_build,
};
const secant_loss secant_loss_jaccard = {
	.name = "jaccard", .brief = "1 - IoU, over batch and pixels together", .settings = &settings_table, .modes = SECANT_MODES_ALL, .build = jaccard_build,
};
const secant_loss secant_loss_tversky = {
	.name = "tversky", .brief = "1 - Tversky index: false positives and negatives weighed apart", .settings = &tversky_table, .modes = SECANT_MODES_ALL, .build = tversky_build,
};
