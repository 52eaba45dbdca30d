/* Tensors of ONNX: every numeric type in memory, as doubles and as integers. See onnx.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/onnx.h"

typedef enum number_kind { NO_NUMBER, REAL, SIGNED, UNSIGNED } number_kind;

static const struct {
	const char *name;
	size_t size;
	number_kind kind;
} types[] = {
	[FORMAT_ONNX_UNDEFINED] = { "undefined", 0, NO_NUMBER },
	[FORMAT_ONNX_FLOAT] = { "float", 4, REAL },
	[FORMAT_ONNX_UINT8] = { "uint8", 1, UNSIGNED },
	[FORMAT_ONNX_INT8] = { "int8", 1, SIGNED },
	[FORMAT_ONNX_UINT16] = { "uint16", 2, UNSIGNED },
	[FORMAT_ONNX_INT16] = { "int16", 2, SIGNED },
	[FORMAT_ONNX_INT32] = { "int32", 4, SIGNED },
	[FORMAT_ONNX_INT64] = { "int64", 8, SIGNED },
	[FORMAT_ONNX_STRING] = { "string", 0, NO_NUMBER },
	[FORMAT_ONNX_BOOL] = { "bool", 1, UNSIGNED },
	[FORMAT_ONNX_FLOAT16] = { "float16", 2, REAL },
	[FORMAT_ONNX_DOUBLE] = { "double", 8, REAL },
	[FORMAT_ONNX_UINT32] = { "uint32", 4, UNSIGNED },
	[FORMAT_ONNX_UINT64] = { "uint64", 8, UNSIGNED },
	[14] = { "complex64", 0, NO_NUMBER },
	[15] = { "complex128", 0, NO_NUMBER },
	[FORMAT_ONNX_BFLOAT16] = { "bfloat16", 2, REAL },
	[FORMAT_ONNX_FLOAT8E4M3FN] = { "float8e4m3fn", 1, REAL },
	[18] = { "float8e4m3fnuz", 0, NO_NUMBER },
	[FORMAT_ONNX_FLOAT8E5M2] = { "float8e5m2", 1, REAL },
	[20] = { "float8e5m2fnuz", 0, NO_NUMBER },
	[FORMAT_ONNX_UINT4] = { "uint4", 1, UNSIGNED },
	[FORMAT_ONNX_INT4] = { "int4", 1, SIGNED },
	[23] = { "float4e2m1", 0, NO_NUMBER },
	[24] = { "float8e8m0", 0, NO_NUMBER },
	[25] = { "uint2", 0, NO_NUMBER },
	[26] = { "int2", 0, NO_NUMBER },
};

static bool
known(int type)
{
	return type >= 0 && type < (int)(sizeof types / sizeof *types);
}

size_t
format_onnx_type_size(int type)
{
	return known(type) ? types[type].size : 0;
}

const char *
format_onnx_type_name(int type)
{
	return known(type) && types[type].name ? types[type].name : "unknown type";
}

bool
format_onnx_type_is_real(int type)
{
	return known(type) && types[type].kind == REAL;
}

bool
format_onnx_type_is_unsigned(int type)
{
	return known(type) && types[type].kind == UNSIGNED;
}

int64_t
format_onnx_count(const format_onnx_tensor *t)
{
	int64_t n = 1;
	for (int i = 0; i < t->rank; i++)
		n *= t->dim[i];
	return n;
}

const char *
format_onnx_tensor_text(const format_onnx_tensor *t, char *buffer, size_t size)
{
	base_str s = { 0 };
	base_str_add(&s, format_onnx_type_name(t->type));
	for (int i = 0; i < t->rank; i++)
		base_str_addf(&s, "%s%lld", i ? "x" : " ", (long long)t->dim[i]);
	if (size) {
		size_t n = s.failed ? 0 : s.n < size ? s.n : size - 1;
		if (n)
			memcpy(buffer, s.p, n);
		buffer[n] = 0;
	}
	base_str_free(&s);
	return buffer;
}

format_onnx_tensor *
format_onnx_tensor_new(int type, int rank, const int64_t *dim, int64_t limit, secant_err *err)
{
	size_t size = format_onnx_type_size(type);
	int64_t n = 1;
	bool empty = false;
	if (!size) {
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensors of %s are not read", format_onnx_type_name(type));
		return NULL;
	}
	if (rank < 0 || rank > FORMAT_ONNX_RANK) {
		secant_fail(err, SECANT_ERR_UNSUPPORTED, "a tensor of %d axes; %d is the most", rank, FORMAT_ONNX_RANK);
		return NULL;
	}
	for (int i = 0; i < rank; i++)
		empty |= dim[i] == 0;
	for (int i = 0; i < rank; i++)
		if (dim[i] < 0 || (!empty && __builtin_mul_overflow(n, dim[i], &n))
			|| (!empty && n > (INT64_MAX - 64) / (int64_t)size)) {
			secant_fail(err, SECANT_ERR_SHAPE, "axis %d of a tensor has %lld numbers", i, (long long)dim[i]);
			return NULL;
		}
	if (empty)
		n = 0;
	if (limit && n * (int64_t)size > limit) {
		secant_fail(err, SECANT_ERR_RANGE, "a tensor of %lld bytes; %lld is the most here",
			(long long)(n * (int64_t)size), (long long)limit);
		return NULL;
	}
	format_onnx_tensor *t = secant_calloc(1, sizeof *t);
	void *data = t ? base_alloc_aligned((size_t)n * size + 8) : NULL;
	if (!data) {
		secant_free(t);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a tensor of %lld numbers", (long long)n);
		return NULL;
	}
	*t = (format_onnx_tensor){ .type = type, .rank = rank, .data = data, .owner = data, .refs = 1 };
	for (int i = 0; i < rank; i++)
		t->dim[i] = dim[i];
	return t;
}

format_onnx_tensor *
format_onnx_tensor_hold(format_onnx_tensor *t)
{
	if (t)
		t->refs++;
	return t;
}

void
format_onnx_tensor_drop(format_onnx_tensor *t)
{
	if (!t || --t->refs)
		return;
	format_onnx_tensor_drop(t->bytes);
	format_onnx_tensor_drop(t->scale);
	secant_free(t->owner);
	secant_free(t);
}

/* ---- small floats ---- */

