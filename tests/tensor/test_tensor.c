/* Tensors and sets of named tensors: shapes, ownership, hostile sizes, memory that runs out. */
#include "data.h"
#include <secant/tensor.h>
#include "base/file.h"
#include "base/mem.h"

static void
counts(void **state)
{
	secant_shape s = secant_shape_of(3, 2, 3, (int64_t)4);
	assert_int_equal(secant_shape_count(&s), 24);
	s = secant_shape_of(0);
	assert_int_equal(secant_shape_count(&s), 1);
	s = secant_shape_of(2, 0, 5);
	assert_int_equal(secant_shape_count(&s), 0);
	s = secant_shape_of(3, INT64_MAX, INT64_MAX, 0);
	assert_int_equal(secant_shape_count(&s), 0);
	s = secant_shape_of(2, INT64_MAX, 2);
	assert_int_equal(secant_shape_count(&s), -1);
	s = secant_shape_of(2, 3, -1);
	assert_int_equal(secant_shape_count(&s), -1);
	s.rank = 7;
	assert_int_equal(secant_shape_count(&s), -1);
	s.rank = -1;
	assert_int_equal(secant_shape_count(&s), -1);
}

static void
equality_and_text(void **state)
{
	secant_shape a = secant_shape_of(2, 3, 4), b = secant_shape_of(2, 3, 4), c = secant_shape_of(3, 3, 4, 1);
	char text[96], small[4];
	assert_true(secant_shape_equal(&a, &b));
	assert_false(secant_shape_equal(&a, &c));
	b.dim[1] = 5;
	assert_false(secant_shape_equal(&a, &b));
	b = a;
	b.dim[5] = 77;
	assert_true(secant_shape_equal(&a, &b));
	assert_string_equal(secant_shape_text(&c, text, sizeof text), "3x4x1");
	assert_string_equal(secant_shape_text(&c, small, sizeof small), "3x4");
	c = secant_shape_of(0);
	assert_string_equal(secant_shape_text(&c, text, sizeof text), "scalar");
	c = secant_shape_of(6, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, 1, 1);
	assert_int_equal(strlen(secant_shape_text(&c, text, sizeof text)), 4 * 20 + 4 + 3);
}

static void
new_tensors_are_zeroed_aligned_and_freed(void **state)
{
	long live = base_mem_live();
	secant_tensor t;
	secant_shape s = secant_shape_of(2, 3, 5);
	assert_int_equal(secant_tensor_new(&t, SECANT_F32, &s, NULL), SECANT_OK);
	assert_int_equal((uintptr_t)t.data % 64, 0);
	assert_int_equal(secant_tensor_bytes(&t), 60);
	for (int i = 0; i < 15; i++)
		assert_true(((float *)t.data)[i] == 0);
	secant_tensor_free(&t);
	assert_null(t.data);
	secant_tensor_free(&t);
	s = secant_shape_of(2, 0, 5);
	assert_int_equal(secant_tensor_new(&t, SECANT_I64, &s, NULL), SECANT_OK);
	assert_non_null(t.data);
	assert_int_equal(secant_tensor_bytes(&t), 0);
	secant_tensor_free(&t);
	assert_int_equal(base_mem_live(), live);
}

static void
borrowed_memory_is_left_alone(void **state)
{
	float v[2] = { 1, 2 };
	secant_tensor t = { .dtype = SECANT_F32, .shape = secant_shape_of(1, 2), .data = v };
	secant_tensor_free(&t);
	assert_true(v[1] == 2);
}

