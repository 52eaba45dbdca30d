/*
 * ResNets as timm builds them: plain, with a deep stem and averaged shortcuts ("D", He and others 2018), with squeeze
 * and excitation, Res2Net (Gao and others 2019), ResNeSt (Zhang and others 2020) and SKNet, which share everything but
 * the block. Features: stem, layer1..4. A stage that dilates keeps the rate of the stage before in its first block.
 *
 *     SCALES  channels in s parts; part i is convolved after the result of part i - 1 was added, the last stays as it
 * is SPLIT   r convolutions side by side, summed with weights that are a softmax over them, by channel
 */
#include "nn/encoder.h"
#include <math.h>
#include <stdio.h>

typedef enum block_kind { BASIC, BOTTLENECK, SCALES, SPLIT } block_kind;
typedef enum stem_kind { PLAIN, DEEP, TIERED } stem_kind;

typedef struct resnet {
	block_kind kind;
	int blocks[4], groups, width;
	stem_kind stem;
	int stem_width;
	bool average; /* shortcuts */
	int parts; /* SCALES and SPLIT */
	bool pool_first; /* SPLIT: where the stride's mean stands */
	int squeeze; /* squeeze and excitation to so great a part; 0: none */
	bool channel_conv; /* efficient channel attention instead: a convolution along the channels' means */
	bool blunt; /* a stride is a mean behind the convolution, not its stride */
	bool stem_conv; /* the stem ends in a convolution instead of a maximum */
	bool loud; /* the last norm of a block starts at 1, not at 0 */
	const nn_selective *select; /* in place of the block's first 3x3 convolution (SKNet); NULL: not */
} resnet;

/* Where a block stands: its stride, the dilation of its first convolution with a kernel and of the others. */
typedef struct place {
	int planes, stride, first, rate;
	bool shortcut;
} place;

static const graph_init start = GRAPH_INIT_KAIMING_NORMAL_OUT;

static nn_conv_spec
spec(int out, int kernel, int stride, int rate, int groups)
{
	return (nn_conv_spec){ .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2 * rate,
		.dilation = rate,
		.groups = groups,
		.init = start,
		.keeps_start = true };
}

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int rate, int groups)
{
	nn_conv_spec c = spec(out, kernel, stride, rate, groups);
	return nn_conv(n, name, x, &c);
}

static graph_value
norm(nn_builder *n, const char *name, graph_value x)
{
	return nn_batch_norm(n, name, x, 1e-5, 0.1);
}

static graph_value
last_norm(nn_builder *n, const resnet *r, const char *name, graph_value x)
{
	return r->loud ? norm(n, name, x) : nn_batch_norm_silent(n, name, x, 1e-5, 0.1);
}

static graph_value
norm_relu(nn_builder *n, const char *name, graph_value x)
{
	return nn_relu(n, norm(n, name, x));
}

static graph_value
pool(nn_builder *n, graph_value x, int stride)
{
	op_pool_attr a = op_pooling(3, stride, 1);
	a.count_include_pad = true;
	return graph_apply(n->g, "avg_pool2d", &a, 1, x);
}

/* The weights of SPLIT's parts from their sum's mean: N x 1 x 1 x parts * width. */
static graph_value
weights_of_parts(nn_builder *n, const resnet *r, graph_value mean, int width, int wide)
{
	int reduced = nn_divisible(width * r->parts * 0.25, 8, 0.9), k = width / r->groups;
	nn_conv_spec down = {
		.out = reduced > 32 ? reduced : 32, .kernel = 1, .groups = r->groups, .bias = true, .init = start
	};
	nn_conv_spec up = { .out = wide, .kernel = 1, .groups = r->groups, .bias = true, .init = start };
	graph_value y = norm_relu(n, "bn1", nn_conv(n, "fc1", mean, &down));
	y = nn_conv(n, "fc2", y, &up);
	if (r->parts == 1)
		return graph_apply(n->g, "sigmoid", NULL, 1, y);
	/* groups x parts x k: softmax over the parts, then parts first */
	y = graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, r->groups, r->parts, k } } }, 1, y);
	y = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 4, { 0, 1, 3, 2 } } }, 1, y);
	y = graph_apply(n->g, "softmax", &(op_axis_attr){ -1 }, 1, y);
	y = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 4, { 0, 3, 1, 2 } } }, 1, y);
	return graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, 1, 1, wide } } }, 1, y);
}

