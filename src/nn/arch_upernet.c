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
	SECANT_OPT(upernet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT(upernet, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "upernet", sizeof(upernet), rows };

enum { MOST = SECANT_FEATURES };

static secant_value
like(secant_nn *n, secant_value x, secant_value as)
{
	return secant_nn_resize_like(n, x, as, SECANT_RESIZE_BILINEAR, false);
}

static secant_value
bins(secant_nn *n, secant_value x, int width, const secant_norm_choice *norm)
{
	static const int sizes[] = { 1, 2, 3, 6 };
	static const secant_norm_choice batch = { SECANT_NORM_BATCH, 1e-5, 0.1, true };
	secant_value parts[5] = { x };
	size_t mark = secant_nn_enter(n, "psp");
	for (int i = 0; i < 4; i++) {
		size_t blocks = secant_nn_enter(n, "blocks"), inner = secant_nn_enter_index(n, i);
		parts[i + 1] = like(n, secant_nn_conv_relu(n, "1", secant_nn_bins(n, x, sizes[i]), width, 1, 0, norm), x);
		secant_nn_leave(n, inner);
		secant_nn_leave(n, blocks);
	}
	/* always batch norm, whatever decoder-use-norm says */
	x = secant_nn_conv_relu(n, "out_conv", secant_nn_concat(n, 5, parts), width, 3, 1, &batch);
	secant_nn_leave(n, mark);
	return x;
}

/* Convolution k of a list of modules. */
static secant_value
conv_of(secant_nn *n, const char *list, const char *name, int k, secant_value x, int out, int kernel,
	const secant_norm_choice *norm)
{
	size_t mark = secant_nn_enter(n, list), inner = secant_nn_enter_index(n, k);
	x = secant_nn_conv_relu(n, name, x, out, kernel, kernel / 2, norm);
	secant_nn_leave(n, inner);
	secant_nn_leave(n, mark);
	return x;
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	const upernet *o = b->options;
	secant_norm_choice norm;
	secant_value f[MOST], level[MOST];
	int count = b->depth - 1; /* features 2..depth */
	if (secant_norm_parse(&norm, o->use_norm, err))
		return;
	size_t mark = secant_nn_enter(n, "decoder"), norms = secant_nn_enter(n, "feature_norms");
	for (int i = 0; i < count; i++) {
		size_t inner = secant_nn_enter_index(n, i);
		f[i] = secant_nn_layer_norm(n, NULL, b->f[i + 2].value, 1e-6);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, norms);
	level[0] = bins(n, f[count - 1], o->channels, &norm);
	for (int i = 1; i < count; i++) {
		secant_value side = conv_of(
			n, "fpn_lateral_blocks", "conv_norm_relu", i - 1, f[count - 1 - i], o->channels, 1, &norm);
		level[i] = secant_apply(n->g, "add", NULL, 2, like(n, level[i - 1], side), side);
	}
	for (int i = 1; i < count; i++)
		level[i] = conv_of(n, "fpn_conv_blocks", NULL, i - 1, level[i], o->channels, 3, &norm);
	secant_value fused[MOST]; /* the largest first */
	for (int i = 0; i < count; i++)
		fused[count - 1 - i] = like(n, level[i], level[count - 1]);
	secant_value x = secant_nn_conv_relu(
		n, "fusion_block", secant_nn_concat(n, count, fused), o->channels, 3, 1, &norm);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

const secant_architecture secant_architecture_upernet = {
	.name = "upernet",
	.brief = "UPerNet: averages over bins, and a pyramid fused at 1/4",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
};
