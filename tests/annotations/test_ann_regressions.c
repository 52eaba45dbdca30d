/* Mistakes that other tools made, each as a test that it is not made here; and bad input that must leave nothing
 * behind. */
#include "ann_check.h"
#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

static char *tmp;

static int
set_up(void **state)
{
	tmp = base_strdup(scratch_dir());
	return 0;
}

static int
tear_down(void **state)
{
	remove_tree(tmp);
	secant_free(tmp);
	return 0;
}

/* Boxes with fractions in a set with a picture without objects. */
static secant_dataset *
make(void)
{
	put(at(tmp, "src"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\nb.png,40,30,dog,1.5,2.25,20.75,21\na.png,40,30,cat,3,4,40,"
		"30\na.png,40,30,cat,3,4,40,30\nnone.png,40,30,,,,,\n");
	put_picture(at(tmp, "src"), "images/a.png", 40, 30, 1);
	put_picture(at(tmp, "src"), "images/b.png", 40, 30, 2);
	put_picture(at(tmp, "src"), "images/none.png", 40, 30, 3);
	return open_as(at(tmp, "src"), NULL);
}

static void
assert_box(const secant_dataset *d, const char *picture, int k, double x0, double y0, double x1, double y1)
{
	secant_annotation a;
	assert_true(secant_dataset_object(d, secant_dataset_find(d, picture), k, &a));
	if (a.box[0] != x0 || a.box[1] != y0 || a.box[2] != x1 || a.box[3] != y1)
		fail_msg("%s: %g %g %g %g", picture, a.box[0], a.box[1], a.box[2], a.box[3]);
}

/* --- other tools' mistakes
 * ------------------------------------------------------------------------------------------------------- */

/* supervision added 1 to the boxes in place: a second export moved them again; and cut fractions off. */
static void
exporting_twice_moves_nothing(void **state)
{
	static const char *const origin[] = { "to-origin", "1-inclusive", "voc-folder", "x", NULL };
	secant_dataset *d = make();
	secant_err err = { 0 };
	assert_int_equal(
		write_as(d, "voc", at(tmp, "one"), origin, NULL, &err) | write_as(d, "voc", at(tmp, "two"), origin, NULL, &err),
		0);
	assert_same_tree(at(tmp, "one"), at(tmp, "two"));
	assert_box(d, "b", 0, 1.5, 2.25, 20.75, 21);
	secant_dataset_free(d);
	d = open_as(at(tmp, "two"), NULL);
	assert_box(d, "b", 0, 1.5, 2.25, 20.75, 21);
	secant_dataset_free(d);
}

/* supervision took class numbers from a set without order, and decoded every picture for its size. */
static void
classes_have_an_order_and_pictures_are_not_decoded(void **state)
{
	put(at(tmp, "voc"), "Annotations/2.xml",
		"<annotation><object><name>ant</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></"
		"bndbox></object></annotation>");
	put(at(tmp, "voc"), "Annotations/1.xml",
		"<annotation><object><name>zebra</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></"
		"bndbox></object></annotation>");
	put_picture(at(tmp, "voc"), "JPEGImages/1.png", 400, 300, 1);
	put_picture(at(tmp, "voc"), "JPEGImages/2.png", 400, 300, 1);
	assert_int_equal(
		truncate(at(tmp, "voc/JPEGImages/1.png"), 60), 0); /* header and the start of the pixels: cannot be decoded */
	secant_dataset *d = open_as(at(tmp, "voc"), NULL);
	secant_dataset_item p;
	assert_string_equal(secant_dataset_class_name(d, 0), "ant");
	assert_string_equal(secant_dataset_class_name(d, 1), "zebra");
	assert_true(secant_dataset_picture(d, secant_dataset_find(d, "1"), &p) && p.width == 400 && p.height == 300);
	secant_dataset_free(d);
}

/* supervision wrote masks with holes as crowds, which evaluation ignores, and counted categories from 0. */
static void
a_mask_with_a_hole_is_no_crowd(void **state)
{
	put(at(tmp, "src"), "annotations.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 5, \"height\": 5}], \"categories\": [{\"id\": "
		"1, \"name\": \"ring\"}], \"annotations\": [{\"id\": 1, "
		"\"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 1, 3, 3], \"area\": 8, \"iscrowd\": 0, \"segmentation\": "
		"{\"size\": [5, 5], \"counts\": [6, 3, 2, 1, 1, 1, 2, 3, 6]}}]}");
	put_picture(at(tmp, "src"), "images/a.png", 5, 5, 1);
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	must_write(d, "cvat", at(tmp, "cvat"));
	secant_dataset_free(d);
	d = open_as(at(tmp, "cvat"), NULL);
	must_write(d, "coco", at(tmp, "coco"));
	secant_dataset_free(d);
	char *json = get(at(tmp, "coco"), "annotations/instances.json");
	assert_non_null(strstr(json, "\"iscrowd\": 0"));
	assert_non_null(strstr(json, "\"category_id\": 1,"));
	secant_free(json);
	d = open_as(at(tmp, "coco"), NULL);
	secant_annotation a;
	assert_true(secant_dataset_object(d, 0, 0, &a) && a.area == 8 && !a.crowd);
	secant_dataset_free(d);
}

/* supervision could not read back what it had saved when a picture had no objects. */
static void
what_is_written_with_empty_pictures_can_be_read(void **state)
{
	secant_dataset *d = make();
	must_write(d, "voc", at(tmp, "voc"));
	secant_dataset_free(d);
	d = open_as(at(tmp, "voc"), NULL);
	secant_dataset_item p;
	assert_int_equal(secant_dataset_count(d), 3);
	assert_true(secant_dataset_picture(d, secant_dataset_find(d, "none"), &p) && p.objects == 0);
	secant_dataset_free(d);
}

/* JSON2YOLO made no file for pictures without objects, appended on a second run, took category_id - 1 for the class,
 * dropped equal boxes. */
static void
yolo_files_are_complete(void **state)
{
	put(at(tmp, "gaps"), "annotations.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 10, \"height\": 10}, {\"id\": 2, "
		"\"file_name\": \"none.png\", \"width\": 10, \"height\": 10}], "
		"\"categories\": [{\"id\": 10, \"name\": \"x\"}, {\"id\": 90, \"name\": \"y\"}], \"annotations\": [{\"id\": 1, "
		"\"image_id\": 1, \"category_id\": 90, \"bbox\": [1, 1, 2, 2], \"area\": 4}, "
		"{\"id\": 2, \"image_id\": 1, \"category_id\": 90, \"bbox\": [1, 1, 2, 2], \"area\": 4}]}");
	put_picture(at(tmp, "gaps"), "images/a.png", 10, 10, 1);
	put_picture(at(tmp, "gaps"), "images/none.png", 10, 10, 1);
	secant_dataset *d = open_as(at(tmp, "gaps"), NULL);
	secant_err err = { 0 };
	must_write(d, "yolo", at(tmp, "yolo"));
	assert_int_not_equal(write_as(d, "yolo", at(tmp, "yolo"), NULL, NULL, &err), 0); /* never on top of what is there */
	char *text = get(at(tmp, "yolo"), "labels/a.txt"), *none = get(at(tmp, "yolo"), "labels/none.txt");
	assert_string_equal(text, "1 0.200000 0.200000 0.200000 0.200000\n1 0.200000 0.200000 0.200000 0.200000\n");
	assert_string_equal(none, "");
	secant_free(text), secant_free(none);
	secant_dataset_free(d);
}

/* datumaro passed over DOTA lines of other than 10 fields, never loaded pictures without text, and renumbered classes
 * with the data. */
static void
dota_lines_and_pictures_are_all_there(void **state)
{
	secant_err err = { 0 };
	put(at(tmp, "dota"), "labelTxt/a.txt", "1 1 5 1 5 5 1 5 ship 0\n1 1 5 1 5 5 ship\n");
	put_picture(at(tmp, "dota"), "images/a.png", 10, 10, 1);
	put_picture(at(tmp, "dota"), "images/none.png", 10, 10, 1);
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err)
			| secant_opts_set(&secant_dataset_reading_options, &r, "from", "dota", &err),
		0);
	assert_null(secant_dataset_open(at(tmp, "dota"), &r, NULL, &err));
	assert_non_null(strstr(err.msg, "labelTxt/a.txt:2"));
	assert_non_null(strstr(err.msg, "found 7 fields"));
	put(at(tmp, "dota"), "labelTxt/a.txt", "1 1 5 1 5 5 1 5 ship 0\n");
	err = (secant_err){ 0 };
	secant_dataset *d = secant_dataset_open(at(tmp, "dota"), &r, NULL, &err);
	assert_non_null(d);
	assert_int_equal(secant_dataset_count(d), 2);
	secant_dataset_free(d);
	secant_opts_free(&secant_dataset_reading_options, &r);
}

