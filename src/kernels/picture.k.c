/*
 * Colours, places and numbers of bytes. HSV: with v = max(r, g, b), d = v - min(r, g, b), s = d / v and the hue h in
 * sixths of a turn, channel k(5, 3, 1) = v - v s max(0, min(k, 4 - k, 1)), k = (n + h) mod 6 (A. R. Smith, Color gamut
 * transform pairs, 1978).
 */
#include "kernels/picture.h"
#include <math.h>
#if defined(__AVX512BW__)
#include <immintrin.h>
#endif

enum { CHUNK = 256 };

KERNEL_INLINE float
least(float a, float b)
{
	return a < b ? a : b;
}
KERNEL_INLINE float
most(float a, float b)
{
	return a > b ? a : b;
}
KERNEL_INLINE float
whole(float v)
{
	return floorf(v + 0.5f);
}

KERNEL_INLINE float
channel(float k, float v, float chroma)
{
	k = k >= 6 ? k - 6 : k;
	return v - chroma * most(0, least(least(k, 4 - k), 1));
}

KERNEL_INLINE void
shift_all(float *restrict r, float *restrict g, float *restrict b, int n, const kernel_hsv_shift *shift, bool compat)
{
	float hue = shift->hue / 30, hue256 = floorf(shift->hue + 0.5f), saturation = shift->saturation,
		  value = shift->value, top = shift->bounded ? 255 : 3e38f;
	for (int i = 0; i < n; i++) {
		float R = r[i], G = g[i], B = b[i];
		float v = most(most(R, G), B), d = v - least(least(R, G), B);
		/* One division for 1 / d and 1 / v, both of no meaning where d is 0. */
		float product = d > 0 ? 1 / (d * v) : 0, inverse = product * v, inverse_v = 255 * product * d;
		float h = v == R ? (G - B) * inverse : v == G ? 2 + (B - R) * inverse : 4 + (R - G) * inverse;
		h = h < 0 ? h + 6 : h;
		float s = d * inverse_v;
		if (compat) {
			/* Bytes: hue 0..179, wrapped at 256. 179.5 rounds to 180, which is 0. */
			float H = whole(h * 30);
			H = (H >= 180 ? H - 180 : H) + hue256;
			H = H - 256 * floorf(H / 256);
			H = H - 180 * floorf(H / 180);
			h = H / 30;
			s = whole(least(most(whole(s) + saturation, 0), 255));
			v = whole(least(most(v + value, 0), top));
		} else {
			h = h + hue;
			h = h < 0 ? h + 6 : h;
			h = h >= 6 ? h - 6 : h;
			s = d > 0 ? least(most(s + saturation, 0), 255) : 0;
			v = least(most(v + value, 0), top);
		}
		float chroma = v * s * (1 / 255.f);
		r[i] = channel(5 + h, v, chroma);
		g[i] = channel(3 + h, v, chroma);
		b[i] = channel(1 + h, v, chroma);
	}
}

static void
hsv(float *r, float *g, float *b, int n, const kernel_hsv_shift *shift)
{
	if (shift->compat256)
		shift_all(r, g, b, n, shift, true);
	else
		shift_all(r, g, b, n, shift, false);
}

KERNEL_INLINE void
split(const uint8_t *restrict p, int c, int n, float *restrict r, float *restrict g, float *restrict b)
{
	for (int i = 0; i < n; i++) {
		r[i] = p[i * c];
		g[i] = p[i * c + 1];
		b[i] = p[i * c + 2];
	}
}

KERNEL_INLINE void
join(uint8_t *restrict p, int c, int n, const float *restrict r, const float *restrict g, const float *restrict b)
{
	for (int i = 0; i < n; i++) {
		p[i * c] = (uint8_t)(int)(r[i] + 0.5f);
		p[i * c + 1] = (uint8_t)(int)(g[i] + 0.5f);
		p[i * c + 2] = (uint8_t)(int)(b[i] + 0.5f);
	}
}

#if defined(__AVX512BW__)
/* 16 pixels of three bytes as 16 words r | g << 8 | b << 16, and back. */
KERNEL_INLINE __m512i
load_rgb(const uint8_t *p)
{
	const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11, 0);
	const __m512i bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
	return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(lanes, _mm512_maskz_loadu_epi8(0xffffffffffffu, p)), bytes);
}

KERNEL_INLINE void
store_rgb(uint8_t *p, __m512i v)
{
	const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
	const __m512i bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
	_mm512_mask_storeu_epi8(p, 0xffffffffffffu, _mm512_permutexvar_epi32(lanes, _mm512_shuffle_epi8(v, bytes)));
}