static void
impossible_tensors(void **state)
{
	static const struct {
		secant_shape shape;
		secant_dtype dtype;
		secant_status code;
		const char *message;
	} rows[] = {
		{ { 2, { 3, -1 } }, SECANT_F32, SECANT_ERR_SHAPE, "tensor: no tensor can have the shape 3x-1" },
		{ { 2, { INT64_MAX, 2 } }, SECANT_U8, SECANT_ERR_SHAPE,
			"tensor: no tensor can have the shape 9223372036854775807x2" },
		{ { 1, { INT64_MAX / 4 } }, SECANT_F64, SECANT_ERR_SHAPE,
			"tensor: no tensor can have the shape 2305843009213693951" },
		{ { 7, { 1 } }, SECANT_U8, SECANT_ERR_SHAPE, "tensor: rank 7 is outside 0 to 6" },
		{ { 1, { 1 } }, (secant_dtype)99, SECANT_ERR_ARG, "tensor: 99 is no dtype" },
		{ { 1, { INT64_MAX / 2 } }, SECANT_U8, SECANT_ERR_NOMEM,
			"tensor u8 4611686018427387903: no memory for 4611686018427387903 bytes" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		secant_tensor t = { .data = &err };
		assert_int_equal(secant_tensor_new(&t, rows[i].dtype, &rows[i].shape, &err), rows[i].code);
		assert_string_equal(err.msg, rows[i].message);
		assert_null(t.data);
	}
}

static secant_tensor
vector(double a, double b)
{
	secant_tensor t;
	secant_shape s = secant_shape_of(1, 2);
	assert_int_equal(secant_tensor_new(&t, SECANT_F64, &s, NULL), SECANT_OK);
	secant_tensor_set(&t, 0, a);
	secant_tensor_set(&t, 1, b);
	return t;
}

static void
sets_keep_order_and_refuse_doubles(void **state)
{
	long live = base_mem_live();
	secant_tensors set = { 0 };
	secant_err err = { 0 };
	char name[40];
	for (int i = 0; i < 50; i++) {
		secant_tensor t = vector(i, -i);
		snprintf(name, sizeof name, "layer.%d.weight", 49 - i);
		assert_int_equal(secant_tensors_add(&set, name, &t, NULL), SECANT_OK);
		assert_null(t.data);
	}
	secant_tensor t = vector(1, 1);
	assert_int_equal(secant_tensors_add(&set, "layer.7.weight", &t, &err), SECANT_ERR_FORMAT);
	assert_string_equal(err.msg, "two tensors are named 'layer.7.weight'");
	assert_non_null(t.data);
	assert_int_equal(set.n, 50);
	assert_string_equal(set.v[0].name, "layer.49.weight");
	assert_true(secant_tensor_get(secant_tensors_find(&set, "layer.0.weight"), 0) == 49);
	assert_null(secant_tensors_find(&set, "layer.0"));
	for (long n = 1; n <= 2; n++) {
		err = (secant_err){ 0 };
		set.capacity = set.n;
		base_mem_fail_at(n);
		assert_int_equal(secant_tensors_add(&set, "new", &t, &err), SECANT_ERR_NOMEM);
		assert_non_null(t.data);
	}
	secant_tensor_free(&t);
	secant_tensors_free(&set);
	secant_tensors_free(&set);
	assert_int_equal(base_mem_live(), live);
}

static void
sets_free_what_they_borrow_from(void **state)
{
	long live = base_mem_live();
	secant_tensors set = { 0 };
	secant_bytes *b = secant_calloc(1, sizeof *b);
	assert_int_equal(base_file_map(b, "tests/tensor/test_tensor.c", NULL), SECANT_OK);
	secant_tensor t = { .dtype = SECANT_U8, .shape = secant_shape_of(1, 2), .data = (void *)b->data };
	set.map = b;
	assert_int_equal(secant_tensors_add(&set, "head", &t, NULL), SECANT_OK);
	assert_true(secant_tensor_get(&set.v[0].tensor, 0) == '/');
	secant_tensors_free(&set);
	assert_int_equal(base_mem_live(), live);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(equality_and_text),
		cmocka_unit_test(new_tensors_are_zeroed_aligned_and_freed),
		cmocka_unit_test(borrowed_memory_is_left_alone),
		cmocka_unit_test(impossible_tensors),
		cmocka_unit_test(sets_keep_order_and_refuse_doubles),
		cmocka_unit_test(sets_free_what_they_borrow_from),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
