/*
 * ResNet (He, Zhang, Ren, Sun 2016) and ResNeXt (Xie and others 2017) as torchvision builds them: stem 7x7/2, max pool,
 * four stages of basic or bottleneck blocks; the stride of a bottleneck is in its 3x3. Features: stem, layer1..4.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct resnet {
	bool bottleneck;
	int blocks[4], groups, width;
} resnet;

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int groups)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.groups = groups,
		.init = GRAPH_INIT_KAIMING_NORMAL_OUT };
	return nn_conv(n, name, x, &c);
}

static graph_value
norm(nn_builder *n, const char *name, graph_value x)
{
	return nn_batch_norm(n, name, x, 1e-5, 0.1);
}

/* One residual block of `planes` with the stride of its stage. */
static graph_value
block(nn_builder *n, const resnet *r, graph_value x, int planes, int stride)
{
	int out = r->bottleneck ? 4 * planes : planes, inner = r->bottleneck ? planes * r->width / 64 * r->groups : planes;
	graph_value y, skip = x;
	if (r->bottleneck) {
		y = nn_relu(n, norm(n, "bn1", conv(n, "conv1", x, inner, 1, 1, 1)));
		y = nn_relu(n, norm(n, "bn2", conv(n, "conv2", y, inner, 3, stride, r->groups)));
		y = norm(n, "bn3", conv(n, "conv3", y, out, 1, 1, 1));
	} else {
		y = nn_relu(n, norm(n, "bn1", conv(n, "conv1", x, out, 3, stride, 1)));
		y = norm(n, "bn2", conv(n, "conv2", y, out, 3, 1, 1));
	}
	if (stride != 1 || nn_channels(n, x) != out)
		skip = norm(n, "downsample.1", conv(n, "downsample.0", x, out, 1, stride, 1));
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, skip));
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const resnet *r = e->config;
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	x = nn_relu(n, norm(n, "bn1", conv(n, "conv1", x, 64, 7, 2, 1)));
	nn_encoder_give(f, q, 1, x);
	x = nn_max_pool(n, x, 3, 2, 1, false);
	for (int stage = 0; stage < 4; stage++) {
		char name[16];
		(void)snprintf(name, sizeof name, "layer%d", stage + 1);
		size_t mark = nn_enter(n, name);
		nn_encoder_stage(n, q, stage + 2);
		for (int b = 0; b < r->blocks[stage]; b++) {
			size_t inner = nn_enter_index(n, b);
			x = block(n, r, x, 64 << stage, b == 0 && stage > 0 ? 2 : 1);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_encoder_end(n);
}

#define BASIC(a, b, c, d) \
	&(const resnet) { false, { a, b, c, d }, 1, 64 }
#define BOTTLENECK(a, b, c, d, groups, width) \
	&(const resnet) { true, { a, b, c, d }, groups, width }
#define SMALL \
	{ \
		3, 64, 64, 128, 256, 512 \
	}
#define LARGE \
	{ \
		3, 64, 256, 512, 1024, 2048 \
	}
const nn_encoder nn_encoders_resnet[] = {
	{ "resnet18", "ResNet-18", SMALL, 11176512, build, BASIC(2, 2, 2, 2) },
	{ "resnet34", "ResNet-34", SMALL, 21284672, build, BASIC(3, 4, 6, 3) },
	{ "resnet50", "ResNet-50", LARGE, 23508032, build, BOTTLENECK(3, 4, 6, 3, 1, 64) },
	{ "resnet101", "ResNet-101", LARGE, 42500160, build, BOTTLENECK(3, 4, 23, 3, 1, 64) },
	{ "resnet152", "ResNet-152", LARGE, 58143808, build, BOTTLENECK(3, 8, 36, 3, 1, 64) },
	{ "resnext50_32x4d", "ResNeXt-50, 32 groups of 4", LARGE, 22979904, build, BOTTLENECK(3, 4, 6, 3, 32, 4) },
	{ "resnext101_32x4d", "ResNeXt-101, 32 groups of 4", LARGE, 42128704, build, BOTTLENECK(3, 4, 23, 3, 32, 4) },
	{ "resnext101_32x8d", "ResNeXt-101, 32 groups of 8", LARGE, 86742336, build, BOTTLENECK(3, 4, 23, 3, 32, 8) },
	{ "resnext101_32x16d", "ResNeXt-101, 32 groups of 16", LARGE, 191977792, build, BOTTLENECK(3, 4, 23, 3, 32, 16) },
	{ "resnext101_32x32d", "ResNeXt-101, 32 groups of 32", LARGE, 466481472, build, BOTTLENECK(3, 4, 23, 3, 32, 32) },
	{ "resnext101_32x48d", "ResNeXt-101, 32 groups of 48", LARGE, 826362176, build, BOTTLENECK(3, 4, 23, 3, 32, 48) },
	{ 0 },
};
