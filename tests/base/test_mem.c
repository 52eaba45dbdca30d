/* Allocation, the n-th failure, arenas, strings that grow, nearest names. */
#include "data.h"
#include "base/base64.h"
#include "base/mem.h"

static void
blocks_are_zeroed_counted_and_aligned(void **state)
{
	long live = base_mem_live(), count = base_mem_count();
	unsigned char *p = secant_calloc(100, 3), *q = base_alloc_aligned(1000);
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal(base_mem_live(), live + 2);
	assert_int_equal(base_mem_count(), count + 2);
	for (int i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(q[i], 0);
	assert_int_equal((uintptr_t)q % 64, 0);
	p = base_realloc(p, 5, 1);
	assert_non_null(p);
	secant_free(p);
	secant_free(q);
	secant_free(NULL);
	assert_int_equal(base_mem_live(), live);
}

static void
empty_blocks_are_valid(void **state)
{
	void *p = secant_calloc(0, 8), *q = base_alloc_aligned(0), *r = base_realloc(NULL, 0, 4);
	assert_non_null(p);
	assert_non_null(q);
	assert_non_null(r);
	secant_free(p);
	secant_free(q);
	secant_free(r);
}

static void
overflow_is_refused(void **state)
{
	long live = base_mem_live();
	assert_null(secant_calloc(SIZE_MAX / 2, 3));
	assert_null(secant_calloc(SIZE_MAX, 1));
	assert_null(base_realloc(NULL, SIZE_MAX / 4 + 1, 4));
	assert_null(base_alloc_aligned(SIZE_MAX - 10));
	assert_int_equal(base_mem_live(), live);
}

static void
the_nth_allocation_fails_once(void **state)
{
	for (int n = 1; n <= 4; n++) {
		base_mem_fail_at(n);
		void *p[5];
		for (int i = 0; i < 5; i++)
			p[i] = i % 2 ? secant_calloc(1, 1) : base_alloc_aligned(1);
		for (int i = 0; i < 5; i++) {
			assert_int_equal(p[i] == NULL, i == n - 1);
			secant_free(p[i]);
		}
	}
	base_mem_fail_at(3);
	base_mem_fail_at(0);
	for (int i = 0; i < 5; i++) {
		void *p = secant_calloc(1, 1);
		assert_non_null(p);
		secant_free(p);
	}
}

static void
realloc_failure_keeps_the_old_block(void **state)
{
	char *p = base_strdup("kept");
	base_mem_fail_at(1);
	assert_null(base_realloc(p, 100, 1));
	assert_string_equal(p, "kept");
	secant_free(p);
}

static void
arrays_grow(void **state)
{
	int *v = NULL, capacity = 0;
	for (int n = 0; n < 1000; n++) {
		assert_int_equal(base_grow((void **)&v, &capacity, n, sizeof *v), 0);
		v[n] = n;
	}
	assert_in_range(capacity, 1000, 2000);
	for (int n = 0; n < 1000; n++)
		assert_int_equal(v[n], n);
	base_mem_fail_at(1);
	int before = capacity;
	assert_int_not_equal(base_grow((void **)&v, &capacity, capacity, sizeof *v), 0);
	assert_int_equal(capacity, before);
	secant_free(v);
}

static void
arena_blocks_are_apart_zeroed_and_aligned(void **state)
{
	long live = base_mem_live();
	base_arena *a = base_arena_new();
	char *p[200];
	for (int i = 0; i < 200; i++) {
		size_t size = (size_t)(i * 37 % 1500);
		p[i] = base_arena_alloc(a, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], i + 1, size);
	}
	for (int i = 0; i < 200; i++)
		for (size_t k = 0; k < (size_t)(i * 37 % 1500); k++)
			assert_int_equal((unsigned char)p[i][k], i + 1);
	assert_string_equal(base_arena_strdup(a, "name"), "name");
	assert_string_equal(base_arena_format(a, "%s.%d", "layer", 4), "layer.4");
	assert_non_null(base_arena_alloc(a, 1 << 20));
	assert_null(base_arena_alloc(a, SIZE_MAX - 5));
	base_arena_free(a);
	base_arena_free(NULL);
	assert_int_equal(base_mem_live(), live);
}

static void
arena_survives_failure(void **state)
{
	base_arena *a = base_arena_new();
	base_mem_fail_at(1);
	assert_null(base_arena_alloc(a, 8));
	assert_non_null(base_arena_alloc(a, 8));
	base_mem_fail_at(1);
	assert_null(base_arena_format(a, "%5000d", 1));
	base_arena_free(a);
	base_mem_fail_at(1);
	assert_null(base_arena_new());
}

