/*
 * .ckpt: bytes put together by hand, MindSpore's own files where the golden numbers are, and everything a checkpoint
 * should not be.
 */
#include "files.h"
#include "base/hash.h"
#include "formats/onnx/wire.h"

/* One value whose tensor is given as it is to stand in the file. */
static void
put(base_str *s, const char *tag, int rank, const int64_t *dim, const char *type, const void *data, size_t n)
{
	base_str tensor = { 0 }, value = { 0 };
	for (int d = 0; d < rank; d++)
		format_wire_put_varint(&tensor, 1, (uint64_t)dim[d]);
	format_wire_put_text(&tensor, 2, type);
	format_wire_put_bytes(&tensor, 3, data, n);
	format_wire_put_text(&value, 1, tag);
	format_wire_put_bytes(&value, 2, tensor.p, tensor.n);
	format_wire_put_bytes(s, 1, value.p, value.n);
	base_str_free(&tensor);
	base_str_free(&value);
}

static const float numbers[] = { 1, -2, 3.5f, 0, 5, 6 };

static void
sample(base_str *s)
{
	put(s, "conv.weight", 2, (int64_t[]){ 2, 3 }, "Float32", numbers, sizeof numbers);
	put(s, "global_step", 1, (int64_t[]){ 1 }, "Int32", &(int32_t){ 7 }, 4);
	put(s, "scale", 0, NULL, "Float16", (uint8_t[]){ 0, 0x3c }, 2);
	put(s, "on", 1, (int64_t[]){ 2 }, "Bool", (uint8_t[]){ 1, 0 }, 2);
}

static void
test_reads(void **state)
{
	base_str s = { 0 };
	secant_tensors set;
	sample(&s);
	put(&s, "many", 1, (int64_t[]){ 2 }, "UInt32", (uint32_t[]){ 1, UINT32_MAX }, 8);
	put(&s, "old.scalar", 1, (int64_t[]){ 0 }, "Float32", numbers, 4);
	decodes(&set, s.p, s.n);
	assert_int_equal(set.n, 6);
	assert_string_equal(set.v[0].name, "conv.weight");
	assert_int_equal(set.v[0].tensor.shape.rank, 2);
	assert_float_equal(secant_tensor_get(&set.v[0].tensor, 2), 3.5, 0);
	assert_float_equal(secant_tensor_get(&set.v[1].tensor, 0), 7, 0);
	assert_int_equal(set.v[2].tensor.shape.rank, 0);
	assert_float_equal(secant_tensor_get(&set.v[2].tensor, 0), 1, 0);
	assert_int_equal(set.v[3].tensor.dtype, SECANT_BOOL);
	assert_float_equal(secant_tensor_get(&set.v[4].tensor, 1), 4294967295., 0);
	assert_int_equal(set.v[5].tensor.shape.rank, 0);
	secant_tensors_free(&set);
	base_str_free(&s);
}

/* A tensor above 512 MiB comes in pieces of one name. */
static void
test_joins_pieces(void **state)
{
	base_str s = { 0 };
	secant_tensors set;
	put(&s, "a", 2, (int64_t[]){ 2, 3 }, "Float32", numbers, 4);
	put(&s, "a", 2, (int64_t[]){ 2, 3 }, "Float32", numbers + 1, 20);
	put(&s, "b", 1, (int64_t[]){ 1 }, "Float32", numbers, 4);
	decodes(&set, s.p, s.n);
	assert_int_equal(set.n, 2);
	for (int i = 0; i < 6; i++)
		assert_float_equal(secant_tensor_get(&set.v[0].tensor, i), numbers[i], 0);
	secant_tensors_free(&set);
	put(&s, "b", 1, (int64_t[]){ 2 }, "Float32", numbers, 4);
	refuses(s.p, s.n, SECANT_ERR_FORMAT, "tensor 'b' stands twice in the file, differently");
	base_str_free(&s);
}

static void
test_checksums(void **state)
{
	base_str s = { 0 };
	secant_tensors set;
	uint8_t digits[10] = { 0 };
	sample(&s);
	uint32_t crc = base_crc32(0, s.p, s.n);
	for (int i = 0; i < 4; i++)
		digits[9 - i] = (uint8_t)(crc >> 8 * i);
	base_str_add(&s, "crc_num");
	base_str_addn(&s, (const char *)digits, 10);
	decodes(&set, s.p, s.n);
	assert_int_equal(set.n, 4);
	secant_tensors_free(&set);
	s.p[40] ^= 1;
	refuses(s.p, s.n, SECANT_ERR_FORMAT, "damaged: its checksum is");
	base_str_free(&s);
}

static void
refuses_value(
	const char *tag, int rank, const int64_t *dim, const char *type, size_t n, secant_status code, const char *message)
{
	base_str s = { 0 };
	put(&s, tag, rank, dim, type, numbers, n);
	refuses(s.p, s.n, code, message);
	base_str_free(&s);
}

