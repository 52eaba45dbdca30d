/*
 * ConvNeXt (Liu and others 2022) and ConvNeXt V2 (Woo and others 2023) as timm builds them: a 7x7 by channel, a norm
 * over channels and two products, weighed by channel (V1) or with a global response norm between them (V2). There is no
 * feature at half size.
 *
 *     V1   x + gamma * fc2(gelu(fc1(norm(dw(x)))))
 *     V2   x + fc2(grn(gelu(fc1(norm(dw(x))))))       grn(y) = y + bias + weight * y * |y| / mean of |y| over channels
 *
 * The norm is a layer norm, or of timm's smallest only a scale: by the root of the mean square (rms), or by the
 * deviation, without taking the mean away (zepto, called rms as well).
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef enum stem_kind { PATCH, OVERLAP, TIERED, ACTIVE } stem_kind;
typedef enum norm_kind { LAYER, ROOT_MEAN_SQUARE, DEVIATION } norm_kind;

typedef struct convnext {
	int width[4], blocks[4];
	bool products_are_convolutions; /* in files: the numbers are the same */
	stem_kind stem;
	bool response;
	double eps;
	norm_kind norm;
} convnext;

static const graph_init start = GRAPH_INIT_TRUNC_NORMAL;

static graph_value
conv(nn_builder *n, const char *name, graph_value x, nn_conv_spec c)
{
	c.bias = true;
	c.init = start;
	c.keeps_start = true;
	return nn_conv(n, name, x, &c);
}

static graph_value
product(nn_builder *n, const convnext *k, const char *name, graph_value x, int out)
{
	return k->products_are_convolutions ? conv(n, name, x, (nn_conv_spec){ .out = out, .kernel = 1 })
										: nn_linear(n, name, x, out, start);
}

static graph_value
number(nn_builder *n, const char *op, graph_value x, double a)
{
	return graph_apply(n->g, op, &(op_number_attr){ a, 0 }, 1, x);
}

/* Over the channels of each place. */
static graph_value
norm(nn_builder *n, const convnext *k, const char *name, graph_value x)
{
	int c = nn_channels(n, x);
	op_axes_attr channels = { { 1, { 3 } }, true };
	if (k->norm == LAYER)
		return nn_layer_norm(n, name, x, k->eps);
	size_t mark = nn_enter(n, name);
	graph_value weight = nn_state(n, "weight", &(secant_shape){ 1, { c } }, GRAPH_INIT_ONES), y = x;
	nn_leave(n, mark);
	if (k->norm == DEVIATION)
		y = graph_apply(n->g, "sub", NULL, 2, x, graph_apply(n->g, "mean", &channels, 1, x));
	y = graph_apply(n->g, "mean", &channels, 1, graph_apply(n->g, "square", NULL, 1, y));
	if (k->norm == DEVIATION) /* as of a sample */
		y = number(n, "mul_scalar", y, (double)c / (c - 1));
	y = graph_apply(n->g, "rsqrt", NULL, 1, number(n, "add_scalar", y, k->eps));
	return graph_apply(n->g, "mul", NULL, 2, graph_apply(n->g, "mul", NULL, 2, x, y), weight);
}

/* y * (1 + weight * |y| / mean |y|) + bias, where |y| is the length of a channel's map. */
static graph_value
response_norm(nn_builder *n, graph_value y)
{
	size_t mark = nn_enter(n, "grn");
	secant_shape c = { 1, { nn_channels(n, y) } };
	graph_value w = nn_state(n, "weight", &c, GRAPH_INIT_ZEROS), b = nn_state(n, "bias", &c, GRAPH_INIT_ZEROS);
	graph_value sum = graph_apply(
		n->g, "sum", &(op_axes_attr){ { 2, { 1, 2 } }, true }, 1, graph_apply(n->g, "square", NULL, 1, y));
	/* a channel of zeros has a slope of 0 here, as in PyTorch */
	graph_value length = graph_apply(n->g, "sqrt", NULL, 1, number(n, "add_scalar", sum, 1e-30));
	graph_value mean = graph_apply(n->g, "mean", &(op_axes_attr){ { 1, { 3 } }, true }, 1, length);
	graph_value share = graph_apply(n->g, "div", NULL, 2, length, number(n, "add_scalar", mean, 1e-6));
	graph_value factor = number(n, "add_scalar", graph_apply(n->g, "mul", NULL, 2, share, w), 1);
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, graph_apply(n->g, "mul", NULL, 2, y, factor), b);
}

