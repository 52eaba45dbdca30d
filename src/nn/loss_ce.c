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

static graph_value
over_classes(graph_net *g, graph_value v)
{
	return graph_apply(g, "sum", &(op_axes_attr){ { 1, { graph_shape(g, v)->rank - 1 } }, false }, 1, v);
}

/* What label smoothing adds to each pixel; 0 where it is ignored. */
static graph_value
spread(graph_net *g, const ce *c, const nn_loss_input *in, graph_value logp, graph_value mask)
{
	graph_value all = over_classes(
		g, c->weights.n ? nn_loss_two(g, "mul", logp, nn_loss_vector(g, &c->weights)) : logp);
	all = nn_loss_scaled(g, all, -c->smoothing / in->classes);
	return mask < 0 ? all : nn_loss_two(g, "mul", all, mask);
}

static graph_value
mean_of(graph_net *g, const ce *c, const nn_loss_input *in, graph_value logp)
{
	graph_value mask = nn_loss_mask(g, in, &c->ignore);
	graph_value each = nn_loss_scaled(g, nn_loss_two(g, "pick", logp, in->target), -1), weight = mask;
	if (c->weights.n && c->weights.n != in->classes)
		return graph_fail(g, SECANT_ERR_ARG, "loss: %d class-weights for %d classes", c->weights.n, in->classes);
	if (c->weights.n) {
		/* the weight of each pixel's class; 0 where the label is none of the classes */
		graph_value hot = graph_apply(g, "one_hot", &(op_classes_attr){ in->classes }, 1, in->target);
		graph_value own = nn_loss_two(g, "mul", hot, nn_loss_vector(g, &c->weights));
		own = over_classes(g, own);
		weight = mask < 0 ? own : nn_loss_two(g, "mul", own, mask);
	}
	if (weight >= 0)
		each = nn_loss_two(g, "mul", each, weight);
	if (c->smoothing > 0)
		each = nn_loss_two(g, "add", nn_loss_scaled(g, each, 1 - c->smoothing), spread(g, c, in, logp, mask));
	if (weight < 0)
		return nn_loss_over(g, "mean", each, false);
	graph_value sum = nn_loss_over(g, "sum", each, false);
	return nn_loss_two(g, "div", sum, nn_loss_limited(g, nn_loss_over(g, "sum", weight, false), 1e-12, 1e300));
}

static graph_value
ce_build(graph_net *g, const void *settings, const nn_loss_input *in)
{
	return mean_of(g, settings, in, graph_apply(g, "log_softmax", &(op_axis_attr){ -1 }, 1, in->logits));
}

static graph_value
nll_build(graph_net *g, const void *settings, const nn_loss_input *in)
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

const nn_loss nn_loss_ce = {
	.name = "ce",
	.brief = "cross entropy of softmax, mean over pixels",
	.settings = &ce_table,
	.modes = 1u << BASE_MODE_MULTICLASS,
	.build = ce_build,
};
const nn_loss nn_loss_nll = {
	.name = "nll",
	.takes_logs = true,
	.brief = "negative log-likelihood, from log-probabilities",
	.settings = &nll_table,
	.modes = 1u << BASE_MODE_MULTICLASS,
	.build = nll_build,
};
