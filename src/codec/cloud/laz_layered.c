/*
 * LAZ items of point formats 6 to 10 (versions 3 and 4): each attribute is a layer with a stream of its own, and each
 * scanner channel has its own models and memory. A layer without bytes means that the attribute keeps its value in the
 * whole chunk. In version 4 the other items follow POINT14's channel at every point; version 3 differs only in files
 * with several channels: see follow().
 */
#include "codec/cloud/laz_items.h"
#include <string.h>

typedef struct layer {
	laz_decoder decoder;
	bool used;
} layer;

typedef struct layered {
	laz_memory14 memory;
	layer xy[LAZ_LAYERS], colours, infrared, waves, *byte;
} layered;

static const char *const return_map[16] = {
	"0123453445555555",
	"1013333333333333",
	"2124444444433333",
	"3345444444444444",
	"4344544444444444",
	"5344454444444444",
	"3344445444444444",
	"4344444544444444",
	"4344444454444444",
	"5344444445444444",
	"5344444444544444",
	"5334444444455444",
	"5334444444455544",
	"5334444444445554",
	"5334444444444555",
	"5334444444444455",
};

/* ---- POINT14 ---- */

static void
point14_models(laz_point14 *p, uint64_t time)
{
	for (int i = 0; i < 12; i++) {
		p->median_x[i] = (laz_median){ .high = true };
		p->median_y[i] = (laz_median){ .high = true };
	}
	for (int i = 0; i < 8; i++) {
		p->height[i] = p->z;
		p->last_intensity[i] = p->intensity;
	}
	laz_integer_begin(&p->of_x, 32);
	laz_integer_begin(&p->of_y, 32);
	laz_integer_begin(&p->of_z, 32);
	laz_integer_begin(&p->of_intensity, 16);
	laz_integer_begin(&p->of_angle, 16);
	laz_integer_begin(&p->of_source, 16);
	laz_time_begin(&p->time, time, true);
	p->time_changed = false;
	p->ready = true;
}

static void
point14_begin(laz_memory14 *s, const uint8_t *v)
{
	s->channel = v[15] >> 4 & 3;
	laz_point14 *p = &s->point[s->channel];
	p->x = (int32_t)base_le32(v);
	p->y = (int32_t)base_le32(v + 4);
	p->z = (int32_t)base_le32(v + 8);
	p->intensity = base_le16(v + 12);
	p->r = v[14] & 15;
	p->n = v[14] >> 4;
	p->flags = (uint8_t)((v[15] & 15) | (v[15] >> 6 & 1) << 4 | (v[15] >> 7) << 5);
	p->class = v[16];
	p->user = v[17];
	p->angle = (int16_t)base_le16(v + 18);
	p->source = base_le16(v + 20);
	point14_models(p, base_le64(v + 22));
}

void
laz_point14_open(laz_memory14 *s, int channel, const laz_point14 *from)
{
	laz_point14 *p = &s->point[channel];
	*p = (laz_point14){
		.x = from->x,
		.y = from->y,
		.z = from->z,
		.intensity = from->intensity,
		.source = from->source,
		.angle = from->angle,
		.r = from->r,
		.n = from->n,
		.class = from->class,
		.flags = from->flags,
		.user = from->user,
	};
	point14_models(p, from->time.time[from->time.last]);
}

int
laz_median14(const laz_point14 *p, bool time)
{
	return 2 * (return_map[p->n][p->r] - '0') + time;
}

int
laz_level14(const laz_point14 *p)
{
	int level = p->n > p->r ? p->n - p->r : p->r - p->n;
	return level < 7 ? level : 7;
}

