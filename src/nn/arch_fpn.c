/*
 * FPN (Kirillov, Girshick, He, Dollar 2017) as segmentation_models.pytorch builds it: a pyramid of the four deepest
 * features, each brought to the largest one's size by convolutions with group norm, summed or concatenated.
 */
#include "nn/decoder.h"

typedef struct fpn {
	int pyramid, segmentation, merge, interpolation, upsampling;
	double dropout;
} fpn;

static const secant_opt rows[] = {
	SECANT_OPT(fpn, pyramid, INT, "decoder-pyramid-channels", "256", 1, 65535, "channels of the pyramid"),
	SECANT_OPT(fpn, segmentation, INT, "decoder-segmentation-channels", "128", 32, 65535,
		"channels of the maps that are merged, a multiple of 32"),
	SECANT_OPT_CHOICE(fpn, merge, "decoder-merge-policy", "add", "add|cat", "how the maps are merged"),
	SECANT_OPT(fpn, dropout, REAL, "decoder-dropout", "0.2", 0, 0.99, "of whole channels, before the head"),
	SECANT_OPT_CHOICE(
		fpn, interpolation, "decoder-interpolation", "nearest", NN_INTERPOLATIONS, "how the pyramid enlarges"),
	SECANT_OPT(fpn, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "fpn", sizeof(fpn), rows };

enum { LEVELS = 4, GROUPS = 32 };

static graph_value
lateral(nn_builder *n, const char *name, graph_value x, int out)
{
	return nn_conv(
		n, name, x, &(nn_conv_spec){ .out = out, .kernel = 1, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM });
}

/* Level k of the pyramid, 0 the deepest: 3, 2, 1, 0 enlargements. */
static graph_value
segment(nn_builder *n, int k, graph_value x, int out)
{
	int enlargements = LEVELS - 1 - k, steps = enlargements ? enlargements : 1;
	nn_conv_spec conv = { .out = out, .kernel = 3, .padding = 1, .init = GRAPH_INIT_KAIMING_UNIFORM };
	size_t mark = nn_enter_index(n, k), blocks = nn_enter(n, "block");
	for (int i = 0; i < steps; i++) {
		size_t inner = nn_enter_index(n, i), layer = nn_enter(n, "block");
		x = nn_conv(n, "0", x, &conv);
		x = nn_relu(n, nn_group_norm(n, "1", x, GROUPS, 1e-5));
		if (enlargements)
			x = nn_enlarge(n, x, 2, OP_RESIZE_BILINEAR, true);
		nn_leave(n, layer);
		nn_leave(n, inner);
	}
	nn_leave(n, blocks);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const char *const names[] = { "p5", "p4.skip_conv", "p3.skip_conv", "p2.skip_conv" };
	const fpn *o = b->options;
	graph_value p[LEVELS];
	size_t mark = nn_enter(n, "decoder");
	for (int k = 0; k < LEVELS; k++) {
		graph_value up = k ? nn_enlarge(n, p[k - 1], 2, o->interpolation, false) : -1;
		p[k] = lateral(n, names[k], b->f[b->depth - k].value, o->pyramid);
		if (k)
			p[k] = graph_apply(n->g, "add", NULL, 2, up, p[k]);
	}
	size_t blocks = nn_enter(n, "seg_blocks");
	for (int k = 0; k < LEVELS; k++)
		p[k] = segment(n, k, p[k], o->segmentation);
	nn_leave(n, blocks);
	nn_leave(n, mark);
	graph_value x = o->merge ? nn_concat(n, LEVELS, p) : p[0];
	for (int k = 1; k < LEVELS && !o->merge; k++)
		x = graph_apply(n->g, "add", NULL, 2, x, p[k]);
	out->decoder = x = nn_dropout(n, x, o->dropout, true);
	out->logits = nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	const fpn *o = b->options;
	if (b->encoder->facts & NN_ENCODER_MIX && b->depth != 5)
		return secant_fail(err, SECANT_ERR_ARG, "Encoder %s support only encoder_depth=5", b->encoder->name);
	for (int stage = b->depth; stage > b->depth - LEVELS && stage > 0; stage--)
		if (!b->encoder->channels[stage])
			return secant_fail(err, SECANT_ERR_ARG,
				"fpn reads features of stride %d at encoder-depth %d, and encoder %s has none: encoder-depth 5 does "
				"without",
				1 << stage, b->depth, b->encoder->name);
	return o->segmentation % GROUPS ? secant_fail(
			   err, SECANT_ERR_ARG, "decoder-segmentation-channels: %d is no multiple of %d", o->segmentation, GROUPS)
									: SECANT_OK;
}

const nn_architecture nn_architecture_fpn = {
	.name = "fpn",
	.brief = "FPN: a pyramid of features, merged",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
	.check = check,
};