static int
split_fast(const uint8_t *p, int n, float *r, float *g, float *b)
{
	const __m512i low = _mm512_set1_epi32(255);
	int i = 0;
	for (; i + 16 <= n; i += 16) {
		__m512i v = load_rgb(p + 3 * i);
		_mm512_storeu_ps(r + i, _mm512_cvtepi32_ps(_mm512_and_si512(v, low)));
		_mm512_storeu_ps(g + i, _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(v, 8), low)));
		_mm512_storeu_ps(b + i, _mm512_cvtepi32_ps(_mm512_srli_epi32(v, 16)));
	}
	return i;
}

static int
join_fast(uint8_t *p, int n, const float *r, const float *g, const float *b)
{
	const __m512 half = _mm512_set1_ps(0.5f);
	int i = 0;
	for (; i + 16 <= n; i += 16) {
		__m512i x = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_loadu_ps(r + i), half)),
				y = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_loadu_ps(g + i), half));
		__m512i z = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_loadu_ps(b + i), half));
		store_rgb(p + 3 * i, _mm512_or_si512(x, _mm512_or_si512(_mm512_slli_epi32(y, 8), _mm512_slli_epi32(z, 16))));
	}
	return i;
}
#else
KERNEL_INLINE int
split_fast(const uint8_t *p, int n, float *r, float *g, float *b)
{
	return 0;
}
KERNEL_INLINE int
join_fast(uint8_t *p, int n, const float *r, const float *g, const float *b)
{
	return 0;
}
#endif

static void
hsv_bytes(uint8_t *pixels, int channels, int64_t n, const kernel_hsv_shift *shift)
{
	float r[CHUNK], g[CHUNK], b[CHUNK];
	kernel_hsv_shift cut = *shift;
	cut.bounded = true;
	for (int64_t i = 0; i < n; i += CHUNK) {
		int m = n - i < CHUNK ? (int)(n - i) : CHUNK, done = 0;
		uint8_t *p = pixels + i * channels;
		if (channels == 3)
			done = split_fast(p, m, r, g, b);
		split(p + done * channels, channels, m - done, r + done, g + done, b + done);
		hsv(r, g, b, m, &cut);
		if (channels == 3)
			done = join_fast(p, m, r, g, b);
		join(p + done * channels, channels, m - done, r + done, g + done, b + done);
	}
}

/* ---- places ---- */

/* Far outside is as good as just outside, and fits an int; a NaN is far outside. */
KERNEL_INLINE float
near_enough(float v)
{
	const float far = 1 << 24;
	return v > -far ? v < far ? v : far : -far;
}

KERNEL_INLINE void
sample_some(const uint8_t *from, int width, int height, int channels, const float *xs, const float *ys, int first,
	int n, uint8_t *out, uint8_t *outside)
{
	for (int i = first; i < n; i++) {
		float x = near_enough(xs[i]), y = near_enough(ys[i]), left = floorf(x), top = floorf(y);
		int u = (int)left, v = (int)top;
		outside[i] = (u < 0 || v < 0 || u + 1 >= width || v + 1 >= height)
			+ (u < -1 || v < -1 || u >= width || v >= height);
		if (outside[i])
			continue;
		const uint8_t *a = from + ((int64_t)v * width + u) * channels, *b = a + (int64_t)width * channels;
		uint32_t fx = (uint32_t)((x - left) * 256 + 0.5f), fy = (uint32_t)((y - top) * 256 + 0.5f);
		for (int c = 0; c < channels; c++) {
			uint32_t t = a[c] * (256 - fx) + a[c + channels] * fx, w = b[c] * (256 - fx) + b[c + channels] * fx;
			out[i * channels + c] = (uint8_t)((t * (256 - fy) + w * fy + 32768) >> 16);
		}
	}
}

#if defined(__AVX512BW__)
KERNEL_INLINE __m128i
load_two(const uint8_t *a, const uint8_t *b)
{
	int64_t second;
	memcpy(&second, b, sizeof second);
	return _mm_insert_epi64(_mm_loadl_epi64((const __m128i *)a), second, 1);
}

KERNEL_INLINE __m512i
load_four(const uint8_t *from, const int32_t at[4])
{
	__m128i first = load_two(from + at[0], from + at[1]), second = load_two(from + at[2], from + at[3]);
	return _mm512_cvtepu8_epi16(_mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1));
}