/* Channel, returns, x and y: the first layer. Returns what changed. */
static uint32_t
decode_xy(layered *l, laz_models *m, int *context)
{
	laz_decoder *d = &l->xy[LAYER_XY].decoder;
	laz_memory14 *s = &l->memory;
	laz_point14 *p = &s->point[s->channel];
	int lpr = (p->r == 1) + 2 * (p->r >= p->n) + 4 * p->time_changed;
	uint32_t changed = laz_symbol(d, laz_model_at(m, &p->changed[lpr], 128));
	s->switched = changed & 64;
	if (s->switched) {
		int channel = (s->channel + (int)laz_symbol(d, laz_model_at(m, &p->channel, 3)) + 1) & 3;
		if (!s->point[channel].ready)
			laz_point14_open(s, channel, p);
		s->channel = channel;
		p = &s->point[channel];
	}
	bool time = changed & 16;
	if (changed & 4)
		p->n = (uint8_t)laz_symbol(d, laz_model_at(m, &p->number[p->n], 16));
	uint32_t step = changed & 3;
	if (step == 1)
		p->r = (p->r + 1) & 15;
	else if (step == 2)
		p->r = (p->r + 15) & 15;
	else if (step == 3 && time)
		p->r = (uint8_t)laz_symbol(d, laz_model_at(m, &p->returns[p->r], 16));
	else if (step == 3)
		p->r = (uint8_t)((p->r + laz_symbol(d, laz_model_at(m, &p->returns_same_time, 13)) + 2) & 15);
	int median = laz_median14(p, time), single = p->n == 1;
	*context = 2 * (p->r == 1) + (p->r >= p->n);
	int32_t dx = laz_integer_decode(d, m, &p->of_x, p->median_x[median].v[2], single);
	p->x = (int32_t)((uint32_t)p->x + (uint32_t)dx);
	laz_median_add(&p->median_x[median], dx);
	int32_t dy = laz_integer_decode(d, m, &p->of_y, p->median_y[median].v[2], single + laz_even(p->of_x.k, 20));
	p->y = (int32_t)((uint32_t)p->y + (uint32_t)dy);
	laz_median_add(&p->median_y[median], dy);
	p->time_changed = time;
	return changed;
}

static void
decode_layers(layered *s, laz_models *m, uint32_t changed, int context)
{
	layer *l = s->xy;
	laz_point14 *p = &s->memory.point[s->memory.channel];
	int level = laz_level14(p), time = p->time_changed, single = p->n == 1;
	if (l[LAYER_Z].used) {
		int k = laz_even((p->of_x.k + p->of_y.k) / 2, 18);
		p->z = p->height[level] = laz_integer_decode(&l[LAYER_Z].decoder, m, &p->of_z, p->height[level], single + k);
	}
	if (l[LAYER_CLASS].used)
		p->class = (uint8_t)laz_symbol(
			&l[LAYER_CLASS].decoder, laz_model_at(m, &p->classes[(p->class & 31) * 2 + (context == 3)], 256));
	if (l[LAYER_FLAGS].used)
		p->flags = (uint8_t)laz_symbol(&l[LAYER_FLAGS].decoder, laz_model_at(m, &p->flag[p->flags], 64)) & 63;
	if (l[LAYER_INTENSITY].used) {
		uint16_t *last = &p->last_intensity[2 * context + time];
		*last = (uint16_t)laz_integer_decode(&l[LAYER_INTENSITY].decoder, m, &p->of_intensity, *last, context);
		p->intensity = *last;
	}
	if (l[LAYER_ANGLE].used && changed & 8)
		p->angle = (int16_t)laz_integer_decode(&l[LAYER_ANGLE].decoder, m, &p->of_angle, (uint16_t)p->angle, time);
	if (l[LAYER_USER].used)
		p->user = (uint8_t)laz_symbol(&l[LAYER_USER].decoder, laz_model_at(m, &p->users[p->user / 4], 256));
	if (l[LAYER_SOURCE].used && changed & 32)
		p->source = (uint16_t)laz_integer_decode(&l[LAYER_SOURCE].decoder, m, &p->of_source, p->source, 0);
	if (l[LAYER_TIME].used && time)
		laz_time_decode(&l[LAYER_TIME].decoder, m, &p->time);
}

static void
point14_put(const laz_memory14 *s, uint8_t *v)
{
	const laz_point14 *p = &s->point[s->channel];
	base_put_le(v, (uint32_t)p->x, 4);
	base_put_le(v + 4, (uint32_t)p->y, 4);
	base_put_le(v + 8, (uint32_t)p->z, 4);
	base_put_le(v + 12, p->intensity, 2);
	v[14] = (uint8_t)(p->r | p->n << 4);
	v[15] = (uint8_t)((p->flags & 15) | s->channel << 4 | (p->flags >> 4 & 1) << 6 | p->flags >> 5 << 7);
	v[16] = p->class;
	v[17] = p->user;
	base_put_le(v + 18, (uint16_t)p->angle, 2);
	base_put_le(v + 20, p->source, 2);
	base_put_le(v + 22, p->time.time[p->time.last], 8);
}

/* ---- the other items ---- */

/* Version 4: models and memory of POINT14's channel. Version 3 does as the first writers did: it is told the channel
 * only at points where it changes (else 0), and at a switch goes on with the memory of the channel before, unless the
 * new one appears for the first time. */
