/*
 * Gradients of the weights of convolutions in bfloat16 on AMX: kernels/tiles.h.
 *
 *     dw[o][c][u][v] = sum over pictures and pixels (p, q) of dy[p][q][o] * x[p * stride + u * dilation - top][...][c]
 *
 * Pixels of all pictures are one sequence, rows `pitch` apart, pictures `rows.pitch` rows apart, with so many zeros
 * between that what hangs over an edge meets them: then tap (u, v) is the same sequence of x, shifted, whatever the
 * edge. Where strides are above 1, x is taken apart first into planes of every stride-th row and column, which are
 * shifted again. For stride 1, 3x3 and padding 1 a picture of 8x8 takes 9x9 places.
 *
 * The sequence is cut into slabs that fit the cache. Either each thread lays out slabs of its own and sums into a
 * gradient of its own; or, where gradients are large and maps small, all lay out all slabs and then divide the
 * columns (taps and channels of x) among themselves.
 *
 * Maps of few channels waste tiles. There the taps of a row become channels: v and c together, read from padded rows
 * at a pixel's place, as they lie side by side anyway.
 */
#include "exec/native/tiles.h"
#include <stdio.h>
#include "base/cpu.h"
#include "exec/native/native.h"
#include "kernels/tiles.h"

enum { BLOCK = KERNEL_TILES_BLOCK, PIXELS = KERNEL_TILES_PIXELS, PAIR = KERNEL_TILES_PAIR, SUMS = KERNEL_TILES_SUMS };
enum { MAX_TAPS = 16, MAX_STRIDE = 4 };
enum { SLAB_BYTES = 512 << 10, SLAB_LEAST = 512, SLAB_MOST = 4096 }; /* of a slab's layouts; pixels of a slab */

bool exec_tiles_by_model;

/* One axis of the sequence, in steps of the result: position i of plane r, from lead[r] on, is element
 * (i - lead) * stride + phase of x, for `kept` of them; zeros elsewhere. */
typedef struct axis {
	int64_t out, stride, pitch;
	int planes;
	int64_t phase[MAX_STRIDE], lead[MAX_STRIDE], kept[MAX_STRIDE];
	int taps, plane[MAX_TAPS];
	int64_t shift[MAX_TAPS], most; /* of each tap; of all */
} axis;

typedef struct layer {
	int64_t pictures, height, width, in, out; /* of x; channels */
	axis rows, columns;
	bool joined; /* taps of a row are channels */
	int64_t channels, row_numbers; /* of x as the sequence has them; of a padded row of x, where joined */
	int64_t in_blocks, out_blocks, taps;
	int64_t slabs, slab_rows, tiles, pairs; /* of a slab */
	int64_t rows_numbers, pairs_numbers; /* of a slab's layouts */
	int64_t plane_at[MAX_STRIDE * MAX_STRIDE][2]; /* even and odd pairs of each plane; -1: not wanted */
	int64_t *column; /* where the pairs of each tap and block of x begin */
	int64_t sums; /* of a gradient in tiles */
	int parts;
	bool shared; /* threads divide columns */
	size_t sums_bytes, slab_bytes, pixel_bytes, part_bytes, shared_bytes;
} layer;

static axis
lay_out(int64_t in, int64_t out, int taps, int64_t stride, int64_t dilation, int64_t before)
{
	axis a = { .out = out, .stride = stride, .pitch = out, .taps = taps };
	int64_t q[MAX_TAPS], low[MAX_STRIDE] = { 0 }, high[MAX_STRIDE] = { 0 };
	for (int t = 0; t < taps; t++) {
		int64_t v = t * dilation - before, phase = ((v % stride) + stride) % stride;
		int r = 0;
		q[t] = (v - phase) / stride;
		while (r < a.planes && a.phase[r] != phase)
			r++;
		if (r == a.planes)
			a.phase[a.planes++] = phase, low[r] = high[r] = q[t];
		low[r] = exec_smaller(low[r], q[t]), high[r] = exec_larger(high[r], q[t]);
		a.plane[t] = r;
	}
	for (int r = 0; r < a.planes; r++) {
		a.lead[r] = exec_larger(0, -low[r]);
		a.kept[r] = exec_larger(0, exec_smaller((in - a.phase[r] + stride - 1) / stride, out + high[r]));
		a.pitch = exec_larger(a.pitch, exec_larger(a.lead[r] + a.kept[r], out + high[r]));
	}
	for (int t = 0; t < taps; t++) {
		a.shift[t] = q[t] + a.lead[a.plane[t]];
		a.most = exec_larger(a.most, a.shift[t]);
	}
	return a;
}

