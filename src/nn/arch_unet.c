/*
 * U-Net (Ronneberger, Fischer, Brox 2015) as segmentation_models.pytorch builds it: each decoder block resizes to the
 * size of the next shallower feature, concatenates [upsampled, skip] and applies two convolutions; optional scSE
 * attention before and after.
 */
#include "nn/nn.h"
#include <string.h>

typedef struct unet {
	secant_norm_choice norm;
	int mode;
	bool scse;
} unet;

static secant_value
decoder_block(secant_nn *n, const unet *u, secant_value x, secant_value skip, secant_value like, int out)
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
build(secant_nn *n, const secant_network *net, const secant_encoder *e, int depth, const secant_value *f,
	secant_built *out, secant_err *err)
{
	static const char *const modes[] = { "nearest", "bilinear", "bicubic", NULL };
	unet u = { .mode = -1 };
	if (secant_norm_parse(&u.norm, net->decoder_use_norm, err))
		return;
	const char *interpolation = net->decoder_interpolation ? net->decoder_interpolation : "nearest";
	for (int i = 0; modes[i]; i++)
		if (!strcmp(interpolation, modes[i]))
			u.mode = i;
	if (u.mode < 0) {
		secant_fail(
			err, SECANT_ERR_ARG, "decoder-interpolation: '%s' is not nearest, bilinear or bicubic", interpolation);
		return;
	}
	const char *attention = net->decoder_attention_type;
	if (attention && strcmp(attention, "scse")) {
		secant_fail(err, SECANT_ERR_ARG, "decoder-attention-type: '%s' is not scse", attention);
		return;
	}
	u.scse = attention != NULL;
	secant_value x = f[depth];
	size_t mark = secant_nn_enter(n, "decoder"), blocks = secant_nn_enter(n, "blocks");
	for (int i = 0; i < depth; i++) {
		size_t inner = secant_nn_enter_index(n, i);
		secant_value like = f[depth - 1 - i], skip = i + 1 < depth ? like : -1;
		x = decoder_block(n, &u, x, skip, like, net->decoder_channels.v[i]);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, net->classes, 3, 1, net->activation, err);
}

const secant_architecture secant_architecture_unet = {
	.name = "unet",
	.brief = "U-Net: skips concatenated at every scale",
	.default_depth = 5,
	.build = build,
	.any_size = true,
};
