/* Training and judging on clouds: protocols by hand-made numbers, runs that learn, resume bit for bit, every point
 * predicted. */
#include "training.h"
#include <math.h>
#include <secant/predict.h>
#include "judge/evaluate_clouds.h"

static void
put(const char *name, const char *text)
{
	const char *path = in_root(root, "%s", name);
	char *dir = base_path_dir(path);
	secant_err err = { 0 };
	must(secant_make_dirs(dir, &err), &err);
	secant_free(dir);
	must(secant_file_write(path, text, strlen(text), &err), &err);
}

/* Shapes of two categories: bags whose upper part is 2, knives whose right part is 2; each shape differs a little. */
static void
put_shapes(int each)
{
	base_str list = { 0 };
	put("synsetoffset2category.txt", "Bag\t1\nKnife\t2\n");
	base_str_add(&list, "[");
	for (int i = 0; i < 2 * each; i++) {
		base_str points = { 0 }, labels = { 0 };
		char name[64];
		for (int k = 0; k < 40 + i; k++) {
			double x = (k % 8) / 4. - 1, y = (k / 8) / 3. - 1 + 0.01 * i, z = ((k * 7 + i) % 5) / 10.;
			base_str_addf(&points, "%g %g %g\n", x, y, z);
			base_str_addf(&labels, "%d\n", (i % 2 ? x > 0 : y > -0.2) + 1);
		}
		snprintf(name, sizeof name, "%d/points/s%d.pts", i % 2 + 1, i);
		put(name, points.p);
		snprintf(name, sizeof name, "%d/points_label/s%d.seg", i % 2 + 1, i);
		put(name, labels.p);
		base_str_addf(&list, "%s\"shape_data/%d/s%d\"", i ? ", " : "", i % 2 + 1, i);
		base_str_free(&points);
		base_str_free(&labels);
	}
	base_str_add(&list, "]");
	put("train_test_split/shuffled_train_file_list.json", list.p);
	put("train_test_split/shuffled_val_file_list.json", list.p);
	base_str_free(&list);
}

static secant_train_options
cloud_options(const char *out, const char *arch)
{
	static const char *const values[][2] = {
		{ "points", "32" },
		{ "epochs", "2" },
		{ "batch", "4" },
		{ "precision", "f32" },
		{ "threads", "1" },
		{ "loader-threads", "2" },
		{ "recalibrate-norms", "1" },
		{ "seed", "3" },
		{ "optimizer", "adam" },
		{ "learning-rate", "0.002" },
		{ "jitter", "0.01" },
	};
	secant_train_options o;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_train_options_table, &o, &err), &err);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		train_set(&o, values[i][0], values[i][1]);
	train_set(&o, "out", out);
	train_set(&o, "arch", arch);
	return o;
}

static int
set_up(void **state)
{
	fresh_root();
	return 0;
}

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
 * A1: labels 0 0 1 1, found 0 1 1 1: IoU 1/2, 2/3, mean 7/12.   A2: labels 0 0, found 0 0: 1, and 1 for the absent
 * part, mean 1. B1: labels 2 3 3 (and one left out), found 2 3 2: 1/2, 1/2, absent 1: mean 2/3. Instances (7/12 + 1 +
 * 2/3) / 3 = 3/4; categories: A 19/24, B 2/3: mean 35/48.
 */
static void
paper_and_category_by_hand(void **state)
{
	static const int32_t a1[] = { 0, 0, 1, 1 }, a2[] = { 0, 0 }, b1[] = { 2, 3, 3, -1 };
	static const int fa1[] = { 0, 1, 1, 1 }, fa2[] = { 0, 0 }, fb1[] = { 2, 3, 2, 4 };
	static char a_name[] = "A", b_name[] = "B", *const categories[] = { a_name, b_name };
	judge_cloud_counts c;
	secant_scores s;
	assert_int_equal(judge_cloud_counts_new(&c, 5, 2, NULL), 0);
	assert_int_equal(judge_cloud_counts_add(&c, a1, fa1, 4, 0, 0, 2, NULL), 0);
	assert_int_equal(judge_cloud_counts_add(&c, a2, fa2, 2, 0, 0, 2, NULL), 0);
	assert_int_equal(judge_cloud_counts_add(&c, b1, fb1, 4, 1, 2, 3, NULL), 0);
	assert_int_equal(judge_cloud_counts_scores(&c, JUDGE_PROTOCOL_PAPER, 0, NULL, 0, categories, &s, NULL), 0);
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
	assert_int_equal(judge_cloud_counts_scores(&c, JUDGE_PROTOCOL_SCENE, 3, NULL, 0, categories, &s, NULL), 0);
	near(s.miou, 3. / 4);
	near(s.class_accuracy, 3. / 4);
	assert_int_equal(s.per_class[1].pixels, 2);
	assert_true(isnan(s.instance_iou));
	secant_scores_free(&s);
	judge_cloud_counts_free(&c);
}

