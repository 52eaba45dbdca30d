/* Every format that says how large a picture is, beside a picture of another size: refused by name with a way out, or
 * objects scaled, turned, or taken as they are, as the user says. */
#include "ann_describe.h"

static secant_dataset *
open_sized(const char *path, const char *declared, secant_err *err)
{
	secant_dataset_reading r;
	assert_int_equal(secant_opts_init(&secant_dataset_reading_options, &r, err), 0);
	if (declared)
		assert_int_equal(secant_opts_set(&secant_dataset_reading_options, &r, "declared-size", declared, err), 0);
	secant_dataset *d = secant_dataset_open(path, &r, NULL, err);
	secant_opts_free(&secant_dataset_reading_options, &r);
	return d;
}

static void
assert_sized(const char *what, const char *path, const char *declared, const char *expected)
{
	secant_err err = { 0 };
	secant_dataset *d = open_sized(path, declared, &err);
	if (!d)
		fail_msg("%s: %s", what, err.msg);
	char *got = describe(d);
	if (strcmp(got, expected))
		fail_msg("%s, %s:\n  got      %s\n  expected %s", what, declared, got, expected);
	secant_free(got);
	secant_dataset_free(d);
}

static const struct {
	const char *what, *files[9], *scaled, *ignored;
} kinds[] = {
	{ "COCO: boxes, polygons, run lengths",
		{ "images/a.png", "@20x10", "annotations/instances_train.json",
			"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 4, \"height\": 2}], \"categories\": "
			"[{\"id\": "
			"1, \"name\": \"car\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, "
			"1, "
			"2, 1], \"segmentation\": [[1, 1, 3, 1, 3, 2]]}, {\"id\": 2, \"image_id\": 1, \"category_id\": 1, "
			"\"segmentation\": {\"size\": [2, 4], \"counts\": [2, 1, 5]}}]}" },
		"a.png 20x10 train: car 5,5 10x5 polygon (5,5)(15,5)(15,10); car 5,0 5x5 mask 25", NULL },
	{ "LabelMe",
		{ "a.png", "@20x10", "a.json",
			"{\"version\": \"5.0\", \"shapes\": [{\"label\": \"car\", \"points\": [[1, 1], [3, 2]], \"shape_type\": "
			"\"rectangle\"}], \"imagePath\": \"a.png\", \"imageData\": null, \"imageHeight\": 5, \"imageWidth\": 10}" },
		"a.png 20x10: car 2,2 4x2", "a.png 20x10: car 1,1 2x1" },
	{ "VOC",
		{ "JPEGImages/a.png", "@20x10", "Annotations/a.xml",
			"<annotation><filename>a.png</filename><size><width>10</width><height>5</height><depth>1</depth></"
			"size><object><name>car</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>3</xmax><ymax>2</ymax></bndbox></"
			"object></annotation>" },
		"a.png 20x10: car 0,0 6x4", "a.png 20x10: car 0,0 3x2" },
	{ "CVAT",
		{ "images/a.png", "@20x10", "annotations.xml",
			"<annotations><version>1.1</version><image id=\"0\" name=\"a.png\" width=\"10\" height=\"5\"><box "
			"label=\"car\" "
			"xtl=\"1\" ytl=\"1\" xbr=\"3\" ybr=\"2\"/></image></annotations>" },
		"a.png 20x10: car 2,2 4x2", "a.png 20x10: car 1,1 2x1" },
	{ "CSV",
		{ "a.png", "@20x10", "labels.csv",
			"filename,width,height,class,xmin,ymin,xmax,ymax\na.png,10,5,car,1,1,3,2\n" },
		"a.png 20x10: car 2,2 4x2", "a.png 20x10: car 1,1 2x1" },
	{ "Supervisely",
		{ "ds/img/a.png", "@20x10", "ds/ann/a.png.json",
			"{\"tags\": [], \"size\": {\"height\": 5, \"width\": 10}, \"objects\": [{\"classTitle\": \"car\", "
			"\"geometryType\": \"polygon\", \"points\": {\"exterior\": [[1, 1], [3, 1], [3, 2]], \"interior\": "
			"[]}}]}" },
		"ds/img/a.png 20x10: car 2,2 4x2 polygon (2,2)(6,2)(6,4)", NULL },
	{ "VoTT",
		{ "a.png", "@20x10", "a-export.json",
			"{\"tags\": [], \"assets\": {\"1f\": {\"asset\": {\"name\": \"a.png\", \"size\": {\"width\": 10, "
			"\"height\": "
			"5}}, \"regions\": [{\"type\": \"RECTANGLE\", \"tags\": [\"car\"], \"boundingBox\": {\"left\": 1, \"top\": "
			"1, "
			"\"width\": 2, \"height\": 1}, \"points\": []}]}}}" },
		"a.png 20x10: car 2,2 4x2", "a.png 20x10: car 1,1 2x1" },
	{ "Datumaro",
		{ "images/train/a.png", "@20x10", "annotations/train.json",
			"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"car\"}]}}, \"items\": [{\"id\": "
			"\"a\", "
			"\"annotations\": [{\"type\": \"bbox\", \"label_id\": 0, \"bbox\": [1, 1, 2, 1]}], \"image\": {\"path\": "
			"\"a.png\", \"size\": [5, 10]}}]}" },
		"images/train/a.png 20x10 train: car 2,2 4x2", "images/train/a.png 20x10 train: car 1,1 2x1" },
	{ "MOT: seqinfo.ini",
		{ "img1/000001.png", "@20x10", "seqinfo.ini",
			"[Sequence]\nname=S\nimDir=img1\nimWidth=10\nimHeight=5\nimExt=.png\n", "gt/gt.txt",
			"1,1,1,1,2,1,1,1,1\n" },
		"img1/000001.png 20x10: pedestrian 2,2 4x2 track_id=1 visibility=1",
		"img1/000001.png 20x10: pedestrian 1,1 2x1 track_id=1 visibility=1" },
};