/* globox takes VOC's numbers as they stand; whoever knows that they count from 1 can say so. Polygons are not dropped.
 */
static void
voc_numbers_and_polygons(void **state)
{
	put(at(tmp, "src"), "annotations.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 9, \"height\": 9}], \"categories\": [{\"id\": "
		"1, \"name\": \"c\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, "
		"\"category_id\": 1, \"bbox\": [0, 0, 9, 4], \"area\": 18, \"iscrowd\": 0, \"segmentation\": [[0, 0, 9, 0, 9, "
		"4]]}]}");
	put_picture(at(tmp, "src"), "images/a.png", 9, 9, 1);
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	static const char *const origin[] = { "to-origin", "1-inclusive", NULL };
	secant_err err = { 0 };
	char *report = NULL;
	assert_int_equal(write_as(d, "voc", at(tmp, "voc"), origin, &report, &err), 0);
	assert_non_null(strstr(report, "\"lost\": []"));
	secant_free(report);
	char *xml = get(at(tmp, "voc"), "Annotations/a.xml");
	assert_non_null(strstr(xml, "<x1>1</x1>\n      <y1>1</y1>\n      <x2>10</x2>\n      <y2>1</y2>"));
	assert_non_null(strstr(xml, "<xmin>1</xmin>\n      <ymin>1</ymin>\n      <xmax>9</xmax>\n      <ymax>4</ymax>"));
	secant_free(xml);
	must_write(d, "labelme", at(tmp, "labelme"));
	secant_dataset_free(d);
	d = open_as(at(tmp, "labelme"), NULL);
	secant_annotation a;
	assert_true(secant_dataset_object(d, 0, 0, &a) && a.has_shape);
	secant_dataset_free(d);
}

