/*
 * Products in tiles, and the layouts they want. See tiles.h, amx.h.
 *
 * A product of two tiles takes 16 cycles and has its result after 52; loading a tile takes 8, but 60 where its rows
 * are not aligned to 64 bytes. So four sums go on at a time, of two blocks by two columns or one by four, each load
 * serves up to four products, and pairs of pixels stand where every shift of a map by whole pairs is aligned.
 */
#include "kernels/tiles.h"
#include "kernels/amx.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

enum { BLOCK = KERNEL_TILES_BLOCK, PIXELS = KERNEL_TILES_PIXELS, PAIR = KERNEL_TILES_PAIR, ROWS = KERNEL_TILES_ROWS };
enum { SUMS = KERNEL_TILES_SUMS, STEP = KERNEL_AMX_BYTES };

/* ---- layouts ---- */

#if defined(__AVX512F__)
/* 16 channels from p + first on, each in 32 bits. */
KERNEL_INLINE __m512i
wide(const uint16_t *p, int64_t first, __mmask16 there)
{
	return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(there, p + first));
}

KERNEL_INLINE __mmask16
there_of(int64_t channels, int64_t first)
{
	return channels - first >= BLOCK ? 0xffff : (__mmask16)((1u << (channels - first)) - 1);
}

/* 16 rows of 16 words become columns. */
KERNEL_INLINE void
transpose(__m512i r[16])
{
	__m512i t[16];
#pragma GCC unroll 8
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
	}
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
	}
}

static void
rows(const uint16_t *const *pixel, int64_t channels, uint16_t *to, int64_t step)
{
	for (int64_t c = 0; c < channels; c += BLOCK, to += step) {
		__mmask16 there = there_of(channels, c);
		__m512i r[16];
#pragma GCC unroll 16
		for (int j = 0; j < 16; j++)
			r[j] = _mm512_or_si512(
				wide(pixel[2 * j], c, there), _mm512_slli_epi32(wide(pixel[2 * j + 1], c, there), 16));
		transpose(r);
#pragma GCC unroll 16
		for (int j = 0; j < 16; j++)
			_mm512_store_si512(to + j * PIXELS, r[j]);
	}
}

