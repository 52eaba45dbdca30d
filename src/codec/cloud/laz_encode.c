/*
 * Arithmetic encoder of LAZ (after Said's FastAC) and the items of both generations: see laz_entropy.c, which is the
 * same in the other direction.
 */
#include "codec/cloud/laz_encode.h"
#include <math.h>
#include <string.h>

enum { LEAST_ROOM = 4096 };
static const uint32_t least_length = 1u << 24;

/* ---- bytes ---- */

static void
put_byte(laz_encoder *e, uint32_t v)
{
	if (e->n == e->room) {
		size_t room = e->room ? 2 * e->room : LEAST_ROOM;
		uint8_t *more = e->failed ? NULL : base_realloc(e->out, room, 1);
		if (!more) {
			e->failed = true;
			return;
		}
		e->out = more;
		e->room = room;
	}
	e->out[e->n++] = (uint8_t)v;
}

static void
carry(laz_encoder *e)
{
	size_t i = e->n;
	while (i && e->out[i - 1] == 255)
		e->out[--i] = 0;
	if (i)
		e->out[i - 1]++;
}

/* Moves the interval up by `step`. */
static void
move_base(laz_encoder *e, uint32_t step)
{
	uint32_t before = e->base;
	e->base += step;
	if (before > e->base)
		carry(e);
}

static void
renormalise(laz_encoder *e)
{
	while (e->length < least_length) {
		put_byte(e, e->base >> 24);
		e->base <<= 8;
		e->length <<= 8;
	}
}

void
laz_encoder_begin(laz_encoder *e)
{
	e->n = 0;
	e->base = 0;
	e->length = UINT32_MAX;
}

/* Any number of the interval would do; the decoder reads ahead by up to four bytes. */
void
laz_encoder_end(laz_encoder *e)
{
	bool more = e->length > 2 * least_length;
	move_base(e, more ? least_length : least_length >> 1);
	e->length = more ? least_length >> 1 : least_length >> 9;
	renormalise(e);
	for (int i = 0; i < 2 + more; i++)
		put_byte(e, 0);
}

void
laz_encoder_free(laz_encoder *e)
{
	secant_free(e->out);
	*e = (laz_encoder){ 0 };
}

/* ---- symbols ---- */

void
laz_put_symbol(laz_encoder *e, laz_model *m, uint32_t s)
{
	if (s >= (uint32_t)m->symbols) { /* the spare of models that there was no memory for: the chunk counts as failed */
		e->failed = true;
		return;
	}
	uint32_t l = e->length >> 15, low = m->dist[s] * l,
			 high = s + 1 == (uint32_t)m->symbols ? e->length : m->dist[s + 1] * l;
	move_base(e, low);
	e->length = high - low;
	renormalise(e);
	m->count[s]++;
	if (--m->until == 0)
		laz_model_update(m);
}

void
laz_put_bit(laz_encoder *e, laz_bit *m, uint32_t bit)
{
	uint32_t x = m->prob0 * (e->length >> 13);
	if (bit) {
		move_base(e, x);
		e->length -= x;
	} else {
		e->length = x;
		m->count0++;
	}
	renormalise(e);
	if (--m->until == 0)
		laz_bit_update(m);
}

void
laz_put_raw_bits(laz_encoder *e, int n, uint32_t v)
{
	if (n > 19) {
		laz_put_raw_bits(e, 16, v & 0xffff);
		v >>= 16;
		n -= 16;
	}
	e->length >>= n;
	move_base(e, v * e->length);
	renormalise(e);
}

void
laz_put_raw_u32(laz_encoder *e, uint32_t v)
{
	laz_put_raw_bits(e, 16, v & 0xffff);
	laz_put_raw_bits(e, 16, v >> 16);
}

/* ---- integers ---- */

