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
	SECANT_OPT(pspnet, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, SECANT_NORM_HELP),
	SECANT_OPT(pspnet, dropout, REAL, "psp-dropout", "0.2", 0, 0.99, "of whole channels, before the head"),
	SECANT_OPT(pspnet, upsampling, INT, "upsampling", "8", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "pspnet", sizeof(pspnet), rows };

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	static const int bins[] = { 1, 2, 3, 6 };
	static const secant_norm_choice none = { .kind = SECANT_NORM_NONE };
	const pspnet *o = b->options;
	secant_norm_choice norm;
	if (secant_norm_parse(&norm, o->use_norm, err))
		return;
	secant_value x = b->f[b->depth].value, parts[5];
	int c = secant_nn_channels(n, x);
	size_t mark = secant_nn_enter(n, "decoder"), blocks = secant_nn_enter(n, "psp.blocks");
	for (int i = 0; i < 4; i++) {
		size_t inner = secant_nn_enter_index(n, i);
		secant_value y = secant_nn_bins(n, x, bins[i]);
		y = secant_nn_conv_relu(n, "pool.1", y, c / 4, 1, 0, bins[i] == 1 ? &none : &norm);
		parts[i] = secant_nn_resize_like(n, y, x, SECANT_RESIZE_BILINEAR, true);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, blocks);
	parts[4] = x;
	x = secant_nn_conv_relu(n, "conv", secant_nn_concat(n, 5, parts), o->channels, 1, 0, &norm);
	secant_nn_leave(n, mark);
	out->decoder = x = secant_nn_dropout(n, x, o->dropout, true);
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 3, o->upsampling, b->net->activation, err);
}

const secant_architecture secant_architecture_pspnet = {
	.name = "pspnet",
	.brief = "PSPNet: averages over bins of several sizes",
	.options = &options,
	.default_depth = 3,
	.build = build,
};
