/* Keys of names: equal for names that differ in case or in how letters with marks are composed, and for no others. */
#include "run.h"
#include "annotations/name_key.h"
#include <string.h>

static void
assert_key(const char *name, const char *expected)
{
	char *key = ann_name_key(name);
	assert_non_null(key);
	assert_string_equal(key, expected);
	secant_free(key);
}

static void
composed_and_apart_are_one(void **state)
{
	static const struct {
		const char *whole, *apart;
	} row[] = {
		{ "\xc3\xa9.jpg", "e\xcc\x81.jpg" }, /* e acute */
		{ "\xe1\xba\xa5", "a\xcc\x82\xcc\x81" }, /* Vietnamese, two marks */
		{ "\xd0\xb9", "\xd0\xb8\xcc\x86" }, /* Cyrillic short i */
		{ "\xe3\x81\x8c", "\xe3\x81\x8b\xe3\x82\x99" }, /* ga: ka and its mark */
		{ "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1" }, /* Hangul ga */
		{ "\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab" }, /* Hangul han, with a tail */
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		assert_key(row[i].whole, row[i].apart);
		assert_key(row[i].apart, row[i].apart);
	}
}

static void
other_names_stay_apart(void **state)
{
	assert_key("IMG_1.JPG", "img_1.jpg");
	assert_key("", "");
	assert_key("\xe7\x8c\xab", "\xe7\x8c\xab");
	assert_key("\xf0\x9f\x90\xb1", "\xf0\x9f\x90\xb1");
	assert_key("\xff\xc3", "\xff\xc3"); /* no UTF-8 */
	char *e = ann_name_key("e.jpg"), *acute = ann_name_key("\xc3\xa9.jpg");
	assert_string_not_equal(e, acute);
	secant_free(e), secant_free(acute);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composed_and_apart_are_one),
		cmocka_unit_test(other_names_stay_apart),
	};
	return cmocka_run_group_tests_name("keys of names", tests, NULL, NULL);
}