/* The correction in the class k of its size: -(2^k - 1) to -2^(k-1) and 2^(k-1) + 1 to 2^k. */
void
laz_integer_encode(laz_encoder *e, laz_models *m, laz_integer *c, int32_t prediction, int32_t real, int context)
{
	int32_t v = (int32_t)((uint32_t)real - (uint32_t)prediction);
	if (c->bits == 16)
		v = (int16_t)(uint16_t)v;
	uint32_t size = v <= 0 ? 0 - (uint32_t)v : (uint32_t)v - 1;
	int k = 0;
	for (; size; k++)
		size >>= 1;
	c->k = k;
	laz_put_symbol(e, laz_model_at(m, &c->context[context], c->bits + 1), (uint32_t)k);
	if (k == 0) {
		laz_put_bit(e, &c->zero, (uint32_t)v);
	} else if (k < 32) {
		uint32_t place = v < 0 ? (uint32_t)v + ((1u << k) - 1) : (uint32_t)v - 1;
		laz_model *model = laz_model_at(m, &c->corrector[k], 1 << (k < 8 ? k : 8));
		laz_put_symbol(e, model, k > 8 ? place >> (k - 8) : place);
		if (k > 8)
			laz_put_raw_bits(e, k - 8, place & ((1u << (k - 8)) - 1));
	}
}

/* ---- times ---- */

static bool
difference(uint64_t now, uint64_t before, int32_t *diff)
{
	int64_t d = (int64_t)(now - before);
	*diff = (int32_t)d;
	return d == *diff;
}

/* Another sequence that the time is near to: 1 to 3 steps on, or 0. */
static int
other_sequence(const laz_time *t, uint64_t now)
{
	int32_t ignored;
	for (int i = 1; i < 4; i++)
		if (difference(now, t->time[(t->last + i) & 3], &ignored))
			return i;
	return 0;
}

static void
put_far_time(laz_encoder *e, laz_models *m, laz_time *t, uint64_t now)
{
	laz_integer_encode(e, m, &t->value, (int32_t)(t->time[t->last] >> 32), (int32_t)(now >> 32), 8);
	laz_put_raw_u32(e, (uint32_t)now);
	t->next = (t->next + 1) & 3;
	t->last = t->next;
	t->time[t->last] = now;
	t->diff[t->last] = t->extreme[t->last] = 0;
}

/* The code of a difference as a multiple of the last one, with the context of what is left. */
static uint32_t
multiple_of(int32_t diff, int32_t last, int *context)
{
	double f = (double)((float)diff / (float)last), whole = f >= 0 ? floor(f + 0.5) : ceil(f - 0.5);
	int multiple = whole > 500 ? 500 : whole < -10 ? -10 : (int)whole;
	*context = multiple == 1 ? 1
		: multiple >= 500    ? 4
		: multiple >= 10     ? 3
		: multiple > 0       ? 2
		: multiple == 0      ? 7
		: multiple > -10     ? 5
							 : 6;
	return multiple >= 0 ? (uint32_t)multiple : (uint32_t)(500 - multiple);
}

static void
put_step(laz_encoder *e, laz_models *m, laz_time *t, uint64_t now, int32_t diff)
{
	int context;
	int32_t last = t->diff[t->last];
	uint32_t code = multiple_of(diff, last, &context);
	int32_t factor = code <= 500 ? (int32_t)code : 500 - (int32_t)code;
	laz_put_symbol(e, laz_model_at(m, &t->multi, t->layered ? 515 : 516), code);
	laz_integer_encode(e, m, &t->value, (int32_t)((uint32_t)factor * (uint32_t)last), diff, context);
	t->time[t->last] = now;
	if (code == 1)
		t->extreme[t->last] = 0;
	if ((code == 0 || code == 500 || code == 510) && ++t->extreme[t->last] > 3) {
		t->diff[t->last] = diff;
		t->extreme[t->last] = 0;
	}
}

