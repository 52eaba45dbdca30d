/*
 * Plain vision transformers (Dosovitskiy and others 2020; DeiT, DeiT III: Touvron and others 2021, 2022; CLIP: Radford
 * and others 2021; SigLIP: Zhai and others 2023) as timm builds them: patches of 16 x 16 (or 8, 32), tokens before them
 * (for the class, of a teacher, registers; or none), a learned table of positions for one size of picture. Each
 * asked-for feature is what a block gives, without the last norm, and the tokens beside it. Norm, pooling and head are
 * in the files and never run. Tokens are N x T x 1 x C.
 */
#include "nn/encoder.h"

typedef struct vit {
	int width, heads, blocks, classes; /* classes 0: no head */
	bool scaled; /* each branch has a scale a channel */
	bool apart; /* tokens before the patches have no position */
	bool classless, distilled; /* no class token; one more, of a teacher, with a head of its own */
	int registers; /* tokens that stand for nothing */
	bool unbiased; /* queries, keys and values have no bias */
	bool clip; /* a norm before the blocks in place of the patches' bias; norms as PyTorch has them */
	bool pooled; /* by attention, behind the blocks */
	bool averaged; /* the last norm stands behind the mean of all patches */
	bool soft; /* `scaled` begins at 1e-5, not at 1e-6 */
	double between; /* width within a block, to the block's; 0: 4 */
} vit;

static int
before_patches(const vit *v)
{
	return !v->classless + v->distilled + v->registers;
}

static double
eps_of(const vit *v)
{
	return v->clip ? 1e-5 : 1e-6;
}

static graph_value
linear(nn_builder *n, const char *name, graph_value x, int out)
{
	return nn_linear(n, name, x, out, GRAPH_INIT_TRUNC_NORMAL);
}

static graph_value
unbiased(nn_builder *n, const char *name, graph_value x, int out)
{
	size_t mark = nn_enter(n, name);
	graph_value w = nn_state(n, "weight", &(secant_shape){ 2, { out, nn_channels(n, x) } }, GRAPH_INIT_TRUNC_NORMAL);
	nn_leave(n, mark);
	return graph_apply(n->g, "linear", NULL, 2, x, w);
}

static graph_value
tokens_of(nn_builder *n, graph_value x, int from, int to) /* to -1: to the end */
{
	op_slice_attr a = { .start = { 4, { 0, from, 0, 0 } }, .stop = { 4, { -1, to, -1, -1 } } };
	return graph_apply(n->g, "slice", &a, 1, x);
}

static graph_value
add(nn_builder *n, graph_value a, graph_value b)
{
	return graph_apply(n->g, "add", NULL, 2, a, b);
}

/* A branch of a block, by channel. */
static graph_value
scaled(nn_builder *n, const vit *v, const char *name, graph_value y)
{
	if (!v->scaled)
		return y;
	size_t mark = nn_enter(n, name);
	graph_value gamma = nn_state(
		n, "gamma", &(secant_shape){ 1, { v->width } }, v->soft ? GRAPH_INIT_SOFT : GRAPH_INIT_FAINT);
	nn_leave(n, mark);
	return graph_apply(n->g, "mul", NULL, 2, y, gamma);
}

static graph_value
block(nn_builder *n, const vit *v, graph_value x)
{
	int c = v->width, between = (int)(c * (v->between > 0 ? v->between : 4));
	graph_value y = nn_layer_norm(n, "norm1", x, eps_of(v));
	size_t mark = nn_enter(n, "attn");
	graph_value qkv = v->unbiased ? unbiased(n, "qkv", y, 3 * c) : linear(n, "qkv", y, 3 * c);
	y = nn_attention(n, v->heads, nn_channels_of(n, qkv, 0, c), nn_channels_of(n, qkv, c, 2 * c),
		nn_channels_of(n, qkv, 2 * c, 3 * c), -1, -1);
	y = linear(n, "proj", y, c);
	nn_leave(n, mark);
	x = add(n, x, scaled(n, v, "ls1", y));
	y = nn_layer_norm(n, "norm2", x, eps_of(v));
	mark = nn_enter(n, "mlp");
	y = linear(n, "fc2", nn_act(n, "gelu", linear(n, "fc1", y, between)), c);
	nn_leave(n, mark);
	return add(n, x, scaled(n, v, "ls2", y));
}

