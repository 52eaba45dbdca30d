/*
 * Convolutions in bfloat16 on AMX, forward and the gradient of the input of stride 1: kernels/tiles_conv.h.
 *
 *     y[p][q][o] = sum over taps (u, v) and channels of x[p * stride + u * dilation - top][...][c] * w[o][c][u][v]
 *
 * The gradient of the input is the same sum over dy with the filter turned round, inputs and outputs exchanged.
 *
 * Rows of the result are cut into slabs that fit the cache, of one picture or of several whole ones. The rows of x that
 * a slab takes are copied with their padding; then tiles are read where they stand, shifted for each tap. In one of two
 * layouts:
 *
 *     apart     a place is a pixel of x, its channels 32 by 32; with few channels, that pixel and those behind it, as
 * many as fill 32: tiles stand in rows of the result joined    a place is a pixel of the result and holds what a row of
 * the filter takes there, so that few channels fill tiles, and tiles go on from row to row, which narrow maps want
 *
 * Where rows have a stride, every stride-th stand together, so that the next row of the result is the next in memory.
 * Convolutions of single pixels, which are plain products, are left to others.
 */
#include <stdatomic.h>
#include <stdio.h>
#include "base/cpu.h"
#include "base/hash.h"
#include "exec/native/native.h"
#include "exec/native/tiles.h"
#include "kernels/tiles_conv.h"

enum { PIXELS = KERNEL_TILES_CONV_PIXELS, BLOCK = KERNEL_TILES_CONV_BLOCK, STEP = KERNEL_TILES_CONV_STEP };
enum { WEIGHTS = KERNEL_TILES_CONV_WEIGHTS };
enum {
	LEAST_SLAB = 384 << 10,
	MOST_SLAB = 768 << 10,
	STRIP_BYTES = 24 << 10,
	LEAST_PIXELS = 64,
	MOST_ROWS = 16 << 20
}; /* measured */

/* A convolution from x to y. */
typedef struct window {
	const exec_operand *x, *w, *y;
	int64_t kernel[2], stride[2], dilation[2], before[2];
	bool turned; /* the gradient of the input: w is in x out, seen from here */
} window;

typedef struct layer {
	window g;
	int64_t in, out, blocks; /* channels of x and y; blocks of the latter */
	bool joined;
	int64_t span, groups; /* taps of a row of the filter that a place holds; places that hold them all */
	int64_t numbers, chunks; /* of a place; those of 32 */
	int64_t pitch, row_numbers; /* places of a row of a slab; numbers of a chunk of it */
	int64_t rows, units, cuts; /* of the result in a unit; units in a slab; units of a picture */
	int64_t plane, unit_rows; /* rows of a slab a phase of the stride; of a unit */
	int64_t slabs, slab_pixels, plane_numbers, slab_numbers, line_numbers;
	int64_t tiles, steps;
	int64_t *tile, *shift, *from;
	int32_t *pixel;
	int64_t weight_step; /* between outputs in w */
	size_t packed_bytes, part_bytes;
	int parts;
	void *packed; /* NULL: every run packs */
} layer;

typedef void convolve(const kernel_tiles_conv *c);

/* By tiles of this CPU; NULL: it has none, and only their model in C is left. */
static convolve *
real_convolve(void)
{
	return base_cpu_has_amx() ? kernel_tiles_conv_best()->convolve_amx : NULL;
}

static window
window_of(const exec_step *s, bool turned)
{
	const op_conv_attr *a = s->node->attr;
	window g = { .turned = turned };
	g.x = &s->in[turned], g.w = &s->in[!turned], g.y = &s->out[0];
	for (int i = 0; i < 2; i++) {
		g.kernel[i] = g.w->shape.dim[2 + i];
		g.stride[i] = a->stride.v[i];
		g.dilation[i] = a->dilation.v[i];
		g.before[i] = op_pad_of(&a->padding, i);
		if (turned)
			g.before[i] = (g.kernel[i] - 1) * g.dilation[i] - g.before[i];
	}
	return g;
}

/* Measured beside oneDNN 2.6.3: single pixels it multiplies as fast, pictures of three channels it knows better, and
 * large weights for few pixels each thread of ours would read anew. Rows of which a slab would hold few are its, too.
 */
static bool
pays(const window *g)
{
	int64_t pixels = exec_rows(&g->y->shape), weights = secant_shape_count(&g->w->shape), in = g->x->shape.dim[3];
	double row = 2.0 * (double)in * (double)g->y->shape.dim[2] * (double)(g->stride[1] * g->kernel[1]);
	return g->kernel[0] * g->kernel[1] > 1 && in >= 8 && pixels >= LEAST_PIXELS && pixels * 8192 > weights
		&& row * (double)(g->kernel[0] * g->dilation[0]) < MOST_ROWS;
}

