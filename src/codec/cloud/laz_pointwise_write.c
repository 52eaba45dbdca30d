/* Encoding LAZ items of point formats 0 to 5: laz_pointwise.c in the other direction. */
#include "codec/cloud/laz_encode.h"
#include <string.h>

typedef struct pointwise {
	laz_point10 point;
	laz_time time;
	laz_colour colour;
	laz_wave wave;
	laz_bytes bytes;
} pointwise;

static void
point10_encode(laz_encoder *e, laz_models *m, laz_point10 *p, const uint8_t *v)
{
	uint8_t *last = p->last;
	int r = v[14] & 7, n = v[14] >> 3 & 7, map = laz_return_map10[n][r], level = n > r ? n - r : r - n;
	uint16_t intensity = base_le16(v + 12), source = base_le16(v + 18);
	uint32_t changed = (uint32_t)(v[14] != last[14]) << 5 | (uint32_t)(intensity != p->intensity[map]) << 4
		| (uint32_t)(v[15] != last[15]) << 3 | (uint32_t)(v[16] != last[16]) << 2 | (uint32_t)(v[17] != last[17]) << 1
		| (uint32_t)(source != base_le16(last + 18));
	laz_put_symbol(e, laz_model_at(m, &p->changed, 64), changed);
	if (changed & 32)
		laz_put_symbol(e, laz_model_at(m, &p->flags[last[14]], 256), v[14]);
	if (changed & 16)
		laz_integer_encode(e, m, &p->of_intensity, p->intensity[map], intensity, map < 3 ? map : 3);
	p->intensity[map] = intensity;
	if (changed & 8)
		laz_put_symbol(e, laz_model_at(m, &p->class[last[15]], 256), v[15]);
	if (changed & 4)
		laz_put_symbol(e, laz_model_at(m, &p->angle[v[14] >> 6 & 1], 256), (uint32_t)(v[16] - last[16]) & 255);
	if (changed & 2)
		laz_put_symbol(e, laz_model_at(m, &p->user[last[17]], 256), v[17]);
	if (changed & 1)
		laz_integer_encode(e, m, &p->of_source, base_le16(last + 18), source, 0);
	int single = n == 1;
	int32_t dx = (int32_t)(base_le32(v) - base_le32(last)), dy = (int32_t)(base_le32(v + 4) - base_le32(last + 4));
	int32_t z = (int32_t)base_le32(v + 8);
	laz_integer_encode(e, m, &p->of_x, p->x[map].v[2], dx, single);
	laz_median_add(&p->x[map], dx);
	laz_integer_encode(e, m, &p->of_y, p->y[map].v[2], dy, single + laz_even(p->of_x.k, 20));
	laz_median_add(&p->y[map], dy);
	laz_integer_encode(e, m, &p->of_z, p->height[level], z, single + laz_even((p->of_x.k + p->of_y.k) / 2, 18));
	p->height[level] = z;
	memcpy(last, v, 20);
}

secant_status
laz_pointwise_write_begin(laz_chunk_writer *w, secant_err *err)
{
	laz_chunk *c = &w->chunk;
	pointwise *s = w->state = base_arena_alloc(c->models.arena, sizeof *s);
	if (!s)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	laz_encoder_begin(&w->stream);
	for (int i = 0; i < c->layout->items; i++) {
		const laz_item *item = &c->layout->item[i];
		const uint8_t *first = c->record + item->offset;
		size_t n = (size_t)item->size;
		if (item->kind == LAZ_POINT10) {
			laz_point10_begin(&s->point, first);
		} else if (item->kind == LAZ_GPSTIME11) {
			laz_time_begin(&s->time, base_le64(first), false);
		} else if (item->kind == LAZ_RGB12) {
			for (int k = 0; k < 3; k++)
				s->colour.last[k] = base_le16(first + 2 * k);
		} else if (item->kind == LAZ_WAVEPACKET13) {
			laz_wave_begin(&s->wave, first);
		} else {
			s->bytes.diff = base_arena_alloc(c->models.arena, n * sizeof *s->bytes.diff);
			s->bytes.last = base_arena_alloc(c->models.arena, n);
			if (!s->bytes.diff || !s->bytes.last)
				return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
			memcpy(s->bytes.last, first, n);
		}
	}
	return SECANT_OK;
}

void
laz_pointwise_write(laz_chunk_writer *w, const uint8_t *record)
{
	pointwise *s = w->state;
	laz_encoder *e = &w->stream;
	laz_models *m = &w->chunk.models;
	for (int i = 0; i < w->chunk.layout->items; i++) {
		const laz_item *item = &w->chunk.layout->item[i];
		const uint8_t *v = record + item->offset;
		if (item->kind == LAZ_POINT10) {
			point10_encode(e, m, &s->point, v);
		} else if (item->kind == LAZ_GPSTIME11) {
			laz_time_encode(e, m, &s->time, base_le64(v));
		} else if (item->kind == LAZ_RGB12) {
			const uint16_t now[3] = { base_le16(v), base_le16(v + 2), base_le16(v + 4) };
			laz_colour_encode(e, m, &s->colour, s->colour.last, now);
		} else if (item->kind == LAZ_WAVEPACKET13) {
			laz_wave_encode(e, m, &s->wave, s->wave.last, v);
		} else {
			for (int k = 0; k < item->size; k++) {
				laz_put_symbol(e, laz_model_at(m, &s->bytes.diff[k], 256), (uint32_t)(v[k] - s->bytes.last[k]) & 255);
				s->bytes.last[k] = v[k];
			}
		}
	}
}