static graph_value
split(nn_builder *n, const resnet *r, graph_value x, const place *p)
{
	int width = nn_channels(n, x), wide = width * r->parts;
	size_t mark = nn_enter(n, "conv2");
	x = norm_relu(n, "bn0", conv(n, "conv", x, wide, 3, 1, p->first, r->groups * r->parts));
	graph_value mean = nn_global_pool(n, x, false), all = nn_channels_of(n, mean, 0, width);
	for (int i = 1; i < r->parts; i++)
		all = graph_apply(n->g, "add", NULL, 2, all, nn_channels_of(n, mean, i * width, (i + 1) * width));
	graph_value weighed = graph_apply(n->g, "mul", NULL, 2, x, weights_of_parts(n, r, all, width, wide));
	if (r->parts > 1) {
		op_shape_attr apart = { { 4, { -2, -1, r->parts, width } } };
		op_shape_attr back = { { 4, { -2, OP_LIKE_AXIS(1), OP_LIKE_AXIS(2), width } } };
		weighed = graph_apply(n->g, "reshape", &apart, 1, weighed);
		weighed = graph_apply(n->g, "sum", &(op_axes_attr){ { 1, { 2 } }, false }, 1, weighed);
		weighed = graph_apply(n->g, "reshape", &back, 2, weighed, x);
	}
	nn_leave(n, mark);
	return weighed;
}

static graph_value
scales(nn_builder *n, const resnet *r, graph_value x, const place *p)
{
	int width = nn_channels(n, x) / r->parts, last = r->parts - 1;
	bool first = p->stride > 1 || p->shortcut;
	nn_conv_spec c = spec(width, 3, p->stride, p->first, r->groups);
	graph_value part[8], previous = -1, w, b;
	char name[24];
	for (int i = 0; i < last; i++) { /* states of all convolutions stand before the norms' */
		(void)snprintf(name, sizeof name, "convs.%d", i);
		nn_conv_states(n, name, width, &c, &w, &b);
	}
	for (int i = 0; i < last; i++) {
		graph_value y = nn_channels_of(n, x, i * width, (i + 1) * width);
		if (i && !first)
			y = graph_apply(n->g, "add", NULL, 2, previous, y);
		(void)snprintf(name, sizeof name, "convs.%d", i);
		y = nn_conv(n, name, y, &c);
		(void)snprintf(name, sizeof name, "bns.%d", i);
		part[i] = previous = norm_relu(n, name, y);
	}
	graph_value rest = nn_channels_of(n, x, last * width, r->parts * width);
	part[last] = first ? pool(n, rest, p->stride) : rest;
	return nn_concat(n, r->parts, part);
}

/* The way around a block that changes size or channels. */
static graph_value
shortcut(nn_builder *n, const resnet *r, graph_value x, int out, const place *p)
{
	if (!r->average)
		return norm(n, "downsample.1", conv(n, "downsample.0", x, out, 1, p->stride, 1, 1));
	op_pool_attr half = op_pooling(2, 2, 0);
	half.ceil_mode = true;
	if (p->rate > 1) { /* of every place, zeros beyond the edge counted */
		half = op_pooling(2, 1, 0);
		half.padding = (secant_ints){ 4, { 0, 0, 1, 1 } };
		half.count_include_pad = true;
	}
	if (p->stride > 1 || p->rate > 1)
		x = graph_apply(n->g, "avg_pool2d", &half, 1, x);
	return norm(n, "downsample.2", conv(n, "downsample.1", x, out, 1, 1, 1, 1));
}

static graph_value
squeeze(nn_builder *n, graph_value x, int part)
{
	double width = (double)nn_channels(n, x) / part;
	nn_squeeze s = { "se.fc1", "se.fc2", nn_divisible(width, 8, 0), "relu", "sigmoid", start };
	return nn_squeeze_excite(n, &s, x);
}

