/*
 * PSPNet (Zhao and others 2017) as segmentation_models.pytorch builds it: the feature at 1/8 (by default) beside its
 * averages over 1, 4, 9 and 36 bins, brought to its size. The single bin has no norm: in training one value has no
 * variance.
 */
#include "nn/decoder.h"

typedef struct pspnet {
	char *use_norm;
	int channels, upsampling;
	double dropout;
} pspnet;

static const secant_opt rows[] = {
	SECANT_OPT(pspnet, channels, INT, "psp-out-channels", "512", 1, 65535, "channels of the decoder's result"),
	SECANT_OPT(pspnet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT(pspnet, dropout, REAL, "psp-dropout", "0.2", 0, 0.99, "of whole channels, before the head"),
	SECANT_OPT(pspnet, upsampling, INT, "upsampling", "8", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pspnet", sizeof(pspnet), rows };

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const int bins[] = { 1, 2, 3, 6 };
	static const nn_norm_choice none = { .kind = NN_NORM_NONE };
	const pspnet *o = b->options;
	nn_norm_choice norm;
	if (nn_norm_parse(&norm, o->use_norm, err))
		return;
	graph_value x = b->f[b->depth].value, parts[5];
	int c = nn_channels(n, x);
	size_t mark = nn_enter(n, "decoder"), blocks = nn_enter(n, "psp.blocks");
	for (int i = 0; i < 4; i++) {
		size_t inner = nn_enter_index(n, i);
		graph_value y = nn_bins(n, x, bins[i]);
		y = nn_conv_relu(n, "pool.1", y, c / 4, 1, 0, bins[i] == 1 ? &none : &norm);
		parts[i] = nn_resize_like(n, y, x, OP_RESIZE_BILINEAR, true);
		nn_leave(n, inner);
	}
	nn_leave(n, blocks);
	parts[4] = x;
	x = nn_conv_relu(n, "conv", nn_concat(n, 5, parts), o->channels, 1, 0, &norm);
	nn_leave(n, mark);
	out->decoder = x = nn_dropout(n, x, o->dropout, true);
	out->logits = nn_segmentation_head(n, x, b->classes, 3, o->upsampling, b->net->activation, err);
}

const nn_architecture nn_architecture_pspnet = {
	.name = "pspnet",
	.brief = "PSPNet: averages over bins of several sizes",
	.options = &options,
	.default_depth = 3,
	.build = build,
};
