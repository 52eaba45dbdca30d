/*
 * Swin transformers (Liu and others 2021) as timm builds them: patches of 4 x 4, four stages of blocks whose attention
 * stays within windows, every second one in windows moved by half, and before each later stage 2 x 2 places joined to
 * one. There is no feature at half size; features are the stages' results, without a norm.
 *
 *     x += attention(norm1(x));  x += fc2(gelu(fc1(norm2(x))))
 *
 * Moved windows are those of a map that was turned around its edges; within a window only places that were neighbours
 * see each other: what belongs to another part of the picture gets -100 before softmax, as there. Windows, turns and
 * tables follow from the picture's size, which is fixed when the network is made (img-size; timm's strict_img_size).
 */
#include "nn/encoder.h"
#include <stdio.h>

typedef struct swin {
	int width, blocks[4], heads[4], window[4];
} swin;

/* What the blocks of a stage share. */
typedef struct stage {
	int heads, height, width, window[2], shift[2]; /* the map, the windows on it, how far they move */
	int padded[2]; /* the map up to whole windows */
	graph_value index, parts; /* of the table, for every pair of places; the part of the picture each place is in */
} stage;

static graph_value
linear(nn_builder *n, const char *name, graph_value x, int out)
{
	return nn_linear(n, name, x, out, GRAPH_INIT_TRUNC_NORMAL);
}

static graph_value
shaped(nn_builder *n, graph_value x, secant_ints to)
{
	return graph_apply(n->g, "reshape", &(op_shape_attr){ to }, 1, x);
}

static double *
numbers(nn_builder *n, int64_t count)
{
	double *v = base_arena_alloc(graph_arena(n->g), (size_t)count * sizeof *v + 1);
	if (!v)
		graph_fail(n->g, SECANT_ERR_NOMEM, "no memory for a network");
	return v;
}

/* ---- what does not depend on the weights ---- */

/* Row of the table for places i and j of a window. */
static graph_value
pairs_of(nn_builder *n, const stage *s)
{
	int h = s->window[0], w = s->window[1], area = h * w;
	double *v = numbers(n, (int64_t)area * area);
	for (int i = 0; v && i < area; i++)
		for (int j = 0; j < area; j++)
			v[i * area + j] = (i / w - j / w + h - 1) * (2 * w - 1) + i % w - j % w + w - 1;
	return v ? graph_constant(n->g, SECANT_I32, &(secant_shape){ 1, { (int64_t)area * area } }, v) : -1;
}

/* 0: before the last window, 1: in it and not turned around, 2: turned around. */
static int
part(int at, int size, int window, int shift)
{
	return at < size - window ? 0 : at < size - shift ? 1 : 2;
}

/* windows x places */
static graph_value
parts_of(nn_builder *n, const stage *s)
{
	int h = s->window[0], w = s->window[1], across = s->padded[1] / w, down = s->padded[0] / h, area = h * w;
	double *v = numbers(n, (int64_t)s->padded[0] * s->padded[1]);
	for (int i = 0; v && i < across * down; i++)
		for (int k = 0; k < area; k++) {
			int y = i / across * h + k / w, x = i % across * w + k % w;
			v[i * area + k] = 3 * part(y, s->padded[0], h, s->shift[0]) + part(x, s->padded[1], w, s->shift[1]);
		}
	return v ? graph_constant(n->g, SECANT_F32, &(secant_shape){ 2, { (int64_t)across * down, area } }, v) : -1;
}

/* A side that fits into a window is one, and nothing moves along it. */
static stage
stage_of(nn_builder *n, const swin *k, int number, graph_value x)
{
	const secant_shape *map = graph_shape(n->g, x);
	stage s = {
		.heads = k->heads[number], .height = (int)map->dim[1], .width = (int)map->dim[2], .index = -1, .parts = -1
	};
	for (int i = 0; i < 2; i++) {
		int side = i ? s.width : s.height, window = k->window[number];
		s.window[i] = side <= window ? side : window;
		s.shift[i] = side <= window ? 0 : window / 2;
		s.padded[i] = (side + s.window[i] - 1) / s.window[i] * s.window[i];
	}
	s.index = pairs_of(n, &s);
	if ((s.shift[0] || s.shift[1]) && k->blocks[number] > 1)
		s.parts = parts_of(n, &s);
	return s;
}

/* ---- moving between map and windows ---- */

static graph_value
turned(nn_builder *n, graph_value x, int axis, int by)
{
	int side = (int)graph_shape(n->g, x)->dim[axis], at = ((by % side) + side) % side;
	op_slice_attr first = { .start = { 4, { 0, 0, 0, 0 } }, .stop = { 4, { -1, -1, -1, -1 } } }, last = first;
	if (!at)
		return x;
	first.start.v[axis] = side - at;
	last.stop.v[axis] = side - at;
	graph_value v[] = { graph_apply(n->g, "slice", &first, 1, x), graph_apply(n->g, "slice", &last, 1, x) };
	return op_build_concat(n->g, 2, v, axis);
}

