/*
 * MaxViT (Tu and others 2022) and CoAtNet (Dai and others 2021) as timm builds them: a stem at half size and four
 * stages of blocks, whose first halves the map. Blocks are
 *
 *     C   norm, 1x1, 3x3 by channel, squeeze and excitation, 1x1, plus the input (pooled and widened where it halves)
 *     M   C, then attention within windows, then attention between places as far apart as there are windows (a grid)
 *     T   attention over the whole map
 *
 * each attention with a position bias and two linear layers behind it. A window has a 32nd of the picture's sides;
 * windows and tables follow from the picture's size, which is fixed when the network is made (img-size). MaxViT of the
 * authors ("tf") pads strided convolutions as TensorFlow does.
 */
#include "nn/encoder.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum positions { TABLE, TABLE_TF, MLP } positions; /* TABLE_TF: by head first, from key to query */

typedef struct maxvit {
	int width[4], blocks[4], stem[2];
	const char *kinds; /* of the stages */
	positions positions;
	int mlp; /* positions MLP: its width */
	double squeeze; /* width of squeeze and excitation to what `widens` */
	const char *squeeze_act;
	bool tf; /* as the authors have it: padding, norms, activation, biases, order of heads */
	bool widens; /* blocks are four times as wide as what they give, not as what they read; so is attention */
	bool before; /* an activation behind a block's first norm */
	bool early; /* squeeze and excitation before the norm */
	bool pools; /* a block halves by pooling before its first convolution, not by the one by channel */
	bool bias; /* of a block's last convolution and its shortcut */
	bool attention_bias; /* of an attention's shortcut */
	bool scaled; /* attention's branches have a scale a channel */
} maxvit;

typedef struct maker {
	nn_builder *n;
	const maxvit *m;
	int window;
	graph_value index; /* of the table, for every pair of places; made for `side` */
	int side;
} maker;

enum { HEAD = 32 };

static graph_value
shaped(nn_builder *n, graph_value x, secant_ints to)
{
	return graph_apply(n->g, "reshape", &(op_shape_attr){ to }, 1, x);
}

static const char *
act_of(const maxvit *m, bool attention)
{
	return m->tf ? "gelu_tanh" : attention || m->widens ? "gelu" : "silu";
}

static graph_value
conv(const maker *k, const char *name, graph_value x, int out, int kernel, int stride, int groups, bool bias)
{
	nn_conv_spec c = { .out = out,
		.kernel = kernel,
		.stride = stride,
		.padding = kernel / 2,
		.groups = groups,
		.bias = bias,
		.init = GRAPH_INIT_KAIMING_NORMAL_OUT,
		.keeps_start = true };
	if (k->m->tf && stride == 2) /* of an even size */
		c.padding = 0, c.more = 1;
	return nn_conv(k->n, name, x, &c);
}

static graph_value
norm(const maker *k, const char *name, graph_value x, const char *act)
{
	return nn_act(k->n, act, nn_batch_norm(k->n, name, x, k->m->tf ? 1e-3 : 1e-5, 0.1));
}

static graph_value
halved(const maker *k, graph_value x)
{
	op_pool_attr pool = op_pooling(2, 2, 0);
	return graph_apply(k->n->g, "avg_pool2d", &pool, 1, x);
}

/* What a block adds its branch to; the states of a halving one. */
static graph_value
shortcut(const maker *k, graph_value x, int out, bool halves, bool bias)
{
	if (!halves)
		return x;
	x = halved(k, x);
	return nn_channels(k->n, x) == out ? x : conv(k, "shortcut.expand", x, out, 1, 1, 1, bias);
}

static graph_value
convolutions(const maker *k, graph_value x, int out, bool halves)
{
	const maxvit *m = k->m;
	nn_builder *n = k->n;
	const char *act = act_of(m, false);
	int in = nn_channels(n, x), wide = nn_divisible(4 * (m->widens ? out : in), 8, 0.9);
	nn_squeeze se = { "fc1", "fc2", (int)(m->squeeze * (m->widens ? out : wide)), m->squeeze_act, "sigmoid",
		GRAPH_INIT_KAIMING_NORMAL_OUT };
	graph_value kept = shortcut(k, x, out, halves, m->bias);
	x = norm(k, "pre_norm", x, m->before ? act : NULL);
	x = halves && m->pools ? halved(k, x) : x;
	x = norm(k, "norm1", conv(k, "conv1_1x1", x, wide, 1, 1, 1, false), act);
	x = conv(k, "conv2_kxk", x, wide, 3, halves && !m->pools ? 2 : 1, wide, false);
	x = m->early ? x : norm(k, "norm2", x, act);
	size_t mark = nn_enter(n, m->early ? "se_early" : "se");
	x = nn_squeeze_excite(n, &se, x);
	nn_leave(n, mark);
	x = m->early ? norm(k, "norm2", x, act) : x;
	x = conv(k, "conv3_1x1", x, out, 1, 1, 1, m->bias);
	return graph_apply(n->g, "add", NULL, 2, x, kept);
}

