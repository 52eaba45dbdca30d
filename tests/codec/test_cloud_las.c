/*
 * LAS and LAZ. The files of tests/fuzz/corpus/cloud_las were written by laspy and lazrs (tests/fuzz/make_clouds.py): 40
 * points whose numbers follow the formulas below, in every point format. Writing, grids, classes, extra bytes, records;
 * damaged files; real files.
 */
#include "clouds.h"
#include "base/bytes.h"

#define CORPUS "tests/fuzz/corpus/cloud_las/"
enum { N = 40 };

static double
formula(const char *name, int i)
{
	static const struct {
		const char *name;
		int kind;
	} names[] = {
		{ "x", 0 },
		{ "y", 1 },
		{ "z", 2 },
		{ "intensity", 3 },
		{ "classification", 4 },
		{ "user_data", 5 },
		{ "point_source_id", 6 },
		{ "number_of_returns", 7 },
		{ "return_number", 8 },
		{ "withheld", 9 },
		{ "edge_of_flight_line", 10 },
		{ "scan_angle_rank", 11 },
		{ "scan_angle", 12 },
		{ "overlap", 13 },
		{ "gps_time", 14 },
		{ "red", 15 },
		{ "green", 16 },
		{ "blue", 17 },
		{ "nir", 18 },
		{ "wavepacket_index", 19 },
		{ "wavepacket_offset", 20 },
		{ "wavepacket_size", 21 },
		{ "return_point_wave_location", 22 },
		{ "x_t", 23 },
		{ "y_t", 24 },
		{ "z_t", 25 },
		{ "height", 26 },
		{ "tenths", 27 },
		{ "synthetic", 28 },
		{ "key_point", 28 },
		{ "scan_direction_flag", 28 },
	};
	const double v[] = {
		i * i * 7 % 1000 * .01 + 100,
		i * 13 * .01 - 200,
		(i * 29 % 50 - 25) * .5,
		i * 331 % 5000,
		i % 20,
		i % 4,
		100 + i / 10,
		1 + i % 3,
		1 + i % (1 + i % 3),
		i % 7 == 0,
		i % 10 == 9,
		i - 20,
		(i - 20) * 100,
		i % 5 == 0,
		1000 + i * .25 + (i >= 20) * 1e6,
		i * 500,
		i * 300,
		1000 + i,
		i * 1111,
		i % 2,
		60 + i * 256,
		256,
		i * .5,
		i * .125,
		.25,
		-1,
		i * .25,
		5 + i * .1,
		0,
	};
	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (!strcmp(names[k].name, name))
			return v[names[k].kind];
	return NAN;
}

static void
check_formulas(const secant_cloud *c, const char *file, int channels)
{
	assert_int_equal(c->n, N);
	for (int k = 0; k < c->columns; k++) {
		for (int i = 0; i < N; i++) {
			const char *name = c->column[k].name;
			double want = !strcmp(name, "scanner_channel") ? (channels ? i % 3 : 0) : formula(name, i);
			if (!(fabs(secant_cloud_get(c, k, i) - want) < 1e-9))
				fail_msg("%s: %s of point %d is %.17g, expected %.17g", file, name, i, secant_cloud_get(c, k, i), want);
		}
	}
}

static void
test_all_formats_as_laspy_and_lazrs_wrote_them(void **state)
{
	static const char *const files[] = {
		"format0.laz",
		"format1.laz",
		"format2.laz",
		"format3.laz",
		"format4.laz",
		"format5.laz",
		"format6.laz",
		"format7.laz",
		"format8.laz",
		"format9.laz",
		"format10.laz",
		"channels8.laz",
		"format1.las",
		"format10.las",
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[200];
		snprintf(path, sizeof path, CORPUS "%s", files[i]);
		secant_cloud c = read_cloud(path, NULL);
		check_formulas(&c, files[i], files[i][0] == 'c');
		secant_cloud_free(&c);
	}
	secant_cloud c = read_cloud(CORPUS "format2.laz", WITH("select", "tenths,classification"));
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 classification:u8 tenths:f64");
	check_formulas(&c, "selected", 0);
	secant_cloud_free(&c);
}