/* Four pixels, a quarter of the register each: two neighbours of three channels in both rows. right and lower are the
 * weights of each quarter, as pairs (256 - w, w) and twice w. The result has a word r, g, b, - a pixel in its bytes. */
KERNEL_INLINE __m128i
blend_four(const uint8_t *from, int64_t stride, const int32_t at[4], __m512i right, __m512i lower)
{
	const __m512i pairs = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1));
	__m512i top = load_four(from, at), bottom = load_four(from + stride, at);
	__m512i v = _mm512_add_epi16(_mm512_mullo_epi16(top, _mm512_sub_epi16(_mm512_set1_epi16(256), lower)),
		_mm512_mullo_epi16(bottom, lower)); /* at most 65280 */
	/* Signed products: minus 32768 on both sides, and 32768 * 256 back, with 32768 for rounding. */
	v = _mm512_shuffle_epi8(_mm512_xor_si512(v, _mm512_set1_epi16((short)0x8000)), pairs);
	v = _mm512_add_epi32(_mm512_madd_epi16(v, right), _mm512_set1_epi32(32768 * 257));
	return _mm512_cvtepi32_epi8(_mm512_srli_epi32(v, 16));
}

/* Three channels, 16 pixels at a time. Eight bytes hold the six of two neighbours; plain loads beat gathers here. */
static int
sample_fast(
	const uint8_t *from, int width, int height, const float *xs, const float *ys, int n, uint8_t *out, uint8_t *outside)
{
	const __m512 far = _mm512_set1_ps(1 << 24), away = _mm512_set1_ps(-(1 << 24)), scale = _mm512_set1_ps(256),
				 half = _mm512_set1_ps(0.5f);
	const __m512i quarters = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
				  last_x = _mm512_set1_epi32(width - 1), last_y = _mm512_set1_epi32(height - 1),
				  whole_ = _mm512_set1_epi32(256);
	const __m512i stride = _mm512_set1_epi32(width * 3), three = _mm512_set1_epi32(3), one = _mm512_set1_epi32(1),
				  width_ = _mm512_set1_epi32(width), height_ = _mm512_set1_epi32(height);
	int i = 0;
	for (; i + 16 <= n; i += 16) {
		__m512 x = _mm512_min_ps(_mm512_max_ps(_mm512_loadu_ps(xs + i), away), far),
			   y = _mm512_min_ps(_mm512_max_ps(_mm512_loadu_ps(ys + i), away), far);
		__m512 left = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC),
			   top = _mm512_roundscale_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
		__m512i u = _mm512_cvttps_epi32(left), v = _mm512_cvttps_epi32(top);
		__m512i fx = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_mul_ps(_mm512_sub_ps(x, left), scale), half));
		__m512i fy = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_mul_ps(_mm512_sub_ps(y, top), scale), half));
		__mmask16 inside = _mm512_cmplt_epu32_mask(u, last_x) & _mm512_cmplt_epu32_mask(v, last_y);
		__mmask16 near = _mm512_cmple_epu32_mask(_mm512_add_epi32(u, one), width_)
			& _mm512_cmple_epu32_mask(_mm512_add_epi32(v, one), height_);
		__m512i mark = _mm512_mask_set1_epi32(_mm512_maskz_set1_epi32((__mmask16)~inside, 1), (__mmask16)~near, 2);
		_mm_storeu_si128((__m128i *)(outside + i), _mm512_cvtepi32_epi8(mark));
		if (!inside)
			continue;
		int32_t at[16];
		_mm512_storeu_si512(
			at, _mm512_maskz_add_epi32(inside, _mm512_mullo_epi32(v, stride), _mm512_mullo_epi32(u, three)));
		__m512i right = _mm512_or_si512(_mm512_sub_epi32(whole_, fx), _mm512_slli_epi32(fx, 16)),
				lower = _mm512_or_si512(fy, _mm512_slli_epi32(fy, 16));
		__m128i four[4];
		for (int q = 0; q < 4; q++) {
			__m512i quarter = _mm512_add_epi32(quarters, _mm512_set1_epi32(4 * q));
			four[q] = blend_four(from, (int64_t)width * 3, at + 4 * q, _mm512_permutexvar_epi32(quarter, right),
				_mm512_permutexvar_epi32(quarter, lower));
		}
		__m512i all = _mm512_inserti32x4(_mm512_castsi128_si512(four[0]), four[1], 1);
		store_rgb(out + 3 * i, _mm512_inserti32x4(_mm512_inserti32x4(all, four[2], 2), four[3], 3));
	}
	return i;
}
#else
KERNEL_INLINE int
sample_fast(
	const uint8_t *from, int width, int height, const float *xs, const float *ys, int n, uint8_t *out, uint8_t *outside)
{
	return 0;
}
#endif