/* ---- attention ---- */

/* Row of the table for places i and j of a square. */
static graph_value
pairs_of(maker *k, int side)
{
	int64_t area = (int64_t)side * side;
	double *v = side == k->side ? NULL : base_arena_alloc(graph_arena(k->n->g), (size_t)(area * area) * sizeof *v + 1);
	if (side == k->side)
		return k->index;
	if (!v)
		return graph_fail(k->n->g, SECANT_ERR_NOMEM, "no memory for a network");
	int sign = k->m->positions == TABLE_TF ? -1 : 1;
	for (int64_t i = 0; i < area; i++)
		for (int64_t j = 0; j < area; j++)
			v[i * area + j] = (double)((sign * (i / side - j / side) + side - 1) * (2 * side - 1)
				+ sign * (i % side - j % side) + side - 1);
	k->side = side;
	return k->index = graph_constant(k->n->g, SECANT_I32, &(secant_shape){ 1, { area * area } }, v);
}

/* sign(d) log(1 + |d|) of every pair of distances (as a float, timm has it), by two linear layers to a number for each
 * head. */
static graph_value
table_by_mlp(const maker *k, int side, int heads)
{
	nn_builder *n = k->n;
	int span = 2 * side - 1;
	double *v = base_arena_alloc(graph_arena(n->g), (size_t)span * (size_t)span * 2 * sizeof *v);
	if (!v)
		return graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a network");
	for (int i = 0; i < span * span * 2; i++) {
		int d = (i % 2 ? i / 2 % span : i / 2 / span) - (side - 1);
		v[i] = copysign((double)logf((float)(1 + abs(d))), d);
	}
	graph_value x = graph_constant(n->g, SECANT_F32, &(secant_shape){ 2, { (int64_t)span * span, 2 } }, v);
	x = nn_relu(n, nn_linear(n, "mlp.fc1", x, k->m->mlp, GRAPH_INIT_XAVIER_UNIFORM));
	return nn_linear(n, "mlp.fc2", nn_dropout(n, x, 0.125, false), heads, GRAPH_INIT_XAVIER_UNIFORM);
}

/* 1 x heads x places x places */
static graph_value
bias_of(maker *k, int side, int heads)
{
	nn_builder *n = k->n;
	int span = 2 * side - 1, area = side * side;
	bool tf = k->m->positions == TABLE_TF;
	secant_shape flat = { 2, { (int64_t)span * span, heads } }, planes = { 3, { heads, span, span } };
	size_t mark = nn_enter(n, "rel_pos");
	graph_value table = k->m->positions == MLP
		? table_by_mlp(k, side, heads)
		: nn_state(n, "relative_position_bias_table", tf ? &planes : &flat, GRAPH_INIT_TRUNC_NORMAL);
	nn_leave(n, mark);
	table = tf ? shaped(n, table, (secant_ints){ 2, { heads, span * span } }) : table;
	graph_value bias = graph_apply(n->g, "take", &(op_axis_attr){ tf ? 1 : 0 }, 2, table, pairs_of(k, side));
	if (!tf)
		bias = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 2, { 1, 0 } } }, 1, bias);
	return shaped(n, bias, (secant_ints){ 4, { 1, heads, area, area } });
}

/* Part `which` (queries, keys, values) of qkv: timm has the three of a head side by side, the authors a third each. */
static graph_value
third(const maker *k, graph_value qkv, int which)
{
	int wide = nn_channels(k->n, qkv) / 3, side = (int)graph_shape(k->n->g, qkv)->dim[1];
	if (k->m->tf)
		return nn_channels_of(k->n, qkv, which * wide, (which + 1) * wide);
	graph_value heads = shaped(k->n, qkv, (secant_ints){ 4, { -2, side * side, wide / HEAD, 3 * HEAD } });
	return shaped(k->n, nn_channels_of(k->n, heads, which * HEAD, (which + 1) * HEAD),
		(secant_ints){ 4, { -2, side, side, wide } });
}

