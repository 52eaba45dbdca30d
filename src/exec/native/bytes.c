/*
 * Convolutions, sums, products and means of quantised numbers: kernels/bytes.h.
 *
 * The lines under a band of rows are laid out with their padding, which is `zero` and so adds nothing, and with signed
 * bytes moved to unsigned ones; a band stays in the second cache. Then every sum is over stretches of bytes that lie
 * one after the other: a row of the kernel where it is not dilated, else a tap. zero times the sum of the weights is
 * taken off each sum in the end. A 1x1 kernel without padding reads the picture where it is.
 */
#include "base/hash.h"
#include "exec/native/native.h"
#include "kernels/bytes.h"
#include "ops/bytes.h"
#include <math.h>

enum {
	MANY = KERNEL_BYTES_MANY,
	COLUMNS = KERNEL_BYTES_COLUMNS,
	DEEP = KERNEL_BYTES_DEEP,
	ALIGN = 16,
	SLACK = 64,
	BAND = 8
};

typedef struct layer {
	int64_t pictures, height, width, in; /* of x */
	int64_t rows, columns, out; /* of a result */
	int64_t tall, wide; /* x with its padding */
	int64_t ig, og, quads, panels, panel_bytes; /* of one group: its channels, and its weights as packed */
	int kh, kw, taps, stretches, groups, top, left, sh, sw, dh, dw;
	bool depthwise, laid_out, is_signed;
	int64_t *at; /* stretches (taps, where depthwise) from the first byte under the kernel */
	char *packed; /* panels of weights; then, at `sums`, the sum of each output's weights */
	size_t sums, bytes;
} layer;

/* The fastest product that this CPU has, how many rows it takes at a time, and what it is called. */
typedef struct product {
	void (*run)(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);
	int rows;
	const char *name;
} product;

static product
product_here(void)
{
	const kernel_bytes_kernels *k = kernel_bytes_best();
	return k->product_amx && base_cpu_has_amx_int8() ? (product){ k->product_amx, KERNEL_BYTES_MANY, "bytes:amx" }
		: k->product_vnni && base_cpu_has_vnni()     ? (product){ k->product_vnni, 4 * KERNEL_BYTES_ROWS, "bytes:vnni" }
													 : (product){ k->product, KERNEL_BYTES_ROWS, "bytes:wide" };
}

typedef void depth_product(const kernel_bytes_depth *t, const uint8_t *x, int rows, int n, int32_t *sums);

static depth_product *
depth_here(void)
{
	const kernel_bytes_kernels *k = kernel_bytes_best();
	return k->depth_vnni && base_cpu_has_vnni() ? k->depth_vnni : k->depth;
}

static bool
is_bytes(const exec_operand *o)
{
	return o->dtype == SECANT_U8 || o->dtype == SECANT_I8;
}

/* The operators' `to` as the kernels have it. */
static int
stored_as(int to)
{
	return to == 0 ? KERNEL_BYTES_REAL : to == 1 ? KERNEL_BYTES_U8 : KERNEL_BYTES_S8;
}

static bool
is_clamp(int act)
{
	return act == OP_ACT_NONE || act == OP_ACT_RELU || act == OP_ACT_relu6;
}

/* What a sum may be added to, and become. */
static bool
ends(const exec_step *s, int added, int to)
{
	return (added < 0 || !exec_has(s, added) || s->in[added].dtype == SECANT_F32 || is_bytes(&s->in[added]))
		&& s->out[0].dtype
		== (to == 0       ? SECANT_F32
				: to == 1 ? SECANT_U8
						  : SECANT_I8);
}

static bool
supports_conv(const exec_step *s)
{
	const op_conv_bytes_attr *a = s->node->attr;
	return is_bytes(&s->in[0]) && s->in[OP_BYTES_W].dtype == SECANT_I8 && s->in[OP_BYTES_W].state
		&& ends(s, OP_BYTES_ADDED, a->to);
}

