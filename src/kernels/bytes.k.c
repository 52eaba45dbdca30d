/*
 * Products of bytes. See bytes.h. Six rows by 64 outputs stand in registers: 24 sums, four weights and a row's four
 * bytes, which is what AVX-512 has room for.
 */
#include "kernels/bytes.h"
#include "kernels/amx.h"
#include <math.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum { ROWS = KERNEL_BYTES_ROWS, COLUMNS = KERNEL_BYTES_COLUMNS, DEEP = KERNEL_BYTES_DEEP };

#if defined(__AVX2__)
KERNEL_INLINE int32_t
four(const uint8_t *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
#endif

/* ---- VNNI ---- */

#if defined(__AVX512F__)
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

VNNI static inline __attribute__((always_inline)) void
tile_vnni(const kernel_bytes_tile *t, const uint8_t *x, const int rows, const int wide, int32_t *sums)
{
	__m512i s[ROWS][4];
	const int8_t *w = t->weights;
#pragma GCC unroll 6
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int j = 0; j < wide; j++)
			s[r][j] = _mm512_setzero_si512();
	for (int k = 0; k < t->stretches; k++) {
		const uint8_t *p = x + t->at[k];
		for (int64_t q = 0; q < t->quads; q++, p += DEEP, w += wide * 64) {
			__m512i v[4];
#pragma GCC unroll 4
			for (int j = 0; j < wide; j++)
				v[j] = _mm512_loadu_si512(w + j * 64);
#pragma GCC unroll 6
			for (int r = 0; r < rows; r++) {
				__m512i a = _mm512_set1_epi32(four(p + r * t->step));
#pragma GCC unroll 4
				for (int j = 0; j < wide; j++)
					s[r][j] = _mm512_dpbusd_epi32(s[r][j], a, v[j]);
			}
		}
	}
#pragma GCC unroll 6
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int j = 0; j < wide; j++)
			_mm512_storeu_si512(sums + r * COLUMNS + j * 16, s[r][j]);
}

#define TILES(wide) \
	for (; rows >= ROWS; rows -= ROWS, x += ROWS * t->step, sums += ROWS * COLUMNS) \
		tile_vnni(t, x, ROWS, wide, sums); \
	for (; rows >= 2; rows -= 2, x += 2 * t->step, sums += 2 * COLUMNS) \
		tile_vnni(t, x, 2, wide, sums); \
	if (rows) \
	tile_vnni(t, x, 1, wide, sums)

VNNI static void
product_vnni(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	switch (t->columns) {
	case 16: TILES(1); break;
	case 32: TILES(2); break;
	case 48: TILES(3); break;
	default: TILES(4);
	}
}
#else
#define product_vnni NULL
#endif

/* ---- without ---- */

#if defined(__AVX2__)
/* Even and odd bytes as 16 bits, whose products and sums of two fit 32. */
KERNEL_INLINE void
tile_wide(const kernel_bytes_tile *t, const uint8_t *x, const int rows, int32_t *sums)
{
	for (int j = 0; j < t->columns; j += 8) {
		__m256i s[ROWS];
		const int8_t *w = t->weights + j * DEEP;
		for (int r = 0; r < rows; r++)
			s[r] = _mm256_setzero_si256();
		for (int k = 0; k < t->stretches; k++) {
			const uint8_t *p = x + t->at[k];
			for (int64_t q = 0; q < t->quads; q++, p += DEEP, w += t->columns * DEEP) {
				__m256i v = _mm256_loadu_si256((const __m256i *)w), odd = _mm256_srai_epi16(v, 8),
						even = _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8);
#pragma GCC unroll 6
				for (int r = 0; r < rows; r++) {
					__m256i a = _mm256_set1_epi32(four(p + r * t->step)),
							low = _mm256_and_si256(a, _mm256_set1_epi16(255)), high = _mm256_srli_epi16(a, 8);
					s[r] = _mm256_add_epi32(
						s[r], _mm256_add_epi32(_mm256_madd_epi16(low, even), _mm256_madd_epi16(high, odd)));
				}
			}
		}
		for (int r = 0; r < rows; r++)
			_mm256_storeu_si256((__m256i *)(sums + r * COLUMNS + j), s[r]);
	}
}

