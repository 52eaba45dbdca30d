/* What steps of augmentation share: the pair of pictures, turns that are put off, borders, limits, tables of values. */
#include "data/augment/augment.h"
#include "base/mem.h"
#include <math.h>
#include <stdio.h>

secant_status
data_frame_reserve(data_frame *f, int width, int height, int channels, bool real, bool labels, secant_err *err)
{
	f->now = &f->a;
	f->spare = &f->b;
	f->turn = f->turn_before = 0;
	f->warps = false;
	secant_status s = data_picture_reserve(&f->a, width, height, channels, real, labels, err);
	return s ? s : data_picture_reserve(&f->b, width, height, channels, real, labels, err);
}

void
data_frame_free(data_frame *f)
{
	data_picture_free(&f->a);
	data_picture_free(&f->b);
	data_picture_free(&f->guest);
	secant_free(f->scratch);
	*f = (data_frame){ 0 };
}

void
data_frame_swap(data_frame *f)
{
	data_picture *t = f->now;
	f->spare->bounded = t->bounded;
	f->now = f->spare;
	f->spare = t;
}

void
data_frame_settle(data_frame *f)
{
	int w = f->now->width, h = f->now->height;
	if (f->warps) {
		data_affine before = data_affine_of_turn(f->turn_before, w, h), after = data_affine_of_turn(f->turn, w, h);
		data_affine m = data_affine_join(&f->warp, &after);
		m = data_affine_join(&before, &m);
		f->outside.fill = f->warp_fill;
		data_place_affine(f->now, f->spare, &m, &f->outside);
	} else if (f->turn) {
		data_place_turned(f->now, f->spare, f->turn);
	} else {
		return;
	}
	data_frame_swap(f);
	f->turn = f->turn_before = 0;
	f->warps = false;
}

void
data_frame_warp(data_frame *f, const data_affine *m, const data_outside *outside)
{
	if (f->warps)
		data_frame_settle(f);
	f->turn_before = f->turn;
	f->turn = 0;
	f->warps = true;
	f->warp = *m;
	f->outside = *outside;
	for (int c = 0; c < f->now->channels; c++)
		f->warp_fill[c] = outside->fill ? outside->fill[c] : 0;
}

float *
data_frame_scratch(data_frame *f, size_t n, secant_err *err)
{
	if (f->scratch_room >= n)
		return f->scratch;
	secant_free(f->scratch);
	f->scratch = base_alloc_aligned(n * sizeof *f->scratch);
	f->scratch_room = f->scratch ? n : 0;
	if (!f->scratch)
		secant_fail(err, SECANT_ERR_NOMEM, "augmentation: no memory for %zu numbers", n);
	return f->scratch;
}

secant_status
data_frame_outside(const data_frame *f, int border, const secant_reals *value, float fill[DATA_MOST_CHANNELS],
	data_outside *out, secant_err *err)
{
	int channels = f->now->channels;
	if (value->n > 1 && value->n != channels)
		return secant_fail(err, SECANT_ERR_ARG,
			"augmentation: border-value has %d numbers, the pictures have %d channels", value->n, channels);
	for (int c = 0; c < channels; c++)
		fill[c] = value->n ? (float)value->v[value->n > 1 ? c : 0] : f->fill[c];
	*out = (data_outside){ .border = (data_border)border, .fill = fill, .label = f->pad_label };
	return SECANT_OK;
}

/* ---- limits ---- */

data_limits
data_limits_of(const secant_reals *r, double around)
{
	if (r->n == 2)
		return (data_limits){ r->v[0], r->v[1] };
	return (data_limits){ around - r->v[0], around + r->v[0] };
}

secant_status
data_limits_check(const char *name, const char *option, const secant_reals *r, double around, double least, double most,
	secant_err *err)
{
	if (r->n < 1 || r->n > 2)
		return secant_fail(
			err, SECANT_ERR_ARG, "augmentation %s: %s has %d numbers, expected LOWER,UPPER or one", name, option, r->n);
	data_limits l = data_limits_of(r, around);
	if (l.lo > l.hi)
		return secant_fail(
			err, SECANT_ERR_RANGE, "augmentation %s: %s limits are inverted, %g is above %g", name, option, l.lo, l.hi);
	if (l.lo < least || l.hi > most)
		return secant_fail(err, SECANT_ERR_RANGE, "augmentation %s: %s limits %g to %g leave %g to %g", name, option,
			l.lo, l.hi, least, most);
	return SECANT_OK;
}

double
data_limits_draw(const secant_reals *r, double around, base_rng *rng)
{
	data_limits l = data_limits_of(r, around);
	return base_rng_range(rng, l.lo, l.hi);
}

int
data_limits_draw_whole(const secant_reals *r, double around, base_rng *rng)
{
	data_limits l = data_limits_of(r, around);
	int lo = (int)ceil(l.lo), hi = (int)floor(l.hi);
	return hi <= lo ? lo : lo + (int)base_rng_below(rng, (uint32_t)(hi - lo) + 1);
}

/* ---- values ---- */

static float
look_up(const float table[256], float v, bool bounded)
{
	if (!(v >= 0))
		return bounded || !(v < 0) ? table[0] : table[0] + v * (table[1] - table[0]);
	if (v >= 255)
		return bounded ? table[255] : table[255] + (v - 255) * (table[255] - table[254]);
	int i = (int)v;
	return table[i] + (v - (float)i) * (table[i + 1] - table[i]);
}

void
data_picture_map(data_picture *p, int channels, const float table[256])
{
	size_t n = (size_t)p->width * (size_t)p->height, c = (size_t)p->channels,
		   some = (size_t)channels < c ? (size_t)channels : c;
	uint8_t bytes[256];
	for (int v = 0; v < 256; v++)
		bytes[v] = (uint8_t)(table[v] < 0 ? 0 : table[v] > 255 ? 255 : table[v] + 0.5f);
	uint8_t *u = p->pixels;
	float *r = p->pixels;
	if (!p->real && some == c)
		for (size_t i = 0; i < n * c; i++)
			u[i] = bytes[u[i]];
	else
		for (size_t i = 0; i < n; i++)
			for (size_t k = i * c; k < i * c + some; k++) {
				if (p->real)
					r[k] = look_up(table, r[k], p->bounded);
				else
					u[k] = bytes[u[k]];
			}
}
