/*
 * Sampling at any places: pictures bilinear, labels nearest, the two always by the same map. Bytes are blended in whole
 * numbers with weights of 1/256, so that the result is the same on every machine.
 */
#include "data/place.h"
#include "kernels/picture.h"
#include <math.h>
#include <string.h>

enum { CHUNK = 256, EIGHT = 8 };

/* A place: the pixel to the upper left, and how far beyond it. */
typedef struct spot {
	int x, y;
	float fx, fy;
} spot;

static spot
find_spot(float x, float y)
{
	/* Far outside is as good as just outside, and an int. A NaN goes to the corner. */
	const float far = 1 << 24;
	x = x > -far ? x < far ? x : far : -far;
	y = y > -far ? y < far ? y : far : -far;
	float left = floorf(x), top = floorf(y);
	return (spot){ (int)left, (int)top, x - left, y - top };
}

static const char *
pixel_at(const data_picture *p, int x, int y, size_t size, data_border border)
{
	x = data_border_index(border, x, p->width);
	y = data_border_index(border, y, p->height);
	return x < 0 || y < 0 ? NULL : (const char *)p->pixels + ((size_t)y * (size_t)p->width + (size_t)x) * size;
}

/* The four neighbours, NULL outside. */
static void
neighbours(const data_picture *p, const spot *s, size_t size, data_border border, const char *at[4])
{
	if (s->x >= 0 && s->y >= 0 && s->x + 1 < p->width && s->y + 1 < p->height) {
		at[0] = (const char *)p->pixels + ((size_t)s->y * (size_t)p->width + (size_t)s->x) * size;
		at[1] = at[0] + size;
		at[2] = at[0] + (size_t)p->width * size;
		at[3] = at[2] + size;
		return;
	}
	for (int k = 0; k < 4; k++)
		at[k] = pixel_at(p, s->x + (k & 1), s->y + (k >> 1), size, border);
}

static uint8_t
as_byte(float v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5f);
}

static void
blend_bytes(const char *const at[4], const spot *s, int channels, const float *fill, uint8_t *out)
{
	uint32_t fx = (uint32_t)(s->fx * 256 + 0.5f), fy = (uint32_t)(s->fy * 256 + 0.5f);
	for (int c = 0; c < channels; c++) {
		uint32_t v[4];
		for (int k = 0; k < 4; k++)
			v[k] = at[k] ? ((const uint8_t *)at[k])[c] : as_byte(fill ? fill[c] : 0);
		uint32_t top = v[0] * (256 - fx) + v[1] * fx, bottom = v[2] * (256 - fx) + v[3] * fx;
		out[c] = (uint8_t)((top * (256 - fy) + bottom * fy + 32768) >> 16);
	}
}

static void
blend_reals(const char *const at[4], const spot *s, int channels, const float *fill, float *out)
{
	for (int c = 0; c < channels; c++) {
		float v[4];
		for (int k = 0; k < 4; k++)
			v[k] = at[k] ? ((const float *)at[k])[c] : fill ? fill[c] : 0;
		float top = v[0] + (v[1] - v[0]) * s->fx, bottom = v[2] + (v[3] - v[2]) * s->fx;
		out[c] = top + (bottom - top) * s->fy;
	}
}

/* Under a border that repeats something. */
static uint16_t
label_beyond(const data_picture *p, float x, float y, const data_outside *o)
{
	spot s = find_spot(x + 0.5f, y + 0.5f);
	s.x = data_border_index(o->border, s.x, p->width);
	s.y = data_border_index(o->border, s.y, p->height);
	return p->labels[(size_t)s.y * (size_t)p->width + (size_t)s.x];
}

/* One pixel that touches the border, or that no kernel does. */
static void
map_pixel(const data_picture *from, void *to, float x, float y, const data_outside *o)
{
	const char *at[4];
	spot s = find_spot(x, y);
	neighbours(from, &s, (size_t)from->channels * (from->real ? sizeof(float) : 1), o->border, at);
	if (from->real)
		blend_reals(at, &s, from->channels, o->fill, to);
	else
		blend_bytes(at, &s, from->channels, o->fill, to);
}

/* Whether there are eight more places and all lie inside: the usual case, to be passed over at once. */
static inline bool
all_inside(const uint8_t *outside, int left)
{
	uint64_t marks;
	if (left < EIGHT)
		return false;
	memcpy(&marks, outside, sizeof marks);
	return marks == 0;
}

