/*
 * ResNets with selective kernels (Li, Wang, Hu, Yang 2019) as segmentation_models.pytorch has them of timm; timm's own
 * (tu-) are rows of encoder_timm_resnet.c.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct sknet {
	bool bottleneck;
	int blocks[4], width;
	nn_selective select;
} sknet;

static graph_value
conv_norm(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c, bool act)
{
	size_t mark = nn_enter(n, name);
	x = nn_batch_norm(n, "bn", nn_conv(n, "conv", x, c), 1e-5, 0.1);
	nn_leave(n, mark);
	return act ? nn_relu(n, x) : x;
}

/* N x 1 x 1 x 2C: softmax of the two numbers of each channel; C of the first, C of the second. */
static graph_value
softmax_of_two(nn_builder *n, graph_value x, int c)
{
	graph_value pair = graph_apply(n->g, "reshape", &(op_shape_attr){ { 3, { -2, 2, c } } }, 1, x);
	pair = graph_apply(n->g, "softmax", &(op_axis_attr){ 1 }, 1, pair);
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, 1, 1, 2 * c } } }, 1, pair);
}

graph_value
nn_select_kernels(nn_builder *n, const char *name, const nn_selective *s, graph_value x, int out, int stride, int rate)
{
	int half = nn_channels(n, x) / 2;
	size_t mark = nn_enter(n, name);
	graph_value path[2];
	for (int i = 0; i < 2; i++) {
		nn_conv_spec c = { .out = out,
			.kernel = 3,
			.stride = stride,
			.padding = (i + 1) * rate,
			.dilation = (i + 1) * rate,
			.groups = s->groups,
			.init = GRAPH_INIT_KAIMING_NORMAL_OUT };
		graph_value part = s->whole ? x : nn_channels_of(n, x, i * half, (i + 1) * half);
		path[i] = conv_norm(n, i ? "paths.1" : "paths.0", part, &c, true);
	}
	int width = nn_divisible((double)out / s->part, s->least, 0.9);
	graph_value y = graph_apply(n->g, "add", NULL, 2, path[0], path[1]);
	nn_conv_spec reduce = { .out = width, .kernel = 1, .init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	nn_conv_spec choose = { .out = 2 * out, .kernel = 1, .init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	int outer = n->rate;
	n->rate = 1;
	y = nn_conv(n, "attn.fc_reduce", nn_global_pool(n, y, false), &reduce);
	y = nn_relu(n, nn_batch_norm(n, "attn.bn", y, 1e-5, 0.1));
	y = softmax_of_two(n, nn_conv(n, "attn.fc_select", y, &choose), out);
	n->rate = outer;
	for (int i = 0; i < 2; i++)
		path[i] = graph_apply(n->g, "mul", NULL, 2, path[i], nn_channels_of(n, y, i * out, (i + 1) * out));
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, path[0], path[1]);
}

static graph_value
block(nn_builder *n, const sknet *s, graph_value x, int planes, int stride)
{
	int out = s->bottleneck ? 4 * planes : planes,
		width = s->bottleneck ? planes * s->width / 64 * s->select.groups : planes;
	nn_conv_spec last = {
		.out = out, .kernel = s->bottleneck ? 1 : 3, .padding = !s->bottleneck, .init = GRAPH_INIT_KAIMING_NORMAL_OUT
	};
	nn_conv_spec first = { .out = width, .kernel = 1, .init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	graph_value y = s->bottleneck ? conv_norm(n, "conv1", x, &first, true) : x;
	y = nn_select_kernels(n, s->bottleneck ? "conv2" : "conv1", &s->select, y, width, stride, 1);
	y = conv_norm(n, s->bottleneck ? "conv3" : "conv2", y, &last, false);
	if (stride != 1 || nn_channels(n, x) != out) {
		nn_conv_spec down = { .out = out, .kernel = 1, .stride = stride, .init = GRAPH_INIT_KAIMING_NORMAL_OUT };
		x = nn_batch_norm(n, "downsample.1", nn_conv(n, "downsample.0", x, &down), 1e-5, 0.1);
	}
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, x));
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const sknet *s = e->config;
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	nn_conv_spec stem = { .out = 64, .kernel = 7, .stride = 2, .padding = 3, .init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	x = nn_relu(n, nn_batch_norm(n, "bn1", nn_conv(n, "conv1", x, &stem), 1e-5, 0.1));
	nn_encoder_give(f, q, 1, x);
	x = nn_max_pool(n, x, 3, 2, 1, false);
	for (int stage = 0; stage < 4; stage++) {
		char name[16];
		(void)snprintf(name, sizeof name, "layer%d", stage + 1);
		size_t mark = nn_enter(n, name);
		nn_encoder_stage(n, q, stage + 2);
		for (int b = 0; b < s->blocks[stage]; b++) {
			size_t inner = nn_enter_index(n, b);
			x = block(n, s, x, 64 << stage, b == 0 && stage ? 2 : 1);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_encoder_end(n);
}

static const sknet sk18 = { false, { 2, 2, 2, 2 }, 64, { 1, 8, 8, false } },
				   sk34 = { false, { 3, 4, 6, 3 }, 64, { 1, 8, 8, false } },
				   skx50 = { true, { 3, 4, 6, 3 }, 4, { 32, 16, 8, false } };
const nn_encoder nn_encoders_sknet[] = {
	{ "timm-skresnet18", "ResNet-18 with selective kernels", { 3, 64, 64, 128, 256, 512 }, 11441952, build, &sk18 },
	{ "timm-skresnet34", "ResNet-34 with selective kernels", { 3, 64, 64, 128, 256, 512 }, 21764720, build, &sk34 },
	{ "timm-skresnext50_32x4d", "ResNeXt-50 with selective kernels", { 3, 64, 256, 512, 1024, 2048 }, 23939056, build,
		&skx50 },
	{ 0 },
};
