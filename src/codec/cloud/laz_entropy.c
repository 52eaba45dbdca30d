/*
 * The adaptive models of LAZ (after Said's FastAC) and what items of both generations share: integers, medians, times,
 * colours, waves. The decoding steps themselves are inline in laz.h.
 *
 * The coder keeps an interval of `length` (32 bits, never below 2^24) and where in it the number lies that the bytes
 * are: `value`. A model gives each symbol s a share of 2^15, from dist[s] on: what the symbols before it have been
 * counted.
 *
 *     l = length / 2^15     s with dist[s] l <= value < dist[s + 1] l
 *     value -= dist[s] l    length = (dist[s + 1] - dist[s]) l
 *
 * and while length < 2^24 a byte is shifted into value. Afterwards count[s] grows by 1; every `cycle` symbols the
 * shares are computed anew, dist[s] = (count of those before s) 2^15 / total, the cycle grows by a quarter up to 8
 * (symbols + 6), and counts are halved once there are more than 2^15. A bit's model is the same with 13 bits and one
 * share. `table` names, for the first bits of value / l, the symbols among which to search.
 *
 * Integers are a prediction and a correction. Of the correction its size class k is coded first (0: it is 0 or 1; else
 * it lies in -(2^k - 1) .. -(2^(k-1)) or 2^(k-1) + 1 .. 2^k), then its place in the class: to 8 bits by a model, the
 * rest raw.
 */
#include "codec/cloud/laz.h"
#include <string.h>

/* ---- models ---- */

secant_status
laz_models_begin(laz_models *m, secant_err *err)
{
	*m = (laz_models){ .arena = base_arena_new() };
	m->spare = (laz_model){ .symbols = 2, .cycle = 2, .dist = m->spare_dist, .count = m->spare_count };
	m->spare_count[0] = m->spare_count[1] = 1;
	laz_model_update(&m->spare);
	return m->arena ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "laz: no memory");
}

void
laz_models_end(laz_models *m)
{
	base_arena_free(m->arena);
	m->arena = NULL;
}

laz_model *
laz_model_new(laz_models *m, int symbols)
{
	int bits = 0;
	if (symbols > 16)
		for (bits = 3; symbols > 1 << (bits + 2); bits++)
			;
	size_t words = 2 * (size_t)symbols + (bits ? ((size_t)1 << bits) + 2 : 0);
	laz_model *k = base_arena_alloc(m->arena, sizeof *k + words * sizeof(uint32_t));
	if (!k) {
		m->failed = true;
		return &m->spare;
	}
	k->symbols = symbols;
	k->shift = bits ? 15 - bits : 0;
	k->dist = (uint32_t *)(k + 1);
	k->count = k->dist + symbols;
	k->table = k->count + symbols;
	for (int i = 0; i < symbols; i++)
		k->count[i] = 1;
	k->cycle = (uint32_t)symbols;
	laz_model_update(k);
	k->cycle = k->until = (uint32_t)(symbols + 6) / 2;
	return k;
}

void
laz_model_update(laz_model *m)
{
	uint32_t n = (uint32_t)m->symbols, sum = 0, s = 0;
	m->total += m->cycle;
	if (m->total > 1u << 15) {
		m->total = 0;
		for (uint32_t i = 0; i < n; i++)
			m->total += m->count[i] = (m->count[i] + 1) / 2;
	}
	uint32_t scale = (1u << 31) / m->total;
	for (uint32_t i = 0; i < n; i++) {
		m->dist[i] = scale * sum >> 16;
		sum += m->count[i];
		if (m->shift)
			for (uint32_t w = m->dist[i] >> m->shift; s < w;)
				m->table[++s] = i - 1;
	}
	if (m->shift) {
		m->table[0] = 0;
		while (s <= 1u << (15 - m->shift))
			m->table[++s] = n - 1;
	}
	m->cycle = 5 * m->cycle / 4;
	if (m->cycle > 8 * (n + 6))
		m->cycle = 8 * (n + 6);
	m->until = m->cycle;
}

static void
bit_begin(laz_bit *m)
{
	*m = (laz_bit){ .count0 = 1, .count = 2, .prob0 = 1u << 12, .cycle = 4, .until = 4 };
}

void
laz_bit_update(laz_bit *m)
{
	m->count += m->cycle;
	if (m->count > 1u << 13) {
		m->count = (m->count + 1) / 2;
		m->count0 = (m->count0 + 1) / 2;
		m->count += m->count0 == m->count;
	}
	m->prob0 = m->count0 * ((1u << 31) / m->count) >> 18;
	m->cycle = 5 * m->cycle / 4 < 64 ? 5 * m->cycle / 4 : 64;
	m->until = m->cycle;
}

