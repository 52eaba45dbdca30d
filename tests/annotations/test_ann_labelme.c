/* LabelMe as it and its relatives write it: circles, groups, imagePath, pictures within the file, labels that are
 * numbers. */
#include "ann_describe.h"
#include "annotations/rle.h"
#define CASE(name) "tests/annotations/cases/" name

static void
test_cases(void **state)
{
	assert_described("labelme-group-is-one-object", CASE("labelme-group-is-one-object/set"), NULL,
		"a.jpg 100x80: cat 10,10 50x10 polygon (10,10)(20,10)(20,20) + (40,10)(60,10)(60,20) labelme.group_id=1; cat "
		"40,50 "
		"20x10 polygon (40,50)(60,50)(60,60) labelme.group_id=2",
		"cat");
	assert_described("labelme-image-path", CASE("labelme-image-path/set"), NULL,
		"photo.png 100x80: cat 10,10 10x10 polygon (10,10)(20,10)(20,20)", "cat");
	assert_described("labelme-label-is-a-number", CASE("labelme-label-is-a-number/set"), NULL,
		"a.jpg 100x80: 7 10,10 10x10 polygon (10,10)(20,10)(20,20)", "7");
}

static void
test_labelme_circle_is_a_disc(void **state)
{
	secant_dataset *d = open_as(CASE("labelme-circle/set"), NULL);
	secant_image mask;
	secant_err err = { 0 };
	int n = 0;
	assert_int_equal(secant_dataset_mask(d, 0, false, 0, 1, &mask, &err), 0);
	for (int i = 0; i < mask.width * mask.height; i++)
		n += ((uint8_t *)mask.data)[i];
	secant_image_free(&mask);
	assert_in_range(n, 311, 319); /* pi times 10 times 10 is 314.2; pixels whose centre is inside: 316 */
	char *tmp = base_strdup(scratch_dir());
	must_write(d, "labelme", at(tmp, "out"));
	char *json = get(tmp, "out/a.json");
	assert_non_null(strstr(json, "\"points\": [[50, 40], [60, 40]], \"shape_type\": \"circle\""));
	secant_free(json);
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

static void
test_labelme_picture_inside_is_written(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	secant_err err = { 0 };
	secant_image_info info;
	secant_dataset *d = open_as(CASE("labelme-picture-inside/set"), NULL);
	must_write(d, "coco", at(tmp, "out"));
	secant_dataset_free(d);
	assert_int_equal(secant_image_probe(at(tmp, "out/images/a.png"), &info, &err), 0);
	assert_true(info.width == 100 && info.height == 80);
	assert_described("out", at(tmp, "out"), NULL, "a.png 100x80: cat 10,10 10x10 polygon (10,10)(20,10)(20,20)", "cat");
	remove_tree(tmp);
	secant_free(tmp);
}

#define FILE_OF(rest, path) \
	"{\"version\": \"5.4.1\", \"flags\": {}, \"shapes\": [" rest "], \"imagePath\": " path ", \"imageData\": null}"
#define SHAPE(label, points, rest) "{\"label\": " label ", \"points\": " points ", " rest "}"

static void
test_kinds(void **state)
{
	static const described row[] = {
		{ "imagePath in another folder, with backslashes",
			{ "json/1.json",
				FILE_OF(SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"..\\\\img\\\\a.png\""),
				"img/a.png", "@100x80" },
			NULL, "img/a.png 100x80: c 1,2 4x4", "c" },
		{ "imagePath of another machine: the picture of that name beside it",
			{ "1.json",
				FILE_OF(SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"C:\\\\me\\\\a.png\""),
				"a.png", "@100x80" },
			NULL, "a.png 100x80: c 1,2 4x4", "c" },
		{ "two files of one picture",
			{ "1.json", FILE_OF(SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"a.png\""),
				"2.json", FILE_OF(SHAPE("\"d\"", "[[2, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"a.png\""),
				"a.png", "@100x80" },
			NULL, "a.png 100x80: c 1,2 4x4; d 2,2 3x4", "c|d" },
		{ "a rectangle drawn from its lower right corner; a box and a polygon of one group",
			{ "a.json",
				FILE_OF(SHAPE("\"c\"", "[[5, 6], [1, 2]]", "\"group_id\": 3, \"shape_type\": \"rectangle\"") ", " SHAPE(
							"\"c\"", "[[10, 10], [20, 10], [20, 20]]", "\"group_id\": 3, \"shape_type\": \"polygon\""),
					"\"a.png\""),
				"a.png", "@100x80" },
			NULL, "a.png 100x80: c 1,2 19x18 polygon (1,2)(5,2)(5,6)(1,6) + (10,10)(20,10)(20,20) labelme.group_id=3",
			"c" },
		{ "one group, two labels: two objects; points are no part of them",
			{ "a.json",
				FILE_OF(SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"group_id\": 0, \"shape_type\": \"rectangle\"") ", " SHAPE(
							"\"nose\"", "[[3, 4]]", "\"group_id\": 0, \"shape_type\": \"point\"") ", " SHAPE("\"d\"",
							"[[2, 2], [5, 6]]", "\"group_id\": 0, \"shape_type\": \"rectangle\""),
					"\"a.png\""),
				"a.png", "@100x80" },
			NULL,
			"a.png 100x80: c 1,2 4x4 labelme.group_id=0; nose 3,4 0x0 points (3,4) labelme.group_id=0 "
			"labelme.shape_type=\"point\"; d "
			"2,2 3x4 labelme.group_id=0",
			"c|d|nose" },
		{ "turned rectangles of X-AnyLabeling and of LabelMe",
			{ "a.json",
				FILE_OF(
					SHAPE("\"c\"", "[[10, 0], [20, 10], [10, 20], [0, 10]]", "\"shape_type\": \"rotation\"") ", " SHAPE(
						"\"c\"", "[[10, 0], [20, 10], [10, 20], [0, 10]]",
						"\"shape_type\": \"oriented_rectangle\"") ", " SHAPE("\"c\"",
						"[[1, 2], [5, 2], [5, 6], [1, 6]]", "\"shape_type\": \"rectangle\""),
					"\"a.png\""),
				"a.png", "@100x80" },
			NULL,
			"a.png 100x80: c 0,0 20x20 quad (10,0)(20,10)(10,20)(0,10) labelme.shape_type=\"rotation\"; c 0,0 20x20 "
			"quad "
			"(10,0)(20,10)(10,20)(0,10); c 1,2 4x4",
			"c" },
		{ "a line, a strip, points",
			{ "a.json",
				FILE_OF(SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"shape_type\": \"line\"") ", " SHAPE(
							"\"c\"", "[[1, 2], [5, 6], [7, 3]]", "\"shape_type\": \"linestrip\"") ", " SHAPE("\"c\"",
							"[[1, 2], [5, 6]]", "\"shape_type\": \"points\""),
					"\"a.png\""),
				"a.png", "@100x80" },
			NULL,
			"a.png 100x80: c 1,2 4x4 line (1,2)(5,6) labelme.shape_type=\"line\"; c 1,2 6x4 line (1,2)(5,6)(7,3) "
			"labelme.shape_type=\"linestrip\"; c 1,2 4x4 points (1,2)(5,6) labelme.shape_type=\"points\"",
			"c" },
		{ "flags of a shape and of a picture; a file of old without shape_type",
			{ "a.json",
				"{\"flags\": {\"dark\": true}, \"shapes\": [{\"label\": \"c\", \"points\": [[1, 2], [5, 6], [1, 6]], "
				"\"flags\": {\"x\": "
				"false}, \"line_color\": null}], \"imagePath\": \"a.png\"}",
				"a.png", "@100x80" },
			NULL,
			"a.png 100x80 labelme.flags={\"dark\": true}: c 1,2 4x4 polygon (1,2)(5,6)(1,6) labelme.flags={\"x\": "
			"false}",
			"c" },
		{ "labels true and 2.5",
			{ "a.json",
				FILE_OF(SHAPE("true", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\"") ", " SHAPE(
							"2.5", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""),
					"\"a.png\""),
				"a.png", "@100x80" },
			NULL, "a.png 100x80: true 1,2 4x4; 2.5 1,2 4x4", "2.5|true" },
		{ "no label",
			{ "a.json", FILE_OF(SHAPE("null", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"a.png\""),
				"a.png", "@100x80" },
			NULL, NULL, "a.json:1|without label" },
		{ "a circle of one point",
			{ "a.json", FILE_OF(SHAPE("\"c\"", "[[1, 2]]", "\"shape_type\": \"circle\""), "\"a.png\""), "a.png",
				"@100x80" },
			NULL, NULL, "circle of 1 points" },
		{ "an absolute imagePath that leads nowhere leads nowhere",
			{ "a.json",
				FILE_OF(
					SHAPE("\"c\"", "[[1, 2], [5, 6]]", "\"shape_type\": \"rectangle\""), "\"../../../etc/passwd\"") },
			NULL, "?passwd 0x0: c 1,2 4x4", "c" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_labelme_circle_is_a_disc),
		cmocka_unit_test(test_labelme_picture_inside_is_written),
		cmocka_unit_test(test_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