static void
product(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	if (rows == ROWS)
		tile_wide(t, x, ROWS, sums);
	else
		for (int r = 0; r < rows; r++)
			tile_wide(t, x + r * t->step, 1, sums + r * COLUMNS);
}
#else
static void
product(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	for (int r = 0; r < rows; r++)
		for (int j = 0; j < t->columns; j++) {
			const int8_t *w = t->weights + j * DEEP;
			int32_t s = 0;
			for (int k = 0; k < t->stretches; k++)
				for (int64_t q = 0; q < t->quads; q++, w += t->columns * DEEP)
					for (int i = 0; i < DEEP; i++)
						s += x[r * t->step + t->at[k] + q * DEEP + i] * w[i];
			sums[r * COLUMNS + j] = s;
		}
}
#endif

/* ---- tiles ---- */

/* 16 rows by up to 64 outputs: sums in registers 0 to 3; whole tiles of 64 bytes of a stretch in 4, by weights in 5;
 * what is left of a stretch in 6, by its weights in 7, which have that shape. A tile of weights is 16 stretches of four
 * bytes, as they are packed. */
KERNEL_INLINE void
tile_amx(
	const bool real, kernel_amx_model *m, const kernel_bytes_tile *t, const int wide, const uint8_t *x, int32_t *sums)
{
	const int64_t row = wide * 64, whole = t->quads / 16, rest = t->quads % 16;
	const int8_t *w = t->weights;
	KERNEL_AMX_ZERO(real, m, 0);
	if (wide > 1)
		KERNEL_AMX_ZERO(real, m, 1);
	if (wide > 2)
		KERNEL_AMX_ZERO(real, m, 2);
	if (wide > 3)
		KERNEL_AMX_ZERO(real, m, 3);
#define STEP(a, b) \
	do { \
		KERNEL_AMX_LOAD(real, m, a, p, t->step); \
		KERNEL_AMX_LOAD(real, m, b, w, row); \
		KERNEL_AMX_DOT_BYTES(real, m, 0, a, b); \
		if (wide > 1) { \
			KERNEL_AMX_LOAD(real, m, b, w + 64, row); \
			KERNEL_AMX_DOT_BYTES(real, m, 1, a, b); \
		} \
		if (wide > 2) { \
			KERNEL_AMX_LOAD(real, m, b, w + 128, row); \
			KERNEL_AMX_DOT_BYTES(real, m, 2, a, b); \
		} \
		if (wide > 3) { \
			KERNEL_AMX_LOAD(real, m, b, w + 192, row); \
			KERNEL_AMX_DOT_BYTES(real, m, 3, a, b); \
		} \
	} while (0)
	for (int k = 0; k < t->stretches; k++) {
		const uint8_t *p = x + t->at[k];
		for (int64_t q = 0; q < whole; q++, p += 64, w += 16 * row)
			STEP(4, 5);
		if (rest) {
			STEP(6, 7);
			w += rest * row;
		}
	}
#undef STEP
	KERNEL_AMX_STORE(real, m, 0, sums, COLUMNS * 4);
	if (wide > 1)
		KERNEL_AMX_STORE(real, m, 1, sums + 16, COLUMNS * 4);
	if (wide > 2)
		KERNEL_AMX_STORE(real, m, 2, sums + 32, COLUMNS * 4);
	if (wide > 3)
		KERNEL_AMX_STORE(real, m, 3, sums + 48, COLUMNS * 4);
}

KERNEL_INLINE void
tiles_amx(const bool real, kernel_amx_model *m, const kernel_bytes_tile *t, const int wide, const uint8_t *x, int rows,
	int32_t *sums)
{
	kernel_amx_palette palette = kernel_amx_full();
	palette.bytes[6] = (uint16_t)(t->quads % 16 ? t->quads % 16 * DEEP : 4), palette.rows[7] = palette.bytes[6] / DEEP;
	for (int r = 0; r < rows; r += 16) {
		int n = rows - r < 16 ? rows - r : 16;
		if (r == 0 || n < 16) {
			for (int i = 0; i < 4; i++)
				palette.rows[i] = (uint8_t)n;
			palette.rows[4] = palette.rows[6] = (uint8_t)n;
			KERNEL_AMX_BEGIN(real, m, &palette);
		}
		tile_amx(real, m, t, wide, x + r * t->step, sums + r * COLUMNS);
	}
	KERNEL_AMX_END(real);
}

