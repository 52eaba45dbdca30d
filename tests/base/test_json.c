/* JSON in and out, and numbers as text in any locale. */
#include "data.h"
#include <locale.h>
#include <math.h>
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"

static json_t *
parse(const char *text, secant_err *err)
{
	return base_json_parse(text, strlen(text), "config.json", err);
}

static void
errors_have_line_and_column(void **state)
{
	static const struct {
		const char *text, *begin;
	} rows[] = {
		{ "{\"a\": 1,\n \"a\": 2}", "config.json:2:4: duplicate object key" },
		{ "{\"a\": 1,\n}", "config.json:2:1: string or '}' expected" },
		{ "", "config.json:1:0: unexpected token" },
		{ "[1] 2", "config.json:1:5: end of file expected" },
		{ "\"\xff\"", "config.json:1:1: unable to decode byte 0xff" },
		{ "{\"a\\u0000\": 1}", "config.json:1:10: NUL byte in object key not supported" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		assert_null(parse(rows[i].text, &err));
		assert_int_equal(err.code, SECANT_ERR_FORMAT);
		if (strncmp(err.msg, rows[i].begin, strlen(rows[i].begin)))
			fail_msg("'%s' does not begin with '%s'", err.msg, rows[i].begin);
		assert_null(strchr(err.msg, '\n'));
	}
}

static void
depth_is_limited(void **state)
{
	secant_err err = { 0 };
	char *deep = secant_calloc(100001, 1);
	memset(deep, '[', 100000);
	assert_null(parse(deep, &err));
	assert_int_equal(err.code, SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "maximum parsing depth reached"));
	secant_free(deep);
}

static void
text_is_short_and_reads_back(void **state)
{
	const char *expected = "{\"b\": 0.1, \"a\": [1, -2.5e-09, 3.0, true, null], \"t\": "
						   "\"\\\"\\\\\\n\\u0001\\u007f\xc3\xa4\", \"o\": {}, \"e\": []}";
	json_t *j = parse(expected, NULL);
	assert_non_null(j);
	char *text = base_json_text(j, 0);
	assert_string_equal(text, expected);
	secant_free(text);
	text = base_json_text(j, 2);
	assert_string_equal(text,
		"{\n  \"b\": 0.1,\n  \"a\": [1, -2.5e-09, 3.0, true, null],\n  \"t\": \"\\\"\\\\\\n\\u0001\\u007f\xc3\xa4\",\n "
		" \"o\": {},\n  \"e\": []\n}");
	secant_free(text);
	json_decref(j);
	j = parse("[[1, 2], [3]]", NULL);
	text = base_json_text(j, 2);
	assert_string_equal(text, "[\n  [1, 2],\n  [3]\n]");
	secant_free(text);
	json_decref(j);
	assert_null(base_json_text(NULL, 0));
}

static void
files_round_trip(void **state)
{
	const char *dir = scratch_dir();
	char path[400];
	snprintf(path, sizeof path, "%s/c.json", dir);
	json_t *j = parse("{\"x\": [1, 2.25]}", NULL);
	assert_int_equal(base_json_write(path, j, NULL), SECANT_OK);
	json_t *back = base_json_read(path, NULL);
	assert_true(json_equal(j, back));
	json_decref(j);
	json_decref(back);
	secant_err err = { 0 };
	assert_null(base_json_read(dir, &err));
	assert_int_equal(err.code, SECANT_ERR_IO);
	assert_int_equal(base_json_write(path, NULL, NULL), SECANT_ERR_NOMEM);
	assert_int_equal(base_remove_tree(dir, NULL), SECANT_OK);
}

static void
numbers_in_and_out(void **state)
{
	static const struct {
		double v;
		const char *text;
	} shortest[] = {
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 1e300, "1e+300" },
		{ 5e-324, "4.94065645841247e-324" },
		{ -0.0, "-0" },
		{ 123456789, "123456789" },
		{ 0.1 + 0.2, "0.30000000000000004" },
	};
	char text[40];
	double v;
	long long i;
	for (size_t k = 0; k < sizeof shortest / sizeof *shortest; k++) {
		assert_string_equal(base_real_text(shortest[k].v, text), shortest[k].text);
		assert_true(base_real_parse(text, &v) && v == shortest[k].v);
	}
	static const char *const bad[] = { "", " 1", "1 ", "0x10", "inf", "nan", "1e999", "1,5", "--1", "e5", ".", "1e",
		"+-1" };
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
		assert_false(base_real_parse(bad[k], &v));
	assert_true(base_int_parse("-12", &i) && i == -12);
	assert_true(base_int_parse("+7", &i) && i == 7);
	static const char *const no_int[] = { "", "1.0", "99999999999999999999", "0x1", " 1", "1-2" };
	for (size_t k = 0; k < sizeof no_int / sizeof *no_int; k++)
		assert_false(base_int_parse(no_int[k], &i));
}

static void
a_decimal_comma_changes_nothing(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8" };
	char text[40];
	double v;
	bool found = false;
	for (size_t k = 0; k < 3 && !found; k++)
		found = setlocale(LC_NUMERIC, names[k]) != NULL;
	if (!found) {
		fprintf(stderr, "skipped: no locale with a decimal comma is installed\n");
		skip();
	}
	assert_true(base_real_parse("0.5", &v) && v == .5);
	assert_false(base_real_parse("0,5", &v));
	assert_string_equal(base_real_text(.25, text), "0.25");
	setlocale(LC_NUMERIC, "C");
}

static void
what_is_lost_is_not_written(void **state)
{
	json_t *j = json_object();
	json_object_set_new(j, "here", json_integer(1));
	json_object_set_new(j, "lost", NULL);
	assert_null(base_json_text(j, 0)); /* once: the next is another text */
	char *text = base_json_text(j, 0);
	assert_string_equal(text, "{\"here\": 1}");
	secant_free(text);
	json_array_append_new(json_object_get(j, "none"), json_integer(2));
	assert_null(base_json_text(j, 0));
	json_decref(j);
}

static void
bytes_that_are_no_utf8_are_kept_escaped(void **state)
{
	json_t *j = json_object();
	json_object_set_new(j,
		"a\xff"
		"b",
		json_string("\xc3\xa9\xc0\x80"));
	json_object_set_new(j, "\xed\xa0\x80", json_string("\xf0\x9f\x98\x80"));
	char *text = base_json_text(j, 0);
	assert_string_equal(
		text, "{\"a\\\\xffb\": \"\xc3\xa9\\\\xc0\\\\x80\", \"\\\\xed\\\\xa0\\\\x80\": \"\xf0\x9f\x98\x80\"}");
	secant_free(text);
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_line_and_column),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(text_is_short_and_reads_back),
		cmocka_unit_test(files_round_trip),
		cmocka_unit_test(numbers_in_and_out),
		cmocka_unit_test(a_decimal_comma_changes_nothing),
		cmocka_unit_test(what_is_lost_is_not_written),
		cmocka_unit_test(bytes_that_are_no_utf8_are_kept_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