static void
test_laz_in_small_pieces(void **state)
{
	secant_err err = { 0 };
	for (int max = 1; max < 60; max += 6) {
		secant_cloud chunk = { 0 };
		secant_cloud_reader *r = secant_cloud_open(CORPUS "format7.laz", NULL, &err);
		assert_non_null(r);
		assert_int_equal(secant_cloud_total(r), N);
		assert_string_equal(secant_cloud_details(r), "LAZ 1.4, point format 7");
		int64_t n = 0;
		for (; !secant_cloud_next(r, &chunk, max, &err) && chunk.n; n += chunk.n)
			for (int64_t i = 0; i < chunk.n; i++)
				assert_true(value(&chunk, "blue", i) == formula("blue", (int)(n + i)));
		assert_int_equal(n, N);
		assert_int_equal(err.code, SECANT_OK);
		secant_cloud_close(r);
		secant_cloud_free(&chunk);
	}
}

static void
test_writing_keeps_what_was_read(void **state)
{
	static const struct {
		const char *file, *version, *format;
	} cases[] = {
		{ "format0.laz", "1.2", "0" },
		{ "format3.laz", "1.2", "3" },
		{ "format5.laz", "1.4", "5" },
		{ "format2.laz", "1.2", "2" },
		{ "format7.laz", "1.4", "7" },
		{ "format10.las", "1.4", "10" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[200];
		secant_err err = { 0 };
		snprintf(path, sizeof path, CORPUS "%s", cases[i].file);
		secant_cloud c = read_cloud(path, NULL);
		write_cloud(&c, in_folder("o.las"), WITH("las-version", cases[i].version, "las-format", cases[i].format));
		secant_cloud_free(&c);
		c = read_cloud(in_folder("o.las"), NULL);
		check_formulas(&c, cases[i].file, 0);
		assert_true(c.scale[0] == .01 && c.offset[1] == -200);
		secant_cloud_free(&c);
		secant_cloud_reader *r = secant_cloud_open(in_folder("o.las"), NULL, &err);
		assert_non_null(strstr(secant_cloud_details(r), cases[i].version));
		secant_cloud_close(r);
	}
}

/* No coordinate may lose more than half a step, whatever the extent. */
static void
test_grid_of_written_files(void **state)
{
	static const double cases[][2] = { { 0, 1 }, { 0, 1e-6 }, { 5e5, 1e3 }, { -4e6, 2e6 }, { 7, 0 }, { 1e9, 1e-3 },
		{ 0, 1e7 } };
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		secant_err err = { 0 };
		secant_cloud c;
		assert_int_equal(secant_cloud_new(&c, SECANT_N_F64, &err), SECANT_OK);
		assert_int_equal(secant_cloud_reserve(&c, 100, &err), SECANT_OK);
		c.n = 100;
		for (int i = 0; i < 100; i++)
			for (int axis = 0; axis < 3; axis++)
				secant_cloud_set(&c, axis, i, cases[k][0] + cases[k][1] * (i * 37 % 100) / 99.0 * (axis + 1));
		write_cloud(&c, in_folder("g.las"), NULL);
		secant_cloud back = read_cloud(in_folder("g.las"), NULL);
		for (int axis = 0; axis < 3; axis++) {
			for (int i = 0; i < 100; i++) {
				double lost = fabs(secant_cloud_get(&back, axis, i) - secant_cloud_get(&c, axis, i)),
					   size = fabs(secant_cloud_get(&c, axis, i));
				if (lost > back.scale[axis] / 2 * (1 + 1e-6) + size * 0x1p-52)
					fail_msg("case %zu: %g lost of step %g", k, lost, back.scale[axis]);
			}
			assert_true(back.scale[axis] <= fmax(cases[k][1] * 3 * 1e-8, fabs(cases[k][0]) * 1e-13 + 1e-12));
		}
		secant_cloud_free(&back);
		secant_cloud_free(&c);
	}
}

static void
test_classes_colours_and_extra_dimensions(void **state)
{
	secant_cloud c = cloud_of(
		"x y z red green blue label confidence\n1 2 3 255 0 10 49 0.5\n4 5 6 1 2 3 7 0.25\n", "a.txt", NULL);
	write_cloud(&c, in_folder("o.las"), WITH("classification-dimension", "true"));
	secant_cloud back = read_cloud(in_folder("o.las"), NULL);
	EXPECT(&back, "classification", 49, 7);
	EXPECT(&back, "Classification", 49, 7);
	EXPECT(&back, "red", 65535, 257);
	EXPECT(&back, "confidence", .5, .25);
	EXPECT(&back, "return_number", 1, 1);
	EXPECT(&back, "number_of_returns", 1, 1);
	assert_true(secant_cloud_find(&back, "label") < 0);
	secant_cloud_free(&back);
	secant_cloud_writing opt;
	secant_err err = { 0 };
	set_options(&secant_cloud_write_options, &opt, WITH("las-version", "1.2"));
	assert_int_equal(secant_cloud_write(&c, in_folder("o.las"), &opt, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg,
		"point 0: class 49 (column 'label'); point format 2 holds whole numbers 0 to 31 (formats 6 to 10, in "
		"LAS 1.4, hold 255)"));
	secant_opts_free(&secant_cloud_write_options, &opt);
	secant_cloud_free(&c);
	/* The refused writes left the first file alone. */
	back = read_cloud(in_folder("o.las"), NULL);
	assert_int_equal(back.n, 2);
	secant_cloud_free(&back);
}

