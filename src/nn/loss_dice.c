/*
 * The region losses of segmentation_models.pytorch: dice, jaccard, tversky. For each class, over batch and pixels
 * together, with probabilities p and targets t,
 *
 *     D = sum |p - t|   I = (sum p + sum t - D) / 2   FP = sum p - I   FN = sum t - I
 *     score = (I + smooth) / max(I + a FP + b FN + smooth, eps)
 *     loss = (1 - score or -log score) * [sum t > 0],   (weighted) mean over classes, to the power gamma
 *
 * dice: a = b = 1/2; jaccard: a = b = 1; tversky: a = alpha, b = beta. A class that is absent from the batch
 * contributes 0 and no gradient. Ours: per-image takes sums over each picture's pixels and the mean over pictures;
 * absent says what such a class contributes: zero, what the formula gives (count; with smooth > 0 it has a gradient),
 * or nothing, so that the mean is over the others (skip).
 */
#include "nn/loss_parts.h"

typedef struct region {
	double smooth, eps, alpha, beta, gamma;
	bool log_loss, from_logits, per_image;
	int absent;
	secant_ints classes, ignore;
	secant_reals weights;
} region;

enum { ZERO, COUNT, SKIP };

static graph_value
probabilities(graph_net *g, const region *r, const nn_loss_input *in)
{
	if (!r->from_logits)
		return in->logits;
	return in->mode == BASE_MODE_MULTICLASS ? graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, in->logits)
											: nn_loss_one(g, "sigmoid", in->logits);
}

/* The classes asked for, of a vector with a number for each class. */
static graph_value
chosen(graph_net *g, const region *r, graph_value v)
{
	double index[SECANT_LIST_MAX];
	if (!r->classes.n)
		return v;
	for (int i = 0; i < r->classes.n; i++)
		index[i] = r->classes.v[i];
	graph_value at = graph_constant(g, SECANT_I32, &(secant_shape){ 1, { r->classes.n } }, index);
	return graph_apply(g, "take", &(op_axis_attr){ 0 }, 2, v, at);
}

/* Mean over the classes that were asked for; `present`: 1 for those that count, -1: all do. Binary: it is one number.
 */
static graph_value
aggregated(graph_net *g, const region *r, const nn_loss_input *in, graph_value loss, graph_value present)
{
	if (in->mode == BASE_MODE_BINARY)
		return loss;
	if (r->weights.n && r->weights.n != in->classes)
		return graph_fail(g, SECANT_ERR_ARG, "loss: %d class-weights for %d classes", r->weights.n, in->classes);
	loss = chosen(g, r, loss);
	graph_value w = r->weights.n ? chosen(g, r, nn_loss_vector(g, &r->weights)) : -1;
	if (present >= 0) {
		present = chosen(g, r, present);
		w = w < 0 ? present : nn_loss_two(g, "mul", w, present);
	}
	if (w < 0)
		return nn_loss_over(g, "mean", loss, false);
	graph_value sum = nn_loss_over(g, "sum", w, false);
	sum = present < 0 ? sum : nn_loss_limited(g, sum, 1e-12, 1e300); /* a batch without any class */
	return nn_loss_two(g, "div", nn_loss_over(g, "sum", nn_loss_two(g, "mul", loss, w), false), sum);
}

/* Sum over pixels: a number for each class of the batch (binary: one number), per-image a row of them for each picture.
 */
static graph_value
pixel_sum(graph_net *g, const region *r, const nn_loss_input *in, graph_value v)
{
	op_axes_attr a = { .axes = { .n = 2, .v = { 1, 2 } } };
	return r->per_image ? graph_apply(g, "sum", &a, 1, v) : nn_loss_over(g, "sum", v, in->mode != BASE_MODE_BINARY);
}

/* Of a row for each picture the mean over pictures: all, or those in which the class is (`present`, which becomes 1
 * where it is in any). */
static graph_value
over_pictures(graph_net *g, const nn_loss_input *in, graph_value loss, graph_value *present)
{
	op_axes_attr first = { .axes = { .n = 1, .v = { 0 } } };
	graph_value mean = graph_apply(g, "mean", &first, 1, loss);
	if (*present >= 0) {
		graph_value times = graph_apply(g, "sum", &first, 1, *present);
		mean = nn_loss_two(g, "div", graph_apply(g, "sum", &first, 1, nn_loss_two(g, "mul", loss, *present)),
			nn_loss_limited(g, times, 1, 1e300));
		*present = nn_loss_limited(g, times, 0, 1);
	}
	return in->mode == BASE_MODE_BINARY ? nn_loss_over(g, "mean", mean, false) : mean;
}