KERNEL_INLINE void
product_in_tiles(
	const bool real, kernel_amx_model *m, const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	switch (t->columns) {
	case 16: tiles_amx(real, m, t, 1, x, rows, sums); break;
	case 32: tiles_amx(real, m, t, 2, x, rows, sums); break;
	case 48: tiles_amx(real, m, t, 3, x, rows, sums); break;
	default: tiles_amx(real, m, t, 4, x, rows, sums);
	}
}

static void
product_model(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	kernel_amx_model m;
	product_in_tiles(false, &m, t, x, rows, sums);
}

#if defined(__AVX512F__)
static void
product_amx(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums)
{
	product_in_tiles(true, NULL, t, x, rows, sums);
}
#else
#define product_amx NULL
#endif

/* ---- each channel by itself ---- */

static void
depth(const kernel_bytes_depth *t, const uint8_t *x, int rows, int n, int32_t *sums)
{
	for (int r = 0; r < rows; r++, x += t->step, sums += COLUMNS) {
		int32_t s[COLUMNS] = { 0 };
		for (int k = 0; k < t->taps; k++)
			for (int j = 0; j < n; j++)
				s[j] += x[t->at[k] + j] * t->weights[kernel_bytes_depth_place(k, j)];
		memcpy(sums, s, (size_t)n * sizeof *sums);
	}
}

#if defined(__AVX512F__)
/* Four taps of 64 channels, interleaved: 16 channels of four bytes each in a vector, in the order of the weights. */
VNNI static inline __attribute__((always_inline)) void
interleave(const uint8_t *x, const int64_t *at, __mmask64 m, __m512i v[4])
{
	__m512i a = _mm512_maskz_loadu_epi8(m, x + at[0]), b = _mm512_maskz_loadu_epi8(m, x + at[1]),
			c = _mm512_maskz_loadu_epi8(m, x + at[2]), d = _mm512_maskz_loadu_epi8(m, x + at[3]);
	__m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
	v[0] = _mm512_unpacklo_epi16(ab, cd);
	v[1] = _mm512_unpackhi_epi16(ab, cd);
	ab = _mm512_unpackhi_epi8(a, b), cd = _mm512_unpackhi_epi8(c, d);
	v[2] = _mm512_unpacklo_epi16(ab, cd);
	v[3] = _mm512_unpackhi_epi16(ab, cd);
}

VNNI static void
depth_vnni(const kernel_bytes_depth *t, const uint8_t *x, int rows, int n, int32_t *sums)
{
	const __mmask64 m = n < COLUMNS ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0;
	for (int r = 0; r < rows; r++, x += t->step, sums += COLUMNS) {
		__m512i s[4], v[4];
		for (int j = 0; j < 4; j++)
			s[j] = _mm512_setzero_si512();
		for (int k = 0; k < t->taps; k += DEEP) {
			interleave(x, t->at + k, m, v);
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++)
				s[j] = _mm512_dpbusd_epi32(s[j], v[j], _mm512_loadu_si512(t->weights + k * COLUMNS + j * 64));
		}
		/* Quarters of the vectors change places: channels in their order again. */
		__m512i a = _mm512_shuffle_i32x4(s[0], s[1], 0x44), b = _mm512_shuffle_i32x4(s[0], s[1], 0xee),
				c = _mm512_shuffle_i32x4(s[2], s[3], 0x44), d = _mm512_shuffle_i32x4(s[2], s[3], 0xee);
		_mm512_storeu_si512(sums, _mm512_shuffle_i32x4(a, c, 0x88));
		_mm512_storeu_si512(sums + 16, _mm512_shuffle_i32x4(a, c, 0xdd));
		_mm512_storeu_si512(sums + 32, _mm512_shuffle_i32x4(b, d, 0x88));
		_mm512_storeu_si512(sums + 48, _mm512_shuffle_i32x4(b, d, 0xdd));
	}
}
#else
#define depth_vnni NULL
#endif

/* ---- what follows ---- */

/* Halves to even, of numbers below 2^22. */
KERNEL_INLINE float
rounded(float v)
{
	const float magic = 12582912.0f;
	return (v + magic) - magic;
}

