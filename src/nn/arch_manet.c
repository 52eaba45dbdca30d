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
		manet, interpolation, "decoder-interpolation", "nearest", NN_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(manet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "manet", sizeof(manet), rows };

static graph_value
pixels(nn_builder *n, graph_value x) /* N x H x W x C as N x HW x C */
{
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 3, { -2, -1, nn_channels(n, x) } } }, 1, x);
}

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel)
{
	nn_conv_spec c = {
		.out = out, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM
	};
	return nn_conv(n, name, x, &c);
}

/* softmax over all pairs; pairs: N x HW x HW, like: N x HW x any */
static graph_value
over_all(nn_builder *n, graph_value pairs, graph_value like)
{
	graph_value flat = graph_apply(n->g, "reshape", &(op_shape_attr){ { 2, { -2, -1 } } }, 1, pairs);
	flat = graph_apply(n->g, "softmax", &(op_axis_attr){ -1 }, 1, flat);
	op_shape_attr back = { { 3, { -2, OP_LIKE_AXIS(1), -1 } } };
	return graph_apply(n->g, "reshape", &back, 2, flat, like);
}

static graph_value
attention(nn_builder *n, graph_value x, int width)
{
	int c = nn_channels(n, x);
	op_matmul_attr transposed = { .transpose_b = true };
	size_t mark = nn_enter(n, "center");
	graph_value top = pixels(n, conv(n, "top_conv", x, width, 1));
	graph_value centre = pixels(n, conv(n, "center_conv", x, width, 1));
	graph_value bottom = pixels(n, conv(n, "bottom_conv", x, c, 3));
	graph_value map = over_all(n, graph_apply(n->g, "matmul", &transposed, 2, centre, top), top);
	graph_value y = graph_apply(n->g, "matmul", NULL, 2, map, bottom);
	op_shape_attr planes = { { 4, { -2, c, OP_LIKE_AXIS(1), OP_LIKE_AXIS(2) } } };
	y = graph_apply(n->g, "reshape", &planes, 2, y, x);
	y = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 4, { 0, 2, 3, 1 } } }, 1, y);
	y = conv(n, "out_conv", graph_apply(n->g, "add", NULL, 2, x, y), c, 3);
	nn_leave(n, mark);
	return y;
}

/* Weights of channels, N x 1 x 1 x C. */
static graph_value
excite(nn_builder *n, const char *name, graph_value x)
{
	int c = nn_channels(n, x), reduced = c / 16 > 1 ? c / 16 : 1;
	size_t mark = nn_enter(n, name);
	graph_value y = nn_relu(n, conv(n, "1", nn_global_pool(n, x, false), reduced, 1));
	y = graph_apply(n->g, "sigmoid", NULL, 1, conv(n, "3", y, c, 1));
	nn_leave(n, mark);
	return y;
}

static graph_value
block(nn_builder *n, const nn_norm_choice *norm, int mode, graph_value x, graph_value skip, int out)
{
	if (skip < 0) {
		x = nn_enlarge(n, x, 2, mode, false);
	} else {
		int c = nn_channels(n, skip);
		size_t mark = nn_enter(n, "hl_conv");
		x = nn_conv_relu(n, "0", x, nn_channels(n, x), 3, 1, norm);
		x = nn_conv_relu(n, "1", x, c, 1, 0, norm);
		nn_leave(n, mark);
		x = nn_enlarge(n, x, 2, mode, false);
		graph_value low = excite(n, "SE_ll", skip), high = excite(n, "SE_hl", x);
		x = graph_apply(n->g, "mul", NULL, 2, x, graph_apply(n->g, "add", NULL, 2, high, low));
		x = nn_concat(n, 2, (graph_value[]){ x, skip });
	}
	x = nn_conv_relu(n, "conv1", x, out, 3, 1, norm);
	return nn_conv_relu(n, "conv2", x, out, 3, 1, norm);
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const manet *o = b->options;
	nn_norm_choice norm;
	int channels[NN_FEATURES];
	if (nn_norm_parse(&norm, o->use_norm, err) || nn_decoder_channels(channels, &o->channels, b->depth, err))
		return;
	size_t mark = nn_enter(n, "decoder");
	graph_value x = attention(n, b->f[b->depth].value, o->pab_channels);
	size_t blocks = nn_enter(n, "blocks");
	for (int i = 0; i < b->depth; i++) {
		const nn_stage *skip = &b->f[b->depth - 1 - i];
		size_t inner = nn_enter_index(n, i);
		x = block(n, &norm, o->interpolation, x, i + 1 < b->depth && skip->channels ? skip->value : -1, channels[i]);
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
	int channels[NN_FEATURES];
	return nn_decoder_channels(channels, &((const manet *)b->options)->channels, b->depth, err);
}

const nn_architecture nn_architecture_manet = {
	.name = "manet",
	.brief = "MA-Net: attention between pixels and between channels",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
};
