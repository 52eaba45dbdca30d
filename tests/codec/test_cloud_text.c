/* Text tables: XYZ, TXT, PTS, CSV. Separators, headers, names, guesses, repairs and complaints; writing; streaming. */
#include "clouds.h"

static void
test_plain_xyz(void **state)
{
	secant_cloud c = cloud_of("1 2 3\n4\t5  6\r\n\n -7.5 +.5 1e2", "a.xyz", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64");
	EXPECT(&c, "x", 1, 4, -7.5);
	EXPECT(&c, "y", 2, 5, .5);
	EXPECT(&c, "z", 3, 6, 100);
	secant_cloud_free(&c);
}

static void
test_separators(void **state)
{
	static const char *const texts[] = { "1,2,3,4\n5,6,7,8\n", "1;2;3;4\n5; 6 ;7;8\n", "1\t2\t3\t4\n5\t6\t7\t8",
		"1, 2, 3, 4\r\n5, 6, 7, 8\r\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		secant_cloud c = cloud_of(texts[i], "a.csv", NULL);
		EXPECT(&c, "z", 3, 7);
		EXPECT(&c, "label", 4, 8);
		secant_cloud_free(&c);
	}
	secant_cloud c = cloud_of("1,2,3\n", "a.txt", WITH("separator", "comma"));
	EXPECT(&c, "x", 1);
	secant_cloud_free(&c);
}

static void
test_headers_name_columns(void **state)
{
	static const char *const texts[] = { "z,y,x,Classification\n3,2,1,9\n",
		"\xef\xbb\xbf\"z\";\"y\";\"x\";\"Classification\"\n3;2;1;9\n", "//Z Y X Classification\n3 2 1 9\n",
		"# made by hand\n# z y x Classification\n3 2 1 9\n", "Z Y X Classification\n3 2 1 9\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		secant_cloud c = cloud_of(texts[i], "a.txt", NULL);
		assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 Classification:f64");
		EXPECT(&c, "x", 1);
		EXPECT(&c, "z", 3);
		EXPECT(&c, "Classification", 9);
		assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_LABEL), 3);
		secant_cloud_free(&c);
	}
}

