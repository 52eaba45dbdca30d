/*
 * GENet, here GERNet (Lin and others 2020: Neural Architecture Design for GPU-Efficient Networks), as timm builds it:
 * basic blocks, bottlenecks, and inverted bottlenecks by channel. The last two stages have one size; the last feature
 * is what a 1x1 makes of the second.
 */
#include "nn/encoder.h"
#include <stdio.h>

enum { STAGES = 5 };

typedef struct gernet {
	int stem, last;
	struct {
		int blocks, out;
	} stage[STAGES];
} gernet;

static graph_value
unit(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c, const char *act, bool silent)
{
	nn_conv_spec all = *c;
	all.padding = all.kernel / 2 * (all.dilation ? all.dilation : 1);
	all.init = all.groups > 1 ? GRAPH_INIT_KAIMING_NORMAL : GRAPH_INIT_KAIMING_NORMAL_OUT;
	all.keeps_start = true;
	return nn_conv_norm_act(n, name, x, &all, act, silent);
}

static graph_value
block(nn_builder *n, int stage, graph_value x, int out, int stride, int first, int rate)
{
	graph_value skip = x, y;
	if (nn_channels(n, x) != out || stride != 1 || first != rate)
		skip = unit(n, "shortcut", x, &(nn_conv_spec){ .out = out, .kernel = 1, .stride = stride }, NULL, false);
	if (stage < 2) {
		y = unit(n, "conv1_kxk", x, &(nn_conv_spec){ .out = out, .kernel = 3, .stride = stride, .dilation = first },
			"relu", false);
		y = unit(n, "conv2_kxk", y, &(nn_conv_spec){ .out = out, .kernel = 3, .dilation = rate }, NULL, true);
	} else {
		int inner = stage == 2 ? nn_divisible(out / 4.0, 8, 0.9) : 3 * out;
		nn_conv_spec middle = {
			.out = inner, .kernel = 3, .stride = stride, .dilation = first, .groups = stage > 2 ? inner : 1
		};
		y = unit(n, "conv1_1x1", x, &(nn_conv_spec){ .out = inner, .kernel = 1 }, "relu", false);
		y = unit(n, "conv2_kxk", y, &middle, "relu", false);
		y = unit(n, "conv3_1x1", y, &(nn_conv_spec){ .out = out, .kernel = 1 }, NULL, true);
	}
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, skip));
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const gernet *r = e->config;
	nn_dilation d = { 2, 1 };
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	x = unit(n, "stem", x, &(nn_conv_spec){ .out = r->stem, .kernel = 3, .stride = 2 }, "relu", false);
	nn_encoder_give(f, q, 1, x);
	for (int stage = 0; stage < STAGES && (stage < q->depth - 1 || q->depth == 5); stage++) {
		char name[24];
		int stride = stage == STAGES - 1 ? 1 : nn_dilation_stage(&d, 2, q), first = d.rate <= 2 ? 1 : 2;
		for (int b = 0; b < r->stage[stage].blocks; b++, first = d.rate) {
			(void)snprintf(name, sizeof name, "stages_%d.%d", stage, b);
			size_t mark = nn_enter(n, name);
			x = block(n, stage, x, r->stage[stage].out, b ? 1 : stride, first, d.rate);
			nn_leave(n, mark);
		}
		if (stage < 3)
			nn_encoder_give(f, q, stage + 2, x);
	}
	if (q->depth == 5)
		f[5].value = unit(n, "final_conv", x, &(nn_conv_spec){ .out = r->last, .kernel = 1 }, "relu", false);
	nn_leave(n, model);
}

#define GERNET(name, text, parameters, stem, last, b0, c0, b1, c1, b2, c2, b3, c3, b4, c4) \
	{ \
		"tu-" name, text, { 3, stem, c0, c1, c2, last }, parameters, build, \
			&(const gernet){ stem, last, { { b0, c0 }, { b1, c1 }, { b2, c2 }, { b3, c3 }, { b4, c4 } } }, \
			NN_ENCODER_TIMM \
	}
const nn_encoder nn_encoders_gernet[] = {
	GERNET("gernet_s", "GERNet-S", 6252761, 13, 1920, 1, 48, 3, 48, 7, 384, 2, 560, 1, 256),
	GERNET("gernet_m", "GERNet-M", 18581920, 32, 2560, 1, 128, 2, 192, 6, 640, 4, 640, 1, 640),
	GERNET("gernet_l", "GERNet-L", 28517280, 32, 2560, 1, 128, 2, 192, 6, 640, 5, 640, 4, 640),
	{ 0 },
};