/* A float of `e` exponent and `m` mantissa bits behind a sign, bias 2^(e-1) - 1; `inf`: the largest exponent is inf and
 * NaN, else only all ones are NaN. */
static double
unpack(unsigned bits, int e, int m, bool inf)
{
	int bias = (1 << (e - 1)) - 1, exponent = (int)(bits >> m) & ((1 << e) - 1), mantissa = (int)bits & ((1 << m) - 1);
	double sign = bits >> (e + m) & 1 ? -1 : 1;
	if (exponent == (1 << e) - 1 && inf)
		return mantissa ? (double)NAN : sign * (double)INFINITY;
	if (exponent == (1 << e) - 1 && mantissa == (1 << m) - 1)
		return (double)NAN;
	return sign * (exponent ? ldexp((1 << m) + mantissa, exponent - bias - m) : ldexp(mantissa, 1 - bias - m));
}

/* The nearest such float, ties to even; beyond the largest: inf, or where there is none the largest (saturating, as
 * ONNX casts by default). */
static unsigned
pack(double v, int e, int m, bool inf)
{
	int bias = (1 << (e - 1)) - 1, exponent;
	unsigned sign = signbit(v) ? 1u << (e + m) : 0, top = ((1u << e) - 1) << m;
	unsigned largest = inf ? top - 1 : (top | ((1u << m) - 1)) - 1;
	if (isnan(v))
		return sign | (inf ? top | 1u << (m - 1) : top | ((1u << m) - 1));
	double a = fabs(v);
	if (a == 0)
		return sign;
	if (isinf(a))
		return sign | (inf ? top : largest);
	frexp(a, &exponent);
	int shift = exponent - 1 < 1 - bias ? 1 - bias - m : exponent - 1 - m; /* weight of the last bit */
	double units = nearbyint(ldexp(a, -shift));
	double bits = exponent - 1 < 1 - bias ? units : units + ldexp(exponent - 1 + bias - 1, m);
	return sign | (bits > largest ? inf ? top : largest : (unsigned)bits);
}

static double
half_get(uint16_t h)
{
	return unpack(h, 5, 10, true);
}

static double
bfloat_get(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float f;
	memcpy(&f, &bits, 4);
	return (double)f;
}

/* ---- numbers ---- */

#define EACH(TYPE, TO, EXPRESSION) \
	for (int64_t k = 0; k < n; k++) { \
		TYPE x = ((const TYPE *)t->data)[i + k]; \
		to[k] = (TO)(EXPRESSION); \
	} \
	break

void
format_onnx_get_reals(const format_onnx_tensor *t, int64_t i, int64_t n, double *to)
{
	switch (t->type) {
	case FORMAT_ONNX_FLOAT: EACH(float, double, x);
	case FORMAT_ONNX_DOUBLE: EACH(double, double, x);
	case FORMAT_ONNX_FLOAT16: EACH(uint16_t, double, half_get(x));
	case FORMAT_ONNX_BFLOAT16: EACH(uint16_t, double, bfloat_get(x));
	case FORMAT_ONNX_FLOAT8E4M3FN: EACH(uint8_t, double, unpack(x, 4, 3, false));
	case FORMAT_ONNX_FLOAT8E5M2: EACH(uint8_t, double, unpack(x, 5, 2, true));
	case FORMAT_ONNX_UINT64: EACH(uint64_t, double, x);
	case FORMAT_ONNX_INT64: EACH(int64_t, double, x);
	case FORMAT_ONNX_UINT32: EACH(uint32_t, double, x);
	case FORMAT_ONNX_INT32: EACH(int32_t, double, x);
	case FORMAT_ONNX_UINT16: EACH(uint16_t, double, x);
	case FORMAT_ONNX_INT16: EACH(int16_t, double, x);
	case FORMAT_ONNX_BOOL: EACH(uint8_t, double, x != 0);
	case FORMAT_ONNX_UINT4:
	case FORMAT_ONNX_UINT8: EACH(uint8_t, double, x);
	default: EACH(int8_t, double, x);
	}
}