typedef void product(const kernel_tiles_product *p);

/* The product by tiles of this CPU; NULL: it has none, and only their model in C is left. */
static product *
real_product(void)
{
	return base_cpu_has_amx() ? kernel_tiles_best()->product_amx : NULL;
}

static bool
supports(const exec_step *s)
{
	const op_conv_attr *a = s->node->attr;
	const exec_operand *x = &s->in[0], *dy = &s->in[1], *w = &s->out[0];
	if (x->dtype != SECANT_BF16 || dy->dtype != SECANT_BF16 || w->dtype != SECANT_F32 || a->groups != 1)
		return false;
	if (!real_product() && !exec_tiles_by_model)
		return false;
	for (int i = 0; i < 4; i++)
		if (op_pad_of(&a->padding, i) < 0)
			return false;
	return w->shape.dim[2] <= MAX_TAPS && w->shape.dim[3] <= MAX_TAPS && a->stride.v[0] <= MAX_STRIDE
		&& a->stride.v[1] <= MAX_STRIDE && secant_shape_count(&dy->shape) > 0 && secant_shape_count(&x->shape) > 0;
}

/* How long a slab is, and where everything stands in it. */
static void
cut(layer *l)
{
	int64_t planes = l->rows.planes * l->columns.planes, all_rows = l->pictures * l->rows.pitch;
	int64_t pixel = 2 * BLOCK * (l->out_blocks + 2 * planes * l->in_blocks);
	int64_t pixels = exec_smaller(exec_larger(SLAB_BYTES / pixel, SLAB_LEAST), SLAB_MOST);
	l->slab_rows = exec_smaller(all_rows, exec_larger(1, pixels / l->columns.pitch));
	l->slabs = (all_rows + l->slab_rows - 1) / l->slab_rows;
	l->tiles = (l->slab_rows * l->columns.pitch + PIXELS - 1) / PIXELS;
	l->pairs = (l->tiles * PIXELS + l->rows.most * l->columns.pitch + l->columns.most) / 2 + 1;
	l->rows_numbers = l->out_blocks * l->tiles * KERNEL_TILES_ROWS;
	int64_t at = 0, layout = l->in_blocks * l->pairs * PAIR;
	memset(l->plane_at, -1, sizeof l->plane_at);
	for (int u = 0; u < l->rows.taps; u++)
		for (int v = 0; v < l->columns.taps; v++) {
			int64_t shift = l->rows.shift[u] * l->columns.pitch + l->columns.shift[v];
			int64_t *where = &l->plane_at[l->rows.plane[u] * l->columns.planes + l->columns.plane[v]][shift & 1];
			if (*where < 0)
				*where = at, at += layout;
			for (int64_t b = 0; b < l->in_blocks; b++)
				l->column[(u * l->columns.taps + v) * l->in_blocks + b] = *where + b * l->pairs * PAIR
					+ (shift >> 1) * PAIR;
		}
	l->pairs_numbers = at;
}

/* What the padded rows of a slab take, where taps are channels. */
static int64_t
padded_rows(const layer *l)
{
	return l->joined ? (2 * l->pairs + 1) / l->columns.pitch + 2 : 0;
}

