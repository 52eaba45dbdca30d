/*
 * ResNets with selective kernels (Li, Wang, Hu, Yang 2019) as timm builds them: two 3x3 convolutions, one dilated, each
 * on half of the channels; softmax over the two decides channel by channel how they are summed.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct sknet {
	bool bottleneck;
	int blocks[4], groups, width, divisor_of_attention, least_divisor;
} sknet;

static secant_value
conv_norm(secant_nn *n, const char *name, secant_value x, const secant_conv_spec *c, bool act)
{
	size_t mark = secant_nn_enter(n, name);
	x = secant_nn_batch_norm(n, "bn", secant_nn_conv(n, "conv", x, c), 1e-5, 0.1);
	secant_nn_leave(n, mark);
	return act ? secant_nn_relu(n, x) : x;
}

/* N x 1 x 1 x 2C: softmax of the two numbers of each channel; C of the first, C of the second. */
static secant_value
softmax_of_two(secant_nn *n, secant_value x, int c)
{
	secant_value pair = secant_apply(n->g, "reshape", &(secant_shape_attr){ { 3, { -2, 2, c } } }, 1, x);
	pair = secant_apply(n->g, "softmax", &(secant_axis_attr){ 1 }, 1, pair);
	return secant_apply(n->g, "reshape", &(secant_shape_attr){ { 4, { -2, 1, 1, 2 * c } } }, 1, pair);
}

static secant_value
selective(secant_nn *n, const char *name, const sknet *s, secant_value x, int out, int stride)
{
	int half = secant_nn_channels(n, x) / 2;
	size_t mark = secant_nn_enter(n, name);
	secant_value path[2];
	for (int i = 0; i < 2; i++) {
		secant_conv_spec c = { .out = out,
			.kernel = 3,
			.stride = stride,
			.padding = i + 1,
			.dilation = i + 1,
			.groups = s->groups,
			.init = SECANT_INIT_KAIMING_NORMAL_OUT };
		path[i] = conv_norm(
			n, i ? "paths.1" : "paths.0", secant_nn_channels_of(n, x, i * half, (i + 1) * half), &c, true);
	}
	int width = secant_nn_divisible((double)out / s->divisor_of_attention, s->least_divisor, 0.9);
	secant_value y = secant_apply(n->g, "add", NULL, 2, path[0], path[1]);
	secant_conv_spec reduce = { .out = width, .kernel = 1, .init = SECANT_INIT_KAIMING_NORMAL_OUT };
	secant_conv_spec choose = { .out = 2 * out, .kernel = 1, .init = SECANT_INIT_KAIMING_NORMAL_OUT };
	int rate = n->rate;
	n->rate = 1;
	y = secant_nn_conv(n, "attn.fc_reduce", secant_nn_global_pool(n, y, false), &reduce);
	y = secant_nn_relu(n, secant_nn_batch_norm(n, "attn.bn", y, 1e-5, 0.1));
	y = softmax_of_two(n, secant_nn_conv(n, "attn.fc_select", y, &choose), out);
	n->rate = rate;
	for (int i = 0; i < 2; i++)
		path[i] = secant_apply(n->g, "mul", NULL, 2, path[i], secant_nn_channels_of(n, y, i * out, (i + 1) * out));
	secant_nn_leave(n, mark);
	return secant_apply(n->g, "add", NULL, 2, path[0], path[1]);
}

static secant_value
block(secant_nn *n, const sknet *s, secant_value x, int planes, int stride)
{
	int out = s->bottleneck ? 4 * planes : planes, width = s->bottleneck ? planes * s->width / 64 * s->groups : planes;
	secant_conv_spec last = {
		.out = out, .kernel = s->bottleneck ? 1 : 3, .padding = !s->bottleneck, .init = SECANT_INIT_KAIMING_NORMAL_OUT
	};
	secant_conv_spec first = { .out = width, .kernel = 1, .init = SECANT_INIT_KAIMING_NORMAL_OUT };
	secant_value y = s->bottleneck ? selective(n, "conv2", s, conv_norm(n, "conv1", x, &first, true), width, stride)
								   : selective(n, "conv1", s, x, planes, stride);
	y = conv_norm(n, s->bottleneck ? "conv3" : "conv2", y, &last, false);
	if (stride != 1 || secant_nn_channels(n, x) != out) {
		secant_conv_spec down = { .out = out, .kernel = 1, .stride = stride, .init = SECANT_INIT_KAIMING_NORMAL_OUT };
		x = secant_nn_batch_norm(n, "downsample.1", secant_nn_conv(n, "downsample.0", x, &down), 1e-5, 0.1);
	}
	return secant_nn_relu(n, secant_apply(n->g, "add", NULL, 2, y, x));
}

static void
build(secant_nn *n, const secant_encoder *e, secant_value x, const secant_request *q, secant_stage *f)
{
	const sknet *s = e->config;
	f[0].value = x;
	secant_encoder_stage(n, q, 1);
	secant_conv_spec stem = {
		.out = 64, .kernel = 7, .stride = 2, .padding = 3, .init = SECANT_INIT_KAIMING_NORMAL_OUT
	};
	x = secant_nn_relu(n, secant_nn_batch_norm(n, "bn1", secant_nn_conv(n, "conv1", x, &stem), 1e-5, 0.1));
	secant_encoder_give(f, q, 1, x);
	x = secant_nn_max_pool(n, x, 3, 2, 1, false);
	for (int stage = 0; stage < 4; stage++) {
		char name[16];
		(void)snprintf(name, sizeof name, "layer%d", stage + 1);
		size_t mark = secant_nn_enter(n, name);
		secant_encoder_stage(n, q, stage + 2);
		for (int b = 0; b < s->blocks[stage]; b++) {
			size_t inner = secant_nn_enter_index(n, b);
			x = block(n, s, x, 64 << stage, b == 0 && stage ? 2 : 1);
			secant_nn_leave(n, inner);
		}
		secant_nn_leave(n, mark);
		secant_encoder_give(f, q, stage + 2, x);
	}
	secant_encoder_end(n);
}

static const sknet sk18 = { false, { 2, 2, 2, 2 }, 1, 64, 8, 8 }, sk34 = { false, { 3, 4, 6, 3 }, 1, 64, 8, 8 },
				   skx50 = { true, { 3, 4, 6, 3 }, 32, 4, 16, 8 };
const secant_encoder secant_encoders_sknet[] = {
	{ "timm-skresnet18", "ResNet-18 with selective kernels", { 3, 64, 64, 128, 256, 512 }, 11441952, build, &sk18 },
	{ "timm-skresnet34", "ResNet-34 with selective kernels", { 3, 64, 64, 128, 256, 512 }, 21764720, build, &sk34 },
	{ "timm-skresnext50_32x4d", "ResNeXt-50 with selective kernels", { 3, 64, 256, 512, 1024, 2048 }, 23939056, build,
		&skx50 },
	{ 0 },
};
