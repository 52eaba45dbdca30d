/* .npy: headers as numpy writes them and as nobody should, both byte orders, both memory orders. */
#include "files.h"

/* Version 1 unless the version is 2 or 3; data counts up from 0. */
static size_t
build(uint8_t *out, int version, const char *header, size_t bytes)
{
	size_t n = strlen(header), start = version == 1 ? 10 : 12;
	memcpy(out, "\x93NUMPY", 6);
	out[6] = (uint8_t)version;
	out[7] = 0;
	base_put_le(out + 8, n, version == 1 ? 2 : 4);
	memcpy(out + start, header, n);
	for (size_t i = 0; i < bytes; i++)
		out[start + n + i] = (uint8_t)i;
	return start + n + bytes;
}

static void
gives(const char *header, size_t bytes, secant_dtype dtype, int n, const double *expected)
{
	for (int version = 1; version <= 3; version++) {
		uint8_t file[1024];
		secant_tensors set;
		decodes(&set, file, build(file, version, header, bytes));
		assert_int_equal(set.n, 1);
		assert_string_equal(set.v[0].name, "array");
		assert_int_equal(set.v[0].tensor.dtype, dtype);
		assert_int_equal(secant_shape_count(&set.v[0].tensor.shape), n);
		for (int i = 0; i < n; i++)
			assert_float_equal(secant_tensor_get(&set.v[0].tensor, i), expected[i], 0);
		secant_tensors_free(&set);
	}
}

static void
refuses_header(const char *header, size_t bytes, secant_status code, const char *message)
{
	uint8_t file[1024];
	refuses(file, build(file, 1, header, bytes), code, message);
}

static void
test_reads(void **state)
{
	gives(
		"{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }  \n", 4, SECANT_U16, 2, (double[]){ 0x100, 0x302 });
	gives("{'descr': '>u2', 'fortran_order': False, 'shape': (2, 1), }\n", 4, SECANT_U16, 2, (double[]){ 1, 0x203 });
	gives("{\"shape\":(), 'fortran_order':True,'descr':'|i1'}", 1, SECANT_I8, 1, (double[]){ 0 });
	gives(
		"{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", 6, SECANT_U8, 6, (double[]){ 0, 2, 4, 1, 3, 5 });
	gives("{'descr': '>u2', 'fortran_order': True, 'shape': (2, 2), }", 8, SECANT_U16, 4,
		(double[]){ 1, 0x405, 0x203, 0x607 });
	gives("{'descr': '|b1', 'fortran_order': False, 'shape': (0, 7), }", 0, SECANT_BOOL, 0, NULL);
	gives("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 7), }", 0, SECANT_F64, 0, NULL);
}

static void
test_refuses(void **state)
{
	const secant_status bad = SECANT_ERR_FORMAT, no = SECANT_ERR_UNSUPPORTED;
	refuses_header("{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }", 5, bad,
		"an array of u16 2 has 4 bytes, the file holds 5");
	refuses_header("{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }", 3, bad,
		"an array of u16 2 has 4 bytes, the file holds 3");
	refuses_header(
		"{'descr': '<u2', 'fortran_order': False, 'shape': (4294967296,4294967296)}", 3, bad, "has -1 bytes");
	refuses_header("{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999,)}", 3, bad,
		"dimension 0 is not a whole number");
	refuses_header(
		"{'descr': '<u2', 'fortran_order': False, 'shape': (-1,)}", 3, bad, "dimension 0 is not a whole number");
	refuses_header(
		"{'descr': '<u2', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1)}", 2, no, "more than 6 dimensions");
	refuses_header("{'descr': '<u2', 'fortran_order': False, 'shape': 3}", 2, bad, "'shape' is not a tuple");
	refuses_header("{'descr': '<u2', 'fortran_order': False, 'shape': (3", 2, bad, "'shape' does not end");
	refuses_header("{'descr': '<u2', 'fortran_order': False}", 2, bad, "'shape' is missing");
	refuses_header(
		"{'descr': '<u2', 'fortran_order': 0, 'shape': ()}", 2, bad, "'fortran_order' is neither True nor False");
	refuses_header("{'descr': '<u2', 'other': 0, 'shape': ()}", 2, bad, "unknown key 'other'");
	refuses_header("{'descr': '<u2' 'shape': ()}", 2, bad, "the dictionary does not end");
	refuses_header("{'descr' '<u2'}", 2, bad, "a key and a colon were expected");
	refuses_header("('descr')", 2, bad, "is not a dictionary");
	refuses_header("{'descr': '<c8', 'fortran_order': False, 'shape': ()}", 8, no, "dtype '<c8' is not one secant has");
	refuses_header("{'descr': '|O', 'fortran_order': False, 'shape': ()}", 8, no, "dtype '|O' is not one secant has");
	refuses_header("{'descr': '<u8', 'fortran_order': False, 'shape': ()}", 8, no, "dtype '<u8'");
	refuses_header("{'descr': '', 'fortran_order': False, 'shape': ()}", 8, no, "dtype ''");
	refuses_header("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': ()}", 4, no, "a structured array");
	refuses("\x93NUMPY\4\0\0\0\0\0", 12, no, "numpy format version 4, known are 1 to 3");
	refuses("\x93NUMPY\1\0\377\377{}", 12, bad, "the file ends in its header");
	refuses("\x93NUMPY\2\0\1\0", 10, bad, "the file ends in its header");
}

static void
test_cut_changed_and_without_memory(void **state)
{
	uint8_t file[1024];
	size_t n = build(file, 1, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 2), }", 8);
	refuses_all_cuts(file, n);
	survives_all_changes(file, n);
	survives_lack_of_memory(file, n);
}

static void
test_round_trip(void **state)
{
	secant_tensors all;
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.npy", dir);
	fill_set(&all, false);
	for (int i = 0; i < all.n; i++) {
		secant_tensors one = { .v = &all.v[i], .n = 1 }, back;
		size_t size;
		assert_int_equal(secant_tensors_write(&one, NULL, path, NULL), 0);
		assert_int_equal(secant_tensors_read(&back, NULL, path, NULL), 0);
		assert_memory_equal(all.v[i].tensor.data, back.v[0].tensor.data, secant_tensor_bytes(&all.v[i].tensor));
		assert_int_equal(all.v[i].tensor.dtype, back.v[0].tensor.dtype);
		assert_true(secant_shape_equal(&all.v[i].tensor.shape, &back.v[0].tensor.shape));
		uint8_t *file = slurp(path, &size);
		assert_int_equal((10 + base_le16(file + 8)) % 64, 0);
		free(file);
		secant_tensors_free(&back);
	}
	secant_err err = { 0 };
	assert_int_equal(secant_tensors_write(&all, NULL, path, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "a.npy: a .npy file holds one tensor, there are 12"));
	all.v[0].tensor.dtype = SECANT_BF16;
	secant_tensors one = { .v = &all.v[0], .n = 1 };
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_write(&one, NULL, path, &err), SECANT_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "tensor 'f32': numpy has no dtype bf16"));
	secant_tensors_free(&all);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