static void
map_bytes(const data_picture *from, uint8_t *to, int n, const float *xs, const float *ys, const data_outside *o)
{
	size_t c = (size_t)from->channels;
	uint8_t outside[CHUNK], fill[DATA_MOST_CHANNELS];
	for (size_t k = 0; k < c; k++)
		fill[k] = as_byte(o->fill ? o->fill[k] : 0);
	kernel_picture_best()->sample(from->pixels, from->width, from->height, from->channels, xs, ys, n, to, outside);
	for (int i = 0; i < n; i++) {
		if (all_inside(outside + i, n - i)) {
			i += EIGHT - 1;
			continue;
		}
		if (outside[i] == 2 && o->border == DATA_BORDER_CONSTANT)
			for (size_t k = 0; k < c; k++)
				to[(size_t)i * c + k] = fill[k];
		else if (outside[i])
			map_pixel(from, to + (size_t)i * c, xs[i], ys[i], o);
	}
}

static void
map_labels(const data_picture *from, uint16_t *to, int n, const float *xs, const float *ys, const data_outside *o)
{
	uint8_t outside[CHUNK];
	bool plain = o->mark_labels || o->border == DATA_BORDER_CONSTANT;
	kernel_picture_best()->pick(from->labels, from->width, from->height, xs, ys, n, to, outside);
	for (int i = 0; i < n; i++) {
		if (all_inside(outside + i, n - i))
			i += EIGHT - 1;
		else if (outside[i])
			to[i] = plain ? o->label : label_beyond(from, xs[i], ys[i], o);
	}
}

static void
map_chunk(const data_picture *from, data_picture *to, int x0, int y, int n, const float *xs, const float *ys,
	const data_outside *o)
{
	size_t first = (size_t)y * (size_t)to->width + (size_t)x0, c = (size_t)from->channels;
	if (from->real)
		for (int i = 0; i < n; i++)
			map_pixel(from, (float *)to->pixels + (first + (size_t)i) * c, xs[i], ys[i], o);
	else
		map_bytes(from, (uint8_t *)to->pixels + first * c, n, xs, ys, o);
	if (from->labels && to->labels)
		map_labels(from, to->labels + first, n, xs, ys, o);
}

void
data_place_mapped(
	const data_picture *from, data_picture *to, data_place_map map, const void *how, const data_outside *outside)
{
	float xs[CHUNK], ys[CHUNK];
	for (int y = 0; y < to->height; y++)
		for (int x = 0; x < to->width; x += CHUNK) {
			int n = to->width - x < CHUNK ? to->width - x : CHUNK;
			map(how, x, y, n, xs, ys);
			map_chunk(from, to, x, y, n, xs, ys, outside);
		}
}

/* ---- straight lines ---- */

data_affine
data_affine_of_turn(int turn, int width, int height)
{
	data_affine m = { 1, 0, 0, 0, 1, 0 };
	if (turn & DATA_TURN_FLIP_H)
		m.xx = -1, m.x = width - 1;
	if (turn & DATA_TURN_FLIP_V)
		m.yy = -1, m.y = height - 1;
	return turn & DATA_TURN_TRANSPOSE ? (data_affine){ m.yx, m.yy, m.y, m.xx, m.xy, m.x } : m;
}

data_affine
data_affine_join(const data_affine *outer, const data_affine *inner)
{
	const data_affine *o = outer, *i = inner;
	return (data_affine){
		o->xx * i->xx + o->xy * i->yx,
		o->xx * i->xy + o->xy * i->yy,
		o->xx * i->x + o->xy * i->y + o->x,
		o->yx * i->xx + o->yy * i->yx,
		o->yx * i->xy + o->yy * i->yy,
		o->yx * i->x + o->yy * i->y + o->y,
	};
}

static void
map_affine(const void *how, int x, int y, int n, float *from_x, float *from_y)
{
	const data_affine *m = how;
	float xx = (float)m->xx, yx = (float)m->yx;
	float u = (float)(m->xx * x + m->xy * y + m->x), v = (float)(m->yx * x + m->yy * y + m->y);
	for (int i = 0; i < n; i++) {
		from_x[i] = u + xx * (float)i;
		from_y[i] = v + yx * (float)i;
	}
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b && (a < 0) != (b < 0));
}

/* Narrows [*first, *last) to where start + i * step lies within [lo, hi]. */
static void
narrow(int64_t start, int64_t step, int64_t lo, int64_t hi, int64_t *first, int64_t *last)
{
	int64_t a = *first, b = *last - 1;
	if (step) {
		int64_t low = step > 0 ? lo - start : hi - start, high = step > 0 ? hi - start : lo - start;
		a = -floor_div(-low, step), b = floor_div(high, step);
	} else if (start < lo || start > hi) {
		b = a - 1;
	}
	*first = a > *first ? a : *first;
	*last = b + 1 < *last ? b + 1 : *last;
	*last = *last < *first ? *first : *last;
}

