/*
 * Networks of inverted residual blocks (mobile.h).
 */
#include "nn/mobile.h"
#include <math.h>

typedef struct maker {
	nn_builder *n;
	const nn_mobile *m;
	int rate; /* dilation of convolutions with a kernel, where timm sets it */
} maker;

static graph_value
norm(const maker *k, const char *name, graph_value x, const char *act)
{
	return nn_act(k->n, act, nn_batch_norm(k->n, name, x, k->m->eps, 0.1));
}

static graph_value
conv(const maker *k, const char *name, graph_value x, int out, int kernel, int stride, bool by_channel)
{
	int rate = kernel > 1 ? k->rate : 1;
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2 * rate,
		.dilation = rate,
		.groups = by_channel ? out : 1,
		.init = by_channel ? GRAPH_INIT_KAIMING_NORMAL : GRAPH_INIT_KAIMING_NORMAL_OUT,
		.keeps_start = k->m->timm };
	if (k->m->same && stride == 2 && kernel > 1) { /* of an even size: kernel - 2 zeros, the odd one behind */
		c.padding = (kernel - 2) / 2;
		c.more = (kernel - 2) % 2;
	}
	return nn_conv(k->n, name, x, &c);
}

static graph_value
squeeze(const maker *k, const nn_mobile_row *r, graph_value x, int in, const char *act)
{
	int wide = nn_channels(k->n, x);
	nn_squeeze s = { "se.conv_reduce", "se.conv_expand", 0, k->m->narrow ? "relu" : act, k->m->gate,
		GRAPH_INIT_KAIMING_NORMAL_OUT };
	s.width = k->m->narrow ? nn_divisible(wide * r->squeeze, 8, 0.9) : (int)rint(in * r->squeeze);
	return r->squeeze > 0 ? nn_squeeze_excite(k->n, &s, x) : x;
}

/* Convolution and norm of a universal block: keys NAME.conv, NAME.bn. */
static graph_value
unit(const maker *k, const char *name, graph_value x, int out, int kernel, int stride, bool by_channel, const char *act)
{
	size_t mark = nn_enter(k->n, name);
	x = norm(k, "bn", conv(k, "conv", x, out, kernel, stride, by_channel), act);
	nn_leave(k->n, mark);
	return x;
}

static graph_value
universal(const maker *k, const nn_mobile_row *r, graph_value x, int out, int stride, const char *act)
{
	int in = nn_channels(k->n, x), wide = nn_divisible(in * r->expansion, 8, 0.9);
	graph_value y = x;
	if (r->before)
		y = unit(k, "dw_start", y, in, r->before, r->kernel ? 1 : stride, true, NULL);
	y = unit(k, "pw_exp", y, wide, 1, 1, false, act);
	if (r->kernel)
		y = unit(k, "dw_mid", y, wide, r->kernel, stride, true, act);
	y = squeeze(k, r, y, in, act);
	return unit(k, "pw_proj", y, out, 1, 1, false, NULL);
}

/* What keys or values are made of: the map, or a smaller one, by channel. */
static graph_value
side_of(const maker *k, const char *name, const nn_mobile_row *r, graph_value x)
{
	size_t mark = nn_enter(k->n, name);
	if (r->reduced)
		x = norm(k, "norm", conv(k, "down_conv", x, nn_channels(k->n, x), r->kernel, r->reduced, true), NULL);
	x = conv(k, "proj", x, r->head_width, 1, 1, false);
	nn_leave(k->n, mark);
	return graph_apply(k->n->g, "reshape", &(op_shape_attr){ { 3, { -2, -1, r->head_width } } }, 1, x);
}

/* Attention in which all heads share keys and values (Shazeer 2019): a query a head and pixel, in one row. */
static graph_value
shared_attention(const maker *k, const nn_mobile_row *r, graph_value x, int out)
{
	graph_net *g = k->n->g;
	int width = r->head_width, wide = r->heads * width;
	op_shape_attr queries = { { 3, { -2, -1, width } } },
				  back = { { 4, { -2, OP_LIKE_AXIS(1), OP_LIKE_AXIS(2), wide } } };
	x = norm(k, "norm", x, NULL);
	size_t mark = nn_enter(k->n, "attn");
	graph_value q = conv(k, "query.proj", x, wide, 1, 1, false), like = q;
	q = graph_apply(g, "reshape", &queries, 1, q);
	graph_value keys = side_of(k, "key", r, x), values = side_of(k, "value", r, x);
	q = graph_apply(g, "mul_scalar", &(op_number_attr){ 1 / sqrt(width), 0 }, 1, q);
	graph_value scores = graph_apply(g, "matmul", &(op_matmul_attr){ .transpose_b = true }, 2, q, keys);
	scores = graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, scores);
	graph_value y = graph_apply(g, "matmul", NULL, 2, scores, values);
	y = graph_apply(g, "reshape", &back, 2, y, like);
	y = conv(k, "output.proj", y, out, 1, 1, false);
	nn_leave(k->n, mark);
	return y;
}

static graph_value
scaled(const maker *k, graph_value y)
{
	if (!k->m->scaled)
		return y;
	size_t mark = nn_enter(k->n, "layer_scale");
	graph_value gamma = nn_state(k->n, "gamma", &(secant_shape){ 1, { nn_channels(k->n, y) } }, GRAPH_INIT_SOFT);
	nn_leave(k->n, mark);
	return graph_apply(k->n->g, "mul", NULL, 2, y, gamma);
}