/* The table of positions, 1 x T x 1 x C, resampled for a map of another size; rows of tokens before the patches stay.
 */
static graph_value
for_map(nn_builder *n, const vit *v, graph_value table, int side, graph_value map)
{
	int c = v->width, first = v->apart ? 0 : before_patches(v), count = 0;
	op_shape_attr square = { { 4, { 1, side, side, c } } }, row = { { 4, { 1, -1, 1, c } } };
	graph_value grid = graph_apply(n->g, "reshape", &square, 1, tokens_of(n, table, first, -1)), parts[2];
	if (first)
		parts[count++] = tokens_of(n, table, 0, first);
	grid = graph_apply(n->g, "resize_smooth", NULL, 2, grid, map);
	parts[count++] = graph_apply(n->g, "reshape", &row, 1, grid);
	return op_build_concat(n->g, count, parts, 1);
}

/* Patches of the picture in a row behind the tokens, with their positions. */
static graph_value
embed(nn_builder *n, const vit *v, int patch, graph_value x, const nn_request *q, graph_value *map)
{
	int c = v->width, side = q->size / patch, rows = side * side + (v->apart ? 0 : before_patches(v)), count = 0;
	op_shape_attr table = { { 4, { 1, -1, 1, c } } };
	nn_conv_spec proj = { .out = c, .kernel = patch, .stride = patch, .bias = !v->clip, .init = GRAPH_INIT_DEFAULT };
	/* in the order of a state_dict; data meets a teacher's token before registers, and no network has both */
	graph_value token[3] = { -1, -1, -1 }, part[4], position;
	if (!v->classless)
		token[0] = nn_state(n, "cls_token", &(secant_shape){ 3, { 1, 1, c } }, GRAPH_INIT_ZEROS);
	if (v->registers)
		token[1] = nn_state(n, "reg_token", &(secant_shape){ 3, { 1, v->registers, c } }, GRAPH_INIT_ZEROS);
	position = nn_state(n, "pos_embed", &(secant_shape){ 3, { 1, rows, c } }, GRAPH_INIT_TRUNC_NORMAL);
	if (v->distilled)
		token[2] = nn_state(n, "dist_token", &(secant_shape){ 3, { 1, 1, c } }, GRAPH_INIT_ZEROS);
	*map = nn_conv(n, "patch_embed.proj", x, &proj);
	graph_value row = graph_apply(n->g, "reshape", &(op_shape_attr){ { 4, { -2, -1, 1, c } } }, 1, *map);
	/* the tokens once for each picture: nothing of a patch, plus the token */
	graph_value none = graph_apply(n->g, "mul_scalar", &(op_number_attr){ 0, 0 }, 1, tokens_of(n, row, 0, 1));
	for (int i = 0; i < 3; i++)
		if (token[i] >= 0)
			part[count++] = add(n, none, graph_apply(n->g, "reshape", &table, 1, token[i]));
	position = graph_apply(n->g, "reshape", &table, 1, position);
	if (q->dynamic)
		position = for_map(n, v, position, side, *map);
	part[count++] = v->apart ? add(n, row, position) : row;
	x = op_build_concat(n->g, count, part, 1);
	x = v->apart ? x : add(n, x, position);
	return v->clip ? nn_layer_norm(n, "norm_pre", x, eps_of(v)) : x;
}

/* Is block i's result feature `stage`? timm gives results in the order of the blocks, however they are asked for. */
static bool
is_tap(const nn_request *q, int blocks, int i, int stage)
{
	if (!q->taps.n)
		return i == blocks * stage / q->depth - 1;
	int before = 0;
	bool asked = false;
	for (int k = 0; k < q->taps.n; k++) {
		int at = q->taps.v[k] < 0 ? q->taps.v[k] + blocks : q->taps.v[k];
		before += at < i;
		asked |= at == i;
	}
	return asked && before == stage - 1;
}