static void
points_never_predicted_count_as_wrong(void **state)
{
	static const int32_t label[] = { 0, 1, 1 };
	static const int found[] = { -1, 1, -1 };
	judge_cloud_counts c;
	secant_scores s;
	assert_int_equal(judge_cloud_counts_new(&c, 3, 0, NULL), 0);
	assert_int_equal(judge_cloud_counts_add(&c, label, found, 3, -1, 0, 3, NULL), 0);
	assert_int_equal(judge_cloud_counts_scores(&c, JUDGE_PROTOCOL_SCENE, 0, NULL, 0, NULL, &s, NULL), 0);
	near(s.accuracy, 1. / 3);
	secant_scores_free(&s);
	judge_cloud_counts_free(&c);
}

/* ---- runs ---- */

static void
parts_are_learnt_and_judged(void **state)
{
	static const char *const knives[][2] = { { "category", "Knife" }, { NULL } },
							 *const wrong[][2] = { { "protocol", "class" }, { NULL } };
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
	assert_int_equal(all.pixels, points); /* every point once */
	secant_scores_free(&all);
	static const char *const turned[][2] = { { "turn", "360" }, { NULL } },
							 *const lying[][2] = { { "turn", "90" }, { NULL } };
	secant_scores round = judge(in_root(root, "run/last.safetensors"), "val", turned, NULL),
				  quarter = judge(in_root(root, "run/last.safetensors"), "val", lying, NULL);
	assert_true(fabs(round.instance_iou - r.last) < 1e-3);
	assert_true(quarter.instance_iou < r.last); /* knives are told by x */
	secant_scores_free(&round);
	secant_scores_free(&quarter);
	secant_scores some = judge(in_root(root, "run/last.safetensors"), "val", knives, NULL);
	assert_int_equal(some.images, 4);
	assert_int_equal(some.confusion[0], 0);
	secant_scores_free(&some);
	secant_scores voted = judge(in_root(root, "run/last.safetensors"), "val", votes, NULL);
	assert_int_equal(voted.pixels, 800);
	secant_scores_free(&voted);
	(void)judge(in_root(root, "run/last.safetensors"), "val", wrong,
		"--protocol class is for networks that give a class for each cloud");
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
	watcher w = { .stop_after = 3 }; /* in the middle of the second epoch */
	train_expecting(&o, root, &w, "interrupted");
	train_set(&o, "resume", "true");
	train_expecting(&o, root, NULL, NULL);
	static const char *const files[] = { "last.safetensors", "state.safetensors", "tests.jsonl" };
	for (size_t i = 0; i < 3; i++) {
		secant_bytes a = bytes_of(in_root(root, "whole/%s", files[i])),
					 b = bytes_of(in_root(root, "parts/%s", files[i]));
		assert_int_equal(a.size, b.size);
		assert_memory_equal(a.data, b.data, a.size);
		base_file_unmap(&a);
		base_file_unmap(&b);
	}
	free_options(&o);
}

