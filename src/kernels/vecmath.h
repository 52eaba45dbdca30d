/*
 * exp, log, tanh, erf and what is made of them, in float, without branches, so that loops over them become vector code.
 * Errors against the exact value, over the ranges tried by tests/kernels: 0.95 ulp for exp, 0.8 for log, 1.3 for
 * tanh, 1.2 for erf.
 *
 * exp and log after W. J. Cody and FreeBSD's e_logf.c, tanh after Cephes, erf after N. Juffa's two-piece minimax fit.
 */
#ifndef KERNEL_VECMATH_H
#define KERNEL_VECMATH_H
#include "kernels/kernels.h"
#include <math.h>

KERNEL_INLINE float
vec_of_bits(uint32_t u)
{
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

KERNEL_INLINE uint32_t
vec_bits(float f)
{
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	return u;
}

KERNEL_INLINE float
vec_exp(float x)
{
	float v = x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x;
	/* Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
	float shifted = v * 1.44269504f + 12582912.0f, k = shifted - 12582912.0f;
	uint32_t n = vec_bits(shifted) - 0x4b400000u;
	float r = (v - k * 0.693359375f) - k * -2.12194440e-4f;
	float p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1.0f;
	/* 2^n in two factors, so that results below the normal range and infinity come out right. */
	uint32_t half = (uint32_t)((int32_t)n >> 1);
	return p * vec_of_bits((half + 127u) << 23) * vec_of_bits((n - half + 127u) << 23);
}

KERNEL_INLINE float
vec_log(float x)
{
	float tiny = x < 1.17549435e-38f ? 1.0f : 0.0f, v = tiny > 0 ? x * 8388608.0f : x;
	uint32_t u = vec_bits(v) + (0x3f800000u - 0x3f3504f3u);
	float k = (float)((int32_t)(u >> 23) - 127) - 23.0f * tiny;
	float f = vec_of_bits((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
	float s = f / (2.0f + f), z = s * s, w = z * z;
	float r = w * (0.40000972152f + w * 0.24279078841f) + z * (0.66666662693f + w * 0.28498786688f),
		  half = 0.5f * f * f;
	float y = (s * (half + r) + k * 9.0580006145e-6f) - half + f + k * 6.9313812256e-1f;
	y = x == INFINITY ? x : y;
	return x > 0 ? y : x == 0 ? -INFINITY : x == x ? NAN : x;
}

/* log(1 + u) for u in 0..1; exact in proportion for small u, by Kahan's correction. */
KERNEL_INLINE float
vec_log1p(float u)
{
	float w = 1.0f + u, d = w - 1.0f;
	float y = vec_log(w) * (u / (d > 0 ? d : 1.0f));
	return d > 0 ? y : u;
}

KERNEL_INLINE float
vec_expm1(float x)
{
	float near = x
		* (1
			+ x
				* (0.5f
					+ x
						* (1.6666667e-1f
							+ x * (4.1666667e-2f + x * (8.3333333e-3f + x * (1.3888889e-3f + x * 1.9841270e-4f))))));
	return fabsf(x) < 0.35f ? near : vec_exp(x) - 1.0f;
}

KERNEL_INLINE float
vec_tanh(float x)
{
	float t = fabsf(x), z = x * x;
	float p = -5.70498872745e-3f;
	p = p * z + 2.06390887954e-2f;
	p = p * z - 5.37397155531e-2f;
	p = p * z + 1.33314422036e-1f;
	p = p * z - 3.33332819422e-1f;
	float near = p * z * x + x, far = 1.0f - 2.0f / (vec_exp(2.0f * t) + 1.0f);
	far = x < 0 ? -far : far;
	return t < 0.625f ? near : far;
}

KERNEL_INLINE float
vec_erf(float x)
{
	float t = fabsf(x), s = x * x;
	float r = -1.72853470e-5f * t + 3.83197126e-4f, q = -3.88396438e-3f * t + 2.42546219e-2f;
	r = r * s + q;
	r = r * t - 1.06777877e-1f;
	r = r * t - 6.34846687e-1f;
	r = r * t - 1.28717512e-1f;
	r = r * t - t;
	float far = 1.0f - vec_exp(t > 5.0f ? -104.0f : r);
	far = x < 0 ? -far : far;
	float p = -5.96761703e-4f;
	p = p * s + 4.99119423e-3f;
	p = p * s - 2.67681349e-2f;
	p = p * s + 1.12819925e-1f;
	p = p * s - 3.76125336e-1f;
	p = p * s + 1.28379166e-1f;
	return x != x ? x : t > 0.927734375f ? far : p * x + x;
}

KERNEL_INLINE float
vec_sigmoid(float x)
{
	float e = vec_exp(-fabsf(x)), r = 1.0f / (1.0f + e);
	return x >= 0 ? r : e * r;
}

KERNEL_INLINE float
vec_softplus(float x)
{
	return (x > 0 ? x : x == x ? 0 : x) + vec_log1p(vec_exp(-fabsf(x)));
}
#endif