/* n pixels of nothing but the border's colour, by copies of twice the size. */
static void
fill_run(data_picture *to, size_t pixel, size_t n, const data_outside *o)
{
	uint8_t *out = (uint8_t *)to->pixels + pixel * 3;
	for (int c = 0; c < 3 && n; c++)
		out[c] = as_byte(o->fill ? o->fill[c] : 0);
	for (size_t done = 1; done < n; done *= 2)
		memcpy(out + done * 3, out, (done < n - done ? done : n - done) * 3);
	for (size_t i = 0; i < n && to->labels; i++)
		to->labels[pixel + i] = o->label;
}

/* Row y: what lies wholly inside by the kernel for lines, what lies wholly outside by the border's colour, the rest as
 * anywhere. */
static void
affine_row(const data_picture *from, data_picture *to, const data_affine *m, int y, const data_outside *o)
{
	const double one = 4294967296.; /* 32.32 */
	const int64_t slack = (int64_t)1 << 24; /* 1/256 pixel */
	float xs[CHUNK], ys[CHUNK];
	int64_t start[2] = { llrint((m->xy * y + m->x) * one), llrint((m->yy * y + m->y) * one) },
			step[2] = { llrint(m->xx * one), llrint(m->yx * one) };
	int64_t first = 0, last = to->width;
	narrow(start[0], step[0], slack, ((int64_t)(from->width - 1) << 32) - slack, &first, &last);
	narrow(start[1], step[1], slack, ((int64_t)(from->height - 1) << 32) - slack, &first, &last);
	if (first >= last)
		first = last = 0;
	int64_t near_first = 0, near_last = to->width;
	if (o->border == DATA_BORDER_CONSTANT && (!to->labels || from->labels)) {
		narrow(start[0], step[0], -((int64_t)1 << 32) - slack, ((int64_t)from->width << 32) + slack, &near_first,
			&near_last);
		narrow(start[1], step[1], -((int64_t)1 << 32) - slack, ((int64_t)from->height << 32) + slack, &near_first,
			&near_last);
		if (near_first >= near_last)
			near_first = near_last = to->width;
		fill_run(to, (size_t)y * (size_t)to->width, (size_t)near_first, o);
		fill_run(to, (size_t)y * (size_t)to->width + (size_t)near_last, (size_t)(to->width - near_last), o);
	}
	for (int64_t x = near_first; x < near_last;) {
		int64_t end = x < first ? first : near_last;
		if (x == first && last > first) {
			const int64_t at[2] = { start[0] + first * step[0], start[1] + first * step[1] };
			size_t pixel = (size_t)y * (size_t)to->width + (size_t)first;
			kernel_picture_best()->warp3(
				from->pixels, from->width, at, step, (int)(last - first), (uint8_t *)to->pixels + pixel * 3);
			if (from->labels && to->labels)
				kernel_picture_best()->warp_labels(
					from->labels, from->width, at, step, (int)(last - first), to->labels + pixel);
			x = last;
			continue;
		}
		int n = end - x < CHUNK ? (int)(end - x) : CHUNK;
		map_affine(m, (int)x, y, n, xs, ys);
		map_chunk(from, to, (int)x, y, n, xs, ys, o);
		x += n;
	}
}

void
data_place_affine(const data_picture *from, data_picture *to, const data_affine *m, const data_outside *outside)
{
	enum { LARGEST = 32000 }; /* 16.16 must hold a place */
	const double far = 1e6, reach = fabs(m->xx) + fabs(m->xy) + fabs(m->yx) + fabs(m->yy);
	bool fits = from->width <= LARGEST && from->height <= LARGEST && to->width <= LARGEST && to->height <= LARGEST
		&& reach < 400 && fabs(m->x) < far && fabs(m->y) < far;
	if (from->real || from->channels != 3 || !fits) {
		data_place_mapped(from, to, map_affine, m, outside);
		return;
	}
	for (int y = 0; y < to->height; y++)
		affine_row(from, to, m, y, outside);
}

/* ---- scaling ---- */

typedef struct scaling {
	double x, y, step_x, step_y, last_x, last_y;
} scaling;

static void
map_scaled(const void *how, int x, int y, int n, float *from_x, float *from_y)
{
	const scaling *s = how;
	double v = s->y + (y + 0.5) * s->step_y - 0.5;
	v = v < s->y ? s->y : v > s->last_y ? s->last_y : v;
	for (int i = 0; i < n; i++) {
		double u = s->x + (x + i + 0.5) * s->step_x - 0.5;
		from_x[i] = (float)(u < s->x ? s->x : u > s->last_x ? s->last_x : u);
		from_y[i] = (float)v;
	}
}

void
data_place_scaled(const data_picture *from, data_picture *to, double x, double y, double width, double height)
{
	const data_outside edge = { .border = DATA_BORDER_EDGE };
	scaling s = { x, y, width / to->width, height / to->height, x + width - 1, y + height - 1 };
	data_place_mapped(from, to, map_scaled, &s, &edge);
}