static bool
supports(const exec_step *s, bool turned)
{
	const op_conv_attr *a = s->node->attr;
	window g = window_of(s, turned);
	if (g.x->dtype != SECANT_BF16 || g.w->dtype != SECANT_F32 || a->groups != 1
		|| (g.y->dtype != SECANT_BF16 && g.y->dtype != SECANT_F32) || (a->act != OP_ACT_NONE && a->act != OP_ACT_RELU)
		|| (exec_has(s, 3) && s->in[3].dtype != g.y->dtype) || (exec_has(s, 2) && s->in[2].dtype != SECANT_F32))
		return false;
	if (!real_convolve() && !exec_tiles_by_model)
		return false;
	for (int i = 0; i < 4; i++)
		if (op_pad_of(&a->padding, i) < 0)
			return false;
	int64_t weights = secant_shape_count(&g.w->shape), pixels = exec_rows(&g.y->shape);
	return (!turned || (g.stride[0] == 1 && g.stride[1] == 1)) && pixels > 0 && pixels < INT32_MAX && weights > 0
		&& weights < INT32_MAX / 4 && secant_shape_count(&g.x->shape) > 0 && (pays(&g) || exec_tiles_by_model);
}

/* How a place is laid out, and how much a unit takes. */
static void
lay_out(layer *l)
{
	const window *g = &l->g;
	int64_t width = g->y->shape.dim[2], last = width % PIXELS;
	bool dense = g->dilation[1] == 1 || g->kernel[1] == 1;
	/* Tiles in rows: those of the last pixels do work twice. */
	bool wasteful = width < PIXELS || 8 * (PIXELS - last) > width;
	l->joined = dense && (g->kernel[1] == 1 || (last && wasteful) || (l->in < STEP && g->stride[1] > 1));
	l->span = l->joined ? g->kernel[1] : dense ? exec_larger(1, exec_smaller(STEP / l->in, g->kernel[1])) : 1;
	l->groups = exec_blocks_of(g->kernel[1], l->span);
	l->numbers = l->span * l->in;
	l->chunks = exec_blocks_of(l->numbers, STEP);
	l->pitch = l->joined ? width : (width - 1) * g->stride[1] + (l->groups - 1) * l->span * g->dilation[1] + 1;
	l->row_numbers = l->pitch * STEP;
}

static int64_t
rows_for(const layer *l, int64_t rows) /* of x, for so many of the result */
{
	return (rows - 1) * l->g.stride[0] + (l->g.kernel[0] - 1) * l->g.dilation[0] + 1;
}

/* Slabs: rows of a picture, or several pictures. */
static void
cut(layer *l)
{
	int64_t pictures = l->g.y->shape.dim[0], height = l->g.y->shape.dim[1], width = l->g.y->shape.dim[2];
	/* Many slabs, so that a thread which is held up leaves some to others; but each wants all weights. */
	int64_t bytes = exec_larger(LEAST_SLAB, exec_smaller(MOST_SLAB, 4 * secant_shape_count(&l->g.w->shape)));
	int64_t row = l->chunks * l->row_numbers * 2, fits = bytes / row - (rows_for(l, 1) - 1);
	l->rows = exec_smaller(height, exec_larger(1, fits / l->g.stride[0]));
	l->cuts = exec_blocks_of(height, l->rows);
	if (l->cuts == 1 && pictures >= l->parts) {
		l->units = exec_smaller(
			exec_blocks_of(pictures, l->parts), exec_larger(1, bytes / (rows_for(l, height) * row)));
	} else { /* as many for each thread */
		l->cuts = pictures % l->parts ? exec_smaller(height, exec_blocks_of(l->cuts, l->parts) * l->parts) : l->cuts;
		l->rows = exec_blocks_of(height, l->cuts);
		l->cuts = exec_blocks_of(height, l->rows);
		l->units = 1;
	}
	l->slabs = l->cuts > 1 ? pictures * l->cuts : exec_blocks_of(pictures, l->units);
	l->slab_pixels = l->units * l->rows * width;
	l->plane = exec_blocks_of(rows_for(l, l->rows), l->g.stride[0]);
	l->unit_rows = l->plane * l->g.stride[0];
	/* the last tile may hang over the end by less than its length */
	l->plane_numbers = l->units * l->unit_rows * l->row_numbers + PIXELS * l->g.stride[1] * STEP;
	l->slab_numbers = l->chunks * l->plane_numbers;
	l->line_numbers = l->joined ? ((width - 1) * l->g.stride[1] + l->span) * l->in
		: l->span > 1           ? (l->pitch - 1 + l->span) * l->in
								: 0;
}

