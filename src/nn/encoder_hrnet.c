/*
 * HRNet (Wang and others 2020) as timm builds it: up to four branches of sizes 1/4 to 1/32 side by side, which exchange
 * what they know behind every module. Features: the first convolution, and each branch through a bottleneck of 128,
 * 256, 512 and 1024 channels.
 */
#include "nn/encoder.h"
#include <stdio.h>

enum { BRANCHES = 4 };

typedef struct hrnet {
	int width; /* of the first branch; each next has twice as many */
	int first_blocks, first_planes; /* stage 1: bottlenecks */
	int modules[3], blocks; /* of stages 2 to 4; basic blocks of a branch in a module */
} hrnet;

static graph_value
conv_norm(nn_builder *n, const char *conv, const char *norm, graph_value x, int out, int kernel, int stride)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.init = GRAPH_INIT_KAIMING_NORMAL_OUT,
		.keeps_start = true };
	return nn_batch_norm(n, norm, nn_conv(n, conv, x, &c), 1e-5, 0.1);
}

static graph_value
blocks(nn_builder *n, const char *name, graph_value x, int count, int planes, bool bottleneck)
{
	size_t mark = nn_enter(n, name);
	for (int i = 0; i < count; i++) {
		size_t inner = nn_enter_index(n, i);
		x = nn_residual(n, x, planes, bottleneck);
		nn_leave(n, inner);
	}
	nn_leave(n, mark);
	return x;
}

/* What branch `from` tells branch `to`. */
static graph_value
told(nn_builder *n, const hrnet *h, const graph_value *x, int from, int to)
{
	graph_value y = x[from];
	char name[32], norm[32];
	(void)snprintf(name, sizeof name, "fuse_layers.%d.%d", to, from);
	size_t mark = nn_enter(n, name);
	if (from > to)
		y = nn_resize_like(n, conv_norm(n, "0", "1", y, h->width << to, 1, 1), x[to], OP_RESIZE_NEAREST, false);
	for (int k = 0; k < to - from; k++) {
		bool last = k == to - from - 1;
		(void)snprintf(name, sizeof name, "%d.0", k);
		(void)snprintf(norm, sizeof norm, "%d.1", k);
		y = conv_norm(n, name, norm, y, h->width << (last ? to : from), 3, 2);
		y = last ? y : nn_relu(n, y);
	}
	nn_leave(n, mark);
	return y;
}

static void
module(nn_builder *n, const hrnet *h, graph_value *x, int branches)
{
	graph_value mixed[BRANCHES];
	char name[24];
	for (int i = 0; i < branches; i++) {
		(void)snprintf(name, sizeof name, "branches.%d", i);
		x[i] = blocks(n, name, x[i], h->blocks, h->width << i, false);
	}
	for (int to = 0; to < branches; to++) {
		mixed[to] = told(n, h, x, 0, to);
		for (int from = 1; from < branches; from++)
			mixed[to] = graph_apply(n->g, "add", NULL, 2, mixed[to], told(n, h, x, from, to));
		mixed[to] = nn_relu(n, mixed[to]);
	}
	for (int i = 0; i < branches; i++)
		x[i] = mixed[i];
}

/* A branch more; behind stage 1 the first changes its width too. */
static void
transition(nn_builder *n, const hrnet *h, graph_value *x, int branches)
{
	char name[24];
	(void)snprintf(name, sizeof name, "transition%d", branches);
	size_t mark = nn_enter(n, name);
	graph_value last = x[branches - 1];
	if (branches == 1)
		x[0] = nn_relu(n, conv_norm(n, "0.0", "0.1", last, h->width, 3, 1));
	(void)snprintf(name, sizeof name, "%d.0", branches);
	size_t inner = nn_enter(n, name);
	x[branches] = nn_relu(n, conv_norm(n, "0", "1", last, h->width << branches, 3, 2));
	nn_leave(n, inner);
	nn_leave(n, mark);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const hrnet *h = e->config;
	graph_value branch[BRANCHES];
	char name[32];
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	x = nn_relu(n, conv_norm(n, "conv1", "bn1", x, 64, 3, 2));
	nn_encoder_give(f, q, 1, x);
	nn_encoder_stage(n, q, 2);
	x = nn_relu(n, conv_norm(n, "conv2", "bn2", x, 64, 3, 2));
	branch[0] = blocks(n, "layer1", x, h->first_blocks, h->first_planes, true);
	for (int stage = 0; stage < 3; stage++) {
		transition(n, h, branch, stage + 1);
		for (int i = 0; i < h->modules[stage]; i++) {
			(void)snprintf(name, sizeof name, "stage%d.%d", stage + 2, i);
			size_t mark = nn_enter(n, name);
			module(n, h, branch, stage + 2);
			nn_leave(n, mark);
		}
	}
	for (int i = 0; i < BRANCHES; i++) {
		nn_encoder_stage(n, q, i + 2);
		(void)snprintf(name, sizeof name, "incre_modules.%d", i);
		nn_encoder_give(f, q, i + 2, blocks(n, name, branch[i], 1, 32 << i, true));
	}
	nn_encoder_end(n);
	nn_leave(n, model);
}

#define HRNET(name, text, parameters, ...) \
	{ \
		"tu-" name, text, { 3, 64, 128, 256, 512, 1024 }, parameters, build, &(const hrnet){ __VA_ARGS__ }, \
			NN_ENCODER_TIMM | NN_ENCODER_FIXED | NN_ENCODER_EVEN | NN_ENCODER_EAGER \
	}
const nn_encoder nn_encoders_hrnet[] = {
	HRNET("hrnet_w18_small", "HRNet-W16, small", 2836640, 16, 1, 32, { 1, 1, 1 }, 2),
	HRNET("hrnet_w18_small_v2", "HRNet-W18, small", 5246640, 18, 2, 64, { 1, 3, 2 }, 2),
	HRNET("hrnet_w18", "HRNet-W18", 10948180, 18, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w30", "HRNet-W30", 27361396, 30, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w32", "HRNet-W32", 30881856, 32, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w40", "HRNet-W40", 47206336, 40, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w44", "HRNet-W44", 56714160, 44, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w48", "HRNet-W48", 67119040, 48, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w18_ssld", "HRNet-W18, distilled", 10948180, 18, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w48_ssld", "HRNet-W48, distilled", 67119040, 48, 4, 64, { 1, 4, 3 }, 4),
	HRNET("hrnet_w64", "HRNet-W64", 117709120, 64, 4, 64, { 1, 4, 3 }, 4),
	{ 0 },
};
