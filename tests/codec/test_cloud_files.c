/* The other cloud files: PCD, OFF, OBJ, NPY, IDX; what files are by contents; conversion; roles and colours of the
 * cloud itself. */
#include "clouds.h"

/* ---- the cloud ---- */

static void
test_columns_and_roles(void **state)
{
	secant_err err = { 0 };
	secant_cloud c, d;
	assert_int_equal(secant_cloud_new(&c, SECANT_N_U8, &err), SECANT_ERR_ARG);
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_new(&c, SECANT_N_F32, &err), SECANT_OK);
	assert_int_equal(secant_cloud_add(&c, "scalar_Classification", SECANT_N_U8, &err), 3);
	assert_int_equal(secant_cloud_add(&c, "R", SECANT_N_U16, &err), 4);
	assert_int_equal(secant_cloud_add(&c, "R", SECANT_N_U16, &err), SECANT_ERR_ARG);
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_add(&c, "", SECANT_N_U16, &err), SECANT_ERR_ARG);
	assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_LABEL), 3);
	assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_RED), 4);
	assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_BLUE), -1);
	assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_Z), 2);
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_reserve(&c, 4, &err), SECANT_OK);
	c.n = 4;
	for (int i = 0; i < 4; i++) {
		secant_cloud_set(&c, 0, i, i * .5);
		secant_cloud_set(&c, 1, i, 0);
		secant_cloud_set(&c, 2, i, 0);
		secant_cloud_set(&c, 3, i, i * 100 - 50);
		secant_cloud_set(&c, 4, i, i == 2 ? NAN : 1e9);
	}
	EXPECT(&c, "scalar_Classification", 0, 50, 150, 250);
	EXPECT(&c, "R", 65535, 65535, 0, 65535);
	static const int64_t index[] = { 3, 3, 0 }, wrong[] = { 4 };
	assert_int_equal(secant_cloud_take(&d, &c, index, 3, &err), SECANT_OK);
	EXPECT(&d, "x", 1.5, 1.5, 0);
	secant_cloud_free(&d);
	assert_int_equal(secant_cloud_take(&d, &c, wrong, 1, &err), SECANT_ERR_RANGE);
	int32_t labels[4];
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_integers(&c, 3, labels, &err), SECANT_OK);
	assert_int_equal(labels[3], 250);
	assert_int_equal(secant_cloud_integers(&c, 0, labels, &err), SECANT_ERR_RANGE);
	assert_string_equal(err.msg, "column 'x', point 1: 0.5 is no whole number of 32 bits");
	float positions[12];
	secant_cloud_positions(&c, (const double[]){ .5, 0, -1 }, positions);
	assert_true(positions[0] == -.5f && positions[2] == 1 && positions[9] == 1);
	secant_cloud_remove(&c, 3);
	assert_int_equal(secant_cloud_find(&c, "R"), 3);
	secant_cloud_free(&c);
}

static void
test_colours(void **state)
{
	static const struct {
		const char *text;
		double range;
		int rgb;
	} cases[] = {
		{ "x y z r g b\n0 0 0 1 0 0.5\n", 1, 0xff0080 },
		{ "x y z r g b\n0 0 0 255 0 128\n", 255, 0xff0080 },
		{ "x y z r g b\n0 0 0 65535 0 32896\n", 65535, 0xff0080 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t rgb[3];
		secant_cloud c = cloud_of(cases[i].text, "a.txt", NULL);
		assert_true(secant_cloud_colour_range(&c) == cases[i].range);
		secant_cloud_colours(&c, cases[i].range, rgb);
		assert_int_equal(rgb[0] << 16 | rgb[1] << 8 | rgb[2], cases[i].rgb);
		secant_cloud_free(&c);
	}
}

/* ---- PCD ---- */

static void
test_pcd(void **state)
{
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_pcd/ascii.pcd", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 red:u8 green:u8 blue:u8");
	EXPECT(&c, "x", 1, NAN);
	EXPECT(&c, "blue", 255, 0);
	EXPECT(&c, "red", 0, 255);
	secant_cloud_free(&c);
	static const char *const files[] = { "tests/fuzz/corpus/cloud_pcd/binary.pcd",
		"tests/fuzz/corpus/cloud_pcd/compressed.pcd" };
	for (int i = 0; i < 2; i++) {
		c = read_cloud(files[i], NULL);
		assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 red:u8 green:u8 blue:u8 n_0:i16 n_1:i16");
		EXPECT(&c, "z", 1, 2);
		EXPECT(&c, "red", 16, 16);
		EXPECT(&c, "blue", 0x31, 0x32);
		EXPECT(&c, "n_1", -1, -2);
		secant_cloud_free(&c);
	}
	/* A packed colour as the float that has these bits, as old writers put it: 4.2108e+06 is 0x4a8080e0. */
	c = cloud_of("VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS "
				 "1\nDATA ascii\n0.93773 0.33763 0 4.2108e+06\n",
		"a.pcd", NULL);
	EXPECT(&c, "red", 0x80);
	EXPECT(&c, "green", 0x80);
	EXPECT(&c, "blue", 0xe0);
	secant_cloud_free(&c);
}

