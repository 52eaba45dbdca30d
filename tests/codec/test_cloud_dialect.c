/* Text clouds as other countries and programs write them: decimal commas, UTF-16, brackets, missing values, names. Read
 * right where the rows decide, refused with the option that decides where they do not. */
#include "clouds.h"

/* The file's text, and what its first two rows are. */
typedef struct dialect {
	const char *name, *text;
	double row[2][4];
	const char *fourth; /* the name of a further column */
} dialect;

static void
expect_dialects(const dialect *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		secant_cloud c = cloud_of(d[i].text, d[i].name, NULL);
		assert_int_equal(c.n, 2);
		for (int p = 0; p < 2; p++)
			for (int k = 0; k < (d[i].fourth ? 4 : 3); k++) {
				static const char *const axes[] = { "x", "y", "z" };
				double got = value(&c, k < 3 ? axes[k] : d[i].fourth, p), want = d[i].row[p][k];
				if (got != want && !(isnan(got) && isnan(want)))
					fail_msg("%zu: %s: value %d of point %d is %.17g, expected %.17g", i, d[i].text, k, p, got, want);
			}
		secant_cloud_free(&c);
	}
}

static void
test_decimal_commas_where_something_else_separates(void **state)
{
	static const dialect rows[] = {
		{ "a.txt", "1,5 2,5 3,5\n4,5 5 -6,25\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.xyz", "1,5;2,5;3,5\n4,5;5;-6,25\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.txt", "1,5\t2,5\t3,5\n4,5\t5\t-6,25\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.csv", "X|Y|Z\n1,5|2,5|3,5\n4,5|5|-6,25\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.csv", "X;Y;Z;Label\r\n1,5;2,5;3,5;7\r\n4,5;5;-6,25;8\r\n", { { 1.5, 2.5, 3.5, 7 }, { 4.5, 5, -6.25, 8 } },
			"Label" },
		{ "a.csv", "x,y,z,label\n\"1,5\",\"2,5\",\"3,5\",7\n\"4,5\",5,\"-6,25\",8\n",
			{ { 1.5, 2.5, 3.5, 7 }, { 4.5, 5, -6.25, 8 } }, "label" },
		{ "a.txt", "637.012,5 1.234 3,1e2\n637012,25 1,234 0,001\n",
			{ { 637012.5, 1.234, 310 }, { 637012.25, 1.234, .001 } } },
		{ "a.csv", "x;y;z;what\n1,5;2,5;3,5;low, green\n4,5;5;-6,25;high\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.pts", "2\n1,5 2,5 3,5\n4,5 5 -6,25\n", { { 1.5, 2.5, 3.5 }, { 4.5, 5, -6.25 } } },
		{ "a.csv", "x;y;z\n\"1,234.5\";2;3\n4;5;\"1,000,000.5\"\n", { { 1234.5, 2, 3 }, { 4, 5, 1000000.5 } } },
	};
	expect_dialects(rows, sizeof rows / sizeof *rows);
}

