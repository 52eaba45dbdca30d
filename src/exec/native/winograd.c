/*
 * 3x3 convolutions of stride 1 and their gradients by Winograd's F(4x4, 3x3): a quarter of the products, in float. It
 * takes the f32 layers where that pays, and the bf16 layers of CPUs without AMX, whose direct products in bf16 are less
 * than twice as fast as those in float; the rest is oneDNN's. Formulas and layouts: kernels/winograd.h.
 *
 * Forward and the gradient of the input are one computation (input -> spectra -> 36 products -> output) that threads
 * divide in one of two ways: by tiles, each walking its own in blocks that fit its cache, through spectra of the
 * weights that are made before (once where weights stay, in every run where they change); or, where weights are large
 * and tiles few, by outputs: then spectra of a block of tiles are shared, and those of the weights are made panel by
 * panel, six points at a time, and used while they are in the cache.
 *
 * The gradient of the weights sums over all tiles. Threads sum over their own and meet at the end, for cores may be far
 * apart; where sums are too large for that, they share the spectra of a block and divide the filters.
 *
 * Error: the largest deviation seen on normal data is 4e-5 of the standard deviation of the result (direct sums: 2e-6);
 * tests/exec/ test_winograd.c holds it to 2e-4.
 */
#include "base/hash.h"
#include "exec/native/native.h"
#include "kernels/winograd.h"

enum {
	TILE = KERNEL_WINOGRAD_TILE,
	POINTS = KERNEL_WINOGRAD_POINTS,
	BLOCK = KERNEL_WINOGRAD_BLOCK,
	ROW = 6,
	MOST_PACKED = 1 << 20
};
enum { LEAST_TILES = 64, LEAST_DIVIDED = 4, LEAST_SHARED = 16, FEW_TILES = 96, MOST_OWN = 600000 }; /* measured */

typedef struct layer {
	kernel_winograd_map x, y; /* of what is convolved and of the result */
	int64_t tiles, block; /* tiles in all and at a time */
	int64_t spectra, own; /* floats of a block's spectra; of the scratch of one thread */
	int parts;
	bool by_outputs; /* threads divide the outputs (or filters), not the tiles */
	void *packed; /* weights as panels (by outputs; stored as pictures are) or spectra (by tiles); NULL: every run makes
					 them */
} layer;

static int64_t
spectra_size(int64_t channels, int64_t tiles)
{
	return POINTS * ((channels + KERNEL_WINOGRAD_BLOCK - 1) / KERNEL_WINOGRAD_BLOCK) * KERNEL_WINOGRAD_BLOCK * tiles;
}

static int64_t
panel_of(void)
{
	return 2 * kernel_winograd_best()->width;
}

static int64_t
tiles_of(const secant_shape *y)
{
	return y->dim[0] * ((y->dim[1] + TILE - 1) / TILE) * ((y->dim[2] + TILE - 1) / TILE);
}

/* Large spectra of weights are not worth making and walking through for few tiles; and every thread must have outputs
 * of its own. */
static bool
divides_outputs(int64_t tiles, int64_t in, int64_t out, int threads)
{
	return POINTS * in * out > MOST_PACKED && tiles < FEW_TILES * threads
		&& (out + panel_of() - 1) / panel_of() >= threads;
}

/* Pictures x and y are both float or both bfloat16, and the latter only where nothing multiplies it faster; all else is
 * float. */
static bool
stored_well(const exec_step *s, const exec_operand *x, const exec_operand *y)
{
	for (int i = 0; i < s->n_in + s->n_out; i++) {
		const exec_operand *o = i < s->n_in ? &s->in[i] : &s->out[i - s->n_in];
		bool picture = o == x || o == y || i == 3; /* 3: what a convolution adds */
		if (o->shape.rank >= 0 && o->dtype != (picture ? x->dtype : SECANT_F32))
			return false;
	}
	return x->dtype == SECANT_F32 || (x->dtype == SECANT_BF16 && !base_cpu_has_amx());
}

/* A 3x3 convolution from x to y. Transforms cost in proportion to the channels of both sides, products to their
 * product; nothing is won where these are few, tiles hang far over the edge, or the weights' spectra serve too few
 * tiles. */
