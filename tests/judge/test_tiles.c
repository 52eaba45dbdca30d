/* Evaluation in tiles: the last tile of a row is moved back into the picture, over pixels that the one before it holds;
 * they count once. A network that looks at one pixel at a time scores in tiles what it scores on whole pictures. */
#include "scratch.h"
#include "deploy/tiny.h"
#include <secant/codec.h>
#include <secant/train.h>

enum { HEIGHT = 50, WIDTH = 70 };

/* Two pictures whose pixels are bright or dark as they come; what is foreground is told by other numbers, so that each
 * part of a picture has a score of its own. */
static void
write_set(void)
{
	secant_err err = { 0 };
	assert_int_equal(secant_make_dirs(in_folder("set/val/images"), &err), 0);
	assert_int_equal(secant_make_dirs(in_folder("set/val/labels"), &err), 0);
	for (int k = 0; k < 2; k++) {
		secant_image im, label;
		char name[64];
		assert_int_equal(secant_image_new(&im, WIDTH, HEIGHT, 1, SECANT_U8, &err), 0);
		assert_int_equal(secant_image_new(&label, WIDTH, HEIGHT, 1, SECANT_U8, &err), 0);
		for (int i = 0; i < WIDTH * HEIGHT; i++) {
			((uint8_t *)im.data)[i] = (uint8_t)(i * (7 + k) % 251);
			((uint8_t *)label.data)[i] = i * (13 + k) % 97 < 30 + i % WIDTH / 2 ? 255 : 0;
		}
		snprintf(name, sizeof name, "set/val/images/%d.png", k);
		assert_int_equal(secant_image_write(&im, in_folder(name), NULL, &err), 0);
		snprintf(name, sizeof name, "set/val/labels/%d.png", k);
		assert_int_equal(secant_image_write(&label, in_folder(name), NULL, &err), 0);
		secant_image_free(&im);
		secant_image_free(&label);
	}
}

static void
judge(const char *tile, const char *thresholds, secant_scores *scores)
{
	secant_eval_options o;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_eval_options_table, &o, &err), 0);
	assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "precision", "f32", &err), 0);
	assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "thresholds", thresholds, &err), 0);
	if (tile)
		assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "tile", tile, &err), 0);
	if (secant_evaluate(in_folder("m.safetensors"), in_folder("set"), &o, NULL, scores, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_eval_options_table, &o);
}

static void
pixels_that_two_tiles_hold_count_once(void **state)
{
	const float weight[] = { 1 }, bias[] = { -0.4f };
	secant_scores whole, tiles;
	write_set();
	tiny_write(&(tiny){ 1, 1, 1, 1, weight, bias, NULL, "unit", NULL }, in_folder("m.safetensors"));
	judge(NULL, in_folder("whole.csv"), &whole);
	judge("32", in_folder("tiles.csv"), &tiles);
	assert_int_equal(whole.images, 2);
	assert_int_equal(tiles.images, 2 * 2 * 3); /* 50 is 32 and 18 more, 70 is 64 and 6 more */
	int64_t sum = 0;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(tiles.confusion[i], whole.confusion[i]);
		sum += tiles.confusion[i];
	}
	assert_int_equal(sum, 2 * HEIGHT * WIDTH);
	assert_true(
		tiles.iou == whole.iou && tiles.best_threshold == whole.best_threshold && tiles.best_f1 == whole.best_f1);
	secant_scores_free(&whole);
	secant_scores_free(&tiles);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pixels_that_two_tiles_hold_count_once) };
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
