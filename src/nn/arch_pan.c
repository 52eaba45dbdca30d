/*
 * PAN (Li and others 2018) as segmentation_models.pytorch builds it: a small pyramid on the deepest feature weighs it
 * (FPA), and shallower features are weighed by what was found below them (GAU).
 */
#include "nn/decoder.h"

typedef struct pan {
	int stride, channels, interpolation, upsampling;
} pan;

static const secant_opt rows[] = {
	SECANT_OPT(pan, stride, INT, "encoder-output-stride", "16", 8, 32, "16 or 32"),
	SECANT_OPT(pan, channels, INT, "decoder-channels", "32", 1, 65535, "channels of the decoder"),
	SECANT_OPT_CHOICE(
		pan, interpolation, "decoder-interpolation", "bilinear", NN_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(pan, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pan", sizeof(pan), rows };

static graph_value
conv_bn(nn_builder *n, const char *name, graph_value x, int out, int kernel, bool relu)
{
	nn_conv_spec c = {
		.out = out, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = GRAPH_INIT_KAIMING_UNIFORM
	};
	size_t mark = nn_enter(n, name);
	x = nn_batch_norm(n, "bn", nn_conv(n, "conv", x, &c), 1e-5, 0.1);
	nn_leave(n, mark);
	return relu ? nn_relu(n, x) : x;
}

static graph_value
halved(nn_builder *n, graph_value x)
{
	op_pool_attr pool = op_pooling(2, 2, 0);
	return graph_apply(n->g, "max_pool2d", &pool, 1, x);
}

static graph_value
up(nn_builder *n, graph_value x, graph_value like)
{
	return nn_resize_like(n, x, like, OP_RESIZE_BILINEAR, true);
}

static graph_value
pyramid(nn_builder *n, graph_value x, int width)
{
	size_t mark = nn_enter(n, "fpa");
	graph_value whole = conv_bn(n, "branch1.1", nn_global_pool(n, x, false), width, 1, true);
	graph_value mid = conv_bn(n, "mid.0", x, width, 1, true);
	graph_value x1 = conv_bn(n, "down1.1", halved(n, x), 1, 7, true);
	graph_value x2 = conv_bn(n, "down2.1", halved(n, x1), 1, 5, true);
	graph_value x3 = conv_bn(n, "down3.1", halved(n, x2), 1, 3, true);
	x3 = conv_bn(n, "down3.2", x3, 1, 3, true);
	graph_value y = up(n, x3, x2);
	y = up(n, graph_apply(n->g, "add", NULL, 2, conv_bn(n, "conv2", x2, 1, 5, true), y), x1);
	y = up(n, graph_apply(n->g, "add", NULL, 2, y, conv_bn(n, "conv1", x1, 1, 7, true)), x);
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, graph_apply(n->g, "mul", NULL, 2, y, mid), up(n, whole, x));
}

static graph_value
gate(nn_builder *n, const char *name, const pan *o, graph_value low, graph_value high)
{
	size_t mark = nn_enter(n, name);
	graph_value weight = conv_bn(n, "conv1.1", nn_global_pool(n, high, false), o->channels, 1, false);
	weight = graph_apply(n->g, "sigmoid", NULL, 1, weight);
	graph_value z = graph_apply(n->g, "mul", NULL, 2, conv_bn(n, "conv2", low, o->channels, 3, true), weight);
	graph_value y = nn_resize_like(n, high, low, o->interpolation, o->interpolation == OP_RESIZE_BILINEAR);
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, y, z);
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const char *const names[] = { "gau1", "gau2", "gau3" };
	const pan *o = b->options;
	size_t mark = nn_enter(n, "decoder");
	graph_value x = pyramid(n, b->f[b->depth].value, o->channels);
	for (int i = b->depth - 3; i >= 0; i--)
		x = gate(n, names[i], o, b->f[i + 2].value, x);
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_segmentation_head(n, x, b->classes, 3, o->upsampling, b->net->activation, err);
}

static int
stride(const void *own)
{
	return ((const pan *)own)->stride;
}

/* The pyramid halves the deepest feature three times. */
static int
least_side(const nn_blueprint *b)
{
	int asked = stride(b->options), deepest = 1 << b->depth;
	return 8 * (asked < deepest ? asked : deepest);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	int asked = stride(b->options);
	return asked == 16 || asked == 32
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "PAN support output stride 16 or 32, got %d", asked);
}

const nn_architecture nn_architecture_pan = {
	.name = "pan",
	.brief = "PAN: attention by a pyramid, gates at each scale",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
	.check = check,
	.output_stride = stride,
	.least_side = least_side,
};