laz_chosen
laz_follow(laz_memory14 *s, int item, int version, bool ready[LAZ_CHANNELS])
{
	int old = s->other[item], now = version >= 4 || s->switched ? s->channel : 0;
	laz_chosen c = { .models = now, .memory = old, .before = old, .fresh = !ready[now] };
	if (now != old && (c.fresh || version >= 4))
		c.memory = now;
	s->other[item] = now;
	ready[now] = true;
	return c;
}

laz_chosen
laz_follow_colour(laz_memory14 *s, int item, int version)
{
	laz_chosen k = laz_follow(s, item, version, s->colour_ready);
	laz_colour14 *c = &s->colour[k.models];
	if (k.fresh) {
		c->infrared = s->colour[k.before].infrared;
		memmove(c->colour.last, s->colour[k.before].colour.last, sizeof c->colour.last);
	}
	return k;
}

laz_chosen
laz_follow_wave(laz_memory14 *s, int item, int version)
{
	laz_chosen k = laz_follow(s, item, version, s->wave_ready);
	if (k.fresh) {
		uint8_t last[29];
		memcpy(last, s->wave[k.before].last, sizeof last);
		laz_wave_begin(&s->wave[k.models], last);
	}
	return k;
}

laz_chosen
laz_follow_bytes(laz_memory14 *s, int item, int version, int n)
{
	laz_chosen k = laz_follow(s, item, version, s->bytes_ready);
	if (k.fresh)
		memmove(s->bytes[k.models].last, s->bytes[k.before].last, (size_t)n);
	return k;
}

static void
colour_next(layered *l, laz_models *m, int item, int version, bool infrared, uint8_t *out)
{
	laz_memory14 *s = &l->memory;
	laz_chosen k = laz_follow_colour(s, item, version);
	laz_colour14 *c = &s->colour[k.models], *memory = &s->colour[k.memory];
	if (l->colours.used)
		laz_colour_decode(&l->colours.decoder, m, &c->colour, memory->colour.last);
	if (infrared && l->infrared.used) {
		laz_decoder *d = &l->infrared.decoder;
		uint32_t used = laz_symbol(d, laz_model_at(m, &c->used, 4));
		int low = memory->infrared & 255, high = memory->infrared >> 8;
		if (used & 1)
			low = (int)((uint32_t)low + laz_symbol(d, laz_model_at(m, &c->diff[0], 256))) & 255;
		if (used & 2)
			high = (int)((uint32_t)high + laz_symbol(d, laz_model_at(m, &c->diff[1], 256))) & 255;
		memory->infrared = (uint16_t)(low | high << 8);
	}
	for (int i = 0; i < 3; i++)
		base_put_le(out + 2 * i, memory->colour.last[i], 2);
	if (infrared)
		base_put_le(out + 6, memory->infrared, 2);
}

static void
wave_next(layered *l, laz_models *m, int item, int version, uint8_t *out)
{
	laz_memory14 *s = &l->memory;
	laz_chosen k = laz_follow_wave(s, item, version);
	if (l->waves.used)
		laz_wave_decode(&l->waves.decoder, m, &s->wave[k.models], s->wave[k.memory].last);
	memcpy(out, s->wave[k.memory].last, 29);
}

static void
bytes_next(layered *l, laz_models *m, int item, int version, int n, uint8_t *out)
{
	laz_memory14 *s = &l->memory;
	laz_chosen k = laz_follow_bytes(s, item, version, n);
	laz_bytes14 *b = &s->bytes[k.models], *memory = &s->bytes[k.memory];
	for (int i = 0; i < n; i++)
		if (l->byte[i].used)
			memory->last[i] = (uint8_t)(memory->last[i]
				+ laz_symbol(&l->byte[i].decoder, laz_model_at(m, &b->diff[i], 256)));
	memcpy(out, memory->last, (size_t)n);
}

/* ---- a chunk ---- */

static bool
bytes_open(const laz_chunk *c, laz_memory14 *s, size_t n)
{
	bool ok = true;
	for (int i = 0; i < LAZ_CHANNELS; i++) {
		s->bytes[i].last = base_arena_alloc(c->models.arena, n);
		s->bytes[i].diff = base_arena_alloc(c->models.arena, n * sizeof *s->bytes[i].diff);
		ok &= s->bytes[i].last && s->bytes[i].diff;
	}
	return ok;
}