static void
test_pictures_of_another_size_than_declared(void **state)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *tmp = base_strdup(scratch_dir());
		lay_out(tmp, kinds[i].files);
		assert_refused(kinds[i].what, tmp, NULL,
			strstr(kinds[i].what, "MOT") ? "20 x 10|--declared-size" : "a.png|20 x 10|--declared-size");
		assert_sized(kinds[i].what, tmp, "scale", kinds[i].scaled);
		if (kinds[i].ignored)
			assert_sized(kinds[i].what, tmp, "ignore", kinds[i].ignored);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* A JPEG with an EXIF orientation; stored w x h. */
static void
put_turned(const char *folder, const char *name, int w, int h, uint8_t orientation)
{
	secant_err err = { 0 };
	secant_image im;
	void *data = NULL;
	size_t n = 0;
	assert_int_equal(secant_image_new(&im, w, h, 1, SECANT_U8, &err), 0);
	assert_int_equal(secant_image_encode(&im, "jpg", &data, &n, NULL, &err), 0);
	const uint8_t exif[] = { 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
		3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0 };
	uint8_t *all = secant_calloc(n + sizeof exif, 1);
	memcpy(all, data, 2);
	memcpy(all + 2, exif, sizeof exif);
	memcpy(all + 2 + sizeof exif, (uint8_t *)data + 2, n - 2);
	put_bytes(folder, name, all, n + sizeof exif);
	secant_image_free(&im);
	secant_free(data), secant_free(all);
}

/* The box covers the pixels x 0 to 2, y 0 to 1 of a stored picture of 8 x 4. */
static void
test_objects_turn_as_exif_turns_the_picture(void **state)
{
	static const char *const upright[9] = { NULL, "8x4: car 0,0 2x1", "8x4: car 6,0 2x1", "8x4: car 6,3 2x1",
		"8x4: car 0,3 2x1", "4x8: car 0,0 1x2", "4x8: car 3,0 1x2", "4x8: car 3,6 1x2", "4x8: car 0,6 1x2" };
	for (int k = 1; k <= 8; k++) {
		char *tmp = base_strdup(scratch_dir()), *expected = base_format("a.jpg %s mask 2", upright[k]);
		put_turned(tmp, "images/a.jpg", 8, 4, (uint8_t)k);
		put(tmp, "instances.json",
			"{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\", \"width\": 8, \"height\": 4}], \"categories\": "
			"[{\"id\": "
			"1, \"name\": \"car\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [0, "
			"0, "
			"2, 1], \"segmentation\": {\"size\": [4, 8], \"counts\": [0, 1, 3, 1, 27]}}]}");
		if (k >= 5)
			assert_refused("turned", at(tmp, "instances.json"), NULL, "EXIF orientation turns it|turn");
		assert_sized("turned", at(tmp, "instances.json"), "turn", expected);
		remove_tree(tmp);
		secant_free(tmp), secant_free(expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures_of_another_size_than_declared),
		cmocka_unit_test(test_objects_turn_as_exif_turns_the_picture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
