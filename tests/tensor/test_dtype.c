/*
 * The number formats. bf16 and f16 are tried exhaustively: each of the 65536 patterns reads and writes back, and the
 * midpoint of each pair of neighbours goes to the even one, a hair beside it to the nearer.
 */
#include "data.h"
#include <math.h>
#include <secant/tensor.h>

static secant_tensor
one(secant_dtype dtype)
{
	secant_tensor t;
	secant_shape s = secant_shape_of(1, 1);
	assert_int_equal(secant_tensor_new(&t, dtype, &s, NULL), SECANT_OK);
	return t;
}

static double
through(secant_dtype dtype, double v)
{
	secant_tensor t = one(dtype);
	secant_tensor_set(&t, 0, v);
	v = secant_tensor_get(&t, 0);
	secant_tensor_free(&t);
	return v;
}

static void
names_and_sizes(void **state)
{
	static const struct {
		secant_dtype d;
		const char *name;
		size_t size;
	} rows[] = {
		{ SECANT_F32, "f32", 4 },
		{ SECANT_F64, "f64", 8 },
		{ SECANT_BF16, "bf16", 2 },
		{ SECANT_F16, "f16", 2 },
		{ SECANT_U8, "u8", 1 },
		{ SECANT_I8, "i8", 1 },
		{ SECANT_U16, "u16", 2 },
		{ SECANT_I16, "i16", 2 },
		{ SECANT_I32, "i32", 4 },
		{ SECANT_I64, "i64", 8 },
		{ SECANT_BOOL, "bool", 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_string_equal(secant_dtype_name(rows[i].d), rows[i].name);
		assert_int_equal(secant_dtype_size(rows[i].d), rows[i].size);
	}
	assert_int_equal(secant_dtype_size((secant_dtype)-1), 0);
	assert_string_equal(secant_dtype_name((secant_dtype)11), "unknown");
}

static void
integers_round_to_even_and_saturate(void **state)
{
	static const struct {
		secant_dtype d;
		double lo, hi;
	} rows[] = {
		{ SECANT_U8, 0, 255 },
		{ SECANT_I8, -128, 127 },
		{ SECANT_U16, 0, 65535 },
		{ SECANT_I16, -32768, 32767 },
		{ SECANT_I32, -2147483648.0, 2147483647.0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_dtype d = rows[i].d;
		assert_true(through(d, rows[i].lo) == rows[i].lo);
		assert_true(through(d, rows[i].hi) == rows[i].hi);
		assert_true(through(d, rows[i].lo - 10) == rows[i].lo);
		assert_true(through(d, rows[i].hi + 10) == rows[i].hi);
		assert_true(through(d, INFINITY) == rows[i].hi);
		assert_true(through(d, -INFINITY) == rows[i].lo);
		assert_true(through(d, NAN) == 0);
		assert_true(through(d, 2.5) == 2);
		assert_true(through(d, 3.5) == 4);
		assert_true(through(d, 2.49) == 2);
	}
	secant_tensor t = one(SECANT_I64);
	secant_tensor_set(&t, 0, 1e30);
	assert_true(*(int64_t *)t.data == INT64_MAX);
	secant_tensor_set(&t, 0, -1e30);
	assert_true(*(int64_t *)t.data == INT64_MIN);
	secant_tensor_set(&t, 0, 9007199254740993.0);
	assert_true(*(int64_t *)t.data == 9007199254740992);
	secant_tensor_free(&t);
	assert_true(through(SECANT_BOOL, -0.1) == 1);
	assert_true(through(SECANT_BOOL, 0) == 0);
}

/* The value of pattern `bits`, straight from the definition of the format. */
static double
value(int bits, int exponent_bits, int mantissa_bits)
{
	int bias = (1 << (exponent_bits - 1)) - 1, mantissa = bits & ((1 << mantissa_bits) - 1);
	int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
	double v;
	if (exponent == (1 << exponent_bits) - 1)
		v = mantissa ? NAN : INFINITY;
	else if (exponent)
		v = ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
	else
		v = ldexp(mantissa, 1 - bias - mantissa_bits);
	return bits >> 15 ? -v : v;
}

static void
exhaustive(secant_dtype d, int exponent_bits, int mantissa_bits)
{
	secant_tensor t = one(d);
	uint16_t *bits = t.data;
	for (int b = 0; b < 65536; b++) {
		double v = value(b, exponent_bits, mantissa_bits);
		*bits = (uint16_t)b;
		double got = secant_tensor_get(&t, 0);
		if (isnan(v)) {
			assert_true(isnan(got));
			secant_tensor_set(&t, 0, got);
			assert_true(isnan(secant_tensor_get(&t, 0)));
			continue;
		}
		assert_true(got == v);
		secant_tensor_set(&t, 0, v);
		assert_int_equal(*bits, b);
		/* Where the next pattern is infinity, the midpoint is where rounding overflows. */
		if (isinf(v))
			continue;
		double next = value(b + 1, exponent_bits, mantissa_bits);
		if (isinf(next))
			next = copysign(ldexp(1, 1 << (exponent_bits - 1)), v);
		double middle = v + (next - v) / 2;
		secant_tensor_set(&t, 0, middle);
		assert_int_equal(*bits, b + (b & 1));
		secant_tensor_set(&t, 0, nextafter(middle, v));
		assert_int_equal(*bits, b);
		secant_tensor_set(&t, 0, nextafter(middle, next));
		assert_int_equal(*bits, b + 1);
	}
	secant_tensor_free(&t);
}

static void
bf16_is_exact(void **state)
{
	exhaustive(SECANT_BF16, 8, 7);
}

static void
f16_is_exact(void **state)
{
	exhaustive(SECANT_F16, 5, 10);
}

static void
conversion_keeps_shape_and_numbers(void **state)
{
	secant_tensor a, b;
	secant_shape s = secant_shape_of(2, 2, 3);
	assert_int_equal(secant_tensor_new(&a, SECANT_F64, &s, NULL), SECANT_OK);
	for (int i = 0; i < 6; i++)
		secant_tensor_set(&a, i, i * 100.5 - 200);
	assert_int_equal(secant_tensor_convert(&b, &a, SECANT_I8, NULL), SECANT_OK);
	static const double expected[] = { -128, -100, 1, 102, 127, 127 };
	for (int i = 0; i < 6; i++)
		assert_true(secant_tensor_get(&b, i) == expected[i]);
	assert_true(secant_shape_equal(&a.shape, &b.shape));
	secant_tensor_free(&a);
	secant_tensor_free(&b);
	s = secant_shape_of(1, 1);
	assert_int_equal(secant_tensor_new(&a, SECANT_I64, &s, NULL), SECANT_OK);
	*(int64_t *)a.data = 9007199254740993;
	assert_int_equal(secant_tensor_convert(&b, &a, SECANT_I64, NULL), SECANT_OK);
	assert_true(*(int64_t *)b.data == 9007199254740993);
	secant_tensor_free(&a);
	secant_tensor_free(&b);
	s = secant_shape_of(1, 0);
	assert_int_equal(secant_tensor_new(&a, SECANT_U8, &s, NULL), SECANT_OK);
	assert_int_equal(secant_tensor_convert(&b, &a, SECANT_F32, NULL), SECANT_OK);
	secant_tensor_free(&a);
	secant_tensor_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_sizes),
		cmocka_unit_test(integers_round_to_even_and_saturate),
		cmocka_unit_test(bf16_is_exact),
		cmocka_unit_test(f16_is_exact),
		cmocka_unit_test(conversion_keeps_shape_and_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
