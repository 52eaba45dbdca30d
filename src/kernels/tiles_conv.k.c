/*
 * Convolutions in tiles, and the layouts they want. See tiles_conv.h, amx.h.
 *
 * Two tiles of pixels by two blocks of channels go on at a time (four by one where channels are few), so that each load
 * serves two products; weights of two blocks pass by while a stretch of x stays near. (Finishing pixels between the
 * products of the next tiles instead of after their own was slower: it hides loads from the CPU.)
 */
#include "kernels/tiles_conv.h"
#include "kernels/amx.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

enum { PIXELS = KERNEL_TILES_CONV_PIXELS, BLOCK = KERNEL_TILES_CONV_BLOCK, STEP = KERNEL_TILES_CONV_STEP };
enum { WEIGHTS = KERNEL_TILES_CONV_WEIGHTS, SUMS = PIXELS * BLOCK, LINE = KERNEL_AMX_BYTES };

/* ---- layouts ---- */

static void
spread(const uint16_t *from, int64_t from_step, int64_t numbers, int64_t n, uint16_t *to, int64_t plane)
{
	int64_t whole = numbers / STEP, rest = numbers % STEP;
#if defined(__AVX512F__)
	__mmask32 mask = (__mmask32)((1u << rest) - 1);
#endif
	for (int64_t i = 0; i < n; i++, from += from_step, to += STEP) {
		for (int64_t k = 0; k < whole; k++)
			memcpy(to + k * plane, from + k * STEP, 2 * STEP);
		if (!rest)
			continue;
#if defined(__AVX512F__)
		_mm512_store_si512(to + whole * plane, _mm512_maskz_loadu_epi16(mask, from + whole * STEP));
#else
		memcpy(to + whole * plane, from + whole * STEP, (size_t)rest * 2);
		memset(to + whole * plane + rest, 0, (size_t)(STEP - rest) * 2);
#endif
	}
}

static void
weights(const float *w, const int64_t *from, int64_t steps, int64_t step, int64_t channels, uint16_t *to)
{
#if defined(__AVX512F__)
	__mmask16 there = channels < BLOCK ? (__mmask16)((1u << channels) - 1) : 0xffff;
	__m512i at = _mm512_mullo_epi32(
		_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm512_set1_epi32((int)step));
	for (int64_t k = 0; k < steps * STEP; k += 2, to += 2 * BLOCK) {
		__m512i v[2];
		for (int i = 0; i < 2; i++) {
			__mmask16 here = from[k + i] < 0 ? 0 : there;
			__m512 f = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), here, at, w + (here ? from[k + i] : 0), 4);
			__m512i u = _mm512_castps_si512(f), even = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
			__mmask16 nan = _mm512_cmp_ps_mask(f, f, _CMP_UNORD_Q);
			v[i] = _mm512_srli_epi32(_mm512_add_epi32(u, _mm512_add_epi32(even, _mm512_set1_epi32(0x7fff))), 16);
			v[i] = _mm512_mask_or_epi32(v[i], nan, _mm512_srli_epi32(u, 16), _mm512_set1_epi32(0x40));
		}
		_mm512_store_si512(to, _mm512_or_si512(v[0], _mm512_slli_epi32(v[1], 16)));
	}
#else
	for (int64_t k = 0; k < steps * STEP; k++)
		for (int o = 0; o < BLOCK; o++)
			to[k / 2 * 2 * BLOCK + o * 2 + k % 2] = from[k] < 0 || o >= channels
				? 0
				: kernel_to_bf16(w[from[k] + o * step]);
#endif
}

/* ---- ends ---- */

/* One tile of one block, from its sums. */
static void
deliver(const kernel_tiles_conv *c, int64_t tile, int64_t block, const float *sums)
{
	int64_t first = block * BLOCK, n = c->channels - first < BLOCK ? c->channels - first : BLOCK;
	for (int j = 0; j < PIXELS; j++) {
		int32_t pixel = c->pixel[tile * PIXELS + j];
		if (pixel < 0 || pixel >= c->pixels)
			continue;
		int64_t at = pixel * c->channels + first;
		for (int64_t o = 0; o < n; o++) {
			float v = sums[j * BLOCK + o] + (c->bias ? c->bias[first + o] : 0);
			v += c->added ? kernel_load(c->added, at + o, c->low) : 0;
			kernel_store_real(c->y, at + o, c->low, c->relu && v < 0 ? 0 : v);
		}
	}
}

#if defined(__AVX512F__)
/* One pixel of one or two blocks, whose sums lie behind each other, on a CPU with tiles: which rounds by itself, two
 * full blocks at once. `at`: its first number in y; `there`: which of the last block's numbers are there. */
