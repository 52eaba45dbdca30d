/* PLY: text and both byte orders, any properties, lists, elements around the points, faces; writing; damaged files. */
#include "clouds.h"

static void
test_text(void **state)
{
	secant_cloud c = cloud_of("ply\r\nformat ascii 1.0\r\ncomment by hand\r\nobj_info x\r\nelement thing 2\r\nproperty "
							  "list uchar int l\r\nelement vertex 3\r\n"
							  "property float x\r\nproperty float y\r\nproperty float z\r\nproperty uchar "
							  "red\r\nproperty uchar green\r\nproperty uchar blue\r\n"
							  "property int scalar_Label\r\nend_header\r\n2 1 2\r\n0\r\n0.1 2 3 255 0 1 -7\r\n4 5 6 1 "
							  "2 3 8\r\n7 8 9 0 0 0 70000\r\n",
		"a.ply", NULL);
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 red:u8 green:u8 blue:u8 scalar_Label:i32");
	EXPECT(&c, "x", .1f, 4, 7);
	EXPECT(&c, "red", 255, 1, 0);
	EXPECT(&c, "scalar_Label", -7, 8, 70000);
	assert_int_equal(secant_cloud_role(&c, SECANT_ROLE_LABEL), 6);
	assert_true(secant_cloud_colour_range(&c) == 255);
	secant_cloud_free(&c);
}