static void
strings_grow(void **state)
{
	base_str s = { 0 };
	for (int i = 0; i < 1000; i++)
		base_str_addf(&s, "%d,", i);
	base_str_addn(&s, "end...", 3);
	char *text = base_str_take(&s);
	assert_memory_equal(text, "0,1,2,", 6);
	assert_string_equal(text + strlen(text) - 7, "999,end");
	assert_null(s.p);
	secant_free(text);
	text = base_str_take(&s);
	assert_string_equal(text, "");
	secant_free(text);
}

static void
a_failed_string_stays_failed(void **state)
{
	long live = base_mem_live();
	base_str s = { 0 };
	base_str_add(&s, "first");
	base_mem_fail_at(1);
	base_str_addf(&s, "%200d", 1);
	base_str_add(&s, "later");
	assert_true(s.failed);
	assert_null(base_str_take(&s));
	assert_false(s.failed);
	assert_int_equal(base_mem_live(), live);
	base_mem_fail_at(1);
	assert_null(base_format("%d", 1));
	char *text = base_format("%s-%03d", "x", 7);
	assert_string_equal(text, "x-007");
	secant_free(text);
	text = base_strndup("abcdef", 3);
	assert_string_equal(text, "abc");
	secant_free(text);
}

static void
distances(void **state)
{
	assert_int_equal(base_edit_distance("", ""), 0);
	assert_int_equal(base_edit_distance("abc", ""), 3);
	assert_int_equal(base_edit_distance("", "abc"), 3);
	assert_int_equal(base_edit_distance("kitten", "sitting"), 3);
	assert_int_equal(base_edit_distance("train", "trian"), 1);
	assert_int_equal(base_edit_distance("ca", "abc"), 3);
}

static void
nearest_names(void **state)
{
	const char *list[] = { "train", "eval", "predict", NULL };
	assert_string_equal(secant_nearest("tran", list), "train");
	assert_string_equal(secant_nearest("predcit", list), "predict");
	assert_string_equal(secant_nearest("eval", list), "eval");
	assert_null(secant_nearest("zzzzzz", list));
	const char *steps[] = { "blur", "colour-jitter", "colour-jitter-2", "noise", NULL };
	assert_string_equal(secant_nearest("colour", steps), "colour-jitter"); /* what begins so, before what is spelt so */
	assert_string_equal(secant_nearest("blurr", steps), "blur");
	assert_string_equal(secant_nearest("noise1", (const char *[]){ "noise1k-v1", "noise", NULL }), "noise");
	assert_null(secant_nearest("x", (const char *[]){ NULL }));
}

/* RFC 4648, section 10; read in both alphabets, over line ends, without padding; nothing else is taken for it. */
static void
base64(void **state)
{
	static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	for (size_t n = 0; n <= 6; n++) {
		base_str s = { 0 }, back = { 0 };
		base_str_add(&s, "");
		base_str_add(&back, "");
		base_base64_encode(&s, "foobar", n);
		assert_string_equal(s.p, want[n]);
		assert_true(base_base64_decode(&back, want[n], strlen(want[n])));
		assert_int_equal(back.n, n);
		assert_memory_equal(back.p, "foobar", n);
		base_str_free(&back);
		base_str_free(&s);
	}
	static const struct {
		const char *text;
		bool good;
	} cases[] = { { "/+8=", true }, { "_-8=", true }, { "/+\r\n8=\n", true }, { "/+8", true }, { "/", false },
		{ "/+8=A", false }, { "/+ 8", false }, { "Zg==Zg==", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		base_str s = { 0 };
		assert_int_equal(base_base64_decode(&s, cases[i].text, strlen(cases[i].text)), cases[i].good);
		if (cases[i].good)
			assert_memory_equal(s.p, "\xff\xef", 2);
		base_str_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_zeroed_counted_and_aligned),
		cmocka_unit_test(empty_blocks_are_valid),
		cmocka_unit_test(overflow_is_refused),
		cmocka_unit_test(the_nth_allocation_fails_once),
		cmocka_unit_test(realloc_failure_keeps_the_old_block),
		cmocka_unit_test(arrays_grow),
		cmocka_unit_test(arena_blocks_are_apart_zeroed_and_aligned),
		cmocka_unit_test(arena_survives_failure),
		cmocka_unit_test(strings_grow),
		cmocka_unit_test(a_failed_string_stays_failed),
		cmocka_unit_test(distances),
		cmocka_unit_test(nearest_names),
		cmocka_unit_test(base64),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
