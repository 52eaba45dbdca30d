/* Data sets of clouds: layouts, labels, what is refused and how it is said, batches that do not depend on threads. */
#include "data.h"
#include <math.h>
#include "base/file.h"
#include "base/mem.h"
#include "data/clouds/clouds.h"
#include "data/clouds/h5_file.h"

static char *root;
static secant_cloud_options o;
static secant_data_options data;

static int
set_up(void **state)
{
	root = strdup(scratch_dir());
	assert_int_equal(secant_opts_init(&secant_cloud_options_table, &o, NULL), 0);
	assert_int_equal(secant_opts_init(&secant_data_options_table, &data, NULL), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)!base_remove_tree(root, NULL);
	free(root);
	secant_opts_free(&secant_cloud_options_table, &o);
	secant_opts_free(&secant_data_options_table, &data);
	return 0;
}

static void
option(const char *name, const char *value)
{
	secant_err err = { 0 };
	if (secant_opts_set(&secant_cloud_options_table, &o, name, value, &err))
		fail_msg("%s", err.msg);
}

static void
put(const char *name, const char *text)
{
	char path[600], *dir;
	snprintf(path, sizeof path, "%s/%s", root, name);
	dir = base_path_dir(path);
	assert_int_equal(secant_make_dirs(dir, NULL), 0);
	secant_free(dir);
	assert_int_equal(secant_file_write(path, text, strlen(text), NULL), 0);
}

/* Opens, or expects the message. */
static data_clouds *
open_at(const char *path, const char *split, bool classify, const char *message)
{
	secant_err err = { 0 };
	data_clouds_request r = { .path = path, .split = split, .options = &o, .data = &data, .classify = classify };
	data_clouds *s = data_clouds_open(&r, &err);
	if (!message && !s)
		fail_msg("%s", err.msg);
	if (message && (s || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, s ? "success" : err.msg);
	return s;
}

static void
expect_item(const data_clouds *s, int i, const char *message)
{
	secant_err err = { 0 };
	prepare_points own = { 0 };
	const prepare_points *p;
	secant_status st = data_clouds_decode(s, i, &own, &p, &err);
	if (!message && st)
		fail_msg("%s", err.msg);
	if (message && (!st || !strstr(err.msg, message)))
		fail_msg("expected '%s', got '%s'", message, st ? err.msg : "success");
	prepare_points_free(&own);
}

static void
put_shapenet(void)
{
	put("synsetoffset2category.txt", "Bag\t02773838\nKnife\t03624134\n");
	put("train_test_split/shuffled_train_file_list.json", "[\"shape_data/02773838/a\", \"shape_data/03624134/a\"]");
	put("02773838/points/a.pts", "0 0 0\n1 0 0\n0 1 0\n");
	put("02773838/points_label/a.seg", "1\n2\n2\n");
	put("03624134/points/a.pts", "0 0 0\n2 0 0\n");
	put("03624134/points_label/a.seg", "2\n1\n");
}

static void
shapenet_parts_count_over_all_categories(void **state)
{
	put_shapenet();
	data_clouds *s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_string_equal(s->set->name, "shapenet");
	assert_int_equal(s->list.n, 2);
	assert_int_equal(s->classes, 4);
	assert_int_equal(data_clouds_decode(s, 1, &own, &p, NULL), 0);
	assert_int_equal(p->category, 1);
	assert_int_equal(p->label[0], 3);
	assert_int_equal(p->label[1], 2);
	prepare_points_free(&own);
	data_clouds_free(s);
}

static void
one_category_counts_from_zero(void **state)
{
	put_shapenet();
	option("category", "Knife");
	data_clouds *s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	char **names;
	int n;
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 2);
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_int_equal(p->label[0], 1);
	assert_int_equal(p->label[1], 0);
	assert_int_equal(data_clouds_class_names(s, &names, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "Knife 1");
	for (int i = 0; i < n; i++)
		secant_free(names[i]);
	secant_free(names);
	prepare_points_free(&own);
	data_clouds_free(s);
}

static void
wrong_shapenet_sets_are_named(void **state)
{
	put_shapenet();
	option("category", "knife");
	open_at(root, "train", false, "--category 'knife' is none of Bag, Knife");
	option("category", "Bag");
	open_at(root, "test", false, "shuffled_test_file_list.json");
	put("02773838/points_label/a.seg", "1\n2\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "a.seg: 2 labels for the 3 points of");
	data_clouds_free(s);
	put("02773838/points_label/a.seg", "1\n2\n3\n");
	s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "a.seg:3: label 3 is outside 1 to 2, the parts of Bag");
	data_clouds_free(s);
	put("02773838/points_label/a.seg", "1\nx\n2\n");
	s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "a.seg:2: 'x' is no whole number");
	data_clouds_free(s);
	put("02773838/points/a.pts", "");
	s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "no points");
	data_clouds_free(s);
	put("train_test_split/shuffled_train_file_list.json", "[\"shape_data/02773838/b\"]");
	open_at(root, "train", false, "entry 0: there is no");
	put("train_test_split/shuffled_train_file_list.json", "[\"shape_data/99/b\"]");
	open_at(root, "train", false, "folder '99' is no category");
	put("train_test_split/shuffled_train_file_list.json", "[\"shape_data/02773838/../../x\"]");
	open_at(root, "train", false, "expected shape_data/SYNSET/TOKEN");
}

