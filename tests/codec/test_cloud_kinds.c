/* Kinds of cloud files that are near the ordinary ones: archives and halves of numpy, headers that other programs and
 * times wrote, records whose width only their numbers tell, and files that are no clouds, refused by name. */
#include "clouds.h"
#include <zlib.h>
#include "base/bytes.h"

static char said[2000];

static void
listen(void *user, secant_level level, const char *line)
{
	size_t n = strlen(said);
	snprintf(said + n, sizeof said - n, "%s\n", line);
}

/* Reads and keeps what is said. */
static secant_cloud
heard(const void *data, size_t size, const char *name)
{
	secant_err err = { 0 };
	secant_cloud_reading opt;
	secant_cloud c = { 0 };
	set_options(&secant_cloud_read_options, &opt, NULL);
	opt.logger = (secant_logger){ listen, NULL };
	said[0] = '\0';
	if (secant_file_write(in_folder(name), data, size, &err) || secant_cloud_read(&c, in_folder(name), &opt, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_cloud_read_options, &opt);
	return c;
}

static void
expect_said(const char *text)
{
	if (!strstr(said, text))
		fail_msg("expected '%s' among: %s", text, said);
}

/* ---- numpy ---- */

typedef struct bytes {
	uint8_t d[4096];
	size_t n;
} bytes;

static void
put(bytes *b, const void *data, size_t n)
{
	assert_true(b->n + n <= sizeof b->d);
	memcpy(b->d + b->n, data, n);
	b->n += n;
}

static void
put_number(bytes *b, uint64_t v, size_t n)
{
	uint8_t d[8];
	base_put_le(d, v, n);
	put(b, d, n);
}

static bytes
npy(const char *type, const char *shape, const void *data, size_t size)
{
	bytes b = { .n = 0 };
	char head[200];
	int n = snprintf(head, sizeof head, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", type, shape);
	put(&b, "\x93NUMPY\1\0", 8);
	put_number(&b, (uint64_t)n, 2);
	put(&b, head, (size_t)n);
	put(&b, data, size);
	return b;
}

/* Adds an array to a zip and to its directory. */
static void
zip_add(bytes *zip, bytes *directory, const char *name, const bytes *array)
{
	size_t at = zip->n;
	uint32_t sum = (uint32_t)crc32(0, array->d, (uInt)array->n);
	for (int local = 1; local >= 0; local--) {
		bytes *b = local ? zip : directory;
		put(b, local ? "PK\3\4" : "PK\1\2\24\0", local ? 4 : 6);
		put(b, "\24\0\0\0\0\0\0\0\0\0", 10);
		put_number(b, sum, 4);
		put_number(b, array->n, 4);
		put_number(b, array->n, 4);
		put_number(b, strlen(name), 2);
		put_number(b, 0, 2);
		if (!local) {
			put(b, "\0\0\0\0\0\0\0\0\0", 10); /* comment, disk, attributes */
			put_number(b, at, 4);
		}
		put(b, name, strlen(name));
	}
	put(zip, array->d, array->n);
}

static void
zip_end(bytes *zip, const bytes *directory, int entries)
{
	size_t at = zip->n;
	put(zip, directory->d, directory->n);
	put(zip, "PK\5\6\0\0\0\0", 8);
	put_number(zip, (uint64_t)entries, 2);
	put_number(zip, (uint64_t)entries, 2);
	put_number(zip, directory->n, 4);
	put_number(zip, at, 4);
	put_number(zip, 0, 2);
}

static void
test_archives_of_numpy(void **state)
{
	static const double xyz[] = { 1, 2, 3, 4, 5, 6 };
	static const uint8_t rgb[] = { 10, 20, 30, 40, 50, 60 };
	static const int64_t label[] = { 7, -1 }, other[] = { 1, 2, 3 };
	static bytes zip, directory, array;
	zip.n = directory.n = 0;
	array = npy("<f8", "(2, 3)", xyz, sizeof xyz);
	zip_add(&zip, &directory, "points.npy", &array);
	array = npy("|u1", "(2, 3)", rgb, sizeof rgb);
	zip_add(&zip, &directory, "rgb.npy", &array);
	array = npy("<i8", "(2,)", label, sizeof label);
	zip_add(&zip, &directory, "label.npy", &array);
	array = npy("<i8", "(3,)", other, sizeof other);
	zip_add(&zip, &directory, "other.npy", &array);
	zip_end(&zip, &directory, 4);
	secant_cloud c = heard(zip.d, zip.n, "a.npz");
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 red:u8 green:u8 blue:u8 label:i64");
	EXPECT(&c, "z", 3, 6);
	EXPECT(&c, "green", 20, 50);
	EXPECT(&c, "label", 7, -1);
	expect_said("the array 'other' has no row of numbers for each of the 2 points: left out");
	secant_cloud_free(&c);
	zip.d[200] ^= 1;
	assert_non_null(strstr(error_of_bytes(zip.d, zip.n, "a.npz", NULL), "damaged"));
	zip.d[200] ^= 1;
	(void)read_all_cuts(zip.d, zip.n, "a.npz");
	zip.n = directory.n = 0;
	array = npy("<i8", "(2,)", label, sizeof label);
	zip_add(&zip, &directory, "label.npy", &array);
	zip_end(&zip, &directory, 1);
	assert_string_equal(error_of_bytes(zip.d, zip.n, "a.npz", NULL),
		"a.npz: none of its arrays (label) is the points: expected one of points x 3 called points or xyz, or x, y and "
		"z");
}

/* Written archives: arrays that numpy's users know, which read back as the same columns, types and numbers. */
static void
test_archives_for_numpy(void **state)
{
	static const char *const names[] = { "red", "green", "blue", "nx", "ny", "nz", "label", "colors", "red_2" };
	static const secant_number types[] = { SECANT_N_U16, SECANT_N_U16, SECANT_N_U16, SECANT_N_F32, SECANT_N_F32,
		SECANT_N_F32, SECANT_N_I64, SECANT_N_U8, SECANT_N_I8 };
	enum { N = 70000 }; /* more than a chunk of conversion */
	secant_err err = { 0 };
	secant_cloud c, chunk, back;
	assert_int_equal(secant_cloud_new(&c, SECANT_N_F64, &err), SECANT_OK);
	for (size_t k = 0; k < sizeof types / sizeof *types; k++)
		assert_true(secant_cloud_add(&c, names[k], types[k], &err) >= 0);
	assert_int_equal(secant_cloud_reserve(&c, N, &err), SECANT_OK);
	c.n = N;
	for (int i = 0; i < c.columns; i++)
		for (int p = 0; p < N; p++)
			secant_cloud_set(&c, i, p, i < 3 ? p * 0.1 + i : i == 9 ? -p : (p * 7 + i) % 100);
	((int64_t *)c.column[9].data)[5] = INT64_C(9007199254740993); /* what a double does not hold */
	assert_int_equal(secant_cloud_write(&c, in_folder("a.npz"), NULL, &err), SECANT_OK);
	assert_int_equal(
		secant_cloud_convert(in_folder("a.npz"), NULL, in_folder("b.npz"), NULL, NULL, NULL, NULL, &err), SECANT_OK);
	char *data;
	size_t size;
	assert_int_equal(secant_file_read(&data, &size, in_folder("b.npz"), 1 << 24, &err), SECANT_OK);
	static const char *const members[] = { "points.npy", "colors.npy", "normals.npy", "label.npy", "colors_1.npy",
		"red_2.npy" };
	for (size_t k = 0; k < sizeof members / sizeof *members; k++)
		assert_non_null(memmem(data, size, members[k], strlen(members[k])));
	assert_non_null(memmem(data, size, "{'descr': '|u1', 'fortran_order': False, 'shape': (70000,), }", 61));
	secant_free(data);
	back = read_cloud(in_folder("b.npz"), NULL);
	assert_string_equal(columns_of(&back),
		"x:f64 y:f64 z:f64 red:u16 green:u16 blue:u16 nx:f32 ny:f32 nz:f32 label:i64 colors_1:u8 red_2:i8");
	assert_int_equal(back.n, N);
	for (int i = 0; i < c.columns; i++)
		assert_memory_equal(back.column[i].data, c.column[i].data, N * secant_number_size(c.column[i].type));
	secant_cloud_free(&back);
	secant_cloud_free(&c);

	/* no points: arrays of no rows, which are read where that is allowed */
	assert_int_equal(secant_cloud_new(&chunk, SECANT_N_F32, &err), SECANT_OK);
	assert_int_equal(secant_cloud_write(&chunk, in_folder("e.npz"), NULL, &err), SECANT_OK);
	secant_cloud_free(&chunk);
	assert_int_equal(secant_cloud_read(&back, in_folder("e.npz"), NULL, &err), SECANT_ERR_FORMAT);
}

static void
test_halves_names_and_sides_of_numpy(void **state)
{
	/* 1, -2, .5, infinity, nan, the smallest number */
	static const uint16_t half[] = { 0x3c00, 0xc000, 0x3800, 0x7c00, 0x7e00, 1 };
	static const float v[] = { 1, 2, 3, 7, 4, 5, 6, 8 };
	static const uint8_t wide[60];
	bytes b = npy("<f2", "(2, 3)", half, sizeof half);
	secant_cloud c = cloud_of_bytes(b.d, b.n, "a.npy", NULL);
	EXPECT(&c, "x", 1, INFINITY);
	EXPECT(&c, "y", -2, NAN);
	EXPECT(&c, "z", .5, 0x1p-24);
	secant_cloud_free(&c);
	b = npy("<f4", "(2, 4)", v, sizeof v);
	c = heard(b.d, b.n, "a.npy");
	expect_said("nothing names the columns; behind x, y, z they are taken as label (--columns)");
	secant_cloud_free(&c);
	c = cloud_of_bytes(b.d, b.n, "a.npy", WITH("columns", "z,x,-,y"));
	EXPECT(&c, "y", 7, 8);
	EXPECT(&c, "z", 1, 4);
	assert_int_equal(c.columns, 3);
	secant_cloud_free(&c);
	b = npy("|u1", "(3, 20)", wide, sizeof wide);
	assert_string_equal(error_of_bytes(b.d, b.n, "a.npy", NULL),
		"a.npy: an array of 3 rows and 20 columns seems to lie on its side, expected points x columns: numpy.save of "
		"its "
		"transpose (a.T)");
}

/* ---- headers ---- */

#define PLY_XYZ "property float x\nproperty float y\nproperty float z\n"

static void
test_whole_numbers_of_64_bits(void **state)
{
	secant_cloud c = cloud_of("ply\nformat ascii 1.0\nelement vertex 2\n" PLY_XYZ
							  "property int64 id\nproperty uint64 t\nproperty bool b\nend_header\n"
							  "1 2 3 9007199254740993 18446744073709551615 1\n1 2 3 -5 4 0\n",
		"a.ply", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 id:i64 t:u64 b:u8");
	assert_true(((const int64_t *)c.column[3].data)[0] == 9007199254740993);
	assert_true(((const int64_t *)c.column[3].data)[1] == -5);
	assert_true(((const uint64_t *)c.column[4].data)[0] == UINT64_MAX);
	/* Text has room for every digit, the doubles of PLY have not, and that is said. */
	secant_err err = { 0 };
	secant_cloud_writing opt;
	char *text = NULL;
	size_t n;
	set_options(&secant_cloud_write_options, &opt, NULL);
	opt.logger = (secant_logger){ listen, NULL };
	said[0] = '\0';
	assert_int_equal(secant_cloud_write(&c, in_folder("o.csv"), &opt, &err), SECANT_OK);
	assert_string_equal(said, "");
	assert_int_equal(secant_file_read(&text, &n, in_folder("o.csv"), 1 << 16, &err), SECANT_OK);
	assert_non_null(strstr(text, "\n1,2,3,9007199254740993,18446744073709551615,1\n1,2,3,-5,4,0\n"));
	secant_free(text);
	assert_int_equal(secant_cloud_write(&c, in_folder("o.ply"), &opt, &err), SECANT_OK);
	expect_said("o.ply: 2 whole numbers have more than the 53 bits that the doubles of ply hold and were rounded");
	secant_opts_free(&secant_cloud_write_options, &opt);
	secant_cloud_free(&c);
}

static void
test_ply_headers_of_other_programs(void **state)
{
	/* Lines that end in a carriage return, before data that begin with a line feed. */
	static const char old[] =
		"ply\rformat binary_little_endian 1.0\relement vertex 1\rproperty uchar x\rproperty uchar "
		"y\rproperty uchar z\rend_header\r\n\v\f",
					  dos[] = "ply\r\nformat binary_little_endian 1.0\r\ncomment c\r\nobj_info o\r\nelement vertex "
							  "1\r\nproperty uchar x\r\nproperty uchar y\r\nproperty uchar z\r\nend_header\r\n\n\v\f";
	secant_cloud c = cloud_of_bytes(old, sizeof old - 1, "a.ply", NULL);
	EXPECT(&c, "x", 10);
	EXPECT(&c, "z", 12);
	secant_cloud_free(&c);
	c = cloud_of_bytes(dos, sizeof dos - 1, "a.ply", NULL);
	EXPECT(&c, "x", 10);
	secant_cloud_free(&c);
	/* DALES Objects calls its points so. */
	c = cloud_of("ply\nformat ascii 1.0\nelement camera 1\nproperty float view\nelement testing 1\n" PLY_XYZ
				 "end_header\n9\n1 2 3\n",
		"a.ply", NULL);
	EXPECT(&c, "y", 2);
	secant_cloud_free(&c);
	assert_string_equal(
		error_of("ply\nformat ascii 1.0\nelement vertex 1\nproperty half x\nend_header\n1\n", "a.ply", NULL),
		"a.ply: line 4: 'half' is no type of PLY: int8 to int64, uint8 to uint64, float, double");
}

static void
test_faces_that_are_left_out_are_said(void **state)
{
	static const char *const files[][2] = {
		{ "a.ply",
			"ply\nformat ascii 1.0\nelement vertex 3\n" PLY_XYZ
			"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n" },
		{ "a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n" },
		{ "a.stl",
			"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
			"endsolid a\n" },
	};
	for (int i = 0; i < 3; i++) {
		secant_cloud c = heard(files[i][1], strlen(files[i][1]), files[i][0]);
		assert_int_equal(c.n, 3);
		expect_said("the vertices are taken as the points, 1 ");
		secant_cloud_free(&c);
	}
}

static void
test_pcd_headers_of_other_programs(void **state)
{
	static const char old[] =
		"# .PCD v.5\nVERSION .5\nCOLUMNS x y z\nSIZE 4 4 4\nTYPE f f f\nCOUNT 1 1 1\nWIDTH 1\nHEIGHT "
		"1\nPOINTS 1\nDATA ASCII\n1 2 3\n4 5 6\n",
					  odd[] = "VERSION .7\nFIELDS x y z id _\nSIZE 1 1 1 3 2\nTYPE U U U U F\nCOUNT 1 1 1 1 1\nWIDTH "
							  "2\nHEIGHT 1\nPOINTS 2\nDATA binary\n\1\2\3iiipp\4\5\6iiipp";
	secant_cloud c = heard(old, sizeof old - 1, "a.pcd");
	EXPECT(&c, "z", 3);
	expect_said("the header counts 1 points, and there is room for 1 more: they were not read");
	secant_cloud_free(&c);
	c = heard(odd, sizeof odd - 1, "a.pcd");
	EXPECT(&c, "x", 1, 4);
	assert_int_equal(c.columns, 3);
	expect_said("the field 'id' has numbers of type U and 3 bytes, which are none of PCD: left out");
	secant_cloud_free(&c);
}

/* ---- scans with their places ---- */

/* Written by libE57Format: scaled numbers of 19 and 13 bits, singles and doubles, constants, an invalid point and a
 * pose; a second scan in angles. */
static void
test_e57_of_several_scans(void **state)
{
	static char *data;
	size_t size;
	secant_err err = { 0 };
	assert_int_equal(secant_file_read(&data, &size, "tests/codec/clouds/two.e57", 1 << 20, &err), SECANT_OK);
	secant_cloud c = heard(data, size, "a.e57");
	assert_string_equal(
		columns_of(&c), "x:f64 y:f64 z:f64 intensity:f32 red:u8 green:u8 blue:u8 rowIndex:u8 timeStamp:i32 scan:i32");
	assert_int_equal(c.n, 13);
	expect_said("1 points that the scanner calls invalid were left out");
	expect_said("1 of 2 scans (scan 1 is the first) have no red: 0 stands there");
	expect_said("1 of 2 scans (scan 0 is the first) have no rowIndex: 0 stands there");
	assert_null(strstr(said, "intensity")); /* NaN stands where a real number is not */
	for (int i = 0, p = 0; i < 7; i++) {
		if (i == 3)
			continue;
		/* Turned by a right angle about z, and moved. */
		assert_true(fabs(value(&c, "x", p) - (1000 - (i * 2.5 - .07))) < 1e-9);
		assert_true(fabs(value(&c, "y", p) - (2100 + i * .125)) < 1e-9);
		assert_true(fabs(value(&c, "z", p) - (3 + i * 1.5)) < 1e-9);
		assert_true(
			value(&c, "intensity", p) == i / 8. && value(&c, "green", p) == i * 31 && value(&c, "scan", p) == 0);
		p++;
	}
	for (int i = 0; i < 7; i++) {
		assert_true(fabs(value(&c, "x", 6 + i) - (2 + i) * cos(i * .125) * cos(i * .25)) < 1e-9);
		assert_true(fabs(value(&c, "z", 6 + i) - (2 + i) * sin(i * .125)) < 1e-9);
		assert_true(value(&c, "rowIndex", 6 + i) == i && value(&c, "timeStamp", 6 + i) == -3);
		assert_true(isnan(value(&c, "intensity", 6 + i)) && value(&c, "scan", 6 + i) == 1);
	}
	secant_cloud_free(&c);
	assert_int_equal(read_all_cuts((const uint8_t *)data, size, "a.e57"), 0);
	/* Every byte of a page is in its sum. */
	for (size_t at = 50; at < size; at += 97) {
		data[at] ^= 4;
		assert_non_null(strstr(error_of_bytes(data, size, "a.e57", NULL), "damaged"));
		data[at] ^= 4;
	}
	secant_free(data);
}

/* case e57-normals: a pose turns points, and what stands upright on them */
static void
test_normals_turn_with_their_scan(void **state)
{
	static char *data;
	size_t size;
	secant_err err = { 0 };
	assert_int_equal(
		secant_file_read(&data, &size, "tests/cases/clouds/e57-normals/turned.e57", 1 << 20, &err), SECANT_OK);
	secant_cloud c = heard(data, size, "a.e57");
	static const char *const names[] = { "x", "y", "z", "nx", "ny", "nz" };
	static const double want[2][6] = { { 10, 21, 30, 0, 1, 0 }, { 8, 20, 30, 0, 0, 1 } };
	assert_int_equal(c.n, 2);
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 6; k++)
			assert_true(fabs(value(&c, names[k], i) - want[i][k]) < 1e-6);
	secant_cloud_free(&c);
	secant_free(data);
}

#define PTX_HEAD "2\n2\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n0 1 0 0\n-1 0 0 0\n0 0 1 0\n100 200 300 1\n"

static void
test_ptx_of_several_scans(void **state)
{
	static const char text[] = PTX_HEAD
		"1 2 3 0.5 10 20 30\n0 0 0 0.5 0 0 0\n1 2 4 0.25 1 2 3\n1 2 5 0.5 1 2 3\n" PTX_HEAD
		"1 2 6 0.5 10 20 30\n0 0 0 0.5 0 0 0\n0 0 0 0.25 1 2 3\n0 0 0 0.5 1 2 3\n";
	secant_cloud c = heard(text, sizeof text - 1, "a.ptx");
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 intensity:f32 red:u8 green:u8 blue:u8 scan:i32");
	EXPECT(&c, "x", 98, 98, 98, 98);
	EXPECT(&c, "y", 201, 201, 201, 201);
	EXPECT(&c, "z", 303, 304, 305, 306);
	EXPECT(&c, "red", 10, 1, 1, 10);
	EXPECT(&c, "scan", 0, 0, 0, 1);
	expect_said("4 places of the grid without an echo (0 0 0) were left out");
	secant_cloud_free(&c);
	assert_string_equal(
		error_of(PTX_HEAD "1 2 3 .5\n", "a.ptx", NULL), "a.ptx: ends in line 11: scan 0 lacks 3 of its points");
	assert_string_equal(error_of("1 2 3\n", "a.ptx", NULL),
		"a.ptx: line 1: expected the grid's columns and rows, a number each in the head of scan 0");
	(void)read_all_cuts((const uint8_t *)text, sizeof text - 1, "a.ptx");
}

/* ---- labels beside ---- */

/* Semantic3D: NAME.labels with a line for each point of NAME.txt. */
static void
test_labels_beside_text(void **state)
{
	static const struct {
		const char *labels, *says; /* NULL: read */
	} rows[] = {
		{ "3\n\n5\n", NULL },
		{ "3\n5", NULL },
		{ "3\n", "a.txt: has more points than the .labels beside it has lines" },
		{ "3\n5\n7\n", "a.txt: has fewer points than the .labels beside it has lines" },
		{ "3\nfive\n", "a.txt: line 2, column 1: 'five' is no number (in the .labels beside it)" },
	};
	static const char text[] = "1 2 3 -1000 10 20 30\n4 5 6 -900 1 2 3\n";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		assert_int_equal(
			secant_file_write(in_folder("a.labels"), rows[i].labels, strlen(rows[i].labels), &err), SECANT_OK);
		if (rows[i].says) {
			assert_string_equal(error_of(text, "a.txt", NULL), rows[i].says);
			continue;
		}
		secant_cloud c = heard(text, sizeof text - 1, "a.txt");
		assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 intensity:f64 red:f64 green:f64 blue:f64 label:i32");
		EXPECT(&c, "label", 3, 5);
		EXPECT(&c, "blue", 30, 3);
		expect_said("labels are those of ");
		secant_cloud_free(&c);
	}
	/* A column of labels of its own is not doubled. */
	secant_cloud c = cloud_of("x y z label\n1 2 3 9\n", "a.txt", NULL);
	assert_int_equal(c.columns, 4);
	EXPECT(&c, "label", 9);
	secant_cloud_free(&c);
	assert_int_equal(remove(in_folder("a.labels")), 0);
}

/* A metre is a metre: a grid of kilometres is said even where a metre is a thousandth of its step. */
static void
test_coarse_grids_are_said(void **state)
{
	secant_err err = { 0 };
	secant_cloud c = cloud_of("1e12 2 3\n1 2 3\n", "a.xyz", NULL);
	secant_cloud_writing opt;
	set_options(&secant_cloud_write_options, &opt, NULL);
	opt.logger = (secant_logger){ listen, NULL };
	said[0] = '\0';
	assert_int_equal(secant_cloud_write(&c, in_folder("a.las"), &opt, &err), SECANT_OK);
	expect_said("x: 1 of 2 coordinates were rounded to the grid's step of 1000");
	secant_opts_free(&secant_cloud_write_options, &opt);
	secant_cloud_free(&c);
}

/* ---- records without a header ---- */

/* A scan of 40 points on a ring, its numbers all positive, so that only the width is in question. */
static size_t
scan(float *v, int fields)
{
	for (int i = 0; i < 40; i++) {
		const float row[6] = { 20 + 9 * cosf((float)i / 9), 20 + 9 * sinf((float)i / 9), 2, .25f, (float)(i / 10),
			7.5f };
		memcpy(v + i * fields, row, (size_t)fields * sizeof *v);
	}
	return 40 * (size_t)fields * sizeof *v;
}

static void
test_records_whose_width_the_numbers_tell(void **state)
{
	float v[240];
	secant_cloud c = cloud_of_bytes(v, scan(v, 4), "a.bin", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 intensity:f32");
	secant_cloud_free(&c);
	/* nuScenes without its ending: 800 bytes are 50 records of 4 floats too. */
	c = cloud_of_bytes(v, scan(v, 5), "a.bin", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 intensity:f32 ring:f32");
	EXPECT((&(secant_cloud){ .n = 1, .columns = c.columns, .column = c.column }), "z", 2);
	secant_cloud_free(&c);
	assert_string_equal(error_of_bytes(v, scan(v, 6), "a.bin", NULL),
		"a.bin: 960 bytes may be records of 4 floats or of 6, which fits better: --columns x,y,z,intensity or "
		"x,y,z,intensity,-,- says which");
	assert_string_equal(error_of_bytes(v, scan(v, 3), "a.bin", NULL),
		"a.bin: 480 bytes may be records of 4 floats or of 3, which fits better: --columns x,y,z,intensity or x,y,z "
		"says "
		"which");
	(void)scan(v, 3);
	assert_string_equal(error_of_bytes(v, 84, "a.bin", NULL),
		"a.bin: 84 bytes may be records of 3 floats, but not of 4 (KITTI) nor of 5 (nuScenes): --columns x,y,z reads "
		"them");
	c = cloud_of_bytes(v, scan(v, 3), "a.bin", WITH("columns", "x,y,z"));
	assert_int_equal(c.n, 40);
	secant_cloud_free(&c);
}

/* ---- no clouds ---- */

static void
test_what_is_no_cloud_is_refused_by_name(void **state)
{
	static const struct {
		const char *name, *text, *said;
	} rows[] = {
		{ "a.las", "version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 3\n",
			"a.las: is a pointer of Git LFS, not the file itself, which is not read: `git lfs pull` fetches it" },
		{ "a.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 3\n",
			"a.bin: is a pointer of Git LFS" },
		{ "a.ply", "<!DOCTYPE html>\n<html>404</html>\n", "a.ply: is a web page" },
		{ "a.h5", "\x89HDF\r\n\x1a\n", "a.h5: is HDF5" },
		{ "a.rcp", "x", "a.rcp: is Autodesk ReCap's own format" },
		{ "a.fls", "x", "a.fls: is FARO's own format" },
		{ "a.zip", "PK\3\4", "a.zip: is an archive" },
		{ "a.bag", "#ROSBAG V2.0\n", "a.bag: is a recording of ROS" },
		{ "a.vtp", "<?xml version='1.0'?>", "a.vtp: is VTK" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = error_of(rows[i].text, rows[i].name, NULL);
		if (strncmp(got, rows[i].said, strlen(rows[i].said)) != 0)
			fail_msg("%s, expected %s", got, rows[i].said);
	}
	/* No data set takes them for clouds. */
	assert_false(secant_cloud_is_readable("a.zip") || secant_cloud_is_readable("a.h5"));
	assert_true(secant_cloud_is_readable("a.npz"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives_of_numpy),
		cmocka_unit_test(test_archives_for_numpy),
		cmocka_unit_test(test_halves_names_and_sides_of_numpy),
		cmocka_unit_test(test_whole_numbers_of_64_bits),
		cmocka_unit_test(test_ply_headers_of_other_programs),
		cmocka_unit_test(test_faces_that_are_left_out_are_said),
		cmocka_unit_test(test_pcd_headers_of_other_programs),
		cmocka_unit_test(test_e57_of_several_scans),
		cmocka_unit_test(test_normals_turn_with_their_scan),
		cmocka_unit_test(test_ptx_of_several_scans),
		cmocka_unit_test(test_labels_beside_text),
		cmocka_unit_test(test_coarse_grids_are_said),
		cmocka_unit_test(test_records_whose_width_the_numbers_tell),
		cmocka_unit_test(test_what_is_no_cloud_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