static void
check_taps(nn_builder *n, const nn_request *q, int blocks)
{
	for (int k = 0; k < q->taps.n; k++) {
		int at = q->taps.v[k], from_start = at < 0 ? at + blocks : at;
		if (at < -blocks || at >= blocks)
			graph_fail(n->g, SECANT_ERR_ARG,
				"Output indices for feature extraction should be in range [-%d, %d), because the model has %d blocks, "
				"got "
				"index = %d.",
				blocks, blocks, blocks, at);
		for (int j = 0; j < k; j++)
			if ((q->taps.v[j] < 0 ? q->taps.v[j] + blocks : q->taps.v[j]) == from_start)
				graph_fail(n->g, SECANT_ERR_ARG, "encoder-output-indices: block %d is named twice", from_start);
	}
}

static void
pool_states(nn_builder *n, int c)
{
	size_t mark = nn_enter(n, "attn_pool");
	nn_state(n, "latent", &(secant_shape){ 3, { 1, 1, c } }, GRAPH_INIT_ZEROS);
	nn_linear_states(n, "q", c, c, GRAPH_INIT_DEFAULT);
	nn_linear_states(n, "kv", c, 2 * c, GRAPH_INIT_DEFAULT);
	nn_linear_states(n, "proj", c, c, GRAPH_INIT_DEFAULT);
	size_t norm = nn_enter(n, "norm");
	nn_state(n, "weight", &(secant_shape){ 1, { c } }, GRAPH_INIT_ONES);
	nn_state(n, "bias", &(secant_shape){ 1, { c } }, GRAPH_INIT_ZEROS);
	nn_leave(n, norm);
	nn_linear_states(n, "mlp.fc1", c, 4 * c, GRAPH_INIT_DEFAULT);
	nn_linear_states(n, "mlp.fc2", 4 * c, c, GRAPH_INIT_DEFAULT);
	nn_leave(n, mark);
}

static void
build(nn_builder *n, const nn_encoder *e, graph_value x, const nn_request *q, nn_stage *f)
{
	const vit *v = e->config;
	graph_value map;
	size_t mark = nn_enter(n, "model");
	f[0].value = x;
	check_taps(n, q, v->blocks);
	x = embed(n, v, e->patch, x, q, &map);
	op_shape_attr as_map = { { 4, { -2, OP_LIKE_AXIS(1), OP_LIKE_AXIS(2), v->width } } };
	int stage = 1, tokens = before_patches(v);
	size_t blocks = nn_enter(n, "blocks");
	for (int i = 0; i < v->blocks; i++) {
		size_t inner = nn_enter_index(n, i);
		x = block(n, v, x);
		nn_leave(n, inner);
		for (; stage <= q->depth && is_tap(q, v->blocks, i, stage); stage++) {
			f[stage].value = graph_apply(n->g, "reshape", &as_map, 2, tokens_of(n, x, tokens, -1), map);
			f[stage].prefix = tokens ? tokens_of(n, x, 0, tokens) : -1;
		}
	}
	nn_leave(n, blocks);
	nn_layer_norm(n, v->averaged ? "fc_norm" : "norm", x, eps_of(v));
	if (v->pooled)
		pool_states(n, v->width);
	if (v->classes)
		nn_linear_states(n, "head", v->width, v->classes, GRAPH_INIT_DEFAULT);
	if (v->distilled)
		nn_linear_states(n, "head_dist", v->width, v->classes, GRAPH_INIT_DEFAULT);
	nn_leave(n, mark);
}

#define ROW(name, text, patch, side, width, ...) \
	{ \
		"tu-" name, text, { 3, width, width, width, width, width }, 0, build, &(const vit){ width, __VA_ARGS__ }, \
			NN_ENCODER_TOKENS | NN_ENCODER_FIXED, 0, side, patch \
	}
/* Of pictures and their texts: no class token, no head. */
#define SIGLIP(name, side) \
	{ \
		"tu-vit_base_patch16_siglip_" name, "ViT-B/16 of SigLIP", { 3, 768, 768, 768, 768, 768 }, 0, build, \
			&(const vit){ 768, 12, 12, 0, .classless = true, .pooled = true }, \
			NN_ENCODER_TOKENS | NN_ENCODER_FIXED | NN_ENCODER_BARE, 0, side, 16 \
	}
/* With registers, no class token and a norm behind the mean. */
#define REGISTERED(name, text, side, width, heads, blocks, count, ...) \
	ROW(name, text, 16, side, width, heads, blocks, 1000, .classless = true, .registers = count, .averaged = true, \
		__VA_ARGS__)
