/*
 * Xception (Chollet 2017) as Cadene's models build it, with padding in the first two convolutions: separable
 * convolutions, 3x3 by channel and 1x1, in residual blocks. Taps: the second convolution, blocks 1, 2, 11, the last
 * norm.
 */
#include "nn/encoder.h"
#include <stdio.h>

static graph_value
norm(nn_builder *n, const char *name, graph_value x)
{
	return nn_batch_norm(n, name, x, 1e-5, 0.1);
}

static graph_value
separable(nn_builder *n, const char *name, graph_value x, int out)
{
	int in = nn_channels(n, x);
	size_t mark = nn_enter(n, name);
	x = nn_conv(n, "conv1", x, &(nn_conv_spec){ .out = in, .kernel = 3, .padding = 1, .groups = in });
	x = nn_conv(n, "pointwise", x, &(nn_conv_spec){ .out = out, .kernel = 1 });
	nn_leave(n, mark);
	return x;
}

/* `repeats` times relu, separable, norm; the width changes in the first, or (narrow) in the last. */
static graph_value
block(nn_builder *n, int k, graph_value x, int out, int repeats, int stride, bool relu_first, bool narrow)
{
	int in = nn_channels(n, x), at = 0;
	char name[16], key[2][16];
	(void)snprintf(name, sizeof name, "block%d", k);
	size_t mark = nn_enter(n, name);
	graph_value y = x, skip = x;
	if (in != out || stride != 1) {
		nn_conv_spec c = { .out = out, .kernel = 1, .stride = stride };
		skip = norm(n, "skipbn", nn_conv(n, "skip", x, &c));
	}
	size_t rep = nn_enter(n, "rep");
	for (int i = 0; i < repeats; i++) {
		if (i || relu_first) {
			y = nn_relu(n, y);
			at++;
		}
		y = separable(n, nn_number(key[0], at), y, narrow && i + 1 < repeats ? in : out);
		y = norm(n, nn_number(key[1], at + 1), y);
		at += 2;
	}
	nn_leave(n, rep);
	nn_leave(n, mark);
	if (stride != 1)
		y = nn_max_pool(n, y, 3, stride, 1, false);
	return graph_apply(n->g, "add", NULL, 2, y, skip);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	x = nn_conv(n, "conv1", x, &(nn_conv_spec){ .out = 32, .kernel = 3, .stride = 2, .padding = 1 });
	x = nn_relu(n, norm(n, "bn1", x));
	x = nn_conv(n, "conv2", x, &(nn_conv_spec){ .out = 64, .kernel = 3, .padding = 1 });
	x = nn_relu(n, norm(n, "bn2", x));
	nn_encoder_give(f, q, 1, x);
	nn_encoder_stage(n, q, 2);
	x = block(n, 1, x, 128, 2, 2, false, false);
	nn_encoder_give(f, q, 2, x);
	nn_encoder_stage(n, q, 3);
	x = block(n, 2, x, 256, 2, 2, true, false);
	nn_encoder_give(f, q, 3, x);
	nn_encoder_stage(n, q, 4);
	x = block(n, 3, x, 728, 2, 2, true, false);
	for (int k = 4; k <= 11; k++)
		x = block(n, k, x, 728, 3, 1, true, false);
	nn_encoder_give(f, q, 4, x);
	nn_encoder_stage(n, q, 5);
	x = block(n, 12, x, 1024, 2, 2, true, true);
	x = nn_relu(n, norm(n, "bn3", separable(n, "conv3", x, 1536)));
	x = norm(n, "bn4", separable(n, "conv4", x, 2048));
	nn_encoder_give(f, q, 5, x);
	nn_encoder_end(n);
}

const nn_encoder nn_encoders_xception[] = {
	{ "xception", "Xception", { 3, 64, 128, 256, 728, 2048 }, 20806952, build, NULL, NN_ENCODER_FIXED },
	{ 0 },
};
