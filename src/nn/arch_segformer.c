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
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const segformer *o = b->options;
	static const nn_norm_choice batch = { .kind = NN_NORM_BATCH, .eps = 1e-5, .momentum = 0.1, .affine = true };
	graph_value parts[NN_FEATURES];
	int count = 0;
	size_t mark = nn_enter(n, "decoder"), stages = nn_enter(n, "mlp_stage");
	for (int i = b->depth; i >= 1; i--) {
		if (!b->f[i].channels)
			continue;
		size_t inner = nn_enter_index(n, count);
		graph_value x = nn_linear(n, "linear", b->f[i].value, o->channels, GRAPH_INIT_XAVIER_UNIFORM);
		parts[count++] = nn_resize_like(n, x, b->f[2].value, OP_RESIZE_BILINEAR, false);
		nn_leave(n, inner);
	}
	nn_leave(n, stages);
	graph_value x = nn_conv_relu(n, "fuse_stage", nn_concat(n, count, parts), o->channels, 1, 0, &batch);
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_segmentation_head(n, x, b->classes, 1, o->upsampling, b->net->activation, err);
}

const nn_architecture nn_architecture_segformer = {
	.name = "segformer",
	.brief = "SegFormer: linear layers of all features, joined at 1/4",
	.options = &options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build,
};
