/*
 * NWPU VHR-10: the grammar with its quirks, the collision of stems, and the whole set rebuilt from the published boxes (3,921; vehicle
 * 604), converted to VOC as the well-known recipe does, and on to other formats and back with no box lost or moved.
 */
#include "ann.h"
#include "data/annotations/json_pull.h"

static secant_status
parse(const char *text, ann_set *s, secant_err *err)
{
	blank_set(s);
	return secant_ann_format("nwpu")->parse(s, text, strlen(text), "gt/001.txt", err);
}

static void
test_quirks(void **state)
{
	ann_set s;
	secant_err err = { 0 };
	assert_int_equal(parse("\xef\xbb\xbf(563,478),(630,573),1 \r\n\r\n( 1 , 2 ) , ( 3 ,4 ) , 10", &s, &err), 0);
	assert_int_equal(s.n_objects, 2);
	assert_true(s.objects[0].box[0] == 563 && s.objects[0].box[3] == 573 && s.objects[0].class == 0 && s.objects[1].class == 9);
	assert_int_equal(s.objects[1].line, 3);
	secant_ann_free(&s);
}

static void
test_bad_lines_name_line_and_column(void **state)
{
	static const struct { const char *text, *message; } bad[] = {
		{ "(1,2),(3,4),1\n(5,6,(7,8),2\n", "gt/001.txt:2:5: found ',' where ')' should stand" },
		{ "(1,2),(3,4),11\n", "gt/001.txt:1: class 11 is not one of 1 to 10" },
		{ "(1,2),(3,4),1 x\n", "gt/001.txt:1:15: found 'x' where the end of the line should stand" },
		{ "(1,2),(3,nan),1\n", "gt/001.txt:1: a coordinate is not finite" },
		{ "(1,2),(3,4)", "gt/001.txt:1:12: the line ends where ',' should stand" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ann_set s;
		secant_err err = { 0 };
		assert_int_not_equal(parse(bad[i].text, &s, &err), 0);
		assert_string_equal(err.msg, bad[i].message);
		secant_ann_free(&s);
	}
}

typedef struct box { int image, v[4], class; } box;
enum { BOXES = 3921, PICTURES = 650, NEGATIVES = 150 };
static box boxes[BOXES];
static int sizes[PICTURES][2];

/* The published boxes, through the reader of COCO. */
static bool
load(void)
{
	const char *path = data_path("nwpu-vhr-10/annotations.json");
	if (access(path, R_OK))
		return false;
	secant_dataset *d = open_as(path, "coco");
	assert_int_equal(secant_dataset_count(d), PICTURES);
	assert_int_equal(secant_dataset_object_count(d), BOXES);
	int n = 0;
	for (int i = 0; i < PICTURES; i++) {
		secant_dataset_item p;
		secant_annotation a;
		assert_true(secant_dataset_picture(d, i, &p));
		sizes[i][0] = p.width, sizes[i][1] = p.height;
		for (int k = 0; secant_dataset_object(d, i, k, &a); k++, n++)
			boxes[n] = (box){ i, { (int)a.box[0], (int)a.box[1], (int)a.box[2], (int)a.box[3] }, a.label };
	}
	assert_int_equal(n, BOXES);
	secant_dataset_free(d);
	return true;
}

/* The folder as it is distributed, with every quirk in some file. */
static void
rebuild(const char *root)
{
	char name[80];
	for (int i = 0, k = 0; i < PICTURES; i++) {
		secant_str t = { 0 };
		if (i % 3 == 0)
			secant_str_add(&t, "\xef\xbb\xbf");
		for (; k < BOXES && boxes[k].image == i; k++)
			secant_str_addf(&t, i % 4 ? "(%d,%d),(%d,%d),%d %s" : "( %d ,%d),( %d, %d),%d%s", boxes[k].v[0], boxes[k].v[1], boxes[k].v[2], boxes[k].v[3], boxes[k].class + 1,
				i % 7 ? "\n" : "\r\n\r\n");
		snprintf(name, sizeof name, "ground truth/%03d.txt", i + 1);
		put(root, name, t.p ? t.p : "");
		secant_str_free(&t);
		snprintf(name, sizeof name, "positive image set/%03d.jpg", i + 1);
		put_picture(root, name, sizes[i][0], sizes[i][1], i);
	}
	for (int i = 0; i < NEGATIVES; i++) {
		snprintf(name, sizeof name, "negative image set/%03d.jpg", i + 1);
		put_picture(root, name, 40 + i, 30, i);
	}
}

static void
assert_boxes(secant_dataset *d, const char *name_of)
{
	char name[40];
	int n = 0;
	assert_int_equal(secant_dataset_count(d), PICTURES + NEGATIVES);
	assert_int_equal(secant_dataset_object_count(d), BOXES);
	for (int i = 0; i < PICTURES; i++) {
		snprintf(name, sizeof name, name_of, i + 1);
		int at_picture = secant_dataset_find(d, name);
		secant_annotation a;
		assert_true(at_picture >= 0);
		for (int k = 0; secant_dataset_object(d, at_picture, k, &a); k++, n++) {
			assert_true(a.box[0] == boxes[n].v[0] && a.box[1] == boxes[n].v[1] && a.box[2] == boxes[n].v[2] && a.box[3] == boxes[n].v[3]);
			assert_int_equal(a.label, boxes[n].class);
		}
	}
	assert_int_equal(n, BOXES);
}

static int
count_lines(const char *text)
{
	int n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void
assert_recipe(const char *voc)
{
	char *first = get(voc, "Annotations/000001.xml"), *negative = get(voc, "Annotations/000651.xml"), *train = get(voc, "ImageSets/Main/train.txt"),
		*val = get(voc, "ImageSets/Main/val.txt"), *all = get(voc, "ImageSets/Main/trainval.txt"), *classes = get(voc, "nwpu_classes.json");
	assert_string_equal(first, "<annotation>\n  <folder>VOC</folder>\n  <filename>000001.jpg</filename>\n  <size>\n    <width>958</width>\n    <height>808</height>\n"
		"    <depth>1</depth>\n  </size>\n  <object>\n    <name>airplane</name>\n    <pose>unspecified</pose>\n    <truncated>0</truncated>\n    <difficult>0</difficult>\n"
		"    <bndbox>\n      <xmin>563</xmin>\n      <ymin>485</ymin>\n      <xmax>629</xmax>\n      <ymax>571</ymax>\n    </bndbox>\n  </object>\n</annotation>\n");
	assert_string_equal(negative, "<annotation>\n  <folder>VOC</folder>\n  <filename>000651.jpg</filename>\n  <size>\n    <width>40</width>\n    <height>30</height>\n"
		"    <depth>1</depth>\n  </size>\n</annotation>\n");
	assert_int_equal(count_lines(train), 640);
	assert_int_equal(count_lines(val), 160);
	assert_int_equal(count_lines(all), 800);
	assert_non_null(strstr(classes, "\"airplane\": 1,"));
	assert_non_null(strstr(classes, "\"vehicle\": 10\n"));
	/* the same lists on every machine: their first names are fixed here */
	assert_true(!strncmp(train, "000001\n", 7) || !strncmp(val, "000001\n", 7));
	secant_free(first), secant_free(negative), secant_free(train), secant_free(val), secant_free(all), secant_free(classes);
}

static void
test_whole_set(void **state)
{
	if (!load())
		skip_without(data_path("nwpu-vhr-10/annotations.json"));
	char *tmp = secant_strdup(scratch_dir());
	const char *root = at(tmp, "NWPU VHR-10 dataset");
	rebuild(root);
	secant_dataset *d = open_as(root, NULL);
	assert_string_equal(secant_dataset_format_name(d), "nwpu");
	assert_int_equal(secant_dataset_object_count(d), BOXES);
	secant_err err = { 0 };
	const char *const folder[] = { "voc-folder", "VOC", "link", "hardlink", NULL };
	if (write_as(d, "voc", at(tmp, "VOC"), folder, NULL, &err) || write_as(d, "voc", at(tmp, "VOC-again"), folder, NULL, &err))
		fail_msg("%s", err.msg);
	secant_dataset_free(d);
	assert_same_tree(at(tmp, "VOC"), at(tmp, "VOC-again"));
	assert_recipe(at(tmp, "VOC"));
	static const char *const chain[] = { "voc", "coco", "yolo", "csv", "kitti", "cvat", "voc" };
	char from[300], to[300];
	snprintf(from, sizeof from, "%s/VOC", tmp);
	for (size_t i = 1; i < sizeof chain / sizeof *chain; i++) {
		snprintf(to, sizeof to, "%s/step%zu", tmp, i);
		d = open_as(from, NULL);
		assert_string_equal(secant_dataset_format_name(d), chain[i - 1]);
		assert_boxes(d, "%06d");
		const char *const link[] = { "link", "hardlink", NULL };
		if (write_as(d, chain[i], to, link, NULL, &err))
			fail_msg("%s", err.msg);
		secant_dataset_free(d);
		memcpy(from, to, sizeof from);
	}
	d = open_as(from, NULL);
	assert_boxes(d, "%06d");
	int vehicles = 0;
	secant_annotation a;
	for (int i = 0; i < secant_dataset_count(d); i++)
		for (int k = 0; secant_dataset_object(d, i, k, &a); k++)
			vehicles += !strcmp(a.class_name, "vehicle");
	assert_int_equal(vehicles, 604);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_profile_of_the_published_file(void **state)
{
	const char *path = data_path("nwpu-vhr-10/annotations.json");
	skip_without(path);
	secant_err err = { 0 };
	secant_check *c = secant_dataset_check(path, NULL, NULL, NULL, &err);
	assert_non_null(c);
	assert_int_equal(secant_check_count(c, SECANT_FINDING_ERROR), 0);
	char *report = secant_check_report(c, NULL);
	assert_non_null(strstr(report, "counts are those of profile nwpu-coco"));
	secant_free(report);
	secant_check_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quirks), cmocka_unit_test(test_bad_lines_name_line_and_column), cmocka_unit_test(test_whole_set),
		cmocka_unit_test(test_profile_of_the_published_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