KERNEL_INLINE float
added_at(const void *p, int type, int j)
{
	return type == KERNEL_BYTES_REAL ? ((const float *)p)[j]
		: type == KERNEL_BYTES_U8    ? (float)((const uint8_t *)p)[j]
									 : (float)((const int8_t *)p)[j];
}

/* v as a byte: v * grain, rounded, moved by zero; lo and hi are the type's ends less zero. */
KERNEL_INLINE int32_t
byte_of(float v, float grain, float lo, float hi, float zero)
{
	v = v == v ? v * grain : 0; /* no number is `zero` */
	v = v < lo ? lo : v;
	v = v > hi ? hi : v;
	return (int32_t)(rounded(v) + zero);
}

KERNEL_INLINE void
put(void *y, int j, int to, float v, float grain, float lo, float hi, float zero)
{
	if (to == KERNEL_BYTES_REAL)
		((float *)y)[j] = v;
	else if (to == KERNEL_BYTES_U8)
		((uint8_t *)y)[j] = (uint8_t)byte_of(v, grain, lo, hi, zero);
	else
		((int8_t *)y)[j] = (int8_t)byte_of(v, grain, lo, hi, zero);
}

KERNEL_INLINE float
clamped(float v, float low, float high)
{
	v = v < low ? low : v;
	return v > high ? high : v;
}

KERNEL_INLINE void
finish_as(const kernel_bytes_end *e, const int32_t *sums, int rows, const int n, const int type, const int to,
	const void *added, void *y, int64_t step)
{
	const float lo = (to == KERNEL_BYTES_S8 ? -128 : 0) - e->zero, hi = (to == KERNEL_BYTES_S8 ? 127 : 255) - e->zero;
	const float az = e->added_zero, as = e->added_scale, low = e->low, high = e->high, grain = e->grain, zero = e->zero;
	const int32_t *restrict less = e->less;
	const float *restrict scale = e->scale, *restrict bias = e->bias;
	const int added_size = type == KERNEL_BYTES_REAL ? 4 : 1, y_size = to == KERNEL_BYTES_REAL ? 4 : 1;
	for (int r = 0; r < rows; r++) {
		const int32_t *restrict sum = sums + r * COLUMNS;
		const void *own = type ? (const char *)added + r * step * added_size : NULL;
		char *restrict row = (char *)y + r * step * y_size;
		KERNEL_IVDEP
		for (int j = 0; j < n; j++) {
			float v = (float)(sum[j] - less[j]) * scale[j] + bias[j];
			if (type)
				v += (added_at(own, type, j) - az) * as;
			put(row, j, to, clamped(v, low, high), grain, lo, hi, zero);
		}
	}
}

/* Most rows are 16 to 64 outputs, of which a compiler that knows makes straight code. */
KERNEL_INLINE void
finish_rows(const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const int type, const int to,
	const void *added, void *y, int64_t step)
{
	if (n == COLUMNS)
		finish_as(e, sums, rows, COLUMNS, type, to, added, y, step);
	else if (n == 16)
		finish_as(e, sums, rows, 16, type, to, added, y, step);
	else if (n == 1)
		finish_as(e, sums, rows, 1, type, to, added, y, step);
	else
		finish_as(e, sums, rows, n, type, to, added, y, step);
}

#define FINISH(type) \
	switch (e->to) { \
	case KERNEL_BYTES_REAL: finish_rows(e, sums, rows, n, type, KERNEL_BYTES_REAL, added, y, step); break; \
	case KERNEL_BYTES_U8: finish_rows(e, sums, rows, n, type, KERNEL_BYTES_U8, added, y, step); break; \
	default: finish_rows(e, sums, rows, n, type, KERNEL_BYTES_S8, added, y, step); \
	}

static void
finish_plainly(
	const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const void *added, void *y, int64_t step)
{
	switch (e->added) {
	case KERNEL_BYTES_NONE: FINISH(KERNEL_BYTES_NONE) break;
	case KERNEL_BYTES_REAL: FINISH(KERNEL_BYTES_REAL) break;
	case KERNEL_BYTES_U8: FINISH(KERNEL_BYTES_U8) break;
	default: FINISH(KERNEL_BYTES_S8)
	}
}

