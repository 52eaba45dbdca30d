/*
 * RegNet X and Y (Radosavovic and others 2020) as timm builds them: a stem and four stages of bottlenecks whose 3x3 is
 * in groups of a fixed size; Y has squeeze and excitation behind it. The widths are those that the papers' rule gives.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct regnet {
	int width[4], blocks[4], group;
	bool squeeze;
} regnet;

static graph_value
unit(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c, const char *act)
{
	nn_conv_spec all = *c;
	all.padding = all.kernel / 2 * (all.dilation ? all.dilation : 1);
	all.init = all.groups > 1 ? GRAPH_INIT_KAIMING_NORMAL : GRAPH_INIT_KAIMING_NORMAL_OUT;
	all.keeps_start = true;
	return nn_conv_norm_act(n, name, x, &all, act, !act && *name == 'c');
}

static graph_value
block(nn_builder *n, const regnet *r, graph_value x, int out, int stride, int first, int rate)
{
	int in = nn_channels(n, x), group = r->group < out ? r->group : out;
	nn_squeeze s = { "se.fc1", "se.fc2", (in + 2) / 4, "relu", "sigmoid", GRAPH_INIT_KAIMING_NORMAL_OUT };
	graph_value skip = x, y = unit(n, "conv1", x, &(nn_conv_spec){ .out = out, .kernel = 1 }, "relu");
	nn_conv_spec middle = { .out = out, .kernel = 3, .stride = stride, .dilation = first, .groups = out / group };
	y = unit(n, "conv2", y, &middle, "relu");
	if (r->squeeze)
		y = nn_squeeze_excite(n, &s, y);
	y = unit(n, "conv3", y, &(nn_conv_spec){ .out = out, .kernel = 1 }, NULL);
	if (in != out || stride != 1 || first != rate)
		skip = unit(n, "downsample", x, &(nn_conv_spec){ .out = out, .kernel = 1, .stride = stride }, NULL);
	return nn_relu(n, graph_apply(n->g, "add", NULL, 2, y, skip));
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const regnet *r = e->config;
	nn_dilation d = { 2, 1 };
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	x = unit(n, "stem", x, &(nn_conv_spec){ .out = 32, .kernel = 3, .stride = 2 }, "relu");
	nn_encoder_give(f, q, 1, x);
	for (int stage = 0; stage < q->depth - 1; stage++) {
		char name[32];
		int stride = nn_dilation_stage(&d, 2, q), first = d.rate <= 2 ? 1 : 2;
		for (int b = 0; b < r->blocks[stage]; b++, first = d.rate) {
			(void)snprintf(name, sizeof name, "s%d.b%d", stage + 1, b + 1);
			size_t mark = nn_enter(n, name);
			x = block(n, r, x, r->width[stage], b ? 1 : stride, first, d.rate);
			nn_leave(n, mark);
		}
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_leave(n, model);
}

#define L(a, b, c, d) a, b, c, d
#define ROW(name, text, parameters, widths, ...) ROW_(name, text, parameters, widths, __VA_ARGS__)
#define ROW_(name, text, parameters, a, b, c, d, p, q, r, s, group, squeeze) \
	{ \
		"tu-" name, text, { 3, 32, a, b, c, d }, parameters, build, \
			&(const regnet){ { a, b, c, d }, { p, q, r, s }, group, squeeze }, NN_ENCODER_TIMM \
	}
const nn_encoder nn_encoders_regnet[] = {
	ROW("regnetx_002", "RegNetX, 0.2 GFLOP", 2315792, L(24, 56, 152, 368), L(1, 1, 4, 7), 8, false),
	ROW("regnetx_004", "RegNetX, 0.4 GFLOP", 4772512, L(32, 64, 160, 384), L(1, 2, 7, 12), 16, false),
	ROW("regnetx_006", "RegNetX, 0.6 GFLOP", 5667040, L(48, 96, 240, 528), L(1, 3, 5, 7), 24, false),
	ROW("regnetx_008", "RegNetX, 0.8 GFLOP", 6586656, L(64, 128, 288, 672), L(1, 3, 7, 5), 16, false),
	ROW("regnetx_016", "RegNetX, 1.6 GFLOP", 8277136, L(72, 168, 408, 912), L(2, 4, 10, 2), 24, false),
	ROW("regnetx_032", "RegNetX, 3.2 GFLOP", 14287552, L(96, 192, 432, 1008), L(2, 6, 15, 2), 48, false),
	ROW("regnetx_040", "RegNetX, 4 GFLOP", 20757248, L(80, 240, 560, 1360), L(2, 5, 14, 2), 40, false),
	ROW("regnetx_064", "RegNetX, 6.4 GFLOP", 24584256, L(168, 392, 784, 1624), L(2, 4, 10, 1), 56, false),
	ROW("regnetx_080", "RegNetX, 8 GFLOP", 37651648, L(80, 240, 720, 1920), L(2, 5, 15, 1), 120, false),
	ROW("regnetx_120", "RegNetX, 12 GFLOP", 43865056, L(224, 448, 896, 2240), L(2, 5, 11, 1), 112, false),
	ROW("regnetx_160", "RegNetX, 16 GFLOP", 52229536, L(256, 512, 896, 2048), L(2, 6, 13, 1), 128, false),
	ROW("regnetx_320", "RegNetX, 32 GFLOP", 105290560, L(336, 672, 1344, 2520), L(2, 7, 13, 1), 168, false),
	ROW("regnety_002", "RegNetY, 0.2 GFLOP", 2793996, L(24, 56, 152, 368), L(1, 1, 4, 7), 8, true),
	ROW("regnety_004", "RegNetY, 0.4 GFLOP", 3903144, L(48, 104, 208, 440), L(1, 3, 6, 6), 8, true),
	ROW("regnety_006", "RegNetY, 0.6 GFLOP", 5446160, L(48, 112, 256, 608), L(1, 3, 7, 4), 16, true),
	ROW("regnety_008", "RegNetY, 0.8 GFLOP", 5494168, L(64, 128, 320, 768), L(1, 3, 8, 2), 16, true),
	ROW("regnety_016", "RegNetY, 1.6 GFLOP", 10313430, L(48, 120, 336, 888), L(2, 6, 17, 2), 24, true),
	ROW("regnety_032", "RegNetY, 3.2 GFLOP", 17923338, L(72, 216, 576, 1512), L(2, 5, 13, 1), 24, true),
	ROW("regnety_040", "RegNetY, 4 GFLOP", 19557656, L(128, 192, 512, 1088), L(2, 6, 12, 2), 64, true),
	ROW("regnety_064", "RegNetY, 6.4 GFLOP", 29286252, L(144, 288, 576, 1296), L(2, 7, 14, 2), 72, true),
	ROW("regnety_080", "RegNetY, 8 GFLOP", 37163068, L(168, 448, 896, 2016), L(2, 4, 10, 1), 56, true),
	ROW("regnety_120", "RegNetY, 12 GFLOP", 49581544, L(224, 448, 896, 2240), L(2, 5, 11, 1), 112, true),
	ROW("regnety_160", "RegNetY, 16 GFLOP", 80565140, L(224, 448, 1232, 3024), L(2, 4, 11, 1), 112, true),
	ROW("regnety_320", "RegNetY, 32 GFLOP", 141333770, L(232, 696, 1392, 3712), L(2, 5, 12, 1), 232, true),
	ROW("regnety_640", "RegNetY, 64 GFLOP", 276457786, L(328, 984, 1968, 4920), L(2, 5, 12, 1), 328, true),
	ROW("regnety_1280", "RegNetY, 128 GFLOP", 637419894, L(528, 1056, 2904, 7392), L(2, 7, 17, 1), 264, true),
	ROW("regnetx_004_tv", "RegNetX, 0.4 GFLOP, torchvision's", 5094976, L(32, 64, 160, 400), L(1, 2, 7, 12), 16, false),
	ROW("regnety_008_tv", "RegNetY, 0.8 GFLOP, torchvision's", 5647512, L(64, 144, 320, 784), L(1, 3, 8, 2), 16, true),
	ROW("regnety_080_tv", "RegNetY, 8 GFLOP, torchvision's", 37364472, L(224, 448, 896, 2016), L(2, 4, 10, 1), 56,
		true),
	{ 0 },
};
