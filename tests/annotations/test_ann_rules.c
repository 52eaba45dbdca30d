/* Rules of check, one test each for those that need a set of their own: pictures with EXIF, masks, lists, many objects.
 */
#include "ann_check.h"

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

/* The rule is found in the set with the fault and not in the one without. */
static void
expect(const char *set, const char *option, const char *value, const char *rule, int level, const char *part)
{
	secant_check *c = check_with(at(tmp, set), option, value);
	if (!found(c, rule, level, part)) {
		char *report = secant_check_report(c, NULL);
		fail_msg("no %s about %s in:\n%s", rule, part, report);
	}
	secant_check_free(c);
}

static void
expect_none(const char *set, const char *option, const char *value, const char *rule)
{
	secant_check *c = check_with(at(tmp, set), option, value);
	for (int level = I; level <= E; level++)
		if (found(c, rule, level, ""))
			fail_msg("%s in %s", rule, set);
	secant_check_free(c);
}

/* `n` boxes of class a, side 10, and what follows. */
static void
put_csv(const char *set, int n, const char *rest)
{
	base_str t = { 0 };
	base_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax\n");
	for (int i = 0; i < n; i++)
		base_str_addf(&t, "p%d.png,900,900,a,%d,7,%d,%d\n", i % 5, i, i + 9 + i % 3, 16 + i % 2);
	base_str_add(&t, rest);
	put(at(tmp, set), "annotations.csv", t.p);
	base_str_free(&t);
}

static void
class_few_and_class_imbalance(void **state)
{
	put_csv("set", 60, "p0.png,900,900,b,1,1,30,30\n");
	expect("set", NULL, NULL, "class-few", I, "class 'b' has 1 objects");
	expect("set", NULL, NULL, "class-imbalance", I, "'a' has 60 objects, 'b' 1");
	expect_none("set", "few", "1", "class-few");
	expect_none("set", "imbalance", "60", "class-imbalance");
}

static void
box_outlier(void **state)
{
	put_csv("set", 60, "p0.png,900,900,a,1,1,800,800\n");
	expect("set", NULL, NULL, "box-outlier", I, "side 799.0 where the class has 10");
	put_csv("even", 60, "");
	expect_none("even", NULL, NULL, "box-outlier");
}

static void
put_voc(const char *set, const char *first, const char *last)
{
	base_str t = { 0 };
	base_str_addf(&t,
		"<annotation><size><width>20</width><height>10</height><depth>1</depth></size><object><name>c</"
		"name><bndbox><xmin>%s</xmin><ymin>2</ymin>"
		"<xmax>%s</xmax><ymax>7</ymax></bndbox></object></annotation>",
		first, last);
	put(at(tmp, set), "Annotations/a.xml", t.p);
	put_picture(at(tmp, set), "JPEGImages/a.png", 20, 10, 1);
	base_str_free(&t);
}

static secant_check *
check_origin(const char *set, const char *origin)
{
	secant_err err = { 0 };
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, &err)
			| secant_opts_set(&secant_dataset_reading_options, &r, "voc-origin", origin, &err),
		0);
	secant_check *c = secant_dataset_check(at(tmp, set), &r, NULL, NULL, &err);
	assert_non_null(c);
	secant_opts_free(&secant_dataset_reading_options, &r);
	return c;
}

static void
box_origin(void **state)
{
	put_voc("one", "1", "20");
	put_voc("zero", "0", "19");
	secant_check *c = check_origin("one", "0-exclusive");
	assert_true(found(c, "box-origin", W, "these look 1-inclusive, and are read as 0-exclusive"));
	secant_check_free(c);
	c = check_origin("zero", "1-inclusive");
	assert_true(found(c, "box-origin", W, "1 boxes have a 0, which 1-inclusive does not know"));
	secant_check_free(c);
	c = check_origin("one", "1-inclusive");
	assert_false(found(c, "box-origin", W, ""));
	secant_check_free(c);
}

static void
orphan_file(void **state)
{
	put_voc("set", "3", "9");
	put_picture(at(tmp, "set"), "JPEGImages/b.png", 20, 10, 2);
	put(at(tmp, "set"), "ImageSets/Main/train.txt", "a\n");
	expect("set", NULL, NULL, "orphan-file", W, "b.png");
	put(at(tmp, "set"), "ImageSets/Main/val.txt", "b\n");
	expect_none("set", NULL, NULL, "orphan-file");
}