/* albumentations clips to W - 1, and in silence: here the border is W, and clipping is a finding first and a wish
 * after. */
static void
boxes_are_never_clipped_in_silence(void **state)
{
	put(at(tmp, "src"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\na.png,40,30,c,30,20,44,33\n");
	put_picture(at(tmp, "src"), "images/a.png", 40, 30, 1);
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	must_write(d, "yolo", at(tmp, "yolo"));
	secant_dataset_free(d);
	d = open_as(at(tmp, "yolo"), NULL);
	assert_box(d, "a", 0, 30, 20, 44, 33);
	secant_dataset_free(d);
	secant_check *c = check_with(at(tmp, "src"), NULL, NULL);
	int fixed;
	secant_err err = { 0 };
	assert_true(found(c, "box-clipped", W, "reaches out of 40 x 30"));
	d = secant_check_fix(c, &fixed, &err);
	assert_box(d, "a", 0, 30, 20, 40, 30);
	secant_check_free(c);
}

/* --- bad input
 * ----------------------------------------------------------------------------------------------------------------
 */

static void
assert_nothing_left(const char *folder, const char *name)
{
	base_names left = { 0 };
	secant_err err = { 0 };
	assert_int_equal(base_dir_list(&left, folder, BASE_DIR_ALL, &err), 0);
	for (int i = 0; i < left.n; i++)
		assert_null(strstr(left.v[i], name));
	base_names_free(&left);
}

/* A disk that is full half way: the error names the file, the half-made folder goes, what was there stays. */
static void
a_full_disk_half_way(void **state)
{
	char disk[300];
	secant_err err = { 0 };
	snprintf(disk, sizeof disk, "%s/disk", tmp);
	assert_int_equal(secant_make_dirs(disk, &err), 0);
	if (mount("none", disk, "tmpfs", 0, "size=256k")) {
		fprintf(stderr, "skipped: a small disk cannot be mounted here (%s)\n", strerror(errno));
		skip();
	}
	base_str t = { 0 };
	base_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax\n");
	for (int i = 0; i < 200; i++)
		base_str_addf(&t, "p%03d.png,40,30,c,1,1,9,9\n", i);
	put(at(tmp, "many"), "annotations.csv", t.p);
	base_str_free(&t);
	put(disk, "precious.txt", "keep me");
	secant_dataset *d = open_as(at(tmp, "many"), NULL);
	static const char *const formats[] = { "voc", "yolo", "labelme" };
	for (int i = 0; i < 3; i++) {
		err = (secant_err){ 0 };
		if (!write_as(d, formats[i], at(disk, "out"), NULL, NULL, &err))
			fail_msg("%s fits on 256 KiB", formats[i]);
		assert_non_null(strstr(err.msg, "No space left on device"));
		assert_non_null(strstr(err.msg, "out/"));
		assert_nothing_left(disk, "out");
	}
	char *kept = get(disk, "precious.txt");
	assert_string_equal(kept, "keep me");
	secant_free(kept);
	secant_dataset_free(d);
	assert_int_equal(umount(disk), 0);
}

/* Names that lead out of the data set are refused by every reader of names, whatever the format; nothing outside is
 * touched. */
static void
names_that_lead_outside(void **state)
{
	static const struct {
		const char *format, *file, *text;
	} bad[] = {
		{ "csv", "annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n../../evil.png,9,9,c,1,1,5,5\n" },
		{ "csv", "annotations.csv", "filename,width,height,class,xmin,ymin,xmax,ymax\n/etc/evil.png,9,9,c,1,1,5,5\n" },
		{ "csv", "annotations.csv",
			"filename,width,height,class,xmin,ymin,xmax,ymax\na/..\\..\\evil.png,9,9,c,1,1,5,5\n" },
		{ "coco", "annotations.json",
			"{\"images\": [{\"id\": 1, \"file_name\": \"x/../../evil.png\"}], \"categories\": [], \"annotations\": "
			"[]}" },
		{ "cvat", "annotations.xml",
			"<annotations><version>1.1</version><image id=\"0\" name=\"../evil.png\" width=\"9\" "
			"height=\"9\"/></annotations>" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		secant_err err = { 0 };
		secant_dataset_reading r;
		char set[40];
		snprintf(set, sizeof set, "set%zu", i);
		put(at(tmp, set), bad[i].file, bad[i].text);
		assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err)
				| secant_opts_set(&secant_dataset_reading_options, &r, "from", bad[i].format, &err),
			0);
		assert_null(secant_dataset_open(at(tmp, set), &r, NULL, &err));
		if (!strstr(err.msg, "leads outside the data set") || !strstr(err.msg, bad[i].file))
			fail_msg("%s", err.msg);
		secant_opts_free(&secant_dataset_reading_options, &r);
	}
}

static void
hostile_json_files(void **state)
{
	base_str t = { 0 };
	secant_err err = { 0 };
	base_str_add(&t, "{\"images\": [], \"info\": ");
	for (int i = 0; i < 10000; i++)
		base_str_add(&t, "[");
	put(at(tmp, "deep"), "annotations/instances.json", t.p);
	base_str_free(&t);
	assert_null(secant_dataset_open(at(tmp, "deep/annotations/instances.json"), NULL, NULL, &err));
	assert_non_null(strstr(err.msg, "instances.json:1:"));
	if (!strstr(err.msg, "more than 64 levels of brackets"))
		fail_msg("%s", err.msg);
	put(at(tmp, "twice"), "annotations/instances.json", "{\"images\": [],\n \"categories\": [],\n \"images\": []}");
	err = (secant_err){ 0 };
	assert_null(secant_dataset_open(at(tmp, "twice/annotations/instances.json"), NULL, NULL, &err));
	assert_non_null(strstr(err.msg, "instances.json:3:"));
	assert_non_null(strstr(err.msg, "key \"images\" stands twice"));
}

static void
merging_joins_classes_by_name(void **state)
{
	secant_err err = { 0 };
	put(at(tmp, "a"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,split\na1.png,9,9,cat,1,1,5,5,train\na2.png,9,9,dog,1,1,6,6,"
		"val\n");
	put(at(tmp, "b"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,split\nb1.png,9,9,dog,2,2,7,7,train\nb1.png,9,9,emu,1,1,3,3,"
		"train\nb2.png,9,9,,,,,,test\n");
	put_picture(at(tmp, "a"), "images/a1.png", 9, 9, 1);
	put_picture(at(tmp, "b"), "images/b2.png", 9, 9, 2);
	secant_dataset *d = open_as(at(tmp, "a"), NULL), *other = open_as(at(tmp, "b"), NULL);
	if (secant_dataset_merge(d, other, &err))
		fail_msg("%s", err.msg);
	secant_dataset_free(other);
	static const char *const none[] = { "pictures", "false", NULL };
	assert_int_equal(write_as(d, "voc", at(tmp, "both"), none, NULL, &err), 0);
	secant_dataset_free(d);
	d = open_as(at(tmp, "both"), NULL);
	secant_annotation a;
	secant_dataset_item p;
	assert_true(secant_dataset_count(d) == 4 && secant_dataset_classes(d) == 3 && secant_dataset_object_count(d) == 4
		&& secant_dataset_splits(d) == 3);
	assert_true(
		secant_dataset_object(d, secant_dataset_find(d, "b1"), 0, &a) && !strcmp(a.class_name, "dog") && a.label == 1);
	assert_true(secant_dataset_object(d, secant_dataset_find(d, "b1"), 1, &a) && !strcmp(a.class_name, "emu"));
	assert_true(secant_dataset_picture(d, secant_dataset_find(d, "b2"), &p) && p.objects == 0
		&& !strcmp(secant_dataset_split_name(d, __builtin_ctzll(p.splits)), "test"));
	secant_dataset_free(d);
}

/* Options that cannot be meant. */
static void
wrong_options_are_named(void **state)
{
	secant_err err = { 0 };
	secant_dataset *d = make();
	secant_dataset_tiling tiling;
	secant_dataset_writing writing;
	assert_int_equal(secant_opts_init(&secant_dataset_tiling_options, &tiling, &err)
			| secant_opts_init(&secant_dataset_writing_options, &writing, &err)
			| secant_opts_set(&secant_dataset_tiling_options, &tiling, "size", "16", &err)
			| secant_opts_set(&secant_dataset_tiling_options, &tiling, "overlap", "16", &err)
			| secant_opts_set(&secant_dataset_writing_options, &writing, "out", at(tmp, "tiles"), &err),
		0);
	assert_int_equal(secant_dataset_tile(d, &tiling, &writing, NULL, NULL, &err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "--overlap: 16 pixels of tiles of 16x16: less than a side is needed");
	secant_opts_free(&secant_dataset_tiling_options, &tiling);
	secant_opts_free(&secant_dataset_writing_options, &writing);
	secant_dataset_free(d);
	secant_dataset_checking o;
	err = (secant_err){ 0 };
	assert_int_equal(secant_opts_init(&secant_dataset_checking_options, &o, &err)
			| secant_opts_set(&secant_dataset_checking_options, &o, "ignore", "box-tinny", &err),
		0);
	assert_null(secant_dataset_check(at(tmp, "src"), NULL, &o, NULL, &err));
	assert_string_equal(err.msg, "--ignore: there is no rule 'box-tinny'; did you mean 'box-tiny'?");
	secant_opts_free(&secant_dataset_checking_options, &o);
	secant_dataset_reading r;
	err = (secant_err){ 0 };
	put(at(tmp, "coco"), "annotations.json", "{\"images\": [], \"categories\": [], \"annotations\": []}");
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err)
			| secant_opts_set(&secant_dataset_reading_options, &r, "class-names", "x.txt", &err),
		0);
	assert_null(secant_dataset_open(at(tmp, "coco"), &r, NULL, &err));
	assert_non_null(strstr(err.msg, "COCO files name their classes themselves"));
	secant_opts_free(&secant_dataset_reading_options, &r);
}

/* Folders train, val and test of pictures and masks: none of the three is passed over; a class that had no number gets
 * none by a detour. */
static void
all_three_lists_of_mask_folders(void **state)
{
	static const char *const lists[] = { "train", "val", "test" };
	for (int i = 0; i < 3; i++) {
		char name[60];
		snprintf(name, sizeof name, "%s/images/%d.png", lists[i], i);
		put_picture(at(tmp, "set"), name, 9, 8, i);
		snprintf(name, sizeof name, "%s/labels/%d.png", lists[i], i);
		put_picture(at(tmp, "set"), name, 9, 8, 255);
	}
	secant_dataset *d = open_as(at(tmp, "set"), NULL);
	assert_true(secant_dataset_count(d) == 3 && secant_dataset_splits(d) == 3);
	must_write(d, "coco", at(tmp, "coco"));
	secant_dataset_free(d);
	d = open_as(at(tmp, "coco"), NULL);
	assert_true(secant_dataset_count(d) == 3 && secant_dataset_class_id(d, 0) == 1);
	secant_dataset_free(d);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(exporting_twice_moves_nothing),
		TEST(classes_have_an_order_and_pictures_are_not_decoded),
		TEST(a_mask_with_a_hole_is_no_crowd),
		TEST(what_is_written_with_empty_pictures_can_be_read),
		TEST(yolo_files_are_complete),
		TEST(dota_lines_and_pictures_are_all_there),
		TEST(voc_numbers_and_polygons),
		TEST(boxes_are_never_clipped_in_silence),
		TEST(a_full_disk_half_way),
		TEST(names_that_lead_outside),
		TEST(hostile_json_files),
		TEST(merging_joins_classes_by_name),
		TEST(wrong_options_are_named),
		TEST(all_three_lists_of_mask_folders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