static graph_value
block(const maker *k, const nn_mobile_row *r, graph_value x, int out, int stride, double drop)
{
	const char *act = r->act ? r->act : k->m->act;
	int in = nn_channels(k->n, x), wide = nn_divisible(in * r->expansion, 8, 0.9);
	bool residual = stride == 1 && in == out && (r->kind != NN_MOBILE_CN || r->skip);
	graph_value y = x;
	switch (r->kind) {
	case NN_MOBILE_DS:
		y = norm(k, "bn1", conv(k, "conv_dw", y, in, r->kernel, stride, true), act);
		y = squeeze(k, r, y, in, act);
		y = norm(k, "bn2", conv(k, "conv_pw", y, out, 1, 1, false), NULL);
		break;
	case NN_MOBILE_IR:
		y = norm(k, "bn1", conv(k, "conv_pw", y, wide, 1, 1, false), act);
		y = norm(k, "bn2", conv(k, "conv_dw", y, wide, r->kernel, stride, true), act);
		y = squeeze(k, r, y, in, act);
		y = norm(k, "bn3", conv(k, "conv_pwl", y, out, 1, 1, false), NULL);
		break;
	case NN_MOBILE_ER:
		y = norm(k, "bn1", conv(k, "conv_exp", y, wide, r->kernel, stride, false), act);
		y = squeeze(k, r, y, in, act);
		y = norm(k, "bn2", conv(k, "conv_pwl", y, out, 1, 1, false), NULL);
		break;
	case NN_MOBILE_CN: y = norm(k, "bn1", conv(k, "conv", y, out, r->kernel, stride, false), act); break;
	case NN_MOBILE_UIR: y = scaled(k, universal(k, r, y, out, stride, act)); break;
	case NN_MOBILE_MQA: y = scaled(k, shared_attention(k, r, y, out)); break;
	}
	return residual ? graph_apply(k->n->g, "add", NULL, 2, nn_drop_path(k->n, y, drop), x) : y;
}

static int
stages_of(const nn_mobile *m)
{
	int stages = 0;
	for (const nn_mobile_row *r = m->rows; r->kind; r++)
		stages = r->stage + 1;
	return stages;
}

static int
repeats(const nn_mobile *m, const nn_mobile_row *r)
{
	bool kept = m->fixed && (!r->stage || r->stage == stages_of(m) - 1);
	return kept ? r->repeats : (int)ceil(r->repeats * m->depth);
}

static int
widened(const nn_mobile *m, int channels)
{
	return nn_divisible(channels * m->width, 8, m->down ? 0 : 0.9);
}

/* The stride of a stage's first block; timm's way of not going beyond the output stride is to dilate what follows. */
static int
stride_of(const nn_mobile_row *r, const nn_request *q, int *reached, int *rate)
{
	if (r->stride > 1 && *reached * r->stride > q->output_stride) {
		*rate *= r->stride;
		return 1;
	}
	*reached *= r->stride;
	return r->stride;
}

static graph_value
blocks(maker *k, graph_value x, const nn_request *q, nn_stage *f)
{
	const nn_mobile *m = k->m;
	nn_builder *n = k->n;
	int all = 0, at = 0, feature = m->taps[0] < 0 ? 2 : 1, in_stage = 0, reached = 2;
	for (const nn_mobile_row *r = m->rows; r->kind; r++)
		all += repeats(m, r);
	for (const nn_mobile_row *r = m->rows; r->kind; r++) {
		size_t stage = nn_enter_index(n, r->stage);
		int rate = k->rate, stride = m->timm ? stride_of(r, q, &reached, &rate) : r->stride;
		if (r == m->rows || r[-1].stage != r->stage)
			in_stage = 0;
		nn_encoder_stage(n, q, feature);
		if (m->timm)
			n->rate = 1;
		for (int i = 0; i < repeats(m, r); i++, at++, in_stage++) {
			size_t inner = nn_enter_index(n, in_stage);
			x = block(k, r, x, widened(m, r->out), i ? 1 : stride, m->timm ? 0 : 0.2 * at / all);
			k->rate = rate;
			nn_leave(n, inner);
		}
		nn_leave(n, stage);
		bool ends = !r[1].kind || r[1].stage != r->stage;
		if (ends && feature <= 5 && m->taps[feature - 1] == r->stage)
			nn_encoder_give(f, q, feature++, x);
	}
	return x;
}

const nn_mobile_row nn_mobile_efficientnet[] = {
	{ NN_MOBILE_DS, 0, 1, 3, 1, 1, 16, .25 },
	{ NN_MOBILE_IR, 1, 2, 3, 2, 6, 24, .25 },
	{ NN_MOBILE_IR, 2, 2, 5, 2, 6, 40, .25 },
	{ NN_MOBILE_IR, 3, 3, 3, 2, 6, 80, .25 },
	{ NN_MOBILE_IR, 4, 3, 5, 1, 6, 112, .25 },
	{ NN_MOBILE_IR, 5, 4, 5, 2, 6, 192, .25 },
	{ NN_MOBILE_IR, 6, 1, 3, 1, 6, 320, .25 },
	{ 0 },
};

void
nn_mobile_build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const nn_mobile *m = e->config;
	maker k = { n, m, 1 };
	size_t model = nn_enter(n, m->timm ? "model" : NULL);
	f[0].value = x;
	nn_encoder_stage(n, q, 1);
	int stem = m->fixed || m->whole_stem ? m->stem : widened(m, m->stem);
	x = norm(&k, "bn1", conv(&k, "conv_stem", x, stem, 3, 2, false), m->act);
	if (m->taps[0] < 0)
		nn_encoder_give(f, q, 1, x);
	size_t mark = nn_enter(n, "blocks");
	x = blocks(&k, x, q, f);
	nn_leave(n, mark);
	nn_encoder_stage(n, q, 6); /* the head is in the files and never runs */
	if (m->head)
		norm(&k, "bn2", conv(&k, "conv_head", x, m->head, 1, 1, false), NULL);
	nn_encoder_end(n);
	nn_leave(n, model);
}