static bool
pays(const exec_step *s, const exec_operand *from, const exec_operand *to, const secant_shape *w, int64_t least)
{
	const op_conv_attr *a = s->node->attr;
	const secant_shape *x = &from->shape, *y = &to->shape;
	int width = kernel_winograd_best()->width, worth = from->dtype == SECANT_BF16 ? 18 : 9;
	int64_t in = x->dim[3], out = y->dim[3], tiles = tiles_of(y);
	return !s->exact && stored_well(s, from, to) && base_cpu_isa() >= BASE_ISA_AVX2 && w->dim[2] == 3 && w->dim[3] == 3
		&& a->groups == 1 && a->stride.v[0] == 1 && a->stride.v[1] == 1 && a->dilation.v[0] == 1
		&& a->dilation.v[1] == 1 && in % width == 0 && out % width == 0 && in * out > worth * (in + out)
		&& tiles >= least && 2 * exec_rows(y) > tiles * TILE * TILE;
}

static bool
pays_convolved(const exec_step *s, const exec_operand *x, const exec_operand *y, const secant_shape *w)
{
	return pays(s, x, y, w,
		divides_outputs(tiles_of(&y->shape), x->shape.dim[3], y->shape.dim[3], s->threads) ? LEAST_DIVIDED
																						   : LEAST_TILES);
}

static kernel_winograd_map
map_of(const exec_operand *o, const secant_shape *result, int top, int left)
{
	const secant_shape *s = &o->shape;
	return (kernel_winograd_map){
		.height = s->dim[1],
		.width = s->dim[2],
		.channels = s->dim[3],
		.rows = (result->dim[1] + TILE - 1) / TILE,
		.columns = (result->dim[2] + TILE - 1) / TILE,
		.top = top,
		.left = left,
		.low = o->dtype == SECANT_BF16,
	};
}

static void
say(exec_step *s, const secant_shape *result, const secant_shape *w)
{
	s->flops = 2.0 * (double)exec_rows(result) * (double)secant_shape_count(w);
	memcpy(s->detail, "winograd:4x4", sizeof "winograd:4x4");
}

static layer *
new_layer(exec_step *s, const exec_operand *x, const exec_operand *y, int top, int left, secant_err *err)
{
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
		return NULL;
	}
	l->x = map_of(x, &y->shape, top, left), l->y = map_of(y, &y->shape, 0, 0);
	l->tiles = tiles_of(&y->shape);
	l->parts = s->threads;
	return l;
}

/* All tiles in equal blocks of at most `most`. */
static int64_t
equal_blocks(int64_t tiles, int64_t most)
{
	int64_t blocks = (tiles + most - 1) / most;
	return (tiles + blocks - 1) / blocks;
}

/* ---- forward, and the gradient of the input ---- */

/* First output of part t where threads divide them: whole panels. */
static int64_t
output_part(const layer *l, int t)
{
	int64_t panel = panel_of(), at = exec_part((l->y.channels + panel - 1) / panel, l->parts, t) * panel;
	return at < l->y.channels ? at : l->y.channels;
}

/* `top`, `left`: padding of the convolution from x to y. */
static secant_status
prepare(exec_step *s, const exec_operand *x, const exec_operand *y, const secant_shape *w, int top, int left,
	bool stays, secant_err *err)
{
	layer *l = new_layer(s, x, y, top, left, err);
	if (!l)
		return SECANT_ERR_NOMEM;
	int64_t in = l->x.channels, out = l->y.channels, weights = in * out, panel = in * panel_of();
	size_t bytes = sizeof(float);
	l->by_outputs = divides_outputs(l->tiles, in, out, l->parts);
	if (l->by_outputs) {
		l->block = equal_blocks(l->tiles, 2097152 / (POINTS * in) < 56 ? 56 : 2097152 / (POINTS * in));
		l->own = (9 + ROW) * panel + POINTS * l->block * panel_of();
		weights *= 9;
		bytes = l->x.low ? sizeof(uint16_t) : sizeof(float);
	} else {
		/* A block's spectra and products stay within the second cache where channels are few; where they are many, a
		 * block must be long enough to pay for walking through the weights. */
		int64_t fits = 196608 / (POINTS * (in + out));
		l->block = equal_blocks((l->tiles + l->parts - 1) / l->parts, fits < 28 ? (in >= 128 ? 56 : 28) : fits);
		weights *= POINTS;
		l->own = spectra_size(in, l->block) + POINTS * l->block * out;
		l->own = l->own > 9 * panel ? l->own : 9 * panel;
		/* Spectra take four times the memory of weights, and making them little time where layers are wide: those are
		 * made in every run. */
		stays &= weights <= MOST_PACKED;
	}
	l->spectra = spectra_size(in, l->block);
	s->packs = stays ? 2 : 0;
	if (stays) {
		uint64_t of[] = { l->by_outputs, (uint64_t)l->parts, (uint64_t)panel_of(), l->x.low };
		s->packed = &l->packed;
		s->packed_bytes = (size_t)weights * bytes;
		s->layout = base_fnv1a(of, sizeof of);
	}
	s->scratch = (size_t)((l->by_outputs ? l->spectra : stays ? 0 : weights) + l->parts * l->own) * sizeof(float);
	say(s, &y->shape, w);
	return SECANT_OK;
}