static int64_t
up(int64_t n, int64_t multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

static int
kind_of(const exec_step *s, int i)
{
	return !exec_has(s, i)             ? KERNEL_BYTES_NONE
		: s->in[i].dtype == SECANT_F32 ? KERNEL_BYTES_REAL
		: s->in[i].dtype == SECANT_U8  ? KERNEL_BYTES_U8
									   : KERNEL_BYTES_S8;
}

static void
fill_geometry(layer *l, const exec_step *s)
{
	const op_conv_bytes_attr *a = s->node->attr;
	const int64_t *x = s->in[0].shape.dim, *w = s->in[OP_BYTES_W].shape.dim, *y = s->out[0].shape.dim;
	*l = (layer){ .pictures = x[0],
		.height = x[1],
		.width = x[2],
		.in = x[3],
		.rows = y[1],
		.columns = y[2],
		.out = y[3],
		.ig = w[1],
		.og = w[0] / a->groups,
		.kh = (int)w[2],
		.kw = (int)w[3],
		.groups = a->groups,
		.top = op_pad_of(&a->padding, 0),
		.left = op_pad_of(&a->padding, 1),
		.sh = a->stride.v[0],
		.sw = a->stride.v[1],
		.dh = a->dilation.v[0],
		.dw = a->dilation.v[1],
		.is_signed = s->in[0].dtype == SECANT_I8 };
	l->tall = l->height + l->top + op_pad_of(&a->padding, 2);
	l->wide = l->width + l->left + op_pad_of(&a->padding, 3);
	l->taps = l->kh * l->kw;
	l->depthwise = l->ig == 1 && l->og == 1 && l->groups > 1;
	bool rows = l->dw == 1 && l->groups == 1; /* taps of a row lie one after the other */
	int64_t length = rows ? l->kw * l->in : l->ig;
	l->stretches = rows ? l->kh : l->taps;
	l->quads = up(length, DEEP) / DEEP;
	l->panels = (l->og + COLUMNS - 1) / COLUMNS;
	l->panel_bytes = (int64_t)l->stretches * l->quads * DEEP * COLUMNS;
	l->laid_out = l->is_signed || l->tall != l->height || l->wide != l->width || (!l->depthwise && length % DEEP);
	if (!l->laid_out && l->taps == 1 && l->sh == 1 && l->sw == 1) { /* all pixels as one row */
		l->columns *= l->pictures * l->rows;
		l->wide = l->columns;
		l->pictures = l->rows = l->tall = 1;
	}
}

/* Lines of x under a row of the result, and under a band of them. */
static int64_t
lines_under(const layer *l, int64_t rows)
{
	return (rows - 1) * l->sh + (int64_t)(l->kh - 1) * l->dh + 1;
}

/* Of the lines of a band; 0: they are read where they are. */
static int64_t
band_bytes(const layer *l)
{
	return l->laid_out ? up(lines_under(l, exec_smaller(l->rows, BAND)) * l->wide * l->in + SLACK, 64) : 0;
}

typedef struct room { /* of a run */
	uint8_t *x; /* a band for each thread */
	float *scale, *bias;
	int32_t *less, *sums;
	float *real; /* of a tile, before an activation that is no clamp; NULL: it is one */
} room;

static room
rooms(const layer *l, const exec_step *s, exec_scratch *m)
{
	const int act = ((const op_conv_bytes_attr *)s->node->attr)->act, threads = s->threads;
	int64_t out = up(l->out, COLUMNS) + COLUMNS;
	room r = { exec_take(m, threads * band_bytes(l), 1), exec_take(m, out, sizeof(float)),
		exec_take(m, out, sizeof(float)), exec_take(m, out, sizeof(int32_t)), NULL, NULL };
	r.sums = exec_take(m, (int64_t)threads * MANY * COLUMNS, sizeof(int32_t));
	if (!is_clamp(act))
		r.real = exec_take(m, (int64_t)threads * MANY * COLUMNS, sizeof(float));
	return r;
}

static secant_status
prepare_conv(exec_step *s, secant_err *err)
{
	layer *l = s->data = secant_calloc(1, sizeof *l);
	exec_scratch m = { 0 };
	if (!l)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	fill_geometry(l, s);
	int n = l->depthwise ? l->taps : l->stretches, each = n / l->kh; /* of a row of the kernel */
	l->sums = (size_t)(l->depthwise ? up(l->out, COLUMNS) * up(l->taps, DEEP) : l->groups * l->panels * l->panel_bytes);
	l->bytes = l->sums + (size_t)l->out * sizeof(int32_t);
	if (!(l->at = secant_calloc((size_t)n + DEEP, sizeof *l->at))) /* taps are filled up with the first */
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a convolution");
	for (int k = 0; k < n; k++)
		l->at[k] = ((int64_t)(k / each) * l->dh * l->wide + (int64_t)(k % each) * l->dw) * l->in;
	(void)rooms(l, s, &m);
	s->scratch = m.used;
	s->packs = OP_BYTES_W + 1;
	s->packed = (void **)&l->packed;
	s->packed_bytes = l->bytes;
	s->layout = base_fnv1a("bytes of 64, four taps", 22); /* the same on every machine */
	s->flops = 2.0 * (double)exec_rows(&s->out[0].shape) * (double)secant_shape_count(&s->in[OP_BYTES_W].shape);
	const char *how = !l->depthwise                  ? product_here().name
		: depth_here() == kernel_bytes_best()->depth ? "bytes:depth"
													 : "bytes:depth vnni";
	memcpy(s->detail, how, strlen(how) + 1);
	return SECANT_OK;
}

/* Columns of panel p of a group: all 64, or as many 16s as the rest needs. */
static int
columns_of(const layer *l, int64_t p)
{
	int64_t left = l->og - p * COLUMNS;
	return (int)(left >= COLUMNS ? COLUMNS : up(left, ALIGN));
}

/* The weights of a block of channels, each by itself. */
static int8_t *
depth_block(const layer *l, int64_t block)
{
	return (int8_t *)l->packed + block * COLUMNS * up(l->taps, DEEP);
}

static void
pack_group(const layer *l, int group, const int8_t *w)
{
	bool rows = l->stretches != l->taps || l->taps == 1;
	for (int64_t o = 0; o < l->og; o++) {
		int64_t p = o / COLUMNS;
		int columns = columns_of(l, p);
		int8_t *to = (int8_t *)l->packed + (group * l->panels + p) * l->panel_bytes;
		const int8_t *from = w + (group * l->og + o) * l->ig * l->taps;
		for (int k = 0; k < l->taps; k++)
			for (int64_t c = 0; c < l->ig; c++) {
				int64_t stretch = rows && l->taps > 1 ? k / l->kw : k,
						i = (rows && l->taps > 1 ? k % l->kw : 0) * l->ig + c;
				to[((stretch * l->quads + i / DEEP) * columns + o % COLUMNS) * DEEP + i % DEEP] = from[c * l->taps + k];
			}
	}
}

static secant_status
pack_conv(exec_step *s, const void *const *in, secant_err *err)
{
	layer *l = s->data;
	const int8_t *w = in[OP_BYTES_W];
	if (!(l->packed = base_alloc_aligned(l->bytes + SLACK)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for weights");
	memset(l->packed, 0, l->bytes);
	int32_t *sums = (int32_t *)(void *)(l->packed + l->sums);
	int64_t each = l->ig * l->taps;
	for (int64_t o = 0; o < l->out; o++)
		for (int64_t i = 0; i < each; i++)
			sums[o] += w[o * each + i];
	if (l->depthwise)
		for (int64_t o = 0; o < l->out; o++)
			for (int k = 0; k < l->taps; k++)
				depth_block(l, o / COLUMNS)[kernel_bytes_depth_place(k, (int)(o % COLUMNS))] = w[o * l->taps + k];
	else
		for (int g = 0; g < l->groups; g++)
			pack_group(l, g, w);
	return SECANT_OK;
}

static void
release_conv(exec_step *s)
{
	layer *l = s->data;
	if (!l)
		return;
	if (!s->lent)
		secant_free(l->packed);
	secant_free(l->at);
	secant_free(l);
}

/* One number of an operand, as it is stored. */
static double
number(const exec_step *s, const void *const *in, int i, double otherwise)
{
	return exec_has(s, i) ? exec_load_any(in[i], s->in[i].dtype, 0) : otherwise;
}

static float
low_of(int act)
{
	return act == OP_ACT_RELU || act == OP_ACT_relu6 ? 0 : -INFINITY;
}

static float
high_of(int act)
{
	return act == OP_ACT_relu6 ? 6 : INFINITY;
}

/* What a run knows beside the layer, and where results go. */
typedef struct running {
	const layer *l;
	kernel_bytes_end end;
	int act, zero; /* none: the end clamps; of what pads */
	const uint8_t *x;
	const char *added;
	char *y;
	int added_size, y_size;
	room room;
} running;

/* Sums of n outputs from `first` on, of `rows` pixels from number `pixel` on, become results. Thread t has a tile for
 * them. */
static void
finish(const running *w, int t, int64_t first, int n, int64_t pixel, int rows)
{
	const kernel_bytes_kernels *k = kernel_bytes_best();
	kernel_bytes_end own = w->end;
	const int32_t *sums = w->room.sums + t * MANY * COLUMNS;
	int64_t at = pixel * w->l->out + first;
	const char *added = w->added ? w->added + at * w->added_size : NULL;
	char *y = w->y + at * w->y_size;
	own.less += first, own.scale += first, own.bias += first;
	if (is_clamp(w->act)) {
		k->finish(&own, sums, rows, n, added, y, w->l->out);
		return;
	}
	float *v = w->room.real + t * MANY * COLUMNS;
	own.to = KERNEL_BYTES_REAL;
	if (!added)
		k->finish(&own, sums, rows, n, NULL, v, n);
	for (int r = 0; r < rows && added; r++)
		k->finish(&own, sums + r * COLUMNS, 1, n, added + r * w->l->out * w->added_size, v + r * n, n);
	exec_native_act(w->act, v, v, false, (int64_t)rows * n);
	for (int r = 0; r < rows; r++)
		k->store(v + r * n, n, -INFINITY, INFINITY, own.grain, own.zero, w->end.to, y + r * w->l->out * w->y_size);
}

/* The rows of the result whose lines a thread has laid out. */
typedef struct band {
	int64_t picture, first, rows;
} band;

/* Line h of a picture with its padding; outside of it, padding. */
static void
lay_line(const running *w, int64_t picture, int64_t h, uint8_t *to)
{
	const layer *l = w->l;
	int64_t line = l->wide * l->in, row = l->width * l->in, left = l->left * l->in;
	uint8_t *q = to + left;
	if (h < 0 || h >= l->height) {
		memset(to, w->zero, (size_t)line);
		return;
	}
	const uint8_t *from = w->x + (picture * l->height + h) * row;
	memset(to, w->zero, (size_t)left);
	memset(q + row, w->zero, (size_t)(line - left - row));
	if (l->is_signed)
		for (int64_t i = 0; i < row; i++)
			q[i] = from[i] ^ 0x80;
	else
		memcpy(q, from, (size_t)row);
}

/* The first line under row `row` of the result, for thread t. */
static const uint8_t *
lines_of(const running *w, int t, band *b, int64_t row)
{
	const layer *l = w->l;
	int64_t picture = row / l->rows, p = row % l->rows, line = l->wide * l->in;
	if (!l->laid_out)
		return w->x + (picture * l->tall + p * l->sh) * line;
	uint8_t *own = w->room.x + t * band_bytes(l);
	if (picture != b->picture || p < b->first || p >= b->first + b->rows) {
		*b = (band){ picture, p, exec_smaller(l->rows - p, BAND) };
		int64_t lines = lines_under(l, b->rows);
		for (int64_t k = 0; k < lines; k++)
			lay_line(w, picture, p * l->sh + k - l->top, own + k * line);
		memset(own + lines * line, w->zero, SLACK);
	}
	return own + (p - b->first) * l->sh * line;
}

/* A row of the result over the lines at x, columns [from, to), outputs of one panel of one group. */
static void
row_of(const running *w, int t, const uint8_t *x, int64_t row, int64_t from, int64_t to, int group, int64_t panel)
{
	const layer *l = w->l;
	const product p = product_here();
	kernel_bytes_tile tile = { l->at, l->stretches, columns_of(l, panel), l->quads, l->sw * l->in,
		(const int8_t *)l->packed + (group * l->panels + panel) * l->panel_bytes };
	int64_t first = group * l->og + panel * COLUMNS, n = exec_smaller(l->og - panel * COLUMNS, COLUMNS);
	x += group * l->ig;
	for (int64_t q = from; q < to; q += p.rows) {
		int rows = (int)exec_smaller(to - q, p.rows);
		p.run(&tile, x + q * tile.step, rows, w->room.sums + t * MANY * COLUMNS);
		finish(w, t, first, (int)n, row * l->columns + q, rows);
	}
}

/* A row of the result where each channel is by itself, MANY pixels at a time. */
static void
depth_row(const running *w, int t, const uint8_t *x, int64_t row)
{
	const layer *l = w->l;
	for (int64_t c = 0; c < l->out; c += COLUMNS) {
		kernel_bytes_depth d = { l->at, l->taps, l->sw * l->in, depth_block(l, c / COLUMNS) };
		int n = (int)exec_smaller(l->out - c, COLUMNS);
		for (int64_t q = 0; q < l->columns; q += MANY) {
			int rows = (int)exec_smaller(l->columns - q, MANY);
			depth_here()(&d, x + q * d.step + c, rows, n, w->room.sums + t * MANY * COLUMNS);
			finish(w, t, c, n, row * l->columns + q, rows);
		}
	}
}

/* Scales, biases and zeros of this run, which are operands. */
static kernel_bytes_end
end_of(const exec_step *s, const layer *l, const room *r, const void *const *in, int zero)
{
	const op_conv_bytes_attr *a = s->node->attr;
	const int32_t *sums = (const int32_t *)(const void *)(l->packed + l->sums);
	const float *w = in[OP_BYTES_W_SCALE], *bias = exec_has(s, OP_BYTES_BIAS) ? in[OP_BYTES_BIAS] : NULL;
	double scale = number(s, in, OP_BYTES_X_SCALE, 1);
	int64_t scales = exec_in_count(s, OP_BYTES_W_SCALE);
	for (int64_t o = 0; o < l->out; o++) {
		r->less[o] = zero * sums[o];
		r->scale[o] = (float)(scale * (double)w[scales > 1 ? o : 0]);
		r->bias[o] = bias ? bias[o] : 0;
	}
	return (kernel_bytes_end){ r->less, r->scale, r->bias, (float)number(s, in, OP_BYTES_ADDED_ZERO, 0),
		(float)number(s, in, OP_BYTES_ADDED_SCALE, 1), low_of(a->act), high_of(a->act),
		(float)(1 / number(s, in, OP_BYTES_Y_SCALE, 1)), (float)number(s, in, OP_BYTES_Y_ZERO, 0),
		kind_of(s, OP_BYTES_ADDED), stored_as(a->to) };
}

static secant_status
run_conv(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const layer *l = s->data;
	const op_conv_bytes_attr *a = s->node->attr;
	exec_scratch m = { scratch, 0 };
	room r = rooms(l, s, &m);
	int zero = (int)number(s, in, OP_BYTES_X_ZERO, 0) + (l->is_signed ? 128 : 0);
	if (zero < 0 || zero > 255)
		return secant_fail(err, SECANT_ERR_RANGE, "a zero of %d is no byte", zero - (l->is_signed ? 128 : 0));
	running w = { .l = l,
		.end = end_of(s, l, &r, in, zero),
		.act = a->act,
		.zero = zero,
		.x = in[0],
		.y = out[0],
		.y_size = a->to ? 1 : 4,
		.room = r };
	w.added = w.end.added ? in[OP_BYTES_ADDED] : NULL;
	w.added_size = w.end.added == KERNEL_BYTES_REAL ? 4 : 1;
	int64_t rows = l->pictures * l->rows, units = l->depthwise ? 1 : l->groups * l->panels;
	int parts = exec_parts(s, (int64_t)(s->flops / 8));
	bool across = rows == 1 && units < parts && !l->depthwise; /* all pixels as one row: divided among threads */
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		band laid = { -1, 0, 0 };
		if (across)
			for (int64_t u = 0; u < units; u++)
				row_of(&w, t, w.x, 0, exec_part(l->columns, parts, t), exec_part(l->columns, parts, t + 1),
					(int)(u / l->panels), u % l->panels);
		else
			for (int64_t i = exec_part(rows * units, parts, t); i < exec_part(rows * units, parts, t + 1); i++) {
				const uint8_t *x = lines_of(&w, t, &laid, i % rows);
				if (l->depthwise)
					depth_row(&w, t, x, i);
				else
					row_of(&w, t, x, i % rows, 0, l->columns, (int)(i / rows / l->panels), i / rows % l->panels);
			}
	}
	return SECANT_OK;
}

/* ---- sums and products ---- */

static bool
supports_add(const exec_step *s)
{
	const op_add_bytes_attr *a = s->node->attr;
	return is_bytes(&s->in[0]) && is_bytes(&s->in[OP_BYTES_OTHER]) && is_clamp(a->act) && ends(s, -1, a->to);
}

enum { PIECE = 1024 };

/* What a run of a sum knows: scales and zeros, and where one pixel stands for a picture, its numbers over and over. */
typedef struct adding {
	float x_scale, x_zero, other_scale, other_zero;
	int x_type, other_type;
	kernel_bytes_how how;
	bool pixels;
	int64_t channels, picture; /* numbers of a pixel, of a picture */
	float again[2 * PIECE];
} adding;

/* The pixel of a picture, over and over; nothing where no piece holds a whole one. */
static void
repeat_pixel(adding *w, const uint8_t *pixel)
{
	const kernel_bytes_kernels *k = kernel_bytes_best();
	int64_t c = w->channels;
	for (int64_t i = 0; i + c <= 2 * PIECE && c <= PIECE; i += c)
		if (!i)
			k->reals(pixel, w->other_type, (int)c, w->other_zero, w->other_scale, KERNEL_BYTES_SET, w->again);
		else
			memcpy(w->again + i, w->again, (size_t)c * sizeof *w->again);
}

/* v[0..n) of x from number i on, within one picture, by numbers of one pixel. */
static void
by_pixel(const adding *w, const uint8_t *pixel, int64_t i, int n, float *v)
{
	const kernel_bytes_kernels *k = kernel_bytes_best();
	int64_t c = w->channels;
	for (int j = 0; j < n;) {
		int64_t at = (i + j) % c, whole = c <= PIECE ? 2 * PIECE / c * c : c, m = exec_smaller(n - j, whole - at);
		if (c <= PIECE)
			k->reals(w->again + at, KERNEL_BYTES_REAL, (int)m, 0, 1, w->how, v + j);
		else
			k->reals(pixel + at, w->other_type, (int)m, w->other_zero, w->other_scale, w->how, v + j);
		j += (int)m;
	}
}

static secant_status
run_add(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_add_bytes_attr *a = s->node->attr;
	const kernel_bytes_kernels *k = kernel_bytes_best();
	const uint8_t *x = in[0], *other = in[OP_BYTES_OTHER];
	const int64_t n = exec_out_count(s, 0), *dim = s->in[0].shape.dim;
	int parts = exec_parts(s, n), size = a->to ? 1 : 4;
	adding all = { .x_scale = (float)number(s, in, OP_BYTES_X_SCALE, 1),
		.x_zero = (float)number(s, in, OP_BYTES_X_ZERO, 0),
		.other_scale = (float)number(s, in, OP_BYTES_OTHER_SCALE, 1),
		.other_zero = (float)number(s, in, OP_BYTES_OTHER_ZERO, 0),
		.x_type = kind_of(s, 0),
		.other_type = kind_of(s, OP_BYTES_OTHER),
		.how = a->product ? KERNEL_BYTES_MULTIPLY : KERNEL_BYTES_ADD,
		.pixels = !secant_shape_equal(&s->in[0].shape, &s->in[OP_BYTES_OTHER].shape),
		.channels = s->in[0].shape.rank == 4 ? dim[3] : 1,
		.picture = s->in[0].shape.rank == 4 ? dim[1] * dim[2] * dim[3] : n };
	float low = low_of(a->act), high = high_of(a->act), grain = (float)(1 / number(s, in, OP_BYTES_SUM_SCALE, 1)),
		  zero = (float)number(s, in, OP_BYTES_SUM_ZERO, 0);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++) {
		float v[PIECE];
		adding w = all;
		int64_t seen = -1;
		for (int64_t i = exec_part(n, parts, t), end = exec_part(n, parts, t + 1), m; i < end; i += m) {
			int64_t picture = i / all.picture;
			m = exec_smaller(end - i, PIECE);
			m = all.pixels ? exec_smaller(m, (picture + 1) * all.picture - i) : m;
			k->reals(x + i, w.x_type, (int)m, w.x_zero, w.x_scale, KERNEL_BYTES_SET, v);
			if (all.pixels) {
				if (picture != seen)
					repeat_pixel(&w, other + picture * w.channels);
				by_pixel(&w, other + picture * w.channels, i, (int)m, v);
				seen = picture;
			} else
				k->reals(other + i, w.other_type, (int)m, w.other_zero, w.other_scale, w.how, v);
			k->store(v, (int)m, low, high, grain, zero, stored_as(a->to), (char *)out[0] + i * size);
		}
	}
	return SECANT_OK;
}

/* ---- means ---- */

static bool
supports_mean(const exec_step *s)
{
	return is_bytes(&s->in[0]) && ends(s, -1, ((const op_mean_bytes_attr *)s->node->attr)->to);
}

/* Sums of n channels from channel c of a picture on. */
static void
sum_channels(const exec_step *s, const uint8_t *x, int64_t picture, int64_t c, int n, int32_t *sum)
{
	const int64_t *dim = s->in[0].shape.dim, pixels = dim[1] * dim[2];
	memset(sum, 0, (size_t)n * sizeof *sum);
	x += picture * pixels * dim[3] + c;
	for (int64_t p = 0; p < pixels; p++, x += dim[3])
		if (s->in[0].dtype == SECANT_I8)
			for (int j = 0; j < n; j++)
				sum[j] += ((const int8_t *)x)[j];
		else
			for (int j = 0; j < n; j++)
				sum[j] += x[j];
}

static secant_status
run_mean(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_mean_bytes_attr *a = s->node->attr;
	const int64_t *dim = s->in[0].shape.dim, pieces = (dim[3] + COLUMNS - 1) / COLUMNS;
	double zero = number(s, in, OP_BYTES_X_ZERO, 0), scale = number(s, in, OP_BYTES_X_SCALE, 1),
		   each = scale / (double)(dim[1] * dim[2]);
	float grain = (float)(1 / number(s, in, OP_BYTES_MEAN_SCALE, 1)),
		  offset = (float)number(s, in, OP_BYTES_MEAN_ZERO, 0);
	int parts = exec_parts(s, exec_in_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(dim[0] * pieces, parts, t); i < exec_part(dim[0] * pieces, parts, t + 1); i++) {
			int64_t c = i % pieces * COLUMNS, n = dim[3] - c < COLUMNS ? dim[3] - c : COLUMNS;
			int32_t sum[COLUMNS];
			float v[COLUMNS];
			sum_channels(s, in[0], i / pieces, c, (int)n, sum);
			for (int64_t j = 0; j < n; j++)
				v[j] = (float)((double)sum[j] * each - zero * scale);
			kernel_bytes_best()->store(v, (int)n, -INFINITY, INFINITY, grain, offset, stored_as(a->to),
				(char *)out[0] + (i / pieces * dim[3] + c) * (a->to ? 1 : 4));
		}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_bytes[];
const exec_impl exec_impls_native_bytes[] = {
	{ .op = "conv2d_bytes",
		.name = "native",
		.supports = supports_conv,
		.prepare = prepare_conv,
		.pack = pack_conv,
		.run = run_conv,
		.release = release_conv },
	{ .op = "add_bytes", .name = "native", .supports = supports_add, .run = run_add },
	{ .op = "mean_bytes", .name = "native", .supports = supports_mean, .run = run_mean },
	{ 0 },
};