void
laz_decoder_begin(laz_decoder *d, const uint8_t *p, size_t size)
{
	*d = (laz_decoder){ .p = p, .end = p + size, .length = UINT32_MAX };
	for (int i = 0; i < 4; i++) {
		uint32_t byte = 0;
		if (d->p < d->end)
			byte = *d->p++;
		else
			d->over++;
		d->value = d->value << 8 | byte;
	}
	/* Value stays below length from here on, whatever comes; an encoder never writes this one. */
	if (d->value == UINT32_MAX)
		d->value--;
}

/* ---- integers ---- */

void
laz_integer_begin(laz_integer *c, int bits)
{
	*c = (laz_integer){ .bits = bits };
	bit_begin(&c->zero);
}

int32_t
laz_integer_decode(laz_decoder *d, laz_models *m, laz_integer *c, int32_t prediction, int context)
{
	uint32_t corrected;
	int k = (int)laz_symbol(d, laz_model_at(m, &c->context[context], c->bits + 1));
	c->k = k;
	if (k == 0) {
		corrected = laz_decode_bit(d, &c->zero);
	} else if (k == 32) {
		corrected = 1u << 31;
	} else {
		corrected = laz_symbol(d, laz_model_at(m, &c->corrector[k], 1 << (k < 8 ? k : 8)));
		if (k > 8)
			corrected = corrected << (k - 8) | laz_raw_bits(d, k - 8);
		corrected += corrected >= 1u << (k - 1) ? 1 : 0 - ((1u << k) - 1);
	}
	uint32_t v = (uint32_t)prediction + corrected;
	return c->bits == 16 ? (int32_t)(v & 0xffff) : (int32_t)v;
}

void
laz_median_add(laz_median *m, int32_t v)
{
	int32_t *s = m->v;
	if (m->high) {
		if (v < s[2]) {
			s[4] = s[3];
			s[3] = s[2];
			if (v < s[0]) {
				s[2] = s[1];
				s[1] = s[0];
				s[0] = v;
			} else if (v < s[1]) {
				s[2] = s[1];
				s[1] = v;
			} else {
				s[2] = v;
			}
		} else {
			if (v < s[3]) {
				s[4] = s[3];
				s[3] = v;
			} else {
				s[4] = v;
			}
			m->high = false;
		}
	} else if (s[2] < v) {
		s[0] = s[1];
		s[1] = s[2];
		if (s[4] < v) {
			s[2] = s[3];
			s[3] = s[4];
			s[4] = v;
		} else if (s[3] < v) {
			s[2] = s[3];
			s[3] = v;
		} else {
			s[2] = v;
		}
	} else {
		if (s[1] < v) {
			s[0] = s[1];
			s[1] = v;
		} else {
			s[0] = v;
		}
		m->high = true;
	}
}

/* ---- times ---- */

void
laz_time_begin(laz_time *t, uint64_t first, bool layered)
{
	*t = (laz_time){ .time = { first }, .layered = layered };
	laz_integer_begin(&t->value, 32);
}

/* The upper half by difference, the lower as it is. */
static void
far_time(laz_decoder *d, laz_models *m, laz_time *t)
{
	uint32_t high = (uint32_t)laz_integer_decode(d, m, &t->value, (int32_t)(t->time[t->last] >> 32), 8);
	uint32_t low = laz_raw_u32(d);
	t->next = (t->next + 1) & 3;
	t->last = t->next;
	t->time[t->last] = (uint64_t)high << 32 | low;
	t->diff[t->last] = t->extreme[t->last] = 0;
}

/* A multiple of the last difference; true: `extreme`, a difference that may replace the remembered one. */
static bool
step_time(laz_decoder *d, laz_models *m, laz_time *t, uint32_t code, int32_t *step)
{
	static const struct {
		uint32_t upto;
		int context;
	} ranges[] = { { 0, 7 }, { 1, 1 }, { 9, 2 }, { 499, 3 }, { 500, 4 }, { 509, 5 }, { 510, 6 } };
	int i = 0;
	while (code > ranges[i].upto)
		i++;
	int32_t factor = code <= 500 ? (int32_t)code : code < 510 ? 500 - (int32_t)code : -10;
	int32_t prediction = (int32_t)((uint32_t)factor * (uint32_t)t->diff[t->last]);
	*step = laz_integer_decode(d, m, &t->value, prediction, ranges[i].context);
	return code == 0 || code == 500 || code == 510;
}

