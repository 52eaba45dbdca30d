/*
 * U-Net (Ronneberger, Fischer, Brox 2015) as segmentation_models.pytorch builds it: each decoder block resizes to the
 * size of the next shallower feature, concatenates [upsampled, skip] and applies two convolutions; optional scSE
 * attention before and after.
 */
#include "nn/decoder.h"

typedef struct unet {
	char *use_norm;
	secant_ints channels;
	char *attention;
	int interpolation;
} unet;

static const secant_opt rows[] = {
	SECANT_OPT(unet, channels, INTS, "decoder-channels", NULL, 1, 65535,
		"channels of the decoder's blocks, deepest first; default 256,128,64,32,16"),
	SECANT_OPT(unet, attention, STR, "decoder-attention-type", NULL, 0, 0, "scse, or none when absent"),
	SECANT_OPT_CHOICE(
		unet, interpolation, "decoder-interpolation", "nearest", NN_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(unet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "unet", sizeof(unet), rows };

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const unet *o = b->options;
	nn_unet_block u = { .mode = o->interpolation, .scse = o->attention != NULL };
	int channels[NN_FEATURES];
	if (nn_norm_parse(&u.norm, o->use_norm, err) || nn_decoder_channels(channels, &o->channels, b->depth, err))
		return;
	graph_value x = b->f[b->depth].value;
	size_t mark = nn_enter(n, "decoder");
	if (b->encoder->facts & NN_ENCODER_CENTRE)
		x = nn_centre(n, x, &u.norm);
	size_t blocks = nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		size_t inner = nn_enter_index(n, i);
		graph_value like = b->f[b->depth - 1 - i].value, skip = i + 1 < b->depth ? like : -1;
		x = nn_add_unet_block(n, &u, x, skip, like, channels[i]);
		nn_leave(n, inner);
	}
	nn_leave(n, blocks);
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_segmentation_head(n, x, b->classes, 3, 1, b->net->activation, err);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	const unet *o = b->options;
	int channels[NN_FEATURES];
	secant_status status = nn_decoder_channels(channels, &o->channels, b->depth, err);
	return status ? status : nn_check_attention(o->attention, channels, b->depth, err);
}

const nn_architecture nn_architecture_unet = {
	.name = "unet",
	.brief = "U-Net: skips concatenated at every scale",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
	.any_size = true,
};