static secant_status
prepare(exec_step *s, secant_err *err)
{
	const op_conv_attr *a = s->node->attr;
	const int64_t *x = s->in[0].shape.dim, *dy = s->in[1].shape.dim, *w = s->out[0].shape.dim;
	int64_t top = op_pad_of(&a->padding, 0), left = op_pad_of(&a->padding, 1);
	layer *l = s->data = secant_calloc(1, sizeof *l);
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	*l = (layer){ .pictures = x[0], .height = x[1], .width = x[2], .in = x[3], .out = w[0], .channels = x[3] };
	l->joined = x[3] < BLOCK && w[3] > 1 && a->dilation.v[1] == 1;
	l->rows = lay_out(x[1], dy[1], (int)w[2], a->stride.v[0], a->dilation.v[0], top);
	l->columns = l->joined ? lay_out(dy[2], dy[2], 1, 1, 1, 0)
						   : lay_out(x[2], dy[2], (int)w[3], a->stride.v[1], a->dilation.v[1], left);
	if (l->joined)
		l->channels = w[3] * x[3], l->row_numbers = ((dy[2] - 1) * a->stride.v[1] + w[3]) * x[3];
	l->in_blocks = exec_blocks_of(l->channels, BLOCK), l->out_blocks = exec_blocks_of(w[0], BLOCK);
	l->taps = (int64_t)l->rows.taps * l->columns.taps;
	l->column = secant_calloc((size_t)(l->taps * l->in_blocks), sizeof *l->column);
	if (!l->column)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	cut(l);
	s->flops = 2.0 * (double)exec_rows(&s->in[1].shape) * (double)secant_shape_count(&s->out[0].shape);
	l->parts = exec_parts(s, (int64_t)s->flops);
	l->sums = l->out_blocks * l->taps * l->in_blocks * SUMS;
	l->sums_bytes = exec_lines(l->sums * 4);
	l->slab_bytes = exec_lines(l->rows_numbers * 2) + exec_lines(l->pairs_numbers * 2);
	l->pixel_bytes = exec_lines((2 * l->pairs + 1) * (int64_t)sizeof(void *))
		+ exec_lines(padded_rows(l) * l->row_numbers * 2) + exec_lines(exec_larger(l->channels, l->out) * 2);
	/* A gradient each is written, read and added; shared layouts come from the far cache. */
	l->shared = l->parts > 1 && (size_t)l->slabs * l->slab_bytes < (size_t)l->parts * l->sums_bytes;
	l->part_bytes = l->pixel_bytes + (l->shared ? 0 : l->sums_bytes + l->slab_bytes);
	l->shared_bytes = l->shared ? l->sums_bytes + (size_t)l->slabs * l->slab_bytes : 0;
	s->scratch = l->shared_bytes + (size_t)l->parts * l->part_bytes;
	snprintf(s->detail, sizeof s->detail, "%s", real_product() ? "amx_bf16" : "model");
	return SECANT_OK;
}

/* ---- layouts ---- */

/* A map as the sequence reads it: pixels of `step` numbers in rows of `row_step`. */
typedef struct map {
	const uint16_t *at;
	int64_t row_step, step, picture_step;
	const axis *rows, *columns;
	int row_plane, column_plane;
} map;

/* Where pixels `from`, `from` + 1 ... of the sequence stand: n of them, from the beginning of row `row` on. Rows that
 * are padded first go to `padded`, for which `pad` is asked. */
static void
find_pixels(const layer *l, const map *m, int64_t row, int64_t n, const uint16_t *zero, const uint16_t **pixel)
{
	const axis *r = m->rows, *c = m->columns;
	int64_t lead = c->lead[m->column_plane], kept = c->kept[m->column_plane], pitch = l->columns.pitch;
	for (int64_t k = 0; k < n; row++) {
		int64_t picture = row / l->rows.pitch, i = row % l->rows.pitch - r->lead[m->row_plane], j = 0;
		int64_t columns = exec_smaller(pitch, n - k);
		if (picture < l->pictures && i >= 0 && i < r->kept[m->row_plane]) {
			const uint16_t *p = m->at + picture * m->picture_step
				+ (i * r->stride + r->phase[m->row_plane]) * m->row_step + c->phase[m->column_plane] * m->step;
			int64_t end = exec_smaller(lead + kept, columns);
			for (; j < exec_smaller(lead, columns); j++)
				pixel[k + j] = zero;
			for (; j < end; j++, p += c->stride * m->step)
				pixel[k + j] = p;
		}
		for (; j < columns; j++)
			pixel[k + j] = zero;
		k += columns;
	}
}

/* The same of rows that are copied and padded, so that the taps of a row lie side by side at each pixel. */
static void
find_joined(const layer *l, const exec_step *s, const uint16_t *x, int plane, int64_t row, int64_t n,
	const uint16_t *zero, uint16_t *padded, const uint16_t **pixel)
{
	const op_conv_attr *a = s->node->attr;
	const axis *r = &l->rows;
	int64_t left = op_pad_of(&a->padding, 1) * l->in, step = a->stride.v[1] * l->in, numbers = l->width * l->in;
	int64_t there = exec_smaller(numbers, exec_larger(0, l->row_numbers - left)), pitch = l->columns.pitch;
	for (int64_t k = 0; k < n; row++, padded += l->row_numbers) {
		int64_t picture = row / r->pitch, i = row % r->pitch - r->lead[plane], columns = exec_smaller(pitch, n - k);
		bool inside = picture < l->pictures && i >= 0 && i < r->kept[plane];
		if (inside) {
			memset(padded, 0, (size_t)l->row_numbers * 2);
			if (there > 0)
				memcpy(padded + left, x + (picture * l->height + i * r->stride + r->phase[plane]) * numbers,
					(size_t)there * 2);
		}
		for (int64_t j = 0; j < columns; j++)
			pixel[k + j] = inside ? padded + j * step : zero;
		k += columns;
	}
}

