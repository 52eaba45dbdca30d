/*
 * ce and nll: mean negative log-likelihood of the labelled class, from logits (PyTorch's CrossEntropyLoss) or from
 * log-probabilities (NLLLoss). With class weights w, sum(w_y l) / sum(w_y), over pixels that are not ignored. Label
 * smoothing s as in PyTorch: the numerator becomes (1 - s) sum(w_y l) + s/C sum(w_c l_c) over all classes c.
 */
#include "nn/loss_parts.h"

typedef struct ce {
	secant_ints ignore;
	secant_reals weights;
	double smoothing;
} ce;

static secant_value
over_classes(secant_graph *g, secant_value v)
{
	return secant_apply(g, "sum", &(secant_axes_attr){ { 1, { secant_graph_shape(g, v)->rank - 1 } }, false }, 1, v);
}

/* What label smoothing adds to each pixel; 0 where it is ignored. */
static secant_value
spread(secant_graph *g, const ce *c, const secant_loss_input *in, secant_value logp, secant_value mask)
{
	secant_value all = over_classes(
		g, c->weights.n ? secant_loss_two(g, "mul", logp, secant_loss_vector(g, &c->weights)) : logp);
	all = secant_loss_scaled(g, all, -c->smoothing / in->classes);
	return mask < 0 ? all : secant_loss_two(g, "mul", all, mask);
}

static secant_value
mean_of(secant_graph *g, const ce *c, const secant_loss_input *in, secant_value logp)
{
	secant_value mask = secant_loss_mask(g, in, &c->ignore);
	secant_value each = secant_loss_scaled(g, secant_loss_two(g, "pick", logp, in->target), -1), weight = mask;
	if (c->weights.n && c->weights.n != in->classes)
		return secant_graph_fail(g, SECANT_ERR_ARG, "loss: %d class-weights for %d classes", c->weights.n, in->classes);
	if (c->weights.n) {
		/* the weight of each pixel's class; 0 where the label is none of the classes */
		secant_value hot = secant_apply(g, "one_hot", &(secant_classes_attr){ in->classes }, 1, in->target);
		secant_value own = secant_loss_two(g, "mul", hot, secant_loss_vector(g, &c->weights));
		own = over_classes(g, own);
		weight = mask < 0 ? own : secant_loss_two(g, "mul", own, mask);
	}
	if (weight >= 0)
		each = secant_loss_two(g, "mul", each, weight);
	if (c->smoothing > 0)
		each = secant_loss_two(g, "add", secant_loss_scaled(g, each, 1 - c->smoothing), spread(g, c, in, logp, mask));
	if (weight < 0)
		return secant_loss_over(g, "mean", each, false);
	secant_value sum = secant_loss_over(g, "sum", each, false);
	return secant_loss_two(
		g, "div", sum, secant_loss_limited(g, secant_loss_over(g, "sum", weight, false), 1e-12, 1e300));
}

static secant_value
ce_build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	return mean_of(g, settings, in, secant_apply(g, "log_softmax", &(secant_axis_attr){ -1 }, 1, in->logits));
}

static secant_value
nll_build(secant_graph *g, const void *settings, const secant_loss_input *in)
{
	return mean_of(g, settings, in, in->logits);
}

#define COMMON \
	SECANT_OPT(ce, ignore, INTS, "ignore-index", NULL, 1, 0, "label value that is left out"), \
		SECANT_OPT(ce, weights, REALS, "class-weights", NULL, 0, 1e9, "one weight for each class")
static const secant_opt nll_rows[] = { COMMON, SECANT_OPT_END };
static const secant_opt ce_rows[] = { COMMON,
	SECANT_OPT(ce, smoothing, REAL, "label-smoothing", "0", 0, 1, "share of the loss that is spread over all classes"),
	SECANT_OPT_END };
static const secant_opts nll_table = { "negative log-likelihood", sizeof(ce), nll_rows },
						 ce_table = { "cross entropy", sizeof(ce), ce_rows };

const secant_loss secant_loss_ce = {
	.name = "ce",
	.brief = "cross entropy of softmax, mean over pixels",
	.settings = &ce_table,
	.modes = 1u << SECANT_MODE_MULTICLASS,
	.build = ce_build,
};
const secant_loss secant_loss_nll = {
	.name = "nll",
	.brief = "negative log-likelihood, from log-probabilities",
	.settings = &nll_table,
	.modes = 1u << SECANT_MODE_MULTICLASS,
	.build = nll_build,
};
