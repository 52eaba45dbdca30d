/*
 * 3x3 convolutions of stride 1 and their gradients by Winograd's F(4x4, 3x3): a quarter of the products, in float. It takes the f32 layers
 * where that pays; the rest is oneDNN's. Formulas and layouts: kernels/winograd.h.
 *
 * Forward and the gradient of the input are one computation: each thread walks its tiles in blocks that fit its cache (input -> spectra ->
 * 36 products -> output). Spectra of the weights are made once where weights stay (inference) and in every run where they change. The
 * gradient of the weights sums over all tiles, so there the threads share the spectra of a block and divide the channels.
 *
 * Error: the largest deviation seen on normal data is 4e-5 of the standard deviation of the result (direct sums: 2e-6); tests/exec/
 * test_winograd.c holds it to 2e-4.
 */
#include "exec/native/native.h"
#include "kernels/winograd.h"

enum { TILE = SECANT_WINOGRAD_TILE, POINTS = SECANT_WINOGRAD_POINTS, LEAST_TILES = 64, LEAST_SHARED = 56, ALIGNED = 16, MOST_PACKED = 1 << 20 };

typedef struct layer {
	secant_winograd_map x, y;                    /* of what is convolved and of the result */
	int64_t tiles, block, spectra, results;      /* tiles in all and at a time; floats of a block's spectra and of its products */
	int parts;
	bool by_channels;                            /* threads divide the outputs, not the tiles */
	float *packed;                               /* spectra of the weights; NULL: made in every run */
} layer;

static int64_t
spectra_size(int64_t channels, int64_t tiles)
{
	return POINTS * ((channels + SECANT_WINOGRAD_BLOCK - 1) / SECANT_WINOGRAD_BLOCK) * SECANT_WINOGRAD_BLOCK * tiles;
}

/* A 3x3 convolution from x to y. Transforms cost in proportion to the channels of both sides, products to their product; nothing is won where
 * these are few, tiles hang far over the edge, or the weights' spectra serve too few tiles. */
static bool
pays(const secant_conv_attr *a, const secant_shape *x, const secant_shape *y, const secant_shape *w, int64_t least)
{
	int width = secant_winograd_best()->width;
	int64_t in = x->dim[3], out = y->dim[3], rows = (y->dim[1] + TILE - 1) / TILE, columns = (y->dim[2] + TILE - 1) / TILE;
	return secant_cpu_isa() >= SECANT_ISA_AVX2 && w->dim[2] == 3 && w->dim[3] == 3 && a->groups == 1 && a->stride.v[0] == 1 && a->stride.v[1] == 1 &&
	       a->dilation.v[0] == 1 && a->dilation.v[1] == 1 && in % width == 0 && out % width == 0 && in * out > 9 * (in + out) &&
	       x->dim[0] * rows * columns >= least && 2 * y->dim[1] * y->dim[2] > rows * columns * TILE * TILE;
}

static bool
all_f32(const secant_step *s)
{
	for (int i = 0; i < s->n_in + s->n_out; i++) {
		const secant_operand *o = i < s->n_in ? &s->in[i] : &s->out[i - s->n_in];
		if (o->shape.rank >= 0 && o->dtype != SECANT_F32)
			return false;
	}
	return true;
}

static secant_winograd_map
map_of(const secant_shape *s, const secant_shape *result, int top, int left)
{
	return (secant_winograd_map){ .height = s->dim[1], .width = s->dim[2], .channels = s->dim[3], .rows = (result->dim[1] + TILE - 1) / TILE,
	                              .columns = (result->dim[2] + TILE - 1) / TILE, .top = top, .left = left };
}

static void
say(secant_step *s, const secant_shape *result, const secant_shape *w)
{
	s->flops = 2.0 * (double)secant_rows(result) * (double)secant_shape_count(w);
	memcpy(s->detail, "winograd:4x4", sizeof "winograd:4x4");
}

/* ---- forward, and the gradient of the input ---- */