/* What a thread works with. */
typedef struct desk {
	const uint16_t **pixel;
	uint16_t *padded, *zero;
} desk;

static desk
desk_of(const layer *l, char *at)
{
	desk d = { .pixel = (const uint16_t **)(void *)at };
	at += exec_lines((2 * l->pairs + 1) * (int64_t)sizeof(void *));
	d.padded = (uint16_t *)(void *)at;
	at += exec_lines(padded_rows(l) * l->row_numbers * 2);
	d.zero = (uint16_t *)(void *)at;
	memset(d.zero, 0, exec_lines(exec_larger(l->channels, l->out) * 2));
	return d;
}

static void
lay_out_slab(const exec_step *s, const desk *d, int64_t slab, const uint16_t *x, const uint16_t *dy, uint16_t *to)
{
	const layer *l = s->data;
	const kernel_tiles_kernels *k = kernel_tiles_best();
	int64_t row = slab * l->slab_rows, rows = exec_smaller(l->slab_rows, l->pictures * l->rows.pitch - row);
	int64_t pixels = rows * l->columns.pitch, all = 2 * l->pairs + 1, q = l->columns.out;
	axis down = { .stride = 1, .kept = { l->rows.out } }, across = { .stride = 1, .kept = { q } };
	map m = { dy, q * l->out, l->out, l->rows.out * q * l->out, &down, &across, 0, 0 };
	find_pixels(l, &m, row, pixels, d->zero, d->pixel);
	for (int64_t i = pixels; i < l->tiles * PIXELS; i++)
		d->pixel[i] = d->zero;
	for (int64_t t = 0; t < l->tiles; t++)
		k->rows(d->pixel + t * PIXELS, l->out, to + t * KERNEL_TILES_ROWS, l->tiles * KERNEL_TILES_ROWS);
	to += exec_lines(l->rows_numbers * 2) / 2;
	m = (map){ x, l->width * l->in, l->in, l->height * l->width * l->in, &l->rows, &l->columns, 0, 0 };
	for (m.row_plane = 0; m.row_plane < l->rows.planes; m.row_plane++)
		for (m.column_plane = 0; m.column_plane < l->columns.planes; m.column_plane++) {
			const int64_t *where = l->plane_at[m.row_plane * l->columns.planes + m.column_plane];
			if (where[0] < 0 && where[1] < 0)
				continue;
			if (l->joined)
				find_joined(l, s, x, m.row_plane, row, all, d->zero, d->padded, d->pixel);
			else
				find_pixels(l, &m, row, all, d->zero, d->pixel);
			for (int64_t j = 0; j < l->pairs;
				 j += PIXELS) /* so many that a stretch of x is still near for each block */
				k->pairs(d->pixel + 2 * j, exec_smaller(PIXELS, l->pairs - j), l->channels,
					where[0] < 0 ? NULL : to + where[0] + j * PAIR, where[1] < 0 ? NULL : to + where[1] + j * PAIR,
					l->pairs * PAIR);
		}
}

/* ---- sums ---- */

static void
sum_slab(const layer *l, const uint16_t *slab, int64_t from, int64_t to, float *sums, bool add)
{
	product *real = real_product();
	kernel_tiles_product p = {
		.rows = slab,
		.rows_step = l->tiles * KERNEL_TILES_ROWS,
		.n_rows = (int)l->out_blocks,
		.pairs = slab + exec_lines(l->rows_numbers * 2) / 2,
		.column = l->column + from,
		.columns = (int)(to - from),
		.tiles = l->tiles,
		.to = sums + from * SUMS,
		.to_step = l->taps * l->in_blocks * SUMS,
		.add = add,
	};
	(real ? real : kernel_tiles_best()->product)(&p);
}

