/* Evaluation in tiles: the last tile of a row is moved back into the picture, over pixels that the one before it holds;
 * they count once. A network that looks at one pixel at a time scores in tiles what it scores on whole pictures. A
 * network for pictures of one size is judged in such pieces, with views of each and several together, as predictions
 * have it. */
#include "deploy/asking.h"
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

enum { SIDE = 24 };

static secant_scores
judge_with(const char *const *models, int n, const char *tta)
{
	secant_eval_options o;
	secant_scores scores;
	secant_err err = { 0 };
	assert_int_equal(secant_opts_init(&secant_eval_options_table, &o, &err), 0);
	assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "precision", "f32", &err), 0);
	if (tta)
		assert_int_equal(secant_opts_set(&secant_eval_options_table, &o, "tta", tta, &err), 0);
	if (secant_evaluate_ensemble(models, n, in_folder("set"), &o, NULL, &scores, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_eval_options_table, &o);
	return scores;
}

/* The confusion of what `predict` gives. */
static void
count_predictions(const char *const *models, int n, const char *options, int64_t confusion[4])
{
	secant_err err = { 0 };
	secant_predictor *p = open_with(models, n, options, &err);
	if (!p)
		fail_msg("%s", err.msg);
	memset(confusion, 0, 4 * sizeof *confusion);
	for (int k = 0; k < 2; k++) {
		secant_image im, label, mask;
		char name[64];
		snprintf(name, sizeof name, "set/val/images/%d.png", k);
		assert_int_equal(secant_image_read(&im, in_folder(name), NULL, &err), 0);
		snprintf(name, sizeof name, "set/val/labels/%d.png", k);
		assert_int_equal(secant_image_read(&label, in_folder(name), NULL, &err), 0);
		assert_int_equal(secant_predictor_mask(p, &im, &mask, &err), 0);
		for (int i = 0; i < WIDTH * HEIGHT; i++)
			confusion[2 * (((uint8_t *)label.data)[i] > 0) + (((uint8_t *)mask.data)[i] > 0)]++;
		secant_image_free(&im);
		secant_image_free(&label);
		secant_image_free(&mask);
	}
	secant_predictor_close(p);
}

static void
pieces_of_one_size_are_turned_as_predictions_are(void **state)
{
	/* what a turn changes: the weights fall to one corner */
	static const float weight[] = { .5f, .25f, .1f, .3f, .2f, .05f, .1f, .05f, 0 },
					   other[] = { 0, .1f, 0, .1f, .9f, 0, 0, 0, .4f }, bias[] = { -0.8f };
	char a[600], b[600], c[600];
	secant_err err = { 0 };
	secant_predictor *p;
	snprintf(a, sizeof a, "%s", in_folder("a.safetensors"));
	snprintf(b, sizeof b, "%s", in_folder("b.safetensors"));
	snprintf(c, sizeof c, "%s", in_folder("c.safetensors"));
	write_set();
	tiny_write(&(tiny){ 1, 1, 3, 1, weight, bias, NULL, "unit", NULL, SIDE }, a);
	tiny_write(&(tiny){ 1, 1, 3, 1, other, bias, NULL, "unit", NULL, SIDE }, b);
	tiny_write(&(tiny){ 1, 1, 3, 1, other, bias, NULL, "unit", NULL, 2 * SIDE }, c);
	const char *const models[] = { a, b }, *const unlike[] = { a, c };
	static const char *const views[] = { NULL, "flips", "rotate90", "d4" };
	int64_t want[4], plain[4];
	for (int k = 0; k < 4; k++)
		for (int n = 1; n <= 2; n++) {
			char options[64] = "";
			if (views[k])
				snprintf(options, sizeof options, "tta=%s", views[k]);
			secant_scores got = judge_with(models, n, views[k]);
			count_predictions(models, n, options, want);
			assert_memory_equal(got.confusion, want, sizeof want);
			if (k == 0 && n == 1)
				memcpy(plain, want, sizeof want);
			else
				assert_true(memcmp(plain, want, sizeof want) != 0); /* a view or a model more is seen */
			secant_scores_free(&got);
		}
	assert_null(p = open_with(unlike, 2, "", &err));
	assert_non_null(strstr(err.msg, "c.safetensors takes pictures of 48x48"));
	err = (secant_err){ 0 };
	assert_null(p = open_with(models, 1, "tta=scale(1.5)", &err));
	assert_non_null(strstr(err.msg, "--tta scale(1.5): the network takes pictures of 24x24 and nothing larger"));
	assert_non_null(p = open_with(models, 1, "tta=scale(0.5)", &err));
	secant_predictor_close(p);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pixels_that_two_tiles_hold_count_once),
		cmocka_unit_test(pieces_of_one_size_are_turned_as_predictions_are),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