KERNEL_INLINE void
deliver_pixel(const kernel_tiles_conv *c, int64_t at, const int blocks, const bool full, __mmask16 there,
	const __m512 *bias, const bool added, const bool relu, const bool low, const float *sums)
{
	__m512 v[2];
#pragma GCC unroll 2
	for (int b = 0; b < blocks; b++) {
		__mmask16 here = full || b + 1 < blocks ? 0xffff : there;
		const void *more = added ? kernel_at(c->added, at + b * BLOCK, low) : NULL;
		void *y = kernel_at_mut(c->y, at + b * BLOCK, low);
		v[b] = _mm512_add_ps(_mm512_load_ps(sums + b * SUMS), bias[b]);
		if (added && low)
			v[b] = _mm512_add_ps(v[b],
				_mm512_castsi512_ps(
					_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(here, more)), 16)));
		else if (added)
			v[b] = _mm512_add_ps(v[b], _mm512_maskz_loadu_ps(here, more));
		if (relu)
			v[b] = _mm512_max_ps(_mm512_setzero_ps(), v[b]); /* a NaN, as second, stays */
		if (!low) {
			_mm512_mask_storeu_ps(y, here, v[b]);
		} else if (blocks == 1 || !full) {
			__m256i one;
			__asm__("vcvtneps2bf16 %1, %0" : "=v"(one) : "v"(v[b]));
			_mm256_mask_storeu_epi16(y, here, one);
		}
	}
	if (low && blocks == 2 && full) {
		__m512i both;
		__asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(both) : "v"(v[0]), "v"(v[1]));
		_mm512_storeu_si512((uint16_t *)c->y + at, both);
	}
}

