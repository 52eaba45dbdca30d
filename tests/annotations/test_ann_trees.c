/* Small JSON formats: CreateML, VoTT, Supervisely, VIA, Label Studio, Datumaro, as their tools export them. */
#include "ann_describe.h"
#include "annotations/find.h"

static void
test_formats(void **state)
{
	static const described row[] = {
		{ "CreateML",
			{ "train/a.png", "@100x80", "train/_annotations.createml.json",
				"[{\"image\": \"a.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 20, \"y\": "
				"35, \"width\": 20, \"height\": 30}}]}]" },
			NULL, "train/a.png 100x80 train: cat 10,20 20x30", "cat" },
		{ "CreateML without a number",
			{ "a.png", "@100x80", "a.json",
				"[{\"image\": \"a.png\", \"annotations\": [{\"label\": \"cat\", \"coordinates\": {\"x\": 20, \"y\": "
				"35, \"width\": 20}}]}]" },
			"createml", NULL, "a.json|without all of its four numbers" },
		{ "VoTT export",
			{ "a.png", "@100x80", "my-export.json",
				"{\"name\": \"my\", \"tags\": [{\"name\": \"cat\", \"color\": \"#fff\"}, {\"name\": \"dog\"}], "
				"\"assets\": {\"1f\": {\"asset\": {\"name\": \"a.png\", "
				"\"path\": \"file:/x/a.png\", \"size\": {\"width\": 100, \"height\": 80}}, \"regions\": [{\"id\": "
				"\"r\", \"type\": \"RECTANGLE\", \"tags\": [\"cat\"], "
				"\"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 3, \"height\": 4}, \"points\": []}, {\"type\": "
				"\"POLYGON\", \"tags\": [\"cat\", \"dog\"], "
				"\"boundingBox\": {\"left\": 1, \"top\": 2, \"width\": 4, \"height\": 4}, \"points\": [{\"x\": 1, "
				"\"y\": 2}, {\"x\": 5, \"y\": 2}, {\"x\": 5, \"y\": 6}]}]}}}" },
			NULL, "a.png 100x80: cat 1,2 3x4; cat 1,2 4x4 polygon (1,2)(5,2)(5,6); dog 1,2 4x4 polygon (1,2)(5,2)(5,6)",
			"cat|dog" },
		{ "Supervisely: both corners of a rectangle are within; holes",
			{ "ds/img/a.png", "@10x10", "meta.json", "{\"classes\": []}", "ds/ann/a.png.json",
				"{\"description\": \"\", \"tags\": [], \"size\": {\"height\": 10, \"width\": 10}, \"objects\": "
				"[{\"classTitle\": \"cat\", \"geometryType\": \"rectangle\", "
				"\"points\": {\"exterior\": [[1, 2], [3, 5]], \"interior\": []}}, {\"classTitle\": \"dog\", "
				"\"geometryType\": \"polygon\", \"points\": {\"exterior\": "
				"[[0, 0], [8, 0], [8, 8], [0, 8]], \"interior\": [[[2, 2], [6, 2], [6, 6], [2, 6]]]}}]}" },
			NULL, "ds/img/a.png 10x10: cat 1,2 3x4; dog 0,0 8x8 mask 48", "cat|dog" },
		{ "VIA 2: project",
			{ "a.png", "@100x80", "via_project.json",
				"{\"_via_settings\": {}, \"_via_img_metadata\": {\"a.png123\": {\"filename\": \"a.png\", \"size\": "
				"123, \"regions\": [{\"shape_attributes\": {\"name\": "
				"\"rect\", \"x\": 1, \"y\": 2, \"width\": 3, \"height\": 4}, \"region_attributes\": {\"type\": "
				"\"cat\", \"note\": \"x\"}}, {\"shape_attributes\": "
				"{\"name\": \"polygon\", \"all_points_x\": [1, 5, 5], \"all_points_y\": [2, 2, 6]}, "
				"\"region_attributes\": {\"animal\": {\"dog\": true}}}], "
				"\"file_attributes\": {}}}}" },
			NULL, "a.png 100x80: cat 1,2 3x4 note=\"x\"; dog 1,2 4x4 polygon (1,2)(5,2)(5,6)", "cat|dog" },
		{ "VIA 1: regions are a map",
			{ "a.png", "@100x80", "via_region_data.json",
				"{\"a.png123\": {\"filename\": \"a.png\", \"size\": 123, \"regions\": {\"0\": {\"shape_attributes\": "
				"{\"name\": \"rect\", \"x\": 1, \"y\": 2, \"width\": 3, "
				"\"height\": 4}, \"region_attributes\": {}}}}}" },
			NULL, "a.png 100x80: object 1,2 3x4", "object" },
		{ "VIA: points that do not pair",
			{ "a.png", "@100x80", "v.json",
				"{\"k\": {\"filename\": \"a.png\", \"regions\": [{\"shape_attributes\": {\"name\": \"polygon\", "
				"\"all_points_x\": [1, 5, 5], \"all_points_y\": [2, 2]}, "
				"\"region_attributes\": {}}]}}" },
			"via", NULL, "v.json|no pairs" },
		{ "Label Studio: percent, a box that turns about its corner, choices, a hash before the name",
			{ "a.png", "@100x80", "project.json",
				"[{\"id\": 1, \"data\": {\"image\": \"/data/upload/1/12345678-a.png\"}, \"annotations\": "
				"[{\"was_cancelled\": false, \"result\": [{\"type\": "
				"\"rectanglelabels\", \"original_width\": 100, \"original_height\": 80, \"value\": {\"x\": 10, \"y\": "
				"25, \"width\": 20, \"height\": 50, \"rotation\": 0, "
				"\"rectanglelabels\": [\"cat\"]}}, {\"type\": \"rectanglelabels\", \"original_width\": 100, "
				"\"original_height\": 80, \"value\": {\"x\": 50, \"y\": 25, "
				"\"width\": 20, \"height\": 12.5, \"rotation\": 90, \"rectanglelabels\": [\"dog\"]}}, {\"type\": "
				"\"choices\", \"value\": {\"choices\": [\"day\"]}}]}]}]" },
			NULL, "a.png 100x80: cat 10,20 20x40; dog 40,20 10x20 quad (50,20)(50,40)(40,40)(40,20); day",
			"cat|day|dog" },
		{ "Datumaro",
			{ "images/train/a.png", "@100x80", "annotations/train.json",
				"{\"info\": {}, \"categories\": {\"label\": {\"labels\": [{\"name\": \"cat\", \"parent\": \"\"}], "
				"\"attributes\": []}}, \"items\": [{\"id\": \"a\", "
				"\"annotations\": [{\"id\": 0, \"type\": \"bbox\", \"label_id\": 0, \"attributes\": {\"is_crowd\": "
				"false}, \"group\": 0, \"bbox\": [1, 2, 3, 4]}, {\"type\": "
				"\"polygon\", \"label_id\": 0, \"points\": [1, 2, 5, 2, 5, 6]}, {\"type\": \"label\", \"label_id\": "
				"0}], \"image\": {\"path\": \"a.png\", \"size\": [80, 100]}}]}" },
			NULL,
			"images/train/a.png 100x80 train: cat 1,2 3x4 is_crowd=false; cat 1,2 4x4 polygon (1,2)(5,2)(5,6); cat",
			"cat" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Every cut and every other kind of value in the place of any: an error or fewer objects, never a crash. */
static void
test_hostile_trees(void **state)
{
	static const char *const names[] = { "createml", "vott", "supervisely", "via", "label-studio", "datumaro" };
	static const char *const texts[] = { "[]", "{}", "null", "[[]]", "[{}]", "{\"assets\": []}",
		"{\"assets\": {\"a\": 3}}", "{\"objects\": [3, {}]}", "{\"objects\": {}, \"size\": 3}",
		"{\"regions\": 3, \"filename\": \"a\"}", "{\"a\": {\"filename\": \"a\", \"regions\": [3, {}]}}",
		"[{\"annotations\": [{\"result\": [{}, 3, {\"type\": \"rectanglelabels\"}]}]}]",
		"{\"items\": [{\"annotations\": [3, {\"type\": \"mask\"}]}]}",
		"[{\"image\": 3, \"annotations\": [3, {\"label\": 3}]}]",
		"{\"tags\": 3, \"asset\": 3, \"regions\": [{\"tags\": [3]}]}" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			for (int collect = 0; collect < 2; collect++) {
				ann_set s;
				secant_err err = { 0 };
				blank_set(&s);
				s.collect = collect;
				(void)!secant_ann_format(names[i])->parse(&s, texts[k], strlen(texts[k]), "x.json", &err);
				assert_int_equal(secant_ann_index(&s, &err), 0);
				secant_ann_free(&s);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_hostile_trees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
