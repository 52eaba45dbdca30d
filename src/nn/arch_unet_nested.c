/*
 * unet_nested and unet_simple of MindSpore's model zoo (official/cv/Unet): UNet++ (Zhou and others 2018) and the plain
 * U-Net, of the same blocks. x[i][j] is column j at scale i; x[i][0] is the encoder's.
 *
 *     nested   x[i][j] = up_concat{i}{j}(x[i+1][j-1], x[i][0], .., x[i][j-1]);   heads final1..4 on x[0][1..4]
 *     simple   up = up_concat{i}(up, x[i]) from the deepest on;                  head final
 *
 * A block is two 3x3 convolutions without bias, each followed by relu; a norm stands between them in the encoder alone
 * (the zoo's decoder is always without). Its deep supervision is the plain sum of the losses of four heads; what is
 * predicted is the last one's.
 */
#include "nn/mindspore.h"
#include <stdio.h>

typedef struct zoo_unet {
	int scale;
	bool deconv, norm, supervision;
} zoo_unet;

enum { SCALES = 5, LAST = SCALES - 1 };

static const secant_opt nested_rows[] = {
	SECANT_OPT(zoo_unet, scale, INT, "feature-scale", "2", 1, 64, "divides the channels 64, 128, 256, 512, 1024"),
	SECANT_OPT(zoo_unet, norm, BOOL, "use-bn", "true", 0, 1, "batch norms in the encoder"),
	SECANT_OPT(zoo_unet, deconv, BOOL, "use-deconv", "true", 0, 1,
		"enlarges by transposed convolutions; else bilinearly, with 1x1 convolutions"),
	SECANT_OPT(zoo_unet, supervision, BOOL, "use-ds", "true", 0, 1,
		"deep supervision: in training all four heads are judged, each with weight 1"),
	SECANT_OPT_END,
};
static const secant_opts nested_options = { "unet_nested", sizeof(zoo_unet), nested_rows };
static const secant_opt simple_rows[] = {
	SECANT_OPT(zoo_unet, scale, INT, "feature-scale", "2", 1, 64, "divides the channels 64, 128, 256, 512, 1024"),
	SECANT_OPT_END,
};
static const secant_opts simple_options = { "unet_simple", sizeof(zoo_unet), simple_rows };

static nn_ms_conv_spec
conv_of(int out, int kernel)
{
	return (nn_ms_conv_spec){ .out = out, .kernel = kernel, .same = true, .init = GRAPH_INIT_NORMAL_001 };
}

/* UnetConv2d: keys convs.0 and convs.1, each .0 the convolution and .1 the norm. */
static graph_value
block(nn_builder *n, graph_value x, int out, bool norm)
{
	nn_ms_conv_spec c = conv_of(out, 3);
	for (int i = 0; i < 2; i++) {
		size_t mark = nn_enter(n, i ? "convs.1" : "convs.0");
		x = nn_ms_conv(n, "0", x, &c);
		x = nn_relu(n, norm ? nn_ms_batch_norm(n, "1", x) : x);
		nn_leave(n, mark);
	}
	return x;
}

/* UnetUp: `up` enlarged, then the others behind it; MindSpore lists conv before up_conv. */
static graph_value
join(nn_builder *n, const zoo_unet *o, const char *name, graph_value up, int others, const graph_value *other)
{
	int out = nn_channels(n, other[0]);
	nn_ms_conv_spec first = conv_of(out, 3), narrow = conv_of(out, 1);
	graph_value v[SCALES + 1];
	size_t mark = nn_enter(n, name);
	nn_ms_conv_states(n, "conv.convs.0.0", out * (others + 1), &first);
	nn_ms_conv_states(n, "conv.convs.1.0", out, &first);
	if (o->deconv) {
		v[0] = nn_ms_double(n, "up_conv", up, out);
	} else {
		op_resize_attr twice = { .mode = OP_RESIZE_BILINEAR, .from_corner = true, .scale_h = .5, .scale_w = .5 };
		v[0] = nn_ms_conv(n, "up_conv", graph_apply(n->g, "resize", &twice, 1, up), &narrow);
	}
	for (int i = 0; i < others; i++)
		v[i + 1] = other[i];
	size_t conv = nn_enter(n, "conv");
	graph_value x = block(n, nn_concat(n, others + 1, v), out, false);
	nn_leave(n, conv);
	nn_leave(n, mark);
	return x;
}