static void
test_commas_that_separate_stay(void **state)
{
	static const dialect rows[] = {
		{ "a.txt", "1,2,3\n4,5,6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt", "1, 2, 3\n4 ,5 ,6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "x,y,z,note\n1,2,3,a tall tree\n4,5,6,b\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "\"x\",\"y\",\"z\"\n\"1\",\"2\",\"3\"\n\"4\",\"5\",\"6\"\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
	};
	expect_dialects(rows, sizeof rows / sizeof *rows);
}

static void
test_commas_that_may_be_either_are_asked_about(void **state)
{
	const char *text = "12,345 23,456 1,234\n2,345 3,456 4,567\n";
	assert_string_equal(error_of(text, "a.txt", NULL),
		"a.txt: numbers such as 12,345 may have decimal commas or marks between thousands: --decimal comma or point "
		"says which");
	secant_cloud c = cloud_of(text, "a.txt", WITH("decimal", "comma"));
	EXPECT(&c, "y", 23.456, 3.456);
	secant_cloud_free(&c);
	c = cloud_of(text, "a.txt", WITH("decimal", "point"));
	EXPECT(&c, "y", 23456, 3456);
	secant_cloud_free(&c);
	assert_string_equal(error_of("1,2,3\n", "a.txt", WITH("decimal", "comma")),
		"a.txt: --decimal comma: commas stand between the columns here, or between thousands");
	/* With commas on both sides nothing decides, but the header counts. */
	assert_string_equal(
		error_of("x,y,z\n1,5,2,5,3,5\n", "a.csv", NULL), "a.csv: line 2 has 6 columns, but 3 names are given above it");
}

static void
test_signs_lines_and_brackets(void **state)
{
	static const dialect rows[] = {
		{ "a.txt", "1 2 3\r4 5 6\r", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt",
			"1\xc2\xa0"
			"2\xe2\x80\xaf"
			"3\n\xe2\x88\x92"
			"4 5 6\n",
			{ { 1, 2, 3 }, { -4, 5, 6 } } },
		{ "a.txt", "[[1, 2, 3],\n [4, 5, 6]]\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt", "(1 2 3)\n(4 5 6)\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt", "x|y|z\n1|2|3\n4|5|6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "sep=;\nx;y;z\n1;2;3\n4;5;6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt", "% made by hand\n! twice\n1 2 3 # first\n4 5 6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.txt", "1.0D+02 2d0 3.D-1\n4 5 6\n", { { 100, 2, .3 }, { 4, 5, 6 } } },
	};
	expect_dialects(rows, sizeof rows / sizeof *rows);
	static const char little[] = "\xff\xfe"
								 "1\0 \0"
								 "2\0 \0"
								 "3\0\r\0\n\0",
					  big[] = "\0"
							  "1\0 \0"
							  "2\0 \0"
							  "3\0\n";
	secant_cloud c = cloud_of_bytes(little, sizeof little - 1, "a.txt", NULL);
	EXPECT(&c, "z", 3);
	secant_cloud_free(&c);
	c = cloud_of_bytes(big, sizeof big - 1, "a.txt", NULL);
	EXPECT(&c, "z", 3);
	secant_cloud_free(&c);
}

static void
test_missing_values_are_no_numbers(void **state)
{
	static const char *const words[] = { "NA", "n/a", "NULL", "none", "-", "", "1.#QNAN", "-1.#IND00", "-nan(ind)",
		"?" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char text[100];
		snprintf(text, sizeof text, "x,y,z,label\n1,2,3,%s\n4,5,6,8\n", words[i]);
		const dialect row = { "a.csv", text, { { 1, 2, 3, NAN }, { 4, 5, 6, 8 } }, "label" };
		expect_dialects(&row, 1);
		snprintf(text, sizeof text, "1;2;3;9\n4;5;6;%s;\n", words[i]);
		const dialect second = { "a.csv", text, { { 1, 2, 3, 9 }, { 4, 5, 6, NAN } }, NULL };
		expect_dialects(&second, 1);
	}
	secant_cloud c = cloud_of("1 2 -1.#INF\n", "a.xyz", NULL);
	EXPECT(&c, "z", -INFINITY);
	secant_cloud_free(&c);
	/* Other words stay errors, and too few columns too. */
	assert_string_equal(error_of("1 2 3\n4 5 six\n", "a.xyz", NULL), "a.xyz: line 2, column 3: 'six' is no number");
	assert_string_equal(error_of("1,2,3\n4,5\n", "a.csv", NULL), "a.csv: line 2 has 2 columns, expected 3");
}

static void
test_axes_by_the_names_of_maps_and_viewers(void **state)
{
	static const dialect rows[] = {
		{ "a.csv", "E,N,H\n1,2,3\n4,5,6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "lat,lon,alt\n2,1,3\n5,4,6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "Points:0,Points:1,Points:2\n1,2,3\n4,5,6\n", { { 1, 2, 3 }, { 4, 5, 6 } } },
		{ "a.csv", "intensity,Points_m_XYZ:0,Points_m_XYZ:1,Points_m_XYZ:2\n7,1,2,3\n8,4,5,6\n",
			{ { 1, 2, 3, 7 }, { 4, 5, 6, 8 } }, "intensity" },
		/* Better names win. */
		{ "a.csv", "n,x,y,z,height\n9,1,2,3,8\n9,4,5,6,7\n", { { 1, 2, 3, 8 }, { 4, 5, 6, 7 } }, "height" },
	};
	expect_dialects(rows, sizeof rows / sizeof *rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal_commas_where_something_else_separates),
		cmocka_unit_test(test_commas_that_separate_stay),
		cmocka_unit_test(test_commas_that_may_be_either_are_asked_about),
		cmocka_unit_test(test_signs_lines_and_brackets),
		cmocka_unit_test(test_missing_values_are_no_numbers),
		cmocka_unit_test(test_axes_by_the_names_of_maps_and_viewers),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