static int64_t
x_step_of(const layer *l)
{
	return l->joined ? STEP : l->g.stride[1] * STEP;
}

/* Where tile i begins, and the pixels that it makes: those from `first` on in a row. */
static void
put_tile(layer *l, int64_t i, int64_t unit, int64_t row, int64_t first, int64_t width)
{
	int64_t begin = l->joined || first + PIXELS <= width ? first : exec_larger(0, width - PIXELS);
	l->tile[i] = (unit * l->unit_rows + row) * l->row_numbers + begin * x_step_of(l);
	for (int64_t j = begin; j < begin + PIXELS; j++)
		l->pixel[i * PIXELS + j - begin] = j < first || j >= width
			? -1
			: (int32_t)(unit * l->slab_pixels / l->units + row * width + j);
}

/* Tiles go down the rows in strips so narrow that the rows which a filter takes stay in the nearest cache. */
static void
find_tiles(layer *l)
{
	int64_t width = l->g.y->shape.dim[2], rows = l->rows, i = 0;
	if (l->joined)
		width = l->slab_pixels / l->units, rows = 1;
	int64_t across = exec_blocks_of(width, PIXELS), tile_bytes = rows_for(l, 1) * PIXELS * x_step_of(l) * 2;
	int64_t strip = rows == 1 ? across : exec_larger(STRIP_BYTES / tile_bytes / 4, 1) * 4;
	for (int64_t unit = 0; unit < l->units; unit++)
		for (int64_t from = 0; from < across; from += strip)
			for (int64_t row = 0; row < rows; row++)
				for (int64_t k = from; k < exec_smaller(across, from + strip); k++)
					put_tile(l, i++, unit, row, k * PIXELS, width);
}

/* Where each step's numbers stand in the layout, from a tile's beginning, and its weights in w. */
static void
find_steps(layer *l)
{
	const window *g = &l->g;
	int64_t taps = g->kernel[0] * g->kernel[1], i = 0;
	/* chunks outside: a stretch of x is read for all taps while it is near */
	for (int64_t chunk = 0; chunk < l->chunks; chunk++)
		for (int64_t u = 0; u < g->kernel[0]; u++)
			for (int64_t v = 0; v < g->kernel[1]; v += l->span, i++) {
				int64_t row = u * g->dilation[0];
				row = row % g->stride[0] * l->plane + row / g->stride[0];
				l->shift[i] = chunk * l->plane_numbers + row * l->row_numbers + v * g->dilation[1] * STEP;
				for (int64_t k = 0; k < STEP; k++) {
					int64_t number = chunk * STEP + k, c = number % l->in, column = v + number / l->in;
					int64_t tap = u * g->kernel[1] + column;
					bool there = number < l->numbers && column < g->kernel[1];
					tap = g->turned ? taps - 1 - tap : tap;
					l->from[i * STEP + k] = there ? c * (g->turned ? l->out : 1) * taps + tap : -1;
				}
			}
	l->weight_step = g->turned ? taps : l->in * taps;
}

static secant_status
prepare(exec_step *s, bool turned, secant_err *err)
{
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	l->g = window_of(s, turned);
	l->in = l->g.x->shape.dim[3], l->out = l->g.y->shape.dim[3], l->blocks = exec_blocks_of(l->out, BLOCK);
	s->flops = 2.0 * (double)exec_rows(turned ? &l->g.x->shape : &l->g.y->shape)
		* (double)secant_shape_count(&l->g.w->shape);
	l->parts = exec_parts(s, (int64_t)s->flops);
	lay_out(l);
	cut(l);
	l->steps = l->chunks * l->g.kernel[0] * l->groups;
	l->tiles = l->joined ? l->units * exec_blocks_of(l->slab_pixels / l->units, PIXELS)
						 : l->units * l->rows * exec_blocks_of(l->g.y->shape.dim[2], PIXELS);
	l->tile = secant_calloc((size_t)l->tiles, sizeof *l->tile);
	l->pixel = secant_calloc((size_t)(l->tiles * PIXELS), sizeof *l->pixel);
	l->shift = secant_calloc((size_t)l->steps, sizeof *l->shift);
	l->from = secant_calloc((size_t)(l->steps * STEP), sizeof *l->from);
	if (!l->tile || !l->pixel || !l->shift || !l->from)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	find_tiles(l);
	find_steps(l);
	l->packed_bytes = exec_lines(l->blocks * l->steps * WEIGHTS * 2);
	l->part_bytes = exec_lines(l->slab_numbers * 2) + exec_lines(l->line_numbers * 2);
	bool stays = l->g.w->state && !s->training;
	if (stays) {
		uint64_t of[] = { l->joined, turned, (uint64_t)l->span };
		s->packs = turned ? 1 : 2;
		s->packed = &l->packed;
		s->packed_bytes = l->packed_bytes;
		s->layout = base_fnv1a(of, sizeof of);
	}
	s->scratch = (stays ? 0 : l->packed_bytes) + exec_lines(l->parts * (int64_t)sizeof(atomic_llong))
		+ (size_t)l->parts * l->part_bytes;
	snprintf(s->detail, sizeof s->detail, "%s", real_convolve() ? "amx_bf16" : "model");
	return SECANT_OK;
}