void
laz_time_decode(laz_decoder *d, laz_models *m, laz_time *t)
{
	/* A stream may send us from sequence to sequence only so often: an honest one once. */
	for (int turn = 0; turn < 8; turn++) {
		int32_t step;
		uint32_t code;
		if (t->diff[t->last] == 0) {
			code = laz_symbol(d, laz_model_at(m, &t->none, t->layered ? 5 : 6)) + t->layered;
			if (code == 1) {
				step = laz_integer_decode(d, m, &t->value, 0, 0);
				t->diff[t->last] = step;
				t->time[t->last] += (uint64_t)(int64_t)step;
				t->extreme[t->last] = 0;
				return;
			}
			if (code == 0)
				return;
			code += 510; /* 2: far; 3 to 5: another sequence */
		} else {
			code = laz_symbol(d, laz_model_at(m, &t->multi, t->layered ? 515 : 516));
			code += t->layered && code >= 511;
			if (code <= 510) {
				bool extreme = step_time(d, m, t, code, &step);
				t->time[t->last] += (uint64_t)(int64_t)step;
				if (code == 1)
					t->extreme[t->last] = 0;
				if (extreme && ++t->extreme[t->last] > 3) {
					t->diff[t->last] = step;
					t->extreme[t->last] = 0;
				}
				return;
			}
			if (code == 511)
				return;
		}
		if (code == 512) {
			far_time(d, m, t);
			return;
		}
		t->last = (t->last + (int)code - 512) & 3;
	}
}

/* ---- colours ---- */

static inline int
clamp(int v)
{
	return v < 0 ? 0 : v > 255 ? 255 : v;
}

static inline int
diff_byte(laz_decoder *d, laz_models *m, laz_colour *c, int i, int old)
{
	return (int)(laz_symbol(d, laz_model_at(m, &c->diff[i], 256)) + (uint32_t)old) & 255;
}

void
laz_colour_decode(laz_decoder *d, laz_models *m, laz_colour *c, uint16_t last[3])
{
	uint32_t used = laz_symbol(d, laz_model_at(m, &c->used, 128));
	int byte[2][3], old[2][3];
	for (int h = 0; h < 2; h++)
		for (int k = 0; k < 3; k++)
			old[h][k] = last[k] >> 8 * h & 255;
	for (int h = 0; h < 2; h++)
		byte[h][0] = used >> h & 1 ? diff_byte(d, m, c, h, old[h][0]) : old[h][0];
	for (int h = 0; h < 2; h++) {
		if (!(used & 64)) {
			byte[h][1] = byte[h][2] = byte[h][0];
			continue;
		}
		int e = byte[h][0] - old[h][0];
		byte[h][1] = used >> (2 + h) & 1 ? diff_byte(d, m, c, 2 + h, clamp(e + old[h][1])) : old[h][1];
		byte[h][2] = old[h][2];
		if (used >> (4 + h) & 1) {
			e = (e + byte[h][1] - old[h][1]) / 2;
			byte[h][2] = diff_byte(d, m, c, 4 + h, clamp(e + old[h][2]));
		}
	}
	for (int k = 0; k < 3; k++)
		last[k] = (uint16_t)(byte[0][k] | byte[1][k] << 8);
}

/* ---- wave packets ---- */

void
laz_wave_begin(laz_wave *w, const uint8_t *first)
{
	*w = (laz_wave){ 0 };
	memcpy(w->last, first, sizeof w->last);
	laz_integer_begin(&w->offset_diff, 32);
	laz_integer_begin(&w->size, 32);
	laz_integer_begin(&w->point, 32);
	laz_integer_begin(&w->xyz, 32);
}

static void
decode_at(laz_decoder *d, laz_models *m, laz_integer *c, uint8_t *at, int context)
{
	base_put_le(at, (uint32_t)laz_integer_decode(d, m, c, (int32_t)base_le32(at), context), 4);
}

void
laz_wave_decode(laz_decoder *d, laz_models *m, laz_wave *w, uint8_t last[29])
{
	uint64_t offset = base_le64(last + 1), size = base_le32(last + 9);
	last[0] = (uint8_t)laz_symbol(d, laz_model_at(m, &w->index, 256));
	w->code = laz_symbol(d, laz_model_at(m, &w->offset[w->code], 4)) & 3;
	if (w->code == 1) {
		offset += size;
	} else if (w->code == 2) {
		w->last_diff = laz_integer_decode(d, m, &w->offset_diff, w->last_diff, 0);
		offset += (uint64_t)(int64_t)w->last_diff;
	} else if (w->code == 3) {
		uint64_t low = laz_raw_u32(d);
		offset = (uint64_t)laz_raw_u32(d) << 32 | low;
	}
	base_put_le(last + 1, offset, 8);
	decode_at(d, m, &w->size, last + 9, 0);
	decode_at(d, m, &w->point, last + 13, 0);
	for (int k = 0; k < 3; k++)
		decode_at(d, m, &w->xyz, last + 17 + 4 * k, k);
}