static void
encode(nn_builder *n, const nn_blueprint *b, const char *key, bool norm, graph_value x[SCALES])
{
	const zoo_unet *o = b->options;
	for (int i = 0; i < SCALES; i++) {
		char name[40];
		(void)snprintf(name, sizeof name, key, i);
		size_t mark = nn_enter(n, name);
		x[i] = block(n, i ? nn_ms_halve(n, x[i - 1]) : b->picture, (64 << i) / o->scale, norm);
		nn_leave(n, mark);
	}
}

/* Heads that nobody judges have gradients of zero in MindSpore, not none, so that weight decay draws them to zero. */
static graph_value
nothing_of(nn_builder *n, graph_value sum, const char *head)
{
	char key[64];
	(void)snprintf(key, sizeof key, "%s.weight", head);
	graph_value w = graph_find(n->g, key);
	graph_value none = graph_apply(n->g, "mul_scalar", &(op_number_attr){ 0, 0 }, 1,
		graph_apply(n->g, "sum", &(op_axes_attr){ { 4, { 0, 1, 2, 3 } }, false }, 1, w));
	return sum < 0 ? none : graph_apply(n->g, "add", NULL, 2, sum, none);
}

static void
build_nested(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const zoo_unet *o = b->options;
	graph_value x[SCALES][SCALES], first[SCALES];
	nn_ms_conv_spec head = conv_of(b->classes, 1);
	encode(n, b, "conv%d0", o->norm, first);
	for (int i = 0; i < SCALES; i++)
		x[i][0] = first[i];
	for (int j = 1; j < SCALES; j++)
		for (int i = 0; i + j < SCALES; i++) {
			char name[40];
			(void)snprintf(name, sizeof name, "up_concat%d%d", i, j);
			x[i][j] = join(n, o, name, x[i + 1][j - 1], j, x[i]);
		}
	for (int j = 1; j < LAST; j++) {
		char name[40];
		(void)snprintf(name, sizeof name, "final%d", j);
		graph_value y = nn_ms_conv(n, name, x[0][j], &head);
		if (o->supervision)
			out->head[out->heads++] = nn_activation(n, y, b->net->activation, err);
		else if (n->phase == NN_PHASE_TRAIN || n->phase == NN_PHASE_TRAIN_SURE)
			out->penalty = nothing_of(n, out->penalty, name);
	}
	out->decoder = x[0][LAST];
	out->logits = nn_activation(n, nn_ms_conv(n, "final4", out->decoder, &head), b->net->activation, err);
}

static void
build_simple(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	zoo_unet o = { .scale = ((const zoo_unet *)b->options)->scale, .deconv = true };
	graph_value x[SCALES], up[SCALES];
	nn_ms_conv_spec head = conv_of(b->classes, 1);
	encode(n, b, "conv%d", true, x);
	/* data meets up_concat4 first, MindSpore lists 1 first */
	for (int i = 0; i < LAST; i++) {
		char name[40];
		nn_phase phase;
		(void)snprintf(name, sizeof name, "up_concat%d", i + 1);
		graph_value deep = nn_declare_begin(n, nn_channels(n, x[i + 1]), &phase);
		graph_value like = nn_declare_begin(n, nn_channels(n, x[i]), &(nn_phase){ 0 });
		like = graph_apply(
			n->g, "resize", &(op_resize_attr){ .mode = OP_RESIZE_NEAREST, .scale_h = .5, .scale_w = .5 }, 1, like);
		join(n, &o, name, deep, 1, &like);
		nn_declare_end(n, phase);
	}
	up[LAST] = x[LAST];
	for (int i = LAST - 1; i >= 0; i--) {
		char name[40];
		(void)snprintf(name, sizeof name, "up_concat%d", i + 1);
		up[i] = join(n, &o, name, up[i + 1], 1, &x[i]);
	}
	out->decoder = up[0];
	out->logits = nn_activation(n, nn_ms_conv(n, "final", up[0], &head), b->net->activation, err);
}

const nn_architecture nn_architecture_unet_nested = {
	.name = "unet_nested",
	.brief = "MindSpore's UNet++: a grid of blocks, with deep supervision",
	.options = &nested_options,
	.default_depth = LAST,
	.build = build_nested,
	.whole = true,
};
const nn_architecture nn_architecture_unet_simple = {
	.name = "unet_simple",
	.brief = "MindSpore's plain U-Net",
	.options = &simple_options,
	.default_depth = LAST,
	.build = build_simple,
	.whole = true,
};