static void
test_refuses(void **state)
{
	refuses_value("a", 2, (int64_t[]){ 2, 3 }, "Float32", 20, SECANT_ERR_FORMAT,
		"tensor 'a' of Float32 2x3 has 24 bytes, the file holds 20");
	refuses_value("a", 1, (int64_t[]){ 2 }, "Int4", 1, SECANT_ERR_UNSUPPORTED, "tensor 'a' is of type Int4");
	refuses_value("a", 1, (int64_t[]){ -2 }, "Int8", 1, SECANT_ERR_FORMAT, "a dimension below 0");
	refuses_value("a", 2, (int64_t[]){ INT64_MAX, 8 }, "Int8", 1, SECANT_ERR_FORMAT, "the file holds 1");
	refuses_value("a", 8, (int64_t[]){ 1, 1, 1, 1, 1, 1, 1, 1 }, "Int8", 1, SECANT_ERR_UNSUPPORTED, "8 dimensions");
	refuses_value("a", 1, (int64_t[]){ 1 }, "UInt64", 8, SECANT_ERR_RANGE, "a number beyond 2^63");
	static const struct {
		uint8_t magic;
		const char *cipher;
	} ciphers[] = { { 0xd8, "(AES-GCM)" }, { 0xd9, "(AES-CBC)" }, { 0xda, "(SM4-CBC)" } };
	for (int i = 0; i < 3; i++)
		refuses(
			(uint8_t[]){ ciphers[i].magic, 0x5e, 0x3a, 0x7f, 1, 2, 3 }, 7, SECANT_ERR_UNSUPPORTED, ciphers[i].cipher);
	base_str map = { 0 }, s = { 0 };
	format_wire_put_text(&map, 1, "table");
	format_wire_put_bytes(&map, 3, "", 0);
	format_wire_put_bytes(&s, 1, map.p, map.n);
	refuses(s.p, s.n, SECANT_ERR_UNSUPPORTED, "'table' is a map parameter");
	base_str_free(&map);
	base_str_free(&s);
}

static void
test_hostile(void **state)
{
	base_str s = { 0 };
	sample(&s);
	/* between two values a cut file is a whole one: there is nothing in it that says where it ends */
	for (size_t n = 0; n < s.n; n++) {
		secant_err err = { 0 };
		secant_tensors set;
		if (!decode(&set, NULL, s.p, n, &err)) {
			assert_true(set.n > 0 && set.n < 4);
			secant_tensors_free(&set);
		} else {
			assert_true(err.code && err.msg[0]);
		}
	}
	survives_all_changes((const uint8_t *)s.p, s.n);
	base_str_free(&s);
}

/* Text beside the weights is metadata. */
static void
test_texts(void **state)
{
	base_str s = { 0 };
	secant_tensors set;
	secant_err err = { 0 };
	char *metadata = NULL;
	sample(&s);
	put(&s, "net_name", 0, NULL, "str", "unet", 4);
	assert_int_equal(decode(&set, &metadata, s.p, s.n, &err), 0);
	assert_int_equal(set.n, 4);
	assert_non_null(strstr(metadata, "\"net_name\""));
	assert_non_null(strstr(metadata, "\"unet\""));
	secant_free(metadata);
	secant_tensors_free(&set);
	base_str_free(&s);
}

/* What MindSpore wrote gives the numbers it wrote beside, and written anew the same bytes. */
static void
test_mindspores_own(void **state)
{
	static const char *const names[] = { "simple_fs32", "nested_fs32", "nested_fs32_bilinear", "nested_fs32_nobn",
		"medical_w2" };
	skip_without(golden_path("mindspore/nets/simple_fs32.ckpt"));
	char *dir = scratch_dir(), path[128], ours[512];
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		secant_tensors a, b;
		secant_err err = { 0 };
		secant_bytes first, second;
		snprintf(path, sizeof path, "mindspore/nets/%s.ckpt", names[k]);
		if (secant_tensors_read(&a, NULL, golden_path(path), &err))
			fail_msg("%s", err.msg);
		snprintf(ours, sizeof ours, "%s/a.ckpt", dir);
		assert_int_equal(secant_tensors_write(&a, NULL, ours, NULL), 0);
		assert_int_equal(base_file_map(&first, golden_path(path), NULL), 0);
		assert_int_equal(base_file_map(&second, ours, NULL), 0);
		assert_int_equal(first.size, second.size);
		assert_memory_equal(first.data, second.data, first.size);
		base_file_unmap(&first);
		base_file_unmap(&second);
		snprintf(path, sizeof path, "mindspore/nets/%s.params.safetensors", names[k]);
		assert_int_equal(secant_tensors_read(&b, NULL, golden_path(path), NULL), 0);
		assert_int_equal(a.n, b.n);
		for (int i = 0; i < a.n; i++) {
			const secant_tensor *t = &a.v[i].tensor, *u = secant_tensors_find(&b, a.v[i].name);
			assert_non_null(u);
			assert_true(secant_shape_equal(&t->shape, &u->shape) && t->dtype == u->dtype);
			assert_memory_equal(t->data, u->data, secant_tensor_bytes(t));
		}
		secant_tensors_free(&a);
		secant_tensors_free(&b);
	}
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_joins_pieces),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_mindspores_own),
	};
	return cmocka_run_group_tests_name("ckpt", tests, NULL, NULL);
}
