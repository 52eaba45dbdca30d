/*
 * DeepLabV3 (Chen, Papandreou, Schroff, Adam 2017) and DeepLabV3+ (Chen and others 2018) as segmentation_models.pytorch
 * builds them: convolutions of several dilations side by side (ASPP) on a dilated encoder's deepest feature; V3+ joins
 * the feature at 1/4. Both start as PyTorch does.
 */
#include "nn/decoder.h"

typedef struct deeplab {
	int stride, channels, upsampling;
	secant_ints rates;
	bool separable;
	double dropout;
} deeplab;

#define ROWS(stride_default, separable_default, upsampling_row) \
	SECANT_OPT(deeplab, stride, INT, "encoder-output-stride", stride_default, 8, 32, "8 or 16"), \
		SECANT_OPT(deeplab, channels, INT, "decoder-channels", "256", 1, 65535, "channels of the decoder"), \
		SECANT_OPT(deeplab, rates, INTS, "decoder-atrous-rates", "12,24,36", 1, 1024, "the three dilations"), \
		SECANT_OPT(deeplab, separable, BOOL, "decoder-aspp-separable", separable_default, 0, 1, \
			"dilated convolutions by channel, then 1x1"), \
		SECANT_OPT(deeplab, dropout, REAL, "decoder-aspp-dropout", "0.5", 0, 0.99, "behind the joined dilations"), \
		upsampling_row, SECANT_OPT_END

static const secant_opt rows[] = { ROWS("8", "false",
	SECANT_OPT(
		deeplab, upsampling, INT, "upsampling", "0", 0, 64, "how much the head enlarges; 0: to the picture's size")) };
static const secant_opts options = { "deeplabv3", sizeof(deeplab), rows };
static const secant_opt plus_rows[] = { ROWS(
	"16", "true", SECANT_OPT(deeplab, upsampling, INT, "upsampling", "4", 1, 64, "how much the head enlarges")) };
static const secant_opts plus_options = { "deeplabv3plus", sizeof(deeplab), plus_rows };

/* 3x3 by channel, then 1x1, nothing between; keys NAME.0, NAME.1. */
static graph_value
separable(nn_builder *n, const char *name, graph_value x, int out, int rate)
{
	size_t mark = nn_enter(n, name);
	int c = nn_channels(n, x);
	x = nn_conv(n, "0", x, &(nn_conv_spec){ .out = c, .kernel = 3, .padding = rate, .dilation = rate, .groups = c });
	x = nn_conv(n, "1", x, &(nn_conv_spec){ .out = out, .kernel = 1 });
	nn_leave(n, mark);
	return x;
}

static graph_value
bn_relu(nn_builder *n, const char *name, graph_value x)
{
	return nn_relu(n, nn_batch_norm(n, name, x, 1e-5, 0.1));
}

static graph_value
aspp(nn_builder *n, const char *name, const deeplab *o, graph_value x)
{
	graph_value parts[5];
	const nn_conv_spec one = { .out = o->channels, .kernel = 1 };
	size_t mark = nn_enter(n, name);
	parts[0] = nn_conv_bn_relu(n, "convs.0.0", "convs.0.1", x, &one);
	for (int i = 0; i < 3; i++) {
		int rate = o->rates.v[i];
		size_t inner = nn_enter(n, "convs"), branch = nn_enter_index(n, i + 1);
		nn_conv_spec dilated = { .out = o->channels, .kernel = 3, .padding = rate, .dilation = rate };
		parts[i + 1] = o->separable ? bn_relu(n, "1", separable(n, "0", x, o->channels, rate))
									: nn_conv_bn_relu(n, "0", "1", x, &dilated);
		nn_leave(n, branch);
		nn_leave(n, inner);
	}
	graph_value whole = nn_conv_bn_relu(n, "convs.4.1", "convs.4.2", nn_global_pool(n, x, false), &one);
	parts[4] = nn_resize_like(n, whole, x, OP_RESIZE_BILINEAR, false);
	x = nn_conv_bn_relu(n, "project.0", "project.1", nn_concat(n, 5, parts), &one);
	nn_leave(n, mark);
	return nn_dropout(n, x, o->dropout, false);
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const deeplab *o = b->options;
	size_t mark = nn_enter(n, "decoder");
	graph_value x = aspp(n, "aspp", o, b->f[b->depth].value);
	x = nn_conv_bn_relu(n, "conv", "bn", x, &(nn_conv_spec){ .out = o->channels, .kernel = 3, .padding = 1 });
	nn_leave(n, mark);
	int factor = o->upsampling ? o->upsampling : b->depth <= 3 ? 1 << b->depth : o->stride;
	out->decoder = x;
	out->logits = nn_head_from(n, x, b->classes, 1, factor, GRAPH_INIT_DEFAULT, b->net->activation, err);
}

static void
build_plus(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const deeplab *o = b->options;
	const int near = 48; /* channels of the feature at 1/4, the paper's */
	size_t mark = nn_enter(n, "decoder");
	graph_value x = aspp(n, "aspp.0", o, b->f[b->depth].value);
	x = bn_relu(n, "aspp.2", separable(n, "aspp.1", x, o->channels, 1));
	x = nn_enlarge(n, x, o->stride == 16 && b->depth > 3 ? 4 : 2, OP_RESIZE_BILINEAR, true);
	graph_value high = nn_conv_bn_relu(
		n, "block1.0", "block1.1", b->f[2].value, &(nn_conv_spec){ .out = near, .kernel = 1 });
	x = nn_concat(n, 2, (graph_value[]){ x, high });
	x = bn_relu(n, "block2.1", separable(n, "block2.0", x, o->channels, 1));
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = nn_head_from(n, x, b->classes, 1, o->upsampling, GRAPH_INIT_DEFAULT, b->net->activation, err);
}

static int
stride(const void *own)
{
	return ((const deeplab *)own)->stride;
}

static secant_status
check_as(const nn_blueprint *b, const char *name, secant_err *err)
{
	const deeplab *o = b->options;
	if (o->stride != 8 && o->stride != 16)
		return secant_fail(err, SECANT_ERR_ARG, "%s support output stride 8 or 16, got %d.", name, o->stride);
	if (o->rates.n != 3)
		return secant_fail(err, SECANT_ERR_ARG, "decoder-atrous-rates: %d numbers, want 3", o->rates.n);
	return SECANT_OK;
}
static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	return check_as(b, "DeeplabV3", err);
}
static secant_status
check_plus(const nn_blueprint *b, secant_err *err)
{
	return check_as(b, "DeeplabV3Plus", err);
}

const nn_architecture nn_architecture_deeplabv3 = {
	.name = "deeplabv3",
	.brief = "DeepLabV3: dilations side by side",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
	.output_stride = stride,
};
const nn_architecture nn_architecture_deeplabv3plus = {
	.name = "deeplabv3plus",
	.brief = "DeepLabV3+: dilations side by side, joined with a feature at 1/4",
	.options = &plus_options,
	.default_depth = 5,
	.least_depth = 3,
	.build = build_plus,
	.check = check_plus,
	.output_stride = stride,
};
