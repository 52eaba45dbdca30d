/* Formats that tools of others have, written and read again: every kind of shape and what objects carry comes back, or
 * stands in the report. */
#include "ann_describe.h"

/* A polygon of two parts, a mask, a turned box, a line, a point, a crowd with an area of its own, what nobody knows. */
static const char source[] =
	"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 16}, {\"id\": 2, \"file_name\": "
	"\"b.png\", \"width\": 20, \"height\": 16}], \"categories\": [{\"id\": 1, \"name\": \"cat\"}, {\"id\": 2, "
	"\"name\": "
	"\"big dog\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [2, 2, 16, 7], "
	"\"segmentation\": [[2, 2, 9, 2, 9, 9], [12, 4, 18, 4, 18, 8.25]]}, {\"id\": 2, \"image_id\": 1, \"category_id\": "
	"2, "
	"\"bbox\": [0, 11, 2, 3], \"segmentation\": {\"size\": [16, 20], \"counts\": [11, 3, 13, 3, 290]}}, {\"id\": 3, "
	"\"image_id\": 1, \"category_id\": 2, \"bbox\": [1.5, 2, 3.25, 4], \"area\": 11, \"iscrowd\": 1, \"attributes\": "
	"{\"sure\": \"yes\", \"age\": 7}}]}";
#define MASK_OBJECT "big dog 0,11 2x3 mask 6"
#define BOX_OBJECT "big dog 1.5,2 3.25x4"

static const struct {
	const char *format, *expected, *lost[4];
} kinds[] = {
	{ "isat",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(9,9) + (12,4)(18,4)(18,8.25); big dog 0,11 2x3 polygon "
		"(0,11)(2,11)(2,14)(0,14); big dog 1.5,2 3.25x4 polygon (1.5,2)(4.75,2)(4.75,6)(1.5,6) crowd | b.png 20x16:",
		{ "attribute 'sure'" } },
	{ "via",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(12,4)(18,4)(18,8.25)(12,4)(9,2)(9,9); big dog 0,11 2x3 polygon "
		"(0,11)(2,11)(2,14)(0,14); " BOX_OBJECT " crowd sure=\"yes\" age=7 | b.png 20x16:",
		{ "further part" } },
	{ "vott",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(12,4)(18,4)(18,8.25)(12,4)(9,2)(9,9); big dog 0,11 2x3 polygon "
		"(0,11)(2,11)(2,14)(0,14); " BOX_OBJECT " | b.png 20x16:",
		{ "further part", "crowd mark", "attribute 'age'" } },
	{ "supervisely",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(12,4)(18,4)(18,8.25)(12,4)(9,2)(9,9); " MASK_OBJECT
		"; " BOX_OBJECT " crowd sure=\"yes\" age=7 | b.png 20x16:",
		{ "further part" } },
	{ "label-studio",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(12,4)(18,4)(18,8.25)(12,4)(9,2)(9,9); " MASK_OBJECT
		"; " BOX_OBJECT " | b.png 20x16:",
		{ "further part", "crowd mark", "attribute 'age'", "stored area" } },
	{ "datumaro",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(9,9) + (12,4)(18,4)(18,8.25); " MASK_OBJECT "; " BOX_OBJECT
		" crowd sure=\"yes\" age=7 | b.png 20x16:",
		{ NULL } },
	{ "voc",
		"a.png 20x16: cat 2,2 16x7 polygon (2,2)(9,2)(9,9) + (12,4)(18,4)(18,8.25); big dog 0,11 2x3; " BOX_OBJECT
		" crowd sure=\"yes\" age=7 | b.png 20x16:",
		{ "mask of an object (its box is written)" } },
	{ "mot",
		"img1/000001.png 20x16: cat 2,2 16x7 track_id=1 visibility=1; big dog 0,11 2x3 track_id=2 visibility=1; big "
		"dog "
		"1.5,2 3.25x4 track_id=3 visibility=1 | img1/000002.png 20x16:",
		{ "polygon (its box is written)", "mask of an object", "crowd mark", "name of a picture" } },
	{ "wider", "a.png 20x16: face 2,2 16x7; face 0,11 2x3; face 1.5,2 3.25x4 | b.png 20x16:",
		{ "polygon (its box is written)", "name of a class", "crowd mark", "attribute 'sure'" } },
	{ "icdar",
		"a.png 20x16: text 2,2 16x7 quad (2,2)(18,2)(18,9)(2,9); text "
		"0,11 2x3 quad (0,11)(2,11)(2,14)(0,14); text 1.5,2 3.25x4 quad (1.5,2)(4.75,2)(4.75,6)(1.5,6) | b.png "
		"20x16:",
		{ "smallest rectangle", "name of a class", "crowd mark", "attribute 'sure'" } },
	{ "open-images", "a.png 20x16: cat 2,2 16x7; big dog 0,11 2x3; big dog 1.5,2 3.25x4 crowd | b.png 20x16:",
		{ "polygon (its box is written)", "mask of an object", "attribute 'age'" } },
	{ "createml", "a.png 20x16: cat 2,2 16x7; big dog 0,11 2x3; big dog 1.5,2 3.25x4 | b.png 20x16:",
		{ "polygon (its box is written)", "crowd mark" } },
	{ "ade20k-full",
		"a.png 20x16: big dog 1,2 4x4 mask 16; cat 5,2 13x7 mask 34; big dog 0,11 2x3 mask 6 | "
		"b.png 20x16:",
		{ "crowd mark", "attribute 'age'" } },
	{ "rle-csv", "a.png 20x16: cat 2,2 16x7 mask 40; " MASK_OBJECT "; big dog 1,2 4x4 mask 16 | b.png 20x16:",
		{ "crowd mark", "attribute 'age'" } },
};