static graph_value
block(nn_builder *n, const convnext *k, graph_value x, int rate)
{
	int c = nn_channels(n, x);
	graph_value gamma = k->response ? -1 : nn_state(n, "gamma", &(secant_shape){ 1, { c } }, GRAPH_INIT_FAINT);
	nn_conv_spec deep = { .out = c, .kernel = 7, .padding = 3 * rate, .dilation = rate, .groups = c };
	graph_value y = norm(n, k, "norm", conv(n, "conv_dw", x, deep));
	size_t mark = nn_enter(n, "mlp");
	y = nn_act(n, "gelu", product(n, k, "fc1", y, 4 * c));
	if (k->response)
		y = response_norm(n, y);
	y = product(n, k, "fc2", y, c);
	nn_leave(n, mark);
	if (gamma >= 0)
		y = graph_apply(n->g, "mul", NULL, 2, y, gamma);
	return graph_apply(n->g, "add", NULL, 2, y, x);
}

static graph_value
stem(nn_builder *n, const convnext *k, graph_value x)
{
	int out = k->width[0], middle = k->stem == TIERED ? nn_divisible(out / 2, 8, 0.9) : out; /* NOLINT: whole halves */
	if (k->stem == PATCH)
		return norm(n, k, "stem_1", conv(n, "stem_0", x, (nn_conv_spec){ .out = out, .kernel = 4, .stride = 4 }));
	x = conv(n, "stem_0", x, (nn_conv_spec){ .out = middle, .kernel = 3, .stride = 2, .padding = 1 });
	if (k->stem == ACTIVE)
		x = nn_act(n, "gelu", x);
	x = conv(n, k->stem == ACTIVE ? "stem_2" : "stem_1", x,
		(nn_conv_spec){ .out = out, .kernel = 3, .stride = 2, .padding = 1 });
	return norm(n, k, k->stem == ACTIVE ? "stem_3" : "stem_2", x);
}

/* A 2x2 with its stride, or of every place and dilated as the blocks before. */
static graph_value
shrink(nn_builder *n, const convnext *k, graph_value x, int out, int stride, int rate)
{
	nn_conv_spec c = { .out = out, .kernel = 2, .stride = stride, .dilation = rate > 2 ? 2 : 1 };
	if (rate == 2)
		c.more = 1;
	else if (rate > 2)
		c.padding = 1;
	return conv(n, "downsample.1", norm(n, k, "downsample.0", x), c);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const convnext *k = e->config;
	nn_dilation d = { 4, 1 };
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	nn_encoder_give(f, q, 1, nn_nothing(n, x));
	if (q->depth > 1)
		x = stem(n, k, x);
	for (int stage = 0; stage < q->depth - 1; stage++) {
		char name[24];
		int stride = nn_dilation_stage(&d, stage ? 2 : 1, q);
		(void)snprintf(name, sizeof name, "stages_%d", stage);
		size_t mark = nn_enter(n, name);
		if (stage)
			x = shrink(n, k, x, k->width[stage], stride, d.rate);
		for (int b = 0; b < k->blocks[stage]; b++) {
			(void)snprintf(name, sizeof name, "blocks.%d", b);
			size_t inner = nn_enter(n, name);
			x = block(n, k, x, d.rate);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, stage + 2, x);
	}
	nn_leave(n, model);
}

#define L(a, b, c, d) a, b, c, d
#define ROW(name, text, parameters, widths, ...) ROW_(name, text, parameters, widths, __VA_ARGS__)
#define ROW_(name, text, parameters, a, b, c, d, p, q, r, s, ...) \
	{ \
		"tu-" name, text, { 3, 0, a, b, c, d }, parameters, build, \
			&(const convnext){ { a, b, c, d }, { p, q, r, s }, __VA_ARGS__ }, NN_ENCODER_TIMM \
	}