static void
test_pcd_complaints(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4\n", "a.pcd: line 3: SIZE has 2 good values, there are 3 fields" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 1\nDATA odd\n",
			"a.pcd: line 6: DATA is 'odd', expected ascii, binary or binary_compressed" },
		{ "VERSION .7\nFIELDS x y\nSIZE 4 4\nTYPE F F\nPOINTS 1\nDATA ascii\n1 2\n", "a.pcd: there is no field z" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 3 4\nTYPE F F F\nPOINTS 1\nDATA ascii\n",
			"a.pcd: field 'y': type F of 3 bytes, 1 times, is none of PCD" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nDATA ascii\n",
			"a.pcd: the header has neither POINTS nor WIDTH" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 2\nDATA ascii\n1 2 3\n",
			"a.pcd: announces 2 points, but there are 1" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 2\nDATA binary\n012345678901",
			"a.pcd: announces 2 points of 12 bytes, but 12 bytes follow" },
		{ "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 2\n", "a.pcd: the header has no line DATA" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(error_of(cases[i].text, "a.pcd", NULL), cases[i].message);
}

static void
test_pcd_writing(void **state)
{
	static const char *const encodings[] = { "ascii", "binary", "compressed" };
	base_str s = { 0 };
	base_str_add(&s, "x y z label red green blue\n");
	for (int i = 0; i < 500; i++)
		base_str_addf(&s, "%d.5 %d 3 %d %d 0 255\n", i, i % 7, i % 3, i % 256);
	char *text = base_str_take(&s);
	secant_cloud c = cloud_of(text, "a.txt", NULL);
	for (int k = 0; k < 3; k++) {
		write_cloud(&c, in_folder("o.pcd"), WITH("encoding", encodings[k]));
		secant_cloud back = read_cloud(in_folder("o.pcd"), NULL);
		assert_string_equal(columns_of(&back), "x:f32 y:f32 z:f32 label:u8 red:u8 green:u8 blue:u8");
		assert_int_equal(back.n, 500);
		for (int i = 0; i < 500; i++)
			assert_true(value(&back, "x", i) == i + .5 && value(&back, "red", i) == i % 256
				&& value(&back, "label", i) == i % 3 && value(&back, "blue", i) == 255);
		secant_cloud_free(&back);
	}
	char *data;
	size_t size;
	assert_int_equal(secant_file_read(&data, &size, in_folder("o.pcd"), 100000, NULL), SECANT_OK);
	(void)read_all_cuts((uint8_t *)data, size, "o.pcd");
	secant_free(data);
	secant_free(text);
	secant_cloud_free(&c);
	/* Far from the origin a float would move the points: doubles stay. */
	c = cloud_of("4000000.125 5000000.25 3\n4000001 5000000 4\n", "a.xyz", NULL);
	write_cloud(&c, in_folder("o.pcd"), NULL);
	secant_cloud_free(&c);
	c = read_cloud(in_folder("o.pcd"), NULL);
	EXPECT(&c, "x", 4000000.125, 4000001);
	secant_cloud_free(&c);
}

/* ---- meshes ---- */