static void
test_each_writer_there_and_back(void **state)
{
	char *tmp = base_strdup(scratch_dir());
	put(tmp, "src/annotations.json", source);
	put_picture(tmp, "src/a.png", 20, 16, 1);
	put_picture(tmp, "src/b.png", 20, 16, 2);
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *out = base_strdup(at(tmp, kinds[i].format)), *report = NULL;
		secant_err err = { 0 };
		if (write_as(d, kinds[i].format, out, NULL, &report, &err))
			fail_msg("%s: %s", kinds[i].format, err.msg);
		for (int k = 0; k < 4 && kinds[i].lost[k]; k++)
			if (!strstr(report, kinds[i].lost[k]))
				fail_msg("%s: %s does not count '%s'", kinds[i].format, report, kinds[i].lost[k]);
		if (!kinds[i].lost[0])
			assert_non_null(strstr(report, "\"lost\": []"));
		assert_described(kinds[i].format, out, NULL, kinds[i].expected, NULL);
		secant_free(report), secant_free(out);
	}
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

/* Lists of a set are lists again in every format that has them. */
static void
test_lists_come_back(void **state)
{
	static const char *const formats[] = { "supervisely", "datumaro", "wider", "open-images" };
	char *tmp = base_strdup(scratch_dir());
	static const char *const files[] = { "src/train/a.png", "@20x10", "src/val/b.png", "@20x10", "src/train.csv",
		"filename,class,xmin,ymin,xmax,ymax\ntrain/a.png,cat,1,1,5,5\n", "src/val.csv",
		"filename,class,xmin,ymin,xmax,ymax\nval/b.png,cat,1,1,5,5\n", NULL };
	lay_out(tmp, files);
	secant_dataset *d = open_as(at(tmp, "src"), NULL);
	assert_int_equal(secant_dataset_splits(d), 2);
	for (int i = 0; i < 4; i++) {
		must_write(d, formats[i], at(tmp, formats[i]));
		secant_dataset *back = open_as(at(tmp, formats[i]), NULL);
		secant_dataset_item p;
		assert_int_equal(secant_dataset_splits(back), 2);
		for (int k = 0; secant_dataset_picture(back, k, &p); k++) {
			const char *list = p.splits == 1 ? secant_dataset_split_name(back, 0) : secant_dataset_split_name(back, 1);
			assert_string_equal(list, strstr(p.name, "a.png") ? "train" : "val");
		}
		secant_dataset_free(back);
	}
	secant_dataset_free(d);
	remove_tree(tmp);
	secant_free(tmp);
}

/* A stroke that Label Studio's own writer made (label-studio-converter: mask2rle of 3 x 2 pixels, 0 255 255 / 0 0 255).
 */
static void
test_strokes_of_label_studio(void **state)
{
	static const described row[] = {
		{ "a stroke, a file of a local storage",
			{ "images/a.png", "@3x2", "x.json",
				"[{\"id\": 1, \"data\": {\"image\": \"/data/local-files/?d=some/images/a.png\"}, \"annotations\": "
				"[{\"result\": [{\"type\": \"brushlabels\", \"original_width\": 3, \"original_height\": 2, \"value\": "
				"{\"format\": \"rle\", \"rle\": [0, 0, 0, 24, 57, 27, 252, 96, 19, 255, 206, 1, 31, 248], "
				"\"brushlabels\": "
				"[\"cat\"]}}]}]}]" },
			NULL, "images/a.png 3x2: cat 1,0 2x2 mask 3", "cat" },
		{ "a stroke of another size",
			{ "images/a.png", "@3x2", "x.json",
				"[{\"data\": {\"image\": \"a.png\"}, \"annotations\": [{\"result\": [{\"type\": \"brushlabels\", "
				"\"original_width\": 4, \"original_height\": 2, \"value\": {\"rle\": [0, 0, 0, 24, 57, 27, 252], "
				"\"brushlabels\": [\"cat\"]}}]}]}]" },
			NULL, NULL, "x.json|brush stroke|4 x 2" },
	};
	assert_all_described(row, sizeof row / sizeof *row);
}

