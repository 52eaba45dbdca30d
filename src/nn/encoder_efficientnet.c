/*
 * EfficientNet (Tan, Le 2019) as lukemelas' EfficientNet-PyTorch builds it: inverted residual blocks with squeeze and
 * excitation and silu. TensorFlow's "same" padding is worked out once, from the size a variant is named for, not from
 * the picture's. The head (_conv_head, _bn1) is in the files and never runs. The base model taps the first block of its
 * 112 channels, all others the last.
 */
#include "nn/encoder.h"
#include <math.h>

typedef struct efficientnet {
	double width, depth;
	int size, taps[4]; /* blocks that give features 2 to 5 */
} efficientnet;

enum { STAGES = 7 };
static const struct {
	int repeats, kernel, stride, expansion, out;
} stages[STAGES] = { { 1, 3, 1, 1, 16 }, { 2, 3, 2, 6, 24 }, { 2, 5, 2, 6, 40 }, { 3, 3, 2, 6, 80 },
	{ 3, 5, 1, 6, 112 }, { 4, 5, 2, 6, 192 }, { 1, 3, 1, 6, 320 } };

static int
widened(const efficientnet *e, int channels)
{
	return e->width == 1 ? channels : nn_divisible(channels * e->width, 8, 0.9);
}

static int
repeats(const efficientnet *e, int stage)
{
	return (int)ceil(e->depth * stages[stage].repeats);
}

static graph_value
norm(nn_builder *n, const char *name, graph_value x)
{
	return nn_batch_norm(n, name, x, 1e-3, 0.01);
}

/* Padding that keeps ceil(size / stride); *size becomes that. */
static void
pad_same(nn_conv_spec *c, int *size)
{
	int out = (*size + c->stride - 1) / c->stride, all = (out - 1) * c->stride + c->kernel - *size;
	all = all > 0 ? all : 0;
	c->padding = all / 2;
	c->more = all % 2;
	*size = out;
}

typedef struct block {
	int expansion, kernel, stride, out;
	double drop;
} block;

static graph_value
inverted(nn_builder *n, const block *b, graph_value x, int *size)
{
	int in = nn_channels(n, x), wide = in * b->expansion;
	graph_value y = x;
	if (b->expansion > 1) {
		y = nn_conv(n, "_expand_conv", y, &(nn_conv_spec){ .out = wide, .kernel = 1 });
		y = nn_act(n, "silu", norm(n, "_bn0", y));
	}
	nn_conv_spec deep = { .out = wide, .kernel = b->kernel, .stride = b->stride, .groups = wide };
	pad_same(&deep, size);
	y = nn_act(n, "silu", norm(n, "_bn1", nn_conv(n, "_depthwise_conv", y, &deep)));
	int width = in / 4 > 1 ? in / 4 : 1;
	y = nn_squeeze_excite(
		n, &(nn_squeeze){ "_se_reduce", "_se_expand", width, "silu", "sigmoid", GRAPH_INIT_DEFAULT }, y);
	y = norm(n, "_bn2", nn_conv(n, "_project_conv", y, &(nn_conv_spec){ .out = b->out, .kernel = 1 }));
	return b->stride == 1 && in == b->out ? graph_apply(n->g, "add", NULL, 2, nn_drop_path(n, y, b->drop), x) : y;
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const efficientnet *c = e->config;
	int size = c->size, at = 0, all = 0, feature = 2;
	f[0].value = x;
	for (int s = 0; s < STAGES; s++)
		all += repeats(c, s);
	nn_encoder_stage(n, q, 1);
	nn_conv_spec stem = { .out = widened(c, 32), .kernel = 3, .stride = 2 };
	pad_same(&stem, &size);
	x = nn_act(n, "silu", norm(n, "_bn0", nn_conv(n, "_conv_stem", x, &stem)));
	nn_encoder_give(f, q, 1, x);
	size_t mark = nn_enter(n, "_blocks");
	for (int s = 0; s < STAGES; s++)
		for (int i = 0; i < repeats(c, s); i++, at++) {
			block b = { stages[s].expansion, stages[s].kernel, i ? 1 : stages[s].stride, widened(c, stages[s].out),
				0.2 * at / all };
			size_t inner = nn_enter_index(n, at);
			nn_encoder_stage(n, q, feature);
			x = inverted(n, &b, x, &size);
			nn_leave(n, inner);
			if (feature <= 5 && at == c->taps[feature - 2])
				nn_encoder_give(f, q, feature++, x);
		}
	nn_leave(n, mark);
	nn_encoder_stage(n, q, 6); /* never asked for */
	norm(n, "_bn1", nn_conv(n, "_conv_head", x, &(nn_conv_spec){ .out = widened(c, 1280), .kernel = 1 }));
	nn_encoder_end(n);
}

#define B(k, parameters, w, d, size, t2, t3, t4, t5, ...) \
	{ \
		"efficientnet-b" #k, "EfficientNet-B" #k, { 3, __VA_ARGS__ }, parameters, build, \
			&(const efficientnet){ w, d, size, { t2, t3, t4, t5 } }, NN_ENCODER_EAGER, 2 \
	}
const nn_encoder nn_encoders_efficientnet[] = {
	B(0, 4007548, 1.0, 1.0, 224, 2, 4, 8, 15, 32, 24, 40, 112, 320),
	B(1, 6513184, 1.0, 1.1, 240, 4, 7, 15, 22, 32, 24, 40, 112, 320),
	B(2, 7700994, 1.1, 1.2, 260, 4, 7, 15, 22, 32, 24, 48, 120, 352),
	B(3, 10696232, 1.2, 1.4, 300, 4, 7, 17, 25, 40, 32, 48, 136, 384),
	B(4, 17548616, 1.4, 1.8, 380, 5, 9, 21, 31, 48, 32, 56, 160, 448),
	B(5, 28340784, 1.6, 2.2, 456, 7, 12, 26, 38, 48, 40, 64, 176, 512),
	B(6, 40735704, 1.8, 2.6, 528, 8, 14, 30, 44, 56, 40, 72, 200, 576),
	B(7, 63786960, 2.0, 3.1, 600, 10, 17, 37, 54, 64, 48, 80, 224, 640),
	{ 0 },
};