static void
normals_come_with_the_other_layout(void **state)
{
	put("synsetoffset2category.txt", "Bag\t02773838\nKnife\t03624134\n");
	put("train_test_split/shuffled_train_file_list.json", "[\"shape_data/03624134/a\"]");
	put("03624134/a.txt", "0 0 0 0 0 1 2.000000\n1 0 0 0 1 0 3.000000\n");
	option("features", "xyz,normals");
	data_clouds *s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_string_equal(s->set->name, "shapenet-normal");
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_int_equal(p->label[1], 3);
	assert_true(p->more[2] == 1 && p->more[4] == 1);
	prepare_points_free(&own);
	data_clouds_free(s);
	put("03624134/a.txt", "0 0 0 0 0 1 0\n");
	s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "has label 0; Knife has 2 to 3");
	data_clouds_free(s);
	option("features", "xyz,colour");
	s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "the cloud has no colour; beside coordinates it has");
	data_clouds_free(s);
}

static void
modelnet_has_three_forms(void **state)
{
	put("cup/train/cup_0001.off", "OFF4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n");
	put("bed/train/bed_0001.off", "OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n");
	option("mesh-points", "50");
	data_clouds *s = open_at(root, "train", true, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_string_equal(s->set->name, "modelnet");
	assert_int_equal(s->classes, 2);
	assert_string_equal(s->list.category[1], "cup");
	assert_int_equal(data_clouds_decode(s, 1, &own, &p, NULL), 0);
	assert_int_equal(p->n, 50);
	assert_int_equal(p->category, 1);
	prepare_points_free(&own);
	data_clouds_free(s);
	open_at(root, "test", true, "no class has a folder 'test'");
	open_at(root, "train", false, "its points have no labels");
	put("train.txt", "cup/train/c.ply\n");
	open_at(root, "train", true, "train.txt:1: there is no");
	put("cup/train/c.ply",
		"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 "
		"2 3\n");
	s = open_at(root, "train", true, NULL);
	assert_string_equal(s->set->name, "modelnet-ply");
	expect_item(s, 0, NULL);
	data_clouds_free(s);
	put("modelnet40_shape_names.txt", "cup\nnight_stand\n");
	put("modelnet40_train.txt", "night_stand_0007\n");
	put("night_stand/night_stand_0007.txt", "0,0,0,0,0,1\n1,1,1,0,0,1\n");
	s = open_at(root, "train", true, NULL);
	assert_string_equal(s->set->name, "modelnet-normal");
	assert_int_equal(s->list.v[0].category, 1);
	data_clouds_free(s);
}

/* As folders of pictures with a class each are kept; names that differ from split to split are scenes. */
static void
folders_of_a_split_are_classes(void **state)
{
	put("train/egg/a.txt", "0 0 0\n1 1 1\n");
	put("train/ball/b.xyz", "0 0 0\n1 1 1\n");
	put("train/ball/notes.md", "no cloud\n");
	put("Test/egg/c.ply",
		"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 "
		"2 3\n");
	data_clouds *s = open_at(root, "train", true, NULL);
	assert_string_equal(s->set->name, "class-folders");
	assert_int_equal(s->classes, 2);
	assert_int_equal(s->list.n, 2);
	assert_string_equal(s->list.category[0], "ball");
	assert_int_equal(s->list.v[1].category, 1);
	data_clouds_free(s);
	s = open_at(root, "test", true, NULL);
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->list.v[0].category, 1);
	data_clouds_free(s);
	s = open_at(root, "all", true, NULL);
	assert_int_equal(s->list.n, 3);
	data_clouds_free(s);
	open_at(root, "val", true, "in 'val'");
	open_at(root, "train", false, "its points have no labels");
	put("Test/hall/d.txt", "0 0 0\n");
	open_at(root, "train", true, "no data set of clouds is recognised");
}

static void
s3dis_rooms_survive_control_bytes(void **state)
{
	char path[600];
	put("Area_1/office_1/Annotations/floor_1.txt", "0 0 0 1 2 3\n");
	put("Area_5/office_1/Annotations/ceiling_1.txt", "1 1 1 5 5 5\n");
	put("Area_5/office_1/Annotations/stairs_1.txt", "2 2 2 6 6 6\n");
	snprintf(path, sizeof path, "%s/Area_5/office_1/Annotations/wall_1.txt", root);
	static const char broken[] = "1.0 2.0 3.0 185\x10"
								 "187 4\n1.0\x10"
								 "5 2 3 10 20 30\n";
	assert_int_equal(secant_file_write(path, broken, sizeof broken - 1, NULL), 0);
	option("features", "xyz,colour");
	data_clouds *s = open_at(root, "test", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_string_equal(s->set->name, "s3dis");
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 13);
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_int_equal(p->n, 4);
	assert_int_equal(p->label[0], 0);
	assert_int_equal(p->label[1], 12);
	assert_int_equal(p->label[2], 2);
	assert_true(fabs(p->xyz[9] + p->origin[0] - 1.05) < 1e-6);
	assert_true(fabs(p->more[6] - 185 / 255.) < 1e-6 && fabs(p->more[7] - 187 / 255.) < 1e-6);
	prepare_points_free(&own);
	data_clouds_free(s);
	s = open_at(root, "train", false, NULL);
	assert_int_equal(s->list.n, 1);
	data_clouds_free(s);
}

