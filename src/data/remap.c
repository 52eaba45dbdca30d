/*
 * Sampling at any places: pictures bilinear, labels nearest, the two always by the same map. Bytes are blended in whole numbers with
 * weights of 1/256, so that the result is the same on every machine.
 */
#include "data/place.h"
#include "kernels/picture.h"
#include <math.h>
#include <string.h>

enum { CHUNK = 256 };

/* A place: the pixel to the upper left, and how far beyond it. */
typedef struct spot { int x, y; float fx, fy; } spot;

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
pixel_at(const secant_picture *p, int x, int y, size_t size, secant_border border)
{
	x = secant_border_index(border, x, p->width);
	y = secant_border_index(border, y, p->height);
	return x < 0 || y < 0 ? NULL : (const char *)p->pixels + ((size_t)y * (size_t)p->width + (size_t)x) * size;
}

/* The four neighbours, NULL outside. */
static void
neighbours(const secant_picture *p, const spot *s, size_t size, secant_border border, const char *at[4])
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

static uint16_t
label_beyond(const secant_picture *p, float x, float y, const secant_outside *o)
{
	spot s = find_spot(x + 0.5f, y + 0.5f);
	s.x = o->mark_labels ? -1 : secant_border_index(o->border, s.x, p->width);
	s.y = secant_border_index(o->border, s.y, p->height);
	return s.x < 0 || s.y < 0 ? o->label : p->labels[(size_t)s.y * (size_t)p->width + (size_t)s.x];
}

static void
map_chunk(const secant_picture *from, secant_picture *to, int x0, int y, int n, const float *xs, const float *ys, const secant_outside *o)
{
	const secant_picture_kernels *kernels = secant_picture_best();
	size_t first = (size_t)y * (size_t)to->width + (size_t)x0, c = (size_t)from->channels, size = c * (from->real ? sizeof(float) : 1);
	uint8_t outside[CHUNK];
	if (from->real)
		memset(outside, 1, sizeof outside);
	else
		kernels->sample(from->pixels, from->width, from->height, from->channels, xs, ys, n, (uint8_t *)to->pixels + first * c, outside);
	for (int i = 0; i < n; i++) {
		if (!outside[i])
			continue;
		const char *at[4];
		spot s = find_spot(xs[i], ys[i]);
		neighbours(from, &s, size, o->border, at);
		if (from->real)
			blend_reals(at, &s, from->channels, o->fill, (float *)to->pixels + (first + (size_t)i) * c);
		else
			blend_bytes(at, &s, from->channels, o->fill, (uint8_t *)to->pixels + (first + (size_t)i) * c);
	}
	if (!from->labels || !to->labels)
		return;
	kernels->pick(from->labels, from->width, from->height, xs, ys, n, to->labels + first, outside);
	for (int i = 0; i < n; i++)
		if (outside[i])
			to->labels[first + (size_t)i] = label_beyond(from, xs[i], ys[i], o);
}

void
secant_place_mapped(const secant_picture *from, secant_picture *to, secant_place_map map, const void *how, const secant_outside *outside)
{
	float xs[CHUNK], ys[CHUNK];
	for (int y = 0; y < to->height; y++)
		for (int x = 0; x < to->width; x += CHUNK) {
			int n = to->width - x < CHUNK ? to->width - x : CHUNK;
			map(how, x, y, n, xs, ys);
			map_chunk(from, to, x, y, n, xs, ys, outside);
		}
}

/* ---- scaling ---- */

typedef struct scaling { double x, y, step_x, step_y, last_x, last_y; } scaling;

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
secant_place_scaled(const secant_picture *from, secant_picture *to, double x, double y, double width, double height)
{
	const secant_outside edge = { .border = SECANT_BORDER_EDGE };
	scaling s = { x, y, width / to->width, height / to->height, x + width - 1, y + height - 1 };
	secant_place_mapped(from, to, map_scaled, &s, &edge);
}