static void
release(exec_step *s)
{
	layer *l = s->data;
	if (!s->lent)
		secant_free(l->packed);
	secant_free(l);
}

/* Spectra of all weights; `own`: scratch of the threads. */
static void
make_spectra(const layer *l, const float *w, bool flip, float *u, float *own)
{
	const kernel_winograd_kernels *k = kernel_winograd_best();
	int64_t in = l->x.channels, out = l->y.channels, panel = panel_of();
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t o = output_part(l, t), end = output_part(l, t + 1); o < end; o += panel) {
			int64_t wide = end - o < panel ? end - o : panel;
			k->panel(w, flip ? in : out, flip ? out : in, flip, o, wide, false, own + t * l->own);
			for (int r = 0; r < ROW; r++)
				k->spectra(own + t * l->own, in, wide, r, false, u + r * ROW * in * out + o * in, in * out);
		}
}

static void
convolve_tiles(const layer *l, const void *x, const float *u, const kernel_winograd_post *post, void *y, float *own)
{
	const kernel_winograd_kernels *k = kernel_winograd_best();
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		float *v = own + t * l->own, *m = v + l->spectra;
		for (int64_t at = exec_part(l->tiles, l->parts, t), end = exec_part(l->tiles, l->parts, t + 1); at < end;
			 at += l->block) {
			int64_t n = end - at < l->block ? end - at : l->block;
			k->input(x, &l->x, at, n, 0, n, v);
			k->multiply(v, u, POINTS, n, l->x.channels, l->y.channels, m);
			k->output(m, &l->y, post, at, n, 0, l->y.channels, y);
		}
	}
}

/* w: weights OIHW, where none are packed. */
static void
convolve_outputs(
	const layer *l, const void *x, const float *w, bool flip, const kernel_winograd_post *post, void *y, float *scratch)
{
	const kernel_winograd_kernels *k = kernel_winograd_best();
	int64_t in = l->x.channels, out = l->y.channels, panel = panel_of();
	float *v = scratch;
	for (int64_t at = 0; at < l->tiles; at += l->block) {
		int64_t n = l->tiles - at < l->block ? l->tiles - at : l->block;
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++)
			k->input(x, &l->x, at, n, exec_part(n, l->parts, t), exec_part(n, l->parts, t + 1), v);
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			float *own = v + l->spectra + t * l->own, *u = own + 9 * in * panel, *m = u + ROW * in * panel;
			for (int64_t o = output_part(l, t), end = output_part(l, t + 1); o < end; o += panel) {
				int64_t wide = end - o < panel ? end - o : panel;
				bool low = l->packed && l->x.low;
				const void *filters = l->packed ? kernel_at(l->packed, 9 * in * o, low) : own;
				if (!l->packed)
					k->panel(w, flip ? in : out, flip ? out : in, flip, o, wide, false, own);
				for (int r = 0; r < ROW; r++) {
					k->spectra(filters, in, wide, r, low, u, in * wide);
					k->multiply(
						v + r * ROW * spectra_size(in, n) / POINTS, u, ROW, n, in, wide, m + r * ROW * n * wide);
				}
				k->output(m, &l->y, post, at, n, o, o + wide, y);
			}
		}
	}
}

static secant_status
run_layer(const exec_step *s, const void *x, const float *w, bool flip, const kernel_winograd_post *post, void *y,
	float *scratch)
{
	const layer *l = s->data;
	if (l->by_outputs) {
		convolve_outputs(l, x, w, flip, post, y, scratch);
	} else if (l->packed) {
		convolve_tiles(l, x, l->packed, post, y, scratch);
	} else {
		float *own = scratch + POINTS * l->x.channels * l->y.channels;
		make_spectra(l, w, flip, scratch, own);
		convolve_tiles(l, x, scratch, post, y, own);
	}
	return SECANT_OK;
}

static bool
supports_forward(const exec_step *s)
{
	const op_conv_attr *a = s->node->attr;
	return (a->act == OP_ACT_NONE || a->act == OP_ACT_RELU)
		&& pays_convolved(s, &s->in[0], &s->out[0], &s->in[1].shape);
}