#if defined(__AVX512F__)
/* The same into bytes, by columns: scales and biases, in steps of the result, are loaded once for all rows. */
KERNEL_INLINE void
finish_wide(const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const int type, const void *added, void *y,
	int64_t step)
{
	const bool is_signed = e->to == KERNEL_BYTES_S8;
	const float lo = (float)(is_signed ? -128 : 0) - e->zero, hi = (float)(is_signed ? 127 : 255) - e->zero,
				low = e->low * e->grain, high = e->high * e->grain, grow = e->added_scale * e->grain;
	const __m512 grain = _mm512_set1_ps(e->grain), least = _mm512_set1_ps(low > lo ? low : lo),
				 most = _mm512_set1_ps(high < hi ? high : hi), gain = _mm512_set1_ps(grow),
				 away = _mm512_set1_ps(-e->added_zero * grow);
	const __m512i zero = _mm512_set1_epi32((int32_t)e->zero);
	const int size = type == KERNEL_BYTES_REAL ? 4 : 1;
	for (int j = 0; j < n; j += 16) {
		const __mmask16 m = n - j < 16 ? (__mmask16)((1 << (n - j)) - 1) : (__mmask16)0xffff;
		const __m512i less = _mm512_maskz_loadu_epi32(m, e->less + j);
		const __m512 scale = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, e->scale + j), grain);
		__m512 bias = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, e->bias + j), grain);
		if (type)
			bias = _mm512_add_ps(bias, away);
		for (int r = 0; r < rows; r++) {
			const char *own = type ? (const char *)added + (r * step + j) * size : NULL;
			__m512i s = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(m, sums + r * COLUMNS + j), less);
			__m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(s), scale, bias);
			if (type == KERNEL_BYTES_REAL)
				v = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, own), gain, v);
			else if (type == KERNEL_BYTES_U8)
				v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(m, own))), gain, v);
			else if (type == KERNEL_BYTES_S8)
				v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(m, own))), gain, v);
			const __mmask16 number = _mm512_cmp_ps_mask(v, v, _CMP_ORD_Q);
			v = _mm512_min_ps(_mm512_max_ps(v, least), most);
			s = _mm512_add_epi32(_mm512_maskz_cvtps_epi32(number, v), zero);
			_mm_mask_storeu_epi8((char *)y + r * step + j, m, _mm512_cvtepi32_epi8(s));
		}
	}
}

static void
finish(const kernel_bytes_end *e, const int32_t *sums, int rows, int n, const void *added, void *y, int64_t step)
{
	switch (e->to == KERNEL_BYTES_REAL ? -1 : e->added) {
	case KERNEL_BYTES_NONE: finish_wide(e, sums, rows, n, KERNEL_BYTES_NONE, added, y, step); break;
	case KERNEL_BYTES_REAL: finish_wide(e, sums, rows, n, KERNEL_BYTES_REAL, added, y, step); break;
	case KERNEL_BYTES_U8: finish_wide(e, sums, rows, n, KERNEL_BYTES_U8, added, y, step); break;
	case KERNEL_BYTES_S8: finish_wide(e, sums, rows, n, KERNEL_BYTES_S8, added, y, step); break;
	default: finish_plainly(e, sums, rows, n, added, y, step);
	}
}
#else
#define finish finish_plainly
#endif

KERNEL_INLINE void
store_as(const float *v, int n, float low, float high, float grain, float zero, const int to, void *restrict y)
{
	const float lo = (to == KERNEL_BYTES_S8 ? -128 : 0) - zero, hi = (to == KERNEL_BYTES_S8 ? 127 : 255) - zero;
	KERNEL_IVDEP
	for (int j = 0; j < n; j++)
		put(y, j, to, clamped(v[j], low, high), grain, lo, hi, zero);
}

static void
store(const float *v, int n, float low, float high, float grain, float zero, int to, void *y)
{
	switch (to) {
	case KERNEL_BYTES_REAL: store_as(v, n, low, high, grain, zero, KERNEL_BYTES_REAL, y); break;
	case KERNEL_BYTES_U8: store_as(v, n, low, high, grain, zero, KERNEL_BYTES_U8, y); break;
	default: store_as(v, n, low, high, grain, zero, KERNEL_BYTES_S8, y);
	}
}

/* ---- alone ---- */