/* ECA (Wang and others 2020): each channel's gate from the means of its neighbours, as many as the channels say. */
static graph_value
channel_conv(nn_builder *n, graph_value x)
{
	int c = nn_channels(n, x), k = (int)((log2(c) + 1) / 2);
	k = k % 2 ? k : k + 1;
	k = k > 3 ? k : 3;
	size_t mark = nn_enter(n, "se.conv");
	graph_value w = nn_state(n, "weight", &(secant_shape){ 3, { 1, 1, k } }, GRAPH_INIT_DEFAULT);
	w = graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { 1, 1, 1, k } } }, 1, w);
	op_conv_attr a = op_conv(1, 0, 1, 1);
	a.padding = (secant_ints){ 2, { 0, k / 2 } };
	op_shape_attr row = { { 4, { -2, 1, c, 1 } } }, back = { { 4, { -2, 1, 1, c } } };
	graph_value y = graph_apply(n->g, "reshape", &row, 1, nn_global_pool(n, x, false));
	y = graph_apply(n->g, "reshape", &back, 1, graph_apply(n->g, "conv2d", &a, 3, y, w, -1));
	nn_leave(n, mark);
	return graph_apply(n->g, "mul", NULL, 2, x, graph_apply(n->g, "sigmoid", NULL, 1, y));
}

/* A convolution with its norm that strides, or is followed by a mean that does. */
static graph_value
strided(nn_builder *n, const resnet *r, const char *name, const char *bn, graph_value x, int out, const place *p,
	int groups)
{
	bool blunt = r->blunt && p->stride > 1;
	op_pool_attr mean = op_pooling(p->stride, p->stride, 0);
	x = norm_relu(n, bn, conv(n, name, x, out, 3, blunt ? 1 : p->stride, p->first, groups));
	return blunt ? graph_apply(n->g, "avg_pool2d", &mean, 1, x) : x;
}

/* The branch of a block with selective kernels, whose convolutions have their norms below them. */
static graph_value
selective(nn_builder *n, const resnet *r, graph_value x, int out, int width, const place *p)
{
	bool basic = r->kind == BASIC;
	nn_conv_spec first = spec(width, 1, 1, 1, 1), last = spec(out, basic ? 3 : 1, 1, basic ? p->rate : 1, 1);
	if (!basic)
		x = nn_conv_norm_act(n, "conv1", x, &first, "relu", false);
	x = nn_select_kernels(n, basic ? "conv1" : "conv2", r->select, x, width, p->stride, p->first);
	return nn_conv_norm_act(n, basic ? "conv2" : "conv3", x, &last, NULL, false);
}

static graph_value
block(nn_builder *n, const resnet *r, graph_value x, place p)
{
	int out = r->kind == BASIC ? p.planes : 4 * p.planes, width = p.planes * r->width / 64 * r->groups;
	graph_value y;
	p.shortcut = p.shortcut && (p.stride != 1 || nn_channels(n, x) != out);
	if (r->select) {
		y = selective(n, r, x, out, r->kind == BASIC ? out : width, &p);
	} else if (r->kind == BASIC) {
		y = strided(n, r, "conv1", "bn1", x, out, &p, 1);
		y = last_norm(n, r, "bn2", conv(n, "conv2", y, out, 3, 1, p.rate, 1));
	} else {
		int all = r->kind == SCALES ? width * r->parts : width;
		y = norm_relu(n, "bn1", conv(n, "conv1", x, all, 1, 1, 1, 1));
		bool pooled = r->kind == SPLIT && p.stride > 1;
		if (pooled && r->pool_first)
			y = pool(n, y, p.stride);
		y = r->kind == SCALES  ? scales(n, r, y, &p)
			: r->kind == SPLIT ? split(n, r, y, &p)
							   : strided(n, r, "conv2", "bn2", y, width, &p, r->groups);
		if (pooled && !r->pool_first)
			y = pool(n, y, p.stride);
		y = last_norm(n, r, "bn3", conv(n, "conv3", y, out, 1, 1, 1, 1));
	}
	if (r->squeeze)
		y = squeeze(n, y, r->squeeze);
	if (r->channel_conv)
		y = channel_conv(n, y);
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, p.shortcut ? shortcut(n, r, x, out, &p) : x));
}