/* A layer on channels: of weights OI, or OI11 where the original runs it as a convolution. */
static graph_value
layer(const maker *k, const char *name, graph_value x, int out, bool planes)
{
	nn_conv_spec c = { .out = out, .kernel = 1, .bias = true, .init = GRAPH_INIT_XAVIER_UNIFORM };
	return planes ? nn_conv(k->n, name, x, &c) : nn_linear(k->n, name, x, out, GRAPH_INIT_XAVIER_UNIFORM);
}

/* Of square maps, or windows. */
static graph_value
attention(maker *k, graph_value x, int out, bool planes)
{
	nn_builder *n = k->n;
	int side = (int)graph_shape(n->g, x)->dim[1], wide = k->m->widens ? out : nn_channels(n, x);
	size_t mark = nn_enter(n, "attn");
	graph_value qkv = layer(k, "qkv", x, 3 * wide, planes), bias = bias_of(k, side, wide / HEAD);
	x = nn_attention(n, wide / HEAD, third(k, qkv, 0), third(k, qkv, 1), third(k, qkv, 2), bias, -1);
	x = layer(k, "proj", x, out, planes);
	nn_leave(n, mark);
	return x;
}

static graph_value
scaled(const maker *k, const char *name, graph_value y)
{
	if (!k->m->scaled)
		return y;
	size_t mark = nn_enter(k->n, name);
	graph_value gamma = nn_state(k->n, "gamma", &(secant_shape){ 1, { nn_channels(k->n, y) } }, GRAPH_INIT_FAINT);
	nn_leave(k->n, mark);
	return graph_apply(k->n->g, "mul", NULL, 2, y, gamma);
}

/* x plus its branch through two linear layers. */
static graph_value
with_mlp(const maker *k, graph_value x, bool planes)
{
	nn_builder *n = k->n;
	int c = nn_channels(n, x);
	graph_value y = nn_layer_norm(n, "norm2", x, k->m->tf ? 1e-5 : 1e-6);
	size_t mark = nn_enter(n, "mlp");
	y = layer(k, "fc2", nn_act(n, act_of(k->m, true), layer(k, "fc1", y, 4 * c, planes)), c, planes);
	nn_leave(n, mark);
	return graph_apply(n->g, "add", NULL, 2, x, scaled(k, "ls2", y));
}

/* Attention between the places of each square of k->window, which are neighbours (windows) or spread (grid). */
static graph_value
parted(maker *k, const char *name, graph_value x, bool grid)
{
	nn_builder *n = k->n;
	const secant_shape *map = graph_shape(n->g, x);
	int h = (int)map->dim[1], w = (int)map->dim[2], c = nn_channels(n, x), s = k->window;
	static const op_transpose_attr near = { { 6, { 0, 1, 3, 2, 4, 5 } } }, to = { { 6, { 0, 2, 4, 1, 3, 5 } } },
								   back = { { 6, { 0, 3, 1, 4, 2, 5 } } };
	if (!s || h % s || w % s)
		return graph_fail(n->g, SECANT_ERR_SHAPE, "a map of %dx%d has no whole windows of %d", h, w, s);
	secant_ints windows = { 6, { -2, h / s, s, w / s, s, c } }, spread = { 6, { -2, s, h / s, s, w / s, c } };
	size_t mark = nn_enter(n, name);
	graph_value y = shaped(n, nn_layer_norm(n, "norm1", x, k->m->tf ? 1e-5 : 1e-6), grid ? spread : windows);
	y = graph_apply(n->g, "transpose", grid ? &to : &near, 1, y);
	y = attention(k, shaped(n, y, (secant_ints){ 4, { -1, s, s, c } }), c, false);
	y = shaped(n, y, (secant_ints){ 6, { -1, h / s, w / s, s, s, c } });
	y = graph_apply(n->g, "transpose", grid ? &back : &near, 1, y);
	y = shaped(n, y, (secant_ints){ 4, { -1, h, w, c } });
	x = with_mlp(k, graph_apply(n->g, "add", NULL, 2, x, scaled(k, "ls1", y)), false);
	nn_leave(n, mark);
	return x;
}

static graph_value
transformer(maker *k, graph_value x, int out, bool halves)
{
	graph_value kept = shortcut(k, x, out, halves, k->m->attention_bias);
	graph_value y = nn_layer_norm(k->n, halves ? "norm1.norm" : "norm1", x, 1e-6);
	y = attention(k, halves ? halved(k, y) : y, out, true);
	return with_mlp(k, graph_apply(k->n->g, "add", NULL, 2, kept, scaled(k, "ls1", y)), true);
}

