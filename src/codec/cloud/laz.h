/*
 * LAZ: LAS records behind an adaptive arithmetic coder (Isenburg, LASzip: lossless compression of LiDAR data, 2013).
 * The parts: entropy decoder and models (here, inline, and laz_entropy.c), items of point formats 0 to 5
 * (laz_pointwise.c), layered items of 6 to 10 (laz_layered.c), chunks and their table (laz.c). Chunks are independent
 * of each other.
 */
#ifndef CODEC_CLOUD_LAZ_H
#define CODEC_CLOUD_LAZ_H
#include "codec/cloud/las.h"

/* ---- entropy decoder ---- */

typedef struct laz_decoder {
	const uint8_t *p, *end;
	uint32_t value, length;
	uint32_t over; /* bytes wanted behind the end: more than a few tell a damaged stream */
} laz_decoder;

typedef struct laz_model {
	int symbols, shift; /* shift: of the lookup table; 0: none */
	uint32_t total, cycle, until;
	uint32_t *dist, *count, *table;
} laz_model;

typedef struct laz_bit {
	uint32_t count0, count, prob0, cycle, until;
} laz_bit;

/* Models live and die with a chunk. After a failed allocation the spare stands in for what is missing, and the chunk
 * counts as failed. */
typedef struct laz_models {
	base_arena *arena;
	bool failed;
	laz_model spare;
	uint32_t spare_dist[2], spare_count[2];
} laz_models;

secant_status laz_models_begin(laz_models *m, secant_err *err);
void laz_models_end(laz_models *m);
laz_model *laz_model_new(laz_models *m, int symbols);
void laz_model_update(laz_model *m);
void laz_bit_update(laz_bit *m);
void laz_decoder_begin(laz_decoder *d, const uint8_t *p, size_t size);

/* The model in a slot, made on first use. */
static inline laz_model *
laz_model_at(laz_models *m, laz_model **slot, int symbols)
{
	if (!*slot)
		*slot = laz_model_new(m, symbols);
	return *slot;
}

static inline void
laz_renormalise(laz_decoder *d)
{
	while (d->length < 1u << 24) {
		uint32_t byte = 0;
		if (d->p < d->end)
			byte = *d->p++;
		else
			d->over++;
		d->value = d->value << 8 | byte;
		d->length <<= 8;
	}
}

static inline uint32_t
laz_symbol(laz_decoder *d, laz_model *m)
{
	uint32_t whole = d->length, l = whole >> 15, dv = d->value / l, s, n;
	if (m->shift) {
		uint32_t t = dv >> m->shift;
		s = m->table[t];
		n = m->table[t + 1] + 1;
	} else {
		s = 0;
		n = (uint32_t)m->symbols;
	}
	while (n > s + 1) {
		uint32_t k = (s + n) >> 1;
		if (m->dist[k] > dv)
			n = k;
		else
			s = k;
	}
	uint32_t low = m->dist[s] * l, high = s + 1 == (uint32_t)m->symbols ? whole : m->dist[s + 1] * l;
	d->value -= low;
	d->length = high - low;
	laz_renormalise(d);
	m->count[s]++;
	if (--m->until == 0)
		laz_model_update(m);
	return s;
}

static inline uint32_t
laz_decode_bit(laz_decoder *d, laz_bit *m)
{
	uint32_t x = m->prob0 * (d->length >> 13), bit = d->value >= x;
	if (bit) {
		d->value -= x;
		d->length -= x;
	} else {
		d->length = x;
		m->count0++;
	}
	laz_renormalise(d);
	if (--m->until == 0)
		laz_bit_update(m);
	return bit;
}

static inline uint32_t
laz_raw_bits(laz_decoder *d, int n)
{
	uint32_t low = 0;
	int shift = 0;
	if (n > 19) {
		low = laz_raw_bits(d, 16);
		n -= 16;
		shift = 16;
	}
	d->length >>= n;
	uint32_t r = d->value / d->length;
	d->value -= r * d->length;
	laz_renormalise(d);
	return r << shift | low;
}

