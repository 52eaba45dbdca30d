/*
 * Strided conversions of numbers. One macro row per type makes its two loops; tables indexed by type replace switches.
 */
#include "tensor/columns.h"
#include <math.h>
#include <string.h>

/* How a double becomes an integer: nearest (halves to even), saturated, NaN 0. The upper limit of 64-bit types is a
 * double of its own. */
#define ROUND(T, lo, hi) \
	static inline T round_##T(double v) \
	{ \
		v = tensor_round_even(v); \
		return v != v ? 0 : v <= (double)(lo) ? (T)(lo) : v >= (double)(hi) ? (T)(hi) : (T)v; \
	}
ROUND(int8_t, INT8_MIN, INT8_MAX)
ROUND(uint8_t, 0, UINT8_MAX)
ROUND(int16_t, INT16_MIN, INT16_MAX)
ROUND(uint16_t, 0, UINT16_MAX)
ROUND(int32_t, INT32_MIN, INT32_MAX)
ROUND(uint32_t, 0, UINT32_MAX)
ROUND(int64_t, INT64_MIN, INT64_MAX)
ROUND(uint64_t, 0, UINT64_MAX)
#define round_float(v) ((float)(v))
#define round_double(v) (v)

#define LOOPS(T) \
	static void load_##T(double *out, const uint8_t *p, size_t stride, int64_t n) \
	{ \
		for (int64_t i = 0; i < n; i++, p += stride) { \
			T v; \
			memcpy(&v, p, sizeof v); \
			out[i] = (double)v; \
		} \
	} \
	static void store_##T(uint8_t *p, size_t stride, int64_t n, const double *v) \
	{ \
		for (int64_t i = 0; i < n; i++, p += stride) { \
			T t = round_##T(v[i]); \
			memcpy(p, &t, sizeof t); \
		} \
	}
LOOPS(int8_t)
LOOPS(uint8_t)
LOOPS(int16_t)
LOOPS(uint16_t)
LOOPS(int32_t)
LOOPS(uint32_t)
LOOPS(int64_t)
LOOPS(uint64_t)
LOOPS(float)
LOOPS(double)

static const struct {
	const char *name;
	size_t size;
	double lo, hi;
	void (*load)(double *, const uint8_t *, size_t, int64_t);
	void (*store)(uint8_t *, size_t, int64_t, const double *);
} types[SECANT_N_COUNT] = {
	[SECANT_N_I8] = { "i8", 1, INT8_MIN, INT8_MAX, load_int8_t, store_int8_t },
	[SECANT_N_U8] = { "u8", 1, 0, UINT8_MAX, load_uint8_t, store_uint8_t },
	[SECANT_N_I16] = { "i16", 2, INT16_MIN, INT16_MAX, load_int16_t, store_int16_t },
	[SECANT_N_U16] = { "u16", 2, 0, UINT16_MAX, load_uint16_t, store_uint16_t },
	[SECANT_N_I32] = { "i32", 4, INT32_MIN, INT32_MAX, load_int32_t, store_int32_t },
	[SECANT_N_U32] = { "u32", 4, 0, UINT32_MAX, load_uint32_t, store_uint32_t },
	[SECANT_N_I64] = { "i64", 8, (double)INT64_MIN, (double)INT64_MAX, load_int64_t, store_int64_t },
	[SECANT_N_U64] = { "u64", 8, 0, (double)UINT64_MAX, load_uint64_t, store_uint64_t },
	[SECANT_N_F32] = { "f32", 4, -INFINITY, INFINITY, load_float, store_float },
	[SECANT_N_F64] = { "f64", 8, -INFINITY, INFINITY, load_double, store_double },
};

size_t
secant_number_size(secant_number t)
{
	return types[t].size;
}

const char *
secant_number_name(secant_number t)
{
	return types[t].name;
}

bool
tensor_number_is_real(secant_number t)
{
	return t == SECANT_N_F32 || t == SECANT_N_F64;
}

void
tensor_number_limits(secant_number t, double *lo, double *hi)
{
	*lo = types[t].lo;
	*hi = types[t].hi;
}

void
tensor_number_load(double *out, const void *from, secant_number type, size_t stride, int64_t n)
{
	types[type].load(out, from, stride, n);
}

void
tensor_number_store(void *to, secant_number type, size_t stride, int64_t n, const double *v)
{
	types[type].store(to, stride, n, v);
}

#define SAME(v) (v)
#define COPY(T, TURN) \
	for (int64_t i = 0; i < n; i++, d += to_stride, s += from_stride) { \
		T v; \
		memcpy(&v, s, sizeof v); \
		v = TURN(v); \
		memcpy(d, &v, sizeof v); \
	}

void
tensor_number_copy(void *to, size_t to_stride, const void *from, size_t from_stride, size_t size, bool swap, int64_t n)
{
	uint8_t *d = to;
	const uint8_t *s = from;
	if (!swap && to_stride == size && from_stride == size) {
		if (n > 0)
			memcpy(d, s, size * (size_t)n);
	} else if (size == 1) {
		COPY(uint8_t, SAME)
	} else if (size == 2 && swap) {
		COPY(uint16_t, __builtin_bswap16)
	} else if (size == 2) {
		COPY(uint16_t, SAME)
	} else if (size == 4 && swap) {
		COPY(uint32_t, __builtin_bswap32)
	} else if (size == 4) {
		COPY(uint32_t, SAME)
	} else if (swap) {
		COPY(uint64_t, __builtin_bswap64)
	} else {
		COPY(uint64_t, SAME)
	}
}

void
tensor_number_convert(void *to, secant_number to_type, size_t to_stride, const void *from, secant_number from_type,
	size_t from_stride, bool swap, int64_t n)
{
	enum { BLOCK = 256 };
	uint8_t *d = to;
	const uint8_t *s = from;
	size_t size = types[from_type].size;
	if (to_type == from_type) {
		tensor_number_copy(to, to_stride, from, from_stride, size, swap, n);
		return;
	}
	for (int64_t i = 0; i < n; i += BLOCK) {
		int64_t k = n - i < BLOCK ? n - i : BLOCK;
		double v[BLOCK];
		uint64_t turned[BLOCK];
		if (swap) {
			tensor_number_copy(turned, size, s, from_stride, size, true, k);
			types[from_type].load(v, (const uint8_t *)turned, size, k);
		} else {
			types[from_type].load(v, s, from_stride, k);
		}
		types[to_type].store(d, to_stride, k, v);
		d += to_stride * (size_t)k;
		s += from_stride * (size_t)k;
	}
}
