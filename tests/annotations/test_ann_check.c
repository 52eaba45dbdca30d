/* The rules of check on made-up faults, the reports, and putting right; splits, expressions, mappings. */
#include "ann_check.h"
#include <jansson.h>

static void
make_faults(const char *tmp)
{
	put(tmp, "annotations/instances_train.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 64, \"height\": 48},\n{\"id\": 2, "
		"\"file_name\": \"b.png\", \"width\": 40, \"height\": 50},\n"
		"{\"id\": 3, \"file_name\": \"gone.png\", \"width\": 9, \"height\": 9},\n{\"id\": 4, \"file_name\": "
		"\"broken.png\", \"width\": 9, \"height\": 9},\n"
		"{\"id\": 5, \"file_name\": \"A.png\", \"width\": 60, \"height\": 48}, {\"id\": 6, \"file_name\": "
		"\"x\\\\a.png\", \"width\": 64, \"height\": 48}],\n"
		"\"categories\": [{\"id\": 0, \"name\": \" c\"}, {\"id\": 7, \"name\": \"unused\"}],\n\"annotations\": [\n"
		"{\"id\": 1, \"image_id\": 1, \"category_id\": 0, \"bbox\": [60, 1, 10, 10], \"area\": 100},\n"
		"{\"id\": 1, \"image_id\": 1, \"category_id\": 0, \"bbox\": [60, 1, 10, 10], \"area\": 100},\n"
		"{\"id\": 3, \"image_id\": 1, \"category_id\": 0, \"bbox\": [70, 1, 10, 10], \"area\": 100},\n"
		"{\"id\": 4, \"image_id\": 1, \"category_id\": 0, \"bbox\": [10, 1, -5, 10], \"area\": 100},\n"
		"{\"id\": 5, \"image_id\": 1, \"category_id\": 0, \"bbox\": [10, 1, 0, 10], \"area\": 100},\n"
		"{\"id\": 6, \"image_id\": 1, \"category_id\": 0, \"bbox\": [10, 1, 2, 2], \"area\": 100},\n"
		"{\"id\": 7, \"image_id\": 99, \"category_id\": 0, \"bbox\": [10, 1, 2, 2], \"area\": 100},\n"
		"{\"id\": 8, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, 20, 20], \"area\": 400, \"segmentation\": "
		"[[0, 0, 30, 30, 30, 0, 0, 30]]},\n"
		"{\"id\": 9, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, 20, 20], \"area\": 400, \"segmentation\": "
		"[[0, 0, 30, 30]]},\n"
		"{\"id\": 10, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, 20, 20], \"area\": 400, \"segmentation\": "
		"[[0, 0, 30]]},\n"
		"{\"id\": 11, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, 20, 20], \"area\": 400, \"segmentation\": "
		"{\"size\": [4, 6], \"counts\": [24]}},\n"
		"{\"id\": 12, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, 20, 20], \"area\": 400, \"segmentation\": "
		"{\"size\": [4, 6], \"counts\": [25]}},\n"
		"{\"id\": 13, \"image_id\": 1, \"category_id\": 0, \"bbox\": [0, 0, NaN, 20], \"area\": 400}]}");
	put(tmp, "annotations/instances_val.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 64, \"height\": 48}, {\"id\": 30, "
		"\"file_name\": \"twin.png\", \"width\": 50, "
		"\"height\": 40}], \"categories\": [{\"id\": 0, \"name\": \" c\"}], \"annotations\": []}");
	put_picture(tmp, "images/a.png", 64, 48, 1);
	put_picture(tmp, "images/b.png", 50, 40, 2);
	put_picture(tmp, "images/twin.png", 50, 40, 2);
	put_picture(tmp, "images/A.png", 64, 48, 3);
	put_picture(tmp, "images/x/a.png", 64, 48, 4);
	put(tmp, "images/broken.png", "this is no picture");
}

