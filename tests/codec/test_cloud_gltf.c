/* glTF: scenes as JSON with numbers within, beside and behind it; where nodes place meshes; what is refused, by name.
 */
#include "clouds.h"
#include "base/base64.h"
#include "base/bytes.h"

/* A corner of a cube as four vertices (three floats each), their colours (four bytes each), two triangles (six shorts).
 */
enum { POSITIONS = 48, COLOURS = 16, INDICES = 12, NUMBERS = POSITIONS + COLOURS + INDICES };

static void
make_numbers(uint8_t out[NUMBERS])
{
	static const float position[12] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	static const uint8_t colour[16] = { 255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 51, 51, 51, 255 };
	static const uint16_t index[6] = { 0, 1, 2, 0, 1, 3 };
	memcpy(out, position, POSITIONS);
	memcpy(out + POSITIONS, colour, COLOURS);
	memcpy(out + POSITIONS + COLOURS, index, INDICES);
}

/* The scene's text: `nodes` and what else is said of the primitive; numbers in `uri`, or in the second chunk. */
static char *
text_of(const char *nodes, const char *primitive, const char *uri)
{
	static char text[4000];
	snprintf(text, sizeof text,
		"{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":%s,"
		"\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"COLOR_0\":1}%s}]}],"
		"\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":4,\"type\":\"VEC3\"},"
		"{\"bufferView\":1,\"componentType\":5121,\"normalized\":true,\"count\":4,\"type\":\"VEC4\"},"
		"{\"bufferView\":2,\"componentType\":5123,\"count\":6,\"type\":\"SCALAR\"}],"
		"\"bufferViews\":[{\"buffer\":0,\"byteLength\":48},{\"buffer\":0,\"byteOffset\":48,\"byteLength\":16},"
		"{\"buffer\":0,\"byteOffset\":64,\"byteLength\":12}],"
		"\"buffers\":[{\"byteLength\":76%s%s%s}]}",
		nodes, primitive, uri ? ",\"uri\":\"" : "", uri ? uri : "", uri ? "\"" : "");
	return text;
}

static char *
embedded(const char *nodes, const char *primitive)
{
	uint8_t numbers[NUMBERS];
	base_str uri = { 0 };
	make_numbers(numbers);
	base_str_add(&uri, "data:application/octet-stream;base64,");
	base_base64_encode(&uri, numbers, sizeof numbers);
	char *text = text_of(nodes, primitive, uri.p);
	base_str_free(&uri);
	return text;
}