static void
pairs(const uint16_t *const *pixel, int64_t n, int64_t channels, uint16_t *even, uint16_t *odd, int64_t step)
{
	for (int64_t c = 0, at = 0; c < channels; c += BLOCK, at += step) {
		__mmask16 there = there_of(channels, c);
		__m512i a = wide(pixel[0], c, there);
		for (int64_t j = 0; j < n; j++) {
			__m512i b = wide(pixel[2 * j + 1], c, there), next = wide(pixel[2 * j + 2], c, there);
			if (even)
				_mm512_store_si512(even + at + j * PAIR, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
			if (odd)
				_mm512_store_si512(odd + at + j * PAIR, _mm512_or_si512(b, _mm512_slli_epi32(next, 16)));
			a = next;
		}
	}
}
#else
KERNEL_INLINE uint16_t
number(const uint16_t *pixel, int64_t channel, int64_t channels)
{
	return channel < channels ? pixel[channel] : 0;
}

static void
rows(const uint16_t *const *pixel, int64_t channels, uint16_t *to, int64_t step)
{
	for (int64_t b = 0; b * BLOCK < channels; b++)
		for (int c = 0; c < BLOCK; c++)
			for (int k = 0; k < PIXELS; k++)
				to[b * step + c * PIXELS + k] = number(pixel[k], b * BLOCK + c, channels);
}

static void
pairs(const uint16_t *const *pixel, int64_t n, int64_t channels, uint16_t *even, uint16_t *odd, int64_t step)
{
	for (int64_t b = 0; b * BLOCK < channels; b++)
		for (int64_t j = 0; j < n; j++)
			for (int c = 0; c < BLOCK; c++)
				for (int i = 0; i < 2; i++) {
					int64_t at = b * step + j * PAIR + c * 2 + i;
					if (even)
						even[at] = number(pixel[2 * j + i], b * BLOCK + c, channels);
					if (odd)
						odd[at] = number(pixel[2 * j + 1 + i], b * BLOCK + c, channels);
				}
}
#endif

/* A row at a time: all of it is read in order, and written so but for the taps, which come together. */
static void
columns(const float *const *part, int parts, int64_t offset, int64_t taps, int64_t tap_step, int n_rows, int channels,
	float *to, int64_t to_step)
{
	for (int64_t j = 0; j < n_rows; j++)
		for (int64_t t = 0; t < taps; t++) {
			float sum[BLOCK];
			const float *v = part[0] + offset + t * tap_step + j * BLOCK;
			for (int c = 0; c < BLOCK; c++)
				sum[c] = v[c];
			for (int i = 1; i < parts; i++) {
				v = part[i] + offset + t * tap_step + j * BLOCK;
				for (int c = 0; c < BLOCK; c++)
					sum[c] += v[c];
			}
			float *y = to + j * to_step + t;
			for (int c = 0; c < channels; c++)
				y[c * taps] = sum[c];
		}
}

/* ---- products ---- */

/* Sums stand in registers 0 to 3. */
#define BEGIN(t, p) \
	do { \
		if (add) \
			KERNEL_AMX_LOAD(real, m, t, p, STEP); \
		else \
			KERNEL_AMX_ZERO(real, m, t); \
	} while (0)

/* Two blocks of rows by two columns. */
KERNEL_INLINE void
two_by_two(const bool real, kernel_amx_model *m, const uint16_t *a, const uint16_t *a1, const uint16_t *b,
	const uint16_t *b1, int64_t tiles, float *to, float *to1, bool add)
{
	BEGIN(0, to);
	BEGIN(1, to + SUMS);
	BEGIN(2, to1);
	BEGIN(3, to1 + SUMS);
	for (int64_t k = 0; k < tiles; k++, a += ROWS, a1 += ROWS, b += ROWS, b1 += ROWS) {
		KERNEL_AMX_LOAD(real, m, 4, a, STEP);
		KERNEL_AMX_LOAD(real, m, 6, b, STEP);
		KERNEL_AMX_DOT(real, m, 0, 4, 6);
		KERNEL_AMX_LOAD(real, m, 7, b1, STEP);
		KERNEL_AMX_DOT(real, m, 1, 4, 7);
		KERNEL_AMX_LOAD(real, m, 5, a1, STEP);
		KERNEL_AMX_DOT(real, m, 2, 5, 6);
		KERNEL_AMX_DOT(real, m, 3, 5, 7);
	}
	KERNEL_AMX_STORE(real, m, 0, to, STEP);
	KERNEL_AMX_STORE(real, m, 1, to + SUMS, STEP);
	KERNEL_AMX_STORE(real, m, 2, to1, STEP);
	KERNEL_AMX_STORE(real, m, 3, to1 + SUMS, STEP);
}

/* A block of rows by `n` columns, up to four. */
KERNEL_INLINE void
one_by(const bool real, kernel_amx_model *m, const int n, const uint16_t *a, const uint16_t *pairs_,
	const int64_t *column, int64_t tiles, float *to, bool add)
{
	const uint16_t *b = pairs_ + column[0], *b1 = pairs_ + column[n > 1 ? 1 : 0], *b2 = pairs_ + column[n > 2 ? 2 : 0],
				   *b3 = pairs_ + column[n > 3 ? 3 : 0];
	BEGIN(0, to);
	if (n > 1)
		BEGIN(1, to + SUMS);
	if (n > 2)
		BEGIN(2, to + 2 * SUMS);
	if (n > 3)
		BEGIN(3, to + 3 * SUMS);
	for (int64_t k = 0; k < tiles; k++, a += ROWS) {
		KERNEL_AMX_LOAD(real, m, 4, a, STEP);
		KERNEL_AMX_LOAD(real, m, 5, b + k * ROWS, STEP);
		KERNEL_AMX_DOT(real, m, 0, 4, 5);
		if (n > 1) {
			KERNEL_AMX_LOAD(real, m, 6, b1 + k * ROWS, STEP);
			KERNEL_AMX_DOT(real, m, 1, 4, 6);
		}
		if (n > 2) {
			KERNEL_AMX_LOAD(real, m, 7, b2 + k * ROWS, STEP);
			KERNEL_AMX_DOT(real, m, 2, 4, 7);
		}
		if (n > 3) {
			KERNEL_AMX_LOAD(real, m, 5, b3 + k * ROWS, STEP);
			KERNEL_AMX_DOT(real, m, 3, 4, 5);
		}
	}
	KERNEL_AMX_STORE(real, m, 0, to, STEP);
	if (n > 1)
		KERNEL_AMX_STORE(real, m, 1, to + SUMS, STEP);
	if (n > 2)
		KERNEL_AMX_STORE(real, m, 2, to + 2 * SUMS, STEP);
	if (n > 3)
		KERNEL_AMX_STORE(real, m, 3, to + 3 * SUMS, STEP);
}

KERNEL_INLINE void
one_by_up_to_four(const bool real, kernel_amx_model *m, int n, const uint16_t *a, const uint16_t *b,
	const int64_t *column, int64_t tiles, float *to, bool add)
{
	switch (n) {
	case 1: one_by(real, m, 1, a, b, column, tiles, to, add); break;
	case 2: one_by(real, m, 2, a, b, column, tiles, to, add); break;
	case 3: one_by(real, m, 3, a, b, column, tiles, to, add); break;
	default: one_by(real, m, 4, a, b, column, tiles, to, add);
	}
}

/* Columns outside, so that two of them stay in the nearest cache while blocks of rows go by. */
KERNEL_INLINE void
product_of(const bool real, kernel_amx_model *m, const kernel_tiles_product *p)
{
	const bool add = p->add;
	const kernel_amx_palette palette = kernel_amx_full();
	int paired = p->n_rows & ~1;
	const uint16_t *last = p->rows + paired * p->rows_step;
	KERNEL_AMX_BEGIN(real, m, &palette);
	for (int c = 0; paired && c + 1 < p->columns; c += 2)
		for (int r = 0; r < paired; r += 2) {
			const uint16_t *a = p->rows + r * p->rows_step;
			float *to = p->to + r * p->to_step + c * SUMS;
			two_by_two(real, m, a, a + p->rows_step, p->pairs + p->column[c], p->pairs + p->column[c + 1], p->tiles, to,
				to + p->to_step, add);
		}
	if (p->columns & 1) /* the last column, by as many blocks of rows */
		for (int r = 0; r < paired; r++)
			one_by(real, m, 1, p->rows + r * p->rows_step, p->pairs, p->column + p->columns - 1, p->tiles,
				p->to + r * p->to_step + (p->columns - 1) * SUMS, add);
	if (p->n_rows & 1)
		for (int c = 0; c < p->columns; c += 4)
			one_by_up_to_four(real, m, p->columns - c, last, p->pairs, p->column + c, p->tiles,
				p->to + paired * p->to_step + c * SUMS, add);
	KERNEL_AMX_END(real);
}

static void
product(const kernel_tiles_product *p)
{
	kernel_amx_model m;
	product_of(false, &m, p);
}

#if defined(__AVX512F__)
static void
product_amx(const kernel_tiles_product *p)
{
	product_of(true, NULL, p);
}
#else
#define product_amx NULL
#endif

const kernel_tiles_kernels KERNEL_TABLE(tiles) = { rows, pairs, columns, product, product_amx };