static void
sample(const uint8_t *from, int width, int height, int channels, const float *x, const float *y, int n, uint8_t *out,
	uint8_t *outside)
{
	if (channels == 3) {
		int done = (int64_t)width * height < INT32_MAX / 3 ? sample_fast(from, width, height, x, y, n, out, outside)
														   : 0;
		sample_some(from, width, height, 3, x, y, done, n, out, outside);
	} else if (channels == 1)
		sample_some(from, width, height, 1, x, y, 0, n, out, outside);
	else
		sample_some(from, width, height, channels, x, y, 0, n, out, outside);
}

#if defined(__AVX512BW__)
static int
pick_fast(const uint16_t *from, int width, int height, const float *xs, const float *ys, int n, uint16_t *out,
	uint8_t *outside)
{
	const __m512 far = _mm512_set1_ps(1 << 24), away = _mm512_set1_ps(-(1 << 24)), half = _mm512_set1_ps(0.5f);
	const __m512i width_ = _mm512_set1_epi32(width), height_ = _mm512_set1_epi32(height);
	int i = 0;
	for (; i + 16 <= n; i += 16) {
		__m512 x = _mm512_min_ps(_mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(xs + i), half), away), far);
		__m512 y = _mm512_min_ps(_mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(ys + i), half), away), far);
		__m512i u = _mm512_cvttps_epi32(_mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
		__m512i v = _mm512_cvttps_epi32(_mm512_roundscale_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
		__mmask16 inside = _mm512_cmplt_epu32_mask(u, width_) & _mm512_cmplt_epu32_mask(v, height_);
		int32_t at[16];
		_mm512_storeu_si512(at, _mm512_maskz_add_epi32(inside, _mm512_mullo_epi32(v, width_), u));
		for (int k = 0; k < 16; k++)
			out[i + k] = from[at[k]];
		_mm_storeu_si128(
			(__m128i *)(outside + i), _mm512_cvtepi32_epi8(_mm512_maskz_set1_epi32((__mmask16)~inside, 1)));
	}
	return i;
}
#else
KERNEL_INLINE int
pick_fast(const uint16_t *from, int width, int height, const float *xs, const float *ys, int n, uint16_t *out,
	uint8_t *outside)
{
	return 0;
}
#endif

static void
pick(const uint16_t *from, int width, int height, const float *xs, const float *ys, int n, uint16_t *out,
	uint8_t *outside)
{
	int64_t all = (int64_t)width * height;
	int done = all < INT32_MAX / 2 ? pick_fast(from, width, height, xs, ys, n, out, outside) : 0;
	for (int i = done; i < n; i++) {
		int x = (int)floorf(near_enough(xs[i] + 0.5f)), y = (int)floorf(near_enough(ys[i] + 0.5f));
		outside[i] = (uint32_t)x >= (uint32_t)width || (uint32_t)y >= (uint32_t)height;
		if (!outside[i])
			out[i] = from[(int64_t)y * width + x];
	}
}

/* ---- straight lines ---- */

enum { LANES = 16 };

KERNEL_INLINE int32_t
block_place(int64_t start, int64_t step, int block)
{
	return (int32_t)((start + (int64_t)block * step) >> 16);
}

KERNEL_INLINE void
warp3_some(
	const uint8_t *from, int width, const int64_t start[2], const int64_t step[2], int first, int n, uint8_t *out)
{
	for (int i = first; i < n; i++) {
		int block = i & ~(LANES - 1);
		int32_t x = block_place(start[0], step[0], block) + (i - block) * (int32_t)(step[0] >> 16);
		int32_t y = block_place(start[1], step[1], block) + (i - block) * (int32_t)(step[1] >> 16);
		const uint8_t *a = from + ((int64_t)(y >> 16) * width + (x >> 16)) * 3, *b = a + (int64_t)width * 3;
		uint32_t fx = (uint32_t)((x & 65535) + 128) >> 8, fy = (uint32_t)((y & 65535) + 128) >> 8;
		for (int c = 0; c < 3; c++) {
			uint32_t top = a[c] * (256 - fx) + a[c + 3] * fx, low = b[c] * (256 - fx) + b[c + 3] * fx;
			out[3 * i + c] = (uint8_t)((top * (256 - fy) + low * fy + 32768) >> 16);
		}
	}
}

