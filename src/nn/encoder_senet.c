/*
 * SENet-154, SE-ResNet and SE-ResNeXt (Hu, Shen, Sun 2018) as Cadene's models build them: bottlenecks whose result is
 * weighed by squeeze and excitation before the sum. A SE-ResNet has its stride in the first 1x1, the others in the 3x3;
 * the pool has no padding and counts what is left over (ceil mode).
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef enum kind { SENET, SE_RESNET, SE_RESNEXT } kind;
typedef struct senet {
	kind kind;
	int blocks[4];
} senet;

static graph_value
conv_norm(nn_builder *n, const char *conv, const char *norm, graph_value x, const nn_conv_spec *c)
{
	return nn_batch_norm(n, norm, nn_conv(n, conv, x, c), 1e-5, 0.1);
}

static graph_value
block(nn_builder *n, const senet *s, int planes, graph_value x, int stride, int down_kernel)
{
	int first = s->kind == SENET ? 2 * planes : s->kind == SE_RESNEXT ? planes * 4 / 64 * 32 : planes;
	int second = s->kind == SENET ? 4 * planes : first, groups = s->kind == SENET ? 64 : s->kind == SE_RESNEXT ? 32 : 1;
	bool early = s->kind == SE_RESNET;
	graph_value y = conv_norm(
		n, "conv1", "bn1", x, &(nn_conv_spec){ .out = first, .kernel = 1, .stride = early ? stride : 1 });
	nn_conv_spec middle = { .out = second, .kernel = 3, .stride = early ? 1 : stride, .padding = 1, .groups = groups };
	y = conv_norm(n, "conv2", "bn2", nn_relu(n, y), &middle);
	y = conv_norm(n, "conv3", "bn3", nn_relu(n, y), &(nn_conv_spec){ .out = 4 * planes, .kernel = 1 });
	nn_squeeze squeeze = { "se_module.fc1", "se_module.fc2", 4 * planes / 16, "relu", "sigmoid", 0 };
	squeeze.init = GRAPH_INIT_DEFAULT;
	y = nn_squeeze_excite(n, &squeeze, y);
	graph_value skip = x;
	if (stride != 1 || nn_channels(n, x) != 4 * planes) {
		nn_conv_spec down = { .out = 4 * planes, .kernel = down_kernel, .stride = stride, .padding = down_kernel / 2 };
		skip = conv_norm(n, "downsample.0", "downsample.1", x, &down);
	}
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, skip));
}

static graph_value
stem(nn_builder *n, const senet *s, graph_value x)
{
	size_t mark = nn_enter(n, "layer0");
	nn_conv_spec small = { .out = 64, .kernel = 3, .stride = 2, .padding = 1 };
	if (s->kind != SENET)
		x = conv_norm(n, "conv1", "bn1", x, &(nn_conv_spec){ .out = 64, .kernel = 7, .stride = 2, .padding = 3 });
	else {
		x = nn_relu(n, conv_norm(n, "conv1", "bn1", x, &small));
		small.stride = 1;
		x = nn_relu(n, conv_norm(n, "conv2", "bn2", x, &small));
		small.out = 128;
		x = conv_norm(n, "conv3", "bn3", x, &small);
	}
	nn_leave(n, mark);
	return nn_relu(n, x);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const senet *s = e->config;
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	x = stem(n, s, x);
	nn_encoder_give(f, q, 1, x);
	x = nn_max_pool(n, x, 3, 2, 0, true);
	for (int stage = 0; stage < 4; stage++) {
		char name[16];
		(void)snprintf(name, sizeof name, "layer%d", stage + 1);
		size_t mark = nn_enter(n, name);
		nn_encoder_stage(n, q, stage + 2);
		for (int b = 0; b < s->blocks[stage]; b++) {
			size_t inner = nn_enter_index(n, b);
			x = block(n, s, 64 << stage, x, b == 0 && stage ? 2 : 1, s->kind == SENET && stage ? 3 : 1);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_encoder_end(n);
}

#define SE(name, text, parameters, kind, first, a, b, c, d) \
	{ \
		name, text, { 3, first, 256, 512, 1024, 2048 }, parameters, build, &(const senet) \
		{ \
			kind, { a, b, c, d } \
		} \
	}
const nn_encoder nn_encoders_senet[] = {
	SE("senet154", "SENet-154", 113039984, SENET, 128, 3, 8, 36, 3),
	SE("se_resnet50", "SE-ResNet-50", 26039024, SE_RESNET, 64, 3, 4, 6, 3),
	SE("se_resnet101", "SE-ResNet-101", 47277872, SE_RESNET, 64, 3, 4, 23, 3),
	SE("se_resnet152", "SE-ResNet-152", 64772848, SE_RESNET, 64, 3, 8, 36, 3),
	SE("se_resnext50_32x4d", "SE-ResNeXt-50, 32 groups of 4", 25510896, SE_RESNEXT, 64, 3, 4, 6, 3),
	SE("se_resnext101_32x4d", "SE-ResNeXt-101, 32 groups of 4", 46906416, SE_RESNEXT, 64, 3, 4, 23, 3),
	{ 0 },
};
