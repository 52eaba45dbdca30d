/*
 * Encoding LAZ items of point formats 6 to 10: laz_layered.c in the other direction. Every attribute has an encoder of
 * its own; a layer whose attribute never changed in the chunk is left out at the end (laz_write.c).
 */
#include "codec/cloud/laz_encode.h"
#include <string.h>

enum { COLOURS = LAZ_LAYERS, INFRARED, WAVES };

typedef struct values {
	int channel, r, n;
	uint16_t intensity, source;
	int16_t angle;
	uint8_t class, flags, user;
	int32_t x, y, z;
	uint64_t time;
} values;

static values
values_of(const uint8_t *v)
{
	return (values){
		.x = (int32_t)base_le32(v),
		.y = (int32_t)base_le32(v + 4),
		.z = (int32_t)base_le32(v + 8),
		.intensity = base_le16(v + 12),
		.r = v[14] & 15,
		.n = v[14] >> 4,
		.channel = v[15] >> 4 & 3,
		.flags = (uint8_t)((v[15] & 15) | (v[15] >> 6 & 1) << 4 | (v[15] >> 7) << 5),
		.class = v[16],
		.user = v[17],
		.angle = (int16_t)base_le16(v + 18),
		.source = base_le16(v + 20),
		.time = base_le64(v + 22),
	};
}

/* Channel, returns, x and y: the first layer. Returns what changed. */
static uint32_t
put_xy(laz_chunk_writer *w, laz_memory14 *s, const values *v, int *context)
{
	laz_encoder *e = &w->layer[LAYER_XY];
	laz_models *m = &w->chunk.models;
	laz_point14 *before = &s->point[s->channel], *p = &s->point[v->channel];
	int lpr = (before->r == 1) + 2 * (before->r >= before->n) + 4 * before->time_changed;
	s->switched = v->channel != s->channel;
	if (s->switched && !p->ready)
		laz_point14_open(s, v->channel, before);
	bool time = v->time != p->time.time[p->time.last];
	uint32_t step = v->r == p->r ? 0 : v->r == ((p->r + 1) & 15) ? 1 : v->r == ((p->r + 15) & 15) ? 2 : 3;
	uint32_t changed = (uint32_t)s->switched << 6 | (uint32_t)(v->source != p->source) << 5 | (uint32_t)time << 4
		| (uint32_t)(v->angle != p->angle) << 3 | (uint32_t)(v->n != p->n) << 2 | step;
	laz_put_symbol(e, laz_model_at(m, &before->changed[lpr], 128), changed);
	if (s->switched)
		laz_put_symbol(
			e, laz_model_at(m, &before->channel, 3), (uint32_t)(v->channel - s->channel + LAZ_CHANNELS - 1) & 3);
	s->channel = v->channel;
	if (changed & 4)
		laz_put_symbol(e, laz_model_at(m, &p->number[p->n], 16), (uint32_t)v->n);
	if (step == 3 && time)
		laz_put_symbol(e, laz_model_at(m, &p->returns[p->r], 16), (uint32_t)v->r);
	else if (step == 3)
		laz_put_symbol(e, laz_model_at(m, &p->returns_same_time, 13), (uint32_t)(v->r - p->r + 14) & 15);
	p->n = (uint8_t)v->n;
	p->r = (uint8_t)v->r;
	int median = laz_median14(p, time), single = p->n == 1;
	*context = 2 * (p->r == 1) + (p->r >= p->n);
	int32_t dx = (int32_t)((uint32_t)v->x - (uint32_t)p->x), dy = (int32_t)((uint32_t)v->y - (uint32_t)p->y);
	laz_integer_encode(e, m, &p->of_x, p->median_x[median].v[2], dx, single);
	laz_median_add(&p->median_x[median], dx);
	laz_integer_encode(e, m, &p->of_y, p->median_y[median].v[2], dy, single + laz_even(p->of_x.k, 20));
	laz_median_add(&p->median_y[median], dy);
	p->x = v->x;
	p->y = v->y;
	p->time_changed = time;
	return changed;
}

static void
put_layers(laz_chunk_writer *w, laz_memory14 *s, const values *v, uint32_t changed, int context)
{
	laz_encoder *l = w->layer;
	bool *c = w->changed;
	laz_models *m = &w->chunk.models;
	laz_point14 *p = &s->point[s->channel];
	int level = laz_level14(p), time = p->time_changed, single = p->n == 1;
	int k = laz_even((p->of_x.k + p->of_y.k) / 2, 18);
	laz_integer_encode(&l[LAYER_Z], m, &p->of_z, p->height[level], v->z, single + k);
	p->z = p->height[level] = v->z;
	c[LAYER_XY] = c[LAYER_Z] = true;
	c[LAYER_CLASS] |= v->class != p->class;
	laz_put_symbol(&l[LAYER_CLASS], laz_model_at(m, &p->classes[(p->class & 31) * 2 + (context == 3)], 256), v->class);
	p->class = v->class;
	c[LAYER_FLAGS] |= v->flags != p->flags;
	laz_put_symbol(&l[LAYER_FLAGS], laz_model_at(m, &p->flag[p->flags], 64), v->flags);
	p->flags = v->flags;
	c[LAYER_INTENSITY] |= v->intensity != p->intensity;
	uint16_t *last = &p->last_intensity[2 * context + time];
	laz_integer_encode(&l[LAYER_INTENSITY], m, &p->of_intensity, *last, v->intensity, context);
	p->intensity = *last = v->intensity;
	if (changed & 8)
		laz_integer_encode(&l[LAYER_ANGLE], m, &p->of_angle, (uint16_t)p->angle, (uint16_t)v->angle, time);
	c[LAYER_ANGLE] |= (changed & 8) != 0;
	p->angle = v->angle;
	c[LAYER_USER] |= v->user != p->user;
	laz_put_symbol(&l[LAYER_USER], laz_model_at(m, &p->users[p->user / 4], 256), v->user);
	p->user = v->user;
	if (changed & 32)
		laz_integer_encode(&l[LAYER_SOURCE], m, &p->of_source, p->source, v->source, 0);
	c[LAYER_SOURCE] |= (changed & 32) != 0;
	p->source = v->source;
	if (time)
		laz_time_encode(&l[LAYER_TIME], m, &p->time, v->time);
	c[LAYER_TIME] |= time;
}