#define SOFT .apart = true, .scaled = true, .soft = true
const nn_encoder nn_encoders_vit[] = {
	ROW("vit_tiny_patch16_224", "ViT-Ti/16", 16, 224, 192, 3, 12, 1000),
	ROW("vit_tiny_patch16_224.augreg_in21k", "ViT-Ti/16, of ImageNet-21k", 16, 224, 192, 3, 12, 21843),
	ROW("vit_tiny_patch16_384", "ViT-Ti/16 of 384", 16, 384, 192, 3, 12, 1000),
	ROW("vit_small_patch16_224.dino", "ViT-S/16 of DINO", 16, 224, 384, 6, 12, 0),
	ROW("vit_base_patch8_224.dino", "ViT-B/8 of DINO", 8, 224, 768, 12, 12, 0),
	ROW("vit_base_patch16_224.dino", "ViT-B/16 of DINO", 16, 224, 768, 12, 12, 0),
	ROW("vit_base_patch16_224.mae", "ViT-B/16 of masked autoencoders", 16, 224, 768, 12, 12, 0),
	ROW("vit_large_patch16_224.mae", "ViT-L/16 of masked autoencoders", 16, 224, 1024, 16, 24, 0),
	ROW("vit_base_patch16_clip_224", "ViT-B/16 of CLIP", 16, 224, 768, 12, 12, 1000, .clip = true),
	ROW("vit_base_patch16_clip_224.laion2b", "ViT-B/16 of CLIP", 16, 224, 768, 12, 12, 512, .clip = true),
	ROW("vit_base_patch32_clip_224", "ViT-B/32 of CLIP", 32, 224, 768, 12, 12, 1000, .clip = true),
	ROW("vit_base_patch16_clip_384", "ViT-B/16 of CLIP, of 384", 16, 384, 768, 12, 12, 1000, .clip = true),
	SIGLIP("224", 224),
	SIGLIP("256", 256),
	SIGLIP("384", 384),
	SIGLIP("512", 512),
	ROW("vit_medium_patch16_gap_256", "ViT-M/16 without a class token, of 256", 16, 256, 512, 8, 12, 1000,
		.classless = true, .unbiased = true, .scaled = true),
	ROW("vit_medium_patch16_gap_384", "ViT-M/16 without a class token, of 384", 16, 384, 512, 8, 12, 1000,
		.classless = true, .unbiased = true, .scaled = true),
	REGISTERED("vit_wee_patch16_reg1_gap_256", "ViT-Wee/16 with a register", 256, 256, 4, 14, 1, SOFT, .between = 5),
	REGISTERED(
		"vit_little_patch16_reg1_gap_256", "ViT-Little/16 with a register", 256, 320, 5, 14, 1, SOFT, .between = 5.6),
	REGISTERED(
		"vit_little_patch16_reg4_gap_256", "ViT-Little/16 with 4 registers", 256, 320, 5, 14, 4, SOFT, .between = 5.6),
	REGISTERED("vit_medium_patch16_reg1_gap_256", "ViT-M/16 with a register", 256, 512, 8, 12, 1, SOFT),
	REGISTERED("vit_medium_patch16_reg4_gap_256", "ViT-M/16 with 4 registers", 256, 512, 8, 12, 4, SOFT),
	REGISTERED("vit_mediumd_patch16_reg4_gap_256", "ViT-M/16, deeper, with 4 registers", 256, 512, 8, 20, 4, SOFT),
	REGISTERED(
		"vit_mediumd_patch16_reg4_gap_384", "ViT-M/16, deeper, with 4 registers, of 384", 384, 512, 8, 20, 4, SOFT),
	REGISTERED("vit_betwixt_patch16_reg1_gap_256", "ViT between M and B/16 with a register", 256, 640, 10, 12, 1, SOFT),
	REGISTERED(
		"vit_betwixt_patch16_reg4_gap_256", "ViT between M and B/16 with 4 registers", 256, 640, 10, 12, 4, SOFT),
	REGISTERED("vit_betwixt_patch16_reg4_gap_384", "ViT between M and B/16 with 4 registers, of 384", 384, 640, 10, 12,
		4, SOFT),
	REGISTERED("vit_base_patch16_reg4_gap_256", "ViT-B/16 with 4 registers", 256, 768, 12, 12, 4, .apart = true),
	ROW("deit_tiny_distilled_patch16_224", "DeiT-Ti with a teacher's token", 16, 224, 192, 3, 12, 1000,
		.distilled = true),
	ROW("deit_small_distilled_patch16_224", "DeiT-S with a teacher's token", 16, 224, 384, 6, 12, 1000,
		.distilled = true),
	ROW("deit_base_distilled_patch16_224", "DeiT-B with a teacher's token", 16, 224, 768, 12, 12, 1000,
		.distilled = true),
	ROW("deit_base_distilled_patch16_384", "DeiT-B with a teacher's token, of 384", 16, 384, 768, 12, 12, 1000,
		.distilled = true),
	ROW("vit_small_patch8_224", "ViT-S/8", 8, 224, 384, 6, 12, 0),
	ROW("vit_small_patch16_224", "ViT-S/16", 16, 224, 384, 6, 12, 1000),
	ROW("vit_small_patch16_224.augreg_in21k", "ViT-S/16, of ImageNet-21k", 16, 224, 384, 6, 12, 21843),
	ROW("vit_small_patch16_384", "ViT-S/16 of 384", 16, 384, 384, 6, 12, 1000),
	ROW("vit_small_patch32_224", "ViT-S/32", 32, 224, 384, 6, 12, 1000),
	ROW("vit_small_patch32_384", "ViT-S/32 of 384", 32, 384, 384, 6, 12, 1000),
	ROW("vit_base_patch8_224", "ViT-B/8", 8, 224, 768, 12, 12, 1000),
	ROW("vit_base_patch16_224", "ViT-B/16", 16, 224, 768, 12, 12, 1000),
	ROW("vit_base_patch16_224.augreg_in21k", "ViT-B/16, of ImageNet-21k", 16, 224, 768, 12, 12, 21843),
	ROW("vit_base_patch16_384", "ViT-B/16 of 384", 16, 384, 768, 12, 12, 1000),
	ROW("vit_base_patch32_224", "ViT-B/32", 32, 224, 768, 12, 12, 1000),
	ROW("vit_base_patch32_384", "ViT-B/32 of 384", 32, 384, 768, 12, 12, 1000),
	ROW("vit_large_patch16_224", "ViT-L/16", 16, 224, 1024, 16, 24, 1000),
	ROW("vit_large_patch16_224.augreg_in21k", "ViT-L/16, of ImageNet-21k", 16, 224, 1024, 16, 24, 21843),
	ROW("vit_large_patch16_384", "ViT-L/16 of 384", 16, 384, 1024, 16, 24, 1000),
	ROW("vit_large_patch32_384", "ViT-L/32 of 384", 32, 384, 1024, 16, 24, 1000),
	ROW("deit_tiny_patch16_224", "DeiT-Ti", 16, 224, 192, 3, 12, 1000),
	ROW("deit_small_patch16_224", "DeiT-S", 16, 224, 384, 6, 12, 1000),
	ROW("deit_base_patch16_224", "DeiT-B", 16, 224, 768, 12, 12, 1000),
	ROW("deit_base_patch16_384", "DeiT-B of 384", 16, 384, 768, 12, 12, 1000),
	ROW("deit3_small_patch16_224", "DeiT III-S", 16, 224, 384, 6, 12, 1000, .scaled = true, .apart = true),
	ROW("deit3_small_patch16_384", "DeiT III-S of 384", 16, 384, 384, 6, 12, 1000, .scaled = true, .apart = true),
	ROW("deit3_medium_patch16_224", "DeiT III-M", 16, 224, 512, 8, 12, 1000, .scaled = true, .apart = true),
	ROW("deit3_base_patch16_224", "DeiT III-B", 16, 224, 768, 12, 12, 1000, .scaled = true, .apart = true),
	ROW("deit3_base_patch16_384", "DeiT III-B of 384", 16, 384, 768, 12, 12, 1000, .scaled = true, .apart = true),
	ROW("deit3_large_patch16_224", "DeiT III-L", 16, 224, 1024, 16, 24, 1000, .scaled = true, .apart = true),
	ROW("deit3_large_patch16_384", "DeiT III-L of 384", 16, 384, 1024, 16, 24, 1000, .scaled = true, .apart = true),
	{ 0 },
};