static secant_status
prepare_forward(exec_step *s, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	return prepare(s, &s->in[0], &s->out[0], &s->in[1].shape, op_pad_of(&a->padding, 0), op_pad_of(&a->padding, 1),
		s->in[1].state && !s->training, err);
}

static secant_status
pack_forward(exec_step *s, const void *const *in, secant_err *err)
{
	layer *l = s->data;
	const kernel_winograd_kernels *k = kernel_winograd_best();
	if (!s->packed_bytes)
		return SECANT_OK;
	if (!l->packed && !(l->packed = base_alloc_raw(s->packed_bytes)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for packed weights");
	if (l->by_outputs) {
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++)
			for (int64_t o = output_part(l, t), end = output_part(l, t + 1); o < end; o += panel_of())
				k->panel(in[1], l->y.channels, l->x.channels, false, o, end - o < panel_of() ? end - o : panel_of(),
					l->x.low, kernel_at_mut(l->packed, 9 * l->x.channels * o, l->x.low));
		return SECANT_OK;
	}
	float *own = base_alloc_raw((size_t)(l->parts * l->own) * sizeof *own);
	if (!own)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to pack weights");
	make_spectra(l, in[1], false, l->packed, own);
	secant_free(own);
	return SECANT_OK;
}

static secant_status
forward(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	kernel_winograd_post post = { s->n_in > 2 ? in[2] : NULL, s->n_in > 3 ? in[3] : NULL, a->act == OP_ACT_RELU };
	return run_layer(s, in[0], in[1], false, &post, out[0], scratch);
}

static bool
supports_grad_data(const exec_step *s)
{
	return pays_convolved(s, &s->in[1], &s->out[0], &s->in[0].shape);
}

static secant_status
prepare_grad_data(exec_step *s, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	return prepare(s, &s->in[1], &s->out[0], &s->in[0].shape, 2 - op_pad_of(&a->padding, 0),
		2 - op_pad_of(&a->padding, 1), false, err);
}

static secant_status
grad_data(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	static const kernel_winograd_post none;
	return run_layer(s, in[1], in[0], true, &none, out[0], scratch);
}

/* ---- the gradient of the weights ---- */

static bool
supports_grad_weights(const exec_step *s)
{
	return pays(s, &s->in[0], &s->in[1], &s->out[0].shape, LEAST_SHARED);
}

/* Filters are divided into items of `high` in-channels (of one block of spectra) and a panel of outputs. */
typedef struct items {
	int64_t high, rows, panels, size;
} items;

static items
items_of(const layer *l)
{
	items i = { BLOCK, 0, (l->y.channels + panel_of() - 1) / panel_of(), 0 };
	while (i.high > 16 && (l->x.channels + i.high - 1) / i.high * i.panels < 2 * l->parts)
		i.high /= 2;
	i.rows = (l->x.channels + i.high - 1) / i.high;
	i.size = POINTS * i.high * panel_of();
	return i;
}

static secant_status
prepare_grad_weights(exec_step *s, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	layer *l = new_layer(s, &s->in[0], &s->in[1], op_pad_of(&a->padding, 0), op_pad_of(&a->padding, 1), err);
	if (!l)
		return SECANT_ERR_NOMEM;
	items i = items_of(l);
	int64_t c = l->x.channels, o = l->y.channels, sums = i.rows * i.panels * i.size;
	/* Small sums stay in each thread's cache, and threads meet at the end alone; else they share spectra, of as many
	 * tiles as pay for walking through the sums. */
	l->by_outputs = sums > MOST_OWN || sums * l->parts > 8 * MOST_OWN;
	int64_t most = (l->by_outputs ? 1048576 : (sums <= 65536 ? 65536 : 131072)) / (POINTS * (c + o)),
			least = l->by_outputs ? 56 : 14;
	l->block = equal_blocks(
		l->by_outputs ? l->tiles : (l->tiles + l->parts - 1) / l->parts, most < least ? least : most);
	l->spectra = spectra_size(c, l->block);
	l->own = l->spectra + spectra_size(o, l->block);
	/* Sums of one block are used at once, those of several are kept. */
	if (l->by_outputs)
		s->scratch = (size_t)(l->own + (l->block < l->tiles ? sums : l->parts * i.size)) * sizeof(float);
	else
		s->scratch = (size_t)(l->parts * (l->own + sums)) * sizeof(float);
	say(s, &s->in[1].shape, &s->out[0].shape);
	return SECANT_OK;
}

typedef struct part {
	int64_t c, c1, o, o1;
} part;

static part
part_of(const layer *l, const items *i, int64_t item)
{
	int64_t c = item / i->panels * i->high, o = item % i->panels * panel_of(), c1 = c + i->high, o1 = o + panel_of();
	return (part){ c, c1 < l->x.channels ? c1 : l->x.channels, o, o1 < l->y.channels ? o1 : l->y.channels };
}

static void
correlate(const layer *l, const items *i, int64_t item, bool first, int64_t n, const float *v, float *sum)
{
	part p = part_of(l, i, item);
	if (first)
		memset(sum, 0, (size_t)i->size * sizeof *sum);
	kernel_winograd_best()->correlate(v, v + l->spectra, n, l->x.channels, l->y.channels, p.c, p.c1, p.o, p.o1, sum);
}

static void
deliver(const layer *l, const items *i, int64_t item, const float *sum, float *dw)
{
	part p = part_of(l, i, item);
	kernel_winograd_best()->filters(sum, l->x.channels, p.c, p.c1, p.o, p.o1, dw);
}

/* Spectra of tiles from..to-1 of the n from `at` on, of both pictures. */
static void
transform(const layer *l, const void *const *in, int64_t at, int64_t n, int64_t from, int64_t to, float *v)
{
	const kernel_winograd_kernels *k = kernel_winograd_best();
	k->input(in[0], &l->x, at, n, from, to, v);
	k->grad(in[1], &l->y, at, n, from, to, v + l->spectra);
}

/* Each thread sums over its own tiles. */
static void
sum_apart(const layer *l, const void *const *in, float *dw, float *scratch)
{
	const items i = items_of(l);
	int64_t all = i.rows * i.panels, own = l->own + all * i.size;
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		float *v = scratch + t * own, *sum = v + l->own;
		int64_t from = exec_part(l->tiles, l->parts, t), end = exec_part(l->tiles, l->parts, t + 1);
		if (from == end)
			memset(sum, 0, (size_t)(all * i.size) * sizeof *sum);
		for (int64_t at = from; at < end; at += l->block) {
			int64_t n = end - at < l->block ? end - at : l->block;
			transform(l, in, at, n, 0, n, v);
			for (int64_t item = 0; item < all; item++)
				correlate(l, &i, item, at == from, n, v, sum + item * i.size);
		}
	}
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t item = exec_part(all, l->parts, t); item < exec_part(all, l->parts, t + 1); item++) {
			float *sum = scratch + l->own + item * i.size;
			for (int other = 1; other < l->parts; other++)
				for (int64_t e = 0; e < i.size; e++)
					sum[e] += sum[other * own + e];
			deliver(l, &i, item, sum, dw);
		}
}