static graph_value
into_windows(nn_builder *n, const stage *s, graph_value x)
{
	int c = nn_channels(n, x), h = s->window[0], w = s->window[1];
	op_pad_attr pad = op_pad_hw(0, 0, 0, s->padded[0] - s->height, s->padded[1] - s->width);
	if (s->padded[0] > s->height || s->padded[1] > s->width)
		x = graph_apply(n->g, "pad", &pad, 1, x);
	x = shaped(n, x, (secant_ints){ 6, { -2, s->padded[0] / h, h, s->padded[1] / w, w, c } });
	x = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 6, { 0, 1, 3, 2, 4, 5 } } }, 1, x);
	return shaped(n, x, (secant_ints){ 4, { -1, h, w, c } });
}

static graph_value
out_of_windows(nn_builder *n, const stage *s, graph_value x)
{
	int c = nn_channels(n, x), h = s->window[0], w = s->window[1];
	op_slice_attr map = { .start = { 4, { 0, 0, 0, 0 } }, .stop = { 4, { -1, s->height, s->width, -1 } } };
	x = shaped(n, x, (secant_ints){ 6, { -1, s->padded[0] / h, s->padded[1] / w, h, w, c } });
	x = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 6, { 0, 1, 3, 2, 4, 5 } } }, 1, x);
	x = shaped(n, x, (secant_ints){ 4, { -1, s->padded[0], s->padded[1], c } });
	return s->padded[0] > s->height || s->padded[1] > s->width ? graph_apply(n->g, "slice", &map, 1, x) : x;
}

/* windows x 1 x places x places: 0 within a part, else -100 */
static graph_value
apart(nn_builder *n, const stage *s)
{
	int windows = s->padded[0] / s->window[0] * (s->padded[1] / s->window[1]), area = s->window[0] * s->window[1];
	graph_value same = graph_apply(n->g, "equal", NULL, 2,
		shaped(n, s->parts, (secant_ints){ 4, { windows, 1, area, 1 } }),
		shaped(n, s->parts, (secant_ints){ 4, { windows, 1, 1, area } }));
	same = graph_apply(n->g, "upcast", NULL, 1, same);
	same = graph_apply(n->g, "add_scalar", &(op_number_attr){ -1, 0 }, 1, same);
	return graph_apply(n->g, "mul_scalar", &(op_number_attr){ 100, 0 }, 1, same);
}

/* ---- blocks ---- */

static graph_value
attention(nn_builder *n, const stage *s, graph_value x, bool moves)
{
	int c = nn_channels(n, x), h = s->window[0], w = s->window[1], area = h * w;
	secant_shape rows = { 2, { (int64_t)(2 * h - 1) * (2 * w - 1), s->heads } };
	moves = moves && s->parts >= 0;
	if (moves)
		x = turned(n, turned(n, x, 1, -s->shift[0]), 2, -s->shift[1]);
	x = into_windows(n, s, x);
	size_t mark = nn_enter(n, "attn");
	graph_value table = nn_state(n, "relative_position_bias_table", &rows, GRAPH_INIT_TRUNC_NORMAL);
	graph_value bias = graph_apply(n->g, "take", &(op_axis_attr){ 0 }, 2, table, s->index);
	bias = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 2, { 1, 0 } } }, 1, bias);
	bias = shaped(n, bias, (secant_ints){ 4, { 1, s->heads, area, area } });
	graph_value qkv = linear(n, "qkv", x, 3 * c);
	x = nn_attention(n, s->heads, nn_channels_of(n, qkv, 0, c), nn_channels_of(n, qkv, c, 2 * c),
		nn_channels_of(n, qkv, 2 * c, 3 * c), bias, moves ? apart(n, s) : -1);
	x = linear(n, "proj", x, c);
	nn_leave(n, mark);
	x = out_of_windows(n, s, x);
	return moves ? turned(n, turned(n, x, 1, s->shift[0]), 2, s->shift[1]) : x;
}

static graph_value
plus(nn_builder *n, graph_value x, graph_value y, double drop)
{
	return graph_apply(n->g, "add", NULL, 2, x, nn_drop_path(n, y, drop));
}

static graph_value
block(nn_builder *n, const stage *s, graph_value x, bool moves, double drop)
{
	int c = nn_channels(n, x);
	x = plus(n, x, attention(n, s, nn_layer_norm(n, "norm1", x, 1e-5), moves), drop);
	graph_value y = nn_layer_norm(n, "norm2", x, 1e-5);
	size_t mark = nn_enter(n, "mlp");
	y = linear(n, "fc2", nn_act(n, "gelu", linear(n, "fc1", y, 4 * c)), c);
	nn_leave(n, mark);
	return plus(n, x, y, drop);
}

