/* The worst pictures of an evaluation: in the colours that the model keeps, and with the first class as background. */
#include "scratch.h"
#include "deploy/tiny.h"
#include <secant/codec.h>
#include <secant/train.h>

/* One picture of 64 x 64: red above, blue below; the label has class 1 on the left and class 2 on the right. */
static void
write_set(void)
{
	secant_image im, label;
	secant_err err = { 0 };
	assert_int_equal(secant_make_dirs(in_folder("set/val/images"), &err), 0);
	assert_int_equal(secant_make_dirs(in_folder("set/val/labels"), &err), 0);
	assert_int_equal(secant_image_new(&im, 64, 64, 3, SECANT_U8, &err), 0);
	assert_int_equal(secant_image_new(&label, 64, 64, 1, SECANT_U8, &err), 0);
	for (int i = 0; i < 64 * 64; i++) {
		((uint8_t *)im.data)[3 * i + (i / 64 < 32 ? 0 : 2)] = 255;
		((uint8_t *)label.data)[i] = i % 64 < 32 ? 1 : 2;
	}
	assert_int_equal(secant_image_write(&im, in_folder("set/val/images/a.png"), NULL, &err), 0);
	assert_int_equal(secant_image_write(&label, in_folder("set/val/labels/a.png"), NULL, &err), 0);
	secant_image_free(&im);
	secant_image_free(&label);
}

/* Class 1 where a picture is red, class 2 where it is blue; classes have names and colours. */
static void
write_model(const char *path)
{
	const float weight[] = { 0, 0, 0, 1, 0, 0, 0, 0, 1 }, bias[] = { -1, 0, 0 };
	format_model_file m;
	secant_err err = { 0 };
	tiny_write(&(tiny){ 3, 3, 1, 1, weight, bias, NULL, "unit", "[\"background\", \"left\", \"right\"]" }, path);
	assert_int_equal(format_model_file_read(&m, path, &err), 0);
	json_object_set_new(m.settings, "palette", json_loads("[[0,0,0],[201,11,181],[12,202,22]]", 0, NULL));
	assert_int_equal(format_model_file_write(&m, path, &err), 0);
	format_model_file_free(&m);
}

/* How many pixels of a cell (0 picture, 1 label, 2 prediction, 3 errors) have a colour. */
static int
count_colour(const secant_image *sheet, int cell, int r, int g, int b)
{
	int n = 0, side = sheet->height, from = cell * (sheet->width - 4 * side) / 3 + cell * side;
	for (int y = 0; y < side; y++)
		for (int x = from; x < from + side; x++) {
			const uint8_t *p = (const uint8_t *)sheet->data + ((size_t)y * (size_t)sheet->width + (size_t)x) * 3;
			n += p[0] == r && p[1] == g && p[2] == b;
		}
	return n;
}

static void
worst_pictures_have_the_models_colours(void **state)
{
	secant_eval_options o;
	secant_scores scores;
	secant_err err = { 0 };
	secant_image sheet;
	write_set();
	write_model(in_folder("m.safetensors"));
	assert_int_equal(secant_opts_init(&secant_eval_options_table, &o, &err), 0);
	assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "save", in_folder("worst"), &err), 0);
	assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "precision", "f32", &err), 0);
	if (secant_evaluate(in_folder("m.safetensors"), in_folder("set"), &o, NULL, &scores, &err))
		fail_msg("%s", err.msg);
	assert_true(scores.per_class[1].iou > 0.3 && scores.per_class[1].iou < 0.4); /* a quarter of three */
	if (secant_image_read(&sheet, in_folder("worst/01-0.333-a.png"), NULL, &err))
		fail_msg("%s", err.msg);
	int half = sheet.height * sheet.height / 2;
	for (int cell = 1; cell < 3; cell++) {
		assert_int_equal(count_colour(&sheet, cell, 201, 11, 181), half);
		assert_int_equal(count_colour(&sheet, cell, 12, 202, 22), half);
	}
	secant_image_free(&sheet);
	secant_scores_free(&scores);
	secant_opts_free(&secant_eval_options_table, &o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(worst_pictures_have_the_models_colours) };
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
