/*
 * Inception-v4 and Inception-ResNet-v2 (Szegedy and others 2016) as Cadene's models build them, with padding of 1 in
 * every 3x3 convolution and pool. A block is a table of branches; what they give is joined.
 */
#include "nn/encoder.h"
#include <stdio.h>

/* A convolution h x w, or with out 0 a pool. Padding is half the kernel. */
typedef struct layer {
	int out, h, w, stride;
} layer;
enum { MOST_LAYERS = 5, MOST_BRANCHES = 6, POOL_MAX = 1, POOL_MEAN = 2 };
typedef struct branch {
	const char *name;
	int pool; /* stands first */
	bool alone; /* one convolution, whose key has no number */
	layer layer[MOST_LAYERS];
} branch;

static graph_value
conv(nn_builder *n, const char *name, graph_value x, const layer *l)
{
	nn_conv_spec c = {
		.out = l->out, .kernel = l->h, .kernel_w = l->w, .stride = l->stride, .padding = l->h / 2, .padding_w = l->w / 2
	};
	size_t mark = nn_enter(n, name);
	x = nn_relu(n, nn_batch_norm(n, "bn", nn_conv(n, "conv", x, &c), 1e-3, 0.1));
	nn_leave(n, mark);
	return x;
}

static graph_value
mean_pool(nn_builder *n, graph_value x)
{
	op_pool_attr pool = op_pooling(3, 1, 1);
	pool.count_include_pad = false;
	return graph_apply(n->g, "avg_pool2d", &pool, 1, x);
}

static graph_value
follow(nn_builder *n, const branch *b, graph_value x)
{
	char key[16];
	if (b->pool)
		x = b->pool == POOL_MAX ? nn_max_pool(n, x, 3, 2, 1, false) : mean_pool(n, x);
	size_t mark = nn_enter(n, b->alone ? NULL : b->name);
	for (int i = 0; i < MOST_LAYERS && b->layer[i].out; i++)
		x = conv(n, b->alone ? b->name : nn_number(key, i + (b->pool != 0)), x, &b->layer[i]);
	nn_leave(n, mark);
	return x;
}

static graph_value
join(nn_builder *n, const branch *branches, graph_value x)
{
	graph_value parts[MOST_BRANCHES];
	int k = 0;
	for (; branches[k].name; k++)
		parts[k] = follow(n, &branches[k], x);
	return nn_concat(n, k, parts);
}

#define L(out, h, w) \
	{ \
		out, h, w, 1 \
	}
#define DOWN(out) \
	{ \
		out, 3, 3, 2 \
	}
#define ONE(name, ...) \
	{ \
		name, 0, true, { __VA_ARGS__ } \
	}
#define SEQ(name, ...) \
	{ \
		name, 0, false, { __VA_ARGS__ } \
	}
#define MAX(name) \
	{ \
		name, POOL_MAX, false, \
		{ \
			{ \
				0 \
			} \
		} \
	}
#define MEAN(name, out) \
	{ \
		name, POOL_MEAN, false, { L(out, 1, 1) } \
	}

/* ---- Inception-v4 ---- */

static const branch mixed_3a[] = { MAX("maxpool"), ONE("conv", DOWN(96)), { 0 } };
static const branch mixed_4a[] = { SEQ("branch0", L(64, 1, 1), L(96, 3, 3)),
	SEQ("branch1", L(64, 1, 1), L(64, 1, 7), L(64, 7, 1), L(96, 3, 3)), { 0 } };
static const branch mixed_5a[] = { ONE("conv", DOWN(192)), MAX("maxpool"), { 0 } };
static const branch inception_a[] = { ONE("branch0", L(96, 1, 1)), SEQ("branch1", L(64, 1, 1), L(96, 3, 3)),
	SEQ("branch2", L(64, 1, 1), L(96, 3, 3), L(96, 3, 3)), MEAN("branch3", 96), { 0 } };