/* A real number as an integer: towards zero, saturated, 0 for NaN. */
static int64_t
whole(double v)
{
	return isnan(v) ? 0 : v >= 0x1p63 ? INT64_MAX : v < -0x1p63 ? INT64_MIN : (int64_t)v;
}

void
format_onnx_get_ints(const format_onnx_tensor *t, int64_t i, int64_t n, int64_t *to)
{
	switch (t->type) {
	case FORMAT_ONNX_UINT64: EACH(uint64_t, int64_t, x);
	case FORMAT_ONNX_INT64: EACH(int64_t, int64_t, x);
	case FORMAT_ONNX_UINT32: EACH(uint32_t, int64_t, x);
	case FORMAT_ONNX_INT32: EACH(int32_t, int64_t, x);
	case FORMAT_ONNX_UINT16: EACH(uint16_t, int64_t, x);
	case FORMAT_ONNX_INT16: EACH(int16_t, int64_t, x);
	case FORMAT_ONNX_BOOL: EACH(uint8_t, int64_t, x != 0);
	case FORMAT_ONNX_UINT4:
	case FORMAT_ONNX_UINT8: EACH(uint8_t, int64_t, x);
	case FORMAT_ONNX_INT4:
	case FORMAT_ONNX_INT8: EACH(int8_t, int64_t, x);
	default:
		for (int64_t k = 0; k < n; k++) {
			double v;
			format_onnx_get_reals(t, i + k, 1, &v);
			to[k] = whole(v);
		}
	}
}

#define PUT(TYPE, EXPRESSION) \
	for (int64_t k = 0; k < n; k++) \
		((TYPE *)t->data)[i + k] = (TYPE)(EXPRESSION); \
	break

void
format_onnx_put_ints(const format_onnx_tensor *t, int64_t i, int64_t n, const int64_t *from)
{
	switch (t->type) {
	case FORMAT_ONNX_UINT64:
	case FORMAT_ONNX_INT64: PUT(int64_t, from[k]);
	case FORMAT_ONNX_UINT32:
	case FORMAT_ONNX_INT32: PUT(uint32_t, from[k]);
	case FORMAT_ONNX_UINT16:
	case FORMAT_ONNX_INT16: PUT(uint16_t, from[k]);
	case FORMAT_ONNX_BOOL: PUT(uint8_t, from[k] != 0);
	case FORMAT_ONNX_UINT4: PUT(uint8_t, from[k] & 15);
	case FORMAT_ONNX_INT4: PUT(int8_t, ((from[k] & 15) ^ 8) - 8);
	case FORMAT_ONNX_UINT8:
	case FORMAT_ONNX_INT8: PUT(uint8_t, from[k]);
	default:
		for (int64_t k = 0; k < n; k++) {
			double v = (double)from[k];
			format_onnx_put_reals(t, i + k, 1, &v);
		}
	}
}

void
format_onnx_put_reals(const format_onnx_tensor *t, int64_t i, int64_t n, const double *from)
{
	switch (t->type) {
	case FORMAT_ONNX_FLOAT: PUT(float, from[k]);
	case FORMAT_ONNX_DOUBLE: PUT(double, from[k]);
	case FORMAT_ONNX_FLOAT16: PUT(uint16_t, pack(from[k], 5, 10, true));
	case FORMAT_ONNX_BFLOAT16: PUT(uint16_t, pack(from[k], 8, 7, true));
	case FORMAT_ONNX_FLOAT8E4M3FN: PUT(uint8_t, pack(from[k], 4, 3, false));
	case FORMAT_ONNX_FLOAT8E5M2: PUT(uint8_t, pack(from[k], 5, 2, true));
	case FORMAT_ONNX_BOOL: PUT(uint8_t, from[k] != 0);
	case FORMAT_ONNX_UINT64:
		PUT(uint64_t,
			from[k] >= 0x1p63 ? from[k] >= 0x1p64 ? UINT64_MAX : (uint64_t)from[k] : (uint64_t)whole(from[k]));
	default:
		for (int64_t k = 0; k < n; k++) {
			int64_t v = whole(from[k]);
			format_onnx_put_ints(t, i + k, 1, &v);
		}
	}
}
