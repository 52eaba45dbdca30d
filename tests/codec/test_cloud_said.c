/* What reading and writing clouds says of itself: guessed names, words left out, points a header does not count,
 * colours and whole numbers that the target cannot hold. */
#include "clouds.h"

static void
keep_line(void *user, secant_level level, const char *line)
{
	base_str_addf(user, "%s\n", line);
}

/* What is said when these bytes are read; without the folder. Fresh memory. */
static char *
said_of(const void *data, size_t size, const char *name, secant_cloud *out)
{
	base_str said = { 0 };
	secant_err err = { 0 }, ignored = { 0 };
	secant_cloud_reading opt;
	set_options(&secant_cloud_read_options, &opt, NULL);
	opt.logger = (secant_logger){ keep_line, &said };
	const char *path = in_folder(name);
	if (secant_file_write(path, data, size, &ignored) || secant_cloud_read(out, path, &opt, &err))
		fail_msg("%s%s", ignored.msg, err.msg);
	secant_opts_free(&secant_cloud_read_options, &opt);
	const char *cut = said.p ? strstr(said.p, name) : "";
	char *text = base_strdup(cut ? cut : said.p);
	base_str_free(&said);
	return text;
}

static void
test_guesses_and_words(void **state)
{
	static const struct {
		const char *text, *said;
	} row[] = {
		{ "0 0 0 7\n", "a.txt: nothing names the columns; behind x, y, z they are taken as label (--columns)\n" },
		{ "0 0 0 200 10 255 12\n",
			"a.txt: nothing names the columns; behind x, y, z they are taken as red, green, blue, label "
			"(--columns)\n" },
		{ "x,y,z,code\n1,2,3,tree\n", "a.txt: column 'code' holds words ('tree'), not numbers: left out\n" },
		{ "1 2 3\n", "" },
		{ "x y z label\n1 2 3 4\n", "" },
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		secant_cloud c;
		char *said = said_of(row[i].text, strlen(row[i].text), "a.txt", &c);
		assert_string_equal(said, row[i].said);
		secant_free(said);
		secant_cloud_free(&c);
	}
}

/* A program that died, or appended, leaves a header that counts fewer points than there are. */
static void
test_points_that_a_las_header_does_not_count(void **state)
{
	secant_err err = { 0 };
	secant_cloud c = cloud_of("x y z\n1 2 3\n4 5 6\n7 8 9\n", "a.txt", NULL), back;
	char *data = NULL;
	size_t n = 0;
	assert_int_equal(secant_cloud_write(&c, in_folder("b.las"), NULL, &err), SECANT_OK);
	secant_cloud_free(&c);
	assert_int_equal(secant_file_read(&data, &n, in_folder("b.las"), 1 << 20, &err), SECANT_OK);
	char *said = said_of(data, n, "b.las", &back);
	assert_string_equal(said, "");
	secant_free(said);
	secant_cloud_free(&back);
	data[107] = 2; /* the count of LAS 1.2, and that of 1.4 */
	if (data[25] == 4)
		data[247] = 2;
	said = said_of(data, n, "b.las", &back);
	assert_string_equal(
		said, "b.las: the header counts 2 points, and there is room for 3: those it does not count were not read\n");
	assert_int_equal(back.n, 2);
	secant_free(said);
	secant_cloud_free(&back);
	secant_free(data);
}