/* 2 x 2 places as channels, columns outside, then twice the channels of before. */
static graph_value
joined(nn_builder *n, graph_value x)
{
	const secant_shape *map = graph_shape(n->g, x);
	int h = (int)map->dim[1] / 2, w = (int)map->dim[2] / 2, c = nn_channels(n, x);
	size_t mark = nn_enter(n, "downsample");
	x = shaped(n, x, (secant_ints){ 6, { -2, h, 2, w, 2, c } });
	x = graph_apply(n->g, "transpose", &(op_transpose_attr){ { 6, { 0, 1, 3, 4, 2, 5 } } }, 1, x);
	x = nn_layer_norm(n, "norm", shaped(n, x, (secant_ints){ 4, { -2, h, w, 4 * c } }), 1e-5);
	size_t inner = nn_enter(n, "reduction");
	graph_value weight = nn_state(n, "weight", &(secant_shape){ 2, { 2 * c, 4 * c } }, GRAPH_INIT_TRUNC_NORMAL);
	x = graph_apply(n->g, "linear", NULL, 2, x, weight);
	nn_leave(n, inner);
	nn_leave(n, mark);
	return x;
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const swin *k = e->config;
	nn_conv_spec patch = { .out = k->width, .kernel = 4, .stride = 4, .bias = true, .init = GRAPH_INIT_DEFAULT };
	int all = 0, at = 0;
	size_t model = nn_enter(n, "model");
	f[0].value = x;
	nn_encoder_give(f, q, 1, nn_nothing(n, x));
	if (q->depth > 1) {
		size_t mark = nn_enter(n, "patch_embed");
		x = nn_layer_norm(n, "norm", nn_conv(n, "proj", x, &patch), 1e-5);
		nn_leave(n, mark);
	}
	for (int i = 0; i < 4; i++)
		all += k->blocks[i];
	for (int i = 0; i < q->depth - 1; i++) {
		char name[24];
		(void)snprintf(name, sizeof name, "layers_%d", i);
		size_t mark = nn_enter(n, name);
		if (i)
			x = joined(n, x);
		stage s = stage_of(n, k, i, x);
		for (int b = 0; b < k->blocks[i]; b++, at++) {
			(void)snprintf(name, sizeof name, "blocks.%d", b);
			size_t inner = nn_enter(n, name);
			x = block(n, &s, x, b % 2, 0.1 * at / (all - 1));
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
#define ROW(name, text, side, parameters, c, ...) \
	{ \
		"tu-" name, text, { 3, 0, c, 2 * (c), 4 * (c), 8 * (c) }, parameters, build, &(const swin){ c, __VA_ARGS__ }, \
			NN_ENCODER_TIMM | NN_ENCODER_FIXED, 2, side \
	}
#define SMALL L(2, 2, 18, 2)
const nn_encoder nn_encoders_swin[] = {
	ROW("swin_tiny_patch4_window7_224", "Swin-T", 224, 27517818, 96, L(2, 2, 6, 2), L(3, 6, 12, 24), L(7, 7, 7, 7)),
	ROW("swin_small_patch4_window7_224", "Swin-S", 224, 48835722, 96, SMALL, L(3, 6, 12, 24), L(7, 7, 7, 7)),
	ROW("swin_base_patch4_window7_224", "Swin-B", 224, 86741176, 128, SMALL, L(4, 8, 16, 32), L(7, 7, 7, 7)),
	ROW("swin_base_patch4_window12_384", "Swin-B of 384", 384, 86876536, 128, SMALL, L(4, 8, 16, 32),
		L(12, 12, 12, 12)),
	ROW("swin_large_patch4_window7_224", "Swin-L", 224, 194992404, 192, SMALL, L(6, 12, 24, 48), L(7, 7, 7, 7)),
	ROW("swin_large_patch4_window12_384", "Swin-L of 384", 384, 195195444, 192, SMALL, L(6, 12, 24, 48),
		L(12, 12, 12, 12)),
	ROW("swin_s3_tiny_224", "Swin-S3-T", 224, 27558138, 96, L(2, 2, 6, 2), L(3, 6, 12, 24), L(7, 7, 14, 7)),
	ROW("swin_s3_small_224", "Swin-S3-S", 224, 48966762, 96, SMALL, L(3, 6, 12, 24), L(14, 14, 14, 7)),
	ROW("swin_s3_base_224", "Swin-S3-B", 224, 70355226, 96, L(2, 2, 30, 2), L(3, 6, 12, 24), L(7, 7, 14, 7)),
	{ 0 },
};