static const branch reduction_a[] = { ONE("branch0", DOWN(384)), SEQ("branch1", L(192, 1, 1), L(224, 3, 3), DOWN(256)),
	MAX("branch2"), { 0 } };
static const branch inception_b[] = { ONE("branch0", L(384, 1, 1)),
	SEQ("branch1", L(192, 1, 1), L(224, 1, 7), L(256, 7, 1)),
	SEQ("branch2", L(192, 1, 1), L(192, 7, 1), L(224, 1, 7), L(224, 7, 1), L(256, 1, 7)), MEAN("branch3", 128), { 0 } };
static const branch reduction_b[] = { SEQ("branch0", L(192, 1, 1), DOWN(192)),
	SEQ("branch1", L(256, 1, 1), L(256, 1, 7), L(320, 7, 1), DOWN(320)), MAX("branch2"), { 0 } };

/* Its branches part in two at their ends. */
static graph_value
inception_c(nn_builder *n, graph_value x)
{
	static const layer wide[] = { L(256, 1, 1), L(384, 1, 1), L(256, 1, 3), L(256, 3, 1), L(448, 3, 1), L(512, 1, 3) };
	graph_value parts[6];
	parts[0] = conv(n, "branch0", x, &wide[0]);
	graph_value y = conv(n, "branch1_0", x, &wide[1]);
	parts[1] = conv(n, "branch1_1a", y, &wide[2]);
	parts[2] = conv(n, "branch1_1b", y, &wide[3]);
	y = conv(n, "branch2_0", x, &wide[1]);
	y = conv(n, "branch2_2", conv(n, "branch2_1", y, &wide[4]), &wide[5]);
	parts[3] = conv(n, "branch2_3a", y, &wide[2]);
	parts[4] = conv(n, "branch2_3b", y, &wide[3]);
	parts[5] = follow(n, &(const branch)MEAN("branch3", 256), x);
	return nn_concat(n, 6, parts);
}

static void
build_v4(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	static const layer stem[] = { DOWN(32), L(32, 3, 3), L(64, 3, 3) };
	static const branch *const blocks[] = { mixed_3a, mixed_4a, mixed_5a, inception_a, inception_a, inception_a,
		inception_a, reduction_a, inception_b, inception_b, inception_b, inception_b, inception_b, inception_b,
		inception_b, reduction_b, NULL, NULL, NULL };
	static const int taps[] = { 0, 2, 4, 8, 14, 21 };
	int stage = 1;
	size_t mark = nn_enter(n, "features");
	f[0].value = x;
	for (int i = 0; i < 22; i++) {
		char key[16];
		nn_encoder_stage(n, q, stage);
		if (i < 3)
			x = conv(n, nn_number(key, i), x, &stem[i]);
		else {
			size_t inner = nn_enter_index(n, i);
			x = blocks[i - 3] ? join(n, blocks[i - 3], x) : inception_c(n, x);
			nn_leave(n, inner);
		}
		if (i == taps[stage])
			nn_encoder_give(f, q, stage++, x);
	}
	nn_encoder_end(n);
	nn_leave(n, mark);
}

/* ---- Inception-ResNet-v2 ---- */

static const branch mixed_5b[] = { ONE("branch0", L(96, 1, 1)), SEQ("branch1", L(48, 1, 1), L(64, 5, 5)),
	SEQ("branch2", L(64, 1, 1), L(96, 3, 3), L(96, 3, 3)), MEAN("branch3", 64), { 0 } };
static const branch block35[] = { ONE("branch0", L(32, 1, 1)), SEQ("branch1", L(32, 1, 1), L(32, 3, 3)),
	SEQ("branch2", L(32, 1, 1), L(48, 3, 3), L(64, 3, 3)), { 0 } };
static const branch mixed_6a[] = { ONE("branch0", DOWN(384)), SEQ("branch1", L(256, 1, 1), L(256, 3, 3), DOWN(384)),
	MAX("branch2"), { 0 } };
static const branch block17[] = { ONE("branch0", L(192, 1, 1)),
	SEQ("branch1", L(128, 1, 1), L(160, 1, 7), L(192, 7, 1)), { 0 } };
