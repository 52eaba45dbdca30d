/* Dice and IoU on probabilities: MindSpore's zoo's own numbers (golden/mindspore/metric), and by hand. */
#include "golden/golden.h"
#include <secant/tensorfile.h>
#include "judge/soft.h"

static void
test_the_zoos_numbers(void **state)
{
	json_t *j = golden_json("mindspore/metric/metric.json"), *cases = json_object_get(j, "dice_coeff"), *one;
	secant_tensors t;
	secant_err err = { 0 };
	size_t i;
	enum { H = 24, W = 20, C = 3, N = 2 };
	int32_t labels[H * W];
	if (secant_tensors_read(&t, NULL, golden_path("mindspore/metric/metric.safetensors"), &err))
		fail_msg("%s", err.msg);
	const secant_tensor *p = secant_tensors_find(&t, "softmax"), *l = secant_tensors_find(&t, "label");
	int checked = 0;
	json_array_foreach (cases, i, one) {
		if (json_is_true(json_object_get(one, "eval_resize")))
			continue; /* to the picture's own size: secant's evaluation is at that size already */
		judge_soft s = { .mode = BASE_MODE_MULTICLASS,
			.classes = C,
			.activated = true,
			.hard = !strcmp(json_string_value(json_object_get(one, "eval_activate")), "Argmax"),
			.background = json_is_true(json_object_get(one, "include_background")),
			.ignore = -1 };
		double dice = 0, iou = 0;
		for (int k = 0; k < N; k++) {
			for (int at = 0; at < H * W; at++)
				labels[at] = (int)secant_tensor_get(l, k * H * W + at);
			double d = judge_soft_dice(&s, (const float *)p->data + k * H * W * C, labels, H, W, W);
			dice += d;
			iou += judge_soft_iou(d);
			json_t *running = json_array_get(json_object_get(one, "running [dice, iou]"), (size_t)k);
			assert_near("dice", dice / (k + 1), json_number_value(json_array_get(running, 0)), 1e-6);
			assert_near("iou", iou / (k + 1), json_number_value(json_array_get(running, 1)), 1e-6);
		}
		checked++;
	}
	assert_int_equal(checked, 4);
	secant_tensors_free(&t);
	json_decref(j);
}

static void
test_by_hand(void **state)
{
	/* one class: p .5 at a pixel of it and at one of none */
	judge_soft s = { .mode = BASE_MODE_BINARY, .classes = 1, .background = false, .ignore = -1 };
	const float v[] = { 0, 9, 0, 9 }, t[] = { 1, -1, 0, -1 };
	assert_near("dice", judge_soft_dice(&s, v, t, 2, 1, 2), 2 * .5 / (.25 + .25 + 1 + 1e-6), 1e-12);
	s.background = true;
	assert_near("dice", judge_soft_dice(&s, v, t, 2, 1, 2), 2 * (.5 + .5) / (1 + 2 + 1e-6), 1e-12);
	/* logits far apart are no NaN; a label that is left out counts for nothing */
	judge_soft m = { .mode = BASE_MODE_MULTICLASS, .classes = 2, .background = true, .ignore = 7 };
	const float far[] = { 1000, -1000, 0, 0 };
	const int32_t label[] = { 0, 7 };
	assert_near("dice", judge_soft_dice(&m, far, label, 1, 2, 2), 1, 1e-6);
	assert_near("iou", judge_soft_iou(1), 1, 0);
	/* nothing to judge is 0, not 0/0 */
	const int32_t none[] = { 7, 7 };
	assert_near("dice", judge_soft_dice(&m, far, none, 1, 2, 2), 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_zoos_numbers),
		cmocka_unit_test(test_by_hand),
	};
	return cmocka_run_group_tests_name("dice of probabilities", tests, NULL, NULL);
}
