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
		pan, interpolation, "decoder-interpolation", "bilinear", SECANT_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(pan, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pan", sizeof(pan), rows };

static secant_value
conv_bn(secant_nn *n, const char *name, secant_value x, int out, int kernel, bool relu)
{
	secant_conv_spec c = {
		.out = out, .kernel = kernel, .padding = kernel / 2, .bias = true, .init = SECANT_INIT_KAIMING_UNIFORM
	};
	size_t mark = secant_nn_enter(n, name);
	x = secant_nn_batch_norm(n, "bn", secant_nn_conv(n, "conv", x, &c), 1e-5, 0.1);
	secant_nn_leave(n, mark);
	return relu ? secant_nn_relu(n, x) : x;
}

static secant_value
halved(secant_nn *n, secant_value x)
{
	secant_pool_attr pool = secant_pooling(2, 2, 0);
	return secant_apply(n->g, "max_pool2d", &pool, 1, x);
}

static secant_value
up(secant_nn *n, secant_value x, secant_value like)
{
	return secant_nn_resize_like(n, x, like, SECANT_RESIZE_BILINEAR, true);
}

static secant_value
pyramid(secant_nn *n, secant_value x, int width)
{
	size_t mark = secant_nn_enter(n, "fpa");
	secant_value whole = conv_bn(n, "branch1.1", secant_nn_global_pool(n, x, false), width, 1, true);
	secant_value mid = conv_bn(n, "mid.0", x, width, 1, true);
	secant_value x1 = conv_bn(n, "down1.1", halved(n, x), 1, 7, true);
	secant_value x2 = conv_bn(n, "down2.1", halved(n, x1), 1, 5, true);
	secant_value x3 = conv_bn(n, "down3.1", halved(n, x2), 1, 3, true);
	x3 = conv_bn(n, "down3.2", x3, 1, 3, true);
	secant_value y = up(n, x3, x2);
	y = up(n, secant_apply(n->g, "add", NULL, 2, conv_bn(n, "conv2", x2, 1, 5, true), y), x1);
	y = up(n, secant_apply(n->g, "add", NULL, 2, y, conv_bn(n, "conv1", x1, 1, 7, true)), x);
	secant_nn_leave(n, mark);
	return secant_apply(n->g, "add", NULL, 2, secant_apply(n->g, "mul", NULL, 2, y, mid), up(n, whole, x));
}

static secant_value
gate(secant_nn *n, const char *name, const pan *o, secant_value low, secant_value high)
{
	size_t mark = secant_nn_enter(n, name);
	secant_value weight = conv_bn(n, "conv1.1", secant_nn_global_pool(n, high, false), o->channels, 1, false);
	weight = secant_apply(n->g, "sigmoid", NULL, 1, weight);
	secant_value z = secant_apply(n->g, "mul", NULL, 2, conv_bn(n, "conv2", low, o->channels, 3, true), weight);
	secant_value y = secant_nn_resize_like(n, high, low, o->interpolation, o->interpolation == SECANT_RESIZE_BILINEAR);
	secant_nn_leave(n, mark);
	return secant_apply(n->g, "add", NULL, 2, y, z);
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	static const char *const names[] = { "gau1", "gau2", "gau3" };
	const pan *o = b->options;
	size_t mark = secant_nn_enter(n, "decoder");
	secant_value x = pyramid(n, b->f[b->depth].value, o->channels);
	for (int i = b->depth - 3; i >= 0; i--)
		x = gate(n, names[i], o, b->f[i + 2].value, x);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 3, o->upsampling, b->net->activation, err);
}

static int
stride(const void *own)
{
	return ((const pan *)own)->stride;
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	int asked = stride(b->options);
	return asked == 16 || asked == 32
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "PAN support output stride 16 or 32, got %d", asked);
}

const secant_architecture secant_architecture_pan = {
	.name = "pan",
	.brief = "PAN: attention by a pyramid, gates at each scale",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
	.check = check,
	.output_stride = stride,
};
