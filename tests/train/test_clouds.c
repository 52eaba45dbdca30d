/* Training and judging on clouds: protocols by hand-made numbers, runs that learn, resume bit for bit, every point predicted. */
#include "training.h"
#include <math.h>
#include "train/evaluate_clouds.h"

static char root[256];

static void
put(const char *name, const char *text)
{
	const char *path = in_root(root, "%s", name);
	char *dir = secant_path_dir(path);
	secant_err err = { 0 };
	must(secant_make_dirs(dir, &err), &err);
	secant_free(dir);
	must(secant_file_write(path, text, strlen(text), &err), &err);
}

/* Shapes of two categories: bags whose upper part is 2, knives whose right part is 2; each shape differs a little. */
static void
put_shapes(int each)
{
	secant_str list = { 0 };
	put("synsetoffset2category.txt", "Bag\t1\nKnife\t2\n");
	secant_str_add(&list, "[");
	for (int i = 0; i < 2 * each; i++) {
		secant_str points = { 0 }, labels = { 0 };
		char name[64];
		for (int k = 0; k < 40 + i; k++) {
			double x = (k % 8) / 4. - 1, y = (k / 8) / 3. - 1 + 0.01 * i, z = ((k * 7 + i) % 5) / 10.;
			secant_str_addf(&points, "%g %g %g\n", x, y, z);
			secant_str_addf(&labels, "%d\n", (i % 2 ? x > 0 : y > -0.2) + 1);
		}
		snprintf(name, sizeof name, "%d/points/s%d.pts", i % 2 + 1, i);
		put(name, points.p);
		snprintf(name, sizeof name, "%d/points_label/s%d.seg", i % 2 + 1, i);
		put(name, labels.p);
		secant_str_addf(&list, "%s\"shape_data/%d/s%d\"", i ? ", " : "", i % 2 + 1, i);
		secant_str_free(&points);
		secant_str_free(&labels);
	}
	secant_str_add(&list, "]");
	put("train_test_split/shuffled_train_file_list.json", list.p);
	put("train_test_split/shuffled_val_file_list.json", list.p);
	secant_str_free(&list);
}

static secant_train_options
cloud_options(const char *out, const char *arch)
{
	static const char *const values[][2] = { { "points", "32" }, { "epochs", "2" }, { "batch", "4" }, { "precision", "f32" }, { "threads", "1" }, { "loader-threads", "2" },
		{ "recalibrate-norms", "1" }, { "seed", "3" }, { "optimizer", "adam" }, { "learning-rate", "0.002" }, { "jitter", "0.01" } };
	secant_train_options o;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_train_options_table, &o, &err), &err);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		train_set(&o, values[i][0], values[i][1]);
	train_set(&o, "out", out);
	train_set(&o, "arch", arch);
	return o;
}

static int set_up(void **state) { fresh_root(root); return 0; }
static int tear_down(void **state) { return close_root(root); }

