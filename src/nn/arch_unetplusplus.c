/*
 * U-Net++ (Zhou and others 2018) as segmentation_models.pytorch builds it. Block x_d_l joins what block x_d_(l-1)
 * gives, at twice its size, with all blocks x_i_l, d < i <= l, and feature l + 1 counted from the deepest; x_d_d begins
 * a row from features d and d + 1. A state_dict lists the blocks layer by layer, data meets them diagonal by diagonal.
 */
#include "nn/decoder.h"
#include <stdio.h>

typedef struct unetplusplus {
	char *use_norm;
	secant_ints channels;
	char *attention;
	int interpolation;
} unetplusplus;

static const secant_opt rows[] = {
	SECANT_OPT(unetplusplus, channels, INTS, "decoder-channels", NULL, 1, 65535,
		"channels of the decoder's blocks, deepest first; default 256,128,64,32,16"),
	SECANT_OPT(unetplusplus, attention, STR, "decoder-attention-type", NULL, 0, 0, "scse, or none when absent"),
	SECANT_OPT_CHOICE(
		unetplusplus, interpolation, "decoder-interpolation", "nearest", NN_INTERPOLATIONS, "how the decoder enlarges"),
	SECANT_OPT(unetplusplus, use_norm, JSON, "decoder-use-norm", "batchnorm", 0, 0, NN_NORM_HELP),
	SECANT_OPT_END,
};
static const secant_opts options = { "unetplusplus", sizeof(unetplusplus), rows };

enum { MOST = NN_FEATURES };
typedef struct plan {
	nn_unet_block block;
	int depth;
	int in[MOST], skip[MOST], out[MOST]; /* channels */
} plan;

/* Channels that block x_d_l reads, of x and of what is joined to it; what it gives. */
static void
widths(const plan *p, int d, int l, int *in, int *joined, int *out)
{
	bool last = l == p->depth - 1;
	*in = d && !last ? p->skip[l - 1] : p->in[l];
	*joined = last ? 0 : p->skip[l] * (l + 1 - d);
	*out = d && !last ? p->skip[l] : p->out[l];
}

static graph_value
block(nn_builder *n, const plan *p, int d, int l, graph_value x, graph_value skip)
{
	int in, joined, out;
	char name[16];
	widths(p, d, l, &in, &joined, &out);
	if (!out) /* nothing but a size: what an encoder without that stage leaves */
		return -1;
	(void)snprintf(name, sizeof name, "x_%d_%d", d, l);
	size_t mark = nn_enter(n, name);
	x = nn_add_unet_block(n, &p->block, x, skip, -1, out);
	nn_leave(n, mark);
	return x;
}

/* States in the order of a state_dict. */
static void
declare(nn_builder *n, const plan *p)
{
	for (int l = 0; l < p->depth; l++)
		for (int d = 0; d <= (l < p->depth - 1 ? l : 0); d++) {
			int in, joined, out;
			nn_phase phase;
			widths(p, d, l, &in, &joined, &out);
			graph_value x = nn_declare_begin(n, in, &phase);
			graph_value skip = joined
				? nn_enlarge(n, nn_declare_begin(n, joined, &(nn_phase){ 0 }), 2, OP_RESIZE_NEAREST, false)
				: -1;
			block(n, p, d, l, x, skip);
			nn_declare_end(n, phase);
		}
}

static graph_value
build_blocks(nn_builder *n, const plan *p, const nn_stage *f, graph_value head)
{
	graph_value x[MOST][MOST];
	int last = p->depth - 1;
	for (int from = 0; from < last; from++)
		for (int d = 0; d + from < last; d++) {
			int l = d + from, k = 0;
			graph_value join[MOST + 1];
			for (int i = d + 1; i <= l; i++)
				join[k++] = x[i][l];
			join[k++] = f[p->depth - 1 - l].value;
			graph_value before = from ? x[d][l - 1] : d ? f[p->depth - d].value : head;
			x[d][l] = block(n, p, d, l, before, nn_concat(n, k, join));
		}
	return block(n, p, 0, last, last ? x[0][last - 1] : head, -1);
}

static void
build(nn_builder *n, const nn_blueprint *b, nn_built *out, secant_err *err)
{
	const unetplusplus *o = b->options;
	plan p = { .block = { .mode = o->interpolation, .scse = o->attention != NULL }, .depth = b->depth };
	if (nn_norm_parse(&p.block.norm, o->use_norm, err) || nn_decoder_channels(p.out, &o->channels, b->depth, err))
		return;
	for (int i = 0; i < b->depth; i++) {
		p.in[i] = i ? p.out[i - 1] : b->f[b->depth].channels;
		p.skip[i] = i + 1 < b->depth ? b->f[b->depth - 1 - i].channels : 0;
	}
	size_t mark = nn_enter(n, "decoder");
	graph_value head = b->f[b->depth].value;
	if (b->encoder->facts & NN_ENCODER_CENTRE)
		head = nn_centre(n, head, &p.block.norm);
	size_t blocks = nn_enter(n, "blocks");
	declare(n, &p);
	out->decoder = build_blocks(n, &p, b->f, head);
	nn_leave(n, blocks);
	nn_leave(n, mark);
	out->logits = nn_segmentation_head(n, out->decoder, b->classes, 3, 1, b->net->activation, err);
}

static secant_status
check(const nn_blueprint *b, secant_err *err)
{
	const unetplusplus *o = b->options;
	int channels[NN_FEATURES];
	if (b->encoder->facts & NN_ENCODER_MIX)
		return secant_fail(err, SECANT_ERR_ARG, "UnetPlusPlus is not support encoder_name=%s", b->encoder->name);
	secant_status status = nn_decoder_channels(channels, &o->channels, b->depth, err);
	return status ? status : nn_check_attention(o->attention, channels, b->depth, err);
}

const nn_architecture nn_architecture_unetplusplus = {
	.name = "unetplusplus",
	.brief = "U-Net++: a grid of blocks between encoder and decoder",
	.options = &options,
	.default_depth = 5,
	.build = build,
	.check = check,
};
