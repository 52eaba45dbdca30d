/* Texts as other people's scripts and competitions leave them: segmentations of COCO in every spelling, CSV without a
 * header, run lengths in CSV, ISAT, VIA's other versions, pictures and JSON in folders beside each other, lists that
 * are folders. */
#include "ann_describe.h"

#define COCO(segmentation) \
	"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 10}], \"categories\": [{\"id\": " \
	"1, " \
	"\"name\": \"cat\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 1, 4, 4], " \
	"\"segmentation\": " segmentation "}]}"
#define TRIANGLE "a.png 20x10: cat 1,1 4x4 polygon (1,1)(5,1)(5,5)"
#define OF_COCO(what, segmentation, expected) \
	{ \
		what, { "images/a.png", "@20x10", "c.json", COCO(segmentation) }, NULL, expected, "cat" \
	}

static void
test_segmentations_of_coco_in_every_spelling(void **state)
{
	static const described row[] = {
		OF_COCO("parts", "[[1, 1, 5, 1, 5, 5]]", TRIANGLE),
		OF_COCO("flat", "[1, 1, 5, 1, 5, 5]", TRIANGLE),
		OF_COCO("pairs", "[[1, 1], [5, 1], [5, 5]]", TRIANGLE),
		OF_COCO("parts of pairs", "[[[1, 1], [5, 1], [5, 5]]]", TRIANGLE),
		OF_COCO("points by name", "[[{\"x\": 1, \"y\": 1}, {\"x\": 5, \"y\": 1}, {\"y\": 5, \"x\": 5}]]", TRIANGLE),
		OF_COCO("points by name, flat", "[{\"x\": 1, \"y\": 1}, {\"x\": 5, \"y\": 1}, {\"x\": 5, \"y\": 5}]", TRIANGLE),
		OF_COCO("numbers as text", "[[\"1\", \"1\", \"5\", \"1\", \"5\", \"5.0\"]]", TRIANGLE),
		OF_COCO("none", "null", "a.png 20x10: cat 1,1 4x4"),
		OF_COCO("no part", "[]", "a.png 20x10: cat 1,1 4x4"),
		OF_COCO("an empty part", "[[]]", "a.png 20x10: cat 1,1 4x4"),
		OF_COCO("an empty part among others", "[[], [1, 1, 5, 1, 5, 5]]", TRIANGLE),
		OF_COCO("run lengths in a list", "[{\"size\": [10, 20], \"counts\": [11, 2, 187]}]",
			"a.png 20x10: cat 1,1 4x4 mask 2"),
		OF_COCO("bytes as Python prints them", "{\"size\": [10, 20], \"counts\": \"b';2k5'\"}",
			"a.png 20x10: cat 1,1 4x4 mask 2"),
		OF_COCO("two run lengths", "[{\"size\": [1, 1], \"counts\": [1]}, {\"size\": [1, 1], \"counts\": [1]}]", NULL),
		OF_COCO("a point of three numbers", "[[[1, 1, 1], [5, 1, 1], [5, 5, 1]]]", NULL),
		OF_COCO("numbers beside parts", "[1, 1, [5, 1]]", NULL),
		OF_COCO("an odd number of numbers", "[[1, 1, 5, 1, 5]]", NULL),
	};
	described one;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		one = row[i];
		one.classes = one.expected ? "cat" : "c.json:1";
		assert_all_described(&one, 1);
	}
}

#define HEADLESS(what, text, expected) \
	{ \
		what, { "a.png", "@20x10", "labels.csv", text }, NULL, expected, "cat" \
	}

static void
test_csv_without_a_header(void **state)
{
	static const described row[] = {
		HEADLESS("path, corners, class", "a.png,1,1,5,5,cat\n", "a.png 20x10: cat 1,1 4x4"),
		HEADLESS("path, class, corners", "a.png,cat,1,1,5,5\n", "a.png 20x10: cat 1,1 4x4"),
		HEADLESS("class, path, corners", "cat,a.png,1,1,5,5\n", "a.png 20x10: cat 1,1 4x4"),
		HEADLESS("path, size, class, corners", "a.png,20,10,cat,1,1,5,5\n", "a.png 20x10: cat 1,1 4x4"),
		HEADLESS("Make Sense's boxes by their sizes", "cat,1,1,4,5,a.png,20,10\n", "a.png 20x10: cat 1,1 4x5"),
		HEADLESS("AutoML's lists and shares", "TRAIN,gs://b/a.png,cat,0.1,0.1,,,0.5,0.5,,\n",
			"a.png 20x10 train: cat 2,1 8x4"),
	};
	assert_all_described(row, sizeof row / sizeof *row);
	static const described wrong = { "width and height after the corner",
		{ "a.png", "@20x10", "labels.csv", "a.png,8,5,4,4,cat\n" }, NULL, NULL, "labels.csv:1|header|filename,xmin" };
	assert_all_described(&wrong, 1);
}

