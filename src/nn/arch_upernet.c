/*
 * UPerNet (Xiao and others 2018) as segmentation_models.pytorch builds it: averages over bins on the deepest feature, a
 * pyramid above them, all levels fused at 1/4.
 */
#include "nn/decoder.h"

typedef struct upernet {
	char *use_norm;
	int channels, upsampling;
} upernet;

static const secant_opt rows[] = {
	SECANT_OPT(upernet, channels, INT, "decoder-channels", "256", 1, 65535, "channels of the decoder"),
	SECANT_OPT(upernet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT(upernet, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "upernet", sizeof(upernet), rows };

enum { MOST = NN_FEATURES };

static graph_value
like(nn_builder *n, graph_value x, graph_value as)
{
	return nn_resize_like(n, x, as, OP_RESIZE_BILINEAR, false);
}

static graph_value
bins(nn_builder *n, graph_value x, int width, const nn_norm_choice *norm)
{
	static const int sizes[] = { 1, 2, 3, 6 };
	static const nn_norm_choice batch = { .kind = NN_NORM_BATCH, .eps = 1e-5, .momentum = 0.1, .affine = true };
	graph_value parts[5] = { x };
	size_t mark = nn_enter(n, "psp");
	for (int i = 0; i < 4; i++) {
		size_t blocks = nn_enter(n, "blocks"), inner = nn_enter_index(n, i);
		parts[i + 1] = like(n, nn_conv_relu(n, "1", nn_bins(n, x, sizes[i]), width, 1, 0, norm), x);
		nn_leave(n, inner);
		nn_leave(n, blocks);
	}
	/* always batch norm, whatever decoder-use-norm says */
	x = nn_conv_relu(n, "out_conv", nn_concat(n, 5, parts), width, 3, 1, &batch);
	nn_leave(n, mark);
	return x;
}

/* Convolution k of a list of modules. */
static graph_value
conv_of(nn_builder *n, const char *list, const char *name, int k, graph_value x, int out, int kernel,
	const nn_norm_choice *norm)
{
	size_t mark = nn_enter(n, list), inner = nn_enter_index(n, k);
	x = nn_conv_relu(n, name, x, out, kernel, kernel / 2, norm);
	nn_leave(n, inner);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const upernet *o = b->options;
	nn_norm_choice norm;
	graph_value f[MOST], level[MOST];
	int count = b->depth - 1; /* features 2..depth */
	if (nn_norm_parse(&norm, o->use_norm, err))
		return;
	size_t mark = nn_enter(n, "decoder"), norms = nn_enter(n, "feature_norms");
	for (int i = 0; i < count; i++) {
		size_t inner = nn_enter_index(n, i);
		f[i] = nn_layer_norm(n, NULL, b->f[i + 2].value, 1e-6);
		nn_leave(n, inner);
	}
	nn_leave(n, norms);
	level[0] = bins(n, f[count - 1], o->channels, &norm);
	for (int i = 1; i < count; i++) {
		graph_value side = conv_of(
			n, "fpn_lateral_blocks", "conv_norm_relu", i - 1, f[count - 1 - i], o->channels, 1, &norm);
		level[i] = graph_apply(n->g, "add", NULL, 2, like(n, level[i - 1], side), side);
	}
	for (int i = 1; i < count; i++)
		level[i] = conv_of(n, "fpn_conv_blocks", NULL, i - 1, level[i], o->channels, 3, &norm);
	graph_value fused[MOST]; /* the largest first */
	for (int i = 0; i < count; i++)
		fused[count - 1 - i] = like(n, level[i], level[count - 1]);
	graph_value x = nn_conv_relu(n, "fusion_block", nn_concat(n, count, fused), o->channels, 3, 1, &norm);
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

const nn_architecture nn_architecture_upernet = {
	.name = "upernet",
	.brief = "UPerNet: averages over bins, and a pyramid fused at 1/4",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
};