static secant_cloud
read_text(const char *text, const char *const *pairs)
{
	secant_err err = { 0 };
	secant_cloud c = { 0 };
	if (read_memory(text, strlen(text), "a.gltf", pairs, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static void
test_numbers_within_the_text(void **state)
{
	secant_cloud c = read_text(embedded("[{\"mesh\":0}]", ",\"indices\":2"), NULL);
	assert_string_equal(columns_of(&c), "x:f64 y:f64 z:f64 red:f32 green:f32 blue:f32");
	EXPECT(&c, "x", 0, 1, 0, 0);
	EXPECT(&c, "z", 0, 0, 0, 1);
	EXPECT(&c, "red", 1, 0, 0, (double)0.2f);
	secant_cloud_free(&c);
}

/* A parent's place comes after the child's: scaled by 2, turned by 90 degrees around z, then moved. */
static void
test_places_of_nodes(void **state)
{
	secant_cloud c = read_text(
		embedded("[{\"translation\":[10,20,30],\"children\":[1]},"
				 "{\"mesh\":0,\"scale\":[2,2,2],\"rotation\":[0,0,0.70710678118654757,0.70710678118654757]}]",
			""),
		NULL);
	for (int i = 0; i < 4; i++) {
		static const double want[4][3] = { { 10, 20, 30 }, { 10, 22, 30 }, { 8, 20, 30 }, { 10, 20, 32 } };
		for (int k = 0; k < 3; k++)
			assert_true(fabs(secant_cloud_get(&c, k, i) - want[i][k]) < 1e-12);
	}
	secant_cloud_free(&c);
	/* column-major: the last four numbers are where the origin goes */
	c = read_text(embedded("[{\"mesh\":0,\"matrix\":[1,0,0,0,0,3,0,0,0,0,1,0,5,6,7,1]}]", ""), NULL);
	EXPECT(&c, "x", 5, 6, 5, 5);
	EXPECT(&c, "y", 6, 6, 9, 6);
	secant_cloud_free(&c);
}

/* A mesh that two nodes show is there twice; a node outside the scene is not. */
static void
test_the_scene_decides_what_is_there(void **state)
{
	secant_cloud c = read_text(
		embedded("[{\"children\":[1,2]},{\"mesh\":0},{\"mesh\":0,\"translation\":[7,0,0]},{\"mesh\":0}]", ""), NULL);
	EXPECT(&c, "x", 0, 1, 0, 0, 7, 8, 7, 7);
	secant_cloud_free(&c);
}

/* Points are drawn on the triangles, which are the list's, the strip's or the fan's; a mirrored mesh looks outwards
 * still. */
static void
test_points_on_triangles(void **state)
{
	static const struct {
		const char *node, *primitive;
		double least_z;
	} rows[] = {
		{ "[{\"mesh\":0}]", ",\"indices\":2", 0 }, /* half on z = 0, half on y = 0 */
		{ "[{\"mesh\":0}]", ",\"mode\":5", 0 },
		{ "[{\"mesh\":0}]", ",\"mode\":6", 0 },
		{ "[{\"mesh\":0,\"scale\":[1,1,-1]}]", ",\"indices\":2", -1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_cloud c = read_text(embedded(rows[i].node, rows[i].primitive), WITH("mesh-points", "400"));
		double lo, hi;
		assert_int_equal(c.n, 400);
		assert_true(secant_cloud_range(&c, 2, &lo, &hi));
		assert_true(lo >= rows[i].least_z && hi <= rows[i].least_z + 1 && hi > lo);
		int flat = 0, up = 0;
		for (int64_t p = 0; p < c.n; p++) {
			bool lies = secant_cloud_get(&c, 2, p) == 0;
			flat += lies;
			up += lies && fabs(value(&c, "nz", p)) == 1;
		}
		assert_true(flat == up && (i > 0 ? true : flat > 120 && flat < 280));
		secant_cloud_free(&c);
	}
}

static size_t
make_glb(uint8_t *out, const char *text)
{
	uint8_t numbers[NUMBERS];
	size_t n = strlen(text), padded = (n + 3) / 4 * 4, at = 12;
	make_numbers(numbers);
	memcpy(out, "glTF", 4);
	base_put_le(out + 4, 2, 4);
	base_put_le(out + 8, 12 + 8 + padded + 8 + NUMBERS, 4);
	base_put_le(out + at, padded, 4);
	memcpy(out + at + 4, "JSON", 4);
	memset(out + at + 8, ' ', padded);
	memcpy(out + at + 8, text, n);
	at += 8 + padded;
	base_put_le(out + at, NUMBERS, 4);
	memcpy(out + at + 4, "BIN", 4);
	memcpy(out + at + 8, numbers, NUMBERS);
	return at + 8 + NUMBERS;
}

static void
test_one_file_and_every_cut_of_it(void **state)
{
	uint8_t file[5000];
	size_t n = make_glb(file, text_of("[{\"mesh\":0}]", ",\"indices\":2", NULL));
	secant_err err = { 0 };
	secant_cloud c = { 0 };
	assert_int_equal(read_memory(file, n, "scan.bin", NULL, &c, &err), SECANT_OK); /* by contents */
	EXPECT(&c, "x", 0, 1, 0, 0);
	secant_cloud_free(&c);
	assert_int_equal(read_all_cuts(file, n, "a.glb"), 0);
}

static void
test_numbers_in_a_file_beside(void **state)
{
	uint8_t numbers[NUMBERS];
	secant_err err = { 0 };
	make_numbers(numbers);
	assert_int_equal(secant_file_write(in_folder("my numbers.bin"), numbers, sizeof numbers, &err), SECANT_OK);
	secant_cloud c = read_text(text_of("[{\"mesh\":0}]", "", "my%20numbers.bin"), NULL);
	EXPECT(&c, "y", 0, 0, 1, 0);
	secant_cloud_free(&c);
}

static void
test_what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *nodes, *primitive, *said;
	} rows[] = {
		{ "[{\"mesh\":1}]", "", "there is no mesh 1" },
		{ "[{\"children\":[7]}]", "", "there is no node 7" },
		{ "[{\"children\":[0]}]", "", "node 0 stands in the scene twice" },
		{ "[{\"mesh\":0,\"matrix\":[1,2]}]", "", "node 0 has a place that is no list of numbers" },
		{ "[{\"mesh\":0,\"scale\":[1e300,1e300,1e300],\"matrix\":[1e308,0,0,0,0,1e308,0,0,0,0,1e308,0,1e308,0,0,1]}]",
			"", "is no number" },
		{ "[{\"mesh\":0}]", ",\"indices\":0", "the indices of mesh 0 are no whole numbers" },
		{ "[{\"mesh\":0}]", ",\"indices\":9", "there is no accessor 9" },
		{ "[{\"mesh\":0}]", ",\"mode\":9", "a primitive is of mode 9, expected 0 to 6" },
		{ "[{}]", "", "has no meshes of points or triangles" },
		{ "[{\"mesh\":0}]", ",\"mode\":1", "has no meshes of points or triangles" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = error_of(embedded(rows[i].nodes, rows[i].primitive), "a.gltf", NULL);
		if (!strstr(got, rows[i].said))
			fail_msg("%s, expected %s", got, rows[i].said);
	}
	static const char *const uris[] = { "../numbers.bin", "/etc/passwd", "%2e%2e/numbers.bin", "a/../../b.bin" };
	for (size_t i = 0; i < sizeof uris / sizeof *uris; i++)
		assert_non_null(strstr(error_of(text_of("[{\"mesh\":0}]", "", uris[i]), "a.gltf", NULL),
			"does not lie beside the file or below it"));
	assert_non_null(strstr(error_of(text_of("[{\"mesh\":0}]", "", "absent.bin"), "a.gltf", NULL), "absent.bin"));
	assert_non_null(strstr(error_of(text_of("[{\"mesh\":0}]", "", "data:;base64,AAAA"), "a.gltf", NULL),
		"buffer 0 is shorter than its byteLength says"));
	assert_non_null(strstr(error_of("{\"asset\":{\"version\":\"1.0\"}}", "a.gltf", NULL), "is glTF of version 1.0"));
	assert_non_null(
		strstr(error_of("{\"asset\":{\"version\":\"2.0\"},\"extensionsRequired\":[\"KHR_draco_mesh_compression\"]}",
				   "a.gltf", NULL),
			"needs the extension KHR_draco_mesh_compression"));
	assert_non_null(strstr(
		error_of("{\"asset\":{\"version\":\"2.0\"},\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],"
				 "\"accessors\":[{\"count\":3,\"sparse\":{}}]}",
			"a.gltf", NULL),
		"accessor 0 is sparse, which is not read"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_within_the_text),
		cmocka_unit_test(test_places_of_nodes),
		cmocka_unit_test(test_the_scene_decides_what_is_there),
		cmocka_unit_test(test_points_on_triangles),
		cmocka_unit_test(test_one_file_and_every_cut_of_it),
		cmocka_unit_test(test_numbers_in_a_file_beside),
		cmocka_unit_test(test_what_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
