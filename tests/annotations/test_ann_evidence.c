/* What numbers say about themselves, in every format alike: corners exchanged, shares where pixels should stand, boxes
 * beyond the picture, run lengths of another size; and words that tools have for what is no class. */
#include "ann_describe.h"

#define VOC(box) \
	"<annotation><filename>a.png</filename><size><width>20</width><height>10</height><depth>1</depth></" \
	"size><object><name>" \
	"cat</name><bndbox>" box "</bndbox></object></annotation>"
#define COCO(rest) \
	"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}], \"categories\": [{\"id\": " \
	"1, " \
	"\"name\": \"cat\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, " rest "}]}"
#define CVAT(shapes) \
	"<annotations><version>1.1</version><image id=\"0\" name=\"a.png\" width=\"20\" height=\"10\">" shapes \
	"</image></annotations>"

static void
test_places_that_say_they_are_wrong(void **state)
{
	static const described row[] = {
		{ "corners exchanged in VOC",
			{ "JPEGImages/a.png", "@20x10", "Annotations/a.xml",
				VOC("<xmin>9</xmin><ymin>8</ymin><xmax>0</xmax><ymax>3</ymax>") },
			NULL, "a.png 20x10: cat 0,3 9x5", "cat" },
		{ "corners exchanged in CVAT",
			{ "images/a.png", "@20x10", "annotations.xml",
				CVAT("<box label=\"cat\" xtl=\"9\" ytl=\"8\" xbr=\"2\" ybr=\"3\"/>") },
			NULL, "a.png 20x10: cat 2,3 7x5", "cat" },
		{ "sizes below 0 in COCO", { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": [5, 5, -4, -3]") }, NULL,
			"a.png 20x10: cat 1,2 4x3", "cat" },
		{ "shares in COCO: box and polygon",
			{ "images/a.png", "@20x10", "c.json",
				COCO("\"bbox\": [0.1, 0.2, 0.3, 0.4], \"segmentation\": [[0.1, 0.2, 0.4, 0.2, 0.4, 0.6]]") },
			NULL, "a.png 20x10: cat 2,2 6x4 polygon (2,2)(8,2)(8,6)", "cat" },
		{ "a box by names",
			{ "images/a.png", "@20x10", "c.json", COCO("\"bbox\": {\"x\": 1, \"y\": 2, \"width\": 3, \"height\": 4}") },
			NULL, "a.png 20x10: cat 1,2 3x4", "cat" },
		{ "a box as text", { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": \"1 2 3 4\"") }, NULL, NULL,
			"c.json:1|four numbers" },
		{ "run lengths of the picture on its side",
			{ "images/a.png", "@20x10", "c.json",
				COCO("\"segmentation\": {\"size\": [20, 10], \"counts\": [11, 2, 187]}") },
			NULL, NULL, "c.json:1|a.png|20 x 10|exchanged" },
		{ "what lies on top in CVAT comes later",
			{ "images/a.png", "@20x10", "annotations.xml",
				CVAT("<box label=\"cat\" xtl=\"1\" ytl=\"1\" xbr=\"9\" ybr=\"8\" z_order=\"1\"/><box label=\"dog\" "
					 "xtl=\"2\" "
					 "ytl=\"2\" xbr=\"4\" ybr=\"4\" z_order=\"-1\"/>") },
			NULL, "a.png 20x10: dog 2,2 2x2 cvat.z_order=-1; cat 1,1 8x7 cvat.z_order=1", "cat|dog" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_what_numbers_say_is_said(void **state)
{
	static const char *const reversed[] = { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": [5, 5, -4, -3]"),
		NULL };
	static const char *const shares[] = { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": [0.1, 0.2, 0.3, 0.4]"),
		NULL };
	static const char *const corners[] = { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": [10, 2, 19, 9]"), NULL };
	static const char *const beyond[] = { "images/a.png", "@20x10", "c.json", COCO("\"bbox\": [10, 2, 40, 9]"), NULL };
	static const char *const project[] = { "images/a.png", "@20x10", "c.json",
		"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}], \"categories\": "
		"[{\"id\": 0, "
		"\"name\": \"cats\", \"supercategory\": \"none\"}, {\"id\": 1, \"name\": \"cat\", \"supercategory\": "
		"\"cats\"}], "
		"\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 1, 2, 2]}]}",
		NULL };
	assert_noted(reversed, "1 box ends before it begins");
	assert_noted(shares, "taken for shares of their pictures, though coco has pixels");
	assert_noted(corners, "are the last two numbers of boxes corners, not width and height?");
	assert_noted(beyond, "1 object reaches beyond the edge of its picture");
	assert_noted(project, "class 'cats' has no objects and is the supercategory of all others");
}

