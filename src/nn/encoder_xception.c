/*
 * Xception (Chollet 2017) as Cadene's models build it, with padding in the first two convolutions: separable
 * convolutions, 3x3 by channel and 1x1, in residual blocks. Taps: the second convolution, blocks 1, 2, 11, the last
 * norm.
 */
#include "nn/encoder.h"
#include <stdio.h>

static secant_value
norm(secant_nn *n, const char *name, secant_value x)
{
	return secant_nn_batch_norm(n, name, x, 1e-5, 0.1);
}

static secant_value
separable(secant_nn *n, const char *name, secant_value x, int out)
{
	int in = secant_nn_channels(n, x);
	size_t mark = secant_nn_enter(n, name);
	x = secant_nn_conv(n, "conv1", x, &(secant_conv_spec){ .out = in, .kernel = 3, .padding = 1, .groups = in });
	x = secant_nn_conv(n, "pointwise", x, &(secant_conv_spec){ .out = out, .kernel = 1 });
	secant_nn_leave(n, mark);
	return x;
}

/* `repeats` times relu, separable, norm; the width changes in the first, or (narrow) in the last. */
static secant_value
block(secant_nn *n, int k, secant_value x, int out, int repeats, int stride, bool relu_first, bool narrow)
{
	int in = secant_nn_channels(n, x), at = 0;
	char name[16], key[2][16];
	(void)snprintf(name, sizeof name, "block%d", k);
	size_t mark = secant_nn_enter(n, name);
	secant_value y = x, skip = x;
	if (in != out || stride != 1) {
		secant_conv_spec c = { .out = out, .kernel = 1, .stride = stride };
		skip = norm(n, "skipbn", secant_nn_conv(n, "skip", x, &c));
	}
	size_t rep = secant_nn_enter(n, "rep");
	for (int i = 0; i < repeats; i++) {
		if (i || relu_first) {
			y = secant_nn_relu(n, y);
			at++;
		}
		y = separable(n, secant_nn_number(key[0], at), y, narrow && i + 1 < repeats ? in : out);
		y = norm(n, secant_nn_number(key[1], at + 1), y);
		at += 2;
	}
	secant_nn_leave(n, rep);
	secant_nn_leave(n, mark);
	if (stride != 1)
		y = secant_nn_max_pool(n, y, 3, stride, 1, false);
	return secant_apply(n->g, "add", NULL, 2, y, skip);
}

static void
build(secant_nn *n, const secant_encoder *e, secant_value x, const secant_request *q, secant_stage *f)
{
	f[0].value = x;
	secant_encoder_stage(n, q, 1);
	x = secant_nn_conv(n, "conv1", x, &(secant_conv_spec){ .out = 32, .kernel = 3, .stride = 2, .padding = 1 });
	x = secant_nn_relu(n, norm(n, "bn1", x));
	x = secant_nn_conv(n, "conv2", x, &(secant_conv_spec){ .out = 64, .kernel = 3, .padding = 1 });
	x = secant_nn_relu(n, norm(n, "bn2", x));
	secant_encoder_give(f, q, 1, x);
	secant_encoder_stage(n, q, 2);
	x = block(n, 1, x, 128, 2, 2, false, false);
	secant_encoder_give(f, q, 2, x);
	secant_encoder_stage(n, q, 3);
	x = block(n, 2, x, 256, 2, 2, true, false);
	secant_encoder_give(f, q, 3, x);
	secant_encoder_stage(n, q, 4);
	x = block(n, 3, x, 728, 2, 2, true, false);
	for (int k = 4; k <= 11; k++)
		x = block(n, k, x, 728, 3, 1, true, false);
	secant_encoder_give(f, q, 4, x);
	secant_encoder_stage(n, q, 5);
	x = block(n, 12, x, 1024, 2, 2, true, true);
	x = secant_nn_relu(n, norm(n, "bn3", separable(n, "conv3", x, 1536)));
	x = norm(n, "bn4", separable(n, "conv4", x, 2048));
	secant_encoder_give(f, q, 5, x);
	secant_encoder_end(n);
}

const secant_encoder secant_encoders_xception[] = {
	{ "xception", "Xception", { 3, 64, 128, 256, 728, 2048 }, 20806952, build, NULL, SECANT_ENCODER_FIXED },
	{ 0 },
};
