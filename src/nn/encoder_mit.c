/*
 * Mix transformers, SegFormer's encoders (Xie and others 2021): four stages of overlapping patches, attention with keys
 * and values of a reduced map, and a mixing layer with a 3x3 convolution by channel. There is no feature at half size.
 *
 *     x += attention(norm1(x));  x += fc2(gelu(dwconv(fc1(norm2(x)))))
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct mit {
	int width[4], blocks[4];
} mit;

static const int heads[] = { 1, 2, 5, 8 }, reduction[] = { 8, 4, 2, 1 };

static graph_value
linear(nn_builder *n, const char *name, graph_value x, int out)
{
	return nn_linear(n, name, x, out, GRAPH_INIT_TRUNC_NORMAL);
}

static graph_value
conv(nn_builder *n, const char *name, graph_value x, int out, int kernel, int stride, int padding, int groups)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = padding,
		.groups = groups,
		.bias = true,
		/* outputs that one input feeds: by channel those of one channel, as many as feed it */
		.init = groups > 1 ? GRAPH_INIT_KAIMING_NORMAL : GRAPH_INIT_NORMAL_OUT };
	return nn_conv(n, name, x, &c);
}

static graph_value
attention(nn_builder *n, graph_value x, int stage)
{
	int c = nn_channels(n, x), r = reduction[stage];
	size_t mark = nn_enter(n, "attn");
	nn_linear_states(n, "q", c, c, GRAPH_INIT_TRUNC_NORMAL);
	nn_linear_states(n, "kv", c, 2 * c, GRAPH_INIT_TRUNC_NORMAL);
	nn_linear_states(n, "proj", c, c, GRAPH_INIT_TRUNC_NORMAL);
	graph_value reduced = x;
	if (r > 1)
		reduced = nn_layer_norm(n, "norm", conv(n, "sr", x, c, r, r, 0, 1), 1e-5);
	graph_value kv = linear(n, "kv", reduced, 2 * c);
	graph_value y = nn_attention(
		n, heads[stage], linear(n, "q", x, c), nn_channels_of(n, kv, 0, c), nn_channels_of(n, kv, c, 2 * c), -1, -1);
	y = linear(n, "proj", y, c);
	nn_leave(n, mark);
	return y;
}

static graph_value
mix(nn_builder *n, graph_value x)
{
	int c = nn_channels(n, x);
	size_t mark = nn_enter(n, "mlp");
	graph_value wide = linear(n, "fc1", x, 4 * c);
	wide = conv(n, "dwconv.dwconv", wide, 4 * c, 3, 1, 1, 4 * c);
	x = linear(n, "fc2", nn_act(n, "gelu", wide), c);
	nn_leave(n, mark);
	return x;
}

static graph_value
plus(nn_builder *n, graph_value x, graph_value y, double drop)
{
	return graph_apply(n->g, "add", NULL, 2, x, nn_drop_path(n, y, drop));
}

static graph_value
patches(nn_builder *n, int stage, graph_value x, int out)
{
	char name[24];
	(void)snprintf(name, sizeof name, "patch_embed%d", stage + 1);
	size_t mark = nn_enter(n, name);
	x = conv(n, "proj", x, out, stage ? 3 : 7, stage ? 2 : 4, stage ? 1 : 3, 1);
	x = nn_layer_norm(n, "norm", x, 1e-5);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const mit *m = e->config;
	int all = 0, at = 0;
	f[0].value = x;
	nn_encoder_give(f, q, 1, nn_nothing(n, x));
	for (int s = 0; s < 4; s++) { /* states of all patches stand first */
		nn_phase phase;
		graph_value like = nn_declare_begin(n, s ? m->width[s - 1] : 3, &phase);
		patches(n, s, s ? like : x, m->width[s]);
		nn_declare_end(n, phase);
		all += m->blocks[s];
	}
	for (int s = 0; s < 4; s++) {
		char name[24];
		nn_encoder_stage(n, q, s + 2);
		x = patches(n, s, x, m->width[s]);
		(void)snprintf(name, sizeof name, "block%d", s + 1);
		size_t mark = nn_enter(n, name);
		for (int b = 0; b < m->blocks[s]; b++, at++) {
			double drop = 0.1 * at / (all - 1);
			size_t inner = nn_enter_index(n, b);
			x = plus(n, x, attention(n, nn_layer_norm(n, "norm1", x, 1e-6), s), drop);
			x = plus(n, x, mix(n, nn_layer_norm(n, "norm2", x, 1e-6)), drop);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		(void)snprintf(name, sizeof name, "norm%d", s + 1);
		x = nn_layer_norm(n, name, x, 1e-6);
		nn_encoder_give(f, q, s + 2, x);
	}
	nn_encoder_end(n);
}

#define MIT(k, parameters, a, b, c, d, ...) \
	{ \
		"mit_b" #k, "Mix Transformer B" #k, { 3, 0, a, b, c, d }, parameters, build, \
			&(const mit){ { a, b, c, d }, { __VA_ARGS__ } }, NN_ENCODER_MIX \
	}
const nn_encoder nn_encoders_mit[] = {
	MIT(0, 3319392, 32, 64, 160, 256, 2, 2, 2, 2),
	MIT(1, 13151424, 64, 128, 320, 512, 2, 2, 2, 2),
	MIT(2, 24196288, 64, 128, 320, 512, 3, 4, 6, 3),
	MIT(3, 44072128, 64, 128, 320, 512, 3, 4, 18, 3),
	MIT(4, 60842688, 64, 128, 320, 512, 3, 8, 27, 3),
	MIT(5, 81443008, 64, 128, 320, 512, 3, 6, 40, 3),
	{ 0 },
};