static void
folders_find_their_classes(void **state)
{
	put("train/a.txt", "//X Y Z Label\n0 0 0 2\n1 0 0 6\n");
	put("train/b.txt", "//X Y Z Label\n0 0 0 2\n1 0 0 9\n");
	put("val/c.xyz", "0 0 0\n1 0 0\n");
	put("val/c.seg", "2\n6\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "folder");
	assert_int_equal(s->classes, 3);
	assert_string_equal(s->list.class_name[2], "class 9");
	data_clouds_free(s);
	option("label-values", "2,6");
	s = open_at(root, "val", false, NULL);
	expect_item(s, 0, NULL);
	data_clouds_free(s);
	s = open_at(root, "train", false, NULL);
	expect_item(s, 1, "b.txt:3: label 9 is none of the 2 numbers of classes");
	data_clouds_free(s);
	option("label-others", "true");
	s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_int_equal(data_clouds_decode(s, 1, &own, &p, NULL), 0);
	assert_int_equal(p->label[0], 0);
	assert_int_equal(p->label[1], -1);
	prepare_points_free(&own);
	data_clouds_free(s);
	put("classes.txt", "ground\n");
	open_at(root, "train", false, "--label-values has 2 classes");
	open_at(root, "test", false, "has no folder 'test' with clouds");
	option("label-values", "2,x");
	open_at(root, "train", false, "--label-values: 'x' is no whole number");
}

/* -1 is what many programs write where nobody labelled. */
static void
negative_labels_are_left_out(void **state)
{
	put("train/a.txt", "//X Y Z Label\n0 0 0 2\n1 0 0 -1\n0 1 0 0\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	assert_int_equal(s->classes, 2);
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_true(p->label[0] == 1 && p->label[1] == -1 && p->label[2] == 0);
	prepare_points_free(&own);
	data_clouds_free(s);
	put("train/a.txt", "//X Y Z Label\n0 0 0 -1\n1 0 0 -1\n");
	open_at(root, "train", false, "no label is 0 or above");
	put("train/a.txt", "//X Y Z Label\n0 0 0 2\n1 0 0 -1\n0 1 0 0\n");
	option("label-values", "-1,0,2");
	s = open_at(root, "train", false, NULL);
	assert_int_equal(s->classes, 3);
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_true(p->label[0] == 2 && p->label[1] == 0 && p->label[2] == 1);
	prepare_points_free(&own);
	data_clouds_free(s);
}

/* Paris-Lille-3D has objects in `label` and classes in `class`; LAS always has a classification, often without any. */
static int said;
static void
count_line(void *user, secant_level level, const char *line)
{
	said += level == SECANT_LOG_WARNING && strstr(line, "2 points of 1 clouds have no finite coordinates") != NULL;
}

/* Scanners write points without a return as NaN; labels go with their points, and it is said once per cloud. */
static void
points_without_coordinates_are_left_out(void **state)
{
	prepare_points own = { 0 };
	const prepare_points *p;
	const secant_logger log = { .log = count_line };
	put("train/a.txt", "x y z label\nnan nan nan 0\n1 0 0 1\n0 inf 0 0\n0 2 0 2\n");
	put("train/b.txt", "x y z label\nnan nan nan 0\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
		assert_int_equal(p->n, 2);
		assert_int_equal(p->label[0], 1);
		assert_int_equal(p->label[1], 2);
		assert_true(p->lo[0] + (float)p->origin[0] == 0 && p->hi[1] + (float)p->origin[1] == 2);
	}
	data_clouds_say_nowhere(s, &log);
	assert_int_equal(said, 1);
	prepare_points_free(&own);
	expect_item(s, 1, "no point of it has coordinates");
	data_clouds_free(s);
}

static void
two_columns_that_may_hold_the_labels_are_asked_about(void **state)
{
	put("train/a.txt", "//X Y Z Label Class\n0 0 0 812 2\n1 0 0 813 1\n0 1 0 812 2\n");
	open_at(root, "train", false, "the columns 'Class' and 'Label' both may hold the classes, and differ");
	option("label-column", "Class");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_int_equal(s->classes, 2);
	data_clouds_free(s);
}

static void
splits_go_by_several_names(void **state)
{
	put("training/a.txt", "//X Y Z Label\n0 0 0 0\n1 0 0 1\n");
	put("Validation/b.txt", "//X Y Z Label\n0 0 0 0\n1 0 0 1\n2 0 0 1\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_int_equal(s->list.n, 1);
	assert_non_null(strstr(s->list.v[0].path, "training/a.txt"));
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	assert_non_null(strstr(s->list.v[0].path, "Validation/b.txt"));
	data_clouds_free(s);
}

static void
a_column_of_labels_that_never_changes_is_no_rival(void **state)
{
	put("train/a.txt", "//X Y Z Label Classification\n0 0 0 2 0\n1 0 0 1 0\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_int_equal(s->classes, 2);
	data_clouds_free(s);
}

static void
clouds_without_labels_are_refused(void **state)
{
	put("train/a.xyz", "0 0 0\n1 0 0\n");
	open_at(root, "train", false, "no column of labels; give --label-column");
	put("classes.txt", "a\nb\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	expect_item(s, 0, "no column of labels");
	data_clouds_free(s);
	open_at("/nonexistent", "train", false, "no such file or folder");
	option("layout", "shapent");
	open_at(root, "train", false, "--layout 'shapent' is none of shapenet, ");
}

/* ---- batches ---- */

static void
put_scene(int n)
{
	base_str text = { 0 };
	for (int i = 0; i < n; i++)
		base_str_addf(&text, "%d %d %.2f %d\n", i % 40, i / 40, (i * 7 % 11) / 10., i % 3);
	put("train/s.txt", text.p);
	base_str_free(&text);
	put("classes.txt", "a\nb\nc\n");
}

static uint64_t
digest(const data_clouds *s, int threads, int first)
{
	secant_err err = { 0 };
	uint64_t sum = 14695981039346656037u;
	data_cloud_loader_options lo = { .batch = 3, .threads = threads, .shuffle = true, .augment = true, .seed = 5 };
	data_loader *l = data_cloud_loader_new(s, &lo, &err);
	bool end = false;
	if (!l || data_loader_start(l, 2, first, &err))
		fail_msg("%s", err.msg);
	while (!end) {
		data_batch b;
		if (data_loader_next(l, &b, &end, &err))
			fail_msg("%s", err.msg);
		for (size_t i = 0; !end && i < (size_t)(b.n * b.height * s->features.channels); i++) {
			uint32_t bits;
			memcpy(&bits, b.input + i, 4);
			sum = (sum ^ bits) * 1099511628211u;
		}
		for (size_t i = 0; !end && i < (size_t)(b.n * b.height); i++)
			sum = (sum ^ (uint32_t)((int32_t *)b.target)[i]) * 1099511628211u;
	}
	data_loader_free(l);
	return sum;
}

static void
threads_and_resuming_change_no_batch(void **state)
{
	put_scene(1600);
	static const char *const settings[][2] = {
		{ "points", "100" },
		{ "block", "10" },
		{ "rotate", "all" },
		{ "jitter", "0.01" },
		{ "scale", "0.8,1.25" },
		{ "shift", "0.1" },
		{ "point-dropout", "0.5" },
		{ "up", "z" },
		{ "features", "xyz,position" },
	};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		option(settings[i][0], settings[i][1]);
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_int_equal(data_clouds_samples(s), 16);
	uint64_t one = digest(s, 1, 0);
	assert_true(one == digest(s, 4, 0));
	assert_true(digest(s, 1, 2) == digest(s, 3, 2));
	assert_true(one != digest(s, 1, 2));
	data_clouds_free(s);
}

static data_batch
one_batch(data_loader *l)
{
	data_batch b;
	bool end;
	secant_err err = { 0 };
	if (data_loader_next(l, &b, &end, &err) || end)
		fail_msg("%s", err.code ? err.msg : "no batch");
	return b;
}

static void
samples_fit_the_unit_sphere(void **state)
{
	put_shapenet();
	option("points", "5");
	data_clouds *s = open_at(root, "train", false, NULL);
	data_cloud_loader_options lo = { .batch = 2, .threads = 1, .category = true };
	data_loader *l = data_cloud_loader_new(s, &lo, NULL);
	data_batch b = one_batch(l);
	assert_int_equal(b.height, 5);
	for (int k = 0; k < b.n; k++) {
		double mean[3] = { 0 }, most = 0;
		for (int i = 0; i < 5; i++) {
			const float *v = b.input + (k * 5 + i) * 4;
			for (int c = 0; c < 3; c++)
				mean[c] += v[c] / 5;
			assert_true(v[3] == k);
			most = fmax(most, sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
		}
		assert_true(fabs(mean[0]) < 1e-6 && fabs(mean[1]) < 1e-6 && fabs(mean[2]) < 1e-6);
		assert_true(fabs(most - 1) < 1e-6);
	}
	assert_int_equal(b.sizes[0], 3);
	assert_int_equal(b.sizes[2], 2);
	data_loader_free(l);
	data_clouds_free(s);
}

/* All 400 points of put_scene stand in the sample, each once and with its label; which one comes first. */
static int
takes_each_point_once(const data_batch *b)
{
	bool seen[400] = { 0 };
	int first = -1;
	for (int i = 0; i < 400; i++) {
		int k = (int)lround(b->input[3 * i] + 19.5) + 40 * (int)lround(b->input[3 * i + 1] + 4.5);
		assert_false(seen[k]);
		seen[k] = true;
		assert_int_equal(((const int32_t *)b->target)[i], k % 3);
		first = i ? first : k;
	}
	return first;
}

/* Sampling of farthest points starts at the first point of a sample: with the option, anywhere in the cloud, and all
 * points are still there. */
static void
random_start_puts_any_point_first(void **state)
{
	put_scene(400);
	option("points", "400");
	option("fit", "none");
	int first[2][8], others = 0;
	for (int on = 0; on < 2; on++) {
		option("random-start", on ? "true" : "false");
		data_clouds *s = open_at(root, "train", false, NULL);
		data_cloud_loader_options lo = { .batch = 1, .threads = 1, .augment = true, .seed = 5 };
		data_loader *l = data_cloud_loader_new(s, &lo, NULL);
		for (uint32_t epoch = 0; epoch < 8; epoch++) {
			assert_int_equal(data_loader_start(l, epoch, 0, NULL), 0);
			data_batch b = one_batch(l);
			first[on][epoch] = takes_each_point_once(&b);
		}
		data_loader_free(l);
		data_clouds_free(s);
	}
	for (int epoch = 0; epoch < 8; epoch++) {
		assert_int_equal(first[0][epoch], 0);
		others += first[1][epoch] != 0;
	}
	assert_true(others >= 6);
}

static void
without_replacement_takes_each_point_once(void **state)
{
	put_scene(400);
	option("points", "400");
	option("fit", "none");
	data_clouds *s = open_at(root, "train", false, NULL);
	data_cloud_loader_options lo = { .batch = 1, .threads = 1 };
	data_loader *l = data_cloud_loader_new(s, &lo, NULL);
	data_batch b = one_batch(l);
	(void)takes_each_point_once(&b);
	data_loader_free(l);
	data_clouds_free(s);
}

static void
blocks_cover_every_point(void **state)
{
	put_scene(1600);
	option("up", "z");
	option("block", "7");
	data_clouds *s = open_at(root, "train", false, NULL);
	prepare_points own = { 0 };
	const prepare_points *p;
	prepare_blocks b;
	assert_int_equal(data_clouds_decode(s, 0, &own, &p, NULL), 0);
	assert_int_equal(prepare_blocks_make(&b, p, &o.recipe, 3.5, NULL), 0);
	int *count = calloc((size_t)p->n, sizeof *count);
	int64_t *index = calloc((size_t)p->n, sizeof *index);
	for (int64_t k = 0; k < b.count[0] * b.count[1]; k++) {
		float corner[3];
		prepare_blocks_corner(&b, k, corner);
		int64_t n = prepare_blocks_points(&b, corner, index, p->n);
		for (int64_t i = 0; i < n; i++)
			count[index[i]]++;
	}
	for (int64_t i = 0; i < p->n; i++)
		assert_true(count[i] >= 1);
	free(count);
	free(index);
	prepare_blocks_free(&b);
	prepare_points_free(&own);
	data_clouds_free(s);
}

static void
real_sets_open(void **state)
{
	skip_without(data_path("point-clouds/shapenet-part-sample"));
	data_clouds *s = open_at(data_path("point-clouds/shapenet-part-sample"), "train", false, NULL);
	assert_int_equal(s->list.n, 16);
	assert_int_equal(s->classes, 50);
	for (int i = 0; i < 16; i++)
		expect_item(s, i, NULL);
	data_clouds_free(s);
	s = open_at(data_path("point-clouds/geometric-shapes/raw"), "train", true, NULL);
	assert_int_equal(s->classes, 40);
	for (int i = 0; i < s->list.n; i++)
		expect_item(s, i, NULL);
	data_clouds_free(s);
	s = open_at(data_path("mnist-10k"), "test", true, NULL);
	assert_int_equal(s->list.n, 2004);
	expect_item(s, 2003, NULL);
	data_clouds_free(s);
}

static void
put_bytes(const char *name, const void *bytes, size_t n)
{
	char path[600];
	put(name, "");
	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(secant_file_write(path, bytes, n, NULL), 0);
}

static void
expect_labels(const data_clouds *s, int i, int n, const int *want)
{
	secant_err err = { 0 };
	prepare_points own = { 0 };
	const prepare_points *p;
	if (data_clouds_decode(s, i, &own, &p, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(p->n, n);
	for (int k = 0; k < n; k++)
		assert_int_equal(p->label[k], want[k]);
	prepare_points_free(&own);
}

static void
semantickitti_has_its_classes_and_splits(void **state)
{
	const float points[] = { 1, 2, 3, .5f, 4, 5, 6, .25f, 7, 8, 9, 0 };
	/* a moving car with an instance, a lane marking, and what the benchmark leaves out */
	const uint32_t labels[] = { 252 | 3u << 16, 60, 1 };
	put_bytes("dataset/sequences/00/velodyne/000000.bin", points, sizeof points);
	put_bytes("dataset/sequences/00/labels/000000.label", labels, sizeof labels);
	put_bytes("dataset/sequences/08/velodyne/000000.bin", points, sizeof points);
	put_bytes("dataset/sequences/11/velodyne/000000.bin", points, sizeof points);
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "semantickitti");
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 19);
	assert_string_equal(s->list.class_name[8], "road");
	expect_labels(s, 0, 3, (const int[]){ 0, 8, -1 });
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	assert_int_equal(s->list.n, 1);
	expect_item(s, 0, "000000.bin has no labels");
	data_clouds_free(s);
	bool scans, whole;
	assert_true(data_clouds_certain(root, &scans, &whole) && scans && !whole);
}

#define PLY_HEAD(n, more) \
	"ply\nformat ascii 1.0\nelement vertex " n "\nproperty double x\nproperty double y\nproperty double z\n" more \
	"end_header\n"

static void
toronto3d_holds_out_its_second_tile(void **state)
{
	put("L001.ply", PLY_HEAD("2", "property float scalar_Label\n") "627285.25 4841948.5 1 0\n627286 4841949 1 7\n");
	put("L002.ply", PLY_HEAD("1", "property float scalar_Label\n") "627285.25 4841948.5 1 1\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "toronto3d");
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 8);
	expect_labels(s, 0, 2, (const int[]){ -1, 6 });
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	expect_labels(s, 0, 1, (const int[]){ 0 });
	data_clouds_free(s);
}

static void
scannet_takes_labels_of_the_mesh_beside(void **state)
{
	put("scans/scene0000_00/scene0000_00_vh_clean_2.ply", PLY_HEAD("2", "") "0 0 0\n1 1 1\n");
	put("scans/scene0000_00/scene0000_00_vh_clean_2.labels.ply",
		PLY_HEAD("2", "property ushort label\n") "0 0 0 39\n1 1 1 13\n");
	put("scans/scene0001_00/scene0001_00_vh_clean_2.ply", PLY_HEAD("1", "") "0 0 0\n");
	put("scans/scene0001_00/scene0001_00_vh_clean_2.labels.ply",
		PLY_HEAD("2", "property ushort label\n") "0 0 0 1\n1 1 1 1\n");
	put("scannetv2_train.txt", "scene0000_00\n");
	put("scannetv2_val.txt", "scene0001_00\n");
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "scannet");
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 20);
	expect_labels(s, 0, 2, (const int[]){ 19, -1 });
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	expect_item(s, 0, "2 points with labels for the 1 of");
	data_clouds_free(s);
}

/* NPY of version 1 with one shape. */
static void
put_npy(const char *name, const char *type, const char *shape, const void *numbers, size_t size)
{
	char path[600], bytes[1024] = "\x93NUMPY\x01", *dir;
	int n = snprintf(bytes + 10, 118, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
	memset(bytes + 10 + n, ' ', (size_t)(118 - n));
	bytes[127] = '\n';
	bytes[8] = 118;
	memcpy(bytes + 128, numbers, size);
	snprintf(path, sizeof path, "%s/%s", root, name);
	dir = base_path_dir(path);
	assert_int_equal(secant_make_dirs(dir, NULL), 0);
	secant_free(dir);
	assert_int_equal(secant_file_write(path, bytes, 128 + size, NULL), 0);
}

/* A scene is a folder of arrays; splits are folders, or the areas of S3DIS; labels may be N or N x 1. */
static void
pointcept_has_an_array_for_each_attribute(void **state)
{
	put_npy("train/a/coord.npy", "<f4", "2, 3", (float[]){ 0, 0, 0, 1, 2, 3 }, 24);
	put_npy("train/a/color.npy", "|u1", "2, 3", (uint8_t[]){ 10, 20, 30, 40, 50, 60 }, 6);
	put_npy("train/a/segment.npy", "<i4", "2", (int32_t[]){ 7, -1 }, 8);
	put_npy("val/b/coord.npy", "<f4", "1, 3", (float[]){ 0, 0, 0 }, 12);
	put_npy("val/b/segment20.npy", "<i8", "1, 1", (int64_t[]){ 7 }, 8);
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "pointcept");
	assert_int_equal(s->list.n, 1);
	expect_labels(s, 0, 2, (const int[]){ 0, -1 });
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	expect_labels(s, 0, 1, (const int[]){ 0 });
	data_clouds_free(s);
	put_npy("val/b/segment20.npy", "<i8", "2, 1", (int64_t[]){ 7, 7 }, 16);
	s = open_at(root, "val", false, NULL);
	expect_item(s, 0, "2 labels for 1 points");
	data_clouds_free(s);
}

static void
expect_first(const data_clouds *s, int i, float x, int category)
{
	secant_err err = { 0 };
	secant_cloud c;
	int64_t *labels = NULL;
	if (s->set->read(s, &s->list.v[i], &c, &labels, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(c.n, 4);
	for (int k = 0; k < 12; k++)
		assert_true(secant_cloud_get(&c, k % 3, k / 3) == x + (float)k);
	assert_int_equal(s->list.v[i].category, category);
	secant_free(labels);
	secant_cloud_free(&c);
}

/* Shapes as arrays of HDF5 (tests/cases/clouds/hdf5-*, written with h5py): lists of files and names of classes, packed
 * and chunked arrays, bytes turned around, labels in one column or none. */
static void
hdf5_holds_shapes_with_a_class_each(void **state)
{
	data_clouds *s = open_at("tests/cases/clouds/hdf5-modelnet40", "train", true, data_h5_reads() ? NULL : "libhdf5");
	if (!s)
		return;
	char name[700];
	assert_string_equal(s->set->name, "hdf5");
	assert_int_equal(s->list.n, 3);
	assert_int_equal(s->classes, 3);
	assert_string_equal(s->list.category[2], "bed");
	expect_first(s, 0, 0, 2);
	expect_first(s, 1, 12, 0);
	expect_first(s, 2, 100, 1);
	data_clouds_name(s, 1, name, sizeof name);
	assert_non_null(strstr(name, "ply_data_train0.h5, entry 1"));
	data_clouds_free(s);
	s = open_at("tests/cases/clouds/hdf5-modelnet40", "test", true, NULL);
	assert_int_equal(s->list.n, 1);
	expect_first(s, 0, 212, 2);
	data_clouds_free(s);
	(void)open_at("tests/cases/clouds/hdf5-modelnet40", "val", true, "no files of the split 'val'");
	(void)open_at("tests/cases/clouds/hdf5-modelnet40", "train", false, "its points have no labels");
	s = open_at("tests/cases/clouds/hdf5-scanobjectnn", "train", true, NULL);
	assert_int_equal(s->classes, 4);
	assert_string_equal(s->list.category[3], "3");
	expect_first(s, 0, 0, 3);
	data_clouds_free(s);
}

static void
hdf5_holds_parts_over_all_categories(void **state)
{
	data_clouds *s = open_at(
		"tests/cases/clouds/hdf5-shapenetpart", "train", false, data_h5_reads() ? NULL : "libhdf5");
	if (!s)
		return;
	assert_int_equal(s->list.n, 2);
	assert_int_equal(s->classes, 50);
	assert_string_equal(s->list.category[15], "Table");
	assert_string_equal(s->list.class_name[47], "Table 1");
	expect_labels(s, 0, 4, (const int[]){ 0, 1, 2, 3 });
	expect_labels(s, 1, 4, (const int[]){ 47, 48, 49, 47 });
	data_clouds_free(s);
	s = open_at("tests/cases/clouds/hdf5-shapenetpart", "all", false, NULL);
	assert_int_equal(s->list.n, 4);
	data_clouds_free(s);
	s = open_at("tests/cases/clouds/hdf5-shapenetpart", "test", false, NULL);
	expect_item(s, 0, "has label 3; Table has 47 to 49");
	data_clouds_free(s);
	option("category", "Table");
	s = open_at("tests/cases/clouds/hdf5-shapenetpart", "train", false, NULL);
	assert_int_equal(s->list.n, 1);
	expect_labels(s, 0, 4, (const int[]){ 0, 1, 2, 0 });
	data_clouds_free(s);
}

static void
wrong_hdf5_is_named(void **state)
{
	if (!data_h5_reads())
		return;
	(void)open_at("tests/cases/clouds/hdf5-scenes", "train", true,
		"array 'label' is 2 x 4 x 1; expected a class for each shape; a class for each point is of scenes");
	put("train0.h5", "\x89HDF\r\n\x1a\n");
	(void)open_at(root, "train", true, "train0.h5: no arrays of HDF5: damaged");
	put("train_files.txt", "x/gone.h5\n");
	(void)open_at(root, "train", true, "gone.h5, which the list names");
}

/* Two scans of scenes that v1.0-mini trains on and holds out, one of another sensor, one without labels. */
static void
put_nuscenes(void)
{
	static const float points[3][5] = { { 1, 2, 3, 10, 0 }, { 4, 5, 6, 20, 1 }, { 7, 8, 9, 30, 2 } };
	put("v1.0-mini/category.json",
		"[{\"token\": \"c0\", \"name\": \"noise\", \"index\": 0},\n{\"token\": \"c1\", \"name\": "
		"\"vehicle.bus.rigid\", "
		"\"index\": 16}, {\"name\": \"static.vegetation\", \"index\": 30}, {\"name\": \"human.pedestrian.stroller\", "
		"\"index\": 7}]");
	put("v1.0-mini/scene.json",
		"[{\"token\": \"n1\", \"name\": \"scene-0061\", \"description\": \"a } {\\\" [\"}, {\"token\": "
		"\"n2\", \"name\": \"scene-0916\"}]");
	put("v1.0-mini/sample.json",
		"[{\"token\": \"s1\", \"scene_token\": \"n1\"}, {\"token\": \"s2\", \"scene_token\": \"n2\"}]");
	put("v1.0-mini/sample_data.json",
		"[{\"token\": \"d1\", \"sample_token\": \"s1\", \"filename\": \"samples/LIDAR_TOP/a.pcd.bin\"},"
		"{\"token\": \"d9\", \"sample_token\": \"s1\", \"filename\": \"samples/CAM_FRONT/a.jpg\"},"
		"{\"token\": \"d2\", \"sample_token\": \"s2\", \"filename\": \"samples/LIDAR_TOP/b.pcd.bin\"},"
		"{\"token\": \"d3\", \"sample_token\": \"s2\", \"filename\": \"sweeps/LIDAR_TOP/c.pcd.bin\"}]");
	put("v1.0-mini/lidarseg.json",
		"[{\"token\": \"d2\", \"sample_data_token\": \"d2\", \"filename\": \"lidarseg/v1.0-mini/d2_lidarseg.bin\"},"
		"{\"token\": \"d1\", \"sample_data_token\": \"d1\", \"filename\": \"lidarseg/v1.0-mini/d1_lidarseg.bin\"}]");
	put_bytes("samples/LIDAR_TOP/a.pcd.bin", points, sizeof points);
	put_bytes("samples/LIDAR_TOP/b.pcd.bin", points, sizeof *points);
	put_bytes("lidarseg/v1.0-mini/d1_lidarseg.bin", "\x10\x1e\x07", 3);
	put_bytes("lidarseg/v1.0-mini/d2_lidarseg.bin", "\x1e", 1);
}

/* nuScenes: tables say which labels are of which scan and scene; the challenge has 16 classes and leaves the rest out.
 */
static void
nuscenes_finds_labels_through_its_tables(void **state)
{
	put_nuscenes();
	data_clouds *s = open_at(root, "train", false, NULL);
	assert_string_equal(s->set->name, "nuscenes");
	assert_int_equal(s->list.n, 1);
	assert_int_equal(s->classes, 16);
	assert_string_equal(s->list.class_name[2], "bus");
	assert_non_null(strstr(s->list.v[0].path, "a.pcd.bin"));
	expect_labels(s, 0, 3, (const int[]){ 2, 15, -1 });
	char name[700];
	data_clouds_name(s, 0, name, sizeof name);
	assert_null(strstr(name, "entry"));
	data_clouds_free(s);
	s = open_at(root, "val", false, NULL);
	assert_int_equal(s->list.n, 1);
	expect_labels(s, 0, 1, (const int[]){ 15 });
	data_clouds_free(s);
	s = open_at(root, "all", false, NULL);
	assert_int_equal(s->list.n, 2);
	data_clouds_free(s);
}

static void
wrong_nuscenes_sets_are_named(void **state)
{
	put_nuscenes();
	put_bytes("lidarseg/v1.0-mini/d2_lidarseg.bin", "\x1e\x1e", 2);
	data_clouds *s = open_at(root, "val", false, NULL);
	expect_item(s, 0, "d2_lidarseg.bin: 2 labels, a byte each, for the 1 points of");
	data_clouds_free(s);
	put("v1.0-mini/sample.json", "[{\"token\": \"s1\", \"scene_token\": \"n1\"}]");
	(void)open_at(root, "val", false, "sample_data.json: scan d2 has no scene");
	put("v1.0-mini/category.json", "[{\"token\": \"c0\", \"name\": \"noise\"}]");
	(void)open_at(root, "val", false, "category.json: a category has no name with an index");
	put("v1.0-mini/category.json", "[{\"token\": \"c0\", \"name\": \"noise\"");
	(void)open_at(root, "val", false, "category.json: entry 1 does not end");
	put_nuscenes();
	put("v1.0-mini/sample_data.json",
		"[{\"token\": \"d1\", \"sample_token\": \"s1\", \"filename\": \"../LIDAR_TOP/a.pcd.bin\"}]");
	(void)open_at(root, "train", false, "leads out of the folder");
	put("v1.0-mini/sample_data.json",
		"[{\"token\": \"d1\", \"sample_token\": \"s1\", \"filename\": \"samples/LIDAR_TOP/gone.pcd.bin\"}]");
	(void)open_at(root, "train", false, "gone.pcd.bin, which scan d1 names");
}

/* Data sets that are not read are refused by their name, with what makes one of it that is. */
static void
sets_that_are_not_read_say_a_way_out(void **state)
{
	put("sets/h5/ply_data_train0.h5", "\x89HDF\r\n");
	put("sets/nu/lidarseg/v1.0-mini/a_lidarseg.bin", "x");
	put("sets/nu/samples/LIDAR_TOP/a.pcd.bin", "x");
	char path[600];
	snprintf(path, sizeof path, "%s/sets/h5", root);
	(void)open_at(path, "train", false, "arrays of HDF5");
	snprintf(path, sizeof path, "%s/sets/nu", root);
	(void)open_at(path, "train", false, "nuScenes-lidarseg");
}

/* What is clouds beyond doubt is trained on without a word about the network; text and pictures are not. */
static void
clouds_are_certain_by_their_files(void **state)
{
	char path[600];
	bool scans = true, whole = true;
	put("a/train.txt", "x.png y.png\n");
	snprintf(path, sizeof path, "%s/a", root);
	assert_false(data_clouds_certain(path, &scans, &whole));
	assert_false(scans || whole);
	put("b/train/x.ply", "ply\n");
	snprintf(path, sizeof path, "%s/b", root);
	assert_true(data_clouds_certain(path, &scans, &whole) && !scans);
	put("b/train/x.png", "");
	assert_false(data_clouds_certain(path, NULL, NULL));
	put("c/x.laz", "LASF");
	snprintf(path, sizeof path, "%s/c", root);
	assert_true(data_clouds_certain(path, &scans, NULL) && scans);
}

int
main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(shapenet_parts_count_over_all_categories),
		EACH(one_category_counts_from_zero),
		EACH(wrong_shapenet_sets_are_named),
		EACH(normals_come_with_the_other_layout),
		EACH(modelnet_has_three_forms),
		EACH(folders_of_a_split_are_classes),
		EACH(s3dis_rooms_survive_control_bytes),
		EACH(folders_find_their_classes),
		EACH(negative_labels_are_left_out),
		EACH(points_without_coordinates_are_left_out),
		EACH(two_columns_that_may_hold_the_labels_are_asked_about),
		EACH(splits_go_by_several_names),
		EACH(a_column_of_labels_that_never_changes_is_no_rival),
		EACH(clouds_without_labels_are_refused),
		EACH(threads_and_resuming_change_no_batch),
		EACH(samples_fit_the_unit_sphere),
		EACH(without_replacement_takes_each_point_once),
		EACH(random_start_puts_any_point_first),
		EACH(blocks_cover_every_point),
		EACH(real_sets_open),
		EACH(semantickitti_has_its_classes_and_splits),
		EACH(toronto3d_holds_out_its_second_tile),
		EACH(scannet_takes_labels_of_the_mesh_beside),
		EACH(pointcept_has_an_array_for_each_attribute),
		EACH(hdf5_holds_shapes_with_a_class_each),
		EACH(hdf5_holds_parts_over_all_categories),
		EACH(wrong_hdf5_is_named),
		EACH(nuscenes_finds_labels_through_its_tables),
		EACH(wrong_nuscenes_sets_are_named),
		EACH(sets_that_are_not_read_say_a_way_out),
		EACH(clouds_are_certain_by_their_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
