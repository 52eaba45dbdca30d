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
		unet, interpolation, "decoder-interpolation", "nearest", SECANT_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(unet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "unet", sizeof(unet), rows };

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	const unet *o = b->options;
	secant_unet_block u = { .mode = o->interpolation, .scse = o->attention != NULL };
	int channels[SECANT_FEATURES];
	if (secant_norm_parse(&u.norm, o->use_norm, err)
		|| secant_nn_decoder_channels(channels, &o->channels, b->depth, err))
		return;
	secant_value x = b->f[b->depth].value;
	size_t mark = secant_nn_enter(n, "decoder");
	if (b->encoder->facts & SECANT_ENCODER_CENTRE)
		x = secant_nn_centre(n, x, &u.norm);
	size_t blocks = secant_nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		size_t inner = secant_nn_enter_index(n, i);
		secant_value like = b->f[b->depth - 1 - i].value, skip = i + 1 < b->depth ? like : -1;
		x = secant_nn_unet_block(n, &u, x, skip, like, channels[i]);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 3, 1, b->net->activation, err);
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	const unet *o = b->options;
	int channels[SECANT_FEATURES];
	secant_status status = secant_nn_check_attention(o->attention, err);
	return status ? status : secant_nn_decoder_channels(channels, &o->channels, b->depth, err);
}

const secant_architecture secant_architecture_unet = {
	.name = "unet",
	.brief = "U-Net: skips concatenated at every scale",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
	.any_size = true,
};