const nn_encoder nn_encoders_convnext[] = {
	ROW("convnext_zepto_rms", "ConvNeXt-Z", 1898400, L(32, 64, 128, 256), L(2, 2, 4, 2), true, PATCH, false, 1e-6,
		DEVIATION),
	ROW("convnext_zepto_rms_ols", "ConvNeXt-Z, overlapping stem", 1906976, L(32, 64, 128, 256), L(2, 2, 4, 2), true,
		ACTIVE, false, 1e-6, DEVIATION),
	ROW("convnext_atto_rms", "ConvNeXt-A, its norms scales alone", 3371720, L(40, 80, 160, 320), L(2, 2, 6, 2), true,
		PATCH, false, 1e-6, ROOT_MEAN_SQUARE),
	ROW("convnext_atto", "ConvNeXt-A", 3373880, L(40, 80, 160, 320), L(2, 2, 6, 2), true, PATCH, false, 1e-6),
	ROW("convnext_atto_ols", "ConvNeXt-A, overlapping stem", 3381272, L(40, 80, 160, 320), L(2, 2, 6, 2), true, TIERED,
		false, 1e-6),
	ROW("convnext_femto", "ConvNeXt-F", 4832016, L(48, 96, 192, 384), L(2, 2, 6, 2), true, PATCH, false, 1e-6),
	ROW("convnext_femto_ols", "ConvNeXt-F, overlapping stem", 4840752, L(48, 96, 192, 384), L(2, 2, 6, 2), true, TIERED,
		false, 1e-6),
	ROW("convnext_pico", "ConvNeXt-P", 8531648, L(64, 128, 256, 512), L(2, 2, 6, 2), true, PATCH, false, 1e-6),
	ROW("convnext_pico_ols", "ConvNeXt-P, overlapping stem", 8547904, L(64, 128, 256, 512), L(2, 2, 6, 2), true, TIERED,
		false, 1e-6),
	ROW("convnext_nano", "ConvNeXt-N", 14951280, L(80, 160, 320, 640), L(2, 2, 8, 2), true, PATCH, false, 1e-6),
	ROW("convnext_nano_ols", "ConvNeXt-N, overlapping stem", 15007280, L(80, 160, 320, 640), L(2, 2, 8, 2), true,
		OVERLAP, false, 1e-6),
	ROW("convnext_tiny_hnf", "ConvNeXt-T, its norm before the head", 27818592, L(96, 192, 384, 768), L(3, 3, 9, 3),
		true, PATCH, false, 1e-6),
	ROW("convnext_tiny", "ConvNeXt-T", 27818592, L(96, 192, 384, 768), L(3, 3, 9, 3), false, PATCH, false, 1e-6),
	ROW("convnext_small", "ConvNeXt-S", 49453152, L(96, 192, 384, 768), L(3, 3, 27, 3), false, PATCH, false, 1e-6),
	ROW("convnext_base", "ConvNeXt-B", 87564416, L(128, 256, 512, 1024), L(3, 3, 27, 3), false, PATCH, false, 1e-6),
	ROW("convnext_large", "ConvNeXt-L", 196227264, L(192, 384, 768, 1536), L(3, 3, 27, 3), false, PATCH, false, 1e-6),
	ROW("convnext_large_mlp", "ConvNeXt-L of CLIP", 196227264, L(192, 384, 768, 1536), L(3, 3, 27, 3), false, PATCH,
		false, 1e-6),
	ROW("convnext_xlarge", "ConvNeXt-XL", 348143872, L(256, 512, 1024, 2048), L(3, 3, 27, 3), false, PATCH, false,
		1e-6),
	ROW("convnext_xxlarge", "ConvNeXt-XXL", 843391872, L(384, 768, 1536, 3072), L(3, 4, 30, 3), false, PATCH, false,
		1e-5),
	ROW("convnextv2_atto", "ConvNeXt V2-A", 3386760, L(40, 80, 160, 320), L(2, 2, 6, 2), true, PATCH, true, 1e-6),
	ROW("convnextv2_femto", "ConvNeXt V2-F", 4847472, L(48, 96, 192, 384), L(2, 2, 6, 2), true, PATCH, true, 1e-6),
	ROW("convnextv2_pico", "ConvNeXt V2-P", 8552256, L(64, 128, 256, 512), L(2, 2, 6, 2), true, PATCH, true, 1e-6),
	ROW("convnextv2_nano", "ConvNeXt V2-N", 14981520, L(80, 160, 320, 640), L(2, 2, 8, 2), true, PATCH, true, 1e-6),
	ROW("convnextv2_tiny", "ConvNeXt V2-T", 27864960, L(96, 192, 384, 768), L(3, 3, 9, 3), false, PATCH, true, 1e-6),
	ROW("convnextv2_small", "ConvNeXt V2-S", 49547904, L(96, 192, 384, 768), L(3, 3, 27, 3), false, PATCH, true, 1e-6),
	ROW("convnextv2_base", "ConvNeXt V2-B", 87690752, L(128, 256, 512, 1024), L(3, 3, 27, 3), false, PATCH, true, 1e-6),
	ROW("convnextv2_large", "ConvNeXt V2-L", 196416768, L(192, 384, 768, 1536), L(3, 3, 27, 3), false, PATCH, true,
		1e-6),
	ROW("convnextv2_huge", "ConvNeXt V2-H", 657467008, L(352, 704, 1408, 2816), L(3, 3, 27, 3), false, PATCH, true,
		1e-6),
	{ 0 },
};
