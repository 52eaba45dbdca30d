/*
 * Clouds as the tools of the field write them: names of columns, ranges of numbers, headers of LAS, grids of PCD. What
 * a target cannot hold is counted and said. The files of tests/codec/clouds were reported by users of other programs;
 * the tests name them: ascii-float-with-utm, las-fields-by-pdal-names, las-intensity-from-shares,
 * las-keeps-its-header, las-values-out-of-range, las12-geotiff-stays-valid, pcd-keeps-grid-and-viewpoint.
 */
#include "clouds.h"
#include "base/bytes.h"

#define CASES "tests/codec/clouds/"

/* ---- conversion with its remarks ---- */

static char said[4000];

static void
listen(void *user, secant_level level, const char *line)
{
	size_t n = strlen(said);
	snprintf(said + n, sizeof said - n, "%s\n", line);
}

static secant_cloud
converted(const char *from, const char *to, const char *const *pairs)
{
	secant_cloud_reading in;
	secant_cloud_writing out;
	secant_err err = { 0 };
	said[0] = '\0';
	set_options(&secant_cloud_read_options, &in, NULL);
	set_options(&secant_cloud_write_options, &out, pairs);
	in.logger = out.logger = (secant_logger){ listen, NULL };
	if (secant_cloud_convert(from, &in, in_folder(to), &out, NULL, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_cloud_write_options, &out);
	return read_cloud(in_folder(to), NULL);
}

static secant_cloud
las_of_text(const char *text, const char *const *pairs)
{
	secant_err err = { 0 };
	if (secant_file_write(in_folder("t.txt"), text, strlen(text), &err))
		fail_msg("%s", err.msg);
	return converted(in_folder("t.txt"), "t.las", pairs);
}

static void
expect_said(const char *text)
{
	if (!strstr(said, text))
		fail_msg("expected '%s' among: %s", text, said);
}

static const uint8_t *
bytes_of(const char *name, size_t *size)
{
	static char *data;
	secant_err err = { 0 };
	secant_free(data);
	if (secant_file_read(&data, size, in_folder(name), 1 << 20, &err))
		fail_msg("%s", err.msg);
	return (const uint8_t *)data;
}

/* ---- names ---- */

static void
test_las_fields_by_pdal_names(void **state)
{
	static const struct {
		const char *file;
		bool flags;
	} cases[] = { { CASES "pdalnames.txt", true }, { CASES "cc.txt", false } };
	for (int i = 0; i < 2; i++) {
		secant_cloud c = converted(cases[i].file, "a.las", NULL);
		assert_true(value(&c, "return_number", 0) == 2);
		assert_true(value(&c, "number_of_returns", 0) == 3);
		assert_true(value(&c, "point_source_id", 0) == 321);
		assert_true(value(&c, "user_data", 0) == 7);
		assert_true(value(&c, "scan_angle", 0) == -2000);
		assert_true(value(&c, "intensity", 0) == 100);
		assert_true(value(&c, "classification", 0) == 5);
		assert_true(value(&c, "gps_time", 0) == 1000.25);
		assert_true(value(&c, "scan_direction_flag", 0) == cases[i].flags);
		/* Nothing is left that would be an extra dimension. */
		assert_int_equal(c.columns, i ? 21 : 18);
		secant_cloud_free(&c);
	}
}

/* PDAL's ClassFlags is four fields in one number; where LAS has no place for the fourth the number is kept, too. */
static void
test_las_flags_in_one_number(void **state)
{
	static const char text[] = "X Y Z Classification ClassFlags\n1 2 3 7 2\n2 2 3 2 8\n3 2 3 5 5\n4 2 3 5 0\n";
	static const char *const old[] = { "las-format", "3", NULL },
							 *const fields[] = { "synthetic", "key_point", "withheld", "overlap" };
	static const int flags[] = { 2, 8, 5, 0 };
	for (int k = 0; k < 2; k++) {
		secant_cloud c = las_of_text(text, k ? old : NULL);
		for (int p = 0; p < 4; p++)
			for (int bit = 0; bit < 4 - k; bit++)
				assert_true(value(&c, fields[bit], p) == (flags[p] >> bit & 1));
		assert_int_equal(secant_cloud_find(&c, "ClassFlags") >= 0, k);
		secant_cloud_free(&c);
	}
}

/* Paris-Lille-3D: "label" counts objects, "class" is the class; only one of them is taken for it. */
static void
test_classes_beside_numbers_of_objects(void **state)
{
	secant_cloud c = las_of_text("//X Y Z label class\n1 2 3 563 4\n2 2 3 99 2\n", NULL);
	assert_true(value(&c, "classification", 0) == 4 && value(&c, "classification", 1) == 2);
	assert_true(value(&c, "label", 0) == 563);
	secant_cloud_free(&c);
}

/* One name each of the programs of the field, in their spelling. */
static void
test_names_of_other_programs(void **state)
{
	static const struct {
		const char *name, *field;
		double value, want;
	} cases[] = {
		{ "Return Number", "return_number", 3, 3 },
		{ "Number of Returns", "number_of_returns", 3, 3 },
		{ "return_num", "return_number", 3, 3 },
		{ "echo_number", "return_number", 3, 3 },
		{ "number_of_echoes", "number_of_returns", 3, 3 },
		{ "Target Count", "number_of_returns", 3, 3 },
		{ "returnCount", "number_of_returns", 3, 3 },
		{ "direction_of_scan_flag", "scan_direction_flag", 1, 1 },
		{ "Cls", "classification", 6, 6 },
		{ "scalar_Intensity", "intensity", 9, 9 },
		{ "INTENSITY", "intensity", 9, 9 },
		{ "Intensity[DN]", "intensity", 9, 9 },
		{ "Amplitude", "intensity", 9, 9 },
		{ "GpsTime", "gps_time", 4.5, 4.5 },
		{ "GPS Time", "gps_time", 4.5, 4.5 },
		{ "Timestamp", "gps_time", 4.5, 4.5 },
		{ "scalar_Classification", "classification", 6, 6 },
		{ "Point Source ID", "point_source_id", 11, 11 },
		{ "PointSourceId", "point_source_id", 11, 11 },
		{ "UserData", "user_data", 11, 11 },
		{ "Scan Angle Rank", "scan_angle", 6, 1000 },
		{ "ScanAngle", "scan_angle", 6, 1000 },
		{ "scan_angle", "scan_angle", 6, 6 },
		{ "scan_angle", "scan_angle", 1.5, 250 },
		{ "EdgeOfFlightLine", "edge_of_flight_line", 1, 1 },
		{ "Synthetic Flag", "synthetic", 1, 1 },
		{ "Overlap", "overlap", 1, 1 },
		{ "ScanChannel", "scanner_channel", 2, 2 },
		{ "Infrared", "nir", 500, 500 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		snprintf(text, sizeof text, "X;Y;Z;%s\n1;2;3;%g\n", cases[i].name, cases[i].value);
		secant_cloud c = las_of_text(text, NULL);
		if (value(&c, cases[i].field, 0) != cases[i].want)
			fail_msg("%s: %s is %g, expected %g", cases[i].name, cases[i].field, value(&c, cases[i].field, 0),
				cases[i].want);
		secant_cloud_free(&c);
	}
}

/* ---- ranges ---- */

static void
test_las_intensity_from_shares(void **state)
{
	secant_cloud c = converted(CASES "intens01.xyz", "a.las", NULL);
	for (int i = 0; i < 20; i++)
		assert_true(value(&c, "intensity", i) == nearbyint(i / 20.0 * 65535));
	expect_said("'intensity' runs from 0 to 0.95: taken as shares of 1 and written times 65535");
	secant_cloud_free(&c);
	c = converted(CASES "intens01.xyz", "a.las", WITH("intensity-range", "keep"));
	expect_said("intensity: 19 of 20 values were rounded to whole numbers");
	secant_cloud_free(&c);
	/* Leica's range; numbers that fit are left alone; decibels stay an attribute. */
	c = las_of_text("x y z intensity\n0 0 0 -2048\n1 1 1 2047\n", NULL);
	EXPECT(&c, "intensity", 0, 4095);
	expect_said("taken as -2048 to 2047 and written plus 2048");
	secant_cloud_free(&c);
	c = las_of_text("x y z intensity\n0 0 0 0\n1 1 1 255\n", NULL);
	EXPECT(&c, "intensity", 0, 255);
	secant_cloud_free(&c);
	c = las_of_text("x y z intensity\n0 0 0 0\n1 1 1 255\n", WITH("intensity-range", "byte"));
	EXPECT(&c, "intensity", 0, 65535);
	secant_cloud_free(&c);
	c = las_of_text("x y z Reflectance\n0 0 0 -13.5\n1 1 1 2\n", NULL);
	EXPECT(&c, "intensity", 0, 0);
	EXPECT(&c, "Reflectance", -13.5, 2);
	secant_cloud_free(&c);
}

static void
test_colours_of_every_range(void **state)
{
	secant_cloud c = las_of_text("x y z r g b\n0 0 0 0 0.5 1\n1 1 1 0.25 0 0\n", NULL);
	EXPECT(&c, "green", 32768, 0);
	expect_said("taken as shares of 1");
	secant_cloud_free(&c);
	c = las_of_text("x y z r g b\n0 0 0 0 128 255\n", NULL);
	EXPECT(&c, "green", 128 * 257);
	expect_said("taken as 8 bits");
	secant_cloud_free(&c);
	c = las_of_text("x y z r g b\n0 0 0 0 128 1255\n", NULL);
	EXPECT(&c, "green", 128);
	secant_cloud_free(&c);
	c = las_of_text("x y z r g b\n0 0 0 0 128 255\n", WITH("colour-range", "word"));
	EXPECT(&c, "green", 128);
	secant_cloud_free(&c);
}

static void
test_las_values_out_of_range(void **state)
{
	secant_cloud c = converted(CASES "gpsneg.csv", "a.las", NULL);
	EXPECT(&c, "return_number", 15, 0);
	EXPECT(&c, "intensity", 65535, 0);
	expect_said("return_number: 1 of 2 values lay outside 0 to 15 and were cut (point 0: 20)");
	expect_said("intensity: 2 of 2 values lay outside 0 to 65535 and were cut (point 0: 70000)");
	secant_cloud_free(&c);
	c = las_of_text("x y z user_data point_source_id\n0 0 0 nan 1.5\n", NULL);
	expect_said("user_data: 1 of 1 values were no numbers and became 0");
	expect_said("point_source_id: 1 of 1 values were rounded to whole numbers");
	secant_cloud_free(&c);
}

/* ---- coordinates ---- */

static void
test_ascii_float_with_utm(void **state)
{
	secant_cloud c = converted(CASES "utm_float_ascii.ply", "a.xyz", NULL);
	EXPECT(&c, "y", 4877455.58, 4877472.61);
	EXPECT(&c, "x", 494428.61, 494392.76);
	expect_said("'y' is called float, but its text has more digits than floats hold");
	secant_cloud_free(&c);
	c = read_cloud(CASES "utm_float_ascii.ply", WITH("coordinates", "f32"));
	assert_true(value(&c, "y", 0) == 4877455.5);
	secant_cloud_free(&c);
	c = cloud_of("VERSION .7\nFIELDS x y z t\nSIZE 4 4 4 4\nTYPE F F F F\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n"
				 "494428.61 4877455.58 131.57 1000000.33\n",
		"a.pcd", NULL);
	EXPECT(&c, "y", 4877455.58);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 t:f64");
	secant_cloud_free(&c);
	/* The digits of a float are no more than a float's. */
	c = cloud_of("ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n"
				 "end_header\n0.100000001 0.30000001192092896 4877455.500000\n1e-7 16777216 0.1\n",
		"a.ply", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32");
	secant_cloud_free(&c);
}

static void
test_a_coarse_grid_is_counted(void **state)
{
	secant_cloud c = las_of_text("0.25 1 2\n0.254 1 2\n0.26 1 2\n", WITH("las-scale", "0.01"));
	expect_said("x: 1 of 3 coordinates were rounded to the grid's step of 0.01 (--las-scale)");
	assert_null(strstr(said, "y: "));
	secant_cloud_free(&c);
	c = las_of_text("494428.61 4877455.58 131.57\n494392.76 4877472.61 136.06\n", NULL);
	assert_string_equal(said, "");
	secant_cloud_free(&c);
}

/* ---- headers ---- */

static void
test_las_keeps_its_header(void **state)
{
	static const char *const targets[] = { "a.las", "a.laz" };
	for (int i = 0; i < 2; i++) {
		secant_cloud c = converted(CASES "scaled_extra.las", targets[i], NULL),
					 was = read_cloud(CASES "scaled_extra.las", NULL);
		assert_string_equal(said, "");
		assert_int_equal(c.las.source, 77);
		assert_string_equal(c.las.system, "RIEGL TEST");
		assert_int_equal(c.las.year, 2019);
		assert_int_equal(c.las.day, 126); /* 6 May */
		assert_memory_equal(c.las.guid, was.las.guid, 16);
		assert_memory_equal(c.scale, was.scale, sizeof c.scale);
		assert_memory_equal(c.offset, was.offset, sizeof c.offset);
		for (int k = 0; k < 10; k++) {
			assert_true(value(&c, "temp", k) == value(&was, "temp", k));
			assert_true(value(&c, "rgbn_1", k) == 3 * k + 1);
		}
		/* The description of extra bytes is the source's, number for number. */
		const secant_cloud_record *a = NULL, *b = NULL;
		for (int k = 0; k < c.records; k++)
			a = c.record[k].id == 4 ? &c.record[k] : a;
		for (int k = 0; k < was.records; k++)
			b = was.record[k].id == 4 ? &was.record[k] : b;
		assert_true(a && b && a->size == 3 * 192 && a->size == b->size);
		for (int k = 0; k < 3; k++) {
			assert_memory_equal(a->data + 192 * k + 2, b->data + 192 * k + 2, 1); /* type */
			assert_memory_equal(a->data + 192 * k + 4, b->data + 192 * k + 4, 32); /* name */
			assert_memory_equal(a->data + 192 * k + 112, b->data + 192 * k + 112, 80); /* scale, offset, description */
		}
		secant_cloud_free(&was);
		secant_cloud_free(&c);
	}
}

/* "Return numbers were made up": from LAS 1.3 on, before that the bit is reserved. */
static void
test_las_says_that_returns_were_made_up(void **state)
{
	static const char *const versions[] = { "auto", "1.4", "1.3", "1.2" };
	secant_cloud c = las_of_text("1 2 3\n", NULL);
	c.las.known = c.las.made_returns = true;
	c.las.minor = 4;
	for (int i = 0; i < 4; i++) {
		const char *const pairs[] = { "las-version", versions[i], NULL };
		secant_cloud_writing o;
		secant_err err = { 0 };
		size_t size;
		set_options(&secant_cloud_write_options, &o, pairs);
		c.las.format = i < 2 ? 6 : 0;
		assert_int_equal(secant_cloud_write(&c, in_folder("r.las"), &o, &err), SECANT_OK);
		secant_opts_free(&secant_cloud_write_options, &o);
		assert_int_equal(base_le16(bytes_of("r.las", &size) + 6) & 8, i < 3 ? 8 : 0);
		secant_cloud back = read_cloud(in_folder("r.las"), NULL);
		assert_int_equal(back.las.made_returns, i < 3);
		secant_cloud_free(&back);
	}
	secant_cloud_free(&c);
}

static void
test_extra_bytes_that_lost_a_part(void **state)
{
	secant_cloud c = read_cloud(CASES "scaled_extra.las", NULL);
	secant_cloud_remove(&c, secant_cloud_find(&c, "rgbn_1"));
	secant_cloud_set(&c, secant_cloud_find(&c, "temp"), 0, 1e6);
	secant_cloud_writing o;
	secant_err err = { 0 };
	set_options(&secant_cloud_write_options, &o, NULL);
	o.logger = (secant_logger){ listen, NULL };
	said[0] = '\0';
	assert_int_equal(secant_cloud_write(&c, in_folder("e.las"), &o, &err), SECANT_OK);
	expect_said("temp: 1 of 10 values lay outside -32768 to 32767 and were cut (point 0: 99998000)");
	secant_cloud_free(&c);
	c = read_cloud(in_folder("e.las"), NULL);
	EXPECT(&c, "rgbn_2", 2, 5, 8, 11, 14, 17, 20, 23, 26, 29);
	assert_true(fabs(value(&c, "temp", 0) - 347.67) < 1e-9 && value(&c, "temp", 1) == 20.5);
	secant_cloud_free(&c);
}

static void
test_las12_geotiff_stays_valid(void **state)
{
	size_t size;
	secant_cloud c = converted(CASES "las12_geotiff.las", "a.las", NULL);
	const uint8_t *d = bytes_of("a.las", &size);
	assert_int_equal(d[25], 2);
	assert_int_equal(d[104], 1);
	assert_int_equal(d[6] & 16, 0);
	assert_true(c.records >= 1 && c.record[0].id == 34735);
	assert_string_equal(said, "");
	secant_cloud_free(&c);
	/* Formats 6 to 10 have the WKT bit in any case, and the loss is said. */
	c = converted(CASES "las12_geotiff.las", "a.las", WITH("las-format", "6"));
	d = bytes_of("a.las", &size);
	assert_int_equal(d[25], 4);
	assert_int_equal(d[6] & 16, 16);
	expect_said("the coordinate system is in GeoTIFF keys, which programs do not read in point formats 6 to 10");
	secant_cloud_free(&c);
	/* Colours that are added want a format that has them, of the same generation. */
	c = read_cloud(CASES "las12_geotiff.las", NULL);
	static const char *const colours[] = { "red", "green", "blue" };
	for (int k = 0; k < 3; k++)
		assert_true(secant_cloud_add(&c, colours[k], SECANT_N_U8, NULL) >= 0);
	write_cloud(&c, in_folder("b.las"), NULL);
	d = bytes_of("b.las", &size);
	assert_int_equal(d[25], 2);
	assert_int_equal(d[104], 3);
	secant_cloud_set(&c, secant_cloud_find(&c, "classification"), 1, 64);
	secant_err err = { 0 };
	assert_int_equal(secant_cloud_write(&c, in_folder("b.las"), NULL, &err), SECANT_ERR_RANGE);
	assert_non_null(strstr(err.msg,
		"point 1: class 64 (column 'classification'); point format 3 holds whole numbers 0 to 31 (formats 6 to 10, in "
		"LAS 1.4, hold 255, but no GeoTIFF coordinate system)"));
	/* Without a coordinate system to lose, more classes are another format. */
	for (int k = 0; k < c.records; k++)
		secant_free(c.record[k].data);
	c.records = 0;
	write_cloud(&c, in_folder("b.las"), NULL);
	assert_int_equal(bytes_of("b.las", &size)[104], 7);
	secant_cloud_free(&c);
}

static void
test_pcd_keeps_grid_and_viewpoint(void **state)
{
	static const char *const encodings[] = { "ascii", "binary", "compressed" };
	for (int i = 0; i < 3; i++) {
		secant_cloud c = converted(CASES "org_grid.pcd", "a.pcd", WITH("encoding", encodings[i]));
		const double want[7] = { 10, 0, 0, 0.7071068, 0, 0, 0.7071068 };
		assert_true(c.view.width == 2 && c.view.height == 2 && c.view.known);
		assert_memory_equal(c.view.viewpoint, want, sizeof want);
		assert_string_equal(said, "");
		secant_cloud_free(&c);
	}
	/* A part of it is no grid. */
	secant_cloud c = read_cloud(CASES "org_grid.pcd", NULL), part;
	secant_cloud_writing o;
	secant_err err = { 0 };
	set_options(&secant_cloud_write_options, &o, NULL);
	o.logger = (secant_logger){ listen, NULL };
	assert_int_equal(secant_cloud_take(&part, &c, (const int64_t[]){ 0, 3, 1 }, 3, &err), SECANT_OK);
	said[0] = '\0';
	assert_int_equal(secant_cloud_write(&part, in_folder("p.pcd"), &o, &err), SECANT_OK);
	expect_said("3 points are no longer the grid of 2 x 2: HEIGHT is 1");
	secant_cloud_free(&c);
	secant_cloud_free(&part);
	c = converted(CASES "org_grid.pcd", "a.xyz", NULL);
	expect_said("the grid of 2 x 2 and the viewpoint are left behind");
	secant_cloud_free(&c);
}

/* ---- formats without a header, and meshes ---- */

static void
test_kitti_and_nuscenes(void **state)
{
	const float four[] = { 1, 2, 3, .5f, -4, 5, -6, .25f }, five[] = { 1, 2, 3, 17, 4, -7, 8, 9, 31, 0 };
	const uint32_t labels[] = { 40 | 7u << 16, 252 };
	secant_err err = { 0 };
	secant_cloud c = cloud_of_bytes(four, sizeof four, "a.bin", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 intensity:f32");
	EXPECT(&c, "intensity", .5, .25);
	secant_cloud_free(&c);
	c = cloud_of_bytes(five, sizeof five, "a.pcd.bin", NULL);
	EXPECT(&c, "ring", 4, 0);
	EXPECT(&c, "intensity", 17, 31);
	secant_cloud_free(&c);
	c = cloud_of_bytes(five, sizeof five, "n.bin", NULL);
	EXPECT(&c, "x", 1, -7);
	secant_cloud_free(&c);
	c = cloud_of_bytes(four, sizeof four, "a.bin", WITH("columns", "x,-,y,z"));
	EXPECT(&c, "y", 3, -6);
	secant_cloud_free(&c);
	/* Labels beside it, in the folder of SemanticKITTI and in its own. */
	assert_int_equal(secant_make_dirs(in_folder("00/velodyne"), &err), SECANT_OK);
	assert_int_equal(secant_make_dirs(in_folder("00/labels"), &err), SECANT_OK);
	assert_int_equal(secant_file_write(in_folder("00/labels/000001.label"), labels, sizeof labels, &err), SECANT_OK);
	c = cloud_of_bytes(four, sizeof four, "00/velodyne/000001.bin", NULL);
	EXPECT(&c, "label", 40, 252);
	EXPECT(&c, "instance", 7, 0);
	secant_cloud_free(&c);
	assert_int_equal(secant_file_write(in_folder("b.label"), labels, 4, &err), SECANT_OK);
	assert_int_equal(secant_file_write(in_folder("b.bin"), four, sizeof four, &err), SECANT_OK);
	assert_int_equal(secant_cloud_read(&c, in_folder("b.bin"), NULL, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "b.label: 4 bytes are no labels of 4 bytes for the 2 points of"));
	/* What is no scan is refused: pickles, archives, whole numbers. */
	assert_non_null(strstr(error_of_bytes("PK\3\4 0123456789", 16, "w.bin", NULL),
		"16 bytes are neither records of 4 floats (KITTI: x y z intensity) nor of 5"));
	assert_non_null(strstr(error_of_bytes(labels, 8, "w.bin", NULL), "8 bytes are neither"));
	const uint32_t whole[] = { 1, 2, 3, 4 };
	assert_non_null(strstr(error_of_bytes(whole, sizeof whole, "w.bin", NULL), "16 bytes are neither"));
	assert_non_null(
		strstr(error_of_bytes(four, sizeof four, "w.bin", WITH("columns", "x,y,z")), "no records of 3 floats"));
}

static void
test_text_by_its_ending(void **state)
{
	static const struct {
		const char *name, *text, *columns;
	} cases[] = {
		{ "a.xyzrgb", "1 2 3 0 0 1\n", "x:f64 y:f64 z:f64 red:f64 green:f64 blue:f64" },
		{ "a.xyzn", "1 2 3 0 0 1\n", "x:f64 y:f64 z:f64 nx:f64 ny:f64 nz:f64" },
		{ "a.xyzi", "1 2 3 4\n", "x:f64 y:f64 z:f64 intensity:f64" },
		{ "a.asc", "//X Y Z R G B Intensity\n1 2 3 4 5 6 7\n", "x:f64 y:f64 z:f64 R:f64 G:f64 B:f64 Intensity:f64" },
		{ "a.pts", "1\n1 2 3 -1024 4 5 6\n", "x:f64 y:f64 z:f64 intensity:f64 red:f64 green:f64 blue:f64" },
		{ "b.pts", "1\n1 2 3 -1024\n", "x:f64 y:f64 z:f64 intensity:f64" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_cloud c = cloud_of(cases[i].text, cases[i].name, NULL);
		assert_string_equal(columns_of(&c), cases[i].columns);
		secant_cloud_free(&c);
	}
	assert_string_equal(error_of("ncols 2\nnrows 2\nxllcorner 0\n1 2\n3 4\n", "g.asc", NULL),
		"g.asc: is a grid of heights (ESRI ASCII raster: ncols, nrows, cellsize), not a list of points");
}

static void
test_stl(void **state)
{
	static const char text[] =
		"solid s\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n"
		"endfacet\nfacet normal 0 0 1\nouter loop\nvertex 1 0 0\nvertex 1 1 0\nvertex 0 1 -0.0\n"
		"endloop\nendfacet\nendsolid s\n";
	secant_cloud c = cloud_of(text, "a.stl", NULL);
	EXPECT(&c, "x", 0, 1, 0, 1);
	EXPECT(&c, "y", 0, 0, 1, 1);
	secant_cloud_free(&c);
	c = cloud_of(text, "a.stl", WITH("mesh-points", "100"));
	assert_int_equal(c.n, 100);
	for (int i = 0; i < 100; i++)
		assert_true(
			value(&c, "nz", i) == 1 && value(&c, "x", i) >= 0 && value(&c, "x", i) <= 1 && value(&c, "z", i) == 0);
	secant_cloud_free(&c);
	uint8_t binary[84 + 50] = "solid, but binary";
	binary[80] = 1;
	const float corners[9] = { 0, 0, 5, 1, 0, 5, 0, 1, 5 };
	memcpy(binary + 96, corners, sizeof corners);
	c = cloud_of_bytes(binary, sizeof binary, "b.stl", NULL);
	EXPECT(&c, "z", 5, 5, 5);
	secant_cloud_free(&c);
	assert_string_equal(error_of("solid s\nvertex 0 0 0\nvertex 1 0\n", "a.stl", NULL),
		"a.stl: triangle 0 has a corner that is no number");
	assert_string_equal(
		error_of("solid s\nvertex 0 0 0\nvertex 1 0 1\n", "a.stl", NULL), "a.stl: ends within triangle 0");
	assert_non_null(strstr(error_of_bytes(binary, 100, "b.stl", NULL), "has no triangles"));
	(void)read_all_cuts(binary, sizeof binary, "b.stl");
	(void)read_all_cuts((const uint8_t *)text, sizeof text - 1, "a.stl");
}

/* ---- LAZ ---- */

/* The LAZ of a cloud reads back as its LAS does, byte for byte of the points; every point format. */
static void
test_laz_is_las(void **state)
{
	static const char *const files[] = { "format0", "format1", "format2", "format3", "format4", "format5", "format6",
		"format7", "format8", "format9", "format10", "channels8" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[200];
		size_t plain, packed;
		snprintf(path, sizeof path, "tests/fuzz/corpus/cloud_las/%s.laz", files[i]);
		secant_cloud c = converted(path, "a.las", NULL);
		secant_cloud_free(&c);
		c = converted(in_folder("a.las"), "b.laz", NULL);
		secant_cloud_free(&c);
		c = converted(in_folder("b.laz"), "c.las", NULL);
		secant_cloud_free(&c);
		uint8_t *copy = malloc(100000);
		const uint8_t *a = bytes_of("a.las", &plain);
		memcpy(copy, a, plain);
		const uint8_t *b = bytes_of("c.las", &packed);
		assert_int_equal(plain, packed);
		assert_memory_equal(copy, b, plain);
		/* The compressor of the source's writer made the same bytes. */
		char *first;
		secant_err err = { 0 };
		assert_int_equal(secant_file_read(&first, &plain, path, 1 << 20, &err), SECANT_OK);
		b = bytes_of("b.laz", &packed);
		assert_int_equal(plain, packed);
		uint32_t at = base_le32(b + 96);
		assert_memory_equal(first + at, b + at, plain - at);
		secant_free(first);
		free(copy);
	}
}

/* Numbers that no scanner makes, over several chunks. */
static void
test_laz_of_wild_numbers(void **state)
{
	enum { N = 60000 };
	static const char *const formats[] = { "0", "1", "3", "5", "6", "8", "10" };
	for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
		secant_cloud c;
		secant_err err = { 0 };
		uint32_t seed = 1;
		assert_int_equal(secant_cloud_new(&c, SECANT_N_F64, &err), SECANT_OK);
		static const char *const names[] = { "intensity", "red", "green", "blue", "point_source_id" };
		for (int k = 0; k < 5; k++)
			assert_true(secant_cloud_add(&c, names[k], SECANT_N_U16, &err) >= 3);
		int time = secant_cloud_add(&c, "gps_time", SECANT_N_F64, &err),
			extra = secant_cloud_add(&c, "e", SECANT_N_U32, &err);
		int returns = secant_cloud_add(&c, "return_number", SECANT_N_U8, &err);
		assert_int_equal(secant_cloud_reserve(&c, N, &err), SECANT_OK);
		c.n = N;
		for (int i = 0; i < N; i++) {
			for (int k = 0; k < c.columns; k++) {
				seed = seed * 1664525u + 1013904223u;
				uint32_t v = seed >> (i % 5 ? 20 : 0);
				secant_cloud_set(&c, k, i,
					k < 3              ? (double)(int32_t)(v - (1u << 30)) * .01
						: k == time    ? (i % 7 ? 1e5 + i * 1e-5 : (double)seed * 1e3)
						: k == extra   ? v
						: k == returns ? v % 8
									   : v & 0xffff);
			}
		}
		for (int k = 0; k < 3; k++) {
			c.scale[k] = .01;
			c.offset[k] = 0;
		}
		write_cloud(&c, in_folder("w.las"), WITH("las-format", formats[f], "las-version", "1.4"));
		write_cloud(&c, in_folder("w.laz"), WITH("las-format", formats[f], "las-version", "1.4"));
		secant_cloud_free(&c);
		secant_cloud a = read_cloud(in_folder("w.las"), NULL), b = read_cloud(in_folder("w.laz"), NULL);
		assert_string_equal(columns_of(&a), columns_of(&b));
		for (int k = 0; k < a.columns; k++)
			assert_memory_equal(a.column[k].data, b.column[k].data, secant_number_size(a.column[k].type) * N);
		secant_cloud_free(&a);
		secant_cloud_free(&b);
	}
}

static void
test_laz_out_of_memory(void **state)
{
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_las/channels8.laz", NULL);
	for (long at = 1; at < 3000; at++) {
		secant_err err = { 0 };
		long live = base_mem_live();
		base_mem_fail_at(at);
		secant_status s = secant_cloud_write(&c, in_folder("m.laz"), NULL, &err);
		base_mem_fail_at(0);
		assert_int_equal(base_mem_live(), live);
		if (!s) {
			assert_true(at > 20);
			secant_cloud_free(&c);
			return;
		}
		assert_int_equal(s, SECANT_ERR_NOMEM);
	}
	fail_msg("never succeeds");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_las_fields_by_pdal_names),
		cmocka_unit_test(test_las_flags_in_one_number),
		cmocka_unit_test(test_classes_beside_numbers_of_objects),
		cmocka_unit_test(test_names_of_other_programs),
		cmocka_unit_test(test_las_intensity_from_shares),
		cmocka_unit_test(test_colours_of_every_range),
		cmocka_unit_test(test_las_values_out_of_range),
		cmocka_unit_test(test_ascii_float_with_utm),
		cmocka_unit_test(test_a_coarse_grid_is_counted),
		cmocka_unit_test(test_las_keeps_its_header),
		cmocka_unit_test(test_las_says_that_returns_were_made_up),
		cmocka_unit_test(test_extra_bytes_that_lost_a_part),
		cmocka_unit_test(test_las12_geotiff_stays_valid),
		cmocka_unit_test(test_pcd_keeps_grid_and_viewpoint),
		cmocka_unit_test(test_kitti_and_nuscenes),
		cmocka_unit_test(test_text_by_its_ending),
		cmocka_unit_test(test_stl),
		cmocka_unit_test(test_laz_is_las),
		cmocka_unit_test(test_laz_of_wild_numbers),
		cmocka_unit_test(test_laz_out_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