static void
test_records_are_kept(void **state)
{
	secant_cloud c = read_cloud(CORPUS "format10.las", NULL);
	secant_cloud_record two[2] = {
		{ .user = "LASF_Projection", .id = 2112, .description = "wkt", .size = 5, .data = (uint8_t *)"PROJ" },
		{ .user = "me", .id = 7, .size = 3, .data = (uint8_t *)"abc", .extended = true },
	};
	c.record = two;
	c.records = 2;
	c.wkt = true;
	write_cloud(&c, in_folder("r.las"), NULL);
	c.records = 0;
	c.record = NULL;
	secant_cloud_free(&c);
	for (int turn = 0; turn < 2; turn++) {
		c = read_cloud(in_folder(turn ? "s.las" : "r.las"), NULL);
		check_formulas(&c, "with records", 0);
		assert_int_equal(c.records, 2);
		assert_string_equal(c.record[0].user, "LASF_Projection");
		assert_memory_equal(c.record[0].data, "PROJ", 5);
		assert_int_equal(c.record[1].id, 7);
		assert_true(c.record[1].extended && c.wkt);
		write_cloud(&c, in_folder("s.las"), NULL);
		secant_cloud_free(&c);
	}
}

/* COPC's octree and LAStools' index tell places in their own file: copied, they would lead every reader astray. */
static void
test_indices_of_another_file_are_not_kept(void **state)
{
	secant_cloud c = read_cloud(CORPUS "format10.las", NULL);
	secant_cloud_record four[4] = {
		{ .user = "copc", .id = 1, .size = 5, .data = (uint8_t *)"INFO1" },
		{ .user = "LAStools", .id = 30, .size = 4, .data = (uint8_t *)"LASX" },
		{ .user = "me", .id = 30, .size = 3, .data = (uint8_t *)"abc" },
		{ .user = "copc", .id = 1000, .size = 3, .data = (uint8_t *)"oct", .extended = true },
	};
	c.record = four;
	c.records = 4;
	write_cloud(&c, in_folder("i.las"), NULL);
	c.records = 0;
	c.record = NULL;
	secant_cloud_free(&c);
	c = read_cloud(in_folder("i.las"), NULL);
	check_formulas(&c, "without indices", 0);
	assert_int_equal(c.records, 1);
	assert_string_equal(c.record[0].user, "me");
	secant_cloud_free(&c);
}

/* Changes bytes of a corpus file and gives the message. */
static const char *
message_after(const char *file, size_t at, const char *bytes, size_t n)
{
	char path[200], *data;
	size_t size;
	static char message[500];
	secant_err err = { 0 };
	snprintf(path, sizeof path, CORPUS "%s", file);
	assert_int_equal(secant_file_read(&data, &size, path, 1 << 20, &err), SECANT_OK);
	memcpy(data + at, bytes, n);
	snprintf(message, sizeof message, "%s", error_of_bytes(data, size, "b.las", NULL));
	secant_free(data);
	return message;
}

static void
test_complaints(void **state)
{
	assert_string_equal(message_after("format1.las", 24, "\2", 1), "b.las: is LAS 2.2; versions 1.0 to 1.4 are read");
	assert_string_equal(message_after("format1.las", 104, "\13", 1), "b.las: point format 11; 0 to 10 are read");
	assert_string_equal(message_after("format1.las", 105, "\24", 1), "b.las: records of 20 bytes, format 1 needs 28");
	assert_string_equal(
		message_after("format1.las", 107, "\51", 1), "b.las: announces 41 points of 28 bytes, but holds 40");
	assert_string_equal(message_after("format1.las", 96, "\377\377\377\377", 4),
		"b.las: the points begin at byte 4294967295, outside 227 to 1347");
	assert_non_null(
		strstr(message_after("format1.las", 131, "\0\0\0\0\0\0\0\0", 8), "scale 0, offset 100 of axis x are no grid"));
	assert_string_equal(error_of("LASF", "b.las", NULL), "b.las: ends at byte 4, in the header of 227 bytes");
	/* The record of LAZ stands behind the header of 227 bytes and its own head of 54. */
	assert_string_equal(message_after("format1.laz", 281, "\1", 1),
		"b.las: LAZ compressor 1 (one stream without chunks, LASzip before 2.0) is not read");
	assert_string_equal(message_after("format1.laz", 281 + 34 + 4, "\1", 1),
		"b.las: LAZ item POINT10 is of version 1; version 2 is read");
	assert_string_equal(message_after("format1.laz", 281 + 34, "\143", 1), "b.las: LAZ item type 99 is not read");
	assert_non_null(
		strstr(message_after("format1.laz", 281 + 34 + 12, "\377\377\377\177", 4), "the LAZ chunk table is at byte"));
}

