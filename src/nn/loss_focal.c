/*
 * focal: segmentation_models.pytorch's FocalLoss (Lin and others 2017). With bce the cross entropy of an element and pt
 * = exp(-bce),
 *
 *     f = (1 - pt)^gamma   or, reduced, ((1 - pt)/threshold)^gamma and 1 where pt < threshold
 *     l = f bce, times alpha t + (1 - alpha)(1 - t), over max(sum f, 1e-6) when normalized
 *
 * Multiclass and multilabel targets are one binary problem a class (not a softmax), averaged over classes. Ignored
 * pixels are left out of sums and means.
 */
#include "nn/loss_parts.h"

enum { MEAN, SUM, BATCHWISE_MEAN };
typedef struct focal {
	double gamma, eps;
	bool normalized, from_logits;
	int reduction;
	secant_reals alpha, reduced, weights;
	secant_ints ignore;
} focal;

static graph_value
logits_of(graph_net *g, const focal *f, const nn_loss_input *in)
{
	if (f->from_logits)
		return in->logits;
	graph_value p = nn_loss_limited(g, in->logits, f->eps, 1 - f->eps);
	graph_value log_p = nn_loss_one(g, "log", p);
	if (in->mode == BASE_MODE_MULTICLASS)
		return log_p;
	return nn_loss_two(g, "sub", log_p, nn_loss_one(g, "log", nn_loss_plus(g, nn_loss_scaled(g, p, -1), 1)));
}

static graph_value
power(graph_net *g, graph_value v, double gamma)
{
	/* below 1 the slope is infinite at 0, which a sure pixel reaches: it shall have none */
	v = gamma < 1 ? nn_loss_limited(g, v, 1e-12, 1e300) : v;
	return gamma == 1 ? v : graph_apply(g, "pow", &(op_number_attr){ gamma, 0 }, 1, v);
}

static graph_value
factor(graph_net *g, const focal *f, graph_value pt)
{
	graph_value rest = nn_loss_plus(g, nn_loss_scaled(g, pt, -1), 1);
	if (!f->reduced.n)
		return power(g, rest, f->gamma);
	double t = f->reduced.v[0];
	graph_value one = graph_scalar(g, 1), limit = graph_scalar(g, t);
	return graph_apply(g, "where", NULL, 3, nn_loss_two(g, "greater", limit, pt), one,
		power(g, nn_loss_scaled(g, rest, 1 / t), f->gamma));
}

static double
pixels_of_a_picture(graph_net *g, graph_value x)
{
	const secant_shape *s = graph_shape(g, x);
	double n = 1;
	for (int i = 1; i < s->rank - 1; i++)
		n *= (double)s->dim[i];
	return n > 0 ? n : 1;
}

static graph_value
build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	const focal *f = settings;
	bool multiclass = in->mode == BASE_MODE_MULTICLASS, classes = in->mode != BASE_MODE_BINARY;
	graph_value x = logits_of(g, f, in),
				t = multiclass ? graph_apply(g, "one_hot", &(op_classes_attr){ in->classes }, 1, in->target)
							   : in->target;
	graph_value mask = nn_loss_mask_channels(g, in, nn_loss_mask(g, in, &f->ignore));
	if (mask >= 0 && !multiclass)
		t = nn_loss_two(g, "mul", t, mask);
	graph_value bce = nn_loss_two(g, "bce_with_logits", x, t);
	graph_value weight = f->gamma == 0 && !f->reduced.n
		? -1
		: factor(g, f, nn_loss_one(g, "exp", nn_loss_scaled(g, bce, -1)));
	graph_value loss = weight < 0 ? bce : nn_loss_two(g, "mul", weight, bce);
	if (f->alpha.n) {
		double a = f->alpha.v[0];
		loss = nn_loss_two(g, "mul", loss, nn_loss_plus(g, nn_loss_scaled(g, t, 2 * a - 1), 1 - a));
	}
	graph_value ones = nn_loss_plus(g, nn_loss_scaled(g, t, 0), 1);
	graph_value valid = mask < 0 ? ones : nn_loss_two(g, "mul", ones, mask);
	if (mask >= 0)
		loss = nn_loss_two(g, "mul", loss, mask);
	graph_value total = nn_loss_over(g, "sum", loss, classes), count = nn_loss_over(g, "sum", valid, classes);
	if (f->normalized) {
		graph_value sum = nn_loss_over(g, "sum", weight < 0 ? valid : nn_loss_two(g, "mul", weight, valid), classes);
		total = nn_loss_two(g, "div", total, nn_loss_limited(g, sum, 1e-6, 1e300));
	}
	if (f->reduction == MEAN)
		total = nn_loss_two(g, "div", total, nn_loss_limited(g, count, 1, 1e300));
	/* The original sums over pictures and averages the map that is left; where pixels are left out it has no map, and
	 * the sum stays. */
	if (f->reduction == BATCHWISE_MEAN && classes && mask < 0)
		total = nn_loss_scaled(g, total, 1 / pixels_of_a_picture(g, x));
	if (!classes)
		return total;
	if (!f->weights.n)
		return nn_loss_over(g, "mean", total, false);
	if (f->weights.n != in->classes)
		return graph_fail(g, SECANT_ERR_ARG, "loss focal: %d class-weights for %d classes", f->weights.n, in->classes);
	graph_value w = nn_loss_vector(g, &f->weights);
	return nn_loss_two(
		g, "div", nn_loss_over(g, "sum", nn_loss_two(g, "mul", total, w), false), nn_loss_over(g, "sum", w, false));
}

static const secant_opt rows[] = {
	SECANT_OPT(focal, gamma, REAL, "gamma", "2", 0, 100, "how much easy pixels count less"),
	SECANT_OPT(focal, alpha, REALS, "alpha", NULL, 0, 1, "weight of the foreground, 1 - alpha of the background"),
	SECANT_OPT(
		focal, reduced, REALS, "reduced-threshold", NULL, 1e-6, 1, "pixels less sure than this have full weight"),
	SECANT_OPT(focal, normalized, BOOL, "normalized", "false", 0, 1, "divide by the sum of the focal factors"),
	SECANT_OPT_CHOICE(focal, reduction, "reduction", "mean", "mean|sum|batchwise-mean", "over pixels"),
	SECANT_OPT(focal, from_logits, BOOL, "from-logits", "true", 0, 1, "the network gives logits, not probabilities"),
	SECANT_OPT(focal, eps, REAL, "eps", "1e-7", 0, 0.5, "probabilities are kept this far from 0 and 1"),
	SECANT_OPT(focal, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"),
	SECANT_OPT(focal, weights, REALS, "class-weights", NULL, 0, 1e9, "one weight for each class"),
	SECANT_OPT_END,
};
static const secant_opts settings_table = { "focal", sizeof(focal), rows };

const nn_loss nn_loss_focal = {
	.name = "focal",
	.brief = "cross entropy in which easy pixels count less",
	.settings = &settings_table,
	.modes = NN_MODES_ALL,
	.build = build,
};