/* Full ADE20K: the class in red and green, the instance in blue; names by instance (2016) or by number (2021). */
static void
test_full_ade20k(void **state)
{
	static const struct {
		const char *name, *text, *expected;
	} row[] = {
		{ "images/training/a/ADE_1_atr.txt",
			"001 # 0 # 0 # sky # sky # \"\"\n002 # 0 # 1 # car, auto # car # \"red\"\n001 # 1 # 0 # wheel # wheel # "
			"\"\"\n",
			"images/training/a/ADE_1.jpg 4x2 train: sky 0,0 2x1 mask 2; car, auto 3,0 1x1 mask 1 occluded=true; 77 0,1 "
			"1x1 "
			"mask 1" },
		{ "images/training/a/ADE_1.json",
			"{\"annotation\": {\"object\": [{\"name\": \"sky\", \"name_ndx\": 2420}, {\"name\": \"car\", \"name_ndx\": "
			"77}]}}",
			"images/training/a/ADE_1.jpg 4x2 train: sky 0,0 2x1 mask 2; car 3,0 1x1 mask 1; car 0,1 1x1 mask 1" },
	};
	for (int i = 0; i < 2; i++) {
		char *tmp = base_strdup(scratch_dir());
		secant_image im;
		secant_err err = { 0 };
		put_picture(tmp, "images/training/a/ADE_1.jpg", 4, 2, 9);
		put(tmp, row[i].name, row[i].text);
		assert_int_equal(secant_image_new(&im, 4, 2, 3, SECANT_U8, &err), 0);
		static const uint8_t pixels[24] = { 90, 116, 43, 90, 116, 43, 0, 0, 0, 0, 77, 200, 0, 77, 201 };
		memcpy(im.data, pixels, sizeof pixels);
		void *data;
		size_t n;
		assert_int_equal(secant_image_encode(&im, "png", &data, &n, NULL, &err), 0);
		put_bytes(tmp, "images/training/a/ADE_1_seg.png", data, n);
		assert_described("ADE20K", tmp, NULL, row[i].expected, NULL);
		secant_image_free(&im);
		secant_free(data);
		remove_tree(tmp);
		secant_free(tmp);
	}
}

/* Parts that lie over each other mean their union, also where a format has one ring for an object: a ring that runs
 * around both would leave a hole. Parts that only touch, or lie apart, keep their numbers. */
static void
test_parts_that_overlap_are_one_region(void **state)
{
	static const char *const formats[] = { "yolo-seg", "label-studio", "supervisely", "via", "vott", "isat", "coco",
		"labelme", "cvat", "voc", "datumaro" };
	static const struct {
		const char *what, *parts;
		int pixels;
	} rows[] = {
		{ "corners over each other", "[2, 2, 10, 2, 10, 10, 2, 10], [6, 6, 14, 6, 14, 14, 6, 14]", 112 },
		{ "a strip through another", "[2, 4, 16, 4, 16, 8, 2, 8], [6, 2, 10, 2, 10, 12, 6, 12]", 80 },
		{ "one in another", "[2, 2, 12, 2, 12, 12, 2, 12], [4, 4, 8, 4, 8, 8, 4, 8]", 100 },
		{ "twice the same", "[2, 2, 10, 2, 10, 10, 2, 10], [2, 2, 10, 2, 10, 10, 2, 10]", 64 },
		{ "side by side", "[2, 2, 8, 2, 8, 10, 2, 10], [8, 2, 14, 2, 14, 10, 8, 10]", 96 },
		{ "along a border", "[2, 2, 10, 2, 10, 10, 2, 10], [6, 2, 14, 2, 14, 10, 6, 10]", 96 },
	};
	char text[700];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 0; k < sizeof formats / sizeof *formats; k++) {
			char *tmp = base_strdup(scratch_dir());
			secant_err err = { 0 };
			secant_image im;
			put_picture(tmp, "in/images/a.png", 20, 16, 1);
			snprintf(text, sizeof text,
				"{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 20, \"height\": 16}], \"categories\": "
				"[{\"id\": 1, \"name\": \"c\"}], \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, "
				"\"segmentation\": [%s]}]}",
				rows[i].parts);
			put(tmp, "in/a.json", text);
			secant_dataset *d = open_as(at(tmp, "in"), "coco");
			must_write(d, formats[k], at(tmp, "out"));
			secant_dataset_free(d);
			d = open_as(at(tmp, "out"), formats[k]);
			if (secant_dataset_mask(d, 0, false, 0, 1, &im, &err))
				fail_msg("%s: %s", formats[k], err.msg);
			int pixels = 0;
			for (int j = 0; j < im.width * im.height; j++)
				pixels += ((const uint8_t *)im.data)[j] != 0;
			if (pixels != rows[i].pixels)
				fail_msg("%s, %s: %d pixels, not %d", rows[i].what, formats[k], pixels, rows[i].pixels);
			secant_image_free(&im);
			secant_dataset_free(d);
			remove_tree(tmp);
			secant_free(tmp);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_writer_there_and_back),
		cmocka_unit_test(test_lists_come_back),
		cmocka_unit_test(test_strokes_of_label_studio),
		cmocka_unit_test(test_full_ade20k),
		cmocka_unit_test(test_parts_that_overlap_are_one_region),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
