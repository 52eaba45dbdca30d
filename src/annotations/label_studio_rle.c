/*
 * Label Studio's brush strokes: bytes of thi.ng/rle-pack. A stream of bits, the highest first: 32 bits, how many
 * values; 5 bits, their width less 1; four times 4 bits, widths of counts less 1; then runs: a bit (1: one value
 * repeated, 0: values one by one), 2 bits (which width the count has), the count less 1, the value or values. The
 * values are RGBA of the picture's pixels, row by row; the mask is A.
 */
#include "annotations/label_studio.h"

typedef struct bits {
	const uint8_t *p;
	size_t n, at; /* at: in bits */
} bits;

static uint32_t
take(bits *b, int count)
{
	uint32_t v = 0;
	for (; count; count--, b->at++)
		v = v << 1 | (b->at / 8 < b->n ? b->p[b->at / 8] >> (7 - b->at % 8) & 1u : 0u);
	return v;
}

bool
ann_label_studio_decode(const uint8_t *bytes, size_t n, uint8_t *pixels, size_t count)
{
	bits b = { bytes, n, 0 };
	int width[4];
	size_t values = take(&b, 32), at = 0;
	int word = (int)take(&b, 5) + 1;
	for (int i = 0; i < 4; i++)
		width[i] = (int)take(&b, 4) + 1;
	if (values != 4 * count)
		return false;
	while (at < values && b.at < 8 * n) {
		bool same = take(&b, 1);
		size_t run = (size_t)take(&b, width[take(&b, 2)]) + 1;
		uint32_t v = same ? take(&b, word) : 0;
		for (size_t i = 0; i < run && at < values; i++, at++) {
			v = same ? v : take(&b, word);
			if (at % 4 == 3)
				pixels[at / 4] = v != 0;
		}
	}
	return at == values;
}

typedef struct sink {
	base_str *t;
	uint8_t byte;
	int used; /* bits of it */
	bool any;
} sink;

static void
put(sink *s, uint32_t v, int count)
{
	while (count--) {
		s->byte = (uint8_t)(s->byte << 1 | (v >> count & 1));
		if (++s->used < 8)
			continue;
		base_str_addf(s->t, s->any ? ",%u" : "%u", s->byte);
		s->any = true;
		s->used = 0;
	}
}

void
ann_label_studio_encode(base_str *t, const uint8_t *pixels, size_t count)
{
	static const int width[] = { 3, 4, 8, 16 };
	sink s = { .t = t };
	put(&s, (uint32_t)(4 * count), 32);
	put(&s, 7, 5);
	for (int i = 0; i < 4; i++)
		put(&s, (uint32_t)width[i] - 1, 4);
	for (size_t i = 0, j; i < count; i = j) {
		for (j = i + 1; j < count && !pixels[j] == !pixels[i];)
			j++;
		for (size_t left = 4 * (j - i); left;) {
			int k = left <= 8 ? 0 : left <= 16 ? 1 : left <= 256 ? 2 : 3;
			size_t run = left < (size_t)1 << width[k] ? left : (size_t)1 << width[k];
			put(&s, 1, 1);
			put(&s, (uint32_t)k, 2);
			put(&s, (uint32_t)(run - 1), width[k]);
			put(&s, pixels[i] ? 255 : 0, 8);
			left -= run;
		}
	}
	put(&s, 0, 8 - s.used); /* always some, as its own writer has it */
}
