/*
 * U-Net (Ronneberger, Fischer, Brox 2015) as segmentation_models.pytorch builds it: each decoder block resizes to the
 * size of the next shallower feature, concatenates [upsampled, skip] and applies two convolutions; optional scSE
 * attention before and after.
 */
#include "nn/nn.h"
#include <string.h>

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
	SECANT_OPT_CHOICE(unet, interpolation, "decoder-interpolation", "nearest", "nearest|bilinear|bicubic",
		"how the decoder enlarges"),
	SECANT_OPT(unet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "unet", sizeof(unet), rows };

typedef struct block {
	secant_norm_choice norm;
	int mode;
	bool scse;
} block;

static secant_value
decoder_block(secant_nn *n, const block *u, secant_value x, secant_value skip, secant_value like, int out)
{
	x = secant_nn_concat(n, 2, (secant_value[]){ secant_nn_resize_like(n, x, like, u->mode, false), skip });
	int in = secant_nn_channels(n, x);
	if (u->scse) {
		/* A state_dict lists conv1 before attention1, though attention1 comes first in the data's way. */
		secant_value w, b;
		size_t mark = secant_nn_enter(n, "conv1");
		secant_nn_conv_states(n, "0", in,
			&(secant_conv_spec){ .out = out,
				.kernel = 3,
				.bias = u->norm.kind == SECANT_NORM_NONE,
				.init = SECANT_INIT_KAIMING_UNIFORM },
			&w, &b);
		secant_nn_norm_states(n, "1", out, &u->norm);
		secant_nn_leave(n, mark);
		secant_value attended = secant_nn_scse(n, "attention1", skip >= 0 ? x : -1, in);
		x = skip >= 0 ? attended : x;
	}
	x = secant_nn_conv_relu(n, "conv1", x, out, 3, 1, &u->norm);
	x = secant_nn_conv_relu(n, "conv2", x, out, 3, 1, &u->norm);
	return u->scse ? secant_nn_scse(n, "attention2", x, out) : x;
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	const unet *o = b->options;
	block u = { .mode = o->interpolation, .scse = o->attention != NULL };
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
		x = decoder_block(n, &u, x, skip, like, channels[i]);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->net->classes, 3, 1, b->net->activation, err);
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	const unet *o = b->options;
	int channels[SECANT_FEATURES];
	if (o->attention && strcmp(o->attention, "scse"))
		return secant_fail(err, SECANT_ERR_ARG, "decoder-attention-type: '%s' is not scse", o->attention);
	return secant_nn_decoder_channels(channels, &o->channels, b->depth, err);
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