static graph_value
block(maker *k, char kind, graph_value x, int out, bool halves)
{
	if (kind == 'T')
		return transformer(k, x, out, halves);
	if (kind == 'C')
		return convolutions(k, x, out, halves);
	size_t mark = nn_enter(k->n, "conv");
	x = convolutions(k, x, out, halves);
	nn_leave(k->n, mark);
	return parted(k, "attn_grid", parted(k, "attn_block", x, false), true);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const maxvit *m = e->config;
	maker k = { n, m, (int)graph_shape(n->g, x)->dim[1] / 32, -1, 0 };
	size_t model = nn_enter(n, "model"), stem = nn_enter(n, "stem");
	f[0].value = x;
	x = norm(&k, "norm1", conv(&k, "conv1", x, m->stem[0], 3, 2, 1, m->tf), act_of(m, false));
	x = conv(&k, "conv2", x, m->stem[1], 3, 1, 1, m->tf);
	nn_leave(n, stem);
	nn_encoder_give(f, q, 1, x);
	for (int i = 0; i < q->depth - 1; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "stages_%d.blocks", i);
		size_t mark = nn_enter(n, name);
		for (int b = 0; b < m->blocks[i]; b++) {
			size_t inner = nn_enter_index(n, b);
			x = block(&k, m->kinds[i], x, m->width[i], b == 0);
			nn_leave(n, inner);
		}
		nn_leave(n, mark);
		nn_encoder_give(f, q, i + 2, x);
	}
	nn_leave(n, model);
}

#define L(...) \
	{ \
		__VA_ARGS__ \
	}
#define ROW(name, text, side, parameters, stem, c, ...) \
	{ \
		"tu-" name, text, { 3, stem, c, 2 * (c), 4 * (c), 8 * (c) }, parameters, build, \
			&(const maxvit){ { c, 2 * (c), 4 * (c), 8 * (c) }, __VA_ARGS__ }, NN_ENCODER_TIMM | NN_ENCODER_FIXED, 0, \
			side \
	}
/* The authors' MaxViT, timm's, and timm's CoAtNet after the paper. */
#define TF(name, side, parameters, stem, c, blocks) \
	ROW("maxvit_" name, "MaxViT of the authors", side, parameters, stem, c, blocks, L(stem, stem), "MMMM", TABLE_TF, \
		0, 0.25, "silu", .tf = true, .widens = true, .bias = true)
#define MAX(name, side, parameters, thin, stem, c, blocks, positions, ...) \
	ROW("maxvit_" name, "MaxViT of timm", side, parameters, stem, c, blocks, L(thin, stem), "MMMM", positions, 512, \
		1. / 16, "silu", __VA_ARGS__)
#define COAT(name, side, parameters, thin, stem, c, blocks, ...) \
	ROW("coatnet_" name, "CoAtNet", side, parameters, stem, c, blocks, L(thin, stem), "CCTT", __VA_ARGS__)