secant_status
laz_memory14_begin(laz_chunk *c, laz_memory14 *s, secant_err *err)
{
	int channel = 0;
	for (int i = 0; i < c->layout->items; i++) {
		const laz_item *item = &c->layout->item[i];
		const uint8_t *first = c->record + item->offset;
		if (item->kind == LAZ_POINT14) {
			point14_begin(s, first);
			channel = s->channel;
		} else if (item->kind == LAZ_RGB14 || item->kind == LAZ_RGBNIR14) {
			s->colour_ready[channel] = true;
			for (int k = 0; k < 3; k++)
				s->colour[channel].colour.last[k] = base_le16(first + 2 * k);
			s->colour[channel].infrared = item->kind == LAZ_RGBNIR14 ? base_le16(first + 6) : 0;
		} else if (item->kind == LAZ_WAVEPACKET14) {
			laz_wave_begin(&s->wave[channel], first);
			s->wave_ready[channel] = true;
		} else {
			if (!bytes_open(c, s, (size_t)item->size))
				return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
			memcpy(s->bytes[channel].last, first, (size_t)item->size);
			s->bytes_ready[channel] = true;
		}
		s->other[i] = channel;
	}
	return SECANT_OK;
}

int
laz_layers_of(const laz_item *item)
{
	return item->kind == LAZ_POINT14 ? LAZ_LAYERS
		: item->kind == LAZ_RGBNIR14 ? 2
		: item->kind == LAZ_BYTE14   ? item->size
									 : 1;
}

/* Gives the layers their bytes: sizes stand together, then the layers. */
static bool
begin_layers(const laz_chunk *c, layered *s, const uint8_t *p, size_t size)
{
	size_t layers = 0, at = 4;
	for (int i = 0; i < c->layout->items; i++)
		layers += (size_t)laz_layers_of(&c->layout->item[i]);
	if (size < 4 || (size - 4) / 4 < layers)
		return false;
	size_t data = 4 + 4 * layers;
	for (int i = 0; i < c->layout->items; i++) {
		laz_kind k = c->layout->item[i].kind;
		int n = laz_layers_of(&c->layout->item[i]);
		for (int j = 0; j < n; j++, at += 4) {
			layer *l = k == LAZ_POINT14 ? &s->xy[j]
				: k == LAZ_BYTE14       ? &s->byte[j]
				: k == LAZ_WAVEPACKET14 ? &s->waves
				: j                     ? &s->infrared
										: &s->colours;
			size_t bytes = base_le32(p + at);
			if (bytes > size - data)
				return false;
			l->used = bytes > 0;
			if (l->used)
				laz_decoder_begin(&l->decoder, p + data, bytes);
			data += bytes;
		}
	}
	return true;
}

secant_status
laz_layered_begin(laz_chunk *c, const uint8_t *p, size_t size, secant_err *err)
{
	layered *s = c->layered = base_arena_alloc(c->models.arena, sizeof *s);
	if (!s)
		return secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	secant_status status = laz_memory14_begin(c, &s->memory, err);
	for (int i = 0; !status && i < c->layout->items; i++)
		if (c->layout->item[i].kind == LAZ_BYTE14
			&& !(s->byte = base_arena_alloc(c->models.arena, (size_t)c->layout->item[i].size * sizeof *s->byte)))
			status = secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
	if (!status && !begin_layers(c, s, p, size))
		status = secant_fail(err, SECANT_ERR_FORMAT, "laz: the layers of a chunk run past its %zu bytes", size);
	return status;
}

void
laz_layered_next(laz_chunk *c)
{
	layered *s = c->layered;
	laz_models *m = &c->models;
	for (int i = 0; i < c->layout->items; i++) {
		const laz_item *item = &c->layout->item[i];
		uint8_t *out = c->record + item->offset;
		if (item->kind == LAZ_POINT14) {
			int context;
			uint32_t changed = decode_xy(s, m, &context);
			decode_layers(s, m, changed, context);
			point14_put(&s->memory, out);
		} else if (item->kind == LAZ_RGB14 || item->kind == LAZ_RGBNIR14) {
			colour_next(s, m, i, item->version, item->kind == LAZ_RGBNIR14, out);
		} else if (item->kind == LAZ_WAVEPACKET14) {
			wave_next(s, m, i, item->version, out);
		} else {
			bytes_next(s, m, i, item->version, item->size, out);
		}
	}
}

uint32_t
laz_layered_over(const laz_chunk *c)
{
	const layered *s = c->layered;
	uint32_t most = 0;
	for (int i = 0; i < LAZ_LAYERS; i++)
		most = s->xy[i].decoder.over > most ? s->xy[i].decoder.over : most;
	return most;
}