static secant_scores
judge(const char *model, const char *split, const char *const (*set)[2], const char *message)
{
	secant_eval_options o;
	secant_scores s = { 0 };
	secant_err err = { 0 };
	must(secant_opts_init(&secant_eval_options_table, &o, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &o, "split", split, &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &o, "precision", "f32", &err), &err);
	must(secant_opts_set(&secant_eval_options_table, &o, "threads", "1", &err), &err);
	for (; set && (*set)[0]; set++)
		must(secant_opts_set(&secant_eval_options_table, &o, (*set)[0], (*set)[1], &err), &err);
	secant_status st = secant_evaluate(model, root, &o, NULL, &s, &err);
	if (!message && st)
		fail_msg("%s", err.msg);
	if (message && (!st || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, st ? err.msg : "success");
	secant_opts_free(&secant_eval_options_table, &o);
	return s;
}

/* ---- numbers by hand ---- */

static void
near(double got, double want)
{
	if (!(fabs(got - want) < 1e-12))
		fail_msg("%.15g is not %.15g", got, want);
}

/*
 * Category A has parts 0, 1; category B parts 2, 3, 4.
 * A1: labels 0 0 1 1, found 0 1 1 1: IoU 1/2, 2/3, mean 7/12.   A2: labels 0 0, found 0 0: 1, and 1 for the absent part, mean 1.
 * B1: labels 2 3 3 (and one left out), found 2 3 2: 1/2, 1/2, absent 1: mean 2/3.
 * Instances (7/12 + 1 + 2/3) / 3 = 3/4; categories: A 19/24, B 2/3: mean 35/48.
 */
static void
paper_and_category_by_hand(void **state)
{
	static const int32_t a1[] = { 0, 0, 1, 1 }, a2[] = { 0, 0 }, b1[] = { 2, 3, 3, -1 };
	static const int fa1[] = { 0, 1, 1, 1 }, fa2[] = { 0, 0 }, fb1[] = { 2, 3, 2, 4 };
	static char a_name[] = "A", b_name[] = "B", *const categories[] = { a_name, b_name };
	secant_cloud_counts c;
	secant_scores s;
	assert_int_equal(secant_cloud_counts_new(&c, 5, 2, NULL), 0);
	assert_int_equal(secant_cloud_counts_add(&c, a1, fa1, 4, 0, 0, 2, NULL), 0);
	assert_int_equal(secant_cloud_counts_add(&c, a2, fa2, 2, 0, 0, 2, NULL), 0);
	assert_int_equal(secant_cloud_counts_add(&c, b1, fb1, 4, 1, 2, 3, NULL), 0);
	assert_int_equal(secant_cloud_counts_scores(&c, SECANT_PROTOCOL_PAPER, 0, NULL, 0, categories, &s, NULL), 0);
	near(s.instance_iou, 3. / 4);
	near(s.iou, s.instance_iou);
	near(s.category_iou, 35. / 48);
	near(s.per_category[0].iou, 19. / 24);
	near(s.per_category[1].iou, 2. / 3);
	assert_int_equal(s.per_category[0].clouds, 2);
	assert_int_equal(s.pixels, 9);
	assert_int_equal(s.confusion[0 * 5 + 1], 1);
	assert_int_equal(s.confusion[3 * 5 + 2], 1);
	/* from counts over all shapes: 3/4, 2/3, 1/2, 1/2; part 4 neither occurs nor is found where labels are */
	near(s.miou, (3. / 4 + 2. / 3 + 1. / 2 + 1. / 2) / 4);
	near(s.accuracy, 7. / 9);
	assert_string_equal(s.protocol, "paper");
	secant_scores_free(&s);
	/* classes with fewer than three points stay out of the mean */
	assert_int_equal(secant_cloud_counts_scores(&c, SECANT_PROTOCOL_SCENE, 3, NULL, 0, categories, &s, NULL), 0);
	near(s.miou, 3. / 4);
	near(s.class_accuracy, 3. / 4);
	assert_int_equal(s.per_class[1].pixels, 2);
	assert_true(isnan(s.instance_iou));
	secant_scores_free(&s);
	secant_cloud_counts_free(&c);
}

static void
points_never_predicted_count_as_wrong(void **state)
{
	static const int32_t label[] = { 0, 1, 1 };
	static const int found[] = { -1, 1, -1 };
	secant_cloud_counts c;
	secant_scores s;
	assert_int_equal(secant_cloud_counts_new(&c, 3, 0, NULL), 0);
	assert_int_equal(secant_cloud_counts_add(&c, label, found, 3, -1, 0, 3, NULL), 0);
	assert_int_equal(secant_cloud_counts_scores(&c, SECANT_PROTOCOL_SCENE, 0, NULL, 0, NULL, &s, NULL), 0);
	near(s.accuracy, 1. / 3);
	secant_scores_free(&s);
	secant_cloud_counts_free(&c);
}

/* ---- runs ---- */

static void
parts_are_learnt_and_judged(void **state)
{
	static const char *const knives[][2] = { { "category", "Knife" }, { NULL } }, *const wrong[][2] = { { "protocol", "class" }, { NULL } };
	static const char *const votes[][2] = { { "votes", "3" }, { "resample", "100" }, { NULL } };
	put_shapes(4);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-part");
	train_set(&o, "epochs", "12");
	train_set(&o, "batch", "8");
	train_set(&o, "transform-init", "identity");
	train_set(&o, "keep-epochs", "true");
	train_set(&o, "test-every", "3");
	secant_train_result r = train_expecting(&o, root, NULL, NULL);
	assert_string_equal(r.metric, "iou");
	if (!(r.last > 0.8))
		fail_msg("the IoU is %g", r.last);
	assert_int_equal(access(in_root(root, "run/epoch-006.safetensors"), R_OK), 0);
	secant_scores all = judge(in_root(root, "run/last.safetensors"), "val", NULL, NULL);
	assert_string_equal(all.protocol, "paper");
	assert_int_equal(all.images, 8);
	assert_int_equal(all.classes, 4);
	near(all.instance_iou, r.last);
	int64_t points = 0;
	for (int i = 0; i < 8; i++)
		points += 40 + i;
	assert_int_equal(all.pixels, points);        /* every point once */
	secant_scores_free(&all);
	secant_scores some = judge(in_root(root, "run/last.safetensors"), "val", knives, NULL);
	assert_int_equal(some.images, 4);
	assert_int_equal(some.confusion[0], 0);
	secant_scores_free(&some);
	secant_scores voted = judge(in_root(root, "run/last.safetensors"), "val", votes, NULL);
	assert_int_equal(voted.pixels, 800);
	secant_scores_free(&voted);
	(void)judge(in_root(root, "run/last.safetensors"), "val", wrong, "--protocol class is for networks that give a class for each cloud");
	(void)judge(in_root(root, "run/last.safetensors"), "test", NULL, "shuffled_test_file_list.json");
	free_options(&o);
}

static void
one_category_has_its_own_protocol(void **state)
{
	put_shapes(4);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-dense");
	train_set(&o, "category", "Bag");
	train_set(&o, "feature-transform", "true");
	train_set(&o, "epochs", "1");
	train_expecting(&o, root, NULL, NULL);
	secant_scores s = judge(in_root(root, "run/last.safetensors"), "val", NULL, NULL);
	assert_string_equal(s.protocol, "category");
	assert_int_equal(s.classes, 2);
	assert_int_equal(s.images, 4);
	assert_string_equal(s.per_class[1].name, "Bag 2");
	secant_scores_free(&s);
	train_set(&o, "category", "Bagg");
	train_set(&o, "out", in_root(root, "run2"));
	train_expecting(&o, root, NULL, "--category 'Bagg' is none of Bag, Knife");
	free_options(&o);
}

static void
resuming_is_bit_for_bit(void **state)
{
	put_shapes(4);
	secant_train_options o = cloud_options(in_root(root, "whole"), "pointnet-part");
	train_set(&o, "scale", "0.8,1.25");
	train_set(&o, "point-dropout", "0.3");
	train_set(&o, "epochs", "3");
	train_set(&o, "test-every", "1");
	train_expecting(&o, root, NULL, NULL);
	train_set(&o, "out", in_root(root, "parts"));
	watcher w = { .stop_after = 3 };             /* in the middle of the second epoch */
	train_expecting(&o, root, &w, "interrupted");
	train_set(&o, "resume", "true");
	train_expecting(&o, root, NULL, NULL);
	static const char *const files[] = { "last.safetensors", "state.safetensors", "tests.jsonl" };
	for (size_t i = 0; i < 3; i++) {
		secant_bytes a = bytes_of(in_root(root, "whole/%s", files[i])), b = bytes_of(in_root(root, "parts/%s", files[i]));
		assert_int_equal(a.size, b.size);
		assert_memory_equal(a.data, b.data, a.size);
		secant_file_unmap(&a);
		secant_file_unmap(&b);
	}
	free_options(&o);
}

static void
clouds_get_one_class(void **state)
{
	for (int i = 0; i < 8; i++) {
		char name[64], text[256];
		snprintf(name, sizeof name, "%s/%s/m%d.off", i % 2 ? "flat" : "tall", i < 6 ? "train" : "test", i);
		snprintf(text, sizeof text, i % 2 ? "OFF\n3 1 0\n0 0 0\n%d 0 0\n0 0 1\n3 0 1 2\n" : "OFF\n3 1 0\n0 0 0\n0 %d 0\n0 0 1\n3 0 1 2\n", 2 + i);
		put(name, text);
	}
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-cls");
	train_set(&o, "mesh-points", "60");
	train_set(&o, "batch", "3");
	train_set(&o, "validation-split", "test");
	secant_train_result r = train_expecting(&o, root, NULL, NULL);
	assert_string_equal(r.metric, "accuracy");
	static const char *const meshes[][2] = { { "mesh-points", "60" }, { NULL } };
	secant_scores s = judge(in_root(root, "run/last.safetensors"), "test", meshes, NULL);
	assert_string_equal(s.protocol, "class");
	assert_int_equal(s.images, 2);
	assert_int_equal(s.pixels, 2);
	assert_string_equal(s.per_class[0].name, "flat");
	near(s.accuracy, r.last);
	secant_scores_free(&s);
	train_set(&o, "arch", "pointnet-dense");
	train_set(&o, "overwrite", "true");
	train_expecting(&o, root, NULL, "its points have no labels");
	free_options(&o);
}

static void
scenes_are_judged_point_by_point(void **state)
{
	secant_str text = { 0 };
	secant_str_add(&text, "x,y,z,label\n");
	for (int i = 0; i < 900; i++)
		secant_str_addf(&text, "%d,%d,%g,%d\n", i % 30, i / 30, (i % 7) / 7., i % 30 < 15 ? 2 : 6);
	put("train/a.csv", text.p);
	put("val/b.csv", text.p);
	secant_str_free(&text);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-dense");
	static const char *const set[][2] = { { "block", "10" }, { "up", "z" }, { "features", "xyz,position" }, { "points", "64" }, { "loss", "ce(class-weights=[1,2])" } };
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		train_set(&o, set[i][0], set[i][1]);
	train_expecting(&o, root, NULL, NULL);
	secant_scores s = judge(in_root(root, "run/last.safetensors"), "val", NULL, NULL);
	assert_string_equal(s.protocol, "scene");
	assert_int_equal(s.pixels, 900);
	assert_int_equal(s.classes, 2);
	assert_string_equal(s.per_class[1].name, "class 6");
	secant_scores_free(&s);
	free_options(&o);
}

int
main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(paper_and_category_by_hand), EACH(points_never_predicted_count_as_wrong), EACH(parts_are_learnt_and_judged), EACH(one_category_has_its_own_protocol),
		EACH(resuming_is_bit_for_bit), EACH(clouds_get_one_class), EACH(scenes_are_judged_point_by_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
