/* Pictures as data: sizes that are refused, what is owned. */
#include "data.h"
#include <secant/tensor.h>
#include "base/mem.h"

static void
new_pictures_are_zeroed(void **state)
{
	long live = base_mem_live();
	secant_image im;
	assert_int_equal(secant_image_new(&im, 5, 3, 2, SECANT_U16, NULL), SECANT_OK);
	for (int i = 0; i < 30; i++)
		assert_int_equal(((uint16_t *)im.data)[i], 0);
	secant_image_free(&im);
	assert_null(im.data);
	secant_image_free(&im);
	assert_int_equal(base_mem_live(), live);
}

static int freed;
static void
count_free(void *meta)
{
	freed++;
}

static void
palette_and_meta_are_owned(void **state)
{
	long live = base_mem_live();
	secant_image im;
	assert_int_equal(secant_image_new(&im, 1, 1, 1, SECANT_U8, NULL), SECANT_OK);
	im.palette = secant_calloc(2, sizeof *im.palette);
	im.palette_count = 2;
	im.meta = &freed;
	im.meta_free = count_free;
	secant_image_free(&im);
	assert_int_equal(freed, 1);
	assert_int_equal(base_mem_live(), live);
}

static void
wrong_sizes(void **state)
{
	static const struct {
		int w, h, c;
		secant_dtype d;
		secant_status code;
		const char *message;
	} rows[] = {
		{ 0, 5, 1, SECANT_U8, SECANT_ERR_SHAPE, "picture: 0x5 is no size (width x height)" },
		{ 5, -1, 1, SECANT_U8, SECANT_ERR_SHAPE, "picture: 5x-1 is no size (width x height)" },
		{ 5, 5, 0, SECANT_U8, SECANT_ERR_RANGE, "picture: 0 channels are outside 1 to 4096" },
		{ 5, 5, 4097, SECANT_U8, SECANT_ERR_RANGE, "picture: 4097 channels are outside 1 to 4096" },
		{ 5, 5, 1, SECANT_I64, SECANT_ERR_ARG, "picture: dtype i64 is not u8, u16, i16 or f32" },
		{ INT32_MAX, INT32_MAX, 4096, SECANT_F32, SECANT_ERR_RANGE,
			"picture: 2147483647x2147483647x4096 f32 is larger than 2^40 bytes" },
		{ 1 << 20, (1 << 20) + 1, 1, SECANT_U8, SECANT_ERR_RANGE,
			"picture: 1048576x1048577x1 u8 is larger than 2^40 bytes" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		secant_err err = { 0 };
		secant_image im;
		assert_int_equal(secant_image_new(&im, rows[i].w, rows[i].h, rows[i].c, rows[i].d, &err), rows[i].code);
		assert_string_equal(err.msg, rows[i].message);
		assert_null(im.data);
	}
	secant_err err = { 0 };
	secant_image im;
	base_mem_fail_at(1);
	assert_int_equal(secant_image_new(&im, 4, 4, 3, SECANT_U8, &err), SECANT_ERR_NOMEM);
	assert_string_equal(err.msg, "picture 4x4x3 u8: no memory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_pictures_are_zeroed),
		cmocka_unit_test(palette_and_meta_are_owned),
		cmocka_unit_test(wrong_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
