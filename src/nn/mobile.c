/*
 * Networks of inverted residual blocks (mobile.h).
 */
#include "nn/mobile.h"
#include <math.h>

typedef struct maker {
	nn_builder *n;
	const nn_mobile *m;
} maker;

static graph_value
norm(const maker *k, const char *name, graph_value x, const char *act)
{
	return nn_act(k->n, act, nn_batch_norm(k->n, name, x, k->m->eps, 0.1));
}

static graph_value
conv(const maker *k, const char *name, graph_value x, int out, int kernel, int stride, bool by_channel)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.groups = by_channel ? out : 1,
		.init = by_channel ? GRAPH_INIT_KAIMING_NORMAL : GRAPH_INIT_KAIMING_NORMAL_OUT };
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
	case NN_MOBILE_UIR: y = universal(k, r, y, out, stride, act); break;
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

void
nn_mobile_build(nn_builder *n, const nn_mobile *m, graph_value x, const nn_request *q, nn_stage *f)
{
	const maker k = { n, m };
	int all = 0, at = 0, feature = 1, in_stage = 0;
	f[0].value = x;
	for (const nn_mobile_row *r = m->rows; r->kind; r++)
		all += repeats(m, r);
	nn_encoder_stage(n, q, 1);
	int stem = m->fixed ? m->stem : nn_divisible(m->stem * m->width, 8, 0.9);
	x = norm(&k, "bn1", conv(&k, "conv_stem", x, stem, 3, 2, false), m->act);
	if (m->taps[0] < 0)
		nn_encoder_give(f, q, feature++, x);
	size_t mark = nn_enter(n, "blocks");
	for (const nn_mobile_row *r = m->rows; r->kind; r++) {
		size_t stage = nn_enter_index(n, r->stage);
		if (r == m->rows || r[-1].stage != r->stage)
			in_stage = 0;
		nn_encoder_stage(n, q, feature);
		for (int i = 0; i < repeats(m, r); i++, at++, in_stage++) {
			size_t inner = nn_enter_index(n, in_stage);
			x = block(&k, r, x, nn_divisible(r->out * m->width, 8, 0.9), i ? 1 : r->stride, 0.2 * at / all);
			nn_leave(n, inner);
		}
		nn_leave(n, stage);
		bool ends = !r[1].kind || r[1].stage != r->stage;
		if (ends && feature <= 5 && m->taps[feature - 1] == r->stage)
			nn_encoder_give(f, q, feature++, x);
	}
	nn_leave(n, mark);
	nn_encoder_stage(n, q, 6); /* the head is in the files and never runs */
	if (m->head)
		norm(&k, "bn2", conv(&k, "conv_head", x, m->head, 1, 1, false), NULL);
	nn_encoder_end(n);
}
