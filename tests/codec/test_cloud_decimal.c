/* Numbers as text: what is read is what strtod reads, to the last bit; what is written reads back and is no longer than
 * it need be. */
#include <math.h>
#include "base/rng.h"
#include "codec/cloud/decimal.h"
#include "data.h"

static void
reads_as_strtod(const char *text)
{
	char line[2000];
	double want = strtod(text, NULL), got = -1;
	snprintf(line, sizeof line, "%s\n", text);
	const char *end = decimal_parse(line, &got);
	if (!end || *end != '\n' || memcmp(&want, &got, 8))
		fail_msg("'%s': %.17g instead of %.17g", text, got, want);
	end = decimal_parse_within(line, line + sizeof line - 8, &got);
	if (!end || *end != '\n' || memcmp(&want, &got, 8))
		fail_msg("'%s', eight bytes at once: %.17g instead of %.17g", text, got, want);
}

/* Any byte may stand behind a number, at any of the eight places that are looked at together. */
static void
test_eight_bytes_at_once_end_where_one_does(void **state)
{
	char text[40];
	for (int digits = 1; digits <= 19; digits++)
		for (int other = 0; other < 256; other++)
			for (int behind = 0; behind < 2; behind++) {
				double one = -1, eight = -1;
				memset(text, behind ? '7' : other, sizeof text);
				for (int i = 0; i < digits; i++)
					text[i] = (char)('0' + (i + digits) % 10);
				text[digits] = (char)other;
				text[30] = '\n';
				const char *a = decimal_parse(text, &one),
						   *b = decimal_parse_within(text, text + sizeof text - 8, &eight);
				if (a != b || (a && memcmp(&one, &eight, 8)))
					fail_msg("%d digits, then byte %d: %.17g and %.17g, %d and %d bytes", digits, other, one, eight,
						(int)(a - text), (int)(b - text));
			}
}

static void
test_known_hard_numbers(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"1",
		"+1",
		"-1.5",
		".5",
		"5.",
		"1e5",
		"1E-5",
		"1e+05",
		"0.1",
		"1e22",
		"1e23",
		"8.5e22",
		"9007199254740993",
		"9007199254740992.9999999",
		"2.2250738585072011e-308",
		"2.2250738585072014e-308",
		"4.9e-324",
		"2e-324",
		"1e-400",
		"1.7976931348623157e308",
		"1.7976931348623159e308",
		"1e400",
		"-1e400",
		"123456789012345678901234567890",
		"0.000000000000000000000000000001",
		"7.2057594037927933e16",
		"6929495644600919.5",
		"3.7455744005952583e15",
		"0.000000000000000000012345678901234567891",
		"1e999999999999",
		"1e-999999999999",
		"10000000000000000000",
		"18446744073709551615",
		"18446744073709551616",
		"5708990770823839207320493820740630171355185152e0",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		reads_as_strtod(texts[i]);
}

static void
test_long_numbers(void **state)
{
	char text[1500];
	memset(text, '1', sizeof text);
	text[1499] = '\0';
	reads_as_strtod(text);
	text[300] = '.';
	reads_as_strtod(text);
	memset(text, '0', 1400);
	text[1] = '.';
	reads_as_strtod(text);
	snprintf(text + 1000, 100, "12345678901234567890123456789e1000");
	reads_as_strtod(text);
}

static void
test_words_and_no_numbers(void **state)
{
	double v = 0;
	assert_non_null(decimal_parse("nan\n", &v));
	assert_true(isnan(v));
	assert_non_null(decimal_parse("-Infinity\n", &v));
	assert_true(isinf(v) && v < 0);
	assert_non_null(decimal_parse("INF\n", &v));
	static const char *const bad[] = { "\n", "-\n", ".\n", "abc\n", "e5\n", "+-1\n", "na\n" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(decimal_parse(bad[i], &v));
	const char *text = "1e\n";
	assert_ptr_equal(decimal_parse(text, &v), text + 1);
}

static void
test_random_texts(void **state)
{
	base_rng r = base_rng_make(1, BASE_FOR_TEST, 0, 0);
	for (int i = 0; i < 200000; i++) {
		char text[64];
		uint64_t bits = (uint64_t)base_rng_u32(&r) << 32 | base_rng_u32(&r);
		double v;
		memcpy(&v, &bits, 8);
		if (!isfinite(v))
			continue;
		if (i % 2)
			v = ldexp(fmod(v, 1), (int)base_rng_below(&r, 60) - 30);
		snprintf(text, sizeof text, i % 3 ? "%.*g" : "%.*e", (int)base_rng_below(&r, 22), v);
		reads_as_strtod(text);
	}
}

static void
test_printed_numbers_read_back_and_are_short(void **state)
{
	base_rng r = base_rng_make(2, BASE_FOR_TEST, 0, 0);
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = (uint64_t)base_rng_u32(&r) << 32 | base_rng_u32(&r);
		double v;
		memcpy(&v, &bits, 8);
		if (i % 4 == 1)
			v = (double)base_rng_below(&r, 1000000) / 1000.0;
		if (i % 4 == 2)
			v = ldexp(1, (int)(bits % 2000) - 1000);
		if (i % 4 == 3)
			v = base_rng_uniform(&r) * 100;
		if (!isfinite(v))
			continue;
		char text[DECIMAL_ROOM + 1], c[40];
		char *end = decimal_print(text, v);
		assert_true(end - text <= DECIMAL_ROOM);
		*end = '\0';
		if (strtod(text, NULL) != v)
			fail_msg("%.17g is printed as %s", v, text);
		int digits = 0;
		for (char *p = text; *p && *p != 'e'; p++)
			digits += *p >= '0' && *p <= '9';
		for (int d = 1; d < 17; d++) {
			snprintf(c, sizeof c, "%.*g", d, v);
			if (strtod(c, NULL) == v) {
				if (fabs(v) >= 1 && fabs(v) < 1e15 && v != floor(v) && digits > d)
					fail_msg("%s has %d digits, %s does", text, digits, c);
				break;
			}
		}
		float f = (float)v;
		end = decimal_print_float(text, f);
		*end = '\0';
		if (isfinite(f) && strtof(text, NULL) != f)
			fail_msg("%.9g is printed as %s", (double)f, text);
		if (isfinite(f) && fabsf(f) > 0.001f && fabsf(f) < 1e6f)
			assert_true(end - text <= 13);
	}
}

static void
test_printed_forms(void **state)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 48, "48" },
		{ -1.5, "-1.5" },
		{ 0.1, "0.1" },
		{ 1e-4, "0.0001" },
		{ 1.25e-5, "0.0000125" },
		{ 1e-7, "1e-7" },
		{ 1e16, "10000000000000000" },
		{ 1e21, "1e21" },
		{ 123456.789, "123456.789" },
		{ -0.0, "-0" },
		{ 5e-324, "5e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e308" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[DECIMAL_ROOM + 1];
		*decimal_print(text, cases[i].v) = '\0';
		assert_string_equal(text, cases[i].text);
	}
	char text[DECIMAL_ROOM + 1];
	*decimal_print_float(text, 0.1f) = '\0';
	assert_string_equal(text, "0.1");
	*decimal_print_int(text, INT64_MIN) = '\0';
	assert_string_equal(text, "-9223372036854775808");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_hard_numbers),
		cmocka_unit_test(test_long_numbers),
		cmocka_unit_test(test_eight_bytes_at_once_end_where_one_does),
		cmocka_unit_test(test_words_and_no_numbers),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_printed_numbers_read_back_and_are_short),
		cmocka_unit_test(test_printed_forms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