/* What is said when a cloud is written under a name. */
static char *
said_of_writing(const secant_cloud *c, const char *name, const char *const *pairs)
{
	base_str said = { 0 };
	secant_err err = { 0 };
	secant_cloud_writing opt;
	set_options(&secant_cloud_write_options, &opt, pairs);
	opt.logger = (secant_logger){ keep_line, &said };
	if (secant_cloud_write(c, in_folder(name), &opt, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_cloud_write_options, &opt);
	char *text = base_strdup(said.p && strstr(said.p, name) ? strstr(said.p, name) : "");
	base_str_free(&said);
	return text;
}

static void
test_colours_of_16_bits_where_8_are_held(void **state)
{
	secant_cloud c = cloud_of("x y z red green blue\n0 0 0 65535 257 1\n1 1 1 0 300 514\n", "a.txt", NULL),
				 even = cloud_of("x y z red green blue\n0 0 0 65535 257 0\n", "a.txt", NULL);
	static const char *const names[] = { "a.ply", "a.pcd" };
	static const char *const encodings[] = { "ascii", "binary" };
	for (int i = 0; i < 4; i++) {
		char want[160], *said = said_of_writing(&c, names[i & 1], WITH("encoding", encodings[i / 2]));
		snprintf(want, sizeof want,
			"%s: 2 values of colours have more than the 8 bits that %s holds and were rounded\n", names[i & 1],
			names[i & 1] + 2);
		assert_string_equal(said, want);
		secant_free(said);
		said = said_of_writing(&even, names[i & 1], WITH("encoding", encodings[i / 2]));
		assert_string_equal(said, "");
		secant_free(said);
	}
	secant_cloud_free(&c);
	secant_cloud_free(&even);
}

/* PCL and Open3D read floats alone: what these move by more than the source's digits is counted. */
static void
test_coordinates_that_floats_move(void **state)
{
	secant_cloud near = cloud_of("x y z\n50.123456 2 3\n150 102 103\n", "a.txt", WITH("coordinates", "f64")),
				 far = cloud_of("x y z\n5000.1234 2 3\n5100 102 103\n", "a.txt", WITH("coordinates", "f64"));
	static const char *const encodings[] = { "ascii", "binary", "compressed" };
	for (int i = 0; i < 3; i++) {
		char *said = said_of_writing(&near, "a.pcd", WITH("encoding", encodings[i]));
		assert_string_equal(said, "");
		secant_free(said);
		said = said_of_writing(&far, "a.pcd", WITH("encoding", encodings[i]));
		assert_string_equal(said,
			"a.pcd: 1 coordinates were rounded, by up to 0.000135, to the floats that PCL and Open3D read (.las, .ply "
			"and "
			".txt keep them)\n");
		secant_free(said);
		far.scale[0] = far.scale[1] = far.scale[2] = 0.01; /* on this grid nothing is lost */
		said = said_of_writing(&far, "a.pcd", WITH("encoding", encodings[i]));
		assert_string_equal(said, "");
		secant_free(said);
		far.scale[0] = far.scale[1] = far.scale[2] = 0;
	}
	secant_cloud_free(&near);
	secant_cloud_free(&far);
}

/* Depth cameras write a point for each place of their grid, with or without an echo. */
static void
test_points_without_coordinates_are_left_out_of_las(void **state)
{
	secant_cloud c = cloud_of("x y z label\n1 2 nan 1\n4 5 6 2\ninf 5 6 3\n7 8 9 4\n", "a.txt", NULL);
	static const char *const names[] = { "a.las", "a.laz" };
	for (int i = 0; i < 2; i++) {
		char want[120], *said = said_of_writing(&c, names[i], NULL);
		snprintf(want, sizeof want, "%s: 2 points without finite coordinates were left out: %s cannot hold them\n",
			names[i], names[i] + 2);
		assert_string_equal(said, want);
		secant_free(said);
		secant_cloud back = read_cloud(in_folder(names[i]), NULL);
		EXPECT(&back, "x", 4, 7);
		EXPECT(&back, "classification", 2, 4);
		secant_cloud_free(&back);
	}
	secant_cloud_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guesses_and_words),
		cmocka_unit_test(test_points_that_a_las_header_does_not_count),
		cmocka_unit_test(test_colours_of_16_bits_where_8_are_held),
		cmocka_unit_test(test_coordinates_that_floats_move),
		cmocka_unit_test(test_points_without_coordinates_are_left_out_of_las),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
