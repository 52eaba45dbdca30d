/*
 * SegFormer's decoder (Xie and others 2021) as segmentation_models.pytorch builds it: each feature by a linear layer to
 * one width, all resized to 1/4 and joined. With encoders that have a feature at 1/2 that takes part, too.
 */
#include "nn/decoder.h"

typedef struct segformer {
	int channels, upsampling;
} segformer;

static const secant_opt rows[] = {
	SECANT_OPT(segformer, channels, INT, "decoder-segmentation-channels", "256", 1, 65535, "channels of the decoder"),
	SECANT_OPT(segformer, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges"),
	SECANT_OPT_END,
};
static const secant_opts options = { "segformer", sizeof(segformer), rows };

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	const segformer *o = b->options;
	static const secant_norm_choice batch = { SECANT_NORM_BATCH, 1e-5, 0.1, true };
	secant_value parts[SECANT_FEATURES];
	int count = 0;
	size_t mark = secant_nn_enter(n, "decoder"), stages = secant_nn_enter(n, "mlp_stage");
	for (int i = b->depth; i >= 1; i--) {
		if (!b->f[i].channels)
			continue;
		size_t inner = secant_nn_enter_index(n, count);
		secant_value x = secant_nn_linear(n, "linear", b->f[i].value, o->channels, SECANT_INIT_XAVIER_UNIFORM);
		parts[count++] = secant_nn_resize_like(n, x, b->f[2].value, SECANT_RESIZE_BILINEAR, false);
		secant_nn_leave(n, inner);
	}
	secant_nn_leave(n, stages);
	secant_value x = secant_nn_conv_relu(n, "fuse_stage", secant_nn_concat(n, count, parts), o->channels, 1, 0, &batch);
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = secant_nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

const secant_architecture secant_architecture_segformer = {
	.name = "segformer",
	.brief = "SegFormer: linear layers of all features, joined at 1/4",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
};
