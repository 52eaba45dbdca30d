/*
 * Plain vision transformers (Dosovitskiy and others 2020; DeiT: Touvron and others 2021) as timm builds them: patches
 * of 16 x 16, a class token before them, a learned table of positions for one size of picture. Each asked-for feature
 * is what a block gives, without the last norm, and the class token beside it. Norm and head are in the files and never
 * run. Tokens are N x T x 1 x C.
 */
#include "nn/encoder.h"

typedef struct vit {
	int width, heads, blocks, classes;
} vit;

enum { PATCH = 16 };

static secant_value
linear(secant_nn *n, const char *name, secant_value x, int out)
{
	return secant_nn_linear(n, name, x, out, SECANT_INIT_TRUNC_NORMAL);
}

static secant_value
tokens_of(secant_nn *n, secant_value x, int from, int to) /* to -1: to the end */
{
	secant_slice_attr a = { .start = { 4, { 0, from, 0, 0 } }, .stop = { 4, { -1, to, -1, -1 } } };
	return secant_apply(n->g, "slice", &a, 1, x);
}

static secant_value
add(secant_nn *n, secant_value a, secant_value b)
{
	return secant_apply(n->g, "add", NULL, 2, a, b);
}

static secant_value
block(secant_nn *n, const vit *v, secant_value x)
{
	int c = v->width;
	secant_value y = secant_nn_layer_norm(n, "norm1", x, 1e-6);
	size_t mark = secant_nn_enter(n, "attn");
	secant_value qkv = linear(n, "qkv", y, 3 * c);
	y = secant_nn_attention(n, v->heads, secant_nn_channels_of(n, qkv, 0, c), secant_nn_channels_of(n, qkv, c, 2 * c),
		secant_nn_channels_of(n, qkv, 2 * c, 3 * c), -1);
	y = linear(n, "proj", y, c);
	secant_nn_leave(n, mark);
	x = add(n, x, y);
	y = secant_nn_layer_norm(n, "norm2", x, 1e-6);
	mark = secant_nn_enter(n, "mlp");
	y = linear(n, "fc2", secant_nn_act(n, "gelu", linear(n, "fc1", y, 4 * c)), c);
	secant_nn_leave(n, mark);
	return add(n, x, y);
}

/* Patches of the picture in a row behind the class token, with their positions. */
static secant_value
embed(secant_nn *n, const vit *v, secant_value x, int size, secant_value *map)
{
	int c = v->width, count = size / PATCH * (size / PATCH);
	secant_value cls = secant_nn_state(n, "cls_token", &(secant_shape){ 3, { 1, 1, c } }, SECANT_INIT_ZEROS);
	secant_value position = secant_nn_state(
		n, "pos_embed", &(secant_shape){ 3, { 1, 1 + count, c } }, SECANT_INIT_TRUNC_NORMAL);
	secant_conv_spec patch = { .out = c, .kernel = PATCH, .stride = PATCH, .bias = true, .init = SECANT_INIT_DEFAULT };
	*map = secant_nn_conv(n, "patch_embed.proj", x, &patch);
	secant_value row = secant_apply(n->g, "reshape", &(secant_shape_attr){ { 4, { -2, -1, 1, c } } }, 1, *map);
	secant_shape_attr table = { { 4, { 1, -1, 1, c } } };
	/* one class token for each picture: nothing of a patch, plus the token */
	secant_value none = secant_apply(n->g, "mul_scalar", &(secant_number_attr){ 0, 0 }, 1, tokens_of(n, row, 0, 1));
	secant_value first = add(n, none, secant_apply(n->g, "reshape", &table, 1, cls));
	const secant_node *all = secant_graph_node(
		n->g, "concat", &(secant_axis_attr){ 1 }, 2, (secant_value[]){ first, row });
	return add(n, all ? all->out[0] : -1, secant_apply(n->g, "reshape", &table, 1, position));
}

static void
build(secant_nn *n, const secant_encoder *e, secant_value x, const secant_request *q, secant_stage *f)
{
	const vit *v = e->config;
	secant_value map;
	size_t mark = secant_nn_enter(n, "model");
	f[0].value = x;
	x = embed(n, v, x, q->size, &map);
	secant_shape_attr as_map = { { 4, { -2, SECANT_LIKE_AXIS(1), SECANT_LIKE_AXIS(2), v->width } } };
	int stage = 1;
	size_t blocks = secant_nn_enter(n, "blocks");
	for (int i = 0; i < v->blocks; i++) {
		size_t inner = secant_nn_enter_index(n, i);
		x = block(n, v, x);
		secant_nn_leave(n, inner);
		for (; stage <= q->depth && i == v->blocks * stage / q->depth - 1; stage++) {
			f[stage].value = secant_apply(n->g, "reshape", &as_map, 2, tokens_of(n, x, 1, -1), map);
			f[stage].prefix = tokens_of(n, x, 0, 1);
		}
	}
	secant_nn_leave(n, blocks);
	secant_nn_layer_norm(n, "norm", x, 1e-6);
	secant_nn_linear_states(n, "head", v->width, v->classes, SECANT_INIT_DEFAULT);
	secant_nn_leave(n, mark);
}

#define VIT(name, text, width, heads, blocks, classes) \
	{ \
		name, text, { 3, width, width, width, width, width }, 0, build, &(const vit){ width, heads, blocks, classes }, \
			SECANT_ENCODER_TOKENS | SECANT_ENCODER_FIXED \
	}
const secant_encoder secant_encoders_vit[] = {
	VIT("tu-vit_tiny_patch16_224", "ViT-Ti/16", 192, 3, 12, 1000),
	VIT("tu-vit_small_patch16_224", "ViT-S/16", 384, 6, 12, 1000),
	VIT("tu-vit_base_patch16_224", "ViT-B/16", 768, 12, 12, 1000),
	VIT("tu-vit_base_patch16_224.augreg_in21k", "ViT-B/16, of ImageNet-21k", 768, 12, 12, 21843),
	VIT("tu-vit_large_patch16_224", "ViT-L/16", 1024, 16, 24, 1000),
	VIT("tu-deit_tiny_patch16_224", "DeiT-Ti", 192, 3, 12, 1000),
	VIT("tu-deit_small_patch16_224", "DeiT-S", 384, 6, 12, 1000),
	VIT("tu-deit_base_patch16_224", "DeiT-B", 768, 12, 12, 1000),
	{ 0 },
};
