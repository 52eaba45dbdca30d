/*
 * DPT (Ranftl, Bochkovskiy, Koltun 2021) as segmentation_models.pytorch builds it: maps of a plain vision transformer,
 * joined with its class token, brought to 1/4, 1/8, 1/16 and 1/32 and fused from the deepest on.
 */
#include "nn/decoder.h"
#include <stdio.h>

typedef struct dpt {
	int readout, fusion;
	bool dynamic;
	secant_ints between, taps;
} dpt;

enum { CAT, ADD, IGNORE };

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(dpt, readout, "decoder-readout", "cat", "cat|add|ignore", "what becomes of the class token"),
	SECANT_OPT(dpt, between, INTS, "decoder-intermediate-channels", "256,512,1024,1024", 1, 65535,
		"channels of the maps before they are fused, largest map first"),
	SECANT_OPT(dpt, fusion, INT, "decoder-fusion-channels", "256", 1, 65535, "channels of the decoder"),
	SECANT_OPT(dpt, taps, INTS, "encoder-output-indices", NULL, -1000, 999,
		"blocks of the encoder whose results are used, from 0 or, negative, from the end; default evenly spread"),
	SECANT_OPT(dpt, dynamic, BOOL, "dynamic-img-size", "false", 0, 1,
		"pictures of other sizes, too: positions are resampled for them"),
	SECANT_OPT_END,
};
static const secant_opts options = { "dpt", sizeof(dpt), rows };

static nn_conv_spec
conv(int out, int kernel, int stride, bool bias)
{
	return (nn_conv_spec){ .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.bias = bias,
		.init = GRAPH_INIT_KAIMING_UNIFORM };
}

/* The map with what the tokens say: the first of them joined, or their mean added; where there are none, cat is a layer
 * on the map alone. */
static graph_value
read_out(nn_builder *n, const dpt *o, const nn_stage *f)
{
	graph_value x = f->value;
	op_axes_attr tokens = { { 1, { 1 } }, true };
	op_slice_attr first = { .start = { 4, { 0, 0, 0, 0 } }, .stop = { 4, { -1, 1, -1, -1 } } };
	if (o->readout == IGNORE || (o->readout == ADD && f->prefix < 0))
		return x;
	if (o->readout == ADD)
		return graph_apply(n->g, "add", NULL, 2, x, graph_apply(n->g, "mean", &tokens, 1, f->prefix));
	if (f->prefix >= 0) {
		graph_value none = graph_apply(n->g, "mul_scalar", &(op_number_attr){ 0, 0 }, 1, x);
		graph_value token = graph_apply(n->g, "slice", &first, 1, f->prefix);
		x = nn_concat(n, 2, (graph_value[]){ x, graph_apply(n->g, "add", NULL, 2, none, token) });
	}
	return graph_apply(n->g, "gelu", NULL, 1, nn_linear(n, "project.0", x, f->channels, GRAPH_INIT_XAVIER_UNIFORM));
}

/* Map k to stride 2^(k + 2). */
static graph_value
reassemble(nn_builder *n, const dpt *o, int k, graph_value x, int stride)
{
	int width = o->between.v[k], wanted = 4 << k;
	nn_conv_spec first = conv(width, 1, 1, true), down = conv(width, 3, wanted / stride, true),
				 last = conv(o->fusion, 3, 1, false);
	x = nn_conv(n, "project_to_out_channel", x, &first);
	if (stride > wanted)
		x = nn_conv_transpose(n, "upsample", x, width, stride / wanted, stride / wanted, 0);
	else if (stride < wanted)
		x = nn_conv(n, "upsample", x, &down);
	return nn_conv(n, "project_to_feature_dim", x, &last);
}

static graph_value
unit(nn_builder *n, const char *name, graph_value x)
{
	nn_conv_spec c = conv(nn_channels(n, x), 3, 1, false);
	size_t mark = nn_enter(n, name);
	graph_value y = nn_conv(n, "conv_1", nn_relu(n, x), &c);
	y = nn_relu(n, nn_batch_norm(n, "batch_norm_1", y, 1e-5, 0.1));
	y = nn_batch_norm(n, "batch_norm_2", nn_conv(n, "conv_2", y, &c), 1e-5, 0.1);
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, y, x);
}

static graph_value
fuse(nn_builder *n, graph_value x, graph_value before)
{
	nn_conv_spec c = conv(nn_channels(n, x), 1, 1, true);
	x = unit(n, "residual_conv_block1", x);
	if (before >= 0)
		x = graph_apply(n->g, "add", NULL, 2, x, before);
	x = nn_enlarge(n, unit(n, "residual_conv_block2", x), 2, OP_RESIZE_BILINEAR, true);
	return nn_conv(n, "project", x, &c);
}

static graph_value
head(nn_builder *n, graph_value x, const nn_blueprint *b, secant_err *err)
{
	nn_conv_spec first = conv(nn_channels(n, x), 3, 1, false), last = conv(b->classes, 1, 1, true);
	first.init = last.init = GRAPH_INIT_XAVIER_UNIFORM;
	size_t mark = nn_enter(n, "segmentation_head.head");
	x = nn_conv_bn_relu(n, "0", "1", x, &first);
	x = nn_conv(n, "4", nn_dropout(n, x, 0.1, false), &last);
	nn_leave(n, mark);
	return nn_activation(n, nn_enlarge(n, x, 2, OP_RESIZE_BILINEAR, true), b->net->activation, err);
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	static const char *const parts[] = { "projection_blocks", "reassemble_blocks", "fusion_blocks" };
	const dpt *o = b->options;
	graph_value map[NN_FEATURES], x = -1;
	size_t mark = nn_enter(n, "decoder");
	for (int part = 0; part < 3; part++) {
		size_t list = nn_enter(n, parts[part]);
		for (int k = 0; k < b->depth; k++) {
			size_t inner = nn_enter_index(n, k);
			const nn_stage *f = &b->f[k + 1];
			if (part == 0)
				map[k] = read_out(n, o, f);
			else if (part == 1)
				map[k] = reassemble(n, o, k, map[k], f->stride);
			else
				x = fuse(n, map[b->depth - 1 - k], x);
			nn_leave(n, inner);
		}
		nn_leave(n, list);
	}
	nn_leave(n, mark);
	out->decoder = x;
	out->logits = head(n, x, b, err);
}

static void
request(const void *own, nn_request *q)
{
	q->taps = ((const dpt *)own)->taps;
	q->dynamic = ((const dpt *)own)->dynamic;
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	const dpt *o = b->options;
	if (o->between.n != b->depth)
		return secant_fail(
			err, SECANT_ERR_ARG, "decoder-intermediate-channels: %d numbers for a depth of %d", o->between.n, b->depth);
	if (o->taps.n && o->taps.n != b->depth)
		return secant_fail(err, SECANT_ERR_ARG,
			"Length of output indices for feature extraction should be equal to the depth of the encoder architecture, "
			"got output indices length - %d, encoder depth - %d",
			o->taps.n, b->depth);
	return SECANT_OK;
}

const nn_architecture nn_architecture_dpt = {
	.name = "dpt",
	.brief = "DPT: maps of a vision transformer, fused from the deepest on",
	.options = &options,
	.default_depth = 4,
	.build = build,
	.check = check,
	.request = request,
	.tokens = true,
};