static void
test_off(void **state)
{
	static const char *const texts[] = {
		"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
		"OFF3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
		"OFF # c\n\n# c\n3 1 0\n\n0 0 0\n1 0 0 # c\n0 1 0\n3 0 1 2 0.5 0.5 0.5\n",
		"OFF\n3 1\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
		"OFF3 1 # no edges\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2",
		"OFF\n3\n1\n3\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		secant_cloud c = cloud_of(texts[i], "a.off", NULL);
		assert_int_equal(c.n, 10000);
		assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 nx:f32 ny:f32 nz:f32");
		double x = 0;
		for (int64_t k = 0; k < c.n; k++) {
			assert_true(
				value(&c, "x", k) >= 0 && value(&c, "y", k) >= 0 && value(&c, "x", k) + value(&c, "y", k) <= 1 + 1e-12);
			x += value(&c, "x", k);
		}
		assert_true(fabs(x / 10000 - 1 / 3.) < .01);
		secant_cloud_free(&c);
		c = cloud_of(texts[i], "a.off", WITH("mesh-points", "0"));
		EXPECT(&c, "x", 0, 1, 0);
		secant_cloud_free(&c);
	}
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_mesh/coff", WITH("mesh-points", "0"));
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 nx:f32 ny:f32 nz:f32 red:f32 green:f32 blue:f32");
	EXPECT(&c, "green", 8, 8, 8);
	secant_cloud_free(&c);
}

static void
test_off_seed_and_complaints(void **state)
{
	const char *text = "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n";
	secant_cloud a = cloud_of(text, "a.off", WITH("mesh-points", "10")),
				 b = cloud_of(text, "a.off", WITH("mesh-points", "10", "mesh-seed", "1"));
	assert_memory_not_equal(a.column[0].data, b.column[0].data, 80);
	secant_cloud_free(&a);
	secant_cloud_free(&b);
	assert_string_equal(error_of("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", "a.off", NULL),
		"a.off: triangle 0 has vertex 3, counted from 0, but there are 3 vertices");
	assert_string_equal(error_of("OFF\n3 1 0\n0 0 0\n1 0\n", "a.off", NULL),
		"a.off: line 5: expected a number of a vertex, the file ends");
	assert_string_equal(error_of("OFF\n3 1 0\n0 0 0\n1 x 0\n", "a.off", NULL),
		"a.off: line 4: expected a number of a vertex, found a word");
	assert_string_equal(
		error_of("OFF\n3000 1 0\n0 0 0\n", "a.off", NULL), "a.off: line 2: 3000 vertices in a file of 19 bytes");
	assert_string_equal(error_of("OFF\n1 1 0\n0 0 0\n3 0 0 0\n", "a.off", NULL),
		"a.off: the mesh has an area of 0: no points can be drawn on it (--mesh-points 0 takes its vertices)");
	assert_string_equal(error_of("OFF BINARY\n", "a.off", NULL), "a.off: is a binary OFF file; only text is read");
}

