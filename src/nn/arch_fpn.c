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
		fpn, interpolation, "decoder-interpolation", "nearest", SECANT_INTERPOLATIONS, "how the pyramid enlarges"),
	SECANT_OPT(fpn, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "fpn", sizeof(fpn), rows };

enum { LEVELS = 4, GROUPS = 32 };

static secant_value
lateral(secant_nn *n, const char *name, secant_value x, int out)
{
	return secant_nn_conv(
		n, name, x, &(secant_conv_spec){ .out = out, .kernel = 1, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM });
}

/* Level k of the pyramid, 0 the deepest: 3, 2, 1, 0 enlargements. */
static secant_value
segment(secant_nn *n, int k, secant_value x, int out)
{
	int enlargements = LEVELS - 1 - k, steps = enlargements ? enlargements : 1;
	secant_conv_spec conv = { .out = out, .kernel = 3, .padding = 1, .init = SECANT_INIT_KAIMING_UNIFORM };
	size_t mark = secant_nn_enter_index(n, k), blocks = secant_nn_enter(n, "block");
	for (int i = 0; i < steps; i++) {
		size_t inner = secant_nn_enter_index(n, i), layer = secant_nn_enter(n, "block");
		x = secant_nn_conv(n, "0", x, &conv);
		x = secant_nn_relu(n, secant_nn_group_norm(n, "1", x, GROUPS, 1e-5));
		if (enlargements)
			x = secant_nn_enlarge(n, x, 2, SECANT_RESIZE_BILINEAR, true);
		secant_nn_leave(n, layer);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	return x;
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	static const char *const names[] = { "p5", "p4.skip_conv", "p3.skip_conv", "p2.skip_conv" };
	const fpn *o = b->options;
	secant_value p[LEVELS];
	size_t mark = secant_nn_enter(n, "decoder");
	for (int k = 0; k < LEVELS; k++) {
		secant_value up = k ? secant_nn_enlarge(n, p[k - 1], 2, o->interpolation, false) : -1;
		p[k] = lateral(n, names[k], b->f[b->depth - k].value, o->pyramid);
		if (k)
			p[k] = secant_apply(n->g, "add", NULL, 2, up, p[k]);
	}
	size_t blocks = secant_nn_enter(n, "seg_blocks");
	for (int k = 0; k < LEVELS; k++)
		p[k] = segment(n, k, p[k], o->segmentation);
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	secant_value x = o->merge ? secant_nn_concat(n, LEVELS, p) : p[0];
	for (int k = 1; k < LEVELS && !o->merge; k++)
		x = secant_apply(n->g, "add", NULL, 2, x, p[k]);
	out->decoder = x = secant_nn_dropout(n, x, o->dropout, true);
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	const fpn *o = b->options;
	if (b->encoder->facts & SECANT_ENCODER_MIX && b->depth != 5)
		return secant_fail(err, SECANT_ERR_ARG, "Encoder %s support only encoder_depth=5", b->encoder->name);
	return o->segmentation % GROUPS ? secant_fail(
			   err, SECANT_ERR_ARG, "decoder-segmentation-channels: %d is no multiple of %d", o->segmentation, GROUPS)
									: SECANT_OK;
}

const secant_architecture secant_architecture_fpn = {
	.name = "fpn",
	.brief = "FPN: a pyramid of features, merged",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
	.check = check,
};