KERNEL_INLINE void
warp_labels_some(
	const uint16_t *from, int width, const int64_t start[2], const int64_t step[2], int first, int n, uint16_t *out)
{
	for (int i = first; i < n; i++) {
		int block = i & ~(LANES - 1);
		int32_t x = block_place(start[0], step[0], block) + (i - block) * (int32_t)(step[0] >> 16) + 32768;
		int32_t y = block_place(start[1], step[1], block) + (i - block) * (int32_t)(step[1] >> 16) + 32768;
		out[i] = from[(int64_t)(y >> 16) * width + (x >> 16)];
	}
}

#if defined(__AVX512BW__)
/* Makes the compiler load what was stored: extracting lanes one by one is slower than sixteen loads. */
#define STORED(array) __asm__ volatile("" : "+m"(array))

/* The 16 places of a block. */
KERNEL_INLINE __m512i
lane_places(int64_t start, int64_t step, int block)
{
	const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	return _mm512_add_epi32(_mm512_set1_epi32(block_place(start, step, block)),
		_mm512_mullo_epi32(lanes, _mm512_set1_epi32((int32_t)(step >> 16))));
}

static int
warp3_fast(const uint8_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint8_t *out)
{
	const __m512i quarters = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
				  part = _mm512_set1_epi32(65535), half = _mm512_set1_epi32(128);
	const __m512i stride = _mm512_set1_epi32(width * 3), three = _mm512_set1_epi32(3), whole_ = _mm512_set1_epi32(256);
	int i = 0;
	for (; i + LANES <= n; i += LANES) {
		__m512i x = lane_places(start[0], step[0], i), y = lane_places(start[1], step[1], i);
		__m512i fx = _mm512_srli_epi32(_mm512_add_epi32(_mm512_and_si512(x, part), half), 8),
				fy = _mm512_srli_epi32(_mm512_add_epi32(_mm512_and_si512(y, part), half), 8);
		int32_t at[LANES];
		_mm512_storeu_si512(at,
			_mm512_add_epi32(_mm512_mullo_epi32(_mm512_srai_epi32(y, 16), stride),
				_mm512_mullo_epi32(_mm512_srai_epi32(x, 16), three)));
		STORED(at);
		__m512i right = _mm512_or_si512(_mm512_sub_epi32(whole_, fx), _mm512_slli_epi32(fx, 16)),
				lower = _mm512_or_si512(fy, _mm512_slli_epi32(fy, 16));
		__m128i four[4];
		for (int q = 0; q < 4; q++) {
			__m512i quarter = _mm512_add_epi32(quarters, _mm512_set1_epi32(4 * q));
			four[q] = blend_four(from, (int64_t)width * 3, at + 4 * q, _mm512_permutexvar_epi32(quarter, right),
				_mm512_permutexvar_epi32(quarter, lower));
		}
		__m512i all = _mm512_inserti32x4(_mm512_castsi128_si512(four[0]), four[1], 1);
		store_rgb(out + 3 * i, _mm512_inserti32x4(_mm512_inserti32x4(all, four[2], 2), four[3], 3));
	}
	return i;
}

static int
warp_labels_fast(const uint16_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint16_t *out)
{
	const __m512i half = _mm512_set1_epi32(32768), width_ = _mm512_set1_epi32(width);
	int i = 0;
	for (; i + LANES <= n; i += LANES) {
		__m512i x = _mm512_srai_epi32(_mm512_add_epi32(lane_places(start[0], step[0], i), half), 16);
		__m512i y = _mm512_srai_epi32(_mm512_add_epi32(lane_places(start[1], step[1], i), half), 16);
		int32_t at[LANES];
		_mm512_storeu_si512(at, _mm512_add_epi32(_mm512_mullo_epi32(y, width_), x));
		STORED(at);
		for (int k = 0; k < LANES; k++)
			out[i + k] = from[at[k]];
	}
	return i;
}

