/*
 * MobileNetV2 (Sandler and others 2018) as torchvision builds it: inverted residual blocks, 1x1 wide, 3x3 by channel,
 * 1x1 narrow, relu6, no activation at the end. Taps: features 1, 3, 6, 13, 18.
 */
#include "nn/encoder.h"
#include <stdio.h>

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, bool depthwise)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.groups = depthwise ? out : 1,
		.init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	return nn_conv(n, name, x, &c);
}

/* torchvision's ConvNormActivation: NAME.0, NAME.1, relu6. */
static graph_value
layer(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, bool depthwise)
{
	size_t mark = nn_enter(n, name);
	x = conv(n, "0", x, out, kernel, stride, depthwise);
	x = nn_act(n, "relu6", nn_batch_norm(n, "1", x, 1e-5, 0.1));
	nn_leave(n, mark);
	return x;
}

static graph_value
block(nn_builder *n, graph_value x, int expansion, int out, int stride)
{
	int in = nn_channels(n, x), wide = in * expansion, k = 0;
	char name[4][4];
	for (int i = 0; i < 4; i++)
		(void)snprintf(name[i], sizeof name[i], "%d", i);
	size_t mark = nn_enter(n, "conv");
	graph_value y = x;
	if (expansion > 1)
		y = layer(n, name[k++], y, wide, 1, 1, false);
	y = layer(n, name[k++], y, wide, 3, stride, true);
	y = conv(n, name[k], y, out, 1, 1, false);
	y = nn_batch_norm(n, name[k + 1], y, 1e-5, 0.1);
	nn_leave(n, mark);
	return stride == 1 && in == out ? graph_apply(n->g, "add", NULL, 2, x, y) : y;
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	static const struct {
		int expansion, out, repeats, stride;
	} rows[] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 }, { 6, 32, 3, 2 }, { 6, 64, 4, 2 }, { 6, 96, 3, 1 }, { 6, 160, 3, 2 },
		{ 6, 320, 1, 1 } };
	static const int taps[] = { 0, 1, 3, 6, 13, 18 };
	int at = 0, stage = 1;
	f[0].value = x;
	size_t mark = nn_enter(n, "features");
	nn_encoder_stage(n, q, 1);
	x = layer(n, "0", x, 32, 3, 2, false);
	for (int row = 0; row < 7; row++)
		for (int i = 0; i < rows[row].repeats; i++) {
			size_t inner = nn_enter_index(n, ++at);
			nn_encoder_stage(n, q, stage);
			x = block(n, x, rows[row].expansion, rows[row].out, i ? 1 : rows[row].stride);
			nn_leave(n, inner);
			if (at == taps[stage])
				nn_encoder_give(f, q, stage++, x);
		}
	x = layer(n, "18", x, 1280, 1, 1, false);
	nn_encoder_give(f, q, 5, x);
	nn_encoder_end(n);
	nn_leave(n, mark);
}

const nn_encoder nn_encoders_mobilenet[] = {
	{ "mobilenet_v2", "MobileNetV2", { 3, 16, 24, 32, 96, 1280 }, 2223872, build, NULL, NN_ENCODER_EAGER },
	{ 0 },
};
