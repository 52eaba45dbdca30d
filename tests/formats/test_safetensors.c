/* safetensors: what the header must say, what a file must not be, and what comes back. */
#include "files.h"

/* u64 length | header | data of `bytes` bytes counting up from 0. */
static size_t
build(uint8_t *out, const char *header, size_t bytes)
{
	size_t n = strlen(header);
	base_put_le(out, n, 8);
	memcpy(out + 8, header, n);
	for (size_t i = 0; i < bytes; i++)
		out[8 + n + i] = (uint8_t)i;
	return 8 + n + bytes;
}

static void
refuses_header(const char *header, size_t bytes, secant_status code, const char *message)
{
	uint8_t file[4096];
	size_t n = build(file, header, bytes);
	refuses(file, n, code, message);
}

static void
test_reads_what_the_header_says(void **state)
{
	uint8_t file[4096];
	secant_tensors set;
	char *metadata;
	size_t n = build(file,
		"{\"__metadata__\":{\"b\":\"2\",\"a\":\"1\"},\"w\":{\"dtype\":\"U16\",\"shape\":[2,1],\"data_offsets\":[2,6]},"
		"\"v\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]},\"e\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_"
		"offsets\":[6,6]}}   ",
		6);
	assert_int_equal(decode(&set, &metadata, file, n, NULL), 0);
	assert_string_equal(metadata, "{\"b\": \"2\", \"a\": \"1\"}");
	assert_int_equal(set.n, 3);
	assert_string_equal(set.v[0].name, "w");
	assert_int_equal(set.v[0].tensor.dtype, SECANT_U16);
	assert_int_equal(secant_tensor_get(&set.v[0].tensor, 0), 0x0302);
	assert_int_equal(secant_tensor_get(&set.v[0].tensor, 1), 0x0504);
	assert_int_equal(secant_tensor_get(&set.v[1].tensor, 1), 1);
	assert_int_equal(secant_shape_count(&set.v[2].tensor.shape), 0);
	secant_free(metadata);
	secant_tensors_free(&set);
	n = build(file, "{}", 0);
	assert_int_equal(decode(&set, &metadata, file, n, NULL), 0);
	assert_null(metadata);
	assert_int_equal(set.n, 0);
}

static void
test_every_wrong_header_is_named(void **state)
{
	const secant_status bad = SECANT_ERR_FORMAT;
	refuses_header("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, bad,
		"tensor 'w': F32 2 takes 8 bytes, its offsets span 4");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3, bad,
		"the tensors end at byte 2 of the data, the file has 3");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 1, bad,
		"tensor 'w' ends at byte 2 of the data, the file has 1");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, bad,
		"tensor 'w' starts at byte 1 of the data, the one before ends at 0");
	refuses_header("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":["
				   "2],\"data_offsets\":[1,3]}}",
		3, bad, "tensor 'b' starts at byte 1 of the data, the one before ends at 2");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", 2, bad,
		"'data_offsets' are not two whole numbers in order");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[-2,0]}}", 2, bad,
		"'data_offsets' are not two whole numbers in order");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0]}}", 2, bad, "'data_offsets'");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[2]}}", 2, bad, "'data_offsets'");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, bad,
		"dimension 0 is not a whole number");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, bad,
		"dimension 0 is not a whole number");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":3,\"data_offsets\":[0,1]}}", 1, bad, "'shape' is not an array");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
		bad, "takes -1 bytes");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
		SECANT_ERR_UNSUPPORTED, "rank 7, at most 6");
	refuses_header("{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, SECANT_ERR_UNSUPPORTED,
		"tensor 'w': dtype F8_E4M3 is not one secant has");
	refuses_header("{\"w\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, bad, "'dtype' is not a string");
	refuses_header("{\"w\":5}", 0, bad, "tensor 'w': 'dtype' is not a string");
	refuses_header("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"w\":{\"dtype\":\"U8\",\"shape\":["
				   "1],\"data_offsets\":[1,2]}}",
		2, bad, "header:1:");
	refuses_header("{\"__metadata__\":{\"a\":1}}", 0, bad, "'__metadata__': the value of 'a' is not a string");
	refuses_header("{\"__metadata__\":[]}", 0, bad, "'__metadata__' is not an object");
	refuses_header("{ }x", 0, bad, "header:1:");
	refuses_header("[ ]", 0, bad, "is neither safetensors, nor a file of PyTorch or MindSpore, nor .npy");
}

static void
test_header_length_is_bounded(void **state)
{
	size_t size = 100000100;
	uint8_t *file = calloc(size, 1);
	base_put_le(file, 100000001, 8);
	file[8] = '{';
	refuses(file, size, SECANT_ERR_FORMAT, "the header has 100000001 bytes, at most 100000000 are allowed");
	free(file);
}

