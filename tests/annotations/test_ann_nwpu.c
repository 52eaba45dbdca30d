/* NWPU VHR-10: the grammar with its quirks. The whole set is in test_ann_acceptance.c. */
#include "ann.h"

static secant_status
parse(const char *text, ann_set *s, secant_err *err)
{
	blank_set(s);
	return ann_parse_format(s, ann_find_format("nwpu"), text, strlen(text), "gt/001.txt", err);
}

static void
test_quirks_example_4(void **state)
{
	ann_set s;
	secant_err err = { 0 };
	assert_int_equal(parse("\xef\xbb\xbf(563,478),(630,573),1 \r\n\r\n( 1 , 2 ) , ( 3 ,4 ) , 10", &s, &err), 0);
	assert_int_equal(s.n_objects, 2);
	assert_true(
		s.objects[0].box[0] == 563 && s.objects[0].box[3] == 573 && s.objects[0].class == 0 && s.objects[1].class == 9);
	assert_int_equal(s.objects[1].line, 3);
	ann_free(&s);
}

static void
test_bad_lines_name_line_and_column(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "(1,2),(3,4),1\n(5,6,(7,8),2\n", "gt/001.txt:2:5: found ',' where ')' should stand" },
		{ "(1,2),(3,4),11\n", "gt/001.txt:1: class 11 is not one of 1 to 10" },
		{ "(1,2),(3,4),1 x\n", "gt/001.txt:1:15: found 'x' where the end of the line should stand" },
		{ "(1,2),(3,nan),1\n", "gt/001.txt:1: a coordinate is not finite" },
		{ "(1,2),(3,4)", "gt/001.txt:1:12: the line ends where ',' should stand" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ann_set s;
		secant_err err = { 0 };
		assert_int_not_equal(parse(bad[i].text, &s, &err), 0);
		assert_string_equal(err.msg, bad[i].message);
		ann_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_quirks_example_4),
		cmocka_unit_test(test_bad_lines_name_line_and_column) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
