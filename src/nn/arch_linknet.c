/*
 * LinkNet (Chaurasia, Culurciello 2017) as segmentation_models.pytorch builds it: each block is a 1x1 convolution, a
 * transposed convolution that doubles the size, and a 1x1 convolution; skips are added.
 */
#include "nn/decoder.h"

typedef struct linknet {
	char *use_norm;
} linknet;

static const secant_opt rows[] = {
	SECANT_OPT(linknet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "linknet", sizeof(linknet), rows };

enum { PREFINAL = 32 };

static secant_value
block(secant_nn *n, const secant_norm_choice *norm, secant_value x, int out)
{
	int inner = secant_nn_channels(n, x) / 4;
	size_t mark = secant_nn_enter(n, "block");
	x = secant_nn_conv_relu(n, "0", x, inner, 1, 0, norm);
	x = secant_nn_conv_transpose(n, "1.0", x, inner, 4, 2, 1);
	x = secant_nn_relu(n, secant_nn_norm(n, "1.1", x, norm));
	x = secant_nn_conv_relu(n, "2", x, out, 1, 0, norm);
	secant_nn_leave(n, mark);
	return x;
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	secant_norm_choice norm;
	if (secant_norm_parse(&norm, ((const linknet *)b->options)->use_norm, err))
		return;
	secant_value x = b->f[b->depth].value;
	size_t mark = secant_nn_enter(n, "decoder"), blocks = secant_nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		const secant_stage *skip = &b->f[b->depth - 1 - i];
		int width = i + 1 == b->depth ? PREFINAL : skip->channels ? skip->channels : secant_nn_channels(n, x);
		size_t inner = secant_nn_enter_index(n, i);
		x = block(n, &norm, x, width);
		if (i + 1 < b->depth && skip->channels)
			x = secant_apply(n->g, "add", NULL, 2, x, skip->value);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 1, 1, b->net->activation, err);
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	return b->encoder->facts & SECANT_ENCODER_MIX
		? secant_fail(err, SECANT_ERR_ARG, "Encoder `%s` is not supported for Linknet", b->encoder->name)
		: SECANT_OK;
}

const secant_architecture secant_architecture_linknet = {
	.name = "linknet",
	.brief = "LinkNet: skips added, transposed convolutions",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
};