static void
make_weights(const layer *l, const float *w, uint16_t *to)
{
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t b = exec_part(l->blocks, l->parts, t); b < exec_part(l->blocks, l->parts, t + 1); b++)
			kernel_tiles_conv_best()->weights(w + b * BLOCK * l->weight_step, l->from, l->steps, l->weight_step,
				exec_smaller(BLOCK, l->out - b * BLOCK), to + b * l->steps * WEIGHTS);
}

static secant_status
pack(exec_step *s, const void *const *in, secant_err *err)
{
	layer *l = s->data;
	if (!s->packed_bytes)
		return SECANT_OK;
	if (!l->packed && !(l->packed = base_alloc_raw(s->packed_bytes)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for packed weights");
	make_weights(l, in[s->packs - 1], l->packed);
	return SECANT_OK;
}

/* ---- running ---- */

/* Zeros at places [from, to) of a row. */
static void
clear(const layer *l, uint16_t *row, int64_t from, int64_t to)
{
	for (int64_t chunk = 0; chunk < l->chunks && from < to; chunk++, row += l->plane_numbers)
		memset(row + from * STEP, 0, (size_t)((to - from) * STEP) * 2);
}

/* A row of x (NULL: outside of the picture) as a row of a slab; `line`: where one is padded. */
static void
lay_row(const layer *l, const uint16_t *x, uint16_t *line, uint16_t *to)
{
	const window *g = &l->g;
	int64_t width = g->x->shape.dim[2], wide = l->line_numbers ? l->line_numbers / l->in : l->pitch;
	int64_t from = exec_smaller(wide, exec_larger(0, g->before[1])),
			end = exec_larger(from, exec_smaller(wide, width + g->before[1]));
	int64_t first = 0, places = l->pitch, step = (l->joined ? g->stride[1] : 1) * l->in;
	if (!x || end == from) {
		clear(l, to, 0, l->pitch);
		return;
	}
	x += (from - g->before[1]) * l->in;
	if (!l->line_numbers) {
		clear(l, to, 0, from);
		clear(l, to, end, wide);
		first = from, places = end - from;
	} else if (end - from < wide) {
		memset(line, 0, (size_t)(from * l->in) * 2);
		memcpy(line + from * l->in, x, (size_t)((end - from) * l->in) * 2);
		memset(line + end * l->in, 0, (size_t)((wide - end) * l->in) * 2);
		x = line;
	}
	kernel_tiles_conv_best()->spread(x, step, l->numbers, places, to + first * STEP, l->plane_numbers);
}

/* The rows of x that a unit takes: that of rows [row, ...) of the result of a picture. */
static void
lay_unit(const layer *l, const uint16_t *x, int64_t picture, int64_t row, uint16_t *line, uint16_t *to)
{
	int64_t height = l->g.x->shape.dim[1], numbers = l->g.x->shape.dim[2] * l->in, stride = l->g.stride[0];
	for (int64_t i = 0, n = rows_for(l, l->rows); i < n; i++) {
		int64_t y = row * stride - l->g.before[0] + i;
		bool inside = y >= 0 && y < height;
		lay_row(l, inside ? x + (picture * height + y) * numbers : NULL, line,
			to + (i % stride * l->plane + i / stride) * l->row_numbers);
	}
}

/* The layout of a slab, made at `room` or found in x; and which pixels of the result it makes. */
static const uint16_t *
lay_slab(const layer *l, const uint16_t *x, int64_t slab, char *room, int64_t *first, int64_t *pixels)
{
	uint16_t *to = (uint16_t *)(void *)room, *line = (uint16_t *)(void *)(room + exec_lines(l->slab_numbers * 2));
	const secant_shape *y = &l->g.y->shape;
	*first = slab * l->slab_pixels;
	*pixels = exec_smaller(l->slab_pixels, exec_rows(y) - *first);
	if (l->cuts > 1) {
		int64_t picture = slab / l->cuts, row = slab % l->cuts * l->rows;
		*first = (picture * y->dim[1] + row) * y->dim[2];
		*pixels = exec_smaller(l->rows, y->dim[1] - row) * y->dim[2];
		lay_unit(l, x, picture, row, line, to);
		return to;
	}
	for (int64_t i = 0; i < l->units && slab * l->units + i < y->dim[0]; i++)
		lay_unit(l, x, slab * l->units + i, 0, line, to + i * l->unit_rows * l->row_numbers);
	return to;
}

/* The next slab for part t: one of its own, whose rows are most likely near, then what others have left. -1: none. */
static int64_t
next_slab(const layer *l, atomic_llong *next, int t)
{
	for (int k = 0; k < l->parts; k++) {
		int other = (t + k) % l->parts;
		if (atomic_load(&next[other]) >= exec_part(l->slabs, l->parts, other + 1))
			continue;
		int64_t i = atomic_fetch_add(&next[other], 1);
		if (i < exec_part(l->slabs, l->parts, other + 1))
			return i;
	}
	return -1;
}

static secant_status
run_layer(
	const exec_step *s, const uint16_t *x, const float *w, const float *bias, const void *added, void *y, char *scratch)
{
	const layer *l = s->data;
	const op_conv_attr *a = s->node->attr;
	convolve *real = real_convolve();
	const uint16_t *packed = l->packed;
	bool low = l->g.y->dtype == SECANT_BF16;
	if (!packed) {
		make_weights(l, w, (uint16_t *)(void *)scratch);
		packed = (const uint16_t *)(void *)scratch;
		scratch += l->packed_bytes;
	}
	atomic_llong *next = (atomic_llong *)(void *)scratch;
	for (int t = 0; t < l->parts; t++)
		atomic_init(&next[t], exec_part(l->slabs, l->parts, t));
	scratch += exec_lines(l->parts * (int64_t)sizeof *next);
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++) {
		kernel_tiles_conv c = { .x_step = x_step_of(l),
			.tile = l->tile,
			.pixel = l->pixel,
			.shift = l->shift,
			.steps = l->steps,
			.weights = packed,
			.bias = bias,
			.relu = a->act == OP_ACT_RELU,
			.low = low,
			.channels = l->out };
		for (int64_t i, first; (i = next_slab(l, next, t)) >= 0;) {
			c.x = lay_slab(l, x, i, scratch + (size_t)t * l->part_bytes, &first, &c.pixels);
			c.tiles = l->tiles;
			if (l->cuts == 1) /* perhaps fewer pictures */
				c.tiles = exec_blocks_of(c.pixels, l->slab_pixels / l->units) * (l->tiles / l->units);
			c.added = added ? kernel_at(added, first * l->out, low) : NULL;
			c.y = kernel_at_mut(y, first * l->out, low);
			(real ? real : kernel_tiles_conv_best()->convolve)(&c);
		}
	}
	return SECANT_OK;
}

static void
release(exec_step *s)
{
	layer *l = s->data;
	if (!l)
		return;
	if (!s->lent)
		secant_free(l->packed);
	secant_free(l->tile);
	secant_free(l->pixel);
	secant_free(l->shift);
	secant_free(l->from);
	secant_free(l);
	s->data = NULL;
}

static bool
supports_forward(const exec_step *s)
{
	return supports(s, false);
}

static secant_status
prepare_forward(exec_step *s, secant_err *err)
{
	return prepare(s, false, err);
}

static secant_status
run_forward(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	return run_layer(s, in[0], in[1], s->n_in > 2 ? in[2] : NULL, s->n_in > 3 ? in[3] : NULL, out[0], scratch);
}

static bool
supports_grad_data(const exec_step *s)
{
	return supports(s, true);
}

static secant_status
prepare_grad_data(exec_step *s, secant_err *err)
{
	return prepare(s, true, err);
}

static secant_status
run_grad_data(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	return run_layer(s, in[1], in[0], NULL, NULL, out[0], scratch);
}

const exec_impl exec_impls_tiles_conv[] = {
	{ .op = "conv2d",
		.name = "native tiles",
		.supports = supports_forward,
		.prepare = prepare_forward,
		.pack = pack,
		.run = run_forward,
		.release = release,
		.inplace = 4 },
	{ .op = "conv2d_grad_data",
		.name = "native tiles",
		.supports = supports_grad_data,
		.prepare = prepare_grad_data,
		.pack = pack,
		.run = run_grad_data,
		.release = release },
	{ 0 },
};
