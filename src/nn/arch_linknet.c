/*
 * LinkNet (Chaurasia, Culurciello 2017) as segmentation_models.pytorch builds it: each block is a 1x1 convolution, a
 * transposed convolution that doubles the size, and a 1x1 convolution; skips are added.
 */
#include "nn/decoder.h"

typedef struct linknet {
	char *use_norm;
} linknet;

static const secant_opt rows[] = {
	SECANT_OPT(linknet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "linknet", sizeof(linknet), rows };

enum { PREFINAL = 32 };

static graph_value
block(nn_builder *n, const nn_norm_choice *norm, graph_value x, int out)
{
	int inner = nn_channels(n, x) / 4;
	size_t mark = nn_enter(n, "block");
	x = nn_conv_relu(n, "0", x, inner, 1, 0, norm);
	x = nn_conv_transpose(n, "1.0", x, inner, 4, 2, 1);
	x = nn_relu(n, nn_norm(n, "1.1", x, norm));
	x = nn_conv_relu(n, "2", x, out, 1, 0, norm);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	nn_norm_choice norm;
	if (nn_norm_parse(&norm, ((const linknet *)b->options)->use_norm, err))
		return;
	graph_value x = b->f[b->depth].value;
	size_t mark = nn_enter(n, "decoder"), blocks = nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		const nn_stage *skip = &b->f[b->depth - 1 - i];
		int width = i + 1 == b->depth ? PREFINAL : skip->channels ? skip->channels : nn_channels(n, x);
		size_t inner = nn_enter_index(n, i);
		x = block(n, &norm, x, width);
		if (i + 1 < b->depth && skip->channels)
			x = graph_apply(n->g, "add", NULL, 2, x, skip->value);
		nn_leave(n, inner);
	}
	nn_leave(n, blocks);
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_segmentation_head(n, x, b->classes, 1, 1, b->net->activation, err);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	return b->encoder->facts & NN_ENCODER_MIX
		? secant_fail(err, SECANT_ERR_ARG, "Encoder `%s` is not supported for Linknet", b->encoder->name)
		: SECANT_OK;
}

const nn_architecture nn_architecture_linknet = {
	.name = "linknet",
	.brief = "LinkNet: skips added, transposed convolutions",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
};
