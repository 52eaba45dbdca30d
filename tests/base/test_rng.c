/* Philox against the known answers of the Random123 distribution (kat_vectors), and the draws made of it. */
#include "data.h"
#include <math.h>
#include "base/rng.h"

static void
known_answers(void **state)
{
	static const struct {
		uint32_t counter[4], key[2], out[4];
	} rows[] = {
		{ { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
			{ 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
			{ 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint32_t out[4];
		base_philox(rows[i].key, rows[i].counter, out);
		assert_memory_equal(out, rows[i].out, sizeof out);
	}
}

static void
a_stream_reads_its_blocks_in_order(void **state)
{
	base_rng r = base_rng_make(0x123456789abcdefull, BASE_FOR_AUGMENT, 3, 77);
	for (uint32_t block = 0; block < 3; block++) {
		uint32_t key[2] = { 0x89abcdef, 0x01234567 }, counter[4] = { block, BASE_FOR_AUGMENT, 3, 77 }, out[4];
		base_philox(key, counter, out);
		for (int i = 0; i < 4; i++)
			assert_int_equal(base_rng_u32(&r), out[i]);
	}
}

static void
every_part_of_the_key_matters(void **state)
{
	base_rng streams[] = {
		base_rng_make(1, BASE_FOR_INIT, 0, 0),
		base_rng_make(2, BASE_FOR_INIT, 0, 0),
		base_rng_make(1ull << 32, BASE_FOR_INIT, 0, 0),
		base_rng_make(1, BASE_FOR_SHUFFLE, 0, 0),
		base_rng_make(1, BASE_FOR_INIT, 1, 0),
		base_rng_make(1, BASE_FOR_INIT, 0, 1),
	};
	uint32_t first[6];
	for (int i = 0; i < 6; i++) {
		first[i] = base_rng_u32(&streams[i]);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
	}
}

static void
below_is_fair_and_in_range(void **state)
{
	base_rng r = base_rng_make(5, BASE_FOR_TEST, 0, 0);
	int count[7] = { 0 };
	for (int i = 0; i < 70000; i++)
		count[base_rng_below(&r, 7)]++;
	/* Deviation of each count is sqrt(70000 * 6/49) = 93. */
	for (int i = 0; i < 7; i++)
		assert_in_range(count[i], 10000 - 500, 10000 + 500);
	assert_int_equal(base_rng_below(&r, 0), 0);
	assert_int_equal(base_rng_below(&r, 1), 0);
	/* A plain product would give the middle third twice as often: a third of the numbers below 3 * 2^30 is below 2^30.
	 */
	int low = 0;
	for (int i = 0; i < 30000; i++)
		low += base_rng_below(&r, 3u << 30) < 1u << 30;
	assert_in_range(low, 10000 - 500, 10000 + 500);
}

static void
uniform_and_normal_moments(void **state)
{
	base_rng r = base_rng_make(9, BASE_FOR_TEST, 0, 0);
	double u1 = 0, u2 = 0, n1 = 0, n2 = 0, n4 = 0;
	int count = 200000;
	for (int i = 0; i < count; i++) {
		double u = base_rng_uniform(&r), z = base_rng_normal(&r), x = base_rng_range(&r, -3, 5);
		assert_true(u >= 0 && u < 1);
		assert_true(x >= -3 && x < 5);
		u1 += u / count;
		u2 += u * u / count;
		n1 += z / count;
		n2 += z * z / count;
		n4 += z * z * z * z / count;
	}
	assert_true(fabs(u1 - 1 / 2.) < .004);
	assert_true(fabs(u2 - 1 / 3.) < .004);
	assert_true(fabs(n1) < .012);
	assert_true(fabs(n2 - 1) < .02);
	assert_true(fabs(n4 - 3) < .15);
}

static void
shuffle_is_fisher_yates_from_the_end(void **state)
{
	int v[20], w[20], seen[20] = { 0 };
	for (int i = 0; i < 20; i++)
		v[i] = w[i] = i;
	base_rng a = base_rng_make(0, BASE_FOR_SPLIT, 0, 0), b = a;
	base_rng_shuffle(&a, v, 20);
	for (int i = 19; i > 0; i--) {
		int j = (int)base_rng_below(&b, (uint32_t)i + 1), t = w[i];
		w[i] = w[j];
		w[j] = t;
	}
	assert_memory_equal(v, w, sizeof v);
	for (int i = 0; i < 20; i++)
		seen[v[i]]++;
	for (int i = 0; i < 20; i++)
		assert_int_equal(seen[i], 1);
	base_rng_shuffle(&a, v, 0);
	base_rng_shuffle(&a, v, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(a_stream_reads_its_blocks_in_order),
		cmocka_unit_test(every_part_of_the_key_matters),
		cmocka_unit_test(below_is_fair_and_in_range),
		cmocka_unit_test(uniform_and_normal_moments),
		cmocka_unit_test(shuffle_is_fisher_yates_from_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