static void
clouds_get_one_class(void **state)
{
	for (int i = 0; i < 8; i++) {
		char name[64], text[256];
		snprintf(name, sizeof name, "%s/%s/m%d.off", i % 2 ? "flat" : "tall", i < 6 ? "train" : "test", i);
		snprintf(text, sizeof text,
			i % 2 ? "OFF\n3 1 0\n0 0 0\n%d 0 0\n0 0 1\n3 0 1 2\n" : "OFF\n3 1 0\n0 0 0\n0 %d 0\n0 0 1\n3 0 1 2\n",
			2 + i);
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
	base_str text = { 0 };
	base_str_add(&text, "x,y,z,label\n");
	for (int i = 0; i < 900; i++)
		base_str_addf(&text, "%d,%d,%g,%d\n", i % 30, i / 30, (i % 7) / 7., i % 30 < 15 ? 2 : 6);
	put("train/a.csv", text.p);
	put("val/b.csv", text.p);
	base_str_free(&text);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-dense");
	static const char *const set[][2] = { { "block", "10" }, { "up", "z" }, { "features", "xyz,position" },
		{ "points", "64" }, { "loss", "ce(class-weights=[1,2])" } };
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

/* ---- prediction ---- */

static void
predict(const char *model, const char *in, const char *out, const char *const (*set)[2], const char *message)
{
	secant_predict o;
	secant_predict_cloud how;
	secant_err err = { 0 };
	must(secant_opts_init(&secant_predict_options, &o, &err), &err);
	must(secant_opts_init(&secant_predict_cloud_options, &how, &err), &err);
	must(secant_opts_set(&secant_predict_options, &o, "precision", "f32", &err), &err);
	must(secant_opts_set(&secant_predict_options, &o, "threads", "1", &err), &err);
	for (; set && (*set)[0]; set++)
		must(secant_opts_set(&secant_predict_cloud_options, &how, (*set)[0], (*set)[1], &err), &err);
	secant_status st = secant_predict_clouds(&model, 1, &o, &how, &in, 1, out, NULL, NULL, &err);
	if (!message && st)
		fail_msg("%s", err.msg);
	if (message && (!st || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, st ? err.msg : "success");
	secant_opts_free(&secant_predict_options, &o);
	secant_opts_free(&secant_predict_cloud_options, &how);
}

static secant_cloud
read_cloud(const char *path)
{
	secant_cloud c;
	secant_err err = { 0 };
	must(secant_cloud_read(&c, path, NULL, &err), &err);
	return c;
}

/* A model of two parts of bags, hardly trained. */
static const char *
bag_model(void)
{
	put_shapes(2);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-part");
	train_set(&o, "epochs", "1");
	train_set(&o, "recalibrate-norms", "0");
	train_expecting(&o, root, NULL, NULL);
	free_options(&o);
	return in_root(root, "run/last.safetensors");
}

static void
every_point_gets_class_confidence_and_colour(void **state)
{
	static const char *const bag[][2] = { { "category", "Bag" }, { NULL } },
							 *const knife[][2] = { { "category", "Knife" }, { "votes", "2" }, { NULL } };
	static const char *const none[][2] = { { "category", "Cup" }, { NULL } };
	char model[400], in[400];
	snprintf(model, sizeof model, "%s", bag_model());
	snprintf(in, sizeof in, "%s", in_root(root, "1/points/s0.pts"));
	assert_true(secant_predict_takes_clouds(model));
	predict(model, in, in_root(root, "a.ply"), bag, NULL);
	predict(model, in, in_root(root, "b.las"), bag, NULL);
	predict(model, in, in_root(root, "k.txt"), knife, NULL);
	secant_cloud from = read_cloud(in), ply = read_cloud(in_root(root, "a.ply")),
				 las = read_cloud(in_root(root, "b.las"));
	int p = secant_cloud_find(&ply, "prediction"), q = secant_cloud_find(&ply, "confidence"),
		l = secant_cloud_find(&las, "classification");
	int red = secant_cloud_find(&ply, "red"), lc = secant_cloud_find(&las, "confidence");
	assert_true(p >= 3 && q >= 3 && l >= 3 && red >= 3 && lc >= 3);
	assert_int_equal(ply.n, from.n);
	assert_int_equal(las.n, from.n);
	for (int64_t i = 0; i < from.n; i++) {
		double k = secant_cloud_get(&ply, p, i), c = secant_cloud_get(&ply, q, i);
		assert_true(k == 1 || k == 2); /* the numbers of the label files, of this category */
		assert_true(c >= 0.5 && c <= 1);
		assert_true(secant_cloud_get(&las, l, i) == k);
		assert_true(fabs(secant_cloud_get(&las, lc, i) - c) < 1e-6);
		assert_true(fabs(secant_cloud_get(&ply, 0, i) - secant_cloud_get(&from, 0, i)) < 1e-12);
	}
	secant_cloud_free(&from);
	secant_cloud_free(&ply);
	secant_cloud_free(&las);
	predict(model, in, in_root(root, "x.las"), NULL, "--category is missing: one of Bag, Knife");
	predict(model, in, in_root(root, "x.las"), none, "--category 'Cup' is not one of Bag, Knife");
	predict(model, in, NULL, bag, "--out is missing");
	predict(model, in, in, bag, "would be replaced");
	assert_int_not_equal(access(in_root(root, "x.las"), R_OK), 0);
}

static void
strange_clouds_are_predicted(void **state)
{
	static const char *const bag[][2] = { { "category", "Bag" }, { NULL } },
							 *const parts[][2] = { { "category", "Bag" }, { "pass-points", "50" }, { "batch", "3" },
								 { NULL } };
	char model[400];
	base_str many = { 0 };
	snprintf(model, sizeof model, "%s", bag_model());
	put("one.xyz", "1 2 3\n");
	put("same.xyz", "1 2 3\n1 2 3\n1 2 3\n");
	put("nan.xyz", "0 0 0\nnan 0 0\n0 1 0\n");
	for (int i = 0; i < 777; i++)
		base_str_addf(&many, "%d %d %d\n", i % 10, i / 10 % 10, i / 100);
	put("many.xyz", many.p);
	base_str_free(&many);
	static const struct {
		const char *in;
		int n;
	} cases[] = { { "one.xyz", 1 }, { "same.xyz", 3 }, { "nan.xyz", 3 }, { "many.xyz", 777 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		predict(model, in_root(root, "%s", cases[i].in), in_root(root, "out.ply"), i == 3 ? parts : bag, NULL);
		secant_cloud c = read_cloud(in_root(root, "out.ply"));
		int p = secant_cloud_find(&c, "prediction"), q = secant_cloud_find(&c, "confidence");
		assert_int_equal(c.n, cases[i].n);
		for (int64_t k = 0; k < c.n; k++) {
			bool lost = i == 2 && k == 1;
			assert_true((secant_cloud_get(&c, q, k) > 0) == !lost);
			assert_true(secant_cloud_get(&c, p, k) >= !lost);
		}
		secant_cloud_free(&c);
	}
}

static void
scenes_keep_their_numbers_and_old_labels(void **state)
{
	secant_cloud c;
	secant_err err = { 0 };
	must(secant_cloud_new(&c, SECANT_N_F64, &err), &err);
	assert_true(secant_cloud_add(&c, "classification", SECANT_N_U8, &err) >= 0);
	must(secant_cloud_reserve(&c, 900, &err), &err);
	c.n = 900;
	for (int i = 0; i < 900; i++) {
		secant_cloud_set(&c, 0, i, 2e6 + i % 30), secant_cloud_set(&c, 1, i, 6e5 + i / 30),
			secant_cloud_set(&c, 2, i, i % 7 / 7.);
		secant_cloud_set(&c, 3, i, i % 30 < 15 ? 2 : 6);
	}
	must(secant_make_dirs(in_root(root, "train"), &err), &err);
	must(secant_cloud_write(&c, in_root(root, "train/a.las"), NULL, &err), &err);
	secant_cloud_free(&c);
	secant_train_options o = cloud_options(in_root(root, "run"), "pointnet-dense");
	static const char *const set[][2] = { { "block", "10" }, { "up", "z" }, { "points", "64" }, { "epochs", "1" } };
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		train_set(&o, set[i][0], set[i][1]);
	train_expecting(&o, root, NULL, NULL);
	free_options(&o);
	predict(in_root(root, "run/last.safetensors"), in_root(root, "train/a.las"), in_root(root, "out.las"), NULL, NULL);
	secant_cloud out = read_cloud(in_root(root, "out.las"));
	int p = secant_cloud_find(&out, "classification"), label = secant_cloud_find(&out, "label"),
		q = secant_cloud_find(&out, "confidence");
	assert_true(p >= 0 && label >= 0 && q >= 0);
	assert_int_equal(out.n, 900);
	for (int64_t i = 0; i < 900; i++) {
		double k = secant_cloud_get(&out, p, i);
		assert_true(k == 2 || k == 6);
		assert_true(secant_cloud_get(&out, label, i) == (i % 30 < 15 ? 2 : 6));
		assert_true(secant_cloud_get(&out, q, i) >= 0.5);
	}
	secant_cloud_free(&out);
}

int
main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, teardown)
	const struct CMUnitTest tests[] = {
		EACH(paper_and_category_by_hand),
		EACH(points_never_predicted_count_as_wrong),
		EACH(parts_are_learnt_and_judged),
		EACH(one_category_has_its_own_protocol),
		EACH(resuming_is_bit_for_bit),
		EACH(clouds_get_one_class),
		EACH(scenes_are_judged_point_by_point),
		EACH(every_point_gets_class_confidence_and_colour),
		EACH(strange_clouds_are_predicted),
		EACH(scenes_keep_their_numbers_and_old_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