static void
put_colour(laz_chunk_writer *w, laz_memory14 *s, int item, int version, bool infrared, const uint8_t *v)
{
	laz_models *m = &w->chunk.models;
	laz_chosen k = laz_follow_colour(s, item, version);
	laz_colour14 *c = &s->colour[k.models], *memory = &s->colour[k.memory];
	const uint16_t now[3] = { base_le16(v), base_le16(v + 2), base_le16(v + 4) };
	w->changed[COLOURS] |= memcmp(now, memory->colour.last, sizeof now) != 0;
	laz_colour_encode(&w->layer[COLOURS], m, &c->colour, memory->colour.last, now);
	if (!infrared)
		return;
	uint16_t nir = base_le16(v + 6), old = memory->infrared;
	uint32_t low = (nir ^ old) & 255 ? 1 : 0, high = (nir ^ old) >> 8 ? 2 : 0;
	laz_encoder *e = &w->layer[INFRARED];
	w->changed[INFRARED] |= nir != old;
	laz_put_symbol(e, laz_model_at(m, &c->used, 4), low | high);
	if (low)
		laz_put_symbol(e, laz_model_at(m, &c->diff[0], 256), (uint32_t)(nir - old) & 255);
	if (high)
		laz_put_symbol(e, laz_model_at(m, &c->diff[1], 256), (uint32_t)((nir >> 8) - (old >> 8)) & 255);
	memory->infrared = nir;
}

static void
put_wave(laz_chunk_writer *w, laz_memory14 *s, int item, int version, const uint8_t *v)
{
	laz_chosen k = laz_follow_wave(s, item, version);
	uint8_t *last = s->wave[k.memory].last;
	w->changed[WAVES] |= memcmp(last, v, 29) != 0;
	laz_wave_encode(&w->layer[WAVES], &w->chunk.models, &s->wave[k.models], last, v);
}

static void
put_bytes(laz_chunk_writer *w, laz_memory14 *s, int item, int version, int n, const uint8_t *v)
{
	laz_chosen k = laz_follow_bytes(s, item, version, n);
	laz_bytes14 *b = &s->bytes[k.models], *memory = &s->bytes[k.memory];
	for (int i = 0; i < n; i++) {
		w->byte_changed[i] |= v[i] != memory->last[i];
		laz_put_symbol(
			&w->byte[i], laz_model_at(&w->chunk.models, &b->diff[i], 256), (uint32_t)(v[i] - memory->last[i]) & 255);
		memory->last[i] = v[i];
	}
}

secant_status
laz_layered_write_begin(laz_chunk_writer *w, secant_err *err)
{
	laz_memory14 *s = w->state = base_arena_alloc(w->chunk.models.arena, sizeof *s);
	if (!s)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	for (int i = 0; i < LAZ_LAYERS + 3; i++) {
		laz_encoder_begin(&w->layer[i]);
		w->changed[i] = false;
	}
	for (int i = 0; i < w->bytes; i++) {
		laz_encoder_begin(&w->byte[i]);
		w->byte_changed[i] = false;
	}
	w->changed[LAYER_XY] = w->changed[LAYER_Z] = true;
	return laz_memory14_begin(&w->chunk, s, err);
}

void
laz_layered_write(laz_chunk_writer *w, const uint8_t *record)
{
	laz_memory14 *s = w->state;
	const laz_layout *l = w->chunk.layout;
	for (int i = 0; i < l->items; i++) {
		const laz_item *item = &l->item[i];
		const uint8_t *v = record + item->offset;
		if (item->kind == LAZ_POINT14) {
			int context;
			values now = values_of(v);
			uint32_t changed = put_xy(w, s, &now, &context);
			put_layers(w, s, &now, changed, context);
		} else if (item->kind == LAZ_RGB14 || item->kind == LAZ_RGBNIR14) {
			put_colour(w, s, i, item->version, item->kind == LAZ_RGBNIR14, v);
		} else if (item->kind == LAZ_WAVEPACKET14) {
			put_wave(w, s, i, item->version, v);
		} else {
			put_bytes(w, s, i, item->version, item->size, v);
		}
	}
}
