/*
 * The counterpart of the Dataset class that detection scripts write, through the public headers alone: open a list,
 * count, height and width and annotations without touching the picture, a sample with everything, a picture without
 * objects, iterating.
 */
#include <secant/annotations.h>
#include "data.h"
#include <secant/codec.h>
#include <secant/files.h>
#include <sys/stat.h>

static char root[300];

static void
put_text(const char *name, const char *text)
{
	char path[400];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", root, name);
	if (secant_file_write(path, text, strlen(text), &err))
		fail_msg("%s", err.msg);
}

static void
put_folder(const char *name)
{
	char path[400];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(secant_make_dirs(path, &err), 0);
}

static void
put_picture(const char *name)
{
	char path[400];
	secant_err err = { 0 };
	secant_image im;
	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(secant_image_new(&im, 40, 30, 3, SECANT_U8, &err), 0);
	memset(im.data, 99, 40 * 30 * 3);
	assert_int_equal(secant_image_write(&im, path, NULL, &err), 0);
	secant_image_free(&im);
}

static int
set_up(void **state)
{
	snprintf(root, sizeof root, "%s", scratch_dir());
	put_folder("VOC/Annotations"), put_folder("VOC/JPEGImages"), put_folder("VOC/ImageSets/Main");
	put_text("VOC/Annotations/000001.xml",
		"<annotation><size><width>40</width><height>30</height><depth>3</depth></size>"
		"<object><name>ship</name><difficult>1</difficult><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>12</xmax><ymax>9</"
		"ymax></bndbox></object>"
		"<object><name>car</name><difficult>0</difficult><bndbox><xmin>20</xmin><ymin>10</ymin><xmax>30</"
		"xmax><ymax>25</ymax></bndbox></object></annotation>");
	put_text("VOC/Annotations/000002.xml",
		"<annotation><size><width>40</width><height>30</height><depth>3</depth></size></annotation>");
	put_text("VOC/Annotations/000003.xml",
		"<annotation><size><width>40</width><height>30</height><depth>3</depth></size></annotation>");
	put_text("VOC/ImageSets/Main/train.txt", "000001\n000002\n");
	put_text("VOC/ImageSets/Main/val.txt", "000003\n");
	put_picture("VOC/JPEGImages/000001.png"), put_picture("VOC/JPEGImages/000002.png"),
		put_picture("VOC/JPEGImages/000003.png");
	return 0;
}

static int
tear_down(void **state)
{
	char command[400];
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static secant_dataset *
open_train(void)
{
	char path[400];
	secant_err err = { 0 };
	snprintf(path, sizeof path, "%s/VOC/ImageSets/Main/train.txt", root);
	secant_dataset *d = secant_dataset_open(path, NULL, NULL, &err);
	if (!d)
		fail_msg("%s", err.msg);
	return d;
}

static void
a_list_has_its_length_and_can_be_walked(void **state)
{
	secant_dataset *d = open_train();
	secant_dataset_item p;
	secant_annotation a;
	int objects = 0, n = 0;
	assert_int_equal(secant_dataset_count(d), 2);
	for (; secant_dataset_picture(d, n, &p); n++)
		for (int k = 0; secant_dataset_object(d, n, k, &a); k++)
			objects++;
	assert_true(n == 2 && objects == 2);
	assert_false(secant_dataset_picture(d, -1, &p) || secant_dataset_picture(d, 2, &p)
		|| secant_dataset_object(d, 0, 99, &a) || secant_dataset_object(d, 7, 0, &a));
	secant_dataset_free(d);
}

static void
size_and_annotations_do_not_touch_the_picture(void **state)
{
	char path[400];
	secant_dataset *d = open_train();
	secant_dataset_item p;
	secant_annotation a;
	snprintf(path, sizeof path, "%s/VOC/JPEGImages/000001.png", root);
	assert_int_equal(unlink(path), 0);
	int i = secant_dataset_find(d, "000001");
	assert_true(secant_dataset_picture(d, i, &p) && p.width == 40 && p.height == 30 && p.objects == 2);
	assert_true(
		secant_dataset_object(d, i, 0, &a) && a.crowd && a.difficult && a.area == 60 && !strcmp(a.class_name, "ship"));
	assert_true(secant_dataset_object(d, i, 1, &a) && !a.crowd && a.box[0] == 20 && a.box[3] == 25);
	secant_annotated_sample s;
	secant_err err = { 0 };
	assert_int_not_equal(secant_dataset_sample(d, i, &s, &err), 0); /* the picture itself is not there any more */
	assert_non_null(strstr(err.msg, "000001.png"));
	secant_dataset_free(d);
}

static void
a_sample_has_picture_boxes_labels_area_and_crowd(void **state)
{
	secant_dataset *d = open_train();
	secant_annotated_sample s;
	secant_err err = { 0 };
	assert_int_equal(secant_dataset_sample(d, secant_dataset_find(d, "000001"), &s, &err), 0);
	assert_true(s.image.width == 40 && s.image.channels == 3 && s.n == 2 && s.boxes[0][2] == 12 && s.areas[1] == 150
		&& s.crowd[0] && !s.crowd[1]);
	assert_string_equal(secant_dataset_class_name(d, s.labels[1]), "car");
	secant_annotated_sample_free(&s);
	assert_int_equal(secant_dataset_sample(d, secant_dataset_find(d, "000002"), &s, &err), 0);
	assert_int_equal(s.n, 0); /* where the recipe stops with an assertion */
	secant_annotated_sample_free(&s);
	secant_image mask;
	assert_int_equal(secant_dataset_mask(d, secant_dataset_find(d, "000001"), true, 0, 1, &mask, &err), 0);
	assert_true(((uint8_t *)mask.data)[12 * 40 + 25] == 1 && ((uint8_t *)mask.data)[4 * 40 + 4] == 2
		&& ((uint8_t *)mask.data)[0] == 0);
	secant_image_free(&mask);
	secant_dataset_free(d);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_list_has_its_length_and_can_be_walked),
		TEST(size_and_annotations_do_not_touch_the_picture),
		TEST(a_sample_has_picture_boxes_labels_area_and_crowd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