static void
test_types_and_order(void **state)
{
	secant_cloud c = cloud_of("ply\nformat ascii 1.0\nelement vertex 1\nproperty int8 x\nproperty uint16 y\nproperty "
							  "float64 i\nproperty int32 j\nproperty double z\n"
							  "end_header\n1 12346 1234567890.125 -12345 2.5\n",
		"a.ply", NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 i:f64 j:i32");
	EXPECT(&c, "i", 1234567890.125);
	EXPECT(&c, "z", 2.5);
	secant_cloud_free(&c);
	c = cloud_of("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float "
				 "z\nproperty float q\nproperty float q\nend_header\n"
				 "1 2 3 4 5\n",
		"a.ply", WITH("coordinates", "f64"));
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 q:f32 q_2:f32");
	secant_cloud_free(&c);
}

static void
test_both_byte_orders_with_lists_around(void **state)
{
	static const char *const files[] = { "tests/fuzz/corpus/cloud_ply/little.ply",
		"tests/fuzz/corpus/cloud_ply/big.ply" };
	for (int i = 0; i < 2; i++) {
		secant_cloud c = read_cloud(files[i], NULL);
		assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 red:u8");
		EXPECT(&c, "x", 1, 2);
		EXPECT(&c, "y", 2, 4);
		EXPECT(&c, "z", 3, 6);
		EXPECT(&c, "red", 4, 8);
		secant_cloud_free(&c);
	}
	secant_cloud c = read_cloud("tests/fuzz/corpus/cloud_ply/lists.ply", NULL);
	EXPECT(&c, "y", 2);
	EXPECT(&c, "z", 3);
	secant_cloud_free(&c);
}

static void
test_points_drawn_on_faces(void **state)
{
	const char *text = "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float "
					   "z\nproperty uchar label\nelement face 2\n"
					   "property list uchar int vertex_index\nend_header\n0 0 0 1\n2 0 0 1\n2 1 0 2\n0 1 0 2\n50 50 50 "
					   "3\n4 0 1 2 3\n3 0 0 1\n";
	secant_cloud c = cloud_of(text, "a.ply", WITH("mesh-points", "2000")),
				 again = cloud_of(text, "a.ply", WITH("mesh-points", "2000"));
	assert_string_equal(columns_of(&c), "x:f32 y:f32 z:f32 nx:f32 ny:f32 nz:f32 label:u8");
	int64_t right = 0;
	for (int64_t i = 0; i < c.n; i++) {
		double x = value(&c, "x", i), y = value(&c, "y", i);
		assert_true(x >= 0 && x <= 2 && y >= 0 && y <= 1 && value(&c, "z", i) == 0 && value(&c, "nz", i) == 1);
		right += x > 1;
	}
	assert_int_equal(c.n, 2000);
	assert_true(right > 900 && right < 1100);
	assert_memory_equal(c.column[0].data, again.column[0].data, 2000 * sizeof(float));
	secant_cloud_free(&c);
	secant_cloud_free(&again);
	c = cloud_of(text, "a.ply", NULL);
	assert_int_equal(c.n, 5);
	secant_cloud_free(&c);
}

#define HEAD "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n"

static void
test_complaints(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "ply\nformat ascii 1.0\nend_header\n", "a.ply: there is no element vertex" },
		{ "ply\nelement vertex 1\nend_header\n", "a.ply: the header has no line 'format'" },
		{ "ply\nformat binary 1.0\n", "a.ply: line 2: 'binary' is no format of PLY" },
		{ "ply\nformat ascii 1.0\nproperty float x\n", "a.ply: line 3: a property before the first element" },
		{ "ply\nformat ascii 1.0\nelement vertex many\n", "a.ply: line 3: expected 'element NAME COUNT'" },
		{ "ply\nformat ascii 1.0\nelement vertex 1\nproperty real x\n",
			"a.ply: line 4: 'real' is no type of PLY: int8 to int64, uint8 to uint64, float, double" },
		{ "ply\nformat ascii 1.0\nelement vertex 1\nproperty list float int x\n",
			"a.ply: line 4: the length of a list cannot be float" },
		{ "ply\nformat ascii 1.0\nwhat\n", "a.ply: line 3: 'what' does not belong in a PLY header" },
		{ "ply\nformat ascii 1.0\n", "a.ply: the header has no end (byte 21)" },
		{ "ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nend_header\n",
			"a.ply: the element vertex has no property y" },
		{ HEAD "end_header\n1 2 3\n", "a.ply: ends at byte 106, in element 'vertex' 1 of 2" },
		{ HEAD "end_header\n1 2 3\n4 5\n", "a.ply: line 9 has 2 columns, expected 3" },
		{ HEAD "property uchar c\nend_header\n1 2 3 4\n5 6 7 300\n",
			"a.ply: line 10, column 4: 300 does not fit the type u8" },
		{ HEAD "property uchar c\nend_header\n1 2 3 4\n5 6 7 .5\n",
			"a.ply: line 10, column 4: 0.5 does not fit the type u8" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(error_of(cases[i].text, "a.ply", NULL), cases[i].message);
	assert_string_equal(error_of("ply\nformat binary_little_endian 1.0\nelement vertex 99999999999\nproperty float "
								 "x\nproperty float y\nproperty float z\n"
								 "end_header\n0123456789abcdef",
							"a.ply", NULL),
		"a.ply: ends at byte 141, in element 'vertex' 1 of 99999999999");
}

static void
test_writing(void **state)
{
	static const char *const encodings[] = { "ascii", "binary", "big-endian" };
	secant_cloud c = cloud_of("x y z nx ny nz red green blue label confidence\n0.1 2 3 0 0 1 1 0.5 0 7 0.25\n-4 5e-3 6 "
							  "1 0 0 0 0.25 1 300 1\n",
		"a.txt", NULL);
	for (int i = 0; i < 3; i++) {
		write_cloud(&c, in_folder("o.ply"), WITH("encoding", encodings[i]));
		secant_cloud back = read_cloud(in_folder("o.ply"), NULL);
		assert_string_equal(columns_of(&back),
			"x:f64 y:f64 z:f64 nx:f64 ny:f64 nz:f64 red:u8 green:u8 blue:u8 label:i32 confidence:f64");
		EXPECT(&back, "x", .1, -4);
		EXPECT(&back, "y", 2, 5e-3);
		EXPECT(&back, "red", 255, 0);
		EXPECT(&back, "green", 128, 64);
		EXPECT(&back, "label", 7, 300);
		EXPECT(&back, "confidence", .25, 1);
		secant_cloud_free(&back);
	}
	secant_cloud_writing opt;
	secant_err err = { 0 };
	set_options(&secant_cloud_write_options, &opt, WITH("encoding", "compressed"));
	assert_int_equal(secant_cloud_write(&c, in_folder("o.ply"), &opt, &err), SECANT_ERR_ARG);
	secant_opts_free(&secant_cloud_write_options, &opt);
	secant_cloud_free(&c);
}

/* A count that is not known before is put in at the end. */
static void
test_streamed_count(void **state)
{
	secant_err err = { 0 };
	secant_cloud c = cloud_of("1 2 3\n4 5 6\n7 8 9\n", "a.xyz", NULL);
	static const char *const files[] = { "s.ply", "s.pcd", "s.npy", "s.las", "s.txt" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		secant_cloud_writer *w = secant_cloud_create(in_folder(files[i]), &c, NULL, NULL, &err);
		if (!w)
			fail_msg("%s", err.msg);
		assert_int_equal(secant_cloud_put(w, &c, &err), SECANT_OK);
		assert_int_equal(secant_cloud_put(w, &c, &err), SECANT_OK);
		assert_int_equal(secant_cloud_commit(w, &err), SECANT_OK);
		secant_cloud back = read_cloud(in_folder(files[i]), NULL);
		EXPECT(&back, "y", 2, 5, 8, 2, 5, 8);
		secant_cloud_free(&back);
	}
	secant_cloud_free(&c);
}

static void
test_every_cut(void **state)
{
	static const char *const files[] = { "ascii.ply", "lists.ply", "little.ply", "big.ply" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[200], *data;
		size_t size;
		snprintf(path, sizeof path, "tests/fuzz/corpus/cloud_ply/%s", files[i]);
		assert_int_equal(secant_file_read(&data, &size, path, 10000, NULL), SECANT_OK);
		(void)read_all_cuts((uint8_t *)data, size, "a.ply");
		secant_free(data);
	}
}

static void
test_real_files(void **state)
{
	skip_without(data_path("point-clouds/ply/mesh.ply"));
	secant_cloud c = read_cloud(data_path("point-clouds/ply/mesh.ply"), NULL);
	EXPECT(&c, "y", 1, 1, 2, 2);
	secant_cloud_free(&c);
	c = read_cloud(data_path("point-clouds/ply/simple_binary.ply"), NULL);
	EXPECT(&c, "x", -1, 0, 1);
	secant_cloud_free(&c);
	c = read_cloud(data_path("point-clouds/ply/simple_text.ply"), NULL);
	EXPECT(&c, "x", -1, 0, 1);
	secant_cloud_free(&c);
	secant_err err = { 0 };
	assert_int_equal(
		secant_cloud_read(&c, data_path("point-clouds/ply/sized_dims.ply"), NULL, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "no property z"));
	err.code = SECANT_OK;
	assert_int_equal(secant_cloud_read(&c, data_path("point-clouds/ply/no_vertex.ply"), NULL, &err), SECANT_ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_types_and_order),
		cmocka_unit_test(test_both_byte_orders_with_lists_around),
		cmocka_unit_test(test_points_drawn_on_faces),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_streamed_count),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_real_files),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
