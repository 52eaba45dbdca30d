/*
 * MA-Net (Fan and others 2020) as segmentation_models.pytorch builds it: a position attention block on the deepest
 * feature, then blocks that weigh the channels of both inputs by squeeze and excitation.
 *
 * The attention is reproduced as it is: softmax runs over all pairs of pixels together, and the product, pixels x
 * channels, is read as channels x pixels without being transposed.
 */
#include "nn/decoder.h"

typedef struct manet {
	char *use_norm;
	secant_ints channels;
	int pab_channels, interpolation;
} manet;

static const secant_opt rows[] = {
	SECANT_OPT(manet, channels, INTS, "decoder-channels", NULL, 1, 65535,
		"channels of the decoder's blocks, deepest first; default 256,128,64,32,16"),
	SECANT_OPT(manet, pab_channels, INT, "decoder-pab-channels", "64", 1, 65535, "channels of the attention's maps"),
	SECANT_OPT_CHOICE(
		manet, interpolation, "decoder-interpolation", "nearest", SECANT_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(manet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "manet", sizeof(manet), rows };

static secant_value
pixels(secant_nn *n, secant_value x) /* N x H x W x C as N x HW x C */
{
	return secant_apply(n->g, "reshape", &(secant_shape_attr){ { 3, { -2, -1, secant_nn_channels(n, x) } } }, 1, x);
}

static secant_value
conv(secant_nn *n, const char *name, secant_value x, int out, int kernel)
{
	secant_conv_spec c = {
		.out = out, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM
	};
	return secant_nn_conv(n, name, x, &c);
}

/* softmax over all pairs; pairs: N x HW x HW */
static secant_value
over_all(secant_nn *n, secant_value pairs)
{
	secant_value flat = secant_apply(n->g, "reshape", &(secant_shape_attr){ { 2, { -2, -1 } } }, 1, pairs);
	flat = secant_apply(n->g, "softmax", &(secant_axis_attr){ -1 }, 1, flat);
	secant_shape_attr back = { { 3, { -2, SECANT_LIKE_AXIS(1), SECANT_LIKE_AXIS(2) } } };
	return secant_apply(n->g, "reshape", &back, 2, flat, pairs);
}

static secant_value
attention(secant_nn *n, secant_value x, int width)
{
	int c = secant_nn_channels(n, x);
	secant_matmul_attr transposed = { .transpose_b = true };
	size_t mark = secant_nn_enter(n, "center");
	secant_value top = pixels(n, conv(n, "top_conv", x, width, 1));
	secant_value centre = pixels(n, conv(n, "center_conv", x, width, 1));
	secant_value bottom = pixels(n, conv(n, "bottom_conv", x, c, 3));
	secant_value map = over_all(n, secant_apply(n->g, "matmul", &transposed, 2, centre, top));
	secant_value y = secant_apply(n->g, "matmul", NULL, 2, map, bottom);
	secant_shape_attr planes = { { 4, { -2, c, SECANT_LIKE_AXIS(1), SECANT_LIKE_AXIS(2) } } };
	y = secant_apply(n->g, "reshape", &planes, 2, y, x);
	y = secant_apply(n->g, "transpose", &(secant_transpose_attr){ { 4, { 0, 2, 3, 1 } } }, 1, y);
	y = conv(n, "out_conv", secant_apply(n->g, "add", NULL, 2, x, y), c, 3);
	secant_nn_leave(n, mark);
	return y;
}

/* Weights of channels, N x 1 x 1 x C. */
static secant_value
excite(secant_nn *n, const char *name, secant_value x)
{
	int c = secant_nn_channels(n, x), reduced = c / 16 > 1 ? c / 16 : 1;
	size_t mark = secant_nn_enter(n, name);
	secant_value y = secant_nn_relu(n, conv(n, "1", secant_nn_global_pool(n, x, false), reduced, 1));
	y = secant_apply(n->g, "sigmoid", NULL, 1, conv(n, "3", y, c, 1));
	secant_nn_leave(n, mark);
	return y;
}

static secant_value
block(secant_nn *n, const secant_norm_choice *norm, int mode, secant_value x, secant_value skip, int out)
{
	if (skip < 0) {
		x = secant_nn_enlarge(n, x, 2, mode, false);
	} else {
		int c = secant_nn_channels(n, skip);
		size_t mark = secant_nn_enter(n, "hl_conv");
		x = secant_nn_conv_relu(n, "0", x, secant_nn_channels(n, x), 3, 1, norm);
		x = secant_nn_conv_relu(n, "1", x, c, 1, 0, norm);
		secant_nn_leave(n, mark);
		x = secant_nn_enlarge(n, x, 2, mode, false);
		secant_value low = excite(n, "SE_ll", skip), high = excite(n, "SE_hl", x);
		x = secant_apply(n->g, "mul", NULL, 2, x, secant_apply(n->g, "add", NULL, 2, high, low));
		x = secant_nn_concat(n, 2, (secant_value[]){ x, skip });
	}
	x = secant_nn_conv_relu(n, "conv1", x, out, 3, 1, norm);
	return secant_nn_conv_relu(n, "conv2", x, out, 3, 1, norm);
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	const manet *o = b->options;
	secant_norm_choice norm;
	int channels[SECANT_FEATURES];
	if (secant_norm_parse(&norm, o->use_norm, err) || secant_nn_decoder_channels(channels, &o->channels, b->depth, err))
		return;
	size_t mark = secant_nn_enter(n, "decoder");
	secant_value x = attention(n, b->f[b->depth].value, o->pab_channels);
	size_t blocks = secant_nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		const secant_stage *skip = &b->f[b->depth - 1 - i];
		size_t inner = secant_nn_enter_index(n, i);
		x = block(n, &norm, o->interpolation, x, i + 1 < b->depth && skip->channels ? skip->value : -1, channels[i]);
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
	int channels[SECANT_FEATURES];
	return secant_nn_decoder_channels(channels, &((const manet *)b->options)->channels, b->depth, err);
}

const secant_architecture secant_architecture_manet = {
	.name = "manet",
	.brief = "MA-Net: attention between pixels and between channels",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
};