/* `top`, `left`: padding of the convolution from x to y. */
static secant_status
prepare(secant_step *s, const secant_shape *x, const secant_shape *y, const secant_shape *w, int top, int left, bool stays, secant_err *err)
{
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->x = map_of(x, y, top, left), l->y = map_of(y, y, 0, 0);
	l->tiles = x->dim[0] * l->y.rows * l->y.columns;
	l->parts = s->threads;
	l->by_channels = l->tiles < 28 * l->parts;
	/* A block's spectra and products stay within the second cache where channels are few; where they are many, a block must be long
	 * enough to pay for walking through the weights. */
	int64_t fits = 196608 / (POINTS * (l->x.channels + l->y.channels)), mine = l->by_channels ? l->tiles : (l->tiles + l->parts - 1) / l->parts;
	l->block = fits < 28 ? (l->x.channels >= 128 ? 56 : 28) : fits;
	l->block = (mine + (mine + l->block - 1) / l->block - 1) / ((mine + l->block - 1) / l->block);
	l->spectra = spectra_size(l->x.channels, l->block);
	l->results = POINTS * l->block * l->y.channels;
	/* Spectra take four times the memory of weights, and making them little time where layers are wide: those are made in every run. */
	int64_t weights = POINTS * l->x.channels * l->y.channels;
	stays &= weights <= MOST_PACKED;
	s->packs = stays ? 2 : 0;
	if (stays && !(l->packed = secant_alloc_raw((size_t)weights * sizeof(float))))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for packed weights");
	s->scratch = (size_t)((stays ? 0 : weights) + l->parts * (l->spectra + l->results)) * sizeof(float);
	say(s, y, w);
	return SECANT_OK;
}

static void
release(secant_step *s)
{
	layer *l = s->data;
	secant_free(l->packed);
	secant_free(l);
}

/* Outputs of part t where threads divide them: whole panels. */
static int64_t
output_part(const layer *l, int t)
{
	int64_t panel = 2 * secant_winograd_best()->width, panels = (l->y.channels + panel - 1) / panel, at = secant_part(panels, l->parts, t) * panel;
	return at < l->y.channels ? at : l->y.channels;
}

static void
make_weights(const layer *l, const float *w, bool flip, float *u)
{
	const secant_winograd_kernels *k = secant_winograd_best();
	int64_t out = flip ? l->x.channels : l->y.channels, in = flip ? l->y.channels : l->x.channels;
	SECANT_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		if (output_part(l, t) < output_part(l, t + 1))
			k->weights(w, out, in, flip, output_part(l, t), output_part(l, t + 1), u);
}

static void
convolve(const layer *l, const float *x, const float *u, const secant_winograd_post *post, float *y, float *scratch)
{
	const secant_winograd_kernels *k = secant_winograd_best();
	SECANT_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		float *v = scratch + t * (l->spectra + l->results), *m = v + l->spectra;
		int64_t at = l->by_channels ? 0 : secant_part(l->tiles, l->parts, t), end = l->by_channels ? l->tiles : secant_part(l->tiles, l->parts, t + 1);
		int64_t from = l->by_channels ? output_part(l, t) : 0, to = l->by_channels ? output_part(l, t + 1) : l->y.channels;
		for (; at < end && from < to; at += l->block) {
			int64_t n = end - at < l->block ? end - at : l->block;
			k->input(x, &l->x, at, n, 0, n, v);
			k->multiply(v, u, n, l->x.channels, l->y.channels, from, to, m);
			k->output(m, &l->y, post, at, n, from, to, y);
		}
	}
}

static secant_status
run_layer(const secant_step *s, const float *x, const float *w, bool flip, const secant_winograd_post *post, float *y, float *scratch)
{
	const layer *l = s->data;
	const float *u = l->packed;
	if (!u) {
		make_weights(l, w, flip, scratch);
		u = scratch;
		scratch += POINTS * l->x.channels * l->y.channels;
	}
	convolve(l, x, u, post, y, scratch);
	return SECANT_OK;
}

static bool
supports_forward(const secant_step *s)
{
	const secant_conv_attr *a = s->node->attr;
	return !s->exact && all_f32(s) && (a->act == SECANT_ACT_NONE || a->act == SECANT_ACT_RELU) && pays(a, &s->in[0].shape, &s->out[0].shape, &s->in[1].shape, LEAST_TILES);
}

static secant_status
prepare_forward(secant_step *s, secant_err *err)
{
	const secant_conv_attr *a = s->node->attr;
	return prepare(s, &s->in[0].shape, &s->out[0].shape, &s->in[1].shape, secant_pad_of(&a->padding, 0), secant_pad_of(&a->padding, 1), s->in[1].state && !s->training, err);
}

static secant_status
pack_forward(secant_step *s, const void *const *in, secant_err *err)
{
	const layer *l = s->data;
	if (l->packed)
		make_weights(l, in[1], false, l->packed);
	return SECANT_OK;
}