static void
test_columns_by_option_skip_and_text_columns(void **state)
{
	secant_cloud c = cloud_of("tree 1 2 3 77 5\nbush 4 5 6 88 6\n", "a.txt", WITH("columns", "-,x,y,z,-,label"));
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 label:f64");
	EXPECT(&c, "label", 5, 6);
	secant_cloud_free(&c);
	c = cloud_of("x,y,z,kind,label\n1,2,3,tall tree,5\n4,5,6,\"a, bush\",6\n", "a.csv", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 label:f64");
	EXPECT(&c, "x", 1, 4);
	secant_cloud_free(&c);
	c = cloud_of("1 2 3 4 5\n", "a.txt", WITH("columns", "x,y,z,a,b", "select", "b"));
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 b:f64");
	secant_cloud_free(&c);
	assert_string_equal(error_of("1 2 3 4\n", "a.txt", WITH("columns", "x,y,z")),
		"a.txt: line 1 has 4 columns, but 3 names are given by --columns");
}

static void
test_guesses(void **state)
{
	static const struct {
		const char *text, *columns;
	} cases[] = {
		{ "0 0 0 0.6 0.8 0\n1 1 1 0 0 1\n", "x:f64 y:f64 z:f64 nx:f64 ny:f64 nz:f64" },
		{ "0 0 0 200 10 255\n", "x:f64 y:f64 z:f64 red:f64 green:f64 blue:f64" },
		{ "0 0 0 0.1 0.5 0.25\n", "x:f64 y:f64 z:f64 red:f64 green:f64 blue:f64" },
		{ "0 0 0 0.6 0.8 0 48.000000\n", "x:f64 y:f64 z:f64 nx:f64 ny:f64 nz:f64 label:f64" },
		{ "0 0 0 200 10 255 12\n", "x:f64 y:f64 z:f64 red:f64 green:f64 blue:f64 label:f64" },
		{ "0 0 0 -812 200 10 255\n", "x:f64 y:f64 z:f64 intensity:f64 red:f64 green:f64 blue:f64" },
		{ "0 0 0 7\n", "x:f64 y:f64 z:f64 label:f64" },
		{ "0 0 0 7.5\n", "x:f64 y:f64 z:f64 intensity:f64" },
		{ "0 0 0 -7 9.5\n", "x:f64 y:f64 z:f64 c4:f64 c5:f64" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_cloud c = cloud_of(cases[i].text, "a.txt", NULL);
		assert_string_equal(columns_of(&c), cases[i].columns);
		secant_cloud_free(&c);
	}
}

static void
test_leica_count(void **state)
{
	secant_cloud c = cloud_of("2\n1 2 3 -812 255 0 7\n4 5 6 -300 0 255 9\n", "a.pts", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 intensity:f64 red:f64 green:f64 blue:f64");
	EXPECT(&c, "intensity", -812, -300);
	secant_cloud_free(&c);
	assert_string_equal(
		error_of("3\n1 2 3 -812 255 0 7\n", "a.pts", NULL), "a.pts: 3 points are announced, but there are 1");
	/* Several scans in one file, each after its count. */
	c = cloud_of("2\n1 2 3 -812 255 0 7\n4 5 6 -300 0 255 9\n1\n7 8 9 -5 1 2 3\n", "a.pts", NULL);
	EXPECT(&c, "x", 1, 4, 7);
	secant_cloud_free(&c);
	assert_string_equal(
		error_of("1\n1 2 3\n2\n1 2 3\n", "a.pts", NULL), "a.pts: 3 points are announced, but there are 2");
	assert_string_equal(error_of("1 2 3\n4\n1 2 3\n", "a.xyz", NULL), "a.xyz: line 2 has 1 column, expected 3");
	c = cloud_of("0.25047 -0.06912 -0.02763\n0.16421 -0.04005 -0.03361\n", "b.pts", NULL);
	EXPECT(&c, "x", .25047, .16421);
	secant_cloud_free(&c);
}

/* Leica's order without its count; names with blanks between tabs, as spreadsheets write them. */
static void
test_names_by_ending_and_between_tabs(void **state)
{
	secant_cloud c = cloud_of("0 0 0 5 10 20 30\n", "a.pts", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 intensity:f64 red:f64 green:f64 blue:f64");
	secant_cloud_free(&c);
	c = cloud_of("X\tY\tZ\tscan angle\tpoint source ID\n1\t2\t3\t-15\t7\n", "a.txt", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 scan angle:f64 point source ID:f64");
	EXPECT(&c, "point source ID", 7);
	secant_cloud_free(&c);
	assert_string_equal(error_of("X\tY\tZ\tscan angle\n1\t2\t3\n", "a.txt", NULL),
		"a.txt: line 2 has 3 columns, but 4 names are given above it");
}

static void
test_rows_may_end_in_a_separator(void **state)
{
	static const char *const texts[] = { "x,y,z,label,\n1,2,3,4,\n5,6,7,8,\n", "x;y;z;label\r\n1;2;3;4;\r\n5;6;7;8\r\n",
		"1, 2, 3, 4, \n5, 6, 7, 8," };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		secant_cloud c = cloud_of(texts[i], "a.csv", NULL);
		EXPECT(&c, "z", 3, 7);
		EXPECT(&c, "label", 4, 8);
		secant_cloud_free(&c);
	}
	assert_string_equal(error_of("1,2,3\n4,5,6,,\n", "a.csv", NULL), "a.csv: line 2 has 5 columns, expected 3");
}

static void
test_damaged_lines_of_s3dis(void **state)
{
	static const char text[] = "-22.1 4.5 3.1 103 90 80\n-22.1 4.5 3.1 185\000187 80\n-9.1\02060 4.5 3.1 103 90 "
							   "80\n-22.1 4.5 3.1 103.0\0200000 90 80\n";
	secant_cloud c = cloud_of_bytes(text, sizeof text - 1, "a.txt", NULL);
	EXPECT(&c, "red", 103, 185, 103, 103);
	EXPECT(&c, "green", 90, 187, 90, 90);
	EXPECT(&c, "x", -22.1, -22.1, -9.160, -22.1);
	secant_cloud_free(&c);
}

static void
test_complaints_name_line_and_column(void **state)
{
	assert_string_equal(error_of("1 2 3\n4 5\n", "a.xyz", NULL), "a.xyz: line 2 has 2 columns, expected 3");
	assert_string_equal(
		error_of("1 2 3\n\n# remark\n4 5 6 7\n", "a.xyz", NULL), "a.xyz: line 4 has 4 columns, expected 3");
	assert_string_equal(error_of("1 2 3\n4 five 6\n", "a.xyz", NULL), "a.xyz: line 2, column 2: 'five' is no number");
	assert_string_equal(error_of("1 2 3\n4 5 6.7.8\n", "a.xyz", NULL), "a.xyz: line 2, column 3: '.8' is no number");
	assert_string_equal(error_of("1,2,3\n4,,6\n", "a.csv", NULL), "a.csv: line 2, column 2: '' is no number");
	assert_string_equal(error_of("1 2\n", "a.xyz", NULL), "a.xyz: line 1 has 2 columns, expected at least 3: x y z");
	assert_string_equal(error_of("a b c\n1 2 3\n", "a.txt", NULL),
		"a.txt: there is no column x among the 3; name them with --columns x,y,z,...");
	assert_string_equal(error_of("# nothing\n", "a.xyz", NULL), "a.xyz: there is no row of numbers");
	assert_string_equal(error_of("1 2 3\n", "a.nothing", NULL), "a.nothing: is no cloud file by contents or extension");
}

static void
test_empty_files_and_nan(void **state)
{
	secant_cloud c = cloud_of("", "a.xyz", WITH("allow-empty", "true"));
	assert_int_equal(c.n, 0);
	assert_int_equal(c.columns, 3);
	secant_cloud_free(&c);
	c = cloud_of("x,y,z\n", "a.csv", WITH("allow-empty", "true"));
	assert_int_equal(c.n, 0);
	secant_cloud_free(&c);
	c = cloud_of("//made by hand\nz y x label\n", "a.txt", WITH("allow-empty", "true"));
	assert_int_equal(c.n, 0);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 label:f64");
	secant_cloud_free(&c);
	assert_string_equal(error_of("", "a.xyz", NULL), "a.xyz: there are no points in it");
	assert_string_equal(error_of("x,y,z\n", "a.csv", NULL), "a.csv: there are no points in it");
	assert_string_equal(error_of("these are words\n", "a.txt", NULL),
		"a.txt: there is no row of numbers, and the first line ('these ...') names no columns x, y, z");
	assert_string_equal(error_of("words\n", "a.xyz", NULL),
		"a.xyz: there is no row of numbers, and the first line ('words') names no columns x, y, z");
	assert_string_equal(error_of("x y w\n", "a.txt", NULL),
		"a.txt: there is no row of numbers, and the first line ('x ...') names no columns x, y, z");
	assert_string_equal(error_of("these are words\nand more words\n", "a.txt", NULL),
		"a.txt: there are words, but no numbers in line 2 ('and ...'); expected rows of x y z");
	c = cloud_of("1 nan 3\n-inf 2 NaN\n", "a.xyz", NULL);
	EXPECT(&c, "y", NAN, 2);
	EXPECT(&c, "x", 1, -INFINITY);
	secant_cloud_free(&c);
}

static void
test_long_lines_and_many_columns_are_refused(void **state)
{
	char *text = malloc(200000);
	strcpy(text, "1 2 3\n1 2 3");
	memset(text + 11, 'a', 150000);
	strcpy(text + 150011, "\n");
	assert_string_equal(error_of(text, "a.xyz", NULL) + strlen("a.xyz: "), "line 2 is longer than 65536 bytes");
	for (int i = 0; i < 300; i++)
		memcpy(text + 2 * i, "1 ", 2);
	strcpy(text + 600, "\n");
	assert_string_equal(error_of(text, "a.xyz", NULL), "a.xyz: line 1 has 300 columns, at most 256 can be read");
	free(text);
}

/* Large enough for several threads: rows and line numbers come out the same. */
static void
test_threads_agree(void **state)
{
	enum { N = 60000 };
	base_str s = { 0 };
	for (int i = 0; i < N; i++) {
		if (i % 1000 == 7)
			base_str_add(&s, "# remark\n\n");
		base_str_addf(&s, "%d.5 %d -%d.25e-1 %d\n", i, i * 3, i, i % 5);
	}
	char *text = base_str_take(&s);
	for (int threads = 1; threads <= 5; threads += 2) {
		char count[8];
		snprintf(count, sizeof count, "%d", threads);
		secant_cloud c = cloud_of(text, "a.txt", WITH("read-threads", count));
		assert_int_equal(c.n, N);
		for (int i = 0; i < N; i++) {
			assert_true(((double *)c.column[0].data)[i] == i + .5);
			assert_true(((double *)c.column[3].data)[i] == i % 5);
		}
		secant_cloud_free(&c);
	}
	char *place = strstr(text, "\n50000.5");
	memcpy(place, "\nbad..", 6);
	secant_err err = { 0 };
	secant_cloud c;
	assert_int_equal(read_memory(text, strlen(text), "a.txt", WITH("read-threads", "3"), &c, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "line 50101, column 1: 'bad...5' is no number"));
	secant_free(text);
}

static void
test_streaming_gives_the_same_points(void **state)
{
	secant_err err = { 0 };
	secant_cloud chunk = { 0 };
	const char *text = "#x y z label\n1 2 3 0\n4 5 6 1\n\n\n\n\n\n7 8 9 2\n10 11 12 3";
	for (int max = 1; max < 6; max++) {
		secant_cloud_reader *r = secant_cloud_open_memory(text, strlen(text), "a.txt", NULL, &err);
		assert_non_null(r);
		double sum = 0;
		int64_t n = 0;
		do {
			assert_int_equal(secant_cloud_next(r, &chunk, max, &err), SECANT_OK);
			assert_true(chunk.n <= max);
			for (int64_t i = 0; i < chunk.n; i++)
				sum += value(&chunk, "x", i) * value(&chunk, "label", i);
			n += chunk.n;
		} while (chunk.n);
		assert_int_equal(n, 4);
		assert_true(sum == 4 + 14 + 30);
		secant_cloud_close(r);
	}
	secant_cloud_free(&chunk);
}

static void
test_gzip(void **state)
{
	/* printf '1 2 3\n4 5 6\n' | gzip -n */
	static const uint8_t packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x33, 0x54, 0x30,
		0x52, 0x30, 0xe6, 0x32, 0x51, 0x30, 0x55, 0x30, 0xe3, 0x02, 0x00, 0x02, 0xb4, 0x5b, 0xfb, 0x0c, 0x00, 0x00,
		0x00 };
	secant_cloud c;
	secant_err err = { 0 };
	if (read_memory(packed, sizeof packed, "a.xyz.gz", NULL, &c, &err))
		fail_msg("%s", err.msg);
	EXPECT(&c, "z", 3, 6);
	secant_cloud_free(&c);
	assert_non_null(strstr(error_of_bytes(packed, 20, "a.xyz.gz", NULL), "the gzip stream is damaged or cut off"));
}

static void
test_writing(void **state)
{
	const struct {
		const char *name, *text;
		const char *const *with;
	} cases[] = {
		{ "o.xyz", "0.1 2 -3.5 7\n100000 1e-6 3 8\n", NULL },
		{ "o.txt", "//x y z label\n0.1 2 -3.5 7\n100000 1e-6 3 8\n", NULL },
		{ "o.csv", "x,y,z,label\n0.1,2,-3.5,7\n100000,1e-6,3,8\n", NULL },
		{ "o.pts", "0.1 2 -3.5 7\n100000 1e-6 3 8\n", NULL },
		{ "o.txt", "x;y;z;label\n0.1;2;-3.5;7\n100000;1e-6;3;8\n", WITH("out-separator", "semicolon") },
		{ "o.csv", "0.1\t2\t-3.5\t7\n100000\t1e-6\t3\t8\n", WITH("out-separator", "tab", "out-header", "no") },
	};
	secant_cloud c = cloud_of("x y z label\n0.1 2 -3.5 7\n1e5 1e-6 3 8\n", "a.txt", NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text;
		size_t size;
		write_cloud(&c, in_folder(cases[i].name), cases[i].with);
		assert_int_equal(secant_file_read(&text, &size, in_folder(cases[i].name), 1000, NULL), SECANT_OK);
		assert_string_equal(text, cases[i].text);
		secant_free(text);
		secant_cloud back = read_cloud(in_folder(cases[i].name), NULL);
		EXPECT(&back, "y", 2, 1e-6);
		secant_cloud_free(&back);
	}
	secant_cloud_free(&c);
}

static void
test_a_failed_write_leaves_the_old_file(void **state)
{
	secant_err err = { 0 };
	secant_cloud c = cloud_of("1 2 3\n", "keep.xyz", NULL);
	secant_cloud_survey survey = { .n = -1 };
	secant_cloud_writer *w = secant_cloud_create(in_folder("keep.xyz"), &c, &survey, NULL, &err);
	assert_non_null(w);
	secant_cloud other;
	assert_int_equal(secant_cloud_new(&other, SECANT_N_F32, &err), SECANT_OK);
	assert_int_equal(secant_cloud_put(w, &other, &err), SECANT_ERR_ARG);
	secant_cloud_abort(w);
	secant_cloud_free(&other);
	secant_cloud_free(&c);
	c = read_cloud(in_folder("keep.xyz"), NULL);
	EXPECT(&c, "x", 1);
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_write(&c, in_folder("x.off"), NULL, &err), SECANT_ERR_UNSUPPORTED);
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_write(&c, in_folder("x.what"), NULL, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "there are ply, txt, xyz, pts, csv, pcd, npy, npz, las"));
	secant_cloud_free(&c);
}

static void
test_every_cut(void **state)
{
	const char *text = "2\n//x y z label\n1.5 2e1 3 1\n-4 .5 6 2\n";
	(void)read_all_cuts((const uint8_t *)text, strlen(text), "a.pts");
	const char *csv = "x,y,z,\"a b\"\n1,2,3,4\n5,6,7,8\n";
	(void)read_all_cuts((const uint8_t *)csv, strlen(csv), "a.csv");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_xyz),
		cmocka_unit_test(test_separators),
		cmocka_unit_test(test_headers_name_columns),
		cmocka_unit_test(test_columns_by_option_skip_and_text_columns),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_names_by_ending_and_between_tabs),
		cmocka_unit_test(test_leica_count),
		cmocka_unit_test(test_rows_may_end_in_a_separator),
		cmocka_unit_test(test_damaged_lines_of_s3dis),
		cmocka_unit_test(test_complaints_name_line_and_column),
		cmocka_unit_test(test_empty_files_and_nan),
		cmocka_unit_test(test_long_lines_and_many_columns_are_refused),
		cmocka_unit_test(test_threads_agree),
		cmocka_unit_test(test_streaming_gives_the_same_points),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_a_failed_write_leaves_the_old_file),
		cmocka_unit_test(test_every_cut),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
