/* COCO as exporters leave it: parts that are a union, files that number their classes apart, ids of every kind. */
#include "ann_describe.h"
#include "annotations/rle.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_lists_may_number_classes_apart(void **state)
{
	assert_described("coco-lists-number-classes-apart", CASE("coco-lists-number-classes-apart/set"), NULL,
		"a.jpg 100x80 train: cat 10,10 20x20 | b.jpg 100x80 val: dog 11,11 20x20", "cat|dog");
}

static int
pixels_of(secant_dataset *d, int picture)
{
	secant_image mask;
	secant_err err = { 0 };
	int n = 0;
	if (secant_dataset_mask(d, picture, false, 0, 1, &mask, &err))
		fail_msg("%s", err.msg);
	for (int i = 0; i < mask.width * mask.height; i++)
		n += ((uint8_t *)mask.data)[i] != 0;
	secant_image_free(&mask);
	return n;
}

static void
test_parts_are_a_union(void **state)
{
	secant_dataset *d = open_as(CASE("coco-parts-are-a-union/set"), NULL);
	assert_int_equal(pixels_of(d, 0), 900); /* pycocotools' annToMask */
	secant_dataset_free(d);
}

#define HEAD \
	"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 100, \"height\": 80}], \"categories\": [{\"id\": " \
	"1, \"name\": \"cat\"}], "
#define ANN(rest) HEAD "\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, " rest "}]}"

static void
test_kinds(void **state)
{
	static const described row[] = {
		{ "ids are text",
			{ "annotations/instances_train.json",
				"{\"images\": [{\"id\": \"x1\", \"file_name\": \"a.png\", \"width\": 100, \"height\": 80}], "
				"\"categories\": [{\"id\": "
				"\"7\", \"name\": \"cat\"}], \"annotations\": [{\"id\": \"u-1\", \"image_id\": \"x1\", "
				"\"category_id\": 7, \"bbox\": "
				"[1, 2, 3, 4]}]}",
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80 train: cat 1,2 3x4", "cat" },
		{ "ids are floats and beyond 64 bits",
			{ "annotations/instances_train.json",
				"{\"images\": [{\"id\": 5.0, \"file_name\": \"a.png\", \"width\": 100, \"height\": 80}], "
				"\"categories\": [{\"id\": 0, "
				"\"name\": \"cat\"}], \"annotations\": [{\"id\": 340282366920938463463374607431768211456, "
				"\"image_id\": 5, "
				"\"category_id\": 0.0, \"bbox\": [1, 2, 3, 4]}]}",
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80 train: cat 1,2 3x4", "cat" },
		{ "one picture in two files under two ids is one picture",
			{ "annotations/cats.json",
				"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"categories\": [{\"id\": 1, \"name\": "
				"\"cat\"}], "
				"\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]}",
				"annotations/dogs.json",
				"{\"images\": [{\"id\": 9, \"file_name\": \"a.png\"}], \"categories\": [{\"id\": 1, \"name\": "
				"\"dog\"}], "
				"\"annotations\": [{\"id\": 1, \"image_id\": 9, \"category_id\": 1, \"bbox\": [5, 6, 7, 8]}]}",
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80 cats dogs: cat 1,2 3x4; dog 5,6 7x8", "cat|dog" },
		{ "keypoints are kept",
			{ "annotations/person_keypoints_val.json",
				ANN("\"bbox\": [1, 2, 3, 4], \"keypoints\": [1, 2, 2], \"num_keypoints\": 1"), "images/a.png",
				"@100x80" },
			NULL, "a.png 100x80 val: cat 1,2 3x4 coco.keypoints=[1, 2, 2] coco.num_keypoints=1", "cat" },
		{ "a run list and a run text are one mask",
			{ "annotations/instances_val.json",
				"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 6, \"height\": 4}], \"categories\": "
				"[{\"id\": 1, "
				"\"name\": \"cat\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, "
				"\"segmentation\": {\"size\": "
				"[4, 6], \"counts\": [8, 8, 8]}}, {\"id\": 2, \"image_id\": 1, \"category_id\": 1, \"segmentation\": "
				"{\"size\": [4, "
				"6], \"counts\": \"888\"}}]}",
				"images/a.png", "@6x4" },
			NULL, "a.png 6x4 val: cat 2,0 2x4 mask 8; cat 2,0 2x4 mask 8", "cat" },
		{ "iscrowd as a truth value",
			{ "annotations/instances_val.json", ANN("\"bbox\": [1, 2, 3, 4], \"iscrowd\": true"), "images/a.png",
				"@100x80" },
			NULL, "a.png 100x80 val: cat 1,2 3x4 crowd", "cat" },
		{ "a class that is a number",
			{ "annotations/instances_val.json",
				"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"categories\": [{\"id\": 1, \"name\": 7}], "
				"\"annotations\": "
				"[{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]}",
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80 val: 7 1,2 3x4", "7" },
		{ "null where nothing is known",
			{ "annotations/instances_val.json", ANN("\"bbox\": [1, 2, 3, 4], \"segmentation\": null, \"area\": null"),
				"images/a.png", "@100x80" },
			NULL, "a.png 100x80 val: cat 1,2 3x4", "cat" },
		{ "a polygon without its last number",
			{ "annotations/instances_val.json", ANN("\"segmentation\": [[1, 2, 3, 4, 5]]"), "images/a.png", "@100x80" },
			NULL, NULL, "instances_val.json:1|5 numbers" },
		{ "an annotation of no picture",
			{ "annotations/instances_val.json",
				HEAD "\"annotations\": [{\"id\": 1, \"image_id\": 2, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]}",
				"images/a.png", "@100x80" },
			NULL, NULL, "picture 2, which does not exist" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_may_number_classes_apart),
		cmocka_unit_test(test_parts_are_a_union),
		cmocka_unit_test(test_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