static graph_value
build(graph_net *g, const region *r, const nn_loss_input *in)
{
	bool binary = in->mode == BASE_MODE_BINARY;
	if (binary && (r->classes.n || r->weights.n))
		return graph_fail(g, SECANT_ERR_ARG, "loss: classes and class-weights are not for binary targets");
	graph_value p = probabilities(g, r, in);
	graph_value t = in->mode == BASE_MODE_MULTICLASS
		? graph_apply(g, "one_hot", &(op_classes_attr){ in->classes }, 1, in->target)
		: in->target;
	graph_value mask = nn_loss_mask_channels(g, in, nn_loss_mask(g, in, &r->ignore));
	if (mask >= 0) {
		p = nn_loss_two(g, "mul", p, mask);
		t = nn_loss_two(g, "mul", t, mask);
	}
	graph_value sp = pixel_sum(g, r, in, p), st = pixel_sum(g, r, in, t);
	graph_value apart = pixel_sum(g, r, in, nn_loss_one(g, "abs", nn_loss_two(g, "sub", p, t)));
	graph_value inter = nn_loss_scaled(g, nn_loss_two(g, "sub", nn_loss_two(g, "add", sp, st), apart), 0.5);
	graph_value fp = nn_loss_scaled(g, nn_loss_two(g, "sub", sp, inter), r->alpha),
				fn = nn_loss_scaled(g, nn_loss_two(g, "sub", st, inter), r->beta);
	graph_value below = nn_loss_plus(g, nn_loss_two(g, "add", inter, nn_loss_two(g, "add", fp, fn)), r->smooth);
	graph_value score = nn_loss_two(
		g, "div", nn_loss_plus(g, inter, r->smooth), nn_loss_limited(g, below, r->eps, 1e300));
	graph_value loss = r->log_loss
		? nn_loss_scaled(g, nn_loss_one(g, "log", nn_loss_limited(g, score, r->eps, 1e300)), -1)
		: nn_loss_plus(g, nn_loss_scaled(g, score, -1), 1);
	graph_value zero = graph_scalar(g, 0), there = nn_loss_two(g, "greater", st, zero);
	graph_value present = r->absent == SKIP ? nn_loss_one(g, "upcast", there) : -1;
	loss = r->absent == COUNT ? loss : graph_apply(g, "where", NULL, 3, there, loss, zero);
	loss = r->per_image ? over_pictures(g, in, loss, &present) : loss;
	loss = aggregated(g, r, in, loss, present);
	return r->gamma == 1 ? loss : graph_apply(g, "pow", &(op_number_attr){ r->gamma, 0 }, 1, loss);
}

static graph_value
dice_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	region r = *(const region *)settings;
	r.alpha = r.beta = 0.5, r.gamma = 1;
	return build(g, &r, in);
}

static graph_value
jaccard_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	region r = *(const region *)settings;
	r.alpha = r.beta = r.gamma = 1;
	return build(g, &r, in);
}

static graph_value
tversky_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	return build(g, settings, in);
}

#define COMMON \
	SECANT_OPT(region, smooth, REAL, "smooth", "0", 0, 1e6, "added to both sides of the fraction"), \
		SECANT_OPT(region, eps, REAL, "eps", "1e-7", 0, 1, "least value of the denominator"), \
		SECANT_OPT(region, log_loss, BOOL, "log-loss", "false", 0, 1, "-log(score) instead of 1 - score"), \
		SECANT_OPT( \
			region, from_logits, BOOL, "from-logits", "true", 0, 1, "the network gives logits, not probabilities"), \
		SECANT_OPT(region, per_image, BOOL, "per-image", "false", 0, 1, "of each picture, then the mean"), \
		SECANT_OPT_CHOICE(region, absent, "absent", "zero", "zero|count|skip", \
			"a class without labels contributes 0, what the formula gives, or not at all"), \
		SECANT_OPT(region, classes, INTS, "classes", NULL, 0, 65535, "only these classes"), \
		SECANT_OPT(region, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"), \
		SECANT_OPT(region, weights, REALS, "class-weights", NULL, 0, 1e9, "one weight for each class")
static const secant_opt rows[] = { COMMON, SECANT_OPT_END };
static const secant_opt tversky_rows[] = {
	SECANT_OPT(region, alpha, REAL, "alpha", "0.5", 0, 1e3, "weight of false positives"),
	SECANT_OPT(region, beta, REAL, "beta", "0.5", 0, 1e3, "weight of false negatives"),
	SECANT_OPT(region, gamma, REAL, "gamma", "1", 0, 100, "power of the result"),
	COMMON,
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "region loss", sizeof(region), rows },
						 tversky_table = { "tversky", sizeof(region), tversky_rows };

const nn_loss nn_loss_dice = {
	.name = "dice",
	.brief = "1 - Dice score, over batch and pixels together",
	.settings = &settings_table,
	.modes = NN_MODES_ALL,
	.build = dice_build,
};
const nn_loss nn_loss_jaccard = {
	.name = "jaccard",
	.brief = "1 - IoU, over batch and pixels together",
	.settings = &settings_table,
	.modes = NN_MODES_ALL,
	.build = jaccard_build,
};
const nn_loss nn_loss_tversky = {
	.name = "tversky",
	.brief = "1 - Tversky index: false positives and negatives weighed apart",
	.settings = &tversky_table,
	.modes = NN_MODES_ALL,
	.build = tversky_build,
};
