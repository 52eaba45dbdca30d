/*
 * DPT (Ranftl, Bochkovskiy, Koltun 2021) as segmentation_models.pytorch builds it: maps of a plain vision transformer,
 * joined with its class token, brought to 1/4, 1/8, 1/16 and 1/32 and fused from the deepest on.
 */
#include "nn/decoder.h"
#include <stdio.h>

typedef struct dpt {
	int readout, fusion, size;
	bool dynamic;
	secant_ints between;
} dpt;

enum { CAT, ADD, IGNORE };

static const secant_opt rows[] = {
	SECANT_OPT_CHOICE(dpt, readout, "decoder-readout", "cat", "cat|add|ignore", "what becomes of the class token"),
	SECANT_OPT(dpt, between, INTS, "decoder-intermediate-channels", "256,512,1024,1024", 1, 65535,
		"channels of the maps before they are fused, largest map first"),
	SECANT_OPT(dpt, fusion, INT, "decoder-fusion-channels", "256", 1, 65535, "channels of the decoder"),
	SECANT_OPT(dpt, size, INT, "img-size", "224", 16, 4096,
		"height and width of the pictures, a multiple of 16: the encoder's table of positions is made for it"),
	SECANT_OPT(dpt, dynamic, BOOL, "dynamic-img-size", "false", 0, 1, "other sizes by interpolated positions: not yet"),
	SECANT_OPT_END,
};
static const secant_opts options = { "dpt", sizeof(dpt), rows };

static secant_conv_spec
conv(int out, int kernel, int stride, bool bias)
{
	return (secant_conv_spec){ .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.bias = bias,
		.init = SECANT_INIT_KAIMING_UNIFORM };
}

/* The map with what the class token says. */
static secant_value
read_out(secant_nn *n, const dpt *o, const secant_stage *f)
{
	secant_value x = f->value;
	if (o->readout == IGNORE)
		return x;
	if (o->readout == ADD)
		return secant_apply(n->g, "add", NULL, 2, x, f->prefix);
	secant_value none = secant_apply(n->g, "mul_scalar", &(secant_number_attr){ 0, 0 }, 1, x);
	secant_value token = secant_apply(n->g, "add", NULL, 2, none, f->prefix);
	x = secant_nn_concat(n, 2, (secant_value[]){ x, token });
	return secant_apply(
		n->g, "gelu", NULL, 1, secant_nn_linear(n, "project.0", x, f->channels, SECANT_INIT_XAVIER_UNIFORM));
}

/* Map k to stride 2^(k + 2). */
static secant_value
reassemble(secant_nn *n, const dpt *o, int k, secant_value x, int stride)
{
	int width = o->between.v[k], wanted = 4 << k;
	secant_conv_spec first = conv(width, 1, 1, true), down = conv(width, 3, wanted / stride, true),
					 last = conv(o->fusion, 3, 1, false);
	x = secant_nn_conv(n, "project_to_out_channel", x, &first);
	if (stride > wanted)
		x = secant_nn_conv_transpose(n, "upsample", x, width, stride / wanted, stride / wanted, 0);
	else if (stride < wanted)
		x = secant_nn_conv(n, "upsample", x, &down);
	return secant_nn_conv(n, "project_to_feature_dim", x, &last);
}

static secant_value
unit(secant_nn *n, const char *name, secant_value x)
{
	secant_conv_spec c = conv(secant_nn_channels(n, x), 3, 1, false);
	size_t mark = secant_nn_enter(n, name);
	secant_value y = secant_nn_conv(n, "conv_1", secant_nn_relu(n, x), &c);
	y = secant_nn_relu(n, secant_nn_batch_norm(n, "batch_norm_1", y, 1e-5, 0.1));
	y = secant_nn_batch_norm(n, "batch_norm_2", secant_nn_conv(n, "conv_2", y, &c), 1e-5, 0.1);
	secant_nn_leave(n, mark);
	return secant_apply(n->g, "add", NULL, 2, y, x);
}

static secant_value
fuse(secant_nn *n, secant_value x, secant_value before)
{
	secant_conv_spec c = conv(secant_nn_channels(n, x), 1, 1, true);
	x = unit(n, "residual_conv_block1", x);
	if (before >= 0)
		x = secant_apply(n->g, "add", NULL, 2, x, before);
	x = secant_nn_enlarge(n, unit(n, "residual_conv_block2", x), 2, SECANT_RESIZE_BILINEAR, true);
	return secant_nn_conv(n, "project", x, &c);
}

static secant_value
head(secant_nn *n, secant_value x, const secant_blueprint *b, secant_err *err)
{
	secant_conv_spec first = conv(secant_nn_channels(n, x), 3, 1, false), last = conv(b->classes, 1, 1, true);
	first.init = last.init = SECANT_INIT_XAVIER_UNIFORM;
	size_t mark = secant_nn_enter(n, "segmentation_head.head");
	x = secant_nn_conv_bn_relu(n, "0", "1", x, &first);
	x = secant_nn_conv(n, "4", secant_nn_dropout(n, x, 0.1, false), &last);
	secant_nn_leave(n, mark);
	return secant_nn_activation(n, secant_nn_enlarge(n, x, 2, SECANT_RESIZE_BILINEAR, true), b->net->activation, err);
}

static void
build(secant_nn *n, const secant_blueprint *b, secant_built *out, secant_err *err)
{
	static const char *const parts[] = { "projection_blocks", "reassemble_blocks", "fusion_blocks" };
	const dpt *o = b->options;
	secant_value map[SECANT_FEATURES], x = -1;
	size_t mark = secant_nn_enter(n, "decoder");
	for (int part = 0; part < 3; part++) {
		size_t list = secant_nn_enter(n, parts[part]);
		for (int k = 0; k < b->depth; k++) {
			size_t inner = secant_nn_enter_index(n, k);
			const secant_stage *f = &b->f[k + 1];
			if (part == 0)
				map[k] = read_out(n, o, f);
			else if (part == 1)
				map[k] = reassemble(n, o, k, map[k], f->stride);
			else
				x = fuse(n, map[b->depth - 1 - k], x);
			secant_nn_leave(n, inner);
		}
		secant_nn_leave(n, list);
	}
	secant_nn_leave(n, mark);
	out->decoder = x;
	out->logits = head(n, x, b, err);
}

static void
request(const void *own, secant_request *q)
{
	q->size = ((const dpt *)own)->size;
}

static secant_status
check(const secant_blueprint *b, secant_err *err)
{
	const dpt *o = b->options;
	if (o->between.n != b->depth)
		return secant_fail(
			err, SECANT_ERR_ARG, "decoder-intermediate-channels: %d numbers for a depth of %d", o->between.n, b->depth);
	if (o->size % 16)
		return secant_fail(err, SECANT_ERR_ARG, "img-size: %d is no multiple of 16", o->size);
	return o->dynamic ? secant_fail(
			   err, SECANT_ERR_UNSUPPORTED, "dynamic-img-size: positions are not interpolated yet; say --img-size")
					  : SECANT_OK;
}

const secant_architecture secant_architecture_dpt = {
	.name = "dpt",
	.brief = "DPT: maps of a vision transformer, fused from the deepest on",
	.options = &options,
	.default_depth = 4,
	.build = build,
	.check = check,
	.request = request,
	.tokens = true,
};