#define SMALL L(2, 2, 5, 2)
#define LARGE L(2, 6, 14, 2)
const nn_encoder nn_encoders_maxvit[] = {
	TF("tiny_tf_224", 224, 30139848, 64, 64, SMALL),
	TF("tiny_tf_384", 384, 30200328, 64, 64, SMALL),
	TF("tiny_tf_512", 512, 30272904, 64, 64, SMALL),
	TF("small_tf_224", 224, 67566828, 64, 96, SMALL),
	TF("small_tf_384", 384, 67657548, 64, 96, SMALL),
	TF("small_tf_512", 512, 67766412, 64, 96, SMALL),
	TF("base_tf_224", 224, 118106580, 64, 96, LARGE),
	TF("base_tf_384", 384, 118292340, 64, 96, LARGE),
	TF("base_tf_512", 512, 118515252, 64, 96, LARGE),
	TF("large_tf_224", 224, 209708912, 128, 128, LARGE),
	TF("large_tf_384", 384, 209956592, 128, 128, LARGE),
	TF("large_tf_512", 512, 210253808, 128, 128, LARGE),
	TF("xlarge_tf_224", 224, 471051048, 192, 192, LARGE),
	TF("xlarge_tf_384", 384, 471422568, 192, 192, LARGE),
	TF("xlarge_tf_512", 512, 471868392, 192, 192, LARGE),
	MAX("pico_rw_256", 256, 7200484, 24, 32, 32, SMALL, TABLE, .scaled = false),
	MAX("nano_rw_256", 256, 14937124, 32, 64, 64, L(1, 2, 3, 1), TABLE, .scaled = false),
	MAX("tiny_rw_224", 224, 28543288, 32, 64, 64, SMALL, TABLE, .scaled = false),
	MAX("tiny_rw_256", 256, 28552696, 32, 64, 64, SMALL, TABLE, .scaled = false),
	MAX("rmlp_pico_rw_256", 256, 7258468, 24, 32, 32, SMALL, MLP, .scaled = false),
	MAX("rmlp_nano_rw_256", 256, 14987428, 32, 64, 64, L(1, 2, 3, 1), MLP, .scaled = false),
	MAX("rmlp_tiny_rw_256", 256, 28634872, 32, 64, 64, SMALL, MLP, .scaled = false),
	MAX("rmlp_small_rw_224", 224, 64124508, 32, 64, 96, SMALL, MLP, .scaled = true),
	MAX("rmlp_small_rw_256", 256, 64124508, 32, 64, 96, SMALL, MLP, .scaled = true),
	MAX("rmlp_base_rw_224", 224, 114774660, 32, 64, 96, LARGE, MLP, .scaled = false),
	MAX("rmlp_base_rw_384", 384, 114774660, 32, 64, 96, LARGE, MLP, .scaled = false),
	COAT("nano_rw_224", 224, 14627220, 32, 64, 64, L(3, 4, 6, 3), TABLE, 0, 0.25, "silu", .pools = true, .bias = true,
		.attention_bias = true),
	COAT("0_rw_224", 224, 26665026, 32, 64, 96, L(2, 3, 7, 2), TABLE, 0, 0.25, "relu", .before = true, .early = true,
		.pools = true),
	COAT("1_rw_224", 224, 40950966, 32, 64, 96, LARGE, TABLE, 0, 0.25, "relu", .before = true, .early = true),
	COAT(
		"2_rw_224", 224, 72841352, 64, 128, 128, LARGE, TABLE, 0, 0.25, "silu", .before = true, .attention_bias = true),
	COAT("3_rw_224", 224, 163633356, 96, 192, 192, LARGE, TABLE, 0, 0.25, "silu", .before = true,
		.attention_bias = true, .scaled = true),
	COAT("rmlp_nano_rw_224", 224, 14631092, 32, 64, 64, L(3, 4, 6, 3), MLP, 384, 0.25, "silu", .bias = true,
		.attention_bias = true),
	COAT("rmlp_0_rw_224", 224, 26675538, 32, 64, 96, L(2, 3, 7, 2), MLP, 512, 0.25, "relu", .before = true,
		.attention_bias = true),
	COAT("rmlp_1_rw2_224", 224, 40954086, 32, 64, 96, LARGE, MLP, 512, 0.25, "relu", .before = true,
		.attention_bias = true),
	COAT("rmlp_2_rw_224", 224, 72854216, 64, 128, 128, LARGE, MLP, 512, 0.25, "silu", .before = true,
		.attention_bias = true, .scaled = true),
	COAT("rmlp_2_rw_384", 384, 72854216, 64, 128, 128, LARGE, MLP, 512, 0.25, "silu", .before = true,
		.attention_bias = true, .scaled = true),
	COAT("rmlp_3_rw_224", 224, 163612716, 96, 192, 192, LARGE, MLP, 512, 0.25, "silu", .before = true,
		.attention_bias = true, .scaled = true),
	COAT("0_224", 224, 23675692, 64, 64, 96, L(2, 3, 5, 2), TABLE, 0, 0.25, "silu", .widens = true, .bias = true,
		.attention_bias = true),
	COAT("1_224", 224, 40864648, 64, 64, 96, LARGE, TABLE, 0, 0.25, "silu", .widens = true, .bias = true,
		.attention_bias = true),
	COAT("2_224", 224, 72608096, 128, 128, 128, LARGE, TABLE, 0, 0.25, "silu", .widens = true, .bias = true,
		.attention_bias = true),
	COAT("3_224", 224, 163065360, 192, 192, 192, LARGE, TABLE, 0, 0.25, "silu", .widens = true, .bias = true,
		.attention_bias = true),
	COAT("4_224", 224, 271524384, 192, 192, 192, L(2, 12, 28, 2), TABLE, 0, 0.25, "silu", .widens = true, .bias = true,
		.attention_bias = true),
	{ 0 },
};
