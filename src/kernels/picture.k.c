/*
 * Colours and places of bytes. HSV: with v = max(r, g, b), d = v - min(r, g, b), s = d / v and the hue h in sixths of a turn,
 * channel k(5, 3, 1) = v - v s max(0, min(k, 4 - k, 1)), k = (n + h) mod 6 (A. R. Smith, Color gamut transform pairs, 1978).
 */
#include "kernels/picture.h"
#include <math.h>

enum { CHUNK = 256 };

SECANT_INLINE float least(float a, float b) { return a < b ? a : b; }
SECANT_INLINE float most(float a, float b) { return a > b ? a : b; }
SECANT_INLINE float whole(float v) { return floorf(v + 0.5f); }

SECANT_INLINE float
channel(float k, float v, float chroma)
{
	k = k >= 6 ? k - 6 : k;
	return v - chroma * most(0, least(least(k, 4 - k), 1));
}

SECANT_INLINE void
shift_all(float *restrict r, float *restrict g, float *restrict b, int n, const secant_hsv_shift *shift, bool compat)
{
	float hue = shift->hue / 30, hue256 = floorf(shift->hue + 0.5f), saturation = shift->saturation, value = shift->value, top = shift->bounded ? 255 : 3e38f;
	for (int i = 0; i < n; i++) {
		float R = r[i], G = g[i], B = b[i];
		float v = most(most(R, G), B), d = v - least(least(R, G), B);
		float inverse = d > 0 ? 1 / d : 0, inverse_v = v > 0 ? 255 / v : 0;
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
hsv(float *r, float *g, float *b, int n, const secant_hsv_shift *shift)
{
	if (shift->compat256)
		shift_all(r, g, b, n, shift, true);
	else
		shift_all(r, g, b, n, shift, false);
}

SECANT_INLINE void
split(const uint8_t *restrict p, int c, int n, float *restrict r, float *restrict g, float *restrict b)
{
	for (int i = 0; i < n; i++) {
		r[i] = p[i * c];
		g[i] = p[i * c + 1];
		b[i] = p[i * c + 2];
	}
}

SECANT_INLINE void
join(uint8_t *restrict p, int c, int n, const float *restrict r, const float *restrict g, const float *restrict b)
{
	for (int i = 0; i < n; i++) {
		p[i * c] = (uint8_t)(int)(r[i] + 0.5f);
		p[i * c + 1] = (uint8_t)(int)(g[i] + 0.5f);
		p[i * c + 2] = (uint8_t)(int)(b[i] + 0.5f);
	}
}

static void
hsv_bytes(uint8_t *pixels, int channels, int64_t n, const secant_hsv_shift *shift)
{
	float r[CHUNK], g[CHUNK], b[CHUNK];
	for (int64_t i = 0; i < n; i += CHUNK) {
		int m = n - i < CHUNK ? (int)(n - i) : CHUNK;
		uint8_t *p = pixels + i * channels;
		if (channels == 3)
			split(p, 3, m, r, g, b);
		else
			split(p, channels, m, r, g, b);
		hsv(r, g, b, m, shift);
		if (channels == 3)
			join(p, 3, m, r, g, b);
		else
			join(p, channels, m, r, g, b);
	}
}

/* ---- places ---- */

SECANT_INLINE void
blend_some(const uint8_t *from, int64_t stride, int channels, const secant_spots *s, uint8_t *out, int first, int n)
{
	for (int i = first; i < n; i++) {
		const uint8_t *top = from + s->offset[i], *bottom = top + stride;
		uint32_t fx = s->right[i], fy = s->lower[i];
		for (int c = 0; c < channels; c++) {
			uint32_t t = top[c] * (256 - fx) + top[c + channels] * fx, u = bottom[c] * (256 - fx) + bottom[c + channels] * fx;
			out[i * channels + c] = (uint8_t)((t * (256 - fy) + u * fy + 32768) >> 16);
		}
	}
}

static void
blend_bytes(const uint8_t *from, int64_t stride, int channels, bool slack, const secant_spots *spots, uint8_t *out, int n)
{
	if (channels == 3)
		blend_some(from, stride, 3, spots, out, 0, n);
	else if (channels == 1)
		blend_some(from, stride, 1, spots, out, 0, n);
	else
		blend_some(from, stride, channels, spots, out, 0, n);
}

const secant_picture_kernels SECANT_KERNEL(picture) = { .hsv = hsv, .hsv_bytes = hsv_bytes, .blend_bytes = blend_bytes };