KERNEL_INLINE void
reals_as(const void *x, const int type, int n, float zero, float scale, const kernel_bytes_how how, float *restrict v)
{
	KERNEL_IVDEP
	for (int j = 0; j < n; j++) {
		float r = (added_at(x, type, j) - zero) * scale;
		v[j] = how == KERNEL_BYTES_SET ? r : how == KERNEL_BYTES_ADD ? v[j] + r : v[j] * r;
	}
}

#define REALS(type) \
	switch (how) { \
	case KERNEL_BYTES_SET: reals_as(x, type, n, zero, scale, KERNEL_BYTES_SET, v); break; \
	case KERNEL_BYTES_ADD: reals_as(x, type, n, zero, scale, KERNEL_BYTES_ADD, v); break; \
	default: reals_as(x, type, n, zero, scale, KERNEL_BYTES_MULTIPLY, v); \
	}

static void
reals(const void *x, int type, int n, float zero, float scale, kernel_bytes_how how, float *v)
{
	switch (type) {
	case KERNEL_BYTES_REAL: REALS(KERNEL_BYTES_REAL) break;
	case KERNEL_BYTES_U8: REALS(KERNEL_BYTES_U8) break;
	default: REALS(KERNEL_BYTES_S8)
	}
}

static void
quantize(const float *x, int64_t n, double step, double zero, bool is_signed, uint8_t *y)
{
	const double lo = is_signed ? INT8_MIN : 0, hi = is_signed ? INT8_MAX : UINT8_MAX;
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) {
		double v = rint((double)x[i] / step) + zero;
		v = v == v ? v : zero;
		v = v < lo ? lo : v;
		v = v > hi ? hi : v;
		y[i] = (uint8_t)(int32_t)v;
	}
}

/* Signed bytes differ from unsigned ones in their first bit. */
static void
larger(const uint8_t *x, bool is_signed, int64_t n, uint8_t *y)
{
	const uint8_t flip = is_signed ? 0x80 : 0;
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) {
		uint8_t a = x[i] ^ flip, b = y[i] ^ flip;
		y[i] = (a > b ? a : b) ^ flip;
	}
}

KERNEL_INLINE void
between_as(const uint8_t *const x[4], const float w[4], const int type, int n, uint8_t *restrict y)
{
	const float w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3];
	const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
	KERNEL_IVDEP
	for (int j = 0; j < n; j++) {
		float v = w0 * added_at(x0, type, j) + w1 * added_at(x1, type, j) + w2 * added_at(x2, type, j)
			+ w3 * added_at(x3, type, j);
		y[j] = (uint8_t)(int32_t)rounded(clamped(v, -128, 255)); /* a hostile graph may say no byte */
	}
}

static void
between(const uint8_t *const x[4], const float w[4], bool is_signed, int n, uint8_t *y)
{
	if (is_signed)
		between_as(x, w, KERNEL_BYTES_S8, n, y);
	else
		between_as(x, w, KERNEL_BYTES_U8, n, y);
}

static void
look_up(const uint8_t *table, const uint8_t *x, int64_t n, uint8_t *y)
{
	for (int64_t i = 0; i < n; i++)
		y[i] = table[x[i]];
}

#if defined(__AVX512F__)
/* The first bit chooses a half of the table, the others a byte of it. */
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))) static void
look_up_vbmi(const uint8_t *table, const uint8_t *x, int64_t n, uint8_t *y)
{
	const __m512i a = _mm512_loadu_si512(table), b = _mm512_loadu_si512(table + 64),
				  c = _mm512_loadu_si512(table + 128), d = _mm512_loadu_si512(table + 192);
	for (int64_t i = 0; i < n; i += 64) {
		const __mmask64 m = n - i < 64 ? ((__mmask64)1 << (n - i)) - 1 : ~(__mmask64)0;
		const __m512i v = _mm512_maskz_loadu_epi8(m, x + i);
		const __m512i low = _mm512_permutex2var_epi8(a, v, b), high = _mm512_permutex2var_epi8(c, v, d);
		_mm512_mask_storeu_epi8(y + i, m, _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high));
	}
}
#else
#define look_up_vbmi NULL
#endif

const kernel_bytes_kernels KERNEL_TABLE(bytes) = {
	product,
	product_vnni,
	product_amx,
	product_model,
	depth,
	depth_vnni,
	finish,
	store,
	reals,
	quantize,
	larger,
	between,
	look_up,
	look_up_vbmi,
};