void
laz_time_encode(laz_encoder *e, laz_models *m, laz_time *t, uint64_t now)
{
	for (;;) {
		int32_t diff;
		bool first = t->diff[t->last] == 0, near = difference(now, t->time[t->last], &diff);
		laz_model *model = first ? laz_model_at(m, &t->none, t->layered ? 5 : 6)
								 : laz_model_at(m, &t->multi, t->layered ? 515 : 516);
		if (!t->layered && now == t->time[t->last]) {
			laz_put_symbol(e, model, first ? 0 : 511);
			return;
		}
		if (near && first) {
			laz_put_symbol(e, model, t->layered ? 0 : 1);
			laz_integer_encode(e, m, &t->value, 0, diff, 0);
			t->diff[t->last] = diff;
			t->extreme[t->last] = 0;
			t->time[t->last] = now;
			return;
		}
		if (near) {
			put_step(e, m, t, now, diff);
			return;
		}
		/* 2 of the first codes, 512 of the others: a time of its own; 3 to 5, 513 to 515: another sequence. */
		int other = other_sequence(t, now);
		laz_put_symbol(e, model, (uint32_t)((first ? 2 : 512) + other - t->layered));
		if (!other) {
			put_far_time(e, m, t, now);
			return;
		}
		t->last = (t->last + other) & 3;
	}
}

/* ---- colours ---- */

static int
clamp(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

static void
put_diff(laz_encoder *e, laz_models *m, laz_colour *c, int i, int now, int old)
{
	laz_put_symbol(e, laz_model_at(m, &c->diff[i], 256), (uint32_t)(now - old) & 255);
}

void
laz_colour_encode(laz_encoder *e, laz_models *m, laz_colour *c, uint16_t last[3], const uint16_t now[3])
{
	int byte[2][3], old[2][3];
	uint32_t used = now[0] != now[1] || now[0] != now[2] ? 64 : 0;
	for (int h = 0; h < 2; h++) {
		for (int k = 0; k < 3; k++) {
			old[h][k] = last[k] >> 8 * h & 255;
			byte[h][k] = now[k] >> 8 * h & 255;
			used |= byte[h][k] != old[h][k] ? 1u << (2 * k + h) : 0;
		}
	}
	laz_put_symbol(e, laz_model_at(m, &c->used, 128), used);
	for (int h = 0; h < 2; h++)
		if (used >> h & 1)
			put_diff(e, m, c, h, byte[h][0], old[h][0]);
	for (int h = 0; h < 2 && used & 64; h++) {
		int step = byte[h][0] - old[h][0];
		if (used >> (2 + h) & 1)
			put_diff(e, m, c, 2 + h, byte[h][1], clamp(step + old[h][1]));
		if (used >> (4 + h) & 1)
			put_diff(e, m, c, 4 + h, byte[h][2], clamp((step + byte[h][1] - old[h][1]) / 2 + old[h][2]));
	}
	for (int k = 0; k < 3; k++)
		last[k] = now[k];
}

/* ---- wave packets ---- */

static void
put_at(laz_encoder *e, laz_models *m, laz_integer *c, const uint8_t *last, const uint8_t *now, int context)
{
	laz_integer_encode(e, m, c, (int32_t)base_le32(last), (int32_t)base_le32(now), context);
}

void
laz_wave_encode(laz_encoder *e, laz_models *m, laz_wave *w, uint8_t last[29], const uint8_t now[29])
{
	uint64_t old = base_le64(last + 1), offset = base_le64(now + 1);
	int32_t diff;
	bool near = difference(offset, old, &diff);
	uint32_t code = offset == old ? 0 : offset == old + base_le32(last + 9) ? 1 : near ? 2 : 3;
	laz_put_symbol(e, laz_model_at(m, &w->index, 256), now[0]);
	laz_put_symbol(e, laz_model_at(m, &w->offset[w->code], 4), code);
	w->code = code;
	if (code == 2) {
		laz_integer_encode(e, m, &w->offset_diff, w->last_diff, diff, 0);
		w->last_diff = diff;
	} else if (code == 3) {
		laz_put_raw_u32(e, (uint32_t)offset);
		laz_put_raw_u32(e, (uint32_t)(offset >> 32));
	}
	put_at(e, m, &w->size, last + 9, now + 9, 0);
	put_at(e, m, &w->point, last + 13, now + 13, 0);
	for (int k = 0; k < 3; k++)
		put_at(e, m, &w->xyz, last + 17 + 4 * k, now + 17 + 4 * k, k);
	memcpy(last, now, 29);
}