static void
test_cut_changed_and_without_memory(void **state)
{
	uint8_t file[4096];
	size_t n = build(file,
		"{\"__metadata__\":{\"a\":\"1\"},\"w\":{\"dtype\":\"U16\",\"shape\":[2,1],\"data_offsets\":[2,6]},"
		"\"v\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
		6);
	refuses_all_cuts(file, n);
	survives_all_changes(file, n);
	survives_lack_of_memory(file, n);
}

static void
test_round_trip_borrows_from_the_file(void **state)
{
	secant_tensors set, back;
	secant_err err = { 0 };
	char *metadata, *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/w.safetensors", dir);
	fill_set(&set, true);
	assert_int_equal(secant_tensors_write(&set, "{\"name\": \"\\u00e4 \\\"x\\\"\"}", path, &err), 0);
	assert_int_equal(secant_tensors_read(&back, &metadata, path, &err), 0);
	assert_string_equal(metadata, "{\"name\": \"\xc3\xa4 \\\"x\\\"\"}");
	assert_same_set(&set, &back);
	assert_non_null(back.map);
	size_t size;
	uint8_t *file = slurp(path, &size);
	assert_int_equal(base_le64(file) % 8, 0);
	/* The header is compact enough and in the order given; padding is spaces. */
	assert_memory_equal(file + 8, "{\"__metadata__\": {", 18);
	assert_true(strstr((char *)file + 8, "\"f32\"") < strstr((char *)file + 8, "\"scalar\""));
	refuses_all_cuts(file, size);
	free(file);
	secant_free(metadata);
	secant_tensors_free(&set);
	secant_tensors_free(&back);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_unaligned_tensors_are_copied(void **state)
{
	uint8_t file[4096];
	char *dir = scratch_dir(), path[512];
	secant_tensors set;
	snprintf(path, sizeof path, "%s/w.bin", dir);
	/* the header pads itself to an odd place */
	size_t n = build(file,
		"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_"
		"offsets\":[1,9]}} ",
		9);
	assert_int_equal(secant_file_write(path, file, n, NULL), 0);
	assert_int_equal(secant_tensors_read(&set, NULL, path, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal((uintptr_t)set.v[i].tensor.data % secant_dtype_size(set.v[i].tensor.dtype), 0);
	assert_int_equal(((uint8_t *)set.v[1].tensor.data)[7], 8);
	secant_tensors_free(&set);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_bad_sets_leave_the_old_file(void **state)
{
	secant_tensors set = { 0 };
	secant_err err = { 0 };
	char *dir = scratch_dir(), path[512];
	size_t size;
	snprintf(path, sizeof path, "%s/w.safetensors", dir);
	assert_int_equal(secant_file_write(path, "old", 3, NULL), 0);
	assert_int_equal(secant_tensors_write(&set, "{\"a\": 1}", path, &err), SECANT_ERR_FORMAT);
	assert_non_null(strstr(err.msg, "w.safetensors: '__metadata__': the value of 'a' is not a string"));
	secant_tensor t;
	secant_shape shape = secant_shape_of(0);
	assert_int_equal(secant_tensor_new(&t, SECANT_F32, &shape, NULL), 0);
	assert_int_equal(secant_tensors_add(&set, "__metadata__", &t, NULL), 0);
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_write(&set, NULL, path, &err), SECANT_ERR_ARG);
	secant_free(set.v[0].name);
	set.v[0].name = base_strdup("\xff\xfe");
	err = (secant_err){ 0 };
	assert_int_equal(secant_tensors_write(&set, NULL, path, &err), SECANT_ERR_ARG);
	assert_non_null(strstr(err.msg, "tensor 0: the name is not UTF-8"));
	uint8_t *file = slurp(path, &size);
	assert_int_equal(size, 3);
	assert_memory_equal(file, "old", 3);
	free(file);
	secant_tensors_free(&set);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_reads_golden_files(void **state)
{
	const char *path = golden_path("models/unet_resnet18.safetensors");
	skip_without(path);
	secant_tensors set;
	char *metadata;
	assert_int_equal(secant_tensors_read(&set, &metadata, path, NULL), 0);
	secant_tensor *t = secant_tensors_find(&set, "logits");
	assert_non_null(t);
	assert_int_equal(t->dtype, SECANT_F32);
	assert_non_null(metadata);
	secant_free(metadata);
	secant_tensors_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_the_header_says),
		cmocka_unit_test(test_every_wrong_header_is_named),
		cmocka_unit_test(test_header_length_is_bounded),
		cmocka_unit_test(test_cut_changed_and_without_memory),
		cmocka_unit_test(test_round_trip_borrows_from_the_file),
		cmocka_unit_test(test_unaligned_tensors_are_copied),
		cmocka_unit_test(test_bad_sets_leave_the_old_file),
		cmocka_unit_test(test_reads_golden_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