static inline uint32_t
laz_raw_u32(laz_decoder *d)
{
	uint32_t low = laz_raw_bits(d, 16);
	return laz_raw_bits(d, 16) << 16 | low;
}

/* ---- integers: a prediction and a correction ---- */

enum { LAZ_CONTEXTS = 22 };
typedef struct laz_integer {
	int bits, k; /* k: size class of the last correction */
	laz_bit zero;
	laz_model *context[LAZ_CONTEXTS], *corrector[33];
} laz_integer;

void laz_integer_begin(laz_integer *c, int bits);
int32_t laz_integer_decode(laz_decoder *d, laz_models *m, laz_integer *c, int32_t prediction, int context);

/* ---- what items share ---- */

typedef struct laz_median {
	int32_t v[5];
	bool high;
} laz_median;
void laz_median_add(laz_median *m, int32_t v);

/* Which context the size classes of x and y choose. */
static inline int
laz_even(int k, int most)
{
	return k < most ? k & ~1 : most;
}

typedef struct laz_time {
	uint64_t time[4];
	int32_t diff[4], extreme[4];
	int last, next;
	bool layered; /* without the codes for "unchanged" */
	laz_model *none, *multi;
	laz_integer value;
} laz_time;
void laz_time_begin(laz_time *t, uint64_t first, bool layered);
void laz_time_decode(laz_decoder *d, laz_models *m, laz_time *t);

typedef struct laz_colour {
	uint16_t last[3];
	laz_model *used, *diff[6];
} laz_colour;
/* `last` is the colour before, and becomes the next: c->last, or that of another channel. */
void laz_colour_decode(laz_decoder *d, laz_models *m, laz_colour *c, uint16_t last[3]);

typedef struct laz_wave {
	uint8_t last[29];
	int32_t last_diff;
	uint32_t code;
	laz_model *index, *offset[4];
	laz_integer offset_diff, size, point, xyz;
} laz_wave;
void laz_wave_begin(laz_wave *w, const uint8_t *first);
/* `last` is the record before, and becomes the next: w->last, or that of another channel. */
void laz_wave_decode(laz_decoder *d, laz_models *m, laz_wave *w, uint8_t last[29]);

typedef struct laz_bytes {
	int n;
	uint8_t *last;
	laz_model **diff;
} laz_bytes;

/* ---- chunks ---- */

typedef enum laz_kind {
	LAZ_BYTE = 0,
	LAZ_POINT10 = 6,
	LAZ_GPSTIME11 = 7,
	LAZ_RGB12 = 8,
	LAZ_WAVEPACKET13 = 9,
	LAZ_POINT14 = 10,
	LAZ_RGB14 = 11,
	LAZ_RGBNIR14 = 12,
	LAZ_WAVEPACKET14 = 13,
	LAZ_BYTE14 = 14
} laz_kind;

enum { LAZ_ITEMS = 8 };
typedef struct laz_item {
	laz_kind kind;
	int size, version, offset;
} laz_item;

typedef struct laz_layout {
	laz_item item[LAZ_ITEMS];
	int items, record;
	bool layered;
} laz_layout;

/* Decodes one chunk in order. */
typedef struct laz_chunk laz_chunk;
struct laz_chunk {
	const laz_layout *layout;
	laz_models models;
	int64_t done; /* points handed out */
	void *pointwise, *layered; /* one of them */
	uint8_t *record; /* the last record, raw; the first one at the beginning */
};

/* State of the items from the first record (chunk->record) and the bytes behind it. */
secant_status laz_pointwise_begin(laz_chunk *c, const uint8_t *p, size_t size, secant_err *err);
void laz_pointwise_next(laz_chunk *c); /* the next record into c->record */
uint32_t laz_pointwise_over(const laz_chunk *c); /* bytes read behind the end */
secant_status laz_layered_begin(laz_chunk *c, const uint8_t *p, size_t size, secant_err *err);
void laz_layered_next(laz_chunk *c);
uint32_t laz_layered_over(const laz_chunk *c);
#endif