static void
test_every_fault_is_found(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	make_faults(tmp);
	secant_check *c = check_with(tmp, NULL, NULL);
	static const struct {
		const char *rule;
		int level;
		const char *part;
	} expected[] = {
		{ "image-missing", E, "gone.png" },
		{ "image-unreadable", E, "broken.png" },
		{ "size-swapped", E, "'b.png'" },
		{ "size-mismatch", E, "'A.png'" },
		{ "box-clipped", W, "60, 1 to 70, 11" },
		{ "box-duplicate", W, "stands twice" },
		{ "box-outside", E, "70, 1 to 80, 11" },
		{ "box-inverted", E, "10, 1 to 5, 11" },
		{ "box-empty", E, "has no area" },
		{ "box-tiny", I, "2 x 2" },
		{ "reference-dangling", E, "names picture 99" },
		{ "polygon-self-intersection", W, "4 points cross" },
		{ "polygon-short", E, "2 points" },
		{ "polygon-odd", E, "3 numbers" },
		{ "rle-size", E, "6 x 4" },
		{ "rle-sum", E, "overrun" },
		{ "value-not-finite", E, "not finite" },
		{ "polygon-bbox-mismatch", W, "spans" },
		{ "id-duplicate", E, "annotation id 1" },
		{ "class-unused", W, "'unused'" },
		{ "class-name-space", W, "' c'" },
		{ "class-id-origin", W, "is 0 where 1" },
		{ "path-portable", W, "backslashes" },
		{ "path-portable", W, "differ by case" },
		{ "stem-collision", W, "'a.png'" },
		{ "split-overlap", E, "'a.png'" },
		{ "duplicate-image", E, "in another list" },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (!found(c, expected[i].rule, expected[i].level, expected[i].part))
			fail_msg("no %s about %s", expected[i].rule, expected[i].part);
	secant_finding f;
	for (int i = 0; secant_check_finding(c, i, &f); i++)
		if (!strcmp(f.rule, "reference-dangling"))
			assert_int_equal(f.line, 14);
	secant_check_free(c);
	c = check_with(tmp, "ignore", "image-missing");
	assert_false(found(c, "image-missing", SECANT_FINDING_ERROR, ""));
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_names_in_voc_that_lead_elsewhere(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "Annotations/a.xml",
		"<annotation>\n<filename>../../a.jpg</filename><size><width>10</width><height>8</height><depth>1</depth></"
		"size></annotation>");
	put(tmp, "Annotations/b.xml",
		"<annotation>\n<filename>b.jpg</filename><size><width>10</width><height>8</height><depth>1</depth></size></"
		"annotation>");
	put_picture(tmp, "JPEGImages/a.jpg", 10, 8, 1);
	put_picture(tmp, "JPEGImages/b.jpg", 10, 8, 200);
	secant_check *c = check_with(tmp, NULL, NULL);
	assert_true(found(c, "path-portable", W, "<filename> is '../../a.jpg', which leads elsewhere"));
	assert_false(found(c, "path-portable", W, "b.jpg"));
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_reports(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	make_faults(tmp);
	secant_check *c = check_with(tmp, NULL, NULL);
	for (int format = 0; format < 4; format++) {
		secant_dataset_checking o = { .format = format, .limit = 1 };
		char *text = secant_check_report(c, &o);
		assert_non_null(text);
		if (format == 1 || format == 2) {
			json_error_t e;
			json_t *j = json_loads(text, 0, &e);
			if (!j)
				fail_msg("%s", e.text);
			size_t n = json_array_size(format == 1
					? json_object_get(j, "findings")
					: json_object_get(json_array_get(json_object_get(j, "runs"), 0), "results"));
			assert_int_equal(n, secant_check_findings(c));
			json_decref(j);
		} else
			assert_non_null(strstr(text, format ? "<!DOCTYPE html>" : "and 1 more"));
		secant_free(text);
	}
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_fix(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "src/annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax\na.png,60,48,c,-5,1,70,20\na.png,60,48,c,1,1,9,9\na.png,60,48,"
		"c,1,1,9,9\n");
	put_picture(tmp, "src/images/a.png", 64, 48, 1);
	secant_check *c = check_with(at(tmp, "src"), NULL, NULL);
	int fixed;
	secant_err err = { 0 };
	secant_dataset *d = secant_check_fix(c, &fixed, &err);
	assert_int_equal(fixed, 3);
	must_write(d, "voc", at(tmp, "out"));
	secant_check_free(c);
	c = check_with(at(tmp, "out"), NULL, NULL);
	assert_int_equal(secant_check_count(c, SECANT_FINDING_ERROR), 0);
	assert_false(
		found(c, "box-clipped", SECANT_FINDING_WARNING, "") || found(c, "box-duplicate", SECANT_FINDING_WARNING, ""));
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_deep(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	for (int i = 0; i < 2; i++) {
		secant_image im;
		void *data;
		size_t n;
		assert_int_equal(secant_image_new(&im, 90, 80, 1, SECANT_U8, &err), 0);
		for (int p = 0; p < 90 * 80; p++)
			((uint8_t *)im.data)[p] = (uint8_t)((p % 90 / 13 * 5 + p / 90 / 11 * 3) % 7 * 30 + (i ? p % 3 : 0));
		assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
		put_bytes(tmp, i ? "images/near.png" : "images/far.png", data, n);
		secant_image_free(&im);
		secant_free(data);
	}
	put(tmp, "annotations.csv",
		"filename,width,height,class,xmin,ymin,xmax,ymax,split\nfar.png,90,80,c,1,1,9,9,train\nnear.png,90,80,c,1,1,9,"
		"9,val\n");
	secant_check *c = check_with(tmp, "deep", "true");
	assert_true(found(c, "near-duplicate-image", SECANT_FINDING_WARNING, "in another list"));
	secant_check_free(c);
	remove_tree(tmp);
	secant_free(tmp);
}

/* 60 pictures in 6 groups; class b is in 6 pictures only. */
static secant_dataset *
many(const char *tmp)
{
	base_str t = { 0 };
	base_str_add(&t, "filename,width,height,class,xmin,ymin,xmax,ymax\n");
	for (int i = 0; i < 60; i++) {
		base_str_addf(&t, "site%d_%02d_0.png,99,99,a,1,1,%d,20\n", i / 10, i, 10 + i);
		if (i % 10 == 3)
			base_str_addf(&t, "site%d_%02d_0.png,99,99,b,5,5,9,9\n", i / 10, i);
	}
	put(tmp, "many/annotations.csv", t.p);
	base_str_free(&t);
	return open_as(at(tmp, "many"), NULL);
}

static void
split_as(secant_dataset *d, const char *const *set)
{
	secant_err err = { 0 };
	secant_dataset_splitting o;
	assert_int_equal(secant_opts_init(&secant_dataset_splitting_options, &o, &err), 0);
	for (; *set; set += 2)
		assert_int_equal(secant_opts_set(&secant_dataset_splitting_options, &o, set[0], set[1], &err), 0);
	if (secant_dataset_split(d, &o, &err))
		fail_msg("%s", err.msg);
	secant_opts_free(&secant_dataset_splitting_options, &o);
}

static int
members(const secant_dataset *d, int list)
{
	secant_dataset_item p;
	int n = 0;
	for (int i = 0; secant_dataset_picture(d, i, &p); i++)
		n += (int)(p.splits >> list & 1);
	return n;
}

static void
test_splits(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_dataset *d = many(tmp);
	secant_dataset_item p;
	secant_annotation a;
	static const char *const random[] = { "seed", "5", NULL },
							 *const stratified[] = { "method", "stratified", "ratios", "0.5,0.5", NULL },
							 *const group[] = { "method", "group", "group-by", "prefix", "prefix", "5", "ratios",
								 "0.5,0.5", NULL },
							 *const folds[] = { "method", "folds", "folds", "4", NULL };
	split_as(d, random);
	assert_int_equal(members(d, 0), 48);
	assert_int_equal(members(d, 1), 12);
	uint64_t before[60];
	for (int i = 0; i < 60; i++)
		secant_dataset_picture(d, i, &p), before[i] = p.splits;
	split_as(d, random);
	for (int i = 0; i < 60; i++)
		assert_true(secant_dataset_picture(d, i, &p) && p.splits == before[i]);
	split_as(d, stratified);
	int rare[2] = { 0 };
	for (int i = 0; i < 60; i++)
		if (secant_dataset_picture(d, i, &p) && secant_dataset_object(d, i, 1, &a))
			rare[p.splits == 2]++;
	assert_true(rare[0] == 3 && rare[1] == 3);
	split_as(d, group);
	uint64_t of[6] = { 0 };
	for (int i = 0; i < 60; i++)
		secant_dataset_picture(d, i, &p), of[p.name[4] - '0'] |= p.splits;
	for (int i = 0; i < 6; i++)
		assert_true(of[i] == 1 || of[i] == 2);
	split_as(d, folds);
	assert_int_equal(secant_dataset_splits(d), 8);
	for (int i = 0; i < 4; i++)
		assert_true(members(d, 2 * i) == 45 && members(d, 2 * i + 1) == 15);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_filter(void **state)
{
	static const struct {
		const char *text;
		int objects;
	} cases[] = {
		{ "class = b", 6 },
		{ "class != b", 60 },
		{ "area > 400", 47 },
		{ "class = a and not (width < 20 or width >= 30)", 10 },
		{ "class in (b, b) or x1 = 10", 7 },
		{ "name ~ site3*", 11 },
		{ "objects >= 2", 12 },
		{ "class=\"a\" and x1<=10", 1 },
		{ "attr.none = 3", 0 },
		{ "crowd = false", 66 },
	};
	char *tmp = base_strdup(scratch_dir());
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		secant_dataset *d = many(tmp);
		secant_err err = { 0 };
		if (secant_dataset_filter(d, cases[i].text, true, &err))
			fail_msg("%s: %s", cases[i].text, err.msg);
		if (secant_dataset_object_count(d) != cases[i].objects)
			fail_msg("%s: %d objects, expected %d", cases[i].text, secant_dataset_object_count(d), cases[i].objects);
		secant_dataset_free(d);
	}
	static const char *const bad[] = { "", "class", "class = ", "class = a)", "(class = a", "clas = a", "class in a",
		"class = a and", "class = 'a" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		secant_dataset *d = many(tmp);
		secant_err err = { 0 };
		assert_int_equal(secant_dataset_filter(d, bad[i], true, &err), SECANT_ERR_ARG);
		assert_non_null(strstr(err.msg, "expression, character"));
		secant_dataset_free(d);
	}
	static const char *const cannot_be[][2] = { { "class = bb", "no class is called 'bb' (nearest: b)" },
		{ "class != aa", "nearest: a" }, { "class in (b, c)", "no class is called 'c'" },
		{ "class ~ z*", "no class is like 'z*'" }, { "width > abc", "width is a number, and 'abc' is none" },
		{ "x0 in (1, y)", "x0 is a number, and 'y' is none" }, { "area ~ 1*", "area is a number" } };
	for (size_t i = 0; i < sizeof cannot_be / sizeof *cannot_be; i++) {
		secant_dataset *d = many(tmp);
		secant_err err = { 0 };
		int before = secant_dataset_object_count(d);
		assert_int_equal(secant_dataset_filter(d, cannot_be[i][0], true, &err), SECANT_ERR_ARG);
		if (!strstr(err.msg, cannot_be[i][1]))
			fail_msg("'%s' should say '%s'", err.msg, cannot_be[i][1]);
		assert_int_equal(secant_dataset_object_count(d), before);
		secant_dataset_free(d);
	}
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_remap_merge_sample(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	put(tmp, "map.txt", "# comment\nb = thing\na = thing\n");
	put(tmp, "drop.txt", "b =\n");
	put(tmp, "bad.txt", "zebra = x\n");
	secant_dataset *d = many(tmp), *other = many(tmp);
	assert_int_equal(secant_dataset_remap(d, at(tmp, "map.txt"), &err), 0);
	assert_true(secant_dataset_classes(d) == 1 && !strcmp(secant_dataset_class_name(d, 0), "thing")
		&& secant_dataset_object_count(d) == 66);
	assert_int_not_equal(secant_dataset_merge(d, other, &err), 0);
	assert_non_null(strstr(err.msg, "have a picture 'site0_00_0.png'"));
	err = (secant_err){ 0 };
	assert_int_equal(secant_dataset_remap(other, at(tmp, "drop.txt"), &err), 0);
	assert_true(secant_dataset_classes(other) == 1 && secant_dataset_object_count(other) == 60
		&& secant_dataset_count(other) == 60);
	assert_int_not_equal(secant_dataset_remap(other, at(tmp, "bad.txt"), &err), 0);
	assert_non_null(strstr(err.msg, "there is no class 'zebra'"));
	err = (secant_err){ 0 };
	assert_int_equal(secant_dataset_sample_down(other, 0.25, 1, &err), 0);
	assert_int_equal(secant_dataset_count(other), 15);
	secant_dataset_free(d);
	secant_dataset_free(other);
	remove_tree(tmp);
	secant_free(tmp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_fault_is_found),
		cmocka_unit_test(test_names_in_voc_that_lead_elsewhere),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_fix),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_remap_merge_sample),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