static secant_status
forward(const secant_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_conv_attr *a = s->node->attr;
	secant_winograd_post post = { s->n_in > 2 ? in[2] : NULL, s->n_in > 3 ? in[3] : NULL, a->act == SECANT_ACT_RELU };
	return run_layer(s, in[0], in[1], false, &post, out[0], scratch);
}

static bool
supports_grad_data(const secant_step *s)
{
	return !s->exact && all_f32(s) && pays(s->node->attr, &s->in[1].shape, &s->out[0].shape, &s->in[0].shape, LEAST_TILES);
}

static secant_status
prepare_grad_data(secant_step *s, secant_err *err)
{
	const secant_conv_attr *a = s->node->attr;
	return prepare(s, &s->in[1].shape, &s->out[0].shape, &s->in[0].shape, 2 - secant_pad_of(&a->padding, 0), 2 - secant_pad_of(&a->padding, 1), false, err);
}

static secant_status
grad_data(const secant_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	static const secant_winograd_post none;
	return run_layer(s, in[1], in[0], true, &none, out[0], scratch);
}

/* ---- the gradient of the weights ---- */

static bool
supports_grad_weights(const secant_step *s)
{
	return !s->exact && all_f32(s) && pays(s->node->attr, &s->in[0].shape, &s->in[1].shape, &s->out[0].shape, LEAST_SHARED);
}

static secant_status
prepare_grad_weights(secant_step *s, secant_err *err)
{
	const secant_conv_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape, *dy = &s->in[1].shape;
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->x = map_of(x, dy, secant_pad_of(&a->padding, 0), secant_pad_of(&a->padding, 1)), l->y = map_of(dy, dy, 0, 0);
	l->tiles = dy->dim[0] * l->y.rows * l->y.columns;
	l->parts = s->threads;
	int64_t fits = 524288 / (POINTS * (l->x.channels + l->y.channels)), most = fits < LEAST_SHARED ? LEAST_SHARED : fits, blocks = (l->tiles + most - 1) / most;
	l->block = (l->tiles + blocks - 1) / blocks;
	s->scratch = (size_t)(POINTS * l->x.channels * l->y.channels + spectra_size(l->x.channels, l->block) + spectra_size(l->y.channels, l->block)) * sizeof(float);
	say(s, dy, &s->out[0].shape);
	return SECANT_OK;
}

/* In-channels of part t: whole vectors. */
static int64_t
input_part(const layer *l, int t)
{
	return secant_part(l->x.channels / ALIGNED, l->parts, t) * ALIGNED + (t == l->parts ? l->x.channels % ALIGNED : 0);
}

static secant_status
grad_weights(const secant_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_winograd_kernels *k = secant_winograd_best();
	const layer *l = s->data;
	int64_t c = l->x.channels, o = l->y.channels;
	float *sum = scratch, *v = sum + POINTS * c * o, *e = v + spectra_size(c, l->block);
	for (int64_t at = 0; at < l->tiles; at += l->block) {
		int64_t n = l->tiles - at < l->block ? l->tiles - at : l->block;
		SECANT_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			k->input(in[0], &l->x, at, n, secant_part(n, l->parts, t), secant_part(n, l->parts, t + 1), v);
			k->grad(in[1], &l->y, at, n, secant_part(n, l->parts, t), secant_part(n, l->parts, t + 1), e);
		}
		SECANT_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			int64_t from = input_part(l, t), to = input_part(l, t + 1);
			for (int64_t p = 0; at == 0 && p < POINTS; p++)
				memset(sum + (p * c + from) * o, 0, (size_t)((to - from) * o) * sizeof *sum);
			k->correlate(v, e, n, c, o, from, to, sum);
		}
	}
	SECANT_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		k->filters(sum, o, c, input_part(l, t), input_part(l, t + 1), out[0]);
	return SECANT_OK;
}

const secant_impl secant_impls_winograd[] = {
	{ .op = "conv2d", .name = "native", .supports = supports_forward, .prepare = prepare_forward, .pack = pack_forward, .run = forward, .release = release, .inplace = 4 },
	{ .op = "conv2d_grad_data", .name = "native", .supports = supports_grad_data, .prepare = prepare_grad_data, .run = grad_data, .release = release },
	{ .op = "conv2d_grad_weights", .name = "native", .supports = supports_grad_weights, .prepare = prepare_grad_weights, .run = grad_weights, .release = release },
	{ 0 }
};
