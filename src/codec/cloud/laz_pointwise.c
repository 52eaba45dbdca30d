/*
 * LAZ items of point formats 0 to 5 (version 2; wave packets version 1): one stream for a chunk, items decoded one
 * after another for each point. POINT10 predicts by return number, GPSTIME11 by up to four interleaved sequences, RGB12
 * by the change of red, BYTE by itself.
 */
#include "codec/cloud/laz_items.h"
#include <string.h>

typedef struct pointwise {
	laz_decoder decoder;
	laz_point10 point;
	laz_time time;
	laz_colour colour;
	laz_wave wave;
	laz_bytes bytes;
} pointwise;

const uint8_t laz_return_map10[8][8] = {
	{ 15, 14, 13, 12, 11, 10, 9, 8 },
	{ 14, 0, 1, 3, 6, 10, 10, 9 },
	{ 13, 1, 2, 4, 7, 11, 11, 10 },
	{ 12, 3, 4, 5, 8, 12, 12, 11 },
	{ 11, 6, 7, 8, 9, 13, 13, 12 },
	{ 10, 10, 11, 12, 13, 14, 14, 13 },
	{ 9, 10, 11, 12, 13, 14, 15, 14 },
	{ 8, 9, 10, 11, 12, 13, 14, 15 },
};

void
laz_point10_begin(laz_point10 *p, const uint8_t *first)
{
	*p = (laz_point10){ 0 };
	memcpy(p->last, first, 20);
	p->last[12] = p->last[13] = 0;
	for (int i = 0; i < 16; i++)
		p->x[i].high = p->y[i].high = true;
	laz_integer_begin(&p->of_intensity, 16);
	laz_integer_begin(&p->of_source, 16);
	laz_integer_begin(&p->of_x, 32);
	laz_integer_begin(&p->of_y, 32);
	laz_integer_begin(&p->of_z, 32);
}

static void
point10_decode(laz_decoder *d, laz_models *m, laz_point10 *p)
{
	uint8_t *v = p->last;
	uint32_t changed = laz_symbol(d, laz_model_at(m, &p->changed, 64));
	if (changed & 32)
		v[14] = (uint8_t)laz_symbol(d, laz_model_at(m, &p->flags[v[14]], 256));
	int r = v[14] & 7, n = v[14] >> 3 & 7, map = laz_return_map10[n][r], level = n > r ? n - r : r - n;
	if (changed) {
		if (changed & 16)
			p->intensity[map] = (uint16_t)laz_integer_decode(
				d, m, &p->of_intensity, p->intensity[map], map < 3 ? map : 3);
		base_put_le(v + 12, p->intensity[map], 2);
		if (changed & 8)
			v[15] = (uint8_t)laz_symbol(d, laz_model_at(m, &p->class[v[15]], 256));
		if (changed & 4)
			v[16] = (uint8_t)(v[16] + laz_symbol(d, laz_model_at(m, &p->angle[v[14] >> 6 & 1], 256)));
		if (changed & 2)
			v[17] = (uint8_t)laz_symbol(d, laz_model_at(m, &p->user[v[17]], 256));
		if (changed & 1)
			base_put_le(v + 18, (uint64_t)laz_integer_decode(d, m, &p->of_source, base_le16(v + 18), 0), 2);
	}
	int single = n == 1;
	int32_t dx = laz_integer_decode(d, m, &p->of_x, p->x[map].v[2], single);
	base_put_le(v, base_le32(v) + (uint32_t)dx, 4);
	laz_median_add(&p->x[map], dx);
	int32_t dy = laz_integer_decode(d, m, &p->of_y, p->y[map].v[2], single + laz_even(p->of_x.k, 20));
	base_put_le(v + 4, base_le32(v + 4) + (uint32_t)dy, 4);
	laz_median_add(&p->y[map], dy);
	p->height[level] = laz_integer_decode(
		d, m, &p->of_z, p->height[level], single + laz_even((p->of_x.k + p->of_y.k) / 2, 18));
	base_put_le(v + 8, (uint32_t)p->height[level], 4);
}

secant_status
laz_pointwise_begin(laz_chunk *c, const uint8_t *p, size_t size, secant_err *err)
{
	pointwise *s = c->pointwise = base_arena_alloc(c->models.arena, sizeof *s);
	if (!s)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	laz_decoder_begin(&s->decoder, p, size);
	for (int i = 0; i < c->layout->items; i++) {
		const laz_item *item = &c->layout->item[i];
		const uint8_t *first = c->record + item->offset;
		if (item->kind == LAZ_POINT10)
			laz_point10_begin(&s->point, first);
		else if (item->kind == LAZ_GPSTIME11)
			laz_time_begin(&s->time, base_le64(first), false);
		else if (item->kind == LAZ_RGB12)
			for (int k = 0; k < 3; k++)
				s->colour.last[k] = base_le16(first + 2 * k);
		else if (item->kind == LAZ_WAVEPACKET13)
			laz_wave_begin(&s->wave, first);
		else if (!(s->bytes.diff = base_arena_alloc(c->models.arena, (size_t)item->size * sizeof *s->bytes.diff)))
			return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	}
	return SECANT_OK;
}

void
laz_pointwise_next(laz_chunk *c)
{
	pointwise *s = c->pointwise;
	laz_decoder *d = &s->decoder;
	laz_models *m = &c->models;
	for (int i = 0; i < c->layout->items; i++) {
		const laz_item *item = &c->layout->item[i];
		uint8_t *out = c->record + item->offset;
		if (item->kind == LAZ_POINT10) {
			point10_decode(d, m, &s->point);
			memcpy(out, s->point.last, 20);
		} else if (item->kind == LAZ_GPSTIME11) {
			laz_time_decode(d, m, &s->time);
			base_put_le(out, s->time.time[s->time.last], 8);
		} else if (item->kind == LAZ_RGB12) {
			laz_colour_decode(d, m, &s->colour, s->colour.last);
			for (int k = 0; k < 3; k++)
				base_put_le(out + 2 * k, s->colour.last[k], 2);
		} else if (item->kind == LAZ_WAVEPACKET13) {
			laz_wave_decode(d, m, &s->wave, s->wave.last);
			memcpy(out, s->wave.last, 29);
		} else {
			for (int k = 0; k < item->size; k++)
				out[k] = (uint8_t)(out[k] + laz_symbol(d, laz_model_at(m, &s->bytes.diff[k], 256)));
		}
	}
}

uint32_t
laz_pointwise_over(const laz_chunk *c)
{
	return ((const pointwise *)c->pointwise)->decoder.over;
}