static void
test_words_for_what_is_no_class(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	static const char *const files[] = { "a.png", "@20x10", "a.json",
		"{\"shapes\": [{\"label\": \"__ignore__\", \"points\": [[2, 3], [9, 8]], \"shape_type\": \"rectangle\"}, "
		"{\"label\": "
		"\"Cat\", \"points\": [[0, 0], [2, 2]], \"shape_type\": \"rectangle\"}, {\"label\": \"_background_\", "
		"\"points\": [[4, "
		"4], [6, 6]], \"shape_type\": \"rectangle\"}], \"imagePath\": \"a.png\", \"imageHeight\": 10, \"imageWidth\": "
		"20}",
		NULL };
	lay_out(tmp, files);
	secant_dataset *d = open_as(tmp, NULL);
	assert_string_equal(secant_dataset_class_name(d, 0), "_background_");
	must_write(d, "voc-seg", at(tmp, "seg"));
	secant_image im;
	secant_err err = { 0 };
	assert_int_equal(secant_image_read(&im, at(tmp, "seg/SegmentationClass/a.png"),
						 &(secant_image_read_options){ .palette_as_indices = true }, &err),
		0);
	const uint8_t *p = im.data;
	assert_true(p[0] == 1 || p[0] == 2); /* the one class */
	assert_int_equal(p[3 * 20 + 3], 255);
	assert_int_equal(p[5 * 20 + 5], 0);
	assert_int_equal(p[19], 0);
	secant_image_free(&im);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

#define TASK(image, result) \
	"[{\"id\": 1, \"data\": {\"image\": \"" image \
	"\"}, \"annotations\": [{\"was_cancelled\": false, \"result\": [" result "]}]}]"
#define SIZE "\"original_width\": 20, \"original_height\": 10"
#define PLACE "\"x\": 10, \"y\": 10, \"width\": 20, \"height\": 40, \"rotation\": 0"
#define RECTANGLE "{\"type\": \"rectanglelabels\", " SIZE ", \"value\": {" PLACE ", \"rectanglelabels\": [\"cat\"]}}"
#define THE_CAT "a.png 20x10: cat 2,1 4x4"

static void
test_label_studio_as_projects_leave_it(void **state)
{
	static const described row[] = {
		{ "names as in addresses", { "a b.png", "@20x10", "x.json", TASK("s3://bucket/dir/a%20b.png", RECTANGLE) },
			NULL, "a b.png 20x10: cat 2,1 4x4", "cat" },
		{ "a hash before the name, a question behind it",
			{ "a.png", "@20x10", "x.json", TASK("http://h:8080/data/upload/3/1a2b3c4d-a.png?x=1", RECTANGLE) }, NULL,
			THE_CAT, "cat" },
		{ "labels and shapes as controls of their own",
			{ "a.png", "@20x10", "x.json",
				TASK("a.png",
					"{\"id\": \"r\", \"type\": \"rectangle\", " SIZE ", \"value\": {" PLACE "}}, {\"id\": \"r\", "
					"\"type\": \"labels\", " SIZE ", \"value\": {" PLACE ", \"labels\": [\"cat\"]}}") },
			NULL, THE_CAT, "cat" },
		{ "the short export",
			{ "a.png", "@20x10", "x.json",
				"[{\"image\": \"/data/upload/1/1a2b3c4d-a.png\", \"id\": 1, \"label\": [{" PLACE
				", \"rectanglelabels\": [\"cat\"], " SIZE "}], \"annotator\": 1}]" },
			NULL, THE_CAT, "cat" },
		{ "a box drawn upwards",
			{ "a.png", "@20x10", "x.json",
				TASK("a.png",
					"{\"type\": \"rectanglelabels\", " SIZE ", \"value\": {\"x\": 10, \"y\": 50, \"width\": 20, "
					"\"height\": -40, \"rotation\": 0, \"rectanglelabels\": [\"cat\"]}}") },
			NULL, THE_CAT, "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_that_say_they_are_wrong),
		cmocka_unit_test(test_what_numbers_say_is_said),
		cmocka_unit_test(test_words_for_what_is_no_class),
		cmocka_unit_test(test_label_studio_as_projects_leave_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