static void
test_obj(void **state)
{
	const char *text = "# c\nv 0 0 0 1 0 0\nv 2 0 0 0 1 0\nv 0 2 0 0 0 1\nvn 0 0 1\nvt 0 0\nf 1/1/1 2//1 -1\n";
	secant_cloud c = cloud_of(text, "a.obj", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 red:f32 green:f32 blue:f32");
	EXPECT(&c, "x", 0, 2, 0);
	EXPECT(&c, "blue", 0, 0, 1);
	secant_cloud_free(&c);
	c = cloud_of(text, "a.obj", WITH("mesh-points", "100"));
	assert_int_equal(c.n, 100);
	assert_true(value(&c, "nz", 50) == 1);
	secant_cloud_free(&c);
	assert_string_equal(error_of("v 1 2\n", "a.obj", NULL), "a.obj: line 1: a vertex has 2 numbers, expected 3");
	assert_string_equal(error_of("v 1 2 3\nf 1 2 3\n", "a.obj", WITH("mesh-points", "5")),
		"a.obj: triangle 0 has vertex 1, counted from 0, but there are 1 vertices");
}

/* ---- arrays ---- */

static void
test_npy(void **state)
{
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_npy/plain", NULL);
	EXPECT(&c, "y", 1, 7);
	secant_cloud_free(&c);
	c = read_cloud("tests/fuzz/corpus/cloud_npy/fortran", NULL);
	EXPECT(&c, "y", 1, 5);
	EXPECT(&c, "label", 3, 7);
	secant_cloud_free(&c);
	c = read_cloud("tests/fuzz/corpus/cloud_npy/fields", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 label:u8");
	write_cloud(&c, in_folder("o.npy"), NULL);
	secant_cloud_free(&c);
	c = read_cloud(in_folder("o.npy"), NULL);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.columns, 4);
	secant_cloud_free(&c);
	static const char *const files[] = { "plain", "fortran", "fields" };
	for (int i = 0; i < 3; i++) {
		char path[200], *data;
		size_t size;
		snprintf(path, sizeof path, "tests/fuzz/corpus/cloud_npy/%s", files[i]);
		assert_int_equal(secant_file_read(&data, &size, path, 10000, NULL), SECANT_OK);
		assert_int_equal(read_all_cuts((uint8_t *)data, size, "a.npy"), 0);
		secant_free(data);
	}
	/* Fields of several numbers, and padding (type V) as numpy aligns it. */
	static const char head[] = "\x93NUMPY\1\0\x76\0{'descr': [('XYZ', '<i2', (3,)), ('rgb', '|u1', (3,)), ('', '|V1'), "
							   "('f', '<u2', (2,))], 'fortran_order': False, 'shape': (2,)}\n";
	char bytes[sizeof head - 1 + 28];
	memcpy(bytes, head, sizeof head - 1);
	bytes[8] = (char)(sizeof head - 1 - 10);
	memcpy(bytes + sizeof head - 1, "\1\0\2\0\3\0\4\5\6\377\7\0\10\0\11\0\12\0\13\0\14\15\16\377\17\0\20\0", 28);
	c = cloud_of_bytes(bytes, sizeof bytes, "a.npy", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 red:u8 green:u8 blue:u8 f_0:u16 f_1:u16");
	EXPECT(&c, "z", 3, 11);
	EXPECT(&c, "blue", 6, 14);
	EXPECT(&c, "f_1", 8, 16);
	secant_cloud_free(&c);
	assert_int_equal(read_all_cuts((uint8_t *)bytes, sizeof bytes, "a.npy"), 0);
	static const char half[] = "\x93NUMPY\1\0\x3a\0{'descr': '<f2', 'fortran_order': False, 'shape': (4,3)}   \n";
	assert_string_equal(error_of_bytes(half, sizeof half - 1, "a.npy", NULL),
		"a.npy: announces 12 numbers of 2 bytes, but only 2 bytes follow");
	static const char flat[] = "\x93NUMPY\1\0\x3a\0{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }  \n";
	assert_string_equal(error_of_bytes(flat, sizeof flat - 1, "a.npy", NULL),
		"a.npy: an array of rank 1, expected 2: points x columns");
}

/* A plain array of numbers names its columns by their values alone. */
static void
test_npy_keeps_what_its_columns_are(void **state)
{
	static const char *const bare[] = { "out-header", "no", NULL };
	char *data;
	size_t size;
	secant_cloud c = cloud_of("x y z intensity red green blue gps_time classification\n"
							  "1.25 2 3 700 60000 1 2 300000.123456789 2\n4 5 6 9 3 4 65535 300001.5 6\n",
		"a.txt", NULL);
	write_cloud(&c, in_folder("o.npy"), NULL);
	write_cloud(&c, in_folder("bare.npy"), bare);
	secant_cloud back = read_cloud(in_folder("o.npy"), NULL);
	assert_int_equal(back.columns, c.columns);
	for (int i = 0; i < c.columns; i++) {
		assert_string_equal(back.column[i].name, c.column[i].name);
		assert_int_equal(back.column[i].type, c.column[i].type);
		for (int64_t k = 0; k < c.n; k++)
			assert_true(secant_cloud_get(&back, i, k) == secant_cloud_get(&c, i, k));
	}
	secant_cloud_free(&back);
	secant_cloud_free(&c);
	back = read_cloud(in_folder("bare.npy"), NULL);
	assert_int_equal(back.columns, 9);
	assert_string_equal(back.column[3].name, "c4");
	secant_cloud_free(&back);
	c = cloud_of("x y z red green blue label\n1.25 2 3 255 0 1 2\n4 5 6 9 3 4 6\n", "a.txt", NULL);
	write_cloud(&c, in_folder("o.npy"), NULL);
	secant_cloud_free(&c);
	assert_int_equal(secant_file_read(&data, &size, in_folder("o.npy"), 10000, NULL), SECANT_OK);
	assert_true(size > 60 && !memcmp(data + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 7), }", 59));
	secant_free(data);
}

static void
test_idx(void **state)
{
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_idx/pictures", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 intensity:u8 picture:u32");
	EXPECT(&c, "x", 1, 0, 2, 2);
	EXPECT(&c, "y", 1, 0, 0, 0);
	EXPECT(&c, "intensity", 200, 255, 129, 250);
	EXPECT(&c, "picture", 0, 0, 0, 1);
	secant_cloud_free(&c);
	c = read_cloud("tests/fuzz/corpus/cloud_idx/pictures", WITH("entry", "1", "pixel-threshold", "3"));
	EXPECT(&c, "intensity", 4, 5, 250);
	secant_cloud_free(&c);
	assert_string_equal(error_of_bytes("\0\0\10\1\0\0\0\0", 8, "a.idx", NULL),
		"a.idx: IDX of type 0x08, rank 1; pictures are of bytes (0x08), rank 3");
	assert_string_equal(error_of_bytes("\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\1z", 17, "a.idx", NULL),
		"a.idx: announces 2 pictures of 1x1, but holds 1 bytes of them");
}

static void
test_mnist(void **state)
{
	static const char *const names[] = { "mnist-10k/train-images-idx3-ubyte.gz",
		"mnist-10k/test-images-idx3-ubyte.gz" };
	for (int i = 0; i < 2; i++) {
		skip_without(data_path(names[i]));
		secant_cloud c = read_cloud(data_path(names[i]), WITH("entry", "0"));
		assert_true(c.n > 20 && c.n < 400);
		secant_cloud_free(&c);
	}
}

/* ---- conversion ---- */

static bool
stop(void *user, int64_t done)
{
	return false;
}

static void
test_conversion(void **state)
{
	secant_err err = { 0 };
	int64_t n = 0;
	static const char *const files[] = { "b.las", "b.ply", "b.pcd", "b.npy", "b.csv", "b.txt", "b.pts", "b.xyz" };
	secant_cloud c = cloud_of("x y z label\n0.5 2 3 7\n4 5 6 31\n", "a.txt", NULL);
	secant_cloud_free(&c);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (secant_cloud_convert(in_folder("a.txt"), NULL, in_folder(files[i]), NULL, &n, NULL, NULL, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(n, 2);
		secant_cloud back = read_cloud(in_folder(files[i]), NULL);
		EXPECT(&back, "x", .5, 4);
		int label = secant_cloud_role(&back, SECANT_ROLE_LABEL);
		assert_true(label >= 3 && secant_cloud_get(&back, label, 1) == 31);
		secant_cloud_free(&back);
	}
	assert_int_equal(secant_cloud_convert(in_folder("a.txt"), NULL, in_folder("c.txt"), NULL, &n, stop, NULL, &err),
		SECANT_ERR_CANCELLED);
	assert_false(secant_is_file(in_folder("c.txt")));
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_convert(in_folder("none.txt"), NULL, in_folder("c.txt"), NULL, &n, NULL, NULL, &err),
		SECANT_ERR_IO);
	assert_non_null(strstr(err.msg, "none.txt"));
}

static void
test_names(void **state)
{
	const char *brief, *extensions;
	bool reads, writes;
	int n = 0;
	while (secant_cloud_format_at(n, &brief, &extensions, &reads, &writes)) {
		assert_true(*brief && (reads || writes));
		n++;
	}
	assert_int_equal(n, 20);
	assert_null(secant_cloud_format_at(-1, &brief, &extensions, &reads, &writes));
	assert_true(secant_cloud_is_readable("a/b.LAZ") && secant_cloud_is_readable("b.xyz.gz")
		&& !secant_cloud_is_readable("b.png"));
	assert_true(secant_cloud_is_writable("b.las") && secant_cloud_is_writable("b.laz")
		&& !secant_cloud_is_writable("b.xyz.gz"));
	/* Contents go before the extension; the option before both. */
	secant_cloud c = cloud_of(
		"ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float y\nproperty float z\nend_header\n",
		"a.xyz", WITH("allow-empty", "true"));
	assert_int_equal(c.n, 0);
	secant_cloud_free(&c);
	c = cloud_of("1 2 3\n", "a.dat", WITH("cloud-format", "xyz"));
	assert_int_equal(c.n, 1);
	secant_cloud_free(&c);
	assert_string_equal(error_of("1 2 3\n", "a.dat", WITH("cloud-format", "xzy")) + 0,
		"--cloud-format: there is no cloud format 'xzy'; did you mean 'xyz'?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_and_roles),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_pcd),
		cmocka_unit_test(test_pcd_complaints),
		cmocka_unit_test(test_pcd_writing),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_off_seed_and_complaints),
		cmocka_unit_test(test_obj),
		cmocka_unit_test(test_npy),
		cmocka_unit_test(test_npy_keeps_what_its_columns_are),
		cmocka_unit_test(test_idx),
		cmocka_unit_test(test_mnist),
		cmocka_unit_test(test_conversion),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