graph_value
nn_residual(nn_builder *n, graph_value x, int planes, bool bottleneck)
{
	const resnet r = { .kind = bottleneck ? BOTTLENECK : BASIC, .groups = 1, .width = 64, .loud = true };
	return block(n, &r, x, (place){ planes, 1, 1, 1, true });
}

static graph_value
stem(nn_builder *n, const resnet *r, graph_value x)
{
	int w = r->stem_width;
	if (r->stem == PLAIN)
		return norm_relu(n, "bn1", conv(n, "conv1", x, 64, 7, 2, 1, 1));
	x = norm_relu(n, "conv1.1", conv(n, "conv1.0", x, r->stem == TIERED ? w / 4 * 3 : w, 3, 2, 1, 1));
	x = norm_relu(n, "conv1.4", conv(n, "conv1.3", x, w, 3, 1, 1, 1));
	return norm_relu(n, "bn1", conv(n, "conv1.6", x, 2 * w, 3, 1, 1, 1));
}

/* What halves the stem's map. Its states stand in the network even where nothing behind it is asked for. */
static graph_value
stem_end(nn_builder *n, const resnet *r, graph_value x)
{
	op_pool_attr mean = op_pooling(2, 2, 0);
	if (r->stem_conv)
		return norm_relu(n, "maxpool.1", conv(n, "maxpool.0", x, nn_channels(n, x), 3, 2, 1, 1));
	return r->blunt ? graph_apply(n->g, "avg_pool2d", &mean, 1, x) : nn_max_pool(n, x, 3, 2, 1, false);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const resnet *r = e->config;
	nn_dilation d = { 4, 1 };
	int before = 1;
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	x = stem(n, r, x);
	nn_encoder_give(f, q, 1, x);
	if (q->depth > 1)
		x = stem_end(n, r, x);
	for (int stage = 0; stage < q->depth - 1; stage++) {
		char name[16];
		int step = nn_dilation_stage(&d, stage ? 2 : 1, q);
		(void)snprintf(name, sizeof name, "layer%d", stage + 1);
		size_t mark = nn_enter(n, name);
		for (int b = 0; b < r->blocks[stage]; b++) {
			size_t inner = nn_enter_index(n, b);
			x = block(n, r, x, (place){ 64 << stage, b ? 1 : step, b ? d.rate : before, d.rate, b == 0 });
			nn_leave(n, inner);
		}
		before = d.rate;
		nn_leave(n, mark);
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_leave(n, model);
}

#define SMALL \
	{ \
		3, 64, 64, 128, 256, 512 \
	}
#define LARGE \
	{ \
		3, 64, 256, 512, 1024, 2048 \
	}
#define LARGER \
	{ \
		3, 128, 256, 512, 1024, 2048 \
	}
#define L(...) \
	{ \
		__VA_ARGS__ \
	}
#define ROW(name, text, channels, parameters, ...) \
	{ \
		"tu-" name, text, channels, parameters, build, &(const resnet){ __VA_ARGS__ }, NN_ENCODER_TIMM \
	}
static const nn_selective small_kernels = { 1, 8, 16, false }, large_kernels = { 1, 16, 8, false },
						  grouped_kernels = { 32, 16, 32, true };
const nn_encoder nn_encoders_timm_resnet[] = {
	ROW("resnet10t", "ResNet-10-T", SMALL, 4922488, BASIC, L(1, 1, 1, 1), 1, 64, TIERED, 32, true),
	ROW("resnet14t", "ResNet-14-T", LARGE, 8032632, BOTTLENECK, L(1, 1, 1, 1), 1, 64, TIERED, 32, true),
	ROW("resnet18", "ResNet-18, timm's", SMALL, 11176512, BASIC, L(2, 2, 2, 2), 1, 64),
	ROW("resnet18d", "ResNet-18-D", SMALL, 11195744, BASIC, L(2, 2, 2, 2), 1, 64, DEEP, 32, true),
	ROW("resnet26", "ResNet-26", LARGE, 13946176, BOTTLENECK, L(2, 2, 2, 2), 1, 64),
	ROW("resnet26d", "ResNet-26-D", LARGE, 13965408, BOTTLENECK, L(2, 2, 2, 2), 1, 64, DEEP, 32, true),
	ROW("resnet26t", "ResNet-26-T", LARGE, 13962872, BOTTLENECK, L(2, 2, 2, 2), 1, 64, TIERED, 32, true),
	ROW("resnet34", "ResNet-34, timm's", SMALL, 21284672, BASIC, L(3, 4, 6, 3), 1, 64),
	ROW("resnet34d", "ResNet-34-D", SMALL, 21303904, BASIC, L(3, 4, 6, 3), 1, 64, DEEP, 32, true),
	ROW("resnet50", "ResNet-50, timm's", LARGE, 23508032, BOTTLENECK, L(3, 4, 6, 3), 1, 64),
	ROW("resnet50c", "ResNet-50-C", LARGE, 23527264, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32),
	ROW("resnet50d", "ResNet-50-D", LARGE, 23527264, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32, true),
	ROW("resnet50s", "ResNet-50-S", LARGER, 23631808, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 64),
	ROW("resnet50t", "ResNet-50-T", LARGE, 23524728, BOTTLENECK, L(3, 4, 6, 3), 1, 64, TIERED, 32, true),
	ROW("resnet101", "ResNet-101, timm's", LARGE, 42500160, BOTTLENECK, L(3, 4, 23, 3), 1, 64),
	ROW("resnet101c", "ResNet-101-C", LARGE, 42519392, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP, 32),
	ROW("resnet101d", "ResNet-101-D", LARGE, 42519392, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP, 32, true),
	ROW("resnet101s", "ResNet-101-S", LARGER, 42623936, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP, 64),
	ROW("resnet152", "ResNet-152, timm's", LARGE, 58143808, BOTTLENECK, L(3, 8, 36, 3), 1, 64),
	ROW("resnet152d", "ResNet-152-D", LARGE, 58163040, BOTTLENECK, L(3, 8, 36, 3), 1, 64, DEEP, 32, true),
	ROW("resnet200d", "ResNet-200-D", LARGE, 62644064, BOTTLENECK, L(3, 24, 36, 3), 1, 64, DEEP, 32, true),
	ROW("wide_resnet50_2", "ResNet-50, twice as wide within", LARGE, 66834240, BOTTLENECK, L(3, 4, 6, 3), 1, 128),
	ROW("wide_resnet101_2", "ResNet-101, twice as wide within", LARGE, 124837696, BOTTLENECK, L(3, 4, 23, 3), 1, 128),
	ROW("resnext50_32x4d", "ResNeXt-50, timm's", LARGE, 22979904, BOTTLENECK, L(3, 4, 6, 3), 32, 4),
	ROW("resnext50d_32x4d", "ResNeXt-50-D", LARGE, 22999136, BOTTLENECK, L(3, 4, 6, 3), 32, 4, DEEP, 32, true),
	ROW("resnext101_32x4d", "ResNeXt-101, 32 groups of 4", LARGE, 42128704, BOTTLENECK, L(3, 4, 23, 3), 32, 4),
	ROW("resnext101_32x8d", "ResNeXt-101, 32 groups of 8", LARGE, 86742336, BOTTLENECK, L(3, 4, 23, 3), 32, 8),
	ROW("resnext101_64x4d", "ResNeXt-101, 64 groups of 4", LARGE, 81406272, BOTTLENECK, L(3, 4, 23, 3), 64, 4),
	ROW("ecaresnet26t", "ECA-ResNet-26-T", LARGE, 13962916, BOTTLENECK, L(2, 2, 2, 2), 1, 64, TIERED, 32, true,
		.channel_conv = true),
	ROW("ecaresnet50d", "ECA-ResNet-50-D", LARGE, 23527350, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32, true,
		.channel_conv = true),
	ROW("ecaresnet50t", "ECA-ResNet-50-T", LARGE, 23524814, BOTTLENECK, L(3, 4, 6, 3), 1, 64, TIERED, 32, true,
		.channel_conv = true),
	ROW("ecaresnet101d", "ECA-ResNet-101-D", LARGE, 42519563, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP, 32, true,
		.channel_conv = true),
	ROW("ecaresnet200d", "ECA-ResNet-200-D", LARGE, 62644400, BOTTLENECK, L(3, 24, 36, 3), 1, 64, DEEP, 32, true,
		.channel_conv = true),
	ROW("ecaresnet269d", "ECA-ResNet-269-D", LARGE, 100044077, BOTTLENECK, L(3, 30, 48, 8), 1, 64, DEEP, 32, true,
		.channel_conv = true),
	ROW("ecaresnetlight", "ECA-ResNet, light", LARGE, 28113046, BOTTLENECK, L(1, 1, 11, 3), 1, 64, PLAIN, 0, true,
		.channel_conv = true),
	ROW("ecaresnext26t_32x4d", "ECA-ResNeXt-26-T", LARGE, 13357220, BOTTLENECK, L(2, 2, 2, 2), 32, 4, TIERED, 32, true,
		.channel_conv = true),
	ROW("ecaresnext50t_32x4d", "ECA-ResNeXt-50-T", LARGE, 22996686, BOTTLENECK, L(3, 4, 6, 3), 32, 4, TIERED, 32, true,
		.channel_conv = true),
	ROW("resnet152c", "ResNet-152-C", LARGE, 58163040, BOTTLENECK, L(3, 8, 36, 3), 1, 64, DEEP, 32),
	ROW("resnet152s", "ResNet-152-S", LARGER, 58267584, BOTTLENECK, L(3, 8, 36, 3), 1, 64, DEEP, 64),
	ROW("resnet200", "ResNet-200", LARGE, 62624832, BOTTLENECK, L(3, 24, 36, 3), 1, 64),
	ROW("resnetaa34d", "ResNet-34-D, averages for strides", SMALL, 21303904, BASIC, L(3, 4, 6, 3), 1, 64, DEEP, 32,
		true, .blunt = true),
	ROW("resnetaa50", "ResNet-50, averages for strides", LARGE, 23508032, BOTTLENECK, L(3, 4, 6, 3), 1, 64,
		.blunt = true),
	ROW("resnetaa50d", "ResNet-50-D, averages for strides", LARGE, 23527264, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32,
		true, .blunt = true),
	ROW("resnetaa101d", "ResNet-101-D, averages for strides", LARGE, 42519392, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP,
		32, true, .blunt = true),
	ROW("resnetrs50", "ResNet-RS-50", LARGE, 33642912, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32, true, .squeeze = 4,
		.stem_conv = true),
	ROW("resnetrs101", "ResNet-RS-101", LARGE, 61569696, BOTTLENECK, L(3, 4, 23, 3), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnetrs152", "ResNet-RS-152", LARGE, 84572576, BOTTLENECK, L(3, 8, 36, 3), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnetrs200", "ResNet-RS-200", LARGE, 91160992, BOTTLENECK, L(3, 24, 36, 3), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnetrs270", "ResNet-RS-270", LARGE, 127812448, BOTTLENECK, L(4, 29, 53, 4), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnetrs350", "ResNet-RS-350", LARGE, 161907168, BOTTLENECK, L(4, 36, 72, 4), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnetrs420", "ResNet-RS-420", LARGE, 189842656, BOTTLENECK, L(4, 44, 87, 4), 1, 64, DEEP, 32, true,
		.squeeze = 4, .stem_conv = true),
	ROW("resnext101_32x16d", "ResNeXt-101, 32 groups of 16", LARGE, 191977792, BOTTLENECK, L(3, 4, 23, 3), 32, 16),
	ROW("resnext101_32x32d", "ResNeXt-101, 32 groups of 32", LARGE, 466481472, BOTTLENECK, L(3, 4, 23, 3), 32, 32),
	ROW("seresnet18", "SE-ResNet-18", SMALL, 11266624, BASIC, L(2, 2, 2, 2), 1, 64, .squeeze = 16),
	ROW("seresnet34", "SE-ResNet-34", SMALL, 21447416, BASIC, L(3, 4, 6, 3), 1, 64, .squeeze = 16),
	ROW("seresnet50", "SE-ResNet-50", LARGE, 26039024, BOTTLENECK, L(3, 4, 6, 3), 1, 64, .squeeze = 16),
	ROW("seresnet50t", "SE-ResNet-50-T", LARGE, 26055720, BOTTLENECK, L(3, 4, 6, 3), 1, 64, TIERED, 32, true,
		.squeeze = 16),
	ROW("seresnet101", "SE-ResNet-101", LARGE, 47277872, BOTTLENECK, L(3, 4, 23, 3), 1, 64, .squeeze = 16),
	ROW("seresnet152", "SE-ResNet-152", LARGE, 64772848, BOTTLENECK, L(3, 8, 36, 3), 1, 64, .squeeze = 16),
	ROW("seresnet152d", "SE-ResNet-152-D", LARGE, 64792080, BOTTLENECK, L(3, 8, 36, 3), 1, 64, DEEP, 32, true,
		.squeeze = 16),
	ROW("seresnet200d", "SE-ResNet-200-D", LARGE, 69806096, BOTTLENECK, L(3, 24, 36, 3), 1, 64, DEEP, 32, true,
		.squeeze = 16),
	ROW("seresnet269d", "SE-ResNet-269-D", LARGE, 111623760, BOTTLENECK, L(3, 30, 48, 8), 1, 64, DEEP, 32, true,
		.squeeze = 16),
	ROW("seresnetaa50d", "SE-ResNet-50-D, averages for strides", LARGE, 26058256, BOTTLENECK, L(3, 4, 6, 3), 1, 64,
		DEEP, 32, true, .squeeze = 16, .blunt = true),
	ROW("seresnext26d_32x4d", "SE-ResNeXt-26-D", LARGE, 14760512, BOTTLENECK, L(2, 2, 2, 2), 32, 4, DEEP, 32, true,
		.squeeze = 16),
	ROW("seresnext26t_32x4d", "SE-ResNeXt-26-T", LARGE, 14757976, BOTTLENECK, L(2, 2, 2, 2), 32, 4, TIERED, 32, true,
		.squeeze = 16),
	ROW("seresnext50_32x4d", "SE-ResNeXt-50", LARGE, 25510896, BOTTLENECK, L(3, 4, 6, 3), 32, 4, .squeeze = 16),
	ROW("seresnext101_32x4d", "SE-ResNeXt-101", LARGE, 46906416, BOTTLENECK, L(3, 4, 23, 3), 32, 4, .squeeze = 16),
	ROW("seresnext101_32x8d", "SE-ResNeXt-101, 32 groups of 8", LARGE, 91520048, BOTTLENECK, L(3, 4, 23, 3), 32, 8,
		.squeeze = 16),
	ROW("seresnext101_64x4d", "SE-ResNeXt-101, 64 groups of 4", LARGE, 86183984, BOTTLENECK, L(3, 4, 23, 3), 64, 4,
		.squeeze = 16),
	ROW("seresnext101d_32x8d", "SE-ResNeXt-101-D, 32 groups of 8", LARGE, 91539280, BOTTLENECK, L(3, 4, 23, 3), 32, 8,
		DEEP, 32, true, .squeeze = 16),
	ROW("seresnextaa101d_32x8d", "SE-ResNeXt-101-D, averages for strides, 32 groups of 8", LARGE, 91539280, BOTTLENECK,
		L(3, 4, 23, 3), 32, 8, DEEP, 32, true, .squeeze = 16, .blunt = true),
	ROW("seresnextaa201d_32x8d", "SE-ResNeXt-201-D, averages for strides, 32 groups of 8", LARGER, 147345904,
		BOTTLENECK, L(3, 24, 36, 4), 32, 8, DEEP, 64, true, .squeeze = 16, .blunt = true),
	ROW("skresnet18", "SK-ResNet-18", SMALL, 11445056, BASIC, L(2, 2, 2, 2), 1, 64, .select = &small_kernels),
	ROW("skresnet34", "SK-ResNet-34", SMALL, 21769376, BASIC, L(3, 4, 6, 3), 1, 64, .select = &small_kernels),
	ROW("skresnet50", "SK-ResNet-50", LARGE, 23754160, BOTTLENECK, L(3, 4, 6, 3), 1, 64, .select = &large_kernels),
	ROW("skresnet50d", "SK-ResNet-50-D", LARGE, 23773392, BOTTLENECK, L(3, 4, 6, 3), 1, 64, DEEP, 32, true,
		.select = &large_kernels),
	ROW("skresnext50_32x4d", "SK-ResNeXt-50", LARGE, 25430784, BOTTLENECK, L(3, 4, 6, 3), 32, 4,
		.select = &grouped_kernels),
	ROW("res2net50_26w_4s", "Res2Net-50, 4 scales of 26", LARGE, 23650120, SCALES, L(3, 4, 6, 3), 1, 26, .parts = 4),
	ROW("res2net50_48w_2s", "Res2Net-50, 2 scales of 48", LARGE, 23238304, SCALES, L(3, 4, 6, 3), 1, 48, .parts = 2),
	ROW("res2net50_14w_8s", "Res2Net-50, 8 scales of 14", LARGE, 23010816, SCALES, L(3, 4, 6, 3), 1, 14, .parts = 8),
	ROW("res2net50_26w_6s", "Res2Net-50, 6 scales of 26", LARGE, 35002448, SCALES, L(3, 4, 6, 3), 1, 26, .parts = 6),
	ROW("res2net50_26w_8s", "Res2Net-50, 8 scales of 26", LARGE, 46354776, SCALES, L(3, 4, 6, 3), 1, 26, .parts = 8),
	ROW("res2net101_26w_4s", "Res2Net-101, 4 scales of 26", LARGE, 43157688, SCALES, L(3, 4, 23, 3), 1, 26, .parts = 4),
	ROW("res2next50", "Res2NeXt-50", LARGE, 22622464, SCALES, L(3, 4, 6, 3), 8, 4, .parts = 4),
	ROW("res2net50d", "Res2Net-50-D", LARGE, 23669352, SCALES, L(3, 4, 6, 3), 1, 26, DEEP, 32, true, 4),
	ROW("res2net101d", "Res2Net-101-D", LARGE, 43176920, SCALES, L(3, 4, 23, 3), 1, 26, DEEP, 32, true, 4),
	ROW("resnest14d", "ResNeSt-14", LARGE, 8562688, SPLIT, L(1, 1, 1, 1), 1, 64, DEEP, 32, true, 2),
	ROW("resnest26d", "ResNeSt-26", LARGE, 15020448, SPLIT, L(2, 2, 2, 2), 1, 64, DEEP, 32, true, 2),
	ROW("resnest50d", "ResNeSt-50", LARGE, 25434240, SPLIT, L(3, 4, 6, 3), 1, 64, DEEP, 32, true, 2),
	ROW("resnest101e", "ResNeSt-101", LARGER, 46226016, SPLIT, L(3, 4, 23, 3), 1, 64, DEEP, 64, true, 2),
	ROW("resnest200e", "ResNeSt-200", LARGER, 68152544, SPLIT, L(3, 24, 36, 3), 1, 64, DEEP, 64, true, 2),
	ROW("resnest269e", "ResNeSt-269", LARGER, 108880480, SPLIT, L(3, 30, 48, 8), 1, 64, DEEP, 64, true, 2),
	ROW("resnest50d_4s2x40d", "ResNeSt-50, 4 parts", LARGE, 28368592, SPLIT, L(3, 4, 6, 3), 2, 40, DEEP, 32, true, 4,
		true),
	ROW("resnest50d_1s4x24d", "ResNeSt-50, 1 part", LARGE, 23628000, SPLIT, L(3, 4, 6, 3), 4, 24, DEEP, 32, true, 1,
		true),
	{ 0 },
};
