/* Arrays with strides as tensors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <secant/tensor.h>

static const int16_t numbers[] = { 0, 1, 2, 3, 4, 5 };

static void
dense_ones_are_borrowed(void **state)
{
	secant_tensor t;
	secant_array a = { SECANT_I16, { 2, { 2, 3 } }, { 6, 2 }, numbers };
	assert_int_equal(secant_tensor_of(&t, &a, false, NULL), 0);
	assert_ptr_equal(t.data, numbers);
	assert_null(t.owner);
	secant_array one = { SECANT_I16, { 2, { 1, 3 } }, { 999, 2 }, numbers }; /* a stride nobody takes */
	assert_int_equal(secant_tensor_of(&t, &one, false, NULL), 0);
}

static void
others_are_copied_or_refused(void **state)
{
	secant_tensor t;
	secant_err err = { 0 };
	secant_array turned = { SECANT_I16, { 2, { 3, 2 } }, { 2, 6 }, numbers };
	assert_int_equal(secant_tensor_of(&t, &turned, false, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "the array of 3x2 has strides, a dense one is wanted");
	assert_int_equal(secant_tensor_of(&t, &turned, true, NULL), 0);
	assert_memory_equal(t.data, ((int16_t[]){ 0, 3, 1, 4, 2, 5 }), sizeof numbers);
	secant_tensor_free(&t);
	secant_array backwards = { SECANT_I16, { 1, { 6 } }, { -2 }, numbers + 5 };
	assert_int_equal(secant_tensor_of(&t, &backwards, true, NULL), 0);
	assert_memory_equal(t.data, ((int16_t[]){ 5, 4, 3, 2, 1, 0 }), sizeof numbers);
	secant_tensor_free(&t);
	secant_array repeated = { SECANT_I16, { 2, { 2, 2 } }, { 0, 2 }, numbers };
	assert_int_equal(secant_tensor_of(&t, &repeated, true, NULL), 0);
	assert_memory_equal(t.data, ((int16_t[]){ 0, 1, 0, 1 }), 8);
	secant_tensor_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dense_ones_are_borrowed),
		cmocka_unit_test(others_are_copied_or_refused),
	};
	return cmocka_run_group_tests_name("arrays", tests, NULL, NULL);
}
