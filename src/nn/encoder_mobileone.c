/*
 * MobileOne (Vasu and others 2022): blocks of parallel branches (k x k convolutions, a 1x1 one, the input itself, each
 * with batch norm) that are summed; folding makes one convolution of them for inference. S4 weighs the channels of its
 * last blocks.
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct mobileone {
	double width[4];
	int branches; /* of k x k convolutions, in stages 1 to 4 */
	bool squeeze;
} mobileone;

static graph_value
plus(nn_builder *n, graph_value a, graph_value b)
{
	return a < 0 ? b : graph_apply(n->g, "add", NULL, 2, a, b);
}

static graph_value
branch(nn_builder *n, const char *name, graph_value x, const nn_conv_spec *c)
{
	size_t mark = nn_enter(n, name);
	x = nn_batch_norm(n, "bn", nn_conv(n, "conv", x, c), 1e-5, 0.1);
	nn_leave(n, mark);
	return x;
}

static graph_value
block(nn_builder *n, graph_value x, const nn_conv_spec *c, int branches, bool squeeze)
{
	nn_squeeze weigh = { "se.reduce", "se.expand", c->out / 16, "relu", "sigmoid", GRAPH_INIT_DEFAULT };
	graph_value y = -1, w, b;
	char name[24];
	if (squeeze) { /* its states stand first */
		nn_conv_states(n, weigh.reduce, c->out,
			&(nn_conv_spec){ .out = weigh.width, .kernel = 1, .bias = true, .init = weigh.init }, &w, &b);
		nn_conv_states(n, weigh.expand, weigh.width,
			&(nn_conv_spec){ .out = c->out, .kernel = 1, .bias = true, .init = weigh.init }, &w, &b);
	}
	if (c->stride == 1 && nn_channels(n, x) == c->out)
		y = nn_batch_norm(n, "rbr_skip", x, 1e-5, 0.1);
	for (int i = 0; i < branches; i++) {
		(void)snprintf(name, sizeof name, "rbr_conv.%d", i);
		y = plus(n, y, branch(n, name, x, c));
	}
	if (c->kernel > 1) {
		nn_conv_spec one = *c;
		one.kernel = 1, one.padding = 0;
		y = plus(n, y, branch(n, "rbr_scale", x, &one));
	}
	return nn_relu(n, squeeze ? nn_squeeze_excite(n, &weigh, y) : y);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	static const int blocks[] = { 2, 8, 10, 1 };
	const mobileone *m = e->config;
	int first = (int)(64 * m->width[0]);
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	size_t mark = nn_enter(n, "stage0");
	nn_conv_spec stem = { .out = first < 64 ? first : 64, .kernel = 3, .stride = 2, .padding = 1 };
	x = block(n, x, &stem, 1, false);
	nn_leave(n, mark);
	nn_encoder_give(f, q, 1, x);
	for (int s = 0; s < 4; s++) {
		char name[16];
		int out = (int)((64 << s) * m->width[s]),
			squeezed = !m->squeeze || s < 2 ? 0
			: s == 2                        ? blocks[s] / 2
											: blocks[s];
		(void)snprintf(name, sizeof name, "stage%d", s + 1);
		mark = nn_enter(n, name);
		nn_encoder_stage(n, q, s + 2);
		for (int i = 0; i < blocks[s]; i++) {
			int in = nn_channels(n, x);
			bool squeeze = i >= blocks[s] - squeezed;
			nn_conv_spec deep = { .out = in, .kernel = 3, .stride = i ? 1 : 2, .padding = 1, .groups = in };
			nn_conv_spec point = { .out = out, .kernel = 1, .stride = 1 };
			size_t inner = nn_enter_index(n, 2 * i);
			x = block(n, x, &deep, m->branches, squeeze);
			nn_leave(n, inner);
			inner = nn_enter_index(n, 2 * i + 1);
			x = block(n, x, &point, m->branches, squeeze);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, s + 2, x);
	}
	nn_encoder_end(n);
}

#define ONE(name, text, parameters, branches, squeeze, a, b, c, d, ...) \
	{ \
		name, text, { 3, __VA_ARGS__ }, parameters, build, &(const mobileone) { { a, b, c, d }, branches, squeeze } \
	}
const nn_encoder nn_encoders_mobileone[] = {
	ONE("mobileone_s0", "MobileOne-S0, four branches", 4268272, 4, false, .75, 1, 1, 2, 48, 48, 128, 256, 1024),
	ONE("mobileone_s1", "MobileOne-S1", 3544192, 1, false, 1.5, 1.5, 2, 2.5, 64, 96, 192, 512, 1280),
	ONE("mobileone_s2", "MobileOne-S2", 5835648, 1, false, 1.5, 2, 2.5, 4, 64, 96, 256, 640, 2048),
	ONE("mobileone_s3", "MobileOne-S3", 8121600, 1, false, 2, 2.5, 3, 4, 64, 128, 320, 768, 2048),
	ONE("mobileone_s4", "MobileOne-S4, with squeeze and excitation", 12902248, 1, true, 3, 3.5, 3.5, 4, 64, 192, 448,
		896, 2048),
	{ 0 },
};