/* Threads share the spectra of a block of tiles and divide the filters. */
static void
sum_together(const layer *l, const void *const *in, float *dw, float *scratch)
{
	const items i = items_of(l);
	bool kept = l->block < l->tiles;
	float *v = scratch, *sums = v + l->own;
	for (int64_t at = 0; at < l->tiles; at += l->block) {
		int64_t n = l->tiles - at < l->block ? l->tiles - at : l->block;
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++)
			transform(l, in, at, n, exec_part(n, l->parts, t), exec_part(n, l->parts, t + 1), v);
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++)
			for (int64_t item = exec_part(i.rows * i.panels, l->parts, t);
				 item < exec_part(i.rows * i.panels, l->parts, t + 1); item++) {
				float *sum = sums + (kept ? item : t) * i.size;
				correlate(l, &i, item, at == 0, n, v, sum);
				if (at + n == l->tiles)
					deliver(l, &i, item, sum, dw);
			}
	}
}

static secant_status
grad_weights(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	if (l->by_outputs)
		sum_together(l, in, out[0], scratch);
	else
		sum_apart(l, in, out[0], scratch);
	return SECANT_OK;
}

const exec_impl exec_impls_winograd[] = {
	{ .op = "conv2d",
		.name = "native",
		.supports = supports_forward,
		.prepare = prepare_forward,
		.pack = pack_forward,
		.run = forward,
		.release = release,
		.inplace = 4 },
	{ .op = "conv2d_grad_data",
		.name = "native",
		.supports = supports_grad_data,
		.prepare = prepare_grad_data,
		.run = grad_data,
		.release = release },
	{ .op = "conv2d_grad_weights",
		.name = "native",
		.supports = supports_grad_weights,
		.prepare = prepare_grad_weights,
		.run = grad_weights,
		.release = release },
	{ 0 },
};