static void
test_every_cut_and_flipped_bytes(void **state)
{
	static const char *const files[] = { "format1.las", "format2.laz", "channels8.laz", "format9.laz" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[200], *data;
		size_t size;
		secant_err err = { 0 };
		snprintf(path, sizeof path, CORPUS "%s", files[i]);
		assert_int_equal(secant_file_read(&data, &size, path, 1 << 20, &err), SECANT_OK);
		assert_int_equal(read_all_cuts((uint8_t *)data, size, "a.las"), 0);
		for (size_t at = 0; at < size; at++) {
			secant_cloud chunk = { 0 };
			err.code = SECANT_OK;
			data[at] ^= 0x55;
			secant_cloud_reader *r = secant_cloud_open_memory(data, size, "a.las", NULL, &err);
			for (int n = 0; r && n < 100 && !secant_cloud_next(r, &chunk, 30, &err) && chunk.n; n++)
				;
			secant_cloud_close(r);
			secant_cloud_free(&chunk);
			data[at] ^= 0x55;
		}
		secant_free(data);
	}
}

static void
test_allocation_failures(void **state)
{
	for (long at = 1; at < 3000; at++) {
		secant_err err = { 0 };
		secant_cloud c;
		long live = base_mem_live();
		base_mem_fail_at(at);
		secant_status s = secant_cloud_read(&c, CORPUS "channels8.laz", NULL, &err);
		base_mem_fail_at(0);
		if (!s) {
			check_formulas(&c, "in the end", 1);
			secant_cloud_free(&c);
			assert_true(at > 20);
			return;
		}
		assert_int_equal(s, SECANT_ERR_NOMEM);
		assert_int_equal(base_mem_live(), live);
	}
	fail_msg("never succeeds");
}

static void
test_real_files(void **state)
{
	skip_without(data_path("point-clouds/las/simple.las"));
	secant_cloud a = read_cloud(data_path("point-clouds/las/simple.las"), NULL),
				 b = read_cloud(data_path("point-clouds/las/simple.laz"), NULL);
	assert_int_equal(a.n, 1065);
	assert_int_equal(b.n, 1065);
	assert_int_equal(a.columns, b.columns);
	for (int k = 0; k < a.columns; k++)
		assert_memory_equal(a.column[k].data, b.column[k].data, 1065 * secant_number_size(a.column[k].type));
	secant_cloud_free(&a);
	secant_cloud_free(&b);
	a = read_cloud(data_path("point-clouds/las/bad_vlr_count.las"), NULL);
	assert_int_equal(a.n, 10);
	secant_cloud_free(&a);
	a = read_cloud(data_path("point-clouds/las/no-points.las"), WITH("allow-empty", "true"));
	assert_int_equal(a.n, 0);
	secant_cloud_free(&a);
	a = read_cloud(data_path("point-clouds/las/file_with_both_wkt_and_geotiff_vlrs.las"), NULL);
	assert_int_equal(a.n, 25408);
	assert_int_equal(a.records, 4);
	int32_t *classes = malloc(25408 * sizeof *classes);
	assert_int_equal(secant_cloud_integers(&a, secant_cloud_role(&a, SECANT_ROLE_LABEL), classes, NULL), SECANT_OK);
	assert_int_equal(classes[25407], 6);
	free(classes);
	secant_cloud_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_formats_as_laspy_and_lazrs_wrote_them),
		cmocka_unit_test(test_laz_in_small_pieces),
		cmocka_unit_test(test_writing_keeps_what_was_read),
		cmocka_unit_test(test_grid_of_written_files),
		cmocka_unit_test(test_classes_colours_and_extra_dimensions),
		cmocka_unit_test(test_records_are_kept),
		cmocka_unit_test(test_indices_of_another_file_are_not_kept),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_every_cut_and_flipped_bytes),
		cmocka_unit_test(test_allocation_failures),
		cmocka_unit_test(test_real_files),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
