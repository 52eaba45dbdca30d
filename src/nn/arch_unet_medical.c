/*
 * unet_medical of MindSpore's model zoo (official/cv/Unet): the U-Net of Ronneberger, Fischer and Brox 2015 with valid
 * convolutions, made for pictures of 572x572 whose inner 388x388 it labels. Here it takes the inner picture and puts
 * the border of 92 zeros around it itself (the zoo's data path does; zero is middle grey of its [-1, 1]), so that what
 * comes out is as large as what goes in; --border none is the zoo's network as it stands.
 *
 *     path                           channels      sides of 572
 *     inc, down1 .. down4            w, 2w .. 16w   568 280 136 64 28
 *     up1 .. up4: transposed convolution, relu, [up, centre of the skip], two convolutions     52 100 196 388
 *     outc: 1x1
 *
 * The zoo's class has no width; its tests here do with 2 instead of 64 channels.
 */
#include "nn/mindspore.h"
#include <stdio.h>

typedef struct unet_medical {
	int width, size, border;
} unet_medical;

enum { BORDER = 92, LEVELS = 4, BORDER_PAD = 0 };

static const secant_opt rows[] = {
	SECANT_OPT(
		unet_medical, size, INT, "inner-size", "388", 4, 16388, "side of the pictures, 4 more than a multiple of 16"),
	SECANT_OPT_CHOICE(unet_medical, border, "border", "pad", "pad|none",
		"who puts 92 pixels around the pictures: pad, the network does; none, they come with them and only the inner "
		"part is labelled"),
	SECANT_OPT(unet_medical, width, INT, "base-channels", "64", 1, 4096, "channels of the first stage"),
	SECANT_OPT_END,
};
static const secant_opts options = { "unet_medical", sizeof(unet_medical), rows };

/* Two valid 3x3 convolutions, keys double_conv.0 and double_conv.2. With x -1 only their states, of `in` channels. */
static graph_value
double_conv(nn_builder *n, const char *name, graph_value x, int in, int out)
{
	static const char *const keys[] = { "double_conv.0", "double_conv.2" };
	nn_ms_conv_spec c = { .out = out, .kernel = 3, .bias = true, .init = GRAPH_INIT_NORMAL_006 };
	size_t mark = nn_enter(n, name);
	for (int i = 0; i < 2; i++)
		if (x < 0)
			nn_ms_conv_states(n, keys[i], i ? out : in, &c);
		else
			x = nn_relu(n, nn_ms_conv(n, keys[i], x, &c));
	nn_leave(n, mark);
	return x;
}

/* x doubled, joined behind by the centre of the skip; MindSpore lists conv before up. */
static graph_value
up_step(nn_builder *n, int k, graph_value x, graph_value skip)
{
	static const int cut[] = { 4, 16, 40, 88 }; /* the zoo's crop fractions: 56/64, 104/136, 200/280, 392/568 */
	char name[16];
	int in = nn_channels(n, x);
	(void)snprintf(name, sizeof name, "up%d", k + 1);
	size_t mark = nn_enter(n, name);
	double_conv(n, "conv", -1, in, in / 2);
	x = nn_relu(n, nn_ms_double(n, "up", x, in / 2));
	x = nn_concat(n, 2, (graph_value[]){ x, nn_ms_crop(n, skip, cut[k]) });
	x = double_conv(n, "conv", x, in, in / 2);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const unet_medical *o = b->options;
	graph_value x = o->border == BORDER_PAD ? nn_ms_crop(n, b->picture, -BORDER) : b->picture, skip[LEVELS];
	x = double_conv(n, "inc", x, b->net->in_channels, o->width);
	for (int k = 0; k < LEVELS; k++) {
		char name[32];
		(void)snprintf(name, sizeof name, "down%d.maxpool_conv.1", k + 1);
		skip[k] = x;
		x = double_conv(n, name, nn_ms_halve(n, x), 0, o->width << (k + 1));
	}
	for (int k = 0; k < LEVELS; k++)
		x = up_step(n, k, x, skip[LEVELS - 1 - k]);
	out->decoder = x;
	nn_ms_conv_spec head = { .out = b->classes, .kernel = 1, .bias = true, .init = GRAPH_INIT_NORMAL_006 };
	out->logits = nn_activation(n, nn_ms_conv(n, "outc.conv", x, &head), b->net->activation, err);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	int size = ((const unet_medical *)b->options)->size;
	return size % 16 == 4
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_ARG, "inner-size %d: want 4 more than a multiple of 16; near it are %d and %d",
			size, (size - 4) / 16 * 16 + 4, (size - 4) / 16 * 16 + 20);
}

static void
request(const void *own, nn_request *q)
{
	const unet_medical *o = own;
	q->size = o->size + (o->border == BORDER_PAD ? 0 : 2 * BORDER);
}

const nn_architecture nn_architecture_unet_medical = {
	.name = "unet_medical",
	.brief = "MindSpore's U-Net with valid convolutions, 572x572 to 388x388",
	.options = &options,
	.default_depth = LEVELS,
	.build = build,
	.check = check,
	.request = request,
	.whole = true,
};