static void
split_class_missing(void **state)
{
	put(at(tmp, "set"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,split\na.png,9,9,c,1,1,5,5,train\na.png,9,9,d,1,1,6,5,"
		"train\nb.png,9,9,c,1,1,5,5,val\n");
	expect("set", NULL, NULL, "split-class-missing", W, "list 'val' has no 'd'");
	expect_none("set", "ignore", "split-class-missing", "split-class-missing");
}

static void
area_mismatch(void **state)
{
	static const char text[] = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 60, \"height\": 50}], "
							   "\"categories\": [{\"id\": 1, \"name\": \"c\"}], \"annotations\": [{\"id\": 1, "
							   "\"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 20, 20], \"area\": %s, "
							   "\"iscrowd\": 0, \"segmentation\": [[0, 0, 20, 0, 20, 20, 0, 20]]}]}";
	char json[1000];
	snprintf(json, sizeof json, text, "300");
	put(at(tmp, "set"), "annotations.json", json);
	expect("set", NULL, NULL, "area-mismatch", W, "stored area 300, the shape has 400");
	snprintf(json, sizeof json, text, "400");
	put(at(tmp, "good"), "annotations.json", json);
	expect_none("good", NULL, NULL, "area-mismatch");
}

/* A VOC segmentation set of one picture of 8 x 6; the mask is what is given. */
static void
put_mask(const char *set, int w, int h, int value, bool palette)
{
	secant_err err = { 0 };
	secant_image im;
	void *data = NULL;
	size_t n = 0;
	put_picture(at(tmp, set), "JPEGImages/a.png", 8, 6, 1);
	put(at(tmp, set), "ImageSets/Segmentation/train.txt", "a\n");
	assert_int_equal(secant_image_new(&im, w, h, 1, SECANT_U8, &err), 0);
	memset(im.data, value, (size_t)w * (size_t)h);
	if (palette) {
		im.palette = secant_calloc(256, sizeof *im.palette);
		im.palette_count = 256;
	}
	assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
	put_bytes(at(tmp, set), "SegmentationClass/a.png", data, n);
	secant_image_free(&im);
	secant_free(data);
}

static void
mask_size(void **state)
{
	put_mask("set", 9, 6, 1, true);
	expect("set", NULL, NULL, "mask-size", E, "the mask is 9 x 6, the picture 8 x 6");
	put_mask("good", 8, 6, 1, true);
	expect_none("good", NULL, NULL, "mask-size");
}

static void
mask_value(void **state)
{
	put_mask("set", 8, 6, 77, true);
	expect("set", "deep", "true", "mask-value", E, "value 77, but there are 21 classes");
	put_mask("void", 8, 6, 255, true);
	expect_none("void", "deep", "true", "mask-value");
}

static void
mask_palette_lost(void **state)
{
	put_mask("set", 8, 6, 1, false);
	expect("set", NULL, NULL, "mask-palette-lost", W, "no indexed picture");
	put_mask("good", 8, 6, 1, true);
	expect_none("good", NULL, NULL, "mask-palette-lost");
}

/* A JPEG of 60 x 40 stored pixels with an EXIF orientation. */
static void
put_turned(const char *folder, const char *name, int orientation)
{
	uint8_t exif[] = { 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1,
		0, 0, 0, (uint8_t)orientation, 0, 0, 0, 0, 0, 0, 0 };
	secant_err err = { 0 };
	secant_image im;
	void *data = NULL;
	size_t n = 0;
	assert_int_equal(secant_image_new(&im, 60, 40, 3, SECANT_U8, &err), 0);
	memset(im.data, 90, 60 * 40 * 3);
	assert_int_equal(secant_image_encode(&im, "jpg", &data, &n, NULL, &err), 0);
	uint8_t *with = secant_calloc(n + sizeof exif, 1);
	memcpy(with, data, 2);
	memcpy(with + 2, exif, sizeof exif);
	memcpy(with + 2 + sizeof exif, (uint8_t *)data + 2, n - 2);
	put_bytes(folder, name, with, n + sizeof exif);
	secant_image_free(&im);
	secant_free(data), secant_free(with);
}

/* 14.2, example 16: reported, and size and boxes are in one frame: the upright one, 40 x 60. */
static void
exif_rotated_example_16(void **state)
{
	put_turned(at(tmp, "set"), "images/a.jpg", 6);
	put_turned(at(tmp, "set"), "images/b.jpg", 1);
	put(at(tmp, "set"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,40,60,c,1,41,39,59\nb.jpg,60,40,c,41,1,59,39\n");
	secant_check *c = check_with(at(tmp, "set"), NULL, NULL);
	assert_true(found(c, "exif-rotated", W, "a.jpg")
		&& found(c, "exif-rotated", W, "EXIF orientation 6: shown upright it is 40 x 60"));
	assert_false(found(c, "exif-rotated", W, "b.jpg"));
	assert_int_equal(secant_check_count(c, SECANT_FINDING_ERROR), 0);
	secant_check_free(c);
	secant_dataset *d = open_as(at(tmp, "set"), NULL);
	secant_annotated_sample s;
	secant_err err = { 0 };
	assert_int_equal(secant_dataset_sample(d, secant_dataset_find(d, "a"), &s, &err), 0);
	assert_true(s.image.width == 40 && s.image.height == 60 && s.boxes[0][3] == 59);
	secant_annotated_sample_free(&s);
	secant_dataset_free(d);
	/* annotated in the stored frame instead: that is another size, and is said */
	put(at(tmp, "stored"), "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,60,40,c,41,1,59,39\n");
	put_turned(at(tmp, "stored"), "images/a.jpg", 6);
	expect("stored", NULL, NULL, "size-swapped", E, "declared 60 x 40, the picture is 40 x 60");
}

/* Every rule of the table is provoked by some test: here, or in test_ann_check.c, or by a reader's own. */
static void
every_rule_has_a_name_and_a_line(void **state)
{
	const char *id, *brief;
	secant_finding_level level;
	int n = 0;
	for (; secant_check_rule(n, &id, &level, &brief); n++)
		assert_true(*id && *brief && level <= SECANT_FINDING_ERROR);
	assert_true(n >= 43);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(class_few_and_class_imbalance),
		TEST(box_outlier),
		TEST(box_origin),
		TEST(orphan_file),
		TEST(split_class_missing),
		TEST(area_mismatch),
		TEST(mask_size),
		TEST(mask_value),
		TEST(mask_palette_lost),
		TEST(exif_rotated_example_16),
		TEST(every_rule_has_a_name_and_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
