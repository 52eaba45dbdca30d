/*
 * Dual path networks (Chen and others 2017) as Cadene's models build them: each block adds to one half of what it gives
 * (as a ResNet) and joins to the other (as a DenseNet). Norm and relu stand before each convolution. Features 2 to 4
 * are relu of both halves at the ends of stages; what goes on is not activated.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct dpn {
	bool small, split; /* split: "b", the last convolution in two */
	int first, width, groups, blocks[4], growth[4];
} dpn;

/* The two paths. */
typedef struct paths {
	graph_value sum, dense;
} paths;

static graph_value
norm_relu(nn_builder *n, const char *name, graph_value x)
{
	return nn_relu(n, nn_batch_norm(n, name, x, 1e-3, 0.1));
}

static graph_value
bn_conv(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int groups)
{
	size_t mark = nn_enter(n, name);
	nn_conv_spec c = { .out = out, .kernel = kernel, .stride = stride, .padding = kernel / 2, .groups = groups };
	x = nn_conv(n, "conv", norm_relu(n, "bn", x), &c);
	nn_leave(n, mark);
	return x;
}

static graph_value
both(nn_builder *n, paths p)
{
	return p.dense < 0 ? p.sum : nn_concat(n, 2, (graph_value[]){ p.sum, p.dense });
}

/* stride 0: an ordinary block, else the first of a stage. */
static paths
block(nn_builder *n, const dpn *d, paths p, int stage, int stride)
{
	int wide = (64 << stage) * (d->small ? 1 : 4), inner = d->width << stage, more = d->growth[stage];
	graph_value in = both(n, p), x = in;
	if (stride) {
		graph_value s = bn_conv(n, stride == 2 ? "c1x1_w_s2" : "c1x1_w_s1", in, wide + 2 * more, 1, stride, 1);
		p = (paths){ nn_channels_of(n, s, 0, wide), nn_channels_of(n, s, wide, wide + 2 * more) };
	}
	x = bn_conv(n, "c1x1_a", x, inner, 1, 1, 1);
	x = bn_conv(n, "c3x3_b", x, inner, 3, stride ? stride : 1, d->groups);
	graph_value sum, dense;
	if (d->split) {
		x = norm_relu(n, "c1x1_c.bn", x);
		sum = nn_conv(n, "c1x1_c1", x, &(nn_conv_spec){ .out = wide, .kernel = 1 });
		dense = nn_conv(n, "c1x1_c2", x, &(nn_conv_spec){ .out = more, .kernel = 1 });
	} else {
		x = bn_conv(n, "c1x1_c", x, wide + more, 1, 1, 1);
		sum = nn_channels_of(n, x, 0, wide), dense = nn_channels_of(n, x, wide, wide + more);
	}
	return (paths){ graph_apply(n->g, "add", NULL, 2, p.sum, sum), nn_concat(n, 2, (graph_value[]){ p.dense, dense }) };
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const dpn *d = e->config;
	char name[24];
	size_t mark = nn_enter(n, "features"), inner = nn_enter(n, "conv1_1");
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	int kernel = d->small ? 3 : 7;
	nn_conv_spec stem = { .out = d->first, .kernel = kernel, .stride = 2, .padding = kernel / 2 };
	x = norm_relu(n, "bn", nn_conv(n, "conv", x, &stem));
	nn_leave(n, inner);
	nn_encoder_give(f, q, 1, x);
	paths p = { nn_max_pool(n, x, 3, 2, 1, false), -1 };
	for (int stage = 0; stage < 4; stage++) {
		nn_encoder_stage(n, q, stage + 2);
		for (int i = 0; i < d->blocks[stage]; i++) {
			(void)snprintf(name, sizeof name, "conv%d_%d", stage + 2, i + 1);
			inner = nn_enter(n, name);
			p = block(n, d, p, stage, i ? 0 : stage ? 2 : 1);
			nn_leave(n, inner);
		}
		x = stage < 3 ? nn_relu(n, both(n, p)) : norm_relu(n, "conv5_bn_ac.bn", both(n, p));
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_encoder_end(n);
	nn_leave(n, mark);
}

#define DPN(k, parameters, c1, c2, c3, c4, c5, ...) \
	{ \
		"dpn" k, "dual path network " k, { 3, c1, c2, c3, c4, c5 }, parameters, build, &(const dpn) { __VA_ARGS__ } \
	}
const nn_encoder nn_encoders_dpn[] = {
	DPN("68", 11778602, 10, 144, 320, 704, 832, true, false, 10, 128, 32, { 3, 4, 12, 3 }, { 16, 32, 32, 64 }),
	DPN("68b", 11778602, 10, 144, 320, 704, 832, true, true, 10, 128, 32, { 3, 4, 12, 3 }, { 16, 32, 32, 64 }),
	DPN("92", 34979392, 64, 336, 704, 1552, 2688, false, false, 64, 96, 32, { 3, 4, 20, 3 }, { 16, 32, 24, 128 }),
	DPN("98", 58881728, 96, 336, 768, 1728, 2688, false, false, 96, 160, 40, { 3, 6, 20, 3 }, { 16, 32, 32, 128 }),
	DPN("107", 84228800, 128, 376, 1152, 2432, 2688, false, false, 128, 200, 50, { 4, 8, 20, 3 }, { 20, 64, 64, 128 }),
	DPN("131", 76565504, 128, 352, 832, 1984, 2688, false, false, 128, 160, 40, { 4, 8, 28, 3 }, { 16, 32, 32, 128 }),
	{ 0 },
};