/* Rows and columns of 16 x 16 words exchanged. */
KERNEL_INLINE void
transpose_words(__m512i r[LANES])
{
	__m512i t[LANES];
	for (int i = 0; i < LANES; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	for (int i = 0; i < LANES; i += 4)
		for (int k = 0; k < 2; k++) {
			r[i + 2 * k] = _mm512_unpacklo_epi64(t[i + k], t[i + k + 2]);
			r[i + 2 * k + 1] = _mm512_unpackhi_epi64(t[i + k], t[i + k + 2]);
		}
	for (int k = 0; k < 4; k++) { /* quarters of rows 0-3, 4-7, 8-11, 12-15 */
		t[k] = _mm512_shuffle_i32x4(r[k], r[k + 4], 0x88);
		t[k + 4] = _mm512_shuffle_i32x4(r[k], r[k + 4], 0xdd);
		t[k + 8] = _mm512_shuffle_i32x4(r[k + 8], r[k + 12], 0x88);
		t[k + 12] = _mm512_shuffle_i32x4(r[k + 8], r[k + 12], 0xdd);
	}
	for (int k = 0; k < 4; k++) {
		r[k] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0x88);
		r[k + 8] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0xdd);
		r[k + 4] = _mm512_shuffle_i32x4(t[k + 4], t[k + 12], 0x88);
		r[k + 12] = _mm512_shuffle_i32x4(t[k + 4], t[k + 12], 0xdd);
	}
}
#else
KERNEL_INLINE int
warp3_fast(const uint8_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint8_t *out)
{
	return 0;
}
KERNEL_INLINE int
warp_labels_fast(const uint16_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint16_t *out)
{
	return 0;
}
#endif

static void
warp3(const uint8_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint8_t *out)
{
	warp3_some(from, width, start, step, warp3_fast(from, width, start, step, n, out), n, out);
}

static void
warp_labels(const uint16_t *from, int width, const int64_t start[2], const int64_t step[2], int n, uint16_t *out)
{
	warp_labels_some(from, width, start, step, warp_labels_fast(from, width, start, step, n, out), n, out);
}

static void
transpose3(const uint8_t *in, ptrdiff_t in_row, uint8_t *out, ptrdiff_t out_row)
{
#if defined(__AVX512BW__)
	__m512i r[LANES];
	for (int i = 0; i < LANES; i++)
		r[i] = load_rgb(in + i * in_row);
	transpose_words(r);
	for (int i = 0; i < LANES; i++)
		store_rgb(out + i * out_row, r[i]);
#else
	for (int y = 0; y < LANES; y++)
		for (int x = 0; x < LANES; x++)
			memcpy(out + y * out_row + 3 * x, in + x * in_row + 3 * y, 3);
#endif
}

static void
transpose2(const uint8_t *in, ptrdiff_t in_row, uint8_t *out, ptrdiff_t out_row)
{
#if defined(__AVX512BW__)
	__m512i r[LANES];
	for (int i = 0; i < LANES; i++)
		r[i] = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(in + i * in_row)));
	transpose_words(r);
	for (int i = 0; i < LANES; i++)
		_mm256_storeu_si256((__m256i *)(void *)(out + i * out_row), _mm512_cvtepi32_epi16(r[i]));
#else
	for (int y = 0; y < LANES; y++)
		for (int x = 0; x < LANES; x++)
			memcpy(out + y * out_row + 2 * x, in + x * in_row + 2 * y, 2);
#endif
}

static void
reverse3(const uint8_t *restrict from, uint8_t *restrict to, int n)
{
	int i = 0;
#if defined(__AVX512BW__)
	const __m512i back = _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	for (; i + 16 <= n; i += 16)
		store_rgb(to + 3 * i, _mm512_permutexvar_epi32(back, load_rgb(from + 3 * (n - 16 - i))));
#endif
	for (; i < n; i++)
		memcpy(to + 3 * i, from + 3 * (n - 1 - i), 3);
}

static void
reverse2(const uint16_t *restrict from, uint16_t *restrict to, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = from[n - 1 - i];
}

/* ---- numbers ---- */

static void
normalise(const uint8_t *restrict from, float *restrict to, int64_t n, int period, const float *restrict scale,
	const float *restrict shift)
{
	for (int64_t i = 0; i < n; i += period) {
		int m = n - i < period ? (int)(n - i) : period;
		for (int k = 0; k < m; k++)
			to[i + k] = (float)from[i + k] * scale[k] + shift[k];
	}
}

const kernel_picture_kernels KERNEL_TABLE(picture) = {
	.hsv = hsv,
	.hsv_bytes = hsv_bytes,
	.sample = sample,
	.pick = pick,
	.warp3 = warp3,
	.warp_labels = warp_labels,
	.transpose3 = transpose3,
	.transpose2 = transpose2,
	.reverse3 = reverse3,
	.reverse2 = reverse2,
	.normalise = normalise,
};