/* A tile, most often of pixels beside each other. */
KERNEL_INLINE void
deliver_tile(const kernel_tiles_conv *c, int64_t tile, int64_t block, const int blocks, const bool full,
	const bool added, const bool relu, const bool low, const float *sums)
{
	const int32_t *pixel = c->pixel + tile * PIXELS;
	int64_t first = block * BLOCK, step = c->channels, left = step - first - (blocks - 1) * BLOCK;
	__mmask16 there = left < BLOCK ? (__mmask16)((1u << left) - 1) : 0xffff;
	__m512 bias[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
	for (int b = 0; b < blocks && c->bias; b++)
		bias[b] = _mm512_maskz_loadu_ps(b + 1 < blocks ? 0xffff : there, c->bias + first + b * BLOCK);
	if (pixel[0] >= 0 && pixel[PIXELS - 1] - pixel[0] == PIXELS - 1 && pixel[PIXELS - 1] < c->pixels) {
		int64_t at = pixel[0] * step + first;
#pragma GCC unroll 4
		for (int j = 0; j < PIXELS; j++)
			deliver_pixel(c, at + j * step, blocks, full, there, bias, added, relu, low, sums + j * BLOCK);
		return;
	}
	for (int j = 0; j < PIXELS; j++)
		if (pixel[j] >= 0 && pixel[j] < c->pixels)
			deliver_pixel(c, pixel[j] * step + first, blocks, full, there, bias, added, relu, low, sums + j * BLOCK);
}

/* With what networks ask for most written out. */
KERNEL_INLINE void
deliver_fast(const kernel_tiles_conv *c, int64_t tile, int64_t block, const int blocks, const float *sums)
{
	bool full = (block + blocks) * BLOCK <= c->channels;
	if (full && c->low && !c->added && c->relu)
		deliver_tile(c, tile, block, blocks, true, false, true, true, sums);
	else if (full && c->low && !c->added)
		deliver_tile(c, tile, block, blocks, true, false, false, true, sums);
	else if (full && c->low)
		deliver_tile(c, tile, block, blocks, true, true, c->relu, true, sums);
	else
		deliver_tile(c, tile, block, blocks, full, c->added, c->relu, c->low, sums);
}
#endif

KERNEL_INLINE void
end(const bool real, const kernel_tiles_conv *c, int64_t tile, int64_t block, const int blocks, const float *sums)
{
#if defined(__AVX512F__)
	if (real) {
		deliver_fast(c, tile, block, blocks, sums);
		return;
	}
#endif
	for (int b = 0; b < blocks; b++)
		deliver(c, tile, block + b, sums + b * SUMS);
}

/* ---- products ---- */

#define LOAD(t, p, step) KERNEL_AMX_LOAD(real, m, t, p, step)
#define DOT(to, a, b) KERNEL_AMX_DOT(real, m, to, a, b)
#define ZERO(t) KERNEL_AMX_ZERO(real, m, t)
#define STORE(t, p) KERNEL_AMX_STORE(real, m, t, p, LINE)

/* Two tiles by two blocks, or one by two. */
KERNEL_INLINE void
by_two(const bool real, kernel_amx_model *m, const kernel_tiles_conv *c, int64_t tile, const int tiles, int64_t block)
{
	_Alignas(64) float sums[4 * SUMS];
	const uint16_t *x = c->x + c->tile[tile], *x1 = c->x + c->tile[tile + tiles - 1];
	const uint16_t *w = c->weights + block * c->steps * WEIGHTS, *w1 = w + c->steps * WEIGHTS;
	int64_t step = c->x_step * 2;
	ZERO(0);
	ZERO(1);
	ZERO(2);
	ZERO(3);
	for (int64_t k = 0; k < c->steps; k++, w += WEIGHTS, w1 += WEIGHTS) {
		LOAD(4, x + c->shift[k], step);
		LOAD(6, w, LINE);
		DOT(0, 4, 6);
		LOAD(7, w1, LINE);
		DOT(1, 4, 7);
		if (tiles > 1) {
			LOAD(5, x1 + c->shift[k], step);
			DOT(2, 5, 6);
			DOT(3, 5, 7);
		}
	}
	STORE(0, sums);
	STORE(1, sums + SUMS);
	if (tiles > 1) {
		STORE(2, sums + 2 * SUMS);
		STORE(3, sums + 3 * SUMS);
	}
	for (int i = 0; i < tiles; i++)
		end(real, c, tile + i, block, 2, sums + i * 2 * SUMS);
}

/* `tiles`, up to four, by one block. */
KERNEL_INLINE void
by_one(const bool real, kernel_amx_model *m, const kernel_tiles_conv *c, int64_t tile, const int tiles, int64_t block)
{
	_Alignas(64) float sums[4 * SUMS];
	const uint16_t *x[4], *w = c->weights + block * c->steps * WEIGHTS;
	int64_t step = c->x_step * 2;
	for (int i = 0; i < 4; i++)
		x[i] = c->x + c->tile[tile + (i < tiles ? i : 0)];
	ZERO(0);
	ZERO(1);
	ZERO(2);
	ZERO(3);
	for (int64_t k = 0; k < c->steps; k++, w += WEIGHTS) {
		LOAD(7, w, LINE);
		LOAD(4, x[0] + c->shift[k], step);
		DOT(0, 4, 7);
		if (tiles > 1) {
			LOAD(5, x[1] + c->shift[k], step);
			DOT(1, 5, 7);
			LOAD(6, x[2] + c->shift[k], step);
			DOT(2, 6, 7);
			LOAD(4, x[3] + c->shift[k], step);
			DOT(3, 4, 7);
		}
	}
	STORE(0, sums);
	if (tiles > 1) {
		STORE(1, sums + SUMS);
		STORE(2, sums + 2 * SUMS);
		STORE(3, sums + 3 * SUMS);
	}
	for (int i = 0; i < tiles; i++)
		end(real, c, tile + i, block, 1, sums + i * SUMS);
}

KERNEL_INLINE void
convolve_of(const bool real, kernel_amx_model *m, const kernel_tiles_conv *c)
{
	const kernel_amx_palette palette = kernel_amx_full();
	int64_t blocks = (c->channels + BLOCK - 1) / BLOCK, block = 0, tile;
	KERNEL_AMX_BEGIN(real, m, &palette);
	for (; block + 1 < blocks; block += 2) {
		for (tile = 0; tile + 1 < c->tiles; tile += 2)
			by_two(real, m, c, tile, 2, block);
		if (tile < c->tiles)
			by_two(real, m, c, tile, 1, block);
	}
	if (block < blocks) {
		for (tile = 0; tile + 3 < c->tiles; tile += 4)
			by_one(real, m, c, tile, 4, block);
		for (; tile < c->tiles; tile++)
			by_one(real, m, c, tile, 1, block);
	}
	KERNEL_AMX_END(real);
}

static void
convolve(const kernel_tiles_conv *c)
{
	kernel_amx_model m;
	convolve_of(false, &m, c);
}

#if defined(__AVX512F__)
static void
convolve_amx(const kernel_tiles_conv *c)
{
	convolve_of(true, NULL, c);
}
#else
#define convolve_amx NULL
#endif

const kernel_tiles_conv_kernels KERNEL_TABLE(tiles_conv) = { spread, weights, convolve, convolve_amx };