static void
test_what_is_guessed_is_said(void **state)
{
	static const char *const headless[] = { "a.png", "@20x10", "labels.csv", "a.png,1,1,5,5,cat\n", NULL };
	static const char *const runs[] = { "a.png", "@20x10", "train.csv", "ImageId,EncodedPixels\na.png,12 3\n", NULL };
	static const char *const unlisted[] = { "a.png", "@20x10", "b.png", "@20x10", "a.json",
		"[{\"image\": \"a.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 2, \"y\": 3, "
		"\"width\": "
		"2, \"height\": 3}}]}]",
		NULL };
	static const char *const line[] = { "images/a.png", "@20x10", "c.json", COCO("[[1, 1, 5, 1]]"), NULL };
	assert_noted(headless, "no header: its columns are taken for filename,xmin,ymin,xmax,ymax,class");
	assert_noted(runs, "down columns");
	assert_noted(unlisted, "1 picture that no annotation file names is left out, the first is 'b.png'");
	assert_noted(line, "1 polygon has fewer than three points");
}

static void
test_run_lengths_in_csv(void **state)
{
	static const described row[] = {
		{ "no classes, several rows a picture, one without objects",
			{ "train/a.png", "@20x10", "train/b.png", "@20x10", "train.csv",
				"ImageId,EncodedPixels\na.png,12 3 22 3\na.png,1 1\nb.png,\n" },
			NULL, "train/a.png 20x10: object 1,1 2x3 mask 6; object 0,0 1x1 mask 1 | train/b.png 20x10:", "object" },
		{ "classes in their column; pictures of another folder are left out; submissions are no truth",
			{ "train_images/a.png", "@20x10", "train_images/b.png", "@20x10", "test_images/c.png", "@20x10",
				"train.csv", "ImageId,ClassId,EncodedPixels\na.png,1,12 3\na.png,3,1 2\n", "sample_submission.csv",
				"ImageId,ClassId,EncodedPixels\nc.png,1,1 1\n" },
			NULL, "train_images/a.png 20x10: 1 1,1 1x3 mask 3; 3 0,0 1x2 mask 2 | train_images/b.png 20x10:", "1|3" },
		{ "picture and class in one column",
			{ "a.png", "@20x10", "train.csv", "ImageId_ClassId,EncodedPixels\na.png_1,12 3\na.png_2,\n" }, NULL,
			"a.png 20x10: 1 1,1 1x3 mask 3", "1|2" },
		{ "names without extension, -1 for nothing, a run to the last pixel",
			{ "x/a.png", "@20x10", "x/b.png", "@20x10", "rle.csv", "ImageId, EncodedPixels\na, 200 1\nb,-1\n" }, NULL,
			"x/a.png 20x10: object 19,9 1x1 mask 1 | x/b.png 20x10:", "object" },
		{ "rows are counted along where runs begin a row apart",
			{ "a.png", "@40x10", "train.csv",
				"id,annotation,width,height,cell_type\na,1 2 41 2 81 2 121 2 161 2 201 2 241 2 281 2 321 2 361 "
				"2,40,10,x\n"
				"a,5 2 45 2 85 2 125 2 165 2 205 2 245 2 285 2 325 2 365 2,40,10,x\n" },
			NULL, "a.png 40x10: x 0,0 2x10 mask 20; x 4,0 2x10 mask 20", "x" },
		{ "few runs tell it too", { "a.png", "@40x10", "train.csv", "img,rle_mask\na.png,1 20 41 20 81 20 121 20\n" },
			NULL, "a.png 40x10: object 0,0 20x4 mask 80", "object" },
		{ "counted from 0", { "a.png", "@20x10", "t.csv", "ImageId,EncodedPixels\na.png,0 3\n" }, NULL, NULL,
			"t.csv:2|counts from 1|a.png" },
		{ "beyond the picture", { "a.png", "@20x10", "t.csv", "ImageId,EncodedPixels\na.png,200 2\n" }, NULL, NULL,
			"t.csv:2|last pixel|20 x 10" },
		{ "starts relative to the run before",
			{ "a.png", "@20x10", "t.csv", "ImageId,EncodedPixels\na.png,50 3 7 3\n" }, NULL, NULL, "t.csv:2|relative" },
		{ "a number alone", { "a.png", "@20x10", "t.csv", "ImageId,EncodedPixels\na.png,50 3 7\n" }, "rle-csv", NULL,
			"t.csv:2|pairs" },
		{ "none of the pictures", { "z.png", "@20x10", "t.csv", "ImageId,EncodedPixels\na.png,50 3\n" }, NULL, NULL,
			"none of its pictures" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_isat(void **state)
{
#define INFO \
	"{\"info\": {\"description\": \"ISAT\", \"name\": \"a.png\", \"width\": 20, \"height\": 10}, \"objects\": ["
	static const described row[] = {
		{ "polygons of a group are one object, higher layers lie on top",
			{ "images/a.png", "@20x10", "annotations/a.json",
				INFO
				"{\"category\": \"dog\", \"group\": 2, \"segmentation\": [[0, 0], [9, 0], [9, 9]], \"layer\": 3.0, "
				"\"iscrowd\": true, \"note\": \"n\"}, {\"category\": \"cat\", \"group\": 1, \"segmentation\": [[1, 1], "
				"[5, 1], [5, 5]], \"layer\": 1.0}, {\"category\": \"cat\", \"group\": 1, \"segmentation\": [[10, 1], "
				"[15, 1], [15, 5]], \"layer\": 2.0}]}" },
			NULL,
			"images/a.png 20x10: cat 1,1 14x4 polygon (1,1)(5,1)(5,5) + (10,1)(15,1)(15,5); dog 0,0 9x9 polygon "
			"(0,0)(9,0)(9,9) crowd note=\"n\"",
			"cat|dog" },
		{ "no objects", { "a.png", "@20x10", "a.json", INFO "]}" }, NULL, "a.png 20x10:", "" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

static void
test_other_versions_of_via(void **state)
{
	static const described row[] = {
		{ "CSV",
			{ "a.png", "@20x10", "b.png", "@20x10", "via.csv",
				"filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
				"a.png,100,\"{}\",2,0,\"{\"\"name\"\":\"\"rect\"\",\"\"x\"\":1,\"\"y\"\":2,\"\"width\"\":3,"
				"\"\"height\"\":4}\","
				"\"{\"\"type\"\":\"\"cat\"\"}\"\nb.png,10,\"{}\",0,0,\"{}\",\"{}\"\n" },
			NULL, "a.png 20x10: cat 1,2 3x4 | b.png 20x10:", "cat" },
		{ "version 3: options by number, a box, a polygon, a box by its extreme points",
			{ "a.png", "@20x10", "b.png", "@20x10", "via.json",
				"{\"project\": {}, \"attribute\": {\"1\": {\"aname\": \"type\", \"options\": {\"0\": \"cat\", \"1\": "
				"\"dog\"}}}, \"file\": {\"1\": {\"fid\": \"1\", \"fname\": \"a.png\"}, \"2\": {\"fid\": \"2\", "
				"\"fname\": "
				"\"b.png\"}}, \"view\": {\"1\": {\"fid_list\": [\"1\"]}}, \"metadata\": {\"1_a\": {\"vid\": \"1\", "
				"\"z\": [], "
				"\"xy\": [2, 1, 2, 3, 4], \"av\": {\"1\": \"1\"}}, \"1_b\": {\"vid\": \"1\", \"z\": [], \"xy\": [7, 1, "
				"1, 5, 1, "
				"5, 5], \"av\": {\"1\": \"0\"}}, \"1_c\": {\"vid\": \"1\", \"z\": [], \"xy\": [8, 2, 1, 4, 3, 2, 5, 1, "
				"3], "
				"\"av\": {\"1\": \"0\"}}}}" },
			NULL,
			"a.png 20x10: dog 1,2 3x4; cat 1,1 4x4 polygon (1,1)(5,1)(5,5); cat 1,1 3x4 | b.png 20x10:", "cat|dog" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

#define LABELME(path) \
	"{\"version\": \"5.0\", \"shapes\": [{\"label\": \"cat\", \"points\": [[1, 1], [5, 5]], \"shape_type\": " \
	"\"rectangle\"}], \"imagePath\": \"" path "\", \"imageData\": null, \"imageHeight\": 10, \"imageWidth\": 20}"

static void
test_pictures_and_json_in_folders_beside_each_other(void **state)
{
	static const described row[] = {
		{ "images and json", { "images/a.png", "@20x10", "json/a.json", LABELME("a.png") }, NULL,
			"images/a.png 20x10: cat 1,1 4x4", "cat" },
		{ "another extension, a path of another machine",
			{ "img/a.png", "@20x10", "img/b.png", "@20x10", "labels/a.json", LABELME("C:\\\\x\\\\a.jpg"),
				"labels/b.json", LABELME("/home/x/b.png") },
			NULL, "img/a.png 20x10: cat 1,1 4x4 | img/b.png 20x10: cat 1,1 4x4", "cat" },
		{ "below lists: one name in two of them",
			{ "train/images/a.png", "@20x10", "val/images/a.png", "@20x10", "train/json/a.json", LABELME("a.png"),
				"val/json/a.json", LABELME("a.png") },
			NULL, "train/images/a.png 20x10 train: cat 1,1 4x4 | val/images/a.png 20x10 val: cat 1,1 4x4", "cat" },
		{ "lists below",
			{ "images/train/a.png", "@20x10", "images/test/a.png", "@20x10", "labels/train/a.json", LABELME("a.png"),
				"labels/test/a.json", LABELME("a.png") },
			NULL, "images/test/a.png 20x10 test: cat 1,1 4x4 | images/train/a.png 20x10 train: cat 1,1 4x4", "cat" },
		{ "one folder alone is no list", { "train/a.png", "@20x10", "train/a.json", LABELME("a.png") }, NULL,
			"train/a.png 20x10: cat 1,1 4x4", "cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segmentations_of_coco_in_every_spelling),
		cmocka_unit_test(test_csv_without_a_header),
		cmocka_unit_test(test_what_is_guessed_is_said),
		cmocka_unit_test(test_run_lengths_in_csv),
		cmocka_unit_test(test_isat),
		cmocka_unit_test(test_other_versions_of_via),
		cmocka_unit_test(test_pictures_and_json_in_folders_beside_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
