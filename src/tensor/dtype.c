/*
 * The number formats: one row each, with how one number is read and written. bf16 is the upper half of a float; f16 is
 * IEEE binary16. Narrowing from double rounds once: the float between is rounded to odd (Boldo, Melquiond: When double
 * rounding is odd, 2005).
 */
#include <secant/tensor.h>
#include <math.h>
#include <string.h>

static uint32_t
float_bits(float f)
{
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	return u;
}

static float
bits_float(uint32_t u)
{
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

/* The bits of v as a float, rounded to odd, so that a second rounding gives what one would have given. */
static uint32_t
odd_float(double v)
{
	float f = (float)v;
	uint32_t u = float_bits(f);
	if (v == v && (double)f != v) {
		if (fabs((double)f) > fabs(v))
			u--;
		u |= 1;
	}
	return u;
}

static uint16_t
bf16_of(double v)
{
	if (v != v)
		return 0x7fc0;
	uint32_t u = odd_float(v);
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static uint16_t
f16_of(double v)
{
	uint32_t u = odd_float(v), sign = u >> 16 & 0x8000, mantissa = u & 0x7fffff;
	int exponent = (int)(u >> 23 & 255) - 127 + 15;
	if (v != v)
		return (uint16_t)(sign | 0x7e00);
	if (exponent >= 31)
		return (uint16_t)(sign | 0x7c00);
	if (exponent < -10)
		return (uint16_t)sign;
	int shift = 13;
	uint32_t base = (uint32_t)(exponent > 0 ? exponent : 0) << 10;
	if (exponent <= 0) {
		mantissa |= 0x800000;
		shift = 14 - exponent;
	}
	uint32_t kept = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), half = 1u << (shift - 1);
	kept += rest > half || (rest == half && (kept & 1));
	return (uint16_t)(sign | (base + kept)); /* a carry out of the mantissa is the next exponent, up to infinity */
}

static double
f16_value(uint16_t h)
{
	int exponent = h >> 10 & 31;
	double mantissa = h & 1023, v;
	if (exponent == 31)
		v = mantissa != 0 ? NAN : INFINITY;
	else
		v = exponent ? ldexp(mantissa + 1024, exponent - 25) : ldexp(mantissa, -24);
	return h & 0x8000 ? -v : v;
}

/* Rounds to nearest even and saturates; not a number is 0. */
static double
whole(double v, double lo, double hi)
{
	if (v != v)
		return 0;
	v = nearbyint(v);
	return v < lo ? lo : v > hi ? hi : v;
}

#define INTEGER(name, type, lo, hi) \
	static double get_##name(const void *p, int64_t i) { return (double)((const type *)p)[i]; } \
	static void set_##name(void *p, int64_t i, double v) { ((type *)p)[i] = (type)whole(v, lo, hi); }
INTEGER(u8, uint8_t, 0, UINT8_MAX)
INTEGER(i8, int8_t, INT8_MIN, INT8_MAX)
INTEGER(u16, uint16_t, 0, UINT16_MAX)
INTEGER(i16, int16_t, INT16_MIN, INT16_MAX)
INTEGER(i32, int32_t, INT32_MIN, INT32_MAX)

static double
get_i64(const void *p, int64_t i)
{
	return (double)((const int64_t *)p)[i];
}
static void
set_i64(void *p, int64_t i, double v)
{
	/* 2^63 is a double, the largest int64 is not. */
	((int64_t *)p)[i] = v >= 9223372036854775808.0 ? INT64_MAX
												   : (int64_t)whole(v, -9223372036854775808.0, 9223372036854774784.0);
}
static double
get_bool(const void *p, int64_t i)
{
	return ((const uint8_t *)p)[i] != 0;
}
static void
set_bool(void *p, int64_t i, double v)
{
	((uint8_t *)p)[i] = v != 0;
}
static double
get_f32(const void *p, int64_t i)
{
	return (double)((const float *)p)[i];
}
static void
set_f32(void *p, int64_t i, double v)
{
	((float *)p)[i] = (float)v;
}
static double
get_f64(const void *p, int64_t i)
{
	return ((const double *)p)[i];
}
static void
set_f64(void *p, int64_t i, double v)
{
	((double *)p)[i] = v;
}
static double
get_bf16(const void *p, int64_t i)
{
	return (double)bits_float((uint32_t)((const uint16_t *)p)[i] << 16);
}
static void
set_bf16(void *p, int64_t i, double v)
{
	((uint16_t *)p)[i] = bf16_of(v);
}
static double
get_f16(const void *p, int64_t i)
{
	return f16_value(((const uint16_t *)p)[i]);
}
static void
set_f16(void *p, int64_t i, double v)
{
	((uint16_t *)p)[i] = f16_of(v);
}

static const struct {
	const char *name;
	size_t size;
	double (*get)(const void *p, int64_t i);
	void (*set)(void *p, int64_t i, double v);
} dtypes[] = {
#define ROW(id, name, size) [id] = { #name, size, get_##name, set_##name }
	ROW(SECANT_F32, f32, 4),
	ROW(SECANT_F64, f64, 8),
	ROW(SECANT_BF16, bf16, 2),
	ROW(SECANT_F16, f16, 2),
	ROW(SECANT_U8, u8, 1),
	ROW(SECANT_I8, i8, 1),
	ROW(SECANT_U16, u16, 2),
	ROW(SECANT_I16, i16, 2),
	ROW(SECANT_I32, i32, 4),
	ROW(SECANT_I64, i64, 8),
	ROW(SECANT_BOOL, bool, 1),
};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

size_t
secant_dtype_size(secant_dtype d)
{
	return (unsigned)d < DTYPES ? dtypes[d].size : 0;
}

const char *
secant_dtype_name(secant_dtype d)
{
	return (unsigned)d < DTYPES ? dtypes[d].name : "unknown";
}

double
secant_tensor_get(const secant_tensor *t, int64_t i)
{
	return dtypes[t->dtype].get(t->data, i);
}

void
secant_tensor_set(const secant_tensor *t, int64_t i, double v)
{
	dtypes[t->dtype].set(t->data, i, v);
}