/* Tiles of all parts, added up, to out x in x kernel: a block of output channels by a block of x. */
static void
deliver(const layer *l, const float *const *sums, int parts, int64_t out_block, int64_t in_block, float *to)
{
	int64_t columns = l->taps * l->in_blocks, at = (out_block * columns + in_block) * SUMS;
	int64_t numbers = l->in * l->taps, rows = exec_smaller(BLOCK, l->out - out_block * BLOCK);
	kernel_tiles_best()->columns(sums, parts, at, l->taps, l->in_blocks * SUMS, (int)rows,
		(int)exec_smaller(BLOCK, l->in - in_block * BLOCK),
		to + out_block * BLOCK * numbers + in_block * BLOCK * l->taps, numbers);
}

/* The same where taps are channels: of output channel o. */
static void
deliver_joined(const layer *l, const float *const *sums, int parts, int64_t o, float *to)
{
	int64_t at = o / BLOCK * l->taps * l->in_blocks * SUMS + o % BLOCK * BLOCK, across = l->channels / l->in;
	for (int64_t c = 0; c < l->in; c++)
		for (int64_t u = 0; u < l->taps; u++)
			for (int64_t v = 0; v < across; v++) {
				int64_t channel = v * l->in + c;
				int64_t i = at + (u * l->in_blocks + channel / BLOCK) * SUMS + channel % BLOCK;
				float sum = sums[0][i];
				for (int t = 1; t < parts; t++)
					sum += sums[t][i];
				*to++ = sum;
			}
}

enum { MAX_PARTS = 1024 };

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	const uint16_t *x = in[0], *dy = in[1];
	int64_t columns = l->taps * l->in_blocks, weights = l->in * s->out[0].shape.dim[2] * s->out[0].shape.dim[3];
	char *parts_at = (char *)scratch + l->shared_bytes, *slabs = (char *)scratch + l->sums_bytes;
	const float *sums[MAX_PARTS];
	if (l->shared) {
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			desk d = desk_of(l, parts_at + (size_t)t * l->part_bytes);
			for (int64_t i = exec_part(l->slabs, l->parts, t); i < exec_part(l->slabs, l->parts, t + 1); i++)
				lay_out_slab(s, &d, i, x, dy, (uint16_t *)(void *)(slabs + (size_t)i * l->slab_bytes));
		}
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			int64_t from = exec_part((columns + 1) / 2, l->parts, t) * 2;
			int64_t to = exec_smaller(columns, exec_part((columns + 1) / 2, l->parts, t + 1) * 2);
			for (int64_t i = 0; i < l->slabs && from < to; i++)
				sum_slab(l, (const uint16_t *)(void *)(slabs + (size_t)i * l->slab_bytes), from, to, scratch, i > 0);
		}
		sums[0] = scratch;
	} else {
		EXEC_PARTS(l->parts)
		for (int t = 0; t < l->parts; t++) {
			char *part = parts_at + (size_t)t * l->part_bytes;
			desk d = desk_of(l, part + l->sums_bytes + l->slab_bytes);
			uint16_t *slab = (uint16_t *)(void *)(part + l->sums_bytes);
			int64_t first = exec_part(l->slabs, l->parts, t), end = exec_part(l->slabs, l->parts, t + 1);
			if (first == end)
				memset(part, 0, l->sums_bytes);
			for (int64_t i = first; i < end; i++) {
				lay_out_slab(s, &d, i, x, dy, slab);
				sum_slab(l, slab, 0, columns, (float *)(void *)part, i > first);
			}
			sums[t] = (const float *)(const void *)part;
		}
	}
	int parts = l->shared ? 1 : l->parts;
	for (int64_t o = 0; l->joined && o < l->out; o++)
		deliver_joined(l, sums, parts, o, (float *)out[0] + o * weights);
	if (l->joined)
		return SECANT_OK;
	int64_t blocks = l->out_blocks * l->in_blocks;
	EXEC_PARTS(l->parts)
	for (int t = 0; t < l->parts; t++)
		for (int64_t i = exec_part(blocks, l->parts, t); i < exec_part(blocks, l->parts, t + 1); i++)
			deliver(l, sums, parts, i / l->in_blocks, i % l->in_blocks, out[0]);
	return SECANT_OK;
}

static void
release(exec_step *s)
{
	layer *l = s->data;
	if (l)
		secant_free(l->column);
	secant_free(l);
	s->data = NULL;
}

const exec_impl exec_impls_tiles[] = {
	{ .op = "conv2d_grad_weights",
		.name = "native tiles",
		.supports = supports,
		.prepare = prepare,
		.run = run,
		.release = release },
	{ 0 },
};