static const branch mixed_7a[] = { SEQ("branch0", L(256, 1, 1), DOWN(384)), SEQ("branch1", L(256, 1, 1), DOWN(288)),
	SEQ("branch2", L(256, 1, 1), L(288, 3, 3), DOWN(320)), MAX("branch3"), { 0 } };
static const branch block8[] = { ONE("branch0", L(192, 1, 1)), SEQ("branch1", L(192, 1, 1), L(224, 1, 3), L(256, 3, 1)),
	{ 0 } };

/* x + scale * (branches joined, 1x1), relu. */
static graph_value
residual(nn_builder *n, const branch *branches, graph_value x, double scale, bool relu)
{
	nn_conv_spec c = { .out = nn_channels(n, x), .kernel = 1, .bias = true };
	graph_value y = nn_conv(n, "conv2d", join(n, branches, x), &c);
	if (scale != 1)
		y = graph_apply(n->g, "mul_scalar", &(op_number_attr){ scale, 0 }, 1, y);
	y = graph_apply(n->g, "add", NULL, 2, y, x);
	return relu ? nn_relu(n, y) : y;
}

static graph_value
repeat(nn_builder *n, const char *name, const branch *branches, graph_value x, double scale, int times)
{
	size_t mark = nn_enter(n, name);
	for (int i = 0; i < times; i++) {
		size_t inner = nn_enter_index(n, i);
		x = residual(n, branches, x, scale, true);
		nn_leave(n, inner);
	}
	nn_leave(n, mark);
	return x;
}

static graph_value
named(nn_builder *n, const char *name, const branch *branches, graph_value x)
{
	size_t mark = nn_enter(n, name);
	x = join(n, branches, x);
	nn_leave(n, mark);
	return x;
}

static void
build_resnet(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	x = conv(n, "conv2d_1a", x, &(const layer)DOWN(32));
	x = conv(n, "conv2d_2a", x, &(const layer)L(32, 3, 3));
	x = conv(n, "conv2d_2b", x, &(const layer)L(64, 3, 3));
	nn_encoder_give(f, q, 1, x);
	nn_encoder_stage(n, q, 2);
	x = conv(n, "conv2d_3b", nn_max_pool(n, x, 3, 2, 1, false), &(const layer)L(80, 1, 1));
	x = conv(n, "conv2d_4a", x, &(const layer)L(192, 3, 3));
	nn_encoder_give(f, q, 2, x);
	nn_encoder_stage(n, q, 3);
	x = named(n, "mixed_5b", mixed_5b, nn_max_pool(n, x, 3, 2, 1, false));
	x = repeat(n, "repeat", block35, x, 0.17, 10);
	nn_encoder_give(f, q, 3, x);
	nn_encoder_stage(n, q, 4);
	x = repeat(n, "repeat_1", block17, named(n, "mixed_6a", mixed_6a, x), 0.10, 20);
	nn_encoder_give(f, q, 4, x);
	nn_encoder_stage(n, q, 5);
	x = repeat(n, "repeat_2", block8, named(n, "mixed_7a", mixed_7a, x), 0.20, 9);
	size_t mark = nn_enter(n, "block8");
	x = residual(n, block8, x, 1, false);
	nn_leave(n, mark);
	x = conv(n, "conv2d_7b", x, &(const layer)L(1536, 1, 1));
	nn_encoder_give(f, q, 5, x);
	nn_encoder_end(n);
}

const nn_encoder nn_encoders_inception[] = {
	{ "inceptionv4", "Inception-v4", { 3, 64, 192, 384, 1024, 1536 }, 41142816, build_v4, NULL,
		NN_ENCODER_FIXED | NN_ENCODER_EAGER },
	{ "inceptionresnetv2", "Inception-ResNet-v2", { 3, 64, 192, 320, 1088, 1536 }, 54306464, build_resnet, NULL,
		NN_ENCODER_FIXED },
	{ 0 },
};
